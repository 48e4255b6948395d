"""Time whole ``fit`` calls against scikit-learn's MLPClassifier.

Both get the same float64 data, network, batch size and number of epochs, in one process, one after
the other in turn; the figure to quote is the median of the ratios. Run it on an otherwise idle
machine:

    OPENBLAS_NUM_THREADS=1 python benchmarks/fit.py
"""

import argparse
import os
import platform
import statistics
import time
import tracemalloc
import warnings

import numpy as np
import scipy
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import skfnn
from skfnn import FNNClassifier

# name, features, hidden layers, classes, batch size, rows, epochs
WORK = [
    ("20 -> 100 -> 2, batch 200", 20, (100,), 2, 200, 10_000, 10),
    ("20 -> 100 -> 2, batch 32", 20, (100,), 2, 32, 10_000, 4),
    ("50 -> 256 -> 256 -> 10, batch 256", 50, (256, 256), 10, 256, 10_000, 4),
    ("784 -> 100 -> 10, batch 200", 784, (100,), 10, 200, 10_000, 4),
]
MEMORY_ROWS = 200_000


def data(n_rows, n_features, n_classes):
    """Return Gaussian features and labels by a random linear rule."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_features))
    scores = X @ rng.normal(size=(n_features, n_classes))
    return X, scores.argmax(axis=1)


def seconds(estimator, X, y):
    """Return the wall time of one fit."""
    started = time.perf_counter()
    estimator.fit(X, y)
    return time.perf_counter() - started


def beyond_the_data(estimator, X, y):
    """Return the peak of memory during fit, in copies of X in float32."""
    tracemalloc.start()
    estimator.fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / (4 * X.size)


def main():
    """Print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    warnings.simplefilter("ignore", ConvergenceWarning)
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "all")
    print(
        f"skfnn {skfnn.__version__}, scikit-learn {sklearn.__version__}, NumPy {np.__version__}, "
        f"SciPy {scipy.__version__}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, BLAS threads: {threads}\n"
    )
    print("| network | MLPClassifier, s | FNNClassifier, s | times faster (range) | memory* |")
    print("|---|---|---|---|---|")
    for name, n_features, hidden, n_classes, batch, n_rows, epochs in WORK:
        X, y = data(n_rows, n_features, n_classes)
        settings = {
            "hidden_layer_sizes": hidden,
            "batch_size": batch,
            "max_iter": epochs,
            "tol": 0,
            "n_iter_no_change": epochs,
            "random_state": 0,
        }
        ours, theirs, ratios = [], [], []
        for _ in range(repeats + 1):  # the first is a warm-up
            theirs.append(seconds(MLPClassifier(**settings), X, y))
            ours.append(seconds(FNNClassifier(**settings), X, y))
            ratios.append(theirs[-1] / ours[-1])
        ratios = ratios[1:]
        many = data(MEMORY_ROWS, n_features, n_classes)
        memory = beyond_the_data(FNNClassifier(**{**settings, "max_iter": 1}), *many)
        print(
            f"| {name} | {statistics.median(theirs[1:]):.3f} | {statistics.median(ours[1:]):.3f} "
            f"| {statistics.median(ratios):.1f} ({min(ratios):.1f} - {max(ratios):.1f}) "
            f"| {memory:.2f} |",
            flush=True,
        )
    print(f"\n* peak beyond the data for {MEMORY_ROWS:,} rows, in copies of X in float32")


if __name__ == "__main__":
    main()

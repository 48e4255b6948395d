"""Where does Adam overtake L-BFGS? The measurement behind ``solver="auto"``.

For growing parts of each data set, the default network is trained by both solvers; printed are the
error on test data (one minus accuracy, or root mean squared error over that of the mean) and the
time, as geometric means over data sets and splits of L-BFGS' over Adam's.

    OPENBLAS_NUM_THREADS=1 python benchmarks/auto_solver.py
"""

import time
import warnings

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    make_classification,
    make_friedman1,
    make_friedman2,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

from skfnn import FNNClassifier, FNNRegressor

SIZES = [100, 200, 400, 1000, 2000, 4000, 8000]
SPLITS = 3


def data_sets():
    """Yield (estimator class, X, y); targets of regression are scaled."""
    for load in (load_breast_cancer, load_digits):
        yield FNNClassifier, *load(return_X_y=True)
    yield (
        FNNClassifier,
        *make_classification(
            12_000, 30, n_informative=10, n_classes=4, flip_y=0.05, random_state=0
        ),
    )
    yield FNNClassifier, *make_classification(12_000, 20, flip_y=0.1, random_state=1)
    X, y = load_diabetes(return_X_y=True)
    yield FNNRegressor, X, scale(y)
    for make, noise in ((make_friedman1, 1.0), (make_friedman2, 100.0)):
        X, y = make(12_000, noise=noise, random_state=0)
        yield FNNRegressor, X, scale(y)


def measure(model, X, X_test, y, y_test):
    """Return (error, seconds)."""
    started = time.perf_counter()
    score = model.fit(X, y).score(X_test, y_test)
    seconds = time.perf_counter() - started
    error = np.sqrt(1 - score) if isinstance(model, FNNRegressor) else 1 - score
    return error + 1e-3, seconds


def main():
    """Print a table."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    ratios = {size: [] for size in SIZES}
    for estimator, X, y in data_sets():
        X = scale(X)
        for size in SIZES:
            if size > 0.7 * len(X):
                continue
            for seed in range(SPLITS):
                part = train_test_split(X, y, train_size=size, test_size=0.3, random_state=seed)
                few = np.array(measure(estimator(solver="lbfgs", random_state=seed), *part))
                many = np.array(measure(estimator(solver="adam", random_state=seed), *part))
                ratios[size].append(np.log(few / many))
    print("| training rows | data sets x splits | error, L-BFGS / Adam | time, L-BFGS / Adam |")
    print("|---|---|---|---|")
    for size, values in ratios.items():
        error, seconds = np.exp(np.mean(values, axis=0))
        print(f"| {size:,} | {len(values)} | {error:.2f} | {seconds:.2f} |")


if __name__ == "__main__":
    main()

"""Compare the speed of two commits of skfnn, for regressions.

    python benchmarks/compare.py main              # the working tree against main
    python benchmarks/compare.py v0.1.0 v0.2.0

Each fit and prediction is timed in fresh processes of both versions in turn, with one BLAS thread;
printed are medians of how many times faster the second is, and the range.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
CALLS = 3


def tasks():
    """Yield (name, function to time) of what is compared."""
    import warnings

    import numpy as np
    from sklearn.exceptions import ConvergenceWarning

    from skfnn import FNNClassifier, FNNRegressor, TabularFNNClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    rng = np.random.default_rng(0)

    def data(n_rows, n_features, n_classes):
        X = rng.normal(size=(n_rows, n_features))
        return X, (X @ rng.normal(size=(n_features, n_classes))).argmax(axis=1)

    def fit(estimator, n_features, hidden, n_classes, epochs, n_rows=10_000, **params):
        settings = {"max_iter": epochs, "tol": 0, "n_iter_no_change": epochs, "random_state": 0}
        model = estimator(hidden_layer_sizes=hidden, **{**settings, **params})
        X, y = data(n_rows, n_features, n_classes)
        return lambda: model.fit(X, y)

    yield "20 -> 100 -> 2, batch 200", fit(FNNClassifier, 20, (100,), 2, 5)
    yield "20 -> 100 -> 2, batch 32", fit(FNNClassifier, 20, (100,), 2, 2, batch_size=32)
    yield "50 -> 256 -> 256 -> 10", fit(FNNClassifier, 50, (256, 256), 10, 2, batch_size=256)
    yield "784 -> 100 -> 10", fit(FNNClassifier, 784, (100,), 10, 2)
    yield (
        "20 -> 100 -> 100 -> 2, batch norm, dropout",
        fit(FNNClassifier, 20, (100, 100), 2, 3, batch_norm="before", dropout=0.2),
    )
    yield "20 -> 100 -> 1, early stopping", fit(FNNRegressor, 20, (100,), 2, 5, early_stopping=True)
    yield "1,000 x 20 -> 50, L-BFGS", fit(FNNRegressor, 20, (50,), 2, 100, 1000, solver="lbfgs")
    X, y = data(10_000, 20, 2)
    model = FNNClassifier(max_iter=1).fit(X, y)
    yield (
        "predict_proba, 1 row, 100 times",
        lambda: [model.predict_proba(X[:1]) for _ in range(100)],
    )
    yield "predict_proba, 10,000 rows", lambda: model.predict_proba(X)
    tabular = TabularFNNClassifier(random_state=0, max_iter=2)
    yield "table, 2,000 rows", lambda: tabular.fit(X[:2000], y[:2000])
    yield "predict_proba of a table, 10,000 rows", lambda: tabular.predict_proba(X)


def child():
    """Time everything in this process; print JSON."""
    results = {}
    for name, run in tasks():
        run()
        seconds = []
        for _ in range(CALLS):
            started = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - started)
        results[name] = min(seconds)
    print(json.dumps(results))


@contextmanager
def checkout(commit):
    """Give a folder with a commit, or the working tree for None."""
    if commit is None:
        yield ROOT
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "worktree", "add", "-q", "--detach", folder, commit], cwd=ROOT,
                       check=True)  # fmt: skip
        try:
            yield Path(folder)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", folder], cwd=ROOT, check=True)


def measure(folder):
    """Return the seconds of each task with the package of a folder."""
    limit = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(
        [sys.executable, __file__, "--child"], stdout=subprocess.PIPE, text=True, check=True,
        env={**os.environ, **limit, "PYTHONPATH": str(folder)}, cwd=folder,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", nargs="?", default="HEAD", help="a commit")
    parser.add_argument("new", nargs="?", help="a commit; by default the working tree")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child()
        return
    ratios = {}
    with checkout(given.old) as old, checkout(given.new) as new:
        for _ in range(given.repeats):
            before, after = measure(old), measure(new)
            for name, seconds in after.items():
                ratios.setdefault(name, []).append(before[name] / seconds)
    print(f"| work | times as fast as {given.old} (range) |\n|---|---|")
    for name, values in ratios.items():
        print(
            f"| {name} | {statistics.median(values):.2f} ({min(values):.2f} - {max(values):.2f}) |"
        )


if __name__ == "__main__":
    main()

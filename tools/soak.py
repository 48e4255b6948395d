"""Many fits in one process: ``python tools/soak.py [FITS] [ROWS]``, by default 2000 and 1,000,000.

So many fits of each kind of estimator, and ``partial_fit`` on so many rows. Memory must not grow by
more than 8 MB after the first tenth, nor the pickle of a streaming estimator by more than 9 bytes a
call for each column of its history, of which each call adds a row.
"""

import gc
import pickle
import sys
import time
import warnings

import numpy as np

from skfnn import (
    FNNAutoencoder,
    FNNClassifier,
    FNNRegressor,
    TabularFNNClassifier,
    TabularFNNRegressor,
)

LIMIT = 8 * 2**20


def resident():
    """Return the bytes of memory that the process holds."""
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def main():
    """Return the number of checks that failed."""
    given = sys.argv[1:]
    fits, rows = (int(n) for n in [*given, *["2000", "1000000"][len(given) :]])
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 5))
    y, labels = X[:, 0], X[:, 0] > 0
    small = {"hidden_layer_sizes": (8,), "max_iter": 2}
    kinds = {
        "FNNClassifier": lambda: FNNClassifier(**small).fit(X, labels).predict_proba(X),
        "FNNClassifier, L-BFGS": lambda: FNNClassifier(solver="lbfgs", **small).fit(X, labels),
        "FNNRegressor": lambda: FNNRegressor(dropout=0.1, **small).fit(X, y).predict(X),
        "FNNAutoencoder": lambda: FNNAutoencoder(2, max_iter=2).fit_transform(X),
        "TabularFNNClassifier": lambda: TabularFNNClassifier(n_members=1, **small).fit(X, labels),
        "TabularFNNRegressor": lambda: TabularFNNRegressor(n_members=1, **small).fit(X, y),
    }
    failed = 0
    for name, fit in kinds.items():
        started = time.perf_counter()
        for i in range(fits):
            fit()
            if i == fits // 10:
                before = resident()
        grown = resident() - before
        failed += grown > LIMIT
        seconds = time.perf_counter() - started
        print(f"{name}: {fits} fits, {seconds:.0f} s, memory grew by {grown / 2**20:.1f} MB")
    model, calls = FNNRegressor((8,)), max(2, rows // 1000)
    batch = rng.normal(size=(1000, 5))
    for i in range(calls):
        model.partial_fit(batch, batch[:, 0])
        if i == calls // 10:
            before, size = resident(), len(pickle.dumps(model))
    grown, longer = resident() - before, len(pickle.dumps(model)) - size
    a_call = longer / (calls - calls // 10 - 1)
    failed += grown > LIMIT or a_call > 9 * model.history_.shape[1]
    print(
        f"partial_fit: {1000 * calls} rows, memory grew by {grown / 2**20:.1f} MB, the pickle by "
        f"{a_call:.1f} bytes a call, which are the history's"
    )
    return failed


if __name__ == "__main__":
    sys.exit(main() > 0)

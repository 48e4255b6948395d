"""Many fits in one process: ``python tools/soak.py [FITS] [ROWS]``, by default 2000 and 1,000,000.

So many fits of each kind of estimator, and ``partial_fit`` on so many rows, of a network and of a
table. Memory must not grow by more than 8 MB after the first tenth, nor the pickle of a streaming
network by more than 9 bytes a call for each column of its history, of which each call adds a row,
nor that of a table by more than 16 bytes a call.
"""

import gc
import pickle
import sys
import time
import warnings

import numpy as np
import pandas as pd

from skfnn import (
    FNNAutoencoder,
    FNNClassifier,
    FNNRegressor,
    TabularFNNClassifier,
    TabularFNNRegressor,
)

LIMIT = 8 * 2**20
# Of a call of partial_fit.
ROWS = 1000


def resident():
    """Return the bytes of memory that the process holds, without pages of files.

    Those come and go with what others on the machine do.
    """
    gc.collect()
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines["RssAnon"].split()[0]) * 1024


def streamed(model, calls, rng):
    """Go on with a model by so many parts; return whether memory or its pickle has grown."""
    table = isinstance(model, TabularFNNRegressor)
    started = time.perf_counter()
    for i in range(calls):
        batch = rng.normal(size=(ROWS, 5))
        frame = pd.DataFrame(batch, columns=list("abcde"))
        X = frame.assign(kind=rng.integers(0, 9, ROWS).astype(str)) if table else batch
        model.partial_fit(X, batch[:, 0])
        if i == calls // 10:
            before, size = resident(), len(pickle.dumps(model))
    grown, longer = resident() - before, len(pickle.dumps(model)) - size
    a_call = longer / (calls - calls // 10 - 1)
    # A table has the history of the last call alone, and the number of each part.
    most = 16 if table else 9 * model.history_.shape[1]
    print(
        f"{type(model).__name__}.partial_fit: {ROWS * calls} rows, "
        f"{time.perf_counter() - started:.0f} s, memory grew by {grown / 2**20:.1f} MB, the pickle "
        f"by {a_call:.1f} bytes a call",
        flush=True,
    )
    return grown > LIMIT or a_call > most


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
        megabytes = f"{grown / 2**20:.1f} MB"
        print(f"{name}: {fits} fits, {seconds:.0f} s, memory grew by {megabytes}", flush=True)
    for model in (FNNRegressor((8,)), TabularFNNRegressor(n_members=1, **small)):
        failed += streamed(model, max(2, rows // ROWS), rng)
    return failed


if __name__ == "__main__":
    sys.exit(main() > 0)

"""L-BFGS: whole fits of MLP*, of another commit and of the working tree, in turn in one run.

    python benchmarks/lbfgs.py HEAD~1                   # the working tree against a commit
    python benchmarks/lbfgs.py main --seeds 10 --csv lbfgs.csv

Ten problems of 150 to 10,000 rows, from the same initial weights for all contestants, with one
BLAS thread, in seconds of CPU. Searches end at different losses where the objective is not convex,
so two ratios to the commit are printed: of the time of the fits, and of the time until the loss is
within 1e-6 of what the worse of both ended with ("to the loss"). Losses are ratios, too: new to
old.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd

SAME = 1 + 1e-6
MOST = 300  # iterations; half of the problems take more


def problems():
    """Return what is fitted, by name: kind, X, y and parameters."""
    from sklearn import datasets
    from sklearn.preprocessing import scale

    def named(load):
        X, y = load(return_X_y=True)
        return np.nan_to_num(scale(X)), y if y.dtype.kind == "i" else scale(y)

    def noisy(X, y):
        flipped = np.random.default_rng(1).random(len(y)) < 0.1
        return X, np.where(flipped, 1 - y, y)

    digits = datasets.load_digits(return_X_y=True)
    digits = digits[0] / 16, digits[1]
    many = noisy(*datasets.make_classification(5000, 30, n_informative=15, random_state=0))
    few = noisy(*datasets.make_classification(1000, 20, n_informative=10, random_state=0))
    friedman = datasets.make_friedman1(2000, 10, noise=1.0, random_state=0)
    large = datasets.make_friedman1(10_000, 20, noise=1.0, random_state=0)
    return {
        "iris, 150 rows, (50,)": ("classes", *named(datasets.load_iris), (50,), 1e-4, 1e-4),
        "wine, 178, (50, 50)": ("classes", *named(datasets.load_wine), (50, 50), 1, 1e-6),
        "diabetes, 442, (50,)": ("numbers", *named(datasets.load_diabetes), (50,), 1, 1e-4),
        "breast cancer, 569, (100,)": (
            "classes", *named(datasets.load_breast_cancer), (100,), 1e-4, 1e-6),
        "noisy classes, 1000, (100, 50)": ("classes", *few, (100, 50), 1, 1e-4),
        "digits, 1797, (50, 50)": ("classes", *digits, (50, 50), 1e-4, 1e-4),
        "digits, 1797, convex": ("classes", *digits, (), 1, 1e-6),
        "friedman, 2000, (50, 50)": (
            "numbers", friedman[0], scale(friedman[1]), (50, 50), 1, 1e-4),
        "noisy classes, 5000, (100,)": ("classes", *many, (100,), 1, 1e-6),
        "friedman, 10,000, (100, 50)": (
            "numbers", large[0], scale(large[1]), (100, 50), 1e-4, 1e-4),
    }  # fmt: skip


def fit(family, name, seed):
    """Fit once; return CPU seconds, final loss, iterations, and losses over the shares of time."""
    import sklearn.neural_network

    import skfnn

    kind, X, y, hidden, alpha, tol = problems()[name]
    estimator = {
        ("MLP", "classes"): sklearn.neural_network.MLPClassifier,
        ("MLP", "numbers"): sklearn.neural_network.MLPRegressor,
        ("FNN", "classes"): skfnn.FNNClassifier,
        ("FNN", "numbers"): skfnn.FNNRegressor,
    }[family, kind]
    model = estimator(
        hidden_layer_sizes=hidden, solver="lbfgs", alpha=alpha, tol=tol, random_state=seed,
        max_iter=MOST, max_fun=10**6,
    )  # fmt: skip
    started = time.process_time()
    model.fit(X, y)
    seconds = time.process_time() - started
    found = {"seconds": seconds, "loss": float(model.loss_), "n_iter": model.n_iter_}
    if family == "FNN":
        passed = model.history_["seconds"].cumsum()
        found["shares"] = (passed / passed.iloc[-1]).tolist()
        found["losses"] = model.history_["loss"].tolist()
    return found


def child():
    """Answer requests, a line of JSON each, until there are no more."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        print(json.dumps(fit(*json.loads(line))), flush=True)


class Contestant:
    """A process that fits with the package of a folder."""

    def __init__(self, folder):
        limit = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**os.environ, **limit, "PYTHONPATH": str(folder)}, cwd=folder,
        )  # fmt: skip

    def __call__(self, *request):
        """Return what ``fit`` returns."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait()


def until(fitted, loss):
    """Return the seconds until a fit has come to a loss."""
    there = next((i for i, value in enumerate(fitted["losses"]) if value <= loss), -1)
    return fitted["seconds"] * fitted["shares"][there]


def rows(old, new, names, seeds, repeats):
    """Yield what is measured, a dictionary for each problem and seed."""
    for seed in range(seeds):
        for name in names:
            runs = [("MLP", new), ("FNN", old), ("FNN", new)]
            times = [[run(family, name, seed) for family, run in runs] for _ in range(repeats)]
            mlp, before, after = (
                {**found[0], "seconds": min(one["seconds"] for one in found)}
                for found in zip(*times, strict=True)
            )
            reached = SAME * max(before["loss"], after["loss"])
            yield {
                "problem": name,
                "seed": seed,
                "MLP, s": mlp["seconds"],
                "old, s": before["seconds"],
                "new, s": after["seconds"],
                "new / old": after["seconds"] / before["seconds"],
                "to the loss": until(after, reached) / until(before, reached),
                "MLP / new": mlp["seconds"] / after["seconds"],
                "iterations": after["n_iter"] / before["n_iter"],
                "loss": after["loss"] / before["loss"],
                "loss / MLP": after["loss"] / mlp["loss"],
            }


def main():
    """Print a table: medians over seeds of times, geometric means of ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", nargs="?", default="HEAD", help="a commit")
    parser.add_argument("new", nargs="?", help="a commit; by default the working tree")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3, help="of each fit; the fastest counts")
    parser.add_argument("--only", default="", help="problems whose names contain this")
    parser.add_argument("--csv", type=Path, help="where to write the figures of each fit")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child()
        return
    from compare import checkout

    names = [name for name in problems() if given.only in name]
    with ExitStack() as stack:
        folders = [stack.enter_context(checkout(commit)) for commit in (given.old, given.new)]
        old, new = (stack.enter_context(Contestant(folder)) for folder in folders)
        found = []
        for row in rows(old, new, names, given.seeds, given.repeats):
            found.append(row)
            if given.csv:
                pd.DataFrame(found).to_csv(given.csv, index=False)
    frame = pd.DataFrame(found)
    values = frame.drop(columns=["problem", "seed"])
    logs = np.log(values).groupby(frame["problem"], sort=False).mean()
    table = np.exp(pd.concat([logs, logs.mean().to_frame("all").T]))
    print(table.round(4).to_string())


if __name__ == "__main__":
    main()

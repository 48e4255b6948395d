"""Directions of columns: networks with ``monotonic_cst`` against boosted trees with theirs.

Three parts, by name: ``made`` (few noisy rows of functions that have the directions: error of the
function), ``tables`` (your files: error on held-out fifths), ``quantiles`` (pairs of rows
whose predicted quantiles are the wrong way round).

    OPENBLAS_NUM_THREADS=1 python benchmarks/monotone.py made
    OPENBLAS_NUM_THREADS=1 python benchmarks/monotone.py tables --csv boston.csv:medv:RM=1,LSTAT=-1

Errors are root mean squares over the deviation of the target. LightGBM and CatBoost take part where
they are installed; all are given their defaults, trees 300 rounds at most with early stopping.
"""

import argparse
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNRegressor, TabularFNNRegressor
from skfnn.losses import Quantiles

warnings.simplefilter("ignore")

# Functions of six numbers in (-2, 2), and the directions that they have.
MADE: dict[str, tuple[Callable, tuple[int, ...]]] = {
    "steps": (
        lambda x: np.floor(2 * x[0]) * (1 + (x[2] > 0)) / 2 - (x[1] > 0.3) + np.sin(3 * x[3]),
        (1, -1, 0, 0, 0, 0),
    ),
    "smooth": (
        lambda x: 2 * np.tanh(2 * x[0]) - np.exp(0.8 * x[1]) / (1 + np.exp(-2 * x[2])) + x[3] ** 2,
        (1, -1, 0, 0, 0, 0),
    ),
    "corners": (
        lambda x: np.maximum(x[0], x[1]) + np.minimum(x[2], -x[3]) + 0.5 * np.maximum(x[4], 0),
        (1, 1, 1, -1, 1, 0),
    ),
    "logistic": (
        lambda x: 4 / (1 + np.exp(-3 * (x[0] + 0.5 * x[1] - x[2]))) + 0.3 * x[4],
        (1, 1, -1, 0, 1, 0),
    ),
}


def network(directions, seed):
    """Return a plain network on scaled columns."""
    net = FNNRegressor((60, 60), learning_rate_init=0.005, early_stopping=True, max_iter=300,
                       batch_size=32, n_iter_no_change=25, validation_fraction=0.2,
                       monotonic_cst=directions, random_state=seed)  # fmt: skip
    return TransformedTargetRegressor(
        make_pipeline(StandardScaler(), net), transformer=StandardScaler()
    )


def table(directions, seed):
    """Return an ensemble for tables."""
    return TabularFNNRegressor(monotonic_cst=directions, random_state=seed)


def boosting(directions, seed):
    """Return trees of scikit-learn."""
    return HistGradientBoostingRegressor(
        monotonic_cst=directions, max_iter=300, early_stopping=True, random_state=seed
    )


class LightGBM:
    """LightGBM with early stopping on a fifth of the rows."""

    def __init__(self, directions, seed, **params):
        import lightgbm

        self.seed, self.lightgbm = seed, lightgbm
        if directions is not None:
            params["monotone_constraints"] = list(directions)
        self.model = lightgbm.LGBMRegressor(
            n_estimators=300, n_jobs=1, verbose=-1, random_state=seed, **params
        )

    def fit(self, X, y):
        """Fit on four fifths of the rows."""
        X, X_val, y, y_val = train_test_split(X, y, test_size=0.2, random_state=self.seed)
        stop = self.lightgbm.early_stopping(20, verbose=False)
        self.model.fit(X, y, eval_set=[(X_val, y_val)], callbacks=[stop])
        return self

    def predict(self, X):
        """Return predictions."""
        return self.model.predict(X)


class CatBoost:
    """CatBoost with early stopping on a fifth of the rows."""

    def __init__(self, directions, seed, **params):
        import catboost

        self.seed = seed
        if directions is not None:
            params["monotone_constraints"] = list(directions)
        self.model = catboost.CatBoostRegressor(
            iterations=300, thread_count=1, verbose=False, random_seed=seed,
            allow_writing_files=False, early_stopping_rounds=20, **params,
        )  # fmt: skip

    def fit(self, X, y):
        """Fit on four fifths of the rows."""
        X, X_val, y, y_val = train_test_split(X, y, test_size=0.2, random_state=self.seed)
        self.model.fit(X, y, eval_set=(X_val, y_val))
        return self

    def predict(self, X):
        """Return predictions."""
        return self.model.predict(X)


CONTESTANTS = {
    "FNNRegressor": network,
    "TabularFNN": table,
    "HistGradientBoosting": boosting,
    "LightGBM": LightGBM,
    "CatBoost": CatBoost,
}


def installed():
    """Return the contestants that can take part."""
    found = {}
    for name, make in CONTESTANTS.items():
        try:
            make([1], 0)
        except ImportError:
            continue
        found[name] = make
    return found


def error(model, X, y, X_test, y_test):
    """Return the root mean squared error over the deviation of the targets."""
    found = np.ravel(model.fit(X, y).predict(X_test))
    return float(np.sqrt(np.mean((found - y_test) ** 2)) / np.std(y_test))


def report(rows):
    """Print errors with and without directions, and their means."""
    frame = pd.DataFrame(rows).groupby(["data", "model"], sort=False)[["free", "held"]].mean()
    print(frame.round(4).to_string())
    print(np.exp(np.log(frame).groupby("model", sort=False).mean()).round(4).to_string())


def made(arguments):
    rows = []
    for name, (function, directions) in MADE.items():
        for seed in range(arguments.seeds):
            rng = np.random.default_rng(seed)
            X, X_test = rng.uniform(-2, 2, (200, 6)), rng.uniform(-2, 2, (3000, 6))
            y, truth = function(X.T), function(X_test.T)
            y = y + rng.normal(0, 0.7 * np.std(y), len(y))
            for model, make in chosen(arguments).items():
                errors = {key: error(make(cst, seed), X, y, X_test, truth)
                          for key, cst in (("free", None), ("held", list(directions)))}  # fmt: skip
                rows.append({"data": name, "model": model, **errors})
    report(rows)


def read(spec):
    """Return columns as numbers, target and directions of ``PATH:TARGET:COLUMN=1,COLUMN=-1``."""
    path, target, given = spec.split(":")
    frame = pd.read_csv(path)
    y = frame.pop(target).to_numpy(float)
    X = pd.get_dummies(frame).astype(float)
    X = X.fillna(X.median())
    wanted = {name: int(value) for name, value in (pair.split("=") for pair in given.split(","))}
    return path, X, y, [wanted.get(name, 0) for name in X.columns]


def tables(arguments):
    rows = []
    for spec in arguments.csv:
        path, X, y, directions = read(spec)
        X = X.to_numpy()
        for seed in range(arguments.seeds):
            for train, test in KFold(5, shuffle=True, random_state=seed).split(X):
                for model, make in chosen(arguments).items():
                    errors = {key: error(make(cst, seed), X[train], y[train], X[test], y[test])
                              for key, cst in (("free", None), ("held", directions))}  # fmt: skip
                    rows.append({"data": path, "model": model, **errors})
    report(rows)


def quantiles(arguments):
    """Count pairs of rows, one column apart, whose predicted quantiles fall."""
    function, directions = MADE["smooth"]
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, (500, 6))
    y = function(X.T) + rng.normal(size=500) * (0.3 + 0.4 * (2 - X[:, 0]))
    A = rng.uniform(-2, 2, (arguments.pairs, 6))
    B, column = A.copy(), rng.choice(2, arguments.pairs)
    B[np.arange(arguments.pairs), column] += np.take(directions, column) * rng.exponential(
        size=arguments.pairs
    )
    levels, levels_text = [0.1, 0.5, 0.9], "0.1,0.5,0.9"
    net = FNNRegressor((60, 60), loss=Quantiles(levels), monotonic_cst=directions,
                       learning_rate_init=0.005, random_state=0)  # fmt: skip
    contestants = {"FNNRegressor": lambda: net.fit(X, y).predict_quantiles}
    for q in levels:
        contestants[f"HistGradientBoosting, {q}"] = lambda q=q: HistGradientBoostingRegressor(
            loss="quantile", quantile=q, monotonic_cst=directions, random_state=0
        ).fit(X, y).predict  # fmt: skip
        contestants[f"LightGBM, {q}"] = lambda q=q: LightGBM(
            directions, 0, objective="quantile", alpha=q
        ).fit(X, y).predict  # fmt: skip
        contestants[f"CatBoost, {q}"] = lambda q=q: CatBoost(
            directions, 0, loss_function=f"Quantile:alpha={q}"
        ).fit(X, y).predict  # fmt: skip
    contestants["CatBoost, all at once"] = lambda: CatBoost(
        directions, 0, loss_function=f"MultiQuantile:alpha={levels_text}"
    ).fit(X, y).predict  # fmt: skip
    for name, fitted in contestants.items():
        try:
            predict = fitted()
        except Exception as problem:
            print(f"{name:28s} {type(problem).__name__}: {str(problem).splitlines()[0][:90]}")
            continue
        given = (levels,) if name == "FNNRegressor" else ()
        fall = np.asarray(predict(A, *given)) - np.asarray(predict(B, *given))
        wrong = (fall > 1e-6 * np.std(y)).reshape(len(A), -1).any(axis=1)
        print(
            f"{name:28s} {wrong.mean():9.5%} of pairs fall, by {fall.max() / np.std(y):.4f} at most"
        )


def chosen(arguments):
    return {n: m for n, m in installed().items() if not arguments.models or n in arguments.models}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=["made", "tables", "quantiles"])
    parser.add_argument("--csv", nargs="+", default=[], help="PATH:TARGET:COLUMN=1,COLUMN=-1")
    parser.add_argument("--models", nargs="+", default=[], help=f"some of {list(CONTESTANTS)}")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=100_000)
    arguments = parser.parse_args()
    {"made": made, "tables": tables, "quantiles": quantiles}[arguments.part](arguments)

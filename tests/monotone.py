"""Pairs of rows of which the second one may not have the smaller prediction.

They differ in one column that has a direction. The others are the same: inside the range of the
training rows or far beyond it, and missing where the model takes that. ``tools/check_monotone.py``
draws a million of them for each model, ``test_monotone.py`` some thousand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skfnn import FNNClassifier, FNNRegressor, TabularFNNClassifier, TabularFNNRegressor
from skfnn.losses import Quantiles

DIRECTIONS = (1, -1, 0, 0)
# Of the spread of what is predicted: what rounding may leave.
TOLERANCE = 1e-6


def made(n=300, seed=0):
    """Return rows of four columns and noisy targets, by DIRECTIONS but for the noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    bend = np.tanh(2 * X[:, 0]) - 0.3 * np.maximum(X[:, 1], 0) ** 2
    return X, 2 * bend * (1 + (X[:, 2] > 0)) + np.sin(3 * X[:, 3]) + 0.5 * rng.normal(size=n)


@dataclass
class Case:
    """A fitted model, and what of it has a direction.

    Attributes
    ----------
    name : str
        What it is.
    model : estimator
        Fitted.
    directed : dict of str to callable
        Functions of rows that give (n,) or (n, m) numbers.
    spread : float
        The unit that violations are measured in.
    table : bool
        Whether it takes raw tables, in which values are missing.
    """

    name: str
    model: Any
    directed: dict[str, Callable]
    spread: float
    table: bool = False


def _regressor(name, **params):
    X, y = made()
    y = np.exp(y / 3) if params.get("loss") in ("gamma", "poisson", "negative_binomial") else y
    y = np.floor(y) if params.get("loss") == "negative_binomial" else y
    model = FNNRegressor(**{**_BRIEF, **params}).fit(X, y)
    directed = {"predict": model.predict}
    if "quantiles" in name:
        directed["predict_quantiles"] = lambda X: model.predict_quantiles(X, [0.1, 0.5, 0.9])
    return Case(name, model, directed, float(np.std(y)))


def _classifier(name, **params):
    X, y = made()
    model = FNNClassifier(**{**_BRIEF, **params}).fit(X, y > 0)
    directed = {"decision_function": model.decision_function}
    if hasattr(model, "predict_proba"):
        directed["predict_proba"] = lambda X: model.predict_proba(X)[:, 1]
    return Case(name, model, directed, 1.0)


def frame_of(X, rng):
    """Return rows as a raw table, with missing values and a category beside what has directions."""
    table = pd.DataFrame(X, columns=["rising", "falling", "free", "wave"])
    table["free"] = table["free"].mask(rng.random(len(X)) < 0.2)
    table["kind"] = pd.Series(rng.choice(["a", "b", None], len(X)), dtype=object)
    return table


def _table(name, cls=TabularFNNRegressor, **params):
    X, y = made()
    rng = np.random.default_rng(2)
    cst = {"rising": 1, "falling": -1}
    brief = {"n_members": 2, "max_iter": 12, "random_state": 0}
    model = cls(monotonic_cst=cst, **{**brief, **params})
    if cls is TabularFNNClassifier:
        model.fit(frame_of(X, rng), y > 0)
        return Case(
            name, model, {"predict_proba": lambda X: model.predict_proba(X)[:, 1]}, 1.0, True
        )
    y = np.exp(y / 3) if params.get("loss") == "gamma" else y
    model.fit(frame_of(X, rng), y)
    directed = {"predict": model.predict}
    if params.get("loss") == "quantiles":
        directed["predict_quantiles"] = lambda X: model.predict_quantiles(X, [0.1, 0.5, 0.9])
    return Case(name, model, directed, float(np.std(y)), True)


_BRIEF = {
    "hidden_layer_sizes": (24, 24),
    "monotonic_cst": DIRECTIONS,
    "max_iter": 60,
    "learning_rate_init": 0.01,
    "random_state": 0,
}
CASES: dict[str, Callable[[str], Case]] = {
    "squared errors, adam": _regressor,
    "huber, lbfgs": lambda name: _regressor(name, loss="huber", solver="lbfgs"),
    "squared errors, lbfgs, elu, skips": lambda name: _regressor(
        name, solver="lbfgs", activation="elu", skip_connections=True
    ),
    "absolute errors, sgd, dropout": lambda name: _regressor(
        name, loss="absolute_error", solver="sgd", dropout=0.2, clip_norm=1.0
    ),
    "quantiles, adamw": lambda name: _regressor(name, loss="quantiles", solver="adamw"),
    "quantiles, lbfgs": lambda name: _regressor(
        name, loss=Quantiles([0.1, 0.9]), solver="lbfgs", activation="tanh"
    ),
    "gaussian, nadam": lambda name: _regressor(name, loss="gaussian", solver="nadam"),
    "gamma, rmsprop": lambda name: _regressor(name, loss="gamma", solver="rmsprop"),
    "negative binomial, adam": lambda name: _regressor(name, loss="negative_binomial"),
    "linear, lbfgs": lambda name: _regressor(name, solver="lbfgs", hidden_layer_sizes=()),
    "log loss, adam": _classifier,
    "log loss, lbfgs": lambda name: _classifier(name, solver="lbfgs", activation="logistic"),
    "hinge, adagrad": lambda name: _classifier(
        name, loss="hinge", solver="adagrad", learning_rate_init=0.1
    ),
    "threshold units, adam": lambda name: _classifier(name, activation="threshold"),
    "table, squared errors": _table,
    "table, quantiles": lambda name: _table(name, loss="quantiles"),
    "table, gaussian": lambda name: _table(name, loss="gaussian"),
    "table, gamma, realmlp": lambda name: _table(name, loss="gamma", recipe="realmlp"),
    "table, two classes": lambda name: _table(name, TabularFNNClassifier),
    "table, huber, realmlp-s": lambda name: _table(name, loss="huber", recipe="realmlp-s"),
}


_RAW = ["rising", "falling", "free", "wave", "kind"]


def pairs(n, rng, directions=DIRECTIONS):
    """Return two arrays of rows, of which the second one's targets may not be smaller."""
    p = len(directions)
    X = rng.normal(size=(n, p)) * rng.choice([1.0, 1.0, 3.0, 30.0], size=(n, p))
    far = rng.random((n, p)) < 0.05
    X[far] *= 1e4
    Z, rows = X.copy(), np.arange(n)
    column = rng.choice(np.flatnonzero(directions), n)
    step = rng.exponential(size=n) * rng.choice([1e-4, 0.1, 1.0, 10.0], n)
    Z[rows, column] += step * np.take(directions, column)
    return X, Z


def worst(case, n, rng):
    """Return by how much, in units of spread, each function falls at most over ``n`` pairs."""
    falls = dict.fromkeys(case.directed, 0.0)
    for start in range(0, n, 50_000):
        X, Z = pairs(min(50_000, n - start), rng)
        if case.table:
            beside = frame_of(X, rng)[["free", "wave", "kind"]]
            X, Z = (beside.assign(rising=rows[:, 0], falling=rows[:, 1])[_RAW] for rows in (X, Z))
        for name, function in case.directed.items():
            with np.errstate(over="ignore"):  # an exponential, far outside
                before, after = np.asarray(function(X)), np.asarray(function(Z))
            wrong = before > after
            fall = before[wrong] - after[wrong]
            unit = np.maximum(case.spread, TOLERANCE * np.abs(before[wrong]))
            falls[name] = max(falls[name], float((fall / unit).max(initial=0.0)))
    return falls

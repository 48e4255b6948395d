"""Record what many small fits give, to the bit, and compare a later state of the code with it.

``python tools/record.py write FILE.json`` fits every configuration below and writes a SHA-256 of
each part of the result. ``python tools/record.py compare FILE.json`` fits them again and prints
those that differ, and in which part; its exit status is then 1. The parts are

- predictions: ``predict``, probabilities, scores, intervals, codes and reconstructions;
- weights: ``coefs_`` and ``intercepts_``;
- parameters: all trained values and running moments of all networks of the estimator;
- history: every column of ``history_`` but ``seconds``; and ``n_iter_``;
- hidden: ``hidden_activations``; listing: ``step_listing``; more: what one configuration adds.

Configurations come from the registries (each example of each activation, initializer, layer, loss,
optimizer and schedule) and from the lists below. Only public names are imported, so that this file
runs unchanged before and after private modules move. Bits depend on the processor, NumPy and its
BLAS: compare on the machine and in the environment that wrote the file.
"""

import argparse
import hashlib
import json
import pickle
import platform
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
import sklearn
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

import skfnn
from skfnn import (
    FNNAutoencoder,
    FNNClassifier,
    FNNRegressor,
    TabularFNNClassifier,
    TabularFNNRegressor,
)  # fmt: skip
from skfnn.activations import Activation
from skfnn.export import to_sklearn
from skfnn.initializers import Initializer
from skfnn.layers import (
    Activate,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    KLSparsity,
    Layer,
    Linear,
    MaskingNoise,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Repeat,
    Scale,
    SharedEnsemble,
    Skip,
)  # fmt: skip
from skfnn.losses import Huber, Loss, Quantile
from skfnn.optimizers import SGD, AdamW, Optimizer
from skfnn.preprocessing import TabularEncoder
from skfnn.schedules import Cosine, Schedule, Scheduled

METHODS = (
    "predict", "predict_proba", "predict_log_proba", "decision_function", "predict_interval",
    "transform", "reconstruction_error",
)  # fmt: skip

# ------------------------------------------------------------------ data

N = 90
_rng = np.random.default_rng(0)
X = _rng.normal(size=(N, 4))
SCORE = X @ [1.0, -2.0, 0.5, 0.0] + np.sin(2 * X[:, 3])
REAL = SCORE + 0.1 * _rng.normal(size=N)
POSITIVE = np.exp(0.3 * REAL)
TWO_REAL = np.column_stack([REAL, X[:, 0] ** 2])
WORDS = np.array(["low", "middle", "high"])[np.digitize(REAL, [-1, 1])]
BINARY = (REAL > 0).astype(int)
LABELS = np.column_stack([BINARY, X[:, 1] > 0.3, X[:, 2] * X[:, 3] > 0]).astype(int)
ONE_HOT = np.eye(3)[np.digitize(REAL, [-1, 1])]
UNIT = 1 / (1 + np.exp(-X))
WEIGHT = _rng.uniform(0.0, 2.0, N)
SPARSE = sparse.csr_array(np.where(np.abs(X) > 0.7, X, 0.0))
CODED = np.column_stack([X[:, :2], _rng.integers(0, 4, (N, 2))])
IMAGES = _rng.normal(size=(N, 2, 3))
TRAIN, HELD_OUT = slice(0, 50), slice(50, N)
VALIDATION = {"classifier": (X[HELD_OUT], WORDS[HELD_OUT]), "real": (X[HELD_OUT], REAL[HELD_OUT])}
GIVEN = (
    [np.linspace(-1, 1, 20).reshape(4, 5), np.linspace(1, -1, 15).reshape(5, 3)],
    [np.linspace(0, 1, 5), np.zeros(3)],
)

TABLE = pd.DataFrame({
    "number": X[:, 0],
    "holes": np.where(_rng.random(N) < 0.2, np.nan, X[:, 1]),
    "count": _rng.integers(0, 5, N),
    "constant": 1.0,
    "few": pd.Categorical(_rng.choice(["a", "b", "c"], N)),
    "many": [f"level {i}" for i in _rng.integers(0, 20, N)],
    "flag": X[:, 2] > 0,
    "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(_rng.integers(0, 2000, N), "D"),
})  # fmt: skip
TABLE.loc[::7, "few"] = np.nan
TABLE.loc[3::11, "day"] = pd.NaT


# ------------------------------------------------------------------ estimators


_SHORT = {"max_iter": 5, "batch_size": 32, "random_state": 0}
_BRIEF = {"hidden_layer_sizes": (8, 8), "n_members": 2, "max_iter": 12, "random_state": 0}


def _classifier(sizes=(6,), activation="relu", **params):
    return FNNClassifier(sizes, activation, **{**_SHORT, **params})


def _regressor(sizes=(6,), activation="relu", **params):
    return FNNRegressor(sizes, activation, **{**_SHORT, **params})


def _autoencoder(sizes=(3,), activation="relu", **params):
    return FNNAutoencoder(sizes, activation, **{**_SHORT, **params})


def _stack(cls, layers, **params):
    return cls(hidden_layers=layers, **{**_SHORT, **params})


def _table_classifier(**params):
    return TabularFNNClassifier(**{**_BRIEF, **params})


def _table_regressor(**params):
    return TabularFNNRegressor(**{**_BRIEF, **params})


class Case:
    """A fit: an estimator, its training data, the rows to predict, and what else is recorded.

    Parameters
    ----------
    model : estimator
        Not fitted, unless there is no data.
    data : tuple
        Positional arguments of ``fit``; empty if the model is ready to predict.
    then : callable, optional
        Called with the fitted model; returns the model to record, or (model, more).
    test : array-like, optional
        Rows to predict; those of training if None.
    **fit : dict
        Keyword arguments of ``fit``.
    """

    def __init__(self, model, *data, then=None, test=None, **fit):
        self.model, self.data, self.then, self.fit = model, data, then, fit
        self.test = data[0] if test is None else test

    def parts(self):
        """Return the digest of each part."""
        model = self.model.fit(*self.data, **self.fit) if self.data else self.model
        result = self.then(model) if self.then else model
        model, more = result if isinstance(result, tuple) else (result, [])
        return _parts(model, self.test, more)


# ------------------------------------------------------------------ from the registries


def _examples(family):
    return [example for cls in family.members() for example in cls.examples()]


def _from_registries():
    for function in _examples(Activation):
        if not function.differentiable:
            step = FNNClassifier.from_weights(*GIVEN, function)
            yield f"activation {function!r}", Case(step, test=X)
        else:
            yield f"activation {function!r}", Case(_classifier((6, 5), function), X, WORDS)
            smooth = _regressor((5,), function, solver="lbfgs")
            yield f"activation {function!r}, L-BFGS", Case(smooth, X, REAL)
    for initializer in _examples(Initializer):
        model = _classifier((6, 5), initializer=initializer)
        yield f"initializer {initializer!r}", Case(model, X, WORDS)
    for layer in _examples(Layer):
        if isinstance(layer, Flatten) or getattr(layer, "layers", None) == []:
            continue  # Flatten comes first, see below; no estimator takes an empty combinator
        model = _stack(FNNClassifier, [Dense(4, "tanh"), layer])
        yield f"layer {' '.join(repr(layer).split())}", Case(model, X, WORDS)
    for optimizer in _examples(Optimizer):
        model = _regressor((6, 5), solver=optimizer, dtype="float32")
        yield f"optimizer {optimizer!r}", Case(model, X, REAL)
    impatient = {"max_iter": 12, "n_iter_no_change": 2, "tol": 0.3}
    for schedule in _examples(Schedule):
        model = _classifier(learning_rate=schedule, solver="sgd", **impatient)
        yield f"schedule {schedule!r}", Case(model, X, WORDS)
    for loss in [*_examples(Loss), "log_loss"]:
        yield from _with_loss(loss)


def _with_loss(loss):
    kinds = Loss.resolve(loss, "loss").kinds
    for solver in ("adam", "lbfgs"):
        targets = {"binary": BINARY, "multiclass": WORDS, "multilabel": LABELS}
        for kind in sorted(kinds & set(targets)):
            model = _classifier(loss=loss, solver=solver)
            data = Case(model, X, targets[kind], sample_weight=WEIGHT)
            yield f"loss {loss!r}, {kind}, {solver}", data
        if "regression" in kinds:
            model = _regressor(loss=loss, solver=solver)
            data = Case(model, X, POSITIVE, sample_weight=WEIGHT)
            yield f"loss {loss!r}, regression, {solver}", data


# ------------------------------------------------------------------ written by hand


def _classifiers():
    early = {
        "early_stopping": True,
        "max_iter": 30,
        "n_iter_no_change": 3,
        "learning_rate_init": 0.05,
    }
    metrics = ["accuracy", "neg_calibrated_log_loss", "neg_loss_and_error"]
    yield "defaults", Case(FNNClassifier(max_iter=5, random_state=0), X, WORDS)
    yield "L-BFGS", Case(_classifier(solver="lbfgs", max_iter=20), X, WORDS)
    yield "auto", Case(_classifier(solver="auto", max_iter=20), X, WORDS)
    yield "auto, dropout", Case(_classifier(solver="auto", dropout=0.2), X, WORDS)
    yield "no hidden layer", Case(_classifier((), solver="lbfgs"), X, BINARY)
    yield "converges", Case(_classifier(solver="lbfgs", max_iter=500, alpha=1), X, BINARY)
    yield "one class", Case(_classifier(), X, np.zeros(N, int))
    yield "one row a batch", Case(_classifier(batch_size=1, max_iter=2), X[:9], WORDS[:9])
    yield "one batch", Case(_classifier(batch_size=N), X, WORDS)
    yield "no shuffling", Case(_classifier(shuffle=False), X, WORDS)
    yield "multilabel", Case(_classifier((8, 6)), X, LABELS)
    yield "one-hot", Case(_classifier(loss="categorical_crossentropy"), X, ONE_HOT)
    yield "weights", Case(_classifier(), X, WORDS, sample_weight=WEIGHT)
    yield "balanced", Case(_classifier(class_weight="balanced"), X, WORDS)
    given = {"low": 3.0, "high": 0.5, "middle": 1.0}
    model = _classifier(class_weight=given, solver="lbfgs")
    yield "weights of classes, L-BFGS", Case(model, X, WORDS, sample_weight=WEIGHT)
    yield "smooth labels", Case(_classifier(label_smoothing=0.2), X, WORDS)
    model = _classifier(label_smoothing=0.1, class_weight="balanced")
    yield "smooth labels, two classes", Case(model, X, BINARY)
    yield "early stopping", Case(_classifier(**early), X, WORDS)
    yield "early stopping by loss", Case(_classifier(**early, scoring="loss"), X, WORDS)
    model = _classifier(**early, scoring="f1_macro", metrics=metrics)
    yield "early stopping by a scorer, metrics", Case(model, X, WORDS)
    valid = dict(zip(("X_val", "y_val"), VALIDATION["classifier"], strict=True))
    data = (X[TRAIN], WORDS[TRAIN])
    yield "validation data", Case(_classifier(metrics=metrics), *data, **valid)
    valid["sample_weight_val"] = WEIGHT[HELD_OUT]
    model = _classifier(**early, class_weight="balanced")
    yield (
        "validation data, early stopping",
        Case(model, *data, sample_weight=WEIGHT[TRAIN], **valid),
    )
    model = _classifier(solver="lbfgs", early_stopping=True, max_iter=30)
    yield "L-BFGS, early stopping", Case(model, X, WORDS)
    for dtype in ("float32", "float64"):
        for solver in ("adam", "lbfgs"):
            model = _classifier((8, 6), dtype=dtype, solver=solver)
            yield f"{dtype}, {solver}", Case(model, X, WORDS)
            yield f"sparse, {dtype}, {solver}", Case(model, SPARSE, WORDS)
    yield "sparse columns", Case(_classifier(), sparse.csc_array(SPARSE), BINARY)
    yield "rows of float32", Case(_classifier(), X.astype(np.float32), WORDS)
    for solver in ("sgd", "rmsprop", "adagrad", "nadam", "adamw"):
        model = _classifier(solver=solver, clip_norm=0.3, alpha=0.01)
        yield f"clipped {solver}", Case(model, X, WORDS)
    model = _classifier(
        solver=AdamW(weight_decay=Scheduled(0.1, Cosine())), learning_rate="one_cycle"
    )
    yield "decay on a schedule", Case(model, X, WORDS)
    model = _classifier(solver=SGD(momentum=0.5), learning_rate="adaptive", tol=0.1, max_iter=30)
    yield "adaptive rate", Case(model, X, WORDS)


def _networks_of_layers():
    for place in ("before", "after"):
        for solver in ("adam", "lbfgs"):
            model = _classifier((8, 6), batch_norm=place, solver=solver)
            yield f"batch norm {place}, {solver}", Case(model, X, WORDS)
    model = _classifier((8, 8), batch_norm="before", dropout=[0.1, 0.4], skip_connections=True)
    yield "batch norm, dropout, skip", Case(model, X, WORDS)
    yield "dropout", Case(_classifier((8, 6), dropout=0.3, dtype="float32"), X, WORDS)
    for solver in ("adam", "lbfgs"):
        model = _regressor((8, 6, 8), "gelu", skip_connections=True, solver=solver)
        yield f"skip connections, {solver}", Case(model, X, TWO_REAL)
    yield "an activation each", Case(_classifier((8, 6), ("mish", "selu")), X, WORDS)
    stacks = {
        "shared ensemble": [SharedEnsemble(5, [Dense(6, "tanh")], 3), Activate("relu")],
        "shared ensemble of blocks": [
            SharedEnsemble(3, [Linear(4), BatchNorm(), Activate("mish"), Skip([Dense(4)])], 4)
        ],
        "noise": [MaskingNoise(0.2), Dense(6, "tanh"), GaussianNoise(0.1), Dense(4, "elu")],
        "sparsity": [Dense(6, "logistic"), KLSparsity(0.3, 0.1), Dense(4, "relu")],
        "scheduled dropout": [Dense(8, "relu"), Dropout(Scheduled(0.3, "flat_cos"))],
        "scaled": [Scale(), Linear(6, scaling="neural_tangent"), Activate("mish")],
        "nested": [
            Dense(6, "relu"),
            Skip([Dense(6, "relu"), Skip([Dense(6, "silu"), BatchNorm()])]),
        ],
    }
    for name, layers in stacks.items():
        yield name, Case(_stack(FNNClassifier, layers), X, WORDS)
    columns = {
        "periodic": [PeriodicEmbedding(n_frequencies=4), Dense(6, "relu")],
        "periodic, plr": [PeriodicEmbedding("plr", n_frequencies=4), Dense(6, "relu")],
        "piecewise linear": [PiecewiseLinearEmbedding(n_bins=6, n_entries=3), Dense(6)],
        "parts": [
            Dense(4, "relu"),
            CategoryEmbedding([3, 3], 2, start=2),
            Repeat(stop=2),
            PiecewiseLinearEmbedding(n_bins=4, n_entries=3, start=2, stop=4),
            PeriodicEmbedding(n_frequencies=3, stop=2),
            Dense(5, "tanh"),
        ],
    }
    for name, layers in columns.items():
        for dtype in ("float32", "float64"):
            model = _stack(FNNRegressor, layers, dtype=dtype)
            yield f"embedding, {name}, {dtype}", Case(model, CODED, REAL)
    layers = [Flatten(), Dense(5, "tanh")]
    yield "images", Case(_stack(FNNClassifier, layers), IMAGES, WORDS)


def _regressors():
    early = {"early_stopping": True, "max_iter": 30, "n_iter_no_change": 3}
    yield "defaults", Case(FNNRegressor(max_iter=5, random_state=0), X, REAL)
    yield "L-BFGS", Case(_regressor(solver="lbfgs", max_iter=20), X, REAL)
    yield "auto", Case(_regressor(solver="auto", max_iter=20), X, REAL)
    yield "several outputs", Case(_regressor((8, 6)), X, TWO_REAL, sample_weight=WEIGHT)
    model = _regressor(loss=Huber(0.5), solver="lbfgs")
    yield "several outputs, Huber", Case(model, X, TWO_REAL)
    model = _regressor(loss=Quantile(0.8), **early, metrics=["mse", "mae", "r2"])
    yield "a quantile, early stopping, metrics", Case(model, X, REAL)
    valid = dict(zip(("X_val", "y_val"), VALIDATION["real"], strict=True))
    yield (
        "validation data",
        Case(_regressor(**early, scoring="loss"), X[TRAIN], REAL[TRAIN], **valid),
    )
    yield "sparse", Case(_regressor(loss="poisson"), SPARSE, POSITIVE)


def _autoencoders():
    yield "defaults", Case(FNNAutoencoder(max_iter=5, random_state=0), X)
    yield "deep, tied", Case(_autoencoder((6, 3), tied_weights=True), X)
    yield "tied, L-BFGS", Case(_autoencoder(tied_weights=True, solver="lbfgs"), X)
    yield "masking noise", Case(_autoencoder((6, 3), noise=MaskingNoise(0.2)), X)
    yield "Gaussian noise", Case(_autoencoder(noise=GaussianNoise(0.2)), X)
    yield "sparse code", Case(_autoencoder((6,), "logistic", sparsity=KLSparsity()), X)
    yield "penalty on the code", Case(_autoencoder((6,), sparsity=0.1, solver="lbfgs"), X)
    yield "of probabilities", Case(_autoencoder(loss="binary_crossentropy"), UNIT)
    yield "of sparse rows", Case(_autoencoder(dtype="float32"), SPARSE)
    model = _autoencoder(early_stopping=True, max_iter=20)
    yield "early stopping, weights", Case(model, X, sample_weight=WEIGHT)
    yield "continued", Case(_autoencoder(), X, then=lambda m: m.partial_fit(X))


def _again(model):
    """Fit a second time: a warm start."""
    return model.fit(X, WORDS)


def _in_parts(model):
    """Go on by two batches."""
    for rows in (TRAIN, HELD_OUT):
        model.partial_fit(X[rows], WORDS[rows])
    return model


def _after_storage(model):
    """Pickle and go on."""
    return _in_parts(pickle.loads(pickle.dumps(model)))


def _there_and_back(model):
    """Go to MLP*, record its predictions and weights, come back and go on."""
    mlp = to_sklearn(model)
    back = type(model).from_sklearn(mlp)
    more = [mlp.predict(X), *mlp.coefs_, *mlp.intercepts_, back.predict(X)]
    y = WORDS if isinstance(mlp, MLPClassifier) else REAL
    return back.set_params(warm_start=True).fit(X, y), more


def _gradient(model):
    """Record the gradient of the objective and the evaluation."""
    gradient = model.loss_gradient(X, WORDS, WEIGHT)
    return model, [repr(model.evaluate(X, WORDS, WEIGHT)), *_arrays(gradient)]


def _continued():
    for solver in ("adam", "sgd", "lbfgs"):
        model = _classifier(solver=solver, warm_start=True)
        yield f"warm start, {solver}", Case(model, X, WORDS, then=_again)
    for solver in ("adam", "rmsprop", "nadam"):
        model = _classifier(solver=solver, batch_norm="after", dropout=0.1)
        yield f"partial_fit, {solver}", Case(model, X, WORDS, then=_in_parts)
    yield "pickle", Case(_classifier(solver="adamw"), X, WORDS, then=_after_storage)
    start = _classifier().partial_fit(X[TRAIN], WORDS[TRAIN], classes=np.unique(WORDS))
    yield "partial_fit only", Case(start, test=X)
    yield (
        "to scikit-learn, L-BFGS",
        Case(_classifier((6, 5), "tanh", solver="lbfgs"), X, WORDS, then=_there_and_back),
    )
    yield (
        "to scikit-learn, batch norm",
        Case(_regressor((6, 5), batch_norm="before"), X, REAL, then=_there_and_back),
    )
    params = {"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0}
    mlp = MLPClassifier(**params).fit(X, WORDS)
    yield "from MLPClassifier", Case(FNNClassifier.from_sklearn(mlp), test=X)
    mlp = MLPRegressor(**params).fit(X, REAL)
    yield "from MLPRegressor", Case(FNNRegressor.from_sklearn(mlp), test=X)
    classes = ["high", "low", "middle"]
    model = FNNClassifier.from_weights(*GIVEN, "gelu", classes=classes)
    yield "from weights", Case(model, test=X)
    model = FNNClassifier.from_weights(*GIVEN, classes=classes).partial_fit(X, WORDS)
    yield "from weights, continued", Case(model, test=X)
    yield (
        "numbers from weights",
        Case(FNNRegressor.from_weights(*GIVEN, "tanh"), test=X),
    )
    model = _classifier((6, 5), batch_norm="before", class_weight="balanced", label_smoothing=0.1)
    yield "gradient and evaluation", Case(model, X, WORDS, then=_gradient)


def _pretrained():
    yield "one each", Case(_classifier((6, 4), pretrain="autoencoder"), X, WORDS)
    model = _classifier((6, 4), pretrain=FNNAutoencoder(max_iter=3, noise=MaskingNoise(0.2)))
    yield "by an autoencoder", Case(model, X[TRAIN], WORDS[TRAIN], X_unlabeled=X[HELD_OUT])
    fitted = FNNAutoencoder((6,), max_iter=4, random_state=0).fit(X)
    yield "by a fitted autoencoder", Case(_classifier(pretrain=fitted), X, WORDS)
    model = _regressor((6, 4), pretrain="autoencoder", solver="lbfgs")
    yield "L-BFGS", Case(model, X, REAL)


def _encoded(dtype):
    """Return a classifier on an encoded table, with the encoded table."""
    encoded = TabularEncoder(dtype=dtype).fit_transform(TABLE)
    return Case(_classifier(), encoded, WORDS, then=lambda model: (model, [encoded]))


def _tables():
    train, valid = TABLE[TRAIN], TABLE[HELD_OUT]
    for recipe in ("ensemble", "realmlp", "realmlp-s", "tabm-mini"):
        n = {"n_members": 2 if recipe == "ensemble" else None}
        model = _table_classifier(recipe=recipe, **n)
        yield f"classes, {recipe}", Case(model, TABLE, WORDS)
        model = _table_regressor(recipe=recipe, **n)
        yield f"numbers, {recipe}", Case(model, TABLE, REAL)
    yield (
        "two classes, weights",
        Case(_table_classifier(class_weight="balanced"), TABLE, BINARY, sample_weight=WEIGHT),
    )
    yield "labels", Case(_table_classifier(label_smoothing=0.0), TABLE, LABELS)
    yield "several numbers", Case(_table_regressor(), TABLE, TWO_REAL)
    yield (
        "held-out rows",
        Case(
            _table_classifier(), train, WORDS[TRAIN], X_val=valid, y_val=WORDS[HELD_OUT], test=TABLE
        ),
    )
    yield (
        "one network, fitted again",
        Case(_table_regressor(n_members=1, refit=True), TABLE, REAL, sample_weight=WEIGHT),
    )
    for loss in ("absolute_error", "poisson", Quantile(0.9)):
        yield f"loss {loss!r}", Case(_table_regressor(loss=loss), TABLE, POSITIVE)
    for kind in (None, "piecewise_linear"):
        model = _table_regressor(numeric_embedding=kind, dropout=0.1, weight_decay=0.1)
        yield f"embedding {kind}", Case(model, TABLE, REAL)
    yield "two threads", Case(_table_classifier(n_jobs=2), TABLE, WORDS)
    columns = _table_classifier(categorical_features=[2, 3])
    yield "an array", Case(columns, CODED, WORDS)
    for dtype in ("float32", "float64"):
        yield f"encoder, {dtype}", _encoded(dtype)


GROUPS = {
    "registry": _from_registries,
    "classifier": _classifiers,
    "layers": _networks_of_layers,
    "regressor": _regressors,
    "autoencoder": _autoencoders,
    "continued": _continued,
    "pretraining": _pretrained,
    "table": _tables,
}


# ------------------------------------------------------------------ digests


def _arrays(value):
    """Return the arrays in nested lists, tuples and dicts, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in _arrays(item)]
    return [value]


def _digest(values):
    """Return the SHA-256 of arrays, tables and texts: names, dtypes, shapes and bits."""
    sha = hashlib.sha256()
    for value in values:
        if isinstance(value, pd.DataFrame):
            sha.update(repr(list(value.columns)).encode())
            sha.update(_digest([value[name].to_numpy() for name in value.columns]).encode())
            continue
        array = np.asarray(value)
        if array.dtype.kind in "biuf":
            sha.update(f"{array.dtype} {array.shape} {array.tobytes().hex()}".encode())
        else:
            sha.update(repr(array.tolist()).encode())
    return sha.hexdigest()


def _networks(value, depth=4):
    """Return what has flat vectors ``values`` and ``state`` inside an estimator, at any name."""
    if isinstance(getattr(value, "values", None), np.ndarray) and hasattr(value, "state"):
        return [value]
    if depth and isinstance(value, (list, tuple, dict)):
        inside = value.values() if isinstance(value, dict) else value
    elif depth and type(value).__module__.startswith("skfnn"):
        inside = getattr(value, "__dict__", {}).values()
    else:
        return []
    return [network for item in inside for network in _networks(item, depth - 1)]


def _predicted(model, name, test):
    """Return [what a method gives], or [] where it is not there for this model."""
    if not hasattr(model, name):
        return []
    try:
        return [getattr(model, name)(test)]
    except ValueError as error:
        if name != "predict_interval" or "needs a predicted distribution" not in str(error):
            raise
        return []


def _parts(model, test, more):
    networks = {_digest([n.values, n.state]) for n in _networks(model)}
    history = getattr(model, "history_", None)
    parts = {
        "predictions": [got for name in METHODS for got in _predicted(model, name, test)],
        "weights": [*getattr(model, "coefs_", []), *getattr(model, "intercepts_", [])],
        "parameters": sorted(networks),
        "history": [] if history is None else [history.drop(columns="seconds", errors="ignore")],
        "n_iter": [model.n_iter_],
        "hidden": [],
        "listing": [],
        "more": more,
    }
    if hasattr(model, "hidden_activations"):
        parts["hidden"] = _arrays(model.hidden_activations(test))
    if hasattr(model, "step_listing"):
        parts["listing"] = [model.step_listing(20)]
    return {name: _digest(values) for name, values in parts.items() if len(values)}


def _record():
    """Fit all configurations; return the parts' digests, or the error, by name."""
    record = {}
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FutureWarning)  # of names that have been renamed
        warnings.filterwarnings("ignore", "Columns with the same value")
        for group, cases in GROUPS.items():
            for name, case in cases():
                key = f"{group}: {name}"
                assert key not in record, key
                try:
                    record[key] = case.parts()
                except Exception as error:
                    record[key] = {"error": f"{type(error).__name__}: {error}"}
    return record


def _environment():
    modules = (np, scipy, sklearn, pd)
    versions = {module.__name__: module.__version__ for module in modules}
    return {"python": platform.python_version(), "machine": platform.machine(), **versions}


# ------------------------------------------------------------------ the command


def _write(path):
    record = _record()
    fitted = {key: parts for key, parts in record.items() if "error" not in parts}
    for key in record.keys() - fitted.keys():
        print(f"{key}, left out: {record[key]['error']}")
    text = json.dumps({"environment": _environment(), "configurations": fitted}, indent=1)
    path.write_text(text + "\n")
    print(f"{len(fitted)} configurations written, {len(record) - len(fitted)} left out.")
    return int(len(fitted) < len(record))


def _compare(path):
    stored = json.loads(path.read_text())
    if stored["environment"] != _environment():
        print(f"Another environment: {stored['environment']} then, {_environment()} now.")
    before, now = stored["configurations"], _record()
    n_different = 0
    for key, parts in before.items():
        found = now.get(key, {"error": "there is no such configuration now"})
        different = [name for name in {**parts, **found} if parts.get(name) != found.get(name)]
        different = [name if name in found else f"no {name} now" for name in different]
        if "error" in found:
            different = [found["error"]]
        if different:
            n_different += 1
            print(f"{key}: {', '.join(different)}")
    new = [key for key in now if key not in before]
    for key in new:
        print(f"{key}: new, not compared")
    print(f"{len(before)} configurations compared, {n_different} differ, {len(new)} new.")
    return int(n_different > 0)


def main():
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("command", choices=["write", "compare"])
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    print(f"skfnn in {Path(skfnn.__file__).parent}")
    start = time.perf_counter()
    status = {"write": _write, "compare": _compare}[arguments.command](arguments.file)
    print(f"{time.perf_counter() - start:.0f} s")
    return status


if __name__ == "__main__":
    sys.exit(main())

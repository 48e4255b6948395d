"""Save small fitted models, which this and every later version has to load.

    python tools/save_models.py

writes ``tests/saved/<version>/``: for each model a pickle, a skops file, and what it predicts for
the rows that it was fitted on. Run it once for a release; ``tests/test_saved_models.py`` loads the
files of all versions.
"""

import pickle
import warnings
from pathlib import Path
from zipfile import ZIP_DEFLATED

import numpy as np
import skops.io as sio

import skfnn
from skfnn import (
    FNNAutoencoder,
    FNNClassifier,
    FNNRegressor,
    TabularFNNClassifier,
    TabularFNNRegressor,
)
from skfnn.layers import BatchNorm, Dense, Dropout, ParametricActivate, Skip
from skfnn.losses import Quantiles
from skfnn.optimizers import AdamW

SAVED = Path(__file__).parents[1] / "tests" / "saved"
BRIEF = {"max_iter": 3, "random_state": 0}


def tables(n=60):
    """Return rows with a column of most kinds, as lists, which any version of pandas can read."""
    rng = np.random.default_rng(0)
    return [
        {
            "size": float(rng.normal()),
            "colour": str(rng.choice(["red", "green", "blue"])),
            "since": f"20{rng.integers(10, 26)}-0{rng.integers(1, 10)}-{rng.integers(10, 28)}",
            "power": f"{rng.integers(50, 200)} bhp",
            "tags": "|".join(rng.choice(["new", "used", "rare"], 2, replace=False)),
            "open": str(rng.choice(["yes", "no"])),
        }
        for _ in range(n)
    ]


def models():
    """Yield (name, unfitted model, rows, targets)."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    y, label = X[:, 0] + X[:, 1] ** 2, np.where(X[:, 0] > 0, "yes", "no")
    layers = [Dense(6, "gelu"), BatchNorm(), Skip([Dense(6), Dropout(0.1)]),
              ParametricActivate("mish")]  # fmt: skip
    yield "classifier", FNNClassifier((5,), early_stopping=True, scoring="loss", **BRIEF), X, label
    yield "layers", FNNClassifier(hidden_layers=layers, solver=AdamW(), **BRIEF), X, label
    yield "lbfgs", FNNRegressor((5,), "tanh", solver="lbfgs", **BRIEF), X, y
    yield "lm", FNNRegressor((3,), "tanh", solver="lm", alpha="bayes", **BRIEF), X, y
    yield "quantiles", FNNRegressor((5,), loss=Quantiles([0.1, 0.5, 0.9]), **BRIEF), X, y
    yield "autoencoder", FNNAutoencoder((2,), **BRIEF), X, None
    small = dict(n_members=2, hidden_layer_sizes=(8,), **BRIEF)
    yield "table classifier", TabularFNNClassifier(**small), tables(), label
    yield "table regressor", TabularFNNRegressor(**small), tables(), y


def predictions(model, X):
    """Return what a fitted model gives for its rows."""
    for method in ("predict_proba", "predict", "transform"):
        if hasattr(model, method):
            return np.asarray(getattr(model, method)(X))
    raise TypeError(f"{model!r} predicts nothing.")


def main():
    """Write the files of this version."""
    folder = SAVED / skfnn.__version__
    folder.mkdir(parents=True, exist_ok=True)
    for name, model, X, y in models():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # three epochs
            model.fit(X) if y is None else model.fit(X, y)
        stem = name.replace(" ", "_")
        (folder / f"{stem}.pickle").write_bytes(pickle.dumps(model, protocol=5))
        (folder / f"{stem}.skops").write_bytes(sio.dumps(model, compression=ZIP_DEFLATED))
        np.save(folder / f"{stem}.npy", predictions(model, X))


if __name__ == "__main__":
    main()

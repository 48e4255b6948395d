"""Feedforward neural networks for scikit-learn, on NumPy."""

from . import (
    activations,
    callbacks,
    constraints,
    export,
    initializers,
    inspection,
    layers,
    losses,
    metrics,
    model_selection,
    optimizers,
    parts,
    preprocessing,
    schedules,
    solvers,
    tabular,
)
from ._engine.support.publish import publish
from ._engine.support.retire import retired
from ._estimators.autoencoder import FNNAutoencoder
from ._estimators.classifier import FNNClassifier
from ._estimators.regressor import FNNRegressor
from .export import to_onnx
from .tabular import TabularFNNClassifier, TabularFNNRegressor

__version__ = "0.2.0"

__all__ = [
    "FNNAutoencoder",
    "FNNClassifier",
    "FNNRegressor",
    "TabularFNNClassifier",
    "TabularFNNRegressor",
    "activations",
    "callbacks",
    "constraints",
    "export",
    "initializers",
    "inspection",
    "layers",
    "losses",
    "metrics",
    "model_selection",
    "optimizers",
    "parts",
    "preprocessing",
    "schedules",
    "solvers",
    "tabular",
]

publish(__name__, __all__)
__getattr__ = retired(__name__, {to_onnx: "It is skfnn.export.to_onnx."})

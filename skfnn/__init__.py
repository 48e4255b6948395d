"""Feedforward neural networks for scikit-learn, on NumPy."""

from . import (
    activations,
    export,
    initializers,
    inspection,
    layers,
    losses,
    metrics,
    model_selection,
    optimizers,
    preprocessing,
    schedules,
)
from .autoencoder import FNNAutoencoder
from .classifier import FNNClassifier
from .export import to_onnx
from .regressor import FNNRegressor
from .tabular import TabularFNNClassifier, TabularFNNRegressor

__version__ = "0.1.0"

__all__ = [
    "FNNAutoencoder",
    "FNNClassifier",
    "FNNRegressor",
    "TabularFNNClassifier",
    "TabularFNNRegressor",
    "activations",
    "export",
    "initializers",
    "inspection",
    "layers",
    "losses",
    "metrics",
    "model_selection",
    "optimizers",
    "preprocessing",
    "schedules",
    "to_onnx",
]

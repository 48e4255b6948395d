"""Feedforward neural networks for scikit-learn, on NumPy."""

from . import (
    activations,
    export,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    preprocessing,
    schedules,
)
from .autoencoder import FNNAutoencoder
from .classifier import FNNClassifier
from .export import to_onnx
from .regressor import FNNRegressor

__version__ = "0.1.0"

__all__ = [
    "FNNAutoencoder",
    "FNNClassifier",
    "FNNRegressor",
    "activations",
    "export",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "preprocessing",
    "schedules",
    "to_onnx",
]

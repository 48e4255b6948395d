"""Feedforward neural networks for scikit-learn, on NumPy."""

from . import (
    activations,
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
from .regressor import FNNRegressor

__version__ = "0.1.0"

__all__ = [
    "FNNAutoencoder",
    "FNNClassifier",
    "FNNRegressor",
    "activations",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "preprocessing",
    "schedules",
]

"""Feedforward neural networks for scikit-learn, on NumPy."""

from . import (
    activations,
    initializers,
    inspection,
    layers,
    losses,
    metrics,
    model_selection,
    optimizers,
    schedules,
)
from .classifier import FNNClassifier
from .regressor import FNNRegressor

__version__ = "0.1.0"

__all__ = [
    "FNNClassifier",
    "FNNRegressor",
    "activations",
    "initializers",
    "inspection",
    "layers",
    "losses",
    "metrics",
    "model_selection",
    "optimizers",
    "schedules",
]

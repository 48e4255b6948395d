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
    preprocessing,
    schedules,
)
from .classifier import FNNClassifier
from .regressor import FNNRegressor
from .tabular import TabularFNNClassifier, TabularFNNRegressor

__version__ = "0.1.0"

__all__ = [
    "FNNClassifier",
    "FNNRegressor",
    "TabularFNNClassifier",
    "TabularFNNRegressor",
    "activations",
    "initializers",
    "inspection",
    "layers",
    "losses",
    "metrics",
    "model_selection",
    "optimizers",
    "preprocessing",
    "schedules",
]

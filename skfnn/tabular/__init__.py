"""Estimators for raw tables."""

from .._engine.publish import publish
from ._classifier import TabularFNNClassifier
from ._regressor import TabularFNNRegressor

__all__ = ["TabularFNNClassifier", "TabularFNNRegressor"]

publish(__name__, __all__)

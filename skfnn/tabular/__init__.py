"""Estimators for raw tables."""

from .._engine.publish import publish
from ._estimators import TabularFNNClassifier, TabularFNNRegressor

__all__ = ["TabularFNNClassifier", "TabularFNNRegressor"]

publish(__name__, __all__)

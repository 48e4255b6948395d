"""Estimators for raw tables: numbers with holes, categories, targets on any scale."""

from ._estimators import TabularFNNClassifier, TabularFNNRegressor

__all__ = ["TabularFNNClassifier", "TabularFNNRegressor"]

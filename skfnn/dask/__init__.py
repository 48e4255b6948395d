"""Estimators for tables on a Dask cluster: members are trained where the data are."""

from .._engine.support.publish import publish
from ._estimators import DaskTabularFNNClassifier, DaskTabularFNNRegressor

__all__ = ["DaskTabularFNNClassifier", "DaskTabularFNNRegressor"]

publish(__name__, __all__)

"""Metrics followed from epoch to epoch, and scorers of intervals, sets and distributions.

A metric is a component (by name), the name of a scikit-learn scorer, or a scorer itself. All are
computed from one set of raw scores; nothing is predicted twice.
"""

from .._engine.objective.metric import Metric
from .._engine.support.publish import publish
from ._metrics import (
    CRPS,
    R2,
    Accuracy,
    CalibratedLogLoss,
    IntervalScore,
    LossAndError,
    MeanAbsoluteError,
    MeanSquaredError,
    TweedieDeviance,
    resolve_metric,
    resolve_metrics,
)
from ._scorers import (
    covered,
    interval_score,
    neg_crps,
    neg_interval_score,
    neg_mean_width,
    neg_set_size,
)

__all__ = [
    "CRPS",
    "R2",
    "Accuracy",
    "CalibratedLogLoss",
    "IntervalScore",
    "LossAndError",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "TweedieDeviance",
    "covered",
    "interval_score",
    "neg_crps",
    "neg_interval_score",
    "neg_mean_width",
    "neg_set_size",
    "resolve_metric",
    "resolve_metrics",
]

publish(__name__, __all__)

"""Metrics followed from epoch to epoch, and scorers of intervals, sets and distributions.

A metric is a component (by name), the name of a scikit-learn scorer, or a scorer itself. All are
computed from one set of raw scores; nothing is predicted twice.
"""

from .._engine.objective.metric import Metric
from .._engine.support.publish import publish
from .._engine.support.retire import retired
from ._loss_and_error import LossAndError
from ._metrics import (
    CRPS,
    R2,
    Accuracy,
    CalibratedLogLoss,
    IntervalScore,
    MeanAbsoluteError,
    MeanSquaredError,
    TweedieDeviance,
)
from ._resolve import AND_ERROR, resolve_metric, resolve_metrics
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
]

publish(__name__, [*__all__, "LossAndError", "resolve_metric", "resolve_metrics"])
_PASS = "Give what it resolves to an estimator, as metrics= or scoring=."
__getattr__ = retired(
    __name__, {LossAndError: AND_ERROR, resolve_metric: _PASS, resolve_metrics: _PASS}
)

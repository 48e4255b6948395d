"""Loss, metrics and scorers of raw scores on encoded rows."""

from __future__ import annotations

from numbers import Real

import numpy as np

from ..._sklearn import gives_weights_to
from .data import Data
from .metric import Metric
from .targets import RegressionTarget


def metric_of(metric: Metric, target, loss, y, raw, weight) -> float:
    """Return a metric's value on encoded targets and raw scores."""
    if metric.of_distribution:
        return metric(y, loss.distribution(raw), weight)
    return metric(y, raw if metric.of_scores else target.decide(raw, loss), weight)


def data_loss(loss, target, y, raw, weight) -> float:
    """Return the weighted mean loss without penalty and without label smoothing."""
    filled = np.empty((len(raw), target.n_outputs), raw.dtype)
    target.fill(y, filled, loss.levels)
    return float(np.average(loss.value(filled, raw), weights=weight))


def score_by(scorer, estimator, data: Data) -> float:
    """Return a scorer's value, weighted where it takes weights, for an estimator of these rows."""
    y = data.y if isinstance(data.target, RegressionTarget) else data.target.decode(data.y)
    weight = {}
    if data.weight is not None and gives_weights_to(scorer):
        weight["sample_weight"] = data.weight
    value = scorer(estimator, data.X, y, **weight)
    if not isinstance(value, Real):
        raise TypeError(f"A scorer must return a number. {scorer!r} returned {value!r}.")
    return float(value)

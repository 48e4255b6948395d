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


def called(scorer, estimator, X, y, weight):
    """Return what a scorer returns, weighted where it takes weights.

    Raises
    ------
    TypeError, ValueError
        If it fails, with the parameters that it may be of.
    """
    given = {}
    if weight is not None and gives_weights_to(scorer):
        given["sample_weight"] = weight
    try:
        return scorer(estimator, X, y, **given)
    except (AttributeError, TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"A scorer of scoring or metrics, {scorer!r}, has failed: {error}") from error


def score_by(scorer, estimator, data: Data) -> float:
    """Return a scorer's value, weighted where it takes weights, for an estimator of these rows."""
    y = data.y if isinstance(data.target, RegressionTarget) else data.target.decode(data.y)
    value = called(scorer, estimator, data.X, y, data.weight)
    if not isinstance(value, Real):
        raise TypeError(f"A scorer must return a number. {scorer!r} returned {value!r}.")
    return float(value)

"""Metrics followed from epoch to epoch.

A metric is a component (by name), the name of a scikit-learn scorer, or a scorer itself. All are
computed from one set of raw scores; nothing is predicted twice.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names, mean_tweedie_deviance

from .._engine.objective.calibration import best_temperature
from .._engine.objective.metric import Metric
from .._engine.support.component import unknown
from .._sklearn import Interval, scorer_names, scorer_of
from ._scorers import interval_score


class Accuracy(Metric):
    """Share of rows whose label, or whole set of labels, is right.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.metrics import Accuracy
    >>> Accuracy()(np.array([0, 1]), np.array([0, 0]), None)
    0.5
    """

    name = "accuracy"
    aliases = ("acc",)
    of = "classification"

    def __call__(self, y, prediction, weight):
        if y.ndim == 2 and prediction.ndim == 1:  # probabilities, of which the largest counts
            y = y.argmax(axis=1)
        right = y == prediction
        if right.ndim == 2:
            right = right.all(axis=1)
        return float(np.average(right, weights=weight))


class CalibratedLogLoss(Metric):
    """Minus the log-loss that is left after the best temperature scaling.

    How well the classes are told apart, whatever the confidence; as ``scoring`` it lets training
    go on where a network becomes over-confident while it still improves. Source: Berta,
    Holzmueller, Jordan and Bach, "Rethinking Early Stopping: Refine, Then Calibrate", 2025.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.metrics import CalibratedLogLoss
    >>> y, scores = np.array([0, 1, 1, 0]), np.array([[-1.0], [1.0], [-1.0], [-1.0]])
    >>> round(CalibratedLogLoss()(y, 5 * scores, None), 4)  # as with log-odds of log 3
    -0.5623
    """

    name = "neg_calibrated_log_loss"
    of = "classification"
    of_scores = True

    def __call__(self, y, prediction, weight):
        return -best_temperature(y, prediction, weight)[1]


class LossAndError(Metric):
    """Minus the calibrated log-loss times the squared class error.

    For choosing an epoch by both: a single network's log-loss is best early, its error later, where
    the mean of several networks is best in both. The error counts one wrong row more than there
    are, so that few rows without one do not decide; of several labels, it is their mean.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.metrics import LossAndError
    >>> y, scores = np.array([0, 1, 1, 0]), np.array([[-1.0], [1.0], [-1.0], [-1.0]])
    >>> round(LossAndError()(y, scores, None), 4)  # 0.5623 ((1 + 1) / 4) ** 2
    -0.1406
    """

    name = "neg_loss_and_error"
    of = "classification"
    of_scores = True

    def __call__(self, y, prediction, weight):
        if y.ndim == 1 and prediction.shape[1] > 1:
            wrong = prediction.argmax(axis=1) != y
        else:
            wrong = ((prediction > 0) != y.reshape(prediction.shape)).mean(axis=1)
        error = np.average(wrong, weights=weight) + 1 / len(y)
        return -best_temperature(y, prediction, weight)[1] * float(error) ** 2


class CRPS(Metric):
    """Minus the continuous ranked probability score of the predicted distributions.

    In the unit of ``y``; of a prediction that is sure it is the absolute error. For losses with a
    distribution: "gaussian", "negative_binomial", ``Quantiles``. Source: Gneiting and Raftery,
    "Strictly Proper Scoring Rules, Prediction, and Estimation", 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Gaussian
    >>> from skfnn.metrics import CRPS
    >>> found = Gaussian().distribution(np.array([[0.0, 0.0]]))
    >>> round(CRPS()(np.array([0.0]), found, None), 4)
    -0.2337
    """

    name = "neg_crps"
    of_distribution = True

    def __call__(self, y, prediction, weight):
        _check_distribution(prediction, self.name)
        scores = prediction.crps(y.reshape(prediction.center.shape))
        return -float(np.average(scores, axis=0, weights=weight).mean())


class IntervalScore(Metric):
    """Minus the interval score of the central intervals of the predicted distributions.

    See :func:`interval_score`. For losses with a distribution: "gaussian", "negative_binomial",
    ``Quantiles``.

    Parameters
    ----------
    coverage : float in (0, 1), default=0.9
        The share of targets that the intervals are to hold.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Gaussian
    >>> from skfnn.metrics import IntervalScore
    >>> found = Gaussian().distribution(np.array([[0.0, 0.0]]))
    >>> round(IntervalScore(coverage=0.95)(np.array([0.0]), found, None), 2)
    -3.92
    """

    name = "neg_interval_score"
    of_distribution = True
    _parameter_constraints: ClassVar = {"coverage": [Interval(Real, 0, 1, closed="neither")]}

    def __init__(self, coverage=0.9) -> None:
        self.coverage = coverage

    def __call__(self, y, prediction, weight):
        _check_distribution(prediction, self.name)
        interval = prediction.interval(self.coverage)
        y = y.reshape(prediction.center.shape)
        return -interval_score(y, interval, self.coverage, sample_weight=weight)


def _check_distribution(prediction, name):
    if not prediction.is_distribution:
        raise ValueError(
            f"The metric {name!r} needs a loss with a distribution: 'gaussian', "
            "'negative_binomial', or Quantiles([...])."
        )


class MeanSquaredError(Metric):
    """Mean squared error, averaged over outputs.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.metrics import MeanSquaredError
    >>> MeanSquaredError()(np.array([0.0, 2.0]), np.array([0.0, 0.0]), None)
    2.0
    """

    name = "mse"
    aliases = ("mean_squared_error",)
    greater_is_better = False

    def __call__(self, y, prediction, weight):
        return float(np.average((y - prediction) ** 2, axis=0, weights=weight).mean())


class MeanAbsoluteError(Metric):
    """Mean absolute error, averaged over outputs.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.metrics import MeanAbsoluteError
    >>> MeanAbsoluteError()(np.array([0.0, 2.0]), np.array([0.0, 0.0]), None)
    1.0
    """

    name = "mae"
    aliases = ("mean_absolute_error",)
    greater_is_better = False

    def __call__(self, y, prediction, weight):
        return float(np.average(np.abs(y - prediction), axis=0, weights=weight).mean())


class R2(Metric):
    """Coefficient of determination, averaged over outputs, as ``sklearn.metrics.r2_score``.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.metrics import R2
    >>> R2()(np.array([0.0, 2.0]), np.array([1.0, 1.0]), None)
    0.0
    """

    name = "r2"

    def __call__(self, y, prediction, weight):
        residual = np.average((y - prediction) ** 2, axis=0, weights=weight)
        spread = np.average(
            (y - np.average(y, axis=0, weights=weight)) ** 2, axis=0, weights=weight
        )
        constant = spread == 0
        # A constant target: 1 where it is met, else 0, as scikit-learn has it.
        score = np.where(
            constant, (residual == 0) * 1.0, 1 - residual / np.where(constant, 1, spread)
        )
        return float(score.mean())


class TweedieDeviance(Metric):
    """Mean Tweedie deviance, averaged over outputs, as ``sklearn.metrics.mean_tweedie_deviance``.

    Parameters
    ----------
    power : float in [1, 2], default=1.5
        How the variance of ``y`` grows with its mean; as in :class:`skfnn.losses.Tweedie`.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.metrics import TweedieDeviance
    >>> TweedieDeviance(power=1.5)(np.array([0.0, 1.0]), np.array([1.0, 1.0]), None)
    2.0
    """

    name = "tweedie_deviance"
    greater_is_better = False
    _parameter_constraints: ClassVar = {"power": [Interval(Real, 1, 2, closed="both")]}

    def __init__(self, power=1.5) -> None:
        self.power = power

    def __call__(self, y, prediction, weight):
        columns = zip(y.reshape(len(y), -1).T, prediction.reshape(len(y), -1).T, strict=True)
        found = [
            mean_tweedie_deviance(true, mean, sample_weight=weight, power=self.power)
            for true, mean in columns
        ]
        return float(np.mean(found))


# Columns that a history has in any case.
_TAKEN = ("loss", "learning_rate", "seconds", "phase", "epoch")


def resolve_metrics(given: Any, of: str) -> dict[str, Metric | Callable]:
    """Return the metrics that a user's ``metrics`` names, each by a column name of its own.

    Of two with the same name, what a function was given tells them apart ("fbeta_score(beta=2)"),
    else a number.

    Parameters
    ----------
    given : str, Metric, callable, or sequence of these
        The parameter.
    of : {"classification", "regression"}
        The kind of estimator.

    Raises
    ------
    ValueError
        If a name is unknown, or that of another column of the history.
    TypeError
        If one is no metric.
    """
    if isinstance(given, (str, Metric)) or callable(given):
        given = [given]
    found: dict[str, Metric | Callable] = {}
    specs: list = []
    for spec in given:
        if any(spec is known or (isinstance(spec, str) and spec == known) for known in specs):
            continue
        specs.append(spec)
        name, metric = resolve_metric(spec, "metrics", of)
        if name in _TAKEN or name.startswith("val_"):
            raise ValueError(
                f"metrics has one named {name!r}, as a column of history_ is that is there in any "
                f"case. Give it another name: {spec!r}."
            )
        if isinstance(metric, Metric) and repr(metric) in map(repr, found.values()):
            continue  # by an alias
        found[_another_name(name, spec, found)] = metric
    return found


def _another_name(name, spec, taken):
    """Return a name, or one with what is special of a metric, that is not taken."""
    if name not in taken:
        return name
    keywords = spec.get_params() if isinstance(spec, Metric) else getattr(spec, "keywords", {})
    told = ", ".join(f"{key}={value!r}" for key, value in keywords.items())
    if told and f"{name}({told})" not in taken:
        return f"{name}({told})"
    return next(f"{name}_{i}" for i in range(2, 2 + len(taken) + 1) if f"{name}_{i}" not in taken)


def resolve_metric(spec: Any, parameter: str, of: str) -> tuple[str, Metric | Callable]:
    """Return (column name, metric or scorer) for a user's metric.

    Parameters
    ----------
    spec : str, Metric or callable
        A metric's name or alias, a scorer's name, a metric, a scorer, or a metric function of
        targets and predictions (:func:`sklearn.metrics.f1_score`, or one's own).
    parameter : str
        The user's parameter, for error messages. Of "scoring", larger values are better.
    of : {"classification", "regression"}
        The kind of estimator.

    Raises
    ------
    ValueError
        If the name is unknown, or the metric is for the other kind of estimator.
    TypeError
        If it is none of these.
    """
    if isinstance(spec, str) and spec in Metric.registry:
        metric, name = Metric.registry[spec](), spec
    elif isinstance(spec, Metric):
        metric, name = spec, spec.name
    elif isinstance(spec, str):
        if spec not in get_scorer_names():
            raise ValueError(
                unknown(parameter, spec, "metric", _names(of))
                + ", a function of (y_true, y_pred), or a scorer(estimator, X, y)."
            )
        return spec, get_scorer(spec)
    elif callable(spec) and not isinstance(spec, type):
        name = getattr(getattr(spec, "func", spec), "__name__", "score")
        if not _is_function(spec):
            return name, spec
        return name, scorer_of(spec, 1 if parameter == "metrics" else _direction(spec, name))
    else:
        raise TypeError(
            f"{parameter} must be a name, a metric, a function of (y_true, y_pred) or a "
            "scorer(estimator, X, y). "
            f"Got {spec!r}{', a class: pass an instance' if isinstance(spec, type) else ''}."
        )
    if metric.of != of:
        raise ValueError(f"{parameter}={spec!r} is a metric for {metric.of}, not {of}.")
    return name, metric


def _names(of):
    """Return the names of metrics and scorers for one kind of estimator."""
    return [*(name for name, cls in Metric.registry.items() if cls.of == of), *scorer_names(of)]


def _is_function(spec: Callable) -> bool:
    """Return whether a callable takes targets and predictions, as a scorer does not."""
    try:
        parameters = list(signature(spec).parameters.values())
    except ValueError:  # no signature is known
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p for p in positional if p.default is p.empty]
    several = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    if several or not positional:
        return False
    if positional[0].name.startswith("y"):
        return len(needed) <= 2
    return len(needed) == len(positional) == 2


def direction_of(name: str) -> int:
    """Return 1 where larger values of a metric of this name are better, -1, or 0: unknown.

    Names that scikit-learn has, or that end as its functions do: ``_score``, ``_error``, ``_loss``.
    """
    if name in Metric.registry:
        return 1 if Metric.registry[name].greater_is_better else -1
    if name in get_scorer_names() or name.endswith("_score"):
        return 1
    return -1 if name == "loss" or name.endswith(("_loss", "_error", "_deviance")) else 0


def _direction(function, name):
    sign = direction_of(name)
    if sign == 0:
        raise ValueError(
            f"scoring={name}: whether it is to be large or small does not follow from its name. "
            f"Give scoring=make_scorer({name}, greater_is_better=...), of sklearn.metrics."
        )
    return sign

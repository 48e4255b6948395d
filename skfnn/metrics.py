"""Metrics followed from epoch to epoch.

A metric is a component (by name), the name of a scikit-learn scorer, or a scorer itself. All are
computed from one set of raw scores; nothing is predicted twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names

from ._engine.calibration import best_temperature
from ._engine.component import unknown
from ._engine.metric import Metric
from ._engine.publish import publish

__all__ = [
    "R2",
    "Accuracy",
    "CalibratedLogLoss",
    "LossAndError",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "resolve_metric",
]

publish(__name__, ["Metric"])


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


def resolve_metric(spec: Any, parameter: str, of: str) -> tuple[str, Metric | Callable]:
    """Return (column name, metric or scorer) for a user's metric.

    Parameters
    ----------
    spec : str, Metric or callable
        A metric's name or alias, a scorer's name, a metric, or a scorer.
    parameter : str
        The user's parameter, for error messages.
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
                unknown(parameter, spec, "metric", [*Metric.registry, *get_scorer_names()])
                + ", or a callable scorer(estimator, X, y)."
            )
        return spec, get_scorer(spec)
    elif callable(spec) and not isinstance(spec, type):
        return getattr(spec, "__name__", "score"), spec
    else:
        raise TypeError(
            f"{parameter} must be a name, a metric or a callable scorer(estimator, X, y). "
            f"Got {spec!r}{', a class: pass an instance' if isinstance(spec, type) else ''}."
        )
    if metric.of != of:
        raise ValueError(f"{parameter}={spec!r} is a metric for {metric.of}, not {of}.")
    return name, metric

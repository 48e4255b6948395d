"""Metrics followed from epoch to epoch."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.metrics import mean_tweedie_deviance

from .._engine.objective.calibration import best_temperature
from .._engine.objective.metric import Metric
from .._sklearn import Interval
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

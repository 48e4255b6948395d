"""The metric by which a table's networks choose their epoch, where targets are classes."""

from __future__ import annotations

import numpy as np

from .._engine.objective.calibration import best_temperature
from .._engine.objective.metric import Metric


class LossAndError(Metric, registered=False):
    """Minus the calibrated log-loss times the squared class error.

    For choosing an epoch by both: a single network's log-loss is best early, its error later, where
    the mean of several networks is best in both. The error counts one wrong row more than there
    are, so that few rows without one do not decide; of several labels, it is their mean.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.metrics._loss_and_error import LossAndError
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

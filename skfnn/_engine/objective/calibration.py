"""Temperature scaling: one factor on raw scores that makes probabilities honest."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize_scalar

_COOLEST, _HOTTEST = 0.05, 20.0


def log_loss(y: np.ndarray, raw: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return the weighted mean negative log-likelihood of raw scores.

    Parameters
    ----------
    y : ndarray of shape (n,) or (n, k)
        Class codes (softmax over the columns of ``raw``, or one column for two classes), or a
        0 / 1 matrix of labels.
    raw : ndarray of shape (n, k)
        Raw scores.
    weight : ndarray of shape (n,), default=None
        Sample weights.

    Returns
    -------
    float
        Mean over rows; labels of a row add up.
    """
    if y.ndim == 1 and raw.shape[1] > 1:
        shifted = raw - raw.max(axis=1, keepdims=True)
        values = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]
    else:
        y = y.reshape(raw.shape)
        values = np.maximum(raw, 0) - y * raw + np.log1p(np.exp(-np.abs(raw)))
        values = values.sum(axis=1)
    return float(np.average(values, weights=weight))


def best_temperature(
    y: np.ndarray, raw: np.ndarray, weight: np.ndarray | None = None
) -> tuple[float, float]:
    """Return the temperature T that minimises the log-loss of ``raw / T``, and that log-loss.

    The log-loss is convex in 1 / T. T is sought in [1/20, 20]. Source: Guo et al., "On
    Calibration of Modern Neural Networks", 2017.

    Parameters
    ----------
    y, raw, weight : ndarray
        As in :func:`log_loss`.

    Returns
    -------
    temperature, loss : float
        The temperature, and the log-loss with it.
    """
    found = minimize_scalar(
        lambda t: log_loss(y, raw * math.exp(-t), weight),
        bounds=(math.log(_COOLEST), math.log(_HOTTEST)),
        method="bounded",
        options={"xatol": 0.01},
    )
    return math.exp(found.x), float(found.fun)

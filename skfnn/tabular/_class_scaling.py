"""Probabilities of three classes and more, mended by what held-out rows tell of each class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

# How firmly shifts and weights of logarithms are held at 0, in rows; as firmly again where only
# FEW_MISSES rows are missed, which tell little, and firmer still the fewer they are.
FIRM_SHIFT, FIRM_WEIGHT, FEW_MISSES = 30.0, 300.0, 100.0
# MOST_ROWS rows tell enough, and more than MOST_CLASSES would take long.
MOST_ROWS, MOST_CLASSES = 10_000, 100
MOST_STEPS = 100


@dataclass(frozen=True, eq=False)
class ClassScaling:
    r"""From probabilities to those with which rows of each class are neither too few nor too many.

    .. math:: q_j \propto p_j \exp(b_j + \sum_i l_i W_{ij}), \qquad
              l_i = \log p_i - \frac{1}{k} \sum_m \log p_m

    Attributes
    ----------
    shift : ndarray of shape (k,)
        Shifts :math:`b` of the logarithms.
    weights : ndarray of shape (k, k)
        Weights :math:`W` of what one class's logarithm says of another.
    smallest : float
        Probabilities below count as this one in :math:`l`.

    References
    ----------
    Berta, Holzmueller, Jordan and Bach, "Structured Matrix Scaling for Multi-Class Calibration",
    2025.
    """

    shift: np.ndarray
    weights: np.ndarray
    smallest: ClassVar[float] = 1e-3

    def __call__(self, p: np.ndarray) -> np.ndarray:
        """Return probabilities (n, k) that are mended."""
        moved = self.shift + self.logarithms(p) @ self.weights
        scaled = p * np.exp(moved - moved.max(axis=1, keepdims=True))
        return scaled / scaled.sum(axis=1, keepdims=True)

    @classmethod
    def logarithms(cls, p: np.ndarray) -> np.ndarray:
        """Return the logarithms of probabilities (n, k) less their mean in each row."""
        logs = np.log(np.maximum(p, cls.smallest))
        return logs - logs.mean(axis=1, keepdims=True)


def learned_scaling(p: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> ClassScaling | None:
    """Return what mends probabilities of held-out rows, None for two classes or very many.

    The cross-entropy is smallest, shifts and weights held at 0 by their squares. A power of all
    probabilities is learned beside them and left out: held-out rows are predicted by one member,
    and their mean is as sure as its sharpening says.

    Parameters
    ----------
    p : ndarray of shape (n, k)
        Probabilities.
    y : ndarray of shape (n,) or (n, k)
        Class codes, or the share of each class.
    weight : ndarray of shape (n,) or None
        Weights of rows. They count as many rows as equal weights would that tell as much.
    """
    k = p.shape[1]
    counts = np.arange(len(p)) if weight is None else np.flatnonzero(weight)
    if not 2 < k <= MOST_CLASSES or len(counts) == 0:
        return None
    rows = counts[:: -(-len(counts) // MOST_ROWS)]
    logs = ClassScaling.logarithms(p[rows])
    target = y[rows] if y.ndim == 2 else (y[rows, None] == np.arange(k)).astype(float)
    mass = _mass(weight, rows)
    misses = max(mass @ (1 - (target * p[rows]).sum(axis=1)), 1e-9)
    firmness = 1 + FEW_MISSES / misses
    found = minimize(
        _objective, np.zeros(1 + k + k * k), args=(logs, target, mass, firmness), jac=True,
        method="L-BFGS-B", options={"maxiter": MOST_STEPS},
    )  # fmt: skip
    return ClassScaling(found.x[1 : 1 + k], found.x[1 + k :].reshape(k, k))


def _mass(weight, rows):
    """Return the weights of rows, whose sum is the number of equal ones that would tell as much."""
    if weight is None:
        return np.ones(len(rows))
    share = weight[rows] / weight[rows].max()
    return share * (share.sum() / (share @ share))


def _objective(t, logs, target, mass, firmness):
    """Return the cross-entropy of all rows with the penalty, and its gradient."""
    k = target.shape[1]
    power, shift, weights = np.exp(t[0]), t[1 : 1 + k], t[1 + k :].reshape(k, k)
    scores = power * logs + shift + logs @ weights
    scores -= logsumexp(scores, axis=1, keepdims=True)
    slope = mass[:, None] * (np.exp(scores) - target)
    value = -(mass @ (target * scores).sum(axis=1))
    of_shift, of_weights = FIRM_SHIFT * firmness, FIRM_WEIGHT * firmness
    value += of_shift / 2 * shift @ shift + of_weights / 2 * (weights**2).sum()
    gradient = [
        [power * (slope * logs).sum()],
        slope.sum(axis=0) + of_shift * shift,
        (logs.T @ slope + of_weights * weights).ravel(),
    ]
    return value, np.concatenate(gradient)

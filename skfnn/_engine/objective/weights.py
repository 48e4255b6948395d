"""Sample weights of any scale."""

from __future__ import annotations

import numpy as np

from ..._sklearn import check_sample_weight

# What a positive weight of mean 1 is at least in single precision: sums of such, and of their
# squares, do not vanish, and beside the others they are none.
LEAST = 1e-18


def in_single(weight: np.ndarray) -> np.ndarray:
    """Return weights of mean 1 in single precision, in which no positive one becomes 0."""
    least = np.where(weight > 0, LEAST, 0.0)
    return np.maximum(weight, least).astype(np.float32)


def check_weights(sample_weight, X, name: str = "sample_weight") -> tuple[np.ndarray, float]:
    """Return weights whose sums neither overflow nor vanish, and what they were divided by.

    They are divided by a power of two, which changes no digit, so that the largest is in
    [1/2, 1): what counts is their ratios.

    Raises
    ------
    ValueError
        If one is negative or not finite, or none is positive.
    """
    try:
        weight = check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    largest = float(weight.max(initial=0.0))
    if largest == 0:
        raise ValueError(f"{name} must be positive for some row. It is 0 for all {len(weight)}.")
    exponent = int(np.frexp(largest)[1])
    return np.ldexp(weight, -exponent), 2.0**exponent if exponent < 1024 else np.inf


def mean_one(weight: np.ndarray, rows: np.ndarray | None = None) -> tuple[np.ndarray, float]:
    """Return weights whose mean over some rows is 1, and that mean before.

    Raises
    ------
    ValueError
        If none of these rows has a positive weight, or a weight is not finite.
    """
    largest = float((weight if rows is None else weight[rows]).max())
    if not np.isfinite(largest):
        raise ValueError("sample_weight times class_weight is too large: scale one of them.")
    if largest == 0:
        raise ValueError("sample_weight must be positive for some training row.")
    exponent = int(np.frexp(largest)[1])
    weight = np.ldexp(weight, -exponent)  # near 1: sums do not overflow; no digit changes
    mean = float((weight if rows is None else weight[rows]).mean())
    return weight / mean, float(np.ldexp(mean, exponent))


def mean_one_where_positive(weight: np.ndarray) -> np.ndarray:
    """Return weights whose mean over the rows that have one is 1: rows of weight 0 are absent."""
    return mean_one(weight, np.flatnonzero(weight))[0]


def moments(values: np.ndarray, weight: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance over the first axis; a value of weight 2 counts as two."""
    if weight is None or np.ptp(weight) == 0:
        return values.mean(axis=0), values.var(axis=0)
    mean = np.average(values, axis=0, weights=weight)
    return mean, np.average((values - mean) ** 2, axis=0, weights=weight)


def quantiles(values: np.ndarray, q, weight: np.ndarray | None = None) -> np.ndarray:
    """Return quantiles of values, of which one of weight 2 counts as two.

    They are the values that the distribution function first reaches ``q`` at; where it stays at
    ``q`` up to the next value, the mean of the two: the median of four values lies in the middle.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite values, at least one.
    q : array-like of shape (k,)
        Levels in [0, 1].
    weight : ndarray of shape (n,), default=None
        Positive weights.

    Returns
    -------
    ndarray of shape (k,)
    """
    if weight is None:
        return np.quantile(values, q, method="averaged_inverted_cdf")
    order = values.argsort(kind="stable")
    below = weight[order].cumsum(dtype=np.float64)
    wanted, rounding = np.asarray(q) * below[-1], 1e-12 * len(values) * below[-1]
    last = len(values) - 1
    low = values[order[np.minimum(below.searchsorted(wanted - rounding), last)]]
    high = values[order[np.minimum(below.searchsorted(wanted + rounding, "right"), last)]]
    return np.where(low == high, low, 0.5 * low + 0.5 * high)

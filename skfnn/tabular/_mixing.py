"""Weights of candidates, by the loss of their mean on rows that its members do not know."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar

# Held-out rows have one member of a candidate, new rows the mean of several: a network gains more
# by that than trees do, which differ less. So a share that held-out rows speak for is too high for
# what is mixed in, and its square is taken: 1 stays 1, small shares vanish.
POWER = 2
# Less than this share is not worth the time of a prediction.
LEAST_SHARE = 0.02
# A candidate whose first member would get less, before it is squared, gets no others.
WORTH = 0.15


def best_share(loss: Callable[[np.ndarray], float], mean: np.ndarray, other: np.ndarray) -> float:
    """Return the share of ``other`` in the mean with the lowest loss, from 0 to 1.

    Parameters
    ----------
    loss : callable
        The loss of predictions.
    mean, other : ndarray
        Predictions of the same rows.
    """

    def of(share):
        return loss((1 - share) * mean + share * other)

    found = minimize_scalar(of, bounds=(0, 1), method="bounded", options={"xatol": 0.01})
    return float(found.x) if found.fun < loss(mean) else 0.0


def shares(
    loss: Callable[[np.ndarray], float], mean: np.ndarray, others: list[np.ndarray]
) -> list[float]:
    """Return the share of each candidate beside the one that there is: what is left is its own.

    They are mixed in one after the other, each time the one with which the loss is lowest.

    Parameters
    ----------
    loss : callable
        The loss of predictions.
    mean : ndarray
        Predictions of the candidate that there is.
    others : list of ndarray
        Predictions of the others, of the same rows.
    """
    found, left = [0.0] * len(others), set(range(len(others)))
    while left:
        tried = {i: best_share(loss, mean, others[i]) for i in left}
        mixed = {i: (1 - share) * mean + share * others[i] for i, share in tried.items()}
        best = min(left, key=lambda i: loss(mixed[i]))
        left.remove(best)
        share = tried[best] ** POWER
        if share >= LEAST_SHARE:
            found = [(1 - share) * f for f in found]
            found[best], mean = share, mixed[best]
    return found

"""Weights of candidates: what their mean would err on new rows, by what is known of held-out ones.

A held-out row is predicted by one member of each candidate, a new row by the mean of all. By the
decomposition of Krogh and Vedelsby ("Neural Network Ensembles, Cross Validation, and Active
Learning", 1995) the squared error of a mean is the mean squared error of its members, less their
variance around it. So the products of two candidates' errors on held-out rows, less each one's
variance among its members, are those of their means: the weights with the smallest expected error
follow. Without this, trees, whose members differ less, get too much.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from ._search import greedy_counts

# Less than this share is not worth the time of a prediction; of what takes longer than networks,
# as trees of many classes do, less than LEAST_OF_OTHERS.
LEAST_SHARE, LEAST_OF_OTHERS = 0.02, 0.05
# A candidate gets no further members where its share would hardly be as large as this.
WORTH = 0.15
# Where others surely have this share together, fewer networks do.
MUCH = 0.3
# Weights are the mean of those of so many draws of the rows.
BAGS = 12


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


def products(errors: list[np.ndarray], variances: list[float], weight: np.ndarray | None):
    """Return the expected products of the errors of two candidates' means on new rows.

    Parameters
    ----------
    errors : list of ndarray of shape (n, k)
        What each candidate's single members err on held-out rows.
    variances : list of float
        The mean variance among each one's members, summed over columns.
    weight : ndarray of shape (n,) or None
        Weights of rows.

    Returns
    -------
    ndarray of shape (n_candidates, n_candidates)
    """
    flat = np.stack(errors)
    weight = np.ones(flat.shape[1]) if weight is None else weight
    found = np.einsum("ink,jnk,n->ij", flat, flat, weight / weight.sum())
    return found - np.diag(variances)


def best_weights(expected: np.ndarray, least: float = LEAST_SHARE) -> np.ndarray:
    """Return weights >= 0 that sum to 1, with the smallest expected squared error of the mean.

    Parameters
    ----------
    expected : ndarray of shape (n, n)
        Expected products of errors.
    least : float, default=0.02
        What would weigh less gets nothing.
    """
    n, unit = len(expected), np.abs(np.diag(expected)).max()
    alone = np.eye(n)[int(np.argmin(np.diag(expected)))]
    if n == 1 or not np.isfinite(unit) or unit == 0:
        return alone
    scaled = expected / unit
    found = minimize(
        lambda w: w @ scaled @ w,
        np.full(n, 1 / n),
        jac=lambda w: 2 * scaled @ w,
        bounds=[(0, 1)] * n,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-10},
    )
    weights = np.where(found.x < least, 0.0, found.x)
    weights = weights / weights.sum()
    return weights if weights @ scaled @ weights < alone @ scaled @ alone else alone


class Share(NamedTuple):
    """The share of a candidate beside ours with the smallest expected squared error of the mean.

    Attributes
    ----------
    best : float
        It may be below 0 or above 1.
    error : float
        Its standard error.
    """

    best: float
    error: float

    @classmethod
    def of(cls, ours: np.ndarray, other: np.ndarray, weight: np.ndarray | None,
           variances: tuple[float, float] = (0.0, 0.0)) -> Share:  # fmt: skip
        """Return the share of another candidate: a regression of our errors on the difference.

        Parameters
        ----------
        ours, other : ndarray of shape (n, k)
            What members of the two err on the same rows.
        weight : ndarray of shape (n,) or None
            Weights of the rows.
        variances : tuple of (float, float)
            The mean variance among the members of each; 0 where there is one.
        """
        weight = np.ones(len(ours)) if weight is None else weight
        weight = weight / weight.sum()
        gain = (ours * (ours - other)).sum(axis=1) - variances[0]
        distance = ((ours - other) ** 2).sum(axis=1) - sum(variances)
        mean = weight @ distance
        if mean <= 0:  # they differ no more than the members of each do
            return cls(1.0, np.inf) if weight @ gain > 0 else cls(0.0, 0.0)
        share = weight @ gain / mean
        residual = gain - share * distance
        return cls(float(share), float(np.sqrt(weight**2 @ residual**2) / mean))

    @property
    def is_worth(self) -> bool:
        """Whether it may be worth the time of further members: with its error it is that large."""
        return self.best + self.error >= WORTH


def shares_by_loss(loss: Callable[[np.ndarray], float], means: list[np.ndarray]) -> np.ndarray:
    """Return weights that sum to 1, by a loss for which no decomposition is known.

    Candidates are mixed in one after the other, each time the one with which the loss is lowest.
    Their shares are squared, which takes small ones nearly away and leaves large ones: on held-out
    rows, where a single member of each predicts, they are too large.

    Parameters
    ----------
    loss : callable
        The loss of predictions.
    means : list of ndarray
        Predictions of the same rows, those of the candidate that there is first.
    """
    mean, found, left = means[0], np.eye(len(means))[0], set(range(1, len(means)))
    while left:
        tried = {i: best_share(loss, mean, means[i]) ** 2 for i in left}
        mixed = {i: (1 - share) * mean + share * means[i] for i, share in tried.items()}
        best = min(left, key=lambda i: loss(mixed[i]))
        left.remove(best)
        if tried[best] >= LEAST_SHARE:
            found *= 1 - tried[best]
            found[best], mean = tried[best], mixed[best]
    return found


def by_likelihood(loss: Callable[[np.ndarray], float], n: int) -> np.ndarray:
    """Return weights of ``n`` candidates that sum to 1, chosen greedily from the best one on.

    Parameters
    ----------
    loss : callable
        The loss of a mixture, given how often each candidate counts (n,).
    n : int
        Candidates.
    """
    order = np.argsort([loss(alone) for alone in np.eye(n, dtype=int)], kind="stable")

    def of(taken):
        return loss(np.bincount(order[taken], minlength=n))

    found = np.zeros(n)
    found[order] = greedy_counts(n, of)
    return found / found.sum()


def bagged(
    choose: Callable[[np.ndarray], np.ndarray], n: int, weight: np.ndarray | None
) -> np.ndarray:
    """Return the mean of what is chosen by several draws of the rows; shares sum to 1.

    What one draw tells by chance, another does not. Source: Rubin, "The Bayesian Bootstrap", 1981.

    Parameters
    ----------
    choose : callable
        From weights (n,) of rows to shares.
    n : int
        Rows.
    weight : ndarray of shape (n,) or None
        Weights of rows.
    """
    rng = np.random.default_rng(0)
    weight = np.ones(n) if weight is None else weight
    found = np.mean([choose(weight * rng.exponential(size=n)) for _ in range(BAGS)], axis=0)
    found = np.where(found < LEAST_SHARE, 0.0, found)
    return found / found.sum()

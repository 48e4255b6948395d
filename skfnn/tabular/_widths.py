"""Widths that follow x: how large errors tend to be at a row, beside those at other rows.

Small networks learn the size of errors on held-out rows. A held-out row is told its size by a
network that has not seen its error, so what calibrates stays honest. Source: Papadopoulos,
Gammerman and Vovk, "Normalized nonconformity measures for regression conformal prediction", 2008.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._engine.objective.distribution import Calibration
from .._engine.objective.weights import moments
from .._engine.program.threads import one_blas_thread
from .._estimators.regressor import FNNRegressor
from ._folds import evenly

# Fewer held-out rows tell nothing of how errors depend on x.
LEAST_ROWS = 60
# A network learns from MOST_ROWS rows at most; MANY_ROWS tell the scales of its inputs.
MOST_ROWS, MANY_ROWS = 20_000, 100_000
# Networks at most: each has not seen the errors of one part of the rows.
PARTS = 3
# A level of a category is told apart if it has so many rows, and is among the most frequent.
LEAST_OF_LEVEL, MOST_LEVELS = 20, 20
# Errors count as between these multiples of their median; inputs are cut off so far from the mean.
SMALLEST, LARGEST = 0.01, 30.0
FARTHEST = 4.0
# Sizes are taken to one of these powers: 0 is equal widths, between is half of the way.
POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)
# Standard deviations are recalibrated as if AS_IF_ROWS held-out rows more had the errors that were
# predicted; an error counts as MOST_DEVIATIONS of them at most.
AS_IF_ROWS, MOST_DEVIATIONS = 10, 1e3
# What intervals a power is chosen by.
COVERAGE = 0.9


@dataclass(frozen=True, eq=False)
class HeldErrors:
    """How far predictions of held-out rows were off.

    Attributes
    ----------
    A : ndarray of shape (n, p)
        The encoder's rows.
    mean : ndarray of shape (n, k)
        What was predicted, in the unit of members.
    score : ndarray of shape (n, k)
        How far that was off, >= 0.
    weight : ndarray of shape (n,) or None
        Weights of rows.
    rows, fold : ndarray of int of shape (n,) or None
        Places of rows in the table, and which fold held them out; None for validation data.
    """

    A: np.ndarray
    mean: np.ndarray
    score: np.ndarray
    weight: np.ndarray | None
    rows: np.ndarray | None
    fold: np.ndarray | None

    def at(self, chosen: np.ndarray) -> HeldErrors:
        """Return those of some rows."""
        given = (self.A, self.mean, self.score, self.weight, self.rows, self.fold)
        return HeldErrors(*(None if a is None else a[chosen] for a in given))  # type: ignore

    def parts(self) -> np.ndarray:
        """Return the part (n,) that each row is in, from 0: rows of a fold stay together.

        A row that several folds hold out is where the first of them is.
        """
        n, first = len(self.A), self.fold
        if first is not None and self.rows is not None:
            _, start, row = np.unique(self.rows, return_index=True, return_inverse=True)
            first = np.unique(first[start], return_inverse=True)[1][row]
        if first is None or first.max() == 0:
            first = np.random.default_rng(0).permutation(n)
        return first % PARTS


class WidthInputs:
    """From the encoder's rows and predictions to what networks learn sizes by.

    Parameters
    ----------
    n_numbers : int
        The first columns are numbers; then come codes of categories.
    levels : list of ndarray of int
        For each column of codes the levels that are told apart.
    mean, std : ndarray of shape (m,)
        Of the inputs.
    """

    def __init__(self, n_numbers: int, levels: list[np.ndarray], mean: Any = 0.0,
                 std: Any = 1.0) -> None:  # fmt: skip
        self.n_numbers, self.levels, self.mean, self.std = n_numbers, levels, mean, std

    @classmethod
    def of(cls, held: HeldErrors, n_numbers: int, n_codes: int) -> WidthInputs:
        """Return the inputs that held-out rows give reason to."""
        held = held.at(evenly(np.arange(len(held.A)), MANY_ROWS))
        codes = np.trunc(held.A[:, n_numbers : n_numbers + n_codes]).astype(np.int64)
        found = cls(n_numbers, [_frequent(column) for column in codes.T])
        mean, variance = moments(found.transform(held.A, held.mean), held.weight)
        spread = np.sqrt(variance)
        return cls(n_numbers, found.levels, mean, np.where(spread > 1e-6, spread, 1.0))

    def transform(self, A: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return inputs (n, m) of some rows, and of what was predicted of them."""
        start, stop = self.n_numbers, self.n_numbers + len(self.levels)
        codes = np.trunc(A[:, start:stop])  # without the fraction that tells a fold
        told = [code[:, None] == levels for code, levels in zip(codes.T, self.levels, strict=True)]
        inputs = np.hstack([A[:, :start], *told, A[:, stop:], mean]).astype(np.float64, copy=False)
        inputs -= self.mean  # in place: of a large sample each copy would count
        inputs /= self.std
        return np.clip(inputs, -FARTHEST, FARTHEST, out=inputs)


def _frequent(codes):
    """Return the most frequent levels of one column of codes."""
    count = np.bincount(codes)
    order = np.argsort(-count, kind="stable")[:MOST_LEVELS]
    return np.sort(order[count[order] >= LEAST_OF_LEVEL])


class Widths:
    """How wide intervals are at a row, up to a common factor for each output.

    Parameters
    ----------
    inputs : WidthInputs
        What networks take.
    models : list of FNNRegressor
        Networks that know how large errors are.
    limits : ndarray of shape (2, k)
        The smallest and the largest logarithm of a size among held-out rows: no row has another.
    power : ndarray of shape (k,)
        What sizes are taken to.
    """

    def __init__(self, inputs: WidthInputs, models: list, limits: np.ndarray,
                 power: np.ndarray) -> None:  # fmt: skip
        self.inputs, self.models, self.limits, self.power = inputs, models, limits, power

    def at(self, A: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Return widths (n, k) at the encoder's rows, and what was predicted of them (n, k)."""
        inputs = self.inputs.transform(A, mean)
        logs = np.mean([_log_sizes(model, inputs) for model in self.models], axis=0)
        return np.exp(self.power * np.clip(logs, *self.limits))


def _log_sizes(model, inputs):
    return np.log(model.predict(inputs)).reshape(len(inputs), -1)


def learned(held: HeldErrors, n_numbers: int, n_codes: int) -> tuple[Widths, np.ndarray] | None:
    """Return widths, and those (n, k) of the held-out rows by networks that have not seen them.

    Parameters
    ----------
    held : HeldErrors
        How far predictions were off.
    n_numbers, n_codes : int
        Numbers and codes of categories among the encoder's columns.

    Returns
    -------
    tuple of (Widths, ndarray) or None
        None where nothing was learned that makes intervals better: equal widths are as good.
    """
    known = np.arange(len(held.A)) if held.weight is None else np.flatnonzero(held.weight)
    some = held.at(known)
    if len(known) < LEAST_ROWS or not (np.median(some.score, axis=0) > 0).all():
        return None
    inputs, part = WidthInputs.of(some, n_numbers, n_codes), some.parts()
    X = inputs.transform(some.A, some.mean)
    models, logs = [], np.empty_like(some.score)
    for number in range(part.max() + 1):
        models.append(_trained(X, some, np.flatnonzero(part != number)))
        logs[part == number] = _log_sizes(models[-1], X[part == number])
    columns = zip(some.score.T, logs.T, strict=True)
    power = np.array([_best_power(score, log, some.weight) for score, log in columns])
    if not power.any():
        return None
    sizes = np.ones_like(held.score)
    sizes[known] = np.exp(power * logs)
    limits = np.stack([logs.min(axis=0), logs.max(axis=0)])
    return Widths(inputs, models, limits, power), sizes


def _trained(X, held, rows):
    """Return a network that has learned the size of errors of some rows: their mean, by its log."""
    rows = evenly(rows, MOST_ROWS)
    weight = None if held.weight is None else held.weight[rows]
    size = held.score[rows] / np.median(held.score[rows], axis=0).clip(np.finfo(float).tiny)
    size = np.clip(size, SMALLEST, LARGEST)
    model = FNNRegressor(
        (16,), "tanh", loss="gamma", solver="lbfgs", alpha=30.0, max_iter=30, tol=1e-3,
        dtype="float32", random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings(), one_blas_thread():
        warnings.simplefilter("ignore", ConvergenceWarning)  # so few iterations are meant
        return model.fit(X[rows], size if size.shape[1] > 1 else size[:, 0], sample_weight=weight)


def _best_power(score, log, weight):
    """Return the power of sizes with the best intervals of one output's held-out rows."""

    def fine(power):
        size = np.exp(power * log)
        factor = Calibration((score / size)[:, None], weight).score(COVERAGE)
        if factor is None:
            return np.inf
        half = factor[0] * size
        scores = 2 * half + 2 / (1 - COVERAGE) * np.maximum(score - half, 0)
        return np.average(scores, weights=weight)

    return min(POWERS, key=fine)  # of equal ones the first


def share_of_mean(
    variance: np.ndarray, weights: tuple[Any, Any], score: np.ndarray, n_members: int
) -> np.ndarray:
    """Return how large errors of the mean of members are beside those of single members.

    The squared error of a mean is the mean squared error of its members, less their variance around
    it. Source: Krogh and Vedelsby, "Neural Network Ensembles, Cross Validation, and Active
    Learning", 1995. A held-out row is predicted by one member, a new row by the mean of all.

    Parameters
    ----------
    variance : ndarray of shape (m, k)
        That of members' predictions of some rows.
    weights : tuple of (ndarray or None, ndarray or None)
        Weights of those rows, and of the held-out ones.
    score : ndarray of shape (n, k)
        Errors of single members on held-out rows, in the same unit.
    n_members : int
        How many there are: of independent errors nothing less than 1 / n is left in the square.

    Returns
    -------
    ndarray of shape (k,)
        In [n_members ** -0.5, 1].
    """
    lost = np.average(variance, axis=0, weights=weights[0])
    error = np.average(score**2, axis=0, weights=weights[1])
    share = np.divide(lost, error, out=np.zeros_like(lost), where=error > 0)
    return np.sqrt(np.clip(1 - share, 1 / n_members, 1.0))


def spread_of_one(score: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Return what variances of single members are to be multiplied by, (k,).

    It is the mean of squared errors, relative to the variances; few rows stay nearer to 1.

    Parameters
    ----------
    score : ndarray of shape (n, k)
        Errors of held-out rows, relative to predicted standard deviations.
    weight : ndarray of shape (n,) or None
        The rows' weights.
    """
    n = len(score) if weight is None else np.count_nonzero(weight)
    square = np.average(np.minimum(score, MOST_DEVIATIONS) ** 2, axis=0, weights=weight)
    return (n * square + AS_IF_ROWS) / (n + AS_IF_ROWS)


def spread_of_all(
    one: np.ndarray, between: np.ndarray, weight: np.ndarray | None, n_members: int
) -> np.ndarray:
    """Return what the variances of the mixture of all members are to be multiplied by, (k,).

    The squared error of the mean is that of single members, less their variance around it. The
    mixture's variance is larger than that of a member by the same: it must shrink twice.

    Parameters
    ----------
    one : ndarray of shape (k,)
        As of :func:`spread_of_one`: the squared error of a member, beside its variance.
    between : ndarray of shape (m, k)
        Variance of members' means around their mean, beside the mean of members' variances, of
        some rows.
    weight : ndarray of shape (m,) or None
        The rows' weights.
    n_members : int
        How many there are: of independent errors nothing less than 1 / n is left in the square.
    """
    differ = np.average(between, axis=0, weights=weight)
    return np.maximum(one - differ, one / n_members) / (1 + differ)

"""Pairs of categories that tell more of the target together than each of them does."""

from __future__ import annotations

from itertools import combinations, compress

import numpy as np
import pandas as pd

from .._engine.weights import mean_one, moments
from ..preprocessing._columns import MOST_LEVELS
from ._categories import LEAST_FOLDS, SMOOTHING, class_columns, n_statistics

# A pair is taken if the correlation of its means with what single categories leave unexplained is
# so many times its standard error; at most so many pairs are.
SURE = 2.0
MOST_PAIRS = 16
# Pairs are looked for on so many rows and columns at most.
SEARCH_ROWS = 20_000
MOST_COLUMNS = 30


class CategoryPairs:
    """Codes of pairs of categories, as further columns of encoded rows.

    Parameters
    ----------
    places : list of slice
        Where categories stand in encoded rows: in a column of codes, or in a column a level.
    n_coded : int
        How many, the first, are codes. One of a pair is: the levels of two others are few enough
        for a network to find out what they tell together.
    """

    def __init__(self, places: list[slice], n_coded: int) -> None:
        self.places, self.n_coded = places, n_coded
        self.pairs: list[tuple[int, int]] = []
        self.keys: list[np.ndarray] = []

    @property
    def n_levels(self) -> list[int]:
        """The number of levels of each pair."""
        return [len(keys) for keys in self.keys]

    def fit(self, A, y, weight, target, rng) -> None:
        """Choose pairs by training rows.

        Parameters
        ----------
        A : ndarray of shape (n, p)
            Encoded rows.
        y : ndarray of shape (n,) or (n, k)
            Encoded targets.
        weight : ndarray of shape (n,) or None
            Weights of rows.
        target : RegressionTarget or ClassTarget
            What ``y`` is.
        rng : Generator
            Deals the folds.
        """
        candidates = [
            (i, j) for i, j in combinations(range(len(self.places)), 2) if i < self.n_coded
        ]
        if not candidates or len(self.places) > MOST_COLUMNS or n_statistics(target.n_outputs) == 1:
            return
        every = np.arange(len(A)) if weight is None else np.flatnonzero(weight)
        rows = np.sort(rng.permutation(every)[:SEARCH_ROWS])
        weight = np.ones(len(rows)) if weight is None else mean_one(weight[rows].astype(float))[0]
        codes = [self._codes(A[rows], i) for i in range(len(self.places))]
        values = class_columns(y[rows], target)
        mean, variance = moments(values, weight)
        values = (values - mean) / np.maximum(np.sqrt(variance), 1e-9)
        fold = rng.integers(LEAST_FOLDS, size=len(rows))
        unexplained = values
        for _ in range(3):  # shrunk means leave a part of what they tell
            alone = [cross_means(code, unexplained, fold, weight) for code in codes]
            unexplained = _without(unexplained, alone, weight)
        found: list[tuple[float, int, int]] = []
        for i, j in candidates:
            _, joint = np.unique(_joint(codes[i], codes[j]), return_inverse=True)
            means = cross_means(joint, unexplained, fold, weight)
            told = _correlation(means, unexplained, weight)
            found.append((told.max() * len(rows) ** 0.5, i, j))
        best = sorted(found, reverse=True)[:MOST_PAIRS]
        self.pairs = sorted((i, j) for told, i, j in best if told > SURE)
        keys = [np.unique(key) for key in self._joint_codes(A[every])]
        few = [len(key) <= MOST_LEVELS for key in keys]
        self.pairs, self.keys = list(compress(self.pairs, few)), list(compress(keys, few))

    def transform(self, A: np.ndarray) -> np.ndarray:
        """Return encoded rows with the pairs' codes behind those of categories, 0 if unseen."""
        if not self.pairs:
            return A
        codes = [
            1 + _place(known, key)
            for known, key in zip(self.keys, self._joint_codes(A), strict=True)
        ]
        behind = self.places[self.n_coded - 1].stop
        parts = A[:, :behind], np.column_stack(codes).astype(A.dtype), A[:, behind:]
        return np.concatenate(parts, axis=1)

    def _joint_codes(self, A):
        """Yield for each pair a number of each row that tells the two levels."""
        codes = {i: self._codes(A, i) for i in {i for pair in self.pairs for i in pair}}
        for i, j in self.pairs:
            yield _joint(codes[i], codes[j])

    def _codes(self, A, i):
        """Return the codes of one category of encoded rows, 0 where missing or unseen."""
        part = A[:, self.places[i]].astype(np.int64)
        if part.shape[1] > 1:
            return part @ np.arange(1, part.shape[1] + 1)
        if i < self.n_coded:
            return part[:, 0]
        return np.where(part[:, 0] == 0, 0, (part[:, 0] + 3) // 2)  # two levels are -1 and 1


def _place(known, keys):
    """Return the place of each key among those known, which are sorted, or -1."""
    if len(keys) > len(known):
        return pd.Index(known).get_indexer(keys)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[place] == keys, place, -1)


def _joint(left, right):
    return left << 32 | right


def cross_means(
    code: np.ndarray, values: np.ndarray, fold: np.ndarray, weight: np.ndarray | None = None
) -> np.ndarray:
    """Return for each row the mean of its category in the other folds, shrunk, less that of all.

    Parameters
    ----------
    code : ndarray of int of shape (n,)
        Categories.
    values : ndarray of shape (n, k)
        What to take means of.
    fold : ndarray of int of shape (n,)
        Folds.
    weight : ndarray of shape (n,), default=None
        Weights of rows, of mean 1.
    """
    weight = np.ones(len(code)) if weight is None else weight
    place, size = code * LEAST_FOLDS + fold, (int(code.max()) + 1) * LEAST_FOLDS

    def others(weights):
        sums = np.bincount(place, weights, size).reshape(-1, LEAST_FOLDS)
        return sums.sum(axis=1, keepdims=True) - sums

    count = others(weight)
    columns = []
    for value in values.T:
        total = others(weight * value)
        mean = total.sum(axis=0) / np.maximum(count.sum(axis=0), 1e-9)
        columns.append(((total + SMOOTHING * mean) / (count + SMOOTHING) - mean)[code, fold])
    return np.column_stack(columns)


def _without(values, explaining, weight):
    """Return what a linear function of columns leaves of values."""
    S = np.concatenate(explaining, axis=1)
    S = S - np.average(S, axis=0, weights=weight)
    weighted = S.T * weight
    squares = weighted @ S + 1e-3 * len(S) * np.eye(S.shape[1])
    return values - S @ np.linalg.solve(squares, weighted @ values)


def _correlation(a, b, weight):
    """Return the correlation of each column of two arrays, 0 where one is constant."""
    a, b = (part - np.average(part, axis=0, weights=weight) for part in (a, b))
    norm = np.sqrt((weight @ a**2) * (weight @ b**2))
    return np.divide(weight @ (a * b), norm, out=np.zeros_like(norm), where=norm > 1e-12)

"""Pairs of categories that tell more of the target together than each of them does."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from ._categories import LEAST_FOLDS, SMOOTHING, class_columns, dealt_by, n_statistics

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

    def fit(self, A, y, weight, target, rng, groups=None) -> None:
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
        groups : ndarray of shape (n,), default=None
            Rows of a group are in one fold.
        """
        candidates = [
            (i, j) for i, j in combinations(range(len(self.places)), 2) if i < self.n_coded
        ]
        if not candidates or len(self.places) > MOST_COLUMNS or n_statistics(target.n_outputs) == 1:
            return
        rows = np.arange(len(A)) if weight is None else np.flatnonzero(weight)
        rows = np.sort(rng.permutation(rows)[:SEARCH_ROWS])
        codes = [self._codes(A[rows], i) for i in range(len(self.places))]
        values = class_columns(y[rows], target)
        values = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9)
        fold = dealt_by(None if groups is None else groups[rows], LEAST_FOLDS, len(rows), rng)
        unexplained = values
        for _ in range(3):  # shrunk means leave a part of what they tell
            alone = [cross_means(code, unexplained, fold) for code in codes]
            unexplained = _without(unexplained, alone)
        found: list[tuple[float, int, int]] = []
        for i, j in candidates:
            _, joint = np.unique(_joint(codes[i], codes[j]), return_inverse=True)
            told = _correlation(cross_means(joint, unexplained, fold), unexplained)
            found.append((told.max() * len(rows) ** 0.5, i, j))
        best = sorted(found, reverse=True)[:MOST_PAIRS]
        self.pairs = sorted((i, j) for told, i, j in best if told > SURE)
        self.keys = [np.unique(key) for key in self._joint_codes(A)]

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


def cross_means(code, values, fold):
    """Return for each row the mean of its category in the other folds, shrunk, less that of all.

    Parameters
    ----------
    code : ndarray of int of shape (n,)
        Categories.
    values : ndarray of shape (n, k)
        What to take means of.
    fold : ndarray of int of shape (n,)
        Folds.
    """
    place, size = code * LEAST_FOLDS + fold, (int(code.max()) + 1) * LEAST_FOLDS

    def others(weights=None):
        sums = np.bincount(place, weights, size).reshape(-1, LEAST_FOLDS)
        return sums.sum(axis=1, keepdims=True) - sums

    count = others()
    columns = []
    for value in values.T:
        total = others(value)
        mean = total.sum(axis=0) / np.maximum(count.sum(axis=0), 1)
        columns.append(((total + SMOOTHING * mean) / (count + SMOOTHING) - mean)[code, fold])
    return np.column_stack(columns)


def _without(values, explaining):
    """Return what a linear function of columns leaves of values."""
    S = np.concatenate(explaining, axis=1)
    S = S - S.mean(axis=0)
    squares = S.T @ S + 1e-3 * len(S) * np.eye(S.shape[1])
    return values - S @ np.linalg.solve(squares, S.T @ values)


def _correlation(a, b):
    """Return the correlation of each column of two arrays, 0 where one is constant."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    norm = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return np.divide((a * b).sum(axis=0), norm, out=np.zeros_like(norm), where=norm > 1e-12)

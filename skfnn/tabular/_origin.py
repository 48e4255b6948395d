"""Training rows found again: which table a model was fitted on, and who has not seen which row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

import numpy as np

from .._sklearn import safe_indexing
from ._fitted import FittedTable
from ._predictors import Predictor

# As many rows tell a table that has changed from another one.
SAMPLED = 64
# If this share of the sampled rows is still in its place, a table is the same one, changed.
UNCHANGED = 0.5
# Rows at a time, so that little memory is needed.
BLOCK = 2**14
# An odd number without pattern: the golden ratio's digits, as Knuth's multiplicative hash has it.
_MIX = np.uint64(0x9E3779B97F4A7C15)


def row_hashes(A: np.ndarray) -> np.ndarray:
    """Return a number for each encoded row, the same for equal rows."""
    factors = np.random.default_rng(0).integers(2**63, size=A.shape[1], dtype=np.uint64)
    factors = 2 * factors + np.uint64(1)
    sums = np.empty(len(A), np.uint64)
    for start in range(0, len(A), BLOCK):
        part = np.ascontiguousarray(A[start : start + BLOCK] + 0.0)  # of zeros there are two
        bits = part.view(f"u{A.dtype.itemsize}").astype(np.uint64)
        sums[start : start + BLOCK] = bits @ factors
    sums ^= sums >> np.uint64(29)
    return (sums * _MIX) ^ (sums >> np.uint64(32))


@dataclass(frozen=True, eq=False)
class Origin:
    """Which table a model was fitted on, and which of its rows each member held out.

    Attributes
    ----------
    n_rows : int
        Rows of the table.
    ordered : str
        A hash of its encoded rows, in their order.
    unordered : int
        One that does not depend on the order.
    sample : ndarray of shape (m,)
        Hashes of some of its rows, evenly spread.
    held : list of ndarray of int
        The rows that each fold held out; empty where all members trained on all rows.
    numbers : list of int
        The fold of each member.
    """

    n_rows: int
    ordered: str
    unordered: int
    sample: np.ndarray
    held: list[np.ndarray] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, A: np.ndarray) -> Origin:
        """Return what is known of a table by its encoded rows."""
        hashes = row_hashes(A)
        ordered = blake2b(hashes.tobytes(), digest_size=16).hexdigest()
        with np.errstate(over="ignore"):
            unordered = int(hashes.sum(dtype=np.uint64))
        return cls(len(A), ordered, unordered, hashes[_spread(len(A))])

    def held_by(self, folds: list, numbers: list[int]) -> Origin:
        """Return the same with the folds, and that of each member."""
        held = [fold.held for fold in folds]
        if any(rows is None for rows in held):
            return replace(self, held=[], numbers=[])
        small = np.min_scalar_type(self.n_rows)
        return replace(self, held=[rows.astype(small) for rows in held], numbers=numbers)

    def is_of(self, A: np.ndarray) -> bool:
        """Return whether these encoded rows are the training table.

        Raises
        ------
        ValueError
            If they are the training table in another order, or changed.
        """
        if len(A) != self.n_rows:
            return False
        given = Origin.of(A)
        if given.ordered == self.ordered:
            return True
        advice = "Give X as it was in fit, or rows that were not in fit."
        if given.unordered == self.unordered:
            raise ValueError(f"X has the rows of the training table in another order. {advice}")
        same = np.mean(given.sample == self.sample)
        if same >= UNCHANGED and len(np.unique(self.sample)) > len(self.sample) / 2:
            raise ValueError(
                f"X is the training table with some rows changed. {advice} Before pandas 3, "
                "numbers of a CSV file need read_csv(..., float_precision='round_trip')."
            )
        return False


def _spread(n):
    """Return at most SAMPLED positions of n."""
    return np.unique(np.linspace(0, n - 1, min(n, SAMPLED)).astype(int))


class OutOfFold(Predictor):
    """Predicts rows of the training table by the members that did not train on them.

    Parameters
    ----------
    fitted : FittedTable
        The ensemble.
    fold : ndarray of shape (n,)
        For each row the fold whose members predict it.
    """

    columns = None  # the user's rows as they come: members take them in different ways

    def __init__(self, fitted: FittedTable, fold: np.ndarray) -> None:
        self.fitted, self.fold = fitted, fold

    def raw(self, A, dtype=None, rows=None):
        views, fitted = self.fitted.views(A), self.fitted
        out = np.empty((len(self.fold), fitted.loss.n_scores(fitted.target.n_outputs)))
        for number in np.unique(self.fold):
            rows = np.flatnonzero(self.fold == number)
            out[rows] = self._of_fold(number, [safe_indexing(view, rows) for view in views])
        return out

    def _of_fold(self, number, views):
        """Return the raw scores that stand for those of all members of a fold."""
        fitted = self.fitted
        own = [i for i, found in enumerate(fitted.origin.numbers) if found == number]
        some = replace(
            fitted.plain(),
            predictors=[fitted.predictors[i] for i in own],
            weights=[fitted.weights[i] for i in own],
            temperatures=[fitted.temperatures[i] for i in own],
        )
        raws = some.raws_of([views[i] for i in own])
        return raws[0] if len(raws) == 1 else some.of_all(raws, some.weights)


def out_of_fold(fitted: FittedTable, X: Any) -> tuple[np.ndarray, FittedTable] | None:
    """Return the rows of X that were held out, and what predicts these; None for another table.

    A row that several folds held out is predicted by the first of them.

    Parameters
    ----------
    fitted : FittedTable
        What a fit has left.
    X : DataFrame or array-like of shape (n_samples, n_features)
        Raw columns.

    Raises
    ------
    ValueError
        If X is the training table in another order or changed, or no rows of it were held out.
    """
    origin = fitted.origin
    if origin is None or not origin.is_of(fitted.encoder.transform(X)):
        return None
    if not origin.held:
        raise ValueError(
            "X is the training table, and every member was trained on all of its rows (with X_val, "
            "refit=True or very few rows). Give rows that were not in fit."
        )
    fold = np.full(origin.n_rows, -1)
    for number in sorted(set(origin.numbers), reverse=True):
        fold[origin.held[number]] = number
    rows = np.flatnonzero(fold >= 0)
    held = replace(
        fitted.plain(), predictors=[OutOfFold(fitted, fold[rows])], weights=[1.0],
        temperatures=[1.0],
    )  # fmt: skip
    return rows, held

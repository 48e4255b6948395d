"""Folds: which rows each member trains on, and which rows tell its best epoch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold, check_cv

# A member is trained for each split of ``cv``, so there are at most MOST_SPLITS.
MOST_SPLITS = 20
# As many members tell how much those of a candidate differ, and are enough of networks that others
# outweigh.
ENOUGH = 3
# From MIN_HELD_OUT training rows on, folds are held out; below, members train on all rows.
MIN_HELD_OUT = 10


@dataclass(frozen=True, eq=False)
class Fold:
    """Which rows one member trains on, and which it holds out.

    Attributes
    ----------
    number : int
        Which one it is, from 0; the member of this fold has the same.
    rows : ndarray of int
        The rows to train on.
    held : ndarray of int or None
        The rows that tell its best epoch; None where all train on the same rows.
    """

    number: int
    rows: np.ndarray
    held: np.ndarray | None


def undivided(rows: np.ndarray, n_members: int) -> list[Fold]:
    """Return folds that hold nothing out."""
    return [Fold(number, rows, None) for number in range(n_members)]


def dealt(rows: np.ndarray, fold: np.ndarray, n_members: int) -> list[Fold]:
    """Return folds that hold out a part of the rows each.

    Parameters
    ----------
    rows : ndarray of int
        The rows that count.
    fold : ndarray of int, of as many entries as ``rows``
        The fold that each of them is in.
    n_members : int
        How many folds are to be held out, the first ones.
    """
    return [Fold(i, rows[fold != i], rows[fold == i]) for i in range(n_members)]


def evenly(rows: np.ndarray, most: int) -> np.ndarray:
    """Return at most so many of some rows, at equal distances."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(int))]


def assign_folds(y: np.ndarray, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """Return a fold for each row, so that classes (or the values of ``y``) spread evenly.

    Rows are dealt in the order of ``y``, ties at random; rows of several outputs at random.
    """
    shuffled = rng.permutation(len(y))
    if y.ndim == 1:
        shuffled = shuffled[np.argsort(y[shuffled], kind="stable")]
    fold = np.empty(len(y), int)
    hands = np.tile(np.arange(n_folds), (-(-len(y) // n_folds), 1))
    rng.permuted(hands, axis=1, out=hands)  # each hand of n_folds rows in an order of its own
    fold[shuffled] = hands.ravel()[: len(y)]
    return fold


class Wishes:
    """How the user wants rows to be divided.

    Parameters
    ----------
    cv : None, int, splitter or iterable
        As the user gave it.
    groups : ndarray of shape (n,) or None
        The group of each row.
    n_members : int or None
        How many members the user wants.
    fraction : float
        The share of rows that a single member holds out, without ``cv``.
    """

    def __init__(self, cv: Any, groups: np.ndarray | None, n_members: int | None,
                 fraction: float) -> None:  # fmt: skip
        self.cv, self.groups, self.n_members, self.fraction = cv, groups, n_members, fraction

    @property
    def given(self) -> bool:
        """Whether the user says how."""
        return self.cv is not None or self.groups is not None

    @property
    def name(self) -> str:
        """What rows are divided by, for messages."""
        if self.cv is None:
            return "groups"
        short = isinstance(self.cv, Integral) or hasattr(self.cv, "split")
        return f"cv={self.cv!r}" if short else "cv"

    def folds(self, rows: np.ndarray, y: np.ndarray, kind: str, n_members: int) -> list[Fold]:
        """Return a fold for each member, by the splits that the user wants.

        Parameters
        ----------
        rows : ndarray of int
            The rows that count. Splits of a splitter are of these.
        y : ndarray
            Encoded targets of all rows.
        kind : str
            What they are.
        n_members : int
            Members where neither ``cv`` nor the user says how many.

        Raises
        ------
        ValueError
            If there are too many splits, or one has no row to train on or to hold out.
        """
        splits = list(self._splits(rows, y, kind, n_members))
        if not 1 <= len(splits) <= MOST_SPLITS:
            raise ValueError(
                f"{self.name} has {len(splits)} splits. It may have 1 to {MOST_SPLITS}: each "
                "trains a member."
            )
        n = len(splits) if self.n_members is None else self.n_members
        if self.cv is None:
            n = min(n, n_members)
        return [Fold(i, *splits[i % len(splits)]) for i in range(n)]

    def _splits(self, rows, y, kind, n_members):
        """Yield the rows to train on and those to hold out."""
        counting = np.zeros(len(y), bool)
        counting[rows] = True
        for number, (train, held) in enumerate(self._asked(rows, y, kind, n_members)):
            train, held = (_positions(part, len(y)) for part in (train, held))
            train, held = train[counting[train]], held[counting[held]]
            if not len(train) or not len(held):
                raise ValueError(
                    f"Split {number} of {self.name} has {len(train)} rows to train on and "
                    f"{len(held)} to hold out. It needs both."
                )
            yield train, held

    def _asked(self, rows, y, kind, n_members):
        cv, groups = self.cv, self.groups
        if groups is not None and (cv is None or isinstance(cv, Integral)):
            n_groups = len(np.unique(groups[rows]))
            if n_groups < 2:
                raise ValueError(f"groups must hold 2 different values or more. Got {n_groups}.")
            n = n_members if n_members > 1 else max(2, round(1 / self.fraction))
            cv = GroupKFold(min(n, n_groups) if cv is None else cv)
        splitter = check_cv(cv, y[rows], classifier=kind in ("binary", "multiclass"))
        if isinstance(self.cv, Iterable) and not hasattr(self.cv, "split"):
            yield from splitter.split()
            return
        given = None if groups is None else groups[rows]
        for train, held in splitter.split(np.zeros((len(rows), 1)), y[rows], given):
            yield rows[train], rows[held]


def _positions(part, n):
    """Return some rows of n as positions; a mask is one, too.

    Raises
    ------
    ValueError
        If they are not among the n rows.
    """
    part = np.asarray(part)
    if part.dtype == bool and len(part) == n:
        return np.flatnonzero(part)
    if part.dtype.kind not in "iu" and len(part):
        raise ValueError(f"cv must yield positions of rows. Got an array of {part.dtype}.")
    if len(part) and not (-n <= part.min() and part.max() < n):
        raise ValueError(f"cv yields positions up to {part.max()}, and X has {n} rows.")
    return part.astype(np.intp) % n

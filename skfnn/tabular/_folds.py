"""Folds: which rows each member trains on, and which rows tell its best epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# From so many training rows on, folds are held out; below, members train on all rows.
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


def assign_folds(y: np.ndarray, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """Return a fold for each row, so that classes (or the values of ``y``) spread evenly.

    Rows are dealt in the order of ``y``, ties at random; rows of several outputs at random.
    """
    shuffled = rng.permutation(len(y))
    if y.ndim == 1:
        shuffled = shuffled[np.argsort(y[shuffled], kind="stable")]
    fold = np.empty(len(y), int)
    for start in range(0, len(y), n_folds):  # each hand of n_folds rows in an order of its own
        hand = shuffled[start : start + n_folds]
        fold[hand] = rng.permutation(n_folds)[: len(hand)]
    return fold

"""What passes over all rows of a source tell before training: targets, a sample, levels.

Each pass is a function of a block that a source maps over its parts, in any process; what comes
back is joined in the order of parts, so that no bit depends on who was done first.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd

from .._engine.objective.weights import LEAST
from ..preprocessing import TabularEncoder
from ..preprocessing._frames import is_frame
from ..preprocessing._level_counts import joined
from ._categories import FOLDS, LEAST_FOLDS
from ._folds import MIN_HELD_OUT, Fold
from ._followed import Given
from ._sources import Block, Source

# So many rows, drawn from all parts, tell what columns are, their scales and bins. What members
# hold out of them tells their best epoch, temperature and intervals.
SAMPLE_ROWS = 200_000
# Of wide tables the sample has so many cells, but not fewer rows than LEAST_SAMPLE.
SAMPLE_CELLS, LEAST_SAMPLE = 3_000_000, 10_000
# What is drawn for a row is drawn for one purpose.
_FOLD, _MARK, _SAMPLE = 1, 2, 3


def hashed(seed: int, part: int, position: np.ndarray) -> np.ndarray:
    """Return a number of 64 bits for each row, drawn by its part and its place in it.

    Source of the constants: the generator SplitMix64 (Steele, Lea and Flood, "Fast Splittable
    Pseudorandom Number Generators", 2014).
    """
    most = 2**64
    start = (seed * 0xD1342543DE82EF95 + (part + 1) * 0x9E3779B97F4A7C15) % most
    x = position.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9) + np.uint64(start)
    for factor, shift in ((0xBF58476D1CE4E5B9, 30), (0x94D049BB133111EB, 27), (1, 31)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return x


@dataclass(frozen=True)
class Dealing:
    """What is drawn for rows: the fold that holds one out, and whether it is in the sample.

    Attributes
    ----------
    seed : int
        Determines it.
    n_folds : int
        Folds that rows are dealt to.
    n_held : int
        How many of them members hold out, the first ones; 0 where all train on all rows.
    """

    seed: int
    n_folds: int
    n_held: int

    def _drawn(self, purpose, block):
        seed = self.seed + purpose * 2**32
        if block.groups is None or purpose == _SAMPLE:
            return hashed(seed, block.part, block.position)
        groups = pd.util.hash_array(pd.Series(block.groups).to_numpy(), categorize=False)
        return hashed(seed, 0, groups)  # wherever the rows of a group are

    def folds(self, block: Block) -> np.ndarray:
        """Return the fold of each row."""
        return (self._drawn(_FOLD, block) >> np.uint64(32)).astype(np.int64) % self.n_folds

    def marks(self, block: Block) -> np.ndarray:
        """Return what stands beside the codes of each row: a fold, finer than those held out."""
        parts = -(-LEAST_FOLDS // max(1, self.n_folds - 1))
        fine = (self._drawn(_MARK, block) >> np.uint64(32)).astype(np.int64) % parts
        mark = 1 + (self.folds(block) * parts + fine) % (FOLDS - 1)
        return (mark / FOLDS).astype(np.float32)

    @property
    def n_marks(self) -> int:
        """Marks, and 0 for rows that have none."""
        parts = -(-LEAST_FOLDS // max(1, self.n_folds - 1))
        return 1 + min(FOLDS - 1, self.n_folds * parts)

    def marks_of(self, fold: int) -> np.ndarray:
        """Return the marks that rows of a fold have, as whole numbers."""
        parts = -(-LEAST_FOLDS // max(1, self.n_folds - 1))
        return 1 + (fold * parts + np.arange(parts)) % (FOLDS - 1)

    def in_sample(self, block: Block, share: float) -> np.ndarray:
        """Return whether each row is in a sample of about this share of all."""
        if share >= 1:
            return np.ones(len(block), bool)
        return self._drawn(_SAMPLE, block) < np.uint64(int(share * 2.0**64))

    def held(self, folds: np.ndarray, weight: np.ndarray | None) -> list[Fold]:
        """Return a fold for each member of rows that are in these folds.

        Where one would hold out next to nothing, or be left with it, none holds anything out.
        """
        rows = np.arange(len(folds))
        counting = folds if weight is None else folds[weight > LEAST]
        counts = np.bincount(counting, minlength=self.n_folds)[: self.n_held]
        enough = counts.all() and (counts < len(counting)).all()
        if not self.n_held or len(rows) < MIN_HELD_OUT or not enough:
            return []
        return [Fold(i, rows[folds != i], rows[folds == i]) for i in range(self.n_held)]


# ---------------------------------------------------------------- targets


@dataclass(eq=False)
class Targets:
    """What is known of the targets of some rows; ``+`` joins two parts.

    Attributes
    ----------
    n : int
        Number of rows.
    weight : float
        The sum of their weights.
    labels, rows, weights : ndarray
        Classes, the rows that have each, and their weights; empty for numbers.
    low, high : ndarray
        The smallest and the largest number of each output; empty for classes.
    width : int
        Columns of X.
    """

    n: int
    weight: float
    labels: np.ndarray
    rows: np.ndarray
    weights: np.ndarray
    low: np.ndarray
    high: np.ndarray
    width: int = 1

    @property
    def share(self) -> float:
        """The share of the rows that the sample has."""
        most = min(SAMPLE_ROWS, max(LEAST_SAMPLE, SAMPLE_CELLS // self.width))
        return most / self.n

    @property
    def empty(self) -> Targets:
        """The same classes, of no rows."""
        none = np.zeros(len(self.labels))
        low, high = np.full_like(self.low, np.inf), np.full_like(self.high, -np.inf)
        return Targets(0, 0.0, self.labels, none, none, low=low, high=high)

    def with_classes(self, classes: Any) -> Targets:
        """Return the same with further classes, of no rows.

        Raises
        ------
        ValueError
            If the rows have classes that are not among them.
        """
        if classes is None:
            return self
        classes = np.unique(np.asarray(classes))
        others = np.setdiff1d(self.labels, classes)
        if len(others):
            raise ValueError(f"y has classes that are not in classes={classes}: {others}.")
        none = np.zeros(len(classes))
        return Targets(0, 0.0, classes, none, none, low=self.low, high=self.high) + self

    def __add__(self, other: Targets) -> Targets:
        labels, place = _unique(np.concatenate([self.labels, other.labels]))
        rows, weights = (
            np.bincount(place, np.concatenate(both), len(labels))
            for both in ((self.rows, other.rows), (self.weights, other.weights))
        )
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        n, weight, width = (
            self.n + other.n,
            self.weight + other.weight,
            max(self.width, other.width),
        )
        return Targets(n, weight, labels, rows, weights, low=low, high=high, width=width)


def _unique(labels):
    try:
        return np.unique(labels, return_inverse=True)
    except TypeError as error:
        kinds = sorted({type(label).__name__ for label in labels})
        raise ValueError(
            f"y has classes of several types: {', '.join(kinds)}. Give all of them one type."
        ) from error


def targets_of(block: Block, regression: bool) -> Targets:
    """Return what is known of the targets of a block.

    Raises
    ------
    ValueError
        If a target is missing, or no number where it has to be one.
    """
    missing = np.asarray(pd.isna(block.y)).reshape(len(block), -1).any(axis=1)
    if missing.any():
        first = int(block.position[missing][0])
        raise ValueError(
            f"y is missing in {int(missing.sum())} rows of part {block.part} of X, first in its "
            f"row {first}. Leave such rows out."
        )
    weight = np.ones(len(block)) if block.weight is None else block.weight
    none: Any = np.zeros(0)
    labels = rows = weights = low = high = none
    if regression:
        y = _numbers(block).reshape(len(block), -1)
        if not np.isfinite(y).all():
            raise ValueError(f"y contains infinity in part {block.part} of X.")
        low, high = y.min(axis=0), y.max(axis=0)
    elif np.ndim(block.y) == 1 or np.shape(block.y)[1] == 1:  # no several labels a row
        labels, place = _unique(np.asarray(block.y).ravel())
        rows, weights = (np.bincount(place, w, len(labels)) for w in (np.ones(len(block)), weight))
    total, width = float(weight.sum()), block.X.shape[1]
    return Targets(len(block), total, labels, rows, weights, low=low, high=high, width=width)


def _numbers(block):
    """Return the targets of a block as numbers."""
    try:
        return np.asarray(block.y, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"y must hold numbers. In part {block.part} of X it does not: {error}."
        ) from error


# ---------------------------------------------------------------- the sample


@dataclass(eq=False)
class Sample:
    """Some rows as they came; ``+`` joins two parts.

    Attributes
    ----------
    blocks : list of Block
        The rows that were drawn, part by part.
    folds : ndarray of int of shape (n_folds,)
        How many of all rows are in each fold.
    """

    blocks: list[Block]
    folds: np.ndarray

    def __add__(self, other: Sample) -> Sample:
        self.blocks += other.blocks  # grows in place: parts may be many
        return Sample(self.blocks, self.folds + other.folds)

    @property
    def given(self) -> Given:
        """The rows as one table."""
        X = [block.X for block in self.blocks]
        joined = pd.concat(X, ignore_index=True) if all(map(_is_pandas, X)) else _stacked(X)
        y = np.concatenate([np.asarray(block.y) for block in self.blocks])
        weight = None
        if any(block.weight is not None for block in self.blocks):
            weight = self.drawn(lambda b: np.ones(len(b)) if b.weight is None else b.weight)
        return Given(joined, y, weight)

    def drawn(self, draw: Callable[[Block], np.ndarray]) -> np.ndarray:
        """Return what is drawn for each row."""
        return np.concatenate([draw(block) for block in self.blocks])


def _is_pandas(X):
    return isinstance(X, pd.DataFrame)


def _stacked(X):
    """Return tables that are no DataFrames, all of one library, as one."""
    if any(map(is_frame, X)):
        return pd.concat([part if _is_pandas(part) else part.to_pandas() for part in X],
                         ignore_index=True)  # fmt: skip
    return np.concatenate(X)


def sample_of(block: Block, dealing: Dealing, share: float) -> Sample:
    """Return the rows of a block that are in the sample."""
    folds = np.bincount(dealing.folds(block), minlength=dealing.n_folds)
    rows = np.flatnonzero(dealing.in_sample(block, share))
    return Sample([block.at(rows)] if len(rows) else [], folds)


# ---------------------------------------------------------------- all of it


def aligned(X: Any, encoder: TabularEncoder) -> Any:
    """Return a table with the columns of an encoder: one that lacks is missing values."""
    if not isinstance(X, pd.DataFrame) or set(encoder._names) <= set(X.columns):
        return X
    return X.reindex(columns=[*X.columns, *(c for c in encoder._names if c not in X.columns)])


def counts_of(block: Block, encoder: TabularEncoder) -> Any:
    """Return the counts of levels in a block."""
    return encoder.count_levels(aligned(block.X, encoder))


@dataclass(frozen=True, eq=False)
class Survey:
    """What is known of all rows before training.

    Attributes
    ----------
    source : Source
        Where rows come from.
    targets : Targets
        Of all rows.
    dealing : Dealing
        What is drawn for each.
    sample : Sample
        Some of them, and the size of folds.
    given : Given
        The sample as one table.
    encoder : TabularEncoder
        With the kinds and scales of the sample, and the levels of all rows.
    """

    source: Source
    targets: Targets
    dealing: Dealing
    sample: Sample
    given: Given
    encoder: TabularEncoder


def targets_in(source: Source, regression: bool) -> Targets:
    """Return what is known of all targets.

    Raises
    ------
    ValueError
        If there is no row.
    """
    found = list(source.map(partial(targets_of, regression=regression)))
    if not found:
        raise ValueError("X has no row that counts: it has no rows, or all of them have weight 0.")
    return reduce(add, found)


def survey(source: Source, targets: Targets, dealing: Dealing, encoder: TabularEncoder) -> Survey:
    """Return what is known of all rows: a sample, and an encoder that is fitted to it.

    Parameters
    ----------
    source : Source
        Where rows come from.
    targets : Targets
        What is known of all targets.
    dealing : Dealing
        What is drawn for each row.
    encoder : TabularEncoder
        To be fitted.
    """
    share = targets.share
    sample = reduce(add, source.map(partial(sample_of, dealing=dealing, share=share)))
    given = sample.given
    encoder = encoder.fit(given.X, sample_weight=given.weight)
    found = Survey(source, targets, dealing, sample, given, encoder)
    if len(given.y) < targets.n and any(map(_grows_in, encoder._columns)):
        encoder.merge_levels(source.map(partial(counts_of, encoder=encoder)))
    return replace(found, encoder=encoder)


def surveyed_again(source: Source, targets: Targets, dealing: Dealing, encoder: TabularEncoder,
                   blocks: list[Block]) -> Survey:  # fmt: skip
    """Return what is known of all rows where an encoder is fitted, which learns their levels.

    Parameters
    ----------
    source, targets, dealing : Source, Targets, Dealing
        As for :func:`survey`.
    encoder : TabularEncoder
        The encoder; another one that goes on from it is in what is returned.
    blocks : list of Block
        Earlier rows, which are in the sample.
    """
    encoder, share = copy.copy(encoder), targets.share
    counts = joined(source.map(partial(counts_of, encoder=encoder)))
    encoder._take_counts(counts, settled=True)
    sample = reduce(add, source.map(partial(sample_of, dealing=dealing, share=share)))
    sample = Sample([*blocks, *sample.blocks], sample.folds)
    return Survey(source, targets, dealing, sample, sample.given, encoder)


def _grows_in(column):
    return hasattr(column, "levels") and column.kind == "category"

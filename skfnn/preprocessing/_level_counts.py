"""Levels of categories counted part by part: what an encoder learns of rows that come later."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from .._engine.support.atomic import all_or_nothing
from ._columns import MOST_LEVELS, Boolean, Category, Column, Options
from ._levels import as_simple, in_order, simple, spellings
from ._values import Values, as_objects, is_missing


@dataclass(eq=False)
class LevelCounts:
    """What some rows tell an encoder that is fitted: levels of categories, and missing values.

    ``+`` joins the counts of two parts of a table.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    levels : dict of {int: dict}
        For each categorical column, by position: the level and its number of rows, by the key
        under which both spellings of a level ("1" and 1) are one.
    missing : ndarray of shape (n_features,)
        Missing values of each column.

    Examples
    --------
    >>> import pandas as pd
    >>> from skfnn.preprocessing import TabularEncoder
    >>> encoder = TabularEncoder().fit(pd.DataFrame({"colour": ["red", "blue"]}))
    >>> parts = [pd.DataFrame({"colour": ["red"] * 3}), pd.DataFrame({"colour": ["green", None]})]
    >>> counts = encoder.count_levels(parts[0]) + encoder.count_levels(parts[1])
    >>> counts.n_rows, counts.missing.tolist(), counts.of(0)
    (5, [1], {'red': 3, 'green': 1})
    """

    n_rows: int
    levels: dict[int, dict[Any, tuple[Any, int]]] = field(default_factory=dict)
    missing: np.ndarray = field(default_factory=lambda: np.zeros(0, int))

    def of(self, column: int) -> dict[Any, int]:
        """Return how many rows have each level of a column.

        Parameters
        ----------
        column : int
            Its position.

        Returns
        -------
        dict of {level: int}
            In the order in which levels were met.
        """
        return dict(self.levels[column].values())

    def __add__(self, other: LevelCounts) -> LevelCounts:
        return joined([self, other])


def counted(column: Category, values: Values) -> dict[Any, tuple[Any, int]]:
    """Return the levels of one column's values and how many rows have each, by their keys."""
    if values.distinct is not None and not column.bools:
        places, cells = values.distinct
        n = np.bincount(places + 1, minlength=len(cells) + 1)[1:]
    else:
        known = [v for v in column._plain(values.known) if not isinstance(v, (list, dict))]
        places, cells = pd.factorize(as_objects(known))
        n = np.bincount(places, minlength=len(cells))
    met = column.met
    out: dict[Any, tuple[Any, int]] = {}
    for cell, times in zip(cells, n.tolist(), strict=True):
        if not times:
            continue
        named = met.get(cell) if type(cell) is str else None  # else 1 is True, and 1.0
        if named is None:
            if is_missing(cell):
                continue
            named = _named(column, cell)
            if type(cell) is str:
                met[cell] = named
        key, level = named
        first, before = out.get(key, (level, 0))
        out[key] = first, before + times
    return out


def _named(column, cell):
    """Return the key under which all spellings of a cell's level are one, and the level."""
    level = cell if type(cell) is str else as_simple(cell)
    code = column.codes.get(level) or column._other(level)
    level = column.levels[code - 1] if code else level
    return spellings(level)[0], level


class CountsLevels:
    """The part of an encoder that goes on: levels of rows that were not in ``fit``."""

    _columns: list[Column]

    def count_levels(self, X) -> LevelCounts:
        """Count the levels of a part of a table that is read piece by piece.

        Nothing is learned: :meth:`merge_levels` does that for the counts of all parts. They may
        be made in any process, and in any order.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.

        Returns
        -------
        LevelCounts
            The counts; ``+`` joins those of two parts.
        """
        check_is_fitted(self)
        values = self._values_to_transform(X)  # type: ignore[attr-defined]
        levels = {
            i: counted(column, values[i])
            for i, column in enumerate(self._columns)
            if isinstance(column, Category) and not isinstance(column, Boolean)
        }
        return LevelCounts(len(values[0]), levels, np.array([int(v.missing.sum()) for v in values]))

    @all_or_nothing
    def merge_levels(self, counts: LevelCounts | Iterable[LevelCounts]) -> Self:
        """Take the levels of all rows of a table, of which ``fit`` has seen a sample.

        Levels are then those that ``fit`` finds in all rows, in their order; what columns are, and
        their scales, stay those of the sample. Codes, and the columns of the result, may change:
        it is for an encoder whose rows have not been used yet. For others there is
        :meth:`partial_fit`.

        Parameters
        ----------
        counts : LevelCounts or iterable of LevelCounts
            Of each part of the table, together all of its rows.

        Returns
        -------
        TabularEncoder
            The encoder, changed.
        """
        check_is_fitted(self)
        self._take_counts(joined(counts), settled=False)
        return self

    @all_or_nothing
    def partial_fit(self, X, y=None, sample_weight=None) -> Self:
        """Go on with further rows: new levels of categories get codes behind those there are.

        What columns are, scales, and the columns of the result are those of the first call, which
        is ``fit``; what a row was encoded to, it is encoded to. A category that is a column per
        level has no room for further ones, which count as missing.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of rows, for the first call.

        Returns
        -------
        TabularEncoder
            The fitted transformer.
        """
        if not hasattr(self, "n_features_in_"):
            self._fit(X, sample_weight)  # type: ignore[attr-defined]
        else:
            self._take_counts(self.count_levels(X), settled=True)
        return self

    def _take_counts(self, counts, settled):
        """Take over levels; where ``settled``, behind those there are."""
        columns = list(self._columns)
        for i, found in counts.levels.items():
            column = columns[i] = copy.copy(columns[i])
            if settled:
                _append(column, found)
            else:
                _replace(column, found, self.max_one_hot)
        self._columns = columns
        self._find_places()
        if not settled:
            some = np.flatnonzero(counts.missing[self._numbers])
            self._with_missing = np.union1d(self._with_missing, some).astype(np.intp)
            self._describe_again(counts)

    def _describe_again(self, counts):
        """Write the exact counts into ``schema_``."""
        self._described = list(self._described)
        for i, (*row, missing, n, example) in enumerate(self._described):
            missing = float(counts.missing[i] / max(1, counts.n_rows))
            n = len(counts.levels[i]) if i in counts.levels else n
            self._described[i] = (*row, missing, n, example)


def joined(counts: LevelCounts | Iterable[LevelCounts]) -> LevelCounts:
    """Return the counts of all parts as those of one, taken one after the other as they come."""
    if isinstance(counts, LevelCounts):
        return counts
    counts = iter(counts)
    first = next(counts)
    n_rows, missing = first.n_rows, first.missing
    levels = {i: dict(own) for i, own in first.levels.items()}
    for part in counts:
        n_rows, missing = n_rows + part.n_rows, missing + part.missing
        for i, own in levels.items():
            for key, (level, n) in part.levels[i].items():
                known, before = own.get(key, (level, 0))
                own[key] = known, before + n
    return LevelCounts(n_rows, levels, missing)


def _replace(column, found, max_one_hot):
    """Give a category the levels that were found, as ``fit`` would."""
    ranked = sorted(found.values(), key=lambda entry: -entry[1])[:MOST_LEVELS]
    column.levels = simple(in_order(as_objects(level for level, _ in ranked)))
    column.n_levels, column.extra = 0, []
    column._lay_out(Options(max_one_hot))
    column._index()


def _append(column, found):
    """Give new levels codes behind those there are, as long as there is room."""
    if not column.n_levels:
        return
    known = {spellings(level)[0] for level in column.levels}
    new = in_order(as_objects(level for key, (level, _) in found.items() if key not in known))
    new = simple(new)[: MOST_LEVELS - len(column.levels)]
    column.levels = as_objects([*column.levels, *new])
    column.n_levels = len(column.levels)
    column._index()

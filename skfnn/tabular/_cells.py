"""Cells of a table: the rows in which a number has one value, or two columns say the same."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ..preprocessing import TabularEncoder

# Encoded numbers lie between -3 and 3; those that are not further apart than this are one value.
STEP = 2.0**-22
# A number with at most FEW_VALUES values is divided by them, another one by N_BINS quantiles.
FEW_VALUES = 24
N_BINS = 24
# Cells of ROWS_A_VECTOR rows on average have trained vectors, as other categories have; of cells
# with fewer rows, networks know statistics alone.
ROWS_A_VECTOR = 20
# Exact values are worth a look if more than LEAST_VALUES differ, and the share REPEATED of the rows
# has a value that at least OFTEN rows have.
LEAST_VALUES = 8
REPEATED, OFTEN = 0.5, 5


@dataclass(frozen=True)
class Part:
    """A column of the table, as it stands in encoded rows.

    Attributes
    ----------
    name : str or int
        The column's name.
    form : {"number", "code", "levels"}
        What stands there: a number, a category's code, or a category in a column per level.
    place : slice
        Where.
    missing : int or None
        The column that says where a number is missing.
    """

    name: Hashable
    form: str
    place: slice
    missing: int | None = None

    def __hash__(self) -> int:
        return hash((self.place.start, self.place.stop))

    def number(self, A: np.ndarray) -> np.ndarray:
        """Return the numbers that stand there, NaN where missing."""
        number = A[:, self.place.start].astype(np.float64)
        if self.missing is not None:
            number[A[:, self.missing] != 0] = np.nan
        return number


def parts_of(encoder: TabularEncoder) -> list[Part]:
    """Return the columns that a fitted encoder has in its rows as numbers or categories."""
    return [Part(*place) for place in encoder._places()]


# ---------------------------------------------------------------- how a column divides the rows


class Division(ABC):
    """How one column, or several, divide the rows.

    Parameters
    ----------
    parts : Part
        The columns.
    """

    def __init__(self, *parts: Part) -> None:
        self.parts = parts

    @abstractmethod
    def codes(self, A: np.ndarray) -> np.ndarray:
        """Return a whole number of each encoded row, from 0 and below 2^31."""

    def onnx(self, graph: Any, A: Any) -> Any:
        """Return the same as a tensor (n, 1) of an ONNX graph."""
        raise NotImplementedError(f"{type(self).__name__} has no ONNX form.")


class Levels(Division):
    """The levels of a category; 0 where missing or unseen."""

    def codes(self, A):
        (part,) = self.parts
        levels = A[:, part.place].astype(np.int64)  # without the fraction that tells a fold
        if levels.shape[1] > 1:
            return levels @ np.arange(1, levels.shape[1] + 1)
        if part.form == "code":
            return levels[:, 0]
        return np.where(levels[:, 0] == 0, 0, (levels[:, 0] + 3) // 2)  # two levels are -1 and 1

    def onnx(self, graph, A):
        (part,) = self.parts
        x, width = _columns(graph, A, part.place), part.place.stop - part.place.start
        if width > 1:
            numbers = np.arange(1, width + 1, dtype=A.dtype)
            x = graph.node("MatMul", x, numbers[:, None], dtype=A.dtype)
        elif part.form != "code":  # (x + 3 |x|) / 2
            size = graph.node("Abs", x, dtype=A.dtype)
            size = graph.node("Mul", size, A.dtype.type(3), dtype=A.dtype)
            x = graph.node("Add", x, size, dtype=A.dtype)
            x = graph.node("Div", x, A.dtype.type(2), dtype=A.dtype)
        return graph.cast(x, WHOLE)


class Values(Division):
    """The exact values of a number; 0 where it is missing, the last code where it is another.

    Parameters
    ----------
    part : Part
        The column.
    table : Lookup
        What finds a value, by its place on a fine grid.
    """

    def __init__(self, part: Part, table: Lookup) -> None:
        super().__init__(part)
        self.table = table

    @classmethod
    def of(cls, part: Part, A: np.ndarray) -> Values:
        """Return the values of some rows."""
        number = part.number(A)
        exact = distinct(_on_grid(number[~np.isnan(number)]))
        # a value in another precision may lie beside its place on the grid
        beside = distinct(np.concatenate([exact - 1, exact + 1]))
        beside = beside[~np.isin(beside, exact, assume_unique=True)]
        nearest = np.searchsorted(exact, beside - 1)
        keys = np.concatenate([exact, beside])
        codes = 1 + np.concatenate([np.arange(len(exact)), nearest])
        return cls(part, Lookup(keys, codes, len(exact) + 1))

    @property
    def n_values(self) -> int:
        """How many there are."""
        return self.table.default - 1

    def codes(self, A):
        number = self.parts[0].number(A)
        missing = np.isnan(number)
        codes = self.table(_on_grid(np.where(missing, 0.0, number)))
        return np.where(missing, 0, codes)

    def onnx(self, graph, A):
        (part,) = self.parts
        x = graph.cast(_columns(graph, A, part.place), np.dtype(np.float64))
        x = graph.node("Div", graph.node("Add", x, np.float64(4)), np.float64(STEP))
        codes = self.table.onnx(graph, graph.cast(graph.node("Round", x), WHOLE))
        return _zero_where_missing(graph, A, part, codes)


class Bins(Division):
    """The quantiles between which a number lies; 0 where it is missing.

    Parameters
    ----------
    part : Part
        The column.
    edges : ndarray of shape (k,)
        Where bins begin, but for the first.
    """

    def __init__(self, part: Part, edges: np.ndarray) -> None:
        super().__init__(part)
        self.edges = edges

    @classmethod
    def of(cls, part: Part, A: np.ndarray) -> Bins:
        """Return the bins between the quantiles of some rows."""
        number = part.number(A)
        known = number[~np.isnan(number)]
        inner = np.arange(1, N_BINS) / N_BINS
        edges = np.quantile(known, inner) if len(known) else np.empty(0)
        return cls(part, np.unique(edges.astype(A.dtype)))

    def codes(self, A):
        number = self.parts[0].number(A)
        bins = 1 + np.searchsorted(self.edges, number.astype(self.edges.dtype), side="right")
        return np.where(np.isnan(number), 0, bins)

    def onnx(self, graph, A):
        (part,) = self.parts
        x = _columns(graph, A, part.place)
        bins = graph.cast(graph.node("Equal", x, x, dtype=bool), WHOLE)  # 1
        if len(self.edges):
            below = graph.node("Less", x, self.edges.astype(A.dtype), dtype=bool)
            passed = graph.cast(graph.node("Not", below, dtype=bool), A.dtype)
            ones = np.ones((len(self.edges), 1), A.dtype)
            passed = graph.cast(graph.node("MatMul", passed, ones, dtype=A.dtype), WHOLE)
            bins = graph.node("Add", bins, passed, dtype=WHOLE)
        return _zero_where_missing(graph, A, part, bins)


WHOLE = np.dtype(np.int64)


def _on_grid(number):
    return np.rint((number + 4) / STEP).astype(np.int64)


def distinct(numbers: np.ndarray) -> np.ndarray:
    """Return the different ones among whole numbers, in order.

    NumPy's own keeps them in a table, which takes many times longer where most of them differ.
    """
    ordered = np.sort(numbers)
    return ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]


def _counts(part, A):
    """Return how many rows have each value of a number that is not missing."""
    number = part.number(A)
    ordered = np.sort(_on_grid(number[~np.isnan(number)]))
    first = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    return np.diff(first, append=len(ordered))


def _columns(graph, A, place):
    return graph.node("Gather", A, np.arange(place.start, place.stop), dtype=A.dtype, axis=1)


def _zero_where_missing(graph, A, part, codes):
    if part.missing is None:
        return codes
    missing = graph.cast(graph.node("Gather", A, np.array([part.missing]), dtype=A.dtype, axis=1),
                         WHOLE)  # fmt: skip
    known = graph.node("Sub", np.int64(1), missing, dtype=WHOLE)
    return graph.node("Mul", codes, known, dtype=WHOLE)


class Lookup:
    """A table of codes by whole numbers.

    Parameters
    ----------
    keys : ndarray of int
        Different ones.
    codes : ndarray of int
        The code of each.
    default : int, default=0
        The code of others.
    """

    def __init__(self, keys: np.ndarray, codes: np.ndarray, default: int = 0) -> None:
        order = np.argsort(keys)
        self.keys, self.codes, self.default = keys[order], codes[order], default

    def __call__(self, keys: np.ndarray) -> np.ndarray:
        """Return the code of each key."""
        if not len(self.keys):
            return np.full(len(keys), self.default)
        if len(keys) > len(self.keys):
            place = pd.Index(self.keys).get_indexer(keys)
            return np.where(place < 0, self.default, self.codes[place])
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.codes[place], self.default)

    def onnx(self, graph: Any, keys: Any) -> Any:
        """Return the same of a tensor of whole numbers."""
        return graph.node(
            "LabelEncoder", keys, dtype=WHOLE, op_domain="ai.onnx.ml", op_version=2,
            keys_int64s=self.keys.tolist() or [0], values_int64s=self.codes.tolist() or [0],
            default_int64=self.default,
        )  # fmt: skip


# ---------------------------------------------------------------- cells


class Cells(ABC):
    """Cells of one kind: rows that some divisions give the same codes are one.

    A kind is a subclass with a name; it proposes what may be worth a look. To add one, write such a
    class: an angle and a distance from a point, say, with a :class:`Division` of its own.

    Parameters
    ----------
    divisions : Division
        One or two.

    Attributes
    ----------
    table : Lookup or None
        The cells that are known, after :meth:`known`.
    z : float
        How many standard errors what they tell is from nothing.
    gain : float
        By which share the score of held-out rows was better with them; NaN where not tried.
    """

    kind: ClassVar[str]
    crosses: ClassVar[bool] = False  # every column with every other, so that many are too many
    registry: ClassVar[dict[str, type[Cells]]] = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.registry[cls.kind] = cls

    def __init__(self, *divisions: Division) -> None:
        self.divisions = divisions
        self.table: Lookup | None = None
        self.z = self.gain = np.nan

    @classmethod
    @abstractmethod
    def proposals(cls, parts: Sequence[Part], A: np.ndarray) -> Iterator[Cells]:
        """Yield what may be worth a look in some rows."""

    @property
    def parts(self) -> list[Part]:
        """Its columns."""
        return list(dict.fromkeys(part for d in self.divisions for part in d.parts))

    @property
    def n_levels(self) -> int:
        """How many cells are known."""
        return 0 if self.table is None else len(self.table.keys)

    def has_vectors(self, n_rows: int) -> bool:
        """Return whether so many rows are enough for a trained vector of each cell."""
        return n_rows >= ROWS_A_VECTOR * self.n_levels

    def known(self, A: np.ndarray) -> Cells:
        """Return the same with the cells of some rows known, which have codes from 1."""
        cells = type(self)(*self.divisions)
        keys = distinct(self.join([d.codes(A) for d in self.divisions]))
        cells.table = Lookup(keys, 1 + np.arange(len(keys)))
        return cells

    def says(self) -> str:
        """Return what they are, for a line."""
        names = " and ".join(repr(part.name) for part in self.parts)
        what = "Exact values" if len(self.parts) == 1 else "Cells"
        return f"{what} of {names} ({self.n_levels}, z = {self.z:.1f})"

    def described(self) -> dict[str, Any]:
        """Return a row of ``schema_``."""
        why = [] if np.isnan(self.z) else [f"z = {self.z:.1f}"]
        if not np.isnan(self.gain):
            why.append(f"score of held-out rows {self.gain:+.1%}")
        return {
            "column": " & ".join(str(part.name) for part in self.parts),
            "kind": "exact values" if len(self.parts) == 1 else "cells",
            "why": ", ".join(["tell what else is left unexplained", *why]),
            "missing": 0.0,
            "levels": self.n_levels,
            "example": "",
        }

    def codes(self, A: np.ndarray) -> np.ndarray:
        """Return the code of each row's cell, 0 where it is not known."""
        assert self.table is not None
        return self.table(self.join([d.codes(A) for d in self.divisions]))

    @staticmethod
    def join(codes: list[np.ndarray]) -> np.ndarray:
        """Return a number for each row that tells what all divisions say of it."""
        return codes[0] if len(codes) == 1 else codes[0] << 32 | codes[1]

    def onnx(self, graph: Any, A: Any) -> Any:
        """Return the codes as a tensor (n, 1) of an ONNX graph."""
        assert self.table is not None
        key, *others = (d.onnx(graph, A) for d in self.divisions)
        for other in others:
            high = graph.node("Mul", key, np.int64(1 << 32), dtype=WHOLE)
            key = graph.node("Add", high, other, dtype=WHOLE)
        return self.table.onnx(graph, key)


class ExactValues(Cells):
    """The exact values of a number that repeat: identifiers and days, amounts that are labels."""

    kind = "values"

    @classmethod
    def proposals(cls, parts, A):
        for part in parts:
            if part.form != "number":
                continue
            counts = _counts(part, A)  # of most numbers few repeat, and their values take long
            repeated = counts[counts >= OFTEN].sum() >= REPEATED * len(A)
            if len(counts) > LEAST_VALUES and repeated:
                yield cls(Values.of(part, A))


class Pairs(Cells):
    """Two columns by their cells: of levels, of few values, or of quantile bins."""

    kind = "pair"
    crosses = True

    @classmethod
    def proposals(cls, parts, A):
        for left, right in combinations([divided(part, A) for part in parts], 2):
            yield cls(left, right)


def divided(part: Part, A: np.ndarray) -> Division:
    """Return how a column divides rows beside another."""
    if part.form != "number":
        return Levels(part)
    values = Values.of(part, A)
    return values if values.n_values <= FEW_VALUES else Bins.of(part, A)


class CellColumns:
    """Cells as further columns of encoded rows, behind the codes of categories.

    Parameters
    ----------
    behind : int
        The first column behind the codes of categories.
    embedded : list of Cells
        Those that are categories like others: with trained vectors and statistics.
    told : list of Cells
        Those of which networks know statistics alone.
    """

    def __init__(self, behind: int, embedded: Sequence[Cells] = (), told: Sequence[Cells] = ()):
        self.behind, self.embedded, self.told = behind, list(embedded), list(told)

    @property
    def cells(self) -> list[Cells]:
        """All of them, in the order of their columns."""
        return [*self.embedded, *self.told]

    @property
    def n_levels(self) -> tuple[list[int], list[int]]:
        """The number of cells of each that is embedded, and of each that is not."""
        return [c.n_levels for c in self.embedded], [c.n_levels for c in self.told]

    def also(self, cells: Cells, embedded: bool) -> CellColumns:
        """Return the same with one more."""
        if embedded:
            return CellColumns(self.behind, [*self.embedded, cells], self.told)
        return CellColumns(self.behind, self.embedded, [*self.told, cells])

    def transform(self, A: np.ndarray, marks: np.ndarray | None = None) -> np.ndarray:
        """Return encoded rows with these columns in between.

        Parameters
        ----------
        A : ndarray of shape (n, p)
            The encoder's rows.
        marks : ndarray of shape (n,) or None
            What is added to the codes of training rows, and tells their fold.
        """
        if not self.cells:
            return A
        codes = np.column_stack([c.codes(A) for c in self.cells]).astype(A.dtype)
        if marks is not None:
            codes += marks[:, None]
        return np.concatenate([A[:, : self.behind], codes, A[:, self.behind :]], axis=1)

    def without(self, A: np.ndarray) -> np.ndarray:
        """Return the encoder's rows that :meth:`transform` has turned into these."""
        if not self.cells:
            return A
        return np.delete(A, slice(self.behind, self.behind + len(self.cells)), axis=1)

    def onnx(self, graph: Any, A: Any) -> Any:
        """Return the same as a tensor of an ONNX graph."""
        if not self.cells:
            return A
        end = np.iinfo(np.int64).max
        before, after = (
            graph.node("Slice", A, [start], [stop], [1], dtype=A.dtype)
            for start, stop in ((0, self.behind), (self.behind, end))
        )
        codes = [graph.cast(c.onnx(graph, A), A.dtype) for c in self.cells]
        return graph.node("Concat", before, *codes, after, dtype=A.dtype, axis=1)

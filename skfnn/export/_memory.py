"""What the arrays of a program hold while it is followed, whole or in parts.

A program works on views: some columns of an array, the same memory in another shape, its axes in
another order. :class:`Memory` knows of every element which tensor it was written by, so that any
view is found again. The program is written for two and for three rows: the axis of a view that
differs is that of the rows, or of the rows times something.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .._engine.program.calls import Call

ROWS = 2  # of the program that is followed; the graph takes any number


class Rows(NamedTuple):
    """The axis of an array that goes over rows, and how many of its entries belong to one."""

    axis: int
    times: int


class Piece:
    """An array as it was last written.

    Parameters
    ----------
    array : ndarray
        A view of the program's memory.
    rows : Rows or None
        Its axis of rows.
    value : Value or None
        The tensor that it holds; None for what does not depend on the input.
    """

    def __init__(self, array: np.ndarray, rows: Rows | None, value: Any) -> None:
        self.array, self.rows, self.value = array, rows, value

    @cached_property
    def _elements(self):
        """Addresses in order, and the row (-1 without any) and the feature of each."""
        if self.rows is None:
            places, n_features = _addresses(self.array).ravel(), self.array.size
            row = np.full(places.size, -1)
        else:
            places, n_features = _by_row(_addresses(self.array), self.rows), self.array.size // ROWS
            row = np.repeat(np.arange(ROWS), n_features)
        order = np.argsort(places, axis=None)
        return places.ravel()[order], row[order], order % n_features

    def find(self, places: np.ndarray) -> np.ndarray:
        """Return the feature that lies at each of some places (ROWS, n), -1 where none does.

        Raises
        ------
        ValueError
            If a place is that of another row.
        """
        mine, row, feature = self._elements
        at = np.searchsorted(mine, places).clip(max=mine.size - 1)
        hit, own = mine[at] == places, np.arange(ROWS)[:, None]
        found = np.where(hit, feature[at], -1)
        if (found != found[0]).any() or (np.where(hit, row[at], own) != own).any():
            raise ValueError("It moves values from row to row, which has no ONNX form.")
        return found[0]


class Memory:
    """The memory of a program.

    Parameters
    ----------
    graph : Graph
        Where nodes are added that take tensors apart and put them together.
    pairs : iterable of (ndarray, ndarray)
        The arrays of the program for two rows, and the same ones of that for three.
    """

    def __init__(self, graph: Any, pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
        self.graph = graph
        self._rows = {_key(two): _rows(two, three) for two, three in pairs}
        self._pieces: list[Piece] = []

    def rows(self, array: np.ndarray) -> Rows | None:
        """Return the axis of rows of an array of the program."""
        return self._rows[_key(array)]

    def write(self, array: np.ndarray, value: Any) -> None:
        """Take note that an array holds a tensor, or with None what its memory says."""
        key = _key(array)
        self._pieces = [piece for piece in self._pieces if _key(piece.array) != key]
        self._pieces.append(Piece(array, self.rows(array), value))

    def read(self, array: np.ndarray) -> Any:
        """Return the tensor that an array holds, or the array as a constant."""
        for piece in reversed(self._pieces):
            if _key(piece.array) == _key(array):
                return self._constant(array) if piece.value is None else piece.value
            if np.shares_memory(piece.array, array):
                return self._assembled(array)
        return self._constant(array)

    def _constant(self, array):
        """Return what the memory says, one row for all."""
        rows = self.rows(array)
        if rows is None or not array.size:
            return array
        one = array.take([0], axis=rows.axis)
        if not np.array_equal(np.broadcast_to(one, array.shape), array):
            raise ValueError("It numbers rows, which has no ONNX form.")
        return one

    def _assembled(self, array):
        """Return the tensor of an array that was written in parts, or as a part of another."""
        rows = self.rows(array)
        if rows is None:
            traced = [piece.array for piece in self._pieces if piece.value is not None]
            if any(np.shares_memory(other, array) for other in traced):
                raise ValueError("It works across rows, which has no ONNX form.")
            return array
        places = _by_row(_addresses(array), rows)
        owner = np.full(places.shape[1], -1)
        feature = np.zeros_like(owner)
        for number in reversed(range(len(self._pieces))):
            piece, open_ = self._pieces[number], np.flatnonzero(owner < 0)
            if not open_.size or not np.may_share_memory(piece.array, array):
                continue
            found = piece.find(places[:, open_])
            if (found >= 0).any() and piece.array.dtype != array.dtype:
                raise ValueError("It reads numbers as those of another type.")
            owner[open_[found >= 0]], feature[open_[found >= 0]] = number, found[found >= 0]
        traced = [i for i, piece in enumerate(self._pieces) if piece.value is not None]
        known = np.isin(owner, traced)
        if not known.any():
            return self._constant(array)
        value = self._joined(array, rows, np.where(known, owner, -1), feature)
        self.write(array, value)  # found at once the next time
        return value

    def _joined(self, array, rows, owner, feature):
        """Return the tensor whose features are those of pieces; of owner -1, constants."""
        graph, last = self.graph, rows == Rows(array.ndim - 1, 1) and array.ndim > 1
        axis = 0 if last else 1  # that of features
        parts, index, width = [], np.empty(owner.size, int), 0
        for number in dict.fromkeys(owner[owner >= 0].tolist()):
            piece = self._pieces[number]
            parts.append(self._features(piece, last))
            index[owner == number] = width + feature[owner == number]
            width += piece.array.size // ROWS
        if (owner < 0).any():
            values = _by_row(array, rows)[:, owner < 0]
            if not np.array_equal(values[0], values[1]):
                raise ValueError("It numbers rows, which has no ONNX form.")
            parts.append(self._filled(values[:1], parts[0], last))
            index[owner < 0] = width + np.arange(values.shape[1])
            width += values.shape[1]
        whole = parts[0]
        if len(parts) > 1:
            whole = graph.node("Concat", *parts, dtype=array.dtype, axis=axis)
        whole = self._picked(whole, index, axis, width)
        rest = [n for i, n in enumerate(array.shape) if i != rows.axis]
        if last:
            return whole if len(rest) == 1 else _reshaped(graph, whole, [*rest, -1])
        if len(rest) != 1 or rows.times > 1:
            whole = _reshaped(graph, whole, [-1, *rest])
        return _moved(graph, whole, 0, rows.axis, array.ndim)

    def _features(self, piece, last):
        """Return a piece as (rows, features), or (features, rows) if ``last``."""
        graph, array, (axis, times), value = self.graph, piece.array, piece.rows, piece.value
        if last and times == 1:
            value = _moved(graph, value, axis, array.ndim - 1, array.ndim)
            return value if array.ndim == 2 else _reshaped(graph, value, [array.size // ROWS, -1])
        value = _moved(graph, value, axis, 0, array.ndim)
        if array.ndim != 2 or times > 1:
            value = _reshaped(graph, value, [-1, array.size // ROWS])
        return _moved(graph, value, 0, 1, 2) if last else value

    def _filled(self, values, like, last):
        """Return constants (1, n) in as many rows as another tensor has."""
        graph = self.graph
        n_rows = graph.node("Gather", graph.node("Shape", like, dtype=np.int64),
                            np.array([int(last)]), dtype=np.int64)  # fmt: skip
        shape = [n_rows, np.array([values.shape[1]])]
        if last:
            values, shape = values.T, shape[::-1]
        shape = graph.node("Concat", *shape, dtype=np.int64, axis=0)
        return graph.node("Expand", values, shape, dtype=values.dtype)

    def _picked(self, whole, index, axis, width):
        """Return some of the features."""
        if np.array_equal(index, np.arange(width)):
            return whole
        start, stop = int(index[0]), int(index[-1]) + 1
        if np.array_equal(index, np.arange(start, stop)):
            limits = [np.array([i]) for i in (start, stop, axis)]
            return self.graph.node("Slice", whole, *limits, dtype=whole.dtype)
        return self.graph.node("Gather", whole, index, dtype=whole.dtype, axis=axis)


def pairs(two: list[Call], three: list[Call]) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    """Yield the arrays of a program for two rows, each with that of the one for three rows.

    Yields
    ------
    (ndarray, ndarray)
        Two arrays.

    Raises
    ------
    ValueError
        If the programs are not the same.
    """
    if [call.function for call in two] != [call.function for call in three]:
        raise ValueError("The calls depend on the number of rows, which has no ONNX form.")
    for few, many in zip(two, three, strict=True):
        yield from zip(few.arrays(), many.arrays(), strict=True)


def _rows(two, three):
    """Return the axis of rows of an array for two rows, by that for three; None without one."""
    differing = [i for i, (a, b) in enumerate(zip(two.shape, three.shape, strict=True)) if a != b]
    if not differing:
        return None
    if len(differing) > 1:
        raise ValueError("It has an array of rows by rows, which has no ONNX form.")
    (axis,) = differing
    return Rows(axis, two.shape[axis] // ROWS)


def _key(array):
    start, _ = array.__array_interface__["data"]
    return start, array.shape, array.strides, array.dtype.char


def _addresses(array):
    """Return where each element of an array lies."""
    places = np.full(array.shape, array.__array_interface__["data"][0])
    for axis, stride in enumerate(array.strides):
        steps = np.arange(array.shape[axis]) * stride
        places += steps.reshape([-1 if i == axis else 1 for i in range(array.ndim)])
    return places


def _by_row(array, rows):
    """Return an array as (ROWS, features)."""
    return np.moveaxis(array, rows.axis, 0).reshape(ROWS, -1)


def _reshaped(graph, value, shape):
    return graph.node("Reshape", value, np.array(shape, np.int64), dtype=value.dtype)


def _moved(graph, value, source, target, ndim):
    """Return a tensor with an axis in another place."""
    if source == target:
        return value
    order = [i for i in range(ndim) if i != source]
    order.insert(target, source)
    return graph.node("Transpose", value, dtype=value.dtype, perm=order)

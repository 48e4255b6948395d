"""What the layers share that embed columns of a table.

Each works on the columns ``start`` to ``stop`` of its input and passes the others through, in
their order: ``[X[:, :start], embedding, X[:, stop:]]``.

The layers of numbers work on arrays (columns, entries, n), views of (n, columns * entries)
buffers: the inner loop of a NumPy call then runs over the rows, where it would be as short as there
are entries, and products are one call of BLAS a column.
"""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Layer, Reads
from .._sklearn import Interval

# _TOGETHER entries of a row are copied at a time. The rows of a wide array lie far apart: so each
# line of the cache is written once, before others take its place.
_TOGETHER = 32
_COUNT = [Interval(Integral, 1, None, closed="left")]
_POSITIVE = [Interval(Real, 0, None, closed="neither")]
_FROM_ZERO = [Interval(Integral, 0, None, closed="left")]


def span(layer, n_in: int) -> tuple[int, int]:
    """Return the first of a layer's columns and the one after the last.

    Raises
    ------
    ValueError
        If the input does not have these columns.
    """
    stop = n_in if layer.stop is None else layer.stop
    if not 0 <= layer.start < stop <= n_in:
        raise ValueError(
            f"{type(layer).__name__}(start={layer.start!r}, stop={layer.stop!r}) needs columns "
            f"start < stop of the {n_in} that it is given."
        )
    return layer.start, stop


class ColumnEmbedding(Layer):
    """Base class of layers that replace each of some columns by several.

    Subclasses have the hyper-parameters ``start`` and ``stop`` and write ``entries`` (columns
    that replace one), ``embed`` and ``embed_backward``.
    """

    reads = Reads.INPUT
    start: int
    stop: int | None

    def entries(self) -> int:
        """Return the number of columns that replace one."""
        raise NotImplementedError

    def n_outputs(self, n_in):
        start, stop = span(self, n_in)
        return n_in + (stop - start) * (self.entries() - 1)

    def embed(self, x, out, cell, training):
        """Yield the calls for ``out`` (n, columns, entries) from ``x`` (n, columns)."""
        raise NotImplementedError

    def embed_backward(self, dout, x, cell, dx):
        """Yield the calls for the parameters' gradients and, unless None, ``dx`` (n, columns)."""
        raise NotImplementedError

    def trained(self, n_in, below):
        start, stop = span(self, n_in)
        embedded = np.ones((stop - start) * self.entries(), bool)
        return np.concatenate([below[:start], embedded, below[stop:]])

    def _parts(self, narrow, wide):
        """Return pairs of views of both arrays: the columns before, the embedded, those behind."""
        start, stop = span(self, narrow.shape[1])
        end = start + (stop - start) * self.entries()
        embedded = wide[:, start:end].reshape(len(wide), stop - start, self.entries())
        assert np.shares_memory(embedded, wide) or not embedded.size
        return (
            (narrow[:, :start], wide[:, :start]),
            (narrow[:, start:stop], embedded),
            (narrow[:, stop:], wide[:, end:]),
        )

    def forward(self, X, Y, cell, training):
        left, (x, out), right = self._parts(X, Y)
        for given, copy in (left, right):
            if given.size:
                yield Call(np.copyto, given, out=copy)
        yield from self.embed(x, out, cell, training)

    def backward(self, dY, X, Y, cell, dX):
        _, (x, dout), _ = self._parts(X, dY)
        dx = None
        if dX is not None:
            start, stop = span(self, X.shape[1])
            left, (dx, _), right = self._parts(dX, dY)
            needed = cell.below[:start].any(), cell.below[stop:].any()
            for (gradient, copy), wanted in zip((left, right), needed, strict=True):
                if wanted:
                    yield Call(np.copyto, copy, out=gradient)
            if not cell.below[start:stop].any():
                dx = None
        yield from self.embed_backward(dout, x, cell, dx)


def _by_column(array, columns):
    """Return a (n, columns * entries) buffer as (columns, entries, n)."""
    return array.reshape(columns, -1, len(array))


def _transposed(array):
    """Return the matrices of (columns, a, b) transposed, without a copy."""
    return array.transpose(0, 2, 1)


def _by_row(entries, out):
    """Yield the calls that copy (columns, entries, n) to ``out`` (n, columns, entries)."""
    step = max(1, _TOGETHER // entries.shape[1])
    for i in range(0, len(entries), step):
        yield Call(np.copyto, entries[i : i + step], out=out.transpose(1, 2, 0)[i : i + step])


def _line(x, line):
    """Yield the calls that write ``x`` (n, columns) and ones into ``line`` (columns, 2, n).

    A product with it makes ``a x + b`` for many pairs (a, b) in one pass, and its gradients.
    """
    yield Call(np.copyto, x.T, out=line[:, 0])
    yield Call(np.copyto, 1.0, out=line[:, 1])

"""Numbers embedded by the pieces between quantiles."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call, zeros
from .._engine.program.layer import Param
from ..constraints import Constraint, constraint_of
from ._column_embedding import (
    _COUNT,
    _FROM_ZERO,
    _POSITIVE,
    ColumnEmbedding,
    _by_row,
    _line,
    _transposed,
    span,
)

# From SEARCH_BINS bins and SEARCH_ROWS rows on, a search for each number's bin is cheaper than
# all parts.
SEARCH_BINS, SEARCH_ROWS = 32, 32
# A value that at least this share of rows repeat has a bin on either side of its own, so that it
# can stand apart.
DOMINANT = 0.2


def bin_edges(x: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the limits of bins that hold about the same number of rows, at most ``n_bins + 1``.

    A value that many rows repeat counts for no more than one bin; so the others share what is
    left. A column of few values has each of them as a limit.

    Parameters
    ----------
    x : ndarray of shape (n,)
        The column.
    n_bins : int
        Bins at most.

    Returns
    -------
    ndarray
        Limits, sorted, without repetition; one, if the column is constant.
    """
    values, counts = np.unique(x, return_counts=True)
    if len(values) <= n_bins + 1:
        return values
    dominant = np.flatnonzero(counts > DOMINANT * len(x))
    beside = np.clip(dominant[:, None] + [-1, 0, 1], 0, len(values) - 1).ravel()
    if n_bins <= len(beside) + 1:
        beside = beside[:0]
    reached = np.cumsum(np.minimum(counts, len(x) // n_bins))
    share = np.linspace(0, reached[-1], n_bins + 1 - len(beside))
    return values[np.union1d(np.searchsorted(reached, share), beside)]


class PiecewiseLinearEmbedding(ColumnEmbedding):
    r"""Embed each number by how far it reaches into each of its column's quantile bins.

    .. math:: e(x) = w x + c + \sum_j t_j V_j, \qquad
              t_j = \mathrm{clip}\!\left(\frac{x - q_j}{q_{j+1} - q_j}, 0, 1\right)

    where the first bin has no lower and the last no upper limit. The bins hold about as many
    training rows each, and are set before training; ``V`` starts at zero. A value that many rows
    repeat counts for one bin only, so that the others are not left with few; one that more than a
    fifth of the rows repeat has a limit on either side, too. Source: Gorishniy et al., "On
    Embeddings for Numerical Features in Tabular Deep Learning", 2022 (version B of the later
    "TabM", 2024).

    Parameters
    ----------
    n_bins : int, default=48
        Bins a column, fewer where quantiles coincide.
    n_entries : int, default=16
        Columns that replace one.
    lr_factor : float in (0, inf), default=1.0
        Factor on the learning rate.
    start, stop : int, default=0, None
        The columns to embed; None is the end.
    constraint : str or Constraint, default=None
        What ``w`` and ``V`` are held to; see :mod:`skfnn.constraints`. With "non_negative" no
        entry falls as the number grows.

    Examples
    --------
    >>> from skfnn.layers import PiecewiseLinearEmbedding
    >>> PiecewiseLinearEmbedding(n_entries=8).n_outputs(5)
    40
    """

    name = "piecewise_linear_embedding"
    fixed_buffers = True
    constraint: str | Constraint | None = None  # of layers in files from before
    _parameter_constraints: ClassVar = {
        "n_bins": _COUNT,
        "n_entries": _COUNT,
        "lr_factor": _POSITIVE,
        "start": _FROM_ZERO,
        "stop": [*_COUNT, None],
        "constraint": [str, Constraint, None],
    }

    def __init__(self, n_bins=48, n_entries=16, lr_factor=1.0, start=0, stop=None,
                 constraint=None) -> None:  # fmt: skip
        self.n_bins = n_bins
        self.n_entries = n_entries
        self.lr_factor = lr_factor
        self.start = start
        self.stop = stop
        self.constraint = constraint

    @property
    def held_to(self):
        """The constraint, or None."""
        return constraint_of(self)

    def entries(self):
        return self.n_entries

    @property
    def adapts(self):
        return True

    def _columns(self, n_in):
        start, stop = span(self, n_in)
        return stop - start

    def params(self, n_in):
        columns, k, m = self._columns(n_in), self.n_bins, self.n_entries
        factor = self.lr_factor

        def uniform(rng):
            return rng.uniform(-1, 1, (columns, m))

        held = self.held_to
        return {
            "V": Param(
                (columns, k, m),
                lambda rng: np.zeros((columns, k, m)),
                True,
                factor,
                constraint=held,
            ),
            "w": Param((columns, m), uniform, True, factor, constraint=held),
            "c": Param((columns, m), uniform, lr_factor=factor),
        }

    def buffers(self, n_in):
        # Before ``adapt``: bins of width 1 / n_bins over [0, 1]
        columns, k = self._columns(n_in), self.n_bins
        low, high = np.zeros((columns, k)), np.ones((columns, k))
        low[:, 0], high[:, -1] = -np.inf, np.inf
        return {
            "edge": np.tile(np.arange(k) / k, (columns, 1)),
            "steepness": np.full((columns, k), float(k)),
            "low": low,
            "high": high,
        }

    def adapt(self, X, cell, rng):
        start, stop = span(self, X.shape[1])
        for i, x in enumerate(X[:, start:stop].T):
            edges = bin_edges(x, self.n_bins)
            gaps = np.diff(edges)
            kept = max(1, len(gaps))
            for array, value in ((cell.edge, 0), (cell.steepness, 0), (cell.low, 0)):
                array[i] = value
            cell.high[i] = 1
            cell.edge[i, :kept] = edges[:kept]
            # finite in float32 too, with ``V`` as a factor
            cell.steepness[i, : len(gaps)] = 1 / np.maximum(gaps, 1e-30)
            cell.low[i, 0], cell.high[i, kept - 1] = -np.inf, np.inf

    def scratch(self, n_in):
        columns = self._columns(n_in)
        parts = max(self.n_bins + 2, 2 * self.n_entries)
        widths = 2 * columns, columns * parts, columns * self.n_entries
        whole = (2 * columns, np.intp), (columns, bool)
        return *((width, float) for width in widths), *whole

    def _bins(self, cell, n):
        """Return constants of the calls, which hold the bins as they are when these are written.

        The calls scale ``V`` by the steepness in place of the parts, which are many more; a part
        then is ``x - q`` between two limits. Two more, ``x`` and 1, belong to ``w`` and ``c``.

        Returns
        -------
        pairs : ndarray of shape (columns, n_bins + 2, 2)
            (a, b) of each part's ``a x + b`` before the limits.
        low : ndarray of shape (n_bins, n)
            The lower limits, 0 or none, in each column the same; one per row, as NumPy's inner loop
            then goes over all bins of a column.
        high : ndarray of shape (columns, n_bins, 1)
            The upper limits.
        steepness : ndarray of shape (columns, n_bins, n_entries)
            The steepness of each bin, as often as there are entries.
        """
        columns, k = cell.edge.shape
        pairs = zeros((columns, k + 2, 2), cell.edge.dtype)
        pairs[:, : k + 1, 0], pairs[:, :k, 1], pairs[:, k + 1, 1] = 1, -cell.edge, 1
        steep = cell.steepness[:, :, None]
        high = np.divide(cell.high[:, :, None], steep, out=np.zeros_like(steep), where=steep > 0)
        low = np.repeat(cell.low[0][:, None], n, axis=1)
        return pairs, low, high, np.repeat(steep, self.n_entries, axis=2)

    def _weights(self, cell):
        """Return the room for ``V``, scaled, ``w`` and ``c`` behind one another."""
        columns, k, m = cell.V.shape
        return cell.array("weights", (columns, k + 2, m))

    def embed(self, x, out, cell, training):
        if cell.replayed and self.n_bins >= SEARCH_BINS and len(x) >= SEARCH_ROWS:
            yield from self._look_up(x, out, cell)
            return
        line, part, entries = self._work(cell, x.shape[1])
        pairs, low, high, steepness = self._bins(cell, len(x))
        k, weights = self.n_bins, self._weights(cell)
        yield from _line(x, line)
        yield Call(np.matmul, pairs, line, out=part)
        yield Call(np.maximum, part[:, :k], low, out=part[:, :k])
        yield Call(np.minimum, part[:, :k], high, out=part[:, :k])
        yield Call(np.multiply, cell.V, steepness, out=weights[:, :k])
        yield Call(np.copyto, cell.w, out=weights[:, k])
        yield Call(np.copyto, cell.c, out=weights[:, k + 1])
        yield Call(np.matmul, _transposed(weights), part, out=entries)
        yield from _by_row(entries, out)

    def _work(self, cell, columns):
        """Return the room for lines, parts and entries, by column."""
        widths = 2, self.n_bins + 2, self.n_entries
        return tuple(
            _first(array, columns, width, len(array))
            for array, width in zip(cell.scratch, widths, strict=False)
        )

    def _look_up(self, x, out, cell):
        """Yield the calls that find the bin of each number, and read there what is linear in it.

        It is what all parts together come to, up to rounding.
        """
        (n, columns), m = x.shape, self.n_entries
        numbers, reads, _, wholes, above = cell.scratch
        offset, (start, slope) = _first(numbers, n, columns), _first(reads, 2, n, columns, m)
        place, step = _first(wholes, 2, n, columns)
        limits = self._limits(cell)
        starts, slopes = (cell.array(name, (*limits.shape, m)) for name in ("starts", "slopes"))
        yield from self._tabulate(cell, starts, slopes)
        yield Call(np.copyto, np.arange(columns) * limits.shape[1], out=place)
        half, limits = limits.shape[1] // 2, limits.reshape(-1)
        while half:
            yield Call(np.take, limits[half:], place, out=offset, mode="clip")
            yield Call(np.less_equal, offset, x, out=above)
            yield Call(np.multiply, above, half, out=step)
            yield Call(np.add, place, step, out=place)
            half //= 2
        yield Call(np.take, limits, place, out=offset, mode="clip")
        yield Call(np.subtract, x, offset, out=offset)
        for table, read in ((starts, start), (slopes, slope)):
            yield Call(np.take, table.reshape(-1, m), place, out=read, axis=0, mode="clip")
        yield Call(np.multiply, slope, offset[:, :, None], out=slope)
        yield Call(np.add, slope, start, out=out)

    def _limits(self, cell):
        """Return the lower limits of a column's bins, as many as a power of two, then infinity."""
        columns, k = cell.edge.shape
        limits = zeros((columns, 1 << (k - 1).bit_length()), cell.edge.dtype)
        limits.fill(np.inf)
        last = np.isinf(cell.high).argmax(axis=1)
        limits[:, :k] = np.where(np.arange(k) <= last[:, None], cell.edge, np.inf)
        return limits

    def _tabulate(self, cell, starts, slopes):
        """Yield the calls that write each bin's embedding at its lower limit, and its slope."""
        k = self.n_bins
        start, slope, full = starts[:, :k], slopes[:, :k], cell.array("full", cell.V.shape)
        yield Call(np.multiply, cell.V, cell.steepness[:, :, None], out=slope)
        yield Call(np.add, slope, cell.w[:, None], out=slope)
        yield Call(np.multiply, cell.w[:, None], cell.edge[:, :, None], out=start)
        yield Call(np.add, start, cell.c[:, None], out=start)
        yield Call(np.add.accumulate, cell.V, axis=1, out=full)
        yield Call(np.add, start[:, 1:], full[:, :-1], out=start[:, 1:])

    def embed_backward(self, dout, x, cell, dx):
        _, part, entries = self._work(cell, x.shape[1])
        _, low, high, steepness = self._bins(cell, len(x))
        k, weights = self.n_bins, self._weights(cell)
        gradient = cell.array("dweights", weights.shape)
        yield Call(np.copyto, dout.transpose(1, 2, 0), out=entries)
        yield Call(np.matmul, part, _transposed(entries), out=gradient)
        yield Call(np.multiply, gradient[:, :k], steepness, out=cell.dV)
        yield Call(np.copyto, gradient[:, k], out=cell.dw)
        yield Call(np.copyto, gradient[:, k + 1], out=cell.dc)
        if dx is None:
            return
        # Only the bin that x lies in has a slope: its part is strictly between the limits.
        bins, inside = part[:, :k], np.empty((2, *part[:, :k].shape), bool)
        slope = np.empty_like(part[:, : k + 1])  # the last is that of x itself
        yield Call(np.greater, bins, low, out=inside[0])
        yield Call(np.less, bins, high, out=inside[1])
        yield Call(np.logical_and, *inside, out=inside[0])
        yield Call(np.copyto, inside[0], out=bins)
        yield Call(np.matmul, weights[:, : k + 1], entries, out=slope)
        yield Call(np.multiply, slope[:, :k], bins, out=slope[:, :k])
        yield Call(np.add.reduce, slope, out=dx.T, axis=1)

    @classmethod
    def examples(cls):
        """All and some columns, many and few bins."""
        return [
            cls(n_bins=4, n_entries=3),
            cls(n_bins=1, n_entries=2, start=1, stop=3),
            cls(n_bins=3, n_entries=2, constraint="non_negative"),
        ]


def _first(array, *shape):
    """Return the first elements of a contiguous array in another shape."""
    return array.reshape(-1)[: math.prod(shape)].reshape(shape)

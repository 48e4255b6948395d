"""Layers that embed columns of a table: numbers as waves or pieces, categories as vectors.

Each works on the columns ``start`` to ``stop`` of its input and passes the others through, in
their order: ``[X[:, :start], embedding, X[:, stop:]]``.

The layers of numbers work on arrays (columns, entries, n), views of (n, columns * entries)
buffers: the inner loop of a NumPy call then runs over the rows, where it would be as short as there
are entries, and products are one call of BLAS a column.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import ClassVar

import numpy as np

from ._calls import zeros
from ._layer import Layer, Param
from ._sklearn import Interval, StrOptions

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

    start: int
    stop: int | None

    @property
    def reads(self):
        return frozenset({"X"})

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
                yield np.copyto, copy, given
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
                    yield np.copyto, gradient, copy
            if not cell.below[start:stop].any():
                dx = None
        yield from self.embed_backward(dout, x, cell, dx)


def _by_column(array, columns):
    """Return a (n, columns * entries) buffer as (columns, entries, n)."""
    return array.reshape(columns, -1, len(array))


def _transposed(array):
    """Return the matrices of (columns, a, b) transposed, without a copy."""
    return array.transpose(0, 2, 1)


def _line(x, line):
    """Yield the calls that write ``x`` (n, columns) and ones into ``line`` (columns, 2, n).

    A product with it makes ``a x + b`` for many pairs (a, b) in one pass, and its gradients.
    """
    yield np.copyto, line[:, 0], x.T
    yield np.copyto, line[:, 1], 1.0


class PeriodicEmbedding(ColumnEmbedding):
    r"""Embed each number as trained linear maps of cosines of trained frequencies.

    ``kind="pbld"`` ("periodic bias linear DenseNet") keeps the number itself as the last entry:

    .. math:: e(x) = [\cos(2\pi w x + b)\, W + c,\; x]

    ``kind="plr"`` ("periodic linear ReLU"): :math:`e(x) = \max(0, [\cos(2\pi w x + b)] W + c)`,
    with phases in place of the paper's pairs of sine and cosine.

    All weights belong to one column, and learn at ``lr_factor`` times the learning rate. Sources:
    Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features in Tabular Deep
    Learning", 2022; Holzmueller et al., "Better by Default", 2024.

    Parameters
    ----------
    kind : {"pbld", "plr"}, default="pbld"
        The form.
    n_frequencies : int, default=16
        Cosines a column.
    n_entries : int, default=4
        Columns that replace one.
    frequency_scale : float in (0, inf), default=0.1
        Standard deviation of the initial frequencies, in cycles a unit of ``x``.
    lr_factor : float in (0, inf), default=0.1
        Factor on the learning rate.
    start, stop : int, default=0, None
        The columns to embed; None is the end.

    Examples
    --------
    >>> from skfnn.layers import PeriodicEmbedding
    >>> PeriodicEmbedding(stop=3).n_outputs(5)  # four columns for each of three
    14
    """

    name = "periodic_embedding"
    _parameter_constraints: ClassVar = {
        "kind": [StrOptions({"pbld", "plr"})],
        "n_frequencies": _COUNT,
        "n_entries": [Interval(Integral, 2, None, closed="left")],
        "frequency_scale": _POSITIVE,
        "lr_factor": _POSITIVE,
        "start": _FROM_ZERO,
        "stop": [*_COUNT, None],
    }

    def __init__(self, kind="pbld", n_frequencies=16, n_entries=4, frequency_scale=0.1,
                 lr_factor=0.1, start=0, stop=None):  # fmt: skip
        self.kind = kind
        self.n_frequencies = n_frequencies
        self.n_entries = n_entries
        self.frequency_scale = frequency_scale
        self.lr_factor = lr_factor
        self.start = start
        self.stop = stop

    def entries(self):
        return self.n_entries

    def _shapes(self, n_in):
        start, stop = span(self, n_in)
        return stop - start, self.n_frequencies, self.n_entries - (self.kind == "pbld")

    def params(self, n_in):
        columns, k, m = self._shapes(n_in)
        bound, factor = k**-0.5, self.lr_factor
        spread = 2 * math.pi * self.frequency_scale
        return {
            # in radians a unit: 2 pi times a frequency, and so are its steps
            "omega": Param(
                (columns, k), lambda rng: rng.normal(0, spread, (columns, k)),
                lr_factor=factor, scale=2 * math.pi,
            ),
            "phase": Param(
                (columns, k), lambda rng: rng.uniform(-math.pi, math.pi, (columns, k)),
                lr_factor=factor,
            ),
            "V": Param(
                (columns, k, m), lambda rng: rng.uniform(-bound, bound, (columns, k, m)),
                decay=True, lr_factor=factor,
            ),
            "c": Param(
                (columns, m), lambda rng: rng.uniform(-bound, bound, (columns, m)),
                lr_factor=factor,
            ),
        }  # fmt: skip

    def scratch(self, n_in):
        columns, k, _ = self._shapes(n_in)
        widths = 2 * columns, columns * k, columns * k, columns * self.n_entries
        return tuple((width, float) for width in widths)

    def embed(self, x, out, cell, training):
        line, angle, wave, entries = (_by_column(a, x.shape[1]) for a in cell.scratch)
        linear = entries[:, : cell.V.shape[2]]
        affine = zeros((*cell.omega.shape, 2), cell.omega.dtype)
        yield from _line(x, line)
        yield np.copyto, affine[:, :, 0], cell.omega
        yield np.copyto, affine[:, :, 1], cell.phase
        yield np.matmul, affine, line, angle
        yield np.cos, angle, wave
        yield np.matmul, _transposed(cell.V), wave, linear
        yield np.add, linear, cell.c[:, :, None], linear
        if self.kind == "pbld":
            yield np.copyto, entries[:, -1], line[:, 0]
        else:
            yield np.maximum, linear, 0.0, linear
        yield np.copyto, out.transpose(1, 2, 0), entries

    def embed_backward(self, dout, x, cell, dx):
        line, angle, wave, entries = (_by_column(a, x.shape[1]) for a in cell.scratch)
        linear = entries[:, : cell.V.shape[2]]
        given = dout.transpose(1, 2, 0)
        if self.kind == "pbld":
            yield np.copyto, linear, given[:, :-1]
        else:
            yield np.sign, linear, linear
            yield np.multiply, linear, given, linear
        yield np.matmul, wave, _transposed(linear), cell.dV
        yield np.matmul, linear, cell.ones, cell.dc
        yield np.matmul, cell.V, linear, wave
        yield np.sin, angle, angle
        yield np.multiply, angle, wave, angle  # minus the gradient with respect to the angle
        affine = zeros((*cell.omega.shape, 2), cell.omega.dtype)
        yield np.matmul, angle, _transposed(line), affine
        yield np.negative, affine[:, :, 0], cell.domega
        yield np.negative, affine[:, :, 1], cell.dphase
        if dx is not None:
            yield np.multiply, angle, cell.omega[:, :, None], angle
            yield np.add.reduce, angle, 1, None, dx.T
            if self.kind == "pbld":
                yield np.subtract, dout[:, :, -1], dx, dx
            else:
                yield np.negative, dx, dx

    @classmethod
    def examples(cls):
        """Both kinds, on all and on some columns."""
        return [
            cls(n_frequencies=3),
            cls("plr", n_frequencies=3, start=1, stop=3, frequency_scale=0.5),
            cls(n_frequencies=2, n_entries=2, stop=2),
        ]


class PiecewiseLinearEmbedding(ColumnEmbedding):
    r"""Embed each number by how far it reaches into each of its column's quantile bins.

    .. math:: e(x) = w x + c + \sum_j t_j V_j, \qquad
              t_j = \mathrm{clip}\!\left(\frac{x - q_j}{q_{j+1} - q_j}, 0, 1\right)

    where the first bin has no lower and the last no upper limit. The bins are quantiles of the
    training rows, set before training; ``V`` starts at zero. Source: Gorishniy et al., "On
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

    Examples
    --------
    >>> from skfnn.layers import PiecewiseLinearEmbedding
    >>> PiecewiseLinearEmbedding(n_entries=8).n_outputs(5)
    40
    """

    name = "piecewise_linear_embedding"
    _parameter_constraints: ClassVar = {
        "n_bins": _COUNT,
        "n_entries": _COUNT,
        "lr_factor": _POSITIVE,
        "start": _FROM_ZERO,
        "stop": [*_COUNT, None],
    }

    def __init__(self, n_bins=48, n_entries=16, lr_factor=1.0, start=0, stop=None):
        self.n_bins = n_bins
        self.n_entries = n_entries
        self.lr_factor = lr_factor
        self.start = start
        self.stop = stop

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

        return {
            "V": Param((columns, k, m), lambda rng: np.zeros((columns, k, m)), True, factor),
            "w": Param((columns, m), uniform, True, factor),
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
        share = np.linspace(0, 1, self.n_bins + 1)
        for i, x in enumerate(X[:, start:stop].T):
            edges = np.unique(np.quantile(x, share))
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
        widths = 2 * columns, columns * (self.n_bins + 2), columns * self.n_entries
        return tuple((width, float) for width in widths)

    def _bins(self, cell):
        """Return constants of the calls, which hold the bins as they are when these are written.

        The calls scale ``V`` by the steepness in place of the parts, which are many more; a part
        then is ``x - q`` between two limits. Two more, ``x`` and 1, belong to ``w`` and ``c``.

        Returns
        -------
        pairs : ndarray of shape (columns, n_bins + 2, 2)
            (a, b) of each part's ``a x + b`` before the limits.
        low, high : ndarray of shape (columns, n_bins, 1)
            The limits.
        steepness : ndarray of shape (columns, n_bins, n_entries)
            The steepness of each bin, as often as there are entries.
        """
        columns, k = cell.edge.shape
        pairs = zeros((columns, k + 2, 2), cell.edge.dtype)
        pairs[:, : k + 1, 0], pairs[:, :k, 1], pairs[:, k + 1, 1] = 1, -cell.edge, 1
        steep = cell.steepness[:, :, None]
        low, high = (
            np.divide(limit[:, :, None], steep, out=np.zeros_like(steep), where=steep > 0)
            for limit in (cell.low, cell.high)
        )
        return pairs, low, high, np.repeat(steep, self.n_entries, axis=2)

    def embed(self, x, out, cell, training):
        line, part, entries = (_by_column(a, x.shape[1]) for a in cell.scratch)
        pairs, low, high, steepness = self._bins(cell)
        k = self.n_bins
        cell.weights = zeros((x.shape[1], k + 2, self.n_entries), cell.V.dtype)
        yield from _line(x, line)
        yield np.matmul, pairs, line, part
        yield np.maximum, part[:, :k], low, part[:, :k]
        yield np.minimum, part[:, :k], high, part[:, :k]
        yield np.multiply, cell.V, steepness, cell.weights[:, :k]
        yield np.copyto, cell.weights[:, k], cell.w
        yield np.copyto, cell.weights[:, k + 1], cell.c
        yield np.matmul, _transposed(cell.weights), part, entries
        yield np.copyto, out.transpose(1, 2, 0), entries

    def embed_backward(self, dout, x, cell, dx):
        _, part, entries = (_by_column(a, x.shape[1]) for a in cell.scratch)
        _, low, high, steepness = self._bins(cell)
        k, gradient = self.n_bins, np.zeros_like(cell.weights)
        yield np.copyto, entries, dout.transpose(1, 2, 0)
        yield np.matmul, part, _transposed(entries), gradient
        yield np.multiply, gradient[:, :k], steepness, cell.dV
        yield np.copyto, cell.dw, gradient[:, k]
        yield np.copyto, cell.dc, gradient[:, k + 1]
        if dx is None:
            return
        # Only the bin that x lies in has a slope: its part is strictly between the limits.
        bins, inside = part[:, :k], np.empty((2, *part[:, :k].shape), bool)
        slope = np.empty_like(part[:, : k + 1])  # the last is that of x itself
        yield np.greater, bins, low, inside[0]
        yield np.less, bins, high, inside[1]
        yield np.logical_and, *inside, inside[0]
        yield np.copyto, bins, inside[0]
        yield np.matmul, cell.weights[:, : k + 1], entries, slope
        yield np.multiply, slope[:, :k], bins, slope[:, :k]
        yield np.add.reduce, slope, 1, None, dx.T

    @classmethod
    def examples(cls):
        """All and some columns, many and few bins."""
        return [cls(n_bins=4, n_entries=3), cls(n_bins=1, n_entries=2, start=1, stop=3)]


class Repeat(Layer):
    """Put copies of columns behind them, so that several embeddings can take the same numbers.

    ``[X[:, :start], the columns ``times`` times, X[:, stop:]]``.

    Parameters
    ----------
    times : int, default=2
        How often the columns are there.
    start, stop : int, default=0, None
        The columns; None is the end.

    Examples
    --------
    >>> from skfnn.layers import PeriodicEmbedding, PiecewiseLinearEmbedding, Repeat
    >>> layers = [Repeat(stop=3), PiecewiseLinearEmbedding(start=3), PeriodicEmbedding(stop=3)]
    >>> layers[0].n_outputs(5)  # three columns, the same again, two others
    8
    """

    name = "repeat"
    _parameter_constraints: ClassVar = {
        "times": _COUNT,
        "start": _FROM_ZERO,
        "stop": [*_COUNT, None],
    }

    def __init__(self, times=2, start=0, stop=None):
        self.times = times
        self.start = start
        self.stop = stop

    def n_outputs(self, n_in):
        start, stop = span(self, n_in)
        return n_in + (stop - start) * (self.times - 1)

    def trained(self, n_in, below):
        start, stop = span(self, n_in)
        copies = np.tile(below[start:stop], self.times)
        return np.concatenate([below[:start], copies, below[stop:]])

    def _parts(self, narrow, wide):
        """Return (pairs of the other columns, the columns, list of their copies)."""
        start, stop = span(self, narrow.shape[1])
        width = stop - start
        end = start + self.times * width
        others = [(narrow[:, :start], wide[:, :start]), (narrow[:, stop:], wide[:, end:])]
        copies = [wide[:, first : first + width] for first in range(start, end, width)]
        return [pair for pair in others if pair[0].size], narrow[:, start:stop], copies

    def forward(self, X, Y, cell, training):
        others, x, copies = self._parts(X, Y)
        for few, many in others:
            yield np.copyto, many, few
        for copy in copies:
            yield np.copyto, copy, x

    def backward(self, dY, X, Y, cell, dX):
        if dX is None:
            return
        others, dx, copies = self._parts(dX, dY)
        for few, many in others:
            yield np.copyto, few, many
        start, stop = span(self, X.shape[1])
        if cell.below[start:stop].any():
            yield np.copyto, dx, copies[0]
            for copy in copies[1:]:
                yield np.add, dx, copy, dx

    @classmethod
    def examples(cls):
        """All and some columns."""
        return [cls(), cls(3, start=1, stop=3)]


class CategoryEmbedding(ColumnEmbedding):
    """Embed each code of a category as a trained vector.

    The columns hold whole numbers: 0 for a missing or unseen category, whose vector is zero, and 1
    to ``n_levels`` for the categories. Source: Guo and Berkhahn, "Entity Embeddings
    of Categorical Variables", 2016.

    Parameters
    ----------
    n_levels : sequence of int
        Number of categories of each column.
    n_entries : int, default=8
        Columns that replace one.
    start : int, default=0
        The first of the columns.

    Examples
    --------
    >>> from skfnn.layers import CategoryEmbedding
    >>> CategoryEmbedding([12, 31]).n_outputs(5)  # eight columns for each of two
    19
    """

    name = "category_embedding"
    _parameter_constraints: ClassVar = {
        "n_levels": ["array-like"],
        "n_entries": _COUNT,
        "start": _FROM_ZERO,
    }

    def __init__(self, n_levels, n_entries=8, start=0):
        self.n_levels = n_levels
        self.n_entries = n_entries
        self.start = start

    @property
    def stop(self):
        """The column after the last."""
        return self.start + len(self.n_levels)

    def entries(self):
        return self.n_entries

    def _first_rows(self):
        return np.cumsum([0, *self.n_levels])

    def params(self, n_in):
        span(self, n_in)
        shape = (self._first_rows()[-1], self.n_entries)
        return {"E": Param(shape, lambda rng: rng.normal(size=shape))}

    def scratch(self, n_in):
        columns, m = len(self.n_levels), self.n_entries
        return ((columns, np.intp), (columns, bool), (columns * m, np.intp), (columns * m, float))

    def embed(self, x, out, cell, training):
        row, unknown, _, _ = cell.scratch
        n_rows = len(cell.E)
        cell.table = zeros((n_rows + 1, self.n_entries), cell.E.dtype)  # the last row is zero
        yield np.copyto, cell.table[:-1], cell.E
        yield np.copyto, row, x, "unsafe"
        yield np.less_equal, row, 0, unknown
        yield np.add, row, self._first_rows()[:-1] - 1, row
        yield np.copyto, row, n_rows, "same_kind", unknown
        yield cell.table.take, row, 0, out, "clip"

    def embed_backward(self, dout, x, cell, dx):
        row, _, entry, gradient = cell.scratch
        places, total = (
            np.arange(cell.table.size).reshape(cell.table.shape),
            np.zeros_like(cell.table),
        )
        yield places.take, row, 0, entry.reshape(dout.shape), "clip"
        yield np.copyto, gradient.reshape(dout.shape), dout
        yield total.fill, 0
        # at places in one dimension it is several times as fast as at rows
        yield np.add.at, total.reshape(-1), entry.reshape(-1), gradient.reshape(-1)
        yield np.copyto, cell.dE, total[:-1]
        if dx is not None:
            yield np.copyto, dx, 0.0

    @classmethod
    def examples(cls):
        """One column."""
        return [cls([3], n_entries=2, start=1)]

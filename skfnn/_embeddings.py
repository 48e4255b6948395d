"""Layers that embed columns of a table: numbers as waves or pieces, categories as vectors.

Each works on the columns ``start`` to ``stop`` of its input and passes the others through, in
their order: ``[X[:, :start], embedding, X[:, stop:]]``. Inside, arrays of shape (n, columns,
entries) are views of (n, columns * entries) buffers.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import ClassVar

import numpy as np

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

    def _parts(self, narrow, wide):
        """Return ([(left), (right)] of both arrays, embedded columns of both)."""
        start, stop = span(self, narrow.shape[1])
        end = start + (stop - start) * self.entries()
        passed = [
            (narrow[:, :start], wide[:, :start]),
            (narrow[:, stop:], wide[:, end:]),
        ]
        embedded = wide[:, start:end].reshape(len(wide), stop - start, self.entries())
        assert np.shares_memory(embedded, wide) or not embedded.size
        return [pair for pair in passed if pair[0].size], narrow[:, start:stop], embedded

    def forward(self, X, Y, cell, training):
        passed, x, out = self._parts(X, Y)
        for given, copy in passed:
            yield np.copyto, copy, given
        yield from self.embed(x, out, cell, training)

    def backward(self, dY, X, Y, cell, dX):
        passed, x, dout = self._parts(X, dY)
        dx = None
        if dX is not None:
            passed, dx, _ = self._parts(dX, dY)
            for gradient, copy in passed:
                yield np.copyto, gradient, copy
        yield from self.embed_backward(dout, x, cell, dx)


def _by_column(array):
    """Return (n, columns, entries) as (columns, n, entries), without a copy."""
    return array.transpose(1, 0, 2)


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
        columns, k, m = self._shapes(n_in)
        return ((columns * k, float), (columns * k, float), (columns * m, float))

    def _scratch(self, cell, shape):
        angle, wave, linear = cell.scratch
        n, columns, _ = shape
        return (
            angle.reshape(n, columns, -1),
            wave.reshape(n, columns, -1),
            linear.reshape(n, columns, -1),
        )

    def embed(self, x, out, cell, training):
        angle, wave, linear = self._scratch(cell, out.shape)
        yield np.multiply, x[:, :, None], cell.omega, angle
        yield np.add, angle, cell.phase, angle
        yield np.cos, angle, wave
        yield np.matmul, _by_column(wave), cell.V, _by_column(linear)
        yield np.add, linear, cell.c, linear
        if self.kind == "pbld":
            yield np.copyto, out[:, :, :-1], linear
            yield np.copyto, out[:, :, -1], x
        else:
            yield np.maximum, linear, 0.0, out

    def embed_backward(self, dout, x, cell, dx):
        angle, wave, linear = self._scratch(cell, dout.shape)
        flat_angle, _, flat_linear = cell.scratch
        if self.kind == "pbld":
            yield np.copyto, linear, dout[:, :, :-1]
        else:
            yield np.sign, linear, linear
            yield np.maximum, linear, 0.0, linear
            yield np.multiply, linear, dout, linear
        yield np.matmul, _by_column(wave).transpose(0, 2, 1), _by_column(linear), cell.dV
        yield np.dot, cell.ones, flat_linear, cell.dc.reshape(-1)
        yield np.matmul, _by_column(linear), cell.V.transpose(0, 2, 1), _by_column(wave)
        yield np.sin, angle, angle
        yield np.negative, angle, angle
        yield np.multiply, angle, wave, angle  # the gradient with respect to the angle
        yield np.dot, cell.ones, flat_angle, cell.dphase.reshape(-1)
        if dx is not None:
            yield np.multiply, angle, cell.omega, wave
            yield np.add.reduce, wave, 2, None, dx
            if self.kind == "pbld":
                yield np.add, dx, dout[:, :, -1], dx
        yield np.multiply, angle, x[:, :, None], angle
        yield np.dot, cell.ones, flat_angle, cell.domega.reshape(-1)

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
            cell.steepness[i, : len(gaps)] = 1 / gaps
            cell.low[i, 0], cell.high[i, kept - 1] = -np.inf, np.inf

    def scratch(self, n_in):
        columns = self._columns(n_in)
        return ((columns * self.n_bins, float), (columns * self.n_entries, float))

    def embed(self, x, out, cell, training):
        n, columns, _ = out.shape
        part, linear = (a.reshape(n, columns, -1) for a in cell.scratch)
        yield np.subtract, x[:, :, None], cell.edge, part
        yield np.multiply, part, cell.steepness, part
        yield np.maximum, part, cell.low, part
        yield np.minimum, part, cell.high, part
        yield np.matmul, _by_column(part), cell.V, _by_column(linear)
        yield np.multiply, x[:, :, None], cell.w, out
        yield np.add, out, linear, out
        yield np.add, out, cell.c, out

    def embed_backward(self, dout, x, cell, dx):
        n, columns, _ = dout.shape
        part, linear = (a.reshape(n, columns, -1) for a in cell.scratch)
        flat = cell.scratch[1]
        yield np.matmul, _by_column(part).transpose(0, 2, 1), _by_column(dout), cell.dV
        yield np.copyto, linear, dout
        yield np.dot, cell.ones, flat, cell.dc.reshape(-1)
        yield np.multiply, linear, x[:, :, None], linear
        yield np.dot, cell.ones, flat, cell.dw.reshape(-1)
        if dx is None:
            return
        # Only the bin that x lies in has a slope: its part is strictly between the limits.
        inside, slope = np.empty(part.shape, bool), np.empty_like(part)
        yield np.greater, part, cell.low, inside
        yield np.copyto, slope, inside
        yield np.less, part, cell.high, inside
        yield np.multiply, slope, inside, slope
        yield np.multiply, slope, cell.steepness, slope
        yield np.matmul, _by_column(dout), cell.V.transpose(0, 2, 1), _by_column(part)
        yield np.multiply, part, slope, part
        yield np.add.reduce, part, 2, None, dx
        yield np.multiply, dout, cell.w, linear
        for i in range(self.n_entries):
            yield np.add, dx, linear[:, :, i], dx

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

    def _parts(self, narrow, wide):
        """Return pairs of views of the same columns, none of them empty."""
        start, stop = span(self, narrow.shape[1])
        width = stop - start
        end = start + self.times * width
        pairs = [(narrow[:, :start], wide[:, :start]), (narrow[:, stop:], wide[:, end:])]
        for i in range(self.times):
            first = start + i * width
            pairs.append((narrow[:, start:stop], wide[:, first : first + width]))
        return [(few, many) for few, many in pairs if few.size]

    def forward(self, X, Y, cell, training):
        for few, many in self._parts(X, Y):
            yield np.copyto, many, few

    def backward(self, dY, X, Y, cell, dX):
        if dX is None:
            return
        yield np.copyto, dX, 0.0
        for few, many in self._parts(dX, dY):
            yield np.add, few, many, few

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
        return ((columns, float), (columns, np.intp), (columns * m, np.intp), (columns * m, float))

    def embed(self, x, out, cell, training):
        known, row, _, vector = cell.scratch
        vector = vector.reshape(out.shape)
        yield np.copyto, row, x, "unsafe"
        yield np.copyto, known, row
        yield np.minimum, known, 1.0, known
        yield np.maximum, known, 0.0, known
        yield np.add, row, self._first_rows()[:-1] - 1, row
        yield cell.E.take, row, 0, vector, "clip"
        yield np.multiply, vector, known[:, :, None], out

    def embed_backward(self, dout, x, cell, dx):
        known, row, entry, gradient = cell.scratch
        blocks = entry.reshape(dout.shape)
        yield np.multiply, row[:, :, None], self.n_entries, blocks
        yield np.add, blocks, np.arange(self.n_entries), blocks
        yield np.maximum, entry, 0, entry
        yield np.multiply, dout, known[:, :, None], gradient.reshape(dout.shape)
        yield cell.dE.fill, 0
        yield np.add.at, cell.dE.reshape(-1), entry.reshape(-1), gradient.reshape(-1)
        if dx is not None:
            yield np.copyto, dx, 0.0

    @classmethod
    def examples(cls):
        """One column."""
        return [cls([3], n_entries=2, start=1)]

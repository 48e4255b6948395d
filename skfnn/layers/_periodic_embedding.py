"""Numbers embedded by waves."""

from __future__ import annotations

import math
from numbers import Integral
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Param
from .._sklearn import Interval, StrOptions
from ._column_embedding import (
    _COUNT,
    _FROM_ZERO,
    _POSITIVE,
    ColumnEmbedding,
    _by_column,
    _by_row,
    _line,
    _transposed,
    span,
)


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
                 lr_factor=0.1, start=0, stop=None) -> None:  # fmt: skip
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
        affine = cell.array("affine", (*cell.omega.shape, 2))
        yield from _line(x, line)
        yield Call(np.copyto, cell.omega, out=affine[:, :, 0])
        yield Call(np.copyto, cell.phase, out=affine[:, :, 1])
        yield Call(np.matmul, affine, line, out=angle)
        yield Call(np.cos, angle, out=wave)
        yield Call(np.matmul, _transposed(cell.V), wave, out=linear)
        yield Call(np.add, linear, cell.c[:, :, None], out=linear)
        if self.kind == "pbld":
            yield Call(np.copyto, line[:, 0], out=entries[:, -1])
        else:
            yield Call(np.maximum, linear, 0.0, out=linear)
        yield from _by_row(entries, out)

    def embed_backward(self, dout, x, cell, dx):
        line, angle, wave, entries = (_by_column(a, x.shape[1]) for a in cell.scratch)
        linear = entries[:, : cell.V.shape[2]]
        given = dout.transpose(1, 2, 0)
        if self.kind == "pbld":
            yield Call(np.copyto, given[:, :-1], out=linear)
        else:
            yield Call(np.sign, linear, out=linear)
            yield Call(np.multiply, linear, given, out=linear)
        yield Call(np.matmul, wave, _transposed(linear), out=cell.dV)
        yield Call(np.matmul, linear, cell.ones, out=cell.dc)
        yield Call(np.matmul, cell.V, linear, out=wave)
        yield Call(np.sin, angle, out=angle)
        yield Call(
            np.multiply, angle, wave, out=angle
        )  # minus the gradient with respect to the angle
        affine = cell.array("daffine", (*cell.omega.shape, 2))
        yield Call(np.matmul, angle, _transposed(line), out=affine)
        yield Call(np.negative, affine[:, :, 0], out=cell.domega)
        yield Call(np.negative, affine[:, :, 1], out=cell.dphase)
        if dx is not None:
            yield Call(np.multiply, angle, cell.omega[:, :, None], out=angle)
            yield Call(np.add.reduce, angle, out=dx.T, axis=1)
            if self.kind == "pbld":
                yield Call(np.subtract, dout[:, :, -1], dx, out=dx)
            else:
                yield Call(np.negative, dx, out=dx)

    @classmethod
    def examples(cls):
        """Both kinds, on all and on some columns."""
        return [
            cls(n_frequencies=3),
            cls("plr", n_frequencies=3, start=1, stop=3, frequency_scale=0.5),
            cls(n_frequencies=2, n_entries=2, stop=2),
        ]

"""Columns handed on several times, side by side."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Layer
from ._column_embedding import _COUNT, _FROM_ZERO, span


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

    def __init__(self, times=2, start=0, stop=None) -> None:
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

    def made_of(self, n_in):
        start, stop = span(self, n_in)
        copies = np.tile(np.arange(start, stop), self.times)
        return np.concatenate([np.arange(start), copies, np.arange(stop, n_in)])

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
            yield Call(np.copyto, few, out=many)
        for copy in copies:
            yield Call(np.copyto, x, out=copy)

    def backward(self, dY, X, Y, cell, dX):
        if dX is None:
            return
        others, dx, copies = self._parts(dX, dY)
        for few, many in others:
            yield Call(np.copyto, many, out=few)
        start, stop = span(self, X.shape[1])
        if cell.below[start:stop].any():
            yield Call(np.copyto, copies[0], out=dx)
            for copy in copies[1:]:
                yield Call(np.add, dx, copy, out=dx)

    @classmethod
    def examples(cls):
        """All and some columns."""
        return [cls(), cls(3, start=1, stop=3)]

"""Curves that are learned one by one, and cannot cross."""

from __future__ import annotations

from numbers import Integral
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Layer, Reads, expand, width_after
from .._sklearn import Interval


class SortedCurves(Layer):
    """What the layers inside make, several curves for each output, sorted in each row.

    Where each of the curves does not fall in an input, neither do the sorted ones. For losses that
    take them, such as ``Quantiles([...], independent=True)``: the first ``k`` columns of ``Y`` are
    the middle curve of ``k`` outputs, then come the next one above it, and so on up, then the next
    one below it, and so on down. A gradient goes to the curve that came to stand there.

    Parameters
    ----------
    layers : sequence of Layer
        The layers inside.
    n_curves : int
        How many curves each output has, at least 1.
    n_below : int, default=0
        How many of them are below the middle one.

    Examples
    --------
    >>> from skfnn.layers import Linear, SortedCurves
    >>> SortedCurves([Linear(5)], n_curves=5, n_below=2).n_outputs(10)
    5
    """

    name = "sorted_curves"
    reads = Reads.INPUT
    _parameter_constraints: ClassVar = {
        "layers": ["array-like"],
        "n_curves": [Interval(Integral, 1, None, closed="left")],
        "n_below": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(self, layers, n_curves, n_below=0) -> None:
        self.layers = layers
        self.n_curves = n_curves
        self.n_below = n_below

    def inner(self):
        return expand(self.layers)

    def n_outputs(self, n_in):
        return width_after(self.inner(), n_in)

    def scratch(self, n_in):
        width = self.n_outputs(n_in) // self.n_curves
        n_pairs = self.n_curves * (self.n_curves - 1) // 2
        return ((width, float), *[(width, float)] * n_pairs)

    def _pairs(self, array):
        """Yield pairs of neighbouring curves, lower and upper: sorted one after the other, all are.

        Each curve is as many columns of ``array`` as there are outputs.
        """
        n, k = self.n_curves, array.shape[1] // self.n_curves
        places = [*range(n - 1, n - 1 - self.n_below, -1), *range(n - self.n_below)]
        curves = [array[:, place * k : (place + 1) * k] for place in places]
        for last in range(n - 1, 0, -1):
            for i in range(last):
                yield curves[i], curves[i + 1]

    def forward(self, X, Y, cell, training):
        work, *swaps = cell.scratch
        yield from cell.chain.forward(X, training)
        yield Call(np.copyto, cell.chain.Y, out=Y)
        for (lower, upper), swap in zip(self._pairs(Y), swaps, strict=True):
            if training:
                yield Call(np.greater, lower, upper, out=swap)
            yield Call(np.minimum, lower, upper, out=work)
            yield Call(np.maximum, lower, upper, out=upper)
            yield Call(np.copyto, work, out=lower)

    def backward(self, dY, X, Y, cell, dX):
        work, *swaps = cell.scratch
        for (lower, upper), swap in reversed(list(zip(self._pairs(dY), swaps, strict=True))):
            yield Call(np.subtract, lower, upper, out=work)
            yield Call(np.multiply, work, swap, out=work)
            yield Call(np.subtract, lower, work, out=lower)
            yield Call(np.add, upper, work, out=upper)
        yield from cell.chain.backward(dY, dX is not None)
        if dX is not None:
            yield Call(np.copyto, cell.chain.dX, out=dX)

    @classmethod
    def examples(cls):
        """Of one and of two outputs, and a single curve."""
        dense = Layer.registry["dense"]
        return [cls([dense(4)], 4, 1), cls([dense(6)], 3, 2), cls([dense(2)], 1)]

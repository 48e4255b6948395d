"""A trained factor for each column."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np

from .._engine.calls import Call
from .._engine.layer import Layer, Param, Reads
from .._sklearn import Interval


class Scale(Layer):
    """Multiply each column by a trained factor, which starts at 1: a soft choice of features.

    Source: Holzmueller et al., "Better by Default", 2024.

    Parameters
    ----------
    lr_factor : float in (0, inf), default=6.0
        Factor on the learning rate.

    Examples
    --------
    >>> from skfnn.layers import Scale
    >>> list(Scale().params(5))
    ['s']
    """

    name = "scale"
    makes_units = False
    inplace = True
    reads = Reads.INPUT
    keeps_scratch = False
    _parameter_constraints: ClassVar = {"lr_factor": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, lr_factor=6.0) -> None:
        self.lr_factor = lr_factor

    def params(self, n_in):
        return {"s": Param((n_in,), lambda rng: np.ones(n_in), lr_factor=self.lr_factor)}

    def scratch(self, n_in):
        return ((n_in, float),)

    def forward(self, X, Y, cell, training):
        yield Call(np.multiply, X, cell.s, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        (work,) = cell.scratch
        yield Call(np.multiply, dY, X, out=work)
        yield Call(np.dot, cell.ones, work, out=cell.ds)
        if dX is not None:
            yield Call(np.multiply, dY, cell.s, out=dY)

    def backward_rows(self, dY, X, Y, cell, dX):
        yield Call(np.multiply, dY, X, out=cell.ds)
        if dX is not None:
            yield Call(np.multiply, dY, cell.s, out=dY)

    def affine(self, cell):
        return cell.s, 0.0

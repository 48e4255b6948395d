"""A trained factor for each column."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Layer, Param, Reads
from .._sklearn import Interval
from ..constraints import Constraint, constraint_of


class Scale(Layer):
    """Multiply each column by a trained factor, which starts at 1: a soft choice of features.

    Source: Holzmueller et al., "Better by Default", 2024.

    Parameters
    ----------
    lr_factor : float in (0, inf), default=6.0
        Factor on the learning rate.
    constraint : str or Constraint, default=None
        What the factors are held to; see :mod:`skfnn.constraints`.

    Examples
    --------
    >>> from skfnn.layers import Scale
    >>> list(Scale().params(5))
    ['s']
    """

    name = "scale"
    constraint: str | Constraint | None = None  # of layers in files from before
    makes_units = False
    inplace = True
    reads = Reads.INPUT
    keeps_scratch = False
    _parameter_constraints: ClassVar = {
        "lr_factor": [Interval(Real, 0, None, closed="neither")],
        "constraint": [str, Constraint, None],
    }

    def __init__(self, lr_factor=6.0, constraint=None) -> None:
        self.lr_factor = lr_factor
        self.constraint = constraint

    @property
    def held_to(self):
        """The constraint, or None."""
        return constraint_of(self)

    def params(self, n_in):
        def ones(rng):
            return np.ones(n_in)

        factor, held = self.lr_factor, self.held_to
        return {"s": Param((n_in,), ones, lr_factor=factor, constraint=held)}

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

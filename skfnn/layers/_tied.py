"""A linear map whose weights are another layer's, transposed."""

from __future__ import annotations

from numbers import Integral
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Layer, Param, Reads
from .._sklearn import Interval
from ..initializers import GlorotUniform


class Tied(Layer):
    """Affine map by the transpose of another layer's weights, ``Y = X W^T + b``.

    The decoder of an autoencoder with tied weights. The gradients of both uses add up, and the L2
    penalty counts ``W`` once. In ``coefs_`` the layer shows ``W^T``, a view of the same numbers.

    Source: Vincent et al., "Stacked Denoising Autoencoders", 2010, section 2.1.

    Parameters
    ----------
    units : int
        Number of outputs: the number of inputs of the other layer.
    layer : int
        Position of the other layer, as ``summary()`` counts (``Dense`` with an activation counts
        twice); it stands before this one and not inside another.

    Examples
    --------
    >>> from skfnn import FNNRegressor
    >>> from skfnn.layers import Dense, Tied
    >>> model = FNNRegressor(hidden_layers=[Dense(3, "tanh"), Tied(2, layer=0)], tol=0.1)
    >>> coefs = model.fit([[0.0, 1.0], [1.0, 1.0]], [0.0, 1.0]).coefs_
    >>> bool((coefs[1] == coefs[0].T).all())
    True
    """

    name = "tied"
    reads = Reads.INPUT
    _parameter_constraints: ClassVar = {
        "units": [Interval(Integral, 1, None, closed="left")],
        "layer": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(self, units, layer) -> None:
        self.units = units
        self.layer = layer

    @property
    def borrows(self):
        return {"W": int(self.layer)}  # cell.W is the transpose already

    def n_outputs(self, n_in):
        return self.units

    def params(self, n_in):
        def biases(rng):
            return GlorotUniform().biases(rng, n_in, self.units)

        return {"b": Param((self.units,), biases, published="intercepts")}

    def forward(self, X, Y, cell, training):
        yield Call(np.dot, X, cell.W, out=Y)
        yield Call(np.add, Y, cell.b, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        yield Call(np.dot, X.T, dY, out=cell.dW)
        yield Call(np.dot, cell.ones, dY, out=cell.db)
        if dX is not None:
            yield Call(np.dot, dY, cell.W.T, out=dX)

    def affine(self, cell):
        return cell.W, cell.b

    @classmethod
    def examples(cls):
        """The transpose of four columns."""
        return [cls(4, 0)]

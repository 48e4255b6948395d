"""Residual connections."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Layer, Param, Reads, expand, product, width_after
from .._engine.program.sparse import densify
from ..constraints import Constraint, constraint_of
from ..initializers import Initializer
from ._activation import Activate
from ._dense import Dense, Linear
from ._noise import Dropout
from ._normalization import BatchNorm


class Skip(Layer):
    """Residual connection: ``Y = X + F(X)``, with ``F`` the layers inside.

    Where ``F`` changes the width, ``X`` passes through a learned projection: ``Y = X P + F(X)``.
    Source: He et al., "Deep Residual Learning for Image Recognition", 2016.

    Parameters
    ----------
    layers : sequence of Layer
        The layers inside.
    constraint : str or Constraint, default=None
        What the projection ``P`` is held to; see :mod:`skfnn.constraints`.

    Examples
    --------
    >>> from skfnn.layers import Dense, Skip
    >>> block = Skip([Dense(64, "relu"), Dense(64)])
    >>> block.n_outputs(64), sorted(block.params(64)), sorted(block.params(32))
    (64, [], ['P'])
    """

    name = "skip"
    constraint: str | Constraint | None = None  # of layers in files from before
    reads = Reads.INPUT
    sparse = True
    _parameter_constraints: ClassVar = {
        "layers": ["array-like"],
        "constraint": [str, Constraint, None],
    }

    def __init__(self, layers, constraint=None) -> None:
        self.layers = layers
        self.constraint = constraint

    @property
    def held_to(self):
        """The constraint, or None."""
        return constraint_of(self)

    def inner(self):
        return expand(self.layers)

    def n_outputs(self, n_in):
        return width_after(self.inner(), n_in)

    def params(self, n_in):
        n_out = self.n_outputs(n_in)
        if n_in == n_out:
            return {}
        draws = Initializer.resolve("glorot_uniform", "initializer")
        return {
            "P": Param(
                (n_in, n_out),
                lambda rng: draws.weights(rng, n_in, n_out),
                decay=True,
                constraint=self.held_to,
            )
        }

    def forward(self, X, Y, cell, training):
        yield from cell.chain.forward(X, training)
        if hasattr(cell, "P"):
            yield product(X, cell.P, out=Y)
            yield Call(np.add, Y, cell.chain.Y, out=Y)
        elif isinstance(X, np.ndarray):
            yield Call(np.add, X, cell.chain.Y, out=Y)
        else:
            yield Call(densify, X, out=Y)
            yield Call(np.add, Y, cell.chain.Y, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        if hasattr(cell, "P"):
            yield product(X.T, dY, out=cell.dP)
        yield from self._through(dY, cell, dX)

    def backward_rows(self, dY, X, Y, cell, dX):
        if hasattr(cell, "P"):
            yield Call(np.multiply, X[:, :, None], dY[:, None, :], out=cell.dP)
        yield from self._through(dY, cell, dX)

    def _through(self, dY, cell, dX):
        """Yield the calls of the two ways back to the input."""
        if dX is not None:  # before the layers inside, which overwrite dY
            projected = hasattr(cell, "P")
            yield product(dY, cell.P.T, out=dX) if projected else Call(np.copyto, dY, out=dX)
        yield from cell.chain.backward(dY, dX is not None)
        if dX is not None:
            yield Call(np.add, dX, cell.chain.dX, out=dX)

    @classmethod
    def examples(cls):
        """Same width and changed width."""
        return [
            cls([Dropout(0.2), Linear(4), Activate("tanh")]),
            cls([Dense(4, "relu"), Skip([Dense(4, "silu"), BatchNorm()])]),
        ]

"""Affine maps, alone and with an activation."""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Layer, Param, Reads, product
from .._sklearn import Interval, StrOptions
from ..activations import Activation
from ..constraints import Constraint, constraint_of
from ..initializers import Initializer
from ._activation import Activate


class Linear(Layer):
    """Affine map ``Y = X W + b``.

    Parameters
    ----------
    units : int
        Number of outputs, at least 1.
    initializer : str or Initializer, default="auto"
        How weights are drawn; "auto" is "glorot_uniform".
    scaling : {"standard", "neural_tangent"}, default="standard"
        "neural_tangent" trains ``W`` as ``V / sqrt(n_in)`` with ``V`` in place of ``W``: steps do
        not grow with the width. ``W`` is what is stored, and takes the steps of ``V`` over
        ``sqrt(n_in)``. Source: Jacot, Gabriel and Hongler, "Neural Tangent Kernel", 2018.
    bias_lr_factor : float in (0, inf), default=1.0
        Factor on the learning rate of ``b``.
    constraint : str or Constraint, default=None
        What ``W`` is held to: "non_negative", "max_norm", "unit_norm"; see
        :mod:`skfnn.constraints`.

    Examples
    --------
    >>> from skfnn import FNNRegressor
    >>> from skfnn.layers import Activate, Linear
    >>> model = FNNRegressor(hidden_layers=[Linear(3), Activate("tanh")], tol=0.1)
    >>> model.fit([[0.0], [1.0]], [0.0, 1.0]).coefs_[0].shape
    (1, 3)
    """

    name = "linear"
    constraint: str | Constraint | None = None  # of layers in files from before
    reads = Reads.INPUT
    sparse = True
    _parameter_constraints: ClassVar = {
        "units": [Interval(Integral, 1, None, closed="left")],
        "initializer": [str, Initializer],
        "scaling": [StrOptions({"standard", "neural_tangent"})],
        "bias_lr_factor": [Interval(Real, 0, None, closed="neither")],
        "constraint": [str, Constraint, None],
    }

    def __init__(self, units, initializer="auto", scaling="standard", bias_lr_factor=1.0,
                 constraint=None) -> None:  # fmt: skip
        self.units = units
        self.initializer = initializer
        self.scaling = scaling
        self.bias_lr_factor = bias_lr_factor
        self.constraint = constraint

    def _draws(self):
        name = "glorot_uniform" if self.initializer == "auto" else self.initializer
        return Initializer.resolve(name, "initializer")

    @property
    def held_to(self):
        """The constraint, or None."""
        return constraint_of(self)

    @property
    def adapts(self):
        return self._draws().adapts

    def adapt(self, X, cell, rng):
        self._draws().adapt(X, cell.W, cell.b, rng)

    def n_outputs(self, n_in):
        return self.units

    def params(self, n_in):
        draws, n_out = self._draws(), self.units
        scale = 1.0 if self.scaling == "standard" else n_in**-0.5
        return {
            "W": Param(
                (n_in, n_out),
                lambda rng: draws.weights(rng, n_in, n_out),
                decay=True,
                scale=scale,
                published="coefs",
                constraint=self.held_to,
            ),
            "b": Param(
                (n_out,),
                lambda rng: draws.biases(rng, n_in, n_out),
                lr_factor=self.bias_lr_factor,
                published="intercepts",
            ),
        }

    def forward(self, X, Y, cell, training):
        yield product(X, cell.W, out=Y)
        # One bias as a number: NumPy adds it twice as fast as a row of one.
        yield Call(np.add, Y, cell.b if self.units > 1 else cell.b.reshape(()), out=Y)

    def backward(self, dY, X, Y, cell, dX):
        yield product(X.T, dY, out=cell.dW)
        yield Call(np.dot, cell.ones, dY, out=cell.db)
        if dX is not None:
            yield Call(np.dot, dY, cell.W.T, out=dX)

    def backward_rows(self, dY, X, Y, cell, dX):
        yield Call(np.multiply, X[:, :, None], dY[:, None, :], out=cell.dW)
        yield Call(np.copyto, dY, out=cell.db)
        if dX is not None:
            yield Call(np.dot, dY, cell.W.T, out=dX)

    def affine(self, cell):
        return cell.W, cell.b

    @classmethod
    def examples(cls):
        """Small ones."""
        return [
            cls(3),
            cls(2, "orthogonal"),
            cls(3, "data_driven", "neural_tangent", 0.1),
            cls(3, constraint="max_norm"),
        ]


class Dense(Layer):
    """Fully connected layer: :class:`Linear`, then :class:`Activate`, as Keras' ``Dense``.

    Parameters
    ----------
    units : int
        Number of outputs, at least 1.
    activation : str or Activation, default=None
        None is the identity.
    initializer : str or Initializer, default="auto"
        How weights are drawn; "auto" goes by the activation.
    constraint : str or Constraint, default=None
        What the weights are held to, as in :class:`Linear`.

    Examples
    --------
    >>> from skfnn import FNNClassifier
    >>> from skfnn.layers import Dense, Dropout
    >>> FNNClassifier(hidden_layers=[Dense(64, "relu"), Dropout(0.2)])
    FNNClassifier(hidden_layers=[Dense(activation='relu', units=64), Dropout()])
    """

    name = "dense"
    constraint: str | Constraint | None = None  # of layers in files from before
    _parameter_constraints: ClassVar = {
        "units": [Interval(Integral, 1, None, closed="left")],
        "activation": [str, Activation, None],
        "initializer": [str, Initializer],
        "constraint": [str, Constraint, None],
    }

    def __init__(self, units, activation=None, initializer="auto", constraint=None) -> None:
        self.units = units
        self.activation = activation
        self.initializer = initializer
        self.constraint = constraint

    def expand(self):
        initializer = self.initializer
        if self.activation is None:
            return (Linear(self.units, initializer, constraint=constraint_of(self)),)
        function = Activation.resolve(self.activation, "activation")
        if initializer == "auto":
            initializer = function.initializer
        linear = Linear(self.units, initializer, constraint=constraint_of(self))
        return linear, Activate(function)

    def n_outputs(self, n_in):
        return self.units

    @classmethod
    def examples(cls):
        """Linear and nonlinear."""
        return [cls(3), cls(3, "tanh"), cls(3, "gelu", "lecun_normal", "unit_norm")]

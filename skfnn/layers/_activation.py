"""Layers that apply an activation."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np

from .._engine.program.layer import Layer, Param, Reads
from .._sklearn import Interval
from ..activations import Activation


def _resolved(given) -> Activation:
    return Activation.resolve(given, "activation") if isinstance(given, str) else given


class Activate(Layer):
    """Element-wise activation, ``Y = f(X)``.

    Parameters
    ----------
    activation : str or Activation, default="relu"
        The function; see :mod:`skfnn.activations`.

    Examples
    --------
    >>> from skfnn.layers import Activate
    >>> Activate("tanh")
    Activate(activation='tanh')
    """

    name = "activate"
    makes_units = False
    inplace = True
    _parameter_constraints: ClassVar = {"activation": [str, Activation]}

    def __init__(self, activation="relu") -> None:
        self.activation = activation

    @property
    def reads(self):
        return _resolved(self.activation).reads

    @property
    def pure_activation(self):
        return _resolved(self.activation)

    @property
    def keeps_scratch(self):
        return _resolved(self.activation).keeps_scratch

    @property
    def differentiable(self):
        return _resolved(self.activation).differentiable

    def scratch(self, n_in):
        return tuple((n_in, kind) for kind in _resolved(self.activation).scratch)

    def forward(self, X, Y, cell, training):
        return _resolved(self.activation).forward(X, Y, cell.scratch)

    def backward(self, dY, X, Y, cell, dX):
        function = _resolved(self.activation)
        return function.backward(dY, function.reference(X, Y), cell.scratch)


class ParametricActivate(Layer):
    r"""Activation that each unit mixes with the identity: :math:`y = x + a (f(x) - x)`.

    The trained :math:`a`, one per column, starts at 1. Source: Holzmueller et al., "Better by
    Default", 2024.

    Parameters
    ----------
    activation : str or Activation, default="relu"
        The function :math:`f`.
    lr_factor : float in (0, inf), default=0.1
        Factor on the learning rate of :math:`a`.

    Examples
    --------
    >>> from skfnn.layers import ParametricActivate
    >>> list(ParametricActivate("selu").params(64))
    ['a']
    """

    name = "parametric_activate"
    makes_units = False
    reads = Reads.INPUT
    _parameter_constraints: ClassVar = {
        "activation": [str, Activation],
        "lr_factor": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, activation="relu", lr_factor=0.1) -> None:
        self.activation = activation
        self.lr_factor = lr_factor

    def params(self, n_in):
        return {"a": Param((n_in,), lambda rng: np.ones(n_in), lr_factor=self.lr_factor)}

    @property
    def differentiable(self):
        return _resolved(self.activation).differentiable

    def scratch(self, n_in):
        return tuple((n_in, kind) for kind in _resolved(self.activation).mix_scratch)

    def forward(self, X, Y, cell, training):
        yield from _resolved(self.activation).mix(X, cell.a, Y, cell.scratch, training)

    def backward(self, dY, X, Y, cell, dX):
        yield from _resolved(self.activation).mix_backward(
            dY, X, cell.a, cell.da, cell.ones, dX, cell.scratch
        )

    @classmethod
    def examples(cls):
        """Activations that read their output, their input and nothing."""
        return [cls("selu"), cls("mish"), cls("identity")]

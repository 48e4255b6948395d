"""Activations that are linear above zero."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._sklearn import Interval
from ._base import Activation


class ReLU(Activation):
    """Rectified linear unit: ``f(z) = max(z, 0)``.

    Source: Nair and Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines", 2010.

    Examples
    --------
    >>> from skfnn.activations import ReLU
    >>> ReLU().derivative([-1.0, 0.0, 2.0])
    array([0., 0., 1.])
    """

    name = "relu"
    monotone = True
    scratch = (bool, float)
    keeps_scratch = False

    def forward(self, Z, out, scratch):
        yield Call(np.maximum, Z, 0.0, out=out)

    def backward(self, dA, ref, scratch):
        active, slope = scratch
        yield Call(np.greater, ref, 0.0, out=active)
        yield Call(np.copyto, active, out=slope)  # cheaper than a product of mixed types
        yield Call(np.multiply, dA, slope, out=dA)


class LeakyReLU(Activation):
    """Leaky rectifier: ``f(z) = z`` for ``z > 0``, else ``slope z``.

    Source: Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic
    Models", 2013.

    Parameters
    ----------
    slope : float in (0, 1), default=0.01
        Slope on the negative side.

    Examples
    --------
    >>> from skfnn.activations import LeakyReLU
    >>> LeakyReLU(slope=0.1)([-1.0, 2.0])
    array([-0.1,  2. ])
    """

    name = "leaky_relu"
    monotone = True
    scratch = (bool, float)
    keeps_scratch = False
    _parameter_constraints: ClassVar = {"slope": [Interval(Real, 0, 1, closed="neither")]}

    def __init__(self, slope=0.01) -> None:
        self.slope = slope

    def forward(self, Z, out, scratch):
        _, leak = scratch
        yield Call(np.multiply, Z, float(self.slope), out=leak)
        yield Call(np.maximum, Z, leak, out=out)

    def backward(self, dA, ref, scratch):
        active, slope = scratch
        yield Call(np.greater, ref, 0.0, out=active)
        yield Call(np.multiply, active, 1.0 - self.slope, out=slope)
        yield Call(np.add, slope, float(self.slope), out=slope)
        yield Call(np.multiply, dA, slope, out=dA)


def _exponential_linear(Z, out, negative, alpha, scale):
    """Calls for ``scale * (max(z, 0) + alpha * expm1(min(z, 0)))``."""
    yield Call(np.minimum, Z, 0.0, out=negative)
    yield Call(np.exp, negative, out=negative)  # several times as fast as expm1
    yield Call(np.subtract, negative, 1.0, out=negative)
    if alpha != 1.0:
        yield Call(np.multiply, negative, alpha, out=negative)
    yield Call(np.maximum, Z, 0.0, out=out)
    yield Call(np.add, out, negative, out=out)
    if scale != 1.0:
        yield Call(np.multiply, out, scale, out=out)


def _exponential_linear_slope(dA, A, active, slope, excess, alpha, scale):
    """Calls for ``dA *= scale`` where ``A > 0``, else ``dA *= A + scale * alpha``."""
    yield Call(np.minimum, A, 0.0, out=slope)
    yield Call(np.add, slope, scale * alpha, out=slope)
    if alpha != 1.0:
        yield Call(np.greater, A, 0.0, out=active)
        yield Call(np.copyto, active, out=excess)
        yield Call(np.multiply, excess, scale * (alpha - 1.0), out=excess)
        yield Call(np.subtract, slope, excess, out=slope)
    yield Call(np.multiply, dA, slope, out=dA)


class ELU(Activation):
    """Exponential linear unit: ``f(z) = z`` for ``z > 0``, else ``alpha (exp(z) - 1)``.

    Source: Clevert, Unterthiner and Hochreiter, "Fast and Accurate Deep Network Learning by
    Exponential Linear Units", 2016.

    Parameters
    ----------
    alpha : float in (0, inf), default=1.0
        Minus the limit at minus infinity.

    Examples
    --------
    >>> from skfnn.activations import ELU
    >>> ELU()([-50.0, 3.0])
    array([-1.,  3.])
    """

    name = "elu"
    monotone = True
    scratch = (bool, float, float)
    keeps_scratch = False
    _parameter_constraints: ClassVar = {"alpha": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, alpha=1.0) -> None:
        self.alpha = alpha

    def forward(self, Z, out, scratch):
        return _exponential_linear(Z, out, scratch[1], float(self.alpha), 1.0)

    def backward(self, dA, ref, scratch):
        return _exponential_linear_slope(dA, ref, *scratch, float(self.alpha), 1.0)

    @classmethod
    def examples(cls):
        """Unit and other ``alpha``."""
        return [cls(), cls(alpha=0.5)]


class SELU(Activation):
    """Scaled ELU, ``f(z) = 1.0507 elu(z, alpha=1.6733)``: keeps mean 0 and variance 1 over layers.

    Source: Klambauer et al., "Self-Normalizing Neural Networks", 2017.

    Examples
    --------
    >>> from skfnn.activations import SELU
    >>> SELU()([1.0]).round(4)
    array([1.0507])
    """

    name = "selu"
    monotone = True
    scratch = (bool, float, float)
    keeps_scratch = False
    initializer = "lecun_normal"
    _alpha: ClassVar = 1.6732632423543772
    _scale: ClassVar = 1.0507009873554805

    def forward(self, Z, out, scratch):
        return _exponential_linear(Z, out, scratch[1], self._alpha, self._scale)

    def backward(self, dA, ref, scratch):
        return _exponential_linear_slope(dA, ref, *scratch, self._alpha, self._scale)

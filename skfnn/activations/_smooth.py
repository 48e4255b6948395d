"""Activations that bend smoothly between zero and the identity."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from .._engine.program.calls import Call
from .._engine.program.layer import Reads
from ._base import Activation
from ._classic import Logistic


class GELU(Activation):
    """Gaussian error linear unit: ``f(z) = z Phi(z)``, ``Phi`` the normal distribution function.

    ``f' = Phi(z) + z phi(z)``. Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.

    Examples
    --------
    >>> from skfnn.activations import GELU
    >>> GELU()([0.0, 1.0]).round(4)
    array([0.    , 0.8413])
    """

    name = "gelu"
    reads = Reads.INPUT
    scratch = (float, float)

    def forward(self, Z, out, scratch):
        Phi, _ = scratch
        yield Call(np.multiply, Z, math.sqrt(0.5), out=Phi)
        yield Call(special.erf, Phi, out=Phi)
        yield Call(np.multiply, Phi, 0.5, out=Phi)
        yield Call(np.add, Phi, 0.5, out=Phi)
        yield Call(np.multiply, Z, Phi, out=out)

    def backward(self, dA, ref, scratch):
        Phi, slope = scratch
        yield Call(np.multiply, ref, ref, out=slope)
        yield Call(np.multiply, slope, -0.5, out=slope)
        yield Call(np.exp, slope, out=slope)
        yield Call(np.multiply, slope, 1.0 / math.sqrt(2.0 * math.pi), out=slope)
        yield Call(np.multiply, slope, ref, out=slope)
        yield Call(np.add, slope, Phi, out=slope)
        yield Call(np.multiply, dA, slope, out=dA)


class SiLU(Activation):
    """Sigmoid linear unit or swish: ``f(z) = z s(z)`` with ``s`` the logistic function.

    ``f' = s (1 + z (1 - s))``. Sources: Elfwing, Uchibe and Doya, 2018; Ramachandran, Zoph and
    Le, "Searching for Activation Functions", 2017.

    Examples
    --------
    >>> from skfnn.activations import SiLU
    >>> SiLU()([0.0, 1.0]).round(4)
    array([0.    , 0.7311])
    """

    name = "silu"
    aliases = ("swish",)
    reads = Reads.INPUT
    scratch = (float, float)

    def forward(self, Z, out, scratch):
        s, _ = scratch
        yield from Logistic().forward(Z, s, ())
        yield Call(np.multiply, Z, s, out=out)

    def backward(self, dA, ref, scratch):
        s, slope = scratch
        yield Call(np.subtract, 1.0, s, out=slope)
        yield Call(np.multiply, slope, ref, out=slope)
        yield Call(np.add, slope, 1.0, out=slope)
        yield Call(np.multiply, slope, s, out=slope)
        yield Call(np.multiply, dA, slope, out=dA)


class Mish(Activation):
    """Mish: ``f(z) = z tanh(log(1 + exp(z)))``.

    With ``e = exp(z)`` and ``n = e (e + 2)``: ``T = tanh(softplus(z)) = n / (n + 2)`` and
    ``f' = T + 4 z e (e + 1) / (n + 2)^2``. ``exp`` is taken of ``min(z, 40)``, above which ``T``
    is 1 and ``f'`` is 1 in double precision. Source: Misra, "Mish", 2019.

    Examples
    --------
    >>> from skfnn.activations import Mish
    >>> Mish()([1.0]).round(4)
    array([0.8651])
    """

    name = "mish"
    reads = Reads.INPUT
    scratch = (float, float, float)

    def forward(self, Z, out, scratch):
        T, e, n = scratch
        yield Call(np.minimum, Z, 40.0, out=e)
        yield Call(np.exp, e, out=e)
        yield Call(np.add, e, 2.0, out=n)
        yield Call(np.multiply, n, e, out=n)
        yield Call(np.add, n, 2.0, out=T)
        yield Call(np.divide, n, T, out=T)
        yield Call(np.multiply, Z, T, out=out)

    def backward(self, dA, ref, scratch):
        T, e, n = scratch
        yield Call(np.add, n, 2.0, out=n)
        yield Call(
            np.divide, e, n, out=e
        )  # e / (n + 2), then (e + 1) / (n + 2) = that + 1 / (n + 2)
        yield Call(np.divide, 1.0, n, out=n)  # twice as fast as np.reciprocal
        yield Call(np.add, n, e, out=n)
        yield Call(np.multiply, n, e, out=n)
        yield Call(np.multiply, n, 4.0, out=n)
        yield Call(np.multiply, n, ref, out=n)
        yield Call(np.add, n, T, out=n)
        yield Call(np.multiply, dA, n, out=dA)

    # With u = e + 1, q = u^2 + 1 and D = z / q: f(z) - z = -2 D and
    # f'(z) - 1 = -4 (1/2 - D e u) / q, in two thirds of the calls.
    @property
    def mix_scratch(self):
        """e, u, q, D."""
        return (float, float, float, float)

    def mix(self, Z, a, out, scratch, training=True):
        # Where no derivative follows, one array stays in cache; and D is 0 where exp overflows.
        e, u, q, D = scratch if training else [scratch[0]] * 4
        factor = np.empty_like(a)
        if training:
            yield Call(np.minimum, Z, 40.0, out=e)
        yield Call(np.exp, e if training else Z, out=e)
        yield Call(np.add, e, 1.0, out=u)
        yield Call(np.multiply, u, u, out=q)
        yield Call(np.add, q, 1.0, out=q)
        yield Call(np.divide, Z, q, out=D)
        yield Call(np.multiply, a, -2.0, out=factor)
        yield Call(np.multiply, D, factor, out=out)
        yield Call(np.add, out, Z, out=out)

    def mix_backward(self, dY, Z, a, da, ones, dZ, scratch):
        e, u, q, D = scratch
        if dZ is not None:
            factor = np.empty_like(a)
            yield Call(np.multiply, e, u, out=e)
            yield Call(np.multiply, e, D, out=e)
            yield Call(np.subtract, 0.5, e, out=e)
            yield Call(np.divide, e, q, out=e)
            yield Call(np.multiply, e, dY, out=e)
            yield Call(np.multiply, a, -4.0, out=factor)
            yield Call(np.multiply, e, factor, out=e)
            yield Call(np.add, e, dY, out=dZ)
        yield Call(np.multiply, D, dY, out=D)
        yield Call(np.dot, ones, D, out=da)
        yield Call(np.multiply, da, -2.0, out=da)


class Softplus(Activation):
    """Smooth rectifier: ``f(z) = log(1 + exp(z)) = max(z, 0) + log1p(exp(-|z|))``.

    ``f' = 1 - exp(-f)``. Source: Dugas et al., "Incorporating Second-Order Functional Knowledge
    for Better Option Pricing", 2001.

    Examples
    --------
    >>> from skfnn.activations import Softplus
    >>> Softplus()([-1000.0, 0.0, 5.0]).round(4)
    array([0.    , 0.6931, 5.0067])
    """

    name = "softplus"
    monotone = True
    scratch = (float,)
    keeps_scratch = False

    def forward(self, Z, out, scratch):
        (tail,) = scratch
        yield Call(np.absolute, Z, out=tail)
        yield Call(np.negative, tail, out=tail)
        yield Call(np.exp, tail, out=tail)
        yield Call(np.log1p, tail, out=tail)
        yield Call(np.maximum, Z, 0.0, out=out)
        yield Call(np.add, out, tail, out=out)

    def backward(self, dA, ref, scratch):
        (slope,) = scratch
        yield Call(np.negative, ref, out=slope)
        yield Call(np.expm1, slope, out=slope)
        yield Call(np.negative, slope, out=slope)
        yield Call(np.multiply, dA, slope, out=dA)

"""Activations that bend smoothly between zero and the identity."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

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
    reads = "input"
    scratch = (float, float)

    def forward(self, Z, out, scratch):
        Phi, _ = scratch
        yield np.multiply, Z, math.sqrt(0.5), Phi
        yield special.erf, Phi, Phi
        yield np.multiply, Phi, 0.5, Phi
        yield np.add, Phi, 0.5, Phi
        yield np.multiply, Z, Phi, out

    def backward(self, dA, ref, scratch):
        Phi, slope = scratch
        yield np.multiply, ref, ref, slope
        yield np.multiply, slope, -0.5, slope
        yield np.exp, slope, slope
        yield np.multiply, slope, 1.0 / math.sqrt(2.0 * math.pi), slope
        yield np.multiply, slope, ref, slope
        yield np.add, slope, Phi, slope
        yield np.multiply, dA, slope, dA


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
    reads = "input"
    scratch = (float, float)

    def forward(self, Z, out, scratch):
        s, _ = scratch
        yield from Logistic().forward(Z, s, ())
        yield np.multiply, Z, s, out

    def backward(self, dA, ref, scratch):
        s, slope = scratch
        yield np.subtract, 1.0, s, slope
        yield np.multiply, slope, ref, slope
        yield np.add, slope, 1.0, slope
        yield np.multiply, slope, s, slope
        yield np.multiply, dA, slope, dA


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
    reads = "input"
    scratch = (float, float, float)

    def forward(self, Z, out, scratch):
        T, e, n = scratch
        yield np.minimum, Z, 40.0, e
        yield np.exp, e, e
        yield np.add, e, 2.0, n
        yield np.multiply, n, e, n
        yield np.add, n, 2.0, T
        yield np.divide, n, T, T
        yield np.multiply, Z, T, out

    def backward(self, dA, ref, scratch):
        T, e, n = scratch
        yield np.add, n, 2.0, n
        yield np.divide, e, n, e  # e / (n + 2), then (e + 1) / (n + 2) = that + 1 / (n + 2)
        yield np.divide, 1.0, n, n  # twice as fast as np.reciprocal
        yield np.add, n, e, n
        yield np.multiply, n, e, n
        yield np.multiply, n, 4.0, n
        yield np.multiply, n, ref, n
        yield np.add, n, T, n
        yield np.multiply, dA, n, dA

    # With u = e + 1, q = u^2 + 1 and D = z / q: f(z) - z = -2 D and
    # f'(z) - 1 = -4 (1/2 - D e u) / q, in two thirds of the calls.
    @property
    def mix_scratch(self):
        """e, u, q, D."""
        return (float, float, float, float)

    def mix(self, Z, a, out, scratch):
        e, u, q, D = scratch
        factor = np.empty_like(a)
        yield np.minimum, Z, 40.0, e
        yield np.exp, e, e
        yield np.add, e, 1.0, u
        yield np.multiply, u, u, q
        yield np.add, q, 1.0, q
        yield np.divide, Z, q, D
        yield np.multiply, a, -2.0, factor
        yield np.multiply, D, factor, out
        yield np.add, out, Z, out

    def mix_backward(self, dY, Z, a, da, ones, dZ, scratch):
        e, u, q, D = scratch
        if dZ is not None:
            factor = np.empty_like(a)
            yield np.multiply, e, u, e
            yield np.multiply, e, D, e
            yield np.subtract, 0.5, e, e
            yield np.divide, e, q, e
            yield np.multiply, e, dY, e
            yield np.multiply, a, -4.0, factor
            yield np.multiply, e, factor, e
            yield np.add, e, dY, dZ
        yield np.multiply, D, dY, D
        yield np.dot, ones, D, da
        yield np.multiply, da, -2.0, da


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
    scratch = (float,)
    keeps_scratch = False

    def forward(self, Z, out, scratch):
        (tail,) = scratch
        yield np.absolute, Z, tail
        yield np.negative, tail, tail
        yield np.exp, tail, tail
        yield np.log1p, tail, tail
        yield np.maximum, Z, 0.0, out
        yield np.add, out, tail, out

    def backward(self, dA, ref, scratch):
        (slope,) = scratch
        yield np.negative, ref, slope
        yield np.expm1, slope, slope
        yield np.negative, slope, slope
        yield np.multiply, dA, slope, dA

r"""Activation functions of hidden units.

Each activation *yields the NumPy calls* that compute it, on arrays it is given; it allocates
nothing. ``Z`` is the input (n, units), ``A`` the output, ``dA`` the gradient of the loss with
respect to ``A``, which ``backward`` turns into the gradient with respect to ``Z`` in place.
Python floats among a call's arguments are turned into 0-d arrays of the training dtype when the
call is bound.

References
----------
Goodfellow, Bengio and Courville, "Deep Learning", MIT Press 2016, section 6.3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from numbers import Real
from typing import ClassVar

import numpy as np
from scipy import special

from ._calls import Call, bind, replay
from ._component import Component
from ._sklearn import Interval

Calls = Iterator[Call]


class Activation(Component):
    """Base class: an element-wise function and its derivative.

    To add an activation, subclass with a ``name`` and write ``forward`` and ``backward``.

    Attributes
    ----------
    reads : {"output", "input", None}
        What ``backward`` needs: ``A``, ``Z`` or nothing. "output" lets ``A`` overwrite ``Z``.
    scratch : tuple of type
        The arrays shaped like ``Z`` that both methods are given, each ``float`` (the training
        dtype) or ``bool``.
    keeps_scratch : bool
        Whether ``backward`` finds in them what ``forward`` left; if not, layers share them.
    initializer : str
        The initializer that suits it, taken by ``initializer="auto"``.
    differentiable : bool
        Whether ``backward`` is the exact derivative (not so for a surrogate gradient).
    """

    family = "activation"
    reads: ClassVar[str | None] = "output"
    scratch: ClassVar[tuple[type, ...]] = ()
    keeps_scratch: ClassVar[bool] = True
    initializer: ClassVar[str] = "glorot_uniform"
    differentiable: ClassVar[bool] = True

    def forward(self, Z: np.ndarray, out: np.ndarray, scratch: Sequence[np.ndarray]) -> Calls:
        """Yield the calls for ``out = f(Z)``; ``out`` may be ``Z``."""
        raise NotImplementedError

    def backward(self, dA: np.ndarray, ref: np.ndarray | None, scratch: Sequence) -> Calls:
        """Yield the calls for ``dA *= f'(Z)``; ``ref`` is ``A`` or ``Z`` as ``reads`` says."""
        raise NotImplementedError

    @property
    def mix_scratch(self) -> tuple[type, ...]:
        """The arrays that both methods of a mixture are given."""
        return (float, float, *self.scratch)

    def mix(self, Z: np.ndarray, a: np.ndarray, out: np.ndarray, scratch: Sequence) -> Calls:
        """Yield the calls for ``out = Z + a (f(Z) - Z)``, where ``a`` has one number a column."""
        A, bend, *own = scratch
        yield from self.forward(Z, A, own)
        yield np.subtract, A, Z, bend
        yield np.multiply, bend, a, out
        yield np.add, out, Z, out

    def mix_backward(self, dY, Z, a, da, ones, dZ, scratch: Sequence) -> Calls:
        """Yield the calls for the gradients ``da`` and, unless None, ``dZ`` of a mixture.

        ``ones`` (n,) sums over rows; ``dY`` may be overwritten.
        """
        A, bend, *own = scratch
        yield np.multiply, bend, dY, bend
        yield np.dot, ones, bend, da
        if dZ is None:
            return
        yield np.multiply, dY, a, dZ
        yield np.subtract, dY, dZ, dY
        yield from self.backward(dZ, A if self.reads == "output" else Z, own)
        yield np.add, dZ, dY, dZ

    def __call__(self, Z):
        """Evaluate the function on an array of any shape.

        Parameters
        ----------
        Z : array-like
            Inputs.

        Returns
        -------
        ndarray
            ``f(Z)``, float64 unless ``Z`` is float32.

        Examples
        --------
        >>> from skfnn.activations import ReLU
        >>> ReLU()([-1.0, 2.0])
        array([0., 2.])
        """
        A, _ = self._evaluate(Z)
        return A

    def derivative(self, Z):
        """Evaluate the derivative that backpropagation uses.

        Parameters
        ----------
        Z : array-like
            Inputs.

        Returns
        -------
        ndarray
            ``f'(Z)``.

        Examples
        --------
        >>> from skfnn.activations import Logistic
        >>> Logistic().derivative([0.0])
        array([0.25])
        """
        _, dA = self._evaluate(Z)
        return dA

    def _evaluate(self, Z):
        Z = np.asarray(Z)
        Z = Z if Z.dtype == np.float32 else Z.astype(float)
        scratch = [np.empty(Z.shape, Z.dtype if kind is float else kind) for kind in self.scratch]
        A, dA = np.empty_like(Z), np.ones_like(Z)
        replay(bind(self.forward(Z, A, scratch), Z.dtype))
        ref = {"output": A, "input": Z, None: None}[self.reads]
        replay(bind(self.backward(dA, ref, scratch), Z.dtype))
        return A, dA


class Identity(Activation):
    """Linear unit: ``f(z) = z``.

    Examples
    --------
    >>> from skfnn.activations import Identity
    >>> Identity()([-1.5, 2.0])
    array([-1.5,  2. ])
    """

    name = "identity"
    aliases = ("linear",)
    reads = None

    def forward(self, Z, out, scratch):
        if out is not Z:
            yield np.copyto, out, Z

    def backward(self, dA, ref, scratch):
        yield from ()


class Logistic(Activation):
    """Sigmoid unit: ``f(z) = 1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2``.

    ``f' = f (1 - f)``, at most 1/4: gradients fade through many such layers.

    Examples
    --------
    >>> from skfnn.activations import Logistic
    >>> Logistic()([0.0])
    array([0.5])
    """

    name = "logistic"
    aliases = ("sigmoid",)
    scratch = (float,)
    keeps_scratch = False

    def forward(self, Z, out, scratch):
        yield np.multiply, Z, 0.5, out
        yield np.tanh, out, out
        yield np.multiply, out, 0.5, out
        yield np.add, out, 0.5, out

    def backward(self, dA, ref, scratch):
        (slope,) = scratch
        yield np.multiply, ref, ref, slope
        yield np.subtract, ref, slope, slope
        yield np.multiply, dA, slope, dA


class Tanh(Activation):
    """Hyperbolic tangent: ``f(z) = tanh(z)``, ``f' = 1 - f^2``.

    Examples
    --------
    >>> from skfnn.activations import Tanh
    >>> Tanh().derivative([0.0])
    array([1.])
    """

    name = "tanh"
    scratch = (float,)
    keeps_scratch = False

    def forward(self, Z, out, scratch):
        yield np.tanh, Z, out

    def backward(self, dA, ref, scratch):
        (slope,) = scratch
        yield np.multiply, ref, ref, slope
        yield np.subtract, 1.0, slope, slope
        yield np.multiply, dA, slope, dA


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
    scratch = (bool, float)
    keeps_scratch = False

    def forward(self, Z, out, scratch):
        yield np.maximum, Z, 0.0, out

    def backward(self, dA, ref, scratch):
        active, slope = scratch
        yield np.greater, ref, 0.0, active
        yield np.copyto, slope, active  # cheaper than a product of mixed types
        yield np.multiply, dA, slope, dA


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
    scratch = (bool, float)
    keeps_scratch = False
    _parameter_constraints: ClassVar = {"slope": [Interval(Real, 0, 1, closed="neither")]}

    def __init__(self, slope=0.01):
        self.slope = slope

    def forward(self, Z, out, scratch):
        _, leak = scratch
        yield np.multiply, Z, float(self.slope), leak
        yield np.maximum, Z, leak, out

    def backward(self, dA, ref, scratch):
        active, slope = scratch
        yield np.greater, ref, 0.0, active
        yield np.multiply, active, 1.0 - self.slope, slope
        yield np.add, slope, float(self.slope), slope
        yield np.multiply, dA, slope, dA


def _exponential_linear(Z, out, negative, alpha, scale):
    """Calls for ``scale * (max(z, 0) + alpha * expm1(min(z, 0)))``."""
    yield np.minimum, Z, 0.0, negative
    yield np.exp, negative, negative  # several times as fast as expm1
    yield np.subtract, negative, 1.0, negative
    if alpha != 1.0:
        yield np.multiply, negative, alpha, negative
    yield np.maximum, Z, 0.0, out
    yield np.add, out, negative, out
    if scale != 1.0:
        yield np.multiply, out, scale, out


def _exponential_linear_slope(dA, A, active, slope, excess, alpha, scale):
    """Calls for ``dA *= scale`` where ``A > 0``, else ``dA *= A + scale * alpha``."""
    yield np.minimum, A, 0.0, slope
    yield np.add, slope, scale * alpha, slope
    if alpha != 1.0:
        yield np.greater, A, 0.0, active
        yield np.copyto, excess, active
        yield np.multiply, excess, scale * (alpha - 1.0), excess
        yield np.subtract, slope, excess, slope
    yield np.multiply, dA, slope, dA


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
    scratch = (bool, float, float)
    keeps_scratch = False
    _parameter_constraints: ClassVar = {"alpha": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, alpha=1.0):
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
    scratch = (bool, float, float)
    keeps_scratch = False
    initializer = "lecun_normal"
    _alpha: ClassVar = 1.6732632423543772
    _scale: ClassVar = 1.0507009873554805

    def forward(self, Z, out, scratch):
        return _exponential_linear(Z, out, scratch[1], self._alpha, self._scale)

    def backward(self, dA, ref, scratch):
        return _exponential_linear_slope(dA, ref, *scratch, self._alpha, self._scale)


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


class Threshold(Activation):
    """Threshold unit of McCulloch and Pitts: ``f(z) = 1`` if ``z >= 0``, else ``0``.

    Its derivative is zero almost everywhere, so training uses the straight-through gradient: 1
    where ``|z| <= 1``, else 0. Sources: McCulloch and Pitts, 1943; Bengio, Leonard and Courville,
    "Estimating or Propagating Gradients Through Stochastic Neurons", 2013; Hubara et al.,
    "Binarized Neural Networks", 2016.

    Examples
    --------
    >>> from skfnn.activations import Threshold
    >>> Threshold()([-0.1, 0.0, 3.0])
    array([0., 1., 1.])
    """

    name = "threshold"
    aliases = ("step",)
    reads = "input"
    scratch = (bool, float)
    keeps_scratch = False
    differentiable = False

    def forward(self, Z, out, scratch):
        above, _ = scratch
        yield np.greater_equal, Z, 0.0, above
        yield np.copyto, out, above

    def backward(self, dA, ref, scratch):
        near, size = scratch
        yield np.absolute, ref, size
        yield np.less_equal, size, 1.0, near
        yield np.copyto, size, near
        yield np.multiply, dA, size, dA

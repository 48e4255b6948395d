"""The textbook's activations: identity, logistic, tanh, threshold."""

from __future__ import annotations

import numpy as np

from ._base import Activation


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

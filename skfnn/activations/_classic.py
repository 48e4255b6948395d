"""The textbook's activations: identity, logistic, tanh, threshold."""

from __future__ import annotations

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Reads
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
    monotone = True
    aliases = ("linear",)
    reads = Reads.NOTHING

    def forward(self, Z, out, scratch):
        if out is not Z:
            yield Call(np.copyto, Z, out=out)

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
    monotone = True
    bounded = True
    aliases = ("sigmoid",)
    scratch = (float,)
    keeps_scratch = False

    def forward(self, Z, out, scratch):
        yield Call(np.multiply, Z, 0.5, out=out)
        yield Call(np.tanh, out, out=out)
        yield Call(np.multiply, out, 0.5, out=out)
        yield Call(np.add, out, 0.5, out=out)

    def backward(self, dA, ref, scratch):
        (slope,) = scratch
        yield Call(np.multiply, ref, ref, out=slope)
        yield Call(np.subtract, ref, slope, out=slope)
        yield Call(np.multiply, dA, slope, out=dA)


class Tanh(Activation):
    """Hyperbolic tangent: ``f(z) = tanh(z)``, ``f' = 1 - f^2``.

    Examples
    --------
    >>> from skfnn.activations import Tanh
    >>> Tanh().derivative([0.0])
    array([1.])
    """

    name = "tanh"
    monotone = True
    bounded = True
    scratch = (float,)
    keeps_scratch = False

    def forward(self, Z, out, scratch):
        yield Call(np.tanh, Z, out=out)

    def backward(self, dA, ref, scratch):
        (slope,) = scratch
        yield Call(np.multiply, ref, ref, out=slope)
        yield Call(np.subtract, 1.0, slope, out=slope)
        yield Call(np.multiply, dA, slope, out=dA)


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
    monotone = True
    bounded = True
    aliases = ("step",)
    reads = Reads.INPUT
    scratch = (bool, float)
    keeps_scratch = False
    differentiable = False

    def forward(self, Z, out, scratch):
        above, _ = scratch
        yield Call(np.greater_equal, Z, 0.0, out=above)
        yield Call(np.copyto, above, out=out)

    def backward(self, dA, ref, scratch):
        near, size = scratch
        yield Call(np.absolute, ref, out=size)
        yield Call(np.less_equal, size, 1.0, out=near)
        yield Call(np.copyto, near, out=size)
        yield Call(np.multiply, dA, size, out=dA)

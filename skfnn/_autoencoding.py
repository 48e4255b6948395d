"""Layers of autoencoders: tied weights, corruption of the input, penalties on the code.

They are part of :mod:`skfnn.layers`, which explains the notation.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

import numpy as np

from ._layer import Layer, Param
from ._sklearn import Interval
from .initializers import GlorotUniform


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
    _parameter_constraints: ClassVar = {
        "units": [Interval(Integral, 1, None, closed="left")],
        "layer": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(self, units, layer):
        self.units = units
        self.layer = layer

    @property
    def reads(self):
        return frozenset({"X"})

    @property
    def borrows(self):
        return {"W": int(self.layer)}  # cell.W is the transpose already

    def n_outputs(self, n_in):
        return self.units

    def params(self, n_in):
        return {
            "b": Param((self.units,), lambda rng: GlorotUniform().biases(rng, n_in, self.units))
        }

    def forward(self, X, Y, cell, training):
        yield np.dot, X, cell.W, Y
        yield np.add, Y, cell.b, Y

    def backward(self, dY, X, Y, cell, dX):
        yield np.dot, X.T, dY, cell.dW
        yield np.dot, cell.ones, dY, cell.db
        if dX is not None:
            yield np.dot, dY, cell.W.T, dX

    def affine(self, cell):
        return cell.W, cell.b

    @classmethod
    def examples(cls):
        """The transpose of four columns."""
        return [cls(4, 0)]


class MaskingNoise(Layer):
    """Set each input to zero with probability ``rate`` in training; the others stay as they are.

    The corruption of a denoising autoencoder. Unlike :class:`~skfnn.layers.Dropout` it does not
    scale up what is left; at prediction it does nothing. Source: Vincent et al., "Extracting and
    Composing Robust Features with Denoising Autoencoders", 2008.

    Parameters
    ----------
    rate : float in [0, 1), default=0.2
        Share of inputs set to zero.

    Examples
    --------
    >>> from skfnn import FNNAutoencoder
    >>> from skfnn.layers import MaskingNoise
    >>> FNNAutoencoder((64,), noise=MaskingNoise(0.3))
    FNNAutoencoder(hidden_layer_sizes=(64,), noise=MaskingNoise(rate=0.3))
    """

    name = "masking_noise"
    aliases = ("masking",)
    inplace = True
    stochastic = True
    _parameter_constraints: ClassVar = {"rate": [Interval(Real, 0, 1, closed="left")]}

    def __init__(self, rate=0.2):
        self.rate = rate

    def _drops(self, cell):
        return self.rate > 0 and cell.rng is not None

    def scratch(self, n_in):
        return ((n_in, float),)

    def forward(self, X, Y, cell, training):
        if training and self._drops(cell):
            (mask,) = cell.scratch
            yield cell.rng.random, None, mask.dtype, mask
            yield np.greater_equal, mask, float(self.rate), mask
            yield np.multiply, X, mask, Y
        elif Y is not X:
            yield np.copyto, Y, X

    def backward(self, dY, X, Y, cell, dX):
        if self._drops(cell):
            (mask,) = cell.scratch
            yield np.multiply, dY, mask, dY

    def affine(self, cell):
        return 1.0, 0.0

    @classmethod
    def examples(cls):
        """Some and none."""
        return [cls(0.3), cls(0.0)]


class GaussianNoise(Layer):
    """Add independent normal numbers to the inputs in training; nothing at prediction.

    Source: Bishop, "Training with Noise is Equivalent to Tikhonov Regularization", 1995.

    Parameters
    ----------
    scale : float in [0, inf), default=0.1
        Standard deviation, in the units of the inputs.

    Examples
    --------
    >>> from skfnn.layers import GaussianNoise
    >>> GaussianNoise(0.5)
    GaussianNoise(scale=0.5)
    """

    name = "gaussian_noise"
    aliases = ("gaussian",)
    inplace = True
    stochastic = True
    keeps_scratch = False
    _parameter_constraints: ClassVar = {"scale": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, scale=0.1):
        self.scale = scale

    def scratch(self, n_in):
        return ((n_in, float),)

    def forward(self, X, Y, cell, training):
        if training and self.scale > 0 and cell.rng is not None:
            (noise,) = cell.scratch
            yield cell.rng.standard_normal, None, noise.dtype, noise
            yield np.multiply, noise, float(self.scale), noise
            yield np.add, X, noise, Y
        elif Y is not X:
            yield np.copyto, Y, X

    def backward(self, dY, X, Y, cell, dX):
        return iter(())  # dX is dY

    def affine(self, cell):
        return 1.0, 0.0

    @classmethod
    def examples(cls):
        """Some and none."""
        return [cls(0.3), cls(0.0)]


# A layer with a penalty leaves its input as it is; it adds ``sum_i w_i p_i`` over the rows of a
# batch to ``cell.penalty``, and the gradient of that over ``cell.share.n_total`` to ``dY``.


class L1Sparsity(Layer):
    r"""Penalty on the size of a layer's output: ``strength`` times its absolute values, summed.

    .. math:: \frac{\lambda}{W} \sum_i w_i \sum_j |h_{ij}|

    It is part of the training loss, not of ``val_loss`` and ``evaluate``. Source:
    Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 14.2.1.

    Parameters
    ----------
    strength : float in [0, inf), default=1e-3
        The factor lambda.

    Examples
    --------
    >>> from skfnn import FNNAutoencoder
    >>> from skfnn.layers import L1Sparsity
    >>> FNNAutoencoder((64,), sparsity=L1Sparsity(0.01))
    FNNAutoencoder(hidden_layer_sizes=(64,), sparsity=L1Sparsity(strength=0.01))
    """

    name = "l1_sparsity"
    inplace = True
    _parameter_constraints: ClassVar = {"strength": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, strength=1e-3):
        self.strength = strength

    def scratch(self, n_in):
        return ((n_in, float),)

    def forward(self, X, Y, cell, training):
        if Y is not X:
            yield np.copyto, Y, X
        if training:
            (slope,) = cell.scratch
            total, weight = np.zeros(()), cell.share.weight
            yield np.absolute, X, slope
            if weight is not None:
                yield np.multiply, slope, weight, slope
            yield np.add.reduce, slope, None, total.dtype, total
            yield np.multiply, total, float(self.strength), total
            yield np.add, cell.penalty, total, cell.penalty
            yield np.sign, X, slope
            if weight is not None:
                yield np.multiply, slope, weight, slope
            yield np.multiply, slope, self.strength / cell.share.n_total, slope

    def backward(self, dY, X, Y, cell, dX):
        yield np.add, dY, *cell.scratch, dY

    def affine(self, cell):
        return 1.0, 0.0

    @classmethod
    def examples(cls):
        """A strong one and none."""
        return [cls(0.5), cls(0.0)]


class KLSparsity(Layer):
    r"""Penalty on units whose mean output over the batch is far from a small target.

    .. math:: \lambda \sum_j \left[ \rho \log\frac{\rho}{m_j}
              + (1 - \rho) \log\frac{1 - \rho}{1 - m_j} \right],
              \qquad m_j = \frac{1}{W} \sum_i w_i h_{ij}

    For outputs in (0, 1), those of ``"logistic"``. With a minibatch solver the mean is that of the
    batch, without weights. It is part of the training loss, not of ``val_loss`` and ``evaluate``.
    Source: Ng, "Sparse autoencoder", CS294A lecture notes, 2011.

    Parameters
    ----------
    strength : float in [0, inf), default=0.1
        The factor lambda.
    target : float in (0, 1), default=0.05
        The mean output rho that costs nothing.

    Examples
    --------
    >>> from skfnn import FNNAutoencoder
    >>> from skfnn.layers import KLSparsity
    >>> model = FNNAutoencoder((64,), "logistic", sparsity=KLSparsity(target=0.1))
    >>> model.sparsity
    KLSparsity(target=0.1)
    """

    name = "kl_sparsity"
    inplace = True
    couples_rows = True
    _parameter_constraints: ClassVar = {
        "strength": [Interval(Real, 0, None, closed="left")],
        "target": [Interval(Real, 0, 1, closed="neither")],
    }
    _edge = 1e-6  # a mean beyond it counts as there, and has no slope

    def __init__(self, strength=0.1, target=0.05):
        self.strength = strength
        self.target = target

    def scratch(self, n_in):
        return ((n_in, float),)

    def forward(self, X, Y, cell, training):
        if Y is not X:
            yield np.copyto, Y, X
        if not training:
            return
        rows, rho = len(X), float(self.target)
        weight = cell.ones if cell.weight is None else cell.weight[:, 0]
        m, inside, rest, slope, work = map(cell.row, ("m", "inside", "rest", "slope", "work"))
        total = np.zeros(())
        yield np.dot, weight, X, slope
        yield np.divide, slope, float(rows), slope
        yield np.maximum, slope, self._edge, m
        yield np.minimum, m, 1 - self._edge, m
        yield np.equal, slope, m, inside
        yield np.subtract, 1.0, m, rest
        # slope = strength ((1 - rho) / (1 - m) - rho / m)
        yield np.divide, 1.0 - rho, rest, slope
        yield np.divide, rho, m, work
        yield np.subtract, slope, work, slope
        yield np.multiply, slope, inside, slope
        yield np.multiply, slope, self.strength / cell.share.n_total, slope
        # total = strength rows sum(-rho log m - (1 - rho) log(1 - m) - entropy of rho)
        yield np.log, m, m
        yield np.multiply, m, -rho, m
        yield np.log, rest, rest
        yield np.multiply, rest, rho - 1.0, rest
        yield np.add, m, rest, m
        yield np.add.reduce, m, None, total.dtype, total
        entropy = -rho * np.log(rho) - (1 - rho) * np.log1p(-rho)
        yield np.subtract, total, float(m.size * entropy), total
        yield np.multiply, total, float(self.strength * rows), total
        yield np.add, cell.penalty, total, cell.penalty

    def backward(self, dY, X, Y, cell, dX):
        slope = cell.row("slope")
        if cell.weight is None:
            yield np.add, dY, slope, dY
        else:
            (work,) = cell.scratch
            yield np.multiply, cell.weight, slope, work
            yield np.add, dY, work, dY

    def affine(self, cell):
        return 1.0, 0.0

    @classmethod
    def examples(cls):
        """A strong one."""
        return [cls(0.5, 0.2)]

"""Layers that pass on their input and penalise it."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Layer
from .._sklearn import Interval


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
    makes_units = False
    inplace = True
    penalises = True
    _parameter_constraints: ClassVar = {"strength": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, strength=1e-3) -> None:
        self.strength = strength

    def scratch(self, n_in):
        return ((n_in, float),)

    def forward(self, X, Y, cell, training):
        if Y is not X:
            yield Call(np.copyto, X, out=Y)
        if training:
            (slope,) = cell.scratch
            total, weight = cell.number("total", np.float64), cell.share.weight
            yield Call(np.absolute, X, out=slope)
            if weight is not None:
                yield Call(np.multiply, slope, weight, out=slope)
            yield Call(np.add.reduce, slope, out=total, axis=None, dtype=total.dtype)
            yield Call(np.multiply, total, float(self.strength), out=total)
            yield Call(np.add, cell.penalty, total, out=cell.penalty)
            yield Call(np.sign, X, out=slope)
            if weight is not None:
                yield Call(np.multiply, slope, weight, out=slope)
            yield Call(np.multiply, slope, self.strength / cell.share.n_total, out=slope)

    def backward(self, dY, X, Y, cell, dX):
        yield Call(np.add, dY, *cell.scratch, out=dY)

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
    makes_units = False
    inplace = True
    penalises = True
    couples_rows = True
    keeps_scratch = False
    _parameter_constraints: ClassVar = {
        "strength": [Interval(Real, 0, None, closed="left")],
        "target": [Interval(Real, 0, 1, closed="neither")],
    }
    _edge = 1e-6  # a mean beyond it counts as there, and has no slope

    def __init__(self, strength=0.1, target=0.05) -> None:
        self.strength = strength
        self.target = target

    def scratch(self, n_in):
        return ((n_in, float),)

    def forward(self, X, Y, cell, training):
        if Y is not X:
            yield Call(np.copyto, X, out=Y)
        if not training:
            return
        rows, rho = len(X), float(self.target)
        weight = cell.ones if cell.weight is None else cell.weight[:, 0]
        m, inside, rest, slope, work = map(cell.row, ("m", "inside", "rest", "slope", "work"))
        total = cell.number("total", np.float64)
        yield Call(np.dot, weight, X, out=slope)
        yield Call(np.divide, slope, float(rows), out=slope)
        yield Call(np.maximum, slope, self._edge, out=m)
        yield Call(np.minimum, m, 1 - self._edge, out=m)
        yield Call(np.equal, slope, m, out=inside)
        yield Call(np.subtract, 1.0, m, out=rest)
        # slope = strength ((1 - rho) / (1 - m) - rho / m)
        yield Call(np.divide, 1.0 - rho, rest, out=slope)
        yield Call(np.divide, rho, m, out=work)
        yield Call(np.subtract, slope, work, out=slope)
        yield Call(np.multiply, slope, inside, out=slope)
        yield Call(np.multiply, slope, self.strength / cell.share.n_total, out=slope)
        # total = strength rows sum(-rho log m - (1 - rho) log(1 - m) - entropy of rho)
        yield Call(np.log, m, out=m)
        yield Call(np.multiply, m, -rho, out=m)
        yield Call(np.log, rest, out=rest)
        yield Call(np.multiply, rest, rho - 1.0, out=rest)
        yield Call(np.add, m, rest, out=m)
        yield Call(np.add.reduce, m, out=total, axis=None, dtype=total.dtype)
        entropy = -rho * np.log(rho) - (1 - rho) * np.log1p(-rho)
        yield Call(np.subtract, total, float(m.size * entropy), out=total)
        yield Call(np.multiply, total, float(self.strength * rows), out=total)
        yield Call(np.add, cell.penalty, total, out=cell.penalty)

    def backward(self, dY, X, Y, cell, dX):
        slope = cell.row("slope")
        if cell.weight is None:
            yield Call(np.add, dY, slope, out=dY)
        else:
            (work,) = cell.scratch
            yield Call(np.multiply, cell.weight, slope, out=work)
            yield Call(np.add, dY, work, out=dY)

    def affine(self, cell):
        return 1.0, 0.0

    @classmethod
    def examples(cls):
        """A strong one."""
        return [cls(0.5, 0.2)]

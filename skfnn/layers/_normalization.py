"""Batch normalisation."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Layer, Param
from .._sklearn import Interval


class BatchNorm(Layer):
    r"""Standardise each column over the batch, then scale and shift it by trained numbers.

    .. math:: \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad y = \gamma\hat x + \beta

    At prediction the moments are running means over training batches. Their rate is
    ``max(1 - momentum, 1 / t)`` at the ``t``-th batch, so that they hold from the first batch on.
    A batch of one row has no variance: there the running moments are used, and left as they are.
    With L-BFGS the moments are those of the whole training set, with its sample weights.

    Source: Ioffe and Szegedy, "Batch Normalization", 2015.

    Parameters
    ----------
    momentum : float in [0, 1), default=0.9
        Weight of the past in the running moments.
    epsilon : float in (0, inf), default=1e-5
        Added to the variance.

    Examples
    --------
    >>> from skfnn.layers import BatchNorm
    >>> BatchNorm(momentum=0.99)
    BatchNorm(momentum=0.99)
    """

    name = "batch_norm"
    makes_units = False
    inplace = True
    couples_rows = True
    _parameter_constraints: ClassVar = {
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, momentum=0.9, epsilon=1e-5) -> None:
        self.momentum = momentum
        self.epsilon = epsilon

    def params(self, n_in):
        return {
            "gamma": Param((n_in,), lambda rng: np.ones(n_in)),
            "beta": Param((n_in,), lambda rng: np.zeros(n_in)),
        }

    def buffers(self, n_in):
        return {
            "mean": np.zeros(n_in),
            "var": np.ones(n_in),
            "count": np.zeros(1),
            "rate": np.zeros(1),
        }

    def scratch(self, n_in):
        return ((n_in, float), (n_in, float))

    def forward(self, X, Y, cell, training):
        xhat, work = cell.scratch
        mean, scale = cell.row("mean"), cell.row("scale")
        if training and len(xhat) > 1:
            rate, share = cell.rate, cell.row("share")
            weight = cell.ones if cell.weight is None else cell.weight[:, 0]
            yield Call(np.dot, weight, X, out=mean)
            yield Call(np.divide, mean, float(len(xhat)), out=mean)
            yield Call(np.subtract, X, mean, out=xhat)
            yield Call(np.multiply, xhat, xhat, out=work)
            yield Call(np.dot, weight, work, out=scale)
            yield Call(np.divide, scale, float(len(xhat)), out=scale)
            if cell.full_batch:
                yield Call(np.copyto, mean, out=cell.mean)
                yield Call(np.copyto, scale, out=cell.var)
            else:
                yield Call(np.add, cell.count, 1.0, out=cell.count)
                yield Call(np.divide, 1.0, cell.count, out=rate)
                yield Call(np.maximum, rate, 1.0 - self.momentum, out=rate)
                for running, batch in ((cell.mean, mean), (cell.var, scale)):
                    yield Call(np.subtract, batch, running, out=share)
                    yield Call(np.multiply, share, rate, out=share)
                    yield Call(np.add, running, share, out=running)
        else:
            yield Call(np.subtract, X, cell.mean, out=xhat)
            yield Call(np.copyto, cell.var, out=scale)
        yield Call(np.add, scale, float(self.epsilon), out=scale)
        yield Call(np.sqrt, scale, out=scale)
        yield Call(np.reciprocal, scale, out=scale)
        yield Call(np.multiply, xhat, scale, out=xhat)
        yield Call(np.multiply, xhat, cell.gamma, out=Y)
        yield Call(np.add, Y, cell.beta, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        xhat, work = cell.scratch
        mean, scale = cell.row("mean"), cell.row("scale")
        yield Call(np.multiply, dY, xhat, out=work)
        yield Call(np.dot, cell.ones, work, out=cell.dgamma)
        yield Call(np.dot, cell.ones, dY, out=cell.dbeta)
        if dX is None:
            return
        yield Call(np.multiply, scale, cell.gamma, out=scale)
        if len(xhat) > 1:
            # dX = gamma / sigma (dY - weight (mean(dY) + xhat mean(dY xhat)))
            yield Call(np.divide, cell.dgamma, float(len(xhat)), out=mean)
            yield Call(np.multiply, xhat, mean, out=work)
            yield Call(np.divide, cell.dbeta, float(len(xhat)), out=mean)
            yield Call(np.add, work, mean, out=work)
            if cell.weight is not None:
                yield Call(np.multiply, work, cell.weight, out=work)
            yield Call(np.subtract, dY, work, out=dY)
        yield Call(np.multiply, dY, scale, out=dY)

    def affine(self, cell):
        scale = cell.gamma / np.sqrt(cell.var + self.epsilon)
        return scale, cell.beta - cell.mean * scale

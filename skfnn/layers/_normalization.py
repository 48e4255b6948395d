"""Batch normalisation."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np

from .._engine.layer import Layer, Param
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
    inplace = True
    couples_rows = True
    _parameter_constraints: ClassVar = {
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, momentum=0.9, epsilon=1e-5):
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
            yield np.dot, weight, X, mean
            yield np.divide, mean, float(len(xhat)), mean
            yield np.subtract, X, mean, xhat
            yield np.multiply, xhat, xhat, work
            yield np.dot, weight, work, scale
            yield np.divide, scale, float(len(xhat)), scale
            if cell.full_batch:
                yield np.copyto, cell.mean, mean
                yield np.copyto, cell.var, scale
            else:
                yield np.add, cell.count, 1.0, cell.count
                yield np.divide, 1.0, cell.count, rate
                yield np.maximum, rate, 1.0 - self.momentum, rate
                for running, batch in ((cell.mean, mean), (cell.var, scale)):
                    yield np.subtract, batch, running, share
                    yield np.multiply, share, rate, share
                    yield np.add, running, share, running
        else:
            yield np.subtract, X, cell.mean, xhat
            yield np.copyto, scale, cell.var
        yield np.add, scale, float(self.epsilon), scale
        yield np.sqrt, scale, scale
        yield np.reciprocal, scale, scale
        yield np.multiply, xhat, scale, xhat
        yield np.multiply, xhat, cell.gamma, Y
        yield np.add, Y, cell.beta, Y

    def backward(self, dY, X, Y, cell, dX):
        xhat, work = cell.scratch
        mean, scale = cell.row("mean"), cell.row("scale")
        yield np.multiply, dY, xhat, work
        yield np.dot, cell.ones, work, cell.dgamma
        yield np.dot, cell.ones, dY, cell.dbeta
        if dX is None:
            return
        yield np.multiply, scale, cell.gamma, scale
        if len(xhat) > 1:
            # dX = gamma / sigma (dY - weight (mean(dY) + xhat mean(dY xhat)))
            yield np.divide, cell.dgamma, float(len(xhat)), mean
            yield np.multiply, xhat, mean, work
            yield np.divide, cell.dbeta, float(len(xhat)), mean
            yield np.add, work, mean, work
            if cell.weight is not None:
                yield np.multiply, work, cell.weight, work
            yield np.subtract, dY, work, dY
        yield np.multiply, dY, scale, dY

    def affine(self, cell):
        scale = cell.gamma / np.sqrt(cell.var + self.epsilon)
        return scale, cell.beta - cell.mean * scale

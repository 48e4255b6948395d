"""Layers that regularise: dropout and batch normalisation."""

from __future__ import annotations

import math
from numbers import Real
from typing import ClassVar

import numpy as np

from ._layer import Layer, Param
from ._sklearn import Interval
from .schedules import Scheduled


def _set_level(rate, level, gain):
    """Sets: ``level``, below which 16 random bits drop an input, ``gain`` of the others."""
    level[()] = math.ceil(min(rate * 2**16, 2**16 - 1))
    gain[()] = 2**16 / (2**16 - int(level))


def _draw_bits(rng, out):
    """Sets: ``out`` to random integers of 16 bits, at a fifth of the cost of random floats."""
    flat = out.reshape(-1)
    for start in range(0, flat.size, 2**14):  # pieces that stay in cache
        part = flat[start : start + 2**14]
        bits = rng.bit_generator.random_raw(-(-part.size // 4)).view(np.uint16)
        np.copyto(part, bits[: part.size])


class Dropout(Layer):
    """Set each input to zero with probability ``rate`` in training, and scale up the others.

    The factor ``1 / (1 - rate)`` keeps the expected output; at prediction the layer does nothing.
    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting", 2014.

    Parameters
    ----------
    rate : float in [0, 1) or Scheduled, default=0.2
        Share of inputs dropped.

    Examples
    --------
    >>> from skfnn.layers import Dropout
    >>> Dropout(0.5)
    Dropout(rate=0.5)
    """

    name = "dropout"
    inplace = True
    stochastic = True
    _parameter_constraints: ClassVar = {"rate": [Interval(Real, 0, 1, closed="left"), Scheduled]}

    def __init__(self, rate=0.2):
        self.rate = rate

    def _drops(self, cell):
        return cell.rng is not None and (isinstance(self.rate, Scheduled) or self.rate > 0)

    def scratch(self, n_in):
        return ((n_in, float), (n_in, np.uint16), (n_in, bool))

    def forward(self, X, Y, cell, training):
        if training and self._drops(cell):
            mask, bits, kept = cell.scratch
            rate = cell.follow(self.rate)
            level, gain = cell.number("level", np.uint16), cell.number("gain", mask.dtype)
            if isinstance(rate, float):
                _set_level(rate, level, gain)
            else:
                yield _set_level, rate, level, gain
            yield _draw_bits, cell.rng, bits
            yield np.greater_equal, bits, level, kept
            yield np.copyto, mask, kept
            yield np.multiply, mask, gain, mask
            yield np.multiply, X, mask, Y
        elif Y is not X:
            yield np.copyto, Y, X

    def backward(self, dY, X, Y, cell, dX):
        if self._drops(cell):
            yield np.multiply, dY, cell.scratch[0], dY

    def affine(self, cell):
        return 1.0, 0.0

    @classmethod
    def examples(cls):
        """Some, none, and a share that changes over training."""
        return [cls(0.3), cls(0.0), cls(Scheduled(0.3))]


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

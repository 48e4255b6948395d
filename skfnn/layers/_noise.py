"""Layers that draw random numbers in training: dropout and noise."""

from __future__ import annotations

import math
from numbers import Real
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Layer
from .._engine.program.schedule import Scheduled
from .._sklearn import Interval


def _set_level(rate, out):
    """Sets: ``out``, the level below which 16 random bits drop an input, and the others' gain."""
    level, gain = out
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
    makes_units = False
    inplace = True
    stochastic = True
    _parameter_constraints: ClassVar = {"rate": [Interval(Real, 0, 1, closed="left"), Scheduled]}

    def __init__(self, rate=0.2) -> None:
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
                _set_level(rate, (level, gain))
            else:
                yield Call(_set_level, rate, out=(level, gain))
            yield Call(_draw_bits, cell.rng, out=bits)
            yield Call(np.greater_equal, bits, level, out=kept)
            yield Call(np.copyto, kept, out=mask)
            yield Call(np.multiply, mask, gain, out=mask)
            yield Call(np.multiply, X, mask, out=Y)
        elif Y is not X:
            yield Call(np.copyto, X, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        if self._drops(cell):
            yield Call(np.multiply, dY, cell.scratch[0], out=dY)

    def affine(self, cell):
        return 1.0, 0.0

    @classmethod
    def examples(cls):
        """Some, none, and a share that changes over training."""
        return [cls(0.3), cls(0.0), cls(Scheduled(0.3))]


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
    makes_units = False
    inplace = True
    stochastic = True
    _parameter_constraints: ClassVar = {"rate": [Interval(Real, 0, 1, closed="left")]}

    def __init__(self, rate=0.2) -> None:
        self.rate = rate

    def _drops(self, cell):
        return self.rate > 0 and cell.rng is not None

    def scratch(self, n_in):
        return ((n_in, float),)

    def forward(self, X, Y, cell, training):
        if training and self._drops(cell):
            (mask,) = cell.scratch
            yield Call(cell.rng.random, out=mask, dtype=mask.dtype)
            yield Call(np.greater_equal, mask, float(self.rate), out=mask)
            yield Call(np.multiply, X, mask, out=Y)
        elif Y is not X:
            yield Call(np.copyto, X, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        if self._drops(cell):
            (mask,) = cell.scratch
            yield Call(np.multiply, dY, mask, out=dY)

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
    makes_units = False
    inplace = True
    stochastic = True
    keeps_scratch = False
    _parameter_constraints: ClassVar = {"scale": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, scale=0.1) -> None:
        self.scale = scale

    def scratch(self, n_in):
        return ((n_in, float),)

    def forward(self, X, Y, cell, training):
        if training and self.scale > 0 and cell.rng is not None:
            (noise,) = cell.scratch
            yield Call(cell.rng.standard_normal, out=noise, dtype=noise.dtype)
            yield Call(np.multiply, noise, float(self.scale), out=noise)
            yield Call(np.add, X, noise, out=Y)
        elif Y is not X:
            yield Call(np.copyto, X, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        return iter(())  # dX is dY

    def affine(self, cell):
        return 1.0, 0.0

    @classmethod
    def examples(cls):
        """Some and none."""
        return [cls(0.3), cls(0.0)]

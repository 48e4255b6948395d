"""Optimizers that divide by the size of past gradients."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from ._base import _NON_NEGATIVE, _POSITIVE, _RATE, _SHARE, Optimizer


class AdaGrad(Optimizer):
    r"""AdaGrad: each parameter's rate falls with the sum of its squared gradients.

    .. math:: v \leftarrow v + g^2, \qquad \theta \leftarrow \theta - \eta g / (\sqrt v + \epsilon)

    Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods", 2011.

    Parameters
    ----------
    learning_rate : float in (0, inf), default=None
        None takes the estimator's ``learning_rate_init``.
    initial_accumulator : float in [0, inf), default=0.0
        Where ``v`` starts.
    epsilon : float in (0, inf), default=1e-8
        Keeps the division finite.

    Examples
    --------
    >>> from skfnn.optimizers import AdaGrad
    >>> AdaGrad(learning_rate=0.1)
    AdaGrad(learning_rate=0.1)
    """

    name = "adagrad"
    n_slots = 1
    _parameter_constraints: ClassVar = {
        "learning_rate": _RATE,
        "initial_accumulator": _NON_NEGATIVE,
        "epsilon": _POSITIVE,
    }

    def __init__(self, learning_rate=None, initial_accumulator=0.0, epsilon=1e-8) -> None:
        self.learning_rate = learning_rate
        self.initial_accumulator = initial_accumulator
        self.epsilon = epsilon

    def slot_start(self):
        return float(self.initial_accumulator)

    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        (v,), (rate,) = slots, scalars
        yield Call(np.multiply, grad, grad, out=tmp)
        yield Call(np.add, v, tmp, out=v)
        yield Call(np.sqrt, v, out=tmp)
        yield Call(np.add, tmp, float(self.epsilon), out=tmp)
        yield Call(np.divide, grad, tmp, out=tmp)
        yield Call(np.multiply, tmp, rate, out=tmp)
        yield Call(np.subtract, theta, tmp, out=theta)


class RMSProp(Optimizer):
    r"""RMSProp: gradients divided by a running root mean square.

    .. math:: v \leftarrow \rho v + (1 - \rho) g^2, \qquad
              \theta \leftarrow \theta - \eta g / (\sqrt v + \epsilon)

    Source: Tieleman and Hinton, lecture 6.5 of "Neural Networks for Machine Learning", 2012.

    Parameters
    ----------
    learning_rate : float in (0, inf), default=None
        None takes the estimator's ``learning_rate_init``.
    rho : float in [0, 1), default=0.9
        Decay of the running mean.
    epsilon : float in (0, inf), default=1e-8
        Keeps the division finite.

    Examples
    --------
    >>> from skfnn.optimizers import RMSProp
    >>> RMSProp(rho=0.95)
    RMSProp(rho=0.95)
    """

    name = "rmsprop"
    n_slots = 1
    _parameter_constraints: ClassVar = {
        "learning_rate": _RATE,
        "rho": _SHARE,
        "epsilon": _POSITIVE,
    }

    def __init__(self, learning_rate=None, rho=0.9, epsilon=1e-8) -> None:
        self.learning_rate = learning_rate
        self.rho = rho
        self.epsilon = epsilon

    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        (v,), (rate,) = slots, scalars
        yield Call(np.multiply, grad, grad, out=tmp)
        yield Call(np.multiply, tmp, 1.0 - self.rho, out=tmp)
        yield Call(np.multiply, v, float(self.rho), out=v)
        yield Call(np.add, v, tmp, out=v)
        yield Call(np.sqrt, v, out=tmp)
        yield Call(np.add, tmp, float(self.epsilon), out=tmp)
        yield Call(np.divide, grad, tmp, out=tmp)
        yield Call(np.multiply, tmp, rate, out=tmp)
        yield Call(np.subtract, theta, tmp, out=theta)

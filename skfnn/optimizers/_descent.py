"""Gradient descent with momentum."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._sklearn import Interval
from ._base import _RATE, Optimizer


class SGD(Optimizer):
    r"""Stochastic gradient descent, plain or with momentum.

    .. math:: v \leftarrow \mu v - \eta g, \qquad
              \theta \leftarrow \theta + v \quad (\text{Nesterov: } \theta + \mu v - \eta g)

    Sources: Polyak, 1964; Nesterov, 1983; Sutskever et al., "On the importance of initialization
    and momentum in deep learning", 2013.

    Parameters
    ----------
    learning_rate : float in (0, inf), default=None
        None takes the estimator's ``learning_rate_init``.
    momentum : float in [0, 1], default=0.9
        The momentum :math:`\mu`; 0 is plain gradient descent.
    nesterovs_momentum : bool, default=True
        Whether to look ahead; without effect where ``momentum=0``.

    Examples
    --------
    >>> from skfnn import FNNClassifier
    >>> from skfnn.optimizers import SGD
    >>> FNNClassifier(solver=SGD(momentum=0.5))
    FNNClassifier(solver=SGD(momentum=0.5))
    """

    name = "sgd"
    n_slots = 1
    degree = 2
    _parameter_constraints: ClassVar = {
        "learning_rate": _RATE,
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
    }

    def __init__(self, learning_rate=None, momentum=0.9, nesterovs_momentum=True) -> None:
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum

    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        (velocity,), (rate,) = slots, scalars
        momentum = float(self.momentum)
        yield Call(np.multiply, grad, rate, out=grad)
        if momentum == 0:
            yield Call(np.subtract, theta, grad, out=theta)
            return
        yield Call(np.multiply, velocity, momentum, out=velocity)
        yield Call(np.subtract, velocity, grad, out=velocity)
        if self.nesterovs_momentum:
            yield Call(np.multiply, velocity, momentum, out=tmp)
            yield Call(np.subtract, tmp, grad, out=tmp)
            yield Call(np.add, theta, tmp, out=theta)
        else:
            yield Call(np.add, theta, velocity, out=theta)

    @classmethod
    def examples(cls):
        """Plain, heavy-ball and Nesterov."""
        return [cls(momentum=0), cls(nesterovs_momentum=False), cls()]

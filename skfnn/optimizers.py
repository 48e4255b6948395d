r"""Optimizers: how a minibatch gradient changes the parameters.

``theta`` is a block of the flat parameter vector, ``grad`` the gradient (which ``update`` may
overwrite), ``slots`` the optimizer's memory, ``tmp`` a work array, all of one shape and dtype;
:math:`\eta` is the learning rate and :math:`t = 1, 2, \dots` the step. What changes from step to
step is returned by ``scalars`` and reaches ``update`` as 0-d arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from numbers import Real
from typing import ClassVar

import numpy as np

from ._calls import Call, add, add_scaled, scale
from ._component import Component
from ._sklearn import Interval
from .schedules import Scheduled, at

Calls = Iterator[Call]

_RATE = [Interval(Real, 0, None, closed="neither"), None]
_SHARE = [Interval(Real, 0, 1, closed="left")]
_POSITIVE = [Interval(Real, 0, None, closed="neither")]
_NON_NEGATIVE = [Interval(Real, 0, None, closed="left")]


class Optimizer(Component):
    """Base class: a minibatch solver.

    To add an optimizer, subclass with a ``name`` and write ``scalars`` and ``update``.

    Attributes
    ----------
    n_slots : int
        Number of arrays like the parameters that it remembers.
    degree : int
        2 where steps are proportional to gradients, 1 where they do not depend on their scale.
        (A parameter that is trained as ``c`` times another has ``c`` times its steps, and a
        gradient that is 1 / c of the other's.)
    """

    family = "solver"
    n_slots: ClassVar[int] = 0
    degree: ClassVar[int] = 1

    @property
    def follows(self) -> bool:
        """Whether a hyper-parameter follows a schedule."""
        return any(isinstance(value, Scheduled) for value in vars(self).values())

    def slot_start(self) -> float:
        """Return the value that slots start from."""
        return 0.0

    def scalars(
        self, t: int, rate: float, factor: float = 1.0, progress: float = 0.0
    ) -> tuple[float, ...]:
        """Return what changes with the step.

        Parameters
        ----------
        t : int
            The step, from 1.
        rate : float
            The learning rate.
        factor : float
            Factor on it of the parameters at hand; weight decay goes by the rate without it.
        progress : float
            The share of training that is done.

        Returns
        -------
        tuple of float
        """
        return (rate * factor,)

    def update(
        self,
        theta: np.ndarray,
        grad: np.ndarray,
        slots: Sequence[np.ndarray],
        tmp: np.ndarray,
        scalars: Sequence[np.ndarray],
        n_weights: int,
    ) -> Calls:
        """Yield the calls of one step on one block. Sets: ``theta``, ``slots``, ``grad``, ``tmp``.

        The first ``n_weights`` entries are weights, subject to weight decay; the others are not.
        """
        raise NotImplementedError


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

    def __init__(self, learning_rate=None, momentum=0.9, nesterovs_momentum=True):
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum

    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        (velocity,), (rate,) = slots, scalars
        momentum = float(self.momentum)
        yield np.multiply, grad, rate, grad
        if momentum == 0:
            yield np.subtract, theta, grad, theta
            return
        yield np.multiply, velocity, momentum, velocity
        yield np.subtract, velocity, grad, velocity
        if self.nesterovs_momentum:
            yield np.multiply, velocity, momentum, tmp
            yield np.subtract, tmp, grad, tmp
            yield np.add, theta, tmp, theta
        else:
            yield np.add, theta, velocity, theta

    @classmethod
    def examples(cls):
        """Plain, heavy-ball and Nesterov."""
        return [cls(momentum=0), cls(nesterovs_momentum=False), cls()]


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

    def __init__(self, learning_rate=None, initial_accumulator=0.0, epsilon=1e-8):
        self.learning_rate = learning_rate
        self.initial_accumulator = initial_accumulator
        self.epsilon = epsilon

    def slot_start(self):
        return float(self.initial_accumulator)

    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        (v,), (rate,) = slots, scalars
        yield np.multiply, grad, grad, tmp
        yield np.add, v, tmp, v
        yield np.sqrt, v, tmp
        yield np.add, tmp, float(self.epsilon), tmp
        yield np.divide, grad, tmp, tmp
        yield np.multiply, tmp, rate, tmp
        yield np.subtract, theta, tmp, theta


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

    def __init__(self, learning_rate=None, rho=0.9, epsilon=1e-8):
        self.learning_rate = learning_rate
        self.rho = rho
        self.epsilon = epsilon

    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        (v,), (rate,) = slots, scalars
        yield np.multiply, grad, grad, tmp
        yield np.multiply, tmp, 1.0 - self.rho, tmp
        yield np.multiply, v, float(self.rho), v
        yield np.add, v, tmp, v
        yield np.sqrt, v, tmp
        yield np.add, tmp, float(self.epsilon), tmp
        yield np.divide, grad, tmp, tmp
        yield np.multiply, tmp, rate, tmp
        yield np.subtract, theta, tmp, theta


class _AdamLike(Optimizer):
    """Adam's two moments, kept as ``M = m / (1 - beta_1)`` and ``V = v / (1 - beta_2)``.

    Scaled like this, each is updated by one product and one sum; the factors move into the step.
    """

    n_slots = 2

    def _root_scale(self, t):
        """Return c with ``sqrt(v) = sqrt(V) / c``, so that epsilon c is added to ``sqrt(V)``."""
        return 1.0 / math.sqrt(1.0 - self.beta_2)

    def _moments(self, grad, M, V, tmp):
        yield from scale(M, float(self.beta_1))
        yield from add(M, grad)
        yield np.multiply, grad, grad, tmp
        yield from scale(V, float(self.beta_2))
        yield from add(V, tmp)

    def _step(self, theta, M, V, tmp, step, epsilon):
        """Yield the calls for ``theta += step * M / (sqrt(V) + epsilon)``."""
        yield np.sqrt, V, tmp
        yield np.add, tmp, epsilon, tmp
        yield np.divide, M, tmp, tmp
        yield from add_scaled(theta, tmp, step, tmp)


class Adam(_AdamLike):
    r"""Adam: momentum, divided by a running root mean square, both corrected for their zero start.

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad
              v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
              \theta \leftarrow \theta - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}
              \frac{m}{\sqrt v + \epsilon}

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015 (the form of its
    section 2, end, as in scikit-learn).

    Parameters
    ----------
    learning_rate : float in (0, inf), default=None
        None takes the estimator's ``learning_rate_init``.
    beta_1, beta_2 : float in [0, 1), default=0.9, 0.999
        Decay of the two moments.
    epsilon : float in (0, inf), default=1e-8
        Keeps the division finite.

    Examples
    --------
    >>> from skfnn.optimizers import Adam
    >>> Adam(beta_2=0.95)
    Adam(beta_2=0.95)
    """

    name = "adam"
    _parameter_constraints: ClassVar = {
        "learning_rate": _RATE,
        "beta_1": _SHARE,
        "beta_2": _SHARE,
        "epsilon": _POSITIVE,
    }

    def __init__(self, learning_rate=None, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def scalars(self, t, rate, factor=1.0, progress=0.0):
        step = rate * factor * math.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        return (-step * (1 - self.beta_1) * self._root_scale(t),)

    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        (M, V), (step,) = slots, scalars
        yield from self._moments(grad, M, V, tmp)
        yield from self._step(theta, M, V, tmp, step, self.epsilon * self._root_scale(0))


class AdamW(_AdamLike):
    r"""Adam with decoupled weight decay: weights also shrink by :math:`\eta\lambda\theta` a step.

    Biases do not decay. The L2 penalty ``alpha`` of the estimator is separate: set ``alpha=0`` to
    regularise by decay alone. Source: Loshchilov and Hutter, "Decoupled Weight Decay
    Regularization", 2019.

    Parameters
    ----------
    learning_rate : float in (0, inf), default=None
        None takes the estimator's ``learning_rate_init``.
    beta_1, beta_2 : float in [0, 1), default=0.9, 0.999
        Decay of the two moments.
    epsilon : float in (0, inf), default=1e-8
        Keeps the division finite; added to the corrected root mean square.
    weight_decay : float in [0, inf) or Scheduled, default=0.01
        The decay :math:`\lambda`.

    Examples
    --------
    >>> from skfnn.optimizers import AdamW
    >>> AdamW(weight_decay=0.1)
    AdamW(weight_decay=0.1)
    """

    name = "adamw"
    _parameter_constraints: ClassVar = {
        "learning_rate": _RATE,
        "beta_1": _SHARE,
        "beta_2": _SHARE,
        "epsilon": _POSITIVE,
        "weight_decay": [*_NON_NEGATIVE, Scheduled],
    }

    def __init__(
        self, learning_rate=None, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0.01
    ):
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.weight_decay = weight_decay

    def scalars(self, t, rate, factor=1.0, progress=0.0):
        root = math.sqrt((1 - self.beta_2**t) / (1 - self.beta_2))
        step = rate * factor * (1 - self.beta_1) / (1 - self.beta_1**t) * root
        return -step, self.epsilon * root, 1 - rate * at(self.weight_decay, progress)

    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        (M, V), (step, epsilon, keep) = slots, scalars
        if n_weights and self.weight_decay:
            yield from scale(theta[:n_weights], keep)
        yield from self._moments(grad, M, V, tmp)
        yield from self._step(theta, M, V, tmp, step, epsilon)

    @classmethod
    def examples(cls):
        """With and without decay."""
        return [cls(), cls(weight_decay=0)]


class NAdam(_AdamLike):
    r"""Adam with Nesterov's momentum.

    With :math:`\mu_t = \beta_1 (1 - 0.5 \cdot 0.96^{0.004 t})` and
    :math:`\pi_t = \prod_{i \le t} \mu_i`, Adam's moments, and
    :math:`\hat v = v / (1 - \beta_2^t)`:

    .. math:: \theta \leftarrow \theta - \frac{\eta}{\sqrt{\hat v} + \epsilon}
              \left(\frac{\mu_{t+1} m}{1 - \pi_{t+1}} + \frac{(1 - \mu_t) g}{1 - \pi_t}\right)

    Source: Dozat, "Incorporating Nesterov Momentum into Adam", 2016.

    Parameters
    ----------
    learning_rate : float in (0, inf), default=None
        None takes the estimator's ``learning_rate_init``.
    beta_1, beta_2 : float in [0, 1), default=0.9, 0.999
        Decay of the two moments.
    epsilon : float in (0, inf), default=1e-8
        Keeps the division finite; added to the corrected root mean square.

    Examples
    --------
    >>> from skfnn.optimizers import NAdam
    >>> NAdam()
    NAdam()
    """

    name = "nadam"
    _parameter_constraints: ClassVar = Adam._parameter_constraints

    def __init__(self, learning_rate=None, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def _momentum(self, t):
        return self.beta_1 * (1 - 0.5 * 0.96 ** (0.004 * t))

    def _product(self, t):
        product = 1.0
        for i in range(1, t + 1):
            product *= self._momentum(i)
            if product < 1e-17:  # 1 - product is 1 from here on
                return 0.0
        return product

    def scalars(self, t, rate, factor=1.0, progress=0.0):
        rate *= factor
        product = self._product(t)
        now, following = self._momentum(t), self._momentum(t + 1)
        root = math.sqrt((1 - self.beta_2**t) / (1 - self.beta_2))
        of_gradient = rate * root * (1 - now) / (1 - product)
        of_momentum = rate * root * (1 - self.beta_1) * following / (1 - product * following)
        return of_gradient, of_momentum, self.epsilon * root

    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        (M, V), (of_gradient, of_momentum, epsilon) = slots, scalars
        yield from self._moments(grad, M, V, tmp)
        yield np.multiply, grad, of_gradient, grad
        yield np.multiply, M, of_momentum, tmp
        yield np.add, grad, tmp, grad
        yield np.sqrt, V, tmp
        yield np.add, tmp, epsilon, tmp
        yield np.divide, grad, tmp, grad
        yield np.subtract, theta, grad, theta

"""Adam and its relatives: momentum, divided by the size of past gradients."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call, add, add_scaled, scale
from .._engine.program.schedule import Scheduled, at
from ._base import _NON_NEGATIVE, _POSITIVE, _RATE, _SHARE, Optimizer


class _AdamLike(Optimizer):
    """Adam's two moments, kept as ``M = m / (1 - beta_1)`` and ``V = v / (1 - beta_2)``.

    Scaled like this, each is updated by one product and one sum; the factors move into the step.
    """

    n_slots = 2

    def _root_scale(self):
        """Return c with ``sqrt(v) = sqrt(V) / c``, so that epsilon c is added to ``sqrt(V)``."""
        return 1.0 / math.sqrt(1.0 - self.beta_2)

    def _moments(self, grad, M, V, tmp):
        yield from scale(M, float(self.beta_1))
        yield from add(M, grad)
        yield Call(np.multiply, grad, grad, out=tmp)
        yield from scale(V, float(self.beta_2))
        yield from add(V, tmp)

    def _step(self, theta, M, V, tmp, step, epsilon):
        """Yield the calls for ``theta += step * M / (sqrt(V) + epsilon)``."""
        yield Call(np.sqrt, V, out=tmp)
        yield Call(np.add, tmp, epsilon, out=tmp)
        yield Call(np.divide, M, tmp, out=tmp)
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

    def __init__(self, learning_rate=None, beta_1=0.9, beta_2=0.999, epsilon=1e-8) -> None:
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def scalars(self, t, rate, factor=1.0, progress=0.0):
        step = rate * factor * math.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        return (-step * (1 - self.beta_1) * self._root_scale(),)

    def update(self, theta, grad, slots, tmp, scalars, n_weights):
        (M, V), (step,) = slots, scalars
        yield from self._moments(grad, M, V, tmp)
        yield from self._step(theta, M, V, tmp, step, self.epsilon * self._root_scale())


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
    ) -> None:
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

    def __init__(self, learning_rate=None, beta_1=0.9, beta_2=0.999, epsilon=1e-8) -> None:
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
        yield Call(np.multiply, grad, of_gradient, out=grad)
        yield Call(np.multiply, M, of_momentum, out=tmp)
        yield Call(np.add, grad, tmp, out=grad)
        yield Call(np.sqrt, V, out=tmp)
        yield Call(np.add, tmp, epsilon, out=tmp)
        yield Call(np.divide, grad, tmp, out=grad)
        yield Call(np.subtract, theta, grad, out=theta)

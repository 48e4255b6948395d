"""The Tweedie loss: amounts that are often zero, such as a policy's claims."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np

from .._engine.objective.distribution import Located
from .._engine.objective.loss import diagonal_factors
from .._engine.program.calls import Call
from .._sklearn import Interval
from ._regression import Gamma, Poisson, _LogLinkLoss


class Tweedie(_LogLinkLoss):
    r"""Half the Tweedie deviance with log link, for sums of amounts that are often zero.

    .. math:: \ell = \frac{y^{2-p}}{(1-p)(2-p)} - \frac{y e^{(1-p) z}}{1-p}
              + \frac{e^{(2-p) z}}{2-p}, \qquad
              \partial\ell / \partial z = e^{(2-p) z} - y e^{(1-p) z}

    The variance of ``y`` is proportional to the power :math:`p` of its mean. With ``power=1`` it is
    the Poisson deviance, with 2 the gamma deviance; between them a row is a sum of gamma amounts,
    as many as a Poisson count. Source: Jorgensen, "The Theory of Dispersion Models", 1997.

    Parameters
    ----------
    power : float in [1, 2], default=1.5
        How the variance grows with the mean.

    See Also
    --------
    skfnn.metrics.TweedieDeviance : The deviance as a metric.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Tweedie
    >>> Tweedie(power=1.5).value(np.array([[0.0], [1.0]]), np.array([[0.0], [0.0]]))
    array([2., 0.])
    """

    name = "tweedie"
    boosted_as = "poisson"
    scratch = (None,)
    _parameter_constraints: ClassVar = {"power": [Interval(Real, 1, 2, closed="both")]}

    def __init__(self, power=1.5) -> None:
        self.power = power

    @property
    def domain(self) -> str:  # type: ignore[override]  # by the power
        """The range of ``y``: with ``power=2``, no zeros."""
        return "> 0" if self.power == 2 else ">= 0"

    def gradient(self, y, raw, out, scratch):
        (half,) = scratch  # y exp((1 - p) z) in two steps: the exponential overflows before it does
        yield Call(np.multiply, raw, (1.0 - self.power) / 2, out=half)
        yield Call(np.exp, half, out=half)
        yield Call(np.multiply, half, y, out=out)
        yield Call(np.multiply, out, half, out=out)
        yield Call(np.multiply, raw, 2.0 - self.power, out=half)
        yield Call(np.exp, half, out=half)
        yield Call(np.subtract, half, out, out=out)

    def _terms(self, y, raw):
        half = np.exp(raw * ((1 - self.power) / 2))
        return np.exp(raw * (2 - self.power)), y * half * half  # as in ``gradient``

    def curvature(self, y, raw):
        mean, ratio = self._terms(y, raw)
        return diagonal_factors((2 - self.power) * mean + (self.power - 1) * ratio)

    def value(self, y, raw):
        p = self.power
        if p in (1, 2):
            return (Poisson() if p == 1 else Gamma()).value(y, raw)
        mean, ratio = self._terms(y, raw)
        values = y ** (2 - p) / ((1 - p) * (2 - p)) - ratio / (1 - p) + mean / (2 - p)
        return values.sum(axis=1)

    def sample_y(self, rng, n, k):
        if self.power in (1, 2):
            return (Poisson() if self.power == 1 else Gamma()).sample_y(rng, n, k)
        return rng.poisson(1.0, size=(n, k)) * rng.gamma(2.0, size=(n, k))

    def distribution(self, raw):
        mu = self.predict(raw)
        return Located(mu, mu ** (self.power / 2), 0.0)

    def in_domain(self, y):
        return super().in_domain(y) and bool((y > 0).all() if self.power == 2 else (y >= 0).all())

    @classmethod
    def examples(cls):
        """Both ends and the middle."""
        return [cls(), cls(power=1), cls(power=2)]

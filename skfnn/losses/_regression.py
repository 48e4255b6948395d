"""Losses of numbers: the residual's, and those with a logarithmic link."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np
from scipy import special

from .._engine.objective.distribution import Located
from .._engine.objective.link import LogLink
from .._engine.objective.loss import Loss, diagonal_factors, mean
from .._engine.program.calls import Call
from .._sklearn import Interval


def _quantile(y, q, weight):
    """Return the weighted ``q``-quantile of each column, the lower one where several fit.

    The tolerance lets weights that were rescaled, and so rounded, agree with repeated rows.
    """
    weight = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=float)
    order = y.argsort(axis=0, kind="stable")
    share = weight[order].cumsum(axis=0) / weight.sum()
    first = (share >= q * (1 - 1e-6)).argmax(axis=0)
    return np.take_along_axis(y, np.take_along_axis(order, first[None], 0), 0)[0]


class Huber(Loss):
    r"""Huber's loss: quadratic for small residuals :math:`r = z - y`, linear beyond ``delta``.

    .. math:: \ell = r^2 / 2 \text{ if } |r| \le \delta, \text{ else } \delta (|r| - \delta / 2)

    Source: Huber, "Robust Estimation of a Location Parameter", 1964.

    Parameters
    ----------
    delta : float in (0, inf), default=1.0
        Residual, in units of ``y``, beyond which the loss is linear.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Huber
    >>> Huber(delta=1.0).value(np.array([[0.0]]), np.array([[3.0]]))
    array([2.5])
    """

    name = "huber"
    boosted_as = "squared_error"
    noisy = True
    laplace = True
    _parameter_constraints: ClassVar = {"delta": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, delta=1.0) -> None:
        self.delta = delta

    def gradient(self, y, raw, out, scratch):
        yield Call(np.subtract, raw, y, out=out)
        yield Call(np.maximum, out, -float(self.delta), out=out)
        yield Call(np.minimum, out, float(self.delta), out=out)

    def curvature(self, y, raw):  # that of the parabola through the same slope
        residual = np.maximum(np.abs(raw - y), self.delta)
        return diagonal_factors(self.delta / residual)

    def value(self, y, raw):
        return special.huber(self.delta, raw - y).sum(axis=1)

    def constant(self, y, weight):
        low, high = y.min(axis=0), y.max(axis=0)
        for _ in range(64):  # bisection: the slope of the mean loss rises with the constant
            middle = (low + high) / 2
            slope = mean(np.clip(middle - y, -self.delta, self.delta), weight)
            low, high = np.where(slope < 0, middle, low), np.where(slope < 0, high, middle)
        return (low + high) / 2

    def sample_y(self, rng, n, k):
        return 2 * rng.normal(size=(n, k))

    @classmethod
    def examples(cls):
        """A ``delta`` inside and one beyond the typical residual."""
        return [cls(), cls(delta=0.3)]


class Quantile(Loss):
    r"""Pinball loss, whose minimiser is a conditional quantile.

    With the residual :math:`r = y - z`: :math:`\ell = q r` if :math:`r \ge 0`, else
    :math:`(q - 1) r`. Source: Koenker and Bassett, "Regression Quantiles", 1978.

    Parameters
    ----------
    quantile : float in (0, 1), default=0.5
        The quantile to predict.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Quantile
    >>> Quantile(quantile=0.9).value(np.array([[1.0]]), np.array([[0.0]]))
    array([0.9])
    """

    name = "quantile"
    boosted_as = "quantile"
    of_means = False
    aliases = ("pinball",)
    scratch = (None,)
    _parameter_constraints: ClassVar = {"quantile": [Interval(Real, 0, 1, closed="neither")]}

    def __init__(self, quantile=0.5) -> None:
        self.quantile = quantile

    def gradient(self, y, raw, out, scratch):
        (above,) = scratch
        yield Call(np.greater_equal, raw, y, out=above)
        yield Call(np.subtract, above, float(self.quantile), out=out)

    def value(self, y, raw):
        residual = y - raw
        return np.maximum(self.quantile * residual, (self.quantile - 1) * residual).sum(axis=1)

    def constant(self, y, weight):
        return _quantile(y, self.quantile, weight)

    @classmethod
    def examples(cls):
        """The median and an outer quantile."""
        return [cls(), cls(quantile=0.9)]


class AbsoluteError(Loss):
    r"""Absolute error, :math:`\ell = |z - y|`, minimised by the conditional median.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import AbsoluteError
    >>> AbsoluteError().value(np.array([[1.0, 0.0]]), np.array([[3.0, 1.0]]))
    array([3.])
    """

    name = "absolute_error"
    boosted_as = "absolute_error"
    of_means = False
    aliases = ("mae", "mean_absolute_error")

    def gradient(self, y, raw, out, scratch):
        yield Call(np.subtract, raw, y, out=out)
        yield Call(np.sign, out, out=out)

    def value(self, y, raw):
        return np.abs(raw - y).sum(axis=1)

    def constant(self, y, weight):
        return _quantile(y, 0.5, weight)


class _LogLinkLoss(Loss):
    """Loss of positive means, ``mu = exp(z)``."""

    link = LogLink()

    def constant(self, y, weight):
        return np.log(np.maximum(mean(y, weight), 1e-6))


class Poisson(_LogLinkLoss):
    r"""Half the Poisson deviance with log link, for counts and other ``y >= 0``.

    .. math:: \ell = e^z - y z + y \log y - y, \qquad \partial\ell / \partial z = e^z - y

    Source: McCullagh and Nelder, "Generalized Linear Models", 1989.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Poisson
    >>> Poisson().value(np.array([[1.0]]), np.array([[0.0]]))
    array([0.])
    """

    name = "poisson"
    boosted_as = "poisson"
    evidence = True
    domain = ">= 0"

    def gradient(self, y, raw, out, scratch):
        yield Call(np.exp, raw, out=out)
        yield Call(np.subtract, out, y, out=out)

    def curvature(self, y, raw):
        return diagonal_factors(np.exp(raw))

    def value(self, y, raw):
        return (np.exp(raw) - y * raw + special.xlogy(y, y) - y).sum(axis=1)

    def sample_y(self, rng, n, k):
        return rng.poisson(1.5, size=(n, k)).astype(float)

    def distribution(self, raw):
        mu = self.predict(raw)
        return Located(mu, np.sqrt(mu), 0.0)

    def in_domain(self, y):
        return super().in_domain(y) and bool((y >= 0).all())


class Gamma(_LogLinkLoss):
    r"""Half the gamma deviance with log link, for skewed positive ``y``.

    .. math:: \ell = z - \log y + y e^{-z} - 1, \qquad \partial\ell / \partial z = 1 - y e^{-z}

    Source: McCullagh and Nelder, "Generalized Linear Models", 1989.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Gamma
    >>> Gamma().value(np.array([[1.0]]), np.array([[0.0]]))
    array([0.])
    """

    name = "gamma"
    boosted_as = "gamma"
    domain = "> 0"
    scratch = (None,)

    def gradient(self, y, raw, out, scratch):
        (half,) = scratch  # y exp(-z) in two steps: exp(-z) overflows before it does
        yield Call(np.multiply, raw, -0.5, out=half)
        yield Call(np.exp, half, out=half)
        yield Call(np.multiply, half, y, out=out)
        yield Call(np.multiply, out, half, out=out)
        yield Call(np.subtract, 1.0, out, out=out)

    def curvature(self, y, raw):
        return diagonal_factors(self._ratio(y, raw))

    def _ratio(self, y, raw):
        half = np.exp(-0.5 * raw)
        return y * half * half

    def value(self, y, raw):
        return (raw - np.log(y) + self._ratio(y, raw) - 1).sum(axis=1)

    def sample_y(self, rng, n, k):
        return rng.gamma(2.0, size=(n, k)) + 0.1

    def distribution(self, raw):
        mu = self.predict(raw)
        return Located(mu, mu, 0.0)

    def in_domain(self, y):
        return super().in_domain(y) and bool((y > 0).all())

"""Losses that learn a distribution: several scores for each output, one per parameter.

The first parameter says where ``predict`` lies, so that everything that knows a loss by its link
finds it in the first columns.
"""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np
from scipy import special
from scipy.optimize import minimize_scalar

from .._engine.objective.distribution import Counts, Curves, Normal
from .._engine.objective.link import LogLink, softplus
from .._engine.objective.loss import Loss, diagonal_factors, mean
from .._engine.program.calls import Call
from .._sklearn import Interval
from ..activations import Logistic
from ._regression import _quantile

_HALF_LOG_2_PI = 0.5 * np.log(2 * np.pi)


class Gaussian(Loss):
    r"""Negative log-likelihood of a normal distribution, whose mean and variance are both learned.

    With the scores :math:`\mu` and :math:`s`, the logarithm of the variance:

    .. math:: \ell = \tfrac12 \left( s + (y - \mu)^2 e^{-s} + \log 2 \pi \right)

    :math:`s` counts within -60 and 60. Source: Nix and Weigend, "Estimating the mean and variance
    of the target probability distribution", 1994.

    Parameters
    ----------
    beta : float in [0, 1], default=0.0
        The gradient of a row is multiplied by its variance to the power of ``beta``: with 0 it is
        that of the likelihood, which learns slowly where the variance is large; with 1 the mean
        learns as by squared errors. For minibatch solvers only, as it is no function's gradient.
        Source: Seitzer et al., "On the Pitfalls of Heteroscedastic Uncertainty Estimation with
        Probabilistic Neural Networks", 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Gaussian
    >>> Gaussian().value(np.array([[1.0]]), np.array([[1.0, 0.0]])).round(4)
    array([0.9189])
    """

    name = "gaussian"
    aliases = ("normal",)
    laplace = True
    evidence = True
    by_moments = True
    describes = Normal
    _parameter_constraints: ClassVar = {"beta": [Interval(Real, 0, 1, closed="both")]}
    _BOUND = 60.0

    def __init__(self, beta=0.0) -> None:
        self.beta = beta

    @property
    def parameters(self):
        """The mean, and the logarithm of the variance."""
        return 2

    @property
    def differentiable(self):
        """Not with ``beta``."""
        return self.beta == 0

    @property
    def scratch(self):
        """The gradient of the mean, where the variance counts, the weight by ``beta``."""
        return (None,) * (3 if self.beta else 2)

    def gradient(self, y, raw, out, scratch):
        (mu, s), (dmu, ds) = self.parts(raw), self.parts(out)
        slope, inside, *more = scratch
        weight = more[0] if more else None
        yield Call(np.maximum, s, -self._BOUND, out=ds)
        yield Call(np.minimum, ds, self._BOUND, out=ds)
        yield Call(np.equal, ds, s, out=inside)
        if self.beta:
            yield Call(np.multiply, ds, float(self.beta), out=weight)
            yield Call(np.exp, weight, out=weight)
        yield Call(np.negative, ds, out=ds)
        yield Call(np.exp, ds, out=ds)
        yield Call(np.subtract, mu, y, out=dmu)
        yield Call(np.multiply, dmu, ds, out=slope)
        yield Call(np.multiply, dmu, slope, out=ds)
        yield Call(np.copyto, slope, out=dmu)
        yield Call(np.subtract, 1.0, ds, out=ds)
        yield Call(np.multiply, ds, 0.5, out=ds)
        yield Call(np.multiply, ds, inside, out=ds)
        if self.beta:
            yield Call(np.multiply, dmu, weight, out=dmu)
            yield Call(np.multiply, ds, weight, out=ds)

    def _bounded(self, raw):
        mu, s = self.parts(raw)
        return mu, np.clip(s, -self._BOUND, self._BOUND)

    def curvature(self, y, raw):  # the expectation over y
        _, s = self._bounded(raw)
        return diagonal_factors(np.hstack([np.exp(-s), np.full_like(s, 0.5)]))

    def value(self, y, raw):
        mu, s = self._bounded(raw)
        return (0.5 * (s + (y - mu) ** 2 * np.exp(-s)) + _HALF_LOG_2_PI).sum(axis=1)

    def distribution(self, raw):
        mu, s = self._bounded(raw)
        return Normal(mu, np.exp(s / 2))

    def scores_of(self, mean, variance):
        """Return the scores (n, 2 k) of means and variances, both (n, k), kept in their bounds."""
        least, largest = np.exp([-self._BOUND, self._BOUND])
        return np.hstack([mean, np.log(np.clip(variance, least, largest))])

    def pooled_scores(self, members):
        """Return the scores (n, 2 k) of the mixture of members, (n, m, 2 k), by its moments."""
        k = members.shape[2] // 2
        mu, s = members[:, :, :k], np.clip(members[:, :, k:], -self._BOUND, self._BOUND)
        return self.scores_of(mu.mean(axis=1), np.exp(s).mean(axis=1) + mu.var(axis=1))

    def mixture(self, raws, weights):
        """Return the scores (n, 2 k) of the mixture of members by weights, by its moments.

        Parameters
        ----------
        raws : sequence of ndarray of shape (n, 2 k)
            Scores of each member.
        weights : sequence of float
            How much each of them counts.
        """
        mu, s = (np.stack(part) for part in zip(*map(self._bounded, raws), strict=True))
        mean = np.average(mu, axis=0, weights=weights)
        variance = np.average(np.exp(s) + (mu - mean) ** 2, axis=0, weights=weights)
        return self.scores_of(mean, variance)

    def constant(self, y, weight):
        middle = mean(y, weight)
        variance = mean((y - middle) ** 2, weight)
        return np.append(middle, np.log(np.where(variance > 0, variance, 1)))

    @classmethod
    def examples(cls):
        """The likelihood, and the one that is weighted by the variance."""
        return [cls(), cls(beta=0.5)]


class Quantiles(Loss):
    r"""Pinball losses of several quantiles, learned by one network, whose curves cannot cross.

    The first score is the median; each further one is turned by the softplus function into the
    distance from the next curve on the median's side. With the curves :math:`c_j` of the L levels
    :math:`q_j` and :math:`r_j = y - c_j`:

    .. math:: \ell = \frac1L \sum_j \max(q_j r_j, (q_j - 1) r_j)

    ``predict`` gives the median. Source: Koenker and Bassett, "Regression Quantiles", 1978.

    Parameters
    ----------
    quantiles : sequence of float in (0, 1), default=(0.05, 0.25, 0.5, 0.75, 0.95)
        The levels, in increasing order. The median is added where it is missing.
    independent : bool, default=False
        Whether curves are learned one by one and sorted in each row, in place of distances. With
        ``monotonic_cst`` they always are: each may rise as it likes, and so the spread shrink.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Quantiles
    >>> Quantiles([0.1, 0.9]).value(np.array([[1.0]]), np.array([[1.0, -50.0, -50.0]])).round(4)
    array([0.])
    """

    name = "quantiles"
    describes = Curves
    independent: bool = False  # of losses in files from before
    _parameter_constraints: ClassVar = {"quantiles": ["array-like"], "independent": ["boolean"]}

    def __init__(self, quantiles=(0.05, 0.25, 0.5, 0.75, 0.95), independent=False) -> None:
        self.quantiles = quantiles
        self.independent = independent

    def n_located(self, n_outputs):
        return self.n_scores(n_outputs) if self.independent else n_outputs

    def located_freely(self):
        return Quantiles(self.quantiles, independent=True)

    @property
    def sorts(self):
        """All curves, where each is learned by itself."""
        if not self.independent:
            return None
        levels = self.learned_levels()
        return len(levels), int(np.searchsorted(levels, 0.5))

    def _order(self):
        """Return the place of each score's curve among the levels."""
        n, middle = len(self.learned_levels()), int(np.searchsorted(self.learned_levels(), 0.5))
        return [*range(middle, n), *range(middle - 1, -1, -1)]

    def learned_levels(self) -> np.ndarray:
        """Return the levels, the median among them.

        Raises
        ------
        ValueError
            If they are not in (0, 1), not in increasing order, or none beside the median.
        """
        try:
            levels = np.atleast_1d(np.asarray(self.quantiles, dtype=np.float64))
        except (TypeError, ValueError):
            levels = np.array([np.nan])
        inside = levels.ndim == 1 and ((levels > 0) & (levels < 1)).all()
        if not inside or (np.diff(levels) <= 0).any() or not (levels != 0.5).any():
            raise ValueError(
                "quantiles must hold levels in (0, 1) in increasing order, one of them not 0.5. "
                f"Got {self.quantiles!r}."
            )
        return np.union1d(levels, [0.5])

    def _sides(self, parts):
        """Return (the median's part, the others from there up, the others from there down).

        Those come with their place among the levels.
        """
        levels = self.learned_levels()
        middle = int(np.searchsorted(levels, 0.5))
        n_up = len(levels) - middle - 1
        up = list(zip(range(middle + 1, len(levels)), parts[1:], strict=False))
        down = list(zip(range(middle - 1, -1, -1), parts[1 + n_up :], strict=True))
        return parts[0], up, down

    @property
    def parameters(self):
        """One for each level."""
        return len(self.learned_levels())

    @property
    def scratch(self):
        """Each curve, work space, and the slopes on one side added up."""
        return (None,) * (self.parameters + 2)

    def gradient(self, y, raw, out, scratch):
        return (self._slopes if self.independent else self._slopes_of_distances)(
            y, raw, out, scratch
        )

    def _slopes(self, y, raw, out, scratch):
        """Yield the calls for the slopes of pinball losses, curve by curve."""
        levels = self.learned_levels()
        for j, curve, slope in zip(self._order(), self.parts(raw), self.parts(out), strict=True):
            yield Call(np.greater_equal, curve, y, out=slope)
            yield Call(np.subtract, slope, float(levels[j]), out=slope)
        yield Call(np.multiply, out, 1.0 / len(levels), out=out)

    def _slopes_of_distances(self, y, raw, out, scratch):
        """Yield the calls for the slopes by the median and the distances from it."""
        *curves, work, total = scratch
        levels = self.learned_levels()
        middle, *sides = self._sides(self.parts(raw))
        slope, *out_sides = self._sides(self.parts(out))
        yield Call(np.greater_equal, middle, y, out=slope)
        yield Call(np.subtract, slope, 0.5, out=slope)
        for side, outs, add in zip(sides, out_sides, (np.add, np.subtract), strict=True):
            before = middle
            for (j, z), (_, dz) in zip(side, outs, strict=True):
                yield Call(np.absolute, z, out=work)
                yield Call(np.negative, work, out=work)
                yield Call(np.exp, work, out=work)
                yield Call(np.log1p, work, out=work)
                yield Call(np.maximum, z, 0.0, out=curves[j])
                yield Call(np.add, curves[j], work, out=work)
                yield Call(add, before, work, out=curves[j])
                yield from Logistic().forward(z, dz, ())
                before = curves[j]
            first = True
            for (j, _), (_, dz) in zip(reversed(side), reversed(outs), strict=True):
                yield Call(np.greater_equal, curves[j], y, out=work)
                if first:
                    yield Call(np.subtract, work, float(levels[j]), out=total)
                else:
                    yield Call(np.subtract, work, float(levels[j]), out=work)
                    yield Call(np.add, total, work, out=total)
                yield Call(np.multiply, dz, total, out=dz)
                if add is np.subtract:
                    yield Call(np.negative, dz, out=dz)
                first = False
            if side:
                yield Call(np.add, slope, total, out=slope)
        yield Call(np.multiply, out, 1.0 / len(levels), out=out)

    def curves(self, raw: np.ndarray) -> np.ndarray:
        """Return the quantiles (n, k, n_levels) of raw scores."""
        if self.independent:
            return np.stack(self.parts(raw), axis=-1)[..., np.argsort(self._order())]
        middle, up, down = self._sides(self.parts(raw))
        curves = np.empty((*middle.shape, len(self.learned_levels())), raw.dtype)
        curves[..., len(down)] = middle
        for j, z in up:
            curves[..., j] = curves[..., j - 1] + softplus(z)
        for j, z in down:
            curves[..., j] = curves[..., j + 1] - softplus(z)
        return curves

    def _scores(self, curves, least):
        """Return the raw scores (n, n_levels k) of curves, steps of less than ``least`` widened."""
        if self.independent:
            return np.hstack([curves[..., j] for j in self._order()])
        levels = self.learned_levels()
        middle = int(np.searchsorted(levels, 0.5))
        steps = np.maximum(np.diff(curves, axis=-1), np.asarray(least)[..., None])
        z = steps + np.log(-np.expm1(-steps))  # the inverse of softplus
        order = [*range(middle, len(levels) - 1), *range(middle - 1, -1, -1)]
        return np.hstack([curves[..., middle], *(z[..., j] for j in order)])

    def value(self, y, raw):
        levels, residual = self.learned_levels(), y[..., None] - self.curves(raw)
        losses = np.maximum(residual * levels, residual * (levels - 1))
        return losses.mean(axis=-1).sum(axis=1)

    def distribution(self, raw):
        return Curves(self.learned_levels(), self.curves(raw))

    def pooled_scores(self, members) -> np.ndarray:
        """Return the scores of the members' mean curves."""
        n_rows, n_members, n_scores = members.shape
        curves = self.curves(members.reshape(-1, n_scores))
        curves = curves.reshape(n_rows, n_members, *curves.shape[1:]).mean(axis=1)
        return self._scores(curves, np.finfo(members.dtype).tiny)

    def constant(self, y, weight):
        curves = np.stack([_quantile(y, q, weight) for q in self.learned_levels()], axis=-1)
        spread = curves[:, -1] - curves[:, 0]
        return self._scores(curves[None], 1e-3 * np.where(spread > 0, spread, 1))[0]

    @classmethod
    def examples(cls):
        """Around the median, on one side of it, and curves one by one."""
        return [cls(), cls([0.9]), cls([0.1, 0.2]), cls([0.1, 0.8], independent=True)]


class NegativeBinomial(Loss):
    r"""Negative log-likelihood of counts whose variance exceeds their mean.

    With the scores :math:`\log m` and :math:`\log d`, mean and dispersion, the variance is
    :math:`m + d m^2`; with :math:`r = 1 / d`

    .. math:: \ell = \log\Gamma(r) + \log\Gamma(y + 1) - \log\Gamma(y + r)
              + (y + r) \log(1 + d m) - y \log(d m)

    :math:`\log d` counts within -14 and 14. Source: Hilbe, "Negative Binomial Regression", 2011
    (NB2).

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import NegativeBinomial
    >>> NegativeBinomial().value(np.array([[0.0]]), np.array([[0.0, 0.0]])).round(4)
    array([0.6931])
    """

    name = "negative_binomial"
    describes = Counts
    link = LogLink()
    domain = "counts, whole numbers >= 0"
    scalable = False
    _BOUND = 14.0

    @property
    def parameters(self):
        """Logarithms of mean and dispersion."""
        return 2

    def gradient(self, y, raw, out, scratch):
        yield Call(self._slopes, y, raw, out=out)

    def _slopes(self, y, raw, out):
        """Write the gradient, computed in double precision: it is a difference of large numbers."""
        z, a = (part.astype(np.float64) for part in self.parts(raw))
        bounded = np.clip(a, -self._BOUND, self._BOUND)
        size, t = np.exp(-bounded), bounded + z
        dz, da = self.parts(out)
        slope = (np.exp(z) - y) * special.expit(-t)
        digammas = special.psi(y + size) - special.psi(size)
        dz[...] = slope
        da[...] = (size * (digammas - np.logaddexp(0, t)) + slope) * (bounded == a)

    def _bounded(self, raw):
        z, a = (part.astype(np.float64) for part in self.parts(raw))
        return z, np.clip(a, -self._BOUND, self._BOUND)

    def value(self, y, raw):
        z, a = self._bounded(raw)
        size, t = np.exp(-a), a + z
        gammas = special.gammaln(size) + special.gammaln(y + 1.0) - special.gammaln(y + size)
        return (gammas + (y + size) * np.logaddexp(0, t) - y * t).sum(axis=1).astype(raw.dtype)

    def distribution(self, raw):
        z, a = self._bounded(raw)
        return Counts(np.exp(z), np.exp(a))

    def pooled_scores(self, members):
        """Return the scores (n, 2 k) of the mixture of members, (n, m, 2 k), by its moments."""
        n_rows, n_members, n_scores = members.shape
        z, a = self._bounded(members.reshape(-1, n_scores))
        m, d = (np.exp(part).reshape(n_rows, n_members, -1) for part in (z, a))
        middle = m.mean(axis=1)
        excess = (d * m**2).mean(axis=1) + m.var(axis=1)
        return np.hstack([np.log(middle), np.log(excess) - 2 * np.log(middle)])

    def constant(self, y, weight):
        middle = np.log(np.maximum(mean(y, weight), 1e-6))
        dispersion = [self._dispersion(*pair, weight) for pair in zip(y.T, middle, strict=True)]
        return np.append(middle, dispersion)

    def _dispersion(self, y, z, weight):
        """Return the logarithm of the dispersion that fits the counts of one output best."""
        counts, where = np.unique(y, return_inverse=True)
        weight = np.bincount(where, weight)
        column = counts[:, None]

        def loss(a):
            raw = np.column_stack([np.full(len(counts), z), np.full(len(counts), a)])
            return float(np.average(self.value(column, raw), weights=weight))

        bounds = (-self._BOUND, self._BOUND)
        return float(minimize_scalar(loss, bounds=bounds, options={"xatol": 1e-9}).x)

    def sample_y(self, rng, n, k):
        return rng.negative_binomial(2.0, 0.4, size=(n, k)).astype(float)

    def in_domain(self, y):
        return super().in_domain(y) and bool(((y >= 0) & (y == np.floor(y))).all())

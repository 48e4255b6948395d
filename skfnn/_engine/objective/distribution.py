"""What raw scores say of a target: where it lies, how far it may be off, its whole distribution.

All arrays are (n, k), one column per output; quantiles and samples add an axis at the end.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import ndtr, ndtri

# Beyond, the tail of the normal distribution is below the smallest number.
FARTHEST = 37.0
# Samples by quantiles stay so far from the levels 0 and 1.
EDGE = 1e-12


class Located:
    """A centre and a scale: how far targets lie from the centre is known up to a common factor.

    Parameters
    ----------
    center : ndarray of shape (n, k)
        What is predicted.
    scale : ndarray of shape (n, k), default=None
        Positive; by default 1.
    low : float, default=-inf
        No target is below.

    Attributes
    ----------
    std : ndarray of shape (n, k) or None
        Standard deviations, where there is a distribution that has them.
    is_distribution : bool
        Whether it has quantiles and samples.
    """

    std: np.ndarray | None = None
    is_distribution = False

    def __init__(
        self, center: np.ndarray, scale: np.ndarray | None = None, low: float = -np.inf
    ) -> None:
        self.center, self.low = center, low
        tiny = np.finfo(center.dtype).tiny
        self.scale = np.ones_like(center) if scale is None else np.maximum(scale, tiny)

    def affine(self, shift, factor) -> Located:
        """Return what holds for ``shift + factor * y``; ``factor`` is positive."""
        low = self.low if self.low == -np.inf else float(np.min(shift + factor * self.low))
        return type(self)(shift + factor * self.center, factor * self.scale, low)

    def scaled(self, factor) -> Located:
        """Return the same with scales times a factor: a number > 0, (k,) or (n, k)."""
        return Located(self.center, self.scale * factor, self.low)

    def score(self, y: np.ndarray) -> np.ndarray:
        """Return how far targets are off, comparable between rows: a number >= 0 for each."""
        return np.abs(y - self.center) / self.scale

    def limits(self, score) -> np.ndarray:
        """Return (n, k, 2), lower and upper ends of all that has at most this score."""
        half = self.scale * score
        return np.stack([np.maximum(self.center - half, self.low), self.center + half], axis=-1)


class Distribution(Located):
    """A distribution for each target, known by its quantiles.

    To add one, subclass, give the base class its ``center`` and ``scale``, and write ``quantile``;
    ``std`` where there is a standard deviation. Draws and scores follow from quantiles. Where
    center and scale are not all that it knows, write ``affine``, too.

    Parameters
    ----------
    center : ndarray of shape (n, k)
        What is predicted.
    scale : ndarray of shape (n, k), default=None
        How far targets lie from it, up to a common factor: positive; by default 1.
    low : float, default=-inf
        No target is below.

    Attributes
    ----------
    std : ndarray of shape (n, k) or None
        Standard deviations.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Distribution
    >>> class Uniform(Distribution):
    ...     def quantile(self, q):
    ...         return self.center[..., None] + self.scale[..., None] * (2 * q - 1)
    >>> wide = Uniform(np.array([[5.0]]), np.array([[2.0]]))
    >>> wide.interval(0.5).tolist()
    [[[4.0, 6.0]]]
    >>> wide.crps(np.array([[5.0]])).round(3).tolist()  # a twelfth of the width
    [[0.333]]
    """

    is_distribution = True

    def quantile(self, q: np.ndarray) -> np.ndarray:
        """Return quantiles.

        Parameters
        ----------
        q : ndarray of shape (m,) or (n, k, m)
            Levels in (0, 1): the same for each target, or other ones for each.

        Returns
        -------
        ndarray of shape (n, k, m)
            The quantiles.
        """
        raise NotImplementedError

    def anywhere(self, q: np.ndarray) -> np.ndarray:
        """Return quantiles, also where ``quantile`` refuses to tell: a guess will do.

        Parameters
        ----------
        q : ndarray of shape (m,) or (n, k, m)
            Levels in (0, 1).

        Returns
        -------
        ndarray of shape (n, k, m)
            The quantiles.
        """
        return self.quantile(q)

    def interval(self, coverage: float) -> np.ndarray:
        """Return the central interval that holds a share of targets.

        Parameters
        ----------
        coverage : float in (0, 1)
            The share.

        Returns
        -------
        ndarray of shape (n, k, 2)
            Lower and upper limits.
        """
        tail = (1 - coverage) / 2
        return self.anywhere(np.array([tail, 1 - tail]))

    def sample(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        """Draw targets.

        Parameters
        ----------
        n_samples : int
            Draws a target.
        rng : Generator
            Where they come from.

        Returns
        -------
        ndarray of shape (n, k, n_samples)
            Independent draws.
        """
        shape = (*self.center.shape, n_samples)
        return self.anywhere(rng.uniform(EDGE, 1 - EDGE, shape))

    def crps(self, y: np.ndarray) -> np.ndarray:
        """Return continuous ranked probability scores; smaller is better.

        By default the mean pinball loss over all levels, times two, on a grid of 199. Source:
        Gneiting and Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation", 2007.

        Parameters
        ----------
        y : ndarray of shape (n, k)
            Targets.

        Returns
        -------
        ndarray of shape (n, k)
            The scores, in the unit of y.
        """
        q = (np.arange(199) + 0.5) / 199
        residual = y[..., None] - self.anywhere(q)
        return 2 * np.maximum(q * residual, (q - 1) * residual).mean(axis=-1)


class Normal(Distribution):
    """Normal distributions, of mean ``center`` and standard deviation ``scale``."""

    @property
    def std(self):
        return self.scale

    def quantile(self, q):
        return self.center[..., None] + self.scale[..., None] * ndtri(q)

    def sample(self, n_samples, rng):
        shape = (*self.center.shape, n_samples)
        return self.center[..., None] + self.scale[..., None] * rng.normal(size=shape)

    def crps(self, y):
        z = (y - self.center) / self.scale
        density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        return self.scale * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))


class Counts(Distribution):
    """Negative binomial distributions of mean m and variance ``m + dispersion m^2``."""

    def __init__(self, mean: np.ndarray, dispersion: np.ndarray) -> None:
        mean, dispersion = mean.astype(np.float64), dispersion.astype(np.float64)
        super().__init__(mean, np.sqrt(mean + dispersion * mean**2), 0.0)
        self.size = 1 / dispersion
        self.share = self.size / (self.size + mean)

    @property
    def std(self):
        return self.scale

    def affine(self, shift, factor):
        if np.any(shift) or np.any(np.not_equal(factor, 1)):
            raise ValueError("Counts have no other unit.")
        return self

    def score(self, y):
        half = stats.nbinom.pmf(y, self.size, self.share) / 2
        below = stats.nbinom.cdf(y, self.size, self.share) - half
        above = stats.nbinom.sf(y, self.size, self.share) + half
        return np.minimum(-ndtri(np.clip(np.minimum(below, above), 0, 0.5)), FARTHEST)

    def limits(self, score):
        tail = ndtr(-np.minimum(score, FARTHEST))
        low = stats.nbinom.ppf(tail, self.size, self.share)
        return np.stack([np.maximum(low, 0), stats.nbinom.isf(tail, self.size, self.share)], -1)

    def quantile(self, q):
        return stats.nbinom.ppf(q, self.size[..., None], self.share[..., None])

    def sample(self, n_samples, rng):
        shape = (*self.center.shape, n_samples)
        rate = rng.gamma(self.size[..., None], (self.center / self.size)[..., None], shape)
        return rng.poisson(rate).astype(np.float64)

    def crps(self, y):
        # E|X - y| - E|X - X'| / 2. Source: Wei and Held, "Calibration tests for count data", 2014.
        r, p, mean = self.size, self.share, self.center
        at = 2 * stats.nbinom.cdf(y, r, p) - 1
        before = 2 * stats.nbinom.cdf(y - 1, r + 1, p) - 1
        return np.maximum(y * at - mean * before - self._half_difference(), 0)

    def _half_difference(self):
        r"""Return half the expected difference of two draws.

        By the characteristic function of a difference of whole numbers it is, with
        :math:`c = 4 m (1 + m / r) / r` and :math:`t = e^s`,

        .. math:: \frac{1}{2 \pi} \int_{-\infty}^\infty
                  \left(1 - \left(1 + \frac{c}{1 + t^2}\right)^{-r}\right) t \, ds

        whose trapezoidal sum has an error of about :math:`e^{-\pi^2 / h}` for steps of h. The
        hypergeometric function that it equals overflows where r or m is large.
        """
        r, mean = self.size[..., None], self.center[..., None]
        c = 4 * mean / r * (1 + mean / r)
        half = np.empty_like(self.center)
        step, flat = 0.2, half.reshape(-1)
        nodes = np.arange(-27, 28, step)
        r, c = (np.broadcast_to(a, (*half.shape, 1)).reshape(-1, 1) for a in (r, c))
        for start in range(0, len(flat), 1000):  # so that memory stays small
            rows = slice(start, start + 1000)
            s = nodes + 0.5 * np.log1p(r[rows] * c[rows])
            gone = -np.expm1(-r[rows] * np.log1p(c[rows] / (1 + np.exp(2 * s))))
            flat[rows] = step / (2 * np.pi) * (gone * np.exp(s)).sum(axis=1)
        return half


class Curves(Distribution):
    """Distributions known by some quantiles.

    Between the levels, and beyond them for intervals and samples, the normal score of a quantile
    is linear in its value: with two levels that is a normal distribution.

    Parameters
    ----------
    levels : ndarray of shape (n_levels,)
        Increasing, in (0, 1), 0.5 among them.
    values : ndarray of shape (n, k, n_levels)
        The quantiles, in no decreasing order.
    """

    def __init__(self, levels: np.ndarray, values: np.ndarray) -> None:
        self.levels, self.z = levels, ndtri(levels)
        values = values.astype(np.float64)
        largest = np.abs(values).max(axis=-1, keepdims=True)
        least = 4 * np.finfo(np.float64).eps * np.where(largest > 0, largest, 1)
        self.values = values = values + least * np.arange(len(levels))  # no two at the same place
        super().__init__(values[..., int(np.argmin(np.abs(self.z)))])

    def affine(self, shift, factor):
        shift, factor = np.asarray(shift), np.asarray(factor)
        return Curves(self.levels, shift[..., None] + factor[..., None] * self.values)

    def _at(self, z):
        """Return values (n, k, m) at normal scores ``z``, (m,) or (n, k, m)."""
        part = np.searchsorted(self.z[1:-1], z)
        shape = (*self.center.shape, np.shape(z)[-1])
        part, z = np.broadcast_to(part, shape), np.broadcast_to(z, shape)
        low = np.take_along_axis(self.values, part, -1)
        high = np.take_along_axis(self.values, part + 1, -1)
        return low + (high - low) * (z - self.z[part]) / (self.z[part + 1] - self.z[part])

    def score(self, y):
        part = (self.values[..., 1:-1] <= y[..., None]).sum(axis=-1)
        low = np.take_along_axis(self.values, part[..., None], -1)[..., 0]
        high = np.take_along_axis(self.values, part[..., None] + 1, -1)[..., 0]
        z = self.z[part] + (self.z[part + 1] - self.z[part]) * (y - low) / (high - low)
        return np.abs(z)

    def limits(self, score):
        z = np.stack(np.broadcast_arrays(-np.asarray(score), score), -1)
        return self._at(z)

    def anywhere(self, q):
        return self._at(ndtri(q))

    def quantile(self, q):
        outside = (q < self.levels[0]) | (q > self.levels[-1])
        if np.any(outside):
            raise ValueError(
                f"q must lie within the levels that were learned, {self.levels[0]:g} to "
                f"{self.levels[-1]:g}. Got {q[outside][0]:g}: give Quantiles an outer level."
            )
        return self._at(ndtri(q))

    def sample(self, n_samples, rng):
        return self._at(rng.normal(size=(*self.center.shape, n_samples)))


class Calibration:
    """How large scores are on rows that were held out: intervals by conformal prediction.

    A new target has at most the ``ceil((n + 1) coverage)``-smallest score with a probability of at
    least ``coverage``, if its row and the n held-out ones are exchangeable; rows count
    by their weights. Source: Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World",
    2005.

    Parameters
    ----------
    scores : ndarray of shape (n, k)
        Scores of the held-out rows.
    weight : ndarray of shape (n,), default=None
        Their weights.

    Attributes
    ----------
    errors : Errors or None
        The errors with their signs, where the predictions have no distribution.
    """

    errors: Any = None
    # More order statistics than that tell nothing more.
    MOST = 5000

    def __init__(self, scores: np.ndarray, weight: np.ndarray | None = None) -> None:
        if weight is not None:
            scores, weight = scores[weight > 0], weight[weight > 0].astype(np.float64)
        weight = np.ones(len(scores)) if weight is None else weight / weight.mean()
        self.n_rows = len(scores)
        order = scores.argsort(axis=0, kind="stable")
        share = weight[order].cumsum(axis=0) / (self.n_rows + 1)
        kept = np.unique(np.linspace(0, self.n_rows - 1, self.MOST).round().astype(int))
        if self.n_rows <= self.MOST:
            kept = np.arange(self.n_rows)
        self._scores, self._share = np.take_along_axis(scores, order, 0)[kept], share[kept]

    def score(self, coverage: float) -> np.ndarray | None:
        """Return the score (k,) that a share ``coverage`` stays below; None if rows are too few."""
        enough = self._share >= coverage * (1 - 1e-12)
        if not len(enough) or not enough[-1].all():
            return None
        first = enough.argmax(axis=0)
        return np.take_along_axis(self._scores, first[None], 0)[0]

    @property
    def largest(self) -> np.ndarray:
        """The largest score (k,) of a held-out row."""
        return self._scores[-1]

    @staticmethod
    def rows_for(coverage: float) -> int:
        """Return how many held-out rows a coverage needs: ``(n + 1) coverage <= n``."""
        return ceil(coverage / (1 - coverage) - 1e-9)

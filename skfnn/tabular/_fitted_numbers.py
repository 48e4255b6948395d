"""What a fit of a table leaves whose target are numbers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from .._engine.objective.distribution import Located
from .._engine.objective.evaluation import data_loss
from .._engine.objective.loss import Loss
from .._engine.objective.targets import check_columns
from .._engine.objective.weights import LEAST, moments
from ..metrics import R2
from ._fitted import FittedTable, by_all, out_of_fold, tempered, together
from ._predictors import NetworkPredictor
from ._widths import (
    HeldErrors,
    Widths,
    learned,
    share_of_mean,
    spread_of_all,
    spread_of_one,
)

# Larger targets cannot be squared, as scores need them.
LARGEST_TARGET = 1e150
# So many rows tell how much members differ.
VARIANCE_ROWS = 1000


class Scale(NamedTuple):
    """The unit of targets: members learn ``(y - shift) / spread``, an entry per output.

    Predictions are kept within ``low`` and ``high``, the range of the training targets.
    """

    shift: Any
    spread: Any
    low: Any
    high: Any

    @classmethod
    def of(cls, y: np.ndarray, loss: Loss, weight: np.ndarray | None = None) -> Scale:
        """Return the scale of training targets: that of the loss, where it needs its own.

        Parameters
        ----------
        y : ndarray of shape (n,) or (n, k)
            Targets.
        loss : Loss
            The loss.
        weight : ndarray of shape (n,), default=None
            Weights of rows: means are by weight, and a row of weight 0 is as good as absent.

        Raises
        ------
        ValueError
            If the targets are so large that their squares overflow.
        """
        if weight is not None:
            y, weight = y[weight > 0], weight[weight > 0]
            weight = np.maximum(weight, LEAST * weight.max())  # or one row would be all there is
        largest = np.abs(y).max()
        if largest > LARGEST_TARGET:
            raise ValueError(
                f"y has values up to {largest:.3g}, whose squares overflow. Divide y by a constant."
            )
        power = np.frexp(largest)[1]  # near 1, squares do not vanish; by two, no digit changes
        near_1 = np.ldexp(y, -power)
        mean, variance = moments(near_1, weight)
        mean, deviation = np.ldexp(mean, power), np.ldexp(np.sqrt(variance), power)
        if not loss.link.unbounded:  # targets keep their sign
            spread = mean if loss.scalable else np.ones_like(mean)
            shift = np.zeros_like(y[0])
        else:
            shift, spread = mean, deviation
        return cls(shift, np.where(spread > 0, spread, 1.0), y.min(axis=0), y.max(axis=0))

    def encode(self, y):
        """Return targets as members learn them."""
        return (y - self.shift) / self.spread

    def decode(self, y):
        """Return what members learned in the user's unit."""
        return y * self.spread + self.shift


def check_domain(y: np.ndarray, loss: Loss, given: Any) -> None:
    """Check that targets are in the range of a loss.

    Raises
    ------
    ValueError
        If they are not.
    """
    if not loss.in_domain(y):
        raise ValueError(
            f"loss={given!r} needs y {loss.domain}. Got values from {np.min(y)} to {np.max(y)}."
        )


@dataclass(frozen=True, eq=False)
class FittedNumbers(FittedTable):
    """What a fit leaves whose target are numbers.

    Attributes
    ----------
    scale : Scale
        The unit of the targets.
    given_loss : str or Loss
        The loss as the user gave it, for messages.
    adaptive : bool
        Whether the widths of intervals are to be learned, where there is no distribution.
    widths : Widths or None
        What was learned; None is equal widths.
    spread : ndarray of shape (k,) or None
        What standard deviations are multiplied by, as held-out rows tell; None is 1.
    """

    scale: Scale = field(kw_only=True)
    given_loss: Any = field(kw_only=True)
    adaptive: bool = field(default=False, kw_only=True)
    widths: Widths | None = field(default=None, kw_only=True)
    spread: Any = field(default=None, kw_only=True)

    def encode_targets(self, y, name="y"):
        check_columns(y, self.target.n_outputs)
        check_domain(y, self.loss, self.given_loss)
        return self.scale.encode(y.reshape(len(y), *np.shape(self.scale.shift)))

    def plain(self):
        return self if self.spread is None else replace(self, spread=None)

    def unlimited(self):
        return replace(self, scale=self.scale._replace(low=-np.inf, high=np.inf))

    def within(self, low, high):
        """Return the same with predictions kept between the least and the largest of all targets.

        Raises
        ------
        ValueError
            If these are not in the range of the loss.
        """
        check_domain(np.stack([low, high]), self.loss, self.given_loss)
        low, high = (np.reshape(limit, np.shape(self.scale.low)) for limit in (low, high))
        return replace(self, scale=self.scale._replace(low=low, high=high))

    def encode_offset(self, offset):
        if not self.loss.link.unbounded:  # a factor, whatever the unit
            return offset
        return offset / np.tile(np.atleast_1d(self.scale.spread), self.loss.parameters)

    def informed(self, shape, held_out, sample):
        if self.spread is not None:
            return self.plain().informed(shape, held_out, sample)
        if not held_out:
            return replace(self, oof_prediction=None, calibration=None, widths=None)
        held_out = by_all(held_out)
        means = [self.mean(held.raws, held.weights) for held in held_out]
        y, _ = together(held_out)
        raw = np.concatenate([self.of_all(held.raws, held.weights) for held in held_out])
        found, known = self.located(raw, np.concatenate(means)), self.known_of(held_out)
        numbers = self.scale.decode(y).reshape(len(y), -1)
        told = replace(self, oof_prediction=out_of_fold(shape, held_out, means), widths=None)
        if not found.is_distribution:
            widths, sizes = self._learned(held_out, means, found.score(numbers), known.weight)
            told, found = replace(told, widths=widths), found.scaled(sizes)
            share = told._share_of_mean(held_out, sample, (found.score(numbers), known.weight))
            found = found.scaled(1 / share)
        elif self.by_moments:
            errors = found.score(numbers), known.weight
            of_one, of_all = self._spreads(held_out, sample, errors)
            told, found = replace(told, spread=of_all), found.scaled(of_one)
        return replace(told, calibration=known.of_numbers(found, numbers))

    def _learned(self, held_out, means, score, weight):
        """Return widths, and those of held-out rows; None and 1 where all are equal."""
        if not self.adaptive or self.columns is None:
            return None, 1.0
        rows = [held.data.rows for held in held_out]
        divided = rows[0] is not None
        X = [held.data.X if r is None else held.data.X[r]
             for held, r in zip(held_out, rows, strict=True)]  # fmt: skip
        held = HeldErrors(
            A=self.columns.without(np.concatenate(X)),
            mean=self.errors(np.concatenate(means), None),
            score=score,
            weight=weight,
            rows=np.concatenate(rows) if divided else None,
            fold=np.repeat(np.arange(len(rows)), [len(r) for r in rows]) if divided else None,
        )
        found = learned(held, self.encoder.n_numbers_, len(self.encoder.n_levels_))
        return (None, 1.0) if found is None else found

    def _share_of_mean(self, held_out, sample, errors):
        """Return how large errors of all members' mean are beside those of single members, (k,).

        Parameters
        ----------
        held_out : list of HeldOut
            What members hold out.
        sample : callable
            As for ``informed``.
        errors : tuple of (ndarray of shape (n, k), ndarray or None)
            Those of held-out rows, relative to their widths, and the rows' weights.
        """
        score, weight = errors
        if not self._differ(held_out):
            return np.ones(score.shape[1])
        views, sample_weight = sample(VARIANCE_ROWS)
        means = [self.mean(*scored) for scored in self._by_fold(held_out, views)]
        mean = np.mean(means, axis=0)
        width = self._found(self.raw_of(mean), mean, views).scale
        relative = [told.reshape(width.shape) / width for told in means]
        variance = np.var(relative, axis=0)  # divided first: squares of tiny numbers are 0
        return share_of_mean(variance, (sample_weight, weight), score, len(held_out))

    def _differ(self, held_out):
        """Return whether it can be told how far the members of one fold are from those of others.

        Nothing is known of this with offsets, or where a member may know its rows by heart.
        """
        return len(held_out) > 1 and all(h.predictors for h in held_out) and not self.has_offset

    def _by_fold(self, held_out, views):
        """Return for each fold what its members say of some rows, and the members' weights."""
        places, found = {id(p): i for i, p in enumerate(self.predictors)}, []
        for held in held_out:
            own = [places[id(p)] for p in held.predictors]
            raws = [self.pooled(self.predictors[i].raw(views[i])) for i in own]
            heat = [self.temperatures[i] for i in own]
            found.append((tempered(raws, heat, self.target.kind), held.weights))
        return found

    def _spreads(self, held_out, sample, errors):
        """Return what to multiply standard deviations by, of members of one fold and of all, (k,).

        It is given what :meth:`_share_of_mean` is; widths are standard deviations here.
        """
        one = spread_of_one(*errors)
        if not self._differ(held_out):
            return np.sqrt(one), np.sqrt(one)
        views, sample_weight = sample(VARIANCE_ROWS)
        raws = [self.of_all(*scored) for scored in self._by_fold(held_out, views)]
        said = [self.loss.distribution(raw) for raw in raws]
        means, variances = [d.center for d in said], [d.scale**2 for d in said]
        between = np.var(means, axis=0) / np.mean(variances, axis=0)
        return np.sqrt(one), np.sqrt(spread_of_all(one, between, sample_weight, len(raws)))

    def found(self, X, offset=None) -> Located:
        """Return what is known of the targets of raw columns, with the widths of intervals."""
        views = self.views(X)
        scored = self.raws_of(views, self.checked(offset, len(views[0]))), self.weights
        return self._found(self.of_all(*scored), self.mean(*scored), views)

    def _found(self, raw, mean, views):
        """Return the same of raw scores, predictions, and rows as members take them."""
        found = self.located(raw, mean)
        if self.widths is None:
            return found
        known = zip(self.predictors, views, strict=True)
        A = next(p.columns.without(A) for p, A in known if isinstance(p, NetworkPredictor))
        return found.scaled(self.widths.at(A, self.errors(mean, None)))

    def predicted(self, raw):
        mean = self.target.decide(raw.astype(np.float64), self.loss)
        return np.clip(self.scale.decode(mean), self.scale.low, self.scale.high)

    @property
    def by_moments(self):
        return self.loss.by_moments

    def of_all(self, raws, weights):
        raw = self._of_all(raws, weights)
        if self.spread is None:
            return raw
        found = self.loss.distribution(raw)
        return self.loss.scores_of(found.center, (self.spread * found.scale) ** 2)

    def _of_all(self, raws, weights):
        whole = all(weight == round(weight) for weight in weights)
        if self.by_moments and not (whole and len(set(weights)) == 1):
            return self.loss.mixture(raws, weights)
        if not whole:  # of losses without a distribution
            return self.raw_of(self.mean(raws, weights))
        repeated = [raw for raw, n in zip(raws, weights, strict=True) for _ in range(round(n))]
        if len(repeated) == 1:
            return repeated[0]
        return self.loss.pool(np.hstack(repeated), self.target.n_outputs)

    def located(self, raw, number) -> Located:
        """Return what raw scores say of targets in the user's unit, around these predictions."""
        found = self.loss.distribution(raw.astype(np.float64))
        found = found.affine(self.scale.shift, self.scale.spread)
        if found.is_distribution:
            return found
        return Located(number.reshape(found.center.shape), found.scale, found.low)

    @property
    def single_valued(self):
        return self.loss.parameters == 1

    @property
    def described(self):
        return f"loss={self.given_loss!r}"

    @property
    def of_means(self):
        return self.loss.of_means

    def errors(self, mean, y):
        found = self.scale.encode(mean)
        return (found if y is None else found - y).reshape(len(mean), -1)

    def judged(self, mean, y, weight):
        return self._results(self.raw_of(mean), self.scale.encode(mean), y, weight)

    def raw_of(self, mean):
        predicted = self.scale.encode(mean).reshape(len(mean), -1)
        if self.loss.link.unbounded:
            return predicted
        return np.log(np.maximum(predicted, np.finfo(np.float64).tiny))

    def evaluation(self, scored, y, weight):
        if self.loss.parameters == 1:
            return super().evaluation(scored, y, weight)
        return self._results(self.of_all(*scored), self.scale.encode(self.mean(*scored)), y, weight)

    def _results(self, raw, predicted, y, weight):
        loss = data_loss(self.loss, self.target, y, raw, weight)
        return {"loss": loss, "r2": R2()(y, predicted, weight)}

    def measured(self, metric, scored, y, weight):
        found = self.mean(*scored)
        if metric.of_distribution:
            found = self.located(self.of_all(*scored), found)
        return metric(self.scale.decode(y), found, weight)

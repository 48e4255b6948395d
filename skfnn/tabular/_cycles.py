"""When the training of a table's network ends: after which of the cycles of its learning rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from math import ceil

import numpy as np

from .._engine.following.monitor import Monitor
from .._engine.network.forward import raw_scores
from .._engine.objective.data import Data
from .._engine.objective.evaluation import data_loss, metric_of
from .._engine.objective.loss import Loss
from ._honest import HonestScores
from ._judging import Judge
from ._recipes import CYCLE_PARTS

# Where the cycles of the "coslog4" schedule end, in parts of training.
_CYCLES = (1, 3, 7)
# A cycle that ends before MIN_EPOCHS epochs, or before fewer that have MIN_STEPS steps, tells
# little.
MIN_EPOCHS = 10
MIN_STEPS = 200
# Where held-out rows of numbers are explained but for this share of their variance, the second
# cycle does not end training: there is little noise to fit, and later cycles gain.
LITTLE_NOISE = 0.1
# Cycles that are worse than the best by less than AS_GOOD of the score are as good, and the last of
# them is taken; of more than LARGE rows, on which members differ less, the best. Where an epoch has
# a share of the rows, a cycle must be better than all before, which took half its time, by WORTH of
# the score.
AS_GOOD, WORTH = 0.05, 0.03


class CycleMonitor(Monitor):
    """Ends training after the second or third of four cycles, if it brought no better epoch.

    Each cycle takes twice the time of the one before, and the network fits the training rows more
    closely from cycle to cycle. Without ``max_iter``, the schedule has no cycles. By ``worth`` of
    the score a cycle has to be better than those before. ``until`` is the last epoch in any case,
    ``rival`` that of the run. ``measure`` measures ``metrics``. ``dividing`` divides held-out rows
    into halves, for honest scores of them.
    """

    def __init__(self, *given, max_iter: int | None = None, until: int | None = None,
                 fewest: int = MIN_EPOCHS, measure: Callable | None = None,
                 deadline: float = np.inf, rival: tuple[float, ...] = (), worth: float = 0.0,
                 dividing: np.random.Generator | None = None) -> None:  # fmt: skip
        super().__init__(*given)
        self.honest = None
        if self.valid is not None and dividing is not None:
            by_scorer = isinstance(self.stopping.scorer, Judge)
            if not by_scorer or self.valid.rows is not None:  # it is given validation data whole
                y, weight = self.valid.labels()
                self.honest = HonestScores(y, weight, dividing)
        self.max_iter, self.until, self.fewest, self.measure = max_iter, until, fewest, measure
        self.deadline, self.rival, self.worth = deadline, rival, worth
        self.late = False

    def epoch(self, loss, rate=np.nan):
        exhausted = super().epoch(loss, rate)
        if time.perf_counter() > self.deadline:
            self.message, self.late = "The time is over.", True
            return True
        if self.n_epochs == self.until:
            self.message = "The first member needed no more epochs."
            return True
        if self.max_iter is None:
            return exhausted
        if not self.scores:
            return False
        for before, end in pairwise(_CYCLES):
            if self.n_epochs == _last_epoch(end, self.max_iter):
                if self._is_behind():
                    self.message = "The member that it is compared with was better by then."
                    return True
                self.message = "The last cycle brought no better epoch."
                better = self._is_better_since(ceil(self.max_iter * before / CYCLE_PARTS))
                return not better and (end > _CYCLES[1] or self._second_cycle_tells())
        return False

    def _is_behind(self):
        """Return whether the least loss so far is not as good as that of the rival by then.

        It is the loss that tells: the score that chooses epochs of classes hangs on a few rows.
        """
        if not self.rival:
            return False
        theirs = np.min(self.rival[: self.n_epochs])
        ours = np.min(self.history.columns["val_loss"])
        return bool(ours > theirs + AS_GOOD * abs(theirs))

    def _is_better_since(self, epoch):
        """Return whether scores since an epoch are so much better than those before."""
        before = max(self.scores[:epoch])
        return max(self.scores[epoch:], default=before) > before + self.worth * abs(before)

    def _second_cycle_tells(self):
        """Return whether the second cycle may end training."""
        if self.max_iter * _CYCLES[1] / CYCLE_PARTS < self.fewest:
            return False
        if self.train.target.kind != "regression":
            return True
        network, loss, valid = self.objective.network, self.objective.loss, self.valid
        raw = scores(network, valid, loss)
        return unexplained(loss, valid, raw).max() > LITTLE_NOISE

    def _measure(self, key, data, prefix):
        row = super()._measure(key, data, prefix)
        if self.honest is not None and key == "valid":
            raw = self._forward[key][1]
            pooled = self.objective.loss.pool(raw, data.target.n_outputs)
            self.honest.take(pooled, self._score_of)
        return row

    def _score_of(self, y, raw, weight, places):
        """Return the score that tells the best epoch, of some held-out rows."""
        loss, target, scorer = self.objective.loss, self.valid.target, self.stopping.scorer
        if isinstance(scorer, Judge):
            try:
                return scorer.score(raw, self.valid.rows[places], y, weight)
            except ValueError:  # of all rows it has one: an area needs rows of two classes
                return np.nan
        if scorer is None:
            return -data_loss(loss, target, y, raw, weight)
        return metric_of(scorer, target, loss, y, raw, weight=weight)

    def _value(self, metric, key, data, raw):
        if isinstance(metric, Judge) and np.isfinite(raw).all():
            return metric.score(raw, data.rows, *self._forward[key][2:])
        followed = any(metric is other for other in self.reporting.metrics.values())
        if self.measure is None or not followed:
            return super()._value(metric, key, data, raw)
        if not np.isfinite(raw).all():
            return float("nan")
        _, _, y, weight = self._forward[key]
        return self.measure(metric, key, y, raw, weight)


def unexplained(loss: Loss, valid: Data, raw: np.ndarray) -> np.ndarray:
    """Return for each output the share of its variance that raw scores do not explain.

    It is 1 where there is no variance.
    """
    y, weight = valid.labels()
    y = y.reshape(len(y), -1).astype(np.float64)
    mean = np.average(y, axis=0, weights=weight)
    variance = np.average((y - mean) ** 2, axis=0, weights=weight)
    errors = np.average((loss.predict(raw) - y) ** 2, axis=0, weights=weight)
    varies = variance > 1e-24 * mean**2  # else it is what rounding leaves of none
    return np.divide(errors, variance, out=np.ones_like(errors), where=varies)


def _last_epoch(end, max_iter):
    """Return the last epoch of a cycle: that which ends with it, or else the first one after."""
    within = max_iter % CYCLE_PARTS > 0
    return min(max_iter, round(max_iter * end / CYCLE_PARTS) + within)


def enough_epochs(
    scores: list[float], max_iter: int, fewest: int = MIN_EPOCHS, worth: float | None = None
) -> int:
    """Return the last epoch of the cycle after which training brought nothing.

    It is that of the last cycle with a score as good as the best, or of the first one than which no
    other is better by ``worth`` of the score; and not below ``fewest``.
    """
    ends = [_last_epoch(end, max_iter) for end in (*_CYCLES, CYCLE_PARTS)]
    as_good = max(scores) - (AS_GOOD if worth is None else worth) * abs(max(scores))
    last = 1 + int(np.flatnonzero(np.array(scores) >= as_good)[-1 if worth is None else 0])
    return max(next(end for end in ends if last <= end), min(fewest, max_iter))


def scores(network, data: Data, loss) -> np.ndarray:
    """Return a network's raw scores (n, n_outputs); those of members inside it are pooled."""
    raw = data.shifted(raw_scores(network, data.X, rows=data.rows))
    return loss.pool(raw, data.target.n_outputs)

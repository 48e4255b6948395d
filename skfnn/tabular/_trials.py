"""What the first member decides for the others: it tries, and the held-out rows judge.

To add a trial, write a function like those below and put it into TRIALS of ``_candidates.py``. It
yields what is to be tried; to ask for the first member again tells what has come of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .._engine.objective.calibration import best_temperature
from .._engine.objective.data import Data
from ._cycles import LITTLE_NOISE, unexplained
from ._folds import Fold
from ._members import Member, Task

# A member that explains all but NEARLY_NOISE_FREE of the variance of held-out rows, and was best
# in the last half, shows that the target has hardly any noise: LONGER times the epochs gain more
# than they cost, or half of that where the last cycle, half of the epochs, did not halve the loss.
NEARLY_NOISE_FREE = 0.01
LONGER = 5
# A configuration is given up if the loss of its first member is higher than the best one's by the
# share HOPELESS, and by SURELY standard errors of the difference.
HOPELESS, SURELY = 0.15, 2.0
# Another weight decay is taken if held-out rows are predicted better by this share of the score.
CLEARLY = 0.1


class Trial(NamedTuple):
    """Another way to train, which is taken if the first member is better with it.

    Attributes
    ----------
    task : Task
        What is to be learned, and how.
    by : float
        By which share of the score it must be better.
    times : float
        How many times the epochs of the task it is given.
    sure : float
        How many standard errors of the difference the loss of held-out rows must be lower.
    says : str
        What is tried, for ``verbose``.
    """

    task: Task
    by: float = 0.0
    times: float = 1.0
    sure: float = 0.0
    says: str = ""

    def is_better(self, before: Member, after: Member, valid: Data | None) -> bool:
        """Return whether the first member is better in this way than before."""
        if not gain(before, after) > self.by:
            return False
        if not self.sure:
            return True
        return valid is not None and standard_errors(self.task, before, after, valid) >= self.sure


class First(NamedTuple):
    """The first member, by which trials are proposed.

    Attributes
    ----------
    task : Task
        What it has learned.
    member : Member
        The member.
    fold : Fold
        What it was trained on, and judged by.
    unexplained : float
        The share of the variance of held-out numbers that it does not explain; 1 where that is not
        known, and for classes.
    judged : bool
        Whether there are rows to judge it by.
    """

    task: Task
    member: Member
    fold: Fold
    unexplained: float
    judged: bool

    @classmethod
    def of(cls, task: Task, member: Member, fold: Fold) -> First:
        """Return a member with what it does not explain of the rows that its fold holds out."""
        valid = task.valid(fold)
        if valid is None or member.raw is None or not task.regression or member.last:
            return cls(task, member, fold, 1.0, member.raw is not None)
        share = unexplained(task.loss, valid, member.raw).max()
        return cls(task, member, fold, float(share), True)


def gain(before: Member, after: Member) -> float:
    """Return by which share of the score a member is better than another."""
    return (after.score - before.score) / max(abs(before.score), 1e-12)


def standard_errors(task: Task, before: Member, after: Member, valid: Data) -> float:
    """Return how many standard errors the loss of held-out rows is lower, of one of two members."""
    assert before.raw is not None
    assert after.raw is not None
    lower = row_losses(task, before.raw, valid) - row_losses(task, after.raw, valid)
    _, weight = valid.labels()
    weight = np.ones(len(lower)) if weight is None else weight.astype(np.float64)
    mean = np.average(lower, weights=weight)
    error = np.sqrt(np.sum((weight * (lower - mean)) ** 2)) / weight.sum()
    return float(mean / error) if error > 0 else 0.0


def is_hopeless(task: Task, member: Member, best: Member, valid: Data | None) -> bool:
    """Return whether a member is so clearly worse than another that no more like it are trained.

    Of classes it is their log-loss that counts, not the score that chooses epochs: this has the
    squared error as a factor, so that a few rows more that are wrong would decide.
    """
    if task.judge is not None or valid is None:
        return member.score < best.score - HOPELESS * abs(best.score)
    _, weight = valid.labels()
    raws: list = [member.raw, best.raw]
    theirs, lowest = (np.average(row_losses(task, raw, valid), weights=weight) for raw in raws)
    if theirs <= lowest + HOPELESS * abs(lowest):
        return False
    return standard_errors(task, member, best, valid) >= SURELY


def row_losses(task: Task, raw: np.ndarray, valid: Data) -> np.ndarray:
    """Return the loss of each held-out row; of classes, after temperature scaling."""
    (y, weight), raw, target = valid.labels(), raw.astype(np.float64), task.data.target
    if not task.regression:
        raw = raw / best_temperature(y, raw, weight)[0]
    filled = np.empty((len(raw), target.n_outputs))
    target.fill(y, filled, task.loss.levels)
    return task.loss.value(filled, raw)


def firmer_decay(ask: Callable[[], First]) -> Iterator[Trial]:
    """Try the recipe's firmer weight decay, for numbers with little noise."""
    first = ask()
    task, firmer = first.task, first.task.recipe.firmer_decay
    if firmer is None or "weight_decay" not in task.free or first.unexplained >= LITTLE_NOISE:
        return
    yield Trial(replace(task, recipe=replace(task.recipe, weight_decay=firmer)), CLEARLY)


def more_epochs(ask: Callable[[], First]) -> Iterator[Trial]:
    """Try more epochs, where a nearly noise-free target was still learned in the last half."""
    first = ask()
    late = first.member.best_epoch >= 0.5 * len(first.member.history)
    if "max_iter" not in first.task.free or not late or first.unexplained >= NEARLY_NOISE_FREE:
        return
    yield Trial(first.task, times=longer(first.member))


def longer(member: Member) -> float:
    """Return how many times the epochs a member gains from that learned a noise-free target."""
    losses = member.history.columns["val_loss"]
    before = min(losses[: len(losses) // 2], default=np.inf)  # there may be one epoch
    now = min(losses)
    return LONGER if now < before / 2 else LONGER / 2

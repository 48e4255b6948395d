"""What the first member decides for the others: it tries, and the held-out rows judge.

To add a trial, write a function like those below and put it into TRIALS.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from ._members import LITTLE_NOISE, Member, Task, unexplained

# A member that explains all but so much of the variance of held-out rows, and was best in the last
# half, shows that the target has hardly any noise: so many times the epochs gain more than they
# cost, or half as many where the last cycle, which is half of the epochs, did not halve the loss.
NEARLY_NOISE_FREE = 0.01
LONGER = 5
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
    """

    task: Task
    by: float = 0.0
    times: float = 1.0


class First(NamedTuple):
    """The first member, by which a trial is proposed.

    Attributes
    ----------
    task : Task
        What it has learned.
    member : Member
        The member.
    unexplained : float
        The share of the variance of held-out numbers that it does not explain; 1 where that is not
        known, and for classes.
    """

    task: Task
    member: Member
    unexplained: float

    @classmethod
    def of(cls, task: Task, member: Member, fold) -> First:
        """Return a member with what it does not explain of the rows that its fold holds out."""
        valid = task.valid(fold)
        if valid is None or member.raw is None or not task.regression or member.last:
            return cls(task, member, 1.0)
        return cls(task, member, float(unexplained(task.loss, valid, member.raw).max()))


def firmer_decay(first: First) -> Trial | None:
    """Try the recipe's firmer weight decay, for numbers with little noise."""
    task, firmer = first.task, first.task.recipe.firmer_decay
    if firmer is None or "weight_decay" not in task.free or first.unexplained >= LITTLE_NOISE:
        return None
    return Trial(replace(task, recipe=replace(task.recipe, weight_decay=firmer)), CLEARLY)


def more_epochs(first: First) -> Trial | None:
    """Try more epochs, where a nearly noise-free target was still learned in the last half."""
    late = first.member.best_epoch >= 0.5 * len(first.member.history)
    if "max_iter" not in first.task.free or not late or first.unexplained >= NEARLY_NOISE_FREE:
        return None
    return Trial(first.task, times=longer(first.member))


def longer(member: Member) -> float:
    """Return how many times the epochs a member gains from that learned a noise-free target."""
    losses = member.history.columns["val_loss"]
    before, now = min(losses[: len(losses) // 2]), min(losses)
    return LONGER if now < before / 2 else LONGER / 2


TRIALS = (firmer_decay, more_epochs)

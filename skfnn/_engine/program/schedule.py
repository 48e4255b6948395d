"""Schedules, and hyper-parameters that follow one."""

from __future__ import annotations

from typing import ClassVar

from sklearn.base import BaseEstimator

from ..support.component import Component


class Schedule(Component):
    """Base class: learning rate over time.

    To add a schedule, subclass with a ``name`` and write ``factor``.

    Attributes
    ----------
    per_step : bool
        Whether the factor changes within an epoch.
    survives_plateau : bool
        Whether training goes on, at another rate, when the stopping rule fires.
    planned : bool
        Whether it is laid out over ``max_iter`` epochs, so that to reach them is no failure.
    """

    family = "schedule"
    per_step: ClassVar[bool] = False
    survives_plateau: ClassVar[bool] = False
    planned: ClassVar[bool] = False

    def factor(self, progress: float, samples: int, plateaus: int) -> float:
        """Return learning rate / ``learning_rate_init``."""
        raise NotImplementedError


def at(value: float | Scheduled, progress: float) -> float:
    """Return a hyper-parameter when a share ``progress`` of training is done."""
    return value.at(progress) if isinstance(value, Scheduled) else value


class Scheduled(BaseEstimator):
    """A hyper-parameter that changes over training: ``value`` times a schedule's factor.

    It stands in place of the number where a component says so: ``Dropout(rate=...)``,
    ``AdamW(weight_decay=...)``.

    Parameters
    ----------
    value : float
        The hyper-parameter where the factor is 1.
    schedule : str or Schedule, default="flat_cos"
        The factor over training.

    Examples
    --------
    >>> from skfnn.layers import Dropout
    >>> from skfnn.schedules import Scheduled
    >>> Dropout(Scheduled(0.15, "flat_cos")).rate.at(0.75)
    0.075
    """

    def __init__(self, value, schedule="flat_cos") -> None:
        self.value = value
        self.schedule = schedule

    def at(self, progress: float) -> float:
        """Return the hyper-parameter when a share ``progress`` of training is done."""
        schedule = Schedule.resolve(self.schedule, "schedule")
        return self.value * schedule.factor(progress, 0, 0)

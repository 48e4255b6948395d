"""The base class of optimizers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.schedule import Scheduled
from .._engine.support.component import Component
from .._sklearn import Interval

Calls = Iterator[Call]
_RATE = [Interval(Real, 0, None, closed="neither"), None]
_SHARE = [Interval(Real, 0, 1, closed="left")]
_POSITIVE = [Interval(Real, 0, None, closed="neither")]
_NON_NEGATIVE = [Interval(Real, 0, None, closed="left")]


class Optimizer(Component):
    """Base class: how a minibatch gradient changes the parameters; by itself, a minibatch solver.

    To add an optimizer, subclass with a ``name`` and write ``scalars`` and ``update``.

    Attributes
    ----------
    n_slots : int
        Number of arrays like the parameters that it remembers.
    degree : int
        2 where steps are proportional to gradients, 1 where they do not depend on their scale.
        (A parameter that is trained as ``c`` times another has ``c`` times its steps, and a
        gradient that is 1 / c of the other's.)
    """

    family = "optimizer"
    n_slots: ClassVar[int] = 0
    degree: ClassVar[int] = 1

    @property
    def follows(self) -> bool:
        """Whether a hyper-parameter follows a schedule."""
        return any(isinstance(value, Scheduled) for value in vars(self).values())

    def slot_start(self) -> float:
        """Return the value that slots start from."""
        return 0.0

    def scalars(
        self, t: int, rate: float, factor: float = 1.0, progress: float = 0.0
    ) -> tuple[float, ...]:
        """Return what changes with the step.

        Parameters
        ----------
        t : int
            The step, from 1.
        rate : float
            The learning rate.
        factor : float
            Factor on it of the parameters at hand; weight decay goes by the rate without it.
        progress : float
            The share of training that is done.

        Returns
        -------
        tuple of float
        """
        return (rate * factor,)

    def update(
        self,
        theta: np.ndarray,
        grad: np.ndarray,
        slots: Sequence[np.ndarray],
        tmp: np.ndarray,
        scalars: Sequence[np.ndarray],
        n_weights: int,
    ) -> Calls:
        """Yield the calls of one step on one block. Sets: ``theta``, ``slots``, ``grad``, ``tmp``.

        The first ``n_weights`` entries are weights, subject to weight decay; the others are not.
        """
        raise NotImplementedError

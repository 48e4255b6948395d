"""Learning-rate schedules: the factor on the initial learning rate, as a function of progress.

A schedule has no state. It is told how far training has come: ``progress`` in [0, 1] is the share
of ``max_iter`` epochs done, ``samples`` the number of rows seen before this epoch, ``plateaus``
how often the stopping rule has found no improvement.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import ClassVar

from ._engine.program.schedule import Schedule, Scheduled
from ._engine.support.publish import publish
from ._sklearn import Interval

__all__ = [
    "Adaptive",
    "Constant",
    "CosLog4",
    "Cosine",
    "FlatCos",
    "InvScaling",
    "OneCycle",
    "Schedule",
    "Scheduled",
]

publish(__name__, ["Schedule", "Scheduled"])


class Constant(Schedule):
    """The initial learning rate throughout.

    Examples
    --------
    >>> from skfnn.schedules import Constant
    >>> Constant().factor(progress=0.5, samples=1000, plateaus=0)
    1.0
    """

    name = "constant"

    def factor(self, progress, samples, plateaus):
        return 1.0


class InvScaling(Schedule):
    """``1 / (t + 1) ** power_t``, where ``t`` is the number of rows seen, renewed every epoch.

    Parameters
    ----------
    power_t : float in [0, inf), default=0.5
        The exponent.

    Examples
    --------
    >>> from skfnn.schedules import InvScaling
    >>> InvScaling().factor(progress=0.5, samples=99, plateaus=0)
    0.1
    """

    name = "invscaling"
    _parameter_constraints: ClassVar = {"power_t": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, power_t=0.5) -> None:
        self.power_t = power_t

    def factor(self, progress, samples, plateaus):
        return 1.0 / (samples + 1) ** self.power_t


class Adaptive(Schedule):
    """Divide the rate by 5 whenever the stopping rule fires; stop when it is 1e-6 or less.

    Examples
    --------
    >>> from skfnn.schedules import Adaptive
    >>> Adaptive().factor(progress=0.5, samples=1000, plateaus=1)
    0.2
    """

    name = "adaptive"
    survives_plateau = True

    def factor(self, progress, samples, plateaus):
        return 5.0**-plateaus


class Cosine(Schedule):
    """Half a cosine from 1 to 0 over ``max_iter`` epochs, renewed every step.

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.

    Examples
    --------
    >>> from skfnn.schedules import Cosine
    >>> round(Cosine().factor(progress=0.5, samples=0, plateaus=0), 3)
    0.5
    """

    name = "cosine"
    per_step = True
    planned = True

    def factor(self, progress, samples, plateaus):
        return 0.5 * (1 + math.cos(math.pi * progress))


class CosLog4(Schedule):
    """Four cosine cycles, each about twice as long as the one before, renewed every step.

    ``(1 - cos(2 pi log2(1 + 15 progress))) / 2``: 0 at the start and after each cycle, so that
    training goes through several scales of the rate. Source: Holzmueller, Grinsztajn and
    Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data", 2024.

    Examples
    --------
    >>> from skfnn.schedules import CosLog4
    >>> [round(CosLog4().factor(t / 15, samples=0, plateaus=0), 3) for t in (0, 1, 3, 7, 15)]
    [0.0, 0.0, 0.0, 0.0, 0.0]
    """

    name = "coslog4"
    per_step = True
    planned = True

    def factor(self, progress, samples, plateaus):
        return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * progress)))


class FlatCos(Schedule):
    """1 for the first half of ``max_iter`` epochs, then half a cosine down to 0.

    Source: Holzmueller, Grinsztajn and Steinwart, "Better by Default", 2024.

    Examples
    --------
    >>> from skfnn.schedules import FlatCos
    >>> [FlatCos().factor(t, samples=0, plateaus=0) for t in (0.0, 0.5, 0.75, 1.0)]
    [1.0, 1.0, 0.5, 0.0]
    """

    name = "flat_cos"
    per_step = True
    planned = True

    def factor(self, progress, samples, plateaus):
        return 0.5 * (1 + math.cos(math.pi * (max(1.0, 2 * progress) - 1)))


class OneCycle(Schedule):
    """Warm up from 1/25 to 1 over 30 % of ``max_iter`` epochs, then anneal to 1e-4 / 25.

    Both parts are half cosines. Source: Smith and Topin, "Super-Convergence", 2018.

    Parameters
    ----------
    warmup : float in (0, 1), default=0.3
        Share of training spent on warming up.

    Examples
    --------
    >>> from skfnn.schedules import OneCycle
    >>> OneCycle().factor(progress=0.3, samples=0, plateaus=0)
    1.0
    """

    name = "one_cycle"
    per_step = True
    planned = True
    _parameter_constraints: ClassVar = {"warmup": [Interval(Real, 0, 1, closed="neither")]}
    _start: ClassVar = 1 / 25
    _end: ClassVar = 1e-4 / 25

    def __init__(self, warmup=0.3) -> None:
        self.warmup = warmup

    def factor(self, progress, samples, plateaus):
        if progress < self.warmup:
            low, share = self._start, 1 - progress / self.warmup
        else:
            low, share = self._end, (progress - self.warmup) / (1 - self.warmup)
        return low + (1 - low) * 0.5 * (1 + math.cos(math.pi * share))

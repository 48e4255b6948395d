"""The time of a fit: how many epochs fit into a limit, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from ._members import Member

# A time limit leaves members out before others get fewer epochs.
FEWEST_EPOCHS = 3


class Clock:
    """Fits epochs into a time limit.

    Parameters
    ----------
    limit : float or None
        Seconds for all members together.
    n_members : int
        How many there will be.
    """

    def __init__(self, limit: float | None, n_members: int) -> None:
        self.limit, self.n_members = limit, n_members
        self.started = time.perf_counter()
        self.n_trained = 0
        self.setup = 0.0  # seconds of all members beside their epochs
        self.done = 0  # members that are kept
        self.beside = 0.0  # seconds of what is not counted among the members
        self._epochs: list[float] = []

    def left(self, n_jobs: int = 1) -> float:
        """Return about how many seconds the members that are not there yet will take."""
        elapsed = time.perf_counter() - self.started
        left = (elapsed - self.beside) / self.done * max(0, self.n_members - self.done)
        if self.done == 1:  # the others are trained side by side
            left /= n_jobs
        return left if self.limit is None else min(left, max(0.0, self.limit - elapsed))

    def has(self, seconds: float) -> bool:
        """Return whether so many seconds are left."""
        elapsed = time.perf_counter() - self.started
        return self.limit is None or elapsed + seconds < self.limit

    def plan(self, max_iter: int, done: int, share: float = 1.0) -> int:
        """Return the epochs that the next member's schedule is laid out over.

        Parameters
        ----------
        max_iter : int
            Epochs at most.
        done : int
            Members that there are.
        share : float
            The share of these epochs after which training will end.

        Returns
        -------
        int
            0 is to stop here.
        """
        if self.limit is None or not self._epochs:
            return max_iter
        left = self.limit - (time.perf_counter() - self.started)
        for n_members in range(self.n_members - done, 0, -1):
            training = left / n_members - self.setup / self.n_trained
            fitting = int(training / np.mean(self._epochs) / share)
            if fitting >= min(max_iter, FEWEST_EPOCHS):
                return min(max_iter, fitting)
        return 0 if done else 1

    def timed(self, work: Callable[[], Member]) -> Member:
        """Return what ``work()`` returns; take note of its time.

        The first epoch is slower: it is counted like another, and what it took more as setup.
        """
        started = time.perf_counter()
        member = work()
        total = time.perf_counter() - started
        seconds = member.history.columns.get("seconds", [])[1:]
        if seconds:
            self._epochs += seconds
            self.setup += max(0.0, total - sum(seconds) - float(np.mean(seconds)))
            self.n_trained += 1
        return member

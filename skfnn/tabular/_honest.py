"""Scores of held-out rows that do not know which epoch their own targets like best."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ._folds import assign_folds

# Fewer rows are not divided: one half would be a row or two.
FEWEST = 4


class HonestScores:
    """Raw scores of held-out rows: those of each half at the epoch that the other half likes best.

    The weights that a member keeps are those of the epoch with the best score on all held-out rows.
    Its raw scores of these rows flatter it: of pure noise they are right more often than not. The
    epoch that one half chooses is chosen without the targets of the other half.

    Parameters
    ----------
    y : ndarray of shape (n,) or (n, k)
        Encoded targets of the held-out rows.
    weight : ndarray of shape (n,) or None
        Their weights.
    rng : Generator
        Divides the rows, so that the targets of both halves are alike.
    """

    def __init__(self, y: np.ndarray, weight: np.ndarray | None, rng: np.random.Generator) -> None:
        self.y, self.weight = y, weight
        known = np.arange(len(y)) if weight is None else np.flatnonzero(weight)
        self.halves: list[np.ndarray] = []
        if len(known) >= FEWEST:
            half = assign_folds(y[known], 2, rng)
            self.halves = [known[half == i] for i in range(2)]
        self.best = [-np.inf, -np.inf]
        self.raw: np.ndarray | None = None

    def take(self, raw: np.ndarray, score: Callable[..., float]) -> None:
        """Take note of the raw scores (n, k) after an epoch.

        ``score(y, raw, weight, rows)`` returns what the best epoch has most of; ``rows`` are the
        places of these rows among the held-out ones. It is not kept: a method of who keeps this
        object would be a cycle, which waits for the garbage collector with all the rows.
        """
        if self.raw is None:
            self.raw = raw.copy()
        for i, mine in enumerate(self.halves):
            weight = None if self.weight is None else self.weight[mine]
            found = score(self.y[mine], raw[mine], weight, mine)
            if np.isnan(found):  # nothing is told by half of the rows
                self.halves = []
                return
            if found > self.best[i]:
                other = self.halves[1 - i]
                self.best[i], self.raw[other] = found, raw[other]

    @property
    def known(self) -> np.ndarray | None:
        """The scores; None where there were too few rows to divide, no epoch, or no such score."""
        return self.raw if self.halves else None

"""Training on tables of very many rows, of which an epoch has a share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..solvers import Minibatch
from ..solvers._minibatch import EpochProgram


def portion_size(n_rows: int, share: float) -> int:
    """Return how many of so many rows an epoch has."""
    return max(1, round(share * n_rows))


def portions(rows: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield so many of some rows, again and again: all of them before one comes a second time."""
    order = rows[:0]
    while True:
        while len(order) < size:
            order = np.concatenate([order, rng.permutation(rows)])
        yield order[:size]
        order = order[size:]


class Portions(Minibatch):
    """Minibatch descent whose epochs have a share of the rows, each the next ones of an order."""

    def over(self, share: float) -> Portions:
        """Set the share."""
        self.share = share
        return self

    def epochs(self, problem):
        return _Program(self, problem)


class _Program(EpochProgram):
    def __init__(self, solver: Portions, problem) -> None:
        rows = problem.data.rows
        size = portion_size(len(rows), solver.share)
        self.portions = portions(rows, size, problem.progress.shuffling)
        data = replace(problem.data, rows=np.empty(size, rows.dtype))
        super().__init__(solver, replace(problem, data=data))

    def run(self):
        self.data.rows[...] = next(self.portions)
        return super().run()

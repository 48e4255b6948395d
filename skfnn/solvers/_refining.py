"""The objective of one search, in single precision as long as rounding does not decide."""

from __future__ import annotations

import numpy as np

from .._engine.objective.objective import FullBatch
from ._base import Problem

# Multiplications in one layer of weights, rows times parameters, from which on single precision
# saves more than it takes to set up.
LEAST_WORK = 2**19
# Largest relative difference at the start. Beyond, single precision sees another problem.
AGREEMENT = 1e-4
# Mean over spread of a column, beyond which differences between rows fade in single precision.
FAR = 50.0
# A decrease of the objective, relative to it, in which single precision sees its own rounding.
RESOLUTION = 1e-6
# Evaluations along one line, after which rounding is to blame.
TRIES = 5


class Refining:
    """Value and gradient over all rows: in single precision first, in double from some point on.

    A search compares values, so they must belong to one function. At the point of change the
    difference between both precisions is known; from then on it is part of the value.

    Parameters
    ----------
    problem : Problem
        What to minimise.

    Attributes
    ----------
    single : FullBatch or None
        The objective in single precision, while it is in use.
    offset : float
        What values have too much.
    gradient : ndarray of shape (n_values,)
        That of the last evaluation, a buffer that the next one overwrites.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.double = problem.full_batch()
        self.single: FullBatch | None = None
        self.offset = 0.0
        self.gradient = self.double.grad
        self._accepted = self.double.objective.network.values, np.nan
        self._tries = 0
        self._begun = True
        self._at: np.ndarray | None = None  # the last point of an evaluation in double precision,
        self._value = np.nan  # and its value

    def start(self, x: np.ndarray) -> float:
        """Return the objective at the start of a search, in double precision.

        Sets: ``gradient``.
        """
        self.single, self.offset, self._begun = None, 0.0, False
        value = self.exact(x)
        self.accept(x, value)
        return value

    def coarsen(self) -> float:
        """Begin in single precision if that pays and is precise enough; return the value there.

        To be called right after ``start``.
        """
        x, value = self._accepted
        X, y = self.double.batch.X, self.double.batch.y
        if self.double.n * len(x) >= LEAST_WORK and not _far(X) and not _far(y):
            single = self.problem.full_batch(np.float32)
            rough, gradient = single.value_and_grad(x)
            if _agree(rough, value) and _agree(gradient, self.gradient):
                self.single, self.gradient, value = single, gradient, rough
                self.accept(x, value)
        return value

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return value and gradient for a search."""
        if not self._begun:  # known since the start
            self._begun = True
            return self._accepted[1], self.gradient
        self._tries += 1
        if self.single is not None:
            value, self.gradient = self.single.value_and_grad(x)
            finite = np.isfinite(value) and np.isfinite(self.gradient).all()
            if finite and self._tries <= TRIES:
                return value, self.gradient
            self.refine()
        return self._evaluated(x) + self.offset, self.gradient

    def accept(self, x: np.ndarray, value: float) -> None:
        """Take note of the point that a search has come to, and of its value there.

        Sets: the network's running moments.
        """
        self._accepted, self._tries = (x.copy(), value), 0
        if self.single is not None:
            np.copyto(self.problem.network.state, self.single.objective.network.state)

    def refine(self) -> None:
        """Go on in double precision, from the point that the search has come to.

        Sets: ``gradient``.
        """
        self.single = None
        x, value = self._accepted
        self.offset = value - self.exact(x)

    def exact(self, x: np.ndarray) -> float:
        """Return the objective in double precision.

        Sets: ``gradient``, the network's running moments.
        """
        if self._at is None or not np.array_equal(self._at, x):
            self._evaluated(x)
        return self._value

    def _evaluated(self, x):
        self._value, self.gradient = self.double.value_and_grad(x)
        self._at = x.copy()
        return self._value


def _agree(rough, exact):
    """Return whether two precisions come to the same, numbers or arrays."""
    return bool(np.abs(rough - exact).max() <= AGREEMENT * np.abs(exact).max())


def _far(columns):
    """Return whether a column of an array lies far from zero, beside the spread of its values."""
    if not isinstance(columns, np.ndarray):  # zeros are most of a sparse matrix
        return False
    squared = columns.mean(axis=0) ** 2
    variance = np.einsum("ij,ij->j", columns, columns) / len(columns) - squared
    constant = columns.min(axis=0) == columns.max(axis=0)
    return bool((~constant & ~(squared <= FAR**2 * variance)).any())

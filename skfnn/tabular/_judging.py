"""What epochs, weights and configurations are chosen by, where the user says: ``scoring``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .._engine.objective.metric import Metric
from ._fitted import FittedTable
from ._followed import Given, score
from ._predictors import Predictor


class Known(Predictor):
    """Raw scores that are there already, of the rows that a scorer is given."""

    columns = None

    def __init__(self, scores: np.ndarray) -> None:
        self.scores = scores

    def raw(self, A, dtype=None, rows=None):
        if not (isinstance(A, np.ndarray) and np.may_share_memory(A, self.scores)):
            raise ValueError("A scorer of scoring may predict the rows that it is given alone.")
        return A


class Judge:
    """The user's score of predictions: larger is better.

    Parameters
    ----------
    scorer : Metric or callable
        A metric of this package, or ``scorer(estimator, X, y)``.
    view : callable
        Returns an estimator that has what it is given as its fitted state.
    table : FittedTable
        Encoder, target and loss.
    given, validation : Given
        The user's rows, to train on and to validate by.
    """

    def __init__(self, scorer: Any, view: Callable, table: FittedTable, *,
                 given: Given, validation: Given) -> None:  # fmt: skip
        self.scorer, self.view, self.table = scorer, view, table.plain()
        self.given = Given(given.X, np.asarray(given.y), given.weight)
        self.validation = Given(validation.X, np.asarray(validation.y), validation.weight)
        self._rows: dict[Any, Given] = {}

    def score(self, raw: np.ndarray, rows: np.ndarray | None, y: np.ndarray, weight: Any) -> float:
        """Return the score of raw scores.

        Parameters
        ----------
        raw : ndarray of shape (n, k)
            Raw scores of some rows.
        rows : ndarray of int of shape (n,), or None
            Which rows of the table these are; None is the validation data.
        y, weight : ndarray, ndarray or None
            Their encoded targets, and weights.

        Raises
        ------
        ValueError
            If the score is not finite.
        """
        if isinstance(self.scorer, Metric):
            value = self.table.measured(self.scorer, ([raw], [1.0]), y, weight)
            value = value if self.scorer.greater_is_better else -value
        else:
            given = self._at(rows)
            known = replace(self.table.of([Known(raw)]), encoded=(given.X, [raw]))
            value = score(self.scorer, self.view(known), given)
        if not np.isfinite(value):
            raise ValueError(f"scoring must return finite numbers. {self.scorer!r} gave {value}.")
        return value

    def of_mean(self, mean: np.ndarray, rows: np.ndarray | None, y, weight) -> float:
        """Return the score of mean predictions of some rows."""
        return self.score(self.table.raw_of(mean), rows, y, weight)

    def _at(self, rows):
        if rows is None:
            return self.validation
        key = len(rows), rows[0], rows[-1], hash(rows.tobytes())
        if key not in self._rows:
            self._rows[key] = self.given.at(rows)
        return self._rows[key]

"""What epochs, weights and configurations are chosen by, where the user says: ``scoring``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from .._engine.objective.data import Data
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
        self.given, self.validation = given.in_array, validation.in_array
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
        value = self._value(raw, rows, y, weight)
        if not np.isfinite(value):
            raise ValueError(f"scoring must return finite numbers. {self.scorer!r} gave {value}.")
        return value

    def _value(self, raw, rows, y, weight):
        """Return the score, that of a metric in the direction of scorers."""
        if isinstance(self.scorer, Metric):
            value = self.table.measured(self.scorer, ([raw], [1.0]), y, weight)
            return value if self.scorer.greater_is_better else -value
        given = self._at(rows)
        known = replace(self.table.of([Known(raw)]), encoded=(given.X, [raw]))
        return score(self.scorer, self.view(known), given)

    def check(self, held_out: Iterable[Data | None]) -> None:
        """Refuse, before the first epoch, a scorer without a value for classes of held-out rows.

        Raises
        ------
        ValueError
            If it is NaN where all classes are predicted right, and where all are wrong.
        """
        for data in held_out:
            if data is None or data.target.kind == "regression":
                continue
            y, weight = data.labels()
            right = np.empty((len(y), data.target.n_outputs), data.dtype)
            data.target.fill(y, right, (-1.0, 1.0))
            if all(self._is_nan(raw, data.rows, y, weight) for raw in (right, -right)):
                raise ValueError(
                    f"scoring={self.scorer!r} has no value for {len(y)} held-out rows, whatever is "
                    "predicted, such as an area under a curve for rows of one class. Take fewer "
                    "folds, or folds with rows of each class."
                )

    def _is_nan(self, *given):
        try:
            return np.isnan(self._value(*given))
        except Exception:  # what else may be wrong is said by the first epoch
            return False

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

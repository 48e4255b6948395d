"""Candidates that are no networks: gradient-boosted trees, and any estimator of scikit-learn."""

from __future__ import annotations

import time
from abc import abstractmethod
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from .._engine.data import Data
from .._engine.history import History
from .._sklearn import boosted, boosting, raw_of_boosting
from ..metrics import LossAndError
from ._candidates import Candidate
from ._categories import FOLDS, n_statistics, statistics, unit_columns
from ._fitted import FittedTable
from ._folds import Fold
from ._members import Member, Task
from ._predictors import Predictor


class Other(Candidate):
    """Members that are fitted in one piece.

    Parameters
    ----------
    task : Task
        What the networks learn: targets, weights and folds are theirs.
    fitted : FittedTable
        Encoder, target and loss.
    seeds : list of SeedSequence
        One a fold.
    """

    def __init__(self, task: Task, fitted: FittedTable, seeds: list) -> None:
        self.task, self.fitted, self.seeds = task, fitted, seeds
        self.seconds = 0.0  # of the first member

    @property
    def data(self):
        return self.task.data

    @property
    def validation(self):
        return self.task.validation

    def valid(self, fold):
        return self.task.valid(fold)

    def first(self, fold, trainer):
        trainer.take(self.member(fold))
        self.seconds = trainer.members[0].seconds

    def other(self, fold, trainer):
        return partial(self.member, fold) if trainer.clock.has(self.seconds) else None

    def apart(self, fold):
        return self.member, (fold,)

    def member(self, fold: Fold) -> Member:
        """Return the member of a fold."""
        started = time.perf_counter()
        data, valid = replace(self.data, rows=fold.rows), self.valid(fold)
        predictor, rounds = self.trained(data, valid, self.seeds[fold.number])
        raw, score = None, np.nan
        if valid is not None:
            raw = predictor.raw(valid.X, rows=valid.rows)
            score = self._score(valid, raw)
        history = History()
        history.append(seconds=time.perf_counter() - started)
        return Member(fold.number, predictor, history, rounds, rounds, raw, False, True, score)

    def _score(self, valid, raw):
        """Return the score of raw scores, as that of a network is measured."""
        y, weight = valid.labels()
        if self.task.regression:
            return -self.fitted.evaluation(([raw], [1.0]), y, weight)["loss"]
        return LossAndError()(y, raw, weight)

    @abstractmethod
    def trained(self, data: Data, valid: Data | None, seed: Any) -> tuple[Predictor, int]:
        """Return what predicts after training on some rows, and its rounds."""


# Rounds of boosting at most; the fold's rows end it after so many without an improvement.
MOST_ROUNDS = 400
PATIENCE = 15
RATE = 0.06
# The losses that trees have a form of, by the names of both sides.
LOSSES = {
    "squared_error": "squared_error",
    "huber": "squared_error",
    "absolute_error": "absolute_error",
    "quantile": "quantile",
    "poisson": "poisson",
    "gamma": "gamma",
}


class Trees(Other):
    """Gradient-boosted trees on what networks take: categories as what is known of their levels."""

    name = "trees"

    def trained(self, data, valid, seed):
        task = self.task
        columns = TreeColumns.of(task, data, self.fitted.encoder)
        X = columns.transform(data.X[data.rows], marked=True)
        y, weight = data.labels()
        given = None
        if valid is not None:
            X_val = valid.X if valid.rows is None else valid.X[valid.rows]
            given = columns.transform(X_val), *valid.labels()
        models = []
        outputs = y.T if task.regression and y.ndim == 2 else [y]
        for j, target in enumerate(outputs):
            model = boosting(
                self._loss(), learning_rate=RATE, max_iter=MOST_ROUNDS,
                n_iter_no_change=PATIENCE, random_state=int(seed.generate_state(1)[0] >> 1),
            )  # fmt: skip
            held = None
            if given is not None:
                held = given[0], given[1][:, j] if given[1].ndim == 2 else given[1], given[2]
            models.append(boosted(model, (X, target, weight), held))
        rounds = max(model.n_iter_ for model in models)
        return TreesPredictor(models, columns, task.columns), rounds

    def _loss(self):
        if not self.task.regression:
            return {}
        loss, known = self.task.loss, {}
        if loss.name == "quantile":
            known["quantile"] = loss.quantile
        return {"loss": LOSSES[loss.name], **known}


class TreeColumns:
    """From the rows of networks to those of trees.

    Codes of categories and of pairs give way to what is known of their levels, means of the target
    and counts; missing numbers are missing again.
    """

    def __init__(self, start: int, tables: list[np.ndarray], places: Any) -> None:
        self.start, self.tables, self.places = start, tables, places

    @classmethod
    def of(cls, task: Task, data: Data, encoder: Any) -> TreeColumns:
        """Return the columns that trees on some rows take."""
        n_levels = [*task.n_levels, *task.columns.n_levels]
        y, weight = data.labels()
        y = unit_columns(y, data.target, weight)
        values = y[:, : n_statistics(data.target.n_outputs) - 1]
        tables = [
            statistics(data.X[data.rows, task.n_numbers + j], values, weight, n)
            for j, n in enumerate(n_levels)
        ]
        return cls(task.n_numbers, tables, encoder._with_missing)

    def transform(self, B: np.ndarray, marked: bool = False) -> np.ndarray:
        """Return rows as trees take them; those to train on have their folds marked."""
        start, n_codes = self.start, len(self.tables)
        numbers, behind = B[:, :start].astype(np.float64), start + n_codes
        missing = B[:, behind : behind + len(self.places)] > 0
        for j, i in enumerate(self.places):
            numbers[missing[:, j], i] = np.nan
        codes = B[:, start:behind]
        codes = np.rint(codes * FOLDS) if marked else np.trunc(codes) * FOLDS
        known = [table[code] for table, code in zip(self.tables, codes.T.astype(int), strict=True)]
        rest = B[:, behind + len(self.places) :]
        return np.concatenate([numbers, *known, rest], axis=1)

    def settled(self) -> TreeColumns:
        """Return the same without what is for training rows alone."""
        thin = TreeColumns(self.start, self.tables, self.places)
        return thin


class TreesPredictor(Predictor):
    """Boosted trees, an ensemble of them for each output."""

    def __init__(self, models: list, trees: TreeColumns, columns: Any) -> None:
        self.models, self.trees, self.columns = models, trees, columns

    def raw(self, A, dtype=None, rows=None):
        X = self.trees.transform(A if rows is None else A[rows])
        return np.hstack([raw_of_boosting(model, X) for model in self.models])

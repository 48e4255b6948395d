"""Candidates that are no networks: gradient-boosted trees, and any estimator of scikit-learn."""

from __future__ import annotations

import time
from abc import abstractmethod
from copy import copy
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline

from .._engine.following.history import History
from .._engine.objective.data import Data
from .._engine.objective.link import Link
from .._sklearn import (
    boosted,
    boosting,
    safe_indexing,
    seeded,
    takes_missing,
    weights_for,
)
from ..metrics._loss_and_error import LossAndError
from ._candidates import Candidate
from ._categories import FOLDS, n_statistics, statistics, unit_columns
from ._folds import Fold
from ._forest import Forest, raw_scores
from ._members import Member, Task
from ._predictors import Predictor
from ._preparation import Prepared


class Other(Candidate):
    """Members that are fitted in one piece.

    Parameters
    ----------
    name : str
        What it is called.
    prepared : Prepared
        The table, and what networks learn of it: targets, weights and folds are theirs.
    number : int
        Which one it is, from 0: its seeds are its own.
    """

    def __init__(self, name: str, prepared: Prepared, number: int) -> None:
        self.name, self.fitted = name, prepared.table.fitted
        self.task = replace(prepared.networks.task, followed=None)
        self.entropy, self.number = prepared.seeds.source.entropy, number
        self.seconds = 0.0  # of the first member

    @property
    def data(self):
        return self.task.data

    @property
    def validation(self):
        return self.task.validation

    def valid(self, fold):
        return self.task.valid(fold)

    def seed(self, fold: Fold) -> int:
        """Return what determines everything random in the member of a fold."""
        key = (2**20 + self.number, fold.number)
        sequence = np.random.SeedSequence(self.entropy, spawn_key=key)
        return int(sequence.generate_state(1)[0] >> 1)

    def first(self, fold, trainer):
        trainer.take(self.member(fold))
        self.seconds = trainer.members[0].seconds

    def other(self, fold, trainer):
        return partial(self.member, fold) if trainer.clock.has(self.seconds) else None

    def apart(self, fold):
        return self.member, (fold,)

    def rows(self, which: np.ndarray | None) -> Any:
        """Return rows of the table as members take them; None is validation data."""
        if which is not None:
            return self.data.X[which]
        assert self.validation is not None
        return self.validation.X

    def sample(self, n, held_out):
        data = self.data if held_out else self.validation
        which = self.sampled(data, n)
        rows = self.rows(which) if held_out else safe_indexing(self.rows(None), which)
        return rows, None if data.weight is None else data.weight[which]

    def member(self, fold: Fold) -> Member:
        """Return the member of a fold."""
        started = time.perf_counter()
        predictor, rounds = self.trained(fold)
        valid, raw, score = self.valid(fold), None, np.nan
        if valid is not None:
            raw = predictor.raw(self.rows(valid.rows))
            if not np.isfinite(raw).all():
                raise ValueError(f"{self.name!r} of blend predicts values that are not finite.")
            score = self._score(valid, raw)
        history = History()
        history.append(seconds=time.perf_counter() - started)
        return Member(
            number=fold.number, predictor=predictor, history=history, best_epoch=rounds,
            enough=rounds, raw=raw, last=False, finished=True, score=score,
        )  # fmt: skip

    def _score(self, valid, raw):
        """Return the score of raw scores, as that of a network is measured."""
        y, weight = valid.labels()
        if self.task.judge is not None:
            return self.task.judge.score(raw, valid.rows, y, weight)
        if self.task.regression:
            return -self.fitted.evaluation(([raw], [1.0]), y, weight)["loss"]
        return LossAndError()(y, raw, weight)

    @abstractmethod
    def trained(self, fold: Fold) -> tuple[Predictor, int]:
        """Return what predicts after training on the rows of a fold, and its rounds."""


# Probabilities and positive numbers of other estimators are not below.
SMALLEST = 1e-6
# At most MOST_ROUNDS rounds; the fold's rows end it after PATIENCE without an improvement. With
# another rate they are so many times as many as steps are smaller.
MOST_ROUNDS = 300
PATIENCE = 10
RATE = 0.1


class Trees(Other):
    """Gradient-boosted trees on what networks take: categories as what is known of their levels.

    Attributes
    ----------
    params : dict
        Parameters of scikit-learn's estimator that differ from those here.
    """

    def __init__(self, name: str, prepared: Prepared, number: int) -> None:
        super().__init__(name, prepared, number)
        self.params: dict[str, Any] = {}
        self._family = name

    @property
    def family(self):
        return self._family

    def varied(self, params: dict[str, Any], number: int) -> Trees:
        """Return others of the same table, with other parameters, which their name tells."""
        found = copy(self)
        said = ", ".join(f"{name}={value}" for name, value in params.items())
        found.name, found.number, found.params = f"{self.name}({said})", number, params
        return found

    def trained(self, fold):
        task, valid = self.task, self.valid(fold)
        data = replace(self.data, rows=fold.rows)
        columns = TreeColumns.of(task, data, self.fitted.encoder)
        X = columns.transform(self.rows(fold.rows), marked=True)
        y, weight = data.labels()
        held = None
        if valid is not None:
            held = columns.transform(self.rows(valid.rows)), *valid.labels()
        directions = [*task.directions, *[0] * (X.shape[1] - len(task.directions))]
        models = []
        for j in range(1 if y.ndim == 1 else y.shape[1]):
            params = {"learning_rate": RATE, **self.params}
            slower = max(1.0, RATE / params["learning_rate"])
            model = boosting(
                self._loss(), max_iter=round(slower * MOST_ROUNDS),
                n_iter_no_change=round(slower * PATIENCE), random_state=self.seed(fold),
                monotonic_cst=directions if any(directions) else None, **params,
            )  # fmt: skip
            models.append(boosted(model, _output((X, y, weight), j), _output(held, j)))
        rounds = max(model.n_iter_ for model in models)
        return TreesPredictor(models, columns.settled(), task.columns), rounds

    def _loss(self):
        if not self.task.regression:
            return {}
        loss = self.task.loss
        known = {"quantile": loss.quantile} if loss.boosted_as == "quantile" else {}
        return {"loss": loss.boosted_as, **known}


def _output(given, j):
    """Return rows, the targets of one output, and weights."""
    if given is None or given[1].ndim == 1:
        return given
    X, y, weight = given
    return X, y[:, j], weight


class TreeColumns:
    """From the rows of networks to those of trees.

    Codes of categories and of pairs give way to what is known of their levels, means of the target
    and counts; missing numbers are missing again.

    Parameters
    ----------
    start : int
        The first column of codes.
    tables : list of ndarray
        What is known of the levels of each column of codes.
    missing : ndarray of int of shape (2, n)
        Columns that say where a number is missing, and those of the numbers.
    n_folds : int
        Rows of the tables for each level.
    """

    def __init__(
        self, start: int, tables: list[np.ndarray], missing: np.ndarray, n_folds: int = FOLDS
    ) -> None:
        self.start, self.tables, self.missing, self.n_folds = start, tables, missing, n_folds

    @classmethod
    def of(cls, task: Task, data: Data, encoder: Any) -> TreeColumns:
        """Return the columns that trees on some rows take."""
        n_levels = [*task.n_levels, *(cells.n_levels for cells in task.columns.cells)]
        y, weight = data.labels()
        y = unit_columns(y, data.target, weight)
        values = y[:, : n_statistics(data.target.n_outputs) - 1]
        tables = [
            statistics(data.X[data.rows, task.n_numbers + j], values, weight, n)
            for j, n in enumerate(n_levels)
        ]
        numbers = encoder._with_missing
        flags = task.n_numbers + len(n_levels) + np.arange(len(numbers))
        some = (data.X[data.rows][:, flags] == 0).any(axis=0)  # trees take no empty column
        return cls(task.n_numbers, tables, np.stack([flags, numbers])[:, some])

    def transform(self, B: np.ndarray, marked: bool = False) -> np.ndarray:
        """Return rows as trees take them; those to train on have their folds marked."""
        start, behind = self.start, self.start + len(self.tables)
        numbers = B[:, :start].astype(np.float64)
        for flag, number in self.missing.T:
            numbers[B[:, flag] > 0, number] = np.nan
        codes = B[:, start:behind]
        codes = np.rint(codes * FOLDS) if marked else np.trunc(codes)
        tables = self.tables if marked else self.known
        known = [table[code] for table, code in zip(tables, codes.T.astype(int), strict=True)]
        return np.concatenate([numbers, *known, B[:, behind:]], axis=1)

    @property
    def known(self) -> list[np.ndarray]:
        """What is known of the levels for rows that are in no fold."""
        return [table[:: self.n_folds] for table in self.tables]

    def settled(self) -> TreeColumns:
        """Return the same without what is for training rows alone."""
        return TreeColumns(self.start, self.known, self.missing, 1)


class TreesPredictor(Predictor):
    """Boosted trees, an ensemble of them for each output.

    Parameters
    ----------
    models : list of HistGradientBoostingClassifier or HistGradientBoostingRegressor
        One, or one per output.
    trees : TreeColumns
        What they take of the rows of networks.
    columns : CategoryPairs
        What these have beside the encoder's columns.
    """

    def __init__(self, models: list, trees: TreeColumns, columns: Any) -> None:
        self.models, self.trees, self.columns = models, trees, columns

    @cached_property
    def _forests(self):
        return [Forest(model) for model in self.models]

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "_forests"}

    def raw(self, A, dtype=None, rows=None):
        X = self.trees.transform(A if rows is None else A[rows])
        each = zip(self.models, self._forests, strict=True)
        return np.hstack([raw_scores(model, forest, X) for model, forest in each])


class Encoded:
    """The encoder's rows as other estimators take them: missing numbers are missing again, or not.

    Parameters
    ----------
    places : ndarray of int
        The numbers that have a column that says where they are missing.
    start : int
        The first of these columns.
    """

    def __init__(self, places: np.ndarray, start: int) -> None:
        self.places, self.start = places, start

    def transform(self, A: np.ndarray) -> np.ndarray:
        """Return rows."""
        A = A.astype(np.float64)
        missing = A[:, self.start : self.start + len(self.places)] > 0
        for j, i in enumerate(self.places):
            A[missing[:, j], i] = np.nan
        return A


class Estimators(Other):
    """Members of any estimator of scikit-learn: one is fitted for each fold.

    A Pipeline is given the user's rows, any other estimator the encoder's.

    Parameters
    ----------
    name : str
        What it is called.
    estimator : estimator
        It is cloned.
    prepared : Prepared
        As for :class:`Other`.
    number : int
        Which one it is.
    given, validation : X
        The user's rows.
    """

    memorises = True

    def __init__(self, name: str, prepared: Prepared, number: int, *, estimator: Any,
                 given: Any, validation: Any) -> None:  # fmt: skip
        super().__init__(name, prepared, number)
        self.estimator, encoder = estimator, self.fitted.encoder
        if isinstance(estimator, Pipeline):
            self.columns, self.X, self.X_val = None, given, validation
            return
        missing = encoder._with_missing if takes_missing(estimator) else np.zeros(0, int)
        self.columns = Encoded(missing, encoder.n_numbers_ + len(encoder.n_levels_))
        self.X = self.columns.transform(prepared.table.A)
        known = prepared.table.validation
        self.X_val = None if known is None else self.columns.transform(known[0])

    def rows(self, which):
        return self.X_val if which is None else safe_indexing(self.X, which)

    def trained(self, fold):
        y, weight = replace(self.data, rows=fold.rows).labels()
        scale = getattr(self.fitted, "scale", None)
        model = seeded(clone(self.estimator), self.seed(fold))
        if scale is None and len(np.unique(y)) == 1:  # nothing to learn, and few take one class
            model = DummyClassifier()
        try:
            given = weights_for(model, weight)
            model.fit(self.rows(fold.rows), y if scale is None else scale.decode(y), **given)
        except Exception as error:
            raise ValueError(f"{self.name!r} of blend could not be fitted: {error}") from error
        target, link = self.fitted.target, self.task.loss.link
        return EstimatorPredictor(model, self.columns, target, link=link, scale=scale), 0


class EstimatorPredictor(Predictor):
    """A fitted estimator of scikit-learn."""

    def __init__(self, model: Any, columns: Any, target: Any, *, link: Link, scale: Any) -> None:
        self.model, self.columns, self.target = model, columns, target
        self.link, self.scale = link, scale

    def raw(self, A, dtype=None, rows=None):
        A = A if rows is None else safe_indexing(A, rows)
        if self.scale is not None:
            y = np.asarray(self.model.predict(A), np.float64).reshape(len(A), -1)
            y = self.scale.encode(y if y.shape[1] > 1 else y[:, 0]).reshape(len(A), -1)
            return y if self.link.unbounded else np.log(np.maximum(y, SMALLEST))
        if len(self.target.classes) == 1:  # which is certain
            return np.zeros((len(A), 1))
        p = np.full((len(A), len(self.target.classes)), SMALLEST)
        p[:, self.model.classes_] = self.model.predict_proba(A)
        logs = np.log(np.maximum(p, SMALLEST))
        return logs if self.target.kind == "multiclass" else logs[:, 1:] - logs[:, :1]

"""Metrics that a fit of members follows, on the rows and in the unit of the user's data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from .._engine.objective.evaluation import called
from .._engine.objective.metric import Metric
from .._sklearn import safe_indexing
from ._fitted import FittedTable
from ._predictors import NetworkPredictor


class Given(NamedTuple):
    """Data as the user gave it."""

    X: Any
    y: Any
    weight: Any = None

    @property
    def in_array(self) -> Given:
        """The same with targets in an array, as scorers take them."""
        y = self.y.toarray() if sparse.issparse(self.y) else np.asarray(self.y)
        return self._replace(y=y)

    def at(self, rows: np.ndarray) -> Given:
        """Return some rows."""
        weight = None if self.weight is None else np.asarray(self.weight)[rows]
        return Given(safe_indexing(self.X, rows), self.y[rows], weight)


class Followed:
    """What ``metrics`` names, measured after each epoch of a member.

    Metrics of this package are computed from the epoch's raw scores. Scorers get an estimator that
    has this member alone, and the raw table; they cost a prediction each.

    Parameters
    ----------
    view : callable
        Returns an estimator that has what it is given as its fitted state.
    table : FittedTable
        Encoder, target and loss, without members.
    metrics : dict of str to metric or scorer
        What to follow.
    train, valid : Given
        The data of ``fit``, and the validation data given with it, or None.
    """

    def __init__(self, view: Callable, table: FittedTable, metrics: dict,
                 train: Given, valid: Given | None) -> None:  # fmt: skip
        self.view, self.table, self.metrics = view, table, metrics
        self.train, self.valid = train, valid

    def on(self, task: Any, network: Any, rows: np.ndarray, held_out: Any) -> Callable:
        """Return what measures one member.

        Parameters
        ----------
        task : Task
            What it learns.
        network : Network
            The member's.
        rows : ndarray of int
            Those that it is trained on.
        held_out : Data or None
            What tells its best epoch.
        """
        table = self.table.of([NetworkPredictor(network, task.columns)])
        given: dict[str, Given] = {}
        encoded: dict[str, np.ndarray] = {}
        if any(not isinstance(metric, Metric) for metric in self.metrics.values()):
            given["train"], encoded["train"] = self.train.at(rows), task.data.X[rows]
            if held_out is not None and self.valid is not None:
                given["valid"], encoded["valid"] = self.valid, held_out.X
            elif held_out is not None:
                given["valid"] = self.train.at(held_out.rows)
                encoded["valid"] = held_out.X[held_out.rows]

        def measure(metric: Any, key: str, y: np.ndarray, raw: np.ndarray, weight: Any) -> float:
            if isinstance(metric, Metric):
                return table.measured(metric, ([raw], [1.0]), y, weight)
            view = self.view(replace(table, encoded=(given[key].X, [encoded[key]])))
            return score(metric, view, given[key])

        return measure


def score(scorer: Callable, model: Any, given: Given) -> float:
    """Return a scorer's value, weighted where it takes weights."""
    return float(called(scorer, model, *given))

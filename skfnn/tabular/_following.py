"""Metrics that a fit of members follows, on the rows and in the unit of the user's data."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from .._engine.metric import Metric
from .._sklearn import gives_weights_to, safe_indexing

Rows = tuple[Any, Any, Any]  # X, y and weights or None


def rows_of(given: Rows, rows: np.ndarray | None) -> Rows:
    """Return the X, y and weights of some rows; all for None."""
    if rows is None:
        return given
    X, y, weight = given
    return safe_indexing(X, rows), y[rows], None if weight is None else np.asarray(weight)[rows]


class Followed:
    """What ``metrics`` names, measured after each epoch of a member.

    Metrics of this package are computed from the epoch's raw scores. Scorers get an estimator that
    has this member alone, and the raw table; they cost a prediction each.

    Parameters
    ----------
    model : BaseTabular
        The estimator: its encoder, target and loss, but no members.
    metrics : dict of str to metric or scorer
        What to follow.
    train, valid : tuple of (X, y, weight)
        The data of ``fit``, and the validation data given with it, or None.
    """

    def __init__(self, model: Any, metrics: dict, train: Rows, valid: Rows | None) -> None:
        self.model, self.metrics, self.train, self.valid = model, metrics, train, valid

    def on(self, network: Any, A: np.ndarray, rows: np.ndarray, held_out: Any) -> Callable:
        """Return what measures one member.

        Parameters
        ----------
        network : Network
            The member's.
        A : ndarray
            The encoded rows of ``fit``.
        rows : ndarray of int
            Those that it is trained on.
        held_out : Data or None
            What tells its best epoch.
        """
        model = copy.copy(self.model)
        vars(model).update(model._so_far(model._target.n_outputs, [network]))
        given: dict[str, Rows] = {}
        encoded: dict[str, np.ndarray] = {}
        if any(not isinstance(metric, Metric) for metric in self.metrics.values()):
            given["train"], encoded["train"] = rows_of(self.train, rows), A[rows]
            if held_out is not None and self.valid is not None:
                given["valid"], encoded["valid"] = self.valid, held_out.X
            elif held_out is not None:
                given["valid"] = rows_of(self.train, held_out.rows)
                encoded["valid"] = A[held_out.rows]

        def measure(metric: Any, key: str, y: np.ndarray, raw: np.ndarray, weight: Any) -> float:
            if isinstance(metric, Metric):
                return model._measured(metric, [raw], y, weight)
            model._held = given[key][0], encoded[key]
            return score(metric, model, *given[key])

        return measure


def score(scorer: Callable, model: Any, X: Any, y: Any, weight: Any) -> float:
    """Return a scorer's value, weighted where it takes weights."""
    weighted = weight is not None and gives_weights_to(scorer)
    return float(scorer(model, X, y, **({"sample_weight": weight} if weighted else {})))

"""Stopping on any column of the history."""

from __future__ import annotations

import math
from numbers import Real

from .._estimators.fitted import state_of
from ._base import ColumnCallback, check, is_count


class EarlyStopping(ColumnCallback):
    """End a fit once a column of the history no longer improves.

    As ``early_stopping=True`` does for one score; here for any column, also of the training rows.
    The arguments are those of Keras' callback of this name.

    Parameters
    ----------
    monitor : str, default="val_loss"
        The column of ``history_`` to follow: "loss", "val_loss", "accuracy", "val_accuracy", ...
    patience : int, default=10
        Epochs without an improvement after which the fit ends.
    min_delta : float, default=0.0
        The improvement that counts is larger than this.
    mode : {"auto", "min", "max"}, default="auto"
        Whether small or large values are good; "auto" tells it by the column's name.
    start_from_epoch : int, default=0
        Epochs of the fit that are not looked at.
    restore_best_weights : bool, default=False
        Whether the fit ends with the weights of its best epoch, in place of the last one's.

    Attributes
    ----------
    best_epoch_ : int
        The best row of ``history_`` in the last fit.
    best_value_ : float
        The followed value there.
    stopped_epoch_ : int or None
        The row after which this callback ended the fit; None if something else did.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skfnn import FNNClassifier
    >>> from skfnn.callbacks import EarlyStopping
    >>> X, y = load_iris(return_X_y=True)
    >>> stopping = EarlyStopping("loss", patience=2, min_delta=0.01)
    >>> model = FNNClassifier(random_state=0).set_callbacks(stopping).fit(X, y)
    >>> model.n_iter_ == stopping.stopped_epoch_ == stopping.best_epoch_ + 2
    True
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        *,
        patience: int = 10,
        min_delta: float = 0.0,
        mode: str = "auto",
        start_from_epoch: int = 0,
        restore_best_weights: bool = False,
    ) -> None:
        super().__init__(monitor, mode)
        check(self, "patience", patience, is_count(patience), "an int from 0 on")
        check(
            self, "min_delta", min_delta, isinstance(min_delta, Real) and min_delta >= 0,
            "a number from 0 on",
        )  # fmt: skip
        check(
            self, "start_from_epoch", start_from_epoch, is_count(start_from_epoch),
            "an int from 0 on",
        )  # fmt: skip
        self.patience, self.min_delta = patience, min_delta
        self.start_from_epoch, self.restore_best_weights = start_from_epoch, restore_best_weights

    def _finished(self, fit, estimator):
        if fit["best"] is not None:
            best = state_of(fit["best"]).network
            state_of(estimator).network.restore(best.snapshot())

    def _begun(self, estimator):
        return {"value": -math.inf, "epoch": None, "seen": 0, "best": None, "stopped": None}

    def _row(self, fit, epoch, row, fitted_estimator):
        value = self._value(row)
        fit["seen"] += 1
        if fit["seen"] <= self.start_from_epoch:
            return False
        if fit["epoch"] is None or value > fit["value"] + self.min_delta:
            fit.update(value=value, epoch=epoch, stale=0)
            fit["best"] = fitted_estimator if self.restore_best_weights else None
            return False
        fit["stale"] += 1
        if fit["stale"] < self.patience:
            return False
        fit["stopped"] = epoch
        return True

    def _ended(self, fit):
        self.best_epoch_, self.stopped_epoch_ = fit["epoch"], fit["stopped"]
        self.best_value_ = self._sign * fit["value"]

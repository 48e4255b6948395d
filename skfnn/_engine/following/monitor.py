"""What happens between epochs: history, validation, early stopping, the best weights, printing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..network.forward import Forward
from ..objective.data import Data
from ..objective.evaluation import data_loss, metric_of, score_by
from ..objective.metric import Metric
from ..objective.objective import Objective
from .callback_tasks import CallbackTasks
from .divergence import DivergenceError
from .history import History


@dataclass(frozen=True)
class Stopping:
    """When to stop.

    Attributes
    ----------
    tol : float
        The smallest improvement that counts.
    patience : float
        Epochs without one that are endured, ``n_iter_no_change``.
    early : bool
        Whether the score on validation data decides; if not, the training loss.
    scorer : metric or scorer, or None
        What that score is; None is minus the validation loss.
    """

    tol: float
    patience: float
    early: bool
    scorer: Metric | Callable | None = None


@dataclass(frozen=True)
class Reporting:
    """What is told of each epoch: in the history, and in print.

    Attributes
    ----------
    metrics : dict of str to metric or scorer
        What goes into the history, by name.
    view : callable or None
        ``view(X, raw)`` returns an estimator for scorers, which has the raw scores of this very X
        and predicts any other. Without scorers it is not needed.
    verbose : bool
        Whether to print a line per epoch.
    """

    metrics: dict[str, Metric | Callable] = field(default_factory=dict)
    view: Callable[[Any, np.ndarray], Any] | None = None
    verbose: bool = False


Snapshot = tuple[np.ndarray, np.ndarray]  # a network's parameters and state


class Finished(NamedTuple):
    """What training has come to at the end of an epoch.

    It is replaced as a whole, so that no interrupt finds one half of an epoch in it.

    Attributes
    ----------
    n_epochs : int
        Epochs of this fit.
    loss : float
        The last training loss.
    best, stale : float, int
        The best score (minus the loss) so far, and the number of epochs since it grew by ``tol``.
    weights, best_weights : tuple of ndarray
        The network's parameters and state then, and those of the best validation score or None.
    """

    n_epochs: int
    loss: float
    best: float
    stale: int
    weights: Snapshot
    best_weights: Snapshot | None


class Monitor:
    """Follows a fit: what a solver tells of its epochs, and what it is told.

    What is configured stands in ``stopping`` and ``reporting``, what changes from epoch to epoch
    in ``finished``, ``history`` and ``scores``.

    Parameters
    ----------
    objective : Objective
        What is being minimised.
    train, valid : Data
        Training rows, and validation rows or None.
    stopping : Stopping
        When to stop.
    reporting : Reporting
        What is looked at after each epoch.
    history, scores : History, list of float, optional
        Those of an earlier fit that this one goes on with; they grow.

    Attributes
    ----------
    finished : Finished
        What training has come to at the end of the last epoch.
    history : History
        One row per epoch.
    scores : list of float
        The validation score of each epoch, with early stopping.
    message : str
        What to say where patience is exhausted.
    interrupted : bool
        Whether the user interrupted training.
    tasks : CallbackTasks or None
        What callbacks are told.
    """

    def __init__(self, objective: Objective, train: Data, valid: Data | None, stopping: Stopping,
                 reporting: Reporting, history: History | None = None,
                 scores: list[float] | None = None) -> None:  # fmt: skip
        self.objective, self.train, self.valid = objective, train, valid
        self.stopping, self.reporting = stopping, reporting
        self.history = History() if history is None else history
        self.scores: list[float] = [] if scores is None else scores
        what = "Validation score" if stopping.early else "Training loss"
        self.message = (
            f"{what} did not improve more than tol={stopping.tol:f} for {stopping.patience} "
            "consecutive epochs."
        )
        self.interrupted = False
        self.tasks: CallbackTasks | None = None
        start = objective.network.snapshot()
        self.finished = Finished(0, np.nan, -np.inf, 0, start, None)
        self._snapshots = [start]
        self._before = len(self.history), len(self.scores)
        self._clock = time.perf_counter()
        self._forward: dict[str, tuple] = {}
        self._own: dict[str, Data] = {}

    @property
    def n_epochs(self) -> int:
        """Epochs of this fit."""
        return self.finished.n_epochs

    def resume(self, best: float, stale: int) -> None:
        """Count on from the best score so far and the number of epochs since."""
        self.finished = self.finished._replace(best=best, stale=stale)

    def begin(self) -> None:
        """Tell callbacks that an epoch begins."""
        if self.tasks is not None:
            self.tasks.begin()

    def end(self) -> bool:
        """Tell callbacks that it is over; return whether one of them wants to stop."""
        if self.tasks is None or not self.tasks.end():
            return False
        self.tell("A callback asked to stop. Stopping.")
        return True

    def iteration(self, loss: float, values: np.ndarray) -> bool:
        """Take note of an iteration on the full batch; return whether the solver is to stop.

        Parameters
        ----------
        loss : float
            The objective after it.
        values : ndarray of shape (n_values,)
            The parameters after it; they are copied into the network.

        Raises
        ------
        DivergenceError
            If the loss or the validation score is not finite.
        """
        np.copyto(self.objective.network.values, values)
        exhausted = self.epoch(loss)
        if self.end():
            return True
        if exhausted and self.stopping.early:  # else the solver's own rule decides
            self.tell(f"{self.message} Stopping.")
            return True
        self.begin()  # whether there will be another is not known
        return False

    def conclude(self, loss: float) -> None:
        """Take note of the objective at the solution; one found at the start is an iteration.

        Raises
        ------
        DivergenceError
            If it is not finite.
        """
        if not (np.isfinite(loss) and np.isfinite(self.objective.network.values).all()):
            raise DivergenceError(f"The loss is {loss} at the end.")
        if self.n_epochs == 0:
            self.epoch(loss)
            self.end()
        self.finished = self.finished._replace(loss=loss)

    def epoch(self, loss: float, rate: float = np.nan) -> bool:
        """Take note of one epoch; return whether ``patience`` is exhausted.

        Raises
        ------
        DivergenceError
            If the loss or the validation score is not finite.
        """
        if not np.isfinite(loss):
            raise DivergenceError(f"The loss is {loss} in epoch {self.n_epochs + 1}.")
        row: dict[str, float] = {"loss": loss}
        if self.reporting.metrics:
            row |= self._measure("train", self.train, "")
        score = None
        if self.valid is not None:
            measured = self._measure("valid", self.valid, "val_")
            score = measured.pop("score", None)
            row |= measured
        now = time.perf_counter()
        self.history.append(**row, learning_rate=rate, seconds=now - self._clock)
        self._clock = now
        if score is not None:
            self.scores.append(score)
        self._finish_epoch(loss, -loss if score is None else score)
        if self.reporting.verbose:
            print(self._line(row, score))
        return self.finished.stale > self.stopping.patience

    def _finish_epoch(self, loss, score):
        before, weights = self.finished, self._room()
        self.objective.network.copy_into(weights)
        better = self.stopping.early and score > before.best
        self.finished = Finished(
            before.n_epochs + 1,
            loss,
            best=max(score, before.best),
            stale=before.stale + 1 if score < before.best + self.stopping.tol else 0,
            weights=weights,
            best_weights=weights if better else before.best_weights,
        )

    def _room(self):
        """Return the memory of a snapshot that does not count any more."""
        held = self.finished.weights, self.finished.best_weights
        for snapshot in self._snapshots:
            if not any(snapshot is other for other in held):
                return snapshot
        self._snapshots.append(self.objective.network.snapshot())
        return self._snapshots[-1]

    def _line(self, row, score):
        """Return what ``verbose`` prints of an epoch."""
        shown = [
            f"{name} = {value:.8f}" if name.endswith("loss") else f"{name} = {value:.5g}"
            for name, value in row.items()
        ]
        if score is not None:
            shown.append(f"validation score = {score:.5g}")
        return ", ".join([f"Iteration {self.n_epochs}", *shown])

    def tell(self, text: str) -> None:
        """Print a line if verbose."""
        if self.reporting.verbose:
            print(text)

    def finish(self) -> None:
        """Bring the best weights back."""
        if self.finished.best_weights is not None:
            self.objective.network.restore(self.finished.best_weights)

    def rewind(self) -> None:
        """Go back to the end of the last finished epoch, after an interrupt."""
        self.interrupted = True
        n_rows, n_scores = self._before
        self.history.n_rows = n_rows + self.n_epochs
        if self.stopping.early:
            del self.scores[n_scores + self.n_epochs :]
        self.objective.network.restore(self.finished.weights)

    def _measure(self, key, data, prefix):
        """Return loss and metrics of the network on some rows, from one forward pass."""
        if key not in self._forward:
            raw = np.empty((len(data), self.objective.network.n_outputs), data.dtype)
            forward = Forward(self.objective.network, len(data))
            self._forward[key] = forward, raw, *data.labels()
        forward, raw, y, weight = self._forward[key]
        forward(data.X, raw, data.rows)
        raw = self.objective.loss.pool(data.shifted(raw), data.target.n_outputs)
        row = {}
        if prefix:
            row[f"{prefix}loss"] = data_loss(self.objective.loss, data.target, y, raw, weight)
        for name, metric in self.reporting.metrics.items():
            row[f"{prefix}{name}"] = self._value(metric, key, data, raw)
        if prefix and self.stopping.early:
            row["score"] = -row["val_loss"]
            scorer = self.stopping.scorer
            if scorer is not None:
                row["score"] = self._value(scorer, key, data, raw)
                if isinstance(scorer, Metric) and not scorer.greater_is_better:  # an error
                    row["score"] = -row["score"]
            if not np.isfinite(row["score"]):
                if np.isnan(row["score"]) and np.isfinite(raw).all():  # the scorer's own
                    raise ValueError(
                        f"The score of early_stopping must be finite. scoring returned "
                        f"{row['score']} in epoch {self.n_epochs + 1}: {scorer!r}."
                    )
                raise DivergenceError(
                    f"The validation score is {row['score']} in epoch {self.n_epochs + 1}."
                )
        return row

    def _value(self, metric, key, data, raw):
        """Return a metric's or scorer's value of some rows' raw scores."""
        if not np.isfinite(raw).all():
            return float("nan")
        if isinstance(metric, Metric):
            _, _, y, weight = self._forward[key]
            return metric_of(metric, data.target, self.objective.loss, y, raw, weight)
        if key not in self._own:
            self._own[key] = data.own()  # scorers are given X; once per fit, not once per epoch
        own = self._own[key]
        return score_by(metric, self.reporting.view(own.X, raw), own)

"""What happens between epochs: history, validation, early stopping, the best weights, printing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .callbacks import Tasks
from .data import Data
from .evaluation import data_loss, metric_of, score_by
from .forward import Forward
from .history import History
from .metric import Metric
from .objective import Objective


class DivergenceError(ValueError):
    """Training produced numbers that are not finite."""

    def __init__(self, detail: str):
        super().__init__(
            "Solver produced non-finite parameter weights. The input data may contain large "
            f"values and need to be preprocessed. {detail} Scale X (and, in regression, y), for "
            "instance by a StandardScaler, lower learning_rate_init, or set clip_norm."
        )


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
class Following:
    """What is looked at after each epoch.

    Attributes
    ----------
    metrics : dict of str to metric or scorer
        What goes into the history, by name.
    view : callable or None
        ``view(X, raw)`` returns an estimator for scorers, which has the raw scores of this very X
        and predicts any other. Without scorers it is not needed.
    verbose : bool
        Whether to print a line an epoch.
    """

    metrics: dict[str, Metric | Callable] = field(default_factory=dict)
    view: Callable[[Any, np.ndarray], Any] | None = None
    verbose: bool = False


class Monitor:
    """Follows a fit: what a solver tells of its epochs, and what it is told.

    What is configured stands in ``stopping`` and ``following``; the other attributes below change
    from epoch to epoch.

    Parameters
    ----------
    objective : Objective
        What is being minimised.
    train, valid : Data
        Training rows, and validation rows or None.
    stopping : Stopping
        When to stop.
    following : Following
        What is looked at after each epoch.
    history, scores : History, list of float, optional
        Those of an earlier fit that this one goes on with; they grow.

    Attributes
    ----------
    history : History
        One row an epoch.
    scores : list of float
        The validation score of each epoch, with early stopping.
    n_epochs : int
        Epochs of this fit.
    loss : float
        The last training loss.
    best, stale : float, int
        The best score (minus the loss) so far, and the number of epochs since it grew by ``tol``.
    message : str
        Why patience is exhausted.
    interrupted : bool
        Whether the user interrupted training.
    tasks : Tasks or None
        What callbacks are told.
    """

    def __init__(self, objective: Objective, train: Data, valid: Data | None, stopping: Stopping,
                 following: Following, history: History | None = None,
                 scores: list[float] | None = None):  # fmt: skip
        self.objective, self.train, self.valid = objective, train, valid
        self.stopping, self.following = stopping, following
        self.history = History() if history is None else history
        self.scores: list[float] = [] if scores is None else scores
        self.n_epochs, self.loss = 0, np.nan
        self.best, self.stale, self.message = -np.inf, 0, ""
        self.interrupted = False
        self.tasks: Tasks | None = None
        self._clock = time.perf_counter()
        self._last = objective.network.snapshot()
        self._best_weights: tuple[np.ndarray, np.ndarray] | None = None
        self._forward: dict[str, tuple] = {}
        self._own: dict[str, Data] = {}

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
        self.loss = loss

    def epoch(self, loss: float, rate: float = np.nan) -> bool:
        """Take note of one epoch; return whether ``patience`` is exhausted.

        Raises
        ------
        DivergenceError
            If the loss or the validation score is not finite.
        """
        network = self.objective.network
        if not np.isfinite(loss):
            raise DivergenceError(f"The loss is {loss} in epoch {self.n_epochs + 1}.")
        row: dict[str, float] = {"loss": loss}
        if self.following.metrics:
            row |= self._measure("train", self.train, "")
        score = None
        if self.valid is not None:
            measured = self._measure("valid", self.valid, "val_")
            score = measured.pop("score", None)
            row |= measured
        network.copy_into(self._last)
        now = time.perf_counter()
        self.n_epochs += 1
        self.loss = loss
        self.history.append(**row, learning_rate=rate, seconds=now - self._clock)
        self._clock = now
        if self.following.verbose:
            print(self._line(row, score))
        return self._exhausted(loss, score)

    def _line(self, row, score):
        """Return what ``verbose`` prints of an epoch."""
        shown = [
            f"{name} = {value:.8f}" if name.endswith("loss") else f"{name} = {value:.5g}"
            for name, value in row.items()
        ]
        if score is not None:
            shown.append(f"validation score = {score:.5g}")
        return ", ".join([f"Iteration {self.n_epochs}", *shown])

    def _exhausted(self, loss, score):
        tol, early = self.stopping.tol, self.stopping.early
        value = score if early else -loss
        if early:
            self.scores.append(score)
        if value < self.best + tol:
            self.stale += 1
        else:
            self.stale = 0
        if value > self.best:
            self.best = value
            if early:
                self._keep_best()
        what = "Validation score" if early else "Training loss"
        self.message = (
            f"{what} did not improve more than tol={tol:f} for "
            f"{self.stopping.patience} consecutive epochs."
        )
        return self.stale > self.stopping.patience

    def _keep_best(self):
        network = self.objective.network
        if self._best_weights is None:
            self._best_weights = network.snapshot()
        else:
            network.copy_into(self._best_weights)

    def tell(self, text: str) -> None:
        """Print a line if verbose."""
        if self.following.verbose:
            print(text)

    def finish(self) -> None:
        """Bring the best weights back."""
        if self._best_weights is not None:
            self.objective.network.restore(self._best_weights)

    def rewind(self) -> None:
        """Bring back the weights of the last finished epoch, after an interrupt."""
        self.interrupted = True
        self.objective.network.restore(self._last)

    def _measure(self, key, data, prefix):
        """Return loss and metrics of the network on some rows, from one forward pass."""
        if key not in self._forward:
            raw = np.empty((len(data), self.objective.network.n_outputs), data.dtype)
            forward = Forward(self.objective.network, len(data))
            self._forward[key] = forward, raw, *data.labels()
        forward, raw, y, weight = self._forward[key]
        forward(data.X, raw, data.rows)
        raw = self.objective.loss.pool(raw, data.target.n_outputs)
        row = {}
        if prefix:
            row[f"{prefix}loss"] = data_loss(self.objective.loss, data.target, y, raw, weight)
        for name, metric in self.following.metrics.items():
            row[f"{prefix}{name}"] = self._value(metric, key, data, raw)
        if prefix and self.stopping.early:
            row["score"] = -row["val_loss"]
            if self.stopping.scorer is not None:
                row["score"] = self._value(self.stopping.scorer, key, data, raw)
            if not np.isfinite(row["score"]):
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
            self._own[key] = data.own()  # scorers are given X; once a fit, not once an epoch
        own = self._own[key]
        return score_by(metric, self.following.view(own.X, raw), own)

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


@dataclass
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
    """

    tol: float
    patience: float
    early: bool


@dataclass
class Monitor:
    """Follows a fit.

    Attributes
    ----------
    objective : Objective
        What is being minimised.
    train, valid : Data
        Training rows, and validation rows or None.
    metrics : dict of str to metric or scorer
        What to follow.
    scorer : tuple of (str, metric or scorer) or None
        What early stopping goes by; None is the validation loss.
    view : callable
        Returns an estimator that predicts from given raw scores, for scorers.
    tasks : Tasks or None
        What callbacks are told.
    """

    objective: Objective
    train: Data
    valid: Data | None
    metrics: dict[str, Metric | Callable]
    scorer: tuple[str, Any] | None
    stopping: Stopping
    view: Callable
    verbose: bool
    history: History
    scores: list[float]
    best: float = -np.inf
    n_epochs: int = 0
    stale: int = 0
    best_weights: tuple | None = None
    message: str = ""
    interrupted: bool = False
    loss: float = field(default=np.nan)
    tasks: Tasks | None = None

    def __post_init__(self):
        self._clock = time.perf_counter()
        self._last = self.objective.network.snapshot()
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
        if self.metrics:
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
        if self.verbose:
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
        if self.best_weights is None:
            self.best_weights = network.snapshot()
        else:
            network.copy_into(self.best_weights)

    def tell(self, text: str) -> None:
        """Print a line if verbose."""
        if self.verbose:
            print(text)

    def finish(self) -> None:
        """Bring the best weights back."""
        if self.best_weights is not None:
            self.objective.network.restore(self.best_weights)

    def rewind(self) -> None:
        """Bring back the weights of the last finished epoch."""
        self.objective.network.restore(self._last)

    def _measure(self, key, data, prefix):
        """Return loss and metrics of the network on some rows, from one forward pass."""
        if key not in self._forward:
            raw = np.empty((len(data), self.objective.network.n_outputs), data.dtype)
            forward = Forward(self.objective.network, len(data))
            self._forward[key] = forward, raw, *data.labels()
        forward, raw, y, weight = self._forward[key]
        forward(data.X, raw, data.rows)
        raw = self.objective.loss.link.pool(raw, data.target.n_outputs)
        row = {}
        if prefix:
            row[f"{prefix}loss"] = data_loss(self.objective.loss, data.target, y, raw, weight)
        for name, metric in self.metrics.items():
            row[f"{prefix}{name}"] = self._value(metric, key, data, raw)
        if prefix and self.stopping.early:
            row["score"] = -row["val_loss"]
            if self.scorer is not None:
                row["score"] = self._value(self.scorer[1], key, data, raw)
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
        return score_by(metric, self.view(raw), self._own[key])

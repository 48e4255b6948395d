"""Candidates: whatever can be trained on the rows of a fold and gives raw scores of other rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import partial
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from .._engine.objective.data import Data
from ._cell_trials import cells
from ._folds import Fold, evenly
from ._members import Member, Run, Task, train
from ._trials import First, Trial, firmer_decay, gain, more_epochs

if TYPE_CHECKING:
    from ._trainer import Trainer

# What the first member tries for all, one after the other.
TRIALS = (firmer_decay, cells, more_epochs)
# With a time limit, WARM_UP epochs tell how long one takes.
WARM_UP = 2


class UnfitError(Exception):
    """A candidate that nobody asked for could not be trained: it is left out."""


class Candidate(ABC):
    """Whatever can be trained on the rows of a fold and gives raw scores of other rows.

    A member is trained for each fold, one after the other or, after the first, several at a time.
    The first may decide for the others, which are trained alike.

    Attributes
    ----------
    name : str
        What it is called in ``leaderboard_``.
    data : Data
        The table as its members take it.
    validation : Data or None
        Validation data of the user's, as they take it.
    epochs : int
        The largest number of epochs of a member, where it has any.
    memorises : bool
        Whether members may know their training rows by heart.
    unasked : bool
        Whether nobody has asked for it by name: then it takes little time, is trained on all folds,
        and is left out where time is over or it can't be trained.
    of_mean : bool
        Whether members learn the mean alone, where those of the table say a variance, too.
    """

    name: str
    epochs = 0
    memorises = False
    unasked = False
    of_mean = False

    @property
    def family(self) -> str:
        """What those have in common that differ from each other in parameters."""
        return self.name

    @property
    @abstractmethod
    def data(self) -> Data:
        """The table as its members take it."""

    @property
    @abstractmethod
    def validation(self) -> Data | None:
        """Validation data of the user's, as its members take it."""

    @abstractmethod
    def first(self, fold: Fold, trainer: Trainer) -> None:
        """Train the member of the first fold, by ``trainer.take``, which may be called again."""

    @abstractmethod
    def other(self, fold: Fold, trainer: Trainer) -> Callable[[], Member] | None:
        """Return what trains the member of another fold; None where there is no time for it."""

    def apart(self, fold: Fold) -> tuple[Callable[..., Member], tuple]:
        """Return a function and its arguments that train it in another process."""
        raise NotImplementedError

    @abstractmethod
    def valid(self, fold: Fold) -> Data | None:
        """Return the data whose score tells a member's best epoch, or None."""

    def sample(self, n: int, held_out: bool) -> tuple[np.ndarray, np.ndarray | None]:
        """Return at most ``n`` rows, and their weights or None: of the table, or held out of it."""
        data = self.data if held_out else self.validation
        assert data is not None
        rows = self.sampled(data, n)
        return data.X[rows], None if data.weight is None else data.weight[rows]

    @staticmethod
    def sampled(data: Data, n: int) -> np.ndarray:
        """Return at most ``n`` places, the same for all candidates: of rows that have a weight."""
        rows = np.arange(len(data)) if data.weight is None else np.flatnonzero(data.weight)
        return evenly(rows, n)


class Networks(Candidate):
    """Networks of a recipe.

    Parameters
    ----------
    task : Task
        What they have in common.
    seeds : list of SeedSequence
        One per fold.
    deadline : float, default=inf
        When to give up, on the clock of ``time.perf_counter``.

    Attributes
    ----------
    epochs : int
        The epochs that the first member found to be right; those of the task before.
    enough : int
        The epoch after which the first member gained nothing.
    """

    name = "networks"

    def __init__(self, task: Task, seeds: list, deadline: float = np.inf) -> None:
        self.task, self.seeds, self.deadline = task, seeds, deadline
        self.epochs = self.enough = task.max_iter

    @property
    def data(self):
        return self.task.data

    @property
    def validation(self):
        return self.task.validation

    def valid(self, fold):
        return self.task.valid(fold)

    def run(
        self, fold: Fold, epochs: int, until: int | None = None, rival: tuple[float, ...] = ()
    ) -> Run:
        """Return how the member of a fold is trained."""
        return Run(self.seeds[fold.number], epochs, until, self.deadline, rival)

    def first(self, fold, trainer):
        clock = trainer.clock
        if clock.limit is not None and not clock.n_trained:
            warm = replace(self.run(fold, WARM_UP), seed=deepcopy(self.seeds[fold.number]))
            clock.timed(partial(train, self.task, fold, warm))  # which draws nothing from ours
        self.epochs = clock.plan(self.task.max_iter, 0)
        trainer.take(self._timed(fold, trainer, self.epochs))
        for propose in TRIALS if self.task.stream is None else ():
            for trial in propose(lambda: First.of(self.task, trainer.members[0], fold)):
                self._try(trial, fold, trainer)
                if trainer.members[0].last:  # the user wants to end
                    break
        self.task = replace(self.task, max_iter=self.epochs)
        self.enough = trainer.members[0].enough

    def _try(self, trial: Trial, fold, trainer):
        """Train the first member in another way, and stay with that if it is better."""
        wanted = self.epochs
        if trial.times != 1:
            wanted = round(trial.times * self.task.max_iter)
        epochs = trainer.clock.plan(wanted, 0)
        if epochs < self.epochs + (trial.times > 1):
            return  # the time does not suffice
        before, self.task, first = self.task, trial.task, trainer.members[0]
        until = first.enough if before.large and trial.times == 1 else None
        rival = ()
        if epochs == self.epochs and before.judge is None:
            rival = tuple(first.history.columns.get("val_loss", ()))
        again = self._timed(fold, trainer, epochs, until=until, rival=rival)
        first.last = again.last
        better = trial.is_better(first, again, before.valid(fold))
        if better:
            trainer.members[0], self.epochs = again, epochs
        else:
            self.task = before
        if trial.says:
            verdict = "taken" if better else "not taken"
            share, n = gain(first, again), len(again.history)
            trainer.report.line(
                f"{trial.says}: score {share:+.1%} on held-out rows after {n} epochs, {verdict}."
            )

    def _timed(self, fold, trainer, epochs, until=None, rival=()):
        tasks = trainer.epochs(fold, epochs, self.task) if trainer.heard else None
        run = self.run(fold, epochs, until, rival)
        return trainer.clock.timed(partial(train, self.task, fold, run, tasks))

    def other(self, fold, trainer):
        fitting = trainer.clock.plan(self.epochs, fold.number, self.enough / self.epochs)
        if fitting == 0:
            return None
        until = ceil(self.enough * fitting / self.epochs)
        return partial(self._timed, fold, trainer, fitting, until)

    def apart(self, fold):
        return train, (self.task, fold, self.run(fold, self.epochs, self.enough))

    def anew(self, max_iter: int, seeds: list) -> Networks:
        """Return the same networks with other seeds, trained for so many epochs."""
        return Networks(replace(self.task, max_iter=max_iter), seeds)

    def alone(self, fold: Fold, until: int | None = None) -> Member:
        """Train a member that nobody follows."""
        return train(self.task, fold, self.run(fold, self.task.max_iter, until))

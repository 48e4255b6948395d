"""A fit that is under way: what was given, what is trained, and what has been learned so far."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from .._engine.following.history import History
from .._engine.following.monitor import Monitor
from .._engine.objective.objective import Objective
from ..solvers import Problem
from .fitted import Derived, Fitted, learn
from .preparation import Prepared


@dataclass
class Training:
    """A fit that is under way.

    Attributes
    ----------
    prepared : Prepared
        What it works on.
    problem : Problem
        What the solver is given.
    monitor : Monitor
        What follows it.
    phases : dict of str to History
        The histories of pretraining.
    code_end : int
        At which layer the decoder begins, of a network that has one.
    """

    prepared: Prepared
    problem: Problem
    monitor: Monitor
    phases: dict[str, History]
    code_end: int

    def fitted(self) -> Fitted:
        """Return what has been learned at this point, with the network itself."""
        prepared, monitor = self.prepared, self.monitor
        finished, early = monitor.finished, monitor.stopping.early
        progress = self.problem.progress if prepared.incremental else None
        if finished.n_epochs == 0:  # interrupted: the same may be tried again
            progress = prepared.progress_before
        return Fitted(
            self.problem.network,
            prepared.target,
            prepared.loss,
            monitor.history,
            self.phases,
            n_iter=finished.n_epochs,
            n_seen=prepared.n_seen + len(prepared.data) * finished.n_epochs,
            final_loss=finished.loss,
            best_loss=None if early else self._least_loss(),
            scores=monitor.scores if early else None,
            best_score=finished.best if early else None,
            code_end=self.code_end,
            has_offset=prepared.data.offset is not None,
            progress=progress,
            derived=self._derived(self.problem),
        )

    def so_far(self) -> Fitted:
        """Return what has been learned at this point, with copies of all that training changes."""
        given, network = self.problem.objective, self.problem.network
        network = network.continued(network.layers, network.dtype)
        objective = Objective(network, given.loss, given.alpha)
        prior = copy.deepcopy(self.problem.prior)
        problem = replace(self.problem, objective=objective, prior=prior)
        fitted = self.fitted()
        return replace(
            fitted,
            network=network,
            history=fitted.history.copy(),
            scores=None if fitted.scores is None else list(fitted.scores),
            derived=self._derived(problem),
        )

    def settled(self, fitted: Fitted) -> Fitted:
        """Return what was learned, with what follows from the weights as they are now."""
        derived = self._derived(self.problem)
        derived.settle()
        return replace(fitted, derived=derived)

    def _derived(self, problem):
        prepared = self.prepared
        return Derived(
            learn=partial(learn, prepared.solver, problem, prepared.valid, prepared.held)
        )

    def _least_loss(self):
        return min(self.monitor.history.columns.get("loss", ()), default=np.inf)

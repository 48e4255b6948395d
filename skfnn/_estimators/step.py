"""A training step and a prediction of a fitted estimator, as calls on arrays of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._engine.network.network import Network
from .._engine.objective.objective import Batch, Objective
from .._engine.program.calls import Call
from .._engine.program.workspace import Workspace
from ..solvers import Solver
from . import build
from .fitted import state_of


@dataclass(frozen=True)
class Step:
    """What a training step is written on, and its calls.

    Attributes
    ----------
    network : Network
        The fitted network; the calls use its parameters where they lie.
    objective : Objective
        Loss and penalty.
    solver : Solver
        The solver, with the estimator's parameters in place.
    workspace : Workspace
        Names the arrays.
    batch : Batch
        Zeros, which the calls read, and the scores that they write.
    calls : list of Call
        The step.
    """

    network: Network
    objective: Objective
    solver: Solver
    workspace: Workspace
    batch: Batch
    calls: list[Call]

    def prediction(self) -> tuple[Workspace, list[Call]]:
        """Return the calls of a prediction of the same batch, and what names their arrays."""
        workspace = Workspace(self.network, len(self.batch.raw), training=False)
        workspace.name("X", self.batch.X)
        raw = workspace.name("scores", self.batch.raw)
        chain = workspace.chain(len(raw))
        calls = list(chain.forward(self.batch.X, False, raw))
        if chain.Y is not raw:
            calls.append(Call(np.copyto, chain.Y, out=raw))
        return workspace, calls


def written_step(estimator: Any, n_rows: int) -> Step:
    """Return a training step of a fitted estimator on ``n_rows`` rows of zeros."""
    check_is_fitted(estimator)
    fitted = state_of(estimator)
    network, k = fitted.network, fitted.target.n_outputs
    X = np.zeros((n_rows, network.n_inputs), network.dtype)
    batch = Batch.empty(X, n_rows, k, network.dtype, weighted=False, n_scores=network.n_outputs)
    batch.y.fill(0)
    batch.raw.fill(0)
    objective = Objective(network, fitted.loss, build.l2_strength(estimator))
    solver = build.fitted_solver(estimator)
    workspace = Workspace(
        network, n_rows, rng=np.random.default_rng(0), full_batch=solver.full_batch
    )
    workspace.name("X", X)
    calls = list(solver.step(objective, workspace, batch))
    return Step(network, objective, solver, workspace, batch, calls)

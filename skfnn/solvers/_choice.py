"""From an estimator's parameter ``solver`` to a solver."""

from __future__ import annotations

from typing import Any

from .._engine.support.component import unknown
from ..optimizers import Optimizer
from ._base import Solver
from ._minibatch import Minibatch


def solver_names() -> list[str]:
    """Return all names of solvers; those of optimizers stand for minibatch descent."""
    return [*Optimizer.registry, *Solver.registry]


def resolve_solver(spec: Any) -> Solver:
    """Return the solver that a name, an optimizer or a solver stands for.

    Raises
    ------
    ValueError
        If the name is unknown or a hyper-parameter out of range.
    """
    known = spec in Optimizer.registry or spec in Solver.registry
    if isinstance(spec, str) and not known:
        raise ValueError(
            unknown("solver", spec, "solver", [*solver_names(), "auto"])
            + ", or an instance of skfnn.solvers.Solver or skfnn.optimizers.Optimizer."
        )
    if isinstance(spec, str) and spec in Optimizer.registry:
        if spec in Solver.registry:
            raise ValueError(
                f"solver={spec!r} is the name of an optimizer, {Optimizer.registry[spec]!r}, and "
                f"of a solver, {Solver.registry[spec]!r}. Give an instance of one of them."
            )
        return Minibatch(spec)
    if isinstance(spec, Optimizer):
        return Minibatch(Optimizer.resolve(spec, "solver"))
    return Solver.resolve(spec, "solver")

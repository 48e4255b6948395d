"""The base class of solvers, and what a solver is given to solve."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np

from .._engine.curvature.evidence import Prior
from .._engine.curvature.posterior import Posterior
from .._engine.following.interrupts import heed
from .._engine.following.monitor import Monitor
from .._engine.network.network import Network
from .._engine.objective.data import Data
from .._engine.objective.objective import Batch, FullBatch, Objective
from .._engine.program.calls import Call, zeros
from .._engine.program.constraint import Constraint
from .._engine.program.layer import dotted
from .._engine.program.workspace import Workspace
from .._engine.support.component import Component
from .._engine.support.warn import warn


def _twin(generator: np.random.Generator) -> np.random.Generator:
    """Return a generator that goes on by itself, from the same point."""
    bits = type(generator.bit_generator)(0)  # several times faster than to copy it
    bits.state = generator.bit_generator.state
    return np.random.Generator(bits)


@dataclass
class Progress:
    """How far training has come: what goes on from one call of ``partial_fit`` to the next.

    Attributes
    ----------
    shuffling, masking : Generator
        Streams of random numbers for the order of rows (or a solver's own draws) and for stochastic
        layers.
    steps, samples, epochs, plateaus : int
        Steps done, rows seen, epochs finished, and how often the stopping rule has fired.
    best, stale : float, int
        The best score of an epoch (minus the loss), and the number of epochs since.
    slots : ndarray of shape (n_slots, n_values) or None
        The optimizer's memory.
    """

    shuffling: np.random.Generator
    masking: np.random.Generator
    steps: int = 0
    samples: int = 0
    epochs: int = 0
    plateaus: int = 0
    best: float = -np.inf
    stale: int = 0
    slots: np.ndarray | None = field(default=None, repr=False)

    def copy(self) -> Progress:
        """Return a progress that goes on by itself, from the same point."""
        slots = None
        if self.slots is not None:
            slots = zeros(self.slots.shape, self.slots.dtype)
            np.copyto(slots, self.slots)
        shuffling, masking = _twin(self.shuffling), _twin(self.masking)
        return replace(self, shuffling=shuffling, masking=masking, slots=slots)

    def memory(self, n_slots: int, start: float, network: Network) -> np.ndarray:
        """Return ``slots``, made anew where another optimizer or precision left none that fit."""
        shape = n_slots, len(network.values)
        if self.slots is None or (self.slots.shape, self.slots.dtype) != (shape, network.dtype):
            self.slots = zeros(shape, network.dtype)
            self.slots += start
        return self.slots


@dataclass
class Problem:
    """What a solver is given to solve.

    Attributes
    ----------
    objective : Objective
        Mean loss plus penalty. Its ``network`` holds the parameters, ``network.values``, a vector
        that the solver changes in place.
    data : Data
        The training rows, encoded.
    progress : Progress
        Streams of random numbers, and how far training has come; the solver keeps it up to date.
    incremental : bool, default=False
        Whether this is a call of ``partial_fit``: one epoch, after those that ``progress`` counts.
    weight_scale : float, default=1.0
        What the user's sample weights were divided by, so that their mean is 1.
    mixed : bool, default=False
        Whether a solver may compute in single precision what needs no more: the network is in
        double precision by default, not by the user's wish.
    resumes : bool, default=False
        Whether the network has been trained before: its weights are no random ones.
    prior : Prior or None
        Set by a solver that goes by one.
    """

    objective: Objective
    data: Data
    progress: Progress
    incremental: bool = False
    weight_scale: float = 1.0
    mixed: bool = False
    resumes: bool = False
    prior: Prior | None = None
    _full: FullBatch | None = field(default=None, init=False, repr=False)

    @property
    def network(self) -> Network:
        """The network to train."""
        return self.objective.network

    def full_batch(self, dtype: Any = None) -> FullBatch:
        """Return the objective over all rows.

        Its ``value_and_grad(values)`` is (float, ndarray); the gradient is a buffer that the next
        call overwrites.

        Parameters
        ----------
        dtype : dtype, optional
            The precision to compute in, with a network of its own; by default the network's.
        """
        objective, data = self.objective, self.data
        if dtype is not None and dtype != self.network.dtype:
            network = self.network.continued(self.network.layers, dtype)
            objective = Objective(network, objective.loss, objective.alpha)
            data = data.cast(dtype)
        return FullBatch(objective, data.batch(self.network.n_outputs))

    def value_and_grad(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the objective over all rows and its gradient.

        Parameters
        ----------
        values : ndarray of shape (n_values,)
            The parameters; they are copied into the network.

        Returns
        -------
        value : float
            The objective.
        gradient : ndarray of shape (n_values,)
            Its gradient, an array of its own.
        """
        if self._full is None:
            self._full = self.full_batch()
        value, gradient = self._full.value_and_grad(values)
        return value, gradient.copy()


def refusal(solver: Solver, constraint: Constraint, of: str) -> str:
    """Return the message that a solver does not hold a constraint of some part."""
    bounded = type(constraint).bounds is not Constraint.bounds
    return (
        f"solver={getattr(solver, 'name', solver)!r} cannot hold constraint={constraint!r} of "
        f"{of}: {solver.reach}. Choose a minibatch solver, such as solver='adam'"
        + (", or solver='lbfgs'." if bounded else ".")
    )


class Solver(Component):
    """Base class: what minimises the objective.

    To add a solver, subclass with a ``name`` and write ``run``. A hyper-parameter that is None and
    has the name of an estimator's parameter takes the estimator's value: a solver with
    ``max_iter=None`` in its constructor goes by the ``max_iter`` of the estimator.

    Attributes
    ----------
    full_batch : bool
        Whether each step sees all rows, so that the objective must have no noise. If so, an
        estimator trains in double precision, has no ``partial_fit``, refuses dropout, and speaks of
        iterations; if not, in single precision, and of epochs.
    reach : str
        What it does with constraints, for the message that refuses the others.
    """

    family = "solver"
    full_batch: ClassVar[bool] = True
    reach: ClassVar[str] = "its steps keep to none"

    def holds(self, constraint: Constraint) -> bool:
        """Return whether parameters stay where a constraint allows; a solver has to say so."""
        return False

    def run(self, problem: Problem, monitor: Monitor) -> None:
        """Minimise ``problem.objective`` by changing ``problem.network.values`` in place.

        Parameters
        ----------
        problem : Problem
            What to minimise.
        monitor : Monitor
            What is to be told of each epoch or iteration, and says when to stop: ``begin()`` before
            the first, ``iteration(loss, values)`` after each, ``conclude(loss)`` at the end.

        Raises
        ------
        DivergenceError
            If the objective is not finite.
        """
        raise NotImplementedError

    def solve(self, problem: Problem, monitor: Monitor) -> None:
        """Run, and leave the weights that count: the best with early stopping, else the last.

        What an estimator calls. An interrupt (Ctrl-C) ends training with those of the last finished
        epoch and a warning; a second one right after ends everything.

        Raises
        ------
        RuntimeError
            If ``run`` has told the monitor nothing, or put another array in place of the
            parameters.
        """
        for path, _, constraint in problem.network.constraints:
            if not self.holds(constraint):
                raise ValueError(refusal(self, constraint, f"layer {dotted(path)}"))
        name, values = type(self).__name__, problem.network.values
        with np.errstate(all="ignore"):  # overflow is found as divergence
            try:
                self.run(problem, monitor)
            except KeyboardInterrupt as interrupt:
                heed(interrupt)
                monitor.rewind()
                warn("Training interrupted by user.")
            except Exception as error:
                if not type(self).__module__.startswith("skfnn."):
                    error.add_note(
                        f"In the solver {name}, after {monitor.n_epochs} finished epochs."
                    )
                raise
            if problem.network.values is not values:
                raise RuntimeError(
                    f"The solver {name} has put another array in place of network.values. Write "
                    "into it: network.values[...] = new."
                )
            if monitor.n_epochs == 0 and not monitor.interrupted:
                raise RuntimeError(
                    f"The solver {name} has told the monitor of no epoch. Call "
                    "monitor.epoch(loss) or monitor.iteration(loss, values) after each, or "
                    "monitor.conclude(loss)."
                )
            monitor.finish()

    def posterior(self, problem: Problem) -> Posterior | None:
        """Return how sure the solver is of a network's weights, as they are now; None: unknown.

        Parameters
        ----------
        problem : Problem
            What it has solved, or is solving.

        Returns
        -------
        Posterior or None
            Their distribution.
        """
        return None

    def uses(self) -> set[str]:
        """Return the names of the estimator's parameters that the solver goes by."""
        return {name for name, value in self.get_params(deep=False).items() if value is None}

    def replaces(self) -> set[str]:
        """Return the names of the estimator's parameters for which the solver has its own value."""
        return set(self._get_param_names()) - self.uses()

    def settled(self, settings: dict[str, Any]) -> Self:
        """Return a copy with an estimator's parameters in place of what is None."""
        solver = copy.copy(self)
        for name in solver._get_param_names():
            if getattr(solver, name) is None and name in settings:
                setattr(solver, name, settings[name])
        return solver

    def step(self, objective: Objective, workspace: Workspace, batch: Batch) -> Iterator[Call]:
        """Yield the calls of a training step, for listings; by default, those of the gradient."""
        yield from objective.calls(workspace, batch, len(batch.raw))

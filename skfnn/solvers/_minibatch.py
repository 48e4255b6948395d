"""Minibatch descent with an optimizer."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._engine.following.divergence import DivergenceError
from .._engine.following.monitor import Monitor
from .._engine.program.calls import Call, Mover, Program, replay, written_by, zeros
from .._engine.program.schedule import Schedule
from .._engine.program.threads import Together, blas_threads
from .._engine.program.workspace import Workspace
from .._engine.support.warn import warn
from .._sklearn import Interval, StrOptions
from ..optimizers import Optimizer
from ._base import Problem, Progress, Solver

# Rows a step at most, where batch_size is "auto".
AUTO_ROWS = 200
# Several small batches share one gather, and one evaluation of the loss.
CHUNK_ELEMENTS = 2**16
MAX_BATCHES = 16
# Parameters updated at once: small enough to stay in cache over an optimizer's passes.
BLOCK = 2**15
# From SHARED_BLOCKS of these blocks on they are shared among as many threads as products take.
SHARED_BLOCKS = 8
# Slots of dead units decay towards denormal numbers, which are many times slower. Whatever is
# below TINY is set to zero every FLUSH_STEPS steps, before it can get there.
TINY = 1e-30
FLUSH_STEPS = 128


class Minibatch(Solver):
    """Minibatch descent: in each step an optimizer moves along the gradient of a few rows.

    An optimizer's name, or an optimizer, as ``solver`` of an estimator stands for
    ``Minibatch(optimizer)``.

    Parameters
    ----------
    optimizer : str or Optimizer, default="adam"
        How to step.
    learning_rate : str or Schedule, default=None
        The learning rate over time; None is the estimator's ``learning_rate``.
    learning_rate_init : float in (0, inf), default=None
        The initial (for some schedules largest) learning rate; None is the estimator's
        ``learning_rate_init``. An optimizer's own ``learning_rate`` comes before both.
    batch_size : int or "auto", default=None
        Rows a step; the last batch of an epoch may have fewer. None is the estimator's
        ``batch_size``.
    max_iter : int, default=None
        Epochs at most; schedules are laid out over as many. None is the estimator's ``max_iter``.
    shuffle : bool, default=None
        Whether each epoch has an order of its own; None is the estimator's ``shuffle``.
    clip_norm : float in (0, inf), default=None
        Largest Euclidean norm of a step's gradient; None is the estimator's ``clip_norm``.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skfnn import FNNClassifier
    >>> from skfnn.solvers import Minibatch
    >>> X, y = load_iris(return_X_y=True)
    >>> solver = Minibatch("nadam", learning_rate_init=0.02, batch_size=32)
    >>> FNNClassifier((8,), solver=solver, tol=0.001, random_state=0).fit(X, y).score(X, y) > 0.95
    True
    """

    name = "minibatch"
    full_batch = False
    _parameter_constraints: ClassVar[dict] = {
        "optimizer": [str, Optimizer],
        "learning_rate": [str, Schedule, None],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither"), None],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left"), None],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "shuffle": ["boolean", None],
        "clip_norm": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(self, optimizer="adam", learning_rate=None, learning_rate_init=None,
                 batch_size=None, max_iter=None, shuffle=None, clip_norm=None) -> None:  # fmt: skip
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.clip_norm = clip_norm

    @classmethod
    def examples(cls):
        return [cls(), cls("sgd", "cosine", 0.01, 10, 5, False, 1.0)]

    def uses(self):
        used = super().uses()
        if isinstance(self.optimizer, str):  # the estimator has its hyper-parameters
            used |= _names(Optimizer, self.optimizer)
        elif getattr(self.optimizer, "learning_rate", None) is not None:
            used.discard("learning_rate_init")
        return used | _names(Schedule, self.learning_rate)

    def settled(self, settings):
        solver = super().settled(settings)
        numbers = {name: value for name, value in settings.items() if name != "learning_rate"}
        solver.optimizer = Optimizer.resolve(solver.optimizer, "optimizer", numbers)
        solver.learning_rate = Schedule.resolve(solver.learning_rate, "learning_rate", numbers)
        own = getattr(solver.optimizer, "learning_rate", None)
        solver.learning_rate_init = float(solver.learning_rate_init if own is None else own)
        return solver

    def run(self, problem: Problem, monitor: Monitor) -> None:
        progress, data = problem.progress, problem.data
        epochs = self.epochs(problem)
        monitor.resume(progress.best, progress.stale)
        for _ in range(1 if problem.incremental else self.max_iter):
            monitor.begin()
            loss, rate = epochs.run()
            progress.epochs += 1
            progress.samples += len(data)
            exhausted = monitor.epoch(loss, rate)
            if monitor.end() or (exhausted and self._ends(monitor, progress)):
                break
        else:
            if not self.learning_rate.planned and not problem.incremental:
                warn(
                    f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and "
                    "the optimization hasn't converged yet.",
                    ConvergenceWarning,
                )
        progress.best, progress.stale = monitor.finished.best, monitor.finished.stale

    def epochs(self, problem: Problem) -> EpochProgram:
        """Return what runs an epoch, again and again."""
        return EpochProgram(self, problem)

    def holds(self, constraint):
        return True

    def _ends(self, monitor, progress):
        """Return whether an exhausted patience ends training; a surviving schedule goes on."""
        if not self.learning_rate.survives_plateau:
            monitor.tell(f"{monitor.message} Stopping.")
            return True
        rate = self.rate_at(progress, 0.0)
        if rate <= 1e-6:
            monitor.tell(f"{monitor.message} Learning rate too small. Stopping.")
            return True
        progress.plateaus += 1
        monitor.resume(monitor.finished.best, stale=0)
        monitor.tell(f"{monitor.message} Setting learning rate to {rate / 5:f}")
        return False

    def rate_at(self, progress: Progress, share: float) -> float:
        """Return the learning rate when a share of the present epoch is done."""
        done = self.done(progress, share)
        factor = self.learning_rate.factor(done, progress.samples, progress.plateaus)
        return self.learning_rate_init * factor

    def rows_a_step(self, n_rows: int) -> int:
        """Return the batch size on ``n_rows`` training rows.

        Warns where ``batch_size`` is larger.
        """
        if isinstance(self.batch_size, str):
            return min(AUTO_ROWS, n_rows)
        if self.batch_size > n_rows:
            warn(
                f"Got `batch_size` {self.batch_size}, larger than sample size {n_rows}. It is "
                "going to be clipped."
            )
        return min(int(self.batch_size), n_rows)

    def done(self, progress: Progress, share: float) -> float:
        """Return the share of training that is done, ``share`` of the present epoch included."""
        return min(1.0, (progress.epochs + share) / self.max_iter)

    def step(self, objective, workspace, batch) -> Iterator[Call]:
        """Yield the calls of one step: gradient, penalty, clipping, update, projection."""
        network, n_rows = objective.network, len(batch.raw)
        slots = np.zeros((self.optimizer.n_slots, len(network.values)), network.dtype)
        scalars = self.scalars(workspace)
        yield from objective.calls(workspace, batch, n_rows)
        yield from self.update_calls(objective, workspace, slots, scalars, n_rows)

    def update_calls(self, objective, workspace, slots, scalars, size, share=(0, 1)):
        """Yield the calls that follow the gradient: penalty, clipping, update, projection.

        ``size`` divides the penalty: a last, shorter batch gets the same as the others. Of several
        shares of the parameters, ``share`` is (which, how many), and the projection is left out: it
        is to follow when all are done.
        """
        blocks = list(self._blocks(objective.network, workspace, slots, scalars))
        first, step = share
        blocks = blocks[first::step]
        if self.clip_norm is None:
            for theta, grad, slot, tmp, numbers, n in blocks:
                yield from objective.penalty_calls(theta[:n], grad[:n], tmp[:n], size)
                yield from written_by(self.optimizer, "update", theta, grad, slot, tmp, numbers, n)
            if step == 1:
                yield from objective.network.projection(workspace)
            return
        for theta, grad, _, tmp, _, n in blocks:
            yield from objective.penalty_calls(theta[:n], grad[:n], tmp[:n], size)
        norm = workspace.name("norm", np.zeros((), workspace.dtype))
        yield Call(np.dot, workspace.grad, workspace.grad, out=norm)
        yield Call(np.sqrt, norm, out=norm)
        yield Call(np.maximum, norm, float(self.clip_norm), out=norm)
        yield Call(np.divide, float(self.clip_norm), norm, out=norm)
        yield Call(np.multiply, workspace.grad, norm, out=workspace.grad)
        for theta, grad, slot, tmp, numbers, n in blocks:
            yield from written_by(self.optimizer, "update", theta, grad, slot, tmp, numbers, n)
        yield from objective.network.projection(workspace)

    def scalars(self, workspace) -> dict[float, list[np.ndarray]]:
        """Return 0-d arrays for what changes with the step, by factor on the learning rate."""
        n = len(self.optimizer.scalars(1, self.learning_rate_init))
        factors = {factor for *_, factor in workspace.network.rates(self.optimizer.degree)}
        return {
            factor: [
                workspace.name(
                    f"scalar{i}" if len(factors) == 1 else f"scalar{i}({factor:.3g})",
                    np.zeros((), workspace.dtype),
                )
                for i in range(n)
            ]
            for factor in sorted(factors)
        }

    def _blocks(self, network, workspace, slots, scalars):
        """Yield (theta, grad, slots, tmp, scalars, number of weights) of cache-sized pieces."""
        tmp = zeros(min(BLOCK, len(network.values)), network.dtype)
        stretches = network.rates(self.optimizer.degree)
        pieces = [
            (start, min(start + BLOCK, stop), factor)
            for begin, stop, factor in stretches
            for start in range(begin, stop, BLOCK)
        ]
        for start, stop, factor in pieces:
            part = slice(start, stop)
            piece = f"[{part.start}:{part.stop}]"
            theta = workspace.name(f"values{piece}", network.values[part])
            grad = workspace.name(f"grad{piece}", workspace.grad[part])
            slot = [workspace.name(f"slot{i}{piece}", s[part]) for i, s in enumerate(slots)]
            work = workspace.name("tmp", tmp[: len(theta)])
            n_weights = max(0, min(network.n_decay, part.stop) - start)
            if n_weights < len(theta):
                for name, array in (("values", theta), ("grad", grad), ("tmp", work)):
                    workspace.name(f"{name}[{start}:{start + n_weights}]", array[:n_weights])
            yield theta, grad, slot, work, scalars[factor], n_weights


class EpochProgram:
    """The programs and buffers of minibatch descent: everything that an epoch needs.

    Buffers hold a chunk of several small batches; for each place in the chunk there is a program,
    the calls of a training step on the batch there. ``run`` gathers chunk after chunk and replays
    the programs.

    Parameters
    ----------
    solver : Minibatch
        A solver whose hyper-parameters are settled.
    problem : Problem
        What to minimise; its ``progress`` is kept up to date.
    """

    def __init__(self, solver: Minibatch, problem: Problem) -> None:
        self.solver, self.objective = solver, problem.objective
        self.data, self.progress = data, progress = problem.data, problem.progress
        network = problem.network
        self.n, self.size = len(data), solver.rows_a_step(len(data))
        self.n_batches = -(-self.n // self.size)
        self.per_chunk = self._batches(network.n_outputs, self.n_batches)
        self.per_gather = self.per_chunk
        if not data.sparse:
            self.per_gather = self._batches(network.n_inputs, self.per_chunk)
            self.per_chunk -= self.per_chunk % self.per_gather
        if data.y is None:  # the targets are gathered as X is
            self.per_chunk = self.per_gather
        optimizer = solver.optimizer
        self.slots = progress.memory(optimizer.n_slots, optimizer.slot_start(), network)
        self.chunk = data.chunk(self.per_chunk, self.per_gather, self.size, network.n_outputs)
        self.gathered = self.per_gather * self.size
        self.workspace = Workspace(network, self.size, rng=progress.masking)
        self.scalars = solver.scalars(self.workspace)
        self.update = self._update()
        self.programs = self._programs()
        last = self.n - (self.n_batches - 1) * self.size
        if last < self.size:
            slot = (self.n_batches - 1) % self.per_chunk
            self.last = self._program(slot, last)
        else:
            self.last = self.programs[(self.n_batches - 1) % self.per_chunk]
        # Beside few features indices take memory that counts: half of it, where there are many.
        index_type = np.int32 if 2**15 < data.X.shape[0] < 2**31 else np.int64
        self.order = np.empty(self.n, index_type)
        self._reset_order()

    def _update(self):
        """Return the program that follows the gradient, on several threads where it is long."""
        solver, workspace, values = self.solver, self.workspace, self.workspace.network.values
        n_shares = 1
        if len(values) >= SHARED_BLOCKS * BLOCK and solver.clip_norm is None:
            n_shares = blas_threads()
        given = self.objective, workspace, self.slots, self.scalars, self.size
        shares = [
            workspace.bind(solver.update_calls(*given, share=(i, n_shares)))
            for i in range(n_shares)
        ]
        if n_shares == 1:
            return shares[0]
        together = Call(Together(shares), workspace.grad, out=values)
        return workspace.bind([together, *workspace.network.projection(workspace)])

    def _batches(self, width, most):
        """Return how many batches, of this number of columns, are held at once."""
        return max(1, min(most, MAX_BATCHES, CHUNK_ELEMENTS // (self.size * width)))

    def _programs(self):
        """Return the program of each slot: that of the first, and its calls on other batches."""
        first = self._program(0, self.size)
        if self.per_chunk == 1:
            return [first]
        if self.data.sparse:
            return [first, *(self._program(i, self.size) for i in range(1, self.per_chunk))]
        chunk = self.chunk
        labels = chunk.y, chunk.weight, chunk.raw, chunk.offset
        arrays = [chunk.X, *(a for a in labels if a is not None)]
        mover, steps = Mover(arrays), [self.size * array.strides[0] for array in arrays]
        touched = [i for i, call in enumerate(first.calls) if mover.touches(call)]
        programs = [first]
        for slot in range(1, self.per_chunk):
            places = [slot % self.per_gather] + [slot] * (len(arrays) - 1)
            shifted = copy.copy(mover)
            shifted.shifts = [place * step for place, step in zip(places, steps, strict=True)]
            programs.append(self._moved(first, touched, shifted))
        return programs

    def _moved(self, first, touched, mover):
        """Return the first program on another batch, which is cheaper than to write it anew."""
        moved = self.workspace.bind((mover.moved_call(first.calls[i]) for i in touched), mover)
        program = Program(first, first.calls, moved.show)
        for i, bound, call in zip(touched, moved, moved.calls, strict=True):
            program[i], program.calls[i] = bound, call
        return program

    def _program(self, slot, rows):
        """Return the program of a step on one slot of the chunk."""
        batch, place = self.chunk, slot % self.per_gather
        if self.data.sparse:
            X = batch.X[place]
        else:
            X = batch.X[place * self.size : place * self.size + rows]
        part = slice(slot * self.size, slot * self.size + rows)
        labels = batch.y, batch.weight, batch.raw, batch.offset
        step = type(batch)(X, *(None if a is None else a[part] for a in labels))
        gradient = self.objective.calls(self.workspace, step, rows)
        return self.workspace.bind(gradient).then(self.update)

    def run(self) -> tuple[float, float]:
        """Run one epoch; return (mean loss, last learning rate).

        Raises
        ------
        DivergenceError
            If the loss or the optimizer's memory is not finite.
        """
        solver, progress, objective = self.solver, self.progress, self.objective
        order, chunk, n_batches = self.order, self.chunk, self.n_batches
        if solver.shuffle:
            self._reset_order()  # an epoch's order depends on the stream alone
            progress.shuffling.shuffle(order)
        scalars, optimizer, programs = list(self.scalars.items()), solver.optimizer, self.programs
        rate = solver.rate_at(progress, 0.0)
        per_step = solver.learning_rate.per_step
        scheduled = self.workspace.scheduled
        moving = per_step or scheduled or optimizer.follows
        done = solver.done(progress, 0.0)
        total = 0.0
        for first in range(0, n_batches, self.per_chunk):
            rows = order[first * self.size : (first + self.per_chunk) * self.size]
            for slot in range(min(self.per_chunk, n_batches - first)):
                if slot % self.per_gather == 0:
                    begin = slot * self.size
                    self.data.gather(rows[begin : begin + self.gathered], chunk.X, self.size)
                if slot == 0:
                    self.data.gather_labels(rows, chunk)
                if per_step:
                    rate = solver.rate_at(progress, (first + slot) / n_batches)
                if moving:
                    done = solver.done(progress, (first + slot) / n_batches)
                progress.steps = step = progress.steps + 1
                for factor, arrays in scalars:
                    values = optimizer.scalars(step, rate, factor, done)
                    for array, value in zip(arrays, values):  # noqa: B905 (strict costs time)
                        array[()] = value
                for array, value in scheduled:
                    array[()] = value.at(done)
                replay(self.last if first + slot == n_batches - 1 else programs[slot])
                if step % FLUSH_STEPS == 0:
                    self._flush()
            total = self._with_losses(total, len(rows))
        # Where a second moment overflows, steps are zero and the loss stays finite.
        if not all(np.isfinite(slot.sum()) for slot in self.slots):
            raise DivergenceError(f"The optimizer's memory overflows by step {progress.steps}.")
        return total / self.n + objective.penalty(self.size), rate

    def _with_losses(self, total, n):
        """Return a sum with the losses of the chunk's first ``n`` rows added."""
        chunk = self.chunk
        weight = None if chunk.weight is None else chunk.weight[:n]
        total += self.objective.total_loss(chunk.y[:n], chunk.raw[:n], weight)
        total += self.workspace.take_penalty()
        if not np.isfinite(total):
            raise DivergenceError(f"The loss is {total} in step {self.progress.steps}.")
        return total

    def _reset_order(self):
        if self.data.rows is not None:
            self.order[...] = self.data.rows
            return
        self.order.fill(1)  # 0, 1, 2, ... without an array beside
        self.order[0] = 0
        np.add.accumulate(self.order, out=self.order)

    def _flush(self):
        for slots in self.slots:
            for start in range(0, len(slots), BLOCK):
                block = slots[start : start + BLOCK]
                block[np.abs(block) < TINY] = 0


def _names(family, spec):
    """Return what hyper-parameters a part that is given by its name takes from the estimator."""
    known = family.registry.get(spec) if isinstance(spec, str) else None
    return set() if known is None else set(known._get_param_names()) - {"learning_rate"}

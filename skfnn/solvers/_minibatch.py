"""Minibatch descent with an optimizer."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._engine.calls import Call, replay, written_by, zeros
from .._engine.data import Data
from .._engine.interrupts import heed
from .._engine.monitor import DivergenceError, Monitor
from .._engine.objective import Objective
from .._engine.schedule import Schedule
from .._engine.workspace import Workspace
from ..optimizers import Optimizer

# Several small batches share one gather, and one evaluation of the loss.
CHUNK_ELEMENTS = 2**16
MAX_BATCHES = 16
# Parameters updated at once: small enough to stay in cache over an optimizer's passes.
BLOCK = 2**15
# Slots of dead units decay towards denormal numbers, which are many times slower. Whatever is
# below TINY is set to zero every FLUSH_STEPS steps, before it can get there.
TINY = 1e-30
FLUSH_STEPS = 128


@dataclass
class Progress:
    """What a minibatch solver carries from one call of ``partial_fit`` to the next.

    Attributes
    ----------
    steps, samples, epochs, plateaus : int
        How far training has come.
    best, stale : float, int
        The best score of an epoch (minus the loss), and the number of epochs since.
    slots : ndarray of shape (n_slots, n_values) or None
        The optimizer's memory.
    shuffling, masking : Generator
        Streams of random numbers for the order of rows and for stochastic layers.
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


@dataclass
class Minibatch:
    """Minibatch descent.

    Attributes
    ----------
    optimizer, schedule : Optimizer, Schedule
        How to step, and how far.
    rate : float
        The initial learning rate.
    batch_size : int
        Rows a step; the last batch of an epoch may have fewer.
    max_iter : int
        Epochs at most; schedules are laid out over as many.
    shuffle : bool
        Whether each epoch has an order of its own.
    clip_norm : float or None
        Largest Euclidean norm of the gradient.
    """

    optimizer: Optimizer
    schedule: Schedule
    rate: float
    batch_size: int
    max_iter: int
    shuffle: bool
    clip_norm: float | None

    def run(self, objective: Objective, data: Data, monitor: Monitor, progress: Progress,
            incremental: bool = False) -> None:  # fmt: skip
        """Train for at most ``max_iter`` epochs, or for one if ``incremental``."""
        plan = _Plan(self, objective, data, progress)
        monitor.best, monitor.stale = progress.best, progress.stale
        try:
            for _ in range(1 if incremental else self.max_iter):
                monitor.begin()
                loss, rate = plan.epoch()
                progress.epochs += 1
                progress.samples += len(data)
                exhausted = monitor.epoch(loss, rate)
                if monitor.end() or (exhausted and self._ends(monitor, progress)):
                    break
            else:
                if not self.schedule.planned and not incremental:
                    warnings.warn(
                        f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and "
                        "the optimization hasn't converged yet.",
                        ConvergenceWarning,
                        stacklevel=6,
                    )
        except KeyboardInterrupt as interrupt:
            heed(interrupt)
            monitor.rewind()
            monitor.interrupted = True
            warnings.warn("Training interrupted by user.", stacklevel=6)
        progress.best, progress.stale = monitor.best, monitor.stale
        monitor.finish()

    def _ends(self, monitor, progress):
        """Return whether an exhausted patience ends training; a surviving schedule goes on."""
        if not self.schedule.survives_plateau:
            monitor.tell(f"{monitor.message} Stopping.")
            return True
        rate = self.rate_at(progress, 0.0)
        if rate <= 1e-6:
            monitor.tell(f"{monitor.message} Learning rate too small. Stopping.")
            return True
        progress.plateaus += 1
        monitor.stale = 0
        monitor.tell(f"{monitor.message} Setting learning rate to {rate / 5:f}")
        return False

    def rate_at(self, progress: Progress, share: float) -> float:
        """Return the learning rate when a share of the present epoch is done."""
        done = self.done(progress, share)
        return self.rate * self.schedule.factor(done, progress.samples, progress.plateaus)

    def done(self, progress: Progress, share: float) -> float:
        """Return the share of training that is done, ``share`` of the present epoch included."""
        return min(1.0, (progress.epochs + share) / self.max_iter)

    def step_calls(self, objective, workspace, batch, slots, scalars, n_total, size):
        """Yield the calls of one training step: gradient, penalty, clipping, update.

        ``n_total`` divides the sum over the batch, ``size`` the penalty: a last, shorter batch
        gets the same penalty as the others.
        """
        yield from objective.calls(workspace, batch, n_total)
        yield from self.update_calls(objective, workspace, slots, scalars, size)

    def update_calls(self, objective, workspace, slots, scalars, size):
        """Yield the calls that follow the gradient: penalty, clipping, update."""
        blocks = list(self._blocks(objective.network, workspace, slots, scalars))
        if self.clip_norm is None:
            for theta, grad, slot, tmp, numbers, n in blocks:
                yield from objective.penalty_calls(theta[:n], grad[:n], tmp[:n], size)
                yield from written_by(self.optimizer, "update", theta, grad, slot, tmp, numbers, n)
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

    def scalars(self, workspace) -> dict[float, list[np.ndarray]]:
        """Return 0-d arrays for what changes with the step, by factor on the learning rate."""
        n = len(self.optimizer.scalars(1, self.rate))
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


class _Plan:
    """Programs and buffers of one call of ``Minibatch.run``: everything that a step needs."""

    def __init__(self, solver: Minibatch, objective, data: Data, progress: Progress):
        self.solver, self.objective, self.data, self.progress = solver, objective, data, progress
        network = objective.network
        self.n, self.size = len(data), solver.batch_size
        self.n_batches = -(-self.n // self.size)
        self.per_chunk = self._batches(network.n_outputs, self.n_batches)
        self.per_gather = self.per_chunk
        if not data.sparse:
            self.per_gather = self._batches(network.n_inputs, self.per_chunk)
            self.per_chunk -= self.per_chunk % self.per_gather
        if data.y is None:  # the targets are gathered as X is
            self.per_chunk = self.per_gather
        if progress.slots is None:
            start = solver.optimizer.slot_start()
            shape = (solver.optimizer.n_slots, len(network.values))
            progress.slots = zeros(shape, network.dtype)
            progress.slots += start
        self.chunk = data.chunk(self.per_chunk, self.per_gather, self.size, network.n_outputs)
        self.gathered = self.per_gather * self.size
        self.workspace = Workspace(network, self.size, rng=progress.masking)
        self.scalars = solver.scalars(self.workspace)
        self.update = self.workspace.bind(
            solver.update_calls(objective, self.workspace, progress.slots, self.scalars, self.size)
        )
        self.programs = [self._program(i, self.size) for i in range(self.per_chunk)]
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

    def _batches(self, width, most):
        """Return how many batches, of this number of columns, are held at once."""
        return max(1, min(most, MAX_BATCHES, CHUNK_ELEMENTS // (self.size * width)))

    def _program(self, slot, rows):
        """Return the program of a step on one slot of the chunk."""
        batch, place = self.chunk, slot % self.per_gather
        if self.data.sparse:
            X = batch.X[place]
        else:
            X = batch.X[place * self.size : place * self.size + rows]
        part = slice(slot * self.size, slot * self.size + rows)
        weight = None if batch.weight is None else batch.weight[part]
        step = type(batch)(X, batch.y[part], weight, batch.raw[part])
        gradient = self.objective.calls(self.workspace, step, rows)
        return self.workspace.bind(gradient).then(self.update)

    def epoch(self):
        """Run one epoch; return (mean loss, last learning rate)."""
        solver, progress, objective = self.solver, self.progress, self.objective
        order, chunk, n_batches = self.order, self.chunk, self.n_batches
        if solver.shuffle:
            self._reset_order()  # an epoch's order depends on the stream alone
            progress.shuffling.shuffle(order)
        scalars, optimizer, programs = list(self.scalars.items()), solver.optimizer, self.programs
        rate = solver.rate_at(progress, 0.0)
        per_step = solver.schedule.per_step
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
            n = len(rows)
            weight = None if chunk.weight is None else chunk.weight[:n]
            total += objective.total_loss(chunk.y[:n], chunk.raw[:n], weight)
            total += self.workspace.take_penalty()
            if not np.isfinite(total):
                raise DivergenceError(f"The loss is {total} in step {progress.steps}.")
        # Where a second moment overflows, steps are zero and the loss stays finite.
        if not all(np.isfinite(slot.sum()) for slot in progress.slots):
            raise DivergenceError(f"The optimizer's memory overflows by step {progress.steps}.")
        return total / self.n + objective.penalty(self.size), rate

    def _reset_order(self):
        if self.data.rows is not None:
            self.order[...] = self.data.rows
            return
        self.order.fill(1)  # 0, 1, 2, ... without an array beside
        self.order[0] = 0
        np.add.accumulate(self.order, out=self.order)

    def _flush(self):
        for slots in self.progress.slots:
            for start in range(0, len(slots), BLOCK):
                block = slots[start : start + BLOCK]
                block[np.abs(block) < TINY] = 0

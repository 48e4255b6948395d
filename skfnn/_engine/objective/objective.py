r"""The objective: mean loss plus L2 penalty, the waist between losses and solvers.

.. math:: F(\theta) = \frac{1}{W} \left( \sum_i w_i \, \ell(y_i, f_\theta(x_i))
          + \frac{\alpha}{2} \lVert \theta_{weights} \rVert^2 \right), \quad W = \sum_i w_i

Solvers see values and gradients of it and know neither losses nor layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..network.network import Network
from ..program.calls import Call, add_scaled, replay, written_by
from ..program.layer import every
from ..program.once import in_long_rows
from ..program.sparse import SparseBatch, densify
from ..program.workspace import Workspace
from .loss import Loss

# Rows that a long search has learned perfectly have derivatives near single precision's smallest
# numbers, with which products are several times slower. Added and taken away again, this leaves
# zero of them.
COARSE = 1e-15
# Chunks of rows are multiples of it, so that several rows can be taken for one.
ROWS = 32


@dataclass
class Batch:
    """Arrays of some rows: ``X`` (n, p), ``y`` (n, k), ``weight`` (n, 1) or None, ``raw`` (n, m s).

    ``offset``, an array like ``raw`` or None, is added to the network's scores.

    ``raw`` receives the raw scores, s per member, as many as the loss needs for k targets. Those
    of the m members of an ensemble stand side by side; m is 1 elsewhere. ``X`` may be a sparse
    batch. In a full batch, ``y`` and ``raw`` may be None: then the targets are the rows of ``X``,
    made dense chunk by chunk.
    """

    X: Any
    y: Any
    weight: np.ndarray | None
    raw: Any
    offset: np.ndarray | None = None

    def __getitem__(self, rows: slice) -> Batch:
        arrays = self.y, self.weight, self.raw, self.offset
        return Batch(self.X[rows], *(None if part is None else part[rows] for part in arrays))

    @classmethod
    def empty(cls, X, n_rows: int, n_outputs: int, dtype, weighted: bool, n_scores=None) -> Batch:
        """Return a batch with room for the targets, weights and scores of ``n_rows`` rows."""
        order = score_order(n_outputs)
        return cls(
            X,
            np.empty((n_rows, n_outputs), dtype, order=order),
            np.empty((n_rows, 1), dtype) if weighted else None,
            np.empty((n_rows, n_scores or n_outputs), dtype, order=order),
        )


def score_order(n_outputs: int) -> Literal["C", "F"]:
    """Return the memory order for arrays of scores.

    NumPy reduces a row of few scores several times faster where each output is contiguous.
    """
    return "F" if n_outputs <= 32 else "C"


def members(y: np.ndarray, raw: np.ndarray, loss: Loss) -> list[slice]:
    """Return the columns of ``raw`` that belong to each member: as many as ``y`` needs."""
    k = loss.n_scores(y.shape[1])
    return [slice(start, start + k) for start in range(0, raw.shape[1], k)]


class Objective:
    """Mean loss plus L2 penalty of a network.

    Where scores have a multiple of the columns of ``y``, they are those of an ensemble's members
    side by side, and the loss of a row is the mean of the members' losses.

    Parameters
    ----------
    network : Network
        The network.
    loss : Loss
        The loss, specialised to the target.
    alpha : float
        Strength of the L2 penalty, divided by the (mean) weight of a sample.
    """

    def __init__(self, network: Network, loss: Loss, alpha: float) -> None:
        self.network = network
        self.loss = loss
        self.alpha = float(alpha)

    def calls(self, workspace: Workspace, batch: Batch, n_total: int) -> Iterator[Call]:
        """Yield the calls that leave in ``workspace.grad`` the gradient of ``sum_i w_i l_i / n``.

        ``n_total`` is n, the number of rows that the sum is divided by.
        """
        rows, k = batch.y.shape
        chain = workspace.chain(rows, batch.weight, n_total)
        raw = workspace.name("scores", batch.raw)
        yield from chain.forward(batch.X, True, raw)
        if chain.Y is not raw:
            yield Call(np.copyto, chain.Y, out=raw)
        if batch.offset is not None:
            yield Call(np.add, raw, workspace.name("offset", batch.offset), out=raw)
        workspace.name("y", batch.y)
        order = score_order(k)
        out = workspace.array("dscores", "dscores", rows, batch.raw.shape[1], order=order)
        scratch = [
            workspace.array(("loss", i), f"loss{i}", rows, width or k, order=order)
            for i, width in enumerate(self.loss.scratch)
        ]
        parts = members(batch.y, batch.raw, self.loss)
        for part in parts:
            yield from written_by(
                self.loss, "gradient", batch.y, batch.raw[:, part], out[:, part], scratch
            )
        if workspace.full_batch and out.dtype == np.float32:
            yield Call(np.add, out, COARSE, out=out)
            yield Call(np.subtract, out, COARSE, out=out)
        if batch.weight is not None:
            yield Call(np.multiply, out, workspace.name("weight", batch.weight), out=out)
        yield Call(np.multiply, out, 1.0 / (n_total * len(parts)), out=out)
        yield from chain.backward(out)
        yield from workspace.tie_calls()

    def penalty_calls(self, theta, grad, tmp, n_total: int) -> Iterator[Call]:
        """Yield the calls that add the penalty's gradient to a block of the gradient."""
        if self.alpha and len(theta):
            yield from add_scaled(grad, theta, self.alpha / n_total, tmp)

    def penalty(self, n_total: int) -> float:
        """Return the penalty's value, ``alpha / (2 n) ||weights||^2``."""
        weights = self.network.values[: self.network.n_decay]
        return 0.5 * self.alpha / n_total * float(np.dot(weights, weights))

    def mean_loss(self, y, raw, weight) -> float:
        """Return the weighted mean loss (weights of mean 1 over the data), without penalty."""
        return self.total_loss(y, raw, weight) / len(y)

    def total_loss(self, y, raw, weight) -> float:
        """Return ``sum_i w_i l_i``, added up in double precision."""
        parts = members(y, raw, self.loss)
        values = self.loss.value(y, raw[:, parts[0]])
        if len(parts) > 1:
            others = [self.loss.value(y, raw[:, part]) for part in parts[1:]]
            values = np.add.reduce([values, *others]) / len(parts)
        if weight is not None:
            values = values * weight.ravel()
        return float(values.sum(dtype=np.float64))


class FullBatch:
    """Value and gradient over all rows, in chunks whose activations stay small.

    Layers that couple rows (batch normalisation) get all rows in one chunk.

    Parameters
    ----------
    objective : Objective
        What to evaluate.
    batch : Batch
        All rows; ``X`` is an array or a CSR matrix.
    """

    # Activations of a layer at a time; fewer do not pay for the calls, more do not stay in cache.
    chunk_elements = 3 * 2**14

    def __init__(self, objective: Objective, batch: Batch) -> None:
        self.objective, self.batch = objective, batch
        network = objective.network
        self.n = batch.X.shape[0]
        coupled = any(layer.couples_rows for layer in every(network.layers))
        most = max(256, self.chunk_elements // network.widest // ROWS * ROWS)
        chunk = self.n if coupled else min(self.n, most)
        weight = batch.weight if coupled else None
        self.workspace = Workspace(network, chunk, full_batch=True, weight=weight)
        self.grad = np.zeros(len(network.values))
        self._penalty = np.empty(network.n_decay)
        self.parts, self.programs = [], []
        for start in range(0, self.n, chunk):
            part = batch[start : start + chunk]
            if not isinstance(part.X, np.ndarray):
                part.X = SparseBatch(part.X)
            self.parts.append(part)
            once, each = in_long_rows([], list(self._calls(part)))
            self.programs.append(self.workspace.bind([*once, *each]))

    def _calls(self, part):
        if part.y is None:  # every chunk has the same room for targets and scores
            rows, k = part.X.matrix.shape
            part.y = self.workspace.array("targets", "targets", rows, k)
            part.raw = self.workspace.array("scores", "scores", rows, k)
            yield Call(densify, part.X, out=part.y)
        yield from self.objective.calls(self.workspace, part, self.n)

    def value_and_grad(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the objective and its gradient at ``theta``; the gradient is a live buffer.

        What is added up over rows, chunks and weights is so in double precision.
        """
        objective, network = self.objective, self.objective.network
        np.copyto(network.values, theta, casting="same_kind")
        total = 0.0
        for i, (program, part) in enumerate(zip(self.programs, self.parts, strict=True)):
            replay(program)
            if i == 0:
                np.copyto(self.grad, self.workspace.grad)
            else:
                self.grad += self.workspace.grad
            if self.batch.y is None:
                total += self._loss_of(part)
        if self.batch.y is not None:
            total = self._loss_of(self.batch)
        total += self.workspace.take_penalty()
        weights, alpha = theta[: network.n_decay], objective.alpha
        if alpha:
            self.grad[: len(weights)] += np.multiply(weights, alpha / self.n, out=self._penalty)
        return total / self.n + 0.5 * alpha / self.n * float(np.dot(weights, weights)), self.grad

    def _loss_of(self, batch):
        # Of rows that are learned perfectly, single precision would see nothing any more.
        raw = batch.raw.astype(np.float64, copy=False)
        return self.objective.total_loss(batch.y, raw, batch.weight)

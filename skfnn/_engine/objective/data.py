"""Encoded rows: how they are gathered, cast and handed out in batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..program.sparse import SparseBatch
from .objective import Batch
from .targets import ClassTarget, RegressionTarget

# Elements gathered before they are cast.
GATHER_ELEMENTS = 2**14


@dataclass
class Data:
    """Encoded rows.

    Attributes
    ----------
    X : ndarray or csr_array of shape (n, p)
        Features; an array is C-contiguous.
    y : ndarray of shape (n,) or (n, k), or None
        Encoded targets; None where they are the rows of X.
    weight : ndarray of shape (n,) or None
        Sample weights, of mean 1 over the training rows.
    target : RegressionTarget or ClassTarget
        What ``y`` is.
    levels : tuple of float
        The loss's values for no and yes.
    rows : ndarray of int or None
        The rows that belong to it; None for all.
    dtype : dtype, optional
        The precision to compute in; by default that of X. Minibatches are cast when they are
        gathered, so that X is not copied.
    offset : ndarray of shape (n, s) or None
        What is added to the scores of the network, or of each member inside it.
    """

    X: Any
    y: np.ndarray | None
    weight: np.ndarray | None
    target: RegressionTarget | ClassTarget
    levels: tuple[float, float]
    rows: np.ndarray | None = None
    dtype: Any = None
    offset: np.ndarray | None = None

    def __post_init__(self):
        self.dtype = self.X.dtype if self.dtype is None else np.dtype(self.dtype)

    @property
    def sparse(self) -> bool:
        """Whether X is sparse."""
        return not isinstance(self.X, np.ndarray)

    def __len__(self) -> int:
        return self.X.shape[0] if self.rows is None else len(self.rows)

    def own(self) -> Data:
        """Return the same data with its rows, and only those, in arrays of its own."""
        if self.rows is None:
            return self
        y, weight, offset = (
            None if part is None else part[self.rows] for part in (self.y, self.weight, self.offset)
        )
        own = replace(self, X=self.X[self.rows], y=y, weight=weight)
        return replace(own, rows=None, offset=offset)

    def shifted(self, raw: np.ndarray, rows: Any = None) -> np.ndarray:
        """Return the scores (n, m s) of its rows, or of some of all, with the offset added."""
        if self.offset is None:
            return raw
        chosen = self.rows if rows is None else rows
        offset = self.offset if chosen is None else self.offset[chosen]
        return raw + np.tile(offset, raw.shape[1] // offset.shape[1]).astype(raw.dtype)

    def cast(self, dtype) -> Data:
        """Return the same rows, and only those, in another precision."""
        own = self.own()
        weight = None if own.weight is None else own.weight.astype(dtype)
        return replace(own, X=own.X.astype(dtype), weight=weight, dtype=np.dtype(dtype))

    def some_rows(self, n: int, rng) -> np.ndarray:
        """Return up to ``n`` of its rows of X, drawn by a ``RandomState``, as an array."""
        rows = np.arange(self.X.shape[0]) if self.rows is None else self.rows
        if len(rows) > n:
            rows = np.sort(rng.choice(rows, n, replace=False))
        some = self.X[rows]
        return (some.toarray() if self.sparse else some).astype(self.dtype, copy=False)

    def some_targets(self, n: int = 64) -> np.ndarray:
        """Return the targets (n, k) of up to ``n`` rows, evenly spread, as a loss has them."""
        rows = np.arange(self.X.shape[0]) if self.rows is None else self.rows
        some = rows[np.linspace(0, len(rows) - 1, min(len(rows), n)).astype(int)]
        y = self.X[some] if self.y is None else self.y[some]
        out = np.empty((len(some), self.target.n_outputs))
        self.target.fill(y if isinstance(y, np.ndarray) else y.toarray(), out, self.levels)
        return out

    def labels(self, step: int = 1) -> tuple[np.ndarray, np.ndarray | None]:
        """Return (targets, weights or None) of its rows, or of every ``step``-th."""
        chosen: Any = slice(None, None, step) if self.rows is None else self.rows[::step]
        y = self.X[chosen] if self.y is None else self.y[chosen]
        weight = None if self.weight is None else self.weight[chosen]
        return y if isinstance(y, np.ndarray) else y.toarray(), weight

    def offsets(self, step: int = 1) -> np.ndarray | None:
        """Return the offsets (n, s) of its rows, or of every ``step``-th; None without any."""
        if self.offset is None:
            return None
        return self.offset[slice(None, None, step) if self.rows is None else self.rows[::step]]

    def batch(self, n_scores: int | None = None) -> Batch:
        """Return all rows as one batch, with room for scores: by default one per output."""
        data = self.own()
        dtype, n = data.dtype, len(data)
        if data.y is not None:
            k = self.target.n_outputs
            batch = Batch.empty(data.X, n, k, dtype, data.weight is not None, n_scores)
            self.target.fill(data.y, batch.y, self.levels)
        else:
            weight = None if data.weight is None else np.empty((n, 1), dtype)
            targets = (None, None) if self.sparse else (data.X, np.empty_like(data.X))
            batch = Batch(data.X, targets[0], weight, targets[1])
        if batch.weight is not None:
            batch.weight[:, 0] = data.weight
        if data.offset is not None:
            batch.offset = data.shifted(np.zeros_like(batch.raw))
        return batch

    def gather(self, rows: np.ndarray, X: Any, size: int) -> None:
        """Write the features of some rows into ``X``, the buffers of batches of ``size`` rows."""
        if self.sparse:
            part = self.X[rows].astype(self.dtype, copy=False)
            for i, batch in enumerate(X[: -(-len(rows) // size)]):
                batch.matrix = part[i * size : (i + 1) * size]
        elif self.X.dtype == self.dtype:
            self.X.take(rows, 0, X[: len(rows)], "clip")
        else:  # by pieces that stay in cache between the gather and the cast
            step = max(1, GATHER_ELEMENTS // self.X.shape[1])
            given = np.empty((min(step, len(rows)), self.X.shape[1]), self.X.dtype)
            for start in range(0, len(rows), step):
                some = rows[start : start + step]
                self.X.take(some, 0, given[: len(some)], "clip")
                np.copyto(X[start : start + len(some)], given[: len(some)], casting="same_kind")

    def gather_labels(self, rows: np.ndarray, chunk: Batch) -> None:
        """Write targets and weights of some rows into the buffers of a chunk of batches.

        Where the rows of X are the targets, these must be in ``chunk.X``.
        """
        n = len(rows)
        if self.y is not None:
            self.target.fill(self.y.take(rows, 0), chunk.y[:n], self.levels)
        elif self.sparse:
            filled = 0
            for batch in chunk.X:
                if filled < n:
                    part = batch.matrix.toarray()
                    self.target.fill(part, chunk.y[filled : filled + len(part)], self.levels)
                    filled += len(part)
        else:
            self.target.fill(chunk.X[:n], chunk.y[:n], self.levels)
        if self.weight is not None and chunk.weight is not None:
            self.weight.take(rows, 0, chunk.weight[:n, 0], "clip")
        if chunk.offset is not None:
            chunk.offset[:n] = 0
            chunk.offset[:n] = self.shifted(chunk.offset[:n], rows)

    def chunk(self, n_batches: int, n_gathered: int, size: int, n_scores: int) -> Batch:
        """Return buffers for ``n_batches`` batches of ``size`` rows, X for ``n_gathered``."""
        X: Any = [SparseBatch() for _ in range(n_gathered)]
        if not self.sparse:
            X = np.empty((n_gathered * size, self.X.shape[1]), self.dtype)
        rows, k, weighted = n_batches * size, self.target.n_outputs, self.weight is not None
        chunk = Batch.empty(X, rows, k, self.dtype, weighted, n_scores)
        if self.offset is not None:
            chunk.offset = np.empty_like(chunk.raw)
        return chunk

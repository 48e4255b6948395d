"""A sparse batch: what a program holds in place of an array when X is sparse."""

from __future__ import annotations

import numpy as np


class SparseBatch:
    """A CSR matrix that changes from batch to batch under a program bound once.

    Parameters
    ----------
    matrix : csr_array of shape (rows, n_features), optional
        The present batch, in the training dtype.
    """

    def __init__(self, matrix=None):
        self.matrix = matrix

    @property
    def T(self) -> TransposedBatch:
        """The transposed batch, live."""
        return TransposedBatch(self)

    def product(self, B: np.ndarray, out: np.ndarray) -> None:
        """Sets: ``out = matrix @ B``."""
        out[...] = self.matrix @ B

    def dense(self, out: np.ndarray) -> None:
        """Sets: ``out`` to the batch as an array."""
        out[...] = self.matrix.toarray()


class TransposedBatch:
    """The transpose of a sparse batch."""

    def __init__(self, batch: SparseBatch):
        self.batch = batch

    def product(self, B: np.ndarray, out: np.ndarray) -> None:
        """Sets: ``out = matrix.T @ B``."""
        out[...] = self.batch.matrix.T @ B

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

    def __init__(self, matrix=None) -> None:
        self.matrix = matrix

    @property
    def T(self) -> TransposedBatch:
        """The transposed batch, live."""
        return TransposedBatch(self)

    def __repr__(self):
        return "X"  # in listings


class TransposedBatch:
    """The transpose of a sparse batch."""

    def __init__(self, batch: SparseBatch) -> None:
        self.batch = batch

    @property
    def matrix(self):
        """The present batch, transposed."""
        return self.batch.matrix.T

    def __repr__(self):
        return "X.T"


def sparse_product(A: SparseBatch | TransposedBatch, B: np.ndarray, out: np.ndarray) -> None:
    """Sets: ``out = A @ B``."""
    out[...] = A.matrix @ B


def densify(A: SparseBatch, out: np.ndarray) -> None:
    """Sets: ``out`` to the batch as an array."""
    out[...] = A.matrix.toarray()

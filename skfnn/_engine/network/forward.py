"""Prediction: the forward pass over any number of rows, and memory that is used again."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from ..program.calls import replay
from ..program.once import apart, in_long_rows
from ..program.sparse import SparseBatch
from ..program.workspace import Workspace
from .network import Network

# Activations of a layer at a time: they stay in cache, and are allocated once. However wide a layer
# is, products of fewer rows than LEAST_ROWS take longer. A multiple of ROWS has divisors, so that
# several rows can be taken for one; powers of two would share few lines of the cache.
CHUNK_ELEMENTS = 60_000
LEAST_ROWS = 256
ROWS = 32
# How many programs, and how many idle objects of a kind, are kept at most.
KEPT = 8


class Forward:
    """Prediction: raw scores of any number of rows, in chunks that stay in cache.

    One object serves one thread; programs are kept by chunk size, for repeated use.

    Parameters
    ----------
    network : Network
        A network.
    n_rows : int
        How many rows there will be; no more memory is taken than they need.
    dtype : dtype, optional
        The precision to compute in; by default the network's.
    """

    def __init__(self, network: Network, n_rows: int, dtype=None) -> None:
        self.chunk = self.rows_at_once(network, n_rows)
        self.workspace = Workspace(network, self.chunk, training=False, dtype=dtype)
        self.workspace.replayed = True
        self._programs: dict[Any, tuple] = {}
        self._ready: set = set()  # programs whose calls of once have run
        self._final = network.fixed

    @staticmethod
    def rows_at_once(network: Network, n_rows: int) -> int:
        """Return the size of a chunk of ``n_rows`` rows."""
        most = max(LEAST_ROWS, CHUNK_ELEMENTS // network.widest // ROWS * ROWS)
        return min(max(n_rows, 1), most)

    def refresh(self) -> None:
        """Take over the network's present parameters."""
        if not self._final:
            self._final = self.workspace.network.fixed
            self.workspace.refresh()

    def _program(self, rows, sparse):
        key = rows, sparse
        if key not in self._programs:
            if len(self._programs) >= KEPT:
                self._programs.clear()
                self._ready.clear()
            n_inputs = self.workspace.network.n_inputs
            X = SparseBatch() if sparse else self.workspace.array("X", "X", rows, n_inputs)
            chain = self.workspace.chain(rows)
            once, each = in_long_rows(*apart(chain.forward(X, False), X))
            bind = self.workspace.bind
            self._programs[key] = X, chain, bind(once), bind(each)
        return self._programs[key]

    def __call__(self, X, out: np.ndarray | None = None, rows=None) -> np.ndarray:
        """Return the raw scores (n, k) of ``X``, an array or a CSR matrix, or of its ``rows``."""
        n = X.shape[0] if rows is None else len(rows)
        if out is None:
            out = np.empty((n, self.workspace.network.n_outputs), self.workspace.dtype)
        sparse = not isinstance(X, np.ndarray)
        ready = self._ready if self._final else set()
        # What overflows has a limit, or is found in the result.
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, n, self.chunk):
                chosen = slice(start, start + self.chunk)
                part = X[chosen if rows is None else rows[chosen]]
                size = part.shape[0]
                batch, chain, once, each = self._program(size, sparse)
                if once and (size, sparse) not in ready:
                    replay(once)
                    ready.add((size, sparse))
                if sparse:
                    batch.matrix = part.astype(self.workspace.dtype, copy=False)
                else:
                    np.copyto(batch, part, casting="same_kind")
                replay(each)
                out[start : start + self.chunk] = chain.Y
        return out


def raw_scores(network: Network, X, dtype=None, rows=None) -> np.ndarray:
    """Return the raw scores (n, k) of ``X``, or of its ``rows``; any thread may call.

    The memory and programs are left with the network, for the next call with as many rows: for a
    single row they take longer to make than to use.
    """
    dtype = np.dtype(network.dtype if dtype is None else dtype)
    n_rows = X.shape[0] if rows is None else len(rows)
    key = Forward.rows_at_once(network, n_rows), dtype.char
    if key not in network.idle and len(network.idle) >= KEPT:
        network.idle.clear()
    idle = network.idle.setdefault(key, [])
    try:
        forward = idle.pop()
    except IndexError:
        # A strong reference would be a cycle, in which a model that is not needed any more would
        # wait for the garbage collector.
        forward = Forward(weakref.proxy(network), n_rows, dtype)
    else:
        forward.refresh()
    scores = forward(X, rows=rows)
    if len(idle) < KEPT:
        idle.append(forward)
    return scores

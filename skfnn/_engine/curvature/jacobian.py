"""Derivatives of raw scores by the parameters, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..network.network import Network
from ..program.calls import Call, replay
from ..program.layer import Layer, walk
from ..program.workspace import Workspace

# Numbers of the Jacobian that are held at a time.
BLOCK_ELEMENTS = 2**20


class Jacobian:
    """Jacobian-vector products from the left, one for each row, in blocks of rows.

    For a row with raw scores z (s,) and a seed v (s,), the product is the gradient of ``v . z`` by
    all parameters. All rows of a block are taken in one backward pass, where each layer with
    parameters writes ``backward_rows``; else a row is a batch of its own.

    Parameters
    ----------
    network : Network
        The network; its present parameters count, whenever they change.
    n_rows : int
        How many rows there will be at most.
    """

    def __init__(self, network: Network, n_rows: int) -> None:
        self.network = network
        self.by_row = all(_writes_rows(layer, n) for layer, n in _layers(network))
        self.block = max(1, min(n_rows, BLOCK_ELEMENTS // max(1, len(network.values))))
        self._workspace = Workspace(network, self.block if self.by_row else 1, per_row=self.by_row)
        self._programs: dict[int, tuple] = {}
        n_kept = 0 if self.by_row else self.block
        self._rows = np.zeros((n_kept, len(network.values)))
        self._forwarded = False

    def blocks(self, n_rows: int) -> Iterator[slice]:
        """Yield slices of rows to take at a time."""
        for start in range(0, n_rows, self.block):
            yield slice(start, min(start + self.block, n_rows))

    def _program(self, n):
        """Return (X, scores, seed, forward pass, backward pass) for ``n`` rows."""
        if n not in self._programs:
            workspace, network = self._workspace, self.network
            X = workspace.array("X", "X", n, network.n_inputs)
            chain = workspace.chain(n)
            forward = workspace.bind(list(chain.forward(X, True)))
            # The backward pass may overwrite the seed and what the forward pass has left.
            seed = workspace.array("seed", "seed", n, network.n_outputs)
            given = workspace.array("given", "given", n, network.n_outputs)

            def calls():
                yield Call(np.copyto, given, out=seed)
                yield from chain.backward(seed)
                if not self.by_row:
                    yield from workspace.tie_calls()

            self._programs[n] = X, chain.Y, given, forward, workspace.bind(list(calls()))
        return self._programs[n]

    def scores(self, X: Any) -> np.ndarray:
        """Return the raw scores (n, s) of a block of rows; ``rows`` goes by these rows then."""
        self._X = X if isinstance(X, np.ndarray) else X.toarray()
        if not self.by_row:
            return np.vstack(
                [self._forward(self._X[i : i + 1]).copy() for i in range(len(self._X))]
            )
        scores = self._forward(self._X).copy()
        self._forwarded = True
        return scores

    def all_scores(self, X: Any) -> np.ndarray:
        """Return the raw scores (n, s) of any number of rows."""
        return np.vstack([self.scores(X[rows]) for rows in self.blocks(X.shape[0])])

    def _forward(self, X):
        batch, scores, _, forward, _ = self._program(len(X))
        batch[...] = X
        replay(forward)
        return scores

    def rows(self, seeds: np.ndarray) -> np.ndarray:
        """Return the products (n, n_values) for seeds (n, s); the next call overwrites them."""
        if self.by_row:
            return self._products(self._X, seeds, self._workspace.grad[: len(self._X)])
        for i in range(len(self._X)):
            row = slice(i, i + 1)
            self._rows[row] = self._products(self._X[row], seeds[row], self._workspace.grad)
        return self._rows[: len(self._X)]

    def _products(self, X, seeds, out):
        if not self._forwarded:
            self._forward(X)
        self._forwarded = False
        *_, given, _, backward = self._program(len(X))
        given[...] = seeds
        replay(backward)
        return out


def _layers(network):
    return [(layer, n_in) for _, layer, n_in in walk(network.layers, network.n_inputs)]


def _writes_rows(layer, n_in):
    own = type(layer).backward_rows is not Layer.backward_rows
    return layer.repeats is None and (own or not (layer.params(n_in) or layer.borrows))

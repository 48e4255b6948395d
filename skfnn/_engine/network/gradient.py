"""Derivatives of raw scores by what a network is given, row by row."""

from __future__ import annotations

import numpy as np

from ..program.calls import Call, replay
from ..program.layer import every
from ..program.workspace import Workspace
from .forward import Forward
from .network import Network


class InputGradient:
    """Derivatives of raw scores by the columns behind the first layers.

    The first layers are those that make each of their columns of one column that they are given:
    embeddings, of codes of categories, too, which have no derivative. ``embed`` passes through
    them, ``scores`` and ``products`` begin behind them.

    Parameters
    ----------
    network : Network
        A trained network, as it predicts.
    n_rows : int
        How many rows there will be at a time at most.

    Attributes
    ----------
    sources : ndarray of int of shape (n_embedded,)
        The network's column that each embedded one is made of.
    """

    def __init__(self, network: Network, n_rows: int) -> None:
        whole = network.continued(network.layers, network.dtype)
        self.sources, cut = np.arange(network.n_inputs), 0
        for layer in whole.layers:
            places = layer.made_of(len(self.sources))
            if places is None:
                break
            self.sources, cut = self.sources[places], cut + 1
        self._first = whole.part(0, cut) if cut else None
        self._rest = whole.part(cut, len(whole.layers))
        self._workspace = Workspace(self._rest, n_rows)
        self._programs: dict[int, tuple] = {}
        self._known: np.ndarray | None = None  # rows whose forward pass has just run

    @staticmethod
    def why_not(network: Network) -> str | None:
        """Return what stands in the way of derivatives, or None."""
        for layer in every(network.layers):
            if layer.couples_rows:
                return f"{layer!r} looks at all rows of a batch"
            if layer.penalises:
                return f"{layer!r} has a penalty of its own"
            if not layer.differentiable:
                return f"{layer!r} has no derivative"
        return "layers share weights" if network.ties else None

    def embed(self, X: np.ndarray) -> np.ndarray:
        """Return rows (n, n_inputs) behind the first layers, (n, n_embedded)."""
        dtype = self._rest.dtype
        if self._first is None:
            return X.astype(dtype)
        return Forward(self._first, len(X), dtype)(X)

    def _program(self, n):
        """Return (rows, raw scores, seeds, forward pass, backward pass, derivatives)."""
        if n not in self._programs:
            workspace, network = self._workspace, self._rest
            X = workspace.array("X", "X", n, network.n_inputs)
            chain = workspace.chain(n)
            forward = workspace.bind(list(chain.forward(X, True)))  # without noise: there is no rng
            seed = workspace.array("seed", "seed", n, network.n_outputs)
            given = workspace.array("given", "given", n, network.n_outputs)
            copied = Call(np.copyto, given, out=seed)  # which the backward pass overwrites
            calls = [copied, *chain.backward(seed, wants_dX=True)]
            backward = workspace.bind([call for call in calls if not self._of_weights(call)])
            self._programs[n] = X, chain.Y, given, forward, backward, chain.dX
        return self._programs[n]

    def _of_weights(self, call):
        """Return whether a call writes derivatives by weights, which nobody reads."""
        outputs = call.out if isinstance(call.out, tuple) else (call.out,)
        return any(np.may_share_memory(out, self._workspace.grad) for out in outputs)

    def scores(self, E: np.ndarray) -> np.ndarray:
        """Return the raw scores (n, m) of at most ``n_rows`` embedded rows."""
        X, scores, _, forward, _, _ = self._program(len(E))
        X[...] = E
        replay(forward)
        self._known = E
        return scores.astype(np.float64)

    def products(self, E: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Return the derivatives (n, n_embedded) of ``(seeds * scores(E)).sum(axis=1)``."""
        if self._known is not E:  # the backward pass may overwrite what the forward pass left
            self.scores(E)
        *_, given, _, backward, found = self._program(len(E))
        given[...] = seeds
        replay(backward)
        self._known = None
        return found.astype(np.float64)

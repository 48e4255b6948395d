"""One layer alone, for tests of what its statements mean."""

import numpy as np
from helpers import difference

from skfnn._engine.network.network import Network
from skfnn._engine.program.calls import replay
from skfnn._engine.program.sparse import SparseBatch
from skfnn._engine.program.workspace import Workspace


class Steps:
    """A layer on rows ``X`` (and its gradient for ``dY``), with arrays of the test's choice.

    The program runs twice, from the same random numbers: what a step leaves behind must not count
    in the next one. Work arrays are full of rubbish before it. ``spoil(cell, X, Y)`` is called
    between the two passes. ``share`` are the weights in the objective, ``weight`` those of mean 1.
    """

    def __init__(self, layer, X, dY=None, training=True, wants_dX=True, seed=None, times=2,
                 replayed=False, share=None, n_total=1, arrays=(), spoil=None, rng=None,
                 below=(), **memory):  # fmt: skip
        if seed is not None:
            rng = np.random.default_rng(seed)
        sparse = isinstance(X, SparseBatch)
        rows, columns = X.matrix.shape if sparse else X.shape
        layers = [*below, layer]
        self.network = Network(layers, columns, float, np.random.default_rng(0))
        self.workspace = Workspace(self.network, rows, training=training, rng=rng, **memory)
        self.workspace.replayed = replayed
        self.chain = self.workspace.chain(rows, share, n_total)
        placed = self.chain.placed[-1]
        self.cell = placed.cell
        for name, array in dict(arrays).items():
            getattr(self.cell, name)[...] = array
        self.calls, back = list(self.chain.forward(X, training)), []
        given = np.empty(self.chain.Y.shape)
        if dY is not None:
            back = list(self.chain.backward(given, wants_dX))
        for array in self.cell.scratch:
            array[...] = 1 if array.dtype != float else np.nan
        for _ in range(times):
            if seed is not None:
                rng.bit_generator.state = np.random.default_rng(seed).bit_generator.state
            self.workspace.penalty[...] = 0
            replay(self.workspace.bind(self.calls))
            self.Y = self.chain.Y.copy()
            if spoil is not None:
                spoil(self.cell, placed.X, placed.Y)
            if dY is not None:
                given[...] = dY
                replay(self.workspace.bind(back))
            if spoil is not None:
                break  # it may have changed X
        self.back = back
        if dY is not None and wants_dX:
            self.dX = self.chain.dX.copy()


def slopes(function, X, dY):
    """The gradient of the sum of ``dY * function(X)``, by differences."""
    found = np.empty(X.shape)
    for place in np.ndindex(X.shape):

        def value(x, place=place):
            other = X.copy()
            other[place] = x
            return np.sum(dY * function(other))

        found[place] = difference(value, X[place], 1e-3)
    return found

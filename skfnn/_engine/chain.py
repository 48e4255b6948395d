"""The chain: a sequence of layers that write their calls on planned buffers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .calls import Call, written_by
from .cell import Cell, Share
from .layer import Layer, Reads
from .sparse import densify

if TYPE_CHECKING:
    from .workspace import Workspace


@dataclass
class Link:
    """A layer in its chain.

    Attributes
    ----------
    layer, cell, path, position : Layer, Cell, tuple of int, str
        The layer, its arrays, and its position, also as text.
    n_in, n_out : int
        Width of its input and output.
    X, Y : ndarray of shape (n, n_in) and (n, n_out)
        Input (maybe a sparse batch) and output; known once the calls of ``forward`` are written.
    trained : ndarray of bool of shape (n_out,)
        Which columns of ``Y`` depend on parameters; known once ``backward`` is asked for.
    """

    layer: Layer
    cell: Cell
    path: tuple[int, ...]
    position: str
    n_in: int
    n_out: int
    X: Any = field(init=False)
    Y: np.ndarray = field(init=False)
    trained: np.ndarray = field(init=False)

    def calls(self, method: str, *arguments) -> Iterator[Call]:
        """Yield what a method of the layer yields."""
        return written_by(self.layer, method, *arguments, position=self.position)


class Chain:
    """A sequence of layers on the buffers planned for them.

    Two rules share memory. An in-place layer overwrites its input unless somebody still reads it:
    the layer itself, the layer that wrote it (``Reads.OUTPUT``), or whoever owns it (the data,
    a skip's input). Gradients alternate between two buffers of a width; an in-place layer turns
    ``dY`` into ``dX`` where it lies.

    Attributes
    ----------
    Y : ndarray of shape (rows, n_out)
        The output; known once ``forward`` has been run through.
    dX : ndarray of shape (rows, n_in)
        The gradient with respect to the input; known once ``backward`` has been run through.
    """

    def __init__(self, layers, n_in, path, workspace: Workspace, rows: int, share: Share) -> None:
        self.workspace, self.rows, self.path, self.share = workspace, rows, path, share
        self.links: list[Link] = []
        for i, layer in enumerate(layers):
            n_out = layer.n_outputs(n_in)
            cell = workspace.cell((*path, i), layer, n_in, rows, share)
            self.links.append(Link(layer, cell, (*path, i), cell.position, n_in, n_out))
            n_in = n_out

    def forward(self, X, training: bool, out: np.ndarray | None = None) -> Iterator[Call]:
        """Yield the calls of the forward pass over ``X`` (an array or a sparse batch).

        The last layer writes to ``out`` (rows, n_out) if it can: look for it in ``Y``.
        """
        overwritable, parity = False, 0
        for link in self.links:
            layer, label = link.layer, link.position
            if not isinstance(X, np.ndarray) and not layer.sparse:
                dense = self._array(("dense", link.path), f"X{label}", link.n_in)
                yield Call(densify, X, out=dense)
                X = dense
            if layer.inplace and overwritable and not (training and Reads.INPUT in layer.reads):
                Y = X
            elif link is self.links[-1] and out is not None and out.flags.c_contiguous:
                Y = out
            else:
                parity ^= 1
                key = link.path if training else (len(link.path), parity)
                Y = self._array(("Y", key), f"Y{label}", link.n_out)
            link.X, link.Y = X, Y
            if self.workspace.adapting and layer.adapts:
                layer.adapt(X, link.cell, self.workspace.rng)
            yield from link.calls("forward", X, Y, link.cell, training)
            if link.path in self.workspace.taps:
                yield Call(np.copyto, Y, out=self.workspace.taps[link.path])
            overwritable = not (training and Reads.OUTPUT in layer.reads)
            X = Y
        self.Y = X

    def backward(self, dY: np.ndarray, wants_dX: bool = False) -> Iterator[Call]:
        """Yield the calls of the backward pass; ``dY`` is overwritten. Run ``forward`` before."""
        parity, below = 0, None
        for link in self.links:
            link.cell.below = np.full(link.n_in, wants_dX) if below is None else below
            below = link.trained = link.layer.trained(link.n_in, link.cell.below)
        for link in reversed(self.links):
            if not link.trained.any():
                return
            if not link.cell.below.any():
                dX = None
            elif link.layer.inplace:
                dX = dY
            else:
                parity ^= 1
                key = ("dX", len(link.path), parity)
                dX = self._array(key, f"d{len(link.path)}{'ab'[parity]}_{link.n_in}", link.n_in)
            method = "backward_rows" if self.workspace.per_row else "backward"
            yield from link.calls(method, dY, link.X, link.Y, link.cell, dX)
            if dX is None:
                return
            dY = dX
        self.dX = dY

    def _array(self, key, name, width):
        return self.workspace.array(key, name, self.rows, width)

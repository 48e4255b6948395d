"""The chain: a sequence of layers that write their calls on planned buffers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .calls import Call, written_by
from .cell import Cell, Share
from .layer import Layer, Reads
from .memory import Memory
from .sparse import densify


@dataclass
class Placed:
    """A layer at its place in a chain.

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

    def __init__(self, layers, n_in, path, memory: Memory, rows: int, share: Share) -> None:
        self.memory, self.rows, self.path, self.share = memory, rows, path, share
        self.placed: list[Placed] = []
        for i, layer in enumerate(layers):
            n_out = layer.n_outputs(n_in)
            cell = _cell(memory, (*path, i), layer, n_in, rows, share)
            self.placed.append(Placed(layer, cell, (*path, i), cell.position, n_in, n_out))
            n_in = n_out

    def forward(self, X, training: bool, out: np.ndarray | None = None) -> Iterator[Call]:
        """Yield the calls of the forward pass over ``X`` (an array or a sparse batch).

        The last layer writes to ``out`` (rows, n_out) if it can: look for it in ``Y``.
        """
        overwritable, parity = False, 0
        for here in self.placed:
            layer, label = here.layer, here.position
            if not isinstance(X, np.ndarray) and not layer.sparse:
                dense = self._array(("dense", here.path), f"X{label}", here.n_in)
                yield Call(densify, X, out=dense)
                X = dense
            if layer.inplace and overwritable and not (training and Reads.INPUT in layer.reads):
                Y = X
            elif here is self.placed[-1] and out is not None and out.flags.c_contiguous:
                Y = out
            else:
                parity ^= 1
                key = here.path if training else (len(here.path), parity)
                Y = self._array(("Y", key), f"Y{label}", here.n_out)
            here.X, here.Y = X, Y
            if self.memory.adapting and layer.adapts:
                layer.adapt(X, here.cell, self.memory.rng)
            yield from here.calls("forward", X, Y, here.cell, training)
            if here.path in self.memory.taps:
                yield Call(np.copyto, Y, out=self.memory.taps[here.path])
            overwritable = not (training and Reads.OUTPUT in layer.reads)
            X = Y
        self.Y = X

    def backward(self, dY: np.ndarray, wants_dX: bool = False) -> Iterator[Call]:
        """Yield the calls of the backward pass; ``dY`` is overwritten. Run ``forward`` before."""
        parity, below = 0, None
        for here in self.placed:
            here.cell.below = np.full(here.n_in, wants_dX) if below is None else below
            below = here.trained = here.layer.trained(here.n_in, here.cell.below)
        for here in reversed(self.placed):
            if not here.trained.any():
                return
            if not here.cell.below.any():
                dX = None
            elif here.layer.inplace:
                dX = dY
            else:
                parity ^= 1
                key = ("dX", len(here.path), parity)
                dX = self._array(key, f"d{len(here.path)}{'ab'[parity]}_{here.n_in}", here.n_in)
            method = "backward_rows" if self.memory.per_row else "backward"
            yield from here.calls(method, dY, here.X, here.Y, here.cell, dX)
            if dX is None:
                return
            dY = dX
        self.dX = dY

    def _array(self, key, name, width):
        return self.memory.array(key, name, self.rows, width)


def _cell(memory: Memory, path, layer: Layer, n_in: int, rows: int, share: Share) -> Cell:
    """Return the arrays of one layer, with a chain of the layers inside."""
    cell = Cell(memory, path, layer, n_in, rows, share)
    times = layer.repeats
    if times is not None:
        memory, rows = memory.repeated(times), rows * times
        if share.weight is not None:  # the layer is to fill it
            share = Share(memory.array("share", "share", rows, 1), share.n_total)
    if layer.inner() or times is not None:
        cell.chain = Chain(layer.inner(), n_in, path, memory, rows, share)
    return cell

"""The workspace: one caller's memory for gradients, activations and scratch."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .calls import Call, Constants, Mover, Program, bind, function_name, zeros
from .cell import Cell, Share
from .chain import Chain
from .layer import Layer
from .schedule import Scheduled


class Workspace:
    """One caller's memory for up to ``rows`` rows.

    Parameters
    ----------
    network : Network
        Whose parameters are used, live.
    rows : int
        The largest batch.
    training : bool, default=True
        Whether gradients are wanted. If not, layers share buffers.
    rng : Generator, optional
        Draws the masks of stochastic layers.
    full_batch : bool, default=False
        Whether every batch is the whole training set (running moments are then its moments).
    weight : ndarray of shape (rows, 1), optional
        Sample weights of mean 1 for layers that couple rows; full batch only.
    dtype : dtype, optional
        Compute in another precision than the network's (prediction only).
    adapting : bool, default=False
        Whether layers set themselves by what they are given.
    per_row : bool, default=False
        Whether layers are asked for the gradient of each row (``backward_rows``) in place of that
        of the sum.

    Attributes
    ----------
    grad : ndarray of shape (n_values,) or (rows, n_values)
        The gradient, laid out as ``network.values``, one row for each of the batch with
        ``per_row``; only in training.
    taps : dict of tuple to ndarray
        Arrays (rows, n_out) that receive a copy of the output of the layer at a path, in programs
        written from then on.
    penalty : ndarray of shape ()
        What layers with a penalty of their own add to the loss, summed over rows, since it was
        last taken.
    """

    def __init__(
        self,
        network,
        rows,
        training=True,
        rng=None,
        full_batch=False,
        weight=None,
        dtype=None,
        adapting=False,
        per_row=False,
    ) -> None:
        self.network = network
        self.rows = rows
        self.training = training
        self.rng = rng
        self.full_batch = full_batch
        self.weight = weight
        self.adapting = adapting
        self.per_row = per_row
        self.scheduled: list[tuple[np.ndarray, Scheduled]] = []
        self.taps: dict[tuple[int, ...], np.ndarray] = {}
        self.dtype = np.dtype(network.dtype if dtype is None else dtype)
        self._memory: dict[Any, np.ndarray] = {}
        self._constants = Constants()
        self._repeated: dict[int, Workspace] = {}
        self._named: dict[str, np.ndarray] = {}
        self._values = network.values.astype(self.dtype, copy=False)
        self._saved = network.state.astype(self.dtype, copy=False)
        self._params = network.views(self._values)
        self._state = network.state_views(self._saved)
        self._grads = {}
        self.penalty = self.name("penalty", np.zeros(()))
        if training:
            shape = (rows, network.values.size) if per_row else network.values.size
            self.grad = zeros(shape, network.dtype)
            self._grads = network.views(self.grad)
            for path, name, _ in network.ties:
                self._grads[path][name] = zeros(self._grads[path][name].shape, network.dtype)
            self.name("values", network.values)
            self.name("grad", self.grad)

    def array(self, key, name: str, rows: int, width: int, kind=float, order="C") -> np.ndarray:
        """Return the (rows, width) buffer for ``key``; the same key shares memory."""
        dtype = self.dtype if kind is float else np.dtype(kind)
        full = (key, width, dtype, order)
        if full not in self._memory:
            shape = (self.rows, width) if order == "C" else (width, self.rows)
            self._memory[full] = zeros(shape, dtype)
        whole = self._memory[full]
        return self.name(name, whole[:rows] if order == "C" else whole[:, :rows].T)

    def name(self, name: str, array: np.ndarray) -> np.ndarray:
        """Give an array its name in listings and messages; returns the array."""
        self._named[name] = array
        return array

    def own(self, key, shape: tuple[int, ...]) -> np.ndarray:
        """Return the array of this shape for ``key``; the same key and shape share memory."""
        if (key, shape) not in self._memory:
            self._memory[key, shape] = zeros(shape, self.dtype)
        return self._memory[key, shape]

    def refresh(self) -> None:
        """Take over the network's present parameters, where another precision needs a copy."""
        if self._values is not self.network.values:
            np.copyto(self._values, self.network.values)
            np.copyto(self._saved, self.network.state)

    def bind(self, calls: Iterable[Call], mover: Mover | None = None) -> Program:
        """Turn calls into a program; a mover says where arrays are that have been moved."""
        calls = list(calls)
        named = dict(self._named)  # as they are now: other programs name other arrays so

        def show(call):
            if mover is None:
                return Names(named).line(call)
            return Names({name: mover.moved(array) for name, array in named.items()}).line(call)

        return bind(calls, self.dtype, self._constants, show)

    def repeated(self, times: int) -> Workspace:
        """Return the workspace of layers that are given each row ``times`` times, one by one.

        It has memory of its own for as many more rows, and this one's parameters and gradients.
        """
        if times not in self._repeated:
            other = copy.copy(self)
            other.rows, other._memory, other._repeated = self.rows * times, {}, {}
            if self.weight is not None:
                other.weight = np.repeat(self.weight, times, axis=0)
            self._repeated[times] = other
        return self._repeated[times]

    def chain(self, rows: int, weight=None, n_total: int = 1) -> Chain:
        """Plan the network's layers on batches of ``rows`` rows.

        ``weight`` (rows, 1) or None, over ``n_total``, is what a row counts in the objective.
        """
        layers, n_inputs = self.network.layers, self.network.n_inputs
        return Chain(layers, n_inputs, (), self, rows, Share(weight, n_total))

    def tie_calls(self) -> Iterator[Call]:
        """Yield the calls that add gradients of borrowed parameters to their owners'."""
        for path, name, owner in self.network.ties:
            total = self._grads[owner][name]
            yield Call(np.add, total, self._grads[path][name].T, out=total)

    def take_penalty(self) -> float:
        """Return ``penalty`` and set it to zero."""
        value = float(self.penalty)
        self.penalty[...] = 0
        return value

    def cell(self, path, layer: Layer, n_in: int, rows: int, share: Share) -> Cell:
        """Return the arrays of one layer."""
        cell = Cell(self, path, layer, n_in, rows, share)
        for prefix, arrays in (("", self._params), ("d", self._grads), ("running_", self._state)):
            for name, array in arrays.get(path, {}).items():
                array = array[:rows] if self.per_row and prefix == "d" else array
                setattr(cell, f"d{name}" if prefix == "d" else name, array)
                self.name(f"{prefix}{name}{cell.position}", array)
        times, workspace = layer.repeats, self
        if times is not None:
            workspace, rows = self.repeated(times), rows * times
            if share.weight is not None:  # the layer is to fill it
                weight = workspace.array("share", "share", rows, 1)
                share = Share(weight, share.n_total)
        if layer.inner() or times is not None:
            cell.chain = Chain(layer.inner(), n_in, path, workspace, rows, share)
        return cell

    def listing(self, calls: Iterable[Call]) -> list[str]:
        """Return calls as lines of text, with the names of their arrays."""
        calls = list(calls)  # arrays get their names while calls are written
        names = self.names()
        return [names.line(call) for call in calls]

    def names(self) -> Names:
        """Return what arrays are called that have a name so far."""
        return Names(self._named)


class Names:
    """The names of arrays, for listings.

    Parameters
    ----------
    named : dict of str to ndarray
        Arrays by name.
    """

    def __init__(self, named: dict[str, np.ndarray]) -> None:
        self._exact: dict[tuple, str] = {}
        self._any_rows: dict[tuple, str] = {}
        for name, array in named.items():
            self._exact.setdefault(_address(array), name)
            self._any_rows.setdefault(_address(array, array.shape[1:]), name)

    def line(self, call: Call) -> str:
        """Return a call as ``written = function(read)``."""
        given = [self.show(value) for value in call.inputs]
        given += [f"{name}={self.show(value)}" for name, value in call.options.items()]
        written = ", ".join(self.show(array) for array in call.outputs)
        return f"{written} = {function_name(call.function)}({', '.join(given)})"

    def show(self, value: Any) -> str:
        """Return the name of an array; anything else as text."""
        if not isinstance(value, np.ndarray):
            if isinstance(value, np.random.Generator):
                return "rng"
            return f"{value:.6g}" if isinstance(value, float) else str(value)
        return self._find(value) or f"array{value.shape}"

    def _find(self, array):
        name = self._exact.get(_address(array))
        if name is None and array.ndim == 0:
            name = self._exact.get(_address(array.reshape(1)))
        if name is None and array.ndim == 2:
            name = self._exact.get(_address(array.T))
            name = name and f"{name}.T"
        # Batches of other sizes lie in the same memory.
        return name or self._any_rows.get(_address(array, array.shape[1:]))


def _address(array, shape=None):
    start = array.__array_interface__["data"][0]
    return start, array.ndim, array.shape if shape is None else shape, array.strides, array.dtype

"""The workspace: one caller's memory for gradients, activations and scratch."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from .calls import Call, Constants, bind, zeros
from .chain import Chain
from .layer import Layer, dotted
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
    named : bool, default=False
        Whether to remember the arrays' names, for listings.

    Attributes
    ----------
    grad : ndarray of shape (n_values,)
        The gradient, laid out as ``network.values``; only in training.
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
        named=False,
    ):
        self.network = network
        self.rows = rows
        self.training = training
        self.rng = rng
        self.full_batch = full_batch
        self.weight = weight
        self.adapting = adapting
        self.scheduled: list[tuple[np.ndarray, Scheduled]] = []
        self.taps: dict[tuple[int, ...], np.ndarray] = {}
        self.dtype = np.dtype(network.dtype if dtype is None else dtype)
        self._memory: dict[Any, np.ndarray] = {}
        self._constants = Constants()
        self._repeated: dict[int, Workspace] = {}
        self._names: dict[tuple, str] | None = {} if named else None
        self._values = network.values.astype(self.dtype, copy=False)
        self._saved = network.state.astype(self.dtype, copy=False)
        self._params = network.views(self._values)
        self._state = network.state_views(self._saved)
        self._grads = {}
        self.penalty = np.zeros(())
        if training:
            self.grad = zeros(network.values.size, network.dtype)
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
        """Give an array its name in listings; returns the array."""
        if self._names is not None:
            self._names.setdefault(_address(array), name)
        return array

    def refresh(self) -> None:
        """Take over the network's present parameters, where another precision needs a copy."""
        if self._values is not self.network.values:
            np.copyto(self._values, self.network.values)
            np.copyto(self._saved, self.network.state)

    def bind(self, calls: Iterable[Call]) -> list[partial]:
        """Turn calls into a program."""
        return bind(calls, self.dtype, self._constants)

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
        share = SimpleNamespace(weight=weight, n_total=n_total)
        return Chain(self.network.layers, self.network.n_inputs, (), self, rows, share)

    def tie_calls(self) -> Iterator[Call]:
        """Yield the calls that add gradients of borrowed parameters to their owners'."""
        for path, name, owner in self.network.ties:
            total = self._grads[owner][name]
            yield np.add, total, self._grads[path][name].T, total

    def take_penalty(self) -> float:
        """Return ``penalty`` and set it to zero."""
        value = float(self.penalty)
        self.penalty[...] = 0
        return value

    def cell(self, path, layer: Layer, n_in: int, rows: int, share) -> SimpleNamespace:
        """Return the arrays of one layer."""
        label = dotted(path)
        shared = path if self.training else ()
        cell = SimpleNamespace(rng=self.rng, full_batch=self.full_batch, weight=self.weight,
                               share=share, penalty=self.penalty)  # fmt: skip
        for name, array in self._params.get(path, {}).items():
            setattr(cell, name, self.name(f"{name}{label}", array))
        for name, array in self._grads.get(path, {}).items():
            setattr(cell, f"d{name}", self.name(f"d{name}{label}", array))
        for name, array in self._state.get(path, {}).items():
            setattr(cell, name, self.name(f"running_{name}{label}", array))
        kept = shared if layer.keeps_scratch else ()
        cell.scratch = tuple(
            self.array(("scratch", kept, i), f"scratch{label}.{i}", rows, width, kind)
            for i, (width, kind) in enumerate(layer.scratch(n_in))
        )
        cell.follow = partial(self._follow, label)
        cell.number = partial(self._number, label)
        cell.row = partial(self._row, shared, label, n_in)
        if self.training:
            cell.ones = self.array("ones", "ones", rows, 1, order="F")[:, 0]
            cell.ones.fill(1)
            self.name("ones", cell.ones)
        times, workspace = layer.repeats, self
        if times is not None:
            workspace, rows = self.repeated(times), rows * times
            if share.weight is not None:  # the layer is to fill it
                weight = workspace.array("share", "share", rows, 1)
                share = SimpleNamespace(weight=weight, n_total=share.n_total)
        if layer.inner() or times is not None:
            cell.chain = Chain(layer.inner(), n_in, path, workspace, rows, share)
        return cell

    def _row(self, shared, label, width, name):
        """Return a work vector with one entry a column of a layer's input."""
        return self.name(f"{name}{label}", self.array((name, shared), f"{name}s", 1, width)[0])

    def _number(self, label, name, dtype):
        """Return a 0-d array."""
        return self.name(f"{name}{label}", np.zeros((), dtype))

    def _follow(self, label, value):
        """Return a float, or a 0-d array that is renewed before each step."""
        if not isinstance(value, Scheduled):
            return float(value)
        array = self._number(label, "scheduled", self.dtype)
        array[()] = value.at(0.0)
        self.scheduled.append((array, value))
        return array

    def listing(self, calls: Iterable[Call]) -> list[str]:
        """Return calls as lines of text, with the names of their arrays."""
        return [
            f"{_function_name(function)}({', '.join(self._show(a) for a in arguments)})"
            for function, *arguments in calls
        ]

    def _show(self, argument):
        if not isinstance(argument, np.ndarray):
            return f"{argument:.6g}" if isinstance(argument, float) else str(argument)
        names = self._names or {}
        name = names.get(_address(argument))
        if name is None and argument.ndim == 0:
            name = names.get(_address(argument.reshape(1)))
        if name is None and argument.ndim == 2:
            name = names.get(_address(argument.T))
            name = name and f"{name}.T"
        return name or f"array{argument.shape}"


def _address(array):
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


def _function_name(function):
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", str(function)).removeprefix("function ")  # of SciPy's BLAS
    if isinstance(owner, np.ufunc):
        return f"{owner.__name__}.{name}"
    return f"rng.{name}" if isinstance(owner, np.random.Generator) else name

"""The memory of one caller: parameters, gradients, activations and scratch, by key and by name."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from .calls import Call, Constants, zeros
from .schedule import Scheduled


class Memory:
    """Arrays for up to ``rows`` rows, by key and by name.

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
    replayed : bool
        Whether programs will run on batch after batch, what depends on parameters alone once.
    """

    replayed = False

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
        self._repeated: dict[int, Self] = {}
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

    def repeated(self, times: int) -> Self:
        """Return the memory of layers that are given each row ``times`` times, one by one.

        It has memory of its own for as many more rows, and this one's parameters and gradients.
        """
        if times not in self._repeated:
            other = copy.copy(self)
            other.rows, other._memory, other._repeated = self.rows * times, {}, {}
            if self.weight is not None:
                other.weight = np.repeat(self.weight, times, axis=0)
            self._repeated[times] = other
        return self._repeated[times]

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

    def of_layer(self, path: tuple[int, ...], rows: int) -> Iterator[tuple[str, str, np.ndarray]]:
        """Yield a layer's parameters, their gradients and its running moments.

        Each comes with its name in the cell, and the one in listings before the position.
        """
        for prefix, arrays in (("", self._params), ("d", self._grads), ("running_", self._state)):
            for name, array in arrays.get(path, {}).items():
                if prefix == "d" and self.per_row:
                    array = array[:rows]
                yield f"d{name}" if prefix == "d" else name, f"{prefix}{name}", array

"""The network: two flat vectors, and the programs that run over them.

``Network`` owns the parameters; ``Workspace`` is one caller's memory for gradients, activations
and scratch; ``Chain`` lets a sequence of layers write its calls on planned buffers. Nothing that
belongs to a computation is stored on the network, so a pickle holds weights and several threads
may predict at once. (``idle`` is where prediction leaves memory for the next call.)
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from ._calls import Call, Constants, bind, replay, zeros
from ._layer import Layer, expand, walk, width_after
from .schedules import Scheduled


class Network:
    """Layers and their parameters.

    Parameters
    ----------
    layers : sequence of Layer
        The layers, output layer included.
    n_inputs : int
        Number of features.
    dtype : dtype
        float32 or float64.
    rng : Generator or RandomState
        Draws the initial parameters, layer by layer.

    Attributes
    ----------
    values : ndarray of shape (n_values,)
        All trained parameters: those that L2 and weight decay apply to first.
    n_decay : int
        How many of them come first.
    state : ndarray of shape (n_state,)
        What is saved but not trained (running moments).
    ties : list of (path, name, path)
        Parameters that are the transpose of another layer's, and that layer.
    n_outputs, widest : int
        Width of the last and of the widest layer.
    """

    def __init__(self, layers: Iterable[Layer], n_inputs: int, dtype, rng):
        self.layers = expand(layers)
        self.n_inputs = n_inputs
        self.n_outputs = width_after(self.layers, n_inputs)
        self.widest = max(layer.n_outputs(n) for _, layer, n in walk(self.layers, n_inputs))
        params, buffers = self._declared()
        order = {entry[:2]: _rank(entry[2]) for entry in params}
        drawn = [(path, name, param.draw(rng)) for path, name, param in params]
        drawn.sort(key=lambda entry: order[entry[:2]])  # stable: weights first, rates together
        self.n_decay = sum(a.size for path, name, a in drawn if not order[path, name][0])
        self._rates = [order[path, name][1:] for path, name, _ in drawn]
        self._params = _layout(drawn)
        self._buffers = _layout(buffers)
        self.ties = self._find_ties()
        self._window: tuple | None = None
        self.idle: dict[tuple, list] = {}
        self.values = _flatten(drawn, dtype)
        self.state = _flatten(buffers, dtype)

    def __getstate__(self):
        return {**vars(self), "idle": {}}  # copies, too, make memory of their own

    def _declared(self):
        params, buffers = [], []
        for path, layer, n_in in walk(self.layers, self.n_inputs):
            params += [(path, name, param) for name, param in layer.params(n_in).items()]
            buffers += [(path, name, start) for name, start in layer.buffers(n_in).items()]
        return params, buffers

    def _find_ties(self):
        owned = {(path, name): shape for path, name, shape, _, _ in self._params}
        ties = []
        for path, layer, n_in in walk(self.layers, self.n_inputs):
            for name, position in layer.borrows.items():
                found, needed = owned.get(((position,), name)), (layer.n_outputs(n_in), n_in)
                if found != needed or (position,) >= path:
                    raise ValueError(
                        f"{layer!r} needs a layer of weights {needed} before it at position "
                        f"{position}, as summary() counts. There: {found or 'no weights'}."
                    )
                ties.append((path, name, (position,)))
        return ties

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the parameters."""
        return self.values.dtype

    def views(self, values: np.ndarray) -> dict[tuple[int, ...], dict[str, np.ndarray]]:
        """Return views of a vector laid out like ``values``, by layer's path and name."""
        views = _views(self._params, values)
        for path, name, owner in self.ties:
            views[path][name] = views[owner][name].T
        return self._moved(views) if self._window else views

    def state_views(self, state: np.ndarray) -> dict[tuple[int, ...], dict[str, np.ndarray]]:
        """Return views of a vector laid out like ``state``, by layer's path and name."""
        views = _views(self._buffers, state)
        return self._moved(views) if self._window else views

    def weights(self, name: str) -> list[np.ndarray]:
        """Return the parameters called ``name`` ("W", "b", ...) of all layers, in order."""
        views = self.views(self.values)
        return [views[path][name] for path in sorted(views) if name in views[path]]

    def rates(self, degree: int) -> list[tuple[int, int, float]]:
        """Return (start, stop, factor on the learning rate) of stretches of ``values``.

        ``degree`` is how an optimizer's step grows with the scale of gradients, plus one.
        """
        stretches: list[tuple[int, int, float]] = []
        for (*_, start, stop), (lr_factor, scale) in zip(self._params, self._rates, strict=True):
            factor = lr_factor * scale**degree
            if stretches and stretches[-1][2] == factor:
                start = stretches.pop()[0]
            stretches.append((start, stop, factor))
        return stretches

    @property
    def adapts(self) -> bool:
        """Whether a layer is to be set by training rows."""
        return any(layer.adapts for _, layer, _ in walk(self.layers, self.n_inputs))

    def adapt(self, X: np.ndarray, rng: np.random.Generator) -> None:
        """Let layers set themselves by training rows ``X``, from the input side on.

        Sets: ``values``, ``state``.
        """
        workspace = Workspace(self, len(X), training=False, rng=rng, adapting=True)
        for call in workspace.chain(len(X)).forward(X, False):
            replay(workspace.bind([call]))  # at once: the next layer sees the result

    def shapes(self) -> list[tuple]:
        """Return what decides whether stored values fit: (path, name, shape) of each parameter."""
        return [(path, name, shape) for path, name, shape, _, _ in self._params]

    def continued(self, layers: Iterable[Layer], dtype) -> Network:
        """Return a network of the same parameters, copied, for layers of the same shapes.

        Raises
        ------
        ValueError
            If the layers' parameters have other names or shapes.
        """
        network = copy.copy(self)
        network.layers = expand(layers)
        declared = [(path, name, p.shape) for path, name, p in network._declared()[0]]
        if sorted(declared) != sorted(self.shapes()):
            raise ValueError(
                "warm_start and partial_fit go on with the network of the previous fit, but the "
                "parameters now describe another: hidden layers or the number of outputs have "
                f"changed. Fitted: {sorted(self.shapes())}. Now: {sorted(declared)}. Set "
                "warm_start=False or clone the estimator."
            )
        network.ties = network._find_ties()
        network.values, network.state = zeros(self.values.size, dtype), self.state.astype(dtype)
        np.copyto(network.values, self.values, casting="same_kind")
        return network

    def part(self, start: int, stop: int, inside: tuple[int, ...] = ()) -> Network:
        """Return the layers from ``start`` to ``stop`` as a network that shares the parameters.

        ``inside`` is the path of the combinator whose layers are meant. It is for prediction.
        """
        layers, n_in = self.layers, self.n_inputs
        for i in inside:
            n_in = width_after(layers[:i], n_in)
            layers = layers[i].inner()
        part = copy.copy(self)
        part.layers, part.n_inputs = layers[start:stop], width_after(layers[:start], n_in)
        part.n_outputs = width_after(part.layers, part.n_inputs)
        widths = (layer.n_outputs(n) for _, layer, n in walk(part.layers, part.n_inputs))
        part.widest = max(widths, default=part.n_inputs)
        part._window = (inside, start)
        return part

    def _moved(self, views):
        """Return views by the path within this part of the network."""
        inside, start = self._window
        depth = len(inside)
        return {
            (path[depth] - start, *path[depth + 1 :]): arrays
            for path, arrays in views.items()
            if len(path) > depth and path[:depth] == inside
        }

    def copy_into(self, snapshot: tuple[np.ndarray, np.ndarray]) -> None:
        """Save parameters and state into a snapshot."""
        np.copyto(snapshot[0], self.values)
        np.copyto(snapshot[1], self.state)

    def restore(self, snapshot: tuple[np.ndarray, np.ndarray]) -> None:
        """Take parameters and state back from a snapshot."""
        np.copyto(self.values, snapshot[0])
        np.copyto(self.state, snapshot[1])

    def snapshot(self) -> tuple[np.ndarray, np.ndarray]:
        """Return a copy of parameters and state."""
        return self.values.copy(), self.state.copy()

    def summary(self) -> list[tuple[str, str, int, int]]:
        """Return (path, layer, width of output, number of parameters), one row a layer."""
        rows = []
        for path, layer, n_in in walk(self.layers, self.n_inputs):
            count = sum(int(np.prod(p.shape)) for p in layer.params(n_in).values())
            label = type(layer).__name__ if layer.inner() else repr(layer)
            rows.append((_dotted(path), label, layer.n_outputs(n_in), count))
        return rows


def _rank(param):
    return not param.decay, param.lr_factor, param.scale


def _layout(entries):
    """Return (path, name, shape, start, stop) of arrays that lie one behind the other."""
    layout, start = [], 0
    for path, name, array in entries:
        layout.append((path, name, array.shape, start, start + array.size))
        start += array.size
    return layout


def _flatten(entries, dtype):
    flat = zeros(sum(array.size for _, _, array in entries), dtype)
    start = 0
    for _, _, array in entries:
        flat[start : start + array.size] = array.ravel()
        start += array.size
    return flat


def _views(layout, vector):
    views: dict[tuple[int, ...], dict[str, np.ndarray]] = {}
    for path, name, shape, start, stop in layout:
        views.setdefault(path, {})[name] = vector[start:stop].reshape(shape)
    return views


def _dotted(path):
    return ".".join(map(str, path))


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
        label = _dotted(path)
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


class Chain:
    """A sequence of layers on the buffers planned for them.

    Two rules share memory. An in-place layer overwrites its input unless somebody still reads it:
    the layer itself, the layer that wrote it (``reads`` holds "Y"), or whoever owns it (the data,
    a skip's input). Gradients alternate between two buffers of a width; an in-place layer turns
    ``dY`` into ``dX`` where it lies.

    Attributes
    ----------
    Y : ndarray of shape (rows, n_out)
        The output; known once ``forward`` has been run through.
    dX : ndarray of shape (rows, n_in)
        The gradient with respect to the input; known once ``backward`` has been run through.
    """

    def __init__(self, layers, n_in, path, workspace: Workspace, rows: int, share):
        self.workspace, self.rows, self.path, self.share = workspace, rows, path, share
        self.links = []
        for i, layer in enumerate(layers):
            n_out = layer.n_outputs(n_in)
            cell = workspace.cell((*path, i), layer, n_in, rows, share)
            self.links.append(
                SimpleNamespace(layer=layer, cell=cell, n_in=n_in, n_out=n_out, path=(*path, i))
            )
            n_in = n_out

    def forward(self, X, training: bool, out: np.ndarray | None = None) -> Iterator[Call]:
        """Yield the calls of the forward pass over ``X`` (an array or a sparse batch).

        The last layer writes to ``out`` (rows, n_out) if it can: look for it in ``Y``.
        """
        overwritable, parity = False, 0
        for link in self.links:
            layer, label = link.layer, _dotted(link.path)
            if not isinstance(X, np.ndarray) and not layer.sparse:
                dense = self._array(("dense", link.path), f"X{label}", link.n_in)
                yield X.dense, dense
                X = dense
            if layer.inplace and overwritable and not (training and "X" in layer.reads):
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
            yield from layer.forward(X, Y, link.cell, training)
            if link.path in self.workspace.taps:
                yield np.copyto, self.workspace.taps[link.path], Y
            overwritable = not (training and "Y" in layer.reads)
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
            yield from link.layer.backward(dY, link.X, link.Y, link.cell, dX)
            if dX is None:
                return
            dY = dX
        self.dX = dY

    def _array(self, key, name, width):
        return self.workspace.array(key, name, self.rows, width)

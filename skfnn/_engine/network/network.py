"""The network: two flat vectors, and the layers that read and write them.

Nothing that belongs to a computation is stored on the network, so a pickle holds weights and
several threads may predict at once. (``idle`` is where prediction leaves memory for the next call.)
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator

import numpy as np

from ..program.calls import Call, described, noted, replay, written_by, zeros
from ..program.cell import FIELDS
from ..program.constraint import Constraint
from ..program.layer import Layer, Param, Reads, dotted, every, expand, walk, width_after
from ..program.workspace import Workspace

# Layers that set themselves by the data see at most ADAPT_ROWS training rows.
ADAPT_ROWS = 4096


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
        What is saved but not trained: running moments, and behind them what training leaves as it
        is (tables, limits of bins).
    n_moving : int
        How many of them come first; None in networks of older files, where all may.
    ties : list of (path, name, path)
        Parameters that are the transpose of another layer's, and that layer.
    roles : list of (path, name, str)
        What the estimator publishes as "coefs" and "intercepts"; see ``Param``.
    n_outputs, widest : int
        Width of the last and of the widest layer.
    fixed : bool
        Whether parameters and state will not change any more; see ``fix``.
    """

    fixed = False
    n_moving: int | None = None

    def __init__(self, layers: Iterable[Layer], n_inputs: int, dtype, rng) -> None:
        self.layers = expand(layers)
        self.n_inputs = n_inputs
        params, buffers = self._declared()
        self.n_outputs = width_after(self.layers, n_inputs)
        self.widest = max(layer.n_outputs(n) for _, layer, n in walk(self.layers, n_inputs))
        order = {entry[:2]: _rank(entry[2]) for entry in params}
        drawn = [(path, name, self._drawn(path, name, param, rng)) for path, name, param in params]
        drawn.sort(key=lambda entry: order[entry[:2]])  # stable: weights first, rates together
        self.n_decay = sum(a.size for path, name, a in drawn if not order[path, name][0])
        self._rates = [order[path, name][1:] for path, name, _ in drawn]
        self._params = _layout(drawn)
        still = {path for path, layer, _ in walk(self.layers, n_inputs) if layer.fixed_buffers}
        buffers.sort(key=lambda entry: entry[0] in still)
        self.n_moving = sum(array.size for path, _, array in buffers if path not in still)
        self._buffers = _layout(buffers)
        self.ties = self._find_ties()
        self.roles = self._find_roles(params)
        self._window: tuple | None = None
        self.idle: dict[tuple, list] = {}
        self.values = _flatten(drawn, dtype)
        self.state = _flatten(buffers, dtype)

    def __getstate__(self):
        return {**vars(self), "idle": {}}  # copies, too, make memory of their own

    def _declared(self):
        """Return (path, name, Param) of all parameters and (path, name, array) of all buffers."""
        params, buffers = [], []
        for path, layer, n_in in walk(self.layers, self.n_inputs):
            try:
                own, saved = layer.params(n_in), layer.buffers(n_in)
                check_declarations(layer, own, saved)
            except Exception as error:
                noted(
                    error,
                    f"Raised in params or buffers of {described(layer)}, layer {dotted(path)}.",
                )
                raise
            params += [(path, name, param) for name, param in own.items()]
            buffers += [(path, name, start) for name, start in saved.items()]
        return params, buffers

    def _drawn(self, path, name, param, rng):
        """Return the start of a parameter, after checking its shape."""
        array = param.draw(rng)
        if np.shape(array) != tuple(param.shape):
            layers = {p: layer for p, layer, _ in walk(self.layers, self.n_inputs)}
            raise ValueError(
                f"draw of parameter {name!r} of {described(layers[path])}, layer {dotted(path)}, "
                f"must return an array of the declared shape {tuple(param.shape)}. Got shape "
                f"{np.shape(array)}."
            )
        return array if param.constraint is None else param.constraint.start(array)

    def _find_roles(self, params):
        """Return (path, name, role) of what the estimator publishes; see ``Param``."""
        roles = [(path, name, param.published) for path, name, param in params if param.published]
        owned = {entry[:2]: entry[2] for entry in roles}
        for path, name, owner in self.ties:
            if (owner, name) in owned:
                roles.append((path, name, owned[owner, name]))
        return sorted(roles, key=lambda entry: entry[0])

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

    def fix(self) -> None:
        """Let parameters and state change no more: what depends on them alone is computed once."""
        self.fixed = True
        self.values.flags.writeable = self.state.flags.writeable = False

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the parameters."""
        return self.values.dtype

    @property
    def finite(self) -> bool:
        """Whether parameters and state are numbers, but for limits that a layer leaves open."""
        views = self.state_views(self.state)
        closed = [views[path][name] for path, name, start in self._declared()[1]
                  if np.isfinite(start).all()]  # fmt: skip
        return (
            bool(np.isfinite(self.values).all())
            and not np.isnan(self.state).any()
            and all(np.isfinite(array).all() for array in closed)
        )

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

    def published(self, role: str, vector: np.ndarray | None = None) -> list[np.ndarray]:
        """Return the parameters that layers publish as "coefs" or as "intercepts", in order.

        Of ``values``, or of another vector that is laid out like it.
        """
        views = self.views(self.values if vector is None else vector)
        names: dict[tuple[int, ...], list[str]] = {}
        for path, name, found in self.roles:
            if found == role:
                names.setdefault(path, []).append(name)
        names = self._moved(names) if self._window else names
        return [views[path][name] for path in sorted(names) for name in names[path]]

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
        return any(layer.adapts for layer in every(self.layers))

    def adapt(self, X: np.ndarray, rng: np.random.Generator) -> None:
        """Let layers set themselves by training rows ``X``, from the input side on.

        Sets: ``values``, ``state``.
        """
        workspace = Workspace(self, len(X), training=False, rng=rng, adapting=True)
        with np.errstate(all="ignore"):  # what overflows has a limit, or is found as divergence
            for call in workspace.chain(len(X)).forward(X, False):
                replay(workspace.bind([call]))  # at once: the next layer sees the result

        self.project()

    @property
    def constraints(self) -> list[tuple[tuple[int, ...], str, Constraint]]:
        """What parameters are held to: (path, name, Constraint) of each that has one."""
        return [(path, name, param.constraint) for path, name, param in self._declared()[0]
                if param.constraint is not None]  # fmt: skip

    def project(self) -> None:
        """Move each parameter to the nearest place that its constraint allows.

        Sets: ``values``.
        """
        views = self.views(self.values)
        for path, name, constraint in self.constraints:
            views[path][name][...] = constraint.projected(views[path][name])

    def projection(self, workspace: Workspace) -> Iterator[Call]:
        """Yield the calls that do so."""
        views = self.views(self.values)
        for path, name, constraint in self.constraints:
            label = f"{name}{dotted(path)}"
            array = workspace.name(label, views[path][name])
            scratch = [
                workspace.name(f"norm{i}", workspace.own(("constraint", i), shape))
                for i, shape in enumerate(constraint.scratch(array.shape))
            ]
            yield from written_by(constraint, "project", array, scratch, position=dotted(path))

    def bounds(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the least and the largest of each of ``values``; None where none has any."""
        constraints = self.constraints
        if not constraints:
            return None
        lower, upper = np.full((2, self.values.size), [[-np.inf], [np.inf]])
        low, high = self.views(lower), self.views(upper)
        for path, name, constraint in constraints:
            found = constraint.bounds(low[path][name].shape)
            if found is not None:
                low[path][name][...], high[path][name][...] = found
        return lower, upper

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
        network.layers, network.fixed = expand(layers), False
        params, _ = network._declared()
        declared = [(path, name, p.shape) for path, name, p in params]
        if sorted(declared) != sorted(self.shapes()):
            raise ValueError(
                "warm_start and partial_fit go on with the network of the previous fit, but the "
                "parameters now describe another: hidden layers or the number of outputs have "
                f"changed. Fitted: {sorted(self.shapes())}. Now: {sorted(declared)}. Set "
                "warm_start=False or clone the estimator."
            )
        network.ties = network._find_ties()
        network.roles = network._find_roles(params)
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
        """Save what training changes, parameters and state, into a snapshot."""
        np.copyto(snapshot[0], self.values)
        np.copyto(snapshot[1], self.state[: self.n_moving])

    def restore(self, snapshot: tuple[np.ndarray, np.ndarray]) -> None:
        """Take parameters and state back from a snapshot."""
        np.copyto(self.values, snapshot[0])
        np.copyto(self.state[: self.n_moving], snapshot[1])

    def snapshot(self) -> tuple[np.ndarray, np.ndarray]:
        """Return a copy of what training changes: parameters, and state but for what is fixed."""
        return self.values.copy(), self.state[: self.n_moving].copy()

    def summary(self) -> list[tuple[str, str, int, int]]:
        """Return (path, layer, width of output, number of parameters), one row per layer."""
        rows = []
        for path, layer, n_in in walk(self.layers, self.n_inputs):
            count = sum(int(np.prod(p.shape)) for p in layer.params(n_in).values())
            label = type(layer).__name__ if layer.inner() else repr(layer)
            rows.append((dotted(path), label, layer.n_outputs(n_in), count))
        return rows


def check_declarations(layer: Layer, params: dict[str, Param], buffers: dict) -> None:
    """Check what a layer declares: the names of its arrays, and what its backward pass reads.

    Raises
    ------
    ValueError
        If a name cannot be an attribute of the layer's cell, or stands for two things there.
    TypeError
        If ``reads`` is no ``Reads``, or a parameter no ``Param``.
    """
    reads = layer.reads
    if not isinstance(reads, Reads):
        raise TypeError(
            f"reads of {described(layer)} must be Reads.INPUT, Reads.OUTPUT, both joined by |, or "
            f"Reads.NOTHING. Got {reads!r}."
        )
    for name, param in params.items():
        if not isinstance(param, Param):
            raise TypeError(
                f"params of {described(layer)} must hold a Param for {name!r}. Got {param!r}."
            )
    used: dict[str, str] = {}
    trained = [*params, *layer.borrows]
    for what, names in (
        ("parameter", trained),
        ("gradient", [f"d{name}" for name in trained]),
        ("buffer", buffers),
    ):
        for name in names:
            taken = "a field of every layer's cell" if name in FIELDS else used.get(name)
            if taken is None and (not name.isidentifier() or name.startswith("_")):
                taken = "no name that an attribute can have, or a private one"
            if taken is not None:
                raise ValueError(
                    f"{described(layer)} has a {what} {name!r}, which is {taken}: layers find "
                    "their arrays as cell.<name>. Give it another name. Reserved names: "
                    f"{sorted(FIELDS)}."
                )
            used[name] = f"a {what} of it already"


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
        views.setdefault(path, {})[name] = vector[..., start:stop].reshape(
            *vector.shape[:-1], *shape
        )
    return views

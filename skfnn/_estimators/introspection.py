"""A look inside a fitted network: hidden activations, gradients; networks with given weights."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._engine.network.network import Network
from .._engine.objective.data import Data
from .._engine.objective.loss import Loss
from .._engine.objective.objective import FullBatch, Objective
from .._engine.objective.targets import smoothed
from .._engine.objective.weights import mean_one
from .._engine.program.calls import replay
from .._engine.program.layer import walk
from .._engine.program.sparse import SparseBatch
from .._engine.program.workspace import Workspace
from . import build
from .fitted import state_of
from .monotone import output_layer
from .offsets import needed_offset
from .preparation import cast


@dataclass(frozen=True)
class LossGradient:
    """The objective and its gradient at a network's weights, in double precision.

    Attributes
    ----------
    loss : float
        The objective: weighted mean loss plus ``alpha / (2 n) ||W||^2``.
    coefs : list of ndarray of shape (fan_in, fan_out)
        Derivatives by the weights, one array for each of ``coefs_``.
    intercepts : list of ndarray of shape (fan_out,)
        Derivatives by the biases, one array for each of ``intercepts_``.
    parameters : dict of (str, str) to ndarray
        Derivatives by all parameters, those of batch normalisation ("gamma", "beta") and
        projections ("P") included, by position in ``summary()`` and name: ``("0", "W")``.
    """

    loss: float
    coefs: list[np.ndarray]
    intercepts: list[np.ndarray]
    parameters: dict[tuple[str, str], np.ndarray]


def hidden_activations(self: Any, X: Any, layer: Any = None) -> Any:
    """Return the outputs of the hidden layers, as at prediction.

    A hidden layer is a linear map (or another layer that makes units, as a skip connection
    does) with all that follows it up to the next: activation, batch normalisation, dropout
    (which does nothing at prediction). Its output is what the next layer sees. Layers inside a
    skip connection belong to it.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Features.
    layer : int or str, default=None
        An int is the number of a hidden layer, from 0; negative ones count from the last. A
        str is a position in ``summary()``, which can be any layer, the output layer included:
        "0" is the first linear map alone, before its activation; "2.0" stands inside layer 2.

    Returns
    -------
    list of ndarray of shape (n_samples, n_units)
        One array for each hidden layer; without hidden layers an empty list. With ``layer``
        that layer's array alone. In the precision of X.

    Raises
    ------
    ValueError
        If there is no such layer.
    """
    check_is_fitted(self)
    network = state_of(self).network
    paths = _hidden_paths(network)
    if layer is not None:
        paths = [_path(network, paths, layer)]
    X = self._validate_features(X)
    outputs = _outputs(network, paths, X)
    return outputs if layer is None else outputs[0]


def loss_gradient(
    self: Any, X: Any, y: Any, sample_weight: Any = None, *, offset: Any = None
) -> LossGradient:
    """Return the gradient of the training objective at the present weights.

    The rows are taken as one batch. Nothing is trained: weights and running moments stay as
    they are, dropout is off, batch normalisation uses the moments of these rows (as it does in
    a training step), and the same call gives the same numbers. ``class_weight`` and
    ``label_smoothing`` apply.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    sample_weight : array-like of shape (n_samples,), default=None
        Non-negative weights.
    offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Known raw scores, as in ``fit``; needed after a fit that had one.

    Returns
    -------
    LossGradient
        ``loss``, and ``coefs`` and ``intercepts`` with one array for each of ``coefs_`` and
        ``intercepts_``, in double precision.

    Raises
    ------
    ValueError
        If the data is invalid.
    """
    check_is_fitted(self)
    fitted = state_of(self)
    X, y = self._validate(X, y, reset=False)
    target, loss = fitted.target, fitted.loss
    encoded = self._encode_y(y, target, loss)
    weight = self._weight(sample_weight, X, encoded, target, incremental=False)
    scale = 1.0
    if weight is not None:
        weight, scale = mean_one(weight)
    levels = smoothed(loss.levels, getattr(self, "label_smoothing", 0.0), target)
    offset = needed_offset(offset, X.shape[0], fitted)
    data = Data(cast(X, np.float64), encoded, weight, target, levels, offset=offset)
    network = fitted.network.continued(fitted.network.layers, np.float64)  # a copy
    objective = Objective(network, loss, build.l2_strength(self) / scale)
    with np.errstate(all="ignore"):
        value, grad = FullBatch(objective, data.batch(network.n_outputs)).value_and_grad(
            network.values
        )
    views = network.views(grad)
    return LossGradient(
        value,
        network.published("coefs", grad),
        network.published("intercepts", grad),
        {
            (".".join(map(str, path)), name): array
            for path in sorted(views)
            for name, array in views[path].items()
        },
    )


@dataclass
class Given:
    """Weights that a user gives, and the parameters of the estimator that is to have them."""

    coefs: Any
    intercepts: Any
    params: dict[str, Any]


def given_network(model: Any, given: Given, target: Any, loss: Loss) -> Network:
    """Return the network that an estimator's parameters describe, with given weights."""
    coefs, intercepts = given.coefs, given.intercepts
    layers = [*build.hidden_layers(model), output_layer(model, loss, target.n_outputs)]
    single = np.result_type(np.float32, *coefs, *intercepts) == np.float32
    dtype = ("float32" if single else "float64") if model.dtype == "auto" else model.dtype
    network = Network(layers, coefs[0].shape[0], dtype, np.random.default_rng(0))
    _set_weights(network, coefs, intercepts)
    return network


def checked_scores(given: Given) -> tuple[Given, int]:
    """Return weights whose shapes fit together, and the number of outputs that they have.

    Raises
    ------
    ValueError
        If they do not fit to one another or to the loss.
    TypeError
        If a parameter follows from them.
    """
    coefs, intercepts = _checked_weights(given.coefs, given.intercepts)
    params = dict(given.params)
    if params.get("hidden_layers") is None:
        if "hidden_layer_sizes" in params:
            raise TypeError("hidden_layer_sizes follows from coefs: leave it out.")
        params["hidden_layer_sizes"] = tuple(W.shape[1] for W in coefs[:-1])
    n_scores, parameters = coefs[-1].shape[1], Loss.resolve(params["loss"], "loss").parameters
    if n_scores % parameters:
        raise ValueError(
            f"loss={params['loss']!r} needs {parameters} columns of coefs[-1] for each output. Got "
            f"{n_scores} columns."
        )
    return Given(coefs, intercepts, params), n_scores // parameters


def _hidden_paths(network):
    """Return the path of the last layer of each hidden layer."""
    paths: list[tuple[int, ...]] = []
    for i, layer in enumerate(network.layers[:-1]):
        if layer.makes_units:
            paths.append((i,))
        elif paths:
            paths[-1] = (i,)
    return paths


def _path(network, paths, layer):
    if isinstance(layer, Integral) and not isinstance(layer, bool):
        if not -len(paths) <= layer < len(paths):
            raise ValueError(
                f"layer={layer!r} is not the number of a hidden layer: the network has "
                f"{len(paths)} of them, counted from 0."
            )
        return paths[layer]
    known = {row[0]: path for row, (path, _, _) in zip(
        network.summary(), walk(network.layers, network.n_inputs), strict=True
    )}  # fmt: skip
    if not isinstance(layer, str):
        raise TypeError(f"layer must be an int, a position in summary() or None. Got {layer!r}.")
    if layer not in known:
        raise ValueError(f"layer={layer!r} is not a position in summary(): {list(known)}.")
    path = known[layer]
    around = [part for other, part, _ in walk(network.layers, network.n_inputs)
              if len(other) < len(path) and other == path[: len(other)]]  # fmt: skip
    if any(part.repeats is not None for part in around):
        raise ValueError(
            f"layer={layer!r} is inside {type(around[0]).__name__}, where it has several outputs "
            "a row."
        )
    return path


def _outputs(network, paths, X):
    """Return the outputs of the layers at some paths, from one forward pass."""
    n = X.shape[0]
    workspace = Workspace(network, n, training=False, dtype=X.dtype)
    for path, layer, n_in in walk(network.layers, network.n_inputs):
        if path in paths:
            workspace.taps[path] = np.empty((n, layer.n_outputs(n_in)), X.dtype)
    batch = X if isinstance(X, np.ndarray) else SparseBatch(X)
    with np.errstate(all="ignore"):
        replay(workspace.bind(workspace.chain(n).forward(batch, False)))
    return [workspace.taps[path] for path in paths]


def _checked_weights(coefs: Any, intercepts: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return weights and biases as lists of arrays whose shapes fit together."""
    coefs = [np.asarray(W) for W in coefs]
    intercepts = [np.atleast_1d(np.asarray(b)) for b in intercepts]
    if len(coefs) != len(intercepts) or not coefs:
        raise ValueError(
            "coefs and intercepts must hold one array for each layer, the output layer included. "
            f"Got {len(coefs)} coefs and {len(intercepts)} intercepts."
        )
    for i, (W, b) in enumerate(zip(coefs, intercepts, strict=True)):
        if W.ndim != 2 or 0 in W.shape:
            raise ValueError(
                f"coefs[{i}] must be a matrix (fan_in, fan_out), one column per unit. Got shape "
                f"{W.shape}."
            )
        if b.shape != (W.shape[1],):
            raise ValueError(
                f"intercepts[{i}] must have shape {(W.shape[1],)}, one number for each column of "
                f"coefs[{i}]. Got {b.shape}."
            )
        if i and W.shape[0] != coefs[i - 1].shape[1]:
            raise ValueError(
                f"coefs[{i}] must have {coefs[i - 1].shape[1]} rows, one for each column of "
                f"coefs[{i - 1}]. Got shape {W.shape}."
            )
        for name, array in (("coefs", W), ("intercepts", b)):
            if array.dtype.kind not in "buif" or not np.isfinite(array).all():
                raise ValueError(f"{name}[{i}] must hold finite numbers. Got {array}.")
    return coefs, intercepts


def _set_weights(network, coefs, intercepts):
    published = {entry[:2] for entry in network.roles}
    others = {name for path, name, _ in network.shapes() if (path, name) not in published}
    if others:
        raise ValueError(
            "from_weights sets weights and biases, but these layers have other parameters besides: "
            f"{sorted(others)} (batch normalisation, a skip connection's projection). Leave them "
            "out."
        )
    weights, biases = network.published("coefs"), network.published("intercepts")
    wanted, given = [W.shape for W in weights], [W.shape for W in coefs]
    if wanted != given:
        raise ValueError(
            f"coefs must have the shapes that hidden_layers describes, {wanted}. Got {given}."
        )
    for views, arrays in ((weights, coefs), (biases, intercepts)):
        for view, array in zip(views, arrays, strict=True):
            view[...] = array

"""From an estimator's parameters to checked parts: layers, loss, solver.

Everything that a string or a combination of parameters can get wrong is found here, before any
data is touched by training.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from .._engine.component import unknown
from .._engine.layer import Layer, expand, walk
from .._engine.loss import Loss
from .._engine.schedule import Schedule
from ..activations import Activation
from ..initializers import Initializer, Scaled
from ..layers import Activate, BatchNorm, Dropout, Flatten, Linear, SharedEnsemble, Skip
from ..optimizers import Optimizer
from ..solvers import LBFGS, Minibatch

# Up to this many training rows solver="auto" takes L-BFGS, above Adam; see
# benchmarks/auto_solver.py for the measurement behind it.
AUTO_LBFGS_ROWS = 1000
# Schedules that MLP* knows: without effect for L-BFGS, as there, rather than an error.
_MLP_SCHEDULES = ("constant", "invscaling", "adaptive")
_DEFAULTS = {
    "hidden_layer_sizes": (100,),
    "activation": "relu",
    "dropout": 0.0,
    "batch_norm": None,
    "skip_connections": False,
    "initializer": "auto",
}


def hidden_layers(estimator: Any) -> list[Layer]:
    """Return the hidden layers that an estimator's parameters describe.

    Raises
    ------
    ValueError
        If a value is out of range, lengths do not match, or an option would have no effect.
    TypeError
        If a value is of the wrong type.
    """
    if estimator.hidden_layers is not None:
        return _given_layers(estimator)
    sizes = layer_sizes(estimator.hidden_layer_sizes)
    functions = [
        Activation.resolve(spec, "activation")
        for spec in _one_each(estimator.activation, len(sizes), "activation", (str, Activation))
    ]
    rates = _one_each(estimator.dropout, len(sizes), "dropout", Real)
    for rate in rates:
        if not isinstance(rate, Real) or not 0 <= float(rate) < 1:
            raise ValueError(f"dropout must be in the range [0, 1). Got {estimator.dropout!r}.")
    if not sizes:
        _refuse_without_hidden(estimator)
    layers: list[Layer] = []
    for units, function, rate in zip(sizes, functions, rates, strict=True):
        initializer = estimator.initializer
        if isinstance(initializer, str) and initializer == "auto":
            initializer = function.initializer
        Initializer.resolve(initializer, "initializer")
        if estimator.skip_connections and estimator.batch_norm is None and len(sizes) > 1:
            initializer = Scaled(initializer, 1 / len(sizes))
        block: list[Layer] = [Linear(units, initializer), Activate(function)]
        if estimator.batch_norm == "before":
            block.insert(1, BatchNorm())
        elif estimator.batch_norm == "after":
            block.append(BatchNorm())
        if rate > 0:
            block.append(Dropout(rate))
        layers += [Skip(block)] if estimator.skip_connections else block
    return layers


def _given_layers(estimator):
    for name, default in _DEFAULTS.items():
        value = getattr(estimator, name)
        if not (type(value) is type(default) and value == default):
            raise ValueError(
                f"hidden_layers replaces {name}: give one of them. Got hidden_layers="
                f"{estimator.hidden_layers!r} and {name}={value!r}."
            )
    layers = list(estimator.hidden_layers)
    for layer in layers:
        if not isinstance(layer, Layer):
            raise TypeError(
                f"hidden_layers must be a list of {sorted(c.__name__ for c in Layer.members())} "
                f"or other instances of skfnn.layers.Layer. Got {layer!r}."
            )
    check_layers(layers[1:] if layers and isinstance(layers[0], Flatten) else layers)
    return layers


def check_layers(layers: Sequence[Layer]) -> None:
    """Check the hyper-parameters of layers and of those inside.

    Raises
    ------
    ValueError, TypeError
        If one is out of range or of the wrong type.
    """
    for layer in layers:
        if isinstance(layer, Flatten):
            raise ValueError(
                "Flatten() must come first in hidden_layers: after any other layer a sample is a "
                "row of features already, and it has no effect."
            )
        Layer.resolve(layer, "hidden_layers")
        if isinstance(layer, (Skip, SharedEnsemble)):
            if len(layer.layers) == 0:
                raise ValueError(
                    f"The 'layers' parameter of {type(layer).__name__} must hold at least one "
                    "layer. Got []."
                )
            check_layers(layer.layers)
        for part in layer.expand():
            Layer.resolve(part, "hidden_layers")
    for _, part, n_in in walk(expand(layers), 1):  # initializers and activations inside
        part.params(n_in)
        part.scratch(n_in)


def layer_sizes(given: Any) -> list[int]:
    """Return the units of each hidden layer.

    Raises
    ------
    TypeError, ValueError
        If ``hidden_layer_sizes`` holds something else than integers > 0.
    """
    sizes: list[Any] = [given] if isinstance(given, Real) else list(given)
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, Integral):
            raise TypeError(f"hidden_layer_sizes must hold integers > 0, got {given!r}.")
        if size <= 0:
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return [int(size) for size in sizes]


def _one_each(given, n, parameter, single):
    """Return one value for each of ``n`` layers."""
    if isinstance(given, single) or given is None:
        return [given] * n
    values = list(given)
    if len(values) != n:
        raise ValueError(
            f"{parameter} must be one value or one for each of the {n} hidden layers. "
            f"Got {len(values)}: {given!r}."
        )
    return values


def _refuse_without_hidden(estimator):
    for name in ("dropout", "batch_norm", "skip_connections", "pretrain"):
        if getattr(estimator, name) and getattr(estimator, name) not in ((), []):
            raise ValueError(
                f"{name}={getattr(estimator, name)!r} has no effect without hidden layers: "
                "hidden_layer_sizes=()."
            )


def resolve_loss(estimator: Any, kind: str) -> Loss:
    """Return the loss for a kind of target.

    Raises
    ------
    ValueError
        If the loss is not for this kind of target.
    """
    spec = estimator.loss
    loss = Loss.resolve(spec, "loss")
    if not _is_for(kind, loss):
        allowed = sorted(name for name, cls in Loss.registry.items() if _is_for(kind, cls))
        raise ValueError(
            f"loss={spec!r} is not a loss of {type(estimator).__name__}. Allowed are {allowed}, or "
            "an instance of skfnn.losses.Loss."
        )
    if kind == "reconstruction":  # numbers, or one logistic unit a column
        kind = "regression" if "regression" in loss.kinds else "multilabel"
    loss = loss.specialise(kind)
    smoothing = getattr(estimator, "label_smoothing", 0.0)
    if smoothing and not loss.probabilistic:
        raise ValueError(
            f"label_smoothing={smoothing!r} has no effect with loss={spec!r}, which has no "
            "probabilities. Set label_smoothing=0."
        )
    return loss


def _is_for(kind, loss):
    """Return whether a loss can be meant for a kind of target."""
    if kind == "reconstruction":
        return "regression" in loss.kinds or ("multilabel" in loss.kinds and loss.probabilistic)
    families = {"regression"} if kind == "regression" else {"binary", "multiclass", "multilabel"}
    return bool(loss.kinds & families)


def is_lbfgs(estimator: Any, n_rows: int, layers: Sequence[Layer]) -> bool:
    """Return whether the solver is L-BFGS, "auto" decided by the number of training rows."""
    if estimator.solver == "auto":
        stochastic = any(layer.stochastic for _, layer, _ in walk(expand(layers), 1))
        minibatch_only = estimator.clip_norm is not None or _schedule_is_new(estimator)
        return n_rows <= AUTO_LBFGS_ROWS and not stochastic and not minibatch_only
    return isinstance(estimator.solver, str) and estimator.solver == "lbfgs"


def _schedule_is_new(estimator):
    Schedule.resolve(estimator.learning_rate, "learning_rate")
    return estimator.learning_rate not in _MLP_SCHEDULES


def lbfgs(estimator: Any, layers: Sequence[Layer]) -> LBFGS:
    """Return the full-batch solver.

    Raises
    ------
    ValueError
        If a new option would have no effect with it.
    """
    if any(layer.stochastic for _, layer, _ in walk(expand(layers), 1)):
        params = estimator.get_params(deep=False)
        names = [n for n in ("solver", "dropout", "hidden_layers", "noise") if n in params]
        given = [f"{name}={params[name]!r}" for name in names]
        raise ValueError(
            "dropout and noise need a minibatch solver: L-BFGS needs an objective without noise. "
            f"Got {', '.join(given)}."
        )
    for name, without in (("clip_norm", estimator.clip_norm is not None),
                          ("learning_rate", _schedule_is_new(estimator))):  # fmt: skip
        if without:
            raise ValueError(
                f"{name}={getattr(estimator, name)!r} has no effect with "
                f"solver={estimator.solver!r}. Choose a minibatch solver, one of "
                f"{sorted(Optimizer.registry)}."
            )
    _refuse_rho(estimator, None)
    return LBFGS(estimator.max_iter, estimator.max_fun, estimator.tol)


def minibatch(estimator: Any, n_rows: int) -> Minibatch:
    """Return the minibatch solver.

    Raises
    ------
    ValueError
        If a name is unknown or a new option would have no effect.
    """
    spec = "adam" if estimator.solver == "auto" else estimator.solver
    if isinstance(spec, str) and spec not in Optimizer.registry:
        raise ValueError(
            unknown("solver", spec, "solver", [*Optimizer.registry, "lbfgs", "auto"])
            + ", or an instance of skfnn.optimizers.Optimizer."
        )
    params = estimator.get_params(deep=False)
    params.pop("learning_rate")  # the estimator's is a schedule, an optimizer's a number
    optimizer = Optimizer.resolve(spec, "solver", params)
    schedule = Schedule.resolve(estimator.learning_rate, "learning_rate", params)
    _refuse_rho(estimator, optimizer)
    rate = estimator.learning_rate_init
    own_rate = getattr(optimizer, "learning_rate", None)
    if own_rate is not None:
        if rate != 0.001:
            raise ValueError(
                f"learning_rate_init={rate!r} has no effect beside solver={spec!r}, which has its "
                "own learning rate. Give one of them."
            )
        rate = own_rate
    size = estimator.batch_size
    if isinstance(size, str):
        size = 200
    elif size > n_rows:
        warnings.warn(
            f"Got `batch_size` {size}, larger than sample size {n_rows}. It is going to be "
            "clipped.",
            stacklevel=5,
        )
    return Minibatch(
        optimizer,
        schedule,
        float(rate),
        min(int(size), n_rows),
        estimator.max_iter,
        estimator.shuffle,
        estimator.clip_norm,
    )


def _refuse_rho(estimator, optimizer):
    named = isinstance(estimator.solver, str) and hasattr(optimizer, "rho")
    if estimator.rho != 0.9 and not named:
        raise ValueError(
            f"rho={estimator.rho!r} has no effect with solver={estimator.solver!r}; it belongs to "
            "solver='rmsprop'."
        )

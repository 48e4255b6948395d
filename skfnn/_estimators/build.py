"""From an estimator's parameters to checked parts: layers, loss, solver.

Everything that a string or a combination of parameters can get wrong is found here, before any
data is touched by training.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from numbers import Integral, Real
from typing import Any

from .._engine.objective.loss import Loss
from .._engine.program.layer import Layer, every, expand
from .._engine.program.schedule import Schedule
from ..activations import Activation
from ..initializers import Initializer, Scaled
from ..layers import Activate, BatchNorm, Dropout, Flatten, Linear, SharedEnsemble, Skip
from ..optimizers import Optimizer
from ..solvers import Solver
from ..solvers._base import refusal
from ..solvers._choice import resolve_solver, solver_names
from . import monotone
from .parameters import changed, is_known_to_mlp

# Up to this many training rows solver="auto" takes L-BFGS, above Adam; see
# benchmarks/auto_solver.py for the measurement behind it.
AUTO_LBFGS_ROWS = 1000
# What hidden_layers stands in place of.
_REPLACED = (
    "hidden_layer_sizes", "activation", "dropout", "batch_norm", "skip_connections", "initializer"
)  # fmt: skip
# What a parameter is where an estimator, such as the autoencoder, does not have it.
_ABSENT: dict[str, Any] = {
    "hidden_layers": None, "dropout": 0.0, "batch_norm": None, "skip_connections": False,
    "pretrain": None,
}  # fmt: skip


def option(estimator: Any, name: str) -> Any:
    """Return a parameter of the architecture; one that changes nothing where there is none."""
    return getattr(estimator, name, _ABSENT[name])


def hidden_layers(estimator: Any) -> list[Layer]:
    """Return the hidden layers that an estimator's parameters describe.

    Raises
    ------
    ValueError
        If a value is out of range, lengths do not match, or an option would have no effect.
    TypeError
        If a value is of the wrong type.
    """
    if option(estimator, "hidden_layers") is not None:
        return _given_layers(estimator)
    sizes = layer_sizes(estimator.hidden_layer_sizes)
    functions = [
        Activation.resolve(spec, "activation")
        for spec in _one_each(estimator.activation, len(sizes), "activation", (str, Activation))
    ]
    norm, skip = option(estimator, "batch_norm"), bool(option(estimator, "skip_connections"))
    rates = _rates(option(estimator, "dropout"), len(sizes))
    if not sizes:
        _refuse_without_hidden(estimator)
    directions = monotone.directions_of(estimator)
    blocks: list[list[Layer]] = []
    for units, function, rate in zip(sizes, functions, rates, strict=True):
        if directions is not None:
            monotone.check_activation(estimator, function)
        initializer = estimator.initializer
        if isinstance(initializer, str) and initializer == "auto":
            initializer = function.initializer
        Initializer.resolve(initializer, "initializer")
        if skip and norm is None and len(sizes) > 1:
            initializer = Scaled(initializer, 1 / len(sizes))
        block: list[Layer] = [Linear(units, initializer), Activate(function)]
        if norm == "before":
            block.insert(1, BatchNorm())
        elif norm == "after":
            block.append(BatchNorm())
        if rate > 0:
            block.append(Dropout(rate))
        blocks.append(block)
    if directions is not None:
        return monotone.hidden_layers(directions, blocks, skip)
    if skip:
        return [Skip(block) for block in blocks]
    return [layer for block in blocks for layer in block]


def _given_layers(estimator):
    for name, value in changed(estimator).items():
        if name in _REPLACED:
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


def _rates(dropout, n):
    """Return the rate of dropout of each of ``n`` layers."""
    rates = _one_each(dropout, n, "dropout", Real)
    for rate in rates:
        if not isinstance(rate, Real) or not 0 <= float(rate) < 1:
            raise ValueError(f"dropout must be in the range [0, 1). Got {dropout!r}.")
    return rates


def _refuse_without_hidden(estimator):
    for name in ("dropout", "batch_norm", "skip_connections", "pretrain"):
        value = option(estimator, name)
        if value and value not in ((), []):
            raise ValueError(
                f"{name}={value!r} has no effect without hidden layers: hidden_layer_sizes=()."
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
        allowed = sorted(name for name, cls in Loss.registry.items() if _is_for(kind, cls()))
        raise ValueError(
            f"loss={spec!r} is not a loss of {type(estimator).__name__}. Allowed are {allowed}, or "
            "an instance of skfnn.losses.Loss."
        )
    if kind == "reconstruction":  # numbers, or one logistic unit a column
        kind = "regression" if "regression" in loss.kinds else "multilabel"
    loss = loss.specialise(kind)
    monotone.check_kind(estimator, kind)
    if getattr(estimator, "monotonic_cst", None) is not None:
        loss = loss.located_freely()
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
        if isinstance(loss, Loss) and loss.parameters > 1:
            return False
        return "regression" in loss.kinds or ("multilabel" in loss.kinds and loss.probabilistic)
    families = {"regression"} if kind == "regression" else {"binary", "multiclass", "multilabel"}
    return bool(loss.kinds & families)


def l2_strength(estimator: Any) -> float:
    """Return ``alpha``; 0 where the solver finds it by the evidence."""
    return 0.0 if isinstance(estimator.alpha, str) else float(estimator.alpha)


def choose_solver(estimator: Any, n_rows: int, layers: Sequence[Layer],
                  incremental: bool = False) -> Solver:  # fmt: skip
    """Return the solver, with the estimator's parameters in place.

    Parameters
    ----------
    estimator : BaseFNN
        The estimator.
    n_rows : int
        Training rows, by which "auto" goes.
    layers : sequence of Layer
        The hidden layers.
    incremental : bool, default=False
        Whether it is for ``partial_fit``.

    Raises
    ------
    ValueError
        If a name is unknown, or an option would have no effect with this solver.
    """
    Schedule.resolve(estimator.learning_rate, "learning_rate")
    solver = _solver(estimator, n_rows, layers, incremental)
    if solver.full_batch and _is_noisy(layers):
        raise ValueError(_noise_message(estimator))
    if solver.full_batch and not _is_exact(estimator):
        raise ValueError(
            f"loss={estimator.loss!r} needs a minibatch solver: its gradient is not that of a "
            f"function, which solver={estimator.solver!r} could minimise."
        )
    check_constraints(estimator, solver, layers)
    for name in _without_effect(estimator, solver):
        raise ValueError(_effect_message(estimator, name, solver))
    return solver.settled(estimator.get_params(deep=False))


def check_constraints(estimator: Any, solver: Solver, layers: Sequence[Layer]) -> None:
    """Refuse a solver that does not hold what layers are held to.

    Raises
    ------
    ValueError
        If there is such a layer.
    """
    for layer in every(expand(layers)):
        if layer.held_to is not None and not solver.holds(layer.held_to):
            cst = getattr(estimator, "monotonic_cst", None)
            of = repr(layer) if cst is None else f"monotonic_cst={cst!r}"
            raise ValueError(refusal(solver, layer.held_to, of))


def fitted_solver(estimator: Any) -> Solver:
    """Return the solver of a fitted estimator, with the estimator's parameters in place."""
    n_rows = estimator.t_ // max(estimator.n_iter_, 1)
    solver = _solver(estimator, n_rows, estimator._layers(), incremental=False)
    return solver.settled(estimator.get_params(deep=False))


def _solver(estimator, n_rows, layers, incremental):
    """Return the solver that the parameters ask for, "auto" decided."""
    if not _is_auto(estimator):
        return resolve_solver(estimator.solver)
    lbfgs, adam = resolve_solver("lbfgs"), resolve_solver("adam")
    small = n_rows <= AUTO_LBFGS_ROWS and not incremental
    exact = _is_exact(estimator) and not _is_noisy(layers)
    exact = exact and all(
        layer.held_to is None or lbfgs.holds(layer.held_to) for layer in every(expand(layers))
    )
    return lbfgs if small and exact and not _without_effect(estimator, lbfgs) else adam


def _is_noisy(layers):
    return any(layer.stochastic for layer in every(expand(layers)))


def _is_exact(estimator):
    return getattr(estimator.loss, "differentiable", True)


def is_full_batch(estimator: Any) -> bool:
    """Return whether an estimator's parameters ask for a solver that works on the full batch."""
    spec = estimator.solver
    if isinstance(spec, str):
        return spec in Solver.registry and Solver.registry[spec].full_batch
    return isinstance(spec, Solver) and spec.full_batch


def _is_auto(estimator):
    return isinstance(estimator.solver, str) and estimator.solver == "auto"


def _without_effect(estimator, solver):
    """Return the parameters that were changed from their defaults without effect on the solver.

    Parameters that other solvers use and this one ignores, unless ``MLP*`` also accepts the value
    silently. One that the solver object sets itself is among them in any case.
    """
    unused = _of_solvers() - solver.uses()
    given_twice = solver.replaces()
    return [
        name
        for name, value in changed(estimator).items()
        if name in given_twice or (name in unused and not is_known_to_mlp(name, value))
    ]


@cache
def _of_solvers():
    """Return the names of all hyper-parameters of the package's solvers and of their parts."""
    return {
        name
        for family in (Solver, Optimizer, Schedule)
        for cls in family.members()
        if cls.__module__.startswith("skfnn.")
        for name in cls._get_param_names()
    }


def _effect_message(estimator, name, solver):
    value, spec = getattr(estimator, name), estimator.solver
    if name in solver.replaces():
        return (
            f"{name}={value!r} has no effect beside solver={spec!r}, which has its own. Give one "
            "of them."
        )
    having = [other for other in solver_names() if name in resolve_solver(other).uses()]
    by_name = "" if isinstance(spec, str) else ", given by name"
    return f"{name}={value!r} has no effect with solver={spec!r}. It belongs to {having}{by_name}."


def _noise_message(estimator):
    params = estimator.get_params(deep=False)
    names = [n for n in ("solver", "dropout", "hidden_layers", "noise") if n in params]
    given = [f"{name}={params[name]!r}" for name in names]
    return (
        "dropout and noise need a minibatch solver: one that works on the full batch needs an "
        f"objective without noise. Got {', '.join(given)}."
    )

"""A fitted network as ``MLP*`` would hold it: linear maps and one activation between them.

Whatever is an affine map at prediction (batch normalisation, dropout, a scaler before the network,
a linear layer without activation) goes into the linear map beside it, in double precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from .._engine.network.forward import Forward
from .._engine.network.network import Network
from .._engine.objective.link import Link
from .._engine.objective.loss import Loss
from .._engine.program.workspace import Workspace
from ..activations import Activation, Identity, Logistic, ReLU, Tanh

# By class and not by name: a subclass computes something else.
MLP_ACTIVATIONS: dict[type, str] = {
    Identity: "identity",
    Logistic: "logistic",
    Tanh: "tanh",
    ReLU: "relu",
}


@dataclass
class Stage:
    """``f(X W + b)``. Fewer than two dimensions of ``W`` multiply columns; ``f`` may be None."""

    W: Any
    b: Any
    f: Activation | None = None
    source: str = ""

    def affine(self, X: np.ndarray) -> np.ndarray:
        """Return ``X W + b``."""
        return (X * self.W if np.ndim(self.W) < 2 else X @ self.W) + self.b

    def then(self, other: Stage) -> Stage:
        """Return the stage that does this one's affine map, then the other stage."""
        if np.ndim(other.W) < 2:
            return replace(other, W=self.W * other.W, b=self.b * other.W + other.b)
        W = self.W[:, None] * other.W if self.W.ndim == 1 else self.W @ other.W
        return replace(other, W=W, b=self.b @ other.W + other.b)

    @classmethod
    def identity(cls, width: int) -> Stage:
        """Return the map that leaves ``width`` columns as they are."""
        return cls(np.ones(width), np.zeros(width))


def _standard(scaler):
    scale = 1.0 if scaler.scale_ is None else 1.0 / scaler.scale_
    return scale, (-scaler.mean_ * scale if scaler.with_mean else 0.0)


def _robust(scaler):
    scale = 1.0 / scaler.scale_ if scaler.with_scaling else 1.0
    return scale, (-scaler.center_ * scale if scaler.with_centering else 0.0)


# Fitted scaler -> (factor of each column, term added to it).
SCALERS: dict[type, Callable[[Any], tuple[Any, Any]]] = {
    StandardScaler: _standard,
    RobustScaler: _robust,
    MinMaxScaler: lambda scaler: (scaler.scale_, scaler.min_),
    MaxAbsScaler: lambda scaler: (1.0 / scaler.scale_, 0.0),
}


def scaling(scalers: Iterable[Any], n_inputs: int) -> Stage:
    """Return fitted scalers as one affine map of the columns.

    Raises
    ------
    TypeError
        If one is not a column-wise affine map that is known here.
    ValueError
        If one clips, or was fitted on another number of features.
    NotFittedError
        If one is not fitted.
    """
    whole = Stage.identity(n_inputs)
    for scaler in scalers:
        if type(scaler) not in SCALERS:
            raise TypeError(
                "Only a scaler of the columns folds into the first layer: one of "
                f"{sorted(cls.__name__ for cls in SCALERS)}. Got {scaler!r}."
            )
        check_is_fitted(scaler)
        if scaler.n_features_in_ != n_inputs:
            raise ValueError(
                f"scaler={scaler!r} was fitted on {scaler.n_features_in_} features, the network "
                f"on {n_inputs}."
            )
        if getattr(scaler, "clip", False):
            raise ValueError(f"scaler={scaler!r} clips, which no linear map does. Set clip=False.")
        whole = whole.then(Stage(*SCALERS[type(scaler)](scaler)))
    return whole


def fold(network: Network, first: Stage, mlp: str) -> list[Stage]:
    """Return the network as stages of dense matrices; all but the last have an activation.

    Parameters
    ----------
    network : Network
        A fitted network.
    first : Stage
        What happens to the columns before it.
    mlp : str
        The class it is for, for error messages.

    Raises
    ------
    ValueError
        If a layer is neither affine nor an activation of ``MLP*``, or activations differ.
    """
    stages = _without_needless_identities(list(_stages(network, first, mlp)))
    hidden = stages[:-1]
    for stage in hidden:
        if type(stage.f) not in MLP_ACTIVATIONS:
            raise ValueError(
                f"{mlp} cannot express {stage.source}: its hidden layers have one of the "
                f"activations {sorted(MLP_ACTIVATIONS.values())}. export.to_onnx can."
            )
        if type(stage.f) is not type(hidden[0].f):
            raise ValueError(
                f"{mlp} cannot express {hidden[0].source} beside {stage.source}: it has one "
                "activation for all hidden layers. export.to_onnx can express both."
            )
    weights = [array for stage in stages for array in (stage.W, stage.b)]
    with np.errstate(over="ignore"):
        exact = all(np.array_equal(array, array.astype(network.dtype)) for array in weights)
    dtype = network.dtype if exact else np.float64
    return [replace(stage, W=stage.W.astype(dtype), b=stage.b.astype(dtype)) for stage in stages]


def _stages(network: Network, first: Stage, mlp: str) -> Iterator[Stage]:
    """Yield linear maps with what follows: an activation, or None at the end."""
    so_far = first
    chain = Workspace(network, 1, training=False, dtype=np.float64).chain(1)
    for i, placed in enumerate(chain.placed):
        layer = placed.layer
        label = f"layer {i}, {type(layer).__name__ if layer.inner() else repr(layer)}"
        function = layer.pure_activation
        if function is not None:
            _check_declared(network, i, label, mlp, function)
            yield _dense(replace(so_far, f=function, source=label))
            so_far = Stage.identity(len(so_far.b))
            continue
        affine = layer.affine(placed.cell)
        if affine is None:
            raise ValueError(
                f"{mlp} cannot express {label}: it is a chain of linear maps and activations, "
                "without connections past a layer. export.to_onnx can express it."
            )
        stage = Stage(*affine)
        _check_declared(network, i, label, mlp, stage.affine)
        so_far = so_far.then(stage)
    yield _dense(so_far)


def _check_declared(network, i, label, mlp, declared):
    """Check that what a layer declares itself to be is what its forward pass computes.

    A subclass may have changed one and not the other.
    """
    part = network.part(i, i + 1)
    X = np.random.default_rng(0).normal(size=(8, part.n_inputs))
    with np.errstate(all="ignore"):
        computed, said = Forward(part, len(X), np.float64)(X), declared(X)
    if not np.allclose(computed, said, rtol=1e-6, atol=1e-9, equal_nan=True):
        raise ValueError(
            f"{mlp} cannot express {label}: what it declares by pure_activation or affine is not "
            "what its forward computes. export.to_onnx follows forward."
        )


def _dense(stage):
    return stage if stage.W.ndim == 2 else replace(stage, W=np.diag(stage.W))


def _without_needless_identities(stages: list[Stage]) -> list[Stage]:
    """Merge linear hidden layers into the next, unless all are linear."""
    if all(type(stage.f) is Identity for stage in stages[:-1]):
        return stages
    kept: list[Stage] = []
    before: Stage | None = None
    for stage in stages:
        whole = stage if before is None else before.then(stage)
        before = whole if type(stage.f) is Identity else None
        if before is None:
            kept.append(whole)
    return kept


def link_of(loss: Loss) -> Link:
    """Return a loss's link, after checking that predictions are its inverse.

    Raises
    ------
    ValueError
        If the loss has a ``predict`` of its own.
    """
    raw = np.linspace(-3.0, 3.0, 4 * loss.n_scores(3)).reshape(4, -1)
    if not np.allclose(loss.link.inverse(loss.parts(raw)[0]), loss.predict(raw), atol=1e-12):
        raise ValueError(
            f"loss={loss!r} cannot be exported: its predict is not the inverse of its link "
            f"{type(loss.link).__name__}, out_activation={loss.out_activation!r}. Write a Link "
            "whose inverse it is."
        )
    return loss.link

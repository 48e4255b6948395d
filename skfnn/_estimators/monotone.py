"""Networks that are monotone in some columns: from ``monotonic_cst`` to layers.

They have the layers that they would have without it, and two kinds of units in each: the first ones
do not fall in columns of direction 1, nor rise in those of direction -1; the others do not see such
columns at all. Weights between the first ones are not negative; the others enter them with weights
of any sign, so that what a column with a direction does may depend on all the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import clone

from .._engine.objective.loss import Loss
from .._engine.program.layer import Layer
from .._engine.support.component import unknown
from ..activations import Activation
from ..constraints import Monotone
from ..layers import Linear, MonotoneActivate, Skip, SortedCurves

# Of a hidden layer's units, those of the first kind.
SHARE = 2 / 3
_REFUSED = {
    "hidden_layers": "the layers that hold it are the estimator's own",
    "batch_norm": "its factors may become negative",
    "pretrain": "an autoencoder's weights have any sign",
}


def directions(cst: Any, n_features: int, names: Sequence[str] | None) -> tuple[int, ...] | None:
    """Return the direction of each column, or None where no column has one.

    Parameters
    ----------
    cst : array-like of {-1, 0, 1}, dict or None
        What the user gave.
    n_features : int
        Columns of X.
    names : sequence of str or None
        Their names, where they have any.

    Raises
    ------
    ValueError
        If it does not fit the columns, or holds another number.
    """
    if cst is None:
        return None
    if isinstance(cst, Mapping):
        cst = _by_column(cst, n_features, names)
    found = np.asarray(cst, dtype=object)
    if found.shape != (n_features,):
        raise ValueError(
            f"monotonic_cst must have one entry for each of the {n_features} columns of X, or be a "
            f"dict by column. Got shape {found.shape}."
        )
    wrong = [value for value in found.tolist() if value not in (-1, 0, 1)]
    if wrong:
        raise ValueError(
            "monotonic_cst must hold 1 (the prediction may not fall in the column), -1 (it may not "
            f"rise) or 0. Got {wrong[0]!r}."
        )
    return tuple(map(int, found)) if any(found) else None


def _by_column(cst, n_features, names):
    found: list[Any] = [0] * n_features
    places = {} if names is None else {name: i for i, name in enumerate(names)}
    for column, value in cst.items():
        if isinstance(column, str) and names is None:
            raise ValueError(
                f"monotonic_cst names the column {column!r}, but X had no column names in fit. "
                "Give a DataFrame, or an array of directions."
            )
        if isinstance(column, str) and column not in places:
            raise ValueError(unknown("A column of monotonic_cst,", column, "column", places) + ".")
        place = places.get(column, column)
        if isinstance(place, bool) or place not in range(n_features):
            raise ValueError(
                f"monotonic_cst must name columns of X, or count them from 0 to {n_features - 1}. "
                f"Got {column!r}."
            )
        found[int(place)] = value
    return found


def directions_of(estimator: Any) -> tuple[int, ...] | None:
    """Return the direction of each column of an estimator that has seen X, or None.

    Raises
    ------
    ValueError
        If ``monotonic_cst`` does not fit X or other parameters.
    """
    cst = getattr(estimator, "monotonic_cst", None)
    if cst is None:
        return None
    if not hasattr(estimator, "n_features_in_"):
        raise ValueError(
            f"monotonic_cst={cst!r} needs fit: from_weights takes weights as they are."
        )
    names = getattr(estimator, "feature_names_in_", None)
    found = directions(cst, estimator.n_features_in_, names)
    if found is None:
        return None
    for name, reason in _REFUSED.items():
        if getattr(estimator, name) is not None:
            raise ValueError(
                f"monotonic_cst={cst!r} cannot be held with {name}={getattr(estimator, name)!r}: "
                f"{reason}. Leave one of them None."
            )
    return found


def check_kind(estimator: Any, kind: str) -> None:
    """Refuse several classes: their probabilities cannot all grow.

    Raises
    ------
    ValueError
        If a column has a direction, and ``y`` several classes.
    """
    if kind == "multiclass" and directions_of(estimator):
        refuse_classes(estimator.monotonic_cst)


def refuse_classes(cst: Any) -> None:
    """Raise the error that says that several classes have no directions."""
    raise ValueError(
        f"monotonic_cst={cst!r} is for two classes: the probabilities of several cannot all grow "
        "with a column. y has more."
    )


def check_activation(estimator: Any, function: Activation) -> None:
    """Refuse an activation that decreases somewhere.

    Raises
    ------
    ValueError
        If it does.
    """
    if not function.monotone:
        known = sorted(name for name, cls in Activation.registry.items() if cls.monotone)
        raise ValueError(
            f"monotonic_cst={estimator.monotonic_cst!r} cannot be held with activation="
            f"{estimator.activation!r}: {function!r} is not known to be monotone. Choose one of "
            f"{known}."
        )


def n_directed(units: int, directions: Sequence[int]) -> int:
    """Return how many units of a hidden layer, the first ones, see columns with a direction.

    The others see the other columns alone, and enter the sums of all units of the next layer.
    """
    return units if all(directions) else max(1, round(SHARE * units))


def hidden_layers(directions: Sequence[int], blocks: list[list[Layer]], skip: bool) -> list[Layer]:
    """Return blocks of a linear map, an activation and maybe more, with weights that are held."""
    layers: list[Layer] = []
    given = tuple(directions)
    for i, (linear, activate, *more) in enumerate(blocks):
        n = n_directed(linear.units, directions)
        held = Monotone(given, n)
        function = Activation.resolve(activate.activation, "activation")
        block = [
            clone(linear).set_params(constraint=held),
            activate if function.bounded else MonotoneActivate(function, n),
            *more,
        ]
        # Columns that are as many as units would be added to these as they are.
        skips = skip and (i > 0 or len(given) != linear.units)
        layers += [Skip(block, held)] if skips else block
        given = of_units(linear.units, n)
    return layers


def of_units(units: int, n: int) -> tuple[int, ...]:
    """Return the directions of a layer's units, for the next layer."""
    return (1,) * n + (0,) * (units - n)


def output_layer(estimator: Any, loss: Loss, n_outputs: int) -> Layer:
    """Return the layer that gives the raw scores."""
    linear, given = (
        Linear(loss.n_scores(n_outputs), estimator.initializer),
        directions_of(estimator),
    )
    if given is not None:
        sizes = np.atleast_1d(estimator.hidden_layer_sizes)
        if sizes.size:
            given = of_units(int(sizes[-1]), n_directed(int(sizes[-1]), given))
    return output(linear, given, loss, n_outputs)


def output(linear: Linear, given: Sequence[int] | None, loss: Loss, n_outputs: int) -> Layer:
    """Return an output layer that keeps the directions of what it is given, None for no such."""
    if given is not None:
        held = Monotone(given, loss.n_located(n_outputs), seals=False)
        linear = clone(linear).set_params(constraint=held)
    return linear if loss.sorts is None else SortedCurves([linear], *loss.sorts)

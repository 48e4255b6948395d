"""From ``monotonic_cst`` of raw columns to directions of the numbers that networks are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._engine.objective.loss import Loss
from .._engine.program.layer import Layer, width_after
from .._estimators import monotone
from ..layers import Scale, Select
from ..preprocessing import TabularEncoder
from ._recipes import Columns, Recipe

# Of hidden units, whatever the recipe has: it bends once, and does not decrease.
ACTIVATION = "selu"


def of_numbers(cst: Any, encoder: TabularEncoder) -> tuple[int, ...]:
    """Return the direction of each of the encoder's numbers; empty where no column has one.

    Parameters
    ----------
    cst : array-like of {-1, 0, 1}, dict or None
        What the user gave.
    encoder : TabularEncoder
        A fitted encoder.

    Raises
    ------
    ValueError
        If it does not fit the columns, or one with a direction is no number.
    """
    names = getattr(encoder, "feature_names_in_", None)
    found = monotone.directions(cst, encoder.n_features_in_, names)
    if found is None:
        return ()
    for direction, column, name in zip(found, encoder._columns, encoder._names, strict=True):
        if direction and (not column.has_number or column.extra):
            raise ValueError(
                f"monotonic_cst gives column {name!r} the direction {direction}, but it is read as "
                f"{column.kind} ({column.why}), and numbers alone have one. If it is a number, say "
                f"so: column_kinds={{{name!r}: 'number'}}."
            )
    return tuple(found[i] for i in encoder._numbers)


def layers(recipe: Recipe, columns: Columns, directions: Sequence[int],
           loss: Loss) -> list[Layer]:  # fmt: skip
    """Return the layers of a network of a recipe that keeps directions.

    Numbers with a direction come first, each embedded by steps that are not negative; all others,
    and all categories, as in any network of the recipe.

    Parameters
    ----------
    recipe : Recipe
        The recipe.
    columns : Columns
        What the network is given.
    directions : sequence of int
        The direction of each number.
    loss : Loss
        The loss, whose scores that say where predictions lie have the directions.
    """
    n = len(directions)
    first = [i for i in range(n) if directions[i]]
    others = [i for i in range(n) if not directions[i]]
    found: list[Layer] = [Select([*first, *others, *range(n, columns.width)])]
    found += [*recipe.categories(columns), *recipe.numbers(columns, len(first), n)]
    entries = 1
    if recipe.embedding(columns) is not None:
        pieces = recipe.pieces(columns, 0, len(first), constraint="non_negative")
        entries = pieces.entries()
        found.append(pieces)
    found.append(Scale(constraint="non_negative"))
    signs = [directions[i] for i in first for _ in range(entries)]
    given = (*signs, *[0] * (width_after(found, columns.width) - len(signs)))
    blocks = recipe.hidden(columns.regression, ACTIVATION)
    units = given
    if blocks:
        last = blocks[-1][0].units  # type: ignore[attr-defined]
        units = monotone.of_units(last, monotone.n_directed(last, given))
    k = columns.n_targets
    output = monotone.output(recipe.output(loss.n_scores(k)), units, loss, k)
    return [*found, *monotone.hidden_layers(given, blocks, skip=False), output]

"""Cells that the user names in ``column_kinds``."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from ._cells import Cells, ExactValues, Pairs, Part, Values, divided

# What column_kinds calls a number whose exact values are a category, too, and two columns together.
VALUES, CELLS = "values", "cells"


def apart(kinds: dict[Any, str] | None) -> tuple[dict[Any, str] | None, list[tuple]]:
    """Return what ``column_kinds`` says of single columns, and the columns of each cells in it.

    A number whose exact values count is a number for the encoder.
    """
    if not kinds:
        return kinds, []
    single = {key: "number" if kind == VALUES else kind
              for key, kind in kinds.items() if kind != CELLS}  # fmt: skip
    named: list[tuple] = [(key,) for key, kind in kinds.items() if kind == VALUES]
    for key, kind in kinds.items():
        if kind != CELLS:
            continue
        if not (isinstance(key, tuple) and len(key) == 2 and key[0] != key[1]):
            raise ValueError(
                f"column_kinds has {key!r}: {CELLS!r}, which needs two columns, as in "
                f'{{("east", "north"): {CELLS!r}}}. For a single one, {VALUES!r} says that its '
                "exact values count."
            )
        named.append(key)
    return single, named


def given_cells(named: list[tuple], parts: list[Part], names: list, A: np.ndarray) -> list[Cells]:
    """Return the cells of columns that the user names.

    Parameters
    ----------
    named : list of tuple
        One or two columns each, by name or position.
    parts : list of Part
        The table's columns.
    names : list
        Their names, also of those that are neither numbers nor categories.
    A : ndarray of shape (n, p)
        Encoded rows, by which cells are known.
    """
    by_name = {part.name: part for part in parts}

    def part_of(key: Hashable) -> Part:
        if key not in names and isinstance(key, int) and -len(names) <= key < len(names):
            key = names[key]
        if key not in by_name:
            what = "is neither a number nor a category" if key in names else "X does not have"
            raise ValueError(
                f"column_kinds names cells of column {key!r}, which {what}. Cells can be made of "
                f"{list(by_name)}."
            )
        return by_name[key]

    cells: list[Cells] = []
    for keys in named:
        chosen = [part_of(key) for key in keys]
        if len(chosen) == 1:
            cells.append(ExactValues(Values.of(chosen[0], A)))
        else:
            cells.append(Pairs(*(divided(part, A) for part in chosen)))
    return [one.known(A) for one in cells]

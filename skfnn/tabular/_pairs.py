"""Pairs of categories, as 0.2.0 saved them."""

from __future__ import annotations

import numpy as np

from ._cells import CellColumns, Levels, Lookup, Pairs, Part


class CategoryPairs:
    """What a model holds that 0.2.0 saved; :meth:`columns` are its pairs as cells.

    Attributes
    ----------
    places : list of slice
        Where categories stand in encoded rows.
    n_coded : int
        How many of them, the first, are codes.
    pairs : list of (int, int)
        The pairs.
    keys : list of ndarray of int
        For each the keys that are known.
    """

    places: list[slice]
    n_coded: int
    pairs: list[tuple[int, int]]
    keys: list[np.ndarray]

    def columns(self) -> CellColumns:
        """Return the pairs as cells."""
        divisions = [
            Levels(Part(i, "code" if i < self.n_coded else "levels", place))
            for i, place in enumerate(self.places)
        ]
        told = []
        for (i, j), keys in zip(self.pairs, self.keys, strict=True):
            cells = Pairs(divisions[i], divisions[j])
            cells.table = Lookup(keys, np.arange(1, len(keys) + 1))
            told.append(cells)
        return CellColumns(self.places[self.n_coded - 1].stop if told else 0, told=told)

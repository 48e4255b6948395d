"""Some of the columns, in another order."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Layer


class Select(Layer):
    """Columns of the input in the order that they are named in: ``Y = X[:, columns]``.

    Parameters
    ----------
    columns : sequence of int
        The columns, counted from 0; one may stand in it several times, or not at all.

    Examples
    --------
    >>> from skfnn.layers import Select
    >>> Select([3, 0]).n_outputs(5)
    2
    """

    name = "select"
    makes_units = False
    _parameter_constraints: ClassVar = {"columns": ["array-like"]}

    def __init__(self, columns) -> None:
        self.columns = columns

    def _places(self, n_in):
        places = np.asarray(self.columns)
        whole = places.ndim == 1 and places.size and places.dtype.kind in "iu"
        if not whole or places.min() < 0 or places.max() >= n_in:
            raise ValueError(
                f"Select(columns={self.columns!r}) needs whole numbers from 0 to {n_in - 1}, those "
                "of columns that it is given."
            )
        return places.astype(np.intp)

    def n_outputs(self, n_in):
        return len(self._places(n_in))

    def trained(self, n_in, below):
        return below[self._places(n_in)]

    def made_of(self, n_in):
        return self._places(n_in)

    def forward(self, X, Y, cell, training):
        yield Call(np.take, X, self._places(X.shape[1]), out=Y, axis=1, mode="clip")

    def backward(self, dY, X, Y, cell, dX):
        if dX is None:
            return
        places = self._places(X.shape[1])
        yield Call(np.copyto, 0.0, out=dX)
        for place, column in enumerate(places.tolist()):
            given = dX[:, column]
            yield Call(np.add, given, dY[:, place], out=given)

    @classmethod
    def examples(cls):
        """Fewer columns, and one several times."""
        return [cls([2, 0]), cls([1, 3, 1, 0])]

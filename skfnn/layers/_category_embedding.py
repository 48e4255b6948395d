"""Categories embedded by trained vectors."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Param
from ._column_embedding import _COUNT, _FROM_ZERO, ColumnEmbedding, span


class CategoryEmbedding(ColumnEmbedding):
    """Embed each code of a category as a trained vector.

    The columns hold whole numbers: 0 for a missing or unseen category, whose vector is zero, and 1
    to ``n_levels`` for the categories. Source: Guo and Berkhahn, "Entity Embeddings
    of Categorical Variables", 2016.

    Parameters
    ----------
    n_levels : sequence of int
        Number of categories of each column.
    n_entries : int, default=8
        Columns that replace one.
    start : int, default=0
        The first of the columns.

    Examples
    --------
    >>> from skfnn.layers import CategoryEmbedding
    >>> CategoryEmbedding([12, 31]).n_outputs(5)  # eight columns for each of two
    19
    """

    name = "category_embedding"
    _parameter_constraints: ClassVar = {
        "n_levels": ["array-like"],
        "n_entries": _COUNT,
        "start": _FROM_ZERO,
    }

    def __init__(self, n_levels, n_entries=8, start=0) -> None:
        self.n_levels = n_levels
        self.n_entries = n_entries
        self.start = start

    @property
    def stop(self):
        """The column after the last."""
        return self.start + len(self.n_levels)

    def entries(self):
        return self.n_entries

    def _first_rows(self):
        return np.cumsum([0, *self.n_levels])

    def params(self, n_in):
        span(self, n_in)
        shape = (self._first_rows()[-1], self.n_entries)
        return {"E": Param(shape, lambda rng: rng.normal(size=shape))}

    def scratch(self, n_in):
        columns, m = len(self.n_levels), self.n_entries
        return ((columns, np.intp), (columns, bool), (columns * m, np.intp), (columns * m, float))

    def _table(self, cell):
        """Return the room for the vectors and, in the last row, zeros."""
        return cell.array("table", (len(cell.E) + 1, self.n_entries))

    def embed(self, x, out, cell, training):
        row, unknown, _, _ = cell.scratch
        n_rows, table = len(cell.E), self._table(cell)
        yield Call(np.copyto, cell.E, out=table[:-1])
        yield Call(np.copyto, x, out=row, casting="unsafe")
        yield Call(np.less_equal, row, 0, out=unknown)
        yield Call(np.add, row, self._first_rows()[:-1] - 1, out=row)
        yield Call(np.copyto, n_rows, out=row, where=unknown)
        yield Call(np.take, table, row, out=out, axis=0, mode="clip")

    def embed_backward(self, dout, x, cell, dx):
        row, _, entry, gradient = cell.scratch
        table, total = self._table(cell), cell.array("total", (len(cell.E) + 1, self.n_entries))
        places = np.arange(table.size).reshape(table.shape)
        yield Call(np.take, places, row, out=entry.reshape(dout.shape), axis=0, mode="clip")
        yield Call(np.copyto, dout, out=gradient.reshape(dout.shape))
        yield Call(np.copyto, 0.0, out=total)
        # at places in one dimension it is several times as fast as at rows
        yield Call(np.add.at, entry.reshape(-1), gradient.reshape(-1), out=total.reshape(-1))
        yield Call(np.copyto, total[:-1], out=cell.dE)
        if dx is not None:
            yield Call(np.copyto, 0.0, out=dx)

    @classmethod
    def examples(cls):
        """One column."""
        return [cls([3], n_entries=2, start=1)]

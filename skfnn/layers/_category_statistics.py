"""What the training rows tell of each category: means of the target, and how often it occurs."""

from __future__ import annotations

from numbers import Integral
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Reads
from .._sklearn import Options
from ._column_embedding import _COUNT, _FROM_ZERO, ColumnEmbedding, span

# A code's fraction, in parts of FOLDS, is the fold that its row belongs to.
FOLDS = 32


class CategoryStatistics(ColumnEmbedding):
    """Look up what is known of each category, in a table that is not trained.

    The columns hold whole numbers: 0 for a missing or unseen category and 1 to ``n_levels`` for the
    categories. A fraction of ``f / 32`` belongs to training rows of fold ``f``, 1 to 31: their
    statistics can so leave out the rows of their own fold. The table is zero at first. With
    ``n_folds=1`` it is for prediction, and takes no account of fractions.

    Parameters
    ----------
    n_levels : sequence of int
        Number of categories of each column.
    n_entries : int, default=2
        Statistics of a category.
    start : int, default=0
        The first of the columns.
    n_folds : {32, 1}, default=32
        The rows of the table for each category.

    Examples
    --------
    >>> from skfnn.layers import CategoryStatistics
    >>> CategoryStatistics([12, 31]).n_outputs(5)  # two columns for each of two
    7
    """

    name = "category_statistics"
    fixed_buffers = True
    keeps_scratch = False
    _parameter_constraints: ClassVar = {
        "n_levels": ["array-like"],
        "n_entries": _COUNT,
        "start": _FROM_ZERO,
        "n_folds": [Options(Integral, {1, FOLDS})],
    }

    def __init__(self, n_levels, n_entries=2, start=0, n_folds=FOLDS) -> None:
        self.n_levels = n_levels
        self.n_entries = n_entries
        self.start = start
        self.n_folds = n_folds

    @property
    def stop(self):
        """The column after the last."""
        return self.start + len(self.n_levels)

    @property
    def reads(self):
        return Reads.NOTHING

    def entries(self):
        return self.n_entries

    def first_rows(self):
        """Return the row of the table where each column begins, and their number."""
        return np.cumsum([0, *(n + 1 for n in self.n_levels)])

    def buffers(self, n_in):
        span(self, n_in)
        return {"table": np.zeros((self.first_rows()[-1] * self.n_folds, self.n_entries))}

    def scratch(self, n_in):
        columns = len(self.n_levels)
        return ((columns, float), (columns, np.intp))

    def embed(self, x, out, cell, training):
        place, row = cell.scratch
        yield Call(np.multiply, x, float(self.n_folds), out=place)
        yield Call(np.copyto, place, out=row, casting="unsafe")
        yield Call(np.add, row, self.first_rows()[:-1] * self.n_folds, out=row)
        yield Call(np.take, cell.table, row, out=out, axis=0, mode="clip")

    def embed_backward(self, dout, x, cell, dx):
        if dx is not None:
            yield Call(np.copyto, 0.0, out=dx)

    @classmethod
    def examples(cls):
        """One column, in training and in prediction."""
        return [cls([3], start=1), cls([3], start=1, n_folds=1)]

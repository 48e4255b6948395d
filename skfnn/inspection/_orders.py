"""Attributions by permutation: sampled Shapley values of any model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

# Rows that are predicted at a time.
BLOCK = 8192


def sampled(respond: Callable[[Any], np.ndarray], X: Any, background: Any,
            rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return attributions (n, p, o) and the base values (o,).

    Each row of the background becomes the row that is explained column by column, in a random
    order; a column's part is what the response changes by. One order follows another reversed.
    Source: Strumbelj and Kononenko, "Explaining Prediction Models and Individual Predictions with
    Feature Contributions", 2014.

    Parameters
    ----------
    respond : callable
        Returns the response (n, o) of a table.
    X, background : DataFrame or ndarray
        The rows to explain, and those that they are compared with.
    rng : Generator
        Draws the orders.
    """
    n, n_start, p = len(X), len(background), X.shape[1]
    ends, starts = respond(X), respond(background)
    total = np.zeros((n, p, ends.shape[1]))
    mixed = _Mixed(background, X)
    each = max(1, BLOCK // max(1, p - 1))
    for at in range(0, n * n_start, each):
        i, j = np.divmod(np.arange(at, min(at + each, n * n_start)), n_start)
        ranks = _orders(rng, len(i), p)
        steps = np.arange(1, p)
        known = ranks[:, None] < steps[:, None]  # (m, p - 1, p): which columns are X's by then
        rows = np.where(known, len(background) + i[:, None, None], j[:, None, None])
        path = np.empty((len(i), p + 1, ends.shape[1]))
        path[:, 0], path[:, -1] = starts[j], ends[i]
        if p > 1:
            between = respond(mixed.rows(rows.reshape(-1, p)))
            path[:, 1:-1] = between.reshape(len(i), p - 1, -1)
        parts = np.take_along_axis(np.diff(path, axis=1), ranks[:, :, None], axis=1)
        np.add.at(total, i, parts)
    return total / n_start, starts.mean(axis=0)


def _orders(rng, n, p):
    """Return the place of each column in n random orders, each second one reversed."""
    half = rng.permuted(np.tile(np.arange(p), (-(-n // 2), 1)), axis=1)
    return np.stack([half, p - 1 - half], axis=1).reshape(-1, p)[:n]


class _Mixed:
    """Rows whose columns come from different rows of two tables, put one below the other."""

    def __init__(self, first: Any, second: Any) -> None:
        self.frame = isinstance(first, pd.DataFrame)
        if self.frame:
            self.columns = [
                pd.concat([first.iloc[:, k], second.iloc[:, k]], ignore_index=True)
                for k in range(first.shape[1])
            ]
            self.names = first.columns
        else:
            self.array = np.concatenate([first, second])

    def rows(self, which: np.ndarray) -> Any:
        """Return a table whose cell (i, k) is column k of the row ``which[i, k]``."""
        if not self.frame:
            return np.take_along_axis(self.array, which, axis=0)
        cells = [column.take(at).reset_index(drop=True)
                 for column, at in zip(self.columns, which.T, strict=True)]  # fmt: skip
        table = pd.concat(cells, axis=1)
        table.columns = self.names
        return table

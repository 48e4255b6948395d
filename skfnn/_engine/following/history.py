"""History of a fit: one row per epoch."""

from __future__ import annotations

import numpy as np
import pandas as pd


class History:
    """Columns of numbers that grow by one row per epoch (or L-BFGS iteration).

    Columns appear when first recorded; earlier rows hold NaN there.

    A copy costs the same however long the history is: it shares the lists. Rows count up to
    ``n_rows``; what lists hold beyond belongs to another copy, or to a row that an interrupt left
    half written, and is cut off, in a list that the caller owns, before the next row is added.
    """

    def __init__(self) -> None:
        self._lists: dict[str, list[float]] = {}
        self.n_rows = 0

    def copy(self) -> History:
        """Return a history that grows on its own."""
        history = History()
        history._lists, history.n_rows = dict(self._lists), self.n_rows
        return history

    def append(self, **values: float) -> None:
        """Add one row, all of it or, where something is raised, nothing."""
        n, lists = self.n_rows, dict(self._lists)
        for name in values:
            lists.setdefault(name, [np.nan] * n)
        for name, numbers in lists.items():
            value = float(values.get(name, np.nan))
            if len(numbers) > n:
                lists[name] = [*numbers[:n], value]
            else:
                numbers.append(value)
        self._lists, self.n_rows = lists, n + 1

    @property
    def columns(self) -> dict[str, list[float]]:
        """The numbers of each column, in lists of their own."""
        return {name: self[name] for name in self._lists}

    def __getitem__(self, name: str) -> list[float]:
        return self._lists[name][: self.n_rows]

    def __len__(self) -> int:
        return self.n_rows

    def to_frame(self) -> pd.DataFrame:
        """Return a DataFrame, one row per epoch, counted from 1."""
        index = pd.RangeIndex(1, self.n_rows + 1, name="epoch")
        return pd.DataFrame(self.columns, index=index)

    def __getstate__(self):
        # Arrays of numbers pickle to a fraction of what lists of Python floats take.
        return {name: np.array(column) for name, column in self.columns.items()}, self.n_rows

    def __setstate__(self, state):
        columns, self.n_rows = state
        self._lists = {name: column.tolist() for name, column in columns.items()}


def joined(histories: dict[str, History]) -> pd.DataFrame:
    """Return one DataFrame of several histories, by name of their phase; rows count through."""
    names = dict.fromkeys(name for history in histories.values() for name in history.columns)
    table: dict[str, list] = {
        "phase": [phase for phase, history in histories.items() for _ in range(len(history))]
    }
    for name in names:
        table[name] = []
        for history in histories.values():
            table[name] += history.columns.get(name, [np.nan] * len(history))
    index = pd.RangeIndex(1, len(table["phase"]) + 1, name="epoch")
    return pd.DataFrame(table, index=index)

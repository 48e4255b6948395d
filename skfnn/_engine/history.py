"""History of a fit: one row an epoch."""

from __future__ import annotations

import numpy as np
import pandas as pd


class History:
    """Columns of numbers that grow by one row an epoch (or L-BFGS iteration).

    Columns appear when first recorded; earlier rows hold NaN there.
    """

    def __init__(self):
        self.columns: dict[str, list[float]] = {}
        self.n_rows = 0

    def append(self, **values: float) -> None:
        """Add one row."""
        for name in values:
            self.columns.setdefault(name, [np.nan] * self.n_rows)
        for name, column in self.columns.items():
            column.append(float(values.get(name, np.nan)))
        self.n_rows += 1

    def __getitem__(self, name: str) -> list[float]:
        return self.columns[name]

    def __len__(self) -> int:
        return self.n_rows

    def to_frame(self) -> pd.DataFrame:
        """Return a DataFrame, one row an epoch, counted from 1."""
        index = pd.RangeIndex(1, self.n_rows + 1, name="epoch")
        return pd.DataFrame(self.columns, index=index)

    def __getstate__(self):
        # Arrays of numbers pickle to a fraction of what lists of Python floats take.
        return {name: np.array(column) for name, column in self.columns.items()}, self.n_rows

    def __setstate__(self, state):
        columns, self.n_rows = state
        self.columns = {name: column.tolist() for name, column in columns.items()}


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

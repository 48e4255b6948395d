"""Rows as they came, in a form that a file of skops can hold: arrays, lists, text and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..preprocessing._frames import column_names, is_frame
from ..preprocessing._levels import as_simple
from ..preprocessing._values import as_objects


def held(X: Any) -> Any:
    """Return rows without what only pandas, polars or Python knows: a cell of such a kind is text.

    Parameters
    ----------
    X : DataFrame or ndarray
        The rows.
    """
    if not is_frame(X):
        return X if X.dtype != object else _column(X.ravel()).reshape(X.shape)
    names = column_names(X)
    if isinstance(X, pd.DataFrame):
        return names, [_column(X.iloc[:, j].to_numpy()) for j in range(len(names))]
    return names, [_column(X[name].to_numpy()) for name in names]


def _column(values):
    """Return the cells of a column as numbers or times, or else as simple objects."""
    if values.dtype.kind in "biufmM":
        return values
    missing = pd.isna(values)
    return as_objects(None if no else _cell(v) for v, no in zip(values, missing, strict=True))


def _cell(value):
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):  # several labels
        return [as_simple(label) for label in value]
    return as_simple(value)


def given_back(X: Any) -> Any:
    """Return the rows of what :func:`held` has returned."""
    if not isinstance(X, tuple):
        return X
    names, columns = X
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = pd.Index(names, tupleize_cols=False)
    return frame

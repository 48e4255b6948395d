"""Tables of every library as one thing: names, a number of rows, and the columns' values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ._values import Levels, Values, as_objects

# A table of so few rows is faster read as one array of objects than column by column.
FEW_ROWS = 50
# pandas looks at all levels for a row: where there are more, it is not asked.
FEW_LEVELS = 30


def is_frame(X: Any) -> bool:
    """Return whether X has named columns."""
    return (
        isinstance(X, pd.DataFrame)
        or _is_records(X)
        or _is_mapping(X)
        or _module(X) in ("pyarrow", "polars", "narwhals", "dask")
        or (hasattr(X, "columns") and hasattr(X, "__getitem__"))
        or bool(getattr(getattr(X, "dtype", None), "names", None))
    )


def to_frame(X: Any, names: Any = None) -> Any:
    """Return a table as a DataFrame of pandas or polars, or an object with ``columns``.

    Parameters
    ----------
    X : object
        Anything that ``is_frame`` accepts.
    names : array-like of str, default=None
        The columns seen in ``fit``, at prediction. Records need not have them all; what lacks is
        missing. No dtype is made up for what comes as Python's objects: it would be that of the
        rows together.
    """
    if isinstance(X, pd.DataFrame):
        return X
    if hasattr(X, "to_native"):  # narwhals
        X = X.to_native()
    library = _module(X)
    _refuse_lazy(X, library)
    if library == "pyarrow":
        return X.to_pandas()
    if _is_records(X):
        return _of_records(X, names)
    if _is_mapping(X):
        return _of_mapping(X, names)
    if getattr(getattr(X, "dtype", None), "names", None):  # a structured array
        return pd.DataFrame({name: X[name] for name in X.dtype.names})
    if hasattr(X, "columns"):
        return X
    return pd.DataFrame(X)


def dense(X: Any, name: str = "X") -> Any:
    """Return a table as a DataFrame or an array of two dimensions.

    Raises
    ------
    TypeError, ValueError
        If it is sparse, or no table.
    """
    if is_frame(X):
        return to_frame(X)
    if sparse.issparse(X):
        raise TypeError(f"{name} is a sparse matrix, but dense data is required: X.toarray().")
    X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(f"{name} must have two dimensions. Got shape {X.shape}.")
    return X


def _refuse_lazy(X, library):
    """Raise an error for a table whose rows have not been computed."""
    lazy = {
        "collect": not hasattr(X, "__len__"),
        "compute": library == "dask",
    }
    for method, is_lazy in lazy.items():
        if is_lazy and hasattr(X, method):
            raise TypeError(
                f"X is a {type(X).__name__} of {library}, whose rows have not been computed. Call "
                f".{method}() and give what it returns."
            )


def _of_records(X, names):
    """Return a list of dicts, one per row, as a DataFrame."""
    if names is None:
        return pd.DataFrame(list(X))
    every = dict.fromkeys(names)
    for row in X:
        every.update(dict.fromkeys(row))
    cells = as_objects(row.get(name) for row in X for name in every)
    return pd.DataFrame(cells.reshape(len(X), -1), columns=list(every), dtype=object)


def _of_mapping(X, names):
    """Return a dict of columns as a DataFrame."""
    if any(isinstance(c, str) or not hasattr(c, "__len__") for c in X.values()):
        raise TypeError("X is a dict of single values. Give a list of them, one per row: [X].")
    if names is None:
        return pd.DataFrame(dict(X))
    return pd.DataFrame({
        name: as_objects(column) if isinstance(column, (list, tuple)) else column
        for name, column in X.items()
    })  # fmt: skip


def column_names(frame: Any) -> list:
    """Return the names of a table's columns."""
    return list(frame.columns)


def columns(frame: Any, by_column: bool = False) -> list[Values]:
    """Return the values of each column of what ``to_frame`` returns.

    Parameters
    ----------
    frame : DataFrame or object with columns
        The table.
    by_column : bool, default=False
        Whether each column's dtype is to be known, however few the rows are.
    """
    names = column_names(frame)
    if isinstance(frame, pd.DataFrame):
        if len(frame) <= FEW_ROWS and not by_column:
            return _of_few_rows(names, frame)
        return [_of_series(name, frame.iloc[:, j]) for j, name in enumerate(names)]
    if _module(frame) == "polars":
        return [_of_polars(name, frame[name]) for name in names]
    return [Values(name, np.asarray(frame[name])) for name in names]


def _of_few_rows(names, frame):
    """Return the values of a DataFrame of few rows, as objects."""
    dtypes = list(frame.dtypes)
    if all(isinstance(dtype, np.dtype) and dtype.kind == "f" for dtype in dtypes):
        cells = frame.to_numpy(dtype=np.float64)
        return [Values(name, cells[:, j]) for j, name in enumerate(names)]
    apart = [_is_apart(dtype) for dtype in dtypes]
    if not any(apart):
        cells = frame.to_numpy(dtype=object)
        return [
            Values(name, cells[:, j], given=dtype)
            for j, (name, dtype) in enumerate(zip(names, dtypes, strict=True))
        ]
    rest = iter(frame.loc[:, np.logical_not(apart)].to_numpy(object).T)
    return [
        _of_series(name, frame.iloc[:, j]) if apart[j] else Values(name, next(rest), given=dtype)
        for j, (name, dtype) in enumerate(zip(names, dtypes, strict=True))
    ]


def _is_apart(dtype):
    """Return whether objects of a dtype are not what the dtype means, or too many to look at."""
    if isinstance(dtype, np.dtype):
        return False
    if isinstance(dtype, pd.CategoricalDtype):
        return len(dtype.categories) > FEW_LEVELS
    return isinstance(dtype, (pd.PeriodDtype, pd.IntervalDtype, pd.ArrowDtype))


def _levels(array: pd.Categorical) -> np.ndarray:
    """Return the level of each row as an object, None where missing."""
    codes, categories = array.codes, array.categories
    if len(codes) < len(categories):  # not all of them
        known = codes >= 0
        out = np.full(len(codes), None, dtype=object)
        out[known] = categories.take(codes[known]).astype(object)
        return out
    return np.array([*categories.astype(object), None], dtype=object)[codes]


def _of_categories(name: Any, array: pd.Categorical) -> Values:
    """Return the values of a column of categories."""
    if len(array) < len(array.categories):
        return Values(name, _levels(array), "category", categorical=True)
    levels = array.categories.to_numpy(dtype=object)
    return Levels(name, array.codes, levels, "category", categorical=True)


def _module(X):
    return type(X).__module__.partition(".")[0]


def _is_mapping(X):
    return isinstance(X, Mapping) and not hasattr(X, "shape")


def _is_records(X):
    return isinstance(X, (list, tuple)) and bool(len(X)) and all(isinstance(r, Mapping) for r in X)


def _of_series(name: Any, series: pd.Series) -> Values:
    """Return the values of a pandas column of any dtype."""
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        return Values(name, series.to_numpy(), str(dtype))
    if isinstance(dtype, pd.CategoricalDtype):
        return _of_categories(name, series.array)
    if isinstance(dtype, pd.DatetimeTZDtype):
        naive = series.dt.tz_convert(None).to_numpy()
        return Values(name, naive, str(dtype), zone=str(dtype.tz))
    if isinstance(dtype, pd.PeriodDtype):
        return Values(name, series.dt.to_timestamp().to_numpy(), str(dtype))
    if isinstance(dtype, pd.SparseDtype):
        return Values(name, np.asarray(series.array), str(dtype))
    if isinstance(dtype, pd.IntervalDtype):
        text = series.astype(object).map(str, na_action="ignore")
        return Values(name, text.to_numpy(dtype=object), str(dtype))
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        whole = pd.api.types.is_integer_dtype(dtype)
        if whole and not series.hasnans:
            return Values(name, series.to_numpy(np.int64 if dtype.kind == "i" else np.uint64),
                          str(dtype))  # fmt: skip
        numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
        return Values(name, numbers, str(dtype), whole=whole)
    shown = str(dtype)
    if isinstance(dtype, pd.StringDtype):
        places, levels = pd.factorize(series.array)
        return Levels(name, places, levels.to_numpy(dtype=object), shown)
    return Values(
        name, series.astype(object).to_numpy(dtype=object), shown,
        categorical=shown.startswith("dictionary"),
    )  # fmt: skip


def _of_polars(name: Any, series: Any) -> Values:
    """Return the values of a polars column of any dtype, without importing polars."""
    dtype = series.dtype
    shown = str(dtype)
    kind = shown.partition("(")[0]
    if kind == "Datetime":
        zone = dtype.time_zone
        if zone is not None:
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return Values(name, series.to_numpy(), shown, zone=zone)
    if kind in ("Date", "Duration") or (dtype.is_numeric() and kind != "Decimal"):
        whole = dtype.is_integer() and series.null_count() > 0
        return Values(name, series.to_numpy(), shown, whole=whole)
    values = np.empty(len(series), dtype=object)
    values[:] = series.to_list()
    return Values(name, values, shown, categorical=kind in ("Categorical", "Enum"))


def of_array(X, infer=True):
    """Return the values of each column of an array.

    Parameters
    ----------
    X : ndarray of shape (n, m)
        Numbers, dates, time spans or objects.
    infer : bool, default=True
        Whether the dtype of objects is found out from all rows, as in ``fit``.
    """
    if X.dtype.kind == "O" and infer:
        return columns(pd.DataFrame(X).infer_objects())
    return [Values(j, X[:, j]) for j in range(X.shape[1])]

"""Fits, called as a user may call them: at once, by names of columns, by streams, in parts."""

import inspect
import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

PARTS = ("one part", "two parts")  # calls of partial_fit
BESIDE = {"sample_weight": "weight", "groups": "group"}


class Unwritten(Exception):
    """The data cannot be written to a file of this format."""


def length(X):
    return X.shape[0] if hasattr(X, "shape") else len(X)


def rows_of(X, rows):
    """Some rows of anything, of None and of the name of a column, too."""
    if X is None or isinstance(X, str):
        return X
    if isinstance(X, pd.DataFrame):  # whose rows pandas takes in the machine's order of bytes alone
        foreign = [d for d in X.dtypes if isinstance(d, np.dtype) and not d.isnative]
        X = X.astype(foreign[0].newbyteorder("=")) if foreign else X
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if isinstance(X, list):
        return [X[i] for i in rows if i < len(X)]
    if sparse.issparse(X):
        return X.tocsr()[rows]
    return X[rows[rows < length(X)]]


class Rows(NamedTuple):
    """Rows to predict: X, and what a prediction needs beside it."""

    X: Any
    offset: Any = None
    groups: Any = None

    def at(self, rows):
        return Rows(*(rows_of(part, rows) for part in self))

    @property
    def beside(self):
        return {} if self.offset is None else {"offset": self.offset}


def is_row_by_row(value, n):
    return value is not None and np.ndim(value) == 1 and length(value) == n


@dataclass
class Fit:
    """A fit, to be made as often as is wanted.

    Attributes
    ----------
    X, y, weight : object
        Rows, targets (None of an autoencoder), weights.
    beside : dict
        Other arguments of ``fit``.
    arrival : str or None
        How rows come: all at once, or as one of ``random_data.ARRIVALS`` says.
    validated : bool
        Whether the first third of the rows stands for validation data, too.
    """

    X: Any
    y: Any
    weight: Any
    beside: dict = field(default_factory=dict)
    arrival: str | None = None
    validated: bool = False

    def __post_init__(self):
        self.names = None
        if self.arrival in ("columns", "frames", "parquet", "csv"):
            self.table, self.names = self._table()
        if self.arrival in ("parquet", "csv"):
            self._write()
        features = self.X if self.names is None else self.table
        if hasattr(features, "columns"):
            apart = {"weight", "group", *self._targets()}
            if isinstance(self.beside.get("groups"), str):  # a column that is no feature then
                apart.add(self.beside["groups"])
            features = features[[c for c in features.columns if c not in apart]]
        self.rows = Rows(features, self.beside.get("offset"), self.beside.get("calibration_groups"))

    def _targets(self):
        return [self.names] if isinstance(self.names, str) else self.names or []

    def _table(self):
        """Return the rows as one table with all their columns, and the names of the targets."""
        X = self.X
        if isinstance(X, np.ndarray):
            X = pd.DataFrame(X, columns=[f"c{i}" for i in range(X.shape[1])])
        y = self.y.toarray() if sparse.issparse(self.y) else self.y
        if np.ndim(y) == 1:
            names, columns = "target", {"target": y}
        else:
            y = np.asarray(y)
            columns = {f"target{j}": y[:, j] for j in range(y.shape[1])}
            names = list(columns)
        for name, column in BESIDE.items():
            value = self.weight if name == "sample_weight" else self.beside.get(name)
            if is_row_by_row(value, length(X)):
                columns[column] = value
        if not hasattr(X, "columns"):  # to be refused
            return X, None
        columns = {name: np.asarray(value) for name, value in columns.items()}
        if hasattr(X, "assign"):
            return X.assign(**columns), names
        import polars

        return X.with_columns([polars.Series(n, c) for n, c in columns.items()]), names

    def _write(self):
        """Write the table to a file, and read it as the estimator will."""
        if self.names is None:
            raise Unwritten
        folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        path = str(Path(folder) / f"rows.{self.arrival}")
        table = self.table if hasattr(self.table, "iloc") else self.table.to_pandas()
        try:
            if self.arrival == "csv":
                table.to_csv(path, index=False)
                self.table = pd.read_csv(path)
            else:
                table.to_parquet(path, row_group_size=max(1, len(table) // 2))
                self.table = pd.read_parquet(path)
        except Exception as error:  # pyarrow's, of many kinds
            raise Unwritten from error
        self.path = path

    def steps(self, m):
        """Return the calls that a fit of an estimator consists of."""
        n = length(self.X)
        if self.arrival == "one part":
            return [self._part(m, np.arange(n))]
        if self.arrival == "two parts":
            return [self._part(m, rows) for rows in self._halves() if len(rows)]
        X, y, given = self.X, () if self.y is None else (self.y,), dict(self.beside)
        given["sample_weight"] = self.weight
        if self.names is not None:
            y = (self.names,)
            named = [name for name in BESIDE if BESIDE[name] in self.table.columns]
            given.update({name: BESIDE[name] for name in named})
        match self.arrival:
            case "columns":
                X = self.table
            case "pairs":
                y, X = (), self._pairs
            case "frames":
                X = self._frames
            case "parquet" | "csv":
                X = self.path
        if self.validated:
            given.update(self._validation())
        given = {name: value for name, value in given.items() if value is not None}
        return [lambda: m.fit(X, *y, **given)]

    def __call__(self, m):
        for step in self.steps(m):
            step()
        return m

    def _halves(self):
        return np.array_split(np.arange(length(self.X)), 2)

    def _pairs(self):
        for rows in self._halves():
            yield rows_of(self.X, rows), rows_of(self.y, rows)

    def _frames(self):
        table = self.X if self.names is None else self.table
        for rows in self._halves():
            yield rows_of(table, rows)

    def _part(self, m, rows):
        """Return a call of partial_fit."""

        def call():
            try:
                known = inspect.signature(m.partial_fit).parameters
            except AttributeError as error:
                raise TypeError(str(error.__cause__)) from error
            given = {"sample_weight": self.weight, **self.beside}
            given = {name: rows_of(given[name], rows) for name in given if name in known}
            if "classes" in known:
                given["classes"] = self._classes()
            y = () if self.y is None else (rows_of(self.y, rows),)
            return m.partial_fit(rows_of(self.X, rows), *y, **given)

        return call

    def _classes(self):
        """Return all classes that there are, as partial_fit wants to know them."""
        if np.ndim(self.y) == 2 and self.y.shape[1] > 1:
            return np.arange(self.y.shape[1])
        return np.unique(np.asarray(self.y))

    def _validation(self):
        """Return the arguments of fit that are validation data."""
        some = np.arange(max(1, length(self.X) // 3))
        rows = self.rows.at(some)
        labels = None if isinstance(rows.groups, str) else rows.groups
        return {
            "X_val": rows.X, "y_val": rows_of(self.y, some), "offset_val": rows.offset,
            "sample_weight_val": rows_of(self.weight, some), "calibration_groups_val": labels,
        }  # fmt: skip

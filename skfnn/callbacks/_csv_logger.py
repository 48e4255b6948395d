"""The history as a CSV file, row by row."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from ._base import HistoryCallback, check


class CSVLogger(HistoryCallback):
    """Write each epoch's row of the history to a file, as soon as the epoch is over.

    A new fit begins the file anew. One that goes on from another (``warm_start``, ``partial_fit``)
    goes on with the file, from the row after its last one.

    Parameters
    ----------
    path : str or Path
        The file; it is for one fit at a time.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from sklearn.datasets import load_iris
    >>> from skfnn import FNNClassifier
    >>> from skfnn.callbacks import CSVLogger
    >>> X, y = load_iris(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     logger = CSVLogger(Path(folder) / "log.csv")
    ...     model = FNNClassifier(tol=0.01, random_state=0)
    ...     _ = model.set_callbacks(logger).fit(X, y)
    ...     log = pd.read_csv(logger.path, index_col="epoch")
    >>> log.equals(model.history_)
    True
    """

    def __init__(self, path: str | os.PathLike) -> None:
        check(self, "path", path, isinstance(path, (str, os.PathLike)), "a path")
        self.path = path

    def _row(self, fit, epoch, row, fitted_estimator):
        if "columns" not in fit:
            fit["columns"] = ["epoch", *row]
            self._start(fit["columns"], epoch)
        self._write([[epoch, *(row.get(name, "") for name in fit["columns"][1:])]], "a")

    def _start(self, columns, epoch):
        """Write the header, and of a fit that goes on the rows before."""
        path, before = Path(self.path), []
        if epoch > 1 and path.exists():
            with path.open(newline="") as file:
                header, *rows = list(csv.reader(file)) or [columns]
            if header != columns:
                raise ValueError(
                    f"CSVLogger: {os.fspath(path)!r} has the columns {header}, this fit "
                    f"{columns}. Give another path."
                )
            before = [row for row in rows if row and int(row[0]) < epoch]
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write([columns, *before], "w")

    def _write(self, rows: Iterable[list], how: str) -> None:
        with Path(self.path).open(how, newline="") as file:
            csv.writer(file).writerows(rows)

"""Models saved while they are trained."""

from __future__ import annotations

import math
import os
from pathlib import Path

from ._base import ColumnCallback, HistoryCallback, check, is_count, needed


class ModelCheckpoint(HistoryCallback):
    """Write the model to a file during a fit, after every epoch or where it is the best so far.

    Files are written by skops, which loads a model without running code from the file; each is
    complete or not there at all. To go on from one, load it, set ``warm_start=True`` and fit again:
    the weights and the history go on, the optimizer's memory and the learning rate start anew.

    Parameters
    ----------
    path : str or Path
        The file. ``{epoch}`` and names of columns are filled in: "model-{epoch:03d}.skops". Without
        such a field the file is replaced.
    monitor : str, default=None
        The column of ``history_`` that decides which epoch is best; only those are written. None
        writes every one.
    mode : {"auto", "min", "max"}, default="auto"
        Whether small or large values of it are good; "auto" tells it by the column's name.
    every : int, default=1
        Look at each ``every``-th epoch only.

    Attributes
    ----------
    last_path_ : Path or None
        The file written last.
    best_value_ : float or None
        The value of ``monitor`` there.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import skops.io
    >>> from sklearn.datasets import load_iris
    >>> from skfnn import FNNClassifier
    >>> from skfnn.callbacks import ModelCheckpoint
    >>> from skfnn.export import skops_trusted_types
    >>> X, y = load_iris(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoint = ModelCheckpoint(Path(folder) / "best.skops", monitor="loss")
    ...     model = FNNClassifier(tol=0.01, random_state=0)
    ...     _ = model.set_callbacks(checkpoint).fit(X, y)
    ...     best = skops.io.load(checkpoint.last_path_, trusted=skops_trusted_types())
    >>> best.loss_ == min(model.loss_curve_)
    True
    """

    def __init__(
        self,
        path: str | os.PathLike,
        *,
        monitor: str | None = None,
        mode: str = "auto",
        every: int = 1,
    ) -> None:
        check(self, "path", path, isinstance(path, (str, os.PathLike)), "a path")
        check(self, "every", every, is_count(every) and every > 0, "an int from 1 on")
        self.path, self.monitor, self.mode, self.every = path, monitor, mode, every
        self._column = None if monitor is None else ColumnCallback(monitor, mode)
        _skops()  # an error now, not after an epoch
        self.last_path_: Path | None = None
        self.best_value_: float | None = None

    def _begun(self, estimator):
        return {"best": -math.inf, "seen": 0}

    def _row(self, fit, epoch, row, fitted_estimator):
        fit["seen"] += 1
        if fit["seen"] % self.every:
            return
        if self._column is not None:
            value = self._column._value(row)
            if value <= fit["best"]:
                return
            fit["best"] = value
            self.best_value_ = self._column._sign * value
        path = Path(os.fspath(self.path).format(epoch=epoch, **row))
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            _skops().dump(fitted_estimator.set_callbacks(), unfinished)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
        self.last_path_ = path


def _skops():
    return needed("ModelCheckpoint", "skops.io", "skops", "callbacks")

"""Callbacks for what is otherwise written by hand: stopping, checkpoints, pruning, log files.

They follow the protocol of ``sklearn.callback`` and need scikit-learn 1.9 or later, as
``set_callbacks`` says where it is older. Set them on the network itself, also where it stands in a
pipeline or in a search. Each looks at the row that an epoch (for L-BFGS an iteration, or a call of
``partial_fit``) adds to ``history_``, so any of its columns can be followed.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterable
from numbers import Integral, Real
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ._estimators.base import BaseFNN
from .metrics import direction_of

__all__ = ["CSVLogger", "EarlyStopping", "ModelCheckpoint", "OptunaPruning", "TensorBoard"]

# The tasks that add one row to the history.
ROWS = frozenset({"epoch", "iteration", "partial_fit"})


class _HistoryCallback:
    """A callback that is told of each row of the history.

    One object may be set on several estimators, and copies of an estimator share it: what belongs
    to one fit is kept by that fit's context, and forgotten at its end.
    """

    def setup(self, estimator: Any, context: Any) -> None:
        """Begin a fit.

        Parameters
        ----------
        estimator : estimator
            The estimator that is fitted.
        context : sklearn.callback.CallbackContext
            The fit.

        Raises
        ------
        TypeError
            If the estimator is none whose epochs can be followed.
        """
        if not isinstance(estimator, BaseFNN):
            raise TypeError(
                f"{type(self).__name__} follows the epochs of FNNClassifier, FNNRegressor and "
                f"FNNAutoencoder. Got {type(estimator).__name__}. In a pipeline or a search, set "
                "it on the network inside."
            )
        self._fits()[context] = self._begun(estimator)

    def teardown(self, estimator: Any, context: Any) -> None:
        """End a fit, however it went.

        Parameters
        ----------
        estimator : estimator
            The estimator that is fitted.
        context : sklearn.callback.CallbackContext
            The fit.
        """
        fit = self._fits().pop(context, None)
        if fit is not None:
            self._ended(fit)

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing: a row is there at the end of an epoch.

        Parameters
        ----------
        estimator : estimator
            The estimator that is fitted.
        context : sklearn.callback.CallbackContext
            The fit, or an epoch.
        """

    def on_fit_task_end(self, estimator: Any, context: Any, *, fitted_estimator: Any) -> bool:
        """Look at the row of an epoch.

        Parameters
        ----------
        estimator : estimator
            The estimator that is fitted.
        context : sklearn.callback.CallbackContext
            The fit, or an epoch.
        fitted_estimator : estimator or None
            A copy as it is after the epoch; None where nothing was trained.

        Returns
        -------
        bool
            Whether to end the fit.
        """
        fit = self._fit_of(context)
        if context.task_name == "fit":
            self._finished(fit, estimator)
        if context.task_name not in ROWS or fitted_estimator is None:
            return False
        table = fitted_estimator.history_
        return bool(
            self._row(fit, int(table.index[-1]), table.iloc[-1].to_dict(), fitted_estimator)
        )

    def _fit_of(self, context):
        fits = self._fits()
        while context not in fits:
            context = context.parent
        return fits[context]

    def _fits(self):
        return vars(self).setdefault("_running", WeakKeyDictionary())

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "_running"}

    def __repr__(self):
        given = ((name, value) for name, value in vars(self).items() if name in self._shown())
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in given)})"

    def _shown(self):
        code = type(self).__init__.__code__
        return code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]

    def _begun(self, estimator) -> Any:
        """Return what is to be remembered of a fit."""
        return {}

    def _finished(self, fit, estimator) -> None:
        """Change an estimator that has just been fitted."""

    def _ended(self, fit) -> None:
        """Let go of what a fit held open; publish what is to be read after it."""

    def _row(self, fit, epoch: int, row: dict[str, Any], fitted_estimator) -> bool | None:
        """Look at one row; return whether to end the fit."""
        raise NotImplementedError


class _Following(_HistoryCallback):
    """A callback that follows one column."""

    def __init__(self, monitor: str, mode: str):
        _check(self, "monitor", monitor, isinstance(monitor, str), "a column of history_")
        _check(self, "mode", mode, mode in ("auto", "min", "max"), "'auto', 'min' or 'max'")
        self.monitor, self.mode = monitor, mode
        self._sign = _sign(type(self).__name__, monitor, mode)

    def _value(self, row):
        """Return the followed value, larger where it is better; an unknown one as the worst."""
        if not isinstance(row.get(self.monitor), Real):
            raise ValueError(
                f"{type(self).__name__}(monitor={self.monitor!r}): history_ has no such numbers, "
                f"only {sorted(name for name in row if isinstance(row[name], Real))}."
                f"{_advice(self.monitor)}"
            )
        value = self._sign * float(row[self.monitor])
        return -math.inf if math.isnan(value) else value


def _check(owner, name, value, good, allowed):
    if not good:
        raise ValueError(f"{type(owner).__name__}: {name} must be {allowed}. Got {value!r}.")


def _sign(callback: str, monitor: str, mode: str) -> int:
    """Return 1 where larger values of a column are better, else -1."""
    if mode != "auto":
        return 1 if mode == "max" else -1
    sign = direction_of(monitor.removeprefix("val_"))
    if sign:
        return sign
    raise ValueError(
        f"{callback}(monitor={monitor!r}): whether it is to be large or small does not follow from "
        "its name. Give mode='max' or mode='min'."
    )


def _advice(monitor: str) -> str:
    name = monitor.removeprefix("val_")
    advice = []
    if name != "loss":
        advice.append(f"Give the estimator metrics=[..., {name!r}].")
    if monitor.startswith("val_"):
        advice.append("A 'val_' column needs X_val and y_val in fit, or early_stopping=True.")
    return "".join(f" {part}" for part in advice)


class EarlyStopping(_Following):
    """End a fit once a column of the history no longer improves.

    As ``early_stopping=True`` does for one score; here for any column, also of the training rows.
    The arguments are those of Keras' callback of this name.

    Parameters
    ----------
    monitor : str, default="val_loss"
        The column of ``history_`` to follow: "loss", "val_loss", a metric, "val_" and a metric.
    patience : int, default=10
        Epochs without an improvement after which the fit ends.
    min_delta : float, default=0.0
        The improvement that counts is larger than this.
    mode : {"auto", "min", "max"}, default="auto"
        Whether small or large values are good; "auto" tells it by the column's name.
    start_from_epoch : int, default=0
        Epochs of the fit that are not looked at.
    restore_best_weights : bool, default=False
        Whether the fit ends with the weights of its best epoch, in place of the last one's.

    Attributes
    ----------
    best_epoch_ : int
        The best row of ``history_`` in the last fit.
    best_value_ : float
        The followed value there.
    stopped_epoch_ : int or None
        The row after which this callback ended the fit; None if something else did.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skfnn import FNNClassifier
    >>> from skfnn.callbacks import EarlyStopping
    >>> X, y = load_iris(return_X_y=True)
    >>> stopping = EarlyStopping("loss", patience=2, min_delta=0.01)
    >>> model = FNNClassifier(random_state=0).set_callbacks(stopping).fit(X, y)
    >>> model.n_iter_ == stopping.stopped_epoch_ == stopping.best_epoch_ + 2
    True
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        *,
        patience: int = 10,
        min_delta: float = 0.0,
        mode: str = "auto",
        start_from_epoch: int = 0,
        restore_best_weights: bool = False,
    ):
        super().__init__(monitor, mode)
        _check(self, "patience", patience, _is_count(patience), "an int from 0 on")
        _check(
            self, "min_delta", min_delta, isinstance(min_delta, Real) and min_delta >= 0,
            "a number from 0 on",
        )  # fmt: skip
        _check(
            self, "start_from_epoch", start_from_epoch, _is_count(start_from_epoch),
            "an int from 0 on",
        )  # fmt: skip
        self.patience, self.min_delta = patience, min_delta
        self.start_from_epoch, self.restore_best_weights = start_from_epoch, restore_best_weights

    def _finished(self, fit, estimator):
        if fit["best"] is not None:
            estimator._network.restore(fit["best"]._network.snapshot())

    def _begun(self, estimator):
        fit = {"value": -math.inf, "epoch": None, "seen": 0, "stale": 0, "best": None}
        return {**fit, "stopped": None}

    def _row(self, fit, epoch, row, fitted_estimator):
        value = self._value(row)
        fit["seen"] += 1
        if fit["seen"] <= self.start_from_epoch:
            return False
        if fit["epoch"] is None or value > fit["value"] + self.min_delta:
            fit.update(value=value, epoch=epoch, stale=0)
            fit["best"] = fitted_estimator if self.restore_best_weights else None
            return False
        fit["stale"] += 1
        if fit["stale"] < self.patience:
            return False
        fit["stopped"] = epoch
        return True

    def _ended(self, fit):
        self.best_epoch_, self.stopped_epoch_ = fit["epoch"], fit["stopped"]
        self.best_value_ = self._sign * fit["value"]


def _is_count(value) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 0


class ModelCheckpoint(_HistoryCallback):
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
        Look at every so many epochs only.

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
    ):
        _check(self, "path", path, isinstance(path, (str, os.PathLike)), "a path")
        _check(self, "every", every, _is_count(every) and every > 0, "an int from 1 on")
        self.path, self.monitor, self.mode, self.every = path, monitor, mode, every
        self._following = None if monitor is None else _Following(monitor, mode)
        self._io = _needed("ModelCheckpoint", "skops.io", "skops", "callbacks")
        self.last_path_: Path | None = None
        self.best_value_: float | None = None

    def _begun(self, estimator):
        return {"best": -math.inf, "seen": 0}

    def _row(self, fit, epoch, row, fitted_estimator):
        fit["seen"] += 1
        if fit["seen"] % self.every:
            return
        if self._following is not None:
            value = self._following._value(row)
            if value <= fit["best"]:
                return
            fit["best"] = value
            self.best_value_ = self._following._sign * value
        path = Path(os.fspath(self.path).format(epoch=epoch, **row))
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            self._io.dump(fitted_estimator.set_callbacks(), unfinished)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
        self.last_path_ = path


def _needed(what: str, module: str, package: str, extra: str | None):
    """Import an optional package, or say how to get it."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        install = package if extra is None else f"'skfnn[{extra}]'"
        raise ImportError(f"{what} needs {package}: pip install {install}.") from error


class OptunaPruning(_Following):
    """Report a column of the history to a trial of Optuna, and end the trial where it is pruned.

    The fit then raises ``optuna.TrialPruned``, by which Optuna knows. Of several fits in one trial,
    as in cross-validation, the first one reports; give ``cross_val_score`` ``error_score="raise"``,
    and one process.

    Parameters
    ----------
    trial : optuna.Trial
        The trial.
    monitor : str, default="val_loss"
        The column of ``history_`` to report.
    mode : {"auto", "min", "max"}, default="auto"
        Whether small or large values of it are good; the study's direction has to be the same.

    Examples
    --------
    >>> import optuna
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import train_test_split
    >>> from skfnn import FNNClassifier
    >>> from skfnn.callbacks import OptunaPruning
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> X, y = load_iris(return_X_y=True)
    >>> X, X_val, y, y_val = train_test_split(X, y, stratify=y, random_state=0)
    >>> def objective(trial):
    ...     rate = trial.suggest_float("learning_rate_init", 1e-3, 1e-1, log=True)
    ...     model = FNNClassifier(learning_rate_init=rate, tol=0.02, random_state=0)
    ...     model.set_callbacks(OptunaPruning(trial))
    ...     return model.fit(X, y, X_val=X_val, y_val=y_val).history_["val_loss"].min()
    >>> study = optuna.create_study(direction="minimize", pruner=optuna.pruners.MedianPruner(2))
    >>> study.optimize(objective, n_trials=4)
    >>> study.best_value < 0.7
    True
    """

    def __init__(self, trial: Any, monitor: str = "val_loss", *, mode: str = "auto"):
        super().__init__(monitor, mode)
        self._optuna = _needed("OptunaPruning", "optuna", "optuna", None)
        direction = trial.study.direction.name.lower()
        wanted = "maximize" if self._sign > 0 else "minimize"
        if direction != wanted:
            raise ValueError(
                f"OptunaPruning(monitor={monitor!r}) is to {wanted} it, in a study with "
                f"direction={direction!r}. Give create_study direction={wanted!r}, or mode=."
            )
        self.trial = trial
        self._n_fits = 0

    def _begun(self, estimator):
        self._n_fits += 1
        return {"reports": self._n_fits == 1}

    def _row(self, fit, epoch, row, fitted_estimator):
        if not fit["reports"]:
            return
        self._value(row)  # that it is there
        self.trial.report(float(row[self.monitor]), epoch)
        if self.trial.should_prune():
            raise self._optuna.TrialPruned(f"Trial was pruned at epoch {epoch}.")


class CSVLogger(_HistoryCallback):
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

    def __init__(self, path: str | os.PathLike):
        _check(self, "path", path, isinstance(path, (str, os.PathLike)), "a path")
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


class TensorBoard(_HistoryCallback):
    """Write the history for TensorBoard.

    Training and validation appear as two runs of one chart. Needs tensorboardX
    (``pip install 'skfnn[tensorboard]'``), which writes the files; to look at them, install
    TensorBoard and run ``tensorboard --logdir FOLDER``.

    Parameters
    ----------
    log_dir : str or Path
        The folder; runs are told apart by the folder below.
    weights_every : int, default=0
        Every how many epochs histograms of ``coefs_`` and ``intercepts_`` are written; 0 is never.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from skfnn import FNNClassifier
    >>> from skfnn.callbacks import TensorBoard
    >>> X, y = load_iris(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model = FNNClassifier(early_stopping=True, scoring="loss", random_state=0)
    ...     _ = model.set_callbacks(TensorBoard(folder)).fit(X, y)
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['train', 'validation']
    """

    def __init__(self, log_dir: str | os.PathLike, *, weights_every: int = 0):
        _check(self, "log_dir", log_dir, isinstance(log_dir, (str, os.PathLike)), "a path")
        _check(self, "weights_every", weights_every, _is_count(weights_every), "an int from 0 on")
        self.log_dir, self.weights_every = log_dir, weights_every
        _needed("TensorBoard", "tensorboardX", "tensorboardX", "tensorboard")

    def _writer(self, fit, run):
        if run not in fit:
            from tensorboardX import SummaryWriter

            fit[run] = SummaryWriter(os.path.join(self.log_dir, run))
        return fit[run]

    def _row(self, fit, epoch, row, fitted_estimator):
        for name, value in row.items():
            if isinstance(value, Real) and not np.isnan(value):
                run = "validation" if name.startswith("val_") else "train"
                tag = name.removeprefix("val_")
                self._writer(fit, run).add_scalar(tag, float(value), epoch)
        if self.weights_every and epoch % self.weights_every == 0:
            for kind in ("coefs_", "intercepts_"):
                for i, array in enumerate(getattr(fitted_estimator, kind)):
                    self._writer(fit, "train").add_histogram(f"{kind}/{i}", array, epoch)
        for writer in fit.values():
            writer.flush()

    def _ended(self, fit):
        for writer in fit.values():
            writer.close()

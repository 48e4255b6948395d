"""What the callbacks share: one row of the history at a time."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any
from weakref import WeakKeyDictionary

from .._estimators.base import BaseFNN
from ..metrics._resolve import direction_of

# The tasks that add one row to the history.
ROWS = frozenset({"epoch", "iteration", "partial_fit"})


class HistoryCallback:
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


class ColumnCallback(HistoryCallback):
    """A callback that follows one column."""

    def __init__(self, monitor: str, mode: str) -> None:
        check(self, "monitor", monitor, isinstance(monitor, str), "a column of history_")
        check(self, "mode", mode, mode in ("auto", "min", "max"), "'auto', 'min' or 'max'")
        self.monitor, self.mode = monitor, mode
        self._sign = sign(type(self).__name__, monitor, mode)

    def _value(self, row):
        """Return the followed value, larger where it is better; an unknown one as the worst."""
        if not isinstance(row.get(self.monitor), Real):
            raise ValueError(
                f"{type(self).__name__}(monitor={self.monitor!r}): history_ has no such numbers, "
                f"only {sorted(name for name in row if isinstance(row[name], Real))}."
                f"{advice(self.monitor)}"
            )
        value = self._sign * float(row[self.monitor])
        return -math.inf if math.isnan(value) else value


def check(owner, name, value, good, allowed):
    """Raise a ``ValueError`` that says what is allowed, unless ``good``."""
    if not good:
        raise ValueError(f"{type(owner).__name__}: {name} must be {allowed}. Got {value!r}.")


def sign(callback: str, monitor: str, mode: str) -> int:
    """Return 1 where larger values of a column are better, else -1."""
    if mode != "auto":
        return 1 if mode == "max" else -1
    found = direction_of(monitor.removeprefix("val_"))
    if found:
        return found
    raise ValueError(
        f"{callback}(monitor={monitor!r}): whether it is to be large or small does not follow from "
        "its name. Give mode='max' or mode='min'."
    )


def advice(monitor: str) -> str:
    """Return what to do where the history has no such column."""
    name = monitor.removeprefix("val_")
    parts = []
    if name != "loss":
        parts.append(f"Give the estimator metrics=[..., {name!r}].")
    if monitor.startswith("val_"):
        parts.append("A 'val_' column needs X_val and y_val in fit, or early_stopping=True.")
    return "".join(f" {part}" for part in parts)


def is_count(value) -> bool:
    """Return whether a value is an integer from 0 on."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 0


def needed(what: str, module: str, package: str, extra: str | None):
    """Import an optional package, or say how to get it."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        install = package if extra is None else f"'skfnn[{extra}]'"
        raise ImportError(f"{what} needs {package}: pip install {install}.") from error

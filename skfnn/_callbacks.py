"""scikit-learn's callbacks: what they are told about a fit, an epoch or iteration at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.callback import CallbackContext, CallbackSupportMixin

from ._sklearn import RUNNING_FIT, has_callbacks


class CallbackSupport(CallbackSupportMixin):
    """``set_callbacks``; copies and pickles made during a fit do not belong to that fit."""

    def __getstate__(self):
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name not in RUNNING_FIT}


class Tasks:
    """The tasks of one fit: the fit itself and, one after the other, its epochs or iterations.

    Weights and rows are copied only where a callback asks for them. Without callbacks nothing
    happens beyond one test a call.

    Parameters
    ----------
    estimator : CallbackSupport
        The estimator that is being fitted.
    task_name : str
        The name of the whole task.
    subtask_name : str
        The name of an epoch or iteration.
    max_subtasks : int
        How many of them there will be at most.
    X, y, sample_weight : array-like
        The rows as the user gave them, validated; weights may be None.
    rows : ndarray of int or None
        The training rows among them; None for all.
    fitted : callable
        Returns the attributes of an estimator that is fitted as far as training has come, copies
        of its own.
    """

    def __init__(self, estimator: Any, task_name: str, subtask_name: str, max_subtasks: int,
                 X, y, sample_weight, rows, fitted: Callable[[], dict]):  # fmt: skip
        self.estimator, self.subtask_name, self.fitted = estimator, subtask_name, fitted
        self.given, self.rows = (X, y, sample_weight), rows
        self.task: CallbackContext | None = None
        self.followed = has_callbacks(estimator)
        self.fit = estimator._init_callback_context(task_name, max_subtasks=max_subtasks)
        self._call(self.fit.call_on_fit_task_begin)

    def begin(self) -> None:
        """Begin an epoch or iteration."""
        if self.followed:
            self.task = self.fit.subcontext(task_name=self.subtask_name)
            self._call(self.task.call_on_fit_task_begin, self.fitted)

    def end(self) -> bool:
        """End it; return whether a callback wants to end the fit."""
        if self.task is None:
            return False
        task, self.task = self.task, None
        return self._call(task.call_on_fit_task_end, self.fitted)

    def finish(self) -> None:
        """End the fit."""
        if self.task is not None:  # begun, but never run: nothing to show
            self.task.call_on_fit_task_end(estimator=self.estimator)
        self._call(self.fit.call_on_fit_task_end, self.fitted)

    def _call(self, hook, fitted=None):
        X, y, metadata = (lambda: self._X), (lambda: self._y), (lambda: self._metadata)
        try:
            return hook(estimator=self.estimator, X=X, y=y, metadata=metadata,
                        reconstruction_attributes=fitted)  # fmt: skip
        except StopIteration as error:  # SciPy would take it for the wish to end L-BFGS
            raise RuntimeError(
                "A callback raised StopIteration. To end the fit, return True from on_fit_task_end."
            ) from error

    @cached_property
    def _X(self):
        return self._training(self.given[0])

    @cached_property
    def _y(self):
        return self._training(self.given[1])

    @cached_property
    def _metadata(self):
        weight = self.given[2]
        return None if weight is None else {"sample_weight": self._training(np.asarray(weight))}

    def _training(self, array):
        return array if self.rows is None else array[self.rows]

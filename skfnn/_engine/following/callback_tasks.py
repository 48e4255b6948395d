"""scikit-learn's callbacks: what they are told about a fit, an epoch or iteration at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from ..._sklearn import RUNNING_FIT, CallbackContext, has_callbacks


def outside_of_fit(state: dict[str, Any]) -> dict[str, Any]:
    """Return an estimator's attributes without those of a fit that is running."""
    return {name: value for name, value in state.items() if name not in RUNNING_FIT}


class CallbackTasks:
    """A task and those inside, one after the other.

    A fit and its epochs or iterations; or the fit of an ensemble, its members and their epochs.

    Weights and rows are copied only where a callback asks for them. Without callbacks nothing
    happens beyond one test per call.

    Parameters
    ----------
    estimator : Estimator
        The estimator that is being fitted.
    task : CallbackContext
        The whole task, which begins with this.
    subtask_name : str
        The name of those inside.
    X, y, sample_weight : array-like
        The rows as the user gave them, validated; weights may be None.
    rows : ndarray of int or None
        The training rows among them; None for all.
    fitted : callable
        Returns the attributes of an estimator that is fitted as far as training has come, copies
        of its own.
    """

    def __init__(self, estimator: Any, task: CallbackContext, subtask_name: str,
                 X, y, sample_weight, rows, fitted: Callable[[], dict]) -> None:  # fmt: skip
        self.estimator, self.subtask_name, self.fitted = estimator, subtask_name, fitted
        self.given, self.rows = (X, y, sample_weight), rows
        self.task = task
        self.subtask: CallbackContext | None = None
        self.heard = has_callbacks(estimator)
        self._call(self.task.call_on_fit_task_begin)

    def begin(self) -> None:
        """Begin a task inside."""
        if self.heard:
            self.subtask = self.task.subcontext(task_name=self.subtask_name)
            self._call(self.subtask.call_on_fit_task_begin, self.fitted)

    def end(self) -> bool:
        """End it; return whether a callback wants to end the whole task."""
        if self.subtask is None:
            return False
        subtask, self.subtask = self.subtask, None
        return self._call(subtask.call_on_fit_task_end, self.fitted)

    def inside(self, subtask_name: str, max_subtasks: int, rows, fitted) -> CallbackTasks:
        """Begin a task inside that has tasks of its own, and return it."""
        task = self.task.subcontext(task_name=self.subtask_name, max_subtasks=max_subtasks)
        return CallbackTasks(self.estimator, task, subtask_name, *self.given, rows, fitted)

    def finish(self) -> bool:
        """End the whole task; return whether a callback wants to end the one that it is inside."""
        if self.subtask is not None:  # begun, but never run: nothing to show
            self.subtask.call_on_fit_task_end(estimator=self.estimator)
        return self._call(self.task.call_on_fit_task_end, self.fitted)

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
        if self.rows is None:
            return array
        return array.iloc[self.rows] if hasattr(array, "iloc") else array[self.rows]

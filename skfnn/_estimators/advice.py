"""Errors in the user's words, where those of the libraries below speak of something else."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from .._engine.component import Component
from .._engine.loss import Loss
from .._engine.schedule import Schedule
from .._engine.warn import warn
from .._sklearn import InvalidParameterError


def check_rate(estimator: Any) -> None:
    """Refuse a number as the learning rate's schedule, which is what PyTorch and Keras call it.

    Raises
    ------
    InvalidParameterError
        With the parameter that is meant.
    """
    rate = estimator.learning_rate
    if isinstance(rate, Real) and not isinstance(rate, bool):
        raise InvalidParameterError(
            f"The 'learning_rate' parameter of {type(estimator).__name__} is the schedule, one of "
            f"{sorted(Schedule.registry)} or an instance of skfnn.schedules.Schedule. Got "
            f"{rate!r}. The rate itself is learning_rate_init={rate!r}."
        )


def check_nested(estimator: Any, params: dict[str, Any]) -> None:
    """Refuse a parameter of a part that is given by its name: a string has no parameters.

    Raises
    ------
    ValueError
        With the object to give in its place.
    """
    own = estimator.get_params(deep=False)
    for key in params:
        name, nested, inner = key.partition("__")
        part = params.get(name, own.get(name))
        if not nested or name not in own or hasattr(part, "set_params"):
            continue
        hint = ""
        if isinstance(part, str):
            found = [
                family.registry[part]
                for family in Component.__subclasses__()
                if part in family.registry and inner in family.registry[part]._get_param_names()
            ]
            if found:
                cls = found[0].__name__
                hint = (
                    f" Give the object: {name}={cls}({inner}=...), or {name}={cls}(), which has a "
                    f"parameter {key}. {cls} is in {found[0].__module__}."
                )
        raise ValueError(
            f"{key}={params[key]!r} is no parameter of {type(estimator).__name__} as long as "
            f"{name}={part!r}, which has none of its own.{hint}"
        )


def check_targets(estimator: Any, y: Any, task: str) -> Any:
    """Return ``y``; as numbers, where a regressor is given text that says numbers.

    Raises
    ------
    ValueError
        If an entry is missing, or is no number in regression.
    """
    kind = getattr(getattr(y, "dtype", None), "kind", "O")
    if y is None or sparse.issparse(y) or kind not in "OUST":
        return y
    values = np.asarray(y)
    if values.dtype.kind not in "OUST" or values.size == 0 or np.ndim(values.flat[0]):
        return y
    missing = pd.isna(values)
    if missing.any():
        row = int(np.argwhere(missing)[0, 0])
        raise ValueError(
            f"Input y contains NaN or None: {int(missing.sum())} of {values.size} entries, the "
            f"first in row {row}. Leave out the rows without a target."
        )
    if task != "regression":
        return y
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        bad = next(value for value in values.ravel().tolist() if not _is_number(value))
        name = type(estimator).__name__
        raise ValueError(
            f"y of {name} must be numbers. Got {bad!r}. To tell classes apart, use "
            f"{name.replace('Regressor', 'Classifier')}."
        ) from None


# On so few validation rows one row is much of the accuracy, which then stands still for epochs.
FEW_ROWS = 300
# Fewer tell nothing of when to stop, by accuracy or by loss.
FEWEST_ROWS = 10


def warn_of_standstill(estimator: Any, monitor: Any, n_rows: int) -> None:
    """Warn where accuracy ended a fit on few validation rows, while their loss still fell."""
    ended = monitor.finished.stale > monitor.stopping.patience
    if not (ended and estimator.early_stopping and estimator.scoring is None):
        return
    scores = monitor.scores[-monitor.n_epochs :]
    losses = monitor.history["val_loss"][-monitor.n_epochs :]
    best = int(np.argmax(scores))
    if not FEWEST_ROWS <= n_rows < FEW_ROWS or losses[-1] >= losses[best] - estimator.tol:
        return
    warn(
        f"The accuracy of the {n_rows} validation rows stood still from epoch {best + 1} on, whose "
        f"weights are kept, while their loss still fell, from {losses[best]:.3g} to "
        f"{losses[-1]:.3g}. On few rows, stop by the loss: scoring='loss'.",
        ConvergenceWarning,
    )


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _losses(has: Callable[[type[Loss]], bool]) -> list[str]:
    """Return the names of the losses of numbers that have something."""
    members = [cls for cls in Loss.members() if "regression" in cls.kinds and has(cls)]
    return sorted(cls.name for cls in members)


def laplace_losses() -> list[str]:
    """Return the losses with which ``solver="lm"`` knows how unsure a mean is."""
    return _losses(lambda cls: cls.laplace)


def _has(estimator: Any, parameter: str) -> bool:
    return parameter in estimator.get_params(deep=False)


def _ways(estimator, names):
    by_solver = ""
    if _has(estimator, "solver"):
        by_solver = f", or solver='lm' and one of {laplace_losses()}"
    return f"one of the losses {names}{by_solver}"


def ways_to_a_distribution(estimator: Any) -> str:
    """Return what to fit an estimator with, so that it has a predicted distribution.

    Parameters
    ----------
    estimator : estimator
        The estimator; what it has no parameter for is not advised.
    """
    names = _losses(lambda cls: cls.describes.is_distribution)
    return f"{_ways(estimator, names)}, or held-out rows: {held_out_rows(estimator)}"


def ways_to_a_std(estimator: Any) -> str:
    """Return what to fit an estimator with, so that it has standard deviations."""
    return _ways(estimator, _losses(lambda cls: cls.describes.std is not None))


def held_out_rows(estimator: Any) -> str:
    """Return how an estimator gets held-out rows."""
    more = "set early_stopping=True" if _has(estimator, "early_stopping") else "fit on more rows"
    return f"give fit X_val and y_val, or {more}"


def held_out_advice(estimator: Any, coverage: float, n_rows: int) -> str:
    """Return what to say where intervals of a coverage need more than so many held-out rows."""
    if not n_rows:
        return (
            "calibrated=True needs held-out rows, and this fit had none: "
            f"{held_out_rows(estimator)}."
        )
    return (
        f"coverage={coverage!r} needs more than {n_rows} held-out rows: lower it, or fit on more "
        "rows."
    )

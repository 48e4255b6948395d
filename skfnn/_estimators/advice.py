"""Errors in the user's words, where those of the libraries below speak of something else."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from .._engine.network.forward import raw_scores
from .._engine.objective.distribution import Calibration
from .._engine.objective.loss import Loss
from .._engine.program.schedule import Schedule
from .._engine.support.component import Component
from .._engine.support.warn import warn
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
    own = estimator.get_params()
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
    _warn_with(
        "The accuracy of the validation rows stood still, which ended training, while their loss "
        "still fell: on few rows, stop by the loss: scoring='loss'. The weights of the best "
        "accuracy are kept. See the warning's figures.",
        n_rows=n_rows,
        best_epoch=best + 1,
        loss_then=losses[best],
        loss_at_the_end=losses[-1],
    )


def _warn_with(text: str, **figures: float) -> None:
    """Warn by a text that is always the same, so that filters can group it; figures go along."""
    warning: Any = ConvergenceWarning(text)
    warning.figures = figures
    warn(warning)


# Columns whose sizes differ by more than FAR_APART, and targets beyond LARGE_TARGETS, are learned
# badly.
FAR_APART = 1000.0
LARGE_TARGETS = 500.0
# SCALE_ROWS rows tell the sizes, and whether a fit is any good: it is not if it explains no larger
# share than NO_BETTER, or is right in no more rows than BY_CHANCE standard errors above a constant.
SCALE_ROWS = 2000
NO_BETTER = 0.01
BY_CHANCE = 3.0


def warn_of_scales(estimator: Any, fitted: Any, data: Any) -> None:
    """Warn where a fit is no better than a constant, and columns or targets differ in size.

    Parameters
    ----------
    estimator : estimator
        Names itself and the table's estimator of its kind.
    fitted : Fitted
        What was learned.
    data : Data
        The training rows.
    """
    rows = np.arange(data.X.shape[0]) if data.rows is None else data.rows
    if data.weight is not None:
        rows = rows[data.weight[rows] > 0]
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, SCALE_ROWS).astype(int))]
    X, y = data.X[rows], data.y[rows]
    sizes = _sizes(X)
    spread = float(sizes.max() / sizes.min()) if len(sizes) else 1.0
    is_class = data.target.kind != "regression"
    large = 0.0
    if not is_class and fitted.loss.link.unbounded:  # else training begins at their logarithm
        large = float(_sizes(y.reshape(len(y), -1)).max(initial=0.0))
    if spread <= FAR_APART and large <= LARGE_TARGETS:
        return
    raw = raw_scores(fitted.network, X, X.dtype)
    if not np.isfinite(raw).all():
        return
    raw = fitted.loss.pool(raw, fitted.target.n_outputs)
    if _is_better(y, fitted.target.decide(raw, fitted.loss), is_class):
        return
    table = "TabularFNNClassifier" if is_class else "TabularFNNRegressor"
    _warn_with(
        f"{type(estimator).__name__} predicts no better than a constant, and columns of X differ "
        "in size by more than 1000 times, or y is large: networks learn that badly. Scale X "
        "(make_pipeline(StandardScaler(), ...)) and y (TransformedTargetRegressor), or take "
        f"{table}, which scales by itself. See the warning's figures.",
        sizes_of_columns=spread,
        size_of_y=large,
    )


def _sizes(X: Any) -> np.ndarray:
    """Return the largest absolute value of each column that is not 0 everywhere.

    Of a sparse matrix only columns count that are mostly filled: few rows say little of others.
    """
    largest = abs(X).max(axis=0)
    if sparse.issparse(X):
        filled = np.asarray((X != 0).sum(axis=0)).ravel() >= X.shape[0] / 2
        largest = np.where(filled, np.asarray(largest.todense()).ravel(), 0.0)
    return largest[largest > 0].astype(np.float64)


def _is_better(y: np.ndarray, decided: np.ndarray, is_class: bool) -> bool:
    """Return whether predictions are better than a constant, of one output at least."""
    if y.ndim == 2 and decided.ndim == 1 and is_class:  # probabilities, of which the largest counts
        y = y.argmax(axis=1)
    y, decided = y.reshape(len(y), -1), decided.reshape(len(y), -1)
    if is_class:
        most = [np.unique(column, return_counts=True)[1].max() / len(y) for column in y.T]
        chance = BY_CHANCE * np.sqrt(0.25 / len(y))
        return bool(np.max((y == decided).mean(axis=0) - most) > max(NO_BETTER, chance))
    with np.errstate(over="ignore", invalid="ignore"):
        y = y.astype(np.float64)
        errors = ((y - decided.astype(np.float64)) ** 2).mean(axis=0)
        left = errors / np.maximum(y.var(axis=0), np.finfo(float).tiny)
    return not (left >= 1 - NO_BETTER).all()  # also where squares overflow


def warn_of_few_held_out(coverage: float, n_rows: int) -> None:
    """Warn that a coverage needs more held-out rows than there are."""
    warn(
        f"coverage={coverage!r} needs {Calibration.rows_for(coverage)} held-out rows, and this fit "
        f"had {n_rows}: the intervals reach as far as the predicted distribution says and as all "
        "held-out rows do, and hold what they promise as far as the distribution is right."
    )


def better_suited(error: ValueError, estimator: Any) -> str | None:
    """Return what to say where X holds missing values or text, which another estimator takes.

    None for others.
    """
    text, name = str(error), type(estimator).__name__
    table = {"FNNClassifier": "TabularFNNClassifier", "FNNRegressor": "TabularFNNRegressor"}
    if name not in table:
        return None
    if "contains NaN" in text and "Input X" in text:
        first = text.splitlines()[0]
        return (
            f"{first}\n{name} takes numbers alone. {table[name]} takes missing values and raw "
            "columns as they are; or fill them before, by a SimpleImputer in a pipeline."
        )
    if "could not convert string to float" in text:
        return (
            f"{text}\nX of {name} must be numbers. {table[name]} takes columns of text, dates and "
            "categories as they are."
        )
    return None


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
    """Return what to say where intervals of a coverage need more than ``n_rows`` held-out rows."""
    if not n_rows:
        return (
            "calibrated=True needs held-out rows, and this fit had none: "
            f"{held_out_rows(estimator)}."
        )
    return (
        f"coverage={coverage!r} needs more than {n_rows} held-out rows: lower it, or fit on more "
        "rows."
    )

"""Groups of rows that a calibration is to hold for, as the user gives them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._engine.objective.conformal import Grouped, Held, as_labels
from .._engine.objective.weights import check_weights
from ..preprocessing._frames import column_names, is_frame, to_frame


def column_of(X: Any, column: Any, name: str) -> Any:
    """Return the values of a column of a table.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    if not is_frame(X):
        raise ValueError(
            f"{name}={column!r} names a column, and X is an array without names. Give the groups "
            "themselves, one per row."
        )
    frame = to_frame(X)
    if column not in column_names(frame):
        raise ValueError(f"{name}={column!r} is no column of X. Got {column_names(frame)[:20]}.")
    return frame[column]


def labels_of(
    groups: Any, X: Any, n: int, name: str = "calibration_groups"
) -> tuple[np.ndarray, Any]:
    """Return the labels of rows, and the column that has them, or None.

    Parameters
    ----------
    groups : hashable or array-like of shape (n_samples,)
        The name of a column of X, or the labels.
    X : array-like of shape (n_samples, n_features)
        The rows as the user gave them.
    n : int
        How many they are.
    name : str
        The user's parameter, for messages.

    Raises
    ------
    ValueError
        If there is no such column, or not a label for each row.
    """
    if np.ndim(groups) == 0:
        return as_labels(column_of(X, groups, name)), groups
    if np.ndim(groups) != 1 or len(groups) != n:
        raise ValueError(
            f"{name} must be the name of a column of X, or hold a group for each of the {n} rows. "
            f"Got an array of shape {np.shape(groups)}."
        )
    return as_labels(groups), None


def labels_at(calibration: Any, groups: Any, X: Any, n: int) -> np.ndarray | None:
    """Return the labels of rows to predict, None where a fit has no groups.

    Parameters
    ----------
    calibration : Calibration or None
        That of the fit.
    groups : hashable, array-like or None
        What the user gave; None is the column that ``fit`` was given.
    X : array-like of shape (n_samples, n_features)
        The rows as the user gave them.
    n : int
        How many they are.

    Raises
    ------
    ValueError
        If only one of fit and prediction has groups.
    """
    if not isinstance(calibration, Grouped):
        if groups is None:
            return None
        raise ValueError(
            "calibration_groups needs groups of held-out rows, and this fit has none: give fit "
            "calibration_groups, too."
        )
    if groups is None:
        groups = calibration.column
    if groups is None:
        raise ValueError(
            "This fit was given calibration_groups as an array: give those of X, too, as "
            "calibration_groups=."
        )
    return labels_of(groups, X, n)[0]


def check_groups(groups: tuple, validation: Any) -> None:
    """Check that groups are given for the rows that are held out.

    Parameters
    ----------
    groups : tuple of (calibration_groups, calibration_groups_val)
        What the user gave; None for what was not given.
    validation : array-like or None
        ``X_val``.

    Raises
    ------
    ValueError
        If they are given for others.
    """
    of_fit, of_validation = groups
    if validation is None and of_validation is not None:
        raise ValueError("calibration_groups_val needs X_val and y_val. Got none.")
    if validation is not None and of_validation is None and np.ndim(of_fit):
        raise ValueError(
            "calibration_groups is an array, and X_val is what intervals and sets are calibrated "
            "by: give calibration_groups_val, the groups of its rows."
        )


def of_rows(X: Any, checked: Any, weight: Any, groups: Any, name: str) -> Held:
    """Return what the user said of rows that may be held out, beside their targets."""
    labels, column = None, None
    if groups is not None:
        labels, column = labels_of(groups, X, checked.shape[0], name)
    if weight is not None:
        weight, _ = check_weights(weight, checked)
    return Held(weight, labels, column)


def of_fit(
    given: tuple[Any, Any, Any], validation: tuple[Any, Any, Any], groups: tuple[Any, Any]
) -> Held:
    """Return what is known of the rows that a fit may hold out: of all, or of validation data.

    Parameters
    ----------
    given, validation : tuple of (X, checked X, sample_weight)
        The user's data, with and without its names; of validation data, three times None if there
        is none.
    groups : tuple of (calibration_groups, calibration_groups_val)
        What the user gave; None for what was not given.
    """
    check_groups(groups, validation[0])
    of_training, of_validation = groups
    if validation[0] is None:
        return of_rows(*given, groups=of_training, name="calibration_groups")
    if of_validation is None:
        return of_rows(*validation, groups=of_training, name="calibration_groups")
    return of_rows(*validation, groups=of_validation, name="calibration_groups_val")

"""Offsets: raw scores that are known, to which a network adds its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from .._engine.objective.loss import Loss


def check_offset(offset: Any, n: int, target: Any, loss: Loss, name: str = "offset") -> Any:
    """Return offsets as an array (n, n_scores), one row per row of X; None as it is.

    Parameters
    ----------
    offset : array-like of shape (n,) or (n, n_outputs), or None
        What the user gave: scores of the loss's first parameter.
    n : int
        Rows of X.
    target : RegressionTarget or ClassTarget
        What y is.
    loss : Loss
        The loss.
    name : str
        The user's parameter, for messages.

    Raises
    ------
    ValueError
        If it is of another shape, or not finite.
    """
    if offset is None:
        return None
    offset = check_array(offset, ensure_2d=False, dtype=np.float64, input_name=name)
    k = target.n_outputs
    if offset.shape not in ((n,), (n, 1)) if k == 1 else offset.shape != (n, k):
        expected = f"({n},)" if k == 1 else f"({n}, {k})"
        raise ValueError(
            f"{name} must have shape {expected}, a raw score for each row"
            f"{'' if k == 1 else ' and output'}. Got {offset.shape}."
        )
    found = np.zeros((n, loss.n_scores(k)))
    found[:, :k] = offset.reshape(n, k)
    return found


def needed_offset(offset: Any, n: int, fitted: Any) -> Any:
    """Return the offsets (n, n_scores) of rows to predict, or None.

    Parameters
    ----------
    offset : array-like or None
        What the user gave.
    n : int
        Rows of X.
    fitted : Fitted or FittedTable
        What was learned.

    Raises
    ------
    ValueError
        If the fit had an offset, and this is None; or if it is invalid.
    """
    if offset is None and fitted.has_offset:
        raise ValueError(
            "This fit was given an offset, to which predictions are added: give that of X, too, as "
            "offset=. An offset of 0 is np.zeros(len(X))."
        )
    return check_offset(offset, n, fitted.target, fitted.loss)


def check_both(offset: Any, offset_val: Any, has_validation: bool) -> None:
    """Check that training and validation rows have an offset, or none of them.

    Raises
    ------
    ValueError
        If only one of them has.
    """
    if offset_val is not None and not has_validation:
        raise ValueError("offset_val needs X_val and y_val. Got none.")
    if has_validation and (offset is None) != (offset_val is None):
        given, lacking = (
            ("offset", "offset_val") if offset_val is None else ("offset_val", "offset")
        )
        raise ValueError(f"{given} is given, and {lacking} is not: give both, or none.")


def refuse_offset(fitted: Any) -> None:
    """Raise the error that says why predictions beside an offset cannot be exported.

    Raises
    ------
    ValueError
        If the fit was given one.
    """
    if fitted.has_offset:
        raise ValueError(
            "This fit was given an offset, which cannot be exported: its predictions need that of "
            "each row."
        )


def best_constant(loss: Loss, y: np.ndarray, weight: Any, offset: Any) -> np.ndarray:
    """Return the raw scores (s,) of a good constant prediction beside offsets.

    Where scores may be any number, it is the best one for what offsets leave of y; of logarithms,
    the one that has the mean of y.
    """
    if offset is None:
        return loss.constant(y, weight)
    k = y.shape[1]
    known = offset[:, :k]
    if loss.link.unbounded:
        return loss.constant(y - known, weight)
    found = np.array(loss.constant(y, weight), dtype=np.float64)
    largest = known.max(axis=0)
    found[:k] -= largest + np.log(np.average(np.exp(known - largest), axis=0, weights=weight))
    return found

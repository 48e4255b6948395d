"""Samples of any shape, as rows of features."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def n_dimensions(X: Any) -> int:
    """Return the number of dimensions of an array, a table or nested sequences of these."""
    if hasattr(X, "shape"):
        return len(X.shape)
    if isinstance(X, (list, tuple)) and len(X):
        return 1 + n_dimensions(X[0])
    return 0


def as_array(X: Any) -> np.ndarray:
    """Return samples of more than one dimension as one array.

    Raises
    ------
    ValueError
        If the samples have different shapes.
    """
    try:
        return np.asarray(X)
    except ValueError as error:
        raise ValueError(
            "Flatten needs samples of one shape: X must be an array (n, h, w) or (n, h, w, c), or "
            f"a list of arrays of the same shape. {error}"
        ) from error


def check_shape(given: tuple[int, ...], fitted: tuple[int, ...], name: str) -> None:
    """Check the shape of a sample.

    Raises
    ------
    ValueError
        If it is not that of the samples in ``fit``.
    """
    if given != fitted:
        raise ValueError(
            f"X has samples of shape {given}, but {name} was fitted with samples of shape {fitted}."
        )


def rows(estimator: Any, X: Any, reset: bool) -> Any:
    """Return samples of any shape as rows of features, in C order; a view where possible.

    Sets the estimator's ``_sample_shape`` if ``reset``. X of two dimensions passes through: also
    after a fit on shaped samples, as rows that are flat already.

    Raises
    ------
    ValueError
        If samples have different shapes, or another shape than in ``fit``.
    """
    if reset:
        estimator._sample_shape = None
    if n_dimensions(X) <= 2:
        return X
    X = as_array(X)
    if reset:
        estimator._sample_shape = X.shape[1:]
    else:
        # Given weights know no shape of samples, only how many features there are.
        fitted = getattr(estimator, "_sample_shape", X.shape[1:]) or (estimator.n_features_in_,)
        check_shape(X.shape[1:], fitted, type(estimator).__name__)
    return X.reshape(len(X), math.prod(X.shape[1:]))

"""Samples of more than one dimension: images and the like, flattened by ``Flatten``.

The network itself knows rows of features only. ``Flatten`` as the first of ``hidden_layers`` lets
an estimator take X of any number of dimensions and remember the shape of a sample.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .layers import Flatten


def flattens(estimator: Any) -> bool:
    """Return whether an estimator's first hidden layer is ``Flatten``."""
    layers = getattr(estimator, "hidden_layers", None)
    if not isinstance(layers, (Sequence, np.ndarray)) or len(layers) == 0:
        return False
    return isinstance(layers[0], Flatten)


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


def as_rows(estimator: Any, X: Any, reset: bool) -> Any:
    """Return X with one row of features a sample, as a network takes it.

    Raises
    ------
    ValueError
        If X has more than two dimensions and ``hidden_layers`` does not begin with ``Flatten``; or
        as :func:`rows`.
    """
    if flattens(estimator):
        return rows(estimator, X, reset)
    if n_dimensions(X) > 2:
        name = type(estimator).__name__
        shape = getattr(X, "shape", None)
        raise ValueError(
            f"X has {n_dimensions(X)} dimensions{f', shape {shape}' if shape else ''}, but {name} "
            "expects rows of features, (n_samples, n_features). Put Flatten first: either the "
            "layer, hidden_layers=[skfnn.layers.Flatten(), ...], or the transformer, "
            f"make_pipeline(skfnn.preprocessing.Flatten(), {name}())."
        )
    return X


def with_input(estimator: Any, summary: list[tuple]) -> list[tuple]:
    """Return the rows of a network's summary, preceded by ``Flatten`` where that comes first."""
    if not flattens(estimator):
        return summary
    return [("input", repr(Flatten()), estimator.n_features_in_, 0), *summary]

"""Estimators whose hidden layers begin with ``Flatten``: X of any number of dimensions.

The network itself knows rows of features only. ``Flatten`` as the first of ``hidden_layers`` lets
an estimator take X of any number of dimensions and remember the shape of a sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..layers import Flatten
from ..preprocessing._shapes import n_dimensions, rows


def flattens(estimator: Any) -> bool:
    """Return whether an estimator's first hidden layer is ``Flatten``."""
    layers = getattr(estimator, "hidden_layers", None)
    if not isinstance(layers, (Sequence, np.ndarray)) or len(layers) == 0:
        return False
    return isinstance(layers[0], Flatten)


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
            "expects rows of features, (n_samples, n_features). Put Flatten first: "
            "hidden_layers=[skfnn.layers.Flatten(), ...]. Before a scaler in a pipeline, reshape "
            "X: X.reshape(len(X), -1)."
        )
    return X


def with_input(estimator: Any, summary: list[tuple]) -> list[tuple]:
    """Return the rows of a network's summary, preceded by ``Flatten`` where that comes first."""
    if not flattens(estimator):
        return summary
    return [("input", repr(Flatten()), estimator.n_features_in_, 0), *summary]

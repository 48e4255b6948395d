"""Metrics followed from epoch to epoch.

A metric is a component (by name), the name of a scikit-learn scorer, or a scorer itself. All are
computed from one set of raw scores; nothing is predicted twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names

from ._component import Component, unknown


class Metric(Component):
    """Base class: a number from encoded targets and predictions.

    To add a metric, subclass with a ``name`` and write ``__call__``.

    Attributes
    ----------
    of : {"classification", "regression"}
        The kind of estimator it is for.
    """

    family = "metric"
    of: ClassVar[str] = "regression"

    def __call__(self, y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None) -> float:
        """Evaluate.

        Parameters
        ----------
        y, prediction : ndarray of shape (n,) or (n, k)
            Targets and predictions: class codes, 0 / 1 labels, or numbers.
        weight : ndarray of shape (n,) or None
            Sample weights.

        Returns
        -------
        float
        """
        raise NotImplementedError


class Accuracy(Metric):
    """Share of rows whose label, or whole set of labels, is right.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.metrics import Accuracy
    >>> Accuracy()(np.array([0, 1]), np.array([0, 0]), None)
    0.5
    """

    name = "accuracy"
    aliases = ("acc",)
    of = "classification"

    def __call__(self, y, prediction, weight):
        if y.ndim == 2 and prediction.ndim == 1:  # probabilities, of which the largest counts
            y = y.argmax(axis=1)
        right = y == prediction
        if right.ndim == 2:
            right = right.all(axis=1)
        return float(np.average(right, weights=weight))


class MeanSquaredError(Metric):
    """Mean squared error, averaged over outputs.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.metrics import MeanSquaredError
    >>> MeanSquaredError()(np.array([0.0, 2.0]), np.array([0.0, 0.0]), None)
    2.0
    """

    name = "mse"
    aliases = ("mean_squared_error",)

    def __call__(self, y, prediction, weight):
        return float(np.average((y - prediction) ** 2, axis=0, weights=weight).mean())


class MeanAbsoluteError(Metric):
    """Mean absolute error, averaged over outputs.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.metrics import MeanAbsoluteError
    >>> MeanAbsoluteError()(np.array([0.0, 2.0]), np.array([0.0, 0.0]), None)
    1.0
    """

    name = "mae"
    aliases = ("mean_absolute_error",)

    def __call__(self, y, prediction, weight):
        return float(np.average(np.abs(y - prediction), axis=0, weights=weight).mean())


class R2(Metric):
    """Coefficient of determination, averaged over outputs, as ``sklearn.metrics.r2_score``.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.metrics import R2
    >>> R2()(np.array([0.0, 2.0]), np.array([1.0, 1.0]), None)
    0.0
    """

    name = "r2"

    def __call__(self, y, prediction, weight):
        residual = np.average((y - prediction) ** 2, axis=0, weights=weight)
        spread = np.average(
            (y - np.average(y, axis=0, weights=weight)) ** 2, axis=0, weights=weight
        )
        constant = spread == 0
        # A constant target: 1 where it is met, else 0, as scikit-learn has it.
        score = np.where(
            constant, (residual == 0) * 1.0, 1 - residual / np.where(constant, 1, spread)
        )
        return float(score.mean())


def resolve_metric(spec: Any, parameter: str, of: str) -> tuple[str, Metric | Callable]:
    """Return (column name, metric or scorer) for a user's metric.

    Parameters
    ----------
    spec : str, Metric or callable
        A metric's name or alias, a scorer's name, a metric, or a scorer.
    parameter : str
        The user's parameter, for error messages.
    of : {"classification", "regression"}
        The kind of estimator.

    Raises
    ------
    ValueError
        If the name is unknown, or the metric is for the other kind of estimator.
    TypeError
        If it is none of these.
    """
    if isinstance(spec, str) and spec in Metric.registry:
        metric, name = Metric.registry[spec](), spec
    elif isinstance(spec, Metric):
        metric, name = spec, spec.name
    elif isinstance(spec, str):
        if spec not in get_scorer_names():
            raise ValueError(
                unknown(parameter, spec, "metric", [*Metric.registry, *get_scorer_names()])
                + ", or a callable scorer(estimator, X, y)."
            )
        return spec, get_scorer(spec)
    elif callable(spec) and not isinstance(spec, type):
        return getattr(spec, "__name__", "score"), spec
    else:
        raise TypeError(
            f"{parameter} must be a name, a metric or a callable scorer(estimator, X, y). "
            f"Got {spec!r}{', a class: pass an instance' if isinstance(spec, type) else ''}."
        )
    if metric.of != of:
        raise ValueError(f"{parameter}={spec!r} is a metric for {metric.of}, not {of}.")
    return name, metric

"""Methods that scikit-learn's pipelines and searches do not pass on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted


@dataclass(frozen=True)
class Reached:
    """What is inside of pipelines, searches and transformed targets.

    Attributes
    ----------
    final : estimator
        The model at the end.
    X : array-like
        The features as it gets them.
    transformers : list of transformer
        What turns its targets into the user's, in the order in which that is to be done.
    """

    final: Any
    X: Any
    transformers: list[Any] = field(default_factory=list)

    @classmethod
    def of(cls, model: Any, X: Any) -> Reached:
        """Return what is inside of a fitted model, and rows on their way there."""
        if hasattr(model, "best_estimator_"):
            return cls.of(model.best_estimator_, X)
        if hasattr(model, "steps"):
            check_is_fitted(model)
            return cls.of(model[-1], model[:-1].transform(X) if len(model) > 1 else X)
        if hasattr(model, "regressor") and hasattr(model, "transformer"):
            check_is_fitted(model)
            found = cls.of(model.regressor_, X)
            return replace(found, transformers=[*found.transformers, model.transformer_])
        return cls(model, X)

    def back(self, values: np.ndarray) -> np.ndarray:
        """Return numbers (n,), (n, m) or (n, k, m), m of each target, in the unit of the user."""
        for transformer in self.transformers:
            values = np.stack(
                [_inverse(transformer, values[..., i]) for i in range(values.shape[-1])], axis=-1
            )
        return values


def _inverse(transformer, values):
    """Return the targets (n,) or (n, k) that some transformed ones come from."""
    columns = values.reshape(len(values), -1)
    return np.asarray(transformer.inverse_transform(columns), dtype=float).reshape(values.shape)


def predict_with(model, method, X, **kwargs):
    """Call ``predict_interval``, ``predict_set`` and the like of a model inside of others.

    scikit-learn's pipelines, searches and ``TransformedTargetRegressor`` pass ``predict`` on, and
    not these. Features go through the steps before the model, and what it returns is turned back
    into the unit of the targets.

    Parameters
    ----------
    model : estimator
        A fitted model, or a ``Pipeline``, search or ``TransformedTargetRegressor`` of one, also of
        one another.
    method : {"predict_interval", "predict_set", "predict_quantiles", "sample_y"}
        The method. A transformer of targets must be monotone, each column by itself.
    X : array-like of shape (n_samples, n_features)
        Features.
    **kwargs : dict
        What the method takes beside: ``coverage``, ``q``, ``calibration_groups`` as labels.

    Returns
    -------
    ndarray
        What the method returns.

    Raises
    ------
    TypeError
        If the model inside does not have the method.
    ValueError
        If this is another method.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.compose import TransformedTargetRegressor
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skfnn import FNNRegressor
    >>> from skfnn.model_selection import predict_with
    >>> X = np.linspace(0, 1, 60).reshape(-1, 1)
    >>> network = FNNRegressor((), loss="gaussian", solver="lbfgs", random_state=0)
    >>> model = make_pipeline(
    ...     StandardScaler(), TransformedTargetRegressor(network, func=np.log, inverse_func=np.exp))
    >>> model = model.fit(X, np.exp(X[:, 0] + np.arange(60) % 3))
    >>> bool((predict_with(model, "predict_interval", X, coverage=0.9) > 0).all())
    True
    """
    known = ("predict_interval", "predict_set", "predict_quantiles", "sample_y")
    if method not in known:
        raise ValueError(f"method must be one of {list(known)}. Got {method!r}.")
    reached = Reached.of(model, X)
    if not hasattr(reached.final, method):
        raise TypeError(f"{method} needs a model that has it. Got {reached.final!r}.")
    if method == "predict_quantiles" and reached.transformers:
        return _quantiles(reached, **kwargs)
    found = getattr(reached.final, method)(reached.X, **kwargs)
    if method == "predict_set" or not reached.transformers:
        return found
    found = reached.back(found)
    return np.sort(found, axis=-1) if method == "predict_interval" else found


def _quantiles(reached, q=(0.05, 0.25, 0.5, 0.75, 0.95)):
    """Return quantiles in the unit of the user; a falling transformer changes q into 1 - q."""
    levels = np.atleast_1d(np.asarray(q, dtype=float))
    low, high = np.moveaxis(
        reached.back(reached.final.predict_quantiles(reached.X, [0.25, 0.75])), -1, 0
    )
    if (low > high).any():
        levels = 1 - levels
    found = reached.back(reached.final.predict_quantiles(reached.X, levels))
    return found if np.ndim(q) else found[..., 0]

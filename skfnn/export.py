"""Fitted networks for other tools: scikit-learn's own estimators, ONNX, skops."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from ._interchange import Interchange, to_mlp

__all__ = ["to_sklearn"]


def to_sklearn(model: Any) -> Any:
    """Return the fitted ``MLPClassifier`` or ``MLPRegressor`` that predicts the same.

    As the estimators' method ``to_sklearn``, and for pipelines too: scalers before the network are
    folded into its first layer.

    Parameters
    ----------
    model : FNNClassifier, FNNRegressor or Pipeline
        A fitted estimator, or a fitted pipeline of ``StandardScaler``, ``MinMaxScaler``,
        ``MaxAbsScaler`` or ``RobustScaler`` steps that ends in one.

    Returns
    -------
    MLPClassifier or MLPRegressor
        A fitted estimator.

    Raises
    ------
    ValueError
        If ``MLP*`` cannot express a part of the network; the message names it.
    TypeError
        If a step is none of these scalers, or the last one not an estimator of this package.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skfnn import FNNClassifier
    >>> from skfnn.export import to_sklearn
    >>> X, y = load_iris(return_X_y=True)
    >>> pipe = make_pipeline(StandardScaler(), FNNClassifier((8,), solver="lbfgs", tol=0.01))
    >>> mlp = to_sklearn(pipe.fit(X, y))
    >>> np.allclose(mlp.predict_proba(X), pipe.predict_proba(X))
    True
    """
    scalers = []
    if isinstance(model, Pipeline):
        *steps, (_, model) = model.steps
        scalers = [step for _, step in steps if step not in (None, "passthrough")]
    if not isinstance(model, Interchange):
        raise TypeError(
            "to_sklearn takes a fitted FNNClassifier or FNNRegressor, or a fitted Pipeline that "
            f"ends in one. Got {model!r}."
        )
    return to_mlp(model, scalers)

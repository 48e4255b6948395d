"""Scores of intervals, sets and distributions, of whatever a model is wrapped in."""

from __future__ import annotations

import numpy as np

from .._engine.objective.distribution import Normal
from .._engine.objective.weights import check_weights
from ._through import Reached, predict_with


def interval_score(y, interval, coverage=0.9, *, sample_weight=None):
    """Return the mean interval score: the width, and a fine for each target that is outside.

    A target outside costs ``2 / (1 - coverage)`` times its distance from the interval. No other
    interval has a smaller score on average than that from the lower to the upper quantile that
    belong to ``coverage``. Source: Gneiting and Raftery, "Strictly Proper Scoring Rules,
    Prediction, and Estimation", 2007.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    interval : array-like of shape (n_samples, 2) or (n_samples, n_outputs, 2)
        Lower and upper limits, as ``predict_interval`` returns them.
    coverage : float in (0, 1), default=0.9
        The share of targets that the intervals are to hold.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    float
        In the unit of ``y``, averaged over outputs; smaller is better.

    Examples
    --------
    >>> from skfnn.metrics import interval_score
    >>> interval_score([1.0, 4.0], [[0.0, 2.0], [0.0, 3.0]], coverage=0.5)
    4.5
    """
    y, interval = np.asarray(y, dtype=float), np.asarray(interval, dtype=float)
    if interval.shape != (*y.shape, 2):
        raise ValueError(
            f"interval must have shape {(*y.shape, 2)}, as y has {y.shape}. Got {interval.shape}."
        )
    low, high = interval[..., 0], interval[..., 1]
    outside = np.maximum(low - y, 0) + np.maximum(y - high, 0)
    scores = high - low + 2 / (1 - coverage) * outside
    return _mean(scores, sample_weight)


def neg_interval_score(estimator, X, y, sample_weight=None, coverage=0.9):
    """Score an estimator by its ``predict_interval``: a scorer for scikit-learn's ``scoring``.

    Parameters
    ----------
    estimator : estimator
        A fitted regressor with ``predict_interval``, or a pipeline that ends in one.
    X : array-like of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.
    coverage : float in (0, 1), default=0.9
        The share of targets that the intervals are to hold.

    Returns
    -------
    float
        Minus :func:`interval_score`; larger is better.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn import FNNRegressor
    >>> from skfnn.metrics import neg_interval_score
    >>> X = np.linspace(0, 1, 50).reshape(-1, 1)
    >>> model = FNNRegressor((), loss="gaussian", solver="lbfgs", random_state=0).fit(
    ...     X, np.arange(50) % 2)
    >>> neg_interval_score(model, X, np.arange(50) % 2) < -1
    True
    """
    interval = predict_with(estimator, "predict_interval", X, coverage=coverage)
    return -interval_score(y, interval, coverage, sample_weight=sample_weight)


def neg_crps(estimator, X, y, sample_weight=None):
    """Score an estimator by its predicted distributions: a scorer for scikit-learn's ``scoring``.

    The continuous ranked probability score is twice the mean pinball loss over all levels. Another
    package's estimator is taken by the normal distribution that its ``predict`` with
    ``return_std=True`` means. Source: Gneiting and Raftery, "Strictly Proper Scoring Rules,
    Prediction, and Estimation", 2007.

    Parameters
    ----------
    estimator : estimator
        A fitted regressor, or a pipeline that ends in one.
    X : array-like of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    float
        Minus the mean score in the unit of ``y``, averaged over outputs; larger is better.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn import FNNRegressor
    >>> from skfnn.metrics import neg_crps
    >>> X = np.linspace(0, 1, 50).reshape(-1, 1)
    >>> model = FNNRegressor((), loss="gaussian", solver="lbfgs", random_state=0).fit(
    ...     X, np.arange(50) % 2)
    >>> round(neg_crps(model, X, np.arange(50) % 2), 1)
    -0.3
    """
    reached = Reached.of(estimator, X)
    if reached.transformers:
        raise TypeError("neg_crps takes no TransformedTargetRegressor: score its regressor.")
    final, X = reached.final, reached.X
    y = np.asarray(y, dtype=float)
    if hasattr(final, "_crps"):
        scores = final._crps(X, y)
    else:
        mean, std = final.predict(X, return_std=True)
        scores = Normal(np.asarray(mean, float), np.asarray(std, float)).crps(y)
    return -_mean(scores, sample_weight)


def covered(estimator, X, y, sample_weight=None, coverage=0.9):
    """Return the share of targets in their interval, or of labels in their set.

    A scorer for scikit-learn's ``scoring``, to be read beside others: what it should be is
    ``coverage``, and not as large as can be.

    Parameters
    ----------
    estimator : estimator
        A fitted model with ``predict_set`` or ``predict_interval``, or a pipeline, search or
        ``TransformedTargetRegressor`` of one.
    X : array-like of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.
    coverage : float in (0, 1), default=0.9
        The share that is asked for.

    Returns
    -------
    float
        The share in [0, 1], averaged over outputs.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn import FNNRegressor
    >>> from skfnn.metrics import covered
    >>> X = np.linspace(0, 1, 50).reshape(-1, 1)
    >>> model = FNNRegressor((), loss="gaussian", solver="lbfgs", random_state=0).fit(
    ...     X, np.arange(50) % 2)
    >>> covered(model, X, np.arange(50) % 2)
    1.0
    """
    final = Reached.of(estimator, X).final
    if hasattr(final, "predict_set"):
        sets = predict_with(estimator, "predict_set", X, coverage=coverage)
        inside = (sets & (np.asarray(y)[:, None] == final.classes_)).any(axis=1)
    else:
        interval = predict_with(estimator, "predict_interval", X, coverage=coverage)
        y = np.asarray(y, dtype=float)
        inside = (interval[..., 0] <= y) & (y <= interval[..., 1])
    return _mean(inside, sample_weight)


def neg_mean_width(estimator, X, y=None, sample_weight=None, coverage=0.9):
    """Return minus the mean width of intervals: a scorer, to be read beside :func:`covered`.

    Parameters
    ----------
    estimator : estimator
        A fitted regressor with ``predict_interval``, or a pipeline, search or
        ``TransformedTargetRegressor`` of one.
    X : array-like of shape (n_samples, n_features)
        Features.
    y : array-like, default=None
        Not used.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.
    coverage : float in (0, 1), default=0.9
        The share of targets that the intervals are to hold.

    Returns
    -------
    float
        In the unit of ``y``, averaged over outputs; larger is better.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn import FNNRegressor
    >>> from skfnn.metrics import neg_mean_width
    >>> X = np.linspace(0, 1, 50).reshape(-1, 1)
    >>> model = FNNRegressor((), loss="gaussian", solver="lbfgs", random_state=0).fit(
    ...     X, np.arange(50) % 2)
    >>> round(neg_mean_width(model, X), 1)
    -1.6
    """
    interval = predict_with(estimator, "predict_interval", X, coverage=coverage)
    width = interval[..., 1] - interval[..., 0]
    return -_mean(width, sample_weight)


def neg_set_size(estimator, X, y=None, sample_weight=None, coverage=0.9):
    """Return minus the mean number of classes in a set: a scorer, to be read beside `covered`.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier with ``predict_set``, or a pipeline or search of one.
    X : array-like of shape (n_samples, n_features)
        Features.
    y : array-like, default=None
        Not used.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.
    coverage : float in (0, 1), default=0.9
        The share of rows whose set is to hold the class.

    Returns
    -------
    float
        From minus the number of classes to 0; larger is better.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn import FNNClassifier
    >>> from skfnn.metrics import neg_set_size
    >>> X = np.linspace(0, 1, 100).reshape(-1, 1)
    >>> y = X[:, 0] > 0.5
    >>> model = FNNClassifier((5,), solver="lbfgs", random_state=0).fit(X, y, X_val=X, y_val=y)
    >>> neg_set_size(model, X)
    -1.0
    """
    sets = predict_with(estimator, "predict_set", X, coverage=coverage)
    return -_mean(sets.sum(axis=1), sample_weight)


def _mean(scores, sample_weight):
    """Return the mean of scores over rows and outputs.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or none is positive.
    """
    weight = None if sample_weight is None else check_weights(sample_weight, scores)[0]
    return float(np.average(scores, axis=0, weights=weight).mean())

"""Attributions: what each raw column adds to a prediction."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._engine.support.component import unknown
from .._sklearn import safe_indexing
from ._gradients import Networks, integrated, why_not
from ._models import as_table, column_names_of
from ._orders import sampled

# Base and attributions sum to the response up to this share of its range.
ADDITIVE = 1e-4
# Scores of single precision that are near zero are off by as much.
ROUNDING = 1e-6


@dataclass
class Explanation:
    """What ``shap.Explanation`` has, where shap is not installed."""

    values: np.ndarray
    base_values: np.ndarray
    data: np.ndarray
    display_data: np.ndarray
    feature_names: list[str]
    output_names: list[str] | None = None


def attributions(model, X, background, *, response_method="auto", method="auto", n_background=50,
                 feature_names=None, random_state=None):  # fmt: skip
    """Share predictions out among the columns of X, of whatever kind these are.

    The sum of a row's attributions and the base value is what the model says of the row; the base
    value is what it says of the background, on average. That they add up is checked.

    Parameters
    ----------
    model : estimator
        A fitted model, a pipeline or a search.
    X : DataFrame or array-like of shape (n_samples, n_features)
        The rows to explain: raw columns, as in ``fit``.
    background : DataFrame or array-like of shape (n_background_samples, n_features)
        The rows that they are compared with: some of the training rows, or of those that matter.
    response_method : {"auto", "predict", "predict_proba", "decision_function"}, default="auto"
        What is explained. "auto" is ``decision_function`` of classifiers, the log-odds, or
        ``predict_proba`` of those that do not have it; ``predict`` of all others.
    method : {"auto", "gradient", "permutation"}, default="auto"
        "gradient" integrates derivatives by the encoded columns on the way from each row of the
        background to the row explained, and sums them for each raw column. It needs a model of
        this package in which nothing but networks predicts. "permutation" replaces the columns of
        each row of the background in a random order, for any model: sampled Shapley values.
        "auto" is "gradient" where that is possible.
    n_background : int, default=50
        Of more rows in ``background`` so many are drawn. The time it takes is in proportion.
    feature_names : list of str, default=None
        Names; by default those of X.
    random_state : int, RandomState instance or None, default=None
        Draws the rows of the background and the orders.

    Returns
    -------
    shap.Explanation or Explanation
        One of shap, for its plots, where it is installed, else an object with the same attributes.
        ``values`` of shape (n_samples, n_features), or (n_samples, n_features, n_outputs) for
        several outputs or classes; ``base_values`` of shape (n_samples,) or (n_samples, n_outputs);
        ``data``, X as numbers, in which levels and text are counted in the order of their names;
        ``display_data``, X; ``feature_names``; ``output_names``, of several classes.

    Raises
    ------
    ValueError
        If an argument is invalid, or the model does not have what ``method`` needs.
    RuntimeError
        If attributions do not add up, as of a model that predicts a row in different ways.

    See Also
    --------
    ImportanceDisplay : How much the columns matter over all rows.

    Notes
    -----
    Both methods agree on additive models. Elsewhere they share out interactions in different ways.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skfnn import TabularFNNRegressor
    >>> from skfnn.inspection import attributions
    >>> X = pd.DataFrame({"size": np.arange(100) % 10, "colour": ["red", "blue"] * 50})
    >>> y = X["size"] + 5.0 * (X["colour"] == "red")
    >>> model = TabularFNNRegressor(n_members=2, max_iter=10, random_state=0).fit(X, y)
    >>> found = attributions(model, X[:6], X, random_state=0)
    >>> found.values.shape, found.feature_names
    ((6, 2), ['size', 'colour'])
    >>> sums = found.base_values + found.values.sum(axis=1)
    >>> bool(np.allclose(sums, model.predict(X[:6]), atol=1e-3))
    True
    """
    check_is_fitted(model)
    table, background = as_table(X), as_table(background, "background")
    names = column_names_of(table, feature_names, model)
    response_method = _response_of(model, response_method)
    by_gradient = _by_gradient(model, method)
    rng = check_random_state(random_state)
    background = _same_columns(_some(background, n_background, rng), table)

    def respond(rows):
        found = np.asarray(getattr(model, response_method)(rows), np.float64)
        return found.reshape(len(rows), -1)

    expected = respond(table)
    if by_gradient:
        values, base = integrated(Networks(model, response_method), table, background)
    else:
        seeds = np.random.default_rng(rng.randint(2**31))
        values, base = sampled(respond, table, background, seeds)
    _check_sums(values.sum(axis=1) + base, expected, base)
    outputs = None
    if values.shape[2] == 1:
        values, base = values[:, :, 0], base[0]
    elif is_classifier(model):
        outputs = [str(label) for label in model.classes_]
    base = np.tile(base, (len(table), *[1] * np.ndim(base)))
    shown = np.asarray(table, dtype=object) if isinstance(table, pd.DataFrame) else table
    return _explanation()(
        values=values, base_values=base, data=_numbers(table), display_data=shown,
        feature_names=names, output_names=outputs,
    )  # fmt: skip


def _explanation():
    """Return the class of what is returned: shap's, where it is installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those of shap's import are not of our making
            from shap import Explanation as OfShap
    except ImportError:
        return Explanation
    return OfShap


def _response_of(model, given):
    """Return the name of the method to explain."""
    known = ["auto", "predict", "predict_proba", "decision_function"]
    if given not in known:
        raise ValueError(f"{unknown('response_method', str(given), 'response_method', known)}.")
    if given == "auto":
        if not is_classifier(model):
            return "predict"
        return "decision_function" if hasattr(model, "decision_function") else "predict_proba"
    if given == "predict" and is_classifier(model):
        raise ValueError(
            "response_method='predict' of a classifier are labels, which cannot be shared out. "
            "Take 'decision_function' or 'predict_proba'."
        )
    if not hasattr(model, given):
        raise ValueError(f"response_method={given!r} needs a model that has it. Got {model!r}.")
    return given


def _by_gradient(model, method):
    """Return whether derivatives are to be integrated."""
    known = ["auto", "gradient", "permutation"]
    if method not in known:
        raise ValueError(f"{unknown('method', str(method), 'method', known)}.")
    reason = None if method == "permutation" else why_not(model)
    if method == "gradient" and reason:
        raise ValueError(f"method='gradient' is not possible: {reason}. Take 'permutation'.")
    return method != "permutation" and reason is None


def _some(background, n, rng):
    """Return at most ``n`` rows."""
    if not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"n_background must be an integer >= 1. Got {n!r}.")
    if len(background) <= n:
        return background
    chosen = safe_indexing(background, np.sort(rng.permutation(len(background))[:n]))
    return chosen.reset_index(drop=True) if isinstance(chosen, pd.DataFrame) else chosen


def _same_columns(background, table):
    """Return the background with the columns of the table, in their order."""
    frames = isinstance(background, pd.DataFrame), isinstance(table, pd.DataFrame)
    if all(frames) and set(background.columns) == set(table.columns):
        return background[list(table.columns)]
    if frames[0] != frames[1] or background.shape[1] != table.shape[1]:
        raise ValueError(
            "background must have the columns of X, in a table of the same kind. Got "
            f"{type(background).__name__} of {background.shape[1]} columns, and X is a "
            f"{type(table).__name__} of {table.shape[1]}."
        )
    if all(frames):
        raise ValueError(
            f"background must have the columns of X, {list(table.columns)}. Got "
            f"{list(background.columns)}."
        )
    return background


def _check_sums(sums, expected, base):
    """Raise an error where attributions and base do not sum to the response."""
    size = np.ptp(np.vstack([expected, base]), axis=0) + 1e-2 * np.abs(expected).max(axis=0)
    off = np.abs(sums - expected).max(axis=0)
    if not (off <= ADDITIVE * size + ROUNDING).all():
        raise RuntimeError(
            f"Attributions and base value are off by {off.max():.3g} from what the model says of "
            "the rows. Does it predict the same row in the same way each time?"
        )


def _numbers(table):
    """Return a table as numbers, for colours: what is none is counted in the order of its text."""
    if not isinstance(table, pd.DataFrame) and table.dtype.kind in "biuf":
        return table.astype(float)
    frame = pd.DataFrame(table)
    return np.column_stack([_as_numbers(frame.iloc[:, k]) for k in range(frame.shape[1])])


def _as_numbers(column):
    """Return a column as numbers, NaN where missing."""
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
        return np.where(column.isna(), np.nan, column.astype("int64").astype(float))
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=float, na_value=np.nan)
    given = column.astype(object)
    try:
        return pd.to_numeric(given).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        text = given.where(given.isna(), given.astype(str))
        codes = pd.factorize(text, sort=True)[0].astype(float)
        return np.where(codes < 0, np.nan, codes)

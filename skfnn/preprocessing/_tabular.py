"""TabularEncoder: a raw table as the numbers that a network takes."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from .._sklearn import Interval, Options, StrOptions, validate_params

_DAY = pd.Timedelta(days=1)


class TabularEncoder(TransformerMixin, BaseEstimator):
    r"""Raw columns (numbers with holes, categories, booleans, dates) as numbers for a network.

    **Numbers** are centred by their median, scaled by their interquartile range and clipped
    smoothly to (-3, 3):

    .. math:: x' = s (x - \mathrm{median}), \quad s = 1 / (q_{75} - q_{25}), \qquad
              z = x' / \sqrt{1 + (x' / 3)^2}

    where :math:`s = 2 / (\max - \min)` if the quartiles coincide, and 0 for a constant column. A
    missing number becomes 0, and a column of its own says so (1 / 0) where any was missing in
    ``fit``. Dates and time spans count in days.

    **Categories** with up to ``max_one_hot`` levels become one column a level (two levels: one
    column of +1 and -1), all zero where missing or unseen. Those with more levels become a code:
    1, 2, ... in the order of their values, 0 where missing or unseen, for
    :class:`skfnn.layers.CategoryEmbedding`. The result has the numbers first, then the codes, then
    the rest.

    Source: Holzmueller, Grinsztajn and Steinwart, "Better by Default: Strong Pre-Tuned MLPs and
    Boosted Trees on Tabular Data", 2024.

    Parameters
    ----------
    categorical_features : "from_dtype" or array-like of {bool, int, str}, default="from_dtype"
        The columns that are categories. "from_dtype" are those of a DataFrame (or of an array of
        objects) that are not numbers or dates: dtype category, string, object or bool. A list names
        them by mask, position or name, in addition to those that are not numbers.
    max_one_hot : int or inf, default=8
        Categories with more levels than this become codes.
    dtype : {"float32", "float64"}, default="float32"
        The dtype of the result.

    Attributes
    ----------
    n_numbers_ : int
        Columns of numbers, the first of the result.
    n_levels_ : list of int
        Levels of each category that became a code, the next of the result.
    categories_ : dict of {int: ndarray}
        Levels of each categorical column, by position.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Names of columns, where X had any.

    See Also
    --------
    skfnn.TabularFNNClassifier : A classifier that takes raw tables.
    skfnn.TabularFNNRegressor : A regressor that takes raw tables.

    Examples
    --------
    >>> import pandas as pd
    >>> from skfnn.preprocessing import TabularEncoder
    >>> X = pd.DataFrame({"size": [1.0, 2.0, None, 4.0], "colour": ["red", "blue", "red", None]})
    >>> encoder = TabularEncoder().set_output(transform="pandas")
    >>> encoder.fit_transform(X).round(2)
       size  size_missing  colour_red
    0 -0.65           0.0         1.0
    1  0.00           0.0        -1.0
    2  0.00           1.0         1.0
    3  1.22           0.0         0.0
    """

    _doc_link_module = "skfnn"
    _parameter_constraints: ClassVar[dict] = {
        "categorical_features": [StrOptions({"from_dtype"}), "array-like"],
        "max_one_hot": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "dtype": [StrOptions({"float32", "float64"})],
    }

    def __init__(self, categorical_features="from_dtype", max_one_hot=8, dtype="float32"):
        self.categorical_features = categorical_features
        self.max_one_hot = max_one_hot
        self.dtype = dtype

    def fit(self, X, y=None):
        """Learn scales and levels.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns. Missing values are NaN, None or pandas' NA.
        y : None
            Ignored.

        Returns
        -------
        TabularEncoder
            The fitted transformer.

        Raises
        ------
        ValueError
            If a parameter is invalid, or a number infinite.
        """
        validate_params(self)
        table = self._table(X, reset=True)
        chosen = self._chosen(table)
        numbers, self.categories_ = [], {}
        for i in range(table.shape[1]):
            column = table.iloc[:, i]
            if chosen[i] or not _is_number(column):
                self.categories_[i] = _levels(column)
            else:
                numbers.append(i)
        self._numbers = numbers
        self._one_hot = [i for i, v in self.categories_.items() if len(v) <= self.max_one_hot]
        self._coded = [i for i in self.categories_ if i not in self._one_hot]
        self.n_numbers_ = len(numbers)
        self.n_levels_ = [len(self.categories_[i]) for i in self._coded]
        values = self._values(table)
        holes = np.isnan(values)
        self._with_holes = np.flatnonzero(holes.any(axis=0))
        self._centre, self._scale = _centre_and_scale(values, holes)
        return self

    def transform(self, X):
        """Encode rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Numbers, codes, indicators of missing numbers, and columns of levels.
        """
        check_is_fitted(self)
        table = self._table(X, reset=False)
        values = self._values(table)
        holes = np.isnan(values)
        with np.errstate(over="ignore"):
            scaled = (np.where(holes, self._centre, values) - self._centre) * self._scale
            clipped = 3 * (scaled / np.hypot(3, scaled))
        parts = [np.where(np.isnan(clipped), 3 * np.sign(scaled), clipped)]
        parts += [self._codes(table, i)[:, None] for i in self._coded]
        parts.append(holes[:, self._with_holes])
        for i in self._one_hot:
            codes, n = self._codes(table, i), len(self.categories_[i])
            if n == 2:
                parts.append(np.array([0, -1, 1])[codes][:, None])
            else:
                parts.append(codes[:, None] == np.arange(1, n + 1))
        out = np.empty((len(table), sum(part.shape[1] for part in parts)), self.dtype)
        return np.concatenate(parts, axis=1, out=out, casting="unsafe")

    def get_feature_names_out(self, input_features=None):
        """Return the names of the result's columns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X; by default those seen in ``fit``.

        Returns
        -------
        ndarray of str
            "size", "size_missing", "colour_red", ...
        """
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            names = [f"x{i}" for i in range(self.n_features_in_)]
        if input_features is not None:
            if len(input_features) != self.n_features_in_:
                raise ValueError(
                    f"input_features must have {self.n_features_in_} names, got "
                    f"{len(input_features)}."
                )
            names = input_features
        out = [names[i] for i in (*self._numbers, *self._coded)]
        out += [f"{names[self._numbers[j]]}_missing" for j in self._with_holes]
        for i in self._one_hot:
            levels = self.categories_[i]
            out += [f"{names[i]}_{level}" for level in (levels[1:] if len(levels) == 2 else levels)]
        return np.array(out, dtype=object)

    def _table(self, X, reset):
        """Return X as a DataFrame; take note of, or check, its columns."""
        if hasattr(X, "columns") and hasattr(X, "__getitem__"):
            validate_data(self, X, reset=reset, skip_check_array=True)
            if not isinstance(X, pd.DataFrame):
                X = pd.DataFrame({name: np.asarray(X[name]) for name in X.columns})
            _check_rows(len(X), X.shape[1], self)
            return X
        given = X if hasattr(X, "dtype") or sparse.issparse(X) else np.asarray(X)
        is_text = given.dtype.kind in "OUS"
        X = check_array(
            given,
            dtype=object if is_text else "numeric",
            ensure_all_finite=False if is_text else "allow-nan",
            input_name="X",
            estimator=self,
        )
        validate_data(self, X, reset=reset, skip_check_array=True)
        table = pd.DataFrame(X)
        return table.infer_objects() if is_text else table

    def _chosen(self, table):
        """Return for each column whether ``categorical_features`` names it."""
        chosen = np.zeros(table.shape[1], bool)
        given = self.categorical_features
        if isinstance(given, str):
            return chosen
        given = np.asarray(given)
        if given.dtype.kind in "OU" and given.size:
            names = getattr(self, "feature_names_in_", None)
            unknown = [n for n in given.tolist() if names is None or n not in names]
            if unknown:
                raise ValueError(
                    f"categorical_features={self.categorical_features!r} names columns that X does "
                    f"not have: {unknown}. It has {None if names is None else list(names)}."
                )
            chosen[np.isin(names, given)] = True
            return chosen
        try:
            chosen[given if given.size else []] = True
        except IndexError:
            raise ValueError(
                f"categorical_features={self.categorical_features!r} must be a mask or positions "
                f"of the {len(chosen)} columns of X, or names."
            ) from None
        return chosen

    def _values(self, table):
        """Return the columns of numbers as float64, NaN where missing."""
        values = np.empty((len(table), len(self._numbers)))
        for j, i in enumerate(self._numbers):
            values[:, j] = _as_float(table.iloc[:, i])
        if np.isinf(values).any():
            j = int(np.isinf(values).any(axis=0).argmax())
            raise ValueError(
                f"Input X contains infinity in column {table.columns[self._numbers[j]]!r}. Replace "
                "it by NaN if it means missing."
            )
        return values

    def _codes(self, table, i):
        """Return the code of each row's level in column ``i``, 0 where missing or unseen."""
        levels = pd.Index(self.categories_[i], dtype=object)
        column = table.iloc[:, i]
        if isinstance(column.dtype, pd.CategoricalDtype):  # found once for each level
            found = levels.get_indexer(column.cat.categories.astype(object)) + 1
            return np.append(found, 0)[column.cat.codes]  # -1 is a missing one
        return levels.get_indexer(pd.Index(_as_objects(column), dtype=object)) + 1

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []  # ``dtype`` says what comes out
        return tags


def _check_rows(n_rows, n_columns, estimator):
    if n_rows == 0:
        raise ValueError(
            f"Found array with 0 sample(s) (shape=(0, {n_columns})) while a minimum of 1 is "
            f"required by {type(estimator).__name__}."
        )


def _is_number(column: pd.Series) -> bool:
    kinds = pd.api.types
    dtype = column.dtype
    return not isinstance(dtype, pd.CategoricalDtype) and (
        (kinds.is_numeric_dtype(dtype) and not kinds.is_bool_dtype(dtype))
        or kinds.is_datetime64_any_dtype(dtype)
        or kinds.is_timedelta64_dtype(dtype)
    )


def _as_float(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = (column - pd.Timestamp(0, tz=column.dt.tz)) / _DAY
    elif pd.api.types.is_timedelta64_dtype(column.dtype):
        column = column / _DAY
    if not _is_number(column):  # a column of numbers in fit, of something else now
        column = pd.to_numeric(pd.Series(_as_objects(column)))
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _as_objects(column: pd.Series) -> np.ndarray:
    """Return values as Python objects, so that 1, 1.0 and a category's 1 are one level."""
    return column.astype(object).to_numpy()


def _levels(column: pd.Series) -> np.ndarray:
    """Return the levels that occur, sorted where they can be."""
    values: Any = pd.unique(_as_objects(column[column.notna()]))
    try:
        return np.sort(values)
    except TypeError:  # of several types
        return np.array(sorted(values, key=lambda v: (str(type(v)), str(v))), dtype=object)


def _centre_and_scale(values, holes):
    """Return the median of each column and the factor that makes its quartiles 1 apart."""
    n_columns = values.shape[1]
    centre, scale = np.zeros(n_columns), np.zeros(n_columns)
    for j in range(n_columns):
        known = values[~holes[:, j], j]
        if not known.size:
            continue
        low, q25, centre[j], q75, high = np.quantile(known, [0, 0.25, 0.5, 0.75, 1])
        with np.errstate(over="ignore", divide="ignore"):
            if q75 > q25:
                scale[j] = 1 / (q75 - q25)
            elif high > low:
                scale[j] = 2 / (high - low)
    scale[~np.isfinite(scale)] = 0
    return centre, scale

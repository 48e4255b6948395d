"""TabularEncoder: a raw table as the numbers that a network takes."""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from .._engine.objective.weights import check_weights, mean_one
from .._engine.support.atomic import all_or_nothing
from .._engine.support.documentation import Documented
from .._engine.support.version import Versioned
from .._sklearn import Interval, Options, StrOptions, validate_params
from . import _columns, _dates, _frames, _text  # noqa: F401
from ._columns import FEW_VALUES, take
from ._kinds import said_kind
from ._level_counts import CountsLevels
from ._problems import warn_of_cells, warn_of_columns
from ._scaling import centre_and_scale, scale_and_clip

_FITTED = (
    "n_features_in_", "feature_names_in_", "n_numbers_", "n_levels_", "categories_", "_columns",
    "_numbers", "_coded", "_with_extra", "_with_missing", "_centre", "_scale", "_described",
    "_names", "_n_fitted",
)  # fmt: skip


class TabularEncoder(CountsLevels, TransformerMixin, Documented, Versioned, BaseEstimator):
    r"""Raw columns (numbers, categories, booleans, dates, text) as numbers for a network.

    Where the dtype does not tell what a column is, its values decide; ``column_kinds`` overrides.
    Numbers, dates, times, time spans and booleans may come as objects or as text, as from a CSV
    file or a database. ``schema_`` shows what each was taken for. A column is read as in ``fit``:
    text is parsed for a date, unseen levels count as missing. What a row is encoded to does not
    depend on the rows beside it. A cell that can't be read counts as missing, with a warning; an
    error is for a column that lacks, or whose dtype can't mean what it meant.

    **Numbers** are centred by their median, scaled by their interquartile range and clipped
    smoothly to (-3, 3):

    .. math:: x' = s (x - \mathrm{median}), \quad s = 1 / (q_{75} - q_{25}), \qquad
              z = x' / \sqrt{1 + (x' / 3)^2}

    where :math:`s = 2 / (\max - \min)` if the quartiles coincide, and 0 for a constant column. A
    missing number becomes 0, and a column of its own says so (1 / 0) where any was missing in
    ``fit``. Text says numbers if nearly all (95 %) of it does: with signs between thousands, a
    decimal comma, factors ("1.2k", "3 M", "5 bn") or one unit ("23.4 kmpl", "$1,200", "12 %"); text
    as "n/a", "-" or "?" is missing. What can be read in one way alone ("0,5") decides which sign is
    the decimal one for the column; where nothing does ("1.234"), it is the point, with a warning.
    Digits of one length with zeros before ("00501") are codes, not numbers.

    **Rows with a weight** count by it in quantiles and means; one of weight 0 is as good as absent.

    **Dates** are numbers: days since 1970, of time zones in UTC. Sine and cosine of the time of
    day, the weekday and the day of the year come with them where the dates hold more than one such
    period and differ within it. **Times of day** are hours with sine and cosine, **time spans**
    days.

    **Categories** with up to ``max_one_hot`` levels become one column per level (two levels: one
    column of +1 and -1), all zero where missing or unseen. Those with more levels become a code:
    1, 2, ... in the order of their values, 0 where missing or unseen, for
    :class:`skfnn.layers.CategoryEmbedding`; of more than 524,287 levels, the most frequent have
    one. A level is found by its value, also where that arrives as text, as from a CSV file. Columns
    of dtype category are categories whatever they hold. **Booleans** are categories of two levels.

    **Text** are strings of at least 1.5 words on average, of which at least 30 % share a word with
    others, and at least a tenth of the values differ: their n-grams, weighted by rarity (TF-IDF),
    are reduced to 20 columns by a singular value decomposition (of two to four characters; of one
    and two words where there are more than 15 words). Strings with several **labels**
    ("Action|Comedy", also by ";" or ",") become a column per label if there are up to 30, and are
    reduced as text is if there are more. **Identifiers**, more than 95 % different strings without
    words in common, are left out, with a warning. Columns of fewer than 50 strings, or of up to
    ``max_one_hot`` different ones, stay categories.

    The result has the numbers first, then the codes, then what says that a number is missing, then
    the rest.

    Source: Holzmueller, Grinsztajn and Steinwart, "Better by Default: Strong Pre-Tuned MLPs and
    Boosted Trees on Tabular Data", 2024.

    Parameters
    ----------
    categorical_features : "from_dtype" or array-like of {bool, int, str}, default="from_dtype"
        The columns that are categories. "from_dtype" are those that are found to be. A list names
        further ones by mask, position or name.
    max_one_hot : int or inf, default=8
        Categories with more levels than this become codes.
    dtype : {"float32", "float64"}, default="float32"
        The dtype of the result.
    column_kinds : dict of {str or int: str}, default=None
        What columns are, by name or position, where it is not to be found out: "number",
        "category", "boolean", "date", "time", "duration", "text", "labels" or "drop". How text is
        read may stand behind: "number(decimal=',')", "number(percent=0.01)" (what a percent sign
        multiplies by), "date(format='%d/%m/%Y')".

    Attributes
    ----------
    schema_ : DataFrame
        What each column was taken for: ``column``, ``kind``, ``why``, ``missing`` (share of rows),
        ``levels`` (different values), ``example``.
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

    Warns
    -----
    ColumnWarning
        If a column looks wrong: constant, an identifier, a category that is nearly unique, values
        of several types, text that is no number in a column of numbers, dates whose day and month
        could be swapped, numbers whose decimal sign is a guess. At prediction, for each column with
        cells that can't be read or are read by a guess: the same text each time, the number of
        cells and examples as attributes of the warning.

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
    0 -0.33           0.0         1.0
    1  0.00           0.0        -1.0
    2  0.00           1.0         1.0
    3  0.65           0.0         0.0

    As text, numbers with a unit and dates are what they say:

    >>> X = pd.DataFrame({"power": ["74 bhp", "103.5 bhp", None], "sold": ["1/31/2026"] * 3})
    >>> TabularEncoder().fit(X).schema_[["column", "kind", "why"]]
      column    kind                                       why
    0  power  number  text that says numbers (unit 'bhp')
    1   sold    date         text that says dates (%m/%d/%Y)
    """

    _parameter_constraints: ClassVar[dict] = {
        "categorical_features": [StrOptions({"from_dtype"}), "array-like"],
        "max_one_hot": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "dtype": [StrOptions({"float32", "float64"})],
        "column_kinds": [dict, None],
    }

    def __init__(
        self, categorical_features="from_dtype", max_one_hot=8, dtype="float32", column_kinds=None
    ) -> None:
        self.categorical_features = categorical_features
        self.max_one_hot = max_one_hot
        self.dtype = dtype
        self.column_kinds = column_kinds

    @all_or_nothing
    def fit(self, X, y=None, sample_weight=None) -> Self:
        """Find out what each column is; learn scales and levels.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns: a table of pandas, polars, pyarrow or narwhals, an array, a list of dicts
            (one per row) or a dict of columns. Missing values are NaN, NaT, None, pandas' NA, and
            text that ``pandas.read_csv`` takes for missing.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of rows.

        Returns
        -------
        TabularEncoder
            The fitted transformer.

        Raises
        ------
        ValueError
            If a parameter is invalid, a number infinite, a value a list, or all weights are 0.
        TypeError
            If the rows of X have not been computed (a polars LazyFrame).
        """
        self._fit(X, sample_weight)
        return self

    @all_or_nothing
    def fit_transform(self, X, y=None, sample_weight=None) -> np.ndarray:
        """Fit, and encode the same rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of rows.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            As from ``transform``.
        """
        return self._encode(self._fit(X, sample_weight))

    def _fit(self, X, sample_weight=None):
        """Fit, and return the columns' values."""
        validate_params(self)
        for name in _FITTED:
            vars(self).pop(name, None)
        values = self._values_to_fit(X)
        self._learn(*_that_count(values, sample_weight))
        warn_of_columns(self._names, self._columns)
        return values

    def _learn(self, values, weight):
        kinds = self._kinds([column.name for column in values])
        fitted = [
            take(v, _columns.Options(self.max_one_hot, said), kind)
            for v, (kind, said) in zip(values, kinds, strict=True)
        ]
        self._columns = fitted
        self._find_places()
        numbers = np.empty((len(values[0]), self.n_numbers_))
        for j, i in enumerate(self._numbers):
            numbers[:, j] = fitted[i].transform(values[i])[0]
        self._refuse_infinity(numbers)
        missing = np.isnan(numbers)
        self._with_missing = np.flatnonzero(missing.any(axis=0))
        self._centre, self._scale = centre_and_scale(numbers, missing, weight)
        self._n_fitted = len(values[0])
        levels = [v.n_distinct for v in values]
        for j, i in enumerate(self._numbers):  # "1" and "1.0" are one number
            if values[i].form == "O":
                levels[i] = int(pd.Series(numbers[:, j]).nunique())
        self._described = [
            (v.name, column.kind, column.why, float(v.missing.mean()), n, v.example)
            for v, column, n in zip(values, fitted, levels, strict=True)
        ]
        if hasattr(self, "feature_names_in_") and self._n_fitted >= FEW_VALUES:
            for v, column, n in zip(values, fitted, levels, strict=True):
                # That some are missing says something.
                if n == 0 or (n == 1 and not v.missing.any()):
                    column.note_constant(v)
        if not (self._numbers or self._coded or self._with_extra):
            told = ", ".join(f"{row[0]!r}: {row[1]} ({row[2]})" for row in self._described[:5])
            raise ValueError(
                f"No column of X is left to learn from: {told}. Say by column_kinds what they are."
            )

    def _find_places(self):
        """Take note of which columns become numbers, codes and further columns."""
        columns = list(enumerate(self._columns))
        self._numbers = [i for i, column in columns if column.has_number]
        self._coded = [i for i, column in columns if column.n_levels]
        self._with_extra = [i for i, column in columns if column.extra]
        self.categories_ = {i: column.levels for i, column in columns if hasattr(column, "levels")}
        self.n_numbers_ = len(self._numbers)
        self.n_levels_ = [self._columns[i].n_levels for i in self._coded]

    def transform(self, X) -> np.ndarray:
        """Encode rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``; columns with names in any order.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Numbers, codes, indicators of missing numbers, and columns of levels, parts of dates,
            text and labels.

        Raises
        ------
        ValueError
            If a column lacks or is not known, or its dtype can't mean what it meant in ``fit``.

        Warns
        -----
        ColumnWarning
            For each column with cells that can't be read, or are infinite: they count as missing.
        """
        check_is_fitted(self)
        values = self._values_to_transform(X)
        out = self._encode(values)
        for column, of_column in zip(self._columns, values, strict=True):
            if of_column.n_unread or of_column.doubtful:
                warn_of_cells(column, of_column)
        return out

    def _encode(self, values):
        n = len(values[0])
        numbers = np.empty((self.n_numbers_, n))
        codes, extra = [], []
        j = 0
        for column, of_column in zip(self._columns, values, strict=True):
            number, code, further = column.transform(of_column)
            if number is not None:
                numbers[j] = number
                j += 1
            if code is not None:
                codes.append(code[:, None])
            if further is not None and further.shape[1]:
                extra.append(further)
        if not np.isfinite(numbers).all() and np.isinf(numbers).any():
            infinite = np.isinf(numbers)
            for j in np.flatnonzero(infinite.any(axis=1)):
                of_column = values[self._numbers[j]]
                cells = list(of_column.objects[infinite[j]])
                of_column.not_read(cells, len(cells))
            numbers[infinite] = np.nan
        missing = np.isnan(numbers)
        scale_and_clip(numbers, self._centre[:, None], self._scale[:, None])
        numbers[np.isnan(numbers)] = 0  # where missing, and 0 times what overflows
        parts = [numbers.T, *codes, missing[self._with_missing].T, *extra]
        out = np.empty((n, sum(part.shape[1] for part in parts)), self.dtype)
        return np.concatenate(parts, axis=1, out=out, casting="unsafe")

    def _places(self) -> list[tuple]:
        """Return where columns stand in encoded rows: (name, form, slice, indicator or None).

        The form is "number", "code", or "levels" of a category that is a column per level. The
        indicator is the column that says where a number is missing.
        """
        behind = self.n_numbers_ + len(self._coded)
        missing = {int(j): behind + k for k, j in enumerate(self._with_missing)}
        places: list[tuple] = []
        for j, i in enumerate([*self._numbers, *self._coded]):
            form = "number" if j < self.n_numbers_ else "code"
            places.append((self._names[i], form, slice(j, j + 1), missing.get(j)))
        at = behind + len(self._with_missing)
        for i in self._with_extra:
            column = self._columns[i]
            if column.kind in ("category", "boolean"):
                places.append((self._names[i], "levels", slice(at, at + len(column.extra)), None))
            at += len(column.extra)
        return places

    def _refuse_infinity(self, numbers):
        infinite = np.isinf(numbers).any(axis=0)
        if infinite.any():
            i = self._numbers[int(infinite.argmax())]
            raise ValueError(
                f"Input X contains infinity in column {self._names[i]!r}. Replace it by NaN if it "
                "means missing."
            )

    @property
    def schema_(self):
        """What each column was taken for, a DataFrame with one row per column."""
        if "_described" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute 'schema_' before fit"
            )
        names = ["column", "kind", "why", "missing", "levels", "example"]
        return pd.DataFrame(self._described, columns=names)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the result's columns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X; by default those seen in ``fit``.

        Returns
        -------
        ndarray of str
            "size", "size_missing", "colour_red", "since_weekday_sin", ...
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
        out += [f"{names[self._numbers[j]]}_missing" for j in self._with_missing]
        out += [f"{names[i]}_{part}" for i in self._with_extra for part in self._columns[i].extra]
        return np.array(out, dtype=object)

    # ---------------------------------------------------------------- tables

    def _values_to_fit(self, X):
        """Return each column's values; take note of the columns."""
        if _frames.is_frame(X):
            X = _frames.to_frame(X)
            validate_data(self, X, skip_check_array=True)
            values = _frames.columns(X, by_column=True)
            self._names = _frames.column_names(X)
        else:
            X = self._checked(X)
            validate_data(self, X, skip_check_array=True)
            values = _frames.of_array(X)
            self._names = list(range(X.shape[1]))
        _check_rows(values, self)
        return values

    def _values_to_transform(self, X):
        """Return each column's values, in the order of ``fit``; check the columns."""
        if not _frames.is_frame(X):
            X = self._checked(X)
            validate_data(self, X, reset=False, skip_check_array=True)
            return _frames.of_array(X, infer=False)
        named = hasattr(self, "feature_names_in_")
        X = _frames.to_frame(X, self._names if named else None)
        given = _frames.column_names(X)
        if given != self._names:
            if len(given) == len(self._names) and set(given) == set(self._names):
                X = X[self._names]  # in another order
            validate_data(self, X, reset=False, skip_check_array=True)
        values = _frames.columns(X)
        _check_rows(values, self)
        return values

    def _checked(self, X):
        """Return X as an array of two dimensions, of numbers, objects, dates or time spans."""
        given = X if hasattr(X, "dtype") or sparse.issparse(X) else np.asarray(X)
        if given.dtype.kind in "US" and given is not X:  # of a list with other values beside text
            given = np.array(X, dtype=object)
        if given.dtype.kind in "Mm":
            if given.ndim != 2:
                check_array(np.zeros(given.shape), input_name="X", estimator=self)
            return given
        is_text = given.dtype.kind in "OUS"
        X = check_array(
            given,
            dtype=object if is_text else "numeric",
            ensure_all_finite=False if is_text else "allow-nan",
            input_name="X",
            estimator=self,
        )
        return X.astype(X.dtype.newbyteorder("="), copy=False)  # pandas takes no other order

    def _kinds(self, names):
        """Return for each column (what the parameters say that it is or None, what is behind)."""
        kinds = [(None, {})] * len(names)
        for i in np.flatnonzero(self._chosen(len(names))):
            kinds[i] = "category", {}
        for key, given in (self.column_kinds or {}).items():
            kind = said_kind(key, given)
            if key in names:
                i = names.index(key)
            elif isinstance(key, Integral) and -len(names) <= key < len(names):
                i = int(key)
            else:
                raise ValueError(
                    f"column_kinds names a column that X does not have: {key!r}. It has {names}."
                )
            if kinds[i][0] not in (None, kind[0]):
                raise ValueError(
                    f"Column {names[i]!r} is {given!r} by column_kinds, and named in "
                    "categorical_features. Give one of them."
                )
            kinds[i] = kind
        return kinds

    def _chosen(self, n):
        """Return for each column whether ``categorical_features`` names it."""
        chosen = np.zeros(n, bool)
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
                f"of the {n} columns of X, or names."
            ) from None
        return chosen

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []  # ``dtype`` says what comes out
        return tags


def _check_rows(values, estimator):
    if not values or not len(values[0]):
        raise ValueError(
            f"Found array with 0 sample(s) (shape=(0, {len(values)})) while a minimum of 1 is "
            f"required by {type(estimator).__name__}."
        )


def _that_count(values, sample_weight):
    """Return the values of rows with a weight, and their weights of mean 1, or None."""
    if sample_weight is None:
        return values, None
    weight, _ = check_weights(sample_weight, values[0].array)
    rows = np.flatnonzero(weight)
    weight = mean_one(weight[rows])[0]
    values = [v.take(rows) for v in values]
    for v in values:
        v.weight = weight
    return values, weight

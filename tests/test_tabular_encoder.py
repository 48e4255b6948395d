"""TabularEncoder: raw columns as numbers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from skfnn.preprocessing import ColumnWarning, TabularEncoder


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([TabularEncoder(), TabularEncoder(dtype="float64", max_one_hot=2)])
def test_estimator_check(estimator, check):
    check(estimator)


def encode(X, new=None, **params):
    encoder = TabularEncoder(**params).set_output(transform="pandas").fit(X)
    return encoder.transform(X if new is None else new)


def test_numbers_are_scaled_by_quartiles_and_clipped_smoothly():
    x = np.random.default_rng(0).normal(5, 3, 101)
    x[0] = 1e300
    q25, median, q75 = np.quantile(x, [0.25, 0.5, 0.75])
    scaled = (x[1:] - median) / (q75 - q25)
    expected = scaled / np.sqrt(1 + (scaled / 3) ** 2)
    out = TabularEncoder(dtype="float64").fit_transform(x[:, None])[:, 0]
    np.testing.assert_allclose(out[1:], expected)
    assert out[0] == pytest.approx(3)


@pytest.mark.parametrize(("low", "high"), [(-1e308, 1e308), (0, 5e-324), (-1e-300, 1e-300)])
def test_extreme_numbers_stay_finite(low, high):
    out = TabularEncoder().fit_transform(np.array([[low], [high], [0.0], [low]]))
    assert np.isfinite(out).all()
    assert np.abs(out).max() <= 3


def test_numbers_whose_range_overflows_stay_finite():
    X = np.array([[-1.7e308]] * 4 + [[1.7e308]])
    assert np.isfinite(TabularEncoder().fit_transform(X)).all()


def test_columns_without_quartiles_go_by_their_range_and_constant_ones_are_zero():
    X = np.array([[0.0, 7.0]] * 9 + [[10.0, 7.0]])
    out = TabularEncoder(dtype="float64").fit_transform(X)
    np.testing.assert_allclose(out[-1], [2 / np.sqrt(1 + 4 / 9), 0])
    assert (out[:-1] == 0).all()
    assert TabularEncoder().fit(X).transform([[0.0, 8.0]])[0, 1] == 0


def test_missing_numbers_have_an_indicator():
    X = pd.DataFrame({"a": [1.0, np.nan, 3.0], "b": [1, 2, 3], "c": [np.nan] * 3})
    out = encode(X)
    assert list(out) == ["a", "b", "c", "a_missing", "c_missing"]
    assert out["a"].tolist()[1] == 0
    assert out["a_missing"].tolist() == [0, 1, 0]
    assert (out["c"] == 0).all()
    # A hole where there was none in fit counts as the median.
    assert encode(X, pd.DataFrame({"a": [1.0], "b": [None], "c": [5.0]}))["b"].tolist() == [0]


@pytest.mark.parametrize("dtype", ["category", object, "string"])
def test_levels_are_columns_and_two_levels_are_one_column_of_signs(dtype):
    X = pd.DataFrame({"two": ["x", "y", None, "x"], "three": ["c", "a", "b", None]}).astype(dtype)
    out = encode(X)
    assert list(out) == ["two_y", "three_a", "three_b", "three_c"]
    np.testing.assert_array_equal(out["two_y"], [-1, 1, 0, -1])
    np.testing.assert_array_equal(out.iloc[:, 1:], [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 0]])
    unseen = encode(X, pd.DataFrame({"two": ["z"], "three": ["z"]}).astype(dtype))
    assert (unseen == 0).all(axis=None)


def test_many_levels_are_codes_behind_the_numbers():
    X = pd.DataFrame({"k": list("dcbae"), "x": np.arange(5.0), "flag": [True, False] * 2 + [True]})
    encoder = TabularEncoder(max_one_hot=3).fit(X)
    assert (encoder.n_numbers_, encoder.n_levels_) == (1, [5])
    assert encoder.get_feature_names_out().tolist() == ["x", "k", "flag_True"]
    out = encoder.transform(X)
    np.testing.assert_array_equal(out[:, 1], [4, 3, 2, 1, 5])
    np.testing.assert_array_equal(out[:, 2], [1, -1, 1, -1, 1])
    assert encoder.transform(X.assign(k="z"))[:, 1].tolist() == [0] * 5


def test_names_of_columns_can_be_given():
    encoder = TabularEncoder().fit(np.array([["a", 1], ["b", 2], ["c", 3]], dtype=object))
    assert encoder.get_feature_names_out().tolist() == ["x1", "x0_a", "x0_b", "x0_c"]
    named = encoder.get_feature_names_out(["letter", "size"])
    assert named.tolist() == ["size", "letter_a", "letter_b", "letter_c"]
    with pytest.raises(ValueError, match="must have 2 names, got 1"):
        encoder.get_feature_names_out(["letter"])


def test_levels_are_compared_by_value_not_by_type():
    X = pd.DataFrame({"k": pd.Series([1, 2, 3] * 3).astype("category")})
    out = encode(X, pd.DataFrame({"k": [1.0, 3.0, np.nan]}))
    np.testing.assert_array_equal(out, [[1, 0, 0], [0, 0, 1], [0, 0, 0]])
    with pytest.warns(ColumnWarning, match=r"'k' \(int, str, tuple\)"):
        assert encode(pd.DataFrame({"k": [1, "a", (2,), None]})).shape == (4, 3)


def test_dates_and_nullable_types_are_numbers():
    X = pd.DataFrame(
        {
            "day": pd.to_datetime(["2026-01-01", "2026-01-03", None, "2026-01-05"]),
            "zone": pd.to_datetime(["2026-01-01", "2026-01-03", "2026-01-04", None], utc=True),
            "span": pd.to_timedelta([1, 2, None, 3], unit="D"),
            "count": pd.array([1, None, 3, 4], dtype="Int64"),
        }
    )
    out = encode(X)
    assert list(out)[:4] == list(X)
    assert out["day"].tolist()[1] == 0  # the median
    assert (out.iloc[:, 4:].sum() == 1).all()


@pytest.mark.parametrize("given", [["k"], [1], [False, True]])
def test_columns_of_numbers_can_be_named_as_categories(given):
    X = pd.DataFrame({"x": [1.0, 2.0, 3.0], "k": [7, 8, 9]})
    assert list(encode(X, categorical_features=given)) == ["x", "k_7", "k_8", "k_9"]


def test_what_names_no_column_is_refused():
    X = pd.DataFrame({"x": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"categorical_features=\['z'\].*\['z'\].*\['x'\]"):
        TabularEncoder(["z"]).fit(X)
    with pytest.raises(ValueError, match=r"categorical_features=\[4\].*1 columns"):
        TabularEncoder([4]).fit(X)
    with pytest.raises(ValueError, match=r"'categorical_features' parameter.*'other'"):
        TabularEncoder("other").fit(X)


def test_infinity_is_refused_by_the_column_s_name():
    with pytest.raises(ValueError, match="infinity in column 'x'"):
        TabularEncoder().fit(pd.DataFrame({"w": [1.0, 2.0], "x": [1.0, np.inf]}))


def test_tables_that_are_not_pandas_are_taken_by_their_columns():
    class Table:
        columns = ("x", "k")

        def __init__(self, data):
            self.data, self.shape = data, (len(data["x"]), 2)

        def __getitem__(self, name):
            return self.data[name]

        def __len__(self):
            return self.shape[0]

    data = {"x": [1.0, 2.0, 3.0], "k": np.array(["a", "b", "c"], dtype=object)}
    expected = TabularEncoder().fit_transform(pd.DataFrame(data))
    np.testing.assert_array_equal(TabularEncoder().fit_transform(Table(data)), expected)


def test_long_tables_are_read_as_short_ones():
    """Long ones by the places of their levels, short ones value by value."""
    rng = np.random.default_rng(0)
    n = 600
    words = [f"level {i}" for i in range(12)]
    levels = pd.Categorical(rng.choice(words, n), [*words[::-1], "never seen", "nor this"])
    levels[rng.integers(n, size=40)] = np.nan
    bytes_ = pd.Categorical([word.encode() for word in rng.choice(words[:9], n)])
    text = pd.Series(rng.choice(["red", "green", "", "NA", "blue"], n), dtype="str")
    text[rng.integers(n, size=40)] = None
    said = pd.Series(rng.choice(["1.5 kg", "2 kg", "0.25 kg", "n/a"], n), dtype="str")
    X = pd.DataFrame({
        "levels": levels, "bytes": bytes_, "text": text, "said": said,
        "whole": pd.Categorical(rng.integers(0, 30, n)),
        "true": pd.Categorical(rng.choice(["yes", "no"], n)),
        "objects": np.array(rng.choice(words, n), dtype=object),
        "of bytes": np.array([word.encode() for word in rng.choice(words, n)], dtype=object),
        "mixed": rng.choice(np.array([1, 2.5, True, "a", None], dtype=object), n),
    })  # fmt: skip
    with pytest.warns(ColumnWarning):
        encoder = TabularEncoder().fit(X)
    out = encoder.transform(X)
    short = [encoder.transform(X.iloc[i : i + 10]) for i in range(0, n, 10)]
    np.testing.assert_array_equal(out, np.concatenate(short))
    np.testing.assert_array_equal(encoder.transform(X.astype(object)), out)
    assert (out[:, : len(encoder.n_levels_)] > 0).any(axis=0).all()


def test_rows_do_not_depend_on_those_beside_them():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=30), "k": rng.choice(list("abcdefghijkl"), 30)})
    encoder = TabularEncoder().fit(X)
    whole = encoder.transform(X)
    np.testing.assert_array_equal(np.vstack([encoder.transform(X[i : i + 1]) for i in range(30)]),
                                  whole)  # fmt: skip
    np.testing.assert_array_equal(clone(encoder).fit(X[::-1]).transform(X), whole)

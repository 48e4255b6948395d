"""Each kind of column by itself, tables of other libraries, and the encoder with scikit-learn."""

import datetime
import time
from inspect import signature

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from test_tabular_columns import WORDS, N, every_kind, sentences

from skfnn import TabularFNNRegressor
from skfnn.preprocessing import TabularEncoder

# ------------------------------------------------------------------ kinds one by one


@pytest.mark.filterwarnings("ignore:Columns of numbers in which a sign")
@pytest.mark.parametrize(("values", "kind"), [
    (["00501", "02134", "10001", "94110"], "category"),  # postal codes
    ([f"{i:05d}" for i in range(4)], "category"),
    (["10-19", "20-29", "30-39"], "category"), (["town 1", "town 2", "town 13"], "category"),
    (["1.2.3", "1.10.0", "2.0.1"], "category"), (["5more", "2", "3", "4"], "category"),
    (["192.168.0.1", "10.0.0.1"], "category"), (["1st", "2nd", "3rd"], "category"),
    (["2024Q1", "2024Q2"], "category"), (["-5", "+3.5", "1e-3", ".5", "7."], "number"),
    (["(1,200)", "300"], "number"), (["12 %", "7%"], "number"), (["$1,200", "$5"], "number"),
    (["€ 5", "€7.50"], "number"), (["Rs. 500", "Rs. 1,000"], "number"),
    (["1248 CC", "998 CC"], "number"), (["5 sq ft", "7.5 sq ft"], "number"),
    (["1_000", "2'000"], "number"), (["1\u202f234,5", "7,25"], "number"),
    (["1.234,5", "2.000"], "number"), (["5 kg", "300 g"], "category"),
    (["2024-01", "2024-02"], "date"), (["Jan 2024", "Feb 2024"], "date"),
    (["2024-01-31T10:00:00.123Z", "2024-02-01T00:00:00Z"], "date"),
    (["Wed Jan 31 10:00:00 2024", "Thu Feb 01 11:00:00 2024"], "date"),
    (["10:30", "9:05 pm"], "time"), (["25:00:00", "01:00:00"], "duration"),
    (["-1 days +23:00:00", "2 days"], "duration"), (["t", "f"], "boolean"),
    (["on", "off"], "boolean"), (["yes", "no", "maybe"], "category"), (["yes", "yes"], "category"),
])  # fmt: skip
def test_text_is_taken_for_what_it_says(values, kind):
    encoder = TabularEncoder().fit(pd.DataFrame({"x": values}))
    assert encoder.schema_["kind"][0] == kind, encoder.schema_["why"][0]


@pytest.mark.parametrize(("text", "number"), [
    ("$1,200.50", 1200.5), ("-$5", -5), ("(3)", -3), ("1e3", 1000), ("$ 7", 7), ("8", 8),
])  # fmt: skip
def test_numbers_in_text_are_read_as_they_say(text, number):
    numbers = np.arange(-10.0, 2000, 50)
    encoder = TabularEncoder().fit(pd.DataFrame({"x": [f"${x:,.2f}" for x in numbers]}))
    plain = TabularEncoder().fit(pd.DataFrame({"x": numbers}))
    found = encoder.transform(pd.DataFrame({"x": [text]}))
    np.testing.assert_allclose(found, plain.transform(pd.DataFrame({"x": [float(number)]})),
                               rtol=1e-6)  # fmt: skip


def test_a_decimal_comma_is_not_a_sign_of_thousands():
    german = TabularEncoder().fit(pd.DataFrame({"x": ["1.234,5", "2.000,0", "10,25", "0,5"]}))
    plain = TabularEncoder().fit(pd.DataFrame({"x": [1234.5, 2000.0, 10.25, 0.5]}))
    for text, number in (("1.000", 1000.0), ("1,5", 1.5), ("12.345,75", 12345.75)):
        np.testing.assert_allclose(
            german.transform(pd.DataFrame({"x": [text]})),
            plain.transform(pd.DataFrame({"x": [number]})), rtol=1e-6,
        )  # fmt: skip


@pytest.mark.parametrize(("days", "parts"), [
    (pd.date_range("2024-01-01", periods=900, freq="7h"), ["hour", "weekday"]),
    (pd.date_range("2022-01-01", periods=900, freq="D"), ["weekday", "yearday"]),
    (pd.date_range("2020-01-01", periods=50, freq="MS"), ["yearday"]),  # any weekday
    (pd.date_range("2020-01-06", periods=50, freq="7D"), []),  # Mondays of less than a year
    (pd.date_range("2020-01-06", periods=150, freq="7D"), ["yearday"]),
    (pd.date_range("2024-01-01", periods=5, freq="D"), []),
    (pd.date_range("2024-01-01", periods=5, freq="6h"), []),
    (pd.DatetimeIndex(["2024-01-01"] * 3), []),
])  # fmt: skip
def test_parts_of_dates_are_those_that_vary(days, parts):
    X = pd.DataFrame({"d": days})
    encoder = TabularEncoder()
    if len(days.unique()) == 1 and len(days) >= 20:
        pytest.fail("would warn")
    encoder.fit(X)
    names = ["d", *[f"d_{part}_{f}" for part in parts for f in ("sin", "cos")]]
    assert encoder.get_feature_names_out().tolist() == names
    out = pd.DataFrame(encoder.transform(X), columns=names)
    turns = {
        "hour": days.hour / 24 + days.minute / 1440,
        "weekday": days.day_of_week / 7,
        "yearday": (days.day_of_year - 1) / np.where(days.is_leap_year, 366, 365),
    }
    for part in parts:
        np.testing.assert_allclose(out[f"d_{part}_sin"], np.sin(2 * np.pi * turns[part]), atol=1e-6)
        np.testing.assert_allclose(out[f"d_{part}_cos"], np.cos(2 * np.pi * turns[part]), atol=1e-6)


def test_hours_are_those_of_the_time_zone():
    moments = pd.date_range("2024-01-01", periods=3000, freq="5h", tz="America/New_York")
    encoder = TabularEncoder().set_output(transform="pandas").fit(pd.DataFrame({"d": moments}))
    expected = np.sin(2 * np.pi * (moments.hour / 24))
    for given in (moments, moments.tz_convert("UTC"), moments.strftime("%Y-%m-%dT%H:%M:%S%z")):
        out = encoder.transform(pd.DataFrame({"d": given}))
        np.testing.assert_allclose(out["d_hour_sin"], expected, atol=1e-6)


def test_parts_of_dates_help_where_seasons_matter():
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 1460, 600), unit="D")
    y = np.sin(2 * np.pi * days.day_of_year / 365) + (days.day_of_week >= 5)
    X = pd.DataFrame({"day": days})
    model = TabularFNNRegressor(n_members=1, max_iter=60, random_state=0)
    score = model.fit(X[:400], y[:400]).score(X[400:], y[400:])
    number = pd.DataFrame({"day": (days - days.min()).days})
    without = model.fit(number[:400], y[:400]).score(number[400:], y[400:])
    assert score > 0.9 > 0.7 > without


def test_labels_are_columns():
    labels = ["a|b", "b", "", "c|a", "b | c"] * 12
    X = pd.DataFrame(
        {"x": np.arange(60.0), "l": [*labels[:-1], "a|b|c|d"], "z": ["a|b", "c|d"] * 30}
    )
    X.loc[::7, "l"] = [f"a|b|{i % 3}" for i in range(9)]
    encoder = TabularEncoder(column_kinds={"l": "labels"}).set_output(transform="pandas").fit(X)
    out = encoder.transform(X)
    assert {"l_a", "l_b", "l_c"} <= set(out)
    assert "l_d" not in out  # of one row
    row = encoder.transform([{"x": 1.0, "l": "c| b|unheard", "z": "a|b"}])
    assert row[["l_a", "l_b", "l_c"]].to_numpy().tolist() == [[0, 1, 1]]


def test_text_is_reduced_to_a_few_columns_that_tell_its_words():
    X = pd.DataFrame({"t": sentences(400)})
    y = X["t"].str.contains("garden")
    encoder = TabularEncoder().fit(X)
    out = encoder.transform(X)
    assert encoder.schema_["kind"][0] == "text"
    assert out.shape == (400, 20)
    np.testing.assert_allclose(out.std(axis=0), 0.3, rtol=1e-3)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-6)
    model = make_pipeline(TabularEncoder(), LogisticRegression(C=100))
    assert cross_val_score(model, X, y, cv=3).mean() > 0.9
    assert (encoder.transform(pd.DataFrame({"t": [None]})) == 0).all()
    words = [a + b for a in WORDS for b in WORDS]
    long = pd.DataFrame({"t": sentences(100, 30, words)})
    assert TabularEncoder().fit(long)._columns[0].analyzer == "word"


def test_text_with_nothing_in_common_has_no_columns_and_a_single_one_has_any():
    kinds = {"t": "text"}
    apart = pd.DataFrame({"t": [chr(0x4E00 + i) for i in range(60)], "x": np.arange(60.0)})
    encoder = TabularEncoder(column_kinds=kinds).fit(apart)
    assert encoder.get_feature_names_out().tolist() == ["x"]
    single = apart.assign(t=["red house", *[None] * 59])
    out = TabularEncoder(column_kinds=kinds).fit_transform(single)
    assert np.isfinite(out).all()


def test_words_that_are_remembered_for_a_while_change_nothing(monkeypatch):
    X = pd.DataFrame({"t": sentences(300)})
    encoder = TabularEncoder().fit(X)
    expected = encoder.transform(X)
    monkeypatch.setattr("skfnn.preprocessing._text.BLOCK", 1)
    np.testing.assert_array_equal(encoder.transform(X), expected)


@pytest.mark.parametrize(("analyzer", "lengths"), [("char_wb", (2, 4)), ("word", (1, 2))])
def test_text_is_weighted_as_by_scikit_learn(analyzer, lengths):
    words = [a + b for a in WORDS for b in WORDS]
    texts = sentences(200) if analyzer == "char_wb" else sentences(200, 30, words)
    column = TabularEncoder().fit(pd.DataFrame({"t": texts}))._columns[0]
    assert column.analyzer == analyzer
    counted = TfidfVectorizer(
        analyzer=analyzer, ngram_range=lengths, sublinear_tf=True, min_df=2, max_features=10_000
    )
    rows = counted.fit_transform(texts)
    assert column.vocabulary == counted.vocabulary_
    np.testing.assert_allclose(column.idf, counted.idf_)
    expected = rows @ column.components - column.centre
    np.testing.assert_allclose(column._reduced(texts), expected, atol=1e-12)


@pytest.mark.parametrize(("n_long", "analyzer"), [(1, "char_wb"), (99, "word")])
def test_most_strings_tell_whether_text_is_read_by_words(n_long, analyzer):
    texts = sentences(100)
    texts[:n_long] = [text * 30 for text in texts[:n_long]]
    encoder = TabularEncoder(column_kinds={"t": "text"}).fit(pd.DataFrame({"t": texts}))
    assert encoder._columns[0].analyzer == analyzer


@pytest.mark.parametrize("n", [3, 5, 12])
def test_few_strings_have_no_more_columns_than_directions(n):
    """Between ``n`` points there are ``n - 1`` directions."""
    X = pd.DataFrame({"t": sentences(n), "z": np.arange(float(n))})
    out = TabularEncoder(column_kinds={"t": "text"}).fit_transform(X)
    assert out.shape == (n, 1 + n - 1)
    assert np.isfinite(out).all()


def test_many_labels_are_reduced_as_text_is():
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(60)]
    X = pd.DataFrame({"k": ["|".join(rng.choice(words, 4, replace=False)) for _ in range(300)]})
    encoder = TabularEncoder().fit(X)
    assert encoder.schema_["kind"][0] == "labels"
    assert encoder.transform(X).shape == (300, 20)
    y = X["k"].str.contains("word7|word8")
    assert make_pipeline(encoder, LogisticRegression()).fit(X, y).score(X, y) > 0.8


# ------------------------------------------------------------------ tables of other libraries


def test_tables_of_polars():
    polars = pytest.importorskip("polars")
    table = every_kind()
    rows = table.drop(columns=["code"]).astype(object).where(table.notna(), None)
    frame = polars.DataFrame(rows.to_dict("list"), strict=False)
    clean = TabularEncoder().fit(table.drop(columns="code"))
    np.testing.assert_allclose(clean.transform(frame), clean.transform(table.drop(columns="code")),
                               atol=2e-6)  # fmt: skip
    with pytest.raises(TypeError, match=r"LazyFrame of polars.*\.collect\(\)"):
        TabularEncoder().fit(frame.lazy())
    shuffled = frame.select(frame.columns[::-1])
    np.testing.assert_allclose(clean.transform(shuffled), clean.transform(frame), atol=2e-6)
    days = [datetime.date(2026, 1, 31), None, datetime.date(2026, 2, 1)]
    frame = polars.DataFrame({"i": [1, None, 3], "f": [0.5, 1.5, None], "d": days})
    assert TabularEncoder().fit(frame).schema_["why"].tolist() == [
        "dtype Int64", "dtype Float64", "dtype Date"
    ]  # fmt: skip
    levels = TabularEncoder(categorical_features=["i", "f"]).fit(frame).categories_
    assert [list(map(str, levels[j])) for j in range(2)] == [["1", "3"], ["0.5", "1.5"]]


def test_tables_of_pyarrow_and_narwhals():
    pyarrow = pytest.importorskip("pyarrow")
    table = every_kind().drop(columns=["span"])
    clean = TabularEncoder().fit(table)
    arrow = pyarrow.Table.from_pandas(table)
    np.testing.assert_allclose(clean.transform(arrow), clean.transform(table), atol=2e-6)
    model = TabularFNNRegressor(n_members=1, max_iter=1, hidden_layer_sizes=(4,), random_state=0)
    assert np.isfinite(model.fit(arrow, np.arange(N)).predict(arrow)).all()
    narwhals = pytest.importorskip("narwhals")
    np.testing.assert_array_equal(
        clean.transform(narwhals.from_native(table)), clean.transform(table)
    )


def test_tables_of_dask_are_to_be_computed():
    dask = pytest.importorskip("dask.dataframe")
    with pytest.raises(TypeError, match=r"of dask.*\.compute\(\)"):
        TabularEncoder().fit(dask.from_pandas(pd.DataFrame({"x": [1.0, 2.0]}), npartitions=1))


def test_records_and_columns():
    rows = [{"x": 1.0, "k": "a"}, {"x": 2.0}, {"k": "b", "x": 3.5}]
    table = pd.DataFrame(rows)
    expected = TabularEncoder().fit_transform(table)
    np.testing.assert_array_equal(TabularEncoder().fit_transform(rows), expected)
    np.testing.assert_array_equal(TabularEncoder().fit_transform(table.to_dict("list")), expected)
    records = table.to_records(index=False)
    np.testing.assert_array_equal(TabularEncoder().fit_transform(records), expected)
    with pytest.raises(TypeError, match=r"dict of single values.*\[X\]"):
        TabularEncoder().fit({"x": 1.0, "k": "a"})


@pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns"])
def test_arrays_of_dates_and_spans_of_every_unit(unit):
    days = np.arange("2020-01-01", "2024-01-01", dtype="datetime64[D]")[::37][:, None]
    given = days.astype(f"datetime64[{unit}]")
    expected = TabularEncoder().fit_transform(given.astype("datetime64[s]"))
    np.testing.assert_allclose(TabularEncoder().fit_transform(given), expected, atol=1e-6)
    if unit not in "YM":
        spans = np.arange(0, 10**9, 604800, dtype="timedelta64[s]")[::200][:, None]
        spans = spans.astype(f"timedelta64[{unit}]")
        expected = TabularEncoder().fit_transform(spans.astype("timedelta64[s]"))
        np.testing.assert_allclose(TabularEncoder().fit_transform(spans), expected, atol=1e-6)


# ------------------------------------------------------------------ with scikit-learn


def test_in_a_pipeline_of_scikit_learn():
    table = every_kind(400)
    y = (table["number"].fillna(0) > 0) | (table["answer"] == "yes")
    model = make_pipeline(TabularEncoder(max_one_hot=np.inf), LogisticRegression(max_iter=500))
    assert cross_val_score(model, table, y, cv=3).mean() > 0.8
    encoder = TabularEncoder().set_output(transform="pandas").fit(table)
    out = encoder.transform(table)
    assert out.columns.tolist() == encoder.get_feature_names_out().tolist()
    assert len(set(out.columns)) == out.shape[1]
    assert make_pipeline(encoder, Ridge()).fit(table, y).score(table, y) > 0.5


def test_a_row_takes_the_time_of_its_columns_and_not_of_the_levels():
    """Levels are looked up, not gone through."""

    def seconds(n_levels):
        k = pd.Categorical([f"k{i}" for i in range(n_levels)] * 3)
        X = pd.DataFrame({"x": np.arange(len(k)) * 1.0, "k": k})
        encoder = TabularEncoder().fit(X)
        row = X[:1]
        encoder.transform(row)
        times = []
        for _ in range(30):
            started = time.perf_counter()
            encoder.transform(row)
            times.append(time.perf_counter() - started)
        return min(times)

    assert seconds(30_000) < 5 * seconds(30)


# ------------------------------------------------------------------ which columns matter


@pytest.fixture(scope="module")
def model_of_every_kind():
    table = every_kind(300)
    y = table["number"].fillna(0).to_numpy() + (table["answer"] == "yes")
    model = TabularFNNRegressor(n_members=2, max_iter=10, random_state=0).fit(table, y)
    return model, table, y


def test_permutation_importance_takes_every_kind_of_column(model_of_every_kind):
    found = permutation_importance(*model_of_every_kind, n_repeats=1, random_state=0)
    order = model_of_every_kind[1].columns[found.importances_mean.argsort()[::-1]]
    assert order[:2].tolist() == ["number", "answer"]


def test_partial_dependence_takes_every_kind_of_column(model_of_every_kind):
    if "custom_values" not in signature(partial_dependence).parameters:
        pytest.skip("custom_values came with scikit-learn 1.7")
    model, table, _ = model_of_every_kind
    for name in table:
        values = np.array(table[name].dropna().unique()[:3], dtype=object)
        found = partial_dependence(model, table[:40], [name], custom_values={name: values})
        expected = [model.predict(table[:40].assign(**{name: value})).mean() for value in values]
        np.testing.assert_allclose(found["average"][0], expected, rtol=1e-4)


def test_shap_values_of_every_kind_of_column_add_up(model_of_every_kind):
    shap = pytest.importorskip("shap")
    model, table, _ = model_of_every_kind
    rows = pd.concat([table[:2], table[100:105]])
    places = np.tile(np.arange(7.0)[:, None], table.shape[1])

    def predict(places):
        return model.predict(pd.DataFrame({
            name: rows[name].array.take(places[:, j].astype(int)) for j, name in enumerate(rows)
        }))  # fmt: skip

    found = shap.PermutationExplainer(predict, places[2:], seed=0)(places[:2], silent=True)
    total = found.base_values + found.values.sum(axis=1)
    np.testing.assert_allclose(total, model.predict(table[:2]), atol=1e-3)

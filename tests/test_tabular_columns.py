"""What columns are taken for, what is refused, what is warned of, and how a schema is kept."""

import datetime
import decimal
import io
import json
import pickle
import time
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn.preprocessing import ColumnWarning, TabularEncoder
from skfnn.preprocessing._columns import Column

N = 120
RNG = np.random.default_rng(0)
WORDS = ["old", "new", "red", "small", "large", "house", "garden", "street", "river", "north"]


def sentences(n, length=4, words=WORDS):
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(words, length)) + f" {i}" for i in range(n)]


def every_kind(n=N):
    """A table with a column of every kind, and some missing in each."""
    rng = np.random.default_rng(1)
    day = pd.Timestamp("2024-01-01")
    table = pd.DataFrame(
        {
            "number": rng.normal(size=n),
            "whole": rng.integers(0, 100, n),
            "power": [f"{x} bhp" for x in rng.integers(40, 200, n)],
            "date": day + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
            "moment": day + pd.to_timedelta(rng.integers(0, 10**7, n), unit="s"),
            "span": pd.to_timedelta(rng.integers(0, 10**6, n), unit="s"),
            "time": [datetime.time(int(h), int(m)) for h, m in
                     zip(rng.integers(0, 24, n), rng.integers(0, 60, n), strict=True)],
            "few": pd.Categorical(rng.choice(["a", "b", "NA"], n)),
            "many": rng.choice([f"level {i}" for i in range(20)], n),
            "code": pd.Categorical(rng.integers(1000, 1012, n)),
            "flag": rng.random(n) < 0.5,
            "answer": rng.choice(["yes", "no"], n),
            "text": sentences(n),
            "labels": ["|".join(rng.choice(["action", "comedy", "drama"], k, replace=False))
                       for k in rng.integers(1, 4, n)],
        }
    )  # fmt: skip
    for j, name in enumerate(table.columns):
        if name != "flag":
            table.loc[j : j + 2, name] = None
    return table


KINDS = {
    "number": "number", "whole": "number", "power": "number", "date": "date", "moment": "date",
    "span": "duration", "time": "time", "few": "category", "many": "category", "code": "category",
    "flag": "boolean", "answer": "boolean", "text": "text", "labels": "labels",
}  # fmt: skip


def by_csv(table, **options):
    return pd.read_csv(io.StringIO(table.to_csv(index=False)), **options)


def by_json(table):
    return json.loads(table.to_json(orient="records", date_format="iso", date_unit="us"))


def by_json_of_strings(table):
    """As a form of a web page sends it: all values are text."""
    text = table.astype(object).where(table.notna(), None)
    return [
        {name: None if value is None else str(value) for name, value in row.items()}
        for row in text.to_dict("records")
    ]


WAYS = {
    "CSV": by_csv,
    "CSV as text": lambda table: by_csv(table, dtype=str),
    "CSV as text without missing": lambda table: by_csv(table, dtype=str, keep_default_na=False),
    "CSV by Arrow": lambda table: by_csv(table, engine="pyarrow", dtype_backend="pyarrow"),
    "JSON": by_json,
    "JSON of text": by_json_of_strings,
    "rows of JSON": lambda table: pd.read_json(
        io.StringIO(table.to_json(orient="records", date_format="iso", date_unit="us")),
        dtype=False,
    ),
    "columns in another order": lambda table: table[list(table.columns[::-1])],
    "one by one": None,
}


@pytest.mark.parametrize("way", WAYS)
def test_what_went_through_a_file_is_read_as_in_fit(way):
    if "Arrow" in way:
        pytest.importorskip("pyarrow")
    table = every_kind()
    encoder = TabularEncoder().fit(table)
    expected = encoder.transform(table)
    if way == "one by one":
        rows = by_json(table)
        found = np.vstack([encoder.transform([row]) for row in rows])
    else:
        found = encoder.transform(WAYS[way](table))
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize("way", ["CSV", "CSV as text", "JSON", "JSON of text"])
def test_fitted_on_what_went_through_a_file_the_schema_is_the_same(way):
    table = every_kind()
    # A file does not say that numbers are codes.
    options = {"column_kinds": {"code": "category"}}
    through = TabularEncoder(**options).fit(WAYS[way](table))
    clean = TabularEncoder(**options).fit(table)
    assert clean.schema_["kind"].tolist() == through.schema_["kind"].tolist()
    assert clean.schema_["kind"].tolist() == list(KINDS.values())
    np.testing.assert_allclose(clean.schema_["missing"], through.schema_["missing"])
    np.testing.assert_array_equal(clean.schema_["levels"], through.schema_["levels"])
    np.testing.assert_allclose(
        through.transform(WAYS[way](table)), clean.transform(table), atol=2e-6
    )


def test_predictions_are_the_same_through_csv_and_json():
    table = every_kind(300)
    y = table["number"].fillna(0) + (table["answer"] == "yes")
    model = TabularFNNRegressor(n_members=2, max_iter=3, hidden_layer_sizes=(8,), random_state=0)
    model.fit(table, y)
    expected = model.predict(table)
    for way in ("CSV", "JSON", "CSV as text"):
        np.testing.assert_allclose(model.predict(WAYS[way](table)), expected, rtol=1e-4)


def test_every_kind_is_in_the_table():
    assert set(KINDS.values()) | {"identifier", "drop"} == set(Column.registry)


def test_schema_is_a_table_that_can_be_shown():
    encoder = TabularEncoder()
    with pytest.raises(AttributeError, match=r"schema_.*before fit"):
        _ = encoder.schema_
    schema = encoder.fit(every_kind()).schema_
    assert list(schema) == ["column", "kind", "why", "missing", "levels", "example"]
    assert dict(zip(schema["column"], schema["kind"], strict=True)) == KINDS
    assert schema.set_index("column").loc["power", "why"] == ("text that says numbers (unit 'bhp')")
    assert schema.set_index("column").loc["date", "missing"] == pytest.approx(3 / N)
    assert schema.set_index("column").loc["many", "levels"] == 20
    assert "<table" in schema._repr_html_()
    again = pickle.loads(pickle.dumps(encoder))
    pd.testing.assert_frame_equal(again.schema_, schema)
    np.testing.assert_array_equal(again.transform(every_kind()), encoder.transform(every_kind()))


# ------------------------------------------------------------------ what is refused

FITTED = TabularEncoder().fit(every_kind())


@pytest.mark.parametrize(("column", "values", "message"), [
    ("date", 3.0, r"'date' is read as date; it needs dates, .*'2026-01-31'.*Got .*3.0"),
    ("date", 19000, r"'date' is read as date.*Got .*19000"),
    ("date", "tomorrow", r"'date' is read as date.*'tomorrow'"),
    ("date", pd.Timedelta(1, "D"), r"'date' is read as date.*[Tt]imedelta"),
    ("span", 3.0, r"'span' is read as duration; it needs time spans.*Got .*3.0"),
    ("span", "long", r"'span' is read as duration.*'long'"),
    ("span", pd.Timestamp("2024-01-01"), r"'span' is read as duration.*(Timestamp|datetime64)"),
    ("time", 3.0, r"'time' is read as time; it needs times of day.*Got .*3.0"),
    ("time", pd.Timestamp("2024-01-01"), r"'time' is read as time.*(Timestamp|datetime64)"),
    ("number", "many", r"'number' is read as number; it needs numbers.*'many'"),
    ("number", pd.Timestamp("2024-01-01"), r"'number' is read as number.*(Timestamp|datetime64)"),
    ("number", np.inf, r"infinity in column 'number'"),
])  # fmt: skip
@pytest.mark.parametrize("n", [1, 20])
def test_what_is_no_such_column_is_refused_by_name(column, values, message, n):
    table = every_kind()[:n]
    table[column] = pd.Series([values] * n)
    with pytest.raises(ValueError, match=message):
        FITTED.transform(table)


@pytest.mark.parametrize("n", [1, 20])
def test_missing_values_of_any_kind_are_accepted_everywhere(n):
    table = every_kind()[:n]
    for missing in (None, np.nan, pd.NA, pd.NaT, "", "NA", "n/a"):
        for name in table:
            some = table.assign(**{name: pd.Series([missing] * n, dtype=object)})
            assert np.isfinite(FITTED.transform(some)).all()
    nothing = table.assign(**dict.fromkeys(table.columns, np.nan))
    assert np.isfinite(FITTED.transform(nothing)).all()


def test_integers_for_floats_and_other_numbers_are_fine():
    table = every_kind()[:3]
    for number in (1, np.int8(1), True, decimal.Decimal(1), "1", "1.0", b"1"):
        some = table.assign(number=pd.Series([number] * 3, dtype=object))
        expected = FITTED.transform(table.assign(number=1.0))
        np.testing.assert_array_equal(FITTED.transform(some), expected)


def test_columns_are_put_in_order_and_missing_or_extra_ones_are_named():
    table = every_kind()
    shuffled = table[["flag", *[c for c in table if c != "flag"]]]
    np.testing.assert_array_equal(FITTED.transform(shuffled), FITTED.transform(table))
    with pytest.raises(ValueError, match=r"(?s)now missing:\n- date\n- flag"):
        FITTED.transform(table.drop(columns=["flag", "date"]))
    with pytest.raises(ValueError, match=r"(?s)unseen at fit time:\n- other"):
        FITTED.transform(table.assign(other=1))
    # Of records, those that no row has are missing values; others are refused as well.
    row = {"number": 0.0, "flag": True}
    assert np.isfinite(FITTED.transform([row])).all()
    with pytest.raises(ValueError, match="other"):
        FITTED.transform([{**row, "other": 1}])


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}, {1, 2}, np.arange(3)])
def test_lists_in_a_column_are_refused(value):
    table = pd.DataFrame({"x": [1.0, 2.0], "tags": [value, value]})
    message = rf"'tags' holds values of type {type(value).__name__}.*Join the items"
    with pytest.raises(ValueError, match=message):
        TabularEncoder().fit(table)
    fitted = TabularEncoder().fit(pd.DataFrame({"x": [1.0, 2.0], "tags": ["a", "b"]}))
    with pytest.raises(ValueError, match=message):
        fitted.transform(table)


def test_complex_numbers_are_refused():
    with pytest.raises(ValueError, match="Complex data not supported: column 'z'"):
        TabularEncoder().fit(pd.DataFrame({"z": [1 + 2j, 3j]}))


def test_lists_and_complex_numbers_of_arrow_are_refused():
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table({"tags": [["a"], ["b", "c"]]})
    with pytest.raises(ValueError, match="'tags' holds values of type"):
        TabularEncoder().fit(table)


def test_a_refused_refit_leaves_the_encoder_as_it_was():
    table = every_kind()
    encoder = TabularEncoder().fit(table)
    before = encoder.transform(table)
    for bad in (
        pd.DataFrame({"a": [1.0, np.inf]}),
        pd.DataFrame({"a": [[1], [2]]}),
        pd.DataFrame({"a": []}),
        np.array([[np.inf, 1.0]]),
    ):
        with pytest.raises(ValueError):  # noqa: PT011
            encoder.fit(bad)
        np.testing.assert_array_equal(encoder.transform(table), before)
    encoder.set_params(column_kinds={"nothing": "date"})
    with pytest.raises(ValueError, match="column that X does not have: 'nothing'"):
        encoder.fit(pd.DataFrame({"a": [1.0]}))
    np.testing.assert_array_equal(encoder.transform(table), before)
    encoder.set_params(column_kinds=None).fit(np.ones((3, 2)))
    assert not hasattr(encoder, "feature_names_in_")


# ------------------------------------------------------------------ what is warned of


def warned(X, **params):
    """Fit, and return the encoder and the warnings."""
    with pytest.warns(ColumnWarning) as caught:
        encoder = TabularEncoder(**params).fit(X)
    return encoder, [str(w.message) for w in caught]


def test_a_constant_column_is_warned_of():
    X = pd.DataFrame({"x": np.arange(30), "unit": "cm", "empty": np.nan})
    _, messages = warned(X)
    assert messages == [
        "Columns with the same value everywhere, which say nothing: 'unit' ('cm'), 'empty' (no "
        "value). Leave them out of X, or by column_kinds={'unit': 'drop'}."
    ]
    TabularEncoder(column_kinds={"unit": "drop", "empty": "drop"}).fit(X)
    # Some missing says something; an array has no names, and few rows say little.
    TabularEncoder().fit(X.assign(unit=["cm", None] * 15, empty=0.5).drop(columns="empty"))
    TabularEncoder().fit(np.ones((30, 2)))
    TabularEncoder().fit(X[:5])


def test_identifiers_are_left_out_with_a_warning():
    X = pd.DataFrame(
        {"x": np.arange(80.0), "id": [f"{i * 7919 % 100_003:06x}q" for i in range(80)]}
    )
    encoder, messages = warned(X)
    assert encoder.schema_["kind"].tolist() == ["number", "identifier"]
    assert len(messages) == 1
    assert "taken for identifiers and left out: 'id' ('000000q')" in messages[0]
    assert "column_kinds={'id': 'text'}" in messages[0]
    assert encoder.get_feature_names_out().tolist() == ["x"]
    assert encoder.transform(X.assign(id=None)).shape == (80, 1)
    with pytest.raises(ValueError, match=r"No column of X is left to learn from: 'id': identifier"):
        TabularEncoder().fit(X[["id"]])
    forced = TabularEncoder(column_kinds={"id": "text"}).fit(X)
    assert forced.transform(X).shape[1] > 1


def test_values_of_several_types_are_warned_of():
    X = pd.DataFrame({"x": [1, "a", 2.5, None, True] * 3})
    encoder, messages = warned(X)
    assert "values of several types" in messages[0]
    assert "'x' (bool, float, int, str)" in messages[0]
    assert "column_kinds={'x': 'number'}" in messages[0]
    assert len(encoder.categories_[0]) == 4  # True is not 1
    out = encoder.transform(X)
    assert not np.array_equal(out[0], out[4])


def test_a_category_that_is_nearly_unique_is_warned_of():
    X = pd.DataFrame({"x": np.arange(60.0), "k": pd.Categorical([f"k{i}" for i in range(60)])})
    _, messages = warned(X)
    assert "nearly unique" in messages[0]
    assert "'k' (60 levels in 60 values)" in messages[0]
    assert "column_kinds={'k': 'drop'}" in messages[0]


@pytest.mark.parametrize(("values", "kind", "odd"), [
    ([str(i) for i in range(99)] + ["about ten"], "number", "'about ten'"),
    (["2024-01-01"] * 99 + ["soon"], "date", "'soon'"),
    (["12:30"] * 99 + ["late"], "time", "'late'"),
    (["1 days 02:00:00"] * 99 + ["long"], "duration", "'long'"),
])  # fmt: skip
def test_text_that_is_no_number_is_warned_of_and_counts_as_missing(values, kind, odd):
    X = pd.DataFrame({"x": values, "y": np.arange(100)})
    encoder, messages = warned(X)
    assert encoder.schema_["kind"][0] == kind
    assert "some text that is none, which counts as missing" in messages[0]
    assert f"'x' ({odd})" in messages[0]
    assert "column_kinds={'x': 'category'}" in messages[0]
    assert np.isfinite(encoder.transform(X)).all()
    assert np.isfinite(encoder.transform(X.assign(x="another"))).all()


def test_days_that_could_be_months_are_warned_of():
    X = pd.DataFrame({"x": ["01/02/2024", "03/04/2024", "05/06/2024"] * 10})
    _, messages = warned(X)
    assert "day and month could be the other way round" in messages[0]
    assert "'x' ('01/02/2024' is read with the month first)" in messages[0]
    assert "text like '2026-01-31'" in messages[0]
    clear = pd.DataFrame({"x": [*X["x"], "31/01/2024"]})
    assert "%d/%m/%Y" in TabularEncoder().fit(clear).schema_["why"][0]


def test_a_warning_names_at_most_five_columns():
    X = pd.DataFrame({f"c{i}": [1.0] * 30 for i in range(9)})
    _, messages = warned(X)
    assert len(messages) == 1
    assert messages[0].count("(") == 5
    assert "and 4 more" in messages[0]


# ------------------------------------------------------------------ what the user says


@pytest.mark.parametrize(("kind", "values", "n_numbers"), [
    ("number", ["1", "2", "x", "3"], 1), ("category", [1.0, 2.0, 3.0, 1.0], 0),
    ("category", pd.to_datetime(["2024-01-01", "2024-01-02"] * 2), 0),
    ("boolean", [0, 1, 1, 0], 0), ("date", [20240131, 20240201, 20240301, 20240401], 1),
    ("date", ["31.01.24", "01.02.24", "?", "x"], 1), ("time", ["1:30", "13:30"] * 2, 1),
    ("duration", ["1 days", "P2D"] * 2, 1), ("text", ["red house", "old house", "a", "b"], 0),
    ("labels", ["a|b", "b", "a", "c|b"], 0), ("labels", ["a, b", "b", "a", "c, b"], 0),
])  # fmt: skip
def test_kinds_can_be_forced(kind, values, n_numbers):
    X = pd.DataFrame({"w": np.arange(4.0), "x": values})
    for key in ("x", 1, -1):
        encoder = TabularEncoder(column_kinds={key: kind})
        odd = "x" in list(values) and kind == "date"
        with pytest.warns(ColumnWarning) if odd else nullcontext():
            encoder.fit(X)
        assert encoder.schema_.iloc[1][["kind", "why"]].tolist() == [
            kind, "as column_kinds says"
        ]  # fmt: skip
        assert encoder.n_numbers_ == 1 + n_numbers
        out = encoder.transform(X)
        assert np.isfinite(out).all()
        assert len(np.unique(out, axis=0)) >= 3


@pytest.mark.parametrize(("kind", "values", "message"), [
    ("date", [1.5, 2.5], "'x' is read as date"), ("date", ["a", "b"], "'x' is read as date"),
    ("number", pd.to_datetime(["2024-01-01", "2024-01-02"]), "column 'x' is a number"),
    ("boolean", ["maybe", "yes"], "'x' is boolean; it holds 'maybe'"),
    ("time", [1, 2], "'x' is read as time"), ("duration", ["long", "short"], "read as duration"),
    ("dates", ["a", "b"], r"column_kinds\['x'\] must be one of .*'date'.*Got 'dates'"),
    ("identifier", ["a", "b"], r"column_kinds\['x'\] must be one of"),
])  # fmt: skip
def test_kinds_that_cannot_be_are_refused(kind, values, message):
    with pytest.raises(ValueError, match=message):
        TabularEncoder(column_kinds={"x": kind}).fit(pd.DataFrame({"x": values}))


def test_column_kinds_are_checked():
    X = pd.DataFrame({"x": [1.0, 2.0]})
    for key in ("y", 3, None):
        with pytest.raises(ValueError, match=r"column_kinds names a column that X does not have"):
            TabularEncoder(column_kinds={key: "number"}).fit(X)
    with pytest.raises(ValueError, match="'x' is 'number' by column_kinds, and named in"):
        TabularEncoder(["x"], column_kinds={"x": "number"}).fit(X)
    with pytest.raises(ValueError, match="'column_kinds' parameter"):
        TabularEncoder(column_kinds=["number"]).fit(X)
    dropped = TabularEncoder(column_kinds={0: "drop"}).fit(np.ones((3, 2)))
    assert dropped.get_feature_names_out().tolist() == ["x1"]


@pytest.mark.parametrize("model", [TabularFNNClassifier, TabularFNNRegressor])
def test_the_estimators_take_column_kinds(model):
    X = pd.DataFrame({"x": np.arange(40.0), "k": [1, 2] * 20, "tags": [[1]] * 40})
    fitted = model(
        n_members=1, max_iter=2, hidden_layer_sizes=(4,), random_state=0,
        column_kinds={"k": "category", "tags": "drop"},
    ).fit(X, X["k"])  # fmt: skip
    assert fitted.encoder_.schema_["kind"].tolist() == ["number", "category", "drop"]
    assert fitted.predict(X).shape == (40,)


# ------------------------------------------------------------------ kinds one by one


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

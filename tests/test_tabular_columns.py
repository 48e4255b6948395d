"""What columns are taken for, what is refused, what is warned of, and how a schema is kept."""

import datetime
import decimal
import io
import json
import pickle
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest

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
    ("date", 19000, r"'date' is read as date.*Got .*19000"), ("date", True, r"Got bool.*True"),
    ("date", pd.Timedelta(1, "D"), r"'date' is read as date.*[Tt]imedelta"),
    ("span", 3.0, r"'span' is read as duration; it needs time spans.*Got .*3.0"),
    ("span", pd.Timestamp("2024-01-01"), r"'span' is read as duration.*datetime64"),
    ("time", 3.0, r"'time' is read as time; it needs times of day.*Got .*3.0"),
    ("time", pd.Timestamp("2024-01-01"), r"'time' is read as time.*datetime64"),
    ("number", pd.Timestamp("2024-01-01"), r"'number' is read as number.*datetime64"),
    ("flag", pd.Timestamp("2024-01-01"), r"'flag' is read as boolean.*datetime64"),
])  # fmt: skip
@pytest.mark.parametrize("n", [1, 20, 60])
def test_a_dtype_that_cannot_mean_it_is_refused_by_name(column, values, message, n):
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
    with pytest.warns(ColumnWarning, match="'tags' is read as category; cells that say none"):
        out = fitted.transform(table)
    np.testing.assert_array_equal(out, fitted.transform(table.assign(tags=None)))


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
    assert "taken for identifiers and left out: 'id'. If" in messages[0]
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
    assert "some text that cannot be read, which counts as missing" in messages[0]
    assert f"'x' ({odd})" in messages[0]
    assert "column_kinds={'x': 'category'}" in messages[0]
    for again in (X, X.assign(x="another"), X[-1:]):
        with pytest.warns(ColumnWarning, match=rf"'x' is read as {kind}; cells that say none") as c:
            assert np.isfinite(encoder.transform(again)).all()
        shown = "another" if again["x"].iloc[0] == "another" else odd[1:-1]
        assert c[0].message.examples == (shown,)


def test_days_that_could_be_months_are_warned_of():
    X = pd.DataFrame({"x": ["01/02/2024", "03/04/2024", "05/06/2024"] * 10})
    _, messages = warned(X)
    assert "day and month could be the other way round" in messages[0]
    assert "'x' ('01/02/2024' is read with the month first)" in messages[0]
    assert "text like '2026-01-31'" in messages[0]
    said = TabularEncoder(column_kinds={"x": "date(format='%d/%m/%Y')"}).fit(X)
    iso = X.assign(x=["2024-02-01", "2024-04-03", "2024-06-05"] * 10)
    np.testing.assert_array_equal(said.transform(X), said.transform(iso))
    clear = pd.DataFrame({"x": [*X["x"], "31/01/2024"]})
    assert "%d/%m/%Y" in TabularEncoder().fit(clear).schema_["why"][0]


@pytest.mark.parametrize(("n", "more"), [(4, ""), (5, ""), (6, " and 1 more"), (9, " and 4 more")])
def test_a_warning_names_at_most_five_columns(n, more):
    X = pd.DataFrame({f"c{i}": [1.0] * 30 for i in range(n)})
    _, messages = warned(X)
    assert len(messages) == 1
    assert messages[0].count("(") == min(n, 5)
    assert (")." if not more else f"){more}.") in messages[0]
    assert ("more" in messages[0]) == bool(more)


@pytest.mark.parametrize(("d", "n", "is_so"), [
    (20, 40, False), (21, 40, True), (11, 20, True), (11, 19, False), (10, 20, False),
])  # fmt: skip
def test_levels_are_nearly_unique_where_they_are_more_than_half_the_values(d, n, is_so):
    levels = [f"level {i}" for i in range(d)]
    X = pd.DataFrame({"k": pd.Categorical(levels + levels[:1] * (n - d)), "z": np.arange(n) % 3.0})
    with (
        pytest.warns(ColumnWarning, match=rf"nearly unique.*'k' \({d} levels in {n} values\)")
        if is_so else nullcontext()
    ):  # fmt: skip
        TabularEncoder().fit(X)


def test_an_error_names_at_most_five_columns():
    X = pd.DataFrame({f"c{i}": [1.0, 2.0] for i in range(7)})
    with pytest.raises(ValueError, match="No column of X is left") as caught:
        TabularEncoder(column_kinds=dict.fromkeys(X, "drop")).fit(X)
    assert "'c4': drop" in str(caught.value)
    assert "'c5'" not in str(caught.value)


def test_numbers_in_rows_beside_text_stay_numbers():
    """NumPy would make text of all of a list's values."""
    rows = [[1.5, "a", True], [2, "b", False], [4.25, "a", True]] * 10
    encoder = TabularEncoder().fit(rows)
    assert encoder.schema_["kind"].tolist() == ["number", "category", "boolean"]
    assert "text" not in encoder.schema_["why"][0]
    table = pd.DataFrame(rows).astype({0: float, 2: bool})
    np.testing.assert_array_equal(encoder.transform(rows), TabularEncoder().fit_transform(table))


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
        odd = odd or ("x" in list(values) and kind == "number")
        with pytest.warns(ColumnWarning) if odd else nullcontext():
            encoder.fit(X)
        assert encoder.schema_.iloc[1][["kind", "why"]].tolist() == [
            kind, "as column_kinds says"
        ]  # fmt: skip
        assert encoder.n_numbers_ == 1 + n_numbers
        with pytest.warns(ColumnWarning) if odd else nullcontext():
            out = encoder.transform(X)
        assert np.isfinite(out).all()
        assert len(np.unique(out, axis=0)) >= 3


def test_dates_are_dates_also_where_the_user_says_so_and_where_there_is_none_yet():
    days = pd.DataFrame({"x": pd.date_range("2024-01-31", periods=30)})
    said = TabularEncoder(column_kinds={"x": "date"})
    np.testing.assert_array_equal(said.fit_transform(days), TabularEncoder().fit_transform(days))
    none = pd.DataFrame({"x": ["n/a", "?", None], "w": [1.0, 2.0, 3.0]})
    said.fit(none)
    assert said.schema_["kind"].tolist() == ["date", "number"]
    assert said.transform(none.assign(x=["2024-01-31", "?", None]))[:, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("odd", [20261399, 0, -5, 20240131.5, np.inf], ids=repr)
@pytest.mark.parametrize("n", [3, 90])
def test_a_number_that_says_no_date_counts_as_missing_where_numbers_say_dates(n, odd):
    known = [20240131, 20240229, 20240301] * 9
    encoder = TabularEncoder(column_kinds={"x": "date"}).fit(pd.DataFrame({"x": known}))
    with pytest.warns(ColumnWarning, match="'x' is read as date") as caught:
        out = encoder.transform(pd.DataFrame({"x": [20240131, odd, 20240301] * (n // 3)}))
    assert caught[0].message.n_cells == n // 3
    assert [str(v) for v in caught[0].message.examples] == [str(odd)]
    expected = encoder.transform(pd.DataFrame({"x": [20240131, None, 20240301] * (n // 3)}))
    np.testing.assert_array_equal(out, expected)


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


@pytest.mark.parametrize("make", [TabularEncoder, lambda: TabularFNNRegressor(max_iter=1)])
def test_a_warning_points_at_the_line_that_fits(make):
    X = pd.DataFrame({"x": np.arange(30.0), "unit": "cm"})
    with pytest.warns(ColumnWarning) as caught:
        make().fit(X, X["x"])
    assert [w.filename for w in caught] == [__file__]


def test_what_may_be_said_behind_a_kind_is_told():
    X = pd.DataFrame({"x": ["1", "2", "3"]})
    for said, told in (
        ("number(decimal=';')", r"decimal='\.' or ',', percent=a number\. Got"),
        ("date(format=3)", "format=text"), ("text(format='x')", "may stand nothing"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=told):
            TabularEncoder(column_kinds={"x": said}).fit(X)


def test_a_cell_that_cannot_be_hashed_changes_no_other():
    X = pd.DataFrame({"x": ["a", "b", "c"] * 4})
    encoder = TabularEncoder().fit(X)
    odd = pd.DataFrame({"x": pd.Series(["a", ["b"], "c", *["a", "b", "c"] * 3], dtype=object)})
    with pytest.warns(ColumnWarning, match="'x' is read as category") as caught:
        out = encoder.transform(odd)
    assert caught[0].message.n_cells == 1
    np.testing.assert_array_equal(out, encoder.transform(X.mask(X.index.isin([1])[:, None])))

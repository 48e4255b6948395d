"""Cells that are not what they should be: alone, beside others, in every form."""

import datetime
import decimal
import fractions
import pickle
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from test_tabular_columns import every_kind

from skfnn import TabularFNNRegressor
from skfnn.preprocessing import ColumnWarning, TabularEncoder
from skfnn.preprocessing._values import Values

# Whatever may stand in a cell, of a column of any kind.
CELLS = [
    None, np.nan, pd.NA, pd.NaT, "", " ", "NA", "n/a", "?", "-", "unknown", "nan", "NaN", "inf",
    "-inf", "Infinity", "now", "today", "tomorrow", "true", "True", True, False, np.True_, 0, 1, 2,
    7, -3, 1.0, 2.5, np.inf, -np.inf, 10**400, 1e300, "0", "1", "1.0", "1,5", "1.5", "1.234",
    "1,234", "0,500", "1_000", "1_0", "１２", "(12", "(12)", "−5", "1e5", "1e999", "12 %", "50%",
    "12 bhp", "$5", "1.2k", "20240131", "2024", "2024-01", "2024-1-3", "2024-01-31",
    "2024-01-31T10:00:00+02:00", "31/01/2024", "01/02/2024", "01.02.2024", "31 Jan 2024",
    "3000-01-01", "0001-01-01", "2024-01-01 00:00:00.123456789", "2024-02-30", "10:30", "9:05 pm",
    "25:00:00", "1 days", "P1DT2H", "90", "5 min", "yes", "NO", "maybe", "a", "b", "level 3",
    b"level 4", b"1", "red house", "action|drama", "1001", 1001, 1001.0,
    datetime.date(2024, 1, 31), datetime.datetime(2024, 1, 31, 5), datetime.time(10, 30),
    datetime.datetime(2024, 1, 31, 5, tzinfo=datetime.UTC), datetime.date(1, 1, 1),
    datetime.timedelta(hours=3), np.datetime64("2024-01-31"), np.timedelta64(3, "h"),
    pd.Timestamp("2024-01-31", tz="Asia/Tokyo"), pd.Period("2024-01", "M"), pd.Timedelta(1, "D"),
    pd.Interval(0, 1), decimal.Decimal("1.5"), decimal.Decimal("NaN"), fractions.Fraction(1, 3),
    np.int8(1), np.float32(2.5), 3 + 4j, [1, 2], {"a": 1}, {1}, (1, 2), np.arange(3), object,
    "x" * 500,
]  # fmt: skip
FITTED = TabularEncoder(dtype="float64").fit(every_kind())
COLUMNS = list(every_kind())


def silently(encode, *given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ColumnWarning)
        return encode(*given)


def column_of(cells, name):
    """A table whose cells of one column are given, of dtype object."""
    table = every_kind().iloc[np.arange(len(cells)) % 50 + 20].reset_index(drop=True)
    objects = np.empty(len(cells), dtype=object)
    for i, cell in enumerate(cells):
        objects[i] = cell
    return table.assign(**{name: pd.Series(objects, dtype=object)})


@pytest.mark.parametrize("name", COLUMNS)
def test_a_cell_is_read_the_same_alone_and_beside_any_others(name):
    cells = CELLS * 3  # more than are read one by one
    table = column_of(cells, name)
    whole = silently(FITTED.transform, table)
    assert np.isfinite(whole).all()
    alone = [silently(FITTED.transform, table[i : i + 1]) for i in range(len(CELLS))]
    np.testing.assert_array_equal(np.vstack(alone), whole[: len(CELLS)])
    order = np.random.default_rng(0).permutation(len(cells))
    np.testing.assert_array_equal(silently(FITTED.transform, table.iloc[order]), whole[order])
    rows = [dict(zip(table, row, strict=True)) for row in table.to_numpy(dtype=object)]
    np.testing.assert_array_equal(silently(FITTED.transform, rows), whole)
    np.testing.assert_array_equal(silently(FITTED.transform, rows[:9]), whole[:9])
    lists = {key: list(table[key].astype(object)) for key in table}
    np.testing.assert_array_equal(silently(FITTED.transform, lists), whole)


def test_rows_of_an_array_are_read_the_same_alone_and_beside_others():
    X = np.array([[1.5, "a", "2"], [2.5, "b", "3"], [4.0, "a", "1"]] * 9, dtype=object)
    encoder = TabularEncoder(dtype="float64").fit(X)
    cells = [[1, "a", 2.0], ["x", "b", 3], [True, None, "1"], [None, 5, "?"]]
    dirty = np.array(cells, dtype=object)
    whole = silently(encoder.transform, dirty)
    alone = np.vstack([silently(encoder.transform, dirty[i : i + 1]) for i in range(4)])
    np.testing.assert_array_equal(alone, whole)
    np.testing.assert_array_equal(silently(encoder.transform, dirty.tolist()), whole)


KINDS = {"number": "about ten", "power": "x kW", "date": "soon", "span": "long", "time": "late",
         "flag": "perhaps", "answer": "perhaps"}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("n", [1, 20, 100])
def test_what_cannot_be_read_is_missing_with_a_warning_that_is_always_the_same(name, n):
    table = every_kind()[10 : 10 + n]
    dirty = table.astype({name: object})
    dirty.loc[dirty.index[0], name] = KINDS[name]
    with pytest.warns(ColumnWarning) as caught:
        found = FITTED.transform(dirty)
    missing = table.astype({name: object})
    missing.loc[missing.index[0], name] = None
    np.testing.assert_array_equal(found, FITTED.transform(missing))
    kind = dict(zip(COLUMNS, FITTED.schema_["kind"], strict=True))[name]
    assert [str(w.message) for w in caught] == [
        f"Column {name!r} is read as {kind}; cells that say none count as missing. See the "
        "warning's n_cells and examples."
    ]
    warning = caught[0].message
    assert (warning.column, warning.n_cells, warning.examples) == (name, 1, (KINDS[name],))
    assert caught[0].filename == __file__
    again = pickle.loads(pickle.dumps(warning))
    assert (str(again), again.n_cells, again.examples) == (str(warning), 1, warning.examples)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ColumnWarning)  # as a service does
        with pytest.raises(ColumnWarning, match=repr(name)):
            FITTED.transform(dirty)
        FITTED.transform(missing)


def test_cells_are_counted_and_columns_warned_of_one_by_one():
    table = every_kind().astype({"number": object, "date": object})
    table.loc[10:39, "number"] = "none at all"
    table.loc[20:24, "date"] = ["soon", "late", "soon", "?", None]
    with pytest.warns(ColumnWarning) as caught:
        FITTED.transform(table)
    found = [(w.message.column, w.message.n_cells, w.message.examples) for w in caught]
    assert found == [("number", 30, ("none at all",)), ("date", 3, ("soon", "late"))]
    # A fit warns of what it cannot read, and not once more when it encodes the same rows.
    X = pd.DataFrame({"x": ["1", "2.5"] * 30 + ["nothing"], "y": np.arange(61)})
    with pytest.warns(ColumnWarning) as caught:
        TabularEncoder().fit_transform(X)
    assert len(caught) == 1


@pytest.mark.parametrize("infinite", [np.inf, -np.inf, 10**400, "1e999", "inf"])
@pytest.mark.parametrize("n", [1, 300])
def test_an_infinite_number_is_missing_at_prediction(infinite, n):
    encoder = TabularEncoder().fit(pd.DataFrame({"x": np.arange(30.0), "y": np.arange(30) % 7}))
    X = pd.DataFrame({"x": pd.Series([infinite] * n, dtype=object), "y": 1.0})
    with pytest.warns(ColumnWarning, match="'x' is read as number") as caught:
        found = encoder.transform(X)
    assert caught[0].message.n_cells == n
    np.testing.assert_array_equal(found, encoder.transform(X.assign(x=np.nan)))


def test_one_dirty_cell_does_not_end_a_cross_validation():
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    X = pd.DataFrame({"power": [f"{v:.2f} bhp" for v in x]})
    X.loc[77, "power"] = " bhp"
    model = TabularFNNRegressor(n_members=2, max_iter=15, random_state=0)
    with pytest.warns(ColumnWarning):
        scores = cross_val_score(model, X, x, cv=4)
    assert scores.min() > 0.5


@pytest.mark.parametrize("rows", [1, 5, 50, 60])
def test_periods_are_dates_however_few_the_rows(rows):
    months = pd.period_range("2020-01", periods=60, freq="M")
    X = pd.DataFrame({"m": months, "z": np.arange(60.0)})
    encoder = TabularEncoder().fit(X)
    dates = TabularEncoder().fit_transform(X.assign(m=months.to_timestamp()))
    np.testing.assert_array_equal(encoder.transform(X[:rows]), dates[:rows])
    np.testing.assert_array_equal(encoder.transform(X.astype(object)[:rows]), dates[:rows])
    np.testing.assert_array_equal(encoder.transform(X[:rows].to_dict("records")), dates[:rows])


DTYPES = {
    "interval": lambda n: pd.cut(pd.Series(np.arange(n) % 9.0), 4),
    "interval index": lambda n: pd.interval_range(0, n)[np.arange(n) % 5],
    "Timestamp": lambda n: pd.Categorical(pd.date_range("2024", periods=3)[np.arange(n) % 3]),
    "Timedelta": lambda n: pd.Categorical(pd.to_timedelta(np.arange(n) % 3, unit="h")),
    "Period": lambda n: pd.Categorical(pd.period_range("2024", periods=3, freq="M").take(
        np.arange(n) % 3
    )),
    "Decimal": lambda n: pd.Categorical([decimal.Decimal(i % 3) / 10 for i in range(n)]),
    "tuple": lambda n: pd.Series([(i % 3, "a") for i in range(n)]),
    "numpy": lambda n: pd.Categorical(np.arange(n, dtype=np.int8) % 12),
    "big-endian": lambda n: np.arange(n).astype(">f8"),
    "big-endian int": lambda n: np.arange(n).astype(">i4"),
    "half": lambda n: np.arange(n, dtype=np.float16),
    "long": lambda n: np.arange(n, dtype=np.longdouble),
    "big-endian date": lambda n: np.arange(n).astype("datetime64[D]").astype(">M8[us]"),
    "Float32": lambda n: pd.array(np.arange(n), dtype="Float32"),
    "Sparse": lambda n: pd.arrays.SparseArray(np.arange(n) % 3),
}  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_is_read_in_few_rows_as_in_many_and_saved(dtype):
    io = pytest.importorskip("skops.io")
    from skfnn.export import skops_trusted_types

    X = pd.DataFrame({"c": DTYPES[dtype](80), "z": np.arange(80.0)})
    encoder = TabularEncoder().fit(X)
    whole = encoder.transform(X)
    assert len(np.unique(whole[:, np.arange(whole.shape[1]) != 0], axis=0)) > 1
    np.testing.assert_array_equal(np.vstack([encoder.transform(X[i : i + 1]) for i in range(9)]),
                                  whole[:9])  # fmt: skip
    loaded = io.loads(io.dumps(encoder), trusted=skops_trusted_types())
    for again in (loaded, pickle.loads(pickle.dumps(encoder))):
        np.testing.assert_array_equal(again.transform(X), whole)
        assert again.schema_.equals(encoder.schema_)


def test_conflicting_spellings_are_those_of_no_level():
    levels = pd.Categorical(["1", "1.0", "2", " 2", "b", "c", "d", "e", "f"] * 5)
    encoder = TabularEncoder().fit(pd.DataFrame({"k": levels}))
    (found,) = encoder.transform(pd.DataFrame({"k": pd.Series([1, 2, "2 ", "1", "1.0", "b "])})).T
    assert found[:3].tolist() == [0, 0, 0]
    assert [encoder.categories_[0][int(code) - 1] for code in found[3:]] == ["1", "1.0", "b"]


def test_names_of_any_type_are_found_in_any_order():
    rng = np.random.default_rng(0)
    for names in (["q", "a"], [2, 0], [("q", "a"), ("q", "b")], [2020, "x"]):
        table = pd.DataFrame({name: rng.normal(size=60) for name in names}, columns=names)
        try:
            encoder = TabularEncoder().fit(table)
        except TypeError:  # scikit-learn takes no mixed names
            continue
        np.testing.assert_array_equal(
            encoder.transform(table[names[::-1]]), encoder.transform(table)
        )  # fmt: skip


# ------------------------------------------------------------------ long text, and personal text

LONG = {
    "blanks": "1" + " " * 100_000 + "x", "digits": "1" * 100_000, "spaced digits": "1 " * 50_000,
    "separators": "1," * 50_000, "dots": "." * 100_000, "letters": "a" * 100_000,
    "words": "word " * 20_000, "signs": "-" * 100_000, "brackets": "(" * 100_000,
    "date": "2024-01-01 " * 9000, "time": "10:00:" * 16_000, "span": "P" + "1D" * 50_000,
    "currency": "$" * 100_000, "labels": "a|" * 50_000, "keys": "f00d" * 25_000,
    "mail": "a@" * 50_000, "equals": "=" * 100_000, "quotes": "'" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("what", LONG)
def test_time_is_linear_in_the_length_of_a_cell(what):
    text = LONG[what]
    row = every_kind()[:1].astype(object)
    started = time.process_time()
    silently(FITTED.transform, row.assign(**dict.fromkeys(COLUMNS, text)))
    for values in ([text] * 60, [text, "1", "2"] * 20, [text + str(i) for i in range(60)]):
        X = pd.DataFrame({"c": values, "z": np.arange(60.0)})
        encoder = silently(TabularEncoder().fit, X)
        silently(encoder.transform, X)
    assert time.process_time() - started < 20


@pytest.mark.parametrize("kind", [None, "number", "date", "time", "duration", "boolean"])
def test_messages_quote_little_of_a_cell(kind):
    good = {"date": "2024-01-01", "time": "10:00", "duration": "1 days", "boolean": "yes"}
    good = good.get(kind, "1")
    bad = "about " * 20_000
    X = pd.DataFrame({"c": [good] * 58 + [good] * 2, "z": np.arange(60.0)})
    messages = []
    for values in ([good] * 59 + [bad], [bad] * 60, [[bad]] * 60, [good] * 60):
        table = X.assign(c=pd.Series(values, dtype=object))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                encoder = TabularEncoder(column_kinds=kind and {"c": kind}).fit(table)
                encoder.transform(table.assign(c=bad))
            except ValueError as error:
                messages.append(str(error))
        messages += [str(w.message) for w in caught]
        messages += [text for w in caught for text in getattr(w.message, "examples", ())]
    assert messages
    assert all(len(m) < 700 for m in messages), max(map(len, messages))
    assert not any("about " * 11 in m for m in messages)


@pytest.mark.parametrize(("n", "said"), [
    (1, "'a0'"), (3, "'a0', 'a1', 'a2'"), (4, "'a0', 'a1', 'a2' and 1 more"),
    (9, "'a0', 'a1', 'a2' and 6 more"),
])  # fmt: skip
def test_messages_quote_three_cells(n, said):
    cells = [f"a{i}" for i in range(n)]
    assert Values("x", np.array(cells, dtype=object)).quote([*cells, *cells]) == said


@pytest.mark.parametrize("private", [
    "DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "ann.lee@example.org",
    "+1 (555) 123-4567", "123-45-6789", "4111 1111 1111 1111", "078-05-1120",
    "550e8400-e29b-41d4-a716-446655440000",
])  # fmt: skip
def test_messages_quote_nothing_personal(private):
    fitted = [["1"] * 99 + [private], [private] * 100, ["2024-01-01"] * 99 + [private]]
    fitted.append([private.replace("1", str(i % 10)) for i in range(100)])
    fitted.append([private, 1, 2.5, None] * 25)
    said = []
    for values in fitted:
        X = pd.DataFrame({"c": pd.Series(values, dtype=object), "z": np.arange(100.0)})
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            encoder = TabularEncoder().fit(X)
            encoder.transform(X.assign(c=private))
            for kind in ("number", "date", "boolean"):
                try:
                    TabularEncoder(column_kinds={"c": kind}).fit(X).transform(X)
                except ValueError as error:
                    said.append(str(error))
        said += [str(w.message) for w in caught]
        said += [text for w in caught for text in w.message.examples]
    assert len(said) > 10
    assert not any(private in text for text in said)


def test_a_column_s_name_tells_that_it_is_personal():
    X = pd.DataFrame({"last_name": ["1"] * 99 + ["Lee"], "z": np.arange(100.0)})
    with pytest.warns(ColumnWarning) as caught:
        make_pipeline(TabularEncoder(), FunctionTransformer()).fit(X).transform(X)
    assert len(caught) >= 2
    assert [w for w in caught if "Lee" in str(w.message) or "Lee" in w.message.examples] == []


@pytest.mark.parametrize("make", [
    lambda r: "".join(r.choice(list("0123456789abcdef"), 40)),
    lambda r: f"{r.integers(2**63):016x}",
    lambda r: "-".join("".join(r.choice(list("0123456789abcdef"), k)) for k in (8, 4, 4, 4, 12)),
    lambda r: "".join(r.choice(list("ABCDEFGHJKMNPQRSTVWXYZ0123456789"), 26)),
])  # fmt: skip
def test_keys_are_identifiers(make):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"id": [make(rng) for _ in range(2000)], "z": np.arange(2000.0)})
    with pytest.warns(ColumnWarning, match="taken for identifiers and left out: 'id'"):
        assert TabularEncoder().fit(X).schema_["kind"][0] == "identifier"

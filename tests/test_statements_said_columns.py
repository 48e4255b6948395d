"""What each statement means of what the user says of columns, and is told of them."""

import datetime
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from skfnn.preprocessing import TabularEncoder, _frames
from skfnn.preprocessing._column_warning import ColumnWarning
from skfnn.preprocessing._columns import Column
from skfnn.preprocessing._kinds import said_kind
from skfnn.preprocessing._problems import CONSTANT, MIXED, warn_of_cells, warn_of_columns
from skfnn.preprocessing._values import Values


@pytest.mark.parametrize(("given", "kind", "said"), [
    ("number", "number", {}), ("drop", "drop", {}),
    ("number(decimal=',')", "number", {"decimal": ","}),
    (" number(decimal='.', percent=0.01)", "number", {"decimal": ".", "percent": 0.01}),
    ("number(percent=1)", "number", {"percent": 1}),
    ("date(format='%d/%m/%Y')", "date", {"format": "%d/%m/%Y"}), ("category()", "category", {}),
])  # fmt: skip
def test_a_kind_and_what_is_said_behind_it(given, kind, said):
    assert said_kind("c", given) == (kind, said)


@pytest.mark.parametrize(("given", "words"), [
    ("numbers", "must be one of"), ("identifier", "must be one of"), (3, "must be one of"),
    ("number(3)", "must be one of"), ("number(", "must be one of"),
    ("a.number()", "must be one of"),
    ("number(decimal=x)", "must be one of"), ("number() + 1", "must be one of"),
    ("number(decimal=';')", r"may stand decimal='\.' or ',', percent=a number\."),
    ("number(percent='1')", "may stand decimal="), ("number(x=1)", "may stand decimal="),
    ("date(format=3)", r"may stand format=text\."), ("category(x=1)", "may stand nothing"),
])  # fmt: skip
def test_what_cannot_be_said_is_refused_with_what_can(given, words):
    with pytest.raises(ValueError, match=rf"column_kinds\['c'\].*{words}"):
        said_kind("c", given)


def noted(*problems):
    column = Column()
    for problem, text in problems:
        column.note(problem, text)
    return column


def told(names, columns):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_columns(names, columns)
    assert all(issubclass(w.category, ColumnWarning) for w in caught)
    return [str(w.message) for w in caught]


def test_a_kind_of_problem_is_told_once_with_five_columns():
    assert told(["a"], [noted()]) == []
    for n, more in ((5, ""), (6, " and 1 more"), (8, " and 3 more")):
        names = [f"c{i}" for i in range(n)]
        (text,) = told(names, [noted((CONSTANT, f"<{name}>")) for name in names])
        assert text == (
            f"{CONSTANT[0]}: <c0>, <c1>, <c2>, <c3>, <c4>{more}. "
            "Leave them out of X, or by column_kinds={'c0': 'drop'}."
        )
    both = told(["a", "b"], [noted((MIXED, "1")), noted((CONSTANT, "2"), (MIXED, "3"))])
    assert [text.startswith(p[0]) for text, p in zip(both, (MIXED, CONSTANT), strict=True)] == [
        True, True,
    ]  # fmt: skip
    assert ": 1, 3. " in both[0]
    assert "{'b': 'drop'}" in both[1]


def cells_told(values):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_cells(SimpleNamespace(kind="number"), values)
    return [w.message for w in caught]


def test_cells_that_were_not_read_and_those_read_by_a_guess():
    values = Values("c", np.array(["a", "b"], dtype=object))
    assert cells_told(values) == []
    values.not_read(["x", "y", "z", "w"], 7)
    (unread,) = cells_told(values)
    assert (unread.column, unread.n_cells, unread.examples) == ("c", 7, ("x", "y", "z"))
    values.doubtful.append("1,234")
    _, guessed = cells_told(values)
    assert (guessed.column, guessed.n_cells, guessed.examples) == ("c", 1, ("1,234",))
    assert "read by a guess" in str(guessed)
    assert (ColumnWarning("a").column, ColumnWarning("a").n_cells) == (None, 0)
    assert ColumnWarning("a").examples == ()


# ---------------------------------------------------------------- arrays and tables of other forms


NAN = np.nan
FRAME = pd.DataFrame({"n": [0.0, 1, 2, 3, NAN], "c": list("uvwuu"), "m": [4, 1, 1, 1, 9]})


def test_lists_of_text_and_numbers_and_arrays_of_dates():
    encoder = TabularEncoder(max_one_hot=1).fit([["a", 1], ["b", 2], ["a", 3]])
    assert encoder.schema_["kind"].tolist() == ["category", "number"]
    moments = np.array([["2020-01-01"], ["2021-06-01"]], "M8[D]")
    assert TabularEncoder().fit(moments).schema_["kind"].tolist() == ["date"]
    for shape in ((2,), (2, 1, 1), (2, 1, 1, 1)):
        with pytest.raises(ValueError, match=r"array with dim|Expected 2D array"):
            TabularEncoder().fit(moments.reshape(shape))
    whys = TabularEncoder().fit([[1, 2.5], [2, 3.5]]).schema_["why"]
    assert whys.tolist() == ["dtype float64"] * 2  # numbers are one array
    with pytest.raises(ValueError, match="max_one_hot"):
        TabularEncoder(max_one_hot=0).fit(FRAME)
    TabularEncoder(max_one_hot=np.inf).fit(FRAME)
    TabularEncoder(max_one_hot=1).fit(FRAME)


def test_lists_and_objects_keep_what_each_cell_is():
    encoder = TabularEncoder(max_one_hot=1).fit([["a", 1], ["b", 2], ["a", 3]])
    assert encoder.schema_["why"][0] == "text of few words"
    assert "text" not in encoder.schema_["why"][1]
    assert encoder.transform([["b", 2]]).tolist() == [[0, 2]]
    of_objects = TabularEncoder().fit(np.array([["a", 1.5], [NAN, None], ["b", 2]], object))
    assert of_objects.schema_["missing"].tolist() == pytest.approx([1 / 3, 1 / 3])


def test_the_dtype_of_each_column_is_known_in_fit_however_few_rows():
    whys = TabularEncoder().fit(FRAME).schema_["why"]
    assert whys[[0, 2]].tolist() == ["dtype float64", "dtype int64"]


def test_other_columns_than_in_fit_are_refused():
    encoder = TabularEncoder().fit(FRAME)
    for other in (FRAME.rename(columns={"m": "z"}), FRAME.assign(z=1), FRAME[["n"]]):
        with pytest.raises(ValueError, match="feature names should match"):
            encoder.transform(other)
    plain = TabularEncoder().fit(FRAME[["n", "m"]].to_numpy())
    with pytest.raises(ValueError, match="X has 1 features, but TabularEncoder is expecting 2"):
        plain.transform(FRAME[["n"]].to_numpy())
    assert plain.n_features_in_ == 2


def test_the_first_five_columns_of_which_none_is_left_are_named():
    frame = pd.DataFrame(np.zeros((3, 6)), columns=[f"a{i}" for i in range(6)])
    with pytest.raises(ValueError, match="No column of X is left") as caught:
        TabularEncoder(column_kinds=dict.fromkeys(frame, "drop")).fit(frame)
    assert "'a4'" in str(caught.value)
    assert "'a5'" not in str(caught.value)


class Table:
    """What of a table of another library is asked, with methods that a lazy one has too."""

    columns = ("a",)

    def __len__(self):
        return 2

    def __getitem__(self, name):
        return [1.0, 2.0]

    def collect(self): ...
    def compute(self): ...


def test_a_table_that_has_rows_is_not_lazy():
    table = Table()
    assert _frames.to_frame(table) is table
    (values,) = _frames.columns(table)
    assert values.array.tolist() == [1, 2]
    A = np.zeros((2, 2))
    assert _frames.dense(A) is A
    lazy = type("Lazy", (), {"columns": ("a",), "__getitem__": None, "collect": None})()
    with pytest.raises(TypeError, match=r"have not been computed. Call \.collect\(\)"):
        _frames.to_frame(lazy)
    of_dask = type("Frame", (Table,), {"__module__": "dask.dataframe"})()
    with pytest.raises(TypeError, match=r"have not been computed. Call \.compute\(\)"):
        _frames.to_frame(of_dask)


def test_columns_of_polars_dtypes():
    pl = pytest.importorskip("polars")

    def read(cells, dtype):
        (values,) = _frames.columns(pl.DataFrame({"c": pl.Series(cells, dtype=dtype)}))
        return values

    for cells, dtype, form, whole in (
        ([1, None], pl.Int64, "f", True), ([1, 2], pl.Int64, "i", False),
        ([1.5, None], pl.Float64, "f", False), (["a", None], pl.String, "O", False),
        ([True, None], pl.Boolean, "O", False), ([1, 2], pl.Decimal(10, 2), "O", False),
        ([datetime.date(2024, 1, 1)], pl.Date, "M", False),
        ([datetime.timedelta(1)], pl.Duration, "m", False),
    ):  # fmt: skip
        values = read(cells, dtype)
        assert (values.form, values.whole, values.categorical) == (form, whole, False), dtype
    assert read(["a", "b"], pl.Categorical).categorical
    moment = [datetime.datetime(2024, 1, 1, 0, 0)]
    plain = read(moment, pl.Datetime("us"))
    assert (plain.zone, plain.array[0]) == (None, np.datetime64("2024-01-01"))
    zoned = pl.Series(moment, dtype=pl.Datetime("us")).dt.replace_time_zone("Europe/Berlin")
    (values,) = _frames.columns(pl.DataFrame({"c": zoned}))
    assert (values.zone, values.array[0]) == ("Europe/Berlin", np.datetime64("2023-12-31T23:00"))


def test_three_types_are_told_and_a_hundred_values_looked_at_for_lists():
    def values(*cells):
        return Values("c", np.array([*cells, None], dtype=object)[:-1])

    assert values(1, "a", 2.5, (1,)).says() == "float and int and str, as '1'"
    with pytest.raises(ValueError, match="holds values of type list"):
        values(*["a"] * 99, [1]).refuse_nested()
    values(*["a"] * 100, [1]).refuse_nested()

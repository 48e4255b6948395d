"""What each statement means by which a table's columns are told apart, read and encoded."""

import datetime
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from skfnn.preprocessing import TabularEncoder, _columns, _frames
from skfnn.preprocessing import _values as of_values
from skfnn.preprocessing._columns import Options, take
from skfnn.preprocessing._values import Levels, Values

pytestmark = pytest.mark.filterwarnings("ignore::skfnn.preprocessing.ColumnWarning")
NAN = np.nan


def objects(*cells):
    return np.array([*cells, None], dtype=object)[:-1]


def values(*cells, **about):
    return Values("c", objects(*cells), **about)


def column(*cells, kind=None, max_one_hot=8, **said):
    return take(values(*cells), Options(max_one_hot, said), kind)


# ---------------------------------------------------------------- values


def test_what_is_missing():
    found = values("", " ", "NA", "na", "nan", "x", None, NAN, pd.NaT, pd.NA, 0, False)
    expected = [1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0]
    assert found.missing.tolist() == [bool(e) for e in expected]
    assert Values("c", np.array([1.0, NAN])).missing.tolist() == [False, True]
    assert Values("c", np.array(["NaT", "2020"], "M8[s]")).missing.tolist() == [True, False]
    for array in (np.array([0, 1]), np.array([True]), np.array([1], np.uint8)):
        assert not Values("c", array).missing.any()
    many = Values("c", objects(*(["a", "", None, "NA"] * 51)))  # more than 200
    assert many.missing.tolist() == [False, True, True, True] * 51


def test_different_objects_are_found_first_of_more_than_200():
    assert values(*"ab" * 100).distinct is None
    places, cells = values(*"ab" * 100, None).distinct
    assert cells.tolist() == ["a", "b"]
    assert places.tolist() == [0, 1] * 100 + [-1]
    assert Values("c", np.arange(300)).distinct is None
    assert values(*[True, 1] * 101).distinct is None
    assert values(*[True, False] * 101).distinct is not None
    assert values(*[[1]] * 201).distinct is None
    assert values(*[b"a"] * 201).distinct[1].tolist() == ["a"]


def test_values_as_objects():
    assert values(b"a", 1).objects.tolist() == ["a", 1]
    whole = Values("c", np.array([1.0, NAN]), whole=True)
    assert [type(v) for v in whole.objects] == [int, type(None)]
    assert Values("c", np.array([1.0, 2.5])).objects.tolist() == [1.0, 2.5]
    span = Values("c", np.array([1, "NaT"], "m8[D]")).objects
    assert span[0] == pd.Timedelta(days=1)
    assert values("a", None, "b").known.tolist() == ["a", "b"]
    assert values(None, None, "b").example == "b"
    assert values(None).example == ""


def test_texts_and_how_often_each_occurs():
    texts, counts = values("b", "a", None, "b").texts
    assert (texts, counts.tolist()) == (["b", "a"], [2, 1])
    assert values("a", 1).texts is None
    assert Values("c", np.array([1.0])).texts is None
    assert values("a", 1, 2.0, None).n_distinct == 3
    assert values([1], [1], [2]).n_distinct == 2
    assert values("a", 1, True).types == [bool, int, str]


def test_kinds_of_dtypes_and_of_bytes():
    assert Values("c", np.array(["a"])).form == "O"
    swapped = np.array([1.5], ">f8")
    assert Values("c", swapped).array.dtype.isnative
    assert Values("c", swapped).array.tolist() == [1.5]
    with pytest.raises(ValueError, match="Complex data not supported: column 'c'"):
        Values("c", np.array([1j]))
    assert Values("c", objects(1), given=np.dtype("int8")).dtype_kind == "i"
    assert Values("c", np.array([1.0]), given=np.dtype("int8")).dtype_kind == "f"
    assert values(1).dtype_kind == "O"


def test_cells_that_could_not_be_read_are_counted_and_some_are_kept():
    found = values("a")
    found.not_read(["x"] * 150, 150)
    found.not_read(["y"] * 300, 400)
    assert found.n_unread == 550
    assert found.unread == ["x"] * 150 + ["y"] * 200
    assert values("a").unread == []


def test_quotes_are_few_and_cut_and_nothing_personal():
    found = values("a")
    assert found.quote(["b", "b", 3]) == "'b', '3'"
    assert found.quote(list("abcd")) == "'a', 'b', 'c' and 1 more"
    assert found.quote(list("abc")) == "'a', 'b', 'c'"
    assert found.examples(list("abcd")) == ["a", "b", "c"]
    assert of_values.shorter("x" * 60) == "x" * 60
    assert of_values.shorter("x" * 61) == "x" * 57 + "..."
    assert found.quote(["me@home.org"]) == "not shown, as it may be personal"
    assert Values("e-mail", objects("a")).quote(["b"]) == "not shown, as it may be personal"
    assert Values(3, objects("a")).quote(["b"]) == "'b'"
    assert not values("a@b.org", "b").personal  # not more than half
    assert values("a@b.org", "c@d.org", "b").personal
    for text, personal in (
        ("12345678", False),
        ("123456789", True),
        ("DE00 1234 5678 9012", True),
        ("abcdefgh1ijklmno", True),
        ("abcdefgh1ijklmn", False),
        (" " * 191 + "123456789", True),
        (" " * 192 + "123456789", False),
    ):
        assert of_values._is_personal(text) is personal, text
    assert not values(*["word"] * 100, "a@b.org").personal


def test_lists_are_refused_and_what_values_are_is_said():
    for cell in ([1], {"a": 1}, {1}, frozenset(), np.zeros(2), pd.Series([1])):
        with pytest.raises(ValueError, match=f"holds values of type {type(cell).__name__}"):
            take(Values("c", objects("a", cell)), Options())
    take(Values("c", objects("a", [1])), Options(), "drop")
    assert values(1, "a").says() == "int and str, as '1'"
    assert values(None).says() == "object"
    assert Values("c", np.array([3.0])).says() == "float64, as '3.0'"
    assert Values("c", objects(3.0), given=np.dtype("float32")).says() == "float32, as '3.0'"


def test_what_numbers_are_and_what_is_missing():
    for value, number in (
        (1, 1),
        (2.5, 1),
        (np.int8(1), 1),
        (Decimal(1), 1),
        (Fraction(1, 2), 1),
        (True, 0),
        (np.True_, 0),
        (1j, 0),
        (np.timedelta64(1), 0),
        ("1", 0),
    ):
        assert of_values.is_number(value) is bool(number)
    for value, missing in (
        (None, 1),
        (NAN, 1),
        (pd.NaT, 1),
        (pd.NA, 1),
        (np.datetime64("NaT"), 1),
        (0, 0),
        ("", 0),
        (np.float32("nan"), 1),
        (Decimal("NaN"), 1),
    ):
        assert of_values.is_missing(value) is bool(missing)
    assert of_values.as_number(10**400) == np.inf
    assert of_values.as_number(-(10**400)) == -np.inf
    assert of_values.as_number(True) == 1
    assert of_values.as_number(Fraction(1, 2)) == 0.5
    assert of_values.is_date(datetime.date(2020, 1, 1))
    assert of_values.is_span(datetime.timedelta(1))
    assert not of_values.is_span(datetime.time(1))
    assert of_values.as_objects([[1], [2]]).shape == (2,)


def test_levels_are_places_among_different_values():
    found = Levels("c", np.array([1, -1, 0, 1]), objects("a", b"b", "unused"), "category")
    assert len(found) == 4
    assert found.objects.tolist() == ["b", None, "a", "b"]
    assert found.missing.tolist() == [False, True, False, False]
    assert found.distinct[1].tolist() == ["a", "b", "unused"]
    some = found.take(np.array([0, 1]))
    assert some.objects.tolist() == ["b", None]
    assert (some.dtype, some.categorical) == ("category", False)


# ---------------------------------------------------------------- kinds of columns


@pytest.mark.parametrize(("cells", "kind"), [
    (objects(1, 2.5, None), "number"), (objects(None, None), "number"),
    (objects(Decimal(1), 2), "number"), (objects("1", "2", 3), "number"),
    (objects(True, False), "boolean"), (objects("yes", "no", "YES"), "boolean"),
    (objects("true"), "boolean"), (objects("False"), "boolean"), (objects("yes"), "category"),
    (objects("yes", "off"), "category"), (objects("t", "f"), "boolean"),
    (objects("a", "b"), "category"), (objects("a", 1), "category"), (objects(True, 1), "category"),
    (np.array([True, False]), "boolean"), (np.array([1, 2]), "number"),
    (np.array([1, 2], np.uint8), "number"), (np.array([1.0]), "number"),
    (np.array(["2020"], "M8[D]"), "date"), (np.array([1], "m8[D]"), "duration"),
    (objects(datetime.date(2020, 1, 1)), "date"), (objects(datetime.time(1)), "time"),
    (objects(datetime.timedelta(1)), "duration"), (objects("2020-01-01", "2021-01-01"), "date"),
])  # fmt: skip
def test_what_a_column_is_taken_for(cells, kind):
    assert take(Values("c", cells), Options()).kind == kind


def test_numbers_of_objects_and_text():
    number = column("1.5", 2, None)
    given = values("1.5", 3, True, "x", None, "n/a", Decimal("0.5"), 1j)
    np.testing.assert_array_equal(number.transform(given)[0], [1.5, 3, 1, NAN, NAN, NAN, 0.5, NAN])
    assert given.n_unread == 2
    assert given.unread == ["x", 1j]
    plain = column(1, 2.5)
    given = values(1, None, 2.5, "3", "x")
    np.testing.assert_array_equal(plain.transform(given)[0], [1, NAN, 2.5, 3, NAN])
    np.testing.assert_array_equal(plain.transform(values(1, 2.5, True))[0], [1, 2.5, 1])
    many = values(*["1.5", "x", None, 4] * 51)  # more than 200: each different one once
    np.testing.assert_array_equal(plain.transform(many)[0], [1.5, NAN, NAN, 4] * 51)
    assert (many.n_unread, many.unread) == (51, ["x"])


def test_a_column_without_any_number_is_refused_by_its_dtype_or_as_a_whole():
    number = column(1.0, 2.0)
    with pytest.raises(ValueError, match="is read as number; it needs numbers"):
        column("a", "b", kind="number")
    found = Values("c", objects(pd.Timestamp("2020")), given=np.dtype("M8[ns]"))
    with pytest.raises(ValueError, match="is read as number; it needs numbers"):
        number.transform(found)
    with pytest.raises(ValueError, match="is a number; it holds dates or time spans"):
        take(Values("c", np.array([1], "m8[D]")), Options(), "number")


def test_bare_numbers_where_a_percent_sign_was_learned_are_doubtful():
    percent = column("50%", "20%")
    given = Values("c", np.array([0.5]))
    assert percent.transform(given)[0].tolist() == [0.5]
    assert given.doubtful == ["0.5"]
    nothing = Values("c", np.array([NAN]))
    percent.transform(nothing)
    assert nothing.doubtful == []
    given = Values("c", np.array([0.5]))
    column("5 kg", "2 kg").transform(given)
    assert given.doubtful == []


def test_levels_by_value_by_other_spellings_and_unseen():
    c = column("a", "1", " b", kind="category", max_one_hot=1)
    order = list(c.levels)
    found = c.transform(values("a", " a", "b", 1, "1.0", True, "A", None, "zz"))[1]
    expected = ["a", "a", " b", "1", "1", None, None, None, None]
    assert found.tolist() == [0 if e is None else 1 + order.index(e) for e in expected]
    both = column("a", " a", "b", kind="category", max_one_hot=1)
    order = list(both.levels)
    found = both.transform(values("a", " a", "a ", "b "))[1].tolist()
    assert found == [1 + order.index("a"), 1 + order.index(" a"), 0, 1 + order.index("b")]
    twice = column(" 1", "1.0", "x", kind="category", max_one_hot=1)
    assert twice.transform(values("1", "x"))[1].tolist()[0] == 0  # it could be either


def test_true_beside_others_is_no_number():
    c = column(True, 1, 2, kind="category", max_one_hot=1)
    assert set(c.levels) == {"True", 1, 2}
    found = c.transform(values(True, 1, "true", 1.0))[1]
    codes = {level: i for i, level in enumerate(c.levels, 1)}
    assert found.tolist() == [codes["True"], codes[1], codes["True"], codes[1]]
    flags = column(True, False, kind="category", max_one_hot=1)
    assert flags.transform(values(False, True))[1].tolist() == [1, 2]


def test_levels_are_shown_up_to_max_one_hot():
    assert column(*"abcdefgh", kind="category").n_levels == 0
    assert column(*"abcdefgh", kind="category").extra == list("abcdefgh")
    assert column(*"abcdefghi", kind="category").n_levels == 9
    two = column("a", "b", kind="category")
    assert two.extra == ["b"]
    assert two.transform(values("a", "b", "x"))[2].tolist() == [[-1], [1], [0]]
    one = column("a", kind="category")
    assert one.extra == ["a"]
    assert one.transform(values("a", "x"))[2].tolist() == [[True], [False]]


def test_cells_that_are_lists_are_not_read():
    c = column("a", "b", kind="category", max_one_hot=1)
    given = values("a", [1], "b")
    assert c.transform(given)[1].tolist() == [1, 0, 2]
    assert given.n_unread == 1


def test_nearly_unique_levels_are_noted_of_20_values():
    def problems(n_distinct, n, **options):
        cells = [f"{chr(97 + i % 26)}{i}" for i in range(n_distinct)]
        cells = [cells[i % n_distinct] for i in range(n)]
        return len(column(*cells, kind="category", **options).problems)

    assert problems(11, 20) == 1
    assert problems(10, 20) == 0  # half of them
    assert problems(11, 19) == 0
    assert problems(11, 20, max_one_hot=11) == 0
    assert problems(11, 20, max_one_hot=10) == 1


def test_truths_of_every_form():
    flag = column("yes", "no")
    for cells, expected in (
        (objects("yes", "no", None, True, 0, 2, "x"), [2, 1, 0, 2, 1, 0, 0]),
        (np.array([True, False]), [2, 1]), (np.array([1.0, 0.0, NAN]), [2, 1, 0]),
        (np.array([1, 0]), [2, 1]), (np.array([2, 0]), [0, 1]),
    ):  # fmt: skip
        assert flag.find(Values("c", cells)).tolist() == expected
    only = column("true")
    assert only.find(Values("c", np.array([True, False]))).tolist() == [1, 0]
    assert only.find(Values("c", np.array([1.0, 0.0]))).tolist() == [1, 0]
    assert only.find(values("true", "false")).tolist() == [1, 0]
    with pytest.raises(ValueError, match="is boolean; it holds 'maybe'"):
        column("yes", "maybe", kind="boolean")
    many = take(Values("c", np.tile([True, False], 60)), Options())
    assert many.levels.tolist() == [False, True]
    assert column("No", "yes", "no").levels.tolist() == ["No", "yes"]


def test_the_most_frequent_levels_where_there_are_too_many(monkeypatch):
    monkeypatch.setattr(_columns, "MOST_LEVELS", 2)
    assert column(*"abbcc", kind="category").levels.tolist() == ["b", "c"]
    assert column(*"aabb", kind="category").levels.tolist() == ["a", "b"]


def test_how_many_levels_there_may_be():
    assert _columns.MOST_LEVELS == 524_287  # twenty bits less one for the fold of a row


# ---------------------------------------------------------------- tables


def test_few_rows_are_read_as_objects_and_many_by_column():
    def forms(n):
        frame = pd.DataFrame({"a": np.arange(n), "b": ["x"] * n})
        return [v.form for v in _frames.columns(frame)]

    assert forms(50) == ["O", "O"]
    assert forms(51) == ["i", "O"]
    frame = pd.DataFrame({"a": np.arange(5), "b": ["x"] * 5})
    assert [v.form for v in _frames.columns(frame, by_column=True)] == ["i", "O"]
    floats = pd.DataFrame({"a": np.arange(3.0), "b": np.float32([1, 2, 3])})
    found = _frames.columns(floats)
    assert [v.form for v in found] == ["f", "f"]
    assert [v.array.tolist() for v in found] == [[0, 1, 2], [1, 2, 3]]


def test_what_stands_apart_among_few_rows():
    wide, narrow = (pd.CategoricalDtype([str(i) for i in range(n)]) for n in (31, 30))
    assert _frames._is_apart(wide)
    assert not _frames._is_apart(narrow)
    assert not _frames._is_apart(np.dtype(float))
    assert _frames._is_apart(pd.PeriodDtype("M"))
    frame = pd.DataFrame({
        "a": pd.Categorical(["1", "3"], dtype=wide), "b": [1, 2],
        "p": pd.PeriodIndex(["2024-01", "2024-02"], freq="M"), "t": ["x", "y"],
    })  # fmt: skip
    a, b, p, t = _frames.columns(frame)
    assert (a.objects.tolist(), a.categorical) == (["1", "3"], True)
    assert (b.array.tolist(), b.dtype_kind) == ([1, 2], "i")
    assert (p.form, t.array.tolist()) == ("M", ["x", "y"])


def test_a_level_for_each_row_and_nothing_where_it_is_missing():
    for levels in ("ab", "abc", "abcd"):
        array = pd.Categorical(["b", None, "a"], categories=list(levels))
        assert _frames._levels(array).tolist() == ["b", None, "a"]
        found = _frames._of_categories("c", array)
        assert found.objects.tolist() == ["b", None, "a"]
        assert found.categorical
        assert isinstance(found, Levels) == (len(levels) <= 3)


def series(cells, dtype=None):
    return _frames._of_series("c", pd.Series(cells, dtype=dtype))


def test_columns_of_pandas_dtypes():
    found = series([1, None], "Int64")
    assert (found.whole, found.form) == (True, "f")
    assert np.isnan(found.array).tolist() == [False, True]
    found = series([2**53 + 1], "Int64")
    assert found.array.tolist() == [2**53 + 1]
    assert series([2**63], "UInt64").array.tolist() == [2**63]
    found = series([1.5, None], "Float64")
    assert (found.whole, found.form) == (False, "f")
    assert series([True, None], "boolean").objects.tolist()[0] is True
    found = series(["a", None], "string")
    assert found.objects.tolist() == ["a", None]
    zoned = series(pd.DatetimeIndex(["2024-01-01 01:00"]).tz_localize("Europe/Berlin"))
    assert zoned.zone == "Europe/Berlin"
    assert zoned.array.astype("M8[h]").tolist() == [datetime.datetime(2024, 1, 1)]
    assert series(pd.Series([0.0, 1.0]).astype("Sparse")).array.tolist() == [0, 1]
    interval = series(pd.arrays.IntervalArray.from_tuples([(0, 1), None]))
    assert interval.array.tolist()[0] == "(0.0, 1.0]"
    assert interval.missing.tolist() == [False, True]


def test_what_is_a_table():
    for X, is_one in (
        (pd.DataFrame(), True), ([{"a": 1}], True), ([], False), ([[1]], False), ({"a": [1]}, True),
        (np.zeros((2, 2)), False), (np.zeros(2, [("a", float)]), True), ([{"a": 1}, 2], False),
    ):  # fmt: skip
        assert _frames.is_frame(X) is is_one


def test_records_and_dicts_of_columns():
    frame = _frames.to_frame([{"a": 1}, {"b": "x"}], ["b", "a"])
    assert list(frame.columns) == ["b", "a"]
    assert frame.to_numpy().tolist() == [[None, 1], ["x", None]]
    frame = _frames.to_frame([{"c": 1, "a": 2}], ["a"])
    assert list(frame.columns) == ["a", "c"]
    assert _frames.to_frame([{"a": 1}, {"a": 2}])["a"].tolist() == [1, 2]
    assert _frames.to_frame({"a": [1, 2]}, ["a"])["a"].dtype == object
    assert _frames.to_frame({"a": [1, 2]})["a"].dtype == np.int64
    for single in ({"a": 1}, {"a": "text"}):
        with pytest.raises(TypeError, match="dict of single values"):
            _frames.to_frame(single)
    structured = np.array([(1, 2.5)], [("a", int), ("b", float)])
    assert _frames.to_frame(structured).to_numpy().tolist() == [[1, 2.5]]
    assert _frames.of_array(objects(1, 2)[:, None])[0].dtype_kind == "i"
    assert _frames.of_array(objects(1, 2)[:, None], infer=False)[0].dtype_kind == "O"
    with pytest.raises(ValueError, match="must have two dimensions"):
        _frames.dense(np.zeros(3))


# ---------------------------------------------------------------- the encoder


FRAME = pd.DataFrame({
    "n": [0.0, 1, 2, 3, NAN], "c": list("uvwuu"), "t": ["a", "b", "a", None, "b"],
    "m": [4.0, 1, 1, 1, 9],
})  # fmt: skip


def test_numbers_codes_what_is_missing_and_columns_of_levels():
    encoder = TabularEncoder(max_one_hot=2, dtype="float64").fit(FRAME)
    out = encoder.transform(FRAME)
    assert encoder.get_feature_names_out().tolist() == ["n", "m", "c", "n_missing", "t_b"]
    np.testing.assert_array_equal(out[:, 2], [1, 2, 3, 1, 1])
    np.testing.assert_array_equal(out[:, 3], [0, 0, 0, 0, 1])
    np.testing.assert_array_equal(out[:, 4], [-1, 1, -1, 0, 1])
    assert out[0, 0] == -out[3, 0] < out[1, 0] == -out[2, 0] < 0 == out[4, 0]
    assert encoder._places() == [
        ("n", "number", slice(0, 1), 3), ("m", "number", slice(1, 2), None),
        ("c", "code", slice(2, 3), None), ("t", "levels", slice(4, 5), None),
    ]  # fmt: skip
    assert (encoder.n_numbers_, encoder.n_levels_) == (2, [3])
    np.testing.assert_array_equal(
        TabularEncoder(max_one_hot=2, dtype="float64").fit_transform(FRAME), out
    )
    assert TabularEncoder().fit(FRAME).transform(FRAME).dtype == np.float32
    schema = encoder.schema_.set_index("column")
    assert schema["kind"].tolist() == ["number", "category", "category", "number"]
    assert schema["missing"].tolist() == [0.2, 0, 0.2, 0]
    assert schema["levels"].tolist() == [4, 3, 2, 3]
    assert schema["example"].tolist() == ["0.0", "u", "a", "4.0"]


def test_each_indicator_is_the_one_of_its_number():
    frame = pd.DataFrame({"a": [1, NAN, 3], "b": [1.0, 2, 3], "c": [NAN, 2, 3]})
    encoder = TabularEncoder().fit(frame)
    assert [(name, flag) for name, _, _, flag in encoder._places()] == [
        ("a", 3), ("b", None), ("c", 4),
    ]  # fmt: skip
    assert encoder.transform(frame)[:, 3:].tolist() == [[0, 1], [1, 0], [0, 0]]


def test_spellings_of_a_number_are_one_level():
    schema = TabularEncoder().fit(pd.DataFrame({"a": ["1", "1.0", "2"]})).schema_
    assert schema["levels"].tolist() == [2]


def test_infinite_numbers_are_refused_in_fit_and_missing_later():
    with pytest.raises(ValueError, match="infinity in column 'm'"):
        TabularEncoder().fit(FRAME.assign(m=[1, 2, np.inf, 4, 5]))
    encoder = TabularEncoder().fit(FRAME)
    with pytest.warns(UserWarning, match="cells that say none count as missing"):
        out = encoder.transform(FRAME.assign(n=[1.5, -np.inf, np.inf, 1.5, NAN]))
    place = encoder.get_feature_names_out().tolist().index("n_missing")
    assert out[:, place].tolist() == [0, 1, 1, 0, 1]
    assert out[:, 0].tolist() == [0] * 5


def test_rows_without_weight_do_not_count():
    weight = np.array([1.0, 1, 1, 0, 0])
    some = TabularEncoder(max_one_hot=2, dtype="float64").fit(FRAME, sample_weight=weight)
    alone = TabularEncoder(max_one_hot=2, dtype="float64").fit(FRAME[:3])
    np.testing.assert_array_equal(some.transform(FRAME), alone.transform(FRAME))
    double = TabularEncoder(dtype="float64").fit(FRAME[["m"]], sample_weight=[1, 1, 1, 1, 9.0])
    assert double._centre.tolist() == [9]


def test_columns_that_are_one_value_are_noted_of_20_rows():
    def warned(n, cells=None):
        frame = pd.DataFrame({"a": np.arange(float(n)), "same": cells or [3.0] * n})
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            TabularEncoder().fit(frame)
        return any("'same'" in str(w.message) for w in caught)

    assert warned(20)
    assert not warned(19)
    assert not warned(20, [3.0] * 19 + [NAN])  # that some are missing says something
    assert warned(20, [NAN] * 20)


def test_what_the_parameters_say_of_columns():
    def kinds(X=FRAME, **params):
        return TabularEncoder(**params).fit(X).schema_["kind"].tolist()

    assert kinds(categorical_features=["n"])[0] == "category"
    assert kinds(categorical_features=[0, 3]) == ["category"] * 4
    assert kinds(categorical_features=[True, False, False, False]) == ["category"] * 3 + ["number"]
    assert kinds(categorical_features=[]) == kinds()
    assert kinds(column_kinds={"m": "category"})[3] == "category"
    assert kinds(column_kinds={-1: "category"})[3] == "category"
    assert kinds(column_kinds={3: "drop"})[3] == "drop"
    assert kinds(column_kinds={-4: "drop"})[0] == "drop"
    assert kinds(categorical_features=["n"], column_kinds={"n": "category"})[0] == "category"
    for key in (4, -5, "x"):
        with pytest.raises(ValueError, match="names a column that X does not have"):
            kinds(column_kinds={key: "drop"})
    with pytest.raises(ValueError, match="named in categorical_features"):
        kinds(categorical_features=["n"], column_kinds={"n": "drop"})
    with pytest.raises(ValueError, match="names columns that X does not have"):
        kinds(categorical_features=["x"])
    with pytest.raises(ValueError, match="must be a mask or positions of the 4 columns"):
        kinds(categorical_features=[4])
    with pytest.raises(ValueError, match="No column of X is left to learn from"):
        kinds(FRAME[["m"]], column_kinds={"m": "drop"})


def test_columns_in_another_order_and_names_of_what_comes_out():
    encoder = TabularEncoder(dtype="float64").fit(FRAME)
    np.testing.assert_array_equal(
        encoder.transform(FRAME[["m", "t", "c", "n"]]), encoder.transform(FRAME)
    )
    with pytest.raises(ValueError, match="feature names"):
        encoder.transform(FRAME[["m", "t", "c"]])
    A = FRAME[["n", "m"]].to_numpy()
    plain = TabularEncoder().fit(A)
    assert plain.get_feature_names_out().tolist() == ["x0", "x1", "x0_missing"]
    assert plain.get_feature_names_out(["p", "q"]).tolist() == ["p", "q", "p_missing"]
    with pytest.raises(ValueError, match="input_features must have 2 names, got 1"):
        plain.get_feature_names_out(["p"])
    with pytest.raises(ValueError, match="0 sample"):
        plain.transform(A[:0])
    with pytest.raises(ValueError, match="0 sample"):
        encoder.transform(FRAME[:0])
    with pytest.raises(AttributeError, match="before fit"):
        _ = TabularEncoder().schema_
    tags = plain.__sklearn_tags__()
    assert tags.input_tags.allow_nan
    assert tags.input_tags.string
    assert tags.input_tags.categorical
    assert tags.transformer_tags.preserves_dtype == []

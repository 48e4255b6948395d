"""What each statement of the export of a table's columns to ONNX means."""

import datetime

import numpy as np
import pandas as pd
import pytest
from onnx_bench import Bench

from skfnn.export import _columns
from skfnn.export._onnx import Value
from skfnn.preprocessing import TabularEncoder
from skfnn.preprocessing._columns import Options, take
from skfnn.preprocessing._values import Values

pytest.importorskip("skl2onnx")
pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.filterwarnings("ignore::skfnn.preprocessing.ColumnWarning")
NAN = np.nan
DAY = 86400.0


def column(values, kind=None, zone=None, **options):
    values = np.asarray(values)
    return take(Values("c", values, zone=zone), Options(**options), kind)


def objects(*values):
    return np.array([*values, None], dtype=object)[:-1]


def written(of, cells, opset=18):
    """What a column becomes of cells, as three arrays or None."""
    bench = Bench(opset=opset)
    given = bench.given(np.asarray(cells)[:, None])
    made = _columns.WRITERS[type(of)].write(bench.graph, of, given)
    return bench, [part and bench.run(part) for part in made]


def days(*texts):
    return np.array(texts, dtype="datetime64[s]").astype(np.int64) / DAY


def run(function, x, *given):
    bench = Bench()
    return bench.run(function(bench.graph, bench.given(np.asarray(x, float)), *given))


# ---------------------------------------------------------------- dates and times


def test_a_year_begins_where_the_calendar_says():
    years = np.arange(1600, 2502)
    begins = np.array([f"{year}-01-01" for year in years], dtype="datetime64[D]").astype(int)
    np.testing.assert_array_equal(run(_columns._new_year, years - 1970), begins)


def test_the_share_of_a_year_behind_a_date_at_both_ends_of_each_year():
    years = range(1690, 2410)
    first = [datetime.date(year, 1, 1) for year in years]
    last = [datetime.date(year, 12, 31) for year in years]
    lengths = [366 if y % 400 == 0 or (y % 4 == 0 and y % 100) else 365 for y in years]
    numbers = [[(date - datetime.date(1970, 1, 1)).days for date in part] for part in (first, last)]
    shares = run(_columns._year_turns, np.add(numbers, [[0.0], [0.9999]]))
    np.testing.assert_array_equal(shares[0], 0)
    np.testing.assert_allclose(shares[1], [(n - 1) / n for n in lengths], rtol=1e-14)
    assert np.isnan(run(_columns._year_turns, [NAN])).all()


def test_hours_and_weekdays_are_shares_of_a_day_and_a_week():
    found = run(_columns._hour_turns, days("1970-01-01T06:00", "1969-12-31T18:00", "2024-02-29"))
    np.testing.assert_allclose(found, [0.25, 0.75, 0])
    monday = "2024-01-01"  # was one
    found = run(_columns._weekday_turns, days(monday, "2024-01-07T23:59:59", "1970-01-01",
                                              "1969-12-28", "2024-01-03T12:00"))  # fmt: skip
    np.testing.assert_allclose(found, np.array([0, 6, 3, 6, 2]) / 7, atol=1e-15)


def test_a_part_of_what_is_divided():
    np.testing.assert_array_equal(run(_columns._floor_of, [-0.5, 2.0, 2.5]), [-1, 2, 2])
    np.testing.assert_array_equal(run(_columns._floor_of, [-0.5, 7.9, 8.0], 4), [-1, 1, 2])


def test_waves_are_sine_and_cosine_of_turns_and_0_where_missing():
    bench = Bench()
    waves = _columns._waves(bench.graph, bench.given(np.array([0, 0.25, 0.5, 0.125, NAN])))
    root = np.sqrt(0.5)
    for wave, expected in zip(waves, ([0, 1, 0, root, 0], [1, 0, -1, root, 0]), strict=True):
        np.testing.assert_allclose(bench.run(wave), expected, atol=1e-15)


def test_a_date_is_days_and_its_cycles_in_order():
    moments = np.array(["2019-12-30T00:00", "2020-07-01T06:30", "2021-11-11T23:59"], "M8[s]")
    date = column(moments)
    assert date.cycles == ["hour", "weekday", "yearday"]
    seconds = moments.astype(np.int64).astype(float)
    _, (number, code, further) = written(date, [*seconds, NAN])
    np.testing.assert_allclose(number.ravel(), [*seconds / 86400, NAN])
    assert code is None
    turns = np.array([
        [0, 0, 363 / 365], [6.5 / 24, 2 / 7, 182 / 366], [23 / 24 + 59 / 1440, 3 / 7, 314 / 365],
    ]) * 2 * np.pi  # fmt: skip
    expected = np.stack([np.sin(turns), np.cos(turns)], axis=2).reshape(3, 6)
    np.testing.assert_allclose(further, [*expected, np.zeros(6)], atol=1e-12)


def test_a_date_without_cycles_is_a_number_alone():
    date = column(np.array(["2020-01-01", "2020-01-01"], "M8[s]"))
    _, (number, code, further) = written(date, [43200.0])
    assert (number, code, further) == (0.5, None, None)


def test_a_cycle_of_a_subclass_is_refused_by_name():
    date = column(np.array(["2019-12-30", "2021-11-11"], "M8[s]"))
    date.cycles = ["moon", "hour"]
    with pytest.raises(_columns.NoFormError, match=r"comes with \['moon'\]"):
        written(date, [0.0])


def test_times_of_day_are_hours_and_spans_are_days():
    cells = objects(datetime.time(0), datetime.time(6), datetime.time(15, 30))
    _, (number, _, further) = written(column(cells), [0, 6 * 3600, 15.5 * 3600, NAN])
    np.testing.assert_allclose(number.ravel(), [0, 6, 15.5, NAN])
    angle = np.array([0, 0.25, 15.5 / 24]) * 2 * np.pi
    expected = [*np.column_stack([np.sin(angle), np.cos(angle)]), [0, 0]]
    np.testing.assert_allclose(further, expected, atol=1e-12)
    _, (number, _, further) = written(column(cells[1:2]), [3600.0])
    assert (number, further) == (1, None)
    span = column(np.array([1, 2], "m8[D]"))
    _, (number, code, further) = written(span, [DAY, 1.5 * DAY, -43200])
    np.testing.assert_array_equal(number.ravel(), [1, 1.5, -0.5])
    assert (code, further) == (None, None)


BERLIN = column(np.array(["2019-12-30", "2021-11-11T12:00"], "M8[s]"), zone="Europe/Berlin")


IN_1900 = pd.Timestamp("1900-01-02", tz="Europe/Berlin").utcoffset().total_seconds() / 3600
MOMENTS = {
    "2024-03-31T00:59:59": 1, "2024-03-31T01:00:00": 2,  # clocks go forward ...
    "2024-10-27T00:59:59": 2, "2024-10-27T01:00:00": 1,  # ... and back
    "1900-01-02": IN_1900, "1916-04-30T21:59:59": 1, "1916-04-30T22:00:00": 2,
    "1850-07-01": IN_1900, "2150-07-01": 1,  # as in 1900, and at the end of 2099
}  # fmt: skip


def test_clocks_change_at_the_second_and_stand_before_1900_and_after_2100():
    seconds = np.array(list(MOMENTS), "M8[s]").astype(np.int64).astype(float)
    bench = Bench()
    found = bench.run(_columns._local_days(bench.graph, BERLIN, bench.given(seconds[:, None])))
    ahead = dict(zip(MOMENTS, (found.ravel() * DAY - seconds) / 3600, strict=True))
    assert ahead == pytest.approx(MOMENTS, abs=1e-6)


def test_clocks_that_never_change_are_ahead_by_one_number():
    date = column(np.array(["2019-12-30", "2021-11-11"], "M8[s]"), zone="Etc/GMT-5")
    bench = Bench()
    found = _columns._local_days(bench.graph, date, bench.given(np.array([[0.0], [DAY]])))
    np.testing.assert_allclose(bench.run(found).ravel(), [5 / 24, 29 / 24])
    assert bench.count("MatMul") == 0


def test_cycles_are_those_of_the_clocks_on_the_spot():
    """An hour before midnight in UTC it is the next day in Berlin; the number is that of UTC."""
    assert BERLIN.cycles == ["hour", "weekday", "yearday"]
    seconds = days("2023-12-31T23:00") * DAY
    _, (number, _, further) = written(BERLIN, seconds)
    assert number.item() == seconds.item() / DAY
    np.testing.assert_allclose(further[0], [0, 1] * 3, atol=1e-6)  # a Monday, the first day


# ---------------------------------------------------------------- levels


def codes(of, cells):
    bench, made = written(of, cells)
    return bench, made[1].ravel().tolist()


def test_levels_that_are_all_numbers_or_booleans_come_as_numbers():
    for cells, numbers in (
        ([1.5, 2.5], True), ([True, False], True), (objects(1, 2.5, True), False),  # True is no 1
        (objects(1, "a"), False), (objects("1", "2"), False), (objects(None, None), False),
    ):  # fmt: skip
        given = column(cells, "category")
        assert _columns._levels_input(given) == (np.float64 if numbers else object)


def test_two_levels_are_minus_and_plus_one_and_missing_is_between():
    _, (number, code, further) = written(column(objects("a", "b", "a")), objects("b", "a", "x", ""))
    np.testing.assert_array_equal(further.ravel(), [1, -1, 0, 0])
    assert (number, code) == (None, None)


def test_three_levels_are_a_column_each_and_none_are_nothing():
    _, (_, code, further) = written(column(objects("a", "b", "c")), objects("c", "x", "a"))
    np.testing.assert_array_equal(further, [[0, 0, 1], [0, 0, 0], [1, 0, 0]])
    assert code is None
    _, (_, _, further) = written(column(objects("a", "a")), objects("a", ""))
    np.testing.assert_array_equal(further, [[1], [0]])
    _, made = written(column(objects(None, None), "category"), objects("a"))
    assert made == [None, None, None]


def test_more_levels_than_are_shown_are_a_code_from_one_on():
    given = column(objects("c", "a", "b"), max_one_hot=2)
    bench, found = codes(given, objects("a", "b", "c", "d", ""))
    assert found == [1, 2, 3, 0, 0]
    assert bench.domains["ai.onnx.ml"] == 2  # which runtimes have had for years


def test_text_that_says_a_number_is_found_in_other_spellings():
    given = column(objects("7", "1.50", " 8", "x1", "-3", "a"), "category", max_one_hot=1)
    names = list(given.levels)
    cells = ["7", "7.0", "1.50", "1.5", "8", " 8", "8.0", "x1", "-3", "-3.0", "a", "A", "x1.0", "2"]
    expected = ["7", "7", "1.50", "1.50", " 8", " 8", " 8", "x1", "-3", "-3", "a", None, None, None]
    _, found = codes(given, objects(*cells))
    assert found == [0 if e is None else 1 + names.index(e) for e in expected]


def test_words_that_say_true_and_false_are_found_in_each_case_and_as_digits():
    flag = column(objects("yes", "no", "yes"))
    assert flag.kind == "boolean"
    cells = ["yes", "YES", "Yes", "y", "true", "True", "1", "1.0", "on",
             "no", "No", "N", "FALSE", "0", "0.0", "off", "maybe", "", "2"]  # fmt: skip
    _, (_, _, further) = written(flag, objects(*cells))
    np.testing.assert_array_equal(further.ravel(), [1] * 9 + [-1] * 7 + [0] * 3)


def test_numbers_are_compared_with_levels_and_unknown_ones_are_0():
    given = column([0.5, 1.0, 2.5], "category", max_one_hot=2)
    _, found = codes(given, [0.5, 2.5, 1.0, 2.0, NAN])
    assert found == [1, 3, 2, 0, 0]
    flags = column(np.array([True, False]))
    _, (_, _, further) = written(flags, [1.0, 0.0, NAN, 0.5])
    np.testing.assert_array_equal(further.ravel(), [1, -1, 0, 0])


@pytest.mark.parametrize(("levels", "at_once"), [
    (np.arange(32), False), (np.arange(33), True),  # up to 32 are compared one by one
    (np.arange(33) - 40, True), (np.append(np.arange(32), 0.5), False),
    (np.append(np.arange(32), 2**53 - 1), True), (np.append(np.arange(32), 2**53), False),
    (np.append(np.arange(32), 1 - 2**53), True), (np.append(np.arange(32), -(2**53)), False),
], ids=lambda v: f"{v[-1]}" if isinstance(v, np.ndarray) else None)  # fmt: skip
def test_many_whole_numbers_are_looked_up_at_once(levels, at_once):
    given = column(levels.astype(float), "category")
    low = levels.min()
    cells = [*levels, low + 0.5, low - 0.5, low - 1, low - 2, low + 1.5, 100.5, NAN, 1e300, -1e300]
    bench, found = codes(given, np.array(cells, float))
    assert bench.count("LabelEncoder") == at_once
    ranks = np.argsort(np.argsort(levels)) + 1
    near = [0] * 9 if abs(low) < 100 else [*found[33:38], 0, 0, 0, 0]  # no halves that far out
    if levels[-1] == 0.5:
        near[0] = list(levels).index(0.5) and int(ranks[-1])
    assert found == [*ranks, *near]


def test_a_table_without_entries_says_nothing():
    bench = Bench()
    found = _columns.looked_up(bench.graph, bench.given(objects("a", "")), {})
    np.testing.assert_array_equal(bench.run(found), [0, 0])


def test_codes_are_those_of_values_that_are_found():
    given = column(objects("a", "b", "c"))
    assert _columns._codes(given, ["c", "x", "a"]) == {"c": 3, "a": 1}
    assert _columns._codes(given, []) == {}


# ---------------------------------------------------------------- labels


def labels(cells, **params):
    given = column(objects("a|b+", "b+", "a|None"), "labels")
    assert given.labels == ["a", "b+"]
    return written(given, objects(*cells), **params)[1]


def test_each_label_is_a_column_wherever_it_stands_between_separators():
    cells = ["a", "b+", "a|b+", "x|a", " a |x", "ab+", "aa", "x\n|b+\n", "", "None", "bb", "a|"]
    _, _, further = labels(cells, opset=20)
    has_a = [1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1]
    has_b = [0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]
    np.testing.assert_array_equal(further, np.column_stack([has_a, has_b]))


def test_a_cell_that_says_missing_has_no_label_even_if_one_is_called_so():
    given = column(objects("NA|a", "NA|b", "NA|a"), "labels")
    assert given.labels == ["NA", "a"]
    _, (_, _, further) = written(given, objects("NA", "NA|a", "null", "a"), opset=20)
    np.testing.assert_array_equal(further, [[0, 0], [1, 1], [0, 0], [0, 1]])


def test_labels_from_version_20_on():
    labels(["a"], opset=20)
    with pytest.raises(_columns.NoFormError, match=r"target_opset=20 or more\. Got 19"):
        labels(["a"], opset=19)


# ---------------------------------------------------------------- the table


def encoder(frame, **params):
    return TabularEncoder(dtype="float64", **params).fit(frame)


def encoded(of, *given):
    bench = Bench()
    values = [bench.given(np.asarray(cells)[:, None]) for cells in given]
    return bench.run(_columns.encoded(bench.graph, of, values))


def test_a_number_is_centred_divided_by_its_quartiles_and_clipped_softly_to_3():
    frame = pd.DataFrame({"a": [0.0, 1, 2, 3, 4]})  # median 2, quartiles 1 and 3
    s = np.array([0, 0.5, -1, 6, 1e9, 1e200, -1e200])
    found = encoded(encoder(frame), 2 + 2 * s)
    with np.errstate(over="ignore"):
        expected = s / np.sqrt(1 + (s / 3) ** 2)
    expected[-2:] = 3, -3
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-12)


def test_missing_numbers_are_the_median_and_a_column_says_so_after_codes():
    frame = pd.DataFrame({
        "a": [0.0, 1, 2, 3, NAN], "b": [0.0, 1, 2, 3, 4], "c": list("uvwuu"), "d": list("xyxxy"),
    })  # fmt: skip
    of = encoder(frame, max_one_hot=2)
    found = encoded(of, [NAN, 1.5], [NAN, 2.0], objects("v", ""), objects("y", ""))
    np.testing.assert_allclose(found, [[0, 0, 2, 1, 1], [0, 0, 0, 0, 0]])
    assert of.get_feature_names_out().tolist() == ["a", "b", "c", "a_missing", "d_y"]
    of = encoder(frame[["b"]])
    np.testing.assert_allclose(encoded(of, [NAN, 2.0]), [[0], [0]])


def test_a_table_without_numbers():
    frame = pd.DataFrame({"c": list("uvwuu"), "d": list("xyxxy")})
    of = encoder(frame, max_one_hot=2)
    found = encoded(of, objects("v", "", "w"), objects("y", "", "x"))
    np.testing.assert_array_equal(found, [[2, 1], [0, 0], [3, -1]])


def test_the_encoders_precision():
    of = TabularEncoder(dtype="float32").fit(pd.DataFrame({"a": [0.0, 1, 2, 3, 4]}))
    found = encoded(of, [2.5])
    assert found.dtype == np.float32


WITH_DROPPED = pd.DataFrame({"a": [0.0, 1, 2, 3, 4], "x": [1.0, 2, 3, 4, 5], "b": list("uvuuv")})


def test_inputs_of_columns_that_are_left_out_may_be_given_or_not():
    of = encoder(WITH_DROPPED, column_kinds={"x": "drop"})
    assert _columns.inputs(of) == [("a", np.float64), None, ("b", object)]
    short = encoded(of, [4.0], objects("v"))
    np.testing.assert_array_equal(encoded(of, [4.0], [99.0], objects("v")), short)
    for wrong in ([[4.0]], [[4.0], [1.0], objects("v"), [1.0]], []):
        with pytest.raises(ValueError, match=rf"on 3 columns. The graph gives it {len(wrong)}"):
            encoded(of, *wrong)


def test_inputs_are_called_as_columns_or_by_their_number():
    A = np.column_stack([np.arange(5.0), np.arange(5.0) ** 2])
    assert [name for name, _ in _columns.inputs(encoder(A))] == ["x0", "x1"]
    frame = pd.DataFrame(A, columns=["", "p q"])
    assert [name for name, _ in _columns.inputs(encoder(frame))] == ["x0", "p q"]


def test_text_for_numbers_and_numbers_for_text_are_refused():
    of = encoder(WITH_DROPPED, column_kinds={"x": "drop"})
    with pytest.raises(ValueError, match="'a' is read as number; its ONNX input is numbers"):
        encoded(of, objects("1"), objects("v"))
    with pytest.raises(ValueError, match="'b' is read as category; its ONNX input is text"):
        encoded(of, [1.0], [1.0])
    np.testing.assert_array_equal(  # whole numbers are numbers
        encoded(of, np.array([3]), objects("v")), encoded(of, [3.0], objects("v"))
    )


def test_one_tensor_beside_nothing_is_itself():
    bench = Bench()
    one = bench.given(np.ones((2, 1)))
    assert _columns.beside(bench.graph, [one]) is one
    two = bench.given(np.zeros((2, 2)))
    both = _columns.beside(bench.graph, [one, two])
    assert isinstance(both, Value)
    np.testing.assert_array_equal(bench.run(both), [[1, 0, 0], [1, 0, 0]])

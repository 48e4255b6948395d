"""What each statement means by which text says numbers, dates, times and time spans."""

import datetime

import numpy as np
import pandas as pd
import pytest

from skfnn.preprocessing import _dates, _parsing, _written
from skfnn.preprocessing._columns import Options, take
from skfnn.preprocessing._parsing import DateText, NumberText, Seen
from skfnn.preprocessing._values import Values

NAN = np.nan


def ones(texts):
    return np.ones(len(texts), int)


def learn(texts, counts=None, **given):
    return NumberText.learn(texts, ones(texts) if counts is None else counts, **given)


def column(cells, kind=None, zone=None, **said):
    array = cells if isinstance(cells, np.ndarray) else np.array([*cells, None], object)[:-1]
    return take(Values("c", array, zone=zone), Options(said=said), kind)


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(("text", "unit", "factor", "number"), [
    ("12", "", "", "12"), ("$ 12.5", "$", "", "12.5"), ("-$12", "$", "", "-12"),
    ("(12)", "", "", "-12"), ("12 kg", "kg", "", "12"), ("12 sq ft", "sq ft", "", "12"),
    ("1.5k", "", "k", "1.5"), ("1.5 Mio. €", "€", "Mio", "1.5"), ("3M€", "€", "M", "3"),
    ("1’000", "", "", "1'000"), ("−5", "", "", "-5"), ("1e3", "", "", "1e3"), (".5", "", "", ".5"),
    ("US$ 3", "US$", "", "3"), ("12%", "%", "", "12"), ("＋", None, None, None),
])  # fmt: skip
def test_a_text_is_a_number_with_a_unit_and_a_factor(text, unit, factor, number):
    assert _parsing._parts(text) == (None if unit is None else (unit, factor, number))


@pytest.mark.parametrize("text", ["", "a", "(12", "12)", "--5", "-(+5)", "12 of the best", "1/2",
                                  "12:30", "5 | 6"])  # fmt: skip
def test_what_is_no_number(text):
    assert _parsing._parts(text) is None


def test_text_of_more_than_100_characters_says_nothing():
    pad = " " * 98
    assert _parsing._parts("12" + pad) is not None
    assert _parsing._parts("12 " + pad) is None
    style = NumberText()
    assert style.read(["12" + pad, "12 " + pad, "$12"]).tolist()[0] == 12
    assert np.isnan(style.read(["12 " + pad, "$12"])).all()
    assert _parsing.looks_like_time("1:30" + " " * 96)
    assert not _parsing.looks_like_time("1:30" + " " * 97)
    assert _parsing.looks_like_span("1 day" + " " * 95)
    assert not _parsing.looks_like_span("1 day" + " " * 96)
    found = _parsing.spans(["1 day" + " " * 95, "1 day" + " " * 96])
    assert np.isnat(found).tolist() == [False, True]
    assert _parsing._without_note("May 1981 (Japan)" + " " * 200) == "May 1981"
    long = "May 1981" + " " * 83
    assert _parsing._without_note(long + "  (Japan)") == "May 1981"  # 100
    assert _parsing._without_note(long + "   (Japan)") == long + "   (Japan)"


@pytest.mark.parametrize(("word", "times"), [
    ("k", 1e3), ("tsd", 1e3), ("mn", 1e6), ("Mio", 1e6), ("bn", 1e9), ("Mrd", 1e9), ("tn", 1e12),
    ("trillion", 1e12), ("lakh", 1e5), ("lakhs", 1e5), ("crore", 1e7), ("crores", 1e7), ("万", 1e4),
    ("億", 1e8), ("亿", 1e8), ("M", 1e6), ("B", 1e9),
])  # fmt: skip
def test_words_for_factors(word, times):
    style = learn([f"{i} {word}" for i in range(1, 9)] + ["5"])
    assert style.factors == {word: times}
    assert style.read([f"2.5 {word}", "2.5"]).tolist() == [2.5 * times, 2.5]


@pytest.mark.parametrize(("word", "times"), [("m", 1e6), ("b", 1e9), ("t", 1e12), ("T", 1e12)])
def test_letters_that_are_factors_beside_others_only(word, times):
    texts = [f"{i}{word}" for i in range(1, 9)]
    style = learn(texts)
    assert (style.unit, style.factors) == (word, {})
    assert style.read([f"2{word}"]).tolist() == [2]
    style = learn([*texts, "3k"])
    assert style.factors == {word: times, "k": 1e3}
    assert style.read([f"2{word}", "2k", "2Mio."]).tolist() == [2 * times, 2000, 2e6]


def test_nearly_all_texts_have_to_say_numbers():
    assert learn(["1", "2", "x"], [50, 45, 5]) is not None
    assert learn(["1", "2", "x"], [50, 44, 6]) is None
    assert learn(["1", "2", "n/a"], [50, 30, 20]) is not None  # what says nothing does not count
    assert learn(["1", "x"], [1, 99], forced=True) is not None
    assert learn(["n/a"]) is None
    assert learn(["n/a"], forced=True).unit == ""
    assert learn([], []) is None
    assert learn(["x"], forced=True).unit == ""


def test_the_unit_is_the_most_frequent_or_a_symbol_in_a_twentieth_of_the_rows():
    assert learn(["1 kg", "2 kg", "3"]).unit == "kg"
    assert Seen(["1", "$2"], np.array([94, 6])).unit() == "$"
    assert Seen(["1", "$2"], np.array([96, 4])).unit() == ""
    assert Seen(["1", "2 kg"], np.array([80, 20])).unit() == ""  # no symbol
    assert Seen(["1", "$2", "€3"], np.array([60, 15, 25])).unit() == "€"
    style = learn(["1 kg", "2 kg", "3 kg"])
    assert style.read(["5 kg", "5", "5 g"]).tolist()[:2] == [5, 5]
    assert np.isnan(style.read(["5 g"])).all()


def test_codes_are_digits_of_one_length_with_zeros_before():
    assert learn(["00501", "12345", "99999"]) is None
    assert learn(["00501", "12345", "99999"], forced=True) is not None
    assert learn(["0501", "12345", "99999"]) is not None
    assert learn(["10501", "12345", "99999"]) is not None
    assert learn(["0 kg", "5 kg", "7 kg"]) is not None
    assert learn(["0", "5", "7"]) is not None


@pytest.mark.parametrize(("texts", "comma", "open_", "guess"), [
    (["1.5", "2.25"], False, "", None), (["1,5", "2,25"], True, "", None),
    (["1,234", "5.5"], False, "", None), (["1.234", "5,5"], True, "", None),
    (["1,234", "5,678"], False, "", "1,234"), (["1.234"], False, "", "1.234"),
    (["1,5", "2.5"], False, ".,", None), (["1,5", "2,5", "2.5"], True, "", None),
    (["12", "13"], False, ".,", None), (["1.234.567"], True, "", None),
    (["1,234,567"], False, "", None), (["12,34,567"], False, "", None),
])  # fmt: skip
def test_the_decimal_sign_is_the_one_by_which_most_can_be_read(texts, comma, open_, guess):
    style = learn(texts, forced=True)
    assert (style.comma, style.open, style.guess) == (comma, open_, guess)


def test_a_decimal_sign_that_is_given():
    style = learn(["1,234"], decimal=",")
    assert (style.comma, style.open, style.guess) == (True, "", None)
    assert style.read(["1,234", "1.234", "1.234,5", "1 234,5"]).tolist() == [
        1.234,
        1234,
        1234.5,
        1234.5,
    ]
    style = learn(["1,234"], decimal=".")
    assert style.read(["1,234", "1.234", "1 234.5", "1'234"]).tolist() == [
        1234,
        1.234,
        1234.5,
        1234,
    ]
    assert np.isnan(style.read(["1.234.567", "0,123", "1,23", "1e999", "inf", "nan", "1_0"])).all()


def test_percent_signs_beside_bare_numbers():
    share = learn(["50%", "20%", "0.5", "1"])
    assert (share.percent, share.guesses_percent) == (0.01, True)
    assert share.read(["50%", "0.5"]).tolist() == [0.5, 0.5]
    hundreds = learn(["50%", "20%", "0.5", "1.1"])
    assert (hundreds.percent, hundreds.guesses_percent) == (1, True)
    assert learn(["50%", "20%", "0"]).percent == 1  # 0 says nothing
    assert learn(["50%", "20%", "0"]).guesses_percent is False
    alone = learn(["50%", "20%"])
    assert (alone.percent, alone.bare, alone.guesses_percent) == (1, False, False)
    assert learn(["50%", "20%"], percent=0.01).percent == 0.01
    assert learn(["50%", "20%"], percent=0.01).bare is True
    given = learn(["50%", "20%", "5"], percent=0.01)
    assert (given.percent, given.guesses_percent) == (0.01, False)
    assert learn(["5 kg", "4 kg"]).bare is True


def test_cells_whose_reading_is_a_guess():
    style = learn(["12", "13"])  # either sign may be the decimal one
    assert [style.is_guess(c) for c in ("1,234", "1.234", "1,2345", "12", "x,123", 5)] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    percent = learn(["50%", "20%"])
    assert [percent.is_guess(c) for c in ("50", 50, "50%", "a")] == [True, True, False, False]
    known = learn(["1.5", "2.5"])
    assert not known.is_guess("1,234")


def test_what_is_said_of_numbers():
    assert learn(["1", "2"]).says() == ""
    assert learn(["1,5 kg", "2,5 kg"]).says() == " (unit 'kg', decimal comma)"
    assert learn(["50%", "0.5"]).says() == " (unit '%', percent as 0.01)"
    assert learn(["5k", "3"]).says() == " (factors 'k')"


# ---------------------------------------------------------------- times and spans


@pytest.mark.parametrize(("text", "hours"), [
    ("13:30", 13.5), ("1:30 pm", 13.5), ("1:30PM", 13.5), ("12:00 am", 0), ("12:15 p.m.", 12.25),
    ("12:30", 12.5), ("11:45 A.M.", 11.75), ("00:00:36", 0.01), ("23:59:59.5", 24 - 0.5 / 3600),
    ("1:00:00,5", 1 + 0.5 / 3600), (" 7:06 ", 7.1), ("0:00", 0),
    ("24:00", NAN), ("13", NAN), ("13:60", NAN), ("", NAN), ("noon", NAN),
])  # fmt: skip
def test_hours_of_a_time_of_day(text, hours):
    assert _parsing.time_of_day(text) == pytest.approx(hours, abs=1e-12, nan_ok=True)


def test_hours_of_objects():
    at = datetime.time(13, 30, 36, 500_000)
    assert _dates._hours(at) == pytest.approx(13.5 + 36.5 / 3600, abs=1e-12)
    assert _dates._hours(datetime.timedelta(days=1, minutes=90)) == 25.5
    assert np.isnan(_dates._hours(3))


def test_spans_in_days():
    texts = ["1 days 12:00:00", "P1DT6H", "26:00:00", "-1 day", "36", "1e3", "x"]
    days = _dates.in_days(_parsing.spans(texts))
    np.testing.assert_allclose(days, [1.5, 1.25, 26 / 24, -1, NAN, NAN, NAN])
    span = column([datetime.timedelta(hours=36), pd.Timedelta(days=2), None, "1 days 12:00:00"])
    assert span.kind == "duration"
    given = Values("c", np.array([datetime.timedelta(hours=36), "2 days", 3, None], object))
    np.testing.assert_allclose(span.transform(given)[0], [1.5, 2, NAN, NAN])


def test_a_share_of_the_rows_that_say_something():
    texts, counts = ["1:30", "x", "n/a"], [3, 1, 50]
    assert _parsing.share(texts, counts, _parsing.looks_like_time) == 0.75
    assert _parsing.share(["n/a"], [3], _parsing.looks_like_time) == 0
    assert _parsing.share([], [], _parsing.looks_like_time) == 0


@pytest.mark.parametrize(("texts", "kind"), [(["1:30"] * 95 + ["x"] * 5, "time"),
                                             (["1:30"] * 94 + ["x"] * 6, "category"),
                                             (["1 day"] * 95 + ["x"] * 5, "duration"),
                                             (["1 day"] * 94 + ["x"] * 6, "category"),
                                             (["P1Y"] * 6 + ["P1D"] * 94, "category"),
                                             (["P1Y"] * 5 + ["P1D"] * 95, "duration")])  # fmt: skip
def test_nearly_all_of_a_column_says_times_or_spans(texts, kind):
    assert column(texts).kind == kind


def test_a_time_of_day_has_waves_where_it_differs():
    times = column([datetime.time(0), datetime.time(6), None])
    hours, code, waves = times.transform(
        Values("c", np.array([datetime.time(9), "18:00", None], object))
    )
    np.testing.assert_allclose(hours, [9, 18, NAN])
    assert code is None
    angle = 2 * np.pi * np.array([9, 18]) / 24
    np.testing.assert_allclose(waves[:2], np.column_stack([np.sin(angle), np.cos(angle)]))
    assert waves[2].tolist() == [0, 0]
    same = column([datetime.time(6), datetime.time(6)])
    assert same.extra == []
    assert same.transform(Values("c", np.array(["7:00"], object)))[2] is None
    of_spans = Values("c", np.array([90, 150], "m8[m]"))  # as some databases give times
    np.testing.assert_allclose(times.transform(of_spans)[0], [1.5, 2.5])


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(("unit", "value", "days"), [
    ("W", 2, 14), ("D", 3, 3), ("h", 36, 1.5), ("m", 1440, 1), ("s", 43200, 0.5),
    ("ms", 86_400_000, 1), ("us", 86_400_000_000, 1), ("ns", 86_400_000_000_000, 1),
    ("ps", 86_400 * 10**12, 1), ("fs", 864 * 10**15, 0.01), ("as", 864 * 10**15, 1e-5),
])  # fmt: skip
def test_days_of_every_unit(unit, value, days):
    spans = np.array([value, "NaT"], f"m8[{unit}]")
    np.testing.assert_allclose(_dates.in_days(spans), [days, NAN])
    moments = np.array([value, "NaT"], f"M8[{unit}]")
    np.testing.assert_allclose(_dates.in_days(moments), [days, NAN])


def test_days_of_units_of_several_and_of_years_and_months():
    np.testing.assert_allclose(_dates.in_days(np.array([3], "m8[10s]")), 30 / 86400)
    assert _dates.in_days(np.array(["1971-01", "1969-12"], "M8[M]")).tolist() == [365, -31]
    assert _dates.in_days(np.array(["1972"], "M8[Y]")).tolist() == [730]
    assert _dates.in_days(np.array([2], "m8[M]")).tolist() == [2 * 30.436875]
    assert _dates.in_days(np.array([2], "m8[Y]")).tolist() == [2 * 365.2425]
    assert np.isnan(_dates.in_days(np.array(["NaT"], "m8"))).all()


def dates(first, n, step):
    return np.datetime64(first, "s") + np.arange(n) * np.timedelta64(step, "h")


@pytest.mark.parametrize(("moments", "cycles"), [
    (dates("2024-01-01", 25, 1), []),  # just a day
    (dates("2024-01-01", 26, 1), ["hour"]),
    (dates("2024-01-01", 8, 24), []), (dates("2024-01-01", 9, 24), ["weekday"]),
    (dates("2024-01-01", 3, 7 * 24), []),  # all of one weekday
    (np.array(["2024-01-01", "2024-02-01", "2024-05-01"], "M8[s]"), []),  # monthly
    (np.array(["2024-01-01", "2024-02-01", "2024-05-02"], "M8[s]"), ["weekday"]),
    (np.array(["2023-01-01", "2023-02-01", "2024-01-01"], "M8[s]"), []),  # 365 days
    (np.array(["2023-01-01", "2023-02-01", "2024-02-01"], "M8[s]"), ["yearday"]),
    (np.array(["2020-01-01", "2021-01-01", "2022-01-01"], "M8[s]"), []),  # no part of a year
    (np.array(["NaT", "NaT"], "M8[s]"), []),
])  # fmt: skip
def test_cycles_are_those_of_which_dates_hold_more_than_one(moments, cycles):
    found = column(moments)
    assert found.cycles == cycles
    assert found.extra == [f"{name}_{part}" for name in cycles for part in ("sin", "cos")]


def test_turns_of_day_week_and_year():
    days = _dates.in_days(np.array(["2024-02-29T06:00", "2023-12-31T18:00", "1969-12-31"], "M8[s]"))
    for name, turns in (("hour", [0.25, 0.75, 0]), ("weekday", [3 / 7, 6 / 7, 2 / 7]),
                        ("yearday", [59 / 366, 364 / 365, 364 / 365])):  # fmt: skip
        found = _dates._CYCLES[name].turns(days)
        np.testing.assert_allclose(found, turns, atol=1e-12)
    assert np.isnan(_dates._CYCLES["yearday"].turns(np.array([NAN]))).all()


def test_a_date_is_days_and_its_waves():
    found = column(np.array(["2024-01-01", "2024-03-06T12:00", "2025-06-01T03:00"], "M8[s]"))
    moments = np.array(["2024-01-02T06:00", "NaT"], "M8[s]")
    days, code, waves = found.transform(Values("c", moments))
    np.testing.assert_allclose(days, [19724.25, NAN])
    assert code is None
    angle = 2 * np.pi * np.array([0.25, 1 / 7, 1 / 366])
    np.testing.assert_allclose(waves[0], np.column_stack([np.sin(angle), np.cos(angle)]).ravel())
    assert not waves[1].any()


def test_cycles_are_those_of_the_clocks_of_the_zone():
    moments = np.array(["2024-01-01T23:30", "2024-07-01T22:30", "2025-09-06T03:10"], "M8[s]")
    berlin = column(moments, zone="Europe/Berlin")
    days = _dates.in_days(moments)
    ahead = (berlin._local(days) - days) * 24
    np.testing.assert_allclose(ahead, [1, 2, 2], atol=1e-9)
    assert np.isnan(berlin._local(np.array([NAN]))).all()
    assert column(moments, zone="UTC")._local(days) is days
    np.testing.assert_array_equal(berlin.transform(Values("c", moments))[0], days)


def test_moments_of_objects_few_or_many():
    zone = datetime.timezone(datetime.timedelta(hours=2))
    objects = [
        datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3),
        pd.Timestamp("2024-01-02 04:00"),
        datetime.datetime(2024, 1, 2, 3, tzinfo=zone), pd.Timestamp("2024-01-02 04:00", tz=zone),
        np.datetime64("2024-01-02T05"), datetime.date(1066, 10, 14),
    ]  # fmt: skip
    expected = np.array(["2024-01-02", "2024-01-02T03", "2024-01-02T04", "2024-01-02T01",
                         "2024-01-02T02", "2024-01-02T05", "1066-10-14"], "M8[us]")  # fmt: skip
    np.testing.assert_array_equal(_dates._moments(objects), expected)
    found = _dates._moments(objects * 29)  # 203: more than 200 are read at once
    np.testing.assert_array_equal(found, np.tile(expected, 29))
    periods = [pd.Period("2024-02", "M")] * 201
    assert set(_dates._moments(periods)) == {np.datetime64("2024-02-01", "us")}


def test_numbers_that_say_dates_by_their_digits():
    found = column(np.array([20240131, 20240201]), "date")
    assert found.digits
    given = Values("c", np.array([20240131.0, NAN, 20240132.0, 20240131.5, np.inf]))
    days = found.transform(given)[0]
    np.testing.assert_array_equal(days, [19753, NAN, NAN, NAN, NAN])
    assert given.n_unread == 3
    objects = Values("c", np.array([20240131, "2024-02-01", datetime.date(2024, 2, 2)], object))
    assert found.transform(objects)[0].tolist() == [19753, 19754, 19755]
    with pytest.raises(ValueError, match="is read as date"):
        column(np.array([1.5, 2.5]), "date")
    with pytest.raises(ValueError, match="is read as date"):
        column(np.array([20240131, 20249999]), "date")


# ---------------------------------------------------------------- text that says dates


def read(texts, format="ISO8601"):
    return [None if np.isnat(d) else str(d)[:19] for d in DateText(format).read(texts)]


def test_iso_dates_in_all_forms():
    texts = ["2024-01-31", "2024-1-3", "2024-02", "2024", "20240131", "2024-01-31T13:30",
             "2024-01-31 13:30:15+02:00", "2024-13-01", "now", "  2024-01-31 "]  # fmt: skip
    expected = ["2024-01-31T00:00:00", "2024-01-03T00:00:00", "2024-02-01T00:00:00",
                "2024-01-01T00:00:00", "2024-01-31T00:00:00", "2024-01-31T13:30:00",
                "2024-01-31T11:30:15", None, None, "2024-01-31T00:00:00"]  # fmt: skip
    assert read(texts) == expected
    assert read(texts * 6) == expected * 6  # more than 50 are read by pandas first


def test_numbers_of_day_and_month_are_in_the_order_of_the_format():
    texts = ["03.04.2024", "3/4/24", "2024/04/03", "31.12.2024 13:30", "12/31/2024"]
    days = ["2024-04-03", "2024-04-03", "2024-04-03", "2024-12-31T13:30", None]
    months = ["2024-03-04", "2024-03-04", "2024-04-03", None, "2024-12-31"]
    for format, expected in (("%d.%m.%Y", days), ("%m/%d/%Y", months)):
        full = [d and str(np.datetime64(d, "s")) for d in expected]
        assert read(texts, format) == full
        assert read(texts * 11, format) == full * 11


def test_the_order_is_learned_from_what_only_one_can_read():
    def learned(texts, counts=None, **given):
        return DateText.learn(texts, ones(texts) if counts is None else counts, **given)

    found = learned(["13.01.2024", "02.03.2024"])
    assert (found.format, found.ambiguous) == ("%d.%m.%Y", False)
    found = learned(["01/13/2024", "02/03/2024"])
    assert (found.format, found.ambiguous) == ("%m/%d/%Y", False)
    found = learned(["01/03/2024", "02/03/2024"])
    assert (found.format, found.ambiguous) == ("%m/%d/%Y", True)
    assert not learned(["01.03.2024", "02.03.2024"]).ambiguous  # with dots the day is first
    assert not learned(["01/01/2024", "02/02/2024"]).ambiguous  # the same either way
    assert learned(["2024-01-01", "x"], [95, 5]).format == "ISO8601"
    assert learned(["2024-01-01", "x"], [94, 6]) is None
    assert learned(["2024-01-01", "x"], [10, 90], forced=True).format == "ISO8601"
    assert learned(["x", "y"], forced=True) is None
    assert learned(["n/a"]) is None
    assert learned(["n/a"], forced=True).format == "ISO8601"
    assert learned(["2024-01-01", "n/a"], [1, 99]).format == "ISO8601"


def test_a_note_behind_a_date_is_no_part_of_it():
    for text, rest in (("May 1, 1981 (Japan)", "May 1, 1981"), ("1981 (2)", "1981 (2)"),
                       (" a ", "a"), ("a(b)", "a(b)"), ("a (b", "a (b")):  # fmt: skip
        assert _parsing._without_note(text) == rest


def test_formats_with_day_and_month_exchanged():
    assert _parsing._swapped("%d/%m/%Y") == "%m/%d/%Y"
    assert _parsing._swapped("%m.%d.%y %H:%M") == "%d.%m.%y %H:%M"
    for format in ("%Y-%m-%d", "%d %B %Y", "%m-%Y", "ISO8601"):
        assert _parsing._swapped(format) == format
    assert _written.order_of("%d/%m/%Y") == "dmy"
    assert _written.order_of("%y-%m-%d") == "ymd"
    assert _written.order_of("%d %b %Y") == _written.order_of("%m/%Y") == ""


@pytest.mark.parametrize(("text", "order", "date"), [
    ("31.1.2026 13:30", "dmy", "2026-01-31T13:30"), ("Jan 31, 2026", "", "2026-01-31"),
    ("2026/01/31", "", "2026-01-31"), ("1.2.68", "dmy", "2068-02-01"),
    ("1.2.69", "dmy", "1969-02-01"), ("1.2.69", "ymd", None),
    ("1 mars 2024", "", "2024-03-01"), ("März 2024", "", "2024-03-01"),
    ("3rd May 2024", "", "2024-05-03"), ("May 3rd, 2024 1:05 pm", "", "2024-05-03T13:05"),
    ("3 May 2024 12:05 am", "", "2024-05-03T00:05"),
    ("3 May 2024 12:05 pm", "", "2024-05-03T12:05"),
    ("3 May 2024 13:05 pm", "", None), ("3 May 2024 0:05 am", "", None),
    ("3.5.2024 1:02:03.25", "dmy", "2024-05-03T01:02:03.250"),
    ("3.5.2024 10:00 +02:00", "dmy", "2024-05-03T08:00"),
    ("3.5.2024 10:00 -0130", "dmy", "2024-05-03T11:30"),
    ("3.5.2024 10:00 UTC", "dmy", "2024-05-03T10:00"),
    ("Fri May  3 10:11:12 2024", "", "2024-05-03T10:11:12"), ("30.2.2024", "dmy", None),
    ("1.2.2024", "", None), ("2024年5月3日", "", "2024-05-03"), ("Ma 2024", "", None),
    ("1.2.123", "dmy", None), ("", "dmy", None), ("3-May-24", "", "2024-05-03"),
])  # fmt: skip
def test_dates_as_they_are_written(text, order, date):
    found = _written.written(text, order)
    assert (None if np.isnat(found) else found) == (date and np.datetime64(date, "us"))


def test_text_of_more_than_60_characters_is_no_date():
    text = "3 May 2024 10:00"
    assert _written.says_date(text)
    filled = "2024-05-03T" + "0" * 49
    assert len(filled) == 60
    assert _written.says_date(filled)
    assert not _written.says_date(filled + "0")
    wide = text.replace(" ", " " * 25)  # blanks count as one
    assert not np.isnat(_written.written(wide, ""))
    digits = "3.5.2024 10:00:00." + "1" * 42
    assert not np.isnat(_written.written(digits, "dmy"))
    assert np.isnat(_written.written(digits + "1", "dmy"))


def test_months_are_known_by_three_letters_that_no_other_has():
    months = _written._MONTHS
    assert [months[m] for m in ("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "oct",
                                "nov", "dec", "may", "mai", "dez")] == [
        1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 5, 5, 12,
    ]  # fmt: skip
    assert "ja" not in months
    assert months["january"] == 1
    assert months["декабря"] == 12


def test_moments_with_a_zone_are_those_of_utc():
    found = _parsing._parse(["2024-05-01T12:00:00+0200", "?"], "%Y-%m-%dT%H:%M:%S%z")
    assert found.tolist() == [datetime.datetime(2024, 5, 1, 10), None]

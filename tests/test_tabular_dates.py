"""Dates and time spans as numbers: each way of writing and each unit, worked out by hand."""

import datetime

import numpy as np
import pandas as pd
import pytest

from skfnn.preprocessing import ColumnWarning, TabularEncoder
from skfnn.preprocessing._dates import _hours, in_days
from skfnn.preprocessing._parsing import looks_like_time, share, time_of_day
from skfnn.preprocessing._written import written


@pytest.mark.parametrize(("unit", "parts"), [
    ("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9), ("ps", 10**12), ("fs", 10**15),
    ("as", 10**18),
])  # fmt: skip
def test_short_units_are_shares_of_a_day(unit, parts):
    spans = (np.array([0, 1, 3, 8]) * parts).view(f"timedelta64[{unit}]")
    expected = [0, 1 / 86400, 3 / 86400, 8 / 86400]
    np.testing.assert_allclose(in_days(spans), expected, rtol=1e-12)
    np.testing.assert_allclose(in_days(spans.view(f"datetime64[{unit}]")), expected, rtol=1e-12)
    spans[1] = np.timedelta64("NaT")
    assert np.isnan(in_days(spans)).tolist() == [False, True, False, False]


def test_what_has_no_unit_is_no_date():
    assert np.isnan(in_days(np.array(["NaT", "NaT"], "datetime64"))).all()


def test_a_word_that_is_no_month_says_no_date():
    for text in ("5 March 2026", "March 5, 2026"):
        assert written(text, "dmy") == np.datetime64("2026-03-05")
        assert np.isnat(written(text.replace("March", "Merch"), "dmy"))


@pytest.mark.parametrize(("clock", "hour"), [
    ("12:30 am", 0), ("1:30 am", 1), ("11:30 am", 11), ("12:30 pm", 12), ("1:30 pm", 13),
    ("11:30 p.m.", 23), ("0:30 am", None), ("13:30 pm", None), ("0:30", 0), ("23:30", 23),
    ("24:30", None),
])  # fmt: skip
def test_half_days_begin_at_twelve(clock, hour):
    moment = written(f"31.1.2026 {clock}", "dmy")
    if hour is None:
        assert np.isnat(moment)
    else:
        assert moment == np.datetime64(datetime.datetime(2026, 1, 31, hour, 30), "us")


@pytest.mark.parametrize(("zone", "minutes"), [
    ("", 0), ("Z", 0), ("UTC", 0), ("GMT", 0), ("+00:00", 0), ("-05:00", 300), ("+05:00", -300),
    ("+05:30", -330), ("-0930", 570), ("+1400", -840),
])  # fmt: skip
def test_written_moments_are_those_of_their_zone(zone, minutes):
    expected = datetime.datetime(2026, 1, 31, 13, 30) + datetime.timedelta(minutes=minutes)
    for text in (f"31.1.2026 13:30 {zone}", f"Jan 31, 2026 13:30{zone}"):
        assert written(text, "dmy") == np.datetime64(expected, "us")


@pytest.mark.parametrize(("part", "micro"), [
    (".5", 500_000), (",25", 250_000), (".000001", 1), (".1234569", 123_456),
])  # fmt: skip
def test_seconds_are_read_to_the_millionth(part, micro):
    moment = written(f"31.1.2026 13:30:07{part}", "dmy")
    assert moment == np.datetime64(datetime.datetime(2026, 1, 31, 13, 30, 7, micro), "us")


def test_text_of_more_than_sixty_characters_is_no_date():
    text = "31.1.2026 13:30:07."
    assert written(text.ljust(60, "5"), "dmy") == written(text + "555555", "dmy")
    assert np.isnat(written(text.ljust(61, "5"), "dmy"))


@pytest.mark.parametrize(("text", "order", "date"), [
    ("1/2/68", "dmy", "2068-02-01"), ("1/2/69", "dmy", "1969-02-01"),
    ("1/2/99", "mdy", "1999-01-02"), ("1/2/00", "mdy", "2000-01-02"),
    ("01/02/03", "ymd", "2001-02-03"), ("5/31/2026", "dmy", "NaT"),
    ("2026/01/02", "dmy", "2026-01-02"), ("2026.1.2", "", "2026-01-02"), ("1/2/2026", "", "NaT"),
    ("123/1/2026", "dmy", "NaT"), ("123/1/20", "ymd", "NaT"), ("2/30/2026", "mdy", "NaT"),
    ("31-Jan-99", "", "1999-01-31"), ("Jan-2026", "", "2026-01-01"),
    ("Janu 5 2026", "", "2026-01-05"), ("ma 5 2026", "", "NaT"),
])  # fmt: skip
def test_numbers_of_a_date_are_taken_in_their_order(text, order, date):
    np.testing.assert_equal(written(text, order), np.datetime64(date, "us"))


@pytest.mark.parametrize(("text", "hours"), [
    ("13:30", 13.5), ("0:00", 0), ("23:59:59", 24 - 1 / 3600), ("13:30:36", 13.51),
    ("13:30:36.9", 13.51025), ("13:30:36,9", 13.51025), ("1:30 pm", 13.5), ("1:30:36 PM", 13.51),
    ("12:15 am", 0.25), ("12:15 p.m.", 12.25), ("11:15 AM", 11.25), (" 9:05 ", 9 + 1 / 12),
    ("1330", np.nan), ("13:60", np.nan), ("noon", np.nan),
])  # fmt: skip
def test_times_of_day_are_hours(text, hours):
    np.testing.assert_allclose(time_of_day(text), hours, rtol=1e-12)


@pytest.mark.parametrize(("value", "hours"), [
    (datetime.time(13, 30, 36, 900_000), 13.51025), (datetime.time(0, 0), 0),
    (datetime.timedelta(hours=1, minutes=30, seconds=36), 1.51), (np.timedelta64(90, "m"), 1.5),
    ("13:30", np.nan), (13.5, np.nan),
])  # fmt: skip
def test_objects_that_are_times_of_day_are_hours(value, hours):
    np.testing.assert_allclose(_hours(value), hours, rtol=1e-12)


@pytest.mark.parametrize(("texts", "counts", "expected"), [
    (["13:30", "noon"], [3, 1], 0.75), (["13:30", "noon", "-", " N/A "], [3, 1, 9, 9], 0.75),
    (["-", "?"], [2, 1], 0), ([], [], 0), (["noon"], [4], 0), (["0:00"], [4], 1),
])  # fmt: skip
def test_a_share_is_one_of_the_rows_that_say_anything(texts, counts, expected):
    assert share(texts, counts, looks_like_time) == expected


@pytest.mark.parametrize("format", [
    "%B %d, %Y (United States)", "%Y-%m-%d (Japan)", "%d/%m/%Y (estimated)",
    "%Y-%m-%d %H:%M (local time)",
])  # fmt: skip
def test_a_note_behind_a_date_is_none_of_it(format):
    dates = pd.date_range("1981-01-30", periods=40, freq="31D")
    noted = pd.DataFrame({"released": dates.strftime(format)})
    target = np.arange(40.0)
    encoder = TabularEncoder().fit(noted, target)
    assert encoder.schema_["kind"].tolist() == ["date"]
    plain = TabularEncoder().fit(pd.DataFrame({"released": dates}), target)
    np.testing.assert_allclose(
        encoder.transform(noted), plain.transform(dates.to_frame(False, "released"))
    )
    with pytest.warns(ColumnWarning, match="cells that say none count as missing"):
        assert (encoder.transform(noted.assign(released="(Japan)"))[:, 0] == 0).all()
    words = pd.DataFrame({"who": [f"may {'abcdefgh'[i % 8]} (Japan)" for i in range(40)]})
    assert TabularEncoder().fit(words, target).schema_["kind"].tolist() != ["date"]


@pytest.mark.parametrize(("texts", "kind"), [
    ([f"p{i}" for i in range(7)], "category"),  # persons
    ([f"P{i}" for i in range(7)], "category"),
    ([f"P{i}Y" for i in range(7)], "category"),  # spans that are of no certain length
    (["PT", "P", "PD", "PM", "PS"], "category"),
    ([f"P{i}D" for i in range(7)], "duration"),
    ([f"P{i}DT{i}H{i}M{i}.5S" for i in range(7)], "duration"),
    ([f"PT{i}H" for i in range(7)], "duration"),
    ([f"P1DT{i}S" for i in range(7)], "duration"),
    ([f"{i} days" for i in range(7)], "duration"),
])  # fmt: skip
def test_names_are_no_time_spans(texts, kind):
    X = pd.DataFrame({"who": texts * 10})
    encoder = TabularEncoder().fit(X, np.arange(float(len(X))))
    assert encoder.schema_["kind"].tolist() == [kind]
    if kind == "duration":
        assert (np.diff(encoder.transform(X)[: len(texts), 0]) > 0).all()

"""Numbers and dates as many countries write them: read as they are meant, or warned of."""

import datetime
import warnings

import numpy as np
import pandas as pd
import pytest

from skfnn.preprocessing import ColumnWarning, TabularEncoder
from skfnn.preprocessing._parsing import NumberText

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies
SETTINGS = hypothesis.settings(
    max_examples=60, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)  # fmt: skip

# (sign of thousands, decimal sign, minus) and how a day is written, by locale.
NUMBERS = {
    "en_US": (",", ".", "-"), "de_DE": (".", ",", "-"), "fr_FR": ("\u202f", ",", "-"),
    "de_CH": ("’", ".", "-"), "sv_SE": ("\u00a0", ",", "\u2212"), "es_ES": (".", ",", "-"),
    "pl_PL": ("\u00a0", ",", "-"), "pt_BR": (".", ",", "-"), "ja_JP": (",", ".", "-"),
    "ru_RU": (" ", ",", "-"), "it_CH": ("'", ".", "-"), "plain": ("", ".", "-"),
}  # fmt: skip
DATES = {
    "en_US": "{m}/{d}/{y}", "en_GB": "{d:02}/{m:02}/{y}", "de_DE": "{d:02}.{m:02}.{y}",
    "de_AT": "{d}.{m}.{y}", "nl_NL": "{d}-{m}-{y}", "sv_SE": "{y}-{m:02}-{d:02}",
    "ja_JP": "{y}/{m:02}/{d:02}", "zh_CN": "{y}年{m}月{d}日", "ko_KR": "{y}. {m}. {d}.",
    "hu_HU": "{y}. {m:02}. {d:02}.", "en names": "{d} {name} {y}", "us names": "{name} {d}, {y}",
    "fr": "{d} {fr} {y}", "de names": "{d}. {de} {y}", "es": "{d} de {es} de {y}",
    "clock": "{d:02}.{m:02}.{y} {h:02}:{min:02}", "us clock": "{m}/{d}/{y} {h12}:{min:02} {half}",
}  # fmt: skip
NAMES = {
    "name": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
}
MISSING = ["", "-", "n/a", "NA", "?", "null", "–", "#N/A", " "]


def read(texts, **options):
    """Fit on texts; return (kind, numbers or days, warnings, encoder)."""
    X = pd.DataFrame({"c": pd.Series(texts, dtype=object), "z": np.arange(len(texts)) % 3.0})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        encoder = TabularEncoder(**options).fit(X)
    kind = encoder.schema_["kind"][0]
    found = numbers(encoder, texts) if kind in ("number", "date", "duration", "time") else None
    return kind, found, [str(w.message) for w in caught if "c'" in str(w.message)], encoder


def numbers(encoder, texts):
    """What the first column's cells are read as, by undoing what is done to numbers."""
    rows = pd.DataFrame({"c": pd.Series(texts, dtype=object), "z": 0.0})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ColumnWarning)
        out = encoder.transform(rows.assign(c=rows["c"])).astype(float)
    column = encoder._columns[0]
    values = encoder._values_to_transform(rows)[0]
    found = column.transform(values)[0]
    assert np.isfinite(out).all()
    return found


def written(x, locale, places):
    thousands, decimal, minus = NUMBERS[locale]
    text = f"{abs(x):,.{places}f}".replace(",", "T").replace(".", decimal).replace("T", thousands)
    return (minus if x < 0 and float(f"{x:.{places}f}") != 0 else "") + text


@SETTINGS
@hypothesis.given(
    st.lists(st.floats(-1e7, 1e7), min_size=3, max_size=30, unique=True),
    st.sampled_from(list(NUMBERS)), st.integers(0, 4),
    st.sampled_from(["{}", "{} kg", "{} %", "${}", "{} €", "{} Mio."]),
    st.lists(st.sampled_from(MISSING), max_size=4),
)  # fmt: skip
def test_numbers_of_every_country_come_back_or_are_warned_of(given, locale, places, unit, gaps):
    texts = [unit.format(written(x, locale, places)) for x in given]
    kind, found, messages, _ = read(texts + gaps)
    if messages:
        return
    assert kind == "number", texts
    expected = np.array([float(f"{x:.{places}f}") for x in given])
    times = 1e6 if "Mio" in unit else 1
    np.testing.assert_allclose(found[: len(given)], times * expected, rtol=1e-12, atol=1e-9)
    assert np.isnan(found[len(given) :]).all()


@SETTINGS
@hypothesis.given(
    st.lists(st.dates(datetime.date(1970, 1, 1), datetime.date(2040, 12, 31)), min_size=3),
    st.sampled_from(list(DATES)), st.lists(st.sampled_from(MISSING), max_size=4),
    st.integers(0, 23), st.integers(0, 59),
)  # fmt: skip
def test_dates_of_every_country_come_back_or_there_is_a_warning(days, locale, gaps, hour, minute):
    texts = []
    for day in days:
        names = {key: names.split()[day.month - 1] for key, names in NAMES.items()}
        texts.append(DATES[locale].format(
            d=day.day, m=day.month, y=day.year, h=hour, min=minute, h12=hour % 12 or 12,
            half="PM" if hour >= 12 else "AM", **names,
        ))  # fmt: skip
    kind, found, messages, _ = read(texts + gaps)
    if messages:
        return
    assert kind == "date", texts
    clock = hour / 24 + minute / 1440 if "clock" in locale else 0
    expected = [(day - datetime.date(1970, 1, 1)).days + clock for day in days]
    np.testing.assert_allclose(found[: len(days)], expected, atol=1e-6)
    assert np.isnan(found[len(days) :]).all()


@pytest.mark.parametrize(("texts", "expected"), [
    (["1.2k", "850", "2k", "990"], [1200, 850, 2000, 990]),
    (["3M", "500k", "1.5 bn", "70"], [3e6, 5e5, 1.5e9, 70]),
    (["$1.2k", "$850", "$3 M"], [1200, 850, 3e6]), (["1.2k€", "850 €", "3M€"], [1200, 850, 3e6]),
    (["5k EUR", "7kEUR", "850"], [5000, 7000, 850]), (["5 m", "3k", "2"], [5e6, 3000, 2]),
    (["5 m", "7", "9.5 m"], [5, 7, 9.5]), (["2 lakh", "1.5 crore", "7"], [2e5, 1.5e7, 7]),
    (["1,5 Mio. €", "2 Mrd. €", "700 €"], [1.5e6, 2e9, 700]),
    (["3万", "5億", "12"], [3e4, 5e8, 12]),
    (["0,500", "2", "0,125", "1,250"], [0.5, 2, 0.125, 1.25]),
    (["1,5", "1.250", "12.000"], [1.5, 1250, 12000]),
    (["1.5", "1,250", "12,000"], [1.5, 1250, 12000]),
    (["1.234.567", "2.500", "7"], [1234567, 2500, 7]), (["1,234,567", "2,500"], [1234567, 2500]),
    (["12,34,567", "1,500", "3"], [1234567, 1500, 3]), (["1234,567", "1,250"], [1234.567, 1.25]),
    (["-5", "−3", "–2", "(7)"], [-5, -3, -2, -7]), (["%12", "%7"], [12, 7]),
    (["5 %", "7 %", "9%"], [5, 7, 9]), (["R$ 1.250,50", "R$ 7,00"], [1250.5, 7]),
    (["١٢٫٥", "٣"], [12.5, 3]), (["1_000", "2_500_000"], [1000, 2500000]),
])  # fmt: skip
@pytest.mark.parametrize("times", [1, 20])
def test_one_cell_decides_for_all(texts, expected, times):
    kind, found, messages, _ = read(texts * times)
    assert (kind, messages) == ("number", [])
    np.testing.assert_allclose(found, expected * times)


@pytest.mark.parametrize(("texts", "message", "says"), [
    (["1.234", "12.345", "999"], "'1.234' is read as 1.234", {
        "number(decimal=',')": [1234, 12345, 999], "number(decimal='.')": [1.234, 12.345, 999],
    }),
    (["1,234", "12,345", "999"], "'1,234' is read as 1234", {
        "number(decimal=',')": [1.234, 12.345, 999], "number(decimal='.')": [1234, 12345, 999],
    }),
    (["50%", "0.5", "0.25"], "'50%' is read as 0.5", {
        "number(percent=1)": [50, 0.5, 0.25], "number(percent=0.01)": [0.5, 0.5, 0.25],
    }),
    (["50%", "7", "12"], "'50%' is read as 50", {"number(percent=0.01)": [0.5, 7, 12]}),
    (["50%", "1.5", "0.5"], "'50%' is read as 50", {"number(percent=0.01)": [0.5, 1.5, 0.5]}),
    (["50%", "1", "0.25"], "'50%' is read as 0.5", {"number(percent=1)": [50, 1, 0.25]}),
])  # fmt: skip
def test_where_no_cell_decides_there_is_a_warning_and_a_way_to_say_it(texts, message, says):
    kind, _, messages, _ = read(texts * 20)
    assert kind == "number"
    assert len(messages) == 1
    assert message in messages[0]
    assert "column_kinds={'c': " in messages[0]
    for said, expected in says.items():
        _, found, messages, encoder = read(texts * 20, column_kinds={"c": said})
        assert messages == []
        np.testing.assert_allclose(found[: len(texts)], expected)
        assert encoder.schema_["why"][0].startswith("as column_kinds says")


def test_factors_and_signs_are_in_the_schema():
    for texts, why in (
        (["1.2k", "3M", "7"], "text that says numbers (factors 'M', 'k')"),
        (["1,5 kg", "2 kg"], "text that says numbers (unit 'kg', decimal comma)"),
    ):
        assert read(texts * 20)[3].schema_["why"][0] == why


@pytest.mark.parametrize("said", [
    "number(decimal=';')", "number(comma=True)", "number(decimal)", "number(", "number(1)",
    "date(format=3)", "text(decimal=',')", "number(decimal=open('x'))", "__import__('os')", 3,
])  # fmt: skip
def test_what_is_said_behind_a_kind_is_checked(said):
    with pytest.raises(ValueError, match=r"column_kinds\['c'\].*Got"):
        TabularEncoder(column_kinds={"c": said}).fit(pd.DataFrame({"c": ["1", "2"]}))


@pytest.mark.parametrize(("said", "may"), [
    ("number(comma=True)", r"may stand decimal='\.' or ',', percent=a number\. Got"),
    ("number(decimal=';')", r"may stand decimal='\.' or ',', percent=a number\. Got"),
    ("date(format=3)", r"behind 'date' may stand format=text\. Got"),
    ("text(decimal=',')", r"behind 'text' may stand nothing\. Got"),
])  # fmt: skip
def test_what_may_stand_behind_a_kind_is_told(said, may):
    with pytest.raises(ValueError, match=may):
        TabularEncoder(column_kinds={"c": said}).fit(pd.DataFrame({"c": ["1", "2"]}))


# ------------------------------------------------------------------ at prediction, as in fit


@pytest.mark.parametrize(("fitted", "given", "expected"), [
    (["1,5", "2,25", "1.250"], ["1.5", "1.500", "2,5", "1e3"], [np.nan, 1500, 2.5, 1000]),
    (["1.5", "2.25", "1,250"], ["1,5", "1,500", "0,500", "2.5"], [np.nan, 1500, np.nan, 2.5]),
    (["1", "2", "3"], ["1.2k", "5 kg", "7"], [np.nan, np.nan, 7]),
    (["1.2k", "7", "3k"], ["2M", "1bn", "4"], [2e6, 1e9, 4]),
    (["5 kg", "7 kg"], ["5 g", "3", "4 kg"], [np.nan, 3, 4]),
])  # fmt: skip
def test_numbers_are_read_as_in_fit(fitted, given, expected):
    encoder = read(fitted * 20)[3]
    np.testing.assert_allclose(numbers(encoder, given), expected)
    for text, number in zip(given, expected, strict=True):
        np.testing.assert_allclose(numbers(encoder, [text]), [number])
        X = pd.DataFrame({"c": [text], "z": 0.0})
        if np.isnan(number):
            with pytest.warns(ColumnWarning, match="cells that say none count as missing"):
                encoder.transform(X)


@pytest.mark.parametrize(("fitted", "given"), [
    (["1", "2", "30"], "1.234"), (["1", "2", "30"], "1,234"), ([1.5, 2.0, 7.0], "1,234"),
    (["5%", "7%", "9%"], "0.5"), (["5%", "7%", "9%"], 0.5),
])  # fmt: skip
def test_a_guess_at_prediction_is_warned_of(fitted, given):
    encoder = read(fitted * 20)[3]
    X = pd.DataFrame({"c": [given], "z": 0.0})
    with pytest.warns(ColumnWarning, match="'c' is read as .* are read by a guess") as caught:
        encoder.transform(X)
    assert (caught[0].message.n_cells, caught[0].message.examples) == (1, (str(given),))
    kind = "number(percent=1)" if "%" in str(fitted[0]) else "number(decimal='.')"
    if isinstance(fitted[0], str):
        sure = TabularEncoder(column_kinds={"c": kind})
        sure.fit(pd.DataFrame({"c": fitted * 20, "z": np.arange(60) % 3})).transform(X)


DAYS = pd.date_range("2025-01-01", periods=300)


@pytest.mark.parametrize("n", [1, 7, 300])
@pytest.mark.parametrize(("fitted", "given"), [("%m/%d/%Y", "%d/%m/%Y"), ("%d/%m/%Y", "%m/%d/%Y")])
def test_a_date_that_contradicts_the_format_is_missing(fitted, given, n):
    encoder = read(list(DAYS.strftime(fitted)))[3]
    cells = list(DAYS[-n:].strftime(given))
    found = numbers(encoder, cells)
    day, month = (DAYS[-n:].day, DAYS[-n:].month)
    first, second = (day, month) if given.startswith("%d") else (month, day)
    # By the format of fit, the first number is a month if it began with the month.
    for i, cell in enumerate(cells):
        a, b = int(first[i]), int(second[i])
        m, d = (a, b) if fitted.startswith("%m") else (b, a)
        if m > 12:
            assert np.isnan(found[i]), cell
        else:
            assert found[i] == (pd.Timestamp(2025, m, d) - pd.Timestamp(0)).days
    iso = numbers(encoder, list(DAYS.strftime("%Y-%m-%d")))
    np.testing.assert_array_equal(iso, (DAYS - pd.Timestamp(0)).days)
    named = numbers(encoder, list(DAYS.strftime("%d %b %Y")) * 5)  # 1,500 of another format
    np.testing.assert_array_equal(named, np.tile((DAYS - pd.Timestamp(0)).days, 5))


def test_words_are_no_dates():
    encoder = read(list(DAYS.strftime("%Y-%m-%d")))[3]
    assert np.isnan(numbers(encoder, ["now", "today", "Today", "monday", "may", "0"])).all()


def test_a_year_beyond_those_of_nanoseconds_is_read_beside_one():
    encoder = read(list(DAYS.strftime("%Y-%m-%d")))[3]
    texts = ["3000-01-01", "2024-01-01T00:00:00.123456789", "0001-01-01"] * 40
    assert np.isfinite(numbers(encoder, texts)).all()


def test_dates_with_dots_begin_with_the_day_and_other_cells_tell_the_order():
    dots = ["03.04.2026", "05.06.2026", "07.08.2026"] * 10
    kind, found, messages, _ = read(dots)
    assert (kind, messages) == ("date", [])
    assert found[0] == (pd.Timestamp("2026-04-03") - pd.Timestamp(0)).days
    mixed = ["01/02/2026", "03/04/2026 10:00", "31/12/2026 11:00", "05/06/2026"] * 10
    kind, found, messages, _ = read(mixed)
    assert (kind, messages) == ("date", [])
    assert found[0] == (pd.Timestamp("2026-02-01") - pd.Timestamp(0)).days


def test_what_a_warning_says_is_missing_is_missing():
    kind, found, messages, _ = read(["01/31/2026"] * 96 + ["31/12/2026"] * 4)
    assert kind == "date"
    assert "counts as missing: 'c' ('31/12/2026')" in messages[0]
    assert np.isnan(found[96:]).all()


def test_a_bare_number_is_no_time_span():
    encoder = read(["1 days 02:00:00", "3 days 00:00:00", "2 days 01:00:00"] * 20)[3]
    assert np.isnan(numbers(encoder, ["90", "1.5", "1e3"])).all()
    np.testing.assert_allclose(numbers(encoder, ["P1DT12H", "36:00:00"]), 1.5)


def test_a_number_beyond_all_others_is_none():
    money = NumberText.learn(["$5", "$7"], [1, 1])
    found = money.read(["$1e999", "-$1e999", "$1e300", "-$2", "1e999"])
    np.testing.assert_array_equal(found, [np.nan, np.nan, 1e300, -2, np.nan])
    large = NumberText.learn(["5 bn", "7 bn"], [1, 1])
    np.testing.assert_array_equal(large.read(["1e303 bn", "1e290 bn"]), [np.nan, 1e299])


@pytest.mark.parametrize(("words", "factor"), [
    ("k K thousand Thousand tsd. Tsd. Tausend тыс. 千", 1e3), ("M mn Mn mln mio Mio. million", 1e6),
    ("millions млн", 1e6), ("B bn Bn bln billion billions Mrd. mrd mld млрд", 1e9),
    ("tn trn trillion trillions", 1e12), ("lakh lakhs", 1e5), ("crore crores", 1e7), ("万", 1e4),
    ("億 亿", 1e8),
])  # fmt: skip
def test_words_for_thousands_and_more(words, factor):
    for word in words.split():
        style = NumberText.learn([f"5 {word}", f"7.5 {word}", "3"], [1, 1, 1])
        np.testing.assert_allclose(style.read([f"5 {word}", f"7.5{word}", "3"]),
                                   [5 * factor, 7.5 * factor, 3])  # fmt: skip


@pytest.mark.parametrize(("word", "factor"), [("m", 1e6), ("b", 1e9), ("t", 1e12), ("T", 1e12)])
def test_letters_that_are_units_are_factors_beside_other_factors(word, factor):
    beside = NumberText.learn([f"5 {word}", "7 k"], [1, 1])
    np.testing.assert_allclose(beside.read([f"5 {word}", "7 k"]), [5 * factor, 7e3])
    alone = NumberText.learn([f"5 {word}", f"7 {word}"], [1, 1])
    np.testing.assert_allclose(alone.read([f"5 {word}"]), [5])


def test_a_unit_has_two_words_and_a_sentence_more():
    area = NumberText.learn(["5 sq ft", "7.5 sq ft"], [1, 1])
    np.testing.assert_array_equal(area.read(["9 sq ft", "8"]), [9, 8])
    assert NumberText.learn(["5 of us all", "7 of us all"], [1, 1]) is None

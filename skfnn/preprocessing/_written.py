"""Dates as they are written: day, month and year in any order, months by their name, with times."""

from __future__ import annotations

import datetime
import re

import numpy as np

# Months as they are called in English, German, French, Spanish, Italian, Portuguese, Dutch, Danish,
# Norwegian, Swedish, Polish, Czech, Turkish and Russian.
_NAMES = """
january januar jänner janvier enero gennaio janeiro januari stycznia styczeń ledna leden ocak
    января январь
february februar février fevrier febrero febbraio fevereiro februari lutego luty února únor şubat
    февраля февраль
march märz mrz mars marzo março marco maart mrt marts marca marzec března březen mart марта март
april avril abril aprile kwietnia kwiecień dubna duben nisan апреля апрель
may mai mayo maggio maio mei maj maja května květen mayıs мая май
june juni juin junio giugno junho czerwca czerwiec června červen haziran июня июнь
july juli juillet julio luglio julho lipca lipiec července červenec temmuz июля июль
august août aout agosto augustus augusti sierpnia sierpień srpna srpen ağustos августа август
september septembre septiembre setiembre settembre setembro września wrzesień září eylül
    сентября сентябрь
october oktober octobre octubre ottobre outubro października październik října říjen ekim
    октября октябрь
november novembre noviembre novembro listopada listopad listopadu kasım ноября ноябрь
december dezember décembre decembre diciembre dicembre dezembro desember grudnia grudzień prosince
    prosinec aralık декабря декабрь
""".replace("\n    ", " ")


def _prefixes():
    """Return the month of each beginning of a name that no other month's name has."""
    found: dict[str, set[int]] = {}
    for month, names in enumerate(_NAMES.strip().splitlines(), 1):
        for name in names.split():
            for length in range(3, len(name) + 1):
                found.setdefault(name[:length], set()).add(month)
    return {prefix: months.pop() for prefix, months in found.items() if len(months) == 1}


_MONTHS = _prefixes()

_TIME = (
    r"(?:(?:[T,]\s*|\s+)(?:um |at )?(?P<hour>\d{1,2})[:.](?P<minute>\d\d)"
    r"(?:[:.](?P<second>\d\d)(?:[.,](?P<part>\d{1,6})\d*)?)?\s?(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?)?"
)
_WEEKDAY = r"(?:[^\W\d]{2,12}\.?,?\s+)?"
_NAME = r"(?P<name>[^\W\d]{3,12})\.?"
_DAY, _YEAR = r"(?P<day>\d{1,2})", r"(?P<year>\d{4})"
_TO = r"(?:[-/]| (?:de )?)"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_ORDERED = tuple(map(re.compile, (
    rf"{_WEEKDAY}(?P<a>\d{{1,4}})(?P<sign>[-/. ]|\. )(?P<b>\d{{1,2}})(?P=sign)"
    rf"(?P<c>\d{{4}}|\d{{1,2}})\.?{_TIME}",
    rf"(?P<a>\d{{4}}) ?[年년] ?(?P<b>\d{{1,2}}) ?[月월] ?(?P<c>\d{{1,2}}) ?[日일]{_TIME}",
)))  # fmt: skip
_NAMED = tuple(map(re.compile, (
    rf"{_WEEKDAY}{_DAY}(?:\.|st|nd|rd|th|º)?{_TO}{_NAME},?{_TO}(?P<year>\d{{4}}|\d\d)(?: г\.?)?"
    rf"{_TIME}",
    rf"{_WEEKDAY}{_NAME} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}{_TIME}",
    rf"{_WEEKDAY}{_NAME} {_DAY} {_CLOCK} {_YEAR}",
    rf"{_NAME}{_TO}{_YEAR}",
)))  # fmt: skip
_ISO = re.compile(r"\d{4}-\d{2}(?:-\d{2})?(?:[T ].*)?")
# Longer text is no date.
_LONGEST = 60
NOTHING = np.datetime64("NaT", "us")


def order_of(format: str) -> str:
    """Return the order of day, month and year of a format where they are numbers, else ""."""
    if "%b" in format or "%B" in format:
        return ""
    letters = re.findall(r"%([dmyY])", format)
    return "".join(letters).lower() if len(letters) == 3 else ""


def says_date(text: str) -> bool:
    """Return whether a text says a date, whatever the order of day and month."""
    if len(text) > _LONGEST:
        return False
    orders = ("dmy", "mdy", "ymd")
    return bool(_ISO.fullmatch(text)) or any(not np.isnat(written(text, o)) for o in orders)


def written(text: str, order: str) -> np.datetime64:
    """Return the date that a text says, in UTC, NaT if it says none.

    Parameters
    ----------
    text : str
        As "31.1.2026 13:30", "Jan 31, 2026", "2026/01/31".
    order : {"dmy", "mdy", "ymd", ""}
        The order of numbers, but for years of four digits at the beginning.
    """
    text = " ".join(text[: 2 * _LONGEST].replace("\u200e", "").replace("\u200f", "").split())
    if not text or len(text) > _LONGEST:
        return NOTHING
    for patterns, read in ((_ORDERED, _of_numbers), (_NAMED, _of_name)):
        for pattern in patterns:
            found = pattern.fullmatch(text)
            if found is not None:
                try:
                    return _at(found.groupdict(), *read(found, order))
                except (ValueError, OverflowError):  # no such day
                    return NOTHING
    return NOTHING


def _of_numbers(found, order):
    a, b, c = found["a"], found["b"], found["c"]
    if len(a) == 4:
        parts = {"y": a, "m": b, "d": c}
    elif order:
        parts = dict(zip(order, (a, b, c), strict=True))
    else:
        raise ValueError("the order is not known")
    if len(parts["d"]) > 2 or len(parts["y"]) not in (2, 4):
        raise ValueError("no year")
    return _year(parts["y"]), int(parts["m"]), int(parts["d"])


def _of_name(found, order):
    month = _MONTHS.get(found["name"].lower())
    if month is None:
        raise ValueError("no month")
    return _year(found["year"]), month, int(found.groupdict().get("day") or 1)


def _year(text):
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 69 else 1900)


def _at(found, year, month, day):
    hour, minute, second = (int(found.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (found.get("half") or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no hour")
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    part = int((found.get("part") or "0").ljust(6, "0"))
    moment = datetime.datetime(year, month, day, hour, minute, second, part)
    zone = found.get("zone") or "Z"
    if zone[0] in "+-":
        ahead = datetime.timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        moment += ahead if zone[0] == "-" else -ahead
    return np.datetime64(moment, "us")

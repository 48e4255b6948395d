"""Text that says numbers, dates, times or time spans: found out in ``fit``, read as there."""

from __future__ import annotations

import datetime
import re
import warnings

import numpy as np
import pandas as pd

from ._values import NO_VALUE

# So large a share of the rows must read as what a column is taken for.
NEARLY_ALL = 0.95

_CURRENCY = r"[$€£¥₹₩₽₺₴]|US\$|USD|EUR|GBP|CHF|JPY|CNY|INR|Rs\.?|kr\.?"
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)(?P<open>\(?)(?P<prefix>(?:{_CURRENCY})?)\s*"
    r"(?P<number>[+-]?(?:\d[\d.,'’_\u00a0\u202f ]*|[.,]\d+)(?:[eE][+-]?\d+)?)\)?\s*"
    r"(?P<suffix>[^\d\s.,:;/()+-][^\d,;:|@]{0,14})?"
)
_POINT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+|\d{1,3}(?:[,'’_\u00a0\u202f ]\d{3})+(?:\.\d*)?)"
                    r"(?:[eE][+-]?\d+)?")  # fmt: skip
_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:[.'’_\u00a0\u202f ]\d{3})+)(?:,\d*)?(?:[eE][+-]?\d+)?")
_GROUPS = re.compile(r"['’_\u00a0\u202f ]")
_CODE = re.compile(r"0\d+")
# Words of a suffix: a unit has few ("sq ft"), a sentence more.
_UNIT_WORDS = 2


def _parts(text):
    """Return (unit, number as text) of a text, or None."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    suffix = (found["suffix"] or "").strip()
    if len(suffix.split()) > _UNIT_WORDS:
        return None
    sign = "-" if found["sign"] == "-" or found["open"] else ""
    return (found["prefix"] + " " + suffix).strip(), sign + found["number"].strip()


class NumberText:
    """How text says numbers.

    Attributes
    ----------
    unit : str
        What stands before and after each number: "kmpl", "$", "".
    comma : bool
        Whether the comma is the decimal sign.
    others : list of str
        Texts that are none; they count as missing.
    """

    def __init__(self, unit="", comma=False, others=()) -> None:
        self.unit, self.comma, self.others = unit, comma, list(others)

    @classmethod
    def learn(cls, texts, counts, forced=False):
        """Return how nearly all of the texts say numbers of one unit, or None."""
        counts = np.asarray(counts)
        valued = [t.strip().lower() not in NO_VALUE for t in texts]
        parts = [_parts(t.strip()) if v else None for t, v in zip(texts, valued, strict=True)]
        total = counts[valued].sum() if len(counts) else 0
        if not total:
            return cls() if forced else None
        units: dict[str, int] = {}
        for part, count in zip(parts, counts, strict=True):
            if part is not None:
                units[part[0]] = units.get(part[0], 0) + count
        if not units:
            return cls() if forced else None
        unit = max(units, key=lambda u: units[u])
        mine = [part is not None and part[0] in (unit, "") for part in parts]
        numbers = [part[1] for part, m in zip(parts, mine, strict=True) if m]
        if not unit and not forced and _are_codes(numbers):
            return None
        n_point = sum(bool(_POINT.fullmatch(n)) for n in numbers)
        n_comma = sum(bool(_COMMA.fullmatch(n)) for n in numbers)
        style = cls(unit, n_comma > n_point)
        read = style.read(texts)
        good = counts[~np.isnan(read)].sum()
        style.others = [
            t for t, v, x in zip(texts, valued, read, strict=True) if v and np.isnan(x)
        ][:20]
        if not forced and good < NEARLY_ALL * total:
            return None
        return style

    def read(self, texts) -> np.ndarray:
        """Return the numbers, NaN where a text says none."""
        return np.array([self._one(text) for text in texts], dtype=np.float64)

    def _one(self, text):
        if not self.unit and not self.comma:  # mostly
            try:
                if "_" not in text:
                    return float(text)
            except ValueError:
                pass
        parts = _parts(text.strip())
        if parts is None or parts[0] not in (self.unit, ""):
            return np.nan
        number = parts[1]
        style = _COMMA if self.comma and not _is_plain(number) else _POINT
        if not style.fullmatch(number):
            return np.nan
        number = _GROUPS.sub("", number)
        if style is _COMMA:
            return float(number.replace(".", "").replace(",", "."))
        return float(number.replace(",", ""))


def _is_plain(number):
    """Return whether a number is as a program writes it, whose point is not of thousands."""
    return bool(re.fullmatch(r"[+-]?\d+\.(?!\d{3}$)\d*(?:[eE][+-]?\d+)?", number))


def _are_codes(numbers):
    """Return whether these are digits of one length with zeros before: codes, as "00501"."""
    return len({len(n) for n in numbers}) == 1 and any(_CODE.fullmatch(n) for n in numbers)


# ---------------------------------------------------------------- dates

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    r"(?:[a-z]{3,9},?\s+)?(?:"  # a weekday
    r"\d{4}-\d{2}(?:-\d{2})?(?:[T ].*)?"  # ISO
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ,].*)?"
    r"|\d{1,2}[-/. ]\d{1,2}[-/. ](?:\d{4}|\d{2})(?:[T ,].*)?"
    rf"|\d{{1,2}}\.?[-/ ]{_MONTH}[-/, ]+\d{{2,4}}(?:[ ,].*)?"
    rf"|{_MONTH} \d{{1,2}},? \d{{4}}(?:[ ,].*)?"
    rf"|{_MONTH}[- /]\d{{4}}|{_MONTH} \d{{1,2}} \d\d:\d\d:\d\d \d{{4}})",
    re.IGNORECASE,
)
_FORMATS = (
    "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%d-%m-%Y", "%d-%b-%y",
    "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%y %H:%M", "%d/%m/%y %H:%M", "%d.%m.%Y %H:%M",
    "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S", "%b-%Y", "%B %Y", "%b %Y",
)  # fmt: skip
# So many texts are looked at before all are parsed.
_LOOK = 50


class DateText:
    """How text says dates.

    Attributes
    ----------
    format : str
        "ISO8601", or of ``strftime``.
    ambiguous : bool
        Whether day and month could as well be the other way round.
    others : list of str
        Texts that are none; they count as missing.
    """

    def __init__(self, format="ISO8601", ambiguous=False, others=()) -> None:
        self.format, self.ambiguous, self.others = format, ambiguous, list(others)

    @classmethod
    def learn(cls, texts, counts, forced=False):
        """Return how nearly all of the texts say dates, or None."""
        counts = np.asarray(counts)
        valued = np.array([t.strip().lower() not in NO_VALUE for t in texts], bool)
        given = [t.strip() for t, v in zip(texts, valued, strict=True) if v]
        counts = counts[valued]
        if not given:
            return cls() if forced else None
        step = max(1, len(given) // _LOOK)
        look = given[::step]
        like = [bool(_DATE.fullmatch(text)) for text in look]
        if not forced and counts[::step] @ like < 0.9 * counts[::step].sum():
            return None
        look = [text for text, said in zip(look, like, strict=True) if said] or look
        best, share, order = None, 0.0, {}
        for format in _candidates(look):
            dates = _parse(given, format)
            good = float(counts[~np.isnat(dates)].sum() / counts.sum())
            order[format] = (good, dates)
            if good > share:
                best, share = format, good
            if good == 1.0 and format == "ISO8601":
                break
        if best is None or (share < NEARLY_ALL and not forced):
            return None
        found = order[best][1]
        twin = best.replace("%m", "%?").replace("%d", "%m").replace("%?", "%d")
        ambiguous = (
            twin != best
            and order.get(twin, (0,))[0] == share
            and not np.array_equal(order[twin][1], found)
            and bool(re.match(r"%[md][-/]%[md]", best))
        )
        others = [t for t, d in zip(given, found, strict=True) if np.isnat(d)][:20]
        return cls(best, ambiguous, others)

    def read(self, texts) -> np.ndarray:
        """Return the dates as datetime64[us] in UTC, NaT where a text says none."""
        if self.format == "ISO8601" and len(texts) <= _LOOK:
            dates = np.array([_iso(text) for text in texts], dtype="datetime64[us]")
        else:
            dates = _parse(texts, self.format)
        open_ = np.isnat(dates)
        if open_.any() and self.format != "ISO8601":  # what a program has written
            dates[open_] = _parse([t for t, o in zip(texts, open_, strict=True) if o], "ISO8601")
            open_ = np.isnat(dates)
        for i in np.flatnonzero(open_)[:1000]:
            text = texts[i].strip()
            if text.lower() not in NO_VALUE and _DATE.fullmatch(text):
                month_first = "%m" in self.format and self.format.find("%m") < (
                    self.format.find("%d") if "%d" in self.format else 99
                )
                dates[i] = _parse([text], "mixed", dayfirst=not month_first)[0]
        return dates


def _candidates(texts):
    guess = pd.tseries.api.guess_datetime_format
    formats = ["ISO8601"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for dayfirst in (False, True):
            formats += [guess(text, dayfirst=dayfirst) for text in texts[:10]]
    digits = "".join(texts[0].split())
    formats += [f for f in _FORMATS if any(s in digits for s in "/.-") or "%b" in f or "%B" in f]
    return list(dict.fromkeys(f for f in formats if f))


def _iso(text):
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        return _parse([text], "ISO8601")[0]
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(moment, "us")


def _parse(texts, format, **options):
    """Return texts as datetime64[us] in UTC by pandas' parser, NaT where it fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = pd.to_datetime(pd.Series(list(texts), dtype=object), format=format, utc=True,
                                   errors="coerce", **options)  # fmt: skip
        except ValueError:  # no format
            return np.full(len(texts), np.datetime64("NaT", "us"))
    return found.dt.tz_localize(None).to_numpy().astype("datetime64[us]")


# ---------------------------------------------------------------- times and spans

_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d+)?)?(\s?[AaPp]\.?[Mm]\.?)?")
_SPAN = re.compile(
    r"[+-]?\d+ days?,?( [+-]?\d+:\d\d:\d\d([.,]\d+)?)?|[+-]?P(?=\w)[\dYMWDTHS.,]+"
    r"|[+-]?\d+:\d\d:\d\d([.,]\d+)?",
    re.IGNORECASE,
)


def time_of_day(text: str) -> float:
    """Return the hours that a text as "13:30" or "1:30 pm" says, else NaN."""
    text = text.strip()
    if not _TIME.fullmatch(text):
        return np.nan
    late = text.rstrip(".").lower().replace(".", "")[-2:] if text[-1] in "mM." else ""
    numbers = re.sub(r"[^\d:.]", "", text.replace(",", "."))
    hours, minutes, *seconds = numbers.rstrip(".").split(":")
    hour = int(hours)
    if late:
        hour = hour % 12 + (12 if late == "pm" else 0)
    return hour + int(minutes) / 60 + (float(seconds[0]) if seconds else 0.0) / 3600


def looks_like_time(text: str) -> bool:
    """Return whether a text says a time of day."""
    return bool(_TIME.fullmatch(text.strip()))


def looks_like_span(text: str) -> bool:
    """Return whether a text says a time span: "1 days 02:00:00", "P1DT2H", "26:00:00"."""
    return bool(_SPAN.fullmatch(text.strip()))


def spans(texts) -> np.ndarray:
    """Return time spans as timedelta64[us], NaT where a text says none."""
    found = pd.to_timedelta(pd.Series([t.strip() for t in texts], dtype=object), errors="coerce")
    return found.to_numpy().astype("timedelta64[us]")


def share(texts, counts, test) -> float:
    """Return the share of rows whose text passes a test, of those that say anything."""
    counts = np.asarray(counts)
    valued = np.array([t.strip().lower() not in NO_VALUE for t in texts], bool)
    total = counts[valued].sum() if len(counts) else 0
    if not total:
        return 0.0
    look = np.array([v and test(t) for t, v in zip(texts, valued, strict=True)], bool)
    return float(counts[look].sum() / total)

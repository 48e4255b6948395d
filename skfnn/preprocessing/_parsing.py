"""Text that says numbers, dates, times or time spans: found out in ``fit``, read as there."""

from __future__ import annotations

import datetime
import re
import warnings
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from ._values import NO_VALUE
from ._written import order_of, says_date, written

# So large a share of the rows must read as what a column is taken for.
NEARLY_ALL = 0.95
# Longer text says no number, date, time or time span.
MOST_CHARACTERS = 100

_SYMBOLS = "$¢£¤¥֏؋৳฿៛₠-⃀﷼＄￠￡￥￦"
_CURRENCY = rf"[A-Z]{{0,3}}[{_SYMBOLS}]|USD|EUR|GBP|CHF|JPY|CNY|INR|BRL|TRY|Rs\.?|kr\.?|Fr\.?|zł|%"
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)(?P<open>\(?)(?P<prefix>(?:{_CURRENCY})?)\s*"
    r"(?P<number>[+-]?(?:\d[\d.,' ]*|[.,]\d+)(?:[eE][+-]?\d+)?)(?P<close>\)?)\s*"
    r"(?P<suffix>[^\d\s.,:;/()+-][^\d,;:|@]{0,14})?"
)
# Other signs of thousands, minus and percent, those of Arabic, and marks of direction.
_PLAIN = str.maketrans(
    "’_\u00a0\u202f\u2009٬٫−–－．，％", "'''''" + "'.---.,%", "\u200e\u200f\u061c"
)
# A number by a decimal point and by a decimal comma. No group of thousands begins with 0; in India
# groups are of two digits, but for the last.
_EXPONENT = r"(?:[eE][+-]?\d+)?"
_POINT = re.compile(
    r"[+-]?(?:\d+\.?\d*|\.\d+|[1-9]\d{0,2}(?P<sign>[,' ])\d{3}(?:(?P=sign)\d{3})*(?:\.\d*)?"
    rf"|[1-9]\d?(?:,\d\d)+,\d{{3}}(?:\.\d*)?){_EXPONENT}"
)
_COMMA = re.compile(
    r"[+-]?(?:\d+,?\d*|,\d+|[1-9]\d{0,2}(?P<sign>[.' ])\d{3}(?:(?P=sign)\d{3})*(?:,\d*)?)"
    rf"{_EXPONENT}"
)
# What can be read by both, as different numbers.
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_CODE = re.compile(r"0\d+")
# Words of a suffix: a unit has few ("sq ft"), a sentence more.
_UNIT_WORDS = 2
# What stands for a factor, wherever it does; and what does where one of these is in the column.
_FACTORS = {
    **dict.fromkeys(("k", "thousand", "tsd", "tausend", "тыс", "千"), 1e3),
    **dict.fromkeys(("mn", "mln", "mio", "million", "millions", "млн"), 1e6),
    **dict.fromkeys(("bn", "bln", "billion", "billions", "mrd", "mld", "млрд"), 1e9),
    **dict.fromkeys(("tn", "trn", "trillion", "trillions"), 1e12),
    "lakh": 1e5, "lakhs": 1e5, "crore": 1e7, "crores": 1e7, "万": 1e4, "億": 1e8, "亿": 1e8,
}  # fmt: skip
_CAPITALS = {"M": 1e6, "B": 1e9}
_BESIDE_OTHERS = {"m": 1e6, "b": 1e9, "t": 1e12, "T": 1e12}


class Parts(NamedTuple):
    """What a text that says a number is made of."""

    unit: str
    factor: str
    number: str


def _plain(text):
    return text.translate(_PLAIN).strip()


def _parts(text):
    """Return the parts of a text, or None if it says no number."""
    found = None if len(text) > MOST_CHARACTERS else _NUMBER.fullmatch(_plain(text))
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    suffix = (found["suffix"] or "").strip()
    if len(suffix.split()) > _UNIT_WORDS:
        return None
    factor, suffix = _factor(suffix)
    sign = "-" if found["sign"] == "-" or found["open"] else ""
    number = found["number"].strip()
    if sign and number[0] in "+-":  # two signs
        return None
    return Parts((found["prefix"] + " " + suffix).strip(), factor, sign + number)


def _factor(suffix):
    """Return (what may stand for a factor, the rest) of what stands behind a number."""
    first, _, rest = suffix.partition(" ")
    if first[1:] and first[0] in "kKM" and re.fullmatch(_CURRENCY, first[1:]):
        first, rest = first[0], first[1:]
    word = first if first in _CAPITALS else first.rstrip(".")
    if word in _CAPITALS or word in _BESIDE_OTHERS or word.lower() in _FACTORS:
        return word, rest.strip()
    return "", suffix


def _is_factor(word):
    return word in _CAPITALS or word.lower() in _FACTORS


def _times(word):
    return {**_CAPITALS, **_BESIDE_OTHERS}.get(word) or _FACTORS[word.lower()]


class NumberText:
    """How text says numbers.

    Attributes
    ----------
    unit : str
        What stands before and after each number: "kmpl", "$", "".
    comma : bool
        Whether the comma is the decimal sign.
    factors : dict of str to float
        What numbers are multiplied by: {"k": 1000.0}. Where one is there, the others count, too.
    percent : float
        What numbers with a percent sign are multiplied by, where some have none.
    open : str
        Signs of which ``fit`` did not tell whether they are decimal signs.
    bare : bool
        Whether numbers without the unit may come, too, and mean the same.
    guess : str or None
        A number that could mean another one.
    guesses_percent : bool
        Whether what a percent sign multiplies by is a guess.
    """

    factors: ClassVar[dict[str, float]] = {}  # of encoders that were saved without
    percent = 1.0
    open = ","
    bare = True
    guess: str | None = None
    guesses_percent = False

    def __init__(self, unit="", comma=False) -> None:
        self.unit, self.comma = unit, comma

    @classmethod
    def learn(cls, texts, counts, forced=False, decimal=None, percent=None):
        """Return how nearly all of the texts say numbers of one unit, or None.

        Parameters
        ----------
        texts : list of str
            The different texts.
        counts : array-like of int
            How often each occurs.
        forced : bool, default=False
            Whether they say numbers in any case.
        decimal : {".", ","}, default=None
            The decimal sign, where it is known.
        percent : float, default=None
            What a percent sign multiplies by, where that is known.
        """
        counts = np.asarray(counts)
        valued = np.array([t.strip().lower() not in NO_VALUE for t in texts], bool)
        total = counts[valued].sum() if len(counts) else 0
        seen = Seen([t for t, v in zip(texts, valued, strict=True) if v], counts[valued])
        if not total or not seen.units:
            return cls() if forced else None
        style = cls(seen.unit())
        style._find_factors(seen)
        if not style.unit and not forced and seen.are_codes():
            return None
        style._find_decimal(seen, decimal)
        style._find_percent(seen, percent)
        good = counts[~np.isnan(style.read(texts))].sum()
        return style if forced or good >= NEARLY_ALL * total else None

    def _find_factors(self, seen):
        if any(map(_is_factor, seen.factors)):
            self.factors = {word: _times(word) for word in sorted(seen.factors)}

    def _find_decimal(self, seen, decimal):
        """Let the texts that can be read by one of the two signs decide for all."""
        n, either = {".": 0, ",": 0, "either": 0}, None
        for part, count in seen.parts(self):
            point, comma = (bool(r.fullmatch(part.number)) for r in (_POINT, _COMMA))
            if point != comma:
                n["." if point else ","] += count
            elif point and _EITHER.fullmatch(part.number):
                n["either"] += count
                either = either or part.number
        self.comma = n[","] > n["."] if decimal is None else decimal == ","
        known = decimal is not None or n["."] != n[","]
        self.open = "" if known or n["either"] else ".,"
        self.guess = None if known else either

    def _find_percent(self, seen, percent):
        """Find out what a percent sign means where some numbers have none."""
        if self.unit != "%" or len(seen.units) == 1:
            self.percent = 1.0 if percent is None else percent
            self.bare = self.unit != "%" or percent is not None
            return
        bare = [abs(self._number(part)) for part, _ in seen.parts(self) if not part.unit]
        bare = [x for x in bare if x > 0]
        self.percent = percent or (0.01 if bare and max(bare) <= 1 else 1.0)
        self.guesses_percent = percent is None and bool(bare)

    def read(self, texts) -> np.ndarray:
        """Return the numbers, NaN where a text says none."""
        return np.array([self._one(text) for text in texts], dtype=np.float64)

    def _one(self, text):
        if not self.comma and "_" not in text and len(text) <= MOST_CHARACTERS:  # mostly
            try:
                number = float(text)
            except ValueError:
                pass
            else:
                return number if abs(number) < np.inf else np.nan
        parts = _parts(text)
        return np.nan if parts is None else self._number(parts)

    def _number(self, parts):
        """Return the number that parts of a text say, or NaN."""
        unit, factor, number = parts
        if factor and not self.factors:
            unit, factor = f"{unit} {factor}".strip(), ""
        times = 1.0
        if factor:
            times = self.factors.get(factor) or _times(factor)
        if unit not in (self.unit, "") or not (_COMMA if self.comma else _POINT).fullmatch(number):
            return np.nan
        signs = "'. " if self.comma else "', "
        plain = number.translate(str.maketrans("", "", signs)).replace(",", ".")
        times *= self.percent if unit == "%" else 1.0
        found = float(plain) * times
        return found if abs(found) < np.inf else np.nan

    def is_guess(self, cell) -> bool:
        """Return whether a cell can be read, and could mean another number."""
        if not isinstance(cell, str):
            return not self.bare
        if self.bare and not any(sign in cell for sign in self.open):
            return False
        parts = _parts(cell)
        if parts is None or np.isnan(self._number(parts)):
            return False
        number = parts.number
        is_open = any(sign in number for sign in self.open) and _EITHER.fullmatch(number)
        return bool(is_open) or (not self.bare and not parts.unit)

    def says(self) -> str:
        """Return what is to know about the texts: " (unit 'kg', decimal comma)"."""
        parts = [f"unit {self.unit!r}"] if self.unit else []
        parts += [f"factors {', '.join(map(repr, self.factors))}"] if self.factors else []
        parts += [f"percent as {self.percent:g}"] if self.percent != 1 else []
        parts += ["decimal comma"] if self.comma else []
        return f" ({', '.join(parts)})" if parts else ""


class Seen:
    """The texts of a column that say something, and the units and factors among them.

    Parameters
    ----------
    texts : list of str
        The different texts.
    counts : ndarray of int
        How often each occurs.
    """

    def __init__(self, texts, counts) -> None:
        self.texts, self.counts = texts, counts
        found: dict[tuple[str, str], int] = {}
        for text, count in zip(texts, counts, strict=True):
            part = _parts(text)
            if part is not None:
                found[part[:2]] = found.get(part[:2], 0) + count
        self.factors = {factor for _, factor in found if factor}
        has_factors = any(map(_is_factor, self.factors))
        self.units: dict[str, int] = {}
        for (unit, factor), count in found.items():
            name = unit if has_factors else f"{unit} {factor}".strip()
            self.units[name] = self.units.get(name, 0) + count

    def unit(self) -> str:
        """Return the most frequent unit; beside bare numbers, a symbol that is not too rare."""
        most = max(self.units, key=lambda u: self.units[u])
        if most:
            return most
        least = (1 - NEARLY_ALL) * self.counts.sum()
        symbols = [u for u, n in self.units.items() if n >= least and re.fullmatch(_CURRENCY, u)]
        return max(symbols, key=lambda u: self.units[u], default="")

    def parts(self, style: NumberText) -> Iterator[tuple[Parts, int]]:
        """Yield the parts of texts of a style's unit, or of none, and how often each occurs."""
        for text, count in zip(self.texts, self.counts, strict=True):
            part = _parts(text)
            if part is None:
                continue
            unit = part.unit if style.factors else f"{part.unit} {part.factor}".strip()
            if unit in (style.unit, ""):
                yield part, count

    def are_codes(self) -> bool:
        """Return whether these are digits of one length with zeros before: codes, as "00501"."""
        numbers = [part.number for part in map(_parts, self.texts) if part and not part.unit]
        return len(set(map(len, numbers))) == 1 and any(map(_CODE.fullmatch, numbers))


# ---------------------------------------------------------------- dates

_FORMATS = (
    "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%d-%m-%Y", "%d-%b-%y",
    "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%y %H:%M", "%d/%m/%y %H:%M", "%d.%m.%Y %H:%M",
    "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S", "%b-%Y", "%B %Y", "%b %Y",
    "%y/%m/%d", "%d %B %Y",
)  # fmt: skip
# _LOOK texts are looked at before all are parsed, and _TRIED before all are by one format.
_LOOK, _TRIED = 50, 1000


class DateText:
    """How text says dates.

    ISO 8601, months by name, and years of four digits at the beginning are read in any case. Where
    day and month are numbers, their order is that of ``format``.

    Attributes
    ----------
    format : str
        "ISO8601", or of ``strftime``.
    ambiguous : bool
        Whether day and month could as well be the other way round.
    """

    def __init__(self, format="ISO8601", ambiguous=False) -> None:
        self.format, self.ambiguous = format, ambiguous

    @classmethod
    def learn(cls, texts, counts, forced=False):
        """Return how nearly all of the texts say dates, or None."""
        valued = np.array([t.strip().lower() not in NO_VALUE for t in texts], bool)
        given = [_without_note(t) for t, v in zip(texts, valued, strict=True) if v]
        counts = np.asarray(counts)[valued]
        if not given:
            return cls() if forced else None
        step = max(1, len(given) // _LOOK)
        like = np.array([says_date(text) for text in given[::step]])
        if not forced and counts[::step] @ like < 0.9 * counts[::step].sum():
            return None
        look = [text for text, said in zip(given[::step], like, strict=True) if said]
        look = look or given[::step]
        best = _best_format(given, counts, _candidates(look))
        dates = cls(best).read(given)
        twin, others = cls(_swapped(best)), np.zeros(0)
        if twin.format != best:  # texts of another format may tell the order
            others = twin.read(given)
            if counts[~np.isnat(others)].sum() > counts[~np.isnat(dates)].sum():
                best, dates, others = twin.format, others, dates
        good = counts[~np.isnat(dates)].sum()
        if not good or (good < NEARLY_ALL * counts.sum() and not forced):
            return None
        open_ = len(others) and counts[~np.isnat(others)].sum() == good
        ambiguous = bool(open_ and "." not in best and not np.array_equal(dates, others))
        return cls(best, ambiguous)

    def read(self, texts) -> np.ndarray:
        """Return the dates as datetime64[us] in UTC, NaT where a text says none."""
        texts = [_without_note(text) for text in texts]
        dates = np.full(len(texts), np.datetime64("NaT", "us"))
        ways = [_iso, lambda some: _parse(some, "ISO8601")]
        if len(texts) > _LOOK:  # pandas' parser is for many; what it leaves is read one by one
            ways.reverse()
        iso = np.array([bool(_ISO.match(t)) and len(t) <= MOST_CHARACTERS for t in texts], bool)
        for way in ways:
            _fill(dates, iso, texts, way)
        order = order_of(self.format)
        ways = [lambda some: np.array([written(text, order) for text in some], "datetime64[us]")]
        if self.format != "ISO8601":
            ways.append(lambda some: _parse([t[:MOST_CHARACTERS] for t in some], self.format))
            if len(texts) > _LOOK:
                ways.reverse()
        for way in ways:
            _fill(dates, ~np.zeros_like(iso), texts, way)
        return dates


_NOTE = re.compile(r"\s+\([^()\d]*\)$")


def _without_note(text):
    """Return a text without what is noted behind a date: "May 1, 1981 (Japan)"."""
    text = text.strip()
    return _NOTE.sub("", text) if text.endswith(")") and len(text) <= MOST_CHARACTERS else text


def _fill(dates, those, texts, way):
    """Read, in one way, those texts that have not been read yet."""
    left = np.flatnonzero(those & np.isnat(dates))
    if len(left):
        dates[left] = way([texts[i].strip() for i in left])


def _swapped(format):
    """Return the format with day and month the other way round; the same if they are no numbers."""
    if order_of(format) not in ("dmy", "mdy"):
        return format
    return format.replace("%m", "%?").replace("%d", "%m").replace("%?", "%d")


def _candidates(texts):
    """Return formats that texts may have, those that a day begins before those with a month."""
    guess = pd.tseries.api.guess_datetime_format
    formats = ["ISO8601"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for dayfirst in (False, True):
            formats += [guess(text, dayfirst=dayfirst) for text in texts[:10]]
    formats = list(dict.fromkeys(f for f in [*formats, *_FORMATS] if f))
    return sorted(formats, key=lambda f: f.startswith("%m."))  # with dots, the day is first


def _best_format(texts, counts, formats):
    """Return the format that reads most of the texts."""
    step = max(1, len(texts) // _TRIED)
    tried, n_tried = texts[::step], counts[::step]
    best, most = "%d %B %Y", 0.0
    for format in formats:
        some = n_tried[~np.isnat(_parse(tried, format))].sum()
        if step > 1 and some < 0.5 * n_tried.sum():
            continue
        good = some if step == 1 else counts[~np.isnat(_parse(texts, format))].sum()
        if good > most:
            best, most = format, good
        if good == counts.sum():
            break
    return best


# What is written as in ISO 8601, which "now" is not.
_ISO = re.compile(r"\s*\d{4}(?:-?\d|\s*$)")
_SHORT = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def _iso(texts):
    """Return texts of ISO 8601 as datetime64[us] in UTC, NaT where one is none."""
    return np.array([_moment(text) for text in texts], dtype="datetime64[us]")


def _moment(text):
    try:
        if short := _SHORT.fullmatch(text):
            year, month, day = (int(part or 1) for part in short.groups())
            return datetime.datetime(year, month, day)
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    return moment


def _parse(texts, format):
    """Return texts as datetime64[us] in UTC by pandas' parser, NaT where it fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = pd.to_datetime(pd.Series(list(texts), dtype=object), format=format, utc=True,
                                   errors="coerce")  # fmt: skip
        except ValueError:  # no format
            return np.full(len(texts), np.datetime64("NaT", "us"))
    return found.dt.tz_localize(None).to_numpy().astype("datetime64[us]")


# ---------------------------------------------------------------- times and spans

_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d+)?)?(\s?[AaPp]\.?[Mm]\.?)?")
_SPAN = re.compile(
    r"[+-]?\d+ days?,?( [+-]?\d+:\d\d:\d\d([.,]\d+)?)?"
    r"|[+-]?P(?=T?\d)(\d+([.,]\d+)?[YMWD])*(T(\d+([.,]\d+)?[HMS])+)?"
    r"|[+-]?\d+:\d\d:\d\d([.,]\d+)?",
    re.IGNORECASE,
)
_BARE = re.compile(r"[+-]?[\d.,_]*(e[+-]?\d+)?", re.IGNORECASE)


def time_of_day(text: str) -> float:
    """Return the hours that a text as "13:30" or "1:30 pm" says, else NaN."""
    text = text.strip()
    if not looks_like_time(text):
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
    return len(text) <= MOST_CHARACTERS and bool(_TIME.fullmatch(text.strip()))


def looks_like_span(text: str) -> bool:
    """Return whether a text says a time span: "1 days 02:00:00", "P1DT2H", "26:00:00"."""
    return len(text) <= MOST_CHARACTERS and bool(_SPAN.fullmatch(text.strip()))


def spans(texts) -> np.ndarray:
    """Return time spans as timedelta64[us], NaT where a text says none, as a number of no unit."""
    given = [None if len(t) > MOST_CHARACTERS or _BARE.fullmatch(t.strip()) else t.strip()
             for t in texts]  # fmt: skip
    found = pd.to_timedelta(pd.Series(given, dtype=object), errors="coerce")
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

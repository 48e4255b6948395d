"""Dates, times of day and time spans as numbers, and the parts of dates that come again."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from . import _parsing
from ._columns import Column, numbers_of, refuse_text
from ._parsing import NEARLY_ALL, DateText
from ._problems import AMBIGUOUS
from ._values import MANY, Values, is_date, is_span

_PER_DAY = {
    "W": 1 / 7, "D": 1.0, "h": 24.0, "m": 1440.0, "s": 86400.0, "ms": 8.64e7, "us": 8.64e10,
    "ns": 8.64e13, "ps": 8.64e16, "fs": 8.64e19, "as": 8.64e22,
}  # fmt: skip
_MONTH = 30.436875  # days, the mean


def in_days(array: np.ndarray) -> np.ndarray:
    """Return datetime64 or timedelta64 of any unit as days (since 1970), NaN where NaT."""
    unit, step = np.datetime_data(array.dtype)
    if unit in ("Y", "M") and array.dtype.kind == "M":
        array, unit, step = array.astype("datetime64[D]"), "D", 1
    whole = array.view(np.int64) if array.dtype.kind in "Mm" else array
    days = whole.astype(np.float64) * step
    if unit == "generic":
        unit = "ns"
    if unit in ("Y", "M"):
        days *= _MONTH * (12 if unit == "Y" else 1)
    else:
        days /= _PER_DAY[unit]
    days[np.isnat(array)] = np.nan
    return days


class _Timed(Column):
    """What dates, times and spans share: objects or text become days or hours."""

    def __init__(self, why="", style: Any = None) -> None:
        super().__init__(why)
        self.has_number = True
        self.style = style

    def numbers(self, values: Values) -> np.ndarray:
        """Return the values as floats, NaN where missing or not to be read."""
        if values.missing.all():
            return np.full(len(values), np.nan)
        if values.form in self.refuses:
            self.refuse(values)
        if values.form in "Mm":
            return self._of_array(values)
        return numbers_of(self, values, self._of_cells)

    def fit(self, values, options):
        refuse_text(self, values, self.numbers(values))

    def _of_cells(self, cells, values):
        """Return different cells as floats, NaN for those that say none."""
        is_text = np.array([isinstance(v, str) for v in cells], bool)
        if is_text.all():
            return self._of_texts(list(cells))
        out = np.empty(len(cells))
        out[is_text] = self._of_texts(list(cells[is_text]))
        out[~is_text] = self._of_objects(cells[~is_text])
        return out

    def _of_array(self, values) -> np.ndarray:
        return in_days(values.array)

    def _of_objects(self, objects) -> np.ndarray:
        raise NotImplementedError

    def _of_texts(self, texts) -> np.ndarray:
        raise NotImplementedError


def _objects_or_text(values, test):
    """Return whether all values are objects that pass a test of their type, or text."""
    some = values.one_of_each.values()
    return len(some) > 0 and all(isinstance(v, str) or test(v) for v in some)


def _only_texts(values):
    """Return the distinct texts among the values and their counts."""
    if values.texts is not None:
        return values.texts
    texts = [v for v in values.known if isinstance(v, str)]
    codes, levels = pd.factorize(np.array(texts, dtype=object))
    return list(levels), np.bincount(codes, minlength=len(levels))


class Date(_Timed):
    """A point in time: days since 1970, and the parts that come again."""

    kind = "date"
    order = 40
    expects = "dates, or text that says dates, as '2026-01-31' or '2026-01-31 13:30'"
    refuses = "fiubm"
    takes: ClassVar[dict[str, tuple]] = {"format": (str,)}

    @classmethod
    def recognise(cls, values, options):
        if values.form == "M":
            return cls(f"dtype {values.dtype}", DateText())
        if values.form != "O" or not _objects_or_text(values, is_date):
            return None
        texts, counts = _only_texts(values)
        style = DateText()
        if texts:
            found = DateText.learn(texts, counts)
            if found is None:
                return None
            style = found
        why = f"text that says dates ({style.format})" if len(texts) else (
            f"objects of type {' and '.join(t.__name__ for t in values.types[:3])}"
        )  # fmt: skip
        return cls._made(values, why, style)

    @classmethod
    def force(cls, values, options):
        if values.form == "M":
            return cls("as column_kinds says", DateText())
        numbers = values.form in "iu" or (values.form == "f" and values.whole)
        known = values.known
        if numbers:  # 20260131
            known = np.array([str(v) for v in known], dtype=object)
        if len(known) and not all(isinstance(v, str) or is_date(v) for v in known):
            cls("").refuse(values)
        texts = [v for v in known if isinstance(v, str)]
        codes, levels = pd.factorize(np.array(texts, dtype=object))
        counts = np.bincount(codes, minlength=len(levels))
        style: DateText | None = DateText()
        if "format" in options.said:
            style = DateText(options.said["format"])
        elif len(levels):
            style = DateText.learn(list(levels), counts, forced=True)
        if style is None or (numbers and np.isnat(style.read(list(levels))).any()):
            cls("").refuse(values)
        column = cls._made(values, "as column_kinds says", style)
        column.digits = numbers
        return column

    @classmethod
    def _made(cls, values, why, style):
        column = cls(why, style)
        if style.ambiguous:
            first = "month" if style.format.index("%m") < style.format.index("%d") else "day"
            example = next(v for v in values.known if isinstance(v, str))
            told = f"{values.quote([example])} is read with the {first} first"
            column.note(AMBIGUOUS, f"{values.name!r} ({told})")
        return column

    digits = False

    def fit(self, values, options):
        super().fit(values, options)
        self.zone = values.zone
        days = self.numbers(values)
        self.cycles = [name for name, cycle in _CYCLES.items() if cycle.tells(self._local(days))]
        self.extra = [f"{name}_{part}" for name in self.cycles for part in ("sin", "cos")]

    def transform(self, values):
        days = self.numbers(values)
        if not self.cycles:
            return days, None, None
        local = self._local(days)
        turns = np.column_stack([_CYCLES[name].turns(local) for name in self.cycles])
        angle = 2 * np.pi * turns
        parts = np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(len(days), -1)
        return days, None, np.nan_to_num(parts)

    def numbers(self, values):
        if self.digits and values.form in "iuf":
            known = values.array[~values.missing]
            text = np.full(len(values), None, dtype=object)
            text[~values.missing] = [
                str(int(v)) if v == np.floor(v) and np.isfinite(v) else str(v) for v in known
            ]
            values, given = Values(values.name, text), values
            days = super().numbers(values)
            if values.n_unread:
                given.not_read(values.unread, values.n_unread)
            return days
        return super().numbers(values)

    def not_read(self, values, cells, n):
        if self.digits and values.dtype_kind in "iuf":  # of few rows, whose cells are objects
            values.not_read(cells, n)
        else:
            super().not_read(values, cells, n)

    def _of_objects(self, objects):
        if self.digits:
            objects = [str(v) if isinstance(v, (int, np.integer)) else v for v in objects]
        known = [i for i, v in enumerate(objects) if is_date(v)]
        days = np.full(len(objects), np.nan)
        texts = [i for i, v in enumerate(objects) if isinstance(v, str)]
        days[texts] = self._of_texts([objects[i] for i in texts])
        days[known] = in_days(_moments([objects[i] for i in known]))
        return days

    def _of_texts(self, texts):
        return in_days(self.style.read(texts))

    def _local(self, days):
        """Return days as the clocks of the dates' time zone show them."""
        if self.zone in (None, "UTC"):
            return days
        moments = np.full(len(days), np.datetime64("NaT", "us"))
        known = ~np.isnan(days)
        moments[known] = (days[known] * 8.64e10).round().astype(np.int64).view("datetime64[us]")
        local = pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert(self.zone)
        return in_days(local.tz_localize(None).to_numpy())


def _moments(objects):
    """Return dates and points in time as datetime64[us] in UTC."""
    moments = np.full(len(objects), np.datetime64("NaT", "us"))
    if len(objects) > MANY and not any(isinstance(v, pd.Period) for v in objects):
        found = pd.to_datetime(pd.Series(objects, dtype=object), utc=True, errors="coerce")
        moments = found.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    for i in np.flatnonzero(np.isnat(moments)):  # few, or what pandas' unit does not hold
        moments[i] = _moment(objects[i])
    return moments


def _moment(value):
    """Return a date, a datetime or the begin of a period as datetime64[us] in UTC."""
    if isinstance(value, pd.Period):
        value = value.to_timestamp()
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[us]")
    if isinstance(value, pd.Timestamp):
        value = value.tz_convert("UTC").tz_localize(None) if value.tzinfo else value
        return value.to_datetime64().astype("datetime64[us]")
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(value, "us")


class _Cycle:
    """A part of a date that comes again after a period of days."""

    def __init__(self, period, turns) -> None:
        self.period, self.turns = period, turns

    def tells(self, days) -> bool:
        """Return whether the dates hold more than one period, and differ within it."""
        days = days[~np.isnan(days)]
        if not len(days) or np.ptp(days) <= self.period:
            return False
        turns = np.unique(np.round(self.turns(days), 6))
        if len(turns) < 2:
            return False
        # Monthly data: the first of each month is any weekday.
        return not (self.period == 7 and _all_first_of_month(days))


def _all_first_of_month(days):
    dates = np.floor(days).astype("datetime64[D]")
    return bool((dates == dates.astype("datetime64[M]")).all())


def _year_turns(days):
    """Return the share of its year that a date has behind it."""
    known = ~np.isnan(days)
    out = np.full(len(days), np.nan)
    dates = np.floor(days[known]).astype(np.int64).view("datetime64[D]")
    years = dates.astype("datetime64[Y]")
    start = years.astype("datetime64[D]").view(np.int64)
    end = (years + 1).astype("datetime64[D]").view(np.int64)
    out[known] = (np.floor(days[known]) - start) / (end - start)
    return out


_CYCLES = {
    "hour": _Cycle(1, lambda days: days % 1),
    "weekday": _Cycle(7, lambda days: np.floor(days + 3) % 7 / 7),  # 1970 began on a Thursday
    "yearday": _Cycle(365, _year_turns),
}


class Time(_Timed):
    """A time of day: hours, and their sine and cosine."""

    kind = "time"
    order = 20
    expects = "times of day, as datetime.time or text as '13:30' or '13:30:00'"
    refuses = "fiubM"

    @classmethod
    def recognise(cls, values, options):
        if values.form != "O" or not _objects_or_text(values, _is_time):
            return None
        texts, counts = _only_texts(values)
        if texts:
            if _parsing.share(texts, counts, _parsing.looks_like_time) < NEARLY_ALL:
                return None
            return cls("text that says times of day")
        return cls("objects of type time")

    @classmethod
    def force(cls, values, options):
        return cls("as column_kinds says")

    def fit(self, values, options):
        super().fit(values, options)
        hours = self.numbers(values)
        if len(np.unique(hours[~np.isnan(hours)])) > 1:
            self.extra = ["sin", "cos"]

    def transform(self, values):
        hours = self.numbers(values)
        if not self.extra:
            return hours, None, None
        angle = 2 * np.pi / 24 * hours
        return hours, None, np.nan_to_num(np.column_stack([np.sin(angle), np.cos(angle)]))

    def _of_array(self, values):
        return 24 * in_days(values.array)  # as databases without times of day give them

    def _of_objects(self, objects):
        return np.array([_hours(value) for value in objects])

    def _of_texts(self, texts):
        return np.array([_parsing.time_of_day(text) for text in texts])


def _is_time(value):
    return isinstance(value, datetime.time)


def _hours(value):
    """Return the hours of a time of day or a time span, NaN of anything else."""
    if is_span(value):
        return pd.Timedelta(value).total_seconds() / 3600
    if not _is_time(value):
        return np.nan
    return value.hour + value.minute / 60 + (value.second + value.microsecond / 1e6) / 3600


class Duration(_Timed):
    """A time span, in days."""

    kind = "duration"
    order = 30
    expects = "time spans, or text that says them, as '1 days 02:00:00' or 'P1DT2H'"
    refuses = "fiubM"

    @classmethod
    def recognise(cls, values, options):
        if values.form == "m":
            return cls(f"dtype {values.dtype}")
        if values.form != "O" or not _objects_or_text(values, is_span):
            return None
        texts, counts = _only_texts(values)
        if texts:
            if _parsing.share(texts, counts, _parsing.looks_like_span) < NEARLY_ALL:
                return None
            like = [text for text in texts if _parsing.looks_like_span(text)]
            read = {t for t, span in zip(like, _parsing.spans(like), strict=True)
                    if not np.isnat(span)}  # fmt: skip
            if _parsing.share(texts, counts, read.__contains__) < NEARLY_ALL:
                return None  # as P1Y, which is of no certain length
            return cls("text that says time spans")
        return cls(f"objects of type {' and '.join(t.__name__ for t in values.types[:3])}")

    @classmethod
    def force(cls, values, options):
        return cls("as column_kinds says")

    def transform(self, values):
        return self.numbers(values), None, None

    def _of_objects(self, objects):
        spans = [pd.Timedelta(v).total_seconds() if is_span(v) else np.nan for v in objects]
        return np.array(spans) / 86400

    def _of_texts(self, texts):
        return in_days(_parsing.spans(texts))

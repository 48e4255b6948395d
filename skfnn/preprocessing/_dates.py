"""Dates, times of day and time spans as numbers, and the parts of dates that come again."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd

from . import _parsing
from ._columns import AMBIGUOUS, OTHER_TEXT, Column, quoted
from ._parsing import NEARLY_ALL, DateText
from ._values import NO_VALUE, Values, is_date, is_span

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
        self.tolerant = False  # whether text that says none counts as missing

    def numbers(self, values: Values) -> np.ndarray:
        """Return the values as floats, NaN where missing."""
        if values.form in "Mm":
            return self._of_array(values)
        if values.form != "O":
            if values.missing.all() and len(values):
                return np.full(len(values), np.nan)
            self.refuse(values)
        out = np.full(len(values), np.nan)
        known = np.flatnonzero(~values.missing)
        if not len(known):
            return out
        objects = values.objects[known]
        is_text = np.array([isinstance(v, str) for v in objects], bool)
        if not is_text.all():
            out[known[~is_text]] = self._of_objects(objects[~is_text], values)
        if is_text.any():
            codes, texts = pd.factorize(objects[is_text])
            read = self._of_texts(list(texts))
            wrong = [t for t, x in zip(texts, read, strict=True)
                     if np.isnan(x) and t.strip().lower() not in NO_VALUE]  # fmt: skip
            if wrong and not self.tolerant:
                self.refuse(values, quoted(wrong))
            out[known[is_text]] = read[codes]
        return out

    def _of_array(self, values) -> np.ndarray:
        raise NotImplementedError

    def _of_objects(self, objects, values) -> np.ndarray:
        raise NotImplementedError

    def _of_texts(self, texts) -> np.ndarray:
        raise NotImplementedError

    def _tolerate(self, values, others):
        if others:
            self.tolerant = True
            self.note(OTHER_TEXT, f"{values.name!r} ({quoted(list(others))})")


def _objects_or_text(values, test):
    """Return whether all values are objects that pass a test, or text."""
    known = values.known
    return len(known) > 0 and all(isinstance(v, str) or test(v) for v in known)


def _only_texts(values):
    """Return the distinct texts among the values and their counts."""
    texts = [v for v in values.known if isinstance(v, str)]
    codes, levels = pd.factorize(np.array(texts, dtype=object))
    return list(levels), np.bincount(codes, minlength=len(levels))


class Date(_Timed):
    """A point in time: days since 1970, and the parts that come again."""

    kind = "date"
    order = 40
    expects = "dates, or text that says dates, as '2026-01-31' or '2026-01-31 13:30'"

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
        style = DateText.learn(list(levels), counts, forced=True) if len(levels) else DateText()
        if style is None or (numbers and style.others):
            cls("").refuse(values)
        column = cls._made(values, "as column_kinds says", style)
        column.digits = numbers
        return column

    @classmethod
    def _made(cls, values, why, style):
        column = cls(why, style)
        column._tolerate(values, style.others)
        if style.ambiguous:
            first = "month" if style.format.index("%m") < style.format.index("%d") else "day"
            column.note(
                AMBIGUOUS, f"{values.name!r} ({values.example!r} is read with the {first} first)"
            )
        return column

    digits = False

    def fit(self, values, options):
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
        if self.digits and (values.form in "iu" or values.form == "f"):
            known = values.array[~values.missing]
            text = np.full(len(values), None, dtype=object)
            text[~values.missing] = [str(int(v)) for v in known]
            values = Values(values.name, text)
        return super().numbers(values)

    def _of_array(self, values):
        if values.form == "m":
            self.refuse(values)
        return in_days(values.array)

    def _of_objects(self, objects, values):
        if self.digits:
            objects = [str(v) if isinstance(v, (int, np.integer)) else v for v in objects]
            if all(isinstance(v, str) for v in objects):
                return self._of_texts(objects)
        for value in objects:
            if not is_date(value):
                self.refuse(values, f"{type(value).__name__}, as {str(value)!r}")
        if len(objects) <= 50:
            return in_days(np.array([_moment(v) for v in objects], dtype="datetime64[us]"))
        found = pd.to_datetime(pd.Series(list(objects), dtype=object), utc=True, errors="coerce")
        return in_days(found.dt.tz_localize(None).to_numpy().astype("datetime64[us]"))

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


def _moment(value):
    """Return a date or a datetime as datetime64[us] in UTC."""
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
        turns = np.unique(np.round(self.turns(days) % 1, 6))
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

    @classmethod
    def recognise(cls, values, options):
        if values.form != "O" or not _objects_or_text(values, _is_time):
            return None
        texts, counts = _only_texts(values)
        if texts:
            if _parsing.share(texts, counts, _parsing.looks_like_time) < NEARLY_ALL:
                return None
            column = cls("text that says times of day")
            column._tolerate(values, [
                t for t in texts
                if not _parsing.looks_like_time(t) and t.strip().lower() not in NO_VALUE
            ])  # fmt: skip
            return column
        return cls("objects of type time")

    @classmethod
    def force(cls, values, options):
        return cls("as column_kinds says")

    def fit(self, values, options):
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
        if values.form == "M":
            self.refuse(values)
        return 24 * in_days(values.array)  # as databases without times of day give them

    def _of_objects(self, objects, values):
        out = []
        for value in objects:
            if is_span(value):
                out.append(pd.Timedelta(value).total_seconds() / 3600)
            elif _is_time(value):
                seconds = value.second + value.microsecond / 1e6
                out.append(value.hour + value.minute / 60 + seconds / 3600)
            else:
                self.refuse(values, f"{type(value).__name__}, as {str(value)!r}")
        return np.array(out)

    def _of_texts(self, texts):
        return np.array([_parsing.time_of_day(text) for text in texts])


def _is_time(value):
    return isinstance(value, datetime.time)


class Duration(_Timed):
    """A time span, in days."""

    kind = "duration"
    order = 30
    expects = "time spans, or text that says them, as '1 days 02:00:00' or 'P1DT2H'"

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
            column = cls("text that says time spans")
            column._tolerate(values, [
                t for t in texts
                if not _parsing.looks_like_span(t) and t.strip().lower() not in NO_VALUE
            ])  # fmt: skip
            return column
        return cls(f"objects of type {' and '.join(t.__name__ for t in values.types[:3])}")

    @classmethod
    def force(cls, values, options):
        return cls("as column_kinds says")

    def fit(self, values, options):
        self.numbers(values)

    def transform(self, values):
        return self.numbers(values), None, None

    def _of_array(self, values):
        if values.form == "M":
            self.refuse(values)
        return in_days(values.array)

    def _of_objects(self, objects, values):
        for value in objects:
            if not is_span(value):
                self.refuse(values, f"{type(value).__name__}, as {str(value)!r}")
        return np.array([pd.Timedelta(value).total_seconds() / 86400 for value in objects])

    def _of_texts(self, texts):
        return in_days(_parsing.spans(texts))

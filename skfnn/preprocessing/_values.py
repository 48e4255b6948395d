"""The values of one column, and what can be asked of them to find out what they are."""

from __future__ import annotations

import datetime
import re
from collections.abc import Hashable, Iterable
from functools import cached_property
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd

# Text that stands for a missing value: what pandas.read_csv takes for one, ...
MISSING = frozenset({
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
})  # fmt: skip
# ... and, in a column of numbers or dates, whatever the case, these as well.
NO_VALUE = frozenset({
    "-", "--", "---", ".", "..", "?", "*", "na", "n.a.", "n.a", "none", "nat", "nil", "unknown",
    "missing", "not available", "not applicable", "undefined", "–", "—", "−", "n/d", "s/d", "n.d.",
    "k.a.", "k. a.", "#value!", "#ref!", "#div/0!", "#num!", *(m.lower() for m in MISSING),
})  # fmt: skip

# Of more than MANY objects, the different ones are found first.
MANY = 200
# Messages quote no more characters of a cell.
QUOTED = 60
# Text that a message does not repeat: addresses of mail, account numbers, long numbers of cards,
# phones and offices, and keys.
_PERSONAL = re.compile(
    r"[^@\s]@[^@\s]+\.\w|\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){3}|\d(?:[ ()-]{0,2}\d){8}"
    r"|\b(?=[A-Za-z+/=_-]{0,99}\d)[A-Za-z0-9+/=_-]{16}"
)
# So are the names of columns that hold such text.
_PERSONAL_NAME = re.compile(
    r"mail|iban|phone|mobile|ssn|passport|tax.?id|account|card|licen[cs]e|(first|last|full|sur).?name"
    r"|birth|address|patient|social.?security",
    re.IGNORECASE,
)


class Values:
    """The values of one column.

    Parameters
    ----------
    name : hashable
        The column's name.
    array : ndarray of shape (n,)
        Numbers, booleans, dates (UTC), time spans or objects.
    dtype : str, default=None
        The dtype that the table gave the column.
    categorical : bool, default=False
        Whether the dtype says that these are levels of a category.
    zone : str, default=None
        Time zone of dates.
    whole : bool, default=False
        Whether the numbers are integers, as floats where some are missing.
    given : dtype, default=None
        What the table says that objects are.

    Attributes
    ----------
    weight : ndarray of shape (n,) or None
        Weights of rows, of mean 1, in ``fit``.
    n_unread, unread : int, list
        How many cells could not be read, and some of them.
    doubtful : list of str
        Text whose reading is a guess.
    once : (Column, ndarray) or None
        What a column has read, so that it does so once.
    """

    given: Any = None
    weight: np.ndarray | None = None
    n_unread = 0
    once: tuple | None = None

    def __init__(
        self, name: Hashable, array: np.ndarray, dtype: str | None = None, *,
        categorical: bool = False, zone: str | None = None, whole: bool = False, given: Any = None,
    ) -> None:  # fmt: skip
        if array.dtype.kind == "c":
            raise ValueError(
                f"Complex data not supported: column {name!r} has dtype {array.dtype}. Give its "
                "real and imaginary parts as two columns."
            )
        if array.dtype.kind in "US":
            array = array.astype(object)
        if not array.dtype.isnative:  # pandas takes no other order of bytes
            array = array.astype(array.dtype.newbyteorder("="))
        self.name, self.array, self.categorical = name, array, categorical
        self.dtype = str(array.dtype) if dtype is None else dtype
        self.zone, self.whole = zone, whole
        if given is not None:
            self.given = given

    def __len__(self) -> int:
        return len(self.array)

    def take(self, rows: np.ndarray) -> Values:
        """Return the values of some rows."""
        return Values(
            self.name, self.array[rows], self.dtype, categorical=self.categorical, zone=self.zone,
            whole=self.whole, given=self.given,
        )  # fmt: skip

    @property
    def dtype_kind(self) -> str:
        """The kind of the dtype that the table gave: as ``form``, also where there are objects."""
        return getattr(self.given, "kind", "O") if self.form == "O" else self.form

    def not_read(self, cells: list, n: int) -> None:
        """Take note of ``n`` cells that could not be read."""
        self.n_unread += n
        self.unread = [*self.unread, *cells[:MANY]]

    @cached_property
    def unread(self) -> list:
        """Some of the cells that could not be read."""
        return []

    @cached_property
    def doubtful(self) -> list[str]:
        """Text whose reading is a guess."""
        return []

    @property
    def form(self) -> str:
        """The kind of the array's dtype: "f", "i", "u", "b", "M", "m" or "O"."""
        return self.array.dtype.kind

    @cached_property
    def missing(self) -> np.ndarray:
        """Which values are missing: NaN, NaT, None, NA, or text of blanks or that says so."""
        if self.form in "iub":
            return np.zeros(len(self), bool)
        if self.form != "O":
            return pd.isna(self.array)
        if self.distinct is None:
            return pd.isna(self.array) | np.array([_says_missing(v) for v in self.array], bool)
        codes, levels = self.distinct
        return np.append([_says_missing(v) for v in levels], True).astype(bool)[codes]

    @cached_property
    def distinct(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The place of each object among the different ones (-1: missing), and these.

        1 and 1.0 are one. None for few values, those that can't be hashed, and True beside others.
        """
        if len(self) <= MANY or self.form != "O":
            return None
        types = set(map(type, self.array))
        if not types.isdisjoint(_BOOLEANS) and len(types) > 1:
            return None  # True is not 1, nor "True"
        try:
            return pd.factorize(self.objects if bytes in types else self.array)
        except TypeError:
            return None

    @cached_property
    def objects(self) -> np.ndarray:
        """The values as Python objects; whole numbers as int, bytes as text."""
        if self.form == "O":
            if any(isinstance(v, bytes) for v in self.array):
                return as_objects([_text(v) if isinstance(v, bytes) else v for v in self.array])
            return self.array
        if self.form in "Mm":
            return as_objects(pd.Series(self.array).astype(object))
        if self.whole:
            return as_objects([None if v != v else int(v) for v in self.array.tolist()])
        return self.array.astype(object)

    @cached_property
    def known(self) -> np.ndarray:
        """The values that are not missing, as Python objects."""
        return self.objects[~self.missing]

    @cached_property
    def texts(self) -> tuple[list[str], np.ndarray] | None:
        """The distinct strings and how often each occurs; None if not all values are strings."""
        if self.form != "O" or not all(issubclass(cls, str) for cls in self.types):
            return None
        codes, levels = pd.factorize(self.known)
        return list(levels), np.bincount(codes, minlength=len(levels))

    @cached_property
    def n_distinct(self) -> int:
        """How many different values there are, but for missing ones."""
        try:
            return int(pd.Series(self.array[~self.missing]).nunique())
        except TypeError:  # what can't be hashed
            return len(set(map(str, self.known)))

    @cached_property
    def types(self) -> list[type]:
        """The types of the values that are not missing."""
        return sorted(self.one_of_each, key=lambda cls: cls.__name__)

    @cached_property
    def one_of_each(self) -> dict[type, Any]:
        """A value of each type that there is, but for missing ones."""
        return dict(zip(map(type, self.known), self.known, strict=True))

    @cached_property
    def example(self) -> str:
        """A value that is not missing, as text."""
        first = np.flatnonzero(~self.missing)[:1]
        return str(self.take(first).known[0]) if len(first) else ""

    def refuse_nested(self) -> None:
        """Raise if values are lists, dicts or arrays."""
        if self.form != "O":
            return
        for value in self.known[:100]:
            if isinstance(value, (list, dict, set, frozenset, np.ndarray, pd.Series, slice)):
                what = type(value).__name__
                raise ValueError(
                    f"Column {self.name!r} holds values of type {what}, as {self.quote([value])}; "
                    "a value must be a number, text, a boolean or a date. Join the items of a list "
                    "to text ('a|b|c', which is read as several labels), or spread them over "
                    "several columns."
                )

    def says(self) -> str:
        """Return what the values are, for a message: "float64, as 3.0"."""
        what = self.dtype
        if self.form == "O" and self.dtype_kind != "O":
            what = str(self.given)
        elif self.form == "O" and len(self.known):
            what = " and ".join(cls.__name__ for cls in self.types[:3])
        return f"{what}, as {self.quote([self.example])}" if self.example else what

    @cached_property
    def personal(self) -> bool:
        """Whether this looks like what identifies a person, which messages do not quote."""
        if isinstance(self.name, str) and _PERSONAL_NAME.search(self.name):
            return True
        known = self.known[:: max(1, len(self.known) // 100)]
        found = [isinstance(v, str) and _is_personal(v) for v in known]
        return 2 * sum(found) > len(found)

    def examples(self, cells: list, n: int = 3) -> list[str]:
        """Return different cells as text that is cut, none if they may identify a person."""
        if self.personal or any(_is_personal(str(cell)) for cell in cells[:MANY]):
            return []
        return list(dict.fromkeys(map(shorter, cells)))[:n]

    def quote(self, cells: list, n: int = 3) -> str:
        """Return the first of different cells, quoted and cut, for a message."""
        shown = self.examples(cells, MANY)
        if not shown:
            return "not shown, as it may be personal"
        more = f" and {len(shown) - n} more" if len(shown) > n else ""
        return ", ".join(map(repr, shown[:n])) + more


class Levels(Values):
    """Values that a table holds as places among different ones, as a column of categories.

    Parameters
    ----------
    name : hashable
        The column's name.
    places : ndarray of int of shape (n,)
        The place of each value among the levels, -1 where it is missing.
    levels : ndarray of object
        The levels; not all of them need to occur.
    dtype : str
        The dtype that the table gave the column.
    categorical : bool, default=False
        Whether the dtype says that these are levels of a category.
    """

    zone = None
    whole = False
    form = "O"

    def take(self, rows):
        """Return the values of some rows."""
        return Levels(self.name, self._places[rows], self._levels, self.dtype,
                      categorical=self.categorical)  # fmt: skip

    def __init__(
        self, name: Hashable, places: np.ndarray, levels: np.ndarray, dtype: str, *,
        categorical: bool = False,
    ) -> None:  # fmt: skip
        if any(issubclass(cls, bytes) for cls in set(map(type, levels))):
            levels = as_objects([_text(v) if isinstance(v, bytes) else v for v in levels])
        self.name, self.dtype, self.categorical = name, dtype, categorical
        self._places, self._levels = places, levels

    def __len__(self):
        return len(self._places)

    @property
    def distinct(self):
        """The place of each value among the levels (-1: missing), and these."""
        return self._places, self._levels

    @cached_property
    def objects(self):
        """The values as Python objects, None where missing: made only where they are asked for."""
        return as_objects([*self._levels, None])[self._places]

    @property
    def array(self):
        """The values, as Python objects."""
        return self.objects


_BOOLEANS = (bool, np.bool_)


def shorter(cell: Any) -> str:
    """Return a cell as text, cut where it is long."""
    text = str(cell)
    return text if len(text) <= QUOTED else text[: QUOTED - 3] + "..."


def _is_personal(text):
    return bool(_PERSONAL.search(text[:200]))


def _says_missing(value):
    return isinstance(value, str) and (value in MISSING or not value.strip())


def as_number(value: Any) -> float:
    """Return a number of any type as a float; a bool is 0 or 1."""
    try:
        return float(value)
    except OverflowError:  # a whole number beyond what a float holds
        return np.inf if value > 0 else -np.inf


def is_number(value: Any) -> bool:
    """Return whether a value is a real number, no boolean and no time span."""
    return isinstance(value, Number) and not isinstance(
        value, (bool, np.bool_, complex, np.complexfloating, np.timedelta64)
    )


def is_missing(value: Any) -> bool:
    """Return whether a value is None, NaN, NaT or NA."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, (Number, np.datetime64)) and bool(value != value)


def is_date(value: Any) -> bool:
    """Return whether a value is a date, a point in time, or a period, which begins at one."""
    return isinstance(value, (datetime.date, np.datetime64, pd.Period))


def is_span(value: Any) -> bool:
    """Return whether a value is a time span."""
    return isinstance(value, (datetime.timedelta, np.timedelta64))


def as_objects(values: Iterable) -> np.ndarray:
    """Return values as an array of objects of one dimension, whatever they are."""
    values = list(values)
    out = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):  # at once, lists of one length would be rows
        out[i] = value
    return out


def _text(value):
    return value.decode("utf-8", "replace")

"""What every kind of column is, and numbers, booleans, categories and columns left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ._parsing import NumberText
from ._values import NO_VALUE, Values, as_number, is_number

# Columns of fewer values than this say too little for a warning, or to tell text from categories.
FEW_VALUES = 20


# What may look wrong with a column: what it was taken for, and what to do about it.
CONSTANT = (
    "Columns with the same value everywhere, which say nothing",
    "Leave them out of X, or by column_kinds={{{0!r}: 'drop'}}.",
)
IDENTIFIER = (
    "Columns of text that is another one in each row and has no words in common, taken for "
    "identifiers and left out",
    "If they say something, column_kinds={{{0!r}: 'text'}} or 'category'.",
)
MIXED = (
    "Columns with values of several types, taken for categories",
    "Give them one dtype, or say what they are: column_kinds={{{0!r}: 'number'}}.",
)
NEARLY_UNIQUE = (
    "Categories that are nearly unique, so that little can be learned of a level",
    "Leave them out by column_kinds={{{0!r}: 'drop'}}, or let their text be read: 'text'.",
)
OTHER_TEXT = (
    "Columns of numbers, dates or times with some text that is none, which counts as missing",
    "If that text says something, column_kinds={{{0!r}: 'category'}}.",
)
AMBIGUOUS = (
    "Columns of dates whose day and month could be the other way round",
    "Give {0!r} as pandas.to_datetime(..., format=...), or as text like '2026-01-31'.",
)


@dataclass
class Options:
    """What the encoder's parameters say of every column."""

    max_one_hot: float = 8


class Column:
    """One column of a table: what it was taken for in ``fit``, and how it is read.

    A subclass in a file of this folder adds a kind: it is asked by its place in ``order`` whether
    it recognises a column, and ``column_kinds`` takes its name. What it makes of the values is a
    number (scaled by the encoder, embedded by the network), or a code from 0 (missing) to
    ``n_levels``, or further columns that stay as they are.

    Attributes
    ----------
    kind : str
        The name of the kind.
    order : int
        Kinds are asked in this order.
    why : str
        Why a column was taken for this kind.
    has_number : bool
        Whether it makes a number.
    n_levels : int
        Levels of the code that it makes; 0 if it makes none.
    extra : list of str
        What is put behind the column's name for each further column.
    problems : list of ((str, str), str)
        What looks wrong: one of the problems above, and what to say of this column.
    """

    kind: ClassVar[str]
    order: ClassVar[int]
    registry: ClassVar[dict[str, type[Column]]] = {}
    expects: ClassVar[str]

    def __init__(self, why: str = "") -> None:
        self.why = why
        self.has_number = False
        self.n_levels = 0
        self.extra: list[str] = []
        self.problems: list[tuple[tuple[str, str], str]] = []

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "kind" in vars(cls):
            cls.registry[cls.kind] = cls

    @classmethod
    def recognise(cls, values: Values, options: Options) -> Column | None:
        """Return a column of this kind that is to be fitted, if the values are of it."""
        raise NotImplementedError

    @classmethod
    def force(cls, values: Values, options: Options) -> Column:
        """Return a column of this kind that is to be fitted, as the user says that it is."""
        raise NotImplementedError

    def fit(self, values: Values, options: Options) -> None:
        """Learn what ``transform`` needs."""

    def transform(self, values: Values) -> tuple:
        """Return (number or None, code or None, further columns or None)."""
        raise NotImplementedError

    def note(self, problem: tuple[str, str], text: str) -> None:
        """Take note that something looks wrong."""
        self.problems.append((problem, text))

    def refuse(self, values: Values, what: str | None = None):
        """Raise the error that values are not what they were in ``fit``."""
        raise ValueError(
            f"Column {values.name!r} is read as {self.kind}; it needs {self.expects}. Got "
            f"{values.says() if what is None else what}."
        )


def take(values: Values, options: Options, kind: str | None = None) -> Column:
    """Return the fitted column of given values.

    Parameters
    ----------
    values : Values
        The column in ``fit``.
    options : Options
        Of the encoder.
    kind : str, default=None
        What the user says it is.
    """
    if kind != "drop":
        values.refuse_nested()
    column: Column | None = None
    if kind is not None:
        column = Column.registry[kind].force(values, options)
    elif values.categorical:
        column = Category(f"dtype {values.dtype}")
    else:
        for cls in sorted(Column.registry.values(), key=lambda cls: cls.order):
            column = cls.recognise(values, options)
            if column is not None:
                break
    assert column is not None  # the last kind takes everything
    column.fit(values, options)
    return column


class Number(Column):
    """A number: of any dtype, an object of any type of number, or text that says one."""

    kind = "number"
    order = 50
    expects = "numbers, or text that says numbers"

    def __init__(self, why="", style=None) -> None:
        super().__init__(why)
        self.has_number = True
        self.style = style or NumberText()

    @classmethod
    def recognise(cls, values, options):
        if values.form in "fiu":
            return cls(f"dtype {values.dtype}")
        if values.form != "O":
            return None
        known = values.known
        if not len(known):
            return cls("no values")
        if all(map(is_number, known)):
            names = " and ".join(t.__name__ for t in values.types[:3])
            return cls(f"objects of type {names}")
        texts, counts = _texts_and_numbers(values)
        if texts is None:
            return None
        style = NumberText.learn(texts, counts)
        if style is None:
            return None
        column = cls(f"text that says numbers{_of(style)}", style)
        if style.others:
            column.note(OTHER_TEXT, f"{values.name!r} ({quoted(style.others)})")
        return column

    @classmethod
    def force(cls, values, options):
        if values.form in "Mm":
            raise ValueError(
                f"column_kinds says that column {values.name!r} is a number; it holds dates or "
                f"time spans ({values.says()})."
            )
        column = cls("as column_kinds says")
        if values.form == "O":
            texts, counts = _texts_and_numbers(values)
            if texts is not None:
                column.style = NumberText.learn(texts, counts, forced=True) or NumberText()
        return column

    def transform(self, values):
        return self.read(values), None, None

    def read(self, values: Values) -> np.ndarray:
        """Return the values as floats, NaN where missing."""
        if values.form in "fiub":
            return values.array.astype(np.float64)
        if values.form != "O":
            self.refuse(values)
        if not self.style.comma:
            try:
                return values.array.astype(np.float64)
            except (TypeError, ValueError, OverflowError):
                pass
        out = np.full(len(values), np.nan)
        known = np.flatnonzero(~values.missing)
        codes, levels = pd.factorize(values.objects[known])
        read = np.array([self._one(value, values) for value in levels], dtype=np.float64)
        out[known] = read[codes]
        return out

    def _one(self, value, values):
        if isinstance(value, str):
            found = self.style.read([value])[0]
            if np.isnan(found) and not self.style.others and value.strip().lower() not in NO_VALUE:
                self.refuse(values, f"{value!r}")
            return found
        if is_number(value) or isinstance(value, (bool, np.bool_)):
            return as_number(value)
        return self.refuse(values, f"{type(value).__name__}, as {str(value)!r}")


def _texts_and_numbers(values):
    """Return the distinct texts, numbers among them as text, and their counts; None if others."""
    if values.texts is not None:
        return values.texts
    known = values.known
    if not all(isinstance(v, str) or is_number(v) for v in known):
        return None, None
    codes, levels = pd.factorize(np.array([str(v) for v in known], dtype=object))
    return list(levels), np.bincount(codes, minlength=len(levels))


def _of(style):
    parts = [f"unit {style.unit!r}"] if style.unit else []
    parts += ["decimal comma"] if style.comma else []
    return f" ({', '.join(parts)})" if parts else ""


def quoted(texts, n=3):
    """Return the first texts, quoted, for a message."""
    shown = ", ".join(repr(t) for t in texts[:n])
    return shown + (f" and {len(texts) - n} more" if len(texts) > n else "")


class Category(Column):
    """Levels: one column each, or a code."""

    kind = "category"
    order = 1000
    expects = "levels"

    def __init__(self, why="") -> None:
        super().__init__(why)
        self.levels = np.array([], dtype=object)

    @classmethod
    def recognise(cls, values, options):
        if values.form == "O" and values.texts is None:
            names = [t.__name__ for t in values.types]
            if len(names) > 1:
                column = cls(f"values of types {', '.join(names)}")
                column.note(MIXED, f"{values.name!r} ({', '.join(names)})")
                return column
        return cls("text of few words" if values.texts is not None else f"dtype {values.dtype}")

    @classmethod
    def force(cls, values, options):
        return cls("as column_kinds says")

    def fit(self, values, options):
        known = values.known
        self.bools = any(isinstance(v, (bool, np.bool_)) for v in known) and not all(
            isinstance(v, (bool, np.bool_)) for v in known
        )
        self.levels = _sorted(pd.unique(np.asarray(self._plain(known), dtype=object)))
        self._lay_out(options)
        self._index()
        n, d = len(known), len(self.levels)
        if n >= FEW_VALUES and d > n / 2 and d > options.max_one_hot:
            self.note(NEARLY_UNIQUE, f"{values.name!r} ({d} levels in {n} values)")

    def _lay_out(self, options):
        n = len(self.levels)
        if n > options.max_one_hot:
            self.n_levels = n
        else:
            self.extra = [str(level) for level in (self.levels[1:] if n == 2 else self.levels)]

    def _index(self):
        """Lay down by what keys a level is found: its value, or another spelling of it."""
        self.codes = {level: i for i, level in enumerate(self.levels, 1)}
        spellings: dict = {}
        for level, code in self.codes.items():
            for key in _spellings(level):
                spellings[key] = code if spellings.get(key, code) == code else 0
        self.spellings = spellings

    def _plain(self, objects):
        """Return the values with booleans among others as text: True is not 1."""
        if not self.bools:
            return objects
        return [str(v) if isinstance(v, (bool, np.bool_)) else v for v in objects]

    def transform(self, values):
        code = self.find(values)
        if self.n_levels:
            return None, code, None
        if len(self.levels) == 2:
            return None, None, np.array([0, -1, 1])[code][:, None]
        return None, None, code[:, None] == np.arange(1, len(self.levels) + 1)

    def find(self, values: Values) -> np.ndarray:
        """Return the code of each value, 0 where missing or unseen."""
        if values.distinct is not None and not self.bools:
            places, levels = values.distinct
            return np.append(self._codes_of(levels, values), 0)[places]
        return self._codes_of(self._plain(values.objects), values)

    def _codes_of(self, objects, values):
        found, codes = self.codes.get, []
        try:
            for value in objects:
                code = found(value)
                codes.append(self._other(value) if code is None else code)
        except TypeError:  # what can't be hashed
            values.refuse_nested()
            raise
        return np.array(codes, dtype=np.intp)

    def _other(self, value):
        """Return the code of a value that is no level as it stands."""
        if value is None or value is pd.NA or value is pd.NaT or value != value:
            return 0
        for key in _spellings(value):
            code = self.spellings.get(key)
            if code is not None:
                return code
        return 0


def _spellings(value):
    """Return the keys under which a level is found: as a number, or as text."""
    keys: list = []
    if isinstance(value, (bool, np.bool_)):
        return [str(bool(value)).lower()]
    if is_number(value):
        keys.append(as_number(value))
    elif isinstance(value, str):
        text = value.strip()
        try:
            keys.append(float(text))
        except ValueError:
            keys.append(text.lower() if text.lower() in ("true", "false") else text)
    else:
        keys.append(str(value))
    return keys


def _sorted(levels):
    try:
        return _as_objects(sorted(levels, key=lambda v: (float(v), str(v))))
    except (TypeError, ValueError, OverflowError):  # not all of them say numbers
        pass
    try:
        return np.sort(levels)
    except TypeError:  # of several types
        return _as_objects(sorted(levels, key=lambda v: (str(type(v)), str(v))))


def _as_objects(values):
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


_PAIRS = [("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"), ("off", "on")]
_TRUTH = {word: i for pair in _PAIRS for i, word in enumerate(pair)}


class Boolean(Category):
    """True or false: of dtype bool, objects, or text."""

    kind = "boolean"
    order = 10
    expects = "True, False, or text that says so"

    @classmethod
    def recognise(cls, values, options):
        if values.form == "b":
            return cls("dtype bool")
        if values.form != "O" or not len(values.known):
            return None
        if all(isinstance(v, (bool, np.bool_)) for v in values.known):
            return cls(f"dtype {values.dtype}" if values.dtype != "object" else "objects of bool")
        if values.texts is None:
            return None
        words = {text.strip().lower() for text in values.texts[0]}
        if any(words == set(pair) for pair in _PAIRS) or words in ({"true"}, {"false"}):
            return cls("text " + " / ".join(sorted(words)))
        return None

    @classmethod
    def force(cls, values, options):
        column = cls("as column_kinds says")
        unknown = [v for v in pd.unique(values.known) if _truth(v) is None]
        if unknown:
            raise ValueError(
                f"column_kinds says that column {values.name!r} is boolean; it holds "
                f"{quoted([str(v) for v in unknown])}. Allowed are True, False, 1, 0 and the "
                f"words {', '.join(_TRUTH)}."
            )
        return column

    def fit(self, values, options):
        spelled: dict[int, object] = {}
        for value in values.known if len(values.known) < 100 else pd.unique(values.known):
            spelled.setdefault(_truth(value), value)
        found = [spelled[truth] for truth in sorted(spelled)]
        self.levels = np.empty(len(found), dtype=object)
        self.levels[:] = found
        if all(isinstance(level, (bool, np.bool_)) for level in found):
            self.levels = self.levels.astype(bool)
        self.truth_codes = {truth: i for i, truth in enumerate(sorted(spelled), 1)}
        self._lay_out(options)

    def find(self, values):
        codes = self.truth_codes
        if values.form == "b":
            table = np.array([codes.get(0, 0), codes.get(1, 0)])
            return table[values.array.astype(np.intp)]
        if values.distinct is not None:
            places, levels = values.distinct
            return np.array([*(codes.get(_truth(v), 0) for v in levels), 0], dtype=np.intp)[places]
        return np.array([codes.get(_truth(v), 0) for v in values.objects], dtype=np.intp)


def _truth(value):
    """Return 0 or 1 for what says false or true, else None."""
    if isinstance(value, str):
        word = value.strip().lower()
        truth = _TRUTH.get(word)
        return {"0": 0, "1": 1, "0.0": 0, "1.0": 1}.get(word) if truth is None else truth
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if is_number(value) and value in (0, 1):
        return int(value)
    return None


class Dropped(Column):
    """A column that is left out."""

    kind = "drop"
    order = 2000
    expects = "anything"

    @classmethod
    def recognise(cls, values, options):
        return None

    @classmethod
    def force(cls, values, options):
        return cls("as column_kinds says")

    def transform(self, values):
        return None, None, None

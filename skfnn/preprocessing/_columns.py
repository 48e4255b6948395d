"""What every kind of column is, and numbers, booleans, categories and columns left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ._levels import PAIRS, TRUTH, in_order, simple, spellings, truth_of
from ._parsing import NumberText
from ._problems import CONSTANT, MIXED, NEARLY_UNIQUE, OTHER_TEXT, PERCENT, SIGNS
from ._values import MANY, NO_VALUE, Values, as_number, as_objects, is_missing, is_number

# Columns of fewer values than this say too little for a warning, or to tell text from categories.
FEW_VALUES = 20


@dataclass
class Options:
    """What the encoder's parameters say of a column.

    Attributes
    ----------
    max_one_hot : float
        Categories with more levels become codes.
    said : dict
        What ``column_kinds`` says behind the kind: {"decimal": ","}.
    """

    max_one_hot: float = 8
    said: dict[str, Any] = field(default_factory=dict)


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
    refuses : str
        Kinds of dtypes ("f", "M", ...) that can't mean it.
    takes : dict of str to tuple
        What ``column_kinds`` may say behind the kind, and the values allowed or their type.
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
    refuses: ClassVar[str] = ""
    takes: ClassVar[dict[str, tuple]] = {}

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

    def note_constant(self, values: Values) -> None:
        """Take note that the values are one and the same, or that there is none."""
        told = values.quote([values.example]) if len(values.known) else "no value"
        self.note(CONSTANT, f"{values.name!r} ({told})")

    def not_read(self, values: Values, cells: list, n: int) -> None:
        """Take note that cells are no such values; raise if the table says that none is."""
        if n and values.dtype_kind in self.refuses:
            self.refuse(values)
        if n:
            values.not_read(cells, n)

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
    if values.unread:
        column.note(OTHER_TEXT, f"{values.name!r} ({values.quote(values.unread)})")
    return column


class Number(Column):
    """A number: of any dtype, an object of any type of number, or text that says one."""

    kind = "number"
    order = 50
    expects = "numbers, or text that says numbers"
    refuses = "Mm"

    takes: ClassVar[dict[str, tuple]] = {"decimal": (".", ","), "percent": (float, int)}

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
        return None if style is None else cls._made(values, "text that says numbers", style)

    @classmethod
    def force(cls, values, options):
        if values.form in "Mm":
            raise ValueError(
                f"column_kinds says that column {values.name!r} is a number; it holds dates or "
                f"time spans ({values.says()})."
            )
        texts, counts = _texts_and_numbers(values) if values.form == "O" else (None, None)
        if texts is None:
            return cls("as column_kinds says")
        style = NumberText.learn(texts, counts, forced=True, **options.said)
        return cls._made(values, "as column_kinds says", style)

    @classmethod
    def _made(cls, values, why, style):
        column = cls(f"{why}{style.says()}", style)
        guess = style.guess
        if guess is not None:
            told = f"{values.quote([guess])} is read as {style.read([guess])[0]:g}"
            column.note(SIGNS, f"{values.name!r} ({told})")
        if style.guesses_percent:
            column.note(PERCENT, f"{values.name!r} ('50%' is read as {50 * style.percent:g})")
        return column

    def fit(self, values, options):
        refuse_text(self, values, self.read(values))

    def transform(self, values):
        return self.read(values), None, None

    def read(self, values: Values) -> np.ndarray:
        """Return the values as floats, NaN where missing or not to be read."""
        if values.form in "fiub":
            if not self.style.bare and not values.missing.all():
                values.doubtful.append(values.example)
            return values.array.astype(np.float64)
        types = set(map(type, values.array)) if values.form == "O" else {object}
        if self.style.bare and types <= _AT_ONCE:
            try:
                return values.array.astype(np.float64)
            except (TypeError, ValueError, OverflowError):
                pass
        return numbers_of(self, values, self._numbers)

    def _numbers(self, cells, values):
        """Return different cells as floats, NaN for those that say none."""
        found = [self._one(cell) for cell in cells]
        values.doubtful.extend(cell for cell in cells if self.style.is_guess(cell))
        return np.array(found, dtype=np.float64)

    def _one(self, value):
        if isinstance(value, str):
            return self.style.read([value])[0]
        if is_number(value) or isinstance(value, (bool, np.bool_)):
            return as_number(value)
        return np.nan


# Objects of these types are numbers, or missing, whatever is beside them.
_AT_ONCE = {int, float, bool, type(None), np.float64, np.float32, np.int64, np.int32, np.bool_}


def numbers_of(column: Column, values: Values, read: Callable) -> np.ndarray:
    """Return objects as floats, NaN where missing or not to be read, of which note is taken.

    Parameters
    ----------
    column : Column
        Takes the note.
    values : Values
        Objects.
    read : callable
        ``read(cells, values)`` returns different cells as floats, NaN for those that say none.
    """
    if values.once is not None and values.once[0] is column:
        return values.once[1]
    if len(values) > MANY and values.distinct is not None:
        places, cells = values.distinct
        n = np.bincount(places + 1, minlength=len(cells) + 1)[1:]
    else:
        cells, places, n = values.objects, np.arange(len(values)), (~values.missing).astype(int)
    there = np.flatnonzero(n)
    found = np.full(len(cells) + 1, np.nan)  # the last is of what is missing
    if len(there):
        found[there] = read(cells[there], values)
    wrong = [i for i in there if np.isnan(found[i]) and not _says_none(cells[i])]
    column.not_read(values, [cells[i] for i in wrong], int(n[wrong].sum()))
    values.once = column, found[places]
    return values.once[1]


def _can_be_hashed(cell):
    try:
        hash(cell)
    except TypeError:
        return False
    return True


def refuse_text(column: Column, values: Values, numbers: np.ndarray) -> None:
    """Raise if there are values, and none of them could be read."""
    if values.unread and np.isnan(numbers).all():
        column.refuse(values)


def _says_none(cell):
    """Return whether a cell says that there is no value."""
    if isinstance(cell, str):
        return cell.strip().lower() in NO_VALUE
    return is_missing(cell)


def _texts_and_numbers(values):
    """Return the distinct texts, numbers among them as text, and their counts; None if others."""
    if values.texts is not None:
        return values.texts
    known = values.known
    if not all(isinstance(v, str) or is_number(v) for v in known):
        return None, None
    codes, levels = pd.factorize(np.array([str(v) for v in known], dtype=object))
    return list(levels), np.bincount(codes, minlength=len(levels))


# Of more levels, the most frequent count: beside a code in single precision, there has to be room
# for the fold of a row (:mod:`skfnn.tabular._categories`).
MOST_LEVELS = 2**19 - 1


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
        are_bools = {issubclass(cls, (bool, np.bool_)) for cls in values.types}
        self.bools = are_bools == {True, False}
        plain = pd.Series(self._plain(known), dtype=object)
        codes, levels = plain.factorize()
        counts = pd.Series(np.bincount(codes), pd.Index(levels, dtype=object))
        n, d = len(known), len(counts)
        if d > MOST_LEVELS:
            counts = counts.sort_values(ascending=False, kind="stable")[:MOST_LEVELS]
        self.levels = simple(in_order(counts.index.to_numpy(dtype=object)))
        self._lay_out(options)
        self._index()
        if n >= FEW_VALUES and d > n / 2 and d > options.max_one_hot:
            self.note(NEARLY_UNIQUE, f"{values.name!r} ({d} levels in {n} values)")

    def _lay_out(self, options):
        n = len(self.levels)
        if n > options.max_one_hot:
            self.n_levels = n
        else:
            self.extra = [str(level) for level in (self.levels[1:] if n == 2 else self.levels)]

    def _index(self):
        """Lay down by what a level is found, its value."""
        self.codes = {level: i for i, level in enumerate(self.levels, 1)}
        self.met: dict = {}  # what counting has found out of text, which comes again in each part
        vars(self).pop("spellings", None)

    @cached_property
    def spellings(self) -> dict:
        """The codes of levels by another spelling; 0 where several levels share one.

        It takes long where levels are many, and is made when a value is no level as it stands.
        """
        found: dict = {}
        for level, code in self.codes.items():
            for key in spellings(level):
                known = found.get(key, self.codes.get(key, code))
                if known != code:
                    found[key] = 0
                elif key not in self.codes:
                    found[key] = code
        return found

    def __getstate__(self):
        return {k: v for k, v in vars(self).items() if k not in ("codes", "spellings", "met")}

    def __setstate__(self, state):
        vars(self).update(state)
        if "levels" in state:
            self._index()

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
        try:
            codes: list = list(map(self.codes.get, objects))
        except TypeError:  # what can't be hashed
            return self._codes_of(self._hashed(objects, values), values)
        if None in codes:
            codes = [
                self._other(value) if code is None else code
                for value, code in zip(objects, codes, strict=True)
            ]
        return np.array(codes, dtype=np.intp)

    def _hashed(self, objects, values):
        """Return objects with None in place of those that can't be hashed."""
        nested = [not _can_be_hashed(v) for v in objects]
        cells = [v for v, n in zip(objects, nested, strict=True) if n]
        self.not_read(values, cells, len(cells))
        return [None if n else v for v, n in zip(objects, nested, strict=True)]

    def _other(self, value):
        """Return the code of a value that is no level as it stands."""
        if is_missing(value):
            return 0
        for key in spellings(value):
            code = self.spellings.get(key)
            if code is None:
                code = self.codes.get(key)
            if code is not None:
                return code
        return 0


class Boolean(Category):
    """True or false: of dtype bool, objects, or text."""

    kind = "boolean"
    order = 10
    expects = "True, False, or text that says so"
    refuses = "Mm"

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
        if any(words == set(pair) for pair in PAIRS) or words in ({"true"}, {"false"}):
            return cls("text " + " / ".join(sorted(words)))
        return None

    @classmethod
    def force(cls, values, options):
        column = cls("as column_kinds says")
        unknown = [v for v in pd.unique(values.known) if truth_of(v) is None]
        if unknown:
            raise ValueError(
                f"column_kinds says that column {values.name!r} is boolean; it holds "
                f"{values.quote([str(v) for v in unknown])}. Allowed are True, False, 1, 0 and the "
                f"words {', '.join(TRUTH)}."
            )
        return column

    def fit(self, values, options):
        spelled: dict[int, object] = {}
        for value in values.known if len(values.known) < 100 else pd.unique(values.known):
            spelled.setdefault(truth_of(value), value)
        found = [spelled[truth] for truth in sorted(spelled)]
        self.levels = as_objects(found)
        if all(isinstance(level, (bool, np.bool_)) for level in found):
            self.levels = self.levels.astype(bool)
        self.truth_codes = {truth: i for i, truth in enumerate(sorted(spelled), 1)}
        self._lay_out(options)

    def _index(self):
        """Levels are found by what they say."""

    def find(self, values):
        codes = self.truth_codes
        if values.form == "b":
            table = np.array([codes.get(0, 0), codes.get(1, 0)])
            return table[values.array.astype(np.intp)]
        if values.form != "O" and np.isin(values.array[~values.missing], (0, 1)).all():
            code = np.where(values.array == 1, codes.get(1, 0), codes.get(0, 0))
            return np.where(values.missing, 0, code)
        truths = numbers_of(self, values, lambda cells, _: np.array(
            [np.nan if (truth := truth_of(cell)) is None else truth for cell in cells], dtype=float
        ))  # fmt: skip
        return np.array([codes.get(0, 0), codes.get(1, 0), 0])[
            np.where(np.isnan(truths), 2, truths).astype(np.intp)
        ]


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

    def note_constant(self, values):
        """Take no note: it is left out anyway."""

    def transform(self, values):
        return None, None, None

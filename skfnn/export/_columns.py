"""ONNX: what TabularEncoder makes of a table's columns.

:data:`WRITERS` has one entry for each kind of column. Numbers, and all that is one (dates, times
and time spans are seconds), come in double precision, NaN where missing; levels and labels that are
text come as text, "" where missing. All is computed in double precision, as by the encoder.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import compress
from typing import Any, NamedTuple

import numpy as np

from ..preprocessing._columns import Boolean, Category, Column, Dropped, Number
from ..preprocessing._dates import Date, Duration, Time
from ..preprocessing._levels import TRUTH
from ..preprocessing._text import Identifier, Labels
from ..preprocessing._values import MISSING, Values, is_number
from ._onnx import FUNCTIONS

NUMBERS, TEXT = np.dtype(np.float64), np.dtype(object)
WHOLE = np.dtype(np.int64)
# Scaled numbers beyond this are at the limit of the clipping, and can still be squared.
FAR = 1e150


class Made(NamedTuple):
    """What a column becomes, as ``Column.transform`` returns it: tensors of one row per row."""

    number: Any = None
    code: Any = None
    further: Any = None


class Writer(NamedTuple):
    """How a kind of column is written.

    Attributes
    ----------
    input : callable
        Returns for a fitted column the dtype of its input, or None if it needs none.
    write : callable
        Returns for (graph, fitted column, input) what it becomes.
    """

    input: Callable[[Any], np.dtype | None]
    write: Callable[[Any, Any, Any], Made]


class NoFormError(ValueError):
    """What lacks for a column to have an ONNX form."""


def _refusal(column, name, why):
    return ValueError(
        f"Column {name!r} is read as {column.kind}, which {why}. Fit without the column, or with "
        f"another kind: column_kinds={{{name!r}: 'drop'}}."
    )


def _with_writers(encoder):
    """Yield each column, its name and its writer."""
    for column, name in zip(encoder._columns, encoder._names, strict=True):
        writer = WRITERS.get(type(column))
        if writer is None:
            raise _refusal(column, name, "has no ONNX form")
        yield column, name, writer


def inputs(encoder: Any) -> list[tuple[str, np.dtype] | None]:
    """Return the name and dtype of each column's input, None for a column that is left out.

    Raises
    ------
    ValueError
        If a column has no ONNX form.
    """
    found: list[tuple[str, np.dtype] | None] = []
    for i, (column, name, writer) in enumerate(_with_writers(encoder)):
        dtype = writer.input(column)
        shown = f"x{name}" if isinstance(name, int) else str(name) or f"x{i}"
        found.append(None if dtype is None else (shown, dtype))
    return found


def encoded(graph: Any, encoder: Any, given: list[Any]) -> Any:
    """Add the nodes of ``encoder.transform``.

    Parameters
    ----------
    graph : Graph
        Of double precision.
    encoder : TabularEncoder
        Fitted.
    given : list of Value
        The inputs (n, 1): those of the columns that are not left out, or of all of them.

    Returns
    -------
    Value
        Encoded rows, in the encoder's precision.

    Raises
    ------
    ValueError
        If a column has no ONNX form, or inputs are not of its type.
    """
    made = [
        _made(graph, column, name, writer, x)
        for (column, name, writer), x in zip(
            _with_writers(encoder), _for_each(encoder, given), strict=True
        )
        if x is not None
    ]
    numbers, codes, further = (
        [part for part in parts if part is not None] for parts in zip(*made, strict=True)
    )
    parts = [*codes, *further]
    if numbers:
        scaled, missing = _scaled(graph, encoder, beside(graph, numbers))
        parts = [scaled, *codes]
        if len(encoder._with_missing):
            parts.append(graph.node("Gather", missing, encoder._with_missing, dtype=bool, axis=1))
        parts += further
    dtype = np.dtype(encoder.dtype)
    return beside(graph, [graph.cast(part, dtype) for part in parts])


def _for_each(encoder, given):
    """Return the input of each column, None for one that is left out."""
    needed = [needs is not None for needs in inputs(encoder)]
    if len(given) not in (len(needed), sum(needed)):
        raise ValueError(
            f"The encoder was fitted on {len(needed)} columns. The graph gives it {len(given)}."
        )
    rest = iter(given if len(given) == sum(needed) else compress(given, needed))
    return [next(rest) if is_needed else None for is_needed in needed]


def _made(graph, column, name, writer, x):
    """Return what a column becomes."""
    dtype = writer.input(column)
    if (x.dtype == TEXT) != (dtype == TEXT):
        what = "text" if dtype == TEXT else "numbers (of dates and times, seconds)"
        raise ValueError(f"Column {name!r} is read as {column.kind}; its ONNX input is {what}.")
    try:
        return writer.write(graph, column, graph.cast(x, dtype))
    except NoFormError as error:
        raise _refusal(column, name, error) from None


def _scaled(graph, encoder, numbers):
    """Return numbers centred, scaled and clipped, and which of them are missing."""
    missing = graph.node("IsNaN", numbers, dtype=bool)
    known = graph.node("Where", missing, encoder._centre, numbers)
    scaled = graph.node("Mul", graph.node("Sub", known, encoder._centre), encoder._scale)
    scaled = graph.node("Max", graph.node("Min", scaled, np.float64(FAR)), np.float64(-FAR))
    size = graph.node("Sqrt", graph.node("Add", graph.node("Mul", scaled, scaled), np.float64(9)))
    return graph.node("Mul", graph.node("Div", scaled, size), np.float64(3)), missing


def beside(graph: Any, parts: list[Any]) -> Any:
    """Return tensors side by side."""
    if len(parts) == 1:
        return parts[0]
    return graph.node("Concat", *parts, dtype=parts[0].dtype, axis=1)


# ---------------------------------------------------------------- numbers, dates, times


def _number(graph, column, x):
    return Made(number=x)


def _date(graph, column, seconds):
    days = graph.node("Div", seconds, np.float64(86400))
    if not column.cycles:
        return Made(number=days)
    unknown = sorted(set(column.cycles) - set(_TURNS))
    if unknown:
        raise NoFormError(f"comes with {unknown}, which have no ONNX form")
    local = days if column.zone in (None, "UTC") else _local_days(graph, column, seconds)
    waves = [wave for name in column.cycles for wave in _waves(graph, _TURNS[name](graph, local))]
    return Made(number=days, further=beside(graph, waves))


def _time(graph, column, seconds):
    hours = graph.node("Div", seconds, np.float64(3600))
    if not column.extra:
        return Made(number=hours)
    turns = graph.node("Div", hours, np.float64(24))
    return Made(number=hours, further=beside(graph, _waves(graph, turns)))


def _duration(graph, column, seconds):
    return Made(number=graph.node("Div", seconds, np.float64(86400)))


def _waves(graph, turns):
    """Return sine and cosine of turns, 0 where these are missing."""
    angle = graph.node("Mul", turns, np.float64(2 * np.pi))
    missing = graph.node("IsNaN", turns, dtype=bool)
    waves = (FUNCTIONS[function](graph, angle) for function in (np.sin, np.cos))
    return [graph.node("Where", missing, np.float64(0), wave) for wave in waves]


def _floor_of(graph, x, divisor=1.0):
    return graph.node("Floor", graph.node("Div", x, np.float64(divisor)))


def _hour_turns(graph, days):
    return graph.node("Sub", days, _floor_of(graph, days))


def _weekday_turns(graph, days):
    day = _floor_of(graph, graph.node("Add", days, np.float64(3)))  # 1970 began on a Thursday
    weeks = graph.node("Div", day, np.float64(7))
    return graph.node("Sub", weeks, _floor_of(graph, weeks))


def _year_turns(graph, days):
    """Return the share of its year that a date has behind it."""
    day, one = _floor_of(graph, days), np.float64(1)
    year = _floor_of(graph, day, 365.2425)  # since 1970, ...
    early = graph.node(
        "Less", day, _new_year(graph, year), dtype=bool
    )  # ... or the one before, ...
    year = graph.node("Sub", year, graph.cast(early, NUMBERS))
    end = _new_year(graph, graph.node("Add", year, one))
    late = graph.node("Not", graph.node("Less", day, end, dtype=bool), dtype=bool)  # ... or after
    year = graph.node("Add", year, graph.cast(late, NUMBERS))
    start, end = _new_year(graph, year), _new_year(graph, graph.node("Add", year, one))
    length = graph.node("Sub", end, start)
    return graph.node("Div", graph.node("Sub", day, start), length)


def _new_year(graph, year):
    """Return the day on which a year begins, both counted from 1970: leap days are before it."""
    day = graph.node("Mul", year, np.float64(365))
    for since, every, sign in ((1, 4, "Add"), (69, 100, "Sub"), (369, 400, "Add")):
        leaps = _floor_of(graph, graph.node("Add", year, np.float64(since)), every)
        day = graph.node(sign, day, leaps)
    return day


_TURNS = {"hour": _hour_turns, "weekday": _weekday_turns, "yearday": _year_turns}

# Days between which clocks of time zones are followed, 1900 to 2100; beyond, they stand as there.
_CLOCKS = np.arange(-25567.0, 47482.0)


def _local_days(graph, column, seconds):
    """Return days as the clocks of the column's time zone show them."""

    def ahead(moments):
        return np.round((column._local(moments) - moments) * 86400)

    offsets = ahead(_CLOCKS)
    changed = np.flatnonzero(np.diff(offsets))
    before, after = _CLOCKS[changed], _CLOCKS[changed + 1]
    for _ in range(18):  # to a second of a day
        middle = (before + after) / 2
        early = ahead(middle) == offsets[changed]
        before, after = np.where(early, middle, before), np.where(early, after, middle)
    offset = offsets[0]
    if len(changed):
        changes, steps = np.round(after * 86400), np.diff(offsets)[changed, None]
        passed = graph.node("Not", graph.node("Less", seconds, changes, dtype=bool), dtype=bool)
        moved = graph.node("MatMul", graph.cast(passed, NUMBERS), steps)
        offset = graph.node("Add", moved, offset)
    return graph.node("Div", graph.node("Add", seconds, offset), np.float64(86400))


# ---------------------------------------------------------------- levels

# Fewer levels that are numbers are compared one by one.
MANY = 32

_NUMBER = re.compile(r"\s*[+-]?\d+(\.\d*)?\s*")


def _levels_input(column):
    """Return numbers, where all levels are numbers or booleans, else text."""
    plain = all(isinstance(v, (bool, np.bool_)) or is_number(v) for v in column.levels)
    return NUMBERS if plain and len(column.levels) else TEXT


def _category(graph, column, x):
    codes = _codes_of_text if x.dtype == TEXT else _codes_of_numbers
    code = codes(graph, column, x)
    if column.n_levels:
        return Made(code=code)
    n = len(column.levels)
    if n == 2:
        signs = np.array([0.0, -1.0, 1.0])
        return Made(further=graph.node("Gather", signs, code, axis=0))
    if not n:
        return Made()
    same = graph.node("Equal", code, np.arange(1, n + 1), dtype=bool)
    return Made(further=graph.cast(same, NUMBERS))


def _codes(column, values):
    """Return the codes of the values that the column finds, by value."""
    found = column.find(Values("", np.array([*values, None], dtype=object)[:-1]))
    return {v: int(code) for v, code in zip(values, found, strict=True) if code}


def _codes_of_text(graph, column, x):
    """Return the codes of text: of each level as it is written, and of other ways to write it."""
    texts = [str(level) for level in column.levels]
    written = [*texts, *map(str.strip, texts), "0", "1", "0.0", "1.0"]
    written += [form(word) for word in TRUTH for form in (str, str.upper, str.capitalize)]
    for text in filter(_NUMBER.fullmatch, texts):
        written += [str(float(text)), f"{float(text):.0f}"]  # the latter of whole numbers only
    return looked_up(graph, x, _codes(column, dict.fromkeys(written)))


def _codes_of_numbers(graph, column, x):
    table = _codes(column, dict.fromkeys(float(level) for level in column.levels))
    levels, codes = np.array(list(table)), np.array(list(table.values()))
    if len(levels) > MANY and (levels == np.rint(levels)).all() and abs(levels).max() < 2**53:
        return _codes_of_wholes(graph, x, levels.astype(WHOLE), codes)
    same = graph.cast(graph.node("Equal", x, levels, dtype=bool), NUMBERS)
    return graph.cast(graph.node("MatMul", same, codes[:, None].astype(NUMBERS)), WHOLE)


def _codes_of_wholes(graph, x, levels, codes):
    is_whole = graph.node("Equal", x, graph.node("Floor", x), dtype=bool)  # not so NaN
    none = np.float64(levels.min() - 1)
    whole = graph.cast(graph.node("Where", is_whole, x, none), WHOLE)
    return looked_up(graph, whole, dict(zip(levels.tolist(), codes.tolist(), strict=True)))


def looked_up(graph: Any, x: Any, table: dict) -> Any:
    """Return what a table says of each text or whole number, 0 of others."""
    keys = "keys_int64s" if x.dtype == WHOLE else "keys_strings"
    table = table or {"": 0}
    return graph.node(
        "LabelEncoder", x, dtype=WHOLE, op_domain="ai.onnx.ml", op_version=2,
        values_int64s=list(table.values()), default_int64=0, **{keys: list(table)},
    )  # fmt: skip


# ---------------------------------------------------------------- labels


def _labels(graph, column, x):
    if not column.extra:
        return Made()
    if not column.labels:
        raise NoFormError("has too many labels for a column each, and so no ONNX form")
    if graph.opset < 20:
        raise NoFormError(f"needs target_opset=20 or more. Got {graph.opset}")
    separator, space = re.escape(column.separator), r"[\s\v\x1c-\x1f\x{85}\pZ]*"
    missing = looked_up(graph, x, dict.fromkeys(sorted(MISSING), 1))  # though one may be a label
    known = graph.node("Equal", missing, np.int64(0), dtype=bool)
    found = []
    for label in column.labels:
        pattern = f"(?s)(.*{separator})?{space}{re.escape(label)}{space}({separator}.*)?"
        match = graph.node("RegexFullMatch", x, dtype=bool, pattern=pattern)
        found.append(graph.cast(graph.node("And", match, known, dtype=bool), NUMBERS))
    return Made(further=beside(graph, found))


def _always(dtype):
    return lambda column: dtype


WRITERS: dict[type[Column], Writer] = {
    Number: Writer(_always(NUMBERS), _number),
    Date: Writer(_always(NUMBERS), _date),
    Time: Writer(_always(NUMBERS), _time),
    Duration: Writer(_always(NUMBERS), _duration),
    Category: Writer(_levels_input, _category),
    Boolean: Writer(_levels_input, _category),
    Labels: Writer(_always(TEXT), _labels),
    Dropped: Writer(_always(None), _number),  # never written
    Identifier: Writer(_always(None), _number),
}

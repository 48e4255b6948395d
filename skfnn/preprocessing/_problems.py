"""What may look wrong with columns: what it is, and what to do about it.

Each is a pair of texts, formatted with the names of columns and with the first of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._engine.support.warn import warn
from ._column_warning import ColumnWarning
from ._values import Values

CONSTANT = (
    "Columns with the same value everywhere, which say nothing",
    "Leave them out of X, or by column_kinds={{{0!r}: 'drop'}}.",
)
IDENTIFIER = (
    "Text columns that differ in every row and share no words, taken for identifiers and left out",
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
    "Columns of numbers, dates or times with some text that cannot be read, which counts as "
    "missing",
    "If that text says something, column_kinds={{{0!r}: 'category'}}.",
)
SIGNS = (
    "Columns of numbers in which a sign could be one of thousands or of decimals",
    "Say it by column_kinds={{{0!r}: \"number(decimal=',')\"}}, or \"number(decimal='.')\".",
)
PERCENT = (
    "Columns of numbers with and without a percent sign",
    "Say what the sign multiplies by: column_kinds={{{0!r}: 'number(percent=0.01)'}}, or 1.",
)
AMBIGUOUS = (
    "Columns of dates whose day and month could be the other way round",
    "Say it by column_kinds={{{0!r}: \"date(format='%d/%m/%Y')\"}}, or text like '2026-01-31'.",
)


def warn_of_columns(names: Sequence[Any], columns: Sequence[Any]) -> None:
    """Warn of what looks wrong with fitted columns, once a kind of problem."""
    found: dict = {}
    for name, column in zip(names, columns, strict=True):
        for problem, text in column.problems:
            found.setdefault(problem, []).append((name, text))
    for (what, advice), those in found.items():
        told = ", ".join(text for _, text in those[:5])
        told += f" and {len(those) - 5} more" if len(those) > 5 else ""
        warn(f"{what}: {told}. {advice.format(those[0][0])}", ColumnWarning)


def warn_of_cells(column: Any, values: Values) -> None:
    """Warn of cells that were not read, or read by a guess, by a text that is always the same."""
    name = values.name
    if values.n_unread:
        text = (
            f"Column {name!r} is read as {column.kind}; cells that say none count as missing. See "
            "the warning's n_cells and examples."
        )
        warn(ColumnWarning(text, name, values.n_unread, values.examples(values.unread)))
    if values.doubtful:
        text = (
            f"Column {name!r} is read as {column.kind}; cells with signs of decimals, thousands or "
            "per cent of which fit does not tell the meaning are read by a guess. Say it by "
            f"column_kinds={{{name!r}: \"number(decimal=',')\"}}, or 'number(percent=0.01)'."
        )
        doubtful = values.doubtful
        warn(ColumnWarning(text, name, len(doubtful), values.examples(doubtful)))

"""What the user says of a column: a kind, and how its text is read."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from typing import Any

from ._columns import Column


def said_kind(key: Hashable, given: Any) -> tuple[str, dict[str, Any]]:
    """Return the kind, and what is said behind it: "number(decimal=',')".

    Raises
    ------
    ValueError
        If it is not known; the message names ``column_kinds[key]``.
    """
    allowed = sorted(set(Column.registry) - {"identifier"})
    kind, said = given, {}
    if isinstance(given, str) and "(" in given:
        kind, said = _call(given)
    if kind not in allowed:
        raise ValueError(
            f"column_kinds[{key!r}] must be one of {', '.join(map(repr, allowed))}, with what "
            f"is to be said of its text behind: \"number(decimal=',')\". Got {given!r}."
        )
    takes = Column.registry[kind].takes
    for name, value in said.items():
        allowed_values = takes.get(name, ())
        types = tuple(v for v in allowed_values if isinstance(v, type))
        if value in allowed_values or (types and isinstance(value, types)):
            continue
        known = ", ".join(f"{n}={_shown(v)}" for n, v in takes.items()) or "nothing"
        raise ValueError(
            f"column_kinds[{key!r}]: behind {kind!r} may stand {known}. Got {given!r}."
        )
    return kind, said


def _call(text):
    """Return the name and the keywords of a call in text, ("", {}) if it is none."""
    try:
        call = ast.parse(text.strip(), mode="eval").body
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.args:
            return call.func.id, {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError):
        pass
    return "", {}


def _shown(allowed):
    return " or ".join("a number" if v is float else "text" if v is str else repr(v)
                       for v in allowed if v is not int)  # fmt: skip

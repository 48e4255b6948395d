"""Levels of categories: their order, how a file holds them, and how else they may be written."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._values import as_number, as_objects, is_number


def spellings(value: Any) -> list:
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


def simple(levels: np.ndarray) -> np.ndarray:
    """Return levels as text, numbers and booleans, which a file can hold."""
    if all(isinstance(level, (str, bool, int, float)) for level in levels):
        return levels
    return as_objects([as_simple(level) for level in levels])


def as_simple(level: Any) -> Any:
    """Return a level as text, a number or a boolean."""
    if isinstance(level, np.generic) and level.dtype.kind in "iufb":
        return level.item()
    if isinstance(level, (str, bool, int, float)):
        return level
    return as_number(level) if is_number(level) else str(level)


def in_order(levels: np.ndarray) -> np.ndarray:
    """Return levels in order: as numbers where all of them say some, else by type and value."""
    try:
        return as_objects(sorted(levels, key=lambda v: (float(v), str(v))))
    except (TypeError, ValueError, OverflowError):  # not all of them say numbers
        pass
    try:
        return np.sort(levels)
    except TypeError:  # of several types
        return as_objects(sorted(levels, key=lambda v: (str(type(v)), str(v))))


PAIRS = [("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"), ("off", "on")]
TRUTH = {word: i for pair in PAIRS for i, word in enumerate(pair)}


def truth_of(value: Any) -> int | None:
    """Return 0 or 1 for what says false or true, else None."""
    if isinstance(value, str):
        word = value.strip().lower()
        truth = TRUTH.get(word)
        return {"0": 0, "1": 1, "0.0": 0, "1.0": 1}.get(word) if truth is None else truth
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if is_number(value) and value in (0, 1):
        return int(value)
    return None

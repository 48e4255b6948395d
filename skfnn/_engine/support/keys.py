"""Dictionaries whose keys files of skops do not keep: they become pairs there."""

from __future__ import annotations

from typing import Any

import numpy as np

# JSON writes them as text that their type does not read: bool("false") is True.
_UNKEPT = (bool, np.bool_, tuple, type(None))


class Items:
    """The keys and values of a dictionary, of any type.

    Parameters
    ----------
    pairs : list of (key, value)
        In their order.
    """

    def __init__(self, pairs: list[tuple[Any, Any]]) -> None:
        self.pairs = pairs


def as_items(value: Any) -> Any:
    """Return a parameter as files can keep it: itself, but for dictionaries with such keys."""
    if isinstance(value, list) and any(type(each) is dict for each in value):  # one a target
        return [as_items(each) for each in value]
    if type(value) is dict and any(isinstance(key, _UNKEPT) for key in value):
        return Items([*value.items()])
    return value


def as_dicts(value: Any) -> Any:
    """Return a parameter as it was before ``as_items``."""
    if isinstance(value, list) and any(isinstance(each, Items) for each in value):
        return [as_dicts(each) for each in value]
    return dict(value.pairs) if isinstance(value, Items) else value

"""Names that a public module had in the release before: they are found, with a warning."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from .warn import warn


def retired(module: str, things: dict[Any, str]) -> Callable[[str], Any]:
    """Take names out of a public module; return its ``__getattr__``, which still finds them.

    Pickles of the release before find their classes by it, too.

    Parameters
    ----------
    module : str
        The module, where all of them are.
    things : dict of class or function to str
        What to write in its place, or where it is now: a sentence.
    """
    # It is listed, shown and documented no longer.
    held = {
        thing.__name__: (vars(sys.modules[module]).pop(thing.__name__), advice)
        for thing, advice in things.items()
    }

    def find(name: str) -> Any:
        if name not in held:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        thing, advice = held[name]
        warn(f"{module}.{name} will be gone in 0.4. {advice}", FutureWarning)
        return thing

    return find

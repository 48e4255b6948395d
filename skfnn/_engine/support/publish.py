"""The public path of a class, wherever its file is."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def publish(module: str, names: Iterable[str]) -> None:
    """Give the classes and functions of a public module its path as their ``__module__``.

    So pickles, skops files, messages and the documentation name ``skfnn.layers.Dense`` and do not
    know in which file it is. What another public module has published keeps that path.
    """
    package = module.partition(".")[0]
    for name in names:
        thing = getattr(sys.modules[module], name)
        path = getattr(thing, "__module__", "").split(".")
        if (
            path[0] == package
            and any(part.startswith("_") for part in path)
            and path != module.split(".")
        ):
            thing.__module__ = module

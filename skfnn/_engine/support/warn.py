"""Warnings that point at the user's line."""

from __future__ import annotations

import sys
import warnings

_INSIDE = ("skfnn", "sklearn")


def warn(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that called the package, however deep inside it this is.

    A message that is a warning has its own category.
    """
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and _package(frame) in _INSIDE:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _package(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0]

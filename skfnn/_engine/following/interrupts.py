"""Ctrl-C: once ends a fit and keeps what it has learned, twice ends everything."""

from __future__ import annotations

import time

# A second interrupt within TWICE seconds is not about one fit: it ends the search, too.
TWICE = 1.0
_last = [-float("inf")]
_heeded = [0]


def heed(interrupt: KeyboardInterrupt) -> None:
    """Take an interrupt as the wish to end one fit and keep its model.

    Raises
    ------
    KeyboardInterrupt
        The same, if another fit was ended in this way a second ago or less.
    """
    before, _last[0] = _last[0], time.monotonic()
    if _last[0] - before < TWICE:
        raise interrupt
    _heeded[0] += 1


def heeded() -> int:
    """Return how many interrupts have ended a fit so far."""
    return _heeded[0]


def forget() -> None:
    """Let the next interrupt be the first."""
    _last[0] = -float("inf")

"""Calls: how NumPy calls are written down, bound and run.

A call is a tuple ``(function, *arguments)``, the array written usually last. Parts yield calls;
``bind`` turns them into a program, a list of objects that run without arguments.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

Call = tuple[Any, ...]

# NumPy takes the output of these two by keyword only.
_KEYWORD_OUT = (np.maximum, np.minimum)


def bind(calls: Iterable[Call], dtype) -> list[partial]:
    """Turn calls into objects that run without arguments.

    Python floats become 0-d arrays of ``dtype``: it is the cheapest scalar for NumPy, and it keeps
    float32 from being promoted.
    """
    program = []
    for function, *arguments in calls:
        values = [np.asarray(a, dtype) if isinstance(a, float) else a for a in arguments]
        if function in _KEYWORD_OUT:
            program.append(partial(function, *values[:2], out=values[2]))
        else:
            program.append(partial(function, *values))
    return program


def replay(program: Sequence[partial]) -> None:
    """Run a bound program."""
    for call in program:
        call()


def zeros(shape: int | tuple[int, ...], dtype) -> np.ndarray:
    """Return zeros that begin on a cache line.

    NumPy aligns to 16 bytes, and a vector register loaded across two cache lines takes up to twice
    the time.
    """
    dtype = np.dtype(dtype)
    size = (shape if isinstance(shape, int) else math.prod(shape)) * dtype.itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.__array_interface__["data"][0] % 64
    return raw[start : start + size].view(dtype).reshape(shape)

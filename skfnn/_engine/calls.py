"""Calls: how NumPy calls are written down, bound and run.

A call is a tuple ``(function, *arguments)``, the array written usually last. Parts yield calls;
``bind`` turns them into a program, a list of objects that run without arguments. Some calls are
cheaper in another form than the obvious one; that form is chosen here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy.linalg import blas

Call = tuple[Any, ...]
# NumPy takes the output of these two by keyword only.
_KEYWORD_OUT = (np.maximum, np.minimum)
# The products of a number and a vector in BLAS, which work in place.
_LEVEL_1 = {"f": (blas.sscal, blas.saxpy), "d": (blas.dscal, blas.daxpy)}
# Up to here a call of BLAS costs a fraction of NumPy's. Beyond, memory decides, and from 10,000
# elements on OpenBLAS would wake its threads.
SHORT = 2**13


class Constants:
    """Arrays full of one number, shared by the programs of a workspace."""

    def __init__(self):
        self._flat: dict[tuple, np.ndarray] = {}

    def like(self, array: np.ndarray, value: float) -> np.ndarray:
        """Return ``value`` in the shape and memory order of a contiguous array."""
        key = value, array.dtype
        if key not in self._flat or self._flat[key].size < array.size:
            self._flat[key] = zeros(array.size, array.dtype)
            self._flat[key].fill(value)
        flat = self._flat[key][: array.size]
        return (
            flat.reshape(array.shape) if array.flags.c_contiguous else flat.reshape(array.T.shape).T
        )


def bind(calls: Iterable[Call], dtype, constants: Constants | None = None) -> list[partial]:
    """Turn calls into objects that run without arguments.

    Python floats become 0-d arrays of ``dtype``: it is the cheapest scalar for NumPy, and it keeps
    float32 from being promoted. Only ``maximum`` and ``minimum`` are four times faster on two
    arrays than on an array and a number.
    """
    program = []
    constants = constants or Constants()
    for function, *arguments in calls:
        values = [np.asarray(a, dtype) if isinstance(a, float) else a for a in arguments]
        if function in _KEYWORD_OUT:
            a, b, out = values
            if isinstance(arguments[1], float) and _alike(a, out):
                b = constants.like(out, arguments[1])
            program.append(partial(function, a, b, out=out))
        else:
            program.append(partial(function, *values))
    return program


def _alike(a, out):
    """Return whether two arrays are contiguous in the same order, and of one type and shape."""
    same = a.shape == out.shape and a.dtype == out.dtype
    return same and (
        (a.flags.c_contiguous and out.flags.c_contiguous)
        or (a.flags.f_contiguous and out.flags.f_contiguous)
    )


def scale(x: np.ndarray, factor) -> Iterator[Call]:
    """Yield the call for ``x *= factor`` on a vector."""
    if 0 < x.size <= SHORT:
        yield _LEVEL_1[x.dtype.char][0], factor, x
    else:
        yield np.multiply, x, factor, x


def add_scaled(y: np.ndarray, x: np.ndarray, factor, tmp: np.ndarray) -> Iterator[Call]:
    """Yield the calls for ``y += factor * x`` on vectors. Sets: ``y``, ``tmp`` (may be ``x``)."""
    if 0 < x.size <= SHORT:
        yield _LEVEL_1[x.dtype.char][1], x, y, x.size, factor
    else:
        yield np.multiply, x, factor, tmp
        yield np.add, y, tmp, y


def add(y: np.ndarray, x: np.ndarray) -> Iterator[Call]:
    """Yield the call for ``y += x`` on vectors."""
    if 0 < x.size <= SHORT:
        yield _LEVEL_1[x.dtype.char][1], x, y
    else:
        yield np.add, y, x, y


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

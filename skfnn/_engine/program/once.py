"""Hoist the calls of a prediction whose result is the same for every batch.

A layer writes its calls as if its batch were the only one. What further batches have in common is
seen here, by what each call says that it reads and writes; the bits stay the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Number
from typing import Any

import numpy as np

from .calls import Call, zeros

# Functions, beside NumPy's ufuncs and their methods, whose results depend on their arguments alone.
_PURE = frozenset({np.copyto, np.dot, np.take})
_BY_ROW = frozenset({np.add, np.subtract, np.multiply, np.divide})
# A row is repeated up to about ROW_ELEMENTS elements: they stay in the fastest cache.
ROW_ELEMENTS = 2**13


def apart(calls: Iterable[Call], X: Any) -> tuple[list[Call], list[Call]]:
    """Return the calls whose results are the same for each batch, and the others.

    Those can run once, before these, until parameters change.

    Parameters
    ----------
    calls : iterable of Call
        The calls of a forward pass.
    X : ndarray or sparse batch
        What is given before each batch.
    """
    calls = list(calls)
    ever = {_owner(array) for call in calls for array in call.outputs}
    varying: set[int] = set()
    memory = {_owner(X)} if isinstance(X, np.ndarray) else set()  # whatever varies
    before = -1
    while len(varying) > before:
        before = len(varying)
        written: set[int] = set()  # so far, by any call
        touched: set[int] = set()  # so far, by calls that vary
        for i, call in enumerate(calls):
            outputs = {_owner(array) for array in call.outputs}
            inputs = {_owner(array) for array in call.read()}
            left = inputs & ever - written  # by the batch before
            if left or (inputs | outputs) & memory or outputs & touched or not _settled(call):
                varying.add(i)
                memory |= outputs
                touched |= inputs | outputs
            written |= outputs
    once = [call for i, call in enumerate(calls) if i not in varying]
    return once, [call for i, call in enumerate(calls) if i in varying]


def in_long_rows(once: list[Call], each: list[Call]) -> tuple[list[Call], list[Call]]:
    """Replace row-wise broadcasts by long ones.

    The row is repeated once, so that NumPy's inner loop covers several rows.

    Parameters
    ----------
    once, each : list of Call
        What ``apart`` returns.
    """
    varies = {_owner(array) for call in each for array in call.outputs}
    once, result = list(once), []
    for call in each:
        times = _times(call) if _by_row(call) and _owner(call.inputs[1]) not in varies else 1
        if times > 1:
            X, row = call.inputs
            long = zeros((times, row.size), row.dtype)
            shape = -1, long.size
            once.append(Call(np.copyto, row, out=long))
            long_call = Call(
                call.function, X.reshape(shape), long.reshape(-1), out=call.out.reshape(shape)
            )
            once[-1].origin = long_call.origin = call.origin
            call = long_call
        result.append(call)
    return once, result


def _by_row(call):
    """Return whether a call does the same with a row and each row of a contiguous array."""
    if call.function not in _BY_ROW or call.options or len(call.inputs) != 2:
        return False
    (X, row), Y = call.inputs, call.out
    return (
        isinstance(X, np.ndarray) and isinstance(row, np.ndarray) and row.size > 1
        and X.shape == Y.shape and X.shape[1:] == row.shape
        and X.dtype == Y.dtype == row.dtype
        and X.flags.c_contiguous and Y.flags.c_contiguous
    )  # fmt: skip


def _times(call):
    """Return how often a row is laid out: a divisor of the number of rows, at most a quarter."""
    X, row = call.inputs
    most = min(ROW_ELEMENTS // row.size, len(X) // 4)
    return next((times for times in range(most, 0, -1) if len(X) % times == 0), 1)


def _settled(call):
    """Return whether a call's result depends on arrays and numbers alone."""
    function = call.function
    pure = function in _PURE or isinstance(getattr(function, "__self__", function), np.ufunc)
    return pure and all(isinstance(value, (np.ndarray, Number)) for value in call.inputs)


def _owner(array):
    """Return what tells the memory that an array lies in."""
    return id(array if array.base is None else array.base)

"""Listings: calls as lines of text, with the names of their arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .calls import Call, function_name


class Names:
    """The names of arrays, for listings.

    Parameters
    ----------
    named : dict of str to ndarray
        Arrays by name.
    """

    def __init__(self, named: dict[str, np.ndarray]) -> None:
        self._exact: dict[tuple, str] = {}
        self._any_rows: dict[tuple, str] = {}
        for name, array in named.items():
            self._exact.setdefault(_address(array), name)
            self._any_rows.setdefault(_address(array, array.shape[1:]), name)

    def line(self, call: Call) -> str:
        """Return a call as ``written = function(read)``."""
        given = [self.show(value) for value in call.inputs]
        given += [f"{name}={self.show(value)}" for name, value in call.options.items()]
        written = ", ".join(self.show(array) for array in call.outputs)
        return f"{written} = {function_name(call.function)}({', '.join(given)})"

    def show(self, value: Any) -> str:
        """Return the name of an array; anything else as text."""
        if not isinstance(value, np.ndarray):
            if isinstance(value, np.random.Generator):
                return "rng"
            return f"{value:.6g}" if isinstance(value, float) else str(value)
        return self._find(value) or f"array{value.shape}"

    def _find(self, array):
        name = self._exact.get(_address(array))
        if name is None and array.ndim == 0:
            name = self._exact.get(_address(array.reshape(1)))
        if name is None and array.ndim == 2:
            name = self._exact.get(_address(array.T))
            name = name and f"{name}.T"
        # Batches of other sizes lie in the same memory.
        return name or self._any_rows.get(_address(array, array.shape[1:]))


def _address(array, shape=None):
    start = array.__array_interface__["data"][0]
    return start, array.ndim, array.shape if shape is None else shape, array.strides, array.dtype

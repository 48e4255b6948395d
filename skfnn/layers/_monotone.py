"""An activation for networks that are monotone in some columns."""

from __future__ import annotations

from numbers import Integral
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Reads
from .._sklearn import Interval
from ..activations import Activation
from ._activation import Activate, _resolved

# Of the units, those that are sorted in pairs.
PAIRED = 0.25


class MonotoneActivate(Activate):
    r"""An activation that does not decrease, in four forms, so that sums bend both ways.

    A quarter of the first units have :math:`f(z)`, a quarter :math:`-f(-z)`, and a quarter
    :math:`\mathrm{sign}(z) (f(1) - f(1 - |z|))`, which goes by the first on one side and by the
    second on the other: with a convex :math:`f` and weights that are not negative a network of the
    first form alone would be convex. The units of the last quarter are sorted in pairs, the larger
    number first: the maximum and the minimum of two units, which sums of bends would be long in
    learning. Sources: Runje and Shankaranarayana, "Constrained Monotonic Neural Networks", 2023;
    Sill, "Monotonic Networks", 1997.

    Parameters
    ----------
    activation : str or Activation, default="relu"
        The function f; see :mod:`skfnn.activations`.
    n_units : int, default=None
        How many units, the first ones, have the four forms; None is all. The others have f.

    Examples
    --------
    >>> from skfnn.layers import MonotoneActivate
    >>> MonotoneActivate("elu")
    MonotoneActivate(activation='elu')
    """

    name = "monotone_activate"
    inplace = False
    _parameter_constraints: ClassVar = {
        "activation": [str, Activation],
        "n_units": [Interval(Integral, 0, None, closed="left"), None],
    }

    def __init__(self, activation="relu", n_units=None) -> None:
        self.activation = activation
        self.n_units = n_units

    @property
    def reads(self):
        return Reads.NOTHING

    @property
    def pure_activation(self):
        return None

    @property
    def keeps_scratch(self):
        return True

    def scratch(self, n_in):
        swapped = self._n_pairs(n_in)
        pairs = ((swapped, float), (swapped, float)) if swapped else ()
        return ((n_in, float), (n_in, float), *super().scratch(n_in), *pairs)

    def _n_formed(self, width):
        return width if self.n_units is None else min(self.n_units, width)

    def _n_pairs(self, width):
        """Return how many pairs of units are sorted."""
        return int(self._n_formed(width) * PAIRED) // 2

    def _forms(self, *arrays):
        """Yield (form, its columns of each array), the forms that have columns."""
        width = arrays[0].shape[1]
        n, pairs = self._n_formed(width), self._n_pairs(width)
        third = (n - 2 * pairs) // 3
        places = (
            ("pairs", 0, 2 * pairs), ("as it is", 2 * pairs, n - 2 * third),
            ("mirrored", n - 2 * third, n - third), ("bounded", n - third, n),
            ("as it is", n, width),
        )  # fmt: skip
        for form, start, stop in places:
            if start < stop:
                yield form, *(array[:, start:stop] for array in arrays)

    def _parts(self, cell):
        """Return the work arrays: input and output of f, those of f, those of pairs."""
        Z, A, *rest = cell.scratch
        n = len(super().scratch(1))
        return Z, A, rest[:n], rest[n:]

    def forward(self, X, Y, cell, training):
        Z, A, scratch, swaps = self._parts(cell)
        for form, x, z in self._forms(X, Z):
            if form in ("as it is", "pairs"):
                yield Call(np.copyto, x, out=z)
            elif form == "mirrored":
                yield Call(np.multiply, x, -1.0, out=z)  # see below
            else:
                yield Call(np.absolute, x, out=z)
                yield Call(np.subtract, 1.0, z, out=z)
        function = _resolved(self.activation)
        yield from function.forward(Z, A, scratch)
        for form, x, a, y in self._forms(X, A, Y):
            if form == "as it is":
                yield Call(np.copyto, a, out=y)
            elif form == "mirrored":
                # NumPy's negative is wrong for one column of float32 (2.4.6 with AVX-512).
                yield Call(np.multiply, a, -1.0, out=y)
            elif form == "bounded":
                yield Call(np.subtract, float(function(1.0)), a, out=y)
                yield Call(np.copysign, y, x, out=y)
            else:
                (first, second), (high, low) = _halves(x), _halves(y)
                if training:
                    yield Call(np.less, first, second, out=swaps[0])
                yield Call(np.maximum, first, second, out=high)
                yield Call(np.minimum, first, second, out=low)

    def backward(self, dY, X, Y, cell, dX):
        if dX is None:
            return
        Z, A, scratch, swaps = self._parts(cell)
        function = _resolved(self.activation)
        yield Call(np.copyto, dY, out=dX)
        # The chain rule takes each sign that was changed back: the slope is f' in three forms.
        yield from function.backward(dX, function.reference(Z, A), scratch)
        for form, dy, dx in self._forms(dY, dX):
            if form == "pairs":
                swapped, work = swaps
                (high, low), (first, second) = _halves(dy), _halves(dx)
                yield Call(np.subtract, high, low, out=work)
                yield Call(np.multiply, work, swapped, out=work)
                yield Call(np.subtract, high, work, out=first)
                yield Call(np.add, low, work, out=second)

    @classmethod
    def examples(cls):
        """Of functions whose derivatives read different things."""
        return [cls(), cls("softplus", 3), cls("tanh", 0), cls("elu", 1)]


def _halves(array):
    """Return the columns of the first and of the second of each pair."""
    n = array.shape[1] // 2
    return array[:, :n], array[:, n:]

"""An activation for networks that are monotone in some columns."""

from __future__ import annotations

from numbers import Integral
from typing import ClassVar

import numpy as np

from .._engine.calls import Call
from .._engine.layer import Reads
from .._sklearn import Interval
from ..activations import Activation
from ._activation import Activate, _resolved


class MonotoneActivate(Activate):
    r"""An activation that does not decrease, in three forms, so that sums bend both ways.

    A third of the first units have :math:`f(z)`, a third :math:`-f(-z)`, the others
    :math:`\mathrm{sign}(z) (f(1) - f(1 - |z|))`, which goes by the first on one side and by the
    second on the other. With a convex :math:`f` and weights that are not negative a network of the
    first form alone would be convex. Source: Runje and Shankaranarayana, "Constrained Monotonic
    Neural Networks", 2023.

    Parameters
    ----------
    activation : str or Activation, default="relu"
        The function f; see :mod:`skfnn.activations`.
    n_units : int, default=None
        How many units, the first ones, have the three forms; None is all. The others have f.

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
        return ((n_in, float), (n_in, float), *super().scratch(n_in))

    def _forms(self, *arrays):
        """Yield (form, its columns of each array), the forms that have columns."""
        width = arrays[0].shape[1]
        n = width if self.n_units is None else min(self.n_units, width)
        first, second = n - 2 * (n // 3), n - n // 3
        for form, start, stop in (
            ("as it is", 0, first), ("mirrored", first, second), ("bounded", second, n),
            ("as it is", n, width),
        ):  # fmt: skip
            if start < stop:
                yield form, *(array[:, start:stop] for array in arrays)

    def forward(self, X, Y, cell, training):
        Z, A, *scratch = cell.scratch
        for form, x, z in self._forms(X, Z):
            if form == "as it is":
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
            else:
                yield Call(np.subtract, float(function(1.0)), a, out=y)
                yield Call(np.copysign, y, x, out=y)

    def backward(self, dY, X, Y, cell, dX):
        if dX is None:
            return
        Z, A, *scratch = cell.scratch
        function = _resolved(self.activation)
        yield Call(np.copyto, dY, out=dX)
        # The chain rule takes each sign that was changed back: the slope is f' in all forms.
        yield from function.backward(dX, function.reference(Z, A), scratch)

    @classmethod
    def examples(cls):
        """Of functions whose derivatives read different things."""
        return [cls(), cls("softplus", 3), cls("tanh", 0), cls("elu", 1)]

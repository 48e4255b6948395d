"""Constraints: what the weights of a layer are held to, ``Linear(64, constraint="max_norm")``.

Minibatch solvers project: after each update, the step's program moves the array to the nearest
place that is allowed. L-BFGS keeps lower bounds by itself. Initial weights are moved there, too.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np

from ._engine.program.calls import Call
from ._engine.program.constraint import Constraint
from ._engine.support.publish import publish
from ._sklearn import Interval

__all__ = ["Constraint", "MaxNorm", "Monotone", "NonNegative", "UnitNorm"]

publish(__name__, ["Constraint"])


def constraint_of(layer: Any) -> Constraint | None:
    """Return the constraint that a layer's hyper-parameter ``constraint`` names, or None."""
    return None if layer.constraint is None else Constraint.resolve(layer.constraint, "constraint")


class NonNegative(Constraint):
    """No weight is negative.

    Examples
    --------
    >>> from skfnn.constraints import NonNegative
    >>> NonNegative().projected([[-1.0, 2.0], [-3.0, 4.0]])
    array([[0., 2.],
           [0., 4.]])
    """

    name = "non_negative"
    aliases = ("non_neg",)

    def project(self, array, scratch):
        yield Call(np.maximum, array, 0.0, out=array)

    def bounds(self, shape):
        return np.zeros(shape), np.full(shape, np.inf)


class Monotone(Constraint):
    """The first units do not fall in inputs of direction 1, nor rise in those of direction -1.

    Weights from the ones to these units are not negative, from the others not positive. The other
    units do not see either, so that only inputs of direction 0 enter them. A layer whose inputs are
    such units has directions of its own: 1 for the first ones, and 0. With activations that do not
    decrease, a network of such layers has the directions of its first one; that is what
    ``FNNRegressor(monotonic_cst=[...])`` is.

    Parameters
    ----------
    directions : array-like of {-1, 0, 1}, default=None
        One for each input, a row of ``W``; None is 1 for all.
    n_units : int, default=None
        How many units, the first columns of ``W``, have the directions; None is all.
    seals : bool, default=True
        Whether the other units do not see inputs with a direction; if not, their weights are free.

    Examples
    --------
    >>> from skfnn.constraints import Monotone
    >>> Monotone([1, -1, 0], n_units=2).projected([[-1.0, 2.0, 3.0]] * 3)
    array([[ 0.,  2.,  0.],
           [-1.,  0.,  0.],
           [-1.,  2.,  3.]])
    """

    name = "monotone"
    _parameter_constraints: ClassVar = {
        "directions": ["array-like", None],
        "n_units": [Interval(Integral, 0, None, closed="left"), None],
        "seals": ["boolean"],
    }

    def __init__(self, directions=None, n_units=None, seals=True) -> None:
        self.directions = directions
        self.n_units = n_units
        self.seals = seals

    def _of(self, n_inputs):
        """Return the direction of each input."""
        if self.directions is None:
            return np.ones(n_inputs)
        directions = np.asarray(self.directions)
        if directions.shape != (n_inputs,) or not np.isin(directions, (-1, 0, 1)).all():
            raise ValueError(
                f"directions must hold -1, 0 or 1 for each of {n_inputs} inputs. Got "
                f"{self.directions!r}."
            )
        return directions

    def bounds(self, shape):
        directions = self._of(shape[0])
        lower, upper = np.full(shape, -np.inf), np.full(shape, np.inf)
        lower[directions > 0, : self.n_units] = 0.0
        upper[directions < 0, : self.n_units] = 0.0
        if self.seals and self.n_units is not None:
            lower[directions != 0, self.n_units :] = upper[directions != 0, self.n_units :] = 0.0
        return lower, upper

    def start(self, array):
        """Return what is drawn, on the right side, and of a size that suits.

        Inputs that rise together add up: weights from them to a unit sum up to 1 in the mean.
        """
        directions = self._of(len(array))
        array = super().start(np.where((directions < 0)[:, None], -array, array))
        held = directions != 0, slice(0, self.n_units)
        total = np.abs(array[held]).sum(axis=0).mean() if array[held].size else 0.0
        array[held] /= total if total > 0 else 1.0
        return array

    @classmethod
    def examples(cls):
        """Of all units, of some, and of some beside free ones."""
        up_and_down = [1, 0, -1]
        return [cls(), cls(up_and_down), cls(up_and_down, 2), cls(up_and_down, 2, False)]


class _Norm(Constraint):
    """Base of constraints on the norm of each unit's weights, a column of ``W``."""

    def scratch(self, shape):
        return shape, shape[1:]

    def _norms(self, array, scratch):
        """Yield the calls that write the norms into the second work array."""
        squares, norm = scratch
        yield Call(np.multiply, array, array, out=squares)
        yield Call(np.add.reduce, squares, axis=0, out=norm)
        yield Call(np.sqrt, norm, out=norm)


class MaxNorm(_Norm):
    r"""The weights of a unit have at most a norm, :math:`\|w\| \le c`; longer ones are shortened.

    Source: Srebro and Shraibman, "Rank, Trace-Norm and Max-Norm", 2005.

    Parameters
    ----------
    max_value : float in (0, inf), default=2.0
        The norm c.

    Examples
    --------
    >>> from skfnn.constraints import MaxNorm
    >>> MaxNorm(5.0).projected([[6.0, 1.0], [8.0, 1.0]])
    array([[3., 1.],
           [4., 1.]])
    """

    name = "max_norm"
    _parameter_constraints: ClassVar = {"max_value": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, max_value=2.0) -> None:
        self.max_value = max_value

    def project(self, array, scratch):
        largest, norm = float(self.max_value), scratch[1]
        yield from self._norms(array, scratch)
        yield Call(np.maximum, norm, largest, out=norm)
        yield Call(np.divide, largest, norm, out=norm)
        yield Call(np.multiply, array, norm, out=array)

    @classmethod
    def examples(cls):
        """A norm that most units exceed, and one that few do."""
        return [cls(0.5), cls()]


class UnitNorm(_Norm):
    r"""The weights of a unit have the norm 1; those of a unit whose weights are 0 stay 0.

    Source: Salimans and Kingma, "Weight Normalization", 2016, which trains directions by another
    parametrisation.

    Examples
    --------
    >>> from skfnn.constraints import UnitNorm
    >>> UnitNorm().projected([[3.0, 0.0], [4.0, 0.0]])
    array([[0.6, 0. ],
           [0.8, 0. ]])
    """

    name = "unit_norm"

    def project(self, array, scratch):
        norm = scratch[1]
        yield from self._norms(array, scratch)
        yield Call(np.maximum, norm, float(np.finfo(np.float32).tiny), out=norm)
        yield Call(np.divide, array, norm, out=array)

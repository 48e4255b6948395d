"""The base class of constraints on trained arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..support.component import Component
from .calls import Call, bind, described, replay, written_by


class Constraint(Component):
    """Base class: what a trained array is held to.

    To add a constraint, subclass with a ``name`` and write ``bounds``, if it is nothing but bounds
    of entries; else ``project``, and ``scratch`` where that needs work arrays.
    """

    family = "constraint"

    def scratch(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        """Return the shapes of the work arrays that ``project`` is given."""
        return ()

    def project(self, array: np.ndarray, scratch: Sequence[np.ndarray]) -> Iterator[Call]:
        """Yield the calls that move ``array`` to the nearest place that is allowed."""
        bounds = self.bounds(array.shape)
        if bounds is None:
            raise NotImplementedError(f"{described(self)} has neither bounds nor project.")
        for function, bound in zip((np.maximum, np.minimum), bounds, strict=True):
            if np.isfinite(bound).any():
                yield Call(function, array, bound.astype(array.dtype), out=array)

    def bounds(self, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the least and the largest values of entries, if that is all; else None."""
        return None

    def start(self, array: np.ndarray) -> np.ndarray:
        """Return the initial values to take for those that an initializer has drawn."""
        return self.projected(array)

    def projected(self, array):
        """Return the nearest array that is allowed.

        Parameters
        ----------
        array : array-like
            Numbers.

        Returns
        -------
        ndarray
            An array of its own, float64 unless ``array`` is float32.

        Examples
        --------
        >>> from skfnn.constraints import NonNegative
        >>> NonNegative().projected([-1.0, 2.0])
        array([0., 2.])
        """
        array = np.array(array)
        array = array if array.dtype == np.float32 else array.astype(float)
        scratch = [np.empty(shape, array.dtype) for shape in self.scratch(array.shape)]
        replay(bind(written_by(self, "project", array, scratch), array.dtype))
        return array

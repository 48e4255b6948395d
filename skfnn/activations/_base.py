"""The base class of activations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

from .._engine.calls import Call, bind, replay
from .._engine.component import Component

Calls = Iterator[Call]


class Activation(Component):
    """Base class: an element-wise function and its derivative.

    To add an activation, subclass with a ``name`` and write ``forward`` and ``backward``.

    Attributes
    ----------
    reads : {"output", "input", None}
        What ``backward`` needs: ``A``, ``Z`` or nothing. "output" lets ``A`` overwrite ``Z``.
    scratch : tuple of type
        The arrays shaped like ``Z`` that both methods are given, each ``float`` (the training
        dtype) or ``bool``.
    keeps_scratch : bool
        Whether ``backward`` finds in them what ``forward`` left; if not, layers share them.
    initializer : str
        The initializer that suits it, taken by ``initializer="auto"``.
    differentiable : bool
        Whether ``backward`` is the exact derivative (not so for a surrogate gradient).
    """

    family = "activation"
    reads: ClassVar[str | None] = "output"
    scratch: ClassVar[tuple[type, ...]] = ()
    keeps_scratch: ClassVar[bool] = True
    initializer: ClassVar[str] = "glorot_uniform"
    differentiable: ClassVar[bool] = True

    def forward(self, Z: np.ndarray, out: np.ndarray, scratch: Sequence[np.ndarray]) -> Calls:
        """Yield the calls for ``out = f(Z)``; ``out`` may be ``Z``."""
        raise NotImplementedError

    def backward(self, dA: np.ndarray, ref: np.ndarray | None, scratch: Sequence) -> Calls:
        """Yield the calls for ``dA *= f'(Z)``; ``ref`` is ``A`` or ``Z`` as ``reads`` says."""
        raise NotImplementedError

    @property
    def mix_scratch(self) -> tuple[type, ...]:
        """The arrays that both methods of a mixture are given."""
        return (float, float, *self.scratch)

    def mix(self, Z: np.ndarray, a: np.ndarray, out: np.ndarray, scratch: Sequence) -> Calls:
        """Yield the calls for ``out = Z + a (f(Z) - Z)``, where ``a`` has one number a column."""
        A, bend, *own = scratch
        yield from self.forward(Z, A, own)
        yield np.subtract, A, Z, bend
        yield np.multiply, bend, a, out
        yield np.add, out, Z, out

    def mix_backward(self, dY, Z, a, da, ones, dZ, scratch: Sequence) -> Calls:
        """Yield the calls for the gradients ``da`` and, unless None, ``dZ`` of a mixture.

        ``ones`` (n,) sums over rows; ``dY`` may be overwritten.
        """
        A, bend, *own = scratch
        yield np.multiply, bend, dY, bend
        yield np.dot, ones, bend, da
        if dZ is None:
            return
        yield np.multiply, dY, a, dZ
        yield np.subtract, dY, dZ, dY
        yield from self.backward(dZ, A if self.reads == "output" else Z, own)
        yield np.add, dZ, dY, dZ

    def __call__(self, Z):
        """Evaluate the function on an array of any shape.

        Parameters
        ----------
        Z : array-like
            Inputs.

        Returns
        -------
        ndarray
            ``f(Z)``, float64 unless ``Z`` is float32.

        Examples
        --------
        >>> from skfnn.activations import ReLU
        >>> ReLU()([-1.0, 2.0])
        array([0., 2.])
        """
        A, _ = self._evaluate(Z)
        return A

    def derivative(self, Z):
        """Evaluate the derivative that backpropagation uses.

        Parameters
        ----------
        Z : array-like
            Inputs.

        Returns
        -------
        ndarray
            ``f'(Z)``.

        Examples
        --------
        >>> from skfnn.activations import Logistic
        >>> Logistic().derivative([0.0])
        array([0.25])
        """
        _, dA = self._evaluate(Z)
        return dA

    def _evaluate(self, Z):
        Z = np.asarray(Z)
        Z = Z if Z.dtype == np.float32 else Z.astype(float)
        scratch = [np.empty(Z.shape, Z.dtype if kind is float else kind) for kind in self.scratch]
        A, dA = np.empty_like(Z), np.ones_like(Z)
        replay(bind(self.forward(Z, A, scratch), Z.dtype))
        ref = {"output": A, "input": Z, None: None}[self.reads]
        replay(bind(self.backward(dA, ref, scratch), Z.dtype))
        return A, dA

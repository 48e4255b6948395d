"""The base class of activations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call, bind, described, replay, written_by
from .._engine.program.layer import Reads
from .._engine.support.component import Component

Calls = Iterator[Call]


class Activation(Component):
    """Base class: an element-wise function and its derivative.

    To add an activation, subclass with a ``name`` and write ``forward`` and ``backward``.

    Attributes
    ----------
    reads : Reads
        What ``backward`` needs and is given as ``ref``: ``Reads.OUTPUT`` is ``A``, ``Reads.INPUT``
        is ``Z``, ``Reads.NOTHING`` neither. But for ``Reads.INPUT``, ``A`` may overwrite ``Z``.
    scratch : tuple of type
        The arrays shaped like ``Z`` that both methods are given, each ``float`` (the training
        dtype) or ``bool``.
    keeps_scratch : bool
        Whether ``backward`` finds in them what ``forward`` left; if not, layers share them.
    initializer : str
        The initializer that suits it, taken by ``initializer="auto"``.
    differentiable : bool
        Whether ``backward`` is the exact derivative (not so for a surrogate gradient).
    monotone, bounded : bool
        Whether it never decreases, and has limits on both sides; for ``monotonic_cst``.
    """

    family = "activation"
    reads: ClassVar[Reads] = Reads.OUTPUT
    scratch: ClassVar[tuple[type, ...]] = ()
    keeps_scratch: ClassVar[bool] = True
    initializer: ClassVar[str] = "glorot_uniform"
    differentiable: ClassVar[bool] = True
    monotone: ClassVar[bool] = False
    bounded: ClassVar[bool] = False

    def forward(self, Z: np.ndarray, out: np.ndarray, scratch: Sequence[np.ndarray]) -> Calls:
        """Yield the calls for ``out = f(Z)``; ``out`` may be ``Z``."""
        raise NotImplementedError

    def backward(self, dA: np.ndarray, ref: np.ndarray | None, scratch: Sequence) -> Calls:
        """Yield the calls for ``dA *= f'(Z)``; ``ref`` is ``A`` or ``Z`` as ``reads`` says."""
        raise NotImplementedError

    def reference(self, Z, A):
        """Return what ``backward`` is given as ``ref``."""
        known = {Reads.OUTPUT: A, Reads.INPUT: Z, Reads.NOTHING: None}
        if self.reads not in known:
            raise TypeError(
                f"reads of {described(self)} must be Reads.OUTPUT, Reads.INPUT or Reads.NOTHING. "
                f"Got {self.reads!r}."
            )
        return known[self.reads]

    @property
    def mix_scratch(self) -> tuple[type, ...]:
        """The arrays that both methods of a mixture are given."""
        return (float, float, *self.scratch)

    def mix(
        self, Z: np.ndarray, a: np.ndarray, out: np.ndarray, scratch: Sequence, training=True
    ) -> Calls:
        """Yield the calls for ``out = Z + a (f(Z) - Z)``, where ``a`` has one number per column.

        Without ``training``, nobody reads ``scratch`` afterwards.
        """
        A, bend, *own = scratch
        yield from self.forward(Z, A, own)
        yield Call(np.subtract, A, Z, out=bend)
        yield Call(np.multiply, bend, a, out=out)
        yield Call(np.add, out, Z, out=out)

    def mix_backward(self, dY, Z, a, da, ones, dZ, scratch: Sequence) -> Calls:
        """Yield the calls for the gradients ``da`` and, unless None, ``dZ`` of a mixture.

        ``ones`` (n,) sums over rows; ``dY`` may be overwritten.
        """
        A, bend, *own = scratch
        yield Call(np.multiply, bend, dY, out=bend)
        yield Call(np.dot, ones, bend, out=da)
        if dZ is None:
            return
        yield Call(np.multiply, dY, a, out=dZ)
        yield Call(np.subtract, dY, dZ, out=dY)
        yield from self.backward(dZ, A if self.reads is Reads.OUTPUT else Z, own)
        yield Call(np.add, dZ, dY, out=dZ)

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
        replay(bind(written_by(self, "forward", Z, A, scratch), Z.dtype))
        ref = self.reference(Z, A)
        replay(bind(written_by(self, "backward", dA, ref, scratch), Z.dtype))
        return A, dA

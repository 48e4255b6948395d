"""The cell: one layer's memory in a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .calls import Call
from .layer import Layer, dotted
from .memory import Memory
from .schedule import Scheduled


class Inside(Protocol):
    """The layers inside a combinator, as the combinator sees them."""

    Y: np.ndarray
    dX: np.ndarray

    def forward(self, X, training: bool, out: np.ndarray | None = None) -> Iterator[Call]:
        """Yield the calls of the forward pass."""

    def backward(self, dY: np.ndarray, wants_dX: bool = False) -> Iterator[Call]:
        """Yield the calls of the backward pass."""


@dataclass(frozen=True)
class Share:
    """What a row counts in the objective: ``weight / n_total``.

    Parameters
    ----------
    weight : ndarray of shape (n, 1) or None
        Sample weights; None where each is 1.
    n_total : int
        The number of rows that sums over rows are divided by.

    Examples
    --------
    >>> from skfnn._engine.program.cell import Share
    >>> Share(weight=None, n_total=200)  # as a layer finds it in cell.share
    Share(weight=None, n_total=200)
    """

    weight: np.ndarray | None
    n_total: int


class Cell:
    """One layer's memory, where ``forward`` and ``backward`` find their arrays.

    A parameter ``W`` of the layer is ``cell.W`` and its gradient, in training, ``cell.dW``; a
    buffer ``mean`` is ``cell.mean``. These names must differ from one another and from those below.

    Parameters
    ----------
    memory : Memory
        Where its arrays lie.
    path : tuple of int
        The layer's position.
    layer : Layer
        The layer.
    n_in, rows : int
        Columns and rows of ``X``.
    share : Share
        What a row counts in the objective.

    Attributes
    ----------
    scratch : tuple of ndarray of shape (n, width)
        The work arrays that the layer's ``scratch`` asks for.
    ones : ndarray of shape (n,)
        Full of 1: ``np.dot(cell.ones, D)`` is the sum of ``D`` over rows, at a third of the cost
        of ``np.add.reduce``.
    rng : Generator or None
        Draws the random numbers of a stochastic layer; None where it computes what it does at
        prediction.
    full_batch : bool
        Whether every batch is the whole training set.
    weight : ndarray of shape (n, 1) or None
        Sample weights of mean 1, for layers that couple rows; in a full batch only.
    share : Share
        What a row counts in the objective, for layers with a penalty of their own.
    penalty : ndarray of shape ()
        Where such a layer adds its penalty, summed over rows.
    replayed : bool
        Whether the calls will run on batch after batch. What depends on parameters alone is then
        done once: a table of it pays.
    below : ndarray of bool of shape (n_in,)
        Which columns of ``X`` depend on parameters; known once ``backward`` is asked for.
    chain : Inside or None
        The layers inside, for a combinator.
    position : str
        The layer's position, as ``summary()`` counts: "2.0" is the first layer inside layer 2.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.layers import Layer
    >>> from skfnn.parts import Call, Param
    >>> class Shift(Layer):  # Y = X + s
    ...     def params(self, n_in):
    ...         return {"s": Param((n_in,), lambda rng: np.zeros(n_in))}
    ...
    ...     def forward(self, X, Y, cell, training):
    ...         yield Call(np.add, X, cell.s, out=Y)
    ...
    ...     def backward(self, dY, X, Y, cell, dX):
    ...         yield Call(np.dot, cell.ones, dY, out=cell.ds)
    ...         if dX is not None:
    ...             yield Call(np.copyto, dY, out=dX)
    """

    below: np.ndarray
    chain: Inside | None

    def __init__(
        self, memory: Memory, path, layer: Layer, n_in: int, rows: int, share: Share
    ) -> None:
        self.rng = memory.rng
        self.full_batch = memory.full_batch
        self.weight = memory.weight
        self.penalty = memory.penalty
        self.replayed = memory.replayed
        self.share = share
        self.chain = None
        self._memory = memory
        self.position = dotted(path)
        self._path = path
        self._n_in, self._rows = n_in, rows
        kept = self._shared if layer.keeps_scratch else ()
        self.scratch = tuple(
            memory.array(("scratch", kept, i), f"scratch{self.position}.{i}", rows, width, kind)
            for i, (width, kind) in enumerate(layer.scratch(n_in))
        )
        for field, name, array in memory.of_layer(path, rows):
            setattr(self, field, memory.name(f"{name}{self.position}", array))

    @property
    def _shared(self):
        """Part of the key of an array: that of a layer's own in training, else of a shared one."""
        return self._path if self._memory.training else ()

    @property
    def ones(self) -> np.ndarray:
        """An array of ones, one per row."""
        ones = self._memory.array("ones", "ones", self._rows, 1, order="F")[:, 0]
        ones.fill(1)
        return self._memory.name("ones", ones)

    def row(self, name: str) -> np.ndarray:
        """Return a work vector with one entry per column of ``X``; the same one for a name.

        Parameters
        ----------
        name : str
            Its name, which the layer chooses.

        Returns
        -------
        ndarray of shape (n_in,)
            Of the dtype that is computed in. At prediction, layers share it.
        """
        key = (name, self._shared)
        vector = self._memory.array(key, f"{name}s", 1, self._n_in)[0]
        return self._memory.name(f"{name}{self.position}", vector)

    def array(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Return an array of any shape that starts at zero; the same one for a name and shape.

        Parameters
        ----------
        name : str
            Its name, which the layer chooses.
        shape : tuple of int
            Its shape, which does not depend on the number of rows.

        Returns
        -------
        ndarray
            Of the dtype that is computed in; the layer's own.
        """
        array = self._memory.own((name, self._path), shape)
        return self._memory.name(f"{name}{self.position}", array)

    def number(self, name: str, dtype: Any) -> np.ndarray:
        """Return a new 0-d array that starts at zero.

        Parameters
        ----------
        name : str
            Its name in listings.
        dtype : dtype
            Its type.

        Returns
        -------
        ndarray of shape ()
            The array.
        """
        return self._memory.name(f"{name}{self.position}", np.zeros((), dtype))

    def follow(self, value: float | Scheduled) -> Any:
        """Return a hyper-parameter as a float, or as a 0-d array that is renewed before each step.

        Parameters
        ----------
        value : float or Scheduled
            What the user gave.

        Returns
        -------
        float or ndarray of shape ()
            The latter for a :class:`skfnn.schedules.Scheduled`.
        """
        if not isinstance(value, Scheduled):
            return float(value)
        array = self.number("scheduled", self._memory.dtype)
        array[()] = value.at(0.0)
        self._memory.scheduled.append((array, value))
        return array

    def __getattr__(self, name):
        known = sorted(key for key in vars(self) if key not in FIELDS and not key.startswith("_"))
        hint = " Gradients are there in training only." if name[:1] == "d" else ""
        raise AttributeError(
            f"The layer's cell has no array {name!r}. Its parameters, their gradients and its "
            f"buffers are {known or 'none'}.{hint}"
        )


# What no parameter, gradient or buffer may be called.
FIELDS = frozenset(
    {"below", "full_batch", "penalty", "position", "replayed", "rng", "scratch", "share", "weight"}
    | {name for name in {*vars(Cell), *Cell.__annotations__} if not name.startswith("_")}
)

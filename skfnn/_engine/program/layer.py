"""What every layer is: its declarations, and how sequences of layers are walked.

The layers themselves are in :mod:`skfnn.layers`, which also explains the notation.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..support.component import Component
from .calls import Call, described, noted
from .constraint import Constraint
from .sparse import sparse_product

Calls = Iterator[Call]


class Reads(enum.Flag):
    """What the backward pass of a layer or an activation reads, and nothing may overwrite before.

    Examples
    --------
    >>> from skfnn.activations import GELU, ReLU
    >>> GELU().reads, ReLU().reads
    (<Reads.INPUT: 1>, <Reads.OUTPUT: 2>)
    """

    NOTHING = 0
    INPUT = enum.auto()
    OUTPUT = enum.auto()


@dataclass(frozen=True)
class Param:
    """A trained array: its shape, how it is drawn, and how optimizers treat it.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    draw : callable
        ``draw(rng)`` returns its start.
    decay : bool
        Whether L2 and weight decay apply.
    lr_factor : float
        Factor on the learning rate.
    scale : float
        The array is trained as ``scale`` times a parameter of unit size would be (neural-tangent
        parametrisation): its steps are those of that parameter, times ``scale``.
    published : {"coefs", "intercepts", None}
        Whether the fitted estimator shows it in ``coefs_`` or in ``intercepts_``. Each array of
        ``intercepts_`` counts as a layer in ``n_layers_``.
    constraint : Constraint or None
        What it is held to, from its start on; see :mod:`skfnn.constraints`.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.parts import Param
    >>> weights = Param((3, 2), lambda rng: rng.normal(size=(3, 2)), decay=True)
    >>> weights.draw(np.random.default_rng(0)).shape
    (3, 2)
    """

    shape: tuple[int, ...]
    draw: Callable[[np.random.Generator], np.ndarray]
    decay: bool = False
    lr_factor: float = 1.0
    scale: float = 1.0
    published: str | None = None
    constraint: Constraint | None = None

    def __post_init__(self):
        if self.published not in (None, "coefs", "intercepts"):
            raise ValueError(
                f"published must be 'coefs', 'intercepts' or None. Got {self.published!r}."
            )


class Layer(Component):
    """Base class: a map from (n, n_in) to (n, n_out).

    To add a layer, subclass with a ``name`` and write ``forward`` and ``backward``, and of the
    declarations below what applies.

    Attributes
    ----------
    inplace : bool
        The layer is element-wise in memory: ``Y`` may be ``X``, and ``dX`` always is ``dY``.
    reads : Reads
        What ``backward`` reads, and nothing may overwrite before: ``Reads.INPUT`` is ``X``,
        ``Reads.OUTPUT`` is ``Y``; both are ``Reads.INPUT | Reads.OUTPUT``.
    stochastic : bool
        Whether training draws random numbers (from ``cell.rng``; where that is None, the layer
        computes what it does at prediction).
    makes_units : bool
        Whether the columns of ``Y`` are new units, a hidden layer of their own (as those of a
        linear map), and not those of ``X``, changed (as by an activation or a normalisation).
        ``hidden_activations`` counts by it.
    couples_rows : bool
        Whether a row's output in training depends on the other rows.
    sparse : bool
        Whether ``X`` may be a sparse batch; if not it is made dense, batch by batch.
    penalises : bool
        Whether it adds to the loss by itself (``cell.penalty``).
    fixed_buffers : bool
        Whether training leaves the layer's buffers as they are, set before it. They are then left
        out of what is kept of each epoch, and may be large.
    """

    family = "layer"
    inplace: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False
    makes_units: ClassVar[bool] = True
    couples_rows: ClassVar[bool] = False
    sparse: ClassVar[bool] = False
    penalises: ClassVar[bool] = False
    fixed_buffers: ClassVar[bool] = False

    @property
    def reads(self) -> Reads:
        """What ``backward`` reads."""
        return Reads.NOTHING

    @property
    def differentiable(self) -> bool:
        """Whether ``backward`` is the exact derivative of ``forward``."""
        return True

    @property
    def adapts(self) -> bool:
        """Whether ``adapt`` is to be called with training rows."""
        return False

    @property
    def keeps_scratch(self) -> bool:
        """Whether work arrays keep what ``forward`` leaves in them; if not, layers share them."""
        return True

    @property
    def borrows(self) -> dict[str, int]:
        """Parameters that are the transpose of another layer's, by name: that layer's position.

        The layer finds them as ``cell.<name>``, with a gradient ``cell.d<name>`` of its own, which
        is added to the owner's after the backward pass.
        """
        return {}

    def inner(self) -> tuple[Layer, ...]:
        """Return the layers inside, for a combinator."""
        return ()

    @property
    def held_to(self) -> Constraint | None:
        """What a parameter is held to, so that ``solver="auto"`` takes one that holds it."""
        return None

    @property
    def repeats(self) -> int | None:
        """How many rows the layers inside are given for each row; None: the row itself."""
        return None

    def expand(self) -> tuple[Layer, ...]:
        """Return the elementary layers that this one stands for."""
        return (self,)

    def n_outputs(self, n_in: int) -> int:
        """Return the width of ``Y``."""
        return n_in

    def params(self, n_in: int) -> dict[str, Param]:
        """Return the trained arrays by name."""
        return {}

    def buffers(self, n_in: int) -> dict[str, np.ndarray]:
        """Return what is saved with the network but not trained, by name, at its start."""
        return {}

    def scratch(self, n_in: int) -> tuple[tuple[int, type], ...]:
        """Return (width, type) of each (n, width) work array; type is ``float`` or ``bool``.

        With ``keeps_scratch`` they hold what ``forward`` leaves in them until ``backward``.
        """
        return ()

    def trained(self, n_in: int, below: np.ndarray) -> np.ndarray:
        """Return which columns of ``Y`` depend on parameters, if those ``below`` of ``X`` do.

        ``backward`` finds the latter as ``cell.below`` (n_in,): other columns of ``dX`` may be left
        unwritten.
        """
        trains = below.any() or any(layer.params(n) for _, layer, n in walk((self,), n_in))
        return np.full(self.n_outputs(n_in), trains)

    def made_of(self, n_in: int) -> np.ndarray | None:
        """Return for each column of ``Y`` the column of ``X`` that alone makes it.

        None where a column is made of several: nothing more can then be said of single ones.
        """
        return None

    def adapt(self, X: np.ndarray, cell, rng: np.random.Generator) -> None:
        """Set parameters and buffers by the layer's input on training rows, before training.

        For layers with ``adapts``. Sets: arrays of ``cell``.
        """

    def forward(self, X, Y, cell, training: bool) -> Calls:
        """Yield the calls that write ``Y`` (and, in training, buffers)."""
        raise NotImplementedError

    @property
    def pure_activation(self) -> Any:
        """The activation that the layer is at prediction, if it is nothing else; None elsewhere."""
        return None

    def affine(self, cell):
        """Return what the layer is at prediction, if that is ``Y = X W + b``.

        The estimators' ``to_sklearn`` folds such layers into one linear map, after comparing what
        is declared here with what ``forward`` computes.

        Returns
        -------
        tuple of (array or float, array or float) or None
            ``(W, b)``, where a ``W`` with fewer than two dimensions multiplies the columns; None
            where the layer is no such map.
        """
        return None

    def backward(self, dY, X, Y, cell, dX) -> Calls:
        """Yield the calls that write the gradients of parameters and, unless None, ``dX``.

        ``dY`` may be overwritten.
        """
        raise NotImplementedError

    def backward_rows(self, dY, X, Y, cell, dX) -> Calls:
        """Yield what ``backward`` does, with the gradient of each row: ``cell.d<name>`` (n, ...).

        For the Jacobian matrix that solver="lm" needs. A layer with parameters that does not write
        it is given the rows one by one there.
        """
        return self.backward(dY, X, Y, cell, dX)


def product(A, B: np.ndarray, out: np.ndarray) -> Call:
    """Return the call for ``out = A @ B``, where ``A`` is an array or a sparse batch.

    For layers that take a sparse ``X``, which declare ``sparse = True``.

    Parameters
    ----------
    A : ndarray of shape (n, p) or sparse batch
        ``X`` or ``X.T``.
    B : ndarray of shape (p, k)
        An array.
    out : ndarray of shape (n, k)
        What is written.

    Returns
    -------
    Call
        To be yielded.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.parts import product
    >>> product(np.ones((4, 3)), np.ones((3, 2)), out=np.empty((4, 2)))
    Call(dot, array(4, 3), array(3, 2), out=array(4, 2))
    """
    return Call(np.dot if isinstance(A, np.ndarray) else sparse_product, A, B, out=out)


def expand(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Return the elementary layers of a sequence."""
    return tuple(elementary for layer in layers for elementary in layer.expand())


def every(layers: Iterable[Layer]) -> Iterator[Layer]:
    """Yield the layers of a sequence and those inside, outer ones first."""
    for layer in layers:
        yield layer
        yield from every(layer.inner())


def walk(layers: Sequence[Layer], n_in: int, path: tuple[int, ...] = ()):
    """Yield (path, layer, n_in) of each layer and of those inside, outer ones first."""
    for i, layer in enumerate(layers):
        yield (*path, i), layer, n_in
        yield from walk(layer.inner(), n_in, (*path, i))
        try:
            n_in = layer.n_outputs(n_in)
        except Exception as error:
            noted(error, f"Raised in n_outputs of {described(layer)}, layer {dotted((*path, i))}.")
            raise


def width_after(layers: Iterable[Layer], n_in: int) -> int:
    """Return the width of the output of a sequence of layers."""
    for layer in layers:
        n_in = layer.n_outputs(n_in)
    return n_in


def dotted(path: tuple[int, ...]) -> str:
    """Return a path as text: "2.0" is the first layer inside layer 2."""
    return ".".join(map(str, path))

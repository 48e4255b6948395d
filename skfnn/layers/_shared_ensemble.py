"""An ensemble inside one network: members that share their hidden layers.

Member ``j`` of ``k`` has its own columns in every array: (n, k * width), the columns of the first
member first. Seen as (n * k, width) it is the batch of the layers that members share.
"""

from __future__ import annotations

from numbers import Integral
from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from .._engine.program.layer import Layer, Param, Reads, expand, width_after
from .._sklearn import Interval, StrOptions
from ._noise import Dropout
from ._normalization import BatchNorm


def _by_member(array: np.ndarray, n: int, k: int) -> np.ndarray:
    """Return (n, k * width) or (n * k, width) as (k, n, width): a view, as one axis is split."""
    return array.reshape(n, k, -1).transpose(1, 0, 2)


class SharedEnsemble(Layer):
    r"""Networks that share the layers inside, and differ by what comes before and after these.

    .. math:: y_j = F(x \odot r_j)\, V_j + c_j, \qquad j = 1, \dots, k

    Member :math:`j` multiplies the columns of its input by factors :math:`r_j` of its own; all
    members pass through the same layers :math:`F`, as one batch of ``n_members`` times as many
    rows; each has its own linear map at the end. ``Y`` has ``n_members * units`` columns, the
    ``units`` of the first member first. A network that ends in it, as with the recipe "tabm-mini"
    of :class:`skfnn.TabularFNNClassifier`, is trained by the mean of the members' losses. A layer
    that follows it takes all members' outputs as columns. Batch normalisation inside goes over all
    members' rows.

    Source: Gorishniy, Kotelnikov and Babenko, "TabM: Advancing Tabular Deep Learning with
    Parameter-Efficient Ensembling", 2024 (its "TabM-mini").

    Parameters
    ----------
    units : int
        Number of outputs of each member, at least 1.
    layers : sequence of Layer
        The layers inside, which members share.
    n_members : int, default=32
        Number of members.
    start : {"signs", "normal"}, default="signs"
        How the factors are drawn: +1 or -1, for columns as they are; or standard normal, for
        embedded numbers.
    widths : sequence of int, default=()
        Widths of groups of neighbouring columns, from the first on, that start with one factor,
        such as the entries that one number is embedded by. The other columns have one each.

    Examples
    --------
    >>> from skfnn.layers import Dense, SharedEnsemble
    >>> ensemble = SharedEnsemble(3, [Dense(64, "relu"), Dense(64, "relu")], n_members=8)
    >>> ensemble.n_outputs(10)
    24
    >>> {name: param.shape for name, param in ensemble.params(10).items()}
    {'R': (8, 10), 'V': (8, 64, 3), 'c': (8, 3)}
    """

    name = "shared_ensemble"
    reads = Reads.INPUT
    _parameter_constraints: ClassVar = {
        "units": [Interval(Integral, 1, None, closed="left")],
        "layers": ["array-like"],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "start": [StrOptions({"signs", "normal"})],
        "widths": ["array-like"],
    }

    def __init__(self, units, layers, n_members=32, start="signs", widths=()) -> None:
        self.units = units
        self.layers = layers
        self.n_members = n_members
        self.start = start
        self.widths = widths

    @property
    def repeats(self):
        return self.n_members

    def inner(self):
        return expand(self.layers)

    def n_outputs(self, n_in):
        return self.n_members * self.units

    def params(self, n_in):
        k, h = self.n_members, width_after(self.inner(), n_in)
        bound = h**-0.5

        def uniform(*shape):
            return lambda rng: rng.uniform(-bound, bound, shape)

        return {
            "R": Param((k, n_in), lambda rng: self._factors(rng, n_in)),
            "V": Param((k, h, self.units), uniform(k, h, self.units), decay=True),
            "c": Param((k, self.units), uniform(k, self.units)),
        }

    def _factors(self, rng, n_in):
        """Draw the factors (n_members, n_in)."""
        rest = n_in - sum(self.widths)
        if rest < 0:
            raise ValueError(
                f"SharedEnsemble(widths={self.widths!r}) is of more columns than the {n_in} that "
                "it is given."
            )
        widths = [*self.widths, *[1] * rest]
        shape = self.n_members, len(widths)
        drawn = rng.normal(size=shape) if self.start == "normal" else rng.choice([-1.0, 1.0], shape)
        return np.repeat(drawn, widths, axis=1)

    def scratch(self, n_in):
        k = self.n_members
        return ((k * n_in, float), (k * width_after(self.inner(), n_in), float))

    def forward(self, X, Y, cell, training):
        n, k, chain = len(X), self.n_members, cell.chain
        scaled, _ = cell.scratch
        if cell.share.weight is not None:  # for layers inside with a penalty of their own
            yield Call(np.copyto, cell.share.weight, out=chain.share.weight.reshape(n, k))
        yield Call(np.multiply, X[:, None, :], cell.R, out=scaled.reshape(n, k, -1))
        yield from chain.forward(scaled.reshape(n * k, -1), training)
        yield Call(np.matmul, _by_member(chain.Y, n, k), cell.V, out=_by_member(Y, n, k))
        yield Call(np.add, Y, cell.c.reshape(-1), out=Y)

    def backward(self, dY, X, Y, cell, dX):
        n, k, chain = len(X), self.n_members, cell.chain
        scaled, dH = cell.scratch
        H, dy = _by_member(chain.Y, n, k), _by_member(dY, n, k)
        yield Call(np.matmul, H.transpose(0, 2, 1), dy, out=cell.dV)
        yield Call(np.dot, cell.ones, dY, out=cell.dc.reshape(-1))
        yield Call(np.matmul, dy, cell.V.transpose(0, 2, 1), out=_by_member(dH, n, k))
        yield from chain.backward(dH.reshape(n * k, -1), wants_dX=True)
        d_scaled = chain.dX.reshape(n, k, -1)
        yield Call(np.multiply, d_scaled, X[:, None, :], out=scaled.reshape(n, k, -1))
        yield Call(np.dot, cell.ones, scaled, out=cell.dR.reshape(-1))
        if dX is not None:
            yield Call(np.multiply, d_scaled, cell.R, out=d_scaled)
            yield Call(np.add.reduce, d_scaled, out=dX, axis=1)

    @classmethod
    def examples(cls):
        """Random numbers, coupled rows and a skip inside; no layer; one member; groups."""
        dense, skip = Layer.registry["dense"], Layer.registry["skip"]
        return [
            cls(2, [dense(4, "tanh"), Dropout(0.2), skip([dense(4, "tanh"), BatchNorm()])], 3),
            cls(1, [dense(5, "mish")], 1, "normal", [2, 1]),
            cls(2, [], 2),
        ]

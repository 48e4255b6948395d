"""The workspace: one caller's memory, and the programs that run on it."""

from __future__ import annotations

from collections.abc import Iterable

from .calls import Call, Mover, Program, bind
from .cell import Share
from .chain import Chain
from .listing import Names
from .memory import Memory


class Workspace(Memory):
    """One caller's memory, on which chains of layers are planned and programs are bound."""

    def chain(self, rows: int, weight=None, n_total: int = 1) -> Chain:
        """Plan the network's layers on batches of ``rows`` rows.

        ``weight`` (rows, 1) or None, over ``n_total``, is what a row counts in the objective.
        """
        layers, n_inputs = self.network.layers, self.network.n_inputs
        return Chain(layers, n_inputs, (), self, rows, Share(weight, n_total))

    def bind(self, calls: Iterable[Call], mover: Mover | None = None) -> Program:
        """Turn calls into a program; a mover says where arrays are that have been moved."""
        calls = list(calls)
        named = dict(self._named)  # as they are now: other programs name other arrays so

        def show(call):
            if mover is None:
                return Names(named).line(call)
            return Names({name: mover.moved(array) for name, array in named.items()}).line(call)

        return bind(calls, self.dtype, self._constants, show)

    def listing(self, calls: Iterable[Call]) -> list[str]:
        """Return calls as lines of text, with the names of their arrays."""
        calls = list(calls)  # arrays get their names while calls are written
        names = self.names()
        return [names.line(call) for call in calls]

    def names(self) -> Names:
        """Return what arrays are called that have a name so far."""
        return Names(self._named)

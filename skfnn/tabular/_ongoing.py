"""What a fit keeps to be gone on with: by ``partial_fit``, and by ``fit`` with ``warm_start``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .._engine.network.network import Network
from .._engine.program.layer import walk
from ..layers import CategoryEmbedding, CategoryStatistics
from ..preprocessing._frames import dense
from ._cells import CellColumns
from ._fitted import FittedTable
from ._sources import Block, Frames
from ._survey import Dealing, Targets

# Where a call of partial_fit brings fewer rows than this, the last ones before tell temperature and
# intervals, too. More would tell what was, where a stream drifts.
LATEST = 2000
# A call of partial_fit has this share of the epochs of a fit.
SHARE = 0.25


@dataclass(frozen=True, eq=False)
class Ongoing:
    """What the next call goes on from.

    Attributes
    ----------
    table : FittedTable
        Encoder, target and loss, without members.
    networks : dict of {int: Network}
        The members, with what training rows need; by number.
    columns : CellColumns
        What they take beside the encoder's columns.
    dealing : Dealing
        What is drawn for rows: those held out stay so.
    n_members : int
        How many there are to be.
    targets : Targets
        What is known of all targets so far.
    blocks : list of Block
        The last rows.
    sums : Sums or None
        What is known of categories.
    parts : tuple of int
        Whose rows are in the sums.
    """

    table: FittedTable
    networks: dict[int, Network]
    columns: CellColumns
    dealing: Dealing
    n_members: int
    targets: Targets
    blocks: list[Block]
    sums: Any
    parts: tuple[int, ...]

    def latest(self, n_new: int) -> list[Block]:
        """Return the last rows beside so many new ones."""
        found: list[Block] = []
        wanted = LATEST - n_new
        for block in reversed(self.blocks):
            if wanted <= 0:
                break
            rows = np.arange(max(0, len(block) - wanted), len(block))
            found.insert(0, block.at(rows))
            wanted -= len(rows)
        return found


def table_source(X: Any, y: Any, weight: Any, groups: Any) -> Frames:
    """Return a table in memory as a source of one part, whose number are its values.

    The same table, given again, has the same number: rows that are held out stay so.
    """
    frame, hashes = pd.DataFrame(dense(X)), pd.util.hash_pandas_object
    if not frame.shape[1]:  # which is refused, with what it lacks
        return Frames([(0, (X, y, weight, groups))])
    try:
        found = hashes(frame, index=False)
    except (TypeError, ValueError):  # of cells or a dtype that can't be hashed
        found = hashes(frame.astype(str), index=False)
    return Frames([(int(found.sum() % 2**63), (X, y, weight, groups))])


def grown(network: Network, old: Network) -> Network:
    """Return a network with the parameters of another, whose categories may have fewer levels.

    New levels begin as unknown ones do: with a vector of zeros.

    Raises
    ------
    ValueError
        If the two differ in anything else.
    """
    layers = {path: layer for path, layer, _ in walk(network.layers, network.n_inputs)}
    before = {path: layer for path, layer, _ in walk(old.layers, old.n_inputs)}
    for new, given in (
        (network.views(network.values), old.views(old.values)),
        (network.state_views(network.state), old.state_views(old.state)),
    ):
        if {p: set(a) for p, a in new.items()} != {p: set(a) for p, a in given.items()}:
            raise _another()
        for path, arrays in new.items():
            for name, array in arrays.items():
                _copy(array, given[path][name], layers[path], before[path])
    return network


def _copy(array, old, layer, before):
    """Copy a parameter, or that of each level that there was."""
    if array.shape == old.shape and type(layer) is type(before):
        array[...] = old
    elif isinstance(layer, CategoryStatistics):
        pass  # they are set by sums
    elif isinstance(layer, CategoryEmbedding) and isinstance(before, CategoryEmbedding):
        array[...] = 0
        to, start = 0, 0
        for n, n_before in zip(layer.n_levels, before.n_levels, strict=True):
            array[to : to + n_before] = old[start : start + n_before]
            to, start = to + n, start + n_before
    else:
        raise _another()


def _another():
    return ValueError(
        "warm_start and partial_fit go on with the networks of the previous fit, but the "
        "parameters now describe others. Set warm_start=False, or clone the estimator."
    )

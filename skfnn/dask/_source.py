"""The partitions of Dask collections as a source of rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import numpy as np

from ..tabular._sources import Block, Roles, Source, block_of
from ._needs import needs_dask, sent

# So many partitions are read and worked on beside the one that is used, while members train.
AHEAD = 2


class StoppedError(Exception):
    """The user has ended the fit that a task belongs to."""


class Partitions(Source):
    """The partitions of a Dask DataFrame or Array, and of targets and weights beside it.

    Whatever is to be done with one is a task of the cluster. A member, which is a task itself, asks
    for its partitions from there.

    Parameters
    ----------
    X : dask DataFrame or Array
        Rows.
    beside : dict of str to Series, Array or str
        "y", "sample_weight" and "groups": collections of as many partitions, or names of columns.
    """

    def __init__(self, X: Any, beside: dict[str, Any]) -> None:
        names = {name: given for name, given in beside.items() if _is_name(given)}
        self.roles = Roles(*(names.get(name) for name in ("y", "sample_weight", "groups")))
        delayed = [_parts("X", X)]
        for name in ("y", "sample_weight", "groups"):
            given = None if name in names else beside.get(name)
            parts = [None] * len(delayed[0]) if given is None else _parts(name, given)
            if len(parts) != len(delayed[0]):
                raise ValueError(
                    f"{name} has {len(parts)} partitions and X has {len(delayed[0])}. They must be "
                    "divided alike: columns of one DataFrame are."
                )
            delayed.append(parts)
        self.parts = list(zip(*delayed, strict=True))
        self.n_parts = len(self.parts)
        self.name = f"skfnn-{uuid4().hex}"
        self.in_flight = AHEAD
        self._sent: tuple = (None, None, None)

    def __getstate__(self):
        return {**vars(self), "_sent": (None, None, None)}

    def _shared(self, client, function):
        """Return the future of a function, which the cluster gets once for many passes.

        An encoder with many levels takes long to send, and to lay down again.
        """
        there, by, future = self._sent  # at once: several members may share this object
        if there is not function or by is not client:
            future = sent(client, function)
            self._sent = function, client, future
        return future

    def map(self, function, order=None):
        dask, distributed = needs_dask()
        client = distributed.get_client()
        shared, call = self._shared(client, function), dask.delayed(called, pure=False)
        stop, pending = distributed.Event(self.name, client=client), deque()
        parts = range(self.n_parts) if order is None else map(int, order)
        try:
            for part in parts:
                made = call(shared, part, self.roles, *self.parts[part])
                pending.append(client.compute(made))
                if len(pending) > self.in_flight:
                    yield from _result(client, pending.popleft(), stop)
            while pending:
                yield from _result(client, pending.popleft(), stop)
        finally:
            client.cancel(list(pending))


def _result(client, future, stop):
    """Yield the result of a task, none of one that had no rows."""
    if stop.is_set():
        raise StoppedError("The fit was ended.")
    found = client.gather(future)  # what this worker has is not sent to itself, as by result()
    future.release()
    if found is not None:
        yield found


def called(function: Callable[[Block], Any], part: int, roles: Roles, *given: Any) -> Any:
    """Return what a function returns of a partition, None of one without rows."""
    X, y, weight, groups = given
    try:
        block = block_of(part, 0, X, y, roles=roles, weight=weight, groups=groups).counting()
        return function(block) if len(block) else None
    except Exception as error:
        error.add_note(f"In partition {part} of X.")
        raise


def _is_name(given):
    return isinstance(given, str) or (
        isinstance(given, list) and len(given) > 0 and all(isinstance(v, str) for v in given)
    )


def is_collection(X: Any) -> bool:
    """Return whether this is a collection of Dask, whose rows are not computed."""
    dask, _ = needs_dask()
    return bool(dask.is_dask_collection(X))


def _parts(name, given):
    """Return what computes each partition, with the tasks that it needs and no others."""
    dask, _ = needs_dask()
    if not is_collection(given):
        raise TypeError(
            f"{name} must be a Dask collection, as X is, or the name of a column. Got a "
            f"{type(given).__name__}."
        )
    if hasattr(given, "chunks") and len(given.shape) > 1 and len(given.chunks[1]) > 1:
        raise ValueError(
            f"The chunks of {name} divide its columns. Rechunk it so that they do not: "
            f"{name}.rechunk({{1: -1}})."
        )
    return [_culled(dask, part) for part in np.ravel(given.to_delayed())]


def _culled(dask, part):
    graph, _ = dask.optimization.cull(dict(part.__dask_graph__()), part.__dask_keys__())
    return type(part)(part.key, graph)

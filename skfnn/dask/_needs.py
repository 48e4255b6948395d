"""Dask, which need not be installed."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from typing import Any


def needs_dask() -> tuple[Any, Any]:
    """Return the packages dask and distributed.

    Raises
    ------
    ImportError
        If they are not installed.
    """
    try:
        import dask.dataframe
        import distributed
    except ImportError as error:
        raise ImportError(
            'skfnn.dask needs Dask, which is not installed: pip install "skfnn[distributed]".'
        ) from error
    return dask, distributed


def sent(client: Any, thing: Any) -> Any:
    """Return a future of an object that the cluster is to have.

    It is the result of a task, so that it is made again where a worker that held it dies. The
    scheduler gets bytes: it would make the object, an encoder with many levels maybe, for nothing.
    """
    import cloudpickle  # which comes with Dask

    return submitted(client, pickle.loads, cloudpickle.dumps(thing))


def submitted(client: Any, function: Callable, *given: Any, on: str | None = None) -> Any:
    """Return the future of a call, made on a given worker as long as that is there."""
    where = {} if on is None else {"workers": [on], "allow_other_workers": True}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")
        return client.submit(function, *given, pure=False, **where)

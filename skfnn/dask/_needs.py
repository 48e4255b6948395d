"""Dask, which need not be installed."""

from __future__ import annotations

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


def same(thing: Any) -> Any:
    """Return what is given, as a task."""
    return thing


def sent(client: Any, thing: Any) -> Any:
    """Return a future of an object that the cluster is to have.

    It is the result of a task, so that it is made again where a worker that held it dies.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")
        return client.submit(same, thing, pure=False)


def submitted(client: Any, function: Callable, *given: Any) -> Any:
    """Return the future of a call."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")
        return client.submit(function, *given, pure=False)

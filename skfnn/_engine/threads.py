"""Work on several threads of ours, each with one thread of BLAS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def _blas(controller):
    """Return the BLAS libraries. The search for them takes as long as many rows do."""
    return controller().select(user_api="blas")


def side_by_side(work: Callable[[Any], Any], items: Sequence) -> list:
    """Return ``work`` of each item, on as many threads as BLAS would take.

    Products of a batch and a layer of some hundred units are slower on several threads of BLAS than
    on one.
    """
    blas = _blas(ThreadpoolController)
    n_threads = max((library["num_threads"] for library in blas.info()), default=1)

    def limited(item):
        with blas.limit(limits=1):  # belongs to a thread or to the process, by the library
            return work(item)

    with blas.limit(limits=1):
        if min(n_threads, len(items)) < 2:
            return [work(item) for item in items]
        with ThreadPoolExecutor(min(n_threads, len(items))) as pool:
            try:
                started = [pool.submit(limited, item) for item in items]
            except RuntimeError:  # no threads here (a browser), or no more of them
                pool.shutdown(cancel_futures=True)
                return [work(item) for item in items]
            return [future.result() for future in started]

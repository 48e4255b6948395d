"""Work on several threads of ours: each with one thread of BLAS, or between products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from .calls import Program, replay


@cache
def _blas(controller):
    """Return the BLAS libraries. The search for them takes as long as many rows do."""
    return controller().select(user_api="blas")


def blas_threads() -> int:
    """Return how many threads a product takes here.

    Environment variables, ``threadpoolctl`` and worker processes of joblib and Dask limit them.
    """
    info = _blas(ThreadpoolController).info()
    return max((library["num_threads"] for library in info), default=1)


class Together:
    """Programs that touch different memory, replayed at once on threads that stay.

    Parameters
    ----------
    programs : list of Program
        The first runs on the thread of the caller. The order in which they run does not matter,
        and so neither does the number of threads for the result.
    """

    def __init__(self, programs: list[Program]) -> None:
        self.first, *self.others = programs
        self._pool = ThreadPoolExecutor(len(programs) - 1)

    def __call__(self, *_, out: Any = None) -> None:
        try:
            started = [self._pool.submit(_quietly, program) for program in self.others]
        except RuntimeError:  # no threads here (a browser), or no more of them
            started, late = [], self.others
        else:
            late = []
        try:
            for program in (self.first, *late):
                replay(program)
        finally:  # after an interrupt, too, nothing writes any more
            wait(started)
        for future in started:
            future.result()


def _quietly(program):
    with np.errstate(all="ignore"):  # which belongs to a thread
        replay(program)


def side_by_side(work: Callable[[Any], Any], items: Sequence) -> list:
    """Return ``work`` of each item, on as many threads as BLAS would take.

    Products of a batch and a layer of some hundred units are slower on several threads of BLAS than
    on one.
    """
    blas, n_threads = _blas(ThreadpoolController), blas_threads()

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

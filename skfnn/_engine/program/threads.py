"""Work on several threads of ours: each with one thread of BLAS, or between products."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from threading import Lock, get_ident
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


class _Limit:
    """The threads that want BLAS to have one thread, and how many it had before them.

    The number belongs to the process in most libraries: who comes first takes note of it, and who
    goes last sets it again. In those of OpenMP each thread has its own, and sets it again itself.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.inside: dict[Any, tuple[int, list]] = {}
        self.before: list[tuple[Any, int]] = []

    def enter(self, who: Any) -> None:
        """Limit BLAS, for someone who is to leave in any case."""
        libraries = _blas(ThreadpoolController).lib_controllers
        with self.lock:
            numbers = [(library, library.num_threads) for library in libraries]
            if not self.inside:
                self.before = [given for given in numbers if not _is_of_thread(given[0])]
            own = [given for given in numbers if _is_of_thread(given[0])]
            self.inside[who] = get_ident(), own
            for library, _ in numbers:
                _set(library, 1)

    def leave(self, who: Any) -> None:
        """Give back what the last one, and each thread, had before. Again is nothing."""
        with self.lock:
            if who not in self.inside:
                return
            _, numbers = self.inside[who]
            for library, number in [*numbers, *(self.before if len(self.inside) == 1 else [])]:
                _set(library, number)
            del self.inside[who]  # at the end: who is interrupted before leaves once more

    def forked(self) -> None:
        """Forget, in a process that was forked, the threads that did not come along."""
        here = get_ident()
        self.inside = {who: own for who, own in self.inside.items() if own[0] == here}
        if not self.inside:
            for library, number in self.before:
                _set(library, number)
        self.lock.release()


def _set(library, number):
    """Set the number, whichever thread has set it before: threadpoolctl may listen to that alone.

    It would leave BLAS with one thread where who came first was not the last to go.
    """
    free = getattr(library, "clear_controlling_thread", None)
    if free is not None:
        free(force=True)
    library.set_num_threads(number)
    if free is not None:
        free()


def _is_of_thread(library):
    return getattr(library, "threading_layer", None) == "openmp"


_limit = _Limit()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_limit.lock.acquire, after_in_parent=_limit.lock.release,
        after_in_child=_limit.forked,
    )  # fmt: skip


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Give BLAS one thread, until no thread of the process is inside any more."""
    who = object()
    try:
        try:
            _limit.enter(who)
            yield
        finally:
            _limit.leave(who)
    finally:  # where Ctrl-C fell into leaving
        _limit.leave(who)


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
    n_threads = min(blas_threads(), len(items))

    def limited(item):
        with one_blas_thread():  # the limit may belong to a thread
            return work(item)

    with one_blas_thread():
        if n_threads < 2:
            return [work(item) for item in items]
        with ThreadPoolExecutor(n_threads) as pool:
            try:
                started = [pool.submit(limited, item) for item in items]
            except RuntimeError:  # no threads here (a browser), or no more of them
                pool.shutdown(cancel_futures=True)
                return [work(item) for item in items]
            return [future.result() for future in started]

"""Work on several threads of ours, each with one thread of BLAS."""

import gc
import sys
import threading
import time

import numpy as np
import pytest
from faults import gives_lock_back
from sklearn.datasets import make_friedman1
from threadpoolctl import threadpool_info, threadpool_limits

from skfnn import FNNClassifier, TabularFNNRegressor
from skfnn._engine.program import threads
from skfnn._engine.program.calls import Call, Program, bind
from skfnn._engine.program.threads import Together, side_by_side
from skfnn.solvers import _minibatch
from skfnn.tabular._fitted import PRECISE_ROWS


def blas():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@pytest.mark.parametrize("n_threads", [1, 2])
def test_order_is_kept_and_errors_are_passed_on(n_threads):
    with threadpool_limits(n_threads, user_api="blas"):
        before = blas()
        assert side_by_side(lambda x: x**2, [3, 1, 2]) == [9, 1, 4]
        with pytest.raises(ZeroDivisionError):
            side_by_side(lambda x: 1 / x, [1, 0])
        assert blas() == before


@pytest.mark.parametrize("n_threads", [1, 2])
def test_there_are_as_many_threads_as_blas_would_take(n_threads):
    meeting = threading.Barrier(n_threads, timeout=30)

    def work(_):
        meeting.wait()  # for all of them at once
        return threading.get_ident(), max(blas())

    with threadpool_limits(n_threads, user_api="blas"):
        idents, limits = zip(*side_by_side(work, range(2 * n_threads)), strict=True)
        assert len(set(idents)) == n_threads
        assert set(limits) == {1}
        assert set(blas()) == {n_threads}
        assert side_by_side(lambda _: threading.get_ident(), [0]) == [threading.get_ident()]


def test_members_predict_on_threads_what_they_predict_one_after_the_other():
    X, y = make_friedman1(5 * PRECISE_ROWS, random_state=0)
    model = TabularFNNRegressor(n_members=3, max_iter=2, hidden_layer_sizes=(150,), random_state=0)
    model.fit(X, y)
    with threadpool_limits(1, user_api="blas"):
        alone = model.predict(X)
    with threadpool_limits(2, user_api="blas"):
        np.testing.assert_array_equal(model.predict(X), alone)


def wide(**params):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 30)), rng.integers(0, 3, 90)
    settings = {"hidden_layer_sizes": (520, 520), "batch_size": 30, "max_iter": 2}
    return FNNClassifier(**{**settings, "random_state": 0, **params}), X, y


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop", "adamw"])
def test_parameters_are_updated_on_threads_as_on_one(solver, monkeypatch):
    """To the bit, as products have a single thread in both cases."""
    idents = set()
    model, X, y = wide(solver=solver)
    genuine = threads.replay

    def replay(program):
        idents.add(threading.get_ident())
        genuine(program)

    monkeypatch.setattr(threads, "replay", replay)
    weights = {}
    for n in (1, 2, 3):
        monkeypatch.setattr(_minibatch, "blas_threads", lambda n=n: n)
        idents.clear()
        weights[n] = model.fit(X, y).coefs_[1].copy()
        assert min(n, 2) <= len(idents) <= n if n > 1 else not idents
    np.testing.assert_array_equal(weights[2], weights[1])
    np.testing.assert_array_equal(weights[3], weights[1])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_small_networks_and_clipped_gradients_stay_on_one_thread(monkeypatch):
    def refuse(programs):
        raise AssertionError

    monkeypatch.setattr(_minibatch, "blas_threads", lambda: 2)
    monkeypatch.setattr(_minibatch, "Together", refuse)
    for params in ({"hidden_layer_sizes": (100,)}, {"clip_norm": 1.0}):
        model, X, y = wide(**params)
        model.fit(X, y)


def test_programs_together_end_together():
    done, started = [], threading.Event()

    def slow():
        started.set()
        time.sleep(0.2)
        done.append("slow")

    def interrupted():
        started.wait(5)
        raise KeyboardInterrupt

    def wrong():
        raise ZeroDivisionError

    def program(*functions):
        return Program(functions, [Call(np.add, A, A, out=A) for _ in functions])

    A = np.ones(3)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        Together([program(interrupted), program(slow)])()
    assert done == ["slow"]
    with pytest.raises(ZeroDivisionError) as caught:
        Together([program(slow), program(wrong)])()
    assert "which reads shapes" in caught.value.__notes__[0]
    del caught  # whose traceback holds the programs
    gc.collect()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before  # threads go with what they were for


def test_without_threads_programs_run_one_after_the_other(monkeypatch):
    def refuse(self, *args):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads.ThreadPoolExecutor, "submit", refuse)
    A = np.zeros(2)
    add = Call(np.add, A, 1.0, out=A)
    Together([bind([add], float), bind([add], float)])()
    assert A.tolist() == [2, 2]


class OfThreads:
    """A BLAS with OpenMP: its number of threads belongs to the thread that asks."""

    threading_layer = "openmp"

    def __init__(self):
        self.own = threading.local()

    @property
    def num_threads(self):
        return getattr(self.own, "number", 4)

    def set_num_threads(self, number):
        self.own.number = number


def test_where_the_number_belongs_to_a_thread_each_sets_its_own_again(monkeypatch):
    library, seen, limit = OfThreads(), [], threads._Limit()
    controller = type("Controller", (), {"lib_controllers": [library]})
    monkeypatch.setattr(threads, "_blas", lambda _: controller)

    def other():
        limit.enter("other")
        seen.append(library.num_threads)
        limit.leave("other")  # while the first one is inside
        seen.append(library.num_threads)

    limit.enter("first")
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert library.num_threads == 1
    limit.leave("first")
    assert [*seen, library.num_threads] == [1, 4, 4]


def test_ctrl_c_at_any_line_of_the_limit_gives_blas_its_threads_back():
    """One of it, in the middle of leaving, left BLAS with one thread for good."""

    def interrupted(k):
        """Raise at the k-th line of the module's; return whether there was such a line."""
        left = [k]

        def local(frame, event, _):
            if event == "line" and not gives_lock_back(frame.f_code.co_filename, frame.f_lineno):
                left[0] -= 1
                if left[0] == 0:
                    raise KeyboardInterrupt
            return local

        def trace(frame, event, _):
            return local if frame.f_code.co_filename == threads.__file__ else None

        sys.settrace(trace)
        try:
            with threads.one_blas_thread():
                pass
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)
        return left[0] <= 0

    n_lines = 0
    with threadpool_limits(2, user_api="blas"):
        while interrupted(n_lines + 1):
            n_lines += 1
            assert not threads._limit.inside
            assert set(blas()) == {2}, n_lines
    assert n_lines > 15

"""Work on several threads of ours, each with one thread of BLAS."""

import threading

import numpy as np
import pytest
from sklearn.datasets import make_friedman1
from threadpoolctl import threadpool_info, threadpool_limits

from skfnn import TabularFNNRegressor
from skfnn._engine.threads import side_by_side
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
        threads, limits = zip(*side_by_side(work, range(2 * n_threads)), strict=True)
        assert len(set(threads)) == n_threads
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

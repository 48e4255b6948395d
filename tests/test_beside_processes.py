"""Threads beside processes: workers, Dask, forks. Nothing waits for ever, cores are not fought for.

What is counted is in ``beside_processes.py``, and runs in a process of its own that has as many
threads of BLAS as there are cores.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from beside_processes import Noting, of_blas
from threadpoolctl import threadpool_limits

from skfnn import TabularFNNRegressor
from skfnn._engine.program.threads import blas_threads, one_blas_thread

SCRIPT = Path(__file__).parent / "beside_processes.py"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
Y = X[:, 0] - X[:, 1] ** 2

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc, and forks")
waits = pytest.mark.filterwarnings("ignore")


def counted(name, folder):
    limits = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {key: value for key, value in os.environ.items() if key not in limits}
    ended = subprocess.run([sys.executable, SCRIPT, name, folder], env=environment, timeout=300,
                           capture_output=True, text=True)  # fmt: skip
    assert not ended.returncode, ended.stderr
    return json.loads(ended.stdout)


@on_linux
@pytest.mark.parametrize("name", ["members", "search"])
def test_workers_have_no_more_threads_than_there_are_cores(name, tmp_path):
    found = counted(name, tmp_path)
    assert found["wanting"] <= max(2, CORES)
    noted = [path.name.split() for path in tmp_path.iterdir()]
    blas = {int(n) for pid, n in noted if int(pid) != found["pid"]}
    assert blas
    assert max(blas) <= max(1, CORES // 2)


@on_linux
def test_one_process_has_no_more_threads_than_there_are_cores(tmp_path):
    found = counted("alone", tmp_path)
    assert found["looks"] > 10
    assert found["wanting"] <= CORES


@on_linux
def test_a_server_that_has_fitted_forks_and_its_child_fits_the_same(tmp_path):
    found = counted("forked", tmp_path)
    assert found["same"]
    assert found["predicts"]
    assert found["blas"][0] == found["blas"][1]


@on_linux
def test_a_child_that_is_forked_while_a_thread_fits_has_its_threads_of_blas(tmp_path):
    found = counted("forked_meanwhile", tmp_path)
    assert found["child"] == found["before"] == found["after"]


# ------------------------------------------------------------------ threads of one process


def fitted(act):
    """Fit a network that does something after its first epoch."""
    acts = [act]

    def metric(estimator, X, y):
        if acts:
            acts.pop()()
        return 0.0

    model = TabularFNNRegressor(n_members=1, max_iter=3, hidden_layer_sizes=(8,), metrics=metric,
                                random_state=0)  # fmt: skip
    return model.fit(X, Y)


@waits
def test_fits_that_overlap_leave_blas_its_threads():
    """The one that began first ends first: the other still has one thread, and then all come back.

    With more threads its bits would be others, and it would take more cores than it should.
    """
    began, ended, seen = threading.Event(), threading.Event(), []

    def first():
        fitted(lambda: began.wait(60))
        ended.set()

    def act():
        began.set()
        ended.wait(60)
        seen.append(of_blas())

    with threadpool_limits(2, user_api="blas"):
        threads = [threading.Thread(target=first), threading.Thread(target=fitted, args=(act,))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [1]
        assert of_blas() == 2


def test_the_last_one_gives_blas_its_threads_back():
    with threadpool_limits(2, user_api="blas"):
        limits = [one_blas_thread() for _ in range(3)]
        for limit in limits:
            limit.__enter__()
        for limit in limits:
            assert blas_threads() == 1
            limit.__exit__(None, None, None)
        assert blas_threads() == 2
    with threadpool_limits(1, user_api="blas"), one_blas_thread():
        pass
    assert blas_threads() > 0


def test_an_error_inside_gives_blas_its_threads_back():
    with threadpool_limits(2, user_api="blas"):
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            raise ZeroDivisionError
        assert blas_threads() == 2


# ------------------------------------------------------------------ Dask


@waits
@pytest.mark.parametrize("processes", [True, False])
def test_members_on_a_cluster_have_one_thread_of_blas_each(processes, tmp_path):
    distributed = pytest.importorskip("distributed")
    dd = pytest.importorskip("dask.dataframe")
    pd = pytest.importorskip("pandas")
    from skfnn.dask import DaskTabularFNNRegressor

    rows = dd.from_pandas(pd.DataFrame(X, columns=list("abc")).assign(y=Y), npartitions=2)
    settings = {"n_workers": 2 if processes else 1, "threads_per_worker": 1 if processes else 2}
    with (
        threadpool_limits(2, user_api="blas"),
        distributed.LocalCluster(processes=processes, dashboard_address=None, memory_limit=0,
                                 **settings) as cluster,
        distributed.Client(cluster) as client,
    ):  # fmt: skip
        model = DaskTabularFNNRegressor(
            client=client,
            n_members=3,
            hidden_layer_sizes=(16,),
            max_iter=5,
            random_state=0,
            loss=Noting(str(tmp_path)),
        )
        model.fit(rows, "y")
        assert of_blas() == 2
    noted = [path.name.split() for path in tmp_path.iterdir()]
    own = {int(n) for pid, n in noted if int(pid) != os.getpid()}
    assert processes == bool(own)
    assert own <= {1}

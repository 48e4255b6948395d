"""Estimators for tables on a Dask cluster: the same bits on any workers, and what may go wrong."""

import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.following.interrupts import forget
from skfnn.dask import DaskTabularFNNClassifier, DaskTabularFNNRegressor, _source
from skfnn.dask._trainer import ClusterTrainer

distributed = pytest.importorskip("distributed")
dask = pytest.importorskip("dask")
dd = pytest.importorskip("dask.dataframe")
pytestmark = pytest.mark.filterwarnings("ignore")  # those of the cluster and of its workers

SMALL = {"n_members": 2, "hidden_layer_sizes": (8,), "numeric_embedding": "pbld", "max_iter": 2,
         "random_state": 0}  # fmt: skip
N_PARTS = 4


def cluster(n_workers, processes):
    return distributed.LocalCluster(n_workers=n_workers, threads_per_worker=1, memory_limit=0,
                                    processes=processes, dashboard_address=None)  # fmt: skip


@pytest.fixture(scope="module")
def client():
    with cluster(2, True) as workers, distributed.Client(workers) as found:
        yield found


def table(n=600):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=n), "c": rng.choice([f"k{i}" for i in range(20)], n)})
    return X.assign(y=np.sin(2 * X["a"]) + 0.1 * rng.normal(size=n))


FRAME = table()
NEW = FRAME[["a", "c"]][:50]


def part(i):
    return FRAME[i * 150 : (i + 1) * 150]


def rows(read=part, meta=FRAME[:0]):
    return dd.from_map(read, range(N_PARTS), meta=meta, enforce_metadata=False)


@pytest.fixture(scope="module")
def fitted(client):
    return DaskTabularFNNRegressor(client=client, **SMALL).fit(rows(), "y")


# ---------------------------------------------------------------- conventions


@pytest.mark.parametrize(("of_cluster", "local"), [
    (DaskTabularFNNClassifier, TabularFNNClassifier),
    (DaskTabularFNNRegressor, TabularFNNRegressor),
])  # fmt: skip
def test_the_parameters_are_those_of_the_local_estimator_and_a_client(of_cluster, local):
    assert of_cluster().get_params() == {**local().get_params(), "client": None}


def test_predictions_are_lazy_and_keep_partitions_and_index(fitted):
    X = rows()[["a", "c"]]
    predicted = fitted.predict(X)
    assert isinstance(predicted, dd.Series)
    assert predicted.npartitions == N_PARTS
    local = fitted.to_local()
    assert type(local) is TabularFNNRegressor
    expected = local.predict(part(1)[["a", "c"]])
    found = predicted.partitions[1].compute(scheduler="sync")
    assert_array_equal(found.to_numpy(), expected)
    assert_array_equal(found.index, part(1).index)
    low, high = fitted.predict_interval(X, 0.8).partitions[1].compute(scheduler="sync").to_numpy().T
    assert_array_equal(np.column_stack([low, high]),
                       local.predict_interval(part(1)[["a", "c"]], 0.8))  # fmt: skip
    assert fitted.score(X, rows()["y"]) == pytest.approx(local.score(FRAME[["a", "c"]], FRAME["y"]))


def test_a_fitted_estimator_travels_without_its_client(client, fitted):
    assert fitted.client_ is client
    copies = pickle.loads(pickle.dumps(fitted)), fitted.to_local()
    for copy in copies:
        assert_array_equal(copy.predict(NEW), fitted.predict(NEW))
    assert copies[0].client is None
    assert clone(fitted).client is client
    assert clone(fitted).to_local().get_params() == fitted.to_local().get_params()


def test_series_and_columns_and_arrays_are_the_same_rows(client, fitted):
    given = rows()
    model = clone(fitted).fit(given[["a", "c"]], given["y"])
    assert_array_equal(model.predict(NEW), fitted.predict(NEW))
    X, y = given[["a"]].to_dask_array(lengths=True), given["y"].to_dask_array(lengths=True)
    model = clone(fitted).fit(X, y, sample_weight=abs(y))
    found = model.predict(X)
    assert found.chunks == y.chunks
    assert_array_equal(
        found.blocks[2].compute(scheduler="sync"), model.predict(X.blocks[2].compute())
    )


def test_a_function_is_sent_once_for_many_passes(client, monkeypatch):
    sent, found = _source.sent, []
    monkeypatch.setattr(_source, "sent", lambda to, f: found.append(f) or sent(to, f))
    source = _source.Partitions(rows(), {"y": "y"})
    with client.as_current():
        for function, expected in ((len, 150), (len, 150), (type, _source.Block)):
            assert list(source.map(function, [2, 0, 1, 3])) == [expected] * N_PARTS
    assert found == [len, type]
    assert pickle.loads(pickle.dumps(source)).n_parts == N_PARTS  # without the future


class Traced:
    """Knows how often it was pickled."""

    def __init__(self, times=0):
        self.times = times

    def __reduce__(self):
        return Traced, (self.times + 1,)


def traced(block):
    return Traced()


def times_sent(source):
    with distributed.worker_client():
        return [found.times for found in source.map(traced)]


def test_what_a_worker_has_is_not_sent_to_itself():
    source = _source.Partitions(rows(), {"y": "y"})
    with cluster(1, True) as workers, distributed.Client(workers) as alone:
        assert alone.submit(times_sent, source).result() == [0] * N_PARTS


# ---------------------------------------------------------------- what must not change the bits


def test_one_worker_gives_the_same_bits_as_two(fitted):
    with cluster(1, False) as workers, distributed.Client(workers) as other:
        alone = clone(fitted).set_params(client=other).fit(rows(), "y")
    assert_array_equal(alone.predict(NEW), fitted.predict(NEW))


def test_members_are_trained_on_all_workers(client, fitted, tmp_path):
    def note():
        import skfnn.dask._trainer as trainer

        train = trainer.trained

        def trained(function, *given):
            (tmp_path / f"{os.getpid()} {given[1].number}").touch()
            return train(function, *given)

        trained.__qualname__ = "trained"
        trained.__module__ = trainer.__name__
        trainer.trained, trainer.before = trained, train

    def forget_again():
        import skfnn.dask._trainer as trainer

        trainer.trained = trainer.before

    client.run(note)
    try:
        clone(fitted).fit(rows(), "y")
    finally:
        client.run(forget_again)
    assert len({path.name.split()[0] for path in tmp_path.iterdir()}) == 2
    assert {path.name.split()[1] for path in tmp_path.iterdir()} == {"0", "1"}


def test_a_worker_that_dies_costs_nothing_but_time(client, fitted, tmp_path):
    def read(i):
        """Count how often partitions are read; end the process in the middle of training."""
        there = len(list(tmp_path.iterdir()))
        (tmp_path / f"{there} {os.getpid()} {i}").touch()
        if there == 4 * N_PARTS:  # after three passes that are no training
            os._exit(1)
        return part(i)

    before = {worker["pid"] for worker in _processes(client)}
    model = clone(fitted).fit(rows(read), "y")
    client.wait_for_workers(2)
    assert before - {worker["pid"] for worker in _processes(client)}
    assert_array_equal(model.predict(NEW), fitted.predict(NEW))


def _processes(client):
    return [{"pid": pid} for pid in client.run(os.getpid).values()]


# ---------------------------------------------------------------- partitions of all sorts


def odd(i):
    """Partitions: none, one class, other dtypes, a level and an order of levels of its own."""
    rows = part(i).assign(y=np.where(part(i)["y"] > 0, "yes", "no"), d=list("uv") * 75)
    if i == 0:
        return rows[:0]
    if i == 1:
        return rows[rows["y"] == "no"].astype({"a": "float32"})
    if i == 2:
        return rows.assign(c="only here").astype({"a": str, "d": pd.CategoricalDtype(["v", "u"])})
    return rows.astype({"d": pd.CategoricalDtype(["w", "u", "v"])})


def test_partitions_of_all_sorts(client):
    model = DaskTabularFNNClassifier(class_weight="balanced", **SMALL)
    given = rows(odd, odd(3)[:0])
    model.fit(given, "y")
    assert list(model.classes_) == ["no", "yes"]
    assert list(model.schema_["kind"]) == ["number", "category", "category"]
    assert "only here" in model.encoder_.categories_[1]
    assert model.encoder_.n_levels_ == [21]
    p = model.predict_proba(given.drop(columns="y")).compute()
    assert list(p.columns) == ["no", "yes"]
    assert len(p) == sum(len(odd(i)) for i in range(N_PARTS))
    labels = model.predict(given.drop(columns="y")).compute()
    assert_array_equal(labels, model.classes_[p.to_numpy().argmax(axis=1)])
    assert type(model.to_local()) is TabularFNNClassifier


def test_a_partition_that_raises_is_named(fitted):
    def read(i):
        if i == 2:
            raise OSError("no such disk")
        return part(i)

    before = fitted.predict(NEW)
    with pytest.raises(OSError, match="no such disk"):
        fitted.fit(rows(read), "y")
    with pytest.raises(ValueError, match="y is missing in 1 rows of part 3") as caught:
        fitted.fit(rows(lambda i: part(i).assign(y=part(i)["y"].where(part(i).index != 500))), "y")
    assert "In partition 3 of X." in caught.value.__notes__
    assert_array_equal(fitted.predict(NEW), before)


def test_ctrl_c_in_the_client_keeps_the_members_that_are_finished(fitted, monkeypatch):
    tell = ClusterTrainer._tell

    def interrupted(self, *given):
        tell(self, *given)
        raise KeyboardInterrupt

    forget()
    monkeypatch.setattr(ClusterTrainer, "_tell", interrupted)
    with pytest.warns(UserWarning, match="interrupted by user"):
        model = clone(fitted).fit(rows(), "y")
    assert model.leaderboard_["member"].tolist() == [1]
    assert np.isfinite(model.predict(NEW)).all()


@pytest.mark.parametrize(("params", "given", "error", "match"), [
    ({"n_jobs": 2}, {}, ValueError, "n_jobs=2 has no effect"),
    ({"cv": 3}, {}, ValueError, "cv=3 is not available"),
    ({"time_limit": 1.0}, {}, ValueError, "time_limit=1.0 is not available"),
    ({}, {"X": FRAME}, TypeError, "there is TabularFNNRegressor"),
    ({}, {"y": FRAME["y"]}, TypeError, "y must be a Dask collection"),
    ({}, {"sample_weight": np.ones(600)}, TypeError, "sample_weight must be a Dask collection"),
    ({}, {"y": dd.from_pandas(FRAME["y"], npartitions=2)}, ValueError, "y has 2 partitions"),
    ({}, {"offset": np.ones(600)}, ValueError, "offset is not available"),
])  # fmt: skip
def test_what_a_cluster_cannot_have_is_named(params, given, error, match):
    model = DaskTabularFNNRegressor(**{**SMALL, **params})
    with pytest.raises(error, match=match):
        model.fit(**{"X": rows(), "y": "y", **given})


def test_local_ways_are_shown(fitted):
    with pytest.raises(AttributeError, match="to_local"):
        fitted.partial_fit(FRAME, "y")
    with pytest.raises(ValueError, match="to_local"):
        fitted.predict(rows(), return_std=True)
    X = dask.array.zeros((4, 2), chunks=(2, 1))
    with pytest.raises(ValueError, match="rechunk"):
        clone(fitted).fit(X, X[:, 0])


def test_without_dask_there_is_a_clear_message(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"pip install .skfnn\[distributed\]"):
        DaskTabularFNNRegressor().fit(FRAME, "y")
    assert Path(sys.modules["skfnn.dask"].__file__).exists()

"""Searches on other engines give the same bits; training by chunks holds no more than a chunk."""

import tracemalloc

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier, TabularFNNClassifier

unfinished = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, y = load_iris(return_X_y=True)


def search():
    model = make_pipeline(StandardScaler(), FNNClassifier((8,), max_iter=5, random_state=0))
    grid = {"fnnclassifier__alpha": [0, 1], "fnnclassifier__solver": ["adam", "lbfgs"]}
    return GridSearchCV(model, grid, cv=2, return_train_score=True).fit(X, y)


def assert_same_scores(one, other):
    scores = [name for name in one.cv_results_ if name.endswith("_score")]
    assert len(scores) == 9  # two splits, mean, std, each for test and train; rank
    for name in scores:
        np.testing.assert_array_equal(one.cv_results_[name], other.cv_results_[name])
    for a, b in zip(one.best_estimator_[-1].coefs_, other.best_estimator_[-1].coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.filterwarnings("ignore")  # those of the engine and of its workers
def test_a_search_on_dask_gives_the_same_bits():
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False,
                                       dashboard_address=None)  # fmt: skip
    with cluster, distributed.Client(cluster) as client:
        before = client.run(lambda dask_worker: len(dask_worker.state.log))
        with joblib.parallel_config("dask"):
            on_dask = search()
        after = client.run(lambda dask_worker: len(dask_worker.state.log))
    assert list(after.values()) > list(before.values())  # the workers did it
    assert_same_scores(search(), on_dask)


@pytest.mark.filterwarnings("ignore")  # those of the engine and of its workers
@pytest.mark.parametrize("processes", [False, True])
def test_members_of_an_ensemble_on_dask_have_the_same_bits(processes):
    distributed = pytest.importorskip("distributed")
    table, labels = load_iris(return_X_y=True, as_frame=True)
    model = TabularFNNClassifier(n_members=4, max_iter=4, random_state=0)
    alone = model.fit(table, labels).predict_proba(table)
    cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=processes,
                                       dashboard_address=None)  # fmt: skip
    with cluster, distributed.Client(cluster) as client:
        before = client.run(lambda dask_worker: len(dask_worker.state.log))
        with joblib.parallel_config("dask"):
            on_dask = clone(model).set_params(n_jobs=2).fit(table, labels)
        after = client.run(lambda dask_worker: len(dask_worker.state.log))
    assert list(after.values()) > list(before.values())  # the worker did it
    np.testing.assert_array_equal(on_dask.predict_proba(table), alone)
    assert on_dask.leaderboard_.member.tolist() == [1, 2, 3, 4]


@pytest.mark.filterwarnings("ignore")
def test_a_search_on_ray_gives_the_same_bits():
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        register_ray()
        with joblib.parallel_config("ray", n_jobs=1):
            on_ray = search()
    finally:
        ray.shutdown()
    assert_same_scores(search(), on_ray)


# ------------------------------------------------------------------ larger than memory

N, P, CHUNK = 20_000, 40, 500


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(N, P))
    return rows, (rows[:, 0] > rows[:, 1]).astype(int)


def network():
    return FNNClassifier((16,), learning_rate_init=0.01, random_state=0)


def train(chunks):
    """Return the network trained on (X, y) chunks, and the most memory that this took, in bytes."""
    model = network()
    tracemalloc.start()
    try:
        for part, labels in chunks:
            model.partial_fit(part, labels, classes=[0, 1])
        return model, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def assert_small_and_right(trained, data):
    (model, peak), (rows, labels) = trained, data
    assert peak < rows.nbytes / 4
    by_hand = network()
    for start in range(0, N, CHUNK):
        part = slice(start, start + CHUNK)
        by_hand.partial_fit(rows[part], labels[part], classes=[0, 1])
    np.testing.assert_allclose(model.coefs_[0], by_hand.coefs_[0], rtol=1e-4, atol=1e-5)
    assert model.score(rows[:2000], labels[:2000]) > 0.85


def test_pandas_chunks(data, tmp_path):
    rows, labels = data
    frame = pd.DataFrame(rows, columns=[f"x{i}" for i in range(P)])
    frame.assign(label=labels).to_csv(tmp_path / "rows.csv", index=False)

    def chunks():
        with pd.read_csv(tmp_path / "rows.csv", chunksize=CHUNK) as reader:
            for chunk in reader:
                yield chunk.drop(columns="label").to_numpy(), chunk["label"].to_numpy()

    assert_small_and_right(train(chunks()), data)


def test_pyarrow_batches(data, tmp_path):
    pa = pytest.importorskip("pyarrow")
    dataset, parquet = (
        pytest.importorskip("pyarrow.dataset"),
        pytest.importorskip("pyarrow.parquet"),
    )
    rows, labels = data
    columns = {f"x{i}": rows[:, i] for i in range(P)} | {"label": labels}
    parquet.write_table(pa.table(columns), tmp_path / "rows.parquet", row_group_size=CHUNK)
    pool = pa.proxy_memory_pool(pa.default_memory_pool())

    def chunks():
        scanner = dataset.dataset(tmp_path / "rows.parquet").scanner(
            batch_size=CHUNK, batch_readahead=1, fragment_readahead=1, use_threads=False,
            memory_pool=pool,
            fragment_scan_options=dataset.ParquetFragmentScanOptions(pre_buffer=False),
        )  # fmt: skip
        for batch in scanner.to_batches():
            frame = batch.to_pandas()
            yield frame.drop(columns="label").to_numpy(), frame["label"].to_numpy()

    trained = train(chunks())
    assert_small_and_right(trained, data)
    assert trained[1] + pool.max_memory() < rows.nbytes  # arrow's own memory, too


def test_dask_blocks(data, tmp_path):
    da = pytest.importorskip("dask.array")
    rows, labels = data
    np.save(tmp_path / "rows.npy", rows)
    stored = np.load(tmp_path / "rows.npy", mmap_mode="r")
    blocks = da.from_array(stored, chunks=(CHUNK, P))
    targets = da.from_array(labels, chunks=CHUNK)
    targets.blocks[0].compute(scheduler="synchronous")  # imports what it needs, before measuring

    def chunks():
        for part, label in zip(blocks.blocks, targets.blocks, strict=True):
            yield part.compute(scheduler="synchronous"), label.compute(scheduler="synchronous")

    assert_small_and_right(train(chunks()), data)

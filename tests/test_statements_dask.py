"""What each statement of the estimators on Dask means."""

import math
import pickle
import warnings
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn.tabular._followed import Given
from skfnn.tabular._members import Task

dask = pytest.importorskip("dask")
pytest.importorskip("distributed")
dd = pytest.importorskip("dask.dataframe")
from skfnn.dask import (  # noqa: E402
    DaskTabularFNNClassifier,
    DaskTabularFNNRegressor,
    _needs,
    _source,
    _trainer,
)
from skfnn.dask._estimators import _computed, _frame, _stacked, framed  # noqa: E402
from skfnn.dask._trainer import ClusterTrainer  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
FRAME = pd.DataFrame({"a": np.arange(6.0), "y": np.arange(6.0) * 2, "w": np.arange(6.0) + 1})


def collection(frame=FRAME, npartitions=3):
    return dd.from_pandas(frame, npartitions=npartitions)


def test_names_of_columns_are_text_or_lists_of_text():
    for given, name in (("a", True), (["a"], True), (["a", "b"], True), ([], False),
                        (["a", 1], False),
                        (("a",), False), (None, False), (FRAME["y"], False)):  # fmt: skip
        assert _source._is_name(given) is name


def test_partitions_and_what_stands_beside_them():
    source = _source.Partitions(collection(), {"y": "y", "sample_weight": "w", "groups": None})
    assert (source.n_parts, source.in_flight) == (3, 2)
    assert source.roles == ("y", "w", None)
    assert [part[1:] for part in source.parts] == [(None, None, None)] * 3
    source = _source.Partitions(collection(), {"y": collection()["y"], "groups": "a"})
    assert source.roles == (None, None, "a")
    for i, (X, y, weight, groups) in enumerate(source.parts):
        found = dask.compute(X, y, scheduler="sync")
        pd.testing.assert_frame_equal(found[0], FRAME[2 * i : 2 * i + 2])
        assert found[1].tolist() == [4 * i, 4 * i + 2]
        assert (weight, groups) == (None, None)
    with pytest.raises(ValueError, match="groups has 2 partitions and X has 3"):
        _source.Partitions(collection(), {"y": "y", "groups": collection(npartitions=2)["a"]})
    other = _source.Partitions(collection(), {"y": "y"})
    assert other.name != source.name
    assert other.name.startswith("skfnn-")


def test_a_source_travels_without_what_was_sent():
    source = _source.Partitions(collection(), {"y": "y"})
    source._sent = (len, None, "a future")
    copied = pickle.loads(pickle.dumps(source))
    assert copied._sent == (None, None, None)
    assert copied.n_parts == 3


class Client:
    """Takes note of what a cluster is given to compute."""

    def __init__(self):
        self.given = []

    def submit(self, function, *given, **options):
        self.given.append((function, given, options))
        return len(self.given)


def test_a_function_is_sent_once_to_each_cluster():
    source, first, second = (
        _source.Partitions(collection(), {"y": "y"}), Client(), Client(),
    )  # fmt: skip
    assert [source._shared(first, f) for f in (len, len, max, max, len)] == [1, 1, 2, 2, 3]
    assert [source._shared(c, len) for c in (second, second, first)] == [1, 1, 4]


def test_what_is_submitted_is_not_taken_for_the_same_and_may_move():
    client = Client()
    _needs.submitted(client, len, [1])
    _needs.submitted(client, len, [1], on="here")
    assert client.given == [
        (len, ([1],), {"pure": False}),
        (len, ([1],), {"pure": False, "workers": ["here"], "allow_other_workers": True}),
    ]
    _needs.sent(client, {"a": 1})
    function, given, _ = client.given[-1]
    assert function(*given) == {"a": 1}


def test_a_partition_is_a_block_that_begins_at_0_and_without_rows_nothing():
    roles = _source.Roles("y", None, None)
    found = _source.called(
        lambda block: (block.part, len(block)), 2, roles, FRAME, None, None, None
    )
    assert found == (2, 6)
    rows = _source.called(lambda block: block.position, 2, roles, FRAME[1:4], None, None, None)
    assert rows.tolist() == [0, 1, 2]
    assert _source.called(len, 2, roles, FRAME[:0], None, None, None) is None
    assert _source.called(len, 2, roles, FRAME[:1], None, None, None) == 1
    with pytest.raises(ZeroDivisionError) as caught:
        _source.called(lambda block: 1 / 0, 2, roles, FRAME, None, None, None)
    assert caught.value.__notes__ == ["In partition 2 of X."]


def test_chunks_of_an_array_may_divide_its_rows_alone():
    X = dask.array.from_array(np.arange(12.0).reshape(6, 2), chunks=(2, 2))
    assert len(_source._parts("X", X)) == 3
    assert len(_source._parts("y", X[:, 0])) == 3
    with pytest.raises(ValueError, match="The chunks of X divide its columns"):
        _source._parts("X", X.rechunk((6, 1)))
    with pytest.raises(TypeError, match="y must be a Dask collection"):
        _source._parts("y", FRAME["y"])
    (part, *_) = _source._parts("X", collection()[["a"]] + 1)
    assert part.compute(scheduler="sync")["a"].tolist() == [1, 2]


def test_predictions_of_parts_have_the_index_and_the_type_of_what_they_are_like():
    model = SimpleNamespace(predict=lambda X, plus=0: X["a"].to_numpy() + plus)
    like = pd.Series([], dtype=float)
    found = framed(FRAME[2:4], model, "predict", {"plus": 1}, like)
    pd.testing.assert_series_equal(found, pd.Series([3.0, 4.0], index=[2, 3]))
    assert len(framed(FRAME[:0], None, "predict", {}, like)) == 0
    both = SimpleNamespace(predict=lambda X: X[["a", "y"]].to_numpy())
    found = framed(FRAME[1:2], both, "predict", {}, _frame(["low", "high"]))
    pd.testing.assert_frame_equal(found, pd.DataFrame({"low": [1.0], "high": [2.0]}, index=[1]))
    empty = _frame(["b", "c"], int)
    assert (empty.shape, list(empty.columns), set(empty.dtypes)) == (
        (0, 2),
        ["b", "c"],
        {np.dtype(int)},
    )


def test_blocks_are_put_one_below_the_other():
    blocks = [dask.delayed(np.full((n, 2), float(n))) for n in (1, 3)]
    found = _stacked(dask, blocks, (1, 3), _frame(["a", "b"]))
    assert found.chunks == ((1, 3), (2,))
    np.testing.assert_array_equal(found.compute(scheduler="sync")[:, 0], [1, 3, 3, 3])
    sizes = (math.nan, math.nan)  # as of partitions whose rows nobody has counted
    found = _stacked(dask, blocks, sizes, _frame(["a", "b"]))
    assert found.compute(scheduler="sync").shape == (4, 2)
    assert _computed(collection()["a"]).tolist() == FRAME["a"].tolist()
    assert _computed(3) == 3


def test_the_local_estimator_has_the_parameters_but_no_client():
    model = DaskTabularFNNRegressor(client="c", n_members=3)
    model.learned_ = "this"
    local = model.to_local()
    assert type(local).__name__ == "TabularFNNRegressor"
    assert local.n_members == 3
    assert local.learned_ == "this"
    assert not hasattr(local, "client")
    assert model.__getstate__()["client"] is None
    assert model.client_ == "c"
    copied = model.__sklearn_clone__()
    assert (copied.client, copied.n_members, hasattr(copied, "learned_")) == ("c", 3, False)


def test_nested_parameters_go_along():
    model = DaskTabularFNNRegressor(client="c", blend=LinearRegression(fit_intercept=False))
    for made in (model.to_local(), model.__sklearn_clone__()):
        assert made.blend.fit_intercept is False


# ---------------------------------------------------------------- lazy predictions


NEW = FRAME[["a", "w"]]
LABELS = np.array(["u", "v", "v", "u", "v", "u"])
TARGETS = {
    "one": FRAME["y"].to_numpy(), "two": FRAME[["y", "w"]].to_numpy(), "labels": LABELS,
    "columns": np.column_stack([LABELS == "u", FRAME["a"] > 2]).astype(int),
}  # fmt: skip


@pytest.fixture(scope="module")
def fitted():
    """For each target an estimator of a cluster that has learned locally, and the local one."""
    found = {}
    for name, y in TARGETS.items():
        number = name in ("one", "two")
        local = (TabularFNNRegressor if number else TabularFNNClassifier)(
            n_members=1, max_iter=1, random_state=0
        )
        if name == "one":
            local.set_params(loss="gaussian")
        with warnings.catch_warnings(action="ignore"):
            local.fit(NEW, y)
        model = (DaskTabularFNNRegressor if number else DaskTabularFNNClassifier)(
            **local.get_params()
        )
        for key, value in vars(local).items():
            setattr(model, key, value)
        found[name] = model, local
    return found


def lazily(found):
    assert dask.is_dask_collection(found)
    return found.compute(scheduler="sync")


def test_numbers_of_a_table_and_of_an_array(fitted):
    model, local = fitted["one"]
    found = lazily(model.predict(collection(NEW)))
    pd.testing.assert_series_equal(found, pd.Series(local.predict(NEW)))
    found = lazily(model.predict(dask.array.from_array(NEW.to_numpy(), chunks=(2, 2))))
    np.testing.assert_array_equal(found, local.predict(NEW.to_numpy()))
    np.testing.assert_array_equal(model.predict(NEW, offset=None), local.predict(NEW))
    two, local_two = fitted["two"]
    found = lazily(two.predict(collection(NEW)))
    pd.testing.assert_frame_equal(found, pd.DataFrame(local_two.predict(NEW)))
    for refused in ({"return_std": True}, {"offset": np.ones(6)}):
        with pytest.raises(ValueError, match=r"not available on Dask collections. Use to_local"):
            model.predict(collection(NEW), **refused)
    score = model.score(collection(NEW), collection()["y"])
    assert score == pytest.approx(local.score(NEW, FRAME["y"]))


def test_intervals_of_one_output_and_nine_tenths_of_the_rows(fitted):
    model, local = fitted["one"]
    low, high = lazily(model.predict_interval(collection(NEW))).to_numpy().T
    np.testing.assert_array_equal(np.column_stack([low, high]), local.predict_interval(NEW, 0.9))
    found = lazily(model.predict_interval(collection(NEW), 0.5))
    assert list(found.columns) == ["low", "high"]
    np.testing.assert_array_equal(found.to_numpy(), local.predict_interval(NEW, 0.5))
    for other, more in ((model, {"groups": 1}), (fitted["two"][0], {})):
        with pytest.raises(ValueError, match="is for one output, and takes coverage alone"):
            other.predict_interval(collection(NEW), **more)


def test_labels_and_probabilities(fitted):
    model, local = fitted["labels"]
    found = lazily(model.predict(collection(NEW)))
    assert isinstance(found, pd.Series)
    assert found.tolist() == local.predict(NEW).tolist()
    assert dask.is_dask_collection(model.predict(collection(NEW)))
    assert len(model.predict(collection(NEW))._meta) == 0
    with_none = dd.concat([collection(NEW[:2], 1), collection(NEW[:0], 1), collection(NEW[2:], 1)])
    assert lazily(model.predict(with_none)).tolist() == local.predict(NEW).tolist()
    assert lazily(model.predict_proba(with_none)).shape == (6, 2)
    p = lazily(model.predict_proba(collection(NEW)))
    assert list(p.columns) == ["u", "v"]
    np.testing.assert_array_equal(p.to_numpy(), local.predict_proba(NEW))
    assert model.score(collection(NEW), pd.Series(LABELS)) == local.score(NEW, LABELS)
    model, local = fitted["columns"]
    found = lazily(model.predict(collection(NEW)))
    assert list(found.columns) == list(local.classes_)
    np.testing.assert_array_equal(found.to_numpy(), local.predict(NEW))


# ---------------------------------------------------------------- a cluster of one that waits


class Cluster(Client):
    """Computes at once what it is given, and takes note of what has begun, ended, been left."""

    def __init__(self, threads=None):
        super().__init__()
        self.threads, self.keys, self.cancelled, self.stopped = threads or {}, [], [], False

    def submit(self, function, *given, **options):
        super().submit(function, *given, **options)
        return function(*given)

    def get_client(self):
        return self

    def Event(self, name, client):
        return SimpleNamespace(
            is_set=lambda: self.stopped, set=lambda: setattr(self, "stopped", True)
        )

    def compute(self, delayed):
        self.keys.append(delayed.key)
        value = delayed.compute(scheduler="sync")
        return SimpleNamespace(value=value, release=lambda: None)

    def gather(self, future):
        return future.value

    def cancel(self, futures):
        self.cancelled += futures

    def nthreads(self):
        return self.threads

    @contextmanager
    def as_current(self):
        yield


@pytest.fixture
def cluster(monkeypatch):
    found = Cluster()
    monkeypatch.setattr(_source, "needs_dask", lambda: (dask, found))
    return found


def sums(block):
    return float(block.y.sum())


def test_partitions_are_mapped_in_order_some_ahead_of_the_one_that_is_used(cluster):
    source = _source.Partitions(collection(npartitions=6), {"y": "y"})
    assert list(source.map(sums)) == [0, 2, 4, 6, 8, 10]
    assert list(source.map(sums, np.array([4, 0]))) == [8, 0]
    assert len(set(cluster.keys)) == 8  # computed anew each time
    for ahead in (1, 2):
        cluster.keys.clear()
        source.in_flight = ahead
        begun = [len(cluster.keys) for _ in source.map(sums)]
        assert begun == [min(n + ahead, 6) for n in range(1, 7)]
    cluster.keys.clear()
    some = source.map(sums)
    next(some)
    some.close()
    assert len(cluster.cancelled) == 2


def test_partitions_without_rows_are_left_out_and_a_fit_can_be_stopped(cluster):
    frame = dd.concat(
        [collection(FRAME[:2], 1), collection(FRAME[:0], 1), collection(FRAME[2:], 1)]
    )
    source = _source.Partitions(frame, {"y": "y"})
    assert list(source.map(sums)) == [2, 28]
    cluster.stopped = True
    with pytest.raises(_source.StoppedError):
        list(source.map(sums))


class Fitting(DaskTabularFNNRegressor):
    """Shows the source that a fit would read."""

    def __init__(self, *, client=None, n_jobs=None):
        super().__init__(client=client, n_jobs=n_jobs)

    def _fit_source(self, source, validation, groups, **how):
        self.seen = source, validation, groups, how
        return self


@pytest.mark.parametrize(("threads", "ahead"), [
    ({}, 2), ({"a": 1}, 2), ({"a": 2}, 4), ({"a": 1, "b": 4}, 10),
])  # fmt: skip
def test_two_partitions_for_each_thread_are_in_flight(threads, ahead):
    model = Fitting(client=Cluster(threads))
    validation = Given(collection()[["a"]], None)
    model._fit_given(Given(collection(), "y"), validation, None, calibration_groups=(None, None))
    source, given, _, how = model.seen
    assert source.in_flight == ahead
    assert given.X["a"].tolist() == FRAME["a"].tolist()
    assert how == {"before": None, "keeps": False}
    model.n_jobs = 2
    with pytest.raises(ValueError, match="n_jobs=2 has no effect"):
        model._fit_given(
            Given(collection(), "y"), validation, None, calibration_groups=(None, None)
        )
    model.n_jobs = None
    with pytest.raises(TypeError, match="X must be a Dask DataFrame or Array"):
        model._fit_given(Given(FRAME, "y"), validation, None, calibration_groups=(None, None))


def test_two_partitions_are_in_flight_beside_each_member(monkeypatch):
    source = _source.Partitions(collection(), {"y": "y"})
    source.in_flight = 16
    prepared = SimpleNamespace(networks=SimpleNamespace(task=SimpleNamespace(
        stream=SimpleNamespace(survey=SimpleNamespace(source=source)))))  # fmt: skip
    monkeypatch.setattr(TabularFNNRegressor, "_trainer", lambda *given: SimpleNamespace(mark=1))
    trainer = DaskTabularFNNRegressor(client="c")._trainer(prepared, None)
    assert source.in_flight == 2
    assert type(trainer) is ClusterTrainer
    assert vars(trainer) == {"mark": 1, "client": "c", "stop": source.name}


# ---------------------------------------------------------------- members as tasks


class Training(ClusterTrainer):
    """Takes members without having trained anything; a fold may end the fit."""

    heard = None

    def __init__(self, client, heard, ends=()):
        self.client, self.stop, self.heard, self.ends = client, "stop", heard, ends
        self.members, self.told = [SimpleNamespace(last=False, predictor="an earlier one")], []

    def take(self, member):
        self.members.append(SimpleNamespace(last=False, predictor=member))

    def _tell(self, candidate, fold):
        self.told.append(fold)

    def _inside(self, fold, epoch, own):
        assert epoch == 0
        assert own() == f"member {fold}"
        return SimpleNamespace(finish=lambda: fold in self.ends)


class Workers(Client):
    """Ends all tasks at once but for those that wait."""

    def __init__(self, names, waits=()):
        super().__init__()
        self.names, self.waits, self.cancelled = names, waits, []

    def submit(self, function, *given, **options):
        super().submit(function, *given, **options)
        name = given[-1]
        return SimpleNamespace(result=lambda: name, done=lambda: name not in self.waits)

    def nthreads(self):
        return dict.fromkeys(self.names, 1)

    def cancel(self, futures):
        self.cancelled += futures


def members(monkeypatch, names=("w1", "w0"), heard=True, ends=(), waits=()):
    events = []
    fake = SimpleNamespace(
        Event=lambda name, client: SimpleNamespace(set=lambda: events.append(name))
    )
    monkeypatch.setattr(_trainer, "needs_dask", lambda: (dask, fake))
    client = Workers(names, waits)
    training = Training(client, heard, ends)
    candidate = SimpleNamespace(apart=lambda fold: (len, (3, f"member {fold}")))
    training._more(candidate, [5, 6, 7])
    return training, client, events


def test_members_are_taken_in_the_order_of_folds_on_workers_in_turn(monkeypatch):
    training, client, events = members(monkeypatch)
    assert [m.predictor for m in training.members[1:]] == ["member 5", "member 6", "member 7"]
    assert training.told == [5, 6, 7]
    assert [given[0] for _, given, _ in client.given] == [len] * 3
    assert [options["workers"] for *_, options in client.given] == [["w0"], ["w1"], ["w0"]]
    assert (len(client.cancelled), events) == (3, [])
    _, client, _ = members(monkeypatch, names=())
    assert [options for *_, options in client.given] == [{"pure": False}] * 3


def test_a_member_that_is_told_to_be_the_last_ends_the_fit(monkeypatch):
    training, _, events = members(monkeypatch, ends=(6,), waits=("member 7",))
    assert [m.last for m in training.members] == [False, False, True]
    assert training.told == [5, 6]
    assert events == ["stop"]  # for those that are still at work
    training, _, events = members(monkeypatch, heard=False, ends=(6,))
    assert [m.last for m in training.members] == [False] * 4
    assert events == []


def test_what_members_have_in_common_is_sent_once():
    client, shared = Client(), {}
    training = Training(client, False)
    task = object.__new__(Task)
    sent = []
    training._submit((len, (task, 3, "own")), shared, "w0")
    training._submit((len, (3, task, "other")), shared, None)
    sent = [given for function, given, _ in client.given if function is pickle.loads]
    assert len(sent) == 1
    calls = [given for function, given, _ in client.given if function is _trainer.trained]
    assert calls == [(len, 1, 3, "own"), (len, 3, 1, "other")]  # 1 is the task's future
    assert list(shared) == [id(task)]

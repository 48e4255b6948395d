"""What each statement of the estimators on Dask means."""

import math
import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

dask = pytest.importorskip("dask")
pytest.importorskip("distributed")
dd = pytest.importorskip("dask.dataframe")
from skfnn.dask import DaskTabularFNNRegressor, _needs, _source  # noqa: E402
from skfnn.dask._estimators import _computed, _frame, _stacked, framed  # noqa: E402

FRAME = pd.DataFrame({"a": np.arange(6.0), "y": np.arange(6.0) * 2, "w": np.arange(6.0) + 1})


def collection(frame=FRAME, npartitions=3):
    return dd.from_pandas(frame, npartitions=npartitions)


def test_names_of_columns_are_text_or_lists_of_text():
    for given, name in (("a", True), (["a", "b"], True), ([], False), (["a", 1], False),
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
    found = _stacked(dask, [dask.delayed(np.ones(2))], (math.nan,), pd.Series([], dtype=float))
    assert found.compute(scheduler="sync").tolist() == [1, 1]
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

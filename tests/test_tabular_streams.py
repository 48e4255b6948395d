"""Tables that are read part by part: files, datasets, functions; going on with what comes in."""

import pickle
import runpy
import weakref
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.following.interrupts import forget
from skfnn._engine.network.network import Network
from skfnn.preprocessing import TabularEncoder
from skfnn.solvers._minibatch import EpochProgram
from skfnn.tabular import _members, _recipes, _stream, _survey
from skfnn.tabular._ongoing import grown
from skfnn.tabular._sources import Block
from skfnn.tabular._survey import Dealing

SMALL = {"n_members": 2, "hidden_layer_sizes": (16,), "numeric_embedding": "pbld",
         "random_state": 0}  # fmt: skip


def table(n, seed=0, drift=0.0, levels=30):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n)})
    code = rng.integers(0, levels, n)
    X["c"] = [f"k{level:02d}" for level in code]
    X["d"] = rng.choice(["u", "v", "w"], n)
    y = np.sin(2 * X["a"]) + drift * X["b"] + 2 * np.sin(1.7 * code) + 0.1 * rng.normal(size=n)
    return X.assign(y=y)


def parts(frame, n):
    step = -(-len(frame) // n)
    return [frame[i : i + step] for i in range(0, len(frame), step)]


def stream(frame, n=5):
    """A function that yields the rows of a table in parts."""
    return lambda: iter(parts(frame, n))


def divided(frame):
    return frame.drop(columns="y"), frame["y"]


@pytest.fixture(scope="module")
def frame():
    return table(1500)


@pytest.fixture(scope="module")
def new():
    return divided(table(500, seed=1))


@pytest.fixture
def small_sample(monkeypatch):
    monkeypatch.setattr(_survey, "SAMPLE_ROWS", 300)
    monkeypatch.setattr(_stream, "WINDOW_ROWS", 256)


# ---------------------------------------------------------------- the encoder


@pytest.mark.parametrize("as_category", [False, True])
def test_levels_of_parts_are_those_that_fit_finds_in_all_rows(frame, as_category):
    X = divided(frame)[0].astype({"c": "category"} if as_category else {})
    X.loc[3, "d"] = "only here"
    X.loc[[4, 5], ["a", "c"]] = np.nan
    few = X[(X["c"].astype(str) < "k10") & (X["d"] != "only here")]
    whole, some = TabularEncoder().fit(X), TabularEncoder().fit(few)
    assert some.n_levels_ != whole.n_levels_
    counts = [some.count_levels(part) for part in parts(X, 7)]
    merged = some.merge_levels(counts)
    assert list(merged.categories_) == list(whole.categories_)
    for i, levels in whole.categories_.items():
        assert_array_equal(merged.categories_[i], levels)
    numbers = slice(merged.n_numbers_, None)
    assert_array_equal(merged.transform(X)[:, numbers], whole.transform(X)[:, numbers])
    for name in ("missing", "levels"):
        assert_array_equal(merged.schema_[name][2:], whole.schema_[name][2:])
    expected = X["d"].value_counts().to_dict()
    assert (counts[0] + counts[1]).n_rows == len(parts(X, 7)[0]) * 2
    total = counts[0]
    for more in counts[1:]:
        total = total + more
    assert total.of(3) == expected


def test_a_level_in_another_spelling_is_no_other_level():
    encoder = TabularEncoder(max_one_hot=1).fit(pd.DataFrame({"c": ["x", "1", "2"]}))
    text, number = pd.DataFrame({"c": ["3", "1"]}), pd.DataFrame({"c": [3, 2]})
    counts = encoder.count_levels(text) + encoder.count_levels(number)
    assert counts.of(0) == {"3": 2, "1": 1, "2": 1}


def test_partial_fit_of_an_encoder_keeps_what_rows_were_encoded_to(frame):
    X = divided(frame)[0]
    first = X[X["c"] < "k20"]
    encoder = TabularEncoder().partial_fit(first)
    before, names = encoder.transform(first), encoder.get_feature_names_out()
    encoder.partial_fit(X)
    assert encoder.n_levels_ == [30]
    assert_array_equal(encoder.transform(first), before)
    assert_array_equal(encoder.get_feature_names_out(), names)
    codes = encoder.transform(X)[:, encoder.n_numbers_]
    assert sorted(set(codes)) == list(range(1, 31))


# ---------------------------------------------------------------- what yields rows


def test_a_column_can_be_named_in_place_of_an_array(frame, new):
    weight, groups = np.arange(len(frame)) % 3, np.arange(len(frame)) // 10
    X, y = divided(frame)
    model = TabularFNNRegressor(max_iter=2, **SMALL)
    expected = model.fit(X, y, weight, groups=groups).predict(new[0])
    named = frame.assign(w=weight, g=groups)
    assert_array_equal(model.fit(named, "y", "w", groups="g").predict(new[0]), expected)
    with pytest.raises(ValueError, match="no column 'z'"):
        model.fit(frame, "z")


def test_a_stream_learns_what_a_table_teaches(frame, new, small_sample):
    X, y = divided(frame)
    model = TabularFNNRegressor(max_iter=24, **SMALL)
    whole = model.fit(X, y).score(*new)
    model.fit(stream(frame), "y")
    assert model.score(*new) > whole - 0.05 > 0.8
    assert model.oof_prediction_ is None  # of a sample
    low, high = model.predict_interval(new[0], coverage=0.9).T
    assert 0.82 < np.mean((low <= new[1]) & (new[1] <= high)) < 0.97
    again = model.fit(lambda: (divided(part) for part in parts(frame, 5)))  # as (X, y)
    assert_array_equal(again.predict(new[0]), model.predict(new[0]))


def test_files_and_datasets_are_read(frame, new, tmp_path):
    dataset = pytest.importorskip("pyarrow.dataset")
    model = TabularFNNRegressor(max_iter=2, **SMALL)
    for year, part in zip((2024, 2025), parts(frame, 2), strict=True):
        folder = tmp_path / "rows" / f"year={year}"
        folder.mkdir(parents=True)
        part = part.drop(columns="b") if year == 2025 else part.astype({"a": "float32"})
        part.to_parquet(folder / "part.parquet", row_group_size=300)
        part.to_csv(tmp_path / f"{year}.csv", index=False)
    X = new[0].assign(year=2025)
    by_folder = model.fit(tmp_path / "rows", "y").predict(X)
    assert list(model.feature_names_in_) == ["a", "b", "c", "d", "year"]
    assert model.schema_.set_index("column")["missing"]["b"] == pytest.approx(0.5)
    for given in (str(tmp_path / "rows" / "*" / "*.parquet"),
                  dataset.dataset(tmp_path / "rows", partitioning="hive")):  # fmt: skip
        assert_array_equal(model.fit(given, "y").predict(X), by_folder)
    kept = dataset.dataset(tmp_path / "rows", partitioning="hive").filter(dataset.field("a") > 0)
    model.fit(kept, "y")
    assert float(model.schema_["example"][0]) > 0
    assert np.isfinite(model.fit(str(tmp_path / "*.csv"), "y").predict(new[0])).all()


def test_predictions_are_written_part_by_part(frame, tmp_path):
    pytest.importorskip("pyarrow")
    frame.to_parquet(tmp_path / "rows.parquet", row_group_size=400)
    labels = np.where(frame["y"] > 0, "yes", "no")
    model = TabularFNNClassifier(max_iter=1, **SMALL).fit(frame.drop(columns="y"), labels)
    for X in (tmp_path / "rows.parquet", stream(frame)):
        model.write_predictions(X, tmp_path / "p.parquet", method="predict_proba")
        written = pd.read_parquet(tmp_path / "p.parquet")
        assert list(written.columns) == ["no", "yes"]
        expected = model.predict_proba(frame.drop(columns="y"))
        np.testing.assert_allclose(written.to_numpy(), expected, rtol=1e-4)
    model.write_predictions(frame, tmp_path / "p.parquet")
    expected = model.predict(frame.drop(columns="y"))
    assert_array_equal(pd.read_parquet(tmp_path / "p.parquet")["predict"], expected)


@pytest.mark.parametrize("n_targets", [1, 2])
def test_intervals_are_written_by_name_one_target_after_the_other(frame, tmp_path, n_targets):
    pytest.importorskip("pyarrow")
    X, y = frame.drop(columns="y"), frame["y"].to_numpy()
    y = y if n_targets == 1 else np.column_stack([y, -y])
    model = TabularFNNRegressor(max_iter=1, **SMALL).fit(X, y)
    model.write_predictions(X, tmp_path / "p.parquet", method="predict_interval")
    written = pd.read_parquet(tmp_path / "p.parquet")
    names = ["low", "high"] if n_targets == 1 else ["0_low", "0_high", "1_low", "1_high"]
    assert list(written.columns) == names
    assert_array_equal(written.to_numpy(), model.predict_interval(X).reshape(len(X), -1))


def test_csv_files_and_functions_need_no_pyarrow(frame, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.dataset", None)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    model = TabularFNNRegressor(max_iter=1, **SMALL).fit(tmp_path / "rows.csv", "y")
    assert model.n_features_in_ == 4
    (tmp_path / "rows.parquet").touch()
    with pytest.raises(ImportError, match="pip install pyarrow"):
        model.fit(tmp_path / "rows.parquet", "y")


def test_a_part_may_have_other_dtypes_or_no_rows(frame, new):
    first, second, third = parts(frame, 3)
    other = second.astype({"a": str, "c": "category", "d": pd.CategoricalDtype(["w", "v", "u"])})
    given = [first, other, first[:0], third.drop(columns="b")]
    model = TabularFNNRegressor(max_iter=2, **SMALL).fit(lambda: iter(given), "y")
    assert list(model.schema_["kind"]) == ["number", "number", "category", "category"]
    assert model.encoder_.n_levels_ == [30]
    assert np.isfinite(model.predict(new[0])).all()


@pytest.mark.parametrize("n_parts", [1, 50])
def test_no_more_rows_live_than_two_parts_beside_the_window(frame, small_sample, n_parts):
    alive, most = set(), []

    def source():
        for i in range(n_parts):
            part = parts(frame, n_parts)[i].copy()
            alive.add(id(part))
            weakref.finalize(part, alive.discard, id(part))
            most.append(len(alive))
            yield part
            del part

    TabularFNNRegressor(max_iter=2, **SMALL).fit(source, "y")
    assert max(most) <= 2
    # targets, sample, levels, sums, and two epochs of two members but for less than a window
    assert n_parts * (3 + 2 * 2) < len(most) <= n_parts * (4 + 2 * 2)


def test_held_out_rows_are_not_trained_on_and_windows_are_full(frame, small_sample, monkeypatch):
    seen, fills = [], _stream.Window.fills

    def watched(self, rows):
        seen.append((len(self.data), rows.fold))
        return fills(self, rows)

    monkeypatch.setattr(_stream.Window, "fills", watched)
    TabularFNNRegressor(max_iter=1, **SMALL).fit(stream(frame), "y")
    assert {size > 128 for size, _ in seen} == {True}  # whole batches, at most 256 rows
    assert max(size for size, _ in seen) <= 256
    one, other = seen[: len(seen) // 2], seen[len(seen) // 2 :]
    assert set(np.concatenate([fold for _, fold in one])) == {1}
    assert set(np.concatenate([fold for _, fold in other])) == {0}
    assert len(frame) - 2 * 256 < sum(len(fold) for _, fold in seen) <= len(frame)


def test_rows_in_an_order_of_their_own_are_read_whole(frame, small_sample, monkeypatch):
    monkeypatch.setattr(_recipes, "MANY_ROWS", 375)
    monkeypatch.setattr(_recipes.Recipe, "epochs", lambda recipe, n: 6)
    model = TabularFNNRegressor(**SMALL).fit(stream(frame), "y")
    assert len(model.history_.loc[0]) == 3  # half of them, each of all rows


@pytest.mark.parametrize("given", [None, 4])
def test_an_epoch_has_a_share_of_many_rows_and_cycles_end_with_it(
    frame, new, small_sample, tmp_path, monkeypatch, given
):
    sizes, ends, run, epoch = [], [], EpochProgram.run, _members.CycleMonitor.epoch

    def counted(program):
        sizes.append(len(program.data))
        return run(program)

    def noted(monitor, *of_epoch):
        ends.append(sum(sizes))
        sizes.clear()
        return epoch(monitor, *of_epoch)

    monkeypatch.setattr(_recipes, "MANY_ROWS", 375)  # of 1500: half of the rows in an epoch
    monkeypatch.setattr(EpochProgram, "run", counted)
    monkeypatch.setattr(_members.CycleMonitor, "epoch", noted)
    monkeypatch.setattr(_recipes.Recipe, "epochs", lambda recipe, n: 15)
    for i, rows in enumerate(parts(frame, 8)):
        rows.to_csv(tmp_path / f"{i}.csv", index=False)
    model = TabularFNNRegressor(max_iter=given, **SMALL).fit(tmp_path, "y")
    first = len(model.history_.loc[0])
    if given:
        assert first == 4
    else:
        assert first in (3, 7, 15)
    assert np.mean(ends) == pytest.approx(750 if given else 375, rel=0.15)
    assert np.ptp(ends) <= 2 * 256  # windows of whole batches
    assert model.score(*new) > 0.5


def test_what_is_known_of_levels_is_exact(frame, small_sample):
    model = TabularFNNRegressor(max_iter=1, **SMALL).fit(stream(frame, 3), "y")
    dealing = Dealing(np.random.RandomState(0).randint(2**31), 2, 2)
    step = -(-len(frame) // 3)
    fold = np.concatenate([
        dealing.folds(Block(i, np.arange(len(part)), None, None))
        for i, part in enumerate(parts(frame, 3))
    ])  # fmt: skip
    assert step * 3 >= len(frame)
    rows = frame[fold != 0]
    total = rows.groupby("c")["y"].agg(["sum", "count"])
    mean = (total["sum"] + 10 * rows["y"].mean()) / (total["count"] + 10)
    network = model._fitted.predictors[0].network
    (place, *_), cell = next(iter(network.state_views(network.state).items()))
    found = cell["table"][1 : 1 + len(mean), 0]
    assert type(network.layers[place]).__name__ == "CategoryStatistics"
    assert np.corrcoef(found, mean)[0, 1] > 1 - 1e-6
    assert len(model.encoder_.categories_[2]) == 30


def test_a_row_without_weight_is_absent(frame, new):
    wild = frame[:50].assign(y=1e9, a=1e9, c="wild", w=0.0)
    given = lambda *more: lambda: iter([frame.assign(w=1.0), *more])  # noqa: E731
    model = TabularFNNRegressor(max_iter=2, **SMALL)
    expected = model.fit(given(), "y", "w").predict(new[0])
    assert_array_equal(model.fit(given(wild), "y", "w").predict(new[0]), expected)


def test_rows_of_a_group_are_in_one_fold():
    groups = np.array(["x", "y", "z", "w"] * 50)
    dealing = Dealing(3, 2, 2)
    one = dealing.folds(Block(0, np.arange(200), None, None, None, groups))
    other = dealing.folds(Block(7, np.arange(200), None, None, None, groups))
    assert_array_equal(one, other)
    assert len(set(zip(groups, one, strict=True))) == 4
    free = dealing.folds(Block(0, np.arange(20_000), None, None))
    assert abs(free.mean() - 0.5) < 0.02


def test_a_class_may_be_in_one_part_alone(new):
    frame = table(900)
    frame["y"] = np.where(frame["y"] > 0, "yes", "no")
    given = [frame[frame["y"] == "no"], frame[frame["y"] == "yes"]]
    model = TabularFNNClassifier(max_iter=16, class_weight="balanced", **SMALL)
    model.fit(lambda: iter(given), "y")
    assert list(model.classes_) == ["no", "yes"]
    assert model.score(new[0], np.where(new[1] > 0, "yes", "no")) > 0.8


BAD = [
    ({"cv": 3}, {}, "cv=3 is not available"),
    ({"time_limit": 5.0}, {}, "time_limit=5.0 is not available"),
    ({}, {"offset": np.zeros(1500)}, "offset is not available"),
    ({}, {"sample_weight": np.ones(1500)}, "sample_weight must be the name of a column"),
    ({}, {"groups": np.ones(1500)}, "groups must be the name of a column"),
    ({}, {"calibration_groups": np.ones(1500)}, "calibration_groups must be the name of a column"),
    ({"warm_start": True, "refit": True}, {}, "refit=True is not available"),
    ({"warm_start": True, "blend": "trees"}, {}, "blend='trees' is not available"),
]


@pytest.mark.parametrize(("params", "given", "match"), BAD)
def test_what_a_stream_cannot_have_is_named(frame, params, given, match):
    model = TabularFNNRegressor(**{**SMALL, **params})
    with pytest.raises(ValueError, match=match):
        model.fit(stream(frame), "y", **given)
    assert not hasattr(model, "encoder_")


def test_what_a_stream_can_have(frame, new):
    model = TabularFNNRegressor(max_iter=2, blend="trees", scoring="neg_mean_absolute_error",
                                metrics=["mae"], monotonic_cst={"a": 1}, **SMALL)  # fmt: skip
    model.fit(stream(frame), "y", calibration_groups="d")
    assert set(model.leaderboard_["candidate"]) == {"networks", "trees"}
    assert "val_mae" in model.history_
    model = TabularFNNRegressor(max_iter=2, refit=True, **SMALL)
    assert np.isfinite(model.fit(stream(frame), "y").predict(new[0])).all()
    model = TabularFNNRegressor(max_iter=2, **SMALL)
    model.fit(stream(frame), "y", X_val=new[0], y_val=new[1])
    assert len(model.leaderboard_) == 2


@pytest.mark.parametrize(("change", "match"), [
    ({"y": [1.0, np.nan, 2.0]}, "y is missing in 1 rows of part 1 of X, first in its row 1"),
    ({"y": [1.0, np.inf, 2.0]}, "y contains infinity in part 1"),
])  # fmt: skip
def test_a_bad_part_is_named_and_changes_nothing(frame, new, change, match):
    model = TabularFNNRegressor(max_iter=1, **SMALL).fit(stream(frame), "y")
    before = model.predict(new[0])
    with pytest.raises(ValueError, match=match):
        model.fit(lambda: iter([frame, frame[:3].assign(**change)]), "y")
    assert_array_equal(model.predict(new[0]), before)


@pytest.mark.parametrize(("X", "y", "match"), [
    ("nowhere/*.parquet", "y", "names no file"),
    ("nowhere.csv", None, "y must be the name of the column"),
    (lambda: iter([]), "y", "has no row"),
    (lambda: iter([pd.DataFrame({"a": [1]})]), None, r"iterator of \(X, y\)"),
    (lambda: iter([(pd.DataFrame({"a": [1, 2]}), [1])]), None, "2 rows and 1 targets"),
])  # fmt: skip
def test_a_source_without_rows_or_targets_is_an_error(X, y, match):
    with pytest.raises(ValueError, match=match):
        TabularFNNRegressor().fit(X, y)


def test_a_source_that_dries_up_is_an_error(frame):
    calls = []

    def source():
        calls.append(1)
        return iter(parts(frame, 5) if len(calls) < 5 else [frame[:9]])

    with pytest.raises(ValueError, match="the same rows each time"):
        TabularFNNRegressor(max_iter=2, **SMALL).fit(source, "y")


def test_an_interrupted_stream_keeps_its_last_epoch_and_goes_on(frame, new):
    calls = []

    def source():
        calls.append(1)
        for i, part in enumerate(parts(frame, 5)):
            if len(calls) == 3 + 4 and i == 2:  # targets, sample, sums; in the fourth epoch
                raise KeyboardInterrupt
            yield part

    forget()
    model = TabularFNNRegressor(max_iter=6, warm_start=True, **SMALL)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(source, "y")
    assert model.n_iter_ == 3
    assert len(model.leaderboard_) == 1
    before = model.score(*new)
    after = model.fit(source, "y").score(*new)
    assert len(model.leaderboard_) == 2
    assert after > before


# ---------------------------------------------------------------- going on


def test_partial_fit_follows_a_stream_that_drifts():
    first = table(1500, levels=20)
    model = TabularFNNRegressor(max_iter=24, **SMALL).partial_fit(*divided(first))
    still = pickle.loads(pickle.dumps(model))
    for day in range(1, 5):
        rows = table(600, seed=day, drift=day / 4, levels=20 + day)
        if day == 2:
            model = pickle.loads(pickle.dumps(model))
        model.partial_fit(*divided(rows))
    X, y = divided(table(500, seed=99, drift=1.0, levels=24))
    assert model.encoder_.n_levels_ == [24]
    assert model.score(X, y) > 0.85 > still.score(X, y) + 0.1
    low, high = model.predict_interval(X, coverage=0.9).T
    assert np.mean((low <= y) & (y <= high)) > 0.8


def test_partial_fit_of_the_same_rows_holds_the_same_ones_out(frame, monkeypatch):
    seen, fills = [], _stream.Window.fills

    def watched(self, rows):
        seen.append(np.sort(rows.y))
        return fills(self, rows)

    monkeypatch.setattr(_stream.Window, "fills", watched)
    X, y = divided(frame)
    model = TabularFNNRegressor(max_iter=1, **SMALL).partial_fit(X, y).partial_fit(X, y)
    assert_array_equal(seen[0], seen[2])
    assert_array_equal(seen[1], seen[3])
    assert len(seen[0]) + len(seen[1]) == len(frame)
    counted = sum(sums[..., 0].sum() for sums in model._fitted.ongoing.sums.columns)
    assert counted == len(frame)  # once


def test_partial_fit_of_classes(frame, new):
    X, y = frame.drop(columns="y"), np.where(frame["y"] > 0, "yes", "no")
    model = TabularFNNClassifier(max_iter=4, **SMALL)
    model.partial_fit(X[y == "no"], y[y == "no"], classes=["yes", "no"])
    assert list(model.classes_) == ["no", "yes"]
    model.partial_fit(X, y).partial_fit(X[:1], y[:1])
    p = model.predict_proba(new[0])
    with pytest.raises(ValueError, match=r"classes that the first call did not have: \['maybe'"):
        model.partial_fit(X[:3], ["yes", "maybe", "no"])
    assert_array_equal(model.predict_proba(new[0]), p)
    with pytest.raises(ValueError, match="classes that are not in classes"):
        TabularFNNClassifier(**SMALL).partial_fit(X, y, classes=["yes"])


def test_warm_start_goes_on_and_other_networks_are_refused(frame, new):
    X, y = divided(frame)
    model = TabularFNNRegressor(max_iter=4, warm_start=True, **SMALL).fit(X, y)
    before = model.score(*new)
    assert model.oof_prediction_.shape == (len(X),)
    assert model.fit(X, y).score(*new) > before
    with pytest.raises(ValueError, match="warm_start and partial_fit go on with the networks"):
        model.set_params(hidden_layer_sizes=(8,)).fit(X, y)
    with pytest.raises(ValueError, match="n_members=3 cannot go on from 2 members"):
        model.set_params(hidden_layer_sizes=(16,), n_members=3).fit(X, y)
    ordinary = TabularFNNRegressor(max_iter=1, **SMALL).fit(X, y)
    with pytest.raises(ValueError, match="an ordinary fit does not keep"):
        ordinary.partial_fit(X, y)
    with pytest.raises(ValueError, match="partial_fit takes a table"):
        model.partial_fit(stream(frame), "y")


def test_a_network_grows_by_levels_that_it_does_not_know(frame):
    model = TabularFNNRegressor(max_iter=1, **SMALL).partial_fit(frame, "y")
    old = model._fitted.ongoing.networks[0]
    layers = [clone(layer) for layer in old.layers]
    for layer in layers:
        if hasattr(layer, "n_levels"):
            layer.n_levels = [n + 2 for n in layer.n_levels]
    fresh = Network(layers, old.n_inputs, old.dtype, np.random.default_rng(1))
    network = grown(fresh, old)
    before, after = old.views(old.values), network.views(network.values)
    n_same = 0
    for path, arrays in before.items():
        for name, array in arrays.items():
            found = after[path][name]
            assert_array_equal(found[: len(array)], array)
            assert not found[len(array) :].any()
            n_same += found.shape == array.shape
    assert n_same == sum(map(len, before.values())) - 1  # all but the vectors of levels


def test_the_example_of_a_stream_that_drifts(capsys):
    path = Path(__file__).parents[1] / "examples" / "tables" / "drifting_stream.py"
    main = runpy.run_path(str(path))["main"]
    main.__globals__["DAYS"] = 3
    days = main()
    assert days["R2, going on"][3] > days["R2, as it was"][3] + 0.05
    assert "coverage" in capsys.readouterr().out


def test_columns_of_probabilities_name_the_classes_of_a_stream():
    """Seen: the classes of a table in memory had the columns' names, those of a stream 0 and 1."""
    x = np.random.default_rng(0).normal(size=600)
    yes = 1 / (1 + np.exp(-2 * x))
    frame = pd.DataFrame({"x": x, "no": 1 - yes, "yes": yes})
    for X in (frame, lambda: iter([frame[:300], frame[300:]])):
        model = TabularFNNClassifier(max_iter=8, **SMALL).fit(X, ["no", "yes"])
        assert list(model.classes_) == ["no", "yes"]
        assert np.corrcoef(model.predict_proba(frame[["x"]])[:, 1], yes)[0, 1] > 0.9

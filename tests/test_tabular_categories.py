"""What members know of categories: statistics that leave out a row's own fold."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers import networks_of
from sklearn.metrics import roc_auc_score

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.network.forward import Forward
from skfnn._engine.network.network import Network
from skfnn.layers import CategoryStatistics
from skfnn.layers._category_statistics import FOLDS
from skfnn.preprocessing import TabularEncoder
from skfnn.preprocessing._columns import MOST_LEVELS
from skfnn.tabular import _predictors
from skfnn.tabular._categories import SMOOTHING, fold_marks, statistics, sums_of
from skfnn.tabular._folds import Fold, undivided


def table_of(n=200, n_levels=5, n_folds=4, seed=0):
    rng = np.random.default_rng(seed)
    level, fold = rng.integers(0, n_levels + 1, n), rng.integers(1, n_folds + 1, n)
    y, weight = rng.normal(2, 1, size=(n, 2)), rng.uniform(0.5, 2, n)
    codes = (level + fold / FOLDS).astype(np.float32)
    return level, fold, y, weight, statistics(codes, y, weight, n_levels)


def test_the_layer_looks_up_a_row_for_each_level_and_fold():
    rng = np.random.default_rng(0)
    layer = CategoryStatistics([3, 2], 2, start=1)
    network = Network([layer], 4, np.float64, rng)
    table = network.state_views(network.state)[(0,)]["table"]
    table[...] = rng.normal(size=table.shape)
    level = np.column_stack([rng.integers(0, 4, 50), rng.integers(0, 3, 50)])
    fold = rng.integers(0, FOLDS, 50)
    X = np.column_stack([rng.normal(size=50), level + fold[:, None] / FOLDS, rng.normal(size=50)])
    of_first, of_second = table[: 4 * FOLDS], table[4 * FOLDS :]
    expected = np.hstack([
        X[:, :1], of_first[level[:, 0] * FOLDS + fold], of_second[level[:, 1] * FOLDS + fold],
        X[:, 3:],
    ])  # fmt: skip
    np.testing.assert_array_equal(Forward(network, 50)(X), expected)


def test_means_and_counts_are_those_of_the_rows_of_other_folds():
    level, fold, y, weight, table = table_of()
    expected = np.empty_like(table)
    for v in range(6):
        for f in range(FOLDS):
            other = fold != f
            mean = np.average(y[other], axis=0, weights=weight[other])
            own = other & (level == v)
            n = weight[own].sum()
            shrunk = (weight[own] @ y[own] + SMOOTHING * mean) / (n + SMOOTHING) - mean
            count = np.log1p(n * weight.sum() / weight[other].sum())
            expected[v * FOLDS + f] = [*shrunk, count]
    place = level * FOLDS + fold
    expected[:, -1] -= np.average(expected[place, -1], weights=weight)
    middle = np.average(expected[place], axis=0, weights=weight)
    spread = np.average((expected[place] - middle) ** 2, axis=0, weights=weight) ** 0.5
    expected /= np.maximum(spread, 0.2)
    np.testing.assert_allclose(table, expected)


def test_sums_are_those_of_the_rows_of_a_level_and_fold():
    level, fold, y, weight, _ = table_of(n=60)
    places, sums = sums_of((level + fold / FOLDS).astype(np.float32), y, weight)
    place = level * FOLDS + fold
    assert sorted(places) == sorted({*place})
    for where, found in zip(places, sums, strict=True):
        own = place == where
        np.testing.assert_allclose(found, [weight[own].sum(), *weight[own] @ y[own]])


def test_a_row_does_not_know_its_own_target():
    level, fold, y, weight, table = table_of(n_levels=60)
    codes = (level + fold / FOLDS).astype(np.float32)
    for row in range(0, 200, 7):
        changed = y.copy()
        changed[row] += 100
        again = statistics(codes, changed, weight, 60)
        mine, other = fold[row], 1 + fold[row] % 4
        for f in (mine, other):  # but for the factor that standardises each column
            before, after = (t.reshape(61, FOLDS, 3)[:, f, :2] for t in (table, again))
            before, after = (t / np.linalg.norm(t, axis=0) for t in (before, after))
            assert np.allclose(before, after) == (f == mine)


def test_levels_that_only_one_fold_has_are_as_good_as_unseen():
    codes = np.array([1 + 1 / FOLDS] * 3 + [2 + 2 / FOLDS] * 3, np.float32)
    table = statistics(codes, np.arange(6.0)[:, None] / 6, None, 3)
    mean = table.reshape(4, FOLDS, 2)[..., 0]
    assert mean[1, 1] == mean[2, 2] == 0
    assert (mean[3] == 0).all()
    assert mean[1, 0] < 0 < mean[2, 0]


@pytest.mark.parametrize("n_members", [1, 2, 3, 5, 10, 40])
def test_folds_are_marked_and_levels_stay_whole(n_members):
    rng = np.random.default_rng(0)
    codes = np.tile([[3.0, 7.0]], (1000, 1)).astype(np.float32)
    rows = rng.permutation(1000)[:900]
    parts = np.array_split(rows, max(5, n_members))[:n_members]
    folds = [Fold(i, np.setdiff1d(rows, part), part) for i, part in enumerate(parts)]
    codes += fold_marks(1000, rows, folds, rng)[:, None]
    assert (np.trunc(codes) == [3, 7]).all()
    fold = np.rint((codes - [3, 7]) * FOLDS)
    np.testing.assert_array_equal(fold[:, 0], fold[:, 1])
    assert (fold >= 0).all()
    assert (fold < FOLDS).all()
    assert ((fold[:, 0] == 0) == ~np.isin(np.arange(1000), rows)).all()
    for part in folds:
        own, others = set(fold[part.held, 0]), set(fold[part.rows, 0])
        assert len(others) >= 5
        assert n_members > 31 or not own & others


def test_without_rows_held_out_folds_are_dealt():
    codes = np.full((100, 1), 2.0, np.float32)
    folds = undivided(np.arange(100), 3)
    codes += fold_marks(100, np.arange(100), folds, np.random.default_rng(0))[:, None]
    assert len(np.unique(codes)) == 5
    assert codes.min() > 2


def noise_in_categories(n=600, n_levels=200, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {"user": [f"user {i}" for i in rng.integers(0, n_levels, n)], "x": rng.normal(size=n)}
    )
    return X, (X["x"] + rng.normal(size=n) > 0).astype(int).to_numpy()


def test_a_category_of_noise_is_not_mistaken_for_signal():
    X, y = noise_in_categories()
    model = TabularFNNClassifier(max_iter=30, n_members=3, random_state=0).fit(X[:400], y[:400])
    without = TabularFNNClassifier(max_iter=30, n_members=3, random_state=0)
    without.fit(X[["x"]][:400], y[:400])
    own = roc_auc_score(y[400:], model.predict_proba(X[400:])[:, 1])
    assert own > roc_auc_score(y[400:], without.predict_proba(X[["x"]][400:])[:, 1]) - 0.05


@pytest.mark.parametrize("refit", [False, True])
def test_effects_of_many_categories_are_found(refit):
    rng = np.random.default_rng(0)
    effect = rng.normal(size=100)
    level = rng.integers(0, 100, 2000)
    X = pd.DataFrame({"shop": [f"shop {i}" for i in level], "x": rng.normal(size=2000)})
    y = effect[level] + 0.3 * X["x"] + rng.normal(size=2000)
    model = TabularFNNRegressor(max_iter=20, n_members=3, random_state=0, refit=refit)
    model.fit(X[:1500], y[:1500])
    assert model.score(X[1500:], y[1500:]) > 0.38  # 0.52 with all effects known


def test_validation_rows_of_ones_own_have_no_fold():
    X, y = noise_in_categories()
    model = TabularFNNClassifier(max_iter=5, n_members=2, random_state=0)
    model.fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    assert np.isfinite(model.predict_proba(X)).all()
    loss = model.history_.groupby("member")["val_loss"].min()
    raw = model.evaluate(X[400:], y[400:])["loss"]
    assert raw < loss.max() + 0.1


@pytest.mark.parametrize("n_classes", [3, 14])
def test_many_classes_have_counts_alone(n_classes):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"code": [f"code {i}" for i in rng.integers(0, 20, 300)]})
    y = rng.integers(0, n_classes, 300)
    model = TabularFNNClassifier(max_iter=2, n_members=2, random_state=0).fit(X, y)
    layers = networks_of(model)[0].layers
    (layer,) = [k for k in layers if isinstance(k, CategoryStatistics)]
    assert layer.n_entries == (4 if n_classes == 3 else 1)


def test_a_loss_of_two_scores_a_target():
    X, y = noise_in_categories(200, n_levels=20)
    model = TabularFNNRegressor(loss="gaussian", max_iter=2, n_members=2, random_state=0)
    assert np.isfinite(model.fit(X, y).predict(X)).all()


def test_what_is_for_training_rows_alone_is_not_kept(monkeypatch):
    """A table of a row a category remains of one of 32; predictions are the same to the bit."""
    X, y = noise_in_categories()
    model = TabularFNNRegressor(n_members=2, max_iter=4, random_state=0).fit(X, y)
    for network in networks_of(model):
        (layer,) = (a for a in network.layers if isinstance(a, CategoryStatistics))
        (table,) = (views["table"] for views in network.state_views(network.state).values()
                    if "table" in views)  # fmt: skip
        assert table.shape == (model.encoder_.n_levels_[0] + 1, layer.n_entries)
    monkeypatch.setattr(_predictors, "without_folds", lambda network: network)
    whole = TabularFNNRegressor(n_members=2, max_iter=4, random_state=0).fit(X, y)
    np.testing.assert_array_equal(whole.predict(X), model.predict(X))
    assert len(pickle.dumps(model)) < 0.8 * len(pickle.dumps(whole))


def test_the_most_levels_leave_room_for_the_fold_in_single_precision():
    codes = np.array([1, MOST_LEVELS - 1, MOST_LEVELS], np.float32)[:, None]
    fold = (np.arange(FOLDS) / FOLDS).astype(np.float32)
    marked = np.rint((codes + fold).astype(np.float32) * FOLDS).astype(int)
    np.testing.assert_array_equal(marked, codes.astype(int) * FOLDS + np.arange(FOLDS))
    over = np.rint((np.float32(MOST_LEVELS + 1) + fold) * np.float32(FOLDS)).astype(int)
    assert len(set(over)) < FOLDS


def test_of_more_levels_the_most_frequent_have_a_code(monkeypatch):
    monkeypatch.setattr("skfnn.preprocessing._columns.MOST_LEVELS", 12)
    monkeypatch.setattr("skfnn.tabular._cell_search.MOST_LEVELS", 12)
    levels = [f"k{i:02}" for i in range(20) for _ in range(1 + i)]
    X = pd.DataFrame({"k": levels, "z": np.arange(len(levels)) % 7.0})
    encoder = TabularEncoder().fit(X)
    assert encoder.n_levels_ == [12]
    assert encoder.categories_[0].tolist() == [f"k{i:02}" for i in range(8, 20)]
    codes = encoder.transform(X)[:, 1]
    assert (codes[X["k"] < "k08"] == 0).all()
    assert (codes[X["k"] >= "k08"] > 0).all()

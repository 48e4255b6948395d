"""Pairs of categories: which are taken, and what networks know of them."""

import numpy as np
import pandas as pd
import pytest
from helpers import pairs_of

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.targets import ClassTarget, RegressionTarget
from skfnn.preprocessing import TabularEncoder
from skfnn.tabular import _pairs
from skfnn.tabular._categories import SMOOTHING
from skfnn.tabular._pairs import CategoryPairs, cross_means

BRIEF = {"n_members": 2, "max_iter": 10, "random_state": 0}


def shops(n=3000, seed=0, levels=(30, 25, 4)):
    """A table whose target is a number of each pair of shop and product, and nothing of either."""
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, k, n) for k in levels]
    effects = np.random.default_rng(1).normal(size=levels[:2])
    effects -= effects.mean(axis=0)
    effects -= effects.mean(axis=1, keepdims=True)
    names = ("shop", "product", "day")
    X = pd.DataFrame({n: [f"{n} {i}" for i in code] for n, code in zip(names, codes, strict=True)})
    X["size"] = rng.normal(size=n)
    return X, effects[codes[0], codes[1]] + 0.1 * rng.normal(size=n)


def test_a_pair_that_tells_more_is_found():
    X, y = shops()
    model = TabularFNNRegressor(**BRIEF).fit(X, y)
    assert (0, 1) in pairs_of(model).pairs
    assert max(pairs_of(model).n_levels) == len(X[["shop", "product"]].drop_duplicates())


def test_it_makes_a_target_of_pairs_known(monkeypatch):
    X, y = shops()
    X_test, y_test = shops(seed=2)
    with_pairs = TabularFNNRegressor(**BRIEF).fit(X, y).score(X_test, y_test)
    monkeypatch.setattr(_pairs, "SURE", np.inf)
    without = TabularFNNRegressor(**BRIEF).fit(X, y).score(X_test, y_test)
    assert with_pairs > 0.6
    assert with_pairs > without + 0.1


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_it_is_found_for_classes(kind):
    X, y = shops()
    classes = {"binary": y > 0, "multiclass": np.digitize(y, [-0.5, 0.5])}
    classes["multilabel"] = np.column_stack([y > 0, y > 1])
    assert (0, 1) in pairs_of(TabularFNNClassifier(**BRIEF).fit(X, classes[kind])).pairs


def test_pairs_that_tell_nothing_are_left_out():
    X, _ = shops()
    found = 0
    for seed in range(20):
        found += len(fitted(X, np.random.default_rng(seed).normal(size=len(X))).pairs)
    assert found <= 8  # of 60; an error of 2.3 % each is allowed
    additive = X["shop"].str[-1].astype(float) + X["product"].str[-1].astype(float)
    assert fitted(X, additive.to_numpy()).pairs == []


def fitted(X, y, weight=None):
    encoder = TabularEncoder().fit(X)
    pairs = CategoryPairs(*encoder._category_places())
    target = RegressionTarget(1, True) if y.dtype.kind == "f" else ClassTarget(y)
    pairs.fit(encoder.transform(X), y, weight, target, np.random.default_rng(0))
    return pairs


def test_codes_stand_behind_those_of_categories_and_0_is_an_unseen_pair():
    X, y = shops(400)
    X = X.drop(columns="day")
    X.loc[X.index[5], "shop"] = None
    seen = set(zip(X["shop"], X["product"], strict=True))
    pairs = fitted(X, y)
    assert pairs.pairs == [(0, 1)]
    encoder = TabularEncoder().fit(X)
    more = pd.concat([shops(400, seed=3)[0].drop(columns="day"), X])
    A = encoder.transform(more)
    B = pairs.transform(A)
    np.testing.assert_array_equal(np.delete(B, 3, axis=1), A)
    known = [pair in seen for pair in zip(more["shop"], more["product"], strict=True)]
    np.testing.assert_array_equal(B[:, 3] > 0, known)
    assert B[:, 3].max() == pairs.n_levels[0] == len(seen)
    by_code = pd.DataFrame({"code": B[400:, 3], "pair": X["shop"].fillna("") + X["product"]})
    assert by_code.groupby("code")["pair"].nunique().max() == 1  # one code, one pair


@pytest.mark.parametrize("levels", [2, 5])
def test_one_of_a_pair_may_stand_in_columns(levels):
    """A category of few levels is no code, but a column a level, or -1 and 1."""
    rng = np.random.default_rng(0)
    many, few = rng.integers(0, 20, 1500), rng.integers(0, levels, 1500)
    y = np.random.default_rng(1).normal(size=(20, levels))[many, few]
    X = pd.DataFrame({"few": [f"f{i}" for i in few], "many": [f"m{i}" for i in many]})
    X.loc[X.index[:40], "few"] = None
    model = TabularFNNRegressor(**BRIEF).fit(X, y)
    assert pairs_of(model).pairs == [(0, 1)]
    assert pairs_of(model).n_levels == [len(X.drop_duplicates())]
    few_codes = pairs_of(model)._codes(model.encoder_.transform(X), 1)
    expected = 1 + pd.Categorical(X["few"]).codes
    np.testing.assert_array_equal(few_codes, expected)


def test_means_leave_the_fold_of_a_row_out():
    rng = np.random.default_rng(0)
    code, fold, values = rng.integers(0, 6, 80), rng.integers(0, 5, 80), rng.normal(size=(80, 2))
    found = cross_means(code, values, fold)
    for i in range(80):
        others = fold != fold[i]
        own = others & (code == code[i])
        mean = values[others].mean(axis=0)
        shrunk = (values[own].sum(axis=0) + SMOOTHING * mean) / (own.sum() + SMOOTHING)
        np.testing.assert_allclose(found[i], shrunk - mean)


def test_rows_without_weight_choose_nothing():
    X, y = shops(2000)
    weight = np.ones(len(X))
    weight[1000:] = 0
    noise = np.random.default_rng(5).normal(size=len(X))
    assert fitted(X, np.where(weight > 0, y, noise), weight).pairs == [(0, 1)]
    assert fitted(X, np.where(weight > 0, noise, y), weight).pairs == []


def test_targets_of_many_columns_have_none():
    X, y = shops(600)
    assert pairs_of(TabularFNNRegressor(**BRIEF).fit(X, np.tile(y[:, None], 13))).pairs == []


def test_time_is_saved_where_categories_are_many():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({f"c{i}": [f"l{j}" for j in rng.integers(0, 12, 200)] for i in range(31)})
    assert fitted(X, rng.normal(size=200)).pairs == []


@pytest.mark.parametrize("n", [1, 20, 5000])
def test_levels_of_many_rows_are_found_as_those_of_few(n):
    rng = np.random.default_rng(0)
    known = np.unique(rng.integers(0, 2**40, 30)) << 3
    keys = np.where(rng.random(n) < 0.5, rng.choice(known, n), rng.integers(0, 2**43, n))
    keys[-1] = known[-1] + 1
    places = {key: place for place, key in enumerate(known.tolist())}
    expected = [places.get(key, -1) for key in keys.tolist()]
    np.testing.assert_array_equal(_pairs._place(known, keys), expected)

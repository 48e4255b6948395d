"""Cells: exact values of numbers and pairs of columns that networks leave unexplained."""

import io
import pickle
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from helpers import cells_of
from sklearn.base import clone

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn.preprocessing import TabularEncoder
from skfnn.tabular import _cell_search
from skfnn.tabular._categories import SMOOTHING
from skfnn.tabular._cell_search import LEAST_Z, Evidence, most_telling, pairs_of_categories
from skfnn.tabular._cell_trials import surely
from skfnn.tabular._cells import (
    Bins,
    CellColumns,
    Cells,
    Division,
    Levels,
    Lookup,
    Pairs,
    Values,
    parts_of,
)

BRIEF = {"n_members": 2, "max_iter": 10, "random_state": 0}


# ---------------------------------------------------------------- made tables


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


def identifiers(n=1000, seed=0):
    """Numbers that stand for persons, each with an effect."""
    rng = np.random.default_rng(seed)
    person = rng.integers(0, 150, n)
    effect = np.random.default_rng(1).normal(size=150)
    names = np.random.default_rng(2).permutation(np.arange(1000, 9999))[:150]
    X = pd.DataFrame({"person": names[person], "size": rng.normal(size=n)})
    return X, effect[person] + X["size"].to_numpy() + 0.3 * rng.normal(size=n)


def days(n=1000, seed=0):
    """Dates, some of which are market days."""
    rng = np.random.default_rng(seed)
    day = rng.integers(0, 200, n)
    market = np.random.default_rng(1).normal(size=200)
    X = pd.DataFrame({"day": pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D")})
    X["size"] = rng.normal(size=n)
    return X, market[day] + 0.3 * rng.normal(size=n)


def coordinates(n=2500, seed=0):
    """A map: the target is a number of each square, without a pattern."""
    rng = np.random.default_rng(seed)
    east, north = rng.uniform(0, 12, (2, n))
    squares = np.random.default_rng(1).normal(size=(12, 12))
    X = pd.DataFrame({"east": east, "north": north, "size": rng.normal(size=n)})
    return X, squares[east.astype(int), north.astype(int)] + 0.2 * rng.normal(size=n)


def hours(n=1500, seed=0):
    """Each place has hours of its own."""
    rng = np.random.default_rng(seed)
    hour, place = rng.integers(0, 24, n), rng.integers(0, 6, n)
    busy = np.random.default_rng(1).normal(size=(24, 6))
    X = pd.DataFrame({"hour": hour.astype(float), "place": [f"place {i}" for i in place]})
    X["size"] = rng.normal(size=n)
    return X, busy[hour, place] + 0.2 * rng.normal(size=n)


MADE = {
    identifiers: ("person",), days: ("day",), coordinates: ("east", "north"),
    hours: ("hour", "place"),
}  # fmt: skip
each = pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)


@cache
def fitted(make):
    """A fit of a made table, that several tests look at."""
    return TabularFNNRegressor(**BRIEF).fit(*make())


def searched(X, residual, weight=None, seed=0):
    """What tells most of residuals, of all columns of a table."""
    encoder = TabularEncoder()
    A = encoder.fit_transform(X)
    rows = np.arange(len(A)) if weight is None else np.flatnonzero(weight)
    fold = np.random.default_rng(100 + seed).integers(5, size=len(rows))
    residual = residual.reshape(len(A), -1)[rows]
    given = None if weight is None else weight[rows]
    return most_telling(A[rows], parts_of(encoder), residual, fold, given)


def names(found):
    return tuple(part.name for part in found.cells.parts)


# ---------------------------------------------------------------- what is found


@each
def test_what_a_table_is_made_of_is_found_and_taken(make):
    model = fitted(make)
    assert MADE[make] in cells_of(model)
    cells = cells_of(model)[MADE[make]]
    assert cells.z > LEAST_Z
    assert cells.gain > 0.1
    X_test, y_test = make(seed=5)
    without = TabularFNNRegressor(**BRIEF, recipe="realmlp").fit(*make())
    assert model.score(X_test, y_test) > without.score(X_test, y_test) + 0.1


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_it_is_found_for_classes(kind):
    X, y = identifiers()
    classes = {"binary": y > 0, "multiclass": np.digitize(y, [-0.7, 0.7])}
    classes["multilabel"] = np.column_stack([y > 0, y > 1]).astype(int)
    assert ("person",) in cells_of(TabularFNNClassifier(**BRIEF).fit(X, classes[kind]))


@pytest.mark.parametrize("loss", ["huber", "quantiles", "gaussian", "poisson"])
def test_it_is_found_with_every_loss(loss):
    X, y = identifiers()
    y = np.exp(y / 2) if loss == "poisson" else y
    assert ("person",) in cells_of(TabularFNNRegressor(loss=loss, **BRIEF).fit(X, y))


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_found_where_nothing_is(seed):
    rng = np.random.default_rng(seed)
    n = 1200
    base = rng.normal(size=n)
    X = pd.DataFrame({f"c{i}": base + 0.1 * rng.normal(size=n) for i in range(6)})  # correlated
    X["id"] = rng.integers(0, n // 6, n)
    X["tail"] = np.exp(3 * rng.normal(size=n))
    X["few"] = rng.integers(0, 12, n)
    X["level"] = rng.choice(list("abcdefghijklm"), n)
    for residual in (rng.normal(size=n), rng.standard_t(1, size=n), (rng.random(n) < 0.005) - 0.0):
        assert searched(X, residual) == []
        assert searched(X[:60], residual[:60]) == []


def test_a_few_large_residuals_prove_nothing():
    """Three rows of one cell with huge residuals agree by chance."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"id": rng.integers(0, 100, 1000), "x": rng.normal(size=1000)})
    residual = rng.normal(size=1000)
    residual[np.flatnonzero(X["id"] == 7)[:3]] = 1e4
    assert searched(X, residual) == []


def test_random_identifiers_leak_nothing():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"id": rng.integers(0, 300, 1500), "x": rng.normal(size=1500)})
    y = X["x"].to_numpy() + rng.normal(size=1500)
    model = TabularFNNRegressor(**BRIEF).fit(X, y)
    assert cells_of(model) == {}
    known = ~np.isnan(model.oof_prediction_)
    assert np.corrcoef(model.oof_prediction_[known], y[known])[0, 1] < 0.75


def test_cells_of_two_have_to_tell_more_than_each():
    """Identifiers have an effect: pairs with them tell no more."""
    X, y = identifiers()
    X["place"] = np.random.default_rng(3).choice(list("abcdefghij"), len(X))
    found = searched(X, y - X["size"].to_numpy())
    assert names(found[0]) == ("person",)
    assert len(found) == 1


def test_what_is_found_first_is_no_longer_told():
    assert list(cells_of(fitted(identifiers))) == [("person",)]


# ---------------------------------------------------------------- evidence


def test_means_leave_the_fold_of_a_row_out():
    rng = np.random.default_rng(0)
    code, fold = rng.integers(0, 6, 80), rng.integers(0, 5, 80)
    values, weight = rng.normal(size=(80, 2)), rng.integers(1, 4, 80).astype(float)
    evidence = Evidence(values, fold, weight)
    found, w = evidence.means(code), weight / weight.mean()
    for i in range(80):
        others = fold != fold[i]
        own = others & (code == code[i])
        mean = np.average(values[others], axis=0, weights=w[others])
        total = (w[own, None] * values[own]).sum(axis=0)
        shrunk = (total + SMOOTHING * mean) / (w[own].sum() + SMOOTHING)
        np.testing.assert_allclose(found[i], shrunk - mean, atol=1e-12)


def test_a_row_does_not_change_what_is_told_of_itself():
    rng = np.random.default_rng(0)
    code, fold, values = rng.integers(0, 9, 200), rng.integers(0, 5, 200), rng.normal(size=(200, 1))
    changed = values.copy()
    changed[17] += 1000
    own = [Evidence(v - v[fold != fold[17]].mean(), fold).means(code) for v in (values, changed)]
    np.testing.assert_allclose(own[0][17], own[1][17], atol=1e-9)
    assert np.abs(own[0] - own[1]).max() > 1


def test_z_is_of_order_one_by_chance_and_grows_with_rows():
    rng = np.random.default_rng(0)
    by_chance = [
        Evidence(rng.normal(size=(500, 1)), rng.integers(5, size=500)).z(rng.integers(20, size=500))
        for _ in range(200)
    ]
    assert -1 < np.mean(by_chance) < 0.5
    assert np.quantile(by_chance, 0.99) < 3.5
    effect = rng.normal(size=(20, 1))
    z = []
    for n in (500, 4500):
        code = rng.integers(20, size=n)
        values = 0.3 * effect[code] + rng.normal(size=(n, 1))
        z.append(Evidence(values, rng.integers(5, size=n)).z(code))
    assert 2 < z[1] / z[0] < 5


def test_rows_that_a_model_was_trained_on_are_not_enough():
    """What is told of them has to hold for honest rows, too."""
    X, y = identifiers()
    encoder = TabularEncoder()
    A = encoder.fit_transform(X)
    rng = np.random.default_rng(4)
    honest = rng.random(len(A)) < 0.2
    told, fold = y - X["size"].to_numpy(), rng.integers(5, size=len(A))
    for residual, holds in ((told, True), (np.where(honest, rng.permutation(told), told), False)):
        parts = parts_of(encoder)
        found = most_telling(A, parts, residual[:, None], fold, honest=honest)
        assert bool(found) is holds


def test_rows_without_weight_choose_nothing():
    X, y = identifiers(1500)
    rng = np.random.default_rng(5)
    weight = (np.arange(len(X)) % 2).astype(float)
    noise, told = rng.normal(size=len(X)), y - X["size"].to_numpy()
    assert names(searched(X, np.where(weight > 0, told, noise), weight)[0]) == ("person",)
    assert searched(X, np.where(weight > 0, noise, told), weight) == []


def test_weights_do_not_depend_on_their_unit():
    X, y = identifiers()
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    told = y - X["size"].to_numpy()
    z = [searched(X, told, factor * weight)[0].z for factor in (1, 1e3)]
    assert z[0] == pytest.approx(z[1], rel=1e-9)


# ---------------------------------------------------------------- what cells are


def test_values_are_found_in_single_precision_and_by_exact_value():
    x = np.array([0.1, 0.2, 0.1, 3.7, 5.1, 1e6, np.nan])
    X = pd.DataFrame({"x": np.tile(x, 20)})
    encoder = TabularEncoder().fit(X)
    (part,) = parts_of(encoder)
    values = Values.of(part, encoder.transform(X))
    codes = values.codes(encoder.transform(X))[:7]
    assert codes[0] == codes[2]
    assert codes[6] == 0
    assert len(set(codes[[0, 1, 3]])) == 3
    single = values.codes(encoder.transform(X.astype(np.float32)))[:7]
    np.testing.assert_array_equal(single, codes)
    assert values.codes(encoder.transform(pd.DataFrame({"x": [0.15, 2.0]}))).tolist() == [6, 6]


def test_identifiers_of_seven_digits_stay_apart():
    ids = 4_000_000 + np.random.default_rng(0).permutation(1_000_000)[:3000]
    X = pd.DataFrame({"id": np.tile(ids, 2)})
    encoder = TabularEncoder().fit(X)
    values = Values.of(parts_of(encoder)[0], encoder.transform(X))
    codes = values.codes(encoder.transform(X))
    assert values.n_values >= 2900  # a few are closer than single precision tells
    np.testing.assert_array_equal(codes[:3000], codes[3000:])


def test_bins_are_quantiles_and_missing_is_one_of_its_own():
    x = np.random.default_rng(0).normal(size=2400)
    x[:100] = np.nan
    X = pd.DataFrame({"x": x})
    encoder = TabularEncoder().fit(X)
    A = encoder.transform(X)
    codes = Bins.of(parts_of(encoder)[0], A).codes(A)
    assert (codes[:100] == 0).all()
    counts = np.bincount(codes)[1:]
    assert len(counts) == 24
    assert counts.max() - counts.min() < 5
    order = np.argsort(x[100:])
    assert (np.diff(codes[100:][order]) >= 0).all()


@pytest.mark.parametrize("levels", [2, 5, 20])
def test_levels_are_numbered_as_they_are_sorted(levels):
    rng = np.random.default_rng(0)
    few = rng.integers(0, levels, 300)
    X = pd.DataFrame({"few": [f"f{i:02}" for i in few], "x": rng.normal(size=300)})
    X.loc[X.index[:40], "few"] = None
    encoder = TabularEncoder().fit(X)
    part = parts_of(encoder)[1]
    codes = Levels(part).codes(encoder.transform(X))
    np.testing.assert_array_equal(codes, 1 + pd.Categorical(X["few"]).codes)


def test_codes_stand_behind_those_of_categories_and_0_is_a_new_cell():
    X, _ = shops(400)
    X.loc[X.index[5], "shop"] = None
    encoder = TabularEncoder().fit(X)
    shop, product = (part for part in parts_of(encoder) if part.form == "code")
    A = encoder.transform(X)
    cells = Pairs(Levels(shop), Levels(product)).known(A)
    columns = CellColumns(3, told=[cells])
    seen = set(zip(X["shop"], X["product"], strict=True))
    assert cells.n_levels == len(seen)
    more = pd.concat([shops(400, seed=3)[0], X])
    B = columns.transform(encoder.transform(more))
    np.testing.assert_array_equal(columns.without(B), encoder.transform(more))
    known = [pair in seen for pair in zip(more["shop"], more["product"], strict=True)]
    np.testing.assert_array_equal(B[:, 3] > 0, known)
    by_code = pd.DataFrame({"code": B[400:, 3], "pair": X["shop"].fillna("") + X["product"]})
    assert by_code.groupby("code")["pair"].nunique().max() == 1  # one code, one pair


@pytest.mark.parametrize("n", [1, 20, 5000])
def test_keys_of_many_rows_are_found_as_those_of_few(n):
    rng = np.random.default_rng(0)
    known = np.unique(rng.integers(0, 2**40, 30)) << 3
    table = Lookup(known[::-1], np.arange(30, 0, -1))
    keys = np.where(rng.random(n) < 0.5, rng.choice(known, n), rng.integers(0, 2**43, n))
    keys[-1] = known[-1] + 1
    codes = {key: code for code, key in enumerate(known.tolist(), 1)}
    np.testing.assert_array_equal(table(keys), [codes.get(key, 0) for key in keys.tolist()])
    assert (Lookup(np.array([], int), np.array([], int))(keys) == 0).all()


# ---------------------------------------------------------------- pairs of categories


def pairs_found(X, y, weight=None):
    """The pairs of categories that are taken before there is a network."""
    model = TabularFNNRegressor() if y.dtype.kind == "f" else TabularFNNClassifier()
    encoder = TabularEncoder()
    A = encoder.fit_transform(X)
    begun, y = model._begun(encoder, y, weight)
    table = _table(begun, A, y, weight)
    return [names_of(cells) for cells in pairs_of_categories(
        table, parts_of(encoder), np.random.default_rng(0))]  # fmt: skip


def _table(fitted, A, y, weight):
    from skfnn.tabular._preparation import Table

    return Table(fitted, A, y, weight, None)


def names_of(cells):
    return tuple(part.name for part in cells.parts)


def test_a_pair_of_categories_that_tells_more_is_found():
    X, _ = shops()
    cells = cells_of(fitted(shops))
    assert cells["shop", "product"].n_levels == len(X[["shop", "product"]].drop_duplicates())


def test_it_makes_a_target_of_pairs_known(monkeypatch):
    X, y = shops()
    X_test, y_test = shops(seed=2)
    with_pairs = fitted(shops).score(X_test, y_test)
    monkeypatch.setattr(_cell_search, "SURE", np.inf)
    monkeypatch.setattr("skfnn.tabular._cell_search.LEAST_Z", np.inf)
    without = TabularFNNRegressor(**BRIEF).fit(X, y).score(X_test, y_test)
    assert with_pairs > 0.6
    assert with_pairs > without + 0.1


def test_pairs_of_categories_that_tell_nothing_are_left_out():
    X, _ = shops()
    found = sum(
        len(pairs_found(X, np.random.default_rng(seed).normal(size=len(X)))) for seed in range(20)
    )
    assert found <= 8  # of 60; an error of 2.3 % each is allowed
    additive = X["shop"].str[-1].astype(float) + X["product"].str[-1].astype(float)
    assert pairs_found(X, additive.to_numpy()) == []


def test_rows_without_weight_choose_no_pair_of_categories():
    X, y = shops(2000)
    weight = np.ones(len(X))
    weight[1000:] = 0
    noise = np.random.default_rng(5).normal(size=len(X))
    assert pairs_found(X, np.where(weight > 0, y, noise), weight) == [("shop", "product")]
    assert pairs_found(X, np.where(weight > 0, noise, y), weight) == []


def test_targets_of_many_columns_have_none():
    X, y = shops(600)
    assert cells_of(TabularFNNRegressor(**BRIEF).fit(X, np.tile(y[:, None], 13))) == {}


# ---------------------------------------------------------------- models with cells


@pytest.fixture(scope="module")
def model():
    X, y = identifiers()
    X.loc[X.index[:30], "person"] = np.nan
    return TabularFNNRegressor(**BRIEF).fit(X, y), X


def test_cells_are_named_by_hand(monkeypatch):
    monkeypatch.setattr(_cell_search, "LEAST_Z", np.inf)
    X, y = coordinates(1500)
    X["id"] = np.arange(1500) % 30
    kinds = {"id": "values", ("east", 1): "cells", "size": "number"}
    model = TabularFNNRegressor(**BRIEF, column_kinds=kinds).fit(X, y)
    assert list(cells_of(model)) == [("id",), ("east", "north")]
    columns = model._fitted.predictors[0].columns
    assert [len(cells) for cells in (columns.embedded, columns.told)] == [1, 1]
    assert model.schema_["kind"].tolist()[-2:] == ["exact values", "cells"]
    assert clone(model).column_kinds == kinds


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ({"east": "cells"}, "needs two columns"),
        ({("east", "east"): "cells"}, "needs two columns"),
        ({("east", "west"): "cells", "words": "drop"}, "'west', which X does not have"),
        ({("east", "words"): "cells", "words": "text"}, "neither a number nor a category"),
        ({"place": "values"}, "does not have: 'place'"),
    ],
)
def test_cells_that_cannot_be_made_are_refused(kinds, message):
    X, y = coordinates(300)
    X["words"] = [f"word {i % 7} of {i % 11} and {i % 13}" for i in range(300)]
    with pytest.raises(ValueError, match=message):
        TabularFNNRegressor(**BRIEF, column_kinds=kinds).fit(X, y)


def test_cells_that_a_recipe_does_not_take_are_refused():
    X, y = coordinates(300)
    model = TabularFNNRegressor(recipe="realmlp", column_kinds={("east", "north"): "cells"})
    with pytest.raises(ValueError, match="recipe='ensemble' has"):
        model.fit(X, y)


def test_a_new_value_is_as_a_new_category(model):
    model, X = model
    assert ("person",) in cells_of(model)
    new = X[40:60].assign(person=123.0)
    assert np.isfinite(model.predict(new)).all()
    columns = model._fitted.predictors[0].columns
    codes = columns.transform(model.encoder_.transform(new))[:, columns.behind]
    assert (codes == 0).all()


def test_the_same_table_from_elsewhere_predicts_the_same(model):
    model, X = model
    expected = model.predict(X)
    file = io.StringIO()
    X.to_csv(file, index=False)
    file.seek(0)
    np.testing.assert_allclose(model.predict(pd.read_csv(file)), expected)
    np.testing.assert_allclose(model.predict(X.astype(object)), expected)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), expected)


def test_the_fit_does_not_depend_on_how_numbers_arrive():
    X, y = identifiers(800)
    model = TabularFNNRegressor(**BRIEF).fit(X, y)
    again = TabularFNNRegressor(**BRIEF).fit(X.astype(str), y)
    assert list(cells_of(again)) == list(cells_of(model)) != []
    np.testing.assert_array_equal(again.predict(X[:50]), model.predict(X[:50]))


def test_validation_data_judges_too():
    X, y = identifiers()
    X_val, y_val = identifiers(600, seed=3)
    model = TabularFNNRegressor(**BRIEF).fit(X, y, X_val=X_val, y_val=y_val)
    assert ("person",) in cells_of(model)
    assert model.score(X_val, y_val) > 0.8


def test_the_schema_has_a_row_for_what_was_taken(model):
    model, _ = model
    schema = model.schema_
    assert list(schema.columns) == list(model.encoder_.schema_.columns)
    assert schema["kind"].tolist() == ["number", "number", "exact values"]
    last = schema.iloc[-1]
    assert (last["column"], last["levels"]) == ("person", 151)  # missing is one
    assert "z = " in last["why"]
    assert "score of held-out rows +" in last["why"]
    with pytest.raises(AttributeError, match="before fit"):
        _ = TabularFNNRegressor().schema_


def test_verbose_says_what_was_tried(capsys):
    X, y = identifiers(800)
    TabularFNNRegressor(**BRIEF, verbose=1).fit(X, y)
    out = capsys.readouterr().out
    assert "Exact values of 'person'" in out
    assert "taken." in out


class Round(Division):
    """The angle of a point around the centre of the unit square."""

    def codes(self, A):
        x, y = (part.number(A) for part in self.parts)
        return (6 * (1 + np.arctan2(y, x) / np.pi)).astype(np.int64)


def test_another_kind_is_one_class():
    class Angles(Cells):
        kind = "angles"

        @classmethod
        def proposals(cls, parts, A):
            numbers = [part for part in parts if part.form == "number"]
            for left, right in pairwise(numbers):
                yield cls(Round(left, right))

    try:
        rng = np.random.default_rng(0)
        X = pd.DataFrame(rng.normal(size=(3000, 2)), columns=["a", "b"])
        A = TabularEncoder().fit_transform(X)
        effect = np.random.default_rng(1).normal(size=13)
        code = (6 * (1 + np.arctan2(A[:, 1], A[:, 0]) / np.pi)).astype(int)
        found = searched(X, effect[code] + 0.5 * rng.normal(size=3000))
        assert isinstance(found[0].cells, Angles)
        assert names(found[0]) == ("a", "b")
    finally:
        del Cells.registry["angles"]


def test_the_more_cells_tell_the_less_has_a_trial_to_confirm():
    assert [surely(z) for z in (3, 5, 10, 12.5, 40)] == [2, 2, 1, 0.5, 0.5]


def test_what_is_just_enough_is_worth_a_trial():
    enough = LEAST_Z * 2  # of as many rows as FEW_ROWS
    for z, alone, judged, is_worth in (
        (enough, 0, np.inf, True), (0.999 * enough, 0, np.inf, False),
        (enough, 0, _cell_search.LEAST_JUDGED, True),
        (enough, 0, 0.999 * _cell_search.LEAST_JUDGED, False),
        (enough, enough / _cell_search.MORE_THAN_ALONE * 0.999, np.inf, True),
        (enough, enough / _cell_search.MORE_THAN_ALONE * 1.001, np.inf, False),
    ):  # fmt: skip
        found = _cell_search.Found(None, z, alone, judged)
        assert found.is_worth_a_trial(_cell_search.FEW_ROWS) == is_worth

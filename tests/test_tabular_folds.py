"""Folds that the user gives: groups and time stay apart in all that is learned across folds."""

import numpy as np
import pandas as pd
import pytest
from helpers import networks_of
from sklearn import config_context
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    PredefinedSplit,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    TimeSeriesSplit,
    cross_validate,
)

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn.tabular import _preparation

BRIEF = {"max_iter": 6, "hidden_layer_sizes": (16,), "random_state": 0}


def grouped(n_groups=60, size=10, seed=0):
    """Rows of a group share a row of numbers, nearly, and an offset that follows from nothing."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), size)
    marks = rng.normal(size=(n_groups, 4))
    offset = rng.normal(size=n_groups)
    x = rng.normal(size=len(group))
    X = pd.DataFrame(marks[group] + 0.01 * rng.normal(size=(len(group), 4)), columns=list("abcd"))
    X["x"] = x
    return X, 0.5 * x + offset[group] + 0.1 * rng.normal(size=len(group)), group


@pytest.fixture
def made(monkeypatch):
    """The folds of the fits."""
    found = []
    prepare = _preparation.prepare

    def noted(*given, **named):
        found.append(prepare(*given, **named))
        return found[-1]

    monkeypatch.setattr("skfnn.tabular._base.prepare", noted)
    return found


def test_groups_that_leak_are_kept_apart():
    """Out-of-fold scores are those of new groups with groups, and far better without."""
    X, y, group = grouped()
    X_new, y_new, _ = grouped(seed=1)
    params = {**BRIEF, "max_iter": 60, "hidden_layer_sizes": (64, 64)}
    known = TabularFNNRegressor(**params).fit(X, y, groups=group)
    leaking = TabularFNNRegressor(**params).fit(X, y)
    honest, new = r2_score(y, known.oof_prediction_), known.score(X_new, y_new)
    assert abs(honest - new) < 0.15
    assert r2_score(y, leaking.oof_prediction_) > honest + 0.3
    low, high = known.predict_interval(X_new, coverage=0.8).T
    covered = np.mean((low <= y_new) & (y_new <= high))
    low, high = leaking.predict_interval(X_new, coverage=0.8).T
    assert covered > 0.7
    assert np.mean((low <= y_new) & (y_new <= high)) < covered - 0.2


def test_weights_of_candidates_respect_groups():
    """Trees that recognise a group gain nothing on new ones."""
    X, y, group = grouped()
    params = {**BRIEF, "n_members": 4, "blend": "trees"}
    weights = [
        TabularFNNRegressor(**params).fit(X, y, groups=g).leaderboard_.query("candidate == 'trees'")
        ["weight"].sum() for g in (None, group)
    ]  # fmt: skip
    assert weights[0] > 0.5 > weights[1]


@pytest.mark.parametrize("cv", [None, 4, GroupKFold(4), StratifiedGroupKFold(4)])
def test_no_group_is_in_two_parts(cv, made):
    X, y, group = grouped(30)
    model = TabularFNNClassifier(cv=cv, **BRIEF)
    labels = np.array([f"g{g}" for g in group])
    model.fit(X, y > 0, groups=labels)
    for fold in made[0].folds:
        assert not set(group[fold.rows]) & set(group[fold.held])
    assert len(made[0].folds) == (10 if cv is None else 4)  # few rows have more members
    assert np.isfinite(model.oof_prediction_).all()


def test_statistics_of_categories_are_learned_across_groups(made):
    X, y, group = grouped(40)
    X["kind"] = [f"kind {i % 15}" for i in range(len(X))]
    TabularFNNRegressor(n_members=3, **BRIEF).fit(X, y, groups=group)
    (prepared,) = made
    task = prepared.networks.task
    mark = np.round(task.data.X[:, task.n_numbers] % 1, 4)
    assert pd.Series(mark).groupby(group).nunique().max() == 1
    assert pd.Series(mark).groupby(pd.Series(mark)).size().size >= 5


def test_time_goes_forward(made):
    X, y, _ = grouped(30)
    model = TabularFNNRegressor(cv=TimeSeriesSplit(4), **BRIEF).fit(X, y)
    for fold in made[0].folds:
        assert fold.rows.max() < fold.held.min()
    known = ~np.isnan(model.oof_prediction_)
    assert not known[:60].any()
    assert known[60:].all()
    assert np.isfinite(model.predict_interval(X)).all()


def test_a_row_that_is_held_out_twice_has_the_mean(made, monkeypatch):
    monkeypatch.setattr("skfnn.tabular._honest.FEWEST", np.inf)  # scores of the final weights
    X, y, _ = grouped(20)
    model = TabularFNNRegressor(cv=RepeatedKFold(n_splits=3, n_repeats=2, random_state=0), **BRIEF)
    model.fit(X, y)
    fitted, task = model._fitted, made[0].networks.task
    total = np.zeros(len(y))
    for fold, predictor in zip(made[0].folds, fitted.predictors, strict=True):
        raw = fitted.pooled(predictor.raw(task.data.X[fold.held]))
        total[fold.held] += fitted.predicted(raw)
    np.testing.assert_allclose(model.oof_prediction_, total / 2, rtol=1e-4)
    once = np.sort(np.abs(y - model.oof_prediction_))
    half = np.diff(model.predict_interval(X, coverage=0.8))[:, 0] / 2
    assert once[int(0.7 * len(y))] < half[0] < once[int(0.95 * len(y))]


@pytest.mark.parametrize(("n_members", "expected"), [(None, 3), (2, 2), (7, 7)])
def test_members_go_round_the_splits(n_members, expected, made):
    X, y, _ = grouped(20)
    model = TabularFNNRegressor(cv=KFold(3), n_members=n_members, **BRIEF).fit(X, y)
    folds = made[0].folds
    assert len(folds) == len(model._fitted.predictors) == expected
    for i in range(3, expected):
        np.testing.assert_array_equal(folds[i].held, folds[i - 3].held)
    known = np.isfinite(model.oof_prediction_).mean()
    assert known == pytest.approx(min(expected, 3) / 3, abs=0.01)
    if expected > 3:
        first, other = networks_of(model)[0], networks_of(model)[6]
        assert (first.values != other.values).any()


@pytest.mark.parametrize("cv", [
    PredefinedSplit(np.arange(200) % 4), 4, KFold(4),
    [(np.flatnonzero(np.arange(200) % 4 != i), np.flatnonzero(np.arange(200) % 4 == i))
     for i in range(4)],
    [(np.arange(200) % 4 != i, np.arange(200) % 4 == i) for i in range(4)],
])  # fmt: skip
def test_what_may_stand_for_cv(cv, made):
    X, y, _ = grouped(20)
    TabularFNNRegressor(cv=iter(cv) if isinstance(cv, list) else cv, **BRIEF).fit(X, y)
    held = np.sort(np.concatenate([fold.held for fold in made[0].folds]))
    np.testing.assert_array_equal(held, np.arange(200))


def test_rows_without_weight_are_as_good_as_absent(made):
    X, y, group = grouped(20)
    weight = np.where(np.arange(200) % 3 == 0, 0.0, 1.0)
    there = weight > 0
    for cv, groups in ((KFold(3), None), (GroupKFold(3), group)):
        model = TabularFNNRegressor(cv=cv, **BRIEF)
        model.fit(X, y, sample_weight=weight, groups=groups)
        model.fit(X[there], y[there], groups=None if groups is None else group[there])
        few, all_of = made[-1].folds, made[-2].folds
        for one, other in zip(few, all_of, strict=True):
            np.testing.assert_array_equal(np.flatnonzero(there)[one.held], other.held)
            np.testing.assert_array_equal(np.flatnonzero(there)[one.rows], other.rows)


def test_groups_come_by_metadata_routing():
    X, y, group = grouped(30)
    with config_context(enable_metadata_routing=True):
        model = TabularFNNRegressor(n_members=2, **BRIEF).set_fit_request(groups=True)
        found = cross_validate(
            model, X, y, cv=GroupKFold(2), params={"groups": group}, return_estimator=True
        )
    for estimator in found["estimator"]:
        alone = TabularFNNRegressor(n_members=2, **BRIEF)
        assert estimator.oof_prediction_.shape == (150,)
        assert alone.get_params() == estimator.get_params()


@pytest.mark.parametrize(
    ("params", "fit", "message"),
    [({"cv": KFold(25)}, {}, "has 25 splits. It may have 1 to 20"),
     ({"cv": GroupKFold(3)}, {}, "groups"),
     ({"cv": "five"}, {}, "'cv' parameter"),
     ({"cv": [([0, 1], [500])]}, {}, "positions up to 500, and X has 200 rows"),
     ({"cv": [([0.5], [1])]}, {}, "must yield positions"),
     ({"cv": [(np.arange(200), [])]}, {}, "Split 0 of cv has 200 rows to train on and 0"),
     ({"cv": []}, {}, "has 0 splits"),
     ({}, {"groups": np.zeros(200)}, "groups must hold 2 different values"),
     ({}, {"groups": np.zeros(3)}, "inconsistent numbers of samples"),
     ({"cv": 3, "validation_fraction": 0.4}, {}, "validation_fraction=0.4 has no effect with cv"),
     ({"cv": 3}, {"X_val": True}, "cv=3 has no effect with X_val"),
     ({}, {"X_val": True, "groups": np.arange(200)}, "groups has no effect with X_val")],
)  # fmt: skip
def test_what_is_refused(params, fit, message):
    X, y, _ = grouped(20)
    if fit.get("X_val") is True:
        fit = {**fit, "X_val": X, "y_val": y}
    with pytest.raises(ValueError, match=message):
        TabularFNNRegressor(**params, **BRIEF).fit(X, y, **fit)


def test_random_splits_and_classes():
    X, y, group = grouped(30)
    y = np.digitize(y, [-1, 0.5])
    model = TabularFNNClassifier(cv=ShuffleSplit(5, test_size=0.3, random_state=0), **BRIEF)
    model.fit(X, y)
    known = ~np.isnan(model.oof_prediction_[:, 0])
    assert 0.5 < known.mean() < 1
    np.testing.assert_allclose(model.oof_prediction_[known].sum(axis=1), 1)
    assert log_loss(y[known], model.oof_prediction_[known]) < 1.2
    splitter = GroupShuffleSplit(3, test_size=0.3, random_state=0)
    again = TabularFNNClassifier(cv=splitter, **BRIEF).fit(X, y, groups=group)
    assert np.isfinite(again.predict_proba(X)).all()


@pytest.mark.parametrize("wrong", [100, -101])
def test_a_position_behind_the_rows_is_no_row(wrong):
    X = np.random.default_rng(0).normal(size=(100, 2))
    rows = np.arange(100)
    cv = [(rows[:50], np.append(rows[50:], wrong)), (rows[50:], rows[:50])]
    with pytest.raises(ValueError, match=r"cv yields positions up to \d+, and X has 100 rows"):
        TabularFNNRegressor(cv=cv, **BRIEF).fit(X, X[:, 0])

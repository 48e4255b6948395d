"""Tables of many rows: what saves time must not change what is found."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn.schedules import CosLog4
from skfnn.tabular import _candidates, _cell_trials, _cycles, _members, _portions, _recipes
from skfnn.tabular._cells import OFTEN, REPEATED, ExactValues, Part, Values, distinct
from skfnn.tabular._cycles import WORTH, enough_epochs
from skfnn.tabular._folds import assign_folds
from skfnn.tabular._portions import portions
from skfnn.tabular._recipes import LARGE, RECIPES
from skfnn.tabular._trials import Trial


@pytest.mark.parametrize(
    "numbers",
    [[], [3], [3, 3], [2, -1, 2, 5, -1], [-(2**63), 2**63 - 1, -(2**63), 0],
     np.random.default_rng(0).integers(-50, 50, 300)],
    ids=["none", "one", "alike", "few", "limits", "many"],
)  # fmt: skip
def test_distinct_numbers_are_those_of_numpy(numbers):
    numbers = np.array(numbers, np.int64)
    before = numbers.copy()
    assert_array_equal(distinct(numbers), np.unique(numbers))
    assert_array_equal(numbers, before)


def test_values_beside_each_other_on_the_grid_are_told_apart():
    A = np.float32([[0.0], [2.0**-22], [2.0**-21], [1.0], [1.0]])
    values = Values.of(Part("a", "number", slice(0, 1)), A)
    assert_array_equal(values.codes(A), [1, 2, 3, 4, 4])
    beside = A + np.float32([[0], [0], [2.0**-22], [2.0**-22], [1]])
    assert_array_equal(values.codes(beside), [1, 2, 3, 4, 5])  # 5: another value


@pytest.mark.parametrize(("after", "few", "many"), [(-1.04, 60, 28), (-0.98, 60, 28),
                                                   (-0.96, 60, 60)])  # fmt: skip
def test_a_cycle_of_many_rows_has_to_be_worth_its_time(after, few, many):
    scores = [-9] * 20 + [-1] * 8 + [after] * 32
    assert enough_epochs(scores, 60) == few
    assert enough_epochs(scores, 60, worth=WORTH) == many


@pytest.mark.parametrize(("third", "many_rows", "epochs"), [(-0.98, 500, 7), (-0.96, 500, 15),
                                                           (-0.98, 700, 15)])  # fmt: skip
def test_training_of_many_rows_ends_with_a_cycle_that_was_not_worth_its_time(
    third, many_rows, epochs, monkeypatch
):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(600, 2)), rng.normal(size=600)
    scores = iter([-3.0, -2.0, -1.0, -2.0, -2.0, -2.0, third, *[-2.0] * 8])
    monkeypatch.setattr(_members, "LARGE", 500)
    monkeypatch.setattr(_recipes, "MANY_ROWS", many_rows)
    monkeypatch.setattr(_cycles, "data_loss", lambda *given: 0.0)  # of halves
    monkeypatch.setattr("skfnn._engine.following.monitor.data_loss", lambda *given: -next(scores))
    monkeypatch.setattr(_recipes.Recipe, "epochs", lambda recipe, n: 15)
    model = TabularFNNRegressor(n_members=1, hidden_layer_sizes=(8,), batch_size=1, blend=None,
                                random_state=0).fit(X, y)  # fmt: skip
    assert len(model.history_) == epochs


@pytest.mark.parametrize("large", [False, True])
def test_trials_and_members_of_many_rows_end_where_the_first_was_best(large, monkeypatch):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(600, 2)), columns=["a", "b"])
    y = (X["a"] + 2 * rng.normal(size=600) > 0).astype(int)
    runs, train = [], _members.train

    def noted(task, fold, run, tasks=None):
        runs.append(run)
        return train(task, fold, run, tasks)

    def same_again(ask):
        yield Trial(ask().task)

    monkeypatch.setattr(_candidates, "train", noted)
    monkeypatch.setattr(_candidates, "TRIALS", (same_again,))
    if large:
        monkeypatch.setattr(_members, "LARGE", 500)
    TabularFNNClassifier(n_members=3, hidden_layer_sizes=(8,), random_state=1).fit(X, y)
    first, again, *others = runs
    assert first.until is None
    assert again.until == (others[0].until if large else None)
    assert len({run.until for run in others}) == 1


def test_the_cycles_of_large_tables_end_with_an_epoch():
    epochs = RECIPES["ensemble"].epochs(LARGE + 1)
    assert RECIPES["ensemble"].epochs(LARGE) == 16
    ends = {enough_epochs([-2] * i + [-1] + [-2] * (epochs - i - 1), epochs, 1, worth=0.0)
            for i in range(epochs)}  # fmt: skip
    assert ends == {1, 3, 7, 15}
    for end in ends:  # where the rate is lowest
        assert CosLog4().factor(end / epochs, samples=0, plateaus=0) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("n_folds", [2, 3, 10])
def test_folds_are_dealt_hand_by_hand(n_folds):
    y, rng, again = np.repeat([0.0, 1.0, 2.0], 11), *map(np.random.default_rng, (0, 0))
    order = rng.permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    expected = np.empty(len(y), int)
    for start in range(0, len(y), n_folds):
        hand = order[start : start + n_folds]
        expected[hand] = rng.permutation(n_folds)[: len(hand)]
    assert_array_equal(assign_folds(y, n_folds, again), expected)
    assert rng.random() == again.random()


@pytest.mark.parametrize("n_values", [5, 9, 40, 70, 1000])
@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_exact_values_are_proposed_where_most_rows_have_one_that_repeats(n_values, missing):
    rng = np.random.default_rng(0)
    A = rng.integers(0, n_values, (300, 1)).astype(np.float32) / 500
    A = np.column_stack([A, rng.random(300) < missing]).astype(np.float32)
    part = Part("a", "number", slice(0, 1), missing=1)
    values = Values.of(part, A)
    codes = values.codes(A)
    often = (np.bincount(codes)[codes] >= OFTEN) & (codes > 0)
    wanted = values.n_values > 8 and often.mean() >= REPEATED
    assert len(list(ExactValues.proposals([part], A))) == wanted


@pytest.mark.parametrize(("scoring", "n_judged"), [(None, 50), ("r2", 200)])
def test_epochs_are_judged_by_some_of_many_held_out_rows(scoring, n_judged, monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 2))
    y = X[:, 0] + 0.1 * rng.normal(size=600)
    judged, members, train = [], [], _members.train

    class Noted(_members.CycleMonitor):
        def __init__(self, *given, **more):
            super().__init__(*given, **more)
            judged.append(self.valid)

    def noted(task, fold, *given):
        members.append((fold, train(task, fold, *given)))
        return members[-1][1]

    monkeypatch.setattr(_members, "JUDGED_ROWS", 50)
    monkeypatch.setattr(_members, "CycleMonitor", Noted)
    monkeypatch.setattr(_candidates, "train", noted)
    monkeypatch.setattr(_candidates, "TRIALS", ())
    model = TabularFNNRegressor(n_members=3, hidden_layer_sizes=(8,), max_iter=9, blend=None,
                                random_state=0, scoring=scoring).fit(X, y)  # fmt: skip
    assert np.corrcoef(model.oof_prediction_, y)[0, 1] > 0.9  # of all rows
    for valid, (fold, member) in zip(judged, members, strict=True):
        assert len(valid) == n_judged
        assert len(member.raw) == 200
        changed = np.flatnonzero((member.honest != member.raw).any(axis=1))
        assert len(changed) <= n_judged  # the others had no say
        assert abs(y[valid.rows].mean() - y[fold.held].mean()) < 0.05  # at random .12
        there = np.isin(fold.held, valid.rows)
        assert there.sum() == n_judged
        raw = _members.scores(member.predictor.network, valid, model._fitted.loss)
        assert_allclose(raw, member.raw[there], atol=1e-5)


def test_residuals_are_predicted_of_as_many_rows_as_are_looked_at(monkeypatch):
    rng = np.random.default_rng(0)
    X, predicted, residuals = rng.normal(size=(600, 2)), [], _cell_trials.residuals

    def noted(task, member, rows):
        predicted.append(rows)
        return residuals(task, member, rows)

    monkeypatch.setattr(_cell_trials, "VALUE_ROWS", 100)
    monkeypatch.setattr(_cell_trials, "residuals", noted)
    TabularFNNClassifier(n_members=2, hidden_layer_sizes=(8,), max_iter=3).fit(X, X[:, 0] > 0)
    assert [len(rows) for rows in predicted] == [100]
    assert np.ptp(predicted[0]) == 599


def test_an_epoch_has_a_share_of_very_many_rows():
    recipe = RECIPES["ensemble"]
    assert recipe.share(250_000) == 1
    assert recipe.share(1_000_000) == 0.5
    assert recipe.share(10**9) * recipe.epochs(10**9) == 2  # all epochs together read all rows


def test_portions_have_all_rows_before_one_comes_again():
    rows = np.arange(100, 110)
    given = portions(rows, 4, np.random.default_rng(0))
    order = np.concatenate([next(given) for _ in range(10)])
    for begin in range(0, 40, 10):
        assert sorted(order[begin : begin + 10]) == list(rows)
    assert len({tuple(order[begin : begin + 10]) for begin in range(0, 40, 10)}) == 4


@pytest.mark.parametrize("given", [None, 4])
def test_members_train_on_shares_unless_the_user_says_how_many_epochs(given, monkeypatch):
    rng = np.random.default_rng(0)
    X, sizes, run = rng.normal(size=(600, 2)), [], _portions._Program.run

    def noted(program):
        loss = run(program)
        sizes.append(np.unique(program.order).size)
        return loss

    monkeypatch.setattr(_recipes, "MANY_ROWS", 150)  # half of the rows in an epoch
    monkeypatch.setattr(_portions._Program, "run", noted)
    model = TabularFNNRegressor(n_members=3, hidden_layer_sizes=(8,), max_iter=given, blend=None,
                                random_state=0).fit(X, X[:, 0])  # fmt: skip
    assert set(sizes) == (set() if given else {200})
    assert model.score(X, X[:, 0]) > (0.5 if given else 0.99)

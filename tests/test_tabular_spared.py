"""What is not trained because it would bring little: networks beside trees, trees, trials."""

import numpy as np
import pandas as pd
import pytest
from helpers import needs_sklearn
from joblib import parallel_config
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn.tabular import _ensemble, _members, _others, _trials, _weighing
from skfnn.tabular._candidates import Networks
from skfnn.tabular._members import Run, train
from skfnn.tabular._mixing import Share

# Tables of this size have five networks.
ROWS = 1200
BRIEF = {"max_iter": 6, "hidden_layer_sizes": (16,), "random_state": 0}


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch):
    """At most 30 rounds of boosting: nothing here is about how many there may be."""
    monkeypatch.setattr(_others, "MOST_ROUNDS", 30)


def steps(n=ROWS, seed=0):
    """Numbers that jump at thresholds: trees weigh much."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.uniform(size=(n, 3)), columns=list("abc"))
    y = np.floor(7 * X["a"]) * 3 % 5 + np.floor(9 * X["b"]) * 2 % 7 + (X["c"] > 0.4)
    return X, y + 0.1 * rng.normal(size=n)


def lines(n=ROWS, seed=0):
    """Numbers that trees follow badly."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 6)), columns=list("abcdef"))
    return X, X @ np.arange(1, 7) + 0.1 * rng.normal(size=n)


def trained(model):
    """How many members of each candidate were trained."""
    return model.leaderboard_["candidate"].value_counts().to_dict()


def share_of_trees(model):
    board = model.leaderboard_
    return board["weight"][board["candidate"] == "trees"].sum()


# ------------------------------------------------------------------ how members differ


def test_half_of_the_variance_on_training_rows_counts(monkeypatch):
    """A member that held a row out knows nothing of its noise, the others do."""
    told, least = [], []
    products, best_weights = _weighing.products, _weighing.best_weights

    def remembered(errors, variances, weight):
        told.append(variances)
        return products(errors, variances, weight)

    def noted(expected, *given):
        least.append(given)
        return best_weights(expected, *given)

    monkeypatch.setattr(_weighing, "products", remembered)
    monkeypatch.setattr(_weighing, "best_weights", noted)
    X, y = steps(400)
    model = TabularFNNRegressor(blend="trees", n_members=3, **BRIEF).fit(X, y)
    A = model._fitted.encoder.transform(X)
    raws = [predictor.raw(A)[:, 0] for predictor in model._fitted.predictors]
    assert trained(model) == {"networks": 3, "trees": 3}
    by_hand = [np.var(raws[:3], axis=0).mean() / 2, np.var(raws[3:], axis=0).mean() / 2]
    np.testing.assert_allclose(told[-1], by_hand, rtol=1e-4)
    assert least[-1] == (0.05,)  # less is left out beside networks


# ------------------------------------------------------------------ networks that trees outweigh


@pytest.mark.parametrize("classes", [False, True])
def test_where_trees_weigh_much_there_are_fewer_networks(classes):
    X, y = steps()
    kind = TabularFNNClassifier if classes else TabularFNNRegressor
    y = np.digitize(y, [4, 7]) if classes else y.to_numpy()
    model = kind(blend="trees", **BRIEF).fit(X, y)
    assert trained(model) == {"trees": 5, "networks": 3}
    assert share_of_trees(model) >= 0.3
    assert model.leaderboard_["weight"].sum() == pytest.approx(1)
    # trees alone predict the rows of two folds
    assert np.isfinite(model.oof_prediction_).all()
    alone = model._fitted.origin.held[4]
    by_trees = model._fitted.predictors[-1]
    view = model._fitted.views(X.iloc[alone])[-1]
    raw = model._fitted.pooled(by_trees.raw(view)) / model._fitted.temperatures[-1]
    plain = model._fitted.plain()
    np.testing.assert_allclose(model.oof_prediction_[alone], plain.predicted(raw).reshape(
        model.oof_prediction_[alone].shape), rtol=1e-6)  # fmt: skip
    again = clone(model).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_intervals_are_told_by_rows_that_all_candidates_held_out():
    X, y = steps()
    model = TabularFNNRegressor(blend="trees", interval_width="equal", **BRIEF).fit(X, y)
    assert trained(model)["networks"] == 3
    held = model._fitted.origin.held
    assert len(model._fitted.calibration._scores) == sum(len(held[i]) for i in range(3))
    X_new, y_new = steps(seed=1)
    low, high = model.predict_interval(X_new, coverage=0.8).T
    assert 0.76 <= np.mean((low <= y_new) & (y_new <= high)) <= 0.86


def test_where_they_weigh_little_all_networks_are_trained():
    X, y = lines()
    model = TabularFNNRegressor(blend="trees", **{**BRIEF, "max_iter": 20}).fit(X, y)
    alone = TabularFNNRegressor(**{**BRIEF, "max_iter": 20}).fit(X, y)
    assert trained(model)["networks"] == 5
    assert share_of_trees(model) == 0
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))
    np.testing.assert_array_equal(model.oof_prediction_, alone.oof_prediction_)


@pytest.mark.parametrize(
    "params", [{"n_members": 5}, {"cv": 5}, {"blend": None}, {"time_limit": 60.0}]
)
def test_what_the_user_says_stays(params):
    X, y = steps()
    params = {"blend": "trees", **params}
    if "time_limit" in params:  # which would be used up
        params["recipe"] = "tabm-mini"
        model = TabularFNNRegressor(**BRIEF, n_members=5, **params).fit(X, y)
    else:
        model = TabularFNNRegressor(**BRIEF, **params).fit(X, y)
    assert trained(model)["networks"] == 5


def test_small_tables_keep_their_many_networks():
    X, y = steps(500)
    model = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y)
    assert share_of_trees(model) >= 0.3
    assert trained(model)["networks"] == 10


def test_whole_groups_too():
    X, y = steps()
    groups = np.random.default_rng(0).integers(0, 60, ROWS)
    model = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y, groups=groups)
    assert trained(model) == {"trees": 5, "networks": 3}
    held = model._fitted.origin.held
    assert sum(len(np.unique(groups[rows])) for rows in held) == 60


def test_members_side_by_side_are_the_same():
    X, y = steps()
    one = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y)
    with parallel_config(backend="threading"):
        two = TabularFNNRegressor(blend="trees", n_jobs=2, **BRIEF).fit(X, y)
    assert trained(two) == trained(one)
    np.testing.assert_array_equal(two.predict(X), one.predict(X))


def test_a_refit_has_as_many_networks():
    X, y = steps()
    model = TabularFNNRegressor(blend="trees", refit=True, **BRIEF).fit(X, y)
    before = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y)
    np.testing.assert_allclose(model._fitted.weights, before._fitted.weights)
    assert len(model.best_epochs_) == 3


def test_an_interrupt_of_the_networks_that_are_left_keeps_what_there_is(monkeypatch):
    X, y = lines()
    other, asked = Networks.other, []

    def interrupted(self, fold, trainer):
        asked.append(fold.number)
        if fold.number == 4:
            raise KeyboardInterrupt
        return other(self, fold, trainer)

    monkeypatch.setattr(Networks, "other", interrupted)
    model = TabularFNNRegressor(blend="trees", refit=True, **{**BRIEF, "max_iter": 20})
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(X, y)
    assert trained(model)["networks"] == 4
    assert np.isfinite(model.predict(X)).all()


def test_an_interrupt_of_the_trees_ends_the_networks_too(monkeypatch):
    X, y = steps()

    def interrupted(self, fold):
        raise KeyboardInterrupt

    monkeypatch.setattr(_others.Trees, "trained", interrupted)
    with pytest.warns(UserWarning, match="interrupted"):
        model = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y)
    assert trained(model) == {"networks": 3}


class EndAfter:
    """A callback that wants to end the fit after a task."""

    def __init__(self, number):
        self.number = number

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        return context.task_name == "member" and context.task_id == self.number


@needs_sklearn("1.9", "callbacks")
@pytest.mark.parametrize("number", [1, 3])
def test_a_callback_that_ends_the_fit_ends_the_networks_too(number):
    X, y = steps()
    model = TabularFNNRegressor(blend="trees", **BRIEF).set_callbacks(EndAfter(number)).fit(X, y)
    assert len(model.leaderboard_) == number + 1
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize(("share", "fewer"), [((0.31, 0.0), True), ((0.4, 0.2), False)])
def test_a_large_share_has_to_be_sure(share, fewer, monkeypatch):
    monkeypatch.setattr(Share, "of", classmethod(lambda cls, *given: Share(*share)))
    X, y = steps()
    model = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y)
    assert trained(model)["networks"] == (3 if fewer else 5)


def test_several_candidates_count_together():
    X, y = lines()
    blend = [("one", LinearRegression()), ("trees", "trees")]
    model = TabularFNNRegressor(blend=blend, **BRIEF).fit(X, y)
    assert trained(model)["networks"] == 3
    by_score = TabularFNNRegressor(blend=blend, scoring="mae", **BRIEF).fit(X, y)
    assert trained(by_score)["networks"] == 3


# ------------------------------------------------------------------ others that bring nothing


def test_others_end_where_several_members_show_what_one_hid(monkeypatch):
    monkeypatch.setattr(_ensemble, "promising", lambda *given: True)
    X, y = lines()
    model = TabularFNNRegressor(blend="trees", **{**BRIEF, "max_iter": 20}).fit(X, y)
    assert trained(model) == {"networks": 5, "trees": 3}
    joined = TabularFNNRegressor(blend=LinearRegression(), **BRIEF).fit(X, y)
    assert trained(joined) == {"linearregression": 5, "networks": 3}


def test_others_that_err_less_go_on_whatever_their_share(monkeypatch):
    monkeypatch.setattr(Share, "of", classmethod(lambda cls, *given: Share(0.0, 0.0)))
    X, y = lines()
    model = TabularFNNRegressor(blend=LinearRegression(), **BRIEF).fit(X, y)
    assert trained(model) == {"networks": 5, "linearregression": 5}


@pytest.mark.parametrize("weighted", [False, True])
def test_a_share_and_its_error_are_those_of_many_draws(weighted):
    rng = np.random.default_rng(0)
    weight = rng.uniform(0.2, 2, 300) if weighted else None
    found = []
    for _ in range(400):
        ours = rng.normal(size=(300, 2))
        other = 0.3 * ours + rng.normal(size=(300, 2))
        found.append(Share.of(ours, other, weight))
    # ours has variance 1, other 1.09, their product 0.3
    assert np.mean([share.best for share in found]) == pytest.approx(0.7 / 1.49, abs=0.01)
    spread = np.std([share.best for share in found])
    assert np.mean([share.error for share in found]) == pytest.approx(spread, rel=0.1)


def test_a_share_is_that_of_means_where_members_differ():
    """The noise of single members, which a mean of many has not, is taken off."""
    rng = np.random.default_rng(0)
    bias = rng.normal(size=(2, 20000, 1))
    noise = rng.normal(size=(2, 20000, 1)) * np.array([1.5, 0.2])[:, None, None]
    ours, other = bias + noise
    assert Share.of(*bias, None).best == pytest.approx(0.5, abs=0.02)
    assert Share.of(ours, other, None).best > 0.7
    assert Share.of(ours, other, None, (1.5**2, 0.2**2)).best == pytest.approx(0.5, abs=0.04)
    assert Share.of(ours, ours, None).best == 0
    assert not Share.of(ours, ours, None).is_worth
    assert not Share(0.1, 0.04).is_worth
    assert Share(0.1, 0.06).is_worth


# ------------------------------------------------------------------ trials that fall behind


def trial(rival, max_iter=60):
    """Train a member beside a rival; return how many epochs it had."""
    X, y = steps(400)
    tasks = []

    def kept(task, fold, run, told=None):
        tasks.append((task, fold, run))
        return train(task, fold, run, told)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skfnn.tabular._candidates.train", kept)
        TabularFNNRegressor(**{**BRIEF, "n_members": 2, "max_iter": 2}).fit(X, y)
    task, fold, run = tasks[0]
    return train(task, fold, Run(run.seed, max_iter, rival=tuple(rival)))


def test_a_trial_ends_with_the_cycle_in_which_it_is_behind():
    alone = trial([])
    losses = alone.history.columns["val_loss"]
    assert len(losses) == 60
    least = min(losses)
    assert len(trial([0.9 * least] * 60).history) == 12  # the second of four cycles
    assert len(trial([np.inf] * 12 + [0.9 * least] * 48).history) == 28  # the third
    last = [np.inf] * 28 + [0.9 * least] * 32  # the last is for the trial to decide
    np.testing.assert_array_equal(trial(last).history.columns["val_loss"], losses)
    as_good = 0.97 * np.minimum.accumulate(losses)
    np.testing.assert_array_equal(trial(as_good).history.columns["val_loss"], losses)


def test_what_a_trial_decides_does_not_depend_on_its_end(monkeypatch):
    """Identifiers with an effect are found; a refused trial is shorter, and changes no network."""
    rng = np.random.default_rng(0)
    code = rng.integers(0, 60, ROWS)
    X = pd.DataFrame({"id": 1000 + 37 * code, "a": rng.normal(size=ROWS)})
    y = rng.normal(size=60)[code] + X["a"] + 0.3 * rng.normal(size=ROWS)
    params = {**BRIEF, "n_members": 2, "max_iter": 30}
    model = TabularFNNRegressor(**params).fit(X, y)
    assert "exact values" in set(model.schema_["kind"])
    monkeypatch.setattr(_members.CycleMonitor, "_is_behind", lambda self: False)
    whole = TabularFNNRegressor(**params).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), whole.predict(X))


def test_more_epochs_have_no_rival(monkeypatch):
    """Their schedule is another one: epoch by epoch they are behind at first."""
    runs, run = [], Networks.run

    def kept(self, fold, epochs, until=None, rival=()):
        runs.append((epochs, len(rival)))
        return run(self, fold, epochs, until, rival)

    monkeypatch.setattr(Networks, "run", kept)
    monkeypatch.setattr(_trials, "NEARLY_NOISE_FREE", 1.0)
    X, y = lines()
    TabularFNNRegressor(n_members=1, hidden_layer_sizes=(16,), random_state=0).fit(X, y)
    (first, _), *trials = runs
    assert [n for epochs, n in trials if epochs == first and n]
    assert [n for epochs, n in trials if epochs > first] == [0]

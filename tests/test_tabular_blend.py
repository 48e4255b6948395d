"""What joins the networks of a table: trees, and any estimator of scikit-learn."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers import members_alone, needs_sklearn, networks_of, with_state
from joblib import parallel_config
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import (
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import get_scorer, log_loss, make_scorer, mean_squared_error
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn._sklearn import raw_of_boosting
from skfnn.export import skops_trusted_types
from skfnn.tabular import _others, _weighing
from skfnn.tabular._forest import Forest
from skfnn.tabular._mixing import best_share, best_weights, products, shares_by_loss

BRIEF = {"n_members": 3, "max_iter": 10, "hidden_layer_sizes": (16,), "random_state": 0}
IRIS = load_iris(return_X_y=True, as_frame=True)
DIABETES = load_diabetes(return_X_y=True, as_frame=True)


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch):
    """At most 30 rounds of boosting: nothing here is about how many there may be."""
    monkeypatch.setattr(_others, "MOST_ROUNDS", 30)


def steps(n=600, seed=0):
    """Numbers that jump at thresholds of several columns, and a category with an effect."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.uniform(size=(n, 4)), columns=list("abcd"))
    code = rng.integers(0, 12, n)
    X["code"] = [f"level {i}" for i in code]
    X.loc[rng.random(n) < 0.1, "d"] = np.nan
    cells = np.floor(7 * X["a"]) * 3 % 5 + np.floor(9 * X["b"]) * 2 % 7
    y = cells + np.where(X["c"] > 0.37, 3, 0) * (X["a"] > 0.61) + code % 3 + X["d"].isna()
    return X, y + 0.1 * rng.normal(size=n)


def smooth(n=900, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    return X, np.sin(X[:, 0] + X[:, 1]) + 0.5 * X @ np.arange(5) + 0.1 * rng.normal(size=n)


def weights_of(model):
    return model.leaderboard_.groupby("candidate")["weight"].sum()


def without(model, kind):
    """The same ensemble without the members whose predictors are of a kind."""
    fitted = model._fitted
    weights = [
        0.0 if isinstance(predictor, kind) else weight
        for predictor, weight in zip(fitted.predictors, fitted.weights, strict=True)
    ]
    return with_state(model, weights=weights)


# ------------------------------------------------------------------ the weights


@pytest.mark.parametrize("seed", range(5))
def test_weights_are_those_of_the_mean_of_all_members(seed):
    """Candidates of many noisy members and of few: the weights that their means should have."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=4000)
    bias = rng.normal(size=(2, 4000)) * [[0.3], [0.5]]
    noise = [rng.normal(size=(5, 4000)), 0.1 * rng.normal(size=(5, 4000))]
    members = [y + b + n for b, n in zip(bias, noise, strict=True)]
    held_out = [each[0] for each in members]
    errors = [(found - y)[:, None] for found in held_out]
    variances = [each.var(axis=0).mean() for each in members]
    weights = best_weights(products(errors, variances, None))
    means = [each.mean(axis=0) for each in members]

    def loss(found):
        return mean_squared_error(y, found)

    assert weights[1] == pytest.approx(best_share(loss, *means), abs=0.05)
    assert best_share(loss, *held_out) > weights[1] + 0.1  # by single members alone: too much


def test_weights_count_rows_by_their_weight():
    rng = np.random.default_rng(0)
    good, bad = 0.1 * rng.normal(size=(200, 1)), rng.normal(size=(200, 1))
    first = np.arange(200) < 100
    errors = [np.where(first[:, None], good, bad), np.where(first[:, None], bad, good)]
    assert best_weights(products(errors, [0, 0], first.astype(float)))[0] > 0.95
    assert best_weights(products(errors, [0, 0], 1.0 - first))[1] > 0.95
    both = best_weights(products(errors, [0, 0], None))
    np.testing.assert_allclose(both, 0.5, atol=0.1)


def test_what_is_worse_in_each_respect_gets_nothing():
    assert best_weights(np.array([[1.0, 1.1], [1.1, 2.0]])).tolist() == [1, 0]
    assert best_weights(np.array([[1.0, 0.9], [0.9, 0.5]])).tolist() == [0, 1]
    assert best_weights(np.zeros((3, 3))).tolist() == [1, 0, 0]
    little = np.array([[1.0, 0.99], [0.99, 1.3]])  # the best share is 1 / 32
    assert best_weights(little)[1] == pytest.approx(1 / 32, abs=0.01)
    assert best_weights(little, least=0.05).tolist() == [1, 0]
    assert best_weights(np.array([[np.nan, 0], [0, 1.0]])).sum() == 1
    y = np.linspace(0, 1, 50)

    def loss(found):
        return float(np.abs(found - y).mean())

    assert shares_by_loss(loss, [y, y + 1]).tolist() == [1, 0]
    assert shares_by_loss(loss, [y + 1, y])[1] > 0.95
    found = shares_by_loss(loss, [y + 0.1, y - 0.1, y + 5])
    assert 0 < found[1] < 0.5  # squared
    assert found[2] == 0
    assert found.sum() == pytest.approx(1)


# ------------------------------------------------------------------ trees


@pytest.mark.parametrize("classes", [False, True])
def test_trees_help_where_the_target_jumps(classes, monkeypatch):
    monkeypatch.setattr(_others, "MOST_ROUNDS", 60)
    X, y = steps(900)
    X_new, y_new = steps(seed=1)
    if classes:
        edges = np.quantile(y, [0.3, 0.6])
        y, y_new = np.digitize(y, edges), np.digitize(y_new, edges)
    kind = TabularFNNClassifier if classes else TabularFNNRegressor
    model = kind(blend="trees", **BRIEF).fit(X, y)
    assert weights_of(model)["trees"] > 0.4
    networks = without(model, _others.TreesPredictor)
    if classes:
        found = [log_loss(y_new, m.predict_proba(X_new)) for m in (model, networks)]
    else:
        found = [mean_squared_error(y_new, m.predict(X_new)) for m in (model, networks)]
    assert found[0] < (0.97 if classes else 0.9) * found[1]


@pytest.mark.parametrize("classes", [False, True])
def test_trees_get_next_to_nothing_where_it_is_smooth(classes):
    X, y = smooth()
    kind = TabularFNNClassifier if classes else TabularFNNRegressor
    params = {**BRIEF, "max_iter": 40, "hidden_layer_sizes": (64,)}
    model = kind(blend="trees", **params).fit(X, y > 0 if classes else y)
    assert weights_of(model)["trees"] <= 0.05
    if weights_of(model)["trees"] == 0:  # the first fold told
        assert (model.leaderboard_["candidate"] == "trees").sum() in (1, 3)


def test_networks_alone_are_the_same_to_the_bit():
    X, y = steps(300)
    expected = TabularFNNRegressor(**BRIEF).fit(X, y)
    for blend in (None, [], ()):
        model = TabularFNNRegressor(blend=blend, **BRIEF).fit(X, y)
        np.testing.assert_array_equal(model.predict(X), expected.predict(X))
        np.testing.assert_array_equal(model.oof_prediction_, expected.oof_prediction_)
    with_trees = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y)
    theirs = [p.network for p in with_trees._fitted.predictors[:3]]
    for one, other in zip(networks_of(expected), theirs, strict=True):
        np.testing.assert_array_equal(one.values, other.values)


def test_what_is_told_of_held_out_rows_is_told_of_the_whole():
    X, y = steps()
    model = TabularFNNRegressor(blend="trees", interval_width="equal", **BRIEF).fit(X, y)
    board = model.leaderboard_
    assert board.columns.tolist() == [
        "candidate", "member", "score", "weight", "best_epoch", "seconds",
    ]  # fmt: skip
    assert board["member"].tolist() == [1, 2, 3] * 2
    assert board["weight"].sum() == pytest.approx(1)
    assert board["best_epoch"].notna().tolist() == [True] * 3 + [False] * 3
    best = board.groupby("candidate")["score"].mean().max()
    assert 1 - mean_squared_error(y, model.oof_prediction_) / y.var() > best - 0.01
    errors = np.sort(np.abs(y - model.oof_prediction_))
    low, high = model.predict_interval(X, coverage=0.9).T
    expected = errors[int(np.ceil(0.9 * (len(y) + 1))) - 1]
    alone = np.array([one.predict(X) for one in members_alone(model)])
    mixed = np.average(alone.reshape(2, 3, -1), axis=0, weights=board["weight"].to_numpy()[::3])
    expected *= np.sqrt(1 - mixed.var(axis=0).mean() / (errors**2).mean())
    np.testing.assert_allclose((high - low) / 2, expected, rtol=1e-3)
    np.testing.assert_allclose(model.predict(X), board["weight"].to_numpy() @ alone)
    assert set(model.history_.index.get_level_values("member")) == {0, 1, 2}
    assert len(model.best_epochs_) == 3


def test_it_is_the_same_again_in_parallel_and_from_a_pickle():
    X, y = steps(200)
    y = np.digitize(y, np.quantile(y, [0.5, 0.8]))
    model = TabularFNNClassifier(blend="trees", **{**BRIEF, "n_members": 2}).fit(X, y)
    expected = model.predict_proba(X)
    with parallel_config(backend="threading"):  # other processes have their own MOST_ROUNDS
        in_parallel = clone(model).set_params(n_jobs=2).fit(X, y)
    for other in (clone(model).fit(X, y), in_parallel, pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.predict_proba(X), expected)
    rows = np.concatenate([model.predict_proba(X[i : i + 1]) for i in range(10)])
    np.testing.assert_allclose(rows, expected[:10], rtol=1e-9)


@pytest.mark.parametrize("loss", ["poisson", "gamma", "absolute_error", "quantile", "huber"])
def test_trees_learn_each_loss_that_they_have_a_form_of(loss, monkeypatch):
    monkeypatch.setattr(_others, "MOST_ROUNDS", 100)
    X, y = steps(400)
    y = np.exp((y - y.min()) / 6)
    model = TabularFNNRegressor(loss=loss, blend="trees", **BRIEF).fit(X, y)
    assert weights_of(model)["trees"] > 0
    trees = with_state(
        model, weights=[float(isinstance(p, _others.TreesPredictor))
                        for p in model._fitted.predictors],
    )  # fmt: skip
    assert trees.score(X, y) > 0.8
    assert np.isfinite(model.predict_interval(X)).all()


def test_several_outputs_weights_and_validation_data():
    X, y = steps()
    Y = np.column_stack([y, -1e6 * y])
    model = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, Y)
    assert weights_of(model)["trees"] > 0.2
    assert model.oof_prediction_.shape == Y.shape
    weight = np.where(np.arange(600) < 400, 1.0, 0.0)
    noise = np.where(weight > 0, y, 1e3 * np.random.default_rng(0).normal(size=600))
    model = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, noise, sample_weight=weight)
    assert weights_of(model)["trees"] > 0.2
    model = TabularFNNRegressor(blend="trees", **BRIEF)
    model.fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    assert weights_of(model)["trees"] > 0.2
    assert model.oof_prediction_ is None
    assert np.isfinite(model.predict(X)).all()


def test_a_refit_keeps_the_trees():
    X, y = steps(400)
    model = TabularFNNRegressor(blend="trees", refit=True, **BRIEF).fit(X, y)
    before = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y)
    np.testing.assert_allclose(model._fitted.weights, before._fitted.weights)
    assert (model.predict(X) != before.predict(X)).any()
    assert [type(p) for p in model._fitted.predictors] == [
        type(p) for p in before._fitted.predictors
    ]


def test_few_rows_have_no_trees():
    X, y = steps(9)
    model = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y)
    assert weights_of(model).index.tolist() == ["networks"]


def test_an_empty_column_of_a_fold_is_none_for_trees():
    X, y = steps(200)
    X["rare"] = np.nan
    X.loc[3, "rare"] = 1.0
    model = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def test_a_file_of_skops_loads():
    sio = pytest.importorskip("skops.io")
    X, y = steps(300)
    model = TabularFNNRegressor(blend="trees", **{**BRIEF, "max_iter": 2}).fit(X, y)
    assert weights_of(model)["trees"] > 0
    again = sio.loads(sio.dumps(model), trusted=skops_trusted_types())
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@pytest.mark.parametrize("n_classes", [0, 2, 4])
def test_few_rows_go_down_all_trees_at_once(n_classes):
    """With the result of scikit-learn's own prediction."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 5))
    X[rng.random(X.shape) < 0.1] = np.nan
    score = np.nan_to_num(X[:, 0], nan=2.0) + np.sign(np.nan_to_num(X[:, 1]))
    if n_classes:
        y = np.digitize(score, np.quantile(score, np.linspace(0, 1, n_classes + 1)[1:-1]))
        model = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(X, y)
        expected = model.decision_function(X).reshape(len(X), -1)
    else:
        model = HistGradientBoostingRegressor(max_iter=20, random_state=0).fit(X, score)
        expected = model.predict(X).reshape(-1, 1)
    np.testing.assert_allclose(Forest(model)(X), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(raw_of_boosting(model, X), expected, rtol=1e-12, atol=1e-12)


# ------------------------------------------------------------------ other estimators


def test_any_estimator_joins():
    X, y = DIABETES
    raw = make_pipeline(StandardScaler(), Ridge())
    blend = [KNeighborsRegressor(50), ("lines", raw), ExtraTreesRegressor(20)]
    model = TabularFNNRegressor(blend=blend, **BRIEF).fit(X, y)
    names = ["networks", "kneighborsregressor", "lines", "extratreesregressor"]
    assert model.leaderboard_["candidate"].unique().tolist() == names
    assert weights_of(model)["lines"] > 0.1
    assert not hasattr(raw, "n_features_in_")
    again = clone(model).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_a_pipeline_is_given_the_columns_as_they_come():
    X, _ = steps(500)
    one_hot = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LinearRegression())
    model = TabularFNNRegressor(blend=[("raw", one_hot)], **BRIEF)
    model.fit(X[["code"]], X["code"].str[6:].astype(int) ** 2 % 5)
    assert weights_of(model)["raw"] > 0.3
    many = pd.concat([X[["code"]]] * 3)
    np.testing.assert_allclose(model.predict(many)[:500], model.predict(X[["code"]]), rtol=1e-5)


def test_classes_of_an_estimator_that_has_not_seen_all():
    X, y = IRIS
    y = y.where(np.arange(150) != 149, 7)
    model = TabularFNNClassifier(blend=RandomForestClassifier(20), **BRIEF).fit(X, y)
    assert model.predict_proba(X).shape == (150, 4)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


class Failing(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        raise RuntimeError("no way")

    def predict(self, X):
        return np.zeros(len(X))


class Endless(Failing):
    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.full(len(X), np.nan)


@pytest.mark.parametrize(
    ("blend", "error", "message"),
    [("forest", ValueError, "'blend' parameter.*'forest'"), (3, ValueError, "'blend' parameter"),
     (KNeighborsRegressor, TypeError, r"Pass an instance: KNeighborsRegressor\(\)"),
     ([KNeighborsRegressor(), 3], TypeError, "Got 3 in it"),
     ([("a", Ridge()), ("a", Ridge())], ValueError, "different names"),
     ([("networks", Ridge())], ValueError, "none of them 'networks'"),
     (LogisticRegression(), ValueError, "'logisticregression' of blend must be a regressor"),
     (Failing(), ValueError, "'failing' of blend could not be fitted: no way"),
     (Endless(), ValueError, "'endless' of blend predicts values that are not finite"),
     (StandardScaler(), ValueError, "'standardscaler' of blend must be a regressor")],
)  # fmt: skip
def test_a_bad_estimator_is_named(blend, error, message):
    X, y = DIABETES
    with pytest.raises(error, match=message):
        TabularFNNRegressor(blend=blend, **BRIEF).fit(X, y)


def test_an_estimator_that_takes_no_weights_is_named():
    X, y = IRIS
    model = TabularFNNClassifier(blend=KNeighborsClassifier(), **BRIEF)
    with pytest.raises(ValueError, match=r"'kneighborsclassifier' of blend.*sample_weight"):
        model.fit(X, y, sample_weight=np.ones(150))


@pytest.mark.parametrize("blend", ["trees", ["trees"], Ridge()])
@pytest.mark.parametrize("loss", ["gaussian", "quantiles", "negative_binomial"])
def test_losses_without_a_form(blend, loss):
    X, y = DIABETES
    with pytest.raises(ValueError, match=f"has no form of loss='{loss}'.*blend=None"):
        TabularFNNRegressor(loss=loss, blend=blend, **BRIEF).fit(X, y.round())
    limited = TabularFNNRegressor(loss=loss, time_limit=0.1, **BRIEF).fit(X, y.round())
    names = set(limited.leaderboard_["candidate"])
    assert "networks" in names
    assert "trees" not in names


def test_several_labels_have_none():
    X, y = IRIS
    labels = np.column_stack([y > 0, y > 1]).astype(int)
    with pytest.raises(ValueError, match="has no form of several labels per row"):
        TabularFNNClassifier(blend="trees", **BRIEF).fit(X, labels)


# ------------------------------------------------------------------ what is told


def test_what_was_taken_is_told(capsys):
    X, y = steps()
    model = TabularFNNRegressor(blend="trees", verbose=1, **BRIEF).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert sum("of 'trees': r2" in line for line in lines) == 3
    share = weights_of(model)["trees"]
    assert lines[-1] == f"Weights: networks {1 - share:.2f}, trees {share:.2f}."
    table = model.summary()
    assert table.loc["trees", "layer"] == f"weight {share:.3f}"
    assert table["parameters"].sum() == networks_of(model)[0].values.size


class Ended:
    """A callback that notes the tasks that end, and may want to end the fit after one."""

    def __init__(self, stop=None):
        self.stop, self.tasks, self.predicted = stop, [], []

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        if context.task_name != "epoch":
            self.tasks.append((context.task_name, context.task_id))
            self.predicted.append(fitted_estimator.predict(DIABETES[0][:5]))
        return self.tasks[-1:] == [self.stop]


@needs_sklearn("1.9", "callbacks")
@pytest.mark.parametrize("stop", [None, ("member", 4)])
def test_members_of_all_candidates_are_tasks(stop):
    X, y = DIABETES
    callback = Ended(stop)
    model = TabularFNNRegressor(blend=Ridge(), **{**BRIEF, "max_iter": 2}).set_callbacks(callback)
    model.fit(X, y)
    n = 6 if stop is None else 5
    assert callback.tasks == [*(("member", i) for i in range(n)), ("fit", 0)]
    assert np.isfinite(callback.predicted).all()
    assert (model.leaderboard_["candidate"] == "ridge").sum() == n - 3


# ------------------------------------------------------------------ what is chosen by


def error_at_the_top(y, predicted):
    top = np.asarray(y) > np.quantile(y, 0.7)
    return -float(np.mean((np.asarray(y)[top] - predicted[top]) ** 2))


@pytest.mark.parametrize("scoring", ["mae", "neg_mean_absolute_error", error_at_the_top])
def test_a_score_of_the_users_chooses(scoring):
    X, y = steps()
    score = make_scorer(scoring) if callable(scoring) else scoring
    model = TabularFNNRegressor(scoring=score, blend="trees", **BRIEF).fit(X, y)
    board = model.leaderboard_
    assert weights_of(model)["trees"] > 0
    held = model._view(model._fitted)  # each member's own score, of the rows that it held out
    assert (board["score"] < 0).all()
    errors = -board["score"].iloc[:3]
    if scoring != error_at_the_top:
        found = np.nanmean(np.abs(y - held.oof_prediction_))
        assert found < errors.mean()
        assert errors.between(0.5 * found, 3 * found).all()


def test_without_one_it_is_r2():
    X, y = steps()
    board = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y).leaderboard_
    assert board["score"].max() <= 1
    assert board["score"].iloc[3:].min() > 0.5  # of the trees


def test_epochs_are_chosen_by_the_score(monkeypatch):
    monkeypatch.setattr("skfnn.tabular._honest.FEWEST", np.inf)  # whose halves are asked for, too
    monkeypatch.setattr("skfnn.tabular._judging.Judge.check", lambda *given: None)  # as here
    X, y = IRIS
    asked = []

    def score(estimator, X, y):
        asked.append(len(X))
        return -abs(len(asked) % 10 - 4) + 0 * estimator.predict_proba(X)[0, 0]

    model = TabularFNNClassifier(scoring=score, **{**BRIEF, "n_members": 2}).fit(X, y)
    assert model.best_epochs_[0] == 4
    assert set(asked) == {75}


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss", "f1", "accuracy"])
def test_scores_of_classes(scoring):
    X, y = steps(400)
    labels = np.where(y > np.median(y), 1, 0)
    model = TabularFNNClassifier(scoring=scoring, blend="trees", **BRIEF).fit(X, labels)
    found = get_scorer(scoring)._score_func
    p = model.oof_prediction_[:, 1]
    whole = found(labels, p if scoring in ("roc_auc", "neg_log_loss") else p > 0.5)
    whole = -whole if scoring == "neg_log_loss" else whole
    assert whole > model.leaderboard_["score"].min() - 0.05
    given = TabularFNNClassifier(scoring=scoring, **{**BRIEF, "n_members": 1})
    given.fit(X[:300], labels[:300], X_val=X[300:], y_val=labels[300:])
    assert given.leaderboard_["score"][0] == pytest.approx(
        get_scorer(scoring)(given._view(given._fitted.plain()), X[300:], labels[300:]), abs=0.05
    )


def test_a_score_that_is_none_is_refused():
    X, y = DIABETES
    with pytest.raises(ValueError, match="scoring must return finite numbers"):
        TabularFNNRegressor(scoring=lambda e, X, y: np.nan, **BRIEF).fit(X, y)
    with pytest.raises(ValueError, match="scoring='accuracy' is a metric for classification"):
        TabularFNNRegressor(scoring="accuracy", **BRIEF).fit(X, y)


# ------------------------------------------------------------------ interrupts


@pytest.mark.parametrize("at", [1, 2, 3])
def test_an_interrupt_of_the_trees_keeps_what_there_is(at, monkeypatch):
    X, y = steps()
    trained, count = _others.Trees.trained, []

    def interrupted(self, fold):
        count.append(fold)
        if len(count) == at:
            raise KeyboardInterrupt
        return trained(self, fold)

    monkeypatch.setattr(_others.Trees, "trained", interrupted)
    with pytest.warns(UserWarning, match="interrupted"):
        model = TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y)
    assert (model.leaderboard_["candidate"] == "trees").sum() == at - 1
    assert (weights_of(model).get("trees", 0) > 0) == (at == 3)
    assert model.leaderboard_["weight"].sum() == pytest.approx(1)
    assert np.isfinite(model.predict(X)).all()


def test_only_folds_that_both_have_are_compared(monkeypatch):
    X, y = steps()
    seen = []
    weights = _weighing._Held.weights
    monkeypatch.setattr(
        _weighing._Held, "weights", lambda self: seen.append(len(self.y)) or weights(self)
    )
    TabularFNNRegressor(blend="trees", **BRIEF).fit(X, y)
    assert seen == [600]


def test_trees_go_the_way_that_the_networks_do():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"size": rng.uniform(0, 9, 400), "kind": rng.choice(["a", "b", "c"], 400)})
    y = np.floor(X["size"]) + rng.normal(size=400)
    params = {"n_members": 2, "monotonic_cst": {"size": 1}, "random_state": 0, "max_iter": 8}
    model = TabularFNNRegressor(blend="trees", **params).fit(X, y)
    assert weights_of(model)["trees"] > 0.1
    line = pd.DataFrame({"size": np.linspace(-5, 15, 2000), "kind": "b"})
    assert (np.diff(model.predict(line)) >= -1e-9).all()
    free = TabularFNNRegressor(**{**params, "monotonic_cst": None}, blend="trees").fit(X, y)
    assert (np.diff(free.predict(line)) < -1e-3).any()
    with pytest.raises(ValueError, match="'ridge' of blend is not bound by monotonic_cst"):
        TabularFNNRegressor(blend=Ridge(), **params).fit(X, y)
    with pytest.raises(ValueError, match="break their own constraint"):
        TabularFNNRegressor(blend="trees", loss="absolute_error", **params).fit(X, y)


def test_trees_of_noise_do_not_flatter_themselves(monkeypatch):
    """Rows of a fold end its trees, but rounds that were waited in vain stay: they gain nothing."""
    gains = []
    train = _others.Trees.member

    def member(self, fold):
        made = train(self, fold)
        y, weight = self.valid(fold).labels()
        nothing, told = (
            self.fitted.evaluation(([raw], [1.0]), y, weight)["loss"]
            for raw in (np.zeros_like(made.raw), made.raw)
        )
        gains.append(nothing - told)
        return made

    monkeypatch.setattr(_others.Trees, "member", member)
    monkeypatch.setattr(_weighing, "promising", lambda *given: True)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        A, y = rng.normal(size=(300, 6)), rng.integers(0, 2, 300)
        params = {"n_members": 2, "max_iter": 2, "blend": "trees", "random_state": seed}
        TabularFNNClassifier(**params).fit(A, y)
    assert len(gains) >= 6
    assert np.mean(gains) < 0

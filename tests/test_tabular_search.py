"""What a time limit's seconds beyond the ensemble are spent on."""

import itertools
import pickle
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import members_alone, networks_of
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.metrics import log_loss
from sklearn.model_selection import ParameterSampler

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.following.history import History
from skfnn.model_selection import param_distributions
from skfnn.tabular import _candidates, _ensemble, _others, _search, _trials, _weighing
from skfnn.tabular._folds import Fold
from skfnn.tabular._members import Member
from skfnn.tabular._others import TreesPredictor
from skfnn.tabular._search import Configuration, explore, greedy_counts
from skfnn.tabular._trials import is_hopeless

IRIS = load_iris(return_X_y=True, as_frame=True)
DIABETES = load_diabetes(return_X_y=True, as_frame=True)
BRIEF = {
    "n_members": 2, "max_iter": 3, "hidden_layer_sizes": (8,), "random_state": 0, "blend": None,
}  # fmt: skip


def much_worse(one, best):
    return one.members[0].score < 1.15 * best.score


def member(number, score=-1.0, seconds=1.0, enough=7, finished=True):
    history = History()
    history.append(seconds=seconds)
    return Member(number, None, history, 1, enough, None, False, finished, score)


@pytest.mark.parametrize("seed", range(5))
def test_greedy_weights_lower_the_loss_of_the_mean(seed):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=400)
    guesses = y + rng.normal(size=(4, 400)) * np.array([[1.0], [0.8], [1.2], [3.0]])

    def loss(taken):
        return float(np.mean((guesses[taken].mean(axis=0) - y) ** 2))

    counts = greedy_counts(4, loss)
    assert counts[0] >= 1
    found = loss(np.repeat(np.arange(4), counts))
    inverse = 1 / np.array([1.0, 0.64, 1.44, 9.0])  # the best weights of independent errors
    best = float(np.mean((inverse / inverse.sum() @ guesses - y) ** 2))
    assert found < min(loss([i]) for i in range(4))
    assert found < 1.05 * best


def test_greedy_weights_keep_the_first_alone_where_no_other_helps():
    assert greedy_counts(3, lambda taken: float(sum(taken))) == [1, 0, 0]


def test_configurations_are_given_up_by_their_first_member():
    scores = {"good": -0.9, "as good": -1.03, "poor": -1.2}
    asked = []

    def draws():
        for name, score in scores.items():
            yield (
                Configuration({"name": name}),
                lambda number, until, name=name, score=score: (
                    asked.append((name, number, until)) or member(number, score)
                ),
            )

    tried = [Configuration({}, [member(0), member(1)], 1.0)]
    explore(tried, draws(), np.inf, much_worse)
    assert [len(c.members) for c in tried] == [2, 2, 2, 1]
    assert asked == [("good", 0, None), ("good", 1, 7), ("as good", 0, None), ("as good", 1, 7),
                     ("poor", 0, None)]  # fmt: skip


def test_the_networks_of_a_limit_are_those_without():
    X, y = DIABETES
    model = TabularFNNRegressor(**BRIEF, time_limit=2.0).fit(X, y)
    expected = TabularFNNRegressor(**BRIEF).fit(X, y)
    own = model.leaderboard_.iloc[:2]
    np.testing.assert_array_equal(own["score"], expected.leaderboard_["score"])


def fitted_task(kind, data):
    """Return what the networks of a fit have learned, and its rows as held-out ones."""
    kept = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_ensemble, "mix", lambda table, networks, *given, **_: kept.extend(networks))
        kind(**BRIEF).fit(*data)
    task = kept[0].candidate.task
    every = np.arange(len(data[1]))
    return task, task.valid(Fold(0, every, every))


@pytest.mark.parametrize(
    ("noise", "n", "expected"), [(0.05, 150, False), (9, 2, False), (1, 150, True)]
)
@pytest.mark.parametrize("classes", [False, True])
def test_what_is_given_up_is_clearly_worse(noise, n, expected, classes):
    """By a share of the loss, which is no matter of a few rows."""
    kinds = (TabularFNNRegressor, DIABETES), (TabularFNNClassifier, IRIS)
    task, valid = fitted_task(*kinds[classes])
    y, rng = valid.labels()[0], np.random.default_rng(0)
    truth = 3.0 * np.eye(3)[y] if classes else y[:, None].astype(float)
    raw = truth + 0.7 * rng.normal(size=truth.shape)
    other = raw + noise * rng.normal(size=raw.shape) * (np.arange(len(y)) < n)[:, None]
    best, second = (replace(member(0), raw=found) for found in (raw, other))
    assert is_hopeless(task, second, best, valid) == expected
    assert not is_hopeless(task, best, second, valid)


def test_without_held_out_rows_the_score_tells():
    task, _ = fitted_task(TabularFNNRegressor, DIABETES)
    best = member(0, -1.0)
    assert is_hopeless(task, member(0, -1.2), best, None)
    assert not is_hopeless(task, member(0, -1.1), best, None)


def test_exploring_ends_with_the_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(_search.time, "perf_counter", lambda: now[0])

    def train(number, until):
        now[0] += 1.0
        return member(number)

    draws = ((Configuration({}), train) for _ in itertools.count())
    tried = [Configuration({}, [member(0), member(1)], 1.0)]
    explore(tried, draws, 6.5, much_worse)
    assert len(tried) == 4  # at 6 s there is no time for a member
    for made in (member(0, finished=False), None):
        unfinished = ((Configuration({}), lambda number, until, made=made: made) for _ in range(2))
        tried = [Configuration({}, [member(0)], 1)]
        explore(tried, unfinished, np.inf, much_worse)
        assert len(tried) == 1


@pytest.fixture
def three_configurations(monkeypatch):
    def some(tried, draws, deadline, hopeless):
        explore(tried, itertools.islice(draws, 3), np.inf, hopeless)

    monkeypatch.setattr(_ensemble, "explore", some)
    monkeypatch.setattr(_trials, "HOPELESS", 100.0)


@pytest.mark.parametrize(
    ("kind", "data"), [(TabularFNNClassifier, IRIS), (TabularFNNRegressor, DIABETES)]
)
def test_configurations_join_the_ensemble_with_weights(kind, data, three_configurations):
    X, y = data
    model = kind(**BRIEF, time_limit=1e6).fit(X, y)
    board = model.leaderboard_
    names = ["networks", "networks 2", "networks 3", "networks 4"]
    assert list(board["candidate"].unique()) == names
    assert list(board["member"]) == [1, 2] * 4
    assert board["weight"].sum() == pytest.approx(1)
    assert board.groupby("candidate")["weight"].nunique().eq(1).all()
    assert "hidden_layer_sizes" not in board  # it was given
    assert {"dropout", "numeric_embedding"} <= set(board)
    taken = board[board["weight"] > 0]
    assert len(taken) == len(model._fitted.predictors) == len(model.best_epochs_)
    predict = "predict" if kind is TabularFNNRegressor else "predict_proba"
    alone = [getattr(member, predict)(X) for member in members_alone(model)]
    if kind is TabularFNNRegressor:
        expected = np.average(alone, axis=0, weights=taken["weight"])
        np.testing.assert_allclose(model.predict(X), expected)
        low, high = model.predict_interval(X, coverage=0.9).T
        assert np.mean((low <= y) & (y <= high)) > 0.8
    assert np.isfinite(model.oof_prediction_).all()
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(getattr(again, predict)(X), getattr(model, predict)(X))
    own = kind(**BRIEF).fit(X, y)
    assert own.leaderboard_["weight"].sum() == pytest.approx(1)
    if kind is TabularFNNClassifier:
        # temperatures apart, which are fitted afterwards, weights are chosen by these rows
        assert log_loss(y, model.oof_prediction_) <= log_loss(y, own.oof_prediction_) + 1e-3


def test_with_a_time_limit_trees_are_tried_before(three_configurations):
    X, y = DIABETES
    params = {**BRIEF, "blend": "auto"}
    board = TabularFNNRegressor(**params, time_limit=1e6).fit(X, y).leaderboard_
    weight = board.groupby("candidate")["weight"].sum()
    assert weight.filter(like="trees").sum() > 0.1
    assert board["weight"].sum() == pytest.approx(1)
    assert "networks 2" in weight
    assert set(TabularFNNRegressor(**params).fit(X, y).leaderboard_["candidate"]) == {"networks"}


STEPPED = {**BRIEF, "blend": "auto", "time_limit": 1e6}
SOME_TREES = {"regression": [{"max_leaf_nodes": 8}, {"learning_rate": 0.2, "max_features": 0.5}]}


def stepped(n=300):
    """Numbers that jump at thresholds: trees are worth their time."""
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(n, 3))
    cells = np.floor(7 * X[:, 0]) * 3 % 5 + np.floor(9 * X[:, 1]) * 2 % 7
    return X, cells + np.where(X[:, 2] > 0.37, 3, 0) + 0.1 * rng.normal(size=n)


@pytest.fixture
def two_trees(three_configurations, monkeypatch):
    """Two configurations of trees, and two of networks by turns: the first three are trained."""
    monkeypatch.setattr(_search, "TREES", SOME_TREES)
    monkeypatch.setattr(_others, "MOST_ROUNDS", 30)


def test_parameters_of_trees_are_tried_named_and_the_same_again(two_trees, monkeypatch):
    monkeypatch.setattr(_ensemble, "promising", lambda *given: True)
    X, y = stepped()
    model = TabularFNNRegressor(**STEPPED).fit(X, y)
    board = model.leaderboard_
    names = ["networks", "networks 2", "trees", "trees(max_leaf_nodes=8)",
             "trees(learning_rate=0.2, max_features=0.5)"]  # fmt: skip
    assert list(board["candidate"].unique()) == names
    assert list(board["member"]) == [1, 2] * 5
    assert board["weight"].sum() == pytest.approx(1)
    assert board.groupby("candidate")["weight"].sum()[names[3:]].max() > 0.1
    own = board.set_index("candidate").loc["trees(max_leaf_nodes=8)"].iloc[0]
    assert (own["max_leaf_nodes"], np.isnan(own["best_epoch"])) == (8, True)
    trees = [p.models[0] for p in model._fitted.predictors if isinstance(p, TreesPredictor)]
    assert {m.learning_rate for m in trees} >= {0.2}
    for again in (clone(model).fit(X, y), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(again.predict(X), model.predict(X))
        np.testing.assert_array_equal(again.oof_prediction_, model.oof_prediction_)


def test_trees_are_weighed_among_themselves(two_trees, monkeypatch):
    """As networks are: what members of the same rows have in common flatters no pair of them."""
    monkeypatch.setattr(_ensemble, "promising", lambda *given: True)
    weigh, families = _weighing.weigh, []

    def kept(table, tried, *given):
        weigh(table, tried, *given)
        families.append({c.candidate.name: c.weight for c in tried})

    monkeypatch.setattr(_weighing, "weigh", kept)
    X, y = stepped()
    board = TabularFNNRegressor(**STEPPED).fit(X, y).leaderboard_
    assert [len(family) for family in families] == [1, 3]  # before others are tried, and after
    counts = np.array(list(families[-1].values()))
    weights = board.groupby("candidate", sort=False)["weight"].sum()[list(families[-1])]
    np.testing.assert_allclose(weights / weights.sum(), counts / counts.sum())


def test_trees_without_promise_are_given_up_by_their_first_member(two_trees, monkeypatch):
    X, y = stepped()
    asked = []

    def promising(table, ours, other, folds):
        asked.append((other.candidate.name, [c.candidate.name for c in ours]))
        return "(" not in other.candidate.name

    monkeypatch.setattr(_ensemble, "promising", promising)
    board = TabularFNNRegressor(**STEPPED).fit(X, y).leaderboard_
    rows = board["candidate"].value_counts()
    assert [rows["trees"], rows["trees(max_leaf_nodes=8)"]] == [2, 1]
    assert board.set_index("candidate").loc["trees(max_leaf_nodes=8)", "weight"] == 0
    both = ["networks", "trees"]  # what a further one is to help
    assert [ours for _, ours in asked] == [["networks"], both, both]


def test_trees_fill_the_time_that_is_too_short_for_networks(monkeypatch):
    now, seen = [0.0], []
    monkeypatch.setattr(_search.time, "perf_counter", lambda: now[0])

    def fitted(fold):
        now[0] += 1.0
        return member(fold)

    def varied(params, number):
        return SimpleNamespace(member=fitted, params=params, number=number)

    own = Configuration({}, [member(0, seconds=10.0), member(1, seconds=10.0)], 1.0)
    trees = Configuration({}, [member(0), member(1)], candidate=SimpleNamespace(varied=varied))
    prepared = SimpleNamespace(
        networks=SimpleNamespace(task=SimpleNamespace(regression=True, free={"dropout"})),
        folds=[0, 1], seeds=SimpleNamespace(source=np.random.SeedSequence(0)), others=["trees"],
        drawn=lambda *given: SimpleNamespace(alone=lambda fold, until: member(fold)),
    )  # fmt: skip
    for configuration, train in _search.draws(prepared, 30.0, own, trees):
        seen.append(configuration.candidate)
        if configuration.candidate is None:  # networks, which take 20 s
            now[0] += 20.0
            assert train(1, None).number == 1
        elif train(0, None) is None:  # of the first member, not of the second, SLOWER is expected
            break
        elif now[0] == 26:
            assert train(1, None).number == 1
    assert [found is None for found in seen] == [False, True, *[False] * 6]
    drawn = [found for found in seen if found is not None]
    assert [found.number for found in drawn] == list(range(1, 8))  # none has the seeds of another
    portfolio = _search.TREES["regression"]
    assert [found.params for found in drawn[: len(portfolio)]] == portfolio
    for found in drawn[len(portfolio) :]:
        assert found.params.keys() <= _search.TREE_SPACE.keys()
        assert None not in found.params.values()


@pytest.mark.parametrize("promise", [True, False])
def test_without_trees_none_are_drawn(promise, two_trees, monkeypatch):
    X, y = stepped()
    monkeypatch.setattr(_ensemble, "promising", lambda *given: promise)
    params = {**STEPPED, "blend": None} if promise else STEPPED
    names = list(TabularFNNRegressor(**params).fit(X, y).leaderboard_["candidate"].unique())
    networks = ["networks", "networks 2", "networks 3", "networks 4"]
    assert names == (networks if promise else [*networks, "trees"])


def test_a_configuration_is_what_an_estimator_with_its_parameters_is(three_configurations):
    X, y = DIABETES
    model = TabularFNNRegressor(**BRIEF, time_limit=1e6).fit(X, y)
    row = model.leaderboard_.set_index("candidate").loc["networks 2"].iloc[0]
    params = {"numeric_embedding": row["numeric_embedding"]}  # all that differs
    assert params == {"numeric_embedding": "pbld"}
    network = clone(model).set_params(**params, time_limit=None).fit(X, y)
    network = networks_of(network)[0]
    position = int((model.leaderboard_["weight"][:2] > 0).sum())
    if row["weight"] > 0:
        same = networks_of(model)[position]
        assert [repr(layer) for layer in same.layers] == [repr(k) for k in network.layers]


def test_an_interrupt_keeps_what_has_been_tried(monkeypatch):
    X, y = IRIS
    trained = []

    def train(*given, **more):
        trained.append(1)
        if len(trained) == 6:
            raise KeyboardInterrupt
        return train_member(*given, **more)

    train_member = _candidates.train
    monkeypatch.setattr(_candidates, "train", train)
    monkeypatch.setattr(_trials, "HOPELESS", 100.0)
    with pytest.warns(UserWarning, match="interrupted"):
        model = TabularFNNClassifier(**BRIEF, time_limit=1e6).fit(X, y)
    assert set(model.leaderboard_["candidate"]) == {"networks", "networks 2"}
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize(
    "params", [{"recipe": "realmlp-s"}, {"refit": True}, {"max_iter": 2, "n_members": 1}]
)
def test_when_nothing_is_explored(params, monkeypatch):
    calls = []
    monkeypatch.setattr(_ensemble, "explore", lambda *given: calls.append(given))
    X, y = IRIS
    TabularFNNClassifier(**{**BRIEF, **params}, time_limit=1e6).fit(X, y)
    assert len(calls) == ("recipe" not in params and "refit" not in params)
    TabularFNNClassifier(**{**BRIEF, **params}).fit(X, y)
    assert len(calls) == ("recipe" not in params and "refit" not in params)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_portfolio_comes_before_draws(task):
    space, portfolio = _search.space(task, 512), _search.PORTFOLIO[task]
    for params in portfolio:
        assert set(params) <= set(space)
    rng = np.random.RandomState(0)
    found = list(itertools.islice(_search._each(portfolio, space, rng), len(portfolio) + 2))
    assert found[: len(portfolio)] == portfolio
    assert all(set(params) == set(space) for params in found[len(portfolio) :])
    assert found[-1] != found[-2]
    left = {name: space[name] for name in ("dropout", "weight_decay")}  # the others are the user's
    found = list(itertools.islice(_search._each(portfolio, left, rng), 6))
    assert all(set(params) <= set(left) for params in found)
    assert len({tuple(sorted(params.items())) for params in found}) == 6  # none is tried twice
    assert not list(_search._each(portfolio, {}, rng))


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_point_of_the_space_is_an_ensemble(task):
    space = param_distributions("tabular", task=task, max_units=8)
    kind = TabularFNNClassifier if task == "classification" else TabularFNNRegressor
    X, y = IRIS
    for params in ParameterSampler(space, 12, random_state=0):
        model = kind(n_members=1, max_iter=1, random_state=0).set_params(**params).fit(X, y)
        assert max(model.hidden_layer_sizes) <= 8
    assert ("label_smoothing" in space) == (task == "classification")
    values = space.get("label_smoothing", [])
    assert len(set(values)) == len(values)  # none is drawn more often than others

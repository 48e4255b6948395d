"""What statements mean that train trees and any estimator beside networks."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.following.history import History
from skfnn._engine.network.network import Network
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import ClassTarget, RegressionTarget
from skfnn.layers import Linear
from skfnn.losses import LogLoss, Loss
from skfnn.metrics._loss_and_error import LossAndError
from skfnn.preprocessing import TabularEncoder
from skfnn.tabular import _others
from skfnn.tabular._categories import statistics, unit_columns
from skfnn.tabular._fitted_classes import FittedClasses
from skfnn.tabular._fitted_numbers import FittedNumbers, Scale
from skfnn.tabular._folds import Fold, Wishes
from skfnn.tabular._members import Member
from skfnn.tabular._others import Encoded, EstimatorPredictor, Estimators, TreeColumns, Trees
from skfnn.tabular._predictors import NetworkPredictor
from skfnn.tabular._preparation import Table, prepare
from skfnn.tabular._recipes import RECIPES


def member(number=0, score=-1.0, *, finished=True, epochs=1, raw=None, honest=None, last=False):
    history = History()
    for i in range(epochs):
        history.append(seconds=1.5 + i)
    return Member(number, None, history, 1, 1, raw, last, finished, score, honest)


def table(n=60, loss="squared_error", k=1, **given):
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"c": [f"c{i % 12:02}" for i in range(n)], "a": np.linspace(-1, 1, n),
                      "b": np.where(np.arange(n) % 5, np.linspace(1, -1, n), np.nan)})  # fmt: skip
    encoder = TabularEncoder().fit(X)
    y = rng.normal(size=n) if k == 1 else rng.normal(size=(n, k))
    loss = Loss.resolve(loss, "loss").specialise("regression")
    zero = 0.0 if k == 1 else np.zeros(k)
    scale = Scale(zero + 1.0, zero + 2.0, zero - 99, zero + 99)
    fitted = FittedNumbers(encoder, RegressionTarget(k, k == 1), loss, scale=scale, given_loss="x")
    return Table(fitted, encoder.transform(X), y, None, None, **given)


def prepared(of=None, kind=TabularFNNRegressor, **params):
    params = kind(random_state=0, **params).get_params()
    recipe = RECIPES["ensemble"].chosen(params)
    wishes = Wishes(None, None, None, 0.2)
    return prepare(of or table(), recipe, params, wishes=wishes, followed=None)


def test_trees_take_what_is_known_of_levels():
    made = prepared(n_members=2)
    task, one = made.networks.task, made.folds[0]
    data = replace(task.data, rows=one.rows)
    columns = TreeColumns.of(task, data, made.table.fitted.encoder)
    y = unit_columns(task.data.y[one.rows], data.target, None)
    codes = task.data.X[one.rows, 2]
    expected = statistics(codes, y, None, 12)
    assert_allclose(columns.tables[0], expected)
    A = task.data.X
    missing = np.flatnonzero(np.arange(60) % 5 == 0)
    found = columns.transform(A[one.rows], marked=True)
    there = np.isin(one.rows, missing)
    assert_array_equal(np.isnan(found).any(axis=1), there)
    assert np.isnan(found[there]).sum() == there.sum()
    places = np.rint(codes * 32).astype(int)
    assert_allclose(found[:, 2:4], expected[places])
    new = columns.transform(A[one.held])
    assert_allclose(new[:, 2:4], expected[::32][np.arange(60)[one.held] % 12 + 1])
    settled = columns.settled()
    assert_array_equal(settled.transform(A[one.held]), new)
    assert (settled.n_folds, len(settled.tables[0])) == (1, 13)
    assert found.dtype == np.float64


def test_trees_know_each_code_and_each_gap():
    rng, n = np.random.default_rng(2), 40
    X = np.column_stack([
        rng.normal(size=(n, 2)), rng.integers(1, 3, n) + 1 / 32, rng.integers(1, 5, n) + 2 / 32,
        rng.integers(0, 2, (n, 2)), rng.normal(size=n),
    ])  # fmt: skip
    y, target = rng.normal(size=n), RegressionTarget(1, True)
    data = Data(X, y, None, target, (0.0, 1.0), rows=np.arange(n))
    cells = [SimpleNamespace(n_levels=4)]  # of a pair, behind the codes of one category
    task = SimpleNamespace(n_numbers=2, n_levels=[2], columns=SimpleNamespace(cells=cells))
    encoder = SimpleNamespace(_with_missing=np.array([1, 0]))
    columns = TreeColumns.of(task, data, encoder)
    values = unit_columns(y, target, None)
    for j, n_levels in enumerate((2, 4)):
        assert_allclose(columns.tables[j], statistics(X[:, 2 + j], values, None, n_levels))
    assert columns.missing.tolist() == [[4, 5], [1, 0]]
    found = columns.transform(X)
    assert_array_equal(np.isnan(found[:, 1]), X[:, 4] == 1)
    assert_array_equal(np.isnan(found[:, 0]), X[:, 5] == 1)
    assert_array_equal(found[:, -1], X[:, -1])


def test_trees_are_given_training_rows_with_their_folds(monkeypatch):
    made, seen = prepared(n_members=2), []

    def boosted(model, given, valid):
        seen.append((given, valid))
        return SimpleNamespace(n_iter_=5)

    monkeypatch.setattr(_others, "boosted", boosted)
    trees, one = Trees("trees", made, 0), made.folds[0]
    assert trees.trained(one)[1] == 5
    ((X, y, weight), (X_held, y_held, _)) = seen[0]
    task = made.networks.task
    columns = TreeColumns.of(task, replace(task.data, rows=one.rows), made.table.fitted.encoder)
    assert_array_equal(X, columns.transform(task.data.X[one.rows], marked=True))
    assert_array_equal(X_held, columns.transform(task.data.X[one.held]))
    assert_array_equal(y, task.data.y[one.rows])
    assert_array_equal(y_held, task.data.y[one.held])
    assert weight is None
    trees.trained(Fold(0, np.arange(60), None))
    assert seen[1][1] is None


def test_a_column_that_is_always_there_has_no_gaps_for_trees():
    made = prepared(n_members=2)
    task, encoder = made.networks.task, made.table.fitted.encoder
    some = replace(task.data, rows=np.flatnonzero(np.arange(60) % 5 == 0))
    assert TreeColumns.of(task, some, encoder).missing.shape == (2, 0)  # empty for these rows
    one = TreeColumns.of(task, replace(task.data, rows=np.arange(4)), encoder).missing
    number, flag = int(encoder._with_missing[0]), 3
    assert one.tolist() == [[flag], [number]]


def test_trees_of_a_fold_end_by_its_held_out_rows():
    made = prepared(n_members=2, monotonic_cst=None)
    trees = Trees("trees", made, 4)
    for params, rounds, patience in (({}, 300, 10), ({"learning_rate": 0.05}, 600, 20),
                                     ({"learning_rate": 0.2}, 300, 10)):  # fmt: skip
        own = trees.varied(params, 7)
        predictor, n = own.trained(made.folds[1])
        (model,) = predictor.models
        assert (model.max_iter, model.n_iter_no_change) == (rounds, patience)
        assert model.learning_rate == params.get("learning_rate", 0.1)
        assert model.random_state == own.seed(made.folds[1])
        assert n == model.n_iter_
        assert model.monotonic_cst is None
        assert predictor.trees.n_folds == 1
        assert type(model) is HistGradientBoostingRegressor
    assert own.name == "trees(learning_rate=0.2)"
    assert (own.family, own.number, trees.name, trees.number) == ("trees", 7, "trees", 4)


def test_trees_of_two_outputs_go_their_ways(monkeypatch):
    made = prepared(table(k=2), n_members=2)
    made.networks.task.directions = (1, 0)
    trees = Trees("trees", made, 0)
    trees.task = replace(trees.task, directions=(1, 0))
    predictor, rounds = trees.trained(made.folds[0])
    assert len(predictor.models) == 2
    assert rounds == max(model.n_iter_ for model in predictor.models)
    X = predictor.trees.transform(made.networks.task.data.X)
    assert predictor.models[0].monotonic_cst == [1] + [0] * (X.shape[1] - 1)
    raw = predictor.raw(made.networks.task.data.X, rows=np.arange(9))
    expected = [model.predict(X[:9]) for model in predictor.models]
    assert_allclose(raw, np.column_stack(expected))
    assert "_forests" in vars(predictor)
    assert set(predictor.__getstate__()) == {"models", "trees", "columns"}
    one, other = (_others._output((X, np.arange(6).reshape(3, 2), "w"), j) for j in (0, 1))
    assert (one[1].tolist(), other[1].tolist(), one[2]) == ([0, 2, 4], [1, 3, 5], "w")
    given = (X, np.arange(3), None)
    assert _others._output(given, 0) is given
    assert _others._output(None, 1) is None


def test_trees_have_the_loss_of_networks():
    made = prepared()
    quantile = Loss.resolve("quantile", "loss").specialise("regression")
    for loss, known in (
        ("squared_error", {"loss": "squared_error"}),
        ("poisson", {"loss": "poisson"}),
        ("quantile", {"loss": "quantile", "quantile": quantile.quantile}),
    ):
        trees = Trees("trees", made, 0)
        trees.task = replace(trees.task, loss=Loss.resolve(loss, "loss").specialise("regression"))
        assert trees._loss() == known


def test_numbers_are_missing_again_for_estimators():
    A = np.array([[1.0, 2.0, 9.0, 0.0, 1.0], [3.0, 4.0, 9.0, 0.5, 0.0]], np.float32)
    found = Encoded(np.array([1, 0]), 3).transform(A)
    assert_array_equal(found, [[np.nan, 2, 9, 0, 1], [3, np.nan, 9, 0.5, 0]])
    assert found.dtype == np.float64
    assert A[0, 0] == 1.0
    assert_array_equal(Encoded(np.zeros(0, int), 3).transform(A), A)


def estimators(estimator, made, **given):
    known = {"given": "given", "validation": "validation"}
    return Estimators("own", made, 2, estimator=estimator, **{**known, **given})


def test_an_estimator_is_fitted_in_the_unit_of_y():
    made = prepared(n_members=2)
    own, one = estimators(LinearRegression(), made), made.folds[0]
    assert own.memorises
    assert_array_equal(own.X, made.table.A)  # it takes no missing values
    predictor, rounds = own.trained(one)
    assert rounds == 0
    y = made.table.y * 2 + 1
    model = LinearRegression().fit(own.X[one.rows], y[one.rows])
    assert_allclose(predictor.model.coef_, model.coef_)
    raw = predictor.raw(own.X, rows=one.held)
    assert_allclose(raw[:, 0], (model.predict(own.X[one.held]) - 1) / 2)
    found = own.member(one)
    assert_allclose(found.raw, raw)
    assert found.score == pytest.approx(-0.5 * np.mean((raw[:, 0] - made.table.y[one.held]) ** 2))
    assert (found.best_epoch, found.enough, found.last, found.finished) == (0, 0, False, True)
    assert 0 <= found.seconds < 5
    gaps = estimators(HistGradientBoostingRegressor(), made)
    assert_array_equal(np.isnan(gaps.X).any(axis=1), np.arange(60) % 5 == 0)
    assert gaps.X_val is None
    assert own.rows(np.array([1, 2])).shape == (2, own.X.shape[1])


def test_a_pipeline_has_the_rows_as_they_came():
    made = prepared(n_members=2)
    X = np.arange(120.0).reshape(60, 2)
    own = estimators(make_pipeline(StandardScaler(), LinearRegression()), made, given=X)
    assert own.columns is None
    assert own.X is X
    assert own.rows(None) == "validation"
    assert own.trained(made.folds[0])[0].raw(X).shape == (60, 1)


def test_a_member_is_judged_as_networks_are():
    made = prepared(n_members=2)
    own, one = estimators(LinearRegression(), made), made.folds[0]
    judged = []

    def score(raw, rows, y, weight):
        judged.append((rows, y, weight))
        return 0.25

    own.task = replace(own.task, judge=SimpleNamespace(score=score))
    assert own.member(one).score == 0.25
    assert_array_equal(judged[0][0], one.held)
    whole = own.member(Fold(0, np.arange(60), None))
    assert whole.raw is None
    assert np.isnan(whole.score)
    trainer = SimpleNamespace(members=[member(epochs=2)], take=lambda m: None,
                              clock=SimpleNamespace(has=lambda seconds: seconds < 3))  # fmt: skip
    assert own.seconds == 0.0
    assert own.other(one, trainer) is not None
    own.first(one, trainer)
    assert own.seconds == 4.0
    assert own.other(one, trainer) is None

    class Endless(LinearRegression):
        def predict(self, X):
            return np.where(np.arange(len(X)) == 1, np.inf, 0.0)

    with pytest.raises(ValueError, match="'own' of blend predicts values that are not finite"):
        estimators(Endless(), made).member(one)
    with pytest.raises(ValueError, match="'own' of blend could not be fitted"):
        estimators(LogisticRegression(max_iter=-1), made).member(one)


def test_rows_that_tell_variances_are_those_of_the_table_or_of_validation():
    weight = np.ones(60)
    weight[::2] = 0
    of = replace(table(), weight=weight, validation=(table().A[:7], np.zeros(7), np.ones(7)))
    own = estimators(LinearRegression(), prepared(of, n_members=2))
    rows, found = own.sample(10, True)
    assert len(rows) == 10
    assert found.tolist() == [1.0] * 10
    rows, found = own.sample(3, False)
    assert_array_equal(rows, own.X_val[[0, 3, 6]])
    plain = estimators(LinearRegression(), prepared(n_members=2))
    assert plain.sample(10, True)[1] is None
    assert len(own.rows(None)) == 7


LOG, TWO, THREE = np.log, ClassTarget(np.arange(2)), ClassTarget(np.arange(3))


def predictor(p, target, classes=None):
    model = SimpleNamespace(classes_=np.array(classes or range(len(p[0]))),
                            predict_proba=lambda A: np.array(p)[: len(A)])  # fmt: skip
    return EstimatorPredictor(model, None, target, link=None, scale=None)


def test_probabilities_of_an_estimator_are_raw_scores():
    A = np.zeros((2, 1))
    p = [[0.25, 0.75], [1.0, 0.0]]
    assert_allclose(predictor(p, TWO).raw(A), [[LOG(3)], [LOG(1e-6)]])
    three = predictor([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]], THREE).raw(A)
    assert_allclose(three, LOG([[0.5, 0.25, 0.25], [1.0, 1e-6, 1e-6]]))
    unseen = predictor(p, THREE, [0, 2]).raw(A)
    assert_allclose(unseen, LOG([[0.25, 1e-6, 0.75], [1.0, 1e-6, 1e-6]]))
    assert predictor(p, ClassTarget(np.array([5]), np.array([5]))).raw(A).tolist() == [[0], [0]]
    assert predictor(p, TWO).raw(A, rows=np.array([0])).shape == (1, 1)


def test_positive_numbers_of_an_estimator_are_logarithms():
    poisson = Loss.resolve("poisson", "loss").specialise("regression")
    model = SimpleNamespace(predict=lambda A: np.array([4.0, -1.0])[: len(A)])
    found = EstimatorPredictor(model, None, None, link=poisson.link, scale=Scale(0.0, 2.0, 0, 9))
    assert_allclose(found.raw(np.zeros((2, 1))), [[LOG(2.0)], [LOG(1e-6)]])
    squared = Loss.resolve("squared_error", "loss").specialise("regression")
    two = SimpleNamespace(predict=lambda A: np.array([[4.0, -1.0]]))
    scale = Scale(np.ones(2), np.array([2.0, 4.0]), 0, 9)
    found = EstimatorPredictor(two, None, None, link=squared.link, scale=scale)
    assert_allclose(found.raw(np.zeros((1, 1))), [[1.5, -0.5]])
    one = SimpleNamespace(predict=lambda A: np.array([[4.0]]))
    found = EstimatorPredictor(one, None, None, link=squared.link, scale=Scale(1.0, 2.0, 0, 9))
    assert_allclose(found.raw(np.zeros((1, 1))), [[1.5]])


def classes(y, n_classes):
    of = table()
    target, loss = ClassTarget(np.arange(n_classes)), LogLoss()
    loss = loss.specialise("binary" if n_classes == 2 else "multiclass")
    fitted = FittedClasses(of.fitted.encoder, target, loss)
    return prepared(replace(of, fitted=fitted, y=y), TabularFNNClassifier, n_members=2)


def test_an_estimator_of_classes_that_sees_one_of_them():
    y = (np.arange(60) >= 30).astype(int)
    own = estimators(LogisticRegression(), classes(y, 2))
    found, _ = own.trained(Fold(0, np.arange(30), np.arange(30, 60)))
    assert type(found.model) is DummyClassifier
    assert_allclose(found.raw(own.X[:1]), [[LOG(1e-6)]])
    both, _ = own.trained(Fold(0, np.arange(20, 40), np.arange(20)))
    assert type(both.model) is LogisticRegression
    trees = Trees("trees", classes(y, 2), 0)
    assert trees._loss() == {}
    score = trees._score(Data(own.X, y, None, TWO, (0.0, 1.0)), np.zeros((60, 1)))
    assert score == LossAndError()(y, np.zeros((60, 1)), None)


def test_a_network_predicts_rows_by_parts():
    network = Network([Linear(1)], 2, np.dtype(np.float32), np.random.default_rng(0))
    own = NetworkPredictor(network, None)
    step = 8 * rows_at_once(network, 10**6)
    parts = own.parts(10**6)
    assert [part.start for part in parts] == list(range(0, 10**6, step))
    assert parts[0] == slice(0, step)
    assert parts[-1].stop >= 10**6
    assert EstimatorPredictor(None, None, None, link=None, scale=None).parts(7) == [slice(0, 7)]


def rows_at_once(network, n):
    from skfnn._engine.network.forward import Forward

    return Forward.rows_at_once(network, n)

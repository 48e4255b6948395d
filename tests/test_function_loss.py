"""A loss given as a function: the same fit as the class, and what is said where it is wrong."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.model_selection import GridSearchCV

from skfnn import FNNClassifier, FNNRegressor, TabularFNNRegressor
from skfnn.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    LogLink,
    Poisson,
    SquaredError,
    from_function,
)

X, Y = load_diabetes(return_X_y=True)
X, Y = X / X.std(axis=0), (Y - Y.mean()) / Y.std()
IRIS, KIND = load_iris(return_X_y=True)
SETTINGS = {"hidden_layer_sizes": (6,), "activation": "tanh", "max_iter": 40, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def squared(y, raw):
    return ((raw - y) ** 2).sum(axis=1) / 2, raw - y


def poisson(y, raw):
    return (np.exp(raw) - y * raw).sum(axis=1), np.exp(raw) - y


def softmax(y, raw):
    p = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    return -(y * np.log(p)).sum(axis=1), p - y


def logistic(y, raw):
    return (np.logaddexp(0, raw) - y * raw).sum(axis=1), 1 / (1 + np.exp(-raw)) - y


def doubled(y, raw):
    return squared(y, raw)[0], 2 * squared(y, raw)[1]


def absolute(y, raw):
    return np.abs(raw - y).sum(axis=1), np.sign(raw - y)


@pytest.mark.parametrize("solver", ["lbfgs", "sgd", "adam"])
def test_it_trains_as_the_class_does(solver):
    settings = {**SETTINGS, "solver": solver, "dtype": "float64"}
    ours = FNNRegressor(loss=squared, **settings).fit(X, Y)
    theirs = FNNRegressor(loss=SquaredError(), **settings).fit(X, Y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(ours.loss_curve_[:5], theirs.loss_curve_[:5], rtol=1e-6)


@pytest.mark.parametrize(
    ("y", "function", "known"),
    [
        (KIND, softmax, CategoricalCrossEntropy()),
        (np.where(KIND > 0, "yes", "no"), logistic, BinaryCrossEntropy()),
        (make_multilabel_classification(150, random_state=0)[1], logistic, BinaryCrossEntropy()),
    ],
    ids=["classes", "two", "labels"],
)
def test_classes_get_the_link_of_their_kind(y, function, known):
    settings = {**SETTINGS, "solver": "lbfgs", "dtype": "float64", "max_iter": 15}
    ours = FNNClassifier(loss=function, **settings).fit(IRIS, y)
    theirs = FNNClassifier(loss=known, **settings).fit(IRIS, y)
    np.testing.assert_allclose(ours.predict_proba(IRIS), theirs.predict_proba(IRIS), atol=1e-6)
    assert ours.out_activation_ == theirs.out_activation_


@pytest.mark.parametrize("link", ["exp", LogLink()], ids=["name", "object"])
def test_a_link_by_name_or_object(link):
    counts = np.random.default_rng(0).poisson(np.exp(Y))
    settings = {**SETTINGS, "solver": "lbfgs", "dtype": "float64", "max_iter": 15}
    ours = FNNRegressor(loss=from_function(poisson, link=link), **settings).fit(X, counts)
    theirs = FNNRegressor(loss=Poisson(), **settings).fit(X, counts)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6)
    assert (ours.predict(X) > 0).all()


def test_it_clones_searches_and_pickles():
    model = FNNRegressor(loss=absolute, solver="adam", **SETTINGS)
    assert clone(model).loss is absolute
    grid = GridSearchCV(model, {"loss": [squared, absolute, "huber"]}, cv=2).fit(X, Y)
    again = pickle.loads(pickle.dumps(grid.best_estimator_))
    np.testing.assert_array_equal(again.predict(X), grid.predict(X))
    table = TabularFNNRegressor(loss=absolute, n_members=2, max_iter=4, random_state=0)
    assert np.isfinite(table.fit(X, Y).predict(X)).all()


def constant(y, raw):
    return np.ones(len(y)), np.zeros_like(raw)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (doubled, "loss=doubled: its gradient is not the derivative of its value. At y="),
        (lambda y, raw: (squared(y, raw)[0].mean(), raw - y), r"Got shapes \(\)"),
        (lambda y, raw: raw - y, "must return .value, gradient"),
        (lambda y, raw: (squared(y, raw)[0], (raw - y)[:, 0]), "shapes"),
        (lambda y, raw: "no", "must return"),
    ],
)
def test_what_is_wrong_is_said_before_training(function, message):
    with pytest.raises(ValueError, match=message):
        FNNRegressor(loss=function, **SETTINGS).fit(X, Y)
    with pytest.raises(ValueError, match=message):
        TabularFNNRegressor(loss=function, n_members=2, max_iter=2).fit(X, Y)


def test_kinks_are_allowed_and_an_unknown_link_is_not():
    FNNRegressor(loss=absolute, **SETTINGS).fit(X, np.round(Y))
    with pytest.raises(ValueError, match=r"link='log' is not a known link.*'exp'"):
        FNNRegressor(loss=from_function(poisson, link="log"), **SETTINGS).fit(X, np.abs(Y))
    with pytest.raises(TypeError, match="function must be a function"):
        from_function(3)


def test_its_constant_is_the_best_one():
    counts = np.random.default_rng(0).poisson(3.0, size=(200, 2)).astype(float)
    weight = np.random.default_rng(1).integers(0, 3, 200).astype(float)
    loss = from_function(poisson, link="exp").specialise("regression")
    best = loss.constant(counts, weight)
    expected = np.log(np.average(counts, axis=0, weights=weight))
    np.testing.assert_allclose(best, expected, atol=1e-4)


def test_solvers_that_need_curvature_refuse_it():
    with pytest.raises(ValueError, match=r"squared.*no curvature"):
        FNNRegressor((3,), loss=squared, solver="lm").fit(X, Y)

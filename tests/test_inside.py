"""Hidden activations, gradients, networks with given weights, units for teaching."""

import copy
import pickle
import re

import numpy as np
import pytest
from helpers import needs_sklearn
from scipy import sparse
from scipy.special import expit
from sklearn.base import clone
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import scale

from skfnn import FNNClassifier, FNNRegressor
from skfnn.layers import Activate, BatchNorm, Dense, Dropout, Layer, Linear, Skip

X, Y = scale(load_iris().data), load_iris().target
TARGETS = X[:, :2] @ [[1.0, 2.0], [0.5, -1.0]]
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
FEW = {"max_iter": 3, "tol": 1e9, "n_iter_no_change": 1, "random_state": 0}


def relu(z):
    return np.maximum(z, 0)


# ------------------------------------------------------------------ hidden activations


def test_hidden_activations_are_those_of_the_formula():
    model = FNNClassifier((7, 5), ["relu", "tanh"], dropout=0.3, dtype="float64", **FEW).fit(X, Y)
    (W0, W1, W2), (b0, b1, b2) = model.coefs_, model.intercepts_
    first, second = model.hidden_activations(X)
    np.testing.assert_allclose(first, relu(X @ W0 + b0), rtol=1e-12)
    np.testing.assert_allclose(second, np.tanh(first @ W1 + b1), rtol=1e-12)
    np.testing.assert_allclose(second @ W2 + b2, model.decision_function(X), rtol=1e-10)
    np.testing.assert_array_equal(model.hidden_activations(X, layer=-1), second)
    np.testing.assert_array_equal(model.hidden_activations(X, layer=0), first)
    # By position in summary(): before the activation, and the output layer.
    np.testing.assert_allclose(model.hidden_activations(X, layer="0"), X @ W0 + b0, rtol=1e-12)
    last = model.summary().index[-1]
    np.testing.assert_array_equal(
        model.hidden_activations(X, layer=last), model.decision_function(X)
    )


def test_hidden_activations_take_the_precision_and_the_kind_of_x():
    model = FNNClassifier((7, 5), **FEW).fit(X, Y)
    expected = model.hidden_activations(X)
    assert all(a.dtype == np.float64 for a in expected)
    single = model.hidden_activations(X.astype(np.float32))
    assert all(a.dtype == np.float32 for a in single)
    for a, b in zip(model.hidden_activations(sparse.csr_array(X)), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(model.hidden_activations(X[:1])[1], expected[1][:1], rtol=1e-12)
    assert FNNClassifier((), **FEW).fit(X, Y).hidden_activations(X) == []


def test_hidden_activations_of_given_layers_and_skips():
    layers = [
        Activate("tanh"),  # before the first linear map: no hidden layer
        Dense(6, "relu"), BatchNorm(), Dropout(0.2),
        Skip([Dense(6, "tanh"), Skip([Linear(6), BatchNorm()]), Linear(4)]),
        Activate("sigmoid"),
        Linear(3),
    ]  # fmt: skip
    model = FNNRegressor(hidden_layers=layers, dtype="float64", **FEW).fit(X, TARGETS)
    hidden = model.hidden_activations(X)
    assert [a.shape for a in hidden] == [(150, 6), (150, 4), (150, 3)]
    before_norm = model.hidden_activations(X, layer="2")
    assert (before_norm >= 0).all()
    np.testing.assert_array_equal(model.hidden_activations(X, layer="4"), hidden[0])
    skip = model.hidden_activations(X, layer="5")
    np.testing.assert_allclose(expit(skip), hidden[1], rtol=1e-12)
    inside = [model.hidden_activations(X, layer=f"5.{i}") for i in range(4)]
    np.testing.assert_allclose(np.tanh(inside[0]), inside[1], rtol=1e-12)
    deepest = model.hidden_activations(X, layer="5.2.1")
    np.testing.assert_allclose(inside[1] + deepest, inside[2], rtol=1e-12)
    projection = next(
        views["P"] for views in model._fitted.network.views(model._fitted.network.values).values()
        if "P" in views
    )  # fmt: skip
    np.testing.assert_allclose(hidden[0] @ projection + inside[3], skip, rtol=1e-10)
    np.testing.assert_allclose(
        hidden[2] @ model.coefs_[-1] + model.intercepts_[-1], model.predict(X), rtol=1e-10
    )


@pytest.mark.parametrize(
    ("layer", "error", "words"),
    [
        (2, ValueError, "layer=2 .* 2 of them"),
        (-3, ValueError, "layer=-3"),
        ("9", ValueError, r"layer='9' .*summary\(\): \['0', '1'"),
        (True, TypeError, "layer must be"),
        (1.0, TypeError, "layer must be .*1.0"),
    ],
)
def test_unknown_layers_are_refused(layer, error, words):
    with pytest.raises(error, match=words):
        FNNClassifier((3, 2), **FEW).fit(X, Y).hidden_activations(X, layer)


# ------------------------------------------------------------------ gradients


def compare_with_differences(model, X, y, weight=None, seed=0):
    """The gradient against central differences of its own value, parameter by parameter."""
    model = copy.deepcopy(model)
    gradient = model.loss_gradient(X, y, weight)
    rng, h = np.random.default_rng(seed), 1e-5
    for arrays, derivatives in (
        (model.coefs_, gradient.coefs),
        (model.intercepts_, gradient.intercepts),
    ):
        assert [a.shape for a in arrays] == [d.shape for d in derivatives]
        for array, derivative in zip(arrays, derivatives, strict=True):
            for _ in range(4):
                at = tuple(rng.integers(size) for size in array.shape)
                start, values = array[at], []
                for step in (-2, -1, 1, 2):
                    array[at] = start + step * h
                    values.append(model.loss_gradient(X, y, weight).loss)
                array[at] = start
                slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
                np.testing.assert_allclose(derivative[at], slope, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(
    "model",
    [
        FNNClassifier((5, 4), "tanh", alpha=0.3),
        FNNClassifier((5,), "sigmoid", loss="squared_error", label_smoothing=0.2),
        FNNClassifier((6,), "gelu", class_weight={0: 3.0}, dropout=0.5),
        FNNClassifier((5, 5), "silu", batch_norm="before", skip_connections=True),
    ],
    ids=str,
)
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_against_differences(model, weighted):
    weight = np.random.default_rng(1).uniform(0.2, 3, len(Y)) if weighted else None
    compare_with_differences(
        clone(model).set_params(dtype="float64", **FEW).fit(X, Y), X, Y, weight
    )


def test_gradient_of_regression_against_differences():
    model = FNNRegressor((5,), "tanh", loss="huber", dtype="float64", **FEW).fit(X, TARGETS)
    compare_with_differences(model, X, TARGETS)


def test_the_value_is_the_loss_of_evaluate_plus_the_penalty():
    model = FNNClassifier((5,), alpha=2.0, dropout=0.4, **FEW).fit(X, Y)
    norm = sum((W.astype(float) ** 2).sum() for W in model.coefs_)
    expected = model.evaluate(X, Y)["loss"] + 2.0 / (2 * len(Y)) * norm
    assert model.loss_gradient(X, Y).loss == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("batch_norm", [None, "before", "after"])
def test_the_gradient_is_the_step_of_gradient_descent(batch_norm):
    """An oracle from training itself: one step of plain descent on the whole set."""
    model = FNNClassifier(
        (5,), "tanh", solver="sgd", momentum=0, learning_rate_init=0.1, batch_size=150, alpha=0.7,
        dtype="float64", batch_norm=batch_norm, **FEW,
    ).fit(X, Y)  # fmt: skip
    gradient, before = model.loss_gradient(X, Y), [W.copy() for W in model.coefs_]
    model.partial_fit(X, Y)
    for old, new, slope in zip(before, model.coefs_, gradient.coefs, strict=True):
        np.testing.assert_allclose(old - 0.1 * slope, new, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("alpha", [0.5, 5.0])
def test_the_gradient_vanishes_where_other_packages_end(alpha):
    y = (Y == 2).astype(int)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    found = LogisticRegression(C=1 / alpha, tol=1e-12, max_iter=10000).fit(X, y, weight)
    model = FNNClassifier.from_weights([found.coef_.T], [found.intercept_], alpha=alpha)
    np.testing.assert_allclose(model.predict_proba(X), found.predict_proba(X), rtol=1e-9)
    gradient = model.loss_gradient(X, y, weight)
    np.testing.assert_allclose(gradient.coefs[0], 0, atol=1e-6)
    np.testing.assert_allclose(gradient.intercepts[0], 0, atol=1e-6)
    assert abs(model.loss_gradient(X, y).coefs[0]).max() > 1e-3  # other weights, another optimum

    ridge = Ridge(alpha=alpha).fit(X, TARGETS)
    model = FNNRegressor.from_weights([ridge.coef_.T], [ridge.intercept_], alpha=alpha)
    np.testing.assert_allclose(model.loss_gradient(X, TARGETS).coefs[0], 0, atol=1e-9)


def test_integer_weights_equal_repeated_rows():
    weight = np.random.default_rng(0).integers(0, 4, len(Y))
    model = FNNClassifier((5,), "tanh", batch_norm="before", alpha=1.0, **FEW).fit(X, Y)
    weighted = model.loss_gradient(X, Y, weight)
    repeated = model.loss_gradient(X.repeat(weight, 0), Y.repeat(weight))
    assert weighted.loss == pytest.approx(repeated.loss, rel=1e-10)
    for a, b in zip(weighted.coefs, repeated.coefs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-12)


def test_the_gradient_leaves_no_trace():
    block = [Dense(6, "relu"), BatchNorm(), Dropout(0.5), Skip([Dense(6), Dropout(0.2)])]
    model = FNNClassifier(hidden_layers=block, **FEW).fit(X, Y)
    other = copy.deepcopy(model)
    first, second = model.loss_gradient(X, Y), model.loss_gradient(X, Y)
    assert first.loss == second.loss
    for key, array in first.parameters.items():
        np.testing.assert_array_equal(array, second.parameters[key])
    assert {name for _, name in first.parameters} == {"W", "b", "gamma", "beta"}
    assert pickle.dumps(model) == pickle.dumps(other)
    model.partial_fit(X, Y), other.partial_fit(X, Y)  # the random streams were left alone
    np.testing.assert_array_equal(model.predict_proba(X), other.predict_proba(X))


def test_the_gradient_checks_its_data():
    model = FNNClassifier((3,), **FEW).fit(X, Y)
    with pytest.raises(ValueError, match=r"classes not in `self.classes_`"):
        model.loss_gradient(X, Y + 1)
    with pytest.raises(ValueError, match="4 features"):
        model.loss_gradient(X[:, :3], Y)
    one_row = model.loss_gradient(X[:1], Y[:1])
    assert np.isfinite(one_row.loss)
    rows = model.loss_gradient(sparse.csr_array(X), Y)
    np.testing.assert_allclose(rows.coefs[0], model.loss_gradient(X, Y).coefs[0], atol=1e-12)


# ------------------------------------------------------------------ given weights


@quiet
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "strings"])
def test_weights_of_mlp_classifier(kind, activation):
    features, y = X, {"binary": (Y > 0) * 1, "multiclass": Y}.get(kind)
    if kind == "strings":
        y = np.array(["ash", "beech", "oak"])[Y]
    elif kind == "multilabel":
        features, y = make_multilabel_classification(60, 5, n_classes=3, random_state=0)
    mlp = MLPClassifier((6, 4), activation, max_iter=20, random_state=0).fit(features, y)
    model = FNNClassifier.from_weights(
        mlp.coefs_, mlp.intercepts_, activation, classes=mlp.classes_,
        loss="binary_crossentropy" if kind == "multilabel" else "log_loss",
    )  # fmt: skip
    np.testing.assert_allclose(
        model.predict_proba(features), mlp.predict_proba(features), rtol=1e-9, atol=1e-12
    )
    np.testing.assert_array_equal(model.predict(features), mlp.predict(features))
    assert model.score(features, y) == mlp.score(features, y)
    for name in ("n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(model, name) == getattr(mlp, name)
    np.testing.assert_array_equal(model.classes_, mlp.classes_)
    for a, b in zip(model.coefs_, mlp.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


@quiet
@pytest.mark.parametrize(
    "loss", ["squared_error", pytest.param("poisson", marks=needs_sklearn("1.7", "its loss"))]
)
@pytest.mark.parametrize("several", [False, True])
def test_weights_of_mlp_regressor(several, loss):
    y = np.exp(TARGETS) if several else np.exp(TARGETS[:, 0])
    params = {} if loss == "squared_error" else {"loss": loss}
    mlp = MLPRegressor(
        hidden_layer_sizes=(6,), activation="tanh", max_iter=20, random_state=0, **params
    ).fit(X, y)
    model = FNNRegressor.from_weights(mlp.coefs_, mlp.intercepts_, "tanh", loss=loss)
    np.testing.assert_allclose(model.predict(X), mlp.predict(X), rtol=1e-9)
    assert model.out_activation_ == mlp.out_activation_


@quiet
def test_a_network_with_given_weights_is_an_estimator():
    fitted = FNNClassifier((6,), "tanh", random_state=0, max_iter=20).fit(X, Y)
    model = FNNClassifier.from_weights(
        fitted.coefs_, fitted.intercepts_, "tanh", random_state=0, max_iter=20
    )
    assert model.coefs_[0].dtype == np.float32
    np.testing.assert_array_equal(model.predict_proba(X), fitted.predict_proba(X))
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))
    assert model.summary().equals(fitted.summary())
    assert len(model.history_) == model.n_iter_ == model.t_ == 0
    assert model.loss_curve_ == []
    assert np.isnan(model.loss_)
    assert model.evaluate(X, Y) == fitted.evaluate(X, Y)
    assert "Y0 = dot(X, W0)" in model.step_listing()
    # A clone is unfitted and draws weights of its own.
    np.testing.assert_array_equal(clone(model).fit(X, Y).coefs_[0], fitted.coefs_[0])
    # Going on: the same as going on from the fit.
    model.partial_fit(X, Y)
    fitted.partial_fit(X, Y)
    assert len(model.history_) == 1
    again.set_params(warm_start=True).fit(X, Y)
    fitted = FNNClassifier((6,), "tanh", random_state=0, max_iter=20, warm_start=True).fit(X, Y)
    np.testing.assert_array_equal(again.coefs_[0], fitted.fit(X, Y).coefs_[0])


def test_two_columns_are_a_softmax_over_two_classes():
    rng = np.random.default_rng(0)
    W, b = rng.normal(size=(4, 2)), rng.normal(size=2)
    model = FNNClassifier.from_weights([W], [b], classes=["no", "yes"])
    p = np.exp(X @ W + b)
    np.testing.assert_allclose(model.predict_proba(X), p / p.sum(axis=1, keepdims=True))
    assert set(model.predict(X)) == {"no", "yes"}
    labels = np.array(["no", "yes"])[(Y > 0) * 1]
    assert len(model.partial_fit(X, labels).coefs_[0].T) == 2


def test_given_weights_keep_their_precision_and_their_owner():
    W = np.ones((4, 3), np.float32)
    model = FNNRegressor.from_weights([W], [np.zeros(3, np.float32)])
    assert model.coefs_[0].dtype == np.float32
    model.coefs_[0][:] = 7
    assert (W == 1).all()
    assert FNNRegressor.from_weights([W], [[0, 0, 0]]).coefs_[0].dtype == np.float64
    single = FNNRegressor.from_weights([W], [[0, 0, 0]], dtype="float32")
    assert single.coefs_[0].dtype == np.float32


GOOD = [np.ones((4, 3)), np.ones((3, 1))], [np.zeros(3), np.zeros(1)]


@pytest.mark.parametrize(
    ("coefs", "intercepts", "settings", "words"),
    [
        (GOOD[0], GOOD[1][:1], {}, "2 coefs and 1 intercepts"),
        ([], [], {}, "one array for each layer"),
        ([np.ones(4)], [[0]], {}, r"coefs\[0\] must be a matrix .*\(4,\)"),
        ([np.ones((4, 0))], [[]], {}, r"coefs\[0\] must be a matrix .*\(4, 0\)"),
        ([np.ones((4, 2))], [[0]], {}, r"intercepts\[0\] must have shape \(2,\).*\(1,\)"),
        ([np.ones((4, 3)), np.ones((2, 1))], GOOD[1], {}, r"coefs\[1\] must have 3 rows.*\(2, 1\)"),
        ([[[np.nan]]], [[0]], {}, r"coefs\[0\] must hold finite numbers"),
        ([[["a"]]], [[0]], {}, r"coefs\[0\] must hold finite numbers"),
        (*GOOD, {"classes": [0, 1, 2]}, "classes must hold 2 .* 1 output"),
        (*GOOD, {"classes": ["yes", "no"]}, "sorted"),
        (*GOOD, {"classes": [1, 1]}, "different labels"),
        ([np.ones((2, 3))], [np.ones(3)],
         {"loss": "binary_crossentropy", "classes": ["a", "b", "c"]}, "classes must be None"),
        (*GOOD, {"batch_norm": "before"}, "other parameters besides: .*'beta', 'gamma'"),
        (*GOOD, {"skip_connections": True}, "other parameters besides: .*'P'"),
        (*GOOD, {"hidden_layers": [Dense(5)]}, re.escape("[(4, 5), (5, 1)]. Got [(4, 3), (3, 1)]")),
        (*GOOD, {"activation": "rely"}, "'rely' is not a known activation"),
        (*GOOD, {"alpha": -1}, "'alpha' parameter"),
        (*GOOD, {"loss": "huber"}, "loss='huber' is not a loss of FNNClassifier"),
    ],
)  # fmt: skip
def test_weights_that_do_not_fit_are_refused(coefs, intercepts, settings, words):
    settings = dict(settings)
    with pytest.raises(ValueError, match=words):
        FNNClassifier.from_weights(coefs, intercepts, **settings)


def test_sizes_follow_from_the_weights():
    with pytest.raises(TypeError, match="hidden_layer_sizes follows from coefs"):
        FNNClassifier.from_weights(*GOOD, hidden_layer_sizes=(3,))
    model = FNNRegressor.from_weights(*GOOD, hidden_layers=[Dense(3, "relu"), Dropout(0.1)])
    np.testing.assert_allclose(model.predict(X), 3 * relu(X.sum(axis=1)))


# ------------------------------------------------------------------ units for teaching

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


@pytest.mark.parametrize(
    ("weights", "bias", "truth"),
    [
        ([1, 1], -0.5, [0, 1, 1, 1]),
        ([1, 1], -1.5, [0, 0, 0, 1]),
        ([-1, 0], 0.5, [1, 1, 0, 0]),
    ],
    ids=["or", "and", "not the first"],
)
@pytest.mark.parametrize("loss", ["perceptron", "log_loss"])
def test_a_threshold_unit_with_set_weights(weights, bias, truth, loss):
    unit = FNNClassifier.from_weights([np.reshape(weights, (2, 1))], [[bias]], loss=loss)
    np.testing.assert_array_equal(unit.predict(CORNERS), truth)
    hidden = FNNRegressor.from_weights(  # the same unit as a hidden one
        [np.reshape(weights, (2, 1)), [[1]]], [[bias], [0]], activation="threshold"
    )
    np.testing.assert_array_equal(hidden.predict(CORNERS), truth)


def perceptron(n_features, **settings):
    """Rosenblatt's perceptron: weights from 0, one step of 1 for each row that is wrong."""
    return FNNClassifier.from_weights(
        [np.zeros((n_features, 1))], [[0]], loss="perceptron", solver="sgd", momentum=0, alpha=0,
        batch_size=1, learning_rate_init=1.0, dtype="float64", tol=0, shuffle=False, **settings,
    )  # fmt: skip


@pytest.mark.parametrize("data", ["or", "and", "setosa"])
def test_the_perceptron_rule_converges_on_separable_data(data):
    features, y = {
        "or": (CORNERS, [0, 1, 1, 1]),
        "and": (CORNERS, [0, 0, 0, 1]),
        "setosa": (X, (Y == 0) * 1),
    }[data]
    unit = perceptron(features.shape[1])
    for _ in range(20):
        unit.partial_fit(features, y)
    assert unit.score(features, y) == 1
    weights = unit.coefs_[0].copy()
    for _ in range(5):
        unit.partial_fit(features, y)
    np.testing.assert_array_equal(unit.coefs_[0], weights)
    # The textbook's loop, written out.
    w, bias = np.zeros(features.shape[1]), 0.0
    for _ in range(25):
        for x, sign in zip(features, 2 * np.asarray(y) - 1, strict=True):
            if sign * (x @ w + bias) <= 0:
                w, bias = w + sign * x, bias + sign
    np.testing.assert_allclose(weights[:, 0], w, atol=1e-12)


def test_the_perceptron_rule_cycles_on_xor():
    unit, y = perceptron(2), [0, 1, 1, 0]
    seen = []
    for _ in range(60):
        unit.partial_fit(CORNERS, y)
        assert unit.score(CORNERS, y) < 1
        seen.append((*unit.coefs_[0].ravel(), *unit.intercepts_[0]))
    assert len(set(seen)) < 10  # whole numbers, so the same weights come back exactly
    period = next(p for p in range(1, 10) if seen[-p - 1] == seen[-1])
    assert seen[-period * 2 :][:period] == seen[-period:]


def test_a_sigmoid_unit_is_logistic_regression_also_unit_by_unit():
    y = (Y == 1).astype(int)
    unit = FNNClassifier((), solver="lbfgs", alpha=1.0, tol=1e-8, max_iter=1000).fit(X, y)
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(X, y)
    np.testing.assert_allclose(unit.coefs_[0].ravel(), theirs.coef_[0], atol=1e-5)
    p = expit(X @ unit.coefs_[0][:, 0] + unit.intercepts_[0])
    np.testing.assert_allclose(unit.predict_proba(X)[:, 1], p, rtol=1e-10)


@pytest.mark.parametrize(
    "layer", [a for c in Layer.members() if c.stochastic for a in c.examples()], ids=repr
)
def test_the_gradient_is_without_noise(layer):
    X = np.random.default_rng(0).normal(size=(20, 3))
    y = (X[:, 0] > 0).astype(int)
    model = FNNClassifier(hidden_layers=[layer, Dense(4, "tanh")], tol=1, random_state=0).fit(X, y)
    first, second = model.loss_gradient(X, y), model.loss_gradient(X, y)
    assert first.loss == second.loss == pytest.approx(model.evaluate(X, y)["loss"], rel=1e-3)
    np.testing.assert_array_equal(first.coefs[0], second.coefs[0])

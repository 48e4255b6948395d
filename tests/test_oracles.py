"""Results against estimators and formulas that were not written here."""

from dataclasses import replace

import numpy as np
import pytest
from helpers import needs_sklearn
from scipy.special import expit
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_regression
from sklearn.linear_model import LogisticRegression, Perceptron, PoissonRegressor, Ridge
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import scale

from skfnn import FNNClassifier, FNNRegressor

IRIS = scale(load_iris().data), load_iris().target
BINARY = scale(load_breast_cancer().data)[:400], load_breast_cancer().target[:400]
SEVERAL = make_regression(120, 6, n_targets=3, random_state=0)
ONE = scale(load_diabetes().data)[:400], load_diabetes().target[:400] / 100

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class _GivenStart:
    """Mixin for MLP*: start from given weights."""

    def _init_coef(self, fan_in, fan_out, dtype):
        return next(self.start)


class GivenMLPClassifier(_GivenStart, MLPClassifier):
    pass


class GivenMLPRegressor(_GivenStart, MLPRegressor):
    pass


@quiet
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize(
    "solver",
    [
        {"solver": "adam", "learning_rate_init": 0.01},
        {"solver": "adam", "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4},
        {"solver": "sgd", "learning_rate_init": 0.01},
        {"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.5},
        {"solver": "sgd", "momentum": 0.0, "learning_rate": "invscaling", "power_t": 0.2},
    ],
    ids=str,
)
@pytest.mark.parametrize("data", [
    "multiclass", "binary", "multioutput",
    pytest.param("poisson", marks=needs_sklearn("1.7", "MLPRegressor(loss='poisson')")),
])  # fmt: skip
def test_same_start_and_batches_give_the_weights_of_mlp(data, solver, activation):
    ours, theirs, (X, y) = {
        "multiclass": (FNNClassifier, GivenMLPClassifier, IRIS),
        "binary": (FNNClassifier, GivenMLPClassifier, BINARY),
        "multioutput": (FNNRegressor, GivenMLPRegressor, (SEVERAL[0], SEVERAL[1] / 100)),
        "poisson": (FNNRegressor, GivenMLPRegressor, (ONE[0] / 5, np.round(ONE[1]))),
    }[data]
    settings = {
        "hidden_layer_sizes": (7, 5),
        "activation": activation,
        "alpha": 0.3,
        "batch_size": {"multiclass": 30, "binary": 50, "multioutput": 40, "poisson": 50}[data],
        "shuffle": False,
        "random_state": 3,
        **solver,
    }
    if data == "poisson":
        settings["loss"] = "poisson"
    model = ours(**settings, dtype="float64", warm_start=True)
    model.set_params(max_iter=1, learning_rate_init=1e-300).fit(X, y)
    start = [a.copy() for pair in zip(model.coefs_, model.intercepts_, strict=True) for a in pair]
    model.set_params(max_iter=4, learning_rate_init=solver.get("learning_rate_init", 0.001))
    model._fitted = replace(model._fitted, n_seen=0)
    model.fit(X, y)

    reference = theirs(**settings, max_iter=4)
    copies = [a.copy() for a in start]
    reference.start = iter(zip(copies[::2], copies[1::2], strict=True))
    reference.fit(X, y)
    assert not np.allclose(start[0], reference.coefs_[0], rtol=1e-6)
    for a, b in zip(
        [*model.coefs_, *model.intercepts_],
        [*reference.coefs_, *reference.intercepts_],
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    if data in ("multiclass", "binary"):
        np.testing.assert_allclose(model.predict_proba(X), reference.predict_proba(X), rtol=1e-8)
    else:
        np.testing.assert_allclose(model.predict(X), reference.predict(X), rtol=1e-8)


LINEAR = {"hidden_layer_sizes": (), "solver": "lbfgs", "tol": 1e-8, "max_iter": 5000}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("data", [IRIS, BINARY], ids=["multiclass", "binary"])
def test_no_hidden_layer_is_logistic_regression(data, weighted):
    X, y = data
    weight = np.random.default_rng(0).uniform(0.2, 3, len(y)) if weighted else None
    ours = FNNClassifier(**LINEAR, alpha=2.0).fit(X, y, weight)
    theirs = LogisticRegression(C=1 / 2.0, tol=1e-10, max_iter=10000).fit(X, y, weight)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=2e-6)
    if data is BINARY:
        np.testing.assert_allclose(ours.coefs_[0][:, 0], theirs.coef_[0], atol=1e-5)
        np.testing.assert_allclose(ours.intercepts_[0], theirs.intercept_, atol=1e-5)


@pytest.mark.parametrize("data", [ONE, SEVERAL], ids=["one output", "several"])
def test_no_hidden_layer_is_ridge(data):
    X, y = data
    ours = FNNRegressor(**LINEAR, alpha=3.0).fit(X, y)
    theirs = Ridge(alpha=3.0).fit(X, y)
    np.testing.assert_allclose(ours.coefs_[0].T.squeeze(), theirs.coef_, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-5, atol=1e-5)


def test_no_hidden_layer_is_poisson_regressor():
    X, y = ONE[0], np.round(ONE[1])
    ours = FNNRegressor(**LINEAR, loss="poisson", alpha=0.5 * len(y)).fit(X, y)
    theirs = PoissonRegressor(alpha=0.5, tol=1e-10, max_iter=10000).fit(X, y)
    np.testing.assert_allclose(ours.coefs_[0][:, 0], theirs.coef_, atol=1e-6)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-5)


def zeroed(model, X, y):
    """Return ``model`` fitted for no step, with all weights zero."""
    model.set_params(warm_start=True, max_iter=1, learning_rate_init=1e-300).fit(X, y)
    model.coefs_ = [np.zeros_like(a) for a in model.coefs_]
    model.intercepts_ = [np.zeros_like(a) for a in model.intercepts_]
    return model


@quiet
@pytest.mark.parametrize("data", [BINARY, IRIS], ids=["binary", "one against rest"])
def test_perceptron_loss_is_the_perceptron(data):
    X, y = data
    model = FNNClassifier(
        (),
        loss="perceptron",
        solver="sgd",
        momentum=0,
        alpha=0,
        batch_size=1,
        shuffle=False,
        tol=0,
        n_iter_no_change=np.inf,
        dtype="float64",
    )
    model = zeroed(model, X, y).set_params(max_iter=6, learning_rate_init=1.0).fit(X, y)
    theirs = Perceptron(shuffle=False, max_iter=6, tol=None, alpha=0).fit(X, y)
    np.testing.assert_allclose(model.coefs_[0].T, theirs.coef_, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(model.intercepts_[0], theirs.intercept_)


@quiet
def test_the_textbooks_backpropagation_step_for_step():
    """Per-sample backpropagation by squared error through sigmoid units, written out."""
    X, y = BINARY
    X, y = X[:60, :5], y[:60]
    rate = 0.3
    model = FNNClassifier(
        (4,),
        "sigmoid",
        loss="squared_error",
        solver="sgd",
        momentum=0,
        batch_size=1,
        alpha=0,
        shuffle=False,
        warm_start=True,
        max_iter=1,
        learning_rate_init=1e-300,
        dtype="float64",
        random_state=0,
    ).fit(X, y)
    (V, W), (b, c) = [a.copy() for a in model.coefs_], [a.copy() for a in model.intercepts_]
    model.set_params(max_iter=3, learning_rate_init=rate).fit(X, y)
    for _ in range(3):
        for x, target in zip(X, y, strict=True):
            hidden = expit(x @ V + b)
            output = expit(hidden @ W + c)
            output_error = (output - target) * output * (1 - output)
            hidden_error = hidden * (1 - hidden) * (W @ output_error)
            W -= rate * np.outer(hidden, output_error)
            c -= rate * output_error
            V -= rate * np.outer(x, hidden_error)
            b -= rate * hidden_error
    for ours, theirs in zip([*model.coefs_, *model.intercepts_], [V, W, b, c], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@quiet
def test_integer_weights_are_repeated_rows():
    X, y = IRIS
    weight = np.random.default_rng(0).integers(0, 4, len(y))
    settings = {
        "hidden_layer_sizes": (5,),
        "activation": "tanh",
        "solver": "lbfgs",
        "tol": 1e-3,
        "alpha": 1.0,
        "batch_norm": "before",
        "random_state": 0,
        "max_iter": 15,
    }
    weighted = FNNClassifier(**settings).fit(X, y, sample_weight=weight)
    repeated = FNNClassifier(**settings).fit(np.repeat(X, weight, 0), np.repeat(y, weight))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-5)


def test_class_weights_are_sample_weights():
    X, y = IRIS
    given = {0: 1.0, 1: 3.0, 2: 0.5}
    settings = {"max_iter": 20, "tol": 1e9, "random_state": 0}
    by_class = FNNClassifier(class_weight=given, **settings).fit(X, y)
    by_row = FNNClassifier(**settings).fit(X, y, sample_weight=[given[label] for label in y])
    np.testing.assert_array_equal(by_class.predict_proba(X), by_row.predict_proba(X))


def test_evaluate_agrees_with_sklearn_metrics():
    X, y = IRIS
    model = FNNClassifier(max_iter=20, tol=1e9, random_state=0, metrics=["acc", "neg_log_loss"])
    model.fit(X, y)
    weight = np.random.default_rng(0).uniform(size=len(y))
    result = model.evaluate(X, y, weight)
    assert list(result) == ["loss", "acc", "neg_log_loss"]
    expected = log_loss(y, model.predict_proba(X), sample_weight=weight)
    np.testing.assert_allclose([result["loss"], -result["neg_log_loss"]], expected, rtol=1e-6)
    np.testing.assert_allclose(result["acc"], model.score(X, y, weight))


def test_early_stopping_brings_the_best_weights_back():
    X, y = ONE
    model = FNNRegressor(
        (30,),
        early_stopping=True,
        learning_rate_init=0.02,
        n_iter_no_change=5,
        random_state=0,
        metrics="r2",
    ).fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    assert model.n_iter_ < 200
    best = max(model.validation_scores_)
    np.testing.assert_allclose(model.score(X[200:], y[200:]), best, rtol=1e-4)
    assert model.best_validation_score_ == best
    assert model.history_["val_r2"].iloc[-1] < best


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("scoring", ["loss", "roc_auc", None])
@quiet
def test_early_stopping_goes_by_the_score_asked_for(scoring, solver):
    X, y = BINARY
    model = FNNClassifier(
        (20,),
        solver=solver,
        early_stopping=True,
        scoring=scoring,
        validation_fraction=0.3,
        random_state=0,
        max_iter=30,
    ).fit(X, y)
    scores = np.array(model.validation_scores_)
    assert len(scores) == model.n_iter_ == len(model.history_)
    if scoring == "loss":
        np.testing.assert_allclose(-scores, model.history_["val_loss"])
    else:
        assert ((scores >= 0) & (scores <= 1)).all()
    assert scores.max() == model.best_validation_score_


@quiet
@pytest.mark.parametrize("activation", ["relu", "tanh", "identity"])
def test_the_same_random_state_starts_from_the_weights_of_mlp(activation):
    X, y = IRIS
    settings = {"max_iter": 1, "learning_rate_init": 1e-300, "random_state": 7}
    settings |= {"hidden_layer_sizes": (6, 5), "activation": activation}
    ours = FNNClassifier(**settings, dtype="float64").fit(X, y)
    theirs = MLPClassifier(**settings).fit(X, y)
    for a, b in zip(
        [*ours.coefs_, *ours.intercepts_], [*theirs.coefs_, *theirs.intercepts_], strict=True
    ):
        np.testing.assert_array_equal(a, b)

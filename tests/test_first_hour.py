"""What a new user meets in the first hour: messages in the user's words, and what to do."""

import re
import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    get_scorer,
    log_loss,
    mean_squared_error,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.preprocessing import scale

from skfnn import (
    FNNAutoencoder,
    FNNClassifier,
    FNNRegressor,
    TabularFNNClassifier,
    TabularFNNRegressor,
)
from skfnn.metrics._resolve import resolve_metric
from skfnn.model_selection import param_distributions
from skfnn.optimizers import Adam

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, y = load_iris(return_X_y=True)
X = scale(X)
BINARY = (y == 1).astype(int)
NUMBERS = X[:, 0] + X[:, 1] ** 2
BRIEF = {"max_iter": 3, "random_state": 0}
TABULAR = {**BRIEF, "n_members": 1}


def refusal(work, error=ValueError):
    with pytest.raises(error) as caught:
        work()
    return str(caught.value)


# ------------------------------------------------------------------ parameters


@pytest.mark.parametrize("cls", [FNNClassifier, FNNRegressor, FNNAutoencoder])
@pytest.mark.parametrize("rate", [0.01, 1, np.float64(0.1)])
def test_a_number_as_learning_rate_names_learning_rate_init(cls, rate):
    message = refusal(lambda: cls(learning_rate=rate).fit(X, y))
    assert f"learning_rate_init={rate!r}" in message
    assert "'constant'" in message


@pytest.mark.parametrize(("params", "key", "wanted"), [
    ({}, "solver__beta_1", ["solver='adam'", "solver=Adam(beta_1=...)", "skfnn.optimizers"]),
    ({"solver": "sgd"}, "solver__momentum", ["SGD(momentum=...)"]),
    ({"loss": "huber"}, "loss__delta", ["Huber(delta=...)", "skfnn.losses"]),
    ({"learning_rate": "invscaling"}, "learning_rate__power_t", ["InvScaling(power_t=...)"]),
    ({"activation": "leaky_relu"}, "activation__slope", ["LeakyReLU(slope=...)"]),
    ({}, "solver__beta_7", ["solver__beta_7", "solver='adam'"]),
    ({}, "pretrain__alpha", ["pretrain=None"]),
])  # fmt: skip
def test_a_parameter_of_a_part_that_is_a_name(params, key, wanted):
    model = FNNRegressor(**params)
    before = model.get_params()
    message = refusal(lambda: model.set_params(alpha=1.0, **{key: 0.8}))
    assert all(text in message for text in wanted), message
    assert model.get_params() == before


def test_parameters_of_parts_can_be_set_together_with_the_part():
    model = FNNClassifier().set_params(solver=Adam(), solver__beta_1=0.8)
    assert model.solver.beta_1 == 0.8
    search = GridSearchCV(FNNClassifier(**BRIEF), {"solver__beta_1": [0.8]}, error_score="raise")
    assert "solver=Adam()" in refusal(lambda: search.fit(X, y))
    assert clone(model).set_params(solver__beta_1=0.7, alpha=1).solver.beta_1 == 0.7


@pytest.mark.parametrize(("work", "meant"), [
    (lambda: TabularFNNClassifier(recipe="tabm").fit(X, y), "tabm-mini"),
    (lambda: TabularFNNRegressor(recipe="real-mlp").fit(X, NUMBERS), "realmlp"),
    (lambda: param_distributions("mpl"), "mlp"),
    (lambda: param_distributions(task="clasification"), "classification"),
    (lambda: FNNClassifier(loss="log_los").fit(X, y), "log_loss"),
    (lambda: FNNClassifier(solver="adm").fit(X, y), "adam"),
    (lambda: FNNClassifier(metrics="acuracy").fit(X, y), "accuracy"),
])  # fmt: skip
def test_a_misspelt_name_gets_a_suggestion(work, meant):
    assert f"Did you mean {meant!r}?" in refusal(work)


@pytest.mark.parametrize("cls", [
    FNNClassifier, FNNRegressor, FNNAutoencoder, TabularFNNClassifier, TabularFNNRegressor,
])  # fmt: skip
def test_no_error_names_a_private_module(cls):
    target = NUMBERS if "Regressor" in cls.__name__ else y
    brief = {name: value for name, value in TABULAR.items() if name in cls().get_params()}
    messages = []
    for name in cls().get_params(deep=False):
        for wrong in (object(), "a name that nothing has", -7.5):
            model = cls(**{**brief, name: wrong})
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    model.fit(X, target)
            except (ValueError, TypeError) as error:
                messages.append(str(error))
    assert len(messages) > 2 * len(cls().get_params(deep=False))
    assert not [message for message in messages if re.search(r"skfnn\.(\w+\.)*_", message)]


# ------------------------------------------------------------------ metrics


@quiet
@pytest.mark.parametrize(("function", "method", "target"), [
    (accuracy_score, "predict", y), (f1_score, "predict", BINARY),
    (partial(f1_score, average="macro"), "predict", y),
    (log_loss, "predict_proba", y), (roc_auc_score, "predict_proba", BINARY),
])  # fmt: skip
def test_a_metric_function_is_a_metric(function, method, target):
    model = FNNClassifier(metrics=[function, "accuracy"], **BRIEF).fit(X, target)
    answer = getattr(model, method)(X)
    if function is roc_auc_score:
        answer = answer[:, 1]
    name = getattr(function, "func", function).__name__
    assert list(model.history_)[:3] == ["loss", name, "accuracy"]
    assert model.history_[name].iloc[-1] == pytest.approx(function(target, answer), rel=1e-5)
    assert model.evaluate(X, target)[name] == pytest.approx(function(target, answer), rel=1e-6)


@quiet
def test_a_metric_function_is_given_weights_where_it_takes_them():
    weight = np.linspace(0, 1, len(y))

    def mine(y_true, y_pred):
        return float(np.mean(y_true == y_pred))

    model = FNNClassifier(metrics=[accuracy_score, mine], **BRIEF).fit(X, y, sample_weight=weight)
    right = model.predict(X) == y
    row = model.history_.iloc[-1]
    assert row["accuracy_score"] == pytest.approx(np.average(right, weights=weight))
    assert row["mine"] == pytest.approx(right.mean())


@quiet
@pytest.mark.parametrize(("function", "sign"), [(f1_score, 1), (mean_squared_error, -1)])
def test_early_stopping_by_a_metric_function_knows_its_direction(function, sign):
    model = FNNClassifier(early_stopping=True, scoring=function, **BRIEF).fit(X, BINARY)
    assert (np.array(model.validation_scores_) * sign >= 0).all()
    name, scorer = resolve_metric(function, "scoring", "classification")
    assert scorer(model, X, BINARY) == pytest.approx(sign * function(BINARY, model.predict(X)))
    assert name == function.__name__


def test_a_function_without_a_direction_asks_for_one():
    def strange(y_true, y_pred):
        return 0.0

    model = FNNClassifier(early_stopping=True, scoring=strange)
    assert "greater_is_better" in refusal(lambda: model.fit(X, y))


@quiet
def test_scorers_are_told_from_functions():
    def own(estimator, X, y):
        return 0.25

    def loose(est, X, y=None):
        return 0.5

    scorer = get_scorer("f1_macro")
    model = FNNClassifier(metrics=[own, loose, scorer], **BRIEF).fit(X, y)
    row = model.history_.iloc[-1]
    assert (row["own"], row["loose"]) == (0.25, 0.5)


@pytest.mark.parametrize(("cls", "has", "has_not"), [
    (FNNClassifier, ["accuracy", "roc_auc", "f1_macro"], ["r2", "mse", "rand_score"]),
    (FNNRegressor, ["r2", "mse", "neg_max_error"], ["accuracy", "f1", "mutual_info_score"]),
])  # fmt: skip
def test_an_unknown_metric_lists_what_fits_the_task_once(cls, has, has_not):
    message = refusal(
        lambda: cls(metrics="nothing like it").fit(X, NUMBERS if has[0] == "r2" else y)
    )
    listed = re.search(r"\[(.*)\]", message).group(1).replace("'", "").split(", ")
    assert len(listed) == len(set(listed))
    assert set(has) <= set(listed)
    assert not set(has_not) & set(listed)
    assert not [name for name in listed if "adjusted_" in name or "completeness" in name]


# ------------------------------------------------------------------ early stopping


def test_early_stopping_by_the_accuracy_of_few_rows_says_to_stop_by_the_loss():
    A, b = load_breast_cancer(return_X_y=True)
    A_train, A_test, b_train, b_test = train_test_split(scale(A), b, stratify=b, random_state=0)
    model = FNNClassifier(early_stopping=True, random_state=0)
    with pytest.warns(
        ConvergenceWarning,
        match=r"accuracy of the validation .*loss still fell.*scoring='loss'",
    ):
        by_accuracy = clone(model).fit(A_train, b_train)
    by_loss = model.set_params(scoring="loss").fit(A_train, b_train)  # warnings are errors
    assert by_loss.score(A_test, b_test) > by_accuracy.score(A_test, b_test)


def test_no_warning_where_it_does_not_apply():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(4000, 3))  # 400 validation rows
    FNNClassifier((4,), early_stopping=True, random_state=0).fit(A, A[:, 0] > 0)
    noise = rng.integers(2, size=200)  # the loss rises
    FNNClassifier((50,), early_stopping=True, learning_rate_init=0.05, random_state=0).fit(
        A[:200], noise
    )


# ------------------------------------------------------------------ probabilities


@quiet
@pytest.mark.parametrize("target", [y, BINARY, (X > 0).astype(int)], ids=["3", "2", "labels"])
def test_log_probabilities_are_those_of_the_probabilities_where_a_network_saturates(target):
    model = FNNClassifier((5,), activation=["gelu"], solver="lbfgs", **BRIEF).fit(X, target)
    for factor in (1, 1e2, 1e4, 1e6):
        proba, logs = model.predict_proba(factor * X), model.predict_log_proba(factor * X)
        assert np.isfinite(logs).all()
        np.testing.assert_allclose(np.log(proba), logs, rtol=1e-8, atol=1e-9)
        if target.ndim == 1:
            np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
            np.testing.assert_array_equal(model.classes_[proba.argmax(axis=1)],
                                          model.predict(factor * X))  # fmt: skip
    assert (proba < 1e-300).any()


@quiet
def test_log_probabilities_of_tables_too():
    model = TabularFNNClassifier(**{**TABULAR, "max_iter": 30}).fit(X, BINARY)
    np.testing.assert_array_equal(np.log(model.predict_proba(X)), model.predict_log_proba(X))
    model._temperature = 1e-9
    proba = model.predict_proba(X)
    assert (proba > 0).all()


# ------------------------------------------------------------------ targets


REGRESSORS = [FNNRegressor(**BRIEF), TabularFNNRegressor(**TABULAR)]
CLASSIFIERS = [FNNClassifier(**BRIEF), TabularFNNClassifier(**TABULAR)]
NAMES = np.array(["a", "b", "c"])[y]


@pytest.mark.parametrize("model", REGRESSORS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("make", [list, np.array, pd.Series, lambda v: np.array(v, object)],
                         ids=["list", "array", "series", "object"])  # fmt: skip
def test_text_as_target_of_a_regressor_names_the_classifier(model, make):
    message = refusal(lambda: clone(model).fit(X, make(NAMES)))
    assert "must be numbers. Got 'a'" in message
    assert f"use {type(model).__name__.replace('Regressor', 'Classifier')}" in message


@quiet
@pytest.mark.parametrize("make", [list, np.array, pd.Series], ids=["list", "array", "series"])
def test_text_that_says_numbers_is_a_target_of_a_regressor(make):
    text = make([f"{value:.3f}" for value in NUMBERS])
    model = FNNRegressor(**BRIEF).fit(X, text)
    as_numbers = FNNRegressor(**BRIEF).fit(X, np.round(NUMBERS, 3))
    np.testing.assert_array_equal(model.predict(X), as_numbers.predict(X))


@pytest.mark.parametrize("model", REGRESSORS + CLASSIFIERS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=str)
def test_a_missing_target_is_counted_and_found(model, missing):
    target = pd.Series(NAMES if model in CLASSIFIERS else NUMBERS, dtype=object)
    target[[7, 9]] = missing
    message = refusal(lambda: clone(model).fit(X, target))
    assert "NaN or None: 2 of 150 entries, the first in row 7" in message


@pytest.mark.parametrize("model", [TabularFNNClassifier(**TABULAR)])
@pytest.mark.parametrize("value", [[1, 2], {"a": 1}], ids=str)
def test_a_column_of_lists_is_named(model, value):
    table = pd.DataFrame(X, columns=list("abcd")).assign(tags=[value] * len(X))
    message = refusal(lambda: model.fit(table, y))
    assert "'tags'" in message
    assert type(value).__name__ in message

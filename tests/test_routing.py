"""Metadata routing through pipelines and searches, and weights for scorers inside a fit."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.datasets import load_diabetes
from sklearn.metrics import (
    get_scorer,
    make_scorer,
    max_error,
    mean_absolute_error,
    mean_squared_error,
    r2_score,
)
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, y = load_diabetes(return_X_y=True)
y = (y - y.mean()) / y.std()
WEIGHT = np.random.default_rng(0).uniform(0.1, 5, len(y))
TRAIN, VALID = np.arange(300), np.arange(300, len(y))


def network(**params):
    return FNNRegressor(**{"hidden_layer_sizes": (5,), "random_state": 0, "max_iter": 4, **params})


def plain_function(estimator, X, y):
    return -mean_absolute_error(y, estimator.predict(X))


def any_keyword(estimator, X, y, **metadata):
    return -mean_absolute_error(y, estimator.predict(X), **metadata)


@pytest.mark.parametrize(("scoring", "weighted", "formula"), [
    (None, True, r2_score),
    ("r2", True, r2_score),
    ("neg_mean_squared_error", True, lambda *a, **w: -mean_squared_error(*a, **w)),
    ("neg_max_error", False, lambda *a: -max_error(*a)),
    (make_scorer(mean_squared_error), True, mean_squared_error),
    (plain_function, False, lambda *a: -mean_absolute_error(*a)),
    (any_keyword, True, lambda *a, **w: -mean_absolute_error(*a, **w)),
], ids=lambda p: getattr(p, "__name__", str(p)))  # fmt: skip
def test_scores_of_early_stopping_are_weighted_where_the_scorer_takes_weights(
    scoring, weighted, formula
):
    given = {"X_val": X[VALID], "y_val": y[VALID], "sample_weight_val": WEIGHT[VALID]}
    model = network(early_stopping=True, scoring=scoring, dtype="float64")
    model.fit(X[TRAIN], y[TRAIN], WEIGHT[TRAIN], **given)
    weight = {"sample_weight": WEIGHT[VALID]} if weighted else {}
    expected = formula(y[VALID], model.predict(X[VALID]), **weight)
    assert model.best_validation_score_ == pytest.approx(expected, rel=1e-12)


def test_a_scorer_can_decline_weights():
    with config_context(enable_metadata_routing=True):
        scorers = [get_scorer("r2"), get_scorer("r2").set_score_request(sample_weight=False)]
        both = [
            network(early_stopping=True, scoring=scorer).fit(X, y, WEIGHT).best_validation_score_
            for scorer in scorers
        ]
        plain = network(early_stopping=True, scoring="r2").fit(X, y, WEIGHT)
    assert both[0] == plain.best_validation_score_ != both[1]


def test_metrics_are_weighted_alike_by_name_and_by_scorer():
    model = network(metrics=["mse", "neg_mean_squared_error", "neg_max_error"])
    history = model.fit(X, y, WEIGHT).history_
    np.testing.assert_allclose(history["mse"], -history["neg_mean_squared_error"], rtol=1e-5)
    results = model.evaluate(X, y, WEIGHT)
    assert results["neg_max_error"] == pytest.approx(-max_error(y, model.predict(X)))


@pytest.mark.parametrize("search", [False, True])
def test_the_pipeline_transforms_the_validation_rows_alone(search):
    raw = X * 7 + 3
    with config_context(enable_metadata_routing=True):
        last = network(early_stopping=True, scoring="loss").set_fit_request(
            X_val=True, y_val=True, sample_weight=True, sample_weight_val=True
        )
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = Pipeline([("scale", scaler), ("last", last)], transform_input=["X_val"])
        if search:
            scorer = get_scorer("r2").set_score_request(sample_weight=True)
            model = GridSearchCV(model, {"last__alpha": [0.0]}, cv=2, scoring=scorer,
                                 error_score="raise")  # fmt: skip
        model.fit(raw[TRAIN], y[TRAIN], X_val=raw[VALID], y_val=y[VALID],
                  sample_weight=WEIGHT[TRAIN], sample_weight_val=WEIGHT[VALID])  # fmt: skip
    pipeline = model.best_estimator_ if search else model
    by_hand = StandardScaler().fit(raw[TRAIN])
    expected = network(early_stopping=True, scoring="loss", alpha=pipeline[-1].alpha).fit(
        by_hand.transform(raw[TRAIN]), y[TRAIN], WEIGHT[TRAIN],
        X_val=by_hand.transform(raw[VALID]), y_val=y[VALID], sample_weight_val=WEIGHT[VALID],
    )  # fmt: skip
    np.testing.assert_array_equal(pipeline[-1].coefs_[0], expected.coefs_[0])
    assert pipeline[-1].validation_scores_ == expected.validation_scores_


def test_weights_reach_fit_and_scorer_of_cross_validate():
    with config_context(enable_metadata_routing=True):
        model = network().set_fit_request(sample_weight=True)
        scorer = get_scorer("r2").set_score_request(sample_weight=True)
        result = cross_validate(model, X, y, cv=[(TRAIN, VALID)], scoring=scorer,
                                params={"sample_weight": WEIGHT}, error_score="raise")  # fmt: skip
    by_hand = network().fit(X[TRAIN], y[TRAIN], WEIGHT[TRAIN])
    expected = r2_score(y[VALID], by_hand.predict(X[VALID]), sample_weight=WEIGHT[VALID])
    assert result["test_score"][0] == pytest.approx(expected)


def test_an_argument_that_nobody_asked_for_is_an_error():
    with config_context(enable_metadata_routing=True):
        model = Pipeline([("scale", StandardScaler()), ("last", network())])
        with pytest.raises(ValueError, match="X_val"):
            model.fit(X, y, X_val=X, y_val=y)

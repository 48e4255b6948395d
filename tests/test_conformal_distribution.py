"""The distribution of held-out errors; methods through pipelines, searches, transformed targets."""

import pickle

import numpy as np
import pytest
from scipy import stats
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skfnn import FNNClassifier, FNNRegressor, TabularFNNRegressor
from skfnn._engine.objective.conformal import Conformal, Errors
from skfnn._engine.objective.distribution import Calibration, Located
from skfnn.losses import Poisson
from skfnn.metrics import (
    covered,
    interval_score,
    neg_crps,
    neg_interval_score,
    neg_mean_width,
    neg_set_size,
)
from skfnn.model_selection import predict_with

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
TABLE = {"n_members": 2, "max_iter": 15, "hidden_layer_sizes": (16,), "random_state": 0}
NET = {"hidden_layer_sizes": (10,), "solver": "lbfgs", "random_state": 0, "max_iter": 100}


def skewed(n, seed=0):
    """A line, with noise that is skewed: most errors below, few far above."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, 2))
    return x, x[:, 0] + rng.exponential(0.5, n)


X, Y = skewed(1500)
X_NEW, Y_NEW = skewed(4000, 1)


@pytest.fixture(scope="module")
def table():
    return TabularFNNRegressor(**TABLE).fit(X, Y)


def test_a_default_table_has_quantiles_that_hold_on_both_sides(table):
    q = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98])
    found = table.predict_quantiles(X_NEW, q)
    assert found.shape == (4000, 7)
    assert (np.diff(found, axis=1) >= 0).all()
    np.testing.assert_allclose((Y_NEW[:, None] <= found).mean(axis=0), q, atol=0.03)
    middle = found[:, 3]
    above, below = found[:, 5] - middle, middle - found[:, 1]
    assert (above > 1.5 * below).all()  # the noise is skewed, and known to be
    np.testing.assert_array_equal(table.predict_quantiles(X_NEW, 0.5), middle)
    other = pickle.loads(pickle.dumps(table))
    np.testing.assert_array_equal(other.predict_quantiles(X_NEW, q), found)


def test_samples_and_scores_follow_from_the_quantiles(table):
    draws = table.sample_y(X_NEW[:2], 4000)
    expected = table.predict_quantiles(X_NEW[:2], [0.1, 0.5, 0.9])
    np.testing.assert_allclose(np.quantile(draws, [0.1, 0.5, 0.9], axis=1).T, expected, atol=0.08)
    # A little more than the score of the true distribution.
    rng = np.random.default_rng(0)
    noise = rng.exponential(0.5, (2, 10**6))
    best = np.abs(noise[0] - noise[1]).mean() / 2
    assert 0.96 * best <= -neg_crps(table, X_NEW, Y_NEW) <= 1.1 * best


@pytest.mark.parametrize("weighted", [False, True])
def test_a_new_error_is_below_a_quantile_as_often_as_it_says(weighted):
    """Exactly so, over draws of held-out rows: beta distributions of order statistics."""
    rng = np.random.default_rng(0)
    q = np.arange(1, 20) / 20
    found = []
    for _ in range(4000):
        errors = rng.normal(size=(19, 1))
        weight = np.ones(19) if weighted else None
        found.append(Errors(errors, weight).at(q)[0])
    np.testing.assert_allclose(stats.norm.cdf(found).mean(axis=0), q, atol=0.007)


def test_several_outputs_units_and_limits():
    rng = np.random.default_rng(0)
    center, scale = rng.normal(size=(4, 2)), rng.uniform(1, 2, (4, 2))
    errors = Errors(rng.normal(size=(99, 2)))
    found = Conformal(Located(center, scale, -1.0), errors)
    q = np.array([0.1, 0.5])
    quantiles = found.quantile(q)
    assert quantiles.shape == (4, 2, 2)
    assert (quantiles >= -1).all()
    np.testing.assert_allclose(found.affine(2, 3).quantile(q), 2 + 3 * quantiles)
    own = np.broadcast_to(q, (4, 2, 2))
    np.testing.assert_array_equal(found.anywhere(own), quantiles)
    order = np.sort(errors._scores[:, 0])
    np.testing.assert_allclose(errors.at(np.array([0.1]))[0, 0], order[9])  # the 10th of 99
    with pytest.raises(ValueError, match=r"q must lie from 0.01 to 0.99, .* 99 held-out"):
        found.quantile(np.array([0.5, 0.995]))
    for q in (0.01 - 1e-9, 0.99 + 1e-9):
        with pytest.raises(ValueError, match="q must lie"):
            found.quantile(np.array([q]))
    for rounded in (1 - 1e-15, 1 + 1e-15):  # 1 / 100, however it was reckoned
        assert found.quantile(np.array([0.01, 0.99]) * rounded).shape == (4, 2, 2)


def test_counts_stay_at_or_above_zero():
    rng = np.random.default_rng(0)
    y = rng.poisson(np.exp(X[:, 0]))
    model = FNNRegressor(loss=Poisson(), early_stopping=True, solver="adam", max_iter=30,
                         random_state=0).fit(X, y)  # fmt: skip
    assert (model.predict_quantiles(X, [0.05, 0.5]) >= 0).all()


# Through ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def network():
    x = StandardScaler().fit(X)
    return x, FNNRegressor(loss="gaussian", **NET).fit(x.transform(X), Y)


def test_methods_through_pipelines_and_searches(network):
    scaler, plain = network
    pipe = make_pipeline(StandardScaler(), FNNRegressor(loss="gaussian", **NET)).fit(X, Y)
    search = GridSearchCV(pipe, {"fnnregressor__alpha": [1e-4]}, cv=2).fit(X, Y)
    for method, given in [("predict_interval", {"coverage": 0.8}), ("sample_y", {"n_samples": 3}),
                          ("predict_quantiles", {"q": [0.1, 0.7]})]:  # fmt: skip
        expected = getattr(plain, method)(scaler.transform(X_NEW), **given)
        for model in (pipe, search):
            np.testing.assert_allclose(predict_with(model, method, X_NEW, **given), expected)
        np.testing.assert_array_equal(
            predict_with(plain, method, scaler.transform(X_NEW), **given), expected
        )


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("outside", [False, True])
def test_methods_through_transformed_targets(falling, outside):
    sign = -1 if falling else 1
    transformer = FunctionTransformer(lambda y: sign * np.log(y), lambda z: np.exp(sign * z))
    y, y_new = np.exp(Y), np.exp(Y_NEW)
    net = FNNRegressor(loss="gaussian", **NET)
    if outside:
        inner = make_pipeline(StandardScaler(), net)
        model = TransformedTargetRegressor(inner, transformer=transformer).fit(X, y)
    else:
        inner = TransformedTargetRegressor(net, transformer=transformer)
        model = make_pipeline(StandardScaler(), inner).fit(X, y)
    interval = predict_with(model, "predict_interval", X_NEW, coverage=0.8)
    assert (interval[:, 0] < interval[:, 1]).all()
    quantiles = predict_with(model, "predict_quantiles", X_NEW, q=[0.1, 0.5, 0.9])
    np.testing.assert_allclose(interval, quantiles[:, [0, 2]])
    np.testing.assert_allclose(quantiles[:, 1], model.predict(X_NEW), rtol=1e-6)
    np.testing.assert_allclose(predict_with(model, "predict_quantiles", X_NEW, q=0.9),
                               quantiles[:, 2])  # fmt: skip
    inside = (interval[:, 0] <= y_new) & (y_new <= interval[:, 1])
    assert covered(model, X_NEW, y_new, coverage=0.8) == inside.mean() > 0.7
    assert neg_interval_score(model, X_NEW, y_new, coverage=0.8) == pytest.approx(
        -interval_score(y_new, interval, 0.8)
    )
    with pytest.raises(TypeError, match="neg_crps takes no TransformedTargetRegressor"):
        neg_crps(model, X_NEW, y_new)


def test_several_transformed_targets():
    y = np.column_stack([Y, 10 * Y + 3])
    model = TransformedTargetRegressor(FNNRegressor(loss="gaussian", **NET),
                                       transformer=StandardScaler()).fit(X, y)  # fmt: skip
    found = predict_with(model, "predict_interval", X_NEW)
    assert found.shape == (4000, 2, 2)
    np.testing.assert_allclose(found[:, 1], 10 * found[:, 0] + 3, rtol=0.2, atol=0.5)


def test_scorers_of_intervals_and_sets():
    model = make_pipeline(StandardScaler(), FNNRegressor(loss="gaussian", **NET))
    scoring = {"covered": covered, "width": neg_mean_width, "score": neg_interval_score}
    found = cross_validate(model, X, Y, cv=3, scoring=scoring, error_score="raise")
    assert found["test_covered"].mean() == pytest.approx(0.9, abs=0.05)
    model.fit(X, Y)
    interval = predict_with(model, "predict_interval", X_NEW)
    width = interval[:, 1] - interval[:, 0]
    assert neg_mean_width(model, X_NEW) == pytest.approx(-width.mean())
    weight = np.arange(4000.0)
    assert neg_mean_width(model, X_NEW, Y_NEW, weight) == pytest.approx(
        -np.average(width, weights=weight)
    )
    labels = np.array(["no", "yes"])[(X[:, 0] > 0).astype(int)]
    classifier = FNNClassifier(**NET).fit(X, labels, X_val=X, y_val=labels)
    sets = classifier.predict_set(X_NEW, 0.8)
    assert neg_set_size(classifier, X_NEW, coverage=0.8) == -sets.sum(axis=1).mean()
    other = np.where(X_NEW[:, 0] > 0, "yes", "unseen")
    assert covered(classifier, X_NEW, other, coverage=0.8) == pytest.approx(
        (sets[:, 1] & (X_NEW[:, 0] > 0)).mean()
    )


@pytest.mark.parametrize(("coverage", "rows"), [(0.5, 1), (0.9, 9), (0.95, 19), (0.99, 99)])
def test_so_many_rows_are_just_enough_for_a_coverage(coverage, rows):
    assert Calibration.rows_for(coverage) == rows
    for n in (rows - 1, rows):
        score = Calibration(np.arange(1.0, n + 1)[:, None]).score(coverage) if n else None
        assert (score is None) == (n < rows)


def test_errors_say_what_is_wrong(network):
    plain = network[1]
    with pytest.raises(ValueError, match="method must be one of"):
        predict_with(plain, "fit", X)
    with pytest.raises(TypeError, match="predict_set needs a model that has it"):
        predict_with(plain, "predict_set", X)
    with pytest.raises(TypeError, match="predict_interval needs a model that has it"):
        neg_mean_width(LinearRegression().fit(X, Y), X)

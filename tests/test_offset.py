"""Offsets: raw scores that are known, against generalised linear models and by hand."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge, TweedieRegressor
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV

from skfnn import FNNClassifier, FNNRegressor
from skfnn.export import to_onnx
from skfnn.losses import Quantiles, Tweedie

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
LINEAR = {"hidden_layer_sizes": (), "solver": "lbfgs", "max_iter": 500, "tol": 1e-9,
          "dtype": "float64", "random_state": 0}  # fmt: skip
NET = {"hidden_layer_sizes": (8,), "random_state": 0, "max_iter": 30}


def claims(n=800, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    exposure = rng.uniform(0.1, 3, n)
    y = rng.poisson(exposure * np.exp(0.3 + X @ [0.5, -0.3, 0.1]))
    return X, exposure, y.astype(float)


X, EXPOSURE, Y = claims()
X_NEW, EXPOSURE_NEW, Y_NEW = claims(300, 1)
LOG, LOG_NEW = np.log(EXPOSURE), np.log(EXPOSURE_NEW)


@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_log_exposure_is_a_weighted_rate(alpha):
    """sum y log(e m) - e m is sum e ((y / e) log m - m) and a constant."""
    other = PoissonRegressor(alpha=alpha, tol=1e-10, max_iter=5000)
    other.fit(X, Y / EXPOSURE, sample_weight=EXPOSURE)
    n = len(X)
    model = FNNRegressor(loss="poisson", alpha=alpha * EXPOSURE.sum(), **LINEAR)
    model.fit(X, Y, offset=LOG)
    np.testing.assert_allclose(model.coefs_[0][:, 0], other.coef_, rtol=1e-3, atol=1e-4)
    expected = EXPOSURE_NEW * other.predict(X_NEW)
    np.testing.assert_allclose(model.predict(X_NEW, offset=LOG_NEW), expected, rtol=1e-3)
    assert n == 800


def test_tweedie_with_exposure_is_a_weighted_rate():
    """Deviances scale as e^(2 - p): the same minimum with weights e^(2 - p)."""
    power = 1.5
    weight = EXPOSURE ** (2 - power)
    other = TweedieRegressor(power=power, alpha=0, link="log", tol=1e-10, max_iter=5000)
    other.fit(X, Y / EXPOSURE, sample_weight=weight)
    model = FNNRegressor(loss=Tweedie(power=power), alpha=0.0, **LINEAR).fit(X, Y, offset=LOG)
    np.testing.assert_allclose(model.coefs_[0][:, 0], other.coef_, atol=2e-3)


def test_of_squared_errors_it_is_taken_off_the_target():
    known = 100 + 5 * X[:, 0] ** 2
    y = known + X @ [1.0, 2.0, 3.0]
    other = Ridge(1.0).fit(X, y - known)
    for solver in ("lbfgs", "lm"):
        model = FNNRegressor(**{**LINEAR, "solver": solver}, alpha=1.0).fit(X, y, offset=known)
        np.testing.assert_allclose(model.coefs_[0][:, 0], other.coef_, rtol=1e-6)
        np.testing.assert_allclose(model.predict(X, offset=known), known + other.predict(X),
                                   rtol=1e-6)  # fmt: skip


@pytest.mark.parametrize("solver", ["lbfgs", "lm"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_margin_of_a_glm_is_gone_on_from(solver, n_classes):
    """What the other model found leaves nothing to find: the network adds zero."""
    x, y = make_classification(400, 4, n_informative=4, n_redundant=0, n_classes=n_classes,
                               class_sep=0.5, random_state=0)  # fmt: skip
    other = LogisticRegression(C=np.inf, max_iter=5000, tol=1e-8).fit(x, y)
    margin = other.decision_function(x)
    model = FNNClassifier(**{**LINEAR, "solver": solver}, alpha=1e-6).fit(x, y, offset=margin)
    found = model.predict_proba(x, offset=margin)
    np.testing.assert_allclose(found, other.predict_proba(x), atol=2e-4)
    coefs = model.coefs_[0]
    if n_classes > 2:  # what is common to all classes changes nothing
        coefs = coefs - coefs.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(coefs, 0, atol=5e-3)
    np.testing.assert_allclose(model.predict_log_proba(x, offset=margin), np.log(found))
    shifted = model.decision_function(x, offset=margin + 1)
    np.testing.assert_allclose(shifted, model.decision_function(x, offset=margin) + 1)
    assert (model.predict(x, offset=margin) == other.predict(x)).mean() > 0.99


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "lm"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_an_offset_of_zero_changes_nothing(solver, early_stopping):
    params = {**NET, "solver": solver, "early_stopping": early_stopping}
    zero = np.zeros(len(X))
    plain = FNNRegressor(**params).fit(X, Y)
    model = FNNRegressor(**params).fit(X, Y, offset=zero)
    np.testing.assert_allclose(model.predict(X, offset=zero), plain.predict(X), rtol=1e-4,
                               atol=1e-5)  # fmt: skip


@pytest.mark.parametrize("loss", ["squared_error", "huber", "gaussian", Quantiles([0.1, 0.9])],
                         ids=repr)  # fmt: skip
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_of_numbers_an_offset_moves_the_target(loss, solver):
    """With a constant link: the fit of y with offset b is that of y - b."""
    known = np.sin(5 * X[:, 1])
    params = {**NET, "loss": loss, "solver": solver, "dtype": "float64"}
    moved = FNNRegressor(**params).fit(X, Y - known)
    model = FNNRegressor(**params).fit(X, Y, offset=known)
    np.testing.assert_allclose(model.predict(X, offset=known), known + moved.predict(X),
                               rtol=1e-4, atol=1e-4)  # fmt: skip
    if not isinstance(loss, str) or loss == "gaussian":
        np.testing.assert_allclose(
            model.predict_quantiles(X, [0.2, 0.8], offset=known),
            known[:, None] + moved.predict_quantiles(X, [0.2, 0.8]), rtol=1e-4, atol=1e-4,
        )  # fmt: skip
        np.testing.assert_allclose(
            model.sample_y(X, 2, offset=known), known[:, None] + moved.sample_y(X, 2), atol=1e-3
        )


def test_the_curvature_and_the_noise_know_of_it():
    known = 30 * np.sin(3 * X[:, 0])
    params = {**NET, "solver": "lm", "alpha": "bayes", "max_iter": 15}
    moved = FNNRegressor(**params).fit(X, Y - known)
    model = FNNRegressor(**params).fit(X, Y, offset=known)
    assert model.noise_variance_ == pytest.approx(moved.noise_variance_, rel=1e-6)
    assert model.log_marginal_likelihood_ == pytest.approx(moved.log_marginal_likelihood_, rel=1e-6)
    std = model.predict(X_NEW, return_std=True, offset=np.zeros(300))[1]
    np.testing.assert_allclose(std, moved.predict(X_NEW, return_std=True)[1], rtol=1e-6)


def test_validation_rows_have_theirs():
    known, known_new = 30 * X[:, 0] ** 2, 30 * X_NEW[:, 0] ** 2
    given = {"X_val": X_NEW, "y_val": Y_NEW + known_new, "offset_val": known_new}
    params = {**NET, "early_stopping": True, "scoring": "loss",
              "metrics": ["r2", "neg_mean_absolute_error"]}  # fmt: skip
    model = FNNRegressor(**params).fit(X, Y + known, offset=known, **given)
    moved = FNNRegressor(**params).fit(X, Y, X_val=X_NEW, y_val=Y_NEW)
    np.testing.assert_allclose(model.history_["val_loss"], moved.history_["val_loss"], rtol=1e-3)
    name = "val_neg_mean_absolute_error"
    np.testing.assert_allclose(model.history_[name], moved.history_[name], rtol=1e-3)
    found = model.predict_interval(X_NEW, offset=known_new)
    np.testing.assert_allclose(found - known_new[:, None], moved.predict_interval(X_NEW),
                               atol=1e-2)  # fmt: skip
    evaluated = model.evaluate(X_NEW, Y_NEW + known_new, offset=known_new)
    assert evaluated["r2"] == pytest.approx(model.score(X_NEW, Y_NEW + known_new, offset=known_new))
    assert evaluated["r2"] == pytest.approx(
        r2_score(Y_NEW + known_new, model.predict(X_NEW, offset=known_new))
    )


def test_the_gradient_is_that_of_the_training():
    model = FNNRegressor(loss="poisson", alpha=0.0, **LINEAR).fit(X, Y, offset=LOG)
    gradient = model.loss_gradient(X, Y, offset=LOG)
    np.testing.assert_allclose(gradient.coefs[0], 0, atol=1e-5)


def test_sets_weights_several_outputs_and_sparse_rows():
    x, y = make_classification(900, 6, n_informative=4, n_classes=3, random_state=0)
    margin = LogisticRegression().fit(x, y).decision_function(x)
    model = FNNClassifier(**NET, early_stopping=True).fit(x, y, offset=margin)
    sets = model.predict_set(x, 0.9, offset=margin)
    assert sets[np.arange(900), y].mean() > 0.85
    assert model.score(x, y, offset=margin) == accuracy_score(y, model.predict(x, offset=margin))
    two = FNNRegressor(**LINEAR).fit(X, np.column_stack([Y, Y]), offset=np.column_stack([LOG, Y]))
    found = two.predict(X, offset=np.column_stack([LOG, Y]))
    np.testing.assert_allclose(found[:, 1], Y, atol=1e-3)
    dense = FNNRegressor(loss="poisson", **NET).fit(X, Y, offset=LOG)
    rare = FNNRegressor(loss="poisson", **NET).fit(sparse.csr_array(X), Y, offset=LOG)
    np.testing.assert_allclose(
        dense.predict(X, offset=LOG), rare.predict(sparse.csr_array(X), offset=LOG), rtol=1e-3
    )
    weight = np.random.default_rng(0).integers(0, 3, len(X))
    rows = np.repeat(np.arange(len(X)), weight)
    one = FNNRegressor(loss="poisson", **LINEAR).fit(X, Y, weight, offset=LOG)
    other = FNNRegressor(loss="poisson", **LINEAR).fit(X[rows], Y[rows], offset=LOG[rows])
    np.testing.assert_allclose(one.coefs_[0], other.coefs_[0], rtol=1e-3)


def test_going_on_pickles_and_searches():
    model = FNNRegressor(loss="poisson", warm_start=True, **NET).fit(X, Y, offset=LOG)
    with pytest.raises(ValueError, match="fit that goes on was given an offset, and this call has"):
        model.fit(X, Y)
    with pytest.raises(ValueError, match="goes on was given an offset"):
        model.partial_fit(X, Y)
    before = model.predict(X, offset=LOG)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X, offset=LOG), before)
    model.partial_fit(X, Y, offset=LOG)
    assert (model.predict(X, offset=LOG) != before).any()
    with config_context(enable_metadata_routing=True):
        last = clone(model).set_fit_request(offset=True).set_score_request(offset=True)
        search = GridSearchCV(last, {"alpha": [1e-4, 1.0]}, cv=2, error_score="raise")
        search.fit(X, Y, offset=LOG)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_errors_say_what_is_wrong():
    model = FNNRegressor(loss="poisson", **NET).fit(X, Y, offset=pd.Series(LOG))
    for call in (model.predict, model.predict_interval, model.sample_y,
                 lambda x: model.score(x, Y), lambda x: model.evaluate(x, Y)):  # fmt: skip
        with pytest.raises(ValueError, match="This fit was given an offset"):
            call(X)
    with pytest.raises(ValueError, match="cannot be exported"):
        to_onnx(model, X)
    with pytest.raises(ValueError, match="cannot be exported"):
        model.to_sklearn()
    plain = FNNRegressor(**NET)
    with pytest.raises(ValueError, match=r"offset must have shape \(800,\).*Got \(3,\)"):
        plain.fit(X, Y, offset=[1, 2, 3])
    with pytest.raises(ValueError, match="offset contains NaN"):
        plain.fit(X, Y, offset=np.full(800, np.nan))
    with pytest.raises(ValueError, match="offset is given, and offset_val is not"):
        plain.fit(X, Y, X_val=X, y_val=Y, offset=LOG)
    with pytest.raises(ValueError, match="offset_val needs X_val"):
        plain.fit(X, Y, offset=LOG, offset_val=LOG)
    three = np.arange(800) % 3
    with pytest.raises(ValueError, match=r"offset must have shape \(800, 3\), a raw score for"):
        FNNClassifier(**NET).fit(X, three, offset=LOG)

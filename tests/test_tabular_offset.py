"""Offsets in tables: exposure, margins, and what they are refused by."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, mean_poisson_deviance, r2_score

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn.export import to_onnx

TABLE = {"n_members": 2, "max_iter": 15, "hidden_layer_sizes": (16,), "random_state": 0}


def claims(n=900, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"age": rng.uniform(18, 80, n), "town": rng.choice(["a", "b"], n)})
    exposure = np.exp(rng.uniform(-2, 2, n))
    rate = np.exp(0.03 * (X["age"] - 50) + (X["town"] == "a"))
    return X, exposure, rng.poisson(exposure * rate).astype(float), rate.to_numpy()


X, EXPOSURE, Y, RATE = claims()
X_NEW, EXPOSURE_NEW, Y_NEW, RATE_NEW = claims(600, 1)
LOG, LOG_NEW = np.log(EXPOSURE), np.log(EXPOSURE_NEW)


@pytest.fixture(scope="module")
def counts():
    return TabularFNNRegressor(loss="poisson", **TABLE).fit(X, Y, offset=LOG)


def test_exposure_is_a_factor_of_the_mean(counts):
    found = counts.predict(X_NEW, offset=LOG_NEW)
    np.testing.assert_allclose(found, EXPOSURE_NEW * counts.predict(X_NEW, offset=0 * LOG_NEW),
                               rtol=1e-6)  # fmt: skip
    far = counts.predict(X_NEW, offset=LOG_NEW + 5)  # beyond all targets of the training
    np.testing.assert_allclose(far, np.exp(5) * found, rtol=1e-6)
    best = mean_poisson_deviance(Y_NEW, EXPOSURE_NEW * RATE_NEW)
    assert mean_poisson_deviance(Y_NEW, found) < 1.2 * best
    plain = TabularFNNRegressor(loss="poisson", **TABLE).fit(X, Y)
    assert mean_poisson_deviance(Y_NEW, plain.predict(X_NEW)) > 2 * best
    interval = counts.predict_interval(X_NEW, 0.9, offset=LOG_NEW)
    inside = (interval[:, 0] <= Y_NEW) & (interval[:, 1] >= Y_NEW)
    assert inside.mean() > 0.85
    assert counts.score(X_NEW, Y_NEW, offset=LOG_NEW) == r2_score(Y_NEW, found)
    evaluated = counts.evaluate(X_NEW, Y_NEW, offset=LOG_NEW)
    assert evaluated["r2"] == pytest.approx(r2_score(Y_NEW, found))
    assert counts.predict_quantiles(X_NEW, [0.1, 0.9], offset=LOG_NEW).shape == (600, 2)
    other = pickle.loads(pickle.dumps(counts))
    np.testing.assert_array_equal(other.predict(X_NEW, offset=LOG_NEW), found)
    many = pd.concat([X_NEW] * 3)
    np.testing.assert_allclose(counts.predict(many, offset=np.tile(LOG_NEW, 3))[:600], found,
                               rtol=1e-4)  # fmt: skip


def test_of_numbers_it_is_in_the_unit_of_the_target():
    rng = np.random.default_rng(0)
    known = 1e4 * rng.normal(size=len(X))
    y = known + 100 * np.sin(X["age"] / 10) + rng.normal(size=len(X))
    model = TabularFNNRegressor(**TABLE).fit(X, y, offset=known)
    found = model.predict(X, offset=known)
    assert np.abs(found - y).mean() < 60
    np.testing.assert_allclose(model.predict(X, offset=known + 7), found + 7)
    found = model.predict_interval(X, offset=known) + 7  # as wide, to single precision
    np.testing.assert_allclose(model.predict_interval(X, offset=known + 7), found, rtol=1e-5)


def test_the_margin_of_another_model():
    x, y = make_classification(900, 6, n_informative=4, n_classes=3, class_sep=0.7, random_state=0)
    other = LogisticRegression().fit(x[:600], y[:600])
    margin = other.decision_function(x)
    model = TabularFNNClassifier(**TABLE).fit(x[:400], y[:400], offset=margin[:400],
        X_val=x[400:600], y_val=y[400:600], offset_val=margin[400:600])  # fmt: skip
    found = model.predict_proba(x[600:], offset=margin[600:])
    np.testing.assert_allclose(found.sum(axis=1), 1)
    score = model.score(x[600:], y[600:], offset=margin[600:])
    assert score == accuracy_score(y[600:], model.predict(x[600:], offset=margin[600:]))
    assert score > other.score(x[600:], y[600:]) - 0.03
    sets = model.predict_set(x[600:], 0.9, offset=margin[600:])
    assert sets[np.arange(300), y[600:]].mean() > 0.84
    sure = margin[600:] + 50 * np.eye(3)[1]
    assert (model.predict(x[600:], offset=sure) == 1).all()
    np.testing.assert_allclose(
        model.decision_function(x[600:], offset=margin[600:]), np.log(found), rtol=1e-6
    )


def test_errors_say_what_is_wrong(counts):
    for call in (counts.predict, counts.predict_interval, counts.sample_y,
                 lambda x: counts.score(x, Y), lambda x: counts.evaluate(x, Y)):  # fmt: skip
        with pytest.raises(ValueError, match="This fit was given an offset"):
            call(X)
    pytest.importorskip("skl2onnx")
    with pytest.raises(ValueError, match="cannot be exported"):
        to_onnx(counts, X)
    with pytest.raises(ValueError, match="has a scorer, which has no offset"):
        TabularFNNRegressor(metrics="neg_max_error", **TABLE).fit(X, Y, offset=LOG)
    with pytest.raises(ValueError, match="offset is given, and offset_val is not"):
        TabularFNNRegressor(**TABLE).fit(X, Y, X_val=X, y_val=Y, offset=LOG)
    with pytest.raises(ValueError, match=r"offset must have shape \(900,\)"):
        TabularFNNRegressor(**TABLE).fit(X, Y, offset=LOG[:5])

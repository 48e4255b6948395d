"""Prediction leaves memory for the next call, and skips validation that has nothing to say."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor
from skfnn._engine.network.forward import KEPT, Forward

FRAME, Y = load_iris(return_X_y=True, as_frame=True)
X = FRAME.to_numpy()


def fitted(data=X, **params):
    settings = {"hidden_layer_sizes": (7,), "batch_norm": "before", "tol": 10.0}
    return FNNClassifier(**{**settings, **params}, random_state=0).fit(data, Y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_rows", [1, 2, 150])
def test_a_second_prediction_is_as_the_first(dtype, n_rows):
    model, rows = fitted(), X[:n_rows].astype(dtype)
    first = model.predict_proba(rows)
    model.predict_proba(X[::-1][: n_rows + 3])
    np.testing.assert_array_equal(model.predict_proba(rows), first)
    assert first.base is None or not np.shares_memory(first, model.predict_proba(rows))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predictions_follow_the_weights(dtype):
    """Where X has another precision than the network, its weights were copied."""
    model, rows = fitted(batch_norm=None), X[:5].astype(dtype)
    before = model.predict_proba(rows)
    model.coefs_[0][...] *= 2
    changed = model.predict_proba(rows)
    assert not np.allclose(before, changed)
    np.testing.assert_allclose(changed, pickle.loads(pickle.dumps(model)).predict_proba(rows))
    model.partial_fit(X, Y)
    np.testing.assert_allclose(model.predict_proba(rows), copy.deepcopy(model).predict_proba(rows))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_running_moments_are_followed_too(dtype):
    model, rows = fitted(), X[:5].astype(dtype)
    before = model.predict_proba(rows)
    model._fitted.network.state[...] *= 2
    assert not np.allclose(before, model.predict_proba(rows))


def test_what_is_kept_is_bounded_and_stays_out_of_pickles():
    model = fitted()
    size = len(pickle.dumps(model))
    for n_rows in range(1, 150):
        model.predict(X[:n_rows])
    assert sum(map(len, model._fitted.network.idle.values())) <= KEPT
    assert len(pickle.dumps(model)) == size
    assert not copy.copy(model._fitted.network).idle
    forward = Forward(model._fitted.network, 300)
    for n_rows in range(1, 150):
        forward(X[:n_rows].astype(np.float32))
    assert len(forward._programs) <= KEPT


def test_a_model_that_has_predicted_is_given_back_at_once():
    model = fitted()
    model.predict(X)
    network = weakref.ref(model._fitted.network)
    gc.collect()
    gc.disable()
    try:
        del model
        assert network() is None
    finally:
        gc.enable()


MODELS = [
    fitted(),
    FNNRegressor((3,), tol=10.0).fit(X, Y),
    FNNAutoencoder((2,), tol=10.0).fit(X),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # scikit-learn's, of inf - inf
@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (X[:0], "0 sample"),
        (X[:, :3], "3 features"),
        (X[0], "Reshape your data"),
        (np.where(np.arange(4) == 1, np.nan, X), "NaN"),
        (np.where(np.arange(4) == 1, np.inf, X), "infinity"),
        (np.where(np.arange(4) == 1, np.inf * (-1.0) ** np.arange(150)[:, None], X), "infinity"),
        (X[None], "dim"),
        (X + 1j, "Complex"),
    ],
)  # fmt: skip
def test_bad_rows_are_refused_as_ever(model, bad, message):
    predict = model.transform if isinstance(model, FNNAutoencoder) else model.predict
    with pytest.raises(ValueError, match=message):
        predict(bad)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_huge_rows_whose_sum_overflows_are_not_refused():
    model = FNNRegressor.from_weights([[[0.1]] * 4], [[0.0]])
    assert model.predict(np.full((3, 4), 1e308)) == pytest.approx(4e307)


def test_frames_are_validated_by_name():
    model = fitted(FRAME)
    expected = model.predict_proba(pd.concat([FRAME] * 20))[:150]  # too long for the short way
    np.testing.assert_allclose(model.predict_proba(FRAME), expected)
    mixed = FRAME.assign(**{FRAME.columns[0]: FRAME.iloc[:, 0].astype(int)})
    as_floats = mixed.astype(float)
    np.testing.assert_array_equal(model.predict_proba(mixed), model.predict_proba(as_floats))
    nullable = FRAME.convert_dtypes()
    np.testing.assert_allclose(model.predict_proba(nullable), expected)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(FRAME.iloc[:1, ::-1])
    with pytest.raises(ValueError, match="NaN"):
        model.predict(FRAME.where(FRAME > 5))
    with pytest.warns(UserWarning, match="valid feature names"):
        model.predict(X)


def test_names_where_none_were_fitted_are_warned_of():
    with pytest.warns(UserWarning, match="fitted without feature names"):
        fitted().predict(FRAME)

"""Images and other shaped samples: Flatten as a layer and as a transformer."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skfnn import FNNClassifier, FNNRegressor
from skfnn.layers import Dense, Dropout, Skip
from skfnn.layers import Flatten as FlattenLayer
from skfnn.preprocessing._flatten import Flatten

DIGITS = load_digits()
IMAGES, Y = DIGITS.images[:300] / 16, DIGITS.target[:300]
ROWS = IMAGES.reshape(300, 64)
COLOURED = np.random.default_rng(0).normal(size=(40, 5, 4, 3))
SETTINGS = {"max_iter": 3, "tol": 1e9, "n_iter_no_change": 1, "random_state": 0}


def flattening(cls=FNNClassifier, **settings):
    return cls(hidden_layers=[FlattenLayer(), Dense(12, "relu")], **{**SETTINGS, **settings})


# ------------------------------------------------------------------ the layer


def test_the_layer_is_the_same_network_on_rows():
    shaped = flattening().fit(IMAGES, Y)
    flat = FNNClassifier(hidden_layers=[Dense(12, "relu")], **SETTINGS).fit(ROWS, Y)
    assert shaped.n_features_in_ == 64
    for a, b in zip(shaped.coefs_, flat.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        np.testing.assert_array_equal(getattr(shaped, method)(IMAGES), getattr(flat, method)(ROWS))
    assert shaped.score(IMAGES, Y) == flat.score(ROWS, Y)
    assert shaped.evaluate(IMAGES, Y) == flat.evaluate(ROWS, Y)
    np.testing.assert_array_equal(
        shaped.hidden_activations(IMAGES)[0], flat.hidden_activations(ROWS)[0]
    )
    assert shaped.loss_gradient(IMAGES, Y).loss == flat.loss_gradient(ROWS, Y).loss
    # Rows that are flat already, a list of images, another process.
    np.testing.assert_array_equal(shaped.predict(ROWS), flat.predict(ROWS))
    np.testing.assert_array_equal(shaped.predict(list(IMAGES)), flat.predict(ROWS))
    again = pickle.loads(pickle.dumps(shaped))
    np.testing.assert_array_equal(again.predict(IMAGES), flat.predict(ROWS))
    with pytest.raises(ValueError, match="shape"):
        again.predict(IMAGES[:, :7])


def test_four_dimensions_validation_data_partial_fit_and_warm_start():
    y = COLOURED.mean(axis=(1, 2, 3))
    model = flattening(FNNRegressor, warm_start=True)
    model.fit(COLOURED, y, X_val=COLOURED[:9], y_val=y[:9])
    assert model.n_features_in_ == 60
    assert "val_loss" in model.history_
    model.fit(COLOURED, y)
    model.partial_fit(COLOURED, y)
    assert model.predict(COLOURED).shape == (40,)
    for call in (
        lambda: model.predict(COLOURED[..., 0]),
        lambda: model.partial_fit(COLOURED[..., :2], y),
        lambda: model.fit(COLOURED.transpose(0, 2, 1, 3), y),
        lambda: clone(model).fit(COLOURED, y, X_val=COLOURED[:, :4], y_val=y),
        lambda: model.hidden_activations(COLOURED[:, :1]),
        lambda: model.loss_gradient(COLOURED[:, :1], y),
        lambda: model.evaluate(COLOURED[:, :1], y),
        lambda: model.score(COLOURED[:, :1], y),
    ):
        with pytest.raises(ValueError, match=r"samples of shape \(.*samples of shape \(5, 4, 3\)"):
            call()
    clone(model).fit(COLOURED[:, :4], y)  # a fit anew takes a new shape


def test_rows_into_flatten_pass_through():
    frame = pd.DataFrame(ROWS, columns=[f"p{i}" for i in range(64)])
    model = flattening().fit(frame, Y)
    assert list(model.feature_names_in_) == list(frame.columns)
    np.testing.assert_array_equal(
        flattening().fit(sparse.csr_array(ROWS), Y).predict(ROWS).shape, (300,)
    )
    with pytest.raises(ValueError, match=re.escape("(8, 8)") + ".*" + re.escape("(64,)")):
        flattening().fit(ROWS, Y).predict(IMAGES)


def test_searching_and_cross_validating_on_images():
    search = GridSearchCV(flattening(), {"alpha": [0.0, 1.0]}, cv=3).fit(IMAGES, Y)
    assert search.predict(IMAGES).shape == (300,)
    assert cross_val_predict(flattening(), IMAGES, Y, cv=3, method="predict_proba").shape == (
        300,
        10,
    )
    assert len(cross_val_score(flattening(early_stopping=True), IMAGES, Y, cv=3)) == 3


def test_flatten_alone_is_a_linear_model_on_images():
    model = FNNClassifier(hidden_layers=[FlattenLayer()], **SETTINGS).fit(IMAGES, Y)
    assert [W.shape for W in model.coefs_] == [(64, 10)]
    assert model.summary().index.tolist() == ["input", "0"]
    assert model.hidden_activations(IMAGES) == []


@pytest.mark.parametrize("X", [IMAGES, list(IMAGES), IMAGES.tolist(), COLOURED], ids=type)
@pytest.mark.parametrize("model", [FNNClassifier(), FNNRegressor(hidden_layers=[Dense(3)])])
def test_images_without_flatten_are_refused_with_advice(model, X):
    y = Y[: len(X)]
    for call in (lambda m: m.fit(X, y), lambda m: m.fit(ROWS, Y).predict(X)):
        with pytest.raises(ValueError, match="Put Flatten first") as caught:
            call(clone(model).set_params(**SETTINGS))
        assert "hidden_layers=[" in str(caught.value)
        assert "X.reshape(len(X), -1)" in str(caught.value)
        assert f"{np.ndim(X)} dimensions" in str(caught.value)


@pytest.mark.parametrize(
    "layers",
    [[Dense(3), FlattenLayer()], [FlattenLayer(), FlattenLayer()], [Skip([FlattenLayer()])],
     [Dropout(0.1), FlattenLayer(), Dense(3)]],
    ids=str,
)  # fmt: skip
def test_flatten_elsewhere_has_no_effect_and_is_refused(layers):
    with pytest.raises(ValueError, match="must come first in hidden_layers"):
        FNNClassifier(hidden_layers=layers).fit(ROWS, Y)


def test_images_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="samples of one shape"):
        flattening().fit([np.ones((2, 2)), np.ones((3, 2))], [0, 1])
    with pytest.raises(ValueError, match="NaN"):
        flattening().fit(np.where(IMAGES > 0.9, np.nan, IMAGES), Y)
    with pytest.raises(ValueError, match="0 sample"):
        flattening().fit(IMAGES[:0], Y[:0])


# ------------------------------------------------------------------ the transformer


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([Flatten(), flattening(max_iter=30, learning_rate_init=0.1)],
                         expected_failed_checks=lambda model: {} if isinstance(model, Flatten) else
                         {f"check_sample_weight_equivalence_on_{kind}_data": "minibatches"
                          for kind in ("dense", "sparse")})  # fmt: skip
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_estimator_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, bool])
@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 4), (6, 5, 4, 3), (1, 2, 3), (6, 1, 1)])
def test_round_trip_without_a_copy(shape, dtype):
    X = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    flatten = Flatten()
    flat = flatten.fit_transform(X)
    assert flat.dtype == dtype
    assert np.shares_memory(flat, X)
    np.testing.assert_array_equal(flat, [sample.ravel() for sample in X])
    back = flatten.inverse_transform(flat)
    np.testing.assert_array_equal(back, X)
    assert back.dtype == dtype
    assert len(flatten.get_feature_names_out()) == flat.shape[1] == flatten.n_features_in_


def test_names_of_features_and_pandas_output():
    images = np.arange(12.0).reshape(2, 3, 2)
    flatten = Flatten().set_output(transform="pandas").fit(images)
    frame = flatten.transform(images)
    assert list(frame.columns) == ["x0_0", "x0_1", "x1_0", "x1_1", "x2_0", "x2_1"]
    assert frame.loc[1, "x2_0"] == images[1, 2, 0]
    np.testing.assert_array_equal(flatten.inverse_transform(frame), images)
    names = list("abcdef")
    assert list(flatten.get_feature_names_out(names)) == names
    table = pd.DataFrame({"u": [1.0, 2.0], "v": [3.0, 4.0]}, index=["i", "j"])
    pd.testing.assert_frame_equal(
        Flatten().set_output(transform="pandas").fit_transform(table), table
    )
    rows = sparse.csr_array(np.eye(3))
    assert sparse.issparse(Flatten().fit(rows).transform(rows))
    assert np.isnan(Flatten().fit_transform(np.full((2, 2, 2), np.nan))).all()


def test_the_transformer_in_a_pipeline():
    model = make_pipeline(Flatten(), FNNClassifier((12,), **SETTINGS)).fit(IMAGES, Y)
    flat = FNNClassifier((12,), **SETTINGS).fit(ROWS, Y)
    np.testing.assert_array_equal(model.predict_proba(IMAGES), flat.predict_proba(ROWS))
    with pytest.raises(ValueError, match=r"\(8, 7\).*Flatten was fitted .*\(8, 8\)"):
        model.predict(IMAGES[:, :, :7])
    with pytest.raises(ValueError, match=r"X has 63 features.*\(8, 8\)"):
        model[0].inverse_transform(ROWS[:, 1:])
    with pytest.raises(ValueError, match="one shape"):
        Flatten().fit([np.ones((2, 2)), np.ones((3, 2))])


def test_the_transformer_says_what_it_takes():
    tags = Flatten().__sklearn_tags__()
    assert (tags.input_tags.sparse, tags.input_tags.allow_nan) == (True, True)
    assert tags.input_tags.three_d_array
    assert tags.transformer_tags.preserves_dtype == ["float64", "float32"]
    holes = np.where(ROWS[:20] > 0.5, np.nan, ROWS[:20]).astype(np.float32)
    found = Flatten().fit_transform(holes.reshape(20, 8, 8))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, holes)
    few = sparse.csr_array(ROWS[:20])
    assert (Flatten().fit_transform(few) != few).nnz == 0

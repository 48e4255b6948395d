"""What single statements of classifiers, regressors and autoencoders mean."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor, _sklearn
from skfnn._estimators import compatibility, parameters, prediction
from skfnn._estimators.shaped_input import as_rows, flattens, with_input
from skfnn.layers import (
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    KLSparsity,
    L1Sparsity,
    Linear,
    Tied,
)
from skfnn.optimizers import SGD

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 3))
Y = X[:, 0] - X[:, 1] ** 2
LABELS = np.array(["a", "b", "c"])[np.arange(30) % 3]
FLAT = {"solver": "lbfgs", "tol": 1e9, "random_state": 0}


@pytest.fixture(autouse=True)
def _seed():
    np.random.seed(0)  # noqa: NPY002 (for estimators without a random_state)


# ------------------------------------------------------------------ parameters


@pytest.mark.parametrize(("name", "good", "bad"), [
    ("alpha", [0, 0.5, "bayes"], [-1e-9]),
    ("batch_size", [1, "auto"], [0]),
    ("learning_rate_init", [1e-9, 0.5], [0.0]),
    ("power_t", [0, 0.5], [-1e-9]),
    ("max_iter", [1], [0]),
    ("tol", [0, 0.5], [-1e-9]),
    ("momentum", [0, 0.5, 1], [-1e-9, 1.1]),
    ("validation_fraction", [0, 0.5], [1.0, -0.1]),
    ("beta_1", [0, 0.5], [1.0, -0.1]),
    ("beta_2", [0, 0.5], [1.0, -0.1]),
    ("epsilon", [1e-9, 0.5], [0.0]),
    ("rho", [0.5], [1.0, -0.1]),
    ("clip_norm", [1e-9, 0.5, None], [0.0]),
    ("n_iter_no_change", [1, np.inf], [0]),
    ("max_fun", [1], [0]),
    ("hidden_layer_sizes", [1, (), (3,)], [0]),
    ("label_smoothing", [0, 0.5], [1.0, -0.1]),
    ("class_weight", ["balanced", None, {0: 1}], ["equal"]),
])  # fmt: skip
def test_parameters_have_bounds(name, good, bad):
    for value in good:
        _sklearn.validate_params(FNNClassifier(**{name: value}))
    for value in bad:
        with pytest.raises(ValueError, match=name):
            _sklearn.validate_params(FNNClassifier(**{name: value}))


def test_what_was_changed_is_not_the_default():
    assert parameters.changed(FNNRegressor()) == {}
    assert parameters.changed(FNNRegressor(max_iter=200, alpha=1e-4, dropout=0)) == {}
    found = parameters.changed(FNNRegressor(max_iter=201, solver=SGD(), shuffle=False))
    assert set(found) == {"solver", "max_iter", "shuffle"}
    assert parameters.defaults(FNNRegressor)["momentum"] == 0.9
    assert parameters.is_known_to_mlp("beta_1", 0.5)
    assert not parameters.is_known_to_mlp("beta_1", 1.5)
    assert not parameters.is_known_to_mlp("rho", 0.5)


# ------------------------------------------------------------------ predictions


def test_rows_that_are_plainly_good_are_taken_as_they_are():
    model = FNNRegressor((), **FLAT).fit(X, Y)
    for n, plain in ((0, False), (1, True), (1000, True), (1001, False)):
        rows = np.ones((n, 3))
        assert (model._plain(rows) is rows) == plain
    for other in (np.ones(3), np.ones((2, 4)), np.ones((2, 3), int), np.array([[1, np.nan, 1]]),
                  [[1.0, 2, 3]], np.ones((2, 3), np.float16)):  # fmt: skip
        assert model._plain(other) is None
    assert model._plain(np.ones((2, 3), np.float32)) is not None
    frame = pd.DataFrame(X, columns=list("abc"))
    named = FNNRegressor((), **FLAT).fit(frame, Y)
    assert_array_equal(named._plain(frame), X)
    assert named._plain(frame[["b", "a", "c"]]) is None
    assert named._plain(X) is None
    assert named._plain(frame.iloc[np.arange(1001) % 30]) is None
    assert named._plain(frame.iloc[np.arange(1000) % 30]) is not None


def test_tables_of_layers_have_a_total():
    frame = prediction.summary_frame([("0", "Linear(\n  3)", 3, 12), ("1", "b", 1, 4)])
    assert frame["layer"].tolist() == ["Linear( 3)", "b"]
    assert frame["output_shape"].tolist() == [(None, 3), (None, 1)]
    assert frame.index.tolist() == ["0", "1"]
    assert frame.index.name == "position"
    assert repr(frame).splitlines()[-1].split() == ["total", "16"]
    assert "total" in frame._repr_html_()
    assert type(frame[:1]) is pd.DataFrame
    many = prediction.summary_frame([(str(i), "x" * 90, 1, 1) for i in range(100)])
    assert (
        many._repr_html_().count("<tr") == 100 + 1 + 2 or many._repr_html_().count("x" * 90) == 100
    )


def test_weights_are_set_in_place():
    model = FNNRegressor((2,), **FLAT).fit(X, Y)
    before = model.coefs_[0]
    model.coefs_ = [np.ones((3, 2)), np.ones((2, 1))]
    assert before.min() == 1
    model.coefs_[0] = np.full((3, 2), 2.0)
    assert before.max() == 2
    model.intercepts_ = [np.zeros(2), [5.0]]
    assert model.intercepts_[1] == 5
    single = FNNRegressor((), **FLAT).fit(X, Y)
    single.coefs_ = [[[1.0], [2], [3]]]
    assert_allclose(single.predict(X), X @ [1, 2, 3] + single.intercepts_[0])
    for wrong in ([np.ones((3, 2))], [np.ones((2, 2)), np.ones((2, 1))]):
        with pytest.raises(ValueError, match="coefs_ must hold arrays of shapes"):
            model.coefs_ = wrong
    assert model.n_layers_ == 3
    assert model.n_outputs_ == 1
    assert model.out_activation_ == "identity"
    for name in ("coefs_", "history_", "n_iter_", "loss_"):
        with pytest.raises(AttributeError, match="before fit"):
            getattr(FNNRegressor(), name)
    with pytest.raises(NotFittedError):
        FNNRegressor().predict(X)
    assert not FNNRegressor().__sklearn_is_fitted__()
    assert FNNRegressor().__sklearn_tags__().input_tags.sparse


def test_known_scores_are_those_of_the_very_rows():
    model = FNNRegressor((), **FLAT).fit(X, Y)
    view = model._view(model._fitted.seeing(X, np.full((30, 1), 7.0)))
    assert_array_equal(view.predict(X), 7)
    assert_array_equal(view.predict(X.copy()), model.predict(X))
    with pytest.raises(ValueError, match="X has 2 features"):
        model.evaluate(X[:, :2], Y)


def test_evaluation_weighs_rows():
    model = FNNRegressor((), **FLAT).fit(X, Y)
    weight = np.arange(30.0)
    found = model.evaluate(X, Y, weight)
    error = (model.predict(X) - Y) ** 2
    assert_allclose(found["loss"], weight @ error / weight.sum() / 2)
    mean = weight @ Y / weight.sum()
    assert_allclose(found["r2"], 1 - weight @ error / (weight @ (Y - mean) ** 2))
    assert list(FNNRegressor((), metrics="mae", **FLAT).fit(X, Y).evaluate(X, Y)) == ["loss", "mae"]
    assert model.score(X, Y) == pytest.approx(model.evaluate(X, Y)["r2"])
    assert model.score(X, Y, weight) == pytest.approx(found["r2"])


def test_offsets_are_added_to_what_the_network_says():
    offset = np.arange(30.0) / 10
    model = FNNRegressor((), **FLAT).fit(X, Y, offset=offset)
    plain = X @ model.coefs_[0][:, 0] + model.intercepts_[0]
    assert_allclose(model.predict(X, offset=offset), plain + offset)
    assert_allclose(model.score(X, Y, offset=offset), model.evaluate(X, Y, offset=offset)["r2"])
    classes = FNNClassifier((), **FLAT).fit(X, Y > 0, offset=offset)
    raw = X @ classes.coefs_[0][:, 0] + classes.intercepts_[0] + offset
    assert_allclose(classes.decision_function(X, offset=offset), raw)
    assert_allclose(classes.predict_proba(X, offset=offset)[:, 1], 1 / (1 + np.exp(-raw)))
    assert_array_equal(classes.predict(X, offset=offset), raw > 0)
    again = FNNRegressor((), warm_start=True, **FLAT).fit(X, Y)
    with pytest.raises(ValueError, match="was given no offset, and this call has one"):
        again.fit(X, Y, offset=offset)


def test_samples_of_any_shape_are_rows_behind_flatten():
    model = FNNRegressor(hidden_layers=[Flatten(), Dense(2)], **FLAT)
    assert flattens(model)
    for other in ({}, {"hidden_layers": []}, {"hidden_layers": [Dense(2), Flatten()]},
                  {"hidden_layers": "x"}):  # fmt: skip
        assert not flattens(FNNRegressor(**other))
    images = X.reshape(30, 3, 1)
    model.fit(images, Y)
    assert_allclose(model.predict(images), model.predict(X.reshape(30, 3, 1)))
    assert model.summary().index[0] == "input"
    assert model.summary()["output_shape"].iloc[0] == (None, 3)
    assert with_input(FNNRegressor(), [1]) == [1]
    with pytest.raises(ValueError, match="X has 3 dimensions, shape"):
        as_rows(FNNRegressor(), images, True)
    assert as_rows(FNNRegressor(), X, True) is X
    assert as_rows(FNNRegressor(), Y, True) is Y


def test_saved_states_of_before_become_what_was_learned():
    state = {"alpha": 1}
    assert compatibility.upgraded(state) is state
    old = {"_network": "n", "_target": "t", "_loss": "l", "_posterior": "p", "_calibration": "c",
           "n_iter_": 3, "t_": 9, "n_outputs_": 1, "alpha": 1}  # fmt: skip
    found = compatibility.upgraded(old)
    assert set(found) == {"alpha", "_fitted"}
    fitted = found["_fitted"]
    assert (fitted.network, fitted.n_iter, fitted.n_seen) == ("n", 3, 9)
    assert (fitted.posterior, fitted.calibration) == ("p", "c")


# ------------------------------------------------------------------ classes


def test_scores_of_two_classes_are_one_column():
    two = FNNClassifier((), **FLAT).fit(X, Y > 0)
    three = FNNClassifier((), **FLAT).fit(X, LABELS)
    assert two.decision_function(X).shape == (30,)
    assert three.decision_function(X).shape == (30, 3)
    assert_allclose(two.predict_log_proba(X), np.log(two.predict_proba(X)))
    assert_allclose(three.predict_log_proba(X), np.log(three.predict_proba(X)))
    two.coefs_[0][...] = 1e4
    assert np.isfinite(two.predict_log_proba(X)).all()
    single = FNNClassifier((), **FLAT).fit(X, np.zeros(30))
    assert single.predict_log_proba(X).tolist() == [[0]] * 30
    assert single.predict_proba(X).tolist() == [[1]] * 30
    assert two.score(X, two.predict(X)) == 1
    weight = np.eye(30)[3]
    assert two.score(X, two.predict(X) ^ (np.arange(30) == 3), weight) == 0


def test_probabilities_are_there_where_the_loss_has_them():
    for loss, has in (("log_loss", True), ("hinge", False), ("perceptron", False)):
        model = FNNClassifier((), loss=loss, max_iter=1)
        assert hasattr(model, "predict_proba") == has
        assert hasattr(model.fit(X, Y > 0), "predict_proba") == has


def test_columns_of_labels_are_told_and_sets_of_labels_are_scored_whole():
    with pytest.warns(UserWarning, match="column-vector"):
        FNNClassifier((), **FLAT).fit(X, LABELS[:, None])
    several = np.column_stack([Y > 0, X[:, 0] > 0]).astype(int)
    model = FNNClassifier((), **FLAT).fit(X, several)
    assert model.score(X, several) == np.mean((model.predict(X) == several).all(axis=1))
    assert model.__sklearn_tags__().classifier_tags.multi_label


def test_partial_fit_needs_all_classes_first():
    model = FNNClassifier(())
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(X, LABELS)
    model.partial_fit(X[:2], LABELS[:2], classes=list("cba"))
    assert model.classes_.tolist() == ["a", "b", "c"]
    model.partial_fit(X[:2], LABELS[:2])
    model.partial_fit(X[:2], LABELS[:2], classes=["a", "b", "c"])
    for wrong in (["a", "b"], ["a", "b", "d"]):
        with pytest.raises(ValueError, match="is not the same as on the first call"):
            model.partial_fit(X, LABELS, classes=wrong)
    with pytest.raises(ValueError, match="has classes not in"):
        model.partial_fit(X[:1], ["z"])
    assert model.t_ == 6
    assert model.n_iter_ == 1
    assert not hasattr(FNNClassifier(solver="lbfgs"), "partial_fit")
    with pytest.raises(ValueError, match="does not support early_stopping"):
        FNNClassifier(early_stopping=True).partial_fit(X, LABELS, classes=LABELS)


def test_a_warm_start_keeps_its_classes():
    model = FNNClassifier((), warm_start=True, max_iter=1).fit(X, LABELS)
    model.fit(X, LABELS)
    for wrong in (np.where(LABELS == "a", "b", LABELS), np.where(Y > 3, "d", LABELS)):
        if set(wrong) == set(LABELS):
            continue
        with pytest.raises(ValueError, match="has the same classes as in the previous"):
            model.fit(X, wrong)


def test_columns_are_classes_of_the_categorical_loss():
    one_hot = np.eye(3)[np.arange(30) % 3]
    model = FNNClassifier((), loss="categorical_crossentropy", **FLAT)
    model.fit(X, one_hot)
    assert model.classes_.tolist() == [0, 1, 2]
    found = model.predict(X)
    assert_array_equal(found.sum(axis=1), 1)  # of the form of y
    right = np.mean(found.argmax(axis=1) == np.arange(30) % 3)
    assert model.score(X, one_hot) == pytest.approx(right)
    assert model.score(X, 0.7 * one_hot + 0.1) == pytest.approx(right)
    by_label = FNNClassifier((), loss="sparse_categorical_crossentropy", **FLAT)
    assert by_label._one_hot_target(one_hot, None) is None
    assert model._one_hot_target(Y, None) is None
    assert model._one_hot_target(one_hot[:, :1], None) is None
    assert FNNClassifier()._one_hot_target(one_hot, None) is None
    with pytest.raises(ValueError, match=r"classes must be range\(3\)"):
        model._one_hot_target(one_hot, [1, 2, 3])
    soft = 0.8 * one_hot + 0.2 / 3
    named = FNNClassifier((), **FLAT).fit(X, pd.DataFrame(soft, columns=list("pqr")))
    assert named.classes_.tolist() == ["p", "q", "r"]
    several = FNNClassifier((), **FLAT).fit(X, one_hot.astype(int))
    assert several.predict(X).shape == (30, 3)  # labels


def test_classes_have_weights():
    plain = FNNClassifier((), **FLAT, class_weight={"a": 2.0, "b": 0.5, "c": 1.0})
    target = plain._make_target(LABELS, False, False, None)
    codes = np.array([0, 1, 2, 0])
    found = plain._weight(None, X[:4], codes, target, False)
    assert_allclose(found, [2, 0.5, 1, 2])
    found = plain._weight([1.0, 2, 3, 4], X[:4], codes, target, False)
    assert_allclose(found, [2, 1, 3, 8])
    balanced = FNNClassifier((), class_weight="balanced")
    found = balanced._weight(None, X[:4], codes, target, False)
    assert_allclose(found, 4 / 3 / np.array([2, 1, 1, 2]))
    with pytest.raises(ValueError, match="class_weight='balanced' is not available for partial"):
        balanced._weight(None, X[:4], codes, target, True)
    plain._weight(None, X[:4], codes, target, True)
    several = np.column_stack([Y > 0, X[:, 0] > 0]).astype(int)
    with pytest.raises(ValueError, match="is not available for multilabel y"):
        FNNClassifier((), class_weight={0: 1.0, 1: 2.0}).fit(X, several)
    soft = np.full((30, 3), 1 / 3)
    with pytest.raises(ValueError, match="is not available for y of probabilities"):
        FNNClassifier((), class_weight={0: 1.0, 1: 2.0, 2: 1.0}).fit(X, soft)
    with pytest.raises(ValueError, match="is not available for"):
        plain._weight(None, X[:4], np.eye(3)[codes], target, False)
    assert FNNClassifier()._weight(None, X[:4], codes, target, False) is None


@pytest.mark.parametrize(("largest", "message"), [
    (1e30, None), (1.1e30, "must not be over 1e"), (1.9e30, "must not be over 1e"),
    (1e-30, None), (0.9e-30, "one must be over 1e-30"),
])  # fmt: skip
def test_weights_of_single_calls_count_as_they_are(largest, message):
    model, weight = FNNRegressor(), np.array([largest, largest / 2])
    model._weight(weight, X[:2], None, None, False)
    if message is None:
        assert_array_equal(model._weight(weight, X[:2], None, None, True), weight)
    else:
        with pytest.raises(ValueError, match=message):
            model._weight(weight, X[:2], None, None, True)
    assert_array_equal(model._weight([1, 0], X[:2], None, None, True), [1, 0])


def test_columns_of_given_weights_are_classes():
    zeros = [np.zeros(3)]
    three = FNNClassifier.from_weights([np.eye(3)], zeros)
    assert three.predict([[0, 5, 1]]) == [1]
    named = FNNClassifier.from_weights([np.eye(3)], zeros, classes=["x", "y", "z"])
    assert named.predict([[0, 5, 1]]) == ["y"]
    labels = FNNClassifier.from_weights([np.eye(3)], zeros, loss="binary_crossentropy")
    assert labels.predict([[1, 5, -1]]).tolist() == [[1, 1, 0]]
    one = FNNClassifier.from_weights([[[1.0]]], [[0.0]], loss="binary_crossentropy")
    assert one.predict([[2.0], [-2]]).tolist() == [1, 0]
    assert one.n_iter_ == 0
    assert one.best_loss_ == np.inf
    early = FNNClassifier.from_weights([[[1.0]]], [[0.0]], early_stopping=True)
    assert early.best_loss_ is None
    assert early.validation_scores_ == []


# ------------------------------------------------------------------ numbers


def test_a_column_of_targets_is_one_target():
    model = FNNRegressor((), **FLAT)
    with pytest.warns(UserWarning, match="column-vector"):
        model.fit(X, Y[:, None])
    assert model.predict(X).shape == (30,)
    model.fit(X, np.column_stack([Y, Y]))
    assert model.predict(X).shape == (30, 2)
    with pytest.raises(ValueError, match="needs y >= 0"):
        FNNRegressor((), loss="poisson").fit(X, Y)
    with pytest.raises(ValueError, match="epistemic_std needs a fit with solver='lm'"):
        model.epistemic_std(X)


def test_what_lm_knows_of_numbers():
    model = FNNRegressor((), solver="lm", alpha=1e-9).fit(X, Y)
    A = np.column_stack([X, np.ones(30)])
    residual = Y - A @ np.linalg.lstsq(A, Y, rcond=None)[0]
    noise = model.noise_variance_
    assert 0.5 < noise / (residual @ residual / 26) < 1.5
    around = X - X.mean(axis=0)  # as BayesianRidge has it, whose intercept is known
    inverse = np.linalg.inv(around.T @ around)
    expected = np.sqrt(noise * np.einsum("ij,jk,ik->i", around, inverse, around))
    assert_allclose(model.epistemic_std(X), expected, rtol=1e-3)
    mean, std = model.predict(X, return_std=True)
    assert_allclose(std, np.sqrt(noise + expected**2), rtol=1e-3)
    assert_array_equal(model.predict(X), mean)
    both = FNNRegressor((), solver="lm", alpha=1e-9).fit(X, np.column_stack([Y, 2 * Y]))
    assert both.noise_variance_.shape == (2,)
    assert both.epistemic_std(X).shape == (30, 2)


def test_training_begins_at_the_best_constant():
    model = FNNRegressor((), solver="sgd", learning_rate_init=1e-12, max_iter=1)
    weight = np.arange(30.0)
    model.fit(X, Y + 7, weight)
    assert_allclose(model.intercepts_[0], weight @ (Y + 7) / weight.sum(), rtol=1e-5)


# ------------------------------------------------------------------ autoencoders


def layers_of(**params):
    model = FNNAutoencoder(**{"activation": "tanh", **params})
    layers = model._layers()
    return model, layers, model._output_layer(SimpleNamespace(n_outputs=3), None)


def test_the_decoder_mirrors_the_encoder():
    _, layers, output = layers_of(hidden_layer_sizes=(5, 4, 2))
    assert [getattr(layer, "units", None) for layer in layers] == [5, None, 4, None, 2, None, 4,
                                                                    None, 5, None]  # fmt: skip
    assert output.units == 3
    assert layers[7] is layers[3]  # the activation of its counterpart
    assert layers[9] is layers[1]
    _, tied, output = layers_of(hidden_layer_sizes=(5, 4, 2), tied_weights=True)
    assert [(layer.units, layer.layer) for layer in tied if isinstance(layer, Tied)] == [
        (4, 4), (5, 2)
    ]  # fmt: skip
    assert (output.units, output.layer) == (3, 0)
    _, noisy, output = layers_of(hidden_layer_sizes=(5, 4), tied_weights=True, noise="gaussian",
                                 sparsity=0.5)  # fmt: skip
    assert isinstance(noisy[0], GaussianNoise)
    assert isinstance(noisy[5], L1Sparsity)
    assert (noisy[6].units, noisy[6].layer, output.layer) == (5, 3, 1)
    with pytest.raises(ValueError, match="leaves no layer for the code"):
        layers_of(hidden_layer_sizes=())


def test_codes_have_penalties():
    _, layers, _ = layers_of(hidden_layer_sizes=(2,), sparsity=0)
    assert len(layers) == 2
    assert layers_of(hidden_layer_sizes=(2,), sparsity=0.25)[1][2].strength == 0.25
    layers_of(hidden_layer_sizes=(2,), sparsity=KLSparsity(), activation="logistic")
    mixed = {"hidden_layer_sizes": (3, 4, 2), "sparsity": KLSparsity()}
    layers_of(**mixed, activation=["tanh", "tanh", "logistic"])
    with pytest.raises(ValueError, match=r"needs codes in \(0, 1\)"):
        layers_of(**mixed, activation=["logistic", "logistic", "tanh"])
    for wrong, match in (
        (KLSparsity(), r"needs codes in \(0, 1\)"),
        (Dropout(0.5), "is not a pen"),
    ):
        with pytest.raises(ValueError, match=match):
            layers_of(hidden_layer_sizes=(2,), sparsity=wrong)
    for wrong, match in (("loud", "noise"), (Dense(2), "draws no random numbers")):
        with pytest.raises(ValueError, match=match):
            layers_of(hidden_layer_sizes=(2,), noise=wrong)
    for name, good, bad in (("sparsity", [0, 0.5], [-1e-9]),):
        for value in good:
            _sklearn.validate_params(FNNAutoencoder(**{name: value}))
        for value in bad:
            with pytest.raises(ValueError, match=name):
                _sklearn.validate_params(FNNAutoencoder(**{name: value}))


def test_codes_are_made_and_turned_back():
    coder = FNNAutoencoder((4, 2), activation="tanh", noise="masking", max_iter=2, random_state=0,
                           sparsity=0.01).fit(X)  # fmt: skip
    codes = coder.transform(X)
    assert codes.shape == (30, 2)
    W, b = coder.coefs_, coder.intercepts_
    expected = np.tanh(np.tanh(X @ W[0] + b[0]) @ W[1] + b[1])
    assert_allclose(codes, expected, rtol=1e-4, atol=1e-5)
    back = coder.inverse_transform(codes)
    assert_allclose(back, np.tanh(expected @ W[2] + b[2]) @ W[3] + b[3], rtol=1e-4, atol=1e-5)
    errors = ((back - X) ** 2).mean(axis=1)
    assert_allclose(coder.reconstruction_error(X), errors, rtol=1e-4)
    assert_allclose(coder.score(X), -errors.mean(), rtol=1e-4)
    weight = np.arange(30.0)
    assert_allclose(coder.score(X, sample_weight=weight), -errors @ weight / 435, rtol=1e-4)
    assert list(coder.get_feature_names_out()) == ["fnnautoencoder0", "fnnautoencoder1"]
    with pytest.raises(ValueError, match="X must have the 2 columns of the code"):
        coder.inverse_transform(X)
    for layers, code in ((coder._fitted.network.layers, coder._fitted.code_end),):
        assert [type(layer).__name__ for layer in layers[code - 2 : code]] == ["Linear", "Activate"]
    found = coder.evaluate(X)
    assert_allclose(found["mse"], errors.mean(), rtol=1e-4)
    assert_allclose(coder.reconstruction_error(sparse.csr_array(X)), errors, rtol=1e-4)
    many = np.tile(X, (5000, 1)).astype(np.float32)
    assert_allclose(coder.reconstruction_error(many)[-30:], errors, rtol=1e-3)


def test_calls_of_an_autoencoder_go_on():
    coder = FNNAutoencoder((2,), max_iter=5)
    for _ in range(3):
        coder.partial_fit(X)
    assert (coder.t_, coder.n_iter_) == (90, 1)
    assert coder._fitted.progress.epochs == 3


def test_what_is_reconstructed_is_in_the_range_of_the_loss():
    binary = FNNAutoencoder((2,), loss="log_loss", max_iter=1)
    binary.fit(np.eye(4))
    for wrong in (np.full((4, 4), -0.01), np.full((4, 4), 1.01)):
        with pytest.raises(ValueError, match=r"needs X in \[0, 1\]"):
            binary.fit(wrong)
    gamma = FNNAutoencoder((2,), loss="gamma", max_iter=1)
    gamma.fit(np.ones((4, 4)))
    filled, some = sparse.csr_array(np.ones((6, 4))), sparse.csr_array(np.eye(6, 4))
    gamma.fit(filled)
    with pytest.raises(ValueError, match=r"needs X > 0\. Got values from 0"):
        gamma.fit(some)  # what is not stored is zero
    with pytest.raises(ValueError, match="sample_weight_val has no effect without X_val"):
        FNNAutoencoder().fit(X, sample_weight_val=np.ones(30))


def test_metrics_of_an_autoencoder_need_no_target():
    for good in ("mse", ["mse", "mae"], None, "r2", lambda estimator, X, y: 0.0):
        FNNAutoencoder(metrics=good)._check_call(False)
    for wrong in ("accuracies", ["mse", "neg_mean_squared_error"]):
        with pytest.raises(ValueError, match="whose y is None") as raised:
            FNNAutoencoder(metrics=wrong)._check_call(False)
        assert "mae" in str(raised.value)
        assert "'acc'" not in str(raised.value)
    FNNAutoencoder(scoring="loss", early_stopping=True)._check_call(False)
    with pytest.raises(ValueError, match="scoring"):
        FNNAutoencoder(scoring="neg_mean_squared_error", early_stopping=True)._check_call(False)
    with pytest.raises(ValueError, match="has no effect with early_stopping=False"):
        FNNAutoencoder(scoring="mse")._check_call(False)
    tags = FNNAutoencoder().__sklearn_tags__()
    assert tags.transformer_tags.preserves_dtype == ["float64", "float32"]
    assert isinstance(FNNAutoencoder()._mirror(2, 0), Linear)

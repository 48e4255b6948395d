"""Batch normalisation, dropout and skip connections, together and in depth."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits

from skfnn import FNNClassifier, FNNRegressor
from skfnn.initializers import Scaled
from skfnn.layers import Dense, Dropout, Skip

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = DIGITS / 16
RNG = np.random.default_rng(0)
X = RNG.normal(size=(61, 4))
Y = (X[:, 0] > 0).astype(int)
BLOCKS = [
    {"batch_norm": "before"},
    {"batch_norm": "after"},
    {"dropout": [0.5, 0.0, 0.2]},
    {"skip_connections": True},
    {"skip_connections": True, "batch_norm": "before", "dropout": 0.1},
    {"skip_connections": True, "batch_norm": "after", "dropout": [0.0, 0.3, 0.1]},
]
blocks = pytest.mark.parametrize("params", BLOCKS, ids=str)


def model(params, **more):
    settings = {"max_iter": 3, "tol": 0, "batch_size": 20, "learning_rate_init": 0.01}
    return FNNClassifier((6, 6, 5), **settings, random_state=0, **params, **more)


@blocks
@quiet
def test_partial_fit_is_fit_in_parts(params):
    """61 rows in batches of 20: the last batch has one row."""
    whole, parts = model(params).fit(X, Y), model(params)
    for _ in range(3):
        parts.partial_fit(X, Y, classes=[0, 1])
    np.testing.assert_array_equal(whole._fitted.network.values, parts._fitted.network.values)
    np.testing.assert_array_equal(whole._fitted.network.state, parts._fitted.network.state)
    assert np.isfinite(whole.loss_)


@blocks
@quiet
def test_warm_start_goes_on_with_weights_and_moments(params):
    first = model(params, warm_start=True).fit(X, Y)
    before = first._fitted.network.values.copy(), first._fitted.network.state.copy()
    # A step too small to move a weight.
    first.set_params(learning_rate_init=1e-30, solver="sgd", max_iter=1).fit(X, Y)
    np.testing.assert_array_equal(first._fitted.network.values, before[0])
    count = [
        a["count"] for a in first._fitted.network.state_views(first._fitted.network.state).values()
    ]
    assert all(c > 4 for c in count)  # batches are counted on


@blocks
@quiet
def test_a_row_is_predicted_alone_as_among_others(params):
    fitted = model(params).fit(X, Y)
    alone = np.vstack([fitted.predict_proba(row[None]) for row in X])
    np.testing.assert_allclose(alone, fitted.predict_proba(X), rtol=1e-12)
    np.testing.assert_array_equal(fitted.predict_proba(X), fitted.predict_proba(X))


@blocks
@quiet
def test_batches_of_one_row(params):
    fitted = model({**params}).set_params(batch_size=1).fit(X, Y)
    assert np.isfinite(fitted.loss_)
    assert np.isfinite(fitted._fitted.network.state).all()
    single = model(params).set_params(batch_size="auto")
    for row, label in zip(X[:5], Y[:5], strict=True):
        single.partial_fit(row[None], [label], classes=[0, 1])
    assert np.isfinite(single.predict_proba(X)).all()


@quiet
def test_each_layer_has_its_rate_of_dropout():
    fitted = model({"dropout": [0.5, 0.0, 0.2]}).fit(X, Y)
    rates = [layer.rate for layer in fitted._fitted.network.layers if isinstance(layer, Dropout)]
    assert rates == [0.5, 0.2]
    without = model({"dropout": [0.0, 0.0, 0.0]}).fit(X, Y)
    plain = model({}).fit(X, Y)
    np.testing.assert_array_equal(without.coefs_[0], plain.coefs_[0])


@pytest.mark.parametrize("batch_norm", ["before", "after"])
def test_lbfgs_uses_the_moments_of_all_rows(batch_norm):
    """The loss in training, by batch moments, is that at prediction, by running moments."""
    fitted = FNNRegressor((5, 5), "tanh", batch_norm=batch_norm, skip_connections=True,
                          solver="lbfgs", alpha=0, tol=1e-2, random_state=0)  # fmt: skip
    fitted.fit(X, X[:, 0] ** 2)
    assert fitted.evaluate(X, X[:, 0] ** 2)["loss"] == pytest.approx(fitted.loss_, rel=1e-6)


# ---------------------------------------------------------------- fifty layers


def gradient_norms(*arguments):
    path = Path(__file__).parent.parent / "benchmarks" / "depth.py"
    spec = importlib.util.spec_from_file_location("depth", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.gradient_norms(*arguments)


def fifty(activation="relu", epochs=4, **params):
    return FNNClassifier((24,) * 50, activation, max_iter=epochs, learning_rate_init=0.003,
                         random_state=0, **params).fit(DIGITS[:1000], LABELS[:1000])  # fmt: skip


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@quiet
def test_fifty_layers_learn_with_skip_connections_only(activation):
    chance = np.log(10)
    assert fifty(activation).loss_ > 0.9 * chance
    for params in ({}, {"batch_norm": "before"}, {"batch_norm": "after"}):
        curve = fifty(activation, skip_connections=True, **params).loss_curve_
        assert curve[-1] < 0.5 * curve[0]
    assert fifty(activation, epochs=8, skip_connections=True).loss_ < 0.3 * chance


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "selu"])
@quiet
def test_gradients_reach_the_first_of_fifty_layers_through_skip_connections(activation):
    settings = {"solver": "sgd", "learning_rate_init": 1e-30, "max_iter": 1, "random_state": 0}
    for depth in (10, 50):
        skip = FNNClassifier((24,) * depth, activation, skip_connections=True, **settings)
        norms = gradient_norms(skip.fit(DIGITS, LABELS), DIGITS, LABELS)
        assert 0.2 < norms[0] / norms[-1] < 5
        assert skip.loss_curve_[0] < 3 * np.log(10)  # no explosion: outputs are of order 1
    if activation != "selu":
        plain = FNNClassifier((24,) * 50, activation, **settings).fit(DIGITS, LABELS)
        norms = gradient_norms(plain, DIGITS, LABELS)
        assert norms[0] < 0.05 * norms[-1]


def test_only_skip_connections_without_batch_norm_start_small():
    def initializers(**params):
        layers = FNNClassifier((8, 8, 8, 8), skip_connections=True, **params)._layers()
        return [skip.layers[0].initializer for skip in layers]

    assert all(isinstance(i, Scaled) and i.factor == 0.25 for i in initializers())
    assert initializers(batch_norm="after") == ["glorot_uniform"] * 4
    assert initializers(initializer="he_normal")[0].initializer == "he_normal"
    one = FNNClassifier((8,), skip_connections=True)._layers()
    assert one[0].layers[0].initializer == "glorot_uniform"


@quiet
def test_a_skip_around_two_layers_and_dropout_of_a_layer_inside():
    layers = [Dense(6, "relu"), Skip([Dense(8, "gelu"), Dropout(0.3), Dense(6)])] * 2
    fitted = FNNClassifier(hidden_layers=layers, max_iter=3, batch_size=20, random_state=0)
    fitted.fit(X, Y)
    assert np.isfinite(fitted.predict_proba(X[:1])).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("widths", [(4,), (3, 4), (3, 5)], ids=str)
def test_a_skip_connection_of_sparse_rows_is_that_of_dense_ones(widths):
    inner = [Dense(n, "tanh") for n in widths]
    net = FNNRegressor(hidden_layers=[Skip(inner)], max_iter=3, random_state=0, dtype="float64")
    rows = np.where(X > 0, X, 0.0)
    dense = net.fit(rows, X[:, 0]).predict(rows)
    np.testing.assert_allclose(net.predict(sparse.csr_array(rows)), dense, rtol=1e-12)

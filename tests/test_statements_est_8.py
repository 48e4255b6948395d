"""What single statements of solvers, and of pretraining, mean."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from skfnn import FNNAutoencoder, FNNRegressor
from skfnn._estimators import pretraining
from skfnn.activations import Identity, ReLU
from skfnn.layers import BatchNorm, Dense, Dropout, Linear

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = X[:, 0] - X[:, 1] ** 2

# ------------------------------------------------------------------ pretraining


def test_the_activation_of_a_linear_map_may_stand_behind_others():
    layers = [Linear(3), BatchNorm(), Dropout(0.5), *Dense(3, "relu").expand()[1:]]
    function, between = pretraining._activation_of(layers, 0)
    assert (type(function), between) == (ReLU, [1])
    function, between = pretraining._activation_of([Linear(3), Linear(2)], 0)
    assert (type(function), between) == (Identity, [])
    function, between = pretraining._activation_of([Linear(3), BatchNorm(), Linear(2)], 0)
    assert (type(function), between) == (Identity, [])


def test_moments_are_weighted():
    weight = np.arange(40.0)
    mean, var = pretraining._moments(X, weight)
    assert_allclose(mean, np.average(X, axis=0, weights=weight))
    assert_allclose(var, np.average((X - mean) ** 2, axis=0, weights=weight))
    other = pretraining._moments(sparse.csr_array(X), weight)
    assert_allclose(other, (mean, var))


def test_pretraining_starts_layers_as_encoders():
    coder = FNNAutoencoder((2,), activation="tanh", max_iter=2, random_state=0).fit(X)
    model = FNNRegressor((2,), activation="tanh", pretrain=coder, max_iter=1, random_state=0,
                         learning_rate_init=1e-9).fit(X, Y)  # fmt: skip
    assert_allclose(model.coefs_[0], coder.coefs_[0], atol=1e-6)
    assert_allclose(model.intercepts_[0], coder.intercepts_[0], atol=1e-6)
    normed = FNNRegressor((2,), activation="tanh", pretrain=coder, max_iter=1, random_state=0,
                          batch_norm="before", solver="lbfgs", tol=1e9)  # fmt: skip
    normed.fit(X, Y)
    before = X @ coder.coefs_[0] + coder.intercepts_[0]
    assert_allclose(normed.hidden_activations(X)[0], np.tanh(before), rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="X_unlabeled has no effect"):
        FNNRegressor((2,), pretrain=coder, activation="tanh").fit(X, Y, X_unlabeled=X)
    with pytest.raises(ValueError, match="has no effect with pretrain=None"):
        FNNRegressor((2,)).fit(X, Y, X_unlabeled=X)
    for wrong, match in ((FNNRegressor((3,), "tanh", pretrain=coder), "Give both the same"),
                         (FNNRegressor((2,), "relu", pretrain=coder), "has activation")):  # fmt: skip
        with pytest.raises(ValueError, match=match):
            wrong.fit(X, Y)
    with pytest.raises(TypeError, match="pretrain must be None"):
        FNNRegressor((2,), pretrain=StandardScaler()).fit(X, Y)


def test_each_layer_is_pretrained_on_what_those_below_give():
    model = FNNRegressor((3, 2), "tanh", pretrain="autoencoder", max_iter=2, random_state=0)
    model.fit(X, Y, X_unlabeled=X[:5] + 1)
    phases = model._fitted.phases
    assert list(phases) == ["pretrain 1", "pretrain 2"]
    more = pretraining._rows(model, SimpleNamespace(own=lambda: SimpleNamespace(
        X=X, weight=np.full(40, 2.0))), X[:5])  # fmt: skip
    assert more[0].shape == (45, 3)
    assert more[1].tolist() == [2] * 40 + [1] * 5
    none = pretraining._rows(model, SimpleNamespace(own=lambda: SimpleNamespace(
        X=X, weight=None)), sparse.csr_array(X[:5]))  # fmt: skip
    assert none[0].shape == (45, 3)
    assert none[1] is None

"""to_sklearn and from_sklearn: scikit-learn's own estimators are the oracle."""

import copy
import pickle
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from helpers import SKLEARN, needs_sklearn
from packaging.version import Version
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    RobustScaler,
    StandardScaler,
)

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor, export
from skfnn._sklearn import mlp_regressor_loss
from skfnn.layers import (
    Activate,
    BatchNorm,
    Dense,
    Dropout,
    GaussianNoise,
    KLSparsity,
    L1Sparsity,
    Layer,
    Linear,
    MaskingNoise,
    Skip,
    Tied,
)
from skfnn.losses import Huber, Quantile, SquaredError
from skfnn.optimizers import SGD, Adam
from skfnn.parts import Call
from skfnn.schedules import InvScaling
from skfnn.solvers import LBFGS, Minibatch

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)) * [1.0, 2.0, 0.5, 1.0] + [0.0, 1.0, -1.0, 3.0]
TARGETS = {
    "binary": X[:, 0] > 0,
    "strings": np.where(X[:, 0] > 0, "yes", "no").astype(object),
    "multiclass": np.digitize(X[:, 1], [0.5, 1.5]) * 5 - 7,
    "multilabel": (X[:, :3] > [0, 1, -1]).astype(int),
    "number": X[:, 0] ** 2 + X[:, 1],
    "numbers": X[:, :2] ** 2,
}
POISSON = needs_sklearn("1.7", "MLPRegressor(loss='poisson')")
# Its early stopping with labels that are no numbers raises a TypeError before.
STOPS = Version("1.9") <= SKLEARN
BRIEF = {"max_iter": 5, "learning_rate_init": 0.02, "random_state": 0}


def fitted(target, **params):
    cls = FNNRegressor if target.startswith("number") else FNNClassifier
    return cls(**{**BRIEF, **params}).fit(X, TARGETS[target])


def assert_same_predictions(model, mlp, X=X, X_mlp=None, rtol=1e-9):
    X_mlp = X if X_mlp is None else X_mlp
    if isinstance(mlp, MLPRegressor):
        np.testing.assert_allclose(mlp.predict(X_mlp), model.predict(X), rtol, 1e-9)
    else:
        np.testing.assert_array_equal(mlp.predict(X_mlp), model.predict(X))
        np.testing.assert_allclose(mlp.predict_proba(X_mlp), model.predict_proba(X), rtol, 1e-9)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("target", TARGETS)
def test_to_sklearn_predicts_the_same(target, activation):
    model = fitted(target, hidden_layer_sizes=(7, 5), activation=activation)
    mlp = model.to_sklearn()
    assert type(mlp) is (MLPRegressor if target.startswith("number") else MLPClassifier)
    assert mlp.hidden_layer_sizes == (7, 5)
    assert mlp.activation == activation
    assert mlp.coefs_[0].dtype == np.float32  # nothing to fold: the weights as they are
    assert_same_predictions(model, mlp)
    assert_same_predictions(model, mlp, sparse.csr_array(X))
    assert_same_predictions(model, pickle.loads(pickle.dumps(mlp)))


STACKS = {
    "linear model": {"hidden_layer_sizes": ()},
    "before": {"batch_norm": "before", "hidden_layer_sizes": (6, 5)},
    "after": {"batch_norm": "after", "hidden_layer_sizes": (6, 5), "activation": "tanh"},
    "dropout": {"dropout": [0.2, 0.1], "hidden_layer_sizes": (6, 5), "batch_norm": "after"},
    "batch norm first": {"hidden_layers": [BatchNorm(), Dense(6, "logistic"), Dropout(0.3)]},
    "activation first": {"hidden_layers": [Activate("tanh"), Dense(6, "tanh")]},
    "batch norm twice": {"hidden_layers": [Dense(6, "relu"), BatchNorm(), BatchNorm(), Dense(3)]},
    "linear layers": {"hidden_layers": [Linear(3), Dense(6, "tanh"), Linear(3), Linear(8)]},
    "mixed with identity": {"activation": ["identity", "relu"], "hidden_layer_sizes": (3, 6)},
    "tied": {"hidden_layers": [Linear(3), Activate("tanh"), L1Sparsity(), Tied(4, 0)]},
    "noise": {"hidden_layers": [GaussianNoise(0.1), MaskingNoise(), Dense(6, "relu")]},
    "sparse": {"hidden_layers": [Dense(6, "logistic"), KLSparsity()]},
    "activation twice": {"hidden_layers": [Dense(6, "relu"), Activate("relu")]},
}


@pytest.mark.parametrize("target", ["binary", "multiclass", "numbers"])
@pytest.mark.parametrize("stack", STACKS)
def test_what_is_affine_folds_into_linear_maps(stack, target):
    model = fitted(target, **STACKS[stack])
    mlp = model.to_sklearn()
    assert_same_predictions(model, mlp)
    activations = [W.shape[1] for W in mlp.coefs_[:-1]]
    assert list(mlp.hidden_layer_sizes) == activations


@pytest.mark.parametrize(
    ("loss", "link"),
    [("huber", "identity"), ("absolute_error", "identity"), (Quantile(quantile=0.9), "identity"),
     (Huber(delta=0.5), "identity"),
     *[pytest.param(loss, "exp", marks=POISSON) for loss in ("poisson", "gamma")]],
)  # fmt: skip
def test_losses_of_numbers(loss, link):
    y = np.exp(X[:, :2] / 2)
    model = FNNRegressor((6,), loss=loss, **BRIEF).fit(X, y)
    mlp = model.to_sklearn()
    assert mlp.out_activation_ == link
    assert mlp.loss == ("poisson" if link == "exp" else "squared_error")
    assert_same_predictions(model, mlp)


@pytest.mark.parametrize("target", ["number", "numbers"])
@pytest.mark.parametrize("widths", [(), (5,), (5, 3)], ids=str)
def test_of_a_distribution_mlp_has_the_mean(widths, target):
    model = fitted(target, hidden_layer_sizes=widths, loss="gaussian")
    mlp = model.to_sklearn()
    n_outputs = 1 if target == "number" else 2
    assert model.coefs_[-1].shape[1] == 2 * n_outputs
    assert mlp.coefs_[-1].shape[1] == len(mlp.intercepts_[-1]) == n_outputs
    assert_same_predictions(model, mlp)


@pytest.mark.parametrize("target", ["strings", "number"])
@pytest.mark.parametrize(
    "scaler",
    [StandardScaler(), StandardScaler(with_mean=False), StandardScaler(with_std=False),
     StandardScaler(with_mean=False, with_std=False), MinMaxScaler((-1, 2)), MaxAbsScaler(),
     RobustScaler(), RobustScaler(with_centering=False, unit_variance=True),
     RobustScaler(with_scaling=False)],
    ids=repr,
)  # fmt: skip
def test_a_scaler_folds_into_the_first_layer(scaler, target):
    far = X + np.array([0, 0, 0, 1e4])  # single precision would lose the last column
    far[:, 2] = 5.0  # a constant column has scale 1
    cls = FNNRegressor if target == "number" else FNNClassifier
    pipe = make_pipeline(scaler, cls((6,), **BRIEF)).fit(far, TARGETS[target])
    network = pipe[-1]
    mlp = network.to_sklearn(scaler=pipe[0])
    if getattr(scaler, "with_mean", True) or scaler.with_std:
        assert mlp.coefs_[0].dtype == np.float64
    scaled = pipe[:-1].transform(far)
    # Raw scores of an unscaled first column pass 1e4: rounding is relative to those.
    assert_same_predictions(network, mlp, scaled, far, rtol=1e-6)
    assert_same_predictions(network, export.to_sklearn(pipe), scaled, far, rtol=1e-6)


def test_a_pipeline_of_several_scalers_keeps_the_names_of_the_features():
    frame = pd.DataFrame(X, columns=list("abcd"))
    pipe = make_pipeline(MinMaxScaler(), "passthrough", StandardScaler(), FNNClassifier(**BRIEF))
    pipe.fit(frame, TARGETS["strings"])
    mlp = export.to_sklearn(pipe)
    assert mlp.feature_names_in_.tolist() == list("abcd")
    np.testing.assert_allclose(mlp.predict_proba(frame), pipe.predict_proba(frame), 1e-9)
    network = pipe[-1]
    np.testing.assert_array_equal(export.to_sklearn(network).coefs_[0], network.coefs_[0])


def test_to_sklearn_has_every_fitted_attribute_of_mlp_and_its_own_arrays():
    for target in ("multiclass", "number"):
        for early_stopping in (False, True):
            model = fitted(target, early_stopping=early_stopping, validation_fraction=0.2)
            mlp = model.to_sklearn()
            reference = type(mlp)(**mlp.get_params()).fit(X, TARGETS[target])
            missing = set(vars(reference)) - set(vars(mlp))
            # Made at the start of the next fit, from the parameters.
            assert missing <= {"_optimizer", "_random_state"}
            for name in ("n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
                assert getattr(mlp, name) == getattr(reference, name)
            before = model.predict(X)
            mlp.coefs_[0][:] = 0
            mlp.loss_curve_.append(0.0)
            np.testing.assert_array_equal(model.predict(X), before)
            assert len(model.loss_curve_) == model.n_iter_


@pytest.mark.parametrize("target", TARGETS)
def test_the_exported_estimator_trains_on_as_it_would_after_a_fit_of_its_own(target):
    y = TARGETS[target]
    plain = {"solver": "sgd", "momentum": 0.0, "alpha": 0.0, "shuffle": False, "batch_size": 60,
             "max_iter": 1}  # fmt: skip
    model = fitted(target, hidden_layer_sizes=(5,), dtype="float64", **plain)
    mlp, again = model.to_sklearn(), copy.deepcopy(model)
    mlp.partial_fit(X, y)
    again.partial_fit(X, y)
    for ours, theirs in zip(again.coefs_ + again.intercepts_, mlp.coefs_ + mlp.intercepts_,
                            strict=True):  # fmt: skip
        np.testing.assert_allclose(ours, theirs, 1e-10, 1e-12)
    if target == "strings" and not STOPS:
        return
    warm = fitted(target, early_stopping=True, validation_fraction=0.2).to_sklearn()
    warm.set_params(warm_start=True, max_iter=2).fit(X, y)
    assert len(warm.loss_curve_) == 7  # scikit-learn appends
    clone(mlp).fit(X, y)


def test_to_sklearn_translates_training_parameters():
    y = TARGETS["binary"]
    model = FNNClassifier(
        solver=SGD(momentum=0.5, learning_rate=0.03), learning_rate=InvScaling(power_t=0.2),
        max_iter=2, alpha=0.3,
    ).fit(X, y)  # fmt: skip
    params = model.to_sklearn().get_params()
    expected = {"solver": "sgd", "momentum": 0.5, "learning_rate_init": 0.03, "power_t": 0.2,
                "learning_rate": "invscaling", "alpha": 0.3, "max_iter": 2}  # fmt: skip
    assert {name: params[name] for name in expected} == expected
    for solver, there in (("rmsprop", "adam"), ("auto", "lbfgs"), (Adam(beta_1=0.8), "adam")):
        mlp = FNNClassifier((3,), solver=solver, tol=0.1).fit(X, y).to_sklearn()
        assert mlp.solver == there
    assert mlp.beta_1 == 0.8
    for solver, expected in (
        (LBFGS(max_iter=70, tol=0.2), {"solver": "lbfgs", "max_iter": 70, "tol": 0.2}),
        (Minibatch("sgd", "adaptive", 0.1, 20), {"solver": "sgd", "learning_rate": "adaptive",
                                                 "learning_rate_init": 0.1, "batch_size": 20}),
    ):  # fmt: skip
        mlp = FNNClassifier((3,), solver=solver, random_state=0).fit(X, y).to_sklearn()
        assert {name: mlp.get_params()[name] for name in expected} == expected
        mlp.fit(X, y)
    mlp = fitted("binary", solver="auto", learning_rate="cosine").to_sklearn()
    assert (mlp.solver, mlp.learning_rate) == ("adam", "constant")
    mlp.fit(X, y)


class _Scale(Layer):
    """A factor for each column: says that it is an affine map."""

    inplace = True

    def forward(self, X, Y, cell, training):
        yield Call(np.multiply, X, 0.5, out=Y)
        yield Call(np.add, Y, 1.0, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        yield Call(np.multiply, dY, 0.5, out=dY)

    def affine(self, cell):
        return 0.5, 1.0


@pytest.mark.parametrize("layers", [[_Scale(), Dense(4, "relu")], [Dense(4, "relu"), _Scale()]])
def test_a_layer_of_ones_own_folds_where_it_is_affine(layers):
    model = fitted("multiclass", hidden_layers=layers)
    assert_same_predictions(model, model.to_sklearn())


class _Squared(SquaredError):
    """Predicts the square of what its scores are."""

    def predict(self, raw):
        return raw**2


class _Leaky(Layer):
    inplace = True

    def forward(self, X, Y, cell, training):
        yield Call(np.multiply, X, 0.5, out=Y)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (FNNClassifier((4,), "gelu"), r"layer 1, Activate\(activation=GELU\(\)\)"),
        (FNNClassifier((4, 4), ["tanh", "relu"]), r"layer 1, .*Tanh.* beside layer 3, .*ReLU"),
        (FNNClassifier((4,), skip_connections=True), "layer 0, Skip"),
        (FNNClassifier(hidden_layers=[Dense(3), Skip([Linear(3)])]), "layer 1, Skip"),
        (FNNClassifier(hidden_layers=[_Leaky()]), "layer 0, _Leaky"),
        (FNNClassifier((4,), loss="hinge"), "loss='hinge'"),
        (FNNClassifier((4,), loss="perceptron"), "loss='perceptron'"),
        (FNNRegressor((4,), loss=_Squared()), r"loss=_Squared\(\).*out_activation='identity'"),
    ],
)
def test_what_mlp_cannot_express_is_named(model, message):
    if any(isinstance(layer, _Leaky) for layer in model.hidden_layers or ()):
        _Leaky.backward = lambda self, dY, X, Y, cell, dX: iter(())
    model.set_params(max_iter=1).fit(X, TARGETS["binary"].astype(int))
    with pytest.raises(ValueError, match=message):
        model.to_sklearn()


@pytest.mark.parametrize("widths", [(4, 2), (4, 3, 2), (4, 3, 5, 2)], ids=str)
def test_a_softmax_over_two_classes_becomes_a_logistic_output(widths):
    rng = np.random.default_rng(0)
    W = [rng.normal(size=size) for size in pairwise(widths)]
    b = [rng.normal(size=n) for n in widths[1:]]
    model = FNNClassifier.from_weights(W, b, classes=["a", "b"])
    mlp = model.to_sklearn()
    assert (mlp.n_outputs_, mlp.out_activation_) == (1, "logistic")
    assert_same_predictions(model, mlp)


def test_bad_arguments_of_to_sklearn():
    model = fitted("binary")
    one_hot = FNNClassifier(loss="categorical_crossentropy", **BRIEF).fit(
        X, np.eye(3)[np.arange(60) % 3]
    )
    with pytest.raises(ValueError, match="columns are classes"):
        one_hot.to_sklearn()
    one_class = FNNClassifier((3,), max_iter=1).fit(X, np.ones(60))
    with pytest.raises(ValueError, match="one class"):
        one_class.to_sklearn()
    with pytest.raises(NotFittedError):
        FNNClassifier().to_sklearn()
    with pytest.raises(NotFittedError):
        model.to_sklearn(scaler=StandardScaler())
    with pytest.raises(TypeError, match=r"MinMaxScaler.*Got FunctionTransformer"):
        model.to_sklearn(scaler=FunctionTransformer().fit(X))
    with pytest.raises(ValueError, match="fitted on 2 features, the network on 4"):
        model.to_sklearn(scaler=StandardScaler().fit(X[:, :2]))
    with pytest.raises(ValueError, match="clips"):
        model.to_sklearn(scaler=MinMaxScaler(clip=True).fit(X))
    with pytest.raises(TypeError, match="Got LogisticRegression"):
        export.to_sklearn(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, X[:, 0] > 0))
    pipe = make_pipeline(FunctionTransformer(), FNNClassifier(**BRIEF)).fit(X, TARGETS["binary"])
    with pytest.raises(TypeError, match="Got FunctionTransformer"):
        export.to_sklearn(pipe)


MLP_PARAMS = [
    {"activation": "tanh"},
    {"solver": "lbfgs", "hidden_layer_sizes": ()},
    {"solver": "sgd", "activation": "logistic", "early_stopping": True},
    {"hidden_layer_sizes": 6, "activation": "identity", "learning_rate": "adaptive"},
]


@pytest.mark.parametrize("params", MLP_PARAMS)
@pytest.mark.parametrize("target", TARGETS)
def test_from_sklearn_predicts_the_same_and_comes_back(target, params):
    if target == "strings" and "early_stopping" in params and not STOPS:
        pytest.skip("scikit-learn 1.9: early stopping with labels that are no numbers")
    numbers = target.startswith("number")
    theirs, ours = (MLPRegressor, FNNRegressor) if numbers else (MLPClassifier, FNNClassifier)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlp = theirs(**{**BRIEF, "validation_fraction": 0.3, **params}).fit(X, TARGETS[target])
    model = ours.from_sklearn(mlp)
    assert_same_predictions(model, mlp)
    shared = mlp.get_params()
    shared.pop("loss", None)
    assert {name: model.get_params()[name] for name in shared} == shared
    for name in ("n_iter_", "t_", "loss_", "n_layers_", "n_outputs_", "out_activation_"):
        assert getattr(model, name) == getattr(mlp, name)
    assert model.loss_curve_ == getattr(mlp, "loss_curve_", [])
    assert len(model.history_) == len(model.loss_curve_)
    back = model.to_sklearn()
    for there, here in zip(mlp.coefs_ + mlp.intercepts_, back.coefs_ + back.intercepts_,
                           strict=True):  # fmt: skip
        assert there.dtype == here.dtype
        np.testing.assert_array_equal(there, here)
    model.coefs_[0][:] = 0
    assert mlp.coefs_[0].any()


@pytest.mark.parametrize("target", TARGETS)
def test_from_sklearn_goes_on(target):
    y = TARGETS[target]
    theirs, ours = (
        (MLPRegressor, FNNRegressor) if target.startswith("number")
        else (MLPClassifier, FNNClassifier)
    )  # fmt: skip
    mlp = theirs(
        hidden_layer_sizes=(5,), solver="sgd", momentum=0.0, shuffle=False, batch_size=60, **BRIEF
    )
    mlp.fit(X, y)
    model = ours.from_sklearn(mlp)
    model.partial_fit(X, y)
    mlp.partial_fit(X, y)
    np.testing.assert_allclose(model.coefs_[0], mlp.coefs_[0], 1e-9, 1e-12)
    assert model.t_ == mlp.t_
    model = ours.from_sklearn(mlp).set_params(warm_start=True, max_iter=2).fit(X, y)
    mlp.set_params(warm_start=True, max_iter=2).fit(X, y)
    np.testing.assert_allclose(model.coefs_[1], mlp.coefs_[1], 1e-9, 1e-12)


def test_a_pretrained_network_exports_and_an_autoencoder_does_not():
    model = fitted("binary", hidden_layer_sizes=(5,), pretrain="autoencoder")
    assert_same_predictions(model, model.to_sklearn())
    with pytest.raises(TypeError, match="Got FNNAutoencoder"):
        export.to_sklearn(FNNAutoencoder((2,), **BRIEF).fit(X))


@POISSON
def test_from_a_regressor_of_counts():
    rates = MLPRegressor(hidden_layer_sizes=(4,), loss="poisson", **BRIEF).fit(X, np.exp(X[:, 0]))
    model = FNNRegressor.from_sklearn(rates)
    assert model.loss == "poisson"
    np.testing.assert_allclose(model.predict(X), rates.predict(X))


def test_an_old_mlp_regressor_has_no_exponential_output(monkeypatch):
    class Old:
        """Of scikit-learn 1.6, without ``loss``."""

    monkeypatch.setattr("skfnn._sklearn.MLPRegressor", Old)
    assert mlp_regressor_loss("identity") == {}
    model = FNNRegressor((4,), loss="poisson", **BRIEF).fit(X, np.exp(X[:, 0]))
    with pytest.raises(ValueError, match=r"scikit-learn 1\.7\. Installed is .*to_onnx"):
        model.to_sklearn()


def test_from_sklearn_special_cases():
    frame = pd.DataFrame(X, columns=list("abcd"))
    named = MLPRegressor(hidden_layer_sizes=(4,), **BRIEF).fit(frame, X[:, 0])
    assert FNNRegressor.from_sklearn(named).feature_names_in_.tolist() == list("abcd")
    narrow = MLPClassifier((4,), **BRIEF).fit(X.astype(np.float32), TARGETS["binary"])
    model = FNNClassifier.from_sklearn(narrow.set_params(hidden_layer_sizes=(9, 9)))
    assert (model.dtype, model.hidden_layer_sizes) == ("float32", (4,))
    one = FNNClassifier.from_sklearn(MLPClassifier((4,), **BRIEF).fit(X, np.full(60, 3)))
    assert set(one.predict(X)) == {3}
    with pytest.raises(TypeError, match=r"takes a fitted MLPClassifier. Got MLPRegressor\("):
        FNNClassifier.from_sklearn(MLPRegressor())
    with pytest.raises(NotFittedError):
        FNNRegressor.from_sklearn(MLPRegressor())

"""FNNAutoencoder: codes, reconstructions, noise, sparsity, tied weights."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.linalg import subspace_angles
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skfnn import FNNAutoencoder, FNNRegressor
from skfnn.layers import Dense, Dropout, GaussianNoise, KLSparsity, L1Sparsity, MaskingNoise, Tied
from skfnn.solvers._choice import solver_names

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
DIGITS = load_digits().data / 16
BRIEF = {"learning_rate_init": 0.01, "max_iter": 15, "random_state": 0}

_FEW = 15  # as in test_estimator_checks.py
_FAST = {"learning_rate_init": 0.05}
CONFIGURATIONS = [
    FNNAutoencoder(),
    FNNAutoencoder((5, 2), ["tanh", "identity"], tied_weights=True, **_FAST),
    FNNAutoencoder((3,), "tanh", solver="lbfgs", max_iter=_FEW),
    FNNAutoencoder((5, 2), "tanh", solver="lbfgs", tied_weights=True, max_iter=_FEW, sparsity=0.1),
    FNNAutoencoder((3,), "logistic", solver="lbfgs", sparsity=KLSparsity(), max_iter=_FEW),
    FNNAutoencoder((3,), "logistic", noise="masking", sparsity=KLSparsity(), **_FAST),
    FNNAutoencoder((8, 3), noise=GaussianNoise(0.3), solver="sgd", learning_rate="adaptive"),
    FNNAutoencoder((3,), loss="huber", metrics=["mae"], solver="auto"),
    FNNAutoencoder((3,), noise=MaskingNoise(0.1), dtype="float64", **_FAST),
]
_STOCHASTIC = "integer weights and repeated rows make different minibatches"


def expected_failures(estimator):
    # "auto" takes L-BFGS on so few rows; they are one batch, whose sums agree in double precision.
    if estimator.solver in ("lbfgs", "auto") or estimator.dtype == "float64":
        return {}
    return {
        "check_sample_weight_equivalence_on_dense_data": _STOCHASTIC,
        "check_sample_weight_equivalence_on_sparse_data": _STOCHASTIC,
    }


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(CONFIGURATIONS, expected_failed_checks=expected_failures)
def test_estimator_check(estimator, check):
    check(estimator)


def correlated(n=300, p=8):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, p)) @ rng.normal(size=(p, p)) + rng.normal(size=p)


# ---------------------------------------------------------------- oracles


@pytest.mark.parametrize("tied", [False, True])
def test_linear_units_span_the_subspace_of_pca(tied):
    X = correlated()
    pca = PCA(3).fit(X)
    model = FNNAutoencoder((3,), "identity", tied_weights=tied, solver="lbfgs", alpha=0, tol=1e-8,
                           max_iter=5000, random_state=0).fit(X)  # fmt: skip
    encoder, decoder = model.coefs_
    assert subspace_angles(encoder, pca.components_.T).max() < 1e-4
    assert subspace_angles(decoder.T, pca.components_.T).max() < 1e-4
    rest = ((X - pca.inverse_transform(pca.transform(X))) ** 2).mean()
    assert -model.score(X) == pytest.approx(rest, rel=1e-8)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@quiet
def test_an_autoencoder_is_a_regressor_whose_target_is_x(solver):
    """Same start, same batches: the weights of FNNRegressor on (X, X)."""
    X = correlated()
    settings = {**BRIEF, "solver": solver}
    coder = FNNAutoencoder((5,), "tanh", **settings).fit(X)
    layers = [Dense(5, "tanh", "glorot_uniform")]
    regressor = FNNRegressor(hidden_layers=layers, **settings).fit(X, X)
    for ours, theirs in zip(coder.coefs_, regressor.coefs_, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(coder.loss_curve_, regressor.loss_curve_, rtol=1e-6)


@quiet
def test_reconstruction_error_and_score_are_the_mean_squared_error():
    model = FNNAutoencoder((16, 4), "tanh", **BRIEF).fit(DIGITS)
    back = model.inverse_transform(model.transform(DIGITS))
    errors = model.reconstruction_error(DIGITS)
    np.testing.assert_allclose(errors, ((back - DIGITS) ** 2).mean(axis=1), rtol=1e-10)
    assert model.score(DIGITS) == pytest.approx(-mean_squared_error(DIGITS, back))
    weight = np.arange(len(DIGITS))
    assert model.score(DIGITS, sample_weight=weight) == pytest.approx(
        -mean_squared_error(DIGITS, back, sample_weight=weight)
    )
    assert model.evaluate(DIGITS)["mse"] == pytest.approx(errors.mean())
    assert model.evaluate(DIGITS)["loss"] == pytest.approx(errors.mean() * 64 / 2)


# ---------------------------------------------------------------- tied weights


@quiet
def test_tied_weights_are_one_array():
    model = FNNAutoencoder((16, 4), "tanh", tied_weights=True, **BRIEF).fit(DIGITS)
    shapes = [W.shape for W in model.coefs_]
    assert shapes == [(64, 16), (16, 4), (4, 16), (16, 64)]
    np.testing.assert_array_equal(model.coefs_[3], model.coefs_[0].T)
    assert np.shares_memory(model.coefs_[2], model.coefs_[1])
    assert model.summary()["parameters"].sum() == 64 * 16 + 16 * 4 + 16 + 4 + 16 + 64
    untied = FNNAutoencoder((16, 4), "tanh", **BRIEF).fit(DIGITS)
    assert len(model._fitted.network.values) < 0.6 * len(untied._fitted.network.values)
    copied = pickle.loads(pickle.dumps(model))
    copied.coefs_[0][:] = 0
    assert not copied.coefs_[3].any()


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([Dense(3), Tied(5, layer=0)], r"weights \(5, 3\).*There: \(4, 3\)"),
        ([Dense(3, "tanh"), Tied(4, layer=1)], "There: no weights"),
        ([Tied(4, layer=1), Dense(4)], "before it"),
        ([Dense(3), Tied(4, layer=0), Dense(3), Tied(4, layer=1)], "no weights"),
    ],
)
def test_a_layer_to_be_tied_to_must_fit(layers, said):
    X = np.ones((6, 4))
    with pytest.raises(ValueError, match=said):
        FNNRegressor(hidden_layers=layers).fit(X, X[:, 0])


# ---------------------------------------------------------------- noise and sparsity


@pytest.mark.parametrize("noise", ["masking", "gaussian", GaussianNoise(0.2), Dropout(0.1)])
@quiet
def test_noise_is_off_at_prediction_and_the_target_is_clean(noise):
    model = FNNAutoencoder((16,), noise=noise, **BRIEF).fit(DIGITS)
    np.testing.assert_array_equal(model.transform(DIGITS), model.transform(DIGITS))
    one_by_one = np.vstack([model.transform(DIGITS[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(one_by_one, model.transform(DIGITS[:5]), rtol=1e-6)
    # The training loss is that of corrupted inputs.
    assert model.loss_ > model.evaluate(DIGITS)["loss"]


@quiet
def test_a_denoising_autoencoder_removes_noise():
    rng = np.random.default_rng(0)
    train, test = DIGITS[:1200], DIGITS[1200:]
    noisy = test * (rng.random(test.shape) > 0.4)
    settings = {"learning_rate_init": 0.01, "max_iter": 60, "random_state": 0}

    def error(model):
        back = model.inverse_transform(model.transform(noisy))
        return ((back - test) ** 2).mean()

    plain = FNNAutoencoder((64,), **settings).fit(train)
    denoising = FNNAutoencoder((64,), noise=MaskingNoise(0.4), **settings).fit(train)
    assert error(denoising) < 0.8 * error(plain)


def test_masking_noise_zeroes_the_share_asked_for_and_gaussian_noise_has_its_scale():
    from skfnn._engine.network.network import Network
    from skfnn._engine.program.calls import replay
    from skfnn._engine.program.workspace import Workspace

    X = np.full((500, 40), 3.0)
    for layer, share, mean, scale in (
        (MaskingNoise(0.3), 0.3, 2.1, 3 * np.sqrt(0.21)),
        (GaussianNoise(0.5), 0.0, 3.0, 0.5),
    ):
        network = Network([layer], 40, np.float64, np.random.default_rng(0))
        workspace = Workspace(network, 500, rng=np.random.default_rng(0))
        chain = workspace.chain(500)
        replay(workspace.bind(chain.forward(X, True)))
        assert (chain.Y == 0).mean() == pytest.approx(share, abs=0.01)
        assert chain.Y.mean() == pytest.approx(mean, abs=0.03)
        assert chain.Y.std() == pytest.approx(scale, rel=0.02)


@quiet
def test_sparsity_makes_codes_sparse_and_is_part_of_the_loss():
    settings = {**BRIEF, "max_iter": 40}
    plain = FNNAutoencoder((32,), **settings).fit(DIGITS)
    sparse_ = FNNAutoencoder((32,), sparsity=0.1, **settings).fit(DIGITS)
    assert sparse_.transform(DIGITS).mean() < 0.3 * plain.transform(DIGITS).mean()
    penalty = 0.1 * np.abs(sparse_.transform(DIGITS)).sum(axis=1).mean()
    assert sparse_.loss_ - sparse_.evaluate(DIGITS)["loss"] == pytest.approx(penalty, rel=0.15)
    logistic = {"activation": "logistic", **settings}
    kl = FNNAutoencoder((32,), sparsity=KLSparsity(2.0, 0.1), **logistic).fit(DIGITS)
    assert kl.transform(DIGITS).mean() == pytest.approx(0.1, abs=0.05)


@pytest.mark.parametrize("penalty", [L1Sparsity(0.1), KLSparsity(0.5)])
@pytest.mark.parametrize("weighted", [False, True])
@quiet
def test_the_loss_of_lbfgs_is_the_formula(penalty, weighted):
    X = correlated(200)
    weight = np.random.default_rng(1).uniform(0.5, 2, len(X)) if weighted else None
    model = FNNAutoencoder((4,), "logistic", sparsity=penalty, solver="lbfgs", alpha=0, tol=1e-3,
                           random_state=0, max_iter=30).fit(X, sample_weight=weight)  # fmt: skip
    code = model.transform(X)
    if isinstance(penalty, L1Sparsity):
        extra = 0.1 * np.average(np.abs(code).sum(axis=1), weights=weight)
    else:
        m, rho = np.average(code, axis=0, weights=weight), penalty.target
        extra = 0.5 * (rho * np.log(rho / m) + (1 - rho) * np.log((1 - rho) / (1 - m))).sum()
    loss = model.evaluate(X, sample_weight=weight)["loss"]
    assert model.loss_ == pytest.approx(loss + extra, rel=1e-9)


# ---------------------------------------------------------------- losses, solvers, data


@pytest.mark.parametrize("loss", ["squared_error", "binary_crossentropy", "huber", "poisson"])
@quiet
def test_losses(loss):
    model = FNNAutoencoder((16,), loss=loss, **{**BRIEF, "max_iter": 60}).fit(DIGITS)
    back = model.inverse_transform(model.transform(DIGITS))
    assert ((back - DIGITS) ** 2).mean() < 0.4 * DIGITS.var(axis=0).mean()
    if loss == "binary_crossentropy":
        assert back.min() >= 0
        assert back.max() <= 1


@pytest.mark.parametrize("solver", [*solver_names(), "auto"])
@quiet
def test_every_solver(solver):
    rate = 0.1 if solver == "adagrad" else 0.01
    model = FNNAutoencoder((8,), "tanh", solver=solver, learning_rate_init=rate, max_iter=20,
                           random_state=0)  # fmt: skip
    if solver == "lm":
        with pytest.raises(ValueError, match="solver='lm' cannot train an autoencoder"):
            model.fit(DIGITS[:600])
        return
    model.fit(DIGITS[:600])
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert len(model.history_) == model.n_iter_


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@quiet
def test_early_stopping_on_rows_split_off_or_given(solver):
    settings = {"solver": solver, "early_stopping": True, "metrics": ["mse"], **BRIEF}
    for model in (
        FNNAutoencoder((8,), **settings).fit(DIGITS),
        FNNAutoencoder((8,), **settings).fit(DIGITS[:1200], X_val=DIGITS[1200:]),
    ):
        history = model.history_
        assert {"val_loss", "val_mse", "mse"} <= set(history.columns)
        assert model.best_validation_score_ == -history["val_loss"].min()
    assert model.evaluate(DIGITS[1200:])["loss"] == pytest.approx(history["val_loss"].min(), 1e-4)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@quiet
def test_sparse_and_dense_give_the_same(solver):
    settings = {"solver": solver, "dtype": "float64", "tied_weights": True, **BRIEF}
    X = sparse.csr_matrix(DIGITS)
    dense, thin = FNNAutoencoder((8,), **settings), FNNAutoencoder((8,), **settings)
    dense.fit(DIGITS, X_val=DIGITS[:50])
    thin.fit(X, X_val=X[:50])
    np.testing.assert_allclose(dense.loss_curve_, thin.loss_curve_, rtol=1e-6)
    np.testing.assert_allclose(
        thin.reconstruction_error(X), dense.reconstruction_error(DIGITS), rtol=1e-4
    )
    np.testing.assert_allclose(thin.transform(X[:9]), thin.transform(DIGITS[:9]), rtol=1e-6)
    assert thin.evaluate(X)["mse"] == pytest.approx(dense.evaluate(DIGITS)["mse"], rel=1e-4)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@quiet
def test_a_sparse_matrix_is_made_dense_in_parts_only(solver):
    X = sparse.random_array((6000, 1000), density=0.01, format="csr", rng=np.random.default_rng(0))
    model = FNNAutoencoder((2,), solver=solver, max_iter=1, dtype="float32", batch_size=100)
    tracemalloc.start()
    model.fit(X).reconstruction_error(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.7 * 6000 * 1000 * 4


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_dense_x_is_not_held_twice():
    X = np.random.default_rng(0).normal(size=(60_000, 100))
    model = FNNAutoencoder((5,), max_iter=1, random_state=0)
    model.fit(X[:1000])
    tracemalloc.start()
    model.fit(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.2 * X.size * 4


@quiet
def test_partial_fit_and_warm_start_go_on():
    rows = FNNAutoencoder((8,), noise="masking", **{**BRIEF, "max_iter": 3, "tol": 0}).fit(DIGITS)
    calls = FNNAutoencoder((8,), noise="masking", **{**BRIEF, "max_iter": 3, "tol": 0})
    for _ in range(3):
        calls.partial_fit(DIGITS)
    np.testing.assert_array_equal(rows.coefs_[0], calls.coefs_[0])
    warm = clone(rows).set_params(warm_start=True)
    assert len(warm.fit(DIGITS).fit(DIGITS).history_) == 6
    assert warm.loss_curve_[3] < warm.loss_curve_[0]
    with pytest.raises(AttributeError):
        FNNAutoencoder(solver="lbfgs").partial_fit(DIGITS)


# ---------------------------------------------------------------- scikit-learn


@quiet
def test_names_frames_and_pipelines():
    frame = pd.DataFrame(DIGITS, columns=[f"pixel{i}" for i in range(64)])
    model = FNNAutoencoder((8, 3), **BRIEF)
    with config_context(transform_output="pandas"):
        code = make_pipeline(MinMaxScaler(), model).fit_transform(frame)
    assert list(code.columns) == ["fnnautoencoder0", "fnnautoencoder1", "fnnautoencoder2"]
    assert model.set_output(transform="pandas").transform(frame).index.equals(frame.index)
    np.testing.assert_allclose(code, model.transform(frame))
    assert model.inverse_transform(code).shape == DIGITS.shape
    assert model.transform(frame.astype(np.float32)).dtypes.unique().tolist() == [np.float32]


@quiet
def test_grid_search_reaches_into_the_noise():
    model = FNNAutoencoder((4,), noise=MaskingNoise(), **{**BRIEF, "max_iter": 3})
    grid = {"noise__rate": [0.0, 0.9], "tied_weights": [False, True]}
    search = GridSearchCV(model, grid, cv=2).fit(DIGITS[:400])
    assert search.best_params_["noise__rate"] == 0.0


@quiet
@pytest.mark.parametrize("params", [{}, {"noise": "gaussian", "tied_weights": True}])
def test_one_row_one_column_and_constant_columns(params):
    for X in (np.ones((1, 3)), np.arange(5.0)[:, None], np.ones((7, 2))):
        model = FNNAutoencoder((2,), **params, **BRIEF).fit(X)
        assert np.isfinite(model.transform(X)).all()
        assert model.reconstruction_error(X).shape == (len(X),)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"hidden_layer_sizes": ()}, "no layer for the code"),
        ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be > 0"),
        ({"activation": ["relu", "tanh"]}, "one for each of the 1 hidden layers"),
        ({"noise": "maskin"}, "noise='maskin'.*Did you mean 'masking'"),
        ({"noise": Dense(3)}, "draws no random numbers"),
        ({"noise": MaskingNoise(1.5)}, "rate"),
        ({"noise": "masking", "solver": "lbfgs"}, "noise need a minibatch solver"),
        ({"sparsity": -1}, "sparsity"),
        ({"sparsity": Dense(3)}, "is not a penalty"),
        ({"sparsity": KLSparsity()}, r"codes in \(0, 1\)"),
        ({"loss": "hinge"}, "loss='hinge' is not a loss of FNNAutoencoder"),
        ({"loss": "categorical_crossentropy"}, "is not a loss"),
        ({"loss": "binary_crossentropy"}, r"needs X in \[0, 1\]. Got values from -1.0 to 2.0"),
        ({"loss": "gamma"}, "needs X > 0"),
        ({"metrics": ["neg_mean_squared_error"]}, "metrics='neg_mean_squared_error'"),
        ({"metrics": "accuracy"}, "is a metric for classification"),
        ({"scoring": "r3", "early_stopping": True}, "scoring='r3'"),
        ({"scoring": "mse"}, "no effect with early_stopping=False"),
    ],
)
def test_bad_parameters(params, said):
    X = np.array([[-1.0, 0.0], [2.0, 1.0], [0.5, 0.5]])
    for data in (X, sparse.csr_array(X)):
        with pytest.raises((ValueError, TypeError), match=said):
            FNNAutoencoder(**{"hidden_layer_sizes": (3,), **params}).fit(data)


@quiet
def test_bad_calls():
    model = FNNAutoencoder((3,), **BRIEF)
    with pytest.raises(ValueError, match="sample_weight_val has no effect without X_val"):
        model.fit(DIGITS, sample_weight_val=np.ones(3))
    model.fit(DIGITS)
    with pytest.raises(ValueError, match="3 columns of the code"):
        model.inverse_transform(DIGITS)
    with pytest.raises(ValueError, match="64 features"):
        model.transform(DIGITS[:, :3])
    with pytest.raises(ValueError, match="X_val"):
        model.fit(DIGITS, X_val=DIGITS[:, :3])


@pytest.mark.parametrize("edge", [-0.5, 1.5])
def test_probabilities_are_between_0_and_1_on_both_sides(edge):
    X = np.random.default_rng(0).uniform(size=(20, 3))
    X[3, 1] = edge
    with pytest.raises(ValueError, match=r"needs X in \[0, 1\]"):
        FNNAutoencoder(2, loss="binary_crossentropy").fit(X)

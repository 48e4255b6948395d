"""solver="lm": against scikit-learn's linear models, SciPy's least squares, finite differences."""

import pickle

import numpy as np
import pytest
from helpers import difference
from scipy.optimize import least_squares
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    GammaRegressor,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from test_gradient import layer_stacks, stacks

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor
from skfnn._engine.curvature import gauss_newton
from skfnn._engine.curvature.gauss_newton import GaussNewton
from skfnn._engine.curvature.jacobian import Jacobian
from skfnn._engine.network.forward import Forward
from skfnn._engine.network.network import Network
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.objective import Objective
from skfnn._engine.objective.targets import RegressionTarget
from skfnn._engine.program.layer import walk
from skfnn.activations import Activation
from skfnn.export import skops_trusted_types
from skfnn.layers import Dense, L1Sparsity, Layer, Linear, Skip
from skfnn.losses import Gaussian, Huber, Loss
from skfnn.solvers import LevenbergMarquardt

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, Y = load_diabetes(return_X_y=True)
X = StandardScaler().fit_transform(X)
RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(np.exp(0.5 + 0.3 * X[:, 2]))
CANCER, SICK = load_breast_cancer(return_X_y=True)
CANCER = StandardScaler().fit_transform(CANCER)
IRIS, KIND = load_iris(return_X_y=True)
WEIGHT = RNG.integers(0, 4, len(X)).astype(float)
LINEAR = {"hidden_layer_sizes": (), "solver": "lm", "random_state": 0}
SMALL = {"hidden_layer_sizes": (6,), "activation": "tanh", "solver": "lm", "random_state": 0}


def bent(n=60, noise=0.1, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, 1))
    return x, np.sin(4 * x[:, 0]) + noise * rng.normal(size=n)


# Linear models -------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_without_hidden_layers_it_is_scikit_learns_linear_model(weight):
    n = len(X) if weight is None else weight.sum()
    exact = {"tol": 1e-13, "max_iter": 10_000, "solver": "newton-cholesky"}
    for loss, y, oracle in (
        ("squared_error", Y, Ridge(3.0)),
        ("poisson", COUNTS, PoissonRegressor(alpha=3.0 / n, **exact)),
        ("gamma", Y, GammaRegressor(alpha=3.0 / n, **exact)),
    ):
        model = FNNRegressor(loss=loss, alpha=3.0, **LINEAR).fit(X, y, weight)
        oracle.fit(X, y, sample_weight=weight)
        np.testing.assert_allclose(model.coefs_[0][:, 0], oracle.coef_, rtol=1e-8, atol=1e-10)
        assert model.intercepts_[0][0] == pytest.approx(oracle.intercept_, rel=1e-8)
        assert model.n_iter_ < 30


@pytest.mark.parametrize(("X", "y"), [(CANCER, SICK), (IRIS, KIND)], ids=["two", "three"])
def test_without_hidden_layers_it_is_logistic_regression(X, y):
    oracle = LogisticRegression(C=0.5, tol=1e-13, max_iter=1000, solver="newton-cholesky")
    model = FNNClassifier(alpha=2.0, **LINEAR).fit(X, y)
    oracle.fit(X, y)
    np.testing.assert_allclose(model.coefs_[0].T, oracle.coef_, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(model.predict_proba(X), oracle.predict_proba(X), atol=1e-8)


def test_the_evidence_is_that_of_bayesian_ridge():
    flat = {"alpha_1": 0, "alpha_2": 0, "lambda_1": 0, "lambda_2": 0}
    oracle = BayesianRidge(tol=1e-14, max_iter=3000, compute_score=True, **flat).fit(X, Y)
    model = FNNRegressor(alpha="bayes", **LINEAR).fit(X, Y)
    np.testing.assert_allclose(model.coefs_[0][:, 0], oracle.coef_, rtol=1e-5)
    assert 1 / model.noise_variance_ == pytest.approx(oracle.alpha_, rel=1e-5)
    (strength,) = model.alpha_
    assert strength / model.noise_variance_ == pytest.approx(oracle.lambda_, rel=1e-5)
    assert model.log_marginal_likelihood_ == pytest.approx(oracle.scores_[-1], rel=1e-9)
    mean, std = model.predict(X, return_std=True)
    expected = oracle.predict(X, return_std=True)
    np.testing.assert_allclose(mean, expected[0], rtol=1e-6)
    np.testing.assert_allclose(std, expected[1], rtol=1e-5)
    again = FNNRegressor(**{**LINEAR, "alpha": strength}).fit(X, Y)  # the unit is that of alpha
    np.testing.assert_allclose(again.coefs_[0], model.coefs_[0], rtol=1e-5)
    np.testing.assert_allclose(again.predict(X, return_std=True)[1], std, rtol=1e-4)
    assert again.noise_variance_ == pytest.approx(model.noise_variance_, rel=1e-4)


def test_the_evidence_by_feature_is_that_of_ard_regression():
    oracle = ARDRegression(tol=1e-12, max_iter=3000, lambda_1=1e-12, lambda_2=1e-12).fit(X, Y)
    solver = LevenbergMarquardt(groups="features", evidence_tol=1e-12, max_iter=1000)
    model = FNNRegressor((), solver=solver, alpha="bayes").fit(X, Y)
    kept = oracle.coef_ != 0
    assert 5 < kept.sum() < 10  # the others fade in both
    np.testing.assert_allclose(model.coefs_[0][kept, 0], oracle.coef_[kept], rtol=1e-5, atol=5e-5)
    assert np.abs(model.coefs_[0][~kept]).max() < 0.01
    assert 1 / model.noise_variance_ == pytest.approx(oracle.alpha_, rel=1e-5)
    strengths = model.alpha_.to_numpy() / model.noise_variance_
    np.testing.assert_allclose(strengths[kept], oracle.lambda_[kept], rtol=1e-4)
    relevance = model.feature_relevance_
    assert relevance.sum() == pytest.approx(1)
    assert relevance[~kept].max() < 1e-3 < relevance[kept].min()


def test_integer_weights_are_repeated_rows_for_the_evidence():
    times = WEIGHT.astype(int)
    settings = {**SMALL, "hidden_layer_sizes": (3,), "alpha": "bayes", "max_iter": 15}
    with pytest.warns(ConvergenceWarning, match="max_iter=15 reached"):
        weighted = FNNRegressor(**settings).fit(X, Y, WEIGHT)
    with pytest.warns(ConvergenceWarning):
        repeated = FNNRegressor(**settings).fit(np.repeat(X, times, 0), np.repeat(Y, times))
    assert weighted.noise_variance_ == pytest.approx(repeated.noise_variance_, rel=1e-4)
    for a, b in zip(weighted.predict(X, return_std=True), repeated.predict(X, return_std=True),
                    strict=True):  # fmt: skip
        np.testing.assert_allclose(a, b, rtol=1e-3)


# The Jacobian and the curvature --------------------------------------------------------------


ROWS = {
    **stacks("tanh"),
    **layer_stacks(),
    "skip to another width": [Dense(3, "tanh"), Skip([Dense(5, "tanh")])],
    **{
        repr(function): [Dense(5, function), Dense(3, function)]
        for cls in Activation.members()
        for function in cls.examples()
        if function.differentiable
    },
}


def usable(layers):
    network = Network([*layers, Linear(2)], 4, np.float64, np.random.default_rng(0))
    return not any(
        layer.stochastic or layer.couples_rows or layer.penalises
        for _, layer, _ in walk(network.layers, 4)
    )


@pytest.mark.parametrize("name", [name for name, layers in ROWS.items() if usable(layers)])
def test_jacobians_are_finite_differences(name):
    rng = np.random.default_rng(1)
    network = Network([*ROWS[name], Linear(2)], 4, np.float64, np.random.default_rng(0))
    network.values += 0.1 * rng.normal(size=network.values.size)
    X, seeds = rng.normal(size=(7, 4)), rng.normal(size=(7, 2))
    jacobian = Jacobian(network, 7)
    np.testing.assert_allclose(jacobian.scores(X[:5]), Forward(network, 5)(X[:5]), rtol=1e-10)
    products = jacobian.rows(seeds[:5]).copy()
    np.testing.assert_array_equal(products, jacobian.rows(seeds[:5]))  # nothing is left over
    theta = network.values.copy()
    for direction in rng.normal(size=(3, theta.size)):

        def along(h, direction=direction):
            network.values[...] = theta + h * direction
            return (Forward(network, 5)(X[:5]) * seeds[:5]).sum(axis=1)

        np.testing.assert_allclose(products @ direction, difference(along, 0.0, 1e-4), rtol=1e-6,
                                   atol=1e-8)  # fmt: skip


@quiet
def test_a_layer_of_ones_own_needs_no_jacobian_of_its_own():
    class Gain(Layer):
        def params(self, n_in):
            return Linear(1).params(n_in) | {}

        def n_outputs(self, n_in):
            return 1

        def forward(self, X, Y, cell, training):
            return Linear(1).forward(X, Y, cell, training)

        def backward(self, dY, X, Y, cell, dX):
            return Linear(1).backward(dY, X, Y, cell, dX)

    x, y = bent()
    layers = [Dense(5, "tanh")]
    model = FNNRegressor(hidden_layers=[*layers, Gain()], solver="lm", random_state=0, max_iter=40)
    plain = FNNRegressor(hidden_layers=[*layers, Linear(1)], solver="lm", random_state=0,
                         max_iter=40)  # fmt: skip
    predicted = plain.fit(x, y).predict(x)
    np.testing.assert_allclose(model.fit(x, y).predict(x), predicted, rtol=1e-4)


SMOOTH = []
for cls in Loss.members():
    for loss in cls.examples():
        try:
            loss.curvature(loss.sample_y(RNG, 1, 2), np.zeros((1, loss.n_scores(2))))
        except ValueError:
            continue
        SMOOTH.append(loss)


def test_smooth_losses_have_a_curvature():
    names = {loss.name for loss in SMOOTH}
    assert names >= {"squared_error", "huber", "poisson", "gamma", "gaussian"}
    assert names >= {"binary_crossentropy", "categorical_crossentropy"}
    assert not names & {"absolute_error", "quantile", "hinge"}


@pytest.mark.parametrize("loss", SMOOTH, ids=repr)
def test_curvatures_are_second_derivatives(loss):
    """Exactly, or in expectation over y (the normal distribution), or from above (the others)."""
    rng = np.random.default_rng(0)
    y, raw = loss.sample_y(rng, 6, 3), rng.normal(size=(6, loss.n_scores(3)))
    factors = loss.curvature(y, raw)
    matrix = np.einsum("mni,mnj->nij", factors, factors)
    for move in rng.normal(size=(4, raw.shape[1])):
        along = np.einsum("nij,i,j->n", matrix, move, move)
        values = {h: loss.value(y, raw + h * move) for h in (-1e-4, 0, 1e-4)}
        second = (values[-1e-4] - 2 * values[0] + values[1e-4]) / 1e-8
        if loss.name in ("huber", "gaussian", "sigmoid_squared_error", "softmax_squared_error"):
            assert (along >= 0).all()
            if loss.name == "huber":
                assert (along >= second - 1e-5).all()
        else:
            np.testing.assert_allclose(along, second, rtol=1e-4, atol=1e-6)


def test_the_expected_curvature_of_the_normal_distribution():
    rng = np.random.default_rng(0)
    raw = np.tile([0.3, -0.8], (200_000, 1))
    y = 0.3 + np.exp(-0.4) * rng.normal(size=(len(raw), 1))
    loss, h = Gaussian(), 1e-3
    factors = loss.curvature(y[:1], raw[:1])
    for move in ([1.0, 0.0], [0.0, 1.0], [1.0, 1.0]):
        step = h * np.array(move)
        second = loss.value(y, raw + step) - 2 * loss.value(y, raw) + loss.value(y, raw - step)
        expected = sum((f[0] @ move) ** 2 for f in factors)
        assert second.mean() / h**2 == pytest.approx(expected, rel=0.02)


def test_the_matrix_is_the_sum_over_rows_in_any_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    network = Network([Dense(4, "tanh"), Linear(2)], 3, np.float64, rng)
    X, y, weight = rng.normal(size=(50, 3)), rng.normal(size=(50, 2)), rng.uniform(size=50)
    data = Data(X, y, weight, RegressionTarget(2, False), (0.0, 1.0))
    objective = Objective(network, Huber(0.5), 0.0)
    jacobian = Jacobian(network, 50)
    raw = jacobian.all_scores(X)
    expected = 0.0
    jacobian.scores(X)
    for seeds in Huber(0.5).curvature(y, raw):
        rows = jacobian.rows(seeds)
        expected = expected + (weight[:, None] * rows).T @ rows
    for elements in (2**20, 100):
        monkeypatch.setattr("skfnn._engine.curvature.jacobian.BLOCK_ELEMENTS", elements)
        lower = np.tril(GaussNewton(objective, data)())
        np.testing.assert_allclose(lower, np.tril(expected), rtol=1e-10, atol=1e-12)


# Nonlinear least squares ---------------------------------------------------------------------

# NIST StRD, nonlinear regression, higher difficulty.
RAT42 = np.array([[9, 8.93], [14, 10.8], [21, 18.59], [28, 22.33], [42, 39.35], [57, 56.11],
                  [63, 61.73], [70, 64.62], [79, 67.08]])  # fmt: skip
RAT43 = np.column_stack([np.arange(1.0, 16), [
    16.08, 33.83, 65.8, 97.2, 191.55, 326.2, 386.87, 520.53, 590.03, 651.92, 724.93, 699.56,
    689.96, 637.56, 717.41,
]])  # fmt: skip


@quiet
@pytest.mark.parametrize("table", [RAT42, RAT43], ids=["Rat42", "Rat43"])
def test_nist_problems_are_solved_as_by_scipy(table):
    """One logistic unit between linear maps: b0 + b1 / (1 + exp(-(b2 + b3 x)))."""
    x = (table[:, :1] - table[:, 0].mean()) / table[:, 0].std()
    y = table[:, 1]

    def residuals(b):
        return b[0] + b[1] / (1 + np.exp(-(b[2] + b[3] * x[:, 0]))) - y

    oracle = least_squares(residuals, [y.min(), np.ptp(y), 0.0, 1.5], xtol=1e-15, ftol=1e-15,
                           gtol=1e-15)  # fmt: skip
    solver = LevenbergMarquardt(n_init=5, max_iter=500)
    model = FNNRegressor((1,), "logistic", solver=solver, alpha=0, random_state=0).fit(x, y)
    np.testing.assert_allclose(model.predict(x), y + oracle.fun, rtol=1e-6)
    assert ((model.predict(x) - y) ** 2).sum() == pytest.approx(2 * oracle.cost, rel=1e-6)


@quiet
def test_a_smooth_function_is_fitted_far_below_lbfgs():
    rng = np.random.default_rng(0)
    grid, new = rng.uniform(-1, 1, (2, 400, 2))

    def f(Z):
        return np.sin(3 * Z[:, 0]) * np.cos(2 * Z[:, 1])

    settings = {"hidden_layer_sizes": (20,), "activation": "tanh", "alpha": 0, "random_state": 0}
    errors = {}
    for solver, n in (("lm", 100), ("lbfgs", 1000)):
        model = FNNRegressor(solver=solver, max_iter=n, tol=1e-9, **settings).fit(grid, f(grid))
        errors[solver] = np.mean((model.predict(new) - f(new)) ** 2)
    assert errors["lm"] < errors["lbfgs"] / 30


# Uncertainty ---------------------------------------------------------------------------------


def test_error_bars_are_those_of_pytorchs_jacobian():
    torch = pytest.importorskip("torch")
    x, y = bent()
    model = FNNRegressor(alpha=0.01, **{**SMALL, "hidden_layer_sizes": (3,)}).fit(x, y)
    arrays = [*model.coefs_, *model.intercepts_]
    theta = torch.tensor(np.concatenate([a.ravel() for a in arrays]))
    shapes = [a.shape for a in arrays]

    def network(theta, x):
        W1, W2, b1, b2 = (
            part.reshape(shape)
            for part, shape in zip(theta.split([int(np.prod(s)) for s in shapes]), shapes,
                                   strict=True)
        )  # fmt: skip
        return (torch.tanh(x @ W1 + b1) @ W2 + b2)[:, 0]

    def jacobian(x):
        return torch.func.jacrev(network)(theta, torch.tensor(x)).numpy()

    J, new = jacobian(x), np.linspace(-3, 3, 40)[:, None]
    penalty = np.r_[np.full(6, 0.01), np.zeros(4)]
    assert np.linalg.cond(J.T @ J + np.diag(penalty)) < 1e9
    covariance = np.linalg.inv(J.T @ J + np.diag(penalty))
    effective = 6 - penalty @ np.diagonal(covariance)
    noise = ((model.predict(x) - y) ** 2).sum() / (len(x) - effective)
    assert model.n_effective_parameters_ == pytest.approx(effective, rel=1e-6)
    assert model.noise_variance_ == pytest.approx(noise, rel=1e-6)
    K = jacobian(new)
    epistemic = noise * (np.einsum("ij,jk,ik->i", K, covariance, K) - 1 / len(x))
    np.testing.assert_allclose(model.epistemic_std(new), np.sqrt(epistemic), rtol=1e-5)
    std = model.predict(new, return_std=True)[1]
    np.testing.assert_allclose(std, np.sqrt(epistemic + noise), rtol=1e-5)


@quiet
def test_error_bars_widen_off_the_data_and_cover():
    x, y = bent(80, noise=0.2)
    model = FNNRegressor(alpha="bayes", **SMALL).fit(x, y)
    assert np.sqrt(model.noise_variance_) == pytest.approx(0.2, rel=0.25)
    inside, off = model.epistemic_std([[0.0]]), model.epistemic_std([[3.0]])
    assert off > 3 * inside
    new, truth = bent(3000, noise=0.2, seed=1)
    low, high = model.predict_interval(new).T
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.9, abs=0.05)
    assert model.sample_y(new[:3], 5).shape == (3, 5)
    assert model.predict_quantiles(new[:3], 0.5) == pytest.approx(model.predict(new[:3]))
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.epistemic_std(new), model.epistemic_std(new))


def test_a_fit_that_knows_how_sure_it_is_can_be_saved_by_skops():
    skops_io = pytest.importorskip("skops.io")
    x, y = bent()
    for model in (
        FNNRegressor(alpha=0.1, early_stopping=True, **SMALL),
        FNNClassifier((2,), "tanh", solver=LevenbergMarquardt(moderated=True), alpha=0.1),
    ):
        model.fit(x, y if isinstance(model, FNNRegressor) else y > 0)
        saved = skops_io.dumps(model)
        again = skops_io.loads(saved, trusted=skops_trusted_types())
        if isinstance(model, FNNRegressor):
            for a, b in zip(
                again.predict(x, return_std=True), model.predict(x, return_std=True), strict=True
            ):
                np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(
                again.predict_interval(x, 0.8), model.predict_interval(x, 0.8)
            )
        else:
            np.testing.assert_array_equal(again.predict_proba(x), model.predict_proba(x))


@quiet
def test_the_evidence_finds_the_features_that_count():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 5))
    y = np.sin(2 * X[:, 0]) + 0.5 * X[:, 3] + 0.1 * rng.normal(size=200)
    solver = LevenbergMarquardt(groups="features")
    model = FNNRegressor((8,), "tanh", solver=solver, alpha="bayes", random_state=0).fit(X, y)
    assert set(np.argsort(model.feature_relevance_)[-2:]) == {0, 3}
    assert model.feature_relevance_[[1, 2, 4]].max() < 0.1
    layers = FNNRegressor(**SMALL, alpha="bayes").fit(X, y)
    assert list(layers.alpha_.index) == ["layer 0 weights", "layer 0 biases", "output weights"]
    with pytest.raises(AttributeError, match=r"feature_relevance_.*groups='features'"):
        layers.feature_relevance_  # noqa: B018
    with pytest.raises(AttributeError, match=r"alpha_.*solver='lm'"):
        FNNRegressor((2,), tol=1e9).fit(X, y).alpha_  # noqa: B018


@quiet
def test_other_losses_and_several_outputs():
    x, y = bent(150)
    both = np.column_stack([y, 5 * np.cos(3 * x[:, 0]) + RNG.normal(size=150)])
    model = FNNRegressor(alpha="bayes", **SMALL).fit(x, both)
    assert model.noise_variance_ == pytest.approx([0.01, 1.0], rel=0.5)
    assert model.predict(x, return_std=True)[1].shape == (150, 2)
    for loss in ("huber", "gaussian"):
        model = FNNRegressor(loss=loss, alpha=0.1, **SMALL).fit(x, y)
        std, sure = model.predict(x, return_std=True)[1], model.epistemic_std(x)
        assert (std > sure).all()
    for loss in ("poisson", "gamma"):
        model = FNNRegressor(loss=loss, alpha=0.1, **SMALL).fit(x, np.exp(y))
        assert model.score(x, np.exp(y)) > 0.9
        with pytest.raises(ValueError, match="return_std=True needs"):
            model.predict(x, return_std=True)


@quiet
def test_moderated_probabilities():
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(-1, 1, (30, 2)), rng.normal(1, 1, (30, 2))])
    y = np.repeat([0, 1], 30)
    for labels in (y, y + (X[:, 0] > 1.5)):
        settings = {"hidden_layer_sizes": (4,), "activation": "tanh", "alpha": "bayes",
                    "random_state": 0}  # fmt: skip
        plain = FNNClassifier(solver="lm", **settings).fit(X, labels)
        solver = LevenbergMarquardt(moderated=True)
        moderated = FNNClassifier(solver=solver, **settings).fit(X, labels)
        for a, b in zip(plain.coefs_, moderated.coefs_, strict=True):
            np.testing.assert_array_equal(a, b)
        far = 5 * X
        sure, less = plain.predict_proba(far).max(1), moderated.predict_proba(far).max(1)
        assert (less <= sure + 1e-12).all()
        assert less.mean() < sure.mean() - 0.005
        assert moderated.evaluate(X, labels)["loss"] != plain.evaluate(X, labels)["loss"]
        assert np.isfinite(moderated.log_marginal_likelihood_)
        with pytest.raises(ValueError, match="moderates probabilities"):
            moderated.to_sklearn()
        plain.to_sklearn()


# The contract --------------------------------------------------------------------------------


def test_errors_name_the_part_and_what_to_do(monkeypatch):
    x, y = bent(30)
    for options, message in (
        ({"batch_norm": "before"}, r"solver='lm' cannot train BatchNorm\(\).*takes rows together"),
        ({"dropout": 0.2}, "dropout and noise need a minibatch solver"),
        ({"activation": "threshold"}, r"cannot train Activate.*not its derivative"),
        ({"loss": "absolute_error"}, "loss='absolute_error' has no curvature"),
        (
            {"loss": "huber", "alpha": "bayes"},
            r"alpha='bayes' needs a likelihood.*Got loss='huber'",
        ),
        ({"dtype": "float32"}, "dtype='float32' has too few digits"),
        ({"clip_norm": 1.0}, "clip_norm=1.0 has no effect with solver='lm'"),
    ):
        with pytest.raises(ValueError, match=message):
            FNNRegressor((3,), solver="lm").set_params(**options).fit(x, y)
    with pytest.raises(ValueError, match=r"alpha='bayes' has no effect with .*'lm'"):
        FNNRegressor((3,), alpha="bayes").fit(x, y)
    with pytest.raises(ValueError, match=r"L1Sparsity.* adds a penalty of its own"):
        FNNRegressor(hidden_layers=[Dense(3), L1Sparsity()], solver="lm").fit(x, y)
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'"):
        FNNRegressor(solver="lm").partial_fit(x, y)
    with pytest.raises(ValueError, match="epistemic_std needs a fit with solver='lm'"):
        FNNRegressor((3,), tol=1e9).fit(x, y).epistemic_std(x)
    monkeypatch.setattr(gauss_newton, "physical_memory", lambda: 10 * 2**20)
    with pytest.raises(ValueError, match=r"needs 0\.2 GiB for the curvature of 3,001 parameters.*"
                                         "solver='lbfgs'"):  # fmt: skip
        FNNRegressor((1000,), solver="lm").fit(x, y)


@quiet
def test_history_callbacks_restarts_and_early_stopping(capsys):
    x, y = bent(120)
    model = FNNRegressor(verbose=True, max_iter=30, **SMALL).fit(x, y)
    assert "Iteration 1, loss" in capsys.readouterr().out
    losses = model.history_["loss"].to_numpy()
    assert (np.diff(losses) <= 1e-12).all()
    assert len(losses) == model.n_iter_
    assert model.loss_ == pytest.approx(losses[-1], rel=1e-6)
    loss = model.loss_gradient(x, y)
    assert loss.loss == pytest.approx(model.loss_, rel=1e-9)
    starts = [
        FNNRegressor(**{**SMALL, "solver": LevenbergMarquardt(n_init=n), "max_iter": 30})
        .fit(x, y).loss_ for n in (1, 6)
    ]  # fmt: skip
    assert starts[1] <= starts[0]
    for n in range(2, 7):  # the weights are those of the best start, not of the last
        solver = LevenbergMarquardt(n_init=n)
        best = FNNRegressor(**{**SMALL, "solver": solver, "max_iter": 5}).fit(x, y)
        assert best.loss_gradient(x, y).loss == pytest.approx(best.loss_, rel=1e-9)
    early = FNNRegressor(early_stopping=True, n_iter_no_change=3, **SMALL).fit(x, y)
    assert early.best_validation_score_ == max(early.validation_scores_)
    assert early.predict_interval(x, calibrated=True).shape == (120, 2)
    before = early.predict(x)
    early.set_params(warm_start=True, early_stopping=False).fit(x, y)
    assert early.score(x, y) >= np.corrcoef(before, y)[0, 1] ** 2 - 0.05


@quiet
def test_an_interrupt_keeps_the_last_iteration(monkeypatch):
    x, y = bent(120)
    calls = []
    original = GaussNewton.__call__

    def interrupted(self):
        calls.append(None)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return original(self)

    monkeypatch.setattr(GaussNewton, "__call__", interrupted)
    with pytest.warns(UserWarning, match="interrupted by user"):
        model = FNNRegressor(**SMALL).fit(x, y)
    assert model.n_iter_ == 4
    assert np.isfinite(model.predict(x, return_std=True)[1]).all()


@quiet
def test_searches_pipelines_and_targets_of_another_scale():
    x, y = bent(120)
    pipe = make_pipeline(StandardScaler(), FNNRegressor(**SMALL, alpha="bayes"))
    search = GridSearchCV(pipe, {"fnnregressor__hidden_layer_sizes": [(4,), (8,)]}, cv=3)
    assert search.fit(x, y).best_score_ > 0.9
    scaled = TransformedTargetRegressor(pipe, transformer=StandardScaler())
    assert scaled.fit(x, 1e6 * y).score(x, 1e6 * y) > 0.95
    solver = LevenbergMarquardt(groups="one")
    grid = GridSearchCV(FNNRegressor((3,), "tanh", solver=solver, alpha="bayes", max_iter=10),
                        {"solver__groups": ["one", "layers"]}, cv=2)  # fmt: skip
    assert clone(grid.fit(x, y).best_estimator_).get_params()["solver__groups"] in ("one", "layers")


@quiet
def test_ugly_data():
    x, y = bent(40)
    for X_, y_ in (
        (x[:1], y[:1]),
        (x[:2], y[:2]),
        (np.zeros_like(x), y),
        (x, np.zeros(40)),
        (1e6 * x, 1e6 * y),
        (np.hstack([x, x, np.ones_like(x)]), y),
    ):
        for alpha in ("bayes", 0.0, 1e-4):
            model = FNNRegressor(**SMALL, alpha=alpha, max_iter=20).fit(X_, y_)
            mean, std = model.predict(X_, return_std=True)
            assert np.isfinite(mean).all()
            assert np.isfinite(std).all()
            assert np.isfinite(model.predict(1e3 * X_)).all()
    one = FNNClassifier(**SMALL, max_iter=5).fit(x, np.zeros(40))
    assert (one.predict(x) == 0).all()
    apart = FNNClassifier(**SMALL, alpha="bayes", max_iter=50).fit(x, x[:, 0] > 0)
    assert apart.score(x, x[:, 0] > 0) == 1
    with pytest.raises(ValueError, match="cannot train an autoencoder"):
        FNNAutoencoder((2,), solver="lm", max_iter=3).fit(X[:50])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@quiet
@parametrize_with_checks([
    FNNRegressor((3,), "tanh", solver="lm", max_iter=8),
    FNNClassifier((3,), "tanh", solver="lm", alpha=0.1, max_iter=8),
    FNNRegressor((3,), "tanh", solver="lm", alpha="bayes", max_iter=8),
])  # fmt: skip
def test_estimator_check(estimator, check):
    check(estimator)


@quiet
def test_nguyen_widrow_spreads_the_units_over_the_inputs():
    rng = np.random.default_rng(0)
    X = rng.uniform(20, 60, (500, 1))
    model = FNNRegressor((20,), "tanh", initializer="nguyen_widrow", learning_rate_init=1e-12,
                         max_iter=1, tol=1e9, random_state=0).fit(X, X[:, 0])  # fmt: skip
    (W, _), (b, _) = model.coefs_, model.intercepts_
    centers = -b / W[0]
    assert centers.min() > 15
    assert centers.max() < 65
    assert np.diff(np.sort(centers)).max() < 10
    np.testing.assert_allclose(np.abs(W[0]), 0.7 * 20 / 20, rtol=0.02)  # over half the range

"""L-BFGS in two precisions: single as far as it goes, then double. The result is that of double."""

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_digits, make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.preprocessing import StandardScaler

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor
from skfnn._engine.following import interrupts
from skfnn._engine.network.network import Network
from skfnn._engine.objective.objective import Batch, FullBatch, Objective
from skfnn.layers import Linear
from skfnn.losses import CategoricalCrossEntropy
from skfnn.solvers import LBFGS, _refining

X, Y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)
A, B = make_friedman1(500, 8, noise=0.5, random_state=0)
B = (B - B.mean()) / B.std()
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(autouse=True)
def from_the_first_row_on(monkeypatch):
    """Small problems show the same as large ones, sooner."""
    monkeypatch.setattr(_refining, "LEAST_WORK", 0)


class Watched:
    """Notes the precision of each evaluation, and may spoil those in single precision."""

    def __init__(self, monkeypatch, spoil=None, fail_at=None):
        self.seen = []
        genuine = FullBatch.value_and_grad

        def value_and_grad(full, theta):
            value, gradient = genuine(full, theta)
            name = full.objective.network.dtype.name
            self.seen.append(name)
            if fail_at == (name, self.seen.count(name)):
                raise KeyboardInterrupt
            if spoil and name == "float32":
                return spoil(self.seen.count(name), value, gradient)
            return value, gradient

        monkeypatch.setattr(FullBatch, "value_and_grad", value_and_grad)


def classifier(**params):
    settings = {"hidden_layer_sizes": (), "solver": "lbfgs", "alpha": 1.0, "max_iter": 5000}
    return FNNClassifier(**{**settings, "random_state": 0, **params})


def regressor(**params):
    settings = {"hidden_layer_sizes": (20,), "solver": "lbfgs", "alpha": 1.0, "max_iter": 2000}
    return FNNRegressor(**{**settings, "random_state": 0, **params})


@pytest.mark.parametrize("tol", [1e-3, 1e-5, 1e-8])
def test_the_result_is_an_optimum_in_double_precision(tol, monkeypatch):
    """The gradient is written out here, from the formula."""
    watched = Watched(monkeypatch)
    model = classifier(tol=tol).fit(X, Y)
    assert watched.seen.count("float32") > 5
    W, b = model.coefs_[0], model.intercepts_[0]
    assert W.dtype == b.dtype == np.float64
    p = 1 / (1 + np.exp(-(X @ W + b)))
    r = (p - Y[:, None]) / len(X)
    assert max(np.abs(X.T @ r + W / len(X)).max(), np.abs(r.sum())) <= tol


def test_it_equals_logistic_regression_ridge_and_poisson_regression():
    theirs = LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(X, Y)
    ours = classifier(tol=1e-10).fit(X, Y)
    np.testing.assert_allclose(ours.coefs_[0][:, 0], theirs.coef_[0], atol=1e-7)

    ours = regressor(hidden_layer_sizes=(), tol=1e-11).fit(A, B)
    np.testing.assert_allclose(ours.coefs_[0][:, 0], Ridge(1.0).fit(A, B).coef_, atol=1e-8)

    counts = np.random.default_rng(0).poisson(np.exp(B))
    theirs = PoissonRegressor(alpha=1 / len(A), tol=1e-12, max_iter=10_000).fit(A, counts)
    ours = regressor(hidden_layer_sizes=(), loss="poisson", tol=1e-10).fit(A, counts)
    np.testing.assert_allclose(ours.coefs_[0][:, 0], theirs.coef_, atol=1e-7)


@quiet
@pytest.mark.parametrize("solver_dtype", ["float64", "float32"])
def test_a_precision_that_is_asked_for_is_the_only_one(solver_dtype, monkeypatch):
    watched = Watched(monkeypatch)
    model = regressor(dtype=solver_dtype, max_iter=20).fit(A, B)
    assert set(watched.seen) == {solver_dtype}
    assert model.coefs_[0].dtype == solver_dtype


def test_small_problems_are_solved_in_double_precision(monkeypatch):
    monkeypatch.undo()
    watched = Watched(monkeypatch)
    classifier(tol=0.01).fit(X[:50], Y[:50])
    assert set(watched.seen) == {"float64"}
    digits, labels = load_digits(return_X_y=True)
    classifier(hidden_layer_sizes=(30,), tol=0.01).fit(digits / 16, labels)
    assert "float32" in watched.seen


@quiet
@pytest.mark.parametrize(
    ("features", "targets"),
    [(A, 1e40 * B), (1e30 * A, 1e30 * B), (A, 1e4 + B), (A + 1e4, B), (A + 1e12, B)],
    ids=["large targets", "both large", "targets far from 0", "far from 0", "farther"],
)
def test_what_single_precision_cannot_see_is_left_to_double(features, targets):
    """To the bit: no step was taken in single precision."""
    first, second = (
        regressor(dtype=dtype, max_iter=50).fit(features, targets) for dtype in ("auto", "float64")
    )
    np.testing.assert_array_equal(first.coefs_[0], second.coefs_[0])
    assert first.loss_ == second.loss_


def noise(k, value, gradient):
    return value * (1 + 1e-3 * np.sin(1e4 * k) * (k > 1)), gradient


def overflow(k, value, gradient):
    return (np.inf if k > 8 else value), gradient


def not_a_number(k, value, gradient):
    return value, (gradient * np.nan if k > 8 else gradient)


def wrong_way(k, value, gradient):
    return value, (-gradient if k > 8 else gradient)


def stands_still(k, value, gradient):
    return (0.3 if k > 8 else value), gradient


@pytest.mark.parametrize("spoil", [noise, overflow, not_a_number, wrong_way, stands_still])
def test_a_search_survives_whatever_single_precision_does(spoil, monkeypatch, recwarn):
    expected = classifier(tol=1e-9, dtype="float64").fit(X, Y)
    watched = Watched(monkeypatch, spoil)
    model = classifier(tol=1e-9).fit(X, Y)
    assert watched.seen.count("float32") > 1
    assert [str(w.message) for w in recwarn] == []
    np.testing.assert_allclose(model.coefs_[0], expected.coefs_[0], atol=1e-6)
    assert model.loss_ == pytest.approx(expected.loss_, rel=1e-12)


@quiet
def test_history_is_that_of_one_search(capsys):
    model = classifier(tol=1e-7, verbose=True).fit(X, Y)
    assert model.n_iter_ == len(model.history_) == len(model.loss_curve_)
    assert model.loss_curve_[-1] == model.loss_ == model.best_loss_
    assert (np.diff(model.loss_curve_) < 1e-9).all()
    *lines, last = capsys.readouterr().out.splitlines()
    assert len(lines) == model.n_iter_
    assert last.startswith(f"L-BFGS converged in {model.n_iter_} iterations")


@pytest.mark.parametrize("limit", [{"max_iter": 7}, {"max_fun": 7}])
def test_limits_count_over_both(limit):
    ((name, count),) = limit.items()
    with pytest.warns(ConvergenceWarning, match=f"{name}={count} reached after") as caught:
        model = regressor(**limit, tol=1e-9).fit(A, B)
    assert len(caught) == 1
    assert model.n_iter_ <= 7
    assert model.loss_ == model.loss_curve_[-1] or name == "max_fun"


@quiet
@pytest.mark.parametrize("moment", [("float32", 12), ("float64", 4)])
def test_an_interrupt_keeps_the_last_iteration(moment, monkeypatch):
    interrupts.forget()
    Watched(monkeypatch, fail_at=moment)
    with pytest.warns(UserWarning, match="interrupted"):
        model = classifier(tol=1e-10).fit(X, Y)
    monkeypatch.undo()
    assert model.n_iter_ == len(model.loss_curve_) > 3
    penalty = 0.5 / len(X) * (model.coefs_[0] ** 2).sum()
    loss = model.evaluate(X, Y)["loss"] + penalty
    assert loss == pytest.approx(model.loss_curve_[-1], rel=1e-5)
    interrupts.forget()


@quiet
def test_two_fits_give_the_same_bits():
    first, second = (pickle.dumps(regressor(tol=1e-6).fit(A, B).coefs_) for _ in range(2))
    assert first == second


@quiet
@pytest.mark.parametrize("max_iter", [15, 300])
def test_running_moments_belong_to_the_solution(max_iter):
    model = regressor(hidden_layer_sizes=(6,), batch_norm="before", max_iter=max_iter, alpha=0)
    model.fit(A, B)
    assert model.evaluate(A, B)["loss"] == pytest.approx(model.loss_, rel=1e-9)


def test_training_goes_on_from_an_optimum():
    model = classifier(tol=1e-6, warm_start=True).fit(X, Y)
    before = model.coefs_[0].copy()
    assert model.fit(X, Y).n_iter_ == 1
    np.testing.assert_array_equal(model.coefs_[0], before)


def test_weights_sparse_rows_and_reconstructions():
    """Convex, so that there is one optimum: rows twice, weights 2, stored sparsely or not."""
    weight = np.random.default_rng(0).integers(0, 3, len(X))
    S = np.where(np.abs(X) > 0.7, X, 0)
    models = [
        classifier(tol=1e-9).fit(S, Y, weight),
        classifier(tol=1e-9).fit(sparse.csr_array(S), Y, weight),
        classifier(tol=1e-9).fit(np.repeat(S, weight, axis=0), np.repeat(Y, weight)),
    ]
    for model in models[1:]:
        np.testing.assert_allclose(model.coefs_[0], models[0].coefs_[0], atol=1e-6)
    settings = {"solver": "lbfgs", "max_iter": 3000, "tol": 1e-7, "random_state": 0}
    losses = [
        FNNAutoencoder((3,), "identity", dtype=dtype, **settings).fit(rows).loss_
        for dtype, rows in (("float64", A), ("auto", A), ("auto", sparse.csr_array(A)))
    ]
    np.testing.assert_allclose(losses, losses[0], rtol=1e-7)


@pytest.mark.parametrize("early", [False, True])
@quiet
def test_what_is_followed_is_of_the_present_weights(early):
    stopping = {"early_stopping": True, "scoring": "loss"} if early else {}
    model = classifier(metrics=["accuracy"], **stopping)
    model.fit(X, Y, X_val=X[:100], y_val=Y[:100])
    if early:
        best = model.history_["val_loss"].min()
        assert model.evaluate(X[:100], Y[:100])["loss"] == pytest.approx(best, rel=1e-6)
    else:
        assert model.history_["accuracy"].iloc[-1] == pytest.approx(model.score(X, Y))


def test_rows_that_are_learned_perfectly_leave_no_denormal_numbers():
    """Products with numbers below 1e-38 are several times slower."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 4)).astype(np.float32)
    y = np.eye(3, dtype=np.float32)[rng.integers(0, 3, 300)]
    network = Network([Linear(3)], 4, np.float32, np.random.RandomState(0))
    full = FullBatch(
        Objective(network, CategoricalCrossEntropy(), 0.0),
        Batch(features, y, None, np.empty_like(y)),
    )
    for scale in (1.0, 30.0, 60.0):
        full.value_and_grad(scale * network.values / np.abs(network.values).max())
        scores = next(iter(full.workspace._memory[key] for key in full.workspace._memory
                           if key[0] == "dscores"))  # fmt: skip
        small = np.abs(scores[scores != 0])
        assert small.min() > 1e-30


def test_more_rows_are_worth_more_corrections():
    solver = LBFGS()
    assert [solver.corrections(n, 1000) for n in (50, 500, 1000, 10_000)] == [10, 10, 20, 40]
    assert solver.corrections(10_000, 100_000) == 10  # these would not stay in cache
    assert LBFGS(n_corrections=7).corrections(10_000, 100) == 7

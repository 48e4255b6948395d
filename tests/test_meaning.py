"""Tests of meaning: what planted bugs would change, worked out by hand.

Each of these bugs was once planted and noticed by no test; ``tools/mutate.py planted`` plants them
again.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from helpers import run, work_array
from scipy.special import expit

from skfnn import FNNClassifier, FNNRegressor, TabularFNNRegressor
from skfnn._engine.following.history import History
from skfnn._engine.network.network import Network
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.objective import Objective
from skfnn._engine.objective.targets import RegressionTarget, smoothed
from skfnn._engine.program.calls import replay
from skfnn._engine.program.workspace import Workspace
from skfnn.layers import Dense, Dropout, Linear, PeriodicEmbedding, PiecewiseLinearEmbedding, Skip
from skfnn.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Quantile,
    SquaredError,
)
from skfnn.solvers import Minibatch, _minibatch
from skfnn.tabular import _members
from skfnn.tabular._trials import First, more_epochs

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 3))
y = X[:, 0] - X[:, 1]


def step(**params):
    """The coefficients of a linear model before and after one step of plain gradient descent."""
    settings = {
        "hidden_layer_sizes": (), "solver": "sgd", "momentum": 0.0, "batch_size": 30,
        "learning_rate_init": 0.1, "max_iter": 1, "dtype": "float64", "random_state": 0,
    }  # fmt: skip
    model = FNNRegressor(**{**settings, **params})
    before = Network([Linear(1)], 3, np.float64, np.random.RandomState(0)).published("coefs")[0]
    return before.ravel(), model.fit(X, y).coefs_[0].ravel()


# ------------------------------------------------------------------ penalty, decay, clipping


@pytest.mark.parametrize("clip_norm", [None, 1e9])
def test_a_step_is_that_of_loss_and_penalty_with_and_without_clipping(clip_norm):
    before, after = step(alpha=6.0, clip_norm=clip_norm)
    gradient = X.T @ (X @ before + y.mean() - y) / 30 + 6.0 / 30 * before
    np.testing.assert_allclose(after, before - 0.1 * gradient, rtol=1e-12)


def test_clipping_scales_the_gradient_of_loss_and_penalty_together():
    before, after = step(alpha=600.0, clip_norm=0.5)
    gradient = X.T @ (X @ before + y.mean() - y) / 30 + 600.0 / 30 * before
    bias = np.sum(X @ before + y.mean() - y) / 30
    norm = np.sqrt(gradient @ gradient + bias**2)
    assert norm > 0.5
    np.testing.assert_allclose(after, before - 0.1 * gradient * 0.5 / norm, rtol=1e-12)


def test_every_matrix_of_weights_is_penalised_and_no_bias():
    layers = [Skip([Dense(4, "tanh")]), Dense(5, "relu"), Linear(2)]
    network = Network(layers, 3, np.float64, np.random.RandomState(0))
    matrices = 3 * 4 + 3 * 4 + 4 * 5 + 5 * 2  # the second is the skip connection's projection
    assert network.n_decay == matrices
    assert len(network.values) == matrices + 4 + 5 + 2
    squares = float(network.values[:matrices] @ network.values[:matrices])
    penalty = Objective(network, SquaredError(), 0.3).penalty(10)
    assert penalty == pytest.approx(0.3 / 20 * squares)


# ------------------------------------------------------------------ layers


def test_the_last_bin_is_open_where_quantiles_coincide():
    """Beyond the largest value the embedding goes on as a line, so that it can be told apart."""
    ties = np.r_[np.zeros(20), np.linspace(1, 2, 20)][:, None]
    for column in (ties, -ties):
        layer = PiecewiseLinearEmbedding(n_bins=8, n_entries=2)
        network = Network([layer, Linear(1)], 1, np.float64, np.random.default_rng(0))
        network.adapt(column, np.random.default_rng(0))
        views = network.views(network.values)
        views[0,]["V"][...] = 1.0
        state = network.state_views(network.state)[0,]
        kept = int((state["steepness"][0] > 0).sum())
        assert 1 < kept < 8
        assert np.isneginf(state["low"][0, 0])
        assert np.isposinf(state["high"][0, kept - 1])
        assert np.isfinite(np.delete(state["high"][0], kept - 1)).all()


def test_frequencies_step_as_frequencies_and_not_as_radians():
    """omega is 2 pi times a frequency, and so is its step: under Adam 2 pi times another's."""
    layer = PeriodicEmbedding(n_frequencies=3, n_entries=2, lr_factor=0.5)
    network = Network([layer, Linear(1)], 1, np.float64, np.random.default_rng(0))
    where = {name: (start, stop) for path, name, _, start, stop in network._params if path == (0,)}
    factors = {span[:2]: span[2] for span in network.rates(1)}  # Adam's steps have no scale

    def factor(name):
        start, stop = where[name]
        return next(f for (a, b), f in factors.items() if a <= start and stop <= b)

    assert factor("omega") / factor("phase") == pytest.approx(2 * np.pi)
    assert factor("phase") == 0.5


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.8])
def test_dropout_drops_at_its_rate_and_keeps_the_expectation(rate):
    network = Network([Dropout(rate)], 50, np.float64, np.random.default_rng(0))
    workspace = Workspace(network, 400, rng=np.random.default_rng(0))
    chain, ones = workspace.chain(400), np.ones((400, 50))
    program = workspace.bind(chain.forward(ones, True))
    replay(program)
    out = np.asarray(chain.Y)
    assert np.mean(out == 0) == pytest.approx(rate, abs=0.02)  # 20,000 draws: sd 0.0035 at most
    np.testing.assert_allclose(out[out != 0], 1 / (1 - rate), rtol=1e-4)  # bits, 16 a draw
    assert out.mean() == pytest.approx(1, abs=0.1)


# ------------------------------------------------------------------ losses


@pytest.mark.parametrize("z", [-90.0, -20.0, -15.0, -5.0, 0.0, 3.0, 20.0, 90.0])
def test_the_logistic_loss_keeps_its_precision_in_float32(z):
    """log(1 + exp(z)) by log alone would be 0 from z = -17 on."""
    true = np.logaddexp(0, np.float64(z))
    value = BinaryCrossEntropy().value(np.zeros((1, 1), np.float32), np.full((1, 1), z, np.float32))
    assert value[0] == pytest.approx(true, rel=1e-6)


@pytest.mark.parametrize(("positive", "odds"), [(0.5, 0.0), (0.001, np.log(0.001 / 0.999))])
def test_training_starts_from_the_log_odds_of_the_classes(positive, odds):
    y = (np.arange(10_000) < positive * 10_000).astype(float)[:, None]
    assert BinaryCrossEntropy().constant(y, None)[0] == pytest.approx(odds)
    assert np.isfinite(BinaryCrossEntropy().constant(np.zeros((5, 1)), None)).all()


def test_losses_are_summed_in_double_precision():
    """In single precision, 2 ** 24 + 1 is 2 ** 24."""
    network = Network([Linear(1)], 1, np.float32, np.random.default_rng(0))
    objective = Objective(network, AbsoluteError(), 0.0)
    n = 4096
    y = np.zeros((n, 1), np.float32)
    raw = np.ones((n, 1), np.float32)
    raw[0] = 2.0**25
    weight = np.ones((n, 1), np.float32)
    for w in (None, weight):
        assert objective.total_loss(y, raw, w) == 2.0**25 + n - 1


@pytest.mark.parametrize(("values", "weight", "q", "quantile"), [
    ([1, 2, 3, 4], None, 0.5, 2), ([1, 2, 3, 4], None, 0.75, 3), ([1, 2, 3, 4], None, 0.76, 4),
    ([4, 3, 2, 1], None, 0.25, 1), ([1, 2, 2, 2, 9], None, 0.8, 2), ([1, 2, 3], [1, 2, 1], 0.75, 2),
    ([1, 2, 3], [1, 2, 1], 0.25, 1), ([3, 1, 2], [1, 1, 2], 0.25, 1),
    ([1, 2, 3], [0, 0, 1], 0.1, 3), ([1, 2], [1 / 3, 1 / 3], 0.5, 1),
])  # fmt: skip
def test_the_lower_quantile_is_taken_where_several_fit(values, weight, q, quantile):
    weight = None if weight is None else np.array(weight, float)
    found = Quantile(quantile=q).constant(np.array(values, float)[:, None], weight)
    assert found.tolist() == [quantile]


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_the_slope_of_the_pinball_loss_where_it_bends(q):
    """At raw == y: that to the right, 1 - q, as ``raw >= y`` counts as above."""
    at, out = np.zeros((1, 1)), np.empty((1, 1))
    loss = Quantile(quantile=q)
    for raw, slope in ((-1.0, -q), (0.0, 1 - q), (1.0, 1 - q)):
        scratch = [work_array((1, 1), kind, np.float64) for kind in (bool,)]
        run(loss.gradient(at, np.full((1, 1), raw), out, scratch), np.float64)
        assert out[0, 0] == pytest.approx(slope)


def test_label_smoothing_by_hand():
    """A share of each target is spread evenly over all classes, its own included."""
    y, smoothing = np.array([0, 1, 2, 1]), 0.3
    target = FNNClassifier((2,), max_iter=1).fit(np.eye(4), y)._fitted.target
    levels = smoothed(CategoricalCrossEntropy().levels, smoothing, target)
    filled = np.empty((4, 3))
    target.fill(y, filled, levels)
    np.testing.assert_allclose(filled, 0.7 * np.eye(3)[y] + 0.1)
    two = FNNClassifier((2,), max_iter=1).fit(np.eye(4), y > 0)._fitted.target
    filled = np.empty((4, 1))
    two.fill((y > 0).astype(int), filled, smoothed(BinaryCrossEntropy().levels, smoothing, two))
    np.testing.assert_allclose(filled.ravel(), np.where(y > 0, 0.85, 0.15))
    # And training minimises it: without features the best probability is the smoothed share.
    model = FNNClassifier((), alpha=0, label_smoothing=smoothing, solver="lbfgs", tol=1e-10)
    model.fit(np.zeros((4, 1)), y > 0)
    assert expit(model.intercepts_[0][0]) == pytest.approx(0.75 * 0.85 + 0.25 * 0.15, rel=1e-6)


# ------------------------------------------------------------------ solvers


@pytest.mark.parametrize("kind", [FNNClassifier, FNNRegressor])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.filterwarnings("ignore:L-BFGS")
def test_early_stopping_trains_on_its_split_and_on_nothing_else(kind, solver):
    """Another value in a validation row changes no weight, one in any other row does."""
    calls = []

    def better_and_better(estimator, X, y):
        calls.append(frozenset(X[:, 0].tolist()))
        return len(calls)

    targets = (y > 0).astype(int) if kind is FNNClassifier else y

    def weights(X):
        calls.clear()
        model = kind(
            (4,), solver=solver, max_iter=3, early_stopping=True, validation_fraction=0.3,
            scoring=better_and_better, dtype="float64", random_state=0,
        )  # fmt: skip
        coefs = model.fit(X, targets).coefs_
        return np.concatenate([matrix.ravel() for matrix in coefs])

    plain = weights(X)
    (held_out,) = set(calls)
    assert len(held_out) == 9
    for row in range(30):
        changed = X.copy()
        changed[row] += 1.0
        unused = np.array_equal(weights(changed), plain)
        assert unused == (X[row, 0] in held_out)


@pytest.mark.parametrize(("rate", "ends"), [(2e-6, False), (1.1e-6, False), (0.9e-6, True)])
def test_the_adaptive_rate_falls_until_it_is_a_millionth(rate, ends):
    solver = Minibatch("sgd", "adaptive", rate, 10, 10, True, None).settled({})

    class Monitor:
        finished = type("Finished", (), {"best": 0.0, "stale": 0})
        message, stale, best = "", 0, 0.0

        def tell(self, text): ...
        def resume(self, *given, **named): ...

    class Progress:
        epochs = samples = plateaus = 0

    assert solver._ends(Monitor(), Progress()) is ends


def test_slots_are_flushed_only_where_they_are_next_to_nothing():
    """1e-30 is far below what a step depends on, and above denormal numbers, which are slow."""
    program = object.__new__(_minibatch.EpochProgram)
    slots = np.array([[1.0, 1e-3, 1e-20, 1e-29, -1e-29, 1e-31, -1e-38, 0.0]], np.float32)
    program.slots = slots
    program._flush()
    expected = np.array([1.0, 1e-3, 1e-20, 1e-29, -1e-29, 0.0, 0.0, 0.0], np.float32)
    np.testing.assert_array_equal(slots[0], expected)


# ------------------------------------------------------------------ tables


def test_a_refit_takes_the_mean_of_the_best_epochs(monkeypatch):
    best, trained = iter([2, 3, 10, 1, 1, 1]), []
    train = _members.train

    def planned(task, fold, run, *given):
        trained.append(run.max_iter)
        member = train(task, fold, run, *given)
        member.best_epoch = next(best)
        return member

    monkeypatch.setattr("skfnn.tabular._candidates.train", planned)
    model = TabularFNNRegressor(
        n_members=3, max_iter=10, hidden_layer_sizes=(3,), refit=True, random_state=0
    )
    model.fit(X, y)
    assert trained == [10, 10, 10, 5, 5, 5]


def test_all_outputs_must_be_nearly_free_of_noise_for_more_epochs():
    """One column of two that is met exactly is not enough."""
    targets = RNG.normal(size=(30, 2))
    valid = Data(X, targets, None, RegressionTarget(2, False), (0.0, 1.0))
    loss = SquaredError().specialise("regression")
    task = SimpleNamespace(valid=lambda fold: valid, regression=True, loss=loss, free={"max_iter"})
    history = History()
    history.append(val_loss=2.0)
    history.append(val_loss=1.0)
    for met in ((True, True), (True, False), (False, True)):
        raw = np.where(met, targets, 0.0)
        member = _members.Member(0, None, history, 2, 2, raw, False, True, 0.0)
        first = First.of(task, member, None)
        assert any(True for _ in more_epochs(lambda first=first: first)) is all(met)

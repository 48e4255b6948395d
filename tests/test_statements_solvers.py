"""What single statements of solvers, and of pretraining, mean."""

import itertools
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from skfnn import FNNAutoencoder, FNNRegressor, _sklearn
from skfnn._engine.curvature.evidence import Prior
from skfnn._engine.following.divergence import DivergenceError
from skfnn._estimators import pretraining
from skfnn.activations import Identity, ReLU
from skfnn.constraints import NonNegative, UnitNorm
from skfnn.layers import BatchNorm, Dense, Dropout, Linear
from skfnn.optimizers import SGD
from skfnn.solvers import LBFGS, LevenbergMarquardt, Minibatch, Solver
from skfnn.solvers import _levenberg_marquardt as levenberg_marquardt
from skfnn.solvers._base import Progress, refusal
from skfnn.solvers._levenberg_marquardt import _Descent, _Starts

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = X[:, 0] - X[:, 1] ** 2


@pytest.fixture(autouse=True)
def _seed():
    np.random.seed(0)  # noqa: NPY002 (for estimators without a random_state)


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
    assert_allclose(normed.hidden_activations(X)[0], np.tanh(before), rtol=1e-6, atol=1e-7)
    with pytest.raises(ValueError, match="X_unlabeled has no effect"):
        FNNRegressor((2,), pretrain=coder, activation="tanh").fit(X, Y, X_unlabeled=X)
    with pytest.raises(ValueError, match="has no effect with pretrain=None"):
        FNNRegressor((2,)).fit(X, Y, X_unlabeled=X)
    for size, function, match in ((3, "tanh", "Give both the same"), (2, "relu", "has activation")):
        with pytest.raises(ValueError, match=match):
            FNNRegressor((size,), function, pretrain=coder).fit(X, Y)
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


# ------------------------------------------------------------------ what parameters may be


@pytest.mark.parametrize(("cls", "name", "good", "bad"), [
    (LevenbergMarquardt, "max_iter", [1, None], [0]),
    (LevenbergMarquardt, "alpha", [0, 0.5, "bayes", None], [-1e-9]),
    (LevenbergMarquardt, "damping", [1e-9, 0.5], [0.0]),
    (LevenbergMarquardt, "loss_tol", [0, 0.5], [-1e-9]),
    (LevenbergMarquardt, "gradient_tol", [0, 0.5], [-1e-9]),
    (LevenbergMarquardt, "step_tol", [0, 0.5], [-1e-9]),
    (LevenbergMarquardt, "evidence_tol", [1e-9, 0.5], [0.0]),
    (LevenbergMarquardt, "n_init", [1, None], [0]),
    (LevenbergMarquardt, "n_restarts", [1, None, "deprecated"], [0]),
    (LBFGS, "max_iter", [1, None], [0]),
    (LBFGS, "max_fun", [1, None], [0]),
    (LBFGS, "tol", [0, 0.5, None], [-1e-9]),
    (LBFGS, "n_corrections", [1, "auto"], [0]),
    (Minibatch, "learning_rate_init", [1e-9, 0.5, None], [0.0]),
    (Minibatch, "batch_size", [1, "auto", None], [0]),
    (Minibatch, "max_iter", [1, None], [0]),
    (Minibatch, "clip_norm", [1e-9, 0.5, None], [0.0]),
])  # fmt: skip
def test_parameters_of_solvers_have_bounds(cls, name, good, bad):
    for value in good:
        _sklearn.validate_params(cls(**{name: value}))
    for value in bad:
        with pytest.raises(ValueError, match=name):
            _sklearn.validate_params(cls(**{name: value}))


def test_solvers_say_what_they_go_by():
    assert LBFGS.full_batch
    assert LevenbergMarquardt.full_batch
    assert Solver.full_batch
    assert not Minibatch.full_batch
    assert LBFGS(max_iter=3).uses() == {"max_fun", "tol"}
    assert LBFGS(max_iter=3).replaces() == {"max_iter", "n_corrections"}
    settled = LBFGS(max_iter=3).settled({"max_iter": 9, "tol": 0.5})
    assert (settled.max_iter, settled.tol, settled.max_fun) == (3, 0.5, None)
    assert not LevenbergMarquardt().holds(NonNegative())
    assert LBFGS().holds(NonNegative())
    assert not LBFGS().holds(UnitNorm())
    assert Minibatch().holds(UnitNorm())
    assert "or solver='lbfgs'" in refusal(LevenbergMarquardt(), NonNegative(), "it")
    assert "lbfgs'." not in refusal(LevenbergMarquardt(), UnitNorm(), "it")
    used = Minibatch("sgd", learning_rate="constant").uses()
    assert {"momentum", "learning_rate_init", "batch_size"} <= used
    assert "learning_rate" not in used
    assert "learning_rate_init" not in Minibatch(SGD(learning_rate=0.5)).uses()
    assert "learning_rate_init" in Minibatch(SGD()).uses()
    assert not any("__" in name for name in Minibatch(SGD()).uses())
    names = {"learning_rate_init": 0.1, "learning_rate": "constant", "momentum": 0.3}
    assert Minibatch("sgd").settled(names).optimizer.momentum == 0.3
    assert Minibatch("sgd").settled(names).learning_rate_init == 0.1
    assert Minibatch(SGD(learning_rate=0.5)).settled(names).learning_rate_init == 0.5


def test_progress_goes_on_by_itself():
    progress = Progress(np.random.default_rng(1), np.random.Generator(np.random.SFC64(2)))
    assert (progress.steps, progress.samples, progress.epochs, progress.plateaus) == (0,) * 4
    assert (progress.best, progress.stale) == (-np.inf, 0)
    progress.slots = np.ones((2, 3))
    other = progress.copy()
    assert other.shuffling.integers(2**60) == progress.shuffling.integers(2**60)
    assert other.masking.integers(2**60) == progress.masking.integers(2**60)
    other.slots[...] = 5
    assert progress.slots.max() == 1
    network = SimpleNamespace(values=np.zeros(3), dtype=np.dtype(np.float64))
    assert progress.memory(2, 0.5, network) is progress.slots
    made = progress.memory(1, 0.5, network)
    assert made.tolist() == [[0.5] * 3]
    single = SimpleNamespace(values=np.zeros(3), dtype=np.dtype(np.float32))
    assert progress.memory(1, 0.0, single).dtype == np.float32


PEEKED = []


class Peek(LevenbergMarquardt, registered=False):
    """Keeps what it is given."""

    def run(self, problem, monitor):
        PEEKED[:] = [_Starts(self, problem, monitor), monitor]
        monitor.conclude(0.0)


def starts_of(X, y, sizes=(), solver=None, weight=None, **params):
    given = {"alpha": 0.3, "solver": Peek()} if solver is None else {"solver": solver}
    FNNRegressor(sizes, "tanh", random_state=0, **given, **params).fit(X, y, weight)
    return PEEKED[0]


def test_full_batches_are_computed_in_a_precision_of_their_own():
    starts = starts_of(X, Y)
    problem = starts.problem
    values = np.array([1.0, 2, 3, 4])
    error = X @ values[:3] + 4 - Y
    value, grad = problem.value_and_grad(values)
    penalty = 0.3 / 40 * values[:3]
    assert_allclose(value, (error**2).mean() / 2 + 0.3 / 80 * 14)
    assert_allclose(grad, [*(error @ X / 40 + penalty), error.mean()])
    assert problem.value_and_grad(2 * values)[1] is not grad
    single = problem.full_batch(np.float32)
    assert single.objective.network.dtype == np.float32
    assert single.objective.alpha == problem.objective.alpha
    assert problem.full_batch(np.float64).objective is problem.objective
    silent = Silent()
    with pytest.raises(RuntimeError, match="has told the monitor of no epoch"):
        FNNRegressor((), solver=silent).fit(X, Y)
    with pytest.raises(NotImplementedError):
        Solver.run(silent, problem, None)
    assert Solver.posterior(silent, problem) is None


class Silent(LevenbergMarquardt, registered=False):
    def run(self, problem, monitor):
        """Tell nothing."""


# ------------------------------------------------------------------ Levenberg-Marquardt


@pytest.mark.parametrize(("n", "options", "starts"), [
    (500, {"alpha": "bayes"}, 3), (501, {"alpha": "bayes"}, 1), (500, {"alpha": 1.0}, 1),
    (501, {"alpha": "bayes", "n_init": 2}, 2), (4, {"alpha": "bayes", "n_init": 1}, 1),
    (4, {"alpha": 1.0, "n_init": 5}, 5),
])  # fmt: skip
def test_up_to_500_parameters_have_three_starts_by_the_evidence(n, options, starts):
    rows = np.random.default_rng(0).normal(size=(4, n - 1))
    found = starts_of(rows, rows[:, 0], solver=Peek(**options))
    assert len(found.network.values) == n
    assert found.n_starts == starts


def test_the_unit_of_targets_is_their_deviation_where_it_counts():
    weight = np.arange(1.0, 41)
    deviation = np.sqrt(np.cov(Y, aweights=weight, ddof=0))
    for solver, expected in ((Peek(alpha="bayes"), deviation), (Peek(alpha=1.0), 1),
                             (Peek(alpha="bayes", groups="one"), 1)):  # fmt: skip
        assert_allclose(starts_of(X, Y, solver=solver, weight=weight).unit, expected)
    assert starts_of(X, np.ones(40), solver=Peek(alpha="bayes")).unit == 1
    gaussian = starts_of(X, Y, solver=Peek(alpha="bayes"), loss="gaussian")
    assert gaussian.unit == 1
    both = np.column_stack([Y, 3 * X[:, 0]])
    expected = np.sqrt(both.var(axis=0).mean())
    assert_allclose(starts_of(X, both, solver=Peek(alpha="bayes")).unit, expected)
    FNNRegressor((), solver=Peek(alpha="bayes")).fit(X, Y, offset=Y - X[:, 0])
    assert_allclose(PEEKED[0].unit, X[:, 0].std())
    found = starts_of(X, Y, (2,), solver=Peek(alpha="bayes"))
    start = np.arange(1.0, 12)
    scaled = found._in_unit(start)
    output = found._output
    assert output["W"].tolist() + output["b"].tolist() == [8, 9, 10] or len(output["W"]) == 2
    assert_allclose(scaled[output["W"]], found.unit * start[output["W"]])
    rest = np.setdiff1d(np.arange(11), output["W"])
    assert_array_equal(scaled[rest], start[rest])
    prior = found._new_prior()
    inner = np.setdiff1d(np.arange(11), np.concatenate(list(output.values())))
    assert_allclose(prior.unit[inner], found.unit**2)
    assert_array_equal(prior.unit[np.concatenate(list(output.values()))], 1)
    fixed = starts_of(X, Y, (2,), solver=Peek(alpha=0.7))._new_prior()
    assert sorted(set(fixed.strengths)) == [0, 0.7]


@pytest.mark.parametrize(("n", "scores", "best", "strengths"), [
    (1, [3.0], 0, [0.1]),
    (4, [3.0, 1.0, 2.0, 1.5], 1, [0.01, 10, 0.3, 0.01]),
    (2, [3.0, 3.0], 0, [0.01, 10]),
])  # fmt: skip
@pytest.mark.parametrize("why", ["it is done", "max_iter"])
def test_the_best_of_several_starts_is_kept(n, scores, best, strengths, why, monkeypatch):
    found = starts_of(X, Y, solver=Peek(alpha=1.0, n_init=n))
    told, begun = [], []

    class Short:
        """A descent that ends at once, at a value that is known."""

        def __init__(self, starts, values, strength):
            begun.append((values, strength))

        def run(self):
            number = len(begun) - 1
            return np.full(4, float(number)), scores[number], why

    monkeypatch.setattr(levenberg_marquardt, "_Descent", Short)
    found.monitor = SimpleNamespace(begin=lambda: None, tell=told.append, n_epochs=7,
                                    conclude=lambda loss: told.append(loss))  # fmt: skip
    before = found.network.values.copy()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found.run()
    assert_array_equal(begun[0][0], before)
    assert found.network.values.tolist() == [best] * 4
    assert [strength for _, strength in begun] == strengths
    assert told[0] == scores[best] / 40
    assert len(caught) == (why == "max_iter")
    assert len(told) == 1 + (why != "max_iter")
    assert all(not np.array_equal(a, b) for (a, _), (b, _) in itertools.pairwise(begun))


def test_who_stops_gets_no_further_start(monkeypatch):
    found = starts_of(X, Y, solver=Peek(alpha=1.0, n_init=5))
    begun = []
    monkeypatch.setattr(
        levenberg_marquardt, "_Descent",
        lambda *given: begun.append(given) or SimpleNamespace(run=lambda: (Y[:4], 1.0, "stopped")),
    )  # fmt: skip
    found.run()
    assert len(begun) == 1


def test_the_old_name_of_starts_is_taken_with_a_warning():
    plain = LevenbergMarquardt(n_init=3)
    assert plain._renamed() is plain
    with pytest.warns(FutureWarning, match="n_restarts is called n_init now"):
        assert LevenbergMarquardt(n_restarts=4)._renamed().n_init == 4
    with pytest.raises(ValueError, match="the old name of the same parameter"):
        LevenbergMarquardt(n_init=3, n_restarts=4)._renamed()
    old = LevenbergMarquardt.__new__(LevenbergMarquardt)
    old.__setstate__({"n_restarts": 5, "alpha": 1.0})
    assert old.n_init == 5
    new = LevenbergMarquardt.__new__(LevenbergMarquardt)
    new.__setstate__({"n_init": 6, "n_restarts": "deprecated"})
    assert new.n_init == 6


def test_sums_of_losses_go_with_the_users_weights():
    weight = np.full(40, 3.0)
    found = starts_of(X, Y, weight=weight)
    assert (found.n_rows, found.n_targets) == (120, 120)
    values = np.array([1.0, 2, 3, 4])
    error = X @ values[:3] + 4 - Y
    total, grad = found.data(values)
    assert_allclose(total, 3 * (error**2).sum() / 2)
    assert_allclose(grad, 3 * np.array([*(error @ X), error.sum()]))
    ones = np.column_stack([X, np.ones(40)])
    assert_allclose(np.tril(found.curvature(values)), np.tril(3 * ones.T @ ones))
    both = starts_of(X, np.column_stack([Y, Y]))
    assert both.n_targets == 80
    again = found._redrawn(values)
    assert again[3] == 4  # the bias of the output stays
    assert (again[:3] != values[:3]).all()
    plain = starts_of(X, Y, solver=Peek(alpha=1.0, n_init=2))
    assert plain._score(5.0, values) == -5
    single = starts_of(X, Y, solver=Peek(alpha="bayes", n_init=1))
    assert single._score(5.0, values) == -5


class Bowl:
    """Takes the place of a fit: half the squared distance from (3, -1), stretched."""

    n_rows, n_targets, loss = 10.0, 10.0, None

    def __init__(self, curvature=(2.0, 8.0), solver=None, held=1.0):
        self.H, self.held, self.solver = np.diag(curvature), held, solver or LevenbergMarquardt()
        self.solver = self.solver.settled({"max_iter": 50, "alpha": 0.0})
        self.problem = SimpleNamespace(prior=Prior(np.zeros(2)))
        self.asked = []
        self.monitor = SimpleNamespace(
            history=SimpleNamespace(columns={"loss": [1.0]}), iteration=self.iteration
        )
        self.stop_at = None

    def iteration(self, loss, values):
        self.monitor.history.columns["loss"].append(loss)
        return len(self.monitor.history.columns["loss"]) - 1 == self.stop_at

    def data(self, values):
        self.asked.append(values.copy())
        off = values - [3, -1]
        value = 100 + off @ self.H @ off / 2
        if len(self.asked) > 1:  # steps hold a share of their promise alone
            value = 100 + self.first + self.held * (off @ self.H @ off / 2 - self.first)
        else:
            self.first = value - 100
        return value, self.H @ off

    def curvature(self, values):
        return self.H.copy()


def descent(**options):
    bowl = Bowl(**options)
    return bowl, _Descent(bowl, np.zeros(2), 0.1)


def test_damping_begins_at_a_thousandth_of_the_largest_curvature():
    _, one = descent()
    assert_allclose(one.damping, 8e-3)
    assert one.growth == 2
    _, other = descent(curvature=(0.0, 0.0))
    assert other.damping > 0
    bowl = Bowl()
    bowl.problem.prior = Prior(np.array([30.0, 0]), unit=np.array([4.0, 1]))
    assert_allclose(_Descent(bowl, np.zeros(2), 0.1).damping, 8e-3)
    bowl.data = lambda values: (np.inf, values)
    with pytest.raises(DivergenceError, match="at the start"):
        _Descent(bowl, np.zeros(2), 0.1)


def test_a_step_goes_where_the_parabola_with_damping_is_lowest():
    _, found = descent()
    grad = np.array([-6.0, 8])
    step, promised = found._step(grad, 2.0)
    assert_allclose(step, [6 / 4, -8 / 10])
    assert_allclose(promised, 0.5 * (1.5 * (2 * 1.5 + 6) - 0.8 * (2 * -0.8 - 8)))
    found.prior.strengths[...] = 1, 2
    found.prior.unit = np.array([1.0, 3])
    step, _ = found._step(grad, 2.0)
    assert_allclose(step, [6 / (2 + 1 + 2), -8 / (8 + 2 + 6)])
    assert_allclose(found._objective(found.here), 100 + 13 + 0)
    point = found.here._replace(values=np.array([1.0, 2]), total=5.0, grad=np.array([1.0, 1]))
    assert_allclose(found._objective(point), 5 + (1 + 2 * 4) / 2)
    assert_allclose(found._gradient(point), [1 + 1, 1 + 4])


@pytest.mark.parametrize(("ratio", "factor"), [
    (1.0, 1 / 3), (0.5, 1), (0.25, 1.125), (0.0, 2), (0.75, 0.875), (5.0, 1 / 3), (1e200, 1 / 3),
])  # fmt: skip
def test_damping_falls_where_a_step_holds_its_promise(ratio, factor):
    _, found = descent()
    found.damping, found.growth = 6.0, 64.0
    found._trust(ratio)
    assert_allclose(found.damping, 6 * factor)
    assert found.growth == 2
    found.damping = 0.0
    found._trust(ratio)
    assert found.damping > 0


def test_a_step_is_taken_at_a_ten_thousandth_of_its_promise():
    for held, taken in ((1.0, True), (1.5e-4, True), (0.5e-4, False)):
        bowl, found = descent(held=held)
        before = found.damping
        trial, exhausted = found._damped_step()
        first = bowl.asked[1]
        assert (len(bowl.asked) == 2) == taken
        if taken:
            assert_array_equal(trial.values, first)
            assert not exhausted
            assert_allclose(found.damping / before, 1 / 3 if held == 1 else 1 + (1 - 2 * held) ** 3)
        else:  # shorter and shorter ones, until they are too short
            assert found.damping > 1e6 * before
    _, found = descent(curvature=(0.02, 0.08), held=0.5)
    found._damped_step()
    assert_allclose(found.damping, 8e-5)  # by half a promise of little it stays as it is
    bowl, found = descent(held=-1.0)
    assert found._damped_step() == (None, True)
    damping, growth = found.damping / 8e-3, found.growth
    n = len(bowl.asked) - 2
    assert_allclose(np.log2([damping, growth]), [n * (n + 1) / 2, n + 1])


def test_steps_that_promise_or_move_next_to_nothing_are_the_last():
    solver = LevenbergMarquardt(loss_tol=0.5, step_tol=0.0)
    _, found = descent(solver=solver)
    assert found._damped_step()[1]  # 13 of 113
    _, found = descent(solver=LevenbergMarquardt(loss_tol=0.1, step_tol=0.0))
    assert not found._damped_step()[1]
    for step_tol, exhausted in ((1.9, True), (1.7, False)):  # of a step of sqrt(10), from 0
        _, found = descent(solver=LevenbergMarquardt(loss_tol=0, step_tol=step_tol))
        assert found._damped_step()[1] == exhausted
    bowl, found = descent(held=0.0, solver=LevenbergMarquardt(loss_tol=0.5))
    trial, exhausted = found._damped_step()
    assert trial is not None  # it does no harm
    assert exhausted
    assert len(bowl.asked) == 2


@pytest.mark.parametrize(("solver", "change", "factor", "ended"), [
    (LevenbergMarquardt(alpha=0.0, gradient_tol=0.5), 9.0, 1.0, True),
    (LevenbergMarquardt(alpha=0.0, gradient_tol=0.5), 9.0, 1.01, False),
    (LevenbergMarquardt(alpha=0.0, gradient_tol=0.06), 9.0, 0.1, True),
    (LevenbergMarquardt(alpha="bayes", gradient_tol=0.5), 1e-5, 1.0, True),
    (LevenbergMarquardt(alpha="bayes", gradient_tol=0.5), 1.1e-5, 1.0, False),
])  # fmt: skip
def test_training_ends_where_the_gradient_is_zero(solver, change, factor, ended):
    _, found = descent()
    found.solver, found.prior.change = solver, change
    found.here = found.here._replace(grad=np.array([0.0, -5.0 * factor]))  # of 10 rows
    assert (found._ended_by_gradient() == "the gradient is zero") == ended
    exhausted = solver.alpha == 0 or change <= 1e-5
    assert bool(found._ended_by_steps(True)) == exhausted
    assert found._ended_by_steps(False) is None


@pytest.mark.parametrize(("gained", "ended"), [(0.099, True), (0.101, False), (0.19, False)])
def test_training_ends_where_ten_steps_raise_the_evidence_by_less_than_a_tenth(gained, ended):
    _, found = descent()
    assert found._update_prior() is None  # without "bayes"
    found.solver = LevenbergMarquardt(alpha="bayes")
    asked = []
    found.prior = SimpleNamespace(update=lambda *args: asked.append(args),
                                  gained=lambda n: {10: gained}[n])  # fmt: skip
    assert bool(found._update_prior()) == ended
    assert len(asked) == 1


@pytest.mark.parametrize(("drop", "n", "still"), [
    (0.99e-3, 11, True), (1.01e-3, 11, False), (0.0, 10, False), (1.9e-3, 11, False),
    (0.0, 12, True),
])  # fmt: skip
def test_ten_steps_that_lower_the_loss_by_less_than_a_thousandth_stand_still(drop, n, still):
    _, found = descent()
    for sign in (1, -1):
        losses = np.full(n, sign * 2.0)
        losses[: n - 1] += 2 * drop
        losses[n - 10 : n - 1] += 50
        found.monitor.history.columns["loss"] = losses.tolist()
        assert bool(found._stands_still()) == still
    for losses in ([99.0] + [2.0] * 11, [0.0] * 11):
        found.monitor.history.columns["loss"] = losses
        assert found._stands_still()


def test_the_last_step_is_not_damped_where_it_is_short():
    for distance, taken in ((0.9e-3, True), (1.1e-3, False), (1.9e-3, False)):
        _, found = descent()
        far = np.array([3.0, -1]) * (1 + distance)
        found.here = found.here._replace(values=far, grad=found.curvature @ (far - [3, -1]))
        end = found._polished()
        assert_allclose(end.values, [3, -1] if taken else far, atol=1e-9)
    _, found = descent()
    found.here = found.here._replace(values=np.array([3.0, -1]), grad=np.array([1e-9, 0]))
    found.starts.data = lambda values: (0.0, np.array([1.0, 1]))
    assert found._polished() is found.here  # the gradient there is larger


def test_a_descent_comes_to_the_bottom():
    bowl, found = descent()
    values, value, why = found.run()
    assert_allclose(values, [3, -1], atol=1e-6)
    assert_allclose(value, 100)
    assert why in ("the gradient is zero", "the steps gain nothing more")
    bowl, found = descent(held=0.5)
    bowl.solver.max_iter = 1
    assert found.run()[2] == "max_iter"
    assert len(bowl.monitor.history.columns["loss"]) == 2
    _, found = descent(solver=LevenbergMarquardt(loss_tol=0.5))
    assert found.run()[2] == "the steps gain nothing more"
    bowl, found = descent()
    bowl.stop_at = 1
    assert found.run()[2] == "stopped"
    assert len(bowl.monitor.history.columns["loss"]) == 2
    assert_allclose(bowl.monitor.history.columns["loss"][1], found.here.total / 10)  # of 10 rows

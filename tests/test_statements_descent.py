"""What single statements of L-BFGS and of minibatch descent mean."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNRegressor
from skfnn.layers import Dense
from skfnn.optimizers import SGD
from skfnn.solvers import LBFGS, Minibatch
from skfnn.solvers._base import Progress
from skfnn.solvers._lbfgs import _gains_nothing, _Search, _within
from skfnn.solvers._refining import Refining, _agree, _far

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(autouse=True)
def _seed():
    np.random.seed(0)  # noqa: NPY002 (for estimators without a random_state)


# ------------------------------------------------------------------ L-BFGS


@pytest.mark.parametrize(("n_rows", "n_values", "n"), [
    (1, 1, 10), (549, 1, 10), (550, 1, 11), (1999, 1, 39), (2000, 1, 40), (10**6, 1, 40),
    (10**6, 2**18 // 20, 20), (10**6, 2**18 // 10 + 1, 10), (10**6, 10**9, 10),
])  # fmt: skip
def test_so_many_steps_are_remembered(n_rows, n_values, n):
    assert LBFGS().corrections(n_rows, n_values) == n
    assert LBFGS(n_corrections=3).corrections(n_rows, n_values) == 3


def search(**attributes):
    made = object.__new__(_Search)
    given = {
        "solver": LBFGS(max_iter=5, max_fun=9, tol=0.1), "bounds": None, "n_iter": 0, "n_fun": 0,
        "end": "", "message": "so", "_value": 10.0,
        "problem": SimpleNamespace(network=SimpleNamespace(dtype=np.float64)),
    }  # fmt: skip
    vars(made).update(given | attributes)
    return made


def test_why_a_search_ended_is_said():
    told = []
    monitor = SimpleNamespace(tell=told.append)
    for end in ("flat", "still"):
        LBFGS()._report(search(end=end, n_iter=3), monitor, 0.5)
    assert told == ["L-BFGS converged in 3 iterations, 0.50 s."] * 2
    solver = LBFGS(max_iter=5, max_fun=9)
    for n, limit in ((5, "max_iter=5"), (4, "max_fun=9")):
        with pytest.warns(ConvergenceWarning, match=f"{limit} reached after {n} iterations"):
            solver._report(search(end="limit", n_iter=n), monitor, 0.5)
    with pytest.warns(ConvergenceWarning, match="stopped after 0 iterations: so"):
        solver._report(search(end="failure"), monitor, 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        solver._report(search(end="monitor"), monitor, 0.5)
    assert len(told) == 2


def result(status=2, gradient=1.0, value=1.0):
    return SimpleNamespace(status=status, x=np.zeros(1), jac=np.array([gradient]), fun=value,
                           hess_inv=2 * np.eye(1))  # fmt: skip


def test_a_search_that_gains_no_more_than_rounding_has_converged():
    assert search()._end_of(result(1)) == "limit"
    assert search()._end_of(result(0)) == "still"
    assert search()._end_of(result(2)) == "failure"
    limit = 10 * np.finfo(np.float64).eps  # of g' H g / 2, which is g^2 here
    for value in (-3.0, 3.0):
        for share, nothing in ((0.99, True), (1.01, False), (1.9, False)):
            found = result(2, np.sqrt(share * limit * 3), value)
            assert _gains_nothing(found, np.float64, None) == nothing
            assert (search()._end_of(found) == "still") == nothing
    assert _gains_nothing(result(2, 0.0, 0.0), np.float64, None)


def test_the_seconds_that_are_told_are_those_of_the_search(capsys):
    rows = np.random.default_rng(0).normal(size=(20, 2))
    FNNRegressor((), solver="lbfgs", tol=1e-3, verbose=True).fit(rows, rows[:, 0])
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith("L-BFGS converged in")
    assert float(line.split(",")[1].split()[0]) < 60


def test_parameters_at_their_bounds_do_not_count():
    bounds = np.array([0.0, 0, 0, -9, -9]), np.array([9.0, 9, 9, 1, 1])
    x, gradient = np.array([0.0, 0, 0.1, 1, 1]), np.array([0.5, -0.5, 0.5, -0.5, 0.5])
    assert _within(bounds, x, gradient).tolist() == [0, -0.5, 0.5, 0, 0.5]
    assert _within(None, x, gradient) is gradient
    zero = np.zeros(1)
    assert _within((zero, zero), zero, np.array([3.0])).tolist() == [0]


class Seen:
    """An objective that notes what it is told."""

    def __init__(self, gradient=(0.5,), single=None, offset=0.0):
        self.gradient, self.single, self.offset = np.array(gradient), single, offset
        self.accepted, self.refined = [], 0

    def accept(self, x, value):
        self.accepted.append(value)

    def refine(self):
        self.single, self.refined = None, self.refined + 1


def after(value, told=(), stops=False, **options):
    """Return a search after an iteration with a value, from 10."""
    attributes = {k: options.pop(k) for k in ("n_iter", "_value", "solver") if k in options}
    found = search(objective=Seen(**options), **attributes)
    iterations = []
    found.monitor = SimpleNamespace(iteration=lambda v, x: iterations.append(v) or stops)
    at = SimpleNamespace(x=np.zeros(1), fun=value)
    if found_ends(found, at):
        assert found.end
    found.told = iterations
    return found


def found_ends(found, at):
    try:
        found._after(at)
    except StopIteration:
        return True
    return False


def test_a_search_ends_where_it_is_flat_or_stands_still():
    assert after(9.0).end == ""
    assert after(9.0, gradient=(-0.1,)).end == "flat"  # at the tolerance
    assert after(9.0, gradient=(0.1001,)).end == ""
    assert after(9.0, gradient=(0.05, 5.0)).end == ""
    assert after(9.0, stops=True, gradient=(0.0,)).end == "monitor"
    least = 2.220446049250313e-09
    assert after(10 - 9 * least).end == "still"
    assert after(10 - 11 * least).end == ""
    assert after(10 - 19 * least).end == ""
    tight = LBFGS(max_iter=5, max_fun=9, tol=1e-6)
    assert after(10 - 9e-12, solver=tight).end == "still"
    assert after(10 - 11e-12, solver=tight).end == ""
    small = after(0.5, _value=0.5 + 0.9 * least)
    assert small.end == "still"  # beside 1
    assert after(0.5, _value=0.5 + 1.1 * least).end == ""
    assert after(8.0, offset=3.0).told == [5.0]
    found = after(9.0, n_iter=2)
    assert (found.n_iter, found._value) == (3, 9)
    assert found.objective.accepted == [9]


def test_single_precision_goes_on_until_its_rounding_decides():
    assert after(9.0, single=1).objective.refined == 0
    assert after(10 - 9e-6, single=1).objective.refined == 1  # a millionth of 10
    assert after(10 - 11e-6, single=1).objective.refined == 0
    assert after(10 - 19e-6, single=1).objective.refined == 0
    assert after(9.0, single=1, gradient=(0.1,)).objective.refined == 1
    assert after(9.0, single=1, n_iter=4).objective.refined == 1  # the last of 5
    assert after(9.0, single=1, n_iter=3).objective.refined == 0
    assert after(10 - 1e-9, single=1).end == ""  # what it gains is not known so precisely
    assert after(9.0, single=1, gradient=(0.1,)).end == "flat"


# ------------------------------------------------------------------ single precision first


class Square:
    """All rows: the squared distance from 1, which single precision has wrong by a share."""

    def __init__(self, n=2**19, share=0.0, slope=0.0):
        self.n, self.share, self.slope, self.calls = n, share, slope, 0
        self.batch = SimpleNamespace(X=np.array([[1.0], [-1]]), y=np.array([[1.0], [-1]]))
        self.objective = SimpleNamespace(network=SimpleNamespace(values=np.zeros(1),
                                                                 state=np.zeros(1)))  # fmt: skip
        self.grad = np.zeros(1)

    def value_and_grad(self, x):
        self.calls += 1
        off = x - 1
        return float(off @ off) * (1 + self.share), 2 * off * (1 + self.slope)


def refining(n=2**19, share=0.0, slope=0.0, **arrays):
    double, single = Square(n), Square(n, share, slope)
    vars(double.batch).update(arrays)
    problem = SimpleNamespace(full_batch=lambda dtype=None: double if dtype is None else single,
                              network=SimpleNamespace(state=np.zeros(1)))  # fmt: skip
    return Refining(problem), double, single


@pytest.mark.parametrize(("options", "coarse"), [
    ({}, True), ({"n": 2**19 - 1}, False),
    ({"share": 0.99e-4}, True), ({"share": -1.01e-4}, False), ({"share": 1.9e-4}, False),
    ({"slope": 0.99e-4}, True), ({"slope": -1.01e-4}, False),
    ({"X": np.array([[52.0], [50]])}, False), ({"y": np.array([[52.0], [50]])}, False),
    ({"y": None}, True),
])  # fmt: skip
def test_single_precision_is_taken_where_it_pays_and_agrees(options, coarse):
    found, _, single = refining(**options)
    assert found.start(np.zeros(1)) == 1
    value = found.coarsen()
    assert (found.single is single) == coarse
    assert value == (1 + options.get("share", 0) if coarse else 1)
    assert found.offset == 0


def test_values_are_of_one_function_where_the_precision_changes():
    found, double, single = refining(share=0.9e-4)
    found.start(np.zeros(1))
    found.coarsen()
    assert found(np.zeros(1))[0] == 1 + 0.9e-4  # known since the start
    assert (double.calls, single.calls) == (1, 1)
    half = np.full(1, 0.5)
    value, gradient = found(half)
    assert_allclose(value, 0.25 * (1 + 0.9e-4))
    assert gradient.tolist() == [-1]
    found.accept(half, value)
    found.refine()
    assert_allclose(found.offset, 0.25 * 0.9e-4)
    assert_allclose(found(half)[0], value)
    assert found.exact(half) == 0.25
    assert_allclose(found(np.full(1, 0.75))[0], 0.0625 + 0.25 * 0.9e-4)


def test_after_five_tries_along_a_line_rounding_is_to_blame():
    found, _, single = refining()
    found.start(np.zeros(1))
    found.coarsen()
    found(np.zeros(1))
    for i in range(5):
        found(np.full(1, 0.1 * (i + 1)))
        assert found.single is single
    found(np.full(1, 0.9))
    assert found.single is None
    again, _, single = refining()
    again.start(np.zeros(1))
    again.coarsen()
    again(np.zeros(1))
    for i in range(9):
        again(np.full(1, 0.1 * i))
        again.accept(np.full(1, 0.1 * i), 0.5)
    assert again.single is single
    broken, _, single = refining()
    broken.start(np.zeros(1))
    broken.coarsen()
    broken(np.zeros(1))
    single.share = np.nan
    assert_allclose(broken(np.full(1, 0.5))[0], 0.25)
    assert broken.single is None


def test_rows_times_parameters_are_the_work():
    for n, coarse in ((2**18, True), (2**18 - 1, False)):
        found, _, single = refining(n=n)
        found.start(np.zeros(2))
        found.coarsen()
        assert (found.single is single) == coarse
    found, double, single = refining(n=2**18)
    found.start(np.zeros(2))
    assert found.exact(np.zeros(2)) == 2
    assert double.calls == 1  # a point is computed once
    found.coarsen()
    found(np.zeros(2))
    single.slope = np.array([0.0, np.nan])
    found(np.full(2, 0.5))
    assert found.single is None
    assert not _agree(np.array([1.0, 1.1]), np.ones(2))
    assert _agree(np.array([10.0, 0.0005]), np.array([10.0, 0]))


def test_a_second_search_has_what_the_first_has_left(monkeypatch):
    given = {}
    monkeypatch.setattr("scipy.optimize.minimize", lambda *args, **more: given.update(more))
    found = search(n_iter=2, n_fun=3, objective=None)
    found.problem.data = range(600)
    found._scipy(np.zeros(2))
    assert given["options"] == {"maxiter": 3, "maxfun": 6, "gtol": 0, "ftol": 0, "maxcor": 12}
    assert given["bounds"] is None
    assert given["jac"] is True
    found.bounds = np.zeros(2), np.ones(2)
    found._scipy(np.zeros(2))
    assert given["bounds"].ub.tolist() == [1, 1]


def test_columns_far_from_zero_fade_in_single_precision():
    spread = np.array([[1.0], [-1], [1], [-1]])
    for mean, far in ((49.9, False), (50.1, True), (99.0, True), (-50.1, True)):
        assert _far(spread + mean) == far
        assert _far(np.column_stack([spread, spread + mean])) == far
    assert not _far(np.full((4, 1), 1e9))  # constant
    assert not _far(sparse.csr_array(spread + 99))
    assert not _far(None)


# ------------------------------------------------------------------ minibatches


def test_rows_of_a_step():
    auto = Minibatch(batch_size="auto")
    assert [auto.rows_a_step(n) for n in (1, 199, 200, 201, 9999)] == [1, 199, 200, 200, 200]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Minibatch(batch_size=7).rows_a_step(7) == 7
        assert Minibatch(batch_size=6).rows_a_step(7) == 6
    with pytest.warns(UserWarning, match="larger than sample size 7"):
        assert Minibatch(batch_size=8).rows_a_step(7) == 7


def progress_at(**known):
    return Progress(np.random.default_rng(0), np.random.default_rng(0), **known)


def test_the_rate_goes_by_the_share_of_training_that_is_done():
    solver = Minibatch("sgd", "constant", 0.5, max_iter=10)
    assert solver.done(progress_at(epochs=2), 0.5) == 0.25
    assert solver.done(progress_at(epochs=10), 0.5) == 1
    solver.learning_rate = SimpleNamespace(
        factor=lambda *given: given[0] + 10 * given[1] + given[2]
    )
    assert solver.rate_at(progress_at(epochs=2, samples=3, plateaus=4), 0.5) == 0.5 * 34.25


@pytest.mark.parametrize(("rate", "ends"), [(1e-6, True), (1.1e-6, False), (1.9e-6, False),
                                            (0.5, False)])  # fmt: skip
def test_a_plateau_ends_training_where_the_rate_is_a_millionth(rate, ends):
    told, resumed = [], []
    monitor = SimpleNamespace(tell=told.append, message="It stood still.",
                              finished=SimpleNamespace(best=3.0),
                              resume=lambda best, stale: resumed.append((best, stale)))  # fmt: skip
    solver = Minibatch("sgd", "adaptive", rate, max_iter=10).settled({})
    progress = progress_at()
    assert solver._ends(monitor, progress) == ends
    assert progress.plateaus == (not ends)
    assert resumed == ([] if ends else [(3.0, 0)])
    if not ends:
        assert told == [f"It stood still. Setting learning rate to {rate / 5:f}"]
    falling = Minibatch("sgd", "adaptive", 0.5, max_iter=10).settled({})
    falling.learning_rate = SimpleNamespace(
        survives_plateau=True, factor=lambda done, samples, plateaus: float(done == 0.5)
    )
    assert not falling._ends(monitor, progress_at(epochs=5))  # the rate as it is now
    constant = Minibatch("sgd", "constant", 0.5, max_iter=10).settled({})
    assert constant._ends(monitor, progress)
    assert told[-1] == "It stood still. Stopping."


EPOCHS = []


class Watched(Minibatch, registered=False):
    def epochs(self, problem):
        EPOCHS[:] = [super().epochs(problem)]
        return EPOCHS[0]


def epochs_of(n, p=2, sizes=(), sparse_rows=False, solver=None, **params):
    rows = np.random.default_rng(0).normal(size=(n, p))
    given = {"max_iter": 1, "random_state": 0, "alpha": 0.0, **params}
    solver = solver or Watched("sgd", learning_rate_init=0.1, batch_size=2)
    model = FNNRegressor(sizes, "tanh", solver=solver, **given)
    model.fit(sparse.csr_array(rows) if sparse_rows else rows, rows[:, 0])
    return EPOCHS[0], rows, model


@pytest.mark.parametrize(("width", "most", "n"), [
    (1, 99, 16), (1, 5, 5), (2**11, 99, 16), (2**11 + 1, 99, 15), (2**15, 99, 1), (2**20, 99, 1),
])  # fmt: skip
def test_so_many_batches_are_gathered_at_once(width, most, n):
    program, _, _ = epochs_of(6)  # of two rows
    assert program._batches(width, most) == n


def test_rows_in_files_of_numbers_are_counted_by_small_integers_where_they_are_many():
    for n, kind in ((2**15, np.int64), (2**15 + 1, np.int32)):
        program, _, _ = epochs_of(n, 1, solver=Watched("sgd", batch_size=2**14))
        assert program.order.dtype == kind


@pytest.mark.parametrize("n", [1, 2, 5, 6, 67])
@pytest.mark.parametrize("sparse_rows", [False, True])
def test_an_epoch_is_a_step_for_each_batch_the_last_with_the_rest(n, sparse_rows):
    solver = Watched("sgd", learning_rate_init=0.1, batch_size=min(2, n), shuffle=False)
    plain = {"momentum": 0.0, "nesterovs_momentum": False, "dtype": "float64"}
    program, rows, model = epochs_of(n, sparse_rows=sparse_rows, solver=solver, alpha=0.3, **plain)
    start = FNNRegressor((), "tanh", solver="lbfgs", tol=1e9, random_state=0, alpha=0.3)
    start.fit(rows, rows[:, 0])
    w, b = start.coefs_[0][:, 0].copy(), start.intercepts_[0].copy()
    size, losses = min(2, n), []
    for first in range(0, n, size):
        part = rows[first : first + size]
        error = part @ w + b - part[:, 0]
        losses += list(error**2 / 2)
        w, b = w - 0.1 * (error @ part / len(part) + 0.3 / size * w), b - 0.1 * error.mean()
    assert_allclose(model.coefs_[0][:, 0], w, rtol=1e-6, atol=1e-9)
    assert_allclose(model.intercepts_[0], b, rtol=1e-6, atol=1e-9)
    assert program.n_batches == -(-n // size)
    assert program.progress.steps == program.n_batches
    assert program.progress.samples == n
    assert_allclose(model.loss_, np.mean(losses) + 0.3 / (2 * size) * w @ w, rtol=1e-6)


@pytest.mark.parametrize(("n_steps", "flushed"), [(127, False), (128, True), (129, True)])
def test_what_is_next_to_nothing_in_the_memory_is_zero_every_128_steps(n_steps, flushed):
    solver = Watched("sgd", learning_rate_init=1e-9, batch_size=2)
    program, _, _ = epochs_of(2 * n_steps, solver=solver)
    program.progress.steps = 0
    program.data.X[...] = 0  # no gradient for the weights
    program.slots[...] = 1e-33
    program.run()
    assert (program.slots[0, 0] == 0) == flushed
    program.slots[...] = [[0.9e-30, -1.1e-30, 1.9e-30]]
    program._flush()
    assert (program.slots != 0).tolist() == [[False, True, True]]


def test_epochs_are_counted_and_steps_have_their_share_of_them():
    solver = Watched("sgd", learning_rate_init=0.1, batch_size=2, max_iter=3)
    program, _, _ = epochs_of(10, solver=solver, max_iter=200)
    assert program.progress.epochs == 3
    assert program.progress.samples == 30
    shares = []
    program.solver.done = lambda progress, share: shares.append(share) or share
    program.solver.learning_rate = SimpleNamespace(per_step=True, factor=lambda *given: 1.0)
    program.run()
    assert shares[:2] == [0, 0]
    assert_allclose(shares[2:], np.repeat(np.arange(5) / 5, 2))


def test_a_bias_that_has_a_block_of_its_own_has_no_penalty():
    for n in (2**15, 40_000):  # as many weights as a block has, and more
        rows = np.zeros((2, n), np.float32)
        model = FNNRegressor((), solver="sgd", max_iter=1, alpha=1.0, learning_rate_init=0.1)
        model.fit(rows, np.full(2, 5.0))
        assert model.intercepts_[0] == 5


def test_the_gradient_is_clipped_to_its_norm():
    clipped = Watched("sgd", learning_rate_init=1.0, batch_size=4, shuffle=False, clip_norm=0.25)
    _, rows, model = epochs_of(4, solver=clipped, momentum=0.0, nesterovs_momentum=False,
                               dtype="float64")  # fmt: skip
    start = FNNRegressor((), "tanh", solver="lbfgs", tol=1e9, random_state=0).fit(rows, rows[:, 0])
    step = np.append(model.coefs_[0] - start.coefs_[0], model.intercepts_[0] - start.intercepts_[0])
    assert_allclose(np.linalg.norm(step), 0.25)
    wide = Watched("sgd", learning_rate_init=1.0, batch_size=4, shuffle=False, clip_norm=99.0)
    _, _, other = epochs_of(4, solver=wide, momentum=0.0, nesterovs_momentum=False,
                            dtype="float64")  # fmt: skip
    error = start.predict(rows) - rows[:, 0]
    assert_allclose(other.coefs_[0][:, 0] - start.coefs_[0][:, 0], -error @ rows / 4)


@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_constraints_hold_after_each_step_whether_or_not_gradients_are_clipped(clip_norm):
    X = np.linspace(-1, 1, 20)[:, None]
    model = FNNRegressor(
        hidden_layers=[Dense(3, "tanh", constraint="non_negative")], solver=SGD(), max_iter=3,
        learning_rate_init=0.5, clip_norm=clip_norm, random_state=0,
    ).fit(X, -5 * X[:, 0])  # fmt: skip
    assert model.coefs_[0].min() == 0

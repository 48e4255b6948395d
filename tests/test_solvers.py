"""Solvers: the registry, and all that an estimator takes from a solver's declarations.

What is true of every solver is tested on those of the registry and on two that a user might write:
a conjugate gradient method on the full batch, and steps along the sign of a batch's gradient.
"""

import re

import numpy as np
import pytest
import scipy.optimize
from helpers import FAMILIES, needs_sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import Interval

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor, export
from skfnn.layers import Dense, Dropout, Linear
from skfnn.losses import Loss
from skfnn.optimizers import SGD, Adam, Optimizer
from skfnn.parts import Call
from skfnn.solvers import LBFGS, DivergenceError, Minibatch, Solver
from skfnn.solvers._choice import solver_names

X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class ConjugateGradient(Solver):
    """Nonlinear conjugate gradients, by SciPy."""

    full_batch = True

    def __init__(self, max_iter=None, tol=None):
        self.max_iter = max_iter
        self.tol = tol

    def run(self, problem, monitor):
        def after(intermediate_result):
            if monitor.iteration(float(intermediate_result.fun), intermediate_result.x):
                raise StopIteration

        monitor.begin()
        result = scipy.optimize.minimize(
            problem.value_and_grad, problem.network.values.copy(), jac=True, method="CG",
            callback=after, options={"maxiter": self.max_iter, "gtol": self.tol},
        )  # fmt: skip
        value, _ = problem.value_and_grad(result.x)
        monitor.conclude(value)


class SignDescent(Solver):
    """Steps of one size along the sign of the gradient of a random batch, without an optimizer."""

    full_batch = False

    def __init__(self, max_iter=None, learning_rate_init=None, patient=True):
        self.max_iter = max_iter
        self.learning_rate_init = learning_rate_init
        self.patient = patient

    def run(self, problem, monitor):
        progress = problem.progress
        for _ in range(1 if problem.incremental else self.max_iter):
            monitor.begin()
            value, gradient = problem.value_and_grad(problem.network.values)
            problem.network.values -= self.learning_rate_init * np.sign(gradient)
            progress.epochs += 1
            exhausted = monitor.epoch(value, self.learning_rate_init)
            if monitor.end() or (exhausted and not self.patient):
                break


@pytest.fixture
def named():
    """The two classes under names, which are gone after the test."""
    classes = []
    try:
        for name, cls in (("cg_for_test", ConjugateGradient), ("sign_for_test", SignDescent)):
            classes.append(type(cls.__name__, (cls,), {"name": name, "__init__": cls.__init__}))
        yield [cls.name for cls in classes]
    finally:
        for cls in classes:
            del Solver.registry[cls.name]


SOLVERS = [
    *(solver for cls in Solver.members() for solver in cls.examples()),
    *(member() for member in Optimizer.members()),
    ConjugateGradient(),
    SignDescent(),
]
FULL_BATCH = [s for s in SOLVERS if isinstance(s, Solver) and s.full_batch]
MINIBATCH = [s for s in SOLVERS if s not in FULL_BATCH]
every = pytest.mark.parametrize("solver", SOLVERS, ids=repr)


def network(solver, **params):
    settings = {"hidden_layer_sizes": (5,), "max_iter": 15, "random_state": 0} | params
    own = solver.replaces() if isinstance(solver, Solver) else set()
    return FNNClassifier(solver=solver, **{k: v for k, v in settings.items() if k not in own})


# ------------------------------------------------------------------ choice


def test_a_users_solver_is_found_by_its_name(named):
    for name in named:
        assert network(name).fit(X, Y).n_iter_ > 0
        with pytest.raises(ValueError, match="solver='nothing'") as caught:
            network("nothing").fit(X, Y)
        assert repr(name) in str(caught.value)
        with pytest.raises(ValueError, match=f"Did you mean {name!r}"):
            network(name + "s").fit(X, Y)
    assert not hasattr(network("cg_for_test"), "partial_fit")
    assert hasattr(network("sign_for_test"), "partial_fit")


def test_an_unknown_name_is_answered_with_all_that_are_known():
    with pytest.raises(ValueError, match="solver='lbgfs'") as caught:
        network("lbgfs").fit(X, Y)
    assert all(repr(name) in str(caught.value) for name in [*solver_names(), "auto"])
    assert "Did you mean 'lbfgs'" in str(caught.value)
    for base in ("skfnn.solvers.Solver", "skfnn.optimizers.Optimizer"):
        assert base in str(caught.value)


def test_a_name_of_two_families_is_refused():
    try:
        type("Mine", (Solver,), {"name": "adam"})
        with pytest.raises(ValueError, match=r"name of an optimizer.*and of a solver"):
            network("adam").fit(X, Y)
    finally:
        del Solver.registry["adam"]


@pytest.mark.parametrize("make", [FNNClassifier, FNNRegressor, FNNAutoencoder])
@pytest.mark.parametrize("spec", [3, None, LBFGS, Dense(3)], ids=repr)
def test_what_is_no_solver_is_refused(make, spec):
    with pytest.raises((ValueError, TypeError), match="solver"):
        make(solver=spec).fit(X, Y)


@pytest.mark.parametrize(
    ("solver", "name"),
    [(LBFGS(), "lbfgs"), (Minibatch(), "adam"), (Minibatch(Adam()), "adam"), (Adam(), "adam"),
     (Minibatch("sgd"), "sgd"), (SGD(), "sgd"), ("minibatch", "adam")],
    ids=repr,
)  # fmt: skip
@quiet
def test_a_solver_as_an_object_is_the_same_as_by_its_name(solver, name):
    ours, theirs = network(solver).fit(X, Y), network(name).fit(X, Y)
    for a, b in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)
    assert ours.step_listing() == theirs.step_listing()


@pytest.mark.parametrize(
    ("solver", "name", "params"),
    [
        (LBFGS(max_iter=4), "lbfgs", {"max_iter": 4}),
        (LBFGS(max_fun=9), "lbfgs", {"max_fun": 9}),
        (LBFGS(tol=0.1), "lbfgs", {"tol": 0.1}),
        (Minibatch(max_iter=4), "adam", {"max_iter": 4}),
        (Minibatch(batch_size=11), "adam", {"batch_size": 11}),
        (Minibatch(shuffle=False), "adam", {"shuffle": False}),
        (Minibatch(clip_norm=0.1), "adam", {"clip_norm": 0.1}),
        (Minibatch("sgd", "cosine"), "sgd", {"learning_rate": "cosine"}),
        (Minibatch(learning_rate_init=0.1), "adam", {"learning_rate_init": 0.1}),
        (Minibatch(Adam(learning_rate=0.1)), "adam", {"learning_rate_init": 0.1}),
    ],
    ids=repr,
)
@quiet
def test_a_solvers_own_value_stands_for_the_estimators(solver, name, params):
    ours, theirs = network(solver).fit(X, Y), network(name, **params).fit(X, Y)
    for a, b in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)
    (given,) = params
    with pytest.raises(ValueError, match=f"{given}=.*has no effect beside solver=.*its own"):
        network(solver).set_params(**params).fit(X, Y)


def test_the_number_of_corrections_reaches_scipy():
    few, many = (network(LBFGS(n_corrections=n), tol=0.01, max_iter=900).fit(X, Y) for n in (1, 20))
    assert few.n_iter_ > many.n_iter_


@quiet
def test_hyper_parameters_are_searched():
    grid = {"solver__max_iter": [2, 5], "solver__tol": [1e-2, 1e-3]}
    model = FNNClassifier((5,), solver=LBFGS(), random_state=0)
    search = GridSearchCV(model, grid, cv=2).fit(X, Y)
    assert search.best_estimator_.n_iter_ == search.best_params_["solver__max_iter"]
    assert model.solver.max_iter is None  # the object itself is left as it was


# ------------------------------------------------------------------ what holds for every solver


@every
@quiet
def test_it_trains_and_publishes(solver):
    before = clone(solver)
    model = network(solver, learning_rate_init=0.01, metrics="acc")
    model.fit(X, Y)
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert len(model.history_) == model.n_iter_ <= model.max_iter
    assert list(model.history_.columns) == ["loss", "acc", "learning_rate", "seconds"]
    assert model.history_["acc"].iloc[-1] == pytest.approx(model.score(X, Y), abs=0.01)
    assert model.step_listing().startswith("Y0 = dot(X, W0)\n")
    assert repr(model.solver) == repr(before)
    assert repr(clone(model)) == repr(model)
    dtype = np.float64 if solver in FULL_BATCH else np.float32
    assert {array.dtype for array in model.coefs_} == {np.dtype(dtype)}


@every
@quiet
def test_early_stopping_brings_the_best_weights_back(solver):
    settings = {"early_stopping": True, "scoring": "loss", "validation_fraction": 0.3}
    model = network(solver, n_iter_no_change=3, **settings).fit(X[::2], Y[::2], X_val=X, y_val=Y)
    assert model.evaluate(X, Y)["loss"] == pytest.approx(-model.best_validation_score_, rel=1e-5)
    assert model.best_validation_score_ == max(model.validation_scores_)


@every
def test_an_interrupt_keeps_the_last_finished_epoch(solver, monkeypatch):
    def interrupting(estimator, X, y):
        if len(seen) == 3:
            raise KeyboardInterrupt
        seen.append([array.copy() for array in estimator.coefs_])
        return 0.0

    seen = []
    with pytest.warns(UserWarning, match="interrupted") as caught:
        model = network(solver, metrics=interrupting).fit(X, Y)
    assert [w.filename for w in caught] == [__file__]
    assert len(model.history_) == model.n_iter_ == 3
    for a, b in zip(model.coefs_, seen[-1], strict=True):
        np.testing.assert_array_equal(a, b)


@needs_sklearn("1.9", "callbacks")
@every
def test_callbacks_are_told_of_its_steps(solver):
    class Recorder:
        def __init__(self):
            self.tasks = []

        def setup(self, estimator, context): ...

        def teardown(self, estimator, context): ...

        def on_fit_task_begin(self, estimator, context):
            self.tasks.append((context.task_name, context.max_subtasks))

        def on_fit_task_end(self, estimator, context):
            return context.task_id == 2 and context.task_name != "fit"

    recorder, full = Recorder(), solver in FULL_BATCH
    model = network(solver).set_callbacks(recorder).fit(X, Y)
    assert model.n_iter_ == 3  # the callback asked to stop
    own = getattr(solver, "max_iter", None)
    assert recorder.tasks[0] == ("fit", (own or 15) + full)
    assert recorder.tasks[1:] == [("iteration" if full else "epoch", 0)] * 3


@pytest.mark.parametrize("solver", FULL_BATCH, ids=repr)
def test_on_the_full_batch_there_is_no_noise_and_no_partial_fit(solver):
    for params in ({"dropout": 0.1}, {"hidden_layers": [Dense(3), Dropout(0.1)]}):
        params = {"hidden_layer_sizes": (100,), **params} if "hidden_layers" in params else params
        with pytest.raises(ValueError, match="minibatch solver") as caught:
            network(solver, **params).fit(X, Y)
        assert f"solver={solver!r}" in str(caught.value)
        assert "L-BFGS" not in str(caught.value)
    assert not hasattr(network(solver), "partial_fit")
    with pytest.raises(AttributeError) as caught:
        network(solver).partial_fit(X, Y)
    said = str(caught.value.__cause__)
    assert "only available for minibatch solvers" in said
    assert f"solver={solver!r} works on the full batch" in said


@pytest.mark.parametrize("solver", MINIBATCH, ids=repr)
@quiet
def test_minibatch_solvers_have_partial_fit(solver):
    model = network(solver)
    for _ in range(3):
        model.partial_fit(X, Y, classes=[0, 1, 2])
    assert len(model.history_) == 3


@pytest.mark.parametrize("solver", [ConjugateGradient(), SignDescent()], ids=repr)
def test_no_message_is_of_another_solver(solver, capsys):
    model = network(solver, verbose=True, max_iter=3).fit(X, Y)
    with pytest.raises(DivergenceError) as caught:
        model.fit(1e200 * X, Y)
    assert "L-BFGS" not in capsys.readouterr().out + str(caught.value)


class Forgetful(ConjugateGradient):
    """Tells nobody what it does."""

    def run(self, problem, monitor):
        problem.network.values *= 0.5


class Replacing(ConjugateGradient):
    """Puts the solution beside the network instead of into it."""

    def run(self, problem, monitor):
        super().run(problem, monitor)
        problem.network.values = problem.network.values.copy()


class Broken(ConjugateGradient):
    """Fails in its third iteration."""

    def run(self, problem, monitor):
        monitor.iteration(1.0, problem.network.values)
        monitor.iteration(1.0, problem.network.values[:3])


@pytest.mark.parametrize(
    ("solver", "error", "said"),
    [
        (Forgetful(), RuntimeError, r"The solver Forgetful has told the monitor of no epoch"),
        (Replacing(), RuntimeError, r"The solver Replacing has put another array"),
        (Broken(), ValueError, r"In the solver Broken, after 1 finished epochs\."),
        (Solver(), NotImplementedError, ""),
    ],
    ids=repr,
)
def test_a_wrong_solver_is_told_what_is_wrong(solver, error, said):
    model = network("lbfgs", tol=0.1, max_iter=500).fit(X, Y)
    before = dict(vars(model))
    with pytest.raises(error) as caught:
        model.set_params(solver=solver).fit(X, Y)
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert re.search(said, text)
    assert vars(model.set_params(solver="lbfgs")) == before


def test_conjugate_gradients_find_the_solution_of_logistic_regression():
    solver = ConjugateGradient(max_iter=100, tol=1e-6)
    ours = FNNClassifier((), solver=solver, alpha=1.0, random_state=0)
    theirs = LogisticRegression(tol=1e-9, max_iter=5000).fit(X, Y)
    np.testing.assert_allclose(
        ours.fit(X, Y).predict_proba(X), theirs.predict_proba(X), rtol=1e-3, atol=1e-5
    )


def test_skops_may_make_the_packages_solvers():
    trusted = export.skops_trusted_types()
    assert {f"skfnn.solvers.{cls.__name__}" for cls in Solver.members()} <= set(trusted)


# ------------------------------------------------------------------ parameters


def other_value(constraints, default):
    """A value that a parameter's constraints allow, and that is not its default; or None."""
    if "boolean" in constraints:
        return not default
    candidates = [7, 0.7]
    allowed = [v for v in candidates for c in constraints if isinstance(c, Interval) and v in c]
    return allowed[0] if allowed else None


# What the parameters are whose constraints do not tell another value.
OTHER = {"learning_rate": "cosine"}
_MLP = MLPClassifier().get_params()


def named_solvers():
    return [*solver_names(), ConjugateGradient(), SignDescent()]


@pytest.mark.parametrize("solver", named_solvers(), ids=repr)
@quiet
def test_a_parameter_of_other_solvers_is_refused_unless_it_is_mlps(solver):
    """Knows no parameter by name, but for a value or two: a new one is tested by itself."""
    of_solvers = {
        name
        for family in (Solver, Optimizer)
        for cls in family.members()
        for name in cls._get_param_names()
    }
    model = network(solver, max_iter=2)
    tested = set()
    for name, default in FNNClassifier().get_params(deep=False).items():
        if name not in of_solvers:
            continue
        value = OTHER.get(name, other_value(model._parameter_constraints[name], default))
        assert value not in (None, default), name
        tested.add(name)
        changed = clone(model).set_params(**{name: value})
        if (name in _MLP and name not in OTHER) or name in used_by(solver):
            changed.fit(X, Y)
        else:
            with pytest.raises(ValueError, match=f"{name}=.* has no effect with solver=") as caught:
                changed.fit(X, Y)
            assert "'adam'" in str(caught.value) or "'rmsprop'" in str(caught.value)
    assert {"clip_norm", "rho", "learning_rate", "max_iter"} <= tested


def used_by(solver):
    """Written once more, from the constructors."""
    if isinstance(solver, Solver):
        return set(solver._get_param_names())
    if solver in Solver.registry:
        cls = Solver.registry[solver]
        adam = Adam._get_param_names() if cls is Minibatch else []
        return {*cls._get_param_names(), *adam}
    return {*Minibatch._get_param_names(), *Optimizer.registry[solver]._get_param_names()}


def test_solvers_and_optimizers_are_families_of_their_own():
    families = {family.family: family for family in FAMILIES}
    assert families["solver"] is Solver
    assert families["optimizer"] is Optimizer
    assert not set(Solver.registry) & set(Optimizer.registry)
    with pytest.warns(ConvergenceWarning, match="Stochastic Optimizer"):
        network("adam", max_iter=2).fit(X, Y)
    with pytest.warns(ConvergenceWarning, match="L-BFGS failed to converge: max_iter=2"):
        network("lbfgs", max_iter=2).fit(X, Y)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_lbfgs_that_stands_at_the_optimum_has_converged(dtype, recwarn):
    """Without a tolerance only rounding ends it, often in a line search that finds no step."""
    for seed in range(6):
        A, b = make_classification(80, 5, random_state=seed)
        FNNClassifier(
            (), solver="lbfgs", tol=0, max_iter=5000, alpha=1.0, dtype=dtype, random_state=0
        ).fit(A, b)
    assert [str(w.message) for w in recwarn] == []


class WrongWay(Loss):
    """A squared error whose gradient has the wrong sign, so that no line search finds a step."""

    kinds = frozenset({"regression"})

    def gradient(self, y, raw, out, scratch):
        yield Call(np.subtract, y, raw, out=out)

    def value(self, y, raw):
        return 0.5 * ((raw - y) ** 2).sum(axis=1)

    def constant(self, y, weight):
        return y.mean(axis=0)


def test_lbfgs_that_cannot_go_on_says_so():
    with pytest.warns(ConvergenceWarning, match=r"stopped after 0 iterations: ABNORMAL"):
        FNNRegressor((4,), loss=WrongWay(), solver="lbfgs", random_state=0).fit(X, Y * 10.0)


@quiet
@pytest.mark.parametrize(("factor", "rates"), [
    (1.0, {"scalar0"}), (0.1, {"scalar0(1)", "scalar0(0.1)"}),
])  # fmt: skip
def test_a_listing_tells_learning_rates_apart(factor, rates):
    layers = [Linear(2, bias_lr_factor=factor)]
    model = FNNClassifier(hidden_layers=layers, max_iter=1, random_state=0).fit(X, Y)
    assert set(re.findall(r"scalar\d\S*(?=\))", model.step_listing())) == rates


@quiet
def test_the_damping_does_not_depend_on_how_large_the_loss_is():
    x = np.linspace(-1, 1, 30)[:, None]
    y = 0.1 * np.sin(4 * x[:, 0])  # no step gains more than 1, until rows are repeated
    settings = {"solver": "lm", "alpha": 0.0, "max_iter": 8, "random_state": 0}
    curves = [
        FNNRegressor((6,), "tanh", **settings).fit(x.repeat(times, 0), y.repeat(times)).loss_curve_
        for times in (1, 1000)
    ]
    np.testing.assert_allclose(*curves, rtol=1e-4)

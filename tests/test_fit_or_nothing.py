"""A call of fit or partial_fit that fails leaves a plain estimator exactly as it was."""

import pickle
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor
from skfnn._engine.following import history, interrupts, monitor
from skfnn.layers import Dense, Dropout, Flatten
from skfnn.optimizers import Optimizer
from skfnn.solvers import DivergenceError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
NAMED = pd.DataFrame(X, columns=["a", "b", "c"])
LABELS = (X[:, 0] > 0).astype(int)
NUMBERS = X[:, 0] + X[:, 1]
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def state(model):
    """All that an estimator holds, as bytes."""
    held = dict(vars(model))
    fitted = held.pop("_fitted", None)
    learned = {} if fitted is None else vars(fitted)
    return {name: pickle.dumps(value) for name, value in {**held, **learned}.items()}


def assert_same(one, other):
    np.testing.assert_array_equal(one._fitted.network.values, other._fitted.network.values)
    np.testing.assert_array_equal(one._fitted.network.state, other._fitted.network.state)
    first, second = (m.history_.drop(columns="seconds") for m in (one, other))
    pd.testing.assert_frame_equal(first, second)


# ------------------------------------------------------------------ refused calls

WIDE = pd.DataFrame(RNG.normal(size=(60, 5)), columns=list("vwxyz"))
REFUSED = {
    "other features, weights": lambda m: m.fit(WIDE, NUMBERS > 0, sample_weight=-np.ones(60)),
    "names, weights": lambda m: m.fit(NAMED, LABELS, sample_weight=np.zeros(60)),
    "a y of other length": lambda m: m.fit(WIDE, LABELS[:9]),
    "validation data": lambda m: m.fit(WIDE, LABELS, X_val=NAMED, y_val=LABELS),
    "a parameter": lambda m: m.set_params(alpha=-1).fit(WIDE, LABELS),
    "a solver": lambda m: m.set_params(solver="nothing").fit(WIDE, LABELS),
    "an option": lambda m: m.set_params(rho=0.3).fit(WIDE, LABELS),
    "a split": lambda m: m.set_params(early_stopping=True).fit(WIDE[:3], LABELS[:3]),
    "divergence": lambda m: m.set_params(solver="sgd", learning_rate_init=1e30).fit(WIDE, LABELS),
    "a metric": lambda m: m.set_params(metrics="nothing").fit(WIDE, LABELS),
    "more rows": lambda m: m.fit(WIDE, LABELS, X_unlabeled=WIDE),
}


@quiet
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_a_refused_fit_changes_nothing(call, solver, warm_start):
    """Seen: ``n_features_in_`` was that of the refused data."""
    model = FNNClassifier((4,), solver=solver, max_iter=3, warm_start=warm_start, random_state=0)
    model.fit(NAMED, LABELS)
    params, before = model.get_params(), state(model)
    with pytest.raises(ValueError, match=r"\w"):
        call(model)
    assert state(model.set_params(**params)) == before
    fresh = clone(model)
    with pytest.raises(ValueError, match=r"\w"):
        call(fresh)
    assert set(vars(fresh)) == set(model.get_params())


def test_shaped_samples_that_are_refused_change_nothing():
    model = FNNClassifier(hidden_layers=[Flatten(), Dense(3)], max_iter=200, tol=1, random_state=0)
    model.fit(RNG.normal(size=(60, 2, 2)), LABELS)
    before = state(model)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(RNG.normal(size=(60, 3, 3)), LABELS, sample_weight=-np.ones(60))
    assert state(model) == before


def test_an_autoencoder_that_refuses_stays_fitted():
    model = FNNAutoencoder((2,), tol=1, random_state=0).fit(X)
    before = state(model)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(WIDE, sample_weight=-np.ones(60))
    assert state(model) == before


class Fails:
    """A scorer that fails in some epoch."""

    def __init__(self, error, epoch):
        self.error, self.epoch, self.count = error, epoch, 0

    def __call__(self, estimator, X, y):
        self.count += 1
        if self.count == self.epoch:
            raise self.error
        return 0.5


@quiet
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("epoch", [1, 3])
def test_an_error_of_a_scorer_changes_nothing(solver, epoch):
    model = FNNClassifier((4,), solver=solver, max_iter=5, warm_start=True, random_state=0)
    model.fit(NAMED, LABELS)
    before = state(model)
    with pytest.raises(ZeroDivisionError):
        model.set_params(metrics=Fails(ZeroDivisionError(), epoch)).fit(NAMED, LABELS)
    assert state(model.set_params(metrics=None)) == before


# ------------------------------------------------------------------ partial_fit

WRONG = X.copy()
WRONG[7, 1] = 1e20


def partly(solver, n_calls, refused=None, **params):
    """A model after some batches, a refused one between the second and the third."""
    hidden = [Dense(5), Dropout(0.2)]
    model = FNNRegressor(hidden_layers=hidden, solver=solver, random_state=0, **params)
    for call in range(n_calls):
        if call == 2 and refused is not None:
            refused(model)
            model = pickle.loads(pickle.dumps(model))
        model.partial_fit(X, NUMBERS)
    return model


def diverges(model):
    before = state(model)
    with pytest.raises(DivergenceError):
        model.partial_fit(WRONG, NUMBERS)
    assert state(model) == before


@pytest.mark.parametrize("solver", [cls.name for cls in Optimizer.members()])
@pytest.mark.parametrize("schedule", ["constant", "adaptive", "invscaling"])
def test_one_bad_batch_is_as_if_it_had_not_been(solver, schedule):
    """Seen: every later call said that the optimizer's memory overflows, in pickles too."""
    settings = {"learning_rate": schedule, "batch_size": 16, "n_iter_no_change": 1}
    with_it, without = (partly(solver, 5, refused, **settings) for refused in (diverges, None))
    assert_same(with_it, without)
    assert with_it.t_ == without.t_


@quiet
@pytest.mark.parametrize("solver", [cls.name for cls in Optimizer.members()])
def test_calls_of_partial_fit_are_the_epochs_of_a_fit(solver):
    settings = {"learning_rate": "invscaling", "batch_size": 16, "tol": 0}
    whole = FNNRegressor(hidden_layers=[Dense(5), Dropout(0.2)], solver=solver, max_iter=4,
                         random_state=0, **settings).fit(X, NUMBERS)  # fmt: skip
    assert_same(partly(solver, 4, **settings), whole)


def test_a_bad_first_batch_leaves_nothing():
    model = FNNRegressor((4,), random_state=0)
    with pytest.raises(DivergenceError):
        model.partial_fit(WRONG, NUMBERS)
    assert set(vars(model)) == set(model.get_params())


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("first", [True, False])
def test_an_interrupted_batch_can_be_tried_again(solver, first):
    """Seen: the second try began with an optimizer that was ahead by the first."""

    def interrupted(model):
        before = None if first else state(model)
        model.set_params(metrics=Fails(KeyboardInterrupt(), 1))
        interrupts.forget()
        with pytest.warns(UserWarning, match="interrupted"):
            model.partial_fit(X, NUMBERS)
        model.set_params(metrics=None)
        if before is not None:
            same = state(model)
            for name in before.keys() - {"n_iter", "final_loss", "network"}:
                assert same[name] == before[name], name
            np.testing.assert_array_equal(
                pickle.loads(before["network"]).values, model._fitted.network.values
            )

    if first:
        model = FNNRegressor((5,), solver=solver, random_state=0)
        interrupted(model)
        for _ in range(2):
            model.partial_fit(X, NUMBERS)
        again = FNNRegressor((5,), solver=solver, random_state=0)
        for _ in range(2):
            again.partial_fit(X, NUMBERS)
        assert_same(model, again)
    else:
        assert_same(partly(solver, 4, interrupted), partly(solver, 4))


def test_two_models_go_on_from_one_by_themselves():
    one = FNNRegressor((4,), random_state=0).partial_fit(X, NUMBERS)
    other = clone(one)
    vars(other).update(vars(one))  # all attributes are shared
    kept = state(other)
    one.partial_fit(X, NUMBERS).partial_fit(X, NUMBERS)
    assert state(other) == kept
    other.partial_fit(X, NUMBERS).partial_fit(X, NUMBERS)
    assert_same(one, other)


# ------------------------------------------------------------------ an interrupt at any line


class Interrupt:
    """Raises a KeyboardInterrupt at the n-th line that is run in some files."""

    def __init__(self, modules, n):
        self.files, self.n, self.count = {module.__file__ for module in modules}, n, 0

    def __enter__(self):
        self.before = sys.gettrace()  # that of a debugger, or of what measures coverage
        sys.settrace(self.trace)
        return self

    def __exit__(self, *error):
        sys.settrace(self.before)

    def trace(self, frame, event, argument):
        return self.line if frame.f_code.co_filename in self.files else None

    def line(self, frame, event, argument):
        if event == "line":
            self.count += 1
            if self.count == self.n:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self.line


@quiet
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.filterwarnings("ignore:Training interrupted")
def test_an_interrupt_divides_no_epoch(solver, early_stopping):
    """At each line of what happens between epochs: weights, history and scores fit together."""
    model = FNNRegressor((3,), solver=solver, early_stopping=early_stopping, max_iter=2, tol=0,
                         validation_fraction=0.3, warm_start=True, random_state=0)  # fmt: skip
    weights = {}
    n_before = model.fit(X, NUMBERS).n_iter_
    whole = pickle.loads(pickle.dumps(model)).fit(X, NUMBERS).history_["loss"].to_numpy()
    n = 0
    while True:
        n += 1
        trained = pickle.loads(pickle.dumps(model))
        interrupts.forget()
        with Interrupt([monitor, history], n) as interrupt:
            try:
                trained.fit(X, NUMBERS)
            except KeyboardInterrupt:  # outside of training
                assert state(trained) == state(model)
                continue
        if interrupt.count < n:
            break
        rows = len(trained.history_)
        assert rows == n_before + trained.n_iter_
        np.testing.assert_array_equal(trained.history_["loss"], whole[:rows])
        if early_stopping:
            assert len(trained.validation_scores_) == rows
            if trained.n_iter_:
                assert trained.best_validation_score_ == max(trained.validation_scores_[n_before:])
        found = trained._fitted.network.values.tobytes()
        assert weights.setdefault(trained.n_iter_, found) == found  # always the same epoch's
    assert n > 80
    assert sorted(weights) == [0, 1, 2]

"""What was called otherwise in 0.2: old names work for one release, with a FutureWarning."""

import importlib
import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import skfnn
from skfnn import FNNClassifier, FNNRegressor
from skfnn.metrics._loss_and_error import LossAndError
from skfnn.parts import Call
from skfnn.preprocessing._flatten import Flatten
from skfnn.solvers import LevenbergMarquardt

X = np.linspace(-1, 1, 40).reshape(-1, 1)
Y = np.sin(3 * X[:, 0])
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def network(solver):
    return FNNRegressor((3,), "tanh", solver=solver, max_iter=4, random_state=0)


@quiet
def test_n_restarts_is_n_init_with_a_warning():
    new = network(LevenbergMarquardt(n_init=8)).fit(X, Y)
    old = network(LevenbergMarquardt(n_restarts=8))
    with pytest.warns(FutureWarning, match=r"n_restarts is called n_init now.*n_init=8") as told:
        old.fit(X, Y)
    of_name = [record for record in told if record.category is FutureWarning]
    assert [record.filename for record in of_name] == [__file__]
    np.testing.assert_array_equal(old.predict(X), new.predict(X))
    one = network(LevenbergMarquardt(n_init=1)).fit(X, Y)
    assert old.n_iter_ == new.n_iter_ > one.n_iter_
    assert old.solver.n_restarts == 8  # fit changes no parameter


@quiet
def test_the_old_name_keeps_the_contract_of_estimators():
    solver = LevenbergMarquardt(n_restarts=2)
    assert clone(solver).get_params() == solver.get_params()
    assert repr(solver) == "LevenbergMarquardt(n_restarts=2)"
    assert LevenbergMarquardt().set_params(n_restarts=2).get_params() == solver.get_params()
    assert pickle.loads(pickle.dumps(solver)).get_params() == solver.get_params()
    search = GridSearchCV(network(LevenbergMarquardt()), {"solver__n_restarts": [1, 2]}, cv=2)
    with pytest.warns(FutureWarning, match="n_init"):
        search.fit(X, Y)
    assert search.best_params_["solver__n_restarts"] in (1, 2)


@quiet
def test_nothing_warns_without_the_old_name():
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        network("lm").fit(X, Y)
        network(LevenbergMarquardt(n_init=2)).fit(X, Y)
        network(LevenbergMarquardt(None, None, "layers", 1e-3, 0, 0, 0, 1e-5, 2, False)).fit(X, Y)


def test_both_names_or_a_wrong_value_are_refused():
    with pytest.raises(ValueError, match=r"n_init=2 and n_restarts=3"):
        network(LevenbergMarquardt(n_init=2, n_restarts=3)).fit(X, Y)
    for name in ("n_init", "n_restarts"):
        with pytest.raises(ValueError, match=rf"'{name}' parameter .* int in the range .*Got 0"):
            network(LevenbergMarquardt(**{name: 0})).fit(X, Y)
    with pytest.raises(ValueError, match="'n_restarts' parameter") as caught:
        network(LevenbergMarquardt(n_restarts="many")).fit(X, Y)
    assert "deprecated" not in str(caught.value)


@pytest.mark.parametrize("number", [None, 2])
@quiet
def test_a_solver_saved_by_an_earlier_version_has_its_number(number):
    solver = LevenbergMarquardt()
    state = {key: value for key, value in vars(solver).items() if key != "n_init"}
    restored = LevenbergMarquardt.__new__(LevenbergMarquardt)
    restored.__setstate__({**state, "n_restarts": number})
    assert restored.get_params() == LevenbergMarquardt(n_init=number).get_params()
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        network(restored).fit(X, Y)


# Public names of 0.2 that are none any more.
RETIRED = {
    "skfnn": ["to_onnx"],
    "skfnn.layers": ["Param"],
    "skfnn.metrics": ["LossAndError", "resolve_metric", "resolve_metrics"],
    "skfnn.parts": ["Share", "add", "add_scaled", "scale"],
    "skfnn.preprocessing": ["Flatten"],
}
EACH = [(module, name) for module, names in RETIRED.items() for name in names]


@pytest.mark.parametrize(("module", "name"), EACH)
def test_imports_of_before_work_with_a_warning(module, name):
    with pytest.warns(FutureWarning, match=rf"{module}\.{name} will be gone in 0\.4\. .") as told:
        exec(f"from {module} import {name}", namespace := {})
    assert callable(namespace[name])
    assert {record.filename for record in told} == {"<string>"}  # the line that imports
    assert name not in importlib.import_module(module).__all__
    assert name not in dir(importlib.import_module(module))


@pytest.mark.parametrize("module", RETIRED)
def test_other_names_are_not_found(module):
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'nothing'"):
        importlib.import_module(module).nothing  # noqa: B018


def test_pickles_of_what_is_no_longer_public_load():
    for thing in (Flatten(), LossAndError()):
        with pytest.warns(FutureWarning, match="will be gone"):
            stored = pickle.dumps(thing)
        assert b"._" not in stored  # no private module, as before
        with pytest.warns(FutureWarning, match="will be gone"):
            assert type(pickle.loads(stored)) is type(thing)


@quiet
def test_the_metric_is_found_by_its_name_with_a_warning():
    labels = (Y > 0).astype(int)
    model = FNNClassifier((2,), max_iter=2, tol=1, metrics=["neg_loss_and_error"], random_state=0)
    with pytest.warns(FutureWarning, match=r"metrics='neg_loss_and_error' will be gone in 0\.4"):
        found = model.fit(X, labels).history_["neg_loss_and_error"].iloc[-1]
    raw = np.log(model.predict_proba(X)[:, 1:] / model.predict_proba(X)[:, :1])
    assert found == pytest.approx(LossAndError()(labels, raw, None), rel=1e-4)
    assert "neg_loss_and_error" not in skfnn.metrics.Metric.registry


def test_calls_of_before_do_what_they_did():
    x, y = np.full(3, 2.0), np.ones(3)
    with pytest.warns(FutureWarning, match="Write `yield"):
        from skfnn.parts import add, add_scaled, scale
    for calls, now in ((scale(x, 2.0), [4.0] * 3), (add(x, y), [5.0] * 3),
                       (add_scaled(x, y, -3.0, tmp=y.copy()), [2.0] * 3)):  # fmt: skip
        for call in calls:
            assert isinstance(call, Call)
        np.testing.assert_array_equal(_ran(call, x), now)


def _ran(call, x):
    from skfnn._engine.program.calls import bind, replay

    replay(bind([call], np.float64))
    return x

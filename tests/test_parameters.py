"""The estimators' parameters: each is declared once, and none is forgotten.

These tests know no parameter by name: a new one is tested by itself.
"""

import inspect
import sys

import numpy as np
import pytest
from numpydoc.docscrape import ClassDoc
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skfnn import (
    FNNAutoencoder,
    FNNClassifier,
    FNNRegressor,
    TabularFNNClassifier,
    TabularFNNRegressor,
)
from skfnn._estimators import build
from skfnn._estimators.parameters import ARCHITECTURE, TRAINING, changed, is_known_to_mlp
from skfnn._estimators.pretraining import _autoencoder
from skfnn.solvers import LBFGS, Minibatch

ESTIMATORS = [FNNClassifier, FNNRegressor, FNNAutoencoder]
TABLES = [TabularFNNClassifier, TabularFNNRegressor]
every = pytest.mark.parametrize("cls", ESTIMATORS)
with_tables = pytest.mark.parametrize("cls", [*ESTIMATORS, *TABLES])
tables = pytest.mark.parametrize("cls", TABLES)
X = np.random.default_rng(0).normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(int)


def parameters(cls):
    return inspect.signature(cls).parameters


@with_tables
def test_constructor_constraints_and_docstring_have_the_same_parameters(cls):
    names = list(parameters(cls))
    assert list(cls._parameter_constraints) == names
    documented = {name: kind for name, kind, _ in ClassDoc(cls)["Parameters"]}
    assert list(documented) == names
    for name, parameter in parameters(cls).items():
        shown = documented[name].rpartition("default=")[2]
        assert eval(shown) == parameter.default, name
        assert getattr(cls(), name) is parameter.default


@with_tables
def test_no_line_of_a_docstring_is_left_to_fill_in(cls):
    placeholders = ("<score>", "<metrics>", "<links>", "<parameters>", "<attributes>")
    assert not any(placeholder in cls.__doc__ for placeholder in placeholders)


@every
def test_shared_parameters_have_one_default(cls):
    for name, parameter in parameters(cls).items():
        if name in TRAINING:
            assert parameter.default == parameters(FNNClassifier)[name].default
    assert not set(ARCHITECTURE) & set(TRAINING)


@pytest.mark.parametrize(("cls", "mlp"), [(FNNClassifier, MLPClassifier),
                                          (FNNRegressor, MLPRegressor)])  # fmt: skip
def test_parameters_of_mlp_have_its_names_and_defaults(cls, mlp):
    ours = parameters(cls)
    for name, theirs in parameters(mlp).items():
        assert ours[name].default == theirs.default, name


# ------------------------------------------------------------------ none is forgotten


def tracked(cls):
    """Return a subclass, and the set of parameters that the package has read of its instances.

    What is read only to list or to check all of them (``get_params``) does not count.
    """
    read = set()

    def getattribute(self, name):
        if name in names and sys._getframe(1).f_globals["__name__"].startswith("skfnn."):
            read.add(name)
        return super(sub, self).__getattribute__(name)

    sub = type(cls.__name__, (cls,), {"__getattribute__": getattribute})
    names = set(cls._get_param_names())
    return sub, read


def forgotten(cls):
    """Return the parameters that neither a fit nor a solver of the package goes by."""
    sub, read = tracked(cls)
    for params in ({}, {"early_stopping": True}, {"solver": "auto"}):
        sub(max_iter=200, tol=10, **params).fit(X, Y)
    return set(parameters(cls)) - read - build._of_solvers()


@every
def test_every_parameter_is_gone_by(cls):
    assert not forgotten(cls)


class Read(dict):
    """A dict that notes which items the package has looked up."""

    def __init__(self, items, read):
        super().__init__(items)
        self.read = read

    def __getitem__(self, name):
        self.read.add(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        self.read.add(name)
        return super().get(name, default)


def forgotten_by_tables(cls):
    """Return the parameters of an estimator for tables that its fit does not go by."""
    sub, read = tracked(cls)

    def get_params(self, deep=True):
        return Read({name: vars(self)[name] for name in names}, read)

    names = list(inspect.signature(cls).parameters)
    sub.get_params = get_params
    sub(n_members=1, max_iter=1).fit(X, Y)
    return set(names) - read


@tables
def test_every_parameter_of_tables_is_gone_by(cls):
    assert not forgotten_by_tables(cls)


@tables
def test_one_of_tables_that_nothing_goes_by_is_noticed(cls):
    assert forgotten_by_tables(with_planted(cls)) == {"planted"}


@tables
def test_no_parameter_of_tables_takes_rubbish(cls):
    for name in parameters(cls):
        with pytest.raises((ValueError, TypeError), match=name):
            cls(**{"n_members": 1, "max_iter": 1, name: "rubbish"}).fit(X, Y)


def with_planted(cls):
    """Return a subclass whose constructor has one parameter more."""

    def init(self, *given, planted=None, **named):
        cls.__init__(self, *given, **named)
        self.planted = planted

    signature = inspect.signature(cls.__init__)
    extra = inspect.Parameter("planted", inspect.Parameter.KEYWORD_ONLY, default=None)
    init.__signature__ = signature.replace(parameters=[*signature.parameters.values(), extra])
    return type(cls.__name__, (cls,), {"__init__": init})


def test_one_that_nothing_goes_by_is_noticed():
    assert forgotten(with_planted(FNNRegressor)) == {"planted"}


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "auto"])
def test_one_that_a_solver_has_is_refused_for_the_others(solver, monkeypatch):
    """A parameter that is added to the solver alone needs no check written for it."""
    names = build._of_solvers() | {"planted"}
    monkeypatch.setattr(build, "_of_solvers", lambda: names)
    monkeypatch.setattr("skfnn.solvers._choice.Minibatch", with_planted(Minibatch))
    model = with_planted(FNNRegressor)(solver=solver, planted=0.5)
    if solver == "lbfgs":
        with pytest.raises(ValueError, match=r"planted=0.5 has no effect with solver='lbfgs'"):
            model.fit(X, Y)
    else:  # "auto" takes one that goes by it
        assert build.choose_solver(model, 40, []).planted == 0.5


def test_what_counts_as_changed():
    assert changed(FNNClassifier()) == {}
    same = {"alpha": np.float64(1e-4), "hidden_layer_sizes": (100,), "dropout": 0, "solver": "adam"}
    assert changed(FNNClassifier(**same)) == {}
    other = {"alpha": 1e-3, "hidden_layer_sizes": [100], "dropout": np.zeros(1), "solver": LBFGS(),
             "clip_norm": 1.0, "batch_norm": "before", "shuffle": False}  # fmt: skip
    assert changed(FNNClassifier(**other)).keys() == other.keys()


def test_what_mlp_knows():
    assert is_known_to_mlp("momentum", 0.5)
    assert is_known_to_mlp("learning_rate", "adaptive")
    assert not is_known_to_mlp("learning_rate", "cosine")
    assert not is_known_to_mlp("rho", 0.9)


def test_pretraining_goes_by_how_the_estimator_is_trained():
    """All but what an autoencoder inside has no use for, a parameter that is new included."""
    own = {"random_state", "warm_start", "early_stopping", "validation_fraction", "scoring",
           "metrics"}  # fmt: skip
    values = {name: object() for name in TRAINING}
    coder = _autoencoder(FNNClassifier(pretrain="autoencoder", **values)).get_params(deep=False)
    for name, value in values.items():
        expected = parameters(FNNAutoencoder)[name].default if name in own else value
        assert coder[name] is expected, name

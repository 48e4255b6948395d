"""Components: registries, activations, initializers, schedules and metrics."""

import math
import pickle

import numpy as np
import pytest
from helpers import FAMILIES, difference, examples, full_repr, label, run, work_array
from scipy import special, stats
from sklearn.base import clone
from sklearn.utils._param_validation import Interval

import skfnn
from skfnn import FNNClassifier, FNNRegressor
from skfnn._engine.support.component import Component, Registry
from skfnn.activations import (
    ELU,
    GELU,
    SELU,
    Activation,
    Identity,
    LeakyReLU,
    Logistic,
    Mish,
    ReLU,
    SiLU,
    Softplus,
    Tanh,
    Threshold,
)
from skfnn.constraints import Constraint
from skfnn.initializers import (
    Initializer,
)
from skfnn.layers import Layer
from skfnn.losses import Loss
from skfnn.metrics import Metric
from skfnn.metrics._loss_and_error import LossAndError
from skfnn.optimizers import Adam, Optimizer
from skfnn.parts import Reads
from skfnn.schedules import (
    Schedule,
    Scheduled,
)
from skfnn.solvers import Solver

MEMBERS = [member for family in FAMILIES for member in family.members()]
COMPONENTS = [example for family in FAMILIES for example in examples(family)]
NAMES = [(family, name) for family in FAMILIES for name in family.registry]

# Registries ----------------------------------------------------------------------------------


def named_subclasses(cls):
    for sub in cls.__subclasses__():
        if isinstance(vars(sub).get("name"), str):
            yield sub
        yield from named_subclasses(sub)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_named_class_is_registered_under_all_its_names(family):
    classes = [c for c in named_subclasses(family) if c.__module__.startswith("skfnn")]
    classes = [c for c in classes if c is not LossAndError]  # declared with registered=False
    assert classes
    for cls in classes:
        for name in (cls.name, *cls.aliases):
            assert family.registry[name] is cls
    assert sum(1 + len(cls.aliases) for cls in classes) == len(family.registry)
    assert sorted(map(repr, family.members())) == sorted(map(repr, classes))


def spellings(name):
    words = name.split("_")
    return {name.upper(), name.title(), "".join(map(str.capitalize, words)), "-".join(words)}


@pytest.mark.parametrize(("family", "name"), NAMES)
def test_names_are_found_whatever_their_case(family, name):
    for spelling in spellings(name):
        assert spelling in family.registry
        assert family.registry[spelling] is family.registry.get(spelling) is family.registry[name]


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_no_name_is_found_in_no_registry(family):
    for spec in ("", "_", "no such", None, 3, ("relu",)):
        assert spec not in family.registry
        assert family.registry.get(spec, "absent") == "absent"
    with pytest.raises(KeyError, match="no such"):
        family.registry["no such"]


def test_of_names_that_differ_in_their_case_each_is_itself():
    registry = Registry(mine=Tanh, Mine=ReLU)
    assert registry["mine"] is Tanh
    assert registry["Mine"] is ReLU
    assert "MINE" not in registry


def test_estimators_take_names_as_the_textbook_and_keras_write_them():
    X = np.random.default_rng(0).normal(size=(40, 3))
    y, labels = X[:, 0], (X[:, 0] > 0).astype(int)
    ours = {"loss": "huber", "activation": "relu", "solver": "adam", "learning_rate": "cosine"}
    theirs = {"loss": "Huber", "activation": "ReLU", "solver": "Adam", "learning_rate": "Cosine"}
    brief = {"max_iter": 3, "tol": 1e9, "n_iter_no_change": 3, "random_state": 0}
    fits = [FNNRegressor((4,), **names, **brief).fit(X, y) for names in (theirs, ours)]
    assert np.array_equal(*(fit.predict(X) for fit in fits))
    ours = {"loss": "squared_error", "activation": "logistic", "solver": "lbfgs"}
    theirs = {"loss": "MeanSquaredError", "activation": "Sigmoid", "solver": "L-BFGS"}
    fits = [FNNRegressor((4,), **names, random_state=0).fit(X, y) for names in (theirs, ours)]
    assert np.array_equal(*(fit.predict(X) for fit in fits))
    for name in ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"):
        model = FNNClassifier((4,), loss=name, metrics=["ACC"], solver="SGD", tol=1e9)
        assert "ACC" in model.fit(X, labels).history_
        with pytest.raises(ValueError, match="y is multilabel"):  # of a label, one-hot is none
            model.fit(X, np.eye(2, dtype=int)[labels])


PROMISED = {
    Constraint: "non_negative non_neg max_norm unit_norm",
    Activation: "relu identity logistic sigmoid tanh leaky_relu elu selu gelu silu mish softplus "
    "threshold",
    Initializer: "glorot_uniform glorot_normal he_uniform he_normal lecun_normal orthogonal",
    Loss: "log_loss binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy "
    "squared_error hinge perceptron huber absolute_error quantile poisson gamma",
    Optimizer: "adam sgd adagrad rmsprop adamw nadam",
    Solver: "lbfgs minibatch",
    Schedule: "constant invscaling adaptive cosine one_cycle",
    Metric: "accuracy acc mse mae r2",
    Layer: "dense batch_norm dropout skip",
}


@pytest.mark.parametrize("family", FAMILIES)
def test_promised_names_are_known(family):
    assert set(PROMISED[family].split()) <= set(family.registry)


def test_a_new_class_is_found_and_only_in_its_family():
    try:

        class Cube(Activation):
            name = "cube_for_test"
            aliases = ("third_power_for_test",)

        for name in ("cube_for_test", "third_power_for_test"):
            assert type(Activation.resolve(name, "activation")) is Cube
            assert all(name not in f.registry for f in FAMILIES if f is not Activation)
        assert Activation.members()[-1] is Cube
    finally:
        Activation.registry.pop("cube_for_test", None)
        Activation.registry.pop("third_power_for_test", None)


@pytest.mark.parametrize("taken", ["tanh", "linear"])
def test_a_name_of_the_package_cannot_be_taken(taken):
    before = Activation.registry[taken]
    with pytest.raises(ValueError, match=f"{taken!r} is skfnn.activations.*another name"):
        type("Mine", (Activation,), {"name": taken})
    assert Activation.registry[taken] is before


def test_ones_own_class_can_be_defined_again():
    try:
        for _ in range(2):
            latest = type("Again", (Activation,), {"name": "again_for_test"})
        assert Activation.registry["again_for_test"] is latest
    finally:
        del Activation.registry["again_for_test"]


@pytest.mark.parametrize("component", COMPONENTS, ids=label)
def test_resolve_returns_an_instance_as_it_is(component):
    family = next(f for f in FAMILIES if isinstance(component, f))
    assert family.resolve(component, "thing") is component


@pytest.mark.parametrize(
    ("family", "name"),
    [p for p in NAMES if p[0] is not Layer],
    ids=lambda p: getattr(p, "family", p),
)
def test_resolve_makes_a_default_instance_of_a_name(family, name):
    made = family.resolve(name, "thing")
    assert type(made) is family.registry[name]
    assert full_repr(made) == full_repr(type(made)())


def test_resolve_passes_on_the_defaults_that_the_constructor_has():
    defaults = {"beta_1": 0.5, "epsilon": 1e-3, "momentum": 0.1, "rho": 0.2}
    adam = Optimizer.resolve("adam", "solver", defaults)
    assert adam.get_params() == {**Adam().get_params(), "beta_1": 0.5, "epsilon": 1e-3}
    sgd = Optimizer.resolve("sgd", "solver", defaults)
    assert sgd.momentum == 0.1
    mine = Adam(beta_1=0.3)
    assert Optimizer.resolve(mine, "solver", defaults).beta_1 == 0.3


@pytest.mark.parametrize("family", FAMILIES)
def test_an_unknown_name_is_reported_with_parameter_value_and_allowed(family):
    with pytest.raises(ValueError, match="my_parameter='no-such'") as caught:
        family.resolve("no-such", "my_parameter")
    assert all(repr(name) in str(caught.value) for name in family.registry)
    assert f"{family.__module__}.{family.__name__}" in str(caught.value)
    assert "Did you mean" not in str(caught.value)


def test_a_misspelt_name_gets_a_hint():
    with pytest.raises(ValueError, match=r"Did you mean 'adam'\?"):
        Optimizer.resolve("adan", "solver")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("spec", [None, 3, ("relu",), b"relu", Component()])
def test_a_wrong_type_is_reported_with_parameter_value_and_allowed(family, spec):
    with pytest.raises(TypeError, match="my_parameter must be one of") as caught:
        family.resolve(spec, "my_parameter")
    assert repr(spec) in str(caught.value)
    assert all(repr(name) in str(caught.value) for name in family.registry)


@pytest.mark.parametrize("member", MEMBERS)
def test_a_class_in_place_of_an_instance_gets_a_hint(member):
    family = next(f for f in FAMILIES if issubclass(member, f))
    with pytest.raises(TypeError, match=rf"Pass an instance: thing={member.__name__}\(\)\."):
        family.resolve(member, "thing")


def intervals():
    for member in MEMBERS:
        for name, constraints in member._parameter_constraints.items():
            for constraint in constraints:
                if isinstance(constraint, Interval):
                    yield pytest.param(member, name, constraint, id=f"{member.__name__}-{name}")


@pytest.mark.parametrize(("member", "name", "interval"), list(intervals()))
def test_hyper_parameters_out_of_range_are_refused(member, name, interval):
    family = next(f for f in FAMILIES if issubclass(member, f))
    outside = [math.nan, "3", object()]
    if interval.left is not None:
        outside.append(interval.left - 1)
        if interval.closed in ("right", "neither"):
            outside.append(interval.left)
    outside.append(math.inf if interval.right is None else interval.right + 1)
    if interval.right is not None and interval.closed in ("left", "neither"):
        outside.append(interval.right)
    for value in outside:
        bad = member.examples()[0].set_params(**{name: value})
        with pytest.raises(ValueError, match=f"'{name}' parameter of {member.__name__}") as caught:
            family.resolve(bad, "thing")
        assert repr(value) in str(caught.value)


@pytest.mark.parametrize("member", MEMBERS)
def test_every_hyper_parameter_is_checked(member):
    family = next(f for f in FAMILIES if issubclass(member, f))
    for name in member._get_param_names():
        bad = member.examples()[0].set_params(**{name: object()})
        with pytest.raises((ValueError, TypeError), match=name):
            family.resolve(bad, "thing")


# A component is plain data -------------------------------------------------------------------


@pytest.mark.parametrize("component", COMPONENTS, ids=label)
def test_components_clone_pickle_and_rebuild(component):
    rebuilt = type(component)(**component.get_params(deep=False))
    copies = [clone(component), pickle.loads(pickle.dumps(component)), rebuilt]
    for copy in copies:
        assert copy is not component
        assert type(copy) is type(component)
        assert full_repr(copy) == full_repr(component)
        assert vars(copy).keys() == vars(component).keys()
    assert set(vars(component)) == set(component._get_param_names())


@pytest.mark.parametrize("component", COMPONENTS, ids=label)
def test_repr_is_the_code_that_makes_the_component(component):
    names = {cls.__name__: cls for cls in [*MEMBERS, Scheduled]}
    assert full_repr(eval(repr(component), names)) == full_repr(component)
    assert type(component).__name__ in component._repr_html_()


@pytest.mark.parametrize("component", COMPONENTS, ids=label)
def test_set_params_changes_what_get_params_returns(component):
    for name in component._get_param_names():
        marker = object()
        assert clone(component).set_params(**{name: marker}).get_params(deep=False)[name] is marker
    with pytest.raises(ValueError, match="Invalid parameter 'no_such'"):
        component.set_params(no_such=1)


def test_hyper_parameters_of_nested_components_are_reached_from_the_estimator():
    model = skfnn.FNNClassifier(solver=Adam(), activation=ELU())
    model.set_params(solver__beta_1=0.5, activation__alpha=0.2)
    assert repr(clone(model)) == repr(model)
    assert (model.solver.beta_1, model.activation.alpha) == (0.5, 0.2)


# Activations ---------------------------------------------------------------------------------


def elu(z, alpha, scale=1.0):
    negative = np.minimum(z, 0)
    value = np.where(z > 0, z, alpha * (np.exp(negative) - 1))
    slope = np.where(z > 0, 1.0, alpha * np.exp(negative))
    return scale * value, scale * slope


def gelu(z):
    phi = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return z * stats.norm.cdf(z), stats.norm.cdf(z) + z * phi


def silu(z):
    s = special.expit(z)
    return z * s, s + z * s * special.expit(-z)


def mish(z):
    t = np.tanh(np.logaddexp(0, z))
    return z * t, t + z * (1 - t**2) * special.expit(z)


# Value and derivative of each activation, written in another way than in the package.
ACTIVATIONS = {
    Identity: lambda f, z: (z, np.ones_like(z)),
    Logistic: lambda f, z: (special.expit(z), special.expit(z) * special.expit(-z)),
    Tanh: lambda f, z: (
        2 * special.expit(2 * z) - 1,
        4 * special.expit(2 * z) * special.expit(-2 * z),
    ),
    ReLU: lambda f, z: (np.where(z > 0, z, 0), np.where(z > 0, 1.0, 0)),
    LeakyReLU: lambda f, z: (np.where(z > 0, z, f.slope * z), np.where(z > 0, 1.0, f.slope)),
    ELU: lambda f, z: elu(z, f.alpha),
    SELU: lambda f, z: elu(z, 1.6732632423543772, 1.0507009873554805),
    GELU: lambda f, z: gelu(z),
    SiLU: lambda f, z: silu(z),
    Mish: lambda f, z: mish(z),
    Softplus: lambda f, z: (np.logaddexp(0, z), special.expit(z)),
    Threshold: lambda f, z: (np.where(z >= 0, 1.0, 0), np.where(np.abs(z) <= 1, 1.0, 0)),
}
KINKS = {ReLU: [0.0], LeakyReLU: [0.0], ELU: [0.0], SELU: [0.0]}

VARIANTS = [*examples(Activation), LeakyReLU(0.3), ELU(alpha=2)]
every_activation = pytest.mark.parametrize("activation", VARIANTS, ids=label)
every_differentiable = pytest.mark.parametrize(
    "activation", [f for f in VARIANTS if f.differentiable], ids=label
)


def scratch_of(activation, Z):
    return [work_array(Z.shape, kind, Z.dtype) for kind in activation.scratch]


@every_activation
def test_activation_value_and_derivative_follow_the_formula(activation):
    grid = np.concatenate([np.linspace(-30, 30, 601), [-1e-9, 0.0, 1e-9, -1.0, 1.0, 19.9, 20.1]])
    value, derivative = ACTIVATIONS[type(activation)](activation, grid)
    np.testing.assert_allclose(activation(grid), value, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(activation.derivative(grid), derivative, rtol=1e-12, atol=1e-14)


@every_differentiable
def test_activation_derivative_is_the_numerical_difference(activation):
    h = 1e-3
    grid = np.random.default_rng(0).uniform(-6, 6, 300)
    for kink in KINKS.get(type(activation), []):
        grid = grid[np.abs(grid - kink) > 3 * h]
    numerical = difference(activation, grid, h)
    np.testing.assert_allclose(activation.derivative(grid), numerical, rtol=1e-9, atol=1e-10)


def test_threshold_steps_at_zero_and_passes_the_gradient_straight_through():
    Z = np.array([-2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.5])
    np.testing.assert_array_equal(Threshold()(Z), [0, 0, 0, 1, 1, 1, 1, 1])
    scratch, dA = scratch_of(Threshold(), Z), np.arange(1.0, 9.0)
    run(Threshold().backward(dA, Z, scratch), float)
    np.testing.assert_array_equal(dA, [0, 2, 3, 4, 5, 6, 7, 0])


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activation_is_right_at_extreme_inputs(activation, dtype):
    Z = np.array([-1e4, -200, -89, -50, -20, 20, 50, 89, 200, 1e4], dtype)
    value, derivative = ACTIVATIONS[type(activation)](activation, Z.astype(float))
    tol = 1e-12 if dtype is np.float64 else 4e-6
    for computed, expected in ((activation(Z), value), (activation.derivative(Z), derivative)):
        assert computed.dtype == dtype
        np.testing.assert_allclose(computed, expected, rtol=tol, atol=tol)


@every_activation
def test_float32_agrees_with_float64(activation):
    Z = np.linspace(-12, 12, 500).astype(np.float32)
    wide = Z.astype(float)
    np.testing.assert_allclose(activation(Z), activation(wide), rtol=2e-6, atol=2e-6)
    slope = activation.derivative(wide)
    np.testing.assert_allclose(activation.derivative(Z), slope, rtol=5e-6, atol=5e-6)


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_in_place_gives_the_same_as_out_of_place(activation, dtype):
    Z = np.random.default_rng(1).normal(scale=4, size=(7, 5)).astype(dtype)
    kept, A = Z.copy(), np.full_like(Z, np.nan)
    run(activation.forward(Z, A, scratch_of(activation, Z)), dtype)
    np.testing.assert_array_equal(Z, kept)
    over = Z.copy()
    run(activation.forward(over, over, scratch_of(activation, Z)), dtype)
    np.testing.assert_array_equal(over, A)
    np.testing.assert_array_equal(activation(Z), A)


@every_activation
def test_backward_multiplies_the_gradient_and_leaves_what_it_reads(activation):
    rng = np.random.default_rng(2)
    Z, upstream = rng.normal(scale=2, size=(2, 6, 4))
    A, scratch = np.empty_like(Z), scratch_of(activation, Z)
    run(activation.forward(Z, A, scratch), float)
    ref = activation.reference(Z, A)
    kept, dA = None if ref is None else ref.copy(), upstream.copy()
    run(activation.backward(dA, ref, scratch), float)
    np.testing.assert_allclose(dA, upstream * activation.derivative(Z), rtol=1e-14)
    if ref is not None:
        np.testing.assert_array_equal(ref, kept)


@every_activation
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4)])
def test_activation_takes_arrays_of_any_shape_and_type(activation, shape):
    Z = np.random.default_rng(3).integers(-3, 4, size=shape)
    for computed in (activation(Z), activation.derivative(Z)):
        assert computed.shape == shape
        assert computed.dtype == np.float64
    np.testing.assert_array_equal(activation(Z), activation(Z.astype(float)))
    np.testing.assert_array_equal(activation(Z.tolist()), activation(Z.astype(float)))


@every_differentiable
def test_nan_is_not_hidden(activation):
    assert np.isnan(activation([math.nan])).all()


@every_activation
def test_an_activation_names_an_initializer_and_known_reads(activation):
    assert activation.initializer in Initializer.registry
    assert activation.reads in (Reads.OUTPUT, Reads.INPUT, Reads.NOTHING)
    assert set(activation.scratch) <= {float, bool}

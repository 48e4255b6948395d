"""Components: registries, activations, initializers, schedules and metrics."""

import math
import pickle

import numpy as np
import pytest
import sklearn.metrics
from helpers import FAMILIES, difference, examples, full_repr, label, run, work_array
from scipy import special, stats
from sklearn.base import clone
from sklearn.utils._param_validation import Interval

import skfnn
from skfnn._component import Component
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
from skfnn.initializers import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    Orthogonal,
    Scaled,
)
from skfnn.layers import Layer
from skfnn.losses import Loss
from skfnn.metrics import R2, Accuracy, MeanAbsoluteError, MeanSquaredError, Metric, resolve_metric
from skfnn.optimizers import Adam, Optimizer
from skfnn.schedules import Adaptive, Constant, Cosine, InvScaling, OneCycle, Schedule

MEMBERS = [member for family in FAMILIES for member in family.members()]
COMPONENTS = [example for family in FAMILIES for example in examples(family)]
NAMES = [(family, name) for family in FAMILIES for name in family.registry]

# Registries ----------------------------------------------------------------------------------


def named_subclasses(cls):
    for sub in cls.__subclasses__():
        if "name" in vars(sub):
            yield sub
        yield from named_subclasses(sub)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_named_class_is_registered_under_all_its_names(family):
    classes = [c for c in named_subclasses(family) if c.__module__.startswith("skfnn")]
    assert classes
    for cls in classes:
        for name in (cls.name, *cls.aliases):
            assert family.registry[name] is cls
    assert sum(1 + len(cls.aliases) for cls in classes) == len(family.registry)
    assert sorted(map(repr, family.members())) == sorted(map(repr, classes))


PROMISED = {
    Activation: "relu identity logistic sigmoid tanh leaky_relu elu selu gelu silu mish softplus "
    "threshold",
    Initializer: "glorot_uniform glorot_normal he_uniform he_normal lecun_normal orthogonal",
    Loss: "log_loss binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy "
    "squared_error hinge perceptron huber absolute_error quantile poisson gamma",
    Optimizer: "adam sgd adagrad rmsprop adamw nadam",
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
        Optimizer.resolve("Adam", "solver")


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
    names = {cls.__name__: cls for cls in MEMBERS}
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
    ref = {"output": A, "input": Z, None: None}[activation.reads]
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
    assert activation.reads in ("output", "input", None)
    assert set(activation.scratch) <= {float, bool}


# Initializers --------------------------------------------------------------------------------

VARIANCES = {
    GlorotUniform: lambda i, o: 2 / (i + o),
    GlorotNormal: lambda i, o: 2 / (i + o),
    HeUniform: lambda i, o: 2 / i,
    HeNormal: lambda i, o: 2 / i,
    LecunNormal: lambda i, o: 1 / i,
    Orthogonal: lambda i, o: 1 / max(i, o),
    Scaled: lambda i, o: 0.02 / (i + o),
}
every_initializer = pytest.mark.parametrize("initializer", examples(Initializer), ids=label)


@every_initializer
@pytest.mark.parametrize(("fan_in", "fan_out"), [(300, 120), (90, 260), (150, 150)])
def test_weights_and_biases_have_the_variance_of_the_formula(initializer, fan_in, fan_out):
    expected = VARIANCES[type(initializer)](fan_in, fan_out)
    assert initializer.variance(fan_in, fan_out) == pytest.approx(expected, rel=1e-12)
    rng = np.random.default_rng(4)
    W = initializer.weights(rng, fan_in, fan_out)
    assert W.shape == (fan_in, fan_out)
    assert W.var() == pytest.approx(expected, rel=0.04)
    assert abs(W.mean()) < 4 * math.sqrt(expected / W.size)
    b = initializer.biases(rng, fan_in, 20_000)
    bound = math.sqrt(3 * initializer.variance(fan_in, 20_000))
    assert b.shape == (20_000,)
    assert np.abs(b).max() <= bound
    assert b.var() == pytest.approx(bound**2 / 3, rel=0.04)
    assert abs(b.mean()) < 4 * math.sqrt(b.var() / b.size)


@every_initializer
def test_draws_depend_on_the_generator_alone(initializer):
    def draw(seed):
        rng = np.random.default_rng(seed)
        return np.vstack([initializer.weights(rng, 4, 3), initializer.biases(rng, 4, 3)])

    np.testing.assert_array_equal(draw(0), draw(0))
    assert (draw(0) != draw(1)).all()


@pytest.mark.parametrize(
    ("initializer", "family"),
    [
        (GlorotUniform(), stats.uniform(-math.sqrt(3), 2 * math.sqrt(3))),
        (HeUniform(), stats.uniform(-math.sqrt(3), 2 * math.sqrt(3))),
        (GlorotNormal(), stats.norm),
        (HeNormal(), stats.norm),
        (LecunNormal(), stats.norm),
    ],
    ids=label,
)
def test_draws_follow_their_distribution(initializer, family):
    W = initializer.weights(np.random.default_rng(5), 200, 100)
    unit = W.ravel() / math.sqrt(initializer.variance(200, 100))
    assert stats.kstest(unit, family.cdf).pvalue > 1e-3


@pytest.mark.parametrize("shape", [(5, 5), (8, 3), (3, 8), (1, 4), (4, 1), (1, 1)])
def test_orthogonal_weights_are_orthonormal(shape):
    W = Orthogonal().weights(np.random.default_rng(7), *shape)
    gram = W.T @ W if shape[0] >= shape[1] else W @ W.T
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-14)


def test_orthogonal_draws_have_no_preferred_sign():
    rng = np.random.default_rng(8)
    diagonals = [np.diag(Orthogonal().weights(rng, 4, 4)) for _ in range(500)]
    assert np.abs(np.mean(diagonals, axis=0)).max() < 0.1


# Schedules -----------------------------------------------------------------------------------


def one_cycle(s, p):
    rising = 0.5 * (1 - math.cos(math.pi * p / s.warmup))
    falling = 0.5 * (1 + math.cos(math.pi * (p - s.warmup) / (1 - s.warmup)))
    low, share = (0.04, rising) if p < s.warmup else (4e-6, falling)
    return low * (1 - share) + share


SCHEDULES = {
    Constant: lambda s, p, n, k: 1.0,
    InvScaling: lambda s, p, n, k: (n + 1) ** -s.power_t,
    Adaptive: lambda s, p, n, k: 0.2**k,
    Cosine: lambda s, p, n, k: math.cos(math.pi * p / 2) ** 2,
    OneCycle: lambda s, p, n, k: one_cycle(s, p),
}
every_schedule = pytest.mark.parametrize(
    "schedule", [*examples(Schedule), InvScaling(0), InvScaling(0.9), OneCycle(0.1)], ids=label
)


@every_schedule
def test_schedules_follow_their_formulas(schedule):
    for progress in np.linspace(0, 1, 41):
        for samples, plateaus in ((0, 0), (1, 2), (99, 1), (10**9, 9)):
            factor = schedule.factor(progress, samples, plateaus)
            expected = SCHEDULES[type(schedule)](schedule, progress, samples, plateaus)
            assert factor == pytest.approx(expected, rel=1e-12, abs=1e-15)
            assert 0 <= factor <= 1


@pytest.mark.parametrize(
    ("schedule", "arguments", "expected"),
    [
        (InvScaling(), (0.0, 3, 7), 0.5),
        (InvScaling(power_t=1), (0.0, 3, 0), 0.25),
        (Adaptive(), (0.0, 0, 2), 0.04),
        (Cosine(), (0.0, 5, 5), 1.0),
        (Cosine(), (1 / 3, 0, 0), 0.75),
        (Cosine(), (1.0, 0, 0), 0.0),
        (OneCycle(), (0.0, 0, 0), 0.04),
        (OneCycle(), (0.65, 0, 0), 0.500002),
        (OneCycle(), (1.0, 0, 0), 4e-6),
        (OneCycle(warmup=0.5), (0.5, 0, 0), 1.0),
    ],
)
def test_known_values_of_schedules(schedule, arguments, expected):
    assert schedule.factor(*arguments) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@every_schedule
def test_schedules_declare_what_they_depend_on(schedule):
    within_epoch = {schedule.factor(p, 10, 1) for p in (0.1, 0.4, 0.8)}
    assert (len(within_epoch) > 1) == schedule.per_step
    assert (schedule.factor(0.1, 10, 1) < schedule.factor(0.1, 10, 0)) == schedule.survives_plateau


# Metrics -------------------------------------------------------------------------------------

METRICS = {
    Accuracy: sklearn.metrics.accuracy_score,
    MeanSquaredError: sklearn.metrics.mean_squared_error,
    MeanAbsoluteError: sklearn.metrics.mean_absolute_error,
    R2: sklearn.metrics.r2_score,
}
every_metric = pytest.mark.parametrize("metric", examples(Metric), ids=label)


@every_metric
@pytest.mark.parametrize("n_outputs", [None, 1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_metrics_are_those_of_scikit_learn(metric, n_outputs, weighted):
    rng = np.random.default_rng(9)
    shape = 40 if n_outputs is None else (40, n_outputs)
    weight = rng.uniform(size=40) * rng.integers(0, 2, size=40) if weighted else None
    if metric.of == "classification":
        y, prediction = rng.integers(0, 2, size=(2, *np.atleast_1d(shape)))
    else:
        y = rng.normal(size=shape)
        prediction = 0.7 * y + rng.normal(scale=0.3, size=shape)
    computed = metric(y, prediction, weight)
    assert type(computed) is float
    expected = METRICS[type(metric)](y, prediction, sample_weight=weight)
    assert computed == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 2.0, 0.1])
@pytest.mark.parametrize("weight", [None, np.array([1.0, 0.0, 2.0])])
def test_r2_of_constant_targets_is_that_of_scikit_learn(value, weight):
    y = np.full(3, value)
    Y = np.column_stack([y, [1.0, 2.0, 4.0], [5.0, 5.0, 5.0]])
    shifted = Y + np.array([[0.5, 0.1, 0.0]])
    for target, prediction in ((y, y), (y, y + 1), (y, y + np.array([0, 1e-3, 0])), (Y, shifted)):
        expected = sklearn.metrics.r2_score(target, prediction, sample_weight=weight)
        assert R2()(target, prediction, weight) == pytest.approx(expected, rel=1e-12)


def test_multilabel_accuracy_needs_all_labels_of_a_row():
    y = np.array([[0, 1], [1, 1], [0, 0]])
    assert Accuracy()(y, np.array([[0, 1], [1, 0], [0, 0]]), None) == pytest.approx(2 / 3)
    assert Accuracy()(y, y, np.array([0.0, 1.0, 0.0])) == 1.0


@pytest.mark.parametrize("member", Metric.members())
def test_resolve_metric_by_name_and_instance(member):
    for name in (member.name, *member.aliases):
        column, metric = resolve_metric(name, "metrics", member.of)
        assert (column, type(metric)) == (name, member)
    mine = member()
    assert resolve_metric(mine, "metrics", member.of) == (member.name, mine)
    other = {"classification": "regression", "regression": "classification"}[member.of]
    with pytest.raises(ValueError, match=f"metrics='{member.name}'.*{member.of}, not {other}"):
        resolve_metric(member.name, "metrics", other)


def test_resolve_metric_takes_scorers():
    name, scorer = resolve_metric("f1_macro", "metrics", "classification")
    assert (name, scorer._score_func) == ("f1_macro", sklearn.metrics.f1_score)

    def my_scorer(estimator, X, y):
        return 1.0

    assert resolve_metric(my_scorer, "scoring", "regression") == ("my_scorer", my_scorer)


@pytest.mark.parametrize("spec", [None, 3, ["mse"]])
def test_resolve_metric_refuses_other_types(spec):
    with pytest.raises(TypeError, match="scoring must be a name"):
        resolve_metric(spec, "scoring", "regression")


@pytest.mark.parametrize("member", Metric.members())
def test_resolve_metric_refuses_a_class_in_place_of_an_instance(member):
    with pytest.raises(TypeError, match=f"metrics.*{member.__name__}"):
        resolve_metric(member, "metrics", member.of)


def test_resolve_metric_refuses_an_unknown_name():
    with pytest.raises(ValueError, match="metrics='no'") as caught:
        resolve_metric("no", "metrics", "regression")
    assert all(repr(name) in str(caught.value) for name in Metric.registry)

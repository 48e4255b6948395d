"""What each statement of initializers, schedules, constraints, activations and optimizers means."""

import math

import numpy as np
import pytest
from helpers import examples, label, run, work_array

from skfnn.activations import ELU, SELU, Activation, LeakyReLU, Mish, Softplus
from skfnn.constraints import MaxNorm, Monotone, NonNegative, UnitNorm, constraint_of
from skfnn.initializers import (
    DataDriven,
    GlorotUniform,
    Initializer,
    NguyenWidrow,
    Orthogonal,
    Scaled,
    Zeros,
)
from skfnn.layers import Linear
from skfnn.optimizers import SGD, AdaGrad, Adam, AdamW, NAdam, Optimizer, RMSProp
from skfnn.parts import Reads
from skfnn.schedules import (
    Adaptive,
    Constant,
    Cosine,
    CosLog4,
    FlatCos,
    InvScaling,
    OneCycle,
    Schedule,
    Scheduled,
)

RNG = np.random.default_rng(8)
INF = np.inf


# Initializers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fan_in", [1, 2, 5])
@pytest.mark.parametrize("fan_out", [1, 2, 7])
def test_weights_by_nguyen_and_widrow_have_one_norm_and_any_direction(fan_in, fan_out):
    W = NguyenWidrow().weights(np.random.default_rng(0), fan_in, fan_out)
    assert W.shape == (fan_in, fan_out)
    np.testing.assert_allclose(np.linalg.norm(W, axis=0), 0.7 * fan_out ** (1 / fan_in))
    many = NguyenWidrow().weights(np.random.default_rng(0), 2, 500)
    quadrants = np.unique(np.sign(many), axis=1, return_counts=True)[1]
    assert len(quadrants) == 4
    assert quadrants.min() > 80


class Zero:
    """Draws zeros."""

    def uniform(self, low, high, shape):
        return np.zeros(shape)


def test_a_direction_of_no_length_stays_zero():
    assert not NguyenWidrow().weights(Zero(), 2, 3).any()


def test_kinks_are_spread_evenly_over_the_range_of_the_inputs():
    X = np.array([[-1.0, 10, 5], [3, 20, 5], [0, 30, 5]])
    W0 = NguyenWidrow().weights(np.random.default_rng(0), 3, 5)
    W, b = W0.copy(), np.full(5, 77.0)
    NguyenWidrow().adapt(X, W, b, np.random.default_rng(1))
    centre, half = np.array([1.0, 20, 5]), np.array([2.0, 10, 1])
    np.testing.assert_allclose(W, W0 / half[:, None])
    at_centre = centre @ W + b  # that of inputs mapped to -1 to 1, at 0
    shares = at_centre / np.linalg.norm(W0, axis=0)
    np.testing.assert_allclose(np.sort(shares), [-1, -0.5, 0, 0.5, 1], atol=1e-12)
    assert np.abs(np.diff(shares)).max() > 0.5 + 1e-9  # in any order


@pytest.mark.parametrize(("units", "shares"), [(1, [0]), (2, [-1, 1])])
def test_the_kink_of_one_unit_is_in_the_middle(units, shares):
    W, b = np.ones((1, units)), np.zeros(units)
    NguyenWidrow().adapt(np.array([[2.0], [6.0]]), W, b, np.random.default_rng(0))
    np.testing.assert_allclose(np.sort(4 * W[0] + b), shares, atol=1e-12)


@pytest.mark.parametrize(("scale", "spread", "usable"), [
    (1.0, 0.9e-6, False), (1.0, 1.5e-6, True), (1000, 0.9e-6, False), (1000, 1.5e-6, True),
    (1e-9, 0.5, True), (1e-9, 1.5e-6, True), (0.0, 0.0, False), (1.0, 0.0, False),
])  # fmt: skip
def test_outputs_that_vary_by_a_millionth_of_their_size_are_scaled(scale, spread, usable):
    X = scale * (1 + spread * np.array([[1.0], [-1.0]]))
    W, b = np.full((1, 2), 3.0), np.zeros(2)
    DataDriven().adapt(X, W, b, np.random.default_rng(0))
    expected = 1 / X.std() if usable else 3
    np.testing.assert_allclose(W, expected, rtol=1e-6)
    # The kinks lie between the two rows.
    low, high = np.sort(X[:, 0]) * W[0, 0]
    tol = 1e-9 * abs(high)
    assert (-b >= low - tol).all()
    assert (-b <= high + tol).all()


def test_a_bias_is_minus_a_random_mean_of_five_rows():
    """The mean of squares of five shares, exponential over their sum, is 2 / 6."""
    X, W, b = RNG.normal(size=(40, 1)), np.ones((1, 4000)), np.zeros(4000)
    X = (X - X.mean()) / X.std()
    DataDriven().adapt(X, W, b, np.random.default_rng(0))
    assert b.var() == pytest.approx(1 / 3, rel=0.08)
    assert abs(b.mean()) < 0.04
    W, b = np.full((1, 3), 2.0), np.zeros(3)
    DataDriven().adapt(np.array([[5.0]]), W, b, np.random.default_rng(0))
    assert b.tolist() == [-10] * 3


def test_every_row_can_be_among_those_of_a_bias():
    X, b = np.array([[1.0], [0], [0], [0], [0], [0], [0], [-1]]), np.zeros(4000)
    DataDriven().adapt(X, np.ones((1, 4000)), b, np.random.default_rng(0))
    assert b.min() < -0.5 < 0.5 < b.max()
    assert abs(b.mean()) < 0.05


@pytest.mark.parametrize("initializer", examples(Initializer), ids=label)
def test_initializers_that_go_by_data_say_so(initializer):
    X, W, b = RNG.normal(2, 1, size=(9, 3)), np.ones((3, 2)), np.zeros(2)
    initializer.adapt(X, W, b, np.random.default_rng(0))
    assert initializer.adapts == (not ((W == 1).all() and (b == 0).all()))


def test_a_scaled_draw_is_the_other_ones_times_the_factor():
    one, other = np.random.default_rng(0), np.random.default_rng(0)
    scaled = Scaled("glorot_uniform", 0.3)
    np.testing.assert_allclose(
        scaled.weights(one, 3, 4), 0.3 * GlorotUniform().weights(other, 3, 4)
    )
    np.testing.assert_allclose(scaled.biases(one, 3, 4), 0.3 * GlorotUniform().biases(other, 3, 4))
    assert Initializer.resolve(Scaled(factor=0), "initializer").variance(2, 3) == 0
    assert not Zeros().biases(one, 3, 4).any()
    assert Orthogonal().variance(3, 9) == Orthogonal().variance(9, 3) == 1 / 9


@pytest.mark.parametrize(("name", "variance"), [
    ("glorot_uniform", 0.1), ("glorot_normal", 0.1), ("he_uniform", 0.5), ("he_normal", 0.5),
    ("lecun_normal", 0.25), ("data_driven", 0.25), ("zeros", 0), ("orthogonal", 1 / 16),
    ("scaled", 0.001), ("nguyen_widrow", 0.49 * 4 / 4),
])  # fmt: skip
def test_variances_go_by_the_units_before_and_behind(name, variance):
    """4 inputs and 16 units: 16 ** (2 / 4) is 4."""
    initializer = Initializer.resolve(name, "initializer")
    assert initializer.variance(4, 16) == pytest.approx(variance, rel=1e-12)
    bound = math.sqrt(3 * variance)
    biases = initializer.biases(np.random.default_rng(0), 4, 16)
    assert biases.shape == (16,)
    assert np.abs(biases).max() <= bound
    assert biases.min() < 0 < biases.max() or not bound


# Schedules -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("schedule", "progress", "factor"), [
    (OneCycle(0.4), 0.2, (0.04 + 1) / 2), (OneCycle(0.4), 0.4, 1), (OneCycle(0.4), 0.7, 0.500002),
    (Cosine(), 0.0, 1), (Cosine(), 1 / 3, 0.75), (Cosine(), 2 / 3, 0.25), (Constant(), 0.3, 1),
    (FlatCos(), 0.5, 1), (FlatCos(), 5 / 6, 0.25), (CosLog4(), (2**0.25 - 1) / 15, 0.5),
    (CosLog4(), (2**3.5 - 1) / 15, 1), (Adaptive(), 0.5, 1 / 25), (InvScaling(2), 0.5, 1 / 16),
])  # fmt: skip
def test_schedules_have_known_values(schedule, progress, factor):
    assert schedule.factor(progress, 3, 2) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize("schedule", examples(Schedule), ids=label)
def test_only_what_falls_at_plateaus_goes_on_behind_them(schedule):
    assert schedule.survives_plateau == (schedule.factor(0.5, 9, 1) != schedule.factor(0.5, 9, 0))
    within = schedule.factor(0.8, 9, 0) != schedule.factor(0.81, 9, 0)
    assert schedule.per_step == schedule.planned == within


# Constraints -----------------------------------------------------------------------------------

W3 = np.array([[-1.0, 2, 3], [-1, 2, 3], [-1, 2, 3]])


def test_what_is_not_negative_is_bounded_below_by_zero():
    lower, upper = NonNegative().bounds((2, 3))
    assert lower.tolist() == [[0] * 3] * 2
    assert upper.tolist() == [[INF] * 3] * 2
    assert NonNegative().projected([-2.0, 0.5]).tolist() == [0, 0.5]
    assert constraint_of(Linear(2)) is None
    assert type(constraint_of(Linear(2, constraint="non_neg"))) is NonNegative


@pytest.mark.parametrize(("constraint", "lower", "upper"), [
    (Monotone(), [[0, 0, 0]] * 3, [[INF] * 3] * 3),
    (Monotone([1, 0, -1]), [[0] * 3, [-INF] * 3, [-INF] * 3], [[INF] * 3, [INF] * 3, [0] * 3]),
    (Monotone([1, 0, -1], 2), [[0, 0, 0], [-INF] * 3, [-INF, -INF, 0]],
     [[INF, INF, 0], [INF] * 3, [0, 0, 0]]),
    (Monotone([1, 0, -1], 2, False), [[0, 0, -INF], [-INF] * 3, [-INF] * 3],
     [[INF] * 3, [INF] * 3, [0, 0, INF]]),
    (Monotone([1, 0, -1], 0), [[0] * 3, [-INF] * 3, [0] * 3], [[0] * 3, [INF] * 3, [0] * 3]),
])  # fmt: skip
def test_bounds_of_directions(constraint, lower, upper):
    found = constraint.bounds((3, 3))
    assert found[0].tolist() == lower
    assert found[1].tolist() == upper
    np.testing.assert_array_equal(constraint.projected(W3), np.clip(W3, lower, upper))


@pytest.mark.parametrize("directions", [[1, 0], [1, 0, 2], [1, 0, 0.5], [[1, 0, -1]]])
def test_a_direction_is_needed_for_each_input(directions):
    with pytest.raises(ValueError, match="-1, 0 or 1 for each of 3 inputs"):
        Monotone(directions).bounds((3, 2))


def test_the_start_is_turned_to_the_right_side_and_sums_to_1_in_the_mean():
    drawn = np.array([[3.0, -1, 2], [-5, 4, 1], [2, -2, -4]])
    found = Monotone([1, 0, -1], 2).start(drawn)
    # (3, 0, sealed) and (-2 -> 2 turned to -2, 2 -> 0, sealed): sums 5 and 0, 2.5 in the mean
    np.testing.assert_allclose(found, [[1.2, 0, 0], [-5, 4, 1], [-0.8, 0, 0]])
    np.testing.assert_allclose(drawn[0], [3, -1, 2])
    zero = Monotone([1, 1, 1]).start(-np.ones((3, 2)))
    assert not zero.any()
    assert Monotone([0, 0, 0]).start(drawn).tolist() == drawn.tolist()
    assert Monotone([1, 1, 1], 0).start(drawn).tolist() == [[0] * 3] * 3
    free = Monotone([1, 0, 0], 1, seals=False).start(drawn)
    assert free.tolist() == [[1, -1, 2], *drawn[1:].tolist()]
    for size in (8.0, 1.0, 0.5):
        start = Monotone().start(size * np.array([[0.25], [0.75]]))
        assert start.tolist() == [[0.25], [0.75]]


@pytest.mark.parametrize(("constraint", "expected"), [
    (MaxNorm(), [[1.2, 1, 0, 0], [1.6, 0, 0, 0]]),
    (MaxNorm(5), [[3, 1, 0, 0], [4, 0, 0, 0]]),
    (MaxNorm(0.5), [[0.3, 0.5, 0, 0], [0.4, 0, 0, 0]]),
    (UnitNorm(), [[0.6, 1, 0, 0], [0.8, 0, 0, 0]]),
])  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_norms_of_columns_are_held(constraint, expected, dtype):
    array = np.array([[3, 1, 0, 0], [4, 0, 0, 0]], dtype)
    found = constraint.projected(array)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert constraint.scratch((2, 4)) == ((2, 4), (4,))
    vector = constraint.projected(np.array([3.0, 4.0]))
    np.testing.assert_allclose(vector, np.array(expected)[:, 0])
    assert constraint.bounds((2, 4)) is None


def test_the_norm_of_short_columns_is_found_down_to_1e_30():
    np.testing.assert_allclose(UnitNorm().projected([[3e-30], [4e-30]]), [[0.6], [0.8]])
    assert UnitNorm().projected([[1e-45]])[0, 0] < 1e-6


# Activations -----------------------------------------------------------------------------------

ACTIVATIONS = [*examples(Activation), LeakyReLU(0.3), ELU(alpha=2)]
each_activation = pytest.mark.parametrize("activation", ACTIVATIONS, ids=label)
GRID = np.linspace(-60, 60, 4001)


@each_activation
def test_activations_say_where_they_fall_and_end(activation):
    values = activation(GRID)
    falls = (np.diff(values) < -1e-12).any()
    assert activation.monotone == (not falls)
    assert activation.bounded == (np.abs(activation([-1e4, 1e4])).max() <= 1)


@each_activation
def test_activations_say_whether_their_slope_is_the_derivative(activation):
    z = np.array([-2.3, -0.7, 0.4, 1.7])
    numeric = (activation(z + 1e-6) - activation(z - 1e-6)) / 2e-6
    assert activation.differentiable == np.allclose(activation.derivative(z), numeric, atol=1e-7)


@each_activation
def test_an_activation_keeps_its_work_arrays_if_the_slope_reads_what_the_value_left(activation):
    Z, dA = np.array([[-2.3, -0.7, 0.4, 1.7]]), np.ones((1, 4))
    A, scratch = np.empty_like(Z), [work_array(Z.shape, kind, float) for kind in activation.scratch]
    run(activation.forward(Z, A, scratch), float)
    for array in scratch:
        array[...] = True if array.dtype == bool else 0.3
    ref = activation.reference(Z, A)
    run(activation.backward(dA, ref, scratch), float)
    same = np.allclose(dA[0], activation.derivative(Z[0]))
    if scratch:
        assert activation.keeps_scratch == (not same)
    assert ref is {Reads.OUTPUT: A, Reads.INPUT: Z, Reads.NOTHING: None}[activation.reads]
    assert activation.initializer == ("lecun_normal" if type(activation) is SELU else
                                      "glorot_uniform")  # fmt: skip


class Neither(Softplus, registered=False):
    """Reads what there is not."""

    reads = "A"


def test_what_an_activation_reads_is_told_in_a_word():
    with pytest.raises(TypeError, match=r"must be Reads.OUTPUT, .* Got 'A'"):
        Neither().derivative([1.0])


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mixture_with_mish_holds_far_from_zero(dtype, training):
    Z = np.array([[-1000, -90, -40, -1, 0, 1, 39, 41, 90, 1000]], dtype).T
    a, out = np.array([0.75], dtype), np.empty_like(Z)
    scratch = [np.full_like(Z, np.nan) for _ in Mish().mix_scratch]
    with np.errstate(over="ignore"):
        more = () if training else (False,)  # it is for training unless told
        run(Mish().mix(Z, a, out, scratch, *more), dtype)
    wide = Z.astype(float)
    softplus = np.logaddexp(0, wide)
    np.testing.assert_allclose(out, wide + 0.75 * (wide * np.tanh(softplus) - wide), rtol=2e-6,
                               atol=1e-30)  # fmt: skip
    if training:
        da, dZ, ones = np.empty(1, dtype), np.empty_like(Z), np.ones(len(Z), dtype)
        run(Mish().mix_backward(np.ones_like(Z), Z, a, da, ones, dZ, scratch), dtype)
        slope = Mish().derivative(wide)
        np.testing.assert_allclose(dZ, 1 + 0.75 * (slope - 1), rtol=2e-5)
        np.testing.assert_allclose(da, (Mish()(wide) - wide).sum(), rtol=1e-5)


# Optimizers ------------------------------------------------------------------------------------

OPTIMIZERS = [SGD(), SGD(momentum=0), SGD(nesterovs_momentum=False), AdaGrad(), RMSProp(), Adam(),
              AdamW(), AdamW(weight_decay=0), NAdam()]  # fmt: skip
each_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=label)


@each_optimizer
def test_the_factor_of_parameters_multiplies_the_rate_but_not_the_decay(optimizer):
    plain, half = optimizer.scalars(3, 0.1), optimizer.scalars(3, 0.2, 0.5)
    kept = [2] if isinstance(optimizer, AdamW) else []
    for i, (a, b) in enumerate(zip(plain, half, strict=True)):
        if i in kept:
            assert (a, b) == (1 - 0.1 * optimizer.weight_decay, 1 - 0.2 * optimizer.weight_decay)
        else:
            assert b == pytest.approx(a, rel=1e-12)
    assert optimizer.scalars(3, 0.1, 1.0, 0.0) == plain


def test_a_scheduled_decay_starts_in_full_and_follows_training():
    optimizer = AdamW(weight_decay=Scheduled(0.5, "flat_cos"))
    kept = [optimizer.scalars(1, 0.1, 1.0, progress)[2] for progress in (0.0, 0.75, 1.0)]
    assert kept == pytest.approx([0.95, 0.975, 1])
    assert optimizer.scalars(1, 0.1)[2] == pytest.approx(0.95)
    assert optimizer.follows
    assert not any(other.follows for other in OPTIMIZERS)


@each_optimizer
def test_optimizers_say_what_they_remember_and_how_steps_grow_with_gradients(optimizer):
    memory = {SGD: 1, AdaGrad: 1, RMSProp: 1, Adam: 2, AdamW: 2, NAdam: 2}
    assert optimizer.n_slots == memory[type(optimizer)]
    assert optimizer.slot_start() == 0

    def step(g):
        theta, grad, tmp = np.zeros(1), np.array([g]), np.empty(1)
        slots = [np.zeros(1) for _ in range(optimizer.n_slots)]
        numbers = [np.array(value) for value in optimizer.scalars(1, 0.1)]
        run(optimizer.update(theta, grad, slots, tmp, numbers, 1), float)
        return theta[0]

    assert step(20.0) / step(10.0) == pytest.approx(2.0 ** (optimizer.degree - 1), rel=1e-6)
    assert AdaGrad(initial_accumulator=0.25).slot_start() == 0.25
    assert Optimizer.n_slots == 0
    assert Optimizer.degree == 1


@pytest.mark.parametrize(("n_weights", "decay", "scaled"), [
    (2, 0.1, True), (0, 0.1, False), (2, 0, False), (2, Scheduled(0.1), True),
])  # fmt: skip
def test_weights_decay_where_there_are_any_and_a_decay(n_weights, decay, scaled):
    optimizer = AdamW(weight_decay=decay)
    theta = np.ones(3)
    arrays = [np.zeros(3) for _ in range(4)]
    numbers = [np.array(value) for value in optimizer.scalars(1, 0.5)]
    update = optimizer.update(theta, arrays[0], arrays[1:3], arrays[3], numbers, n_weights)
    calls = list(update)
    assert len(calls) == 9 + scaled
    run(calls, float)
    np.testing.assert_allclose(theta, [0.95, 0.95, 1] if scaled else [1] * 3)


def test_plain_descent_takes_two_calls_and_no_memory():
    arrays = [np.ones(2) for _ in range(4)]
    lengths = {0: 2, 0.5: 6}
    for momentum, length in lengths.items():
        calls = SGD(momentum=momentum).update(
            *arrays[:2], arrays[2:3], arrays[3], [np.array(0.1)], 2
        )
        assert len(list(calls)) == length


@pytest.mark.parametrize("t", [1, 2, 5, 33, 40, 400])
def test_the_momentum_of_nadam_is_multiplied_up_over_steps(t):
    mu = [0.9 * (1 - 0.5 * 0.96 ** (i / 250)) for i in range(1, t + 2)]
    optimizer = NAdam(beta_1=0.9, beta_2=0.99)
    root = math.sqrt((1 - 0.99**t) / 0.01)
    gradient = 0.1 * root * (1 - mu[-2]) / (1 - math.prod(mu[:-1]))
    momentum = 0.1 * root * 0.1 * mu[-1] / (1 - math.prod(mu))
    expected = gradient, momentum, 1e-8 * root
    assert optimizer.scalars(t, 0.1) == pytest.approx(expected, rel=1e-12)
    assert optimizer._product(t) == pytest.approx(math.prod(mu[:-1]), rel=1e-12, abs=1e-17)


@pytest.mark.parametrize("optimizer", [
    SGD(1e-9), SGD(momentum=1), SGD(momentum=0), Adam(1e-9), Adam(beta_1=0, beta_2=0),
    Adam(epsilon=1e-300), AdamW(weight_decay=0), AdamW(weight_decay=0.01), RMSProp(rho=0),
    AdaGrad(initial_accumulator=0), AdaGrad(initial_accumulator=0.01), NAdam(epsilon=0.5),
])  # fmt: skip
def test_the_least_hyper_parameters_are_taken(optimizer):
    assert Optimizer.resolve(optimizer, "solver") is optimizer
    assert not optimizer.follows


@pytest.mark.parametrize("optimizer", [
    SGD(0.0), SGD(momentum=1.01), Adam(beta_1=1), Adam(beta_2=1.0), RMSProp(rho=1),
    Adam(epsilon=0.0), AdamW(weight_decay=-1e-9), AdaGrad(initial_accumulator=-1e-9),
])  # fmt: skip
def test_what_is_beyond_them_is_not(optimizer):
    assert not optimizer.follows
    with pytest.raises(ValueError, match="parameter of"):
        Optimizer.resolve(optimizer, "solver")

"""What each statement of the layers means: noise, moments, penalties and forms of units."""

import math

import numpy as np
import pytest
from scipy import special
from statement_steps import Steps, slopes

from skfnn.activations import Activation
from skfnn.layers import (
    Activate,
    BatchNorm,
    Dropout,
    GaussianNoise,
    KLSparsity,
    L1Sparsity,
    Linear,
    MaskingNoise,
    MonotoneActivate,
    ParametricActivate,
)
from skfnn.layers._noise import _draw_bits, _set_level
from skfnn.parts import Reads
from skfnn.schedules import Scheduled

RNG = np.random.default_rng(5)
X = RNG.normal(size=(6, 4))
DY = RNG.normal(size=(6, 4))


# Dropout and noise ----------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "level"), [
    (0.5, 2**15), (0.25, 2**14), (1 / 2**16, 1), (1.001 / 2**16, 2), (2 / 2**16, 2), (0.0, 0),
    (1 - 1 / 2**16, 2**16 - 1), (1 - 1.5 / 2**16, 2**16 - 1), (1 - 2 / 2**16, 2**16 - 2),
    (1 - 1e-9, 2**16 - 1),
])  # fmt: skip
def test_the_level_is_the_rate_in_parts_of_65536_rounded_up_and_leaves_one(rate, level):
    out = np.zeros((), np.uint16), np.zeros(())
    _set_level(rate, out)
    assert int(out[0]) == level
    assert out[1] == 2**16 / (2**16 - level)


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 2**14 - 1, 2**14, 2**14 + 1, 2**15 + 6])
def test_four_numbers_of_16_bits_are_drawn_at_a_time(size):
    out, one, other = np.zeros(size, np.uint16), np.random.default_rng(1), np.random.default_rng(1)
    _draw_bits(one, out)
    np.testing.assert_array_equal(
        out, other.bit_generator.random_raw(math.ceil(size / 4)).view(np.uint16)[:size]
    )
    assert one.bit_generator.state == other.bit_generator.state


def test_an_input_is_dropped_where_its_bits_are_below_the_level():
    wide = RNG.normal(size=(500, 400))
    run = Steps(Dropout(0.25), wide, np.ones(wide.shape), seed=2)
    bits = np.random.default_rng(2).bit_generator.random_raw(50_000).view(np.uint16)
    assert (bits == 2**14).any()
    mask = np.where(bits.reshape(500, 400) >= 2**14, 4 / 3, 0)
    np.testing.assert_allclose(run.Y, wide * mask, rtol=1e-12)
    np.testing.assert_allclose(run.dX, mask, rtol=1e-12)


@pytest.mark.parametrize("layer", [
    Dropout(0), Dropout(0.0), MaskingNoise(0), GaussianNoise(0), GaussianNoise(0.0),
])  # fmt: skip
def test_no_noise_draws_no_numbers_and_changes_nothing(layer):
    rng = np.random.default_rng(4)
    run = Steps(layer, X, DY, rng=rng)
    np.testing.assert_array_equal(run.Y, X)
    np.testing.assert_array_equal(run.dX, DY)
    assert rng.bit_generator.state == np.random.default_rng(4).bit_generator.state


@pytest.mark.parametrize("layer", [
    Dropout(0.5), Dropout(Scheduled(0.5)), MaskingNoise(0.5), GaussianNoise(0.5),
    L1Sparsity(), KLSparsity(), BatchNorm(epsilon=1e-300),
])  # fmt: skip
def test_noise_and_penalties_do_nothing_at_prediction(layer):
    for kwargs in ({"training": False, "seed": 1}, {"training": True}):
        if kwargs["training"] and not layer.stochastic:
            continue
        run = Steps(layer, X, None if not kwargs["training"] else DY, **kwargs)
        np.testing.assert_array_equal(run.Y, X)
        if kwargs["training"]:
            np.testing.assert_array_equal(run.dX, DY)
    W, b = layer.affine(run.cell)
    np.testing.assert_allclose(X * W + b, X, rtol=1e-14)


@pytest.mark.parametrize("layer", [Dropout(0.5), MaskingNoise(0.5), GaussianNoise(0.5),
                                   L1Sparsity(), KLSparsity()])  # fmt: skip
def test_what_lies_in_place_is_not_copied(layer):
    """At prediction behind another layer: there is no call at all."""
    run = Steps(layer, X, training=False, below=[Linear(4)])
    assert len(run.calls) == 2  # those of the linear map
    own = [call for call in Steps(layer, X, seed=1).calls if call.function is np.copyto]
    penalises = isinstance(layer, (L1Sparsity, KLSparsity))
    assert len(own) == (1 if penalises or isinstance(layer, Dropout) else 0)


@pytest.mark.parametrize("rate", [0.3, 0.9])
def test_masking_keeps_what_draws_a_number_of_at_least_the_rate(rate):
    run = Steps(MaskingNoise(rate), X, DY, seed=7)
    kept = np.random.default_rng(7).random(X.shape) >= rate
    np.testing.assert_array_equal(run.Y, X * kept)
    np.testing.assert_array_equal(run.dX, DY * kept)


class Same:
    """Draws one number only."""

    def __init__(self, number):
        self.number = number

    def random(self, dtype, out):
        out[...] = self.number


@pytest.mark.parametrize(("number", "kept"), [(0.25, 1), (0.2499, 0)])
def test_masking_keeps_what_draws_the_rate_itself(number, kept):
    np.testing.assert_array_equal(Steps(MaskingNoise(0.25), X, rng=Same(number)).Y, X * kept)


def test_noise_is_normal_of_the_scale():
    run = Steps(GaussianNoise(0.5), X, DY, seed=7)
    noise = np.random.default_rng(7).standard_normal(X.shape)
    np.testing.assert_allclose(run.Y, X + 0.5 * noise, rtol=1e-14)
    np.testing.assert_array_equal(run.dX, DY)


# Batch normalisation ---------------------------------------------------------------------------


def batch_norm(X, weight, gamma, beta, epsilon):
    """By its formula, where the weights have mean 1."""
    mean = (weight * X).mean(axis=0)
    var = (weight * (X - mean) ** 2).mean(axis=0)
    return gamma * (X - mean) / np.sqrt(var + epsilon) + beta, mean, var


@pytest.mark.parametrize("rows", [2, 6])
@pytest.mark.parametrize("weighted", [True, False])
def test_batch_norm_and_its_gradient_are_the_formula(weighted, rows):
    X, dY, epsilon = RNG.normal(2, 3, (rows, 3)), RNG.normal(size=(rows, 3)), 0.2
    weight = RNG.uniform(0.5, 2, (rows, 1)) if weighted else np.ones((rows, 1))
    weight /= weight.mean()
    gamma, beta = np.array([2.0, -1, 0.5]), np.array([1.0, 2, 3])
    run = Steps(BatchNorm(epsilon=epsilon), X, dY, full_batch=weighted,
                arrays={"gamma": gamma, "beta": beta},
                **({"weight": weight} if weighted else {}), times=1)  # fmt: skip
    Y, mean, var = batch_norm(X, weight, gamma, beta, epsilon)
    np.testing.assert_allclose(run.Y, Y, rtol=1e-12)
    np.testing.assert_allclose(run.cell.dbeta, dY.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(run.cell.dgamma, (dY * (Y - beta) / gamma).sum(axis=0), rtol=1e-12)
    numeric = slopes(lambda A: batch_norm(A, weight, gamma, beta, epsilon)[0], X, dY)
    np.testing.assert_allclose(run.dX, numeric, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(run.cell.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(run.cell.var, var, rtol=1e-12)
    assert run.cell.count == (0 if weighted else 1)


def test_running_moments_are_means_at_first_and_then_forget():
    """The rate of the t-th batch is 1 / t, but at least 1 - momentum."""
    run = Steps(BatchNorm(momentum=0.75), X, times=0)
    program, mean, var = run.workspace.bind(run.calls), np.zeros(4), np.ones(4)
    given = run.chain.placed[0].X
    for t in range(1, 9):
        given[...] = RNG.normal(t, t, X.shape)
        for call in program:
            call()
        rate = max(1 / t, 0.25)
        mean, var = (
            mean + rate * (given.mean(axis=0) - mean),
            var + rate * (given.var(axis=0) - var),
        )
        np.testing.assert_allclose(run.cell.mean, mean, rtol=1e-12)
        np.testing.assert_allclose(run.cell.var, var, rtol=1e-12)
        assert run.cell.count == t


def test_moments_of_the_full_batch_are_its_own():
    run = Steps(BatchNorm(), X, full_batch=True, times=3)
    np.testing.assert_allclose(run.cell.mean, X.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(run.cell.var, X.var(axis=0), rtol=1e-12)
    assert run.cell.count == 0


@pytest.mark.parametrize("training", [True, False])
def test_one_row_and_a_prediction_take_the_running_moments_and_leave_them(training):
    rows = 1 if training else 6
    moments = {"mean": [1, 2, 3, 4], "var": [4, 9, 16, 25.0], "gamma": [1, 2, 3, 4.0],
               "beta": [5, 6, 7, 8.0]}  # fmt: skip
    mean, var, gamma, beta = map(np.array, moments.values())
    layer = BatchNorm(epsilon=0.5)
    run = Steps(layer, X[:rows], DY[:1] if training else None, training=training, arrays=moments)
    expected = gamma * (X[:rows] - mean) / np.sqrt(var + 0.5) + beta
    np.testing.assert_allclose(run.Y, expected, rtol=1e-12)
    W, b = layer.affine(run.cell)
    np.testing.assert_allclose(X[:rows] * W + b, expected, rtol=1e-12)
    np.testing.assert_array_equal(run.cell.mean, mean)
    np.testing.assert_array_equal(run.cell.var, var)
    assert run.cell.count == 0
    if training:
        np.testing.assert_allclose(run.dX, DY[:1] * gamma / np.sqrt(var + 0.5), rtol=1e-12)


def test_batch_norm_starts_as_the_standardisation_alone():
    start = {name: (param.draw(None).tolist(), param.decay)
             for name, param in BatchNorm().params(2).items()}  # fmt: skip
    assert start == {"gamma": ([1, 1], False), "beta": ([0, 0], False)}
    buffers = {name: array.tolist() for name, array in BatchNorm().buffers(2).items()}
    assert buffers == {"mean": [0, 0], "var": [1, 1], "count": [0], "rate": [0]}


def test_without_a_gradient_of_the_input_batch_norm_only_has_those_of_its_parameters():
    assert len(Steps(BatchNorm(), X, DY, wants_dX=False).back) == 3


# Penalties -------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [True, False])
def test_the_l1_penalty_is_the_weighted_sum_of_absolute_values(weighted):
    weight = RNG.uniform(0.5, 2, (6, 1)) if weighted else None
    w = weight if weighted else 1
    A = X.copy()
    A[0, 0] = 0
    run = Steps(L1Sparsity(0.3), A, DY, share=weight, n_total=20)
    np.testing.assert_array_equal(run.Y, A)
    np.testing.assert_allclose(run.workspace.penalty, 0.3 * (w * np.abs(A)).sum(), rtol=1e-12)
    np.testing.assert_allclose(run.dX, DY + 0.3 / 20 * w * np.sign(A), rtol=1e-12)


@pytest.mark.parametrize("weighted", [True, False])
def test_the_divergence_is_that_of_mean_outputs_from_the_target(weighted):
    H = RNG.uniform(0.1, 0.9, (6, 3))
    weight = RNG.uniform(0.5, 2, (6, 1)) if weighted else np.ones((6, 1))
    weight /= weight.mean()
    strength, rho = 0.7, 0.2

    def divergence(H):
        m = (weight * H).mean(axis=0)
        return strength * (special.rel_entr(rho, m) + special.rel_entr(1 - rho, 1 - m)).sum()

    more = {"full_batch": True, "weight": weight} if weighted else {}
    run = Steps(KLSparsity(strength, rho), H, np.zeros((6, 3)), n_total=6, **more)
    np.testing.assert_array_equal(run.Y, H)
    np.testing.assert_allclose(run.workspace.penalty, 6 * divergence(H), rtol=1e-12)
    numeric = slopes(divergence, H, 1)
    np.testing.assert_allclose(run.dX, numeric, rtol=1e-8)


@pytest.mark.parametrize(("mean", "counts_as"), [(0.0, 1e-6), (5e-7, 1e-6), (1.0, 1 - 1e-6),
                                                 (2e-6, 2e-6), (1 - 2e-6, 1 - 2e-6)])  # fmt: skip
def test_a_mean_beyond_the_edge_counts_as_there_and_has_no_slope(mean, counts_as):
    run = Steps(KLSparsity(1.0, 0.5), np.full((2, 1), mean), np.zeros((2, 1)), n_total=2)
    q = counts_as
    expected = 0.5 * math.log(0.5 / q) + 0.5 * math.log(0.5 / (1 - q))
    np.testing.assert_allclose(run.workspace.penalty, 2 * expected, rtol=1e-9)
    slope = (0.5 / (1 - q) - 0.5 / q) / 2 if q == mean else 0
    np.testing.assert_allclose(run.dX, slope, rtol=1e-9)


def test_a_target_that_is_met_costs_nothing():
    for rho in (0.05, 0.5, 0.9):
        run = Steps(KLSparsity(3.0, rho), np.full((4, 2), rho), np.zeros((4, 2)))
        assert abs(run.workspace.penalty) < 1e-12
        assert np.abs(run.dX).max() < 1e-12


# Activations as layers ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["relu", "mish", "selu", "identity", "threshold", "gelu"])
def test_an_activation_as_a_layer_is_the_activation(name):
    function, layer = Activation.resolve(name, "activation"), Activate(name)
    run = Steps(layer, X, DY)
    np.testing.assert_array_equal(run.Y, function(X))
    np.testing.assert_allclose(run.dX, DY * function.derivative(X), rtol=1e-12, atol=1e-14)
    own = Activate(function)
    assert own.pure_activation is function
    assert type(layer.pure_activation) is type(function)
    for part in (layer, own):
        assert part.reads == function.reads
        assert part.keeps_scratch == function.keeps_scratch
        assert part.differentiable == function.differentiable
        assert part.scratch(3) == tuple((3, kind) for kind in function.scratch)


@pytest.mark.parametrize("name", ["relu", "mish", "selu", "identity", "gelu"])
@pytest.mark.parametrize("wants_dX", [True, False])
def test_a_mixture_with_the_identity_is_its_formula(name, wants_dX):
    function, a = Activation.resolve(name, "activation"), np.array([1.0, 0.0, -0.5, 2.0])
    run = Steps(ParametricActivate(name), X, DY, arrays={"a": a}, wants_dX=wants_dX)
    bend = function(X) - X
    np.testing.assert_allclose(run.Y, X + a * bend, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(run.cell.da, (DY * bend).sum(axis=0), rtol=1e-10, atol=1e-13)
    if wants_dX:
        expected = DY * (1 + a * (function.derivative(X) - 1))
        np.testing.assert_allclose(run.dX, expected, rtol=1e-10, atol=1e-13)
    at_prediction = Steps(ParametricActivate(name), X, training=False, arrays={"a": a})
    np.testing.assert_allclose(at_prediction.Y, run.Y, rtol=1e-12, atol=1e-14)


def test_a_mixture_starts_as_the_activation_and_learns_at_a_tenth_of_the_rate():
    param = ParametricActivate().params(3)["a"]
    assert param.draw(None).tolist() == [1, 1, 1]
    assert (param.shape, param.decay, param.lr_factor) == ((3,), False, 0.1)
    assert ParametricActivate(lr_factor=3.0).params(2)["a"].lr_factor == 3
    assert not ParametricActivate("threshold").differentiable
    assert ParametricActivate("mish").scratch(7) == ((7, float),) * 4
    assert ParametricActivate("relu").scratch(7) == tuple(
        (7, k) for k in (float, float, bool, float)
    )


# Monotone units ----------------------------------------------------------------------------------


def four_forms(Z, n_units, function):
    """What units make of ``Z`` in their forms, by the documentation."""
    n_pairs = {12: 1, 8: 1, 7: 0, 16: 2, 1: 0, 0: 0, 4: 0}[n_units]
    third = (n_units - 2 * n_pairs) // 3
    Y = function(Z)
    first, second = Z[:, :n_pairs], Z[:, n_pairs : 2 * n_pairs]
    Y[:, :n_pairs] = np.maximum(first, second)
    Y[:, n_pairs : 2 * n_pairs] = np.minimum(first, second)
    mirrored = slice(n_units - 2 * third, n_units - third)
    Y[:, mirrored] = -function(-Z[:, mirrored])
    bounded = slice(n_units - third, n_units)
    z = Z[:, bounded]
    Y[:, bounded] = np.sign(z) * (function(1.0) - function(1 - np.abs(z)))
    return Y


@pytest.mark.parametrize("name", ["softplus", "elu", "tanh", "relu"])
@pytest.mark.parametrize(("n_units", "width"), [
    (12, 15), (None, 12), (None, 8), (None, 7), (16, 16), (40, 16), (0, 5), (1, 2), (4, 4),
])  # fmt: skip
def test_monotone_units_have_four_forms(name, n_units, width):
    formed = width if n_units is None else min(n_units, width)
    Z, dY = RNG.normal(size=(2, 5, width))

    def forms(A):
        return four_forms(A, formed, Activation.resolve(name, "activation"))

    run = Steps(MonotoneActivate(name, n_units), Z, dY)
    np.testing.assert_allclose(run.Y, forms(Z), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(run.dX, slopes(forms, Z, dY), rtol=1e-6, atol=1e-7)
    assert Steps(MonotoneActivate(name, n_units), Z, training=False).Y.tolist() == run.Y.tolist()


def test_pairs_of_equal_units_keep_their_gradients():
    """8 units have one pair, 16 have two; of equal units the first counts as the larger."""
    Z = np.array([[1.0] * 8, [3, 1, *[1] * 6], [1, 3, *[1] * 6]])
    dY = np.tile([10.0, 20, *[0] * 6], (3, 1))
    run = Steps(MonotoneActivate("identity"), Z, dY)
    assert run.Y[:, :2].tolist() == [[1, 1], [3, 1], [3, 1]]
    assert run.dX[:, :2].tolist() == [[10, 20], [10, 20], [20, 10]]


def test_monotone_units_read_what_they_keep():
    layer = MonotoneActivate("softplus")
    assert layer.reads == Reads.NOTHING
    assert layer.pure_activation is None
    assert layer.keeps_scratch
    assert not layer.inplace
    assert layer.scratch(7) == ((7, float),) * 3
    assert layer.scratch(8) == (*[(8, float)] * 3, (1, float), (1, float))
    run = Steps(layer, X)
    assert not list(layer.backward(DY, X, run.Y, run.cell, None))

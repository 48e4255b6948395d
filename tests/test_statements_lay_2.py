"""What each statement of the layers means: noise, moments, penalties, forms of units, combinators."""

import math

import numpy as np
import pytest
from helpers import difference
from scipy import special
from statement_steps import Steps

from skfnn._engine.program.layer import Layer
from skfnn.activations import Activation
from skfnn.initializers import GlorotUniform
from skfnn.layers import (
    Activate,
    BatchNorm,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    KLSparsity,
    L1Sparsity,
    Linear,
    MaskingNoise,
    MonotoneActivate,
    ParametricActivate,
    SharedEnsemble,
    Skip,
    SortedCurves,
    Tied,
)
from skfnn.layers._noise import _draw_bits, _set_level
from skfnn.parts import Reads
from skfnn.schedules import Scheduled

RNG = np.random.default_rng(5)
X = RNG.normal(size=(6, 4))
DY = RNG.normal(size=(6, 4))


def slopes(function, X, dY):
    """The gradient of the sum of ``dY * function(X)``, by differences."""
    found = np.empty(X.shape)
    for place in np.ndindex(X.shape):

        def value(x, place=place):
            other = X.copy()
            other[place] = x
            return np.sum(dY * function(other))

        found[place] = difference(value, X[place], 1e-3)
    return found


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
        mean, var = mean + rate * (given.mean(axis=0) - mean), var + rate * (given.var(axis=0) - var)
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

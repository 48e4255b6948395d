"""What the statements of the losses of distributions and of functions mean."""

import numpy as np
import pytest
from scipy import special, stats
from test_statements_losses import by_differences, gradient_of, matrix_of

from skfnn import losses
from skfnn._engine.objective.distribution import Counts, Curves, Normal
from skfnn.losses._function import FunctionLoss

Y = np.array([[0.5, 2.0], [1.0, -3.0], [4.0, 0.25]])
# Means of two outputs, then logarithms of their variances.
RAW = np.array([[0.3, -0.5, 0.4, -1.0], [1.2, 0.4, 1.1, 0.2], [-0.7, 0.9, -0.3, 2.0]])


def test_the_gaussian_loss_is_the_negative_log_density():
    loss = losses.Gaussian()
    wanted = -stats.norm.logpdf(Y, RAW[:, :2], np.exp(RAW[:, 2:] / 2)).sum(axis=1)
    np.testing.assert_allclose(loss.value(Y, RAW), wanted, rtol=1e-12)
    np.testing.assert_allclose(gradient_of(loss, Y, RAW), by_differences(loss, Y, RAW), atol=1e-7)
    assert loss.parameters == 2
    assert loss.n_scores(3) == 6


def test_the_curvature_of_the_gaussian_is_its_fisher_information():
    found = matrix_of(losses.Gaussian().curvature(Y, RAW), 1)
    np.testing.assert_allclose(found, np.diag([*np.exp(-RAW[1, 2:]), 0.5, 0.5]), atol=1e-15)


@pytest.mark.parametrize("beta", [0.5, 1.0])
def test_beta_weighs_a_gradient_by_a_power_of_the_variance(beta):
    plain, weighed = losses.Gaussian(), losses.Gaussian(beta=beta)
    factor = np.exp(beta * RAW[:, 2:])
    wanted = gradient_of(plain, Y, RAW) * np.hstack([factor, factor])
    np.testing.assert_allclose(gradient_of(weighed, Y, RAW), wanted, rtol=1e-12)
    np.testing.assert_allclose(weighed.value(Y, RAW), plain.value(Y, RAW), rtol=1e-12)
    assert plain.differentiable
    assert not weighed.differentiable
    assert plain.scratch == (None, None)
    assert weighed.scratch == (None, None, None)


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_logarithm_of_a_variance_counts_up_to_sixty(sign):
    loss, y = losses.Gaussian(), np.array([[0.0]])
    edge, beyond = np.array([[0.0, 60.0 * sign]]), np.array([[0.0, 61.0 * sign]])
    wanted = 0.5 * (60.0 * sign + np.log(2 * np.pi))
    for raw in (edge, beyond):
        np.testing.assert_allclose(loss.value(y, raw), [wanted], rtol=1e-12)
        std = loss.distribution(raw).std[0, 0]
        np.testing.assert_allclose(std, np.exp(30.0 * sign), rtol=1e-12)
        curvature = matrix_of(loss.curvature(y, raw), 0)[0, 0]
        np.testing.assert_allclose(curvature, np.exp(-60.0 * sign), rtol=1e-12)
        pooled = loss.pooled_scores(np.stack([raw, raw], axis=1))
        np.testing.assert_allclose(pooled, edge, rtol=1e-12)
    assert gradient_of(loss, y, edge).tolist() == [[0.0, 0.5]]
    assert gradient_of(loss, y, beyond).tolist() == [[0.0, 0.0]]
    variance = np.array([[np.exp(61.0 * sign)]])
    np.testing.assert_allclose(loss.scores_of(np.zeros((1, 1)), variance), edge, rtol=1e-12)


def test_the_distribution_of_a_gaussian():
    found = losses.Gaussian().distribution(RAW)
    assert type(found) is Normal
    np.testing.assert_allclose(found.center, RAW[:, :2])
    np.testing.assert_allclose(found.std, np.exp(RAW[:, 2:] / 2), rtol=1e-12)
    assert losses.Gaussian.describes is Normal


def test_a_mixture_of_gaussians_has_the_moments_of_the_mixture():
    loss, others = losses.Gaussian(), RAW[::-1] - 0.3
    for weights, found in (
        ([0.5, 0.5], loss.pooled_scores(np.stack([RAW, others], axis=1))),
        ([1.0, 1.0], loss.mixture([RAW, others], [1.0, 1.0])),
        ([3.0, 1.0], loss.mixture([RAW, others], [3.0, 1.0])),
    ):
        share = np.array(weights) / np.sum(weights)
        first = share[0] * RAW[:, :2] + share[1] * others[:, :2]
        second = sum(
            s * (np.exp(raw[:, 2:]) + raw[:, :2] ** 2)
            for s, raw in zip(share, (RAW, others), strict=True)
        )
        np.testing.assert_allclose(found[:, :2], first, rtol=1e-12)
        np.testing.assert_allclose(np.exp(found[:, 2:]), second - first**2, rtol=1e-12)


def test_the_best_constant_of_a_gaussian_is_mean_and_variance():
    loss, y = losses.Gaussian(), np.array([[1.0, 7.0], [5.0, 7.0]])
    np.testing.assert_allclose(loss.constant(y, None), [3.0, 7.0, np.log(4.0), 0.0], atol=1e-12)
    found = loss.constant(y, np.array([3.0, 1.0]))
    np.testing.assert_allclose(found, [2.0, 7.0, np.log(3.0), 0.0], atol=1e-12)
    found = loss.constant(0.25 * y, None)
    np.testing.assert_allclose(found, [0.75, 1.75, np.log(0.25), 0.0], atol=1e-12)


FIVE = (0.05, 0.25, 0.5, 0.75, 0.95)
LISTS = [FIVE, (0.9,), (0.1, 0.2), (0.1, 0.6, 0.8), (0.5, 0.8), (0.2, 0.5)]


def with_median(levels):
    return np.unique([*levels, 0.5])


@pytest.mark.parametrize("levels", LISTS)
def test_curves_are_the_median_and_steps_from_it(levels):
    every = with_median(levels)
    middle, n, k = list(every).index(0.5), len(every), 2
    loss = losses.Quantiles(levels)
    raw = np.random.default_rng(0).normal(size=(4, n * k))
    wanted = np.empty((4, k, n))
    for j in range(k):
        scores = raw[:, j::k]  # the median, then upwards, then downwards
        wanted[:, j, middle] = scores[:, 0]
        for i in range(middle + 1, n):
            wanted[:, j, i] = wanted[:, j, i - 1] + np.log1p(np.exp(scores[:, i - middle]))
        for step, i in enumerate(range(middle - 1, -1, -1)):
            wanted[:, j, i] = wanted[:, j, i + 1] - np.log1p(np.exp(scores[:, n - middle + step]))
    np.testing.assert_allclose(loss.curves(raw), wanted, rtol=1e-12)
    np.testing.assert_allclose(loss.predict(raw), wanted[..., middle])
    assert loss.parameters == n
    assert loss.learned_levels().tolist() == every.tolist()
    assert type(loss.distribution(raw)) is Curves
    np.testing.assert_allclose(loss.distribution(raw).values, wanted, rtol=1e-9)


@pytest.mark.parametrize("independent", [False, True])
@pytest.mark.parametrize("levels", LISTS)
def test_quantiles_are_mean_pinball_losses(levels, independent):
    every, loss = with_median(levels), losses.Quantiles(levels, independent)
    rng = np.random.default_rng(1)
    y, raw = rng.normal(size=(5, 2)), rng.normal(size=(5, 2 * len(every)))
    wanted = np.zeros(5)
    for j, q in enumerate(every):
        residual = y - loss.curves(raw)[..., j]
        wanted += np.where(residual >= 0, q * residual, (q - 1) * residual).sum(axis=1)
    np.testing.assert_allclose(loss.value(y, raw), wanted / len(every), rtol=1e-12)
    np.testing.assert_allclose(gradient_of(loss, y, raw), by_differences(loss, y, raw), atol=1e-7)


@pytest.mark.parametrize("levels", LISTS)
def test_independent_curves_are_the_scores_in_the_order_of_sides(levels):
    every = with_median(levels)
    middle, n = list(every).index(0.5), len(every)
    raw = np.arange(2.0 * n)[None] * 10
    order = [*range(middle, n), *range(middle - 1, -1, -1)]
    found = losses.Quantiles(levels, independent=True).curves(raw)
    for score, place in enumerate(order):
        assert found[0, :, place].tolist() == raw[0, 2 * score : 2 * score + 2].tolist()


def test_what_independent_curves_change():
    joint, free = losses.Quantiles((0.1, 0.2, 0.7)), losses.Quantiles((0.1, 0.2, 0.7), True)
    assert joint.sorts is None
    assert free.sorts == (4, 2)
    assert losses.Quantiles((0.8, 0.9), True).sorts == (3, 0)
    assert (joint.n_located(2), free.n_located(2)) == (2, 8)
    assert joint.located_freely().get_params() == free.get_params()
    assert not losses.Quantiles.independent


def test_the_work_arrays_of_quantiles():
    assert losses.Quantiles().scratch == (None,) * 7
    assert losses.Quantiles((0.9,)).scratch == (None,) * 4


def test_at_a_tie_the_slope_of_a_quantile_is_that_from_above():
    y, raw = np.zeros((1, 1)), np.array([[0.0, 0.0, 0.0]])
    free = losses.Quantiles((0.1, 0.8), independent=True)
    np.testing.assert_allclose(gradient_of(free, y, raw) * 3, [[0.5, 0.2, 0.9]], rtol=1e-12)
    step = np.log(2.0)  # of a score 0
    joint = losses.Quantiles((0.1, 0.8))
    found = 3 * gradient_of(joint, y + step, raw)  # the upper curve is met; others are below
    np.testing.assert_allclose(found, [[0.2 - 0.5 - 0.1, 0.5 * 0.2, 0.5 * 0.1]], rtol=1e-12)
    found = 3 * gradient_of(joint, y - step, raw)  # the lower curve is met; others are above
    np.testing.assert_allclose(found, [[0.2 + 0.5 + 0.9, 0.5 * 0.2, -0.5 * 0.9]], rtol=1e-12)
    found = 3 * gradient_of(joint, y, raw)  # the median is met
    np.testing.assert_allclose(found, [[0.5 + 0.2 - 0.1, 0.5 * 0.2, 0.5 * 0.1]], rtol=1e-12)


@pytest.mark.parametrize(
    "levels", [(), (0.5,), (0.0, 0.5), (0.5, 1.0), (0.2, 0.2), (0.3, 0.2), [[0.1, 0.9]], "a"]
)
def test_levels_that_are_refused(levels):
    with pytest.raises(ValueError, match="quantiles must hold levels"):
        losses.Quantiles(levels).learned_levels()


def test_a_single_level_and_levels_near_the_ends():
    assert losses.Quantiles(0.9).learned_levels().tolist() == [0.5, 0.9]
    found = losses.Quantiles((1e-9, 1 - 1e-9)).learned_levels()
    assert found.tolist() == [1e-9, 0.5, 1 - 1e-9]


@pytest.mark.parametrize("independent", [False, True])
@pytest.mark.parametrize("levels", LISTS)
def test_pooled_quantiles_are_mean_curves(levels, independent):
    loss = losses.Quantiles(levels, independent)
    members = np.random.default_rng(2).normal(size=(4, 3, loss.n_scores(2)))
    wanted = sum(loss.curves(members[:, m]) for m in range(3)) / 3
    np.testing.assert_allclose(loss.curves(loss.pooled_scores(members)), wanted, rtol=1e-9)


@pytest.mark.parametrize("independent", [False, True])
def test_the_best_constant_of_quantiles_is_the_quantiles(independent):
    loss = losses.Quantiles((0.1, 0.9), independent)
    y = np.column_stack([np.arange(1.0, 21.0), 100 * np.arange(1.0, 21.0)])
    found = loss.curves(loss.constant(y, None)[None])[0]
    np.testing.assert_allclose(found, [[2.0, 10.0, 18.0], [200.0, 1000.0, 1800.0]], rtol=1e-9)
    weight = np.r_[np.zeros(10), np.ones(10)]
    found = loss.curves(loss.constant(y, weight)[None])[0]
    np.testing.assert_allclose(found[0], [11.0, 15.0, 19.0], rtol=1e-9)


def test_steps_of_a_constant_are_a_thousandth_of_the_spread_at_least():
    loss = losses.Quantiles((0.1, 0.4, 0.9))
    y = np.array([[0.0, 3.0]] * 6 + [[10.0, 3.0]] * 4)  # 0 up to the median, 10 above; all 3
    found = loss.curves(loss.constant(y, None)[None])[0]
    np.testing.assert_allclose(found[0], [-0.02, -0.01, 0.0, 10.0], rtol=1e-6)
    np.testing.assert_allclose(found[1], [2.998, 2.999, 3.0, 3.001], rtol=1e-6)
    y[:2, 0] = -10  # the lowest fifth
    found = loss.curves(loss.constant(y, None)[None])[0]
    np.testing.assert_allclose(found[0], [-10.02, -0.02, 0.0, 10.0], rtol=1e-6)
    found = loss.curves(loss.constant(0.01 * y, None)[None])[0]
    np.testing.assert_allclose(found[0], [-0.1002, -0.0002, 0.0, 0.1], rtol=1e-6)


COUNTS = np.array([[0.0, 2.0], [5.0, 1.0], [40.0, 0.0]])


def test_the_negative_binomial_loss_is_the_negative_log_probability():
    loss = losses.NegativeBinomial()
    mean, size = np.exp(RAW[:, :2]), np.exp(-RAW[:, 2:])
    wanted = -stats.nbinom.logpmf(COUNTS, size, size / (size + mean)).sum(axis=1)
    np.testing.assert_allclose(loss.value(COUNTS, RAW), wanted, rtol=1e-9)
    found = gradient_of(loss, COUNTS, RAW)
    np.testing.assert_allclose(found, by_differences(loss, COUNTS, RAW), rtol=1e-6, atol=1e-7)
    assert loss.n_scores(3) == 6
    assert loss.value(COUNTS, RAW.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_logarithm_of_a_dispersion_counts_up_to_fourteen(sign):
    loss, y = losses.NegativeBinomial(), np.array([[3.0]])
    edge, beyond = np.array([[0.2, 14.0 * sign]]), np.array([[0.2, 15.0 * sign]])
    inside = np.array([[0.2, 13.0 * sign]])
    assert loss.value(y, edge) == loss.value(y, beyond) != loss.value(y, inside)
    assert gradient_of(loss, y, beyond)[0, 1] == 0.0 != gradient_of(loss, y, edge)[0, 1]
    assert gradient_of(loss, y, beyond)[0, 0] == gradient_of(loss, y, edge)[0, 0]
    for raw in (edge, beyond):
        size = loss.distribution(raw).size[0, 0]
        np.testing.assert_allclose(size, np.exp(-14.0 * sign), rtol=1e-12)


def test_the_distribution_of_counts():
    found = losses.NegativeBinomial().distribution(RAW)
    assert type(found) is Counts
    mean, dispersion = np.exp(RAW[:, :2]), np.exp(RAW[:, 2:])
    np.testing.assert_allclose(found.center, mean, rtol=1e-12)
    np.testing.assert_allclose(found.std**2, mean + dispersion * mean**2, rtol=1e-12)


def test_pooled_counts_have_the_moments_of_the_mixture():
    loss, others = losses.NegativeBinomial(), RAW[::-1] - 0.3
    found = loss.pooled_scores(np.stack([RAW, others], axis=1))
    parts = [loss.distribution(raw) for raw in (RAW, others)]
    mean = (parts[0].center + parts[1].center) / 2
    second = sum(part.std**2 + part.center**2 for part in parts) / 2
    mixed = loss.distribution(found)
    np.testing.assert_allclose(mixed.center, mean, rtol=1e-12)
    np.testing.assert_allclose(mixed.std**2, second - mean**2, rtol=1e-9)


@pytest.mark.parametrize("weight", [None, np.array([1.0, 2, 1, 3, 1, 1, 1, 2])])
def test_the_best_constant_of_counts(weight):
    loss = losses.NegativeBinomial()
    y = np.array([[0.0, 5], [0, 9], [7, 0], [2, 20], [9, 3], [0, 1], [30, 2], [1, 4]])
    found = loss.constant(y, weight)
    mean = np.average(y, axis=0, weights=weight)
    np.testing.assert_allclose(found[:2], np.log(mean), rtol=1e-9)

    def total(scores):
        values = loss.value(y, np.broadcast_to(scores, (8, 4)))
        return np.average(values, weights=weight)

    for j in (2, 3):
        moved = np.zeros(4)
        moved[j] = 1e-3
        assert total(found) < min(total(found + moved), total(found - moved))
        slope = (total(found + moved) - total(found - moved)) / 2e-3
        assert slope == pytest.approx(0, abs=1e-6)


def test_the_constant_of_no_counts_is_a_millionth():
    found = losses.NegativeBinomial().constant(np.zeros((3, 1)), None)
    assert found[0] == pytest.approx(np.log(1e-6), rel=1e-12)


@pytest.mark.parametrize(
    ("y", "wanted"), [(0.0, True), (3.0, True), (-1.0, False), (2.5, False), (np.inf, False)]
)
def test_counts_are_whole_numbers_from_zero_on(y, wanted):
    assert losses.NegativeBinomial().in_domain(np.array([[1.0], [y]])) is wanted


def squares(y, raw):
    return ((raw - y) ** 2).sum(axis=1) / 2, raw - y


def logistic(y, raw):
    return (np.logaddexp(0, raw) - y * raw).sum(axis=1), special.expit(raw) - y


def poisson(y, raw):
    return (np.exp(raw) - y * raw).sum(axis=1), np.exp(raw) - y


def softmax(y, raw):
    p = special.softmax(raw, axis=1)
    return -(y * np.log(p)).sum(axis=1), p - y


def test_the_link_of_a_function_goes_by_the_target():
    loss = losses.from_function(squares)
    wanted = {"regression": "identity", "multiclass": "softmax", "binary": "logistic"}
    for kind, name in {**wanted, "multilabel": "logistic"}.items():
        made = loss.specialise(kind)
        assert made.out_activation == name
        assert made.probabilistic is (name in ("softmax", "logistic"))
        assert losses.from_function(squares, link="exp").specialise(kind).out_activation == "exp"
    assert not losses.from_function(squares, link="exp").specialise("regression").probabilistic
    given = losses.LogLink()
    assert losses.from_function(squares, link=given).specialise("binary").link is given
    with pytest.raises(ValueError, match=r"'expp' is not a known link. Did you mean 'exp'"):
        losses.from_function(squares, link="expp").specialise("binary")


@pytest.mark.parametrize(
    ("function", "link", "y"),
    [
        (squares, "identity", [[1.0], [4.0], [-2.0]]),
        (poisson, "exp", [[1.0], [0.0], [4.0]]),
        (logistic, "logistic", [[1.0], [0.0], [1.0]]),
        (softmax, "softmax", [[1.0, 0], [0, 1], [1, 0]]),
    ],
)
def test_the_constant_of_a_function_predicts_the_mean(function, link, y):
    loss, y = losses.from_function(function, link=link).specialise("regression"), np.array(y)
    for weight in (None, np.array([1.0, 2.0, 5.0]), [1, 2, 5]):
        found = loss.link.inverse(loss.constant(y, weight)[None])[0]
        np.testing.assert_allclose(found, np.average(y, axis=0, weights=weight), rtol=1e-4)


@pytest.mark.parametrize(
    ("link", "mean", "wanted"),
    [
        ("identity", 0.0, 0.0),
        ("exp", 0.0, np.log(1e-6)),
        ("exp", 3.0, np.log(3.0)),
        ("softmax", 0.0, np.log(1e-6)),
        ("softmax", 0.3, np.log(0.3)),
        ("logistic", 0.0, np.log(1e-6 / (1 - 1e-6))),
        ("logistic", 1.0, -np.log(1e-6 / (1 - 1e-6))),
        ("logistic", 0.2, np.log(0.25)),
    ],
)
def test_the_search_of_a_constant_starts_at_the_mean(link, mean, wanted):
    loss = losses.from_function(squares, link=link).specialise("regression")
    np.testing.assert_allclose(loss._start(np.array([mean])), [wanted], rtol=1e-9)


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e9])
def test_the_unit_of_weights_does_not_count_for_the_constant_of_a_function(unit):
    def quartic(y, raw):
        return ((raw - y) ** 4).sum(axis=1) / 4, (raw - y) ** 3

    y, weight = np.array([[0.0], [3.0]]), unit * np.array([8.0, 1.0])
    found = losses.from_function(quartic).specialise("regression").constant(y, weight)
    np.testing.assert_allclose(found, [1.0], rtol=1e-3)  # 8 * 1**3 = 2**3


def test_a_constant_that_is_not_finite_is_not_taken():
    def broken(y, raw):
        return np.full(len(y), np.nan), np.full(raw.shape, np.nan)

    loss = losses.from_function(broken).specialise("regression")
    assert loss.constant(np.array([[1.0], [3.0]]), None).tolist() == [2.0]


def test_a_function_is_given_double_precision_and_may_give_any():
    seen = []

    def function(y, raw):
        seen.append((y.dtype, raw.dtype))
        return [1, 2], [[1], [2]]

    loss = losses.from_function(function).specialise("regression")
    y, raw = np.zeros((2, 1), np.float32), np.zeros((2, 1), np.float32)
    assert loss.value(y, raw).tolist() == [1.0, 2.0]
    assert gradient_of(loss, y, raw).tolist() == [[1.0], [2.0]]
    assert gradient_of(loss, y, raw).dtype == np.float32
    assert set(seen) == {(np.dtype("f8"), np.dtype("f8"))}
    assert loss.name == "function"


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, "must return .value, gradient.: two arrays"),
        ((1.0, 2.0), "Got shapes .. and .."),
        ((np.zeros(3), np.zeros((2, 1))), "of shapes .2,. and .2, 1."),
        ((np.zeros(2), np.zeros((3, 1))), "of shapes .2,. and .2, 1."),
    ],
)
def test_what_a_function_must_return(found, message):
    loss = losses.from_function(lambda *_: found).specialise("regression")
    with pytest.raises(ValueError, match=message):
        loss.value(np.zeros((2, 1)), np.zeros((2, 1)))
    with pytest.raises(TypeError, match="must be a function"):
        losses.from_function("no function")


def leaning(factor, share):
    """Return a function whose gradient is off by a factor in a share of the columns."""

    def function(y, raw):
        slope = np.ones_like(raw)
        slope[:, : round(share * raw.shape[1])] *= factor
        return raw.sum(axis=1), slope

    return function


@pytest.mark.parametrize(
    ("factor", "share", "refused"),
    [
        (1.0, 1.0, False),
        (1.0019, 1.0, False),  # off by up to a thousandth of 1 and the slope
        (1.0021, 1.0, True),
        (2.0, 0.5, False),  # kinks are allowed, in half of all
        (2.0, 0.6, True),
        (np.nan, 1.0, True),
    ],
)
def test_a_gradient_is_compared_with_differences(factor, share, refused):
    loss = FunctionLoss(leaning(factor, share), losses.IdentityLink())
    y = np.zeros((8, 10))
    if refused:
        with pytest.raises(ValueError, match="is not the derivative of its value"):
            loss.check(y)
    else:
        loss.check(y)


@pytest.mark.parametrize(("slope", "refused"), [(1e-3, False), (1.001e-3, True)])
def test_a_gradient_may_be_off_by_a_thousandth(slope, refused):
    loss = FunctionLoss(
        lambda _, raw: (np.zeros(len(raw)), np.full(raw.shape, slope)), losses.IdentityLink()
    )
    if refused:
        with pytest.raises(ValueError, match="differences of the value give 0"):
            loss.check(np.zeros((3, 1)))
    else:
        loss.check(np.zeros((3, 1)))


def test_the_difference_of_a_check_is_taken_over_a_hundred_thousandth():
    seen = []

    def function(y, raw):
        seen.append(raw.copy())
        return squares(y, raw)

    FunctionLoss(function, losses.IdentityLink()).check(np.zeros((2, 1)))
    middle, up, down = seen
    np.testing.assert_allclose(up - middle, np.full((2, 1), 1e-5), rtol=1e-9)
    np.testing.assert_allclose(down - middle, np.full((2, 1), -1e-5), rtol=1e-9)


def test_the_place_that_is_named_is_the_first_that_is_off():
    loss = FunctionLoss(leaning(3.0, 1.0), losses.IdentityLink())
    with pytest.raises(ValueError, match="returns 3; differences of the value give 1"):
        loss.check(np.zeros((3, 2)))

    def function(y, raw):
        return raw.sum(axis=1), np.arange(3.0, 3.0 + raw.size).reshape(raw.shape)

    loss = FunctionLoss(function, losses.IdentityLink())
    with pytest.raises(ValueError, match=r"At y=7, raw=.* it returns 3;"):
        loss.check(np.array([[7.0, 8.0], [9.0, 10.0]]))

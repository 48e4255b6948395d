"""What the statements of distributions and of their calibration mean."""

from math import fsum

import numpy as np
import pytest
from scipy import integrate, special, stats

from skfnn._engine.objective import distribution as d
from skfnn._engine.objective.conformal import rows_needed

CENTER = np.array([[1.0, -2.0], [4.0, 0.5]])
SCALE = np.array([[2.0, 0.5], [1.0, 3.0]])


class Uniform(d.Distribution):
    """Between center - scale and center + scale."""

    def quantile(self, q):
        return self.center[..., None] + self.scale[..., None] * (2 * q - 1)


def test_a_place_has_the_scale_one_unless_given_and_no_lower_end():
    found = d.Located(CENTER)
    assert found.scale.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert found.low == -np.inf
    assert found.std is None
    assert not found.is_distribution
    assert d.Distribution.is_distribution
    tiny = np.finfo(np.float32).tiny
    found = d.Located(CENTER.astype(np.float32), np.zeros((2, 2), np.float32))
    assert found.scale.tolist() == [[tiny] * 2] * 2


def test_a_place_in_another_unit():
    found = d.Located(CENTER, SCALE).affine(10.0, np.array([2.0, 3.0]))
    assert found.center.tolist() == [[12.0, 4.0], [18.0, 11.5]]
    assert found.scale.tolist() == [[4.0, 1.5], [2.0, 9.0]]
    assert found.low == -np.inf
    found = d.Located(CENTER, SCALE, -3.0).affine(np.array([10.0, 20.0]), 2.0)
    assert found.low == 4.0  # the lower one of both columns
    assert type(Uniform(CENTER, SCALE).affine(0.0, 2.0)) is Uniform


def test_a_place_scaled_keeps_center_and_lower_end():
    found = Uniform(CENTER, SCALE, -3.0).scaled(np.array([2.0, 4.0]))
    assert type(found) is d.Located
    assert found.center is CENTER
    assert found.scale.tolist() == [[4.0, 2.0], [2.0, 12.0]]
    assert found.low == -3.0


def test_scores_are_distances_in_scales_and_limits_their_inverse():
    found = d.Located(CENTER, SCALE, -2.25)
    y = np.array([[5.0, -3.0], [4.0, 2.0]])
    assert found.score(y).tolist() == [[2.0, 2.0], [0.0, 0.5]]
    limits = found.limits(np.array([2.0, 1.0]))
    assert limits.tolist() == [[[-2.25, 5.0], [-2.25, -1.5]], [[2.0, 6.0], [-2.25, 3.5]]]


def test_the_interval_of_a_distribution_is_central():
    found = Uniform(CENTER, SCALE).interval(0.5)
    np.testing.assert_allclose(found[..., 0], CENTER - SCALE / 2, rtol=1e-12)
    np.testing.assert_allclose(found[..., 1], CENTER + SCALE / 2, rtol=1e-12)


class Ends:
    """Draws one end of what is asked for."""

    def __init__(self, end):
        self.end = end

    def uniform(self, low, high, shape):
        return np.full(shape, (low, high)[self.end])


def test_draws_are_quantiles_a_trillionth_from_the_ends():
    class Levels(d.Distribution):
        def quantile(self, q):
            return np.asarray(q)

    low, high = (Levels(CENTER).sample(3, Ends(end)) for end in (0, 1))
    assert low.shape == high.shape == (2, 2, 3)
    assert (low == 1e-12).all()
    assert (high == 1 - 1e-12).all()
    drawn = Uniform(CENTER, SCALE).sample(2000, np.random.default_rng(0))
    np.testing.assert_allclose(drawn.mean(axis=-1), CENTER, atol=0.1)
    np.testing.assert_allclose(drawn.std(axis=-1), SCALE / np.sqrt(3), rtol=0.05)


def test_the_probability_score_is_twice_the_mean_pinball_loss_on_199_levels():
    y = np.array([[1.5, -7.0], [4.0, 3.0]])
    found = Uniform(CENTER, SCALE).crps(y)
    for i in range(2):
        for j in range(2):
            total = 0.0
            for step in range(199):
                q = (step + 0.5) / 199
                residual = y[i, j] - (CENTER[i, j] + SCALE[i, j] * (2 * q - 1))
                total += 2 * (q * residual if residual >= 0 else (q - 1) * residual)
            assert found[i, j] == pytest.approx(total / 199, rel=1e-12)


def test_normal_distributions():
    found = d.Normal(CENTER, SCALE)
    levels = np.array([0.1, 0.5, 0.9])
    wanted = stats.norm.ppf(levels, CENTER[..., None], SCALE[..., None])
    np.testing.assert_allclose(found.quantile(levels), wanted, rtol=1e-12)
    assert found.std is found.scale
    drawn = found.sample(4000, np.random.default_rng(0))
    assert drawn.shape == (2, 2, 4000)
    np.testing.assert_allclose(drawn.mean(axis=-1), CENTER, atol=0.15)
    np.testing.assert_allclose(drawn.std(axis=-1), SCALE, rtol=0.05)
    assert stats.kurtosis(drawn.ravel() * 0 + drawn[0, 0].repeat(4)) == pytest.approx(0, abs=0.2)


class Ones:
    """Draws one each time."""

    def normal(self, size):
        return np.ones(size)


def test_a_draw_is_so_many_deviations_above_the_mean():
    found = d.Normal(CENTER, SCALE).sample(2, Ones())
    assert found.tolist() == np.stack([CENTER + SCALE] * 2, axis=-1).tolist()


def test_the_probability_score_of_a_normal_distribution_is_the_integral():
    y = np.array([[1.5, -4.0], [4.0, 3.0]])
    found = d.Normal(CENTER, SCALE).crps(y)
    for place in np.ndindex(2, 2):
        m, s, at = CENTER[place], SCALE[place], y[place]

        def below(x, m=m, s=s):
            return stats.norm.cdf(x, m, s) ** 2

        def above(x, m=m, s=s):
            return stats.norm.sf(x, m, s) ** 2

        wanted = integrate.quad(below, m - 12 * s, at)[0] + integrate.quad(above, at, m + 12 * s)[0]
        assert found[place] == pytest.approx(wanted, rel=1e-7)


MEAN = np.array([[0.5, 3.0], [20.0, 7.0]])
DISPERSION = np.array([[1.5, 0.2], [0.05, 3.0]])
SIZE = 1 / DISPERSION
SHARE = SIZE / (SIZE + MEAN)


def probabilities(size, share):
    """Return the probabilities of 0, 1, ... up to where there are none."""
    at = np.arange(3000)
    return at, stats.nbinom.pmf(at, size, share)


def test_counts_know_mean_deviation_and_the_end_at_zero():
    found = d.Counts(MEAN.astype(np.float32), DISPERSION.astype(np.float32))
    assert found.center.dtype == found.size.dtype == np.float64
    np.testing.assert_allclose(found.std**2, MEAN + DISPERSION * MEAN**2, rtol=1e-6)
    np.testing.assert_allclose(found.size, SIZE, rtol=1e-6)
    np.testing.assert_allclose(found.share, SHARE, rtol=1e-6)
    assert found.low == 0.0
    assert found.std is found.scale


def test_counts_have_no_other_unit():
    found = d.Counts(MEAN, DISPERSION)
    assert found.affine(0.0, 1.0) is found
    assert found.affine(np.zeros(2), np.ones(2)) is found
    one_of_two = np.array([0.0, 1.0])
    for shift, factor in ((1.0, 1.0), (0.0, 2.0), (one_of_two, 1.0), (0.0, 1 + one_of_two)):
        with pytest.raises(ValueError, match="no other unit"):
            found.affine(shift, factor)


def test_the_score_of_a_count_is_the_normal_score_of_the_middle_of_its_step():
    found = d.Counts(MEAN, DISPERSION)
    for y in (np.zeros((2, 2)), np.full((2, 2), 4.0), np.array([[3.0, 9.0], [35.0, 60.0]])):
        score = found.score(y)
        for place in np.ndindex(2, 2):
            at, p = probabilities(SIZE[place], SHARE[place])
            below = fsum(p[at < y[place]]) + p[int(y[place])] / 2
            tail = min(below, fsum(p[at > y[place]]) + p[int(y[place])] / 2)
            assert score[place] == pytest.approx(-special.ndtri(min(tail, 0.5)), abs=1e-8)


def test_scores_of_counts_end_at_thirty_seven():
    found = d.Counts(np.array([[1.0]]), np.array([[0.01]]))
    assert found.score(np.array([[1e6]])).tolist() == [[37.0]]
    assert found.limits(np.array([38.0])).tolist() == found.limits(np.array([37.0])).tolist()
    assert np.isfinite(found.limits(np.array([1e3]))).all()


def test_the_limits_of_counts_are_quantiles_of_both_tails():
    found = d.Counts(MEAN, DISPERSION).limits(np.array([1.0, 2.0]))
    for (i, j), score in zip(np.ndindex(2, 2), (1.0, 2.0, 1.0, 2.0), strict=True):
        tail = float(stats.norm.sf(score))
        at, p = probabilities(SIZE[i, j], SHARE[i, j])
        reached = p.cumsum()
        assert found[i, j, 0] == at[(reached >= tail).argmax()]
        assert found[i, j, 1] == at[(1 - reached <= tail).argmax()]
    zero = d.Counts(np.array([[1.0]]), np.array([[1.0]])).limits(np.array([37.0]))
    assert zero[0, 0, 0] == 0.0


def test_quantiles_of_counts_are_the_first_that_reach_a_level():
    levels = np.array([0.05, 0.45, 0.99])
    found = d.Counts(MEAN, DISPERSION).quantile(levels)
    for i, j in np.ndindex(2, 2):
        at, p = probabilities(SIZE[i, j], SHARE[i, j])
        assert found[i, j].tolist() == [at[(p.cumsum() >= q).argmax()] for q in levels]


def test_draws_of_counts_have_their_moments():
    drawn = d.Counts(MEAN, DISPERSION).sample(20_000, np.random.default_rng(0))
    assert drawn.shape == (2, 2, 20_000)
    assert drawn.dtype == np.float64
    np.testing.assert_allclose(drawn.mean(axis=-1), MEAN, rtol=0.04)
    np.testing.assert_allclose(drawn.var(axis=-1), MEAN + DISPERSION * MEAN**2, rtol=0.08)


def test_half_the_difference_of_two_counts_is_the_sum_over_levels():
    found = d.Counts(MEAN, DISPERSION)._half_difference()
    for place in np.ndindex(2, 2):
        _, p = probabilities(SIZE[place], SHARE[place])
        reached = p.cumsum()
        # E|X - X'| = 2 sum F (1 - F)
        assert found[place] == pytest.approx(fsum(reached * (1 - reached)), rel=1e-11)


def test_half_the_difference_is_exact_for_each_of_many_rows():
    mean = np.linspace(0.1, 30, 1002)[:, None]
    found = d.Counts(mean, np.full_like(mean, 0.5))._half_difference()
    for i in (0, 1, 998, 999, 1000, 1001):
        alone = d.Counts(mean[i : i + 1], np.full((1, 1), 0.5))._half_difference()
        np.testing.assert_allclose(found[i], alone[0], rtol=1e-12)


@pytest.mark.parametrize(("mean", "dispersion"), [(1e-4, 1.0), (1e5, 1e-6), (1e4, 1e4), (1.0, 1e6)])
def test_half_the_difference_at_the_ends_of_what_can_be(mean, dispersion):
    found = d.Counts(np.array([[mean]]), np.array([[dispersion]]))
    half = float(found._half_difference()[0, 0])
    r = 1 / dispersion
    if dispersion == 1e-6:  # nearly normal: of two draws, std / sqrt(pi)
        assert half == pytest.approx(float(found.std[0, 0]) / np.sqrt(np.pi), rel=1e-5)
    elif mean < 1:  # nearly all 0: m of rows are 1, differ with 2 m of pairs
        assert half == pytest.approx(mean, rel=3e-4)
    else:  # by Gini's mean difference of the gamma distribution, wide beyond all counts
        gini = special.gammaln(r + 0.5) - special.gammaln(r + 1) - np.log(np.pi) / 2
        assert half == pytest.approx(mean * np.exp(gini), rel=1e-3)


def test_the_probability_score_of_counts_is_the_sum_over_levels():
    y = np.array([[0.0, 4.0], [31.0, 2.0]])
    found = d.Counts(MEAN, DISPERSION).crps(y)
    for place in np.ndindex(2, 2):
        at, p = probabilities(SIZE[place], SHARE[place])
        reached = p.cumsum()
        wanted = fsum(np.where(at >= y[place], (1 - reached) ** 2, reached**2))
        assert found[place] == pytest.approx(wanted, rel=1e-9)


LEVELS = np.array([0.1, 0.3, 0.5, 0.8])
VALUES = np.array([[[-3.0, -1.0, 1.0, 5.0]], [[2.0, 4.0, 5.0, 9.0]]])


def z_of(level):
    return stats.norm.ppf(level)


def test_curves_are_linear_in_the_normal_score():
    found = d.Curves(LEVELS, VALUES)
    assert found.center.ravel().tolist() == pytest.approx([1.0, 5.0], rel=1e-12)
    np.testing.assert_allclose(found.quantile(LEVELS), VALUES, rtol=1e-12)
    between = np.array([0.2, 0.7])
    share = [(z_of(0.2) - z_of(0.1)) / (z_of(0.3) - z_of(0.1)), z_of(0.7) / z_of(0.8)]
    wanted = [[-3 + 2 * share[0], 1 + 4 * share[1]], [2 + 2 * share[0], 5 + 4 * share[1]]]
    np.testing.assert_allclose(found.quantile(between)[:, 0], wanted, rtol=1e-12)
    outer = np.array([0.01, 0.99])
    low = (z_of(0.01) - z_of(0.1)) / (z_of(0.3) - z_of(0.1))
    wanted = [-3 + 2 * low, 1 + 4 * z_of(0.99) / z_of(0.8)]
    np.testing.assert_allclose(found.anywhere(outer)[0, 0], wanted, rtol=1e-12)


def test_curves_of_a_normal_distribution_are_that():
    levels = np.array([0.05, 0.5, 0.9])
    values = stats.norm.ppf(levels, 3.0, 2.0)[None, None]
    found = d.Curves(levels, values)
    np.testing.assert_allclose(found.limits(np.array([1.5])), [[[0.0, 6.0]]], atol=1e-12)
    y = np.array([[-4.0]])
    np.testing.assert_allclose(found.score(y), [[3.5]], rtol=1e-9)
    np.testing.assert_allclose(found.score(10 - 0 * y), [[3.5]], rtol=1e-9)
    drawn = found.sample(5000, np.random.default_rng(0))
    assert drawn.shape == (1, 1, 5000)
    assert drawn.mean() == pytest.approx(3.0, abs=0.1)
    assert drawn.std() == pytest.approx(2.0, rel=0.05)


def test_the_score_of_curves_is_the_inverse_of_their_limits():
    found = d.Curves(LEVELS, VALUES)
    for score in (0.0, 0.1, 0.5, 0.8416, 2.0):
        limits = found.limits(np.full(1, score))
        for side in (0, 1):
            np.testing.assert_allclose(found.score(limits[..., side]), score, atol=1e-9)
    each = found.limits(np.array([[0.5], [2.0]]))  # another score for each row
    assert each.shape == (2, 1, 2)
    for side in (0, 1):
        np.testing.assert_allclose(found.score(each[..., side]), [[0.5], [2.0]], atol=1e-9)
    for j, level in enumerate(LEVELS):
        np.testing.assert_allclose(found.score(VALUES[..., j]), abs(z_of(level)), atol=1e-9)


def test_curves_tell_levels_that_were_learned():
    found = d.Curves(LEVELS, VALUES)
    found.quantile(np.array([0.1, 0.8]))
    for level in (0.0999, 0.8001):
        with pytest.raises(ValueError, match=f"Got {level}"):
            found.quantile(np.array([0.5, level]))


def test_curves_in_another_unit():
    found = d.Curves(LEVELS, VALUES).affine(10.0, 2.0)
    np.testing.assert_allclose(found.values, 10 + 2 * VALUES, rtol=1e-12)
    two = d.Curves(LEVELS, np.concatenate([VALUES, VALUES], axis=1))
    found = two.affine(np.array([0.0, 5.0]), np.array([1.0, 3.0]))
    np.testing.assert_allclose(found.values[:, 1], 5 + 3 * VALUES[:, 0], rtol=1e-12)
    np.testing.assert_allclose(found.values[:, 0], VALUES[:, 0], rtol=1e-12)


@pytest.mark.parametrize("largest", [0.0, 1.0, 1e6, -1e6])
def test_curves_at_one_place_are_parted_by_four_roundings(largest):
    values = np.full((1, 1, 4), largest)
    found = d.Curves(LEVELS, values).values[0, 0]
    step = 4 * 2.0**-52 * (abs(largest) or 1.0)
    np.testing.assert_allclose(np.diff(found), step, rtol=0.3)
    assert np.isfinite(d.Curves(LEVELS, values).score(np.array([[largest]]))).all()


def test_a_calibration_is_an_order_statistic_of_scores():
    scores = np.array([[4.0], [1.0], [3.0], [2.0]])
    found = d.Calibration(scores)
    assert found.n_rows == 4
    assert found.largest.tolist() == [4.0]
    # ceil((4 + 1) coverage)
    for coverage, wanted in ((0.2, 1.0), (0.21, 2.0), (0.4, 2.0), (0.79, 4.0), (0.8, 4.0)):
        assert found.score(coverage).tolist() == [wanted]
    assert found.score(0.81) is None
    assert d.Calibration(np.empty((0, 1))).score(0.5) is None


def test_a_share_is_reached_up_to_a_trillionth():
    found = d.Calibration(np.array([[1.0], [2.0], [3.0]]))
    assert found.score(0.5 * (1 + 0.5e-12)).tolist() == [2.0]
    assert found.score(0.5 * (1 + 1e-12)).tolist() == [2.0]
    assert found.score(0.5 * (1 + 1.5e-12)).tolist() == [3.0]


def test_a_calibration_counts_by_weights():
    scores = np.array([[4.0, 1.0], [1.0, 2.0], [3.0, 9.0], [7.0, 8.0]])
    found = d.Calibration(scores, np.array([1.0, 4.0, 1.0, 0.0]))
    assert found.n_rows == 3
    assert found.largest.tolist() == [4.0, 9.0]
    # Shares of the sum of weights, of which one more row has the mean: 4/2, 5/2, 6/2 of 4 rows.
    assert found.score(0.5).tolist() == [1.0, 2.0]
    assert found.score(0.51).tolist() == [3.0, 2.0]
    assert found.score(0.7).tolist() == [4.0, 9.0]
    assert found.score(0.76) is None
    same = d.Calibration(scores, np.full(4, 0.25)).score(0.6)
    assert same.tolist() == d.Calibration(scores).score(0.6).tolist()


@pytest.mark.parametrize(("beyond", "wanted"), [(1e-14, 9), (5e-8, 10)])
def test_a_row_more_is_needed_beyond_rounding(beyond, wanted):
    assert rows_needed(0.9 + beyond) == wanted
    assert d.Calibration.rows_for(0.9 + beyond) == wanted


def test_both_columns_need_enough_rows():
    scores = np.array([[1.0, 3.0], [2.0, 1.0]])
    found = d.Calibration(scores, np.array([1.0, 3.0]))
    assert found.score(0.6).tolist() == [2.0, 3.0]
    assert found.score(0.5).tolist() == [2.0, 1.0]


def test_of_more_than_five_thousand_scores_five_thousand_are_kept():
    rows = np.arange(5000.0)[:, None]
    assert d.Calibration(rows)._scores[:, 0].tolist() == rows[:, 0].tolist()
    more = d.Calibration(np.arange(5001.0)[:, None])
    assert len(more._scores) == 5000
    assert more.n_rows == 5001
    assert more._scores[0] == 0.0
    assert more.largest == 5000.0
    assert d.Calibration(np.arange(20_000.0)[:, None]).score(0.9)[0] == pytest.approx(18_000, abs=4)


@pytest.mark.parametrize(
    ("coverage", "wanted"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99), (0.91, 11)]
)
def test_how_many_rows_a_coverage_needs(coverage, wanted):
    assert d.Calibration.rows_for(coverage) == wanted
    assert rows_needed(coverage) == wanted
    assert d.Calibration(np.arange(float(wanted))[:, None]).score(coverage) is not None
    assert d.Calibration(np.arange(wanted - 1.0)[:, None]).score(coverage) is None

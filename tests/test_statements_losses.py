"""What the statements of the losses of classes and of numbers mean."""

import numpy as np
import pytest
from scipy import special, stats

from skfnn import losses
from skfnn._engine.objective.link import log_softmax
from skfnn._engine.program.calls import bind, replay
from skfnn.losses._classification import _log1p_exp, _log_odds, _softmax_factors
from skfnn.losses._regression import _quantile


def gradient_of(loss, y, raw):
    """Return the gradient, by the calls that a training step runs."""
    n, k = y.shape
    out = np.full_like(raw, np.nan)
    scratch = [np.full((n, width or k), np.nan, raw.dtype) for width in loss.scratch]
    replay(bind(loss.gradient(y, raw, out, scratch), raw.dtype))
    return out


def by_differences(loss, y, raw, step=1e-6):
    """Return the derivatives of the value by central differences."""
    found = np.empty_like(raw)
    for j in range(raw.shape[1]):
        moved = np.zeros_like(raw)
        moved[:, j] = step
        found[:, j] = (loss.value(y, raw + moved) - loss.value(y, raw - moved)) / (2 * step)
    return found


def matrix_of(factors, row):
    """Return the curvature (s, s) of one row that factors (m, n, s) stand for."""
    return sum(np.outer(f[row], f[row]) for f in factors)


FLAGS = ("probabilistic", "noisy", "laplace", "evidence", "by_moments", "of_means", "scalable")
TRUE_OF = {
    "BinaryCrossEntropy": {"probabilistic", "evidence", "of_means", "scalable"},
    "CategoricalCrossEntropy": {"probabilistic", "evidence", "of_means", "scalable"},
    "LogLoss": {"probabilistic", "of_means", "scalable"},
    "SigmoidSquaredError": {"probabilistic", "of_means", "scalable"},
    "SoftmaxSquaredError": {"probabilistic", "of_means", "scalable"},
    "SquaredError": {"noisy", "laplace", "evidence", "of_means", "scalable"},
    "Hinge": {"of_means", "scalable"},
    "PerceptronLoss": {"of_means", "scalable"},
    "Huber": {"noisy", "laplace", "of_means", "scalable"},
    "Quantile": {"scalable"},
    "AbsoluteError": {"scalable"},
    "Poisson": {"evidence", "of_means", "scalable"},
    "Gamma": {"of_means", "scalable"},
    "Tweedie": {"of_means", "scalable"},
    "Gaussian": {"laplace", "evidence", "by_moments", "of_means", "scalable"},
    "Quantiles": {"of_means", "scalable"},
    "NegativeBinomial": {"of_means"},
}


@pytest.mark.parametrize("name", TRUE_OF)
def test_what_a_loss_declares_of_itself(name):
    loss = getattr(losses, name)
    assert {flag for flag in FLAGS if getattr(loss, flag)} == TRUE_OF[name]
    loss = loss()
    if name == "LogLoss":  # it stands for others, and computes nothing
        assert loss.specialise("multilabel").probabilistic
    else:
        assert np.isfinite(loss.value(np.ones((1, 1)), np.zeros((1, loss.n_scores(1))))).all()


@pytest.mark.parametrize("name", [n for n in TRUE_OF if n not in ("LogLoss", "Quantiles")])
def test_a_gradient_uses_all_of_its_work_arrays(name):
    for loss in getattr(losses, name).examples():
        k = 1 if "binary" in loss.kinds and "multiclass" not in loss.kinds else 2
        y = loss.sample_y(np.random.default_rng(0), 3, k)
        raw = np.zeros((3, loss.n_scores(k)))
        scratch = [np.empty((3, width or k)) for width in loss.scratch]
        calls = list(loss.gradient(y, raw, np.empty_like(raw), scratch))
        written = [array for call in calls for array in call.outputs]
        for work in scratch:
            assert any(array is work for array in written)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_logarithm_of_one_plus_an_exponential_keeps_all_digits(dtype):
    z = np.linspace(-16, 16, 4001).astype(dtype)
    exact = np.logaddexp(0, z.astype(np.float64))
    off = np.abs(_log1p_exp(z) - exact) / exact
    assert off.max() <= 3 * np.finfo(dtype).eps
    assert _log1p_exp(np.array([-1000.0, 1000.0], dtype)).tolist() == [0, 1000]


def test_log_odds_stay_a_millionth_from_the_ends():
    found = special.expit(_log_odds(np.array([0.0, 1e-6, 3e-6, 0.25, 1 - 3e-6, 1 - 1e-6, 1.0])))
    wanted = [1e-6, 1e-6, 3e-6, 0.25, 1 - 3e-6, 1 - 1e-6, 1 - 1e-6]
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
    np.testing.assert_allclose(1 - found, 1 - np.array(wanted), rtol=1e-9)


@pytest.mark.parametrize("loss", [losses.BinaryCrossEntropy(), losses.SigmoidSquaredError()])
def test_the_best_constant_of_sigmoids_is_the_log_odds_of_the_weighted_mean(loss):
    y, weight = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]), np.array([1.0, 1.0, 2.0])
    np.testing.assert_allclose(special.expit(loss.constant(y, None)), [1 / 3, 1 / 3])
    np.testing.assert_allclose(special.expit(loss.constant(y, weight)), [0.25, 0.5])


@pytest.mark.parametrize("loss", [losses.CategoricalCrossEntropy(), losses.SoftmaxSquaredError()])
def test_the_best_constant_of_a_softmax_is_the_logarithm_of_shares(loss):
    y = np.array([[1.0, 0, 0], [1.0, 0, 0], [0, 1.0, 0], [1.0, 0, 0]])
    found = loss.constant(y, None)
    np.testing.assert_allclose(found, np.log([0.75, 0.25, 1e-6]), rtol=1e-12)
    found = loss.constant(y, np.array([1.0, 1.0, 3.0, 1.0]))
    np.testing.assert_allclose(found, np.log([0.5, 0.5, 1e-6]), rtol=1e-12)


@pytest.mark.parametrize(
    ("loss", "values"),
    [
        (losses.BinaryCrossEntropy(), {0.0, 1.0}),
        (losses.SigmoidSquaredError(), {0.0, 1.0}),
        (losses.Hinge(), {-1.0, 1.0}),
        (losses.PerceptronLoss(), {-1.0, 1.0}),
    ],
)
def test_drawn_labels_are_no_or_yes(loss, values):
    y = loss.sample_y(np.random.default_rng(0), 50, 2)
    assert y.shape == (50, 2)
    assert y.dtype == np.float64
    assert set(y.ravel().tolist()) == values


@pytest.mark.parametrize("loss", [losses.CategoricalCrossEntropy(), losses.SoftmaxSquaredError()])
def test_drawn_classes_are_one_hot_and_each_occurs(loss):
    y = loss.sample_y(np.random.default_rng(0), 60, 3)
    assert y.shape == (60, 3)
    assert set(map(tuple, y.tolist())) == {(1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0)}


def test_binary_cross_entropy_by_hand():
    loss = losses.BinaryCrossEntropy()
    y = np.array([[1.0, 0.0], [0.0, 1.0]])
    raw = np.array([[0.5, -2.0], [3.0, 1.5]])
    p = 1 / (1 + np.exp(-raw))
    wanted = -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum(axis=1)
    np.testing.assert_allclose(loss.value(y, raw), wanted, rtol=1e-12)
    np.testing.assert_allclose(gradient_of(loss, y, raw), p - y, rtol=1e-12)
    for i in range(2):
        found = matrix_of(loss.curvature(y, raw), i)
        np.testing.assert_allclose(found, np.diag(p[i] * (1 - p[i])), rtol=1e-12)


def test_categorical_cross_entropy_by_hand():
    loss = losses.CategoricalCrossEntropy()
    y = np.array([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]])
    raw = np.array([[0.5, -2.0, 1.0], [3.0, 1.5, 0.0]])
    p = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(loss.value(y, raw), -(y * np.log(p)).sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(gradient_of(loss, y, raw), p - y, rtol=1e-12)
    for i in range(2):
        found = matrix_of(loss.curvature(y, raw), i)
        np.testing.assert_allclose(found, np.diag(p[i]) - np.outer(p[i], p[i]), atol=1e-15)


@pytest.mark.parametrize("loss", [losses.CategoricalCrossEntropy(), losses.SoftmaxSquaredError()])
def test_a_softmax_of_large_scores_is_finite(loss):
    y, raw = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[800.0, 0.0], [-800.0, 0.0]])
    found = gradient_of(loss, y, raw)
    if isinstance(loss, losses.CategoricalCrossEntropy):
        assert found.tolist() == [[1.0, -1.0], [-1.0, 1.0]]
        assert loss.value(y, raw).tolist() == [800.0, 800.0]
    else:
        assert found.tolist() == [[0.0, 0.0], [0.0, 0.0]]
        assert loss.value(y, raw).tolist() == [1.0, 1.0]


def test_factors_of_a_softmax_by_power():
    p = np.array([[0.2, 0.3, 0.5], [0.6, 0.1, 0.3]])
    unit = np.eye(3)
    for power in (0.5, 1.0):
        for m in range(3):
            for i in range(2):
                wanted = p[i, m] ** power * (unit[m] - p[i])
                np.testing.assert_allclose(_softmax_factors(p, power)[m, i], wanted, atol=1e-15)


def test_squared_errors_of_probabilities_by_hand():
    y = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    raw = np.array([[0.5, -2.0, 1.0], [3.0, 1.5, 0.0]])
    soft, sigmoid = losses.SoftmaxSquaredError(), losses.SigmoidSquaredError()
    p = np.exp(log_softmax(raw))
    np.testing.assert_allclose(soft.value(y, raw), ((p - y) ** 2).sum(axis=1) / 2, rtol=1e-12)
    s = special.expit(raw)
    np.testing.assert_allclose(sigmoid.value(y, raw), ((s - y) ** 2).sum(axis=1) / 2, rtol=1e-12)
    for i in range(2):
        slopes = np.diag(p[i]) - np.outer(p[i], p[i])  # of probabilities by scores
        np.testing.assert_allclose(matrix_of(soft.curvature(y, raw), i), slopes @ slopes.T)
        np.testing.assert_allclose(gradient_of(soft, y, raw)[i], slopes @ (p - y)[i])
        slope = s[i] * (1 - s[i])
        np.testing.assert_allclose(matrix_of(sigmoid.curvature(y, raw), i), np.diag(slope**2))
        np.testing.assert_allclose(gradient_of(sigmoid, y, raw)[i], (s - y)[i] * slope)


def test_a_name_stands_for_the_loss_of_its_target():
    wanted = {
        ("log_loss", "binary"): "BinaryCrossEntropy",
        ("log_loss", "multilabel"): "BinaryCrossEntropy",
        ("log_loss", "multiclass"): "CategoricalCrossEntropy",
        ("categorical_crossentropy", "binary"): "BinaryCrossEntropy",
        ("categorical_crossentropy", "multiclass"): "CategoricalCrossEntropy",
        ("squared_error", "regression"): "SquaredError",
        ("squared_error", "binary"): "SigmoidSquaredError",
        ("squared_error", "multilabel"): "SigmoidSquaredError",
        ("squared_error", "multiclass"): "SoftmaxSquaredError",
    }
    for (name, kind), found in wanted.items():
        loss = losses.Loss.resolve(name, "loss")
        assert type(loss.specialise(kind)).__name__ == found, (name, kind)
    for name in ("log_loss", "categorical_crossentropy"):
        with pytest.raises(ValueError, match="regression"):
            losses.Loss.resolve(name, "loss").specialise("regression")
    with pytest.raises(ValueError, match="multilabel"):
        losses.CategoricalCrossEntropy().specialise("multilabel")


def test_squared_error_by_hand():
    loss = losses.SquaredError()
    y, raw = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[3.0, 2.0], [0.0, 1.0]])
    assert loss.value(y, raw).tolist() == [2.0, 12.5]
    assert gradient_of(loss, y, raw).tolist() == [[2.0, 0.0], [-3.0, -4.0]]
    assert matrix_of(loss.curvature(y, raw), 1).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert loss.constant(y, None).tolist() == [2.0, 3.5]
    assert loss.constant(y, np.array([3.0, 1.0])).tolist() == [1.5, 2.75]


def test_margins_by_hand():
    y = np.array([[1.0], [1.0], [-1.0], [-1.0], [1.0]])
    raw = np.array([[0.5], [1.0], [0.25], [-3.0], [-2.0]])
    hinge, perceptron = losses.Hinge(), losses.PerceptronLoss()
    assert hinge.value(y, raw).tolist() == [0.5, 0.0, 1.25, 0.0, 3.0]
    assert gradient_of(hinge, y, raw).ravel().tolist() == [-1.0, -1.0, 1.0, 0.0, -1.0]
    assert perceptron.value(y, raw).tolist() == [0.0, 0.0, 0.25, 0.0, 2.0]
    assert gradient_of(perceptron, y, raw).ravel().tolist() == [0.0, 0.0, 1.0, 0.0, -1.0]
    assert hinge.levels == perceptron.levels == (-1.0, 1.0)
    both = np.hstack([y, -y])
    assert hinge.value(both, np.hstack([raw, raw])).tolist() == [2.0, 2.0, 2.0, 4.0, 3.0]


def test_the_best_constant_of_margins_is_the_side_of_most_weight():
    y = np.array([[1.0, 1.0, -1.0], [-1.0, 1.0, -1.0]])
    assert losses.Hinge().constant(y, None).tolist() == [0.0, 1.0, -1.0]
    assert losses.Hinge().constant(y, np.array([3.0, 1.0])).tolist() == [1.0, 1.0, -1.0]
    assert losses.PerceptronLoss().constant(y, None).tolist() == [0.0, 0.0, 0.0]


def test_a_quantile_of_weights_is_the_lower_value_where_two_fit():
    y = np.array([[4.0, 1.0], [2.0, 3.0], [1.0, 2.0], [3.0, 4.0]])
    assert _quantile(y, 0.5, None).tolist() == [2.0, 2.0]
    assert _quantile(y, 0.51, None).tolist() == [3.0, 3.0]
    assert _quantile(y, 0.5, np.array([1.0, 1.0, 4.0, 1.0])).tolist() == [1.0, 2.0]
    assert _quantile(y, 0.75, [1, 1, 4, 2]).tolist() == [3.0, 3.0]
    assert _quantile(y, 0.76, [1, 1, 4, 2]).tolist() == [3.0, 4.0]


def test_a_quantile_is_reached_up_to_a_millionth():
    y = np.array([[0.0], [1.0]])
    for short, wanted in ((0.5e-6, 0.0), (1e-6, 0.0), (1.5e-6, 1.0)):
        share = 0.5 * (1 - short)
        assert _quantile(y, 0.5, np.array([share, 1 - share])).tolist() == [wanted]


def test_huber_is_a_parabola_up_to_delta_and_a_line_beyond():
    loss = losses.Huber(delta=2.0)
    y, raw = np.zeros((5, 1)), np.array([[-5.0], [-2.0], [1.0], [2.0], [3.0]])
    assert loss.value(y, raw).tolist() == [8.0, 2.0, 0.5, 2.0, 4.0]
    assert gradient_of(loss, y, raw).ravel().tolist() == [-2.0, -2.0, 1.0, 2.0, 2.0]
    found = [matrix_of(loss.curvature(y, raw), i)[0, 0] for i in range(5)]
    np.testing.assert_allclose(found, [0.4, 1.0, 1.0, 1.0, 2 / 3], rtol=1e-12)
    assert loss.value(np.array([[1.0, 0.0]]), np.array([[2.0, 5.0]])).tolist() == [8.5]
    assert gradient_of(loss, y + 7, raw + 7).ravel().tolist() == [-2.0, -2.0, 1.0, 2.0, 2.0]
    assert matrix_of(loss.curvature(y + 7, raw + 7), 0)[0, 0] == pytest.approx(0.4)


def test_the_constant_of_huber_is_where_clipped_residuals_cancel():
    loss = losses.Huber(delta=1.0)
    y = np.array([[0.0, 0.0], [0.5, 10.0], [9.0, 10.0]])
    # By hand: of (0, 0.5, 9), z + (z - 0.5) - 1 = 0; of (0, 10, 10), 1 + 2 (z - 10) = 0.
    np.testing.assert_allclose(loss.constant(y, None), [0.75, 9.5], rtol=1e-12)
    # 1.5 z + (z - 0.5) - 1 = 0; 1.5 + 2 (z - 10) = 0.
    np.testing.assert_allclose(loss.constant(y, np.array([1.5, 1, 1])), [0.6, 9.25], rtol=1e-12)


def test_of_several_best_constants_of_huber_the_lowest_is_taken():
    y = np.array([[0.0], [10.0]])  # from 1 to 9 the slopes cancel
    np.testing.assert_allclose(losses.Huber().constant(y, None), [1.0], rtol=1e-12)


def test_the_pinball_loss_weighs_sides_by_its_quantile():
    loss = losses.Quantile(quantile=0.9)
    y, raw = np.array([[2.0], [2.0], [2.0]]), np.array([[0.0], [2.0], [5.0]])
    np.testing.assert_allclose(loss.value(y, raw), [1.8, 0.0, 0.3], rtol=1e-12)
    np.testing.assert_allclose(gradient_of(loss, y, raw).ravel(), [-0.9, 0.1, 0.1], rtol=1e-12)
    assert loss.constant(np.arange(10.0)[:, None], None).tolist() == [8.0]
    two = loss.value(np.array([[2.0, 2.0]]), np.array([[0.0, 5.0]]))
    np.testing.assert_allclose(two, [2.1], rtol=1e-12)


def test_absolute_error_by_hand():
    loss = losses.AbsoluteError()
    y, raw = np.array([[1.0, 5.0], [2.0, 2.0]]), np.array([[4.0, 3.0], [2.0, 1.0]])
    assert loss.value(y, raw).tolist() == [5.0, 1.0]
    assert gradient_of(loss, y, raw).tolist() == [[1.0, -1.0], [0.0, -1.0]]
    assert loss.constant(np.array([[3.0], [1.0], [2.0], [9.0]]), None).tolist() == [2.0]
    assert loss.constant(np.array([[3.0], [1.0]]), np.array([3.0, 1.0])).tolist() == [3.0]


Y = np.array([[0.5, 2.0], [1.0, 3.0], [4.0, 0.25]])
RAW = np.array([[0.3, -0.5], [1.2, 0.4], [-0.7, 0.9]])
ONE = losses.Tweedie(power=1)
TWO = losses.Tweedie(power=2)


@pytest.mark.parametrize("loss", [losses.Poisson(), losses.Gamma(), losses.Tweedie(), ONE, TWO])
def test_deviances_are_those_of_scikit_learn(loss):
    from sklearn.metrics import mean_tweedie_deviance

    power = {"poisson": 1, "gamma": 2}.get(loss.name) or loss.power
    wanted = [
        sum(mean_tweedie_deviance([y], [m], power=power) / 2 for y, m in zip(*row, strict=True))
        for row in zip(Y, np.exp(RAW), strict=True)
    ]
    np.testing.assert_allclose(loss.value(Y, RAW), wanted, rtol=1e-10)
    np.testing.assert_allclose(gradient_of(loss, Y, RAW), by_differences(loss, Y, RAW), atol=1e-7)
    assert loss.value(Y, np.log(Y)) == pytest.approx([0, 0, 0], abs=1e-12)


@pytest.mark.parametrize("loss", [losses.Poisson(), losses.Gamma(), losses.Tweedie(), ONE, TWO])
def test_the_curvature_of_deviances_is_the_second_derivative(loss):
    step = 1e-4
    for j in range(2):
        moved = np.zeros_like(RAW)
        moved[:, j] = step
        second = loss.value(Y, RAW + moved) - 2 * loss.value(Y, RAW) + loss.value(Y, RAW - moved)
        found = [matrix_of(loss.curvature(Y, RAW), i)[j, j] for i in range(3)]
        np.testing.assert_allclose(found, second / step**2, rtol=1e-5)


@pytest.mark.parametrize("loss", [losses.Poisson(), losses.Gamma(), losses.Tweedie()])
def test_the_best_constant_of_deviances_is_the_logarithm_of_the_mean(loss):
    y, weight = np.array([[1.0, 0.0], [4.0, 0.0]]), np.array([2.0, 1.0])
    np.testing.assert_allclose(loss.constant(y, None), np.log([2.5, 1e-6]), rtol=1e-12)
    np.testing.assert_allclose(loss.constant(y, weight), np.log([2.0, 1e-6]), rtol=1e-12)


@pytest.mark.parametrize("power", [1, 1.2, 1.5, 2])
def test_tweedie_of_no_claim(power):
    loss, raw = losses.Tweedie(power=power), np.array([[0.0], [2.0]])
    zero = np.zeros((2, 1))
    if power < 2:
        wanted = np.exp((2 - power) * raw[:, 0]) / (2 - power)
        np.testing.assert_allclose(loss.value(zero, raw), wanted, rtol=1e-12)
        assert loss.domain == ">= 0"
        assert loss.in_domain(zero)
        assert not loss.in_domain(zero - 1e-300)
    else:
        assert loss.domain == "> 0"
        assert not loss.in_domain(zero)
        assert loss.in_domain(zero + 1e-300)


def test_where_deviances_are_defined():
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    assert losses.Poisson().in_domain(zero)
    assert not losses.Poisson().in_domain(zero - 1e-300)
    assert losses.Gamma().in_domain(zero + 1e-300)
    assert not losses.Gamma().in_domain(zero)
    for loss in (losses.Poisson(), losses.Gamma(), losses.Tweedie(), TWO):
        assert not loss.in_domain(np.vstack([one, one * np.inf]))
        assert not loss.in_domain(np.vstack([one, -one]))
        assert not loss.in_domain(np.vstack([-one, one]))


def test_large_scores_do_not_overflow_before_their_products():
    y = np.array([[1e-300]])
    raw = np.array([[-800.0]])  # exp(800) overflows, y exp(800) does not
    wanted = float(np.exp(800 + np.log(1e-300)))
    assert gradient_of(losses.Gamma(), y, raw)[0, 0] == pytest.approx(1 - wanted)
    assert losses.Gamma().value(y, raw)[0] == pytest.approx(wanted)
    assert matrix_of(losses.Gamma().curvature(y, raw), 0)[0, 0] == pytest.approx(wanted)
    assert gradient_of(TWO, y, raw)[0, 0] == pytest.approx(1 - wanted)
    assert gradient_of(losses.Tweedie(), y, 2 * raw)[0, 0] == pytest.approx(-wanted)


@pytest.mark.parametrize(
    ("loss", "power"),
    [(losses.Poisson(), 1), (losses.Gamma(), 2), (losses.Tweedie(), 1.5), (ONE, 1), (TWO, 2)],
)
def test_deviances_know_how_the_spread_grows_with_the_mean(loss, power):
    raw = np.log([[4.0, 9.0]])
    found = loss.distribution(raw)
    np.testing.assert_allclose(found.center, [[4.0, 9.0]])
    np.testing.assert_allclose(found.scale, [[4.0 ** (power / 2), 9.0 ** (power / 2)]])
    assert found.low == 0.0


def test_drawn_numbers_have_the_moments_that_are_meant():
    def moments(loss):
        y = loss.sample_y(np.random.default_rng(0), 20_000, 2)
        assert y.shape == (20_000, 2)
        assert y.dtype == np.float64
        assert loss.in_domain(y)
        return y.mean(), y.var(), (y == 0).mean(), y.min()

    gone = np.exp(-1.0)  # of a Poisson count of mean 1
    for loss, mean, variance in (
        (losses.SquaredError(), 0.0, 1.0),
        (losses.Huber(), 0.0, 4.0),
        (losses.Poisson(), 1.5, 1.5),
        (ONE, 1.5, 1.5),
        (losses.Gamma(), 2.1, 2.0),
        (TWO, 2.1, 2.0),
    ):
        found = moments(loss)
        assert found[0] == pytest.approx(mean, abs=0.06)
        assert found[1] == pytest.approx(variance, rel=0.06)
    mean, variance, zeros, _ = moments(losses.Tweedie())
    assert zeros == pytest.approx(gone, abs=0.02)
    assert mean == pytest.approx(2.0, abs=0.08)
    assert variance == pytest.approx(2 * 6 - 4, rel=0.1)  # E n^2 E g^2 - 4
    assert 0.1 < moments(losses.Gamma())[3] < 0.15
    counts = losses.NegativeBinomial().sample_y(np.random.default_rng(0), 20_000, 1)
    mean, variance = stats.nbinom.stats(2.0, 0.4)
    assert counts.mean() == pytest.approx(float(mean), abs=0.1)
    assert counts.var() == pytest.approx(float(variance), rel=0.06)

"""Losses against formulas written elsewhere or in another way."""

import math
from functools import partial

import numpy as np
import pytest
import sklearn.metrics
from helpers import difference, examples, full_repr, label, run, work_array
from loss_oracles import reference
from scipy import special

from skfnn.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Gamma,
    Gaussian,
    Hinge,
    Huber,
    LogLoss,
    Loss,
    NegativeBinomial,
    PerceptronLoss,
    Poisson,
    Quantile,
    SigmoidSquaredError,
    SoftmaxSquaredError,
    SquaredError,
    Tweedie,
)

EXAMPLES = [*examples(Loss), Huber(delta=2), Quantile(0.1)]
EXACT = [loss for loss in EXAMPLES if loss.differentiable]
every_loss = pytest.mark.parametrize("loss", EXAMPLES, ids=label)
exact = pytest.mark.parametrize("loss", EXACT, ids=label)
KINDS = ("binary", "multiclass", "multilabel", "regression")


def of(*classes):
    return pytest.mark.parametrize(
        "loss", [loss for loss in EXAMPLES if isinstance(loss, classes)], ids=label
    )


probabilistic = pytest.mark.parametrize(
    "loss", [loss for loss in EXAMPLES if loss.probabilistic], ids=label
)


def gradient(loss, y, raw, order="C"):
    n, k = y.shape
    y, raw = np.asarray(y, raw.dtype, order=order), np.asarray(raw, order=order)
    out = work_array(raw.shape, float, raw.dtype, order)
    scratch = [work_array((n, width or k), float, raw.dtype, order) for width in loss.scratch]
    kept = y.copy(), raw.copy()
    run(loss.gradient(y, raw, out, scratch), raw.dtype)
    np.testing.assert_array_equal(y, kept[0])
    np.testing.assert_array_equal(raw, kept[1])
    return out


def draw(loss, n, k, seed=0):
    rng = np.random.default_rng(seed)
    return loss.sample_y(rng, n, k), rng.normal(scale=1.5, size=(n, loss.n_scores(k)))


# Losses: values and gradients ----------------------------------------------------------------


@exact
@pytest.mark.parametrize("k", [1, 3])
def test_values_and_gradients_are_those_of_the_reference(loss, k):
    k = max(k, 3) if isinstance(loss, CategoricalCrossEntropy) else k  # the reference's minimum
    y, raw = draw(loss, 200, k)
    value, slope = reference(loss, y, raw)
    start = np.zeros_like(raw)
    change = loss.value(y, raw) - loss.value(y, start)
    np.testing.assert_allclose(change, value - reference(loss, y, start)[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(gradient(loss, y, raw), slope, rtol=1e-10, atol=1e-12)


@exact
@pytest.mark.parametrize("k", [1, 2, 4])
def test_gradients_are_numerical_differences(loss, k):
    y, raw = draw(loss, 15, k, seed=1)
    numerical = np.empty_like(raw)
    for j in range(raw.shape[1]):
        move = np.zeros(raw.shape[1])
        move[j] = 1
        numerical[:, j] = difference(lambda h, move=move: loss.value(y, raw + h * move), 0.0, 1e-4)
    np.testing.assert_allclose(gradient(loss, y, raw), numerical, rtol=1e-8, atol=1e-9)


@every_loss
def test_values_have_one_number_a_row_and_no_sign(loss):
    y, raw = draw(loss, 50, 3)
    value = loss.value(y, raw)
    assert value.shape == (50,)
    if not isinstance(loss, Gaussian):  # a density may exceed one
        assert (value > -1e-12).all()


@of(SquaredError, AbsoluteError, Quantile, Huber, Poisson, Gamma, Tweedie)
def test_a_regression_loss_is_zero_where_the_prediction_is_met(loss):
    y = draw(loss, 50, 3)[0]
    y = y + 1.0 if isinstance(loss, (Poisson, Tweedie)) else y
    raw = np.log(y) if loss.out_activation == "exp" else y
    np.testing.assert_allclose(loss.predict(raw), y, rtol=1e-12)
    np.testing.assert_allclose(loss.value(y, raw), 0, atol=1e-12)


@pytest.mark.parametrize(
    ("loss", "metric", "factor"),
    [
        (SquaredError(), sklearn.metrics.mean_squared_error, 0.5),
        (AbsoluteError(), sklearn.metrics.mean_absolute_error, 1),
        (Poisson(), sklearn.metrics.mean_poisson_deviance, 0.5),
        (Gamma(), sklearn.metrics.mean_gamma_deviance, 0.5),
        *(
            (Tweedie(p), partial(sklearn.metrics.mean_tweedie_deviance, power=p), 0.5)
            for p in (1, 1.2, 1.9, 2)
        ),
        (BinaryCrossEntropy(), sklearn.metrics.log_loss, 1),
        (SigmoidSquaredError(), sklearn.metrics.brier_score_loss, 0.5),
    ],
    ids=label,
)
def test_mean_losses_are_the_metrics_of_scikit_learn(loss, metric, factor):
    y, raw = draw(loss, 100, 1)
    expected = factor * metric(y[:, 0], loss.predict(raw)[:, 0])
    assert loss.value(y, raw).mean() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("loss", "y", "raw", "value", "slope"),
    [
        (Huber(delta=2.0), 0.0, 5.0, 8.0, 2.0),
        (Huber(delta=2.0), 0.0, -1.0, 0.5, -1.0),
        (Quantile(0.9), 1.0, 3.0, 0.2, 0.1),
        (Quantile(0.9), 3.0, 1.0, 1.8, -0.9),
        (AbsoluteError(), 2.0, 2.0, 0.0, 0.0),
        (Poisson(), 0.0, 0.0, 1.0, 1.0),
        (Gamma(), 1.0, 0.0, 0.0, 0.0),
        (Hinge(), -1.0, -1.5, 0.0, 0.0),
        (Hinge(), -1.0, 0.5, 1.5, 1.0),
        (PerceptronLoss(), 1.0, 0.0, 0.0, -1.0),  # an error on the plane must move it
        (BinaryCrossEntropy(), 1.0, 0.0, math.log(2), -0.5),
    ],
    ids=label,
)
def test_known_values(loss, y, raw, value, slope):
    y, raw = np.array([[y]]), np.array([[raw]])
    assert loss.value(y, raw) == pytest.approx([value], rel=1e-12)
    assert gradient(loss, y, raw).item() == pytest.approx(slope, rel=1e-12)


@every_loss
@pytest.mark.parametrize("order", ["C", "F"])
def test_gradients_in_single_precision_and_either_memory_order(loss, order):
    y, raw = draw(loss, 40, 3)
    narrow = gradient(loss, y, raw.astype(np.float32), order)
    assert narrow.dtype == np.float32
    exact = gradient(loss, y.astype(np.float32).astype(float), raw.astype(np.float32).astype(float))
    np.testing.assert_allclose(narrow, exact, rtol=1e-4, atol=1e-5)


# Losses: links -------------------------------------------------------------------------------

EXTREME = np.array([[1e3, -1e3, 0.0], [-1e3] * 3, [1e3] * 3, [-1e3, 1e3, 999.0], [1e3, 1e3, -1e3]])


@probabilistic
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_are_exact_at_extreme_scores(loss, dtype):
    raw = EXTREME.astype(dtype)
    p, log_p = loss.predict(raw), loss.log_predict(raw)
    if loss.out_activation == "softmax":
        top = EXTREME.max(axis=1, keepdims=True)
        log_sum = top + np.log(np.exp(EXTREME - top).sum(axis=1, keepdims=True))
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    else:
        log_sum = np.maximum(EXTREME, 0) + np.log1p(np.exp(-np.abs(EXTREME)))
    np.testing.assert_allclose(log_p, EXTREME - log_sum, rtol=1e-6, atol=1e-300)
    np.testing.assert_allclose(p, np.exp(EXTREME - log_sum), rtol=1e-6, atol=1e-300)
    assert p.dtype == log_p.dtype == dtype


@probabilistic
def test_log_probabilities_are_logarithms_of_probabilities(loss):
    raw = draw(loss, 50, 3)[1]
    p = loss.predict(raw)
    assert ((p > 0) & (p < 1)).all()
    np.testing.assert_allclose(loss.log_predict(raw), np.log(p), rtol=1e-10)
    if loss.out_activation == "softmax":
        np.testing.assert_allclose(p, special.softmax(raw, axis=1), rtol=1e-12)
    else:
        np.testing.assert_allclose(p, 1 / (1 + np.exp(-raw)), rtol=1e-12)


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_and_gradients_are_finite_at_extreme_scores(loss, dtype):
    bounded = 20 if loss.out_activation == "exp" else 1  # exp(1e3) is beyond double precision
    raw = (EXTREME / bounded).astype(dtype)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        y = loss.sample_y(rng, *EXTREME.shape).astype(dtype)
        if loss.parameters > 1:
            mixed = [rng.permuted(EXTREME / bounded, axis=1) for _ in range(loss.parameters)]
            raw = np.hstack(mixed).astype(dtype)
        assert np.isfinite(loss.value(y, raw)).all()
        assert np.isfinite(gradient(loss, y, raw)).all()


def test_cross_entropy_is_exact_where_probabilities_saturate():
    raw = np.array([[1e3], [-1e3], [-40.0]])
    value = BinaryCrossEntropy().value(np.array([[0.0], [1.0], [0.0]]), raw)
    np.testing.assert_allclose(value, [1e3, 1e3, math.exp(-40)], rtol=1e-12)
    raw = np.array([[1e3, -1e3], [0.0, 1e3]])
    value = CategoricalCrossEntropy().value(np.array([[0.0, 1.0], [1.0, 0.0]]), raw)
    np.testing.assert_allclose(value, [2e3, 1e3], rtol=1e-12)


@every_loss
def test_the_link_is_the_one_that_is_published(loss):
    raw = draw(loss, 20, 3)[1]
    link = {
        "identity": lambda z: z,
        "exp": np.exp,
        "logistic": special.expit,
        "softmax": lambda z: special.softmax(z, axis=1),
    }[loss.out_activation]
    np.testing.assert_allclose(loss.predict(raw), link(raw[:, :3]), rtol=1e-12)


# Losses: the best constant -------------------------------------------------------------------


def mean_loss(loss, y, constant, weight):
    raw = np.broadcast_to(constant, (len(y), len(constant)))
    return np.average(loss.value(y, raw), weights=weight)


def skewed(loss, n, k):
    """Targets whose mean, median and majority are all different, with ties for rounding."""
    rng = np.random.default_rng(3)
    y = loss.sample_y(rng, 3 * n, k)
    order = np.argsort(y[:, 0], kind="stable")
    y = y[rng.permutation(np.r_[order[: n // 2], order[n : n + n // 2], order[-1::-3]])]
    return y


@every_loss
@pytest.mark.parametrize("weighted", [False, True])
def test_the_constant_minimises_the_mean_loss(loss, weighted):
    y = skewed(loss, 101, 3)
    rng = np.random.default_rng(4)
    weight = rng.exponential(size=len(y)) if weighted else None
    constant = loss.constant(y, weight)
    n_scores = loss.n_scores(3)
    assert constant.shape == (n_scores,)
    best = mean_loss(loss, y, constant, weight)
    for direction in [*np.eye(n_scores), *rng.normal(size=(10, n_scores))]:
        for size in (1e-3, 1e-2, 0.1, 0.5, 1.0, 2.0):
            for sign in (-1, 1):
                moved = mean_loss(loss, y, constant + sign * size * direction, weight)
                assert moved >= best - 1e-12


@every_loss
def test_integer_weights_are_repetitions_for_the_constant(loss):
    y = skewed(loss, 100, 3)
    times = np.random.default_rng(5).integers(0, 4, size=len(y))
    repeated = loss.constant(np.repeat(y, times, axis=0), None)
    np.testing.assert_allclose(loss.constant(y, times), repeated, rtol=1e-9, atol=1e-12)
    # Scaled weights round, so that another of several minimisers may come out.
    scaled = mean_loss(loss, y, loss.constant(y, 0.1 * times), times)
    assert scaled == pytest.approx(mean_loss(loss, y, repeated, times), rel=1e-9)


@every_loss
def test_the_constant_of_one_repeated_target_is_finite(loss):
    y = np.repeat(loss.sample_y(np.random.default_rng(6), 1, 3), 9, axis=0)
    for weight in (None, np.arange(9.0)):
        constant = loss.constant(y, weight)
        assert np.isfinite(constant).all()
        if loss.kinds == {"regression"}:
            floor = 1e-6 if loss.out_activation == "exp" else -np.inf
            predicted = loss.predict(constant[None])[0]
            np.testing.assert_allclose(predicted, np.maximum(y[0], floor), rtol=1e-9)


def test_the_constant_of_counts_that_are_all_zero_is_finite():
    constant = Poisson().constant(np.zeros((5, 2)), None)
    assert np.isfinite(constant).all()
    assert (Poisson().predict(constant) <= 1e-5).all()


# Losses: targets -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "kind", "expected"),
    [
        (LogLoss(), "binary", BinaryCrossEntropy),
        (LogLoss(), "multilabel", BinaryCrossEntropy),
        (LogLoss(), "multiclass", CategoricalCrossEntropy),
        (CategoricalCrossEntropy(), "binary", BinaryCrossEntropy),
        (SquaredError(), "regression", SquaredError),
        (SquaredError(), "binary", SigmoidSquaredError),
        (SquaredError(), "multilabel", SigmoidSquaredError),
        (SquaredError(), "multiclass", SoftmaxSquaredError),
    ],
)
def test_a_name_for_several_losses_is_specialised_by_the_target(loss, kind, expected):
    assert type(loss.specialise(kind)) is expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loss", [LogLoss(), *EXAMPLES], ids=label)
def test_specialise_gives_a_loss_for_the_kind_or_refuses(loss, kind):
    if kind in loss.kinds:
        special_loss = loss.specialise(kind)
        assert kind in special_loss.kinds
        assert special_loss.specialise(kind) is special_loss
        if type(special_loss) is type(loss):
            assert full_repr(special_loss) == full_repr(loss)
    else:
        with pytest.raises(ValueError, match=f"loss='{loss.name}' is for .* y is {kind}") as caught:
            loss.specialise(kind)
        assert all(known in str(caught.value) for known in loss.kinds)


@every_loss
def test_sampled_targets_are_valid(loss):
    y = draw(loss, 200, 3)[0]
    assert y.shape == (200, 3)
    assert y.dtype == np.float64
    if loss.kinds == {"regression"}:
        assert loss.in_domain(y)
        assert len(np.unique(y)) > 2
    elif "regression" not in loss.kinds:
        np.testing.assert_array_equal(np.unique(y), loss.levels)
        if loss.out_activation == "softmax":
            np.testing.assert_array_equal(y.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("loss", "good", "bad"),
    [
        (Poisson(), 0.0, -1e-9),
        (Gamma(), 1e-9, 0.0),
        (Gamma(), 1.0, -1.0),
        (Tweedie(1.5), 0.0, -1e-9),
        (Tweedie(2), 1e-9, 0.0),
        (SquaredError(), -1e9, math.inf),
        (Huber(), -1e9, -math.inf),
        *((loss, 1.0, math.nan) for loss in EXAMPLES if loss.kinds == {"regression"}),
    ],
    ids=label,
)
def test_in_domain_sees_a_single_bad_target(loss, good, bad):
    y = np.full((5, 2), good)
    assert loss.in_domain(y) is True
    y[3, 1] = bad
    assert loss.in_domain(y) is False


def test_the_curvature_of_huber_is_that_of_a_parabola_with_the_same_slope():
    y, raw = np.array([[1.0], [1.0], [1.0]]), np.array([[1.2], [5.0], [-7.0]])
    (factors,) = Huber(delta=2.0).curvature(y, raw)
    np.testing.assert_allclose(factors**2, [[1.0], [2 / 4], [2 / 8]])


def test_losses_whose_noise_is_not_given_estimate_it():
    assert {name for name, cls in Loss.registry.items() if cls.noisy} >= {"huber", "squared_error"}
    assert not any(Loss.registry[name].noisy for name in ("poisson", "log_loss", "gaussian"))


@pytest.mark.parametrize("edge", [-14.0, 14.0])
def test_the_dispersion_of_counts_ends_at_fourteen(edge):
    y, loss = np.array([[3.0]]), NegativeBinomial()
    at, beyond, before = (np.array([[1.0, factor * edge]]) for factor in (1.0, 1.5, 0.9))
    assert loss.value(y, beyond) == loss.value(y, at)
    assert loss.value(y, before) != loss.value(y, at)

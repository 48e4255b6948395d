"""Components: initializers, schedules and metrics."""

import math

import numpy as np
import pytest
import sklearn.metrics
from helpers import examples, label
from scipy import special, stats

from skfnn.initializers import (
    DataDriven,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    NguyenWidrow,
    Orthogonal,
    Scaled,
    Zeros,
)
from skfnn.metrics import (
    R2,
    Accuracy,
    CalibratedLogLoss,
    MeanAbsoluteError,
    MeanSquaredError,
    Metric,
    TweedieDeviance,
)
from skfnn.metrics._loss_and_error import LossAndError
from skfnn.metrics._resolve import resolve_metric
from skfnn.schedules import (
    Adaptive,
    Constant,
    Cosine,
    CosLog4,
    FlatCos,
    InvScaling,
    OneCycle,
    Schedule,
)

# Initializers --------------------------------------------------------------------------------

VARIANCES = {
    GlorotUniform: lambda i, o: 2 / (i + o),
    GlorotNormal: lambda i, o: 2 / (i + o),
    HeUniform: lambda i, o: 2 / i,
    HeNormal: lambda i, o: 2 / i,
    LecunNormal: lambda i, o: 1 / i,
    Orthogonal: lambda i, o: 1 / max(i, o),
    Scaled: lambda i, o: 0.01 * 2 / (i + o),
    Zeros: lambda i, o: 0.0,
    DataDriven: lambda i, o: 1 / i,
    NguyenWidrow: lambda i, o: (0.7 * o ** (1 / i)) ** 2 / i,
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
    assert abs(W.mean()) <= 4 * math.sqrt(expected / W.size)
    b = initializer.biases(rng, fan_in, 20_000)
    bound = math.sqrt(3 * initializer.variance(fan_in, 20_000))
    assert b.shape == (20_000,)
    assert np.abs(b).max() <= bound
    assert b.var() == pytest.approx(bound**2 / 3, rel=0.04)
    assert abs(b.mean()) <= 4 * math.sqrt(b.var() / b.size)


@every_initializer
def test_draws_depend_on_the_generator_alone(initializer):
    def draw(seed):
        rng = np.random.default_rng(seed)
        return np.vstack([initializer.weights(rng, 4, 3), initializer.biases(rng, 4, 3)])

    np.testing.assert_array_equal(draw(0), draw(0))
    if initializer.variance(4, 3):
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
    CosLog4: lambda s, p, n, k: math.sin(math.pi * math.log2(1 + 15 * p)) ** 2,
    FlatCos: lambda s, p, n, k: 1.0 if p < 0.5 else math.sin(math.pi * p) ** 2,
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
        (CosLog4(), (1 / 15, 0, 0), 0.0),
        (CosLog4(), ((math.sqrt(2) - 1) / 15, 0, 0), 1.0),
    ],
)
def test_known_values_of_schedules(schedule, arguments, expected):
    assert schedule.factor(*arguments) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@every_schedule
def test_schedules_declare_what_they_depend_on(schedule):
    within_epoch = {schedule.factor(p, 10, 1) for p in (0.1, 0.4, 0.8)}
    assert (len(within_epoch) > 1) == schedule.per_step
    assert (len(within_epoch) > 1) == schedule.planned
    assert (schedule.factor(0.1, 10, 1) < schedule.factor(0.1, 10, 0)) == schedule.survives_plateau


# Metrics -------------------------------------------------------------------------------------

METRICS = {
    Accuracy: sklearn.metrics.accuracy_score,
    MeanSquaredError: sklearn.metrics.mean_squared_error,
    MeanAbsoluteError: sklearn.metrics.mean_absolute_error,
    R2: sklearn.metrics.r2_score,
}
every_metric = pytest.mark.parametrize("metric", examples(Metric), ids=label)


@pytest.mark.parametrize(
    "metric", [m for m in examples(Metric) if not (m.of_scores or m.of_distribution)], ids=label
)
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
    if isinstance(metric, TweedieDeviance):
        y, prediction = np.abs(y), np.abs(prediction) + 0.1
    computed = metric(y, prediction, weight)
    assert type(computed) is float
    known = METRICS.get(type(metric))
    if known is None:  # scikit-learn's takes one output
        columns = zip(y.reshape(40, -1).T, prediction.reshape(40, -1).T, strict=True)
        expected = np.mean([
            sklearn.metrics.mean_tweedie_deviance(a, b, sample_weight=weight, power=metric.power)
            for a, b in columns
        ])  # fmt: skip
    else:
        expected = known(y, prediction, sample_weight=weight)
    assert computed == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_calibrated_log_loss_is_the_least_over_temperatures(kind, weighted):
    rng = np.random.default_rng(3)
    n, k = 60, {"binary": 1, "multiclass": 3, "multilabel": 2}[kind]
    raw = 3 * rng.normal(size=(n, k))
    y = rng.integers(0, 3, n) if kind == "multiclass" else rng.integers(0, 2, (n, k))
    y[:40] = raw[:40].argmax(axis=1) if kind == "multiclass" else raw[:40] > 0
    y = y[:, 0] if kind == "binary" else y
    weight = rng.uniform(size=n) if weighted else None

    def log_loss(temperature):
        if kind == "multiclass":
            p = special.softmax(raw / temperature, axis=1)
            return sklearn.metrics.log_loss(y, p, sample_weight=weight, labels=[0, 1, 2])
        p, labels = special.expit(raw / temperature), y.reshape(n, k)
        losses = [sklearn.metrics.log_loss(labels[:, j], p[:, j], sample_weight=weight)
                  for j in range(k)]  # fmt: skip
        return sum(losses)

    value = -CalibratedLogLoss()(y, raw, weight)
    grid = [log_loss(temperature) for temperature in np.geomspace(0.1, 10, 400)]
    assert value == pytest.approx(min(grid), rel=1e-4)
    assert value < log_loss(1.0)
    wrong = raw.argmax(axis=1) != y if kind == "multiclass" else (raw > 0) != y.reshape(n, k)
    error = np.average(wrong.reshape(n, -1).mean(axis=1), weights=weight)
    product = LossAndError()(y, raw, weight)
    assert product == pytest.approx(-value * (error + 1 / n) ** 2, rel=1e-12)


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
    for name, cls in Metric.registry.items():
        assert (repr(name) in str(caught.value)) == (cls.of == "regression"), name

"""What single statements of metrics, scorers, and of what scikit-learn lacks mean."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    fbeta_score,
    get_scorer,
    log_loss,
    make_scorer,
    max_error,
    mean_squared_error,
    r2_score,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import _sklearn
from skfnn._engine.objective.distribution import Normal
from skfnn._engine.objective.metric import Metric
from skfnn.metrics import (
    CRPS,
    R2,
    Accuracy,
    CalibratedLogLoss,
    IntervalScore,
    MeanAbsoluteError,
    MeanSquaredError,
    TweedieDeviance,
    covered,
    interval_score,
    neg_crps,
    neg_interval_score,
    neg_mean_width,
    neg_set_size,
)
from skfnn.metrics._loss_and_error import LossAndError
from skfnn.metrics._resolve import (
    _another_name,
    _is_function,
    _names,
    direction_of,
    resolve_metric,
    resolve_metrics,
)
from skfnn.metrics._through import Reached, predict_with

# ------------------------------------------------------------------ metrics


@pytest.mark.parametrize(("y", "k", "weight", "expected"), [
    ([0, 1, 2, 0], 3, None, np.log(3) * 0.75**2),  # the first of equals: two are wrong, one more
    ([0, 0, 0, 1], 1, None, np.log(2) * 0.5**2),  # scores of 0 are no
    ([0, 0, 0, 1], 1, [1, 1, 1, 5], np.log(2) * (5 / 8 + 1 / 4) ** 2),
    ([[0, 1], [0, 0], [1, 1], [0, 0]], 2, None, 2 * np.log(2) * (3 / 8 + 1 / 4) ** 2),
    ([[0], [1], [0], [0]], 1, None, np.log(2) * 0.5**2),
])  # fmt: skip
def test_loss_and_error_of_scores_that_say_nothing(y, k, weight, expected):
    y, weight = np.array(y), None if weight is None else np.array(weight, float)
    assert_allclose(LossAndError()(y, np.zeros((4, k)), weight), -expected)
    assert LossAndError.of_scores
    assert LossAndError.name not in Metric.registry  # nobody is to ask for it


def test_the_error_is_of_the_largest_score():
    y, scores = np.array([0, 1, 2]), np.array([[2.0, 0, 0], [0, 3, 0], [0, 4, 0]])
    error = (1 + 1) / 3
    assert_allclose(
        LossAndError()(y, scores, None), CalibratedLogLoss()(y, scores, None) * error**2
    )
    assert CalibratedLogLoss()(y, scores, None) < 0
    assert CalibratedLogLoss.of_scores


def test_the_error_of_one_score_is_by_its_sign():
    for y, scores, wrong in (([1, 1, 0], [[2.0], [2], [-2]], 0),
                             ([1, 1, 0], [[0.5], [0.5], [-1]], 0),
                             ([0, 1, 1], [[0.0, 2], [0, 1], [0, 3]], 1)):  # fmt: skip
        y, scores = np.array(y), np.array(scores)
        loss = -CalibratedLogLoss()(y, scores, None)
        found = LossAndError()(y, scores, None)
        assert_allclose(found, -loss * ((wrong + 1) / 3) ** 2)


def test_accuracy_is_of_whole_sets_of_labels():
    y = np.array([[0, 1], [1, 1], [0, 0], [1, 0]])
    assert Accuracy()(y, np.array([[0, 1], [1, 0], [0, 0], [0, 1]]), None) == 0.5
    assert Accuracy()(np.array([[0.2, 0.8], [0.9, 0.1]]), np.array([1, 1]), None) == 0.5
    assert Accuracy()(np.array([1, 2]), np.array([1, 1]), np.array([3.0, 1])) == 0.75


def test_metrics_of_numbers_are_means_over_rows_and_outputs():
    y, found = np.array([[1.0, 2], [3, 4], [5, 0]]), np.array([[1.0, 4], [6, 4], [5, 1]])
    weight = np.array([1.0, 2, 1])
    assert_allclose(MeanSquaredError()(y, found, weight), (18 / 4 + 5 / 4) / 2)
    assert_allclose(MeanAbsoluteError()(y, found, weight), (6 / 4 + 3 / 4) / 2)
    assert_allclose(R2()(y, found, weight), r2_score(y, found, sample_weight=weight))
    constant = np.full((3, 1), 2.0)
    assert R2()(constant, constant, None) == 1
    assert R2()(constant, constant + [[0], [1], [0]], None) == 0  # noqa: RUF005


def test_the_tweedie_deviance_has_a_power_from_1_to_2():
    y, mean = np.array([[0.0, 1], [2, 3]]), np.array([[1.0, 2], [2, 1]])
    assert TweedieDeviance().power == 1.5
    expected = 4 * (y / np.sqrt(mean) + np.sqrt(mean) - 2 * np.sqrt(y))
    assert_allclose(TweedieDeviance()(y, mean, None), expected.mean())
    for power, good in ((1, True), (2, True), (0.99, False), (2.01, False)):
        if good:
            _sklearn.validate_params(TweedieDeviance(power))
        else:
            with pytest.raises(ValueError, match="power"):
                _sklearn.validate_params(TweedieDeviance(power))


def test_intervals_of_a_metric_hold_nine_tenths():
    found, y = Normal(np.zeros(2), np.ones(2)), np.array([0.0, 3.0])
    z = stats.norm.ppf(0.95)
    expected = 2 * z + 2 / 0.1 * (3 - z) / 2
    assert_allclose(IntervalScore()(y, found, None), -expected)
    assert_allclose(IntervalScore()(y, found, np.array([1.0, 0])), -2 * z)
    half = stats.norm.ppf(0.75)
    assert_allclose(IntervalScore(coverage=0.5)(y, found, np.array([1.0, 0])), -2 * half)
    for wrong in (0.0, 1.0, 1.5):
        with pytest.raises(ValueError, match="coverage"):
            _sklearn.validate_params(IntervalScore(wrong))
    _sklearn.validate_params(IntervalScore(0.01))


def test_crps_of_distributions_weighs_rows():
    found, y = Normal(np.zeros(3), np.ones(3)), np.array([0.0, 1.0, -2.0])
    z = y
    each = z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi)
    weight = np.array([1.0, 3, 2])
    assert_allclose(CRPS()(y, found, weight), -(each @ weight) / 6, rtol=1e-6)
    two = Normal(np.zeros((3, 2)), np.ones((3, 2)) * [1, 3])
    other = two.crps(np.column_stack([y, y]))[:, 1]
    assert_allclose(CRPS()(np.column_stack([y, y]), two, None), -(each + other).mean() / 2)
    for metric in (CRPS(), IntervalScore()):
        assert metric.of_distribution
        with pytest.raises(ValueError, match="needs a loss with a distribution"):
            metric(y, SimpleNamespace(is_distribution=False), None)


# ------------------------------------------------------------------ names of metrics


def own(y_true, y_pred):
    return 0.0


def test_metrics_have_columns_of_their_own_names():
    assert list(resolve_metrics("mse", "regression")) == ["mse"]
    assert list(resolve_metrics(R2(), "regression")) == ["r2"]
    assert list(resolve_metrics(own, "regression")) == ["own"]
    assert list(resolve_metrics(["mse", "r2"], "regression")) == ["mse", "r2"]
    assert list(resolve_metrics(["mse", "mse", "mean_squared_error"], "regression")) == ["mse"]
    assert list(resolve_metrics([own, own], "regression")) == ["own"]
    for name in ("loss", "learning_rate", "seconds", "phase", "epoch", "val_own"):

        def named(y_true, y_pred):
            return 0.0

        named.__name__ = name
        with pytest.raises(ValueError, match=f"metrics has one named '{name}'"):
            resolve_metrics([named], "regression")


def test_metrics_of_one_name_are_told_apart():
    found = resolve_metrics(
        [partial(fbeta_score, beta=b) for b in (1, 2, 3)] + [fbeta_score], "classification"
    )
    assert list(found) == ["fbeta_score", "fbeta_score(beta=2)", "fbeta_score(beta=3)",
                           "fbeta_score_2"]  # fmt: skip
    assert list(resolve_metrics([TweedieDeviance(1.5), TweedieDeviance(1.2)], "regression")) == [
        "tweedie_deviance", "tweedie_deviance(power=1.2)"
    ]  # fmt: skip
    assert _another_name("f", own, {}) == "f"
    assert _another_name("f", own, {"f": 1}) == "f_2"
    assert _another_name("f", own, {"f": 1, "f_2": 1}) == "f_3"
    assert _another_name("f", partial(own, a=1), {"f": 1, "f(a=1)": 1}) == "f_2"


def test_what_a_metric_is_named_by():
    assert resolve_metric("mse", "metrics", "regression")[0] == "mse"
    name, metric = resolve_metric(TweedieDeviance(1.2), "metrics", "regression")
    assert (name, metric.power) == ("tweedie_deviance", 1.2)
    name, scorer = resolve_metric("neg_max_error", "metrics", "regression")
    assert (name, repr(scorer)) == ("neg_max_error", repr(get_scorer("neg_max_error")))
    for wrong, kind in (("accuracy", "regression"), ("mse", "classification"),
                        ("roc_auc", "regression"), ("nothing", "regression")):  # fmt: skip
        with pytest.raises(ValueError, match="metrics="):
            resolve_metric(wrong, "metrics", kind)
    for wrong in (3, R2):
        with pytest.raises(TypeError, match="metrics must be a name"):
            resolve_metric(wrong, "metrics", "regression")
    assert "mse" in _names("regression")
    assert "accuracy" not in _names("regression")
    assert "neg_log_loss" in _names("classification")
    assert "r2" not in _names("classification")


class Constant(RegressorMixin, BaseEstimator):
    """Predicts one number."""

    def __init__(self, value=0.0):
        self.value = value

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.full(len(X), self.value)

    def __sklearn_is_fitted__(self):
        return True


def test_a_function_as_a_metric_is_its_value_and_as_a_score_is_better_if_larger():
    X, y = np.zeros((2, 1)), np.array([1.0, 3.0])
    for parameter, sign in (("metrics", 1), ("scoring", -1)):
        _, scorer = resolve_metric(mean_squared_error, parameter, "regression")
        assert scorer(Constant(), X, y) == sign * 5
        _, scorer = resolve_metric(r2_score, parameter, "regression")
        assert scorer(Constant(2.0), X, y) == 0
        assert scorer(Constant(1.0), X, y) == -1
    resolve_metric(own, "metrics", "regression")
    with pytest.raises(ValueError, match="does not follow from its name"):
        resolve_metric(own, "scoring", "regression")

    def by_hand(estimator, X, y):
        return 7

    assert resolve_metric(by_hand, "scoring", "regression") == ("by_hand", by_hand)


@pytest.mark.parametrize(("function", "is_one"), [
    (lambda y_true, y_pred: 0, True),
    (lambda estimator, X, y: 0, False),
    (lambda a, b: 0, True),
    (lambda a, b, c=1: 0, False),
    (lambda y, found, c=1: 0, True),
    (lambda y, found, third: 0, False),
    (lambda y: 0, True),
    (lambda a: 0, False),
    (lambda *y: 0, False),
    (lambda y, *more: 0, False),
    (lambda **y: 0, False),
    (lambda: 0, False),
    (lambda a, b, *, c: 0, True),
    (f1_score, True),
    (make_scorer(f1_score), False),
    (max, False),  # nobody knows what it takes
])  # fmt: skip
def test_a_metric_takes_targets_and_predictions(function, is_one):
    assert _is_function(function) == is_one


def test_names_say_whether_larger_is_better():
    for name, sign in [("mse", -1), ("r2", 1), ("neg_log_loss", 1), ("my_score", 1), ("loss", -1),
                       ("my_loss", -1), ("my_error", -1), ("my_deviance", -1), ("losses", 0),
                       ("own", 0)]:  # fmt: skip
        assert direction_of(name) == sign, name


# ------------------------------------------------------------------ scorers


class Interval(RegressorMixin, BaseEstimator):
    """Intervals from 0 to the coverage that is asked for, and quantiles."""

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict_interval(self, X, coverage=0.5):
        return np.column_stack([np.zeros(len(X)), np.full(len(X), coverage)])

    def predict_quantiles(self, X, q):
        return np.tile(np.asarray(q, float), (len(X), 1)) + X[:, :1]

    def predict(self, X, return_std=False):
        zero = np.zeros(len(X))
        return (zero, zero + 2) if return_std else zero

    def sample_y(self, X):
        return X[:, :1]


class Sets(ClassifierMixin, BaseEstimator):
    classes_ = np.array(["a", "b", "c"])

    def predict_set(self, X, coverage=0.5):
        sets = np.array([[True, False, False], [True, True, False], [True, True, True]])
        return sets if coverage == 0.9 else ~sets


X3 = np.array([[1.0], [2.0], [3.0]])


def test_scorers_ask_for_nine_tenths():
    y = np.array([0.5, 1.0, -0.1])
    model = Interval()
    expected = 0.9 + 20 * (0.1 + 0.1) / 3
    assert_allclose(neg_interval_score(model, X3, y), -expected)
    assert_allclose(interval_score(y, model.predict_interval(X3, 0.9)), expected)
    assert_allclose(covered(model, X3, y), 1 / 3)
    assert_allclose(neg_mean_width(model, X3), -0.9)
    assert_allclose(covered(Sets(), X3, ["a", "c", "c"]), 2 / 3)
    assert_allclose(covered(Sets(), X3, ["a", "c", "c"], coverage=0.5), 1 / 3)
    assert_allclose(neg_set_size(Sets(), X3), -2)
    weight = [1.0, 0, 3]
    assert_allclose(neg_set_size(Sets(), X3, sample_weight=weight), -2.5)
    assert_allclose(covered(Sets(), X3, ["a", "c", "a"], sample_weight=weight), 1)
    assert_allclose(covered(model, X3, y, sample_weight=[3.0, 0, 1]), 0.75)
    assert_allclose(neg_interval_score(model, X3, y, sample_weight=[1.0, 0, 0]), -0.9)
    assert_allclose(neg_mean_width(model, X3, coverage=0.4), -0.4)
    assert_allclose(neg_mean_width(transformed(lambda y: y - 7, lambda y: y + 7), X3), -0.9)
    assert_allclose(neg_interval_score(model, X3, y, coverage=0.5), -(0.5 + 4 * 0.6 / 3))


def test_ends_belong_to_an_interval():
    assert covered(Interval(), X3, [0.0, 0.9, 0.5]) == 1
    assert covered(Interval(), X3, [-1e-9, 0.9 + 1e-9, 1]) == 0
    assert interval_score([0.0, 2.0], [[0, 2], [0, 2]], 0.5) == 2
    assert interval_score([[0.0, 5.0]], [[[0, 2], [1, 3]]], 0.5) == 2 + 4 * 2 / 2
    assert interval_score([0.0, 9.0], [[0, 2], [0, 2]], 0.5, sample_weight=[1, 0]) == 2
    assert interval_score([-1.0], [[0, 2]], 0.75) == 2 + 8
    with pytest.raises(ValueError, match="interval must have shape"):
        interval_score([0.0], [[0, 2, 3]])


def test_crps_of_another_package_is_that_of_a_normal_distribution():
    expected = Normal(np.zeros(3), np.full(3, 2.0)).crps(np.array([0.0, 1, 2]))
    assert_allclose(neg_crps(Interval(), X3, [0, 1, 2]), -expected.mean())
    assert_allclose(neg_crps(Interval(), X3, [0, 1, 2], sample_weight=[0, 0, 1]), -expected[2])
    with pytest.raises(TypeError, match="TransformedTargetRegressor"):
        neg_crps(TransformedTargetRegressor(Interval()).fit(X3, X3[:, 0]), X3, X3[:, 0])


def transformed(function, inverse):
    model = TransformedTargetRegressor(
        Interval(), func=function, inverse_func=inverse, check_inverse=False
    )
    return model.fit(X3, X3[:, 0])


def test_what_is_inside_of_others_is_asked():
    doubled = transformed(lambda y: y / 2, lambda y: 2 * y)
    scaler = StandardScaler(with_std=False)
    pipeline = make_pipeline(scaler, doubled).fit(X3, X3[:, 0])
    reached = Reached.of(SimpleNamespace(best_estimator_=pipeline), X3)
    assert isinstance(reached.final, Interval)
    assert reached.X[:, 0].tolist() == [-1, 0, 1]
    long = make_pipeline(scaler, StandardScaler(with_std=False), doubled).fit(X3, X3[:, 0])
    assert isinstance(Reached.of(long, X3).final, Interval)
    alone = Reached.of(make_pipeline(doubled).fit(X3, X3[:, 0]), X3)
    assert alone.X is X3
    assert_allclose(predict_with(pipeline, "predict_interval", X3, coverage=0.9)[0], [0, 1.8])
    found = predict_with(pipeline, "predict_quantiles", X3, q=[0.25, 0.75])
    assert_allclose(found, 2 * np.array([[-0.75, -0.25], [0.25, 0.75], [1.25, 1.75]]))
    assert_allclose(predict_with(pipeline, "predict_quantiles", X3, q=0.25), [-1.5, 0.5, 2.5])
    assert predict_with(pipeline, "predict_quantiles", X3).shape == (3, 5)
    default = predict_with(doubled, "predict_quantiles", X3)[0]
    assert_allclose(default, [2.1, 2.5, 3, 3.5, 3.9])
    assert_allclose(predict_with(doubled, "sample_y", X3), 2 * X3)
    twice = TransformedTargetRegressor(
        doubled, func=lambda y: y - 1, inverse_func=lambda y: y + 1, check_inverse=False
    ).fit(X3, X3[:, 0])
    assert_allclose(predict_with(twice, "sample_y", X3), 2 * X3 + 1)
    with pytest.raises(ValueError, match="method must be one of"):
        predict_with(doubled, "predict", X3)
    with pytest.raises(TypeError, match="predict_set needs a model that has it"):
        predict_with(doubled, "predict_set", X3)


def test_a_falling_transformer_turns_limits_and_levels_round():
    falling = transformed(lambda y: -y, lambda y: -y)
    assert_allclose(predict_with(falling, "predict_interval", X3, coverage=0.9)[0], [-0.9, 0])
    found = predict_with(falling, "predict_quantiles", X3, q=[0.1, 0.5])
    assert_allclose(found, -np.array([[1.9, 1.5], [2.9, 2.5], [3.9, 3.5]]))
    steep = transformed(lambda y: y, lambda y: np.where(y < 2, 0.0, -y))
    found = predict_with(steep, "predict_quantiles", X3, q=[0.1, 0.5])
    assert_allclose(found[1:], -np.array([[2.9, 2.5], [3.9, 3.5]]))
    flat = transformed(lambda y: y, lambda y: np.where(y < 2, 0.0, y))  # equal at some rows
    found = predict_with(flat, "predict_quantiles", X3, q=[0.1, 0.5])
    assert_allclose(found, [[0, 0], [2.1, 2.5], [3.1, 3.5]])


def test_limits_of_several_targets_are_the_last_axis():
    class Two(Interval):
        def predict_interval(self, X, coverage=0.9):
            one = super().predict_interval(X, coverage)
            return np.stack([one, one + 10], axis=1)

        def predict_quantiles(self, X, q):
            one = super().predict_quantiles(X, q)
            return np.stack([one, one + 10], axis=1)

        def predict(self, X):
            return np.zeros((len(X), 2))

    model = TransformedTargetRegressor(
        Two(), func=lambda y: -y, inverse_func=lambda y: -y * [1, 2], check_inverse=False
    ).fit(X3, np.ones((3, 2)))
    found = predict_with(model, "predict_interval", X3, coverage=0.5)
    assert_allclose(found, np.tile([[[-0.5, 0], [-21, -20]]], (3, 1, 1)))
    found = predict_with(model, "predict_quantiles", X3, q=[0.1, 0.5])
    assert_allclose(found[1], [[-2.9, -2.5], [-25.8, -25]])


# ------------------------------------------------------------------ what scikit-learn does not say


def test_weights_of_rows_may_not_all_be_zero():
    rows = np.zeros((3, 1))
    assert _sklearn.check_sample_weight([0, 0, 2.0], rows).tolist() == [0, 0, 2]
    with pytest.raises(ValueError, match="non-zero"):
        _sklearn.check_sample_weight([0, 0, 0], rows)


def test_scorers_that_have_a_place_for_weights_are_given_them():
    assert _sklearn.gives_weights_to(get_scorer("accuracy"))
    assert not _sklearn.gives_weights_to(make_scorer(max_error))
    assert not _sklearn.gives_weights_to(lambda estimator, X, y: 0)
    assert _sklearn.gives_weights_to(lambda estimator, X, y, sample_weight=None: 0)
    assert _sklearn.gives_weights_to(lambda estimator, X, y, **more: 0)


def test_scorers_of_functions_ask_what_scikit_learns_do():
    X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 1, 0, 1])
    model = LogisticRegression().fit(X, y)
    loss = log_loss(y, model.predict_proba(X))
    assert_allclose(_sklearn.scorer_of(log_loss, -1)(model, X, y), -loss)
    assert_allclose(_sklearn.scorer_of(log_loss, 1)(model, X, y), loss)
    assert _sklearn.needs_probabilities(_sklearn.scorer_of(log_loss, 1))
    right = accuracy_score(y, model.predict(X))
    assert _sklearn.scorer_of(accuracy_score, 1)(model, X, y) == right
    assert _sklearn.scorer_of(partial(accuracy_score, normalize=False), 1)(model, X, y) == 4 * right
    assert not _sklearn.needs_probabilities(own)
    for scorer, needs in (("roc_auc", True), ("neg_log_loss", True), ("r2", False)):
        assert _sklearn.needs_a_classifier(get_scorer(scorer)) == needs
    assert not _sklearn.needs_a_classifier(own)


def test_parameters_are_remembered_by_type_as_well():
    class Part(BaseEstimator):
        def __init__(self, a=1, b=None):
            self.a, self.b = a, b

    keys = [_sklearn._key(Part(a)) for a in (1, 1.0, True, (1, 2), (1.0, 2))]
    assert len(set(keys)) == 5
    assert _sklearn._key(Part([1])) is None
    assert _sklearn._key(Part((1, [2]))) is None
    assert _sklearn._key(Part(1, "b")) == _sklearn._key(Part(1, "b"))


def test_an_mlp_goes_on_with_what_it_was_given():
    assert _sklearn.mlp_regressor_loss("identity") in ({}, {"loss": "squared_error"})
    X, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    mlp = MLPRegressor(hidden_layer_sizes=(3,), max_iter=2, random_state=0)
    with pytest.warns(ConvergenceWarning):
        mlp.fit(X, y)
    _sklearn.complete_mlp(mlp)
    assert mlp._no_improvement_count == 0
    assert mlp._best_coefs[0] is not mlp.coefs_[0]
    assert not hasattr(mlp, "_label_binarizer")
    other = MLPClassifier()
    other.classes_, other.coefs_, other.intercepts_ = np.array([3, 5]), [], []
    _sklearn.complete_mlp(other, np.array([3, 5]))
    assert other._label_binarizer.inverse_transform(np.array([[1], [0]])).tolist() == [5, 3]


def test_gradient_boosting_is_a_classifier_without_a_loss():
    assert type(_sklearn.boosting({}, max_iter=2)).__name__ == "HistGradientBoostingClassifier"
    made = _sklearn.boosting({"loss": "poisson"}, max_iter=2)
    assert (type(made).__name__, made.loss, made.max_iter) == (
        "HistGradientBoostingRegressor", "poisson", 2
    )  # fmt: skip


def test_gradient_boosting_ends_by_rows_that_are_held_out():
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = X[:, 0] ** 2
    model = HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=2)
    weight = np.where(X[:, 1] > 0, 1.0, 1e-9)
    found = _sklearn.boosted(model, (X, y, weight), None)
    assert found is model
    assert model.early_stopping is False
    assert model.n_iter_ == 3
    expected = HistGradientBoostingRegressor(
        max_iter=3, min_samples_leaf=2, early_stopping=False
    ).fit(X, y, sample_weight=weight)
    assert_allclose(model.predict(X), expected.predict(X))
    _sklearn.boosted(model, (X, y, None), (X, y, weight))
    assert model.early_stopping in (True, False)  # by the version
    raw = _sklearn.raw_of_boosting(model, X)
    assert_allclose(raw[:, 0], model.predict(X))


def test_random_states_that_are_none_become_a_number():
    pipeline = Pipeline([("scale", StandardScaler()), ("ridge", Ridge(random_state=None))])
    assert _sklearn.seeded(pipeline, 3).get_params()["ridge__random_state"] == 3
    assert _sklearn.seeded(Ridge(random_state=5), 3).random_state == 5
    assert _sklearn.seeded(Ridge(max_iter=None), 3).max_iter is None


def test_weights_go_to_the_last_step():
    weight = np.ones(2)
    assert _sklearn.weights_for(Ridge(), None) == {}
    assert list(_sklearn.weights_for(Ridge(), weight)) == ["sample_weight"]
    nested = Pipeline([("a", Pipeline([("b", Ridge())]))])
    given = _sklearn.weights_for(nested, np.array([1.0, 0]))
    assert list(given) == ["a__b__sample_weight"]
    nested.fit([[0.0], [1]], [3.0, 9], **given)  # scikit-learn takes it by this name
    assert_allclose(nested.predict([[0.0]]), 3)
    with pytest.raises(ValueError, match="takes no sample_weight"):
        _sklearn.weights_for(Interval(), weight)
    assert _sklearn.takes_missing(HistGradientBoostingRegressor())
    assert not _sklearn.takes_missing(Ridge())

"""What each statement of a table's fit means: what a fit leaves, of classes."""

from dataclasses import FrozenInstanceError, replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import log_loss, roc_auc_score

from skfnn._engine.objective.calibration import best_temperature
from skfnn._engine.objective.conformal import Held
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import ClassTarget, SoftTarget
from skfnn.losses import LogLoss
from skfnn.metrics import Accuracy
from skfnn.tabular._class_scaling import ClassScaling
from skfnn.tabular._fitted import (
    HeldOut,
    by_all,
    out_of_fold,
    tempered,
    together,
    weighted_mean,
)
from skfnn.tabular._fitted_classes import FittedClasses
from skfnn.tabular._label_weights import BalancedLabels
from skfnn.tabular._predictors import Predictor

TWO, THREE = ClassTarget(np.array([0, 1])), ClassTarget(np.array([0, 1, 2]))
LABELS = ClassTarget(np.array([[0, 1], [1, 1]]))
SOFT = SoftTarget(np.array(["a", "b", "c"]))
P2 = np.array([[0.25, 0.75], [0.6, 0.4]])
P3 = np.array([[0.2, 0.3, 0.5], [0.7, 0.2, 0.1]])


def of(target, loss=None, **given):
    loss = LogLoss().specialise(target.kind) if loss is None else loss
    return FittedClasses(None, target, loss, **given)


def held(y, *raws, rows=None, weight=None, weights=None, target=TWO, predictors=()):
    """Rows that were held out, of a table of which there may be more."""
    n = len(y) if rows is None else max(rows) + 1
    whole = np.zeros((n, *np.shape(y)[1:]), np.asarray(y).dtype)
    of_all = None if weight is None else np.zeros(n)
    place = slice(None) if rows is None else rows
    whole[place] = y
    if weight is not None:
        of_all[place] = weight
    data = Data(np.zeros((n, 1)), whole, of_all, target, (0.0, 1.0), rows=rows)
    return HeldOut(data, list(raws), [1.0] * len(raws) if weights is None else weights, predictors)


# ---------------------------------------------------------------- means


def test_a_mean_is_by_weight_and_plain_to_the_bit_where_all_count_alike():
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 5))
    np.testing.assert_allclose(weighted_mean([a, b], [1.0, 3.0]), (a + 3 * b) / 4)
    np.testing.assert_array_equal(weighted_mean([a, b, c], [0.3] * 3), np.mean([a, b, c], axis=0))


def test_scores_of_classes_are_divided_and_variances_multiplied():
    raw = np.array([[1.0, 2.0, 4.0, 8.0]], np.float32)
    found = tempered([raw, raw], [1.0, 2.0], "binary")
    assert found[0] is raw
    np.testing.assert_array_equal(found[1], raw / 2)
    assert found[1].dtype == np.float64
    found = tempered([raw, raw], [1.0, 3.0], "regression")
    assert found[0] is raw
    np.testing.assert_allclose(found[1], [[1, 2, 4 + np.log(3), 8 + np.log(3)]])


def test_targets_of_all_held_out_rows_are_joined():
    first, last = held(np.array([0, 1]), rows=np.array([2, 0])), held(np.array([1]))
    y, weight = together([first, last])
    assert (y.tolist(), weight) == ([0, 1, 1], None)
    weighted = [held(np.array([1]), weight=[2.0]), held(np.array([0]), weight=[3.0])]
    assert together(weighted)[1].tolist() == [2, 3]


def test_validation_rows_are_there_once_with_all_members():
    a, b, c = np.zeros((3, 2, 1))
    parts = [held(np.array([0, 1]), a, b, weights=[1.0, 2.0]), held(np.array([0, 1]), c)]
    (found,) = by_all(parts)
    assert [raw is other for raw, other in zip(found.raws, (a, b, c), strict=True)] == [True] * 3
    assert (found.weights, found.data) == ([1.0, 2.0, 1.0], parts[0].data)
    of_folds = [held(np.array([0, 1]), a, rows=np.array([0, 1]))] * 2
    assert by_all(of_folds) is of_folds
    assert by_all([]) == []


def test_predictions_out_of_fold_are_means_and_nan_where_there_is_none():
    y, first, last = np.array([0, 1]), np.array([0, 2]), np.array([2, 3])
    parts = [held(y, rows=first), held(y, rows=last)]
    means = [np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 8.0], [7.0, 9.0]])]
    found = out_of_fold((5, 2), parts, means)
    nan = [np.nan, np.nan]
    np.testing.assert_array_equal(found, [[1, 2], nan, [4, 6], [7, 9], nan])
    found = out_of_fold((5,), parts, [mean[:, 0] for mean in means])
    np.testing.assert_array_equal(found, [1, np.nan, 4, 7, np.nan])
    assert out_of_fold((5, 2), [held(y)], means) is None


# ---------------------------------------------------------------- what any fit leaves


def test_what_a_fit_leaves_stays_as_it_is_and_is_not_compared():
    scaling = ClassScaling(np.zeros(3), np.zeros((3, 3)))
    for made, name in ((of(TWO), "loss"), (held(np.array([0, 1])), "data"), (scaling, "shift")):
        with pytest.raises(FrozenInstanceError):
            setattr(made, name, 5)
        assert made != replace(made)  # arrays are not compared


class Times(Predictor):
    """Predicts the first column times a factor, in parts of 400 rows; notes what it is asked."""

    def __init__(self, factor, columns=None):
        self.factor, self.columns, self.asked = factor, columns, []

    def raw(self, A, dtype=None, rows=None):
        self.asked.append((len(A), dtype))
        return self.factor * np.asarray(A)[:, :1].astype(np.float32)

    def parts(self, n_rows):
        return [slice(i, i + 400) for i in range(0, n_rows, 400)]


@pytest.mark.parametrize(("n", "asked"), [(1000, [1000]), (1001, [400, 400, 201])])
def test_up_to_1000_rows_are_predicted_in_double_precision_at_once(n, asked):
    A = np.arange(float(n), dtype=np.float32)[:, None]
    predictors = [Times(1.0), Times(-3.0)]
    fitted = of(TWO, predictors=predictors, weights=[1.0, 1.0], temperatures=[1.0, 2.0])
    raws = fitted.raws_of([A, A])
    np.testing.assert_array_equal(raws[0], A)
    np.testing.assert_array_equal(raws[1], -1.5 * A)
    dtype = np.float64 if n == 1000 else np.float32
    assert all(sorted(p.asked, reverse=True) == [(m, dtype) for m in asked] for p in predictors)
    offset = np.arange(float(n))[:, None] * 10
    np.testing.assert_array_equal(fitted.raws_of([A, A], offset)[1], (offset - 3 * A) / 2)
    directed = of(TWO, predictors=[Times(1.0)], temperatures=[1.0], directions=(1,))
    directed.raws_of([A])
    assert {dtype for _, dtype in directed.predictors[0].asked} == {np.float64}


class Columns:
    def __init__(self, shift):
        self.shift, self.times = shift, 0

    def transform(self, A):
        self.times += 1
        return A + self.shift


def test_members_with_the_same_columns_share_their_rows():
    one, other = Columns(1), Columns(2)
    predictors = [Times(1, one), Times(1, other), Times(1, one), Times(1)]
    encoder = SimpleNamespace(transform=lambda X: X * 10)
    fitted = FittedClasses(encoder, TWO, None, predictors=predictors)
    X = np.ones((2, 1))
    views = fitted.views(X)
    assert [view[0, 0] for view in views] == [11, 12, 11, 1]
    assert views[3] is X
    assert (one.times, other.times) == (1, 1)
    known = FittedClasses(encoder, TWO, None, predictors=predictors, encoded=(X, [1, 2, 3, 4]))
    assert known.views(X) == [1, 2, 3, 4]
    assert known.views(X.copy())[0][0, 0] == 11


def test_offsets_are_added_to_the_scores_of_each_member_inside():
    class Two(LogLoss):
        def pool(self, raw, n_outputs):
            return raw.reshape(len(raw), -1, n_outputs).mean(axis=1)

    fitted = of(TWO, Two())
    raw = np.array([[1.0, 3.0], [5.0, 7.0]], np.float32)
    found = fitted.pooled(raw, np.array([[10.0], [20.0]]))
    np.testing.assert_array_equal(found, [[12], [26]])
    assert found.dtype == np.float64
    np.testing.assert_array_equal(fitted.pooled(raw), [[2], [6]])


def test_an_ensemble_of_some_members_knows_nothing_of_held_out_rows():
    whole = of(TWO, oof_prediction=1, calibration=2, ongoing=3, sharpening=1.1, smoothed=True)
    some = whole.of(("a", "b"))
    assert (some.predictors, some.weights, some.temperatures) == (["a", "b"], [1, 1], [1, 1])
    assert (some.oof_prediction, some.calibration, some.ongoing) == (None, None, None)
    assert (some.sharpening, some.smoothed) == (1.0, True)


def test_shares_of_a_candidate_add_up():
    rows = [{"candidate": name, "weight": w} for name, w in (("a", 0.25), ("b", 0.5), ("a", 0.25))]
    assert of(TWO, leaderboard=rows).shares() == {"a": 0.5, "b": 0.5}
    assert of(TWO).columns is None


def test_a_row_that_is_held_out_twice_counts_half_each_time():
    y = np.array([0, 1])
    parts = [held(y, rows=np.array([0, 2])), held(y, rows=np.array([2, 3]))]
    known = Held(np.array([1.0, 9.0, 4.0, 2.0]), np.array(list("abcd"), object))
    found = of(TWO, known=known).known_of(parts)
    assert found.weight.tolist() == [1, 2, 2, 2]
    assert found.labels.tolist() == ["a", "c", "c", "d"]
    assert of(TWO).known_of(parts).weight.tolist() == [1, 0.5, 0.5, 1]
    once = [held(y, rows=np.array([0, 1]), weight=[3.0, 5.0]), held(y[:1], rows=[2], weight=[7.0])]
    assert of(TWO).known_of(once).weight.tolist() == [3, 5, 7]
    assert of(TWO).known_of(parts[:1]).weight is None
    validation = [held(y, weight=[3.0, 5.0])]
    assert of(TWO).known_of(validation).weight.tolist() == [3, 5]


def test_all_held_out_rows_are_predicted_by_those_that_hold_them_out():
    y = np.array([0, 1])
    parts = [held(y, np.zeros((2, 1)), rows=np.array([0, 2]))]
    fitted = of(TWO, oof_prediction=np.zeros((3, 2)), sharpening=1.2)
    found = fitted.also_held(parts).oof_prediction
    np.testing.assert_array_equal(found, [[0.5, 0.5], [np.nan, np.nan], [0.5, 0.5]])


# ---------------------------------------------------------------- probabilities


def test_probabilities_of_two_classes_are_exact_at_both_ends():
    found = of(TWO).predicted(np.array([[-600.0], [np.log(3)], [600.0]], np.float64))
    np.testing.assert_allclose(found, [[1, np.exp(-600)], [0.25, 0.75], [np.exp(-600), 1]])
    raw = np.array([[0.0, 1.0, 2.0]])
    np.testing.assert_allclose(of(THREE).predicted(raw), softmax(raw, axis=1))
    np.testing.assert_allclose(of(LABELS).predicted(raw[:, :2]), expit(raw[:, :2]))
    one = ClassTarget(np.array([5, 5]))
    np.testing.assert_array_equal(of(one).predicted(np.zeros((3, 1))), np.ones((3, 1)))
    np.testing.assert_array_equal(of(one).raw_of(np.ones((3, 1))), np.zeros((3, 1)))


def test_raw_scores_of_a_mean_predict_it():
    np.testing.assert_allclose(of(TWO).raw_of(P2), [[np.log(3)], [np.log(2 / 3)]])
    for target, p in ((TWO, P2), (THREE, P3), (LABELS, P2)):
        np.testing.assert_allclose(of(target).predicted(of(target).raw_of(p)), p)
    sure = np.array([[0.0, 1.0]])
    assert of(LABELS).raw_of(sure)[0] == pytest.approx(np.array([-1, 1]) * 708.396, abs=0.1)


def test_errors_are_probabilities_less_what_is_so():
    np.testing.assert_allclose(of(THREE).errors(P3, np.array([2, 0])), P3 - np.eye(3)[[2, 0]])
    y = np.array([[0, 1], [1, 1]])
    np.testing.assert_allclose(of(LABELS).errors(P2, y), P2 - y)
    assert of(THREE).errors(P3, None) is P3


def test_sharpened_probabilities_are_powers():
    found = of(THREE, sharpening=1.2)._sharpened(P3)
    np.testing.assert_allclose(found, P3**1.2 / (P3**1.2).sum(axis=1, keepdims=True))
    found = of(LABELS, sharpening=1.2)._sharpened(P2)
    np.testing.assert_allclose(found, P2**1.2 / (P2**1.2 + (1 - P2) ** 1.2))
    assert of(THREE)._sharpened(P3) is P3


def test_probabilities_are_sharpened_and_then_scaled():
    scaling = ClassScaling(np.log([1.0, 2.0, 4.0]), np.zeros((3, 3)))
    found = of(THREE, sharpening=2.0, scaling=scaling).probabilities([np.log(P3)], [1.0])
    expected = P3**2 * [1, 2, 4]
    np.testing.assert_allclose(found, expected / expected.sum(axis=1, keepdims=True))
    plain = of(THREE, sharpening=2.0, scaling=scaling).plain()
    assert (plain.sharpening, plain.scaling) == (1.0, None)


@pytest.mark.parametrize("weight", [None, np.array([1.0, 3.0])])
def test_loss_and_accuracy_are_those_of_scikit_learn(weight):
    y = np.array([2, 1])
    found = of(THREE).judged(P3, y, weight)
    assert found["loss"] == pytest.approx(log_loss(y, P3, sample_weight=weight, labels=[0, 1, 2]))
    assert found["accuracy"] == pytest.approx(0.5 if weight is None else 0.25)
    labels = np.array([[1, 1], [0, 1]], np.uint8)
    found = of(LABELS).judged(P2, labels, weight)
    each = -np.log([0.25 * 0.75, 0.4 * 0.4])
    assert found["loss"] == pytest.approx(np.average(each, weights=weight))
    assert found["accuracy"] == 0
    shares = np.array([[0.4, 0.0, 0.6], [0.1, 0.6, 0.3]])
    found = of(SOFT).judged(P3, shares, weight)
    each = -(shares * np.log(P3)).sum(axis=1)
    assert found["loss"] == pytest.approx(np.average(each, weights=weight))
    assert found["accuracy"] == pytest.approx(0.5 if weight is None else 0.25)
    sharp = of(THREE, sharpening=1.2)
    assert sharp.judged(P3, y, weight)["loss"] != of(THREE).judged(P3, y, weight)["loss"]


def test_a_probability_of_a_half_is_not_yet_a_yes():
    half = np.array([[0.5, 0.5001]])
    assert of(LABELS).judged(half, np.array([[0, 1]], np.uint8), None)["accuracy"] == 1
    assert of(LABELS).measured(Accuracy(), ([of(LABELS).raw_of(half)], [1.0]),
                               np.array([[0, 1]], np.uint8), None) == 1  # fmt: skip


def test_what_is_certainly_wrong_has_a_finite_loss():
    sure = np.array([[1.0, 0.0]])
    largest = -np.log(np.finfo(float).tiny)
    assert of(TWO).judged(sure, np.array([1]), None)["loss"] == pytest.approx(largest)
    wrong = np.array([[0, 1]], np.uint8)
    assert of(LABELS).judged(sure, wrong, None)["loss"] == pytest.approx(2 * largest)
    assert of(LABELS).judged(sure, 1 - wrong, None)["loss"] == 0


class Area:
    of_scores = True

    def __call__(self, y, scores, weight):
        return roc_auc_score(y, scores[:, 0], sample_weight=weight)


@pytest.mark.parametrize("weight", [None, np.array([1.0, 2.0, 1.0, 3.0])])
def test_metrics_are_given_scores_or_decisions(weight):
    rng = np.random.default_rng(0)
    y = np.array([0, 1, 1, 0])
    raws = rng.normal(size=(2, 4, 1))
    p = expit(raws).mean(axis=0)[:, 0]
    found = of(TWO).measured(Area(), (raws, [1.0, 1.0]), y, weight)
    assert found == pytest.approx(roc_auc_score(y, p, sample_weight=weight))
    found = of(TWO).measured(Accuracy(), (raws, [1.0, 1.0]), y, weight)
    assert found == pytest.approx(np.average(y == (p > 0.5), weights=weight))
    soft = np.eye(3)[[0, 2, 1, 2]]
    raw = rng.normal(size=(4, 3))
    found = of(SOFT).measured(Accuracy(), ([raw], [1.0]), soft, weight)
    assert found == np.average(raw.argmax(axis=1) == [0, 2, 1, 2], weights=weight)


class Seen:
    """A metric that returns what it is given."""

    of_scores = True

    def __call__(self, y, scores, weight):
        return scores


def test_scores_of_metrics_are_logarithms():
    raw = np.array([[-2.0, 0.5, 1.0]])
    found = of(THREE).measured(Seen(), ([raw], [1.0]), np.array([0]), None)
    np.testing.assert_allclose(found, np.log(softmax(raw, axis=1)))
    for target, columns in ((TWO, 1), (LABELS, 2)):
        some = raw[:, :columns]
        y = np.zeros(1, int) if columns == 1 else np.zeros((1, 2), int)
        np.testing.assert_allclose(of(target).measured(Seen(), ([some], [1.0]), y, None), some)
        found = of(target).measured(Seen(), ([some * 1e4], [1.0]), y, None)
        assert np.isfinite(found).all()


def test_what_targets_are_in_words():
    for target, single, words in (
        (TWO, True, "classes"), (THREE, True, "classes"), (LABELS, False, "several labels per row"),
        (SOFT, False, "soft targets"),
    ):  # fmt: skip
        assert (of(target).single_valued, of(target).described) == (single, words)


def test_classes_that_fit_has_not_seen_are_refused():
    fitted = of(ClassTarget(np.array(["a", "b", "c"])))
    assert fitted.encode_targets(np.array(["c", "a"])).tolist() == [2, 0]
    with pytest.warns(DataConversionWarning, match="column-vector"):
        assert fitted.encode_targets(np.array([["c"], ["a"]])).tolist() == [2, 0]
    for name, known in (("y", "the y of fit"), ("y_val", "that y does not have")):
        with pytest.raises(ValueError, match=known):
            fitted.encode_targets(np.array(["c", "d"]), name)
    assert of(LABELS).encode_targets(np.array([[1, 0]])).tolist() == [[1, 0]]
    np.testing.assert_array_equal(of(SOFT).encode_targets(P3), P3)
    assert of(SOFT).encode_targets(np.array(["c"])).tolist() == [2]
    with pytest.raises(ValueError, match="classes that"):
        of(SOFT).encode_targets(np.array(["d"]))


# ---------------------------------------------------------------- temperature


def test_the_temperature_is_that_of_all_members_and_rows():
    rng = np.random.default_rng(0)
    assert of(TWO).temperature_of([]) == 1.0
    a, b = rng.integers(0, 2, 30), rng.integers(0, 2, 20)
    raws = [3 * rng.normal(size=(n, 1)) + y[:, None] for n, y in ((30, a), (30, a), (20, b))]
    parts = [held(a, *raws[:2]), held(b, raws[2])]
    expected = best_temperature(np.concatenate([a, a, b]), np.concatenate(raws))[0]
    assert of(TWO).temperature_of(parts) == expected
    weights = rng.uniform(0.1, 3, 30), rng.uniform(0.1, 3, 20)
    parts = [held(a, *raws[:2], weight=weights[0]), held(b, raws[2], weight=weights[1])]
    w = np.concatenate([weights[0], weights[0], weights[1]])
    weighted = best_temperature(np.concatenate([a, a, b]), np.concatenate(raws), w)[0]
    assert of(TWO).temperature_of(parts) == weighted != expected


@pytest.mark.parametrize("weighted", [False, True])
def test_soft_targets_are_as_rows_of_each_class(weighted):
    rng = np.random.default_rng(0)
    y, raw = rng.dirichlet(np.ones(3), 20), 3 * rng.normal(size=(20, 3))
    weight = rng.uniform(0.1, 3, 20) if weighted else None
    share = np.ones(20) if weight is None else weight
    codes = np.repeat([0, 1, 2], 20)
    expected = best_temperature(codes, np.tile(raw, (3, 1)), (y * share[:, None]).T.ravel())[0]
    found = of(SOFT).temperature_of([held(y, raw, weight=weight, target=SOFT)])
    assert found == pytest.approx(expected, rel=1e-9)
    codes = rng.integers(0, 3, 20)
    found = of(SOFT).temperature_of([held(codes, raw, target=SOFT)])
    assert found == best_temperature(codes, raw)[0]


def test_balanced_labels_are_apart_for_the_temperature():
    rng = np.random.default_rng(0)
    y, raw = rng.integers(0, 2, (20, 2)), 3 * rng.normal(size=(20, 2))
    loss = BalancedLabels([0.5, 3.0], [2.0, 0.25])
    weight = np.where(y == 1, [2.0, 0.25], [0.5, 3.0]).ravel()
    expected = best_temperature(y.ravel(), raw.reshape(-1, 1), weight)[0]
    assert of(LABELS, loss).temperature_of([held(y, raw, target=LABELS)]) == expected


# ---------------------------------------------------------------- what held-out rows tell


def entropy(p):
    return -(p * np.log(p)).sum(axis=1)


@pytest.mark.parametrize("target", [THREE, LABELS])
def test_the_exponent_is_1_more_than_what_members_disagree(target):
    rng = np.random.default_rng(0)
    k = target.n_outputs
    raws = [0.5 * rng.normal(size=(6, k)) for _ in range(2)]
    predictors = [SimpleNamespace(raw=lambda A, dtype, raw=raw: raw) for raw in raws]
    weights, weight = [1.0, 3.0], rng.uniform(0.5, 2, 6)
    fitted = of(target, predictors=predictors, weights=weights, temperatures=[1.0, 1.0])
    members = [softmax(raw, axis=1) if target is THREE else expit(raw) for raw in raws]
    mean = (members[0] + 3 * members[1]) / 4

    def whole(p):
        each = entropy(p) if target is THREE else entropy(p) + entropy(1 - p)
        return np.average(each, weights=weight)

    expected = 2 - (whole(members[0]) + 3 * whole(members[1])) / 4 / whole(mean)
    assert 1.001 < expected < 1.2
    found = fitted._disagreement([raws[0]] * 2, weight)
    assert found == pytest.approx(expected)
    assert type(found) is float
    assert fitted._disagreement([raws[0]] * 2, np.zeros(6)) == 1.0
    weight[2] = 0
    assert fitted._disagreement([raws[0]] * 2, weight) > 1.001
    offset = of(target, predictors=predictors, weights=weights, temperatures=[1.0, 1.0],
                has_offset=True)  # fmt: skip
    assert offset._disagreement([raws[0]] * 2, weight) == 1.0


def test_the_exponent_is_at_most_a_fifth_more_than_1():
    def of_raws(*raws):
        predictors = [SimpleNamespace(raw=lambda A, dtype, raw=raw: raw) for raw in raws]
        n = len(raws)
        fitted = of(TWO, predictors=predictors, weights=[1.0] * n, temperatures=[1.0] * n)
        return fitted._disagreement([raws[0]] * n, None)

    sure = np.full((3, 1), 9.0)
    assert of_raws(sure, -sure) == 1.2
    assert of_raws(sure, sure) == 1.0
    certain = np.full((3, 1), 900.0)
    assert of_raws(certain, certain) == 1.0  # where nothing is left to disagree on


def test_what_mends_probabilities_is_learned_of_three_classes_without_offsets():
    rng = np.random.default_rng(0)
    y, raw = rng.integers(0, 3, 60), rng.normal(size=(60, 3))
    parts = [held(y, raw, target=THREE)]
    assert of(THREE)._scaling_of(parts).shift.shape == (3,)
    assert of(THREE, has_offset=True)._scaling_of(parts) is None
    assert of(TWO)._scaling_of([held(y > 0, raw[:, :1])]) is None


@pytest.mark.parametrize("rows", [None, np.arange(60)])
def test_sets_are_calibrated_by_single_members_or_by_the_whole(rows):
    """Of folds a member says alone what it has not seen: not sharpened, but scaled."""
    rng = np.random.default_rng(0)
    y, raw = rng.integers(0, 3, 60), rng.normal(size=(60, 3))
    scaling = ClassScaling(np.array([0.3, 0.0, -0.3]), np.zeros((3, 3)))
    fitted = of(THREE, sharpening=1.2, scaling=scaling)
    found = fitted._calibrated([held(y, raw, rows=rows, target=THREE)]).rows.score(0.8)
    p = softmax(raw, axis=1) ** (1.2 if rows is None else 1.0)
    p = scaling(p / p.sum(axis=1, keepdims=True))
    scores = np.sort(1 - p[np.arange(60), y])
    assert found[0] == pytest.approx(scores[48])  # the 49-th of 61 is four fifths
    assert of(LABELS)._calibrated([held(np.zeros((2, 2)), raw[:2, :2])]) is None


def test_all_is_told_by_held_out_rows():
    rng = np.random.default_rng(0)
    y, raw = rng.integers(0, 3, 30), rng.normal(size=(30, 3))
    predictors = [SimpleNamespace(raw=lambda A, dtype: A)]
    begun = of(THREE, predictors=predictors, weights=[1.0], temperatures=[1.0], sharpening=1.1)
    asked = []

    def sample(n):
        asked.append(n)
        return [raw], None

    parts = [held(y, raw, rows=np.arange(30), target=THREE)]
    found = begun.informed((31,), parts, sample)
    assert asked == [2000]
    np.testing.assert_allclose(found.oof_prediction[:30], softmax(raw, axis=1))
    assert np.isnan(found.oof_prediction[30]).all()
    assert (found.sharpening, found.scaling.shift.shape) == (1.0, (3,))
    assert found.calibration.rows.n_rows == 30
    none = begun.informed((31,), [], sample)
    assert (none.oof_prediction, none.calibration, none.sharpening) == (None, None, 1.0)
    assert begun.within(0, 1) is begun

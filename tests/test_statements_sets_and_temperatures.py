"""What the statements of groups, sets of classes and temperatures mean."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from scipy import special

from skfnn._engine.objective import distribution as d
from skfnn._engine.objective.calibration import best_temperature, log_loss
from skfnn._engine.objective.conformal import (
    Conformal,
    Errors,
    Grouped,
    Held,
    as_labels,
    of_part,
    parts_of,
)
from skfnn._engine.objective.sets import SetCalibration, adaptive, least_ambiguous, scores_of, sets


def test_labels_of_groups_are_text():
    assert as_labels([1, 2, 1]).tolist() == ["1", "2", "1"]
    assert as_labels([1.0, 2.5, np.nan]).tolist() == ["1", "2.5", "<missing>"]
    assert as_labels(["a", None, "1"]).tolist() == ["a", "<missing>", "1"]
    assert as_labels([True, False]).tolist() == ["True", "False"]
    assert as_labels([None, None]).tolist() == ["<missing>", "<missing>"]


def test_what_is_known_of_some_rows():
    held = Held(np.array([1.0, 2.0, 3.0]), np.array(["a", "b", "a"]), "place")
    some = held.at(np.array([2, 0]))
    assert some.weight.tolist() == [3.0, 1.0]
    assert some.labels.tolist() == ["a", "a"]
    assert some.column == "place"
    assert held.at(None) is held
    assert Held().at(np.array([0])).weight is None
    both = Held.joined([held, some])
    assert both.weight.tolist() == [1.0, 2.0, 3.0, 3.0, 1.0]
    assert both.labels.tolist() == ["a", "b", "a", "a", "a"]
    assert both.column == "place"
    assert Held.joined([some]).weight.tolist() == [3.0, 1.0]
    empty = Held.joined([Held(), Held()])
    assert empty.weight is None
    assert empty.labels is None


def test_what_is_known_of_rows_is_compared_by_identity():
    held = Held(np.ones(2), np.array(["a", "b"])).at(np.arange(2))
    with pytest.raises(FrozenInstanceError):
        held.weight = None
    assert held == held
    assert held != Held(held.weight, held.labels)
    assert len({held, Held(held.weight, held.labels)}) == 2


def test_errors_are_kept_where_there_is_no_distribution():
    center, scale = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [0.5]])
    y = np.array([[0.0], [6.0], [3.5]])
    found = Held().of_numbers(d.Located(center, scale), y)
    assert found.score(0.5).tolist() == [1.0]
    assert found.errors._scores[:, 0].tolist() == [-1.0, 1.0, 2.0]
    assert Held().of_numbers(d.Normal(center, scale), y).errors is None
    weighed = Held(np.array([1.0, 0.0, 1.0])).of_numbers(d.Located(center, scale), y)
    assert weighed.errors._scores[:, 0].tolist() == [-1.0, 1.0]


def test_errors_between_order_statistics_are_linear():
    errors = Errors(np.array([[0.0, 10.0], [4.0, 40.0], [1.0, 20.0]]))
    assert errors.levels == (0.25, 0.75)
    found = errors.at(np.array([0.25, 0.375, 0.5, 0.75]))
    assert found.tolist() == [[0.0, 0.5, 1.0, 4.0], [10.0, 15.0, 20.0, 40.0]]
    levels = np.array([[[0.25], [0.75]], [[0.5], [0.375]]])  # other ones for each target
    assert errors.at(levels).tolist() == [[[0.0], [40.0]], [[1.0], [15.0]]]


def test_levels_of_errors_are_those_that_all_columns_have():
    errors = Errors(np.array([[0.0, 3.0], [1.0, 2.0], [2.0, 0.0]]), np.array([1.0, 1.0, 4.0]))
    # Shares of 4: 0.5, 1, 3 in the first column, 2, 2.5, 3 in the second.
    assert errors.levels == pytest.approx((0.5, 0.75))


def test_a_conformal_distribution_adds_errors_times_scales():
    errors = Errors(np.array([[-2.0], [0.0], [1.0]]))
    found = Conformal(d.Located(np.array([[3.0], [10.0]]), np.array([[1.0], [2.0]]), 2.5), errors)
    assert found.quantile(np.array([0.25, 0.5, 0.75])).tolist() == [[[2.5, 3, 4]], [[6, 10, 12]]]
    twice = found.affine(1.0, 2.0)
    assert type(twice) is Conformal
    assert twice.low == 6.0
    assert twice.quantile(np.array([0.25, 0.75])).tolist() == [[[6.0, 9.0]], [[13.0, 25.0]]]
    assert found.anywhere(np.array([0.01])).tolist() == found.quantile(np.array([0.25])).tolist()


def test_levels_of_a_conformal_distribution_end_where_rows_do():
    found = Conformal(d.Located(np.zeros((1, 1))), Errors(np.array([[-2.0], [0.0], [1.0]])))
    for level in (0.25 * (1 - 0.5e-12), 0.25 * (1 - 1e-12), 0.75 * (1 + 1e-12)):
        found.quantile(np.array([level]))
    for level in (0.25 * (1 - 1.5e-12), 0.75 * (1 + 1.5e-12), 0.2, 0.8):
        with pytest.raises(ValueError, match=r"q must lie from 0.25 to 0.75"):
            found.quantile(np.array([0.5, level]))


def test_parts_are_calibrated_by_label():
    scores = np.array([[1.0], [2.0], [3.0], [4.0]])
    labels = np.array(["a", "b", "a", "b"])
    parts = parts_of(scores, None, labels)
    assert {name: part.n_rows for name, part in parts.items()} == {"a": 2, "b": 2}
    assert parts["a"].largest.tolist() == [3.0]
    parts = parts_of(scores, np.array([1.0, 0.0, 2.0, 0.0]), labels)
    assert list(parts) == ["a"]
    assert parts["a"].n_rows == 2
    assert parts["a"].score(0.3).tolist() == [3.0]


def test_a_part_with_too_few_rows_takes_what_all_have_or_its_own_largest():
    whole = np.array([2.0, 5.0])
    part = d.Calibration(np.array([[3.0, 4.0]]))
    score, enough = of_part(part, 0.5, whole)
    assert (score.tolist(), enough) == ([3.0, 4.0], True)
    score, enough = of_part(part, 0.9, whole)
    assert (score.tolist(), enough) == ([3.0, 5.0], False)
    score, enough = of_part(None, 0.5, whole)
    assert (score.tolist(), enough) == ([2.0, 5.0], False)


def test_rows_are_calibrated_by_their_group():
    held = Held(None, np.array(["a", "b", "a"]), "place")
    found = held.calibration(np.array([[1.0], [7.0], [2.0]]))
    assert type(found) is Grouped
    assert found.column == "place"
    assert type(Held().calibration(np.array([[1.0]]))) is d.Calibration
    whole = found.score(0.5)
    assert whole.tolist() == [2.0]
    limits = found.by_group(0.5, whole, np.array(["b", "a", "b"]))
    assert limits.tolist() == [[7.0], [2.0], [7.0]]
    with pytest.warns(UserWarning, match=r"needs 2 held-out rows .* fewer of 'b' \(1\) \(in"):
        limits = found.by_group(0.6, whole, np.array(["b", "a"]))
    assert limits.tolist() == [[7.0], [2.0]]


def test_a_warning_names_three_groups_and_thirty_letters():
    held = Held(None, np.array(["a", "a"]))
    found = held.calibration(np.array([[1.0], [2.0]]))
    names = np.array(["x" * 31, "b", "c"])
    with pytest.warns(
        UserWarning, match=rf"'{'x' * 30}' \(0\), 'b' \(0\), 'c' \(0\) \(in brackets"
    ):
        found.by_group(0.5, np.array([1.0]), names)
    with pytest.warns(UserWarning, match=r"'c' \(0\) and 2 more \(in brackets"):
        found.by_group(0.5, np.array([1.0]), np.array(["a", *names, "d", "e"]))


P = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])


def test_scores_of_classes_by_hand():
    np.testing.assert_allclose(least_ambiguous(P), [[0.5, 0.7, 0.8], [0.9, 0.9, 0.2]])
    wanted = [[0.25, 0.65, 0.9], [0.85, 0.95, 0.4]]  # of equals, the first comes first
    np.testing.assert_allclose(adaptive(P), wanted)
    found = scores_of(P)
    np.testing.assert_allclose(found[..., 0], least_ambiguous(P))
    np.testing.assert_allclose(found[..., 1], wanted)


def test_sets_hold_what_scores_no_more_than_the_limit():
    limits = np.array([0.75, 0.5])
    found = sets(P, limits, "least_ambiguous", False)
    assert found.tolist() == [[True, True, False], [False, False, True]]
    found = sets(P, limits, "adaptive", False)
    assert found.tolist() == [[True, False, False], [False, False, True]]
    none = np.array([0.1, 0.1])
    assert not sets(P, none, "adaptive", True).any()
    found = sets(P, none, "adaptive", False)
    assert found.tolist() == [[True, False, False], [False, False, True]]
    exact = np.array([[0.5, 0.25]])
    assert sets(np.array([[0.5, 0.25, 0.25]]), exact, "least_ambiguous", True)[0, 0]
    assert sets(np.array([[0.5, 0.25, 0.25]]), exact, "adaptive", True)[0, 0]


def test_limits_of_sets_by_rows_classes_and_groups():
    p = np.array([[0.6, 0.4], [0.7, 0.3], [0.2, 0.8], [0.9, 0.1]])
    y = np.array([0, 1, 1, 0])
    found = SetCalibration(p, y, Held(None, np.array(["a", "b", "a", "b"])))
    # Scores of the true classes: 0.4, 0.7, 0.2, 0.1 by one method, 0.3, 0.85, 0.4, 0.45 by the
    # other.
    np.testing.assert_allclose(found.limits(0.6, None, False), [0.4, 0.45])
    np.testing.assert_allclose(found.limits(0.6, None, True), [[0.4, 0.45], [0.7, 0.85]])
    limits = found.limits(0.6, np.array(["b", "a"]), False)
    assert limits.shape == (2, 1, 2)
    np.testing.assert_allclose(limits[:, 0], [[0.7, 0.85], [0.4, 0.4]])


def test_sets_of_too_few_rows():
    p, y = np.array([[0.6, 0.4], [0.7, 0.3], [0.2, 0.8]]), np.array([0, 0, 1])
    found = SetCalibration(p, y, Held())
    with pytest.warns(UserWarning, match="needs 4 held-out rows, and this fit had 3"):
        assert found.limits(0.8, None, False).tolist() == [np.inf, np.inf]
    with pytest.warns(UserWarning, match="1 of 2 classes have fewer held-out rows than the 2 "):
        limits = found.limits(0.6, None, True)
    np.testing.assert_allclose(limits, [[0.4, 0.35], [0.4, 0.4]])


def test_the_log_loss_of_scores_is_that_of_scikit_learn():
    from sklearn import metrics

    raw = np.array([[1.0, -2.0, 0.5], [3.0, 1.0, 900.0], [0.0, 2.0, 1.0]])
    y, weight = np.array([0, 2, 0]), np.array([1.0, 2.0, 3.0])
    for w in (None, weight):
        wanted = metrics.log_loss(
            y, special.softmax(raw, axis=1), labels=[0, 1, 2], sample_weight=w
        )
        assert log_loss(y, raw, w) == pytest.approx(wanted, rel=1e-9)
    two = raw[:, :2]
    wanted = metrics.log_loss([0, 1, 0], special.softmax(two, axis=1))
    assert log_loss(np.array([0, 1, 0]), two) == pytest.approx(wanted, rel=1e-9)
    one, codes = raw[:, :1], np.array([1, 1, 0])
    wanted = metrics.log_loss(codes, special.expit(one[:, 0]), sample_weight=weight)
    assert log_loss(codes, one, weight) == pytest.approx(wanted, rel=1e-9)
    labels = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]])
    each = [metrics.log_loss(labels[:, j], special.expit(raw[:, j])) for j in range(2)]
    assert log_loss(labels[:, :2], raw[:, :2]) == pytest.approx(sum(each), rel=1e-9)
    assert log_loss(np.array([0]), np.array([[800.0]])) == 800.0


def test_the_best_temperature_undoes_a_factor():
    rng = np.random.default_rng(0)
    raw = rng.normal(scale=2.0, size=(4000, 1))
    y = (rng.random(4000) < special.expit(raw[:, 0])).astype(int)
    temperature, loss = best_temperature(y, 3 * raw)
    assert temperature == pytest.approx(3.0, rel=0.1)
    assert loss == pytest.approx(log_loss(y, 3 * raw / temperature), rel=1e-9)
    tries = 3 * raw / (temperature * np.array([0.98, 1.02]))[:, None, None]
    assert loss < min(log_loss(y, each) for each in tries)
    weight = np.where(y == (raw[:, 0] > 0), 1.0, 4.0)
    warmer, loss = best_temperature(y, raw, weight)
    assert warmer > 1.5
    assert loss == pytest.approx(log_loss(y, raw / warmer, weight), rel=1e-9)


def test_temperatures_lie_between_a_twentieth_and_twenty():
    raw = np.array([[1.0], [-1.0]])
    coolest, _ = best_temperature(np.array([1, 0]), raw)
    hottest, _ = best_temperature(np.array([0, 1]), raw)
    assert coolest == pytest.approx(0.05, rel=0.02)
    assert hottest == pytest.approx(20.0, rel=0.02)

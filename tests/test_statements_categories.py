"""What each statement of a table's fit means: statistics of categories, the search for cells."""

from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skfnn._engine.network.forward import raw_scores
from skfnn._engine.network.network import Network
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import ClassTarget, RegressionTarget, SoftTarget
from skfnn.layers import CategoryStatistics, Dense, Linear
from skfnn.tabular import _cell_search
from skfnn.tabular._categories import (
    class_columns,
    dealt_by,
    fold_marks,
    folds_of,
    n_statistics,
    set_statistics,
    statistics,
    statistics_of,
    sums_of,
    unit,
    unit_columns,
    without_folds,
)
from skfnn.tabular._cell_search import (
    Evidence,
    Found,
    Search,
    _dense,
    _without,
    most_telling,
    pairs_of_categories,
)
from skfnn.tabular._cells import ExactValues, Pairs, Part, Values
from skfnn.tabular._folds import Fold

NUMBERS = RegressionTarget(1, True)


def codes_of(n):
    """Some columns of categories."""
    return [Part(f"c{i}", "code", slice(i, i + 1)) for i in range(n)]


# ---------------------------------------------------------------- targets of categories


def test_a_category_has_a_mean_for_each_of_12_outputs_and_a_count():
    assert [n_statistics(n) for n in (1, 3, 12, 13, 40)] == [2, 4, 13, 1, 1]


def test_classes_are_a_column_each_and_two_a_single_one():
    three, two = ClassTarget(np.array([0, 1, 2])), ClassTarget(np.array([0, 1]))
    assert class_columns(np.array([2, 0]), three).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert class_columns(np.array([1, 0]), two).tolist() == [[1], [0]]
    soft = np.array([[0.25, 0.75, 0], [0, 0.5, 0.5]])
    np.testing.assert_array_equal(class_columns(soft, SoftTarget(np.arange(3))), soft)
    found = class_columns(np.array([1, 2], np.float32), NUMBERS)
    assert (found.tolist(), found.dtype) == ([[1], [2]], np.float64)


def test_columns_are_divided_by_their_deviation():
    y = np.array([[0.0, 0.0, 5.0], [4.0, 2e-8, 5.0]])
    np.testing.assert_allclose(unit(y, None), [2, 1e-8, 1e-9])
    np.testing.assert_allclose(unit(y, np.array([3.0, 1.0]))[:1], np.sqrt(3))
    found = unit_columns(np.array([0.0, 4.0]), NUMBERS, np.array([3.0, 1.0]))
    np.testing.assert_allclose(found, [[0], [4 / np.sqrt(3)]])


def test_rows_of_a_group_are_in_one_fold_and_each_group_is_dealt_once():
    groups, rng, again = np.array(["b", "a", "b", "c"]), *map(np.random.default_rng, (3, 3))
    expected = again.integers(5, size=3)[[1, 0, 1, 2]]
    assert dealt_by(groups, 5, 4, rng).tolist() == expected.tolist()
    assert dealt_by(np.array([]), 5, 0, rng).tolist() == []
    alone = dealt_by(np.zeros(4), 5, 4, rng)
    assert alone.tolist() == [again.integers(5)] * 4
    assert rng.integers(2**60) == again.integers(2**60)
    found = dealt_by(None, 3, 200, rng)
    assert (len(found), {*found}) == (200, {0, 1, 2})


@pytest.mark.parametrize(
    ("n_members", "starts", "parts"),
    [(1, [6], 5), (2, [6, 11], 5), (3, [6, 9, 12], 3), (4, [6, 8, 10, 12], 2),
     (6, [6, 7, 8, 9, 10, 11], 1)],
)  # fmt: skip
def test_what_a_member_holds_out_is_dealt_into_folds_of_its_own(n_members, starts, parts):
    n = 100 * n_members + 300
    folds = [Fold(i, None, np.arange(100 * i, 100 * i + 100)) for i in range(n_members)]
    rows = np.arange(n - 100)
    marks = fold_marks(n, rows, folds, np.random.default_rng(0))
    assert marks.dtype == np.float32
    numbers = marks * 32
    for fold, start in zip(folds, starts, strict=True):
        assert {*numbers[fold.held]} == {*range(start, start + parts)}
    assert {*numbers[100 * n_members : -100]} == {1, 2, 3, 4, 5}  # nobody holds these out
    assert (numbers[-100:] == 0).all()
    assert (folds_of(marks[rows]) + 1 == numbers[rows]).all()


def test_folds_are_numbered_again_from_1_beyond_31():
    folds = [Fold(i, None, np.arange(10 * i, 10 * i + 10)) for i in range(40)]
    marks = fold_marks(400, np.arange(400), folds, np.random.default_rng(0))
    expected = np.repeat([1 + (5 + i) % 31 for i in range(40)], 10)
    np.testing.assert_array_equal(marks * 32, expected)


def test_groups_stay_together_in_marks():
    groups = np.arange(90) // 3
    folds = [Fold(0, None, np.arange(45)), Fold(1, None, np.arange(45, 90))]
    marks = fold_marks(90, np.arange(90), folds, np.random.default_rng(0), groups)
    assert all(len({*marks[groups == g]}) == 1 for g in range(30))
    assert len({*marks}) > 5


# ---------------------------------------------------------------- statistics of categories


def by_hand(level, fold, y, weight, n_levels, least=0.0):
    """The statistics (level, fold, entry), before they are centred and divided."""
    found = np.zeros((n_levels + 1, 32, y.shape[1] + 1))
    for f in range(32):
        other = (fold != f) | (f == 0)
        own = [other & (level == v) for v in range(n_levels + 1)]
        own = [rows if weight[rows].sum() > least else rows & False for rows in own]
        seen = np.any(own, axis=0)
        mean = np.average(y[seen], axis=0, weights=weight[seen]) if seen.any() else 0
        for v, rows in enumerate(own):
            n = weight[rows].sum()
            found[v, f, :-1] = (weight[rows] @ y[rows] + 10 * mean) / (n + 10) - mean
            share = weight.sum() / weight[seen].sum() if seen.any() else 0
            found[v, f, -1] = np.log(1 + n * share)
    return found


def standard(found, level, fold, weight):
    """The same around 0, with a deviation of 1 over rows."""
    of_rows = found[level, fold]
    middle = np.average(of_rows, axis=0, weights=weight)
    spread = np.sqrt(np.average((of_rows - middle) ** 2, axis=0, weights=weight))
    found = found.copy()
    found[..., -1] -= middle[-1]
    return found / np.maximum(spread, 0.2)


@pytest.mark.parametrize("unit_of_weight", [1.0, 1e-5])
def test_means_of_rows_of_other_folds_are_shrunk_by_10_rows(unit_of_weight):
    rng = np.random.default_rng(0)
    level, fold = rng.integers(0, 4, 60), rng.integers(1, 6, 60)
    weight = rng.uniform(0.5, 2, 60)
    weight[fold > 1] *= 1e-5  # nearly all that is known is of the first fold
    weight *= unit_of_weight
    y = rng.normal(2, 1, size=(60, 2))
    found = statistics(level + fold / 32, y, weight, 3).reshape(4, 32, 3)
    expected = standard(by_hand(level, fold, y, weight, 3), level, fold, weight)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_a_deviation_below_a_fifth_is_not_made_larger():
    level, fold = np.tile([1, 2], 40), np.repeat([1, 2, 3, 4], 20)
    y = np.where(level == 1, 1.0, -1.0)[:, None] * [[1.0, 0.1]]
    found = statistics(level + fold / 32, y, None, 2).reshape(3, 32, 3)
    plain = by_hand(level, fold, y, np.ones(80), 2)
    np.testing.assert_allclose(np.abs(found[1:, 1, 0]), 1)
    np.testing.assert_allclose(found[1:, 1, 1], plain[1:, 1, 1] / 0.2)


@pytest.mark.parametrize("largest", [1e3, 1.0, 1e-3])
@pytest.mark.parametrize(("rest", "counts"), [(0.5e-9, False), (2e-9, True), (1e-4, True)])
def test_what_rounding_leaves_of_a_category_is_none(largest, rest, counts):
    """A level that, but for a billionth of the largest weight, one fold has."""
    level, fold = np.array([1, 1, 2, 2]), np.array([1, 2, 1, 2])
    weight = largest * np.array([1.0, rest, 1.0, 1.0])
    y = np.array([[0.0], [1e9], [0.0], [0.0]])
    found = statistics(level + fold / 32, y, weight, 2).reshape(3, 32, 2)[1, 1, 0]
    assert (found > 0) == counts
    if not counts:
        assert found == 0


def sums_by_hand(level, fold, y, weight, n_levels, n_folds):
    sums = np.zeros((n_levels + 1, n_folds, y.shape[1] + 1))
    for v, f, values, w in zip(level, fold, y, weight, strict=True):
        sums[v, f] += [w, *(w * values)]
    return sums


def test_sums_of_levels_and_folds_tell_the_same():
    rng = np.random.default_rng(1)
    level, fold = rng.integers(0, 4, 60), rng.integers(1, 6, 60)
    y, weight = rng.normal(2, 1, size=(60, 2)), rng.uniform(0.5, 2, 60)
    sums = sums_by_hand(level, fold, y, weight, 3, 6)
    found = statistics_of(sums)
    assert found.shape == (4, 6, 3)
    whole = statistics(level + fold / 32, y, weight, 3).reshape(4, 32, 3)
    np.testing.assert_allclose(found, whole[:, :6], atol=1e-12)
    places, of_places = sums_of((level + fold / 32).astype(np.float32), y, None)
    assert places.tolist() == sorted({*(level * 32 + fold)})
    plain = sums_by_hand(level, fold, y, np.ones(60), 3, 32).reshape(-1, 3)
    np.testing.assert_allclose(of_places, plain[places])


def test_sums_of_no_rows_tell_nothing():
    np.testing.assert_array_equal(statistics_of(np.zeros((3, 4, 2))), np.zeros((3, 4, 2)))


@pytest.mark.parametrize(
    ("count", "rest", "counts"),
    [(0.9, 0.5e-9, False), (0.9, 1.5e-9, True),  # as if a place had one row at least
     (30, 20e-9, False), (30, 25e-9, True)],  # else by the mean of places that have rows
)  # fmt: skip
def test_what_rounding_leaves_is_by_the_mean_weight_of_a_place(count, rest, counts):
    sums = np.zeros((3, 3, 2))
    sums[1, 1], sums[1, 2], sums[2, 2] = (count, 0), (rest, 15), (count, 0)
    sums[2, 1] = (count, 0)
    found = statistics_of(sums)[1, 1, 0]  # three places have count each, one next to none
    assert (found > 0) == counts
    if not counts:
        assert found == 0


# ---------------------------------------------------------------- tables of a network


def test_tables_of_a_network_are_those_of_its_training_rows():
    rng = np.random.default_rng(0)
    layers = [CategoryStatistics([3, 2], 2, start=1), Linear(1)]
    network = Network(layers, 4, np.float32, rng)
    level = np.column_stack([rng.integers(0, 4, 40), rng.integers(0, 3, 40)])
    fold = rng.integers(1, 6, 40)
    X = np.column_stack([rng.normal(size=40), level + fold[:, None] / 32, rng.normal(size=40)])
    X = X.astype(np.float32)
    y, weight, rows = 5 * rng.normal(size=40), rng.uniform(0.5, 2, 40), np.arange(5, 40)
    data = Data(X, y, weight, NUMBERS, None, rows=rows)
    set_statistics(network, data, 1)
    table = network.state_views(network.state)[(0,)]["table"]
    spread = np.sqrt(np.cov(y[5:], aweights=weight[5:], ddof=0))
    for start, n, codes in ((0, 3, X[5:, 1]), (4, 2, X[5:, 2])):
        expected = statistics(codes, y[5:, None] / spread, weight[5:], n)
        own = table[32 * start : 32 * (start + n + 1)]
        np.testing.assert_allclose(own, expected, rtol=1e-5, atol=1e-6)
    alone = Network([CategoryStatistics([3], 1, start=1)], 4, np.float32, rng)
    set_statistics(alone, data, 1)
    counts = alone.state_views(alone.state)[(0,)]["table"]
    np.testing.assert_array_equal(counts[:, 0], table[: 4 * 32, 1])  # the count alone


def test_a_network_without_folds_predicts_the_same_of_rows_without_one():
    rng = np.random.default_rng(0)
    layers = [CategoryStatistics([3], 2, start=1), Dense(4), Linear(1)]
    network = Network(layers, 3, np.float64, rng)
    table = network.state_views(network.state)[(0,)]["table"]
    table[...] = rng.normal(size=table.shape)
    smaller = without_folds(network)
    X = np.column_stack([rng.normal(size=4), np.arange(4.0), rng.normal(size=4)])
    np.testing.assert_allclose(raw_scores(smaller, X), raw_scores(network, X))
    X[:, 1] += 5 / 32
    assert smaller.state_views(smaller.state)[(0,)]["table"].shape == (4, 2)
    plain = Network([Linear(1)], 3, np.float64, rng)
    assert without_folds(plain) is plain


# ---------------------------------------------------------------- evidence


def test_cells_of_500_rows_are_worth_a_trial_from_10_standard_errors_on():
    for z, alone, judged, n, is_worth in (
        (10.0, 0.0, np.inf, 500, True), (9.99, 0.0, np.inf, 500, False),
        (5.5, 0.0, 2.0, 5000, True), (5.49, 0.0, 2.0, 5000, False),
        (10.0, 0.0, 1.99, 500, False), (10.0, 8.0, 2.0, 500, True), (10.0, 8.01, 2.0, 500, False),
    ):  # fmt: skip
        assert Found(None, z, alone, judged).is_worth_a_trial(n) == is_worth
    assert (Found(None, 1.0).alone, Found(None, 1.0).judged) == (0.0, np.inf)
    with pytest.raises(FrozenInstanceError):
        Found(None, 1.0).z = 2.0


def test_means_leave_a_fold_out_however_small_the_others_are():
    rng = np.random.default_rng(0)
    code, fold, values = np.tile([0, 1], 10), np.repeat([0, 1], 10), rng.normal(size=(20, 2))
    weight = np.where(fold == 0, 1.0, 1e-5)
    found, w = Evidence(values, fold, weight).means(code), weight / weight.mean()
    centred = values - np.average(values, axis=0, weights=w)
    for i in range(20):
        others = fold != fold[i]
        own = others & (code == code[i])
        mean = np.average(centred[others], axis=0, weights=w[others])
        shrunk = (w[own] @ centred[own] + 10 * mean) / (w[own].sum() + 10) - mean
        np.testing.assert_allclose(found[i], shrunk, rtol=1e-9)
    one = Evidence(values, np.zeros(20, int))  # nothing is left of a single fold
    np.testing.assert_array_equal(one.means(code), np.zeros((20, 2)))
    assert one.z(code) == 0


def test_weights_count_in_the_agreement():
    """A row of weight 3 is as three rows, but for the products, whose squares they are."""
    rng = np.random.default_rng(2)
    told, residual = rng.normal(size=(2, 30))
    weight = rng.integers(1, 5, 30).astype(float)
    w = weight / weight.mean()
    evidence = Evidence(residual[:, None], np.arange(30) % 5, weight)
    found = evidence._agreement(told[:, None], slice(None))
    r = residual - np.average(residual, weights=w)
    t = told - np.average(told, weights=w)
    agreement = np.sum(w * t * r)
    of_correlation = np.sum(w * t**2) * np.sum(w * r**2) / 30
    expected = agreement / np.sqrt(max(of_correlation, np.sum((w * t * r) ** 2)))
    assert found == pytest.approx(expected)


def test_the_best_column_counts_and_the_unit_of_residuals_does_not():
    rng = np.random.default_rng(0)
    code, fold = rng.integers(0, 5, 300), rng.integers(0, 5, 300)
    told = (code == 2) + rng.normal(size=300)
    noise = rng.normal(size=300)
    alone = [Evidence(v[:, None], fold).z(code) for v in (told, noise)]
    assert alone[0] > 5 > alone[1]
    both = Evidence(np.column_stack([noise, told]), fold)
    assert both.z(code) == pytest.approx(alone[0])
    assert Evidence(1e-4 * told[:, None], fold).z(code) == pytest.approx(alone[0])
    assert Evidence(np.full((300, 1), 7.0), fold).z(code) == 0


def test_honest_rows_are_judged_by_means_of_all():
    rng = np.random.default_rng(0)
    code, fold = rng.integers(0, 5, 300), rng.integers(0, 5, 300)
    values = ((code == 2) + rng.normal(size=300))[:, None]
    honest = np.arange(300) < 90
    evidence = Evidence(values, fold, honest=honest)
    expected = evidence._agreement(evidence.means(code), honest)
    assert evidence.judged(code) == expected < evidence.z(code)
    for nothing in (None, np.zeros(300, bool)):
        assert Evidence(values, fold, honest=nothing).judged(code) == np.inf


# ---------------------------------------------------------------- the search


def crossed(n, seed=0, effect=1.0):
    """Two columns of four values: what counts is whether they agree; and a third one."""
    rng = np.random.default_rng(seed)
    A = rng.integers(1, 5, size=(n, 3)).astype(float)
    told = effect * np.where((A[:, 0] > 2) == (A[:, 1] > 2), 1.0, -1.0) + rng.normal(size=n)
    return A, told[:, None], rng.integers(0, 5, n)


def test_what_is_told_is_ranked_with_what_each_column_tells_alone():
    A, residual, fold = crossed(800)
    residual += 0.4 * (A[:, 2:] == 1)
    parts, evidence = codes_of(3), Evidence(residual, fold, honest=np.arange(800) < 300)
    search = Search(A, evidence)
    found = search.ranked(Pairs.proposals(parts, A))
    assert [one.z for one in found] == sorted((one.z for one in found), reverse=True)
    assert [part.name for part in found[0].cells.parts] == ["c0", "c1"]
    alone = [evidence.z(A[:, i].astype(int)) for i in range(3)]
    for one in found:
        i, j = (int(part.name[1]) for part in one.cells.parts)
        code = (4 * A[:, i] + A[:, j]).astype(int)
        assert one.z == pytest.approx(evidence.z(code))
        assert one.alone == pytest.approx(max(alone[i], alone[j], 0))
        judged = evidence.judged(code) if one.z >= 5 else np.inf
        assert one.judged == pytest.approx(judged)
    assert sum(np.isfinite(one.judged) for one in found) == 1
    known = found[0].known(A)
    assert (known.n_levels, known.z) == (16, found[0].z)
    assert search.alone(parts[0]) == pytest.approx(alone[0])


def test_a_column_by_its_exact_values_counts_as_alone():
    """A number whose values, more than its quantiles, tell it all."""
    rng = np.random.default_rng(0)
    A = rng.integers(0, 200, size=(2000, 2)) / 100
    residual = rng.normal(size=200)[(100 * A[:, 0]).round().astype(int)][:, None]
    parts = [Part(i, "number", slice(i, i + 1)) for i in range(2)]
    search = Search(A, Evidence(residual, rng.integers(0, 5, 2000)))
    one = ExactValues(Values.of(parts[0], A))
    (pair,) = Pairs.proposals(parts, A)
    ranked = {type(found.cells): found for found in search.ranked([one, pair])}
    assert ranked[ExactValues].alone == 0
    assert ranked[Pairs].alone == ranked[ExactValues].z > search.alone(parts[0])


@pytest.mark.parametrize(("n_columns", "found"), [(30, True), (31, False)])
def test_of_more_than_30_columns_the_least_telling_are_not_crossed(n_columns, found):
    rng = np.random.default_rng(0)
    A = rng.integers(1, 3, size=(1500, n_columns)).astype(float)
    signs = np.where(A == 1, 1.0, -1.0)
    residual = 6 * signs[:, 0] * signs[:, 1] + signs[:, 2:].sum(axis=1)
    pairs = most_telling(A, codes_of(n_columns), residual[:, None], rng.integers(0, 5, 1500))
    assert any([p.name for p in one.cells.parts] == ["c0", "c1"] for one in pairs) is found


def test_columns_are_crossed_by_20000_rows_at_equal_distances():
    A, residual, fold = crossed(30_000, effect=0.2)
    (found,) = most_telling(A[:, :2], codes_of(2), residual, fold)
    rows = np.unique(np.linspace(0, 29_999, 20_000).astype(int))
    code = (4 * A[:, 0] + A[:, 1]).astype(int)
    assert found.z == pytest.approx(Evidence(residual[rows], fold[rows]).z(code[rows]))


def test_cells_of_all_kinds_are_sorted_by_what_they_tell():
    A, residual, fold = crossed(1500)
    value = np.random.default_rng(1).integers(0, 20, 1500)
    A[:, 2] = value / 8
    for effect, first in ((0.5, 2), (2.0, 1)):
        told = residual + effect * np.where(value % 2, 1.0, -1.0)[:, None]
        parts = [*codes_of(2), Part("x", "number", slice(2, 3))]
        found = most_telling(A, parts, told, fold)
        assert {len(one.cells.parts) for one in found} == {1, 2}
        assert len(found[0].cells.parts) == first
        assert [one.z for one in found] == sorted((one.z for one in found), reverse=True)


def test_exact_values_are_looked_at_by_200000_rows():
    rng = np.random.default_rng(0)
    n = 300_000
    value = rng.integers(0, 40, n)
    residual = (rng.normal(size=40)[value] * 0.05 + rng.normal(size=n))[:, None]
    fold, weight, honest = rng.integers(0, 5, n), rng.uniform(1, 2, n), np.arange(n) % 3 == 0
    part = Part("x", "number", slice(0, 1))
    found = most_telling(value[:, None] / 8, [part], residual, fold, weight, honest)
    rows = np.unique(np.linspace(0, n - 1, 200_000).astype(int))
    evidence = Evidence(residual[rows], fold[rows], weight[rows], honest[rows])
    assert [one.z for one in found] == [pytest.approx(evidence.z(value[rows]))]
    assert found[0].judged == pytest.approx(evidence.judged(value[rows]))


def test_codes_have_not_much_room_between_them():
    assert _dense(np.array([10**9, 5, 10**9])).tolist() == [1, 0, 1]
    assert _dense(np.array([], int)).tolist() == []
    codes = _dense(np.array([3, 0, 3, 12]))
    assert codes[0] == codes[2]
    assert len({*codes}) == 3


@pytest.mark.parametrize("weighted", [False, True])
def test_a_linear_function_with_a_small_ridge_is_taken_away(weighted):
    rng = np.random.default_rng(0)
    explaining = [rng.normal(2, size=(50, 2)), 1e-2 * rng.normal(size=(50, 1))]
    values = rng.normal(size=(50, 3))
    weight = rng.uniform(0.5, 2, 50) if weighted else None
    S = np.hstack(explaining)
    S = S - np.average(S, axis=0, weights=weight)
    share = None if weight is None else weight / weight.mean()
    model = Ridge(alpha=50e-3, fit_intercept=False).fit(S, values, sample_weight=share)
    np.testing.assert_allclose(_without(values, explaining, weight), values - model.predict(S))


# ---------------------------------------------------------------- pairs of categories


def table_of(A, y, weight=None, n_outputs=1):
    target = RegressionTarget(n_outputs, n_outputs == 1)
    rows = np.arange(len(A)) if weight is None else np.flatnonzero(weight)
    fitted = SimpleNamespace(target=target)
    return SimpleNamespace(A=A, y=y, weight=weight, rows=rows, fitted=fitted)


def pairs(A, y, parts=None, weight=None, n_outputs=1, groups=None):
    parts = codes_of(A.shape[1]) if parts is None else parts
    rng = np.random.default_rng(0)
    found = pairs_of_categories(table_of(A, y, weight, n_outputs), parts, rng, groups)
    return [tuple(part.name for part in one.parts) for one in found]


def test_pairs_are_taken_that_tell_more_than_their_columns():
    A, told, _ = crossed(800)
    y = told[:, 0]
    assert pairs(A, y) == [("c0", "c1")]
    assert pairs(A, 3 * (A == 2).sum(axis=1) + np.random.default_rng(1).normal(size=800)) == []
    assert pairs(A, np.tile(y[:, None], 12), n_outputs=12) == [("c0", "c1")]
    assert pairs(A, np.tile(y[:, None], 13), n_outputs=13) == []
    half = np.where(np.arange(800) % 2, 1.0, 0.0)
    assert pairs(A, np.where(half, y, 50 * np.tile([1, -1], 400)), weight=half) == [("c0", "c1")]
    assert pairs(A, y, groups=np.arange(800) // 4) == [("c0", "c1")]


def test_one_of_two_has_a_code_and_none_is_a_number():
    A, told, _ = crossed(800)
    y = told[:, 0]

    def of(*forms):
        parts = [Part(f"c{i}", form, slice(i, i + 1)) for i, form in enumerate(forms)]
        return pairs(A[:, : len(forms)], y, parts)

    assert of("code", "code") == [("c0", "c1")]
    assert of("code") == []
    assert of("code", "number") == []
    signed = np.where(A > 2, 1.0, -1.0)
    A = np.column_stack([A[:, 0], signed[:, 1:]])
    assert of("code", "levels") == [("c0", "c1")]
    A = signed
    assert of("levels", "levels") == []
    A[:, 2] += 2
    assert of("levels", "levels", "code") == []


@pytest.mark.parametrize(("n_columns", "found"), [(30, True), (31, False)])
def test_more_than_30_categories_have_no_pairs(n_columns, found):
    rng = np.random.default_rng(0)
    A = rng.integers(1, 3, size=(600, n_columns)).astype(float)
    assert (("c0", "c1") in pairs(A, 5.0 * (A[:, 0] == A[:, 1]))) is found


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_pairs_of_a_sum_of_effects_tell_nothing_in_any_unit(scale):
    rng = np.random.default_rng(4)
    A = rng.integers(1, 9, size=(3000, 3)).astype(float)
    effects = rng.normal(size=(3, 9))
    y = sum(effects[i][A[:, i].astype(int)] for i in range(3)) + 0.3 * rng.normal(size=3000)
    assert pairs(A, scale * y) == []


@pytest.mark.parametrize(("effect", "found"), [(0.15, True), (0.14, False)])
def test_pairs_are_taken_from_2_standard_errors_on(effect, found):
    """Here these tell 2.2 and 1.9."""
    A, told, _ = crossed(800, effect=effect)
    assert pairs(A[:, :2], told[:, 0]) == [("c0", "c1")] * found


@pytest.mark.parametrize(("most", "found"), [(16, True), (15, False)])
def test_a_pair_may_have_as_many_cells_as_a_category_has_levels(most, found, monkeypatch):
    A, told, _ = crossed(800)
    monkeypatch.setattr(_cell_search, "MOST_LEVELS", most)
    assert pairs(A, told[:, 0]) == [("c0", "c1")] * found


def test_effects_of_columns_are_taken_away_three_times():
    """As by a linear function of shrunk means, and again of what that leaves."""
    rng = np.random.default_rng(3)
    A = rng.integers(1, 41, size=(400, 2)).astype(float)
    y = 5 * rng.normal(size=41)[A[:, 0].astype(int)] + 3 * np.where(A[:, 0] > A[:, 1], 1.0, -1.0)
    fold = rng.integers(0, 5, 400)
    dealing = SimpleNamespace(
        permutation=lambda rows: rows[::-1], integers=lambda high, size: fold[:size]
    )
    (found,) = pairs_of_categories(table_of(A, y), codes_of(2), dealing)
    left = (y - y.mean())[:, None] / y.std()
    for _ in range(3):
        S = np.hstack([Evidence(left, fold).means(A[:, i].astype(int)) for i in range(2)])
        S -= S.mean(axis=0)
        left = left - Ridge(alpha=0.4, fit_intercept=False).fit(S, left).predict(S).reshape(-1, 1)
    code = (50 * A[:, 0] + A[:, 1]).astype(int)
    assert found.z == pytest.approx(Evidence(left, fold).z(code))


def test_at_most_16_pairs_are_taken_in_the_order_of_columns():
    rng = np.random.default_rng(0)
    A = rng.integers(1, 3, size=(3000, 7)).astype(float)
    signs = np.where(A == 1, 1.0, -1.0)
    y = sum(signs[:, i] * signs[:, j] for i in range(7) for j in range(i))
    found = pairs(A, y)
    assert len(found) == 16
    assert found == sorted(found)

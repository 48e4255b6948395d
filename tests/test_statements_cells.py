"""What each statement of a table's fit means: cells, folds, honest scores, label weights, trees."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import KFold, ShuffleSplit

from skfnn._engine.program.calls import bind, replay
from skfnn.tabular._cells import (
    Bins,
    CellColumns,
    ExactValues,
    Levels,
    Lookup,
    Pairs,
    Part,
    Values,
    distinct,
    divided,
)
from skfnn.tabular._folds import Fold, Wishes, assign_folds, dealt, evenly, undivided
from skfnn.tabular._forest import Forest, raw_scores
from skfnn.tabular._given_cells import apart, given_cells
from skfnn.tabular._honest import HonestScores
from skfnn.tabular._label_weights import BalancedLabels

STEP = 2.0**-22
NUMBER = Part("x", "number", slice(0, 1))


def column(*numbers):
    return np.array(numbers, dtype=float)[:, None]


# ---------------------------------------------------------------- parts and divisions


def test_a_part_is_known_by_its_place_and_stays_as_it_is():
    assert hash(NUMBER) == hash((0, 1))
    assert NUMBER in {Part("x", "number", slice(0, 1))}
    with pytest.raises(FrozenInstanceError):
        NUMBER.name = "y"


def test_a_number_is_missing_where_its_flag_is_not_0():
    A = np.array([[9.0, 1.5, 0.0], [9.0, 2.5, 1.0], [9.0, 3.5, -1.0]], np.float32)
    found = Part("x", "number", slice(1, 2), missing=2).number(A)
    np.testing.assert_array_equal(found, [1.5, np.nan, np.nan])
    assert found.dtype == np.float64
    np.testing.assert_array_equal(Part("x", "number", slice(1, 2)).number(A), [1.5, 2.5, 3.5])


@pytest.mark.parametrize(
    ("form", "A", "codes"),
    [
        ("code", [[0], [1 + 31 / 32], [7 + 1 / 32]], [0, 1, 7]),
        ("levels", [[-1], [1], [0]], [1, 2, 0]),
        ("levels", [[1, 0], [0, 1], [0, 0]], [1, 2, 0]),
        ("levels", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], [1, 2, 3, 0]),
    ],
)
def test_levels_count_from_1_and_0_is_missing(form, A, codes):
    A = np.array(A, dtype=float)
    found = Levels(Part("x", form, slice(0, A.shape[1]))).codes(A)
    assert found.tolist() == codes


def test_values_count_from_1_and_another_is_behind_the_last():
    values = Values.of(NUMBER, column(0.5, -1, 0.5, 2))
    assert values.n_values == 3
    assert values.codes(column(-1, 0.5, 2, 1)).tolist() == [1, 2, 3, 4]
    part = Part("x", "number", slice(0, 1), missing=1)
    A = np.array([[0.0, 1], [3.0, 0], [1.0, 0]])
    values = Values.of(part, A)
    assert values.n_values == 2  # what stands where one is missing is none
    assert values.codes(A).tolist() == [0, 2, 1]


def test_numbers_within_a_step_of_the_grid_are_one_value():
    values = Values.of(NUMBER, column(0.5, 0.5 + STEP / 4, 1.0))
    assert values.n_values == 2
    near = column(*(0.5 + k * STEP for k in (-2, -1, 0, 1, 2)))
    assert values.codes(near).tolist() == [3, 1, 1, 1, 3]
    assert Values.of(NUMBER, column(0.5, 0.5 + STEP)).n_values == 2


def test_a_place_beside_two_values_is_that_of_the_value_next_to_it():
    values = Values.of(NUMBER, column(0, STEP, 4 * STEP))
    near = column(*(k * STEP for k in (-2, -1, 0, 1, 2, 3, 4, 5, 6)))
    assert values.codes(near).tolist() == [4, 1, 1, 2, 2, 3, 3, 3, 4]


def test_bins_are_divided_by_24_quantiles_and_an_edge_begins_its_bin():
    x = np.random.default_rng(0).normal(size=500)
    bins = Bins.of(NUMBER, x[:, None])
    edges = np.quantile(x, [i / 24 for i in range(1, 24)])
    np.testing.assert_array_equal(bins.edges, edges)
    beside = column(edges[0], np.nextafter(edges[0], -9), edges[22], np.nextafter(edges[22], -9))
    assert bins.codes(beside).tolist() == [2, 1, 24, 23]
    flagged = Part("x", "number", slice(0, 1), missing=1)
    missing = np.array([[5.0, 1.0], [6.0, 1.0]])
    assert len(Bins.of(flagged, missing).edges) == 0
    assert Bins.of(flagged, missing).codes(np.array([[5.0, 1.0], [6.0, 0.0]])).tolist() == [0, 1]


def test_distinct_ones_are_sorted():
    assert distinct(np.array([3, 1, 3, 2, 1])).tolist() == [1, 2, 3]
    assert distinct(np.array([], int)).tolist() == []


@pytest.mark.parametrize("repeats", [1, 5])  # few keys, and more than are known
def test_a_lookup_gives_the_code_of_each_key_and_else_its_default(repeats):
    table = Lookup(np.array([30, 10, 20]), np.array([3, 1, 2]), default=9)
    for keys, codes in (([10, 20, 30], [1, 2, 3]), ([9, 11, 31], [9, 9, 9])):
        assert table(np.array(keys * repeats)).tolist() == codes * repeats
    assert Lookup(np.array([30, 10]), np.array([3, 1]))(np.array([20])).tolist() == [0]
    empty = Lookup(np.array([], int), np.array([], int), default=4)
    assert empty(np.array([1, 2])).tolist() == [4, 4]


def test_24_values_divide_a_number_and_of_25_its_quantiles():
    for n, kind in ((24, Values), (25, Bins)):
        assert type(divided(NUMBER, column(*range(n)) / 10)) is kind
    assert type(divided(Part("c", "code", slice(0, 1)), column(1, 2))) is Levels


# ---------------------------------------------------------------- cells


def test_cells_of_two_columns_count_from_1_in_order():
    left, right = Part("a", "code", slice(0, 1)), Part("b", "code", slice(1, 2))
    pairs = Pairs(Levels(left), Levels(right))
    assert (pairs.n_levels, pairs.parts) == (0, [left, right])
    assert np.isnan([pairs.z, pairs.gain]).all()
    known = pairs.known(np.array([[2.0, 1.0], [1.0, 3.0], [2.0, 1.0], [1.0, 1.0]]))
    assert known.n_levels == 3
    A = np.array([[1.0, 1.0], [1.0, 3.0], [2.0, 1.0], [3.0, 1.0], [2.0, 3.0]])
    assert known.codes(A).tolist() == [1, 2, 3, 0, 0]
    assert Pairs.join([np.array([1, 2]), np.array([3, 4])]).tolist() == [2**32 + 3, 2**33 + 4]


def test_20_rows_a_cell_are_enough_for_vectors():
    cells = ExactValues(Values.of(NUMBER, column(1, 2, 3))).known(column(1, 2, 3))
    assert cells.n_levels == 3
    assert cells.has_vectors(60)
    assert not cells.has_vectors(59)


def test_what_a_schema_says_of_cells():
    other = Part("y", "number", slice(1, 2))
    A = np.array([[1.0, 2.0], [2.0, 2.0]])
    one = ExactValues(Values.of(NUMBER, A)).known(A)
    row = one.described()
    assert row == {"column": "x", "kind": "exact values", "missing": 0.0, "levels": 2,
                   "why": "tell what else is left unexplained", "example": ""}  # fmt: skip
    two = Pairs(Values.of(NUMBER, A), Values.of(other, A)).known(A)
    two.z, two.gain = 7.25, 0.0312
    row = two.described()
    assert (row["column"], row["kind"]) == ("x & y", "cells")
    assert row["why"] == "tell what else is left unexplained, z = 7.2, score of held-out rows +3.1%"
    assert two.says() == "Cells of 'x' and 'y' (2, z = 7.2)"
    assert one.says() == "Exact values of 'x' (2, z = nan)"


@pytest.mark.parametrize(
    ("counts", "proposed"),
    [
        ([5] * 9, True),
        ([5] * 8, False),  # no more than 8 values
        ([4] * 9, False),  # none is frequent
        ([5] * 2 + [1] * 10, True),  # just half of the rows have a frequent value
        ([5] * 2 + [1] * 11, False),
        ([1] * 10 + [5] * 2, True),
        ([10] + [1] * 10, True),
    ],
)
def test_exact_values_are_proposed_where_values_repeat(counts, proposed):
    A = np.repeat(np.arange(len(counts)) / 10, counts)[:, None]
    found = list(ExactValues.proposals([Part("c", "code", slice(0, 1)), NUMBER], A))
    assert [cells.parts for cells in found] == [[NUMBER]] * proposed


def test_every_two_columns_are_proposed_as_a_pair():
    parts = [Part(i, "code", slice(i, i + 1)) for i in range(4)]
    found = [tuple(p.name for p in cells.parts) for cells in Pairs.proposals(parts, np.eye(4))]
    assert found == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert (Pairs.crosses, ExactValues.crosses) == (True, False)


def test_codes_of_cells_stand_behind_those_of_categories_with_marks():
    A = np.array([[1.0, 5.0, 7.0], [2.0, 6.0, 8.0]], np.float32)
    first, last = (Part(i, "number", slice(i, i + 1)) for i in (0, 2))
    cells = [ExactValues(Values.of(part, A)).known(A) for part in (first, last)]
    none = CellColumns(2)
    assert none.transform(A) is A
    assert none.without(A) is A
    columns = none.also(cells[1], embedded=False).also(cells[0], embedded=True)
    assert columns.cells == [cells[0], cells[1]]
    assert (columns.embedded, columns.told) == ([cells[0]], [cells[1]])
    assert columns.n_levels == ([2], [2])
    marks = np.array([0.25, 0.5], np.float32)
    found = columns.transform(A, marks)
    expected = [[1, 5, 1.25, 1.25, 7], [2, 6, 2.5, 2.5, 8]]
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(columns.without(found), A)


def test_what_column_kinds_says_of_cells_is_apart_from_kinds():
    assert apart(None) == (None, [])
    assert apart({}) == ({}, [])
    kinds = {"a": "values", ("b", "c"): "cells", "d": "date"}
    assert apart(kinds) == ({"a": "number", "d": "date"}, [("a",), ("b", "c")])
    for key in ("a", ("a",), ("a", "b", "c"), ("a", "a")):
        with pytest.raises(ValueError, match="needs two columns"):
            apart({key: "cells"})


def test_cells_are_named_by_name_or_position_also_from_the_end():
    names = ["a", "text", "b"]
    parts = [Part("a", "number", slice(0, 1)), Part("b", "code", slice(1, 2))]
    A = np.array([[1.0, 2.0], [1.0, 3.0], [2.0, 2.0]])
    for keys in (("a", "b"), (0, 2), (-3, -1)):
        (cells,) = given_cells([keys], parts, names, A)
        assert [part.name for part in cells.parts] == ["a", "b"]
        assert (type(cells), cells.n_levels) == (Pairs, 3)
    (cells,) = given_cells([("a",)], parts, names, A)
    assert (type(cells), cells.n_levels) == (ExactValues, 2)
    for key, what in (("text", "is neither a number"), (1, "is neither a number"),
                      (3, "X does not have"), (-4, "X does not have")):  # fmt: skip
        with pytest.raises(ValueError, match=what):
            given_cells([(key,)], parts, names, A)
    numbered = [Part(5, "number", slice(0, 1)), Part(0, "code", slice(1, 2))]
    (cells,) = given_cells([(5,)], numbered, [5, 0], A)  # a name comes before a position
    assert [part.name for part in cells.parts] == [5]


# ---------------------------------------------------------------- folds


def test_folds_hold_out_their_rows_and_train_on_the_others():
    rows = np.array([10, 11, 12, 13])
    found = dealt(rows, np.array([1, 0, 2, 0]), 2)
    assert [(f.number, f.rows.tolist(), f.held.tolist()) for f in found] == [
        (0, [10, 12], [11, 13]),
        (1, [11, 12, 13], [10]),
    ]
    found = undivided(rows, 3)
    assert [(f.number, f.rows is rows, f.held) for f in found] == [
        (i, True, None) for i in (0, 1, 2)
    ]
    with pytest.raises(FrozenInstanceError):
        found[0].number = 5
    assert Fold(0, rows, None) != Fold(0, rows, None)  # arrays are not compared


def test_some_rows_are_taken_at_equal_distances():
    assert evenly(np.arange(10, 20), 4).tolist() == [10, 13, 16, 19]
    assert evenly(np.arange(10, 13), 4).tolist() == [10, 11, 12]
    assert evenly(np.arange(10, 14), 4).tolist() == [10, 11, 12, 13]


@pytest.mark.parametrize("n", [12, 31])
def test_each_hand_of_rows_in_the_order_of_y_has_every_fold(n):
    y = np.random.default_rng(1).permutation(n) / 7
    fold = assign_folds(y, 3, np.random.default_rng(0))
    in_order = fold[np.argsort(y)]
    hands = [in_order[i : i + 3] for i in range(0, n, 3)]
    assert all(len({*hand}) == len(hand) for hand in hands)
    assert len({tuple(hand) for hand in hands}) > 1  # each in an order of its own
    assert {*fold} == {0, 1, 2}


def test_ties_are_dealt_at_random_and_so_are_rows_of_several_outputs():
    ties = [assign_folds(np.zeros(12), 3, np.random.default_rng(i)).tolist() for i in (0, 1)]
    assert ties[0] != ties[1]
    assert [sorted(fold) for fold in ties] == [[0] * 4 + [1] * 4 + [2] * 4] * 2
    y = np.column_stack([np.arange(30.0), np.arange(30.0)])
    fold = assign_folds(y, 3, np.random.default_rng(0))
    assert np.bincount(fold).tolist() == [10, 10, 10]
    assert any(len({*fold[i : i + 3]}) < 3 for i in range(0, 30, 3))


def splits(wishes, n=12, kind="regression", n_members=5, y=None, rows=None):
    rows = np.arange(n) if rows is None else rows
    y = np.zeros(n) if y is None else y
    return wishes.folds(rows, y, kind, n_members)


def test_what_divides_rows_has_a_name():
    groups = np.zeros(3)
    for cv, name in ((None, "groups"), (3, "cv=3"), (KFold(2), f"cv={KFold(2)!r}"), ([], "cv")):
        assert Wishes(cv, groups, None, 0.2).name == name
    assert not Wishes(None, None, 5, 0.2).given
    assert Wishes(3, None, None, 0.2).given
    assert Wishes(None, groups, None, 0.2).given


def test_a_splitter_may_have_20_splits():
    for n in (1, 20):
        cv = ShuffleSplit(n, random_state=0)
        assert [f.number for f in splits(Wishes(cv, None, None, 0.2))] == [*range(n)]
    for cv in (ShuffleSplit(21, random_state=0), []):
        with pytest.raises(ValueError, match="may have 1 to 20"):
            splits(Wishes(cv, None, None, 0.2))


@pytest.mark.parametrize(
    ("n_groups", "n_members", "fraction", "wanted", "expected"),
    [
        (12, 5, 0.2, None, 5),  # as many as members
        (3, 5, 0.2, None, 3),  # and no more than groups
        (12, 2, 0.2, None, 2),
        (12, 1, 0.25, None, 1),  # a single member holds a part out
        (2, 5, 0.2, None, 2),
        (12, 5, 0.2, 3, 3),  # as many members as the user wants
        (12, 5, 0.2, 7, 5),
    ],
)
def test_groups_make_folds(n_groups, n_members, fraction, wanted, expected):
    groups = np.arange(24) % n_groups
    found = splits(Wishes(None, groups, wanted, fraction), 24, n_members=n_members)
    assert len(found) == expected
    if n_members == 2:
        assert [len(f.held) for f in found] == [12, 12]  # two halves
    assert not any({*groups[f.rows]} & {*groups[f.held]} for f in found)


@pytest.mark.parametrize(("fraction", "held"), [(0.25, 6), (0.2, 4), (0.5, 12), (0.9, 12)])
def test_a_single_member_holds_out_a_fraction_of_the_groups(fraction, held):
    n = 20 if fraction == 0.2 else 24
    (fold,) = splits(Wishes(None, np.arange(n) // 2, None, fraction), n, n_members=1)
    assert len(fold.held) == held


def test_one_group_cannot_be_divided():
    with pytest.raises(ValueError, match="2 different values or more"):
        splits(Wishes(None, np.zeros(12), None, 0.2))
    groups = np.r_[np.zeros(11), 1]
    with pytest.raises(ValueError, match="Got 1"):  # rows that do not count have none
        splits(Wishes(None, groups, None, 0.2), rows=np.arange(11))


def test_a_whole_number_of_cv_is_that_of_groups_or_of_classes():
    groups = np.arange(12) // 3
    found = splits(Wishes(4, groups, None, 0.2), n_members=2)
    assert [sorted({*groups[f.held]}) for f in found] != []
    assert sorted(g for f in found for g in {*groups[f.held]}) == [0, 1, 2, 3]
    y = np.repeat([0, 1], 6)
    for kind, mixed in (("binary", True), ("multiclass", True), ("regression", False)):
        found = splits(Wishes(2, None, None, 0.2), y=y, kind=kind)
        assert all((len({*y[f.held]}) == 2) is mixed for f in found)


def test_members_go_round_the_splits_of_cv():
    found = splits(Wishes(KFold(2), None, 5, 0.2), n_members=1)
    assert [f.number for f in found] == [0, 1, 2, 3, 4]
    assert [f.held[0] for f in found] == [0, 6, 0, 6, 0]


def test_splits_of_a_splitter_are_of_the_rows_that_count():
    rows = np.array([1, 3, 5, 7, 9, 11])
    found = splits(Wishes(KFold(3), None, None, 0.2), rows=rows)
    assert [f.held.tolist() for f in found] == [[1, 3], [5, 7], [9, 11]]
    given = [(np.arange(8), np.arange(8, 12))]  # but positions of an iterable are those of all
    (fold,) = splits(Wishes(given, None, None, 0.2), rows=rows)
    assert (fold.rows.tolist(), fold.held.tolist()) == ([1, 3, 5, 7], [9, 11])
    for part in (([1, 3], [0]), ([0], [1, 3])):
        with pytest.raises(ValueError, match="needs both"):
            splits(Wishes([part], None, None, 0.2), rows=rows)


def test_positions_may_be_a_mask_and_count_from_the_end():
    mask = np.arange(12) < 9
    (fold,) = splits(Wishes([(mask, ~mask)], None, None, 0.2))
    assert (fold.rows.tolist(), fold.held.tolist()) == ([*range(9)], [9, 10, 11])
    (fold,) = splits(Wishes([([0, 1], [-12, 11, -1])], None, None, 0.2))
    assert fold.held.tolist() == [0, 11, 11]
    for held in ([12], [-13], [0, 12], [-13, 0]):
        with pytest.raises(ValueError, match="X has 12 rows"):
            splits(Wishes([([0], held)], None, None, 0.2))
    for held in ([1.0], mask[:5]):
        with pytest.raises(ValueError, match="must yield positions"):
            splits(Wishes([([0], held)], None, None, 0.2))


# ---------------------------------------------------------------- honest scores


def test_the_raw_scores_of_a_half_are_those_of_the_epoch_that_the_other_half_likes_best():
    honest = HonestScores(np.arange(6.0), None, np.random.default_rng(0))
    first, second = honest.halves
    assert sorted([*first, *second]) == [0, 1, 2, 3, 4, 5]
    assert len(first) == len(second) == 3
    raws = [np.full((6, 1), float(epoch)) for epoch in range(4)]
    likes = iter([0.0, 0.0, 1.0, -1.0, 1.0, 3.0, 2.0, 3.0])
    for raw in raws:
        honest.take(raw, lambda y, raw, weight, rows: next(likes))
    assert (honest.known[second] == 3).all()  # the first half liked epoch 3 best, at last
    assert (honest.known[first] == 2).all()  # the second liked epoch 2, and 3 just as well
    assert raws[0].max() == 0  # what it was given stays as it is


def test_the_score_is_given_the_rows_of_a_half():
    y, weight = np.arange(5.0), np.array([1.0, 2.0, 0.0, 3.0, 4.0])
    honest = HonestScores(y, weight, np.random.default_rng(0))
    assert sorted(np.concatenate(honest.halves)) == [0, 1, 3, 4]
    raw, seen = np.arange(10.0).reshape(5, 2), []

    def score(y_of, raw_of, weight_of, rows):
        assert (y_of == y[rows]).all()
        assert (raw_of == raw[rows]).all()
        assert (weight_of == weight[rows]).all()
        seen.append(rows.tolist())
        return 0.0

    honest.take(raw, score)
    assert seen == [half.tolist() for half in honest.halves]
    np.testing.assert_array_equal(honest.known, raw)


def test_4_rows_are_divided_and_3_are_not():
    for n, weight, known in ((4, None, True), (3, None, False), (4, [1, 1, 1, 0.0], False)):
        weight = None if weight is None else np.array(weight)
        honest = HonestScores(np.arange(float(n)), weight, np.random.default_rng(0))
        assert honest.known is None  # before the first epoch
        honest.take(np.zeros((n, 1)), lambda *_: 0.0)
        assert (honest.known is not None) is known


def test_a_half_without_a_score_ends_it():
    honest = HonestScores(np.arange(4.0), None, np.random.default_rng(0))
    honest.take(np.zeros((4, 1)), lambda *_: 0.0)
    honest.take(np.ones((4, 1)), lambda *_: np.nan)
    assert honest.known is None


# ---------------------------------------------------------------- weights of labels


LABELS = np.array([[0, 1], [1, 1], [0, 0], [0, 1]])
SCORES = np.array([[0.5, -1.0], [2.0, 0.3], [-0.7, 0.0], [1.5, 1.5]])
UNEQUAL = BalancedLabels([0.5, 3.0], [2.0, 0.25])


def weights_of(y):
    return np.where(y == 1, [2.0, 0.25], [0.5, 3.0])


def test_balanced_weights_give_no_and_yes_the_same_sum():
    loss = BalancedLabels.balancing(LABELS, None)
    np.testing.assert_allclose(loss.no, [0.5 / 0.75, 2.0])
    np.testing.assert_allclose(loss.yes, [2.0, 0.5 / 0.75])
    weight = np.array([1.0, 2.0, 1.0, 4.0])
    loss = BalancedLabels.balancing(LABELS, weight)
    np.testing.assert_allclose(loss.yes, [0.5 / (2 / 8), 0.5 / (7 / 8)])
    loss = BalancedLabels.balancing(np.array([[1, 0], [1, 0]]), None)  # never both: as they are
    assert (loss.no, loss.yes) == ([1.0, 1.0], [1.0, 1.0])
    assert (BalancedLabels().no, BalancedLabels().yes) == ((1.0,), (1.0,))


def test_the_loss_is_weighted_by_what_each_label_is():
    cross = -np.where(LABELS, np.log(1 / (1 + np.exp(-SCORES))), np.log(1 / (1 + np.exp(SCORES))))
    expected = (weights_of(LABELS) * cross).sum(axis=1)
    np.testing.assert_allclose(UNEQUAL.value(LABELS.astype(float), SCORES), expected)


def test_the_gradient_is_the_slope_of_the_loss():
    y = LABELS.astype(float)
    (scratch,) = UNEQUAL.scratch
    assert scratch is None
    out, weight = np.full((4, 2), np.nan), np.full((4, 2), np.nan)
    replay(bind(UNEQUAL.gradient(y, SCORES, out, (weight,)), np.float64))
    for i in range(4):
        slope = approx_fprime(
            SCORES[i], lambda z, i=i: UNEQUAL.value(y[i : i + 1], z[None])[0], 1e-7
        )
        np.testing.assert_allclose(out[i], slope, atol=1e-6)


@pytest.mark.parametrize("weight", [None, np.array([1.0, 2.0, 3.0, 4.0])])
def test_the_best_constant_has_no_slope(weight):
    y = LABELS.astype(float)
    z = UNEQUAL.constant(y, weight)
    slopes = weights_of(y) * (1 / (1 + np.exp(-z)) - y)
    np.testing.assert_allclose(np.average(slopes, axis=0, weights=weight), 0, atol=1e-12)
    certain = UNEQUAL.constant(np.array([[1.0, 0.0]]), None)
    np.testing.assert_allclose(certain, [np.log(2 / 1e-6), np.log(1e-6 / 3)])


def test_labels_apart_are_rows_of_their_own():
    y, raw, weight = UNEQUAL.apart(LABELS, SCORES, None)
    assert y.tolist() == [0, 1, 1, 1, 0, 0, 0, 1]
    np.testing.assert_array_equal(raw[:, 0], SCORES.ravel())
    np.testing.assert_array_equal(weight, [0.5, 0.25, 2, 0.25, 0.5, 3, 0.5, 0.25])
    *_, weighted = UNEQUAL.apart(LABELS, SCORES, np.array([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_array_equal(weighted, weight * [1, 1, 2, 2, 3, 3, 4, 4])


# ---------------------------------------------------------------- trees as arrays


@pytest.mark.parametrize("n_features", [1, 3])
@pytest.mark.parametrize("kind", ["numbers", "two", "three"])
def test_a_forest_predicts_what_its_trees_do(kind, n_features):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, n_features))
    X[rng.random(X.shape) < 0.2] = np.nan
    score = np.nan_to_num(X[:, 0], nan=2.0) + rng.normal(size=120) / 3
    settings = {"max_iter": 5, "min_samples_leaf": 4, "early_stopping": False, "random_state": 0}
    if kind == "numbers":
        model = HistGradientBoostingRegressor(**settings).fit(X, score)
        expected = model.predict(X)[:, None]
    else:
        y = np.digitize(score, [0] if kind == "two" else [-1, 1])
        model = HistGradientBoostingClassifier(**settings).fit(X, y)
        expected = model.decision_function(X).reshape(120, -1)
    forest = Forest(model)
    np.testing.assert_allclose(forest(X), expected, atol=1e-9)
    np.testing.assert_allclose(raw_scores(model, forest, X), expected, atol=1e-9)
    edges = np.tile(forest.threshold[:, None], (1, n_features))  # what is at a threshold goes left
    at_edges = model.predict(edges) if kind == "numbers" else model.decision_function(edges)
    np.testing.assert_allclose(forest(edges), at_edges.reshape(len(edges), -1), atol=1e-9)
    many = np.tile(X, (60, 1))  # beyond 30,000 pairs of a row and a tree, trees go one by one
    np.testing.assert_allclose(raw_scores(model, forest, many), np.tile(expected, (60, 1)))

"""What statements of streams mean, unit by unit: what is drawn for rows, and surveys."""

from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skfnn.preprocessing import TabularEncoder
from skfnn.tabular import (
    _preparation,
    _survey,
)
from skfnn.tabular._fitted import HeldOut, weighted_mean
from skfnn.tabular._folds import Fold, undivided
from skfnn.tabular._ongoing import Ongoing
from skfnn.tabular._origin import Origin, row_hashes
from skfnn.tabular._preparation import Prepared, Table
from skfnn.tabular._sources import (
    Block,
    Frames,
)
from skfnn.tabular._stream import Encode, Encoded, Stream, window_rows
from skfnn.tabular._streamed import How, Streamed
from skfnn.tabular._survey import (
    Dealing,
    Sample,
    Survey,
    Targets,
    aligned,
    hashed,
    sample_of,
    survey,
    surveyed_again,
    targets_in,
    targets_of,
)
from skfnn.tabular._widths import HeldErrors, spread_of_one

MASK = 2**64 - 1


def split_mix(seed, part, position):
    """SplitMix64, in whole numbers of Python."""
    x = position * 0xBF58476D1CE4E5B9 + seed * 0xD1342543DE82EF95 + (part + 1) * 0x9E3779B97F4A7C15
    x &= MASK
    for factor, shift in ((0xBF58476D1CE4E5B9, 30), (0x94D049BB133111EB, 27), (1, 31)):
        x = ((x ^ (x >> shift)) * factor) & MASK
    return x


def block(n, part=0, *, y=None, weight=None, groups=None, begin=0):
    X = pd.DataFrame({"a": np.arange(n, dtype=float)})
    y = np.zeros(n) if y is None else np.asarray(y)
    return Block(part, np.arange(begin, begin + n), X, y, weight, groups)


# ------------------------------------------------------------------ values that nothing changes


ROWS = np.arange(12)
# Classes whose objects hold arrays, and a use of each file.
HOLDERS = [
    (Block, lambda: len(block(1))),
    (Survey, lambda: hashed(0, 0, ROWS)),
    (Targets, lambda: hashed(0, 0, ROWS)),
    (Sample, lambda: hashed(0, 0, ROWS)),
    *((cls, lambda: window_rows(1, 1, 1)) for cls in (Encoded, Encode, Stream)),
    (Fold, lambda: undivided(ROWS, 1)),
    *((cls, lambda: Streamed(None, 1, How()).weights(ROWS)) for cls in (How, Streamed)),
    (Ongoing, lambda: Ongoing(*[None] * 6, [], None, ()).latest(0)),
    (Origin, lambda: row_hashes(np.ones((2, 2)))),
    *((cls, lambda: _preparation._is_free(None)) for cls in (Table, Prepared)),
    (HeldErrors, lambda: spread_of_one(np.ones((2, 1)), None)),
    (HeldOut, lambda: weighted_mean([ROWS], [1.0])),
]


@pytest.mark.parametrize(("cls", "use"), [*HOLDERS, (Dealing, lambda: Dealing(0, 1, 1).n_marks)])
def test_what_is_known_of_rows_is_not_changed(cls, use):
    use()
    if cls not in (Targets, Sample):
        with pytest.raises(FrozenInstanceError):
            object.__new__(cls).other = 1


@pytest.mark.parametrize(("cls", "use"), HOLDERS)
def test_what_holds_arrays_is_equal_to_itself_alone(cls, use):
    use()
    one, other = object.__new__(cls), object.__new__(cls)
    assert hash(one) == hash(one)
    assert one == one
    assert one != other


# ------------------------------------------------------------------ what is drawn for rows


def test_a_number_is_drawn_for_a_row_by_its_part_and_place():
    places = np.array([0, 1, 2, 1000, 2**40])
    for seed, part in ((0, 0), (5, 3), (2**33 + 1, 2**62)):
        expected = [split_mix(seed, part, int(place)) for place in places]
        assert hashed(seed, part, places).tolist() == expected


def test_folds_marks_and_samples_are_drawn_apart():
    """What was drawn in an earlier version stays: rows that are held out stay so."""
    dealing, rows = Dealing(11, 4, 2), block(50, 3, begin=100)
    fold = [(split_mix(11 + 2**32, 3, i) >> 32) % 4 for i in range(100, 150)]
    assert dealing.folds(rows).tolist() == fold
    fine = [(split_mix(11 + 2 * 2**32, 3, i) >> 32) % 2 for i in range(100, 150)]
    mark = [(1 + 2 * f + g) / 32 for f, g in zip(fold, fine, strict=True)]
    assert dealing.marks(rows).tolist() == np.float32(mark).tolist()
    assert dealing.marks(rows).dtype == np.float32
    some = [split_mix(11 + 3 * 2**32, 3, i) < 2**62 for i in range(100, 150)]
    assert dealing.in_sample(rows, 0.25).tolist() == some
    assert dealing.in_sample(rows, 1.0).tolist() == [True] * 50
    assert dealing.in_sample(rows, 1.5).tolist() == [True] * 50
    assert not dealing.in_sample(rows, 0.0).any()


def test_rows_of_a_group_are_drawn_for_together_but_for_the_sample():
    groups = np.array(["x", "y", "x", "z"] * 9)
    rows, dealing = block(36, 5, groups=groups), Dealing(3, 2, 2)
    keys = pd.util.hash_array(groups.astype(object))
    expected = [(split_mix(3 + 2**32, 0, int(key)) >> 32) % 2 for key in keys]
    assert dealing.folds(rows).tolist() == expected
    assert_array_equal(dealing.in_sample(rows, 0.5), dealing.in_sample(block(36, 5), 0.5))


@pytest.mark.parametrize(("n_folds", "parts"), [(1, 5), (2, 5), (3, 3), (4, 2), (6, 1), (20, 1)])
def test_each_fold_has_marks_of_its_own_five_outside_of_it_at_least(n_folds, parts):
    dealing, rows = Dealing(0, n_folds, n_folds), block(4000)
    marks, folds = dealing.marks(rows) * 32, dealing.folds(rows)
    for fold in range(n_folds):
        own = dealing.marks_of(fold)
        assert own.tolist() == list(range(1 + fold * parts, 1 + (fold + 1) * parts))
        assert set(marks[folds == fold]) == set(own)
    assert dealing.n_marks == 1 + n_folds * parts


def test_marks_go_round_where_there_are_more_than_31():
    dealing, rows = Dealing(0, 40, 40), block(4000)
    marks, folds = dealing.marks(rows) * 32, dealing.folds(rows)
    assert dealing.n_marks == 32
    assert [dealing.marks_of(fold).tolist() for fold in (30, 31)] == [[31], [1]]
    assert_array_equal(marks, 1 + folds % 31)


def test_folds_are_held_out_where_each_holds_some_and_leaves_some():
    folds = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 2])
    found = Dealing(0, 3, 2).held(folds, None)
    assert [fold.number for fold in found] == [0, 1]
    assert [fold.held.tolist() for fold in found] == [[0, 3, 6], [1, 4, 7]]
    assert found[0].rows.tolist() == [1, 2, 4, 5, 7, 8, 9]
    assert Dealing(0, 3, 0).held(folds, None) == []
    assert Dealing(0, 3, 2).held(folds[:9], None) == []  # fewer than 10 rows
    assert Dealing(0, 4, 4).held(folds, None) == []  # the last fold has no row
    assert len(Dealing(0, 4, 3).held(folds, None)) == 3
    assert Dealing(0, 2, 1).held(np.zeros(10, int), None) == []  # nothing is left
    assert Dealing(0, 1, 1).held(np.zeros(10, int), None) == []


def test_a_fold_whose_rows_have_next_to_no_weight_holds_nothing_out():
    folds, weight = np.arange(12) % 3, np.ones(12)
    weight[folds == 1] = 1e-18  # what a positive weight is at least
    assert Dealing(0, 3, 3).held(folds, weight) == []
    weight[1] = 2e-18
    assert len(Dealing(0, 3, 3).held(folds, weight)) == 3
    weight[folds != 1] = 0.0
    assert Dealing(0, 3, 2).held(folds, weight) == []


# ------------------------------------------------------------------ targets


def numbers(n, low, high, weight=None, width=2):
    none = np.zeros(0)
    return Targets(n, float(n) if weight is None else weight, none, none, none,
                   low=np.array(low), high=np.array(high), width=width)  # fmt: skip


def test_targets_of_two_parts_are_joined():
    found = numbers(3, [1.0, -1.0], [2.0, 5.0], 1.5) + numbers(4, [0.0, 7.0], [1.0, 9.0], 2.0, 3)
    assert (found.n, found.weight, found.width) == (7, 3.5, 3)
    assert found.low.tolist() == [0.0, -1.0]
    assert found.high.tolist() == [2.0, 9.0]
    one = targets_of(block(3, y=["b", "a", "b"], weight=np.array([1.0, 2.0, 4.0])), False)
    found = one + targets_of(block(2, y=["c", "b"]), False)
    assert found.labels.tolist() == ["a", "b", "c"]
    assert found.rows.tolist() == [1, 3, 1]
    assert found.weights.tolist() == [2.0, 6.0, 1.0]
    assert (found.n, found.weight) == (5, 9.0)


def test_a_table_has_one_column_where_nothing_is_said():
    none = np.zeros(0)
    assert Targets(1, 1.0, none, none, none, low=none, high=none).width == 1


@pytest.mark.parametrize(
    ("n", "width", "rows"),
    [
        (10**6, 1, 200_000), (10**6, 15, 200_000), (10**6, 30, 100_000), (10**6, 299, 10_033),
        (10**6, 300, 10_000), (10**6, 4000, 10_000), (10**5, 1, 200_000),
    ],
)  # fmt: skip
def test_the_sample_has_200_000_rows_or_3_million_cells_or_10_000_rows(n, width, rows):
    assert numbers(n, [0.0], [1.0], width=width).share == rows / n


def test_empty_targets_have_the_classes_and_no_rows():
    found = targets_of(block(3, y=["b", "a", "b"]), False).empty
    assert (found.n, found.weight) == (0, 0.0)
    assert found.labels.tolist() == ["a", "b"]
    assert found.rows.tolist() == found.weights.tolist() == [0, 0]
    none, some = numbers(3, [1.0], [2.0]).empty, numbers(2, [3.0], [4.0])
    assert (none + some).low.tolist() == [3.0]
    assert (none + some).high.tolist() == [4.0]


def test_classes_that_there_will_be_are_known_before_their_rows():
    some = targets_of(block(3, y=["b", "a", "b"]), False)
    assert some.with_classes(None) is some
    found = some.with_classes(["c", "b", "a"])
    assert found.labels.tolist() == ["a", "b", "c"]
    assert found.rows.tolist() == found.weights.tolist() == [1, 2, 0]
    assert (found.n, found.weight) == (3, 3.0)
    with pytest.raises(ValueError, match="not in classes"):
        some.with_classes(["b"])


def test_targets_that_are_missing_are_told_by_their_row():
    y = np.array([[1.0, 2.0], [np.nan, 1.0], [3.0, 1.0], [1.0, np.nan]])
    with pytest.raises(ValueError, match="missing in 2 rows of part 4 of X, first in its row 8"):
        targets_of(block(4, 4, y=y, begin=7), True)
    with pytest.raises(ValueError, match="must hold numbers"):
        targets_of(block(2, 2, y=["a", "b"]), True)
    with pytest.raises(ValueError, match="infinity in part 2"):
        targets_of(block(2, 2, y=[1.0, np.inf]), True)
    with pytest.raises(ValueError, match="several types: int, str"):
        targets_of(block(2, y=np.array(["a", 1], object)), False)


def test_what_targets_tell_of_a_block():
    found = targets_of(block(3, y=[[1.0, 9.0], [3.0, 5.0], [2.0, 7.0]]), True)
    assert found.low.tolist() == [1.0, 5.0]
    assert found.high.tolist() == [3.0, 9.0]
    assert (found.n, found.weight, found.width) == (3, 3.0, 1)
    assert targets_of(block(3, y=[1.0, 3.0, 2.0]), True).low.tolist() == [1.0]
    found = targets_of(block(3, y=[["a"], ["b"], ["a"]]), False)  # one column of labels
    assert (found.labels.tolist(), found.rows.tolist()) == (["a", "b"], [2, 1])
    found = targets_of(block(3, y=[[1, 0], [0, 1], [1, 1]]), False)  # several labels a row
    assert found.labels.size == found.rows.size == found.low.size == 0


def test_a_source_without_rows_is_an_error():
    with pytest.raises(ValueError, match="no row that counts"):
        targets_in(Frames([(0, (np.ones((2, 1)), np.ones(2), np.array([0.0, 0.0]), None))]), True)


# ------------------------------------------------------------------ samples and surveys


def test_samples_are_joined_in_their_order():
    one, other = block(3, y=[1, 2, 3]), block(2, 1, y=[4, 5], weight=np.array([2.0, 3.0]))
    found = Sample([one], np.array([1, 2])) + Sample([other], np.array([2, 0]))
    assert found.folds.tolist() == [3, 2]
    given = found.given
    assert given.y.tolist() == [1, 2, 3, 4, 5]
    assert given.weight.tolist() == [1.0, 1.0, 1.0, 2.0, 3.0]
    assert given.X["a"].tolist() == [0.0, 1.0, 2.0, 0.0, 1.0]
    assert given.X.index.tolist() == list(range(5))
    assert Sample([one], np.array([3])).given.weight is None
    arrays = [Block(i, np.arange(2), np.full((2, 1), i), np.zeros(2)) for i in range(2)]
    assert Sample(arrays, np.array([4])).given.X.tolist() == [[0], [0], [1], [1]]


def test_tables_of_another_library_are_joined_with_those_of_pandas():
    other = SimpleNamespace(to_pandas=lambda: pd.DataFrame({"a": [5.0]}, index=[9]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_survey, "is_frame", lambda X: True)
        found = _survey._stacked([pd.DataFrame({"a": [4.0]}), other])
    assert found["a"].tolist() == [4.0, 5.0]
    assert found.index.tolist() == [0, 1]


def test_all_rows_count_for_folds_and_those_drawn_are_in_the_sample():
    dealing, rows = Dealing(2, 3, 3), block(300)
    found = sample_of(rows, dealing, 0.2)
    assert found.folds.tolist() == np.bincount(dealing.folds(rows)).tolist()
    assert_array_equal(found.blocks[0].position, np.flatnonzero(dealing.in_sample(rows, 0.2)))
    assert sample_of(rows, dealing, 0.0).blocks == []
    assert sample_of(block(1), Dealing(2, 3, 3), 1).folds.size == 3


def test_a_table_that_lacks_a_column_has_it_empty():
    X = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    encoder = TabularEncoder().fit(X)
    assert aligned(X, encoder) is X
    more = X.assign(c=1)
    assert aligned(more, encoder) is more
    found = aligned(more.drop(columns="b"), encoder)
    assert list(found.columns) == ["a", "c", "b"]
    assert found["b"].isna().all()
    array = np.ones((2, 2))
    assert aligned(array, encoder) is array


class Counted(Frames):
    """Tables in memory that count how often they are read."""

    passes = 0

    def blocks(self, order=None):
        self.passes += 1
        return super().blocks(order)


LETTERS = "abcdefghijklmnopqrstuvwx"


def coloured(n, colours):
    X = pd.DataFrame({"a": np.arange(float(n)), "c": [colours[i % len(colours)] for i in range(n)]})
    return X, np.arange(float(n)), None, None


def test_levels_are_counted_where_the_sample_has_not_all_rows():
    source = Counted([(0, coloured(40, LETTERS[:12])), (1, coloured(40, LETTERS[12:]))])
    targets, dealing = targets_in(source, True), Dealing(1, 2, 2)
    found = survey(source, targets, dealing, TabularEncoder())
    assert source.passes == 2  # the sample are all rows
    assert len(found.given.y) == 80
    assert found.encoder.categories_[1].tolist() == list(LETTERS)
    few = Targets(targets.n * 20_000, targets.weight, targets.labels, targets.rows,
                  targets.weights, low=targets.low, high=targets.high)  # fmt: skip
    found = survey(source, few, dealing, TabularEncoder())
    assert 0 < len(found.given.y) < 40
    assert source.passes == 4
    assert found.encoder.categories_[1].tolist() == list(LETTERS)
    numbers_alone = Counted([(0, (np.arange(80.0)[:, None], np.arange(80.0), None, None))])
    survey(numbers_alone, few, dealing, TabularEncoder())
    assert numbers_alone.passes == 1  # there are no levels


def test_levels_grow_in_columns_of_categories_alone():
    X = pd.DataFrame({
        "number": np.linspace(0, 1, 60), "category": list("abc") * 20,
        "boolean": [True, False] * 30, "labels": ["a", "a|b", "c"] * 20,
    })  # fmt: skip
    encoder = TabularEncoder(column_kinds={"labels": "labels"}).fit(X)
    kinds = [(column.kind, _survey._grows_in(column)) for column in encoder._columns]
    assert kinds == [("number", False), ("category", True), ("boolean", False), ("labels", False)]


def test_an_encoder_that_is_fitted_learns_levels_and_keeps_its_scales():
    before = TabularEncoder().fit(coloured(40, LETTERS[:12])[0])
    source = Frames([(7, coloured(40, LETTERS[1:12] + "Q"))])
    old = block(3)
    found = surveyed_again(source, targets_in(source, True), Dealing(1, 2, 2), before, [old])
    assert found.encoder is not before
    assert before.categories_[1].tolist() == list(LETTERS[:12])
    assert found.encoder.categories_[1].tolist() == [*LETTERS[:12], "Q"]
    assert found.sample.blocks[0] is old
    assert found.sample.folds.sum() == 40
    assert [rows.part for rows in found.sample.blocks] == [0, 7]

"""What statements of streams mean, unit by unit: windows, weights, and sums."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skfnn._engine.network.network import Network
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import ClassTarget, RegressionTarget
from skfnn.layers import CategoryStatistics, Linear
from skfnn.losses import Loss
from skfnn.preprocessing import TabularEncoder
from skfnn.solvers import Problem, Progress
from skfnn.tabular import _stream
from skfnn.tabular._categories import statistics_of
from skfnn.tabular._cells import CellColumns
from skfnn.tabular._fitted_numbers import FittedNumbers
from skfnn.tabular._fitted_numbers import Scale as Unit
from skfnn.tabular._recipes import Recipe
from skfnn.tabular._sources import Block, Frames
from skfnn.tabular._stream import (
    Encode,
    Encoded,
    Stream,
    Sums,
    Weigher,
    Window,
    Windows,
    sums_in,
    window_rows,
)
from skfnn.tabular._survey import Dealing, Sample, Targets

NONE = np.zeros(0)
SQUARED = Loss.resolve("squared_error", "loss").specialise("regression")
TARGET = RegressionTarget(1, True)


def fitted(encoder=None, spread=1.0):
    return FittedNumbers(encoder, TARGET, SQUARED, scale=Unit(0.0, spread, -99, 99), given_loss="x")


# ------------------------------------------------------------------ windows


@pytest.mark.parametrize(
    ("width", "n_rows", "batch", "expected"),
    [
        (1, 2**17, 256, 2**17),
        (1, 2**17 + 1, 256, 2**16),  # two windows, of whole batches
        (2**15, 1024, 100, 1024),  # 2**25 numbers
        (2**15, 1025, 100, 500),
        (2**15, 2000, 600, 600),  # two batches would be too many
        (2**15, 2000, 3000, 3000),  # a batch at least
        (2**15, 3000, 10, 1000),
    ],
)
def test_as_many_rows_as_fit_are_shuffled_together(width, n_rows, batch, expected):
    assert window_rows(width, n_rows, batch) == expected


def data(n=4, weight=None):
    return Data(np.zeros((n, 1)), np.zeros(n), weight, TARGET, (0.0, 1.0))


def encoded(values, weight=None):
    values = np.asarray(values, float)
    return Encoded(values[:, None], 10 * values, weight, np.zeros(len(values), int))


def test_a_window_is_used_each_time_that_it_is_full():
    window, seen = Window(data(weight=np.ones(9)), 4), []
    assert len(window.data) == 4
    for rows in (encoded([1, 2, 3]), encoded([4, 5], np.array([2.0, 3.0])), encoded(range(6, 15))):
        for _ in window.fills(rows):
            seen.append((window.data.X[:, 0].tolist(), window.data.weight.tolist()))
            assert_array_equal(window.data.y, 10 * window.data.X[:, 0])
    assert seen == [
        ([1, 2, 3, 4], [1, 1, 1, 2]), ([5, 6, 7, 8], [3, 1, 1, 1]), ([9, 10, 11, 12], [1] * 4)
    ]  # fmt: skip
    assert window.filled == 2
    assert Window(data(), 2).data.weight is None
    assert list(Window(data(), 2).fills(encoded([]))) == []


class Program:
    """An epoch over a window that is noted, in place of a network's."""

    seen: list = []  # noqa: RUF012

    def __init__(self, solver, problem):
        self.data, self.solver = problem.data, solver

    def run(self):
        self.seen.append(self.data.X[:, 0].tolist())
        return float(len(self.seen)), self.solver.max_iter


class Told:
    """A monitor that notes what it is told."""

    def __init__(self, exhausted=99, ends=99):
        self.calls, self.exhausted, self.ends = [], exhausted, ends
        self.finished = SimpleNamespace(best=-3.0, stale=7)

    def resume(self, best, stale):
        self.calls.append(("resume", best, stale))

    def begin(self):
        self.calls.append("begin")

    def epoch(self, *given):
        self.calls.append(given)
        self.exhausted -= 1
        return self.exhausted == 0

    def end(self):
        self.ends -= 1
        return self.ends == 0


class Rows:
    """A stream of rows 0 to n - 1 in pieces of four."""

    def __init__(self, n):
        self.n = n

    def n_rows(self, fold):
        assert fold == 1
        return self.n

    def rows(self, fold, order):
        for i in range(0, self.n, 4):
            yield encoded(range(i, min(i + 4, self.n)))


def windows(n, monitor, max_iter=2, share=1.0):
    solver = Windows("adam", max_iter=max_iter, batch_size=2).over(Rows(n), 1, share)
    progress = Progress(np.random.default_rng(0), None)
    solver.run(Problem(None, data(1), progress), monitor)
    return progress


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(_stream, "WINDOW_ROWS", 4)
    monkeypatch.setattr(_stream, "EpochProgram", Program)
    Program.seen = []


def test_windows_follow_one_another_over_passes(small):
    monitor = Told()
    progress = windows(10, monitor)
    assert Program.seen == [
        [0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1], [2, 3, 4, 5], [6, 7, 8, 9]
    ]  # fmt: skip
    # two passes are five windows: two in the first epoch, three in the other
    assert monitor.calls[1:] == ["begin", (1.5, 5), "begin", (4.0, 5)]
    assert (progress.epochs, progress.samples) == (5, 20)
    assert (progress.best, progress.stale) == (-3.0, 7)


def test_an_epoch_of_windows_has_a_share_of_the_rows(small):
    monitor = Told()
    windows(10, monitor, share=0.5)  # five rows are two windows of a batch
    assert [len(rows) for rows in Program.seen] == [2] * 5
    assert sum(rows == "begin" for rows in monitor.calls) == 2


@pytest.mark.parametrize("given", [{"exhausted": 1}, {"ends": 1}])
def test_windows_end_where_the_monitor_says(small, given):
    windows(10, Told(**given), max_iter=4)
    assert len(Program.seen) == 2


def test_a_window_may_have_all_rows_but_there_must_be_as_many(small):
    windows(4, Told())
    assert Program.seen == [[0, 1, 2, 3]] * 2

    class Short(Rows):
        def n_rows(self, fold):
            return 4

    solver = Windows("adam", max_iter=2, batch_size=2).over(Short(3), 1, 1.0)
    progress = Progress(np.random.default_rng(0), None)
    with pytest.raises(ValueError, match="fewer than 4 rows"):
        solver.run(Problem(None, data(1), progress), Told())


def test_where_all_new_rows_are_held_out_nothing_is_learned(small):
    monitor = Told()
    windows(0, monitor)
    assert monitor.calls == ["begin", (0.0,)]
    assert Program.seen == []


# ------------------------------------------------------------------ weights


def targets(labels, rows, weights):
    labels, rows, weights = map(np.asarray, (labels, rows, weights))
    return Targets(int(rows.sum()), float(weights.sum()), labels, rows, weights, low=NONE,
                   high=NONE)  # fmt: skip


def known(found, weight):
    return SimpleNamespace(targets=found, given=SimpleNamespace(weight=weight))


def test_weights_have_a_mean_of_one_over_all_rows():
    target = ClassTarget(np.array(["a", "b", "c"]))
    of_classes = targets(["a", "b", "c"], [4, 2, 1], [4.0, 4.0, 9.0])
    assert Weigher.of(known(of_classes, None), target, None) is None
    assert Weigher.of(known(of_classes, np.ones(3)), target, None) == (17 / 7, None)
    found = Weigher.of(known(of_classes, np.ones(3)), target, {"a": 1.0, "b": 3.0, "c": 0.0})
    assert found.of_class.tolist() == [1.0, 3.0, 0.0]
    assert found.unit == pytest.approx((4 + 12) / 6)  # rows of class c are absent
    no_classes = Targets(4, 6.0, NONE, NONE, NONE, low=NONE, high=NONE)
    assert Weigher.of(known(no_classes, None), TARGET, "balanced") is None
    assert Weigher.of(known(no_classes, np.ones(2)), TARGET, "balanced") == (1.5, None)


def test_a_row_weighs_its_weight_times_that_of_its_class():
    y = np.array([0, 1, 1])
    found = Weigher(2.0, np.array([1.0, 3.0]))(np.array([4.0, 4.0, 0.0]), y)
    assert found.tolist() == [2.0, 6.0, 0.0]
    assert found.dtype == np.float32
    assert Weigher(2.0, np.array([1.0, 3.0]))(None, y).tolist() == [0.5, 1.5, 1.5]
    assert Weigher(0.5)(None, y).tolist() == [2.0, 2.0, 2.0]


# ------------------------------------------------------------------ rows as networks take them

X = pd.DataFrame({"a": np.linspace(-1, 1, 60), "c": [f"c{i % 12:02}" for i in range(60)]})
DEALING = Dealing(4, 3, 3)


def encode(weigher=None):
    encoder = TabularEncoder().fit(X)
    return Encode(fitted(encoder, 2.0), CellColumns(2), DEALING, weigher, slice(1, 2))


def test_blocks_are_encoded_with_their_folds_and_targets():
    made, y = encode(), np.arange(60.0)
    block = Block(1, np.arange(60), X[["c"]], y[:, None])
    found = made(block)
    assert len(found) == 60
    assert found.X[:, 1].tolist() == (np.arange(60) % 12 + 1 + DEALING.marks(block)).tolist()
    assert len(set(found.X[:, 0])) == 1  # the number that the block lacks
    assert found.y.tolist() == (y / 2).tolist()
    assert found.weight is None
    assert_array_equal(found.fold, DEALING.folds(block))
    weighed = encode(Weigher(0.5))(Block(1, np.arange(60), X, y, np.ones(60)))
    assert weighed.weight.tolist() == [2.0] * 60
    with pytest.raises(ValueError, match="y"):
        made(Block(1, np.arange(60), X, np.ones((60, 2))))


def by_hand(block, weight, deviation):
    """Sums of weights and of targets in their unit, for each level and mark."""
    found = np.zeros((13, DEALING.n_marks, 2))
    marks = np.rint(DEALING.marks(block) * 32).astype(int)
    for i, mark in enumerate(marks):
        value = np.asarray(block.y)[i] / 2 / deviation
        found[i % 12 + 1, mark] += weight * np.array([1.0, value])
    return found


def test_what_is_known_of_levels_is_summed_by_parts():
    blocks = [Block(i, np.arange(60), X, np.arange(60.0) + i) for i in (5, 9)]
    made = encode(Weigher(0.5))
    part, found = sums_in(blocks[0], made, np.array([4.0]))
    assert part == 5
    sums = Sums([12], DEALING.n_marks, 1)
    sums.take(found)
    assert_allclose(sums.columns[0], by_hand(blocks[0], 2.0, 4.0))
    sums.take(sums_in(blocks[1], made, np.array([4.0]))[1])
    both = by_hand(blocks[0], 2.0, 4.0) + by_hand(blocks[1], 2.0, 4.0)
    assert_allclose(sums.columns[0], both)
    (all_of,) = sums.of(DEALING, None)
    assert_allclose(all_of, both)
    (others,) = sums.of(DEALING, 1)
    assert_allclose(others[:, DEALING.marks_of(1)], 0.0)
    for fold in (0, 2):
        assert_allclose(others[:, DEALING.marks_of(fold)], both[:, DEALING.marks_of(fold)])
    several = Sums([2], DEALING.n_marks, 3)  # sums of three targets
    several.columns[0] += 1.0
    (others,) = several.of(DEALING, 1)
    assert others.sum() == 3 * 4 * (DEALING.n_marks - len(DEALING.marks_of(1)))
    more = Sums([14], DEALING.n_marks, 1).on(sums)
    assert_allclose(more.columns[0][:13], both)
    assert not more.columns[0][13:].any()


def task(statistics=True):
    y = np.array([1.0, 3.0, 5.0])
    return SimpleNamespace(
        n_levels=[12], columns=CellColumns(2), n_numbers=1,
        recipe=Recipe(category_statistics=statistics),
        data=SimpleNamespace(labels=lambda: (y, np.array([1.0, 1.0, 2.0]))),
    )  # fmt: skip


def survey(source):
    sample = Sample([], np.array([70, 30, 20]))
    given = SimpleNamespace(y=np.zeros(120), weight=None)
    return SimpleNamespace(source=source, dealing=DEALING, sample=sample, given=given)


def stream(blocks, **given):
    tables = [(b.part, (b.X, b.y, b.weight, None)) for b in blocks]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_stream, "replace", lambda found, **changed: found)  # no dataclass
        return Stream.of(survey(Frames(tables)), fitted(TabularEncoder().fit(X)), **given)


def test_a_stream_knows_levels_of_all_parts_and_those_known_before():
    blocks = [Block(i, np.arange(60), X, 2 * (np.arange(60.0) + i)) for i in (5, 9)]
    found = stream(blocks, task=task(), weigher=None, held=True)
    variance = np.average((np.array([1.0, 3.0, 5.0]) - 3.5) ** 2, weights=[1, 1, 2])
    one, other = (by_hand(block, 1.0, variance**0.5) for block in blocks)
    assert_allclose(found.sums.columns[0][..., 0], (one + other)[..., 0])
    assert_allclose(found.sums.columns[0][..., 1], 2 * (one + other)[..., 1])
    assert found.parts == {5, 9}
    assert found.encode.codes == slice(1, 2)
    before = SimpleNamespace(parts=(5,), sums=stream(blocks[:1], task=task(), weigher=None,
                                                     held=True).sums)  # fmt: skip
    again = stream(blocks, task=task(), weigher=None, held=True, known=before)
    assert_allclose(again.sums.columns[0], found.sums.columns[0])
    assert again.parts == {5, 9}
    fresh = stream(blocks, task=task(), weigher=None, held=True,
                   known=SimpleNamespace(parts=(), sums=None))  # fmt: skip
    assert_allclose(fresh.sums.columns[0], found.sums.columns[0])
    nothing = stream(blocks, task=task(False), weigher=None, held=False)
    assert nothing.sums is None
    assert nothing.encode.codes == slice(1, 1)


def test_a_member_trains_on_all_rows_but_those_that_it_holds_out():
    blocks = [Block(i, np.arange(60), X, np.arange(60.0)) for i in (0, 1)]
    held_out, whole = (stream(blocks, task=task(), weigher=None, held=h) for h in (True, False))
    assert (held_out.out(1), whole.out(1)) == (1, None)
    assert len(held_out) == 120
    assert [held_out.n_rows(i) for i in range(3)] == [50, 90, 100]
    assert whole.n_rows(1) == 120
    rows = list(held_out.rows(1, np.random.default_rng(0)))
    kept = np.concatenate([given.y for given in rows])
    folds = [DEALING.folds(block) for block in blocks]
    expected = [np.arange(60.0)[fold != 1] for fold in folds]
    assert sorted(kept) == sorted(np.concatenate(expected))
    assert {1}.isdisjoint(np.concatenate([given.fold for given in rows]))
    assert kept[: len(expected[0])].tolist() != sorted(kept[: len(expected[0])])  # in an order
    assert sum(map(len, whole.rows(1, np.random.default_rng(0)))) == 120
    orders = {tuple(given.y[:5]) for seed in range(4)
              for given in whole.rows(0, np.random.default_rng(seed))}  # fmt: skip
    assert len(orders) == 8


def test_rows_keep_their_weights_and_parts_without_number_their_order():
    block = Block(0, np.arange(60), X, np.arange(60.0), np.arange(60.0))
    found = stream([block, block], task=task(), weigher=Weigher(2.0), held=False)
    for given in found.rows(0, np.random.default_rng(3)):
        assert_array_equal(given.weight, (given.y / 2).astype(np.float32))
    found.survey.source.n_parts = None
    assert len(list(found.rows(0, np.random.default_rng(3)))) == 2


def test_tables_of_levels_are_filled_by_what_a_member_trains_on():
    layer = CategoryStatistics([2, 3], 2, start=1)
    network = Network([layer, Linear(1)], 3, np.dtype(np.float64), np.random.default_rng(0))
    dealing, rng = Dealing(0, 2, 2), np.random.default_rng(1)
    sums = Sums([2, 3], dealing.n_marks, 1)
    for column in sums.columns:
        column[:, 1:] = rng.integers(1, 9, column[:, 1:].shape)
    known = SimpleNamespace(dealing=dealing)
    Stream(known, None, sums, True).set_statistics(network, 1)
    ((_, cell),) = network.state_views(network.state).items()
    start = 0
    for column in sums.columns:
        kept = column.copy()
        kept[:, dealing.marks_of(1)] = 0
        expected = statistics_of(kept)
        table = cell["table"][start : start + 32 * len(kept)].reshape(len(kept), 32, 2)
        assert_allclose(table[:, : dealing.n_marks], expected)
        rest = np.repeat(expected[:, :1], 32 - dealing.n_marks, axis=1)
        assert_allclose(table[:, dealing.n_marks :], rest)
        start += 32 * len(kept)
    before = cell["table"].copy()
    Stream(known, None, None, True).set_statistics(network, 1)
    assert_array_equal(cell["table"], before)

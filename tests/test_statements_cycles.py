"""What each statement of a table's fit means: trials of cells, cycles, the clock, directions."""

from types import SimpleNamespace

import numpy as np
import pytest

from skfnn._engine.following.history import History
from skfnn._engine.following.monitor import Reporting, Stopping
from skfnn._engine.network.network import Network
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.objective import Objective
from skfnn._engine.objective.targets import ClassTarget, RegressionTarget
from skfnn.layers import Linear
from skfnn.losses import LogLoss, SquaredError
from skfnn.metrics import R2
from skfnn.tabular._candidates import TRIALS, Networks, Trial
from skfnn.tabular._cell_trials import _with, cells, residuals, telling
from skfnn.tabular._cells import CellColumns, ExactValues, Part, Values
from skfnn.tabular._clock import Clock
from skfnn.tabular._cycles import (
    MIN_EPOCHS,
    CycleMonitor,
    _last_epoch,
    enough_epochs,
    scores,
    unexplained,
)
from skfnn.tabular._folds import Fold
from skfnn.tabular._judging import Judge
from skfnn.tabular._members import Member, Task

NUMBERS = RegressionTarget(1, True)

# ---------------------------------------------------------------- trials of cells


class Constant:
    """A member's predictor that says one number of each row."""

    def __init__(self, *numbers):
        self.numbers = numbers

    def raw(self, A):
        return np.tile(np.array(self.numbers, np.float32), (len(A), 1))


def task_of(A, y, target=NUMBERS, loss=None, **given):
    loss = SquaredError().specialise("regression") if loss is None else loss
    settings = {"validation": None, "columns": CellColumns(0), "marks": None,
                "parts": [], "weight": None} | given  # fmt: skip
    data = Data(A, y, settings.pop("weight"), target, loss.levels)
    return Task(data=data, loss=loss, recipe=None, n_numbers=0, n_levels=[], learning_rate=0.1,
                max_iter=9, batch_size=9, **settings)  # fmt: skip


def test_residuals_are_targets_less_what_is_expected():
    A = np.zeros((4, 1), np.float32)
    task, rows = task_of(A, np.array([1.0, 2.0, 3.0, 4.0])), np.array([1, 3])
    member = SimpleNamespace(predictor=Constant(1.5))
    np.testing.assert_allclose(residuals(task, member, rows), [[0.5], [2.5]])
    three = ClassTarget(np.array([0, 1, 2]))
    loss = LogLoss().specialise("multiclass")
    task = task_of(A, np.array([0, 1, 2, 2]), three, loss)
    member = SimpleNamespace(predictor=Constant(0.0, np.log(2), 0.0))
    expected = np.eye(3)[[1, 2]] - [0.25, 0.5, 0.25]
    np.testing.assert_allclose(residuals(task, member, rows), expected, atol=1e-7)


def first_of(n=1200, held=None, directions=(), **given):
    rng = np.random.default_rng(0)
    value = rng.integers(0, 20, n)
    A = np.column_stack([value / 8, rng.normal(size=n)]).astype(np.float32)
    y = rng.normal(size=20)[value] + 0.5 * rng.normal(size=n)
    marks = ((1 + np.arange(n) % 5) / 32).astype(np.float32)
    parts = [Part(i, "number", slice(i, i + 1)) for i in range(2)]
    given = {"columns": CellColumns(2), "marks": marks, "parts": parts} | given
    task = task_of(A, y, directions=directions, **given)
    member = SimpleNamespace(predictor=Constant(0.0), score=-1.0)
    return SimpleNamespace(task=task, member=member, fold=Fold(0, None, held), judged=True)


def test_what_tells_most_of_residuals_is_found():
    found = telling(first_of())
    assert [part.name for part in found[0].cells.parts] == [0]
    assert found[0].judged == np.inf
    held = np.arange(0, 1200, 3)
    assert 2 < telling(first_of(held=held))[0].judged < found[0].z
    assert telling(first_of(directions=(1, 0))) == []  # no cell may jump along it
    assert len(telling(first_of(directions=(0, -1)))) == 1
    marks = first_of().task.marks
    some = np.where(np.arange(1200) % 2, marks, 0)  # rows of no fold count nothing
    assert telling(first_of(marks=some))[0].z < found[0].z


def test_a_task_takes_cells_with_vectors_where_rows_are_20_a_cell():
    for n, embedded in ((400, 1), (399, 0)):
        task = first_of(n).task
        known = ExactValues(Values.of(task.parts[0], task.rows)).known(task.rows)
        assert known.n_levels == 20
        validation = Data(task.data.X[:7], None, None, NUMBERS, None)
        again = _with(task, known)
        assert (len(again.columns.embedded), len(again.columns.told)) == (embedded, 1 - embedded)
        assert again.validation is None
        codes = again.data.X[:, 2]
        np.testing.assert_allclose(codes % 1, task.marks)
        np.testing.assert_array_equal(again.data.X[:, :2], task.data.X)
        task.validation = validation
        np.testing.assert_array_equal(_with(task, known).validation.X[:, 2], np.trunc(codes[:7]))


def tried(first, takes):
    """Each trial, where some are taken; as the first member asks for them."""
    state, trials = [first], []
    for trial in cells(lambda: state[0]):
        trials.append(trial)
        if takes[len(trials) - 1]:
            better = SimpleNamespace(predictor=Constant(0.0), score=state[0].member.score * 0.9)
            state[0] = SimpleNamespace(**vars(first) | {"task": trial.task, "member": better})
    return trials


def many_cells(n=3000, n_columns=5, effects=(1.0,) * 5):
    rng = np.random.default_rng(0)
    value = rng.integers(0, 20, size=(n, n_columns))
    of_value = np.where(np.arange(20) % 2, 1.0, -1.0)
    y = (of_value[value] * effects[:n_columns]).sum(axis=1)
    marks = ((1 + np.arange(n) % 5) / 32).astype(np.float32)
    parts = [Part(i, "number", slice(i, i + 1)) for i in range(n_columns)]
    A = (value / 8).astype(np.float32)
    task = task_of(A, y, columns=CellColumns(n_columns), marks=marks, parts=parts)
    member = SimpleNamespace(predictor=Constant(0.0), score=-1.0)
    return SimpleNamespace(task=task, member=member, fold=Fold(0, None, None), judged=True)


def test_the_search_ends_with_3_taken_or_2_refused():
    first = many_cells()
    taken = tried(first, [True] * 5)
    assert len(taken) == 3
    assert taken[-1].task.columns.n_levels == ([20] * 3, [])
    assert [cells.gain for cells in taken[-1].task.columns.cells[:2]] == pytest.approx([0.1] * 2)
    names = [cells.parts[0].name for cells in taken[-1].task.columns.cells]
    assert len({*names}) == 3
    assert len(tried(first, [False] * 5)) == 2
    assert len(tried(first, [True, False, True, False, True])) == 4
    one = taken[0]
    assert (one.by, one.times, one.sure) == (0.01, 1.0, 0.5)  # what tells so much is soon sure
    assert one.says.startswith("Exact values of ")


@pytest.mark.parametrize(("second", "n_tried"), [(0.45, 2), (0.25, 1)])
def test_after_one_is_refused_only_what_tells_very_much_is_tried(second, n_tried):
    first = many_cells(1500, 2, (1.0, second))
    found = telling(first)
    assert (found[1].z > 10) is (n_tried == 2)
    assert found[1].z > 5
    assert len(tried(first, [False, False])) == n_tried


def test_nothing_is_tried_where_nothing_can_be_judged():
    first = many_cells()
    none = SimpleNamespace(**vars(first) | {"judged": False})
    assert tried(none, []) == []
    first.task.marks = None
    assert tried(first, []) == []
    many = first_of(200).task
    many.data.target = RegressionTarget(13, False)
    assert tried(SimpleNamespace(**vars(first_of(200)) | {"task": many}), []) == []


# ---------------------------------------------------------------- cycles


def times(factor):
    """A network that multiplies by a factor."""
    network = Network([Linear(1)], 1, np.float64, np.random.default_rng(0))
    network.values[...] = 0.0
    network.weights("W")[-1][...] = factor
    return network


class Told(CycleMonitor):
    """A monitor of which the test says what each epoch measures: losses, and minus these."""

    def __init__(self, losses, target=NUMBERS, scored=True, y=None, **given):
        network = times(0.0)
        loss = SquaredError().specialise("regression")
        y = np.array([0.0, 2.0, 4.0]) if y is None else y
        data = Data(np.zeros((3, 1)), y, None, target, loss.levels)
        objective = Objective(network, loss, 0.0)
        given = {"fewest": 1} | given
        super().__init__(objective, data, data, Stopping(0.0, np.inf, True), Reporting(), **given)
        self.losses, self.scored = iter(losses), scored

    def _measure(self, key, data, prefix):
        loss = next(self.losses)
        return {"val_loss": loss} | ({"score": -loss} if self.scored else {})

    def ended(self):
        """The epoch with which training ends, of at most 30."""
        return next((i for i in range(1, 31) if self.epoch(0.5)), None)


CLASSES = ClassTarget(np.array([0, 1]))


@pytest.mark.parametrize(
    ("losses", "end"),
    [
        ([3, 2] + [2] * 28, 6),  # the second cycle, epochs 3 to 6, is no better
        ([3, 2, 2, 2, 2, 1.9] + [1.9] * 24, 14),  # the third, epochs 7 to 14, is not
        ([3, 2, 1.9, 2, 2, 2] + [2] * 7 + [1.8] + [1.8] * 16, None),  # the last goes on to its end
        ([3, 2, 2, 2, 2, 2, 1] + [1] * 23, 6),
        ([3, 2, 1] + [2] * 4 + [0.9] + [2] * 22, None),
    ],
)
def test_training_ends_with_the_cycle_that_is_no_better_than_those_before(losses, end):
    monitor = Told(losses, CLASSES, max_iter=30)
    assert monitor.ended() == end
    if end:
        assert monitor.message == "The last cycle brought no better epoch."
    assert Told(losses, CLASSES, max_iter=None).ended() is None
    assert Told(losses, CLASSES, scored=False, max_iter=30).ended() is None


@pytest.mark.parametrize(("fewest", "end"), [(6, 6), (7, 14)])
def test_a_second_cycle_of_too_few_epochs_tells_nothing(fewest, end):
    assert Told([2] * 30, CLASSES, max_iter=30, fewest=fewest).ended() == end


@pytest.mark.parametrize(("max_iter", "end"), [(50, 11), (49, 24)])
def test_10_epochs_are_enough_for_a_second_cycle(max_iter, end):
    default = Told([2] * 30, CLASSES, max_iter=max_iter, fewest=MIN_EPOCHS)
    assert default.ended() == end


@pytest.mark.parametrize(("noise", "end"), [(0.1001, 6), (0.0999, 14)])
def test_a_second_cycle_ends_not_where_hardly_anything_is_unexplained(noise, end):
    """The network returns X, which is y but for a share of its variance."""
    y = np.array([-1.0, 0.0, 1.0])
    monitor = Told([2] * 30, y=y, max_iter=30)
    monitor.valid.X[:, 0] = y * (1 - np.sqrt(noise))
    monitor.objective.network.weights("W")[-1][...] = 1.0
    assert monitor.ended() == end


@pytest.mark.parametrize(("later", "end"), [(1.96, 6), (1.93, None)])
def test_a_cycle_has_to_be_better_by_what_it_is_worth(later, end):
    losses = [3, 2] + [later] * 4 + [later * 0.9] * 24
    assert Told(losses, CLASSES, max_iter=30, worth=0.03).ended() == end


@pytest.mark.parametrize(("loss", "end"), [(1.06, 6), (1.05, None), (1.04, None)])
def test_training_ends_where_it_is_clearly_behind_a_rival(loss, end):
    """By more than a twentieth of the rival's least loss until then."""
    rival = (3.0, 1.0, *[2.0] * 4, *[0.5] * 24)
    losses = [3, 2, loss, 1.5, 1.5, 1.5, *[loss * 0.99] * 24]
    monitor = Told(losses, CLASSES, max_iter=30, rival=rival)
    found = next((i for i in range(1, 7) if monitor.epoch(0.5)), None)
    assert found == end
    if end:
        assert monitor.message == "The member that it is compared with was better by then."
    negative = (-1.0,) * 30
    assert Told([-0.94] * 30, CLASSES, max_iter=30, rival=negative).ended() == 6
    monitor = Told([3, 2, *[-0.96] * 28], CLASSES, max_iter=30, rival=negative)
    assert not any(monitor.epoch(0.5) for _ in range(6))


def test_training_ends_with_its_last_epoch_or_its_time():
    monitor = Told([3, 2, 1] * 10, CLASSES, max_iter=30, until=3)
    assert monitor.ended() == 3
    assert (monitor.message, monitor.late) == ("The first member needed no more epochs.", False)
    late = Told([3, 2, 1] * 10, CLASSES, max_iter=30, deadline=0.0)
    assert late.ended() == 1
    assert (late.message, late.late) == ("The time is over.", True)


@pytest.mark.parametrize(
    ("max_iter", "ends"), [(60, [4, 12, 28, 60]), (64, [5, 14, 31, 64]), (30, [2, 6, 14, 30]),
                           (8, [2, 3, 5, 8])],
)  # fmt: skip
def test_a_cycle_ends_with_an_epoch_or_within_one(max_iter, ends):
    assert [_last_epoch(end, max_iter) for end in (1, 3, 7, 15)] == ends


def test_enough_are_the_epochs_of_the_last_cycle_that_is_nearly_as_good():
    def bests(*epochs, worst=-9.0, n=30):
        found = np.full(n, float(worst))
        for epoch, value in epochs:
            found[epoch - 1] = value
        return found.tolist()

    for given, enough in (
        (bests((6, -1)), 10), (bests((7, -1)), 14), (bests((14, -1)), 14), (bests((15, -1)), 30),
        (bests((7, -1), (15, -1.04)), 30), (bests((7, -1), (15, -1.06)), 14),
        (bests((7, 1), (15, 0.96), worst=-9), 30), (bests((7, 1), (15, 0.94)), 14),
    ):  # fmt: skip
        assert enough_epochs(given, 30) == enough
    assert enough_epochs(bests((1, -1)), 30, fewest=1) == 2
    assert enough_epochs(bests((3, -1)), 30, fewest=1) == 6
    assert enough_epochs(bests((1, -1), n=8), 8) == 8
    both = bests((7, -1.02), (15, -1))
    assert enough_epochs(both, 30, worth=0.03) == 14  # the first as good as that
    assert enough_epochs(both, 30, worth=0.01) == 30


@pytest.mark.parametrize(("mean", "deviation"), [(1.0, 1e-10), (1e-3, 1e-14), (0.0, 1e-30)])
def test_a_small_variance_is_one_and_what_rounding_leaves_is_none(mean, deviation):
    y = mean + deviation * np.array([-1.0, 1.0, -1.0, 1.0])
    loss = SquaredError().specialise("regression")
    data = Data(np.zeros((4, 1)), y, None, NUMBERS, loss.levels)
    off = np.full((4, 1), mean) + 2 * deviation
    np.testing.assert_allclose(unexplained(loss, data, off), 5, rtol=0.1)  # 1 + 2^2
    constant = Data(np.zeros((7, 1)), np.full(7, 0.1), np.full(7, 0.3), NUMBERS, loss.levels)
    np.testing.assert_array_equal(unexplained(loss, constant, np.zeros((7, 1))), 1)


def test_scores_are_those_of_the_rows_with_their_offset():
    network = times(3.0)
    loss = SquaredError().specialise("regression")
    X, rows, offset = np.arange(4.0)[:, None], np.array([1, 3]), np.arange(4.0)[:, None] * 100
    data = Data(X, np.zeros(4), None, NUMBERS, loss.levels, rows=rows, offset=offset)
    np.testing.assert_array_equal(scores(network, data, loss), [[103], [309]])


def monitored(scorer=None, rows=True, dividing=True, measure=None, metrics=None):
    """A monitor of real epochs, with 8 held-out rows."""
    network = times(1.0)
    loss = SquaredError().specialise("regression")
    X, y = np.arange(12.0)[:, None], np.arange(12.0) ** 2
    data = Data(X, y, np.arange(1, 13.0), NUMBERS, loss.levels)
    valid = Data(X, y, data.weight, NUMBERS, loss.levels, rows=np.arange(4, 12) if rows else None)
    return CycleMonitor(
        Objective(network, loss, 0.0), data, valid, Stopping(0.0, np.inf, True, scorer),
        Reporting(metrics or {}), dividing=np.random.default_rng(0) if dividing else None,
        measure=measure,
    )  # fmt: skip


def test_honest_scores_are_taken_after_each_epoch():
    monitor = monitored()
    assert monitor.honest.known is None
    monitor.epoch(0.5)
    np.testing.assert_array_equal(monitor.honest.known[:, 0], np.arange(4, 12))
    monitor.objective.network.weights("W")[-1][...] = 9.0  # better for all
    monitor.epoch(0.5)
    np.testing.assert_array_equal(monitor.honest.known[:, 0], 9 * np.arange(4, 12))
    monitor.objective.network.weights("W")[-1][...] = 0.0
    monitor.epoch(0.5)
    np.testing.assert_array_equal(monitor.honest.known[:, 0], 9 * np.arange(4, 12))
    np.testing.assert_array_equal(monitor.honest.weight, np.arange(5, 13))
    assert monitored(dividing=False).honest is None


def judge(function):
    """A judge whose score is a function of raw scores and rows."""
    found = Judge.__new__(Judge)
    found.score = lambda raw, rows, y, weight: function(raw, rows, y, weight)
    return found


def test_the_score_of_some_rows_is_that_which_chooses_epochs():
    y, raw, weight = np.array([1.0, 5.0, 2.0]), np.array([[2.0], [3.0], [4.0]]), np.arange(1, 4.0)
    places = np.array([0, 2, 5])
    by_loss = monitored()._score_of(y, raw, weight, places)
    assert by_loss == pytest.approx(-(1 * 1 + 2 * 4 + 3 * 4) / 6 / 2)
    by_r2 = monitored(R2())._score_of(y, raw, weight, places)
    assert by_r2 == pytest.approx(R2()(y, raw[:, 0], weight))
    seen = monitored(judge(lambda *given: given))._score_of(y, raw, weight, places)
    np.testing.assert_array_equal(seen[1], [4, 6, 9])  # rows of the table
    assert all(a is b for a, b in zip((seen[0], *seen[2:]), (raw, y, weight), strict=True))

    def refuses(*given):
        raise ValueError("one class")

    assert np.isnan(monitored(judge(refuses))._score_of(y, raw, weight, places))


def test_a_judge_of_validation_data_is_given_it_whole():
    whole = judge(lambda raw, rows, y, weight: 7.0)
    assert monitored(whole, rows=False).honest is None
    assert monitored(whole).honest is not None
    assert monitored(R2(), rows=False).honest is not None
    monitor = monitored(judge(lambda raw, rows, y, weight: float(rows[0])))
    monitor.epoch(0.5)
    assert monitor.scores == [4.0]


def test_metrics_are_measured_by_what_is_given_for_them():
    seen = []

    def measure(metric, key, y, raw, weight):
        seen.append((key, len(y), len(raw), weight[0]))
        return 5.0

    metrics = {"r2": R2()}
    monitor = monitored(R2(), measure=measure, metrics=metrics)
    monitor.epoch(0.5)
    assert seen == [("train", 12, 12, 1.0), ("valid", 8, 8, 5.0)]  # the score is none of them
    assert (monitor.history["r2"], monitor.history["val_r2"]) == ([5.0], [5.0])
    assert monitor.scores[0] < 1
    raw = np.array([[np.nan]])
    assert np.isnan(monitor._value(metrics["r2"], "train", monitor.train, raw))
    plain = monitored(R2(), metrics=metrics)
    plain.epoch(0.5)
    assert plain.history["val_r2"] == plain.scores


# ---------------------------------------------------------------- networks as candidates


def member(score=-1.0, enough=9, epochs=9, number=0, **given):
    history = History()
    for i in range(epochs):
        history.append(val_loss=float(i), seconds=1.0)
    settings = {"last": False, "finished": True, "best_epoch": epochs, "raw": None} | given
    return Member(number, Constant(0.0), history, enough=enough, score=score, **settings)


class Listed(Networks):
    """Networks whose members are given, and how they were asked for."""

    def __init__(self, task, members):
        super().__init__(task, list(range(10, 20)))
        self.given, self.asked = iter(members), []

    def _timed(self, fold, trainer, epochs, until=None, rival=()):
        self.asked.append((self.task, epochs, until, rival))
        return next(self.given)


class Taking:
    """A trainer."""

    def __init__(self, *members):
        self.members, self.clock, self.heard, self.lines = list(members), Clock(None, 5), False, []
        self.report = SimpleNamespace(line=self.lines.append)

    def take(self, member):
        self.members.append(member)


FOLD = Fold(2, np.arange(9), None)


def networks(*members, rows=60, **given):
    task = task_of(np.zeros((rows, 1), np.float32), np.arange(float(rows)), **given)
    return Listed(task, members)


@pytest.mark.parametrize(("score", "taken"), [(-0.98, True), (-0.991, False), (-1.1, False)])
def test_a_trial_is_taken_if_it_is_better_by_so_much(score, taken):
    first, again = member(), member(score, epochs=4)
    own, trainer = networks(again), Taking(first)
    before, other = own.task, networks().task
    own._try(Trial(other, 0.01, says="This"), FOLD, trainer)
    assert own.asked == [(other, 9, None, tuple(map(float, range(9))))]
    assert trainer.members == [again if taken else first]
    assert own.task is (other if taken else before)
    share, verdict = f"{score + 1:+.1%}", "taken" if taken else "not taken"
    expected = f"This: score {share} on held-out rows after 4 epochs, {verdict}."
    assert trainer.lines == [expected]


def test_a_trial_of_more_epochs_is_laid_out_over_more():
    again = member(-0.5, epochs=45)
    own, trainer = networks(again), Taking(member())
    own._try(Trial(own.task, times=5), FOLD, trainer)
    assert [asked[1:] for asked in own.asked] == [(45, None, ())]  # no rival of as many epochs
    assert own.epochs == 45
    assert trainer.lines == []
    half = networks(again)
    half._try(Trial(half.task, times=0.5), FOLD, Taking(member()))
    assert half.asked == []  # fewer would tell nothing
    same = networks(again)
    same._try(Trial(same.task, times=1.04), FOLD, Taking(member()))
    assert same.asked == []  # of nine, one twenty-fifth more are none


def test_a_trial_has_to_have_the_time():
    own, trainer = networks(member(-0.5)), Taking(member())
    trainer.clock = Clock(0.0, 5)
    trainer.clock._epochs, trainer.clock.n_trained = [1.0], 1
    own._try(Trial(own.task), FOLD, trainer)
    assert own.asked == []


def test_the_wish_to_end_during_a_trial_is_kept():
    first = member()
    own, trainer = networks(member(-2.0, last=True)), Taking(first)
    own._try(Trial(own.task), FOLD, trainer)
    assert trainer.members == [first]
    assert first.last


def test_a_trial_of_many_rows_ends_when_the_first_member_had_enough():
    for rows, times, until in ((100_001, 1.0, 7), (100_000, 1.0, None), (100_001, 2.0, None)):
        own = networks(member(-2.0), rows=rows)
        own._try(Trial(own.task, times=times), FOLD, Taking(member(enough=7)))
        assert own.asked[0][2] == until
    judged = networks(member(-2.0), judge=object())
    judged._try(Trial(judged.task), FOLD, Taking(member()))
    assert judged.asked[0][3] == ()  # by whose score the loss may be worse


def test_the_first_member_decides_for_the_others():
    own, trainer = networks(member(enough=5), stream=SimpleNamespace()), Taking()
    own.first(FOLD, trainer)
    assert [asked[1:] for asked in own.asked] == [(9, None, ())]
    assert (own.epochs, own.enough, own.task.max_iter) == (9, 5, 9)
    assert len(TRIALS) == 3


def test_others_are_trained_as_long_as_the_first_needed():
    own = networks()
    own.epochs, own.enough = 9, 5
    work = own.other(FOLD, Taking())
    assert work.args[2:] == (9, 5)
    trainer = Taking()
    trainer.clock = Clock(1e6, 3)
    trainer.clock.started -= 1e6 - 3.95  # of one member left, four seconds: seven ninths
    trainer.clock._epochs, trainer.clock.n_trained = [1.0], 1
    fitting = own.other(FOLD, trainer).args[2:]
    assert fitting == (7, 4)  # 3.95 / (5 / 9), and 5 * 7 / 9 rounded up
    trainer.clock = Clock(0.0, 3)
    trainer.clock._epochs, trainer.clock.n_trained = [1.0], 1
    assert own.other(FOLD, trainer) is None


def test_a_run_has_the_seed_of_its_fold():
    own = networks()
    run = own.run(FOLD, 8)
    assert (run.seed, run.max_iter, run.until, run.deadline, run.rival) == (12, 8, None, np.inf, ())
    function, (task, fold, run) = own.apart(FOLD)
    assert function.__name__ == "train"
    assert (task, fold) == (own.task, FOLD)
    assert (run.max_iter, run.until) == (9, 9)
    again = own.anew(4, [1, 2])
    assert (again.task.max_iter, again.seeds, again.epochs) == (4, [1, 2], 4)


def test_at_most_so_many_rows_with_a_weight_are_sampled():
    weight = np.array([1.0, 0, 2, 3, 0, 4], np.float32)
    data = networks(rows=6, weight=weight)
    data.task.validation = networks(rows=3).task.data
    X, found = data.sample(2, held_out=True)
    assert (len(X), found.tolist()) == (2, [1, 4])
    assert data.sampled(data.data, 9).tolist() == [0, 2, 3, 5]
    X, found = data.sample(2, held_out=False)
    assert (len(X), found) == (2, None)
    assert data.family == data.name == "networks"
    assert (data.memorises, data.unasked, data.of_mean) == (False, False, False)

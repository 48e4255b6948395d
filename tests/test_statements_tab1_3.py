"""What each statement of a table's fit means: trials of cells, cycles, the clock, directions."""

from types import SimpleNamespace

import numpy as np
import pytest

from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import ClassTarget, RegressionTarget
from skfnn.losses import LogLoss, SquaredError
from skfnn.tabular._cell_trials import _with, cells, residuals, telling
from skfnn.tabular._cells import CellColumns, ExactValues, Part, Values
from skfnn.tabular._folds import Fold
from skfnn.tabular._members import Task

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

"""Trials of cells that tell what the first member leaves unexplained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from ._categories import class_columns, folds_of, n_statistics
from ._cell_search import VALUE_ROWS, Found, most_telling
from ._cells import Cells
from ._folds import evenly
from ._members import Member, Task
from ._trials import First, Trial, gain

# Cells are taken if the score of held-out rows is better by this share, and their loss is clearly
# lower.
LEAST_GAIN = 0.01
# What tells so much is tried even after something was refused.
VERY_MUCH = 10.0
# The search ends when MOST_TAKEN have been taken, or MOST_REFUSED refused; after the first refused
# only what tells very much is still tried.
MOST_TAKEN, MOST_REFUSED = 3, 2


def cells(ask: Callable[[], First]) -> Iterator[Trial]:
    """Try cells that tell what the first member leaves unexplained, the most telling first."""
    first = ask()
    if not first.judged or first.task.marks is None:
        return
    if n_statistics(first.task.data.target.n_outputs) == 1:
        return
    tried: list[set] = []
    refused = taken = 0
    found = telling(first)
    while refused < MOST_REFUSED and taken < MOST_TAKEN:
        one = next((one for one in found if set(one.cells.parts) not in tried), None)
        if one is None or (refused and one.z < VERY_MUCH):
            return
        tried.append(set(one.cells.parts))
        before = ask()
        known = one.known(before.task.rows[_counting(before.task)])
        sure = surely(one.z)
        trial = Trial(_with(before.task, known), LEAST_GAIN, sure=sure, says=known.says())
        yield trial
        after = ask()
        if after.task is trial.task:
            taken += 1
            known.gain = gain(before.member, after.member)
            found = telling(after)
        else:
            refused += 1


def surely(z: float) -> float:
    """Return by how many standard errors of the difference held-out rows have to be better.

    The more cells tell, the less the trial, which a fold of the rows decides, has to confirm: two
    standard errors at a z of 5, one at 10, a half from 12.5 on.
    """
    return min(2.0, max(0.5, 3 - z / 5))


def _with(task: Task, cells: Cells) -> Task:
    """Return a task whose networks take cells, too."""
    columns = task.columns.also(cells, cells.has_vectors(len(_counting(task))))
    A = columns.transform(task.rows, task.marks)
    validation = task.validation
    if validation is not None:
        rows = columns.transform(task.columns.without(validation.X))
        validation = replace(validation, X=rows)
    data = replace(task.data, X=A)
    return replace(task, columns=columns, data=data, validation=validation)


def telling(first: First) -> list[Found]:
    """Return cells that are worth a trial, the most telling first.

    The residuals are those of all training rows: of the rows that the first member was trained on
    they are smaller, and what cells tell of them is rather less than more.
    """
    task, rows = first.task, evenly(_counting(first.task), VALUE_ROWS)
    assert task.marks is not None
    A, fold = task.rows[rows], folds_of(task.marks[rows])
    weight = None if task.data.weight is None else task.data.weight[rows]
    honest = np.isin(rows, first.fold.held) if first.fold.held is not None else None
    parts = [part for part in task.parts if not _has_direction(task, part)]
    residual = residuals(task, first.member, rows)
    return most_telling(A, parts, residual, fold, weight=weight, honest=honest)


def _counting(task):
    """Return the rows that have a weight: those of some fold."""
    return np.flatnonzero(task.marks)


def _has_direction(task, part):
    """Return whether predictions may go one way only along a column: no cell of it may jump."""
    return any(task.directions[part.place]) if part.form == "number" else False


def residuals(task: Task, member: Member, rows: np.ndarray) -> np.ndarray:
    """Return encoded targets of some rows, a column per class, less what a member expects."""
    raw = task.loss.pool(member.predictor.raw(task.data.X[rows]), task.data.target.n_outputs)
    expected = task.loss.predict(raw.astype(np.float64)).reshape(len(raw), -1)
    y = task.data.y
    assert y is not None
    return class_columns(y[rows], task.data.target) - expected

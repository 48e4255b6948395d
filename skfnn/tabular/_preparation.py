"""From the user's table and parameters to what members are trained on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from .._engine.objective.conformal import Held
from .._engine.objective.data import Data
from .._engine.objective.targets import smoothed
from .._estimators.offsets import check_both, check_offset
from ._candidates import Candidate, Networks
from ._categories import fold_marks
from ._cell_search import pairs_of_categories
from ._cells import CellColumns, parts_of
from ._fitted import FittedTable
from ._folds import ENOUGH, MIN_HELD_OUT, Fold, Wishes, assign_folds, dealt, undivided
from ._followed import Followed
from ._given_cells import apart, given_cells
from ._judging import Judge
from ._members import Task
from ._recipes import Recipe
from ._streamed import Streamed

# Networks beside small ones get so many times the recipe's epochs at most.
EPOCHS_BESIDE = 2


class Seeds:
    """The sources of all that is random in a fit.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        As the estimator has it.
    n_members : int
        Members of the ensemble.

    Attributes
    ----------
    rng : Generator
        Deals folds.
    members, again : list of SeedSequence
        Of the members, and of those that are trained once more on all rows.
    source : SeedSequence
        Spawns further ones.
    """

    def __init__(self, random_state: Any, n_members: int) -> None:
        self.source = np.random.SeedSequence(check_random_state(random_state).randint(2**31))
        folding, *seeds = self.source.spawn(1 + 2 * n_members)
        self.rng = np.random.default_rng(folding)
        self.members, self.again = seeds[:n_members], seeds[n_members:]


@dataclass(frozen=True, eq=False)
class Table:
    """A table that is encoded.

    Attributes
    ----------
    fitted : FittedTable
        Encoder, target and loss, without members.
    A : ndarray of shape (n, p)
        The encoder's rows.
    y : ndarray of shape (n,) or (n, k)
        Encoded targets.
    weight : ndarray of shape (n,) or None
        Weights of rows, of mean 1.
    validation : tuple of (A, y, weight) or None
        The user's validation data.
    offset, offset_val : ndarray of shape (n, s) or None
        Known raw scores, in the unit of the members.
    """

    fitted: FittedTable
    A: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    validation: tuple[np.ndarray, np.ndarray, Any] | None
    offset: np.ndarray | None = None
    offset_val: np.ndarray | None = None

    def knowing(self, known: Held) -> Table:
        """Return the same, with what is known of the rows that may be held out."""
        return replace(self, fitted=replace(self.fitted, known=known))

    def beside(self, offset: Any, offset_val: Any) -> Table:
        """Return the same, with the offsets that the user gave.

        Predictions are then not kept within the range of the targets: an exposure may be larger
        than any in training.
        """
        check_both(offset, offset_val, self.validation is not None)
        if offset is None:
            return self
        fitted = replace(self.fitted, has_offset=True).unlimited()
        n_val = 0 if self.validation is None else len(self.validation[0])
        offset = check_offset(offset, len(self.A), fitted.target, fitted.loss)
        offset_val = check_offset(offset_val, n_val, fitted.target, fitted.loss, "offset_val")
        offset, offset_val = (
            None if given is None else fitted.encode_offset(given) for given in (offset, offset_val)
        )
        return replace(self, fitted=fitted, offset=offset, offset_val=offset_val)

    @property
    def strata(self) -> np.ndarray:
        """What folds are to have alike: targets, of probabilities the largest."""
        found = self.fitted.target.strata(self.y)
        return self.y if found is None else found

    @property
    def rows(self) -> np.ndarray:
        """The rows that count.

        One without weight is as good as none; a fold of such rows would tell nothing.
        """
        return np.arange(len(self.A)) if self.weight is None else np.flatnonzero(self.weight)


@dataclass(frozen=True, eq=False)
class Prepared:
    """All that training begins with.

    Attributes
    ----------
    table : Table
        The encoded table.
    folds : list of Fold
        One per member.
    networks : Networks
        The candidate that the estimator's parameters describe.
    seeds : Seeds
        The sources of all that is random.
    recipe : Recipe
        Architecture and training, as the user wants them.
    params : dict
        Parameters of the estimator.
    others : list of Candidate
        What is trained beside the networks.
    usual : bool
        Whether there are as many networks as the recipe says of tables of usual size.
    """

    table: Table
    folds: list[Fold]
    networks: Networks
    seeds: Seeds
    recipe: Recipe
    params: dict[str, Any]
    others: list[Candidate] = field(default_factory=list)
    usual: bool = False

    def spared(self) -> Prepared:
        """Return the same with networks that train less long, as small ones stand beside them.

        They get EPOCHS_BESIDE times the recipe's epochs at most, and no more where hardly any noise
        is seen: what is smooth, and would gain from these, the small ones learn. Where rows are not
        few they are trained as without.
        """
        task = self.networks.task
        few = self.recipe.epochs(len(self.table.rows)) > EPOCHS_BESIDE * self.recipe.max_iter
        if not few or "max_iter" not in task.free:
            return self
        epochs = min(task.max_iter, EPOCHS_BESIDE * self.recipe.max_iter)
        task = replace(task, max_iter=epochs, free=task.free - {"max_iter"})
        return replace(self, networks=Networks(task, self.seeds.members))

    @property
    def n_first(self) -> int:
        """How many networks are trained before others, which may outweigh further ones.

        One beside what nobody asked for, unless a time limit says what is to be there first. Else
        all where the user says how many, or by which splits or in which time; a small table's many
        networks take seconds, a large one has few; what goes on from a fit before needs each.
        """
        if any(other.unasked for other in self.others):
            return 1 if self.params["time_limit"] is None else len(self.folds)
        asked = bool(self.others)
        free = all(self.params[name] is None for name in ("n_members", "cv", "time_limit"))
        divided = self.folds[0].held is not None and self.networks.task.stream is None
        spared = asked and free and divided and self.usual
        return min(ENOUGH, len(self.folds)) if spared else len(self.folds)

    def drawn(self, params: dict[str, Any], seeds: list, deadline: float) -> Networks:
        """Return networks for the same folds with other parameters."""
        task, fitted = self.networks.task, self.table.fitted
        recipe = self.recipe.chosen({**self.params, **params})
        rate = recipe.learning_rate(task.loss)
        data = replace(task.data, levels=levels(fitted, recipe))
        return Networks(
            replace(task, recipe=recipe, learning_rate=rate, data=data, followed=None),
            seeds,
            deadline,
        )


def prepare(
    table: Table, recipe: Recipe, params: dict[str, Any], *, wishes: Wishes,
    followed: Followed | None, judge: Judge | None = None, streamed: Streamed | None = None,
) -> Prepared:  # fmt: skip
    """Return all that training begins with.

    Parameters
    ----------
    table : Table
        The encoded table.
    recipe : Recipe
        Architecture and training, as the user wants them.
    params : dict
        Parameters of the estimator.
    wishes : Wishes
        How the user wants rows to be divided.
    followed : Followed or None
        What is measured after each epoch.
    judge : Judge or None
        What epochs, weights and configurations are chosen by, where the user says.
    streamed : Streamed or None
        All rows, where the table is a sample of them.
    """
    n_members = recipe.members(len(table.rows)) if streamed is None else streamed.n_members
    usual = n_members == recipe.n_members
    recipe = replace(recipe, n_members=n_members)
    wished, share = None, 1.0
    if streamed is not None:
        share = streamed.share(params, recipe)
        params = streamed.params(params, recipe)
        wished = streamed.folds(recipe.n_members, table.weight)
    elif wishes.given:
        kind = table.fitted.target.kind
        wished = wishes.folds(table.rows, table.strata, kind, recipe.n_members)
        recipe = replace(recipe, n_members=len(wished))
    seeds = Seeds(params["random_state"], recipe.n_members)
    before = None if streamed is None else streamed.how.before
    if before is None:
        columns = _columns(table, recipe, seeds.rng, params, wishes.groups)
    else:
        columns = before.columns
    task = task_of(table, recipe, columns, params)
    task.followed, task.judge = followed, judge
    folds = wished or _divided(table, recipe.n_members, wishes.fraction, seeds.rng)
    if judge is not None:
        judge.check(map(task.valid, folds))
    if recipe.category_statistics:  # the fold of a row stands in its codes
        if streamed is not None:
            task.marks = streamed.marks
        else:
            task.marks = fold_marks(len(table.A), table.rows, folds, seeds.rng, wishes.groups)
        first, n_codes = task.n_numbers, len(task.n_levels) + len(task.columns.cells)
        task.data.X[:, first : first + n_codes] += task.marks[:, None]
    if streamed is not None:
        task.share = share
        task.stream = streamed.stream(table.fitted, task, folds[0].held is not None)
        task.starts = {} if before is None else before.networks
    networks = Networks(task, seeds.members)
    return Prepared(table, folds, networks, seeds, recipe=recipe, params=params, usual=usual)


def _divided(table, n_members, fraction, rng):
    """Return a fold for each member; a single one holds out a fraction of the rows."""
    rows = table.rows
    if table.validation is not None or len(rows) < MIN_HELD_OUT:
        return undivided(rows, n_members)
    n_folds = n_members if n_members > 1 else max(2, round(1 / fraction))
    return dealt(rows, assign_folds(table.strata[rows], n_folds, rng), n_members)


def _columns(table, recipe, rng, params, groups):
    """Return the cells that networks of a recipe take beside the encoder's columns."""
    encoder = table.fitted.encoder
    columns, parts = CellColumns(encoder.n_numbers_ + len(encoder.n_levels_)), parts_of(encoder)
    named, A = apart(params["column_kinds"])[1], table.A[table.rows]
    if not recipe.category_statistics:
        if named:
            raise ValueError(
                f"column_kinds names cells of {named[0]}, which networks of this recipe do not "
                "take. recipe='ensemble' has networks that do."
            )
        return columns
    for cells in given_cells(named, parts, encoder._names, A):
        _refuse_directions(cells, table.fitted.directions)
        columns = columns.also(cells, cells.has_vectors(len(A)))
    for cells in pairs_of_categories(table, parts, rng, groups):
        columns = columns.also(cells, embedded=False)
    return columns


def _refuse_directions(cells, directions):
    """Raise an error where a column of cells has a direction: their values may jump."""
    for part in cells.parts:
        if part.form == "number" and any(directions[part.place]):
            raise ValueError(
                f"column_kinds asks for cells of column {part.name!r}, along which monotonic_cst "
                "lets predictions go one way only. Give the column one of the two."
            )


def task_of(table: Table, recipe: Recipe, columns: CellColumns, params: dict[str, Any]) -> Task:
    """Return what networks of a recipe learn of a table.

    Parameters
    ----------
    table : Table
        The table.
    recipe : Recipe
        Architecture and training.
    columns : CellColumns
        What networks take beside the encoder's columns.
    params : dict
        Parameters of the estimator.
    """
    fitted, n = table.fitted, len(table.rows)
    target, loss = fitted.target, fitted.loss
    A = columns.transform(table.A)
    if A is table.A and recipe.category_statistics:
        A = A.copy()  # folds are marked in it
    data = Data(A, table.y, table.weight, target, levels(fitted, recipe), offset=table.offset)
    loss.check(data.some_targets())
    validation = None
    if table.validation is not None:
        A, y, weight = table.validation
        validation = Data(
            columns.transform(A), y, weight, target, loss.levels, offset=table.offset_val
        )
    return Task(
        data=data,
        validation=validation,
        columns=columns,
        marks=None,
        parts=parts_of(fitted.encoder),
        loss=loss,
        recipe=recipe,
        n_numbers=fitted.encoder.n_numbers_,
        n_levels=fitted.encoder.n_levels_,
        learning_rate=recipe.learning_rate(loss),
        max_iter=params["max_iter"] or recipe.epochs(n),
        share=recipe.share(n) if recipe.by_size and params["max_iter"] is None else 1.0,
        batch_size=min(params["batch_size"] or recipe.batch_size(n), n),
        directions=fitted.directions,
        free=frozenset(name for name, value in params.items() if _is_free(value)),
        verbose=int(params["verbose"]),
    )


def _is_free(value):
    return value is None or (isinstance(value, str) and value == "recipe")


def levels(fitted: FittedTable, recipe: Recipe) -> tuple[float, float]:
    """Return the values of training targets for no and yes."""
    if fitted.target.kind == "regression":
        return fitted.loss.levels
    return smoothed(fitted.loss.levels, recipe.label_smoothing, fitted.target)

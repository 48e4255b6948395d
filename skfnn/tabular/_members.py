"""The networks of an ensemble: what they have in common, and the training of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

import numpy as np

from .._engine.following.callback_tasks import CallbackTasks
from .._engine.following.divergence import DivergenceError, blamed
from .._engine.following.history import History
from .._engine.following.monitor import Reporting, Stopping
from .._engine.network.network import Network
from .._engine.objective.data import Data
from .._engine.objective.loss import Loss
from .._engine.objective.objective import Objective
from .._engine.objective.targets import SoftTarget
from .._engine.program.threads import one_blas_thread
from .._estimators.offsets import best_constant
from ..metrics._loss_and_error import LossAndError
from ..solvers import Minibatch, Problem, Progress
from . import _directions as directed
from ._categories import set_statistics
from ._cells import CellColumns, Part
from ._cycles import MIN_EPOCHS, MIN_STEPS, WORTH, CycleMonitor, enough_epochs, scores
from ._folds import Fold, assign_folds
from ._followed import Followed
from ._judging import Judge
from ._label_weights import BalancedLabels
from ._ongoing import grown
from ._portions import Portions, portion_size
from ._predictors import NetworkPredictor, Predictor
from ._recipes import CYCLE_PARTS, LARGE, Columns, Recipe
from ._stream import Stream, Windows

# Layers set themselves by at most ADAPT_ROWS training rows.
ADAPT_ROWS = 2048
# Epochs are judged by at most JUDGED_ROWS of the rows that a fold holds out.
JUDGED_ROWS = 50_000


@dataclass
class Task:
    """What all networks of a recipe have in common.

    Attributes
    ----------
    data : Data
        All encoded rows, as the networks take them.
    validation : Data or None
        Validation data of the user's, as they take it.
    columns : CellColumns
        What these rows have beside the encoder's columns.
    marks : ndarray of shape (n,) or None
        What the codes of training rows have beside the codes of others: the fold.
    parts : list of Part
        Where the table's columns stand in the encoder's rows.
    loss : Loss
        The loss, specialised to the target.
    recipe : Recipe
        Architecture and training.
    n_numbers, n_levels : int, list of int
        Columns of numbers and levels of coded categories, as in TabularEncoder.
    learning_rate, max_iter, batch_size : float, int, int
        What the recipe says of these tables, or the user.
    share : float
        The share of the rows that an epoch has.
    directions : tuple of int
        The direction of each number; empty where none has one.
    free : frozenset of str
        Parameters that the user left to the recipe.
    verbose : int
        Of the estimator.
    followed : Followed or None
        What is measured after each epoch.
    judge : Judge or None
        What epochs are chosen by, where the user says.
    stream : Stream or None
        The rows to train on, where ``data`` is a sample of them.
    starts : dict of {int: Network}
        The networks that members go on from, by their number.
    """

    data: Data
    validation: Data | None
    columns: CellColumns
    marks: np.ndarray | None
    parts: list[Part]
    loss: Loss
    recipe: Recipe
    n_numbers: int
    n_levels: list[int]
    learning_rate: float
    max_iter: int
    batch_size: int
    share: float = 1.0
    directions: tuple[int, ...] = ()
    free: frozenset[str] = frozenset()
    verbose: int = 0
    followed: Followed | None = None
    judge: Judge | None = None
    stream: Stream | None = None
    starts: dict[int, Network] = field(default_factory=dict)

    @property
    def regression(self) -> bool:
        """Whether targets are numbers."""
        return self.data.target.kind == "regression"

    @property
    def large(self) -> bool:
        """Whether there are so many rows that members differ little, and take long."""
        return len(self.data if self.stream is None else self.stream) > LARGE

    @property
    def worth(self) -> float | None:
        """By which share of the score a cycle must be better; None where as good is enough."""
        if not self.large:
            return None
        return WORTH if self.share < 1 else 0.0

    @property
    def rows(self) -> np.ndarray:
        """The encoder's rows, with marks in the codes of categories."""
        return self.columns.without(self.data.X)

    def valid(self, fold: Fold) -> Data | None:
        """Return the data whose score tells a member's best epoch, or None."""
        if fold.held is None:
            return self.validation
        return replace(self.data, rows=fold.held, levels=self.loss.levels)


@dataclass(frozen=True)
class Run:
    """How one network is trained.

    Attributes
    ----------
    seed : SeedSequence
        Determines everything random.
    max_iter : int
        The epochs that the schedule is laid out over.
    until : int or None
        The epoch after which training ends.
    deadline : float
        When to give up, on the clock of ``time.perf_counter``; the member then is not finished.
    rival : tuple of float
        The loss of held-out rows in each epoch of another member, which this one is to be better
        than: training ends after the second or third cycle if it is clearly behind by then. Empty
        without one.
    """

    seed: np.random.SeedSequence
    max_iter: int
    until: int | None = None
    deadline: float = np.inf
    rival: tuple[float, ...] = ()


@dataclass
class Member:
    """A trained member of an ensemble.

    Attributes
    ----------
    number : int
        The fold that it did not train on, from 0.
    predictor : Predictor
        What it predicts by: a network has the weights of its best epoch.
    history : History
        One row per epoch.
    best_epoch : int
        From 1.
    enough : int
        The epoch after which nothing was gained.
    raw : ndarray of shape (n, k) or None
        Raw scores of the rows that it was not trained on.
    last : bool
        Whether the user wants no further member, by an interrupt or a callback.
    finished : bool
        Whether no interrupt cut its training short.
    score : float
        The score of its best epoch on the rows that it was not trained on; NaN without such rows.
    honest : ndarray of shape (n, k) or None
        Raw scores of these rows by epochs that others of them chose; None where that is not known.
    """

    number: int
    predictor: Predictor
    history: History
    best_epoch: int
    enough: int
    raw: np.ndarray | None
    last: bool
    finished: bool
    score: float
    honest: np.ndarray | None = None

    @property
    def out_of_fold(self) -> Any:
        """Raw scores of rows that it was not trained on, nor chosen by as far as that is known."""
        return self.raw if self.honest is None else self.honest

    @property
    def seconds(self) -> float:
        """How long its training took."""
        return sum(self.history.columns.get("seconds", ()))


def helpful(members: list[Member]) -> list[Member]:
    """Return the members that are good enough for their mean.

    One that an interrupt cut short counts as much as the others. It is taken if its score on
    held-out rows is not below that of the worst finished one, or if there is none.
    """
    finished = [member for member in members if member.finished]
    worst = min((member.score for member in finished), default=np.nan)

    def helps(member):
        learned = len(member.history) > 0
        return member.finished or (learned and (not finished or member.score >= worst))

    return [member for member in members if helps(member)]


# Training that diverges at the recipe's learning rate is tried again with a CALMER-th of it.
CALMER, CALMER_TRIES = 4.0, 2


def train(
    task: Task, fold: Fold, run: Run, tasks: Callable[[Network], CallbackTasks] | None = None
) -> Member:
    """Train one network.

    Parameters
    ----------
    task : Task
        What to learn.
    fold : Fold
        The rows to train on, and to judge by.
    run : Run
        How long, and by which seed.
    tasks : callable, default=None
        Returns, for the network, what callbacks are told of its training.
    """
    free = task.stream is None and "learning_rate_init" in task.free  # not the user's rate
    for _ in range(CALMER_TRIES if free else 0):
        try:
            return _trained(task, fold, run, tasks)
        except DivergenceError:
            task = replace(task, learning_rate=task.learning_rate / CALMER)
    return _trained(task, fold, run, tasks)


def _trained(task, fold, run, tasks):
    """Return a network that has been trained once."""
    drawing, shuffling, masking, dividing = map(np.random.default_rng, run.seed.spawn(4))
    data, places = replace(task.data, rows=fold.rows), _judged(task, fold, dividing)
    network = _network(task, fold.number, data, drawing)
    judging = fold if places is None else replace(fold, held=fold.held[places])  # type: ignore
    monitor = _monitor(task, network, (data, task.valid(judging)), run, dividing)
    progress = Progress(shuffling, np.random.Generator(np.random.SFC64(masking.integers(2**63))))
    # Products of this size are slower on several BLAS threads, and members can run side by side.
    with one_blas_thread():
        monitor.tasks = None if tasks is None else tasks(network)
        try:
            solver = _solver(task, fold, run.max_iter)
            solver.solve(Problem(monitor.objective, data, progress), monitor)
            if not network.finite:
                raise DivergenceError("A weight is not finite at the end.")
        except DivergenceError as error:
            targets = data.y if task.regression else None
            causes = blamed(data.X, targets, data.weight, rate=task.learning_rate, clip=False)
            raise DivergenceError(error.detail, causes) from error
    return _member(task, fold, monitor, run.max_iter, places)


def _judged(task, fold, rng):
    """Return the places of the held-out rows that epochs are judged by; None for all.

    A score that the user chose may need all: of a rare class there may be few.
    """
    if fold.held is None or len(fold.held) <= JUDGED_ROWS or task.judge is not None:
        return None
    n_parts = ceil(len(fold.held) / JUDGED_ROWS)
    return np.flatnonzero(assign_folds(task.data.y[fold.held], n_parts, rng) == 0)


def _n_batches(task, n_rows):
    return max(1, round(n_rows / task.batch_size))


def _has_cycles(task, run):
    """Return whether epochs end where cycles do: not in few passes over a stream."""
    few = task.stream is not None and run.max_iter < CYCLE_PARTS
    return task.recipe.schedule == "coslog4" and not few


def _monitor(task, network, parts, run, dividing):
    """Return what follows the training of a network on some rows, and judges it by others."""
    (data, valid), loss, recipe, followed = parts, task.loss, task.recipe, task.followed
    scorer: Any = task.judge
    if (
        scorer is None
        and not task.regression
        and loss.probabilistic
        and not isinstance(loss, BalancedLabels)
        and not isinstance(data.target, SoftTarget)
    ):
        scorer = LossAndError()
    n_rows = len(data.rows) if task.stream is None else task.stream.n_rows(0)
    n_batches = _n_batches(task, portion_size(n_rows, task.share))
    patience = np.inf if valid is None else recipe.patience
    metrics = {} if followed is None else followed.metrics
    return CycleMonitor(
        Objective(network, loss, 0.0),
        data,
        valid,
        Stopping(0.0, patience, valid is not None, scorer),
        Reporting(metrics, verbose=task.verbose > 1),
        max_iter=run.max_iter if _has_cycles(task, run) else None,
        until=run.until,
        fewest=min(MIN_EPOCHS, ceil(MIN_STEPS / n_batches)),
        measure=None if followed is None else followed.on(task, network, data.rows, valid),
        deadline=run.deadline,
        rival=run.rival,
        worth=task.worth or 0.0,
        dividing=dividing,
    )


def _solver(task, fold, max_iter):
    stream = task.stream
    cls: type[Minibatch] = Minibatch if task.share == 1 else Portions
    n_rows = len(fold.rows)
    if stream is not None:
        cls, n_rows = Windows, stream.n_rows(fold.number)
    solver = cls(
        task.recipe.optimizer(),
        learning_rate=task.recipe.schedule,
        learning_rate_init=task.learning_rate,
        batch_size=-(-n_rows // _n_batches(task, n_rows)),
        max_iter=max_iter,
        shuffle=True,
        clip_norm=task.recipe.clip_norm,
    ).settled({})
    if isinstance(solver, Windows):
        return solver.over(stream, fold.number, task.share)
    return solver.over(task.share) if isinstance(solver, Portions) else solver


def _member(task, fold, monitor, max_iter, places):
    """Return what has been trained."""
    network, valid = monitor.objective.network, task.valid(fold)
    best, enough, raw = monitor.n_epochs, max_iter, None
    if monitor.scores:
        best = int(np.argmax(monitor.scores)) + 1
        if monitor.max_iter is not None:
            enough = enough_epochs(monitor.scores, max_iter, monitor.fewest, task.worth)
    if valid is not None:
        raw = scores(network, valid, task.loss)
    honest = None if monitor.honest is None else monitor.honest.known
    if places is not None and honest is not None:  # no epoch was chosen by the other rows
        known, honest = honest, raw.copy()
        honest[places] = known
    ended = monitor.tasks is not None and monitor.tasks.finish()
    return Member(
        number=fold.number,
        predictor=NetworkPredictor(network, task.columns),
        history=monitor.history,
        best_epoch=best,
        enough=enough,
        raw=raw,
        last=monitor.interrupted or ended,
        finished=not (monitor.interrupted or monitor.late),
        score=max(monitor.scores, default=np.nan),
        honest=honest,
    )


def _by_weight(data, rng):
    """Return rows that layers set themselves by, each as often as its weight says."""
    rows = rng.permutation(data.rows)
    n = min(ADAPT_ROWS, len(rows))
    weight = None if data.weight is None else data.weight[rows].astype(np.float64)
    if weight is None or np.ptp(weight) == 0:
        return rows[:n]
    until = weight.cumsum()
    return rows[until.searchsorted((np.arange(n) + 0.5) / n * until[-1])]


def _network(task, number, data, rng):
    n_embedded, n_told = task.columns.n_levels
    columns = Columns(
        data.X.shape[1], task.n_numbers, [*task.n_levels, *n_embedded], n_told,
        n_targets=data.target.n_outputs, regression=task.regression, member=number,
    )  # fmt: skip
    if task.directions:
        layers = directed.layers(task.recipe, columns, task.directions, task.loss)
    else:
        layers = task.recipe.layers(columns, task.loss.n_scores(columns.n_targets))
    network = Network(layers, data.X.shape[1], data.X.dtype, rng)
    if number in task.starts:
        network = grown(network, task.starts[number])
        task.stream.set_statistics(network, number)
        return network
    if task.stream is None:
        set_statistics(network, data, task.n_numbers)
    else:
        task.stream.set_statistics(network, number)
    network.adapt(data.X[_by_weight(data, rng)], rng)
    if task.regression:
        y, weight = data.labels()
        y = y.reshape(len(y), -1).astype(np.float64)
        bias = "b" if task.recipe.n_shared is None else "c"
        found = best_constant(task.loss, y, weight, data.offsets())
        network.weights(bias)[-1][...] = found
    return network

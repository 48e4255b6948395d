"""Training rows that come in windows: what takes the place of a table in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from .._engine.network.network import Network
from .._engine.objective.data import Data
from .._engine.objective.targets import class_weights
from .._engine.objective.weights import in_single
from ..layers import CategoryStatistics
from ..layers._category_statistics import FOLDS
from ..solvers import Minibatch
from ..solvers._minibatch import EpochProgram
from ._categories import class_columns, n_statistics, statistics_of, sums_of, unit
from ._cells import CellColumns
from ._fitted import FittedTable
from ._portions import portion_size
from ._sources import Block
from ._survey import Dealing, Survey, aligned

# So many encoded rows, and numbers in them, are shuffled together.
WINDOW_ROWS, WINDOW_NUMBERS = 2**17, 2**25


@dataclass(frozen=True, eq=False)
class Encoded:
    """Rows as networks take them.

    Attributes
    ----------
    X : ndarray of shape (n, p)
        Features, with folds in the codes of categories.
    y : ndarray of shape (n,) or (n, k)
        Encoded targets.
    weight : ndarray of shape (n,) or None
        Weights of rows.
    fold : ndarray of int of shape (n,)
        The fold of each.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    fold: np.ndarray

    def __len__(self) -> int:
        return len(self.X)


class Weigher(NamedTuple):
    """Weights of rows, of mean 1 over all of them.

    Attributes
    ----------
    unit : float
        What weights are divided by.
    of_class : ndarray or None
        What the weights of each class are multiplied by.
    """

    unit: float
    of_class: np.ndarray | None = None

    @classmethod
    def of(cls, survey: Survey, target: Any, class_weight: Any) -> Weigher | None:
        """Return the weights of rows, None where all count alike."""
        targets = survey.targets
        if class_weight is None or not len(targets.labels):
            return cls(targets.weight / targets.n) if survey.given.weight is not None else None
        codes = np.arange(len(targets.labels))
        given = class_weights(class_weight, codes, target, targets.weights)
        total, n = given @ targets.weights, targets.rows[given > 0].sum()
        return cls(float(total / n), given)

    def __call__(self, weight: np.ndarray | None, y: np.ndarray) -> np.ndarray:
        """Return the weights of rows with encoded targets ``y``."""
        found = np.ones(len(y)) if weight is None else weight
        if self.of_class is not None:
            found = found * self.of_class[y]
        return in_single(found / self.unit)


@dataclass(frozen=True, eq=False)
class Encode:
    """Turns blocks of raw rows into what networks take.

    Attributes
    ----------
    table : FittedTable
        Encoder and target.
    columns : CellColumns
        What networks take beside the encoder's columns.
    dealing : Dealing
        The folds.
    weigher : Weigher or None
        The weights of rows.
    codes : slice
        The columns of codes, in which folds are marked.
    """

    table: FittedTable
    columns: CellColumns
    dealing: Dealing
    weigher: Weigher | None
    codes: slice

    def __call__(self, block: Block) -> Encoded:
        A = self.table.encoder.transform(aligned(block.X, self.table.encoder))
        X = self.columns.transform(A)
        X[:, self.codes] += self.dealing.marks(block)[:, None]
        y = np.asarray(block.y)
        y = y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y
        y = self.table.encode_targets(y)
        weight = None if self.weigher is None else self.weigher(block.weight, y)
        return Encoded(X, y, weight, self.dealing.folds(block))


class Sums:
    """Sums of weights and targets for each category and mark.

    Parameters
    ----------
    n_levels : list of int
        Of each column of codes.
    n_marks, n_values : int
        Marks, and sums of targets.
    """

    def __init__(self, n_levels: list[int], n_marks: int, n_values: int) -> None:
        self.columns = [np.zeros((n + 1, n_marks, n_values + 1)) for n in n_levels]

    def on(self, known: Sums) -> Sums:
        """Return the same with what is known already, of categories with fewer levels."""
        for own, old in zip(self.columns, known.columns, strict=True):
            own[: len(old)] = old
        return self

    def take(self, found: list[tuple[np.ndarray, np.ndarray]]) -> None:
        """Add those of some rows."""
        for own, (places, sums) in zip(self.columns, found, strict=True):
            own[places // FOLDS, places % FOLDS] += sums

    def of(self, dealing: Dealing, fold: int | None) -> Iterator[np.ndarray]:
        """Yield the sums of rows that are not in a fold."""
        kept = np.ones((dealing.n_marks, 1))
        if fold is not None:
            kept[dealing.marks_of(fold)] = 0
        return (column * kept for column in self.columns)


def sums_in(block: Block, encode: Encode, deviation: np.ndarray) -> tuple[int, list]:
    """Return the number of a block's part, and its sums for each column of codes."""
    rows = encode(block)
    values = class_columns(rows.y, encode.table.target)[:, : len(deviation)] / deviation
    codes = rows.X[:, encode.codes].T
    return block.part, [sums_of(code, values, rows.weight) for code in codes]


@dataclass(frozen=True, eq=False)
class Stream:
    """The rows of a source as members train on them.

    Attributes
    ----------
    survey : Survey
        What is known of all rows.
    encode : Encode
        Makes encoded rows of them.
    sums : Sums or None
        What is known of categories.
    held : bool
        Whether folds are held out.
    parts : frozenset of int
        Whose rows are in the sums.
    """

    survey: Survey
    encode: Encode
    sums: Sums | None
    held: bool
    parts: frozenset[int] = frozenset()

    @classmethod
    def of(cls, survey: Survey, table: FittedTable, task: Any, *, weigher: Weigher | None,
           held: bool, known: Any = None) -> Stream:  # fmt: skip
        """Return what the members of a task train on; this takes a pass where there are codes."""
        n_codes = [*task.n_levels, *(cells.n_levels for cells in task.columns.cells)]
        if not task.recipe.category_statistics:
            n_codes = []
        codes = slice(task.n_numbers, task.n_numbers + len(n_codes))
        encode = Encode(table, task.columns, survey.dealing, weigher, codes)
        sums, before = None, frozenset(() if known is None else known.parts)
        parts = set(before)
        if n_codes:
            y, weight = task.data.labels()
            n_values = n_statistics(table.target.n_outputs) - 1
            sums = Sums(n_codes, survey.dealing.n_marks, n_values)
            values = class_columns(y, table.target)[:, :n_values]
            each = partial(sums_in, encode=encode, deviation=unit(values, weight))
            if known is not None and known.sums is not None:
                sums.on(known.sums)
            for part, found in survey.source.map(each):
                if part not in before:
                    sums.take(found)
                parts.add(part)
        survey = replace(survey, given=None)  # type: ignore[arg-type]
        return cls(survey, encode, sums, held, frozenset(parts))

    def out(self, fold: int) -> int | None:
        """Return the fold that a member holds out, None for none."""
        return fold if self.held else None

    def __len__(self) -> int:
        return int(self.survey.sample.folds.sum())

    def n_rows(self, fold: int) -> int:
        """Return on how many rows a member trains."""
        out, counts = self.out(fold), self.survey.sample.folds
        return int(counts.sum() - (0 if out is None else counts[out]))

    def set_statistics(self, network: Network, fold: int) -> None:
        """Fill the tables of a network's CategoryStatistics by all rows that it trains on."""
        if self.sums is None:
            return
        sums = self.sums.of(self.survey.dealing, self.out(fold))
        for (place, *_), cell in network.state_views(network.state).items():
            layer = network.layers[place]
            if isinstance(layer, CategoryStatistics):
                first = layer.first_rows() * FOLDS
                for j, column in enumerate(sums):
                    found = statistics_of(column)
                    table = cell["table"][first[j] : first[j + 1]]
                    table = table.reshape(len(found), FOLDS, -1)
                    table[:, : found.shape[1]] = found
                    table[:, found.shape[1] :] = found[:, :1]  # marks that no row has

    def rows(self, fold: int, order: np.random.Generator) -> Iterator[Encoded]:
        """Yield the rows that a member trains on, once, in an order of their own."""
        source, out = self.survey.source, self.out(fold)
        parts = None if source.n_parts is None else order.permutation(source.n_parts)
        for given in source.map(self.encode, parts):
            rows = order.permutation(np.flatnonzero(given.fold != out))
            weight = None if given.weight is None else given.weight[rows]
            yield Encoded(given.X[rows], given.y[rows], weight, given.fold[rows])


def window_rows(width: int, n_rows: int, batch_size: int) -> int:
    """Return how many rows are shuffled together: an epoch's, or whole batches of them."""
    most = min(WINDOW_ROWS, WINDOW_NUMBERS // width)
    if n_rows <= most:
        return n_rows
    n_batches = round(n_rows / -(-n_rows // most) / batch_size)  # in windows of equal size
    return batch_size * max(1, min(n_batches, most // batch_size))


class Window:
    """Room for some training rows, which others take when they have been used.

    Parameters
    ----------
    like : Data
        Rows of the same kind.
    n_rows : int
        How many there is room for.
    """

    def __init__(self, like: Data, n_rows: int) -> None:
        y = np.empty((n_rows, *like.y.shape[1:]), like.y.dtype)  # type: ignore[union-attr]
        weight = None if like.weight is None else np.ones(n_rows, like.weight.dtype)
        X = np.zeros((n_rows, like.X.shape[1]), like.X.dtype)
        self.data = replace(like, X=X, y=y, weight=weight, rows=None)
        self.filled = 0

    def fills(self, rows: Encoded) -> Iterator[None]:
        """Take rows in; yield each time that the window is full, to be used."""
        begin, size = 0, len(self.data)
        while begin < len(rows):
            n = min(size - self.filled, len(rows) - begin)
            there, those = slice(self.filled, self.filled + n), slice(begin, begin + n)
            self.data.X[there], self.data.y[there] = rows.X[those], rows.y[those]  # type: ignore
            if self.data.weight is not None:
                self.data.weight[there] = 1.0 if rows.weight is None else rows.weight[those]
            self.filled, begin = self.filled + n, begin + n
            if self.filled == size:
                self.filled = 0
                yield


class Windows(Minibatch):
    """Minibatch descent over a stream, window by window.

    A window is to this solver what an epoch is to its base: the learning rate follows its schedule
    over all of them. The monitor is told of epochs, which are passes over a share of the rows. Rows
    that are left at the end of a pass over all stay for the first window of the next one.
    """

    def over(self, stream: Stream, fold: int, share: float) -> Windows:
        """Set what it trains on, the member's number, and the share of rows in an epoch."""
        self.stream, self.fold, self.share = stream, fold, share
        return self

    def run(self, problem, monitor):
        data, progress = problem.data, problem.progress
        n_rows = self.stream.n_rows(self.fold)
        if not n_rows:  # all that is new is held out
            monitor.begin()
            monitor.epoch(0.0)
            monitor.end()
            return
        n_epochs, wanted = self.max_iter, portion_size(n_rows, self.share)
        window = Window(data, window_rows(data.X.shape[1], wanted, self.batch_size))
        self.max_iter = n_epochs * wanted // len(window.data)
        ends = np.linspace(0, self.max_iter, n_epochs + 1).round().astype(int)
        program = EpochProgram(self, replace(problem, data=window.data))
        monitor.resume(progress.best, progress.stale)
        with closing(self._full(window, progress.shuffling, n_rows)) as full:
            for n_windows in np.diff(ends):
                monitor.begin()
                loss, rate = self._once(program, islice(full, n_windows), progress)
                exhausted = monitor.epoch(loss, rate)
                if monitor.end() or exhausted:
                    break
        progress.best, progress.stale = monitor.finished.best, monitor.finished.stale

    def _once(self, program, windows, progress):
        """Train on some windows; return their mean loss, and the last rate."""
        losses, rate = [], np.nan
        for _ in windows:
            loss, rate = program.run()
            losses.append(loss)
            progress.epochs += 1
            progress.samples += len(program.data)
        return float(np.mean(losses)), rate

    def _full(self, window, order, n_rows):
        """Yield each time that a window is full, in pass after pass over all rows."""
        while True:
            n_read = 0
            with closing(self.stream.rows(self.fold, order)) as stream:
                for rows in stream:
                    n_read += len(rows)
                    yield from window.fills(rows)
            if n_read < len(window.data):
                raise ValueError(
                    f"X has yielded fewer than {len(window.data)} rows to train on, and {n_rows} "
                    "before. It must yield the same rows each time that it is read."
                )

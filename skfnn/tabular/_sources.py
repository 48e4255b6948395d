"""Where rows come from that are not one table in memory: files, datasets, functions."""

from __future__ import annotations

import glob
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from .._engine.objective.weights import check_weights
from .._sklearn import safe_indexing
from ..preprocessing._frames import dense, is_frame, to_frame
from ._rows_in_files import given_back, held

# Files are read by so many rows at a time.
BLOCK_ROWS = 2**16
# What a path may end with.
PARQUET = (".parquet", ".pq")
CSV = (".csv", ".csv.gz", ".csv.bz2", ".csv.xz", ".csv.zst", ".tsv", ".tsv.gz")


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows of one part of a source.

    Attributes
    ----------
    part : int
        Which part.
    position : ndarray of int of shape (n,)
        The place of each row in it.
    X, y : DataFrame or ndarray
        Raw columns and targets.
    weight : ndarray of shape (n,) or None
        Weights of rows.
    groups : ndarray of shape (n,) or None
        The group of each row.
    """

    part: int
    position: np.ndarray
    X: Any
    y: Any
    weight: np.ndarray | None = None
    groups: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.position)

    def __reduce_ex__(self, protocol: Any) -> tuple:  # of pickles; files of skops take the state
        return Block, (self.part, self.position, self.X, self.y, self.weight, self.groups)

    def __getstate__(self) -> dict[str, Any]:
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**given, "X": held(self.X)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in {**state, "X": given_back(state["X"])}.items():
            object.__setattr__(self, name, value)

    def at(self, rows: np.ndarray) -> Block:
        """Return some of the rows."""
        weight, groups = (None if a is None else a[rows] for a in (self.weight, self.groups))
        X, y = (safe_indexing(part, rows) for part in (self.X, self.y))
        return Block(self.part, self.position[rows], X, y, weight, groups)

    def counting(self) -> Block:
        """Return the rows that have a weight: one of weight 0 is as good as absent."""
        if self.weight is None or self.weight.all():
            return self
        return self.at(np.flatnonzero(self.weight))


class Roles(NamedTuple):
    """The columns of a table that are no features.

    Attributes
    ----------
    y : str, list of str or None
        The targets; None where they come beside the columns.
    weight, groups : str or None
        Weights of rows, and what they are held out together by.
    """

    y: Any = None
    weight: Any = None
    groups: Any = None

    @property
    def names(self) -> list:
        """All of them."""
        targets = self.y if isinstance(self.y, list) else [self.y]
        return [name for name in (*targets, self.weight, self.groups) if name is not None]

    def divided(self, frame: Any, y: Any = None) -> tuple[Any, Any, Any, Any]:
        """Return (X, y, weight, groups) of a table.

        Raises
        ------
        ValueError
            If it lacks one of the columns.
        """
        if not self.names:
            return frame, y, None, None
        if not is_frame(frame):
            raise ValueError(
                f"y, sample_weight or groups names the column {self.names[0]!r}; X is a "
                f"{type(frame).__name__}, whose columns have no names. Give a DataFrame."
            )
        frame = to_frame(frame)
        columns = list(frame.columns)
        unknown = [name for name in self.names if name not in columns]
        if unknown:
            raise ValueError(
                f"The table has no column {unknown[0]!r}, which y, sample_weight or groups names. "
                f"It has {columns[:20]}."
            )
        others = [name for name in columns if name not in self.names]
        y = y if self.y is None else frame[self.y]
        weight, groups = (None if n is None else frame[n] for n in (self.weight, self.groups))
        return frame[others], y, weight, groups


class Source(ABC):
    """Rows that are read part by part, as often as is needed.

    Parts have an order, and each row a place in its part: what is drawn for a row depends on these
    alone.

    Attributes
    ----------
    roles : Roles
        The columns that are no features.
    n_parts : int or None
        The number of parts; None where they come in their own order.
    """

    roles = Roles()
    n_parts: int | None = None

    @abstractmethod
    def map(self, function: Callable[[Block], Any], order: Iterable[int] | None = None) -> Iterator:
        """Yield ``function(block)`` of each block with rows, in the order of parts."""


class Local(Source):
    """Rows that this process reads.

    Attributes
    ----------
    ahead : bool
        Whether the next rows are read in a thread while the last ones are used.
    """

    ahead: ClassVar[bool] = True

    @abstractmethod
    def blocks(self, order: Iterable[int] | None = None) -> Iterator[Block]:
        """Yield the rows, by parts in some order."""

    def map(self, function, order=None):
        counting = (block.counting() for block in self.blocks(order))
        made = (function(block) for block in counting if len(block))
        return _ahead(made) if self.ahead else made


class Numbered(Local):
    """Rows whose parts can be read in any order."""

    @abstractmethod
    def tables(self, part: int) -> Iterator[tuple]:
        """Yield (table, y or None, weight or None, groups or None) of one part, piece by piece."""

    def blocks(self, order=None):
        for part in range(self.n_parts or 0) if order is None else map(int, order):
            begin = 0
            for given in self.tables(part):
                block = block_of(part, begin, *given, roles=self.roles)
                begin += len(block)
                yield block

    def frames(self) -> Iterator[Any]:
        """Yield all tables as they come, targets included, for prediction."""
        for part in range(self.n_parts or 0):
            for frame, *_ in self.tables(part):
                yield frame


def _ahead(iterator):
    """Yield what an iterator yields; a thread makes the next one meanwhile."""
    end = object()
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(next, iterator, end)
        while (made := pending.result()) is not end:
            pending = pool.submit(next, iterator, end)
            yield made
            del made


def block_of(part: int, begin: int, X: Any, y: Any = None, *, roles: Roles,
             weight: Any = None, groups: Any = None) -> Block:  # fmt: skip
    """Return a table as rows of a source.

    Raises
    ------
    ValueError
        If there are not as many targets or groups as rows, or a weight is negative.
    """
    X, y, own_weight, own_groups = roles.divided(X, y)
    weight = own_weight if weight is None else weight
    groups = own_groups if groups is None else groups
    X = dense(X, f"Part {part} of X")
    if not X.shape[1]:
        raise ValueError(f"Part {part} of X has no column beside y, sample_weight and groups.")
    n = len(X)
    y = y.toarray() if sparse.issparse(y) else y
    if y is None or len(y) != n:
        raise ValueError(
            f"Part {part} of X has {n} rows and {'no' if y is None else len(y)} targets. Each row "
            "needs one."
        )
    y = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    if groups is not None:
        groups = np.asarray(groups)
        if groups.shape not in {(n,), (n, 1)}:
            raise ValueError(
                f"Part {part} of X has {n} rows, and groups has the shape {groups.shape}. Each row "
                "needs one."
            )
        groups = groups.reshape(n)
    if weight is not None:
        weight = _checked(np.asarray(weight), n)
    return Block(part, np.arange(begin, begin + n), X, y, weight, groups)


def _checked(weight, n):
    """Return the weights of some rows, all of which may be 0."""
    scaled, by = check_weights(np.append(weight, 1.0), np.zeros(n + 1))
    return scaled[:-1] * by


class Called(Local):
    """What a function returns: an iterator of tables, or of (X, y).

    It is called once for each pass over the rows.
    """

    ahead = False  # a function may not like to be called in another thread

    def __init__(self, function: Callable, roles: Roles) -> None:
        self.function, self.roles = function, roles

    def frames(self):
        for given in self.function():
            yield given[0] if isinstance(given, tuple) and len(given) == 2 else given

    def blocks(self, order=None):
        for part, given in enumerate(self.function()):
            X, y = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
            if y is None and self.roles.y is None:
                raise ValueError(
                    "The function that X is must return an iterator of (X, y), or of tables where "
                    f"y names a column. It has yielded a {type(given).__name__}."
                )
            yield block_of(part, 0, X, y, roles=self.roles)


class Frames(Local):
    """Tables in memory.

    Parameters
    ----------
    parts : list of (int, tuple)
        The number of each, and (X, y, weight, groups).
    """

    ahead = False

    def __init__(self, parts: list) -> None:
        self.parts, self.n_parts = parts, len(parts)

    def blocks(self, order=None):
        for place in range(len(self.parts)) if order is None else order:
            part, (X, y, weight, groups) = self.parts[place]
            yield block_of(part, 0, X, y, roles=Roles(), weight=weight, groups=groups)


class Files(Numbered):
    """Files of one format; what folders say by "name=value" are columns.

    Parameters
    ----------
    files : list of str
        Their paths.
    roles : Roles
        The columns that are no features.
    system : pyarrow.fs.FileSystem, optional
        Where they are, if not on this machine.
    """

    def __init__(self, files: list[str], roles: Roles, system: Any = None) -> None:
        self.files, self.roles, self.system = files, roles, system
        self.keys = [keys_of(file) for file in files]
        self.places = list(self._places())
        self.n_parts = len(self.places)

    @abstractmethod
    def _places(self) -> Iterator[tuple]:
        """Yield what parts are: (number of the file, ...)."""

    @abstractmethod
    def _read(self, file: int, *which: Any) -> Iterator[pd.DataFrame]:
        """Yield the rows of a part."""

    def tables(self, part):
        file, *which = self.places[part]
        try:
            for frame in self._read(file, *which):
                yield (frame.assign(**self.keys[file]) if self.keys[file] else frame,)
        except Exception as error:
            error.add_note(f"In the file {self.files[file]}.")
            raise


class Parquet(Files):
    """Parquet files; a part is a group of rows."""

    def _open(self, file):
        parquet = needs_pyarrow().parquet
        return parquet.ParquetFile(self.files[file], filesystem=self.system, pre_buffer=False)

    def _places(self):
        for file in range(len(self.files)):
            with self._open(file) as opened:
                groups = opened.num_row_groups
            yield from ((file, group) for group in range(groups))

    def _read(self, file, group):
        with self._open(file) as opened:
            for batch in opened.iter_batches(BLOCK_ROWS, row_groups=[group], use_threads=False):
                yield batch.to_pandas()


class Csv(Files):
    """CSV files, read by pandas; a part is a file."""

    def _places(self):
        return ((file,) for file in range(len(self.files)))

    def _read(self, file):
        path: Any = self.files[file]
        if self.system is not None:
            path = self.system.open_input_stream(path)
        sep = "\t" if ".tsv" in self.files[file] else ","
        with pd.read_csv(path, chunksize=BLOCK_ROWS, sep=sep) as chunks:
            yield from chunks


class Scanned(Numbered):
    """A pyarrow dataset of any kind: one part."""

    n_parts = 1

    def __init__(self, dataset: Any, roles: Roles) -> None:
        self.dataset, self.roles = dataset, roles

    def tables(self, part):
        options = {"batch_size": BLOCK_ROWS, "batch_readahead": 1, "fragment_readahead": 1}
        for batch in self.dataset.to_batches(**options):
            yield (batch.to_pandas(),)


def needs_pyarrow() -> Any:
    """Return pyarrow.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        import pyarrow.dataset
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError(
            "Parquet files and datasets are read by pyarrow, which is not installed: "
            "pip install pyarrow. CSV files, and a function that yields tables, need none."
        ) from error
    return pyarrow


def keys_of(file: str) -> dict[str, Any]:
    """Return what the folders of a path say: {"year": 2026} of "year=2026/rows.parquet"."""
    found: dict[str, Any] = {}
    for folder in Path(file).parts[:-1]:
        name, is_key, value = folder.partition("=")
        if is_key and name:
            found[name] = int(value) if value.lstrip("-").isdecimal() else value
    return found


def is_path(X: Any) -> bool:
    """Return whether X is a path, a pattern of paths, or a list of them."""
    several = isinstance(X, (list, tuple)) and len(X) > 0
    return all(isinstance(p, (str, os.PathLike)) for p in (X if several else [X]))


def source_of(X: Any, roles: Roles) -> Source | None:
    """Return where rows come from, None where X is a table in memory.

    Raises
    ------
    ValueError
        If there are no such files, or ``roles`` does not say which column is the target.
    """
    if is_path(X):
        return _of_paths(X, _with_target(X, roles))
    if _is_dataset(X):
        return _of_dataset(X, _with_target(X, roles))
    if callable(X) and not hasattr(X, "shape") and not is_frame(X):
        return Called(X, roles)
    return None


def _is_dataset(X):
    known = hasattr(X, "to_batches") and hasattr(X, "get_fragments")
    return known and type(X).__module__.partition(".")[0] == "pyarrow"


def frames_of(X: Any) -> Iterator[Any]:
    """Yield the tables of what ``fit`` takes, with or without targets."""
    if is_path(X):
        yield from _of_paths(X, Roles()).frames()
    elif _is_dataset(X):
        yield from _of_dataset(X, Roles()).frames()
    elif callable(X) and not is_frame(X):
        yield from Called(X, Roles()).frames()
    else:
        yield X


def _with_target(X, roles):
    if roles.y is None:
        raise ValueError(
            f"With X={X!r} y must be the name of the column that is the target, or a list of names."
        )
    return roles


def _of_paths(X, roles):
    paths = [os.fspath(path) for path in (X if isinstance(X, (list, tuple)) else [X])]
    files = [file for path in paths for file in _files(path)]
    if not files:
        raise ValueError(
            f"X={X!r} names no file. It may be a path, or a pattern of paths, of Parquet files "
            f"({', '.join(PARQUET)}) or CSV files ({', '.join(CSV)}), or a folder with such files."
        )
    if all(file.endswith(PARQUET) for file in files):
        return Parquet(files, roles)
    if all(file.endswith(CSV) for file in files):
        return Csv(files, roles)
    raise ValueError(
        f"X={X!r} names files of several formats, as {files[0]} and {files[-1]}. All must be "
        "Parquet files, or all CSV files."
    )


def _files(path):
    """Return the files that a path means, in their order."""
    if os.path.isdir(path):
        path = os.path.join(glob.escape(path), "**", "*")
    elif os.path.exists(path):
        return [path]
    found = sorted(glob.glob(path, recursive=True))
    return [file for file in found if file.endswith(PARQUET + CSV)]


def _of_dataset(dataset, roles):
    """Return the source of a pyarrow dataset: its files, where it is all rows of some."""
    whole = hasattr(dataset, "files") and not getattr(dataset, "_scan_options", None)
    kind = getattr(getattr(dataset, "format", None), "default_extname", "")
    if whole and kind in ("parquet", "csv"):
        cls = Parquet if kind == "parquet" else Csv
        return cls(list(dataset.files), roles, dataset.filesystem)
    return Scanned(dataset, roles)

"""The search for cells that tell what a model leaves unexplained.

For each candidate the means of the residuals by cell are taken, of a row by the rows of other folds
alone, shrunk towards none. How far they agree with the residuals is measured in standard errors.
Finding pairs by what is left unexplained is known from FAST (Lou, Caruana, Gehrke and Hooker,
"Accurate Intelligible Models with Pairwise Interactions", 2013).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .._engine.objective.weights import moments
from ..preprocessing._columns import MOST_LEVELS
from ._categories import LEAST_FOLDS, SMOOTHING, class_columns, dealt_by, n_statistics
from ._cells import Cells, Division, Levels, Pairs, Part, divided
from ._folds import evenly

# Cells are worth a trial if what they tell is LEAST_Z standard errors from nothing (of FEW_ROWS
# rows twice that), LEAST_JUDGED by honest rows alone, and MORE_THAN_ALONE times what one column
# tells.
LEAST_Z, FEW_ROWS = 5.0, 500
LEAST_JUDGED = 2.0
MORE_THAN_ALONE = 1.25
# At most SEARCH_ROWS rows and MOST_COLUMNS columns are looked at where columns are crossed with
# each other; VALUE_ROWS rows for exact values, which need many.
SEARCH_ROWS, MOST_COLUMNS = 20_000, 30
VALUE_ROWS = 200_000
# Pairs of categories are taken before there is a network if what they tell is at least SURE
# standard errors; at most MOST_PAIRS.
SURE = 2.0
MOST_PAIRS = 16


@dataclass(frozen=True)
class Found:
    """Cells with what they tell.

    Attributes
    ----------
    cells : Cells
        The cells.
    z : float
        How many standard errors the agreement of means and residuals is from none.
    alone : float
        The same of the better of their columns, where there are two; else 0.
    judged : float
        The same by the residuals of those rows alone that are honest; infinite where none are.
    """

    cells: Cells
    z: float
    alone: float = 0.0
    judged: float = np.inf

    def known(self, A: np.ndarray) -> Cells:
        """Return the cells of some rows, which have codes then."""
        cells = self.cells.known(A)
        cells.z = self.z
        return cells

    def is_worth_a_trial(self, n_rows: int) -> bool:
        """Return whether the cells of so many rows tell enough, and more than their columns."""
        enough = self.z >= LEAST_Z * (1 + FEW_ROWS / n_rows) and self.judged >= LEAST_JUDGED
        return enough and self.z >= MORE_THAN_ALONE * self.alone


class Evidence:
    """What cells tell of residuals.

    Parameters
    ----------
    residual : ndarray of shape (n, k)
        What is left unexplained.
    fold : ndarray of int of shape (n,)
        The fold of each row, of few.
    weight : ndarray of shape (n,), default=None
        Weights of rows, above 0.
    honest : ndarray of bool of shape (n,), default=None
        The rows whose residuals are those of rows that a model was not trained on.
    """

    def __init__(self, residual: np.ndarray, fold: np.ndarray, weight=None, honest=None) -> None:
        n = len(residual)
        self.honest = honest
        self.fold, self.n_folds = fold, int(fold.max()) + 1
        self.weight = np.ones(n) if weight is None else weight.astype(np.float64)
        self.weight = self.weight / self.weight.mean()
        self.residual = residual - self._mean(residual)

    def _mean(self, values):
        return self.weight @ values / len(values)

    def means(self, code: np.ndarray) -> np.ndarray:
        """Return for each row the mean residual of its cell in the other folds, shrunk.

        Parameters
        ----------
        code : ndarray of int of shape (n,)
            Cells.
        """
        place = code * self.n_folds + self.fold
        size = (int(code.max()) + 1) * self.n_folds

        def others(weight):
            sums = np.bincount(place, weight, size).reshape(-1, self.n_folds)
            return sums.sum(axis=1, keepdims=True) - sums

        count, columns = others(self.weight), []
        for value in self.residual.T:
            total = others(self.weight * value)
            mean = total.sum(axis=0) / np.maximum(count.sum(axis=0), 1e-9)
            shrunk = (total + SMOOTHING * mean) / (count + SMOOTHING) - mean
            columns.append(shrunk.ravel()[place])
        return np.column_stack(columns)

    def z(self, code: np.ndarray) -> float:
        """Return by how many standard errors means and residuals agree, of the best column."""
        return self._agreement(self.means(code), slice(None))

    def judged(self, code: np.ndarray) -> float:
        """Return the same of honest rows alone, whose means are those of all rows."""
        if self.honest is None or not self.honest.any():
            return np.inf
        return self._agreement(self.means(code), self.honest)

    def _agreement(self, told, rows):
        """Return by how many standard errors columns agree with the residuals of some rows.

        The standard error is the larger of two: that of a correlation, and that of a sum of just
        these products, with which a few large ones prove nothing.
        """
        told, residual, weight = told[rows], self.residual[rows], self.weight[rows]
        told = told - weight @ told / weight.sum()
        products = weight[:, None] * told * residual
        spread = weight @ told**2 * (weight @ residual**2) / len(told)
        error = np.sqrt(np.maximum(spread, (products**2).sum(axis=0)))
        agreement = products.sum(axis=0)
        z = np.divide(agreement, error, out=np.zeros_like(error), where=error > 1e-12)
        return float(z.max())


class Search:
    """A search among the columns of some rows.

    Parameters
    ----------
    A : ndarray of shape (n, p)
        Encoded rows.
    evidence : Evidence
        What is left unexplained of them.
    """

    def __init__(self, A: np.ndarray, evidence: Evidence) -> None:
        self.A, self.evidence = A, evidence
        self._codes: dict[Division, np.ndarray] = {}
        self._alone: dict[Part, float] = {}

    def z(self, cells: Cells) -> float:
        """Return what cells tell, in standard errors."""
        return self.evidence.z(self._code(cells))

    def _code(self, cells):
        return _dense(cells.join([self._of(d) for d in cells.divisions]))

    def _of(self, division):
        """Return the codes of a division, as small numbers."""
        if division not in self._codes:
            self._codes[division] = _dense(division.codes(self.A))
        return self._codes[division]

    def alone(self, part: Part) -> float:
        """Return what a column tells alone."""
        if part not in self._alone:
            self._alone[part] = self.evidence.z(_dense(divided(part, self.A).codes(self.A)))
        return self._alone[part]

    def ranked(self, proposals: Iterable[Cells]) -> list[Found]:
        """Return cells by what they tell, the most telling first."""
        found = {cells: self.z(cells) for cells in proposals}
        of_values: dict[Part, float] = {}
        for cells, z in found.items():
            if len(cells.parts) == 1:
                (part,) = cells.parts
                of_values[part] = max(z, of_values.get(part, z))
        ranked = []
        for cells, z in found.items():
            own = [max(self.alone(p), of_values.get(p, 0.0)) for p in cells.parts]
            judged = self.evidence.judged(self._code(cells)) if z >= LEAST_Z else np.inf
            ranked.append(Found(cells, z, max(own) if len(own) > 1 else 0.0, judged))
        return sorted(ranked, key=lambda one: -one.z)


def most_telling(
    A: np.ndarray, parts: Sequence[Part], residual: np.ndarray, fold: np.ndarray,
    weight: np.ndarray | None = None, honest: np.ndarray | None = None,
) -> list[Found]:  # fmt: skip
    """Return cells of all kinds by what they tell, the most telling first.

    Parameters
    ----------
    A : ndarray of shape (n, p)
        Encoded rows.
    parts : list of Part
        Their columns.
    residual : ndarray of shape (n, k)
        What is left unexplained of them.
    fold : ndarray of int of shape (n,)
        The fold of each row.
    weight : ndarray of shape (n,), default=None
        Weights, above 0.
    honest : ndarray of bool of shape (n,), default=None
        Rows that the model was not trained on.

    Returns
    -------
    list of Found
        Those with a z of :data:`LEAST_Z` and more that tell more than their columns.
    """
    found: list[Found] = []
    for crosses in (False, True):
        most = SEARCH_ROWS if crosses else VALUE_ROWS
        rows = evenly(np.arange(len(A)), most)
        given = [None if each is None else each[rows] for each in (weight, honest)]
        search = Search(A[rows], Evidence(residual[rows], fold[rows], *given))
        chosen = parts
        if crosses:
            best = sorted(parts, key=search.alone, reverse=True)[:MOST_COLUMNS]
            chosen = [part for part in parts if part in best]
        for kind in Cells.registry.values():
            if kind.crosses is crosses:
                found += search.ranked(kind.proposals(chosen, search.A))
    found = [one for one in found if one.is_worth_a_trial(len(A))]
    return sorted(found, key=lambda one: -one.z)


def _dense(codes: np.ndarray) -> np.ndarray:
    """Return codes as numbers from 0 without much room between them."""
    if int(codes.max(initial=0)) <= 4 * len(codes):
        return codes
    return np.unique(codes, return_inverse=True)[1]


def pairs_of_categories(table, parts: Sequence[Part], rng, groups=None) -> list[Cells]:
    """Return pairs of categories that tell more of the target than the categories one by one.

    One of the two has more levels than a network can find out about by itself.

    Parameters
    ----------
    table : Table
        The encoded table.
    parts : list of Part
        Its columns.
    rng : Generator
        Draws rows and deals folds.
    groups : ndarray of shape (n,), default=None
        Rows of a group are in one fold.
    """
    target, categories = table.fitted.target, [part for part in parts if part.form != "number"]
    coded = [part for part in categories if part.form == "code"]
    too_many = len(categories) > MOST_COLUMNS or n_statistics(target.n_outputs) == 1
    if not coded or len(categories) == 1 or too_many:
        return []
    rows = np.sort(rng.permutation(table.rows)[:SEARCH_ROWS])
    fold = dealt_by(None if groups is None else groups[rows], LEAST_FOLDS, len(rows), rng)
    weight = None if table.weight is None else table.weight[rows]
    values = class_columns(table.y[rows], target)
    mean, variance = moments(values, weight)
    values = (values - mean) / np.maximum(np.sqrt(variance), 1e-9)
    codes = [Levels(part).codes(table.A[rows]) for part in categories]
    for _ in range(3):  # shrunk means leave a part of what they tell
        evidence = Evidence(values, fold, weight)
        values = _without(values, [evidence.means(code) for code in codes], weight)
    search = Search(table.A[rows], Evidence(values, fold, weight))
    found = search.ranked(
        pair for pair in Pairs.proposals(categories, table.A[rows])
        if any(part.form == "code" for part in pair.parts)
    )  # fmt: skip
    sure = [one for one in found[:MOST_PAIRS] if one.z > SURE]
    sure.sort(key=lambda one: [part.place.start for part in one.cells.parts])
    known = [one.known(table.A[table.rows]) for one in sure]
    return [cells for cells in known if cells.n_levels <= MOST_LEVELS]


def _without(values, explaining, weight):
    """Return what a linear function of columns leaves of values."""
    S = np.concatenate(explaining, axis=1)
    S = S - np.average(S, axis=0, weights=weight)
    weighted = S.T if weight is None else S.T * (weight / weight.mean())
    squares = weighted @ S + 1e-3 * len(S) * np.eye(S.shape[1])
    return values - S @ np.linalg.solve(squares, weighted @ values)

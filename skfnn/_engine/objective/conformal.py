"""For whom a calibration holds: held-out rows by group, and by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..support.warn import warn
from .distribution import Calibration, Distribution, Located

MISSING = "<missing>"
# A message names NAMED groups at most.
NAMED = 3


def as_labels(values: Any) -> np.ndarray:
    """Return the labels of groups as text: 1, 1.0 and "1" are one, and so are None and NaN."""
    series = pd.Series(values)
    missing = series.isna().to_numpy()
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype):
        numbers = series.to_numpy(np.float64, na_value=np.nan)
        codes, unique = pd.factorize(numbers)
        names = [str(int(u)) if float(u).is_integer() else repr(float(u)) for u in unique]
    else:
        codes, unique = pd.factorize(series)
        names = [str(u) for u in unique]
    labels = np.array([*names, MISSING], dtype=object)[codes]
    labels[missing] = MISSING
    return labels


@dataclass(frozen=True, eq=False)
class Held:
    """What is known of held-out rows beside their targets.

    Attributes
    ----------
    weight : ndarray of shape (n,) or None
        Their sample weights.
    labels : ndarray of str of shape (n,) or None
        The groups that they are in.
    column : str, int or None
        The column that the labels were taken from, if they were.
    """

    weight: np.ndarray | None = None
    labels: np.ndarray | None = None
    column: Any = None

    def at(self, rows: np.ndarray | None) -> Held:
        """Return what is known of some rows; None is all of them."""
        if rows is None:
            return self
        weight, labels = (None if a is None else a[rows] for a in (self.weight, self.labels))
        return Held(weight, labels, self.column)

    @classmethod
    def joined(cls, parts: list[Held]) -> Held:
        """Return what is known of the rows of several, one after the other."""
        weights: list[Any] = [part.weight for part in parts]
        labels: list[Any] = [part.labels for part in parts]
        return cls(
            None if weights[0] is None else np.concatenate(weights),
            None if labels[0] is None else np.concatenate(labels),
            parts[0].column,
        )

    def of_numbers(self, found: Located, y: np.ndarray) -> Calibration:
        """Return the calibration by what was said of targets (n, k), and by these."""
        calibration = self.calibration(found.score(y))
        if not found.is_distribution:
            calibration.errors = Errors((y - found.center) / found.scale, self.weight)
        return calibration

    def calibration(self, scores: np.ndarray) -> Calibration:
        """Return the calibration by the scores (n, k) of these rows."""
        if self.labels is None:
            return Calibration(scores, self.weight)
        return Grouped(scores, self)


class Errors(Calibration):
    """Errors of held-out rows, signed and relative to their scale.

    A new error is below the ``(n + 1) q``-smallest of n with a probability of q, if its row and the
    held-out ones are exchangeable; between two of them it is linear.
    """

    @property
    def levels(self) -> tuple[float, float]:
        """The smallest and the largest q that rows are enough for."""
        return float(self._share[0].max()), float(self._share[-1].min())

    def at(self, q: np.ndarray) -> np.ndarray:
        """Return the errors (k, m) or (n, k, m) at levels q, (m,) or (n, k, m)."""
        columns = [
            np.interp(q if q.ndim == 1 else q[:, j], share, error)
            for j, (share, error) in enumerate(zip(self._share.T, self._scores.T, strict=True))
        ]
        return np.stack(columns, axis=-2)


class Conformal(Distribution):
    """The distribution that held-out errors give to what is predicted.

    Source: Vovk, Shen, Manokhin and Xie, "Nonparametric predictive distributions based on conformal
    prediction", 2019; with the errors of held-out rows in place of those of all.

    Parameters
    ----------
    found : Located
        What is predicted, and how far targets lie from it up to a common factor.
    errors : Errors
        Those of held-out rows.
    """

    def __init__(self, found: Located, errors: Errors) -> None:
        super().__init__(found.center, found.scale, found.low)
        self.errors = errors

    def affine(self, shift, factor):
        found = Located(self.center, self.scale, self.low).affine(shift, factor)
        return Conformal(found, self.errors)

    def anywhere(self, q):
        errors = self.scale[..., None] * self.errors.at(q)
        return np.maximum(self.center[..., None] + errors, self.low)

    def quantile(self, q):
        low, high = self.errors.levels
        outside = (q < low * (1 - 1e-12)) | (q > high * (1 + 1e-12))
        if np.any(outside):
            raise ValueError(
                f"q must lie from {low:.3g} to {high:.3g}, which the {self.errors.n_rows} held-out "
                f"rows of this fit are enough for. Got {q[outside][0]:g}: fit on more rows, or "
                "with a loss that has a distribution."
            )
        return self.anywhere(q)


def parts_of(scores: np.ndarray, weight: np.ndarray | None, labels: Any) -> dict[Any, Any]:
    """Return a calibration for each label that has rows with a weight."""
    codes, names = pd.factorize(labels)
    if weight is not None:
        codes = np.where(weight > 0, codes, -1)
    parts = {}
    for code, name in enumerate(names):
        rows = np.flatnonzero(codes == code)
        if len(rows):
            parts[name] = Calibration(scores[rows], None if weight is None else weight[rows])
    return parts


def of_part(part: Calibration | None, coverage: float, whole: np.ndarray) -> Any:
    """Return the score (k,) of one part of the rows, and whether it has enough of its own.

    One that has too few takes the score of all rows, or its own largest where that is larger: so
    the score of no part falls where more coverage is asked for.
    """
    own = None if part is None else part.score(coverage)
    if own is not None:
        return own, True
    return (whole if part is None else np.maximum(whole, part.largest)), False


class Grouped(Calibration):
    """A calibration of all held-out rows, and of each group of them.

    Source: Vovk, Lindsay, Nouretdinov and Gammerman, "Mondrian Confidence Machine", 2003.

    Parameters
    ----------
    scores : ndarray of shape (n, k)
        Scores of the held-out rows.
    held : Held
        Their groups and weights.

    Attributes
    ----------
    column : str, int or None
        The column that says which group a row is in, if one does.
    parts : dict of str to Calibration
        Those of the groups.
    """

    def __init__(self, scores: np.ndarray, held: Held) -> None:
        super().__init__(scores, held.weight)
        self.column = held.column
        self.parts = parts_of(scores, held.weight, held.labels)

    def by_group(self, coverage: float, whole: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return the score (n, k) of each row by its group; warn of those that have no own.

        Parameters
        ----------
        coverage : float
            The share that is to stay below.
        whole : ndarray of shape (k,)
            The score of all rows.
        labels : ndarray of shape (n,)
            The groups of new rows.
        """
        codes, names = pd.factorize(labels)
        found = [of_part(self.parts.get(name), coverage, whole) for name in names]
        lacking = [name for name, (_, enough) in zip(names, found, strict=True) if not enough]
        if lacking:
            self._warn(coverage, lacking)
        return np.array([score for score, _ in found])[codes]

    def _warn(self, coverage, names):
        counts = {name: self.parts[name].n_rows if name in self.parts else 0 for name in names}
        shown = ", ".join(f"{name[:30]!r} ({n})" for name, n in list(counts.items())[:NAMED])
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        needed = rows_needed(coverage)
        warn(
            f"calibration_groups: coverage={coverage:g} needs {needed} held-out rows "
            f"of a group, and fit had fewer of {shown}{more} (in brackets). They are calibrated by "
            "the rows of all groups. Give fit more rows of them, or lower coverage."
        )


def rows_needed(coverage: float) -> int:
    """Return how many held-out rows, of equal weight, a coverage needs at least."""
    return int(np.ceil(coverage / (1 - coverage) * (1 - 1e-12)))

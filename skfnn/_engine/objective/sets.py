"""Sets of classes that hold the true one with a given probability."""

from __future__ import annotations

import numpy as np

from ..support.warn import warn
from .conformal import Calibration, Held, of_part, parts_of, rows_needed

# How a class is scored by all probabilities of its row; in this order everywhere.
METHODS = ("least_ambiguous", "adaptive")


def least_ambiguous(p: np.ndarray) -> np.ndarray:
    """Return how unlikely each class is.

    Source: Sadinle, Lei and Wasserman, "Least Ambiguous Set-Valued Classifiers With Bounded Error
    Levels", 2019.
    """
    return 1 - p


def adaptive(p: np.ndarray) -> np.ndarray:
    """Return how likely the classes are that are likelier than each one, and half of itself.

    Source: Romano, Sesia and Candes, "Classification with Valid and Adaptive Coverage", 2020. What
    is a random share of a class there is half of it here, so that sets are the same each time.
    """
    order = np.argsort(-p, axis=1, kind="stable")
    falling = np.take_along_axis(p, order, 1)
    sums = falling.cumsum(axis=1) - falling / 2
    found = np.empty_like(sums)
    np.put_along_axis(found, order, sums, 1)
    return found


def scores_of(p: np.ndarray) -> np.ndarray:
    """Return the scores (n, n_classes, 2) of classes, by each method."""
    return np.stack([least_ambiguous(p), adaptive(p)], axis=-1)


class SetCalibration:
    """What held-out rows say of the scores of true classes.

    Parameters
    ----------
    p : ndarray of shape (n, n_classes)
        Probabilities of held-out rows.
    y : ndarray of shape (n,)
        Codes of their classes.
    held : Held
        Their weights and groups.

    Attributes
    ----------
    rows : Calibration
        Of all rows, and where there are groups, of each group; a column of scores a method.
    classes : list of Calibration or None
        Of the rows of each class, None where it has none.
    """

    def __init__(self, p: np.ndarray, y: np.ndarray, held: Held) -> None:
        scores = scores_of(p)[np.arange(len(y)), y]
        self.rows: Calibration = held.calibration(scores)
        of_class = parts_of(scores, held.weight, y)
        self.classes = [of_class.get(code) for code in range(p.shape[1])]

    def limits(self, coverage: float, labels: np.ndarray | None, by_class: bool) -> np.ndarray:
        """Return the largest score that is still in a set, for each method.

        Parameters
        ----------
        coverage : float
            The share of rows whose set is to hold the class.
        labels : ndarray of shape (n,) or None
            The groups of the rows to predict.
        by_class : bool
            Whether the share is to hold for each class.

        Returns
        -------
        ndarray of shape (2,), (n, 1, 2) or (n_classes, 2)
            For all rows, for each row, or for each class; infinite with too few held-out rows.
        """
        whole = self.rows.score(coverage)
        if whole is None:
            warn(
                f"coverage={coverage:g} needs {rows_needed(coverage)} held-out rows, and this fit "
                f"had {self.rows.n_rows}: all sets hold all classes. Lower it, or fit on more rows."
            )
            return np.full(len(METHODS), np.inf)
        if by_class:
            found = [of_part(part, coverage, whole) for part in self.classes]
            few = sum(not enough for _, enough in found)
            if few:
                warn(
                    f"by_class=True: {few} of {len(found)} classes have fewer held-out rows than "
                    f"the {rows_needed(coverage)} that coverage={coverage:g} needs, and are "
                    "calibrated by the rows of all classes."
                )
            return np.array([limit for limit, _ in found])
        if labels is None:
            return whole
        return self.rows.by_group(coverage, whole, labels)[:, None]  # type: ignore[attr-defined]


def sets(p: np.ndarray, limits: np.ndarray, method: str, allow_empty: bool) -> np.ndarray:
    """Return the sets (n, n_classes): all classes that score no more than the limits.

    Parameters
    ----------
    p : ndarray of shape (n, n_classes)
        Probabilities.
    limits : ndarray of shape (..., 2)
        As :meth:`SetCalibration.limits` returns them.
    method : str
        One of ``METHODS``.
    allow_empty : bool
        Whether the likeliest class may be left out, too.
    """
    column = METHODS.index(method)
    score = adaptive(p) if method == "adaptive" else least_ambiguous(p)
    found = score <= limits[..., column]
    if not allow_empty:
        found[np.arange(len(p)), p.argmax(axis=1)] = True
    return found

"""predict_set: sets of classes that hold the true one with a given probability."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._engine.objective.sets import METHODS, sets
from .advice import held_out_rows
from .groups import labels_at


class PredictsSets:
    """Mixin of the classifiers: sets that hold the class with a given probability."""

    _fitted: Any

    @abstractmethod
    def _class_probabilities(self, X, offset=None) -> tuple[Any, np.ndarray]:
        """Return what was learned, and by it the probabilities (n, n_classes) of rows."""

    def predict_set(self, X, coverage=0.9, *, method="least_ambiguous", by_class=False,
                    allow_empty=False, calibration_groups=None,
                    offset=None) -> np.ndarray:  # fmt: skip
        """Return sets of classes that hold the true one in a share ``coverage`` of new rows.

        They are conformal: a set has all classes whose score is at most the
        ``ceil((n + 1) coverage)``-smallest score that the true class had in n held-out rows
        (``X_val, y_val``, ``early_stopping=True``; in a table, the folds), weighted by their
        ``sample_weight``. If new rows come as the held-out ones did, the share is at least
        ``coverage`` on average, whether the probabilities are right or not. Rows that also chose
        the epoch make it a little less. Sets for a larger coverage hold those for a smaller one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, as in ``fit``.
        coverage : float in (0, 1), default=0.9
            The share.
        method : {"least_ambiguous", "adaptive"}, default="least_ambiguous"
            What scores a class: "least_ambiguous", 1 minus its probability, which gives the
            smallest sets; "adaptive", the probabilities of all likelier classes and half its own,
            whose sets grow more where a row is hard.
        by_class : bool, default=False
            Whether the share is to hold for the rows of each class, and not only of all. A class
            with too few held-out rows is calibrated by all rows, with a warning.
        allow_empty : bool, default=False
            Whether a set may be empty; else it always has the likeliest class.
        calibration_groups : str or array-like of shape (n_samples,), default=None
            Groups in each of which the share is to hold: the name of a column, or labels; as in
            ``fit``, whose column is the default. A group that is new, or has too few held-out rows,
            is calibrated by all rows, with a warning.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        ndarray of bool of shape (n_samples, n_classes)
            Whether a class is in the set, in the order of ``classes_``.

        Raises
        ------
        ValueError
            If a parameter is out of range, or the fit had no held-out rows, no probabilities, or
            several labels per row.

        References
        ----------
        Sadinle, Lei and Wasserman, "Least Ambiguous Set-Valued Classifiers With Bounded Error
        Levels", 2019. Romano, Sesia and Candes, "Classification with Valid and Adaptive Coverage",
        2020. Vovk, Lindsay, Nouretdinov and Gammerman, "Mondrian Confidence Machine", 2003.
        """
        check_is_fitted(self)
        if not 0 < coverage < 1:
            raise ValueError(f"coverage must be in (0, 1). Got {coverage!r}.")
        if method not in METHODS:
            raise ValueError(f"method must be one of {list(METHODS)}. Got {method!r}.")
        if by_class and calibration_groups is not None:
            raise ValueError(
                "by_class=True and calibration_groups cannot both be: give one of them."
            )
        self._check_sets()
        fitted, p = self._class_probabilities(X, offset)
        calibration = fitted.calibration
        if calibration is None:
            raise ValueError(
                f"predict_set needs held-out rows, and this fit had none: {held_out_rows(self)}."
            )
        labels = None
        if not by_class:
            labels = labels_at(calibration.rows, calibration_groups, X, len(p))
        limits = calibration.limits(coverage, labels, bool(by_class))
        return sets(p, limits, method, bool(allow_empty))

    def _check_sets(self):
        """Check that there is one class per row, with a probability."""
        fitted = self._fitted
        if fitted.target.kind == "multilabel":
            raise ValueError(
                "predict_set needs one class per row, and this fit has several labels per row. Fit "
                "a classifier for each label."
            )
        if not fitted.loss.probabilistic:
            raise ValueError(
                "predict_set needs probabilities, which this fit's loss does not have: fit with "
                "loss='log_loss'."
            )

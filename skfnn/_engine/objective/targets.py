"""Targets: user's ``y`` in, predictions out.

A target knows how to turn ``y`` into codes or numbers, to write them into the (n, k) array that
losses work on, and to turn raw scores back into predictions.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from .loss import Loss

# Rows of soft targets sum to 1 up to this.
SOFT_TOLERANCE = 1e-4


def check_columns(y: np.ndarray, n_columns: int) -> None:
    """Check the number of outputs.

    Raises
    ------
    ValueError
        If ``y`` has another.
    """
    if (1 if y.ndim == 1 else y.shape[1]) != n_columns:
        raise ValueError(f"y must have {n_columns} outputs. Got shape {y.shape}.")


class RegressionTarget:
    """Numbers, one column or several."""

    kind = "regression"

    def __init__(self, n_outputs: int, one_dimensional: bool) -> None:
        self.n_outputs = n_outputs
        self.one_dimensional = one_dimensional

    def strata(self, y):
        """Return what a validation split is stratified by, or None."""
        return None

    def fill(self, encoded, out, levels):
        """Write targets into ``out`` (n, k)."""
        np.copyto(out, encoded.reshape(out.shape), casting="same_kind")

    def decide(self, raw, loss: Loss):
        """Return predictions from raw scores."""
        mean = loss.predict(raw)
        return mean[:, 0] if self.one_dimensional else mean


class ReconstructionTarget(RegressionTarget):
    """The rows of X themselves; ``Data.y`` is None then, and nothing is held twice."""

    kind = "reconstruction"

    def __init__(self, n_outputs: int) -> None:
        super().__init__(n_outputs, False)


# Types of labels of which nothing can be wrong.
_PLAIN = "biuU"


def _plain_labels(y):
    """Return the labels of a vector of whole numbers or strings, sorted; None for all others.

    To these, scikit-learn's checks would not object, and take as long as many a fit's training.
    """
    if type(y) is not np.ndarray or y.ndim != 1 or y.dtype.kind not in _PLAIN:
        return None
    labels = np.unique(y)
    return labels if 0 < 2 * len(labels) <= len(y) else None  # else there may be a warning


class ClassTarget:
    """Class labels: two classes, several classes, or several labels per row.

    Attributes
    ----------
    kind : {"binary", "multiclass", "multilabel"}
        What ``y`` is.
    classes : ndarray
        The labels, sorted.
    """

    def __init__(self, y, classes=None) -> None:
        labels = _plain_labels(y) if classes is None else None
        if labels is None:
            labels = self._checked(y, classes)
        if labels is None:
            return
        self.classes = labels
        self.kind = "multiclass" if len(labels) > 2 else "binary"
        self.n_outputs = len(labels) if self.kind == "multiclass" else 1

    def _checked(self, y, classes):
        """Return the labels as scikit-learn finds them, None if each row may have several."""
        check_classification_targets(y if classes is None else classes)
        if type_of_target(y).startswith("multilabel"):
            self.kind = "multilabel"
            self.n_outputs = y.shape[1]
            self.classes = np.arange(self.n_outputs)
            return None
        return LabelEncoder().fit(y if classes is None else column_or_1d(classes)).classes_

    def knows(self, y) -> bool:
        """Return whether a vector of the classes' type holds none but them."""
        if y.dtype != self.classes.dtype or y.dtype.kind not in _PLAIN:
            return False
        found = self.classes.take(np.searchsorted(self.classes, y), mode="clip")
        return bool((found == y).all())

    @property
    def columns(self) -> bool:
        """Whether ``y`` has one column per class or label."""
        return self.kind == "multilabel"

    def strata(self, y):
        """Return what a validation split is stratified by, or None."""
        return None if self.kind == "multilabel" else y

    @classmethod
    def of_outputs(cls, n_outputs: int, classes=None, multilabel: bool = False) -> ClassTarget:
        """Return the target of a network with a number of outputs, without any ``y``.

        Raises
        ------
        ValueError
            If ``classes`` is not sorted or does not fit to the number of outputs.
        """
        n_classes = max(n_outputs, 2)
        given = np.arange(n_classes) if classes is None else column_or_1d(classes)
        if multilabel:
            if not np.array_equal(given, np.arange(n_outputs)):
                raise ValueError(
                    f"classes must be None for several labels per row. Got classes={classes!r}."
                )
            return cls(np.eye(n_outputs, dtype=int))
        if len(given) != n_classes or not np.array_equal(given, np.unique(given)):
            raise ValueError(
                f"classes must hold {n_classes} different labels in sorted order for a network "
                f"with {n_outputs} output{'s' * (n_outputs > 1)}. Got classes={classes!r}."
            )
        target = cls(given)
        if n_outputs == 2:  # two scores for two classes: a softmax over both
            target.kind, target.n_outputs = "multiclass", 2
        return target

    def encode(self, y):
        """Return class codes (n,), or the 0 / 1 matrix of a multilabel target."""
        if self.kind == "multilabel":
            check_columns(y, self.n_outputs)
            if not np.isin(y, (0, 1)).all():
                raise ValueError(f"multilabel y must hold 0 and 1 only. Got {np.unique(y)}.")
            return np.asarray(y, dtype=np.uint8).reshape(len(y), -1)
        return np.searchsorted(self.classes, y).astype(np.min_scalar_type(len(self.classes)))

    def fill(self, encoded, out, levels):
        """Write targets into ``out`` (n, k), with ``levels`` for no and yes."""
        no, yes = levels
        if self.kind == "multiclass":
            out.fill(no)
            out[np.arange(len(encoded)), encoded] = yes
        else:
            np.multiply(encoded.reshape(out.shape), yes - no, out=out)
            out += no

    def decide(self, raw, loss: Loss):
        """Return class codes (n,), or the 0 / 1 matrix of a multilabel target."""
        if self.kind == "multiclass":
            return raw.argmax(axis=1)
        if self.kind == "multilabel":
            return (raw > 0).astype(int)
        return np.zeros(len(raw), int) if len(self.classes) == 1 else (raw[:, 0] > 0).astype(int)

    def decode(self, decided):
        """Return the user's labels for what ``decide`` returned."""
        return decided if self.kind == "multilabel" else self.classes[decided]


class OneHotTarget(ClassTarget):
    """Classes as columns: one-hot rows, or rows of probabilities.

    This is how Keras has the targets of its categorical cross-entropy. ``y`` that is one-hot is
    encoded as class codes, and so treated as labels are; decisions are decoded as one-hot rows.
    """

    columns = True

    def __init__(self, n_classes: int) -> None:
        self.kind = "multiclass"
        self.n_outputs = n_classes
        self.classes = np.arange(n_classes)

    def strata(self, y):
        """Return the most likely class of each row."""
        return (y.toarray() if sparse.issparse(y) else np.asarray(y)).argmax(axis=1)

    def encode(self, y):
        """Return class codes (n,) for one-hot rows, else the probabilities (n, k).

        Raises
        ------
        ValueError
            If a row is not a probability distribution.
        """
        check_columns(y, self.n_outputs)
        y = np.asarray(y, dtype=np.float64)
        sums = y.sum(axis=1)
        wrong = (np.abs(sums - 1) > 1e-4) | (y < 0).any(axis=1)
        if wrong.any():
            row = int(wrong.argmax())
            raise ValueError(
                "loss='categorical_crossentropy' takes columns of y as classes: each row one-hot, "
                f"or probabilities >= 0 that sum to one. Row {row} is {y[row]}, its sum "
                f"{sums[row]:g}. For several labels per row use loss='binary_crossentropy'."
            )
        codes = y.argmax(axis=1)
        if (y.max(axis=1) == 1).all():
            return codes.astype(np.min_scalar_type(self.n_outputs))
        return y

    def fill(self, encoded, out, levels):
        if encoded.ndim == 1:
            super().fill(encoded, out, levels)
        else:
            no, yes = levels
            np.multiply(encoded, yes - no, out=out, casting="same_kind")
            out += no

    def decode(self, decided):
        """Return one-hot rows for class codes; rows of probabilities as they are."""
        return decided if decided.ndim == 2 else np.eye(self.n_outputs, dtype=int)[decided]


def is_soft(y) -> bool:
    """Return whether y are soft targets: rows of probabilities, not all of them 0 or 1."""
    y = np.asarray(y)
    if y.ndim != 2 or y.shape[1] < 2 or y.dtype.kind != "f" or not len(y):
        return False
    inside = (y >= 0).all() and (np.abs(y.sum(axis=1) - 1) <= SOFT_TOLERANCE).all()
    return bool(inside and ((y > 0) & (y < 1)).any())


class SoftTarget(OneHotTarget):
    """Classes of which y has the probabilities, a column each.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Their labels, in the order of the columns.
    """

    columns = False

    def __init__(self, classes: np.ndarray) -> None:
        super().__init__(len(classes))
        self.classes = classes

    @classmethod
    def named(cls, n_classes: int, names=None) -> SoftTarget:
        """Return the target of so many columns: their names are the labels, else 0, 1, ...

        Raises
        ------
        ValueError
            If the names are not in sorted order.
        """
        classes = np.arange(n_classes) if names is None else np.asarray(names)
        if len(classes) != n_classes or not np.array_equal(classes, np.unique(classes)):
            raise ValueError(
                f"The {n_classes} columns of soft targets y must be named by labels in sorted "
                f"order. Got {classes.tolist()}."
            )
        return cls(classes)

    def codes(self, encoded: np.ndarray) -> np.ndarray:
        """Return the class code of each row, of probabilities that of the largest."""
        return encoded if encoded.ndim == 1 else encoded.argmax(axis=1)

    def strata(self, y):
        """Return the most likely class of each row."""
        return y if np.ndim(y) == 1 else np.asarray(y).argmax(axis=1)

    def encode(self, y):
        """Return class codes (n,) of labels, or the probabilities (n, k), one-hot rows too."""
        if np.ndim(y) == 1:
            return ClassTarget.encode(self, y)
        found = super().encode(y)
        return found if found.ndim == 2 else np.eye(self.n_outputs)[found]

    def decode(self, decided):
        """Return the labels of class codes, or of the largest of each row of probabilities."""
        return self.classes[decided.argmax(axis=1) if decided.ndim == 2 else decided]


def class_weights(class_weight, encoded, target: ClassTarget, weight=None) -> np.ndarray:
    """Return the weight of each class that ``class_weight`` ("balanced" or a dict) means.

    Classes are counted by the weights of their rows, where there are any.

    Raises
    ------
    ValueError
        If it is of classes that are not there, or holds something else than weights >= 0.
    """
    if class_weight == "balanced":
        counts = np.bincount(encoded, weight, minlength=len(target.classes))
        each = counts.sum() / np.count_nonzero(counts)
        return np.divide(each, counts, out=np.ones(len(counts)), where=counts > 0)
    known = target.classes.tolist()
    unseen = [label for label in class_weight if label not in known]
    if unseen:
        raise ValueError(
            f"class_weight has weights for classes that are not in y: {unseen}. Classes are "
            f"{known}."
        )
    try:
        weights = np.array([class_weight.get(label, 1.0) for label in known], dtype=float)
    except (TypeError, ValueError):
        weights = np.array([np.nan])
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise ValueError(
            f"class_weight must hold finite weights >= 0, not all of them 0. Got {class_weight!r}."
        )
    return weights


def smoothed(levels, smoothing, target):
    """Return (no, yes) with a share ``smoothing`` of the probability spread over all classes."""
    if not smoothing:
        return levels
    n_classes = target.n_outputs if target.kind == "multiclass" else 2
    no, yes = levels
    spread = smoothing * (yes - no) / n_classes
    return no + spread, yes - smoothing * (yes - no) + spread

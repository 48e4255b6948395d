"""User data in, predictions out: the only place where labels and weights are touched.

A target knows how to turn ``y`` into codes or numbers, to write them into the (n, k) array that
losses work on, and to turn raw scores back into predictions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from ._sparse import SparseBatch
from .losses import Loss
from .objective import Batch

# Elements gathered before they are cast.
GATHER_ELEMENTS = 2**14


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

    def __init__(self, n_outputs: int, one_dimensional: bool):
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

    def __init__(self, n_outputs: int):
        super().__init__(n_outputs, False)


class ClassTarget:
    """Class labels: two classes, several classes, or several labels a row.

    Attributes
    ----------
    kind : {"binary", "multiclass", "multilabel"}
        What ``y`` is.
    classes : ndarray
        The labels, sorted.
    """

    def __init__(self, y, classes=None):
        check_classification_targets(y if classes is None else classes)
        if type_of_target(y).startswith("multilabel"):
            self.kind = "multilabel"
            self.n_outputs = y.shape[1]
            self.classes = np.arange(self.n_outputs)
            return
        labels = LabelEncoder().fit(y if classes is None else column_or_1d(classes))
        self.classes = labels.classes_  # a pickle holds them, and no object of scikit-learn's
        self.kind = "multiclass" if len(self.classes) > 2 else "binary"
        self.n_outputs = len(self.classes) if self.kind == "multiclass" else 1

    @property
    def columns(self) -> bool:
        """Whether ``y`` has one column a class or label."""
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
                    f"classes must be None for several labels a row. Got classes={classes!r}."
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

    def __init__(self, n_classes: int):
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
                f"{sums[row]:g}. For several labels a row use loss='binary_crossentropy'."
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


def class_weights(class_weight, encoded, target: ClassTarget) -> np.ndarray:
    """Return the weight of each class that ``class_weight`` ("balanced" or a dict) means.

    Raises
    ------
    ValueError
        If it is of classes that are not there, or holds something else than weights >= 0.
    """
    if class_weight == "balanced":
        present = np.unique(encoded)
        weights = np.ones(len(target.classes))
        weights[present] = compute_class_weight("balanced", classes=present, y=encoded)
        return weights
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


@dataclass
class Data:
    """Encoded rows.

    Attributes
    ----------
    X : ndarray or csr_array of shape (n, p)
        Features; an array is C-contiguous.
    y : ndarray of shape (n,) or (n, k), or None
        Encoded targets; None where they are the rows of X.
    weight : ndarray of shape (n,) or None
        Sample weights, of mean 1 over the training rows.
    target : RegressionTarget or ClassTarget
        What ``y`` is.
    levels : tuple of float
        The loss's values for no and yes.
    rows : ndarray of int or None
        The rows that belong to it; None for all.
    dtype : dtype, optional
        The precision to compute in; by default that of X. Minibatches are cast when they are
        gathered, so that X is not copied.
    """

    X: Any
    y: np.ndarray | None
    weight: np.ndarray | None
    target: RegressionTarget | ClassTarget
    levels: tuple[float, float]
    rows: np.ndarray | None = None
    dtype: Any = None

    def __post_init__(self):
        self.dtype = self.X.dtype if self.dtype is None else np.dtype(self.dtype)

    @property
    def sparse(self) -> bool:
        """Whether X is sparse."""
        return not isinstance(self.X, np.ndarray)

    def __len__(self) -> int:
        return self.X.shape[0] if self.rows is None else len(self.rows)

    def own(self) -> Data:
        """Return the same data with its rows, and only those, in arrays of its own."""
        if self.rows is None:
            return self
        y, weight = (None if part is None else part[self.rows] for part in (self.y, self.weight))
        return Data(self.X[self.rows], y, weight, self.target, self.levels, dtype=self.dtype)

    def some_rows(self, n: int, rng) -> np.ndarray:
        """Return up to ``n`` of its rows of X, drawn by a ``RandomState``, as an array."""
        rows = np.arange(self.X.shape[0]) if self.rows is None else self.rows
        if len(rows) > n:
            rows = np.sort(rng.choice(rows, n, replace=False))
        some = self.X[rows]
        return (some.toarray() if self.sparse else some).astype(self.dtype, copy=False)

    def labels(self, step: int = 1) -> tuple[np.ndarray, np.ndarray | None]:
        """Return (targets, weights or None) of its rows, or of every ``step``-th."""
        chosen: Any = slice(None, None, step) if self.rows is None else self.rows[::step]
        y = self.X[chosen] if self.y is None else self.y[chosen]
        weight = None if self.weight is None else self.weight[chosen]
        return y if isinstance(y, np.ndarray) else y.toarray(), weight

    def batch(self) -> Batch:
        """Return all rows as one batch, with room for scores."""
        data = self.own()
        dtype, n = data.dtype, len(data)
        if data.y is not None:
            k = self.target.n_outputs
            batch = Batch.empty(data.X, n, k, dtype, data.weight is not None)
            self.target.fill(data.y, batch.y, self.levels)
        else:
            weight = None if data.weight is None else np.empty((n, 1), dtype)
            targets = (None, None) if self.sparse else (data.X, np.empty_like(data.X))
            batch = Batch(data.X, targets[0], weight, targets[1])
        if batch.weight is not None:
            batch.weight[:, 0] = data.weight
        return batch

    def gather(self, rows: np.ndarray, X: Any, size: int) -> None:
        """Write the features of some rows into ``X``, the buffers of batches of ``size`` rows."""
        if self.sparse:
            part = self.X[rows].astype(self.dtype, copy=False)
            for i, batch in enumerate(X[: -(-len(rows) // size)]):
                batch.matrix = part[i * size : (i + 1) * size]
        elif self.X.dtype == self.dtype:
            self.X.take(rows, 0, X[: len(rows)], "clip")
        else:  # by pieces that stay in cache between the gather and the cast
            step = max(1, GATHER_ELEMENTS // self.X.shape[1])
            given = np.empty((min(step, len(rows)), self.X.shape[1]), self.X.dtype)
            for start in range(0, len(rows), step):
                some = rows[start : start + step]
                self.X.take(some, 0, given[: len(some)], "clip")
                np.copyto(X[start : start + len(some)], given[: len(some)], casting="same_kind")

    def gather_labels(self, rows: np.ndarray, chunk: Batch) -> None:
        """Write targets and weights of some rows into the buffers of a chunk of batches.

        Where the rows of X are the targets, these must be in ``chunk.X``.
        """
        n = len(rows)
        if self.y is not None:
            self.target.fill(self.y.take(rows, 0), chunk.y[:n], self.levels)
        elif self.sparse:
            filled = 0
            for batch in chunk.X:
                if filled < n:
                    part = batch.matrix.toarray()
                    self.target.fill(part, chunk.y[filled : filled + len(part)], self.levels)
                    filled += len(part)
        else:
            self.target.fill(chunk.X[:n], chunk.y[:n], self.levels)
        if self.weight is not None and chunk.weight is not None:
            self.weight.take(rows, 0, chunk.weight[:n, 0], "clip")

    def chunk(self, n_batches: int, n_gathered: int, size: int, n_scores: int) -> Batch:
        """Return buffers for ``n_batches`` batches of ``size`` rows, X for ``n_gathered``."""
        X: Any = [SparseBatch() for _ in range(n_gathered)]
        if not self.sparse:
            X = np.empty((n_gathered * size, self.X.shape[1]), self.dtype)
        rows, k, weighted = n_batches * size, self.target.n_outputs, self.weight is not None
        return Batch.empty(X, rows, k, self.dtype, weighted, n_scores)

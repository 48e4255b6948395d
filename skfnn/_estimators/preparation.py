"""From user data to what a fit works on: rows split off, weights, precision, random streams."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from .._engine.objective.conformal import Held
from .._engine.objective.data import Data
from .._engine.objective.loss import Loss
from .._engine.objective.targets import ClassTarget, RegressionTarget
from .._engine.program.layer import Layer
from ..solvers import Progress, Solver

# X of another type than the network's is cast once, where it is small: that makes an epoch some 6 %
# faster than a cast of each batch would. Beyond, it would take memory that counts.
CAST_ELEMENTS = 2**23


_idle: deque[np.random.RandomState] = deque(maxlen=8)


@contextmanager
def random_stream(random_state: Any) -> Iterator[np.random.RandomState]:
    """Give the random numbers that an estimator's ``random_state`` stands for.

    They are those of ``check_random_state``; but a new ``RandomState`` takes half a millisecond, in
    which a small network trains some epochs. One of a number is used again.
    """
    if not isinstance(random_state, Integral):
        yield check_random_state(random_state)
        return
    try:
        rng = _idle.pop()
    except IndexError:
        rng = np.random.RandomState(0)
    try:
        rng.seed(int(random_state))
        yield rng
    finally:
        _idle.append(rng)


@dataclass(frozen=True)
class Streams:
    """Seeds of the streams of random numbers of a fit, beside that of the initial weights.

    Attributes
    ----------
    split, shuffling, masking : int
        For the rows that are held out, the order of rows, and stochastic layers.
    """

    split: int
    shuffling: int
    masking: int

    @classmethod
    def drawn(cls, random_state: Any) -> Streams:
        """Return the seeds that an estimator's ``random_state`` determines."""
        with random_stream(random_state) as rng:
            numbers = rng.randint(np.iinfo(np.int32).max, size=3)
        return cls(*map(int, numbers))

    def progress(self, samples: int) -> Progress:
        """Return the progress of a fit that begins after ``samples`` rows of earlier ones."""
        return Progress(
            np.random.default_rng(self.shuffling),
            np.random.Generator(np.random.SFC64(self.masking)),
            samples=samples,
        )


@dataclass(frozen=True)
class Call:
    """What a call of ``fit`` or ``partial_fit`` was given.

    Attributes
    ----------
    X, y, sample_weight : array-like
        The training data.
    validation : tuple of (X_val, y_val, sample_weight_val)
        Validation data; None for what was not given.
    incremental : bool
        Whether this is a call of ``partial_fit``.
    classes : array-like or None
        All labels there will be.
    groups : tuple of (calibration_groups, calibration_groups_val)
        Groups of rows that a calibration is to hold for; None for what was not given.
    offsets : tuple of (offset, offset_val)
        Raw scores that are known; None for what was not given.
    """

    X: Any
    y: Any
    sample_weight: Any
    validation: tuple
    incremental: bool
    classes: Any = None
    groups: tuple = (None, None)
    offsets: tuple = (None, None)

    @property
    def has_validation(self) -> bool:
        """Whether any part of validation data was given."""
        return any(part is not None for part in self.validation)


@dataclass(frozen=True)
class Prepared:
    """What a fit works on: user data and parameters, checked and encoded.

    Attributes
    ----------
    given : tuple of (X, y, sample_weight)
        The user's data, validated.
    before : Fitted or None
        What was learned before, where that is to be trained further.
    target : RegressionTarget or ClassTarget
        What y is.
    loss : Loss
        The loss, specialised to the target.
    layers : list of Layer
        The hidden layers.
    solver : Solver
        What trains, with all its hyper-parameters.
    data, valid : Data
        The training rows; validation rows or None.
    alpha : float
        Strength of the penalty, divided by the mean weight.
    weight_scale : float
        The mean weight, which the weights were divided by.
    streams : Streams
        Seeds.
    incremental : bool
        Whether this is a call of ``partial_fit``.
    held : Held
        What is known of the validation rows beside their targets.
    """

    given: tuple
    before: Any
    target: RegressionTarget | ClassTarget
    loss: Loss
    layers: list[Layer]
    solver: Solver
    data: Data
    valid: Data | None
    alpha: float
    weight_scale: float
    streams: Streams
    incremental: bool
    held: Held = field(default_factory=Held)

    @property
    def resumes(self) -> bool:
        """Whether a fitted network is trained further."""
        return self.before is not None

    @property
    def n_seen(self) -> int:
        """Rows that the network has been trained on before."""
        return self.before.n_seen if self.before is not None else 0

    def progress(self) -> Progress:
        """Return a progress to go on with: a copy of the last ``partial_fit``'s, or a new one."""
        if self.progress_before is not None:
            return self.progress_before.copy()
        return self.streams.progress(samples=self.n_seen)

    @property
    def progress_before(self) -> Progress | None:
        """That of the last ``partial_fit``, where this is another."""
        return self.before.progress if self.incremental and self.resumes else None


def split_rows(y, target, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (training rows, validation rows), stratified where the target has classes.

    Raises
    ------
    ValueError
        If one of them would be empty.
    """
    rows = np.arange(y.shape[0])
    if fraction == 0:
        raise ValueError(
            "validation_fraction=0.0 leaves early_stopping=True without validation rows: "
            "choose one in (0, 1), or give fit X_val and y_val."
        )
    held_out_size = int(np.ceil(fraction * len(rows)))
    if held_out_size < 2 or held_out_size == len(rows):
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of "
            f"your dataset. Got {held_out_size} of {len(rows)} rows with "
            f"validation_fraction={fraction!r}."
        )
    train, held_out = train_test_split(
        rows,
        random_state=seed,
        test_size=fraction,
        stratify=target.strata(y),
    )
    return np.sort(train), np.sort(held_out)


def check_validation_weights(weight, held_out) -> None:
    """Check that some row that is held out has a weight.

    Raises
    ------
    ValueError
        If none has.
    """
    if weight is not None and not weight[held_out].any():
        raise ValueError(
            f"sample_weight is 0 for all {len(held_out)} rows that early_stopping=True "
            "holds out. Give fit X_val and y_val, or only rows that have a weight."
        )


def cast(X, dtype):
    """Return X in rows and in a precision, X itself where it is so."""
    if sparse.issparse(X):
        return sparse.csr_array(X).astype(dtype, copy=False)
    with np.errstate(over="ignore"):  # infinite in float32: found as divergence
        return np.ascontiguousarray(X, dtype=dtype)


def in_rows(X, dtype):
    """Return X as minibatches are gathered from: itself, or a small one cast once for all."""
    if sparse.issparse(X):
        return sparse.csr_array(X)
    if X.flags.c_contiguous and X.size > CAST_ELEMENTS:
        return X
    return cast(X, dtype)

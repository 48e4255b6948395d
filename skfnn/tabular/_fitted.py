"""What a fit of a table leaves: one object, which predicts, and is replaced as a whole."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from .._engine.following.history import History
from .._engine.network.network import Network
from .._engine.objective.conformal import Held
from .._engine.objective.data import Data
from .._engine.objective.loss import Loss
from .._engine.objective.metric import Metric
from .._engine.program.threads import side_by_side
from .._estimators.offsets import needed_offset
from .._sklearn import safe_indexing
from ..preprocessing import TabularEncoder
from ._cells import CellColumns
from ._predictors import NetworkPredictor, Predictor

# Up to PRECISE_ROWS rows are predicted in double precision, where a row's prediction hardly depends
# on those beside it; more rows in single precision, twice as fast, where it does in the seventh
# digit.
PRECISE_ROWS = 1000

# Raw scores of some members, and how much each of them counts.
Scored = tuple[Sequence[np.ndarray], Sequence[float]]
# Returns some rows as each member takes them, and their weights.
Sample = Callable[[int], tuple[list[np.ndarray], np.ndarray | None]]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Rows that were held out, and what the members that did not train on them say of these.

    Attributes
    ----------
    data : Data
        The rows.
    raws : list of ndarray
        Each member's raw scores, in the unit of :meth:`FittedTable.raws`.
    weights : list of float
        How much each of them counts.
    predictors : sequence of Predictor
        These members; empty where one may know its training rows by heart.
    """

    data: Data
    raws: list[np.ndarray]
    weights: list[float]
    predictors: Sequence[Predictor] = ()


@dataclass(frozen=True, eq=False)
class FittedTable(ABC):
    """What a fit leaves.

    It begins with an encoder, a target and a loss. Training adds members; what is derived from
    their weights is derived by :meth:`informed` alone, last, for the members that stay.

    Attributes
    ----------
    encoder : TabularEncoder
        Turns raw columns into numbers.
    target : ClassTarget or RegressionTarget
        What y is.
    loss : Loss
        The loss, specialised to the target.
    predictors : list of Predictor
        The members.
    weights : list of float
        How much each member counts in the mean; whole numbers, where the loss has a distribution.
    temperatures : list of float
        How much less sure members are than they say, as :func:`tempered` has it.
    histories : list of History
        One a network.
    best_epochs : list of int
        One a network.
    leaderboard : list of dict
        One row per member that was trained, also of those that are not in the mean.
    oof_prediction : ndarray or None
        Predictions of training rows by the members that were not trained on them.
    calibration : Calibration, SetCalibration or None
        How far held-out targets were off.
    encoded : tuple of (X, list of ndarray) or None
        Raw columns whose views are known, for scorers.
    smoothed : bool
        Whether members were trained on smoothed labels.
    directions : tuple of int
        The direction of each of the encoder's numbers; empty where none has one. With directions
        all rows are predicted in double precision, where rounding leaves nothing of the wrong sign
        that could be seen.
    has_offset : bool
        Whether there were offsets, to which the scores of members are added.
    known : Held or None
        In a fit: what is known of the rows that may be held out, beside their targets.
    origin : Origin or None
        Which table the fit was given, and which of its rows each member held out.
    ongoing : Ongoing or None
        What the next fit goes on from, where it may.
    """

    encoder: TabularEncoder
    target: Any
    loss: Loss
    predictors: list[Predictor] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    temperatures: list[float] = field(default_factory=list)
    histories: list[History] = field(default_factory=list)
    best_epochs: list[int] = field(default_factory=list)
    leaderboard: list[dict[str, Any]] = field(default_factory=list)
    oof_prediction: np.ndarray | None = None
    calibration: Any = None
    encoded: tuple[Any, list[np.ndarray]] | None = None
    smoothed: bool = False
    directions: tuple[int, ...] = ()
    has_offset: bool = False
    known: Held | None = None
    origin: Any = None
    ongoing: Any = None

    # ------------------------------------------------------------------ other ones

    def of(self, predictors: Sequence[Predictor]) -> Self:
        """Return what these members are as an ensemble, of which no held-out rows are known."""
        return replace(
            self.plain(),
            predictors=list(predictors),
            weights=[1.0] * len(predictors),
            temperatures=[1.0] * len(predictors),
            oof_prediction=None,
            calibration=None,
            ongoing=None,
        )

    def plain(self) -> Self:
        """Return the same for means of single members, as held-out rows have."""
        return self

    def temperature_of(self, held_out: list[HeldOut]) -> float:
        """Return what to divide the raw scores of some members by, told by held-out rows."""
        return 1.0

    @abstractmethod
    def informed(self, shape: tuple, held_out: list[HeldOut], sample: Sample) -> Self:
        """Return the same with all that is derived from the members' weights.

        Parameters
        ----------
        shape : tuple of int
            That of y.
        held_out : list of HeldOut
            What members say of rows that they were not trained on; empty without such rows.
        sample : callable
            ``sample(n)`` returns at most ``n`` rows as each of the members takes them, and their
            weights or None: rows that none was trained on, or all but one.
        """

    def also_held(self, held_out: list[HeldOut]) -> Self:
        """Return the same with predictions of all held-out rows, also those that not all hold out.

        Parameters
        ----------
        held_out : list of HeldOut
            What members say of rows of the table that they were not trained on.
        """
        assert self.oof_prediction is not None
        plain, shape = self.plain(), self.oof_prediction.shape
        means = [plain.mean(held.raws, held.weights) for held in held_out]
        return replace(self, oof_prediction=out_of_fold(shape, held_out, means))

    def shares(self) -> dict[str, float]:
        """Return the weight of each candidate; all sum to 1."""
        found: dict[str, float] = {}
        for row in self.leaderboard:
            found[row["candidate"]] = found.get(row["candidate"], 0.0) + row["weight"]
        return found

    @property
    def first_network(self) -> Network:
        """The network of the first member that is one."""
        return next(p.network for p in self.predictors if isinstance(p, NetworkPredictor))

    @property
    def columns(self) -> CellColumns | None:
        """What the first network takes beside the encoder's columns; None without networks."""
        found = (p.columns for p in self.predictors if isinstance(p, NetworkPredictor))
        return next(found, None)

    def settled(self) -> Self:
        """Return what predicts the same and holds nothing that was for training alone."""
        predictors = [predictor.settled() for predictor in self.predictors]
        return replace(self, predictors=predictors, known=None)

    def known_of(self, held_out: list[HeldOut]) -> Held:
        """Return what is known of all held-out rows beside their targets."""
        joined = Held.joined([
            Held(held.data.labels()[1]) if self.known is None else self.known.at(held.data.rows)
            for held in held_out
        ])  # fmt: skip
        if held_out[0].data.rows is None:
            return joined
        rows = np.concatenate([held.data.rows for held in held_out])
        times = np.bincount(rows)[rows]
        if times.max() == 1:
            return joined
        weight = (1.0 if joined.weight is None else joined.weight) / times
        return replace(joined, weight=weight)  # one that is held out twice counts half each time

    # ------------------------------------------------------------------ rows and targets

    @abstractmethod
    def within(self, low: np.ndarray, high: np.ndarray) -> Self:
        """Return the same where the targets of all rows lie between these."""

    @abstractmethod
    def encode_targets(self, y: np.ndarray, name: str = "y") -> np.ndarray:
        """Return further targets, encoded like those of ``fit``; ``name`` is for messages."""

    def views(self, X: Any) -> list[np.ndarray]:
        """Return raw columns as rows that each member takes."""
        if self.encoded is not None and X is self.encoded[0]:
            return self.encoded[1]
        A = self.encoder.transform(X)
        steps = {id(predictor.columns): predictor.columns for predictor in self.predictors}
        views = {key: X if step is None else step.transform(A) for key, step in steps.items()}
        return [views[id(predictor.columns)] for predictor in self.predictors]

    # ------------------------------------------------------------------ prediction

    def scored(self, X: Any, offset: Any = None) -> Scored:
        """Return each member's raw scores (n, k) of raw columns, and the members' weights."""
        views = self.views(X)
        return self.raws_of(views, self.checked(offset, len(views[0]))), self.weights

    def checked(self, offset: Any, n: int) -> np.ndarray | None:
        """Return offsets (n, s) in the unit of the members, or None."""
        offset = needed_offset(offset, n, self)
        return None if offset is None else self.encode_offset(offset)

    def unlimited(self) -> Self:
        """Return the same, whose predictions are not kept in a range."""
        return self

    def encode_offset(self, offset: np.ndarray) -> np.ndarray:
        """Return offsets (n, s) of the user in the unit of the members."""
        return offset

    def raws_of(self, views: list[Any], offset: np.ndarray | None = None) -> list[np.ndarray]:
        """Return each member's raw scores (n, k) of rows as it takes them, offsets added."""
        parts, n = list(zip(self.predictors, views, strict=True)), len(views[0])
        if n <= PRECISE_ROWS:  # done before threads would have started
            raws = [self.pooled(predictor.raw(A, np.float64), offset) for predictor, A in parts]
            return tempered(raws, self.temperatures, self.target.kind)
        n_scores = self.loss.n_scores(self.target.n_outputs)
        raws = [np.empty((n, n_scores)) for _ in parts]

        def work(part):
            predictor, A, rows, raw = part
            part = A[rows] if isinstance(A, np.ndarray) else safe_indexing(A, rows)
            dtype = np.float64 if self.directions else getattr(A, "dtype", None)
            known = None if offset is None else offset[rows]
            raw[rows] = self.pooled(predictor.raw(part, dtype), known)

        side_by_side(work, [
            (predictor, A, rows, raw)
            for (predictor, A), raw in zip(parts, raws, strict=True)
            for rows in predictor.parts(n)
        ])  # fmt: skip
        return tempered(raws, self.temperatures, self.target.kind)

    def pooled(self, raw: np.ndarray, offset: np.ndarray | None = None) -> np.ndarray:
        """Return the raw scores (n, k) of one member; those of members inside it are pooled."""
        if offset is not None:
            raw = raw + np.tile(offset, raw.shape[1] // offset.shape[1])
        raw = self.loss.pool(raw, self.target.n_outputs)
        return raw.astype(np.float64, copy=False)

    @abstractmethod
    def predicted(self, raw: np.ndarray) -> np.ndarray:
        """Return what one member predicts: probabilities, numbers in the user's unit."""

    def mean(self, raws: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
        """Return the mean of what members predict."""
        return weighted_mean([self.predicted(raw) for raw in raws], weights)

    def of_all(self, raws: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
        """Return the raw scores that stand for those of some members."""
        return self.raw_of(self.mean(raws, weights))

    @property
    @abstractmethod
    def single_valued(self) -> bool:
        """Whether predictions of other estimators can be averaged with those of networks."""

    @property
    def by_moments(self) -> bool:
        """Whether members say a mean and a variance, by which those of several kinds are mixed."""
        return False

    @property
    @abstractmethod
    def described(self) -> str:
        """What targets and loss are, for messages."""

    @property
    def of_means(self) -> bool:
        """Whether predictions are means of the target, which squared errors judge."""
        return True

    @abstractmethod
    def raw_of(self, mean: np.ndarray) -> np.ndarray:
        """Return raw scores (n, k) that predict what a mean does."""

    @abstractmethod
    def errors(self, mean: np.ndarray, y: np.ndarray | None) -> np.ndarray:
        """Return what predictions err, (n, k); without targets, from any that are the same."""

    @abstractmethod
    def judged(self, mean: np.ndarray, y: np.ndarray, weight: Any) -> dict[str, float]:
        """Return loss and score of mean predictions by encoded targets."""

    def evaluation(self, scored: Scored, y: np.ndarray, weight: Any) -> dict[str, float]:
        """Return loss and score of raw scores by encoded targets."""
        return self.judged(self.mean(*scored), y, weight)

    @abstractmethod
    def measured(self, metric: Metric, scored: Scored, y: np.ndarray, weight: Any) -> float:
        """Return a metric of raw scores by encoded targets, in the unit of y."""


def weighted_mean(predictions: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Return the mean of some arrays; the plain one where all count alike, to the bit."""
    if len(set(weights)) > 1:
        return np.average(predictions, axis=0, weights=weights)
    return np.mean(predictions, axis=0)


def tempered(raws: list[np.ndarray], temperatures: list[float], kind: str) -> list[np.ndarray]:
    """Return each member's raw scores by its temperature.

    Those of classes are divided by it. Numbers have one where members say a variance, which it
    multiplies.

    Parameters
    ----------
    raws : list of ndarray of shape (n, k)
        Raw scores of members.
    temperatures : list of float
        One a member; 1 changes nothing.
    kind : str
        What the target is, "regression" for numbers.
    """
    each = list(zip(raws, temperatures, strict=True))
    if kind == "regression":
        return [raw if t == 1 else raw + np.repeat([0, np.log(t)], raw.shape[1] // 2)
                for raw, t in each]  # fmt: skip
    return [raw if t == 1 else raw.astype(np.float64, copy=False) / t for raw, t in each]


def together(held_out: list[HeldOut]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the targets and the weights, or None, of all held-out rows."""
    ys, weights = zip(*(held.data.labels() for held in held_out), strict=True)
    return np.concatenate(ys), None if weights[0] is None else np.concatenate(weights)


def by_all(held_out: list[HeldOut]) -> list[HeldOut]:
    """Return validation rows, which all members held out, once; rows of folds as they are."""
    if not held_out or held_out[0].data.rows is not None:
        return held_out
    raws = [raw for held in held_out for raw in held.raws]
    return [HeldOut(held_out[0].data, raws, [w for held in held_out for w in held.weights])]


def out_of_fold(shape: tuple, held_out: list[HeldOut], means: list[np.ndarray]) -> Any:
    """Return predictions of the rows of the table, NaN where there is none; None without any."""
    if held_out[0].data.rows is None:
        return None
    total, count = np.zeros(shape), np.zeros(shape[0])
    for held, mean in zip(held_out, means, strict=True):
        rows = np.asarray(held.data.rows)
        np.add.at(count, rows, 1)
        total[rows] += mean
    count[count == 0] = np.nan  # of a row that no fold holds out nothing is known
    return total / count.reshape(-1, *[1] * (len(shape) - 1))

"""What a fit of a plain estimator has learned: one object, which is replaced as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .._engine.curvature.posterior import Posterior
from .._engine.following.history import History
from .._engine.network.forward import raw_scores
from .._engine.network.network import Network
from .._engine.objective.conformal import Held
from .._engine.objective.data import Data
from .._engine.objective.distribution import Located, Normal
from .._engine.objective.evaluation import data_loss, metric_of, score_by
from .._engine.objective.link import LEAST
from .._engine.objective.loss import Loss
from .._engine.objective.metric import Metric
from .._engine.objective.sets import SetCalibration
from .._engine.objective.targets import ClassTarget, RegressionTarget
from ..solvers import Problem, Progress, Solver
from .preparation import cast


class Derived:
    """What follows from a network's weights: the posterior of them, and the calibration.

    It is computed from the weights that are there when it is first asked for, and then kept. A fit
    asks last, after whatever restored or changed weights; of a model that a callback is shown, only
    those ask who save it or want intervals.

    Parameters
    ----------
    posterior : Posterior, default=None
        How sure the solver is of the parameters.
    calibration : Calibration or SetCalibration, default=None
        How far held-out targets were off.
    learn : callable, default=None
        Returns both; called once, when the first of them is asked for.
    """

    def __init__(self, posterior: Posterior | None = None, calibration: Any = None,
                 *, learn: Callable[[], tuple] | None = None) -> None:  # fmt: skip
        self._values: tuple[Posterior | None, Any] = posterior, calibration
        self._learn = learn

    def settle(self) -> tuple[Posterior | None, Any]:
        """Compute both where that has not been done, let go of the data, and return them."""
        if self._learn is not None:
            self._values, self._learn = self._learn(), None
        return self._values

    def __getstate__(self):
        return {"_values": self.settle(), "_learn": None}


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a fit has learned, and how it went.

    Attributes
    ----------
    network : Network
        The network. Its weights are the one thing that changes in place: ``coefs_`` are views.
    target : RegressionTarget or ClassTarget
        What y is.
    loss : Loss
        The loss, specialised to the target.
    history : History
        One row per epoch.
    phases : dict of str to History
        The histories of pretraining.
    n_iter, n_seen : int
        Epochs of the last fit; rows seen in training.
    final_loss, best_loss : float
        The last training loss, and the smallest; None with early stopping.
    scores, best_score : list of float, float
        The validation scores and the best one; None without early stopping.
    code_end : int
        At which layer an autoencoder's decoder begins.
    progress : Progress or None
        Where ``partial_fit`` goes on.
    derived : Derived
        What follows from the weights.
    has_offset : bool
        Whether there were offsets, to which the scores of the network are added.
    known : tuple of (X, raw scores) or None
        In the view that a scorer gets: the rows that it is given, in an array, and their scores.
    """

    network: Network
    target: RegressionTarget | ClassTarget
    loss: Loss
    history: History = field(default_factory=History)
    phases: dict[str, History] = field(default_factory=dict)
    n_iter: int = 0
    n_seen: int = 0
    final_loss: float = np.nan
    best_loss: float | None = None
    scores: list[float] | None = None
    best_score: float | None = None
    code_end: int = 0
    progress: Progress | None = None
    derived: Derived = field(default_factory=Derived)
    has_offset: bool = False
    known: tuple[Any, np.ndarray] | None = None

    @property
    def posterior(self) -> Posterior | None:
        """How sure the solver is of the parameters."""
        return self.derived.settle()[0]

    @property
    def calibration(self) -> Any:
        """How far held-out targets were off."""
        return self.derived.settle()[1]

    @property
    def knows_weights(self) -> bool:
        """Whether it is known how unsure predictions are because the weights are."""
        return self.loss.laplace and self.posterior is not None

    def raw(self, X) -> np.ndarray:
        """Return the raw scores (n, k) of checked rows, in their precision.

        Raises
        ------
        ValueError
            If one overflows.
        """
        raw = raw_scores(self.network, X, X.dtype)
        if not np.isfinite(raw).all():
            values = np.abs(X if isinstance(X, np.ndarray) else X.data)
            raise ValueError(
                f"X has values up to {values.max():.3g}, with which the network's sums overflow. "
                "Scale X, as in fit."
            )
        return raw

    def described(self, X, raw: np.ndarray) -> Located:
        """Return what checked rows and their scores say of targets."""
        return described(self.network, self.loss, self.posterior, X, raw)

    def evaluate(self, data: Data, raw: np.ndarray, metrics: dict, view: Any) -> dict[str, float]:
        """Return loss and metrics of raw scores; scorers are given ``view``, an estimator."""
        y, weight = data.labels()
        results = {"loss": data_loss(self.loss, self.target, y, raw, weight)}
        for name, metric in metrics.items():
            if isinstance(metric, Metric):
                results[name] = metric_of(metric, self.target, self.loss, y, raw, weight=weight)
            else:
                results[name] = score_by(metric, view, data)
        return results

    def seeing(self, X, raw: np.ndarray) -> Fitted:
        """Return the same with the raw scores of rows that it will be asked for."""
        return replace(self, known=(X, raw))


def state_of(estimator: Any) -> Any:
    """Return what a fitted estimator has learned: the way in for export and inspection."""
    return estimator._fitted


def described(network: Network, loss: Loss, posterior: Posterior | None, X, raw) -> Located:
    """Return what raw scores say of targets, with what is known of the weights."""
    found = loss.distribution(raw)
    if posterior is None or not loss.laplace:
        return found
    noise = posterior.noise if found.std is None else found.std**2
    return Normal(found.center, np.sqrt(of_mean(network, loss, posterior, X) + noise))


def of_mean(network: Network, loss: Loss, posterior: Posterior, X) -> np.ndarray:
    """Return the variances (n, k) of the means of rows in double precision."""
    variance = posterior.variance(network, cast(X, np.float64), loss.parameters == 1)
    return loss.parts(variance)[0]


def learn(solver: Solver, problem: Problem, valid: Data | None, held: Held) -> tuple:
    """Return (posterior, calibration) of the weights that a problem's network has now."""
    network, loss, target = problem.network, problem.objective.loss, problem.data.target
    posterior = solver.posterior(problem)
    if valid is None or not (target.kind == "regression" or has_sets(target, loss)):
        return posterior, None
    raw = valid.shifted(raw_scores(network, valid.X, valid.dtype, valid.rows))
    y, _ = valid.labels()
    if target.kind != "regression":
        raw = moderated(solver, posterior, network, raw, lambda: valid.own().X)
        p = class_probabilities(target, loss, raw)
        return posterior, SetCalibration(p, y if y.ndim == 1 else y.argmax(axis=1), held)
    found = described(network, loss, posterior, valid.own().X, raw)
    y = y.reshape(len(y), -1).astype(np.float64)
    return posterior, held.of_numbers(found, y)


def has_sets(target: Any, loss: Loss) -> bool:
    """Return whether there are sets of classes: one class per row, and probabilities."""
    return target.kind in ("binary", "multiclass") and loss.probabilistic


def moderated(solver: Any, posterior: Posterior | None, network: Network, raw: np.ndarray,
              rows: Callable[[], Any]) -> np.ndarray:  # fmt: skip
    """Return raw scores of classes, smaller where weights are unsure and the solver has it so.

    Parameters
    ----------
    solver : Solver or str
        What trained.
    posterior : Posterior or None
        How sure it is of the parameters.
    network : Network
        The network.
    raw : ndarray of shape (n, k)
        Its raw scores.
    rows : callable
        Returns the rows; called where they are needed.
    """
    if posterior is None or not getattr(solver, "moderated", False):
        return raw
    variance = posterior.variance(network, cast(rows(), np.float64), known_bias=False)
    return raw / np.sqrt(1 + np.pi / 8 * variance).astype(raw.dtype)


def class_probabilities(target: Any, loss: Loss, raw: np.ndarray) -> np.ndarray:
    """Return the probabilities (n, n_classes) that raw scores mean."""
    if len(target.classes) == 1:
        return np.ones((len(raw), 1))
    return np.maximum(loss.predict(both_tails(target, raw)), LEAST)


def both_tails(target: Any, raw: np.ndarray) -> np.ndarray:
    """Return raw scores in double precision; of two classes, of each.

    1 - p would round a small probability of the first class to zero.
    """
    raw = raw.astype(np.float64, copy=False)
    return np.hstack([-raw, raw]) if target.kind == "binary" else raw

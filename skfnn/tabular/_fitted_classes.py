"""What a fit of a table leaves whose target are classes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import entr
from sklearn.utils import column_or_1d

from .._engine.objective.calibration import best_temperature
from .._engine.objective.link import LEAST
from .._engine.objective.sets import SetCalibration
from .._engine.objective.targets import SoftTarget
from ..metrics import Accuracy
from ._class_scaling import ClassScaling, learned_scaling
from ._fitted import FittedTable, by_all, out_of_fold, together, weighted_mean
from ._label_weights import BalancedLabels

# SHARPENING_ROWS rows tell how much the members disagree.
SHARPENING_ROWS = 2000
# The exponent of their mean is at most 1 more than this.
MOST_SHARPENING = 0.2


@dataclass(frozen=True, eq=False)
class FittedClasses(FittedTable):
    """What a fit leaves whose target are classes.

    Attributes
    ----------
    sharpening : float
        The exponent of the members' mean probabilities.
    scaling : ClassScaling or None
        What mends probabilities of three classes and more.
    """

    sharpening: float = 1.0
    scaling: ClassScaling | None = None

    def plain(self):
        return replace(self, sharpening=1.0, scaling=None)

    def _codes(self, y):
        """Return encoded targets as class codes, or as a 0 / 1 matrix of labels."""
        return self.target.codes(y) if isinstance(self.target, SoftTarget) else y

    def within(self, low, high):
        """Return the same: classes have no range."""
        return self

    def encode_targets(self, y, name="y"):
        target = self.target
        if target.kind != "multilabel" and not (isinstance(target, SoftTarget) and y.ndim == 2):
            y = column_or_1d(y, warn=True)
            unseen = np.setdiff1d(y, target.classes)
            if len(unseen):
                known = "y does not have" if name == "y_val" else "the y of fit does not have"
                raise ValueError(
                    f"{name} has classes that {known}: {unseen}. It has {target.classes}."
                )
        return target.encode(y)

    def informed(self, shape, held_out, sample):
        plain = replace(self.plain(), oof_prediction=None, calibration=None)
        if not held_out:
            return plain
        means = [plain.mean(held.raws, held.weights) for held in held_out]
        oof = out_of_fold((shape[0], len(self.target.classes)), held_out, means)
        sharpening = plain._disagreement(*sample(SHARPENING_ROWS))
        scaling = plain._scaling_of(by_all(held_out))
        found = replace(plain, oof_prediction=oof, sharpening=sharpening, scaling=scaling)
        return replace(found, calibration=found._calibrated(held_out))

    def _scaling_of(self, held_out):
        """Return what mends probabilities, told by held-out rows; None with offsets."""
        if self.target.kind != "multiclass" or self.has_offset:
            return None
        p = np.concatenate([self.mean(held.raws, held.weights) for held in held_out])
        return learned_scaling(p, *together(held_out))

    def _calibrated(self, held_out):
        """Return how sure to be of sets, None for several labels per row.

        Where all members have seen none of the rows, probabilities are the ensemble's.
        """
        if self.target.kind == "multilabel":
            return None
        whole = by_all(held_out)
        alone = replace(self, sharpening=1.0) if held_out[0].data.rows is not None else self
        p = np.concatenate([alone.probabilities(held.raws, held.weights) for held in whole])
        y = self._codes(together(whole)[0])
        return SetCalibration(np.maximum(p, LEAST), y, self.known_of(whole))

    def temperature_of(self, held_out):
        if not held_out:
            return 1.0
        ys, weights = zip(*(held.data.labels() for held in held_out), strict=True)
        n_each = [len(held.raws) for held in held_out]
        y = np.concatenate([y for y, n in zip(ys, n_each, strict=True) for _ in range(n)])
        raw = np.concatenate([raw for held in held_out for raw in held.raws])
        weight = None
        if weights[0] is not None:
            each = zip(weights, n_each, strict=True)
            weight = np.concatenate([weight for weight, n in each for _ in range(n)])
        if isinstance(self.loss, BalancedLabels):
            y, raw, weight = self.loss.apart(y, raw, weight)
        if isinstance(self.target, SoftTarget) and y.ndim == 2:
            y, raw, weight = _by_class(y, raw, weight)
        return best_temperature(y, raw, weight)[0]

    def _disagreement(self, views, weight):
        """Return the exponent for the mean of the members' probabilities.

        Each member's probabilities are calibrated: as sure as it is right. Their mean is less sure,
        by what they disagree, and right more often. Offsets are not sharpened.
        """
        if self.has_offset or (weight is not None and not weight.any()):
            return 1.0
        members = [self.predicted(raw) for raw in self.raws_of(views)]
        mean = weighted_mean(members, self.weights)
        of_mean = np.average(self._entropy(mean), weights=weight)
        each = [np.average(self._entropy(p), weights=weight) for p in members]
        if of_mean < LEAST:
            return 1.0
        disagreement = max(0.0, 1 - weighted_mean(each, self.weights) / of_mean)
        return float(1 + min(disagreement, MOST_SHARPENING))

    def _entropy(self, p):
        """Return the entropy of each row's probabilities, of labels the sum of theirs."""
        entropy = entr(p).sum(axis=1)
        return entropy + entr(1 - p).sum(axis=1) if self.target.kind == "multilabel" else entropy

    def predicted(self, raw):
        raw = raw.astype(np.float64, copy=False)
        if len(self.target.classes) == 1:
            return np.ones((len(raw), 1))
        if self.target.kind == "binary":  # from both tails: no small probability is rounded off
            raw = np.hstack([-raw, raw])
        return self.loss.predict(raw)

    @property
    def single_valued(self):
        return self.target.kind != "multilabel" and not isinstance(self.target, SoftTarget)

    @property
    def described(self):
        if isinstance(self.target, SoftTarget):
            return "soft targets"
        return "several labels per row" if self.target.kind == "multilabel" else "classes"

    def raw_of(self, mean):
        logs = np.log(np.maximum(mean, LEAST))
        if self.target.kind == "multiclass":
            return logs
        if self.target.kind == "multilabel":
            return logs - np.log(np.maximum(1 - mean, LEAST))
        return logs[:, -1:] - logs[:, :1]

    def errors(self, mean, y):
        if y is None:
            return mean
        if y.ndim == 2:
            return mean - y
        return mean - (y[:, None] == np.arange(mean.shape[1]))

    def probabilities(self, raws, weights):
        """Return the mean of the members' probabilities, sharpened and scaled."""
        return self._mended(self.mean(raws, weights))

    def _mended(self, mean):
        """Return mean probabilities, sharpened and scaled."""
        p = self._sharpened(mean)
        return p if self.scaling is None else self.scaling(p)

    def _sharpened(self, p):
        """Return ``p^a / sum(p^a)``."""
        exponent = self.sharpening
        if exponent == 1.0:
            return p
        sharp = p**exponent
        if self.target.kind == "multilabel":
            return sharp / (sharp + (1 - p) ** exponent)
        return sharp / sharp.sum(axis=1, keepdims=True)

    def judged(self, mean, y, weight):
        p = self._mended(mean)
        logs = np.log(np.maximum(p, np.finfo(np.float64).tiny))
        if self.target.kind == "multilabel":
            others = np.log(np.maximum(1 - p, np.finfo(np.float64).tiny))
            losses, decided = -np.where(y, logs, others).sum(axis=1), p > 0.5
        elif y.ndim == 2:
            losses, decided = -(y * logs).sum(axis=1), p.argmax(axis=1)
        else:
            losses, decided = -logs[np.arange(len(y)), y], p.argmax(axis=1)
        loss = float(np.average(losses, weights=weight))
        return {"loss": loss, "accuracy": Accuracy()(self._codes(y), decided, weight)}

    def measured(self, metric, scored, y, weight):
        p, kind, y = self.probabilities(*scored), self.target.kind, self._codes(y)
        if metric.of_scores:
            edge = np.finfo(np.float64).tiny
            if kind == "multiclass":
                return metric(y, np.log(np.maximum(p, edge)), weight)
            p, others = (p, 1 - p) if kind == "multilabel" else (p[:, 1:], p[:, :1])
            return metric(y, np.log(np.maximum(p, edge) / np.maximum(others, edge)), weight)
        decided = p > 0.5 if kind == "multilabel" else p.argmax(axis=1)
        return metric(y, decided, weight)


def _by_class(y, raw, weight):
    """Return class codes, raw scores and weights, a row for each class of each row."""
    n, k = y.shape
    weights = y if weight is None else y * weight[:, None]
    return np.tile(np.arange(k), n), np.repeat(raw, k, axis=0), weights.ravel()

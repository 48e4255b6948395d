"""How much each configuration counts, by the rows that its members were not trained on."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from .._engine.objective.evaluation import data_loss
from ._candidates import Candidate
from ._fitted import FittedTable, HeldOut, by_all, tempered, together
from ._folds import Fold
from ._judging import Judge
from ._members import Member
from ._mixing import (
    LEAST_SHARE,
    MUCH,
    Share,
    best_weights,
    by_likelihood,
    products,
    shares_by_loss,
)
from ._search import Configuration, greedy_counts

# Where spreads are mixed, too, a bad network with a small share would widen them all. It keeps next
# to nothing: history_ and summary() need one.
TOKEN_SHARE = 1e-9
# VARIANCE_ROWS rows tell how much the members of a candidate vary.
VARIANCE_ROWS = 2000


def held_out_of(
    configurations: list[Configuration], folds: list[Fold], honest: bool = False
) -> list[HeldOut]:
    """Return what members say of the rows that they were not trained on, fold by fold.

    Parameters
    ----------
    configurations : list of Configuration
        What has been trained.
    folds : list of Fold
        What members were trained on.
    honest : bool, default=False
        Whether what is said of a row may not know the epoch that the row itself likes best: for
        out-of-fold predictions, and how far they are off. Temperatures and weights are better
        learned of scores as the members give them: these are nearer to those of their mean.
    """
    found = []
    for fold in folds:
        of_fold = [
            (c, member) for c in configurations for member in c.members
            if member.number == fold.number and member.raw is not None
        ]  # fmt: skip
        if of_fold:
            given: list = [m.out_of_fold if honest else m.raw for _, m in of_fold]
            raws = tempered(given, [c.temperature for c, _ in of_fold])
            data = of_fold[0][0].candidate.valid(fold)
            by_heart = any(c.candidate.memorises for c, _ in of_fold)
            predictors = [] if by_heart else [member.predictor for _, member in of_fold]
            found.append(HeldOut(data, raws, [float(c.weight) for c, _ in of_fold], predictors))
    return found


def trained(
    table: FittedTable, candidate: Candidate, members: list[Member], folds: list[Fold],
    params: dict | None = None,
) -> Configuration:  # fmt: skip
    """Return a configuration of trained members, with the temperature of their raw scores."""
    c = Configuration({} if params is None else params, members, 0.0, candidate)
    c.temperature = table.temperature_of(held_out_of([c], folds))
    return c


def _rows(folds: list[Fold]) -> np.ndarray | None:
    """Return the rows of the table that some folds hold out; None for validation data."""
    held = [fold.held for fold in folds if fold.held is not None]
    return np.concatenate(held) if held else None


def weigh(
    table: FittedTable, tried: list[Configuration], folds: list[Fold], judge: Judge | None
) -> None:
    """Set how often each configuration counts, by the loss of their mean on held-out rows.

    Parameters
    ----------
    table : FittedTable
        Target and loss.
    tried : list of Configuration
        What has been trained; the first one counts. Their weights are set.
    folds : list of Fold
        What members were trained on.
    judge : Judge or None
        What to choose by, where the user says.
    """
    complete = [c for c in tried if len(c.members) == len(tried[0].members)]
    if len(complete) < 2:
        return
    held_out = [held_out_of([c], folds) for c in complete]
    y, weight = together(held_out[0])
    raws = [np.concatenate([held.raws[0] for held in of_one]) for of_one in held_out]
    numbers = {member.number for member in tried[0].members}
    rows = _rows([fold for fold in folds if fold.number in numbers])
    plain = table.plain()

    def loss(taken):
        scored = [raws[i] for i in taken], [1.0] * len(taken)
        if judge is not None:
            return -judge.of_mean(plain.mean(*scored), rows, y, weight)
        return plain.evaluation(scored, y, weight)["loss"]

    for c, count in zip(complete, greedy_counts(len(complete), loss), strict=True):
        c.weight = float(count)


def mix(table: FittedTable, networks: list[Configuration], others: list[Configuration],
        folds: list[Fold], judge: Judge | None) -> None:  # fmt: skip
    """Set the weights of what was trained beside networks, by what held-out rows tell.

    Parameters
    ----------
    table : FittedTable
        Target and loss.
    networks : list of Configuration
        Networks, with weights. These change if there is another candidate that counts.
    others : list of Configuration
        The others. Their weights are set.
    folds : list of Fold
        What members were trained on.
    judge : Judge or None
        What to choose by, where the user says.
    """
    complete = _complete(others, folds)
    if not complete:
        return
    ours = [c for c in networks if c.weight]
    own, *shares = _Held(table, [ours, *([c] for c in complete)], folds, judge).weights()
    if not any(shares):
        return
    least = LEAST_SHARE if table.single_valued else TOKEN_SHARE
    if own < least:  # they stay, as the estimator's name says
        own, shares = least, [share * (1 - least) for share in shares]
    total = sum(c.weight * len(c.members) for c in ours)
    for c in ours:
        c.weight *= own / total
    for c, share in zip(complete, shares, strict=True):
        c.weight = float(share) / len(c.members)


def outweighed(
    table: FittedTable, ours: Configuration, others: list[Configuration],
    folds: list[Fold], judge: Judge | None,
) -> bool:  # fmt: skip
    """Return whether others surely have so large a share that further networks gain little.

    Parameters are those of :func:`mix`; ``ours`` are the networks that there are.
    """
    complete = _complete(others, folds)
    if not complete:
        return False
    held = _Held(table, [[ours], *([c] for c in complete)], folds, judge)
    weights = held.weights()
    share = Share(weights[1:].sum(), 0.0)
    if share.best >= MUCH and held.by_squares:
        share = held.share_of(weights)
    return share.best - share.error >= MUCH


def _complete(others, folds):
    return [c for c in others if len(c.members) > 1 or len(folds) == 1]


def promising(
    table: FittedTable, ours: Configuration, other: Configuration, folds: list[Fold]
) -> bool:
    """Return whether another configuration may be worth its time, by its first member.

    Beside our member of the same fold it may get a share; or it is as good as ours are on all
    folds, as a single one, where hardly a row is wrong, may have been lucky.
    """
    held = _Held(table, [[ours], [other]], folds, None)
    everywhere = _Held(table, [[ours]], folds, None)
    as_good = held.loss(held.means[1]) <= everywhere.loss(everywhere.means[0])
    one, another = held.errors
    return as_good or Share.of(one, another, held.weight).is_worth


def hopeful(
    table: FittedTable, ours: Configuration, other: Configuration, folds: list[Fold]
) -> bool:
    """Return whether another configuration may still be worth its time, by several members.

    What it is given is as for :func:`promising`. Now the variance among members is known: what is
    left of the share after that correction, or members that err no more than ours, are worth it.
    """
    held = _Held(table, [[ours], [other]], folds, None)
    if not held.by_squares or len(held.common) < 2:
        return True
    known = products(held.errors, [0.0, 0.0], held.weight)
    return bool(known[1, 1] <= known[0, 0] or held.share_of(np.array([0.0, 1.0])).is_worth)


class _Held:
    """What groups of configurations predict of held-out rows.

    Parameters
    ----------
    table : FittedTable
        Target and loss.
    groups : list of list of Configuration
        What is weighed against each other, each group by the weights in it. Only folds that all
        groups have a member of count.
    folds : list of Fold
        The folds.
    judge : Judge or None
        What to choose by, where the user says.

    Attributes
    ----------
    y, weight : ndarray, ndarray or None
        Targets and weights of the rows.
    means : list of ndarray
        What each group predicts of them.
    """

    def __init__(self, table: FittedTable, groups: list[list[Configuration]],
                 folds: list[Fold], judge: Judge | None) -> None:  # fmt: skip
        self.plain, self.judge = table.plain(), judge
        self.groups = [[replace(c, weight=c.weight or 1.0) for c in group] for group in groups]
        members = [{member.number for member in group[0].members} for group in groups]
        self.common = [fold for fold in folds if all(fold.number in some for some in members)]
        self.divided = folds[0].held is not None
        self.rows = _rows(self.common)
        self.means, data = [], []
        for group in self.groups:
            held_out = held_out_of(group, self.common)
            means = [self.plain.mean(held.raws, held.weights) for held in held_out]
            self.means.append(np.concatenate(means) if self.divided else np.mean(means, axis=0))
            data = held_out if self.divided else held_out[:1]
        self.y, self.weight = together(data)

    def loss(self, mean: np.ndarray) -> float:
        """Return the loss of predictions of the rows."""
        if self.judge is not None:
            return -self.judge.of_mean(mean, self.rows, self.y, self.weight)
        return self.plain.judged(mean, self.y, self.weight)["loss"]

    def weights(self) -> np.ndarray:
        """Return the weight of each group; they sum to 1."""
        if self.judge is None and self.plain.by_moments:
            return by_likelihood(self._likelihood, len(self.groups))
        if not self.by_squares:
            return shares_by_loss(self.loss, self.means)
        return best_weights(products(self.errors, self.variances, self.weight))

    @property
    def by_squares(self) -> bool:
        """Whether groups are weighed by squared errors, less the variance among members."""
        return self.judge is None and self.plain.of_means and not self.plain.by_moments

    @cached_property
    def errors(self) -> list[np.ndarray]:
        """What each group errs."""
        return [self.plain.errors(mean, self.y) for mean in self.means]

    @cached_property
    def variances(self) -> list[float]:
        """The mean variance among the members of each group; 0 where all hold the same rows out."""
        return [self._variance(group) if self.divided else 0.0 for group in self.groups]

    def share_of(self, weights: np.ndarray) -> Share:
        """Return the share of all groups but the first together, given their weights."""
        inside = weights[1:] / weights[1:].sum()
        mixed = np.einsum("j,jnk->nk", inside, np.stack(self.errors[1:]))
        variance = float(inside**2 @ np.array(self.variances[1:]))
        return Share.of(self.errors[0], mixed, self.weight, (self.variances[0], variance))

    @cached_property
    def _raws(self) -> list[np.ndarray]:
        """The raw scores that stand for those of each group."""
        found = []
        for group in self.groups:
            held_out = by_all(held_out_of(group, self.common))
            raws = [self.plain.of_all(held.raws, held.weights) for held in held_out]
            found.append(np.concatenate(raws))
        return found

    def _likelihood(self, counts: np.ndarray) -> float:
        """Return half the loss of a mixture of groups, and half of one with equal spreads.

        The first alone would hardly care for the mean of rows that have much noise.
        """
        taken = np.flatnonzero(counts)
        raw = self.plain.of_all([self._raws[i] for i in taken], list(counts[taken]))
        mean = self.plain.mean([raw], [1.0])
        squared = np.average(self.plain.errors(mean, self.y) ** 2, axis=0, weights=self.weight)
        equal = 0.5 * np.log(np.maximum(squared, np.finfo(float).tiny)).sum()
        loss, target = self.plain.loss, self.plain.target
        return (data_loss(loss, target, self.y, raw, self.weight) + equal) / 2

    def _variance(self, group: list[Configuration]) -> float:
        """Return the mean variance of what the members of a group predict of the same rows.

        These are training rows, which an estimator may know by heart: members then differ in the
        rows that one of them held out, which says nothing of new rows. Of such none is assumed.
        """
        if any(c.candidate.memorises for c in group):
            return 0.0
        samples = [c.candidate.sample(VARIANCE_ROWS, True) for c in group]
        weight: Any = samples[0][1]
        found = []
        for number in sorted({member.number for member in group[0].members}):
            raws, weights = [], []
            for c, (rows, _) in zip(group, samples, strict=True):
                (member,) = (m for m in c.members if m.number == number)
                raws.append(self.plain.pooled(member.predictor.raw(rows)))
                weights.append(c.weight)
            raws = tempered(raws, [c.temperature for c in group])
            found.append(self.plain.errors(self.plain.mean(raws, weights), None))
        return float(np.average(np.var(found, axis=0).sum(axis=1), weights=weight))

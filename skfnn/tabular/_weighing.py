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
    LEAST_OF_OTHERS,
    LEAST_SHARE,
    MUCH,
    Share,
    bagged,
    best_weights,
    by_likelihood,
    products,
    shares_by_loss,
)
from ._search import Configuration, greedy_counts

# Where spreads are mixed, too, a bad network with a small share would widen them all. It keeps next
# to nothing: history_ and summary() need one.
TOKEN_SHARE = 1e-9
# What does not help with this share in a mixture is not trained on all folds.
HELPING = 0.2
# VARIANCE_ROWS rows tell how much the members of a candidate vary.
VARIANCE_ROWS = 2000
# These are training rows, whose noise all members but one know a part of: they differ more there
# than on new rows. So much of their variance is taken; with all of it trees beside networks got
# too little (``benchmarks/public.py``).
OF_NEW_ROWS = 0.5


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
            data = of_fold[0][0].candidate.valid(fold)
            given: list = [m.out_of_fold if honest else m.raw for _, m in of_fold]
            raws = tempered(given, [c.temperature for c, _ in of_fold], data.target.kind)
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
    if table.by_moments and judge is None:
        _mix_moments(table, ours, complete, folds)
        return
    groups = [ours, *_families(table, complete, folds, judge)]
    own, *shares = _Held(table, groups, folds, judge).weights()
    if not any(shares):
        for c in complete:
            c.weight = 0.0
        return
    least = LEAST_SHARE if table.single_valued else TOKEN_SHARE
    if own < least:  # they stay, as the estimator's name says
        own, shares = least, [share * (1 - least) for share in shares]
    for group, share in zip(groups, [own, *shares], strict=True):
        _share(group, float(share))


def _families(table, complete, folds, judge):
    """Return others, those that differ in parameters together, weighed among themselves.

    Each is held out by members of the same rows, so the errors of two that are alike have more in
    common than those of their means will have.
    """
    families = {}
    for c in complete:
        families.setdefault(c.candidate.family, []).append(c)
    for family in families.values():
        family[0].weight = 1.0
        weigh(table, family, folds, judge)
    return [[c for c in family if c.weight] for family in families.values()]


def _share(group, share):
    """Give a group a share, by the weights in it."""
    total = sum((c.weight or 1.0) * len(c.members) for c in group)
    for c in group:
        c.weight = (c.weight or 1.0) * (share / total)


def _mix_moments(table, ours, complete, folds):
    """Set what counts in the mean, and by temperatures what counts in the variance.

    Networks that are only one, as the first helps no others, hardly count.
    """
    groups = [ours, *([c] for c in complete)]
    lone = int(len(ours[0].members) == 1 < len(folds))
    held = _Held(table, groups[lone:], folds, None)
    shares, spreads = np.zeros(len(groups)), np.zeros(len(groups))
    shares[lone:] = held.shares()
    spreads[lone:] = held.spreads(shares[lone:])
    counts = spreads > 0
    counts[0] = True
    shares = np.where(counts, np.maximum(shares, TOKEN_SHARE), shares)
    for group, share, spread in zip(groups, shares.tolist(), spreads.tolist(), strict=True):
        _share(group, share)
        for c in group:
            c.temperature = max(spread, TOKEN_SHARE) / share if share else 1.0


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
    table: FittedTable, ours: list[Configuration], other: Configuration, folds: list[Fold]
) -> bool:
    """Return whether another configuration may be worth its time, by its first member.

    Beside our members of the same fold it may get a share; or it is as good as ours are on all
    folds, as a single one, where hardly a row is wrong, may have been lucky.
    """
    held = _Held(table, [ours, [other]], folds, None)
    everywhere = _Held(table, [ours], folds, None)
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


def helps_mean(
    table: FittedTable, ours: Configuration, other: Configuration, folds: list[Fold]
) -> bool:
    """Return whether another configuration may get a share of the mean, by its first member."""
    held = _Held(table, [[ours], [other]], folds[:1], None)
    one, another = held.errors
    return Share.of(one, another, held.weight).is_worth


def helps(
    table: FittedTable, ours: list[Configuration], other: Configuration, folds: list[Fold]
) -> bool:
    """Return whether a configuration may help a mixture with others, by the rows of the first fold.

    It does not, where the best of ours is clearly worse with a share of it: by more than a standard
    error.

    Parameters
    ----------
    table : FittedTable
        Target and loss, of members that say a mean and a variance.
    ours : list of Configuration
        What there is, at least the first member of each.
    other : Configuration
        What may be worth its time, by its first member.
    folds : list of Fold
        The folds.
    """
    held = _Held(table, [[c] for c in [*ours, other]], folds[:1], None)
    alone = np.eye(len(held.groups))
    best = min(alone[:-1], key=held.likelihood)
    lower = held.row_losses(best, best) - held.row_losses(
        (1 - HELPING) * best + HELPING * alone[-1], best
    )
    weight = np.ones(len(lower)) if held.weight is None else held.weight
    weight = weight / weight.sum()
    mean = weight @ lower
    return bool(mean >= -np.sqrt(weight**2 @ (lower - mean) ** 2))


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
        if not self.by_squares:
            return shares_by_loss(self.loss, self.means)
        expected = products(self.errors, self.variances, self.weight)
        return best_weights(expected, LEAST_OF_OTHERS)

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

    def shares(self) -> np.ndarray:
        """Return the weight of each group in the mean, where members say a variance, too.

        Weights of many draws of the rows are averaged: few rows tell little of them.
        """
        return bagged(
            lambda weight: best_weights(products(self.errors, self.variances, weight)),
            len(self.y), self.weight,
        )  # fmt: skip

    def spreads(self, shares: np.ndarray) -> np.ndarray:
        """Return the weight of each group in the variance, with which held-out rows are likeliest.

        Variances are then recalibrated, so a common factor counts for nothing.

        Parameters
        ----------
        shares : ndarray of shape (n_groups,)
            The weight of each group in the mean.
        """
        said = [self.plain.loss.distribution(raw) for raw in self._raws]
        centers, variances = (
            np.stack(part) for part in zip(*((d.center, d.scale**2) for d in said), strict=True)
        )
        mean = np.average(centers, axis=0, weights=shares)
        between = np.average((centers - mean) ** 2, axis=0, weights=shares)
        squared = np.maximum((self.y.reshape(mean.shape) - mean) ** 2, np.finfo(float).tiny)

        def loss(counts, weight):
            variance = np.tensordot(counts / counts.sum(), variances, 1) + between
            factor = np.average(squared / variance, axis=0, weights=weight)
            return (np.average(np.log(variance), axis=0, weights=weight) + np.log(factor)).sum()

        def chosen(weight):
            return by_likelihood(lambda counts: loss(counts, weight), len(variances))

        return bagged(chosen, len(self.y), self.weight)

    @cached_property
    def _raws(self) -> list[np.ndarray]:
        """The honest raw scores that stand for those of each group."""
        found = []
        for group in self.groups:
            held_out = by_all(held_out_of(group, self.common, honest=True))
            raws = [self.plain.of_all(held.raws, held.weights) for held in held_out]
            found.append(np.concatenate(raws))
        return found

    def likelihood(self, counts: np.ndarray) -> float:
        """Return half the loss of a mixture of groups, and half of one with equal spreads.

        The first alone would hardly care for the mean of rows that have much noise.
        """
        raw, squared = self._mixture(counts)
        equal = 0.5 * np.log(np.average(squared, axis=0, weights=self.weight)).sum()
        loss, target = self.plain.loss, self.plain.target
        return (data_loss(loss, target, self.y, raw, self.weight) + equal) / 2

    def row_losses(self, counts: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """Return the same of each row (n,), with equal spreads that are those of another mixture.

        Parameters
        ----------
        counts, unit : ndarray of shape (n_groups,)
            How often each group counts in the one and in the other.
        """
        raw, squared = self._mixture(counts)
        equal = np.average(self._mixture(unit)[1], axis=0, weights=self.weight)
        target, loss = self.plain.target, self.plain.loss
        y = np.empty((len(raw), target.n_outputs))
        target.fill(self.y, y, loss.levels)
        return (loss.value(y, raw) + 0.5 * (squared / equal).sum(axis=1)) / 2

    def _mixture(self, counts):
        """Return raw scores of a mixture of groups, and the squares of its errors (n, k)."""
        taken = np.flatnonzero(counts)
        raw = self.plain.of_all([self._raws[i] for i in taken], list(counts[taken]))
        mean = self.plain.mean([raw], [1.0])
        squared = self.plain.errors(mean, self.y) ** 2
        return raw, np.maximum(squared, np.finfo(float).tiny)

    def _variance(self, group: list[Configuration]) -> float:
        """Return the mean variance of what the members of a group predict of a new row.

        It is estimated on training rows, which an estimator may know by heart: members then differ
        in the rows that one of them held out, which says nothing of new rows. Of such none is
        assumed.
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
            raws = tempered(raws, [c.temperature for c in group], self.plain.target.kind)
            found.append(self.plain.errors(self.plain.mean(raws, weights), None))
        seen = np.average(np.var(found, axis=0).sum(axis=1), weights=weight)
        return OF_NEW_ROWS * float(seen)

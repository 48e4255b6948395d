"""The ensemble: which members predict, and with what weights."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from .._engine.interrupts import heed
from .._engine.warn import warn
from ._candidates import Candidate, Networks
from ._fitted import FittedTable, HeldOut, tempered, together
from ._folds import Fold, undivided
from ._members import Member
from ._mixing import WORTH, best_share, shares
from ._predictors import NetworkPredictor
from ._preparation import Prepared
from ._search import Configuration, draws, explore, greedy_counts
from ._trainer import Trainer


def assembled(
    table: FittedTable, configurations: list[Configuration], folds: list[Fold]
) -> FittedTable:
    """Return what the members of the configurations that count are together.

    All that is derived from the weights of these members is derived here.

    Parameters
    ----------
    table : FittedTable
        Encoder, target and loss.
    configurations : list of Configuration
        What has been trained, at least one of which counts.
    folds : list of Fold
        What members were trained on.
    """
    counting = [c for c in configurations if c.weight]
    taken = [(c, member) for c in counting for member in c.members]
    networks = [member for _, member in taken if isinstance(member.predictor, NetworkPredictor)]
    table = replace(
        table,
        predictors=[member.predictor for _, member in taken],
        weights=[float(c.weight) for c, _ in taken],
        temperatures=[c.temperature for c, _ in taken],
        histories=[member.history for member in networks],
        best_epochs=[member.best_epoch for member in networks],
        leaderboard=_leaderboard(table, configurations, folds),
    )

    def sample(n):
        held_out = folds[0].held is not None
        samples = {id(c): c.candidate.sample(n, held_out) for c, _ in taken}
        return [samples[id(c)][0] for c, _ in taken], samples[id(taken[0][0])][1]

    shape = counting[0].candidate.data.y.shape
    return table.informed(shape, held_out_of(counting, folds, honest=True), sample)


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
            found.append(HeldOut(data, raws, [float(c.weight) for c, _ in of_fold]))
    return found


def trained(
    table: FittedTable, candidate: Candidate, members: list[Member], folds: list[Fold],
    params: dict | None = None,
) -> Configuration:  # fmt: skip
    """Return a configuration of trained members, with the temperature of their raw scores."""
    c = Configuration({} if params is None else params, members, 0.0, candidate)
    c.temperature = table.temperature_of(held_out_of([c], folds))
    return c


def _leaderboard(table, configurations, folds):
    """Return a row for each member that was trained."""
    total = sum(c.weight * len(c.members) for c in configurations)
    rows = []
    for c, name in zip(configurations, _names(configurations), strict=True):
        for member in c.members:
            network = isinstance(member.predictor, NetworkPredictor)
            rows.append({
                "candidate": name,
                "member": member.number + 1,
                "score": _score(table, c, member, folds),
                "weight": c.weight / total,
                "best_epoch": member.best_epoch if network else np.nan,
                "seconds": member.seconds,
                **c.params,
            })  # fmt: skip
    return rows


def _names(configurations):
    """Return the name of each, with a number where there are several of one name."""
    seen: Counter[str] = Counter()
    for c in configurations:
        seen[c.candidate.name] += 1
        n = seen[c.candidate.name]
        yield c.candidate.name if n == 1 else f"{c.candidate.name} {n}"


def _score(table, configuration, member, folds):
    """Return a member's score on the rows that it was not trained on, NaN without any."""
    if member.raw is None:
        return np.nan
    fold = next(fold for fold in folds if fold.number == member.number)
    valid = configuration.candidate.valid(fold)
    found = table.plain().evaluation(([member.out_of_fold], [1.0]), *valid.labels())
    return list(found.values())[1]


def refitted(fitted: FittedTable, prepared: Prepared, trainer: Trainer, networks: Networks):
    """Return the ensemble with networks that were trained once more, on all rows.

    They have no held-out rows of their own: what these told of the networks before holds for the
    same networks, trained on somewhat more rows. After an interrupt, or where a callback wants to
    end the fit, the ensemble stays as it is: the user waited for what would not come.
    """
    epochs = max(1, round(np.mean(fitted.best_epochs)))
    rows = prepared.table.rows
    everything = undivided(rows, len(prepared.folds))
    again = trainer.train(networks.anew(epochs, prepared.seeds.again), everything)
    if not again or again[-1].last:
        return fitted
    members = list(zip(fitted.predictors, fitted.weights, fitted.temperatures, strict=True))
    networks = [member for member in members if isinstance(member[0], NetworkPredictor)]
    share, heat = sum(weight for _, weight, _ in networks) / len(again), networks[0][2]
    members = [
        *((member.predictor, share, heat) for member in again),
        *(member for member in members if member not in networks),
    ]
    predictors, weights, temperatures = map(list, zip(*members, strict=True))
    return replace(fitted, predictors=predictors, weights=weights, temperatures=temperatures)


def ensemble(prepared: Prepared, trainer: Trainer, *, explores: bool, refit: bool) -> FittedTable:
    """Train an ensemble and return it as it predicts.

    Parameters
    ----------
    prepared : Prepared
        The table, its folds, and what is trained on them.
    trainer : Trainer
        Trains members.
    explores : bool
        Whether other configurations may follow where time is left.
    refit : bool
        Whether networks are trained once more, on all rows.
    """
    folds, table = prepared.folds, prepared.table.fitted
    members = trainer.train(prepared.networks)
    if not members:
        raise KeyboardInterrupt  # before the end of the first epoch
    own = trained(table, prepared.networks, members, folds)
    own.weight = 1.0
    last = own.members[-1].last
    complete = len(own.members) == len(folds) and not last
    judged = own.members[0].raw is not None
    tried, others = [own], []
    if judged and not last:
        others = blended(prepared, own, trainer)
    if explores and not refit and complete and judged:
        tried = explored(prepared, own, trainer)
        weigh(table, tried, folds)
        taken = sum(c.weight > 0 for c in tried)
        trainer.report.line(f"{len(tried)} configurations tried, {taken} taken.")
    mix(table, tried, others, folds)
    fitted = assembled(table, [*tried, *others], folds)
    if refit and not last:
        fitted = refitted(fitted, prepared, trainer, prepared.networks)
    return fitted.settled()


def blended(prepared: Prepared, own: Configuration, trainer: Trainer) -> list[Configuration]:
    """Return what is trained beside the networks, on the same folds.

    The first fold tells whether a candidate is worth the time of the others.
    """
    found: list[Configuration] = []
    table, folds = prepared.table.fitted, prepared.folds
    for candidate in prepared.others:

        def worth(first, candidate=candidate):
            alone = trained(table, candidate, [first], folds)
            ours = trained(table, own.candidate, own.members[:1], folds)
            y, weight, (mean, other) = _means(table, [[ours], [alone]], folds)
            plain = table.plain()
            return best_share(lambda p: plain.judged(p, y, weight)["loss"], mean, other) >= WORTH

        try:
            members = trainer.train(candidate, worth=worth)
        except KeyboardInterrupt as interrupt:
            heed(interrupt)
            warn("Training interrupted by user.")
            break
        if members:
            found.append(trained(table, candidate, members, folds))
            if members[-1].last:
                break
    return found


def mix(table: FittedTable, networks: list[Configuration], others: list[Configuration],
        folds: list[Fold]) -> None:  # fmt: skip
    """Set the weights of what was trained beside networks, by the loss on held-out rows.

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
    """
    complete = [c for c in others if len(c.members) > 1 or len(folds) == 1]
    if not complete:
        return
    found = _shares(table, networks, complete, folds)
    if not any(found):
        return
    total = sum(c.weight * len(c.members) for c in networks)
    for c in networks:
        c.weight *= (1 - sum(found)) / total
    for c, share in zip(complete, found, strict=True):
        c.weight = share / len(c.members)


def explored(prepared: Prepared, own: Configuration, trainer: Trainer) -> list[Configuration]:
    """Return a configuration, and those beside it that there was time to train."""
    tried, clock = [own], trainer.clock
    deadline = clock.started + (np.inf if clock.limit is None else clock.limit)
    try:
        explore(tried, draws(prepared, deadline), deadline)
    except KeyboardInterrupt as interrupt:  # outside of the epochs
        heed(interrupt)
        warn("Training interrupted by user.")
    for c in tried[1:]:
        c.temperature = prepared.table.fitted.temperature_of(held_out_of([c], prepared.folds))
    return tried


def weigh(table: FittedTable, tried: list[Configuration], folds: list[Fold]) -> None:
    """Set how often each configuration counts, by the loss of their mean on held-out rows.

    Parameters
    ----------
    table : FittedTable
        Target and loss.
    tried : list of Configuration
        What has been trained; the first one counts. Their weights are set.
    folds : list of Fold
        What members were trained on.
    """
    complete = [c for c in tried if len(c.members) == len(tried[0].members)]
    if len(complete) < 2:
        return
    held_out = [held_out_of([c], folds) for c in complete]
    y, weight = together(held_out[0])
    raws = [np.concatenate([held.raws[0] for held in of_one]) for of_one in held_out]

    def loss(taken):
        scored = [raws[i] for i in taken], [1.0] * len(taken)
        return table.plain().evaluation(scored, y, weight)["loss"]

    for c, count in zip(complete, greedy_counts(len(complete), loss), strict=True):
        c.weight = float(count)


def _shares(table, networks, others, folds):
    """Return the share that held-out rows give to each of the others."""
    y, weight, (mean, *means) = _means(table, [networks, *([c] for c in others)], folds)
    plain = table.plain()
    return shares(lambda p: plain.judged(p, y, weight)["loss"], mean, means)


def _means(table, groups, folds):
    """Return targets and weights of held-out rows, and what each group predicts of them.

    Only folds that all groups have a member of count.
    """
    common = [
        fold for fold in folds
        if all(any(m.number == fold.number for m in group[0].members) for group in groups)
    ]  # fmt: skip
    found, plain = [], table.plain()
    for group in groups:
        counting = [replace(c, weight=c.weight or 1.0) for c in group]
        held_out = held_out_of(counting, common)
        found.append(np.concatenate([plain.mean(held.raws, held.weights) for held in held_out]))
    y, weight = together(held_out)
    return y, weight, found

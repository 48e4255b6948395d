"""The ensemble: which members predict, and with what weights."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from .._engine.following.interrupts import heed
from .._engine.support.warn import warn
from ._candidates import Networks, UnfitError
from ._fitted import FittedTable
from ._folds import Fold, undivided
from ._judging import Judge
from ._others import Trees
from ._predictors import NetworkPredictor
from ._preparation import Prepared
from ._search import Configuration, draws, explore
from ._trainer import Trainer
from ._trials import is_hopeless
from ._weighing import (
    TOKEN_SHARE,
    held_out_of,
    helps,
    helps_mean,
    hopeful,
    mix,
    outweighed,
    promising,
    trained,
    weigh,
)


def assembled(
    table: FittedTable, configurations: list[Configuration], folds: list[Fold],
    judge: Judge | None = None,
) -> FittedTable:  # fmt: skip
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
    judge : Judge or None
        What ``leaderboard_`` shows, where the user says.
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
        leaderboard=_leaderboard(table, configurations, folds, judge),
        origin=table.origin and table.origin.held_by(folds, [m.number for _, m in taken]),
    )

    def sample(n):
        held_out = folds[0].held is not None
        samples = {id(c): c.candidate.sample(n, held_out) for c, _ in taken}
        return [samples[id(c)][0] for c, _ in taken], samples[id(taken[0][0])][1]

    shape = counting[0].candidate.data.y.shape
    held_out = held_out_of(counting, folds, honest=True)
    whole = held_out_of(counting, _of_all(counting, folds), honest=True)
    told = table.informed(shape, whole or held_out, sample)
    return told if len(whole) in (0, len(held_out)) else told.also_held(held_out)


def _of_all(configurations, folds):
    """Return the folds of which each configuration that counts has a member."""
    total = sum(c.weight * len(c.members) for c in configurations)
    heavy = [c for c in configurations if c.weight * len(c.members) > TOKEN_SHARE * total]
    numbers = [{member.number for member in c.members} for c in heavy]
    return [fold for fold in folds if all(fold.number in own for own in numbers)]


def _leaderboard(table, configurations, folds, judge):
    """Return a row for each member that was trained."""
    total = sum(c.weight * len(c.members) for c in configurations)
    rows = []
    for c, name in zip(configurations, _names(configurations), strict=True):
        for member in c.members:
            network = isinstance(member.predictor, NetworkPredictor)
            rows.append({
                "candidate": name,
                "member": member.number + 1,
                "score": _score(table, c, member, folds, judge),
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


def _score(table, configuration, member, folds, judge):
    """Return a member's score on the rows that it was not trained on, NaN without any."""
    if member.raw is None:
        return np.nan
    fold = next(fold for fold in folds if fold.number == member.number)
    valid = configuration.candidate.valid(fold)
    if judge is not None:
        return judge.score(member.out_of_fold, valid.rows, *valid.labels())
    found = table.plain().evaluation(([member.out_of_fold], [1.0]), *valid.labels())
    return list(found.values())[1]


def refitted(fitted: FittedTable, prepared: Prepared, trainer: Trainer, networks: Networks):
    """Return the ensemble with networks that were trained once more, on all rows.

    They have no held-out rows of their own: what these told of the networks before holds for the
    same networks, trained on somewhat more rows. After an interrupt, or where a callback wants to
    end the fit, the ensemble stays as it is: the user waited for what would not come.
    """
    epochs = max(1, round(np.mean(fitted.best_epochs)))
    members = list(zip(fitted.predictors, fitted.weights, fitted.temperatures, strict=True))
    before = [member for member in members if isinstance(member[0], NetworkPredictor)]
    everything = undivided(prepared.table.rows, len(before))
    again = trainer.train(networks.anew(epochs, prepared.seeds.again), everything)
    if not again or again[-1].last:
        return fitted
    share, heat = sum(weight for _, weight, _ in before) / len(again), before[0][2]
    members = [
        *((member.predictor, share, heat) for member in again),
        *(member for member in members if member not in before),
    ]
    predictors, weights, temperatures = map(list, zip(*members, strict=True))
    return replace(
        fitted, predictors=predictors, weights=weights, temperatures=temperatures,
        origin=fitted.origin and fitted.origin.held_by([], []),
    )  # fmt: skip


def ensemble(prepared: Prepared, trainer: Trainer, *, explores: bool, refit: bool) -> FittedTable:
    """Train an ensemble and return it, with what was for training alone.

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
    folds, table, judge = prepared.folds, prepared.table.fitted, prepared.networks.task.judge
    members = trainer.train(prepared.networks, folds[: prepared.n_first])
    if not members:
        raise KeyboardInterrupt  # before the end of the first epoch
    own = _of_networks(prepared, members)
    judged = own.members[0].raw is not None
    tried, others = [own], []
    if judged and not trainer.ended:
        others = blended(prepared, own, trainer)
    if prepared.n_first < len(folds) and not trainer.ended:
        tried = [own] = [_with_others(prepared, own, others, trainer)]
    complete, found = len(own.members) == len(folds) and not trainer.ended, []
    if explores and not refit and complete and judged:
        found = explored(prepared, own, others, trainer)
        tried = [c for c in found if c.candidate is own.candidate]
        others += [c for c in found if c.candidate is not own.candidate]
        weigh(table, tried, folds, judge)
    mix(table, tried, others, folds, judge=judge)
    if found:
        taken = sum(c.weight > 0 for c in found)
        trainer.report.line(f"{len(found)} configurations tried, {taken} taken.")
    fitted = assembled(table, [*tried, *others], folds, judge)
    if others:
        shares = fitted.shares()
        said = ", ".join(f"{name} {share:.2f}" for name, share in shares.items())
        trainer.report.line(f"Weights: {said}.")
    if refit and not trainer.ended:
        fitted = refitted(fitted, prepared, trainer, prepared.networks)
    return fitted


def _of_networks(prepared, members):
    """Return the configuration of the recipe's own networks."""
    own = trained(prepared.table.fitted, prepared.networks, members, prepared.folds)
    own.weight = 1.0
    return own


def _with_others(prepared, own, others, trainer):
    """Return the networks with those of the folds that are left, unless these would bring little.

    Others outweigh them; or, beside what nobody asked for, the first one helps none.
    """
    table, judge = prepared.table.fitted, prepared.networks.task.judge
    if prepared.n_first > 1:
        enough = outweighed(table, own, others, prepared.folds, judge)
    else:
        complete = [c for c in others if len(c.members) == len(prepared.folds)]
        enough = bool(complete) and judge is None
        enough = enough and not helps(table, complete, own, prepared.folds)
        if enough:
            trainer.report.line("The first network helps no others: it stays the only one.")
    if enough:
        return own
    return _of_networks(prepared, trainer.train(prepared.networks, members=own.members))


def blended(prepared: Prepared, own: Configuration, trainer: Trainer) -> list[Configuration]:
    """Return what is trained beside the networks, on the same folds.

    The first folds tell whether a candidate is worth the time of the others.
    """
    found: list[Configuration] = []
    table, folds = prepared.table.fitted, prepared.folds
    judged = prepared.networks.task.judge is not None
    for candidate in prepared.others:
        if candidate.unasked and not trainer.clock.has(0.0):
            continue

        def worth(members, candidate=candidate):
            so_far = trained(table, candidate, members, folds)
            if len(members) > 1:
                return candidate.unasked or hopeful(table, own, so_far, folds)
            if candidate.of_mean:
                return judged or helps_mean(table, own, so_far, folds)
            if candidate.unasked:
                return judged or helps(table, [own, *found], so_far, folds)
            return promising(table, [own], so_far, folds)

        try:
            members = trainer.train(candidate, worth=worth)
        except UnfitError as error:
            trainer.report.line(f"{candidate.name!r} is left out: {error}")
            continue
        except KeyboardInterrupt as interrupt:
            heed(interrupt)
            warn("Training interrupted by user.")
            break
        if members:
            found.append(trained(table, candidate, members, folds))
            if members[-1].last:
                break
    return found


def explored(
    prepared: Prepared, own: Configuration, others: list[Configuration], trainer: Trainer
) -> list[Configuration]:
    """Return a configuration, and those beside it that there was time to train.

    Where there are trees on all folds, others of trees are among these.
    """
    tried, clock = [own], trainer.clock
    deadline = clock.started + (np.inf if clock.limit is None else clock.limit)
    table, folds, task = prepared.table.fitted, prepared.folds, prepared.networks.task
    whole = [c for c in others if len(c.members) == len(folds)]
    trees = next((c for c in whole if isinstance(c.candidate, Trees)), None)
    if trees is not None:
        mix(table, [own], others, folds, task.judge)
    ours = [c for c in [own, *others] if c.weight]

    def hopeless(c, best):
        if c.candidate is own.candidate:
            return is_hopeless(task, c.members[0], best, task.valid(folds[0]))
        return not promising(table, ours, trained(table, c.candidate, c.members, folds), folds)

    try:
        explore(tried, draws(prepared, deadline, own, trees), deadline, hopeless)
    except KeyboardInterrupt as interrupt:  # outside of the epochs
        heed(interrupt)
        warn("Training interrupted by user.")
    for c in tried[1:]:
        c.temperature = table.temperature_of(held_out_of([c], folds))
    return tried

"""The ensemble: which members predict, and with what weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._engine.interrupts import heed
from .._engine.warn import warn
from ._candidates import Networks
from ._fitted import FittedTable, HeldOut, together
from ._folds import Fold, undivided
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
    taken = [(c, member) for c in configurations if c.count for member in c.members]
    members = [member for _, member in taken]
    table = replace(
        table,
        predictors=[member.predictor for member in members],
        weights=[float(c.count) for c, _ in taken],
        histories=[member.history for member in members],
        best_epochs=[member.best_epoch for member in members],
        leaderboard=_leaderboard(configurations, sum(c.count for c, _ in taken)),
    )

    def sample(n):
        held_out = folds[0].held is not None
        samples = [c.candidate.sample(n, held_out) for c, _ in taken]
        return [rows for rows, _ in samples], samples[0][1]

    shape = taken[0][0].candidate.data.y.shape
    return table.informed(shape, _held_out(taken, folds), sample)


def _held_out(taken, folds):
    """Return what members say of the rows that they were not trained on, fold by fold."""
    found = []
    for fold in folds:
        of_fold = [(c, member) for c, member in taken if member.number == fold.number]
        if of_fold and of_fold[0][1].raw is not None:
            data = of_fold[0][0].candidate.valid(fold)
            raws = [member.raw for _, member in of_fold]
            found.append(HeldOut(data, raws, [float(c.count) for c, _ in of_fold]))
    return found


def _leaderboard(configurations, total):
    """Return a row for each member that was trained."""
    return [
        {
            "configuration": i, "member": member.number, "score": member.score,
            "weight": c.count / total, "best_epoch": member.best_epoch,
            "epochs": len(member.history), "seconds": member.seconds, **c.params,
        }
        for i, c in enumerate(configurations) for member in c.members
    ]  # fmt: skip


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
    predictors = [member.predictor for member in again]
    return replace(fitted, predictors=predictors, weights=[1.0] * len(again))


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
    own = Configuration({}, trainer.train(prepared.networks), 1, prepared.networks)
    if not own.members:
        raise KeyboardInterrupt  # before the end of the first epoch
    fitted, last = assembled(table, [own], folds), own.members[-1].last
    complete = len(own.members) == len(folds) and not last
    if explores and not refit and complete and own.members[0].raw is not None:
        tried = explored(prepared, own, trainer)
        weigh(fitted, tried, folds)
        taken = sum(c.count > 0 for c in tried)
        trainer.report.line(f"{len(tried)} configurations tried, {taken} taken.")
        fitted = assembled(table, tried, folds)
    elif refit and not last:
        fitted = refitted(fitted, prepared, trainer, prepared.networks)
    return fitted.settled()


def explored(prepared: Prepared, own: Configuration, trainer: Trainer) -> list[Configuration]:
    """Return a configuration, and those beside it that there was time to train."""
    tried, clock = [own], trainer.clock
    deadline = clock.started + (np.inf if clock.limit is None else clock.limit)
    try:
        explore(tried, draws(prepared, deadline), deadline)
    except KeyboardInterrupt as interrupt:  # outside of the epochs
        heed(interrupt)
        warn("Training interrupted by user.")
    return tried


def weigh(table: FittedTable, tried: list[Configuration], folds: list[Fold]) -> None:
    """Set how often each configuration counts, by the loss of their mean on held-out rows.

    Parameters
    ----------
    table : FittedTable
        The ensemble of the first one alone.
    tried : list of Configuration
        What has been trained. Their counts are set.
    folds : list of Fold
        What members were trained on.
    """
    complete = [c for c in tried if len(c.members) == len(tried[0].members)]
    if len(complete) < 2:
        return
    held_out = _held_out([(complete[0], member) for member in complete[0].members], folds)
    y, weight = together(held_out)
    raws = [np.concatenate([member.raw for member in c.members]) for c in complete]
    single = table.unsharpened()  # held-out rows have one member a configuration

    def loss(taken):
        chosen = [raws[i] for i in taken]
        return single.evaluation((chosen, [1.0] * len(taken)), y, weight)["loss"]

    for c, count in zip(complete, greedy_counts(len(complete), loss), strict=True):
        c.count = count

"""Networks that learn the mean alone, beside those that learn mean and variance.

By the likelihood, rows with much noise hardly count for the mean, and where there is hardly any
noise its slope is steep: squared errors are then lower if these are what was learned. The spread of
such networks is the same everywhere; held-out rows say what it counts for.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._engine.program.calls import Call
from ..losses import Gaussian
from ._candidates import Candidate, Networks, UnfitError
from ._cycles import unexplained
from ._members import train
from ._preparation import Prepared
from ._small_networks import FEW_ROWS, LEAST_ROWS

# Beside small networks they are of no use where the first one leaves less of the variance of
# held-out rows: their spread, the same everywhere, is far off where the others say next to none.
LEAST_NOISE = 0.02


class SquaredErrors(Gaussian):
    """Squared errors of the mean, with raw scores as "gaussian" has them."""

    scratch = ()

    def gradient(self, y, raw, out, scratch):
        (mu, _), (dmu, ds) = self.parts(raw), self.parts(out)
        yield Call(np.subtract, mu, y, out=dmu)
        yield Call(np.multiply, dmu, 0.0, out=ds)

    def value(self, y, raw):
        mu, _ = self.parts(raw)
        return 0.5 * ((mu - y) ** 2).sum(axis=1)


def mean_networks(prepared: Prepared) -> list[Candidate]:
    """Return networks of the same recipe that learn the mean; none where that is of no use.

    Parameters
    ----------
    prepared : Prepared
        The table and its folds.
    """
    table, folds = prepared.table, prepared.folds
    judged = table.validation is not None or folds[0].held is not None
    fitted = table.fitted
    if len(table.rows) < LEAST_ROWS or not (fitted.by_moments and judged) or fitted.directions:
        return []
    return [] if prepared.params["refit"] else [MeanNetworks.beside(prepared)]


class MeanNetworks(Networks):
    """Networks by squared errors."""

    name = "networks of the mean"
    unasked = True
    of_mean = True

    @classmethod
    def beside(cls, prepared: Prepared) -> MeanNetworks:
        """Return those beside the networks of a table."""
        entropy = prepared.seeds.source.entropy
        seeds = [np.random.SeedSequence(entropy, spawn_key=(2**21, i))
                 for i in range(len(prepared.folds))]  # fmt: skip
        return cls(replace(prepared.networks.task, loss=SquaredErrors(), followed=None), seeds)

    def first(self, fold, trainer):
        super().first(fold, trainer)
        first, few = trainer.members[0], len(self.data) < FEW_ROWS
        if few and unexplained(self.task.loss, self.valid(fold), first.raw).max() < LEAST_NOISE:
            raise UnfitError("hardly any noise is in the target.")
        trainer.members[0] = told(self, first, fold)

    def other(self, fold, trainer):
        work = super().other(fold, trainer)
        return None if work is None else lambda: told(self, work(), fold)

    def apart(self, fold):
        return _apart, (self, fold)


def _apart(networks, fold):
    run = networks.run(fold, networks.epochs, networks.enough)
    return told(networks, train(networks.task, fold, run), fold)


def told(networks, member, fold):
    """Return a member that says how large its errors of held-out rows are, at any row."""
    y, weight = networks.valid(fold).labels()
    y = y.reshape(len(y), -1)
    k = y.shape[1]
    squared = np.average((member.out_of_fold[:, :k] - y) ** 2, axis=0, weights=weight)
    spread = np.log(np.maximum(squared, np.finfo(np.float32).tiny))
    member.predictor.network.weights("b")[-1][k:] = spread
    raw, honest = (
        None if scores is None else np.hstack([scores[:, :k], np.tile(spread, (len(y), 1))])
        for scores in (member.raw, member.honest)
    )
    return replace(member, raw=raw, honest=honest)

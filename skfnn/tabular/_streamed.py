"""A fit of rows that are not one table in memory: what it asks of the source, and refuses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from ._fitted import FittedTable
from ._folds import Fold, undivided
from ._followed import Given
from ._ongoing import SHARE, Ongoing
from ._predictors import NetworkPredictor
from ._recipes import Recipe
from ._sources import Source
from ._stream import Stream, Weigher
from ._survey import Dealing, Survey, survey, surveyed_again, targets_in

# An epoch has a share of the rows where that is so many parts, in an order that is drawn.
LEAST_PARTS = 4


@dataclass(frozen=True, eq=False)
class How:
    """How a fit to the rows of a source begins and ends.

    Attributes
    ----------
    before : Ongoing or None
        What it goes on from.
    keeps : bool
        Whether another may go on from it.
    adds : bool
        Whether what is known of earlier rows stays known, as in ``partial_fit``.
    classes : array-like or None
        All classes that there will be.
    """

    before: Ongoing | None = None
    keeps: bool = False
    adds: bool = False
    classes: Any = None


@dataclass(frozen=True, eq=False)
class Streamed:
    """What takes the place of a table: a sample of the rows, and all that they tell.

    Attributes
    ----------
    survey : Survey
        What is known of all rows.
    n_members : int
        How many members there are to be.
    how : How
        How the fit begins and ends.
    weigher : Weigher or None
        The weights of rows, when targets are known.
    """

    survey: Survey
    n_members: int
    how: How
    weigher: Weigher | None = None

    @classmethod
    def of(cls, model: Any, source: Source, recipe: Recipe, *, validated: bool,
           how: How) -> Streamed:  # fmt: skip
        """Return what passes over all rows tell.

        Parameters
        ----------
        model : estimator
            Whose parameters are meant.
        source : Source
            The rows.
        recipe : Recipe
            Architecture and training, with what the user chose in place.
        validated : bool
            Whether there are validation data, so that members hold nothing out.
        how : How
            How the fit begins and ends.
        """
        targets = targets_in(source, model._kind == "regression")
        if how.before is not None:
            return cls._on(model, source, targets, how)
        targets = targets.with_classes(how.classes)
        n_members = recipe.members(targets.n)
        n_folds = n_members if n_members > 1 else max(2, round(1 / model.validation_fraction))
        seed = check_random_state(model.random_state).randint(2**31)
        dealing = Dealing(int(seed), n_folds, 0 if validated else n_members)
        return cls(survey(source, targets, dealing, model._encoder()), n_members, how)

    @classmethod
    def _on(cls, model, source, targets, how):
        """Return what passes tell where a fit goes on from another."""
        before = how.before
        if model.n_members not in (None, before.n_members):
            raise ValueError(
                f"n_members={model.n_members!r} cannot go on from {before.n_members} members. Set "
                "warm_start=False, or clone the estimator."
            )
        known = before.targets.labels
        new = np.setdiff1d(targets.labels, known)
        if len(new):
            raise ValueError(
                f"y has classes that the first call did not have: {new}. It had {known}. "
                "partial_fit takes all that there will be as classes."
            )
        blocks = before.latest(targets.n) if how.adds else []
        targets = (before.targets if how.adds else before.targets.empty) + targets
        found = surveyed_again(source, targets, before.dealing, before.table.encoder, blocks)
        return cls(found, before.n_members, how)

    @property
    def complete(self) -> bool:
        """Whether the sample are all rows, in their order."""
        again = self.how.adds and self.how.before is not None
        return len(self.given.y) == self.n_rows and not again

    @property
    def n_rows(self) -> int:
        """Rows to train on that count."""
        return int(self.survey.sample.folds.sum())

    @property
    def given(self) -> Given:
        """The sample."""
        return self.survey.given

    def begun(self, model: Any) -> tuple[FittedTable, np.ndarray]:
        """Return encoder, target and loss as all rows tell them, and the sample's targets."""
        encoder, targets, (_, y, weight) = self.survey.encoder, self.survey.targets, self.given
        if self.how.before is not None:
            fitted = replace(self.how.before.table, encoder=encoder)
            fitted = fitted.within(targets.low, targets.high)
            return fitted, fitted.encode_targets(y)
        if len(targets.labels):
            fitted, _ = model._begun(encoder, targets.labels, None)
            return fitted, fitted.encode_targets(y)
        columns = self.survey.source.roles.y
        names = columns if isinstance(columns, list) else None  # of soft targets, the classes
        fitted, encoded = model._begun(encoder, y, weight, names)
        return fitted.within(targets.low, targets.high), encoded

    def weighted(self, target: Any, class_weight: Any) -> Streamed:
        """Return the same with the weights of rows known."""
        return replace(self, weigher=Weigher.of(self.survey, target, class_weight))

    def weights(self, y: np.ndarray) -> np.ndarray | None:
        """Return the weights of the sample's rows, given their encoded targets."""
        return None if self.weigher is None else self.weigher(self.given.weight, y)

    def params(self, params: dict[str, Any], recipe: Recipe) -> dict[str, Any]:
        """Return an estimator's parameters with epochs and batches for so many rows."""
        n = self.n_rows
        epochs = params["max_iter"]
        if epochs is None:  # where an epoch has all rows, so many fewer
            epochs = round(recipe.epochs(n) * recipe.share(n) / self.share(params, recipe))
        if self.how.adds and self.how.before is not None:
            epochs = ceil(SHARE * epochs)
        size = params["batch_size"] or recipe.batch_size(n)
        return {**params, "max_iter": epochs, "batch_size": size}

    def share(self, params: dict[str, Any], recipe: Recipe) -> float:
        """Return the share of the rows in an epoch.

        It is all of them where the user wants so many epochs, and where rows come in an order of
        their own: the first ones may be of one kind.
        """
        share, n_parts = recipe.share(self.n_rows), self.survey.source.n_parts
        few = n_parts is None or n_parts * share < LEAST_PARTS
        return 1.0 if few or params["max_iter"] is not None else share

    @cached_property
    def marks(self) -> np.ndarray:
        """What stands beside the codes of the sample's rows."""
        return self.survey.sample.drawn(self.survey.dealing.marks)

    def folds(self, n_members: int, weight: np.ndarray | None) -> list[Fold]:
        """Return what each member trains on, and holds out, of the sample."""
        dealing = self.survey.dealing
        held = dealing.held(self.survey.sample.drawn(dealing.folds), weight)
        return held or undivided(np.arange(len(self.given.y)), n_members)

    def stream(self, table: FittedTable, task: Any, held: bool) -> Stream:
        """Return the rows as members train on them, all or all but those that are held out."""
        known = self.how.before if self.how.adds else None
        return Stream.of(self.survey, table, task, weigher=self.weigher, held=held, known=known)

    def ongoing(self, table: FittedTable, task: Any, fitted: FittedTable) -> Ongoing:
        """Return what the next call goes on from.

        Parameters
        ----------
        table : FittedTable
            Encoder, target and loss.
        task : Task
            What members have learned.
        fitted : FittedTable
            With the members.
        """
        numbers = [row["member"] - 1 for row in fitted.leaderboard if row["weight"]]
        networks = [p.network for p in fitted.predictors if isinstance(p, NetworkPredictor)]
        stream, known = task.stream, self.survey
        found = Ongoing(
            table=replace(table, known=None),
            networks=dict(zip(numbers, networks, strict=True)),
            columns=task.columns,
            dealing=known.dealing,
            n_members=self.n_members,
            targets=known.targets,
            blocks=known.sample.blocks,
            sums=stream.sums,
            parts=tuple(sorted(stream.parts)),
        )
        return replace(found, blocks=found.latest(0))

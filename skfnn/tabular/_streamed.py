"""A fit of rows that are not one table in memory: what it asks of the source, and refuses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from ..preprocessing import TabularEncoder
from ._fitted import FittedTable
from ._folds import Fold, undivided
from ._following import Given
from ._recipes import Recipe
from ._sources import Source
from ._stream import Stream, Weigher, passes
from ._survey import Dealing, Survey, survey, targets_in


@dataclass(frozen=True, eq=False)
class Streamed:
    """What takes the place of a table: a sample of the rows, and all that they tell.

    Attributes
    ----------
    survey : Survey
        What is known of all rows.
    weigher : Weigher or None
        The weights of rows, when targets are known.
    """

    survey: Survey
    weigher: Weigher | None = None

    @classmethod
    def of(cls, model: Any, source: Source, recipe: Recipe, encoder: TabularEncoder, *,
           validated: bool) -> Streamed:  # fmt: skip
        """Return what passes over all rows tell.

        Parameters
        ----------
        model : estimator
            Whose parameters are meant.
        source : Source
            The rows.
        recipe : Recipe
            Architecture and training, with what the user chose in place.
        encoder : TabularEncoder
            To be fitted.
        validated : bool
            Whether there are validation data, so that members hold nothing out.
        """
        targets = targets_in(source, model._task == "regression")
        n_members = recipe.members(targets.n)
        n_folds = n_members if n_members > 1 else max(2, round(1 / model.validation_fraction))
        seed = check_random_state(model.random_state).randint(2**31)
        dealing = Dealing(int(seed), n_folds, 0 if validated else n_members)
        return cls(survey(source, targets, dealing, encoder))

    @property
    def n_rows(self) -> int:
        """Rows that count."""
        return self.survey.targets.n

    @property
    def given(self) -> Given:
        """The sample."""
        return self.survey.given

    def begun(self, model: Any) -> tuple[FittedTable, np.ndarray]:
        """Return encoder, target and loss as all rows tell them, and the sample's targets."""
        encoder, targets, (_, y, weight) = self.survey.encoder, self.survey.targets, self.given
        if len(targets.labels):
            fitted, _ = model._begun(encoder, targets.labels, None)
            return fitted, fitted.encode_targets(y)
        fitted, encoded = model._begun(encoder, y, weight)
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
        epochs = params["max_iter"] or passes(recipe.epochs(n), n)
        size = params["batch_size"] or recipe.batch_size(n)
        return {**params, "max_iter": epochs, "batch_size": size}

    @cached_property
    def marks(self) -> np.ndarray:
        """What stands beside the codes of the sample's rows."""
        return self.survey.sample.drawn(self.survey.dealing.marks)

    @cached_property
    def _held(self):
        dealing = self.survey.dealing
        return dealing.held(self.survey.sample.drawn(dealing.folds))

    def folds(self, n_members: int) -> list[Fold]:
        """Return what each member trains on, and holds out, of the sample."""
        return self._held or undivided(np.arange(len(self.given.y)), n_members)

    def stream(self, table: FittedTable, task: Any) -> Stream:
        """Return the rows as members train on them."""
        held = bool(self._held)
        return Stream.of(self.survey, table, task, weigher=self.weigher, held=held)

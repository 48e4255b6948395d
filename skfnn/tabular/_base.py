"""What the estimators for tables share: fit, prediction, what is published."""

from __future__ import annotations

import copy
from abc import ABCMeta, abstractmethod
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted, check_X_y

from .._engine.following.callback_tasks import CallbackTasks
from .._engine.following.estimator import Estimator
from .._engine.objective.metric import Metric
from .._engine.objective.targets import SoftTarget
from .._engine.objective.weights import check_weights, mean_one_where_positive
from .._engine.support.atomic import all_or_nothing
from .._engine.support.component import unknown
from .._estimators.advice import check_targets
from .._estimators.groups import of_fit
from .._estimators.importance import no_importances
from .._estimators.monotone import refuse_classes
from .._estimators.prediction import summary_frame
from .._sklearn import validate_params, with_callbacks
from ..metrics._resolve import resolve_metric, resolve_metrics
from ..preprocessing import TabularEncoder
from ._blend import candidates, chosen, named
from ._clock import Clock
from ._compatibility import upgraded
from ._directions import of_numbers
from ._ensemble import ensemble
from ._fitted import FittedTable
from ._folds import Wishes
from ._followed import Followed, Given, score
from ._given_cells import apart
from ._judging import Judge
from ._mean_networks import mean_networks
from ._origin import Origin
from ._preparation import Prepared, Table, levels, prepare
from ._reading import ReadsSources
from ._recipes import RECIPES, Recipe
from ._small_networks import small_networks
from ._streamed import Streamed
from ._trainer import Report, Trainer


class BaseTabular(ReadsSources, Estimator, metaclass=ABCMeta):
    """Base of the estimators for tables: an ensemble of networks behind a TabularEncoder.

    Beside its parameters an estimator holds ``_fitted``, all that a fit leaves.
    """

    _kind: str
    _default_metric: str
    _parameter_constraints: ClassVar[dict]
    _fitted: Any
    feature_importances_ = no_importances

    @classmethod
    @cache  # a look at the signature each time would be a part of a prediction
    def _get_param_names(cls):
        return super()._get_param_names()

    def _store(self, given: dict[str, Any]) -> None:
        """Set the parameters that a constructor was given: its ``locals()``."""
        for name, value in given.items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    # ------------------------------------------------------------------ fitting

    @all_or_nothing
    @with_callbacks
    def _fit(self, given: Given, validation: Given, groups=None, *,
             calibration_groups: tuple = (None, None), offsets: tuple = (None, None),
             streamed: Streamed | None = None):  # fmt: skip
        recipe = self._checked_recipe()
        if streamed is None:
            table = self._encoded(given, validation)
        else:
            table, streamed = self._encoded_stream(streamed, validation)
        fitted = table.fitted
        if isinstance(fitted.target, SoftTarget):
            given = given._replace(y=fitted.target.decode(table.y))  # as scorers take it
            if self.get_params(deep=False)["label_smoothing"] is None:  # soft enough
                recipe = replace(recipe, label_smoothing=0.0)
        smoothed = levels(fitted, recipe) != fitted.loss.levels
        table = replace(table, fitted=replace(fitted, smoothed=smoothed))
        table = self._known(table, given, validation, calibration_groups, offsets)
        followed = self._followed(table.fitted, given, validation)
        beside = self._beside(table)
        wishes = self._wishes(groups, table)
        params = self.get_params(deep=False)
        judge = self._judge(table.fitted, given, validation)
        prepared = prepare(
            table, recipe, params, wishes=wishes, followed=followed, judge=judge, streamed=streamed
        )
        prepared.others.extend(candidates(beside, prepared, given, validation))
        if self._has_small(prepared) and streamed is None:
            small = small_networks(prepared)
            prepared = prepared.spared() if small else prepared
            prepared.others.extend([*mean_networks(prepared), *small])
        trainer = self._trainer(prepared, given)
        explores = self.time_limit is not None and self.recipe == "ensemble"
        fitted = ensemble(prepared, trainer, explores=explores, refit=self.refit)
        if streamed is not None:
            fitted = self._streamed(fitted, streamed, prepared)
        self._fitted = fitted.settled()
        trainer.whole.finish()
        return self

    def _has_small(self, prepared: Prepared) -> bool:
        """Return whether small networks may stand beside those of the recipe."""
        ours = isinstance(self.recipe, str) and self.recipe == "ensemble"
        auto = isinstance(self.blend, str) and self.blend == "auto"
        return ours and auto and prepared.table.offset is None

    def _check_offset(self):
        """Refuse what an offset cannot be given to."""
        scorers = {"metrics": [*self._metrics().values()], "scoring": []}
        if self.scoring is not None:
            scorers["scoring"] = [resolve_metric(self.scoring, "scoring", self._kind)[1]]
        for name, given in scorers.items():
            if any(not isinstance(metric, Metric) for metric in given):
                raise ValueError(
                    f"{name}={getattr(self, name)!r} has a scorer, which has no offset to predict "
                    "with. Give metrics of skfnn.metrics, or none."
                )

    def _known(self, table: Table, given, validation, groups, offsets) -> Table:
        """Return a table with what is known of its rows beside their targets."""
        table = table.knowing(of_fit(
            (given.X, table.A, given.weight),
            (validation.X, table.validation and table.validation[0], validation.weight),
            groups,
        )).beside(*offsets)  # fmt: skip
        if table.offset is not None:
            self._check_offset()
        return table

    def _beside(self, table: Table) -> list:
        """Return the name and the estimator of each candidate beside the networks."""
        limited = self.time_limit is not None and table.offset is None
        beside = chosen(self.blend, limited, table.fitted)
        if table.offset is not None and beside:
            raise ValueError(
                f"An offset cannot be given to {beside[0][0]!r} of blend. Set blend=None: networks "
                "predict alone then."
            )
        return beside

    def _checked_recipe(self) -> Recipe:
        """Check the parameters; return the recipe, with what the user chose in place."""
        validate_params(self)
        named(None if self.blend == "auto" else self.blend)
        recipe = self.recipe
        if isinstance(recipe, str):
            if recipe not in RECIPES:
                raise ValueError(f"{unknown('recipe', recipe, 'recipe', RECIPES)}.")
            recipe = RECIPES[recipe]
        recipe = recipe.chosen(self.get_params(deep=False))
        if self.validation_fraction != 0.2 and self.cv is not None:
            raise ValueError(
                f"validation_fraction={self.validation_fraction!r} has no effect with cv, which "
                "says what is held out."
            )
        if self.validation_fraction != 0.2 and recipe.n_members > 1:
            raise ValueError(
                f"validation_fraction={self.validation_fraction!r} has no effect with "
                f"{recipe.n_members} members, each of which holds a fold out. Set n_members=1."
            )
        if recipe.n_shared is not None and self.monotonic_cst is not None:
            raise ValueError(
                f"monotonic_cst={self.monotonic_cst!r} cannot be held with recipe={self.recipe!r}: "
                "the factors of its members have any sign. Choose another recipe."
            )
        if self.n_jobs not in (None, 1) and self.time_limit is not None:
            raise ValueError(
                f"n_jobs={self.n_jobs!r} has no effect with time_limit={self.time_limit!r}: a "
                "limit needs the members one after the other. Give one of them."
            )
        return recipe

    def _wishes(self, groups, table: Table) -> Wishes:
        """Return how rows are to be divided."""
        if table.validation is not None and (self.cv is not None or groups is not None):
            name = Wishes(self.cv, groups, None, 0.2).name
            raise ValueError(f"{name} has no effect with X_val, by which members are judged then.")
        if groups is not None:
            groups = column_or_1d(groups)
            check_consistent_length(table.A, groups)
        return Wishes(self.cv, groups, self.n_members, self.validation_fraction)

    def _encoder(self) -> TabularEncoder:
        """Return an encoder that is to be fitted."""
        return TabularEncoder(self.categorical_features, column_kinds=apart(self.column_kinds)[0])

    def _encoded(self, given: Given, validation: Given) -> Table:
        """Return the user's data, encoded."""
        encoder = self._encoder()
        A = encoder.fit_transform(given.X, sample_weight=given.weight)
        if self.verbose > 1:
            print(encoder.schema_.to_string(index=False))
        y = self._check_y(given.y, len(A))
        rows = (
            None
            if given.weight is None
            else mean_one_where_positive(check_weights(given.weight, A)[0])
        )
        fitted, y = self._begun(encoder, y, rows, getattr(given.y, "columns", None))
        fitted = self._directed(replace(fitted, origin=Origin.of(A)))
        weight = self._weights(given.weight, A, y, fitted.target)
        fitted = replace(fitted, loss=self._balanced(fitted.loss, y, weight))
        return Table(fitted, A, y, weight, self._validation(fitted, validation))

    def _directed(self, fitted):
        """Return encoder, target and loss for networks whose numbers may have directions."""
        directions = of_numbers(self.monotonic_cst, fitted.encoder)
        if not directions:
            return fitted
        if fitted.target.kind == "multiclass":
            refuse_classes(self.monotonic_cst)
        return replace(fitted, directions=directions, loss=fitted.loss.located_freely())

    def _validation(self, fitted, validation: Given):
        """Return the user's validation data, encoded; None without any."""
        X, y, weight = validation
        if X is None and y is None and weight is None:
            return None
        if X is None or y is None:
            raise ValueError(
                "X_val and y_val must be given together, sample_weight_val only with them. Got "
                f"X_val={'None' if X is None else 'data'}, y_val={'None' if y is None else 'data'}."
            )
        A = fitted.encoder.transform(X)
        encoded = fitted.encode_targets(self._check_y(y, len(A)), "y_val")
        if weight is not None:
            weight, _ = check_weights(weight, A, "sample_weight_val")
        return A, encoded, weight

    def _check_y(self, y, n_rows):
        """Return ``y`` as an array of finite targets, one per row of X."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        _, y = check_X_y(
            np.zeros((n_rows, 1)), check_targets(self, y, self._kind), multi_output=True,
            y_numeric=self._kind == "regression", estimator=self,
        )  # fmt: skip
        return y.toarray() if sparse.issparse(y) else y

    @abstractmethod
    def _begun(
        self, encoder: TabularEncoder, y: np.ndarray, weight: np.ndarray | None, names: Any = None
    ) -> tuple[FittedTable, np.ndarray]:
        """Return encoder, target and loss, and the targets encoded.

        Given the rows' weights, and the names of the columns of y, where they have any.
        """

    def _balanced(self, loss, encoded, weight):
        """Return the loss, with weights of its own for each label where the user wants that."""
        return loss

    def _weights(self, sample_weight, A, encoded, target):
        """Return the weights of rows, of mean 1, or None."""
        if sample_weight is None:
            return None
        return mean_one_where_positive(check_weights(sample_weight, A)[0]).astype(A.dtype)

    def _trainer(self, prepared: Prepared, given: Given) -> Trainer:
        """Return what trains members, and tells callbacks and the user of them."""
        n_trained = len(prepared.folds) * (1 + bool(self.refit))
        X = given.X if hasattr(given.X, "shape") else np.asarray(given.X)
        n_tasks = n_trained + len(prepared.folds) * len(prepared.others)
        context = self._init_callback_context("fit", max_subtasks=n_tasks)
        table = prepared.table.fitted
        return Trainer(
            prepared.folds,
            table,
            clock=Clock(self.time_limit, n_trained),
            whole=CallbackTasks(
                self,
                context,
                "member",
                X=X,
                y=given.y,
                sample_weight=given.weight,
                rows=None,
                fitted=dict,
            ),
            report=Report(table, self._default_metric, bool(self.verbose)),
            n_jobs=self.n_jobs,
        )

    def _followed(self, fitted, given: Given, validation: Given):
        """Return what measures ``metrics`` after each epoch, or None."""
        metrics = self._metrics()
        if not metrics:
            return None
        valid = None if validation.X is None else validation.in_array
        return Followed(self._view, fitted, metrics, train=given.in_array, valid=valid)

    def _judge(self, fitted, given: Given, validation: Given) -> Judge | None:
        """Return what epochs, weights and configurations are chosen by, where the user says."""
        if self.scoring is None:
            return None
        _, scorer = resolve_metric(self.scoring, "scoring", self._kind)
        return Judge(scorer, self._view, fitted, given=given, validation=validation)

    def _view(self, fitted: FittedTable):
        """Return the same estimator with another fitted state, for scorers."""
        view = copy.copy(self)
        view._fitted = fitted
        return view

    def _metrics(self):
        """Return the metrics to follow by name."""
        given = [] if self.metrics is None else self.metrics
        return resolve_metrics(given, self._kind)

    # ---------------------------------------------------------------- evaluation

    def evaluate(self, X, y, sample_weight=None, *, offset=None) -> dict[str, float]:
        """Return loss and score on given data.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        dict of str to float
            "loss", the mean over rows, of numbers in the unit of ``history_`` (standard deviations
            of y in ``fit``; with "poisson" and "gamma", means); then ``metrics``, or "accuracy" or
            "r2" where there are none.
        """
        check_is_fitted(self)
        fitted, views = self._fitted, self._fitted.views(X)
        encoded = fitted.encode_targets(self._check_y(y, len(views[0])))
        weight = sample_weight
        if weight is not None:
            weight, _ = check_weights(weight, views[0], "sample_weight")
        offset = fitted.checked(offset, len(views[0]))
        scored, metrics = (fitted.raws_of(views, offset), fitted.weights), self._metrics()
        results = fitted.evaluation(scored, encoded, weight)
        if not metrics:
            return results
        results = {"loss": results["loss"]}
        view = self._view(replace(fitted, encoded=(X, views)))
        for name, metric in metrics.items():
            if isinstance(metric, Metric):
                results[name] = fitted.measured(metric, scored, encoded, weight)
            else:
                results[name] = score(metric, view, Given(X, y, weight).in_array)
        return results

    def summary(self) -> pd.DataFrame:
        """Return the layers of the first member.

        Returns
        -------
        DataFrame
            One row per layer, indexed by its position, with columns ``layer``, ``output_shape`` and
            ``parameters``. The other members differ at most in how they embed numbers. It is shown
            in full, however long the names of layers are, with the sum of parameters below. With
            ``blend`` a row for each candidate follows, with its weight.
        """
        check_is_fitted(self)
        rows, shares = self._fitted.first_network.summary(), self._fitted.shares()
        if len(shares) > 1:
            n = self._fitted.target.n_outputs
            rows += [(name, f"weight {share:.3f}", n, 0) for name, share in shares.items()]
        return summary_frame(rows)

    # ---------------------------------------------------------------- attributes

    def _published(self, name) -> Any:
        """Return what the fit has left, for an attribute of this name."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r} before fit"
            )
        return self._fitted

    @property
    def encoder_(self) -> TabularEncoder:
        """What turns raw columns into numbers."""
        return self._published("encoder_").encoder

    @property
    def schema_(self) -> pd.DataFrame:
        """What each column was taken for, and below the cells that networks know beside them."""
        fitted = self._published("schema_")
        schema, columns = fitted.encoder.schema_, fitted.columns
        if columns is None or not columns.cells:
            return schema
        rows = [cells.described() for cells in columns.cells]
        return pd.concat([schema, pd.DataFrame(rows)], ignore_index=True)

    @property
    def oof_prediction_(self) -> np.ndarray | None:
        """Predictions of training rows by the members that were not trained on them."""
        return self._published("oof_prediction_").oof_prediction

    @property
    def best_epochs_(self) -> list[int]:
        """For each member the epoch whose weights it has."""
        return self._published("best_epochs_").best_epochs

    @property
    def leaderboard_(self) -> pd.DataFrame:
        """One row per member that was trained."""
        return pd.DataFrame(self._published("leaderboard_").leaderboard)

    @property
    def history_(self) -> pd.DataFrame:
        """One row per member and epoch."""
        frames = [h.to_frame() for h in self._published("history_").histories]
        return pd.concat(frames, keys=range(len(frames)), names=["member"])

    @property
    def n_iter_(self) -> int:
        """Epochs of the longest training."""
        return max(len(history) for history in self._published("n_iter_").histories)

    @property
    def n_outputs_(self) -> int:
        """Units of the output layer."""
        return self._published("n_outputs_").target.n_outputs

    @property
    def n_features_in_(self) -> int:
        """Number of columns."""
        return self._published("n_features_in_").encoder.n_features_in_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of columns, where X had any."""
        return self._published("feature_names_in_").encoder.feature_names_in_

    def __sklearn_is_fitted__(self):
        return "_fitted" in vars(self)

    def __setstate__(self, state):
        super().__setstate__(upgraded(state))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

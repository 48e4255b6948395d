"""What the estimators for tables share: parameters, fit, prediction."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, check_X_y

from .._engine.atomic import all_or_nothing
from .._engine.callbacks import CallbackSupport, Tasks
from .._engine.component import unknown
from .._engine.data import Data
from .._engine.documentation import Documented
from .._engine.forward import Forward
from .._engine.metric import Metric
from .._engine.targets import smoothed
from .._engine.threads import side_by_side
from .._engine.version import Versioned
from .._engine.weights import check_weights, mean_one
from .._estimators.advice import check_targets
from .._estimators.build import layer_sizes
from .._estimators.prediction import summary_frame
from .._sklearn import Interval, InvalidParameterError, StrOptions, validate_params, with_callbacks
from ..metrics import resolve_metric
from ..preprocessing import TabularEncoder
from ._categories import mark_folds, without_folds
from ._following import Followed, score
from ._members import Clock, Task, assign_folds, scores
from ._pairs import CategoryPairs
from ._recipes import RECIPES, Recipe
from ._search import Configuration
from ._training import Training

# So many rows are predicted in double precision, where a row's prediction hardly depends on those
# beside it; more rows in single precision, twice as fast, where it does in the seventh digit.
PRECISE_ROWS = 1000
# Beyond, so many chunks of them at a time, on any thread.
PART_CHUNKS = 8
# From so many training rows on, folds are held out; below, members train on all rows.
MIN_HELD_OUT = 10


class BaseTabular(Training, CallbackSupport, Documented, Versioned, BaseEstimator, ABC):
    """Base of the estimators for tables: an ensemble of networks behind a TabularEncoder."""

    _task: str
    _parameter_constraints: ClassVar[dict] = {
        "recipe": "no_validation",  # _recipe has more to say
        "categorical_features": [StrOptions({"from_dtype"}), "array-like"],
        "column_kinds": [dict, None],
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left"), None],
        "n_members": [Interval(Integral, 1, None, closed="left"), None],
        "numeric_embedding": [
            StrOptions({"recipe", "both", "pbld", "plr", "piecewise_linear"}),
            None,
        ],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither"), None],
        "dropout": [Interval(Real, 0, 1, closed="left"), None],
        "weight_decay": [Interval(Real, 0, None, closed="left"), None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "refit": ["boolean"],
        "metrics": [str, callable, Metric, "array-like", None],
        "time_limit": [Interval(Real, 0, None, closed="neither"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    @abstractmethod
    def __init__(
        self,
        *,
        recipe,
        categorical_features,
        column_kinds,
        hidden_layer_sizes,
        n_members,
        numeric_embedding,
        max_iter,
        batch_size,
        learning_rate_init,
        dropout,
        weight_decay,
        validation_fraction,
        refit,
        metrics,
        time_limit,
        n_jobs,
        random_state,
        verbose,
    ) -> None:
        self.recipe = recipe
        self.categorical_features = categorical_features
        self.column_kinds = column_kinds
        self.hidden_layer_sizes = hidden_layer_sizes
        self.n_members = n_members
        self.numeric_embedding = numeric_embedding
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.refit = refit
        self.metrics = metrics
        self.time_limit = time_limit
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    # ------------------------------------------------------------------ fitting

    @all_or_nothing
    @with_callbacks
    def _fit(self, X, y, sample_weight, X_val, y_val, sample_weight_val):
        validate_params(self)
        recipe = self._recipe()
        self._refuse_without_effect(recipe)
        encoder = TabularEncoder(self.categorical_features, column_kinds=self.column_kinds)
        A = encoder.fit_transform(X)
        if self.verbose > 1:
            print(encoder.schema_.to_string(index=False))
        self._check_n_features_and_names(encoder)
        y = self._check_y(y, len(A))
        target, loss, encoded = self._make_target(y)
        weight = self._weights(sample_weight, A, encoded, target)
        loss = self._balanced(loss, encoded, weight)
        # A row without weight is as good as none; a fold of such rows would tell nothing.
        rows = np.arange(len(A)) if weight is None else np.flatnonzero(weight)
        recipe = replace(recipe, n_members=recipe.members(len(rows)))
        source = np.random.SeedSequence(check_random_state(self.random_state).randint(2**31))
        folding, *member_seeds = source.spawn(1 + 2 * recipe.n_members)
        rng = np.random.default_rng(folding)
        self._pairs = CategoryPairs(*encoder._category_places())
        if recipe.category_statistics:
            self._pairs.fit(A, encoded, weight, target, rng)
            A = self._pairs.transform(A)
        levels = smoothed(loss.levels, self._smoothing(recipe, loss), target)
        data = Data(A, encoded, weight, target, levels)
        task = Task(
            data, loss, recipe, encoder.n_numbers_, encoder.n_levels_, self._pairs.n_levels,
            recipe.learning_rate(loss),
            self.max_iter or recipe.epochs(len(rows)),
            min(self.batch_size or recipe.batch_size(len(rows)), len(rows)),
            int(self.verbose),
        )  # fmt: skip
        self.encoder_, self._target, self._loss = encoder, target, loss
        valid = self._validation_data(X_val, y_val, sample_weight_val, target, loss)
        task.followed = self._followed(
            (X, y, sample_weight),
            None if valid is None else (X_val, np.asarray(y_val), sample_weight_val),
        )
        held_out = self._held_out(data, rows, valid, recipe.n_members, rng)
        if recipe.category_statistics:
            first, n_codes = task.n_numbers, len(task.n_levels) + len(task.n_pair_levels)
            mark_folds(A[:, first : first + n_codes], rows, held_out, rng)
        n_trained = recipe.n_members * (1 + bool(self.refit))
        clock = Clock(self.time_limit, n_trained)
        whole = self._tasks(n_trained, X, y, sample_weight)
        seeds = member_seeds[: recipe.n_members]
        members, task = self._train(task, held_out, seeds, clock, whole)
        if not members:
            raise KeyboardInterrupt  # before the end of the first epoch
        self._publish(task, [Configuration({}, members, 1)], held_out)
        if self.time_limit is not None and self._can_explore(members, held_out):
            self._explore(task, members, held_out, source, clock)
            whole.finish()
            return self
        if self.refit and not members[-1].last:
            best = max(1, round(np.mean([member.best_epoch for member in members])))
            refitted = replace(task, max_iter=best)
            everything = [(rows, None)] * recipe.n_members
            seeds = member_seeds[recipe.n_members :]
            again, _ = self._train(refitted, everything, seeds, clock, whole)
            if again and not again[-1].last:  # the user waited for them
                self._counts = [1] * len(again)
                self._settle([member.network for member in again])
        whole.finish()
        return self

    def _recipe(self) -> Recipe:
        """Return the recipe, with what the user chose in place."""
        recipe = self.recipe
        if isinstance(recipe, str):
            if recipe not in RECIPES:
                raise ValueError(f"{unknown('recipe', recipe, 'recipe', RECIPES)}.")
            recipe = RECIPES[recipe]
        if not isinstance(recipe, Recipe):
            raise InvalidParameterError(
                f"The 'recipe' parameter of {type(self).__name__} must be one of "
                f"{sorted(RECIPES)}. Got {recipe!r}."
            )
        chosen: dict[str, Any] = {}
        for name in ("n_members", "dropout", "weight_decay"):
            if getattr(self, name) is not None:
                chosen[name] = getattr(self, name)
        if self.n_members is not None:
            chosen["most_members"] = self.n_members
        if self.hidden_layer_sizes is not None:
            chosen["hidden_layer_sizes"] = tuple(layer_sizes(self.hidden_layer_sizes))
        if self.numeric_embedding != "recipe":
            chosen["numeric_embedding"] = ((self.numeric_embedding,),) * 2
        if self.learning_rate_init is not None:
            chosen["learning_rate_init"] = (float(self.learning_rate_init),) * 2
        return replace(recipe, **chosen)

    def _refuse_without_effect(self, recipe):
        if self.validation_fraction != 0.2 and recipe.n_members > 1:
            raise ValueError(
                f"validation_fraction={self.validation_fraction!r} has no effect with "
                f"{recipe.n_members} members, each of which holds a fold out. Set n_members=1."
            )
        if self.n_jobs not in (None, 1) and self.time_limit is not None:
            raise ValueError(
                f"n_jobs={self.n_jobs!r} has no effect with time_limit={self.time_limit!r}: a "
                "limit needs the members one after the other. Give one of them."
            )

    def _check_n_features_and_names(self, encoder):
        self.n_features_in_ = encoder.n_features_in_
        if hasattr(encoder, "feature_names_in_"):
            self.feature_names_in_ = encoder.feature_names_in_
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _check_y(self, y, n_rows):
        """Return ``y`` as an array of finite targets, one a row of X."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        _, y = check_X_y(
            np.zeros((n_rows, 1)), check_targets(self, y, self._task), multi_output=True,
            y_numeric=self._task == "regression", estimator=self,
        )  # fmt: skip
        return y.toarray() if sparse.issparse(y) else y

    @abstractmethod
    def _make_target(self, y):
        """Return (target, loss, encoded y)."""

    @abstractmethod
    def _encode_more(self, y, target, loss):
        """Return further targets, encoded like those of ``fit``."""

    def _smoothing(self, recipe, loss):
        return 0.0

    def _balanced(self, loss, encoded, weight):
        """Return the loss, with weights of its own for each label where the user wants that."""
        return loss

    def _weights(self, sample_weight, A, encoded, target):
        """Return the weights of rows, of mean 1, or None."""
        if sample_weight is None:
            return None
        return mean_one(check_weights(sample_weight, A)[0])[0].astype(A.dtype)

    def _validation_data(self, X_val, y_val, sample_weight_val, target, loss):
        if X_val is None and y_val is None and sample_weight_val is None:
            return None
        if X_val is None or y_val is None:
            raise ValueError(
                "X_val and y_val must be given together, sample_weight_val only with them. Got "
                f"X_val={'None' if X_val is None else 'data'}, "
                f"y_val={'None' if y_val is None else 'data'}."
            )
        A, encoded, weight = self._more_data(
            X_val, y_val, sample_weight_val, target, loss, "sample_weight_val"
        )
        return Data(A, encoded, weight, target, loss.levels)

    def _more_data(self, X, y, sample_weight, target, loss, weight_name="sample_weight"):
        """Return further data, encoded like that of ``fit``: rows, targets, weights or None."""
        A = self._encode(X)
        encoded = self._encode_more(self._check_y(y, len(A)), target, loss)
        if sample_weight is not None:
            sample_weight, _ = check_weights(sample_weight, A, weight_name)
        return A, encoded, sample_weight

    def _held_out(self, data, rows, valid, n_members, rng):
        """Return for each member (rows to train on, data to tell the best epoch by or None)."""
        if valid is not None or len(rows) < MIN_HELD_OUT:
            return [(rows, valid)] * n_members
        n_folds = n_members if n_members > 1 else max(2, round(1 / self.validation_fraction))
        fold = assign_folds(data.y[rows], n_folds, rng)
        return [
            (rows[fold != i], replace(data, rows=rows[fold == i], levels=self._loss.levels))
            for i in range(n_members)
        ]

    def _tasks(self, n_trained, X, y, sample_weight):
        """Return what callbacks are told of the whole fit."""
        X = X if hasattr(X, "shape") else np.asarray(X)
        context = self._init_callback_context("fit", max_subtasks=n_trained)
        return Tasks(self, context, "member", X, y, sample_weight, None, dict)

    def _so_far(self, n_outputs, networks):
        """Return the attributes of an estimator that has these networks and no held-out rows."""
        return {"_members": networks, "_counts": [1] * len(networks), "n_outputs_": n_outputs}

    def _alone(self, network):
        """Return an estimator that has this network alone."""
        model = copy.copy(self)
        vars(model).update(self._so_far(self._target.n_outputs, [network]))
        return model

    def _followed(self, given, validation):
        """Return what measures ``metrics`` after each epoch, or None."""
        metrics = self._metrics()
        if not metrics:
            return None
        return Followed(copy.copy(self), metrics, given, validation)

    def _metrics(self):
        """Return the metrics to follow by name."""
        given = [] if self.metrics is None else self.metrics
        if isinstance(given, (str, Metric)) or callable(given):
            given = [given]
        return dict(resolve_metric(spec, "metrics", self._task) for spec in given)

    def _publish(self, task, configurations, held_out):
        """Set what is learned of the members of configurations that count."""
        taken = [(c, member) for c in configurations if c.count for member in c.members]
        members = [member for _, member in taken]
        self._counts = [c.count for c, _ in taken]
        self.n_iter_ = max(len(member.history) for member in members)
        self.best_epochs_ = [member.best_epoch for member in members]
        self.n_outputs_ = task.data.target.n_outputs
        self._histories = [member.history for member in members]
        self._members = [member.network for member in members]
        total = sum(self._counts)
        self._leaderboard = [
            {
                "configuration": i, "member": member.number, "score": member.score,
                "weight": c.count / total, "best_epoch": member.best_epoch,
                "epochs": len(member.history), "seconds": sum(member.history.columns["seconds"]),
                **c.params,
            }
            for i, c in enumerate(configurations) for member in c.members
        ]  # fmt: skip
        held = []
        for number, (_, valid) in enumerate(held_out):
            raws = [m.raw for c, m in taken if m.number == number for _ in range(c.count)]
            if valid is not None and raws:
                held.append((valid, raws))
        self._learn_from_held_out(task.data, held)
        self._settle(self._members)

    def _settle(self, networks):
        """Predict by these networks from now on, as they are."""
        self._members = [without_folds(network) for network in networks]
        for network in self._members:
            network.fix()

    def _for_held_out(self):
        """Return an estimator for means of one member a configuration, as held-out rows have."""
        return self

    @abstractmethod
    def _learn_from_held_out(self, data, held):
        """Take note of what held-out data tells: (data, raw scores of members) for each fold."""

    # ---------------------------------------------------------------- prediction

    def _encoded(self, X) -> np.ndarray:
        held = vars(self).get("_held")  # the rows of an epoch's metrics
        if held is not None and X is held[0]:
            return held[1]
        check_is_fitted(self)
        return self._encode(X)

    def _encode(self, X):
        """Return rows as networks take them."""
        A = self.encoder_.transform(X)
        return self._pairs.transform(A) if "_pairs" in vars(self) else A  # older ones have none

    def _raws(self, A) -> list[np.ndarray]:
        """Return each member's raw scores (n, k) of encoded rows, as often as it counts."""
        if len(A) <= PRECISE_ROWS:  # done before threads would have started
            raws = [self._raw(network, A, np.float64) for network in self._members]
            return self._counted(raws)
        n_scores = self._loss.n_scores(self.n_outputs_)
        raws = [np.empty((len(A), n_scores)) for _ in self._members]

        def work(part):
            network, rows, raw = part
            raw[rows] = self._raw(network, A[rows], A.dtype)

        side_by_side(work, [
            (network, rows, raw)
            for network, raw in zip(self._members, raws, strict=True)
            for rows in _parts(network, len(A))
        ])  # fmt: skip
        return self._counted(raws)

    def _counted(self, raws):
        """Return each member's raw scores as often as it counts."""
        counts = vars(self).get("_counts", [1] * len(raws))
        return [raw for raw, n in zip(raws, counts, strict=True) for _ in range(n)]

    def _raw(self, network, A, dtype):
        found = scores(network, A, self._loss, self._target, dtype)
        return found.astype(np.float64, copy=False)

    def evaluate(self, X, y, sample_weight=None) -> dict[str, float]:
        """Return loss and score on given data.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        dict of str to float
            "loss", the mean over rows, of numbers in the unit of ``history_`` (standard deviations
            of y in ``fit``; with "poisson" and "gamma", means); then ``metrics``, or "accuracy" or
            "r2" where there are none.
        """
        check_is_fitted(self)
        A, encoded, weight = self._more_data(X, y, sample_weight, self._target, self._loss)
        raws, metrics = self._raws(A), self._metrics()
        results = self._evaluation(raws, encoded, weight)
        if not metrics:
            return results
        results = {"loss": results["loss"]}
        model = copy.copy(self)
        model._held = X, A
        for name, metric in metrics.items():
            if isinstance(metric, Metric):
                results[name] = self._measured(metric, raws, encoded, weight)
            else:
                results[name] = score(metric, model, X, np.asarray(y), weight)
        return results

    @abstractmethod
    def _measured(self, metric, raws, y, weight):
        """Return a metric of each member's raw scores and encoded targets, in the unit of y."""

    @abstractmethod
    def _evaluation(self, raws, y, weight):
        """Return what ``evaluate`` does, of each member's raw scores and encoded targets."""

    @property
    def leaderboard_(self) -> pd.DataFrame:
        """One row a member that was trained."""
        if "_leaderboard" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute 'leaderboard_' before fit"
            )
        return pd.DataFrame(self._leaderboard)

    @property
    def history_(self) -> pd.DataFrame:
        """One row a member and epoch."""
        if "_histories" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute 'history_' before fit"
            )
        frames = [history.to_frame() for history in self._histories]
        return pd.concat(frames, keys=range(len(frames)), names=["member"])

    def summary(self) -> pd.DataFrame:
        """Return the layers of the first member.

        Returns
        -------
        DataFrame
            One row a layer, indexed by its position, with columns ``layer``, ``output_shape`` and
            ``parameters``. The other members differ at most in how they embed numbers. It is shown
            in full, however long the names of layers are, with the sum of parameters below.
        """
        check_is_fitted(self)
        return summary_frame(self._members[0].summary())

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_members")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags


def _parts(network, n_rows):
    """Return slices of rows to predict at a time, the same ones whatever the number of threads."""
    step = PART_CHUNKS * Forward.rows_at_once(network, n_rows)
    return [slice(i, i + step) for i in range(0, n_rows, step)]

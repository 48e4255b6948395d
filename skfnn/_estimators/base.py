"""What the estimators share of fitting: fit, partial_fit, validation data, publishing."""

from __future__ import annotations

import copy
from abc import abstractmethod
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from .._engine import interrupts
from .._engine.atomic import all_or_nothing
from .._engine.callbacks import CallbackSupport, Tasks
from .._engine.data import Data
from .._engine.history import History
from .._engine.monitor import DivergenceError, Following, Monitor, Stopping
from .._engine.network import Network
from .._engine.objective import Objective
from .._engine.targets import ClassTarget, RegressionTarget, smoothed
from .._sklearn import check_sample_weight, validate_params, with_callbacks
from ..layers import Linear
from ..metrics import resolve_metric
from ..solvers import Problem, Progress
from . import build
from .introspection import Inside
from .prediction import Fitted


def is_minibatch(estimator: Any) -> bool:
    """Return True, or raise the ``AttributeError`` that hides ``partial_fit``."""
    if build.is_full_batch(estimator):
        raise AttributeError(
            f"partial_fit is only available for minibatch solvers. solver={estimator.solver!r} "
            "works on the full batch."
        )
    return True


# X of another type than the network's is cast once, where it is small: that makes an epoch some 6 %
# faster than a cast of each batch would. Beyond, it would take memory that counts.
CAST_ELEMENTS = 2**23
# Layers that set themselves by the data see so many training rows at most.
ADAPT_ROWS = 4096


class BaseFNN(CallbackSupport, Inside, Fitted):
    """Base of the estimators: a feedforward network with scikit-learn's interface."""

    @all_or_nothing
    @with_callbacks
    def _fit(self, X, y, sample_weight, validation=(None, None, None), incremental=False,
             classes=None, X_unlabeled=None):  # fmt: skip
        self._check_call(incremental)
        going_on = (incremental or self.warm_start) and hasattr(self, "_network")
        X, y = self._validate(X, y, reset=not going_on)
        target = self._make_target(y, going_on, incremental, classes)
        layers = self._layers()
        loss = build.resolve_loss(self, target.kind)
        encoded = self._encode_y(y, target, loss)
        weight = self._weight(sample_weight, X, encoded, target, incremental)
        split, shuffling, masking = map(
            int, check_random_state(self.random_state).randint(np.iinfo(np.int32).max, size=3)
        )
        given = any(part is not None for part in validation)
        train, held_out = self._split(y, target, split, self.early_stopping and not given)

        n_rows = X.shape[0] if train is None else len(train)
        solver = build.choose_solver(self, n_rows, layers, incremental)
        full_batch = solver.full_batch
        dtype = self._resolve_dtype(full_batch)
        weight, scale = (weight, 1.0) if incremental else self._normalise(weight, train)
        levels = smoothed(loss.levels, getattr(self, "label_smoothing", 0.0), target)
        weight = None if weight is None else weight.astype(dtype)
        X = self._cast(X, dtype) if full_batch else self._in_rows(X, dtype)
        data = Data(X, encoded, weight, target, levels, train, dtype)
        valid = None
        if held_out is not None:
            if weight is not None and not weight[held_out].any():
                raise ValueError(
                    f"sample_weight is 0 for all {len(held_out)} rows that early_stopping=True "
                    "holds out. Give fit X_val and y_val, or only rows that have a weight."
                )
            valid = replace(data, rows=held_out)
        elif given:
            valid = self._validation_data(*validation, target, loss, dtype)

        network = self._make_network(layers, target, loss, data, dtype, going_on)
        streams = (split, shuffling, masking)
        heeded = interrupts.heeded()
        phases = self._pretrain(network, data, X_unlabeled, going_on, streams)
        objective = Objective(network, loss, self.alpha / scale)
        monitor = self._monitor(objective, data, valid, target, going_on, incremental)

        def attributes():
            fitted = self._attributes(network, target, loss, monitor, len(data), going_on)
            return {**fitted, "_phases": phases}

        max_iter = getattr(solver, "max_iter", self.max_iter)
        task_name, subtask_name, max_subtasks = _tasks(max_iter, full_batch, incremental)
        tasks = Tasks(
            self,
            self._init_callback_context(task_name, max_subtasks=max_subtasks),
            subtask_name,
            X,
            y,
            sample_weight,
            train,
            lambda: self._own(attributes(), incremental),
        )
        monitor.tasks = None if incremental else tasks
        progress = self._progress_of(incremental, shuffling, masking)
        if interrupts.heeded() == heeded:  # else pretraining was to be the end
            solver.solve(Problem(objective, data, progress, incremental), monitor)
        if not incremental:
            self._progress = None
        elif not monitor.interrupted:  # else the weights are those from before the call, too
            self._progress = progress
        if not network.finite:
            raise DivergenceError("A weight or running moment is not finite after the last step.")
        learned = self._learn_from_held_out(network, loss, valid)
        vars(self).update(attributes() | learned)
        tasks.finish()
        monitor.tasks = None  # a cycle, in which X would wait for the garbage collector
        return self

    def _check_call(self, incremental):
        """Check parameters that need no data."""
        validate_params(self)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        if self.scoring is not None and not self.early_stopping:
            raise ValueError(
                f"scoring={self.scoring!r} has no effect with early_stopping=False. Set "
                "early_stopping=True, or follow the score by metrics=."
            )

    @staticmethod
    def _normalise(weight, train):
        """Return (weights of mean 1 over the training rows, their mean before)."""
        if weight is None:
            return None, 1.0
        scale = float((weight if train is None else weight[train]).mean())
        if not scale > 0:
            raise ValueError("sample_weight must be positive for some training row.")
        return weight / scale, scale

    def _progress_of(self, incremental, shuffling, masking):
        """Return the progress to go on with: that of the last ``partial_fit``, or none yet."""
        progress = getattr(self, "_progress", None) if incremental else None
        if progress is not None:
            return copy.deepcopy(progress)
        return Progress(
            np.random.default_rng(shuffling),
            np.random.Generator(np.random.SFC64(masking)),
            samples=getattr(self, "t_", 0) if incremental or self.warm_start else 0,
        )

    @abstractmethod
    def _make_target(self, y, going_on, incremental, classes):
        """Return the target object; check it against the fitted one when going on."""

    def _weight(self, sample_weight, X, encoded, target, incremental):
        """Return the weight of each row, class weights included, or None."""
        if sample_weight is None:
            return None
        return check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)

    def _split(self, y, target, seed, wanted):
        """Return (training rows, validation rows); None and None without a split."""
        if not wanted:
            return None, None
        rows, fraction = np.arange(y.shape[0]), self.validation_fraction
        if fraction == 0:
            raise ValueError(
                "validation_fraction=0.0 leaves early_stopping=True without validation rows: "
                "choose one in (0, 1), or give fit X_val and y_val."
            )
        held_out_size = int(np.ceil(fraction * len(rows)))
        if held_out_size < 2 or held_out_size == len(rows):
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of "
                f"your dataset. Got {held_out_size} of {len(rows)} rows with "
                f"validation_fraction={fraction!r}."
            )
        train, held_out = train_test_split(
            rows,
            random_state=seed,
            test_size=fraction,
            stratify=target.strata(y),
        )
        return np.sort(train), np.sort(held_out)

    def _resolve_dtype(self, full_batch):
        if self.dtype == "auto":
            return np.dtype(np.float64 if full_batch else np.float32)
        return np.dtype(self.dtype)

    @staticmethod
    def _cast(X, dtype):
        if sparse.issparse(X):
            return sparse.csr_array(X).astype(dtype, copy=False)
        with np.errstate(over="ignore"):  # infinite in float32: found as divergence
            return np.ascontiguousarray(X, dtype=dtype)

    @staticmethod
    def _in_rows(X, dtype):
        """Return X as minibatches are gathered from: itself, or a small one cast once for all."""
        if sparse.issparse(X):
            return sparse.csr_array(X)
        if X.flags.c_contiguous and X.size > CAST_ELEMENTS:
            return X
        return BaseFNN._cast(X, dtype)

    def _validation_data(self, X_val, y_val, sample_weight_val, target, loss, dtype):
        if X_val is None or y_val is None:
            raise ValueError(
                "X_val and y_val must be given together, sample_weight_val only with them. Got "
                f"X_val={'None' if X_val is None else 'data'}, "
                f"y_val={'None' if y_val is None else 'data'}."
            )
        try:
            X, y = self._validate(X_val, y_val, reset=False)
            encoded = self._encode_y(y, target, loss)
        except ValueError as error:
            raise ValueError(f"X_val, y_val: {error}") from error
        weight = None
        if sample_weight_val is not None:
            try:
                weight = check_sample_weight(
                    sample_weight_val, X, dtype=dtype, ensure_non_negative=True
                )
            except ValueError as error:
                raise ValueError(f"sample_weight_val: {error}") from error
        X = self._in_rows(X, dtype)
        return Data(X, encoded, weight, target, loss.levels, dtype=dtype)

    def _make_network(self, layers, target, loss, data, dtype, going_on):
        """Return the network to train: a fresh one, or the fitted one."""
        layers = [*layers, self._output_layer(target, loss)]
        if going_on:
            return self._network.continued(layers, dtype)
        # Drawn as MLP* draws them: the same random_state gives the same initial weights.
        rng = check_random_state(self.random_state)
        network = Network(layers, data.X.shape[1], dtype, rng)
        if network.adapts:
            network.adapt(
                data.some_rows(ADAPT_ROWS, rng), np.random.default_rng(rng.randint(2**31))
            )
        if isinstance(target, RegressionTarget):
            # Starting from the best constant saves the epochs that a far-off mean would cost. Some
            # of the rows, evenly spread, are enough for that.
            y, weight = data.labels(step=-(-len(data) * target.n_outputs // 2**17))
            if weight is None or weight.any():
                y = y.reshape(len(y), -1).astype(np.float64, copy=False)
                network.published("intercepts")[-1][...] = loss.constant(y, weight)
        return network

    def _pretrain(self, network, data, unlabeled, going_on, seeds):
        """Set a fresh network's hidden layers; return the histories of that by phase."""
        return {}

    def _output_layer(self, target, loss):
        """Return the layer that gives the raw scores."""
        return Linear(loss.n_scores(target.n_outputs), self.initializer)

    def _learn_from_held_out(self, network, loss, valid):
        """Return attributes that tell what the fitted network is worth on validation data."""
        return {}

    def _monitor(self, objective, data, valid, target, going_on, incremental):
        scorer = None
        scoring = self.scoring or self._default_metric
        if self.early_stopping and scoring != "loss":
            _, scorer = resolve_metric(scoring, "scoring", self._task)
        history, scores = History(), []
        if going_on:
            history, scores = self._history.copy(), list(self.validation_scores_ or ())

        def view(X, raw):
            estimator = copy.copy(self)
            estimator._network, estimator._target = objective.network, target
            estimator._loss, estimator._scores = objective.loss, raw
            if isinstance(target, ClassTarget):
                estimator.classes_ = target.classes
            return estimator

        stopping = Stopping(self.tol, self.n_iter_no_change, self.early_stopping, scorer)
        following = Following(self._metrics(default=[]), view, bool(self.verbose))
        return Monitor(objective, data, valid, stopping, following, history, scores)

    def _attributes(self, network, target, loss, monitor, n_rows, going_on):
        """Return the fitted attributes as they are at this point of training."""
        seen = getattr(self, "t_", 0) if going_on else 0
        losses = monitor.history.columns.get("loss", ())
        early = self.early_stopping
        attributes = {
            "_network": network,
            "_target": target,
            "_loss": loss,
            "_history": monitor.history,
            "n_iter_": monitor.n_epochs,
            "n_outputs_": target.n_outputs,
            "n_layers_": len(network.published("intercepts")) + 1,
            "out_activation_": loss.out_activation,
            "loss_": monitor.loss,
            "t_": seen + n_rows * monitor.n_epochs,
            "best_loss_": None if early else min(losses, default=np.inf),
            "validation_scores_": monitor.scores if early else None,
            "best_validation_score_": monitor.best if early else None,
        }
        if isinstance(target, ClassTarget):
            attributes["classes_"] = target.classes
        return attributes

    def _own(self, attributes, incremental):
        """Return fitted attributes with copies of all that later training changes."""
        network = attributes["_network"]
        return {
            **attributes,
            "_network": network.continued(network.layers, network.dtype),
            "_history": attributes["_history"].copy(),
            "_progress": copy.deepcopy(self._progress) if incremental else None,
            "validation_scores_": copy.copy(attributes["validation_scores_"]),
        }


def _tasks(max_iter, full_batch, incremental):
    """Return (name of the fit, name of its subtasks, their number) for callbacks."""
    if incremental:
        return "partial_fit", "", 0
    # On the full batch an iteration more begins than ends, as the last one is not announced.
    return ("fit", "iteration", max_iter + 1) if full_batch else ("fit", "epoch", max_iter)

"""What both estimators share: parameters, fit, partial_fit, validation, publishing."""

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
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from . import _recipe
from ._encoding import Data, smoothed
from ._sklearn import Interval, Options, StrOptions, check_sample_weight, validate_params
from .activations import Activation
from .history import History
from .initializers import Initializer
from .layers import Linear
from .metrics import Metric, resolve_metric
from .monitor import DivergenceError, Monitor, Stopping, data_loss, score_by
from .network import Forward, Network, Workspace
from .objective import Batch, Objective
from .optimizers import Optimizer
from .schedules import Schedule
from .training import Minibatch, Progress


class Weights(list):
    """Arrays that live in the network: assigning to an item writes into the network."""

    def __setitem__(self, index, value):
        self[index][...] = value


def is_minibatch(estimator: Any) -> bool:
    """Return True, or raise the ``AttributeError`` that hides ``partial_fit`` for L-BFGS."""
    if isinstance(estimator.solver, str) and estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for minibatch solvers. solver='lbfgs' works on the "
            "full batch."
        )
    return True


class BaseFNN(BaseEstimator, ABC):
    """Base of the estimators: a feedforward network with scikit-learn's interface."""

    _task: str
    _default_metric: str
    _doc_link_module = "skfnn"
    _parameter_constraints: ClassVar[dict] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [str, Activation, "array-like"],
        "hidden_layers": ["array-like", None],
        "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
        "batch_norm": [StrOptions({"before", "after"}), None],
        "skip_connections": ["boolean"],
        "initializer": [str, Initializer],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "solver": [str, Optimizer],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [str, Schedule],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "scoring": [str, callable, Metric, None],
        "metrics": [str, callable, Metric, "array-like", None],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "rho": [Interval(Real, 0, 1, closed="left")],
        "clip_norm": [Interval(Real, 0, None, closed="neither"), None],
        "n_iter_no_change": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
        ],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "dtype": [StrOptions({"auto", "float32", "float64"})],
    }

    @abstractmethod
    def __init__(
        self,
        *,
        hidden_layer_sizes,
        activation,
        loss,
        hidden_layers,
        dropout,
        batch_norm,
        skip_connections,
        initializer,
        solver,
        alpha,
        batch_size,
        learning_rate,
        learning_rate_init,
        power_t,
        max_iter,
        shuffle,
        random_state,
        tol,
        verbose,
        warm_start,
        momentum,
        nesterovs_momentum,
        early_stopping,
        validation_fraction,
        scoring,
        metrics,
        beta_1,
        beta_2,
        epsilon,
        rho,
        clip_norm,
        n_iter_no_change,
        max_fun,
        dtype,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.loss = loss
        self.hidden_layers = hidden_layers
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.skip_connections = skip_connections
        self.initializer = initializer
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.metrics = metrics
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.rho = rho
        self.clip_norm = clip_norm
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.dtype = dtype

    # ------------------------------------------------------------------ fitting

    def _fit(self, X, y, sample_weight, validation=(None, None, None), incremental=False,
             classes=None):  # fmt: skip
        self._check_call(incremental)
        going_on = (incremental or self.warm_start) and hasattr(self, "_network")
        X, y = self._validate(X, y, reset=not going_on)
        target = self._make_target(y, going_on, incremental, classes)
        layers = _recipe.hidden_layers(self)
        loss = _recipe.resolve_loss(self, target.kind)
        encoded = self._encode_y(y, target, loss)
        weight = self._weight(sample_weight, X, encoded, target, incremental)
        split, shuffling, masking = map(
            int, check_random_state(self.random_state).randint(np.iinfo(np.int32).max, size=3)
        )
        given = any(part is not None for part in validation)
        train, held_out = self._split(y, target, split, self.early_stopping and not given)

        n_rows = X.shape[0] if train is None else len(train)
        full_batch = not incremental and _recipe.is_lbfgs(self, n_rows, layers)
        solver = _recipe.lbfgs(self, layers) if full_batch else _recipe.minibatch(self, n_rows)
        dtype = self._resolve_dtype(full_batch)
        weight, scale = (weight, 1.0) if incremental else self._normalise(weight, train)
        levels = smoothed(loss.levels, getattr(self, "label_smoothing", 0.0), target)
        weight = None if weight is None else weight.astype(dtype)
        data = Data(self._cast(X, dtype), encoded, weight, target, levels, train)
        valid = None
        if held_out is not None:
            valid = replace(data, rows=held_out)
        elif given:
            valid = self._validation_data(*validation, target, loss, dtype)

        network = self._make_network(layers, target, loss, data, dtype, going_on)
        objective = Objective(network, loss, self.alpha / scale)
        monitor = self._monitor(objective, data, valid, target, going_on, incremental)
        with np.errstate(all="ignore"):  # overflow is found as divergence
            if full_batch:
                self._progress = None
                solver.run(objective, data, monitor)
            else:
                self._run_minibatch(
                    solver, objective, data, monitor, incremental, shuffling, masking
                )
        if not np.isfinite(network.values).all():
            raise DivergenceError("A weight is not finite after the last step.")
        return self._publish(network, target, loss, monitor, len(data), going_on)

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

    def _run_minibatch(self, solver, objective, data, monitor, incremental, shuffling, masking):
        progress = getattr(self, "_progress", None) if incremental else None
        if progress is None:
            progress = Progress(
                np.random.default_rng(shuffling),
                np.random.Generator(np.random.SFC64(masking)),
                samples=getattr(self, "t_", 0) if incremental or self.warm_start else 0,
            )
        shape = (solver.optimizer.n_slots, len(objective.network.values))
        if progress.slots is not None and (
            progress.slots.shape != shape or progress.slots.dtype != objective.network.dtype
        ):
            progress.slots = None  # another solver or dtype than in the last call
        solver.run(objective, data, monitor, progress, incremental)
        self._progress = progress if incremental else None

    def _validate(self, X, y, reset):
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            multi_output=True,
            y_numeric=self._task == "regression",
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        return X, y

    @abstractmethod
    def _make_target(self, y, going_on, incremental, classes):
        """Return the target object; check it against the fitted one when going on."""

    @abstractmethod
    def _encode_y(self, y, target, loss):
        """Return encoded targets; check that they are of the target's kind."""

    def _weight(self, sample_weight, X, encoded, target, incremental):
        """Return the weight of each row, class weights included, or None."""
        if sample_weight is None:
            return None
        return check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)

    def _split(self, y, target, seed, wanted):
        """Return (training rows, validation rows); None and None without a split."""
        if not wanted:
            return None, None
        rows, fraction = np.arange(len(y)), self.validation_fraction
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
            stratify=y if target.kind in ("binary", "multiclass") else None,
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
        return Data(self._cast(X, dtype), encoded, weight, target, loss.levels)

    def _make_network(self, layers, target, loss, data, dtype, going_on):
        """Return the network to train: a fresh one, or the fitted one."""
        layers = [*layers, Linear(target.n_outputs, self.initializer)]
        if going_on:
            return self._network.continued(layers, dtype)
        # Drawn as MLP* draws them: the same random_state gives the same initial weights.
        network = Network(layers, data.X.shape[1], dtype, check_random_state(self.random_state))
        if target.kind == "regression":
            # Starting from the best constant saves the epochs that a far-off mean would cost. Some
            # of the rows, evenly spread, are enough for that.
            step = slice(None, None, -(-len(data) * target.n_outputs // 2**17))
            y, weight = (a if a is None else a[step] for a in data.labels())
            if weight is None or weight.any():
                y = y.reshape(len(y), -1).astype(np.float64, copy=False)
                network.weights("b")[-1][...] = loss.constant(y, weight)
        return network

    def _metrics(self, default):
        """Return the metrics to follow by name; ``default`` where ``metrics=None``."""
        given = default if self.metrics is None else self.metrics
        if isinstance(given, (str, Metric)) or callable(given):
            given = [given]
        return dict(resolve_metric(spec, "metrics", self._task) for spec in given)

    def _monitor(self, objective, data, valid, target, going_on, incremental):
        scorer = None
        if self.early_stopping and self.scoring != "loss":
            scorer = resolve_metric(self.scoring or self._default_metric, "scoring", self._task)
        history, scores = History(), []
        if incremental and going_on:
            history = self._history  # one more row: a copy at each call would cost ever more
        elif going_on:
            history, scores = copy.deepcopy(self._history), list(self.validation_scores_ or ())

        def view(raw):
            estimator = copy.copy(self)
            estimator._network, estimator._target = objective.network, target
            estimator._loss, estimator._scores = objective.loss, raw
            if target.kind != "regression":
                estimator.classes_ = target.classes
            return estimator

        return Monitor(
            objective,
            data,
            valid,
            self._metrics(default=[]),
            scorer,
            Stopping(self.tol, self.n_iter_no_change, self.early_stopping),
            view,
            bool(self.verbose),
            history,
            scores,
        )

    def _publish(self, network, target, loss, monitor, n_rows, going_on):
        self._network, self._target, self._loss = network, target, loss
        if target.kind != "regression":
            self.classes_ = target.classes
        self._history = monitor.history
        self.n_iter_ = monitor.n_epochs
        self.n_outputs_ = target.n_outputs
        self.n_layers_ = len(network.weights("b")) + 1
        self.out_activation_ = loss.out_activation
        self.loss_ = monitor.loss
        seen = getattr(self, "t_", 0) if going_on else 0
        self.t_ = seen + n_rows * monitor.n_epochs
        if self.early_stopping:
            self.best_loss_ = None
            self.validation_scores_ = monitor.scores
            self.best_validation_score_ = monitor.best
        else:
            self.best_loss_ = min(self.loss_curve_, default=np.inf)
            self.validation_scores_ = None
            self.best_validation_score_ = None
        return self

    # ---------------------------------------------------------------- prediction

    def _raw(self, X):
        """Return raw scores (n, k), in the precision of X."""
        if "_scores" in vars(self):
            return self._scores
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)
        return Forward(self._network, X.shape[0], X.dtype)(X)

    def evaluate(self, X, y, sample_weight=None):
        """Return loss and metrics on given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        dict of str to float
            "loss" (mean per row, without penalty and label smoothing), then the estimator's
            ``metrics``, or accuracy / R2 where ``metrics=None``.
        """
        check_is_fitted(self)
        X, y = self._validate(X, y, reset=False)
        weight = None
        if sample_weight is not None:
            weight = check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
        encoded = self._encode_y(y, self._target, self._loss)
        data = Data(X, encoded, weight, self._target, self._loss.levels)
        raw = Forward(self._network, X.shape[0], X.dtype)(X)
        view = copy.copy(self)
        view._scores = raw
        results = {"loss": data_loss(self._loss, self._target, encoded, raw, weight)}
        for name, metric in self._metrics(self._default_metric).items():
            if isinstance(metric, Metric):
                decided = self._target.decide(raw, self._loss)
                results[name] = metric(encoded, decided, weight)
            else:
                results[name] = score_by(metric, view, data)
        return results

    def summary(self):
        """Return the network's layers.

        Returns
        -------
        DataFrame
            One row a layer, indexed by its position ("2.0" is the first layer inside layer 2),
            with columns ``layer``, ``output_shape`` and ``parameters``.
        """
        check_is_fitted(self)
        rows = self._network.summary()
        frame = pd.DataFrame(
            {
                "layer": [label for _, label, _, _ in rows],
                "output_shape": [(None, width) for _, _, width, _ in rows],
                "parameters": [count for _, _, _, count in rows],
            },
            index=pd.Index([path for path, _, _, _ in rows], name="position"),
        )
        return frame

    def step_listing(self, n_rows=200):
        """Return one training step as text: the NumPy calls, line by line, with names.

        The arithmetic of the network as it is executed: forward pass, gradient of the loss,
        backward pass, penalty and, for a minibatch solver, the optimizer's update. ``W0`` is the
        weight matrix of layer 0, ``Y0`` its output, ``dW0`` its gradient.

        Parameters
        ----------
        n_rows : int, default=200
            Rows in the batch.

        Returns
        -------
        str
            One call a line; the last argument is the array written.
        """
        check_is_fitted(self)
        network, k = self._network, self._network.n_outputs
        X = np.zeros((n_rows, network.n_inputs), network.dtype)
        batch = Batch.empty(X, n_rows, k, network.dtype, False)
        objective = Objective(network, self._loss, self.alpha)
        workspace = Workspace(network, n_rows, rng=np.random.default_rng(0), named=True)
        workspace.name("X", X)
        layers = _recipe.hidden_layers(self)
        if _recipe.is_lbfgs(self, self.t_ // max(self.n_iter_, 1), layers):
            return "\n".join(workspace.listing(objective.calls(workspace, batch, n_rows)))
        solver: Minibatch = _recipe.minibatch(self, max(n_rows, 10**9))
        optimizer = solver.optimizer
        slots = np.zeros((optimizer.n_slots, len(network.values)), network.dtype)
        scalars = [
            workspace.name(f"scalar{i}", np.zeros((), network.dtype))
            for i in range(len(optimizer.scalars(1, solver.rate)))
        ]
        calls = solver.step_calls(objective, workspace, batch, slots, scalars, n_rows, n_rows)
        return "\n".join(workspace.listing(calls))

    # ---------------------------------------------------------------- attributes

    def _published(self, name):
        if "_network" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r} before fit"
            )
        return self._network

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Weight matrices (fan_in, fan_out), views of the network's; assignment writes there."""
        return Weights(self._published("coefs_").weights("W"))

    @coefs_.setter
    def coefs_(self, arrays: list[Any]) -> None:
        for view, array in zip(self.coefs_, arrays, strict=True):
            view[...] = array

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Bias vectors (fan_out,), views of the network's; assignment writes there."""
        return Weights(self._published("intercepts_").weights("b"))

    @intercepts_.setter
    def intercepts_(self, arrays: list[Any]) -> None:
        for view, array in zip(self.intercepts_, arrays, strict=True):
            view[...] = array

    @property
    def history_(self) -> pd.DataFrame:
        """One row an epoch (L-BFGS: an iteration)."""
        self._published("history_")
        return self._history.to_frame()

    @property
    def loss_curve_(self) -> list[float]:
        """Training loss of each epoch."""
        self._published("loss_curve_")
        return list(self._history.columns.get("loss", ()))

    def __sklearn_is_fitted__(self):
        return "_network" in vars(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

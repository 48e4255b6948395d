"""What the estimators share of fitting: ``fit`` and ``partial_fit``, from the data to the result.

``BaseFNN._fit`` is the way through: prepare, build, train, publish. What was learned is one object
(``fitted.py``), which is set as a whole.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from .._engine.following import interrupts
from .._engine.following.callback_tasks import CallbackTasks
from .._engine.following.divergence import DivergenceError, blamed
from .._engine.following.history import History
from .._engine.following.monitor import Monitor, Reporting, Stopping
from .._engine.network.network import ADAPT_ROWS, Network
from .._engine.objective.conformal import Held
from .._engine.objective.data import Data
from .._engine.objective.objective import Objective
from .._engine.objective.targets import ClassTarget, RegressionTarget, smoothed
from .._engine.objective.weights import check_weights, mean_one
from .._engine.support.atomic import all_or_nothing
from .._sklearn import check_sample_weight, needs_probabilities, validate_params, with_callbacks
from ..metrics._resolve import resolve_metric
from ..solvers import Problem
from . import build
from .advice import check_rate, held_out_rows, warn_of_scales, warn_of_standstill
from .fitted import Fitted
from .groups import of_fit
from .introspection import checked_scores, given_network, hidden_activations, loss_gradient
from .monotone import output_layer
from .offsets import best_constant, check_both, check_offset
from .prediction import Predictor
from .preparation import (
    Call,
    Prepared,
    Streams,
    cast,
    check_validation_weights,
    in_rows,
    random_stream,
    split_rows,
)  # fmt: skip
from .training import Training

# partial_fit multiplies gradients by weights as they are, in single precision.
LARGEST_WEIGHT, SMALLEST_WEIGHT = 1e30, 1e-30


def is_minibatch(estimator: Any) -> bool:
    """Return True, or raise the ``AttributeError`` that hides ``partial_fit``."""
    if build.is_full_batch(estimator):
        raise AttributeError(
            f"partial_fit is only available for minibatch solvers. solver={estimator.solver!r} "
            "works on the full batch."
        )
    return True


class BaseFNN(Predictor):
    """Base of the estimators: a feedforward network with scikit-learn's interface.

    What differs between classes, numbers and reconstruction is up to the subclass:
    ``_make_target``, ``_encode_y``, and where needed ``_validate``, ``_layers``, ``_output_layer``,
    ``_weight``, ``_pretrain``, ``_code_end``.
    """

    @classmethod
    @cache  # a look at the signature each time would be a part of a short fit
    def _get_param_names(cls):
        return super()._get_param_names()

    hidden_activations = hidden_activations
    loss_gradient = loss_gradient

    @all_or_nothing
    @with_callbacks
    def _fit(self, X, y, sample_weight, *, validation=(None, None, None), incremental=False,
             classes=None, X_unlabeled=None, groups=(None, None),
             offsets=(None, None)):  # fmt: skip
        """Fit, on a copy of the estimator whose attributes become the estimator's at the end.

        Parameters
        ----------
        X, y, sample_weight : array-like
            What the user gave.
        validation : tuple of (X_val, y_val, sample_weight_val)
            The validation data that the user gave; None for what was not given.
        incremental : bool, default=False
            Whether this is a call of ``partial_fit``.
        classes : array-like, default=None
            All labels there will be.
        X_unlabeled : array-like, default=None
            More rows for ``pretrain``.
        groups : tuple of (calibration_groups, calibration_groups_val)
            Groups that a calibration is to hold for.
        offsets : tuple of (offset, offset_val)
            Raw scores that are known.
        """
        self._check_call(incremental)
        call = Call(X, y, sample_weight, validation, incremental, classes=classes, groups=groups,
                    offsets=offsets)  # fmt: skip
        prepared = self._prepare(call)
        heeded = interrupts.heeded()
        network, phases = self._build(prepared, X_unlabeled)
        ended = interrupts.heeded() != heeded  # pretraining was to be the end
        training = self._training(prepared, network, phases)
        tasks = self._tasks(training)
        training.monitor.tasks = None if incremental else tasks
        self._train(training, ended)
        if prepared.valid is not None and isinstance(prepared.target, ClassTarget):
            warn_of_standstill(self, training.monitor, len(prepared.valid))
        self._fitted = training.fitted()
        tasks.finish()  # callbacks may change the weights
        self._fitted = training.settled(self._fitted)
        if not incremental and prepared.data.y is not None:
            warn_of_scales(self, self._fitted, prepared.data)

    def _check_call(self, incremental):
        """Check parameters that need no data."""
        check_rate(self)
        validate_params(self)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        if self.scoring is not None and not self.early_stopping:
            raise ValueError(
                f"scoring={self.scoring!r} has no effect with early_stopping=False. Set "
                "early_stopping=True, or follow the score by metrics=."
            )

    # ---------------------------------------------------------------- prepare

    def _prepare(self, call):
        """Return user data and parameters as encoded rows, hidden layers, a loss and a solver."""
        before = self._fitted if call.incremental or self.warm_start else None
        X, y = self._validate(call.X, call.y, reset=before is None)
        target = self._make_target(y, before is not None, call.incremental, call.classes)
        layers, loss = self._layers(), build.resolve_loss(self, target.kind)
        self._check_scorers(loss)
        encoded = self._encode_y(y, target, loss)
        weight = self._weight(call.sample_weight, X, encoded, target, call.incremental)
        streams = Streams.drawn(self.random_state)
        rows = held_out = None
        if self.early_stopping and not call.has_validation:
            rows, held_out = split_rows(y, target, self.validation_fraction, streams.split)
        n_rows = X.shape[0] if rows is None else len(rows)
        solver = build.choose_solver(self, n_rows, layers, call.incremental)
        scale = 1.0
        if weight is not None and not call.incremental:
            weight, scale = mean_one(weight, rows)
        data = self._data(X, encoded, weight, target, loss=loss, rows=rows, solver=solver)
        data.offset = self._offset(call, before, data)
        loss.check(data.some_targets())
        valid = None
        if held_out is not None:
            check_validation_weights(data.weight, held_out)
            valid = replace(data, rows=held_out)
        elif call.has_validation:
            valid = self._validation_data(call.validation, target, loss, data.dtype)
            n_valid = valid.X.shape[0]
            valid.offset = check_offset(call.offsets[1], n_valid, target, loss, "offset_val")
        held = self._held(call, X, valid, held_out)
        return Prepared(
            given=(X, y, call.sample_weight), before=before, target=target, loss=loss,
            layers=layers, solver=solver, data=data, valid=valid,
            alpha=build.l2_strength(self) / scale, weight_scale=scale, streams=streams,
            incremental=call.incremental, held=held,
        )  # fmt: skip

    def _offset(self, call, before, data):
        """Return the offset (n, s) of the training rows, or None."""
        check_both(*call.offsets, call.has_validation)
        offset, n = call.offsets[0], data.X.shape[0]
        loss = build.resolve_loss(self, data.target.kind)
        if before is not None and before.has_offset != (offset is not None):
            known, now = ("an", "none") if before.has_offset else ("no", "one")
            raise ValueError(
                f"The fit that goes on was given {known} offset, and this call has {now}: give it "
                "in all of them, or in none."
            )
        return check_offset(offset, n, data.target, loss)

    def _held(self, call, X, valid, held_out):
        """Return what is known of the validation rows beside their targets."""
        if valid is None:
            if any(groups is not None for groups in call.groups):
                raise ValueError(f"calibration_groups needs held-out rows: {held_out_rows(self)}.")
            return Held()
        X_val, _, weight_val = call.validation
        validation = (None, None, None) if X_val is None else (X_val, valid.X, weight_val)
        return of_fit((call.X, X, call.sample_weight), validation, call.groups).at(held_out)

    def _data(self, X, encoded, weight, target, *, loss, rows, solver):
        """Return the training rows, in the precision of training."""
        dtype = self._resolve_dtype(solver)
        return Data(
            cast(X, dtype) if solver.full_batch else in_rows(X, dtype),
            encoded,
            None if weight is None else weight.astype(dtype),
            target,
            smoothed(loss.levels, getattr(self, "label_smoothing", 0.0), target),
            rows=rows,
            dtype=dtype,
        )

    def _check_scorers(self, loss):
        """Refuse unknown scorers, before pretraining, and of probabilities where there are none."""
        scorers = {"metrics": list(self._metrics(default=[]).values())}
        if self.scoring not in (None, "loss"):
            scorers["scoring"] = [resolve_metric(self.scoring, "scoring", self._kind)[1]]
        if loss.probabilistic:
            return
        for parameter, chosen in scorers.items():
            if any(needs_probabilities(scorer) for scorer in chosen):
                raise ValueError(
                    f"{parameter}={getattr(self, parameter)!r} needs probabilities, which "
                    f"loss={self.loss!r} does not have."
                )

    @abstractmethod
    def _make_target(self, y, resumes, incremental, classes):
        """Return the target object; check it against the fitted one when going on."""

    def _weight(self, sample_weight, X, encoded, target, incremental):
        """Return the weight of each row, class weights included, or None."""
        if sample_weight is None:
            return None
        weight = check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if incremental and weight.max() > LARGEST_WEIGHT:
            raise ValueError(
                f"sample_weight has values up to {weight.max():.3g}. In partial_fit weights count "
                f"as they are, and must not be over {LARGEST_WEIGHT:g}: divide them by their mean."
            )
        if incremental and weight.max() < SMALLEST_WEIGHT:
            raise ValueError(
                f"sample_weight has no value over {weight.max():.3g}. In partial_fit weights count "
                f"as they are, and one must be over {SMALLEST_WEIGHT:g}: divide them by their mean."
            )
        return weight

    def _resolve_dtype(self, solver):
        """Return the precision of training."""
        if self.dtype == "auto":
            return np.dtype(np.float64 if solver.full_batch else np.float32)
        return np.dtype(self.dtype)

    def _validation_data(self, given, target, loss, dtype):
        """Return the validation data that the user gave, encoded."""
        X_val, y_val, sample_weight_val = given
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
            weight, _ = check_weights(sample_weight_val, X, "sample_weight_val")
            weight = weight.astype(dtype)
        X = in_rows(X, dtype)
        return Data(X, encoded, weight, target, loss.levels, dtype=dtype)

    # ---------------------------------------------------------------- build

    def _build(self, prepared, X_unlabeled):
        """Return the network to train, and the histories of its pretraining by phase."""
        layers = [*prepared.layers, self._output_layer(prepared.target, prepared.loss)]
        if prepared.resumes:
            network = prepared.before.network.continued(layers, prepared.data.dtype)
        else:
            network = self._fresh_network(layers, prepared)
        return network, self._pretrain(network, prepared, X_unlabeled)

    def _output_layer(self, target, loss):
        """Return the layer that gives the raw scores."""
        return output_layer(self, loss, target.n_outputs)

    def _fresh_network(self, layers, prepared):
        """Return a network with weights as they are at the start."""
        data, target = prepared.data, prepared.target
        # Drawn as MLP* draws them: the same random_state gives the same initial weights.
        with random_stream(self.random_state) as rng:
            network = Network(layers, data.X.shape[1], data.dtype, rng)
            if network.adapts:
                rows = data.some_rows(ADAPT_ROWS, rng)
                network.adapt(rows, np.random.default_rng(rng.randint(2**31)))
        if isinstance(target, RegressionTarget):
            # Starting from the best constant saves the epochs that a far-off mean would cost. Some
            # of the rows, evenly spread, are enough for that.
            step = -(-len(data) * target.n_outputs // 2**17)
            y, weight = data.labels(step=step)
            if weight is None or weight.any():
                y = y.reshape(len(y), -1).astype(np.float64, copy=False)
                found = best_constant(prepared.loss, y, weight, data.offsets(step))
                with np.errstate(over="ignore"):  # infinite in float32: found as divergence
                    network.published("intercepts")[-1][...] = found
        return network

    def _pretrain(self, network, prepared, unlabeled):
        """Set a fresh network's hidden layers; return the histories of that by phase."""
        return {}

    def _code_end(self):
        """Return at which layer the decoder begins, of a network that has one."""
        return 0

    # ---------------------------------------------------------------- train

    def _training(self, prepared, network, phases):
        """Return what is to be run: the problem, and what follows it."""
        objective = Objective(network, prepared.loss, prepared.alpha)
        monitor = self._monitor(prepared, objective)
        problem = Problem(
            objective,
            prepared.data,
            prepared.progress(),
            prepared.incremental,
            prepared.weight_scale,
            mixed=self.dtype == "auto",
            resumes=prepared.resumes,
        )
        return Training(prepared, problem, monitor, phases, self._code_end())

    def _train(self, training, ended):
        """Train, unless an interrupt has ended the fit already."""
        try:
            if not ended:
                training.prepared.solver.solve(training.problem, training.monitor)
            if not training.problem.network.finite:
                raise DivergenceError("A weight or running moment is not finite at the end.")
        except DivergenceError as error:
            raise DivergenceError(error.detail, self._blamed(training.prepared)) from error
        finally:  # what callbacks are shown has the monitor: X would wait for the garbage collector
            training.monitor.tasks = None

    def _blamed(self, prepared):
        """Return advice on what is most likely to blame for a divergence."""
        data = prepared.data
        y = data.y if isinstance(prepared.target, RegressionTarget) else None
        rate = getattr(prepared.solver, "learning_rate_init", self.learning_rate_init)
        return blamed(data.X, y, data.weight, prepared.alpha, self.alpha, rate=rate)

    def _monitor(self, prepared, objective):
        """Return what follows a fit, as the parameters have it."""
        scorer, scoring = None, self.scoring or self._default_metric
        if self.early_stopping and scoring != "loss":
            _, scorer = resolve_metric(scoring, "scoring", self._kind)
        history, scores = History(), None
        if prepared.resumes:
            history = prepared.before.history.copy()
            scores = None if prepared.incremental else list(prepared.before.scores or ())

        def view(X, raw):
            network, target, loss = objective.network, prepared.target, prepared.loss
            fitted = Fitted(network, target, loss, history, code_end=self._code_end())
            return self._view(fitted.seeing(X, raw))

        return Monitor(
            objective,
            prepared.data,
            prepared.valid,
            Stopping(self.tol, self.n_iter_no_change, self.early_stopping, scorer),
            Reporting(self._metrics(default=[]), view, bool(self.verbose)),
            history=history,
            scores=scores,
        )

    def _tasks(self, training):
        """Return what callbacks are told: a fit and its epochs or iterations."""
        prepared = training.prepared
        max_iter = getattr(prepared.solver, "max_iter", self.max_iter)
        name, step, n_steps = "fit", "epoch", max_iter
        if prepared.incremental:
            name, step, n_steps = "partial_fit", "", 0
        elif prepared.solver.full_batch:  # one more begins than ends: the last is not announced
            step, n_steps = "iteration", max_iter + 1
        return CallbackTasks(
            self,
            self._init_callback_context(name, max_subtasks=n_steps),
            step,
            *prepared.given,
            rows=prepared.data.rows,
            fitted=lambda: {"_fitted": training.so_far()},
        )

    # ---------------------------------------------------------------- weights that are given

    @classmethod
    def _with_weights(cls, given, make_target):
        """Return an estimator whose network has the given weights, as after a fit of no epochs."""
        given, n_outputs = checked_scores(given)
        model = cls(**given.params)
        model._check_call(incremental=False)
        target = make_target(n_outputs)
        loss = build.resolve_loss(model, target.kind)
        network = given_network(model, given, target, loss)
        model.n_features_in_ = network.n_inputs
        early = model.early_stopping
        model._fitted = Fitted(
            network,
            target,
            loss,
            best_loss=None if early else np.inf,
            scores=[] if early else None,
            best_score=np.nan if early else None,
        )
        return model

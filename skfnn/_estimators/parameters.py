"""The parameters that the estimators share: names, allowed values, constructor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from inspect import signature
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.neural_network import MLPClassifier

from .._engine.metric import Metric
from .._engine.schedule import Schedule
from .._engine.version import Versioned
from .._sklearn import HasMethods, Interval, Options, StrOptions, validate_params
from ..activations import Activation
from ..initializers import Initializer
from ..optimizers import Optimizer
from ..solvers import Solver


@cache
def defaults(cls: Any) -> dict[str, Any]:
    """Return the defaults of an estimator's parameters, from its constructor."""
    names = cls._get_param_names()
    parameters = signature(cls).parameters
    return {name: parameters[name].default for name in names}


def changed(estimator: Any) -> dict[str, Any]:
    """Return the parameters whose values are not their defaults."""
    default = defaults(type(estimator))  # type: ignore[arg-type]
    return {
        name: value
        for name, value in estimator.get_params(deep=False).items()
        if not _same(value, default[name])
    }


def _same(value, default):
    kind = Real if isinstance(default, Real) else type(default)
    return isinstance(value, kind) and bool(value == default)


def is_known_to_mlp(name: str, value: Any) -> bool:
    """Return whether ``MLP*`` has a parameter, and may have this value for it."""
    try:
        validate_params(MLPClassifier(**{name: value}))
    except (TypeError, ValueError):
        return False
    return True


class Parameters(Versioned, BaseEstimator, ABC):
    """Constructor and constraints of the parameters that the estimators share."""

    _parameter_constraints: ClassVar[dict] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [str, Activation, "array-like"],
        "hidden_layers": ["array-like", None],
        "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
        "batch_norm": [StrOptions({"before", "after"}), None],
        "skip_connections": ["boolean"],
        "initializer": [str, Initializer],
        "pretrain": [StrOptions({"autoencoder"}), HasMethods(["fit", "transform"]), None],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "solver": [str, Optimizer, Solver],
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
        pretrain,
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
        self.pretrain = pretrain
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

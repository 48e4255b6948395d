"""The estimators' parameters: what each may be, its paragraph in the docstring, its default.

To add a parameter: an entry here, its name and default in the constructors, and the place that
uses it. Where that is a solver, it has the parameter in its own constructor, and the estimator
refuses it for all others.
"""

from __future__ import annotations

import inspect
from functools import cache
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from sklearn.neural_network import MLPClassifier

from .._engine.objective.metric import Metric
from .._engine.program.schedule import Schedule
from .._sklearn import HasMethods, Interval, Options, StrOptions, validate_params
from ..activations import Activation
from ..initializers import Initializer
from ..optimizers import Optimizer
from ..solvers import Solver


class Parameter(NamedTuple):
    """A parameter of an estimator.

    Attributes
    ----------
    allowed : list
        What it may be, as scikit-learn's ``_parameter_constraints`` have it.
    kind, text : str
        Type and description in the docstring. The default is added from the constructor;
        ``<score>`` and ``<metrics>`` stand for what differs between estimators.
    """

    allowed: list
    kind: str
    text: str


# What the network is.
ARCHITECTURE = {
    "hidden_layer_sizes": Parameter(
        ["array-like", Interval(Integral, 1, None, closed="left")],
        "int or sequence of int",
        "Units of each hidden layer; ``()`` is a linear model.",
    ),
    "activation": Parameter(
        [str, Activation, "array-like"],
        "str, Activation or sequence of these",
        """
        Activation of the hidden layers, one for all or one each: "identity", "logistic" (=
        "sigmoid"), "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus",
        "threshold"; see :mod:`skfnn.activations`.
        """,
    ),
    "hidden_layers": Parameter(
        ["array-like", None],
        "list of Layer",
        """
        The hidden layers as objects (:mod:`skfnn.layers`); replaces ``hidden_layer_sizes``,
        ``activation``, ``dropout``, ``batch_norm``, ``skip_connections`` and ``initializer``. With
        ``Flatten()`` first, X may have more than two dimensions: (n, h, w), (n, h, w, c).
        """,
    ),
    "dropout": Parameter(
        [Interval(Real, 0, 1, closed="left"), "array-like"],
        "float in [0, 1) or sequence of float",
        """
        Share of a hidden layer's units set to zero in training, for all hidden layers or one each.
        Minibatch solvers only.
        """,
    ),
    "batch_norm": Parameter(
        [StrOptions({"before", "after"}), None],
        '{"before", "after"}',
        "Batch normalisation before or after the activation of each hidden layer.",
    ),
    "skip_connections": Parameter(
        ["boolean"],
        "bool",
        """
        Whether each hidden layer's output is added to its input; a learned projection matches
        differing widths.
        Without batch normalisation each of L layers starts with weights divided by L.
        """,
    ),
    "initializer": Parameter(
        [str, Initializer],
        "str or Initializer",
        """
        "auto" (by activation), "glorot_uniform", "glorot_normal", "he_uniform", "he_normal",
        "lecun_normal", "orthogonal"; see :mod:`skfnn.initializers`.
        """,
    ),
    "monotonic_cst": Parameter(
        ["array-like", dict, None],
        "array-like of {-1, 0, 1} of shape (n_features,) or dict",
        """
        In which direction the prediction may move with each column: 1 if it may not fall where the
        column rises, -1 if it may not rise, 0 else; or a dict of these by name or number of the
        column. Held by construction (docs/monotone.md), for whatever ``predict`` gives, and for the
        probability of ``classes_[1]`` (two classes, or several labels). Not with ``solver="lm"``,
        ``batch_norm``, ``pretrain``, ``hidden_layers``, and activations that decrease somewhere
        ("gelu", "silu", "mish").
        """,
    ),
    "pretrain": Parameter(
        [StrOptions({"autoencoder"}), HasMethods(["fit", "transform"]), None],
        '{"autoencoder"} or FNNAutoencoder',
        """
        Unsupervised start of the hidden layers, in a fresh fit (docs/autoencoders.md).
        "autoencoder" trains each as the encoder of an autoencoder with tied weights, from the input
        side, by the estimator's solver and ``max_iter``; an :class:`FNNAutoencoder` says how
        instead (its sizes, activation and random state are those of the layer). The encoder of a
        fitted one is taken as it is; wrap it in a ``FrozenEstimator`` where the estimator is
        cloned, as in a grid search.
        """,
    ),
}
# How it is trained.
TRAINING = {
    "solver": Parameter(
        [str, Optimizer, Solver],
        "str, Optimizer or Solver",
        """
        "adam", "sgd", "adagrad", "rmsprop", "adamw", "nadam" (minibatches,
        :mod:`skfnn.optimizers`), "lbfgs" (full batch), "lm" (Levenberg-Marquardt: full batch, for
        few parameters), "auto" (L-BFGS up to 1,000 training rows, Adam above; Adam also where an
        option needs minibatches); or an object of
        :mod:`skfnn.optimizers` or :mod:`skfnn.solvers`.
        """,
    ),
    "alpha": Parameter(
        [Interval(Real, 0, None, closed="left"), StrOptions({"bayes"})],
        'float in [0, inf) or "bayes"',
        """
        Strength of the L2 penalty on weights, ``alpha / (2 n) ||W||^2`` with n the rows of a batch.
        "bayes", with ``solver="lm"``, finds it by the evidence, one for each group of weights
        (``alpha_``).
        """,
    ),
    "batch_size": Parameter(
        [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        'Rows a step; "auto" is ``min(200, n_samples)``. Without effect for L-BFGS.',
    ),
    "learning_rate": Parameter(
        [str, Schedule],
        "str or Schedule",
        """
        "constant", "invscaling", "adaptive", "cosine", "one_cycle"; see :mod:`skfnn.schedules`.
        For every minibatch solver.
        """,
    ),
    "learning_rate_init": Parameter(
        [Interval(Real, 0, None, closed="neither")],
        "float in (0, inf)",
        'Initial (for "one_cycle" largest) learning rate.',
    ),
    "power_t": Parameter(
        [Interval(Real, 0, None, closed="left")],
        "float in [0, inf)",
        'Exponent of "invscaling".',
    ),
    "max_iter": Parameter(
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "Epochs (L-BFGS: iterations) at most.",
    ),
    "shuffle": Parameter(
        ["boolean"],
        "bool",
        "Whether each epoch takes the rows in a new order.",
    ),
    "random_state": Parameter(
        ["random_state"],
        "int, RandomState instance or None",
        """
        Determines initial weights, validation split, order of rows and dropout, each from a stream
        of its own.
        """,
    ),
    "tol": Parameter(
        [Interval(Real, 0, None, closed="left")],
        "float in [0, inf)",
        """
        Smallest improvement that counts; for L-BFGS the largest component of the gradient at the
        solution.
        """,
    ),
    "verbose": Parameter(
        ["verbose"],
        "bool or int",
        "Whether to print a line per epoch, for every solver.",
    ),
    "warm_start": Parameter(
        ["boolean"],
        "bool",
        "Whether ``fit`` goes on from the previous fit's weights. Stopping counts start anew.",
    ),
    "momentum": Parameter(
        [Interval(Real, 0, 1, closed="both")],
        "float in [0, 1]",
        'Momentum of "sgd".',
    ),
    "nesterovs_momentum": Parameter(
        ["boolean"],
        "bool",
        """
        Whether "sgd" uses Nesterov's momentum.
        """,
    ),
    "early_stopping": Parameter(
        ["boolean"],
        "bool",
        """
        Whether to stop by the score on validation rows and bring the best weights back, for every
        solver.
        """,
    ),
    "validation_fraction": Parameter(
        [Interval(Real, 0, 1, closed="left")],
        "float in [0, 1)",
        """
        Share of rows held out for ``early_stopping``, stratified in classification. Not used where
        ``fit`` is given ``X_val, y_val``.
        """,
    ),
    "scoring": Parameter(
        [str, callable, Metric, None],
        "str, callable or None",
        """
        The score of ``early_stopping``: None (<score>), "loss" (minus the validation loss), a
        metric's or scorer's name, a function of (y_true, y_pred), or ``scorer(estimator, X, y)``.
        """,
    ),
    "metrics": Parameter(
        [str, callable, Metric, "array-like", None],
        "str, callable or list of these",
        """
        Metrics to follow in ``history_``: <metrics>, any scorer's name, functions of
        (y_true, y_pred) such as :func:`sklearn.metrics.f1_score`, or ``scorer(estimator, X, y)``.
        """,
    ),
    "beta_1": Parameter(
        [Interval(Real, 0, 1, closed="left")],
        "float in [0, 1)",
        'Decay rate of the first moment of "adam", "adamw" and "nadam".',
    ),
    "beta_2": Parameter(
        [Interval(Real, 0, 1, closed="left")],
        "float in [0, 1)",
        "Decay rate of their second moment.",
    ),
    "epsilon": Parameter(
        [Interval(Real, 0, None, closed="neither")],
        "float in (0, inf)",
        "Keeps the steps of the adaptive solvers finite.",
    ),
    "rho": Parameter(
        [Interval(Real, 0, 1, closed="left")],
        "float in [0, 1)",
        'Decay rate of "rmsprop".',
    ),
    "clip_norm": Parameter(
        [Interval(Real, 0, None, closed="neither"), None],
        "float in (0, inf)",
        "Largest norm of a minibatch's gradient.",
    ),
    "n_iter_no_change": Parameter(
        [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "int or inf",
        "Epochs without improvement by ``tol`` before training stops.",
    ),
    "max_fun": Parameter(
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "Evaluations of the objective at most, for L-BFGS.",
    ),
    "dtype": Parameter(
        [StrOptions({"auto", "float32", "float64"})],
        '{"auto", "float32", "float64"}',
        """
        Precision of training; "auto" is float32 for minibatch solvers, and for L-BFGS float32 as
        far as it goes, then float64, in which weights are published.
        Predictions are computed in the precision of the X they are for.
        """,
    ),
}


@cache
def defaults(cls: Any) -> dict[str, Any]:
    """Return the defaults of an estimator's parameters, from its constructor."""
    parameters = inspect.signature(cls).parameters
    return {name: parameter.default for name, parameter in parameters.items()}


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

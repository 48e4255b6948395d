"""The parameters of the estimators for tables: what each may be, its paragraph in the docstring.

To add a parameter: an entry here (or, of one estimator, beside its class), its name and default in
the constructors, and the place that uses it.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from .._engine.objective.metric import Metric
from .._estimators.docstrings import paragraph, placed
from .._estimators.parameters import Parameter, defaults
from .._sklearn import HasMethods, Interval, StrOptions
from ._recipes import Recipe

PARAMETERS = {
    "recipe": Parameter(
        [str, Recipe],
        '{"ensemble", "realmlp", "realmlp-s", "tabm-mini"} or Recipe',
        """
        The set of values that is used for every parameter below that is None. "ensemble" is
        skfnn's own; "realmlp" and "realmlp-s" follow Holzmueller et al., "Better by Default",
        2024: one network with and without their embedding of numbers. "tabm-mini" follows
        Gorishniy, Kotelnikov and Babenko, "TabM", 2024: one network that is an ensemble of 32,
        which share their hidden layers (:class:`skfnn.layers.SharedEnsemble`), made narrower for
        one processor core.
        """,
    ),
    "categorical_features": Parameter(
        [StrOptions({"from_dtype"}), "array-like"],
        '"from_dtype" or array-like of {bool, int, str}',
        """
        Columns to treat as categories, in addition to those that are recognised as such: a mask,
        positions or names.
        """,
    ),
    "column_kinds": Parameter(
        [dict, None],
        "dict of {str, int or tuple: str}",
        """
        The kind of some columns, by name or position, where it should not be recognised from the
        values: "number", "category", "boolean", "date", "time", "duration", "text", "labels" or
        "drop"; "values" of a number whose exact values count as well, and "cells" of two columns
        together, as in ``{("east", "north"): "cells"}``. ``schema_`` shows what each column was
        taken for, and which cells were found.
        """,
    ),
    "hidden_layer_sizes": Parameter(
        ["array-like", Interval(Integral, 1, None, closed="left"), None],
        "int or sequence of int",
        "Units of each hidden layer.",
    ),
    "n_members": Parameter(
        [Interval(Integral, 1, None, closed="left"), None],
        "int",
        """
        Number of networks in the ensemble. With 2 or more, the rows are divided into as many
        folds, and each network is trained on all folds but one. Members inside a network, as in
        "tabm-mini", do not count. None means the recipe's number. For "ensemble" this is 5 in
        general, 10 for 250 to 500 rows, between 5 and 10 for 125 to 250 and for 500 to 1,000 rows,
        and 3 for more than 100,000 rows. Where it is 5, three are trained before what ``blend``
        asks for, and the others unless that surely weighs 0.3 and more.
        """,
    ),
    "numeric_embedding": Parameter(
        [StrOptions({"recipe", "both", "pbld", "plr", "piecewise_linear"}), None],
        "str or None",
        """
        How numbers are embedded: "pbld" and "plr" (:class:`skfnn.layers.PeriodicEmbedding`),
        "piecewise_linear" (:class:`skfnn.layers.PiecewiseLinearEmbedding`), "both" ("pbld" and
        "piecewise_linear" side by side); None leaves them as they are, "recipe" is the recipe's.
        """,
    ),
    "monotonic_cst": Parameter(
        ["array-like", dict, None],
        "array-like of {-1, 0, 1} of shape (n_features,) or dict",
        """
        In which direction predictions may move with each column: 1 if they may not fall where the
        column rises, -1 if they may not rise, 0 else; or a dict of these by name or number of the
        column. Held by construction (docs/monotone.md) for numbers; a missing one is free. Not for
        several classes, and not with the recipe "tabm-mini".
        """,
    ),
    "max_iter": Parameter(
        [Interval(Integral, 1, None, closed="left"), None],
        "int",
        """
        Largest number of epochs of a member. The learning rate follows its schedule over them, and
        so do dropout and weight decay. None means the recipe's number for the rows at hand, and
        five times that for numeric targets with hardly any noise: where the first member explains
        99 % of the variance of held-out rows, and its best epoch was in the second half. Of more
        than 250,000 rows an epoch then has a share; with a number it has all rows.
        """,
    ),
    "batch_size": Parameter(
        [Interval(Integral, 1, None, closed="left"), None],
        "int",
        "Number of rows in each training step.",
    ),
    "learning_rate_init": Parameter(
        [Interval(Real, 0, None, closed="neither"), None],
        "float in (0, inf)",
        "Largest learning rate.",
    ),
    "dropout": Parameter(
        [Interval(Real, 0, 1, closed="left"), None],
        "float in [0, 1)",
        """
        Share of a hidden layer's units that is set to zero in the first half of training. It then
        falls to 0, except with "tabm-mini", where it stays the same.
        """,
    ),
    "weight_decay": Parameter(
        [Interval(Real, 0, None, closed="left"), None],
        "float in [0, inf)",
        """
        Decoupled weight decay in the first half of training. It then falls to 0, except with
        "tabm-mini", where it stays the same.
        """,
    ),
    "validation_fraction": Parameter(
        [Interval(Real, 0, 1, closed="neither")],
        "float in (0, 1)",
        """
        Share of rows held out by a single member, where no ``X_val, y_val`` are given.
        """,
    ),
    "refit": Parameter(
        ["boolean"],
        "bool",
        """
        Whether to train the members once more, on all rows, for the mean of the best epochs. Takes
        up to twice the time.
        """,
    ),
    "metrics": Parameter(
        [str, callable, Metric, "array-like", None],
        "str, callable or list of these",
        """
        Metrics to follow in ``history_``, in the unit of y, and for ``evaluate``: "accuracy",
        "mse", "mae", "r2", any scorer's name, or ``scorer(estimator, X, y)``, which is given the
        raw table and costs a prediction an epoch. ``val_<metric>`` is that on held-out rows.
        """,
    ),
    "blend": Parameter(
        [StrOptions({"auto", "trees"}), HasMethods(["fit"]), list, tuple, None],
        '{"auto", "trees"}, estimator, list of estimators or of (name, estimator), or None',
        """
        What is trained beside the networks, on the same folds, and joins their mean with a weight
        that held-out rows tell (``leaderboard_``). "trees" are gradient-boosted ones
        (:class:`sklearn.ensemble.HistGradientBoostingClassifier` / ``Regressor``). An estimator is
        fitted once per fold: a :class:`sklearn.pipeline.Pipeline` on the columns as they come, any
        other on encoded ones (numbers, codes of categories, and missing values if its tags say that
        it takes them). "auto" is "trees" with a ``time_limit``, and networks alone without one;
        with ``loss="gaussian"`` networks of other kinds (docs/how_sure.md). None is networks of the
        recipe alone. Not for losses with a distribution, several quantiles, and several labels per
        row.
        """,
    ),
    "cv": Parameter(
        ["cv_object"],
        "int, splitter or iterable of (train, test)",
        """
        The folds: a member is trained for each split, on its training rows, and what it holds out
        tells its best epoch, temperature, intervals, and weights in the ensemble; at most 20
        splits. ``n_members`` beyond them goes round again, fewer take the first ones. An int is
        :class:`sklearn.model_selection.StratifiedKFold` or ``KFold``; with ``groups`` in ``fit``
        an int and None are :class:`sklearn.model_selection.GroupKFold`. Predictions of a row that
        is in several test parts are averaged; one that is in none has no ``oof_prediction_``. Not
        with ``X_val``.
        """,
    ),
    "scoring": Parameter(
        [str, callable, Metric, None],
        "str, callable or None",
        """
        What epochs, weights of candidates and configurations are chosen by, on held-out rows: a
        metric's or scorer's name, a function of (y_true, y_pred), or ``scorer(estimator, X, y)``,
        which costs a call per epoch. None is, for numbers, the loss; for classes, class error and
        the log-loss after calibration.
        """,
    ),
    "time_limit": Parameter(
        [Interval(Real, 0, None, closed="neither"), None],
        "float in (0, inf)",
        """
        About how many seconds training may take. If they are few, members get fewer epochs, and
        then there are fewer members. If some are left, the recipe "ensemble" trains other
        configurations on the same folds, drawn from
        ``skfnn.model_selection.param_distributions("tabular")`` (parameters that were given stay),
        and trees with other parameters where ``blend`` has trees that help; those that the held-out
        rows speak for join the ensemble, with weights (``leaderboard_``).
        The result depends on the machine's speed.
        """,
    ),
    "warm_start": Parameter(
        ["boolean"],
        "bool",
        """
        Whether ``fit`` goes on with the networks of the previous one, on the same columns and
        classes. What columns are, and their scales, stay; new levels of categories get places, and
        what is known of levels is learned anew. Such an estimator, as one after ``partial_fit``,
        holds the last 2,000 of its rows.
        """,
    ),
    "n_jobs": Parameter(
        [Integral, None],
        "int",
        "Members trained at the same time; not with ``time_limit``.",
    ),
    "random_state": Parameter(
        ["random_state"],
        "int, RandomState instance or None",
        "Determines folds, initial weights, order of rows and dropout.",
    ),
    "verbose": Parameter(
        ["verbose"],
        "bool or int",
        """
        1 prints for each member its score on held-out rows, epochs and seconds, and about how long
        the others will take; 2 also what each column was taken for, and a line per epoch.
        """,
    ),
}

ATTRIBUTES = """\
encoder_ : TabularEncoder
    What turns raw columns into numbers.
best_epochs_ : list of int
    For each member the epoch whose weights it has.
leaderboard_ : DataFrame
    One row for each member that was trained: its ``candidate``, its number from 1 (``member``), its
    ``score`` on the rows that it did not train on (accuracy or R2), its ``weight`` in the ensemble
    (all sum to 1), ``best_epoch`` and ``seconds``; then parameters, where a time limit has tried
    others.
history_ : DataFrame
    One row per member and epoch: ``loss``, ``metrics``, ``val_loss``, ``val_<metric>``,
    ``learning_rate``, ``seconds``. What is said of held-out rows is measured on 50,000 of them at
    most.
n_iter_ : int
    Epochs of the longest training.
n_outputs_ : int
    Units of the output layer.
n_features_in_ : int
    Number of columns.
feature_names_in_ : ndarray of str
    Names of columns, where X had any."""


def declares(own: dict[str, Parameter], attributes: str) -> Any:
    """Return a class decorator that declares the parameters of an estimator for tables.

    It writes their paragraphs and those of the attributes into the docstring, and sets
    ``_parameter_constraints``. Names, order and defaults are those of the constructor.

    Parameters
    ----------
    own : dict of str to Parameter
        Parameters that the other estimator does not have.
    attributes : str
        Paragraphs of attributes that only this estimator has.
    """
    known = {**PARAMETERS, **own}

    def decorate(cls):
        default = defaults(cls)
        paragraphs = [paragraph(name, known[name], default[name]) for name in default]
        cls.__doc__ = placed(
            cls.__doc__,
            {"<parameters>": "\n".join(paragraphs), "<attributes>": attributes + ATTRIBUTES},
        )
        cls._parameter_constraints = {name: known[name].allowed for name in default}
        return cls

    return decorate

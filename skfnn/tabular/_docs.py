"""The paragraphs that the docstrings of both estimators share, written once."""

from __future__ import annotations

from .._estimators.docstrings import placed

PARAMETERS = """\
recipe : {{"ensemble", "realmlp", "realmlp-s", "tabm-mini"}} or Recipe, default="ensemble"
    What the parameters below are where they are None. "ensemble" is skfnn's own; "realmlp" and
    "realmlp-s" follow Holzmueller et al., "Better by Default", 2024: one network with and without
    their embedding of numbers. "tabm-mini" follows Gorishniy, Kotelnikov and Babenko, "TabM",
    2024: one network that is an ensemble of 32, which share their hidden layers
    (:class:`skfnn.layers.SharedEnsemble`), made narrower for one processor core.
{extra}categorical_features : "from_dtype" or array-like of {{bool, int, str}}, default="from_dtype"
    Columns that are categories, besides those that are found to be: a mask, positions or names.
column_kinds : dict of {{str or int: str}}, default=None
    What columns are, by name or position, where it is not to be found out: "number", "category",
    "boolean", "date", "time", "duration", "text", "labels" or "drop". What each was taken for is
    ``encoder_.schema_``.
hidden_layer_sizes : int or sequence of int, default=None
    Units of each hidden layer.
n_members : int, default=None
    Networks in the ensemble. With 2 and more, each is trained on all of as many folds but one.
    Members inside a network, as of "tabm-mini", do not count. None is the recipe's; of "ensemble"
    5, with 250 to 500 rows 10, and fewer towards 125 and 1,000; with more than 100,000 rows 3.
numeric_embedding : str or None, default="recipe"
    How numbers are embedded: "pbld" and "plr" (:class:`skfnn.layers.PeriodicEmbedding`),
    "piecewise_linear" (:class:`skfnn.layers.PiecewiseLinearEmbedding`), "both" ("pbld" and
    "piecewise_linear" side by side); None leaves them as they are, "recipe" is the recipe's.
max_iter : int, default=None
    Epochs of a member at most; the learning rate is laid out over them, and so are dropout and
    weight decay where they fall. None is the recipe's for so many rows; five times as many for
    numbers with hardly any noise, which the first member finds out (it explains 99 % of the
    variance of held-out rows, and was best in the last half).
batch_size : int, default=None
    Rows a step.
learning_rate_init : float in (0, inf), default=None
    Largest learning rate.
dropout : float in [0, 1), default=None
    Share of a hidden layer's units set to zero in training, in the first half; it falls to 0, but
    with "tabm-mini" stays.
weight_decay : float in [0, inf), default=None
    Decoupled weight decay in the first half of training; it falls to 0, but with "tabm-mini"
    stays.
validation_fraction : float in (0, 1), default=0.2
    Share of rows held out by a single member, where no ``X_val, y_val`` are given.
refit : bool, default=False
    Whether to train the members once more, on all rows, for the mean of the best epochs. Takes up
    to twice the time.
metrics : str, callable or list of these, default=None
    Metrics to follow in ``history_``, in the unit of y, and for ``evaluate``: "accuracy", "mse",
    "mae", "r2", any scorer's name, or ``scorer(estimator, X, y)``, which is given the raw table
    and costs a prediction an epoch. ``val_<metric>`` is that on held-out rows.
time_limit : float in (0, inf), default=None
    Seconds to train for, about. Where they are few, members get fewer epochs, then there are fewer
    members. Where some are left, the recipe "ensemble" trains other configurations on the same
    folds, drawn from ``skfnn.model_selection.param_distributions("tabular")`` (parameters that were
    given stay); those that the held-out rows speak for join the ensemble, with weights
    (``leaderboard_``). The result depends on the machine's speed.
n_jobs : int, default=None
    Members trained at the same time; not with ``time_limit``.
random_state : int, RandomState instance or None, default=None
    Determines folds, initial weights, order of rows and dropout.
verbose : bool or int, default=False
    1 prints for each member its score on held-out rows, epochs and seconds, and about how long the
    others will take; 2 also what each column was taken for, and a line an epoch."""
ATTRIBUTES = """\
{attributes}encoder_ : TabularEncoder
    What turns raw columns into numbers.
best_epochs_ : list of int
    The epoch that each member's weights are of.
leaderboard_ : DataFrame
    One row a member that was trained: its ``configuration`` (0 is the estimator's own) and what
    parameters it has, the fold that it held out, ``score`` on these rows, ``weight`` in the
    ensemble, ``best_epoch`` of ``epochs``, ``seconds``.
history_ : DataFrame
    One row a member and epoch: ``loss``, ``metrics``, ``val_loss``, ``val_<metric>``,
    ``learning_rate``, ``seconds``.
n_iter_ : int
    Epochs of the longest training.
n_outputs_ : int
    Units of the output layer.
n_features_in_ : int
    Number of columns.
feature_names_in_ : ndarray of str
    Names of columns, where X had any."""


def documented(extra, attributes):
    """Return a class decorator that puts the shared paragraphs into a docstring."""

    def decorate(cls):
        cls.__doc__ = placed(
            cls.__doc__,
            {
                "<parameters>": PARAMETERS.format(extra=extra),
                "<attributes>": ATTRIBUTES.format(attributes=attributes),
            },
        )
        return cls

    return decorate

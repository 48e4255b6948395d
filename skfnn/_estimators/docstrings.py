"""The paragraphs that the docstrings of both estimators share, written once."""

from __future__ import annotations

PARAMETERS = """\
hidden_layer_sizes : int or sequence of int, default=(100,)
    Units of each hidden layer; ``()`` is a linear model.
activation : str, Activation or sequence of these, default="relu"
    Activation of the hidden layers, one for all or one each: "identity", "logistic" (=
    "sigmoid"), "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus",
    "threshold"; see :mod:`skfnn.activations`.
{loss}
hidden_layers : list of Layer, default=None
    The hidden layers as objects (:mod:`skfnn.layers`); replaces ``hidden_layer_sizes``,
    ``activation``, ``dropout``, ``batch_norm``, ``skip_connections`` and ``initializer``. With
    ``Flatten()`` first, X may have more than two dimensions: (n, h, w), (n, h, w, c).
dropout : float in [0, 1) or sequence of float, default=0.0
    Share of a hidden layer's units set to zero in training, for all hidden layers or one each.
    Minibatch solvers only.
batch_norm : {{"before", "after"}}, default=None
    Batch normalisation before or after the activation of each hidden layer.
skip_connections : bool, default=False
    Whether each hidden layer adds to its input, which a learned projection fits to the width.
    Without batch normalisation each of L layers starts with weights divided by L.
initializer : str or Initializer, default="auto"
    "auto" (by activation), "glorot_uniform", "glorot_normal", "he_uniform", "he_normal",
    "lecun_normal", "orthogonal"; see :mod:`skfnn.initializers`.
pretrain : {{"autoencoder"}} or FNNAutoencoder, default=None
    Unsupervised start of the hidden layers, in a fresh fit (docs/autoencoders.md).
    "autoencoder" trains each as the encoder of an autoencoder with tied weights, from the input
    side, by the estimator's solver and ``max_iter``; an :class:`FNNAutoencoder` says how instead
    (its sizes, activation and random state are those of the layer). The encoder of a fitted one is
    taken as it is; wrap it in a ``FrozenEstimator`` where the estimator is cloned, as in a grid
    search.
{extra}"""
TRAINING = """\
solver : str or Optimizer, default="adam"
    "adam", "sgd", "adagrad", "rmsprop", "adamw", "nadam" (minibatches, :mod:`skfnn.optimizers`),
    "lbfgs" (full batch), "auto" (L-BFGS up to 1,000 training rows, Adam above; Adam also where an
    option needs minibatches).
alpha : float in [0, inf), default=1e-4
    Strength of the L2 penalty on weights, ``alpha / (2 n) ||W||^2`` with n the rows of a batch.
batch_size : int or "auto", default="auto"
    Rows a step; "auto" is ``min(200, n_samples)``. Without effect for L-BFGS.
learning_rate : str or Schedule, default="constant"
    "constant", "invscaling", "adaptive", "cosine", "one_cycle"; see :mod:`skfnn.schedules`.
    For every minibatch solver.
learning_rate_init : float in (0, inf), default=0.001
    Initial (for "one_cycle" largest) learning rate.
power_t : float in [0, inf), default=0.5
    Exponent of "invscaling".
max_iter : int, default=200
    Epochs (L-BFGS: iterations) at most.
shuffle : bool, default=True
    Whether each epoch takes the rows in a new order.
random_state : int, RandomState instance or None, default=None
    Determines initial weights, validation split, order of rows and dropout, each from a stream of
    its own.
tol : float in [0, inf), default=1e-4
    Smallest improvement that counts; for L-BFGS the largest component of the gradient at the
    solution.
verbose : bool or int, default=False
    Whether to print a line an epoch, for every solver.
warm_start : bool, default=False
    Whether ``fit`` goes on from the previous fit's weights. Stopping counts start anew.
momentum : float in [0, 1], default=0.9
    Momentum of "sgd".
nesterovs_momentum : bool, default=True
    Whether "sgd" uses Nesterov's momentum.
early_stopping : bool, default=False
    Whether to stop by the score on validation rows and bring the best weights back, for every
    solver.
validation_fraction : float in [0, 1), default=0.1
    Share of rows held out for ``early_stopping``, stratified in classification. Not used where
    ``fit`` is given ``X_val, y_val``.
scoring : str, callable or None, default=None
    The score of ``early_stopping``: None ({score}), "loss" (minus the validation loss), a metric's
    or scorer's name, or ``scorer(estimator, X, y)``.
metrics : str, callable or list of these, default=None
    Metrics to follow in ``history_``: {metrics}, any scorer's name, or ``scorer(estimator, X, y)``.
beta_1 : float in [0, 1), default=0.9
    Decay rate of the first moment of "adam", "adamw" and "nadam".
beta_2 : float in [0, 1), default=0.999
    Decay rate of their second moment.
epsilon : float in (0, inf), default=1e-8
    Keeps the steps of the adaptive solvers finite.
rho : float in [0, 1), default=0.9
    Decay rate of "rmsprop".
clip_norm : float in (0, inf), default=None
    Largest norm of a minibatch's gradient.
n_iter_no_change : int or inf, default=10
    Epochs without improvement by ``tol`` before training stops.
max_fun : int, default=15000
    Evaluations of the objective at most, for L-BFGS.
dtype : {{"auto", "float32", "float64"}}, default="auto"
    Precision of training; "auto" is float32 for minibatch solvers, float64 for L-BFGS.
    Predictions are computed in the precision of the X they are for."""
ATTRIBUTES = """\
{classes}coefs_ : list of ndarray of shape (fan_in, fan_out)
    Weight matrices. They are views: assigning to an item changes the network.
intercepts_ : list of ndarray of shape (fan_out,)
    Bias vectors.
history_ : DataFrame
    One row an epoch: ``loss``, metrics, ``val_loss``, ``val_<metric>``, ``learning_rate``,
    ``seconds``. A warm start and ``partial_fit`` append. With ``pretrain`` also those of
    pretraining, told apart by ``phase``: "pretrain 1", ..., "fit".
loss_ : float
    Training loss of the last epoch, penalty included.
best_loss_ : float or None
    Smallest training loss; None with ``early_stopping``.
loss_curve_ : list of float
    Training loss of each epoch.
validation_scores_ : list of float or None
    Score of each epoch with ``early_stopping``, else None.
best_validation_score_ : float or None
    The best of them.
n_iter_ : int
    Epochs (L-BFGS: iterations) of the last fit.
t_ : int
    Rows seen in training.
n_layers_ : int
    Layers of units, input and output included.
n_outputs_ : int
    Units of the output layer.
out_activation_ : str
    Inverse link of the loss: {links}.
n_features_in_ : int
    Number of features; with ``Flatten`` first, of a sample once it is flat.
feature_names_in_ : ndarray of str
    Names of features, where X had any."""


def placed(doc: str | None, paragraphs: dict[str, str]) -> str | None:
    """Return a docstring with paragraphs in place of the lines that name them."""
    if doc is None:  # under python -OO
        return None
    lines = []
    for line in doc.splitlines():
        text = paragraphs.get(line.strip())
        if text is None:
            lines.append(line)
        else:
            lines += [f"    {part}".rstrip() for part in text.splitlines()]
    return "\n".join(lines)


def documented(**fields):
    """Return a class decorator that puts the shared paragraphs into a docstring.

    ``<parameters>``, ``<training parameters>`` (of these the ones from ``solver`` on) and
    ``<attributes>`` on lines of their own stand for them.
    """
    names = ("loss", "extra", "score", "metrics", "classes", "links")
    filled = {name: fields.get(name, "") for name in names}

    def decorate(cls):
        cls.__doc__ = placed(
            cls.__doc__,
            {
                "<parameters>": (PARAMETERS + TRAINING).format(**filled),
                "<training parameters>": TRAINING.format(**filled),
                "<attributes>": ATTRIBUTES.format(**filled),
            },
        )
        return cls

    return decorate

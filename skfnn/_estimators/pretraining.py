"""Pretraining: hidden layers start as the encoders of autoencoders.

Greedy, from the input side: each linear map of the hidden layers, with the activation that follows
it, is trained as the encoder of an autoencoder of one hidden layer, on what the layers below give
in evaluation mode; then the whole network is trained as usual. Sources: Bengio et al., "Greedy
Layer-Wise Training of Deep Networks", 2007; Vincent et al., "Stacked Denoising Autoencoders", 2010.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.utils.sparsefuncs import mean_variance_axis
from sklearn.utils.validation import validate_data

from .._engine.following import interrupts
from .._engine.following.divergence import DivergenceError
from .._engine.following.history import History
from .._engine.network.forward import Forward
from .._engine.network.network import Network
from .._engine.objective.data import Data
from .._engine.program.layer import walk
from ..activations import Activation, Identity
from ..initializers import Scaled
from ..layers import Activate, BatchNorm, Linear, ParametricActivate
from .autoencoder import FNNAutoencoder, encoder
from .build import option
from .fitted import state_of
from .parameters import TRAINING
from .preparation import Prepared, cast

# Training parameters that the inner autoencoder shares.
_SHARED = TRAINING.keys() - {
    "random_state", "warm_start", "early_stopping", "validation_fraction", "scoring", "metrics"
}  # fmt: skip


def pretrain(estimator, network: Network, prepared: Prepared, unlabeled) -> dict[str, History]:
    """Set a fresh network's hidden layers as ``estimator.pretrain`` says.

    Returns
    -------
    dict of str to History
        What was done, by phase; where a fitted network goes on, what was done before its first fit.

    Raises
    ------
    ValueError
        If there is nothing to pretrain, or ``unlabeled`` would have no effect, or training fails.
    TypeError
        If ``pretrain`` is no autoencoder.
    """
    if option(estimator, "pretrain") is None:
        if unlabeled is not None:
            raise ValueError(
                "X_unlabeled has no effect with pretrain=None. Set pretrain='autoencoder' or "
                "give an FNNAutoencoder."
            )
        return {}
    if prepared.resumes:
        return prepared.before.phases
    shapes = [
        (n_in, layer.units)
        for _, layer, n_in in walk(network.layers[:-1], network.n_inputs)
        if isinstance(layer, Linear)
    ]
    if not shapes:
        raise ValueError(
            f"pretrain={estimator.pretrain!r} has no effect without a linear map among the hidden "
            "layers."
        )
    coder, data = _autoencoder(estimator), prepared.data
    if coder.__sklearn_is_fitted__():
        if unlabeled is not None:
            raise ValueError(
                "X_unlabeled has no effect beside a fitted autoencoder. Give pretrain one that "
                "is not fitted."
            )
        encoders: Any = _Given(coder, shapes)
        rows, weight = data.own().X, data.own().weight
    else:
        rows, weight = _rows(estimator, data, unlabeled)
        encoders = _Greedy(coder, weight, np.random.default_rng(astuple(prepared.streams)))
    with suppress(_EndedError):
        _pretrain_upwards(network, (), network.layers[:-1], rows, encoders, weight=weight)
    return encoders.phases


def _autoencoder(estimator):
    given = estimator.pretrain
    if isinstance(given, str):
        params = estimator.get_params(deep=False)
        return FNNAutoencoder(tied_weights=True, **{name: params[name] for name in _SHARED})
    if isinstance(given, FrozenEstimator):
        given = given.estimator
    if not isinstance(given, FNNAutoencoder):
        raise TypeError(
            "pretrain must be None, 'autoencoder' or an FNNAutoencoder (fitted or not). Got "
            f"{estimator.pretrain!r}."
        )
    return given


def _rows(estimator, data: Data, unlabeled):
    """Return training rows and unlabelled rows, and their weights or None."""
    own = data.own()
    if unlabeled is None:
        return own.X, own.weight
    try:
        unlabeled = validate_data(
            estimator, unlabeled, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False
        )
    except ValueError as error:
        raise ValueError(f"X_unlabeled: {error}") from error
    parts = [own.X, cast(unlabeled, own.X.dtype)]
    if any(sparse.issparse(part) for part in parts):
        rows = sparse.vstack([sparse.csr_array(part) for part in parts], format="csr")
    else:
        rows = np.vstack(parts)
    if own.weight is None:
        return rows, None
    return rows, np.append(own.weight, np.ones(parts[1].shape[0], own.weight.dtype))


class _EndedError(Exception):
    """The user wants no further layer to be trained."""


class _Greedy:
    """Trains an encoder for each layer.

    Attributes
    ----------
    phases : dict of str to History
        What was done.
    """

    def __init__(self, template: FNNAutoencoder, weight, rng: np.random.Generator) -> None:
        self.template, self.weight, self.rng = template, weight, rng
        self.phases: dict[str, History] = {}
        self.heeded = interrupts.heeded()

    def __call__(self, H, layer: Linear, function: Activation):
        if interrupts.heeded() != self.heeded:
            raise _EndedError
        number = len(self.phases) + 1
        initializer = layer.initializer
        if isinstance(initializer, Scaled):
            initializer = initializer.initializer
        coder = clone(self.template).set_params(
            hidden_layer_sizes=(layer.units,),
            activation=function,
            initializer=initializer,
            random_state=int(self.rng.integers(2**31)),
            warm_start=False,
        )
        with warnings.catch_warnings():  # a start, not a solution; history_ shows how far it came
            warnings.simplefilter("ignore", ConvergenceWarning)
            try:
                coder.fit(H, sample_weight=self.weight)
            except DivergenceError as error:
                where = f"It was in pretrain, hidden layer {number}."
                raise DivergenceError(error.detail, f"{where} {error.advice}") from error
            except ValueError as error:
                raise ValueError(f"pretrain, hidden layer {number}: {error}") from error
        self.phases[f"pretrain {number}"] = state_of(coder).history
        return coder.coefs_[0], coder.intercepts_[0]


class _Given:
    """Hands out the layers of a fitted encoder."""

    def __init__(self, coder: FNNAutoencoder, shapes: list[tuple[int, int]]) -> None:
        self.phases: dict[str, History] = {}
        layers = encoder(state_of(coder)).layers
        functions = [layer.activation for layer in layers if isinstance(layer, Activate)]
        weights = list(zip(coder.coefs_, coder.intercepts_, functions, strict=False))
        found = [W.shape for W, _, _ in weights]
        if found != shapes:
            raise ValueError(
                f"The encoder given as pretrain has weights of shapes {found}, the hidden layers "
                f"{shapes}. Give both the same sizes and features."
            )
        self._weights = iter(enumerate(weights, 1))

    def __call__(self, H, layer: Linear, function: Activation):
        number, (W, b, trained) = next(self._weights)
        if repr(trained) != repr(function):
            raise ValueError(
                f"pretrain, hidden layer {number}: the encoder has activation {trained!r}, the "
                f"network {function!r}. Give both the same."
            )
        return W, b


def _pretrain_upwards(network: Network, inside, layers, H, encoder: Callable, *, weight) -> None:
    """Set weights and running moments of some layers, from below.

    ``H`` is their input; it becomes the output of one after the other, in evaluation mode. Batch
    normalisation between a linear map and its activation starts by giving back what it is given, as
    the encoder was trained without it; elsewhere the layers above are trained on what it puts out.
    A learned projection beside a skip connection stays as it was drawn.
    """
    keep: set[int] = set()
    for i, layer in enumerate(layers):
        path = (*inside, i)
        if isinstance(layer, Linear):
            function, between = _activation_of(layers, i)
            arrays = network.views(network.values)[path]
            arrays["W"][...], arrays["b"][...] = encoder(H, layer, function)
            if isinstance(layer.initializer, Scaled):  # a small start beside a skip connection
                arrays["W"] *= layer.initializer.factor
                arrays["b"] *= layer.initializer.factor
            keep.update(between)
        elif isinstance(layer, BatchNorm):
            arrays, running = (
                network.views(network.values)[path],
                network.state_views(network.state)[path],
            )
            running["mean"][...], running["var"][...] = _moments(H, weight)
            if i in keep:
                arrays["beta"][...] = running["mean"]
                arrays["gamma"][...] = np.sqrt(running["var"] + layer.epsilon)
        elif layer.inner():
            _pretrain_upwards(network, path, layer.inner(), H, encoder, weight=weight)
        if not any(isinstance(a, (Linear, BatchNorm)) or a.inner() for a in layers[i + 1 :]):
            return
        if not layer.stochastic:  # off in evaluation mode
            H = Forward(network.part(i, i + 1, inside), H.shape[0])(H)


def _activation_of(layers, i) -> tuple[Activation, list[int]]:
    """Return the activation that follows a linear map, and where batch norms are between."""
    between: list[int] = []
    for j in range(i + 1, len(layers)):
        if isinstance(layers[j], (Activate, ParametricActivate)):
            return Activation.resolve(layers[j].activation, "activation"), between
        if isinstance(layers[j], BatchNorm):
            between.append(j)
        elif not layers[j].stochastic:
            break
    return Identity(), []


def _moments(H, weight):
    if not isinstance(H, np.ndarray):
        return mean_variance_axis(H, axis=0, weights=weight)
    mean = np.average(H, axis=0, weights=weight)
    return mean, np.average((H - mean) ** 2, axis=0, weights=weight)

"""FNNAutoencoder: a network that learns to give back its input through a layer of few units."""

from __future__ import annotations

from numbers import Real
from typing import Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array, gen_batches
from sklearn.utils.validation import validate_data

from .._engine.network.forward import CHUNK_ELEMENTS, Forward
from .._engine.network.network import Network
from .._engine.objective.loss import Loss
from .._engine.objective.metric import Metric
from .._engine.objective.targets import ReconstructionTarget
from .._engine.program.layer import Layer
from .._engine.support.component import unknown
from .._sklearn import Interval, available_if, check_sample_weight
from ..layers import L1Sparsity, Linear, Tied
from . import build
from .base import BaseFNN, is_minibatch
from .docstrings import declares
from .fitted import Fitted
from .parameters import ARCHITECTURE, Parameter

_OWN = {
    "hidden_layer_sizes": Parameter(
        ARCHITECTURE["hidden_layer_sizes"].allowed,
        "int or sequence of int",
        """
        Units of each layer of the encoder; the last is the code. The decoder has the same sizes in
        reverse, then the features.
        """,
    ),
    "activation": Parameter(
        ARCHITECTURE["activation"].allowed,
        "str, Activation or sequence of these",
        """
        Activation of the encoder's layers, the code included, one for all or one each. Each layer
        of the decoder has that of its counterpart; the output has the inverse link of the loss.
        """,
    ),
    "loss": Parameter(
        [str, Loss, callable],
        "str or Loss",
        """
        Loss of the reconstruction, summed over features: "squared_error" (halved) or another
        regression loss, with any X in the loss's range; "binary_crossentropy" (= "log_loss"), with
        X in [0, 1] and a logistic output; see :mod:`skfnn.losses`.
        """,
    ),
    "tied_weights": Parameter(
        ["boolean"],
        "bool",
        """
        Whether each layer of the decoder has the transposed weights of its counterpart in the
        encoder, with biases of its own.
        """,
    ),
    "noise": Parameter(
        [str, Layer, None],
        "str or Layer",
        """
        Corruption of the input in training: "masking" (:class:`~skfnn.layers.MaskingNoise`),
        "gaussian" (:class:`~skfnn.layers.GaussianNoise`), or a layer that draws random numbers.
        Minibatch solvers only.
        """,
    ),
    "sparsity": Parameter(
        [Interval(Real, 0, None, closed="left"), Layer],
        "float or Layer",
        """
        Penalty on the code. A number is the strength of an L1 penalty
        (:class:`~skfnn.layers.L1Sparsity`); or a :class:`~skfnn.layers.KLSparsity` (codes in
        (0, 1) only).
        """,
    ),
    "initializer": Parameter(
        ARCHITECTURE["initializer"].allowed,
        "str or Initializer",
        '"auto" (by activation), or a name or object of :mod:`skfnn.initializers`.',
    ),
}


@declares(
    _OWN,
    score="minus the validation loss",
    metrics='"mse", "mae", "r2"; scorers by name need a target and are not available',
    links='"identity", "logistic" or "exp"',
)
class FNNAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseFNN):
    r"""Autoencoder: a network that learns to give back its input through a layer of few units.

    The encoder maps a row to the values of its last layer, the code; the decoder, its mirror image,
    maps the code back. With linear units, squared error and no penalty the code spans the subspace
    of the first principal components. With ``noise`` it is a denoising autoencoder: the input is
    corrupted in training, the target is not.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    <attributes>

    See Also
    --------
    FNNClassifier, FNNRegressor : They take an autoencoder for pretraining (``pretrain=``).
    sklearn.decomposition.PCA : The best linear code under squared error.

    References
    ----------
    Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", 2006.

    Vincent et al., "Stacked Denoising Autoencoders", 2010.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skfnn import FNNAutoencoder
    >>> X = load_digits().data / 16
    >>> model = FNNAutoencoder((8,), "tanh", learning_rate_init=0.01, max_iter=50, tol=0.01,
    ...                        random_state=0).fit(X)
    >>> model.transform(X).shape
    (1797, 8)
    >>> share_lost = model.reconstruction_error(X).mean() / X.var(axis=0).mean()
    >>> bool(share_lost < 0.4)
    True
    """

    _kind = "regression"
    _default_metric = "loss"

    def __init__(
        self,
        hidden_layer_sizes=(32,),
        activation="relu",
        *,
        loss="squared_error",
        tied_weights=False,
        noise=None,
        sparsity=0.0,
        initializer="auto",
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        scoring=None,
        metrics=None,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        rho=0.9,
        clip_norm=None,
        n_iter_no_change=10,
        max_fun=15000,
        dtype="auto",
    ) -> None:
        self._store(locals())

    # ---------------------------------------------------------------- fitting

    def fit(self, X, y=None, sample_weight=None, *, X_val=None, sample_weight_val=None) -> Self:
        """Fit encoder and decoder.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, finite, in the range of the loss. Sparse rows are made dense batch by batch.
        y : None
            Ignored; for pipelines.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        X_val : {array-like, sparse matrix}, default=None
            Validation rows, followed in ``history_`` and used by ``early_stopping``.
        sample_weight_val : array-like, default=None
            Weights of the validation rows.

        Returns
        -------
        FNNAutoencoder
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data is invalid, or training diverges.
        """
        if X_val is None and sample_weight_val is not None:
            raise ValueError("sample_weight_val has no effect without X_val. Give both.")
        return self._fit(X, X, sample_weight, validation=(X_val, X_val, sample_weight_val))

    @available_if(is_minibatch)
    def partial_fit(self, X, y=None, sample_weight=None) -> Self:
        """Train for one epoch on the given rows, going on from earlier calls.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, finite, in the range of the loss.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights; they count as they are, not relative to the mean of the call.

        Returns
        -------
        FNNAutoencoder
            The fitted estimator.

        Raises
        ------
        ValueError
            If ``early_stopping=True``, if the data is invalid, or if training diverges.
        """
        return self._fit(X, X, sample_weight, incremental=True)

    def _check_call(self, incremental):
        super()._check_call(incremental)
        given = [] if self.metrics is None else self.metrics
        for parameter, specs in (
            ("metrics", [given] if isinstance(given, (str, Metric)) or callable(given) else given),
            ("scoring", [self.scoring] if self.scoring != "loss" else []),
        ):
            for spec in specs:
                if isinstance(spec, str) and spec not in Metric.registry:
                    allowed = [n for n, m in Metric.registry.items() if m.of == self._kind]
                    raise ValueError(
                        unknown(parameter, spec, "metric of an autoencoder", allowed)
                        + ", or a callable scorer(estimator, X, y), whose y is None."
                    )

    def _noise(self):
        """Return the layers that corrupt the input: one or none."""
        if self.noise is None:
            return []
        drawing = {name: cls for name, cls in Layer.registry.items() if cls.stochastic}
        if isinstance(self.noise, str) and self.noise not in drawing:
            raise ValueError(
                unknown("noise", self.noise, "noise", drawing)
                + ", or an instance of these layers of skfnn.layers."
            )
        layer = Layer.resolve(self.noise, "noise")
        if not layer.stochastic:
            raise ValueError(
                f"noise={layer!r} draws no random numbers. Allowed are instances of "
                f"{sorted({cls.__name__ for cls in drawing.values()})} of skfnn.layers."
            )
        return [layer]

    def _penalty(self, code):
        """Return the layers that penalise the code: one or none."""
        if isinstance(self.sparsity, Real):
            return [L1Sparsity(float(self.sparsity))] if self.sparsity else []
        layer = Layer.resolve(self.sparsity, "sparsity")
        allowed = ("l1_sparsity", "kl_sparsity")
        if getattr(layer, "name", None) not in allowed:
            raise ValueError(
                f"sparsity={layer!r} is not a penalty. Allowed are a number, L1Sparsity and "
                "KLSparsity of skfnn.layers."
            )
        if layer.name == "kl_sparsity" and code.activation.name != "logistic":
            raise ValueError(
                f"sparsity={layer!r} needs codes in (0, 1): activation='logistic' in the last "
                f"layer of the encoder. Got activation={self.activation!r}."
            )
        return [layer]

    def _layers(self):
        noise, encoder = self._noise(), build.hidden_layers(self)
        if not encoder:
            raise ValueError(
                "hidden_layer_sizes=() leaves no layer for the code. Give at least one size."
            )
        decoder = []
        for i in range(len(encoder) - 4, -1, -2):  # linear map and activation take turns
            position = len(noise) + i + 2
            decoder += [self._mirror(encoder[i].units, position), encoder[i + 1]]
        return [*noise, *encoder, *self._penalty(encoder[-1]), *decoder]

    def _mirror(self, units, position):
        """Return the decoder's counterpart of the linear map at ``position``."""
        return Tied(units, position) if self.tied_weights else Linear(units, self.initializer)

    def _output_layer(self, target, loss):
        return self._mirror(target.n_outputs, len(self._noise()))

    def _validate(self, X, y, reset):
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=reset)
        return X, X  # the target is X

    def _make_target(self, y, resumes, incremental, classes):
        return ReconstructionTarget(y.shape[1])

    def _encode_y(self, y, target, loss):
        values = y if isinstance(y, np.ndarray) else y.data
        if values.size < y.shape[0] * y.shape[1]:  # zeros that are not stored
            values = np.append(values, 0.0)
        low, high = values.min(), values.max()
        if loss.probabilistic:
            right, domain = low >= 0 and high <= 1, "in [0, 1]"
        else:
            right, domain = loss.in_domain(values), loss.domain
        if not right:
            raise ValueError(
                f"loss={self.loss!r} needs X {domain}. Got values from {low} to {high}."
            )
        return None

    def _code_end(self):
        return len(self._noise()) + 2 * len(np.atleast_1d(self.hidden_layer_sizes))

    # ---------------------------------------------------------------- use

    def transform(self, X) -> np.ndarray:
        """Return the codes of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples, hidden_layer_sizes[-1])
            Outputs of the encoder's last layer, in the precision of X.
        """
        fitted, X = self._learned(), self._checked(X)
        return Forward(encoder(fitted), X.shape[0], X.dtype)(X)

    def inverse_transform(self, X) -> np.ndarray:
        """Return the rows that codes stand for.

        Parameters
        ----------
        X : array-like of shape (n_samples, hidden_layer_sizes[-1])
            Codes.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Outputs of the decoder.

        Raises
        ------
        ValueError
            If the number of columns is not that of the code.
        """
        fitted = self._learned()
        X = check_array(X, dtype=(np.float64, np.float32))
        decoder = fitted.network.part(fitted.code_end, len(fitted.network.layers))
        if X.shape[1] != decoder.n_inputs:
            raise ValueError(
                f"X must have the {decoder.n_inputs} columns of the code. Got shape {X.shape}."
            )
        return fitted.loss.predict(Forward(decoder, X.shape[0], X.dtype)(X))

    def reconstruction_error(self, X):
        """Return the mean squared error of each row's reconstruction.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples,)
            Mean over features of the squared difference, in squared units of X, whatever the loss
            is.
        """
        fitted, X = self._learned(), self._checked(X)
        forward = Forward(fitted.network, X.shape[0], X.dtype)
        errors = np.empty(X.shape[0], X.dtype)
        for rows in gen_batches(X.shape[0], max(1, 8 * CHUNK_ELEMENTS // X.shape[1])):
            given = X[rows] if isinstance(X, np.ndarray) else X[rows].toarray()
            errors[rows] = ((fitted.loss.predict(forward(X[rows])) - given) ** 2).mean(axis=1)
        return errors

    def score(self, X, y=None, sample_weight=None) -> float:
        """Return minus the mean reconstruction error; larger is better, 0 the best.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
            Minus the (weighted) mean of :meth:`reconstruction_error`.
        """
        errors = self.reconstruction_error(X)
        if sample_weight is not None:
            sample_weight = check_sample_weight(sample_weight, X, ensure_non_negative=True)
        return -float(np.average(errors, weights=sample_weight))

    def evaluate(self, X, y=None, sample_weight=None) -> dict[str, float]:  # type: ignore[override]
        """Return loss and metrics on given rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        dict of str to float
            "loss" (mean per row, without penalties), then the estimator's ``metrics``, or "mse"
            where ``metrics=None``.
        """
        return super().evaluate(X, X, sample_weight)

    def _metrics(self, default):
        return super()._metrics("mse" if default == self._default_metric else default)

    def _checked(self, X):
        return validate_data(
            self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False
        )

    @property
    def _n_features_out(self):
        return encoder(self._published("_n_features_out")).n_outputs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def encoder(fitted: Fitted) -> Network:
    """Return the encoder of an autoencoder: its network up to the code."""
    return fitted.network.part(0, fitted.code_end)

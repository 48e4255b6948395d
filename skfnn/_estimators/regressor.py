"""FNNRegressor: the regressor of arrays of numbers."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d

from .._engine.objective.loss import Loss
from .._engine.objective.targets import RegressionTarget, check_columns
from .._sklearn import available_if
from .advice import laplace_losses
from .base import BaseFNN, is_minibatch
from .docstrings import declares
from .fitted import of_mean
from .interchange import from_sklearn, to_sklearn
from .introspection import Given
from .parameters import Parameter
from .pretraining import pretrain
from .uncertainty import Uncertain, Weighed

_OWN = {
    "loss": Parameter(
        [str, Loss, callable],
        "str or Loss",
        """
        "squared_error", "huber", "absolute_error", "quantile" (the median; another by
        ``Quantile(quantile=...)``), "poisson" (y >= 0, log link), "gamma" (y > 0, log link); with a
        distribution "gaussian" (mean and variance), "quantiles" (several, by ``Quantiles([...])``),
        "negative_binomial" (counts); see :mod:`skfnn.losses`. Several outputs add up.
        """,
    )
}


@declares(
    _OWN,
    score="R2",
    metrics='"mse", "mae", "r2"',
    links='"identity" or "exp"',
)
class FNNRegressor(RegressorMixin, Uncertain, Weighed, BaseFNN):
    """Feedforward neural network for regression.

    It stands wherever ``sklearn.neural_network.MLPRegressor`` does, with the same parameters and
    attributes (``loss`` is keyword-only), and adds per-layer activations, dropout, batch
    normalisation, skip connections, more losses and optimizers, validation data and a history of
    metrics.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    <attributes>

    See Also
    --------
    FNNClassifier : The same network for classification.
    sklearn.neural_network.MLPRegressor : The estimator whose interface it keeps.

    References
    ----------
    Goodfellow, Bengio and Courville, "Deep Learning", MIT Press 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skfnn import FNNRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> network = FNNRegressor(
    ...     (50,), learning_rate_init=0.01, early_stopping=True, max_iter=500, random_state=1
    ... )
    >>> model = make_pipeline(StandardScaler(), network)
    >>> model.fit(X, y).score(X, y) > 0.5
    True
    """

    _kind = "regression"
    _default_metric = "r2"
    _pretrain = pretrain
    to_sklearn = to_sklearn
    from_sklearn = classmethod(from_sklearn)

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        loss="squared_error",
        hidden_layers=None,
        dropout=0.0,
        batch_norm=None,
        skip_connections=False,
        initializer="auto",
        monotonic_cst=None,
        pretrain=None,
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

    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None,
            X_unlabeled=None, calibration_groups=None, calibration_groups_val=None,
            offset=None, offset_val=None) -> Self:  # fmt: skip
        """Fit the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, finite.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, in the range of the loss.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        X_val, y_val : array-like, default=None
            Validation data, followed in ``history_`` and used by ``early_stopping``.
        sample_weight_val : array-like, default=None
            Weights of the validation rows.
        X_unlabeled : {array-like, sparse matrix}, default=None
            More rows for ``pretrain``, of weight 1. Not used where a warm start goes on.
        calibration_groups : str or array-like of shape (n_samples,), default=None
            Groups for each of which the intervals of ``predict_interval`` are to hold: the name of
            a column of X, or a label per row.
        calibration_groups_val : array-like of shape (n_validation_samples,), default=None
            The labels of the validation rows.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Raw scores that are known, to which the network adds its own: the logarithm of an
            exposure for a loss with a log link, the margin of another model. Predictions need it,
            too.
        offset_val : array-like, default=None
            Those of the validation rows.

        Returns
        -------
        FNNRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data is invalid, or training diverges.
        """
        validation = X_val, y_val, sample_weight_val
        groups = calibration_groups, calibration_groups_val
        return self._fit(
            X, y, sample_weight, validation=validation, X_unlabeled=X_unlabeled, groups=groups,
            offsets=(offset, offset_val),
        )  # fmt: skip

    @available_if(is_minibatch)
    def partial_fit(self, X, y, sample_weight=None, *, offset=None) -> Self:
        """Train for one epoch on the given rows, going on from earlier calls.

        Optimizer, learning-rate schedule and random streams go on as in one fit. Weights count as
        they are, not relative to the mean of the call.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, finite.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, in the range of the loss.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``: in all calls or in none.

        Returns
        -------
        FNNRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If ``early_stopping=True``, if the data is invalid, or if training diverges.
        """
        return self._fit(X, y, sample_weight, incremental=True, offsets=(offset, None))

    @classmethod
    def from_weights(cls, coefs, intercepts, activation="relu", *, loss="squared_error", **params):
        """Return a network with given weights, to be used without training.

        It predicts, prints, pickles, goes on by ``partial_fit`` or ``warm_start``, as if it had
        been fitted in no epoch; a clone starts anew.

        Parameters
        ----------
        coefs : list of array-like of shape (fan_in, fan_out)
            Weights of each layer, the output layer last.
        intercepts : list of array-like of shape (fan_out,)
            Biases of each layer.
        activation : str, Activation or sequence of these, default="relu"
            Activation of the hidden layers, one for all or one each.
        loss : str or Loss, default="squared_error"
            Its inverse link is the output's activation: the identity, or exp.
        **params : dict
            The other parameters of the constructor. ``hidden_layer_sizes`` follows from ``coefs``.

        Returns
        -------
        FNNRegressor
            The network, in double precision if any array is, else in single.

        Raises
        ------
        ValueError
            If the shapes do not fit together, or a number is not finite.

        Examples
        --------
        >>> from skfnn import FNNRegressor
        >>> hat = FNNRegressor.from_weights(  # 1 - |x| from two ReLU units
        ...     coefs=[[[1, -1]], [[-1], [-1]]], intercepts=[[0, 0], [1]]
        ... )
        >>> hat.predict([[-1.0], [0.0], [0.5]]).tolist()
        [0.0, 1.0, 0.5]
        """
        given = Given(coefs, intercepts, {"activation": activation, "loss": loss, **params})
        return cls._with_weights(given, lambda k: RegressionTarget(k, k == 1))

    def _make_target(self, y, resumes, incremental, classes):
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if resumes:
            return self._fitted.target
        return RegressionTarget(1 if y.ndim == 1 else y.shape[1], y.ndim == 1)

    def _encode_y(self, y, target, loss):
        check_columns(y, target.n_outputs)
        if not loss.in_domain(y):
            raise ValueError(
                f"loss={self.loss!r} needs y {loss.domain}. Got values from {np.min(y)} to "
                f"{np.max(y)}."
            )
        y = np.asarray(y, dtype=np.float64)
        return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y

    def predict(self, X, return_std=False, *, offset=None) -> Any:
        """Return predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        return_std : bool, default=False
            Whether to return the standard deviations of the targets, too; after a fit with the
            loss "gaussian" or "negative_binomial", or with ``solver="lm"`` and squared errors.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        predictions : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Means, medians or quantiles, by loss.
        std : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Only if ``return_std``.

        Raises
        ------
        ValueError
            If the fit has no standard deviations to return.
        """
        fitted, raw = self._scored(X, offset)
        predictions = fitted.target.decide(raw, fitted.loss)
        if not return_std:
            return predictions
        return predictions, self._std(self._described(fitted, X, raw))

    def epistemic_std(self, X):
        """Return how unsure the predictions are because the weights are.

        It is one part of what ``predict(X, return_std=True)`` returns: the squares of this part and
        ``noise_variance_`` (with the loss "gaussian", the predicted variance) add up. It grows away
        from the training data; noise does not. By Laplace's method, linearised: after
        ``solver="lm"``, with the losses "squared_error", "huber" and "gaussian".

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Standard deviations of the mean.

        Raises
        ------
        ValueError
            If the fit does not know.
        """
        fitted = self._learned()
        if not fitted.knows_weights:
            raise ValueError(
                "epistemic_std needs a fit with solver='lm' and one of the losses "
                f"{laplace_losses()}. This fit has loss={self.loss!r}, solver={self.solver!r}."
            )
        X = self._validate_features(X)
        return self._outputs(np.sqrt(of_mean(fitted.network, fitted.loss, fitted.posterior, X)))

    @property
    def noise_variance_(self):
        """Variance of the noise, of one output or an array of several, after solver="lm"."""
        noise = self._posterior("noise_variance_").noise
        return float(noise[0]) if self._fitted.target.one_dimensional else noise.copy()

    def score(self, X, y, sample_weight=None, *, offset=None) -> float:
        """Return the coefficient of determination.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        float
            R2, the mean of several outputs.
        """
        return r2_score(y, self.predict(X, offset=offset), sample_weight=sample_weight)

    def _located(self, X, offset=None):
        fitted, raw = self._scored(X, offset)
        return self._described(fitted, X, raw)

    def _described(self, fitted, X, raw):
        """Return what raw scores say of targets; X is checked only where it counts."""
        if not fitted.knows_weights:
            return fitted.loss.distribution(raw)
        return fitted.described(self._validate_features(X), raw)

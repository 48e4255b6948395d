"""The regressor of raw tables."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import column_or_1d

from .._engine.distribution import Calibration, Located
from .._engine.evaluation import data_loss
from .._engine.loss import Loss
from .._engine.targets import RegressionTarget, check_columns
from .._estimators.uncertainty import Uncertain
from ..metrics import R2
from ._base import BaseTabular
from ._docs import documented
from ._held_out import together

# Larger targets cannot be squared, as scores need them.
LARGEST_TARGET = 1e150


@documented(
    extra="""loss : str or Loss, default="squared_error"
    "squared_error", "huber" (its ``delta`` in standard deviations of y), "absolute_error",
    "quantile" (another than the median by ``Quantile(quantile=...)``), "poisson" (y >= 0),
    "gamma" (y > 0); with a distribution "gaussian", "quantiles" (or ``Quantiles([...])``) and
    "negative_binomial" (counts). See :mod:`skfnn.losses`.
""",
    attributes="""oof_prediction_ : ndarray of shape (n_samples,) or (n_samples, n_outputs), or None
    Predictions of training rows by the members that were not trained on them, NaN where there is
    none; None without held-out rows.
""",
)
class TabularFNNRegressor(RegressorMixin, Uncertain, BaseTabular):
    """Regressor for raw tables: an ensemble of networks that needs no preparation or tuning.

    It takes a DataFrame as it is: numbers on any scale and with missing values, categories,
    booleans, dates, text (:class:`skfnn.preprocessing.TabularEncoder`); targets on any scale. Each
    member is a network with embedded numbers, trained on all folds of the rows but one; the
    held-out fold tells its best epoch. Predictions are the members' mean, within the range of the
    training targets.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    <attributes>

    See Also
    --------
    TabularFNNClassifier : The same for classes.
    FNNRegressor : One network, whose every part can be chosen.

    References
    ----------
    Holzmueller, Grinsztajn and Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted
    Trees on Tabular Data", 2024. Gorishniy, Kotelnikov and Babenko, "TabM: Advancing Tabular
    Deep Learning with Parameter-Efficient Ensembling", 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn import TabularFNNRegressor
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> y = 1e6 * np.sin(X[:, 0])
    >>> model = TabularFNNRegressor(n_members=3, max_iter=60, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.95
    True
    >>> low, high = model.predict_interval(X, coverage=0.9).T
    >>> bool(np.mean((low <= y) & (y <= high)) > 0.85)
    True
    """

    _task = "regression"
    _default_metric = "r2"
    _parameter_constraints: ClassVar[dict] = {
        **BaseTabular._parameter_constraints,
        "loss": [str, Loss, callable],
    }

    def __init__(
        self,
        *,
        recipe="ensemble",
        loss="squared_error",
        categorical_features="from_dtype",
        column_kinds=None,
        hidden_layer_sizes=None,
        n_members=None,
        numeric_embedding="recipe",
        max_iter=None,
        batch_size=None,
        learning_rate_init=None,
        dropout=None,
        weight_decay=None,
        validation_fraction=0.2,
        refit=False,
        metrics=None,
        time_limit=None,
        n_jobs=None,
        random_state=None,
        verbose=False,
    ) -> None:
        super().__init__(
            recipe=recipe,
            categorical_features=categorical_features,
            column_kinds=column_kinds,
            hidden_layer_sizes=hidden_layer_sizes,
            n_members=n_members,
            numeric_embedding=numeric_embedding,
            max_iter=max_iter,
            batch_size=batch_size,
            learning_rate_init=learning_rate_init,
            dropout=dropout,
            weight_decay=weight_decay,
            validation_fraction=validation_fraction,
            refit=refit,
            metrics=metrics,
            time_limit=time_limit,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
        )
        self.loss = loss

    def fit(
        self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None
    ) -> Self:
        """Fit the ensemble.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, in the range of the loss.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        X_val, y_val : DataFrame or array-like, default=None
            Validation data: then every member is trained on all rows of X.
        sample_weight_val : array-like, default=None
            Its weights.

        Returns
        -------
        TabularFNNRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data is invalid.
        """
        return self._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)

    def _make_target(self, y):
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        loss = Loss.resolve(self.loss, "loss")
        if "regression" not in loss.kinds:
            allowed = sorted(n for n, c in Loss.registry.items() if "regression" in c.kinds)
            raise ValueError(f"loss={self.loss!r} is not a loss of numbers. Allowed are {allowed}.")
        loss = loss.specialise("regression")
        self._check_domain(y, loss)
        y = y.astype(np.float64)
        self._range = y.min(axis=0), y.max(axis=0)
        largest = np.abs(y).max()
        if largest > LARGEST_TARGET:
            raise ValueError(
                f"y has values up to {largest:.3g}, whose squares are no numbers any more. Divide "
                "y by a constant."
            )
        power = np.frexp(largest)[1]  # near 1, squares do not vanish; by two, no digit changes
        mean, deviation = (
            np.ldexp(f(np.ldexp(y, -power), axis=0), power) for f in (np.mean, np.std)
        )
        if not loss.link.unbounded:  # targets keep their sign
            spread = mean if loss.scalable else np.ones_like(mean)
            self._shift = np.zeros_like(y[0])
        else:
            self._shift, spread = mean, deviation
        self._spread = np.where(spread > 0, spread, 1.0)
        target = RegressionTarget(1 if y.ndim == 1 else y.shape[1], y.ndim == 1)
        return target, loss, (y - self._shift) / self._spread

    def _check_domain(self, y, loss):
        if not loss.in_domain(y):
            raise ValueError(
                f"loss={self.loss!r} needs y {loss.domain}. Got values from {np.min(y)} to "
                f"{np.max(y)}."
            )

    def _encode_more(self, y, target, loss):
        check_columns(y, target.n_outputs)
        self._check_domain(y, loss)
        return (y.reshape(len(y), *np.shape(self._shift)) - self._shift) / self._spread

    def _learn_from_held_out(self, data, held):
        self.oof_prediction_ = self._calibration = None
        if not held:
            return
        if held[0][0].rows is not None:
            self.oof_prediction_ = np.full(data.y.shape, np.nan)
            for part, raws in held:
                self.oof_prediction_[part.rows] = self._mean(raws)
        y, weight, number = together([(data, self._mean(raws)) for data, raws in held])
        raw = np.concatenate([self._pooled(raws) for _, raws in held])
        y = (y * self._spread + self._shift).reshape(len(y), -1)
        found = self._described(raw, number)
        self._calibration = Calibration(found.score(y), weight)

    def _number(self, raw):
        """Return the predictions of one member's raw scores."""
        mean = self._target.decide(raw.astype(np.float64), self._loss)
        return np.clip(mean * self._spread + self._shift, *self._range)

    def _pooled(self, raws):
        """Return the raw scores that stand for those of all members."""
        if len(raws) == 1:
            return raws[0]
        return self._loss.pool(np.hstack(raws), self._target.n_outputs)

    def _described(self, raw, number) -> Located:
        """Return what raw scores say of targets in the user's unit, around these predictions."""
        found = self._loss.distribution(raw.astype(np.float64))
        found = found.affine(self._shift, self._spread)
        if found.is_distribution:
            return found
        return Located(number.reshape(found.center.shape), found.scale, found.low)

    def _located(self, X):
        raws = self._raws(self._encoded(X))
        raw = self._loss.pool(np.hstack(raws), self._target.n_outputs)
        return self._described(raw, self._mean(raws))

    def predict(self, X, return_std=False) -> Any:
        """Return predictions.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``; unseen levels count as missing.
        return_std : bool, default=False
            Whether to return the standard deviations of the targets, too; after a fit with the
            loss "gaussian" or "negative_binomial". Where the members differ, they are larger.

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
        raws = self._raws(self._encoded(X))
        predictions = self._mean(raws)
        if not return_std:
            return predictions
        raw = self._loss.pool(np.hstack(raws), self._target.n_outputs)
        return predictions, self._std(self._described(raw, predictions))

    def _mean(self, raws):
        """Return the mean of the members' predictions."""
        return np.mean([self._number(raw) for raw in raws], axis=0)

    def _evaluation(self, raws, y, weight):
        predicted = (self._mean(raws) - self._shift) / self._spread
        if self._loss.parameters > 1:
            raw = self._loss.pool(np.hstack(raws), self._target.n_outputs)
        elif not self._loss.link.unbounded:
            raw = np.log(np.maximum(predicted, np.finfo(np.float64).tiny)).reshape(len(y), -1)
        else:
            raw = predicted.reshape(len(y), -1)
        return {
            "loss": data_loss(self._loss, self._target, y, raw, weight),
            "r2": R2()(y, predicted, weight),
        }

    def _measured(self, metric, raws, y, weight):
        found = self._mean(raws)
        if metric.of_distribution:
            raw = self._loss.pool(np.hstack(raws), self._target.n_outputs)
            found = self._described(raw, found)
        return metric(y * self._spread + self._shift, found, weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

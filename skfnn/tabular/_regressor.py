"""The regressor of raw tables."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_is_fitted

from .._engine.objective.loss import Loss
from .._engine.objective.targets import RegressionTarget
from .._estimators.parameters import Parameter
from .._estimators.uncertainty import Uncertain
from .._sklearn import StrOptions
from ._base import BaseTabular
from ._fitted_numbers import FittedNumbers, Scale, check_domain
from ._followed import Given
from ._parameters import declares

OWN = {
    "loss": Parameter(
        [str, Loss, callable],
        "str or Loss",
        """
        "squared_error", "huber" (its ``delta`` in standard deviations of y), "absolute_error",
        "quantile" (another than the median by ``Quantile(quantile=...)``), "poisson" (y >= 0),
        "gamma" (y > 0); with a distribution "gaussian", "quantiles" (or ``Quantiles([...])``) and
        "negative_binomial" (counts). See :mod:`skfnn.losses`.
        """,
    ),
    "interval_width": Parameter(
        [StrOptions({"adaptive", "equal"})],
        '{"adaptive", "equal"}',
        """
        How wide the intervals of ``predict_interval`` are, of losses without a distribution.
        "adaptive": by row, as small networks have learned from the errors of held-out rows; equal
        where that brings nothing. "equal": the same for all rows (with "poisson", "gamma" and
        "tweedie", by what is predicted). Quantiles and samples follow.
        """,
    ),
}


@declares(
    OWN,
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

    _kind = "regression"
    _default_metric = "r2"

    def __init__(
        self,
        *,
        recipe="ensemble",
        loss="squared_error",
        interval_width="adaptive",
        categorical_features="from_dtype",
        column_kinds=None,
        hidden_layer_sizes=None,
        n_members=None,
        numeric_embedding="recipe",
        monotonic_cst=None,
        max_iter=None,
        batch_size=None,
        learning_rate_init=None,
        dropout=None,
        weight_decay=None,
        validation_fraction=0.2,
        refit=False,
        metrics=None,
        blend="auto",
        cv=None,
        scoring=None,
        time_limit=None,
        warm_start=False,
        n_jobs=None,
        random_state=None,
        verbose=False,
    ) -> None:
        self._store(locals())

    def fit(self, X, y=None, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None,
            calibration_groups=None, calibration_groups_val=None, offset=None,
            offset_val=None, groups=None) -> Self:  # fmt: skip
        """Fit the ensemble.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features), path, dataset or callable
            Raw columns. For tables that do not fit into memory (docs/scale_out.md): a path, or
            pattern of paths, of Parquet or CSV files, a folder with such files, a pyarrow dataset,
            or a function that returns an iterator of (X, y), or of tables with the column ``y``.
        y : str, list of str or array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, in the range of the loss; or names of columns.
        sample_weight : str or array-like of shape (n_samples,), default=None
            Non-negative weights, or the name of their column.
        X_val, y_val : DataFrame or array-like, default=None
            Validation data: then every member is trained on all rows of X.
        sample_weight_val : array-like, default=None
            Its weights.
        calibration_groups : str or array-like of shape (n_samples,), default=None
            Groups for each of which the intervals of ``predict_interval`` are to hold: the name of
            a column of X, or a label per row.
        calibration_groups_val : array-like of shape (n_validation_samples,), default=None
            The labels of the validation rows.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Raw scores that are known, to which the networks add theirs: the logarithm of an
            exposure for a loss with a log link, the margin of another model; for others in the unit
            of y. Predictions need it, too.
        offset_val : array-like, default=None
            Those of the validation rows.
        groups : str or array-like of shape (n_samples,), default=None
            The group of each row, or the name of their column: folds, and all that is learned
            across them, keep rows of a group together (``cv``).

        Returns
        -------
        TabularFNNRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data is invalid.
        """
        return self._fit_given(
            Given(X, y, sample_weight), Given(X_val, y_val, sample_weight_val), groups,
            calibration_groups=(calibration_groups, calibration_groups_val),
            offsets=(offset, offset_val),
        )  # fmt: skip

    def partial_fit(self, X, y, sample_weight=None) -> Self:
        """Go on with further rows of the same columns; the first call begins.

        Members train on the new rows alone, for a quarter of the epochs that a fit would have.
        What columns are, their scales and bins stay those of the first call; new levels of
        categories get places, and counts and means of levels go on. Rows that are held out stay
        held out; with fewer than 2,000 new rows, those before them tell temperature and intervals,
        too.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns.
        y : str or array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, or the name of their column.
        sample_weight : str or array-like of shape (n_samples,), default=None
            Non-negative weights, or the name of their column.

        Returns
        -------
        TabularFNNRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data is invalid, or an ordinary fit has kept nothing to go on
            from.
        """
        return self._go_on(Given(X, y, sample_weight), None)

    def _begun(self, encoder, y, weight, names=None):
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        loss = Loss.resolve(self.loss, "loss")
        if "regression" not in loss.kinds:
            allowed = sorted(n for n, c in Loss.registry.items() if "regression" in c.kinds)
            raise ValueError(f"loss={self.loss!r} is not a loss of numbers. Allowed are {allowed}.")
        loss = loss.specialise("regression")
        check_domain(y if weight is None else y[weight > 0], loss, self.loss)
        y = y.astype(np.float64)
        target = RegressionTarget(1 if y.ndim == 1 else y.shape[1], y.ndim == 1)
        scale = Scale.of(y, loss, weight)
        return FittedNumbers(
            encoder, target, loss, scale=scale, given_loss=self.loss, adaptive=self._adaptive(loss)
        ), scale.encode(y)

    def _adaptive(self, loss):
        """Return whether the widths of intervals are learned."""
        known = loss.describes.is_distribution
        if known and self.interval_width == "equal":
            raise ValueError(
                f"interval_width='equal' has no effect with loss={self.loss!r}, whose distribution "
                "says how wide intervals are. Choose another loss, or interval_width='adaptive'."
            )
        return not known and self.interval_width == "adaptive"

    def _located(self, X, offset=None):
        return self._fitted.found(X, offset)

    def predict(self, X, return_std=False, *, offset=None) -> Any:
        """Return predictions.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``; unseen levels count as missing.
        return_std : bool, default=False
            Whether to return the standard deviations of the targets, too; after a fit with the
            loss "gaussian" or "negative_binomial". Where the members differ, they are larger.
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
        check_is_fitted(self)
        fitted = self._fitted
        scored = fitted.scored(X, offset)
        predictions = fitted.mean(*scored)
        if not return_std:
            return predictions
        found = fitted.located(fitted.of_all(*scored), predictions)
        return predictions, self._std(found)

    def score(self, X, y, sample_weight=None, *, offset=None) -> float:
        """Return the coefficient of determination.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

"""The classifier of raw tables."""

from __future__ import annotations

from numbers import Real
from typing import Self

import numpy as np
from scipy.special import logit
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_is_fitted

from .._engine.objective.link import LEAST
from .._engine.objective.targets import ClassTarget, SoftTarget, class_weights, is_soft
from .._engine.objective.weights import mean_one_where_positive
from .._estimators.parameters import Parameter
from .._estimators.sets import PredictsSets
from .._sklearn import Interval, StrOptions
from ..losses import LogLoss
from ._base import BaseTabular
from ._fitted_classes import FittedClasses
from ._followed import Given
from ._label_weights import BalancedLabels
from ._parameters import declares

OWN = {
    "label_smoothing": Parameter(
        [Interval(Real, 0, 1, closed="left"), None],
        "float in [0, 1)",
        """
        Share of each training target's probability that is spread evenly over the classes; None is
        the recipe's (0.1, "tabm-mini" 0).
        """,
    ),
    "class_weight": Parameter(
        [StrOptions({"balanced"}), dict, None],
        '{"balanced"} or dict',
        """
        Weights of the classes, multiplied with sample weights. "balanced" gives all classes the
        same sum of weights; of several labels (a 0 / 1 matrix), no and yes of each.
        """,
    ),
}


@declares(
    OWN,
    attributes="""classes_ : ndarray of shape (n_classes,)
    Class labels, sorted.
oof_prediction_ : ndarray of shape (n_samples, n_classes) or None
    Probabilities of training rows by the members that were not trained on them, NaN where there
    is none; None without held-out rows.
temperature_ : float
    What raw scores are divided by, fitted on held-out rows.
sharpening_ : float
    The exponent of the members' mean probabilities, from 1 to 1.2; it grows with the members'
    disagreement.
""",
)
class TabularFNNClassifier(ClassifierMixin, PredictsSets, BaseTabular):
    """Classifier for raw tables: an ensemble of networks that needs no preparation or tuning.

    It takes a DataFrame as it is: numbers on any scale and with missing values, categories,
    booleans, dates, text (:class:`skfnn.preprocessing.TabularEncoder`). Each member is a network
    with embedded numbers, trained on all folds of the rows but one; the held-out fold tells its
    best epoch, by the squared class error times the log-loss that is left after temperature
    scaling. Probabilities are the members' mean, tempered by what all held-out rows tell, sharpened
    by how much the members disagree, and, with three classes and more, scaled by what held-out rows
    tell of each class.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    <attributes>

    See Also
    --------
    TabularFNNRegressor : The same for numbers.
    FNNClassifier : One network, whose every part can be chosen.

    References
    ----------
    Holzmueller, Grinsztajn and Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted
    Trees on Tabular Data", 2024. Berta, Holzmueller, Jordan and Bach, "Rethinking Early Stopping:
    Refine, Then Calibrate", 2025; "Structured Matrix Scaling for Multi-Class Calibration", 2025.
    Gorishniy, Kotelnikov and Babenko, "TabM: Advancing Tabular Deep Learning with
    Parameter-Efficient Ensembling", 2024.

    Examples
    --------
    >>> import pandas as pd
    >>> from skfnn import TabularFNNClassifier
    >>> X = pd.DataFrame({"size": [1.0, 2.0, None, 4.0] * 25, "colour": ["red", "blue"] * 50})
    >>> y = (X["size"].fillna(3) > 1.5) & (X["colour"] == "red")
    >>> model = TabularFNNClassifier(n_members=2, max_iter=10, random_state=0).fit(X, y)
    >>> model.score(X, y), model.predict_proba(X).shape
    (1.0, (100, 2))
    """

    _kind = "classification"
    _default_metric = "accuracy"

    def __init__(
        self,
        *,
        recipe="ensemble",
        label_smoothing=None,
        class_weight=None,
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
        y : array-like of shape (n_samples,), (n_samples, n_labels) or (n_samples, n_classes)
            Class labels, or a 0 / 1 matrix of labels (multilabel); or names of columns of X, a
            str or a list of str. Rows of floats that sum to 1, some of them strictly between 0
            and 1, are soft targets: probabilities of the classes, which are the columns of a
            DataFrame, in sorted order, or 0, 1, ... Folds go by the largest.
        sample_weight : str or array-like of shape (n_samples,), default=None
            Non-negative weights, or the name of their column.
        X_val, y_val : DataFrame or array-like, default=None
            Validation data: then every member is trained on all rows of X.
        sample_weight_val : array-like, default=None
            Its weights.
        calibration_groups : str or array-like of shape (n_samples,), default=None
            Groups for each of which the sets of ``predict_set`` are to hold: the name of a
            column of X, or a label per row.
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
        TabularFNNClassifier
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

    def partial_fit(self, X, y, sample_weight=None, classes=None) -> Self:
        """Go on with further rows of the same columns; the first call begins.

        Members train on the new rows alone, for a quarter of the epochs that a fit would have.
        What columns are, their scales and bins stay those of the first call; new levels of
        categories get places, and counts and means of levels go on. Rows that are held out stay
        held out; with fewer than 2,000 new rows, those before them tell temperature and sets,
        too.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns.
        y : str or array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, or the name of their column.
        sample_weight : str or array-like of shape (n_samples,), default=None
            Non-negative weights, or the name of their column.
        classes : array-like of shape (n_classes,), default=None
            All classes that there will be; by default those of the first call.

        Returns
        -------
        TabularFNNClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data is invalid, or an ordinary fit has kept nothing to go on
            from.
        """
        return self._go_on(Given(X, y, sample_weight), None, classes)

    def _begun(self, encoder, y, weight, names=None):
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if is_soft(y) and self.class_weight is not None:
            raise ValueError(
                f"class_weight={self.class_weight!r} is not available for y of probabilities; use "
                "sample_weight."
            )
        target = SoftTarget.named(y.shape[1], names) if is_soft(y) else ClassTarget(y)
        loss = LogLoss().specialise(target.kind)
        return FittedClasses(encoder, target, loss), target.encode(y)

    def _weights(self, sample_weight, A, encoded, target):
        weight = super()._weights(sample_weight, A, encoded, target)
        if self.class_weight is None:
            return weight
        if target.kind == "multilabel":
            if self.class_weight == "balanced":  # in the loss: a row has no one class
                return weight
            raise ValueError(
                f"class_weight={self.class_weight!r} is not available for multilabel y; use "
                "'balanced' or sample_weight."
            )
        of_class = class_weights(self.class_weight, encoded, target, weight)[encoded]
        both = of_class if weight is None else weight * of_class
        return mean_one_where_positive(both).astype(A.dtype)

    def _balanced(self, loss, encoded, weight):
        if encoded.ndim == 2 and self.class_weight == "balanced":
            return BalancedLabels.balancing(encoded, weight)
        return loss

    def predict_proba(self, X, *, offset=None) -> np.ndarray:
        """Return probabilities.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``; unseen levels count as missing.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probability of each class (multilabel: of each label), in the order of ``classes_``.
        """
        return self._class_probabilities(X, offset)[1]

    def _class_probabilities(self, X, offset=None):
        check_is_fitted(self)
        fitted = self._fitted  # read once: another thread may fit meanwhile
        return fitted, np.maximum(fitted.probabilities(*fitted.scored(X, offset)), LEAST)

    def predict_log_proba(self, X, *, offset=None) -> np.ndarray:
        """Return logarithms of probabilities.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Log-probability of each class or label.
        """
        return np.log(self.predict_proba(X, offset=offset))

    def decision_function(self, X, *, offset=None) -> np.ndarray:
        """Return scores: log-odds for two classes and labels, else log-probabilities.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            The log-odds of the second class, or one column per class or label.
        """
        check_is_fitted(self)
        if self._fitted.target.kind == "multilabel":
            edge = np.finfo(np.float64).eps
            return logit(np.clip(self.predict_proba(X, offset=offset), edge, 1 - edge))
        logs = self.predict_log_proba(X, offset=offset)
        return logs if len(self.classes_) > 2 else logs[:, -1] - logs[:, 0]

    def predict(self, X, *, offset=None) -> np.ndarray:
        """Return the most likely class of each row.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or a 0 / 1 matrix of labels.
        """
        fitted, probabilities = self._class_probabilities(X, offset)
        if fitted.target.kind == "multilabel":
            return (probabilities > 0.5).astype(int)
        return fitted.target.classes[probabilities.argmax(axis=1)]

    def score(self, X, y, sample_weight=None, *, offset=None) -> float:
        """Return the accuracy.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or a 0 / 1 matrix of labels, which count where the whole row is right.
            After a fit with soft targets rows of probabilities stand for the most likely class.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        float
            The share of rows that are right.
        """
        check_is_fitted(self)
        target = self._fitted.target
        if isinstance(target, SoftTarget) and np.ndim(y) == 2:
            y = target.decode(np.asarray(y))
        return accuracy_score(y, self.predict(X, offset=offset), sample_weight=sample_weight)

    @property
    def classes_(self) -> np.ndarray:
        """Class labels, sorted."""
        return self._published("classes_").target.classes

    @property
    def temperature_(self) -> float:
        """What raw scores are divided by."""
        return self._published("temperature_").temperatures[0]

    @property
    def sharpening_(self) -> float:
        """The exponent of the members' mean probabilities."""
        return self._published("sharpening_").sharpening

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

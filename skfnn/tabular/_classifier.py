"""The classifier of raw tables."""

from __future__ import annotations

import copy
from numbers import Real
from typing import ClassVar, Self

import numpy as np
from scipy.special import entr, logit
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d

from .._engine.calibration import best_temperature
from .._engine.link import LEAST
from .._engine.targets import ClassTarget, class_weights
from .._engine.weights import mean_one
from .._sklearn import Interval, StrOptions
from ..losses import LogLoss
from ..metrics import Accuracy
from ._base import BaseTabular
from ._docs import documented
from ._held_out import together
from ._label_weights import BalancedLabels

# So many training rows tell how much the members disagree.
SHARPENING_ROWS = 2000
# The exponent of their mean is at most 1 more than this.
MOST_SHARPENING = 0.2


@documented(
    extra="""label_smoothing : float in [0, 1), default=None
    Share of each training target's probability that is spread evenly over the classes; None is
    the recipe's (0.1, "tabm-mini" 0).
class_weight : {"balanced"} or dict, default=None
    Weights of the classes, multiplied with sample weights. "balanced" gives all classes the same
    sum of weights; of several labels (a 0 / 1 matrix), no and yes of each.
""",
    attributes="""classes_ : ndarray of shape (n_classes,)
    Class labels, sorted.
oof_prediction_ : ndarray of shape (n_samples, n_classes) or None
    Probabilities of training rows by the members that were not trained on them, NaN where there
    is none; None without held-out rows.
temperature_ : float
    What raw scores are divided by, fitted on held-out rows.
sharpening_ : float
    The exponent of the members' mean probabilities, from 1 to 1.2: the more, the more the members
    disagree.
""",
)
class TabularFNNClassifier(ClassifierMixin, BaseTabular):
    """Classifier for raw tables: an ensemble of networks that needs no preparation or tuning.

    It takes a DataFrame as it is: numbers on any scale and with missing values, categories,
    booleans, dates, text (:class:`skfnn.preprocessing.TabularEncoder`). Each member is a network
    with embedded numbers, trained on all folds of the rows but one; the held-out fold tells its
    best epoch, by class error and the log-loss that is left after temperature scaling
    (:class:`skfnn.metrics.LossAndError`). Probabilities are the members' mean, tempered by what all
    held-out rows tell, and sharpened by how much the members disagree.

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
    Refine, Then Calibrate", 2025. Gorishniy, Kotelnikov and Babenko, "TabM: Advancing Tabular
    Deep Learning with Parameter-Efficient Ensembling", 2024.

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

    _task = "classification"
    _default_metric = "accuracy"
    _parameter_constraints: ClassVar[dict] = {
        **BaseTabular._parameter_constraints,
        "label_smoothing": [Interval(Real, 0, 1, closed="left"), None],
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

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
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    def fit(
        self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None
    ) -> Self:
        """Fit the ensemble.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or a 0 / 1 matrix of labels (multilabel).
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        X_val, y_val : DataFrame or array-like, default=None
            Validation data: then every member is trained on all rows of X.
        sample_weight_val : array-like, default=None
            Its weights.

        Returns
        -------
        TabularFNNClassifier
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
        target = ClassTarget(y)
        self.classes_ = target.classes
        return target, LogLoss().specialise(target.kind), target.encode(y)

    def _encode_more(self, y, target, loss):
        if target.kind != "multilabel":
            y = column_or_1d(y, warn=True)
            unseen = np.setdiff1d(y, target.classes)
            if len(unseen):
                raise ValueError(
                    f"y_val has classes that y does not have: {unseen}. y has {target.classes}."
                )
        return target.encode(y)

    def _smoothing(self, recipe, loss):
        return recipe.label_smoothing if self.label_smoothing is None else self.label_smoothing

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
        of_class = class_weights(self.class_weight, encoded, target)[encoded]
        both = of_class if weight is None else weight * of_class
        return mean_one(both)[0].astype(A.dtype)

    def _balanced(self, loss, encoded, weight):
        if encoded.ndim == 2 and self.class_weight == "balanced":
            return BalancedLabels.balancing(encoded, weight)
        return loss

    def _learn_from_held_out(self, data, held):
        self.temperature_ = self.sharpening_ = 1.0
        self.oof_prediction_ = None
        if not held:
            return
        y, weight, raw = together([(data, raw) for data, raws in held for raw in raws])
        if isinstance(self._loss, BalancedLabels):
            y, raw, weight = self._loss.apart(y, raw, weight)
        self.temperature_ = best_temperature(y, raw, weight)[0]
        if held[0][0].rows is not None:
            self.oof_prediction_ = np.full((len(data), len(self.classes_)), np.nan)
            for part, raws in held:
                self.oof_prediction_[part.rows] = self._mean(raws)
        self.sharpening_ = self._sharpening(data if held[0][0].rows is not None else held[0][0])

    def _sharpening(self, data):
        """Return the exponent for the mean of the members' probabilities.

        Each member's probabilities are calibrated: as sure as it is right. Their mean is less sure,
        by what they disagree, and right more often. ``data`` are rows that none was trained on, or
        that all but one were: there they disagree about as much as on new rows.
        """
        rows = np.unique(np.linspace(0, len(data) - 1, SHARPENING_ROWS).astype(int))
        weight = None if data.weight is None else data.weight[rows]
        if weight is not None and not weight.any():
            return 1.0
        members = [self._probabilities(raw) for raw in self._raws(data.X[rows])]
        of_mean = np.average(self._entropy(np.mean(members, axis=0)), weights=weight)
        of_members = np.mean([np.average(self._entropy(p), weights=weight) for p in members])
        if of_mean < LEAST:
            return 1.0
        disagreement = max(0.0, 1 - of_members / of_mean)
        return float(1 + min(disagreement, MOST_SHARPENING))

    def _entropy(self, p):
        """Return the entropy of each row's probabilities, of labels the sum of theirs."""
        entropy = entr(p).sum(axis=1)
        return entropy + entr(1 - p).sum(axis=1) if self._target.kind == "multilabel" else entropy

    def _so_far(self, n_outputs, networks):
        alone = {"temperature_": 1.0, "sharpening_": 1.0}
        return {**super()._so_far(n_outputs, networks), **alone}

    def _for_held_out(self):
        model = copy.copy(self)
        model.sharpening_ = 1.0
        return model

    def _probabilities(self, raw):
        """Return the probabilities (n, n_classes) of one member's raw scores."""
        raw = raw.astype(np.float64) / self.temperature_
        if len(self.classes_) == 1:
            return np.ones((len(raw), 1))
        if self._target.kind == "binary":  # from both tails: no small probability is rounded off
            raw = np.hstack([-raw, raw])
        return self._loss.predict(raw)

    def predict_proba(self, X) -> np.ndarray:
        """Return probabilities.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``; unseen levels count as missing.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probability of each class (multilabel: of each label), in the order of ``classes_``.
        """
        return np.maximum(self._sharpened(self._raws(self._encoded(X))), LEAST)

    def _mean(self, raws):
        """Return the mean of the members' probabilities."""
        return np.mean([self._probabilities(raw) for raw in raws], axis=0)

    def _sharpened(self, raws):
        """Return the mean of the members' probabilities, sharpened: ``p^a / sum(p^a)``."""
        p, exponent = self._mean(raws), vars(self).get("sharpening_", 1.0)
        if exponent == 1.0:
            return p
        sharp = p**exponent
        if self._target.kind == "multilabel":
            return sharp / (sharp + (1 - p) ** exponent)
        return sharp / sharp.sum(axis=1, keepdims=True)

    def _evaluation(self, raws, y, weight):
        p = self._sharpened(raws)
        logs = np.log(np.maximum(p, np.finfo(np.float64).tiny))
        if self._target.kind == "multilabel":
            others = np.log(np.maximum(1 - p, np.finfo(np.float64).tiny))
            losses, decided = -np.where(y, logs, others).sum(axis=1), p > 0.5
        else:
            losses, decided = -logs[np.arange(len(y)), y], p.argmax(axis=1)
        loss = float(np.average(losses, weights=weight))
        return {"loss": loss, "accuracy": Accuracy()(y, decided, weight)}

    def _measured(self, metric, raws, y, weight):
        p = self._sharpened(raws)
        if metric.of_scores:
            edge = np.finfo(np.float64).tiny
            if self._target.kind == "multiclass":
                return metric(y, np.log(np.maximum(p, edge)), weight)
            p, others = (p, 1 - p) if self._target.kind == "multilabel" else (p[:, 1:], p[:, :1])
            return metric(y, np.log(np.maximum(p, edge) / np.maximum(others, edge)), weight)
        decided = p > 0.5 if self._target.kind == "multilabel" else p.argmax(axis=1)
        return metric(y, decided, weight)

    def predict_log_proba(self, X) -> np.ndarray:
        """Return logarithms of probabilities.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Log-probability of each class or label.
        """
        return np.log(self.predict_proba(X))

    def decision_function(self, X) -> np.ndarray:
        """Return scores: log-odds for two classes and labels, else log-probabilities.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            The log-odds of the second class, or one column a class or label.
        """
        if hasattr(self, "_target") and self._target.kind == "multilabel":
            edge = np.finfo(np.float64).eps
            return logit(np.clip(self.predict_proba(X), edge, 1 - edge))
        logs = self.predict_log_proba(X)
        return logs if len(self.classes_) > 2 else logs[:, -1] - logs[:, 0]

    def predict(self, X) -> np.ndarray:
        """Return the most likely class of each row.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Raw columns, as in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or a 0 / 1 matrix of labels.
        """
        probabilities = self.predict_proba(X)
        if self._target.kind == "multilabel":
            return (probabilities > 0.5).astype(int)
        return self.classes_[probabilities.argmax(axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

"""FNNClassifier: the classifier of arrays of numbers."""

from __future__ import annotations

from numbers import Real
from typing import Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import unique_labels

from .._engine.objective.link import LEAST
from .._engine.objective.loss import Loss
from .._engine.objective.targets import (
    ClassTarget,
    OneHotTarget,
    SoftTarget,
    class_weights,
    is_soft,
)
from .._engine.support.component import plain
from .._sklearn import Interval, StrOptions, available_if
from .base import BaseFNN, is_minibatch
from .docstrings import declares
from .fitted import both_tails, class_probabilities, moderated
from .interchange import from_sklearn, to_sklearn
from .introspection import Given
from .parameters import Parameter
from .pretraining import pretrain
from .sets import PredictsSets
from .uncertainty import Weighed

_OWN = {
    "loss": Parameter(
        [str, Loss, callable],
        "str or Loss",
        """
        "log_loss" (softmax cross-entropy; logistic for two classes and for multilabel; Keras'
        "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy" are
        accepted), "squared_error" (of the probabilities), "hinge", "perceptron" (no probabilities
        for these two); see :mod:`skfnn.losses`.
        """,
    ),
    "label_smoothing": Parameter(
        [Interval(Real, 0, 1, closed="left")],
        "float in [0, 1)",
        "Share of each training target's probability that is spread evenly over the classes.",
    ),
    "class_weight": Parameter(
        [StrOptions({"balanced"}), dict, None],
        '{"balanced"} or dict',
        """
        Weights of the classes, multiplied with sample weights; "balanced" is
        ``n_samples / (n_classes * count)``.
        """,
    ),
}


def _has_probabilities(estimator):
    if estimator._fitted is not None:
        has = estimator._fitted.loss.probabilistic
    else:  # with some kind of classes
        loss = Loss.resolve(estimator.loss, "loss")
        kinds = sorted(loss.kinds - {"regression"})
        has = any(loss.specialise(kind).probabilistic for kind in kinds)
    if not has:
        raise AttributeError(f"predict_proba is not available with loss={estimator.loss!r}")
    return True


@declares(
    _OWN,
    attributes="classes_ : ndarray of shape (n_classes,)\n    Class labels, sorted.\n",
    score="accuracy",
    metrics='"accuracy" ("acc")',
    links='"logistic", "softmax" or "identity"',
)
class FNNClassifier(ClassifierMixin, PredictsSets, Weighed, BaseFNN):
    """Feedforward neural network for classification.

    It stands wherever ``sklearn.neural_network.MLPClassifier`` does, with the same parameters and
    attributes, and adds per-layer activations, dropout, batch normalisation, skip connections,
    more losses and optimizers, class weights, validation data and a history of metrics.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    <attributes>

    See Also
    --------
    FNNRegressor : The same network for regression.
    sklearn.neural_network.MLPClassifier : The estimator whose interface it keeps.

    References
    ----------
    Goodfellow, Bengio and Courville, "Deep Learning", MIT Press 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skfnn import FNNClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> network = FNNClassifier(max_iter=100, tol=1e-3, random_state=0)
    >>> model = make_pipeline(StandardScaler(), network)
    >>> model.fit(X_train, y_train).score(X_test, y_test) > 0.95
    True
    """

    _kind = "classification"
    _default_metric = "accuracy"
    _pretrain = pretrain
    to_sklearn = to_sklearn
    from_sklearn = classmethod(from_sklearn)

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        loss="log_loss",
        hidden_layers=None,
        dropout=0.0,
        batch_norm=None,
        skip_connections=False,
        initializer="auto",
        monotonic_cst=None,
        pretrain=None,
        label_smoothing=0.0,
        class_weight=None,
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
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or a 0 / 1 matrix of labels (multilabel). Columns of floats whose rows sum
            to 1, some of them strictly between 0 and 1, are soft targets: probabilities of the
            classes, which are named by the columns of a DataFrame, else 0, 1, 2, ... With
            ``loss="categorical_crossentropy"`` the columns of a matrix are classes: its rows are
            one-hot, or probabilities that sum to one.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        X_val, y_val : array-like, default=None
            Validation data, followed in ``history_`` and used by ``early_stopping``.
        sample_weight_val : array-like, default=None
            Weights of the validation rows.
        X_unlabeled : {array-like, sparse matrix}, default=None
            More rows for ``pretrain``, of weight 1. Not used where a warm start goes on.
        calibration_groups : str or array-like of shape (n_samples,), default=None
            Groups for each of which the sets of ``predict_set`` are to hold: the name of a
            column of X, or a label per row.
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
        FNNClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data is invalid, or training diverges.
        """
        validation = X_val, y_val, sample_weight_val
        groups = calibration_groups, calibration_groups_val
        classes = np.asarray(y.columns) if hasattr(y, "columns") and is_soft(y) else None
        return self._fit(
            X, y, sample_weight, validation=validation, X_unlabeled=X_unlabeled, groups=groups,
            offsets=(offset, offset_val), classes=classes,
        )  # fmt: skip

    @available_if(is_minibatch)
    def partial_fit(self, X, y, sample_weight=None, classes=None, *, offset=None) -> Self:
        """Train for one epoch on the given rows, going on from earlier calls.

        Optimizer, learning-rate schedule and random streams go on as in one fit. Weights count as
        they are, not relative to the mean of the call.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, finite.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        classes : array-like of shape (n_classes,), default=None
            All labels there will be; needed in the first call.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``: in all calls or in none.

        Returns
        -------
        FNNClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If ``classes`` is missing in the first call or differs in a later one, if
            ``early_stopping=True``, if the data is invalid, or if training diverges.
        """
        if self._fitted is None:
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
        elif classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ValueError(
                f"classes={classes!r} is not the same as on the first call to partial_fit: "
                f"{self.classes_!r}"
            )
        offsets = offset, None
        return self._fit(X, y, sample_weight, incremental=True, classes=classes, offsets=offsets)

    @classmethod
    def from_weights(
        cls, coefs, intercepts, activation="relu", *, classes=None, loss="log_loss", **params
    ):
        """Return a network with given weights, to be used without training.

        It predicts, prints, pickles, goes on by ``partial_fit`` or ``warm_start``, as if it had
        been fitted in no epoch; a clone starts anew.

        Parameters
        ----------
        coefs : list of array-like of shape (fan_in, fan_out)
            Weights of each layer, the output layer last. Its columns are the classes, or one
            column is the score of the second of two classes, which is predicted where the score is
            above 0. With ``loss="binary_crossentropy"`` several columns are labels (multilabel).
        intercepts : list of array-like of shape (fan_out,)
            Biases of each layer.
        activation : str, Activation or sequence of these, default="relu"
            Activation of the hidden layers, one for all or one each.
        classes : array-like of shape (n_classes,), default=None
            Class labels in sorted order; None is 0, 1, 2, ...
        loss : str or Loss, default="log_loss"
            Says what the scores mean: log-odds or the arguments of a softmax; no probabilities with
            "hinge" and "perceptron".
        **params : dict
            The other parameters of the constructor. ``hidden_layer_sizes`` follows from ``coefs``.

        Returns
        -------
        FNNClassifier
            The network, in double precision if any array is, else in single.

        Raises
        ------
        ValueError
            If the shapes do not fit together or to ``classes``, or a number is not finite.

        Examples
        --------
        One threshold unit that computes OR (McCulloch and Pitts, 1943):

        >>> from skfnn import FNNClassifier
        >>> unit = FNNClassifier.from_weights([[[1], [1]]], [[-0.5]], loss="perceptron")
        >>> unit.predict([[0, 0], [0, 1], [1, 0], [1, 1]])
        array([0, 1, 1, 1])
        """

        def make_target(n_outputs):
            labels = n_outputs > 1 and "multiclass" not in Loss.resolve(loss, "loss").kinds
            return ClassTarget.of_outputs(n_outputs, classes, multilabel=labels)

        given = Given(coefs, intercepts, {"activation": activation, "loss": loss, **params})
        return cls._with_weights(given, make_target)

    @property
    def classes_(self) -> np.ndarray:
        """Class labels, sorted."""
        return self._published("classes_").target.classes

    def _make_target(self, y, resumes, incremental, classes):
        if not resumes:
            soft = is_soft(y)
            one_hot = self._one_hot_target(y, None if soft else classes)
            if soft and one_hot is None:
                return self._soft_target(y, classes)
            return one_hot or ClassTarget(y, classes)
        target = self._fitted.target
        if not target.columns and not incremental and not is_soft(y):
            found = unique_labels(y)
            if set(found) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous "
                    f"call to fit. Previously got {self.classes_}, `y` has {found}"
                )
        return target

    def _soft_target(self, y, classes):
        """Return the target of soft targets, whose labels are to be in sorted order."""
        k = y.shape[1]
        classes = np.arange(k) if classes is None else np.asarray(classes)
        if len(classes) != k or not np.array_equal(classes, np.unique(classes)):
            raise ValueError(
                f"The {k} columns of soft targets y must be named by labels in sorted order. Got "
                f"{classes.tolist()}."
            )
        return SoftTarget(classes)

    def _one_hot_target(self, y, classes):
        """Return the target if the columns of y are classes, as in Keras, else None."""
        categorical = Loss.resolve(self.loss, "loss").name == "categorical_crossentropy"
        by_label = isinstance(self.loss, str) and plain(self.loss).startswith("sparse")
        if not categorical or by_label or y.ndim == 1 or y.shape[1] == 1:
            return None
        target = OneHotTarget(y.shape[1])
        if classes is not None and not np.array_equal(classes, target.classes):
            raise ValueError(
                f"classes must be range({y.shape[1]}), the numbers of y's columns. Got {classes!r}."
            )
        return target

    def _encode_y(self, y, target, loss):
        if not target.columns and not (isinstance(target, SoftTarget) and y.ndim == 2):
            y = y if type(y) is np.ndarray and y.ndim == 1 else column_or_1d(y, warn=True)
            unseen = () if target.knows(y) else np.setdiff1d(y, target.classes)
            if len(unseen):
                raise ValueError(
                    f"`y` has classes not in `self.classes_`. `self.classes_` has "
                    f"{target.classes}. 'y' has {unseen} besides."
                )
        return target.encode(y)

    def _weight(self, sample_weight, X, encoded, target, incremental):
        weight = super()._weight(sample_weight, X, encoded, target, incremental)
        if self.class_weight is None:
            return weight
        if encoded.ndim == 2:
            kind = "multilabel y" if target.kind == "multilabel" else "y of probabilities"
            raise ValueError(
                f"class_weight={self.class_weight!r} is not available for {kind}; use "
                "sample_weight."
            )
        if self.class_weight == "balanced" and incremental:
            raise ValueError(
                "class_weight='balanced' is not available for partial_fit, which does not see all "
                "of y. Give a dict, for instance from sklearn.utils.class_weight."
                "compute_class_weight."
            )
        of_class = class_weights(self.class_weight, encoded, target, weight)
        with np.errstate(over="ignore", under="ignore"):  # found where weights are normalised
            return of_class[encoded] if weight is None else weight * of_class[encoded]

    def decision_function(self, X, *, offset=None) -> np.ndarray:
        """Return raw scores.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The score of the second class for two classes (its log-odds with ``loss="log_loss"``),
            else one column per class or label.
        """
        fitted, raw = self._scored(X, offset)
        return raw[:, 0] if fitted.target.kind == "binary" else raw

    def predict(self, X, *, offset=None) -> np.ndarray:
        """Return the most likely class of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or a 0 / 1 matrix of labels; one-hot rows where y was one-hot and
            ``loss="categorical_crossentropy"``.
        """
        fitted, raw = self._scored(X, offset)
        return fitted.target.decode(fitted.target.decide(raw, fitted.loss))

    def score(self, X, y, sample_weight=None, *, offset=None) -> float:
        """Return the accuracy.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or a 0 / 1 matrix of labels, which count where the whole row is right.
            Rows of probabilities stand for the most likely class.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        float
            The share of rows that are right.
        """
        target = self._learned().target
        if isinstance(target, OneHotTarget) and len(np.shape(y)) == 2:
            y = target.decode(target.strata(y))
        return accuracy_score(y, self.predict(X, offset=offset), sample_weight=sample_weight)

    @available_if(_has_probabilities)
    def predict_proba(self, X, *, offset=None) -> np.ndarray:
        """Return probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probability of each class (multilabel: of each label), in the order of ``classes_``, in
            double precision.
        """
        return self._class_probabilities(X, offset)[1]

    def _moderated(self, fitted, X, raw):
        return moderated(self.solver, fitted.posterior, fitted.network, raw, lambda: X)

    def _class_probabilities(self, X, offset=None):
        fitted, raw = self._scored(X, offset)
        return fitted, class_probabilities(fitted.target, fitted.loss, raw)

    @available_if(_has_probabilities)
    def predict_log_proba(self, X, *, offset=None) -> np.ndarray:
        """Return logarithms of probabilities, finite and equal to those of ``predict_proba``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Known raw scores, as in ``fit``; needed after a fit that had one.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Log-probability of each class or label.
        """
        fitted, raw = self._scored(X, offset)
        if len(fitted.target.classes) == 1:
            return np.zeros((len(raw), 1))
        return np.maximum(fitted.loss.log_predict(both_tails(fitted.target, raw)), np.log(LEAST))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

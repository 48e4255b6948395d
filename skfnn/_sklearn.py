"""Everything private of scikit-learn that skfnn uses, in one place.

A new scikit-learn release that moves one of these names breaks this file and no other.
"""

from sklearn.preprocessing import LabelBinarizer
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
)
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

__all__ = [
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "Options",
    "StrOptions",
    "check_sample_weight",
    "complete_mlp",
    "validate_params",
]


def validate_params(estimator):
    """Check an object's hyper-parameters against its ``_parameter_constraints``.

    Raises
    ------
    InvalidParameterError
        A ``ValueError`` that names the parameter, what is allowed and the value given.
    """
    estimator._validate_params()


def complete_mlp(mlp, labels=None):
    """Give an ``MLP*`` with all public fitted attributes the private ones that it goes on with.

    Parameters
    ----------
    mlp : MLPClassifier or MLPRegressor
        The estimator; changed in place.
    labels : ndarray, optional
        For a classifier, the classes, or an identity matrix of the labels of a multilabel one.
    """
    if labels is not None:
        mlp._label_binarizer = LabelBinarizer().fit(labels)
        mlp._label_binarizer.classes_ = mlp.classes_  # of their own dtype, as predictions are
    mlp._no_improvement_count = 0
    mlp._best_coefs = [array.copy() for array in mlp.coefs_]
    mlp._best_intercepts = [array.copy() for array in mlp.intercepts_]

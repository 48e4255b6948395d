"""Everything private of scikit-learn that skfnn uses, in one place.

A new scikit-learn release that moves one of these names breaks this file and no other.
"""

from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
)
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

__all__ = [
    "RUNNING_FIT",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "Options",
    "StrOptions",
    "check_sample_weight",
    "has_callbacks",
    "validate_params",
]

# What an estimator with callbacks holds while it is being fitted, and only then.
RUNNING_FIT = frozenset({"_callback_fit_ctx", "_parent_callback_ctx", "_skl_callbacks_to_teardown"})


def has_callbacks(estimator):
    """Return whether callbacks are set, by the user or by a meta-estimator."""
    return bool(getattr(estimator, "_skl_callbacks", ()))


def validate_params(estimator):
    """Check an object's hyper-parameters against its ``_parameter_constraints``.

    Raises
    ------
    InvalidParameterError
        A ``ValueError`` that names the parameter, what is allowed and the value given.
    """
    estimator._validate_params()

"""The base of the estimators: scikit-learn's, with callbacks, a page and a version."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator

from ..._sklearn import CallbackSupportMixin
from ..support.documentation import Documented
from ..support.version import checked, stamped
from .callback_tasks import outside_of_fit


class Estimator(CallbackSupportMixin, BaseEstimator):
    """``set_callbacks``, a link to the documentation, and the version in what is saved.

    Copies and pickles made during a fit do not belong to that fit.
    """

    _doc_link_module = Documented._doc_link_module
    _doc_link_template = Documented._doc_link_template

    def __getstate__(self) -> dict[str, Any]:
        return stamped(outside_of_fit(super().__getstate__()))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(checked(type(self), state))

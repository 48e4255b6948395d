"""The version of the package in everything that is saved."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from sklearn import exceptions

from .keys import as_dicts, as_items


class InconsistentVersionWarning(exceptions.InconsistentVersionWarning):
    """An estimator was saved by another version of skfnn than the one that loads it.

    scikit-learn's warning of the same name is its base, so that one filter serves both.

    Parameters
    ----------
    estimator_name : str
        The class of the estimator.
    current_version, original_version : str
        The versions of skfnn that loads it, and that saved it.

    Examples
    --------
    In a program that must not go on with such a model:

    >>> import warnings
    >>> from skfnn.export import InconsistentVersionWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", InconsistentVersionWarning)
    """

    def __init__(self, *, estimator_name: str, current_version: str, original_version: str) -> None:
        self.estimator_name = estimator_name
        self.current_version, self.original_version = current_version, original_version

    def __str__(self):
        return (
            f"{self.estimator_name} was saved by skfnn {self.original_version}, and this is skfnn "
            f"{self.current_version}. It may fail or predict something else: load it by the "
            "version that saved it, or fit it anew."
        )


def _version() -> str:
    return sys.modules[__name__.partition(".")[0]].__version__


def stamped(state: dict[str, Any]) -> dict[str, Any]:
    """Return what an object holds, as files can keep it, with the version of the package."""
    kept = {name: as_items(value) for name, value in state.items()}
    return {**kept, "_skfnn_version": _version()}


def checked(cls: type, state: dict[str, Any]) -> dict[str, Any]:
    """Return what a saved object of a class holds; warn where another version saved it."""
    state = {name: as_dicts(value) for name, value in state.items()}
    saved = state.pop("_skfnn_version", "before 0.2.0")
    if saved != _version():
        warning = InconsistentVersionWarning(
            estimator_name=cls.__name__, current_version=_version(), original_version=saved
        )
        warnings.warn(warning, stacklevel=3)
    return state


class Versioned:
    """Base of what users save: pickles and skops files say which version they are from."""

    def __getstate__(self) -> dict[str, Any]:
        return stamped(super().__getstate__())  # type: ignore[arg-type]

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(checked(type(self), state))

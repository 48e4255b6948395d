"""All or nothing: a fit works on a copy of the estimator, which takes over what it made at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Fit = TypeVar("Fit", bound=Callable[..., Any])


def all_or_nothing(fit: Fit) -> Fit:
    """Let a method that fits set attributes of the estimator all at once, or none.

    The method is run on a shallow copy, and its attributes become the estimator's in one step that
    no interrupt can divide. Whatever is raised, at whatever line and by whomever (a callback, a
    scorer, a component of the user's), the estimator stays what it was before the call. The method
    must not change what attributes of the estimator hold, but replace it.
    """

    @wraps(fit)
    def fitted(self, *args, **kwargs):
        fresh = object.__new__(type(self))
        vars(fresh).update(vars(self))
        returned = fit(fresh, *args, **kwargs)
        returned = self if returned is None or returned is fresh else returned
        return setattr(self, "__dict__", vars(fresh)) or returned  # one line: nothing ends between

    return fitted  # type: ignore[return-value]

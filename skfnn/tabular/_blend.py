"""What ``blend`` asks for: candidates beside the networks."""

from __future__ import annotations

from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.pipeline import Pipeline

from ._candidates import Candidate
from ._fitted import FittedTable
from ._followed import Given
from ._others import Estimators, Trees
from ._preparation import Prepared

TREES = "trees"
# Losses whose leaves are set anew when a tree is grown, without regard to its constraint.
_BREAKING = ("quantile", "absolute_error")


def named(blend: Any) -> list[tuple[str, Any]]:
    """Return the name and the estimator (or "trees") of each candidate that ``blend`` means.

    Parameters
    ----------
    blend : str, estimator, list of these or of (name, estimator), or None
        As the user gave it; not "auto".

    Raises
    ------
    ValueError, TypeError
        If something in it is no estimator, or a name stands twice.
    """
    if blend is None:
        return []
    given = blend if isinstance(blend, (list, tuple)) else [blend]
    found: list[tuple[str, Any]] = []
    for item in given:
        name, estimator = item if isinstance(item, tuple) and len(item) == 2 else (None, item)
        if isinstance(estimator, str) and estimator == TREES:
            name = TREES if name is None else name
        elif isinstance(estimator, type) or not hasattr(estimator, "fit"):
            hint = (
                f" Pass an instance: {estimator.__name__}()." if isinstance(estimator, type) else ""
            )
            raise TypeError(
                "blend must be 'auto', 'trees', an estimator, a list of estimators or of (name, "
                f"estimator), or None. Got {estimator!r} in it.{hint}"
            )
        found.append((_name(estimator) if name is None else name, estimator))
    names = [name for name, _ in found]
    for name in names:
        if not isinstance(name, str) or names.count(name) > 1 or name == "networks":
            raise ValueError(
                f"blend must have different names, none of them 'networks'. Got {names}."
            )
    return found


def _name(estimator):
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    return type(last).__name__.lower()


def chosen(blend: Any, limited: bool, fitted: FittedTable) -> list[tuple[str, Any]]:
    """Return the name and the estimator of each candidate, fit for a target and a loss.

    Parameters
    ----------
    blend : str, estimator, list or None
        As the user gave it.
    limited : bool
        Whether there is a time limit.
    fitted : FittedTable
        Target and loss.

    Raises
    ------
    ValueError
        If one was asked for that is of no use for this target or loss.
    """
    if isinstance(blend, str) and blend == "auto":
        fits = fitted.single_valued and _has_trees(fitted) and not _breaks(fitted)
        return [(TREES, TREES)] if limited and fits else []
    found = named(blend)
    for name, estimator in found:
        if not fitted.single_valued or (estimator == TREES and not _has_trees(fitted)):
            raise ValueError(
                f"blend={name!r} has no form of {fitted.described}: networks alone have. Set "
                "blend=None."
            )
        if estimator != TREES:
            _check(name, estimator, fitted)
        _check_directions(name, estimator, fitted)
    return found


def _breaks(fitted):
    """Return whether trees would break the directions of columns."""
    return any(fitted.directions) and getattr(fitted.loss, "boosted_as", None) in _BREAKING


def _has_trees(fitted):
    return fitted.target.kind != "regression" or fitted.loss.boosted_as is not None


def _check(name, estimator, fitted):
    """Check that an estimator is one for such targets."""
    regression = fitted.target.kind == "regression"
    right = is_regressor(estimator) if regression else is_classifier(estimator)
    method = "predict" if regression else "predict_proba"
    if not right or not hasattr(estimator, method):
        kind = "regressor" if regression else "classifier with predict_proba"
        raise ValueError(f"{name!r} of blend must be a {kind}. Got {estimator!r}.")


def _check_directions(name, estimator, fitted):
    """Refuse an estimator that may go both ways along a column that lets predictions go one."""
    if not any(fitted.directions):
        return
    if estimator == TREES and _breaks(fitted):
        raise ValueError(
            f"blend={name!r} cannot hold monotonic_cst with {fitted.described}: scikit-learn's "
            "trees break their own constraint there. Set blend=None."
        )
    if estimator != TREES:
        raise ValueError(
            f"{name!r} of blend is not bound by monotonic_cst: {estimator!r} could break it. "
            "blend='trees' has the same constraint; or set monotonic_cst=None."
        )


def candidates(
    found: list[tuple[str, Any]], prepared: Prepared, given: Given, validation: Given
) -> list[Candidate]:
    """Return candidates to train on the folds of a table.

    Parameters
    ----------
    found : list of (str, estimator)
        What :func:`chosen` has returned.
    prepared : Prepared
        The table and its folds.
    given, validation : Given
        The user's rows.
    """
    made: list[Candidate] = []
    for number, (name, estimator) in enumerate(found):
        if isinstance(estimator, str):
            made.append(Trees(name, prepared, number))
        else:
            own = Estimators(
                name, prepared, number, estimator=estimator, given=given.X, validation=validation.X
            )
            made.append(own)
    return made

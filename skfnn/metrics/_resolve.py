"""From what a user names in ``metrics`` and ``scoring`` to metrics and scorers.

A metric is a component (by name), the name of a scikit-learn scorer, or a scorer itself. All are
computed from one set of raw scores; nothing is predicted twice.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from itertools import count
from typing import Any

from sklearn.metrics import get_scorer, get_scorer_names

from .._engine.objective.metric import Metric
from .._engine.support.component import unknown
from .._engine.support.warn import warn
from .._sklearn import needs_a_classifier, scorer_names, scorer_of
from ._loss_and_error import LossAndError

# What to write in place of LossAndError.
AND_ERROR = "Tables choose by it themselves; for networks take 'neg_calibrated_log_loss'."
# Columns that a history has in any case.
_TAKEN = ("loss", "learning_rate", "seconds", "phase", "epoch")


def resolve_metrics(given: Any, of: str) -> dict[str, Metric | Callable]:
    """Return the metrics that a user's ``metrics`` names, each by a column name of its own.

    Of two with the same name, what a function was given tells them apart ("fbeta_score(beta=2)"),
    else a number.

    Parameters
    ----------
    given : str, Metric, callable, or sequence of these
        The parameter.
    of : {"classification", "regression"}
        The kind of estimator.

    Raises
    ------
    ValueError
        If a name is unknown, or that of another column of the history.
    TypeError
        If one is no metric.
    """
    if isinstance(given, (str, Metric)) or callable(given):
        given = [given]
    found: dict[str, Metric | Callable] = {}
    specs: list = []
    for spec in given:
        if any(spec is known or (isinstance(spec, str) and spec == known) for known in specs):
            continue
        specs.append(spec)
        name, metric = resolve_metric(spec, "metrics", of)
        if name in _TAKEN or name.startswith("val_"):
            raise ValueError(
                f"metrics has one named {name!r}, as a column of history_ is that is there in any "
                f"case. Give it another name: {spec!r}."
            )
        ours = [repr(known) for known in found.values() if isinstance(known, Metric)]
        if isinstance(metric, Metric) and repr(metric) in ours:
            continue  # by an alias
        found[_another_name(name, spec, found)] = metric
    return found


def _another_name(name, spec, taken):
    """Return a name, or one with what is special of a metric, that is not taken."""
    if name not in taken:
        return name
    keywords = spec.get_params() if isinstance(spec, Metric) else getattr(spec, "keywords", {})
    told = ", ".join(f"{key}={value!r}" for key, value in keywords.items())
    if told and f"{name}({told})" not in taken:
        return f"{name}({told})"
    return next(f"{name}_{i}" for i in count(2) if f"{name}_{i}" not in taken)


def resolve_metric(spec: Any, parameter: str, of: str) -> tuple[str, Metric | Callable]:
    """Return (column name, metric or scorer) for a user's metric.

    Parameters
    ----------
    spec : str, Metric or callable
        A metric's name or alias, a scorer's name, a metric, a scorer, or a metric function of
        targets and predictions (:func:`sklearn.metrics.f1_score`, or a custom one).
    parameter : str
        The user's parameter, for error messages. Of "scoring", larger values are better.
    of : {"classification", "regression"}
        The kind of estimator.

    Raises
    ------
    ValueError
        If the name is unknown, or the metric is for the other kind of estimator.
    TypeError
        If it is none of these.
    """
    if isinstance(spec, str) and spec == LossAndError.name:
        warn(f"{parameter}={spec!r} will be gone in 0.4. {AND_ERROR}", FutureWarning)
        metric, name = LossAndError(), spec
    elif isinstance(spec, str) and spec in Metric.registry:
        metric, name = Metric.registry[spec](), spec
    elif isinstance(spec, Metric):
        metric, name = spec, spec.name
    elif isinstance(spec, str):
        if spec not in get_scorer_names():
            raise ValueError(
                unknown(parameter, spec, "metric", _names(of))
                + ", a function of (y_true, y_pred), or a scorer(estimator, X, y)."
            )
        return spec, _of_kind(get_scorer(spec), spec, parameter, of)
    elif callable(spec) and not isinstance(spec, type):
        name = getattr(getattr(spec, "func", spec), "__name__", "score")
        if not _is_function(spec):
            return name, _of_kind(spec, spec, parameter, of)
        return name, scorer_of(spec, 1 if parameter == "metrics" else _direction(spec, name))
    else:
        raise TypeError(
            f"{parameter} must be a name, a metric, a function of (y_true, y_pred) or a "
            "scorer(estimator, X, y). "
            f"Got {spec!r}{', a class: pass an instance' if isinstance(spec, type) else ''}."
        )
    if metric.of != of:
        raise ValueError(f"{parameter}={spec!r} is a metric for {metric.of}, not {of}.")
    return name, metric


def _of_kind(scorer, spec, parameter, of):
    """Return a scorer that an estimator of this kind has the methods for."""
    if of == "regression" and needs_a_classifier(scorer):
        raise ValueError(
            f"{parameter}={spec!r} needs scores or probabilities of classes, which a regressor "
            "does not have."
        )
    return scorer


def _names(of):
    """Return the names of metrics and scorers for one kind of estimator."""
    return [*(name for name, cls in Metric.registry.items() if cls.of == of), *scorer_names(of)]


def _is_function(spec: Callable) -> bool:
    """Return whether a callable takes targets and predictions, as a scorer does not."""
    try:
        parameters = list(signature(spec).parameters.values())
    except ValueError:  # no signature is known
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p for p in positional if p.default is p.empty]
    several = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    if several or not positional:
        return False
    if positional[0].name.startswith("y"):
        return len(needed) <= 2
    return len(needed) == len(positional) == 2


def direction_of(name: str) -> int:
    """Return 1 where larger values of a metric of this name are better, -1, or 0: unknown.

    Names that scikit-learn has, or that end as its functions do: ``_score``, ``_error``, ``_loss``.
    """
    if name in Metric.registry:
        return 1 if Metric.registry[name].greater_is_better else -1
    if name in get_scorer_names() or name.endswith("_score"):
        return 1
    return -1 if name == "loss" or name.endswith(("_loss", "_error", "_deviance")) else 0


def _direction(function, name):
    sign = direction_of(name)
    if sign == 0:
        raise ValueError(
            f"scoring={name}: whether it is to be large or small does not follow from its name. "
            f"Give scoring=make_scorer({name}, greater_is_better=...), of sklearn.metrics."
        )
    return sign

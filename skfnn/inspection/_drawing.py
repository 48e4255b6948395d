"""What the displays share: matplotlib on demand, the network inside a pipeline, names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

# Colours that readers with any colour vision can tell apart: seven of Okabe and Ito, "Color
# Universal Design", 2008; wine, olive and grey of Tol, "Colour Schemes", 2021.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
          "#882255", "#999933", "#9A9A9A")  # fmt: skip
# Diverging, safe for colour-blind readers, white in the middle; Brewer, "ColorBrewer", 2003.
DIVERGING = "RdBu_r"
GREY = "#555555"


def pyplot(what: str) -> Any:
    """Return ``matplotlib.pyplot``.

    Raises
    ------
    ImportError
        If matplotlib is not installed; the message says how to install it.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{what} needs matplotlib, which is not installed: pip install 'skfnn[plot]'."
        ) from error
    return plt


def axes_for(what: str, ax, **figure) -> tuple[Any, Any]:
    """Return (figure, axes): those of ``ax``, or new ones."""
    if ax is not None:
        return ax.figure, ax
    return pyplot(what).subplots(layout="constrained", **figure)


def network_of(estimator: Any, ensembles: bool = False) -> tuple[Any, Sequence[str] | None]:
    """Return (fitted estimator of this package, names of its inputs or None).

    Parameters
    ----------
    estimator : estimator
        Itself fitted, or the last step of a fitted pipeline, or what a search has found.
    ensembles : bool
        Whether it may be an ensemble.

    Raises
    ------
    TypeError
        If there is no network in it, or several.
    NotFittedError
        If it is not fitted.
    """
    names = None
    last = estimator
    while hasattr(last, "best_estimator_") or isinstance(last, Pipeline):
        if not isinstance(last, Pipeline):
            last = last.best_estimator_
            continue
        check_is_fitted(last)
        names = _names_after(last[:-1]) if len(last) > 1 else None
        last = last[-1]
    if not hasattr(last, "summary"):
        raise TypeError(
            "estimator must be a fitted estimator of skfnn, a fitted Pipeline whose last step is "
            f"one, or a fitted search over these. Got {estimator!r}."
        )
    check_is_fitted(last)
    if hasattr(last, "best_epochs_") and not ensembles:
        raise TypeError(
            f"{type(last).__name__} is an ensemble of {len(last.best_epochs_)} networks behind a "
            "TabularEncoder; this display draws one network, a fitted FNNClassifier, FNNRegressor "
            "or FNNAutoencoder. Of an ensemble, summary() lists the layers and LossCurveDisplay "
            "draws the curves of all members."
        )
    if hasattr(last, "feature_names_in_"):
        names = last.feature_names_in_
    return last, names


def _names_after(steps):
    try:
        return steps.get_feature_names_out()
    except (AttributeError, ValueError):  # a step that does not know
        return None


def input_names(given, found, n: int) -> list[str]:
    """Return the names of the inputs: those given, else those found, else "x0", "x1", ...

    Raises
    ------
    ValueError
        If another number of names is given.
    """
    names = found if given is None else given
    if names is None:
        return [f"x{i}" for i in range(n)]
    if len(names) != n:
        raise ValueError(f"feature_names must hold {n} names, one an input. Got {len(names)}.")
    return [str(name) for name in names]


def symmetric(*arrays) -> float:
    """Return the largest absolute value, not zero: the end of a colour scale around zero."""
    return max(max((float(np.abs(a).max()) for a in arrays if a.size), default=0.0), 1e-12)

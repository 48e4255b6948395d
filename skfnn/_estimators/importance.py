"""Why networks have no ``feature_importances_``, and what to ask for instead."""

from __future__ import annotations

from typing import Any


def _absent(estimator: Any) -> Any:
    """Absent: weights do not say how much a column matters."""
    raise AttributeError(
        f"{type(estimator).__name__!r} object has no attribute 'feature_importances_': a network's "
        "weights do not say how much a column matters. It is measured by "
        "skfnn.inspection.ImportanceDisplay.from_estimator(model, X, y).importances_, on rows "
        "that were not trained on."
    )


no_importances = property(_absent)

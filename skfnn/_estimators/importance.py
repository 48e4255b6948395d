"""Why networks have no ``feature_importances_``, and what to ask for instead."""

from __future__ import annotations


class NoImportances:
    """``feature_importances_`` is absent, with the reason in its message."""

    @property
    def feature_importances_(self):
        """Absent: weights do not say how much a column matters."""
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute 'feature_importances_': the weights of "
            "a network do not say how much a column matters. "
            "skfnn.inspection.ImportanceDisplay.from_estimator(model, X, y).importances_ measures "
            "it, on rows that were not trained on."
        )

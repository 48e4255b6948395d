"""The base class of metrics."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ..support.component import Component


class Metric(Component):
    """Base class: a number from encoded targets and predictions.

    To add a metric, subclass with a ``name`` and write ``__call__``.

    Attributes
    ----------
    of : {"classification", "regression"}
        The kind of estimator it is for.
    of_scores : bool
        Whether it is given raw scores (n, k) in place of predictions.
    greater_is_better : bool
        Whether large values are good.
    of_distribution : bool
        Whether it is given what ``Loss.distribution`` returns in place of predictions.
    """

    family = "metric"
    of: ClassVar[str] = "regression"
    of_scores: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = True
    of_distribution: ClassVar[bool] = False

    def __call__(self, y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None) -> float:
        """Evaluate.

        Parameters
        ----------
        y, prediction : ndarray of shape (n,) or (n, k)
            Targets and predictions: class codes, 0 / 1 labels, or numbers.
        weight : ndarray of shape (n,) or None
            Sample weights.

        Returns
        -------
        float
        """
        raise NotImplementedError

"""Held-out rows of all folds together."""

from __future__ import annotations

import numpy as np


def together(pairs):
    """Return (encoded targets, weights or None, values) of pairs of data and values of its rows."""
    ys, weights = zip(*(data.labels() for data, _ in pairs), strict=True)
    weight = None if weights[0] is None else np.concatenate(weights)
    return np.concatenate(ys), weight, np.concatenate([values for _, values in pairs])

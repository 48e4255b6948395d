"""Numbers of any scale as numbers near 0."""

from __future__ import annotations

import numpy as np

from .._engine.objective.weights import quantiles


def scale_and_clip(x: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> None:
    """Turn ``x`` into ``s / sqrt(1 + (s / 3)^2)`` of ``s = scale (x - centre)``, where it lies."""
    with np.errstate(over="ignore", invalid="ignore"):
        x -= centre
        x *= scale
    np.clip(x, -1e150, 1e150, out=x)  # so that squares are finite
    length = x * x
    length += 9
    x /= np.sqrt(length, out=length)
    x *= 3


def centre_and_scale(
    values: np.ndarray, missing: np.ndarray, weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the median of each column and the factor that makes its quartiles 1 apart."""
    n_columns = values.shape[1]
    centre, scale = np.zeros(n_columns), np.zeros(n_columns)
    for j in range(n_columns):
        known = values[~missing[:, j], j]
        if not known.size:
            continue
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            of_known = None if weight is None else weight[~missing[:, j]]
            low, q25, centre[j], q75, high = quantiles(known, [0, 0.25, 0.5, 0.75, 1], of_known)
            if q75 > q25:
                scale[j] = 1 / (q75 - q25)
            elif high > low:
                scale[j] = 2 / (high - low)
    scale[~np.isfinite(scale)] = 0
    return centre, scale

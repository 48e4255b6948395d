"""What members know of categories: means of the target and counts, without their own rows."""

from __future__ import annotations

import numpy as np
from sklearn.base import clone

from .._engine.network.network import Network
from .._engine.objective.data import Data
from .._engine.objective.weights import moments
from ..layers import CategoryStatistics
from ..layers._category_statistics import FOLDS
from ._folds import Fold

# SMOOTHING rows of the overall mean are added to each category's.
SMOOTHING = 10.0
# A member's training rows are in at least LEAST_FOLDS folds; what members hold out is dealt on.
LEAST_FOLDS = 5
# With more outputs than this, a category's statistics are its count alone.
MOST_OUTPUTS = 12
# Statistics vary by 1 over rows, but for those that vary by less than this of the target's
# standard deviation: they tell little, and would be noise.
LEAST_SPREAD = 0.2


def n_statistics(n_outputs: int) -> int:
    """Return how many statistics a category has."""
    return 1 + (n_outputs if n_outputs <= MOST_OUTPUTS else 0)


def class_columns(y: np.ndarray, target) -> np.ndarray:
    """Return encoded targets as columns of numbers: one per class where they are more than two."""
    if target.kind == "multiclass" and y.ndim == 1:  # else they are probabilities
        y = y[:, None] == np.arange(target.n_outputs)
    return y.reshape(len(y), -1).astype(np.float64)


def unit_columns(y: np.ndarray, target, weight: np.ndarray | None) -> np.ndarray:
    """Return encoded targets as columns of numbers of standard deviation 1."""
    y = class_columns(y, target)
    return y / unit(y, weight)


def unit(y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Return the standard deviation of each column, not 0."""
    return np.maximum(np.sqrt(moments(y, weight)[1]), 1e-9)


def dealt_by(groups: np.ndarray | None, n_folds: int, n: int, rng) -> np.ndarray:
    """Return one of so many folds for each of n rows, at random; the same for rows of a group."""
    if groups is None:
        return rng.integers(n_folds, size=n)
    _, group = np.unique(groups, return_inverse=True)
    return rng.integers(n_folds, size=group.max(initial=-1) + 1)[group]


def fold_marks(n: int, rows: np.ndarray, folds: list[Fold], rng, groups=None) -> np.ndarray:
    """Return what is added to the codes of each row: a fraction that tells its fold.

    Parameters
    ----------
    n : int
        Rows of the table.
    rows : ndarray of int
        Training rows.
    folds : list of Fold
        What each member trains on, and what it holds out.
    rng : Generator
        Deals folds where members hold out no training rows.
    groups : ndarray of shape (n,), default=None
        Rows of a group that are held out together are in one fold.

    Returns
    -------
    ndarray of shape (n,)
        As :class:`skfnn.layers.CategoryStatistics` takes them; 0 for rows of no fold.
    """

    def dealt(n_folds, some):
        return dealt_by(None if groups is None else groups[some], n_folds, len(some), rng)

    fold = np.zeros(n, np.float32)
    fold[rows] = dealt(LEAST_FOLDS, rows)
    parts = -(-LEAST_FOLDS // max(1, len(folds) - 1))
    for part in folds:
        if part.held is not None:
            first = LEAST_FOLDS + part.number * parts
            fold[part.held] = first + dealt(parts, part.held)
    fold[rows] = 1 + fold[rows] % (FOLDS - 1)
    return fold / FOLDS


def folds_of(marks: np.ndarray) -> np.ndarray:
    """Return the fold, from 0, of each row that has one."""
    return np.rint(marks * FOLDS).astype(np.intp) - 1


def set_statistics(network: Network, data: Data, start: int) -> None:
    """Fill the tables of a network's CategoryStatistics by its training rows.

    Parameters
    ----------
    network : Network
        The network. Changed.
    data : Data
        Its training rows.
    start : int
        The first column of codes.
    """
    y, weight = data.labels()
    y = unit_columns(y, data.target, weight)
    for (place, *_), cell in network.state_views(network.state).items():
        layer = network.layers[place]
        if isinstance(layer, CategoryStatistics):
            first = layer.first_rows() * FOLDS
            for j, n_levels in enumerate(layer.n_levels):
                codes = data.X[data.rows, start + j]
                cell["table"][first[j] : first[j + 1]] = statistics(
                    codes, y[:, : layer.n_entries - 1], weight, n_levels
                )


def without_folds(network: Network) -> Network:
    """Return a network that predicts the same, without the statistics for rows of each fold."""
    layers = list(network.layers)
    places = [i for i, layer in enumerate(layers) if isinstance(layer, CategoryStatistics)]
    for i in places:
        layers[i] = clone(layers[i]).set_params(n_folds=1)
    if not places:
        return network
    smaller = Network(layers, network.n_inputs, network.dtype, np.random.default_rng(0))
    np.copyto(smaller.values, network.values)
    tables, after = network.state_views(network.state), smaller.state_views(smaller.state)
    for path, arrays in tables.items():
        for name, array in arrays.items():
            np.copyto(after[path][name], array[::FOLDS] if path[0] in places else array)
    return smaller


def statistics(codes, values, weight, n_levels: int) -> np.ndarray:
    """Return the statistics of one column's categories, for rows of each fold.

    Means are those of the other folds' rows, shrunk towards the mean of all categories: by
    ``(sum + a mean) / (count + a) - mean`` (Micci-Barreca, "A Preprocessing Scheme for
    High-Cardinality Categorical Attributes", 2001). Counts stand as logarithms.

    Parameters
    ----------
    codes : ndarray of shape (n,)
        Codes of the training rows with the fraction of their fold.
    values : ndarray of shape (n, k)
        What to take means of, of standard deviation 1.
    weight : ndarray of shape (n,) or None
        Weights of rows.
    n_levels : int
        Number of categories.

    Returns
    -------
    ndarray of shape ((n_levels + 1) * FOLDS, k + 1)
    """
    place = np.rint(codes * FOLDS).astype(np.intp)
    weight = np.ones(len(codes)) if weight is None else weight.astype(np.float64)
    size = (n_levels + 1) * FOLDS
    sums = sums_at(place, values, weight, size).reshape(n_levels + 1, FOLDS, -1)
    table = _table(sums, weight.max())
    return _centred(table, *moments(table[place], weight))


def sums_at(place, values, weight, size: int) -> np.ndarray:
    """Return the sums (size, k + 1) of weights, and of weights times values, at each place."""
    columns = [weight, *(weight * value for value in values.T)]
    return np.stack([np.bincount(place, column, size) for column in columns], axis=-1)


def sums_of(codes, values, weight) -> tuple[np.ndarray, np.ndarray]:
    """Return the places in a table of categories and folds that rows are at, and sums there.

    Parameters
    ----------
    codes, values, weight : ndarray, ndarray, ndarray or None
        As for :func:`statistics`.

    Returns
    -------
    places : ndarray of int of shape (m,)
        Different ones.
    sums : ndarray of shape (m, k + 1)
        Weights, and then weights times values.
    """
    weight = np.ones(len(codes)) if weight is None else weight.astype(np.float64)
    places, which = np.unique(np.rint(codes * FOLDS).astype(np.intp), return_inverse=True)
    return places, sums_at(which, values, weight, len(places))


def statistics_of(sums: np.ndarray) -> np.ndarray:
    """Return the statistics that :func:`statistics` returns, given what it would sum up.

    Parameters
    ----------
    sums : ndarray of shape (n_levels + 1, m, k + 1)
        Weights, and then weights times values, of rows of the first m folds, 0 for none.

    Returns
    -------
    ndarray of shape (n_levels + 1, m, k + 1)
    """
    count = sums[..., 0].ravel()
    mean = count.sum() / max(1, np.count_nonzero(count))
    table = _table(sums, max(1.0, float(mean)))
    return _centred(table, *moments(table, count)).reshape(sums.shape)


def _table(sums, largest):
    """Return means and logarithms of counts, for rows of each fold by those of the others."""
    others = sums.sum(axis=1, keepdims=True) - sums
    others[:, 0] = sums.sum(axis=1)  # rows of no fold: those to predict
    # what rounding leaves of a category that only this fold has is none
    others *= others[..., :1] > 1e-9 * largest
    total = others.sum(axis=0, keepdims=True)
    count, known = others[..., :1], np.maximum(total[..., :1], 1e-9 * largest)
    mean = total[..., 1:] / known
    means = (others[..., 1:] + SMOOTHING * mean) / (count + SMOOTHING) - mean
    # as if the other folds had as many rows as all
    counts = np.log1p(count * (total[:, :1, :1] / known))
    return np.concatenate([means, counts], axis=-1).reshape(-1, sums.shape[-1])


def _centred(table, mean, variance):
    """Return the statistics with counts around 0, and a deviation of 1 over rows."""
    table[:, -1] -= mean[-1]
    return table / np.maximum(np.sqrt(variance), LEAST_SPREAD)

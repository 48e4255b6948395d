"""Raw scores of an ensemble from those of its members."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .loss import Loss


def _log_mean_exp(a: np.ndarray) -> np.ndarray:
    """Return the logarithm of the mean of ``exp(a)`` over the members, axis 1."""
    top = a.max(axis=1, keepdims=True)
    return np.log(np.exp(a - top).mean(axis=1)) + top[:, 0]


def _log_softmax(a):
    shifted = a - a.max(axis=2, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))


def _log_expit(a):
    return np.minimum(a, 0) - np.log1p(np.exp(-np.abs(a)))


# Scores (n, members, k) -> those (n, k) whose inverse link is the mean of the members', by the
# name of the inverse link. Through logarithms: no small probability is rounded off.
_POOLS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda raw: raw.mean(axis=1),
    "exp": _log_mean_exp,
    "softmax": lambda raw: _log_mean_exp(_log_softmax(raw)),
    "logistic": lambda raw: _log_mean_exp(_log_expit(raw)) - _log_mean_exp(_log_expit(-raw)),
}


def pooled(raw: np.ndarray, n_outputs: int, loss: Loss) -> np.ndarray:
    """Return the raw scores of an ensemble from those of its members, side by side.

    What they predict is the mean of what the members predict.

    Parameters
    ----------
    raw : ndarray of shape (n, n_members * n_outputs)
        Raw scores; of a network without members, they are returned as they are.
    n_outputs : int
        Columns of the target.
    loss : Loss
        The loss, whose inverse link makes predictions of scores.

    Returns
    -------
    ndarray of shape (n, n_outputs)
        Raw scores.

    Raises
    ------
    ValueError
        If the loss has an inverse link that is not known here.
    """
    if raw.shape[1] == n_outputs:
        return raw
    if loss.out_activation not in _POOLS:
        raise ValueError(
            f"The members of an ensemble cannot be averaged with loss={loss!r}: its inverse link "
            f"out_activation={loss.out_activation!r} is none of {sorted(_POOLS)}."
        )
    return _POOLS[loss.out_activation](raw.reshape(len(raw), -1, n_outputs))

"""The loss of several labels, each of them balanced."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from .._engine.program.calls import Call
from ..losses import BinaryCrossEntropy


class BalancedLabels(BinaryCrossEntropy):
    r"""Cross-entropy in which no and yes of each label have weights of their own.

    .. math:: \ell = \sum_j w_j(y_j) \left( \log(1 + e^{z_j}) - y_j z_j \right), \qquad
              w_j(y) = n_j + (p_j - n_j) y

    It has no name, by which others could be made: the weights are of one data set.

    Parameters
    ----------
    no, yes : array-like of shape (k,)
        Weights :math:`n_j` of rows without the label, :math:`p_j` of those with it.
    """

    scratch = (None,)
    _parameter_constraints: ClassVar[dict] = {"no": ["array-like"], "yes": ["array-like"]}

    def __init__(self, no=(1.0,), yes=(1.0,)) -> None:
        self.no = no
        self.yes = yes

    @classmethod
    def balancing(cls, y: np.ndarray, weight: np.ndarray | None) -> BalancedLabels:
        """Return the loss whose weights give no and yes of each label the same sum."""
        share = np.average(y, axis=0, weights=weight)
        both = (share > 0) & (share < 1)
        share = np.where(both, share, 0.5)
        return cls((0.5 / (1 - share)).tolist(), (0.5 / share).tolist())

    def _line(self, dtype):
        """Return slope and offset of the weight as a function of the target."""
        no, yes = np.asarray(self.no, dtype), np.asarray(self.yes, dtype)
        return yes - no, no

    def gradient(self, y, raw, out, scratch):
        slope, offset = self._line(y.dtype)
        (weight,) = scratch
        yield from super().gradient(y, raw, out, ())
        yield Call(np.multiply, y, slope, out=weight)
        yield Call(np.add, weight, offset, out=weight)
        yield Call(np.multiply, out, weight, out=out)

    def value(self, y, raw):
        slope, offset = self._line(y.dtype)
        return ((y * slope + offset) * (np.logaddexp(0, raw) - y * raw)).sum(axis=1)

    def constant(self, y, weight):
        slope, offset = self._line(np.float64)
        weights = y * slope + offset
        share = np.average(weights * y, axis=0, weights=weight)
        rest = np.average(weights * (1 - y), axis=0, weights=weight)
        return np.log(np.maximum(share, 1e-6) / np.maximum(rest, 1e-6))

    def apart(self, y, raw, weight):
        """Return targets, raw scores and weights with a row for each label of each row."""
        slope, offset = self._line(np.float64)
        weights = y * slope + offset
        if weight is not None:
            weights *= weight[:, None]
        return y.ravel(), raw.reshape(-1, 1), weights.ravel()

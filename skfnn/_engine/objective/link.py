"""Links: how raw scores become predictions, and all that follows from it.

As in generalised linear models, a link maps a prediction to a raw score, and its inverse is the
activation of the output units. What has to be done differently for one inverse than for another
stands in the link's class: logarithms of predictions, the pooling of an ensemble, the ONNX node.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

# The smallest probability that is given: that of which the logarithm is still exact.
LEAST = np.finfo(np.float64).tiny


def log_softmax(raw: np.ndarray) -> np.ndarray:
    """Return the logarithm of the softmax over the last axis."""
    # scipy.special's functions of this name cost 0.3 ms a call, several training steps.
    shifted = raw - raw.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softplus(z: np.ndarray) -> np.ndarray:
    """Return ``log(1 + exp(z))``, which neither overflows nor loses digits."""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def _log_expit(a):
    return -softplus(-a)


def _log_mean_exp(a):
    """Return the logarithm of the mean of ``exp(a)`` over the members, axis 1."""
    top = a.max(axis=1, keepdims=True)
    return np.log(np.exp(a - top).mean(axis=1)) + top[:, 0]


def _onnx_log_expit(graph, a):
    zero, one = graph.dtype.type(0), graph.dtype.type(1)
    rest = graph.node("Exp", graph.node("Neg", graph.node("Abs", a)))
    rest = graph.node("Log", graph.node("Add", rest, one))
    return graph.node("Sub", graph.node("Min", a, zero), rest)


def _onnx_log_mean_exp(graph, a, n_members):
    total = graph.reduce("ReduceLogSumExp", a, 1)
    return graph.node("Sub", total, graph.dtype.type(np.log(n_members)))


class Link:
    """Base class of links.

    A link has no parameters: losses share one object. To add one, subclass and write ``inverse``;
    without ``pooled_scores``, ``onnx`` and ``onnx_pooled`` the loss works everywhere but in
    ensembles that share layers and in ONNX.

    Attributes
    ----------
    name : str
        The name of the inverse, published as ``out_activation_``.
    domain : tuple of float
        Bounds of what the inverse gives.
    """

    name: str
    domain: tuple[float, float] = (-np.inf, np.inf)

    @property
    def unbounded(self) -> bool:
        """Whether predictions may be any number, and targets may be shifted."""
        return self.domain == (-np.inf, np.inf)

    def inverse(self, raw: np.ndarray) -> np.ndarray:
        """Return predictions (n, k) of raw scores (n, k)."""
        raise NotImplementedError

    def log_inverse(self, raw: np.ndarray) -> np.ndarray:
        """Return the logarithm of ``inverse(raw)``, finite where that saturates."""
        raise NotImplementedError(f"The link {self.name!r} has no log_inverse.")

    def pool(self, raw: np.ndarray, n_outputs: int) -> np.ndarray:
        """Return the raw scores of an ensemble from those of its members, side by side.

        What they predict is the mean of what the members predict.

        Parameters
        ----------
        raw : ndarray of shape (n, n_members * n_outputs)
            Raw scores; of a network without members, they are returned as they are.
        n_outputs : int
            Raw scores of a member.

        Returns
        -------
        ndarray of shape (n, n_outputs)
            Raw scores.
        """
        if raw.shape[1] == n_outputs:
            return raw
        return self.pooled_scores(raw.reshape(len(raw), -1, n_outputs))

    def pooled_scores(self, raw: np.ndarray) -> np.ndarray:
        """Return the scores (n, k) whose inverse is the mean of that of ``raw`` (n, members, k).

        Raises
        ------
        ValueError
            If the link does not say how.
        """
        raise ValueError(
            "The members of an ensemble cannot be averaged: the link "
            f"{type(self).__name__}, out_activation={self.name!r}, has no pooled_scores."
        )

    def onnx(self, graph: Any, scores: Any, out: str) -> None:
        """Add the nodes of ``inverse`` to an ONNX graph.

        Raises
        ------
        ValueError
            If the link does not say how.
        """
        raise ValueError(
            f"The inverse link out_activation={self.name!r} cannot be exported: "
            f"{type(self).__name__} has no onnx."
        )

    def onnx_pooled(self, graph: Any, raw: Any, n_members: int) -> Any:
        """Add the nodes of ``pooled_scores`` to an ONNX graph; return their result.

        Raises
        ------
        ValueError
            If the link does not say how.
        """
        raise ValueError(
            f"The members of an ensemble with out_activation={self.name!r} cannot be exported: "
            f"{type(self).__name__} has no onnx_pooled."
        )


class IdentityLink(Link):
    """Predictions are the raw scores.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import IdentityLink
    >>> IdentityLink().inverse(np.array([[-2.0]]))
    array([[-2.]])
    """

    name = "identity"

    def inverse(self, raw):
        return raw

    def pooled_scores(self, raw):
        return raw.mean(axis=1)

    def onnx(self, graph, scores, out):
        graph.node("Identity", scores, out=out)

    def onnx_pooled(self, graph, raw, n_members):
        return graph.reduce("ReduceMean", raw, 1)


class LogLink(Link):
    """Predictions are positive: the exponential of the raw scores, or the largest number there is.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import LogLink
    >>> LogLink().inverse(np.array([[0.0]]))
    array([[1.]])
    """

    name = "exp"
    domain = (0.0, np.inf)

    def inverse(self, raw):
        with np.errstate(over="ignore"):
            return np.minimum(np.exp(raw), np.finfo(raw.dtype).max)

    def log_inverse(self, raw):
        return raw

    def pooled_scores(self, raw):
        return _log_mean_exp(raw)

    def onnx(self, graph, scores, out):
        largest = np.finfo(scores.dtype).max
        graph.node("Min", graph.node("Exp", scores), largest, out=out)

    def onnx_pooled(self, graph, raw, n_members):
        return _onnx_log_mean_exp(graph, raw, n_members)


class LogitLink(Link):
    """Each prediction is a probability: the logistic function of its raw score.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import LogitLink
    >>> LogitLink().inverse(np.array([[0.0]]))
    array([[0.5]])
    """

    name = "logistic"
    domain = (0.0, 1.0)

    def inverse(self, raw):
        return special.expit(raw)

    def log_inverse(self, raw):
        return special.log_expit(raw)

    def pooled_scores(self, raw):  # through logarithms: no small probability is rounded off
        return _log_mean_exp(_log_expit(raw)) - _log_mean_exp(_log_expit(-raw))

    def onnx(self, graph, scores, out):
        graph.node("Sigmoid", scores, out=out)

    def onnx_pooled(self, graph, raw, n_members):
        yes, no = (
            _onnx_log_mean_exp(graph, _onnx_log_expit(graph, scores), n_members)
            for scores in (raw, graph.node("Neg", raw))
        )
        return graph.node("Sub", yes, no)


class SoftmaxLink(Link):
    """The predictions of a row are probabilities that sum to one: the softmax of its raw scores.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import SoftmaxLink
    >>> SoftmaxLink().inverse(np.array([[0.0, 0.0]]))
    array([[0.5, 0.5]])
    """

    name = "softmax"
    domain = (0.0, 1.0)

    def inverse(self, raw):
        return np.exp(log_softmax(raw))

    def log_inverse(self, raw):
        return log_softmax(raw)

    def pooled_scores(self, raw):
        return _log_mean_exp(log_softmax(raw))

    def onnx(self, graph, scores, out):
        graph.node("Softmax", scores, out=out, axis=1)

    def onnx_pooled(self, graph, raw, n_members):
        return _onnx_log_mean_exp(graph, graph.node("LogSoftmax", raw, axis=2), n_members)

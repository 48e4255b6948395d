"""A loss from a function of two lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from scipy.optimize import minimize

from .._engine.objective.link import IdentityLink, Link, LogitLink, LogLink, SoftmaxLink
from .._engine.objective.loss import Loss
from .._engine.program.calls import Call
from .._engine.support.component import unknown

LINKS = {link.name: link for link in (IdentityLink(), LogLink(), LogitLink(), SoftmaxLink())}
BY_KIND = {"regression": "identity", "multiclass": "softmax"}  # else "logistic"
# Of the differences that a function's gradient is compared with.
STEP, TOLERANCE = 1e-5, 1e-3


class FunctionLoss(Loss):
    """A loss that a function computes; see :func:`from_function`, which makes it.

    Parameters
    ----------
    function : callable
        ``function(y, raw)`` returns ``(value, gradient)``.
    link : {"identity", "exp", "logistic", "softmax"} or Link, default=None
        How raw scores become predictions; None goes by the kind of target.
    """

    kinds = frozenset({"binary", "multiclass", "multilabel", "regression"})
    _parameter_constraints: ClassVar = {"function": [callable], "link": [str, Link, None]}

    def __init__(self, function, link=None) -> None:
        self.function = function
        self.link = link  # type: ignore[misc]  # one of its own, where others share one

    @property
    def name(self) -> str:  # type: ignore[override]  # by the function
        """The function's name, for messages."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    @property
    def probabilistic(self) -> bool:  # type: ignore[override]  # by the link
        """Whether ``predict`` gives probabilities."""
        return isinstance(self.link, (LogitLink, SoftmaxLink))

    def specialise(self, kind):
        link = BY_KIND.get(kind, "logistic") if self.link is None else self.link
        if isinstance(link, str):
            if link not in LINKS:
                raise ValueError(f"{unknown('link', link, 'link', LINKS)}, or a skfnn.losses.Link.")
            link = LINKS[link]
        return type(self)(self.function, link)

    def _call(self, y, raw):
        """Return values (n,) and gradient (n, k) in double precision, of the right shapes."""
        raw = raw.astype(np.float64)
        found = self.function(y.astype(np.float64), raw)
        try:
            value, gradient = (np.asarray(part, dtype=np.float64) for part in found)
        except (TypeError, ValueError):
            raise ValueError(
                f"loss={self.name} must return (value, gradient): two arrays of numbers of shapes "
                f"({len(raw)},) and {raw.shape}. Got {type(found).__name__}."
            ) from None
        if value.shape != (len(raw),) or gradient.shape != raw.shape:
            raise ValueError(
                f"loss={self.name} must return (value, gradient) of shapes ({len(raw)},) and "
                f"{raw.shape}: the loss of each row, and its derivative by each raw score. Got "
                f"shapes {value.shape} and {gradient.shape}."
            )
        return value, gradient

    def _gradient(self, y, raw, out):
        np.copyto(out, self._call(y, raw)[1], casting="same_kind")

    def gradient(self, y, raw, out, scratch):
        yield Call(self._gradient, y, raw, out=out)

    def value(self, y, raw):
        return self._call(y, raw)[0]

    def check(self, y):
        raw = np.random.default_rng(0).normal(size=y.shape)
        _, gradient = self._call(y, raw)
        by_differences = np.empty_like(raw)
        for j in range(raw.shape[1]):
            moved = np.zeros_like(raw)
            moved[:, j] = STEP
            up, down = self._call(y, raw + moved)[0], self._call(y, raw - moved)[0]
            by_differences[:, j] = (up - down) / (2 * STEP)
        off = np.abs(gradient - by_differences)
        wrong = ~(off <= TOLERANCE * (1 + np.abs(by_differences)))  # NaN is wrong, too
        if wrong.mean() > 0.5:  # kinks are allowed
            i, j = np.argwhere(wrong)[0]
            raise ValueError(
                f"loss={self.name}: its gradient is not the derivative of its value. At y="
                f"{y[i, j]:.6g}, raw={raw[i, j]:.6g} it returns {gradient[i, j]:.6g}; differences "
                f"of the value give {by_differences[i, j]:.6g}."
            )

    def constant(self, y, weight):
        weight = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
        weight = weight / weight.sum()
        start = self._start(np.average(y, axis=0, weights=weight))

        def objective(scores):
            value, gradient = self._call(y, np.broadcast_to(scores, y.shape))
            return float(weight @ value), weight @ gradient

        found = minimize(objective, start, jac=True, method="L-BFGS-B").x
        return found if np.isfinite(found).all() else start

    def _start(self, mean):
        """Return raw scores that predict the mean of the targets, where the link allows it."""
        tiny = 1e-6
        if isinstance(self.link, LogLink):
            return np.log(np.maximum(mean, tiny))
        if isinstance(self.link, LogitLink):
            mean = np.clip(mean, tiny, 1 - tiny)
            return np.log(mean / (1 - mean))
        return np.log(np.maximum(mean, tiny)) if isinstance(self.link, SoftmaxLink) else mean


def from_function(
    function: Callable[[np.ndarray, np.ndarray], tuple[Any, Any]], *, link: Any = None
) -> FunctionLoss:
    """Return the loss that a NumPy function computes.

    ``loss=function`` of an estimator means ``loss=from_function(function)``. At the start of a fit
    the gradient is compared with differences of the value on up to 64 rows; kinks are allowed.
    A class of :class:`skfnn.losses.Loss` is faster (it works in the arrays of the training step),
    and can do more (``docs/extending.md``).

    Parameters
    ----------
    function : callable
        ``function(y, raw)`` is given targets and raw scores (n, k) in double precision, and returns
        ``(value, gradient)``: the loss of each row (n,), and its derivative by the raw scores
        (n, k). Of several classes ``y`` is one-hot; of two classes it is one column, 1 for the
        second. In tables, numbers arrive in standard deviations from their mean.
    link : {"identity", "exp", "logistic", "softmax"} or Link, default=None
        How raw scores become predictions. None: the identity for numbers, "softmax" for several
        classes, "logistic" for two, and for several labels.

    Returns
    -------
    Loss
        For ``loss`` of an estimator. It can be pickled if the function can.

    Raises
    ------
    TypeError
        If ``function`` cannot be called.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn import FNNRegressor
    >>> def log_cosh(y, raw):
    ...     return np.log(np.cosh(raw - y)).sum(axis=1), np.tanh(raw - y)
    >>> x = np.linspace(-2, 2, 200).reshape(-1, 1)
    >>> model = FNNRegressor((20,), "tanh", loss=log_cosh, solver="lbfgs", random_state=0)
    >>> model.fit(x, np.sin(x[:, 0])).score(x, np.sin(x[:, 0])) > 0.99
    True
    """
    if not callable(function):
        raise TypeError(f"function must be a function of (y, raw). Got {function!r}.")
    return FunctionLoss(function, link)


Loss.of_function = staticmethod(from_function)

r"""Losses: what training minimises, as functions of the network's raw scores.

A loss knows its link: ``predict`` maps raw scores to probabilities or means. ``y`` and ``raw`` are
(n, k) arrays of one dtype, where ``k`` is the number of outputs; class labels arrive one-hot (one
column for two classes). Values are per row and summed over outputs; their gradient with respect to
``raw`` is yielded as NumPy calls (see :mod:`skfnn.activations`).
Everything is computed from raw scores, so that it stays exact where probabilities saturate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import ClassVar

import numpy as np
from scipy import special

from ._calls import Call
from ._component import Component
from ._sklearn import Interval
from .activations import Logistic

Calls = Iterator[Call]


def _log_softmax(raw):
    # scipy.special's functions of this name cost 0.3 ms a call, several training steps.
    shifted = raw - raw.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _mean(y, weight):
    return np.average(y, axis=0, weights=weight)


def _log_odds(mean):
    return special.logit(np.clip(mean, 1e-6, 1 - 1e-6))


class Loss(Component):
    """Base class: a loss of raw scores, its gradient and its link.

    To add a loss, subclass with a ``name`` and write ``gradient``, ``value``, ``predict``,
    ``constant`` and ``sample_y``.

    Attributes
    ----------
    kinds : frozenset of str
        The targets it is for: "binary", "multiclass", "multilabel", "regression".
    levels : tuple of float
        Values of ``y`` for "no" and "yes" in classification.
    out_activation : str
        Name of the inverse link, published as ``out_activation_``.
    scratch : tuple of int or None
        Widths of the (n, width) work arrays that ``gradient`` is given; None stands for ``k``.
    probabilistic : bool
        Whether ``predict`` gives probabilities.
    domain : str
        The range of ``y``, for error messages of regression losses.
    """

    family = "loss"
    kinds: ClassVar[frozenset[str]] = frozenset({"regression"})
    levels: ClassVar[tuple[float, float]] = (0.0, 1.0)
    out_activation: ClassVar[str] = "identity"
    scratch: ClassVar[tuple[int | None, ...]] = ()
    probabilistic: ClassVar[bool] = False
    domain: ClassVar[str] = "finite"

    def specialise(self, kind: str) -> Loss:
        """Return the loss to use for a kind of target; ``self`` unless the name covers several.

        Raises
        ------
        ValueError
            If the loss is not for this kind of target.
        """
        if kind not in self.kinds:
            raise ValueError(
                f"loss={self.name!r} is for {' or '.join(sorted(self.kinds))} targets, "
                f"but y is {kind}."
            )
        return self

    def gradient(
        self, y: np.ndarray, raw: np.ndarray, out: np.ndarray, scratch: Sequence[np.ndarray]
    ) -> Calls:
        """Yield the calls for ``out = d value / d raw``. Sets: ``out``, ``scratch``."""
        raise NotImplementedError

    def value(self, y: np.ndarray, raw: np.ndarray) -> np.ndarray:
        """Return the loss of each row, summed over outputs, shape (n,)."""
        raise NotImplementedError

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the inverse link of raw scores, shape (n, k); the scores unless overridden."""
        return raw

    def log_predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the logarithm of ``predict(raw)``, finite where probabilities saturate."""
        raise NotImplementedError

    def constant(self, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
        """Return the raw scores (k,) of the best constant prediction."""
        raise NotImplementedError

    def sample_y(self, rng: np.random.Generator, n: int, k: int) -> np.ndarray:
        """Draw valid targets (n, k), for tests."""
        return rng.normal(size=(n, k))

    def in_domain(self, y: np.ndarray) -> bool:
        """Return whether all targets lie in the loss's range."""
        return bool(np.isfinite(y).all())


class _SigmoidLoss(Loss):
    """One logistic unit an output: two classes, or one column a label."""

    kinds = frozenset({"binary", "multilabel"})
    out_activation = "logistic"
    probabilistic = True

    def predict(self, raw):
        return special.expit(raw)

    def log_predict(self, raw):
        return special.log_expit(raw)

    def constant(self, y, weight):
        return _log_odds(_mean(y, weight))

    def sample_y(self, rng, n, k):
        return rng.integers(0, 2, size=(n, k)).astype(float)


class _SoftmaxLoss(Loss):
    """One score a class, probabilities by softmax."""

    kinds = frozenset({"multiclass"})
    out_activation = "softmax"
    probabilistic = True

    def predict(self, raw):
        return np.exp(_log_softmax(raw))

    def log_predict(self, raw):
        return _log_softmax(raw)

    def constant(self, y, weight):
        return np.log(np.maximum(_mean(y, weight), 1e-6))

    def sample_y(self, rng, n, k):
        return np.eye(k)[rng.integers(0, k, size=n)]


def _softmax_calls(raw, out, row):
    """Calls for ``out = softmax(raw)``, by way of the work column ``row``."""
    yield np.maximum.reduce, raw, 1, None, row, True
    yield np.subtract, raw, row, out
    yield np.exp, out, out
    yield np.add.reduce, out, 1, None, row, True
    yield np.divide, out, row, out


class BinaryCrossEntropy(_SigmoidLoss):
    r"""Cross-entropy of one logistic unit an output.

    .. math:: \ell = \log(1 + e^z) - y z, \qquad \partial\ell / \partial z = s(z) - y

    Summed over the columns of a multilabel target. Source: Bishop, "Pattern Recognition and
    Machine Learning", 2006, section 5.2.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import BinaryCrossEntropy
    >>> BinaryCrossEntropy().value(np.array([[1.0]]), np.array([[-1000.0]]))
    array([1000.])
    """

    name = "binary_crossentropy"

    def gradient(self, y, raw, out, scratch):
        yield from Logistic().forward(raw, out, ())
        yield np.subtract, out, y, out

    def value(self, y, raw):
        log1p_exp = np.maximum(raw, 0) + np.log1p(np.exp(-np.abs(raw)))  # 7x as fast as logaddexp
        return (log1p_exp - y * raw).sum(axis=1)


class CategoricalCrossEntropy(_SoftmaxLoss):
    r"""Cross-entropy of a softmax over the outputs.

    .. math:: \ell = \log\sum_j e^{z_j} - \sum_j y_j z_j, \qquad
              \partial\ell / \partial z = \mathrm{softmax}(z) - y

    Source: Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs",
    1990.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import CategoricalCrossEntropy
    >>> CategoricalCrossEntropy().value(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]])).round(4)
    array([0.6931])
    """

    name = "categorical_crossentropy"
    aliases = ("sparse_categorical_crossentropy",)
    kinds = frozenset({"binary", "multiclass"})
    scratch = (1,)

    def specialise(self, kind):
        # Two classes need one score: the softmax over (0, z) is the logistic function of z.
        return BinaryCrossEntropy() if kind == "binary" else super().specialise(kind)

    def gradient(self, y, raw, out, scratch):
        yield from _softmax_calls(raw, out, *scratch)
        yield np.subtract, out, y, out

    def value(self, y, raw):
        return -(y * _log_softmax(raw)).sum(axis=1)


class LogLoss(Loss):
    """Negative log-likelihood of the classes: softmax, or logistic for two classes and multilabel.

    It stands for :class:`CategoricalCrossEntropy` or :class:`BinaryCrossEntropy`, by target.

    Examples
    --------
    >>> from skfnn.losses import LogLoss
    >>> LogLoss().specialise("multiclass")
    CategoricalCrossEntropy()
    """

    name = "log_loss"
    kinds = frozenset({"binary", "multiclass", "multilabel"})
    probabilistic = True

    def specialise(self, kind):
        if kind == "multiclass":
            return CategoricalCrossEntropy()
        super().specialise(kind)
        return BinaryCrossEntropy()

    @classmethod
    def examples(cls):
        """Nothing to add to the losses that it stands for."""
        return []


class SigmoidSquaredError(_SigmoidLoss):
    r"""Squared error of sigmoid units, the textbook's: :math:`\ell = (s(z) - y)^2 / 2`.

    :math:`\partial\ell / \partial z = (\hat y - y) \hat y (1 - \hat y)`, which fades where a unit
    saturates on the wrong side; cross-entropy's does not. Source: Rumelhart, Hinton and Williams,
    "Learning representations by back-propagating errors", 1986.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import SigmoidSquaredError
    >>> SigmoidSquaredError().value(np.array([[1.0]]), np.array([[0.0]]))
    array([0.125])
    """

    name = "sigmoid_squared_error"
    scratch = (None,)

    def gradient(self, y, raw, out, scratch):
        (slope,) = scratch
        sigmoid = Logistic()
        yield from sigmoid.forward(raw, out, ())
        yield np.multiply, out, out, slope
        yield np.subtract, out, slope, slope
        yield np.subtract, out, y, out
        yield np.multiply, out, slope, out

    def value(self, y, raw):
        return 0.5 * ((self.predict(raw) - y) ** 2).sum(axis=1)


class SoftmaxSquaredError(_SoftmaxLoss):
    r"""Squared error of softmax probabilities (half the Brier score).

    .. math:: \ell = \tfrac12 \sum_j (p_j - y_j)^2, \qquad
              \partial\ell / \partial z_j = p_j (g_j - \sum_i g_i p_i), \quad g = p - y

    Source: Brier, "Verification of forecasts expressed in terms of probability", 1950.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import SoftmaxSquaredError
    >>> SoftmaxSquaredError().value(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]]))
    array([0.25])
    """

    name = "softmax_squared_error"
    scratch = (1, None)

    def gradient(self, y, raw, out, scratch):
        row, p = scratch
        yield from _softmax_calls(raw, p, row)
        yield np.subtract, p, y, out
        yield np.multiply, out, p, out
        yield np.add.reduce, out, 1, None, row, True
        yield np.subtract, p, y, out
        yield np.subtract, out, row, out
        yield np.multiply, out, p, out

    def value(self, y, raw):
        return 0.5 * ((self.predict(raw) - y) ** 2).sum(axis=1)


class SquaredError(Loss):
    r"""Half the squared error, :math:`\ell = (z - y)^2 / 2`, summed over outputs.

    For a classifier it is the squared error of the probabilities (:class:`SigmoidSquaredError`,
    :class:`SoftmaxSquaredError`).

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import SquaredError
    >>> SquaredError().value(np.array([[1.0]]), np.array([[3.0]]))
    array([2.])
    """

    name = "squared_error"
    aliases = ("mse", "mean_squared_error")
    kinds = frozenset({"regression", "binary", "multiclass", "multilabel"})

    def specialise(self, kind):
        if kind == "multiclass":
            return SoftmaxSquaredError()
        return self if kind == "regression" else SigmoidSquaredError()

    def gradient(self, y, raw, out, scratch):
        yield np.subtract, raw, y, out

    def value(self, y, raw):
        return 0.5 * ((raw - y) ** 2).sum(axis=1)

    def constant(self, y, weight):
        return _mean(y, weight)


class _MarginLoss(Loss):
    """Loss of the margin ``y z`` with ``y`` in {-1, 1}; each class against the rest."""

    kinds = frozenset({"binary", "multiclass", "multilabel"})
    levels = (-1.0, 1.0)
    margin: ClassVar[float]
    scratch = (None,)

    def gradient(self, y, raw, out, scratch):
        (wrong,) = scratch
        yield np.multiply, y, raw, out
        yield np.less_equal, out, self.margin, wrong
        yield np.multiply, y, wrong, out
        yield np.negative, out, out

    def value(self, y, raw):
        return np.maximum(self.margin - y * raw, 0).sum(axis=1)

    def constant(self, y, weight):
        return self.margin * np.sign(_mean(y, weight))

    def sample_y(self, rng, n, k):
        return rng.integers(0, 2, size=(n, k)) * 2.0 - 1.0


class Hinge(_MarginLoss):
    r"""Hinge loss of the support vector machine, :math:`\ell = \max(0, 1 - y z)`, one against rest.

    Source: Cortes and Vapnik, "Support-Vector Networks", 1995.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Hinge
    >>> Hinge().value(np.array([[1.0], [-1.0]]), np.array([[0.5], [-2.0]]))
    array([0.5, 0. ])
    """

    name = "hinge"
    margin = 1.0


class PerceptronLoss(_MarginLoss):
    r"""Perceptron criterion, :math:`\ell = \max(0, -y z)`: one SGD step is the perceptron's rule.

    Source: Rosenblatt, "The perceptron", 1958.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import PerceptronLoss
    >>> PerceptronLoss().value(np.array([[1.0], [-1.0]]), np.array([[0.5], [2.0]]))
    array([0., 2.])
    """

    name = "perceptron"
    margin = 0.0


def _quantile(y, q, weight):
    """Return the weighted ``q``-quantile of each column, the lower one where several fit.

    The tolerance lets weights that were rescaled, and so rounded, agree with repeated rows.
    """
    weight = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=float)
    order = y.argsort(axis=0, kind="stable")
    share = weight[order].cumsum(axis=0) / weight.sum()
    first = (share >= q * (1 - 1e-6)).argmax(axis=0)
    return np.take_along_axis(y, np.take_along_axis(order, first[None], 0), 0)[0]


class Huber(Loss):
    r"""Huber's loss: quadratic for small residuals :math:`r = z - y`, linear beyond ``delta``.

    .. math:: \ell = r^2 / 2 \text{ if } |r| \le \delta, \text{ else } \delta (|r| - \delta / 2)

    Source: Huber, "Robust Estimation of a Location Parameter", 1964.

    Parameters
    ----------
    delta : float in (0, inf), default=1.0
        Residual, in units of ``y``, beyond which the loss is linear.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Huber
    >>> Huber(delta=1.0).value(np.array([[0.0]]), np.array([[3.0]]))
    array([2.5])
    """

    name = "huber"
    _parameter_constraints: ClassVar = {"delta": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, delta=1.0):
        self.delta = delta

    def gradient(self, y, raw, out, scratch):
        yield np.subtract, raw, y, out
        yield np.maximum, out, -float(self.delta), out
        yield np.minimum, out, float(self.delta), out

    def value(self, y, raw):
        return special.huber(self.delta, raw - y).sum(axis=1)

    def constant(self, y, weight):
        low, high = y.min(axis=0), y.max(axis=0)
        for _ in range(64):  # bisection: the slope of the mean loss rises with the constant
            middle = (low + high) / 2
            slope = _mean(np.clip(middle - y, -self.delta, self.delta), weight)
            low, high = np.where(slope < 0, middle, low), np.where(slope < 0, high, middle)
        return (low + high) / 2

    def sample_y(self, rng, n, k):
        return 2 * rng.normal(size=(n, k))

    @classmethod
    def examples(cls):
        """A ``delta`` inside and one beyond the typical residual."""
        return [cls(), cls(delta=0.3)]


class Quantile(Loss):
    r"""Pinball loss, whose minimiser is a conditional quantile.

    With the residual :math:`r = y - z`: :math:`\ell = q r` if :math:`r \ge 0`, else
    :math:`(q - 1) r`. Source: Koenker and Bassett, "Regression Quantiles", 1978.

    Parameters
    ----------
    quantile : float in (0, 1), default=0.5
        The quantile to predict.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Quantile
    >>> Quantile(quantile=0.9).value(np.array([[1.0]]), np.array([[0.0]]))
    array([0.9])
    """

    name = "quantile"
    aliases = ("pinball",)
    scratch = (None,)
    _parameter_constraints: ClassVar = {"quantile": [Interval(Real, 0, 1, closed="neither")]}

    def __init__(self, quantile=0.5):
        self.quantile = quantile

    def gradient(self, y, raw, out, scratch):
        (above,) = scratch
        yield np.greater_equal, raw, y, above
        yield np.subtract, above, float(self.quantile), out

    def value(self, y, raw):
        residual = y - raw
        return np.maximum(self.quantile * residual, (self.quantile - 1) * residual).sum(axis=1)

    def constant(self, y, weight):
        return _quantile(y, self.quantile, weight)

    @classmethod
    def examples(cls):
        """The median and an outer quantile."""
        return [cls(), cls(quantile=0.9)]


class AbsoluteError(Loss):
    r"""Absolute error, :math:`\ell = |z - y|`, minimised by the conditional median.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import AbsoluteError
    >>> AbsoluteError().value(np.array([[1.0, 0.0]]), np.array([[3.0, 1.0]]))
    array([3.])
    """

    name = "absolute_error"
    aliases = ("mae", "mean_absolute_error")

    def gradient(self, y, raw, out, scratch):
        yield np.subtract, raw, y, out
        yield np.sign, out, out

    def value(self, y, raw):
        return np.abs(raw - y).sum(axis=1)

    def constant(self, y, weight):
        return _quantile(y, 0.5, weight)


class _LogLinkLoss(Loss):
    """Loss of positive means, ``mu = exp(z)``."""

    out_activation = "exp"

    def predict(self, raw):
        return np.exp(raw)

    def constant(self, y, weight):
        return np.log(np.maximum(_mean(y, weight), 1e-6))


class Poisson(_LogLinkLoss):
    r"""Half the Poisson deviance with log link, for counts and other ``y >= 0``.

    .. math:: \ell = e^z - y z + y \log y - y, \qquad \partial\ell / \partial z = e^z - y

    Source: McCullagh and Nelder, "Generalized Linear Models", 1989.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Poisson
    >>> Poisson().value(np.array([[1.0]]), np.array([[0.0]]))
    array([0.])
    """

    name = "poisson"
    domain = ">= 0"

    def gradient(self, y, raw, out, scratch):
        yield np.exp, raw, out
        yield np.subtract, out, y, out

    def value(self, y, raw):
        return (np.exp(raw) - y * raw + special.xlogy(y, y) - y).sum(axis=1)

    def sample_y(self, rng, n, k):
        return rng.poisson(1.5, size=(n, k)).astype(float)

    def in_domain(self, y):
        return super().in_domain(y) and bool((y >= 0).all())


class Gamma(_LogLinkLoss):
    r"""Half the gamma deviance with log link, for skewed positive ``y``.

    .. math:: \ell = z - \log y + y e^{-z} - 1, \qquad \partial\ell / \partial z = 1 - y e^{-z}

    Source: McCullagh and Nelder, "Generalized Linear Models", 1989.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.losses import Gamma
    >>> Gamma().value(np.array([[1.0]]), np.array([[0.0]]))
    array([0.])
    """

    name = "gamma"
    domain = "> 0"

    def gradient(self, y, raw, out, scratch):
        yield np.negative, raw, out
        yield np.exp, out, out
        yield np.multiply, out, y, out
        yield np.subtract, 1.0, out, out

    def value(self, y, raw):
        return (raw - np.log(y) + y * np.exp(-raw) - 1).sum(axis=1)

    def sample_y(self, rng, n, k):
        return rng.gamma(2.0, size=(n, k)) + 0.1

    def in_domain(self, y):
        return super().in_domain(y) and bool((y > 0).all())

"""Losses of classes: logistic and softmax outputs, margins; and the squared error of both."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy import special

from .._engine.objective.link import LogitLink, SoftmaxLink, log_softmax, softplus
from .._engine.objective.loss import Loss, diagonal_factors, mean
from .._engine.program.calls import Call
from ..activations import Logistic


def _log1p_exp(z):
    """Return ``log(1 + exp(z))``; in single precision, log1p is not vectorised in NumPy."""
    if z.dtype == np.float64:
        return softplus(z)
    e = np.exp(-np.abs(z))
    u = 1 + e
    return np.maximum(z, 0) + np.log(u) + (e - (u - 1)) / u  # the last is what rounding took from u


def _log_odds(mean):
    return special.logit(np.clip(mean, 1e-6, 1 - 1e-6))


class _SigmoidLoss(Loss):
    """One logistic unit an output: two classes, or one column per label."""

    kinds = frozenset({"binary", "multilabel"})
    link = LogitLink()
    probabilistic = True

    def constant(self, y, weight):
        return _log_odds(mean(y, weight))

    def sample_y(self, rng, n, k):
        return rng.integers(0, 2, size=(n, k)).astype(float)


class _SoftmaxLoss(Loss):
    """One score per class, probabilities by softmax."""

    kinds = frozenset({"multiclass"})
    link = SoftmaxLink()
    probabilistic = True

    def constant(self, y, weight):
        return np.log(np.maximum(mean(y, weight), 1e-6))

    def sample_y(self, rng, n, k):
        return np.eye(k)[rng.integers(0, k, size=n)]


def _softmax_calls(raw, out, row):
    """Calls for ``out = softmax(raw)``, by way of the work column ``row``."""
    yield Call(np.maximum.reduce, raw, out=row, axis=1, keepdims=True)
    yield Call(np.subtract, raw, row, out=out)
    yield Call(np.exp, out, out=out)
    yield Call(np.add.reduce, out, out=row, axis=1, keepdims=True)
    yield Call(np.divide, out, row, out=out)


def _softmax_factors(p, power):
    """Return factors (k, n, k) ``p_m^power (e_m - p)``.

    With the power 1/2 their squares add up to ``diag(p) - p p^T``, the curvature of the
    cross-entropy; with 1 they are the derivatives of the probabilities.
    """
    factors = -np.repeat(p[None], p.shape[1], axis=0)
    for m in range(p.shape[1]):
        factors[m, :, m] += 1
        factors[m] *= p[:, m : m + 1] ** power
    return factors


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
    evidence = True

    def gradient(self, y, raw, out, scratch):
        yield from Logistic().forward(raw, out, ())
        yield Call(np.subtract, out, y, out=out)

    def curvature(self, y, raw):
        return diagonal_factors(special.expit(raw) * special.expit(-raw))

    def value(self, y, raw):
        return (_log1p_exp(raw) - y * raw).sum(axis=1)


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
    evidence = True
    aliases = ("sparse_categorical_crossentropy",)
    kinds = frozenset({"binary", "multiclass"})
    scratch = (1,)

    def specialise(self, kind):
        # Two classes need one score: the softmax over (0, z) is the logistic function of z.
        return BinaryCrossEntropy() if kind == "binary" else super().specialise(kind)

    def gradient(self, y, raw, out, scratch):
        yield from _softmax_calls(raw, out, *scratch)
        yield Call(np.subtract, out, y, out=out)

    def curvature(self, y, raw):
        return _softmax_factors(self.predict(raw), 0.5)

    def value(self, y, raw):
        return -(y * log_softmax(raw)).sum(axis=1)


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
        yield Call(np.multiply, out, out, out=slope)
        yield Call(np.subtract, out, slope, out=slope)
        yield Call(np.subtract, out, y, out=out)
        yield Call(np.multiply, out, slope, out=out)

    def curvature(self, y, raw):
        return diagonal_factors((special.expit(raw) * special.expit(-raw)) ** 2)

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
        yield Call(np.subtract, p, y, out=out)
        yield Call(np.multiply, out, p, out=out)
        yield Call(np.add.reduce, out, out=row, axis=1, keepdims=True)
        yield Call(np.subtract, p, y, out=out)
        yield Call(np.subtract, out, row, out=out)
        yield Call(np.multiply, out, p, out=out)

    def curvature(self, y, raw):
        return _softmax_factors(self.predict(raw), 1.0)

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
    boosted_as = "squared_error"
    noisy = True
    laplace = True
    evidence = True
    aliases = ("mse", "mean_squared_error")
    kinds = frozenset({"regression", "binary", "multiclass", "multilabel"})

    def specialise(self, kind):
        if kind == "multiclass":
            return SoftmaxSquaredError()
        return self if kind == "regression" else SigmoidSquaredError()

    def gradient(self, y, raw, out, scratch):
        yield Call(np.subtract, raw, y, out=out)

    def curvature(self, y, raw):
        return diagonal_factors(np.ones_like(raw))

    def value(self, y, raw):
        return 0.5 * ((raw - y) ** 2).sum(axis=1)

    def constant(self, y, weight):
        return mean(y, weight)


class _MarginLoss(Loss):
    """Loss of the margin ``y z`` with ``y`` in {-1, 1}; each class against the rest."""

    kinds = frozenset({"binary", "multiclass", "multilabel"})
    levels = (-1.0, 1.0)
    margin: ClassVar[float]
    scratch = (None,)

    def gradient(self, y, raw, out, scratch):
        (wrong,) = scratch
        yield Call(np.multiply, y, raw, out=out)
        yield Call(np.less_equal, out, self.margin, out=wrong)
        yield Call(np.multiply, y, wrong, out=out)
        yield Call(np.negative, out, out=out)

    def value(self, y, raw):
        return np.maximum(self.margin - y * raw, 0).sum(axis=1)

    def constant(self, y, weight):
        return self.margin * np.sign(mean(y, weight))

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

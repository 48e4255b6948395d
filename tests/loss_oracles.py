"""Values and gradients of every loss, by scikit-learn, SciPy and mpmath, or written out."""

import mpmath
import numpy as np
from scipy import special, stats
from sklearn._loss import loss as sk
from sklearn._loss._loss import CyHuberLoss

from skfnn.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Gamma,
    Gaussian,
    Hinge,
    Huber,
    NegativeBinomial,
    PerceptronLoss,
    Poisson,
    Quantile,
    Quantiles,
    SigmoidSquaredError,
    SoftmaxSquaredError,
    SquaredError,
    Tweedie,
)


def huber(delta):
    reference = sk.HuberLoss(delta=delta)  # its quantile would set another delta while fitting
    reference.closs = CyHuberLoss(delta=float(delta))
    return reference


# Losses that scikit-learn has, up to a constant; one call for each output.
SEPARABLE = {
    SquaredError: lambda loss: sk.HalfSquaredError(),
    AbsoluteError: lambda loss: sk.AbsoluteError(),
    Quantile: lambda loss: sk.PinballLoss(quantile=loss.quantile),
    Huber: lambda loss: huber(loss.delta),
    Poisson: lambda loss: sk.HalfPoissonLoss(),
    Gamma: lambda loss: sk.HalfGammaLoss(),
    Tweedie: lambda loss: sk.HalfTweedieLoss(power=loss.power),
    BinaryCrossEntropy: lambda loss: sk.HalfBinomialLoss(),
}


def sigmoid_squared(y, raw):
    p = special.expit(raw)
    return ((p - y) ** 2).sum(1) / 2, (p - y) * p * special.expit(-raw)


def softmax_squared(y, raw):
    p = np.exp(raw) / np.exp(raw).sum(1, keepdims=True)
    jacobian = p[:, :, None] * (np.eye(raw.shape[1]) - p[:, None, :])
    return ((p - y) ** 2).sum(1) / 2, np.einsum("ni,nij->nj", p - y, jacobian)


def softmax_entropy(y, raw):
    reference, classes = sk.HalfMultinomialLoss(n_classes=raw.shape[1]), y.argmax(1).astype(float)
    return reference.loss(classes, raw), reference.gradient(classes, raw)


def margin(y, raw, needed):
    wrong = np.where(y * raw < needed, 1.0, 0.0)
    return (wrong * (needed - y * raw)).sum(1), -y * wrong


def gaussian(y, raw):
    k = y.shape[1]
    mean, std = raw[:, :k], np.exp(raw[:, k:] / 2)
    value = -stats.norm.logpdf(y, mean, std).sum(1)
    return value, np.hstack([(mean - y) / std**2, (1 - ((y - mean) / std) ** 2) / 2])


def negative_binomial(y, raw):
    """Value by SciPy, gradient by mpmath."""
    k = y.shape[1]
    size, mean = np.exp(-raw[:, k:]), np.exp(raw[:, :k])
    value = -stats.nbinom.logpmf(y, size, size / (size + mean)).sum(1)

    def slope(y, z, a):
        def loss(z, a):
            r, m = mpmath.exp(-a), mpmath.exp(z)
            gammas = mpmath.loggamma(y + r) - mpmath.loggamma(r) - mpmath.loggamma(y + 1)
            return -gammas - r * mpmath.log(r / (r + m)) - y * mpmath.log(m / (r + m))

        return [float(mpmath.diff(loss, (z, a), order)) for order in ((1, 0), (0, 1))]

    slopes = np.array([
        [slope(y[i, j], raw[i, j], raw[i, k + j]) for j in range(k)] for i in range(len(y))
    ])  # fmt: skip
    return value, np.hstack([slopes[..., 0], slopes[..., 1]])


def independent_quantiles(levels, y, raw):
    """Each level's pinball loss of its own score: from the median up, then from there down."""
    middle = int((levels < 0.5).sum())
    order = [*range(middle, len(levels)), *reversed(range(middle))]
    value, slope = np.zeros(len(y)), np.zeros_like(raw)
    for place, j in enumerate(order):
        oracle = sk.PinballLoss(quantile=levels[j])
        for column in range(y.shape[1]):
            target, at = (np.ascontiguousarray(a[..., column]) for a in (y, raw[:, place]))
            value += oracle.loss(target, at) / len(levels)
            slope[:, place, column] = oracle.gradient(target, at) / len(levels)
    return value, slope.reshape(len(y), -1)


def quantiles(loss, y, raw):
    """Every curve, and its derivatives by the scores, by a sum that is written out."""
    levels, k = loss.learned_levels(), y.shape[1]
    middle = int((levels < 0.5).sum())
    raw = raw.reshape(len(y), -1, k)
    if loss.independent:
        return independent_quantiles(levels, y, raw)
    place = {middle: 0}
    place |= {j: j - middle for j in range(middle + 1, len(levels))}
    place |= {j: len(levels) - 1 - j for j in range(middle)}
    value, slope = np.zeros(len(y)), np.zeros_like(raw)
    for j, level in enumerate(levels):
        steps = range(middle + 1, j + 1) if j >= middle else range(j, middle)
        sign = 1 if j >= middle else -1
        curve = raw[:, 0] + sign * sum(np.logaddexp(0, raw[:, place[i]]) for i in steps)
        oracle = sk.PinballLoss(quantile=level)
        for column in range(k):
            target, at = np.ascontiguousarray(y[:, column]), np.ascontiguousarray(curve[:, column])
            value += oracle.loss(target, at) / len(levels)
            g = oracle.gradient(target, at) / len(levels)
            slope[:, 0, column] += g
            for i in steps:
                slope[:, place[i], column] += sign * g * special.expit(raw[:, place[i], column])
    return value, slope.reshape(len(y), -1)


JOINT = {
    CategoricalCrossEntropy: softmax_entropy,
    SigmoidSquaredError: sigmoid_squared,
    SoftmaxSquaredError: softmax_squared,
    Hinge: lambda y, raw: margin(y, raw, 1),
    PerceptronLoss: lambda y, raw: margin(y, raw, 0),
    Gaussian: gaussian,
    NegativeBinomial: negative_binomial,
}


def reference(loss, y, raw):
    if isinstance(loss, Quantiles):
        return quantiles(loss, y, raw)
    if type(loss) in JOINT:
        return JOINT[type(loss)](y, raw)
    oracle, columns = SEPARABLE[type(loss)](loss), range(y.shape[1])
    y, raw = np.asfortranarray(y), np.asfortranarray(raw)
    value = sum(oracle.loss(y[:, j], raw[:, j]) for j in columns)
    return value, np.column_stack([oracle.gradient(y[:, j], raw[:, j]) for j in columns])

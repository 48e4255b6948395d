"""Losses and activations at the edges of their arguments, against mpmath.

``python tests/edges.py`` prints the table of ``docs/testing.md``.
"""

from functools import partial

import mpmath
import numpy as np
from helpers import examples, run, work_array

from skfnn.activations import Activation
from skfnn.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Gamma,
    Hinge,
    Huber,
    PerceptronLoss,
    Poisson,
    Quantile,
    SigmoidSquaredError,
    SquaredError,
    Tweedie,
)

mpmath.mp.dps = 60
EXP, LOG, LOG1P = mpmath.exp, mpmath.log, mpmath.log1p
SIZES = [0, 1e-30, 1e-12, 1e-8, 1e-4, 0.1, 0.5, 1, 2, 3.7, 9, 15, 17, 20, 38, 50, 87, 103, 300, 709,
         745, 1e4, 1e10]  # fmt: skip
POINTS = sorted({sign * size for size in SIZES for sign in (-1, 1)})


def sigmoid(z):
    return 1 / (1 + EXP(-z))


def tweedie(p, y, z):
    if p == 1:
        return EXP(z) - y * z + y * LOG(y) - y
    if p == 2:
        return z - LOG(y) + y * EXP(-z) - 1
    q = 2 - mpmath.mpf(p)
    return y**q / ((q - 1) * q) - y * EXP((q - 1) * z) / (q - 1) + EXP(q * z) / q


ACTIVATIONS = {
    "identity": lambda f, z: z,
    "logistic": lambda f, z: sigmoid(z),
    "tanh": lambda f, z: mpmath.tanh(z),
    "relu": lambda f, z: max(z, mpmath.mpf(0)),
    "leaky_relu": lambda f, z: z if z > 0 else mpmath.mpf(f.slope) * z,
    "elu": lambda f, z: z if z > 0 else mpmath.mpf(f.alpha) * mpmath.expm1(z),
    "gelu": lambda f, z: z * mpmath.ncdf(z),
    "silu": lambda f, z: z * sigmoid(z),
    "mish": lambda f, z: z * mpmath.tanh(LOG1P(EXP(z))),
    "softplus": lambda f, z: LOG1P(EXP(z)),
}
POSITIVE, ANY, SIGNS, SHARES = (1e-30, 0.5, 3.0), (-2.0, 0.0, 5.0), (-1.0, 1.0), (0.0, 0.3, 1.0)
LOSSES = {
    SquaredError: (ANY, lambda f, y, z: (z - y) ** 2 / 2),
    AbsoluteError: (ANY, lambda f, y, z: abs(z - y)),
    Huber: (ANY, lambda f, y, z: (z - y) ** 2 / 2 if abs(z - y) <= f.delta
            else f.delta * (abs(z - y) - mpmath.mpf(f.delta) / 2)),
    Quantile: (ANY, lambda f, y, z: max(f.quantile * (y - z), (f.quantile - 1) * (y - z))),
    Poisson: ((0.0, 1.0, 7.0), lambda f, y, z: EXP(z) - y * z + (y * LOG(y) - y if y else 0)),
    Gamma: (POSITIVE, lambda f, y, z: z - LOG(y) + y * EXP(-z) - 1),
    Tweedie: (POSITIVE, lambda f, y, z: tweedie(f.power, y, z)),
    BinaryCrossEntropy: (SHARES, lambda f, y, z: LOG1P(EXP(z)) - y * z),
    SigmoidSquaredError: (SHARES, lambda f, y, z: (sigmoid(z) - y) ** 2 / 2),
    Hinge: (SIGNS, lambda f, y, z: max(mpmath.mpf(0), 1 - y * z)),
    PerceptronLoss: (SIGNS, lambda f, y, z: max(mpmath.mpf(0), -y * z)),
}  # fmt: skip


def units(found, true, dtype):
    """The error in rounding errors of the larger of 1 and the true value.

    None where the true value is no number of the precision; infinity where only the true one is.
    """
    top = np.finfo(dtype).max
    if abs(true) > top / 4:
        return None
    if not np.isfinite(found):
        return np.inf
    scale = max(mpmath.mpf(1), abs(true)) * float(np.finfo(dtype).eps)
    return float(abs(mpmath.mpf(float(found)) - true) / scale)


def slope(function, z):
    """The derivative of a function of mpmath numbers, by differences far below its scale."""
    h = mpmath.mpf(10) ** -25 * max(1, abs(z))
    return (function(z + h) - function(z - h)) / (2 * h)


def smooth_at(z, *bends):
    return all(abs(z - bend) > 1e-9 * max(1.0, abs(bend)) for bend in bends)


def worst(pairs, dtype):
    found = [units(a, b, dtype) for a, b in pairs]
    return max((u for u in found if u is not None), default=0.0)


def activation_errors(dtype):
    """Yield (name, largest error of values, of derivatives) in rounding errors."""
    z = np.array(POINTS, dtype)
    for f in examples(Activation):
        if f.name not in ACTIVATIONS:
            continue

        def true(z, f=f):
            return ACTIVATIONS[f.name](f, z)

        exact = [mpmath.mpf(float(point)) for point in z]
        values = worst(zip(f(z), map(true, exact), strict=True), dtype)
        bends = zip(f.derivative(z), exact, strict=True)
        slopes = worst([(d, slope(true, p)) for d, p in bends if smooth_at(p, 0)], dtype)
        yield f.name, values, slopes


def loss_errors(dtype):
    """Yield (name, largest error of values, of gradients) in rounding errors."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for cls, (targets, true) in LOSSES.items():
            for f in cls.examples():
                values, slopes = [], []
                for y in np.array(targets, dtype):
                    compare(f, y, true, dtype, values, slopes)
                yield cls.name, worst(values, dtype), worst(slopes, dtype)
        values = []
        for size in POINTS:
            raw = np.array([[size, 0.0, -size]], dtype)
            y = np.array([[0.0, 1.0, 0.0]], dtype)
            exact = [mpmath.mpf(float(r)) for r in raw[0]]
            total = LOG(mpmath.fsum(EXP(r - max(exact)) for r in exact)) + max(exact)
            values.append((CategoricalCrossEntropy().value(y, raw)[0], total - exact[1]))
        yield "categorical_crossentropy", worst(values, dtype), 0.0


def compare(f, y, true, dtype, values, slopes):
    """Append (found, true) values and slopes of a loss at one target."""
    for point in np.array(POINTS, dtype):
        exact, target = mpmath.mpf(float(point)), mpmath.mpf(float(y))
        at, raw = np.full((1, 1), y), np.full((1, 1), point)
        values.append((f.value(at, raw)[0], true(f, target, exact)))
        out = np.empty((1, 1), dtype)
        kinds = [work_array((1, width or 1), float, dtype) for width in f.scratch]
        run(f.gradient(at, raw, out, kinds), dtype)
        bends = [target, target + getattr(f, "delta", 0), target - getattr(f, "delta", 0), 0, y]
        if smooth_at(exact, *bends):
            slopes.append((out[0, 0], slope(partial(true, f, target), exact)))


def table():
    """Return rows (name, four errors): of values and slopes, in float32 and float64."""
    rows = {}
    for dtype in (np.float32, np.float64):
        for errors in (activation_errors, loss_errors):
            for name, value, gradient in errors(dtype):
                known = rows.setdefault((errors.__name__, name), {})
                before = known.get(dtype, (0.0, 0.0))
                known[dtype] = max(before[0], value), max(before[1], gradient)
    return {name: (*of[np.float32], *of[np.float64]) for (_, name), of in rows.items()}


if __name__ == "__main__":
    for name, errors in table().items():
        print(f"| `{name}` | " + " | ".join(f"{max(1, np.ceil(1.5 * e)):g}" for e in errors) + " |")

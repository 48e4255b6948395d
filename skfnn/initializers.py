"""Initializers: how the weights of a layer are drawn.

Weights of shape (fan_in, fan_out); biases are drawn uniformly with the same variance, as
scikit-learn's ``MLPClassifier`` does, so that the kinks of first-layer units are spread.
"""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

import numpy as np

from ._engine.support.component import Component
from ._sklearn import Interval


class Initializer(Component):
    """Base class: draws the weights and biases of a layer.

    Attributes
    ----------
    adapts : bool
        Whether ``adapt`` sets them by the layer's input on training rows.

    To add an initializer, subclass with a ``name`` and write ``variance`` and, unless entries are
    drawn independently, ``weights``.
    """

    family = "initializer"
    adapts: ClassVar[bool] = False

    def adapt(self, X: np.ndarray, W: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> None:
        """Set ``W`` and ``b`` by the layer's input ``X`` on training rows."""

    def variance(self, fan_in: int, fan_out: int) -> float:
        """Return the variance of one weight."""
        raise NotImplementedError

    def weights(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
        """Draw a (fan_in, fan_out) array."""
        raise NotImplementedError

    def biases(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
        """Draw a (fan_out,) array."""
        bound = np.sqrt(3 * self.variance(fan_in, fan_out))
        return rng.uniform(-bound, bound, fan_out)


class _Uniform(Initializer):
    def weights(self, rng, fan_in, fan_out):
        bound = np.sqrt(3 * self.variance(fan_in, fan_out))
        return rng.uniform(-bound, bound, (fan_in, fan_out))


class _Normal(Initializer):
    def weights(self, rng, fan_in, fan_out):
        return rng.normal(0, np.sqrt(self.variance(fan_in, fan_out)), (fan_in, fan_out))


class GlorotUniform(_Uniform):
    """Uniform with variance ``2 / (fan_in + fan_out)``: keeps variance forward and backward.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010.

    Examples
    --------
    >>> from skfnn.initializers import GlorotUniform
    >>> GlorotUniform().variance(50, 150)
    0.01
    """

    name = "glorot_uniform"

    def variance(self, fan_in, fan_out):
        return 2.0 / (fan_in + fan_out)


class GlorotNormal(_Normal):
    """Normal with variance ``2 / (fan_in + fan_out)``; source as :class:`GlorotUniform`.

    Examples
    --------
    >>> from skfnn.initializers import GlorotNormal
    >>> GlorotNormal().variance(50, 150)
    0.01
    """

    name = "glorot_normal"

    def variance(self, fan_in, fan_out):
        return 2.0 / (fan_in + fan_out)


class HeUniform(_Uniform):
    """Uniform with variance ``2 / fan_in``: keeps variance through rectifiers.

    Source: He et al., "Delving Deep into Rectifiers", 2015.

    Examples
    --------
    >>> from skfnn.initializers import HeUniform
    >>> HeUniform().variance(50, 150)
    0.04
    """

    name = "he_uniform"

    def variance(self, fan_in, fan_out):
        return 2.0 / fan_in


class HeNormal(_Normal):
    """Normal with variance ``2 / fan_in``; source as :class:`HeUniform`.

    Examples
    --------
    >>> from skfnn.initializers import HeNormal
    >>> HeNormal().variance(50, 150)
    0.04
    """

    name = "he_normal"

    def variance(self, fan_in, fan_out):
        return 2.0 / fan_in


class LecunNormal(_Normal):
    """Normal with variance ``1 / fan_in``, for SELU.

    Source: LeCun et al., "Efficient BackProp", 1998.

    Examples
    --------
    >>> from skfnn.initializers import LecunNormal
    >>> LecunNormal().variance(50, 150)
    0.02
    """

    name = "lecun_normal"

    def variance(self, fan_in, fan_out):
        return 1.0 / fan_in


class Scaled(Initializer):
    """Another initializer's weights and biases, times a factor.

    With ``skip_connections=True`` and no batch normalisation each of L hidden layers starts with
    the factor 1 / L: what L layers add to their input then stays of its size, where it would grow
    exponentially with L. On factors that shrink with depth see De and Smith, "Batch Normalization
    Biases Residual Blocks Towards the Identity Function in Deep Networks", 2020.

    Parameters
    ----------
    initializer : str or Initializer, default="glorot_uniform"
        The other initializer.
    factor : float in [0, inf), default=0.1
        The factor.

    Examples
    --------
    >>> from skfnn.initializers import Scaled
    >>> Scaled("he_normal", factor=0.5).variance(50, 150)
    0.01
    """

    name = "scaled"
    _parameter_constraints: ClassVar[dict] = {
        "initializer": [str, Initializer],
        "factor": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, initializer="glorot_uniform", factor=0.1) -> None:
        self.initializer = initializer
        self.factor = factor

    def _inner(self):
        return Initializer.resolve(self.initializer, "initializer")

    def variance(self, fan_in, fan_out):
        return self.factor**2 * self._inner().variance(fan_in, fan_out)

    def weights(self, rng, fan_in, fan_out):
        return self.factor * self._inner().weights(rng, fan_in, fan_out)


class Orthogonal(Initializer):
    """Random orthonormal columns (or rows, where fan_out is larger).

    Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning
    in deep linear neural networks", 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.initializers import Orthogonal
    >>> W = Orthogonal().weights(np.random.default_rng(0), 5, 3)
    >>> np.allclose(W.T @ W, np.eye(3))
    True
    """

    name = "orthogonal"

    def variance(self, fan_in, fan_out):
        return 1.0 / max(fan_in, fan_out)

    def weights(self, rng, fan_in, fan_out):
        rows, columns = max(fan_in, fan_out), min(fan_in, fan_out)
        Q, R = np.linalg.qr(rng.normal(size=(rows, columns)))
        Q = Q * np.sign(np.diag(R))  # makes the draw uniform over orthogonal matrices
        return Q if fan_in >= fan_out else Q.T


class Zeros(Initializer):
    """Zero weights and biases: for an output layer, so that training starts from a constant.

    Examples
    --------
    >>> import numpy as np
    >>> from skfnn.initializers import Zeros
    >>> Zeros().weights(np.random.default_rng(0), 2, 1)
    array([[0.],
           [0.]])
    """

    name = "zeros"

    def variance(self, fan_in, fan_out):
        return 0.0

    def weights(self, rng, fan_in, fan_out):
        return np.zeros((fan_in, fan_out))


class DataDriven(_Normal):
    """Normal, then scaled and shifted by what the layer is given on training rows.

    Each column of weights is divided by the standard deviation of its outputs; each bias is minus
    a random convex combination of its outputs on 5 rows, so that the kinks of units lie where the
    data is. Source: Holzmueller et al., "Better by Default", 2024.

    Examples
    --------
    >>> from skfnn.initializers import DataDriven
    >>> DataDriven().adapts
    True
    """

    name = "data_driven"
    adapts = True

    def variance(self, fan_in, fan_out):
        return 1.0 / fan_in

    def adapt(self, X, W, b, rng):
        Z = X @ W
        spread = Z.std(axis=0)
        usable = spread > 1e-6 * np.abs(Z).max(initial=0.0)
        factor = np.divide(1.0, spread, out=np.ones_like(spread), where=usable)
        W *= factor
        share = rng.exponential(size=(5, len(b)))
        rows = rng.integers(0, len(Z), size=share.shape)
        b[...] = -(share / share.sum(axis=0) * np.take_along_axis(Z * factor, rows, 0)).sum(axis=0)


class NguyenWidrow(Initializer):
    r"""Kinks of the units spread over the range of the inputs, for saturating activations.

    Each unit's weights have a random direction and the norm :math:`0.7\, h^{1/n}` (h units, n
    inputs), for inputs that are mapped to -1 to 1; biases are spread evenly, so that each unit
    bends in a part of its own. The range of the inputs is that of training rows. Source: Nguyen and
    Widrow, "Improving the learning speed of 2-layer neural networks by choosing initial values of
    the adaptive weights", 1990.

    Examples
    --------
    >>> from skfnn.initializers import NguyenWidrow
    >>> round(NguyenWidrow().variance(1, 10), 2)  # the square of 0.7 * 10
    49.0
    """

    name = "nguyen_widrow"
    adapts = True

    def variance(self, fan_in, fan_out):
        return 0.49 * fan_out ** (2 / fan_in) / fan_in

    def weights(self, rng, fan_in, fan_out):
        directions = rng.uniform(-1, 1, (fan_in, fan_out))
        norms = np.linalg.norm(directions, axis=0)
        norm = np.sqrt(fan_in * self.variance(fan_in, fan_out))
        return norm * directions / np.where(norms > 0, norms, 1)

    def adapt(self, X, W, b, rng):
        low, high = X.min(axis=0), X.max(axis=0)
        spread = np.linspace(-1, 1, len(b)) if len(b) > 1 else np.zeros(1)
        b[...] = np.linalg.norm(W, axis=0) * rng.permutation(spread)
        W /= np.where(high > low, (high - low) / 2, 1)[:, None]
        b -= (low + high) / 2 @ W

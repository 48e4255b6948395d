"""Layers: descriptions that write the calls of a training step.

A layer holds hyper-parameters only. Its arrays live in a *cell*, made by a workspace (see
:mod:`skfnn.network`): ``cell.W`` and ``cell.dW`` for a parameter ``W``, ``cell.<name>`` for
buffers, ``cell.scratch`` for work arrays. ``X`` is (n, n_in), ``Y`` is (n, n_out), ``dX`` and
``dY`` are the gradients of the loss with respect to them. Forward stands beside backward; both
yield the NumPy calls that compute (see :mod:`skfnn.activations`).
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

import numpy as np

from ._autoencoding import GaussianNoise, KLSparsity, L1Sparsity, MaskingNoise, Tied
from ._layer import Layer, Param, expand, product, width_after
from ._sklearn import Interval
from .activations import Activation
from .initializers import Initializer

__all__ = [
    "Activate",
    "BatchNorm",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "KLSparsity",
    "L1Sparsity",
    "Layer",
    "Linear",
    "MaskingNoise",
    "Param",
    "Skip",
    "Tied",
]


class Linear(Layer):
    """Affine map ``Y = X W + b``.

    Parameters
    ----------
    units : int
        Number of outputs, at least 1.
    initializer : str or Initializer, default="auto"
        How weights are drawn; "auto" is "glorot_uniform".

    Examples
    --------
    >>> from skfnn import FNNRegressor
    >>> from skfnn.layers import Activate, Linear
    >>> model = FNNRegressor(hidden_layers=[Linear(3), Activate("tanh")], tol=0.1)
    >>> model.fit([[0.0], [1.0]], [0.0, 1.0]).coefs_[0].shape
    (1, 3)
    """

    name = "linear"
    sparse = True
    _parameter_constraints: ClassVar = {
        "units": [Interval(Integral, 1, None, closed="left")],
        "initializer": [str, Initializer],
    }

    def __init__(self, units, initializer="auto"):
        self.units = units
        self.initializer = initializer

    @property
    def reads(self):
        return frozenset({"X"})

    def n_outputs(self, n_in):
        return self.units

    def params(self, n_in):
        name = "glorot_uniform" if self.initializer == "auto" else self.initializer
        draws = Initializer.resolve(name, "initializer")
        n_out = self.units
        return {
            "W": Param((n_in, n_out), lambda rng: draws.weights(rng, n_in, n_out), decay=True),
            "b": Param((n_out,), lambda rng: draws.biases(rng, n_in, n_out)),
        }

    def forward(self, X, Y, cell, training):
        yield product(X, cell.W, Y)
        yield np.add, Y, cell.b, Y

    def backward(self, dY, X, Y, cell, dX):
        yield product(X.T, dY, cell.dW)
        yield np.dot, cell.ones, dY, cell.db
        if dX is not None:
            yield np.dot, dY, cell.W.T, dX

    @classmethod
    def examples(cls):
        """A small one."""
        return [cls(3), cls(2, "orthogonal")]


class Activate(Layer):
    """Element-wise activation, ``Y = f(X)``.

    Parameters
    ----------
    activation : str or Activation, default="relu"
        The function; see :mod:`skfnn.activations`.

    Examples
    --------
    >>> from skfnn.layers import Activate
    >>> Activate("tanh")
    Activate(activation='tanh')
    """

    name = "activate"
    inplace = True
    _parameter_constraints: ClassVar = {"activation": [str, Activation]}

    def __init__(self, activation="relu"):
        self.activation = activation

    def _function(self) -> Activation:
        given = self.activation
        return Activation.resolve(given, "activation") if isinstance(given, str) else given

    @property
    def reads(self):
        return {
            "input": frozenset({"X"}),
            "output": frozenset({"Y"}),
            None: frozenset(),
        }[self._function().reads]

    @property
    def keeps_scratch(self):
        return self._function().keeps_scratch

    def scratch(self, n_in):
        return tuple((n_in, kind) for kind in self._function().scratch)

    def forward(self, X, Y, cell, training):
        return self._function().forward(X, Y, cell.scratch)

    def backward(self, dY, X, Y, cell, dX):
        function = self._function()
        ref = {"input": X, "output": Y, None: None}[function.reads]
        return function.backward(dY, ref, cell.scratch)


class Dense(Layer):
    """Fully connected layer: :class:`Linear`, then :class:`Activate`, as Keras' ``Dense``.

    Parameters
    ----------
    units : int
        Number of outputs, at least 1.
    activation : str or Activation, default=None
        None is the identity.
    initializer : str or Initializer, default="auto"
        How weights are drawn; "auto" goes by the activation.

    Examples
    --------
    >>> from skfnn import FNNClassifier
    >>> from skfnn.layers import Dense, Dropout
    >>> FNNClassifier(hidden_layers=[Dense(64, "relu"), Dropout(0.2)])
    FNNClassifier(hidden_layers=[Dense(activation='relu', units=64), Dropout()])
    """

    name = "dense"
    _parameter_constraints: ClassVar = {
        **Linear._parameter_constraints,
        "activation": [str, Activation, None],
    }

    def __init__(self, units, activation=None, initializer="auto"):
        self.units = units
        self.activation = activation
        self.initializer = initializer

    def expand(self):
        initializer = self.initializer
        if self.activation is None:
            return (Linear(self.units, initializer),)
        function = Activation.resolve(self.activation, "activation")
        if initializer == "auto":
            initializer = function.initializer
        return Linear(self.units, initializer), Activate(function)

    def n_outputs(self, n_in):
        return self.units

    @classmethod
    def examples(cls):
        """Linear and nonlinear."""
        return [cls(3), cls(3, "tanh"), cls(3, "gelu", "lecun_normal")]


class Flatten(Layer):
    """Samples of any shape as rows of features, as Keras' ``Flatten``; first in ``hidden_layers``.

    With it the estimator accepts X of more than two dimensions, (n, h, w) or (n, h, w, c), wherever
    it takes X; the features of a sample are its entries in C order (the last index changes
    fastest). It is the same as :class:`skfnn.preprocessing.Flatten` in a pipeline before the
    estimator, costs nothing in a training step, and stands for no layer of the network.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skfnn import FNNClassifier
    >>> from skfnn.layers import Dense, Flatten
    >>> digits = load_digits()
    >>> digits.images.shape
    (1797, 8, 8)
    >>> model = FNNClassifier(hidden_layers=[Flatten(), Dense(32, "relu")], tol=0.1, random_state=0)
    >>> model.fit(digits.images, digits.target).n_features_in_
    64
    """

    name = "flatten"

    def expand(self):
        return ()


class Dropout(Layer):
    """Set each input to zero with probability ``rate`` in training, and scale up the others.

    The factor ``1 / (1 - rate)`` keeps the expected output; at prediction the layer does nothing.
    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting", 2014.

    Parameters
    ----------
    rate : float in [0, 1), default=0.2
        Share of inputs dropped.

    Examples
    --------
    >>> from skfnn.layers import Dropout
    >>> Dropout(0.5)
    Dropout(rate=0.5)
    """

    name = "dropout"
    inplace = True
    stochastic = True
    _parameter_constraints: ClassVar = {"rate": [Interval(Real, 0, 1, closed="left")]}

    def __init__(self, rate=0.2):
        self.rate = rate

    def _drops(self, cell):
        return self.rate > 0 and cell.rng is not None

    def scratch(self, n_in):
        return ((n_in, float),)

    def forward(self, X, Y, cell, training):
        if training and self._drops(cell):
            (mask,) = cell.scratch
            yield cell.rng.random, None, mask.dtype, mask
            yield np.greater_equal, mask, float(self.rate), mask
            yield np.multiply, mask, 1.0 / (1.0 - self.rate), mask
            yield np.multiply, X, mask, Y
        elif Y is not X:
            yield np.copyto, Y, X

    def backward(self, dY, X, Y, cell, dX):
        if self._drops(cell):
            (mask,) = cell.scratch
            yield np.multiply, dY, mask, dY

    @classmethod
    def examples(cls):
        """Some and none."""
        return [cls(0.3), cls(0.0)]


class BatchNorm(Layer):
    r"""Standardise each column over the batch, then scale and shift it by trained numbers.

    .. math:: \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad y = \gamma\hat x + \beta

    At prediction the moments are running means over training batches. Their rate is
    ``max(1 - momentum, 1 / t)`` at the ``t``-th batch, so that they hold from the first batch on.
    A batch of one row has no variance: there the running moments are used, and left as they are.
    With L-BFGS the moments are those of the whole training set, with its sample weights.

    Source: Ioffe and Szegedy, "Batch Normalization", 2015.

    Parameters
    ----------
    momentum : float in [0, 1), default=0.9
        Weight of the past in the running moments.
    epsilon : float in (0, inf), default=1e-5
        Added to the variance.

    Examples
    --------
    >>> from skfnn.layers import BatchNorm
    >>> BatchNorm(momentum=0.99)
    BatchNorm(momentum=0.99)
    """

    name = "batch_norm"
    inplace = True
    couples_rows = True
    _parameter_constraints: ClassVar = {
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, momentum=0.9, epsilon=1e-5):
        self.momentum = momentum
        self.epsilon = epsilon

    def params(self, n_in):
        return {
            "gamma": Param((n_in,), lambda rng: np.ones(n_in)),
            "beta": Param((n_in,), lambda rng: np.zeros(n_in)),
        }

    def buffers(self, n_in):
        return {
            "mean": np.zeros(n_in),
            "var": np.ones(n_in),
            "count": np.zeros(1),
            "rate": np.zeros(1),
        }

    def scratch(self, n_in):
        return ((n_in, float), (n_in, float))

    def forward(self, X, Y, cell, training):
        xhat, work = cell.scratch
        mean, scale = cell.row("mean"), cell.row("scale")
        if training and len(xhat) > 1:
            rate, share = cell.rate, cell.row("share")
            weight = cell.ones if cell.weight is None else cell.weight[:, 0]
            yield np.dot, weight, X, mean
            yield np.divide, mean, float(len(xhat)), mean
            yield np.subtract, X, mean, xhat
            yield np.multiply, xhat, xhat, work
            yield np.dot, weight, work, scale
            yield np.divide, scale, float(len(xhat)), scale
            if cell.full_batch:
                yield np.copyto, cell.mean, mean
                yield np.copyto, cell.var, scale
            else:
                yield np.add, cell.count, 1.0, cell.count
                yield np.divide, 1.0, cell.count, rate
                yield np.maximum, rate, 1.0 - self.momentum, rate
                for running, batch in ((cell.mean, mean), (cell.var, scale)):
                    yield np.subtract, batch, running, share
                    yield np.multiply, share, rate, share
                    yield np.add, running, share, running
        else:
            yield np.subtract, X, cell.mean, xhat
            yield np.copyto, scale, cell.var
        yield np.add, scale, float(self.epsilon), scale
        yield np.sqrt, scale, scale
        yield np.reciprocal, scale, scale
        yield np.multiply, xhat, scale, xhat
        yield np.multiply, xhat, cell.gamma, Y
        yield np.add, Y, cell.beta, Y

    def backward(self, dY, X, Y, cell, dX):
        xhat, work = cell.scratch
        mean, scale = cell.row("mean"), cell.row("scale")
        yield np.multiply, dY, xhat, work
        yield np.dot, cell.ones, work, cell.dgamma
        yield np.dot, cell.ones, dY, cell.dbeta
        if dX is None:
            return
        yield np.multiply, scale, cell.gamma, scale
        if len(xhat) > 1:
            # dX = gamma / sigma (dY - weight (mean(dY) + xhat mean(dY xhat)))
            yield np.divide, cell.dgamma, float(len(xhat)), mean
            yield np.multiply, xhat, mean, work
            yield np.divide, cell.dbeta, float(len(xhat)), mean
            yield np.add, work, mean, work
            if cell.weight is not None:
                yield np.multiply, work, cell.weight, work
            yield np.subtract, dY, work, dY
        yield np.multiply, dY, scale, dY


class Skip(Layer):
    """Residual connection: ``Y = X + F(X)``, with ``F`` the layers inside.

    Where ``F`` changes the width, ``X`` passes through a learned projection: ``Y = X P + F(X)``.
    Source: He et al., "Deep Residual Learning for Image Recognition", 2016.

    Parameters
    ----------
    layers : sequence of Layer
        The layers inside.

    Examples
    --------
    >>> from skfnn.layers import Dense, Skip
    >>> block = Skip([Dense(64, "relu"), Dense(64)])
    >>> block.n_outputs(64), sorted(block.params(64)), sorted(block.params(32))
    (64, [], ['P'])
    """

    name = "skip"
    sparse = True
    _parameter_constraints: ClassVar = {"layers": ["array-like"]}

    def __init__(self, layers):
        self.layers = layers

    @property
    def reads(self):
        return frozenset({"X"})

    def inner(self):
        return expand(self.layers)

    def n_outputs(self, n_in):
        return width_after(self.inner(), n_in)

    def params(self, n_in):
        n_out = self.n_outputs(n_in)
        if n_in == n_out:
            return {}
        draws = Initializer.resolve("glorot_uniform", "initializer")
        return {"P": Param((n_in, n_out), lambda rng: draws.weights(rng, n_in, n_out), decay=True)}

    def forward(self, X, Y, cell, training):
        yield from cell.chain.forward(X, training)
        if hasattr(cell, "P"):
            yield product(X, cell.P, Y)
            yield np.add, Y, cell.chain.Y, Y
        elif isinstance(X, np.ndarray):
            yield np.add, X, cell.chain.Y, Y
        else:
            yield X.dense, Y
            yield np.add, Y, cell.chain.Y, Y

    def backward(self, dY, X, Y, cell, dX):
        projected = hasattr(cell, "P")
        if projected:
            yield product(X.T, dY, cell.dP)
        if dX is not None:  # before the layers inside, which overwrite dY
            yield (np.dot, dY, cell.P.T, dX) if projected else (np.copyto, dX, dY)
        yield from cell.chain.backward(dY, dX is not None)
        if dX is not None:
            yield np.add, dX, cell.chain.dX, dX

    @classmethod
    def examples(cls):
        """Same width and changed width."""
        return [
            cls([Dropout(0.2), Linear(4), Activate("tanh")]),
            cls([Dense(4, "relu"), Skip([Dense(4, "silu"), BatchNorm()])]),
        ]

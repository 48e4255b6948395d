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
from ._embeddings import (
    CategoryEmbedding,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Repeat,
)
from ._ensemble import SharedEnsemble
from ._layer import Layer, Param, expand, product, width_after
from ._regularising import BatchNorm, Dropout
from ._sklearn import Interval, StrOptions
from .activations import Activation
from .initializers import Initializer

__all__ = [
    "Activate",
    "BatchNorm",
    "CategoryEmbedding",
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
    "ParametricActivate",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "Repeat",
    "Scale",
    "SharedEnsemble",
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
    scaling : {"standard", "neural_tangent"}, default="standard"
        "neural_tangent" trains ``W`` as ``V / sqrt(n_in)`` with ``V`` in place of ``W``: steps do
        not grow with the width. ``W`` is what is stored, and takes the steps of ``V`` over
        ``sqrt(n_in)``. Source: Jacot, Gabriel and Hongler, "Neural Tangent Kernel", 2018.
    bias_lr_factor : float in (0, inf), default=1.0
        Factor on the learning rate of ``b``.

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
        "scaling": [StrOptions({"standard", "neural_tangent"})],
        "bias_lr_factor": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, units, initializer="auto", scaling="standard", bias_lr_factor=1.0):
        self.units = units
        self.initializer = initializer
        self.scaling = scaling
        self.bias_lr_factor = bias_lr_factor

    @property
    def reads(self):
        return frozenset({"X"})

    def _draws(self):
        name = "glorot_uniform" if self.initializer == "auto" else self.initializer
        return Initializer.resolve(name, "initializer")

    @property
    def adapts(self):
        return self._draws().adapts

    def adapt(self, X, cell, rng):
        self._draws().adapt(X, cell.W, cell.b, rng)

    def n_outputs(self, n_in):
        return self.units

    def params(self, n_in):
        draws, n_out = self._draws(), self.units
        scale = 1.0 if self.scaling == "standard" else n_in**-0.5
        return {
            "W": Param(
                (n_in, n_out),
                lambda rng: draws.weights(rng, n_in, n_out),
                decay=True,
                scale=scale,
            ),
            "b": Param(
                (n_out,),
                lambda rng: draws.biases(rng, n_in, n_out),
                lr_factor=self.bias_lr_factor,
            ),
        }

    def forward(self, X, Y, cell, training):
        yield product(X, cell.W, Y)
        # One bias as a number: NumPy adds it twice as fast as a row of one.
        yield np.add, Y, cell.b if self.units > 1 else cell.b.reshape(()), Y

    def backward(self, dY, X, Y, cell, dX):
        yield product(X.T, dY, cell.dW)
        yield np.dot, cell.ones, dY, cell.db
        if dX is not None:
            yield np.dot, dY, cell.W.T, dX

    def affine(self, cell):
        return cell.W, cell.b

    @classmethod
    def examples(cls):
        """Small ones."""
        return [cls(3), cls(2, "orthogonal"), cls(3, "data_driven", "neural_tangent", 0.1)]


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
        "units": [Interval(Integral, 1, None, closed="left")],
        "activation": [str, Activation, None],
        "initializer": [str, Initializer],
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


class ParametricActivate(Activate):
    r"""Activation that each unit mixes with the identity: :math:`y = x + a (f(x) - x)`.

    The trained :math:`a`, one a column, starts at 1. Source: Holzmueller et al., "Better by
    Default", 2024.

    Parameters
    ----------
    activation : str or Activation, default="relu"
        The function :math:`f`.
    lr_factor : float in (0, inf), default=0.1
        Factor on the learning rate of :math:`a`.

    Examples
    --------
    >>> from skfnn.layers import ParametricActivate
    >>> list(ParametricActivate("selu").params(64))
    ['a']
    """

    name = "parametric_activate"
    inplace = False
    _parameter_constraints: ClassVar = {
        "activation": [str, Activation],
        "lr_factor": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, activation="relu", lr_factor=0.1):
        self.activation = activation
        self.lr_factor = lr_factor

    @property
    def reads(self):
        return frozenset({"X"})

    @property
    def keeps_scratch(self):
        return True

    def params(self, n_in):
        return {"a": Param((n_in,), lambda rng: np.ones(n_in), lr_factor=self.lr_factor)}

    def scratch(self, n_in):
        return tuple((n_in, kind) for kind in self._function().mix_scratch)

    def forward(self, X, Y, cell, training):
        yield from self._function().mix(X, cell.a, Y, cell.scratch)

    def backward(self, dY, X, Y, cell, dX):
        yield from self._function().mix_backward(
            dY, X, cell.a, cell.da, cell.ones, dX, cell.scratch
        )

    @classmethod
    def examples(cls):
        """Activations that read their output, their input and nothing."""
        return [cls("selu"), cls("mish"), cls("identity")]


class Scale(Layer):
    """Multiply each column by a trained factor, which starts at 1: a soft choice of features.

    Source: Holzmueller et al., "Better by Default", 2024.

    Parameters
    ----------
    lr_factor : float in (0, inf), default=6.0
        Factor on the learning rate.

    Examples
    --------
    >>> from skfnn.layers import Scale
    >>> list(Scale().params(5))
    ['s']
    """

    name = "scale"
    inplace = True
    _parameter_constraints: ClassVar = {"lr_factor": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, lr_factor=6.0):
        self.lr_factor = lr_factor

    @property
    def reads(self):
        return frozenset({"X"})

    def params(self, n_in):
        return {"s": Param((n_in,), lambda rng: np.ones(n_in), lr_factor=self.lr_factor)}

    def scratch(self, n_in):
        return ((n_in, float),)

    @property
    def keeps_scratch(self):
        return False

    def forward(self, X, Y, cell, training):
        yield np.multiply, X, cell.s, Y

    def backward(self, dY, X, Y, cell, dX):
        (work,) = cell.scratch
        yield np.multiply, dY, X, work
        yield np.dot, cell.ones, work, cell.ds
        if dX is not None:
            yield np.multiply, dY, cell.s, dY

    def affine(self, cell):
        return cell.s, 0.0


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

"""Layers: descriptions that write the calls of a training step.

A layer holds hyper-parameters only. Its arrays live in a *cell*, made by a workspace:
``cell.W`` and ``cell.dW`` for a parameter ``W``, ``cell.<name>`` for buffers, ``cell.scratch`` for
work arrays. ``X`` is (n, n_in), ``Y`` is (n, n_out), ``dX`` and ``dY`` are the gradients of the
loss with respect to them. Forward stands beside backward; both yield the NumPy calls that compute
(see :mod:`skfnn.activations`).
"""

from .._engine.program.layer import Layer, Param
from .._engine.support.publish import publish
from .._engine.support.retire import retired
from ._activation import Activate, ParametricActivate
from ._category_embedding import CategoryEmbedding
from ._category_statistics import CategoryStatistics
from ._dense import Dense, Linear
from ._flatten import Flatten
from ._monotone import MonotoneActivate
from ._noise import Dropout, GaussianNoise, MaskingNoise
from ._normalization import BatchNorm
from ._periodic_embedding import PeriodicEmbedding
from ._piecewise_linear_embedding import PiecewiseLinearEmbedding
from ._repeat import Repeat
from ._scale import Scale
from ._select import Select
from ._shared_ensemble import SharedEnsemble
from ._skip import Skip
from ._sorted_curves import SortedCurves
from ._sparsity import KLSparsity, L1Sparsity
from ._tied import Tied

__all__ = [
    "Activate",
    "BatchNorm",
    "CategoryEmbedding",
    "CategoryStatistics",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "KLSparsity",
    "L1Sparsity",
    "Layer",
    "Linear",
    "MaskingNoise",
    "MonotoneActivate",
    "ParametricActivate",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "Repeat",
    "Scale",
    "Select",
    "SharedEnsemble",
    "Skip",
    "SortedCurves",
    "Tied",
]

publish(__name__, __all__)
__getattr__ = retired(__name__, {Param: "It is skfnn.parts.Param."})

r"""Losses: what training minimises, as functions of the network's raw scores.

A loss knows its link: ``predict`` maps raw scores to probabilities or means. ``y`` and ``raw`` are
(n, k) arrays of one dtype, where ``k`` is the number of outputs (losses that learn a distribution
have several columns of ``raw`` for each); class labels arrive one-hot (one
column for two classes). Values are per row and summed over outputs; their gradient with respect to
``raw`` is yielded as NumPy calls (see :mod:`skfnn.activations`).
Everything is computed from raw scores, so that it stays exact where probabilities saturate.
"""

from .._engine.objective.distribution import Distribution, Located
from .._engine.objective.link import IdentityLink, Link, LogitLink, LogLink, SoftmaxLink
from .._engine.objective.loss import Loss
from .._engine.support.publish import publish
from ._classification import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Hinge,
    LogLoss,
    PerceptronLoss,
    SigmoidSquaredError,
    SoftmaxSquaredError,
    SquaredError,
)
from ._distribution import Gaussian, NegativeBinomial, Quantiles
from ._function import from_function
from ._regression import AbsoluteError, Gamma, Huber, Poisson, Quantile
from ._tweedie import Tweedie

__all__ = [
    "AbsoluteError",
    "BinaryCrossEntropy",
    "CategoricalCrossEntropy",
    "Distribution",
    "Gamma",
    "Gaussian",
    "Hinge",
    "Huber",
    "IdentityLink",
    "Link",
    "Located",
    "LogLink",
    "LogLoss",
    "LogitLink",
    "Loss",
    "NegativeBinomial",
    "PerceptronLoss",
    "Poisson",
    "Quantile",
    "Quantiles",
    "SigmoidSquaredError",
    "SoftmaxLink",
    "SoftmaxSquaredError",
    "SquaredError",
    "Tweedie",
    "from_function",
]

publish(__name__, __all__)

"""Solvers: what minimises the objective, with minibatches and an optimizer or on the full batch.

An estimator's ``solver`` is one of these, its name, or the name of an optimizer
(:mod:`skfnn.optimizers`), which stands for :class:`Minibatch` with it.
"""

from .._engine.following.divergence import DivergenceError
from .._engine.following.monitor import Monitor
from .._engine.support.publish import publish
from ._base import Problem, Progress, Solver
from ._lbfgs import LBFGS
from ._levenberg_marquardt import LevenbergMarquardt
from ._minibatch import Minibatch

__all__ = [
    "LBFGS",
    "DivergenceError",
    "LevenbergMarquardt",
    "Minibatch",
    "Monitor",
    "Problem",
    "Progress",
    "Solver",
]

publish(__name__, __all__)

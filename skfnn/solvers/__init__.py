"""The solvers: minibatches with an optimizer, and L-BFGS on the full batch."""

from .._engine.monitor import DivergenceError
from .._engine.publish import publish
from ._lbfgs import LBFGS
from ._minibatch import Minibatch, Progress

__all__ = ["LBFGS", "DivergenceError", "Minibatch"]

publish(__name__, [*__all__, Progress.__name__])

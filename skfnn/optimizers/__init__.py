r"""Optimizers: how a minibatch gradient changes the parameters.

``theta`` is a block of the flat parameter vector, ``grad`` the gradient (which ``update`` may
overwrite), ``slots`` the optimizer's memory, ``tmp`` a work array, all of one shape and dtype;
:math:`\eta` is the learning rate and :math:`t = 1, 2, \dots` the step. What changes from step to
step is returned by ``scalars`` and reaches ``update`` as 0-d arrays.
"""

from .._engine.support.publish import publish
from ._adam import Adam, AdamW, NAdam
from ._adaptive import AdaGrad, RMSProp
from ._base import Optimizer
from ._descent import SGD

__all__ = ["SGD", "AdaGrad", "Adam", "AdamW", "NAdam", "Optimizer", "RMSProp"]

publish(__name__, __all__)

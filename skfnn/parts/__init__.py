"""What the parts of a network are written with: layers, activations, losses and optimizers.

A part yields a :class:`Call` for each step of its arithmetic, and says what its backward pass
:class:`Reads`. :func:`check_part` tells whether it is right. See the guide on extending.
"""

from .._engine.program.calls import Call, add, add_scaled, scale
from .._engine.program.cell import Cell, Share
from .._engine.program.layer import Param, Reads, product
from .._engine.support.publish import publish
from ._check import check_part

__all__ = [
    "Call",
    "Cell",
    "Param",
    "Reads",
    "Share",
    "add",
    "add_scaled",
    "check_part",
    "product",
    "scale",
]

publish(__name__, __all__)

"""What the parts of a network are written with: layers, activations, losses and optimizers.

A part yields a :class:`Call` for each step of its arithmetic, and says what its backward pass
:class:`Reads`. :func:`check_part` tells whether it is right. See the guide on extending.
"""

from .._engine.program.calls import Call, add, add_scaled, scale
from .._engine.program.cell import Cell, Share
from .._engine.program.layer import Param, Reads, product
from .._engine.support.publish import publish
from .._engine.support.retire import retired
from ._check import check_part

__all__ = [
    "Call",
    "Cell",
    "Param",
    "Reads",
    "check_part",
    "product",
]

publish(__name__, [*__all__, "Share", "add", "add_scaled", "scale"])
__getattr__ = retired(__name__, {
    Share: "It is what cell.share is; no layer has to make one.",
    add: "Write `yield Call(np.add, y, x, out=y)`.",
    add_scaled: "Write `yield Call(np.multiply, x, factor, out=tmp)` and "
    "`yield Call(np.add, y, tmp, out=y)`.",
    scale: "Write `yield Call(np.multiply, y, factor, out=y)`.",
})  # fmt: skip

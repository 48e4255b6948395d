r"""Activation functions of hidden units.

Each activation *yields the NumPy calls* that compute it, on arrays it is given; it allocates
nothing. ``Z`` is the input (n, units), ``A`` the output, ``dA`` the gradient of the loss with
respect to ``A``, which ``backward`` turns into the gradient with respect to ``Z`` in place.
Python floats among a call's arguments are turned into 0-d arrays of the training dtype when the
call is bound.

References
----------
Goodfellow, Bengio and Courville, "Deep Learning", MIT Press 2016, section 6.3.
"""

from .._engine.support.publish import publish
from ._base import Activation
from ._classic import Identity, Logistic, Tanh, Threshold
from ._rectifiers import ELU, SELU, LeakyReLU, ReLU
from ._smooth import GELU, Mish, SiLU, Softplus

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "Identity",
    "LeakyReLU",
    "Logistic",
    "Mish",
    "ReLU",
    "SiLU",
    "Softplus",
    "Tanh",
    "Threshold",
]

publish(__name__, __all__)

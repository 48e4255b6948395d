"""The engine: a training step as a list of NumPy calls, and what writes, runs and follows it.

It knows the interfaces that it works with (a layer, a loss, a metric, a schedule) and none of their
implementations.
"""

from .conformal import Errors, Grouped
from .distribution import Calibration
from .evidence import Prior
from .history import History
from .network import Network
from .posterior import Posterior
from .publish import publish
from .sets import SetCalibration
from .targets import (
    ClassTarget,
    OneHotTarget,
    ReconstructionTarget,
    RegressionTarget,
    SoftTarget,
)

__all__ = [
    "Calibration",
    "ClassTarget",
    "Errors",
    "Grouped",
    "History",
    "Network",
    "OneHotTarget",
    "Posterior",
    "Prior",
    "ReconstructionTarget",
    "RegressionTarget",
    "SetCalibration",
    "SoftTarget",
]

# A fitted estimator holds them: a pickle should not know in which file they are.
publish(__name__, __all__)

"""The engine: a training step as a list of NumPy calls, and what writes, runs and follows it.

It knows the interfaces that it works with (a layer, a loss, a metric, a schedule) and none of their
implementations.
"""

from .curvature.evidence import Prior
from .curvature.posterior import Posterior
from .following.history import History
from .network.network import Network
from .objective.conformal import Errors, Grouped
from .objective.distribution import Calibration
from .objective.sets import SetCalibration
from .objective.targets import (
    ClassTarget,
    OneHotTarget,
    ReconstructionTarget,
    RegressionTarget,
    SoftTarget,
)
from .support.publish import publish

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

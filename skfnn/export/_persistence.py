"""What skops has to trust to load fitted estimators."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.base import BaseEstimator

from .._engine.curvature.evidence import Prior
from .._engine.curvature.posterior import Posterior
from .._engine.following.history import History
from .._engine.network.network import Network
from .._engine.objective.conformal import Errors, Grouped
from .._engine.objective.distribution import Calibration
from .._engine.objective.link import Link
from .._engine.objective.sets import SetCalibration
from .._engine.objective.targets import (
    ClassTarget,
    OneHotTarget,
    ReconstructionTarget,
    RegressionTarget,
    SoftTarget,
)
from .._engine.support.keys import Items
from .._estimators.compatibility import OLD_PATHS
from .._estimators.fitted import Derived, Fitted
from .._sklearn import TREES_IN_FILES
from ..losses._function import FunctionLoss
from ..preprocessing._columns import Column
from ..preprocessing._parsing import DateText, NumberText
from ..solvers import Progress
from ..tabular import HELD as OF_TABLES
from ..tabular._compatibility import OLD_PATHS as OLD_PATHS_OF_TABLES

# What fitted estimators hold beside components and estimators, which are found by their base.
STATE = (
    Calibration, ClassTarget, Column, DateText, Derived, Errors, Fitted, FunctionLoss, Grouped,
    History, Items, Network, NumberText, OneHotTarget, Posterior, Prior, Progress,
    ReconstructionTarget, RegressionTarget, SetCalibration, SoftTarget, *OF_TABLES,
)  # fmt: skip


def _ours(base: type) -> Iterator[type]:
    """Yield the subclasses of a class, and theirs, that this package publishes."""
    cls: type
    for cls in base.__subclasses__():
        path = f"{cls.__module__}.{cls.__qualname__}"
        if path.startswith("skfnn.") and "._" not in path:
            yield cls
        yield from _ours(cls)


def skops_trusted_types() -> list[str]:
    """Return the types of this package that a fitted estimator may hold, for ``skops.io``.

    skops loads a file without running code from it, and wants to be told which types beside
    scikit-learn's and NumPy's it may make. These are the ones of this package, and the trees that
    may stand beside networks; custom parts have to be added.

    Returns
    -------
    list of str
        Names, for the parameter ``trusted`` of ``skops.io.load`` and ``loads``.

    Examples
    --------
    >>> from skfnn.export import skops_trusted_types
    >>> "skfnn.FNNClassifier" in skops_trusted_types()
    True
    """
    types = [*_ours(BaseEstimator), *_ours(Link), *Column.registry.values(), *STATE]
    paths = {f"{cls.__module__}.{cls.__qualname__}" for cls in types}
    return sorted(paths.union(OLD_PATHS, OLD_PATHS_OF_TABLES, [TREES_IN_FILES]))

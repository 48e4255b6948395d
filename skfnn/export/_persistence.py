"""What skops has to trust to load fitted estimators."""

from __future__ import annotations

from .._engine.component import Component
from .._engine.history import History
from .._engine.network import Network
from .._engine.targets import ClassTarget, OneHotTarget, ReconstructionTarget, RegressionTarget
from ..preprocessing import TabularEncoder
from ..preprocessing._columns import Column
from ..preprocessing._parsing import DateText, NumberText
from ..solvers import Progress
from ..tabular import TabularFNNClassifier, TabularFNNRegressor
from ._onnx import CONVERTERS

# Fitted state that is no component.
STATE = (
    ClassTarget, OneHotTarget, RegressionTarget, ReconstructionTarget, Network, History, Progress
)  # fmt: skip


def skops_trusted_types() -> list[str]:
    """Return the types of this package that a fitted estimator may hold, for ``skops.io``.

    skops loads a file without running code from it, and wants to be told which types beside
    scikit-learn's and NumPy's it may make. These are the ones of this package; parts of one's own
    have to be added.

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
    components = {
        cls for family in Component.__subclasses__() for cls in family.members()
        if cls.__module__.startswith("skfnn.")
    }  # fmt: skip
    types = [*CONVERTERS, TabularFNNClassifier, TabularFNNRegressor, TabularEncoder]
    types += [*components, *STATE, *Column.registry.values(), DateText, NumberText]
    return sorted(f"{cls.__module__}.{cls.__qualname__}" for cls in types)

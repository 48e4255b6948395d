"""Estimators for raw tables."""

from .._engine.support.publish import publish
from ._cells import Bins, CellColumns, ExactValues, Levels, Lookup, Pairs, Part, Values
from ._class_scaling import ClassScaling
from ._classifier import TabularFNNClassifier
from ._fitted_classes import FittedClasses
from ._fitted_numbers import FittedNumbers, Scale
from ._label_weights import BalancedLabels
from ._ongoing import Ongoing
from ._origin import Origin
from ._others import Encoded, EstimatorPredictor, TreeColumns, TreesPredictor
from ._pairs import CategoryPairs
from ._predictors import NetworkPredictor
from ._recipes import Recipe
from ._regressor import TabularFNNRegressor
from ._small_networks import SmallInputs, SmallPredictor
from ._sources import Block
from ._stream import Sums
from ._survey import Dealing, Targets
from ._widths import WidthInputs, Widths

__all__ = ["TabularFNNClassifier", "TabularFNNRegressor"]

publish(__name__, __all__)

# What a fitted estimator holds: a pickle should not know in which file it is.
HELD = (
    BalancedLabels, Bins, Block, CategoryPairs, CellColumns, ClassScaling, Dealing, Encoded,
    EstimatorPredictor, ExactValues, FittedClasses, FittedNumbers, Levels, Lookup, NetworkPredictor,
    Ongoing, Origin, Pairs, Part, Recipe, Scale, SmallInputs, SmallPredictor, Sums, Targets,
    TreeColumns, TreesPredictor, Values, WidthInputs, Widths,
)  # fmt: skip

publish(__name__, [cls.__name__ for cls in HELD])

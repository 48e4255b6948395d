"""The estimators of plain arrays, and what they share."""

from .._engine.support.publish import publish
from .fitted import Derived, Fitted

__all__ = ["Derived", "Fitted"]

# A fitted estimator holds them: a pickle should not know in which file they are.
publish(__name__, __all__)

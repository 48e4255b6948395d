"""Displays: curves of a fit, the network as a diagram, its first weights, what columns matter.

They follow scikit-learn's displays: ``from_estimator`` draws, ``plot`` draws again, ``ax_`` and
``figure_`` are what was drawn. matplotlib is needed only here (``pip install 'skfnn[plot]'``) and
imported only when something is drawn.
"""

from .._engine.support.publish import publish
from ._attributions import attributions
from ._curves import LossCurveDisplay
from ._importance import ImportanceDisplay
from ._network import NetworkDisplay
from ._weights import WeightsDisplay

__all__ = ["ImportanceDisplay", "LossCurveDisplay", "NetworkDisplay", "WeightsDisplay",
           "attributions"]  # fmt: skip

publish(__name__, __all__)

"""Transformers that turn data into the rows of numbers that a network takes."""

from .._engine.publish import publish
from ._column_warning import ColumnWarning
from ._flatten import Flatten
from ._tabular import TabularEncoder

__all__ = ["ColumnWarning", "Flatten", "TabularEncoder"]

publish(__name__, __all__)

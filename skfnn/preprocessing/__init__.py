"""Transformers that turn data into the rows of numbers that a network takes."""

from .._engine.support.publish import publish
from .._engine.support.retire import retired
from ._column_warning import ColumnWarning
from ._columns import Boolean, Category, Dropped, Number
from ._dates import Date, Duration, Time
from ._flatten import Flatten
from ._level_counts import LevelCounts
from ._parsing import DateText, NumberText
from ._tabular import TabularEncoder
from ._text import Identifier, Labels, Text

__all__ = ["ColumnWarning", "LevelCounts", "TabularEncoder"]

publish(__name__, [*__all__, "Flatten"])

# What a fitted encoder holds: a pickle should not know in which file it is.
HELD = (
    Boolean, Category, Date, DateText, Dropped, Duration, Identifier, Labels, Number, NumberText,
    Text, Time,
)  # fmt: skip

publish(__name__, [cls.__name__ for cls in HELD])
__getattr__ = retired(__name__, {
    Flatten: "Take the layer, hidden_layers=[skfnn.layers.Flatten(), ...]; before a scaler, "
    "reshape X: X.reshape(len(X), -1).",
})  # fmt: skip

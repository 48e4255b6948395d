"""Callbacks for what is otherwise written by hand: stopping, checkpoints, pruning, log files.

They follow the protocol of ``sklearn.callback`` and need scikit-learn 1.9 or later, as
``set_callbacks`` says where it is older. Set them on the network itself, also where it stands in a
pipeline or in a search. Each looks at the row that an epoch (for L-BFGS an iteration, or a call of
``partial_fit``) adds to ``history_``, so any of its columns can be followed.
"""

from .._engine.support.publish import publish
from ._base import ColumnCallback
from ._checkpoint import ModelCheckpoint
from ._csv_logger import CSVLogger
from ._early_stopping import EarlyStopping
from ._optuna import OptunaPruning
from ._tensor_board import TensorBoard

__all__ = ["CSVLogger", "EarlyStopping", "ModelCheckpoint", "OptunaPruning", "TensorBoard"]

# What a checkpoint holds: a pickle should not know in which file it is.
HELD = (ColumnCallback,)

publish(__name__, [*__all__, *(cls.__name__ for cls in HELD)])

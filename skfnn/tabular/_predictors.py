"""What members leave to predict by: raw scores of encoded rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from .._engine.network.forward import Forward, raw_scores
from .._engine.network.network import Network
from ._categories import without_folds

# Beyond PRECISE_ROWS rows, PART_CHUNKS chunks at a time, on any thread.
PART_CHUNKS = 8


class Predictor(ABC):
    """A trained member, as it predicts.

    Attributes
    ----------
    columns : object or None
        ``columns.transform(A)`` turns the encoder's rows into those that this member takes;
        members may share one, which then transforms once for all of them. None is the user's rows
        as they come.
    """

    columns: Any

    @abstractmethod
    def raw(self, A: np.ndarray, dtype: Any = None, rows: np.ndarray | None = None) -> np.ndarray:
        """Return raw scores (n, m) of rows that ``columns`` has transformed.

        Parameters
        ----------
        A : ndarray of shape (n, p)
            Rows.
        dtype : dtype, optional
            The precision to compute in.
        rows : ndarray of int, optional
            Those of ``A`` that are meant; None for all.
        """

    def parts(self, n_rows: int) -> list[slice]:
        """Return slices of rows to predict at a time, the same ones on any number of threads."""
        return [slice(0, n_rows)]

    def settled(self) -> Predictor:
        """Return what predicts the same and holds nothing that was for training alone."""
        return self


class NetworkPredictor(Predictor):
    """A network.

    Parameters
    ----------
    network : Network
        With the weights of its best epoch.
    columns : CellColumns
        What it takes beside the encoder's columns.
    """

    def __init__(self, network: Network, columns: Any) -> None:
        self.network, self.columns = network, columns

    def raw(self, A, dtype=None, rows=None):
        return raw_scores(self.network, A, dtype, rows)

    def parts(self, n_rows):
        step = PART_CHUNKS * Forward.rows_at_once(self.network, n_rows)
        return [slice(i, i + step) for i in range(0, n_rows, step)]

    def settled(self):
        network = without_folds(self.network)
        network.fix()
        return NetworkPredictor(network, self.columns)

    def copied(self) -> NetworkPredictor:
        """Return one with weights of its own, while training goes on."""
        network = self.network
        return NetworkPredictor(network.continued(network.layers, network.dtype), self.columns)

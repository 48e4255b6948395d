r"""The generalised Gauss-Newton matrix: the curvature that a loss has through a network.

.. math:: H = \sum_i w_i J_i^T C_i J_i

with :math:`J_i` the derivatives of a row's raw scores by the parameters and :math:`C_i` the loss's
curvature in the scores. Source: Schraudolph, "Fast Curvature Matrix-Vector Products for
Second-Order Gradient Descent", 2002.
"""

from __future__ import annotations

import os

import numpy as np
from scipy.linalg import blas

from ..objective.data import Data
from ..objective.objective import Objective
from ..program.layer import walk
from .jacobian import Jacobian

# Largest share of physical memory for matrices of the size of H.
MEMORY_SHARE = 0.4
MATRICES = 3


class GaussNewton:
    """The Gauss-Newton matrix of an objective over all rows, without its penalty.

    Memory is that of a few matrices with a row and a column for each parameter, however many rows.

    Parameters
    ----------
    objective : Objective
        Network and loss.
    data : Data
        The rows.

    Raises
    ------
    ValueError
        If the network has a layer without a derivative for each row, or too many parameters.
    """

    def __init__(self, objective: Objective, data: Data) -> None:
        self.objective, self.data = objective, data.own()
        self.n_values = len(objective.network.values)
        _check_layers(objective.network)
        _check_memory(self.n_values)
        self.jacobian = Jacobian(objective.network, len(self.data))
        self.matrix = np.zeros((self.n_values, self.n_values), order="F")

    def __call__(self) -> np.ndarray:
        """Return the matrix at the network's present parameters: its lower triangle counts.

        The next call overwrites it.
        """
        data, loss = self.data, self.objective.loss
        self.matrix.fill(0)
        for rows in self.jacobian.blocks(len(data)):
            raw = data.shifted(self.jacobian.scores(data.X[rows]), rows)
            y = np.empty((len(raw), data.target.n_outputs))
            data.target.fill(data.y[rows], y, data.levels)  # type: ignore[index]
            factors = loss.curvature(y, raw)
            if data.weight is not None:
                factors = factors * np.sqrt(data.weight[rows])[:, None]
            for seeds in factors:
                products = self.jacobian.rows(seeds)
                self.matrix = blas.dsyrk(
                    1.0, products.T, beta=1.0, c=self.matrix, lower=1, overwrite_c=1
                )
        return self.matrix


def _check_layers(network):
    for _, layer, _ in walk(network.layers, network.n_inputs):
        what = None
        if layer.couples_rows:
            what = "takes rows together: no row has a derivative of its own"
        elif layer.penalises:
            what = "adds a penalty of its own to the loss"
        elif not layer.differentiable:
            what = "trains by a gradient that is not its derivative"
        if what:
            raise ValueError(
                f"solver='lm' cannot train {layer!r}, which {what}. Choose solver='lbfgs' or a "
                "minibatch solver."
            )


def _check_memory(n_values):
    needed, there = MATRICES * 8 * n_values**2, physical_memory()
    if there is not None and needed > MEMORY_SHARE * there:
        raise ValueError(
            f"solver='lm' needs {needed / 2**30:.1f} GiB for the curvature of {n_values:,} "
            f"parameters, of the machine's {there / 2**30:.1f} GiB. Make the network smaller, or "
            "choose solver='lbfgs'."
        )


def physical_memory() -> int | None:
    """Return the bytes of the machine's memory; None where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None

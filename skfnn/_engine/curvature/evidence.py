r"""Priors of the parameters, and their strengths by the evidence.

A prior is a strength :math:`\lambda` for each parameter. The objective, times the number of rows,
is :math:`\sum_i w_i \ell_i + \tfrac12 \sum_j \lambda_j \theta_j^2`. With a noise variance
:math:`\sigma^2`, :math:`\lambda_j / \sigma^2` is the precision of a normal prior.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.linalg import lapack

from ..network.network import Network
from ..objective.loss import Loss

# Strengths stay within these, relative to the mean curvature of a parameter.
WEAKEST, STRONGEST = 1e-12, 1e8


@dataclass
class Prior:
    """A strength for each parameter.

    Attributes
    ----------
    strengths : ndarray of shape (n_values,)
        0 for those without a prior.
    groups : dict of str to ndarray of int
        The parameters that share a strength, by the group's name.
    noise : float
        The variance of the noise; 1 where the loss says what it is.
    n_effective : float
        How many parameters the data determine, of those with a prior.
    unit : ndarray of shape (n_values,) or float
        What strengths are proportional to: in another unit of the target those of hidden layers
        change by its square, those of the output stay.
    change : float
        The largest relative change of a strength in the last update.
    evidences : list of float
        The logarithm of the evidence before each update, up to a constant.
    at : ndarray of shape (n_values,) or None
        The parameters at which the solver ended; ``n_effective`` is of those.
    """

    strengths: np.ndarray
    groups: dict[str, np.ndarray] = field(default_factory=dict)
    noise: float = 1.0
    n_effective: float = np.nan
    unit: np.ndarray | float = 1.0
    change: float = np.inf
    evidences: list[float] = field(default_factory=list)
    at: np.ndarray | None = None

    def value(self, values: np.ndarray) -> float:
        """Return the penalty."""
        return 0.5 * float(np.dot(self.strengths, values**2))

    def by_group(self) -> dict[str, float]:
        """Return the strength of each group."""
        return {name: float(self.strengths[where[0]]) for name, where in self.groups.items()}

    def update(self, curvature, values, loss: Loss, total: float, n_targets: float) -> None:
        """Set strengths (and noise) to what is most probable at these values: one fixed-point step.

        Sources: MacKay, "A Practical Bayesian Framework for Backpropagation Networks", 1992;
        Foresee and Hagan, "Gauss-Newton approximation to Bayesian learning", 1997.

        Parameters
        ----------
        curvature : ndarray of shape (n_values, n_values)
            The Gauss-Newton matrix at ``values``, lower triangle.
        values : ndarray of shape (n_values,)
            The parameters.
        loss : Loss
            The loss.
        total : float
            ``sum_i w_i l_i``.
        n_targets : float
            Number of targets, by weight.
        """
        known = self.settle(curvature, total, n_targets, loss.noisy)
        penalised = self.strengths[self.strengths > 0]
        self.evidences.append(
            0.5 * (np.log(penalised).sum() - self._log_det - n_targets * np.log(self.noise))
            - (total + self.value(values)) / self.noise
        )
        typical = self.typical(curvature)
        self.change = 0.0
        for name, where in self.groups.items():
            scale = float(typical[where[0]])
            size = float(values[where] @ values[where])
            wanted = self.noise * known[name] / max(size, np.finfo(float).tiny)
            strength = min(max(wanted, WEAKEST * scale), STRONGEST * scale)
            change = abs(np.log(strength / self.strengths[where[0]]))
            if known[name] > 1e-3 * len(where):  # else it is on its way to nothing
                self.change = max(self.change, change)
            self.strengths[where] = strength

    def typical(self, curvature: np.ndarray) -> np.ndarray:
        """Return the curvature (n_values,) that a parameter of its unit has on average."""
        mean = float((np.diagonal(curvature) / self.unit).mean())
        return max(mean, np.finfo(float).tiny * 1e20) * self.unit * np.ones(len(curvature))

    def gained(self, n_updates: int) -> float:
        """Return by how much the logarithm of the evidence grew in the last updates."""
        if len(self.evidences) <= n_updates:
            return np.inf
        return max(self.evidences[-n_updates:]) - self.evidences[-n_updates - 1]

    def settle(self, curvature, total, n_targets, noisy=True) -> dict[str, float]:
        """Set the number of effective parameters and the noise; return the former by group."""
        lower = factor(curvature, self.strengths)
        self._log_det = 2 * float(np.log(np.diagonal(lower)).sum())
        spread = inverse_diagonal(lower)
        known = {}
        for name, where in self.groups.items():
            share = len(where) - float(self.strengths[where] @ spread[where])
            known[name] = min(max(share, 1e-9), float(len(where)))
        self.n_effective = sum(known.values())
        if noisy:
            left = max(n_targets - self.n_effective, 1e-3 * n_targets)
            self.noise = max(2 * total / left, np.finfo(float).tiny * 1e20)
        return known

    def log_evidence(self, curvature, values, loss: Loss, total: float, n_targets: float) -> float:
        """Return the logarithm of the marginal likelihood, by Laplace's method.

        The integral over parameters without a prior is left out.
        """
        lower = factor(curvature, self.strengths)
        free = self.strengths == 0
        log_det = 2 * np.log(np.diagonal(lower)).sum()
        if free.any():
            block = curvature[np.ix_(free, free)]
            log_det -= 2 * np.log(np.diagonal(factor(block, np.zeros(free.sum())))).sum()
        ratio = -0.5 * log_det + 0.5 * np.log(self.strengths[~free]).sum()
        fit = -(total + self.value(values)) / self.noise
        own_noise = loss.noisy and loss.evidence
        constant = -0.5 * n_targets * np.log(2 * np.pi * self.noise) if own_noise else 0.0
        return float(fit + ratio + constant)


def fixed(network: Network, alpha: float) -> Prior:
    """Return the prior that the L2 penalty is."""
    strengths = np.zeros(len(network.values))
    strengths[: network.n_decay] = alpha
    return Prior(strengths, {"weights": np.arange(network.n_decay)} if network.n_decay else {})


def grouped(network: Network, by: str) -> Prior:
    """Return a prior by groups, all of strength 1.

    Parameters
    ----------
    network : Network
        The network.
    by : {"one", "layers", "features"}
        One group for all; one for each array of weights and each of hidden biases; or, in place of
        those of the weights that features are multiplied by, one for each feature. Biases of the
        output have no prior.

    Raises
    ------
    ValueError
        If there are no weights that belong to one feature each.
    """
    places = np.arange(len(network.values))
    views = network.views(places)
    output = max(path for path in views if len(path) == 1)
    first = _that_read_features(network.layers)
    groups: dict[str, list] = {}
    for path in sorted(views):
        label = "output" if path == output else f"layer {'.'.join(map(str, path))}"
        for name, array in views[path].items():
            decays = bool(array.size) and array.flat[0] < network.n_decay
            if not decays and (name != "b" or path == output):
                continue
            group = f"{label} {'weights' if decays else 'biases'}"
            reads_input = decays and path in first and array.shape[0] == network.n_inputs
            if by == "one":
                groups.setdefault("all", []).append(array.ravel())
            elif by == "features" and reads_input:
                for j in range(network.n_inputs):
                    groups.setdefault(f"feature {j}", []).append(array[j].ravel())
            else:
                groups.setdefault(group, []).append(array.ravel())
    if by == "features" and "feature 0" not in groups:
        raise ValueError(
            "groups='features' needs a first layer with weights for each feature, as Dense has: "
            f"got {network.layers[0]!r} first. Take another one, or groups='layers'."
        )
    found = {name: np.sort(np.concatenate(parts)) for name, parts in groups.items()}
    strengths = np.zeros(len(network.values))
    for where in found.values():
        strengths[where] = 1.0
    return Prior(strengths, found)


def _that_read_features(layers, path=()) -> set[tuple[int, ...]]:
    """Return the paths of layers that features come to as such: up to the first with new units."""
    found = set()
    for i, layer in enumerate(layers):
        here = (*path, i)
        found.add(here)
        found |= _that_read_features(layer.inner(), here)
        if layer.makes_units:
            break
    return found


def factor(curvature: np.ndarray, strengths: np.ndarray, damping: Any = 0.0) -> np.ndarray:
    """Return the Cholesky factor of the matrix with numbers added to its diagonal.

    Rounding is overcome by the least of some powers of ten that suffices.

    Returns
    -------
    ndarray of shape (n_values, n_values)
        Lower triangular.
    """
    diagonal = np.diagonal(curvature) + strengths
    largest = max(float(diagonal.max(initial=0.0)), np.finfo(float).tiny * 1e20)
    for jitter in (0.0, *(10.0**e for e in range(-15, 1))):
        matrix = curvature.copy(order="F")
        np.fill_diagonal(matrix, diagonal + damping + jitter * largest)
        lower, failed = lapack.dpotrf(matrix, lower=1, overwrite_a=1, clean=1)
        if not failed and np.isfinite(lower[-1, -1]):
            return lower
    raise np.linalg.LinAlgError("The curvature is not finite.")


def inverse_diagonal(lower: np.ndarray) -> np.ndarray:
    """Return the diagonal of the inverse of ``L L^T``."""
    inverse, _ = lapack.dpotri(lower, lower=1)
    return np.diagonal(inverse).copy()

"""The parameters' posterior by Laplace's method, and how unsure raw scores are by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular

from ..network.network import Network
from .evidence import Prior, factor
from .gauss_newton import GaussNewton
from .jacobian import Jacobian


@dataclass
class Posterior:
    r"""A normal distribution of the parameters: precision :math:`(H + \Lambda) / \sigma^2`.

    Source: MacKay, "A Practical Bayesian Framework for Backpropagation Networks", 1992.

    Attributes
    ----------
    lower : ndarray of shape (n_values, n_values)
        The Cholesky factor of ``H + Lambda``.
    noise : ndarray of shape (n_outputs,)
        The noise variance of each output; 1 where the loss says what it is.
    n_rows : float
        Rows, by weight.
    prior : Prior
        Strengths of the groups.
    log_evidence : float
        The logarithm of the marginal likelihood.
    """

    lower: np.ndarray
    noise: np.ndarray
    n_rows: float
    prior: Prior
    log_evidence: float

    def __getstate__(self):
        # The triangle in a row takes half the place.
        return {**vars(self), "lower": self.lower[np.tril_indices(len(self.lower))]}

    def __setstate__(self, state):
        vars(self).update(state)
        n = len(self.prior.strengths)
        self.lower = np.zeros((n, n), order="F")
        self.lower[np.tril_indices(n)] = state["lower"]

    def variance(self, network: Network, X: Any, known_bias: bool) -> np.ndarray:
        """Return the variances (n, s) of raw scores that the parameters' uncertainty makes.

        Parameters
        ----------
        network : Network
            The fitted network.
        X : ndarray or csr_array of shape (n, n_features)
            Rows.
        known_bias : bool
            Whether the biases of the output count as known, as the intercept of scikit-learn's
            ``BayesianRidge`` does.
        """
        jacobian = Jacobian(network, X.shape[0])
        n_scores = network.n_outputs
        out = np.empty((X.shape[0], n_scores))
        noise = np.broadcast_to(self.noise, n_scores)
        for rows in jacobian.blocks(X.shape[0]):
            part = X[rows]
            jacobian.scores(part)
            for j in range(n_scores):
                seeds = np.zeros((part.shape[0], n_scores))
                seeds[:, j] = 1
                half = solve_triangular(
                    self.lower, jacobian.rows(seeds).T, lower=True, check_finite=False
                )
                out[rows, j] = noise[j] * np.einsum("ij,ij->j", half, half)
        return np.maximum(out - noise / self.n_rows, 0) if known_bias else out


def laplace(gauss_newton: GaussNewton, prior: Prior, scale: float) -> Posterior:
    """Return the posterior at a network's present parameters.

    Parameters
    ----------
    gauss_newton : GaussNewton
        The curvature, of weights with a mean of 1.
    prior : Prior
        Its strengths, which stay as they are. What else it tells is found anew, unless it is of
        these very parameters.
    scale : float
        What the weights of rows were divided by.
    """
    objective, data = gauss_newton.objective, gauss_newton.data
    network, loss, k = objective.network, objective.loss, data.target.n_outputs
    curvature = scale * gauss_newton()
    raw = data.shifted(gauss_newton.jacobian.all_scores(data.X))
    y = np.empty((len(raw), k))
    data.target.fill(data.y, y, data.levels)
    weight = scale * (np.ones(len(raw)) if data.weight is None else data.weight.astype(float))
    n_rows = float(weight.sum())
    total = float(weight @ loss.value(y, raw))
    settled = prior.at is not None and np.array_equal(prior.at, network.values)
    prior = replace(prior, strengths=prior.strengths.copy(), at=None)
    if not settled:
        prior.settle(curvature, total, n_rows * k, loss.noisy and loss.evidence)
    noise = np.ones(1)
    if loss.noisy:
        left = max(n_rows - prior.n_effective / k, 1e-3 * n_rows)
        noise = np.maximum(weight @ (y - raw) ** 2 / left, np.finfo(float).tiny)
    evidence = prior.log_evidence(curvature, network.values, loss, total, n_rows * k)
    return Posterior(factor(curvature, prior.strengths), noise, n_rows, prior, evidence)

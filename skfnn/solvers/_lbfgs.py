"""SciPy's L-BFGS-B on the full batch."""

from __future__ import annotations

import time
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
import scipy.optimize
from sklearn.exceptions import ConvergenceWarning

from .._engine.divergence import DivergenceError
from .._engine.monitor import Monitor
from .._engine.warn import warn
from .._sklearn import Interval
from ._base import Problem, Solver


class LBFGS(Solver):
    """L-BFGS: a quasi-Newton method on the full batch, by SciPy's L-BFGS-B.

    The direction is ``-H g`` with g the gradient and H an estimate of the inverse Hessian matrix
    from the last steps and the changes of the gradient along them; a line search finds how far.
    Source: Liu and Nocedal, "On the Limited Memory BFGS Method for Large Scale Optimization", 1989.

    Parameters
    ----------
    max_iter : int, default=None
        Iterations at most; None is the estimator's ``max_iter``.
    max_fun : int, default=None
        Evaluations of the objective at most; None is the estimator's ``max_fun``.
    tol : float, default=None
        Largest component of the gradient at the solution; None is the estimator's ``tol``.
    n_corrections : int, default=10
        Steps that are remembered.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skfnn import FNNClassifier
    >>> from skfnn.solvers import LBFGS
    >>> X, y = load_iris(return_X_y=True)
    >>> model = FNNClassifier((8,), solver=LBFGS(tol=0.01, n_corrections=20), random_state=0)
    >>> model.fit(X, y).score(X, y) > 0.95
    True
    """

    name = "lbfgs"
    full_batch = True
    _parameter_constraints: ClassVar[dict] = {
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "max_fun": [Interval(Integral, 1, None, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left"), None],
        "n_corrections": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, max_iter=None, max_fun=None, tol=None, n_corrections=10) -> None:
        self.max_iter = max_iter
        self.max_fun = max_fun
        self.tol = tol
        self.n_corrections = n_corrections

    def run(self, problem: Problem, monitor: Monitor) -> None:
        full, values = problem.full_batch(), problem.network.values
        start, _ = full.value_and_grad(values.copy())
        if not np.isfinite(start):
            raise DivergenceError(f"The loss is {start} at the start.")

        def after(intermediate_result):
            # The last evaluation may have been of a rejected step.
            if monitor.iteration(float(intermediate_result.fun), intermediate_result.x):
                raise StopIteration

        started = time.perf_counter()
        monitor.begin()
        result = scipy.optimize.minimize(
            full.value_and_grad,
            values.copy(),
            method="L-BFGS-B",
            jac=True,
            callback=after,
            options={
                "maxiter": self.max_iter,
                "maxfun": self.max_fun,
                "gtol": self.tol,
                # The tolerance on the gradient is the rule; that on the decrease of the
                # objective, which is of second order in it, must not end the search before.
                "ftol": min(2.2204460492503131e-09, self.tol**2),
                "maxcor": self.n_corrections,
            },
        )
        # Once more at the solution: sets the running moments that go with it.
        value, _ = full.value_and_grad(result.x)
        monitor.conclude(value)
        at_rounding = result.status == 2 and _gains_nothing(result, values.dtype)
        self._report(result, at_rounding, monitor, time.perf_counter() - started)

    def _report(self, result, at_rounding, monitor, seconds):
        """Say how it ended, unless the monitor ended it."""
        if result.status == 0 or at_rounding:
            monitor.tell(f"L-BFGS converged in {result.nit} iterations, {seconds:.2f} s.")
        elif result.status == 1:
            limit = (
                f"max_iter={self.max_iter}"
                if result.nit >= self.max_iter
                else (f"max_fun={self.max_fun}")
            )
            warn(
                f"L-BFGS failed to converge: {limit} reached after {result.nit} iterations and "
                f"{result.nfev} evaluations. Increase it, or scale the data.",
                ConvergenceWarning,
            )
        elif result.status != 99:  # 99: StopIteration
            warn(
                f"L-BFGS stopped after {result.nit} iterations: {result.message}. "
                "Scaling the data may help.",
                ConvergenceWarning,
            )


def _gains_nothing(result, dtype) -> bool:
    """Whether the next step could change the objective by no more than rounding does.

    A line search that starts at the optimum finds no lower value and ends as "abnormal", on some
    processors and not on others, as the last digits decide. It has converged all the same. The
    quadratic model promises the step a decrease of ``g' H g / 2``.
    """
    gradient = np.ravel(result.jac)
    promised = gradient @ result.hess_inv.dot(gradient) / 2
    return bool(promised <= 10 * np.finfo(dtype).eps * abs(result.fun))

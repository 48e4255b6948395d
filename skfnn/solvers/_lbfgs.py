"""SciPy's L-BFGS-B on the full batch."""

from __future__ import annotations

import time
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
import scipy.optimize
from sklearn.exceptions import ConvergenceWarning

from .._engine.following.divergence import DivergenceError
from .._engine.following.monitor import Monitor
from .._engine.program.constraint import Constraint
from .._engine.support.warn import warn
from .._sklearn import Interval, StrOptions
from ._base import Problem, Solver
from ._refining import RESOLUTION, Refining

# What n_corrections="auto" may be: 10 as in SciPy, more with many rows, as long as all these steps
# stay in cache.
CORRECTIONS = 10, 40
ROWS_A_CORRECTION = 50
IN_CACHE = 2**18


class LBFGS(Solver):
    """L-BFGS: a quasi-Newton method on the full batch, by SciPy's L-BFGS-B.

    The direction is ``-H g`` with g the gradient and H an estimate of the inverse Hessian matrix
    from the last steps and the changes of the gradient along them; a line search finds how far.
    Source: Liu and Nocedal, "On the Limited Memory BFGS Method for Large Scale Optimization", 1989.

    With the estimator's ``dtype="auto"`` larger objectives are computed in single precision until
    its rounding would decide, and in double precision from there.

    Parameters
    ----------
    max_iter : int, default=None
        Iterations at most; None is the estimator's ``max_iter``.
    max_fun : int, default=None
        Evaluations of the objective at most; None is the estimator's ``max_fun``.
    tol : float, default=None
        Largest component of the gradient at the solution; None is the estimator's ``tol``.
    n_corrections : int or "auto", default="auto"
        Steps that are remembered; "auto" is 10 to 40, the more rows, the more: more steps make
        fewer iterations, and each of these longer by a time that does not depend on the rows.

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
    reach = "it keeps bounds of single weights and nothing else"
    _parameter_constraints: ClassVar[dict] = {
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "max_fun": [Interval(Integral, 1, None, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left"), None],
        "n_corrections": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, max_iter=None, max_fun=None, tol=None, n_corrections="auto") -> None:
        self.max_iter = max_iter
        self.max_fun = max_fun
        self.tol = tol
        self.n_corrections = n_corrections

    def holds(self, constraint):
        return type(constraint).bounds is not Constraint.bounds

    def run(self, problem: Problem, monitor: Monitor) -> None:
        started = time.perf_counter()
        search = _Search(self, problem, monitor)
        search.run()
        self._report(search, monitor, time.perf_counter() - started)

    def corrections(self, n_rows: int, n_values: int) -> int:
        """Return how many steps are remembered, by the numbers of rows and parameters."""
        if not isinstance(self.n_corrections, str):
            return self.n_corrections
        least, most = CORRECTIONS
        return max(least, min(most, n_rows // ROWS_A_CORRECTION, IN_CACHE // n_values))

    def _report(self, search, monitor, seconds):
        """Say how it ended, unless the monitor ended it."""
        if search.end in ("flat", "still"):
            monitor.tell(f"L-BFGS converged in {search.n_iter} iterations, {seconds:.2f} s.")
        elif search.end == "limit":
            limit = (
                f"max_iter={self.max_iter}"
                if search.n_iter >= self.max_iter
                else (f"max_fun={self.max_fun}")
            )
            warn(
                f"L-BFGS failed to converge: {limit} reached after {search.n_iter} iterations and "
                f"{search.n_fun} evaluations. Increase it, or scale the data.",
                ConvergenceWarning,
            )
        elif search.end == "failure":
            warn(
                f"L-BFGS stopped after {search.n_iter} iterations: {search.message}. "
                "Scaling the data may help.",
                ConvergenceWarning,
            )


class _Search:
    """One search: SciPy's, on an objective that becomes more precise on the way.

    The rules by which it ends are applied here: SciPy does not know how precise a gradient is.

    Attributes
    ----------
    n_iter, n_fun : int
        Iterations and evaluations.
    end : str
        What has ended it: "flat", "still" (both are convergence), "limit", "monitor", "failure".
    message : str
        SciPy's word on that.
    """

    def __init__(self, solver: LBFGS, problem: Problem, monitor: Monitor) -> None:
        self.solver, self.problem, self.monitor = solver, problem, monitor
        self.objective = Refining(problem)
        self.n_iter = self.n_fun = 0
        self.end = self.message = ""
        self.bounds = problem.network.bounds()
        self._value = np.nan

    def run(self) -> None:
        """Minimise; leave the solution in the network."""
        self.monitor.begin()
        x = self._descend(self.problem.network.values.astype(np.float64))
        np.copyto(self.problem.network.values, x)
        self.monitor.conclude(self.objective.exact(x))

    def _descend(self, x):
        """Return the solution.

        A search that has changed its precision and then stands still may do so for the first one's
        rounding, in its memory of steps. Another search goes on without that memory.
        """
        for may_mix in (self.problem.mixed, False):
            self._value = self.objective.start(x)
            if not np.isfinite(self._value):
                raise DivergenceError(f"The loss is {self._value} at the start.")
            if self._is_flat(x):
                self.end = "flat"
                return x
            if may_mix:
                self._value = self.objective.coarsen()
            mixed = self.objective.single is not None
            self.end = ""
            result = self._scipy(x)
            x, self.message = result.x, result.message
            self.n_fun += result.nfev
            self.end = self.end or self._end_of(result)
            if not mixed or self.end in ("flat", "limit", "monitor"):
                break
        return x

    def _end_of(self, result):
        """Return what has ended a search that SciPy ended."""
        if result.status == 1:
            return "limit"
        still = result.status == 0 or _gains_nothing(
            result, self.problem.network.dtype, self.bounds
        )
        return "still" if still else "failure"

    def _scipy(self, x):
        solver = self.solver
        return scipy.optimize.minimize(
            self.objective,
            x,
            method="L-BFGS-B",
            jac=True,
            callback=self._after,
            bounds=None if self.bounds is None else scipy.optimize.Bounds(*self.bounds),
            options={
                "maxiter": solver.max_iter - self.n_iter,
                "maxfun": solver.max_fun - self.n_fun,
                "gtol": 0,
                "ftol": 0,
                "maxcor": solver.corrections(len(self.problem.data), len(x)),
            },
        )

    def _after(self, intermediate_result):
        """Take note of an iteration; raise ``StopIteration`` where it is the last."""
        x, value, objective = intermediate_result.x, float(intermediate_result.fun), self.objective
        self.n_iter += 1
        objective.accept(x, value)
        decrease, least = self._value - value, self._least_decrease(value)
        self._value = value
        if objective.single is not None:
            at_rounding = decrease <= max(least, RESOLUTION * abs(value))
            if at_rounding or self._is_flat(x) or self.n_iter >= self.solver.max_iter:
                objective.refine()
                decrease = np.inf  # not known so precisely
        if self.monitor.iteration(value - objective.offset, x):
            self.end = "monitor"
        elif objective.single is None and self._is_flat(x):
            self.end = "flat"
        elif objective.single is None and decrease <= least:
            self.end = "still"
        if self.end:
            raise StopIteration

    def _is_flat(self, x):
        gradient = _within(self.bounds, x, self.objective.gradient)
        return np.abs(gradient).max() <= self.solver.tol

    def _least_decrease(self, value):
        # The tolerance on the gradient is the rule; that on the decrease of the objective, which is
        # of second order in it, must not end the search before.
        relative = min(2.2204460492503131e-09, self.solver.tol**2)
        return relative * max(abs(self._value), abs(value), 1)


def _gains_nothing(result, dtype, bounds) -> bool:
    """Whether the next step could change the objective by no more than rounding does.

    A line search that starts at the optimum finds no lower value and ends as "abnormal", on some
    processors and not on others, as the last digits decide. It has converged all the same. The
    quadratic model promises the step a decrease of ``g' H g / 2``. A bound that the step would
    cross takes its parameter out.
    """
    gradient = _within(bounds, result.x, np.ravel(result.jac))
    promised = gradient @ result.hess_inv.dot(gradient) / 2
    return bool(promised <= 10 * np.finfo(dtype).eps * abs(result.fun))


def _within(bounds, x, gradient):
    """Return the gradient without the parameters that a step against it would take out of bounds.

    They are at a bound already, so there is nothing to gain.
    """
    if bounds is None:
        return gradient
    lower, upper = bounds
    out = ((x <= lower) & (gradient > 0)) | ((x >= upper) & (gradient < 0))
    return np.where(out, 0.0, gradient)

"""SciPy's L-BFGS-B on the full batch."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass

import numpy as np
import scipy.optimize
from sklearn.exceptions import ConvergenceWarning

from .._engine.data import Data
from .._engine.interrupts import heed
from .._engine.monitor import DivergenceError, Monitor
from .._engine.objective import FullBatch, Objective


@dataclass
class LBFGS:
    """SciPy's L-BFGS-B on the full batch.

    Attributes
    ----------
    max_iter, max_fun : int
        Iterations and evaluations at most.
    tol : float
        Largest component of the gradient at the solution.
    """

    max_iter: int
    max_fun: int
    tol: float

    def run(self, objective: Objective, data: Data, monitor: Monitor) -> int:
        """Minimise; return the number of iterations.

        Raises
        ------
        DivergenceError
            If the objective is not finite at the start or at the end.
        """
        network = objective.network
        full = FullBatch(objective, data.batch())
        state = {"iterations": 0, "exhausted": False}

        def after(intermediate_result):
            state["iterations"] += 1
            # The last evaluation may have been of a rejected step.
            np.copyto(network.values, intermediate_result.x)
            exhausted = monitor.epoch(float(intermediate_result.fun))
            if monitor.end():
                raise StopIteration
            if exhausted and monitor.stopping.early:
                state["exhausted"] = True
                raise StopIteration
            monitor.begin()  # SciPy does not say whether there will be another

        start, _ = full.value_and_grad(network.values.copy())
        if not np.isfinite(start):
            raise DivergenceError(f"The loss is {start} at the start.")
        started = time.perf_counter()
        try:
            monitor.begin()
            result = scipy.optimize.minimize(
                full.value_and_grad,
                network.values.copy(),
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
                },
            )
        except KeyboardInterrupt as interrupt:
            heed(interrupt)
            monitor.rewind()
            monitor.interrupted = True
            warnings.warn("Training interrupted by user.", stacklevel=5)
        else:
            # Once more at the solution: sets the running moments that go with it.
            value, _ = full.value_and_grad(result.x)
            if not np.isfinite(value) or not np.isfinite(result.x).all():
                raise DivergenceError(f"The loss is {value} at the end.")
            if state["iterations"] == 0:
                monitor.epoch(value)
                monitor.end()
            monitor.loss = value
            self._report(result, monitor, state["exhausted"], time.perf_counter() - started)
        monitor.finish()
        return state["iterations"]

    def _report(self, result, monitor, exhausted, seconds):
        if exhausted:
            monitor.tell(f"{monitor.message} Stopping.")
        elif result.status == 0:
            monitor.tell(f"L-BFGS converged in {result.nit} iterations, {seconds:.2f} s.")
        elif result.status == 1:
            limit = (
                f"max_iter={self.max_iter}"
                if result.nit >= self.max_iter
                else (f"max_fun={self.max_fun}")
            )
            warnings.warn(
                f"L-BFGS failed to converge: {limit} reached after {result.nit} iterations and "
                f"{result.nfev} evaluations. Increase it, or scale the data.",
                ConvergenceWarning,
                stacklevel=6,
            )
        elif result.status != 99:
            warnings.warn(
                f"L-BFGS stopped after {result.nit} iterations: {result.message}. "
                "Scaling the data may help.",
                ConvergenceWarning,
                stacklevel=6,
            )

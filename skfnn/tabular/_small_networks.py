"""Small networks beside those of a recipe, for the loss "gaussian".

They have one hidden layer and are trained by Levenberg-Marquardt; the evidence sets their weight
decay. Some take the noise to be the same everywhere, some learn it; in some, features that tell
nothing fade. Where rows are few, noise depends on x, or the target is smooth, they come nearer to
the distribution of the target than large networks, in a tenth of a second each. Source: MacKay, "A
Practical Bayesian Framework for Backpropagation Networks", 1992.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import LinAlgError
from sklearn.exceptions import ConvergenceWarning

from .._engine.following.divergence import DivergenceError
from .._engine.network.network import Network
from .._engine.program.threads import one_blas_thread
from .._estimators.fitted import state_of
from .._estimators.regressor import FNNRegressor
from ..solvers import LevenbergMarquardt
from ._candidates import Candidate, UnfitError
from ._others import Other
from ._predictors import Predictor
from ._preparation import Prepared
from ._widths import FARTHEST, HeldErrors, WidthInputs

# For tables of at least LEAST_ROWS rows and less than MOST_ROWS. Where there are FEW_ROWS and more,
# members are by feature, and see SEEN_ROWS at most: they help where the target is smooth and hardly
# any noise is in it.
LEAST_ROWS, FEW_ROWS, MOST_ROWS = 50, 2000, 20_000
SEEN_ROWS = 2500
# Units of the hidden layer: as many as make the work of a step, rows times the square of the
# parameters, WORK for the members of all folds together, twice that of larger tables; at least
# LEAST_UNITS, or there are none.
WORK, LEAST_UNITS = 1.3e8, 3
STEPS = 100
# A start may end in a network that is far too simple. The evidence tells: up to STARTS are tried,
# until the log evidence per row is at most WORSE below that of the best start on the first fold.
# With fewer starts, errors of smooth targets without noise are larger.
STARTS, WORSE = 3, 0.1


class Kind(NamedTuple):
    """One kind of small networks.

    Attributes
    ----------
    name : str
        As ``leaderboard_`` has it.
    loss : str
        "squared_error" for noise that is the same everywhere, or "gaussian".
    groups : str
        Which weights share a strength of decay, as LevenbergMarquardt has it.
    most_units : int
        Of the hidden layer.
    """

    name: str
    loss: str
    groups: str
    most_units: int


KINDS = (
    Kind("lm gaussian", "gaussian", "layers", 12),
    Kind("lm gaussian by feature", "gaussian", "features", 12),
    Kind("lm", "squared_error", "layers", 20),
    Kind("lm by feature", "squared_error", "features", 20),
)


def small_networks(prepared: Prepared) -> list[Candidate]:
    """Return the small networks that are trained beside those of a recipe; none where of no use.

    Parameters
    ----------
    prepared : Prepared
        The table and its folds.
    """
    table, folds = prepared.table, prepared.folds
    fitted, n = table.fitted, len(table.rows)
    judged = table.validation is not None or folds[0].held is not None
    if not (LEAST_ROWS <= n < MOST_ROWS and fitted.by_moments and judged) or fitted.directions:
        return []
    columns = _columns(table)
    X = columns.transform(table.A)
    found: list[Candidate] = []
    few = n < FEW_ROWS
    work, seen = (WORK, n) if few else (2 * WORK, min(n, SEEN_ROWS))
    for kind in KINDS if few else (kind for kind in KINDS if kind.groups == "features"):
        n_parameters = np.sqrt(work / len(folds) / seen) / fitted.target.n_outputs
        units = min(kind.most_units, int(n_parameters / (X.shape[1] + 2)))
        if X.shape[1] and units >= LEAST_UNITS:
            own = SmallNetworks(kind, prepared, len(found), units=units, columns=columns, X=X)
            found.append(own)
    return found


def _columns(table):
    """Return what turns the encoder's rows into the inputs of small networks."""
    encoder, rows = table.fitted.encoder, table.rows
    nothing = np.empty((len(rows), 0))
    weight = None if table.weight is None else table.weight[rows]
    given = HeldErrors(table.A[rows], nothing, nothing, weight, None, None)
    return SmallInputs.of(given, encoder.n_numbers_, len(encoder.n_levels_))


class SmallInputs(WidthInputs):
    """From the encoder's rows to standardised inputs, one for each frequent level of a category."""

    def transform(self, A: np.ndarray, mean: Any = None) -> np.ndarray:
        """Return inputs (n, m) of the encoder's rows."""
        return super().transform(A, np.empty((len(A), 0)))

    def sources(self, n_columns: int) -> np.ndarray:
        """Return the encoder's column, of so many, that each input is made of."""
        start, stop = self.n_numbers, self.n_numbers + len(self.levels)
        told = np.repeat(np.arange(start, stop), [len(levels) for levels in self.levels])
        return np.concatenate([np.arange(start), told, np.arange(stop, n_columns)]).astype(int)

    def onnx(self, graph: Any, A: Any) -> Any:
        """Return the same as a tensor of an ONNX graph, in double precision."""
        double = np.dtype(np.float64)
        start, stop = self.n_numbers, self.n_numbers + len(self.levels)
        parts = [graph.node("Gather", A, np.arange(start), dtype=A.dtype, axis=1)]
        for place, levels in enumerate(self.levels, start):
            code = graph.node("Gather", A, np.array([place]), dtype=A.dtype, axis=1)
            told = graph.node("Equal", code, levels.astype(A.dtype), dtype=bool)
            parts.append(graph.cast(told, A.dtype))
        rest = np.arange(stop, len(self.mean) - sum(map(len, self.levels)) + stop - start)
        parts.append(graph.node("Gather", A, rest, dtype=A.dtype, axis=1))
        inputs = graph.cast(graph.node("Concat", *parts, dtype=A.dtype, axis=1), double)
        inputs = graph.node("Div", graph.node("Sub", inputs, self.mean), self.std)
        inputs = graph.node("Max", inputs, np.float64(-FARTHEST))
        return graph.node("Min", inputs, np.float64(FARTHEST))


class SmallNetworks(Other):
    """Members with one hidden layer, trained by Levenberg-Marquardt with the evidence.

    Parameters
    ----------
    kind : Kind
        What they assume.
    prepared : Prepared
        As for :class:`Other`.
    number : int
        Which one it is.
    units : int
        Of the hidden layer.
    columns : SmallInputs
        From the encoder's rows to theirs.
    X : ndarray of shape (n, m)
        These rows.
    """

    unasked = True

    def __init__(self, kind: Kind, prepared: Prepared, number: int, *, units: int,
                 columns: SmallInputs, X: np.ndarray) -> None:  # fmt: skip
        super().__init__(kind.name, prepared, number)
        self.kind, self.units, self.columns, self.X = kind, units, columns, X
        self.expected = np.inf  # the log evidence per row
        known = prepared.table.validation
        self.X_val = None if known is None else columns.transform(known[0])

    def rows(self, which):
        return self.X_val if which is None else self.X[which]

    def first(self, fold, trainer):
        super().first(fold, trainer)
        model = trainer.members[0].predictor.model
        self.expected = model.log_marginal_likelihood_ / len(self._seen(fold))

    def trained(self, fold):
        rows = self._seen(fold)
        least, best = (self.expected - WORSE) * len(rows), None
        for start in range(STARTS):
            model = self._started(fold, rows, start)
            if best is None or model.log_marginal_likelihood_ > best.log_marginal_likelihood_:
                best = model
            if best.log_marginal_likelihood_ >= least:
                break
        return SmallPredictor(best, self.columns, self.task.loss), 0

    def _seen(self, fold):
        """Return the rows of a fold that its member is trained on."""
        if len(self.X) < FEW_ROWS or len(fold.rows) <= SEEN_ROWS:
            return fold.rows
        rng = np.random.default_rng(self.seed(fold))
        return rng.choice(fold.rows, SEEN_ROWS, replace=False)

    def _started(self, fold, rows, start):
        """Return a network from one start."""
        solver = LevenbergMarquardt(alpha="bayes", groups=self.kind.groups, n_init=1)
        model = FNNRegressor(
            (self.units,), "tanh", loss=self.kind.loss, solver=solver, max_iter=STEPS,
            random_state=(self.seed(fold) + start) % 2**31,
        )  # fmt: skip
        y, weight = replace(self.data, rows=rows).labels()
        with warnings.catch_warnings(), one_blas_thread():
            warnings.simplefilter("ignore", ConvergenceWarning)  # so few steps are meant
            try:
                return model.fit(self.X[rows], y, weight)
            except (DivergenceError, LinAlgError) as error:
                raise UnfitError(str(error)) from error


class SmallPredictor(Predictor):
    """A small network, which also knows how sure it is of its weights."""

    def __init__(self, model: FNNRegressor, columns: SmallInputs, loss: Any) -> None:
        self.model, self.columns, self.loss = model, columns, loss

    @property
    def network(self) -> Network:
        """The network, whose first scores are the mean."""
        return state_of(self.model).network

    def raw(self, A, dtype=None, rows=None):
        mean, std = self.model.predict(A if rows is None else A[rows], return_std=True)
        return self.loss.scores_of(*(part.reshape(len(mean), -1) for part in (mean, std**2)))

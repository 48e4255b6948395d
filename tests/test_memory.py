"""What training allocates, and what a pickle holds."""

import gc
import pickle
import tracemalloc

import numpy as np
import pytest
from scipy.sparse import csr_array

from skfnn import FNNClassifier, FNNRegressor
from skfnn._engine.network.network import Network
from skfnn._engine.objective import data as engine_data
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.objective import Objective
from skfnn._engine.objective.targets import ClassTarget
from skfnn._estimators import preparation
from skfnn.layers import BatchNorm, Dense, Dropout, Linear, Skip
from skfnn.losses import CategoricalCrossEntropy
from skfnn.optimizers import Optimizer
from skfnn.solvers import Minibatch, Problem, Progress
from skfnn.solvers._minibatch import EpochProgram


@pytest.mark.parametrize(
    "optimizer", [o for c in Optimizer.members() for o in c.examples()], ids=repr
)
def test_a_step_allocates_nothing_of_the_size_of_an_activation(optimizer):
    rng = np.random.default_rng(0)
    rows, units = 200, 500
    layers = [
        Dense(units, "gelu"),
        Skip([Dense(units, "relu"), BatchNorm()]),
        Dropout(0.1),
        Linear(3),
    ]
    network = Network(layers, 20, np.float32, rng)
    y = rng.integers(0, 3, 1000)
    data = Data(rng.normal(size=(1000, 20)).astype(np.float32), y, None, ClassTarget(y), (0.0, 1.0))
    objective = Objective(network, CategoricalCrossEntropy(), 1e-4)
    settings = {"batch_size": rows, "max_iter": 10, "shuffle": True, "clip_norm": 1.0}
    solver = Minibatch(optimizer, "constant", 1e-3, **settings).settled({})
    epochs = EpochProgram(solver, Problem(objective, data, Progress(rng, rng)))
    epochs.run()
    tracemalloc.start()
    epochs.run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < rows * units * 4 / 3


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize(
    ("n_rows", "copies"),
    [(60_000, 1.25), (90_000, 0.25)],
    ids=["a small X is cast once", "a large X is not copied"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_fit_needs_beyond_x(n_rows, copies, early_stopping):
    X = np.random.default_rng(0).normal(size=(n_rows, 100))
    y = X[:, 0] > 0
    model = FNNClassifier((30,), max_iter=2, early_stopping=early_stopping, random_state=0)
    model.fit(X[:1000], y[:1000])
    tracemalloc.start()
    model.fit(X, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < copies * X.size * 4


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("batch_size", [7, 64, 333])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_cast_of_each_batch_is_the_same_as_one_of_x(monkeypatch, sparse, batch_size):
    X = np.random.default_rng(0).normal(size=(333, 11))
    y = X[:, :3].argmax(axis=1)
    settings = {"batch_size": batch_size, "max_iter": 3, "random_state": 0}
    if sparse:
        X = csr_array(np.where(X > 1, X, 0))
    once = FNNClassifier((8,), **settings).fit(X.astype(np.float32), y)
    monkeypatch.setattr(preparation, "CAST_ELEMENTS", 0)
    monkeypatch.setattr(engine_data, "GATHER_ELEMENTS", 50)
    each = FNNClassifier((8,), **settings).fit(X, y)
    for a, b in zip(once.coefs_, each.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_pickle_holds_the_weights_and_little_more(solver):
    X = np.random.default_rng(0).normal(size=(300, 50))
    model = FNNRegressor((400, 100), solver=solver, max_iter=100, metrics=["mae"], tol=0)
    model.fit(X, X[:, 0], X_val=X, y_val=X[:, 0])
    assert len(pickle.dumps(model)) < 1.2 * model._fitted.network.values.nbytes + 20_000


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_rows_are_given_back_at_the_end_of_fit(solver):
    """Without waiting for the garbage collector."""
    X = np.random.default_rng(0).normal(size=(20_000, 50)).astype(np.float32)
    y = X[:, 0] > 0
    model = FNNClassifier((5,), solver=solver, tol=10, dtype="float64", random_state=0)
    model.fit(X[:100], y[:100])
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        model.fit(X, y)
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert left < X.nbytes / 2

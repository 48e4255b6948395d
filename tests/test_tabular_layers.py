"""Layers, initializers and schedules for tables: what the registries' tests do not reach."""

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import difference
from sklearn.base import clone

from skfnn import FNNClassifier
from skfnn._engine.network.forward import Forward
from skfnn._engine.network.network import Network
from skfnn._engine.objective.objective import Batch, Objective
from skfnn._engine.program.calls import bind, replay
from skfnn._engine.program.once import apart
from skfnn._engine.program.workspace import Workspace
from skfnn.activations import Mish
from skfnn.initializers import DataDriven
from skfnn.layers import (
    CategoryEmbedding,
    Dense,
    Dropout,
    Linear,
    ParametricActivate,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Repeat,
    Scale,
    Skip,
)
from skfnn.layers._piecewise_linear_embedding import bin_edges
from skfnn.losses import SquaredError
from skfnn.optimizers import SGD, Adam, AdamW
from skfnn.schedules import Scheduled


def gradient_and_slope(network, X, direction):
    """Analytic and numeric derivative of the loss along a direction of the parameters."""
    y = np.asfortranarray(np.random.default_rng(1).normal(size=(len(X), network.n_outputs)))
    batch = Batch(X, y, None, np.empty_like(y))
    workspace = Workspace(network, len(X))
    objective = Objective(network, SquaredError(), 0.0)
    program = bind(objective.calls(workspace, batch, len(X)), np.float64)
    replay(program)
    gradient, theta = workspace.grad.copy(), network.values.copy()

    def value(step):
        network.values[...] = theta + step * direction
        replay(program)
        return objective.mean_loss(y, batch.raw, None)

    return direction @ gradient, difference(value, 0.0, 1e-4)


def test_category_embedding_looks_up_vectors_and_their_gradients():
    rng = np.random.default_rng(0)
    codes = np.column_stack([rng.integers(0, 4, 50), rng.integers(0, 3, 50)])
    X = np.column_stack([rng.normal(size=50), codes, rng.normal(size=50)])
    layer = CategoryEmbedding([3, 2], n_entries=5, start=1)
    network = Network([layer], 4, np.float64, rng)
    E = network.weights("E")[0]
    with_zero = [np.vstack([np.zeros(5), E[:3]]), np.vstack([np.zeros(5), E[3:]])]
    expected = np.hstack([X[:, :1], with_zero[0][codes[:, 0]], with_zero[1][codes[:, 1]], X[:, 3:]])
    np.testing.assert_array_equal(Forward(network, 50)(X), expected)

    network = Network([layer, Dense(4, "tanh"), Linear(2)], 4, np.float64, rng)
    analytic, numeric = gradient_and_slope(network, X, rng.normal(size=network.values.size))
    np.testing.assert_allclose(analytic, numeric, rtol=1e-8)


@pytest.mark.parametrize("in_skip", [False, True])
def test_gradients_skip_only_columns_without_parameters_below(in_skip):
    """Numbers embedded above a trained category, and again above a layer of units."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(40, 2)), rng.integers(0, 4, 40), rng.normal(size=40)])
    columns = [
        CategoryEmbedding([3], n_entries=2, start=2),
        Repeat(stop=2),
        PiecewiseLinearEmbedding(n_bins=4, n_entries=3, start=2, stop=4),
        PeriodicEmbedding(n_frequencies=3, stop=2),
    ]
    again = [PeriodicEmbedding(n_frequencies=3, start=1)]
    layers = [*columns, Dense(5, "tanh"), *again, Linear(2)]
    if in_skip:
        layers = [Skip(columns), Dense(5, "tanh"), Skip([*again, Linear(5)]), Linear(2)]
    network = Network(layers, 4, np.float64, rng)
    network.values += 0.1 * rng.normal(size=network.values.size)
    analytic, numeric = gradient_and_slope(network, X, rng.normal(size=network.values.size))
    np.testing.assert_allclose(analytic, numeric, rtol=1e-7)

    chain = Workspace(network, 40).chain(40)
    list(chain.forward(X, True))
    list(chain.backward(np.ones((40, 2))))
    below = (chain.placed[0].cell.chain if in_skip else chain).placed[3].cell.below
    np.testing.assert_array_equal(below, [False] * 2 + [True] * 8 + [False])


def test_periodic_embedding_is_its_formula():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6, 3))
    network = Network([PeriodicEmbedding(n_frequencies=5, stop=2)], 3, np.float64, rng)
    p = {name: network.weights(name)[0] for name in ("omega", "phase", "V", "c")}
    waves = np.cos(X[:, :2, None] * p["omega"] + p["phase"])
    linear = np.einsum("nck,ckm->ncm", waves, p["V"]) + p["c"]
    expected = np.concatenate([linear, X[:, :2, None]], axis=2).reshape(6, 8)
    np.testing.assert_allclose(Forward(network, 6)(X), np.hstack([expected, X[:, 2:]]))


def test_piecewise_linear_embedding_is_linear_between_quantiles_and_continuous():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    X[:, 1] = np.round(X[:, 1])  # few distinct values: fewer bins
    network = Network([PiecewiseLinearEmbedding(n_bins=8, n_entries=3)], 2, np.float64, rng)
    network.adapt(X, rng)
    edges = network.state_views(network.state)[(0,)]["edge"]
    quantiles = np.quantile(X[:, 0], np.arange(8) / 8, method="inverted_cdf")
    np.testing.assert_allclose(edges[0], quantiles)
    assert set(np.unique(X[:, 1])[:-1]) == set(edges[1, : len(np.unique(X[:, 1])) - 1])
    network.weights("V")[0][...] = rng.normal(size=(2, 8, 3))
    grid = np.linspace(-6, 6, 4001)
    out = Forward(network, 4001)(np.column_stack([grid, grid]))
    assert np.abs(np.diff(out, axis=0)).max() < 0.15  # no jumps
    bends = np.abs(np.diff(out[:, 0], 2)) > 1e-9
    assert 7 <= bends.sum() <= 14  # at the 7 inner edges only


@pytest.mark.parametrize("share", [0.3, 0.7, 0.92])
def test_a_value_that_many_rows_repeat_leaves_the_bins_to_the_others(share):
    x = np.random.default_rng(0).lognormal(size=2000)
    n_same = int(share * 2000)
    x[:n_same] = 0.5
    edges = bin_edges(x, 48)
    others = np.sort(x[n_same:])
    held = np.diff(np.searchsorted(others, edges))
    assert 40 <= len(edges) <= 49
    assert held.max() <= 3 * len(others) / 48
    low, high = others[others < 0.5][-1], others[others > 0.5][0]
    i = int(np.searchsorted(edges, 0.5))
    np.testing.assert_array_equal(edges[i - 1 : i + 2], [low, 0.5, high])


@pytest.mark.parametrize("n_bins", [1, 2, 5])
@pytest.mark.parametrize(
    "x", [[3.0], [0.0] * 9, [0.0] * 9 + [1.0], np.repeat(np.arange(10.0), 3), np.arange(100.0)]
)
def test_limits_of_bins_are_sorted_values_from_the_least_to_the_greatest(x, n_bins):
    edges = bin_edges(np.array(x), n_bins)
    assert len(edges) <= n_bins + 1
    assert (np.diff(edges) > 0).all()
    assert np.isin(edges, x).all()
    assert (edges[0], edges[-1]) == (np.min(x), np.max(x))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_bins", [31, 32, 33, 48, 96])
def test_a_bin_found_by_search_embeds_as_all_parts_do(n_bins, dtype):
    """On limits, between and beyond them; with constant, binary and mostly constant columns."""
    rng = np.random.default_rng(n_bins)
    X = rng.normal(size=(400, 6))
    X[:, 1] = 3.0
    X[:, 2] = X[:, 2] > 1
    X[:300, 3] = 0.5
    X[:, 4] = 1e4 + rng.integers(0, 30, 400)
    layer = PiecewiseLinearEmbedding(n_bins=n_bins, n_entries=3, start=1)
    network = Network([layer], 6, dtype, rng)
    network.adapt(X.astype(dtype), rng)
    network.weights("V")[0][...] = rng.normal(size=(5, n_bins, 3))
    beyond = X[:40] + np.where(rng.random((40, 6)) < 0.5, -5, 5)
    A = np.concatenate([X, beyond, X + 1e-3]).astype(dtype)
    workspace = Workspace(network, len(A), training=False)
    batch = workspace.array("X", "X", *A.shape)
    np.copyto(batch, A)
    chain = workspace.chain(len(A))
    replay(workspace.bind(chain.forward(batch, False)))
    spread = np.abs(chain.Y).max()
    for n in (len(A), 50, 5):  # a search, another, none
        forward = Forward(network, n)
        _, each = apart(chain_calls(forward, n), forward.workspace.array("X", "X", n, 6))
        assert any(call.function is np.less_equal for call in each) == (n > 5 and n_bins > 31)
        assert not any(call.out.shape == (5, n_bins, 3) for call in each)
        np.testing.assert_allclose(
            forward(A[:n]), chain.Y[:n], rtol=0, atol=30 * np.finfo(dtype).eps * spread
        )


def chain_calls(forward, n):
    batch = forward.workspace.array("X", "X", n, forward.workspace.network.n_inputs)
    return list(forward.workspace.chain(n).forward(batch, False))


def test_piecewise_linear_embedding_takes_a_constant_column():
    rng = np.random.default_rng(0)
    network = Network([PiecewiseLinearEmbedding(n_bins=4, n_entries=2)], 1, np.float64, rng)
    network.adapt(np.full((10, 1), 3.0), rng)
    assert np.isfinite(Forward(network, 2)(np.array([[3.0], [7.0]]))).all()


def test_piecewise_linear_embedding_takes_values_closer_than_float32_can_invert():
    rng = np.random.default_rng(0)
    network = Network([PiecewiseLinearEmbedding(n_bins=4, n_entries=2)], 1, np.float32, rng)
    X = np.repeat(np.array([[0.0], [1e-42], [1.0]], np.float32), 20, axis=0)
    network.adapt(X, rng)
    network.weights("V")[0][...] = 1
    assert np.isfinite(Forward(network, len(X))(X)).all()


def test_data_driven_start_standardises_each_units_input():
    rng = np.random.default_rng(0)
    X = rng.normal(3, [1, 10, 0.1, 0], size=(500, 4))
    layers = [Linear(30, "data_driven"), ParametricActivate("selu"), Linear(20, "data_driven")]
    network = Network(layers, 4, np.float64, rng)
    network.adapt(X, rng)
    W = network.weights("W")
    np.testing.assert_allclose((X @ W[0]).std(axis=0), 1)
    Z = Forward(network, 500)(X)
    np.testing.assert_allclose(Z.std(axis=0), 1)
    assert (np.sign(Z).mean(axis=0) ** 2 < 1).all()  # every unit's zero lies within the data


def test_data_driven_start_leaves_a_constant_input_finite():
    W, b = np.ones((1, 2)), np.zeros(2)
    DataDriven().adapt(np.full((5, 1), 1e9), W, b, np.random.default_rng(0))
    assert np.isfinite(W).all()
    assert np.isfinite(b).all()


@pytest.mark.parametrize(
    "optimizer", [SGD(momentum=0), Adam(epsilon=1e-300), AdamW(epsilon=1e-300)]
)
def test_neural_tangent_scaling_steps_as_if_the_factor_stood_in_the_formula(optimizer):
    """W = V / sqrt(n_in): the rate of W makes its steps those of V over sqrt(n_in)."""
    n_in = 9
    network = Network([Linear(2, scaling="neural_tangent")], n_in, np.float64,
                      np.random.default_rng(0))  # fmt: skip
    (start, stop, factor), *_ = network.rates(optimizer.degree)
    W = network.values[start:stop]
    V, gradient = W * np.sqrt(n_in), np.random.default_rng(1).normal(size=W.size)

    def step(theta, gradient, factor):
        theta, slots = theta.copy(), np.zeros((optimizer.n_slots, theta.size))
        numbers = [np.array(v) for v in optimizer.scalars(1, 0.1, factor)]
        calls = optimizer.update(theta, gradient.copy(), slots, np.empty_like(theta), numbers,
                                 theta.size)  # fmt: skip
        replay(bind(calls, np.float64))
        return theta

    of_V = step(V, gradient / np.sqrt(n_in), 1.0)
    np.testing.assert_allclose(step(W, gradient, factor), of_V / np.sqrt(n_in), rtol=1e-12)


def test_learning_rate_factors_reach_the_parameters():
    network = Network([Scale(6.0), Linear(2, bias_lr_factor=0.5)], 3, np.float32,
                      np.random.default_rng(0))  # fmt: skip
    by_name = {}
    for (_, name, _, start, _), _ in zip(network._params, network._rates, strict=True):
        by_name[name] = next(f for a, b, f in network.rates(1) if a <= start < b)
    assert by_name == {"s": 6.0, "W": 1.0, "b": 0.5}


def test_a_scheduled_dropout_follows_training():
    rng = np.random.default_rng(0)
    network = Network([Dropout(Scheduled(0.5, "flat_cos"))], 400, np.float64, rng)
    workspace = Workspace(network, 50, rng=np.random.default_rng(1))
    X = np.ones((50, 400))
    program = bind(workspace.chain(50).forward(X, True), np.float64)
    shares = []
    for progress in (0.0, 0.75, 1.0):
        for array, value in workspace.scheduled:
            array[()] = value.at(progress)
        replay(program)
        Y = workspace.array(("Y", (0,)), "Y0", 50, 400)
        np.testing.assert_allclose(Y.mean(), 1, atol=0.03)
        shares.append((Y == 0).mean())
    np.testing.assert_allclose(shares, [0.5, 0.25, 0.0], atol=0.02)


@pytest.mark.parametrize("sparse", [False, True])
def test_estimators_let_layers_set_themselves_by_training_rows(sparse):
    rng = np.random.default_rng(0)
    X, y = rng.normal(5, 3, size=(5000, 2)), rng.integers(0, 2, 5000)
    model = FNNClassifier(
        hidden_layers=[PiecewiseLinearEmbedding(4, 3), Linear(6, "data_driven"), Dense(5, "tanh")],
        max_iter=9, tol=10, n_iter_no_change=1, random_state=0,
    )  # fmt: skip
    model.fit(sp.csr_array(X) if sparse else X, y)
    edges = model._fitted.network.state_views(model._fitted.network.state)[(0,)]["edge"]
    np.testing.assert_allclose(edges[0, 1:], np.quantile(X[:, 0], [0.25, 0.5, 0.75]), atol=0.3)
    again = clone(model).fit(sp.csr_array(X) if sparse else X, y)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_a_parametric_activation_starts_as_the_activation():
    X = np.random.default_rng(0).normal(size=(5, 3))
    network = Network([ParametricActivate("mish")], 3, np.float64, np.random.default_rng(0))
    np.testing.assert_allclose(Forward(network, 5)(X), Mish()(X))


@pytest.mark.parametrize("n_entries", [2, 8, 31, 40])
def test_any_number_of_entries_is_laid_out_by_row(n_entries):
    """They are copied a few columns at a time."""
    layer = PeriodicEmbedding(n_frequencies=3, n_entries=n_entries, stop=9)
    rng = np.random.default_rng(0)
    network, X = Network([layer], 10, np.float64, rng), rng.normal(size=(6, 10))
    omega, phase, V, c = (network.weights(name)[0] for name in ("omega", "phase", "V", "c"))
    waves = np.cos(X[:, :9, None] * omega + phase)
    linear = np.einsum("ncf,cfe->nce", waves, V) + c
    expected = np.concatenate([linear, X[:, :9, None]], axis=2).reshape(6, -1)
    np.testing.assert_allclose(Forward(network, 6)(X), np.column_stack([expected, X[:, 9]]))

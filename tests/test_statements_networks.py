"""What the statements of networks and of prediction mean."""

import copy

import numpy as np
import pytest
from scipy import sparse
from test_statements_programs import network_of

from skfnn import FNNRegressor
from skfnn._engine.network.forward import Forward, raw_scores
from skfnn._engine.network.gradient import InputGradient
from skfnn._engine.network.network import Network
from skfnn._engine.program.calls import Call, replay
from skfnn._engine.program.workspace import Workspace
from skfnn.constraints import MaxNorm, NonNegative
from skfnn.layers import Activate, BatchNorm, Dense, L1Sparsity, Layer, Linear, Repeat, Skip, Tied

X = np.random.default_rng(0).normal(size=(7, 2))

# ------------------------------------------------------------------ networks


def test_parameters_lie_weights_first_and_those_of_a_rate_together():
    network = network_of(Linear(3, bias_lr_factor=0.5), Activate("tanh"), Linear(2))
    assert network.n_decay == 12
    assert len(network.values) == 12 + 5
    places = network.views(np.arange(17))
    assert places[0,]["W"].tolist() == np.arange(6).reshape(2, 3).tolist()
    assert places[2,]["W"].tolist() == np.arange(6, 12).reshape(3, 2).tolist()
    assert places[0,]["b"].tolist() == [12, 13, 14]
    assert places[2,]["b"].tolist() == [15, 16]
    assert network.rates(1) == [(0, 12, 1.0), (12, 15, 0.5), (15, 17, 1.0)]
    assert (network.n_outputs, network.widest, network.n_inputs) == (2, 3, 2)
    two = network.views(np.arange(34.0).reshape(2, 17))
    assert two[0,]["b"].tolist() == [[12, 13, 14], [29, 30, 31]]
    assert [array.shape for array in network.weights("W")] == [(2, 3), (3, 2)]
    assert network.weights("gamma") == []


def test_rates_grow_with_a_power_of_the_scale():
    network = network_of(Linear(1, scaling="neural_tangent"), n_inputs=4)
    for degree in (0, 1, 2):
        found = network.rates(degree)
        wanted = [(0, 4, 0.5**degree), (4, 5, 1.0)] if degree else [(0, 5, 1.0)]
        assert found == wanted


def test_what_layers_publish():
    network = network_of(Linear(3), Tied(2, layer=0), Skip([Linear(2)]))
    coefs, intercepts = network.published("coefs"), network.published("intercepts")
    assert [array.shape for array in coefs] == [(2, 3), (3, 2), (2, 2)]
    assert [array.shape for array in intercepts] == [(3,), (2,), (2,)]
    assert coefs[1].tolist() == coefs[0].T.tolist()
    assert network.roles == [
        ((0,), "W", "coefs"),
        ((0,), "b", "intercepts"),
        ((1,), "b", "intercepts"),
        ((1,), "W", "coefs"),
        ((2, 0), "W", "coefs"),
        ((2, 0), "b", "intercepts"),
    ]
    vector = np.arange(float(len(network.values)))
    assert network.published("coefs", vector)[0].ravel().tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match=r"needs a layer of weights \(2, 2\) before it"):
        network_of(Linear(3), Activate("tanh"), Linear(2), Tied(2, layer=0))
    with pytest.raises(ValueError, match="There: no weights"):
        network_of(Linear(3), Activate("tanh"), Tied(2, layer=1))
    with pytest.raises(ValueError, match="before it at position 0"):
        network_of(Tied(2, layer=0))


def test_snapshots_hold_what_training_changes():
    network = network_of(Linear(2), BatchNorm())
    assert network.n_moving == len(network.state) == 6
    start = network.snapshot()
    network.values += 1
    network.state += 1
    later = network.snapshot()
    assert (later[0] == start[0] + 1).all()
    network.copy_into(start)
    assert (start[0] == later[0]).all()
    assert (start[1] == later[1]).all()
    network.values[:], network.state[:] = 0, 0
    network.restore(start)
    assert (network.values == later[0]).all()
    assert (network.state == later[1]).all()


def test_a_network_is_finite_where_all_its_numbers_are():
    network = network_of(Linear(2), BatchNorm())
    assert network.finite is True
    for vector in (network.values, network.state):
        for wrong in (np.nan, np.inf):
            for place in (0, -1):
                before, vector[place] = vector[place], wrong
                assert not network.finite
                vector[place] = before
    assert network.finite

    class Open(Linear, registered=False):
        def buffers(self, n_in):
            return {"limits": np.array([0.0, np.inf])}

    network = network_of(Open(1))
    assert network.finite
    network.state[0] = np.nan
    assert not network.finite


def test_a_fixed_network_does_not_change():
    network = network_of(Linear(2))
    assert not network.fixed
    network.fix()
    assert network.fixed
    with pytest.raises(ValueError, match="read-only"):
        network.values[0] = 1
    other = network.continued(network.layers, np.float32)
    assert not other.fixed
    assert other.dtype == np.float32
    other.values[0] = 1
    with pytest.raises(ValueError, match="warm_start and partial_fit go on with"):
        network.continued([Linear(3)], np.float32)


def test_constraints_and_bounds_of_a_network():
    network = network_of(Linear(2, constraint="non_negative"), Linear(1))
    network.values[:] = -1.0
    ((path, name, constraint),) = network.constraints
    assert (path, name, type(constraint)) == ((0,), "W", NonNegative)
    network.project()
    assert network.values.tolist() == [0.0] * 4 + [-1.0] * 5
    lower, upper = network.bounds()
    assert lower.tolist() == [0.0] * 4 + [-np.inf] * 5
    assert upper.tolist() == [np.inf] * 9
    assert network_of(Linear(2)).bounds() is None
    free = network_of(Linear(2, constraint=MaxNorm(1.0)))
    assert all(np.isinf(bound).all() for bound in free.bounds())
    network.values[:] = -1.0
    workspace = Workspace(network, 1)
    replay(workspace.bind(list(network.projection(workspace))))
    assert network.values.tolist() == [0.0] * 4 + [-1.0] * 5


def test_a_part_of_a_network_shares_its_parameters():
    network = network_of(Linear(4), Activate("tanh"), Skip([Linear(4), Linear(4)]), Linear(1))
    hidden = raw_scores(network.part(0, 2), X)
    np.testing.assert_allclose(
        hidden, np.tanh(X @ network.weights("W")[0] + network.weights("b")[0])
    )
    rest = network.part(2, 4)
    assert (rest.n_inputs, rest.n_outputs, rest.widest) == (4, 1, 4)
    np.testing.assert_allclose(raw_scores(rest, hidden), raw_scores(network, X), rtol=1e-12)
    inside = network.part(1, 2, (2,))
    assert inside.n_inputs == inside.n_outputs == 4
    views = network.views(network.values)[2, 1]
    np.testing.assert_allclose(raw_scores(inside, hidden), hidden @ views["W"] + views["b"])
    nothing = network.part(1, 1)
    assert (nothing.n_inputs, nothing.n_outputs, nothing.widest) == (4, 4, 4)


def test_parts_of_combinators_side_by_side():
    network = network_of(Linear(4), Skip([Linear(3)]), Skip([Linear(3)]), Linear(1))
    views = network.views(network.values)
    rows = [np.ones((2, 4)), np.ones((2, 3))]
    for i, given in zip((1, 2), rows, strict=True):
        part = network.part(0, 1, (i,))
        assert list(part.views(part.values)) == [(0,)]
        wanted = given @ views[i, 0]["W"] + views[i, 0]["b"]
        np.testing.assert_allclose(raw_scores(part, given), wanted)


@pytest.mark.parametrize("name", ["W b", "_w", "ones", "dW", "2W"])
def test_names_that_arrays_of_a_layer_cannot_have(name):
    class Named(Linear, registered=False):
        def buffers(self, n_in):
            return {name: np.zeros(1)}

    with pytest.raises(ValueError, match="Give it another name"):
        network_of(Named(1))


def test_a_summary_has_a_row_for_each_layer():
    network = network_of(Linear(3), Skip([Linear(5)]), Linear(1))
    assert network.summary() == [
        ("0", "Linear(units=3)", 3, 9),
        ("1", "Skip", 5, 15),
        ("1.0", "Linear(units=5)", 5, 20),
        ("2", "Linear(units=1)", 1, 6),
    ]


# ------------------------------------------------------------------ prediction


def test_a_chunk_of_prediction_has_256_rows_at_least():
    def at_once(width, n_rows=10**6):
        return Forward.rows_at_once(network_of(Linear(width)), n_rows)

    # 60,000 elements: of 100 units 600 rows, of them a multiple of 32.
    assert [at_once(width) for width in (100, 200, 300, 10_000)] == [576, 288, 256, 256]
    assert [at_once(100, n) for n in (576, 577, 5, 1, 0)] == [576, 576, 5, 1, 1]


@pytest.mark.parametrize("thin", [False, True])
def test_raw_scores_of_rows_in_chunks(thin):
    network = network_of(Linear(300), Activate("tanh"), Linear(2))
    rows = np.random.default_rng(1).normal(size=(600, 2))
    first, second = network.views(network.values)[0,], network.views(network.values)[2,]
    wanted = np.tanh(rows @ first["W"] + first["b"]) @ second["W"] + second["b"]
    given = sparse.csr_array(rows) if thin else rows
    np.testing.assert_allclose(raw_scores(network, given), wanted, rtol=1e-9)
    some = np.array([599, 0, 300, 7])
    np.testing.assert_allclose(raw_scores(network, given, rows=some), wanted[some], rtol=1e-9)
    forward, out = Forward(network, 600), np.empty((600, 2))
    assert forward(given, out) is out
    np.testing.assert_allclose(out, wanted, rtol=1e-9)
    np.testing.assert_allclose(forward(given, rows=some), wanted[some], rtol=1e-9)
    single = raw_scores(network, given, dtype=np.float32)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, wanted, rtol=1e-3, atol=1e-5)


def test_batch_norm_predicts_by_its_running_moments():
    network = network_of(BatchNorm(epsilon=1e-12))
    network.state_views(network.state)[0,]["mean"][:] = [1.0, 2.0]
    network.state_views(network.state)[0,]["var"][:] = [4.0, 9.0]
    np.testing.assert_allclose(raw_scores(network, X), (X - [1, 2]) / [2, 3], rtol=1e-9)


class Busy(list):
    """Idle objects that other threads have taken all."""

    def pop(self):
        raise IndexError


def test_eight_idle_objects_of_a_kind_are_kept():
    network, rows = network_of(Linear(1)), np.ones((3, 2))
    network.idle[Forward.rows_at_once(network, 3), "d"] = busy = Busy()
    for _ in range(10):
        raw_scores(network, rows)
    assert len(busy) == 8


def test_eight_programs_and_eight_kinds_of_memory_are_kept():
    network = network_of(Linear(1))
    forward = Forward(network, 100)
    for n in range(1, 9):
        forward(np.ones((n, 2)))
    assert len(forward._programs) == 8
    forward(np.ones((9, 2)))
    assert len(forward._programs) == 1
    for n in range(1, 9):
        raw_scores(network, np.ones((n, 2)))
    assert len(network.idle) == 8
    raw_scores(network, np.ones((3, 2)))
    assert len(network.idle) == 8
    raw_scores(network, np.ones((9, 2)))
    assert len(network.idle) == 1
    assert copy.copy(network).__getstate__()["idle"] == {}


def test_new_parameters_count_until_a_network_is_fixed():
    network = network_of(Linear(1))
    forward = Forward(network, 7, np.float32)
    before = forward(X).copy()
    network.values += 1
    forward.refresh()
    assert not np.allclose(forward(X), before)
    network.fix()
    forward.refresh()
    found = forward(X)
    np.testing.assert_allclose(found, raw_scores(network, X), rtol=1e-5)


@pytest.mark.parametrize(
    "layers",
    [
        [Dense(3, "tanh"), Linear(2)],
        [Dense(3, "gelu"), Dense(3, "tanh"), Dense(3, "gelu"), Linear(2)],
    ],
)
def test_derivatives_by_inputs(layers):
    network = network_of(Repeat(2), *layers)
    gradient = InputGradient(network, 7)
    assert gradient.sources.tolist() == [0, 1, 0, 1]
    E = gradient.embed(X)
    assert E.tolist() == np.hstack([X, X]).tolist()
    seeds = np.random.default_rng(2).normal(size=(7, 2))
    np.testing.assert_allclose(gradient.scores(E), raw_scores(network, X), rtol=1e-12)
    wanted = np.empty((7, 4))
    for j in range(4):
        moved = np.zeros((7, 4))
        moved[:, j] = 1e-6
        up, down = gradient.scores(E + moved), gradient.scores(E - moved)
        wanted[:, j] = ((up - down) * seeds).sum(axis=1) / 2e-6
    for _ in range(2):
        np.testing.assert_allclose(gradient.products(E, seeds), wanted, atol=1e-8)
    bare = InputGradient(network_of(Linear(2)), 7)
    assert bare.embed(X.astype(np.float32)).dtype == np.float64
    assert bare.sources.tolist() == [0, 1]


def test_why_there_are_no_derivatives_by_inputs():
    why_not = InputGradient.why_not
    assert why_not(network_of(Linear(2))) is None
    assert why_not(network_of(Linear(3), Tied(2, layer=0))) == "layers share weights"
    for layer, why in (
        (BatchNorm(), "all rows of a batch"),
        (L1Sparsity(), "a penalty of its own"),
        (Activate("threshold"), "no derivative"),
    ):
        assert why in why_not(network_of(Skip([layer]), Linear(1)))


class Looking(Layer, registered=False):
    """A layer that notes how many rows it sets itself by."""

    makes_units = False
    adapts = True
    seen: list

    def adapt(self, X, cell, rng):
        Looking.seen.append(len(X))

    def forward(self, X, Y, cell, training):
        yield Call(np.copyto, X, out=Y)

    def backward(self, dY, X, Y, cell, dX):
        if dX is not None:
            yield Call(np.copyto, dY, out=dX)


@pytest.mark.parametrize(("n_rows", "seen"), [(4096, 4096), (4097, 4096), (50, 50)])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_layers_set_themselves_by_4096_rows_at_most(n_rows, seen):
    Looking.seen = []
    x = np.linspace(-1, 1, n_rows)[:, None]
    FNNRegressor(hidden_layers=[Looking()], solver="adam", max_iter=1).fit(x, x[:, 0])
    assert Looking.seen == [seen]


def test_layers_set_themselves_as_at_prediction():
    Looking.seen = []
    network = network_of(BatchNorm(), Looking(), Linear(2, constraint="non_negative"))
    assert network.adapts
    assert not network_of(BatchNorm()).adapts
    before = network.state.copy()
    network.values[:] = -1.0
    network.adapt(X, np.random.default_rng(0))
    assert Looking.seen == [7]
    assert network.state.tolist() == before.tolist()
    assert (network.weights("W")[0] == 0).all()  # what is held to bounds is so afterwards


def test_the_version_of_a_network_in_files_of_before():
    assert Network.n_moving is None
    assert Network.fixed is False

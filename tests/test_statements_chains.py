"""What the statements of chains, layers and threads mean."""

from dataclasses import FrozenInstanceError
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array
from test_statements_programs import network_of, run

from skfnn._engine.objective.data import Data
from skfnn._engine.objective.objective import FullBatch, Objective
from skfnn._engine.objective.targets import RegressionTarget
from skfnn._engine.program import threads
from skfnn._engine.program.calls import Call, Mover, bind, replay
from skfnn._engine.program.constraint import Constraint
from skfnn._engine.program.layer import (
    Layer,
    Param,
    Reads,
    dotted,
    every,
    expand,
    walk,
    width_after,
)
from skfnn._engine.program.sparse import SparseBatch
from skfnn._engine.program.workspace import Workspace
from skfnn.layers import (
    Activate,
    BatchNorm,
    Dense,
    Dropout,
    L1Sparsity,
    Linear,
    PeriodicEmbedding,
    Repeat,
    SharedEnsemble,
    Skip,
)
from skfnn.losses import SquaredError

X = np.random.default_rng(0).normal(size=(4, 2))


def chain_of(*layers, training=True, rows=4):
    workspace = Workspace(network_of(*layers), rows, training=training)
    return workspace.chain(rows), workspace


def test_layers_in_place_write_where_nothing_is_read_any_more():
    # Dropout reads nothing of the linear map's output; tanh reads its own output alone.
    chain, _ = chain_of(Linear(3), Dropout(0.2), Activate("tanh"), Activate("relu"))
    list(chain.forward(X.copy(), True))
    linear, dropout, tanh, relu = chain.placed
    assert dropout.Y is linear.Y
    assert tanh.Y is dropout.Y
    assert relu.Y is not tanh.Y  # the backward pass of tanh reads it
    chain, _ = chain_of(Linear(3), Activate("tanh"), Activate("relu"), training=False)
    list(chain.forward(X.copy(), False))
    assert chain.placed[1].Y is chain.placed[0].Y
    assert chain.placed[2].Y is chain.placed[0].Y


def test_an_activation_that_reads_its_input_does_not_write_over_it():
    chain, _ = chain_of(Linear(3), Activate("gelu"))
    list(chain.forward(X.copy(), True))
    assert chain.placed[1].Y is not chain.placed[0].Y
    chain, _ = chain_of(Linear(3), Activate("gelu"), training=False)
    list(chain.forward(X.copy(), False))
    assert chain.placed[1].Y is chain.placed[0].Y


def test_what_is_given_is_not_overwritten():
    for training in (False, True):
        chain, _ = chain_of(Activate("relu"), Linear(1), training=training)
        given = X.copy()
        list(chain.forward(given, training))
        assert chain.placed[0].Y is not given


def test_layers_take_turns_with_two_buffers_at_prediction():
    chain, _ = chain_of(*[Linear(2)] * 5, training=False)
    list(chain.forward(X.copy(), False))
    starts = [here.Y.__array_interface__["data"][0] for here in chain.placed]
    assert len(set(starts)) == 2
    assert all(a != b for a, b in pairwise(starts))
    chain, _ = chain_of(*[Linear(2)] * 5)
    list(chain.forward(X.copy(), True))
    assert len({here.Y.__array_interface__["data"][0] for here in chain.placed}) == 5


def test_the_last_layer_writes_where_it_is_wanted_if_rows_are_contiguous():
    for out, direct in ((np.empty((4, 1)), True), (np.empty((4, 3), order="F"), False)):
        chain, _ = chain_of(Linear(2), Linear(out.shape[1]))
        list(chain.forward(X.copy(), True, out))
        assert (chain.Y is out) is direct
    out = np.empty((4, 2))
    chain, _ = chain_of(Linear(2), Linear(2))
    list(chain.forward(X.copy(), True, out))
    assert chain.placed[0].Y is not out


def test_a_backward_pass_ends_where_nothing_is_trained():
    chain, workspace = chain_of(Activate("tanh"), Linear(3), Activate("tanh"), Linear(2))
    forward = workspace.bind(list(chain.forward(X.copy(), True)))
    calls = list(chain.backward(np.ones((4, 2))))
    replay(forward)
    assert {call.origin.position for call in calls} == {"1", "2", "3"}
    assert [here.trained.tolist() for here in chain.placed] == [
        [False] * 2,
        [True] * 3,
        [True] * 3,
        [True] * 2,
    ]
    assert chain.placed[1].cell.below.tolist() == [False] * 2
    assert chain.placed[2].cell.below.tolist() == [True] * 3
    nothing, _ = chain_of(Activate("tanh"), Activate("relu"))
    list(nothing.forward(X.copy(), True))
    assert list(nothing.backward(np.ones((4, 2)))) == []


def test_derivatives_by_the_input_where_they_are_wanted():
    for layers in (
        [Linear(3), Activate("tanh"), Linear(1)],
        [Activate("tanh")] * 2,
        [Linear(2)] * 4,
    ):
        chain, workspace = chain_of(*layers)
        given = X.copy()
        forward = workspace.bind(list(chain.forward(given, True)))
        seed = workspace.array("seed", "seed", 4, chain.placed[-1].n_out)
        backward = workspace.bind(list(chain.backward(seed, wants_dX=True)))

        def score(x, given=given, forward=forward, chain=chain):
            given[...] = x
            replay(forward)
            return chain.Y.copy()

        wanted = np.empty_like(X)
        for j in range(2):
            moved = np.zeros_like(X)
            moved[:, j] = 1e-6
            wanted[:, j] = (score(X + moved) - score(X - moved)).sum(axis=1) / 2e-6
        score(X)
        seed[...] = 1.0
        replay(backward)
        np.testing.assert_allclose(chain.dX, wanted, atol=1e-8)


def test_derivatives_take_turns_with_two_buffers():
    chain, _ = chain_of(*[Linear(2)] * 5)
    list(chain.forward(X.copy(), True))
    calls = list(chain.backward(np.ones((4, 2)), wants_dX=True))
    written = [call.out for call in calls if call.out.shape == (4, 2)]
    starts = [array.__array_interface__["data"][0] for array in written]
    assert len(starts) == 5
    assert len(set(starts)) == 2
    assert all(a != b for a, b in pairwise(starts))


def test_calls_are_shown_by_the_names_of_their_arrays():
    _, workspace = chain_of(Linear(3))
    call = Call(np.add, workspace.grad, 1.0, out=workspace.grad)
    assert workspace.bind([call]).show(call) == "grad = add(grad, 1)"
    buffer = np.zeros(6)
    mover = Mover([buffer])
    mover.shifts[0] = 8 * 3
    workspace.name("part", buffer[:3])
    moved = Call(np.add, buffer[3:], 1.0, out=buffer[3:])
    assert workspace.bind([moved], mover).show(moved) == "part = add(part, 1)"


def test_outputs_of_layers_can_be_tapped():
    chain, workspace = chain_of(Linear(3), Skip([Linear(3), Activate("tanh")]), Linear(1))
    taps = {(0,): np.empty((4, 3)), (1, 1): np.empty((4, 3))}
    workspace.taps.update(taps)
    replay(workspace.bind(list(chain.forward(X.copy(), True))))
    assert taps[0,].tolist() == chain.placed[0].Y.tolist()
    inner = chain.placed[1].cell.chain.placed[0]
    np.testing.assert_allclose(taps[1, 1], np.tanh(taps[0,] @ inner.cell.W + inner.cell.b))


def test_a_sparse_batch_is_made_dense_where_a_layer_needs_that():
    chain, workspace = chain_of(Activate("relu"), Linear(3))
    rows = SparseBatch(csr_array(np.eye(4)[:, :2]))
    replay(workspace.bind(list(chain.forward(rows, True))))
    assert chain.placed[0].Y.tolist() == np.eye(4)[:, :2].tolist()
    chain, workspace = chain_of(Linear(3))
    replay(workspace.bind(list(chain.forward(rows, True))))
    assert chain.placed[0].X is rows
    cell = chain.placed[0].cell
    np.testing.assert_allclose(chain.Y, rows.matrix @ cell.W + cell.b)


ONE_COLUMN = PeriodicEmbedding(n_frequencies=2, n_entries=3, start=1)
STACKS = {
    "one column is trained": [ONE_COLUMN, Linear(3), Activate("tanh"), Linear(1)],
    "in the middle": [Repeat(2), ONE_COLUMN, Activate("tanh"), Linear(1)],
    "penalties inside": [SharedEnsemble(1, [Linear(2), L1Sparsity(0.1)], n_members=3)],
    "norms inside": [SharedEnsemble(1, [Linear(2), BatchNorm()], n_members=2)],
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", STACKS)
def test_gradients_through_partly_trained_and_repeated_layers(name, weighted):
    rng = np.random.default_rng(5)
    rows, y = rng.normal(size=(6, 2)), rng.normal(size=6)
    weight = np.array([0.5, 1.5, 1.0, 0.25, 1.75, 1.0]) if weighted else None
    data = Data(rows, y, weight, RegressionTarget(1, True), (0.0, 1.0))
    network = network_of(*STACKS[name])
    full = FullBatch(Objective(network, SquaredError(), 0.0), data.batch(network.n_outputs))
    theta = network.values.copy()
    grad = full.value_and_grad(theta)[1].copy()
    for j in range(len(theta)):
        step = 1e-6 * np.eye(len(theta))[j]
        slope = (full.value_and_grad(theta + step)[0] - full.value_and_grad(theta - step)[0]) / 2e-6
        np.testing.assert_allclose(grad[j], slope, atol=1e-7)


def test_penalties_inside_count_rows_by_weight():
    rows = np.random.default_rng(6).normal(size=(3, 2))
    layers = [SharedEnsemble(1, [Linear(2), L1Sparsity(0.1)], n_members=2)]

    def value(weight, rows):
        data = Data(rows, np.zeros(len(rows)), weight, RegressionTarget(1, True), (0.0, 1.0))
        network = network_of(*layers)
        full = FullBatch(Objective(network, SquaredError(), 0.0), data.batch(2))
        return full.value_and_grad(network.values.copy())[0]

    many = np.repeat(rows, [1, 2, 3], axis=0)
    assert value(np.array([0.5, 1.0, 1.5]), rows) == pytest.approx(value(None, many), rel=1e-9)


# ------------------------------------------------------------------ layers


def test_layers_and_those_inside_outer_ones_first():
    inner = Linear(3)
    skip, last = Skip([inner]), Linear(1)
    layers = [Linear(3), skip, last]
    assert [type(layer) for layer in every(layers)] == [Linear, Skip, Linear, Linear]
    assert [(path, n) for path, _, n in walk(layers, 2)] == [
        ((0,), 2),
        ((1,), 3),
        ((1, 0), 3),
        ((2,), 3),
    ]
    assert width_after(layers, 2) == 1
    assert width_after([], 5) == 5
    assert dotted((2, 0, 11)) == "2.0.11"
    expanded = expand([Dense(3, "tanh"), Linear(1)])
    assert [type(layer) for layer in expanded] == [Linear, Activate, Linear]


class Plain(Layer, registered=False):
    """A layer that declares nothing."""


def test_what_a_layer_is_without_saying_so():
    layer = Plain()
    flags = ("inplace", "stochastic", "couples_rows", "sparse", "penalises", "fixed_buffers")
    assert [flag for flag in flags if getattr(layer, flag)] == []
    assert layer.makes_units
    assert layer.differentiable
    assert not layer.adapts
    assert layer.keeps_scratch
    assert layer.reads is Reads.NOTHING
    assert (layer.borrows, layer.inner(), layer.params(3), layer.buffers(3)) == ({}, (), {}, {})
    assert layer.held_to is layer.repeats is layer.made_of(3) is layer.affine(None) is None
    assert layer.n_outputs(7) == 7
    assert layer.trained(3, np.array([False, True, False])).tolist() == [True] * 3
    assert layer.trained(3, np.zeros(3, bool)).tolist() == [False] * 3
    assert Linear(2).trained(3, np.zeros(3, bool)).tolist() == [True] * 2
    assert Reads.INPUT.value == 1
    assert Reads.OUTPUT.value == 2


def test_what_a_parameter_is_without_saying_so():
    param = Param((2,), lambda rng: np.zeros(2))
    assert (param.decay, param.lr_factor, param.scale) == (False, 1.0, 1.0)
    assert param.published is param.constraint is None
    with pytest.raises(FrozenInstanceError):
        param.decay = True
    for role in ("coefs", "intercepts"):
        assert Param((2,), None, published=role).published == role
    with pytest.raises(ValueError, match="must be 'coefs', 'intercepts' or None"):
        Param((2,), None, published="W")


class Between(Constraint, registered=False):
    """Entries from low to high."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def bounds(self, shape):
        return np.full(shape, self.low), np.full(shape, self.high)


def test_a_constraint_by_bounds():
    given = [[-3.0, 0.5], [2.0, 9.0]]
    assert Between(-1.0, 2.0).projected(given).tolist() == [[-1.0, 0.5], [2.0, 2.0]]
    array = np.array(given)
    assert len(list(Between(-1.0, 2.0).project(array, ()))) == 2
    assert len(list(Between(-np.inf, 2.0).project(array, ()))) == 1
    assert list(Between(-np.inf, np.inf).project(array, ())) == []
    found = Between(0, 1).projected(np.array(given, np.float32))
    assert found.dtype == np.float32
    assert Between(0, 1).projected([[3, 4]]).dtype == np.float64
    half = Between(np.array([-np.inf, 0.0]), np.array([1.0, np.inf]))
    assert half.projected(given).tolist() == [[-3.0, 0.5], [1.0, 9.0]]
    assert Between(0.0, 1.0).start(array).tolist() == [[0.0, 0.5], [1.0, 1.0]]
    assert array.tolist() == given

    class Nothing(Constraint, registered=False):
        pass

    assert Nothing().scratch((2, 3)) == ()
    with pytest.raises(NotImplementedError, match="neither bounds nor project"):
        Nothing().projected(given)


# ------------------------------------------------------------------ threads


class Library:
    """What threadpoolctl says of one library of BLAS, as far as it is asked."""

    def __init__(self, number, layer="pthreads"):
        self.num_threads, self.threading_layer, self.log = number, layer, []

    def set_num_threads(self, number):
        self.log.append(number)
        self.num_threads = number

    def clear_controlling_thread(self, force=False):
        self.log.append(f"free {force}")


class Controller:
    def __init__(self, *libraries):
        self.lib_controllers = libraries

    def info(self):
        return [{"num_threads": library.num_threads} for library in self.lib_controllers]


def given(monkeypatch, *libraries):
    monkeypatch.setattr(threads, "_blas", lambda _: Controller(*libraries))
    return libraries


def test_products_take_as_many_threads_as_the_widest_library(monkeypatch):
    given(monkeypatch, Library(3), Library(5))
    assert threads.blas_threads() == 5
    given(monkeypatch)
    assert threads.blas_threads() == 1


@pytest.mark.parametrize("layer", ["pthreads", "openmp"])
def test_inside_blas_has_one_thread_and_afterwards_its_own_number(monkeypatch, layer):
    (library,) = given(monkeypatch, Library(4, layer))
    with threads.one_blas_thread():
        assert library.num_threads == 1
        with threads.one_blas_thread():
            assert library.num_threads == 1
        # A number of the process is given back by the last; one of a thread by each as it was.
        assert library.num_threads == 1
    assert library.num_threads == 4
    assert threads._limit.inside == {}
    assert [entry for entry in library.log if isinstance(entry, str)][:2] == [
        "free True",
        "free False",
    ]


def test_who_leaves_again_changes_nothing(monkeypatch):
    (library,) = given(monkeypatch, Library(4))
    limit = threads._Limit()
    limit.enter("a")
    limit.enter("b")
    limit.leave("a")
    limit.leave("a")
    assert library.num_threads == 1
    limit.leave("b")
    assert library.num_threads == 4
    n = len(library.log)
    limit.leave("b")
    assert len(library.log) == n


def test_numbers_of_threads_are_given_back_to_each(monkeypatch):
    (library,) = given(monkeypatch, Library(4, "openmp"))
    limit = threads._Limit()
    limit.enter("a")
    library.num_threads = 7  # that of another thread
    limit.enter("b")
    limit.leave("a")
    assert library.num_threads == 4
    limit.leave("b")
    assert library.num_threads == 7


def test_a_forked_process_forgets_the_threads_that_did_not_come_along(monkeypatch):
    (library,) = given(monkeypatch, Library(4))
    limit = threads._Limit()
    limit.enter("here")
    limit.enter("elsewhere")
    limit.inside["elsewhere"] = -1, []
    limit.lock.acquire()
    limit.forked()
    assert list(limit.inside) == ["here"]
    assert library.num_threads == 1
    assert not limit.lock.locked()
    limit.inside = {"elsewhere": (-1, [])}
    limit.lock.acquire()
    limit.forked()
    assert limit.inside == {}
    assert library.num_threads == 4


def test_items_run_side_by_side_on_as_many_threads_as_there_are(monkeypatch):
    import threading

    given(monkeypatch, Library(2))
    barrier = threading.Barrier(2, timeout=10)

    def work(item):
        barrier.wait()  # passes where two run at once
        return item * 10, threading.get_ident()

    found = threads.side_by_side(work, [1, 2])
    assert [value for value, _ in found] == [10, 20]
    assert len({thread for _, thread in found}) == 2
    here = threading.get_ident()
    assert threads.side_by_side(lambda item: (item, threading.get_ident()), [3]) == [(3, here)]
    given(monkeypatch, Library(1))
    assert threads.side_by_side(lambda item: threading.get_ident(), [3, 4]) == [here, here]


def test_programs_together_leave_what_each_leaves():
    arrays = [np.zeros(1) for _ in range(3)]
    programs = [bind([Call(np.add, a, float(i + 1), out=a)], float) for i, a in enumerate(arrays)]
    together = threads.Together(programs)
    together()
    together()
    assert [float(a[0]) for a in arrays] == [2.0, 4.0, 6.0]
    zero = np.zeros(1)
    bad = [bind([Call(np.log, zero, out=np.zeros(1))], float) for _ in range(2)]
    with np.errstate(all="ignore"):
        threads.Together(bad)()  # warnings of other threads are off, too
    failing = bind([Call(np.add, np.ones(2), np.ones(3), out=np.ones(2))], float)
    with pytest.raises(ValueError, match="broadcast"):
        threads.Together([programs[0], failing])()
    run(Call(np.copyto, 0.0, out=zero))


def test_batch_norm_couples_rows_and_reads_its_input():
    assert BatchNorm.couples_rows
    assert BatchNorm.inplace

"""What the calls of a prediction do once and not for each batch leaves the bits as they are."""

import pickle

import numpy as np
import pytest
from helpers import examples, networks_of
from sklearn.datasets import load_iris

from skfnn import FNNClassifier, TabularFNNClassifier
from skfnn._engine.network.forward import KEPT, Forward, raw_scores
from skfnn._engine.network.network import Network
from skfnn._engine.program.calls import Call, bind, replay
from skfnn._engine.program.once import apart, in_long_rows
from skfnn._engine.program.workspace import Workspace
from skfnn.layers import BatchNorm, Dense, Layer, Linear, ParametricActivate, Skip
from skfnn.tabular._recipes import RECIPES, Columns

STACKS = {repr(layer): [Dense(4, "tanh"), layer, Linear(2)] for layer in examples(Layer)}
STACKS["two norms"] = [BatchNorm(), Dense(5, "mish"), BatchNorm(), Skip([BatchNorm(), Linear(5)])]
STACKS["recipe"] = RECIPES["ensemble"].layers(Columns(4, 2, [3, 3], regression=False), 2)
STACKS["shared"] = RECIPES["tabm-mini"].layers(Columns(4, 2, [3, 3]), 2)


def network_of(layers, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    network = Network(layers, 4, dtype, rng)
    network.values += (0.1 * rng.normal(size=network.values.size)).astype(dtype)
    network.state *= rng.uniform(0.5, 1.5, network.state.size).astype(dtype)
    return network


def rows(n, dtype=np.float64):
    rng = np.random.default_rng(1)
    numbers, codes = rng.normal(size=(n, 2)), rng.integers(0, 4, size=(n, 2))
    return np.column_stack([numbers, codes]).astype(dtype)


def as_written(network, X, dtype):
    """Return raw scores by the calls as layers write them, all of them for each chunk."""
    step, parts = Forward.rows_at_once(network, len(X)), []
    for start in range(0, len(X), step):
        part = X[start : start + step]
        workspace = Workspace(network, len(part), training=False, dtype=dtype)
        workspace.replayed = True
        batch = workspace.array("X", "X", len(part), network.n_inputs)
        np.copyto(batch, part, casting="same_kind")
        chain = workspace.chain(len(part))
        with np.errstate(over="ignore"):
            replay(workspace.bind(chain.forward(batch, False)))
        parts.append(chain.Y.copy())
    return np.concatenate(parts)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_batches_get_the_bits_of_the_calls_as_written(layers, fixed, dtype):
    network = network_of(layers)
    if fixed:
        network.fix()
    n = 2 * Forward.rows_at_once(network, 10**6)
    X = rows(n + 77)
    expected = as_written(network, X, dtype)
    for some in (X, X[:n], X[::-1], X[: n + 5]):  # the last ones are of other sizes
        assert len(raw_scores(network, some, dtype)) == len(some)
    np.testing.assert_array_equal(raw_scores(network, X, dtype), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("stack", ["recipe", "two norms"])
def test_new_parameters_are_taken_over_until_they_are_fixed(stack, dtype):
    network, X = network_of(STACKS[stack]), rows(900)
    forward = Forward(network, 5, network.dtype)  # one that is kept, as in training
    for step in range(3):
        before = raw_scores(network, X, dtype)
        network.values *= 1.2
        if stack == "two norms":  # bins stay as they are
            network.state *= 1.2
        if step == 2:
            network.fix()
        assert not np.array_equal(raw_scores(network, X, dtype), before)
        expected = as_written(network, X, dtype)
        np.testing.assert_array_equal(raw_scores(network, X, dtype), expected)
        np.testing.assert_array_equal(forward(X[:5]), as_written(network, X[:5], network.dtype))


def test_a_fixed_network_refuses_changes_and_is_continued_by_one_that_takes_them():
    network, X = network_of(STACKS["recipe"]), rows(9)
    network.fix()
    with pytest.raises(ValueError, match="read-only"):
        network.values[0] = 1.0
    again = pickle.loads(pickle.dumps(network))
    assert again.fixed
    np.testing.assert_array_equal(raw_scores(again, X), raw_scores(network, X))
    other = network.continued(network.layers, network.dtype)
    other.values *= 2
    assert not np.array_equal(raw_scores(other, X), raw_scores(network, X))
    other.values *= 2
    np.testing.assert_array_equal(raw_scores(other, X), as_written(other, X, other.dtype))


def test_programs_that_were_dropped_are_written_anew():
    network, X = network_of(STACKS["recipe"]), rows(300)
    network.fix()
    forward = Forward(network, 300)
    for n in (*range(1, 2 * KEPT), 3, 3):
        np.testing.assert_array_equal(forward(X[:n]), as_written(network, X[:n], network.dtype))


def test_members_of_a_fitted_ensemble_are_fixed():
    X, y = load_iris(return_X_y=True, as_frame=True)
    for refit in (False, True):
        model = TabularFNNClassifier(n_members=2, max_iter=2, refit=refit, random_state=0)
        assert all(network.fixed for network in networks_of(model.fit(X, y)))
    assert not FNNClassifier((3,), tol=10.0).fit(X, y)._fitted.network.fixed


def written_apart(calls, X):
    once, each = apart(calls, X)
    return [calls.index(call) for call in once], [calls.index(call) for call in each]


X, P, W, Y = np.ones((8, 3)), np.full(3, 2.0), np.empty(3), np.empty((8, 3))
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("calls", "once"),
    [
        ([Call(np.multiply, P, 2.0, out=W), Call(np.add, X, W, out=Y)], [0]),
        ([Call(np.copyto, P, out=W), Call(np.exp, W, out=W), Call(np.add, X, W, out=Y)], [0, 1]),
        # a work array of two layers
        (
            [
                Call(np.copyto, P, out=W), Call(np.add, X, W, out=Y),
                Call(np.exp, P, out=W), Call(np.add, Y, W, out=Y),
            ],
            [],
        ),
        # what the batch before has left
        ([Call(np.add, W, 1.0, out=W), Call(np.add, X, W, out=Y)], []),
        ([Call(np.add, X, W, out=Y), Call(np.copyto, P, out=W)], []),
        # of the batch
        ([Call(np.add.reduce, X, axis=0, out=W), Call(np.multiply, W, P, out=W)], []),
        ([Call(np.add.reduce, X, out=W, axis=0), Call(np.add, P, 1.0, out=W[:1])], []),
        # another one each time
        ([Call(RNG.standard_normal, out=W), Call(np.add, X, W, out=Y)], []),
        ([Call(RNG.standard_normal, out=W), Call(np.exp, W, out=W)], []),
        ([Call(np.add, P, 1.0, out=W), Call(np.add, X, P, out=Y, where=W > 0)], [0]),
        ([Call(np.nan_to_num, P, out=W), Call(np.add, X, W, out=Y)], []),  # nobody knows what it is
    ],
)  # fmt: skip
def test_only_what_is_the_same_for_each_batch_is_done_once(calls, once):
    rest = [i for i in range(len(calls)) if i not in once]
    assert written_apart(calls, X) == (once, rest)


@pytest.mark.parametrize("seed", range(300))
def test_random_programs_leave_the_same(seed):
    """Of eight calls on two batches, two parameters and four work arrays."""
    rng = np.random.default_rng(seed)

    def memory():
        fixed = [np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.5, -1.0, 2.0, 1.0])]
        return [np.empty(4), *fixed, *np.zeros((4, 4))]

    plan = [
        (rng.choice([np.add, np.subtract, np.maximum, np.copyto]), *rng.integers(0, 7, 2),
         rng.integers(3, 7)) for _ in range(rng.integers(2, 9))
    ]  # fmt: skip

    def left(divided):
        arrays = [array.copy() for array in memory()]
        calls = [
            Call(f, *(arrays[k] for k in ((a, b) if f is not np.copyto else (a,))), out=arrays[out])
            for f, a, b, out in plan
        ]
        once, each = apart(calls, arrays[0]) if divided else ([], calls)
        once, each = bind(once, np.float64), bind(each, np.float64)
        results = []
        for number in range(4):
            arrays[0][:] = np.arange(4) * number - 1
            if number == 0:
                replay(once)
            replay(each)
            results.append(np.array(arrays))
        return np.array(results)

    np.testing.assert_array_equal(left(True), left(False))


@pytest.mark.parametrize("n", [1, 7, 64, 97, 384])
@pytest.mark.parametrize("width", [1, 2, 128, 9000])
@pytest.mark.parametrize("function", [np.add, np.subtract, np.multiply, np.divide])
def test_a_long_row_does_what_the_row_does(function, width, n):
    rng = np.random.default_rng(n)
    A, row, out = rng.normal(size=(n, width)), rng.normal(size=width), np.empty((n, width))
    calls = [Call(np.copyto, A, out=out), Call(function, out, row, out=out)]
    expected = function(A, row)
    once, each = in_long_rows([], calls)
    for _ in range(2):
        replay(bind([*once, *each], np.float64))
        np.testing.assert_array_equal(out, expected)
    assert bool(once) == (width in (2, 128) and n in (64, 384))


def test_a_row_that_varies_and_rows_that_lie_apart_are_left_alone():
    A, row = np.ones((64, 6)), np.ones(3)
    calls = [
        Call(np.add.reduce, A[:, :3], axis=0, out=row),
        Call(np.add, A[:, :3].copy(), row, out=A[:, :3].copy()),
        Call(np.add, A[:, 3:], np.ones(3), out=A[:, 3:]),
        Call(np.add, A[:, 3:], np.ones(3), out=np.empty((64, 3))),
        Call(np.add, np.ones((64, 3)), np.ones(3), out=A[:, 3:]),
        Call(np.add, A, np.ones(6, np.float32), out=A),
        Call(np.add, A, np.ones(6), out=A, where=np.ones((64, 6), bool)),
        Call(np.maximum, A, np.ones(6), out=A),
        Call(np.add, A, np.ones((64, 6)), out=A),
    ]
    assert in_long_rows([], calls) == ([], calls)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mish_predicts_what_it_trains_on(dtype):
    """Without derivatives it goes another way, and beyond where exp overflows."""
    network = network_of([ParametricActivate("mish")], dtype)
    Z = np.linspace(-120, 120, 4 * 997).reshape(-1, 4).astype(dtype)
    Z[-1] = 1e3, 1e4, 1e30, -1e30
    workspace = Workspace(network, len(Z))
    chain = workspace.chain(len(Z))
    replay(workspace.bind(chain.forward(Z, True)))
    np.testing.assert_array_equal(Forward(network, len(Z))(Z), chain.Y)

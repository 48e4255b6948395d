"""What training leaves as it is: large tables are not copied with each epoch."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skfnn._engine.following.monitor import Monitor, Reporting, Stopping
from skfnn._engine.network.network import Network
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.objective import Objective
from skfnn._engine.objective.targets import RegressionTarget
from skfnn.layers import BatchNorm, CategoryStatistics, Linear, PiecewiseLinearEmbedding
from skfnn.losses import SquaredError
from skfnn.parts import Call, check_part

LEVELS = 30_000


def network():
    """A network with a large table, limits of bins, and running moments between the two."""
    layers = [
        CategoryStatistics([LEVELS], start=1),
        BatchNorm(),
        PiecewiseLinearEmbedding(n_bins=4, n_entries=2),
        Linear(1),
    ]
    return Network(layers, 2, np.float32, np.random.default_rng(0))


def test_a_snapshot_holds_what_training_changes_and_nothing_else():
    net = network()
    moving = net.state_views(net.state)[1,]
    assert net.n_moving == sum(array.size for array in moving.values())
    net.state_views(net.state)[0,]["table"][...] = 5
    saved = net.snapshot()
    assert [a.size for a in saved] == [net.values.size, net.n_moving]
    before = {name: array.copy() for name, array in moving.items()}
    edges = net.state_views(net.state)[2,]["edge"].copy()
    net.values[...] = 7
    for array in moving.values():
        array[...] = 7
    net.copy_into(other := net.snapshot())
    net.restore(saved)
    for name, array in before.items():
        assert_array_equal(moving[name], array)
    assert_array_equal(net.values, saved[0])
    assert (net.state_views(net.state)[0,]["table"] == 5).all()
    assert_array_equal(net.state_views(net.state)[2,]["edge"], edges)
    net.restore(other)
    assert (moving["mean"] == 7).all()


def test_epochs_that_get_better_copy_no_table():
    net = network()
    net.state_views(net.state)[0,]["table"][...] = 1
    table = net.state.nbytes
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)).astype(np.float32), rng.normal(size=40)
    data = Data(X, y, None, RegressionTarget(1, True), (0.0, 1.0))
    tracemalloc.start()
    stopping = Stopping(0.0, np.inf, True)
    monitor = Monitor(Objective(net, SquaredError(), 0.0), data, data, stopping, Reporting())
    kept = []
    for scale in (0.5, 0.2, 0.7):
        net.weights("b")[-1][...] = scale * y.mean()
        monitor.epoch(scale)
        kept.append(net.values.copy())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < table / 4
    monitor.finish()
    assert_array_equal(net.values, kept[int(np.argmax(monitor.scores))])


def test_networks_of_older_files_are_kept_whole():
    net = network()
    del net.n_moving
    saved = net.snapshot()
    net.state[...] = 3
    net.restore(saved)
    assert saved[1].size == net.state.size
    assert (net.state_views(net.state)[0,]["table"] == 0).all()


class Counting(Linear, registered=False):
    """A layer that counts its batches, and says that it does not."""

    name = "counting"
    fixed_buffers = True

    def buffers(self, n_in):
        return {"count": np.zeros(1)}

    def forward(self, X, Y, cell, training):
        yield from super().forward(X, Y, cell, training)
        if training:
            yield Call(np.add, cell.count, 1.0, out=cell.count)


def test_the_check_finds_a_buffer_that_training_changes():
    with pytest.raises(AssertionError, match=r"Counting.*declares fixed_buffers"):
        check_part(Counting(3))
    Counting.fixed_buffers = False
    check_part(Counting(3))

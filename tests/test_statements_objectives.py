"""What the statements of data, objectives and evaluations mean."""

import numpy as np
import pytest
from scipy import sparse

from skfnn import losses, metrics
from skfnn._engine.network.network import Network
from skfnn._engine.objective import data as data_module
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.evaluation import called, data_loss, metric_of, score_by
from skfnn._engine.objective.metric import Metric
from skfnn._engine.objective.objective import (
    Batch,
    FullBatch,
    Objective,
    members,
    score_order,
)
from skfnn._engine.objective.targets import ClassTarget, ReconstructionTarget, RegressionTarget
from skfnn._engine.program.calls import replay
from skfnn._engine.program.workspace import Workspace
from skfnn.layers import Activate, BatchNorm, Linear, Tied

X = np.arange(12.0).reshape(6, 2)
Y = 10.0 * np.arange(6)
WEIGHT = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
OFFSET = -np.arange(6.0)[:, None]
LINE = RegressionTarget(1, True)
ROWS = np.array([4, 1, 3])


def data_of(X=X, y=Y, rows=None, **options):
    return Data(X, y, WEIGHT, LINE, (0.0, 1.0), rows, offset=OFFSET, **options)


def test_data_has_the_precision_of_x_unless_given_and_the_length_of_its_rows():
    assert data_of().dtype == np.float64
    assert data_of(X.astype(np.float32)).dtype == np.float32
    assert data_of(dtype="float32").dtype == np.dtype(np.float32)
    assert (len(data_of()), len(data_of(rows=ROWS))) == (6, 3)
    assert not data_of().sparse
    assert data_of(sparse.csr_array(X)).sparse


def test_rows_of_ones_own_are_those_that_belong_to_it():
    whole = data_of()
    assert whole.own() is whole
    own = data_of(rows=ROWS).own()
    assert own.rows is None
    assert own.X.tolist() == X[ROWS].tolist()
    assert own.y.tolist() == [40.0, 10.0, 30.0]
    assert own.weight.tolist() == [5.0, 2.0, 4.0]
    assert own.offset.tolist() == [[-4.0], [-1.0], [-3.0]]
    bare = Data(X, None, None, ReconstructionTarget(2), (0.0, 1.0), ROWS).own()
    assert bare.y is bare.weight is bare.offset is None
    assert len(bare) == 3


def test_offsets_are_added_to_the_scores_of_each_member():
    raw = np.ones((6, 2), np.float32)
    found = data_of().shifted(raw)
    assert found.dtype == np.float32
    assert found.tolist() == (raw + OFFSET).tolist()
    found = data_of(rows=ROWS).shifted(raw[:3])
    assert found.tolist() == [[-3.0, -3.0], [0.0, 0.0], [-2.0, -2.0]]
    found = data_of(rows=ROWS).shifted(raw[:2], np.array([0, 5]))
    assert found.tolist() == [[1.0, 1.0], [-4.0, -4.0]]
    bare = Data(X, Y, None, LINE, (0.0, 1.0))
    assert bare.shifted(raw) is raw
    two = Data(X, Y, None, LINE, (0.0, 1.0), offset=np.array([[1.0, 2.0]] * 6))
    assert two.shifted(np.zeros((6, 4)))[0].tolist() == [1.0, 2.0, 1.0, 2.0]


def test_a_cast_is_of_the_rows_alone():
    found = data_of(rows=ROWS).cast(np.float32)
    assert found.X.dtype == found.weight.dtype == found.dtype == np.float32
    assert found.rows is None
    assert found.X.tolist() == X[ROWS].tolist()
    bare = Data(X, Y, None, LINE, (0.0, 1.0)).cast("float32")
    assert bare.weight is None
    assert bare.dtype == np.dtype(np.float32)


def test_some_rows_are_drawn_without_repetition_in_order():
    rng = np.random.RandomState(0)
    assert data_of().some_rows(6, rng).tolist() == X.tolist()
    assert data_of(rows=ROWS).some_rows(3, rng).tolist() == X[ROWS].tolist()
    for _ in range(20):
        first = data_of(rows=ROWS).some_rows(2, rng)[:, 0].tolist()
        assert len(set(first)) == 2
        assert first == sorted(first)
        assert set(first) <= set(X[ROWS, 0].tolist())
        assert len(set(data_of().some_rows(5, rng)[:, 0].tolist())) == 5
    found = data_of(sparse.csr_array(X), dtype="float32").some_rows(9, rng)
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float32
    assert found.tolist() == X.tolist()


def test_some_targets_are_spread_evenly():
    y = np.arange(200.0)
    data = Data(y[:, None], y, None, LINE, (0.0, 1.0))
    assert data.some_targets(3).ravel().tolist() == [0.0, 99.0, 199.0]
    assert len(data.some_targets()) == 64
    assert data.some_targets()[-1] == 199.0
    assert data.some_targets(500).ravel().tolist() == y.tolist()
    assert data_of(rows=ROWS).some_targets().tolist() == [[40.0], [10.0], [30.0]]
    for rows in (X, sparse.csr_array(X)):
        own = Data(rows, None, None, ReconstructionTarget(2), (0.0, 1.0))
        assert own.some_targets(2).tolist() == [[0.0, 1.0], [10.0, 11.0]]
    classes = Data(X, np.array([0, 1, 1, 0, 0, 1]), None, ClassTarget([0, 1]), (-1.0, 1.0))
    assert classes.some_targets().ravel().tolist() == [-1.0, 1.0, 1.0, -1.0, -1.0, 1.0]


def test_labels_and_offsets_of_every_row_or_of_every_second():
    for data, places in ((data_of(), np.arange(6)), (data_of(rows=ROWS), ROWS)):
        for step in (1, 2):
            y, weight = data.labels(step)
            assert y.tolist() == Y[places][::step].tolist()
            assert weight.tolist() == WEIGHT[places][::step].tolist()
            assert data.offsets(step).tolist() == OFFSET[places][::step].tolist()
        assert data.labels()[0].tolist() == Y[places].tolist()
        assert data.offsets().tolist() == OFFSET[places].tolist()
    for rows in (X, sparse.csr_array(X)):
        own = Data(rows, None, None, ReconstructionTarget(2), (0.0, 1.0))
        y, weight = own.labels(2)
        assert y.tolist() == X[::2].tolist()
        assert weight is None
        assert own.offsets() is None


def test_all_rows_as_one_batch():
    batch = data_of(rows=ROWS).batch()
    assert batch.X.tolist() == X[ROWS].tolist()
    assert batch.y.tolist() == [[40.0], [10.0], [30.0]]
    assert batch.weight.tolist() == [[5.0], [2.0], [4.0]]
    assert batch.raw.shape == (3, 1)
    assert batch.offset.tolist() == [[-4.0], [-1.0], [-3.0]]
    assert data_of().batch(3).raw.shape == (6, 3)
    assert data_of().batch(3).offset.shape == (6, 3)
    bare = Data(X, Y, None, LINE, (0.0, 1.0)).batch()
    assert bare.weight is bare.offset is None


def test_rows_that_are_targets_as_one_batch():
    data = Data(X, None, WEIGHT, ReconstructionTarget(2), (0.0, 1.0))
    batch = data.batch()
    assert batch.y is batch.X is X
    assert batch.raw.shape == (6, 2)
    assert batch.weight.ravel().tolist() == WEIGHT.tolist()
    thin = Data(sparse.csr_array(X), None, None, ReconstructionTarget(2), (0.0, 1.0)).batch()
    assert thin.y is thin.raw is thin.weight is None


@pytest.mark.parametrize("limit", [2**14, 5, 1])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_are_gathered_and_cast_in_order(dtype, limit, monkeypatch):
    monkeypatch.setattr(data_module, "GATHER_ELEMENTS", limit)
    data, out = data_of(dtype=dtype), np.full((5, 2), np.nan, dtype)
    data.gather(np.array([5, 0, 2]), out, 3)
    assert out[:3].tolist() == X[[5, 0, 2]].tolist()
    assert np.isnan(out[3:]).all()


def test_rows_are_cast_by_pieces_of_16384_elements():
    assert data_module.GATHER_ELEMENTS == 16384


def test_sparse_rows_are_gathered_batch_by_batch():
    data = data_of(sparse.csr_array(X), dtype="float32")
    chunk = data.chunk(2, 2, 2, 1)
    data.gather(np.array([5, 0, 2]), chunk.X, 2)
    assert chunk.X[1].matrix.toarray().tolist() == X[[2]].tolist()
    chunk = data.chunk(3, 3, 2, 1)
    data.gather(np.array([5, 0, 2]), chunk.X, 2)
    assert chunk.X[0].matrix.toarray().tolist() == X[[5, 0]].tolist()
    assert chunk.X[1].matrix.toarray().tolist() == X[[2]].tolist()
    assert chunk.X[0].matrix.dtype == np.float32
    assert chunk.X[2].matrix is None


def test_labels_of_gathered_rows():
    data, rows = data_of(), np.array([5, 0, 2])
    chunk = data.chunk(2, 2, 2, 2)
    assert chunk.X.shape == (4, 2)
    assert chunk.y.shape == chunk.weight.shape == (4, 1)
    assert chunk.raw.shape == chunk.offset.shape == (4, 2)
    for array in (chunk.y, chunk.weight, chunk.offset):
        array.fill(-77.0)
    data.gather_labels(rows, chunk)
    assert chunk.y.ravel().tolist() == [50.0, 0.0, 20.0, -77.0]
    assert chunk.weight.ravel().tolist() == [6.0, 1.0, 3.0, -77.0]
    assert chunk.offset.tolist() == [[-5.0, -5.0], [0.0, 0.0], [-2.0, -2.0], [-77.0, -77.0]]


def test_weights_are_gathered_where_there_is_room():
    data = data_of()
    chunk = data.chunk(1, 1, 3, 1)
    chunk.weight = None
    data.gather_labels(np.array([5, 0, 2]), chunk)
    assert chunk.y.ravel().tolist() == [50.0, 0.0, 20.0]
    bare = Data(X, Y, None, LINE, (0.0, 1.0))
    chunk = data.chunk(1, 1, 3, 1)
    chunk.offset = None
    chunk.weight.fill(-77.0)
    bare.gather_labels(np.array([5, 0, 2]), chunk)
    assert chunk.weight.ravel().tolist() == [-77.0] * 3


@pytest.mark.parametrize("thin", [False, True])
def test_rows_that_are_targets_are_taken_from_the_gathered_ones(thin):
    data = Data(sparse.csr_array(X) if thin else X, None, None, ReconstructionTarget(2), (0.0, 1.0))
    chunk, rows = data.chunk(3, 3, 2, 2), np.array([5, 0, 2])
    assert chunk.weight is chunk.offset is None
    chunk.y.fill(-77.0)
    data.gather(rows, chunk.X, 2)
    data.gather_labels(rows, chunk)
    assert chunk.y[:3].tolist() == X[rows].tolist()
    assert (chunk.y[3:] == -77).all()


def test_buffers_hold_fewer_features_than_labels_where_asked():
    chunk = data_of().chunk(4, 1, 3, 1)
    assert chunk.X.shape == (3, 2)
    assert chunk.y.shape == (12, 1)
    assert len(data_of(sparse.csr_array(X)).chunk(4, 2, 3, 1).X) == 2


def test_a_slice_of_a_batch_and_an_empty_one():
    batch = data_of().batch()
    part = batch[2:4]
    assert part.X.tolist() == X[2:4].tolist()
    assert part.y.ravel().tolist() == [20.0, 30.0]
    assert part.weight.ravel().tolist() == [3.0, 4.0]
    assert part.offset.ravel().tolist() == [-2.0, -3.0]
    empty = Batch.empty(X, 5, 2, np.float32, True, 3)
    assert empty.y.shape == (5, 2)
    assert empty.weight.shape == (5, 1)
    assert empty.raw.shape == (5, 3)
    assert {a.dtype for a in (empty.y, empty.weight, empty.raw)} == {np.dtype("f4")}
    other = Batch.empty(X, 5, 2, np.float32, False)
    assert other.weight is None
    assert other.raw.shape == (5, 2)


def test_up_to_32_outputs_lie_contiguously_each():
    assert [score_order(n) for n in (1, 32, 33)] == ["F", "F", "C"]
    assert Batch.empty(X, 5, 32, "f4", False).raw.flags.f_contiguous
    assert Batch.empty(X, 5, 33, "f4", False).raw.flags.c_contiguous


def test_columns_of_members_stand_side_by_side():
    y, raw = np.zeros((2, 2)), np.zeros((2, 12))
    assert members(y, raw, losses.SquaredError()) == [slice(i, i + 2) for i in range(0, 12, 2)]
    assert members(y, raw, losses.Gaussian()) == [slice(i, i + 4) for i in range(0, 12, 4)]


def network_of(*layers, n_inputs=2, dtype=np.float64):
    return Network(layers, n_inputs, dtype, np.random.default_rng(0))


def line(theta, X=X):
    return X @ theta[:2] + theta[2]


@pytest.mark.parametrize("alpha", [0.0, 0.5])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_objective_of_a_line_is_the_mean_of_losses_and_penalty(alpha, weighted):
    weight = WEIGHT / WEIGHT.mean() if weighted else np.ones(6)
    data = Data(X, Y, weight if weighted else None, LINE, (0.0, 1.0), offset=OFFSET)
    objective = Objective(network_of(Linear(1)), losses.SquaredError(), alpha)
    batch, theta = data.batch(), np.array([0.3, -0.2, 0.7])
    value, grad = FullBatch(objective, batch).value_and_grad(theta)
    off = line(theta) + OFFSET[:, 0] - Y
    wanted = ((weight * off**2 / 2).sum() + alpha / 2 * (theta[:2] ** 2).sum()) / 6
    assert value == pytest.approx(wanted, rel=1e-12)
    slopes = [*(X.T @ (weight * off) + alpha * theta[:2]), (weight * off).sum()]
    np.testing.assert_allclose(grad, np.array(slopes) / 6, rtol=1e-12)
    assert objective.penalty(6) == pytest.approx(alpha / 12 * (theta[:2] ** 2).sum(), rel=1e-12)
    raw = (off + Y)[:, None]
    got = batch.weight if weighted else None
    total = objective.total_loss(batch.y, raw, got)
    assert total == pytest.approx((weight * off**2 / 2).sum(), rel=1e-12)
    assert objective.mean_loss(batch.y, raw, got) == pytest.approx(total / 6, rel=1e-12)


@pytest.mark.parametrize("m", [1, 2, 3])
def test_the_loss_of_an_ensemble_is_the_mean_of_its_members(m):
    data = Data(X, Y, None, LINE, (0.0, 1.0))
    objective = Objective(network_of(Linear(m)), losses.SquaredError(), 0.0)
    theta = np.linspace(-1, 1, 3 * m)
    value, grad = FullBatch(objective, data.batch(m)).value_and_grad(theta)
    off = X @ theta[: 2 * m].reshape(2, m) + theta[2 * m :] - Y[:, None]
    assert value == pytest.approx((off**2).sum() / 2 / (6 * m), rel=1e-12)
    np.testing.assert_allclose(grad[: 2 * m].reshape(2, m), X.T @ off / (6 * m), rtol=1e-12)
    np.testing.assert_allclose(grad[2 * m :], off.sum(axis=0) / (6 * m), rtol=1e-12)


@pytest.mark.parametrize(
    ("loss", "target", "y"),
    [
        (losses.Hinge(), ClassTarget([0, 1]), [0, 1, 1, 0, 1, 0]),
        (losses.SoftmaxSquaredError(), ClassTarget([0, 1, 2]), [0, 1, 2, 0, 1, 2]),
        (losses.CategoricalCrossEntropy(), ClassTarget([0, 1, 2]), [0, 1, 2, 0, 1, 2]),
        (losses.SquaredError(), ReconstructionTarget(2), None),
    ],
)
@pytest.mark.parametrize("tied", [False, True])
def test_the_gradient_is_the_derivative_of_the_value(loss, target, y, tied):
    layers = [Linear(3), BatchNorm(), Linear(target.n_outputs)]
    if tied:
        layers = [Linear(3), Tied(2, layer=0), Linear(target.n_outputs)]
    y = None if y is None else np.array(y)
    rows = np.random.default_rng(3).normal(size=(6, 2))
    data = Data(rows, y, None, target, loss.levels)
    network = network_of(*layers)
    network.values += np.random.default_rng(4).normal(size=len(network.values))
    full = FullBatch(Objective(network, loss, 0.3), data.batch(target.n_outputs))
    theta = network.values.copy()
    grad = full.value_and_grad(theta)[1].copy()
    for j in range(len(theta)):
        step = 1e-6 * np.eye(len(theta))[j]
        slope = (full.value_and_grad(theta + step)[0] - full.value_and_grad(theta - step)[0]) / 2e-6
        np.testing.assert_allclose(grad[j], slope, atol=1e-7)


def test_a_batch_is_divided_by_the_rows_of_all():
    data = Data(X, Y, None, LINE, (0.0, 1.0))
    network = network_of(Linear(1))
    objective, batch = Objective(network, losses.SquaredError(), 4.0), data.batch()
    workspace = Workspace(network, 6)
    replay(workspace.bind(list(objective.calls(workspace, batch, 60))))
    off = line(network.values) - Y
    wanted = np.array([*(X.T @ off), off.sum()]) / 60
    np.testing.assert_allclose(workspace.grad, wanted, rtol=1e-12)
    theta, grad, tmp = np.array([1.0, 2.0]), np.array([10.0, 20.0]), np.empty(2)
    replay(workspace.bind(list(objective.penalty_calls(theta, grad, tmp, 8))))
    assert grad.tolist() == [10.5, 21.0]
    plain = Objective(network, losses.SquaredError(), 0.0)
    assert list(plain.penalty_calls(theta, grad, tmp, 8)) == []
    assert list(objective.penalty_calls(theta[:0], grad[:0], tmp[:0], 8)) == []


def test_chunks_have_a_multiple_of_32_rows_and_256_at_least():
    n = 2000
    rows = np.random.default_rng(0).normal(size=(n, 2))

    def chunk(*layers):
        data = Data(rows, rows[:, 0], None, LINE, (0.0, 1.0))
        objective = Objective(network_of(*layers), losses.SquaredError(), 0.0)
        found = FullBatch(objective, data.batch())
        value, grad = found.value_and_grad(found.objective.network.values.copy())
        sizes = [len(part.X) for part in found.parts]
        assert sum(sizes) == n
        return sizes[0], value, grad

    # 3 * 2**14 elements: of 100 units 491 rows, of them a multiple of 32.
    assert chunk(Linear(100), Linear(1))[0] == 480
    assert chunk(Linear(300), Linear(1))[0] == 256
    assert chunk(Linear(2), Linear(1))[0] == n
    assert chunk(Linear(100), BatchNorm(), Linear(1))[0] == n


def test_chunks_add_up(monkeypatch):
    monkeypatch.setattr(FullBatch, "chunk_elements", 1)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(600, 2))
    y, weight = rng.normal(size=600), rng.uniform(0.5, 1.5, 600)
    theta = np.array([0.3, -0.2, 0.7])
    for X in (rows, sparse.csr_array(rows)):
        data = Data(X, y, weight, LINE, (0.0, 1.0))
        whole = FullBatch(
            Objective(network_of(Linear(1)), losses.SquaredError(), 3.0), data.batch()
        )
        assert [part.X.shape[0] if X is rows else part.X.matrix.shape[0]
                for part in whole.parts] == [256, 256, 88]  # fmt: skip
        for _ in range(2):  # the second does not go on from the first
            value, grad = whole.value_and_grad(theta)
            off = line(theta, rows) - y
            penalty = 1.5 * (theta[:2] ** 2).sum()
            assert value == pytest.approx(((weight * off**2).sum() / 2 + penalty) / 600, rel=1e-9)
            slopes = np.array([*(rows.T @ (weight * off) + 3 * theta[:2]), weight @ off])
            np.testing.assert_allclose(grad, slopes / 600, rtol=1e-9)


@pytest.mark.parametrize("thin", [False, True])
def test_the_objective_of_rows_that_are_targets(thin, monkeypatch):
    monkeypatch.setattr(FullBatch, "chunk_elements", 1)
    rows = np.random.default_rng(0).normal(size=(300, 2))
    data = Data(
        sparse.csr_array(rows) if thin else rows, None, None, ReconstructionTarget(2), (0.0, 1.0)
    )
    objective = Objective(network_of(Linear(2)), losses.SquaredError(), 0.0)
    theta = np.linspace(-1, 1, 6)
    value, grad = FullBatch(objective, data.batch(2)).value_and_grad(theta)
    off = rows @ theta[:4].reshape(2, 2) + theta[4:] - rows
    assert value == pytest.approx((off**2).sum() / 600, rel=1e-9)
    np.testing.assert_allclose(grad[:4].reshape(2, 2), rows.T @ off / 300, rtol=1e-9)


def test_tiny_derivatives_count_as_none_in_single_precision():
    target = np.zeros(4, np.float32)
    X = np.ones((4, 1), np.float32)
    for size, wanted in ((1e-25, 0.0), (1e-18, 1e-18), (1e-12, 1e-12)):
        data = Data(X, target, None, LINE, (0.0, 1.0))
        network = network_of(Linear(1), n_inputs=1, dtype=np.float32)
        full = FullBatch(Objective(network, losses.SquaredError(), 0.0), data.batch())
        _, grad = full.value_and_grad(np.array([0.0, size]))
        np.testing.assert_allclose(grad[1], wanted, rtol=1e-3)
        network = network_of(Linear(1), n_inputs=1)
        data = Data(X.astype(float), target.astype(float), None, LINE, (0.0, 1.0))
        full = FullBatch(Objective(network, losses.SquaredError(), 0.0), data.batch())
        found = full.value_and_grad(np.array([0.0, size]))[1][1]
        np.testing.assert_allclose(found, size, rtol=1e-9)


def test_losses_are_added_up_in_double_precision():
    raw = np.full((4097, 1), 1.0, np.float32)
    raw[0] = 8192.0  # its square is 2**26: single precision knows no 2**25 + 1/2
    objective = Objective(network_of(Linear(1)), losses.SquaredError(), 0.0)
    found = objective.total_loss(np.zeros_like(raw), raw, None)
    assert found == 2.0**25 + 2048


def test_a_metric_is_given_what_it_is_of():
    class Seen(Metric, registered=False):
        name = "seen"

        def __call__(self, y, prediction, weight):
            self.found = prediction
            return 7.0

    class Scores(Seen, registered=False):
        of_scores = True

    class Whole(Seen, registered=False):
        of_distribution = True

    raw, loss, target = np.array([[-1.0], [2.0]]), losses.BinaryCrossEntropy(), ClassTarget([3, 4])
    for metric in (Seen(), Scores(), Whole()):
        assert metric_of(metric, target, loss, np.array([0, 1]), raw, None) == 7.0
        if isinstance(metric, Scores):
            assert metric.found is raw
        elif isinstance(metric, Whole):
            assert metric.found.center.shape == (2, 1)
        else:
            assert metric.found.tolist() == [0, 1]
    assert (Metric.of_scores, Metric.greater_is_better, Metric.of_distribution) == (0, 1, 0)


def test_the_loss_of_data_is_a_weighted_mean():
    y, raw, weight = np.array([1.0, 5.0]), np.array([[2.0], [2.0]]), np.array([3.0, 1.0])
    assert data_loss(losses.SquaredError(), LINE, y, raw, None) == 2.5
    assert data_loss(losses.SquaredError(), LINE, y, raw, weight) == 1.5
    hinge, codes = losses.Hinge(), np.array([1, 0])
    assert data_loss(hinge, ClassTarget([0, 1]), codes, raw, weight) == 0.75


def test_a_scorer_is_given_labels_and_weights_where_it_takes_them():
    seen = []

    def weighted(estimator, X, y, sample_weight=None):
        seen.append((estimator, y.tolist(), sample_weight))
        return np.float64(2.5)

    def plain(estimator, X, y):
        seen.append((estimator, y.tolist(), "none"))
        return 3

    data = Data(X[:2], np.array([1, 0]), WEIGHT[:2], ClassTarget(["a", "b"]), (0.0, 1.0))
    assert score_by(weighted, "me", data) == 2.5
    assert type(score_by(plain, "me", data)) is float
    assert seen[0][:2] == ("me", ["b", "a"])
    assert seen[0][2] is data.weight
    assert seen[1] == ("me", ["b", "a"], "none")
    assert called(weighted, "me", X, Y, None) == 2.5
    assert seen[2] == ("me", Y.tolist(), None)
    numbers = Data(X[:2], Y[:2], None, LINE, (0.0, 1.0))
    score_by(plain, "me", numbers)
    assert seen[3] == ("me", [0.0, 10.0], "none")
    with pytest.raises(TypeError, match="must return a number"):
        score_by(lambda *_: "good", "me", numbers)


@pytest.mark.parametrize("kind", [TypeError, ValueError, AttributeError])
def test_a_scorer_that_fails_is_named(kind):
    def broken(estimator, X, y):
        raise kind("why")

    wanted = TypeError if kind is TypeError else ValueError
    with pytest.raises(wanted, match=r"A scorer of scoring or metrics, .*broken.* has failed: why"):
        called(broken, None, X, Y, None)
    assert metrics.Metric is Metric


def test_hidden_layers_take_part_in_chunks():
    """A penalty of weights is of those of all layers, and not of biases."""
    network = network_of(Linear(3), Activate("tanh"), Linear(1))
    objective = Objective(network, losses.SquaredError(), 2.0)
    weights = [*network.weights("W")[0].ravel(), *network.weights("W")[1].ravel()]
    assert objective.penalty(4) == pytest.approx(np.dot(weights, weights) / 4, rel=1e-12)

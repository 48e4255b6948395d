"""What each statement of the layers means: laws of what they declare, and layers of columns."""

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import examples, label
from statement_steps import Steps

from skfnn._engine.program.layer import every, walk
from skfnn._engine.program.sparse import SparseBatch
from skfnn.layers import (
    CategoryEmbedding,
    CategoryStatistics,
    Layer,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Repeat,
    Scale,
    Select,
)
from skfnn.layers._column_embedding import span
from skfnn.parts import Reads

RNG = np.random.default_rng(3)
LAYERS = [layer for layer in examples(Layer) if layer.expand() == (layer,) and not layer.borrows]
each_layer = pytest.mark.parametrize("layer", LAYERS, ids=label)
X4 = RNG.uniform(0.1, 0.9, (6, 4)) * [1, 3, 1, 1]


# What layers declare --------------------------------------------------------------------------


@each_layer
def test_a_layer_makes_units_unless_it_changes_or_moves_the_columns_that_it_is_given(layer):
    changes = {"activate", "parametric_activate", "monotone_activate", "dropout", "masking_noise",
               "gaussian_noise", "batch_norm", "scale", "select", "l1_sparsity",
               "kl_sparsity"}  # fmt: skip
    (found,) = Steps(layer, X4, seed=1).network.layers
    assert found.makes_units == (layer.name not in changes)


@each_layer
def test_a_layer_is_stochastic_if_other_random_numbers_give_another_output(layer):
    Y = [Steps(layer, X4, seed=seed).Y for seed in (1, 2, 3)]
    draws = any(not np.array_equal(Y[0], other) for other in Y[1:])
    assert draws == any(part.stochastic and getattr(part, "rate", 1) and getattr(part, "scale", 1)
                        for part in every([layer]))  # fmt: skip


@each_layer
def test_a_layer_couples_rows_if_another_row_changes_the_output_or_the_gradient_of_a_row(layer):
    dY = RNG.normal(size=(6, layer.n_outputs(4)))
    other = X4.copy()
    other[1:] = X4[1:] * [0.9, 1, 0.9, 1.1]
    first, second = (Steps(layer, X, dY, seed=1) for X in (X4, other))
    alone = all(np.allclose(a[0], b[0], rtol=1e-12)
                for a, b in ((first.Y, second.Y), (first.dX, second.dX)))  # fmt: skip
    assert alone == (not any(part.couples_rows for part in every([layer])))


@each_layer
def test_a_layer_penalises_if_training_adds_to_the_loss(layer):
    strong = getattr(layer, "strength", 1) > 0
    assert (float(Steps(layer, X4, seed=1).workspace.penalty) > 0) == (layer.penalises and strong)
    assert not Steps(layer, X4, training=False).workspace.penalty


@each_layer
def test_fixed_buffers_are_left_alone_by_a_step_and_others_move(layer):
    run = Steps(layer, X4, seed=1)
    views, moving = run.network.state_views(run.network.state), 0
    for path, part, n_in in walk([layer], 4):
        start, now = part.buffers(n_in), views.get(path, {})
        same = all(np.array_equal(start[name], now[name]) for name in start)
        assert same == (part.fixed_buffers or not start)
        moving += 0 if part.fixed_buffers else sum(array.size for array in start.values())
    assert run.network.n_moving == moving


@each_layer
def test_sparse_rows_are_made_dense_for_layers_that_do_not_take_them(layer):
    batch = SparseBatch(sp.csr_array(X4))
    run = Steps(layer, batch, seed=1)
    np.testing.assert_allclose(run.Y, Steps(layer, X4, seed=1).Y, rtol=1e-12)
    copied = "X0" in run.workspace._named  # what a listing calls the dense rows
    assert copied == (layer.name not in ("linear", "skip"))
    assert layer.sparse == (not copied)


@each_layer
def test_layers_that_share_work_arrays_and_read_nothing_find_rubbish_there_in_vain(layer):
    """And what they do declare to read, or to keep, does count for a gradient."""
    dY = RNG.normal(size=(6, layer.n_outputs(4)))
    right = Steps(layer, X4, dY, seed=1)

    def changes(spoil):
        other = Steps(layer, X4.copy(), dY, seed=1, spoil=spoil)
        return not (np.allclose(other.dX, right.dX)
                    and np.allclose(other.workspace.grad, right.workspace.grad))  # fmt: skip

    def scratch(cell, X, Y):
        for array in cell.scratch:
            array[...] = 1 if array.dtype == bool else -0.5

    def spoil_X(cell, X, Y):
        X[...] = X[::-1] + 2

    def spoil_Y(cell, X, Y):
        Y[...] = Y[::-1] + 2

    reads = layer.reads
    silent = getattr(layer, "rate", 1) == 0 or getattr(layer, "n_curves", 2) == 1
    if layer.scratch(4) and not silent:
        assert changes(scratch) == layer.keeps_scratch
    assert changes(spoil_X) <= (Reads.INPUT in reads)
    assert changes(spoil_Y) <= (Reads.OUTPUT in reads)


# Layers of columns ----------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "stop", "right"), [
    (0, 3, True), (0, 1, True), (2, 3, True), (0, None, True), (2, None, True), (1, 2, True),
    (3, None, False), (1, 1, False), (0, 0, False), (2, 1, False), (0, 4, False), (-1, 2, False),
])  # fmt: skip
def test_a_span_is_of_one_column_at_least_and_ends_with_the_last(start, stop, right):
    layer = Repeat(start=start, stop=stop)
    if right:
        assert span(layer, 3) == (start, 3 if stop is None else stop)
    else:
        with pytest.raises(ValueError, match=r"needs columns start < stop of the 3 that"):
            span(layer, 3)


EMBEDDINGS = [
    CategoryEmbedding([2], n_entries=3, start=1),
    CategoryStatistics([2], n_entries=3, start=1),
    PeriodicEmbedding(n_frequencies=2, n_entries=3, start=1, stop=2),
    PiecewiseLinearEmbedding(n_bins=2, n_entries=3, start=1, stop=2),
]


@pytest.mark.parametrize("layer", EMBEDDINGS, ids=label)
def test_an_embedding_stands_where_its_column_stood(layer):
    """Of columns a, b, c, d the second is replaced by three."""
    assert layer.n_outputs(4) == 6
    assert layer.made_of(4).tolist() == [0, 1, 1, 1, 2, 3]
    below = np.array([False, False, True, False])
    assert layer.trained(4, below).tolist() == [False, True, True, True, True, False]
    X = np.column_stack([[5.0, 6.0], [1.0, 2.0], [7.0, 8.0], [9.0, 0.0]])
    Y = Steps(layer, X).Y
    np.testing.assert_array_equal(Y[:, [0, 4, 5]], X[:, [0, 2, 3]])


OF_TWO = [
    CategoryEmbedding([2, 2], n_entries=3, start=2),
    CategoryStatistics([2, 2], n_entries=3, start=2),
    PeriodicEmbedding(n_frequencies=2, n_entries=3, start=2, stop=4),
    PiecewiseLinearEmbedding(n_bins=2, n_entries=3, start=2, stop=4),
    Repeat(3, start=2, stop=4),
]


@pytest.mark.parametrize("layer", OF_TWO, ids=label)
@pytest.mark.parametrize("column", range(6))
def test_gradients_reach_the_columns_beside_which_something_is_trained_below(layer, column):
    """The two before, the two embedded and the two behind; elsewhere ``dX`` is left as it is."""
    X = np.array([[5.0, 6, 1, 2, 7, 8], [1, 2, 0, 1, 3, 4]])
    dY = RNG.normal(size=(2, 10))
    whole, run = Steps(layer, X, dY), Steps(layer, X)
    dX = np.full((2, 6), 77.0)
    run.cell.below = np.arange(6) == column
    for bound in run.workspace.bind(layer.backward(dY.copy(), X, run.Y, run.cell, dX)):
        bound()
    place = column // 2 * 2
    written = slice(place, place + 2)
    if isinstance(layer, Repeat):  # its copies of the others cost next to nothing
        assert (dX[:, 2:4] != 77).all() == (place == 2)
    else:
        assert ((dX != 77).all(axis=0) == (np.arange(6) // 2 * 2 == place)).all()
    np.testing.assert_allclose(dX[:, written], whole.dX[:, written])
    np.testing.assert_array_equal(whole.dX[:, :2], dY[:, :2])
    np.testing.assert_array_equal(whole.dX[:, 4:], dY[:, 8:])
    if isinstance(layer, (CategoryEmbedding, CategoryStatistics)):  # codes have no slope
        assert not whole.dX[:, 2:4].any()
    run.cell.below[:] = False
    assert not any(np.shares_memory(call.out, dX)
                   for call in layer.backward(dY, X, run.Y, run.cell, None))  # fmt: skip


@pytest.mark.parametrize("cls", [CategoryEmbedding, CategoryStatistics])
def test_categories_end_behind_the_last_of_their_columns(cls):
    assert cls([4, 5, 6], start=2).stop == 5
    assert cls([4, 5, 6], n_entries=1).n_outputs(3) == 3
    with pytest.raises(ValueError, match="start=2, stop=5"):
        cls([4, 5, 6], start=2).n_outputs(4)
    with pytest.raises(ValueError, match="start=2, stop=5"):
        Steps(cls([4, 5, 6], start=2), np.zeros((1, 4)))


def test_vectors_of_categories_are_drawn_from_the_normal_distribution_and_not_decayed():
    param = CategoryEmbedding([300, 200], n_entries=20).params(2)["E"]
    assert param.shape == (500, 20)
    assert (param.decay, param.lr_factor, param.scale) == (False, 1, 1)
    drawn = param.draw(np.random.default_rng(0))
    assert abs(drawn.mean()) < 0.03
    assert abs(drawn.std() - 1) < 0.03


def test_a_code_looks_up_the_vector_of_its_column_and_0_or_less_has_zeros():
    layer = CategoryEmbedding([3, 2], n_entries=2)
    E = np.arange(1.0, 11.0).reshape(5, 2)
    X = np.array([[1, 1], [2, 2], [3, 1], [0, 2], [1, 0], [-1, -3]], float)
    dY = np.arange(24.0).reshape(6, 4) + 1
    for below in ([], [Scale()]):
        run = Steps(layer, X, dY, arrays={"E": E}, below=below)
        expected = [[1, 2, 7, 8], [3, 4, 9, 10], [5, 6, 7, 8], [0, 0, 9, 10], [1, 2, 0, 0], [0] * 4]
        np.testing.assert_array_equal(run.Y, expected)
        dE = [dY[0, :2] + dY[4, :2], dY[1, :2], dY[2, :2], dY[0, 2:] + dY[2, 2:],
              dY[1, 2:] + dY[3, 2:]]  # fmt: skip
        np.testing.assert_array_equal(run.cell.dE, dE)
        np.testing.assert_array_equal(run.cell.E, E)


def test_a_fraction_of_a_code_is_cut_off():
    run = Steps(CategoryEmbedding([2], 1), np.array([[1.97], [0.9]]), arrays={"E": [[5], [6]]})
    assert run.Y.ravel().tolist() == [5, 0]


def test_statistics_are_of_the_code_and_its_fold():
    """A column of n levels has n + 1 codes, each 32 rows of the table: one for each fold."""
    layer = CategoryStatistics([2, 1], n_entries=2)
    assert layer.first_rows().tolist() == [0, 3, 5]
    assert layer.buffers(2)["table"].tolist() == [[0, 0]] * (5 * 32)
    table = np.arange(320.0).reshape(160, 2)
    X = np.array([[0, 0], [1, 1], [2, 0], [1 + 1 / 32, 1 + 31 / 32], [31 / 32, 3 / 32]])
    run = Steps(layer, X, np.ones((5, 4)), arrays={"table": table})
    rows = np.array([[0, 96], [32, 128], [64, 96], [33, 159], [31, 99]])
    np.testing.assert_array_equal(run.Y, table[rows].reshape(5, 4))
    np.testing.assert_array_equal(run.dX, np.zeros((5, 2)))


def test_statistics_for_prediction_have_one_row_for_each_code():
    layer = CategoryStatistics([2, 1], n_entries=1, n_folds=1)
    table = np.arange(5.0)[:, None]
    X = np.array([[0, 0], [1, 1], [2 + 31 / 32, 1 / 32]])
    assert layer.buffers(2)["table"].shape == (5, 1)
    assert Steps(layer, X, arrays={"table": table}).Y.tolist() == [[0, 3], [1, 4], [2, 3]]


def test_copies_of_columns_stand_behind_them_and_their_gradients_add_up():
    layer = Repeat(3, start=1, stop=3)
    X = np.array([[1.0, 2, 3, 4], [5, 6, 7, 8]])
    dY = np.array([[1.0, 2, 3, 4, 5, 6, 7, 8], [0, 1, 0, 10, 0, 100, 0, 3]])
    run = Steps(layer, X, dY)
    assert run.Y.tolist() == [[1, 2, 3, 2, 3, 2, 3, 4], [5, 6, 7, 6, 7, 6, 7, 8]]
    assert run.dX.tolist() == [[1, 12, 15, 8], [0, 111, 0, 3]]
    assert layer.n_outputs(4) == 8
    assert layer.made_of(4).tolist() == [0, 1, 2, 1, 2, 1, 2, 3]
    below = np.array([True, False, True, False])
    assert layer.trained(4, below).tolist() == [True, *[False, True] * 3, False]
    assert Repeat(1).n_outputs(4) == 4


def test_selected_columns_stand_in_their_order_and_their_gradients_add_up():
    layer, X = Select([2, 0, 2]), np.array([[1.0, 2, 3], [4, 5, 6]])
    run = Steps(layer, X, np.array([[1.0, 10, 100], [2, 3, 4]]))
    assert run.Y.tolist() == [[3, 1, 3], [6, 4, 6]]
    assert run.dX.tolist() == [[10, 0, 101], [3, 0, 6]]
    assert layer.n_outputs(3) == 3
    assert layer.made_of(3).tolist() == [2, 0, 2]
    assert layer.trained(3, np.array([True, False, False])).tolist() == [False, True, False]
    assert not list(layer.backward(X, X, run.Y, run.cell, None))


@pytest.mark.parametrize("columns", [[], [0.0], [[0]], [-1], [3], [-1, 1], [3, 1], [True]])
def test_only_places_of_columns_are_selected(columns):
    with pytest.raises(ValueError, match=r"needs whole numbers from 0 to 2, those"):
        Select(columns).n_outputs(3)


@pytest.mark.parametrize("columns", [[0], [2], [0, 2], np.array([1], np.uint8)])
def test_the_first_and_the_last_column_can_be_selected(columns):
    assert Select(columns).n_outputs(3) == len(columns)


def test_a_factor_for_each_column_is_trained_from_1_on_at_six_times_the_rate():
    param = Scale().params(3)["s"]
    assert param.draw(None).tolist() == [1, 1, 1]
    assert (param.shape, param.decay, param.lr_factor, param.constraint) == ((3,), False, 6, None)
    held = Scale(2.0, "non_negative").params(3)["s"]
    assert held.lr_factor == 2
    assert held.constraint.name == Scale(constraint="non_negative").held_to.name == "non_negative"


@pytest.mark.parametrize("wants_dX", [True, False])
@pytest.mark.parametrize("per_row", [True, False])
def test_the_gradient_of_a_factor_is_that_of_a_product(per_row, wants_dX):
    X, dY = RNG.normal(size=(2, 5, 3))
    s = np.array([2.0, -1.0, 0.5])
    run = Steps(Scale(), X, dY, arrays={"s": s}, per_row=per_row, wants_dX=wants_dX)
    np.testing.assert_allclose(run.Y, X * s)
    expected = dY * X
    np.testing.assert_allclose(run.cell.ds, expected if per_row else expected.sum(axis=0))
    if wants_dX:
        np.testing.assert_allclose(run.dX, dY * s)
    else:
        assert len(run.back) == (1 if per_row else 2)
    W, b = Scale().affine(run.cell)
    np.testing.assert_allclose(X * W + b, run.Y)

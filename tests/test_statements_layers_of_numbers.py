"""What each statement of the layers means: numbers embedded by waves and by pieces."""

import math
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from statement_steps import Steps, slopes

from skfnn.layers import Layer, PeriodicEmbedding, PiecewiseLinearEmbedding
from skfnn.layers._column_embedding import _by_row, _line
from skfnn.layers._piecewise_linear_embedding import _first, bin_edges
from skfnn.parts import Call

RNG = np.random.default_rng(6)
INF = np.inf


# Waves -----------------------------------------------------------------------------------------


def test_frequencies_phases_and_weights_are_drawn_as_published():
    layer = PeriodicEmbedding(n_frequencies=400, n_entries=5, frequency_scale=0.3, lr_factor=0.2)
    params = layer.params(3)
    rng = np.random.default_rng(0)
    drawn = {name: param.draw(rng) for name, param in params.items()}
    assert {name: array.shape for name, array in drawn.items()} == {
        "omega": (3, 400), "phase": (3, 400), "V": (3, 400, 4), "c": (3, 4)
    }  # fmt: skip
    assert all(params[name].shape == drawn[name].shape for name in params)
    assert {param.lr_factor for param in params.values()} == {0.2}
    assert [name for name, param in params.items() if param.decay] == ["V"]
    scales = {name: param.scale for name, param in params.items()}
    assert scales == {"omega": 2 * math.pi, "phase": 1, "V": 1, "c": 1}
    omega, phase, V, c = drawn.values()
    assert abs(omega.mean()) < 0.15
    assert omega.std() == pytest.approx(2 * math.pi * 0.3, rel=0.06)
    assert -math.pi <= phase.min() < -3.1
    assert 3.1 < phase.max() <= math.pi
    assert -0.05 <= V.min() < -0.049
    assert 0.049 < V.max() <= 0.05
    assert np.abs(c).max() <= 0.05
    assert c.min() < 0 < c.max()
    assert PeriodicEmbedding("plr", n_frequencies=9, n_entries=2).params(1)["V"].shape == (1, 9, 2)


@pytest.mark.parametrize("kind", ["pbld", "plr"])
@pytest.mark.parametrize("n_entries", [2, 5])
def test_waves_and_their_gradient_are_the_formula(kind, n_entries):
    layer = PeriodicEmbedding(kind, 3, n_entries, start=1, stop=3, frequency_scale=0.5)
    X, m = RNG.normal(size=(7, 4)), n_entries - (kind == "pbld")
    omega, phase, V, c = (
        RNG.normal(size=shape) for shape in ((2, 3), (2, 3), (2, 3, m), (2, m))
    )  # fmt: skip
    dY = RNG.normal(size=(7, 2 + 2 * n_entries))

    def output(X, omega=omega, phase=phase, V=V, c=c):
        columns = [X[:, 0]]
        for j, x in enumerate(X[:, 1:3].T):
            linear = np.cos(np.outer(x, omega[j]) + phase[j]) @ V[j] + c[j]
            columns += [*linear.T, x] if kind == "pbld" else list(np.maximum(linear, 0).T)
        return np.column_stack([*columns, X[:, 3]])

    arrays = {"omega": omega, "phase": phase, "V": V, "c": c}
    run = Steps(layer, X, dY, arrays=arrays)
    np.testing.assert_allclose(run.Y, output(X), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(run.dX, slopes(output, X, dY), rtol=1e-6, atol=1e-7)
    for name, array in arrays.items():
        numeric = slopes(lambda A, name=name: output(X, **{name: A}), array, dY)
        found = getattr(run.cell, f"d{name}")
        np.testing.assert_allclose(found, numeric, rtol=1e-6, atol=1e-7)


def test_waves_have_no_slope_where_the_rectifier_stands_at_zero():
    layer = PeriodicEmbedding("plr", 1, 2)
    arrays = {"omega": [[0]], "phase": [[0]], "V": [[[1, 1]]], "c": [[-1, -0.5]]}
    run = Steps(layer, np.ones((1, 1)), np.array([[10.0, 10.0]]), arrays=arrays)
    assert run.Y.tolist() == [[0, 0.5]]
    assert run.cell.dc.tolist() == [[0, 10]]


def test_work_arrays_of_waves_have_a_line_two_waves_and_the_entries_of_each_column():
    widths = [width for width, _ in PeriodicEmbedding(n_frequencies=7, n_entries=5).scratch(3)]
    assert widths == [6, 21, 21, 15]


# Pieces ----------------------------------------------------------------------------------------


def spread(value, count, n=17):
    """The numbers 0 to n - 1, one of them several times."""
    return np.sort([*range(n), *[value] * (count - 1)]).astype(float)


@pytest.mark.parametrize(("x", "n_bins", "edges"), [
    ([3, 3], 4, [3]),
    ([2, 0, 1], 2, [0, 1, 2]),  # as many as limits: each is one
    ([0, 0, 0, 0, 1, 2], 2, [0, 1, 2]),
    (range(7), 5, [0, 1, 2, 4, 5, 6]),  # one more
    (range(10), 5, [0, 1, 3, 5, 7, 9]),  # each bin reaches 2, 4, 6, 8 and 10 rows
    (range(10), 1, [0, 9]),
    (spread(8, 4), 6, [0, 3, 6, 8, 10, 13, 16]),  # a fifth of 20 rows, not more
    (spread(8, 5), 6, [0, 6, 7, 8, 9, 10, 16]),  # more: a limit on either side
    (spread(8, 5), 5, [0, 7, 8, 9, 16]),
    (spread(8, 5), 4, [0, 5, 8, 11, 16]),  # too few bins for that
    (spread(0, 5), 6, [0, 1, 4, 10, 16]),
    (spread(16, 5), 6, [0, 6, 12, 15, 16]),
    ([*[0] * 5, *[1] * 5, *range(2, 12)], 7, [0, 1, 3, 5, 7, 9, 11]),
    ([*[0] * 5, *[1] * 5, *range(2, 12)], 8, [0, 1, 2, 4, 11]),
    (spread(3, 9, 8), 2, [0, 3, 7]),  # counts 8 of its 9
])  # fmt: skip
def test_limits_are_where_so_many_rows_are_reached(x, n_bins, edges):
    assert bin_edges(np.array(x, float), n_bins).tolist() == edges


def test_bins_are_set_by_the_limits_whatever_they_were():
    layer = PiecewiseLinearEmbedding(n_bins=4, start=1)
    X = np.column_stack([[9.0] * 5, [0, 1, 3, 3, 3], [5] * 5, [0, 1e-26, 1, 0, 1], range(5)])
    cell = SimpleNamespace(**{name: np.full((4, 4), 7.0)
                              for name in ("edge", "steepness", "low", "high")})  # fmt: skip
    layer.adapt(X, cell, None)
    assert cell.edge.tolist() == [[0, 1, 0, 0], [5, 0, 0, 0], [0, 1e-26, 0, 0], [0, 1, 2, 3]]
    np.testing.assert_allclose(
        cell.steepness, [[1, 0.5, 0, 0], [0] * 4, [1e26, 1, 0, 0], [1] * 4], rtol=1e-12
    )
    assert cell.low.tolist() == [[-INF, 0, 0, 0]] * 4
    assert cell.high.tolist() == [[1, INF, 1, 1], [INF, 1, 1, 1], [1, INF, 1, 1], [1, 1, 1, INF]]


def test_gaps_that_single_precision_cannot_invert_count_as_1e_30():
    layer, X = PiecewiseLinearEmbedding(n_bins=2), np.array([[0.0], [1e-40], [1.0]])
    cell = SimpleNamespace(**{name: np.zeros((1, 2))
                              for name in ("edge", "steepness", "low", "high")})  # fmt: skip
    layer.adapt(X, cell, None)
    np.testing.assert_allclose(cell.steepness, [[1e30, 1]])


def test_before_training_rows_are_known_bins_divide_0_to_1():
    buffers = PiecewiseLinearEmbedding(n_bins=4, start=1).buffers(3)
    assert buffers["edge"].tolist() == [[0, 0.25, 0.5, 0.75]] * 2
    assert buffers["steepness"].tolist() == [[4] * 4] * 2
    assert buffers["low"].tolist() == [[-INF, 0, 0, 0]] * 2
    assert buffers["high"].tolist() == [[1, 1, 1, INF]] * 2
    assert PiecewiseLinearEmbedding().adapts


def test_pieces_start_as_a_straight_line():
    layer = PiecewiseLinearEmbedding(4, 300, 0.5, constraint="non_negative")
    params = layer.params(2)
    drawn = {name: param.draw(np.random.default_rng(0)) for name, param in params.items()}
    assert {name: array.shape for name, array in drawn.items()} == {
        "V": (2, 4, 300), "w": (2, 300), "c": (2, 300)
    }  # fmt: skip
    assert all(params[name].shape == drawn[name].shape for name in params)
    assert not drawn["V"].any()
    for name in ("w", "c"):
        assert -1 <= drawn[name].min() < -0.98
        assert 0.98 < drawn[name].max() <= 1
    assert [(p.decay, p.lr_factor, p.scale) for p in params.values()] == [
        (True, 0.5, 1), (True, 0.5, 1), (False, 0.5, 1)
    ]  # fmt: skip
    held = [None if p.constraint is None else p.constraint.name for p in params.values()]
    assert held == ["non_negative", "non_negative", None]
    assert layer.held_to.name == "non_negative"
    assert PiecewiseLinearEmbedding().held_to is None


def test_work_arrays_of_pieces_have_room_for_parts_or_for_two_reads():
    for n_bins, n_entries, parts in ((4, 2, 6), (4, 3, 6), (4, 4, 8)):
        layer = PiecewiseLinearEmbedding(n_bins, n_entries)
        assert layer.scratch(5) == (
            (10, float), (5 * parts, float), (5 * n_entries, float), (10, np.intp), (5, bool)
        )  # fmt: skip


def pieces(x, edges, V, w, c):
    """By the formula: ``edges`` are one more than the bins."""
    result = np.outer(x, w) + c
    for j, (low, high) in enumerate(pairwise(edges)):
        t = (x - low) / (high - low)
        t = t if j == 0 else np.maximum(t, 0)
        t = t if j == len(edges) - 2 else np.minimum(t, 1)
        result += np.outer(t, V[j])
    return result


TRAINED = np.column_stack([
    RNG.normal(size=40), np.repeat([0.0, 1.0, 4.0, 6.0], 10), np.full(40, 2.0),
    RNG.integers(0, 2, 40) * 3.0,
])  # fmt: skip


def embedded(n_bins, rows, **kwargs):
    """A run of a layer that has been set by ``TRAINED``, its X, and its output by the formula."""
    layer = PiecewiseLinearEmbedding(n_bins, 3)
    edges = [bin_edges(x, n_bins) for x in TRAINED.T]
    near = np.concatenate([TRAINED - 0.01, TRAINED + 0.01, TRAINED - 5, TRAINED + 5, TRAINED])
    X = RNG.permutation(near)[:rows].copy()
    V, w, c = RNG.normal(size=(4, n_bins, 3)), RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
    buffers = {name: np.empty((4, n_bins)) for name in ("edge", "steepness", "low", "high")}
    layer.adapt(TRAINED, SimpleNamespace(**buffers), None)
    run = Steps(layer, X, arrays={**buffers, "V": V, "w": w, "c": c}, **kwargs)

    def output(X, V=V, w=w, c=c):
        return np.hstack([pieces(X[:, j], edges[j], V[j], w[j], c[j]) for j in range(4)])

    return run, X, output, {"V": V, "w": w, "c": c}


@pytest.mark.parametrize("n_bins", [1, 2, 5])
def test_pieces_and_their_gradient_are_the_formula(n_bins):
    dY = RNG.normal(size=(50, 12))
    with np.errstate(all="raise"):
        run, X, output, arrays = embedded(n_bins, 50, dY=dY)
    np.testing.assert_allclose(run.Y, output(X), rtol=1e-10, atol=1e-12)
    for name, array in arrays.items():
        numeric = slopes(lambda A, name=name: output(X, **{name: A}), array, dY)
        found = getattr(run.cell, f"d{name}")
        np.testing.assert_allclose(found, numeric, rtol=1e-6, atol=1e-6)
    h = 1e-6
    off = np.min([np.abs(X[:, j, None] - bin_edges(TRAINED[:, j], n_bins)).min(axis=1)
                  for j in range(4)], axis=0)  # fmt: skip
    away = off > 2 * h
    numeric = np.empty((50, 4))
    for j in range(4):
        moved = [X.copy() for _ in range(2)]
        moved[0][:, j] -= h
        moved[1][:, j] += h
        numeric[:, j] = (dY * (output(moved[1]) - output(moved[0]))).sum(axis=1) / (2 * h)
    assert away.sum() > 20
    np.testing.assert_allclose(run.dX[away], numeric[away], rtol=1e-6, atol=1e-6)


def test_at_a_limit_between_two_bins_the_line_alone_has_a_slope():
    layer = PiecewiseLinearEmbedding(2, 1)
    arrays = {"V": [[[10], [100]]], "w": [[3]], "c": [[0]], "edge": [[0, 1]],
              "steepness": [[1, 1]], "low": [[-INF, 0]], "high": [[1, INF]]}  # fmt: skip
    X = np.array([[-1], [0], [0.5], [1], [1.5], [2], [3.0]])
    run = Steps(layer, X, np.ones((7, 1)), arrays=arrays)
    assert run.Y.ravel().tolist() == [-13, 0, 6.5, 13, 64.5, 116, 219]
    assert run.dX.ravel().tolist() == [13, 13, 13, 3, 103, 103, 103]


@pytest.mark.parametrize(("n_bins", "rows", "replayed", "searches"), [
    (32, 32, True, True), (31, 32, True, False), (32, 31, True, False), (32, 32, False, False),
    (33, 40, True, True), (70, 40, True, True),
])  # fmt: skip
def test_bins_are_searched_from_32_bins_and_32_rows_on(n_bins, rows, replayed, searches):
    run, X, output, _ = embedded(n_bins, rows, training=False, replayed=replayed)
    assert any(call.function is np.less_equal for call in run.calls) == searches
    np.testing.assert_allclose(run.Y, output(X), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize(("n_bins", "size"), [(1, 1), (2, 2), (3, 4), (32, 32), (33, 64)])
def test_limits_to_search_are_as_many_as_a_power_of_two(n_bins, size):
    run, *_ = embedded(n_bins, 2)
    limits = run.network.layers[0]._limits(run.cell)
    assert limits.shape == (4, size)
    edges = bin_edges(TRAINED[:, 1], n_bins)[:-1]
    assert limits[1].tolist() == [*edges, *[INF] * (size - len(edges))]
    assert limits[2].tolist() == [2, *[INF] * (size - 1)]


# What they share -------------------------------------------------------------------------------


@pytest.mark.parametrize(("n_entries", "copies"), [(1, 3), (16, 35), (31, 70), (33, 70), (5, 12)])
def test_about_32_entries_are_copied_at_a_time(n_entries, copies):
    entries, out = RNG.normal(size=(70, n_entries, 2)), np.zeros((2, 70, n_entries))
    calls = list(_by_row(entries, out))
    assert len(calls) == copies
    for call in calls:
        assert call.function is np.copyto
        call.out[...] = call.inputs[0]
    np.testing.assert_array_equal(out, entries.transpose(2, 0, 1))


def test_a_line_is_the_numbers_and_ones():
    line, x = np.zeros((2, 2, 3)), np.arange(6.0).reshape(3, 2)
    calls: list[Call] = list(_line(x, line))
    for call in calls:
        call.out[...] = call.inputs[0]
    assert line.tolist() == [[[0, 2, 4], [1, 1, 1]], [[1, 3, 5], [1, 1, 1]]]


def test_the_first_elements_take_another_shape():
    array = np.arange(12).reshape(3, 4)
    assert _first(array, 2, 3).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert np.shares_memory(_first(array, 5), array)


@pytest.mark.parametrize("change", [
    {"n_entries": 1}, {"n_bins": 1}, {"lr_factor": 1e-3}, {"start": 0}, {"stop": 1},
    {"start": 1},
])  # fmt: skip
def test_the_least_hyper_parameters_are_taken(change):
    layer = PiecewiseLinearEmbedding(**change)
    assert Layer.resolve(layer, "layer") is layer
    assert layer.n_outputs(2) == 2 + (layer.n_entries - 1) * (
        (2 if layer.stop is None else layer.stop) - layer.start
    )

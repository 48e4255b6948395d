"""What each statement of the layers means: affine maps and combinators."""

from dataclasses import replace

import numpy as np
import pytest
from statement_steps import Steps, slopes

from skfnn.initializers import GlorotUniform
from skfnn.layers import (
    Activate,
    Dense,
    Flatten,
    L1Sparsity,
    Linear,
    SharedEnsemble,
    Skip,
    SortedCurves,
    Tied,
)

RNG = np.random.default_rng(5)
X = RNG.normal(size=(6, 4))
DY = RNG.normal(size=(6, 4))


# Affine maps -------------------------------------------------------------------------------------


def test_an_affine_map_draws_weights_then_biases_by_its_initializer():
    layer = Linear(3, "he_normal", bias_lr_factor=0.5, constraint="max_norm")
    W, b = layer.params(5).values()
    one, other = np.random.default_rng(0), np.random.default_rng(0)
    drawn = layer._draws()
    np.testing.assert_array_equal(W.draw(one), drawn.weights(other, 5, 3))
    np.testing.assert_array_equal(b.draw(one), drawn.biases(other, 5, 3))
    assert (W.decay, W.lr_factor, W.scale, W.published) == (True, 1, 1, "coefs")
    assert (b.decay, b.lr_factor, b.scale, b.published) == (False, 0.5, 1, "intercepts")
    assert W.constraint.name == "max_norm"
    assert b.constraint is None
    assert Linear(3).held_to is None
    assert type(Linear(3)._draws()) is GlorotUniform
    assert Linear(3, scaling="neural_tangent").params(16)["W"].scale == 0.25
    assert Linear(3, "data_driven").adapts
    assert not Linear(3).adapts


@pytest.mark.parametrize("units", [1, 2])
@pytest.mark.parametrize("per_row", [True, False])
@pytest.mark.parametrize("wants_dX", [True, False])
def test_an_affine_map_and_its_gradient(units, per_row, wants_dX):
    dY = DY[:, :units]
    run = Steps(Linear(units), X, dY, per_row=per_row, wants_dX=wants_dX)
    W, b = run.cell.W, run.cell.b
    np.testing.assert_allclose(run.Y, X @ W + b, rtol=1e-12)
    each = X[:, :, None] * dY[:, None, :]
    np.testing.assert_allclose(run.cell.dW, each if per_row else each.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(run.cell.db, dY if per_row else dY.sum(axis=0), rtol=1e-12)
    if wants_dX:
        np.testing.assert_allclose(run.dX, dY @ W.T, rtol=1e-12)
    assert len(run.back) == 2 + wants_dX


@pytest.mark.parametrize(("dense", "initializer"), [
    (Dense(3), "auto"), (Dense(3, "selu"), "lecun_normal"), (Dense(3, "relu"), "glorot_uniform"),
    (Dense(3, "selu", "zeros"), "zeros"), (Dense(3, None, "zeros"), "zeros"),
])  # fmt: skip
def test_a_dense_layer_is_an_affine_map_and_its_activation(dense, initializer):
    linear, *rest = dense.expand()
    assert (linear.units, linear.initializer, linear.constraint) == (3, initializer, None)
    assert [type(part) for part in rest] == ([] if dense.activation is None else [Activate])
    assert dense.n_outputs(7) == 3
    held, *_ = Dense(3, dense.activation, constraint="unit_norm").expand()
    assert held.constraint.name == "unit_norm"


def test_flatten_stands_for_no_layer():
    assert Flatten().expand() == ()


@pytest.mark.parametrize("wants_dX", [True, False])
def test_a_tied_map_has_the_weights_of_another_transposed(wants_dX):
    first, layer = Linear(2), Tied(4, 0)
    dY = DY
    run = Steps(layer, X, dY, below=[first], wants_dX=True)
    W, H = (
        run.network.weights("W")[0],
        X @ run.network.weights("W")[0] + run.network.weights("b")[0],
    )
    np.testing.assert_allclose(run.Y, H @ W.T + run.cell.b, rtol=1e-12)
    np.testing.assert_allclose(run.cell.dW, H.T @ dY, rtol=1e-12)
    np.testing.assert_allclose(run.cell.db, dY.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(run.dX, dY @ W @ W.T, rtol=1e-12)
    assert layer.borrows == {"W": 0}
    assert layer.n_outputs(2) == 4
    assert layer.affine(run.cell) == (run.cell.W, run.cell.b)
    param = layer.params(2)["b"]
    drawn = GlorotUniform().biases(np.random.default_rng(1), 2, 4)
    np.testing.assert_array_equal(param.draw(np.random.default_rng(1)), drawn)
    assert (param.shape, param.decay, param.published) == ((4,), False, "intercepts")
    assert len(list(layer.backward(dY, H, run.Y, run.cell, None))) == 2


# Combinators -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wants_dX", [True, False])
@pytest.mark.parametrize("per_row", [True, False])
@pytest.mark.parametrize("units", [4, 3])
def test_a_skip_adds_its_input_or_its_projection(units, per_row, wants_dX):
    dY = DY[:, :units]
    layer = Skip([Linear(units)], constraint="max_norm")
    run = Steps(layer, X, dY, per_row=per_row, wants_dX=wants_dX)
    (W,), (b,) = run.network.weights("W"), run.network.weights("b")
    P = np.eye(4) if units == 4 else run.cell.P
    np.testing.assert_allclose(run.Y, X @ P + X @ W + b, rtol=1e-12)
    if units == 3:
        each = X[:, :, None] * dY[:, None, :]
        np.testing.assert_allclose(run.cell.dP, each if per_row else each.sum(axis=0), rtol=1e-12)
        param = layer.params(4)["P"]
        assert param.decay
        assert param.constraint.name == "max_norm"
        drawn = GlorotUniform().weights(np.random.default_rng(1), 4, 3)
        np.testing.assert_array_equal(param.draw(np.random.default_rng(1)), drawn)
    else:
        assert layer.params(4) == {}
    if wants_dX:
        np.testing.assert_allclose(run.dX, dY @ (P + W).T, rtol=1e-12)
    else:
        assert len(run.back) == (3 if units == 3 else 2)
    assert layer.n_outputs(4) == units


def sorted_columns(A, n_curves, n_below):
    """Middle curve first, then those above it going up, then those below it going down."""
    n, k = len(A), A.shape[1] // n_curves
    curves = np.sort(A.reshape(n, n_curves, k), axis=1)
    order = [*range(n_below, n_curves), *range(n_below - 1, -1, -1)]
    return curves[:, order].reshape(n, -1)


@pytest.mark.parametrize(("n_curves", "n_below", "n_outputs"), [
    (1, 0, 2), (2, 0, 1), (2, 1, 1), (3, 1, 2), (4, 1, 1), (5, 2, 2), (4, 3, 1),
])  # fmt: skip
def test_curves_are_sorted_and_gradients_go_where_they_came_from(n_curves, n_below, n_outputs):
    width = n_curves * n_outputs
    layer = SortedCurves([Linear(width)], n_curves, n_below)
    A = RNG.permuted(np.tile(np.linspace(-1.0, 1.0, width), (9, 1)), axis=1)
    dY = RNG.normal(size=A.shape)
    assert layer.n_outputs(width) == width
    pairs = n_curves * (n_curves - 1) // 2
    assert layer.scratch(width) == ((n_outputs, float),) * (1 + pairs)

    class Exact(Linear, registered=False):
        """The identity."""

        def params(self, n_in):
            W, b = super().params(n_in).values()
            return {
                "W": replace(W, draw=lambda rng: np.eye(width)),
                "b": replace(b, draw=lambda rng: np.zeros(width)),
            }

    run = Steps(SortedCurves([Exact(width)], n_curves, n_below), A, dY)
    np.testing.assert_allclose(run.Y, sorted_columns(A, n_curves, n_below), rtol=1e-12)
    numeric = slopes(lambda B: sorted_columns(B, n_curves, n_below), A, dY)
    np.testing.assert_allclose(run.dX, numeric, rtol=1e-8, atol=1e-9)
    at_prediction = Steps(SortedCurves([Exact(width)], n_curves, n_below), A, training=False)
    assert not any(call.function is np.greater for call in at_prediction.calls)
    assert at_prediction.Y.tolist() == run.Y.tolist()


def test_curves_that_are_equal_keep_their_gradients():
    layer = SortedCurves([Linear(2, "zeros")], 2, 0)
    run = Steps(layer, np.ones((1, 2)), np.array([[10.0, 20.0]]))
    assert run.Y.tolist() == [[0, 0]]
    assert run.workspace.grad.tolist() == [10, 20, 10, 20, 10, 20]


@pytest.mark.parametrize(("start", "widths"), [("signs", ()), ("normal", (2, 1)), ("signs", [4])])
def test_factors_are_drawn_for_groups_of_columns(start, widths):
    layer = SharedEnsemble(2, [], 400, start, widths)
    param = layer.params(4)["R"]
    R = param.draw(np.random.default_rng(0))
    assert R.shape == param.shape == (400, 4)
    assert (param.decay, param.lr_factor) == (False, 1)
    groups = np.repeat(range(len(widths) + 4 - sum(widths)), [*widths, *[1] * (4 - sum(widths))])
    for i in range(4):
        for j in range(i):
            assert np.array_equal(R[:, i], R[:, j]) == (groups[i] == groups[j])
    assert abs(R.mean()) < 0.15
    assert abs(R.std() - 1) < 0.1
    assert (np.unique(np.abs(R)).tolist() == [1]) == (start == "signs")
    with pytest.raises(ValueError, match=r"of more columns than the 3 that it"):
        SharedEnsemble(2, [], 3, start, [2, 2]).params(3)["R"].draw(np.random.default_rng(0))


def test_the_map_of_each_member_is_drawn_within_the_root_of_the_units_inside():
    layer = SharedEnsemble(50, [Dense(16, "tanh")], 3)
    _, V, c = layer.params(4).values()
    assert (V.shape, V.decay, c.shape, c.decay) == ((3, 16, 50), True, (3, 50), False)
    for param in (V, c):
        drawn = param.draw(np.random.default_rng(0))
        assert drawn.shape == param.shape
        assert 0.24 < drawn.max() <= 0.25
        assert -0.25 <= drawn.min() < -0.24
    assert layer.n_outputs(4) == 150
    assert layer.repeats == 3
    assert layer.scratch(4) == ((12, float), (48, float))


@pytest.mark.parametrize("wants_dX", [True, False])
def test_members_share_the_layers_inside(wants_dX):
    k, units = 3, 2
    layer, dY = SharedEnsemble(units, [Dense(5, "tanh")], k), RNG.normal(size=(6, k * units))
    start = RNG.normal(size=(k, 4))
    run = Steps(layer, X, dY, arrays={"R": start}, wants_dX=wants_dX)
    (W,), (b,) = run.network.weights("W"), run.network.weights("b")
    R, V, c = run.cell.R, run.cell.V, run.cell.c

    def output(X, R=R, V=V, c=c):
        return np.hstack([np.tanh((X * R[j]) @ W + b) @ V[j] + c[j] for j in range(k)])

    np.testing.assert_allclose(run.Y, output(X), rtol=1e-12)
    for name, array in (("R", R), ("V", V), ("c", c)):
        numeric = slopes(lambda A, name=name: output(X, **{name: A}), array.copy(), dY)
        np.testing.assert_allclose(getattr(run.cell, f"d{name}"), numeric, rtol=1e-7, atol=1e-9)
    if wants_dX:
        np.testing.assert_allclose(run.dX, slopes(output, X, dY), rtol=1e-7, atol=1e-9)


def test_penalties_inside_an_ensemble_take_the_weights_of_its_rows():
    share = RNG.uniform(0.5, 2, (6, 1))
    layer = SharedEnsemble(1, [L1Sparsity(0.5)], 2)
    R = np.array([[1.0, 2, 3, 4], [-1, 1, -1, 1]])
    run = Steps(layer, X, share=share, arrays={"R": R})
    expected = sum((share * np.abs(X * r)).sum() for r in R)
    np.testing.assert_allclose(run.workspace.penalty, 0.5 * expected, rtol=1e-12)

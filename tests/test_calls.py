"""Calls in the form in which they are cheapest compute what they say."""

import numpy as np
import pytest

from skfnn._engine.program.calls import SHORT, Call, Mover, add, add_scaled, bind, replay, scale


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [0, 1, 7, SHORT, SHORT + 1])
@pytest.mark.parametrize("as_array", [False, True])
def test_vectors_are_changed_in_place(dtype, size, as_array):
    rng = np.random.default_rng(0)
    whole = rng.normal(size=size + 5).astype(dtype)
    x, y = rng.normal(size=size).astype(dtype), whole[3 : 3 + size]
    start, tmp, factor = whole.copy(), np.empty_like(x), -0.3
    number = np.array(0.0, dtype) if as_array else factor
    program = bind([*scale(y, number), *add(y, x), *add_scaled(y, x, number, tmp)], dtype)
    if as_array:
        number[()] = factor  # read when the program runs, not when it is bound
    replay(program)
    expected = start.copy()
    expected[3 : 3 + size] = factor * start[3 : 3 + size] + x + factor * x
    np.testing.assert_allclose(whole, expected, rtol=0, atol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("function", [np.maximum, np.minimum])
@pytest.mark.parametrize("kind", ["C", "F", "strided", "mixed"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bounds_hold_for_every_memory_order(function, kind, dtype):
    rng = np.random.default_rng(0)
    A = rng.normal(size=(40, 6)).astype(dtype)
    A[3, 2] = np.nan
    given = {"C": A, "F": np.asfortranarray(A), "strided": A[::2, ::3], "mixed": A}[kind]
    out = np.empty_like(given) if kind != "mixed" else np.empty(A.shape[::-1], dtype).T
    calls = [Call(function, given, 0.25, out=out), Call(function, out, -0.5, out=out)]
    program = bind(calls, dtype)
    replay(program)
    # Two arrays of one kind are several times faster than an array and a number.
    shapes = [call.args[1].shape for call in program]
    assert shapes == [out.shape if kind in ("C", "F") else (), out.shape]
    expected = function(function(given, dtype(0.25)), dtype(-0.5))
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("order", ["C", "F"])
def test_calls_are_moved_to_another_place_of_a_buffer(order):
    buffer, elsewhere = np.arange(24.0).reshape(6, 4).copy(order), np.ones((4, 2))
    total, mask = np.empty((4, 2)), np.ones((2, 4), bool)
    first = buffer[:2]
    calls = [
        Call(np.add, first.T, elsewhere, out=total),
        Call(np.copyto, 7.0, out=first[:, 1:], where=mask[:, 1:]),
        Call(np.multiply, total, 2.0, out=total),
    ]
    mover = Mover([buffer])
    assert [mover.touches(call) for call in calls] == [True, True, False]
    mover.shifts = [4 * buffer.strides[0]]
    moved = [mover.moved_call(call) for call in calls]
    assert moved[2].out is total
    expected = 2 * (buffer[4:].T + 1)
    replay(bind(moved, np.float64))
    np.testing.assert_array_equal(total, expected)
    np.testing.assert_array_equal(buffer[4:, 1:], np.full((2, 3), 7.0))
    np.testing.assert_array_equal(buffer[:4], np.arange(16.0).reshape(4, 4))

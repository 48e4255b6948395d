"""What the statements of programs mean: calls, buffers, chains, and what is done once."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from scipy import sparse

from skfnn._engine.network.network import Network
from skfnn._engine.program import calls as c
from skfnn._engine.program.calls import Call, Constants, Mover, bind, replay
from skfnn._engine.program.cell import FIELDS, Share
from skfnn._engine.program.layer import (
    product,
)
from skfnn._engine.program.listing import Names
from skfnn._engine.program.memory import Memory
from skfnn._engine.program.once import apart, in_long_rows
from skfnn._engine.program.schedule import Schedule, Scheduled, at
from skfnn._engine.program.sparse import SparseBatch, densify, sparse_product
from skfnn._engine.program.workspace import Workspace
from skfnn.layers import BatchNorm, Dropout, Linear, Tied


def network_of(*layers, n_inputs=2, dtype=np.float64):
    return Network(layers, n_inputs, dtype, np.random.default_rng(0))


def run(*calls, dtype=np.float64):
    replay(bind(calls, dtype))


# ------------------------------------------------------------------ calls


def test_what_a_call_reads_and_writes():
    a, b, out, mask = np.ones(3), np.ones(3), np.empty(3), np.ones(3, bool)
    call = Call(np.add, a, 2.0, b, out=out, where=mask)
    assert [id(x) for x in call.read()] == [id(a), id(b), id(mask)]
    assert [id(x) for x in call.arrays()] == [id(a), id(b), id(mask), id(out)]
    assert call.outputs == (out,)
    two = Call(np.modf, a, out=(out, b))
    assert two.outputs == (out, b)
    assert repr(two) == "Call(modf, array(3,), out=(array(3,), array(3,)))"
    assert repr(Call(np.add.reduce, a, out=out, axis=0)) == (
        "Call(add.reduce, array(3,), out=array(3,), axis=0)"
    )
    for wrong in (None, 3.0, (), [out], (out, 1.0)):
        with pytest.raises(TypeError, match="writes into an array"):
            Call(np.add, a, b, out=wrong)


def test_numbers_have_the_precision_that_is_computed_in():
    program = bind([Call(np.add, np.ones(2, "f4"), 0.1, out=np.empty(2, "f4"))], np.float32)
    number = program[0].args[1]
    assert (number.shape, number.dtype) == ((), np.dtype("f4"))
    kept = bind([Call(np.add, np.ones(2, int), 3, out=np.empty(2, int))], np.float32)
    assert kept[0].args[1] == 3
    assert type(kept[0].args[1]) is int


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_full_of_a_number_has_shape_and_order_and_is_shared(order):
    constants, like = Constants(), np.empty((2, 3), "f4", order=order)
    found = constants.like(like, 0.5)
    assert found.tolist() == [[0.5] * 3] * 2
    assert found.dtype == np.float32
    assert found.strides == like.strides
    assert np.shares_memory(found, constants.like(like, 0.5))
    assert np.shares_memory(found, constants.like(np.empty(2, "f4"), 0.5))
    assert not np.shares_memory(found, constants.like(like, 0.25))
    assert not np.shares_memory(found, constants.like(np.empty(6), 0.5))
    assert constants.like(np.empty(7, "f4"), 0.5).tolist() == [0.5] * 7


def test_bounds_are_arrays_where_orders_are_alike():
    a, out = np.array([[1.0, -2.0]] * 2), np.empty((2, 2))
    for function, wanted in ((np.maximum, [1.0, 0.0]), (np.minimum, [0.0, -2.0])):
        program = bind([Call(function, a, 0.0, out=out)], float)
        assert program[0].args[1].shape == (2, 2)
        replay(program)
        assert out.tolist() == [wanted] * 2
    for other in (np.empty((2, 2), order="F"), np.empty((4, 4))[::2, ::2], np.empty((2, 2), "f4")):
        program = bind([Call(np.maximum, a, 0.0, out=other)], float)
        assert program[0].args[1].shape == ()
    fortran = np.asfortranarray(a)
    program = bind([Call(np.maximum, fortran, 0.0, out=np.empty((2, 2), order="F"))], float)
    assert program[0].args[1].shape == (2, 2)
    row = bind([Call(np.maximum, a[:1], 0.0, out=out)], float)  # broadcast
    assert row[0].args[1].shape == ()


def test_copies():
    out, half = np.zeros(3), np.array([True, False, True])
    run(Call(np.copyto, np.array([1.0, 2.0, 3.0]), out=out))
    assert out.tolist() == [1.0, 2.0, 3.0]
    run(Call(np.copyto, np.array([7.0, 7.0, 8.0]), out=out, where=half))
    assert out.tolist() == [7.0, 2.0, 8.0]
    run(Call(np.copyto, 4.0, out=out))
    assert out.tolist() == [4.0] * 3
    assert bind([Call(np.copyto, 4.0, out=out)], float)[0].func == out.fill
    run(Call(np.copyto, np.array(5.0, "f4"), out=out))
    assert out.tolist() == [5.0] * 3
    whole = np.zeros(3, int)
    run(Call(np.copyto, np.array([1.5, 2.5, 3.5]), out=whole, casting="unsafe"))
    assert whole.tolist() == [1, 2, 3]
    with pytest.raises(TypeError, match="same_kind"):
        run(Call(np.copyto, np.ones(3), out=whole))
    run(Call(np.copyto, np.array([9.7] * 3), out=whole, where=half, casting="unsafe"))
    assert whole.tolist() == [9, 2, 9]


def test_reductions_keep_their_options():
    a = np.arange(6.0).reshape(2, 3)
    for axis, keepdims, shape in ((0, False, (3,)), (1, True, (2, 1)), (1, False, (2,))):
        out = np.empty(shape)
        run(Call(np.add.reduce, a, out=out, axis=axis, keepdims=keepdims))
        assert out.tolist() == a.sum(axis=axis, keepdims=keepdims).tolist()
    out = np.empty(3)
    run(Call(np.add.reduce, a, out=out))
    assert out.tolist() == [3.0, 5.0, 7.0]
    run(Call(np.add.reduce, a, out=out, initial=1.0, where=a > 1))
    assert out.tolist() == [4.0, 5.0, 8.0]
    some = np.empty((2, 2))
    run(Call(np.add.reduceat, a, np.array([0, 2]), out=some, axis=1))
    assert some.tolist() == [[1.0, 2.0], [7.0, 5.0]]
    running = np.empty((2, 3))
    run(Call(np.add.accumulate, a, out=running, axis=1))
    assert running.tolist() == [[0.0, 1.0, 3.0], [3.0, 7.0, 12.0]]
    small, out = np.full((4, 1), 200, np.uint8), np.empty(1, np.uint8)
    run(Call(np.add.reduce, small, out=out, dtype=np.uint8))
    assert out[0] == 800 % 256


def test_other_functions_by_their_rule():
    a, out = np.array([[1.0, 2.0], [3.0, 4.0]]), np.empty((2, 2))
    run(Call(np.dot, a, a, out=out))
    assert out.tolist() == [[7.0, 10.0], [15.0, 22.0]]
    run(Call(np.take, a, np.array([1, 0]), out=out, axis=1))
    assert out.tolist() == [[2.0, 1.0], [4.0, 3.0]]
    run(Call(np.take, a, np.array([5, 0]), out=out, axis=0, mode="clip"))
    assert out.tolist() == [[3.0, 4.0], [1.0, 2.0]]
    with pytest.raises(IndexError):
        run(Call(np.take, a, np.array([5, 0]), out=out, axis=0))
    total = np.zeros(2)
    run(Call(np.add.at, np.array([0, 0, 1]), np.array([1.0, 2.0, 4.0]), out=total))
    assert total.tolist() == [3.0, 4.0]
    parts = np.empty(2), np.empty(2)
    run(Call(np.modf, np.array([1.5, -2.25]), out=parts))
    assert [part.tolist() for part in parts] == [[0.5, -0.25], [1.0, -2.0]]
    run(Call(np.clip, a, 2.0, 3.0, out=out))
    assert out.tolist() == [[2.0, 2.0], [3.0, 3.0]]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("size", [0, 1, 8192, 8193])
def test_vectors_up_to_8192_numbers_go_through_blas(size, dtype):
    x, y, tmp = np.full(size, 2.0, dtype), np.full(size, 10.0, dtype), np.empty(size, dtype)
    letter = "s" if dtype == "f4" else "d"
    for calls, wanted, name in (
        (list(c.add(y, x)), 12.0, f"{letter}axpy"),
        (list(c.add_scaled(y, x, 0.5, tmp)), 13.0, f"{letter}axpy"),
        (list(c.scale(y, 2.0)), 26.0, f"{letter}scal"),
    ):
        run(*calls, dtype=dtype)
        assert y.tolist() == [wanted] * size
        by_blas = [c.function_name(call.function) for call in calls] == [name]
        assert by_blas is (0 < size <= 8192)
    assert x.tolist() == [2.0] * size


def test_functions_and_their_names():
    names = {np.add: "add", np.add.reduce: "add.reduce", densify: "densify"}
    for function, name in names.items():
        assert c.function_name(function) == name
    assert c.function_name(np.random.default_rng(0).random) == "rng.random"
    assert c.function_name(lambda: None) == "<lambda>"


def test_what_is_moved_lies_at_the_same_place_elsewhere():
    buffer, other = np.arange(12.0).reshape(6, 2), np.zeros(3)
    mover = Mover([buffer])
    assert mover.shifts == [0]
    mover.shifts[0] = 4 * 8
    for view, wanted in (
        (buffer[:2], [[4.0, 5.0], [6.0, 7.0]]),
        (buffer[1:3, 1], [7.0, 9.0]),
        (buffer[0, 0:1], [4.0]),
        (buffer[3:4], [[10.0, 11.0]]),
    ):
        assert mover.moved(view).tolist() == wanted
        assert np.shares_memory(mover.moved(view), buffer)
    for elsewhere in (other, buffer.copy(), 3.0, buffer[:0], None):
        assert mover.moved(elsewhere) is elsewhere
    call = Call(np.add, buffer[:1], 1.0, out=other[:2])
    call.origin = c.Origin("part", "forward")
    moved = mover.moved_call(call)
    assert moved.inputs[0].tolist() == [[4.0, 5.0]]
    assert moved.out is call.out
    assert moved.origin is call.origin
    pair = mover.moved_call(Call(np.modf, other[:1], out=(buffer[0, :1], other[1:2])))
    assert [a.tolist() for a in pair.out] == [[4.0], [0.0]]
    assert mover.touches(call)
    assert mover.touches(Call(np.add, other, other, out=other, where=buffer[:, 0] > 0)) is False
    assert mover.touches(Call(np.add, other, other, out=other, initial=buffer))
    assert mover.touches(Call(np.add, other[:2], 1.0, out=buffer[0]))
    fortran = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    mover = Mover([other, fortran])
    mover.shifts[1] = 2 * 8
    assert mover.moved(fortran[:, 0]).tolist() == [1.0, 4.0]


def test_programs_one_after_the_other():
    out = np.zeros(1)
    one, two = Call(np.add, out, 1.0, out=out), Call(np.multiply, out, 3.0, out=out)
    both = bind([one], float).then(bind([two], float))
    replay(both)
    assert out.tolist() == [3.0]
    assert both.calls == [one, two]


def test_errors_name_the_call_the_part_and_the_shapes():
    call = Call(np.add, np.ones(2), np.ones(3), 1.0, out=np.empty(2))
    call.origin = c.Origin(Linear(3), "forward", "2.0")
    good = Call(np.add, np.ones(2), 1.0, out=np.empty(2))
    with pytest.raises(TypeError) as found:
        run(good, call)
    assert found.value.__notes__ == [
        "Raised in forward of Linear(units=3), layer 2.0, by the call\n"
        "    Call(add, array(2,), array(3,), 1.0, out=array(2,))\n"
        "which reads shapes (2,), (3,) and writes (2,)."
    ]
    bare = Call(np.negative, "text", out=np.empty(1))
    with pytest.raises(TypeError) as found:
        run(bare)
    assert "which reads shapes of no array and writes (1,)." in found.value.__notes__[0]
    assert str(c.Origin(Linear(3), "gradient")) == "gradient of Linear(units=3)"


@pytest.mark.parametrize(("length", "cut"), [(120, False), (121, True)])
def test_what_is_no_call_is_shown_up_to_120_letters(length, cut):
    class Part:
        def steps(self):
            yield "x" * (length - 2)  # between quotes

    with pytest.raises(TypeError) as found:
        list(c.written_by(Part(), "steps"))
    shown = str(found.value).partition("It yields ")[2]
    wanted = "'" + "x" * 116 + "..." if cut else "'" + "x" * 118 + "'"
    assert shown == wanted + "."


def test_the_innermost_part_is_noted():
    error = ValueError("wrong")
    c.noted(error, "Raised in one.")
    c.noted(error, "Raised in two.")
    assert error.__notes__ == ["Raised in one."]
    other = ValueError("wrong")
    other.add_note("Something else.")
    c.noted(other, "Raised in two.")
    assert other.__notes__ == ["Something else.", "Raised in two."]


@pytest.mark.parametrize("shape", [(), 5, (3, 7), (1,)])
def test_zeros_begin_on_a_cache_line(shape):
    for dtype in ("f4", "f8", bool, np.uint16):
        for _ in range(8):
            found = c.zeros(shape, dtype)
            assert found.dtype == np.dtype(dtype)
            assert found.shape == (shape if isinstance(shape, tuple) else (shape,))
            assert not found.any()
            assert found.__array_interface__["data"][0] % 64 == 0


# ------------------------------------------------------------------ listings


def test_the_names_of_arrays():
    a, square, number = np.zeros((6, 2)), np.zeros((3, 4)), np.zeros(1)
    names = Names({"A": a, "S": square, "n": number, "again": a})
    assert names.show(a) == "A"
    assert names.show(a[:4]) == "A"  # a batch of another size
    assert names.show(square.T) == "S.T"
    assert names.show(number.reshape(())) == "n"
    assert names.show(a[:, :1]) == "array(6, 1)"
    assert names.show(a[1:]) == "array(5, 2)"
    both = Names({"big": a, "small": a[:4]})
    assert (both.show(a), both.show(a[:4]), both.show(a[:5])) == ("big", "small", "big")
    assert names.show(np.random.default_rng(0)) == "rng"
    assert names.show(1 / 3) == "0.333333"
    assert names.show(2) == "2"
    call = Call(np.add, a, 0.5, out=(a, square), axis=1)
    assert names.line(call) == "A, S = add(A, 0.5, axis=1)"


# ------------------------------------------------------------------ once and for each batch


def test_rows_are_laid_out_up_to_a_quarter_and_8192_numbers():
    for rows, width, times in (
        (32, 2, 8),
        (30, 2, 6),
        (28, 2, 7),
        (8, 2, 2),
        (7, 2, 1),
        (64, 4096, 2),
        (64, 4097, 1),
        (64, 1024, 8),
        (64, 8192, 1),
        (32, 1, 1),
    ):
        X, row, out = np.ones((rows, width)), np.arange(1.0, width + 1), np.zeros((rows, width))
        call = Call(np.multiply, X, row, out=out)
        call.origin = c.Origin("part", "forward")
        once, each = in_long_rows([], [call])
        if times == 1:
            assert (once, each) == ([], [call])
        else:
            assert once[0].out.shape == (times, width)
            assert each[0].inputs[0].shape == (rows // times, times * width)
            assert once[0].origin is each[0].origin is call.origin
        run(*once, *each)
        assert (out == row).all()


@pytest.mark.parametrize("function", [np.add, np.subtract, np.multiply, np.divide])
def test_what_is_the_same_for_each_row_is_laid_out(function):
    X, row, out = np.ones((8, 2)), np.array([2.0, 4.0]), np.zeros((8, 2))
    once, each = in_long_rows([], [Call(function, X, row, out=out)])
    assert each[0].inputs[1].shape == (4,)
    run(*once, *each)
    assert (out == function(1.0, row)).all()


def test_only_the_same_for_each_row_is_laid_out():
    X, row, out = np.ones((32, 2)), np.ones(2), np.zeros((32, 2))
    for call in (
        Call(np.maximum, X, row, out=out),
        Call(np.add, X, row, out=out, where=out == 0),
        Call(np.add, X, 1.0, out=out),
        Call(np.add, X, X, out=out),
        Call(np.add, X, row.astype("f4"), out=out),
        Call(np.add, X.astype("f4"), row, out=out),
        Call(np.add, X, row, out=np.zeros((32, 2), order="F")),
        Call(np.add, np.asfortranarray(X), row, out=out),
        Call(np.add, X[:1], row, out=out),
        Call(np.negative, X, out=out),
    ):
        assert in_long_rows([], [call]) == ([], [call])
    written = Call(np.copyto, np.zeros(2), out=row)
    added = Call(np.add, X, row, out=out)
    assert in_long_rows([], [written, added]) == ([], [written, added])
    once, each = in_long_rows([written], [added])
    assert once[0] is written
    assert len(once) == 2
    assert each != [added]


def test_what_depends_on_parameters_alone_is_done_once():
    X, W, table, out = np.ones((4, 2)), np.ones((2, 2)), np.zeros((2, 2)), np.zeros((4, 2))
    first = Call(np.multiply, W, 2.0, out=table)
    second = Call(np.dot, X, table, out=out)
    third = Call(np.copyto, W, out=W.copy())
    assert apart([first, second, third], X) == ([first, third], [second])
    rng = np.random.default_rng(0)
    drawn = Call(rng.random, out=table)
    assert apart([drawn, second], X) == ([], [drawn, second])
    # What is read before it is written comes from the batch before.
    count = np.zeros(1)
    grows, reset = Call(np.add, count, 1.0, out=count), Call(np.copyto, 0.0, out=count)
    assert apart([grows], X) == ([], [grows])
    assert apart([reset, grows], X) == ([reset, grows], [])
    # Memory that varying calls have touched is not written once.
    again = Call(np.copyto, W, out=out)
    assert apart([second, again], X) == ([], [second, again])
    assert apart([Call(densify, SparseBatch(), out=table)], SparseBatch())[0] == []


# ------------------------------------------------------------------ schedules, sparse batches


class Noted(Schedule, registered=False):
    def factor(self, progress, samples, plateaus):
        return 1000 * samples + 100 * plateaus + progress


def test_a_scheduled_number_is_the_value_times_the_factor():
    assert Scheduled(4.0, Noted()).at(0.25) == 1.0
    assert at(Scheduled(4.0, Noted()), 0.5) == 2.0
    assert at(3.0, 0.5) == 3.0
    assert (Schedule.per_step, Schedule.survives_plateau, Schedule.planned) == (False,) * 3


def test_a_sparse_batch():
    batch = SparseBatch(sparse.csr_array(np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])))
    out = np.full((3, 2), np.nan)
    densify(batch, out)
    assert out.tolist() == [[1, 0], [0, 2], [3, 0]]
    sparse_product(batch, np.array([[1.0, 1.0], [10.0, 0.0]]), out)
    assert out.tolist() == [[1, 1], [20, 0], [3, 3]]
    square = np.empty((2, 2))
    run(product(batch.T, np.ones((3, 2)), out=square))
    assert square.tolist() == [[4, 4], [2, 2]]
    run(product(np.eye(2), square, out=np.empty((2, 2))))
    assert product(np.eye(2), square, out=square).function is np.dot
    assert (repr(batch), repr(batch.T)) == ("X", "X.T")


# ------------------------------------------------------------------ memory and cells


def test_arrays_of_one_key_share_memory():
    memory = Memory(network_of(Linear(1)), 6)
    a, b = memory.array("key", "a", 4, 3), memory.array("key", "b", 6, 3)
    assert (a.shape, b.shape) == ((4, 3), (6, 3))
    assert np.shares_memory(a, b)
    for other in (
        memory.array("other", "c", 6, 3),
        memory.array("key", "d", 6, 2),
        memory.array("key", "e", 6, 3, bool),
        memory.array("key", "f", 6, 3, order="F"),
    ):
        assert not np.shares_memory(a, other)
    assert memory.array("key", "e", 6, 3, bool).dtype == bool
    fortran = memory.array("key", "f", 4, 3, order="F")
    assert fortran.shape == (4, 3)
    assert fortran[:, 0].flags.c_contiguous
    assert a.flags.c_contiguous
    own = memory.own("key", (2, 5))
    assert own is memory.own("key", (2, 5))
    assert own is not memory.own("key", (5, 2))
    assert own.shape == (2, 5)


def test_memory_of_another_precision_takes_parameters_over():
    network = network_of(Linear(1), BatchNorm())
    memory = Memory(network, 2, training=False, dtype="f4")
    network.values[:], network.state[:] = 2.0, 3.0
    fields = {field: array for field, _, array in memory.of_layer((0,), 2)}
    assert set(fields) == {"W", "b"}
    assert fields["W"].tolist() != [[2.0], [2.0]]
    memory.refresh()
    assert fields["W"].tolist() == [[2.0], [2.0]]
    assert fields["W"].dtype == np.float32
    moving = {field: array for field, _, array in memory.of_layer((1,), 2)}
    assert moving["mean"].tolist() == [3.0]
    assert memory.own("key", (1,)).dtype == np.float32
    same = Memory(network, 2, training=False)
    assert same._values is network.values


def test_what_a_layer_finds_of_its_own():
    network = network_of(Linear(1), BatchNorm())
    memory = Memory(network, 5)
    found = [(field, name, array.shape) for field, name, array in memory.of_layer((0,), 4)]
    assert found == [("W", "W", (2, 1)), ("b", "b", (1,)), ("dW", "dW", (2, 1)), ("db", "db", (1,))]
    names = [(field, name) for field, name, _ in memory.of_layer((1,), 4)]
    assert ("mean", "running_mean") in names
    assert memory.grad.shape == (5,)
    rows = Memory(network, 5, per_row=True)
    assert rows.grad.shape == (5, 5)
    assert [array.shape for field, _, array in rows.of_layer((0,), 4) if field == "dW"] == [
        (4, 2, 1)
    ]
    assert list(memory.of_layer((7,), 4)) == []


def test_the_penalty_is_taken_once():
    memory = Memory(network_of(Linear(1)), 2)
    assert memory.take_penalty() == 0.0
    memory.penalty += 2.5
    assert memory.take_penalty() == 2.5
    assert memory.take_penalty() == 0.0


def test_memory_of_repeated_rows():
    weight = np.array([[1.0], [3.0]])
    memory = Memory(network_of(Linear(1)), 2, weight=weight)
    three = memory.repeated(3)
    assert three.rows == 6
    assert three.weight.tolist() == [[1.0]] * 3 + [[3.0]] * 3
    assert three is memory.repeated(3)
    assert three is not memory.repeated(2)
    assert three.grad is memory.grad
    assert three.array("a", "a", 6, 1).shape == (6, 1)
    assert not np.shares_memory(three.array("a", "a", 2, 1), memory.array("a", "a", 2, 1))
    assert Memory(network_of(Linear(1)), 2).repeated(2).weight is None


def test_gradients_of_borrowed_weights_are_added_to_their_owners():
    network = network_of(Linear(3), Tied(2, layer=0))
    workspace = Workspace(network, 4)
    cells = {p: {f: a for f, _, a in workspace.of_layer(p, 4)} for p in ((0,), (1,))}
    assert np.shares_memory(cells[1,]["W"], cells[0,]["W"])
    cells[0,]["dW"][...] = 1.0
    cells[1,]["dW"][...] = np.arange(6.0).reshape(3, 2)
    replay(workspace.bind(list(workspace.tie_calls())))
    assert cells[0,]["dW"].tolist() == (1 + np.arange(6.0).reshape(3, 2).T).tolist()


def cell_of(layer, training=True, **options):
    """Return the cell of a layer behind another one, in 4 rows of at most 5."""
    workspace = Workspace(network_of(Linear(3), layer), 5, training=training, **options)
    return workspace.chain(4).placed[1].cell, workspace


def test_the_arrays_of_a_cell():
    cell, workspace = cell_of(BatchNorm())
    assert cell.position == "1"
    assert cell.ones.tolist() == [1.0] * 4
    assert cell.ones.flags.c_contiguous
    assert [work.shape for work in cell.scratch] == [(4, 3), (4, 3)]
    assert cell.row("mean").shape == (3,)
    assert np.shares_memory(cell.row("mean"), cell.row("mean"))
    assert not np.shares_memory(cell.row("mean"), cell.row("scale"))
    assert cell.array("table", (2, 7)).shape == (2, 7)
    assert cell.array("table", (2, 7)) is cell.array("table", (2, 7))
    number = cell.number("level", np.uint16)
    assert (number.shape, number.dtype, int(number)) == ((), np.dtype(np.uint16), 0)
    assert (cell.rng, cell.full_batch, cell.weight, cell.replayed) == (None, False, None, False)
    names = workspace.names()
    shown = {
        "ones": cell.ones,
        "mean1": cell.row("mean"),
        "gamma1": cell.gamma,
        "dgamma1": cell.dgamma,
    }
    assert {names.show(array) for array in shown.values()} == set(shown)


def test_layers_share_work_arrays_at_prediction():
    def rows_of(training):
        network = network_of(BatchNorm(), BatchNorm())
        placed = Workspace(network, 5, training=training).chain(4).placed
        return [here.cell.row("mean") for here in placed]

    assert np.shares_memory(*rows_of(False))
    assert not np.shares_memory(*rows_of(True))


def test_a_cell_follows_a_schedule():
    cell, workspace = cell_of(Dropout(0.2))
    assert cell.follow(3) == 3.0
    assert type(cell.follow(3)) is float
    scheduled = Scheduled(4.0, Noted())
    found = cell.follow(scheduled)
    assert (found.shape, float(found)) == ((), 0.0)
    assert workspace.scheduled == [(found, scheduled)]


def test_what_a_cell_has_not_is_told():
    cell, _ = cell_of(BatchNorm(), training=False)
    with pytest.raises(AttributeError, match=r"'dgamma'.* Gradients are there in training"):
        _ = cell.dgamma
    with pytest.raises(AttributeError, match=r"no array 'W'.*\['beta', .*'var'\]\.$"):
        _ = cell.W
    assert cell.share == Share(None, 1)
    with pytest.raises(FrozenInstanceError):
        cell.share.n_total = 2
    assert cell.chain is None
    assert {"ones", "row", "rng", "chain", "below"} <= FIELDS
    assert Share(None, 200) == Share(weight=None, n_total=200)

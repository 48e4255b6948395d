"""What each statement means by which the export to ONNX knows what arrays hold."""

import numpy as np
import pytest
from onnx_bench import Bench

from skfnn.export._memory import Memory, Piece, Rows, _addresses, _by_row, _moved, _rows, pairs
from skfnn.export._onnx import Value
from skfnn.parts import Call

pytest.importorskip("skl2onnx")
pytest.importorskip("onnxruntime")


def read(make, n=5, fixed=(), times=1):
    """Write tensors into arrays, those that are fixed as they are, and read the last array.

    ``make(n)`` returns arrays of a program for n rows. It is followed for two and three rows, and
    what the graph then says of n rows has to be what NumPy says.
    """
    two, three, many = make(2), make(3), make(n)
    bench, rng = Bench(), np.random.default_rng(0)
    memory = Memory(bench.graph, zip(two, three, strict=True))
    for i, array in enumerate(two[:-1]):
        if i in fixed:
            memory.write(array, None)
        else:
            many[i][...] = rng.normal(size=many[i].shape)
            memory.write(array, bench.given(many[i].copy()))
    for _ in range(times):
        found = memory.read(two[-1])
    expected = many[-1]
    if isinstance(found, Value):
        result = bench.run(found)
        assert result.shape == expected.shape
    else:
        result = np.broadcast_to(found, expected.shape)
    np.testing.assert_array_equal(result, expected)
    return bench, found


def operators(bench):
    return [node.op_type for node in bench.nodes if node.op_type != "Identity"]


def table(n, k=4, fill=0.0):
    return np.full((n, k), fill)


def turned(n, k=4):
    """Rows are last in memory."""
    return np.zeros((k, n)).T


LAYOUTS = pytest.mark.parametrize("new", [table, turned])


@LAYOUTS
def test_what_was_written_is_read_as_it_is(new):
    bench, found = read(lambda n: [new(n)] * 2)
    assert found.name == "given1"
    assert not operators(bench)


@LAYOUTS
@pytest.mark.parametrize(("view", "operator"), [
    (lambda A: A[:, 1:3], ["Slice"]), (lambda A: A[:, :1], ["Slice"]),
    (lambda A: A[:, 3:], ["Slice"]), (lambda A: A[:, ::-1], ["Gather"]),
    (lambda A: A[:, ::2], ["Gather"]), (lambda A: A[:, 3:0:-2], ["Gather"]),
    (lambda A: A[:, 2], ["Slice", "Reshape"]), (lambda A: A.T, ["Transpose"]),
])  # fmt: skip
def test_some_columns_of_what_was_written(new, view, operator):
    for n in (1, 2, 5):
        bench, _ = read(lambda n: [A := new(n), view(A)], n)
        assert set(operators(bench)) <= {*operator, "Transpose", "Reshape"}
        assert operators(bench).count(operator[0]) == 1


@LAYOUTS
def test_a_part_of_a_part(new):
    read(lambda n: [A := new(n, 6), A[:, 1:5], A[:, 2:6:2]])
    read(lambda n: [(A := new(n, 6))[:, 1:5], A[:, 2:5:2]])
    read(lambda n: [(A := new(n, 6))[:, ::2], A[:, 2::2]])


SHAPES = [
    lambda A: A.reshape(len(A), 3, 4), lambda A: A.reshape(len(A), 2, 2, 3),
    lambda A: A.reshape(len(A), 3, 4).transpose(1, 0, 2),
    lambda A: A.reshape(len(A), 3, 4).transpose(2, 1, 0), lambda A: A.reshape(-1, 3),
    lambda A: A.reshape(-1, 6).T, lambda A: A.reshape(-1), lambda A: A[:, 3],
    lambda A: A.reshape(len(A), 3, 4)[:, :, 1], lambda A: A.reshape(len(A), 3, 4)[:, 2],
    lambda A: A.reshape(len(A), 3, 4)[:, 1:, ::-1].transpose(1, 2, 0),
    lambda A: A.reshape(-1, 4)[:, 1:3], lambda A: A.reshape(-1, 4)[:, 0],
    lambda A: A.reshape(len(A), 12, 1), lambda A: A.reshape(1, len(A), 12),
]  # fmt: skip
SHAPES_OF_TURNED = [
    lambda A: A.T.reshape(3, 4, -1), lambda A: A.T.reshape(3, 4, -1).transpose(2, 0, 1),
    lambda A: A.T.reshape(3, 4, -1).transpose(0, 2, 1), lambda A: A.T.reshape(3, 4, -1)[1],
    lambda A: A.T.reshape(3, 4, -1)[:, ::-1][1:], lambda A: A.T.reshape(2, 3, 2, -1),
    lambda A: A.T.reshape(12, 1, -1), lambda A: A.T[3], lambda A: A.T.reshape(12, -1)[::2],
]  # fmt: skip


@pytest.mark.parametrize("view", SHAPES)
def test_the_same_memory_in_another_shape(view):
    for n in (1, 2, 4):
        read(lambda n: [A := table(n, 12), view(A)], n)


@pytest.mark.parametrize("view", SHAPES)
def test_what_was_written_in_another_shape(view):
    """The other way round: the parts that are not written stay as they were."""
    for n in (1, 2, 4):
        read(lambda n: [view(A := table(n, 12, 7.0)), A], n)
        read(lambda n: [A := table(n, 12), view(A), A[:, 1:]], n)


@pytest.mark.parametrize("view", SHAPES_OF_TURNED)
def test_shapes_of_memory_where_rows_are_last(view):
    for n in (1, 2, 4):
        read(lambda n: [A := turned(n, 12), view(A)], n)
        read(lambda n: [view(A := turned(n, 12)), A], n)
        read(lambda n: [A := turned(n, 12), view(A), A.T[1:]], n)


@pytest.mark.parametrize("first", SHAPES[::3])
@pytest.mark.parametrize("second", SHAPES[1::2])
def test_from_one_shape_into_another(first, second):
    read(lambda n: [first(A := table(n, 12, 3.0)), second(A)], 3)


VIEWS = pytest.mark.parametrize(
    "view", [lambda A: A, lambda A: A.T, lambda A: A[:, 1:], lambda A: A[:, ::-1]]
)


@LAYOUTS
@VIEWS
def test_parts_that_were_written_one_by_one_stand_side_by_side(new, view):
    bench, _ = read(lambda n: [(A := new(n, 6))[:, :2], A[:, 4:], A[:, 2:4], view(A)])
    assert operators(bench).count("Concat") == 1
    read(lambda n: [(A := new(n, 6))[:, ::2], A[:, 1::2], view(A)])


def test_an_axis_of_rows_is_moved_only_where_it_stands_elsewhere():
    bench, _ = read(lambda n: [(A := turned(n).T)[:2], A[2:], A])
    assert operators(bench) == ["Concat"]
    bench, _ = read(lambda n: [A := turned(n).T.reshape(2, 2, n), A.reshape(4, n)[1:3]])
    assert operators(bench) == ["Reshape", "Slice"]
    bench, _ = read(lambda n: [A := table(n), A[:, 2]])
    assert operators(bench) == ["Slice", "Reshape"]


@LAYOUTS
def test_what_was_written_last_counts(new):
    read(lambda n: [A := new(n), A[:, 1:2], A])
    read(lambda n: [A := new(n), A[:, 1:2], A[:, :2]])
    read(lambda n: [(A := new(n))[:, 1:2], A, A[:, 1:3]])
    read(lambda n: [A := new(n), A[:, 1:2], A, A[:, :2]])
    read(lambda n: [A := new(n), A[:, 1:3], A[:, 2:], A[:, :2], A])


def other_values(n, new=table, numbered=False):
    A = new(n)
    A[...] = [1.0, 2.0, 3.0, 4.0]
    if numbered:
        A[:, 3] = np.arange(n)
    return A


@LAYOUTS
@VIEWS
def test_constants_beside_what_depends_on_the_input(new, view):
    for n in (1, 5):
        read(lambda n: [(A := other_values(n, new))[:, 1:2], view(A)], n)
        read(lambda n: [(A := other_values(n, new))[:, ::2], view(A)], n)
        read(lambda n: [A := other_values(n, new), A[:, 1:2], view(A)], n, fixed=[0])


@LAYOUTS
def test_constants_alone_are_one_row_for_all(new):
    bench, found = read(lambda n: [(A := other_values(n, new))[:, 1:2], A[:, 2:]])
    assert found.shape == (1, 2)  # as it is in every row
    assert not operators(bench)


def test_a_constant_over_what_depends_on_the_input():
    (two, three), bench = (other_values(n) for n in (2, 3)), Bench()
    memory = Memory(bench.graph, [(two, three), (two[:, 1:2], three[:, 1:2])])
    given = np.arange(20.0).reshape(5, 4)
    memory.write(two, bench.given(given))
    memory.write(two[:, 1:2], None)
    assert memory.read(two[:, 1:2]).tolist() == [[2]]
    given[:, 1] = 2
    np.testing.assert_array_equal(bench.run(memory.read(two)), given)


@LAYOUTS
def test_constants_that_number_rows_are_refused_where_they_are_read(new):
    with pytest.raises(ValueError, match="numbers rows"):
        read(lambda n: [(A := other_values(n, new, numbered=True))[:, 1:2], A])
    read(lambda n: [(A := other_values(n, new, numbered=True))[:, 1:2], A[:, :3]])
    with pytest.raises(ValueError, match="numbers rows"):
        read(lambda n: [other_values(n, new, numbered=True)])
    with pytest.raises(ValueError, match="numbers rows"):
        read(lambda n: [(A := other_values(n, new, numbered=True))[:, 1:2], A[:, 2:]])


def test_what_is_no_rows_is_a_constant_as_it_stands():
    _, found = read(lambda n: [np.arange(3.0)])
    assert found.tolist() == [0, 1, 2]
    _, found = read(lambda n: [np.arange(6.0).reshape(2, 3)] * 2, fixed=[0])
    assert found.shape == (2, 3)
    _, found = read(lambda n: [A := np.arange(6.0), A[2:]], fixed=[0])
    assert found.tolist() == [2, 3, 4, 5]


def test_nothing_is_read_of_an_array_without_elements():
    assert Memory(None, [(A := table(2, 0), table(3, 0))]).read(A).size == 0


def test_what_is_assembled_once_is_there_the_next_time():
    once, _ = read(lambda n: [A := table(n), A[:, 1:2], A])
    twice, _ = read(lambda n: [A := table(n), A[:, 1:2], A], times=3)
    assert operators(once) == operators(twice)


def test_other_memory_does_not_count():
    bench, _ = read(lambda n: [(A := table(n))[:, :2], table(n), A[:, 2:], table(n, 2), A])
    assert operators(bench) == ["Concat"]


def test_writing_again_forgets_what_was_there():
    bench = Bench()
    A = table(2)
    memory = Memory(bench.graph, [(A, table(3)), (A[:, :1], table(3)[:, :1])])
    first, second = (bench.given(np.full((5, 4), x)) for x in (1.0, 2.0))
    memory.write(A, first)
    memory.write(A, second)
    assert memory.read(A) is second
    assert [piece.value for piece in memory._pieces] == [second]


def diagonal(A):
    """The entry of the first row in the first column, of the second row in the second, ..."""
    return np.lib.stride_tricks.as_strided(A, (len(A), 1), (sum(A.strides), A.strides[1]))


@pytest.mark.parametrize(("make", "words"), [
    (lambda n: [A := table(n), A[::-1]], "from row to row"),
    (lambda n: [A := table(n), diagonal(A)], "from row to row"),
    (lambda n: [(A := table(n + 1))[1:], A[:-1]], "from row to row"),
    (lambda n: [A := table(n), np.broadcast_to(A[0], (n, 4))], "from row to row"),
    (lambda n: [A := table(n), A[0]], "across rows"),
    (lambda n: [A := table(n), A[:1, :2]], "across rows"),
    (lambda n: [A := table(n), A.view(np.int64)], "another type"),
    (lambda n: [A := table(n), A.view(np.int64)[:, 1:]], "another type"),
    (lambda n: [A := table(n), A.view(np.int64)[:, :1]], "another type"),
    (lambda n: [(A := table(n))[:, :2], A.view(np.int64)], "another type"),
    (lambda n: [np.zeros((n, n))], "rows by rows"),
])  # fmt: skip
def test_what_cannot_be_followed_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        read(make)


def test_a_part_of_a_number_is_of_another_type():
    def make(n):
        A = np.zeros((n, 4), np.float32)
        return [A, A.view(np.float64)]

    two, three = make(2), make(3)
    bench = Bench("float32")
    memory = Memory(bench.graph, zip(two, three, strict=True))
    memory.write(two[0], bench.given(two[0]))
    with pytest.raises(ValueError, match="another type"):
        memory.read(two[1])


def test_rows_are_the_axis_that_grows_and_so_many_entries_each():
    assert _rows(np.zeros((2, 3)), np.zeros((3, 3))) == Rows(0, 1)
    assert _rows(np.zeros((3, 4)), np.zeros((3, 6))) == Rows(1, 2)
    assert _rows(np.zeros(10), np.zeros(15)) == Rows(0, 5)
    assert _rows(np.zeros((2, 3)), np.zeros((2, 3))) is None
    assert _rows(np.zeros(()), np.zeros(())) is None
    with pytest.raises(ValueError, match="rows by rows"):
        _rows(np.zeros((2, 1, 2)), np.zeros((3, 1, 3)))


def test_addresses_are_those_of_each_element():
    base = np.zeros((4, 5), np.float32)
    start = base.__array_interface__["data"][0]
    np.testing.assert_array_equal(_addresses(base), start + 4 * np.arange(20).reshape(4, 5))
    np.testing.assert_array_equal(_addresses(base.T), start + 4 * np.arange(20).reshape(4, 5).T)
    np.testing.assert_array_equal(_addresses(base[1:, ::-2]), start + 4 * (
        np.arange(20).reshape(4, 5)[1:, ::-2]))  # fmt: skip
    cube = base.reshape(2, 2, 5)
    np.testing.assert_array_equal(_addresses(cube), start + 4 * np.arange(20).reshape(2, 2, 5))


def test_an_array_by_rows():
    A = np.arange(24).reshape(3, 2, 4)
    np.testing.assert_array_equal(_by_row(A, Rows(1, 1)), [A[:, 0].ravel(), A[:, 1].ravel()])
    np.testing.assert_array_equal(_by_row(A, Rows(2, 2)), [
        [A[i, j, k] for k in (0, 1) for i in range(3) for j in range(2)],
        [A[i, j, k] for k in (2, 3) for i in range(3) for j in range(2)],
    ])  # fmt: skip


def test_a_piece_knows_which_of_its_features_lies_where():
    A = np.zeros((2, 5))
    piece, places = Piece(A[:, 1:4], Rows(0, 1), None), _addresses(A)
    assert piece.find(places).tolist() == [-1, 0, 1, 2, -1]
    assert piece.find(places[:, [3, 1]]).tolist() == [2, 0]
    back = Piece(A[:, 3:0:-1], Rows(0, 1), None)
    assert back.find(places).tolist() == [-1, 2, 1, 0, -1]
    turned = Piece(A.T, Rows(1, 1), None)
    assert turned.find(places).tolist() == [0, 1, 2, 3, 4]
    pairs_of_rows = Piece(A[:, :4].copy().reshape(4, 2), Rows(0, 2), None)
    places = _addresses(pairs_of_rows.array).reshape(2, 4)
    assert pairs_of_rows.find(places).tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="row to row"):
        pairs_of_rows.find(places[::-1])
    with pytest.raises(ValueError, match="row to row"):
        pairs_of_rows.find(places[[0, 0]])
    alone = Piece(A[0], None, None)
    assert alone.find(_addresses(A) + 80).tolist() == [-1] * 5
    with pytest.raises(ValueError, match="row to row"):
        alone.find(_addresses(A))
    with pytest.raises(ValueError, match="row to row"):
        alone.find(_addresses(np.broadcast_to(A[0], (2, 5))))


def test_an_axis_is_moved_to_another_place():
    A = np.arange(24.0).reshape(2, 3, 4)
    for source in range(3):
        for target in range(3):
            bench = Bench()
            given = bench.given(A)
            moved = _moved(bench.graph, given, source, target, 3)
            assert (moved is given) == (source == target)
            np.testing.assert_array_equal(bench.run(moved), np.moveaxis(A, source, target))


def test_two_programs_are_the_same_but_for_rows():
    def program(n, function=np.add):
        X, out = np.zeros((n, 3)), np.ones((n, 3))
        return [Call(function, X, 1.0, out=out), Call(np.negative, out, out=X, where=out > 0)]

    two, three = program(2), program(3)
    found = list(pairs(two, three))
    assert [(len(few), len(many)) for few, many in found] == [(2, 3)] * 5
    assert found[0][0] is two[0].inputs[0]
    assert found[-1][1] is three[1].out
    for wrong in (program(3, np.subtract), program(3)[:1]):
        with pytest.raises(ValueError, match="depend on the number of rows"):
            list(pairs(two, wrong))


@pytest.mark.parametrize("seed", range(20))
def test_any_views_are_followed(seed):
    """Random parts of memory in random shapes are written; any view says what NumPy says."""
    rng = np.random.default_rng(seed)
    new = [table, turned][seed % 2]
    plan = []
    for _ in range(4):
        start, step = int(rng.integers(0, 4)), int(rng.integers(1, 3))
        n, back = 2 * int(rng.integers(1, 4)), bool(rng.random() < 0.4)
        plan.append((start, step, min(n, (12 - start) // step), back, int(rng.integers(4))))

    def view(A, start, step, n, back, form):
        part = A[:, start : start + step * n : step]
        part = part[:, ::-1] if back else part
        if form == 1:
            return part.T
        if form == 2 and n % 2 == 0:
            return part.reshape(len(A), 2, -1) if part.base is None else part.T.reshape(n, -1)
        return part

    def make(n):
        A = new(n, 12)
        A[...] = np.arange(12.0)
        return [view(A, *one) for one in plan] + [A if seed % 5 == 0 else A[:, 1:11]]

    read(make, 1)
    bench = Bench()
    two, three, many = make(2), make(3), make(4)
    memory = Memory(bench.graph, zip(two, three, strict=True))
    for few, more in zip(two[:2], many[:2], strict=True):
        more[...] = rng.normal(size=more.shape)
        memory.write(few, bench.given(more.copy()))
    for few, more in zip(two, many, strict=True):
        found = memory.read(few)
        found = bench.run(found) if isinstance(found, Value) else found
        np.testing.assert_array_equal(np.broadcast_to(found, more.shape), more)

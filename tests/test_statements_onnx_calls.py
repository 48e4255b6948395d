"""What each statement of the export to ONNX means: the forms of NumPy's functions, and columns."""

import numpy as np
import pytest
from onnx_bench import Bench
from scipy import special

from skfnn.export._onnx import FUNCTIONS, _is_elementwise
from skfnn.parts import Call

pytest.importorskip("skl2onnx")
pytest.importorskip("onnxruntime")

ENDS = np.array([-3.0, -1.0, -0.25, 0.0, 0.25, 1.0, 2.5])
POSITIVE = np.array([1e-3, 0.25, 1.0, 2.5, 4.0])
ABOVE_MINUS_1 = np.array([-0.75, -0.125, 0.0, 0.125, 2.5])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("function", "x"),
    [
        (np.negative, ENDS),
        (np.absolute, ENDS),
        (np.reciprocal, POSITIVE),
        (np.sqrt, POSITIVE),
        (np.square, ENDS),
        (np.exp, ENDS),
        (np.expm1, ENDS),
        (np.log, POSITIVE),
        (np.log1p, ABOVE_MINUS_1),
        (np.tanh, ENDS),
        (np.sin, ENDS),
        (np.cos, ENDS),
        (np.sign, ENDS),
        (special.expit, ENDS),
        (special.erf, ENDS),
        (np.copyto, ENDS),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_function_of_one_number_is_numpys(function, x, dtype):
    bench, x = Bench(dtype), x.astype(dtype)
    found = FUNCTIONS[function](bench.graph, bench.given(x))
    expected = x if function is np.copyto else function(x)
    assert found.dtype == dtype
    rtol = 1e-6 if dtype == "float32" or function is special.erf else 1e-12
    np.testing.assert_allclose(bench.run(found), expected, rtol=rtol, atol=1e-7 * (rtol > 1e-9))
    # Runtimes have long had the cosine of single precision only.
    assert bench.count("Cos") == (function is np.cos and dtype == "float32")


A, B = (part.ravel() for part in np.meshgrid(ENDS, ENDS))


@pytest.mark.parametrize("opset", [11, 12, 13, 18])
@pytest.mark.parametrize(
    "function",
    [
        np.add,
        np.subtract,
        np.multiply,
        np.minimum,
        np.maximum,
        np.greater,
        np.less,
        np.less_equal,
        np.copysign,
    ],
    ids=lambda function: function.__name__,
)
def test_a_function_of_two_numbers_is_numpys_at_every_tie(function, opset):
    bench = Bench(opset=opset)
    found = FUNCTIONS[function](bench.graph, bench.given(A), bench.given(B))
    expected = function(A, B)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(bench.run(found), expected)


def test_more_functions_of_two():
    for function, first, second in [
        (np.greater_equal, A, B),
        (np.divide, A, B + 0.1),
        (np.power, np.abs(A), B + 5),
        (np.dot, A.reshape(7, 7), B.reshape(7, 7)),
        (np.matmul, A.reshape(7, 7), B.reshape(7, 7)),
    ]:
        bench = Bench()
        found = FUNCTIONS[function](bench.graph, bench.given(first), bench.given(second))
        np.testing.assert_allclose(bench.run(found), function(first, second), rtol=1e-14)
    first, second = np.array([True, True, False, False]), np.array([True, False, True, False])
    for function in (np.logical_and, np.logical_or):
        bench = Bench()
        found = FUNCTIONS[function](bench.graph, bench.given(first), bench.given(second))
        np.testing.assert_array_equal(bench.run(found), function(first, second))
    bench = Bench()
    found = FUNCTIONS[np.logical_not](bench.graph, bench.given(first))
    np.testing.assert_array_equal(bench.run(found), ~first)


def test_a_rectifier_is_one_node_and_any_other_limit_is_a_maximum():
    for limit, operator in ((0.0, "Relu"), (0.5, "Max"), (-1.0, "Max"), (np.zeros(7), "Max")):
        bench = Bench()
        found = FUNCTIONS[np.maximum](bench.graph, bench.given(ENDS), limit)
        assert [node.op_type for node in bench.nodes] == [operator]
        np.testing.assert_array_equal(bench.run(found), np.maximum(ENDS, limit))


def test_the_sign_of_zero_is_not_below():
    bench = Bench("float32")
    sizes, signs = np.float32([-2, 2, -2]), np.float32([0, -1e-30, 1e-30])
    found = FUNCTIONS[np.copysign](bench.graph, bench.given(sizes), bench.given(signs))
    np.testing.assert_array_equal(bench.run(found), [2, -2, 2])


def test_whole_numbers_stay_whole_however_large():
    large = np.array([2**53 + 1, -(2**53) - 1])
    for function in (np.add, np.subtract, np.multiply):
        bench = Bench()
        found = FUNCTIONS[function](bench.graph, bench.given(large), np.array([3, 2]))
        assert found.dtype == np.int64
        np.testing.assert_array_equal(bench.run(found), function(large, [3, 2]))
        bench = Bench()
        found = FUNCTIONS[function](bench.graph, bench.given(np.array([3, 2])), 0.5)
        assert found.dtype == np.float64
        np.testing.assert_array_equal(bench.run(found), function([3, 2], 0.5))


CUBE = np.random.default_rng(0).uniform(0.5, 2.0, size=(2, 3, 4))


@pytest.mark.parametrize("opset", [11, 12, 13, 17, 18, 20])
@pytest.mark.parametrize(
    "ufunc", [np.add, np.multiply, np.maximum, np.minimum], ids=lambda u: u.__name__
)
def test_reductions_of_some_axes_or_all_with_and_without_them(ufunc, opset):
    for options in ({}, {"axis": 1}, {"axis": 2, "keepdims": True}, {"axis": None},
                    {"axis": None, "keepdims": True}, {"axis": (0, 2)}):  # fmt: skip
        bench = Bench(opset=opset)
        found = FUNCTIONS[ufunc.reduce](bench.graph, bench.given(CUBE), **options)
        expected = ufunc.reduce(CUBE, **options)
        result = bench.run(found)
        assert result.shape == np.shape(expected)
        np.testing.assert_allclose(result, expected, rtol=1e-14)


def test_a_reduction_in_the_graphs_own_type_only():
    bench = Bench("float32")
    given = bench.given(CUBE.astype(np.float32))
    reduce = FUNCTIONS[np.add.reduce]
    np.testing.assert_allclose(
        bench.run(reduce(bench.graph, given, dtype="float32")), CUBE.sum(axis=0), 1e-6
    )
    with pytest.raises(ValueError, match="another dtype"):
        reduce(bench.graph, given, dtype=np.float64)


def test_a_graph_reduces_without_the_axis_unless_told_from_version_18_on():
    for opset in (17, 18):
        bench = Bench(opset=opset)
        mean = bench.graph.reduce("ReduceMean", bench.given(CUBE), 1)
        np.testing.assert_allclose(bench.run(mean), CUBE.mean(axis=1))
        node = next(node for node in bench.nodes if node.op_type == "ReduceMean")
        assert len(node.input) == (1 if opset == 17 else 2)


def test_rows_of_a_table_and_fixed_columns_are_taken():
    take, table = FUNCTIONS[np.take], np.arange(12.0).reshape(4, 3)
    bench = Bench()
    found = take(bench.graph, bench.given(table), [2, 0, 2], axis=1)
    np.testing.assert_array_equal(bench.run(found), table[:, [2, 0, 2]])
    for axis, places in ((0, [-2, 0, 3, 9]), (1, [-2, 0, 2, 9])):
        bench = Bench()
        found = take(bench.graph, table, bench.given(np.array(places)), axis=axis, mode="clip")
        np.testing.assert_array_equal(bench.run(found), table.take(places, axis, mode="clip"))
        bench = Bench()
        found = take(bench.graph, table, bench.given(np.array(places[1:3])), axis=axis)
        np.testing.assert_array_equal(bench.run(found), table.take(places[1:3], axis))
    bench = Bench()
    given, places = bench.given(table), bench.given(np.array([0]))
    for wrong in ((given, [0], 0), (given, places, 1), (given, places, 0), (table, places, None),
                  (table, [0], None)):  # fmt: skip
        with pytest.raises(ValueError, match="taken in ONNX"):
            take(bench.graph, *wrong)


def test_a_cast_is_a_node_only_where_the_type_or_the_name_is_another():
    bench = Bench()
    given = bench.given(np.array([1.75, 0.0, -2.0]))
    assert bench.graph.cast(given, np.float64) is given
    assert not bench.nodes
    named = bench.graph.cast(given, np.float64, "result")
    assert named == ("result", np.float64)
    np.testing.assert_array_equal(bench.run(named), [1.75, 0, -2])
    whole = bench.graph.cast(given, np.int64)
    assert whole.dtype == np.int64
    np.testing.assert_array_equal(bench.run(whole), [1, 0, -2])
    np.testing.assert_array_equal(bench.run(bench.graph.cast(given, bool)), [True, False, True])
    constant = bench.graph.cast([1.5, 2.5], np.int64)
    assert constant.dtype == np.int64
    assert constant.tolist() == [1, 2]


def test_constants_of_text_and_of_numbers():
    bench = Bench()
    code = bench.given(np.array([1, 0, 1]))
    words = np.array(["yes", "größe"], dtype=object)
    found = bench.graph.node("Gather", words, code, dtype=object, axis=0)
    assert bench.run(found).tolist() == ["größe", "yes", "größe"]
    found = bench.graph.node("Gather", np.array(["ab", "c"]), code, dtype=object, axis=0)
    assert bench.run(found).tolist() == ["c", "ab", "c"]
    found = bench.graph.node("Gather", np.array([2.5, 7]), code, axis=0)
    assert bench.run(found).tolist() == [7, 2.5, 7]


def test_what_works_on_single_elements():
    assert _is_elementwise(np.copyto)
    assert _is_elementwise(np.add)
    assert not _is_elementwise(np.matmul)  # of rows and columns
    assert not _is_elementwise(np.dot)
    assert not _is_elementwise(np.add.reduce)


class _Given:
    """A memory where some arrays hold tensors, and none has rows in another place than first."""

    def __init__(self, tensors):
        self.tensors, self.written = tensors, []

    def read(self, array):
        return next((value for held, value in self.tensors if held is array), array)

    def rows(self, array):
        from skfnn.export._memory import Rows

        return Rows(0, 1)

    def write(self, array, value):
        self.written.append((array, value))


def follow(call, given, dtype="float64"):
    """What a call writes, where some arrays are inputs of a graph, and the memory."""
    bench = Bench(dtype)
    memory = _Given([(array, bench.given(array)) for array in given])
    bench.graph._follow(call, memory)
    (written,) = memory.written
    return bench, written


def test_a_call_that_depends_on_nothing_is_run():
    out = np.zeros(3)
    bench, (array, value) = follow(Call(np.add, ENDS[:3], 1.0, out=out), [])
    assert array is out
    assert value is None
    np.testing.assert_array_equal(out, ENDS[:3] + 1)
    assert not bench.nodes


def test_a_call_that_depends_on_the_input_is_a_node():
    x, out = ENDS.reshape(-1, 1), np.zeros((7, 1))
    bench, (_, value) = follow(Call(np.add, x, 1.0, out=out), [x])
    np.testing.assert_array_equal(bench.run(value), x + 1)
    assert not out.any()


def test_elsewhere_than_where_what_was_written_stays():
    x, where = ENDS.reshape(-1, 1), np.arange(7).reshape(-1, 1) % 2 == 0
    old = np.full((7, 1), 9.0)
    for given in ([x], [where], [old], [x, where, old]):
        call = Call(np.multiply, x, 2.0, out=old, where=where)
        bench, (_, value) = follow(call, given)
        np.testing.assert_array_equal(bench.run(value), np.where(where, 2 * x, 9))
    whole = np.full((7, 1), 2**53 + 1)
    more = np.arange(7).reshape(-1, 1)
    call = Call(np.add, more, more, out=whole, where=where)
    bench, (_, value) = follow(call, [more, where])
    assert value.dtype == np.int64
    np.testing.assert_array_equal(bench.run(value), np.where(where, 2 * more, whole))


def test_one_column_into_several_is_spread():
    x, out = ENDS.reshape(-1, 1), np.zeros((7, 3))
    bench, (_, value) = follow(Call(np.copyto, x, out=out), [x])
    bench.feeds = {name: given[2:] for name, given in bench.feeds.items()}  # of other rows, too
    np.testing.assert_array_equal(bench.run(value), np.broadcast_to(x[2:], (5, 3)))
    bench, (_, value) = follow(Call(np.add, x, np.arange(3.0), out=out), [x])
    assert bench.count("Expand") == 0  # the sum is as wide as what is written
    np.testing.assert_array_equal(bench.run(value), x + np.arange(3.0))


def test_what_is_written_has_the_type_of_its_array():
    x, out = ENDS.reshape(-1, 1), np.zeros((7, 1), np.int64)
    bench, (_, value) = follow(Call(np.copyto, x, out=out, casting="unsafe"), [x])
    assert value.dtype == np.int64
    np.testing.assert_array_equal(bench.run(value), x.astype(int))


def test_a_call_that_writes_two_arrays_or_is_unknown_has_no_form():
    x, out = ENDS.reshape(-1, 1), np.zeros((7, 1))
    with pytest.raises(ValueError, match="modf has no ONNX form"):
        follow(Call(np.modf, x, out=(out, out.copy())), [x])
    with pytest.raises(ValueError, match="arctan has no ONNX form"):
        follow(Call(np.arctan, x, out=out), [x])
    with pytest.raises(ValueError, match=r"1 inputs and the options none"):
        follow(Call(np.less_equal, x, out=np.zeros((7, 1), bool)), [x])
    with pytest.raises(ValueError, match=r"1 inputs and the options \['initial'\]"):
        follow(Call(np.add.reduce, x, out=out, initial=1.0), [x])

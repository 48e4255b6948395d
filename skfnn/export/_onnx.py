"""ONNX: the network's program, call by call, as nodes of a graph.

Layers and activations need no ONNX form of their own. Prediction is a list of NumPy calls on
buffers; :class:`Graph` follows it and writes each call that depends on the input as an ONNX node,
by the one table of this module, from NumPy functions to operators. The others (such as those that
prepare batch normalisation's scale) are run, and their results become constants.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from .._engine.network.network import Network
from .._engine.program.calls import bind, function_name, replay
from .._engine.program.workspace import Workspace
from .._estimators.autoencoder import FNNAutoencoder, encoder
from .._estimators.classifier import FNNClassifier
from .._estimators.fitted import state_of
from .._estimators.folding import link_of
from .._estimators.regressor import FNNRegressor
from .._estimators.uncertainty import refuse_moderated
from ..preprocessing._flatten import Flatten
from ._memory import ROWS, Memory, pairs

# Options of calls that concern NumPy's memory, not the result.
IGNORED = frozenset({"casting", "order", "subok"})
WHOLE = np.dtype(np.int64)


class Value(NamedTuple):
    """A tensor of the graph."""

    name: str
    dtype: np.dtype


class Graph:
    """An ONNX graph under construction.

    Parameters
    ----------
    scope, container : Scope, ModelComponentContainer
        Where skl2onnx collects names and nodes.
    dtype : dtype
        float32 or float64, of all numbers in it.
    """

    def __init__(self, scope: Any, container: Any, dtype: np.dtype) -> None:
        from onnx import helper

        self.scope, self.container, self.dtype = scope, container, np.dtype(dtype)
        self.opset: int = container.target_opset
        self._proto = helper.np_dtype_to_tensor_dtype

    def node(self, operator: str, *inputs: Any, dtype: Any = None, out: str = "",
             **attributes: Any) -> Value:  # fmt: skip
        """Add a node.

        Parameters
        ----------
        operator : str
            Its ONNX type.
        *inputs : Value or array-like
            Tensors of the graph, and constants.
        dtype : dtype, optional
            That of the result, where it is not the graph's.
        out : str, optional
            The name of the result.
        **attributes
            The operator's attributes.
        """
        out = out or self.scope.get_unique_variable_name(operator.lower())
        names = [self._name(value) for value in inputs]
        unique = self.scope.get_unique_operator_name(operator)
        self.container.add_node(operator, names, out, name=unique, **attributes)
        return Value(out, np.dtype(dtype or self.dtype))

    def _name(self, value):
        if isinstance(value, Value):
            return value.name
        from onnx import numpy_helper

        array = np.asarray(value)
        name = self.scope.get_unique_variable_name("constant")
        if array.dtype.kind in "OU":
            flat = [s.encode() for s in array.ravel()]
            self.container.add_initializer(name, self._proto(np.dtype(object)), array.shape, flat)
        else:
            tensor = numpy_helper.from_array(array)
            self.container.add_initializer(name, tensor.data_type, array.shape, tensor)
        return name

    def cast(self, value: Any, dtype: Any, out: str = "") -> Any:
        """Return a tensor or constant in another dtype."""
        if not isinstance(value, Value):
            return np.asarray(value, dtype)
        if value.dtype == dtype and not out:
            return value
        return self.node("Cast", value, dtype=dtype, out=out, to=self._proto(np.dtype(dtype)))

    def reduce(self, operator: str, value: Any, axis: Any, since: int = 18,
               keepdims: bool = False) -> Value:  # fmt: skip
        """Add a node that reduces axes, which became an input with a version of ONNX."""
        axes = np.atleast_1d(np.asarray(axis, np.int64))
        options: dict[str, Any] = {"keepdims": int(keepdims)}
        if self.opset >= since:
            return self.node(operator, value, axes, dtype=value.dtype, **options)
        return self.node(operator, value, dtype=value.dtype, axes=axes.tolist(), **options)

    def numbers(self, *values: Any) -> list[Any]:
        """Return tensors or constants in the graph's dtype."""
        return [self.cast(value, self.dtype) for value in values]

    # ------------------------------------------------------------------ following a program

    def network(self, network: Network, X: Value) -> Value:
        """Add the nodes that compute a network's raw scores."""
        (batch, calls, Y), (batch_3, calls_3, Y_3) = (
            self._program(network, rows) for rows in (ROWS, ROWS + 1)
        )
        arrays = [(batch, batch_3), *pairs(calls, calls_3), (Y, Y_3)]
        memory = Memory(self, arrays)
        memory.write(batch, X)
        for call in calls:
            try:
                self._follow(call, memory)
            except ValueError as error:
                raise ValueError(f"{call.origin}: {error}") from error
        raw = memory.read(Y)
        if not isinstance(raw, Value):
            raise ValueError("The network's output does not depend on its input.")
        return raw

    def _program(self, network, rows):
        """Return the input of a network's program, its calls and its output."""
        workspace = Workspace(network, rows, training=False, dtype=self.dtype)
        chain = workspace.chain(rows)
        batch = workspace.array("X", "X", rows, network.n_inputs)
        return batch, list(chain.forward(batch, False)), chain.Y

    def _follow(self, call, memory):
        values = [memory.read(a) if isinstance(a, np.ndarray) else a for a in call.inputs]
        options = dict(call.options)
        where = options.pop("where", None)
        old = None
        if where is not None:  # elsewhere, what is written stays as it was
            where, old = memory.read(where), memory.read(call.out)
        if not any(isinstance(value, Value) for value in (*values, where, old)):
            replay(bind([call], self.dtype))
            for output in call.outputs:
                memory.write(output, None)
            return
        result = self._apply(call, values, options)
        if where is not None:
            numbers = WHOLE if call.out.dtype.kind == "i" else self.dtype
            chosen = self.cast(where, bool), self.cast(result, numbers), self.cast(old, numbers)
            result = self.node("Where", *chosen, dtype=numbers)
        elif _is_elementwise(call.function):
            result = self._widened(call, result, memory)
        memory.write(call.out, self.cast(result, call.out.dtype))

    def _widened(self, call, result, memory):
        """Return the result of a call on single elements in the shape of what it is written to."""
        if np.broadcast_shapes(*map(np.shape, call.inputs)) == call.out.shape:
            return result
        shape, rows = list(call.out.shape), memory.rows(call.out)
        if rows is not None:
            shape[rows.axis] = 1  # stays as it is
        return self.node("Expand", result, np.array(shape), dtype=result.dtype)

    def _apply(self, call, values, options):
        """Return the result of a call on tensors."""
        name = function_name(call.function)
        form = FUNCTIONS.get(call.function)
        if form is None or isinstance(call.out, tuple):
            raise ValueError(
                f"{name} has no ONNX form. Register one with skfnn.export.register_onnx_function."
            )
        try:
            return form(self, *values, **{k: v for k, v in options.items() if k not in IGNORED})
        except TypeError as error:
            raise ValueError(
                f"The ONNX form of {name} does not take what it is called with, "
                f"{len(values)} inputs and the options {sorted(options) or 'none'}: {error}"
            ) from error


def _is_elementwise(function):
    return function is np.copyto or (isinstance(function, np.ufunc) and function.signature is None)


def arithmetic(operator: str) -> Callable[..., Value]:
    """Return the form of a function that is one operator on numbers."""
    return lambda graph, *inputs: graph.node(operator, *graph.numbers(*inputs))


def _of_wholes(operator):
    """Return the form of a function that makes whole numbers of such, however large."""

    def form(graph, *inputs):
        if all(
            (v.dtype if isinstance(v, Value) else np.asarray(v).dtype).kind == "i" for v in inputs
        ):
            return graph.node(operator, *(graph.cast(v, WHOLE) for v in inputs), dtype=WHOLE)
        return graph.node(operator, *graph.numbers(*inputs))

    return form


def _comparison(operator):
    return lambda graph, *inputs: graph.node(operator, *graph.numbers(*inputs), dtype=bool)


def _logical(operator):
    return lambda graph, *inputs: graph.node(
        operator, *(graph.cast(value, bool) for value in inputs), dtype=bool
    )


def _maximum(graph, a, b):
    rectifier = isinstance(b, float) and b == 0.0
    return graph.node("Relu", a) if rectifier else graph.node("Max", *graph.numbers(a, b))


def _copysign(graph, size, sign):
    size, sign = graph.numbers(size, sign)
    size = graph.node("Abs", size)
    below = graph.node("Less", sign, graph.dtype.type(0), dtype=bool)
    return graph.node("Where", below, graph.node("Neg", size), size)


def _square(graph, x):
    (x,) = graph.numbers(x)
    return graph.node("Mul", x, x)


def _expm1(graph, x):
    one = graph.dtype.type(1)
    return graph.node("Sub", graph.node("Exp", x), one)


def _log1p(graph, x):
    one = graph.dtype.type(1)
    return graph.node("Log", graph.node("Add", x, one))


def _cos(graph, x):
    if graph.dtype == np.float32:
        return graph.node("Cos", x)
    # onnxruntime up to 1.23 has the cosine of float32 only.
    return graph.node("Sin", graph.node("Add", x, graph.dtype.type(np.pi / 2)))


def _erf(graph, x):
    # onnxruntime has it for float32 only: seven digits, for float64 too.
    narrow = graph.node("Erf", graph.cast(x, np.float32), dtype=np.float32)
    return graph.cast(narrow, graph.dtype)


def _less_equal(graph, a, b):
    if graph.opset >= 12:
        return _comparison("LessOrEqual")(graph, a, b)
    return graph.node("Or", *(_comparison(o)(graph, a, b) for o in ("Less", "Equal")), dtype=bool)


def _take(graph, array, indices, axis=None, mode="raise"):
    if isinstance(array, Value) and axis == 1 and not isinstance(indices, Value):
        return graph.node("Gather", array, np.asarray(indices, WHOLE), dtype=array.dtype, axis=1)
    if isinstance(array, Value) or axis is None:
        raise ValueError(
            "What can be taken in ONNX are rows or columns of a constant array, and fixed columns."
        )
    if mode == "clip":  # in double precision: ONNX had it for whole numbers only later
        wide = graph.cast(indices, np.float64)
        wide = graph.node("Max", wide, np.float64(0), dtype=np.float64)
        wide = graph.node("Min", wide, np.float64(array.shape[axis] - 1), dtype=np.float64)
        indices = graph.cast(wide, WHOLE)
    return graph.node("Gather", array, indices, dtype=array.dtype, axis=axis)


def _reduction(operator, axes_as_input_since):
    """Return the form of a reduction; its axes became an input with a version of ONNX."""

    def form(graph, x, axis=0, keepdims=False, dtype=None):
        if dtype is not None and np.dtype(dtype) != graph.dtype:
            raise ValueError("A reduction in another dtype has no ONNX form.")
        (x,) = graph.numbers(x)
        if axis is None:
            return graph.node(operator, x, keepdims=int(keepdims))
        return graph.reduce(operator, x, axis, axes_as_input_since, keepdims)

    return form


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.copyto: lambda graph, source: source,
    np.dot: arithmetic("MatMul"),
    np.matmul: arithmetic("MatMul"),
    np.take: _take,
    np.add: _of_wholes("Add"),
    np.subtract: _of_wholes("Sub"),
    np.multiply: _of_wholes("Mul"),
    np.divide: arithmetic("Div"),
    np.negative: arithmetic("Neg"),
    np.absolute: arithmetic("Abs"),
    np.reciprocal: arithmetic("Reciprocal"),
    np.sqrt: arithmetic("Sqrt"),
    np.square: _square,
    np.power: arithmetic("Pow"),
    np.exp: arithmetic("Exp"),
    np.expm1: _expm1,
    np.log: arithmetic("Log"),
    np.log1p: _log1p,
    np.tanh: arithmetic("Tanh"),
    np.sin: arithmetic("Sin"),
    np.cos: _cos,
    np.sign: arithmetic("Sign"),
    np.copysign: _copysign,
    np.minimum: arithmetic("Min"),
    np.maximum: _maximum,
    np.greater: _comparison("Greater"),
    np.greater_equal: _comparison("GreaterOrEqual"),
    np.less: _comparison("Less"),
    np.less_equal: _less_equal,
    np.logical_and: _logical("And"),
    np.logical_or: _logical("Or"),
    np.logical_not: _logical("Not"),
    np.add.reduce: _reduction("ReduceSum", 13),
    np.multiply.reduce: _reduction("ReduceProd", 18),
    np.maximum.reduce: _reduction("ReduceMax", 18),
    np.minimum.reduce: _reduction("ReduceMin", 18),
    special.expit: arithmetic("Sigmoid"),
    special.erf: _erf,
}


def _start(scope, operator, container):
    """Return (graph, input as numbers in two dimensions) for an operator of skl2onnx's topology."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    (given,) = operator.inputs
    double = isinstance(given.type, DoubleTensorType)
    graph = Graph(scope, container, np.dtype(np.float64 if double else np.float32))
    X = Value(given.full_name, graph.dtype)
    if not double and not isinstance(given.type, FloatTensorType):
        X = graph.cast(Value(given.full_name, np.dtype(np.int64)), graph.dtype)
    if len(given.type.shape) > 2:
        X = graph.node("Flatten", X, axis=1)
    return graph, X


def _numbers_shape(operator, width, output=0):
    """Set the type of an output of an operator to (rows, width) numbers."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    (given,) = operator.inputs
    kind = DoubleTensorType if isinstance(given.type, DoubleTensorType) else FloatTensorType
    operator.outputs[output].set_type(kind([given.get_first_dimension(), width]))


def _classifier_shapes(operator):
    from skl2onnx.common.data_types import Int64TensorType
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes

    calculate_linear_classifier_output_shapes(operator)
    target = state_of(operator.raw_operator).target
    _numbers_shape(operator, len(target.classes), 1)  # in the precision of the step before
    if target.columns:
        rows = operator.inputs[0].get_first_dimension()
        operator.outputs[0].set_type(Int64TensorType([rows, target.n_outputs]))


def _convert_classifier(scope, operator, container):
    model, (label, probabilities) = operator.raw_operator, operator.outputs
    refuse_moderated(model)
    fitted = state_of(model)
    target, loss = fitted.target, fitted.loss
    options = container.get_options(model, {"raw_scores": False, "nocl": False})
    graph, X = _start(scope, operator, container)
    scores = graph.network(fitted.network, X)
    if target.kind == "binary" and len(target.classes) == 2:
        scores = graph.node("Concat", graph.node("Neg", scores), scores, axis=1)
    classes = np.arange(len(target.classes)) if options["nocl"] else target.classes
    if classes.dtype.kind not in "OU":
        classes = classes.astype(np.int64)  # skl2onnx has labels as strings or as int64
    _add_labels(graph, target, scores, classes, label.full_name)
    if len(target.classes) == 1:
        _add_certainty(graph, scores, probabilities.full_name)
    elif options["raw_scores"] or not loss.probabilistic:
        graph.node("Identity", scores, out=probabilities.full_name)
    else:
        _add_link(graph, loss, scores, probabilities.full_name)


def _add_labels(graph, target, scores, classes, out):
    """Add the nodes of ``target.decode(target.decide(scores))``."""
    if target.kind == "multilabel":
        graph.cast(graph.node("Greater", scores, graph.dtype.type(0), dtype=bool), np.int64, out)
        return
    keepdims = int(target.columns)
    code = graph.node("ArgMax", scores, dtype=np.int64, axis=1, keepdims=keepdims)
    if target.columns:
        graph.cast(graph.node("Equal", code, classes, dtype=bool), np.int64, out)
    else:
        graph.node("Gather", classes, code, dtype=classes.dtype, out=out, axis=0)


def _add_certainty(graph, scores, out):
    """Add the nodes of ones, one per row: the probability of an only class."""
    nothing = graph.node("Sub", scores, scores)
    graph.cast(graph.node("Equal", nothing, graph.dtype.type(0), dtype=bool), graph.dtype, out)


def _add_link(graph, loss, scores, out):
    """Add the node of ``loss.predict(scores)``."""
    link_of(loss).onnx(graph, scores, out)


def _regressor_shapes(operator):
    _numbers_shape(operator, state_of(operator.raw_operator).target.n_outputs)


def _convert_regressor(scope, operator, container):
    refuse_moderated(operator.raw_operator)
    fitted = state_of(operator.raw_operator)
    graph, X = _start(scope, operator, container)
    raw = graph.network(fitted.network, X)
    if fitted.loss.parameters > 1:  # of a distribution, what predict returns
        raw = graph.node("Gather", raw, np.arange(fitted.target.n_outputs), axis=1)
    _add_link(graph, fitted.loss, raw, operator.outputs[0].full_name)


def _encoder_shapes(operator):
    _numbers_shape(operator, encoder(state_of(operator.raw_operator)).n_outputs)


def _convert_encoder(scope, operator, container):
    graph, X = _start(scope, operator, container)
    code = graph.network(encoder(state_of(operator.raw_operator)), X)
    graph.node("Identity", code, out=operator.outputs[0].full_name)


def _flatten_shapes(operator):
    _numbers_shape(operator, operator.raw_operator.n_features_in_)


def _convert_flatten(scope, operator, container):
    graph, X = _start(scope, operator, container)
    graph.node("Identity", X, out=operator.outputs[0].full_name)


CONVERTERS: dict[type, tuple[Callable, Callable, dict | None]] = {
    FNNClassifier: (
        _classifier_shapes,
        _convert_classifier,
        {
            "zipmap": [True, False, "columns"],
            "output_class_labels": [False, True],
            "nocl": [True, False],
            "raw_scores": [True, False],
        },
    ),
    FNNRegressor: (_regressor_shapes, _convert_regressor, None),
    FNNAutoencoder: (_encoder_shapes, _convert_encoder, None),
    Flatten: (_flatten_shapes, _convert_flatten, None),
}

"""ONNX: the estimators for tables, from raw columns to the mean of the members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._estimators.fitted import state_of
from .._estimators.folding import link_of
from .._estimators.offsets import refuse_offset
from ..preprocessing import TabularEncoder
from ..tabular import (
    NetworkPredictor,
    SmallPredictor,
    TabularFNNClassifier,
    TabularFNNRegressor,
    TreesPredictor,
)
from . import _columns
from ._onnx import Graph, Value
from ._trees import raw_of_trees

DOUBLE, SINGLE, WHOLE = np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.int64)


def encoder_of(model: Any) -> TabularEncoder | None:
    """Return the encoder that a fitted model takes raw columns by; None if it takes none."""
    while not isinstance(model, TabularEncoder):
        if isinstance(model, Pipeline):
            steps = [step for _, step in model.steps if step not in (None, "passthrough")]
            model = steps[0] if steps else None
        elif isinstance(model, (TabularFNNClassifier, TabularFNNRegressor)):
            check_is_fitted(model)
            model = model.encoder_
        elif hasattr(model, "best_estimator_"):  # of a search
            model = model.best_estimator_
        else:
            return None
    check_is_fitted(model)
    return model


def to_onnx(model: Any, encoder: TabularEncoder, **options: Any) -> Any:
    """Return a fitted model as ONNX, with an input for each column of its encoder."""
    import skl2onnx
    from skl2onnx.common.data_types import DoubleTensorType, StringTensorType

    types = {_columns.NUMBERS: DoubleTensorType, _columns.TEXT: StringTensorType}
    needed = [given for given in _columns.inputs(encoder) if given is not None]
    initial_types = [(name, types[dtype]([None, 1])) for name, dtype in needed]
    onnx = skl2onnx.to_onnx(model, initial_types=initial_types, **options)
    _rename_inputs(onnx.graph, [name for name, _ in needed])
    return onnx


def _rename_inputs(graph, names):
    """Give inputs the names of columns, which skl2onnx has changed to words of ASCII letters."""
    taken = {output for node in graph.node for output in node.output}
    new = {}
    for given, name in zip(graph.input, names, strict=True):
        while name in taken:
            name += "_"
        taken.add(name)
        new[given.name] = given.name = name
    for node in graph.node:
        node.input[:] = [new.get(name, name) for name in node.input]


def _start(scope, operator, container):
    """Return (graph in double precision, raw scores of each member in it)."""
    fitted = state_of(operator.raw_operator)
    refuse_offset(fitted)
    graph = Graph(scope, container, DOUBLE)
    A = _columns.encoded(graph, fitted.encoder, _given(graph, operator))
    views: dict[int, Value] = {}
    raws = []
    for predictor in fitted.predictors:
        columns = predictor.columns
        if not isinstance(predictor, (NetworkPredictor, SmallPredictor, TreesPredictor)):
            raise ValueError(
                f"{predictor.model!r} of blend has no ONNX form here: export a model with "
                "blend='trees' or None."
            )
        if id(columns) not in views:
            views[id(columns)] = columns.onnx(graph, A)
        rows = views[id(columns)]
        if isinstance(predictor, TreesPredictor):
            raws.append(raw_of_trees(graph, predictor, rows))
        elif isinstance(predictor, SmallPredictor):
            raws.append(_means(graph, fitted, predictor, rows))
        else:
            raws.append(_raw(graph, fitted, predictor.network, rows))
    return graph, raws


def _given(graph, operator):
    """Return the inputs of an operator, one per column."""
    columns = []
    for given in operator.inputs:
        value, width = Value(given.full_name, _dtype(given.type)), given.type.shape[1]
        if width == 1:
            columns.append(value)
        else:
            columns += [graph.node("Gather", value, np.array([j]), dtype=value.dtype, axis=1)
                        for j in range(width)]  # fmt: skip
    return columns


def _dtype(kind):
    from skl2onnx.common import data_types as of

    dtypes = {of.DoubleTensorType: DOUBLE, of.FloatTensorType: SINGLE, of.Int64TensorType: WHOLE,
              of.BooleanTensorType: np.dtype(bool), of.StringTensorType: _columns.TEXT}  # fmt: skip
    return dtypes[type(kind)]


def _means(graph, fitted, predictor, rows):
    """Return the means that a small network predicts, without their spread."""
    raw = graph.network(predictor.network, rows)
    return graph.node("Gather", raw, np.arange(fitted.target.n_outputs), axis=1)


def _raw(graph, fitted, network, A):
    """Return a member's raw scores, those that say what it predicts."""
    single = Graph(graph.scope, graph.container, A.dtype)
    raw = graph.cast(single.network(network, A), DOUBLE)
    loss, k = fitted.loss, fitted.target.n_outputs
    n_scores = loss.n_scores(k)
    n_inner = network.n_outputs // n_scores
    if n_inner > 1:
        raw = graph.node("Reshape", raw, np.array([-1, n_inner, n_scores]))
    if n_scores > k:  # the other parameters of a distribution
        raw = graph.node("Gather", raw, np.arange(k), axis=1 + (n_inner > 1))
    return loss.link.onnx_pooled(graph, raw, n_inner) if n_inner > 1 else raw


def _inverse(graph, link, scores):
    """Return predictions of raw scores."""
    out = graph.scope.get_unique_variable_name("predicted")
    link.onnx(graph, scores, out)
    return Value(out, scores.dtype)


def _mean(graph, fitted, predictions):
    """Return the mean of the members' predictions, each as often as the member counts."""
    weights = fitted.weights
    terms = [
        prediction if weight == 1 else graph.node("Mul", prediction, np.float64(weight))
        for prediction, weight in zip(predictions, weights, strict=True)
    ]
    return graph.node("Div", graph.node("Sum", *terms), np.float64(sum(weights)))


def _sharpened(graph, fitted, p):
    """Return probabilities to the power of ``sharpening_``, which again sum to one."""
    exponent = np.float64(fitted.sharpening)
    if exponent == 1:
        return p
    sharp = graph.node("Pow", p, exponent)
    if fitted.target.kind == "multilabel":
        rest = graph.node("Pow", graph.node("Sub", np.float64(1), p), exponent)
        return graph.node("Div", sharp, graph.node("Add", sharp, rest))
    total = graph.reduce("ReduceSum", sharp, 1, since=13, keepdims=True)
    return graph.node("Div", sharp, total)


def _scaled(graph, scaling, p):
    """Return probabilities mended by a ClassScaling, None for none."""
    if scaling is None:
        return p
    logs = graph.node("Log", graph.node("Max", p, np.float64(scaling.smallest)))
    mean = graph.reduce("ReduceMean", logs, 1, since=18, keepdims=True)
    moved = graph.node("MatMul", graph.node("Sub", logs, mean), scaling.weights)
    moved = graph.node("Add", moved, scaling.shift)
    most = graph.reduce("ReduceMax", moved, 1, since=18, keepdims=True)
    scaled = graph.node("Mul", p, graph.node("Exp", graph.node("Sub", moved, most)))
    total = graph.reduce("ReduceSum", scaled, 1, since=13, keepdims=True)
    return graph.node("Div", scaled, total)


def _classifier_shapes(operator):
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    model = operator.raw_operator
    label, probabilities = operator.outputs
    target, rows = state_of(model).target, operator.inputs[0].get_first_dimension()
    nocl = operator.scope_inst.get_options(model, {"nocl": False})["nocl"]
    is_text = target.classes.dtype.kind in "OU" and not nocl
    kind = StringTensorType if is_text else Int64TensorType
    label.set_type(kind([rows, target.n_outputs] if target.columns else [rows]))
    probabilities.set_type(FloatTensorType([rows, len(target.classes)]))


def _convert_classifier(scope, operator, container):
    model, (label, probabilities) = operator.raw_operator, operator.outputs
    graph, raws = _start(scope, operator, container)
    fitted = state_of(model)
    target, link = fitted.target, link_of(fitted.loss)
    options = container.get_options(model, {"nocl": False})
    found = []
    for raw, temperature in zip(raws, fitted.temperatures, strict=True):
        scores = graph.node("Div", raw, np.float64(temperature))
        if target.kind == "binary":
            scores = graph.node("Concat", graph.node("Neg", scores), scores, axis=1)
        found.append(_inverse(graph, link, scores))
    p = _scaled(graph, fitted.scaling, _sharpened(graph, fitted, _mean(graph, fitted, found)))
    if len(target.classes) == 1:  # whose probability is 1, of every row
        p = graph.node("Gather", p, np.array([0]), axis=1)
        p = graph.cast(graph.node("Equal", p, p, dtype=bool), DOUBLE)
    graph.cast(p, SINGLE, probabilities.full_name)
    if target.columns:
        graph.cast(graph.node("Greater", p, np.float64(0.5), dtype=bool), WHOLE, label.full_name)
        return
    classes = np.arange(len(target.classes)) if options["nocl"] else target.classes
    if classes.dtype.kind not in "OU":
        classes = classes.astype(WHOLE)  # skl2onnx has labels as strings or as int64
    code = graph.node("ArgMax", p, dtype=WHOLE, axis=1, keepdims=0)
    graph.node("Gather", classes, code, dtype=classes.dtype, out=label.full_name, axis=0)


def _regressor_shapes(operator):
    from skl2onnx.common.data_types import DoubleTensorType

    rows = operator.inputs[0].get_first_dimension()
    operator.outputs[0].set_type(DoubleTensorType([rows, operator.raw_operator.n_outputs_]))


def _convert_regressor(scope, operator, container):
    fitted = state_of(operator.raw_operator)
    graph, raws = _start(scope, operator, container)
    link, scale = link_of(fitted.loss), fitted.scale
    found = []
    for raw in raws:
        number = graph.node("Mul", _inverse(graph, link, raw), scale.spread)
        number = graph.node("Add", number, scale.shift)
        found.append(graph.node("Min", graph.node("Max", number, scale.low), scale.high))
    graph.node("Identity", _mean(graph, fitted, found), out=operator.outputs[0].full_name)


def _encoder_shapes(operator):
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    encoder = operator.raw_operator
    kind = FloatTensorType if encoder.dtype == "float32" else DoubleTensorType
    shape = [operator.inputs[0].get_first_dimension(), len(encoder.get_feature_names_out())]
    operator.outputs[0].set_type(kind(shape))


def _convert_encoder(scope, operator, container):
    graph = Graph(scope, container, DOUBLE)
    A = _columns.encoded(graph, operator.raw_operator, _given(graph, operator))
    graph.node("Identity", A, out=operator.outputs[0].full_name)


CONVERTERS: dict[type, tuple[Callable, Callable, dict | None]] = {
    TabularFNNClassifier: (
        _classifier_shapes,
        _convert_classifier,
        {
            "zipmap": [True, False],
            "output_class_labels": [False, True],
            "nocl": [True, False],
        },
    ),
    TabularFNNRegressor: (_regressor_shapes, _convert_regressor, None),
    TabularEncoder: (_encoder_shapes, _convert_encoder, None),
}

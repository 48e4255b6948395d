"""What each statement means of tables and trees as ONNX."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from onnx_bench import Bench
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skfnn import FNNRegressor, TabularFNNClassifier, TabularFNNRegressor
from skfnn._estimators.fitted import state_of
from skfnn.export import _tables
from skfnn.export._trees import _ensemble, _taken, raw_of_trees
from skfnn.layers import Dense, SharedEnsemble
from skfnn.preprocessing import TabularEncoder
from skfnn.tabular._class_scaling import ClassScaling
from skfnn.tabular._others import TreeColumns

onnx = pytest.importorskip("onnx")
pytest.importorskip("skl2onnx")
pytest.importorskip("onnxruntime")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 2))
Y = X[:, 0] - 0.5 * X[:, 1] ** 2


def quiet(model, X=X, y=Y):
    with warnings.catch_warnings(action="ignore"):
        return model.fit(X, y)


def test_the_encoder_of_a_model_is_the_one_that_takes_raw_columns():
    encoder = TabularEncoder().fit(X)
    network = quiet(FNNRegressor((2,), max_iter=1))
    find = _tables.encoder_of
    assert find(encoder) is encoder
    assert find(network) is None
    assert find(Pipeline([("a", encoder), ("b", network)])) is encoder
    assert find(Pipeline([("a", "passthrough"), ("b", None), ("c", encoder)])) is encoder
    assert find(Pipeline([("a", "passthrough")])) is None
    assert find(make_pipeline(FunctionTransformer(), encoder)) is None
    search = GridSearchCV(network, {})
    search.best_estimator_ = make_pipeline(encoder, network)
    assert find(search) is encoder
    assert find(GridSearchCV(network, {})) is None


def test_inputs_are_renamed_where_they_are_used_but_not_to_a_taken_name():
    make = onnx.helper.make_node
    nodes = [make("Add", ["i0", "i1"], ["sum"]), make("Mul", ["sum", "i0"], ["sum_"])]
    inputs = [onnx.helper.make_tensor_value_info(f"i{j}", 1, [None, 1]) for j in range(3)]
    graph = onnx.helper.make_graph(nodes, "g", inputs, [])
    _tables._rename_inputs(graph, ["sum", "b c", "b c"])
    assert [given.name for given in graph.input] == ["sum__", "b c", "b c_"]
    assert [list(node.input) for node in graph.node] == [["sum__", "b c"], ["sum", "sum__"]]


def test_an_input_of_several_columns_is_taken_apart():
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType

    bench = Bench()
    wide, narrow = bench.given(np.float32([[1, 2, 3]])), bench.given(np.array([[7]]))
    operator = SimpleNamespace(inputs=[
        SimpleNamespace(full_name=wide.name, type=FloatTensorType([None, 3])),
        SimpleNamespace(full_name=narrow.name, type=Int64TensorType([None, 1])),
    ])  # fmt: skip
    found = _tables._given(bench.graph, operator)
    assert [value.dtype for value in found] == [np.float32] * 3 + [np.int64]
    assert found[3] == narrow
    assert [bench.run(value).tolist() for value in found[:3]] == [[[1]], [[2]], [[3]]]


P = np.array([[0.2, 0.5, 0.3], [0.9, 0.05, 0.05], [1e-5, 0.5, 0.49999]])


def test_members_count_by_their_weights():
    parts = [P, P[::-1].copy(), 2 * P]
    for weights in ([1.0, 1.0, 1.0], [1.0, 5.0, 2.0], [3.0]):
        bench = Bench()
        given = [bench.given(part) for part in parts[: len(weights)]]
        found = _tables._mean(bench.graph, SimpleNamespace(weights=weights), given)
        expected = np.average(parts[: len(weights)], axis=0, weights=weights)
        np.testing.assert_allclose(bench.run(found), expected, rtol=1e-14)
        assert bench.count("Mul") == sum(w != 1 for w in weights)


@pytest.mark.parametrize("opset", [12, 13, 18])
def test_sharpened_probabilities_sum_to_one_again(opset):
    for kind in ("binary", "multiclass", "multilabel"):
        fitted = SimpleNamespace(sharpening=1.5, target=SimpleNamespace(kind=kind))
        bench = Bench(opset=opset)
        found = bench.run(_tables._sharpened(bench.graph, fitted, bench.given(P)))
        rest = (1 - P) ** 1.5 if kind == "multilabel" else 0
        whole = P**1.5 + rest if kind == "multilabel" else (P**1.5).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(found, P**1.5 / whole, rtol=1e-12)
    given = bench.given(P)
    same = SimpleNamespace(sharpening=1.0, target=SimpleNamespace(kind="multiclass"))
    assert _tables._sharpened(bench.graph, same, given) is given


@pytest.mark.parametrize("opset", [12, 13, 17, 18])
def test_scaled_probabilities_are_those_of_the_scaling(opset):
    scaling = ClassScaling(np.array([0.5, -1.0, 0.1]), RNG.normal(size=(3, 3)))
    bench = Bench(opset=opset)
    given = bench.given(P)
    found = bench.run(_tables._scaled(bench.graph, scaling, given))
    logs = np.log(np.maximum(P, 1e-3))
    logs -= logs.mean(axis=1, keepdims=True)
    expected = P * np.exp(scaling.shift + logs @ scaling.weights)
    np.testing.assert_allclose(found, expected / expected.sum(axis=1, keepdims=True), rtol=1e-12)
    assert _tables._scaled(bench.graph, None, given) is given


@pytest.mark.parametrize("n_members", [1, 2, 3])
@pytest.mark.parametrize("loss", ["squared_error", "gaussian", "poisson"])
def test_raw_scores_are_those_that_predict_pooled_over_members(loss, n_members):
    layers = [Dense(3, "tanh")]
    if n_members > 1:
        layers = [SharedEnsemble(n_members, layers)]
    y = np.column_stack([np.exp(Y), np.exp(-Y)])
    model = quiet(FNNRegressor(hidden_layers=layers, loss=loss, max_iter=3, random_state=0), y=y)
    fitted, bench = state_of(model), Bench()
    raw = _tables._raw(bench.graph, fitted, fitted.network, bench.given(X.astype(np.float32)))
    assert raw.dtype == np.float64
    link = fitted.loss.link
    predicted = _tables._inverse(bench.graph, link, raw)
    np.testing.assert_allclose(bench.run(predicted), model.predict(X), rtol=1e-5, atol=1e-5)


def test_the_means_of_a_small_network_are_its_first_outputs():
    model = quiet(FNNRegressor((3,), loss="gaussian", max_iter=2, random_state=0, dtype="float64"))
    fitted, bench = state_of(model), Bench()
    predictor = SimpleNamespace(network=fitted.network)
    means = bench.run(_tables._means(bench.graph, fitted, predictor, bench.given(X)))
    np.testing.assert_allclose(means[:, 0], model.predict(X), rtol=1e-10)
    assert means.shape == (12, 1)


def test_the_encoders_output_has_its_precision():
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    given = SimpleNamespace(get_first_dimension=lambda: None)
    for dtype, kind in (("float32", FloatTensorType), ("float64", DoubleTensorType)):
        found = []
        operator = SimpleNamespace(
            raw_operator=TabularEncoder(dtype=dtype).fit(X), inputs=[given],
            outputs=[SimpleNamespace(set_type=found.append)],
        )  # fmt: skip
        _tables._encoder_shapes(operator)
        assert [(type(t), t.shape) for t in found] == [(kind, [None, 2])]


# ---------------------------------------------------------------- trees


TREE_X = np.column_stack([RNG.normal(size=80), RNG.integers(0, 3, 80), RNG.normal(size=80)])
TREE_X[::5, 0] = np.nan


def trees_on(rows, y, cls=HistGradientBoostingRegressor):
    return cls(max_iter=3, max_leaf_nodes=5, min_samples_leaf=5).fit(rows, y)


def test_an_ensemble_of_trees_says_what_it_predicts_also_at_thresholds_and_where_missing():
    y = np.nan_to_num(TREE_X[:, 0], nan=3.0) + TREE_X[:, 1]
    model = trees_on(TREE_X, y)
    nodes = np.concatenate([tree.nodes for (tree,) in model._predictors])
    at = nodes["num_threshold"][(nodes["is_leaf"] == 0) & (nodes["feature_idx"] == 0)]
    exact = np.zeros((len(at), 3))
    exact[:, 0] = at  # just at a threshold, the row goes left
    rows = np.concatenate([TREE_X, exact, exact + np.array([1e-15, 0, 0])])
    bench = Bench()
    found = bench.run(_ensemble(bench.graph, model, bench.given(rows)))
    np.testing.assert_allclose(found[:, 0], model.predict(rows), rtol=1e-6)
    assert bench.domains["ai.onnx.ml"] == 3  # from which on trees compare in double precision


def test_each_class_has_trees_of_its_own():
    labels = np.digitize(np.nan_to_num(TREE_X[:, 2]), [-0.5, 0.5])
    model = trees_on(TREE_X, labels, HistGradientBoostingClassifier)
    bench = Bench()
    found = bench.run(_ensemble(bench.graph, model, bench.given(TREE_X)))
    np.testing.assert_allclose(found, model.decision_function(TREE_X), rtol=1e-5, atol=1e-6)


TABLES = [np.array([[0.5, 1], [0.25, 2], [-1, 3]]), np.array([[9.0], [8.0]])]
ROWS = np.array([  # two numbers, two codes, two flags and one more
    [1.0, 2, 0, 1, 0, 0, 5], [3, 4, 2, 0, 1, 0, 6], [5, 6, 1, 1, 0, 1, 7],
])  # fmt: skip


def columns():
    return TreeColumns(2, TABLES, np.array([[4, 5], [1, 0]]), 1)


def test_trees_take_numbers_that_may_be_missing_what_levels_say_and_the_rest():
    expected = [
        [1, 2, 0.5, 1, 8, 0, 0, 5], [3, np.nan, -1, 3, 9, 1, 0, 6],
        [np.nan, 6, 0.25, 2, 8, 0, 1, 7],
    ]  # fmt: skip
    bench = Bench()
    np.testing.assert_array_equal(
        bench.run(_taken(bench.graph, columns(), bench.given(ROWS))), expected
    )
    np.testing.assert_array_equal(columns().transform(ROWS), expected)
    none = TreeColumns(0, TABLES[:1], np.empty((2, 0), int), 1)
    bench = Bench()
    found = bench.run(_taken(bench.graph, none, bench.given(ROWS[:, 2:])))
    np.testing.assert_array_equal(found, np.column_stack([TABLES[0][[0, 2, 1]], ROWS[:, 3:]]))


@pytest.mark.parametrize("n_models", [1, 2])
def test_models_of_several_outputs_stand_side_by_side(n_models):
    rows = ROWS[RNG.integers(0, 3, 60)]
    taken = columns().transform(rows)
    models = [trees_on(taken, taken[:, -1] * (1 - 3 * i)) for i in range(n_models)]
    bench = Bench()
    given = bench.given(rows.astype(np.float32))
    predictor = SimpleNamespace(trees=columns(), models=models)
    found = bench.run(raw_of_trees(bench.graph, predictor, given))
    expected = np.column_stack([model.predict(taken) for model in models])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_tables_of_one_column():
    import onnxruntime

    from skfnn.export import to_onnx

    one, labels = X[:, :1], np.where(Y > 0, "yes", "no")
    brief = {"n_members": 1, "max_iter": 1, "random_state": 0}
    for model, y in ((TabularFNNRegressor(**brief), Y), (TabularFNNClassifier(**brief), labels),
                     (TabularEncoder(), None)):  # fmt: skip
        quiet(model, one, y)
        session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString())
        found = session.run(None, {"x0": one})
        if y is None:
            expected = [model.transform(one)]
        elif y is Y:
            expected = [model.predict(one)[:, None]]
        else:
            expected = [model.predict(one), model.predict_proba(one)]
            assert found.pop(0).tolist() == expected.pop(0).tolist()
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-5, atol=1e-5)

"""monotonic_cst of the estimators for tables: numbers have directions, whatever stands beside."""

import pickle

import numpy as np
import pandas as pd
import pytest
from monotone import CASES, TOLERANCE, frame_of, made, pairs, worst

from skfnn import TabularFNNClassifier, TabularFNNRegressor

X, Y = made()
FRAME = frame_of(X, np.random.default_rng(2))
BRIEF = {"n_members": 2, "max_iter": 8, "random_state": 0}
CST = {"rising": 1, "falling": -1}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("table")])
def test_no_pair_of_rows_is_the_wrong_way_round(name):
    case = CASES[name](name)
    for function, fall in worst(case, 3000, np.random.default_rng(1)).items():
        assert fall <= TOLERANCE, (name, function, fall)


def test_a_table_without_it_has_such_pairs():
    case = CASES["table, squared errors"]("")
    case.model.set_params(monotonic_cst=None).fit(FRAME, Y)
    assert worst(case, 3000, np.random.default_rng(1))["predict"] > 0.01


def test_a_missing_value_has_no_order():
    """It may be better or worse than any that is there, and the network learns which."""
    table = FRAME.copy()
    table.loc[::3, "rising"] = np.nan
    y = np.where(table["rising"].isna(), 6.0, Y)
    model = TabularFNNRegressor(monotonic_cst=CST, **{**BRIEF, "max_iter": 40}).fit(table, y)
    rows = FRAME.head(50).copy()
    there = model.predict(rows)
    rows["rising"] = np.nan
    assert (model.predict(rows) > there).mean() > 0.9


def test_its_networks_are_held():
    model = TabularFNNRegressor(monotonic_cst=CST, **BRIEF).fit(FRAME, Y)
    for predictor in model._fitted.predictors:
        network = predictor.network
        lower, upper = network.bounds()
        assert (network.values >= lower).all()
        assert (network.values <= upper).all()
        assert np.isfinite(lower).sum() > 100
    assert model._fitted.directions == (1, -1, 0, 0)
    free = TabularFNNRegressor(**BRIEF).fit(FRAME, Y)
    assert free._fitted.predictors[0].network.bounds() is None
    none = TabularFNNRegressor(monotonic_cst={"rising": 0}, **BRIEF).fit(FRAME, Y)
    np.testing.assert_array_equal(none.predict(FRAME), free.predict(FRAME))


def test_it_goes_by_the_raw_columns_in_any_order():
    mask = [CST.get(name, 0) for name in FRAME]
    expected = TabularFNNRegressor(monotonic_cst=CST, **BRIEF).fit(FRAME, Y).predict(FRAME)
    found = TabularFNNRegressor(monotonic_cst=mask, **BRIEF).fit(FRAME, Y)
    np.testing.assert_array_equal(found.predict(FRAME[FRAME.columns[::-1]]), expected)


def test_many_rows_are_predicted_as_few_are():
    """In double precision: single precision would leave falls in the seventh digit."""
    model = TabularFNNRegressor(monotonic_cst=CST, **BRIEF).fit(FRAME, Y)
    many = pd.concat([FRAME] * 5, ignore_index=True)
    np.testing.assert_allclose(model.predict(many)[: len(FRAME)], model.predict(FRAME), rtol=1e-12)


@pytest.mark.parametrize(("params", "message"), [
    ({"monotonic_cst": {"kind": 1}}, "gives column 'kind' the direction 1, but it is read as cat"),
    ({"monotonic_cst": CST, "recipe": "tabm-mini"}, "monotonic_cst=.*recipe='tabm-mini'"),
    ({"monotonic_cst": {"risin": 1}}, "Did you mean 'rising'"),
    ({"monotonic_cst": [1, 0]}, "one entry for each of the 5 columns"),
])  # fmt: skip
def test_what_cannot_be_held_is_named(params, message):
    model = TabularFNNRegressor(**BRIEF, **params)
    with pytest.raises(ValueError, match=message):
        model.fit(FRAME, Y)
    assert not hasattr(model, "encoder_")


def test_several_classes_are_refused():
    with pytest.raises(ValueError, match=r"monotonic_cst=.* is for two classes"):
        TabularFNNClassifier(monotonic_cst=CST, **BRIEF).fit(FRAME, np.digitize(Y, [-1, 1]))


def test_a_boolean_is_a_number_if_one_says_so():
    table = FRAME.assign(pool=X[:, 2] > 0)
    cst = {"pool": 1}
    with pytest.raises(ValueError, match=r"column_kinds=.'pool': 'number'."):
        TabularFNNRegressor(monotonic_cst=cst, **BRIEF).fit(table, Y)
    kinds = {"pool": "number"}
    model = TabularFNNRegressor(monotonic_cst=cst, column_kinds=kinds, **BRIEF).fit(table, Y)
    with_pool, without = (
        model.predict(table.assign(pool=True)),
        model.predict(table.assign(pool=False)),
    )
    assert (with_pool >= without - 1e-9).all()


def test_pickles_and_onnx():
    model = TabularFNNRegressor(monotonic_cst=CST, **BRIEF).fit(FRAME, Y)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict(FRAME), model.predict(FRAME))
    pytest.importorskip("skl2onnx")
    ort = pytest.importorskip("onnxruntime")
    from skfnn.export import to_onnx

    graph = to_onnx(model)
    session = ort.InferenceSession(graph.SerializeToString())
    feeds = {}
    for given in session.get_inputs():
        column = FRAME[given.name]
        if "string" in given.type:
            column = column.fillna("").astype(object)
        feeds[given.name] = column.to_numpy().reshape(-1, 1)
    found = session.run(None, feeds)[0][:, 0]
    np.testing.assert_allclose(found, model.predict(FRAME), rtol=1e-3, atol=1e-3 * np.std(Y))


def test_pairs_differ_in_one_column_only():
    A, B = pairs(200, np.random.default_rng(0))
    assert ((A != B).sum(axis=1) <= 1).all()
    moved = (A != B).any(axis=1)
    assert moved.mean() > 0.9

"""What each statement of a table's fit means: what is left of the estimators for tables."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from test_statements_ensembles import judge_of
from test_statements_fitted_numbers import Says
from test_statements_tables import CLASSES, NUMBERS, TWO, X, classifier, quick
from test_statements_tables import numbers as fitted_numbers

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import ClassTarget
from skfnn.losses import LogLoss, SquaredError
from skfnn.tabular import _base
from skfnn.tabular._blend import chosen, named
from skfnn.tabular._cells import CellColumns, ExactValues, Part, Values
from skfnn.tabular._fitted_classes import FittedClasses
from skfnn.tabular._predictors import NetworkPredictor


@pytest.mark.parametrize(("blend", "asked"), [("auto", 1), (None, 0)])
def test_small_networks_are_asked_for_where_they_may_stand_beside(blend, asked, monkeypatch):
    seen = []
    monkeypatch.setattr(_base, "small_networks", lambda prepared: seen.append(1) or [])
    monkeypatch.setattr(_base, "mean_networks", lambda prepared: [])
    quick(blend=blend).fit(X, NUMBERS)
    assert len(seen) == asked


@pytest.mark.parametrize(
    ("params", "explores"),
    [({"time_limit": 5.0}, True), ({}, False), ({"time_limit": 5.0, "recipe": "realmlp"}, False)],
)
def test_other_configurations_may_follow_in_limited_time_with_the_own_recipe(
    params, explores, monkeypatch
):
    class Seen(Exception):
        pass

    def ensemble(prepared, trainer, explores, refit):
        raise Seen(explores, refit)

    monkeypatch.setattr(_base, "ensemble", ensemble)
    with pytest.raises(Seen) as seen:
        quick(**params).fit(X, NUMBERS)
    assert seen.value.args == (explores, False)


def schema(*predictors):
    model, known = TabularFNNRegressor(), pd.DataFrame({"column": ["a"], "levels": [5]})
    fitted = fitted_numbers(SquaredError(), predictors=list(predictors))
    model._fitted = SimpleNamespace(encoder=SimpleNamespace(schema_=known), columns=fitted.columns)
    return known, model.schema_


def test_cells_stand_below_the_columns_of_the_schema():
    known, found = schema(Says(0.0))  # no network
    assert found is known
    known, found = schema(NetworkPredictor(None, CellColumns(0)))
    assert found is known
    A = np.array([[1.0], [2.0]])
    cells = ExactValues(Values.of(Part("b", "number", slice(0, 1)), A)).known(A)
    _, found = schema(NetworkPredictor(None, CellColumns(0, [cells], [cells])))
    assert found["column"].tolist() == ["a", "b", "b"]
    assert found.index.tolist() == [0, 1, 2]
    assert found["levels"].tolist() == [5, 2, 2]


def test_several_classes_have_no_directions():
    three = np.arange(40) % 3
    with pytest.raises(ValueError, match="is for two classes"):
        quick(TabularFNNClassifier, monotonic_cst=[1, 0]).fit(X, three)
    assert quick(TabularFNNClassifier, monotonic_cst=[0, 0]).fit(X, three)._fitted.directions == ()
    for kind, y in ((TabularFNNRegressor, NUMBERS), (TabularFNNClassifier, CLASSES)):
        assert quick(kind, monotonic_cst=[1, 0]).fit(X, y)._fitted.directions == (1, 0)


@pytest.mark.parametrize("factor", [1.0, 1000.0])
def test_weights_tell_the_unit_of_targets(factor):
    weight = factor * np.arange(40.0)
    scale = quick().fit(X, NUMBERS, sample_weight=weight)._fitted.scale
    mean = np.average(NUMBERS, weights=weight)
    assert scale.shift == pytest.approx(mean)
    variance = np.average((NUMBERS - mean) ** 2, weights=weight)
    assert scale.spread == pytest.approx(np.sqrt(variance))
    plain = quick().fit(X, NUMBERS)._fitted.scale
    assert plain.shift == pytest.approx(NUMBERS.mean())


def test_the_schema_is_shown_without_an_index(capsys):
    quick(verbose=2).fit(pd.DataFrame({"first": X[:, 0], "second": X[:, 1]}), NUMBERS)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["column", "first", "second"]


def test_groups_of_validation_data_are_those_of_its_rows():
    groups = np.repeat(["a", "b"], 20)
    model = quick(interval_width="equal")
    model.fit(X, NUMBERS, X_val=X, y_val=NUMBERS, calibration_groups=np.repeat("c", 40),
              calibration_groups_val=groups)  # fmt: skip
    assert set(model._fitted.calibration.parts) == {"a", "b"}
    frame = pd.DataFrame({"x": X[:, 0], "sign": np.sign(X[:, 0])})
    model.fit(frame, NUMBERS, X_val=frame[:30], y_val=NUMBERS[:30], calibration_groups="sign")
    assert set(model._fitted.calibration.parts) == {"-1", "1"}


def test_labels_may_be_text_and_numbers_may_be_objects():
    labels = np.array(["b", "a"], object)
    assert quick(TabularFNNClassifier)._check_y(labels, 2).tolist() == ["b", "a"]
    numbers = quick()._check_y(np.array([1, 2.5], object), 2)
    assert (numbers.tolist(), numbers.dtype) == ([1.0, 2.5], np.float64)


def test_estimators_join_networks_of_any_loss_that_says_one_number():
    class Own(SquaredError):
        boosted_as = None

    line, own = LinearRegression(), fitted_numbers(Own())
    assert chosen(line, False, own) == [("linearregression", line)]
    with pytest.raises(ValueError, match="networks alone have"):
        chosen("trees", False, own)
    steps = make_pipeline(StandardScaler(), StandardScaler(), line)
    assert named(steps) == [("linearregression", steps)]  # by its last step


def test_a_single_class_has_no_odds():
    model = classifier(ClassTarget(np.array([7, 7])))
    assert model.decision_function(np.zeros((2, 1))).tolist() == [0, 0]
    assert model.predict(np.zeros((2, 1))).tolist() == [7, 7]


def test_smoothing_leaves_a_part_of_each_label():
    quick(TabularFNNClassifier, label_smoothing=0.99)._checked_recipe()
    for wrong in (1.0, 1.5, -0.1):
        with pytest.raises(ValueError, match="label_smoothing"):
            quick(TabularFNNClassifier, label_smoothing=wrong)._checked_recipe()


def test_a_scorer_without_a_value_where_all_are_right_and_where_all_are_wrong_is_refused():
    loss = LogLoss().specialise("binary")
    y = np.array([0, 1, 1, 0, 1, 0])

    def between(state, X, y):
        right = (state.scored(X)[0][0][:, 0] > 0) == (y == 1)
        return 0.0 if right.any() and not right.all() else np.nan

    data = Data(np.zeros((6, 1)), y, None, TWO, loss.levels, rows=np.array([0, 1, 2]))
    with pytest.raises(ValueError, match="has no value for 3 held-out rows"):
        judge_of(between, FittedClasses(None, TWO, loss), y=y).check([data])


@pytest.mark.parametrize("kind", [TabularFNNClassifier, TabularFNNRegressor])
@pytest.mark.parametrize(
    ("share", "good"), [(0, False), (1e-9, True), (1 - 1e-9, True), (1, False)]
)
def test_a_share_of_rows_is_held_out_that_is_neither_none_nor_all(kind, share, good):
    model = kind(validation_fraction=share)
    if good:
        model._validate_params()
    else:
        with pytest.raises(ValueError, match="validation_fraction"):
            model._validate_params()

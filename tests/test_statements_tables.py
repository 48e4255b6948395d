"""What each statement of a table's fit means: parameters, blends, and what estimators return."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.objective.targets import ClassTarget, RegressionTarget, SoftTarget
from skfnn.losses import AbsoluteError, Gaussian, LogLoss, Quantile, SquaredError
from skfnn.tabular._base import BaseTabular
from skfnn.tabular._blend import chosen, named
from skfnn.tabular._fitted_classes import FittedClasses
from skfnn.tabular._fitted_numbers import FittedNumbers, Scale
from skfnn.tabular._label_weights import BalancedLabels
from skfnn.tabular._predictors import Predictor

QUICK = {"max_iter": 1, "hidden_layer_sizes": (4,), "numeric_embedding": None, "random_state": 0}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))
NUMBERS, CLASSES = X[:, 0] + 3.0, np.arange(40) % 2


def quick(kind=TabularFNNRegressor, **params):
    return kind(**{**QUICK, "n_members": 1, "blend": None, **params})


def worst(model, X, y):
    """A scorer."""
    return -np.abs(model.predict(X) - y).max()


# ---------------------------------------------------------------- what blend names


def test_candidates_are_named_by_their_class_or_their_name():
    line, logistic = LinearRegression(), LogisticRegression()
    pipeline = make_pipeline(StandardScaler(), line)
    for blend, expected in (
        (None, []), ("trees", [("trees", "trees")]), (line, [("linearregression", line)]),
        ([("own", line), "trees"], [("own", line), ("trees", "trees")]),
        (("trees", line), [("trees", "trees"), ("linearregression", line)]),
        ([("forest", "trees"), logistic], [("forest", "trees"), ("logisticregression", logistic)]),
        ([pipeline], [("linearregression", pipeline)]),
    ):  # fmt: skip
        assert named(blend) == expected
    for wrong in (LinearRegression, "tree", 5, [line, "more"], object()):
        with pytest.raises(TypeError, match="blend must be"):
            named(wrong)
    with pytest.raises(TypeError, match=r"Pass an instance: LinearRegression\(\)"):
        named([LinearRegression])
    for wrong in ([line, line], [("a", line), ("a", logistic)], [(5, line)], ["trees", "trees"],
                  [("networks", line)], [("a", line), ("b", line), ("b", logistic)]):  # fmt: skip
        with pytest.raises(ValueError, match="must have different names"):
            named(wrong)


TWO = ClassTarget(np.array([0, 1]))
LABELS = ClassTarget(np.array([[0, 1], [1, 1]]))


def classes(target=TWO, **given):
    return FittedClasses(None, target, LogLoss().specialise(target.kind), **given)


def numbers(loss, **given):
    loss, scale = loss.specialise("regression"), Scale(0.0, 1.0, -9.0, 9.0)
    target = RegressionTarget(1, True)
    return FittedNumbers(None, target, loss, scale=scale, given_loss="own", **given)


@pytest.mark.parametrize(
    ("fitted", "trees"),
    [(classes(), True), (classes(LABELS), False), (numbers(SquaredError()), True),
     (numbers(Gaussian()), False), (numbers(AbsoluteError()), True),
     (numbers(AbsoluteError(), directions=(0, 1)), False),
     (numbers(AbsoluteError(), directions=(0, 0)), True),
     (numbers(Quantile(), directions=(1,)), False),
     (numbers(SquaredError(), directions=(0, 1)), True), (classes(directions=(1,)), True)],
)  # fmt: skip
def test_with_a_time_limit_there_are_trees_where_they_fit(fitted, trees):
    assert chosen("auto", True, fitted) == [("trees", "trees")] * trees
    assert chosen("auto", False, fitted) == []
    assert chosen(None, True, fitted) == []
    if trees:
        assert chosen("trees", False, fitted) == [("trees", "trees")]
    else:
        with pytest.raises(ValueError, match="Set blend=None"):
            chosen("trees", False, fitted)


def test_an_estimator_must_be_one_for_the_target():
    line, logistic = LinearRegression(), LogisticRegression()
    assert chosen(line, False, numbers(SquaredError())) == [("linearregression", line)]
    assert chosen(logistic, False, classes()) == [("logisticregression", logistic)]
    for blend, fitted in ((line, classes()), (logistic, numbers(SquaredError())),
                          (RidgeClassifier(), classes())):  # fmt: skip
        with pytest.raises(ValueError, match="of blend must be a"):
            chosen(blend, False, fitted)
    for blend in (line, logistic):
        with pytest.raises(ValueError, match="networks alone have"):
            chosen(blend, False, classes(LABELS))
    with pytest.raises(ValueError, match="not bound by monotonic_cst"):
        chosen(line, False, numbers(SquaredError(), directions=(1,)))
    assert chosen(line, False, numbers(SquaredError(), directions=(0,)))


def test_members_of_each_estimator_are_blended():
    model = quick(n_members=2, blend=[("mean", DummyRegressor()), ("zero", LinearRegression())])
    board = model.fit(X, NUMBERS).leaderboard_
    assert {*board["candidate"]} >= {"networks", "zero"}
    pipeline = make_pipeline(StandardScaler(), DummyClassifier())
    model = quick(TabularFNNClassifier, n_members=2, blend=pipeline).fit(X, CLASSES)
    assert model.predict_proba(X).shape == (40, 2)
    said = model.summary()[-2:]
    assert said.index.tolist() == ["networks", "dummyclassifier"]
    assert said["layer"].tolist() == [f"weight {w:.3f}" for w in model._fitted.shares().values()]
    assert (said["output_shape"].tolist(), said["parameters"].tolist()) == ([(None, 1)] * 2, [0, 0])


# ---------------------------------------------------------------- parameters that are refused


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"recipe": "none"}, "recipe"),
        ({"validation_fraction": 0.3, "cv": 3, "n_members": None}, "has no effect with cv"),
        ({"validation_fraction": 0.3, "n_members": 2}, "has no effect with 2 members"),
        ({"recipe": "tabm-mini", "monotonic_cst": [1, 0]}, "have any sign"),
        ({"n_jobs": 2, "time_limit": 5.0}, "has no effect with time_limit"),
    ],
)
def test_parameters_that_do_not_fit_each_other_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        quick(**params)._checked_recipe()


@pytest.mark.parametrize(
    "params",
    [{"validation_fraction": 0.3}, {"cv": 3}, {"n_members": 2}, {"n_jobs": 2},
     {"n_jobs": 1, "time_limit": 5.0}, {"time_limit": 5.0}, {"monotonic_cst": [1, 0]},
     {"recipe": "tabm-mini"}],
)  # fmt: skip
def test_parameters_that_fit_are_taken(params):
    recipe = quick(**params)._checked_recipe()
    assert recipe.n_members == params.get("n_members", 1)
    assert recipe.hidden_layer_sizes == (4,)


def test_how_rows_are_divided_has_no_effect_with_validation_data():
    table = SimpleNamespace(validation=(X, NUMBERS, None), A=X)
    for params, groups, name in (({"cv": 3}, None, "cv=3"), ({}, np.arange(40), "groups")):
        with pytest.raises(ValueError, match=f"{name} has no effect with X_val"):
            quick(**params)._wishes(groups, table)
    found = quick()._wishes(None, table)
    assert (found.cv, found.groups, found.n_members, found.fraction) == (None, None, 1, 0.2)
    table.validation = None
    assert quick(cv=3)._wishes(np.arange(40), table).groups.tolist() == [*range(40)]
    with pytest.raises(ValueError, match="inconsistent numbers"):
        quick()._wishes(np.arange(39), table)


def test_validation_data_is_given_together():
    model = quick()
    for given in ({"X_val": X}, {"y_val": NUMBERS}, {"sample_weight_val": np.ones(40)}):
        with pytest.raises(ValueError, match="must be given together"):
            model.fit(X, NUMBERS, **given)
    with pytest.raises(ValueError, match="sample_weight_val"):
        model.fit(X, NUMBERS, X_val=X, y_val=NUMBERS, sample_weight_val=-np.ones(40))
    fitted = model.fit(X, NUMBERS, X_val=X, y_val=NUMBERS, sample_weight_val=np.arange(40.0))
    assert fitted.oof_prediction_ is None
    for y_val in (NUMBERS[:5], [*NUMBERS[:39], np.nan]):
        with pytest.raises(ValueError, match=r"inconsistent numbers|NaN"):
            model.fit(X, NUMBERS, X_val=X, y_val=y_val)


def test_small_networks_stand_beside_the_own_recipe_alone():
    def has_small(offset=None, **params):
        return quick(**params)._has_small(SimpleNamespace(table=SimpleNamespace(offset=offset)))

    assert has_small(blend="auto")
    beside = {"blend": "auto"}
    for params in ({"blend": None}, {"blend": "trees"}, {"blend": LinearRegression()},
                   beside | {"recipe": "realmlp"}, beside | {"offset": 1}):  # fmt: skip
        assert not has_small(**params)


def test_an_offset_is_for_networks_alone():
    offset = np.zeros(40)
    for params, message in (({"blend": "trees"}, "cannot be given to 'trees'"),
                            ({"metrics": [worst]}, "metrics=.* has a scorer"),
                            ({"scoring": worst}, "scoring=.* has a scorer")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            quick(**params).fit(X, NUMBERS, offset=offset)
    model = quick(metrics=["r2"], scoring="mse", blend="auto", max_iter=2)
    model.fit(X, NUMBERS, offset=offset)
    assert {*model.leaderboard_["candidate"]} == {"networks"}
    assert (model._fitted.scale.low, model._fitted.scale.high) == (-np.inf, np.inf)
    with pytest.raises(ValueError, match="was given an offset"):
        model.predict(X)


def test_trees_are_tried_in_limited_time_without_an_offset():
    fitted, trees = numbers(SquaredError()), [("trees", "trees")]
    for limit, offset, expected in ((5.0, None, trees), (5.0, X, []), (None, None, [])):
        table = SimpleNamespace(fitted=fitted, offset=offset)
        assert quick(blend="auto", time_limit=limit)._beside(table) == expected
    asked = quick(blend="trees")
    assert asked._beside(SimpleNamespace(fitted=fitted, offset=None)) == trees


@pytest.mark.parametrize(("n", "held"), [(10, True), (9, False)])
def test_10_rows_are_divided_and_9_are_not(n, held):
    model = quick(n_members=None).fit(X[:n], NUMBERS[:n])
    assert (model.oof_prediction_ is not None) is held


@pytest.mark.parametrize(("verbose", "shown"), [(1, False), (2, True)])
def test_the_schema_is_shown_with_verbose_2(verbose, shown, capsys):
    quick(verbose=verbose).fit(X, NUMBERS)
    assert ("kind" in capsys.readouterr().out) is shown


def test_targets_of_numbers_and_labels_are_checked():
    with pytest.raises(ValueError, match="requires y to be passed"):
        quick().fit(X)
    model = quick(TabularFNNClassifier)
    y = model._check_y(sparse.csr_array(np.array([[0, 1], [1, 0]])), 2)
    assert y.tolist() == [[0, 1], [1, 0]]
    both = quick()._check_y(np.column_stack([NUMBERS, NUMBERS]), 40)
    assert both.shape == (40, 2)
    text = quick()._check_y(np.array(["1", "2"], object), 2)
    assert text.tolist() == [1.0, 2.0]


def test_a_constructor_stores_what_it_was_given():
    class Own(BaseTabular):
        _begun = None

        def __init__(self, *, a=1, b=2):
            self._store(locals())

    assert vars(Own(b=5)) == {"a": 1, "b": 5}


# ---------------------------------------------------------------- a fit


def test_soft_targets_are_not_smoothed_further():
    y = np.column_stack([0.2 + 0.6 * CLASSES, 0.8 - 0.6 * CLASSES])
    soft = quick(TabularFNNClassifier).fit(X, y)
    assert not soft._fitted.smoothed
    assert quick(TabularFNNClassifier, label_smoothing=0.1).fit(X, y)._fitted.smoothed
    hard = quick(TabularFNNClassifier).fit(X, CLASSES)
    assert hard._fitted.smoothed
    assert not quick(TabularFNNClassifier, label_smoothing=0.0).fit(X, CLASSES)._fitted.smoothed


def test_members_are_counted_with_those_of_a_refit_and_of_others():
    model = quick(refit=True, blend=LinearRegression(), n_members=3)
    seen = {}
    context = model._init_callback_context
    model._init_callback_context = lambda name, max_subtasks: (
        seen.update(n=max_subtasks) or context(name, max_subtasks=max_subtasks)
    )
    before = BaseTabular._trainer

    def noted(self, prepared, given):
        trainer = before(self, prepared, given)
        seen.update(clock=trainer.clock.n_members, jobs=trainer.n_jobs)
        return trainer

    vars(model)["_trainer"] = noted.__get__(model)
    model.fit(X, NUMBERS)
    assert seen == {"n": 9, "clock": 6, "jobs": None}


def test_what_a_fit_publishes():
    frame = pd.DataFrame(X, columns=["a", "b"])
    model = quick(n_members=2, max_iter=2).fit(frame, NUMBERS)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    assert (model.n_features_in_, model.n_outputs_) == (2, 1)
    assert model.history_.index.names == ["member", "epoch"]
    assert model.history_.index.tolist() == [(0, 1), (0, 2), (1, 1), (1, 2)]
    assert model.n_iter_ == 2
    assert len(model.best_epochs_) == len(model.leaderboard_) == 2
    assert model.schema_["column"].tolist() == ["a", "b"]
    assert len(model.summary()) == len(model._fitted.first_network.layers)
    assert model.encoder_ is model._fitted.encoder
    with pytest.raises(AttributeError, match="has no attribute 'n_iter_' before fit"):
        _ = quick().n_iter_
    tags = model.__sklearn_tags__().input_tags
    assert (tags.allow_nan, tags.string, tags.categorical) == (True, True, True)


def test_loss_and_metrics_are_evaluated_by_weight():
    model = quick(metrics=["mse", worst], max_iter=3).fit(X, NUMBERS)
    weight = np.arange(40.0)
    found = model.evaluate(X, NUMBERS, weight)
    errors = model.predict(X) - NUMBERS
    assert list(found) == ["loss", "mse", "worst"]
    assert found["mse"] == pytest.approx(np.average(errors**2, weights=weight))
    assert found["worst"] == pytest.approx(-np.abs(errors).max())
    assert found["loss"] == pytest.approx(found["mse"] / 2 / NUMBERS.var(), rel=1e-5)
    assert list(quick().fit(X, NUMBERS).evaluate(X, NUMBERS)) == ["loss", "r2"]
    with pytest.raises(ValueError, match="sample_weight"):
        model.evaluate(X, NUMBERS, -weight)


# ---------------------------------------------------------------- a classifier


class Shows(Predictor):
    """A member whose raw scores are the columns of X."""

    columns = None

    def raw(self, A, dtype=None, rows=None):
        return np.asarray(A, dtype=np.float64)


def classifier(target, offset=False, n=None, **params):
    model = TabularFNNClassifier(**params)
    encoder = SimpleNamespace(transform=lambda X: X, n_features_in_=1)
    model._fitted = FittedClasses(
        encoder, target, LogLoss().specialise(target.kind), [Shows()], [1.0], [1.0],
        has_offset=offset,
    )  # fmt: skip
    return model


def test_the_likelier_class_is_predicted_and_its_odds():
    raw = np.array([[-2.0], [0.5], [900.0]])
    model = classifier(ClassTarget(np.array(["no", "yes"])))
    p = model.predict_proba(raw)
    np.testing.assert_allclose(p[:2, 1], expit(raw[:2, 0]))
    assert p[2, 0] == np.finfo(float).tiny
    np.testing.assert_allclose(model.decision_function(raw), [-2, 0.5, 708.396], atol=1e-3)
    assert model.predict(raw).tolist() == ["no", "yes", "yes"]
    assert model.score(raw, ["no", "no", "yes"], [1, 1, 2]) == 0.75
    np.testing.assert_array_equal(model.predict_log_proba(raw), np.log(p))
    assert model.classes_.tolist() == ["no", "yes"]
    assert (model.temperature_, model.sharpening_) == (1.0, 1.0)


def test_scores_of_three_classes_are_logarithms():
    raw = np.array([[0.0, 1.0, 3.0]])
    model = classifier(ClassTarget(np.array([4, 5, 6])))
    np.testing.assert_allclose(model.decision_function(raw), np.log(softmax(raw, axis=1)))
    assert model.predict(raw).tolist() == [6]


def test_a_label_is_there_with_more_than_a_half():
    raw = np.array([[0.0, 0.01], [-1.0, 90.0]])
    model = classifier(LABELS)
    assert model.predict(raw).tolist() == [[0, 1], [0, 1]]
    edge = np.finfo(float).eps
    expected = [[0, 0.01], [-1, np.log((1 - edge) / edge)]]
    np.testing.assert_allclose(model.decision_function(raw), expected, rtol=1e-9, atol=1e-12)
    low = model.decision_function(np.array([[-90.0, 0.0]]))[0, 0]
    assert low == pytest.approx(np.log(edge / (1 - edge)))
    assert model.score(raw, [[0, 1], [1, 1]]) == 0.5


def test_soft_targets_are_scored_by_the_likeliest_class():
    raw = np.array([[0.0, 1.0, 3.0], [4.0, 0.0, 0.0]])
    model = classifier(SoftTarget(np.array(["a", "b", "c"])))
    shares = np.array([[0.1, 0.2, 0.7], [0.1, 0.8, 0.1]])
    assert model.score(raw, shares) == 0.5
    assert model.score(raw, ["c", "a"]) == accuracy_score(["c", "a"], model.predict(raw)) == 1


def test_an_offset_is_added_to_the_scores():
    model, raw, offset = classifier(TWO, offset=True), np.zeros((2, 1)), np.array([3.0, -1.0])
    for method in ("predict_proba", "predict_log_proba", "decision_function", "predict"):
        with pytest.raises(ValueError, match="was given an offset"):
            getattr(model, method)(raw)
    np.testing.assert_allclose(model.decision_function(raw, offset=offset), offset)
    assert model.predict(raw, offset=offset).tolist() == [1, 0]
    assert model.score(raw, [1, 1], offset=offset) == 0.5
    labels = classifier(LABELS, offset=True)
    found = labels.decision_function(np.zeros((2, 2)), offset=np.tile(offset[:, None], 2))
    np.testing.assert_allclose(found, np.tile(offset[:, None], 2))


def test_weights_of_classes_are_multiplied_with_those_of_rows():
    y, A = np.array([0, 0, 0, 1]), np.zeros((4, 1), np.float32)
    balanced = TabularFNNClassifier(class_weight="balanced")
    np.testing.assert_allclose(balanced._weights(None, A, y, TWO), [2 / 3, 2 / 3, 2 / 3, 2])
    given = np.array([1.0, 1.0, 2.0, 4.0])
    found = TabularFNNClassifier(class_weight={0: 3, 1: 1})._weights(given, A, y, TWO)
    np.testing.assert_allclose(found, np.array([3, 3, 6, 4]) / 4)
    assert found.dtype == np.float32
    plain = TabularFNNClassifier()
    assert plain._weights(None, A, y, TWO) is None
    np.testing.assert_allclose(plain._weights(given, A, y, TWO), given / 2)
    labels = np.array([[0, 1], [1, 1], [0, 1], [0, 0]])
    assert balanced._weights(None, A, labels, LABELS) is None
    with pytest.raises(ValueError, match="not available for multilabel"):
        TabularFNNClassifier(class_weight={0: 1})._weights(None, A, labels, LABELS)
    loss = balanced._balanced(LogLoss(), labels, None)
    assert isinstance(loss, BalancedLabels)
    assert loss.yes == pytest.approx([2, 2 / 3])
    own = LogLoss()
    assert balanced._balanced(own, y, None) is plain._balanced(own, labels, None) is own


def test_soft_targets_have_no_weights_of_classes():
    shares = np.array([[0.5, 0.5], [0.2, 0.8]])
    with pytest.raises(ValueError, match="not available for y of probabilities"):
        TabularFNNClassifier(class_weight="balanced")._begun(None, shares, None)
    fitted, y = TabularFNNClassifier()._begun(None, shares, None, ["a", "b"])
    assert fitted.target.classes.tolist() == ["a", "b"]
    np.testing.assert_array_equal(y, shares)
    for y in (np.array([[0], [1], [1]]), np.array([[0.0], [1.0], [1.0]])):
        with pytest.warns(UserWarning, match="column-vector"):
            fitted, codes = TabularFNNClassifier()._begun(None, y, None)
        assert codes.tolist() == [0, 1, 1]
    fitted, codes = TabularFNNClassifier()._begun(None, np.array([[0, 1], [1, 1]]), None)
    assert fitted.target.kind == "multilabel"


def test_a_classifier_may_have_several_labels():
    tags = TabularFNNClassifier().__sklearn_tags__()
    assert tags.classifier_tags.multi_label

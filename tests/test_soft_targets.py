"""Soft targets, and students that learn from them."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.datasets import make_classification, make_friedman1
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skfnn import FNNClassifier, FNNRegressor, TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.objective.targets import is_soft
from skfnn.model_selection import distill

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
LINEAR = {"hidden_layer_sizes": (), "solver": "lbfgs", "alpha": 0.0, "max_iter": 1000, "tol": 1e-9,
          "dtype": "float64", "random_state": 0}  # fmt: skip
X, Y = make_classification(600, 4, n_informative=4, n_redundant=0, n_classes=3, flip_y=0.2,
                           n_clusters_per_class=1, random_state=0)  # fmt: skip
P = LogisticRegression().fit(X, Y).predict_proba(X)


def test_what_soft_targets_are():
    assert is_soft(P)
    assert is_soft(P.astype(np.float32))
    assert not is_soft(np.eye(3)[Y])  # 0 and 1 alone
    assert not is_soft((P > 0.3).astype(int))  # several labels
    assert not is_soft(P * 1.1)
    assert not is_soft(P[:, :1])
    assert not is_soft(Y)


def test_a_linear_student_of_a_linear_teacher_is_its_equal():
    model = FNNClassifier(**LINEAR).fit(X, P)
    np.testing.assert_allclose(model.predict_proba(X), P, atol=1e-3)
    assert model.classes_.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(model.predict(X), P.argmax(axis=1))
    assert model.score(X, P) == 1
    assert model.score(X, P.argmax(axis=1)) == 1


def test_soft_targets_are_weighted_rows_of_each_class():
    """The loss of a row is the mean of those of its classes, by their probabilities."""
    rows, classes = np.repeat(np.arange(600), 3), np.tile([0, 1, 2], 600)
    one = FNNClassifier(**{**LINEAR, "alpha": 0.5}).fit(X, P)
    other = FNNClassifier(**{**LINEAR, "alpha": 0.5}).fit(X[rows], classes, P.ravel())
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=1e-3)


@pytest.mark.parametrize("names", [["a", "b", "c"], [3, 5, 9]])
def test_columns_of_a_frame_are_the_classes(names):
    soft = pd.DataFrame(P, columns=names)
    model = FNNClassifier((8,), max_iter=30, early_stopping=True, random_state=0).fit(X, soft)
    assert model.classes_.tolist() == names
    labels = np.array(names)[Y]
    assert model.score(X, labels) == (model.predict(X) == labels).mean()
    assert set(model.predict(X)) <= set(names)
    assert model.predict_set(X, 0.9).shape == (600, 3)
    assert model.evaluate(X, labels).keys() == {"loss", "accuracy"}
    other = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    model.set_params(warm_start=True).fit(X, soft)
    given = FNNClassifier((8,), max_iter=5, random_state=0)
    given.fit(X, soft, X_val=X, y_val=labels)  # hard labels validate soft targets
    assert given.history_["val_loss"].iloc[-1] == pytest.approx(
        log_loss(labels, given.predict_proba(X)), rel=1e-4
    )


def test_errors_and_what_stays():
    with pytest.raises(ValueError, match="named by labels in sorted order"):
        FNNClassifier((3,)).fit(X, pd.DataFrame(P, columns=["b", "a", "c"]))
    with pytest.raises(ValueError, match="class_weight='balanced' is not available for y of prob"):
        FNNClassifier((3,), class_weight="balanced").fit(X, P)
    keras = FNNClassifier((3,), loss="categorical_crossentropy", max_iter=3).fit(X, P)
    assert keras.predict(X).shape == (600, 3)
    many = FNNClassifier((3,), max_iter=3).fit(X, (P > 0.3).astype(int))
    assert many.predict(X).shape == (600, 3)


def test_two_classes():
    p = np.column_stack([P[:, 0], 1 - P[:, 0]])
    model = FNNClassifier(**LINEAR).fit(X, p)
    assert model.predict_proba(X).shape == (600, 2)
    np.testing.assert_array_equal(model.predict(X), model.predict_proba(X).argmax(axis=1))


def test_a_student_learns_of_what_the_teacher_has_not_seen():
    teacher = RandomForestClassifier(30, random_state=0)
    names = np.array(["x", "y", "z"])[Y]
    student = make_pipeline(StandardScaler(), FNNClassifier(**LINEAR))
    found = distill(teacher, student, X, names, share=0.7)
    told = cross_val_predict(teacher, X, names, cv=5, method="predict_proba")
    by_hand = make_pipeline(StandardScaler(), FNNClassifier(**LINEAR))
    by_hand.fit(X, pd.DataFrame(0.7 * told + 0.3 * np.eye(3)[Y], columns=["x", "y", "z"]))
    np.testing.assert_allclose(found.predict_proba(X), by_hand.predict_proba(X), atol=1e-6)
    assert not hasattr(teacher, "estimators_")
    assert not hasattr(student[-1], "classes_")
    plain = distill(teacher, FNNClassifier(**LINEAR), X, names, share=0.0)
    expected = FNNClassifier(**LINEAR).fit(X, names)
    np.testing.assert_array_equal(plain.predict_proba(X), expected.predict_proba(X))
    with pytest.raises(ValueError, match="share must be in"):
        distill(teacher, student, X, names, share=2)


def test_a_regressor_learns_a_teachers_predictions():
    x, y = make_friedman1(300, noise=1, random_state=0)
    teacher = RandomForestRegressor(20, random_state=0)
    found = distill(teacher, FNNRegressor(**LINEAR), x, y, share=1.0)
    told = cross_val_predict(teacher, x, y, cv=5)
    np.testing.assert_allclose(found.predict(x), FNNRegressor(**LINEAR).fit(x, told).predict(x))


# ------------------------------------------------------------------ tables

FRAME = pd.DataFrame(X, columns=list("pqrs")).assign(
    key=np.random.default_rng(0).choice([f"k{i}" for i in range(12)], 600)
)
BRIEF = {"n_members": 3, "max_iter": 20, "random_state": 0}


@pytest.fixture(scope="module")
def table():
    return TabularFNNClassifier(**BRIEF).fit(FRAME, pd.DataFrame(P, columns=["a", "b", "c"]))


def test_a_table_learns_probabilities(table):
    assert table.classes_.tolist() == ["a", "b", "c"]
    assert np.abs(table.predict_proba(FRAME) - P).mean() < 0.02
    hard = TabularFNNClassifier(**BRIEF).fit(FRAME, P.argmax(axis=1))
    assert np.abs(hard.predict_proba(FRAME) - P).mean() > 0.1
    labels = np.array(["a", "b", "c"])[P.argmax(axis=1)]
    assert table.score(FRAME, P) == table.score(FRAME, labels) > 0.95
    assert set(table.predict(FRAME)) == {"a", "b", "c"}
    assert table.predict_set(FRAME, 0.9).shape == (600, 3)
    np.testing.assert_allclose(table.oof_prediction_, P, atol=0.25)
    other = pickle.loads(pickle.dumps(table))
    np.testing.assert_array_equal(other.predict_proba(FRAME), table.predict_proba(FRAME))


def test_the_loss_of_soft_targets_is_their_cross_entropy(table):
    found = table.evaluate(FRAME, P)
    expected = -(P * np.log(table.predict_proba(FRAME))).sum(axis=1).mean()
    assert found["loss"] == pytest.approx(expected, rel=1e-6)
    assert found["accuracy"] == table.score(FRAME, P)
    labels = np.array(["a", "b", "c"])[Y]
    of_labels = table.evaluate(FRAME, labels)["loss"]
    assert of_labels == pytest.approx(log_loss(labels, table.predict_proba(FRAME)), rel=1e-6)


def test_temperature_is_that_of_weighted_rows_of_each_class():
    from skfnn._engine.objective.calibration import best_temperature
    from skfnn.tabular._fitted_classes import _by_class

    raw = 3 * np.log(P)  # thrice too sure
    y, repeated, weight = _by_class(P, raw, None)
    assert best_temperature(y, repeated, weight)[0] == pytest.approx(3, rel=0.02)


def test_folds_of_soft_targets_go_by_the_largest():
    rare = np.full((600, 2), [0.9, 0.1])
    rare[:30] = [0.2, 0.8]
    model = TabularFNNClassifier(**BRIEF).fit(FRAME, rare)
    for held in model._fitted.origin.held:
        assert (held < 30).sum() == 10
    given = TabularFNNClassifier(max_iter=2, cv=5, random_state=0).fit(FRAME, rare)
    assert [(held < 30).sum() for held in given._fitted.origin.held] == [6] * 5


@pytest.mark.parametrize("options", [
    {"scoring": "neg_log_loss"}, {"metrics": ["accuracy"]}, {"cv": 3, "n_members": None},
    {"recipe": "tabm-mini", "n_members": None}, {"refit": True}, {"label_smoothing": 0.2},
    {"metrics": ["neg_log_loss"]},
], ids=str)  # fmt: skip
def test_parameters_beside_soft_targets(options):
    model = TabularFNNClassifier(**{**BRIEF, "max_iter": 4, **options}).fit(FRAME, P)
    assert np.isfinite(model.predict_proba(FRAME)).all()


def test_weights_and_validation_of_soft_targets():
    weight = np.where(np.arange(600) < 100, 0.0, 1.0)
    spoiled = P.copy()
    spoiled[:100] = P[:100, ::-1]
    one = TabularFNNClassifier(**BRIEF).fit(FRAME, P, weight)
    other = TabularFNNClassifier(**BRIEF).fit(FRAME, spoiled, weight)
    np.testing.assert_allclose(one.predict_proba(FRAME), other.predict_proba(FRAME), atol=1e-6)
    for y_val in (P[:100], Y[:100]):
        model = TabularFNNClassifier(**{**BRIEF, "max_iter": 4})
        model.fit(FRAME[100:], P[100:], X_val=FRAME[:100], y_val=y_val)
        assert model.oof_prediction_ is None


@pytest.mark.parametrize(("options", "message"), [
    ({"class_weight": "balanced"}, "class_weight='balanced' is not available for y of prob"),
    ({"blend": "trees"}, "blend='trees' has no form of soft targets"),
])  # fmt: skip
def test_what_soft_targets_of_a_table_cannot_have(options, message):
    with pytest.raises(ValueError, match=message):
        TabularFNNClassifier(**BRIEF, **options).fit(FRAME, P)
    with pytest.raises(ValueError, match="named by labels in sorted order"):
        TabularFNNClassifier(**BRIEF).fit(FRAME, pd.DataFrame(P, columns=["b", "a", "c"]))


def test_tables_as_student_and_teacher():
    names = np.array(["x", "y", "z"])[Y]
    teacher = TabularFNNClassifier(**{**BRIEF, "max_iter": 6})
    student = TabularFNNClassifier(**{**BRIEF, "max_iter": 6, "n_members": 1})
    found = distill(teacher, student, FRAME, names, cv=2)
    assert found.classes_.tolist() == ["x", "y", "z"]
    assert found.score(FRAME, names) > 0.6
    numbers = distill(
        TabularFNNRegressor(**{**BRIEF, "max_iter": 6}),
        TabularFNNRegressor(**{**BRIEF, "max_iter": 6}),
        FRAME,
        X[:, 0],
        cv=2,
    )
    assert numbers.score(FRAME, X[:, 0]) > 0.5


def test_soft_targets_in_files(table):
    io = pytest.importorskip("skops.io")
    from skfnn.export import skops_trusted_types

    other = io.loads(io.dumps(table), trusted=skops_trusted_types())
    np.testing.assert_array_equal(other.predict_proba(FRAME), table.predict_proba(FRAME))


@pytest.mark.parametrize("k", [2, 3])
def test_onnx_of_soft_targets(k):
    pytest.importorskip("onnxruntime")
    from test_onnx_tabular import run

    soft = P if k == 3 else np.column_stack([P[:, 0], 1 - P[:, 0]])
    model = TabularFNNClassifier(**{**BRIEF, "max_iter": 4}).fit(FRAME, soft)
    label, p = run(model, FRAME)
    np.testing.assert_allclose(p, model.predict_proba(FRAME), atol=1e-4)
    np.testing.assert_array_equal(label, model.predict(FRAME))


# ------------------------------------------------------------------ mean and spread


class Told(RegressorMixin, BaseEstimator):
    """A teacher that knows: mean x, standard deviation 0.2 + x."""

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict(self, X, return_std=False):
        x = np.asarray(X)[:, 0]
        return (x, 0.2 + x) if return_std else x


def test_a_gaussian_student_learns_mean_and_spread():
    x = np.linspace(0, 1, 400).reshape(-1, 1)
    y = np.zeros(400)  # of no use
    student = FNNRegressor((10,), "tanh", loss="gaussian", solver="lbfgs", max_iter=500,
                           random_state=0)  # fmt: skip
    mean, std = distill(Told(), student, x, y, share=1.0, spread=True).predict(x, return_std=True)
    np.testing.assert_allclose(mean, x[:, 0], atol=0.03)
    np.testing.assert_allclose(std, 0.2 + x[:, 0], atol=0.03)
    half = distill(Told(), student, x, x[:, 0], share=0.5, spread=True)
    _, std = half.predict(x, return_std=True)
    np.testing.assert_allclose(std, (0.2 + x[:, 0]) / np.sqrt(2), atol=0.03)


def test_spread_in_pipelines_and_tables():
    x = np.linspace(0, 1, 300).reshape(-1, 1)
    network = FNNRegressor((5,), loss="gaussian", solver="lbfgs", max_iter=200, random_state=0)
    pipeline = make_pipeline(StandardScaler(), MinMaxScaler(), network)
    found = distill(Told(), pipeline, x, x[:, 0], share=1.0, spread=True)
    _, std = found[-1].predict(found[:-1].transform(x), return_std=True)
    assert np.corrcoef(std, x[:, 0])[0, 1] > 0.95
    table = TabularFNNRegressor(**BRIEF, loss="gaussian")
    _, std = distill(Told(), table, x, x[:, 0], share=1.0, spread=True).predict(x, return_std=True)
    assert np.corrcoef(std, x[:, 0])[0, 1] > 0.9
    with pytest.raises(ValueError, match="spread=True is for regressors"):
        distill(LogisticRegression(), pipeline, X, Y, spread=True)
    with pytest.raises(ValueError, match="needs one target"):
        distill(Told(), network, x, np.column_stack([x, x]), spread=True)


# ------------------------------------------------------------------ rows without targets


@pytest.mark.parametrize("frame", [True, False])
def test_the_teacher_says_what_rows_without_targets_are(frame):
    teacher = RandomForestClassifier(20, random_state=0)
    x = FRAME[list("pqrs")] if frame else X
    student = make_pipeline(StandardScaler(), FNNClassifier(**LINEAR))
    found = distill(teacher, student, x[:200], Y[:200], share=0.5, X_unlabeled=x[200:])
    told = cross_val_predict(teacher, x[:200], Y[:200], cv=5, method="predict_proba")
    soft = np.concatenate([
        0.5 * told + 0.5 * np.eye(3)[Y[:200]],
        RandomForestClassifier(20, random_state=0).fit(x[:200], Y[:200]).predict_proba(x[200:]),
    ])  # fmt: skip
    by_hand = make_pipeline(StandardScaler(), FNNClassifier(**LINEAR)).fit(x, soft)
    np.testing.assert_allclose(found.predict_proba(x), by_hand.predict_proba(x), atol=1e-6)


def test_a_regressor_with_rows_without_targets():
    x = np.linspace(0, 1, 300).reshape(-1, 1)
    student = FNNRegressor((10,), "tanh", loss="gaussian", solver="lbfgs", max_iter=500,
                           random_state=0)  # fmt: skip
    half = x[:150:2], x[150:]
    found = distill(Told(), student, half[0], half[0][:, 0], share=1.0, spread=True,
                    X_unlabeled=half[1])  # fmt: skip
    mean, std = found.predict(x, return_std=True)
    np.testing.assert_allclose(mean, x[:, 0], atol=0.03)
    np.testing.assert_allclose(std, 0.2 + x[:, 0], atol=0.03)
    plain = distill(Told(), FNNRegressor(**LINEAR), half[0], half[0][:, 0], X_unlabeled=half[1])
    np.testing.assert_allclose(plain.predict(x), x[:, 0], atol=1e-3)

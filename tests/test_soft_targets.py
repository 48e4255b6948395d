"""Soft targets, and students that learn from them."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification, make_friedman1
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier, FNNRegressor
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

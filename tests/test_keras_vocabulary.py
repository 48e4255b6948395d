"""Code and data in Keras' vocabulary: one-hot targets, names, what is printed."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, scale

from skfnn import FNNClassifier, FNNRegressor
from skfnn.losses import CategoricalCrossEntropy

X, LABELS = scale(load_iris().data), load_iris().target
ONE_HOT = np.eye(3)[LABELS]
SETTINGS = {
    "hidden_layer_sizes": (8,),
    "learning_rate_init": 0.02,
    "max_iter": 30,
    "tol": 1e-9,
    "random_state": 0,
}
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
pytestmark = quiet


def network(**settings):
    return FNNClassifier(loss="categorical_crossentropy", **{**SETTINGS, **settings})


# ------------------------------------------------------------------ one-hot targets


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"solver": "lbfgs"},
        {"early_stopping": True, "metrics": ["acc"]},
        {"class_weight": "balanced", "label_smoothing": 0.1},
        {"class_weight": {0: 2.0, 2: 0.5}},
    ],
    ids=str,
)
def test_one_hot_rows_train_the_network_that_labels_train(settings):
    ours = network(**settings).fit(X, ONE_HOT)
    labels = network(**settings).fit(X, LABELS)
    assert ours.out_activation_ == "softmax"
    np.testing.assert_array_equal(ours.classes_, [0, 1, 2])
    for a, b in zip(ours.coefs_, labels.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        np.testing.assert_array_equal(getattr(ours, method)(X), getattr(labels, method)(X))
    predicted = ours.predict(X)
    np.testing.assert_array_equal(predicted, np.eye(3, dtype=int)[labels.predict(X)])
    assert predicted.dtype.kind == "i"
    assert ours.score(X, ONE_HOT) == labels.score(X, LABELS) > 0.8
    assert ours.evaluate(X, ONE_HOT) == labels.evaluate(X, LABELS)
    a, b = (m.history_.drop(columns="seconds") for m in (ours, labels))
    pd.testing.assert_frame_equal(a, b)


@pytest.mark.parametrize(
    "y",
    [
        ONE_HOT.astype(int),
        ONE_HOT.astype(bool),
        ONE_HOT.astype(np.float32),
        ONE_HOT.tolist(),
        pd.get_dummies(pd.Series(LABELS)),
        OneHotEncoder().fit_transform(LABELS[:, None]),
    ],
    ids=lambda y: getattr(getattr(y, "dtype", None), "name", type(y).__name__),
)
def test_one_hot_rows_of_any_kind(y):
    model = network(early_stopping=True).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), network(early_stopping=True)
                                  .fit(X, ONE_HOT).predict(X))  # fmt: skip
    assert model.score(X, y) == accuracy_score(y, model.predict(X))


def test_the_same_rows_mean_labels_with_log_loss():
    several = FNNClassifier(**SETTINGS).fit(X, ONE_HOT)
    assert several.out_activation_ == "logistic"
    assert several.predict(X).shape == (150, 3)
    again = FNNClassifier(**SETTINGS, loss="binary_crossentropy").fit(X, ONE_HOT)
    np.testing.assert_array_equal(several.coefs_[0], again.coefs_[0])


def test_two_columns_are_a_softmax_over_two():
    y = np.eye(2)[(LABELS > 0) * 1]
    model = network(solver="lbfgs", hidden_layer_sizes=(), alpha=0.1).fit(X, y)
    assert model.coefs_[0].shape == (4, 2)
    raw = X @ model.coefs_[0] + model.intercepts_[0]
    np.testing.assert_allclose(model.predict_proba(X), softmax(raw, axis=1), rtol=1e-10)
    np.testing.assert_array_equal(model.predict(X), y)
    assert model.decision_function(X).shape == (150, 2)
    assert model.score(X, y) == 1
    # Labels give one output, and twice the penalty on the difference of the two columns.
    one = clone(model).set_params(alpha=0.05).fit(X, (LABELS > 0) * 1)
    np.testing.assert_allclose(model.predict_proba(X), one.predict_proba(X), atol=1e-4)


def test_rows_of_probabilities():
    rng = np.random.default_rng(0)
    soft = rng.dirichlet(np.ones(3), size=150)
    model = network(hidden_layer_sizes=(), solver="lbfgs", alpha=0, tol=1e-8, max_iter=500)
    model.fit(X, soft)
    # With intercepts and no penalty, mean probabilities are mean targets; gradient W is zero.
    p = model.predict_proba(X)
    np.testing.assert_allclose(p.mean(axis=0), soft.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(X.T @ (p - soft) / 150, 0, atol=1e-5)
    cross_entropy = -(soft * model.predict_log_proba(X)).sum(axis=1).mean()
    result = model.evaluate(X, soft)
    assert result["loss"] == pytest.approx(cross_entropy)
    right = (p.argmax(axis=1) == soft.argmax(axis=1)).mean()
    assert result["accuracy"] == pytest.approx(right) == model.score(X, soft)
    stopped = network(early_stopping=True, metrics="acc", label_smoothing=0.1).fit(X, soft)
    assert "val_acc" in stopped.history_
    assert len(cross_val_score(network(), X, soft, cv=3)) == 3
    with pytest.raises(ValueError, match=r"class_weight='balanced' .* y of probabilities"):
        network(class_weight="balanced").fit(X, soft)


def test_repeated_rows_are_probabilities():
    """A row once per class, weighted by its probability, is the row with probabilities."""
    soft = np.random.default_rng(0).dirichlet(np.ones(3), size=150)
    settings = {"hidden_layer_sizes": (), "solver": "lbfgs", "tol": 1e-8, "max_iter": 500}
    whole = network(**settings, alpha=1.0).fit(X, soft)
    parts = network(**settings, alpha=1.0).fit(
        X.repeat(3, 0), np.tile([0, 1, 2], 150), sample_weight=soft.ravel()
    )
    np.testing.assert_allclose(whole.predict_proba(X), parts.predict_proba(X), atol=1e-5)


def test_searching_and_cross_validating_on_one_hot_rows():
    model = make_pipeline(StandardScaler(), network())
    grid = {"fnnclassifier__alpha": [1e-4, 1e-2]}
    order = np.random.default_rng(0).permutation(150)
    for scoring in (None, "accuracy", "neg_log_loss", "roc_auc"):
        search = GridSearchCV(model, grid, cv=3, scoring=scoring, error_score="raise")
        assert np.isfinite(search.fit(X[order[:60]], ONE_HOT[order[:60]]).best_score_)
    assert search.predict(X).shape == (150, 3)
    p = cross_val_predict(model, X[order], ONE_HOT[order], cv=3, method="predict_proba")
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert roc_auc_score(ONE_HOT[order], p) > 0.9
    assert log_loss(ONE_HOT[order], p) < 0.6
    predicted = cross_val_predict(model, X[order], ONE_HOT[order], cv=3)
    assert accuracy_score(ONE_HOT[order], predicted) > 0.8


def test_partial_fit_and_warm_start_on_one_hot_rows():
    model = network()
    model.partial_fit(X[:50], ONE_HOT[:50], classes=[0, 1, 2])  # one class only
    for _ in range(80):
        model.partial_fit(X, ONE_HOT)
    assert model.score(X, ONE_HOT) > 0.8
    with pytest.raises(ValueError, match=r"range\(3\), the numbers of y's columns"):
        network().partial_fit(X, ONE_HOT, classes=["a", "b", "c"])
    with pytest.raises(ValueError, match="3 outputs"):
        model.partial_fit(X, ONE_HOT[:, :2])
    with pytest.raises(ValueError, match="3 outputs"):
        model.partial_fit(X, LABELS)
    warm = network(warm_start=True).fit(X, ONE_HOT)
    first = warm.loss_
    assert warm.fit(X[:100], ONE_HOT[:100]).loss_ < first  # the third class is absent


@pytest.mark.parametrize(
    ("row", "value"),
    [(3, [0, 0, 0]), (0, [1, 1, 0]), (149, [2, -1, 0]), (7, [0.5, 0.4, 0]), (1, [0, 1, 2])],
)
def test_rows_that_are_no_distribution_are_refused(row, value):
    y = ONE_HOT.copy()
    y[row] = value
    with pytest.raises(ValueError, match=f"Row {row} is .* sum {sum(value):g}. .*binary_cross"):
        network().fit(X, y)
    with pytest.raises(ValueError, match=f"Row {row} is"):
        network().fit(X, ONE_HOT).evaluate(X, y)


def test_what_is_not_categorical_stays_as_it_was():
    with pytest.raises(ValueError, match="multilabel"):
        FNNClassifier(loss="sparse_categorical_crossentropy").fit(X, ONE_HOT)
    assert network().fit(X, np.array(["a", "b", "c"])[LABELS]).predict(X[:1])[0] in "abc"
    instance = FNNClassifier(loss=CategoricalCrossEntropy(), **SETTINGS).fit(X, ONE_HOT)
    assert instance.out_activation_ == "softmax"


def test_sparse_labels_are_labels():
    features, y = make_multilabel_classification(60, 5, n_classes=4, random_state=0)
    for early_stopping in (False, True):
        dense = FNNClassifier(**SETTINGS, early_stopping=early_stopping).fit(features, y)
        model = FNNClassifier(**SETTINGS, early_stopping=early_stopping)
        model.fit(features, sparse.csr_array(y))
        np.testing.assert_array_equal(model.predict(features), dense.predict(features))
        assert model.score(features, sparse.csr_array(y)) == dense.score(features, y)


# ------------------------------------------------------------------ what is printed


def test_verbose_prints_loss_and_metrics_of_training_and_validation(capsys):
    model = network(verbose=1, metrics=["accuracy"], max_iter=2)
    model.fit(X, ONE_HOT, X_val=X[::3], y_val=ONE_HOT[::3])
    line = capsys.readouterr().out.splitlines()[1]
    number = r"\d+\.?\d*"
    assert re.fullmatch(
        rf"Iteration 2, loss = {number}, accuracy = {number}, val_loss = {number}, "
        rf"val_accuracy = {number}",
        line,
    )
    shown = dict(part.split(" = ") for part in line.split(", ")[1:])
    last = model.history_.iloc[-1]
    for name, value in shown.items():
        assert float(value) == pytest.approx(last[name], rel=1e-4)


def test_verbose_prints_the_score_of_early_stopping(capsys):
    model = FNNRegressor(**SETTINGS, early_stopping=True, verbose=True).fit(X, LABELS)
    lines = [x for x in capsys.readouterr().out.splitlines() if x.startswith("Iteration")]
    shown = [float(line.rsplit("validation score = ")[1]) for line in lines]
    np.testing.assert_allclose(shown, model.validation_scores_, rtol=1e-4)

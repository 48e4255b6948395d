"""Scorers between epochs and in evaluate: any X that they ask about gets its own prediction."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import accuracy_score, r2_score
from sklearn.preprocessing import StandardScaler

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor
from skfnn._estimators import fitted, prediction
from skfnn.layers import Dense, Flatten
from skfnn.metrics import interval_score

X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)[:, :6]
X[:, 0] = X[:, 0] > 0  # a group
NUMBERS = X[:, 1] + X[:, 2]
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SOLVERS = pytest.mark.parametrize("solver", ["adam", "lbfgs"])


def plain(estimator, X, y):
    return accuracy_score(y, estimator.predict(X))


def backwards(estimator, X, y):
    return accuracy_score(y[::-1], estimator.predict(X[::-1]))


def worst_group(estimator, X, y):
    return min(
        accuracy_score(y[X[:, 0] == group], estimator.predict(X[X[:, 0] == group]))
        for group in np.unique(X[:, 0])
    )


def without_first_column(estimator, X, y):
    shuffled = X.copy()
    shuffled[:, 1] = 0
    return accuracy_score(y, estimator.predict(shuffled))


def one_row(estimator, X, y):
    return float(estimator.predict_proba(X[:1])[0, 1])


SCORERS = [plain, backwards, worst_group, without_first_column, one_row]


def classifier(solver, **params):
    settings = {"max_iter": 8, "random_state": 0, "metrics": SCORERS}
    return FNNClassifier((5,), solver=solver, **settings | params)


def assert_measured(model, given, labels, prefix=""):
    """The last row of the history is what the fitted model has."""
    last = model.history_.iloc[-1]
    for scorer in SCORERS:
        expected = scorer(model, given, labels)
        assert last[f"{prefix}{scorer.__name__}"] == pytest.approx(expected, abs=1e-6)


@quiet
@SOLVERS
@pytest.mark.parametrize("dtype", ["auto", "float32", "float64"])
def test_scorers_that_ask_about_other_rows_get_their_predictions(solver, dtype):
    """Seen: .453 from reversed rows where the accuracy is .993; a score by group failed."""
    model = classifier(solver, dtype=dtype).fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    assert_measured(model, X[:400], y[:400])
    assert_measured(model, X[400:], y[400:], "val_")
    history = model.history_
    np.testing.assert_array_equal(history["plain"], history["backwards"])
    assert (history["worst_group"] <= history["plain"]).all()
    assert (history["plain"] != history["without_first_column"]).any()


@quiet
@SOLVERS
@pytest.mark.parametrize("scorer", SCORERS)
def test_early_stopping_goes_by_what_a_scorer_says(solver, scorer):
    model = classifier(solver, early_stopping=True, scoring=scorer, metrics=None, max_iter=30)
    model.fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    expected = scorer(model, X[400:], y[400:])
    assert model.best_validation_score_ == pytest.approx(expected, abs=1e-6)


@quiet
@SOLVERS
def test_rows_held_out_of_a_named_table(solver):
    table = pd.DataFrame(X, columns=[f"column {i}" for i in range(6)])
    settings = {"early_stopping": True, "n_iter_no_change": 99, "max_iter": 5}
    named, unnamed = classifier(solver, **settings), classifier(solver, **settings)
    one, other = named.fit(table, y).history_, unnamed.fit(X, y).history_
    pd.testing.assert_frame_equal(one.drop(columns="seconds"), other.drop(columns="seconds"))
    assert named.feature_names_in_.tolist() == table.columns.tolist()
    assert named.evaluate(table, y)["backwards"] == pytest.approx(backwards(unnamed, X, y))


@quiet
@SOLVERS
def test_sparse_rows(solver):
    def first_half(estimator, X, y):
        return accuracy_score(y[:200], estimator.predict(X[:200]))

    rows = csr_array(np.where(np.abs(X) > 0.5, X, 0))
    model = classifier(solver, metrics=[first_half]).fit(rows, y)
    expected = first_half(model, rows, y)
    assert model.history_["first_half"].iloc[-1] == pytest.approx(expected)


@quiet
@SOLVERS
def test_shaped_rows_are_given_flat(solver):
    hidden = [Flatten(), Dense(4, "tanh")]
    model = FNNClassifier(hidden_layers=hidden, solver=solver, max_iter=5, random_state=0,
                          metrics=SCORERS)  # fmt: skip
    model.fit(X.reshape(-1, 2, 3), y)
    assert_measured(model, X, y)


@quiet
@SOLVERS
def test_numbers(solver):
    def last_half(estimator, X, y):
        return r2_score(y[200:], estimator.predict(X[200:]))

    model = FNNRegressor((5,), solver=solver, max_iter=8, metrics=[last_half], random_state=0)
    model.fit(X, NUMBERS)
    expected = last_half(model, X, NUMBERS)
    assert model.history_["last_half"].iloc[-1] == pytest.approx(expected, abs=1e-6)
    assert model.evaluate(X, NUMBERS)["last_half"] == pytest.approx(expected, abs=1e-6)


@quiet
def test_an_autoencoders_scorers_predict():
    def of_half(estimator, X, y):
        return float(estimator.reconstruction_error(X[:100]).mean())

    model = FNNAutoencoder((3,), metrics=[of_half], max_iter=5, random_state=0).fit(X)
    expected = model.reconstruction_error(X[:100]).mean()
    assert model.history_["of_half"].iloc[-1] == pytest.approx(expected, rel=1e-5)


@quiet
def test_a_scorer_in_partial_fit():
    model = classifier("adam").partial_fit(X, y, classes=[0, 1]).partial_fit(X[:300], y[:300])
    assert_measured(model, X[:300], y[:300])


@quiet
@SOLVERS
def test_the_rows_that_are_scored_are_not_predicted_twice(solver, monkeypatch):
    """Metrics and scikit-learn's scorers share the epoch's one forward pass."""

    def refuse(*given):
        raise AssertionError("predicted again")

    # Once, after the last epoch, validation rows tell the calibration of sets: not by these.
    monkeypatch.setattr(fitted.Fitted, "raw", refuse)
    monkeypatch.setattr(prediction, "raw_scores", refuse)
    names = ["roc_auc", "neg_log_loss", "f1", "accuracy"]
    model = classifier(solver, metrics=[*names, plain]).fit(X[:400], y[:400], X_val=X, y_val=y)
    with pytest.raises(AssertionError, match="predicted again"):
        clone(model).set_params(metrics=[backwards]).fit(X, y)
    monkeypatch.undo()
    assert model.history_["val_plain"].iloc[-1] == pytest.approx(model.score(X, y))


def test_scorers_of_evaluate_may_ask_about_other_rows():
    model = classifier("lbfgs", metrics=None, tol=0.1, max_iter=500).fit(X, y)
    found = model.set_params(metrics=SCORERS).evaluate(X, y)
    for scorer in SCORERS:
        assert found[scorer.__name__] == pytest.approx(scorer(model, X, y))


@pytest.mark.parametrize("weight", [np.zeros(3), [1.0, -1.0, 1.0], [np.nan, 1.0, 1.0]])
def test_weights_of_which_none_counts_are_refused_by_name(weight):
    interval = np.array([[0.0, 2.0]] * 3)
    with pytest.raises(ValueError, match="sample_weight"):
        interval_score([1.0, 1.0, 4.0], interval, sample_weight=weight)


def test_the_scale_of_weights_does_not_count_for_scores():
    y, interval = [1.0, 1.0, 4.0], np.array([[0.0, 2.0]] * 3)
    expected = 2.0 + (2 / 0.1) * 2 * 3 / 6  # the last is 2 above, and weighs a half
    for scale in (1e-300, 1.0, 1e305):
        weight = scale * np.array([1.0, 2.0, 3.0])
        assert np.isclose(interval_score(y, interval, sample_weight=weight), expected)

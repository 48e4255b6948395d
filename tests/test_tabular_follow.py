"""What is shown of a fit of the estimators for tables: metrics, lines, layers; balanced labels."""

import re

import numpy as np
import pandas as pd
import pytest
from helpers import run
from scipy.optimize import minimize_scalar
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    mean_absolute_error,
    mean_squared_error,
    roc_auc_score,
)

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn.metrics._loss_and_error import LossAndError
from skfnn.tabular._label_weights import BalancedLabels

NUMBERS = load_diabetes(as_frame=True)
CLASSES = load_breast_cancer(as_frame=True)
BRIEF = {"n_members": 2, "max_iter": 4, "hidden_layer_sizes": (8,), "random_state": 0}
WEIGHT = np.random.default_rng(0).uniform(0.1, 2, len(NUMBERS.target))


def group_mae(estimator, X, y):
    """A scorer that looks into the table."""
    female = (X["sex"] > 0).to_numpy()
    return -mean_absolute_error(y[female], estimator.predict(X[female]))


def reversed_mae(estimator, X, y):
    """One that predicts other rows than it was given."""
    return -mean_absolute_error(y[::-1], estimator.predict(X[::-1]))


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_metrics_of_numbers_are_in_the_unit_of_y(n_jobs, weight):
    names = ["mse", "neg_mean_absolute_error", group_mae, reversed_mae]
    model = TabularFNNRegressor(**BRIEF, metrics=names, n_jobs=n_jobs)
    X, y = NUMBERS.data, NUMBERS.target.to_numpy()
    model.fit(X, y, sample_weight=weight)
    history = model.history_
    assert [c for c in history if not c.startswith("val_")] == [
        "loss", "mse", "neg_mean_absolute_error", "group_mae", "reversed_mae", "learning_rate",
        "seconds",
    ]  # fmt: skip
    # The held-out rows of both members together are all rows; out-of-fold predictions are of an
    # epoch that other rows chose, and somewhat worse than at the best.
    best = [history.loc[(i, epoch)] for i, epoch in enumerate(model.best_epochs_)]
    found = np.mean([row["val_mse"] for row in best])
    expected = mean_squared_error(y, model.oof_prediction_, sample_weight=weight)
    assert 0.95 * found < expected < 1.3 * found
    scorer = "val_neg_mean_absolute_error"
    if weight is None:
        error = mean_absolute_error(y, model.oof_prediction_)
        assert 0.95 < error / -np.mean([row[scorer] for row in best]) < 1.2
        for row in best:
            assert row["val_reversed_mae"] == pytest.approx(row[scorer], rel=1e-6)
    np.testing.assert_array_equal(
        model.predict(X), TabularFNNRegressor(**BRIEF).fit(X, y, sample_weight=weight).predict(X)
    )
    results = model.evaluate(X, y, sample_weight=weight)
    assert list(results) == ["loss", "mse", "neg_mean_absolute_error", "group_mae", "reversed_mae"]
    assert results["mse"] == pytest.approx(
        mean_squared_error(y, model.predict(X), sample_weight=weight)
    )
    assert results["group_mae"] == pytest.approx(group_mae(model, X, y))


def test_metrics_of_classes():
    X, y = CLASSES.data, np.array(["no", "yes"])[CLASSES.target]
    model = TabularFNNClassifier(
        **BRIEF, metrics=["accuracy", "roc_auc", "balanced_accuracy", LossAndError()]
    ).fit(X, y)
    assert {"val_accuracy", "val_roc_auc", "val_balanced_accuracy"} <= set(model.history_)
    best = [model.history_.loc[(i, epoch)] for i, epoch in enumerate(model.best_epochs_)]
    decided = model.classes_[model.oof_prediction_.argmax(axis=1)]
    assert np.mean([row["val_accuracy"] for row in best]) == pytest.approx(
        accuracy_score(y, decided), abs=0.005
    )
    results = model.evaluate(X, y)
    p = model.predict_proba(X)[:, 1]
    assert results["roc_auc"] == pytest.approx(roc_auc_score(y, p))
    assert results["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(
        y, model.predict(X)
    ))  # fmt: skip
    # What is followed decides nothing.
    alone = TabularFNNClassifier(**BRIEF).fit(X, y)
    np.testing.assert_array_equal(alone.predict_proba(X), model.predict_proba(X))


def test_metrics_of_validation_data_of_ones_own():
    X, y = NUMBERS.data, NUMBERS.target.to_numpy()
    model = TabularFNNRegressor(**{**BRIEF, "n_members": 1}, metrics=["mae", group_mae])
    model.fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
    last = model.history_.loc[(0, model.best_epochs_[0])]
    assert last["val_mae"] == pytest.approx(mean_absolute_error(y[300:], model.predict(X[300:])))
    assert last["val_group_mae"] == pytest.approx(group_mae(model, X[300:], y[300:]))


def test_an_unknown_metric_is_refused():
    with pytest.raises(ValueError, match="metrics"):
        TabularFNNRegressor(**BRIEF, metrics="nonsense").fit(NUMBERS.data, NUMBERS.target)


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("refit", [False, True])
def test_a_line_a_member_with_score_epochs_seconds_and_time_left(n_jobs, refit, capsys):
    model = TabularFNNRegressor(
        **{**BRIEF, "n_members": 3}, n_jobs=n_jobs, refit=refit, verbose=True
    )
    model.fit(NUMBERS.data, NUMBERS.target)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 * (1 + refit)
    pattern = (
        r"Member (\d) of 3: r2 (-?[\d.]+) on held-out rows, best epoch \d of \d \(at most \d\), "
        r"[\d.]+ s(\. About [\d.]+ s left)?\."
    )
    found = [re.fullmatch(pattern, line) for line in lines[:3]]
    assert [int(line[1]) for line in found] == [1, 2, 3]
    assert [line[3] is not None for line in found] == [True, True, refit]
    if refit:
        assert "held-out" not in lines[3]
        assert lines[-1].endswith(" s.")


def test_verbose_2_prints_the_schema(capsys):
    TabularFNNRegressor(**BRIEF, verbose=2).fit(NUMBERS.data, NUMBERS.target)
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == ["column", "kind", "why", "missing", "levels", "example"]
    assert "Iteration 1, loss" in out


def test_the_layers_are_shown_in_full_with_a_total():
    model = TabularFNNRegressor(**BRIEF).fit(NUMBERS.data, NUMBERS.target)
    layers = model.summary()
    assert layers["parameters"].sum() == model._fitted.predictors[0].network.values.size
    longest = max(layers["layer"], key=len)
    assert len(longest) > 50
    for shown in (repr(layers), layers._repr_html_().replace("&#x27;", "'")):
        assert longest in shown
        assert re.search(rf"total\D*{layers['parameters'].sum()}", shown)
    assert type(layers.query("parameters > 0")) is pd.DataFrame


def test_balanced_labels_are_found_as_often_as_missed():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(1500, 3)), columns=list("abc"))
    noise = rng.normal(size=(1500, 2))
    Y = (X[["a", "b"]].to_numpy() + 2 * noise > np.array([0.0, 3.5])).astype(int)  # 50 %, 6 %
    plain = TabularFNNClassifier(n_members=1, max_iter=20, random_state=0).fit(X, Y)
    balanced = TabularFNNClassifier(
        n_members=1, max_iter=20, random_state=0, class_weight="balanced"
    ).fit(X, Y)
    rare = Y[:, 1] == 1
    assert plain.predict(X)[rare, 1].mean() < 0.1
    assert 0.5 < balanced.predict(X)[rare, 1].mean() < 1
    assert abs(balanced.predict_proba(X)[:, 1].mean() - 0.5) < 0.2  # of the seeds .33 to .43
    with pytest.raises(ValueError, match="not available for multilabel y; use 'balanced'"):
        TabularFNNClassifier(class_weight={0: 2}).fit(X, Y)


def test_the_loss_of_balanced_labels():
    rng = np.random.default_rng(0)
    y, raw = rng.integers(0, 2, (50, 3)).astype(float), rng.normal(size=(50, 3))
    y[:, 2] = 0  # a label that nothing has
    loss = BalancedLabels.balancing(y, None)
    yes, no = np.asarray(loss.yes), np.asarray(loss.no)
    for j in range(2):
        assert yes[j] * y[:, j].sum() == pytest.approx(no[j] * (1 - y[:, j]).sum())
        assert yes[j] * y[:, j].sum() + no[j] * (1 - y[:, j]).sum() == pytest.approx(50)
    assert (yes[2], no[2]) == (1, 1)
    p = 1 / (1 + np.exp(-raw))
    expected = -(np.where(y == 1, yes * np.log(p), no * np.log(1 - p))).sum(axis=1)
    np.testing.assert_allclose(loss.value(y, raw), expected)
    out, scratch = np.empty_like(raw), [np.empty_like(raw)]
    run(loss.gradient(y, raw, out, scratch), y.dtype)
    step = 1e-6
    for j in range(3):
        up, down = raw.copy(), raw.copy()
        up[:, j] += step
        down[:, j] -= step
        numeric = (loss.value(y, up) - loss.value(y, down)) / (2 * step)
        np.testing.assert_allclose(out[:, j], numeric, atol=1e-7)
    np.testing.assert_allclose(loss.constant(y, None)[:2], 0, atol=1e-9)


@pytest.mark.parametrize("weight", [None, np.linspace(0, 2, 300)])
def test_the_constant_of_weighted_labels_has_the_least_loss(weight):
    rng = np.random.default_rng(0)
    y = (rng.random((300, 3)) < [0.1, 0.5, 0.8]).astype(float)
    loss = BalancedLabels([0.6, 1.0, 3.0], [5.0, 2.0, 0.5])
    for j, found in enumerate(loss.constant(y, weight)):
        one = BalancedLabels(loss.no[j : j + 1], loss.yes[j : j + 1])

        def mean(raw, one=one, j=j):
            return np.average(one.value(y[:, [j]], np.full((300, 1), raw)), weights=weight)

        assert found == pytest.approx(minimize_scalar(mean).x, abs=1e-5)


def test_labels_that_all_rows_or_none_have_are_not_weighted():
    y = np.array([[0, 1, 0], [0, 1, 1], [0, 1, 1], [0, 1, 1.0]])
    loss = BalancedLabels.balancing(y, None)
    assert loss.no == [1, 1, 2]
    assert loss.yes == pytest.approx([1, 1, 2 / 3])
    assert np.isfinite(loss.constant(y, None)).all()
    raw, weight = np.arange(12.0).reshape(4, 3), np.array([1.0, 2, 3, 4])
    labels, scores, weights = loss.apart(y, raw, weight)
    assert labels.tolist() == y.ravel().tolist()
    assert scores.tolist() == [[value] for value in range(12)]
    by_label = np.where(y, loss.yes, loss.no) * weight[:, None]
    np.testing.assert_allclose(weights, by_label.ravel())

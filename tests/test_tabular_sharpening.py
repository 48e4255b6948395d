"""The mean of calibrated members is too unsure of itself: it is sharpened by their disagreement."""

import numpy as np
import pytest
from helpers import members_alone, with_state
from scipy.stats import entropy
from sklearn.datasets import load_digits, make_multilabel_classification
from sklearn.metrics import log_loss
from sklearn.utils import shuffle

from skfnn import TabularFNNClassifier

FEW = {"n_members": 3, "max_iter": 8, "numeric_embedding": None, "random_state": 0}


def members_of(model, X):
    """Return each member's calibrated probabilities, from its own predictions."""
    alone = [with_state(m, temperatures=[model.temperature_]) for m in members_alone(model)]
    return np.array([member.predict_proba(X) for member in alone])


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X = X + np.random.default_rng(0).normal(0, 6, X.shape)
    return X[:900], y[:900], X[900:], y[900:]


def test_the_exponent_is_told_by_the_disagreement_of_members(digits):
    X, y, *_ = digits
    model = TabularFNNClassifier(**FEW).fit(X, y)
    each = members_of(model, X)
    of_members, of_mean = entropy(each, axis=2).mean(), entropy(each.mean(axis=0), axis=1).mean()
    assert 1.05 < 2 - of_members / of_mean < 1.2
    assert model.sharpening_ == pytest.approx(2 - of_members / of_mean, rel=0.02)
    p = each.mean(axis=0) ** model.sharpening_
    model = with_state(model, scaling=None)
    np.testing.assert_allclose(model.predict_proba(X), p / p.sum(axis=1, keepdims=True), rtol=1e-6)


def test_it_brings_the_log_loss_of_new_rows_down():
    """Clean digits, where members disagree by more than a fifth: the exponent is the highest."""
    ratios = []
    for seed in range(2):
        X, y = shuffle(*load_digits(return_X_y=True), random_state=seed)
        model = TabularFNNClassifier(**FEW).fit(X[:900], y[:900])
        assert model.sharpening_ == 1.2
        sharp = log_loss(y[900:], model.predict_proba(X[900:]))
        model = with_state(model, sharpening=1.0)
        ratios.append(sharp / log_loss(y[900:], model.predict_proba(X[900:])))
    assert np.mean(ratios) < 0.98


def test_one_member_agrees_with_itself(digits):
    X, y, *_ = digits
    params = {**FEW, "max_iter": 3, "n_members": 1}
    assert TabularFNNClassifier(**params).fit(X, y).sharpening_ == 1


def test_held_out_rows_of_one_member_each_are_not_sharpened(digits, monkeypatch):
    X, y, *_ = digits
    monkeypatch.setattr("skfnn.tabular._honest.FEWEST", np.inf)  # all are at the best epoch
    model = TabularFNNClassifier(**FEW).fit(X, y)
    held_out = model.oof_prediction_.copy()
    each = members_of(model, X)
    gaps = np.abs(each - held_out).max(axis=2).min(axis=0)
    assert np.max(gaps) < 1e-4


def test_rows_given_to_validate_by_tell_it_where_there_are_some(digits):
    X, y, X_test, y_test = digits
    model = TabularFNNClassifier(**FEW).fit(X, y, X_val=X_test, y_val=y_test)
    each = members_of(model, X_test)
    share = 1 - entropy(each, axis=2).mean() / entropy(each.mean(axis=0), axis=1).mean()
    assert model.sharpening_ == pytest.approx(1 + min(share, 0.2), rel=0.02)
    on_training_rows = members_of(model, X)
    seen = 1 - (
        entropy(on_training_rows, axis=2).mean()
        / entropy(on_training_rows.mean(axis=0), axis=1).mean()
    )
    assert abs(seen - share) > 0.01  # or it would not have told the two apart


def test_labels_and_two_classes():
    X, Y = make_multilabel_classification(300, n_classes=3, random_state=0)
    model = TabularFNNClassifier(**FEW).fit(X, Y)
    each, a = members_of(model, X).mean(axis=0), model.sharpening_
    assert a > 1
    np.testing.assert_allclose(
        model.predict_proba(X), each**a / (each**a + (1 - each) ** a), rtol=1e-6
    )
    model = TabularFNNClassifier(**FEW).fit(X, Y[:, 0])
    each = members_of(model, X).mean(axis=0)
    np.testing.assert_allclose(
        model.decision_function(X), model.sharpening_ * np.log(each[:, 1] / each[:, 0]), rtol=1e-5
    )


def test_rows_without_weight_do_not_count(digits):
    X, y, *_ = digits
    weight = np.r_[np.ones(600), np.zeros(300)]
    model = TabularFNNClassifier(**FEW).fit(X, y, sample_weight=weight)
    each = members_of(model, X[:600])
    share = 1 - entropy(each, axis=2).mean() / entropy(each.mean(axis=0), axis=1).mean()
    assert model.sharpening_ == pytest.approx(1 + min(share, 0.2), rel=1e-3)

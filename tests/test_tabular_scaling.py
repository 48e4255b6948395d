"""Probabilities of three classes and more are mended by what held-out rows tell of each class."""

import numpy as np
import pytest
from helpers import with_state
from scipy.optimize import approx_fprime, brentq
from scipy.special import log_softmax, softmax
from sklearn.metrics import log_loss

from skfnn import TabularFNNClassifier
from skfnn.tabular._class_scaling import ClassScaling, learned_scaling

FEW = {"n_members": 3, "max_iter": 12, "numeric_embedding": None, "random_state": 0}


def made(n, k=4, seed=0):
    """Return probabilities, and classes drawn with others: some classes are too likely."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(k, 0.7), n)
    weights = 0.2 * np.random.default_rng(7).normal(size=(k, k))
    moved = np.linspace(-0.5, 0.5, k) + ClassScaling.logarithms(p) @ weights
    q = softmax(np.log(p) + moved, axis=1)
    return p, (rng.random((n, 1)) > q.cumsum(axis=1)).sum(axis=1), q


def test_probabilities_are_multiplied_as_the_formula_says():
    p = np.array([[0.5, 0.25, 0.25], [0.0, 0.2, 0.8]])
    weights = np.array([[0.0, 0.5, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    found = ClassScaling(np.log([1.0, 2.0, 4.0]), weights)(p)
    first = np.log(2) * 2 / 3  # the logarithm of the first class less the mean of all
    times = np.array([0.5, 0.25 * 2 * np.exp(first / 2), 0.25 * 4])
    np.testing.assert_allclose(found[0], times / times.sum())
    lowest = np.log([1e-3, 0.2, 0.8])
    times = np.array([0, 0.2 * 2 * np.exp((lowest[0] - lowest.mean()) / 2), 0.8 * 4])
    np.testing.assert_allclose(found[1], times / times.sum())


def test_nothing_but_shares_of_classes_is_told_where_all_probabilities_are_alike():
    """Each shift is where the rows of a class less those expected are 30 times the shift.

    Of 100 rows two thirds are missed, so 2.5 times as much.
    """
    counts = np.array([70, 20, 10])
    found = learned_scaling(np.full((100, 3), 1 / 3), np.repeat(np.arange(3), counts), None)
    np.testing.assert_allclose(found.weights, 0, atol=1e-12)
    expected = 100 * softmax(found.shift)
    np.testing.assert_allclose(counts - expected, 2.5 * 30 * found.shift, atol=1e-3)
    y = np.r_[np.zeros(50), np.ones(50)].astype(int)  # two shifts alike, against a third one
    found = learned_scaling(np.full((100, 3), 1 / 3), y, None).shift
    at = brentq(lambda b: 50 - 100 / (2 + np.exp(-3 * b)) - 75 * b, 0, 2)
    np.testing.assert_allclose(found, [at, at, -2 * at], atol=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_penalised_cross_entropy_is_smallest(weighted):
    p, y, _ = made(400)
    weight = np.random.default_rng(1).random(400) + 0.1 if weighted else np.ones(400)
    mass = weight * weight.sum() / (weight**2).sum()
    logs = np.log(np.maximum(p, 1e-3))
    logs -= logs.mean(axis=1, keepdims=True)
    firmness = 1 + 100 / (mass @ (1 - p[np.arange(400), y]))

    def objective(t):
        scores = t[0] * logs + t[1:5] + logs @ t[5:].reshape(4, 4)
        loss = -(mass * log_softmax(scores, axis=1)[np.arange(400), y]).sum()
        return loss + firmness * (15 * (t[1:5] ** 2).sum() + 150 * (t[5:] ** 2).sum())

    found = learned_scaling(p, y, weight if weighted else None)
    best = np.r_[0.0, found.shift, found.weights.ravel()]
    best[0] = min(np.linspace(0.3, 2, 1701), key=lambda a: objective(np.r_[a, best[1:]]))
    np.testing.assert_allclose(approx_fprime(best, objective, 1e-5)[1:], 0, atol=0.5)
    assert objective(best) < objective(np.r_[best[0], np.zeros(20)]) - 5


def test_what_many_rows_tell_is_found():
    p, y, _ = made(10_000)
    p_new, y_new, q_new = made(10_000, seed=1)
    found = learned_scaling(p, y, None)(p_new)
    assert np.abs(found - q_new).mean() < 0.25 * np.abs(p_new - q_new).mean()
    assert log_loss(y_new, found) < log_loss(y_new, p_new)


def test_two_classes_and_very_many_stay_as_they_are():
    assert learned_scaling(np.full((50, 2), 0.5), np.zeros(50, int), None) is None
    assert learned_scaling(np.full((50, 101), 1 / 101), np.zeros(50, int), None) is None
    assert learned_scaling(np.full((50, 3), 1 / 3), np.zeros(50, int), np.zeros(50)) is None


def test_weights_count():
    p, y, _ = made(300)
    weight = np.random.default_rng(2).random(300)
    found, plain = learned_scaling(p, y, weight), learned_scaling(p, y, None)
    many = learned_scaling(p, y, 1e-9 * weight)
    np.testing.assert_allclose(many.shift, found.shift, atol=1e-5)
    equal = learned_scaling(p, y, np.full(300, 7.0))
    np.testing.assert_array_equal(equal.shift, plain.shift)
    assert np.abs(found.shift - plain.shift).max() > 0.01
    absurd = np.r_[np.full((9, 4), [0, 0, 0, 1.0]), p], np.r_[np.zeros(9, int), y]
    with_them = learned_scaling(*absurd, np.r_[np.zeros(9), weight])
    np.testing.assert_array_equal(with_them.weights, found.weights)
    one = learned_scaling(p, y, np.r_[1.0, np.full(299, 1e-9)])  # a single row tells little
    assert np.abs(one.shift).max() < 0.05


def test_few_misses_tell_little():
    """Of 3,000 rows one is not what all say."""
    p = np.full((3000, 3), 1e-6)
    y = np.arange(3000) % 3
    p[np.arange(3000), y] = 1 - 2e-6
    y[0] = 1
    found = learned_scaling(p, y, None)
    assert np.abs(found.shift).max() < 1e-3
    assert np.abs(found.weights).max() < 1e-3
    right = learned_scaling(p[1:], y[1:], None)  # none at all
    np.testing.assert_allclose(right(p), p, rtol=1e-3)
    certain = learned_scaling(np.eye(3)[y], y, None)
    np.testing.assert_array_equal(certain(np.eye(3)), np.eye(3))


def test_codes_are_as_shares_of_one():
    p, y, _ = made(300)
    found, soft = learned_scaling(p, y, None), learned_scaling(p, np.eye(4)[y], None)
    np.testing.assert_array_equal(found.weights, soft.weights)


def test_the_log_loss_of_new_rows_is_lower():
    """Grades of which the middle ones are seldom the likeliest."""
    ratios = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(3000, 6))
        y = np.digitize(X[:, 0] + X[:, 1] * X[:, 2] + rng.standard_t(2, 3000), [-3, -1, 0, 0.3, 2])
        model = TabularFNNClassifier(**FEW).fit(X[:1000], y[:1000])
        plain = with_state(model, scaling=None)
        ratios.append(
            log_loss(y[1000:], model.predict_proba(X[1000:]))
            / log_loss(y[1000:], plain.predict_proba(X[1000:]))
        )
    assert np.mean(ratios) < 0.998


def test_with_offsets_and_labels_there_is_none():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 2)), np.arange(90) % 3
    quick = {**FEW, "max_iter": 1}
    with_offset = TabularFNNClassifier(**quick).fit(X, y, offset=rng.normal(size=(90, 3)))
    assert vars(with_offset)["_fitted"].scaling is None
    assert vars(TabularFNNClassifier(**quick).fit(X, y > 1))["_fitted"].scaling is None
    validated = TabularFNNClassifier(**quick).fit(X[:60], y[:60], X_val=X[60:], y_val=y[60:])
    assert vars(validated)["_fitted"].scaling.shift.shape == (3,)

"""What statements mean that weigh candidates by held-out rows, and that learn widths."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skfnn._engine.following.history import History
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import ClassTarget, RegressionTarget
from skfnn.losses import Gaussian, LogLoss, Loss
from skfnn.tabular import _weighing
from skfnn.tabular._fitted_classes import FittedClasses
from skfnn.tabular._fitted_numbers import FittedNumbers, Scale
from skfnn.tabular._folds import Fold
from skfnn.tabular._members import Member
from skfnn.tabular._mixing import Share, best_weights, products
from skfnn.tabular._search import Configuration
from skfnn.tabular._weighing import (
    _Held,
    held_out_of,
    helps,
    helps_mean,
    hopeful,
    mix,
    outweighed,
    promising,
    trained,
    weigh,
)

N = 40
RNG = np.random.default_rng(0)
Y = RNG.normal(size=N)
WEIGHT = RNG.uniform(0.5, 2, N)
FOLDS = [Fold(0, np.arange(20, 40), np.arange(20)), Fold(1, np.arange(20), np.arange(20, 40))]


def table(loss="squared_error", k=1):
    loss = Loss.resolve(loss, "loss").specialise("regression")
    target, unit = RegressionTarget(k, k == 1), Scale(0.0, 1.0, -99.0, 99.0)
    return FittedNumbers(None, target, loss, scale=unit, given_loss="x")


SQUARED, NORMAL, ABSOLUTE = table(), table("gaussian"), table("absolute_error")


class Candidate:
    """Whatever was trained: what it is judged by, and rows to predict."""

    name, memorises = "told", False

    def __init__(self, y=Y, weight=None, rows=None, divided=True, target=SQUARED.target):
        self.y, self.weight, self.divided, self.target = y, weight, divided, target
        self.given, self.family, self.asked = rows, id(self), []

    def valid(self, fold):
        X = np.zeros((len(self.y), 1))
        return Data(X, self.y, self.weight, self.target, (0.0, 1.0),
                    rows=fold.held if self.divided else None)  # fmt: skip

    def sample(self, n, held_out):
        self.asked.append((n, held_out))
        return self.given


def member(number, raw, honest=None, predictor=None):
    return Member(number, predictor, History(), 1, 1, raw, False, True, 0.0, honest)


def config(raw, weight=1.0, *, candidate=None, folds=FOLDS, temperature=1.0, honest=None,
           predictors=(None, None)):  # fmt: skip
    """A configuration that predicts so of each row, by the member that held it out."""
    raw = raw if raw.ndim > 1 else raw[:, None]
    members = [
        member(f.number, raw[f.held] if f.held is not None else raw,
               None if honest is None else honest[f.held], predictors[f.number])
        for f in folds
    ]  # fmt: skip
    return Configuration({}, members, weight, candidate or Candidate(), temperature)


def noisy(scale, seed=0, bias=0.0):
    return Y + bias + scale * np.random.default_rng(seed).normal(size=N)


# ------------------------------------------------------------------ held-out rows


def test_what_members_say_of_held_out_rows_is_told_fold_by_fold():
    target = ClassTarget(np.arange(3))
    candidate = Candidate(np.arange(N) % 3, target=target)
    raw, honest = RNG.normal(size=(2, N, 3))
    one = config(raw, 2.0, candidate=candidate, temperature=4.0, honest=honest,
                 predictors=("a", "b"))  # fmt: skip
    other = config(raw + 1, 0.5, candidate=candidate)
    other.members[0].raw = None
    first, second = held_out_of([one, other], FOLDS)
    assert_array_equal(first.data.rows, np.arange(20))
    assert_allclose(first.raws, [raw[:20] / 4])
    assert (first.weights, list(first.predictors)) == ([2.0], ["a"])
    assert_allclose(second.raws, [raw[20:] / 4, raw[20:] + 1])
    assert (second.weights, list(second.predictors)) == ([2.0, 0.5], ["b", None])
    assert_allclose(held_out_of([one], FOLDS, honest=True)[1].raws, [honest[20:] / 4])
    candidate.memorises = True
    assert list(held_out_of([one], FOLDS)[0].predictors) == []
    other.members.clear()
    assert held_out_of([other], FOLDS) == []


def test_a_configuration_has_the_temperature_that_held_out_rows_tell():
    target = ClassTarget(np.arange(3))
    classes = FittedClasses(None, target, LogLoss().specialise("multiclass"))
    y = np.arange(N) % 3
    sure = 9.0 * np.eye(3)[np.where(np.arange(N) < 8, (y + 1) % 3, y)]
    candidate = Candidate(y, target=target)
    members = config(sure, candidate=candidate).members
    found = trained(classes, candidate, members, FOLDS)
    assert found.temperature > 2
    assert (found.params, found.weight, found.candidate) == ({}, 0.0, candidate)
    assert trained(SQUARED, candidate, [], [], {"a": 1}).params == {"a": 1}


class Score:
    """A score of the user's that is the better the larger predictions are."""

    def __init__(self):
        self.rows = []

    def of_mean(self, mean, rows, y, weight):
        self.rows.append(rows)
        assert_array_equal(y, Y[: len(y)])
        return float(np.mean(mean))


def test_configurations_are_weighed_by_the_loss_of_their_mean():
    off = [config(Y + bias) for bias in (3.0, -1.0, 9.0)]
    short = config(Y)
    short.members.pop()
    tried = [*off, short]
    for c in tried:
        c.weight = 7.0
    weigh(SQUARED, tried, FOLDS, None)
    assert [c.weight for c in tried] == [2.0, 6.0, 0.0, 7.0]
    weigh(SQUARED, [off[0], short], FOLDS, None)
    assert off[0].weight == 2.0  # there is nothing to weigh it against
    weigh(SQUARED, off[:2], FOLDS, None)
    assert [c.weight for c in off[:2]] == [2.0, 6.0]


def test_configurations_are_weighed_by_the_users_score():
    off, score = [config(Y + bias) for bias in (0.0, 5.0)], Score()
    short = config(Y, folds=FOLDS[:1])
    tried = [off[0], short, off[1]]
    weigh(SQUARED, tried, [*FOLDS, Fold(2, np.arange(30), np.arange(30, 40))], score)
    assert [c.weight for c in off] == [1.0, 19.0]
    assert_array_equal(score.rows[0], np.arange(N))  # of the folds that have members
    whole = [config(Y + bias, candidate=Candidate(divided=False),
                    folds=[Fold(0, np.arange(N), None)]) for bias in (0.0, 5.0)]  # fmt: skip
    weigh(SQUARED, whole, [Fold(0, np.arange(N), None)], score)
    assert score.rows[-1] is None


# ------------------------------------------------------------------ mixtures


def test_others_get_the_share_that_their_errors_tell():
    own, other = config(noisy(0.5, 1), 3.0), config(noisy(0.4, 2), 0.0)
    own.candidate.memorises = other.candidate.memorises = True  # no variance is told
    mix(SQUARED, [own, config(Y, 0.0)], [other], FOLDS, None)
    errors = [c_errors(c) for c in (own, other)]
    expected = best_weights(products(errors, [0.0, 0.0], None), 0.05)
    assert_allclose([2 * own.weight, 2 * other.weight], expected, rtol=1e-5)  # of two members


@pytest.mark.parametrize(("square", "share"), [(14.0, 1 / 15), (26.0, 0.0)])
def test_others_below_5_hundredths_are_none(square, share):
    """Errors that have nothing in common: the shares are known."""
    own, other = (config(Y + e) for e in (np.tile([1.0, -1.0], 20), np.tile([1.0, 1, -1, -1], 10)))
    for one in other.members:
        one.raw = Y[FOLDS[one.number].held, None] * (1 - square**0.5) + square**0.5 * one.raw
    own.candidate.memorises = other.candidate.memorises = True
    found = _Held(SQUARED, [[own], [other]], FOLDS, None).weights()
    assert_allclose(found, [1 - share, share], atol=1e-6)


def c_errors(c, y=Y):
    raw = np.concatenate([m.raw for m in c.members])
    return raw - y.reshape(len(y), -1)


def candidates_with_variance():
    """Candidates of members that differ on the rows of the table."""
    rows = (np.zeros((4, 1)), np.array([1.0, 1.0, 1.0, 3.0]))
    said = [np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[2.0], [1.0], [0.0], [3.4]])]
    return rows, [SimpleNamespace(raw=lambda A, s=s: s) for s in said]


def test_the_variance_among_members_is_that_of_half_their_spread():
    rows, predictors = candidates_with_variance()
    candidate = Candidate(rows=rows)
    c = config(noisy(0.5), 1.0, candidate=candidate, predictors=predictors)
    held = _Held(SQUARED, [[c]], FOLDS, None)
    expected = (1.0 + 0.0 + 1.0 + 3 * 0.04) / 6  # variances, by weight
    assert held.variances == [pytest.approx(0.5 * expected)]
    assert candidate.asked == [(2000, True)]
    double = config(noisy(0.5), 3.0, candidate=candidate,
                    predictors=[SimpleNamespace(raw=lambda A: np.zeros((4, 1)))] * 2)  # fmt: skip
    both = _Held(SQUARED, [[c, double]], FOLDS, None)  # a fourth of what differs
    assert both.variances == [pytest.approx(0.5 * expected / 16)]
    candidate.memorises = True
    assert _Held(SQUARED, [[c]], FOLDS, None).variances == [0.0]
    whole = [Fold(0, np.arange(N), None), Fold(1, np.arange(N), None)]
    undivided = config(Y, candidate=Candidate(divided=False, rows=rows), folds=whole)
    assert _Held(SQUARED, [[undivided]], whole, None).variances == [0.0]


def test_three_members_vary_as_three():
    thirds = [Fold(i, np.arange(N), np.arange(i, N, 3)) for i in range(3)]
    said = [SimpleNamespace(raw=lambda A, s=s: np.full((2, 1), s)) for s in (0.0, 1.0, 5.0)]
    candidate = Candidate(rows=(np.zeros((2, 1)), None))
    c = config(Y, candidate=candidate, folds=thirds, predictors=said)
    assert _Held(SQUARED, [[c]], thirds, None).variances == [pytest.approx(0.5 * 14 / 3)]


def test_two_outputs_have_the_variance_of_both():
    outputs, y = table(k=2), np.column_stack([Y, Y])
    said = [np.zeros((3, 2)), np.array([[2.0, 4.0]] * 3)]
    candidate = Candidate(y, rows=(np.zeros((3, 1)), None), target=outputs.target)
    c = config(y + 1, candidate=candidate,
               predictors=[SimpleNamespace(raw=lambda A, s=s: s) for s in said])  # fmt: skip
    assert _Held(outputs, [[c]], FOLDS, None).variances == [0.5 * (1.0 + 4.0)]


def test_the_share_of_all_others_together():
    groups = [[config(noisy(s, i))] for i, s in enumerate((0.3, 0.4, 0.5))]
    held = _Held(SQUARED, groups, FOLDS, None)
    held.variances = [0.01, 0.04, 0.03]
    found = held.share_of(np.array([0.2, 0.6, 0.2]))
    mixed = 0.75 * held.errors[1] + 0.25 * held.errors[2]
    expected = Share.of(held.errors[0], mixed, None, (0.01, 0.75**2 * 0.04 + 0.25**2 * 0.03))
    assert found == pytest.approx(expected)


def test_groups_are_weighed_by_squares_where_squares_are_meant():
    groups = [[config(noisy(0.4, 1))], [config(noisy(0.4, 2))]]
    assert _Held(SQUARED, groups, FOLDS, None).by_squares
    assert not _Held(SQUARED, groups, FOLDS, Score()).by_squares
    assert not _Held(ABSOLUTE, groups, FOLDS, None).by_squares
    of_moments = [[config(np.column_stack([Y, Y]))]]
    assert not _Held(NORMAL, of_moments, FOLDS, None).by_squares
    held = _Held(SQUARED, groups, FOLDS, Score())
    assert held.loss(held.means[1]) == -np.mean(held.means[1])
    held = _Held(SQUARED, groups, FOLDS, None)
    assert held.loss(held.means[1]) == pytest.approx(0.5 * np.mean((held.means[1] - Y) ** 2))
    half = _Held(SQUARED, [[groups[0][0]], [config(Y, folds=FOLDS[:1])]], FOLDS, None)
    assert [fold.number for fold in half.common] == [0]
    assert [len(mean) for mean in half.means] == [20, 20]


def test_the_mean_of_what_members_say_of_validation_rows():
    whole = [Fold(0, np.arange(N), None), Fold(1, np.arange(N), None)]
    candidate = Candidate(divided=False)
    c = config(Y, candidate=candidate, folds=whole)
    c.members[1].raw = c.members[1].raw + 1
    held = _Held(SQUARED, [[c]], whole, None)
    assert_allclose(held.means[0], Y + 0.5)
    assert_array_equal(held.y, Y)
    assert held.rows is None


@pytest.mark.parametrize(
    ("told", "own", "other"),
    [([0.0, 1.0], 0.02, 0.98), ([0.02, 0.98], 0.02, 0.98), ([0.25, 0.75], 0.25, 0.75),
     ([0.01, 0.99], 0.02, 0.99 * 0.98), ([1.0, 0.0], None, 0.0)],
)  # fmt: skip
@pytest.mark.parametrize("moments", [False, True])
def test_networks_keep_2_hundredths_or_next_to_nothing(told, own, other, moments, monkeypatch):
    monkeypatch.setattr(_Held, "weights", lambda self: np.array(told))
    ours, theirs = config(Y, 4.0), config(Y, 5.0)
    if moments:  # a score of the user's chooses
        ours, theirs = (config(np.column_stack([Y, Y]), w) for w in (4.0, 5.0))
        if told[0] < 0.02:
            own = max(told[0], 1e-9)
            other = told[1] * (1 - 1e-9) if told[0] == 0 else told[1]
    mix(NORMAL if moments else SQUARED, [ours], [theirs], FOLDS, Score() if moments else None)
    assert theirs.weight == pytest.approx(other / 2)
    if own is None:
        assert ours.weight == 4.0  # nothing changes
    else:
        assert ours.weight == pytest.approx(own / 2, rel=1e-12)


def test_a_group_has_its_share_by_the_weights_in_it():
    some = [config(Y, 3.0), config(Y, 0.0), config(Y, 1.0, folds=FOLDS[:1])]
    _weighing._share(some, 0.9)
    total = 3.0 * 2 + 1.0 * 2 + 1.0
    assert [c.weight for c in some] == pytest.approx([2.7 / total, 0.9 / total, 0.9 / total])
    assert sum(c.weight * len(c.members) for c in some) == pytest.approx(0.9)


def test_what_differs_in_parameters_alone_is_weighed_together_first():
    one, other, apart = (config(Y + bias, 0.0) for bias in (3.0, -1.0, 2.0))
    one.candidate.family = other.candidate.family = "trees"
    found = _weighing._families(SQUARED, [one, other, apart], FOLDS, None)
    assert found == [[one, other], [apart]]
    assert [c.weight for c in (one, other, apart)] == [2.0, 6.0, 1.0]
    other, bad = config(Y), config(Y + 30, 9.0)
    other.candidate.family = bad.candidate.family = "trees"
    assert _weighing._families(SQUARED, [other, bad], FOLDS, None) == [[other]]


def test_only_what_has_members_enough_is_mixed():
    one = config(Y, folds=FOLDS[:1])
    assert _weighing._complete([one], FOLDS) == []
    assert _weighing._complete([one], FOLDS[:1]) == [one]
    both = config(Y)
    assert _weighing._complete([both, one], FOLDS) == [both]
    assert not outweighed(SQUARED, config(noisy(9.0)), [one], FOLDS, None)
    mix(SQUARED, [both], [one], FOLDS, None)
    assert (one.weight, both.weight) == (1.0, 1.0)


def test_the_mean_and_the_variance_of_a_mixture_have_weights_of_their_own(monkeypatch):
    monkeypatch.setattr(_Held, "shares", lambda self: np.array([0.6, 0.4, 0.0, 0.0])[: len(self.y)])
    monkeypatch.setattr(_Held, "spreads", lambda self, shares: np.array([0.0, 0.3, 0.7, 0.0]))
    raw = np.column_stack([Y, Y])
    own, *others = (config(raw, temperature=5.0) for _ in range(4))
    mix(NORMAL, [own], others, FOLDS, None)
    assert [2 * c.weight for c in (own, *others)] == pytest.approx([0.6, 0.4, 1e-9, 0.0])
    expected = [1e-9 / 0.6, 0.3 / 0.4, 0.7 / 1e-9, 1.0]
    assert [c.temperature for c in (own, *others)] == pytest.approx(expected)


def test_networks_that_are_one_alone_hardly_count(monkeypatch):
    seen = []

    def shares(self):
        seen.append(len(self.groups))
        return np.array([1.0])

    monkeypatch.setattr(_Held, "shares", shares)
    monkeypatch.setattr(_Held, "spreads", lambda self, shares: np.array([1.0]))
    raw = np.column_stack([Y, Y])
    own, other = config(raw, folds=FOLDS[:1]), config(raw)
    mix(NORMAL, [own], [other], FOLDS, None)
    assert seen == [1]
    assert (own.weight, 2 * other.weight) == pytest.approx((1e-9, 1.0))
    assert own.temperature == pytest.approx(1.0)


# ------------------------------------------------------------------ what is worth its time


@pytest.mark.parametrize(
    ("weights", "share", "expected"),
    [([0.69, 0.31], Share(0.31, 0.0), True), ([0.71, 0.29], Share(0.9, 0.0), False),
     ([0.7, 0.3], Share(0.3, 0.0), True), ([0.1, 0.9], Share(0.9, 0.7), False),
     ([0.5, 0.5], Share(0.4, 0.05), True), ([0.7, 0.3], Share(0.3, 0.1), False)],
)  # fmt: skip
def test_others_outweigh_networks_where_they_surely_have_3_tenths(
    weights, share, expected, monkeypatch
):
    monkeypatch.setattr(_Held, "weights", lambda self: np.array(weights))
    monkeypatch.setattr(_Held, "share_of", lambda self, weights: share)
    assert best_weights(np.eye(1)).tolist() == [1.0]
    for known, certain in ((SQUARED, expected), (ABSOLUTE, weights[1] >= 0.3)):
        found = outweighed(known, config(noisy(0.5, 1)), [config(noisy(0.5, 2))], FOLDS, None)
        assert found == certain


def test_what_is_as_good_as_ours_everywhere_or_helps_beside_ours_is_promising():
    ours = [config(Y + np.where(np.arange(N) < 20, 0.1, 3.0))]  # lucky on the first fold
    first = FOLDS[:1]
    assert promising(SQUARED, ours, config(Y + 1.0, folds=first), FOLDS)
    assert not promising(SQUARED, ours, config(Y + 9.0, folds=first), FOLDS)
    same = [config(Y + 1.0)]
    assert promising(SQUARED, same, config(Y - 1.0, folds=first), FOLDS)
    assert promising(SQUARED, same, config(Y + 1.0, folds=first), FOLDS)
    beside = config(noisy(0.5, 3) + 1.2, folds=first)  # worse, with errors of its own
    errors = [np.ones((20, 1)), c_errors(beside, Y[:20])]
    assert promising(SQUARED, same, beside, FOLDS) == Share.of(*errors, None).is_worth
    far = config(noisy(0.1, 3) + 3, folds=first)
    assert not promising(SQUARED, same, far, FOLDS)


def hopes(own, other, variances, folds=FOLDS, known=SQUARED):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Held, "variances", list(variances))
        return hopeful(known, own, other, folds)


def test_hope_goes_on_while_errors_or_shares_speak_for_it():
    assert hopes(config(Y + 1.0), config(Y + 1.0), (0.0, 0.0))  # no worse
    assert not hopes(config(Y + 1.0), config(Y + 1.1), (0.0, 0.0))
    mixed = np.where(np.arange(N) % 2, 1.0, -1.0)
    own, other = config(Y + mixed), config(Y + 2 * mixed[::-1])
    share = Share.of(mixed[:, None], 2 * mixed[::-1, None], None)
    assert hopes(own, other, (0.0, 0.0)) == share.is_worth
    assert share.best == pytest.approx(1 / 3)
    assert not hopes(own, other, (2.9, 0.0))  # members' variance takes ours
    assert hopes(own, config(Y + 9.0), (0.0, 0.0), known=ABSOLUTE)
    two, y = table(k=2), np.column_stack([Y, Y])
    candidate = Candidate(y, target=two.target)
    own, other = (config(y + off, candidate=candidate) for off in ([1.0, 0.0], [0.0, 0.9]))
    assert hopes(own, other, (0.95, 0.0), known=two)  # it errs no more
    worse = config(y + np.array([0.0, 1.1]), candidate=candidate)
    assert not hopes(own, worse, (0.95, 0.0), known=two)
    assert hopes(config(Y + 1.0, folds=FOLDS[:1]), config(Y + 9.0), (0.0, 0.0))
    assert not hopes(config(Y + 1.0), config(Y + 9.0), (0.0, 0.0))


def test_what_may_get_a_share_of_the_mean_by_the_first_fold():
    raw = np.column_stack([Y + np.where(np.arange(N) % 2, 1.0, -1.0), Y])
    other = np.column_stack([Y + np.where(np.arange(N) % 2, -1.0, 1.0), Y])
    assert helps_mean(NORMAL, config(raw), config(other, folds=FOLDS[:1]), FOLDS)
    assert not helps_mean(NORMAL, config(raw), config(2 * raw - Y[:, None], folds=FOLDS[:1]), FOLDS)
    later = raw.copy()
    later[20:] = other[20:]  # no first fold
    assert not helps_mean(NORMAL, config(raw), config(2 * later - Y[:, None]), FOLDS)


def gaussian(rng, n=N):
    raw = np.column_stack([Y[:n] + rng.normal(size=n) * rng.uniform(0.2, 2), rng.normal(size=n)])
    return raw


def mixture(raws, counts):
    """Mean and variance of a mixture of normal distributions."""
    share = np.array(counts) / np.sum(counts)
    means, logs = (np.stack([raw[:, j] for raw in raws]) for j in (0, 1))
    mean = share @ means
    return mean, share @ (np.exp(logs) + (means - mean) ** 2)


def losses(raws, counts, unit, y, weight):
    """Half the negative log-likelihood of rows, and half of that with an equal spread."""
    mean, variance = mixture(raws, counts)
    likelihood = 0.5 * (np.log(2 * np.pi * variance) + (y - mean) ** 2 / variance)
    equal = np.average((y - mixture(raws, unit)[0]) ** 2, weights=weight)
    return (likelihood + 0.5 * (y - mean) ** 2 / equal) / 2, equal, likelihood


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_half_of_a_loss_is_that_of_equal_spreads(weight):
    rng = np.random.default_rng(0)
    raws = [gaussian(rng) for _ in range(3)]
    candidate = Candidate(weight=weight)
    groups = [[config(raw, candidate=candidate)] for raw in raws]
    held = _Held(NORMAL, groups, FOLDS, None)
    counts, unit = np.array([0.0, 2.0, 1.0]), np.array([1.0, 0.0, 0.0])
    expected, _, likelihood = losses(raws, counts, unit, Y, weight)
    assert_allclose(held.row_losses(counts, unit), expected)
    equal = losses(raws, counts, counts, Y, weight)[1]
    mean = (np.average(likelihood, weights=weight) + 0.5 * np.log(equal)) / 2
    assert held.likelihood(counts) == pytest.approx(mean)
    assert_allclose(held._mixture(counts)[1][:, 0], (Y - mixture(raws, counts)[0]) ** 2)


def test_honest_scores_tell_how_far_mixtures_are_off():
    rng = np.random.default_rng(1)
    raw, honest = gaussian(rng), gaussian(rng)
    held = _Held(NORMAL, [[config(raw, honest=honest)]], FOLDS, None)
    assert_array_equal(held._raws[0], honest)
    exact = np.column_stack([Y, Y])
    squared = _Held(NORMAL, [[config(exact)]], FOLDS, None)._mixture(np.ones(1))[1]
    assert squared.max() == np.finfo(float).tiny


def test_another_helps_where_the_best_of_ours_is_not_clearly_worse_with_it():
    told = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        weight = WEIGHT if seed % 2 else None
        raws = [gaussian(rng) for _ in range(3)]
        raws[2][:, 0] += rng.uniform(0, 2)
        candidate = Candidate(weight=weight)
        ours, other = (
            [config(raw, candidate=candidate) for raw in raws[:2]],
            config(raws[2], candidate=candidate, folds=FOLDS[: 1 + seed % 2]),
        )
        first, y = [raw[:20] for raw in raws], Y[:20]
        w = np.ones(20) if weight is None else weight[:20]

        def mean_loss(i, first=first, y=y, w=w):
            alone = np.eye(3)[i]
            _, equal, likelihood = losses(first, alone, alone, y, w)
            return np.average(likelihood, weights=w) + 0.5 * np.log(equal)

        best = np.eye(3)[min((0, 1), key=mean_loss)]
        with_it = 0.8 * best + 0.2 * np.eye(3)[2]
        lower = losses(first, best, best, y, w)[0] - losses(first, with_it, best, y, w)[0]
        mean = np.average(lower, weights=w)
        error = np.sqrt(((w / w.sum()) ** 2 * (lower - mean) ** 2).sum())
        told.append(mean >= -error)
        assert helps(NORMAL, ours, other, FOLDS) == told[-1]
    assert 10 < sum(told) < 50


def test_a_copy_of_ours_helps():
    raw = np.zeros((N, 2))
    assert helps(NORMAL, [config(raw)], config(raw), FOLDS)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_spreads_are_those_with_which_held_out_rows_are_likeliest(weight):
    """By a grid: variances are recalibrated by a factor, so this counts for nothing."""
    rng = np.random.default_rng(4)
    deviation = np.exp(rng.normal(size=N))
    good = np.column_stack([Y + deviation * rng.normal(size=N), 2 * np.log(deviation) + 3])
    bad = np.column_stack([Y + 0.1 + deviation * rng.normal(size=N), rng.normal(size=N)])
    candidate = Candidate(weight=weight)
    held = _Held(NORMAL, [[config(raw, candidate=candidate)] for raw in (good, bad)], FOLDS, None)
    shares = np.array([0.3, 0.7])
    mean = shares @ np.stack([good[:, 0], bad[:, 0]])
    between = shares @ (np.stack([good[:, 0], bad[:, 0]]) - mean) ** 2

    def loss(counts, w):
        counts = np.asarray(counts) / np.sum(counts)
        variance = counts @ np.exp(np.stack([good[:, 1], bad[:, 1]])) + between
        factor = np.average((Y - mean) ** 2 / variance, weights=w)
        return np.average(np.log(variance), weights=w) + np.log(factor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_weighing, "bagged", lambda choose, n, w: (choose(w), n)[0])
        seen = []
        patch.setattr(_weighing, "by_likelihood", lambda f, n: (seen.append(f), np.ones(n))[1])
        held.spreads(shares)
    for counts in ([1, 0], [0, 1], [3, 1], [1, 19]):
        assert seen[0](np.array(counts)) == pytest.approx(loss(counts, weight))


def test_shares_of_means_are_those_of_errors_less_variances():
    raws = [gaussian(np.random.default_rng(i)) for i in (5, 6)]
    held = _Held(NORMAL, [[config(raw)] for raw in raws], FOLDS, None)
    held.variances = [0.1, 0.2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_weighing, "bagged", lambda choose, n, w: (choose(np.ones(n)), n, w))
        found, n, weight = held.shares()
    assert (n, weight) == (N, None)
    assert_allclose(found, best_weights(products(held.errors, [0.1, 0.2], None)))
    assert Gaussian().by_moments

"""What each statement of a table's fit means: the course of an ensemble, scaling, the clock."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import log_softmax, softmax
from test_statements_ensembles import (
    FOLDS,
    NETWORKS,
    Again,
    Says,
    Told,
    Training,
    configuration,
    fitted_of,
    member,
    network,
    table,
)

from skfnn._engine.following.history import History
from skfnn.tabular import _clock, _ensemble
from skfnn.tabular._class_scaling import ClassScaling, _mass, _objective, learned_scaling
from skfnn.tabular._clock import Clock
from skfnn.tabular._ensemble import (
    _with_others,
    assembled,
    blended,
    ensemble,
    explored,
    refitted,
)
from skfnn.tabular._fitted_numbers import FittedNumbers
from skfnn.tabular._folds import Fold
from skfnn.tabular._members import Member


class Stage:
    """A trainer whose networks are given; it notes what it is asked for."""

    def __init__(self, *members, ended=False):
        self.given, self.ended, self.lines, self.asked = list(members), ended, [], []
        self.clock = Clock(None, 3)
        self.report = SimpleNamespace(line=self.lines.append)

    def train(self, candidate, folds=None, worth=None, members=()):
        if not isinstance(candidate, Told) or candidate.name != "networks":
            return candidate.members
        self.asked.append((None if folds is None else len(folds), len(members)))
        return self.given.pop(0)


def prepared_of(n_first=3, others=(), judge=None):
    networks = Told("networks", task=SimpleNamespace(judge=judge, valid=lambda fold: fold.number))
    return SimpleNamespace(
        table=SimpleNamespace(fitted=table(), rows=np.arange(6)), folds=FOLDS, networks=networks,
        n_first=n_first, others=list(others), seeds=SimpleNamespace(again=4),
    )  # fmt: skip


def ours(n=3, best_epoch=1, **given):
    return [member(i, network(1), best_epoch, **given) for i in range(n)]


# ---------------------------------------------------------------- the course of an ensemble


def test_networks_alone_count_alike():
    trainer = Stage(ours())
    found = ensemble(prepared_of(), trainer, explores=False, refit=False)
    assert found.weights == [1.0, 1.0, 1.0]
    assert (trainer.asked, trainer.lines) == ([(3, 0)], [])
    with pytest.raises(KeyboardInterrupt):
        ensemble(prepared_of(), Stage([]), explores=False, refit=False)


def test_others_are_trained_where_rows_judge_them_and_nothing_has_ended(monkeypatch):
    trees = [configuration("trees", [member(i, Says(1)) for i in range(3)], 1.0)]
    monkeypatch.setattr(_ensemble, "blended", lambda *given: trees)
    monkeypatch.setattr(_ensemble, "mix", lambda *given, **named: None)
    trainer = Stage(ours())
    found = ensemble(prepared_of(), trainer, explores=False, refit=False)
    assert len(found.predictors) == 6
    shares = ", ".join(f"{name} {share:.2f}" for name, share in found.shares().items())
    assert trainer.lines == [f"Weights: {shares}."]
    for unjudged in (Stage(ours(raw=False)), Stage(ours(), ended=True)):
        found = ensemble(prepared_of(), unjudged, explores=False, refit=False)
        assert (len(found.predictors), unjudged.lines) == (3, [])


def test_the_networks_of_further_folds_follow(monkeypatch):
    seen = []

    def with_others(prepared, own, others, trainer):
        seen.append((len(own.members), others))
        return configuration("networks", ours(), 1.0)

    monkeypatch.setattr(_ensemble, "_with_others", with_others)
    found = ensemble(prepared_of(1), Stage(ours(1)), explores=False, refit=False)
    assert (len(found.predictors), seen) == (3, [(1, [])])
    ensemble(prepared_of(3), Stage(ours()), explores=False, refit=False)
    ended = ensemble(prepared_of(1), Stage(ours(1), ended=True), explores=False, refit=False)
    assert (len(ended.predictors), len(seen)) == (1, 1)


def test_the_rest_of_the_time_is_spent_on_other_configurations(monkeypatch):
    def more(prepared, own, others, trainer):
        same = configuration("networks", ours(), 0.0)
        same.candidate = own.candidate
        trees = configuration("trees", [member(i, Says(1)) for i in range(3)], 0.0)
        return [own, same, trees]

    monkeypatch.setattr(_ensemble, "explored", more)

    def mixed(table, tried, others, folds, judge):
        assert ([len(c.members) for c in tried], len(others)) == ([3, 3], 1)
        others[0].weight = 2.0

    monkeypatch.setattr(_ensemble, "mix", mixed)
    trainer = Stage(ours())
    found = ensemble(prepared_of(), trainer, explores=True, refit=False)
    taken = len({row["candidate"] for row in found.leaderboard if row["weight"]})
    assert trainer.lines[0] == f"3 configurations tried, {taken} taken."
    monkeypatch.setattr(_ensemble, "mix", lambda *given, **named: None)
    monkeypatch.setattr(_ensemble, "refitted", lambda fitted, *given: fitted)
    refits = Stage(ours())
    ensemble(prepared_of(), refits, explores=True, refit=True)
    for trainer in (refits, Stage(ours(2)), Stage(ours(raw=False)), Stage(ours(), ended=True)):
        if trainer is not refits:
            ensemble(prepared_of(), trainer, explores=True, refit=False)
        assert trainer.lines == []
    trainer = Stage(ours())
    ensemble(prepared_of(), trainer, explores=False, refit=False)
    assert trainer.lines == []


def test_a_refit_follows_unless_the_user_wants_to_end(monkeypatch):
    seen = []
    monkeypatch.setattr(_ensemble, "refitted", lambda fitted, *given: seen.append(given) or fitted)
    ensemble(prepared_of(), Stage(ours()), explores=False, refit=False)
    ensemble(prepared_of(), Stage(ours(), ended=True), explores=False, refit=True)
    assert seen == []
    ensemble(prepared_of(), Stage(ours()), explores=False, refit=True)
    assert len(seen) == 1


@pytest.mark.parametrize(("n_first", "enough"), [(3, True), (3, False)])
def test_after_some_networks_others_may_outweigh_further_ones(n_first, enough, monkeypatch):
    monkeypatch.setattr(_ensemble, "outweighed", lambda *given: enough)
    monkeypatch.setattr(_ensemble, "helps", lambda *given: not enough)
    own, trainer = configuration("networks", ours(2), 1.0), Stage(ours(3))
    found = _with_others(prepared_of(n_first), own, [], trainer)
    assert (found is own) is enough
    assert trainer.asked == ([] if enough else [(None, 2)])
    assert trainer.lines == []
    if not enough:
        assert (len(found.members), found.weight) == (3, 1.0)


def test_the_first_network_stays_the_only_one_where_it_helps_no_others(monkeypatch):
    asked = []

    def helps(table, complete, own, folds):
        asked.append([len(c.members) for c in complete])
        return helps.answer

    monkeypatch.setattr(_ensemble, "helps", helps)
    monkeypatch.setattr(_ensemble, "outweighed", lambda *given: True)
    whole = configuration("trees", [member(i, Says(1)) for i in range(3)])
    part = configuration("part", [member(0, Says(1))])
    own = configuration("networks", ours(1), 1.0)
    for helps.answer, others, judge, stays in (
        (False, [whole, part], None, True), (True, [whole], None, False),
        (False, [part], None, False), (False, [], None, False), (False, [whole], object(), False),
    ):  # fmt: skip
        trainer = Stage(ours(3))
        found = _with_others(prepared_of(1, judge=judge), own, others, trainer)
        assert (found is own) is stays
        said = ["The first network helps no others: it stays the only one."]
        assert trainer.lines == (said if stays else [])
    assert asked == [[3], [3]]


def test_configurations_are_given_up_by_their_first_member(monkeypatch):
    seen = {}

    def explore(tried, drawn, deadline, hopeless):
        seen.update(deadline=deadline, drawn=drawn)
        other = configuration("trees", [member(0, Says(2))])
        again = configuration("networks", [member(0, Says(3))])
        again.candidate = own.candidate
        seen["hopeless"] = [hopeless(again, "best"), hopeless(other, "best")]
        tried.append(other)

    def promising(table, ours, so_far, folds):
        seen["ours"] = [c.candidate.name for c in ours]
        return so_far.members[0].raw[0, 0] == 2

    monkeypatch.setattr(_ensemble, "explore", explore)
    monkeypatch.setattr(_ensemble, "draws", lambda *given: given[2:])
    monkeypatch.setattr(_ensemble, "promising", promising)
    monkeypatch.setattr(_ensemble, "is_hopeless", lambda task, m, best, valid: (best, valid))
    own = configuration("networks", ours(), 1.0)
    none = configuration("none", [member(i, Says(9)) for i in range(3)], 0.0)
    trainer = Stage()
    found = explored(prepared_of(), own, [none], trainer)
    assert [c.candidate.name for c in found] == ["networks", "trees"]
    assert seen["hopeless"] == [("best", 0), False]
    assert (seen["ours"], seen["deadline"]) == (["networks"], np.inf)
    assert seen["drawn"] == (own, None)  # there are no trees
    assert found[1].temperature == 1.0
    trainer.clock.limit = 7.0
    explored(prepared_of(), own, [], trainer)
    assert seen["deadline"] == trainer.clock.started + 7

    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(_ensemble, "explore", interrupted)
    with pytest.warns(UserWarning, match="interrupted by user"):
        assert explored(prepared_of(), own, [], trainer) == [own]


def test_others_of_trees_follow_trees_of_all_folds(monkeypatch):
    class Grown(Told):
        pass

    monkeypatch.setattr(_ensemble, "Trees", Grown)
    monkeypatch.setattr(_ensemble, "explore", lambda *given: None)
    drawn, mixed = [], []
    monkeypatch.setattr(_ensemble, "draws", lambda *given: drawn.append(given[3]))
    monkeypatch.setattr(_ensemble, "mix", lambda *given: mixed.append(given[1:3]))
    own = configuration("networks", ours(), 1.0)
    part, whole = (configuration("trees", [member(i, Says(1)) for i in range(n)]) for n in (2, 3))
    part.candidate, whole.candidate = Grown("trees"), Grown("trees")
    explored(prepared_of(), own, [part, whole], Stage())
    assert drawn == [whole]
    assert mixed == [([own], [part, whole])]
    explored(prepared_of(), own, [part], Stage())
    assert drawn == [whole, None]
    assert len(mixed) == 1


def test_what_is_told_of_held_out_rows_is_honest():
    """By scores of epochs that other rows have chosen, where there are such."""
    members = ours()
    for own in members:
        own.honest = own.raw + 2
    found = assembled(table(), [configuration("networks", members)], FOLDS)
    np.testing.assert_array_equal(found.oof_prediction, np.full(6, 3.0))
    part = configuration("part", [member(0, Says(1))])
    part.members[0].honest = part.members[0].raw + 4
    found = assembled(table(), [configuration("networks", members), part], FOLDS)
    np.testing.assert_array_equal(found.oof_prediction, [4, 4, 3, 3, 3, 3])


class Asks(FittedNumbers):
    """A fit that asks for some rows at once."""

    def informed(self, shape, held_out, sample):
        self.known.append((shape, len(held_out), sample(7)))
        return self


@pytest.mark.parametrize("held", [np.array([0, 1]), None])
def test_a_sample_is_of_rows_as_each_member_takes_them(held):
    seen = []
    begun = table()
    asks = Asks(None, begun.target, begun.loss, scale=begun.scale, given_loss="", known=seen)
    own = configuration("networks", [member(0, network(1), raw=held is not None)])
    own.candidate.sample = lambda n, held_out: (("rows", n, held_out), "weights")
    assembled(asks, [own], [Fold(0, np.arange(2, 6), held)])
    rows, weight = seen[0][2]
    assert (rows, weight) == ([("rows", 7, held is not None)], "weights")
    assert seen[0][0] == (6,)


def test_one_network_is_trained_once_more_with_its_temperature():
    fitted = fitted_of([network(0)], [2.0], [1.5], [4])
    found = refitted(fitted, prepared_of(), Again([member(0, network(8))]), NETWORKS)
    assert (found.weights, found.temperatures) == ([2.0], [1.5])


@pytest.mark.parametrize(("left", "n_trained"), [(0.5, 1), (-0.5, 0)])
def test_what_nobody_asked_for_is_begun_in_any_time_that_is_left(left, n_trained, monkeypatch):
    monkeypatch.setattr(_ensemble, "helps", lambda *given: True)
    trainer = Training()
    trainer.clock = Clock(1e6, 3)
    trainer.clock.started -= 1e6 - left
    small = Told("small", members=ours(), unasked=True)
    own = configuration("networks", ours())
    assert len(blended(prepared_of(others=[small]), own, trainer)) == n_trained


# ---------------------------------------------------------------- scaling of classes


def test_the_gradient_of_the_penalised_cross_entropy_is_its_slope():
    rng = np.random.default_rng(0)
    logs, target = rng.normal(size=(9, 3)), rng.dirichlet(np.ones(3), 9)
    mass, t = rng.uniform(0.5, 2, 9), 0.3 * rng.normal(size=13)
    value, gradient = _objective(t, logs, target, mass, 2.5)
    scores = log_softmax(np.exp(t[0]) * logs + t[1:4] + logs @ t[4:].reshape(3, 3), axis=1)
    penalty = 2.5 * (15 * (t[1:4] ** 2).sum() + 150 * (t[4:] ** 2).sum())
    assert value == pytest.approx(penalty - (mass * (target * scores).sum(axis=1)).sum())
    slope = approx_fprime(t, lambda t: _objective(t, logs, target, mass, 2.5)[0], 1e-7)
    np.testing.assert_allclose(gradient, slope, rtol=1e-4, atol=1e-3)


def test_weights_count_as_many_rows_as_equal_ones_that_tell_as_much():
    rows = np.array([0, 2, 3])
    np.testing.assert_array_equal(_mass(None, rows), [1, 1, 1])
    weight = np.array([1.0, 99.0, 2.0, 3.0])
    found = _mass(weight, rows)
    assert found.sum() == pytest.approx(6**2 / 14)
    np.testing.assert_allclose(found / found[0], [1, 2, 3])
    np.testing.assert_allclose(_mass(1e-200 * weight, rows), found)
    np.testing.assert_allclose(_mass(np.array([1.0, 1e-200]), np.arange(2)), [1, 1e-200])


def test_logarithms_are_less_their_mean_and_not_below_a_thousandth():
    p = np.array([[0.9995, 0.0005, 0.0], [0.25, 0.25, 0.5]])
    logs = np.log([[0.9995, 1e-3, 1e-3], [0.25, 0.25, 0.5]])
    np.testing.assert_allclose(ClassScaling.logarithms(p), logs - logs.mean(axis=1)[:, None])


def test_no_mended_probability_overflows():
    scaling = ClassScaling(np.array([900.0, 0.0, -900.0]), np.zeros((3, 3)))
    found = scaling(np.full((1, 3), 1 / 3))
    np.testing.assert_allclose(found, [[1, 0, 0]])


@pytest.mark.parametrize("n", [10_000, 10_001, 20_001])
def test_at_most_10000_rows_tell_of_each_class(n):
    rng = np.random.default_rng(0)
    p = softmax(rng.normal(size=(n, 3)), axis=1)
    y = rng.integers(0, 3, n)
    step = {10_000: 1, 10_001: 2, 20_001: 3}[n]
    found, expected = learned_scaling(p, y, None), learned_scaling(p[::step], y[::step], None)
    np.testing.assert_array_equal(found.shift, expected.shift)
    assert np.abs(found.shift - learned_scaling(p[::4], y[::4], None).shift).max() > 1e-3


@pytest.mark.parametrize(("k", "known"), [(2, False), (3, True), (100, True), (101, False)])
def test_3_to_100_classes_are_mended(k, known):
    p, y = np.full((200, k), 1 / k), np.arange(200) % k
    assert (learned_scaling(p, y, None) is not None) is known


# ---------------------------------------------------------------- the clock


@pytest.fixture
def now(monkeypatch):
    found = [100.0]
    monkeypatch.setattr(_clock.time, "perf_counter", lambda: found[0])
    return found


def epochs_of(*seconds):
    history = History()
    for each in seconds:
        history.append(seconds=each)
    n = len(seconds)
    return Member(0, None, history, n, n, None, False, True, np.nan)


def test_the_time_of_the_first_epoch_counts_as_another(now):
    clock = Clock(100.0, 2)
    assert (clock.n_trained, clock.setup, clock.done, clock.beside) == (0, 0.0, 0, 0.0)

    def work(seconds, *each):
        now[0] += seconds
        return epochs_of(*each)

    clock.timed(lambda: work(9.0, 3.0, 1.0, 2.0))
    assert (clock.setup, clock.n_trained) == (9 - 3 - 1.5, 1)
    clock.timed(lambda: work(2.0, 1.0, 1.0))  # less than its epochs
    assert (clock.setup, clock.n_trained) == (4.5, 2)
    clock.timed(lambda: work(5.0, 1.0))  # one epoch tells nothing
    clock.timed(lambda: work(5.0))
    assert (clock.setup, clock.n_trained) == (4.5, 2)
    assert clock._epochs == [1.0, 2.0, 1.0]


def known(limit, n_members, setup=0.0, n_trained=1):
    clock = Clock(limit, n_members)
    clock._epochs, clock.setup, clock.n_trained = [1.0, 3.0], setup, n_trained
    return clock


def test_epochs_fit_into_what_is_left_for_each_member(now):
    clock = known(100.0, 4, setup=12.0, n_trained=3)  # an epoch takes two seconds, a setup four
    assert clock.plan(64, 0) == 10  # (100 / 4 - 4) / 2
    assert clock.plan(64, 2) == 23  # (100 / 2 - 4) / 2
    assert clock.plan(20, 2) == 20
    assert clock.plan(64, 0, share=0.5) == 21
    now[0] += 60.0
    assert clock.plan(64, 0) == 3  # (40 / 4 - 4) / 2
    now[0] += 4.0
    assert clock.plan(64, 0) == 4  # of the four one is left out: (36 / 3 - 4) / 2
    assert clock.plan(2, 0) == 2
    now[0] += 35.5
    assert (clock.plan(64, 1), clock.plan(64, 0)) == (0, 1)
    assert Clock(None, 4).plan(64, 0) == Clock(5.0, 4).plan(64, 0) == 64


def test_what_is_left_is_as_long_for_each_member(now):
    clock = Clock(None, 5)
    now[0] += 12.0
    clock.done, clock.beside = 2, 2.0
    assert clock.left() == 15  # ten seconds for two, and three left
    assert clock.left(3) == 15
    clock.done = 1
    assert clock.left(2) == 20
    clock.done = 6
    assert clock.left() == 0
    clock.done, clock.limit = 2, 20.0
    assert clock.left() == 8
    now[0] += 10.0
    assert clock.left() == 0
    assert clock.has(-3.0)
    assert not clock.has(-2.0)

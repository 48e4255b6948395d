"""What statements mean that mix, search and try: shares, configurations, trials of the first."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skfnn import TabularFNNRegressor
from skfnn._engine.following.history import History
from skfnn._engine.objective.calibration import best_temperature
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import ClassTarget, RegressionTarget
from skfnn.losses import LogLoss, Loss
from skfnn.tabular import _mixing, _search
from skfnn.tabular._folds import Fold
from skfnn.tabular._members import Member
from skfnn.tabular._mixing import (
    Share,
    bagged,
    best_share,
    best_weights,
    by_likelihood,
    products,
    shares_by_loss,
)
from skfnn.tabular._recipes import Recipe
from skfnn.tabular._search import PORTFOLIO, Configuration, draws, explore, greedy_counts, space
from skfnn.tabular._trials import (
    First,
    Trial,
    firmer_decay,
    gain,
    is_hopeless,
    longer,
    more_epochs,
    row_losses,
    standard_errors,
)

# ------------------------------------------------------------------ shares


def test_the_best_share_has_the_lowest_loss_of_the_mean():
    mean, other = np.array([1.0, 2.0]), np.array([5.0, -2.0])
    for share in (0.25, 0.7):
        aim = (1 - share) * mean + share * other
        found = best_share(lambda p, aim=aim: ((p - aim) ** 2).sum(), mean, other)
        assert found == pytest.approx(share, abs=1e-4)
    beyond = mean + 1.5 * (other - mean)
    assert best_share(lambda p: ((p - beyond) ** 2).sum(), mean, other) > 0.98
    assert best_share(lambda p: ((p - beyond) ** 2).sum(), mean, other) <= 1
    assert best_share(lambda p: 3.0, mean, other) == 0.0  # as good is no reason
    before = mean - 0.5 * (other - mean)
    assert best_share(lambda p: ((p - before) ** 2).sum(), mean, other) == 0.0


def test_a_share_is_right_to_4_thousandths():
    zero, one = np.zeros(1), np.ones(1)
    off = [best_share(lambda p, a=a: abs(p[0] - a), zero, one) - a
           for a in np.linspace(0.1, 0.9, 81)]  # fmt: skip
    assert np.abs(off).max() < 0.004


def test_products_are_means_over_rows_less_the_variance_of_each():
    rng = np.random.default_rng(0)
    errors, weight = [rng.normal(size=(5, 2)) for _ in range(3)], np.array([1.0, 2, 0, 1, 4])
    variances = [0.5, 0.25, 0.0]
    for given, w in ((None, np.ones(5)), (weight, weight)):
        found = products(errors, variances, given)
        for i, j in itertools.product(range(3), repeat=2):
            expected = sum(w[n] * errors[i][n] @ errors[j][n] for n in range(5)) / w.sum()
            assert found[i, j] == pytest.approx(expected - (variances[i] if i == j else 0))


def test_the_best_weights_of_two_are_known():
    for a, b, c in ((1.0, 2.0, 0.5), (3.0, 2.5, -1.0), (1e8, 2e8, 3e7), (4e-9, 1e-9, 0.0)):
        share = (a - c) / (a + b - 2 * c)
        assert_allclose(best_weights(np.array([[a, c], [c, b]])), [1 - share, share], atol=1e-6)
    expected = np.array([[0.0, -0.5], [-0.5, 1.0]])  # one errs nothing
    assert_allclose(best_weights(expected), [0.75, 0.25], atol=1e-6)


def test_weights_are_the_best_of_many():
    """Where a weight is positive, all slopes are alike; where it is 0, none is smaller."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n = rng.integers(2, 7)
        errors = rng.normal(size=(n, n + 3)) * rng.uniform(0.3, 2, (n, 1)) + rng.normal(size=n + 3)
        expected = errors @ errors.T / np.diag(errors @ errors.T).max()
        weights = best_weights(expected, 0.0)
        slopes = expected @ weights
        assert slopes[weights > 1e-3].max() - slopes.min() < 1e-3


def test_small_weights_are_none_and_the_others_sum_to_1():
    expected = np.diag([1.0, 1.0, 60.0])  # the third would have 1 / 121
    assert_allclose(best_weights(expected), [0.5, 0.5, 0.0], atol=1e-6)
    assert_allclose(best_weights(np.diag([1.0, 1.0, 24.0])), [24 / 49, 24 / 49, 1 / 49], atol=1e-6)
    assert best_weights(np.diag([1.0, 1.0, 24.0]), 0.05)[2] == 0.0  # 0.0204
    assert best_weights(np.eye(2), 0.5).tolist() == [0.5, 0.5]
    assert best_weights(np.diag([1.0, 26.0]))[1] > 0  # 1 / 27
    assert best_weights(np.diag([1.0, 26.0]), 0.05).tolist() == [1.0, 0.0]


def test_one_alone_is_taken_where_a_mean_brings_nothing():
    assert best_weights(np.ones((2, 2))).tolist() == [1.0, 0.0]
    assert best_weights(np.array([[2.0, 1.5], [1.5, 1.0]])).tolist() == [0.0, 1.0]
    assert best_weights(np.array([[3.0]])).tolist() == [1.0]
    assert best_weights(np.zeros((2, 2))).tolist() == [1.0, 0.0]
    assert best_weights(np.array([[np.inf, 0.0], [0.0, 1.0]])).tolist() == [0.0, 1.0]


def regression(ours, other, weight, variances=(0.0, 0.0)):
    """The share as a regression, row by row."""
    weight = np.asarray(weight) / np.sum(weight)
    up = [o @ (o - t) - variances[0] for o, t in zip(ours, other, strict=True)]
    down = [(o - t) @ (o - t) - sum(variances) for o, t in zip(ours, other, strict=True)]
    share = np.dot(weight, up) / np.dot(weight, down)
    residual = np.array(up) - share * np.array(down)
    return share, np.sqrt(np.sum((weight * residual) ** 2)) / np.dot(weight, down)


def test_the_share_of_another_and_its_error():
    rng = np.random.default_rng(1)
    ours, other = rng.normal(size=(2, 30, 2))
    weight = rng.uniform(0.5, 3, 30)
    for variances in ((0.0, 0.0), (0.2, 0.05)):
        assert Share.of(ours, other, weight, variances) == pytest.approx(
            regression(ours, other, weight, variances)
        )
    assert Share.of(ours, other, None) == pytest.approx(regression(ours, other, np.ones(30)))


def test_the_share_of_one_that_differs_no_more_than_members_do():
    same = np.ones((4, 1))
    assert Share.of(same, same, None) == (0.0, 0.0)
    assert Share.of(same, 0.5 * same, None, (0.1, 0.5)) == (1.0, np.inf)  # 0.5 > 0.1 is gained
    assert Share.of(same, 0.5 * same, None, (0.5, 0.5)) == (0.0, 0.0)  # nothing is
    assert Share.of(same, 0.5 * same, None).best == 2.0  # they differ by little, yet they do
    assert Share.of(same, 0.5 * same, None, (0.75, 0.5)) == (0.0, 0.0)


def test_a_share_is_worth_its_time_from_15_hundredths_on():
    assert Share(0.15, 0.0).is_worth
    assert Share(0.0, 0.15).is_worth
    assert Share(0.1, 0.1).is_worth
    assert not Share(0.149, 0.0).is_worth
    assert not Share(-0.2, 0.3).is_worth


def test_shares_by_loss_are_squares_one_after_the_other():
    """Errors that have nothing in common: the share of one beside another is known."""

    aim = np.array([2.0, 3.0, -1.0])

    def loss(p):
        return (p - aim) @ (p - aim)

    first, one = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    s = 0.5**2
    for size, counts in ((1.5, True), (2.0, False)):
        other = np.array([0, 0, size])
        t = ((1 - s) ** 2 + s**2) / ((1 - s) ** 2 + s**2 + size**2)
        t = t**2 if counts else 0.0  # where it is below 0.02: 0.018
        expected = [(1 - s) * (1 - t), s * (1 - t), t]
        assert_allclose(
            shares_by_loss(loss, [aim + e for e in (first, one, other)]), expected, atol=1e-4
        )
        found = shares_by_loss(loss, [aim + e for e in (first, other, one)])
        assert_allclose(found, np.array(expected)[[0, 2, 1]], atol=1e-4)


def test_a_share_of_just_2_hundredths_counts(monkeypatch):
    monkeypatch.setattr(_mixing, "LEAST_SHARE", 0.25)
    monkeypatch.setattr(_mixing, "best_share", lambda loss, mean, other: 0.5)
    means = [np.zeros(1), np.ones(1)]
    assert shares_by_loss(lambda p: 0.0, means).tolist() == [0.75, 0.25]


def test_weights_by_likelihood_begin_with_the_best():
    aim, seen = np.array([0.25, 0.0, 0.75]), []

    def loss(counts):
        seen.append(counts.tolist())
        return ((counts / counts.sum() - aim) ** 2).sum()

    assert_allclose(by_likelihood(loss, 3), aim)
    assert seen[:4] == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]


def test_bagged_shares_are_means_of_12_draws():
    seen = []

    def choose(weight):
        seen.append(weight)
        return np.array([0.0, 1.0]) if len(seen) % 3 else np.array([1.0, 0.0])

    assert_allclose(bagged(choose, 2000, None), [1 / 3, 2 / 3])
    assert len(seen) == 12
    for drawn in seen:  # of an exponential distribution
        assert drawn.mean() == pytest.approx(1, abs=0.1)
        assert np.median(drawn) == pytest.approx(np.log(2), abs=0.1)
    assert_allclose(seen[0], np.random.default_rng(0).exponential(size=2000))  # always the same
    seen.clear()
    bagged(choose, 2000, np.arange(2000.0))
    assert seen[0][0] == 0.0
    assert np.polyfit(np.arange(2000), seen[0], 1)[0] == pytest.approx(1, abs=0.15)


def test_bagged_shares_below_2_hundredths_are_none():
    assert_allclose(bagged(lambda w: np.array([0.019, 0.481, 0.5]), 3, None),
                    [0, 0.481 / 0.981, 0.5 / 0.981])  # fmt: skip
    drawn = itertools.cycle([[0.12, 0.88], *[[0.0, 1.0]] * 5])
    assert_allclose(bagged(lambda w: np.array(next(drawn)), 3, None), [0.02, 0.98])
    assert_allclose(bagged(lambda w: np.array([0.021, 0.979]), 3, None), [0.021, 0.979])


# ------------------------------------------------------------------ configurations


def test_the_finest_weight_is_a_twentieth():
    seen = []

    def loss(taken):
        seen.append(len(taken))
        return abs(np.mean(taken) - 0.05)

    assert greedy_counts(2, loss) == [19, 1]
    assert max(seen) == 20
    assert greedy_counts(2, lambda taken: -np.mean(taken)) == [1, 19]  # the first counts
    assert greedy_counts(2, lambda taken: 1.0) == [1, 0]  # as good is no reason


def test_what_configurations_are_drawn_from():
    numbers, classes = space("regression", 200), space("classification", 10**9)
    assert numbers["learning_rate_init"].support() == (0.03, 0.3)
    assert classes["learning_rate_init"].support() == (0.012, 0.12)
    assert numbers["weight_decay"].support() == (0.005, 0.2)
    assert numbers["dropout"] == [0.0, 0.0, 0.1, 0.2]  # none as often as some
    assert classes["label_smoothing"] == [0.0, 0.05, 0.1]
    assert "label_smoothing" not in numbers
    shapes = [(128, 128, 128), (256, 256), (256, 256, 256), (192,) * 4, (64, 64, 64), (384,)]
    assert classes["hidden_layer_sizes"] == shapes
    narrower = [tuple(min(200, units) for units in shape) for shape in shapes]
    assert numbers["hidden_layer_sizes"] == narrower


def member(number=0, score=-1.0, seconds=1.0, enough=7, finished=True, raw=None):
    history = History()
    history.append(seconds=seconds)
    return Member(number, None, history, 1, enough, raw, False, finished, score)


class Clock:
    """A clock that is set."""

    def __init__(self, monkeypatch, now=0.0):
        self.now = now
        monkeypatch.setattr(_search.time, "perf_counter", lambda: self.now)


def explored(given, deadline, hopeless=lambda c, best: False):
    own = Configuration({}, [member(0), member(1, seconds=2.0)], 1.0, candidate="own")
    tried = [own]
    explore(tried, iter(given), deadline, hopeless)
    return tried[1:]


def test_networks_are_explored_where_the_longest_fits_in(monkeypatch):
    clock = Clock(monkeypatch, 3.0)
    train = lambda number, until: member(number)  # noqa: E731
    own, other = (Configuration({}, candidate=name) for name in ("own", "trees"))
    assert explored([(own, train)], 5.0) == [own]  # 2 s are enough
    own.members.clear()
    assert explored([(own, train)], 4.9) == []
    assert explored([(other, train)], 0.0) == [other]  # these know themselves
    assert [m.number for m in other.members] == [0, 1]
    assert clock.now == 3.0


def test_the_first_member_tells_how_long_the_others_train_and_what_is_hopeless():
    untils, bests = [], []

    def train(number, until):
        untils.append(until)
        return member(number, score=-0.5, enough=3)

    def hopeless(configuration, best):
        bests.append(best.score)
        assert len(configuration.members) == 1
        return len(bests) == 2

    given = [Configuration({}, candidate=name) for name in ("trees", "own", "own")]
    found = explored([(c, train) for c in given], np.inf, hopeless)
    assert untils == [None, 3, None, None, 3]
    assert bests == [-1.0, -1.0, -1.0]  # neither trees nor what is given up is the best network
    assert [len(c.members) for c in found] == [2, 1, 2]


def test_the_best_network_so_far_is_what_others_are_compared_with():
    bests, scores = [], iter([-0.5, -0.7, -0.9, -0.9, -0.9, -0.9])

    def hopeless(configuration, best):
        bests.append(best.score)
        return False

    given = [Configuration({}, candidate="own") for _ in range(3)]
    explored([(c, lambda number, until: member(number, next(scores))) for c in given], np.inf,
             hopeless)  # fmt: skip
    assert bests == [-1.0, -0.5, -0.5]


@pytest.mark.parametrize("made", [None, member(finished=False)])
def test_what_is_not_finished_is_not_taken(made):
    given = [Configuration({}, candidate="own") for _ in range(2)]
    assert explored([(c, lambda number, until: made) for c in given], np.inf) == []


class TreesOf:
    """A candidate whose variants say how they were asked for."""

    def __init__(self, log, seconds=1.0):
        self.log, self.seconds = log, seconds

    def varied(self, params, number):
        self.log.append((number, params))
        return self

    def member(self, fold):
        return member(fold.number, seconds=self.seconds)


def prepared(regression=True, free=("dropout",), n_folds=2):
    networks = SimpleNamespace(task=SimpleNamespace(regression=regression, free=free))
    asked = []

    def drawn(params, seeds, deadline):
        asked.append((params, [seed.spawn_key for seed in seeds], deadline))
        return SimpleNamespace(alone=lambda fold, until: (params, fold.number, until))

    return SimpleNamespace(
        networks=networks, folds=[Fold(i, None, None) for i in range(n_folds)], asked=asked,
        seeds=SimpleNamespace(source=np.random.SeedSequence(5)), drawn=drawn, others=["lm"] * 3,
    )  # fmt: skip


def test_networks_are_drawn_after_the_portfolio_with_seeds_of_their_own():
    table = prepared()
    own = Configuration({}, [member()], 1.0, candidate="own")
    found = list(itertools.islice(draws(table, 9.0, own, None), 14))
    assert found[0][0].params == {"dropout": 0.1}  # of the portfolio, once
    assert all(c.candidate == "own" for c, _ in found)
    assert [keys for _, keys, _ in table.asked] == [[(i,), (i + 1,)] for i in range(1, 29, 2)]
    assert {deadline for *_, deadline in table.asked} == {9.0}
    assert found[1][1](1, 5) == (found[1][0].params, 1, 5)
    rng = np.random.RandomState(np.random.SeedSequence(5).spawn(1)[0].generate_state(4))
    chosen = [[0.0, 0.0, 0.1, 0.2][rng.randint(4)] for _ in range(13)]
    assert [c.params["dropout"] for c, _ in found[1:]] == chosen
    assert {"dropout": 0.1} in PORTFOLIO["regression"]
    every = prepared(False, ("hidden_layer_sizes",))
    found = list(itertools.islice(draws(every, 9.0, own, None), 60))
    assert max(max(c.params["hidden_layer_sizes"]) for c, _ in found) == 384
    assert list(draws(prepared(free=()), 9.0, own, None)) == []


def test_trees_and_networks_are_drawn_by_turns_where_there_is_time(monkeypatch):
    clock, log = Clock(monkeypatch), []
    own = Configuration({}, [member(), member(1, seconds=2.0)], 1.0, candidate="own")
    trees = Configuration({}, [member()], 1.0, candidate=TreesOf(log))
    kinds = [c.candidate == "own" for c, _ in itertools.islice(draws(prepared(), 3.0, own, trees),
                                                               20)]  # fmt: skip
    assert kinds == [False, True] * 8 + [True] * 4  # eight times trees, at 0 s
    clock.now = 0.5  # the networks would take 3 s
    kinds = [c.candidate == "own" for c, _ in itertools.islice(draws(prepared(), 3.0, own, trees),
                                                               10)]  # fmt: skip
    assert kinds == [False] * 8 + [True] * 2


def test_trees_are_drawn_after_the_portfolio_and_numbered_after_the_others():
    log = []
    own = Configuration({}, [member()], 1.0, candidate="own")
    trees = Configuration({}, [member()], 1.0, candidate=TreesOf(log))
    list(itertools.islice(draws(prepared(), 0.0, own, trees), 8))
    assert [number for number, _ in log] == list(range(3, 11))
    assert [params for _, params in log[:3]] == _search.TREES["regression"]
    state = np.random.SeedSequence(5, spawn_key=(2**22,)).generate_state(4)
    rng = np.random.RandomState(state)
    for _, params in log[3:]:
        drawn = {n: v[rng.randint(len(v))] for n, v in _search.TREE_SPACE.items()}
        assert params == {name: value for name, value in drawn.items() if value is not None}


def test_trees_are_given_five_times_the_time_and_then_what_they_take(monkeypatch):
    clock = Clock(monkeypatch)
    own = Configuration({}, [member()], 1.0, candidate="own")
    trees = Configuration({}, [member(), member(1, seconds=2.0)], 1.0, candidate=TreesOf([], 3.0))
    _, train = next(draws(prepared(), 20.0, own, trees))
    clock.now = 10.5
    assert train(0, None) is None  # it may take 10 s
    clock.now = 10.0
    assert train(0, None).number == 0
    clock.now = 17.5
    assert train(1, None) is None  # now 3 s are known
    clock.now = 17.0
    assert train(1, None).number == 1


# ------------------------------------------------------------------ trials


def task(regression=True, k=1, **given):
    known = {"judge": None, "free": frozenset(["max_iter", "weight_decay"])}
    if regression:
        loss = Loss.resolve("squared_error", "loss").specialise("regression")
        target = RegressionTarget(k, k == 1)
    else:
        loss, target = LogLoss().specialise("multiclass"), ClassTarget(np.arange(3))
    known |= {"loss": loss, "data": SimpleNamespace(target=target), "regression": regression}
    return SimpleNamespace(**{**known, **given})


def valid(n, k=1, weight=None):
    target = RegressionTarget(k, k == 1)
    y = np.zeros(n) if k == 1 else np.zeros((n, k))
    return Data(np.zeros((n, 1)), y, weight, target, (0.0, 1.0))


def raws(*squares):
    """Raw scores whose loss, of zeros, is half of these sums of three squares."""
    known = {0: (0, 0, 0), 40: (6, 2, 0), 44: (6, 2, 2), 48: (4, 4, 4), 56: (6, 4, 2)}
    return np.array([known[s] for s in squares], float)


def test_a_gain_is_a_share_of_the_score():
    assert gain(member(score=-10.0), member(score=-9.0)) == 0.1
    assert gain(member(score=2e-9), member(score=4e-9)) == pytest.approx(1)
    assert gain(member(score=0.0), member(score=1.0)) == pytest.approx(1e12)


def test_losses_of_rows():
    raw = np.array([[1.0], [3.0]])
    assert row_losses(task(), raw, valid(2)).tolist() == [0.5, 4.5]
    y, raw = np.array([0, 1, 2, 0]), np.random.default_rng(0).normal(size=(4, 3))
    data = Data(np.zeros((4, 1)), y, None, ClassTarget(np.arange(3)), (0.0, 1.0))
    z = raw / best_temperature(y, raw, None)[0]
    expected = np.log(np.exp(z).sum(axis=1)) - z[np.arange(4), y]
    assert_allclose(row_losses(task(False), raw, data), expected)


def test_standard_errors_of_a_difference():
    before, after = (member(raw=raws(*some)) for some in ((40, 56, 48), (40, 40, 44)))
    lower, weight = np.array([0.0, 8.0, 2.0]), np.array([1.0, 2.0, 5.0])
    for given in (None, weight):
        w = np.ones(3) if given is None else given
        mean = (w * lower).sum() / w.sum()
        error = np.sqrt(((w * (lower - mean)) ** 2).sum()) / w.sum()
        found = standard_errors(task(k=3), before, after, valid(3, 3, given))
        assert found == pytest.approx(mean / error)
    assert standard_errors(task(k=3), before, before, valid(3, 3)) == 0.0


def test_what_is_surely_and_much_worse_is_hopeless():
    best = member(raw=raws(40, 40, 40, 40))  # a loss of 20 each
    surely = member(raw=raws(40, 56, 40, 56))  # 24, by just two standard errors
    assert is_hopeless(task(k=3), surely, best, valid(4, 3))
    little = member(raw=raws(44, 44, 44, 44))  # 22 is no 15 % more, however sure
    little.raw[0] += 1e-6
    assert not is_hopeless(task(k=3), little, best, valid(4, 3))
    just = member(raw=raws(44, 48, 44, 48))  # 23 is
    assert not is_hopeless(task(k=3), just, best, valid(4, 3))
    lucky = member(raw=raws(40, 56, 40, 40))  # 22
    assert not is_hopeless(task(k=3), lucky, best, valid(4, 3))
    wild = member(raw=raws(40, 40, 0, 56))
    wild.raw[0] *= 2  # 80, 20, 0, 28: by less than two
    assert not is_hopeless(task(k=3), wild, best, valid(4, 3))
    weight = np.array([1.0, 2.0, 1.0, 2.0])
    assert is_hopeless(task(k=3), surely, best, valid(4, 3, weight))
    assert not is_hopeless(task(k=3), surely, best, valid(4, 3, weight[::-1] ** 4))


@pytest.mark.parametrize(("given", "data"), [({}, None), ({"judge": 1}, valid(4, 3))])
def test_by_the_score_it_is_worse_by_15_hundredths_of_it(given, data):
    best, other = (member(score=s, raw=raws(40, 40, 40, 40)) for s in (-1.0, 2.0))
    for one, score, expected in ((best, -1.15, False), (best, -1.1501, True), (other, 1.8, False),
                                 (other, 1.69, True)):  # fmt: skip
        worse = member(score=score, raw=raws(56, 56, 56, 56))
        assert is_hopeless(task(k=3, **given), worse, one, data) == expected


def test_a_trial_is_taken_where_it_is_better_and_surely_so():
    before, after = (member(score=s, raw=raws(*some)) for s, some in
                     ((-10.0, (40, 56, 40, 56)), (-9.0, (40, 40, 40, 40))))  # fmt: skip
    tried, data = task(k=3), valid(4, 3)
    assert Trial(tried).is_better(before, after, data)
    assert not Trial(tried).is_better(before, before, data)  # as good is not better
    assert not Trial(tried, 0.1).is_better(before, after, data)
    assert Trial(tried, 0.09).is_better(before, after, data)
    assert Trial(tried, sure=2.0).is_better(before, after, data)
    assert not Trial(tried, sure=2.1).is_better(before, after, data)
    assert Trial(tried).is_better(before, after, None)
    assert not Trial(tried, sure=2.0).is_better(before, after, None)


def first_of(found, raw, k=1, weight=None, **given):
    target = RegressionTarget(k, k == 1)
    data = None if found is None else Data(np.zeros((4, 1)), found, weight, target, (0.0, 1.0))
    known = task(given.pop("regression", True), k, valid=lambda fold: data)
    one = member(raw=raw)
    one.last = given.pop("last", False)
    return First.of(known, one, "fold")


def test_what_the_first_member_does_not_explain():
    y = np.array([0.0, 2.0, 4.0, 6.0])
    raw = y[:, None] + np.array([[1.0], [-1.0], [1.0], [-1.0]])
    assert first_of(y, raw)[3:] == (pytest.approx(1 / 5), True)
    assert first_of(y, raw, last=True)[3:] == (1.0, True)
    assert first_of(None, raw)[3:] == (1.0, True)
    assert first_of(None, None)[3:] == (1.0, False)
    assert first_of(y, None)[3:] == (1.0, False)
    assert first_of(y, raw, regression=False)[3:] == (1.0, True)
    two = np.column_stack([y, y])
    both = np.hstack([raw, y[:, None]])
    assert first_of(two, both, k=2)[3:] == (pytest.approx(1 / 5), True)  # the worst output


def ask(unexplained=0.0, best_epoch=10, losses=(1.0,) * 10, free=("max_iter", "weight_decay"),
        firmer=0.08):  # fmt: skip
    known = _Task(Recipe(firmer_decay=firmer), frozenset(free))
    found = member()
    found.history, found.best_epoch = History(), best_epoch
    for loss in losses:
        found.history.append(val_loss=loss)
    return lambda: First(known, found, None, unexplained, True)


@pytest.fixture(autouse=True)
def _replaced(monkeypatch):
    """Tasks here are tuples, as a real one needs a table."""
    from skfnn.tabular import _trials

    real = _trials.replace
    monkeypatch.setattr(
        _trials, "replace",
        lambda one, **new: one._replace(**new) if isinstance(one, tuple) else real(one, **new),
    )  # fmt: skip


class _Task(tuple):
    """A recipe and the free parameters."""

    __slots__ = ()

    def __new__(cls, recipe, free):
        return super().__new__(cls, (recipe, free))

    recipe = property(lambda self: self[0])
    free = property(lambda self: self[1])

    def _replace(self, recipe):
        return _Task(recipe, self.free)


def test_firmer_decay_is_tried_where_there_is_little_noise():
    (trial,) = firmer_decay(ask(0.0999))
    assert trial.task.recipe.weight_decay == 0.08
    assert (trial.by, trial.times, trial.sure) == (0.1, 1.0, 0.0)
    assert list(firmer_decay(ask(0.1))) == []
    assert list(firmer_decay(ask(free=("max_iter",)))) == []
    assert list(firmer_decay(ask(firmer=None))) == []


def test_more_epochs_are_tried_where_there_is_hardly_any_noise_late():
    (trial,) = more_epochs(ask(0.0099, best_epoch=5))
    assert trial.times == 2.5
    assert trial.by == 0.0
    assert list(more_epochs(ask(0.01))) == []
    assert list(more_epochs(ask(best_epoch=4))) == []
    assert list(more_epochs(ask(free=("weight_decay",)))) == []
    assert len(list(more_epochs(ask(losses=(1.0,), best_epoch=1)))) == 1


@pytest.mark.parametrize(
    ("losses", "times"),
    [
        ([8.0, 4.0, 1.9, 3.0], 5), ([8.0, 4.0, 2.0, 3.0], 2.5), ([8.0, 4.0, 3.0, 5.0], 2.5),
        ([8.0, 4.0, 3.0, 9.0, 1.0], 5), ([1.0], 5), ([8.0, 4.0, 1.5, 0.9, 1.0, 2.0], 2.5),
    ],
)  # fmt: skip
def test_five_times_the_epochs_where_the_last_half_has_halved_the_loss(losses, times):
    assert longer(ask(losses=losses)().member) == times


def test_a_first_member_of_one_epoch_may_have_learned_all():
    """Seen: the first half of one epoch has none, whose least loss was asked for."""
    X = np.random.default_rng(0).normal(size=(60, 2))
    model = TabularFNNRegressor(time_limit=1e-3, n_members=1, random_state=0, blend=None)
    assert len(model.fit(X, X[:, 0], offset=X[:, 0]).history_) == 1

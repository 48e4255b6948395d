"""What each statement of a table's fit means: who is in the ensemble, and what it is judged by."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from skfnn._engine.following.history import History
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import ClassTarget, RegressionTarget
from skfnn.layers import CategoryEmbedding, Linear, PiecewiseLinearEmbedding, Scale, Select
from skfnn.losses import LogLoss, SquaredError
from skfnn.metrics import R2, MeanSquaredError
from skfnn.preprocessing import TabularEncoder
from skfnn.tabular import _ensemble
from skfnn.tabular._candidates import Candidate, UnfitError
from skfnn.tabular._clock import Clock
from skfnn.tabular._compatibility import upgraded
from skfnn.tabular._directions import layers, of_numbers
from skfnn.tabular._ensemble import _leaderboard, _names, _of_all, assembled, blended, refitted
from skfnn.tabular._fitted_classes import FittedClasses
from skfnn.tabular._fitted_numbers import FittedNumbers
from skfnn.tabular._fitted_numbers import Scale as Unit
from skfnn.tabular._folds import dealt
from skfnn.tabular._followed import Followed, Given, score
from skfnn.tabular._judging import Judge, Known
from skfnn.tabular._members import Member
from skfnn.tabular._predictors import NetworkPredictor, Predictor
from skfnn.tabular._recipes import RECIPES, Columns
from skfnn.tabular._search import Configuration
from skfnn.tabular._trainer import Report, Trainer

ONE = RegressionTarget(1, True)
LOSS = SquaredError().specialise("regression")
Y = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 6.0])
FOLDS = dealt(np.arange(6), np.array([0, 0, 1, 1, 2, 2]), 3)


def table(**given):
    return FittedNumbers(None, ONE, LOSS, scale=Unit(0.0, 1.0, -99.0, 99.0), given_loss="", **given)


class Told(Candidate):
    """A candidate whose members say a number each."""

    data = Data(np.zeros((6, 1)), Y, None, ONE, LOSS.levels)
    validation = None

    def __init__(self, name, **given):
        self.name = name
        vars(self).update(given)

    def valid(self, fold):
        return Data(self.data.X, Y, None, ONE, LOSS.levels, rows=fold.held)

    def first(self, fold, trainer):
        raise NotImplementedError

    other = first


class Says(Predictor):
    columns = None

    def __init__(self, number):
        self.number = number

    def raw(self, A, dtype=None, rows=None):
        return np.full((len(A), 1), float(self.number))


def network(number):
    found = NetworkPredictor(SimpleNamespace(), None)
    found.raw = Says(number).raw
    return found


def member(number, predictor, best_epoch=1, raw=True, last=False):
    history = History()
    history.append(seconds=2.0)
    said = predictor.raw(np.zeros((2, 1))) if raw else None
    return Member(number, predictor, history, best_epoch, 1, said, last, True, 0.0)


def configuration(name, members, weight=1.0, temperature=1.0, **params):
    return Configuration(params, members, weight, Told(name), temperature)


# ---------------------------------------------------------------- the ensemble


def test_members_of_all_configurations_that_count_are_together():
    ours = configuration("networks", [member(i, network(i), i + 5) for i in range(3)], 2.0)
    none = configuration("none", [member(0, Says(9))], 0.0)
    trees = configuration("trees", [member(i, Says(7)) for i in range(3)], 1.0, 1.0, depth=3)
    found = assembled(table(), [ours, none, trees], FOLDS)
    assert [p.raw(np.zeros((1, 1)))[0, 0] for p in found.predictors] == [0, 1, 2, 7, 7, 7]
    assert found.weights == [2, 2, 2, 1, 1, 1]
    assert found.temperatures == [1.0] * 6
    assert found.best_epochs == [5, 6, 7]  # those of networks
    assert [len(history) for history in found.histories] == [1, 1, 1]
    means = [(2 * i + 7) / 3 for i in range(3)]
    np.testing.assert_allclose(found.oof_prediction, np.repeat(means, 2))
    assert found.origin is None
    assert found.shares() == pytest.approx({"networks": 2 / 3, "trees": 1 / 3, "none": 0})
    board = pd.DataFrame(found.leaderboard)
    assert board["candidate"].tolist() == ["networks"] * 3 + ["none"] + ["trees"] * 3
    assert board["member"].tolist() == [1, 2, 3, 1, 1, 2, 3]
    assert board["weight"].tolist() == pytest.approx([2 / 9] * 3 + [0] + [1 / 9] * 3)
    assert board["best_epoch"].tolist()[:3] == [5, 6, 7]
    assert board["best_epoch"][3:].isna().all()
    assert (board["seconds"] == 2).all()
    assert board["depth"].tolist()[4:] == [3, 3, 3]
    expected = 1 - np.array([1.0, 5.0]) / 0.5  # member 0 says 0 of 0 and 1
    assert board["score"][0] == pytest.approx(expected[0])


def test_rows_that_not_all_hold_out_are_told_by_those_that_do():
    ours = configuration("networks", [member(0, network(1))])
    trees = configuration("trees", [member(i, Says(5)) for i in range(3)], 3.0)
    found = assembled(table(), [ours, trees], FOLDS)
    np.testing.assert_allclose(found.oof_prediction, [4, 4, 5, 5, 5, 5])
    assert found.calibration.n_rows == 2  # of rows that all say something of


def test_the_origin_says_which_fold_each_member_held_out():
    def held_by(folds, numbers):
        return [fold.number for fold in folds], numbers

    origin = SimpleNamespace(held_by=held_by)
    ours = configuration("networks", [member(i, network(1)) for i in (0, 2)])
    found = assembled(table(origin=origin), [ours], FOLDS)
    assert found.origin == ([0, 1, 2], [0, 2])


@pytest.mark.parametrize(("weight", "numbers"), [(1.0, [0, 1]), (2e-9, [0, 1]), (1e-9, [0, 1, 2])])
def test_what_counts_next_to_nothing_decides_of_no_fold(weight, numbers):
    """A billionth of all is next to nothing."""
    ours = configuration("networks", [member(i, Says(1)) for i in range(3)])
    two = configuration("two", [member(i, Says(1)) for i in range(2)], weight)
    assert [fold.number for fold in _of_all([ours, two], FOLDS)] == numbers


def test_names_of_the_same_candidate_are_numbered():
    found = [configuration(name, []) for name in ("a", "b", "a", "a")]
    assert list(_names(found)) == ["a", "b", "a 2", "a 3"]


def test_scores_are_those_of_what_the_user_chooses_by():
    ours = configuration("networks", [member(1, Says(2.5)), member(2, Says(5), raw=False)])
    seen = []

    def judged(raw, rows, y, weight):
        seen.append((raw[:, 0].tolist(), rows.tolist(), y.tolist(), weight))
        return 7.0

    rows = _leaderboard(table(), [ours], FOLDS, SimpleNamespace(score=judged))
    assert [row["score"] for row in rows] == [7.0, pytest.approx(np.nan, nan_ok=True)]
    assert seen == [([2.5, 2.5], [2, 3], [2, 3], None)]
    rows = _leaderboard(table(), [ours], FOLDS, None)
    assert rows[0]["score"] == 0  # the coefficient of determination of the mean


def fitted_of(predictors, weights, temperatures, best_epochs):
    origin = SimpleNamespace(held_by=lambda folds, numbers: (folds, numbers))
    return table(predictors=predictors, weights=weights, temperatures=temperatures,
                 best_epochs=best_epochs, origin=origin)  # fmt: skip


class Again:
    """A trainer that trains networks once more."""

    def __init__(self, members):
        self.members, self.asked = members, []
        self.lines, self.clock, self.ended = [], Clock(None, 3), False
        self.report = SimpleNamespace(line=self.lines.append)

    def train(self, candidate, folds):
        self.asked.append((candidate, folds))
        return self.members


PREPARED = SimpleNamespace(table=SimpleNamespace(rows=np.arange(6)), seeds=SimpleNamespace(again=4))
NETWORKS = SimpleNamespace(anew=lambda epochs, seeds: (epochs, seeds))


def test_networks_are_trained_once_more_for_the_mean_of_the_best_epochs():
    old, trees = [network(i) for i in range(2)], Says(5)
    fitted = fitted_of([old[0], trees, old[1]], [2.0, 1.0, 4.0], [1.5, 1.0, 1.5], [4, 7])
    new = [member(i, network(8)) for i in range(2)]
    trainer = Again(new)
    found = refitted(fitted, PREPARED, trainer, NETWORKS)
    assert found.predictors == [new[0].predictor, new[1].predictor, trees]
    assert found.weights == [3, 3, 1]  # as much as the networks before, together
    assert found.temperatures == [1.5, 1.5, 1.0]
    assert found.origin == ([], [])
    ((asked, folds),) = trainer.asked
    assert asked == (6, 4)  # 5.5 is rounded
    assert [(fold.number, fold.held) for fold in folds] == [(0, None), (1, None)]
    trainer = Again([])
    assert refitted(fitted_of(old, [1.0] * 2, [1.0] * 2, [0, 0]), PREPARED, trainer, NETWORKS)
    assert trainer.asked[0][0] == (1, 4)  # one epoch at least


def test_an_end_during_a_refit_keeps_the_ensemble():
    fitted = fitted_of([network(0)], [1.0], [1.0], [4])
    for members in ([], [member(0, network(8), last=True)]):
        assert refitted(fitted, PREPARED, Again(members), NETWORKS) is fitted


class Training:
    """A trainer of candidates whose members are given, and which asks what they are worth."""

    def __init__(self, ends=()):
        self.worths, self.lines, self.ends = {}, [], ends
        self.clock = Clock(None, 3)
        self.report = SimpleNamespace(line=self.lines.append)

    def train(self, candidate, worth):
        if candidate.name in self.ends:
            raise self.ends[candidate.name]
        self.worths[candidate.name] = [worth(candidate.members[:n]) for n in (1, 2)]
        return candidate.members


def prepared_of(*others, judge=None):
    networks = SimpleNamespace(task=SimpleNamespace(judge=judge))
    return SimpleNamespace(table=SimpleNamespace(fitted=table()), folds=FOLDS, others=others,
                           networks=networks)  # fmt: skip


def three(last=None):
    return [member(i, Says(1), last=i == last) for i in range(3)]


@pytest.fixture
def questions(monkeypatch):
    for name in ("hopeful", "helps_mean", "helps", "promising"):
        monkeypatch.setattr(_ensemble, name, lambda *given, name=name: name)


def test_the_first_members_tell_whether_a_candidate_is_worth_its_time(questions):
    asked, unasked = Told("asked", members=three()), Told("un", members=three(), unasked=True)
    of_mean = Told("mean", members=three(), of_mean=True)
    own, trainer = configuration("networks", three()), Training()
    found = blended(prepared_of(asked, unasked, of_mean), own, trainer)
    assert [c.candidate for c in found] == [asked, unasked, of_mean]
    assert [len(c.members) for c in found] == [3, 3, 3]
    assert trainer.worths == {"asked": ["promising", "hopeful"], "un": ["helps", True],
                              "mean": ["helps_mean", "hopeful"]}  # fmt: skip
    trainer = Training()
    blended(prepared_of(asked, unasked, of_mean, judge=object()), own, trainer)
    assert trainer.worths == {"asked": ["promising", "hopeful"], "un": [True, True],
                              "mean": [True, "hopeful"]}  # fmt: skip


def test_what_nobody_asked_for_is_left_out_where_it_cannot_be_trained_or_time_is_over(questions):
    first, last = (Told(name, members=three(), unasked=True) for name in ("first", "last"))
    own, trainer = configuration("networks", three()), Training({"first": UnfitError("too few")})
    found = blended(prepared_of(first, last), own, trainer)
    assert [c.candidate for c in found] == [last]
    assert trainer.lines == ["'first' is left out: too few"]
    trainer.clock, asked = Clock(0.0, 3), Told("asked", members=three())
    assert [c.candidate for c in blended(prepared_of(last, asked), own, trainer)] == [asked]


def test_an_end_keeps_the_candidates_until_then(questions):
    first, last = (Told(name, members=three(2)) for name in ("first", "last"))
    own = configuration("networks", three())
    found = blended(prepared_of(first, last), own, Training())
    assert [c.candidate for c in found] == [first]
    first = Told("first", members=three())
    with pytest.warns(UserWarning, match="interrupted"):
        found = blended(prepared_of(first, last, first), own,
                        Training({"last": KeyboardInterrupt()}))  # fmt: skip
    assert [c.candidate for c in found] == [first]
    assert blended(prepared_of(Told("none", members=[])), own, Training()) == []


def test_the_first_member_and_the_first_3_tell_whether_others_are_worth_their_time():
    """Also of many folds."""

    class Quick(Told):
        def first(self, fold, trainer):
            trainer.take(member(fold.number, Says(1)))

        def other(self, fold, trainer):
            return lambda: member(fold.number, Says(1))

    folds = dealt(np.arange(6), np.arange(6), 6)
    whole = SimpleNamespace(heard=False)
    seen = []
    trainer = Trainer(folds, table(), clock=Clock(None, 6), whole=whole,
                      report=Report(table(), "r2", False), n_jobs=None)  # fmt: skip
    found = trainer.train(Quick("quick"), worth=lambda members: seen.append(len(members)) or True)
    assert (seen, len(found)) == ([1, 3], 6)


# ---------------------------------------------------------------- what the user chooses by


def judge_of(scorer, fitted=None, X=None, y=Y, weight=None):
    X = np.arange(6.0)[:, None] if X is None else X
    given = Given(X, y, weight)
    validation = Given(X[:2] + 50, y[:2] + 50, None)
    return Judge(scorer, lambda state: state, table() if fitted is None else fitted,
                 given=given, validation=validation)  # fmt: skip


def test_a_score_that_is_known_is_that_of_its_rows_alone():
    raw = np.arange(4.0)[:, None]
    assert Known(raw).raw(raw) is raw
    assert Known(raw).raw(raw[1:]).tolist() == [[1], [2], [3]]
    for other in (raw.copy(), raw.tolist()):
        with pytest.raises(ValueError, match="rows that it is given alone"):
            Known(raw).raw(other)


def test_a_metric_counts_in_the_direction_of_scorers():
    raw, y, weight = np.array([[1.0], [3.0]]), np.array([1.0, 2.0]), np.array([3.0, 1.0])
    found = judge_of(MeanSquaredError()).score(raw, np.arange(2), y, weight)
    assert found == -0.25
    assert judge_of(R2()).score(raw, np.arange(2), y, weight) == R2()(y, raw[:, 0], weight)
    assert judge_of(MeanSquaredError()).of_mean(raw[:, 0], np.arange(2), y, weight) == -0.25
    with pytest.raises(ValueError, match="must return finite numbers"):
        judge_of(lambda *given: np.inf).score(raw, np.arange(2), y, None)


def test_a_scorer_is_given_the_rows_of_the_user():
    seen = []

    def scorer(fitted, X, y, sample_weight=None):
        (raw,), (weight,) = fitted.scored(X)
        seen.append((X[:, 0].tolist(), y.tolist(), raw[:, 0].tolist(), weight, sample_weight))
        return 5

    judge = judge_of(scorer)
    raw = np.array([[7.0], [8.0]])
    assert judge.score(raw, np.array([4, 1]), None, None) == 5.0
    assert judge.score(raw, None, None, None) == 5.0
    assert judge.score(raw[:1], np.array([3]), None, None) == 5.0
    assert seen == [([4, 1], [4, 1], [7, 8], 1.0, None), ([50, 51], [50, 51], [7, 8], 1.0, None),
                    ([3], [3], [7], 1.0, None)]  # fmt: skip


def test_rows_are_taken_once():
    judge = judge_of(R2())
    assert judge._at(None) is judge.validation
    first = judge._at(np.array([1, 2, 3]))
    assert judge._at(np.array([1, 2, 3])) is first
    for other in ([1, 3, 2], [1, 0, 3], [1, 2, 3, 4], [0]):
        assert judge._at(np.array(other)).y.tolist() == Y[other].tolist()


TWO = ClassTarget(np.array([0, 1]))


def test_a_scorer_without_a_value_for_held_out_rows_is_refused_before_the_first_epoch():
    loss = LogLoss().specialise("binary")
    fitted = FittedClasses(None, TWO, loss)
    y = np.array([0, 1, 1, 1, 0, 0])
    data = [Data(np.zeros((6, 1)), y, None, TWO, loss.levels, rows=np.array(rows))
            for rows in ([0, 1], [1, 2])]  # fmt: skip

    def area(state, X, y):
        return np.nan if len({*y}) == 1 else 1.0

    judge = judge_of(area, fitted, y=y)
    judge.check([data[0], None])
    with pytest.raises(ValueError, match="has no value for 2 held-out rows"):
        judge.check(data)

    def only_wrong(state, X, y):
        (raw,), _ = state.scored(X)
        return np.nan if np.array_equal(raw[:, 0] > 0, y == 1) else 0.0

    judge_of(only_wrong, fitted, y=y).check(data)  # NaN where all are right, and not where wrong
    numbers = Data(np.zeros((6, 1)), Y, None, ONE, LOSS.levels, rows=np.array([0, 1]))
    judge_of(lambda *given: np.nan).check([numbers])

    def broken(*given):
        raise ZeroDivisionError

    judge_of(broken, fitted, y=y).check(data)  # the first epoch will say so


# ---------------------------------------------------------------- what is followed


def test_given_rows_keep_their_weights():
    X = pd.DataFrame({"a": [1, 2, 3]})
    given = Given(X, sparse.csr_array(np.array([[0, 1], [1, 0], [1, 1]])), [1.0, 2.0, 3.0])
    dense = given.in_array
    assert dense.y.tolist() == [[0, 1], [1, 0], [1, 1]]
    some = dense.at(np.array([2, 0]))
    assert (some.X["a"].tolist(), some.y.tolist()) == ([3, 1], [[1, 1], [0, 1]])
    assert some.weight.tolist() == [3, 1]
    assert Given(X, [1, 2, 3]).in_array.at(np.array([1]))[1:] == (np.array([2]), None)


def test_a_scorer_is_weighted_where_it_takes_weights():
    def weighted(model, X, y, sample_weight=None):
        return sum(sample_weight)

    found = score(weighted, None, Given(None, None, [1, 2]))
    assert (found, type(found)) == (3.0, float)


@pytest.mark.parametrize("validation", [False, True])
def test_scorers_follow_one_member_on_rows_of_the_user(validation):
    seen = []

    def scorer(state, X, y):
        seen.append((X[:, 0].tolist(), y.tolist(), state.scored(X)[0][0][:, 0].tolist()))
        return 5.0

    X = np.arange(6.0)[:, None]
    valid = Given(X[:2] + 50, Y[:2] + 50, None) if validation else None
    metrics = {"own": scorer, "r2": R2()}
    followed = Followed(lambda state: state, table(), metrics, Given(X, Y, None), valid)
    net = SimpleNamespace()
    task = SimpleNamespace(columns=None, data=Data(X * 10, Y, None, ONE, LOSS.levels))
    rows = np.array([0, 2])
    held_out = Data(X * 10, Y, None, ONE, LOSS.levels, rows=np.array([3, 5]))
    if validation:
        held_out = Data(X[:2] * 10 + 500, Y[:2], None, ONE, LOSS.levels)
    measure = followed.on(task, net, rows, held_out)
    found = measure(metrics["r2"], "train", Y[rows], np.array([[0.0], [3.0]]), None)
    assert found == R2()(Y[rows], np.array([0.0, 3.0]), None)
    predictor = followed.table.of([NetworkPredictor(net, None)]).predictors[0]
    assert isinstance(predictor, NetworkPredictor)
    known = []
    followed.view = lambda state: known.append(state.encoded) or state
    NetworkPredictor.raw, before = Says(7).raw.__func__.__get__(Says(7)), NetworkPredictor.raw
    try:
        assert measure(scorer, "train", None, None, None) == 5.0
        assert measure(scorer, "valid", None, None, None) == 5.0
    finally:
        NetworkPredictor.raw = before
    assert seen[0] == ([0, 2], [0, 2], [7, 7])
    there = ([50, 51], [50, 51]) if validation else ([3, 5], [3, 6])
    assert seen[1] == (*there, [7, 7])
    assert [encoded[1][0][:, 0].tolist() for encoded in known] == [
        [0, 20], [500, 510] if validation else [30, 50]]  # fmt: skip


# ---------------------------------------------------------------- directions


def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame({
        "name": [f"n{i}" for i in rng.integers(0, 30, 300)], "up": rng.normal(size=300),
        "any": rng.normal(size=300), "down": rng.normal(size=300),
    })  # fmt: skip


def test_directions_are_those_of_numbers_in_the_order_of_the_encoder():
    encoder = TabularEncoder().fit(frame())
    assert of_numbers({"down": -1, "up": 1}, encoder) == (1, 0, -1)
    assert of_numbers([0, 0, 1, 0], encoder) == (0, 1, 0)
    assert of_numbers([0, 0, 0, 0], encoder) == of_numbers(None, encoder) == ()
    with pytest.raises(ValueError, match="numbers alone have one"):
        of_numbers({"name": 1}, encoder)
    unnamed = TabularEncoder().fit(frame()[["up", "any"]].to_numpy())
    assert of_numbers([-1, 0], unnamed) == (-1, 0)


def plan(**given):
    params = {"n_members": None, "hidden_layer_sizes": (6, 9), "learning_rate_init": None}
    recipe = RECIPES["ensemble"].chosen({**params, **given})
    columns = Columns(5, 3, [8], [4], n_targets=1, regression=True)
    return recipe, columns, layers(recipe, columns, (0, 1, -1), LOSS)


def test_numbers_with_a_direction_come_first_and_keep_it():
    _, _, found = plan(numeric_embedding=None)
    assert isinstance(found[0], Select)
    assert found[0].columns == [1, 2, 0, 3, 4]
    assert any(isinstance(layer, CategoryEmbedding) for layer in found)
    assert [layer.constraint for layer in found if isinstance(layer, Scale)] == ["non_negative"]
    linear = [layer for layer in found if isinstance(layer, Linear)]
    assert linear[0].constraint.directions[:3] == (1, -1, 0)
    assert not any(linear[0].constraint.directions[2:])
    assert [layer.constraint.n_units for layer in linear] == [4, 6, 1]
    assert linear[1].constraint.directions == (1,) * 4 + (0,) * 2
    assert linear[2].constraint.directions == (1,) * 6 + (0,) * 3
    assert linear[2].units == 1
    assert not any(isinstance(layer, PiecewiseLinearEmbedding) for layer in found)


def test_each_entry_of_an_embedded_number_has_its_direction():
    _, columns, found = plan(numeric_embedding="both")
    pieces = [layer for layer in found if isinstance(layer, PiecewiseLinearEmbedding)]
    assert (pieces[-1].start, pieces[-1].stop) == (0, 2)
    assert [layer.constraint for layer in pieces] == [None, "non_negative"]
    (first, *_) = [layer for layer in found if isinstance(layer, Linear)]
    n = pieces[-1].entries()
    assert n > 1
    given = first.constraint.directions
    assert given[: 2 * n + 1] == (1,) * n + (-1,) * n + (0,)
    assert not any(given[2 * n :])
    width = columns.width
    for layer in found[: found.index(first)]:
        width = layer.n_outputs(width)
    assert len(given) == width


def test_the_last_hidden_layer_tells_the_directions_of_the_output():
    _, _, found = plan(numeric_embedding=None, hidden_layer_sizes=(6, 9, 12))
    output = [layer for layer in found if isinstance(layer, Linear)][-1]
    assert output.constraint.directions == (1,) * 8 + (0,) * 4


def test_without_hidden_layers_the_output_keeps_directions():
    _, _, found = plan(numeric_embedding=None, hidden_layer_sizes=())
    (output,) = [layer for layer in found if isinstance(layer, Linear)]
    assert output.constraint.directions[:3] == (1, -1, 0)


# ---------------------------------------------------------------- what 0.2.0 has saved


def test_a_state_of_today_stays_as_it_is():
    state = {"_fitted": 1, "alpha": 2}
    assert upgraded(state) is state


def test_a_state_of_before_is_brought_up():
    common = {"encoder_": 1, "_target": 2, "_loss": 3, "_members": ["a", "b"], "_histories": [4],
              "best_epochs_": [5], "oof_prediction_": 6, "blend": None}  # fmt: skip
    found = upgraded({**common, "sharpening_": 1.1, "temperature_": 1.5, "_counts": [3, 1]})
    assert found.keys() == {"blend", "_fitted"}
    fitted = found["_fitted"]
    assert (fitted.encoder, fitted.target, fitted.loss) == (1, 2, 3)
    assert [p.network for p in fitted.predictors] == ["a", "b"]
    assert fitted.columns.behind == 0
    assert (fitted.weights, fitted.temperatures) == ([3.0, 1.0], [1.5, 1.5])
    assert (fitted.sharpening, fitted.leaderboard) == (1.1, [])
    plain = upgraded(common)["_fitted"]
    assert (plain.weights, plain.temperatures, plain.sharpening) == ([1, 1], [1, 1], 1)
    pairs = SimpleNamespace(columns=lambda: "columns")
    numbers = upgraded({**common, "_spread": 7, "_shift": 8, "_range": (9, 10), "_pairs": pairs})
    fitted = numbers["_fitted"]
    assert fitted.scale == Unit(8, 7, 9, 10)
    assert (fitted.calibration, fitted.given_loss) == (None, "squared_error")
    assert fitted.predictors[0].columns == "columns"

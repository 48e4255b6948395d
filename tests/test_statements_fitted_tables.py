"""What each statement of a table's fit means: what is left of cycles, and of what a fit leaves."""

from dataclasses import FrozenInstanceError, replace
from types import SimpleNamespace

import numpy as np
import pytest
from test_statements_cycles import (
    CLASSES,
    FOLD,
    NUMBERS,
    Taking,
    Told,
    judge,
    member,
    monitored,
    networks,
)
from test_statements_fitted_classes import LABELS, THREE, TWO
from test_statements_fitted_classes import held as held_classes
from test_statements_fitted_classes import of as of_classes
from test_statements_fitted_numbers import GAUSSIAN, Says, held, informed
from test_statements_fitted_numbers import TWO as BOTH
from test_statements_fitted_numbers import of as of_numbers

from skfnn import TabularFNNRegressor
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import RegressionTarget
from skfnn.losses import Gamma, SquaredError
from skfnn.metrics import R2
from skfnn.tabular import _candidates, _cycles, _members
from skfnn.tabular._candidates import Candidate, Networks, Trial
from skfnn.tabular._cell_trials import _has_direction, surely
from skfnn.tabular._cells import CellColumns, Part
from skfnn.tabular._clock import Clock
from skfnn.tabular._cycles import _last_epoch, enough_epochs, unexplained
from skfnn.tabular._fitted import HeldOut
from skfnn.tabular._fitted_numbers import Scale
from skfnn.tabular._predictors import NetworkPredictor

LOSS = SquaredError().specialise("regression")

# ---------------------------------------------------------------- cycles


@pytest.mark.parametrize(
    ("shares", "end"), [([0.1], 14), ([0.1001], 6), ([0.05, 0.5], 6), ([0.05, 0.1], 14)]
)
def test_one_output_with_noise_is_enough_for_the_second_cycle_to_end(shares, end, monkeypatch):
    monkeypatch.setattr(_cycles, "unexplained", lambda *given: np.array(shares))
    assert Told([2] * 30, max_iter=30).ended() == end


def test_each_output_is_explained_by_itself():
    y = np.array([[0.0, 0.0], [2.0, 4.0]])
    data = Data(np.zeros((2, 1)), y, None, RegressionTarget(2, False), LOSS.levels)
    raw = np.array([[0.0, 2.0], [2.0, 2.0]])
    np.testing.assert_allclose(unexplained(LOSS, data, raw), [0, 1])


@pytest.mark.parametrize(("mean", "deviation"), [(1e4, 1e-6), (0.0, 0.0)])
def test_a_variance_is_none_beside_a_mean_of_a_million_millions(mean, deviation):
    y = mean + deviation * np.array([-1.0, 1.0, -1.0, 1.0])
    data = Data(np.zeros((4, 1)), y, None, NUMBERS, LOSS.levels)
    found = unexplained(LOSS, data, np.full((4, 1), mean) + 2 * deviation)
    np.testing.assert_allclose(found, 5 if deviation else 1, rtol=1e-3)


def test_a_cycle_that_ends_one_part_late_ends_with_the_next_epoch():
    assert [_last_epoch(end, 16) for end in (1, 3, 7, 15)] == [2, 4, 8, 16]


@pytest.mark.parametrize("factor", [0.1, 10.0])
def test_as_good_is_by_a_share_of_the_score(factor):
    for later, enough in ((-1.04, 30), (-1.06, 14)):
        scores = np.full(30, -9.0)
        scores[[6, 14]] = -1, later
        assert enough_epochs((factor * scores).tolist(), 30) == enough
    perfect = [-1.0] * 10 + [0.0] + [-1.0] * 19
    assert enough_epochs(perfect, 30) == enough_epochs(perfect, 30, worth=0.0) == 14
    rival = (factor,) * 30
    for loss, end in ((1.06, 6), (1.04, None)):
        monitor = Told([3 * factor] * 2 + [loss * factor] * 28, CLASSES, max_iter=30, rival=rival)
        assert next((i for i in range(1, 7) if monitor.epoch(0.5)), None) == end


def test_training_goes_on_up_to_its_deadline(monkeypatch):
    monkeypatch.setattr(_cycles.time, "perf_counter", lambda: 5.0)
    assert not Told([3, 2, 1] * 10, CLASSES, max_iter=30, deadline=5.0).epoch(0.5)
    assert Told([3, 2, 1] * 10, CLASSES, max_iter=30, deadline=4.9).epoch(0.5)


def test_one_score_that_is_not_finite_leaves_no_value():
    raw = np.array([[1.0], [np.nan]])
    seen = []
    monitor = monitored(R2(), measure=lambda *given: seen.append(given) or 5.0,
                        metrics={"r2": R2()})  # fmt: skip
    monitor.epoch(0.5)
    known = len(seen)
    assert np.isnan(monitor._value(next(iter(monitor.reporting.metrics.values())), "train",
                                   monitor.train, raw))  # fmt: skip
    assert len(seen) == known
    own = judge(lambda *given: 7.0)
    judged = monitored(own)
    judged.epoch(0.5)
    assert np.isnan(judged._value(own, "valid", judged.valid, raw))
    assert not monitored(dividing=False).epoch(0.5)


@pytest.mark.parametrize(
    ("rows", "share", "worth"),
    [(100_001, 1.0, 0.0), (100_001, 0.5, 0.03), (100_000, 0.5, None), (60, 1.0, None)],
)
def test_what_a_cycle_is_worth_where_an_epoch_has_a_share_of_the_rows(rows, share, worth):
    assert networks(rows=rows, share=share).task.worth == worth


@pytest.mark.parametrize(("batch_size", "fewest"), [(4, 8), (5, 10), (50, 10), (1, 2)])
def test_cycles_tell_from_10_epochs_on_or_from_200_steps(batch_size, fewest, monkeypatch):
    seen = []

    class Noted(_members.CycleMonitor):
        def __init__(self, *given, **more):
            super().__init__(*given, **more)
            seen.append(self.fewest)

    monkeypatch.setattr(_members, "CycleMonitor", Noted)
    X = np.random.default_rng(0).normal(size=(200, 1))
    model = TabularFNNRegressor(
        n_members=2, batch_size=batch_size, max_iter=1, hidden_layer_sizes=(4,), blend=None,
        numeric_embedding=None, random_state=0,
    )  # fmt: skip
    model.fit(X, X[:, 0])
    assert {*seen} == {fewest}


# ---------------------------------------------------------------- what a fit leaves


def test_what_a_fit_leaves_is_not_compared_and_stays():
    held = held_classes(np.array([0, 1]))
    for made, name in ((held, "data"), (of_classes(TWO), "loss"), (of_numbers(), "loss")):
        assert made != replace(made)
        with pytest.raises(FrozenInstanceError):
            setattr(made, name, 5)


def test_offsets_of_each_output_are_added_to_each_member_inside():
    class Two(type(of_classes(LABELS).loss)):
        def pool(self, raw, n_outputs):
            return raw.reshape(len(raw), -1, n_outputs).mean(axis=1)

    raw = np.array([[1.0, 2.0, 3.0, 6.0]])
    found = of_classes(LABELS, Two()).pooled(raw, np.array([[10.0, 20.0]]))
    np.testing.assert_array_equal(found, [[12, 24]])


def test_what_stands_for_members_predicts_their_mean():
    raws = [np.array([[0.0, 1.0, 2.0]]), np.array([[2.0, 0.0, 1.0]])]
    fitted = of_classes(THREE)
    mean = fitted.mean(raws, [1.0, 3.0])
    np.testing.assert_allclose(fitted.predicted(fitted.of_all(raws, [1.0, 3.0])), mean)
    assert (fitted.by_moments, fitted.of_means) == (False, True)
    assert of_numbers().temperature_of([SimpleNamespace()]) == 1.0


def test_scores_of_one_member_with_an_offset():
    raw, offset = np.array([[1.0], [2.0]]), np.array([[10.0], [20.0]])
    encoder = SimpleNamespace(transform=lambda X: X)
    predictor = SimpleNamespace(raw=lambda A, dtype: A, columns=None)
    fitted = of_classes(TWO, predictors=[predictor], weights=[2.0], temperatures=[1.0],
                        has_offset=True)  # fmt: skip
    fitted = replace(fitted, encoder=encoder)
    found, weights = fitted.scored(raw, offset[:, 0])
    np.testing.assert_array_equal(found[0], raw + offset)
    assert weights == [2.0]
    assert replace(fitted, has_offset=False).checked(None, 2) is None


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize("factor", [1.0, 1e6])
def test_no_weight_is_less_than_1e18_times_below_the_largest(factor):
    found = Scale.of(np.array([0.0, 1.0]), LOSS, factor * np.array([1.0, 1e-300]))
    assert found.spread == pytest.approx(1e-9)
    one = Scale.of(np.array([2.0]), Gamma().specialise("regression"))
    assert (one.shift, one.spread) == (0, 2)


def test_whole_weights_are_repetitions_and_others_weigh_predictions():
    """These are kept between -9 and 99, that is -9.5 and 44.5 in the unit of members."""
    low, high = np.array([[-50.0]]), np.array([[-20.0]])
    fitted = of_numbers()
    assert fitted.of_all([low, high], [1.0, 2.0]).tolist() == [[-30]]
    assert fitted.of_all([low, high], [1.0, 1.0]).tolist() == [[-35]]
    assert fitted.of_all([low], [1.0]).tolist() == [[-50]]
    assert fitted.of_all([low, high], [0.5, 1.5]).tolist() == [[-9.5]]


def test_mixtures_of_distributions_may_have_any_weights():
    raws = [np.array([[0.0, 0.0]]), np.array([[2.0, 0.0]])]
    fitted = of_numbers(GAUSSIAN)
    for weights, variance in (([0.5, 0.5], 2), ([1.0, 1.0], 2), ([1.0, 3.0], 1.75),
                              ([0.25, 0.75], 1.75)):  # fmt: skip
        mean = 2 * weights[1] / sum(weights)
        np.testing.assert_allclose(fitted.of_all(raws, weights), [[mean, np.log(variance)]])


def test_what_is_told_of_two_outputs_is_told_of_each():
    rng = np.random.default_rng(0)
    errors, rows = rng.normal(size=(30, 2)) * [1, 3], np.arange(30)
    data = Data(np.zeros((30, 1)), errors, None, BOTH, (0.0, 1.0), rows=rows)
    part = HeldOut(data, [np.zeros((30, 2))], [1.0], [Says(0.0, 0.0)])
    fitted = of_numbers(target=BOTH, predictors=part.predictors, weights=[1.0], temperatures=[1.0])
    found = fitted.informed((30, 2), [part], None)
    np.testing.assert_array_equal(found.oof_prediction, np.full((30, 2), 10.0))
    expected = np.sort(np.abs(errors), axis=0)[15]
    np.testing.assert_allclose(found.calibration.score(0.5), expected)
    mean = np.array([[10.0, 14.0], [12.0, 8.0]])
    assert fitted.errors(mean, None).tolist() == [[0, 2], [1, -1]]


def test_too_few_rows_to_learn_widths_by_leave_them_equal():
    network = NetworkPredictor(SimpleNamespace(), CellColumns(0))
    network.raw = Says(0.0).raw
    errors = np.linspace(-1, 1, 30)
    part = held(errors, np.zeros((30, 1)), np.arange(30), predictors=[network])
    fitted = of_numbers(predictors=[network], weights=[1.0], temperatures=[1.0], adaptive=True)
    fitted = replace(fitted, encoder=SimpleNamespace(n_numbers_=1, n_levels_=[]))
    found = fitted.informed((30,), [part], None)
    assert found.widths is None
    assert found.calibration.score(0.5)[0] == pytest.approx(np.sort(np.abs(errors))[15])


def test_spreads_are_beside_the_mean_of_the_variances_of_members():
    errors = np.linspace(-1, 1, 30)
    found = informed(GAUSSIAN, [(0.0, 0.0), (1.0, np.log(4))], errors)
    square = np.mean(errors**2) * (1 + 1 / 4) / 2
    one = (60 * square + 10) / 70
    between = 0.25 / 2.5
    every = max(one - between, one / 2) / (1 + between)
    assert found.spread == pytest.approx(np.sqrt(every))


def test_members_differ_relative_to_widths_at_their_mean():
    """Widths are 1 more than the mean prediction, which is 1 and 3 in the unit of members."""
    networks = [NetworkPredictor(SimpleNamespace(), CellColumns(0)) for _ in range(2)]
    for network, said in zip(networks, ([0.5, 2.0], [1.5, 4.0]), strict=True):
        network.raw = lambda A, dtype=None, rows=None, said=said: np.array(said)[:, None]
    widths = SimpleNamespace(at=lambda A, mean: 1 + mean)
    fitted = of_numbers(predictors=networks, weights=[1.0, 1.0], temperatures=[1.0, 1.0],
                        widths=widths)  # fmt: skip
    parts = [held(np.zeros(2), np.zeros((2, 1)), np.array(rows), predictors=[own])
             for rows, own in (([0, 1], networks[0]), ([2, 3], networks[1]))]  # fmt: skip
    views = [np.zeros((2, 1))] * 2
    score = np.array([[1.0], [1.0]])
    found = fitted._share_of_mean(parts, lambda n: (views, None), (score, None))
    variance = np.mean([0.25 / (1 + 1) ** 2, 1 / (1 + 3) ** 2])
    np.testing.assert_allclose(found, [np.sqrt(1 - variance)])


def test_what_is_found_of_raw_columns_lies_around_predictions():
    fitted = of_numbers(predictors=[Says(1.5)], weights=[1.0], temperatures=[1.0])
    fitted = replace(fitted, encoder=SimpleNamespace(transform=lambda X: X))
    found = fitted.found(np.zeros((3, 1)))
    assert (found.center.tolist(), found.scale.tolist()) == ([[13]] * 3, [[2]] * 3)
    offset = replace(fitted, has_offset=True).found(np.zeros((3, 1)), np.array([0.0, 2.0, 4.0]))
    assert offset.center[:, 0].tolist() == [13, 15, 17]


@pytest.mark.parametrize("loss", [LOSS, GAUSSIAN])
def test_1000_rows_tell_how_much_members_differ(loss):
    asked = []
    said = [(0.0,), (1.0,)] if loss is LOSS else [(0.0, 0.0), (1.0, 0.0)]
    fitted = of_numbers(loss, predictors=[Says(*numbers) for numbers in said], weights=[1.0, 1.0],
                        temperatures=[1.0, 1.0])  # fmt: skip
    errors = np.linspace(-1, 1, 30)
    parts = [held(errors, own.raw(np.zeros((30, 1))), np.arange(30 * i, 30 * i + 30),
                  predictors=[own]) for i, own in enumerate(fitted.predictors)]  # fmt: skip

    def sample(n):
        asked.append(n)
        return [np.zeros((5, 1))] * 2, None

    fitted.informed((60,), parts, sample)
    assert asked == [1000]


# ---------------------------------------------------------------- trials of cells


def test_the_more_cells_tell_the_fewer_standard_errors_are_needed():
    """From two at 5 down to a half at 12.5."""
    found = [surely(z) for z in (0.0, 5.0, 7.5, 10.0, 12.5, 90.0)]
    assert found == [2.0, 2.0, 1.5, 1.0, 0.5, 0.5]


def test_numbers_alone_have_directions():
    task = SimpleNamespace(directions=(0, 1))
    number, free = Part("x", "number", slice(1, 2)), Part("y", "number", slice(0, 1))
    code = Part("c", "code", slice(1, 2))
    found = [bool(_has_direction(task, part)) for part in (number, free, code)]
    assert found == [True, False, False]


# ---------------------------------------------------------------- networks as candidates


@pytest.mark.parametrize(("limit", "n_trained", "n_warm"), [(1e9, 0, 1), (1e9, 1, 0), (None, 0, 0)])
def test_with_a_time_limit_2_epochs_tell_how_long_one_takes(limit, n_trained, n_warm, monkeypatch):
    seen = []
    monkeypatch.setattr(_candidates, "train", lambda *given: seen.append(given) or member())
    own, trainer = networks(member(), stream=SimpleNamespace()), Taking()
    own.seeds = [np.random.SeedSequence(i) for i in range(3)]
    trainer.clock = Clock(limit, 5)
    trainer.clock.n_trained = n_trained
    own.first(FOLD, trainer)
    assert len(seen) == n_warm
    for task, fold, run in seen:
        assert (task, fold, run.max_iter, run.until) == (own.task, FOLD, 2, None)
        assert run.seed is not own.seeds[2]  # it draws nothing from this one
        assert run.seed.entropy == 2
    assert len(own.asked) == 1


def test_a_member_alone_is_trained_as_long_as_its_task_says(monkeypatch):
    monkeypatch.setattr(_candidates, "train", lambda *given: given)
    own = networks()
    task, fold, run = own.alone(FOLD, 4)
    assert (task, fold, run.seed, run.max_iter, run.until) == (own.task, FOLD, 12, 9, 4)
    listed = Networks(own.task, own.seeds)
    silent, heard = Taking(), Taking()
    silent.clock = heard.clock = SimpleNamespace(timed=lambda work: work())
    timed = listed._timed(FOLD, silent, 5, 3, (1.0,))
    assert timed[2] == listed.run(FOLD, 5, 3, (1.0,))
    assert timed[3] is None
    heard.heard, heard.epochs = True, lambda fold, epochs, task: (fold, epochs, task)
    assert listed._timed(FOLD, heard, 5)[3] == (FOLD, 5, own.task)


def limited(seconds):
    """A trainer with so much time left, of which an epoch takes one second; of five members."""
    trainer = Taking()
    trainer.clock = Clock(1e6, 5)
    trainer.clock.started -= 1e6 - seconds
    trainer.clock._epochs, trainer.clock.n_trained = [1.0], 1
    return trainer


@pytest.mark.parametrize(("seconds", "tried"), [(40.5, False), (45.5, True)])
def test_a_trial_needs_the_time_of_all_members(seconds, tried):
    own, trainer = networks(member(-2.0)), limited(seconds)
    trainer.members = [member()]
    own._try(Trial(own.task), FOLD, trainer)
    assert bool(own.asked) is tried  # nine epochs for each of five


@pytest.mark.parametrize(("seconds", "epochs"), [(0.5, 1), (40.5, 8), (1000.0, 9)])
def test_the_first_member_has_an_epoch_in_any_time(seconds, epochs):
    own = networks(member(), stream=SimpleNamespace())
    own.first(FOLD, limited(seconds))
    assert (own.epochs, own.task.max_iter) == (epochs, epochs)


@pytest.mark.parametrize(("last", "n_tried"), [(False, 2), (True, 1)])
def test_trials_are_proposed_by_the_first_member_until_the_user_wants_to_end(
    last, n_tried, monkeypatch
):
    seen = []

    def propose(ask):
        for _ in range(2):
            first = ask()
            seen.append((first.member.score, first.fold, first.judged))
            yield Trial(first.task)

    monkeypatch.setattr(_candidates, "TRIALS", (propose,))
    own, trainer = networks(member(-1.0), member(-0.5, last=last), member(-0.25)), Taking()
    own.first(FOLD, trainer)
    assert seen == [(-1.0, FOLD, False), (-0.5, FOLD, False)][:n_tried]
    assert len(own.asked) == 1 + n_tried
    assert len(trainer.members) == 1


def test_what_is_no_network_has_no_epochs():
    assert (Candidate.epochs, Networks.name) == (0, "networks")

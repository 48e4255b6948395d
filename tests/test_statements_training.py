"""What statements mean that train a network."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skfnn._engine.following.divergence import DivergenceError
from skfnn._engine.following.history import History
from skfnn._engine.network.network import Network
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.targets import ClassTarget, OneHotTarget, RegressionTarget, SoftTarget
from skfnn.layers import Linear
from skfnn.losses import LogLoss, Loss
from skfnn.metrics._loss_and_error import LossAndError
from skfnn.solvers import Minibatch
from skfnn.tabular import _members
from skfnn.tabular._cells import CellColumns
from skfnn.tabular._folds import Fold
from skfnn.tabular._label_weights import BalancedLabels
from skfnn.tabular._members import Member, Run, Task, helpful, train
from skfnn.tabular._portions import Portions
from skfnn.tabular._recipes import RECIPES, Recipe
from skfnn.tabular._stream import Windows

RNG = np.random.default_rng(0)


def task(n=12, kind="regression", k=1, **given):
    """What networks learn of a table of two numbers."""
    X = RNG.normal(size=(n, 2)).astype(np.float32)
    if kind == "regression":
        loss = Loss.resolve(given.pop("loss", "squared_error"), "loss").specialise("regression")
        y = RNG.normal(size=n) if k == 1 else RNG.normal(size=(n, k))
        target = RegressionTarget(k, k == 1)
    else:
        loss, y = LogLoss().specialise("multiclass"), np.arange(n) % 3
        target = given.pop("target", None) or ClassTarget(np.arange(3))
    data = Data(X, y, given.pop("weight", None), target, (0.0, 1.0))
    known = {
        "data": data,
        "validation": None,
        "columns": CellColumns(2),
        "marks": None,
        "parts": [],
        "loss": given.pop("own_loss", loss),
        "recipe": Recipe(hidden_layer_sizes=(3,), numeric_embedding=((None,), (None,))),
        "n_numbers": 2,
        "n_levels": [],
        "learning_rate": 0.02,
        "max_iter": 4,
        "batch_size": 4,
    }
    return Task(**{**known, **given})


def fold(n=12, held=4):
    return Fold(0, np.arange(held, n), np.arange(held))


def run(**given):
    return Run(np.random.SeedSequence(1), **{"max_iter": 4, **given})


def sized(n):
    return SimpleNamespace(n_rows=lambda number: n, __len__=lambda self: n)


class Rows(list):
    """A stream of so many rows."""

    def n_rows(self, number):
        return len(self)


# ------------------------------------------------------------------ what networks have in common


def test_what_a_task_knows():
    numbers, classes = task(), task(kind="classes")
    assert numbers.regression
    assert not classes.regression
    assert numbers.valid(Fold(0, np.arange(9), None)) is None
    one = replace(numbers, validation="validation")
    assert one.valid(Fold(0, np.arange(9), None)) == "validation"
    assert one.valid(fold()).rows.tolist() == [0, 1, 2, 3]
    assert one.valid(fold()).levels == numbers.loss.levels
    with pytest.raises(AttributeError):
        run().until = 3


def test_of_more_than_100_000_rows_a_cycle_must_be_worth_its_time():
    few, many = Rows([0]) * 100_000, Rows([0]) * 100_001
    few, many = Rows(few), Rows(many)
    assert not task(stream=few).large
    assert task(stream=many).large
    assert not task().large
    assert task(stream=few, share=0.5).worth is None
    assert task(stream=many).worth == 0.0
    assert task(stream=many, share=0.5).worth == 0.03


def member(number=0, score=-1.0, *, finished=True, epochs=1, raw=None, honest=None, last=False):
    history = History()
    for i in range(epochs):
        history.append(seconds=1.5 + i)
    return Member(number, None, history, 1, 1, raw, last, finished, score, honest)


def test_scores_of_held_out_rows_are_honest_where_that_is_known():
    assert member(raw="raw").out_of_fold == "raw"
    assert member(raw="raw", honest="honest").out_of_fold == "honest"
    assert member(epochs=3).seconds == 1.5 + 2.5 + 3.5
    assert Member(0, None, History(), 1, 1, None, False, True, 0.0).seconds == 0


def test_a_member_that_was_cut_short_helps_where_it_is_no_worse_than_the_worst():
    good, bad = member(score=-1.0), member(score=-3.0)
    cut = [member(score=s, finished=False) for s in (-2.0, -3.0, -3.1)]
    nothing = member(score=np.nan, finished=False, epochs=0)
    assert helpful([good, bad, *cut, nothing]) == [good, bad, *cut[:2]]
    assert helpful([cut[2], nothing]) == [cut[2]]
    assert helpful([nothing]) == []
    assert helpful([member(score=0.0, finished=False, epochs=0), good]) == [good]
    unlearned = [bad, member(score=9.0, finished=False, epochs=0)]
    assert helpful(unlearned) == [bad]


# ------------------------------------------------------------------ training


def test_training_that_diverges_is_tried_at_a_fourth_twice(monkeypatch):
    rates = []

    def diverges(task, fold, run, tasks):
        rates.append(task.learning_rate)
        raise DivergenceError("far")

    monkeypatch.setattr(_members, "_trained", diverges)
    for given, expected in (
        ({"free": frozenset(["learning_rate_init"])}, [0.02, 0.005, 0.00125]),
        ({"free": frozenset(["dropout"])}, [0.02]),
        ({"free": frozenset(["learning_rate_init"]), "stream": Rows()}, [0.02]),
    ):
        rates.clear()
        with pytest.raises(DivergenceError):
            train(task(**given), fold(), run())
        assert rates == pytest.approx(expected)


class Solver:
    """A solver that notes its problem, or fails."""

    def __init__(self, error=None):
        self.error, self.problems = error, []

    def solve(self, problem, monitor):
        self.problems.append(problem)
        if self.error:
            raise self.error


def test_each_purpose_of_training_has_a_seed_of_its_own(monkeypatch):
    solver, of = Solver(), task()
    monkeypatch.setattr(_members, "_solver", lambda task, fold, max_iter: solver)
    found = train(of, fold(), run())
    (problem,) = solver.problems
    drawing, shuffling, masking, _ = map(np.random.default_rng, np.random.SeedSequence(1).spawn(4))
    masks = np.random.Generator(np.random.SFC64(masking.integers(2**63)))
    progress = problem.progress
    assert progress.shuffling.integers(10**9) == shuffling.integers(10**9)
    assert progress.masking.integers(10**9) == masks.integers(10**9)
    drawn = _members._network(of, 0, replace(of.data, rows=fold().rows), drawing)
    assert_array_equal(found.predictor.network.values, drawn.values)
    assert problem.data.rows.tolist() == list(range(4, 12))
    assert problem.objective.alpha == 0.0


def test_a_network_that_diverges_is_told_what_may_help(monkeypatch):
    monkeypatch.setattr(_members, "_solver", lambda *given: Solver(DivergenceError("It is far.")))
    with pytest.raises(DivergenceError, match=r"weights\. Lower learning_rate_init=0.02\. It"):
        train(task(), fold(), run())  # there is no clip_norm to set
    large = task()
    large.data.y[5] = 1e30
    with pytest.raises(DivergenceError, match="Scale y"):
        train(large, fold(), run())
    monkeypatch.setattr(_members, "_solver", lambda *given: Solver())
    monkeypatch.setattr(Network, "finite", False)
    with pytest.raises(DivergenceError, match="A weight is not finite"):
        train(task(), fold(), run())


def test_callbacks_see_the_network_that_is_trained():
    seen = []
    tasks = SimpleNamespace(begin=lambda: None, end=lambda: False, finish=lambda: True, heard=True)
    found = train(task(), fold(), run(), lambda network: (seen.append(network), tasks)[1])
    assert seen == [found.predictor.network]
    assert found.last


def test_up_to_50_000_held_out_rows_are_judged_by_all():
    n, rng = 50_001, np.random.default_rng(0)
    of = SimpleNamespace(judge=None, data=SimpleNamespace(y=np.arange(float(n))))
    rows = np.arange(n)
    assert _members._judged(of, Fold(0, rows, None), rng) is None
    assert _members._judged(of, Fold(0, rows, rows[:-1]), rng) is None
    places = _members._judged(of, Fold(0, rows, rows), np.random.default_rng(3))
    fold_of = _members.assign_folds(of.data.y, 2, np.random.default_rng(3))
    assert_array_equal(places, np.flatnonzero(fold_of == 0))
    of.judge = "judge"
    assert _members._judged(of, Fold(0, rows, rows), rng) is None


def test_batches_are_of_equal_size():
    assert [_members._n_batches(task(batch_size=10), n) for n in (1, 4, 24, 26, 100)] == [
        1, 1, 2, 3, 10
    ]  # fmt: skip
    for n, size in ((24, 12), (26, 9), (100, 10)):
        solver = _members._solver(task(n=n, batch_size=10), Fold(0, np.arange(n), None), 7)
        assert (solver.batch_size, solver.max_iter) == (size, 7)
    assert type(solver) is Minibatch
    assert (solver.learning_rate_init, solver.shuffle, solver.clip_norm) == (0.02, True, None)
    assert solver.optimizer.beta_2 == 0.95


def test_how_a_network_is_trained_by_rows():
    shared = _members._solver(task(share=0.5), fold(), 4)
    assert (type(shared), shared.share) == (Portions, 0.5)
    rows = Rows(range(40))
    windows = _members._solver(task(stream=rows, share=0.25), fold(), 4)
    assert (type(windows), windows.share, windows.fold) == (Windows, 0.25, 0)
    assert (windows.stream, windows.batch_size) == (rows, 4)


def test_epochs_end_with_cycles_but_not_in_few_passes_over_a_stream():
    cycles = _members._has_cycles
    assert cycles(task(), run(max_iter=2))
    assert cycles(task(stream=Rows()), run(max_iter=15))
    assert not cycles(task(stream=Rows()), run(max_iter=14))
    flat = Recipe(schedule="flat_cos")
    assert not cycles(task(recipe=flat), run(max_iter=20))
    assert not cycles(task(recipe=flat, stream=Rows()), run(max_iter=20))


def monitor(of, valid="held", how=None, rows=None):
    data = replace(of.data, rows=np.arange(4, 12) if rows is None else rows)
    network = Network([Linear(of.loss.n_scores(of.data.target.n_outputs))], 2,
                      np.dtype(np.float32), np.random.default_rng(0))  # fmt: skip
    valid = of.valid(fold()) if valid == "held" else valid
    rng = np.random.default_rng(0)
    return _members._monitor(of, network, (data, valid), how or run(), rng)


def test_what_epochs_are_chosen_by():
    assert type(monitor(task(kind="classes")).stopping.scorer) is LossAndError
    assert monitor(task()).stopping.scorer is None
    judge = lambda *given: 0.0  # noqa: E731
    assert monitor(task(kind="classes", judge=judge)).stopping.scorer is judge
    assert monitor(task(judge=judge)).stopping.scorer is judge
    balanced = BalancedLabels.__new__(BalancedLabels)
    vars(balanced).update(vars(LogLoss().specialise("multiclass")))
    assert monitor(task(kind="classes", own_loss=balanced)).stopping.scorer is None


def test_how_long_epochs_are_endured_and_what_is_told():
    of = task(recipe=replace(task().recipe, patience=3.0))
    found = monitor(of)
    assert (found.stopping.tol, found.stopping.patience, found.stopping.early) == (0.0, 3.0, True)
    alone = monitor(of, None)
    assert (alone.stopping.patience, alone.stopping.early) == (np.inf, False)
    assert found.reporting.metrics == {}
    assert [monitor(task(verbose=v)).reporting.verbose for v in (0, 1, 2)] == [False, False, True]
    how = run(max_iter=20, until=7, deadline=1e9, rival=(1.0, 2.0))
    found = monitor(task(), how=how)
    assert (found.max_iter, found.until, found.deadline, found.rival) == (20, 7, 1e9, (1.0, 2.0))
    assert found.worth == 0.0
    flat = monitor(task(recipe=Recipe(schedule="flat_cos")))
    assert flat.max_iter is None
    assert found.measure is None
    assert found.objective.alpha == 0.0
    followed = SimpleNamespace(metrics={"m": len}, on=lambda *given: given)
    found = monitor(task(followed=followed))
    assert found.reporting.metrics == {"m": len}
    assert_array_equal(found.measure[2], np.arange(4, 12))
    assert monitor(task(stream=Rows(range(100_001)), share=0.5)).worth == 0.03


@pytest.mark.parametrize(
    ("n", "given", "fewest"),
    [(8, {}, 10), (80, {"batch_size": 1}, 3), (84, {"batch_size": 4}, 10),
     (100, {"batch_size": 4}, 8), (100, {"batch_size": 1, "share": 0.5}, 4),
     (8, {"batch_size": 1, "stream": Rows(range(50))}, 4)],
)  # fmt: skip
def test_a_cycle_tells_something_after_10_epochs_or_200_steps(n, given, fewest):
    of = task(n=200, **given)
    assert monitor(of, rows=np.arange(n)).fewest == fewest


@pytest.mark.parametrize("kind", ["regression", "classes"])
def test_a_member_has_the_weights_of_its_best_epoch(kind):
    of, seeds = task(40, kind, max_iter=16), np.random.SeedSequence(1)
    found = train(of, fold(40, 12), Run(seeds, 16))
    scores = found.history.columns["val_loss"]
    assert len(scores) == len(found.history)
    assert 1 <= found.best_epoch <= len(scores)
    if kind == "regression":
        assert found.best_epoch == 1 + int(np.argmin(scores))
        assert found.score == -min(scores)
        y = of.data.y[:12, None]
        assert 0.5 * np.mean((found.raw - y) ** 2) == pytest.approx(min(scores), rel=1e-5)
    assert found.raw.shape == (12, 1 if kind == "regression" else 3)
    assert found.honest.shape == found.raw.shape
    assert (found.number, found.last, found.finished) == (0, False, True)
    assert found.enough <= 16
    assert_allclose(found.predictor.raw(of.data.X[:12]), found.raw, rtol=1e-5)
    again = train(of, fold(40, 12), Run(np.random.SeedSequence(1), 16))
    assert_array_equal(again.raw, found.raw)


def test_a_member_without_held_out_rows_ends_with_its_last_epoch():
    found = train(task(), Fold(3, np.arange(12), None), run())
    assert (found.best_epoch, found.enough, found.raw, found.honest) == (4, 4, None, None)
    assert np.isnan(found.score)
    assert found.number == 3


def followed(of, scores=(), honest=None, **given):
    network = Network([Linear(1)], 2, np.dtype(np.float32), np.random.default_rng(0))
    known = {"scores": list(scores), "n_epochs": 9, "max_iter": 15, "fewest": 1, "tasks": None,
             "objective": SimpleNamespace(network=network), "honest": honest, "history": History(),
             "interrupted": False, "late": False}  # fmt: skip
    return SimpleNamespace(**{**known, **given})


def test_what_has_been_trained():
    of, max_iter = task(), 15
    scores = [-5.0, -4.0, -3.0, -1.0, -2.0, -1.5] + [-3.0] * 9
    found = _members._member(of, fold(), followed(of, scores), max_iter, None)
    assert (found.best_epoch, found.score, found.enough) == (4, -1.0, 7)
    free = _members._member(of, fold(), followed(of, scores, max_iter=None), max_iter, None)
    assert free.enough == 15
    assert (found.last, found.finished) == (False, True)
    for ends, last in ((True, True), (False, False)):
        tasks = SimpleNamespace(finish=lambda ends=ends: ends)
        assert (
            _members._member(of, fold(), followed(of, scores, tasks=tasks), 15, None).last == last
        )
    cut = _members._member(of, fold(), followed(of, scores, interrupted=True), 15, None)
    assert (cut.last, cut.finished) == (True, False)
    late = _members._member(of, fold(), followed(of, scores, late=True), 15, None)
    assert (late.last, late.finished) == (False, False)
    none = _members._member(of, fold(), followed(of), max_iter, None)
    assert (none.best_epoch, none.enough) == (9, 15)


def test_honest_scores_of_rows_that_no_epoch_was_chosen_by_are_all_that_is_known():
    of, known = task(), SimpleNamespace(known=np.array([[7.0], [8.0]]))
    found = _members._member(of, fold(), followed(of, [1.0], known), 4, np.array([1, 3]))
    assert found.honest[[1, 3], 0].tolist() == [7.0, 8.0]
    assert_array_equal(found.honest[[0, 2]], found.raw[[0, 2]])
    assert found.raw[1, 0] != 7.0
    whole = SimpleNamespace(known="all")
    assert _members._member(of, fold(), followed(of, [1.0], whole), 4, None).honest == "all"
    nothing = SimpleNamespace(known=None)
    found = _members._member(of, fold(), followed(of, [1.0], nothing), 4, np.array([1, 3]))
    assert found.honest is None


def test_rows_that_layers_set_themselves_by():
    n, rng = 3000, np.random.default_rng
    data = Data(np.zeros((n, 1)), np.zeros(n), None, RegressionTarget(1, True), (0.0, 1.0),
                rows=np.arange(100, n))  # fmt: skip
    found = _members._by_weight(data, rng(1))
    assert len(set(found)) == len(found) == 2048
    assert found.min() >= 100
    alike = _members._by_weight(replace(data, weight=np.full(n, 0.5)), rng(1))
    assert_array_equal(alike, found)
    few = replace(data, rows=np.arange(5))
    assert sorted(_members._by_weight(few, rng(1))) == [0, 1, 2, 3, 4]


def test_rows_of_more_weight_are_taken_more_often():
    n = 8
    weight = np.array([0.0, 0.0, 4.0, 1.0, 1.0, 2.0, 0.0, 0.0])
    data = Data(np.zeros((n, 1)), np.zeros(n), weight, RegressionTarget(1, True), (0.0, 1.0),
                rows=np.arange(n))  # fmt: skip
    for seed in range(5):
        found = _members._by_weight(data, np.random.default_rng(seed))
        assert np.bincount(found, minlength=n).tolist() == weight.tolist()


def test_the_last_row_has_its_weight():
    weight = np.array([4.0, 1.0, 1.0, 2.0, 1.0, 3.0, 2.0, 2.0]) / 2
    data = Data(np.zeros((8, 1)), np.zeros(8), weight, RegressionTarget(1, True), (0.0, 1.0),
                rows=np.arange(8))  # fmt: skip
    for seed in range(5):
        found = _members._by_weight(data, np.random.default_rng(seed))
        assert np.abs(np.bincount(found, minlength=8) - weight).max() < 1


def test_a_stream_has_the_steps_of_its_first_member():
    class Two(Rows):
        def n_rows(self, number):
            return 50 if number == 0 else 500

    assert monitor(task(batch_size=1, stream=Two())).fewest == 4


def test_a_network_begins_with_the_best_constant():
    weight = np.random.default_rng(4).uniform(1, 2, 12)
    of = task(k=2, weight=weight)
    data = replace(of.data, rows=np.arange(4, 12))
    network = _members._network(of, 0, data, np.random.default_rng(0))
    mean = np.average(of.data.y[4:], axis=0, weights=weight[4:])
    assert_allclose(network.weights("b")[-1], mean, rtol=1e-6)
    classes = task(kind="classes")
    network = _members._network(
        classes, 0, replace(classes.data, rows=np.arange(9)), np.random.default_rng(0)
    )
    assert not network.weights("b")[-1].any()
    shared = replace(of, recipe=replace(RECIPES["tabm-mini"], hidden_layer_sizes=(3,), n_shared=4))
    network = _members._network(shared, 0, data, np.random.default_rng(0))
    assert_allclose(network.weights("c")[-1], np.tile(mean, (4, 1)).reshape(
        network.weights("c")[-1].shape), rtol=1e-6)  # fmt: skip


def test_probabilities_are_judged_by_their_loss():
    soft = SoftTarget(np.arange(3))
    y = np.random.default_rng(0).dirichlet(np.ones(3), 12)
    of = task(kind="classes", target=soft)
    of = replace(of, data=replace(of.data, y=y))
    assert monitor(of).stopping.scorer is None
    assert isinstance(soft, OneHotTarget)

"""What the statements of following a fit mean."""

import pickle
import runpy
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from test_statements_programs import network_of

from skfnn import losses, metrics
from skfnn._engine.following import interrupts
from skfnn._engine.following.callback_tasks import CallbackTasks, outside_of_fit
from skfnn._engine.following.divergence import DivergenceError, blamed
from skfnn._engine.following.history import History, joined
from skfnn._engine.following.monitor import Monitor, Reporting, Stopping
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.objective import Objective
from skfnn._engine.objective.targets import RegressionTarget
from skfnn.layers import Linear

X = np.random.default_rng(0).normal(size=(7, 2))

# ------------------------------------------------------------------ following a fit


def test_histories_have_a_row_each_epoch_and_nan_where_nothing_was_told():
    history = History()
    history.append(loss=3.0, rate=0.1)
    history.append(loss=2.0, score=0.5)
    assert len(history) == 2
    assert history["loss"] == [3.0, 2.0]
    assert history["rate"] == pytest.approx([0.1, np.nan], nan_ok=True)
    assert history["score"] == pytest.approx([np.nan, 0.5], nan_ok=True)
    frame = history.to_frame()
    assert frame.index.tolist() == [1, 2]
    assert frame.index.name == "epoch"
    again = pickle.loads(pickle.dumps(history))
    assert again["loss"] == [3.0, 2.0]
    assert len(again) == 2
    other = history.copy()
    other.append(loss=1.0)
    assert history["loss"] == [3.0, 2.0]
    history.append(loss=9.0)
    assert (other["loss"], history["loss"]) == ([3.0, 2.0, 1.0], [3.0, 2.0, 9.0])
    with pytest.raises(ValueError, match="could not convert"):
        history.append(loss=1.0, score="none")
    history.append(loss=4.0)
    assert history["loss"] == [3.0, 2.0, 9.0, 4.0]


def test_histories_are_joined_by_phase():
    one, two = History(), History()
    one.append(loss=3.0)
    two.append(loss=2.0, score=0.5)
    two.append(loss=1.0, score=0.6)
    frame = joined({"first": one, "second": two})
    assert frame["phase"].tolist() == ["first", "second", "second"]
    assert frame["loss"].tolist() == [3.0, 2.0, 1.0]
    assert frame["score"].tolist() == pytest.approx([np.nan, 0.5, 0.6], nan_ok=True)
    assert frame.index.tolist() == [1, 2, 3]


def test_a_second_interrupt_within_a_second_ends_everything(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(interrupts.time, "monotonic", lambda: now[0])
    interrupts.forget()
    before, stop = interrupts.heeded(), KeyboardInterrupt()
    interrupts.heed(stop)
    now[0] = 101.0
    interrupts.heed(stop)
    assert interrupts.heeded() == before + 2
    now[0] = 101.99
    with pytest.raises(KeyboardInterrupt):
        interrupts.heed(stop)
    assert interrupts.heeded() == before + 2
    interrupts.forget()
    interrupts.heed(stop)
    assert interrupts.heeded() == before + 3


def test_no_interrupt_was_before_the_first():
    fresh = runpy.run_path(interrupts.__file__)  # as where nothing has been heeded or forgotten
    assert fresh["heeded"]() == 0
    fresh["heed"](KeyboardInterrupt())
    assert fresh["heeded"]() == 1
    with pytest.raises(KeyboardInterrupt):
        fresh["heed"](KeyboardInterrupt())


def test_what_is_to_blame_lies_beyond_a_thousand():
    small, large = np.array([[-1000.0]]), np.array([[-1000.1]])
    nothing = blamed(small, small, small, 1000.0, 1000.0, rate=0.1)
    assert nothing == "Lower learning_rate_init=0.1, or set clip_norm."
    assert blamed(small, None, None, rate=0.5, clip=False) == "Lower learning_rate_init=0.5."
    for given, wanted in (
        ((large, None, None), "Scale X, which has values up to 1e+03"),
        ((sparse.csr_array(large), None, None), "Scale X"),
        ((small, large, None), "Scale y"),
        ((small, None, large), "Scale sample_weight"),
        ((small, None, None, 2000.0, 2000.0), "Lower alpha, which is 2e+03. Lower"),
        (
            (small, None, None, 2000.0, 2.0),
            "Lower alpha, which is 2, over the mean of sample_weight 2e+03.",
        ),
    ):
        assert wanted in blamed(*given, rate=0.1)
    assert "Scale" not in blamed(np.empty((0, 2)), np.empty(0), None, rate=0.1)
    error = DivergenceError("It is NaN.")
    assert str(error).endswith("or set clip_norm. It is NaN.")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


class Line:
    """A monitor of a line with two rows to train on and two to validate."""

    def __init__(self, valid=True, early=True, patience=1, tol=0.5, scorer=None, **reporting):
        self.network = network_of(Linear(1), n_inputs=1)
        self.network.values[:] = 0.0
        x, target = np.array([[0.0], [1.0], [2.0], [3.0]]), RegressionTarget(1, True)
        y, weight = np.array([0.0, 2.0, 4.0, 6.0]), np.array([1.0, 1.0, 1.0, 3.0])
        parts = [
            Data(x, y, weight, target, (0.0, 1.0), np.array(rows)) for rows in ([0, 1], [2, 3])
        ]
        objective = Objective(self.network, losses.SquaredError(), 0.0)
        self.monitor = Monitor(
            objective,
            parts[0],
            parts[1] if valid else None,
            Stopping(tol, patience, early, scorer),
            Reporting(**reporting),
        )

    def epoch(self, slope, loss=1.0, **options):
        self.network.values[0] = slope
        return self.monitor.epoch(loss, **options)


def test_an_epoch_is_measured_on_the_rows_that_are_held_out():
    line = Line(metrics={"error": metrics.MaxError()} if hasattr(metrics, "MaxError") else {})
    line.epoch(1.0, loss=0.25, rate=0.125)
    history = line.monitor.history
    assert history["loss"] == [0.25]
    assert history["learning_rate"] == [0.125]
    assert history["val_loss"] == [(1 * 2 + 3 * 4.5) / 4]
    assert line.monitor.scores == [-(1 * 2 + 3 * 4.5) / 4]
    assert 0 <= history["seconds"][0] < 60
    assert (line.monitor.n_epochs, line.monitor.finished.loss) == (1, 0.25)
    with pytest.raises(FrozenInstanceError):
        line.monitor.stopping.tol = 0.1
    with pytest.raises(FrozenInstanceError):
        line.monitor.reporting.verbose = True


def test_metrics_and_scorers_go_into_the_history_of_both_parts():
    def steepness(estimator, X, y):
        return float(estimator[0] + 100 * len(X) + y[0])

    line = Line(
        metrics={"r": metrics.Metric.resolve("mae", "m") if "mae" in metrics.Metric.registry
                 else metrics.Metric.resolve("r2", "m"), "own": steepness},
        view=lambda X, raw: [raw[-1, 0]],
    )  # fmt: skip
    line.epoch(1.0)
    history = line.monitor.history
    assert history["own"] == [1.0 + 200 + 0.0]
    assert history["val_own"] == [3.0 + 200 + 4.0]
    assert {"r", "val_r"} <= set(history.columns)


def test_patience_counts_epochs_without_an_improvement_by_tol():
    line = Line(valid=False, early=False, patience=1, tol=0.5)
    seen = []
    for loss in (5.0, 4.0, 3.5, 3.25, 3.0, 2.0, 1.75, 1.74):
        exhausted = line.epoch(0.0, loss=loss)
        seen.append((line.monitor.finished.stale, exhausted))
    assert seen == [
        (0, False),
        (0, False),
        (0, False),  # by just tol
        (1, False),
        (2, True),
        (0, False),
        (1, False),
        (2, True),
    ]
    assert line.monitor.finished.best == -1.74
    assert line.monitor.finished.best_weights is None
    assert line.monitor.scores == []
    assert line.monitor.message == (
        "Training loss did not improve more than tol=0.500000 for 1 consecutive epochs."
    )
    assert Line().monitor.message.startswith("Validation score did not")


def test_the_best_weights_are_those_of_the_best_score():
    line = Line()
    for slope in (0.0, 1.5, 2.0, 2.0, 1.0):
        line.epoch(slope)
    assert line.monitor.finished.weights[0][0] == 1.0
    assert line.monitor.finished.best_weights[0][0] == 2.0
    line.monitor.finish()
    assert line.network.values[0] == 2.0
    other = Line(valid=False, early=False)
    other.epoch(3.0)
    other.monitor.finish()
    assert other.network.values[0] == 3.0
    assert len(line.monitor._snapshots) == 3


def test_the_best_weights_stay_through_later_epochs():
    line = Line()
    for slope in (2.0, 1.0, 0.5, 0.25):
        line.epoch(slope)
        assert line.monitor.finished.best_weights[0][0] == 2.0
        assert line.monitor.finished.weights[0][0] == slope


def test_an_epoch_is_saved_where_nothing_that_counts_is_held():
    line = Line()
    for slope in (2.0, 1.0, 0.5):
        room, held = line.monitor._room(), line.monitor.finished
        assert room is not held.weights  # which an interrupt may still ask for
        assert room is not held.best_weights
        line.epoch(slope)
    assert len(line.monitor._snapshots) == 3


@pytest.mark.filterwarnings("ignore:overflow")
def test_scores_of_which_one_is_infinite_are_not_measured():
    steep = 8e307  # times 2 it is a number, times 3 none
    line = Line(early=False, metrics={"own": lambda *_: 1.0}, view=lambda X, raw: None)
    line.epoch(steep)
    assert np.isnan(line.monitor.history["val_own"][0])
    assert line.monitor.history["own"] == [1.0]
    line = Line(scorer=lambda *_: np.nan, view=lambda X, raw: None)
    with pytest.raises(DivergenceError, match="The validation score is nan in epoch 1"):
        line.epoch(steep)


@pytest.mark.parametrize("stops", [False, True])
def test_a_callback_ends_a_fit_by_iterations(stops, capsys):
    line = Line(verbose=True)
    log = []
    line.monitor.tasks = CallbackTasks(
        Heard(), Task(log, stops), "epoch", X, None, None, None, dict
    )
    line.monitor.begin()
    assert line.monitor.iteration(1.0, np.array([1.0, 0.0])) is stops
    said = "A callback asked to stop. Stopping." in capsys.readouterr().out
    assert said is stops
    assert [name for name, _ in log][-1] == ("end" if stops else "begin")


def test_a_score_of_ones_own():
    def nearness(estimator, X, y):
        return -abs(estimator - 3.0)

    line = Line(scorer=nearness, view=lambda X, raw: raw[0, 0] / 2)
    line.epoch(1.0)
    assert line.monitor.scores == [-2.0]
    line = Line(scorer=lambda *_: np.nan, view=lambda X, raw: None)
    with pytest.raises(ValueError, match=r"score of early_stopping must be finite.* in epoch 1"):
        line.epoch(1.0)
    line = Line(scorer=lambda *_: np.inf, view=lambda X, raw: None)
    with pytest.raises(DivergenceError, match="The validation score is inf in epoch 1"):
        line.epoch(1.0)


def test_numbers_that_are_not_finite_are_a_divergence():
    line = Line()
    line.epoch(1.0)
    for loss in (np.nan, np.inf):
        with pytest.raises(DivergenceError, match=f"The loss is {loss} in epoch 2"):
            line.epoch(1.0, loss=loss)
    with pytest.raises(DivergenceError, match="The validation score is nan in epoch 2"):
        line.epoch(np.nan)
    quiet = Line(early=False, metrics={"own": lambda *_: 1.0}, view=lambda X, raw: None)
    quiet.epoch(np.nan)
    assert np.isnan(quiet.monitor.history["own"][0])
    line.network.values[0] = np.nan
    with pytest.raises(DivergenceError, match=r"The loss is 1.0 at the end"):
        line.monitor.conclude(1.0)
    line.network.values[0] = 1.0
    with pytest.raises(DivergenceError, match="The loss is nan at the end"):
        line.monitor.conclude(np.nan)


def test_the_solution_at_the_start_is_an_iteration():
    line = Line()
    line.monitor.conclude(0.5)
    assert (line.monitor.n_epochs, line.monitor.finished.loss) == (1, 0.5)
    line.monitor.conclude(0.25)
    assert (line.monitor.n_epochs, line.monitor.finished.loss) == (1, 0.25)


def test_an_iteration_stops_where_patience_with_the_score_is_over(capsys):
    line = Line(patience=0, verbose=True)
    assert line.monitor.iteration(1.0, np.array([1.0, 0.0])) is False
    assert line.network.values.tolist() == [1.0, 0.0]
    assert line.monitor.iteration(1.0, np.array([1.0, 0.0])) is True
    printed = capsys.readouterr().out.splitlines()
    wanted = "Iteration 1, loss = 1.00000000, val_loss = 3.87500000, validation score = -3.875"
    assert printed[0] == wanted
    assert printed[-1].endswith("consecutive epochs. Stopping.")
    line = Line(early=False, patience=0)
    line.monitor.iteration(1.0, np.array([1.0, 0.0]))
    assert line.monitor.iteration(1.0, np.array([1.0, 0.0])) is False  # the solver decides
    assert capsys.readouterr().out == ""


def test_after_an_interrupt_training_is_at_the_end_of_an_epoch():
    line = Line()
    line.epoch(1.0)
    line.epoch(2.0)
    line.network.values[0] = 7.0
    line.monitor.history.append(loss=0.0)
    line.monitor.scores.append(9.0)
    assert not line.monitor.interrupted
    line.monitor.rewind()
    assert line.monitor.interrupted
    assert line.network.values[0] == 2.0
    assert len(line.monitor.history) == 2
    assert len(line.monitor.scores) == 2
    later = Line()
    history, scores = History(), [0.5]
    history.append(loss=1.0)
    monitor = Monitor(
        later.monitor.objective, later.monitor.train, later.monitor.valid,
        later.monitor.stopping, later.monitor.reporting, history, scores,
    )  # fmt: skip
    monitor.epoch(1.0)
    history.append(loss=0.0)
    scores.append(9.0)
    monitor.rewind()
    assert (len(history), len(scores)) == (2, 2)
    monitor.resume(3.5, 4)
    assert (monitor.finished.best, monitor.finished.stale) == (3.5, 4)


class Task:
    """A task that notes what it is told."""

    def __init__(self, log, stops=False):
        self.log, self.stops = log, stops

    def subcontext(self, **given):
        self.log.append(("inside", given))
        return Task(self.log, self.stops)

    def call_on_fit_task_begin(self, **given):
        self.log.append(("begin", given))

    def call_on_fit_task_end(self, **given):
        self.log.append(("end", given))
        return self.stops


class Heard(BaseEstimator):
    _skl_callbacks = ("one",)


@pytest.mark.parametrize("stops", [False, True])
def test_callbacks_are_told_of_tasks_and_of_their_rows(stops):
    log, rows = [], np.array([2, 0])
    y, weight = np.array([1.0, 2.0, 3.0]), [5.0, 6.0, 7.0]
    tasks = CallbackTasks(Heard(), Task(log, stops), "epoch", X, y, weight, rows, dict)
    assert tasks.end() is False
    tasks.begin()
    assert tasks.end() is stops
    assert tasks.end() is False
    assert [name for name, _ in log] == ["begin", "inside", "begin", "end"]
    given = log[-1][1]
    assert given["X"]().tolist() == X[rows].tolist()
    assert given["y"]().tolist() == [3.0, 1.0]
    assert given["metadata"]()["sample_weight"].tolist() == [7.0, 5.0]
    assert given["reconstruction_attributes"] is dict
    assert log[1][1] == {"task_name": "epoch"}
    tasks.begin()
    assert tasks.finish() is stops
    assert [name for name, _ in log[-2:]] == ["end", "end"]
    inside = tasks.inside("step", 5, None, list)
    assert log[-2][1] == {"task_name": "epoch", "max_subtasks": 5}
    inside.begin()
    assert log[-1][1]["y"]() is y
    bare = CallbackTasks(BaseEstimator(), Task(log), "epoch", X, y, None, None, dict)
    assert log[-1][1]["metadata"]() is None
    bare.begin()
    assert bare.subtask is None


def test_a_callback_may_not_raise_stop_iteration():
    class Raising(Task):
        def call_on_fit_task_begin(self, **given):
            raise StopIteration

    with pytest.raises(RuntimeError, match="A callback raised StopIteration"):
        CallbackTasks(Heard(), Raising([]), "epoch", X, None, None, None, dict)
    assert outside_of_fit({"a": 1, "_callback_fit_ctx": 2}) == {"a": 1}

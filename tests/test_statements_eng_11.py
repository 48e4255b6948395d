"""What the statements of following a fit, and of the support of all parts mean."""

import pickle
import runpy
import warnings
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from test_statements_eng_8 import network_of

from skfnn import losses, metrics
from skfnn._engine.following import interrupts
from skfnn._engine.following.callback_tasks import CallbackTasks, outside_of_fit
from skfnn._engine.following.divergence import DivergenceError, blamed
from skfnn._engine.following.history import History, joined
from skfnn._engine.following.monitor import Monitor, Reporting, Stopping
from skfnn._engine.objective.conformal import Held
from skfnn._engine.objective.data import Data
from skfnn._engine.objective.objective import Objective
from skfnn._engine.objective.targets import RegressionTarget
from skfnn._engine.program.cell import Share
from skfnn._engine.support import version
from skfnn._engine.support.atomic import all_or_nothing
from skfnn._engine.support.component import Component, Registry, plain, unknown
from skfnn._engine.support.documentation import ADDRESS, address
from skfnn._engine.support.keys import Items, as_dicts, as_items
from skfnn._engine.support.publish import publish
from skfnn._engine.support.retire import retired
from skfnn._engine.support.warn import warn
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


@pytest.mark.parametrize("made", [Stopping(0.1, 1, True), Reporting(), Held(), Share(None, 1)])
def test_what_is_configured_stays_as_it_is(made):
    with pytest.raises(FrozenInstanceError):
        made.weight = made.tol = made.verbose = 1


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


# ------------------------------------------------------------------ support


def test_names_are_compared_without_case_and_strokes():
    assert plain("Mean_Squared-Error") == "meansquarederror"
    registry = Registry({"relu": 1, "mean_squared_error": 2, "a_b": 3, "ab": 4})
    assert registry["ReLU"] == 1
    assert registry["MeanSquaredError"] == registry.get("mean-squared-error") == 2
    assert "RELU" in registry
    assert (registry["ab"], registry["a_b"]) == (4, 3)
    for name in ("A-B", "other", 5, None):  # the first is like two of them
        assert name not in registry
        assert registry.get(name, 7) == 7
        with pytest.raises(KeyError):
            registry[name]


def test_unknown_names_get_the_nearest_as_a_hint():
    found = unknown("loss", "hubber", "loss", ["huber", "hinge", "huber"])
    assert found == (
        "loss='hubber' is not a known loss. Did you mean 'huber'? Allowed are ['hinge', 'huber']"
    )
    assert "Did you mean" not in unknown("loss", "xyz", "loss", ["huber"])


def test_components_of_a_family():
    class Family(Component):
        family = "thing"

    class Hidden(Family):
        def __init__(self, a=1):
            self.a = a

    class One(Hidden):
        name = "one"
        aliases = ("first", "uno")

    class Two(One, registered=False):
        name = "two"

    class Three(One):
        """Its name is inherited: it is found by none."""

    assert Family.members() == [One]
    assert sorted(Family.registry) == ["first", "one", "uno"]
    assert type(Family.resolve("UNO", "p", {"a": 5, "b": 6})) is One
    assert Family.resolve("uno", "p", {"a": 5, "b": 6}).a == 5
    two = Two()
    assert Family.resolve(two, "p") is two
    with pytest.raises(ValueError, match="p='zwei' is not a known thing"):
        Family.resolve("zwei", "p")
    with pytest.raises(TypeError, match=r"Pass an instance: p=Three\(\)"):
        Family.resolve(Three, "p")
    with pytest.raises(TypeError, match=r"Got <.*>\.$|Got <function"):
        Family.resolve(lambda: 1, "p")
    Family.of_function = staticmethod(lambda function: Two(a=function))
    assert Family.resolve(len, "p").a is len
    with pytest.raises(TypeError, match="p must be one of"):
        Family.resolve(int, "p")
    saved = Two(a=7).__getstate__()
    del saved["a"]
    again = Two.__new__(Two)
    again.__setstate__(saved)
    assert again.a == 1


def test_dictionaries_whose_keys_are_not_kept_become_pairs():
    for key in (True, np.bool_(True), (1, 2), None):
        found = as_items({"a": 1, key: 2})
        assert found.pairs == [("a", 1), (key, 2)]
        assert as_dicts(found) == {"a": 1, key: 2}
    for same in ({"a": 1}, {1: 2.0}, [1, 2], "text", [], {}):
        assert as_items(same) is same
        assert as_dicts(same) is same
    several = as_items([{None: 1}, {"a": 2}, 3])
    assert type(several[0]) is Items
    assert several[1:] == [{"a": 2}, 3]
    assert as_dicts(several) == [{None: 1}, {"a": 2}, 3]


def test_public_names_of_classes_and_functions(monkeypatch):
    import sys
    import types

    def thing(name, module):
        return type(name, (), {"__module__": module})

    module = types.ModuleType("skfnn.playing")
    module.Ours = thing("Ours", "skfnn._inner.ours")
    module.Public = thing("Public", "skfnn.layers")
    module.Theirs = thing("Theirs", "numpy._core")
    module.number = 5
    monkeypatch.setitem(sys.modules, "skfnn.playing", module)
    publish("skfnn.playing", ["Ours", "Public", "Theirs", "number"])
    names = [module.Ours.__module__, module.Public.__module__, module.Theirs.__module__]
    assert names == ["skfnn.playing", "skfnn.layers", "numpy._core"]


def test_retired_names_are_found_with_a_warning(monkeypatch):
    import sys
    import types

    module = types.ModuleType("skfnn.playing")

    class Old:
        pass

    module.Old = Old
    monkeypatch.setitem(sys.modules, "skfnn.playing", module)
    find = retired("skfnn.playing", {Old: "Write New."})
    assert not hasattr(module, "Old")
    with pytest.warns(FutureWarning, match="skfnn.playing.Old will be gone in 0.4. Write New."):
        assert find("Old") is Old
    with pytest.raises(AttributeError, match="has no attribute 'New'"):
        find("New")


def test_warnings_point_at_the_line_of_the_user():
    inner = {"__name__": "skfnn.somewhere", "warn": warn}
    exec("def told(message, *category):\n    warn(message, *category)", inner)
    outer = {"__name__": "sklearn.other", "told": inner["told"]}
    exec("def call(*given):\n    told(*given)", outer)
    for call in (inner["told"], outer["call"], warn):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            call("look")
        assert found[0].filename == __file__
        assert found[0].category is UserWarning
    with pytest.warns(FutureWarning, match="soon"):
        warn("soon", FutureWarning)
    with pytest.warns(DeprecationWarning, match="own"):
        warn(DeprecationWarning("own"))


def test_what_is_saved_knows_the_version():
    class Saved(version.Versioned, BaseEstimator):
        pass

    ours = version._version()
    state = version.stamped({"a": {None: 1}, "b": 2})
    assert state["_skfnn_version"] == ours
    assert type(state["a"]) is Items
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert version.checked(Saved, state) == {"a": {None: 1}, "b": 2}
    for other, shown in ({**state, "_skfnn_version": "0.0.1"}, "0.0.1"), ({"b": 2}, "before 0.2.0"):
        with pytest.warns(version.InconsistentVersionWarning, match=f"by skfnn {shown}") as found:
            assert version.checked(Saved, other)["b"] == 2
        assert found[0].message.estimator_name == "Saved"
        assert found[0].message.current_version == ours


def test_a_fit_sets_all_attributes_or_none():
    class Model:
        def __init__(self):
            self.a = 1

        @all_or_nothing
        def fit(self, fail=False, returned=None):
            """Fit."""
            self.a, self.b = 2, 3
            if fail:
                raise ValueError("no")
            return self if returned is None else returned

        @all_or_nothing
        def quietly(self):
            self.a = 5

    model = Model()
    with pytest.raises(ValueError, match="no"):
        model.fit(fail=True)
    assert vars(model) == {"a": 1}
    assert model.fit() is model
    assert vars(model) == {"a": 2, "b": 3}
    assert model.fit(returned=7) == 7
    assert model.quietly() is model
    assert model.a == 5
    assert Model.fit.__doc__ == "Fit."


def test_where_the_documentation_is(monkeypatch, tmp_path):
    monkeypatch.delenv("SKFNN_DOCS", raising=False)
    assert address() == ADDRESS
    monkeypatch.setenv("SKFNN_DOCS", "https://example.org/docs/")
    assert address() == "https://example.org/docs"
    monkeypatch.setenv("SKFNN_DOCS", str(tmp_path))
    assert address() == tmp_path.resolve().as_uri()

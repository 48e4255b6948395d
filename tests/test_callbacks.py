"""scikit-learn's callbacks: order, laziness, stopping, searches, terminals."""

import inspect
import pickle
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier, FNNRegressor
from skfnn._engine.network.network import Network

pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9: callbacks")
from sklearn.callback import CallbackContext, ScoringMonitor

unfinished = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
SOLVERS = ["adam", "sgd", "lbfgs"]


def network(**params):
    return FNNClassifier(**{"hidden_layer_sizes": (6,), "random_state": 0, **params})


class Recorder:
    """Writes down every hook with the task's place in the tree."""

    def __init__(self, stop_at=None):
        self.stop_at, self.events, self.contexts = stop_at, [], []

    def note(self, hook, context):
        self.events.append((hook, context.task_name, context.task_id, context.max_subtasks))
        self.contexts.append(context)

    def setup(self, estimator, context):
        self.note("setup", context)

    def teardown(self, estimator, context):
        self.note("teardown", context)

    def on_fit_task_begin(self, estimator, context):
        self.note("begin", context)

    def on_fit_task_end(self, estimator, context):
        self.note("end", context)
        return context.task_name == "epoch" and context.task_id == self.stop_at


class Keeper(Recorder):
    """Keeps the estimators that it is given."""

    def __init__(self):
        super().__init__()
        self.begun, self.ended = [], []

    def on_fit_task_begin(self, estimator, context, *, fitted_estimator):
        super().on_fit_task_begin(estimator, context)
        self.begun.append(fitted_estimator)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        if fitted_estimator is not None:  # as for the iteration that SciPy never ran
            self.ended.append(fitted_estimator)


class Propagated(Recorder):
    max_propagation_depth = None


# ------------------------------------------------------------------ order


@unfinished
@pytest.mark.parametrize("solver", ["adam", "sgd", "auto"])
def test_an_epoch_is_a_task(solver):
    recorder = Recorder()
    params = {"dropout": 0.1} if solver == "auto" else {}  # auto: L-BFGS, but for the dropout
    model = network(solver=solver, max_iter=3, **params).set_callbacks(recorder).fit(X, y)
    assert recorder.events == [
        ("setup", "fit", 0, 3),
        ("begin", "fit", 0, 3),
        *[(hook, "epoch", i, 0) for i in range(3) for hook in ("begin", "end")],
        ("end", "fit", 0, 3),
        ("teardown", "fit", 0, 3),
    ]
    assert not {"_callback_fit_ctx", "_skl_callbacks_to_teardown"} & set(vars(model))


@unfinished
@pytest.mark.parametrize(("solver", "max_iter"), [("lbfgs", 3), ("auto", 5)])
def test_an_iteration_of_lbfgs_is_a_task_as_in_logistic_regression(solver, max_iter):
    ours, theirs = Recorder(), Recorder()
    network(solver=solver, max_iter=max_iter).set_callbacks(ours).fit(X, y)
    LogisticRegression(max_iter=max_iter).set_callbacks(theirs).fit(X, y)
    expected = [
        (hook, task.replace("lbfgs-iter", "iteration"), *rest)
        for hook, task, *rest in theirs.events
    ]
    assert ours.events == expected
    assert ("begin", "iteration", max_iter, 0) in ours.events  # begun, but never run


def test_lbfgs_that_starts_at_the_solution_has_one_task():
    keeper = Keeper()
    model = FNNRegressor((), solver="lbfgs", tol=1e9).set_callbacks(keeper).fit(X, y)
    assert len(model.history_) == 1
    assert [event[1] for event in keeper.events] == ["fit", "fit", "iteration", "fit"]
    assert len(keeper.ended) == 2
    np.testing.assert_array_equal(keeper.ended[0].predict(X), model.predict(X))


def test_partial_fit_is_one_task_as_in_the_scaler():
    ours, theirs = Recorder(), Recorder()
    model, scaler = network().set_callbacks(ours), StandardScaler().set_callbacks(theirs)
    for _ in range(2):
        model.partial_fit(X, y, classes=[0, 1, 2])
        scaler.partial_fit(X)
    assert [(hook, *rest) for hook, _, *rest in ours.events] == [
        (hook, *rest) for hook, _, *rest in theirs.events
    ]
    assert {task for _, task, *_ in ours.events} == {"partial_fit"}


# ------------------------------------------------------------------ fitted_estimator


@unfinished
@pytest.mark.parametrize("params", [
    {"solver": "adam"}, {"solver": "sgd", "learning_rate": "invscaling"}, {"solver": "lbfgs"},
    {"dropout": 0.2, "batch_norm": "before"}, {"metrics": "accuracy"},
], ids=str)  # fmt: skip
def test_the_estimator_of_an_epoch_is_the_one_of_a_fit_of_as_many_epochs(params):
    keeper = Keeper()
    whole = network(max_iter=5, **params).set_callbacks(keeper).fit(X, y)
    assert keeper.begun[0] is None  # the fit begins
    for n in (1, 3, 5):
        short = network(max_iter=n, **params).fit(X, y)
        for kept in (keeper.ended[n - 1], keeper.begun[n + 1] if n < 5 else keeper.ended[n]):
            np.testing.assert_array_equal(kept.predict_proba(X), short.predict_proba(X))
            assert kept.n_iter_ == n
            assert kept.loss_curve_ == short.loss_curve_
            assert kept.t_ == short.t_
            assert list(kept.history_) == list(short.history_)
    np.testing.assert_array_equal(keeper.ended[-1].predict_proba(X), whole.predict_proba(X))
    assert not np.shares_memory(keeper.ended[-1].coefs_[0], whole.coefs_[0])


@unfinished
@pytest.mark.parametrize("solver", SOLVERS)
def test_callbacks_change_no_bit(solver):
    plain = network(solver=solver, max_iter=5, early_stopping=True, dropout=0).fit(X, y)
    watched = clone(plain).set_callbacks(Keeper(), ScoringMonitor(scoring="accuracy")).fit(X, y)
    for a, b in zip(plain.coefs_, watched.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)
    assert plain.loss_curve_ == watched.loss_curve_


def test_the_estimator_after_partial_fit_goes_on_by_itself():
    keeper = Keeper()
    model = network().set_callbacks(keeper)
    for _ in range(3):
        model.partial_fit(X, y, classes=[0, 1, 2])
    again = keeper.ended[1].set_callbacks()
    assert len(again.history_) == 2
    again.partial_fit(X, y)  # its own copy of optimizer and random streams
    np.testing.assert_array_equal(again.coefs_[0], model.coefs_[0])
    assert len(keeper.ended[0].history_) == 1


class Checkpoint(Recorder):
    def __init__(self):
        super().__init__()
        self.pickles = []

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        if fitted_estimator is not None and context.parent is not None:
            self.pickles.append(pickle.dumps(fitted_estimator.set_callbacks()))


@unfinished
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_an_epoch_can_be_pickled(solver):
    checkpoint = Checkpoint()
    model = network(solver=solver, max_iter=30, tol=0).set_callbacks(checkpoint).fit(X, y)
    assert len(checkpoint.pickles) == 30
    last = pickle.loads(checkpoint.pickles[-1])
    np.testing.assert_array_equal(last.predict_proba(X), model.predict_proba(X))
    # The tree of tasks, which grows with the epochs, is not in there.
    assert len(checkpoint.pickles[-1]) <= len(pickle.dumps(model.set_callbacks())) + 200
    assert not hasattr(last, "_callback_fit_ctx")


# ------------------------------------------------------------------ nothing for nothing


def count_calls(monkeypatch, owner, name):
    calls, original = [], getattr(owner, name)

    def counted(*args, **kwargs):
        calls.append(name)
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, counted)
    return calls


@unfinished
@pytest.mark.parametrize("solver", SOLVERS)
def test_weights_are_copied_only_where_a_callback_asks(monkeypatch, solver):
    copies = count_calls(monkeypatch, Network, "continued")
    model = network(solver=solver, max_iter=4)
    model.fit(X, y)
    model.set_callbacks(Recorder()).fit(X, y)
    assert len(copies) == 0
    model.set_callbacks(Recorder(), Keeper(), Keeper()).fit(X, y)
    # At the begin and the end of four epochs and at the end of the fit; once for both keepers.
    # L-BFGS besides begins a fifth iteration.
    assert len(copies) == 4 + 4 + 1 + (solver == "lbfgs")


@unfinished
@pytest.mark.parametrize("solver", SOLVERS)
def test_without_callbacks_an_epoch_costs_two_tests(monkeypatch, solver):
    contexts = count_calls(monkeypatch, CallbackContext, "subcontext")

    def calls_of_callback_code(max_iter):
        model, seen = network(solver=solver, max_iter=max_iter, tol=0), []

        def profile(frame, event, argument):
            module = frame.f_globals.get("__name__", "")
            if event == "call" and ("callback" in module):
                seen.append(frame.f_code.co_name)

        sys.setprofile(profile)
        try:
            model.fit(X, y)
        finally:
            sys.setprofile(None)
        return seen

    few, many = calls_of_callback_code(2), calls_of_callback_code(12)
    assert contexts == []
    extra = {name: many.count(name) - few.count(name) for name in set(many)}
    assert {name: n for name, n in extra.items() if n} == {"begin": 10, "end": 10}


@unfinished
def test_rows_are_copied_once_a_fit_and_only_where_a_callback_asks(monkeypatch):
    from skfnn._engine.following.callback_tasks import CallbackTasks

    class Rows(Recorder):
        def __init__(self):
            super().__init__()
            self.seen = []

        def on_fit_task_end(self, estimator, context, *, X, y, metadata):
            self.seen.append((X, y, metadata))

    taken = count_calls(monkeypatch, CallbackTasks, "_training")
    model = network(max_iter=4, early_stopping=True).set_callbacks(Recorder())
    weight = np.linspace(1, 2, len(y))
    model.fit(X, y, sample_weight=weight)
    assert taken == []
    rows = Rows()
    model.set_callbacks(rows).fit(X, y, sample_weight=weight.tolist())
    assert len(taken) == 3  # X, y and the weights
    first, *others = rows.seen
    assert len(others) == 4
    assert all(X_seen is first[0] for X_seen, _, _ in others)
    assert len(first[0]) == len(first[1]) == len(first[2]["sample_weight"]) == 135


# ------------------------------------------------------------------ stopping


class Stop(Recorder):
    """Ends the fit after some epochs."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def on_fit_task_end(self, estimator, context):
        super().on_fit_task_end(estimator, context)
        return context.parent is not None and context.task_id + 1 == self.after


@pytest.mark.parametrize("model", [
    *[network(solver=solver, tol=0, max_iter=50) for solver in SOLVERS],
    FNNRegressor((6,), random_state=0, learning_rate="adaptive"),
    network(learning_rate="one_cycle", batch_norm="after"),
], ids=str)  # fmt: skip
def test_a_callback_that_returns_true_ends_the_fit(model, capsys):
    recorder = Recorder()  # told of everything, whoever asks to stop
    fitted = clone(model).set_params(verbose=True).set_callbacks(Stop(3), recorder).fit(X, y)
    assert fitted.n_iter_ == len(fitted.history_) == len(fitted.loss_curve_) == 3
    assert "A callback asked to stop" in capsys.readouterr().out
    assert sum(event[:2] == ("end", "fit") for event in recorder.events) == 1
    assert sum(event[0] == "end" for event in recorder.events) == 4  # no task is left over
    keeper = Keeper()
    clone(model).set_callbacks(keeper, Stop(3)).fit(X, y)
    for a, b in zip(fitted.coefs_, keeper.ended[2].coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_stop_in_the_last_epoch_is_no_failure_to_converge():
    for solver in SOLVERS:  # warnings are errors
        model = network(solver=solver, max_iter=2, tol=0).set_callbacks(Stop(2)).fit(X, y)
        assert model.n_iter_ == 2


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_best_weights_come_back_after_a_stop(solver):
    worsening = iter(np.linspace(1, 0, 100))

    def scorer(estimator, X, y):
        return next(worsening)

    keeper = Keeper()
    model = network(solver=solver, early_stopping=True, scoring=scorer, tol=0)
    model.set_callbacks(keeper, Stop(4)).fit(X, y)
    assert model.n_iter_ == len(model.validation_scores_) == 4
    assert model.best_validation_score_ == 1.0
    np.testing.assert_array_equal(model.predict_proba(X), keeper.ended[0].predict_proba(X))
    assert not np.array_equal(model.predict_proba(X), keeper.ended[3].predict_proba(X))
    assert [len(kept.validation_scores_) for kept in keeper.ended] == [1, 2, 3, 4, 4]


# ------------------------------------------------------------------ failing callbacks


class Failing(Recorder):
    def __init__(self, hook, error):
        super().__init__()
        self.hook, self.error = hook, error

    def note(self, hook, context):
        super().note(hook, context)
        if (hook, context.task_id, context.parent is None) == self.hook:
            raise self.error


@unfinished
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("hook", [
    ("setup", 0, True), ("begin", 0, True), ("begin", 0, False), ("begin", 2, False),
    ("end", 2, False), ("end", 0, True),
])  # fmt: skip
def test_an_exception_in_a_callback_ends_the_fit(hook, solver):
    model = network(solver=solver, max_iter=5, tol=0)
    model.set_callbacks(failing := Failing(hook, ZeroDivisionError("mine")))
    with pytest.raises(ZeroDivisionError, match="mine"):
        model.fit(X, y)
    assert failing.events[-1][0] == "teardown"
    assert not {"_callback_fit_ctx", "_skl_callbacks_to_teardown"} & set(vars(model))
    if hook != ("end", 0, True):  # the fit was over by then
        assert not hasattr(model, "classes_")
        assert not hasattr(model, "coefs_")
    model.set_callbacks(Stop(1)).fit(X, y)
    assert model.n_iter_ == 1


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_stray_stop_iteration_is_an_error(solver):
    # SciPy would take it for the callback's wish to stop.
    failing = Failing(("end", 1, False), StopIteration())
    model = network(solver=solver).set_callbacks(failing)
    with pytest.raises(RuntimeError, match="StopIteration"):
        model.fit(X, y)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(("hook", "epochs"), [("begin", 2), ("end", 3)])
def test_an_interrupt_in_a_callback_keeps_the_last_epoch(solver, hook, epochs):
    recorder = Recorder()
    model = network(solver=solver, tol=0)
    model.set_callbacks(Failing((hook, 2, False), KeyboardInterrupt()), recorder)
    with pytest.warns(UserWarning, match="interrupted by user"):
        model.fit(X, y)
    assert model.n_iter_ == len(model.history_) == epochs
    assert recorder.events[-2][:2] == ("end", "fit")


def test_classes_and_strangers_are_refused():
    for wrong in (Recorder, "progress", lambda: None):
        with pytest.raises(TypeError, match="callbacks must be instances"):
            network().set_callbacks(wrong)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_warnings_point_at_the_users_line(solver):
    model, line = network(solver=solver, max_iter=1), inspect.currentframe().f_lineno + 2
    with pytest.warns(UserWarning, match="(?i)converge") as caught:
        model.fit(X, y)
    assert (caught[0].filename, caught[0].lineno) == (__file__, line)


# ------------------------------------------------------------------ scores


@unfinished
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_scoring_monitor_scores_each_epoch(solver):
    monitor = ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    labels, weight = np.array(["a", "b", "c"])[y], np.linspace(0.5, 2, len(y))
    model = network(solver=solver, max_iter=4, tol=0).set_callbacks(monitor)
    model.fit(X, labels, sample_weight=weight)
    log = monitor.get_logs().data_as_pandas.set_index("task_id_path")
    assert list(log.index) == [(0,), (0, 0), (0, 1), (0, 2), (0, 3)]
    for epochs in (1, 4):
        short = network(solver=solver, max_iter=epochs, tol=0).fit(X, labels, sample_weight=weight)
        row = log.loc[[(0, epochs - 1)]].iloc[0]
        proba, decided = short.predict_proba(X), short.predict(X)
        accuracy = accuracy_score(labels, decided, sample_weight=weight)
        assert row["accuracy"] == pytest.approx(accuracy)
        assert row["neg_log_loss"] == pytest.approx(-log_loss(labels, proba, sample_weight=weight))


# ------------------------------------------------------------------ inside other estimators


def path(context):
    names = []
    while context is not None:
        names.append(context.task_name)
        context = context.parent
    return names[::-1]


@unfinished
@pytest.mark.parametrize("search", [
    lambda model: GridSearchCV(model, {"fnnclassifier__alpha": [0, 1]}, cv=2),
    lambda model: RandomizedSearchCV(model, {"fnnclassifier__alpha": [0, 1]}, n_iter=2, cv=2),
    lambda model: HalvingGridSearchCV(model, {"fnnclassifier__alpha": [0, 1]}, cv=2,
                                      resource="fnnclassifier__max_iter", min_resources=2,
                                      max_resources=4, factor=2, random_state=0),
], ids=["grid", "randomized", "halving"])  # fmt: skip
def test_a_search_over_a_pipeline_is_followed_down_to_the_epochs(search):
    recorder = Propagated()
    model = search(make_pipeline(StandardScaler(), network(max_iter=2)))
    model.set_callbacks(recorder).fit(X, y)
    epochs = [c for c, (hook, *_) in zip(recorder.contexts, recorder.events, strict=True)
              if c.task_name == "epoch" and hook == "end"]  # fmt: skip
    halving = isinstance(model, HalvingGridSearchCV)
    # 2 candidates, 2 splits, 2 epochs; halving goes on with one of them for 4; refit.
    assert len(epochs) == (2 * 2 * 2 + 1 * 2 * 4 + 4 if halving else 2 * 2 * 2 + 2)
    assert path(epochs[0])[:2] == ["fit", "search"]
    assert path(epochs[0])[-3:] == ["fit", "fit", "epoch"]  # pipeline, network, epoch
    assert all(c.root_uuid == recorder.contexts[0].root_uuid for c in epochs)
    assert [hook for hook, *_ in recorder.events].count("setup") == 1
    assert not hasattr(model.best_estimator_[-1], "_parent_callback_ctx")


@unfinished
def test_scores_come_back_from_workers():
    monitor = ScoringMonitor(scoring="accuracy")
    model = make_pipeline(StandardScaler(), network(max_iter=2).set_callbacks(monitor))
    search = GridSearchCV(model, {"fnnclassifier__alpha": [0, 1]}, cv=2, n_jobs=2)
    search.fit(X, y)
    log = monitor.get_logs().data_as_pandas
    assert (log["task_name"] == "epoch").sum() == (2 * 2 + 1) * 2
    assert log["accuracy"].between(0, 1).all()


@unfinished
def test_a_callback_of_the_network_works_in_what_knows_no_callbacks():
    recorder = Recorder()
    cross_val_score(network(max_iter=2).set_callbacks(recorder), X, y, cv=2)
    assert [hook for hook, *_ in recorder.events].count("setup") == 2


@unfinished
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_progress_bars_go_down_to_the_epochs(n_jobs, capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    model = make_pipeline(StandardScaler(), network(max_iter=5))
    search = GridSearchCV(model, {"fnnclassifier__alpha": [0, 1]}, cv=2, n_jobs=n_jobs)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    depth = {len(line) - len(line.lstrip()) for line in lines if "FNNClassifier - fit" in line}
    assert depth == {4, 6}  # the refit; the candidates' splits
    assert sum("FNNClassifier - fit" in line for line in lines) == 2 * 2 + 1
    assert all("100%" in line for line in lines)

"""What each statement of the callbacks means."""

import csv
import math
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from skfnn import FNNRegressor
from skfnn._estimators.fitted import state_of
from skfnn.callbacks import CSVLogger, EarlyStopping, OptunaPruning, TensorBoard
from skfnn.callbacks._base import (
    ColumnCallback,
    HistoryCallback,
    advice,
    check,
    is_count,
    needed,
    sign,
)
from skfnn.callbacks._checkpoint import ModelCheckpoint

NAN = math.nan


class Context:
    """A task of a fit: what of scikit-learn's context a callback uses."""

    def __init__(self, task_name="fit", parent=None):
        self.task_name, self.parent = task_name, parent


class Model:
    """An estimator after an epoch, with its history."""

    def __init__(self, *rows):
        self.history_ = pd.DataFrame(list(rows), index=range(1, len(rows) + 1))


# ---------------------------------------------------------------- stopping


def stopped(values, **params):
    """Run a callback on the values of a column; return after how many it ends the fit, and it."""
    stopping = EarlyStopping("loss", **params)
    fit = stopping._begun(None)
    for epoch, value in enumerate(values, start=1):
        if stopping._row(fit, epoch, {"loss": value}, f"after {epoch}"):
            break
    else:
        epoch = None
    stopping._ended(fit)
    return epoch, stopping, fit


@pytest.mark.parametrize(("values", "params", "end", "best"), [
    ([3, 2, 1, 1, 1, 1], {"patience": 2}, 5, 3),
    ([3, 2, 1, 1, 1, 1], {"patience": 3}, 6, 3),
    ([3, 2, 1, 1, 1, 1], {"patience": 4}, None, 3),
    ([3, 2, 2, 1, 1, 1], {"patience": 2}, 6, 4),  # an improvement begins the count anew
    ([3, 2, 2, 1], {"patience": 1}, 3, 2),
    ([3, 2, 2, 1], {"patience": 0}, 3, 2),
    ([3.0, 2.5, 2.5], {"patience": 2, "min_delta": 0.5}, 3, 1),  # 0.5 is not more than 0.5
    ([3.0, 2.5, 2.25], {"patience": 2, "min_delta": 0.5}, None, 3),
    ([3.0, 2.25, 1.5, 1.25], {"patience": 2, "min_delta": 0.5}, None, 3),
    ([1, 3, 2, 4, 5], {"patience": 2, "start_from_epoch": 1}, 5, 3),
    ([1, 3, 4, 2], {"patience": 2, "start_from_epoch": 2}, None, 4),
    ([NAN, NAN, 3, 4, 5], {"patience": 3}, None, 3),
    ([NAN, NAN, NAN], {"patience": 2}, 3, 1),
    ([1, 2, 3, 3, 3], {"patience": 2, "mode": "max"}, 5, 3),
    ([1, 2], {"patience": 2, "start_from_epoch": 2}, None, None),
])  # fmt: skip
def test_where_a_fit_ends_and_which_epoch_was_best(values, params, end, best):
    found, stopping, _ = stopped(values, **params)
    assert found == end
    assert stopping.stopped_epoch_ == end
    assert stopping.best_epoch_ == best
    if best is None:
        assert stopping.best_value_ == math.inf  # worse than any
    elif not math.isnan(values[best - 1]):
        assert stopping.best_value_ == values[best - 1]


def test_the_defaults_of_stopping():
    stopping = EarlyStopping()
    assert vars(stopping).items() >= {
        "monitor": "val_loss", "patience": 10, "min_delta": 0.0, "mode": "auto",
        "start_from_epoch": 0, "restore_best_weights": False,
    }.items()  # fmt: skip
    assert stopped([2.0, *[2.0] * 10])[0] == 11
    assert stopped([2.0, *[2.0] * 9])[0] is None


def test_the_best_model_is_kept_only_where_it_is_wanted():
    assert stopped([3, 1, 2], restore_best_weights=True)[2]["best"] == "after 2"
    assert stopped([3, 1, 2])[2]["best"] is None


def test_the_weights_of_the_best_epoch_come_back():
    x = np.linspace(-1, 1, 8)[:, None]
    model, other = (FNNRegressor((2,), solver="lbfgs", max_iter=n, tol=0) for n in (1, 3))
    with pytest.warns(UserWarning, match="converge"):
        model.fit(x, x[:, 0] ** 2), other.fit(x, x[:, 0] ** 2)
    assert not np.array_equal(model.predict(x), other.predict(x))
    EarlyStopping("loss")._finished({"best": None}, model)
    assert not np.array_equal(model.predict(x), other.predict(x))
    EarlyStopping("loss")._finished({"best": other}, model)
    np.testing.assert_array_equal(model.predict(x), other.predict(x))
    assert state_of(model).network is not state_of(other).network


@pytest.mark.parametrize(("params", "allowed"), [
    ({"patience": 0}, True), ({"patience": -1}, False), ({"patience": 1.0}, False),
    ({"min_delta": 0}, True), ({"min_delta": -1e-9}, False), ({"min_delta": "0"}, False),
    ({"start_from_epoch": 0}, True), ({"start_from_epoch": -1}, False),
    ({"monitor": None}, False), ({"mode": "min"}, True), ({"mode": "max"}, True),
    ({"mode": "least"}, False),
])  # fmt: skip
def test_what_stopping_may_be_given(params, allowed):
    if allowed:
        EarlyStopping(**params)
    else:
        (name,) = params
        with pytest.raises(ValueError, match=f"EarlyStopping: {name} must be"):
            EarlyStopping(**params)


# ---------------------------------------------------------------- what callbacks share


@pytest.mark.parametrize(("value", "counts"), [
    (0, True), (1, True), (-1, False), (True, False), (False, False), (np.int64(3), True),
    (1.0, False), ("1", False), (None, False),
])  # fmt: skip
def test_a_count_is_an_integer_from_0_on(value, counts):
    assert is_count(value) is counts


def test_directions_of_columns():
    assert sign("A", "loss", "auto") == sign("A", "val_loss", "auto") == -1
    assert sign("A", "val_accuracy", "auto") == 1
    assert sign("A", "seconds", "max") == 1
    assert sign("A", "seconds", "min") == -1
    with pytest.raises(ValueError, match=r"A\(monitor='seconds'\): whether"):
        sign("A", "seconds", "auto")


def test_advice_names_what_lacks():
    assert advice("loss") == ""
    assert advice("val_loss").startswith(" A 'val_' column needs")
    assert advice("r2") == " Give the estimator metrics=[..., 'r2']."
    assert "metrics=[..., 'r2']. A 'val_' column" in advice("val_r2")


def test_a_check_raises_only_where_something_is_not_good():
    check(3, "a", 1, True, "x")
    with pytest.raises(ValueError, match="^int: a must be x. Got 1.$"):  # noqa: RUF043
        check(3, "a", 1, False, "x")


def test_an_optional_package_is_imported_or_named():
    assert needed("A", "json", "json", None) is __import__("json")
    with pytest.raises(ImportError, match=r"A needs no: pip install no\.$"):
        needed("A", "no.such.module", "no", None)
    with pytest.raises(ImportError, match=r"pip install 'skfnn\[more\]'\.$"):
        needed("A", "no.such.module", "no", "more")


def test_larger_is_better_and_what_is_unknown_is_worst():
    loss, score = ColumnCallback("loss", "auto"), ColumnCallback("accuracy", "auto")
    assert loss._value({"loss": 2}) == -2
    assert score._value({"accuracy": np.float32(0.5)}) == 0.5
    assert loss._value({"loss": NAN}) == score._value({"accuracy": NAN}) == -math.inf
    for row in ({}, {"loss": "2"}, {"loss": None}, {"other": 1.0, "text": "t"}):
        with pytest.raises(ValueError, match="history_ has no such numbers"):
            loss._value(row)
    with pytest.raises(ValueError, match=r"only \['a', 'b'\]"):
        loss._value({"b": 1.0, "a": 2, "c": "text"})


class Follower(HistoryCallback):
    """Takes note of all that it is told, and ends a fit at a loss of 0."""

    def __init__(self, name="n", *, extra=1):
        self.name, self.extra = name, extra
        self.told = []

    def _begun(self, estimator):
        return {"of": estimator}

    def _finished(self, fit, estimator):
        self.told.append("finished")

    def _ended(self, fit):
        self.told.append(("ended", fit["of"]))

    def _row(self, fit, epoch, row, fitted_estimator):
        self.told.append((epoch, row, fit["of"]))
        return not row["loss"]


def test_a_row_is_told_at_the_end_of_an_epoch_and_of_nothing_else():
    follower, estimator, fit = Follower(), FNNRegressor(), Context()
    follower.setup(estimator, fit)
    assert len(follower._fits()) == 1
    model = Model({"loss": 2.0}, {"loss": 1.0})

    def end(name, fitted, parent=fit):
        context = fit if name == "fit" else Context(name, parent)
        return follower.on_fit_task_end(estimator, context, fitted_estimator=fitted)

    for name in ("epoch", "iteration", "partial_fit"):
        assert end(name, model) is False
        assert follower.told.pop() == (2, {"loss": 1.0}, estimator)
    assert end("epoch", Model({"loss": 0.0})) is True
    assert follower.told.pop()[0] == 1
    assert end("batch", model, Context("epoch", fit)) is False
    assert end("epoch", None) is False
    assert follower.told == []
    assert end("fit", model) is False
    assert follower.told == ["finished"]
    follower.teardown(estimator, fit)
    follower.teardown(estimator, fit)  # a fit ends once
    assert follower.told == ["finished", ("ended", estimator)]
    assert len(follower._fits()) == 0


def test_a_fit_is_forgotten_with_its_context():
    follower = Follower()
    follower.setup(FNNRegressor(), Context())
    assert len(follower._fits()) == 0


def test_only_networks_are_followed():
    with pytest.raises(TypeError, match=r"Follower follows the epochs of .* Got int"):
        Follower().setup(3, Context())


def test_a_copy_holds_no_running_fits_and_a_repr_the_arguments_alone():
    follower, context = Follower("m", extra=2), Context()
    follower.setup(FNNRegressor(), context)
    assert follower.__getstate__() == {"name": "m", "extra": 2, "told": []}
    assert repr(follower) == "Follower(name='m', extra=2)"


# ---------------------------------------------------------------- files


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def test_rows_of_a_log_and_where_it_goes_on(tmp_path):
    logger = CSVLogger(tmp_path / "as" / "deep" / "log.csv")
    fit = logger._begun(None)
    logger._row(fit, 1, {"loss": 2.0, "r2": 0.5}, None)
    logger._row(fit, 2, {"r2": 0.6, "loss": 1.0}, None)  # by name
    logger._row(fit, 3, {"loss": 0.5}, None)
    head = ["epoch", "loss", "r2"]
    log = [head, ["1", "2.0", "0.5"], ["2", "1.0", "0.6"], ["3", "0.5", ""]]
    assert rows_of(logger.path) == log
    logger._row(logger._begun(None), 3, {"loss": 0.25, "r2": 0.7}, None)  # goes on after 2
    assert rows_of(logger.path) == [*log[:3], ["3", "0.25", "0.7"]]
    logger._row(logger._begun(None), 2, {"loss": 0.125, "r2": 0.8}, None)
    assert rows_of(logger.path) == [*log[:2], ["2", "0.125", "0.8"]]
    with pytest.raises(ValueError, match=r"has the columns .* Give another path"):
        logger._row(logger._begun(None), 2, {"other": 1.0}, None)
    logger._row(logger._begun(None), 1, {"other": 1.0}, None)  # a new fit begins anew
    assert rows_of(logger.path) == [["epoch", "other"], ["1", "1.0"]]


def test_a_log_that_is_not_there_or_empty_is_begun(tmp_path):
    logger = CSVLogger(str(tmp_path / "log.csv"))
    logger._row({}, 5, {"loss": 2.0}, None)
    assert rows_of(logger.path) == [["epoch", "loss"], ["5", "2.0"]]
    (tmp_path / "log.csv").write_text("")
    logger._row({}, 5, {"loss": 3.0}, None)
    assert rows_of(logger.path) == [["epoch", "loss"], ["5", "3.0"]]
    (tmp_path / "log.csv").write_text("epoch,loss\n1,1.0\n\n2,2.0\n")
    logger._row({}, 3, {"loss": 3.0}, None)
    assert [row[0] for row in rows_of(logger.path)] == ["epoch", "1", "2", "3"]


class Writer:
    """Takes note of what TensorBoard is to show."""

    def __init__(self):
        self.told, self.open = [], True

    def add_scalar(self, tag, value, epoch):
        self.told.append((tag, value, epoch))

    def add_histogram(self, tag, array, epoch):
        self.told.append((tag, array.shape, epoch))

    def flush(self):
        self.told.append("flushed")

    def close(self):
        self.open = False


def test_scalars_and_histograms_of_tensorboard(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", Writer)  # the package takes seconds to import
    model = SimpleNamespace(
        coefs_=[np.zeros((3, 2)), np.zeros((2, 1))], intercepts_=[np.zeros(2), np.zeros(1)]
    )
    row = {"loss": 2, "val_loss": 3.0, "r2": NAN, "phase": "fit", "val_r2": np.float32(0.5)}
    for every, with_weights in ((0, []), (2, [2, 4]), (1, [1, 2, 3, 4]), (3, [3])):
        board, fit = TensorBoard(tmp_path, weights_every=every), {}
        fit.update(train=Writer(), validation=Writer())
        for epoch in (1, 2, 3, 4):
            board._row(fit, epoch, row, model)
        told = fit["train"].told
        assert [t for t in told if t[0] == "loss"] == [("loss", 2.0, n) for n in (1, 2, 3, 4)]
        assert [t for t in told if "/" in t[0]] == [
            (f"{kind}/{i}", shape, epoch) for epoch in with_weights
            for kind, shapes in (("coefs_", [(3, 2), (2, 1)]), ("intercepts_", [(2,), (1,)]))
            for i, shape in enumerate(shapes)
        ]  # fmt: skip
        assert len(told) == 8 + 4 * len(with_weights)
        assert fit["validation"].told == [
            t for n in (1, 2, 3, 4) for t in (("loss", 3.0, n), ("r2", 0.5, n), "flushed")
        ]
        board._ended(fit)
        assert not fit["train"].open
        assert not fit["validation"].open
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- trials


class Trial:
    """What of a trial of Optuna is used."""

    def __init__(self, direction="MINIMIZE", pruned=False):
        self.study = SimpleNamespace(direction=SimpleNamespace(name=direction))
        self.told, self.pruned = [], pruned

    def report(self, value, epoch):
        self.told.append((epoch, value))

    def should_prune(self):
        return self.pruned


def test_the_first_fit_of_a_trial_reports_and_may_be_pruned():
    optuna = pytest.importorskip("optuna")
    pruning = OptunaPruning(Trial(), "loss")
    first, second = pruning._begun(None), pruning._begun(None)
    pruning._row(first, 4, {"loss": 2.0}, None)
    pruning._row(second, 4, {"loss": 3.0}, None)
    pruning._row(first, 5, {"loss": 1.0}, None)
    assert pruning.trial.told == [(4, 2.0), (5, 1.0)]
    pruning = OptunaPruning(Trial(pruned=True), "loss")
    with pytest.raises(optuna.TrialPruned, match="epoch 7"):
        pruning._row(pruning._begun(None), 7, {"loss": 2.0}, None)


def test_the_direction_of_a_study_is_that_of_the_column():
    pytest.importorskip("optuna")
    assert OptunaPruning(Trial()).monitor == "val_loss"
    OptunaPruning(Trial("MAXIMIZE"), "accuracy")
    OptunaPruning(Trial("MAXIMIZE"), "loss", mode="max")
    for trial, monitor in ((Trial("MAXIMIZE"), "loss"), (Trial(), "accuracy")):
        with pytest.raises(ValueError, match="in a study with direction="):
            OptunaPruning(trial, monitor)


# ---------------------------------------------------------------- checkpoints


class Saved(SimpleNamespace):
    """What a checkpoint is given; it is written without callbacks."""

    def set_callbacks(self):
        return "without callbacks"


def checkpointed(tmp_path, monkeypatch, values, name="{epoch}-{loss:.1f}", **params):
    skops = SimpleNamespace(dump=lambda model, path: path.write_text(model))
    monkeypatch.setitem(sys.modules, "skops.io", skops)  # the package takes seconds to import
    checkpoint = ModelCheckpoint(tmp_path / "runs" / name, **params)
    fit = checkpoint._begun(None)
    for epoch, value in enumerate(values, start=1):
        assert not checkpoint._row(fit, epoch, {"loss": value}, Saved())
    folder = tmp_path / "runs"
    return checkpoint, sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_checkpoint_of_every_epoch_or_of_some(tmp_path, monkeypatch):
    checkpoint, names = checkpointed(tmp_path / "a", monkeypatch, [3, 1, 2])
    assert names == ["1-3.0", "2-1.0", "3-2.0"]
    assert checkpoint.last_path_ == tmp_path / "a" / "runs" / "3-2.0"
    assert checkpoint.last_path_.read_text() == "without callbacks"
    assert checkpoint.best_value_ is None
    _, names = checkpointed(tmp_path / "b", monkeypatch, [3, 1, 2, 4, 5], every=2)
    assert names == ["2-1.0", "4-4.0"]
    checkpoint, names = checkpointed(tmp_path / "c", monkeypatch, [3, 1], every=3)
    assert (names, checkpoint.last_path_) == ([], None)


def test_a_checkpoint_of_the_best_epochs(tmp_path, monkeypatch):
    checkpoint, names = checkpointed(tmp_path / "a", monkeypatch, [3, 4, 1, 1, 2], monitor="loss")
    assert names == ["1-3.0", "3-1.0"]
    assert checkpoint.best_value_ == 1
    checkpoint, names = checkpointed(
        tmp_path / "b", monkeypatch, [3, 4, 1, 4, 5], monitor="loss", mode="max", every=2
    )
    assert names == ["2-4.0"]
    assert checkpoint.best_value_ == 4
    _, names = checkpointed(tmp_path / "c", monkeypatch, [NAN, NAN], monitor="loss")
    assert names == []


@pytest.mark.parametrize("every", [0, -1, True, 1.0])
def test_a_checkpoint_looks_at_each_first_epoch_at_least(every, monkeypatch):
    monkeypatch.setitem(sys.modules, "skops.io", SimpleNamespace())
    with pytest.raises(ValueError, match="every must be an int from 1 on"):
        ModelCheckpoint("a", every=every)
    assert ModelCheckpoint("a").every == 1

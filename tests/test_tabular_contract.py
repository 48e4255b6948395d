"""What the estimators for tables have in common with the others: evaluate, weights, callbacks."""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import sklearn
from helpers import needs_sklearn
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score, log_loss, mean_poisson_deviance, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn.metrics._loss_and_error import LossAndError
from skfnn.tabular import _cycles, _trainer
from skfnn.tabular._recipes import RECIPES

IRIS = load_iris(as_frame=True)
X, y = IRIS.data, IRIS.target.to_numpy()
LABELS = np.array(["setosa", "versicolor", "virginica"])[y]
WEIGHT = np.random.default_rng(0).uniform(0.1, 2, len(y))


def brief(kind=TabularFNNClassifier, **params):
    # With more epochs, the cycles of the learning rate could end training before the last.
    settings = {"n_members": 2, "max_iter": 2, "hidden_layer_sizes": (8,), "random_state": 0}
    return kind(**{**settings, **params})


# ------------------------------------------------------------------ evaluate


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_evaluate_classes(weight):
    model = brief().fit(X, LABELS)
    found = model.evaluate(X, LABELS, sample_weight=weight)
    p = model.predict_proba(X)
    assert found == pytest.approx({
        "loss": log_loss(LABELS, p, sample_weight=weight),
        "accuracy": accuracy_score(LABELS, model.predict(X), sample_weight=weight),
    })  # fmt: skip
    with pytest.raises(ValueError, match="classes that the y of fit does not have"):
        model.evaluate(X, np.where(LABELS == "setosa", "rosa", LABELS))


def test_evaluate_two_classes_and_several_labels():
    two = brief().fit(X, y > 0)
    assert two.evaluate(X, y > 0)["loss"] == pytest.approx(log_loss(y > 0, two.predict_proba(X)))
    labels = np.column_stack([y > 0, X.iloc[:, 0] > 6]).astype(int)
    several = brief().fit(X, labels)
    p = several.predict_proba(X)
    losses = [log_loss(labels[:, j], p[:, j]) for j in range(2)]
    assert several.evaluate(X, labels) == pytest.approx(
        {"loss": sum(losses), "accuracy": np.mean((several.predict(X) == labels).all(axis=1))}
    )


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_evaluate_numbers(n_outputs, weight):
    targets = 1e6 * X.iloc[:, 0].to_numpy()
    targets = targets if n_outputs == 1 else np.column_stack([targets, 1e-3 * y])
    model = brief(TabularFNNRegressor).fit(X, targets)
    found = model.evaluate(X, targets, sample_weight=weight)
    errors = (((model.predict(X) - targets) / targets.std(axis=0)) ** 2).reshape(len(y), -1)
    half = 0.5 * np.average(errors, axis=0, weights=weight).mean()
    ratio = found["loss"] / half
    assert ratio == pytest.approx(1) or ratio == pytest.approx(2)  # as the loss is defined
    assert found["r2"] == pytest.approx(r2_score(targets, model.predict(X), sample_weight=weight))


def test_evaluate_counts():
    counts = np.random.default_rng(0).poisson(1 + y)
    model = brief(TabularFNNRegressor, loss="poisson").fit(X, counts)
    good, poor = model.evaluate(X, counts), model.evaluate(X, counts[::-1])
    deviances = [mean_poisson_deviance(t, model.predict(X)) for t in (counts, counts[::-1])]
    # half the deviance, but for a term of y alone
    mean = counts.mean()
    assert poor["loss"] - good["loss"] == pytest.approx(
        (deviances[1] - deviances[0]) / 2 / mean, rel=1e-6
    )


# ------------------------------------------------------------------ weights of validation data


def test_validation_weights_count_as_repeated_rows_do():
    train, valid = np.arange(0, 150, 2), np.arange(1, 150, 2)
    times = np.random.default_rng(0).integers(1, 4, len(valid))
    weighted = brief().fit(
        X.iloc[train], LABELS[train], X_val=X.iloc[valid], y_val=LABELS[valid],
        sample_weight_val=times,
    )  # fmt: skip
    repeated = np.repeat(valid, times)
    same = brief().fit(X.iloc[train], LABELS[train], X_val=X.iloc[repeated], y_val=LABELS[repeated])
    np.testing.assert_allclose(weighted.history_["val_loss"], same.history_["val_loss"], rtol=1e-5)
    assert weighted.temperature_ == pytest.approx(same.temperature_, rel=1e-3)


def test_validation_weights_need_data():
    with pytest.raises(ValueError, match="sample_weight_val only with them"):
        brief().fit(X, LABELS, sample_weight_val=WEIGHT)
    with pytest.raises(ValueError, match="Negative values"):
        brief().fit(X, LABELS, X_val=X, y_val=LABELS, sample_weight_val=-WEIGHT)


def test_validation_data_and_weights_are_routed_through_a_pipeline():
    with sklearn.config_context(enable_metadata_routing=True):
        inner = brief().set_fit_request(
            sample_weight=True, X_val=True, y_val=True, sample_weight_val=True
        )
        double = FunctionTransformer(lambda table: 2 * table)
        model = make_pipeline(double, inner, transform_input=["X_val"])
        model.fit(X, LABELS, sample_weight=WEIGHT, X_val=X, y_val=LABELS, sample_weight_val=WEIGHT)
    alone = brief().fit(2 * X, LABELS, sample_weight=WEIGHT, X_val=2 * X, y_val=LABELS,
                        sample_weight_val=WEIGHT)  # fmt: skip
    np.testing.assert_array_equal(model.predict_proba(X), alone.predict_proba(2 * X))


@pytest.mark.parametrize(("kind", "targets"), [
    (TabularFNNClassifier, LABELS), (TabularFNNClassifier, y > 0), (TabularFNNRegressor, y),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore:A column-vector y")
def test_a_column_of_targets_is_evaluated_as_flat_ones(kind, targets):
    model = brief(kind).fit(X, targets)
    assert model.evaluate(X, targets[:, None]) == model.evaluate(X, targets)
    column, flat = (
        brief(kind).fit(X, targets, X_val=X, y_val=y_val) for y_val in (targets[:, None], targets)
    )
    np.testing.assert_array_equal(column.predict(X), flat.predict(X))
    with pytest.raises(ValueError, match=r"should be a 1d array|must have 1 outputs"):
        model.evaluate(X, np.column_stack([targets, targets]))


@pytest.mark.parametrize(
    ("kind", "scale"), [(TabularFNNClassifier, 1e-300), (TabularFNNRegressor, 1e308)]
)
def test_only_the_ratios_of_weights_count(kind, scale):
    weight = np.ldexp(WEIGHT, -1)
    one, other = (brief(kind).fit(X, y, sample_weight=w) for w in (weight, scale * weight))
    np.testing.assert_allclose(other.predict(X), one.predict(X), rtol=1e-5)
    assert one.evaluate(X, y, scale * weight) == pytest.approx(one.evaluate(X, y, weight))
    for weights in ({"sample_weight": 0 * weight}, {"sample_weight_val": 0 * weight}):
        with pytest.raises(ValueError, match=f"{next(iter(weights))}.*(positive|non-zero)"):
            brief(kind).fit(X, y, X_val=X, y_val=y, **weights)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e149])
def test_targets_of_any_scale_are_learned(scale):
    """Their squares would overflow or vanish."""
    plain, scaled = (brief(TabularFNNRegressor).fit(X, s * (y + 1.0)) for s in (1.0, scale))
    np.testing.assert_allclose(scaled.predict(X) / scale, plain.predict(X), rtol=1e-4)


@pytest.mark.parametrize("targets", [1e160 * y, np.where(y > 1, 1e308, -1e308)])
def test_targets_beyond_what_can_be_squared_are_refused(targets):
    with pytest.raises(ValueError, match=r"y has values up to [12]e\+\d+.*Divide y"):
        brief(TabularFNNRegressor).fit(X, targets)


# ------------------------------------------------------------------ all or nothing


def refused():
    """Refits of a fitted classifier that end with an error, early and late."""
    yield {"sample_weight": -np.ones(len(X))}, "Negative values"
    yield {"X": X.iloc[:, :2], "sample_weight": -np.ones(len(X))}, "Negative values"
    yield {"X_val": X, "y_val": ["rosa"] * len(X)}, "y_val has classes"
    yield {"y": y + 5, "X_val": X, "y_val": y}, "y_val has classes"


@pytest.mark.parametrize("case", range(4))
def test_a_fit_that_is_refused_changes_nothing(case):
    given, message = [*refused()][case]
    model = brief().fit(X, LABELS)
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match=message):
        model.fit(**{"X": X, "y": LABELS, **given})
    assert pickle.dumps(model) == before
    assert model.score(X, LABELS) > 0.3


def test_a_regressor_keeps_the_scale_of_its_targets():
    """Seen: a refused fit on 1000 y + 5000 made the model predict 5000 and more."""
    model = brief(TabularFNNRegressor).fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match="Negative values"):
        model.fit(X, 1000 * y + 5000, sample_weight=-np.ones(len(y)))
    np.testing.assert_array_equal(model.predict(X), before)


@needs_sklearn("1.9", "callbacks")
@pytest.mark.parametrize("hook", ["begin", "end"])
@pytest.mark.parametrize("task", [("fit", 0), ("epoch", 1)])
def test_a_callback_that_raises_changes_nothing(hook, task):
    class Raising(Recorder):
        def note(self, at, context):
            if (at, context.task_name, context.task_id) == (hook, *task):
                raise OSError("the disk is full")

    model = brief().fit(X, LABELS)
    before = pickle.dumps(model)
    with pytest.raises(OSError, match="disk is full"):
        model.set_callbacks(Raising()).fit(X, y, sample_weight=WEIGHT)
    assert pickle.dumps(model.set_callbacks()) == before


# ------------------------------------------------------------------ interrupts


class CtrlC:
    """Interrupts the epochs of these numbers, counted over all members."""

    def __init__(self, monkeypatch, *epochs):
        self.count = 0
        epoch = _cycles.Monitor.epoch

        def interrupted(monitor, *given):
            self.count += 1
            if self.count in epochs:
                raise KeyboardInterrupt
            return epoch(monitor, *given)

        monkeypatch.setattr(_cycles.Monitor, "epoch", interrupted)


@pytest.mark.parametrize("kind", [TabularFNNClassifier, TabularFNNRegressor])
def test_an_interrupt_before_the_first_epoch_ends_leaves_the_estimator_as_it_was(kind, monkeypatch):
    model = brief(kind).fit(X, y)
    before = pickle.dumps(model)
    CtrlC(monkeypatch, 1)
    with (
        pytest.warns(UserWarning, match="interrupted"),
        pytest.raises(KeyboardInterrupt),
    ):
        model.fit(X, y[::-1])
    assert pickle.dumps(model) == before


# 20 epochs, whose rate falls once: no cycles to end training after.
STEADY = {"max_iter": 20, "recipe": replace(RECIPES["ensemble"], schedule="flat_cos")}


@pytest.mark.parametrize(
    ("epoch", "kept"), [(2, [1]), (20, [19]), (21, [20]), (22, [20]), (42, [20, 20])]
)
def test_an_interrupt_keeps_finished_members(epoch, kept, monkeypatch):
    """20 epochs a member; one that has trained for one is worse than the others."""
    CtrlC(monkeypatch, epoch)
    model = brief(n_members=4, numeric_embedding=None, **STEADY)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(X, LABELS)
    assert model.history_.groupby("member").size().tolist() == kept
    assert len(model._fitted.predictors) == len(kept)
    assert np.isfinite(model.predict_proba(X)).all()
    known = ~np.isnan(model.oof_prediction_).any(axis=1)
    assert known.sum() == pytest.approx(len(kept) * len(y) / 4, abs=2)


def test_a_member_cut_short_counts_if_it_is_as_good_as_the_others(monkeypatch):
    def score(self, y, raw, weight):
        return -1.0

    monkeypatch.setattr(LossAndError, "__call__", score)
    CtrlC(monkeypatch, 45)
    model = brief(n_members=4, numeric_embedding=None, **STEADY)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(X, LABELS)
    assert model.history_.groupby("member").size().tolist() == [20, 20, 4]


@pytest.mark.parametrize("epoch", [5, 6, 7])
def test_an_interrupt_of_the_refit_keeps_the_members_of_the_fit(epoch, monkeypatch):
    plain = brief().fit(X, LABELS)
    CtrlC(monkeypatch, epoch)
    model = brief(refit=True)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(X, LABELS)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))


def test_an_interrupt_between_members_keeps_those_that_are_finished(monkeypatch, capsys):
    def tell(self, member, *given):
        if member.number == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(_trainer.Report, "member", tell)
    model = brief(n_members=4)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(X, LABELS)
    assert len(model._fitted.predictors) == 2


@pytest.mark.parametrize("kind", [TabularFNNClassifier, TabularFNNRegressor])
@pytest.mark.parametrize("n_weighted", [3, 12, 40])
def test_rows_without_weight_are_in_no_fold(kind, n_weighted):
    """A fold of such rows alone would tell nothing."""
    weight = np.zeros(len(y))
    chosen = np.random.default_rng(0).permutation(len(y))[:n_weighted]
    weight[chosen] = 1.0
    model = brief(kind, n_members=5).fit(X, y, sample_weight=weight)
    assert np.isfinite(model.predict(X)).all()
    if n_weighted > 10:
        known = ~np.isnan(model.oof_prediction_.reshape(len(y), -1)).any(axis=1)
        np.testing.assert_array_equal(np.flatnonzero(known), np.sort(chosen))
    else:
        assert model.oof_prediction_ is None


# ------------------------------------------------------------------ callbacks


callbacks = needs_sklearn("1.9", "callbacks")


class Recorder:
    def __init__(self, stop=None):
        self.stop, self.events, self.fitted, self.rows = stop, [], [], []

    def note(self, hook, context):
        parent = context.parent.task_id if context.parent is not None else None
        self.events.append((hook, context.task_name, parent, context.task_id))

    def setup(self, estimator, context):
        self.note("setup", context)

    def teardown(self, estimator, context):
        self.note("teardown", context)

    def on_fit_task_begin(self, estimator, context):
        self.note("begin", context)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator, X, metadata):
        self.note("end", context)
        self.rows.append((context.task_name, len(X), len(metadata["sample_weight"])))
        self.fitted.append(fitted_estimator)
        return (context.task_name, context.task_id) == self.stop


@callbacks
def test_members_are_tasks_and_their_epochs_are_inside():
    recorder = Recorder()
    model = brief().set_callbacks(recorder).fit(X, LABELS, sample_weight=WEIGHT)

    def member(i):
        epochs = [(hook, "epoch", i, e) for e in range(2) for hook in ("begin", "end")]
        return [("begin", "member", 0, i), *epochs, ("end", "member", 0, i)]

    assert recorder.events == [
        ("setup", "fit", None, 0), ("begin", "fit", None, 0), *member(0), *member(1),
        ("end", "fit", None, 0), ("teardown", "fit", None, 0),
    ]  # fmt: skip
    assert set(recorder.rows) == {("epoch", 75, 75), ("member", 75, 75), ("fit", 150, 150)}
    # An epoch's estimator is a copy of its own; the last ones are the fitted ensemble.
    assert [len(fitted._fitted.predictors) for fitted in recorder.fitted] == [*[1] * 3, *[2] * 4]
    predictions = [fitted.predict_proba(X) for fitted in recorder.fitted]
    assert not np.array_equal(predictions[0], predictions[1])
    np.testing.assert_array_equal(predictions[-1], model.predict_proba(X))
    unwatched = brief().fit(X, LABELS, sample_weight=WEIGHT)
    np.testing.assert_array_equal(unwatched.predict_proba(X), model.predict_proba(X))
    assert not {"_callback_fit_ctx", "_skl_callbacks_to_teardown"} & set(vars(model))


@callbacks
@pytest.mark.parametrize(("stop", "n_members", "n_epochs"), [
    (("epoch", 0), 3, [1, 1, 1]), (("member", 1), 2, [2, 2]), (("member", 0), 1, [2]),
])  # fmt: skip
def test_a_callback_ends_a_member_or_the_ensemble(stop, n_members, n_epochs):
    model = brief(n_members=3).set_callbacks(Recorder(stop))
    model.fit(X, LABELS, sample_weight=WEIGHT)
    assert len(model._fitted.predictors) == n_members
    assert model.history_.groupby("member").size().tolist() == n_epochs
    assert model.score(X, LABELS) > 0.3


@callbacks
@pytest.mark.parametrize("kind", [TabularFNNClassifier, TabularFNNRegressor])
def test_members_in_other_processes_are_tasks_without_epochs(kind):
    recorder = Recorder()
    model = brief(kind, n_members=3, n_jobs=2).set_callbacks(recorder)
    model.fit(X, y, sample_weight=WEIGHT)
    ends = [event for event in recorder.events if event[0] == "end"]
    epochs = [("end", "epoch", 0, e) for e in range(2)]
    assert ends == [*epochs, *[("end", "member", 0, i) for i in range(3)], ("end", "fit", None, 0)]
    np.testing.assert_array_equal(recorder.fitted[-2].predict(X).shape, model.predict(X).shape)
    alone = brief(kind, n_members=3).fit(X, y, sample_weight=WEIGHT)
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))


@callbacks
def test_refitted_members_are_tasks_too():
    recorder = Recorder()
    brief(refit=True).set_callbacks(recorder).fit(X, LABELS, sample_weight=WEIGHT)
    members = [event for event in recorder.events if event[:2] == ("end", "member")]
    assert [event[3] for event in members] == [0, 1, 2, 3]


@callbacks
def test_scores_of_a_table_in_a_search():
    from sklearn.callback import ScoringMonitor

    table = X.assign(kind=pd.Categorical(np.where(y > 1, "a", "b")))
    monitor = ScoringMonitor(scoring="accuracy")
    search = GridSearchCV(brief().set_callbacks(monitor), {"max_iter": [1, 2]}, cv=2, n_jobs=2)
    search.fit(table, LABELS)
    log = monitor.get_logs()
    frames = [entry.data_as_pandas for entry in (log if isinstance(log, list) else [log])]
    # of each of 2 x 2 + 1 fits: the whole, 2 members and their epochs
    fits = [1, 1, 2, 2, search.best_params_["max_iter"]]
    assert sum(len(frame) for frame in frames) == sum(1 + 2 + 2 * n_epochs for n_epochs in fits)
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict(table), search.predict(table))

"""What the estimators for tables have in common with the others: evaluate, weights, callbacks."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.callback import ScoringMonitor
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score, log_loss, mean_poisson_deviance, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skfnn import TabularFNNClassifier, TabularFNNRegressor

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
    with pytest.raises(ValueError, match="classes that y does not have"):
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


def test_a_fit_that_fails_leaves_nothing_to_predict_with():
    model = brief().fit(X, LABELS)
    with pytest.raises(ValueError, match="y_val has classes"):
        model.fit(X, LABELS, X_val=X, y_val=["rosa"] * len(X))
    with pytest.raises(sklearn.exceptions.NotFittedError):
        model.predict(X)


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
    assert [len(fitted._members) for fitted in recorder.fitted] == [*[1] * 3, *[2] * 4]
    predictions = [fitted.predict_proba(X) for fitted in recorder.fitted]
    assert not np.array_equal(predictions[0], predictions[1])
    np.testing.assert_array_equal(predictions[-1], model.predict_proba(X))
    unwatched = brief().fit(X, LABELS, sample_weight=WEIGHT)
    np.testing.assert_array_equal(unwatched.predict_proba(X), model.predict_proba(X))
    assert not {"_callback_fit_ctx", "_skl_callbacks_to_teardown"} & set(vars(model))


@pytest.mark.parametrize(("stop", "n_members", "n_epochs"), [
    (("epoch", 0), 3, [1, 1, 1]), (("member", 1), 2, [2, 2]), (("member", 0), 1, [2]),
])  # fmt: skip
def test_a_callback_ends_a_member_or_the_ensemble(stop, n_members, n_epochs):
    model = brief(n_members=3).set_callbacks(Recorder(stop))
    model.fit(X, LABELS, sample_weight=WEIGHT)
    assert len(model._members) == n_members
    assert model.history_.groupby("member").size().tolist() == n_epochs
    assert model.score(X, LABELS) > 0.3


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


def test_refitted_members_are_tasks_too():
    recorder = Recorder()
    brief(refit=True).set_callbacks(recorder).fit(X, LABELS, sample_weight=WEIGHT)
    members = [event for event in recorder.events if event[:2] == ("end", "member")]
    assert [event[3] for event in members] == [0, 1, 2, 3]


def test_scores_of_a_table_in_a_search():
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

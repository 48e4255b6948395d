"""skfnn.callbacks: stopping, checkpoints, pruning, log files."""

import csv
import pickle
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNAutoencoder, FNNClassifier, FNNRegressor, TabularFNNClassifier
from skfnn.callbacks import CSVLogger, EarlyStopping, ModelCheckpoint, OptunaPruning, TensorBoard

pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9: callbacks")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
X, X_val, y, y_val = train_test_split(X, y, stratify=y, test_size=0.4, random_state=0)
VALIDATION = {"X_val": X_val, "y_val": y_val}
SOLVERS = ["adam", "lbfgs"]


def network(**params):
    return FNNClassifier(
        **{"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 8, "tol": 0, **params}
    )


# ------------------------------------------------------------------ EarlyStopping


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("monitor", "sign"), [
    ("loss", -1), ("val_loss", -1), ("accuracy", 1), ("val_accuracy", 1), ("val_neg_log_loss", 1),
])  # fmt: skip
@pytest.mark.parametrize(("patience", "min_delta", "skipped"), [(3, 0.0, 0), (2, 0.01, 4)])
def test_a_fit_ends_where_a_column_no_longer_improves(
    solver, monitor, sign, patience, min_delta, skipped
):
    params = {"metrics": ["accuracy", "neg_log_loss"], "max_iter": 60, "solver": solver}
    whole = network(**params).fit(X, y, **VALIDATION).history_[monitor].to_numpy() * sign
    best, stale, expected = None, 0, len(whole)
    for epoch, value in enumerate(whole, start=1):  # the rule, written out again
        if epoch <= skipped:
            continue
        if best is None or value > whole[best - 1] + min_delta:
            best, stale = epoch, 0
        elif (stale := stale + 1) == patience:
            expected = epoch
            break
    stopping = EarlyStopping(
        monitor, patience=patience, min_delta=min_delta, start_from_epoch=skipped
    )
    model = network(**params).set_callbacks(stopping).fit(X, y, **VALIDATION)
    assert model.n_iter_ == expected
    assert stopping.best_epoch_ == best
    assert stopping.best_value_ == model.history_[monitor][best]
    assert stopping.stopped_epoch_ == (expected if expected < len(whole) else None)


def test_the_two_directions_of_a_column_lead_to_other_ends():
    lowest = EarlyStopping("accuracy", mode="min", patience=1)
    assert network(metrics="accuracy", learning_rate_init=0.01).set_callbacks(lowest).fit(
        X, y
    ).n_iter_ < 4  # fmt: skip


@pytest.mark.parametrize("params", [
    {"solver": "adam"}, {"solver": "lbfgs"}, {"batch_norm": "before", "dropout": 0.1},
], ids=str)  # fmt: skip
def test_the_best_weights_come_back(params):
    params = {"learning_rate_init": 0.3, "max_iter": 40, **params}
    stopping = EarlyStopping(patience=5, restore_best_weights=True)
    model = network(**params).set_callbacks(stopping).fit(X, y, **VALIDATION)
    assert model.n_iter_ > stopping.best_epoch_
    best = network(**{**params, "max_iter": stopping.best_epoch_}).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), best.predict_proba(X))
    assert model.evaluate(X_val, y_val)["loss"] == pytest.approx(stopping.best_value_, rel=1e-6)
    last = network(**params).set_callbacks(EarlyStopping(patience=5)).fit(X, y, **VALIDATION)
    assert last.n_iter_ == model.n_iter_
    assert not np.array_equal(last.predict_proba(X), model.predict_proba(X))


def test_a_metric_that_is_undefined_is_no_improvement():
    def undefined(estimator, X, y):
        return np.nan

    stopping = EarlyStopping("undefined", mode="max", patience=3)
    assert network(metrics=[undefined]).set_callbacks(stopping).fit(X, y).n_iter_ == 4


def test_a_regressor_and_an_autoencoder_are_followed_too():
    for model, data in ((FNNRegressor(), (X, y)), (FNNAutoencoder(), (X,))):
        stopping = EarlyStopping("loss", patience=1, min_delta=1.0)
        assert model.set_callbacks(stopping).fit(*data).n_iter_ < 10


@pytest.mark.parametrize(("monitor", "message"), [
    ("val_loss", r"'val_loss'.*only \['learning_rate', 'loss', 'seconds'\].*X_val and y_val"),
    ("accuracy", r"Give the estimator metrics=\[\.\.\., 'accuracy'\]"),
    ("val_r2", r"metrics=\[\.\.\., 'r2'\].*X_val and y_val"),
])  # fmt: skip
def test_a_column_that_is_not_there(monitor, message):
    model = network().set_callbacks(EarlyStopping(monitor))
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")


@pytest.mark.parametrize(("make", "message"), [
    (lambda: EarlyStopping("seconds"), "mode='max' or mode='min'"),
    (lambda: EarlyStopping(mode="largest"), "EarlyStopping: mode must be 'auto', 'min' or 'max'"),
    (lambda: EarlyStopping(patience=-1), "patience must be an int from 0 on. Got -1"),
    (lambda: EarlyStopping(patience=True), "patience must be an int"),
    (lambda: EarlyStopping(min_delta=-0.1), "min_delta must be a number from 0 on"),
    (lambda: EarlyStopping(start_from_epoch=1.5), "start_from_epoch must be an int"),
    (lambda: EarlyStopping(3), "monitor must be a column of history_. Got 3"),
    (lambda: ModelCheckpoint("a", every=0), "every must be an int from 1 on"),
    (lambda: ModelCheckpoint(None), "path must be a path"),
    (lambda: ModelCheckpoint("a", monitor="seconds"), "mode='max' or mode='min'"),
    (lambda: CSVLogger(3), "path must be a path"),
    (lambda: TensorBoard("a", weights_every=-1), "weights_every must be an int from 0 on"),
])  # fmt: skip
def test_a_bad_argument_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(("monitor", "sign"), [
    ("loss", -1), ("val_mse", -1), ("mean_absolute_error", -1), ("val_r2", 1), ("acc", 1),
    ("neg_mean_squared_error", 1), ("roc_auc", 1), ("f1_score", 1), ("zero_one_loss", -1),
])  # fmt: skip
def test_the_direction_follows_from_the_name(monitor, sign):
    assert EarlyStopping(monitor)._sign == sign
    assert EarlyStopping(monitor, mode="min")._sign == -1


def test_an_ensemble_for_tables_is_refused_with_the_reason():
    model = TabularFNNClassifier(n_members=1, max_iter=1).set_callbacks(EarlyStopping("loss"))
    with pytest.raises(TypeError, match="EarlyStopping follows the epochs of FNNClassifier"):
        model.fit(X, y)


# ------------------------------------------------------------------ shared by copies


def test_one_callback_serves_the_fits_of_a_search():
    stopping = EarlyStopping("loss", patience=2, min_delta=0.01)
    plain = make_pipeline(StandardScaler(), network(max_iter=100))
    model = make_pipeline(StandardScaler(), network(max_iter=100).set_callbacks(stopping))
    grid = {"fnnclassifier__learning_rate_init": [0.001, 0.1]}
    for n_jobs in (1, 2):
        search = GridSearchCV(model, grid, cv=2, n_jobs=n_jobs).fit(X, y)
        assert search.best_estimator_[-1].n_iter_ < 100
    assert "_running" not in vars(pickle.loads(pickle.dumps(stopping)))
    assert len(stopping._running) == 0
    alone = clone(model[-1]).set_params(learning_rate_init=0.1)
    again = clone(alone)  # the same object serves it
    assert alone.fit(X, y).n_iter_ == again.fit(X, y).n_iter_ < plain.fit(X, y)[-1].n_iter_


def test_a_repr_gives_the_arguments():
    assert repr(EarlyStopping("loss", patience=3)) == (
        "EarlyStopping(monitor='loss', mode='auto', patience=3, min_delta=0.0, "
        "start_from_epoch=0, restore_best_weights=False)"
    )


# ------------------------------------------------------------------ ModelCheckpoint


def load(path):
    import skops.io

    from skfnn.export import skops_trusted_types

    return skops.io.load(path, trusted=skops_trusted_types())


@pytest.fixture
def skops():
    return pytest.importorskip("skops.io")


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_second_epoch_is_written(tmp_path, skops, solver):
    checkpoint = ModelCheckpoint(tmp_path / "runs" / "{epoch:03d}-{loss:.1f}.skops", every=2)
    model = network(solver=solver).set_callbacks(checkpoint).fit(X, y)
    names = [f"{n:03d}-{model.loss_curve_[n - 1]:.1f}.skops" for n in (2, 4, 6, 8)]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == names
    assert checkpoint.last_path_ == tmp_path / "runs" / names[-1]
    kept = load(tmp_path / "runs" / names[1])
    short = network(solver=solver, max_iter=4).fit(X, y)
    np.testing.assert_array_equal(kept.predict_proba(X), short.predict_proba(X))
    assert not hasattr(kept, "_skl_callbacks")


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_only_the_best_is_written(tmp_path, skops, monitor):
    path = tmp_path / "best.skops"
    checkpoint = ModelCheckpoint(path, monitor=monitor)
    model = network(learning_rate_init=1.0, max_iter=40, metrics="accuracy")
    curve = model.set_callbacks(checkpoint).fit(X, y, **VALIDATION).history_[monitor]
    best = curve.idxmin() if monitor == "val_loss" else curve.idxmax()
    assert best < model.n_iter_
    kept = load(path)
    assert (kept.n_iter_, checkpoint.best_value_) == (best, curve[best])
    assert [path.name for path in tmp_path.iterdir()] == ["best.skops"]


def test_a_checkpoint_can_be_pickled_and_so_goes_to_other_processes(tmp_path, skops):
    """Seen: it held a module, which no pickle can."""
    checkpoint = ModelCheckpoint(tmp_path / "{epoch}.skops", monitor="val_loss")
    stored = pickle.dumps(network().set_callbacks(checkpoint))
    assert b"._base" not in stored  # no private module
    assert b"._checkpoint" not in stored
    pickle.loads(stored).fit(X, y, **VALIDATION)
    assert list(tmp_path.glob("*.skops"))


def test_a_fit_goes_on_from_a_checkpoint(tmp_path, skops):
    path = tmp_path / "model.skops"
    network().set_callbacks(ModelCheckpoint(path)).fit(X, y)
    model = load(path).set_params(warm_start=True)
    again = network(warm_start=True).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))
    for going_on in (model, again):
        going_on.fit(X, y)
    assert len(model.history_) == 16
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))


def test_a_file_that_cannot_be_written_leaves_the_one_before(tmp_path, skops, monkeypatch):
    path = tmp_path / "model.skops"
    checkpoint = ModelCheckpoint(path)
    network().set_callbacks(checkpoint).fit(X, y)
    before = path.read_bytes()

    def full(model, file):
        file.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr("skops.io.dump", full)
    model = network().set_callbacks(checkpoint)
    with pytest.raises(OSError, match="No space"):
        model.fit(X, y)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# ------------------------------------------------------------------ OptunaPruning


class Trial:
    """What of a trial of Optuna the callback uses."""

    def __init__(self, prune_at=None, direction="MINIMIZE"):
        self.study = SimpleNamespace(direction=SimpleNamespace(name=direction))
        self.prune_at, self.reported = prune_at, []

    def report(self, value, step):
        self.reported.append((step, value))

    def should_prune(self):
        return self.prune_at is not None and len(self.reported) >= self.prune_at


def test_a_trial_is_told_each_value_and_can_end_the_fit():
    optuna = pytest.importorskip("optuna")
    whole = Trial()
    model = network().set_callbacks(OptunaPruning(whole)).fit(X, y, **VALIDATION)
    assert whole.reported == list(enumerate(model.history_["val_loss"], start=1))
    pruned = Trial(prune_at=3)
    model = network().set_callbacks(OptunaPruning(pruned))
    with pytest.raises(optuna.TrialPruned, match="epoch 3"):
        model.fit(X, y, **VALIDATION)
    assert pruned.reported == whole.reported[:3]
    assert not hasattr(model, "coefs_")


def test_the_first_fit_of_cross_validation_reports():
    pytest.importorskip("optuna")
    trial = Trial()
    model = network().set_callbacks(OptunaPruning(trial, "loss"))
    cross_val_score(model, X, y, cv=2, error_score="raise")
    assert [step for step, _ in trial.reported] == list(range(1, 9))


def test_the_direction_of_the_study_must_be_that_of_the_column():
    pytest.importorskip("optuna")
    with pytest.raises(ValueError, match=r"direction='maximize'.*direction='minimize', or mode="):
        OptunaPruning(Trial(direction="MAXIMIZE"))
    OptunaPruning(Trial(direction="MAXIMIZE"), "val_accuracy")


def test_a_study_of_optuna_prunes():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial):
        rate = trial.suggest_float("learning_rate_init", 1e-5, 1e-1, log=True)
        model = network(learning_rate_init=rate).set_callbacks(OptunaPruning(trial))
        return model.fit(X, y, **VALIDATION).history_["val_loss"].min()

    sampler = optuna.samplers.RandomSampler(seed=0)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=2)
    study = optuna.create_study(direction="minimize", sampler=sampler, pruner=pruner)
    study.optimize(objective, n_trials=8)
    states = [trial.state.name for trial in study.trials]
    assert set(states) == {"COMPLETE", "PRUNED"}
    assert study.best_trial.params["learning_rate_init"] > 1e-3


# ------------------------------------------------------------------ log files


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_file_is_the_history(tmp_path, solver):
    logger = CSVLogger(tmp_path / "logs" / "log.csv")
    model = network(solver=solver, metrics="accuracy", early_stopping=True, max_iter=5)
    model.set_callbacks(logger).fit(X, y)
    log = pd.read_csv(logger.path, index_col="epoch")
    pd.testing.assert_frame_equal(log, model.history_, check_index_type=False)
    model.fit(X, y)  # another fit begins anew
    assert len(pd.read_csv(logger.path)) == len(model.history_) == 5


def test_a_row_is_in_the_file_when_the_epoch_is_over(tmp_path):
    rows = []

    class Reader:
        def setup(self, estimator, context): ...
        def teardown(self, estimator, context): ...
        def on_fit_task_begin(self, estimator, context): ...
        def on_fit_task_end(self, estimator, context):
            with open(tmp_path / "log.csv", newline="") as file:
                rows.append(len(list(csv.reader(file))))

    network(max_iter=3).set_callbacks(CSVLogger(tmp_path / "log.csv"), Reader()).fit(X, y)
    assert rows[:3] == [2, 3, 4]  # with the header


def test_what_goes_on_appends(tmp_path):
    logger = CSVLogger(tmp_path / "log.csv")
    model = network(warm_start=True, max_iter=3).set_callbacks(logger)
    for _ in range(2):
        model.fit(X, y)
    assert pd.read_csv(logger.path)["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    earlier = pickle.loads(pickle.dumps(model))
    model.fit(X, y)
    earlier.set_callbacks(logger).fit(X, y)  # as after a crash: rows from 7 on are written again
    log = pd.read_csv(logger.path, index_col="epoch")
    pd.testing.assert_frame_equal(log, earlier.history_, check_index_type=False)
    online = network().set_callbacks(logger)
    for _ in range(3):
        online.partial_fit(X, y, classes=[0, 1, 2])
    assert pd.read_csv(logger.path)["epoch"].tolist() == [1, 2, 3]


def test_a_file_with_other_columns_is_left_alone(tmp_path):
    logger = CSVLogger(tmp_path / "log.csv")
    model = network(warm_start=True, max_iter=2).fit(X, y)
    logger.path.write_text("epoch,pain\n1,2\n")
    with pytest.raises(ValueError, match=r"has the columns \['epoch', 'pain'\].*another path"):
        model.set_callbacks(logger).fit(X, y)
    assert logger.path.read_text() == "epoch,pain\n1,2\n"


def test_phases_of_pretraining_stand_in_the_file(tmp_path):
    logger = CSVLogger(tmp_path / "log.csv")
    model = network(pretrain="autoencoder", max_iter=2).set_callbacks(logger).fit(X, y)
    fit = model.history_.query("phase == 'fit'")
    pd.testing.assert_frame_equal(
        pd.read_csv(logger.path, index_col="epoch"), fit, check_index_type=False
    )


def test_tensorboard_reads_what_was_written(tmp_path):
    pytest.importorskip("tensorboardX")
    board = TensorBoard(tmp_path, weights_every=4)
    model = network(metrics="accuracy").set_callbacks(board).fit(X, y, **VALIDATION)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["train", "validation"]
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    runs = {}
    for run in ("train", "validation"):
        runs[run] = reader.EventAccumulator(str(tmp_path / run)).Reload()
    assert set(runs["validation"].Tags()["scalars"]) == {"loss", "accuracy"}
    assert set(runs["train"].Tags()["scalars"]) == {"loss", "accuracy", "learning_rate", "seconds"}
    assert len(runs["train"].Tags()["histograms"]) == 4
    for run, prefix in (("train", ""), ("validation", "val_")):
        events = runs[run].Scalars("accuracy")
        assert [event.step for event in events] == list(range(1, 9))
        np.testing.assert_allclose(
            [event.value for event in events], model.history_[f"{prefix}accuracy"], rtol=1e-6
        )


@pytest.mark.parametrize(("make", "module", "install"), [
    (lambda: TensorBoard("logs"), "tensorboardX", r"pip install 'skfnn\[tensorboard\]'"),
    (lambda: ModelCheckpoint("a"), "skops.io", r"pip install 'skfnn\[callbacks\]'"),
    (lambda: OptunaPruning(Trial()), "optuna", "pip install optuna"),
])  # fmt: skip
def test_a_missing_package_is_named(monkeypatch, make, module, install):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(ImportError, match=install):
        make()


IN_A_NOTEBOOK = """
import nbformat
from nbclient import NotebookClient

cell = '''
from sklearn.callback import ProgressBar
from sklearn.datasets import load_iris
from skfnn import FNNClassifier
model = FNNClassifier(max_iter=5, tol=1).set_callbacks(ProgressBar())
model.fit(*load_iris(return_X_y=True));
'''
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
NotebookClient(notebook, kernel_name="python3").execute()
print("widget-view" in str(notebook.cells[0].outputs), "100%" in str(notebook.metadata))
"""


def test_progress_bars_stay_in_a_notebook_that_is_saved_with_its_widgets():
    for name in ("nbclient", "ipykernel", "ipywidgets", "rich"):
        pytest.importorskip(name)
    for _ in range(5):
        try:
            done = subprocess.run([sys.executable, "-c", IN_A_NOTEBOOK], capture_output=True,
                                  text=True, timeout=60)  # fmt: skip
            break
        except subprocess.TimeoutExpired:
            pass  # at a cell with widgets nbclient may wait for ever: jupyter/nbclient#312
    else:
        pytest.fail("the notebook did not end within a minute, five times")
    assert done.stdout.split() == ["True", "True"], done.stderr

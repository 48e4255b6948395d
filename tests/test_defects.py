"""The defects of MLP* are not inherited; determinism, copies, threads and interrupts.

Numbers are those of "Defects of MLP* that must not be inherited" in the field notes.
"""

import copy
import hashlib
import inspect
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import joblib
import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from skfnn import FNNClassifier, FNNRegressor
from skfnn.layers import BatchNorm, Dense, Dropout, Skip
from skfnn.optimizers import Adam

MINIBATCH = ["adam", "sgd", "adagrad", "rmsprop", "adamw", "nadam"]
SOLVERS = [*MINIBATCH, "lbfgs"]
unfinished = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
BLOCK = [Dense(6, "gelu"), BatchNorm(), Skip([Dense(5, "relu"), Dropout(0.2)])]


def blobs(n=120, n_classes=3, seed=0):
    """Return features and labels that a linear model tells apart, mostly."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    return rng.normal(size=(n, 4)) + 2 * np.eye(n_classes, 4)[y], y


def waves(n=120, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    return X, np.sin(2 * X[:, 0]) + X[:, 1]


def digest(model):
    """Return a hash of every bit of the weights and of the loss curve."""
    arrays = [*model.coefs_, *model.intercepts_, np.array(model.loss_curve_)]
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()


# ------------------------------------------------------------------ 1: several outputs


@pytest.mark.parametrize("n_outputs", [1, 2, 7])
def test_defect_01_multi_output_lbfgs_solves_least_squares(n_outputs):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 4))
    Y = X @ rng.normal(size=(4, n_outputs)) + 3 + 0.1 * rng.normal(size=(80, n_outputs))
    model = FNNRegressor((), solver="lbfgs", alpha=0, tol=1e-8, random_state=0)
    model.fit(X, Y if n_outputs > 1 else Y[:, 0])  # a failed line search would warn: an error
    exact, *_ = np.linalg.lstsq(np.c_[X, np.ones(80)], Y)
    np.testing.assert_allclose(model.coefs_[0], exact[:-1], atol=1e-6)
    np.testing.assert_allclose(model.intercepts_[0], exact[-1], atol=1e-6)
    assert model.n_iter_ < 30


@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
@unfinished
def test_defect_01_multi_output_loss_is_summed(solver):
    X, y = waves()
    Y = np.c_[y, 2 * y, -y]
    model = FNNRegressor((10,), solver=solver, alpha=0, max_iter=30, random_state=0).fit(X, Y)
    mean = 0.5 * ((model.predict(X) - Y) ** 2).sum(axis=1).mean()
    assert model.evaluate(X, Y)["loss"] == pytest.approx(mean, rel=1e-5)
    if solver == "lbfgs":  # an epoch's loss is an average over its steps, L-BFGS' is exact
        assert model.loss_ == pytest.approx(mean, rel=1e-9)
        assert np.all(np.diff(model.loss_curve_) < 0)


# ------------------------------------------------------------------ 2: stratified split


class Counts:
    """A scorer that keeps the labels it is given."""

    def __init__(self):
        self.seen = []

    def __call__(self, estimator, X, y):
        labels, counts = np.unique(y, return_counts=True)
        self.seen.append(dict(zip(labels.tolist(), counts.tolist(), strict=True)))
        return float(estimator.score(X, y))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(
    "counts", [{"a": 70, "b": 30}, {"a": 60, "b": 30, "c": 10}, {5: 40, 6: 30, 7: 20, 8: 10}]
)
@unfinished
def test_defect_02_split_is_stratified(counts, solver, seed):
    y = np.repeat(list(counts), list(counts.values()))
    X = np.random.default_rng(seed).normal(size=(100, 3))
    scorer = Counts()
    FNNClassifier(
        (4,), solver=solver, early_stopping=True, scoring=scorer, max_iter=2, random_state=seed
    ).fit(X, y)
    assert scorer.seen
    for seen in scorer.seen:
        assert seen == {label: count // 10 for label, count in counts.items()}


# ------------------------------------------------------------------ 3: warm start


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_defect_03_warm_start_after_convergence(solver, early_stopping):
    X, y = blobs(n_classes=2)
    scoring = "loss" if early_stopping else None
    model = FNNClassifier(
        (8,), solver=solver, warm_start=True, early_stopping=early_stopping, scoring=scoring,
        tol=1e-3, learning_rate_init=0.02, max_iter=400, random_state=0,
    )  # fmt: skip
    first = model.fit(X, y).n_iter_
    assert first > model.n_iter_no_change
    assert model.score(X, 1 - y) < 0.3
    model.fit(X, 1 - y)
    assert model.n_iter_ > model.n_iter_no_change
    assert model.score(X, 1 - y) > 0.8
    assert len(model.history_) == first + model.n_iter_


def test_defect_03_warm_start_counts_patience_anew():
    X, y = blobs()
    model = FNNClassifier((8,), warm_start=True, tol=1e9, n_iter_no_change=6, random_state=0)
    epochs = [model.fit(X, y).n_iter_ for _ in range(3)]
    assert epochs == [epochs[0]] * 3
    assert epochs[0] > 6


@unfinished
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("sizes", [(9,), (8, 8), ()])
def test_defect_03_warm_start_refuses_another_architecture(sizes, solver):
    X, y = blobs()
    model = FNNClassifier((8,), solver=solver, warm_start=True, max_iter=2, random_state=0)
    model.fit(X, y)
    with pytest.raises(ValueError, match=r"warm_start.*hidden"):
        model.set_params(hidden_layer_sizes=sizes).fit(X, y)


# ------------------------------------------------------------------ 4: precision


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("given", [np.float32, np.float64])
@unfinished
def test_defect_04_one_precision_throughout(given, dtype, solver):
    X, y = waves()
    X = X.astype(given)
    model = FNNRegressor((5,), solver=solver, dtype=dtype, max_iter=3, random_state=0)
    model.fit(X, y.astype(np.float64), sample_weight=np.ones(len(y)))
    assert {a.dtype for a in (*model.coefs_, *model.intercepts_)} == {np.dtype(dtype)}
    assert model.predict(X).dtype == given
    assert model.predict(sparse.csr_array(X)).dtype == given


@pytest.mark.parametrize(("solver", "dtype"), [("adam", "float32"), ("lbfgs", "float64")])
@unfinished
def test_defect_04_auto_precision(solver, dtype):
    X, y = blobs()
    model = FNNClassifier((5,), solver=solver, max_iter=2, random_state=0).fit(X, y)
    assert {a.dtype for a in (*model.coefs_, *model.intercepts_)} == {np.dtype(dtype)}
    assert model.decision_function(X.astype(np.float32)).dtype == np.float32
    assert model.decision_function(X).dtype == np.float64


# ------------------------------------------------------------------ 5: sample weights

PLAIN = {
    "solver": "sgd",
    "momentum": 0,
    "alpha": 0,
    "batch_size": 20,
    "shuffle": False,
    "dtype": "float64",
    "random_state": 0,
}


@unfinished
def test_defect_05_weights_are_relative_to_the_global_mean():
    X, y = waves(40)
    weight = np.r_[np.full(20, 1.0), np.full(20, 7.0)]
    common = {**PLAIN, "hidden_layer_sizes": (), "max_iter": 1}
    start = FNNRegressor(learning_rate_init=1e-200, **common).fit(X, y, weight)
    model = FNNRegressor(learning_rate_init=0.1, **common).fit(X, y, weight)
    W, b = start.coefs_[0][:, 0].copy(), float(start.intercepts_[0][0])
    for rows in (slice(0, 20), slice(20, 40)):
        residual = (X[rows] @ W + b - y[rows]) * weight[rows] / weight.mean()
        W, b = W - 0.1 * X[rows].T @ residual / 20, b - 0.1 * residual.mean()
    np.testing.assert_allclose(model.coefs_[0][:, 0], W, rtol=1e-12)
    np.testing.assert_allclose(model.intercepts_[0][0], b, rtol=1e-12)


@pytest.mark.parametrize("solver", MINIBATCH)
@unfinished
def test_defect_05_a_batch_of_zero_weights_is_no_division_by_zero(solver):
    X, y = blobs()
    weight = np.r_[np.zeros(40), np.ones(80)]
    model = FNNClassifier(
        (5,), solver=solver, shuffle=False, batch_size=20, max_iter=3, random_state=0
    ).fit(X, y, sample_weight=weight)
    assert np.isfinite(model.loss_curve_).all()
    assert np.isfinite(model.predict_proba(X)).all()


@unfinished
def test_defect_05_a_batch_of_zero_weights_changes_nothing():
    X, y = waves(40)
    common = {**PLAIN, "hidden_layer_sizes": (4,), "max_iter": 2}
    weight = np.r_[np.full(20, 2.0), np.zeros(20)]
    model = FNNRegressor(**common).fit(X, y, weight)
    garbage = np.r_[y[:20], 1e6 * y[20:]]
    other = FNNRegressor(**common).fit(X, garbage, weight)
    assert digest(model) == digest(other)


# ------------------------------------------------------------------ 6: partial_fit


@pytest.mark.parametrize(
    "params",
    [
        {"solver": "sgd"},
        {"solver": "adam", "dropout": 0.3},
        {"solver": "nadam", "learning_rate": "one_cycle"},
        {"solver": "rmsprop", "batch_norm": "before"},
        {"solver": "sgd", "learning_rate": "invscaling"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_defect_06_partial_fit_goes_on_as_fit_does(params):
    X, y = blobs()
    params = dict(hidden_layer_sizes=(6,), batch_size=32, max_iter=4, random_state=3, **params)
    whole = FNNClassifier(**params).fit(X, y)
    steps = FNNClassifier(**params)
    for _ in range(4):
        steps.partial_fit(X, y, classes=[0, 1, 2])
    assert digest(steps) == digest(whole)


@pytest.mark.parametrize("seed", [0, 7])
def test_defect_06_partial_fit_takes_a_new_order_every_call(seed):
    X, y = waves(60)
    params = {**PLAIN, "hidden_layer_sizes": (), "batch_size": 1, "shuffle": True}
    model = FNNRegressor(**params).set_params(random_state=seed).partial_fit(X, y)
    replay = FNNRegressor(**params).set_params(random_state=seed).partial_fit(X, y)
    reseeded = copy.deepcopy(model).set_params(random_state=seed + 1)
    replay._fitted = replace(
        replay._fitted, progress=None
    )  # a second call that draws its order from the seed again
    model.partial_fit(X, y)
    assert digest(replay.partial_fit(X, y)) != digest(model)
    assert digest(reseeded.partial_fit(X, y)) == digest(model)  # the seed is not read again


@pytest.mark.parametrize("cls", [FNNClassifier, FNNRegressor])
def test_defect_06_no_partial_fit_for_lbfgs(cls):
    assert not hasattr(cls(solver="lbfgs"), "partial_fit")
    assert hasattr(cls(solver="adam"), "partial_fit")


# ------------------------------------------------------------------ 7: log-probabilities, one class


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@unfinished
def test_defect_07_log_probabilities_are_finite_where_probabilities_are_not(dtype, n_classes, loss):
    X, y = blobs(n_classes=n_classes)
    model = FNNClassifier((8,), loss=loss, max_iter=20, random_state=0).fit(X, y)
    far = (X * 1e5).astype(dtype)
    probability, log_probability = model.predict_proba(far), model.predict_log_proba(far)
    assert probability.min() == np.finfo(np.float64).tiny  # would be 0
    assert np.isfinite(log_probability).all()
    np.testing.assert_allclose(log_probability, np.log(probability), 1e-9, 1e-9)


@pytest.mark.parametrize("label", ["only", 7, False])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@unfinished
def test_defect_07_one_class_has_one_column(solver, label):
    X, _ = blobs(20)
    model = FNNClassifier((3,), solver=solver, max_iter=3, random_state=0).fit(X, [label] * 20)
    np.testing.assert_array_equal(model.predict_proba(X), np.ones((20, 1)))
    np.testing.assert_array_equal(model.predict_log_proba(X), np.zeros((20, 1)))
    np.testing.assert_array_equal(model.predict(X), [label] * 20)


# ------------------------------------------------------------------ 8: divergence


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", SOLVERS)
def test_defect_08_a_loss_that_is_not_finite_is_an_error_at_once(solver, early_stopping):
    X, y = waves()
    epochs = []

    def count(estimator, X, y):
        epochs.append(1)
        return 0.0

    model = FNNRegressor(
        solver=solver, early_stopping=early_stopping, metrics=count, max_iter=300,
        n_iter_no_change=10**6, learning_rate_init=1e6, random_state=0,
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"^Solver produced non-finite parameter weights"):
        model.fit(1e5 * X, 1e160 * y if solver == "lbfgs" else 1e15 * y)
    assert len(epochs) < 20
    assert not hasattr(model, "coefs_")


# ------------------------------------------------------------------ 9: positional parameters


@pytest.mark.parametrize("cls", [FNNClassifier, FNNRegressor])
def test_defect_09_loss_is_keyword_only(cls):
    parameters = inspect.signature(cls).parameters.values()
    positional = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    assert positional == ["hidden_layer_sizes", "activation"]
    model = cls((7, 3), "tanh")
    assert (model.hidden_layer_sizes, model.activation) == ((7, 3), "tanh")
    assert model.loss == cls().loss
    with pytest.raises(TypeError, match="positional"):
        cls((7, 3), "tanh", "squared_error")


# ------------------------------------------------------------------ 10: early stopping by L-BFGS


def test_defect_10_lbfgs_stops_early_and_brings_the_best_weights_back():
    X, y = waves(60)
    y = y + np.random.default_rng(5).normal(size=60)
    X_val, y_val = waves(60, seed=6)
    model = FNNRegressor(
        (50,), "tanh", solver="lbfgs", alpha=0, early_stopping=True, n_iter_no_change=8,
        max_iter=5000, random_state=0,
    ).fit(X, y, X_val=X_val, y_val=y_val)  # fmt: skip
    scores = model.validation_scores_
    assert len(scores) == model.n_iter_ == len(model.history_) < 1000
    assert scores[-1] < max(scores) == model.best_validation_score_
    assert model.score(X_val, y_val) == pytest.approx(max(scores), rel=1e-12)
    assert len(scores) - 1 - int(np.argmax(scores)) >= 8


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
@unfinished
def test_defect_10_verbose_prints_a_line_an_epoch(solver, early_stopping, capsys):
    X, y = waves()
    model = FNNRegressor(
        (5,), solver=solver, verbose=True, metrics="mae", max_iter=4,
        early_stopping=early_stopping, random_state=0,
    ).fit(X, y)  # fmt: skip
    lines = [line for line in capsys.readouterr().out.splitlines() if "Iteration" in line]
    assert [line.split(",")[0] for line in lines] == [f"Iteration {i}" for i in range(1, 5)]
    names = ["loss", "mae"] + (["val_loss", "val_mae"] if early_stopping else [])
    assert all(f"{name} = " in line for name in names for line in lines)
    assert f"loss = {model.loss_curve_[-1]:.8f}" in lines[-1]


# ------------------------------------------------------------------ 11: size of a pickle


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@unfinished
def test_defect_11_a_pickle_is_hardly_larger_than_the_weights(solver, early_stopping):
    X, y = blobs(100, n_classes=3)
    model = FNNClassifier(
        (500, 500), solver=solver, early_stopping=early_stopping, max_iter=3, random_state=0
    ).fit(X, y)
    weights = sum(a.nbytes for a in (*model.coefs_, *model.intercepts_))
    assert weights < len(pickle.dumps(model)) <= 1.2 * weights + 20_000


# ------------------------------------------------------------------ determinism

MODELS = {
    "adam": FNNClassifier((16, 8), max_iter=4, batch_size=32, random_state=1),
    "layers": FNNClassifier(hidden_layers=BLOCK, max_iter=4, batch_size=32, random_state=1),
    "early": FNNClassifier((16,), early_stopping=True, solver="sgd", max_iter=4, random_state=1),
    "one_cycle": FNNClassifier(
        (16,), dropout=0.2, solver="adamw", learning_rate="one_cycle", max_iter=4, random_state=1
    ),
    "lbfgs": FNNClassifier((16,), "tanh", solver="lbfgs", max_iter=4, random_state=1),
}
every_model = pytest.mark.parametrize("name", MODELS)


@pytest.fixture
def one_thread():
    with threadpool_limits(1):
        yield


@every_model
@unfinished
def test_the_same_seed_gives_the_same_bits(name):
    X, y = blobs(200)
    model = clone(MODELS[name])
    first = digest(model.fit(X, y))
    assert digest(model.fit(X, y)) == first
    assert digest(clone(model).fit(X, y)) == first
    assert digest(clone(model).set_params(random_state=2).fit(X, y)) != first


@pytest.mark.usefixtures("one_thread")
@unfinished
def test_the_same_bits_in_a_worker_process():
    X, y = blobs(200)
    here = [digest(clone(model).fit(X, y)) for model in MODELS.values()]
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        fitted = joblib.Parallel(n_jobs=2)(
            joblib.delayed(clone(model).fit)(X, y) for model in MODELS.values()
        )
    assert [digest(model) for model in fitted] == here


@pytest.mark.usefixtures("one_thread")
@unfinished
def test_the_same_bits_in_another_process(tmp_path):
    X, y = blobs(200)
    models = [clone(model) for model in MODELS.values()]
    (tmp_path / "task.pickle").write_bytes(pickle.dumps((models, X, y)))
    code = (
        "import pickle, pathlib, warnings; warnings.simplefilter('ignore')\n"
        "models, X, y = pickle.loads(pathlib.Path('task.pickle').read_bytes())\n"
        "fitted = [model.fit(X, y) for model in models]\n"
        "pathlib.Path('done.pickle').write_bytes(pickle.dumps(fitted))\n"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    there = pickle.loads((tmp_path / "done.pickle").read_bytes())
    assert [digest(model) for model in there] == [digest(m.fit(X, y)) for m in models]


# ------------------------------------------------------------------ copies


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=["deepcopy", "pickle"],
)  # fmt: skip
class TestCopies:
    @every_model
    @unfinished
    def test_a_copy_predicts_the_same(self, name, duplicate):
        X, y = blobs(200)
        model = clone(MODELS[name]).fit(X, y)
        twin = duplicate(model)
        np.testing.assert_array_equal(twin.predict(X), model.predict(X))
        np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
        assert digest(twin) == digest(model)
        assert twin.history_.equals(model.history_)
        assert twin.evaluate(X, y) == model.evaluate(X, y)

    @pytest.mark.parametrize(
        "model",
        [
            FNNClassifier((8,), batch_size=32, random_state=0),
            FNNClassifier((8,), batch_size=32, random_state=None),
            FNNClassifier((8,), batch_size=32, solver=Adam(beta_1=0.8), random_state=0),
            FNNClassifier((8,), batch_size=32, solver="sgd", learning_rate="invscaling"),
            FNNClassifier(hidden_layers=BLOCK, batch_size=32, solver="nadam", random_state=0),
        ],
        ids=["adam", "no seed", "Adam()", "sgd", "layers"],
    )
    def test_a_copy_goes_on_training_to_the_same_bits(self, model, duplicate):
        X, y = blobs(200)
        model = clone(model).partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X, y)
        before = digest(model)
        twin = duplicate(model)
        for _ in range(3):
            twin.partial_fit(X, y)
        assert digest(model) == before  # nothing is shared
        for _ in range(3):
            model.partial_fit(X, y)
        assert digest(twin) == digest(model) != before


# ------------------------------------------------------------------ threads


@pytest.mark.parametrize("as_sparse", [False, True], ids=["dense", "csr"])
@pytest.mark.parametrize("name", ["adam", "layers", "lbfgs"])
@unfinished
def test_eight_threads_predict_as_one_does(name, as_sparse):
    model = clone(MODELS[name]).fit(*blobs(200))
    parts = [blobs(3000 + 100 * i, seed=i)[0] for i in range(8)] * 3
    if as_sparse:
        parts = [sparse.csr_array(part) for part in parts]
    serial = [model.predict_proba(part) for part in parts]
    with ThreadPoolExecutor(8) as pool:
        threaded = list(pool.map(model.predict_proba, parts))
    for one, other in zip(serial, threaded, strict=True):
        np.testing.assert_array_equal(one, other)


# ------------------------------------------------------------------ interrupts


class Interrupt:
    """A scorer that presses Ctrl-C in one epoch."""

    def __init__(self, epoch):
        self.epoch, self.calls = epoch, 0

    def __call__(self, estimator, X, y):
        self.calls += 1
        if self.calls == self.epoch:
            raise KeyboardInterrupt
        return 0.0


@pytest.mark.parametrize("batch_norm", [None, "before"])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.filterwarnings("ignore:(Stochastic|L-BFGS)")
def test_an_interrupt_keeps_the_last_finished_epoch(solver, batch_norm):
    X, y = blobs(200)
    params = {"hidden_layer_sizes": (8,), "solver": solver, "batch_norm": batch_norm}
    model = FNNClassifier(metrics=Interrupt(3), max_iter=50, random_state=0, **params)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(X, y)
    assert model.n_iter_ == len(model.history_) == len(model.loss_curve_) == 2
    two = FNNClassifier(max_iter=2, random_state=0, **params).fit(X, y)
    assert digest(model) == digest(two)
    assert model.loss_ == two.loss_
    np.testing.assert_array_equal(model.predict_proba(X), two.predict_proba(X))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_an_interrupt_in_the_first_epoch_leaves_a_model_that_predicts(solver):
    X, y = blobs()
    model = FNNClassifier((8,), solver=solver, metrics=Interrupt(1), random_state=0)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(X, y)
    assert model.n_iter_ == 0
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_an_interrupt_under_early_stopping_keeps_the_best(solver):
    X, y = blobs(200)
    model = FNNClassifier(
        (8,),
        solver=solver,
        early_stopping=True,
        metrics=Interrupt(7),
        random_state=0,
        learning_rate_init=0.05,
    )  # train and validation rows: two calls an epoch
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(X, y)
    assert model.n_iter_ == len(model.validation_scores_) == 3
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.score(X, y) > 0.2

"""What a user does with the estimators."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.datasets import load_iris, make_multilabel_classification, make_regression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer, log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from skfnn import FNNClassifier, FNNRegressor
from skfnn.activations import ELU
from skfnn.layers import BatchNorm, Dense, Dropout, Skip
from skfnn.losses import Loss
from skfnn.metrics import MeanAbsoluteError
from skfnn.optimizers import Adam
from skfnn.schedules import Schedule
from skfnn.solvers import Solver
from skfnn.solvers._choice import solver_names

X, Y = scale(load_iris().data), load_iris().target
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
BRIEF = {"tol": 1e9, "n_iter_no_change": 2, "random_state": 0}


@quiet
def test_the_grid_copied_from_the_web_runs():
    grid = {
        "hidden_layer_sizes": [(50, 50, 50), (50, 100, 50), (100,)],
        "activation": ["tanh", "relu"],
        "solver": ["sgd", "adam"],
        "alpha": [0.0001, 0.05],
        "learning_rate": ["constant", "adaptive"],
    }
    search = GridSearchCV(FNNClassifier(max_iter=3, random_state=0), grid, n_jobs=-1, cv=5)
    search.fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@quiet
def test_objects_nest_in_a_grid_search():
    grid = {
        "solver__beta_1": [0.8, 0.9],
        "hidden_layer_sizes": [(8,), (8, 8)],
        "activation": ["relu", ELU(), ["tanh", "silu"]],
    }
    model = FNNClassifier(solver=Adam(), max_iter=5, random_state=0)
    grid = [
        {**grid, "hidden_layer_sizes": [(8, 8)]},
        {"hidden_layers": [[Dense(8, "relu")], [Dense(4, "gelu"), Skip([Dense(4), Dropout(0.1)])]]},
    ]
    search = GridSearchCV(model, grid, cv=3).fit(X, Y)
    assert len(search.cv_results_["params"]) == 8
    assert "FNNClassifier" in search._repr_html_()


@pytest.mark.parametrize("solver", [*solver_names(), "auto"])
@quiet
def test_every_solver_publishes_everything(solver):
    model = FNNClassifier((8,), solver=solver, max_iter=10, metrics=["acc"], random_state=0)
    model.fit(X, Y)
    assert model.n_iter_ == len(model.loss_curve_) == len(model.history_)
    assert model.loss_curve_[-1] == pytest.approx(model.loss_, rel=1e-6)
    assert min(model.loss_curve_) == model.best_loss_
    assert model.t_ == model.n_iter_ * len(X)
    assert model.n_layers_ == 3
    assert model.n_outputs_ == 3
    assert model.out_activation_ == "softmax"
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None
    assert list(model.history_.columns) == ["loss", "acc", "learning_rate", "seconds"]
    assert model.history_["acc"].iloc[-1] == pytest.approx(model.score(X, Y))
    assert [w.shape for w in model.coefs_] == [(4, 8), (8, 3)]
    full_batch = solver in Solver.registry and Solver.registry[solver].full_batch
    expected = np.float64 if full_batch or solver == "auto" else np.float32
    assert all(w.dtype == expected for w in model.coefs_ + model.intercepts_)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@quiet
def test_verbose_prints_a_line_an_epoch(solver, capsys):
    model = FNNClassifier((5,), solver=solver, max_iter=4, metrics="acc", verbose=1)
    model.fit(X, Y, X_val=X, y_val=Y)
    lines = [line for line in capsys.readouterr().out.splitlines() if "Iteration" in line]
    assert len(lines) == model.n_iter_
    assert all(name in lines[0] for name in ("loss = ", "acc = ", "val_loss = ", "val_acc = "))


@pytest.mark.parametrize("name", Schedule.registry)
@quiet
def test_the_learning_rate_in_the_history_follows_the_schedule(name):
    model = FNNClassifier(
        (5,),
        learning_rate=name,
        learning_rate_init=0.01,
        max_iter=10,
        tol=0 if name != "adaptive" else 1e9,
        n_iter_no_change=2,
        batch_size=150,
        random_state=0,
    ).fit(X, Y)
    schedule = Schedule.registry[name]()
    rates = model.history_["learning_rate"].to_numpy()
    if name == "adaptive":
        assert rates[0] == 0.01
        np.testing.assert_allclose(np.unique(rates)[::-1][:3], [0.01, 0.002, 0.0004])
    else:
        expected = [0.01 * schedule.factor(e / 10, 150 * e, 0) for e in range(10)]
        np.testing.assert_allclose(rates, expected[: len(rates)])


SPARSE_MODELS = {
    "adam": FNNClassifier((8,), random_state=0, max_iter=20, dtype="float64", batch_size=40),
    "adam, early stopping": FNNClassifier(
        (8,), random_state=0, max_iter=20, dtype="float64", early_stopping=True, metrics=["acc"]
    ),
    "lbfgs": FNNClassifier((8,), "tanh", solver="lbfgs", random_state=0, max_iter=20),
    "skip": FNNClassifier((8,), skip_connections=True, dtype="float64", random_state=0),
    "skip, same width": FNNClassifier((4,), skip_connections=True, dtype="float64", random_state=0),
    "first layer needs an array": FNNClassifier(
        hidden_layers=[Dropout(0.1), BatchNorm(), Dense(8, "relu")], dtype="float64", random_state=0
    ),
}


@pytest.mark.parametrize("name", SPARSE_MODELS)
@pytest.mark.parametrize("weighted", [False, True])
@quiet
def test_sparse_and_dense_give_the_same(name, weighted):
    model = SPARSE_MODELS[name]
    S = sparse.csr_array(np.where(np.abs(X) > 0.7, X, 0))
    weight = np.linspace(0.5, 2, len(Y)) if weighted else None
    dense = model.fit(S.toarray(), Y, weight).predict_proba(S)
    np.testing.assert_allclose(model.fit(S, Y, weight).predict_proba(S), dense, rtol=1e-6)
    np.testing.assert_allclose(model.predict_proba(S.toarray()), dense, rtol=1e-6)


def test_a_wide_sparse_matrix_is_never_made_dense():
    rows, columns = 2000, 200_000  # 3.2 GB as an array
    S = sparse.random_array((rows, columns), density=1e-4, format="csr", rng=0)
    y = np.arange(rows) % 2
    model = FNNClassifier((2,), **BRIEF).fit(S, y)
    assert model.predict_proba(S).shape == (rows, 2)


def test_multilabel():
    A, B = make_multilabel_classification(200, random_state=0, n_classes=4)
    model = FNNClassifier((30,), solver="lbfgs", alpha=1, tol=1e-2, max_iter=1000, random_state=0)
    model.fit(scale(A), B)
    assert model.predict(scale(A)).shape == B.shape
    assert model.score(scale(A), B) > 0.8
    assert model.decision_function(scale(A)).shape == B.shape
    np.testing.assert_array_equal(model.predict_proba(scale(A)) > 0.5, model.predict(scale(A)))
    partly = FNNClassifier((30,), random_state=0)
    partly.partial_fit(scale(A), B, classes=[0, 1, 2, 3])
    assert partly.predict(scale(A)).shape == B.shape


@pytest.mark.parametrize(
    "loss", [name for name, cls in Loss.registry.items() if "regression" in cls.kinds]
)
@quiet
def test_every_regression_loss_with_several_outputs(loss):
    A, B = make_regression(200, 5, n_targets=3, random_state=0)
    B = np.exp(B / 100)
    if loss == "negative_binomial":
        B = np.floor(B)
    model = FNNRegressor(
        (20,), loss=loss, learning_rate_init=0.02, tol=1e-3, max_iter=100, random_state=0
    ).fit(A, B)
    assert model.predict(A).shape == B.shape
    assert model.score(A, B) > 0.2  # a Gaussian that learns its variance cares little for the tail
    assert model.loss_ < model.loss_curve_[0]


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        ("binary_crossentropy", Y > 0),
        ("categorical_crossentropy", Y),
        ("sparse_categorical_crossentropy", Y),
        ("categorical_crossentropy", Y > 0),
    ],
)
def test_keras_names_of_the_log_loss_mean_the_log_loss(loss, y):
    given = FNNClassifier((5,), loss=loss, **BRIEF).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(given, FNNClassifier((5,), **BRIEF).fit(X, y).predict_proba(X))


def test_binary_crossentropy_refuses_three_classes():
    with pytest.raises(ValueError, match="binary_crossentropy"):
        FNNClassifier(loss="binary_crossentropy").fit(X, Y)


@pytest.mark.parametrize("loss", ["log_loss", "squared_error", "hinge", "perceptron"])
def test_every_classification_loss_learns(loss):
    for y in (Y, Y == 2, np.array(["a", "b", "c"])[Y]):
        model = FNNClassifier((20,), loss=loss, learning_rate_init=0.02, tol=1e-3, random_state=0)
        assert model.fit(X, y).score(X, y) > 0.9
        assert hasattr(model, "predict_proba") == (loss in ("log_loss", "squared_error"))
        assert model.decision_function(X).shape == (
            (150,) if len(model.classes_) == 2 else (150, 3)
        )


@pytest.mark.parametrize(
    "params",
    [
        {"batch_norm": "before"},
        {"batch_norm": "after"},
        {"skip_connections": True, "batch_norm": "before"},
        {"dropout": [0.1, 0.3], "batch_norm": "after"},
    ],
    ids=str,
)
def test_batch_norm_with_a_last_batch_of_one_row_and_one_row_prediction(params):
    model = FNNClassifier(
        (8, 8),
        batch_size=149,
        learning_rate_init=0.02,
        random_state=0,
        max_iter=300,
        tol=1e-3,
        **params,
    ).fit(X, Y)
    assert model.score(X, Y) > 0.8
    one = np.vstack([model.predict_proba(X[i : i + 1]) for i in range(len(X))])
    np.testing.assert_allclose(one, model.predict_proba(X), atol=1e-12)
    model.set_params(batch_size="auto").partial_fit(X[:1], Y[:1])
    assert np.isfinite(model.predict_proba(X)).all()


@quiet
def test_running_moments_hold_from_the_first_batch_on():
    shifted = X + 100
    model = FNNClassifier(hidden_layers=[BatchNorm(), Dense(5)], batch_size=150, **BRIEF)
    model.set_params(max_iter=1).fit(shifted, Y)
    np.testing.assert_allclose(model._fitted.network.state[:4], shifted.mean(axis=0), rtol=1e-4)


@quiet
def test_clip_norm_bounds_the_step():
    A, b = X, 1000.0 * Y
    settings = {
        "solver": "sgd",
        "momentum": 0,
        "batch_size": 150,
        "dtype": "float64",
        "warm_start": True,
        "max_iter": 1,
        "random_state": 0,
    }
    model = FNNRegressor((5,), clip_norm=0.5, learning_rate_init=0.1, **settings)
    before = model.fit(A, b)._fitted.network.values.copy()
    model.fit(A, b)
    step = np.linalg.norm(model._fitted.network.values - before)
    assert step == pytest.approx(0.1 * 0.5)


def test_assigning_weights_changes_the_network():
    model = FNNRegressor((3,), **BRIEF).fit(X, Y)
    model.coefs_[1] = np.zeros((3, 1))
    model.intercepts_[1][:] = 7
    np.testing.assert_array_equal(model.predict(X), np.full(150, 7.0))
    model.coefs_ = [np.ones_like(w) for w in model.coefs_]
    assert (model.coefs_[0] == 1).all()
    with pytest.raises(ValueError, match="broadcast"):
        model.coefs_[0] = np.zeros((2, 2))


@quiet
def test_warm_start_goes_on_and_appends_to_the_history():
    model = FNNClassifier((8,), warm_start=True, **BRIEF).fit(X, Y)
    first, n = model.loss_, model.n_iter_
    model.fit(X, Y)
    assert model.loss_curve_[n] < model.loss_curve_[0]
    assert model.loss_ < first
    assert len(model.history_) == 2 * n
    model.set_params(solver="lbfgs", max_iter=5)
    model.fit(X, Y)  # fine-tuning in double precision
    assert model.coefs_[0].dtype == np.float64


def test_validation_data_goes_through_a_pipeline():
    with sklearn.config_context(enable_metadata_routing=True):
        network = FNNClassifier(
            (8,), early_stopping=True, scoring="loss", random_state=0, learning_rate_init=0.05
        )
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        network.set_fit_request(X_val=True, y_val=True, sample_weight=True)
        model = make_pipeline(scaler, network, transform_input=["X_val"])
        weight = np.ones(100)
        raw = load_iris().data
        train, val = slice(None, None, 3), slice(1, None, 3)
        model.fit(raw[train], Y[train], X_val=raw[val], y_val=Y[val], sample_weight=weight[:50])
        fitted = model[-1]
        assert min(fitted.history_["val_loss"]) == pytest.approx(
            log_loss(Y[val], model.predict_proba(raw[val])), rel=1e-5
        )


def test_a_frame_in_names_kept():
    frame = pd.DataFrame(X, columns=load_iris().feature_names)
    model = FNNClassifier((5,), early_stopping=True, metrics=["acc"], **BRIEF).fit(frame, Y)
    assert list(model.feature_names_in_) == load_iris().feature_names
    model.predict(frame)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.rename(columns={load_iris().feature_names[0]: "x"}))


def test_metrics_by_name_object_scorer_and_function():
    def worst(estimator, A, b):
        return np.abs(estimator.predict(A) - b).max()

    model = FNNRegressor(
        (5,),
        metrics=["mse", MeanAbsoluteError(), "neg_median_absolute_error", worst],
        **BRIEF,
    ).fit(X, Y, X_val=X[:50], y_val=Y[:50])
    names = ["mse", "mae", "neg_median_absolute_error", "worst"]
    assert set(model.history_.columns) >= {*names, *(f"val_{name}" for name in names)}
    last = model.history_.iloc[-1]
    assert last["worst"] == pytest.approx(worst(model, X, Y), rel=1e-5)
    expected = get_scorer("neg_median_absolute_error")(model, X[:50], Y[:50])
    assert last["val_neg_median_absolute_error"] == pytest.approx(expected, rel=1e-5)
    assert list(model.evaluate(X, Y)) == ["loss", *names]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"solver": "lbfgs"},
        {"clip_norm": 1.0, "solver": "adamw"},
        {"batch_norm": "after", "dropout": 0.1},
    ],
    ids=str,
)
@quiet
def test_the_step_prints_as_a_listing(params):
    model = FNNClassifier((5,), "gelu", max_iter=2, random_state=0, **params).fit(X, Y)
    lines = model.step_listing(n_rows=10).splitlines()
    assert lines[0] == "Y0 = dot(X, W0)"
    assert any(" = dot(ones," in line for line in lines)
    assert not any("array(" in line for line in lines)


def test_predict_log_proba_is_finite_where_probabilities_round_to_zero():
    A = np.array([[-1.0], [1.0]])
    model = FNNClassifier((), solver="lbfgs", alpha=1e-9, tol=1e-8, max_iter=10_000).fit(A, [0, 1])
    assert np.isfinite(model.predict_log_proba(1e4 * A)).all()
    assert (np.round(model.predict_proba(1e4 * A), 300) == np.eye(2)).all()
    reference = LogisticRegression().fit(A, [0, 1]).predict_log_proba(A)
    assert model.predict_log_proba(A).shape == reference.shape


def test_lbfgs_is_given_the_live_gradient():
    """SciPy copies the gradient it is handed; this notices if it stops to."""
    from scipy.optimize import minimize

    buffer = np.zeros(3)

    def value_and_grad(theta):
        np.multiply(2, theta - [1, 2, 3], out=buffer)
        return float(((theta - [1, 2, 3]) ** 2).sum()), buffer

    copied = minimize(
        lambda t: (value_and_grad(t)[0], buffer.copy()), np.zeros(3), jac=True, method="L-BFGS-B"
    )
    live = minimize(value_and_grad, np.zeros(3), jac=True, method="L-BFGS-B")
    np.testing.assert_array_equal(live.x, copied.x)
    assert live.nfev == copied.nfev


def test_solver_auto_takes_lbfgs_for_few_rows():
    few = FNNClassifier((5,), solver="auto", max_iter=500, tol=0.1, random_state=0).fit(X, Y)
    assert np.isnan(few.history_["learning_rate"]).all()
    noisy = FNNClassifier((5,), solver="auto", dropout=0.1, **BRIEF).fit(X, Y)
    assert (noisy.history_["learning_rate"] == 0.001).all()
    rng = np.random.default_rng(0)
    many = FNNClassifier((5,), solver="auto", **BRIEF)
    many.fit(rng.normal(size=(5000, 2)), rng.integers(0, 2, 5000))
    assert (many.history_["learning_rate"] == 0.001).all()


def test_partial_fit_follows_the_adaptive_schedule():
    model = FNNClassifier(
        (5,),
        learning_rate="adaptive",
        tol=1e9,
        n_iter_no_change=2,
        learning_rate_init=0.01,
        random_state=0,
    )
    for _ in range(8):
        model.partial_fit(X, Y, classes=[0, 1, 2])
    rates = model.history_["learning_rate"].to_numpy()
    np.testing.assert_allclose(np.unique(rates)[::-1][:3], [0.01, 0.002, 0.0004])


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle", "coslog4", "flat_cos"])
def test_a_schedule_laid_out_over_max_iter_may_reach_it(schedule):
    """Warnings are errors here: none of a missing convergence."""
    model = FNNClassifier((3,), learning_rate=schedule, max_iter=3, random_state=0).fit(X, Y)
    assert model.n_iter_ == 3


def test_classes_that_class_weight_does_not_name_weigh_one():
    some = FNNClassifier((4,), class_weight={1: 3.0}, **BRIEF).fit(X, Y)
    every = FNNClassifier((4,), class_weight={0: 1.0, 1: 3.0, 2: 1.0}, **BRIEF).fit(X, Y)
    np.testing.assert_array_equal(some.coefs_[0], every.coefs_[0])

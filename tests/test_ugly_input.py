"""Ugly but legal input works; what diverges says so at once."""

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import DataConversionWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier, FNNRegressor
from skfnn.layers import Linear, ParametricActivate
from skfnn.optimizers import SGD, Adam

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
Y = np.arange(60) % 2
X = RNG.normal(size=(60, 3)) + 3 * np.eye(2, 3)[Y]
R = X[:, 0] + 1.0
NAMES = ["width", "height", "depth"]

SOLVERS = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
BOTH = pytest.mark.parametrize("cls", [FNNClassifier, FNNRegressor])


def build(cls, **params):
    defaults = {"hidden_layer_sizes": (6,), "max_iter": 60, "random_state": 0}
    return cls(**{**defaults, "learning_rate_init": 0.02, "tol": 0, **params})


# ------------------------------------------------------------------ few rows, few classes


@SOLVERS
@BOTH
@pytest.mark.parametrize("batch_norm", [None, "before"])
def test_one_row(cls, solver, batch_norm):
    model = build(cls, solver=solver, batch_norm=batch_norm, n_iter_no_change=60).fit(X[:1], Y[1:2])
    np.testing.assert_allclose(model.predict(X[:1]), Y[1:2], atol=0.1)
    assert np.isfinite(model.predict(X)).all()


@SOLVERS
@pytest.mark.parametrize("label", [1, -4, "only", True])
@pytest.mark.parametrize("loss", ["log_loss", "squared_error", "hinge"])
def test_one_class(solver, label, loss):
    model = build(FNNClassifier, solver=solver, loss=loss, max_iter=3).fit(X, [label] * 60)
    assert model.classes_.tolist() == [label]
    assert model.predict(X).tolist() == [label] * 60
    assert model.score(X, [label] * 60) == 1
    if loss != "hinge":
        np.testing.assert_array_equal(model.predict_proba(X), np.ones((60, 1)))


def test_one_class_in_partial_fit():
    model = build(FNNClassifier).partial_fit(X, Y * 0, classes=[0, 1, 2])
    assert model.predict_proba(X).shape == (60, 3)


@SOLVERS
@BOTH
def test_constant_columns(cls, solver):
    constant = np.c_[np.zeros(60), X, np.full(60, 7.0)]
    model = build(cls, solver=solver, batch_norm="before", max_iter=300, n_iter_no_change=300)
    model.fit(constant, Y)
    assert model.score(constant, Y) > 0.5
    model = build(cls, solver=solver).fit(np.ones((60, 2)), Y)
    assert np.isfinite(model.predict(np.ones((3, 2)))).all()


# ------------------------------------------------------------------ labels


@pytest.mark.parametrize(
    "labels",
    [
        ["no", "yes"],
        np.array(["no", "yes"], dtype=object),
        np.array([False, True]),
        np.array([-7, -2]),
        np.array([-1, 1], dtype=np.int8),
        np.array([3, 250], dtype=np.uint8),
        np.array([0.0, 1.0]),
        np.array([10**12, 10**12 + 1]),
    ],
    ids=lambda labels: str(np.asarray(labels).dtype) + str(labels[0]),
)
@SOLVERS
def test_labels_come_back_as_they_were(labels, solver):
    labels = np.asarray(labels)
    y = labels[Y]
    model = build(FNNClassifier, solver=solver).fit(X, y)
    np.testing.assert_array_equal(model.classes_, labels)
    assert model.predict(X).dtype == model.classes_.dtype == labels.dtype
    assert model.score(X, y) > 0.9
    plain = build(FNNClassifier, solver=solver).fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    validated = build(FNNClassifier, solver=solver, early_stopping=True, metrics="f1_macro")
    validated.fit(X, y, X_val=X, y_val=y)
    assert validated.score(X, y) == pytest.approx(validated.best_validation_score_)


@pytest.mark.parametrize("dtype", ["Int64", "int8", "string", "category", "boolean", "float64"])
@pytest.mark.parametrize("index", [None, range(60, 0, -1)], ids=["", "reversed index"])
def test_labels_as_series(dtype, index):
    values = Y.astype(bool) if dtype == "boolean" else Y.astype(str) if dtype == "string" else Y
    model = build(FNNClassifier).fit(X, pd.Series(values, dtype=dtype, index=index, name="target"))
    assert len(model.classes_) == 2
    plain = build(FNNClassifier).fit(X, Y).predict(X)
    np.testing.assert_array_equal(model.predict(X) == model.classes_[1], plain == 1)


@BOTH
def test_a_column_vector_warns(cls):
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        model = build(cls, max_iter=5).fit(X, Y[:, None])
    assert model.predict(X).shape == (60,)
    np.testing.assert_array_equal(model.predict(X), build(cls, max_iter=5).fit(X, Y).predict(X))


# ------------------------------------------------------------------ forms of X

FORMS = {
    "Fortran order": np.asfortranarray,
    "float32": lambda X: X.astype(np.float32),
    "float16": lambda X: X.astype(np.float16),
    "longdouble": lambda X: X.astype(np.longdouble),
    "list": lambda X: X.tolist(),
    "objects": lambda X: X.astype(object),
    "every second row": lambda X: np.repeat(X, 2, axis=0)[::2],
    "reversed twice": lambda X: np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1],
    "big endian": lambda X: X.astype(">f8"),
    "data frame": lambda X: pd.DataFrame(X, columns=NAMES),
    "nullable": lambda X: pd.DataFrame(X, columns=NAMES).astype("Float64"),
    "mixed": lambda X: pd.DataFrame(X, columns=NAMES).astype({"width": "Float32"}),
    "csr": sparse.csr_array,
    "csr_matrix": sparse.csr_matrix,
    "csc": sparse.csc_array,
    "coo": sparse.coo_array,
    "lil": sparse.lil_array,
    "dok": sparse.dok_array,
    "bsr": sparse.bsr_array,
    "dia": sparse.dia_array,
    "csr float32": lambda X: sparse.csr_array(X.astype(np.float32)),
}


@SOLVERS
@BOTH
@pytest.mark.parametrize("form", FORMS)
def test_forms_of_x_agree(cls, solver, form):
    plain = np.round(X * 4) / 4  # exact in every precision
    other = FORMS[form](plain)
    one = build(cls, solver=solver, max_iter=5).fit(plain, Y)
    two = build(cls, solver=solver, max_iter=5).fit(other, Y)
    np.testing.assert_allclose(two.loss_curve_, one.loss_curve_, rtol=1e-5)
    np.testing.assert_allclose(two.predict(other), one.predict(plain), rtol=1e-4, atol=1e-4)


@SOLVERS
@pytest.mark.parametrize("dtype", [int, np.int8, np.uint16, bool, "Int64", "boolean"], ids=str)
def test_integers_and_booleans(solver, dtype):
    counts = (X > 0.5).astype(int)
    frame = dtype in ("Int64", "boolean")
    other = pd.DataFrame(counts).astype(dtype) if frame else counts.astype(dtype)
    other = other.rename(columns=str) if frame else other
    one = build(FNNRegressor, solver=solver, max_iter=5).fit(counts.astype(float), R)
    two = build(FNNRegressor, solver=solver, max_iter=5).fit(other, R)
    assert two.loss_curve_ == one.loss_curve_
    np.testing.assert_array_equal(two.predict(other), one.predict(counts.astype(float)))


@SOLVERS
@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_read_only_memmap(cls, solver, dtype, tmp_path):
    joblib.dump((X.astype(dtype), Y), tmp_path / "data")
    mapped, y = joblib.load(tmp_path / "data", mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    assert not mapped.flags.writeable
    model = build(cls, solver=solver, dtype=np.dtype(dtype).name, early_stopping=True)
    model.fit(mapped, y, sample_weight=np.ones(60), X_val=mapped, y_val=y)
    np.testing.assert_array_equal(mapped, X.astype(dtype))
    np.testing.assert_array_equal(model.predict(mapped), model.predict(X.astype(dtype)))


@SOLVERS
@BOTH
def test_sparse_with_64_bit_indices(cls, solver):
    wide = sparse.csr_array(X)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    one = build(cls, solver=solver, max_iter=5).fit(sparse.csr_array(X), Y)
    two = build(cls, solver=solver, max_iter=5).fit(wide, Y)
    assert wide.indices.dtype == np.int64
    assert two.loss_curve_ == one.loss_curve_
    np.testing.assert_array_equal(two.predict(wide), one.predict(sparse.csr_array(X)))


@SOLVERS
def test_sparse_unsorted_and_duplicate_entries(solver):
    rows, columns = np.repeat(np.arange(60), 3), np.tile([2, 0, 1], 60)
    halves = np.r_[X[rows, columns], X[rows, columns]] / 2
    double = sparse.coo_array((halves, (np.r_[rows, rows], np.r_[columns, columns])), (60, 3))
    one = build(FNNRegressor, solver=solver, max_iter=5).fit(X, R)
    two = build(FNNRegressor, solver=solver, max_iter=5).fit(double, R)
    np.testing.assert_allclose(two.predict(double), one.predict(X), rtol=1e-4, atol=1e-4)


@BOTH
def test_feature_names(cls):
    frame = pd.DataFrame(X, columns=NAMES)
    model = build(cls, max_iter=3).fit(frame, Y)
    assert model.feature_names_in_.tolist() == NAMES
    assert model.n_features_in_ == 3
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[NAMES[::-1]])
    with pytest.raises(ValueError, match="feature names should match"):
        model.partial_fit(frame.rename(columns={"depth": "volume"}), Y)
    with pytest.raises(ValueError, match="feature names should match"):
        build(cls).fit(frame, Y, X_val=frame[NAMES[::-1]], y_val=Y)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)


@BOTH
@pytest.mark.parametrize("dtype", ["Float64", "Int64"])
def test_nullable_with_a_missing_value_is_refused(cls, dtype):
    frame = pd.DataFrame(np.round(X), columns=NAMES).astype(dtype)
    frame.iloc[3, 1] = pd.NA
    with pytest.raises(ValueError, match="NaN"):
        build(cls).fit(frame, Y)


# ------------------------------------------------------------------ parameters without effect


@BOTH
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs", "rmsprop", Adam(), SGD()], ids=str)
@pytest.mark.parametrize(
    "params",
    [
        {"momentum": 0.5, "nesterovs_momentum": False},
        {"learning_rate": "adaptive"},
        {"learning_rate": "invscaling", "power_t": 0.3},
        {"power_t": 0.3},
        {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6},
        {"max_fun": 10},
        {"batch_size": 10, "shuffle": False, "learning_rate_init": 0.01},
        {"early_stopping": True, "validation_fraction": 0.2},
        {"validation_fraction": 0.3, "n_iter_no_change": 3},
    ],
    ids=str,
)
def test_parameters_of_mlp_are_never_refused(cls, solver, params):
    model = build(cls, max_iter=2, **{"solver": solver, "learning_rate_init": 0.001, **params}).fit(
        X, Y
    )
    assert model.n_iter_ == 2
    assert np.isfinite(model.predict(X)).all()


# ------------------------------------------------------------------ scale


@SOLVERS
@pytest.mark.parametrize("scale", [1e-150, 1e30, 1e150])
def test_huge_and_tiny_x_behind_a_scaler(solver, scale):
    model = make_pipeline(StandardScaler(), build(FNNClassifier, solver=solver))
    assert model.fit(scale * X, Y).score(scale * X, Y) > 0.9


class Epochs:
    """A scorer that counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, estimator, X, y):
        self.calls += 1
        return 0.0


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize(
    ("cls", "params", "x_scale", "y_scale"),
    [
        (FNNRegressor, {"solver": "sgd", "learning_rate_init": 1e6}, 1, 1e4),
        (FNNRegressor, {"solver": "adam", "learning_rate_init": 1e6}, 1, 1e4),
        (FNNRegressor, {"solver": "adamw", "learning_rate_init": 1e6}, 1, 1e4),
        (FNNRegressor, {"solver": "rmsprop", "learning_rate_init": 1e6}, 1, 1e4),
        (FNNRegressor, {"solver": "adam"}, 1, 1e25),
        (FNNRegressor, {"solver": "adam"}, 1, 1e40),
        (FNNRegressor, {"solver": "adam"}, 1e60, 1),
        (FNNRegressor, {"solver": "sgd", "loss": "poisson", "learning_rate_init": 10.0}, 1, 1e4),
        (FNNRegressor, {"solver": "lbfgs"}, 1, 1e200),
        (FNNRegressor, {"solver": "lbfgs", "dtype": "float32"}, 1, 1e40),
        (FNNClassifier, {"solver": "sgd", "learning_rate_init": 1e6}, 1e10, 1),
        (FNNClassifier, {"solver": "adam"}, 1e60, 1),
        (FNNClassifier, {"solver": "lbfgs", "dtype": "float32"}, 1e60, 1),
    ],
    ids=str,
)
def test_divergence_is_an_error_at_once(cls, params, x_scale, y_scale, early_stopping):
    scorer = Epochs()
    model = cls(
        (10,), metrics=scorer, max_iter=300, n_iter_no_change=300, tol=0, random_state=0,
        early_stopping=early_stopping, **params,
    )  # fmt: skip
    y = y_scale * (3 + np.abs(R)) if cls is FNNRegressor else Y
    with pytest.raises(
        ValueError, match=r"^Solver produced non-finite parameter weights"
    ) as caught:
        model.fit(x_scale * X, y)
    assert scorer.calls <= 40
    advised = ["learning_rate_init", "clip_norm"]
    for advice in advised + ["Scale X"] * (x_scale > 1):
        assert advice in str(caught.value)


def test_divergence_in_partial_fit():
    model = FNNRegressor(solver="sgd", learning_rate_init=1e6, random_state=0)

    def go_on():
        for _ in range(20):
            model.partial_fit(X, 1e4 * R)

    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        go_on()


@BOTH
def test_early_stopping_with_lbfgs_restores_the_best(cls):
    noisy = RNG.permutation(Y)
    model = build(
        cls, hidden_layer_sizes=(50,), solver="lbfgs", alpha=0, early_stopping=True,
        scoring="loss", n_iter_no_change=15, max_iter=2000,
    ).fit(X[:40], noisy[:40], X_val=X[40:], y_val=noisy[40:])  # fmt: skip
    best = model.best_validation_score_
    assert model.validation_scores_[-1] < best == max(model.validation_scores_)
    assert -model.evaluate(X[40:], noisy[40:])["loss"] == pytest.approx(best)


def test_partial_fit_does_not_warn_about_max_iter():
    FNNClassifier((3,), max_iter=1).partial_fit([[0.0], [1.0]], [0, 1], classes=[0, 1])


def test_a_failed_fit_leaves_the_classes_of_the_fitted_network():
    model = build(FNNClassifier, solver="lbfgs", max_iter=500, tol=0.1).fit(X, Y)
    with pytest.raises(ValueError, match="class_weight"):
        model.set_params(class_weight={9: 1.0}).fit(X, Y + 5)
    assert set(model.predict(X)) <= set(Y)


@pytest.mark.parametrize("kind", [FNNClassifier, FNNRegressor])
def test_validation_rows_without_any_weight_are_refused(kind):
    X, y = np.arange(40.0)[:, None], np.arange(40) % 2
    weight = np.eye(40)[5]
    model = kind(early_stopping=True, solver="adam", random_state=1)
    with pytest.raises(ValueError, match="sample_weight is 0 for all 4 rows that early_stopping"):
        model.fit(X, y, sample_weight=weight)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rows_on_a_huge_scale_overflow_silently_where_layers_set_themselves_by_them():
    rng = np.random.default_rng(0)
    X, y = 1e4 * rng.normal(size=(200, 4)), rng.normal(size=200)
    layers = [Linear(8, "lecun_normal"), ParametricActivate("mish"), Linear(8, "data_driven")]
    model = FNNRegressor(
        hidden_layers=layers, max_iter=3, learning_rate_init=1e-6, random_state=0
    ).fit(X, y)  # a warning of NumPy would be an error here
    assert np.isfinite(model.predict(X)).all()

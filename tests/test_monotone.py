"""monotonic_cst: what is predicted has the directions that were asked for, whatever is learned."""

import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from monotone import CASES, DIRECTIONS, TOLERANCE, made, worst
from scipy.optimize import lsq_linear, minimize, nnls
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from skfnn import FNNClassifier, FNNRegressor
from skfnn.activations import Activation
from skfnn.layers import Dense, MonotoneActivate
from skfnn.losses import Quantiles

X, Y = made()
BRIEF = {"max_iter": 5, "learning_rate_init": 0.01, "random_state": 0}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("table")])
def test_no_pair_of_rows_is_the_wrong_way_round(name):
    case = CASES[name](name)
    for function, fall in worst(case, 4000, np.random.default_rng(1)).items():
        assert fall <= TOLERANCE, (name, function, fall)


def test_a_network_without_it_has_such_pairs():
    """The test of the test."""
    case = CASES["squared errors, adam"]("")
    case.model.set_params(monotonic_cst=None).fit(X, Y)
    assert worst(case, 4000, np.random.default_rng(1))["predict"] > 0.01


def test_it_learns_what_bends_both_ways():
    """A staircase needs units that are bounded, and an interaction units that see both columns."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, size=(600, 2))
    steps = np.floor(2 * x[:, 0]) * (1 + (x[:, 1] > 0))
    model = FNNRegressor((64, 64), monotonic_cst=[1, 0], solver="lbfgs", max_iter=600,
                         random_state=0).fit(x, steps)  # fmt: skip
    assert model.score(x, steps) > 0.97
    both = np.minimum(x[:, 0], x[:, 1])  # neither a sum of convex nor of concave functions
    model.set_params(monotonic_cst=[1, 1]).fit(x, both + np.maximum(x[:, 0], x[:, 1] ** 3))
    assert model.score(x, both + np.maximum(x[:, 0], x[:, 1] ** 3)) > 0.995


# Oracles ---------------------------------------------------------------------------------------


def exact(cls, **params):
    return cls((), solver="lbfgs", alpha=0.0, tol=1e-10, max_iter=20000, max_fun=10**6,
               random_state=0, **params)  # fmt: skip


def test_without_hidden_layer_it_is_bounded_least_squares():
    A = np.column_stack([X, np.ones(len(X))])
    for cst in ([1, -1, 0, 0], [-1, -1, 1, 0]):
        low = [0.0 if c > 0 else -np.inf for c in [*cst, 0]]
        high = [0.0 if c < 0 else np.inf for c in [*cst, 0]]
        best = A @ lsq_linear(A, Y, (low, high), tol=1e-14).x
        found = exact(FNNRegressor, monotonic_cst=cst).fit(X, Y).predict(X)
        np.testing.assert_allclose(found, best, atol=1e-6)
    assert np.ptp(best) < np.ptp(exact(FNNRegressor).fit(X, Y).predict(X))  # a bound was met


def test_without_hidden_layer_and_with_all_columns_it_is_nnls():
    A, target = X - X.mean(axis=0), Y - Y.mean()  # what the bias does
    W = exact(FNNRegressor, monotonic_cst=[1, 1, 1, 1]).fit(X, Y).coefs_[0][:, 0]
    np.testing.assert_allclose(W, nnls(A, target)[0], atol=1e-6)
    assert (W == 0).any()


def test_without_hidden_layer_it_is_bounded_logistic_regression():
    y = Y > 0

    def loss(w):
        z = X @ w[:4] + w[4]
        return np.logaddexp(0, np.where(y, -z, z)).mean()

    bounds = [(None, 0.0), (None, None), (0.0, None), (None, None), (None, None)]
    best = minimize(loss, np.zeros(5), bounds=bounds, tol=1e-14).x
    found = exact(FNNClassifier, monotonic_cst=[-1, 0, 1, 0]).fit(X, y).decision_function(X)
    np.testing.assert_allclose(found, X @ best[:4] + best[4], atol=1e-3)
    assert best[0] == 0
    free = LogisticRegression(C=np.inf, tol=1e-8).fit(X, y).coef_[0]
    held = exact(FNNClassifier, monotonic_cst=np.sign(free).astype(int)).fit(X, y)
    slopes = np.diff(held.decision_function(np.vstack([np.zeros(4), np.eye(4)]))[[0, 1, 0, 2]])
    np.testing.assert_allclose(slopes[[0, 2]], free[:2], atol=1e-4)  # no bound is met


def test_predictions_are_those_of_the_formula():
    """The network, written out from the arrays in coefs_ and intercepts_."""
    model = FNNRegressor((15, 12), "elu", monotonic_cst=DIRECTIONS, **BRIEF, dtype="float64")
    model.fit(X, Y)
    W, b = model.coefs_, model.intercepts_

    def elu(z):
        return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)

    def split(z):
        n_pairs, n = z.shape[1] // 8, z.shape[1]  # a quarter of the units is sorted in pairs
        a, b = z[:, :n_pairs], z[:, n_pairs : 2 * n_pairs]
        third = (n - 2 * n_pairs) // 3
        first, second, last = (
            z[:, 2 * n_pairs : n - 2 * third],
            z[:, n - 2 * third : n - third],
            (z[:, n - third :]),
        )
        bounded = np.sign(last) * (elu(1.0) - elu(1 - np.abs(last)))
        return np.hstack([np.maximum(a, b), np.minimum(a, b), elu(first), -elu(-second), bounded])

    h = X
    for i, (units, n) in enumerate(((15, 10), (12, 8))):  # two thirds see all columns
        z = h @ W[i] + b[i]
        h = np.hstack([split(z[:, :n]), elu(z[:, n:])])
        held = W[0][:2] * [[1], [-1]] if i == 0 else W[i][:10]
        assert (held[:, :n] >= 0).all()
        assert not held[:, n:].any()
        assert W[i].shape[1] == units
        assert (W[i][:, :n] < 0).any()
    expected = h @ W[-1] + b[-1]
    np.testing.assert_allclose(model.predict(X), expected[:, 0], rtol=1e-12)


@pytest.mark.parametrize(
    "function", [f() for f in Activation.members() if f.monotone], ids=lambda f: f.name
)
def test_activations_that_say_so_do_not_decrease(function):
    z = np.linspace(-8, 8, 4001)
    assert (np.diff(function(z)) >= 0).all()
    ends = function(np.array([-1e6, 1e6]))
    assert function.bounded == bool(np.abs(ends).max() < 2)
    units = FNNRegressor(hidden_layers=[Dense(16), MonotoneActivate(function)], **BRIEF)
    Z = np.sort(units.fit(X, Y).hidden_activations(X, "0"), axis=0)
    network = units._fitted.network.part(1, 2)
    from skfnn._engine.network.forward import raw_scores

    assert (np.diff(raw_scores(network, Z), axis=0) >= 0).all()


def test_the_others_decrease_somewhere():
    for name in ("gelu", "silu", "mish"):
        assert (np.diff(Activation.registry[name]()(np.linspace(-8, 8, 4001))) < 0).any()


# What it takes ---------------------------------------------------------------------------------


def test_a_direction_of_minus_one_is_one_of_the_column_with_its_sign_changed():
    down = FNNRegressor((8,), monotonic_cst=[0, -1, 0, 1], **BRIEF).fit(X, Y)
    up = FNNRegressor((8,), monotonic_cst=[0, 1, 0, 1], **BRIEF)
    flipped = X * [1, -1, 1, 1]
    np.testing.assert_array_equal(up.fit(flipped, Y).predict(flipped), down.predict(X))


def test_arrays_and_dicts_say_the_same():
    frame = pd.DataFrame(X, columns=list("abcd"))
    expected = FNNRegressor((8,), monotonic_cst=[1, 0, 0, -1], **BRIEF).fit(X, Y).predict(X)
    for cst in ((1, 0, 0, -1), np.array([1.0, 0, 0, -1]), {0: 1, 3: -1}, {np.int64(3): -1, 0: 1}):
        model = FNNRegressor((8,), monotonic_cst=cst, **BRIEF).fit(X, Y)
        np.testing.assert_array_equal(model.predict(X), expected)
    for cst in ({"d": -1, "a": 1}, pd.Series([1, 0, 0, -1]), {"a": 1, 3: -1, "b": 0}):
        model = FNNRegressor((8,), monotonic_cst=cst, **BRIEF).fit(frame, Y)
        np.testing.assert_array_equal(model.predict(frame), expected)


@pytest.mark.parametrize("cst", [[0, 0, 0, 0], {}, {1: 0}])
def test_no_direction_changes_nothing(cst):
    expected = FNNRegressor((8,), "gelu", **BRIEF).fit(X, Y).predict(X)
    model = FNNRegressor((8,), "gelu", monotonic_cst=cst, batch_norm=None, **BRIEF).fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize(("cst", "message"), [
    ([1, 0], r"one entry for each of the 4 columns.*shape \(2,\)"),
    (1, r"monotonic_cst.*Got 1"),
    ([1, 2, 0, 0], r"must hold 1 .*-1 .*or 0. Got 2"),
    ([np.nan, 1, 0, 0], r"must hold 1 .*Got nan"),
    (["up", 0, 0, 0], r"must hold 1 .*Got 'up'"),
    ({"a": 1}, r"names the column 'a', but X had no column names"),
    ({7: 1}, r"from 0 to 3. Got 7"),
    ({-1: 1}, r"from 0 to 3. Got -1"),
    ({1: "up"}, r"must hold 1 .*Got 'up'"),
])  # fmt: skip
def test_what_does_not_fit_is_named(cst, message):
    with pytest.raises((ValueError, TypeError), match=message):
        FNNRegressor(monotonic_cst=cst).fit(X, Y)


def test_a_misspelt_column_gets_a_hint():
    frame = pd.DataFrame(X, columns=["area", "age", "rooms", "floor"])
    with pytest.raises(ValueError, match=r"'aera' is not a known column. Did you mean 'area'\?"):
        FNNRegressor(monotonic_cst={"aera": 1}).fit(frame, Y)


@pytest.mark.parametrize(("params", "names"), [
    ({"solver": "lm"}, ["solver='lm'"]),
    ({"activation": "gelu"}, ["activation='gelu'"]),
    ({"activation": ["tanh", "mish"], "hidden_layer_sizes": (5, 5)}, ["activation=['tanh', 'mish"]),
    ({"batch_norm": "before"}, ["batch_norm='before'"]),
    ({"pretrain": "autoencoder"}, ["pretrain='autoencoder'"]),
    ({"hidden_layers": [Dense(3)]}, ["hidden_layers=[Dense("]),
])  # fmt: skip
def test_what_cannot_be_held_names_both_parameters(params, names):
    model = FNNRegressor(monotonic_cst=[1, 0, 0, 0], **params)
    with pytest.raises(ValueError, match=re.escape("monotonic_cst=[1, 0, 0, 0]")) as caught:
        model.fit(X, Y)
    assert all(name in str(caught.value) for name in names)
    assert not hasattr(model, "n_features_in_")


def test_several_classes_are_refused():
    y = np.digitize(Y, [-1, 1])
    with pytest.raises(ValueError, match=r"monotonic_cst=\[1, 0, 0, 0\] is for two classes"):
        FNNClassifier(monotonic_cst=[1, 0, 0, 0]).fit(X, y)
    columns = FNNClassifier(monotonic_cst=[1, 0, 0, 0], loss="categorical_crossentropy")
    with pytest.raises(ValueError, match=r"monotonic_cst=\[1, 0, 0, 0\] is for two classes"):
        columns.fit(X, np.eye(2)[(Y > 0).astype(int)])


def test_weights_of_ones_own_are_not_taken():
    with pytest.raises(ValueError, match=re.escape("monotonic_cst=[1] needs fit")):
        FNNRegressor.from_weights([[[1.0]]], [[0.0]], monotonic_cst=[1])


# In company ------------------------------------------------------------------------------------


def test_several_targets_and_labels_have_the_same_directions():
    rng = np.random.default_rng(3)
    model = FNNRegressor((8,), monotonic_cst=DIRECTIONS, **BRIEF).fit(X, np.column_stack([Y, -Y]))
    labels = FNNClassifier((8,), monotonic_cst=DIRECTIONS, **BRIEF)
    labels.fit(X, np.column_stack([Y > 0, Y < 1]).astype(int))
    from monotone import Case

    case = Case("", model, {"0": model.predict, "1": labels.predict_proba}, 1.0)
    assert max(worst(case, 4000, rng).values()) <= TOLERANCE


def test_one_class_and_one_row():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert (
            FNNClassifier(monotonic_cst={0: 1}, **BRIEF)
            .fit(X, np.ones(len(X)))
            .score(X, np.ones(len(X)))
        )
        assert np.isfinite(
            FNNRegressor(monotonic_cst={0: 1}, **BRIEF).fit(X[:1], Y[:1]).predict(X)
        ).all()


def test_sparse_rows_and_partial_fit():
    from scipy import sparse

    model = FNNRegressor((8,), monotonic_cst=DIRECTIONS, **BRIEF).fit(X, Y)
    same = clone(model).fit(sparse.csr_array(X), Y)
    np.testing.assert_allclose(
        same.predict(sparse.csr_array(X)), model.predict(X), rtol=1e-5, atol=1e-5
    )
    online = clone(model)
    for _ in range(5):
        online.partial_fit(X, Y)
    np.testing.assert_array_equal(online.predict(X), model.predict(X))


def test_a_search_chooses_it():
    """Few noisy rows of a monotone truth, where the constraint helps."""
    y = 3 * np.sign(X[:, 0]) - X[:, 1] + np.random.default_rng(0).normal(0, 3, len(X))
    search = GridSearchCV(
        FNNRegressor((16,), solver="lbfgs", random_state=0),
        {"monotonic_cst": [None, [1, -1, 0, 0]]},
        cv=3,
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_ == {"monotonic_cst": [1, -1, 0, 0]}


def test_pickles_clones_and_skops():
    model = FNNRegressor((8,), monotonic_cst={0: 1, 1: -1}, loss="quantiles", **BRIEF).fit(X, Y)
    expected = model.predict(X)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), expected)
    np.testing.assert_array_equal(clone(model).fit(X, Y).predict(X), expected)
    sio = pytest.importorskip("skops.io")
    from skfnn.export import skops_trusted_types

    loaded = sio.loads(sio.dumps(model), trusted=skops_trusted_types())
    np.testing.assert_array_equal(loaded.predict(X), expected)


@pytest.mark.parametrize("params", [
    {}, {"activation": "elu", "skip_connections": True}, {"loss": "quantiles"},
    {"activation": "tanh", "loss": "gaussian"}, {"activation": "softplus"},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_onnx_computes_the_same(params, dtype):
    pytest.importorskip("skl2onnx")
    ort = pytest.importorskip("onnxruntime")
    from skfnn.export import to_onnx

    rows = X.astype(dtype)
    model = FNNRegressor((9, 8), monotonic_cst=DIRECTIONS, **BRIEF, **params).fit(rows, Y)
    session = ort.InferenceSession(to_onnx(model, rows).SerializeToString())
    (found,) = session.run(None, {session.get_inputs()[0].name: rows})
    np.testing.assert_allclose(found[:, 0], model.predict(rows), rtol=1e-5, atol=1e-5)


# Quantiles -------------------------------------------------------------------------------------


def test_independent_curves_do_not_cross_and_are_sorted_in_the_network():
    for params in ({"monotonic_cst": DIRECTIONS}, {}):
        loss = "quantiles" if params else Quantiles(independent=True)
        model = FNNRegressor((16,), loss=loss, **BRIEF, **params).fit(X, Y)
        curves = model.predict_quantiles(3 * X, [0.05, 0.25, 0.5, 0.75, 0.95])
        assert (np.diff(curves) >= 0).all()
        np.testing.assert_allclose(curves[:, 2], model.predict(3 * X), rtol=1e-6, atol=1e-6)
        assert type(model._fitted.network.layers[-1]).__name__ == "SortedCurves"


def test_the_spread_may_shrink_along_a_column():
    """A monotone truth whose spread shrinks: pinball loss at most 2 % above the free one."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (3000, 1))
    y = 2 * x[:, 0] + (1.1 - x[:, 0]) * rng.normal(size=3000)
    settings = {"loss": Quantiles([0.1, 0.5, 0.9]), "learning_rate_init": 0.01, "tol": 1e-5,
                "random_state": 0, "max_iter": 60}  # fmt: skip
    free = FNNRegressor((32,), "tanh", **settings).fit(x, y)
    held = FNNRegressor((32,), "tanh", monotonic_cst=[1], **settings).fit(x, y)
    grid = np.linspace(0, 1, 200)[:, None]
    curves = held.predict_quantiles(grid, [0.1, 0.5, 0.9])
    assert (np.diff(curves, axis=0) >= -1e-9).all()
    width = curves[:, 2] - curves[:, 0]
    assert width[-20:].mean() < 0.4 * width[:20].mean()
    assert held.evaluate(x, y)["loss"] < 1.02 * free.evaluate(x, y)["loss"]

"""Attributions: they add up, agree with shap where both are exact, and take tables of any kind."""

import itertools
import math
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, make_classification
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skfnn import FNNClassifier, FNNRegressor, TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.network.gradient import InputGradient
from skfnn._engine.network.network import Network
from skfnn._engine.program.layer import Layer
from skfnn.inspection import attributions
from skfnn.inspection._gradients import GAUSS, KRONROD, NODES, Networks, shares_of, why_not
from skfnn.inspection._orders import sampled
from skfnn.layers import BatchNorm, CategoryEmbedding, Dense, Dropout, Linear, PeriodicEmbedding

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"),  # of shap, as it is imported
    pytest.mark.filterwarnings("ignore:.*:PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*:FutureWarning"),
]
BRIEF = {"n_members": 2, "max_iter": 8, "random_state": 0}
N = 200
D, D_Y = load_diabetes(return_X_y=True)


def table(seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({
        "size": rng.normal(size=N),
        "colour": rng.choice(["red", "green", "blue"], N),
        "key": pd.Categorical(rng.choice([f"k{i}" for i in range(30)], N)),
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, N), "D"),
        "flag": rng.random(N) < 0.4,
        "note": [" ".join(rng.choice(["good", "old", "new", "view", "sea"], 3)) for _ in range(N)],
    })  # fmt: skip
    X.loc[::17, "size"] = np.nan
    y = 2 * X["size"].fillna(0) + 3 * (X["colour"] == "red") * X["flag"] + rng.normal(0, 0.3, N)
    return X, y


X, Y = table()
CLASSES = pd.qcut(Y, 3, labels=["low", "mid", "top"]).astype(str)


@pytest.fixture(scope="module")
def model():
    return TabularFNNRegressor(**BRIEF).fit(X, Y)


def explained(model, X, background, **options):
    return attributions(model, X, background, random_state=0, **options)


# ------------------------------------------------------------------ oracles


@pytest.mark.parametrize("method", ["gradient", "permutation"])
def test_a_linear_network_equals_shaps_linear_explainer(method):
    shap = pytest.importorskip("shap")
    linear = FNNRegressor((), solver="lbfgs", alpha=1.0, max_iter=500).fit(D, D_Y)
    found = explained(linear, D[:30], D[30:70], method=method)
    weights = linear.coefs_[0][:, 0], linear.intercepts_[0][0]
    background = shap.maskers.Independent(D[30:70], max_samples=40)
    expected = shap.LinearExplainer(weights, background)(D[:30])
    np.testing.assert_allclose(found.values, expected.values, atol=1e-6 * np.ptp(D_Y))
    np.testing.assert_allclose(found.base_values, expected.base_values, rtol=1e-9)


def test_permutation_approaches_exact_shapley_values():
    """By the definition: all coalitions of four columns, weighted."""
    X = D[:, :4]
    forest = RandomForestRegressor(20, max_depth=4, random_state=0).fit(X, D_Y)
    background, row = X[50:90], X[3]
    value = {}
    for size in range(5):
        for taken in itertools.combinations(range(4), size):
            mixed = background.copy()
            mixed[:, taken] = row[list(taken)]
            value[taken] = forest.predict(mixed).mean()
    expected = np.zeros(4)
    for j in range(4):
        for taken in value:
            if j not in taken:
                share = math.factorial(len(taken)) * math.factorial(3 - len(taken)) / 24
                expected[j] += share * (value[tuple(sorted((*taken, j)))] - value[taken])
    often = np.tile(background, (100, 1))  # as many orders
    found = explained(forest, row[None], often, n_background=4000).values[0]
    np.testing.assert_allclose(found, expected, atol=0.03 * np.abs(expected).max())


def test_a_smooth_network_equals_integrated_gradients_by_differences():
    network = FNNRegressor((8, 5), "tanh", solver="lbfgs", max_iter=60, random_state=0)
    network.fit(D * 5, D_Y)
    x, b = D[0] * 5, D[1] * 5
    t = (np.arange(4000) + 0.5) / 4000
    path = b + t[:, None] * (x - b)
    slopes = np.empty((4000, 10))
    for j in range(10):
        step = np.zeros(10)
        step[j] = 1e-5
        slopes[:, j] = (network.predict(path + step) - network.predict(path - step)) / 2e-5
    expected = slopes.mean(axis=0) * (x - b)
    found = explained(network, x[None], b[None]).values[0]
    np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max())


def test_the_rules_of_quadrature_are_exact_for_polynomials():
    for power in range(11):
        np.testing.assert_allclose(KRONROD @ NODES**power, 1 / (power + 1), rtol=1e-12)
    for power in range(6):
        np.testing.assert_allclose(GAUSS @ NODES**power, 1 / (power + 1), rtol=1e-12)


def _stacks():
    for name, cls in Layer.registry.items():
        for i, layer in enumerate(cls.examples()):
            if not layer.borrows and layer.repeats is None:
                yield pytest.param([layer, Dense(3, "tanh"), Linear(2)], id=f"{name}{i}")
    yield pytest.param([Linear(4), Dropout(0.5), Dense(3, "mish"), Linear(2)], id="dropout")


@pytest.mark.parametrize("layers", _stacks())
def test_derivatives_by_inputs_equal_differences(layers):
    rng = np.random.default_rng(0)
    network = Network(layers, 5, np.float64, rng)
    rows = rng.uniform(0.1, 0.9, (40, 5))
    if any(hasattr(layer, "n_levels") for layer in layers):
        rows = np.column_stack([rows[:, :1], rng.integers(1, 3, (40, 1)), rows[:, :3]])
    network.adapt(rows, rng)
    network.values += rng.normal(0, 0.1, network.values.size)
    if InputGradient.why_not(network):
        return
    gradient = InputGradient(network, 40)
    E, seeds = gradient.embed(rows), rng.normal(size=(40, 2))
    found = gradient.products(E, seeds)
    expected = np.empty_like(E)
    for j in range(E.shape[1]):
        step = np.zeros(E.shape[1])
        step[j] = 1e-6
        ends = gradient.scores(E + step), gradient.scores(E - step)
        expected[:, j] = (seeds * (ends[0] - ends[1])).sum(axis=1) / 2e-6
    np.testing.assert_allclose(np.median(np.abs(found - expected)), 0, atol=1e-7)
    assert np.mean(np.abs(found - expected) < 1e-5) > 0.97  # but for kinks


def test_both_methods_agree_where_there_is_little_interaction(model):
    one, other = (explained(model, X[:15], X, method=m).values for m in ("gradient", "permutation"))
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99
    assert np.abs(one).mean(axis=0).argmax() == 0  # the size


# ------------------------------------------------------------------ they add up


@pytest.mark.parametrize("method", ["gradient", "permutation"])
@pytest.mark.parametrize("options", [
    {}, {"loss": "gaussian", "blend": None}, {"loss": "quantiles"}, {"monotonic_cst": {"size": 1}},
    {"recipe": "tabm-mini", "n_members": None}, {"recipe": "realmlp"},
], ids=str)  # fmt: skip
def test_numbers_add_up(options, method):
    fitted = TabularFNNRegressor(**{**BRIEF, **options}).fit(X, Y)
    found = explained(fitted, X[:6], X, method=method, n_background=7)
    assert found.values.shape == (6, 6)
    sums = found.values.sum(axis=1) + found.base_values
    np.testing.assert_allclose(sums, fitted.predict(X[:6]), atol=1e-4 * np.ptp(Y))


@pytest.mark.parametrize("response", ["decision_function", "predict_proba"])
@pytest.mark.parametrize("method", ["gradient", "permutation"])
@pytest.mark.parametrize("kind", ["two", "three", "labels"])
def test_classes_add_up(kind, method, response):
    y = {"two": Y > 0, "three": CLASSES,
         "labels": np.column_stack([Y > 0, X["flag"]]).astype(int)}[kind]  # fmt: skip
    fitted = TabularFNNClassifier(**BRIEF).fit(X, y)
    found = explained(fitted, X[:4], X, method=method, response_method=response, n_background=5)
    expected = getattr(fitted, response)(X[:4])
    assert found.values.shape == (4, 6, *expected.shape[1:])
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base_values, expected, atol=1e-3)
    if kind == "three":
        assert list(found.output_names) == ["low", "mid", "top"]


def test_networks_in_pipelines_and_searches():
    A, y = make_classification(200, 6, random_state=0)
    network = FNNClassifier((8,), "tanh", max_iter=30, random_state=0)
    pipeline = make_pipeline(StandardScaler(), network).fit(A, y)
    assert why_not(pipeline) is None
    search = GridSearchCV(pipeline, {"fnnclassifier__alpha": [0.1]}, cv=2).fit(A, y)
    for fitted in (pipeline, search):
        found = explained(fitted, A[:5], A)
        np.testing.assert_allclose(
            found.values.sum(axis=1) + found.base_values, fitted.decision_function(A[:5]), atol=1e-4
        )
    numbers = FNNRegressor((8,), solver="lbfgs", max_iter=40).fit(A, np.column_stack([y, A[:, 0]]))
    found = explained(numbers, A[:5], A, n_background=10)
    assert found.values.shape == (5, 6, 2)


@pytest.mark.parametrize(("made", "reason"), [
    (lambda: make_pipeline(FunctionTransformer(np.abs), FNNRegressor((3,), max_iter=3)), "before"),
    (lambda: TransformedTargetRegressor(FNNRegressor((3,), max_iter=3)), "no network"),
    (lambda: FNNRegressor(hidden_layers=[Dense(4), BatchNorm()], max_iter=3), "rows of a batch"),
    (lambda: FNNRegressor((3,), "threshold", max_iter=3), "no derivative"),
    (lambda: RandomForestRegressor(3), "no network"),
])  # fmt: skip
def test_other_models_go_by_permutation(made, reason):
    fitted = made().fit(D, D_Y / 100)
    assert reason in why_not(fitted)
    with pytest.raises(ValueError, match="method='gradient' is not possible"):
        explained(fitted, D[:3], D, method="gradient")
    found = explained(fitted, D[:3], D, n_background=5)
    np.testing.assert_allclose(
        found.values.sum(axis=1) + found.base_values, fitted.predict(D[:3]), rtol=1e-4
    )


def test_trees_beside_networks_go_by_permutation():
    mixed = TabularFNNRegressor(**BRIEF, blend=RandomForestRegressor(5, random_state=0)).fit(X, Y)
    if len(mixed._fitted.shares()) > 1:
        assert "other models beside its networks; with blend=None it has none" in why_not(mixed)
    found = explained(mixed, X[:3], X, n_background=5)
    np.testing.assert_allclose(
        found.values.sum(axis=1) + found.base_values, mixed.predict(X[:3]), atol=1e-3
    )


SHOPS = X[["size", "key", "flag"]].assign(week=[f"w{i % 9}" for i in range(N)])


@pytest.fixture(scope="module")
def mixed():
    """Small networks beside a recipe's: each counts."""
    found = TabularFNNRegressor(loss="gaussian", **BRIEF).fit(SHOPS, Y)
    assert "lm" in found._fitted.shares()
    n = len(found._fitted.predictors)
    found._fitted = replace(found._fitted, weights=np.linspace(0.5, 1.5, n).tolist())
    return found


def test_small_networks_are_explained_by_their_gradients(mixed):
    assert why_not(mixed) is None
    found = explained(mixed, SHOPS[:5], SHOPS[10:15], method="gradient")
    base = mixed.predict(SHOPS[10:15]).mean()
    np.testing.assert_allclose(found.base_values, base, rtol=1e-6)
    sums = found.values.sum(axis=1) + base
    np.testing.assert_allclose(sums, mixed.predict(SHOPS[:5]), atol=1e-3)
    assert (np.abs(found.values).max(axis=0)[[0, 2]] > 0.1).all()


def test_derivatives_of_a_mixture_equal_differences(mixed):
    networks = Networks(mixed, "predict")
    E = networks.embedded(SHOPS[:4])
    scores = networks.scores(E)
    for k, (gradient, seeds) in enumerate(
        zip(networks.gradients, networks.derivatives(scores), strict=True)
    ):
        single = E[k].dtype == np.float32
        step, tolerance = (1e-2, 0.1) if single else (1e-5, 1e-5)
        found = gradient.products(E[k], seeds[:, 0])
        for c in range(0, E[k].shape[1], 7 if single else 1):
            ends = []
            for sign in (1, -1):
                moved = E[k].copy()
                moved[:, c] += sign * step
                ends.append(networks.response(networks.scores([*E[:k], moved, *E[k + 1 :]])))
            expected = (ends[0] - ends[1])[:, 0] / (2 * step)
            size = np.abs(found).max()
            np.testing.assert_allclose(found[:, c], expected, atol=tolerance * size)


def test_what_a_small_network_is_given_belongs_to_the_column_it_is_made_of(mixed):
    networks = Networks(mixed, "predict")
    before = networks.embedded(SHOPS)
    i = networks.small.index(True)
    for j, name in enumerate(SHOPS):
        moved = SHOPS.assign(**{name: SHOPS[name].iloc[::-1].to_numpy()})
        changed = (networks.embedded(moved)[i] != before[i]).any(axis=0)
        assert changed.any() == (name != "key")  # whose levels are all rare
        np.testing.assert_array_equal(networks.shares[i][changed][:, j], 1)
    np.testing.assert_array_equal(networks.shares[i].sum(axis=1), 1)


def test_embeddings_in_a_network():
    rng = np.random.default_rng(0)
    A = np.column_stack([rng.normal(size=300), rng.integers(1, 6, 300), rng.normal(size=300)])
    y = A[:, 0] + 2.0 * (A[:, 1] == 3)
    layers = [CategoryEmbedding([5], start=1), PeriodicEmbedding(start=0, stop=1), Dense(16)]
    fitted = FNNRegressor(hidden_layers=layers, max_iter=80, random_state=0).fit(A, y)
    assert why_not(fitted) is None
    found = explained(fitted, A[:20], A, n_background=20)
    threes = A[:20, 1] == 3
    assert found.values[threes, 1].mean() > 0.8 > found.values[~threes, 1].mean()
    assert np.abs(found.values[:, 2]).mean() < 0.3


# ------------------------------------------------------------------ what comes out


def test_it_is_shaps_explanation_and_its_plots_draw_any_table(model):
    shap = pytest.importorskip("shap")
    plt = pytest.importorskip("matplotlib.pyplot")
    found = explained(model, X[:12], X, n_background=6)
    assert isinstance(found, shap.Explanation)
    assert found.feature_names == list(X)
    assert found.display_data[0, 1] == X["colour"][0]
    shap.plots.waterfall(found[0], show=False)
    assert any(X["colour"][0] in text.get_text() for text in plt.gca().get_yticklabels())
    plt.close("all")
    for plot in (shap.plots.beeswarm, shap.plots.bar):
        plot(found, show=False)
        plt.close("all")
    shap.plots.scatter(found[:, "size"], show=False)
    plt.close("all")


def test_without_shap_there_is_an_object_like_it(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", None)
    found = explained(model, X[:3], X, n_background=4)
    assert type(found).__module__.startswith("skfnn")
    assert found.values.shape == found.data.shape == found.display_data.shape == (3, 6)
    assert found.base_values.shape == (3,)
    again = explained(model, X[:3], X, n_background=4)
    np.testing.assert_array_equal(found.values, again.values)


def test_data_are_numbers():
    more = X.assign(text=["3", "4"] * (N // 2))
    fitted = TabularFNNRegressor(**BRIEF).fit(more, Y)
    data = explained(fitted, more[:20], more, n_background=2).data
    assert data.dtype == float
    assert np.isnan(data[0, 0])
    assert set(data[:, 1]) == {0.0, 1.0, 2.0}  # blue, green, red
    assert (np.argsort(data[:, 3]) == np.argsort(X["day"][:20].to_numpy())).all()
    assert set(data[:, 6]) == {3.0, 4.0}


@pytest.mark.parametrize("made", ["arrow", "records", "polars"])
def test_tables_of_other_libraries(model, made):
    few = X[["size", "colour", "key", "day", "flag", "note"]].astype({"key": str})
    if made == "arrow":
        given = pytest.importorskip("pyarrow").Table.from_pandas(few)
    elif made == "polars":
        given = pytest.importorskip("polars").DataFrame(few.to_dict("list"))
    else:
        given = few.to_dict("records")
    one = explained(model, given[:4] if made != "arrow" else given.slice(0, 4), given,
                    n_background=5)  # fmt: skip
    other = explained(model, X[:4], X, n_background=5)
    np.testing.assert_allclose(one.values, other.values, atol=1e-4)


def test_columns_of_the_background_go_by_name(model):
    one = explained(model, X[:3], X[X.columns[::-1]], n_background=5)
    other = explained(model, X[:3], X, n_background=5)
    np.testing.assert_allclose(one.values, other.values)


def test_misuse():
    forest = RandomForestClassifier(3, random_state=0).fit(D, D_Y > 150)
    network = FNNRegressor((3,), max_iter=3).fit(D, D_Y)
    for given, message in [
        ({"response_method": "labels"}, "response_method"),
        ({"method": "tree"}, "method"),
        ({"n_background": 0}, "n_background must be an integer >= 1"),
        ({"feature_names": ["a"]}, "feature_names must hold 10 names"),
        ({"response_method": "predict_proba"}, "needs a model that has it"),
    ]:
        with pytest.raises(ValueError, match=message):
            attributions(network, D[:3], D, **given)
    with pytest.raises(ValueError, match="labels, which cannot be shared out"):
        attributions(forest, D[:3], D, response_method="predict")
    with pytest.raises(ValueError, match="background must have the columns of X"):
        attributions(network, D[:3], D[:, :4])
    with pytest.raises(ValueError, match="background must have the columns of X"):
        attributions(network, D[:3], pd.DataFrame(D))


def test_a_model_that_changes_its_mind_is_found_out():
    class Wavering(RegressorMixin, BaseEstimator):
        def __init__(self):
            self.rng = np.random.default_rng(0)

        def fit(self, X, y):
            """Nothing to learn."""

        def __sklearn_is_fitted__(self):
            return True

        def predict(self, X):
            return X[:, 0] + self.rng.normal(size=len(X))

    with pytest.raises(RuntimeError, match="Attributions and base value are off by"):
        attributions(Wavering(), D[:3], D)


def test_one_column_and_one_row():
    x = np.linspace(0, 1, 40).reshape(-1, 1)
    fitted = FNNRegressor((4,), "tanh", solver="lbfgs").fit(x, x[:, 0] ** 2)
    for method in ("gradient", "permutation"):
        found = attributions(fitted, x[:1], x, method=method)
        total = found.values[0, 0] + found.base_values[0]
        np.testing.assert_allclose(total, fitted.predict(x[:1])[0], atol=1e-6)
    constant, base = sampled(lambda rows: np.ones((len(rows), 1)), x, x, np.random.default_rng(0))
    assert not constant.any()
    assert base == 1


def test_cells_of_two_columns_belong_to_both():
    rng = np.random.default_rng(0)
    A = pd.DataFrame({"a": rng.choice(list("pqrs"), 400), "b": rng.choice(list("xyz"), 400),
                      "c": rng.normal(size=400)})  # fmt: skip
    y = 3.0 * ((A["a"] == "p") == (A["b"] == "x")) + rng.normal(0, 0.1, 400)
    fitted = TabularFNNRegressor(
        **{**BRIEF, "max_iter": 30}, column_kinds={("a", "b"): "cells"}
    ).fit(A, y)
    shares = shares_of(fitted.encoder_, fitted._fitted.columns)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert [0.5, 0.5, 0] in shares.tolist()
    found = explained(fitted, A[:8], A, n_background=10)
    np.testing.assert_allclose(
        found.values.sum(axis=1) + found.base_values, fitted.predict(A[:8]), atol=1e-3
    )
    assert np.abs(found.values[:, 2]).mean() < 0.1 * np.abs(found.values[:, :2]).mean()

"""Pieces of the engine, each held to what it means: noise, restarts, scores, names of metrics."""

from functools import partial

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import fbeta_score

from skfnn import FNNClassifier, FNNRegressor, TabularFNNClassifier
from skfnn._engine.objective.distribution import Calibration, Counts
from skfnn.layers import Dense, ParametricActivate, PeriodicEmbedding, Repeat, Scale, Skip
from skfnn.losses import Gaussian, NegativeBinomial
from skfnn.metrics import IntervalScore
from skfnn.solvers import LevenbergMarquardt

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# ------------------------------------------------------------------ Levenberg-Marquardt


def test_the_noise_of_each_output_is_its_squared_error_by_the_rows_that_are_left():
    """Of a linear model of ridge regression, by the trace of its hat matrix."""
    Y = X @ RNG.normal(size=(3, 2)) + RNG.normal(size=(60, 2)) * [0.1, 2.0]
    alpha = 5.0
    model = FNNRegressor((), solver="lm", alpha=alpha, random_state=0).fit(X, Y)
    A = np.column_stack([X, np.ones(60)])
    H = A.T @ A
    penalised = H + np.diag([alpha] * 3 + [0])
    inverse = np.linalg.inv(penalised)
    # How many of the weights with a penalty the data determine, of one output.
    effective = 3 - alpha * np.trace(inverse[:3, :3])
    squares = ((Y - model.predict(X)) ** 2).sum(axis=0)
    np.testing.assert_allclose(model.noise_variance_, squares / (60 - effective), rtol=1e-6)


@quiet
def test_every_restart_begins_elsewhere_and_with_the_same_output_bias(monkeypatch):
    from skfnn.solvers._levenberg_marquardt import _Starts

    starts = []
    redrawn = _Starts._redrawn

    def noted(self, start):
        starts.append(redrawn(self, start))
        return starts[-1]

    monkeypatch.setattr(_Starts, "_redrawn", noted)
    y = np.sin(X[:, 0]) + 3
    for seed in (0, 1):
        solver = LevenbergMarquardt(n_init=3, max_iter=2)
        FNNRegressor((4,), "tanh", solver=solver, random_state=seed).fit(X, y)
    assert len(starts) == 4
    for i, a in enumerate(starts):
        for b in starts[i + 1 :]:
            assert not np.isclose(a[:-5], b[:-5]).any()


@pytest.mark.parametrize("layers", [
    [Dense(4, "tanh")], [Scale(), Dense(4, "tanh")], [ParametricActivate(), Dense(4, "tanh")],
    [Skip([Dense(3, "tanh"), Dense(3)])], [Skip([Scale(), Dense(3, "tanh")]), Dense(2, "tanh")],
    [PeriodicEmbedding(n_frequencies=2)],
], ids=repr)  # fmt: skip
@quiet
def test_groups_by_feature_hold_the_weights_of_the_feature(layers):
    from skfnn._engine.curvature.evidence import grouped

    y = np.sin(X[:, 1]) + 0.05 * RNG.normal(size=60)
    solver = LevenbergMarquardt(alpha="bayes", groups="features", max_iter=15)
    model = FNNRegressor(hidden_layers=layers, solver=solver, random_state=0).fit(X, y)
    assert len(model.feature_relevance_) == 3
    network = model._network if hasattr(model, "_network") else model._fitted.network
    groups = grouped(network, "features").groups
    # Where a feature is 0 in every row, no other weights than its own have no gradient.
    for j in range(3):
        views = network.views(np.arange(len(network.values)))
        arrays = [a for arrays in views.values() for a in arrays.values() if a.ndim > 1]
        rows = [a[j].ravel() for a in arrays if len(a) == 3 and groups[f"feature {j}"][0] in a[j]]
        assert len(rows) == 1
        np.testing.assert_array_equal(groups[f"feature {j}"], np.sort(rows[0]))
    every = np.concatenate(list(groups.values()))
    assert len(every) == len(set(every.tolist()))


def test_groups_by_feature_need_weights_by_feature():
    solver = LevenbergMarquardt(alpha="bayes", groups="features")
    model = FNNRegressor(hidden_layers=[Repeat(2), Dense(3)], solver=solver)
    with pytest.raises(ValueError, match=r"groups='features' needs a first layer.*Repeat"):
        model.fit(X, X[:, 0])


# ------------------------------------------------------------------ distributions


@pytest.mark.parametrize("loss", [Gaussian(), Gaussian(beta=0.5), NegativeBinomial()], ids=repr)
@pytest.mark.parametrize("beyond", [-1, 1])
def test_beyond_its_bound_a_score_has_no_gradient(loss, beyond):
    bound, y = loss._BOUND, np.array([[2.0]])
    inside, outside = np.array([[0.3, 0.2]]), np.array([[0.3, beyond * (bound + 3)]])
    slopes = {name: gradient(loss, y, raw) for name, raw in (("in", inside), ("out", outside))}
    assert slopes["out"][0, 1] == 0
    assert slopes["in"][0, 1] != 0
    assert loss.value(y, outside) == loss.value(y, np.array([[0.3, beyond * bound]]))


def gradient(loss, y, raw):
    """The gradient that training uses, by what it yields."""
    out = np.empty_like(raw)
    k = raw.shape[1] // 2
    scratch = [np.empty((len(raw), k)) for _ in range(3)]
    for call in loss.gradient(y, raw, out, scratch):
        given = call.out if isinstance(call.out, np.ndarray) else None
        if call.function is np.copyto:
            np.copyto(given, *call.inputs)
        elif isinstance(call.function, np.ufunc):
            call.function(*call.inputs, out=given)
        else:
            call.function(*call.inputs, given)
    return out


def test_the_score_of_a_count_is_the_normal_score_of_its_middle_place():
    mean, dispersion = np.array([[3.0], [0.5], [40.0]]), np.array([[0.7], [1e-6], [0.1]])
    counts = Counts(mean, dispersion)
    for y in (0, 1, 5, 60):
        size = 1 / dispersion
        distribution = stats.nbinom(size, size / (size + mean))
        place = distribution.cdf(y - 1) + distribution.pmf(y) / 2
        expected = np.abs(stats.norm.ppf(np.clip(place, 1e-300, None)))
        found = counts.score(np.full((3, 1), float(y)))
        near = (place > 1e-10) & (place < 1 - 1e-10)
        np.testing.assert_allclose(found[near], expected[near], rtol=1e-6)


@pytest.mark.parametrize("mean", [1e-6, 0.1, 1, 5, 50, 1000, 20_000])
@pytest.mark.parametrize("dispersion", [np.exp(-14), 1e-6, 1e-3, 0.1, 1, 10, np.exp(14)])
def test_crps_of_counts_is_the_sum_of_squared_differences(mean, dispersion):
    size, std = 1 / dispersion, np.sqrt(mean + dispersion * mean**2)
    y = np.array([0.0, np.round(mean), np.round(mean + 2 * min(std, 100))])
    found = Counts(np.full((3, 1), float(mean)), np.full((3, 1), dispersion)).crps(y[:, None])[:, 0]
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    last = mean + 60 * std + 60 * mean * dispersion + 100
    if last < 1e6:
        k = np.arange(last)
        below = stats.nbinom.cdf(k, size, size / (size + mean))
        expected = [((below - (k >= value)) ** 2).sum() for value in y]
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)


@quiet
def test_counts_of_a_large_mean_can_be_scored_in_training():
    rng = np.random.default_rng(0)
    y = rng.poisson(1000, 500)
    model = FNNRegressor(
        (8,),
        loss="negative_binomial",
        early_stopping=True,
        scoring="neg_crps",
        metrics=["neg_crps"],
        learning_rate_init=0.01,
        max_iter=5,
        random_state=0,
    )
    A = rng.normal(size=(500, 2))
    model.fit(A, y)
    assert np.isfinite(model.history_).all(axis=None)
    assert np.isfinite(model.evaluate(A, y)["neg_crps"])


# ------------------------------------------------------------------ conformal scores


def test_the_score_is_that_of_the_rank_that_n_plus_one_rows_ask_for():
    scores = np.arange(1.0, 20)[::-1, None]  # 19 rows
    held_out = Calibration(scores)
    for coverage, rank in ((0.05, 1), (0.5, 10), (0.9, 18), (0.91, 19), (0.95, 19)):
        assert held_out.score(coverage)[0] == rank
    assert held_out.score(0.951) is None
    # Weights of 0 are absent; a scale of weights says nothing.
    weighted = Calibration(np.vstack([scores, [[1e9]]]), np.append(np.full(19, 1e4), 0.0))
    assert weighted.n_rows == 19
    assert [weighted.score(c)[0] for c in (0.5, 0.9, 0.95)] == [10, 18, 19]


@quiet
def test_an_interval_is_as_wide_as_the_held_out_error_of_its_rank():
    rng = np.random.default_rng(0)
    A, V = rng.normal(size=(80, 2)), rng.normal(size=(39, 2))
    y, v = A[:, 0] + rng.normal(size=80), V[:, 0] + rng.normal(size=39)
    model = FNNRegressor((5,), max_iter=20, random_state=0).fit(A, y, X_val=V, y_val=v)
    errors = np.sort(np.abs(v - model.predict(V)))
    for coverage, rank in ((0.5, 20), (0.9, 36), (0.95, 38), (0.975, 39)):
        low, high = model.predict_interval(A[:5], coverage).T
        np.testing.assert_allclose((high - low) / 2, errors[rank - 1], rtol=1e-5)


# ------------------------------------------------------------------ names of metrics


def loss(y_true, y_pred):
    return float(np.mean(y_true != y_pred))


def seconds(y_true, y_pred):
    return 1.0


@quiet
@pytest.mark.parametrize("make", [
    lambda metrics: FNNClassifier((3,), max_iter=2, random_state=0, metrics=metrics),
    lambda metrics: TabularFNNClassifier(n_members=1, max_iter=2, random_state=0, metrics=metrics),
], ids=["network", "table"])  # fmt: skip
def test_metrics_of_one_name_have_a_column_each(make):
    y = (X[:, 0] > 0).astype(int)
    low, high = partial(fbeta_score, beta=0.5), partial(fbeta_score, beta=2)
    model = make([low, high, "accuracy", "acc", lambda y, p: 0.25, lambda y, p: 0.75]).fit(X, y)
    found = model.history_
    names = ["fbeta_score", "fbeta_score(beta=2)", "accuracy", "<lambda>", "<lambda>_2"]
    suffixed = [name for name in names if name in found or f"val_{name}" in found]
    assert suffixed == names
    scored = model.evaluate(X, y)
    p = model.predict(X)
    assert scored["fbeta_score"] == pytest.approx(fbeta_score(y, p, beta=0.5))
    assert scored["fbeta_score(beta=2)"] == pytest.approx(fbeta_score(y, p, beta=2))
    assert (scored["<lambda>"], scored["<lambda>_2"]) == (0.25, 0.75)
    for taken in (loss, seconds):
        with pytest.raises(ValueError, match=f"metrics has one named '{taken.__name__}'"):
            make([taken]).fit(X, y)


def test_metrics_that_differ_by_a_parameter_are_told_apart():
    from skfnn.metrics._resolve import resolve_metrics

    scores = [IntervalScore(0.5), IntervalScore(0.9), IntervalScore(0.5)]
    found = resolve_metrics(scores, "regression")
    assert [metric.coverage for metric in found.values()] == [0.5, 0.9]
    assert list(found) == ["neg_interval_score", "neg_interval_score(coverage=0.9)"]

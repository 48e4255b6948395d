"""Search spaces, successive halving over epochs, threads in workers."""

import os

import joblib
import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from scipy import stats
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    ParameterSampler,
    RandomizedSearchCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier, FNNRegressor
from skfnn.model_selection import param_distributions, suggest
from skfnn.optimizers import SGD, AdamW

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, y = load_iris(return_X_y=True)
KINDS = ["mlp", "realmlp", "cocktail"]


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_point_of_a_space_is_a_network(kind, task):
    space = param_distributions(kind, task=task, max_units=4)
    base = FNNClassifier(max_iter=1) if task == "classification" else FNNRegressor(max_iter=1)
    for params in ParameterSampler(space, 25, random_state=0):
        model = clone(base).set_params(**clone(params, safe=False)).fit(X[::5], y[::5])
        assert isinstance(model.solver, AdamW)
        assert max(np.atleast_1d(model.hidden_layer_sizes)) <= 4
    assert ("label_smoothing" in space) == (kind == "realmlp" and task == "classification")


def draws(name, kind="mlp", n=2000):
    values = param_distributions(kind)[name]
    rng = np.random.RandomState(0)
    return [values.rvs(random_state=rng) for _ in range(n)]


def test_draws_follow_the_papers():
    sizes = draws("hidden_layer_sizes")
    depth = np.bincount([len(s) for s in sizes])
    assert len(depth) == 9
    assert np.all(np.abs(depth[1:] / 2000 - 1 / 8) < 0.03)
    assert all(len(set(s[1:-1])) <= 1 for s in sizes)  # one width between first and last
    assert stats.kstest([s[0] for s in sizes], stats.uniform(1, 512).cdf).pvalue > 1e-3
    for name, low, high in (("dropout", 0, 0.5), ("solver__weight_decay", 1e-6, 1e-3)):
        values = np.array(draws(name))
        assert abs(np.mean(values == 0) - 0.5) < 0.04
        used = values[values > 0]
        assert low <= used.min() < used.max() <= high
        scale = stats.uniform(low, high) if low == 0 else stats.loguniform(low, high)
        assert stats.kstest(used, scale.cdf).pvalue > 1e-3
    shapes = draws("hidden_layer_sizes", "realmlp")
    assert abs(np.mean([s == (256, 256, 256) for s in shapes]) - 0.6) < 0.04
    assert abs(np.mean(np.array(draws("dropout", "realmlp")) == 0.15) - 0.5) < 0.04


def test_a_space_leads_into_a_pipeline():
    model = make_pipeline(StandardScaler(), FNNClassifier(max_iter=2, random_state=0))
    for prefix in ("fnnclassifier", "fnnclassifier__"):
        space = param_distributions("mlp", prefix, max_units=8)
        assert set(space) < set(model.set_params(fnnclassifier__solver=AdamW()).get_params())
    first, second = (
        RandomizedSearchCV(model, space, n_iter=3, cv=2, random_state=1).fit(X, y) for _ in "ab"
    )
    shown = [str(search.cv_results_["params"]) for search in (first, second)]
    assert shown[0] == shown[1]  # drawn by random_state alone
    np.testing.assert_array_equal(*(s.cv_results_["mean_test_score"] for s in (first, second)))


def test_bad_requests_for_a_space():
    with pytest.raises(ValueError, match=r"kind='xgboost' is not a known kind.*'mlp'"):
        param_distributions("xgboost")
    with pytest.raises(ValueError, match="task='ranking' is not a known task"):
        param_distributions(task="ranking")
    with pytest.raises(ValueError, match=r"max_units must be None or an integer >= 1. Got 0"):
        param_distributions(max_units=0)


# ------------------------------------------------------------------ Optuna


class FakeTrial:
    """What a trial of Optuna does, as far as spaces are concerned."""

    def __init__(self, seed):
        self.rng, self.params = np.random.default_rng(seed), {}

    def _note(self, name, value):
        assert name not in self.params, "asked for twice"
        self.params[name] = value
        return value

    def suggest_categorical(self, name, choices):
        assert all(isinstance(choice, (bool, int, float, str, type(None))) for choice in choices)
        return self._note(name, choices[self.rng.integers(len(choices))])

    def suggest_float(self, name, low, high, *, log=False):
        ends = np.log([low, high]) if log else (low, high)
        value = self.rng.uniform(*ends)
        return self._note(name, float(np.exp(value) if log else value))

    def suggest_int(self, name, low, high):
        return self._note(name, int(self.rng.integers(low, high, endpoint=True)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_trial_suggests_points_of_the_space(kind):
    space = param_distributions(kind, "fnnclassifier", max_units=4)
    model = make_pipeline(StandardScaler(), FNNClassifier(max_iter=1))
    for seed in range(10):
        params = suggest(FakeTrial(seed), space)
        assert set(params) == set(space)
        clone(model).set_params(**params).fit(X[::5], y[::5])


def test_suggestions_share_no_objects_and_keep_to_the_bounds():
    space = {"solver": [AdamW(), SGD()], "alpha": stats.loguniform(1e-3, 1e-2),
             "momentum": stats.uniform(0.1, 0.3), "batch_size": stats.randint(10, 13)}  # fmt: skip
    found = [suggest(FakeTrial(seed), space) for seed in range(40)]
    assert {type(params["solver"]) for params in found} == {AdamW, SGD}
    assert all(params["solver"] not in space["solver"] for params in found)
    assert all(1e-3 <= params["alpha"] <= 1e-2 for params in found)
    assert all(0.1 <= params["momentum"] <= 0.4 for params in found)
    assert {params["batch_size"] for params in found} == {10, 11, 12}
    with pytest.raises(ValueError, match=r"alpha must be a list, or uniform.*Got gamma"):
        suggest(FakeTrial(0), {"alpha": stats.gamma(2)})


def test_a_study_of_optuna():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial):
        params = suggest(trial, param_distributions("realmlp", max_units=8))
        return FNNClassifier(max_iter=3, random_state=0).set_params(**params).fit(X, y).score(X, y)

    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=4)
    assert len({tuple(trial.params.values()) for trial in study.trials}) == 4


# ------------------------------------------------------------------ halving, threads


def test_epochs_are_a_resource_of_successive_halving():
    grid = {"learning_rate_init": [1e-5, 1e-4, 1e-3, 1e-2]}
    model = FNNClassifier((8,), tol=0, random_state=0)
    search = HalvingGridSearchCV(model, grid, resource="max_iter", min_resources=5, factor=2,
                                 max_resources=20, cv=2, random_state=0).fit(X, y)  # fmt: skip
    assert search.n_resources_ == [5, 10, 20]
    assert search.n_candidates_ == [4, 2, 1]
    assert search.best_estimator_.n_iter_ == 20
    results = search.cv_results_
    assert [p["max_iter"] for p in results["params"]] == results["n_resources"].tolist()


def test_epochs_are_a_resource_of_random_halving_over_a_space():
    search = HalvingRandomSearchCV(
        FNNClassifier(random_state=0), param_distributions("mlp", max_units=8), n_candidates=4,
        resource="max_iter", min_resources=2, max_resources=8, factor=2, cv=2, random_state=0,
    ).fit(X, y)  # fmt: skip
    assert search.n_resources_ == [2, 4, 8]
    assert search.best_estimator_.max_iter == 8


def blas_threads(estimator, X, y):
    from threadpoolctl import threadpool_info

    pools = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    return max(pools, default=1)


def test_workers_of_a_search_share_the_cores(monkeypatch):
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    get_reusable_executor().shutdown(wait=True)  # new workers, that see this environment
    search = GridSearchCV(FNNClassifier((4,), max_iter=1), {"alpha": [0, 1]}, cv=2, n_jobs=2,
                          scoring=blas_threads, refit=False)  # fmt: skip
    try:
        with joblib.parallel_config("loky"):
            search.fit(X, y)
    finally:
        get_reusable_executor().shutdown(wait=True)
    threads = search.cv_results_["mean_test_score"]
    assert np.all(threads <= max(1, (os.cpu_count() or 1) // 2))

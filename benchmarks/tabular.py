"""Compare the estimators for tables with others on given data sets.

Each data set is a CSV file (also compressed) whose target is the last column or the one named by
``--target NAME``; without files, data sets that scikit-learn ships or makes are taken. Columns of
text are categories; ``--categories FILE`` names numbers that are, too, in JSON:
``{"data set": {"categorical": ["zip code"]}}``. Three quarters of the rows (at most 10,000) train,
the others test; ``--splits N`` does so N times. All have default settings; ``MLP*`` stands in the
usual pipeline (impute, scale, one-hot, target scaled). What is not installed is left out.
``--results FILE`` keeps what is measured, a line each, and does not measure again what it holds: a
run can be ended and go on, and two can share the work, given the files in opposite orders. Seconds
are those of CPU. Run it on one thread:

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/tabular.py data/*.csv.gz

``--write`` renews the figures that the documentation's chart is drawn from.

``--plot FILE`` draws error against seconds, a point per model. ``--rows N ...`` measures on
made tables of N rows instead, with 30 numbers and 6 categories.
"""

import argparse
import datetime
import importlib.util
import json
import os
import platform
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.compose import (
    TransformedTargetRegressor,
    make_column_selector,
    make_column_transformer,
)
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from skfnn import TabularFNNClassifier, TabularFNNRegressor

CHART = Path(__file__).parents[1] / "docs" / "_static" / "tables.json"
MOST_ROWS = 10_000
FEW_ROWS = 1000
MEASURES = ["error", "loss", "nrmse", "fit"]


def usual_pipeline(network):
    """Return a network behind imputation, scaling and one-hot columns."""
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    levels = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_pipeline(
        make_column_transformer(
            (numbers, make_column_selector(dtype_include="number")),
            (levels, make_column_selector(dtype_exclude="number")),
        ),
        network,
    )


def mlp(regression):
    """Return MLPClassifier or MLPRegressor as it is usually used."""
    if not regression:
        return usual_pipeline(MLPClassifier(random_state=0))
    return TransformedTargetRegressor(
        usual_pipeline(MLPRegressor(random_state=0)), transformer=StandardScaler()
    )


def tabular(regression, **params):
    """Return skfnn's estimator."""
    estimator = TabularFNNRegressor if regression else TabularFNNClassifier
    return estimator(random_state=0, **params)


def histogram_boosting(regression):
    """Return scikit-learn's gradient boosting; it takes codes for more than 255 levels."""
    estimator = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_pipeline(
        make_column_transformer(
            (codes, make_column_selector(dtype_exclude="number")), remainder="passthrough"
        ),
        estimator(random_state=0),
    )


def lightgbm(regression):
    """Return LightGBM with its defaults."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    estimator = LGBMRegressor if regression else LGBMClassifier
    return estimator(verbose=-1, n_jobs=1, random_state=0)


class CatBoost:
    """CatBoost with its defaults; it is told which columns are categories."""

    def __init__(self, regression):
        self.regression = regression

    def fit(self, X, y):
        """Fit."""
        from catboost import CatBoostClassifier, CatBoostRegressor

        estimator = CatBoostRegressor if self.regression else CatBoostClassifier
        self.categories_ = list(X.select_dtypes(exclude="number"))
        self.model_ = estimator(
            verbose=0, thread_count=1, random_seed=0, allow_writing_files=False,
            cat_features=self.categories_,
        )  # fmt: skip
        self.model_.fit(self._strings(X), y)
        if not self.regression:
            self.classes_ = self.model_.classes_
        return self

    def _strings(self, X):
        """Return X with categories as strings, missing ones included."""
        return X.assign(**{c: X[c].astype(object).fillna("missing").astype(str)
                           for c in self.categories_})  # fmt: skip

    def predict(self, X):
        """Return classes or numbers."""
        return self.model_.predict(self._strings(X))

    def predict_proba(self, X):
        """Return probabilities."""
        return self.model_.predict_proba(self._strings(X))


def realmlp(regression):
    """Return RealMLP as pytabkit ships it, on one thread."""
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    estimator = RealMLP_TD_Regressor if regression else RealMLP_TD_Classifier
    return estimator(device="cpu", random_state=0, n_threads=1)


def with_trees(regression):
    """Return skfnn's estimator with gradient-boosted trees beside the networks."""
    return tabular(regression, blend="trees")


MODELS = {
    "skfnn": (tabular, None),
    "skfnn, trees": (with_trees, None),
    "MLP*": (mlp, None),
    "HistGradientBoosting": (histogram_boosting, None),
    "LightGBM": (lightgbm, "lightgbm"),
    "CatBoost": (CatBoost, "catboost"),
    "RealMLP": (realmlp, "pytabkit"),
}


def shipped():
    """Yield (name, X, y, whether y is numbers) of data sets that scikit-learn ships or makes."""
    loaders = [
        (datasets.load_breast_cancer, False),
        (datasets.load_wine, False),
        (datasets.load_digits, False),
        (datasets.load_diabetes, True),
    ]
    for load, regression in loaders:
        X, y = load(return_X_y=True, as_frame=True)
        yield load.__name__.removeprefix("load_"), X, y, regression
    X, y = datasets.make_friedman1(4000, noise=1.0, random_state=0)
    yield "friedman1", pd.DataFrame(X).add_prefix("x"), pd.Series(y), True
    X, y = datasets.make_hastie_10_2(6000, random_state=0)
    yield "hastie_10_2", pd.DataFrame(X).add_prefix("x"), pd.Series(y), False


def read(path, target, categories):
    """Return (name, X, y, whether y is numbers) of a CSV file."""
    name = Path(path).name.split(".")[0]
    X = pd.read_csv(path)
    y = X.pop(target if target in X.columns else X.columns[-1])
    text = X.columns[[not pd.api.types.is_numeric_dtype(t) for t in X.dtypes]]
    for column in {*text, *categories.get(name, {}).get("categorical", [])}:
        X[column] = X[column].astype("category")
    regression = pd.api.types.is_numeric_dtype(y) and y.nunique() > 20
    return name, X, y, regression


def split(X, y, regression, seed):
    """Return training and test rows, stratified where y is classes of two rows and more."""
    strata = None if regression or y.value_counts().min() < 2 else y
    X, X_test, y, y_test = train_test_split(X, y, random_state=seed, stratify=strata)
    return X[:MOST_ROWS], X_test, y[:MOST_ROWS].to_numpy(), y_test.to_numpy()


def measure(model, parts, regression):
    """Return error, log-loss (NaN for numbers), seconds of CPU to fit and to predict."""
    X, X_test, y, y_test = parts
    started = time.process_time()
    model.fit(X, y)
    fitted = time.process_time()
    predicted = np.ravel(model.predict(X_test))
    seconds = fitted - started, time.process_time() - fitted
    if regression:
        return np.sqrt(np.mean((predicted - y_test) ** 2)) / y_test.std(), np.nan, *seconds
    probabilities = np.clip(model.predict_proba(X_test), 1e-15, 1)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    loss = log_loss(y_test, probabilities, labels=model.classes_)
    return np.mean(predicted != y_test), loss, *seconds


def taken(model):
    """Return the exact values and cells of pairs that a table estimator took beside its columns."""
    if not hasattr(model, "schema_"):
        return []
    beside = model.schema_[model.schema_["kind"].isin(["exact values", "cells"])]
    reasons = beside["why"].str.removeprefix("tell what else is left unexplained, ")
    return [
        f"{kind} of {column}: {why}"
        for kind, column, why in zip(beside["kind"], beside["column"], reasons, strict=True)
    ]


def ratios(table, name):
    """Return the ratios skfnn / other of each measure, a row a data set and split."""
    ours, other = table["skfnn"], table[name]
    return ours[MEASURES].clip(lower=1e-4) / other[MEASURES].clip(lower=1e-4)


def geometric_means(table):
    """Return for each other model the geometric means of the ratios skfnn / other, by measure."""
    others = [model for model in table.columns.unique(0) if model != "skfnn"]
    return {name: np.exp(np.log(ratios(table, name)).mean()).round(3).to_dict() for name in others}


def write(table, command):
    """Renew the figures of the documentation's chart."""
    splits = table.index.unique("split")
    chart = {
        "measured": str(datetime.date.today()),
        "data": f"{len(table.index.unique('data'))} data sets, {len(splits)} splits",
        "command": command,
        "others": geometric_means(table),
    }
    CHART.write_text(json.dumps(chart, indent=1) + "\n")


def made(n_rows, rng):
    """Return a table of 30 numbers and 6 categories of 3 to 1,000 levels, and two noisy classes."""
    numbers = rng.normal(size=(n_rows, 30))
    levels = [3, 5, 10, 30, 100, 1000]
    codes = [rng.integers(0, n, n_rows) for n in levels]
    score = numbers[:, 0] * numbers[:, 1] + np.sin(2 * numbers[:, 2]) + (numbers[:, 3] > 0.5)
    effects = np.random.default_rng(0)
    for n, code in zip(levels, codes, strict=True):
        score = score + effects.normal(0, 0.7, n)[code]
    X = pd.DataFrame(numbers).add_prefix("number")
    for i, code in enumerate(codes):
        X[f"category{i}"] = pd.Categorical.from_codes(
            code, [f"level {j}" for j in range(levels[i])]
        )
    return X, (score + 0.5 * rng.logistic(size=n_rows) > score.mean()).astype(int)


def cost_curve(sizes, chosen):
    """Print error, log-loss and seconds for training sets of several sizes."""
    rng = np.random.default_rng(1)
    X_test, y_test = made(10_000, rng)
    print("| rows | model | error | log-loss | fit, s | predict, s |\n|---|---|---|---|---|---|")
    for n_rows in sizes:
        X, y = made(n_rows, rng)
        for model, make in chosen.items():
            error, loss, fit, predict = measure(make(False), (X, X_test, y, y_test), False)
            print(f"| {n_rows} | {model} | {error:.4f} | {loss:.4f} | {fit:.1f} | {predict:.3f} |",
                  flush=True)  # fmt: skip


def plot(table, path):
    """Draw error (relative to the best model of each set) against seconds, a point a model."""
    import matplotlib.pyplot as plt

    errors = pd.DataFrame(
        {m: table[m]["error"].fillna(table[m]["nrmse"]).clip(lower=1e-4)
         for m in table.columns.unique(0)}
    ).dropna()  # fmt: skip
    relative = np.exp(np.log(errors.div(errors.min(axis=1), axis=0)).mean())
    seconds = pd.Series({m: np.exp(np.log(table[m]["fit"]).mean()) for m in relative.index})
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.scatter(seconds, relative)
    for model in relative.index:
        axes.annotate(model, (seconds[model], relative[model]), xytext=(4, 4),
                      textcoords="offset points")  # fmt: skip
    axes.margins(0.2)
    axes.set(xscale="log", xlabel="seconds to fit (geometric mean)",
             ylabel="error / best model's (geometric mean)",
             title=f"{len(errors)} data sets and splits")  # fmt: skip
    figure.savefig(path, dpi=150)
    plt.close(figure)


def summarise(table):
    """Print geometric means of ratios to one model with the shares of sets won, and seconds."""
    models = [name for name in table.columns.unique(0) if name != "skfnn"]
    print("\nskfnn / other: geometric mean (share of sets and splits where skfnn is better)\n")
    print("| other | class error | log-loss | nRMSE | fit time |")
    print("|---|---|---|---|---|")
    for name in models:
        cells = []
        for measure, ratio in ratios(table, name).items():
            ratio = ratio.dropna()
            won = f" ({((ratio < 1) + 0.5 * (ratio == 1)).mean():.2f})"
            cells.append(f"{np.exp(np.log(ratio).mean()):.3f}" + won * (measure != "fit"))
        print(f"| {name} | " + " | ".join(cells) + " |")
    print("\n| model | median fit, s | longest, s | all, s | median time of 10,000 rows, ms |")
    print("|---|---|---|---|---|")
    for name in ["skfnn", *models]:
        times = table[name]
        enough = times[times["rows"] >= FEW_ROWS]  # else it is the time of the call
        predict = (1e7 * enough["predict"] / enough["rows"]).median()
        print(
            f"| {name} | {times['fit'].median():.1f} | {times['fit'].max():.0f} | "
            f"{times['fit'].sum():.0f} | {predict:.0f} |"
        )


class Results:
    """What has been measured: kept in a file, if there is one, a JSON object a line.

    Parameters
    ----------
    path : str or None
        The file.
    """

    def __init__(self, path):
        self.path = None if path is None else Path(path)
        self.rows = []

    def _read(self):
        """Read what is there, also by another run that shares the work."""
        if self.path is not None and self.path.exists():
            self.rows = [json.loads(line) for line in self.path.read_text().splitlines()]

    def measured(self, name, split, model):
        """Return whether a measurement is there."""
        self._read()
        wanted = {"data": name, "split": split, "model": model}
        return any(wanted.items() <= row.items() for row in self.rows)

    def add(self, **row):
        """Take a measurement."""
        self.rows.append(row)
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps(row) + "\n")

    def taken(self):
        """Print what networks alone took beside the columns, where they took anything."""
        self._read()
        rows = [row for row in self.rows if row["model"] == "skfnn" and row.get("taken")]
        print("\n| data | split | taken beside its columns |\n|---|---|---|")
        for row in rows:
            print(f"| {row['data']} | {row['split']} | {'; '.join(row['taken'])} |")

    def table(self, models):
        """Return one row a data set and split, columns (model, measure)."""
        self._read()
        frame = pd.DataFrame(self.rows)
        key = ["data", "split", "model"]
        frame = frame.drop_duplicates(key)  # two runs may meet at one
        frame = frame[frame["model"].isin(models) & frame["failure"].isna()]
        frame = frame.set_index(key)[["rows", *MEASURES, "predict"]].astype(float)
        table = frame.unstack("model").swaplevel(axis=1)
        return table[[m for m in models if m in table.columns.unique(0)]]


def compare(sets, splits, chosen, results):
    """Measure each model on each data set and split, and print a line each."""
    print("| data | split | model | error | log-loss | fit, s | predict, s |")
    print("|---|---|---|---|---|---|---|")
    for name, X, y, regression in sets:
        for seed in splits:
            for model, make in chosen.items():
                if results.measured(name, seed, model):
                    continue
                parts = split(X, y, regression, seed)
                row = dict.fromkeys((*MEASURES, "predict", "failure"))
                estimator = make(regression)
                try:
                    error, loss, *seconds = measure(estimator, parts, regression)
                except ValueError as failure:  # of a column that is empty, say
                    row["failure"] = str(failure)[:60]
                    print(f"| {name} | {seed} | {model} | failed: {row['failure']} | | | |",
                          flush=True)  # fmt: skip
                else:
                    row["nrmse" if regression else "error"] = float(error)
                    row["loss"] = None if regression else float(loss)
                    row["fit"], row["predict"] = seconds
                    row["taken"] = taken(estimator)
                    print(f"| {name} | {seed} | {model} | {error:.4f} | {loss:.4f} | "
                          f"{seconds[0]:.1f} | {seconds[1]:.3f} |", flush=True)  # fmt: skip
                results.add(data=name, split=seed, model=model, rows=len(parts[1]), **row)


def main():
    """Print a line a data set, split and model, then the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", metavar="DATA")
    parser.add_argument("--target", default="target", help="name of the target column")
    parser.add_argument("--categories", metavar="FILE", help="names of numbers that are categories")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--splits", type=int, default=1, metavar="N", help="splits of each set")
    parser.add_argument("--results", metavar="FILE", help="what was measured before, added to")
    parser.add_argument("--write", action="store_true", help="renew docs/_static/tables.json")
    parser.add_argument("--plot", metavar="FILE", help="draw error against seconds")
    parser.add_argument("--rows", nargs="+", type=int, metavar="N", help="sizes of made tables")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    chosen = {
        name: make
        for name, (make, package) in MODELS.items()
        if name in arguments.models and (package is None or importlib.util.find_spec(package))
    }
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    print(f"{datetime.date.today()}, Python {platform.python_version()}, threads: {threads}\n")
    if arguments.rows:
        cost_curve(arguments.rows, chosen)
        return
    categories = json.loads(Path(arguments.categories).read_text()) if arguments.categories else {}
    sets = (read(path, arguments.target, categories) for path in arguments.files)
    results = Results(arguments.results)
    compare(sets if arguments.files else shipped(), range(arguments.splits), chosen, results)
    table = results.table(list(chosen))
    if "skfnn" not in chosen:  # nothing to compare with
        return
    summarise(table)
    results.taken()
    if arguments.write:
        write(table, f"python benchmarks/tabular.py DATA... --splits {arguments.splits}")
    if arguments.plot:
        plot(table, arguments.plot)


if __name__ == "__main__":
    main()

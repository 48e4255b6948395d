"""The cost of many rows: error, CPU time and memory, beside LightGBM and CatBoost.

    python benchmarks/many_rows.py --rows 10000 100000 1000000 --write

Each model is trained with its defaults (a stream also by two members that read it twice), by one
thread, in a process of its own, on the table of
``out_of_core.py``: as a whole, or as a stream of Parquet files. Times are those of ``fit``, in
which a stream is read, too; memory is the most that the process had, the table included. Errors are
on rows of which none is in the table. What was measured before is kept in ``--results``, and
``--write`` renews ``docs/_static/many_rows.json``, from which the documentation's chart is drawn.
"""

import argparse
import datetime
import json
import os
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

import pandas as pd
from out_of_core import TEST_ROWS, measured, rows, write

CHART = Path(__file__).parents[1] / "docs" / "_static" / "many_rows.json"
EPOCH = pd.Timestamp("2023-01-01")


class Plain:
    """A model of trees: dates become numbers, and text becomes categories of its own kind."""

    def __init__(self, model, categories):
        self.model, self.categories = model, categories

    def table(self, X):
        """Return a table as the model takes it."""
        X, dates = X.copy(), X.select_dtypes("datetime")
        for name in dates:
            X[name] = (X[name] - EPOCH) / pd.Timedelta(days=1)
        for name in X.columns.difference(X.select_dtypes("number").columns):
            X[name] = self.categories(name, X[name])
        return X

    def fit(self, X, y):
        """Fit."""
        self.model.fit(self.table(X), y)
        return self

    def score(self, X, y):
        """Return R2."""
        return self.model.score(self.table(X), y)


def lightgbm():
    """Return LightGBM; levels that it has not seen are missing."""
    from lightgbm import LGBMRegressor

    known = {}

    def categories(name, column):
        dtype = known.setdefault(name, pd.CategoricalDtype(sorted(column.unique())))
        return column.astype(dtype)

    return Plain(LGBMRegressor(verbose=-1, n_jobs=1, random_state=0), categories)


def catboost():
    """Return CatBoost, which takes text for what it is."""
    from catboost import CatBoostRegressor

    names = [name for name in rows(1, 0) if name.startswith("category")]
    model = CatBoostRegressor(verbose=0, thread_count=1, random_seed=0, cat_features=names,
                              allow_writing_files=False)  # fmt: skip
    return Plain(model, lambda name, column: column.astype(object))


def tabular(**params):
    """Return the estimator for tables."""
    from skfnn import TabularFNNRegressor

    return TabularFNNRegressor(random_state=0, **params)


MODELS = {
    "TabularFNN": (tabular, False),
    "TabularFNN, stream": (tabular, True),
    "stream, 2 x 2 passes": (partial(tabular, n_members=2, max_iter=2), True),
    "LightGBM": (lightgbm, False),
    "CatBoost": (catboost, False),
}


def train(given):
    """Train a model on the first files of a folder; print what came of it."""
    warnings.simplefilter("ignore")
    make, streams = MODELS[given["model"]]
    paths = sorted(Path(given["folder"]).glob("*.parquet"))
    if streams:
        table = [list(map(str, paths)), "y"]
    else:
        whole = pd.concat(map(pd.read_parquet, paths), ignore_index=True)
        table = [whole.drop(columns="y"), whole["y"]]
        del whole
    begun = time.process_time(), time.perf_counter()
    model = make().fit(*table)
    spent = time.process_time() - begun[0], time.perf_counter() - begun[1]
    test = rows(TEST_ROWS, 0)
    found = {"R2": model.score(test.drop(columns="y"), test["y"])}
    print("found", json.dumps({**found, "CPU seconds": spent[0], "seconds": spent[1]}))


def known(path):
    """Return what was measured before."""
    if path is None or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", nargs="+", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--results", type=Path, help="what was measured before, added to")
    parser.add_argument("--write", action="store_true", help=f"renew {CHART.name}")
    parser.add_argument("--train", type=json.loads, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.train:
        train(args.train)
        return
    results = known(args.results)
    for n in args.rows:
        todo = [m for m in args.models if not any((r["model"], r["rows"]) == (m, n)
                                                  for r in results)]  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            if todo:
                write(Path(folder), n)
            for model in todo:
                given = {"folder": folder, "model": model}
                row = {"model": model, "rows": n, **measured(given, 0, __file__)}
                results.append(row)
                if args.results:
                    with args.results.open("a") as file:
                        file.write(json.dumps(row) + "\n")
    print(pd.DataFrame(results).round(3).to_string())
    if args.write:
        save(results)


def save(results):
    """Write the figures of the chart."""
    figures = [
        {"model": r["model"], "rows": r["rows"], "R2": round(r["R2"], 4),
         "CPU seconds": round(r["CPU seconds"], 1), "GB": round(r["peak MB"] / 1024, 2)}
        for r in sorted(results, key=lambda r: (list(MODELS).index(r["model"]), r["rows"]))
    ]  # fmt: skip
    told = {"measured": str(datetime.date.today()), "data": "30 columns, levels up to 100,000"}
    CHART.write_text(json.dumps({**told, "fits": figures}, indent=1) + "\n")


if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    main()

"""Compare the estimators for tables with others on public tables that nothing was tuned on.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/public.py

They are raw, as they were published: with text, dates, missing cells, identifiers. Each comes from
the repository that is named below, or from ``--folder``, where files have the same names. Three
quarters of the rows, at most ``--rows``, train; the others, at most 10,000, test. The estimators of
skfnn are given the table, the others dates as days and text as categories. All have their default
settings. ``--results FILE`` keeps what is measured, a line each, and does not measure again what it
holds. Tables on which skfnn errs nowhere are left out of the means: their ratios say little. The
second table of means is that of networks and trees beside the others.
"""

import argparse
import os
import warnings
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import tabular
from tabular import MODELS, Results, compare, summarise

RAW = "https://raw.githubusercontent.com"
R = f"{RAW}/vincentarelbundock/Rdatasets/master/csv"
BROWNLEE = f"{RAW}/jbrownlee/Datasets/master"
SEABORN = f"{RAW}/mwaskom/seaborn-data/master"
LANTZ = f"{RAW}/stedy/Machine-Learning-with-R-datasets/master"
SELVA = f"{RAW}/selva86/datasets/master"
EPOCH = pd.Timestamp("2000-01-01", tz="UTC")
# Classes of fewer rows are left out; numbers of fewer values are classes.
LEAST_OF_CLASS, NUMBERS = 8, 10


class Source(NamedTuple):
    """Where a table is, and what is to be predicted.

    Attributes
    ----------
    where, name : str
        The folder, and the file without its ending.
    target : str or int
        The column, by its place where there is no header.
    without : tuple
        Columns that give the target away, and numbers of rows.
    dates : tuple of str
        Columns of dates.
    """

    where: str
    name: str
    target: str | int
    without: tuple = ()
    dates: tuple = ()


SOURCES = [
    Source(SEABORN, "titanic", "survived", ("alive",)),
    Source(SEABORN, "penguins", "species"),
    Source(SEABORN, "taxis", "tip", ("total",), ("pickup", "dropoff")),
    Source(SEABORN, "diamonds", "price"),
    Source(SEABORN, "planets", "distance"),
    Source(LANTZ, "concrete", "strength"),
    Source(LANTZ, "insurance", "charges"),
    Source(LANTZ, "credit", "default"),
    Source(LANTZ, "wisc_bc_data", "diagnosis", ("id",)),
    Source(LANTZ, "mushrooms", "type"),
    Source(LANTZ, "letterdata", "letter"),
    Source(BROWNLEE, "abalone", 8),
    Source(BROWNLEE, "banknote_authentication", 4),
    Source(BROWNLEE, "horse-colic", 23, (2,)),
    Source(BROWNLEE, "phoneme", 5),
    Source(BROWNLEE, "mammography", 6),
    Source(BROWNLEE, "oil-spill", 49, (0,)),
    Source(BROWNLEE, "sonar", 60),
    Source(BROWNLEE, "auto_imports", 25),
    Source(BROWNLEE, "adult-test", 14),
    Source(SELVA, "Sacramento", "price"),
    Source(SELVA, "supermarket_sales", "Rating", (), ("Date",)),
    Source(SELVA, "MarketArrivals", "priceMod", ("priceMin", "priceMax")),
    Source(f"{R}/modeldata", "ames", "Sale_Price"),
    Source(f"{R}/modeldata", "wa_churn", "churn"),
    Source(f"{R}/modeldata", "hotel_rates", "avg_price_per_room", (), ("arrival_date",)),
    Source(f"{R}/modeldata", "lending_club", "Class"),
    Source(f"{R}/modeldata", "cells", "class", ("case",)),
    Source(f"{R}/modeldata", "deliveries", "time_to_delivery"),
    Source(f"{R}/modeldata", "check_times", "check_time", ("status",)),
    Source(f"{R}/modeldata", "Chicago", "ridership"),
    Source(f"{R}/modeldata", "stackoverflow", "Salary"),
    Source(f"{R}/modeldata", "car_prices", "Price"),
    Source(f"{R}/carData", "Vocab", "vocabulary"),
    Source(f"{R}/openintro", "loans_full_schema", "interest_rate", ("grade", "sub_grade")),
    Source(f"{R}/openintro", "comics", "align"),
    Source(f"{R}/openintro", "yrbss", "weight"),
    Source(f"{R}/ISLR", "Caravan", "Purchase"),
    Source(f"{R}/ISLR", "Hitters", "Salary"),
    Source(f"{R}/ISLR", "College", "Private"),
    Source(f"{R}/ISLR", "OJ", "Purchase"),
    Source(f"{R}/ISLR", "Carseats", "Sales"),
    Source(f"{R}/dplyr", "storms", "wind", ("category",)),
    Source(f"{R}/causaldata", "restaurant_inspections", "inspection_score"),
    Source(f"{R}/bayesrules", "moma", "department"),
    Source(f"{R}/AER", "CPS1988", "wage"),
    Source(f"{R}/lme4", "InstEval", "y"),
    Source(f"{R}/DAAG", "nassCDS", "dead", ("injSeverity",)),
    Source(f"{R}/medicaldata", "covid_testing", "result", ("ct_result",)),
    Source(f"{R}/wooldridge", "k401ksubs", "nettfa"),
    Source(f"{R}/survival", "nafld1", "futime", ("id", "case.id", "status")),
    Source(f"{R}/Ecdat", "HI", "whrswk"),
    Source(f"{R}/fivethirtyeight", "bechdel", "binary", ("test", "clean_test", "code")),
    Source(f"{R}/nycflights13", "weather", "temp", ("dewp", "humid"), ("time_hour",)),
]


def read(source, folder=None):
    """Return (name, X, y, whether y is numbers) of a table; classes of few rows are left out."""
    path = f"{source.where}/{source.name}.csv" if folder is None else folder / f"{source.name}.csv"
    header = None if isinstance(source.target, int) else 0
    X = pd.read_csv(path, header=header, na_values=["?", " ?"], parse_dates=list(source.dates))
    X = X.drop(columns=[c for c in (*source.without, "rownames") if c in X])
    X = X[X[source.target].notna()].reset_index(drop=True)
    y = X.pop(source.target)
    X.columns = [str(column) for column in X]
    regression = pd.api.types.is_numeric_dtype(y) and y.nunique() >= NUMBERS
    if not regression:
        enough = y.map(y.value_counts()) >= LEAST_OF_CLASS
        X, y = X[enough].reset_index(drop=True), y[enough].reset_index(drop=True).astype(str)
    return source.name, X, y, regression


class Plain:
    """A model that is given dates as days, and text as categories."""

    def __init__(self, make, regression):
        self.model = make(regression)

    def _plain(self, X):
        """Return a table of numbers and categories; names of columns are numbers."""
        found = {}
        for i, (_, column) in enumerate(X.items()):
            if pd.api.types.is_datetime64_any_dtype(column):
                column = (pd.to_datetime(column, utc=True) - EPOCH) / pd.Timedelta(days=1)
            elif not pd.api.types.is_numeric_dtype(column) or column.dtype == bool:
                column = column.astype(object).astype("category")
            found[f"x{i}"] = column
        return pd.DataFrame(found)

    def fit(self, X, y):
        """Fit."""
        X = self._plain(X)
        self.levels = {name: X[name].cat.categories for name in X.select_dtypes("category")}
        self.model.fit(X, y)
        self.classes_ = getattr(self.model, "classes_", None)
        return self

    def _known(self, X):
        X = self._plain(X)
        known = {name: X[name].cat.set_categories(levels) for name, levels in self.levels.items()}
        return X.assign(**known)

    def predict(self, X):
        """Return classes or numbers."""
        return self.model.predict(self._known(X))

    def predict_proba(self, X):
        """Return probabilities."""
        return self.model.predict_proba(self._known(X))


def main():
    """Print a line a table and model, then the means."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="some of the tables")
    parser.add_argument("--folder", type=Path, help="where the files are; by default the net")
    parser.add_argument("--rows", type=int, default=4000, help="training rows at most")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS)[:-1])
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--results", help="what was measured before, added to")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # of columns, and of MLP* that has not converged
    tabular.MOST_ROWS = args.rows
    chosen = {
        name: make if name.startswith("skfnn") else partial(Plain, make)
        for name, (make, _) in MODELS.items()
        if name in args.models
    }
    results = Results(args.results)
    sets = (read(s, args.folder) for s in SOURCES if not args.names or s.name in args.names)
    compare(sets, range(args.splits), chosen, results)
    table = results.table(args.models)
    table = table[table["skfnn"]["error"] != 0]
    summarise(table)
    if "skfnn, trees" in args.models:
        summarise(table.rename(columns={"skfnn, trees": "skfnn", "skfnn": "networks alone"}))
    print(f"\nnumpy {np.__version__}, pandas {pd.__version__}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()

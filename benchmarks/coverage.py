r"""Do intervals hold what they promise: coverage, interval score, and coverage by group.

Each data set is a CSV file, read as ``benchmarks/tabular.py`` reads it; without files, those that
scikit-learn ships or makes. Three quarters of the rows, at most ``--rows``, train
``TabularFNNRegressor``, at most 3,000 others test, ``--splits`` times. In the first ``--equal`` of
them equal widths are measured beside those that follow x, of the same networks. Groups are the
levels of a category, or the thirds of the number that y goes with most (by rank, in the training
rows); those with 200 training rows count. They are measured before and after calibration by group.
``--results FILE`` keeps what is measured, a line each, and does not measure again what it holds.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/coverage.py data/*.csv.gz \
        --categories data/index.json --members 5 --max-iter 60
"""

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

from tabular import read, shipped

from skfnn import TabularFNNRegressor
from skfnn.metrics import interval_score

warnings.simplefilter("ignore")

MOST_TEST_ROWS = 3000
LEAST_OF_GROUP = 200
LEVELS = (0.5, 0.8, 0.9, 0.95)


def groups_of(X, y, train):
    """Return the group of each row: a category's level, or a third of the number that tells most.

    The category is the first with two levels or more of 200 training rows.
    """
    for column in X.select_dtypes(exclude="number"):
        if (X[column].iloc[train].value_counts() >= LEAST_OF_GROUP).sum() > 1:
            return X[column].astype(str).to_numpy()
    numbers = X.select_dtypes("number")
    ranks = numbers.iloc[train].corrwith(pd.Series(y, X.index).iloc[train], method="spearman")
    values = numbers[ranks.abs().idxmax()]
    return np.digitize(values, values.iloc[train].quantile([1 / 3, 2 / 3])).astype(str)


def measure(X, y, rows, seed, kinds, params):
    """Yield what was measured of one split: a dict for each kind of widths.

    Parameters
    ----------
    X, y : DataFrame, ndarray
        The data.
    rows : int
        Training rows at most.
    seed : int
        The split.
    kinds : sequence of {"adaptive", "equal"}
        What to measure.
    params : dict
        Of the estimator.
    """
    order = np.random.default_rng(seed).permutation(len(y))
    n = min(rows, len(y) * 3 // 4)
    train, test = order[:n], order[n : n + MOST_TEST_ROWS]
    groups, truth = groups_of(X, y, train), y[test]
    counts = pd.Series(groups[train]).value_counts()
    large = counts.index[counts >= LEAST_OF_GROUP]
    everyone = np.full(len(test), "everyone")  # a group that is new: by all rows

    def inside(model, coverage, labels):
        low, high = model.predict_interval(
            X.iloc[test], coverage=coverage, calibration_groups=labels
        ).T
        return (low <= truth) & (truth <= high)

    for kind in kinds:
        started = time.process_time()
        model = TabularFNNRegressor(random_state=seed, interval_width=kind, **params)
        model.fit(X.iloc[train], y[train], calibration_groups=groups[train])
        seconds = time.process_time() - started
        interval = model.predict_interval(X.iloc[test], calibration_groups=everyone)
        whole, own = (inside(model, 0.9, labels) for labels in (everyone, groups[test]))
        yield {
            "widths": kind,
            "seconds": seconds,
            "score": interval_score(truth, interval) / y[train].std(),
            **{f"{c:g}": float(inside(model, c, everyone).mean()) for c in LEVELS if c != 0.9},
            "0.9": float(whole.mean()),
            "before": {g: float(whole[groups[test] == g].mean()) for g in large},
            "after": {g: float(own[groups[test] == g].mean()) for g in large},
        }


def all_of(args, path):
    """Return what is measured, a dict a data set, split and kind of widths."""
    found = []
    if path is not None and path.exists():
        found = [json.loads(line) for line in path.read_text().splitlines()]
    known = json.loads(Path(args.categories).read_text()) if args.categories else {}
    sets = [read(csv, args.target, known) for csv in args.csv] if args.csv else list(shipped())
    params = {"n_members": args.members, "max_iter": args.max_iter}
    for seed in range(args.splits):
        for name, X, y, regression in sets:
            done = {(row["data"], row["split"]) for row in found}
            if not regression or (name, seed) in done:
                continue
            values = y.to_numpy(np.float64)
            kinds = ("adaptive", "equal") if seed < args.equal else ("adaptive",)
            for row in measure(X, values, args.rows, seed, kinds, params):
                found.append({"data": name, "split": seed, **row})
                if path is not None:
                    with path.open("a") as file:
                        file.write(json.dumps(found[-1]) + "\n")
    return found


def by_group(rows, when):
    """Return the mean coverage of each group of each data set, over splits."""
    told = [
        (row["data"], group, value) for row in rows for group, value in row[when].items()
        if np.isfinite(value)
    ]  # fmt: skip
    return pd.DataFrame(told, columns=["data", "group", when]).groupby(["data", "group"])[when]


def summarise(found):
    """Print a line a data set, and what the promise is held to."""
    table = pd.DataFrame(found).drop(columns=["before", "after"])
    means = table.groupby(["widths", "data"]).mean(numeric_only=True)
    adaptive, equal = means.loc["adaptive"], means.loc["equal"]
    both = table[table["split"].isin(table["split"][table["widths"] == "equal"])]
    beside = both[both["widths"] == "adaptive"].groupby("data").mean(numeric_only=True)
    shown = adaptive[[f"{c:g}" for c in LEVELS]].mul(100).round(1)
    shown["equal .9"] = equal["0.9"].mul(100).round(1)
    shown["score / equal"] = (beside["score"] / equal["score"]).round(3)
    shown["time / equal"] = (beside["seconds"] / equal["seconds"]).round(3)
    print(shown.to_string())
    rows = [row for row in found if row["widths"] == "adaptive"]
    groups = pd.concat([by_group(rows, w).mean() for w in ("before", "after")], axis=1)
    print("\n" + groups.mul(100).round(1).to_string())
    off = 100 * (adaptive["0.9"] - 0.9)
    far = 100 * (groups - 0.9).abs()
    print(
        f"\n{len(table['split'].unique())} splits of {len(off)} sets. Coverage of 90 % intervals: "
        f"mean {90 + off.mean():.1f}, {(off.abs() <= 1.5).sum()} within 1.5 points, farthest "
        f"{off[off.abs().idxmax()]:+.1f} ({off.abs().idxmax()}). Interval score better than with "
        f"equal widths on {(shown['score / equal'] < 1).sum()}, geometric mean "
        f"{np.exp(np.log(beside['score'] / equal['score']).mean()):.3f}. {len(groups)} groups: "
        f"within 4 points {(far['before'] <= 4).sum()} before, {(far['after'] <= 4).sum()} after; "
        f"farthest {far['before'].max():.1f} and {far['after'].max():.1f}."
    )


def main():
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("csv", nargs="*")
    parser.add_argument("--target", default="target")
    parser.add_argument("--categories")
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--equal", type=int, default=5)
    parser.add_argument("--members", type=int)
    parser.add_argument("--max-iter", type=int)
    parser.add_argument("--results", type=Path)
    args = parser.parse_args()
    summarise(all_of(args, args.results))


if __name__ == "__main__":
    main()

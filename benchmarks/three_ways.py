"""One table, three ways: in memory, as a stream of files, and on a Dask cluster of two workers.

    python benchmarks/three_ways.py --rows 2000000 --seeds 3

Each fit is in a process of its own, on the table of ``out_of_core.py``; errors are on rows of which
none is in the table. Times are those of reading and fitting, the cluster's workers and their start
included. On a cluster two members are trained at the same time, so that the clock shows less.
``--results`` keeps what was measured, and goes on from it.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pandas as pd
from out_of_core import TEST_ROWS, rows, write

WAYS = ("memory", "stream", "cluster")


def cpu_seconds():
    """Return the CPU time of this process and of those that it has ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def fit(way, paths, params):
    """Return a fitted estimator, without what it was trained by."""
    from skfnn import TabularFNNRegressor

    if way == "stream":
        return TabularFNNRegressor(**params).fit(paths, "y")
    if way == "memory":
        table = pd.concat(map(pd.read_parquet, paths), ignore_index=True)
        return TabularFNNRegressor(**params).fit(table, "y")
    import dask.dataframe as dd
    from distributed import Client, LocalCluster

    from skfnn.dask import DaskTabularFNNRegressor

    local = {"n_workers": 2, "threads_per_worker": 1, "memory_limit": 0, "dashboard_address": None}
    with LocalCluster(**local) as cluster, Client(cluster):
        return DaskTabularFNNRegressor(**params).fit(dd.read_parquet(paths), "y").to_local()


def train(given):
    """Train in one way; print what came of it."""
    warnings.simplefilter("ignore")
    paths = sorted(map(str, Path(given["folder"]).glob("*.parquet")))
    begun = cpu_seconds(), time.perf_counter()
    model = fit(given["way"], paths, given["params"])
    spent = cpu_seconds() - begun[0], time.perf_counter() - begun[1]
    test = rows(TEST_ROWS, 0)
    found = {"R2": model.score(test.drop(columns="y"), test["y"])}
    print("found", json.dumps({**found, "CPU seconds": spent[0], "seconds": spent[1]}))


def measured(given):
    """Train in a process of its own; return what it says."""
    command = [sys.executable, __file__, "--train", json.dumps(given)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    (line,) = [line for line in said.splitlines() if line.startswith("found ")]
    return json.loads(line.partition(" ")[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--params", type=json.loads, default={}, help="of the estimator, as JSON")
    parser.add_argument("--results", type=Path, help="what was measured before, added to")
    parser.add_argument("--train", type=json.loads, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.train:
        train(args.train)
        return
    there = args.results is not None and args.results.exists()
    lines = args.results.read_text().splitlines() if there else []
    results = [json.loads(line) for line in lines]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), args.rows)
        for seed in range(args.seeds):
            for way in args.ways:
                which = {"rows": args.rows, "seed": seed, "way": way}
                if any(which.items() <= row.items() for row in results):
                    continue
                params = {"random_state": seed, **args.params}
                row = {**which, **measured({"folder": folder, "way": way, "params": params})}
                results.append(row)
                if args.results:
                    with args.results.open("a") as file:
                        file.write(json.dumps(row) + "\n")
    print(pd.DataFrame(results).round(4).to_string())


if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    main()

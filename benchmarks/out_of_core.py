"""Tables beyond memory: train on Parquet files under a cap, beside a sample that fits in memory.

    python benchmarks/out_of_core.py --rows 10000000 --cap 1500

writes a table of 30 columns (numbers with missing values, categories of up to 100,000 levels,
dates) part by part, trains on it in a process that is ended where it takes more memory than it may,
and on a random sample in another one without a limit. Peak memory is what the system says of each
process; errors are on rows of which none is in the table. ``--keep`` leaves the files for another
run.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd

LEVELS = (4, 12, 50, 200, 1_000, 5_000, 20_000, 50_000, 100_000)
PART_ROWS = 100_000
TEST_ROWS = 50_000


def rows(n, seed):
    """Return some rows: 18 numbers, 9 categories, 3 dates, and the target."""
    rng, fixed = np.random.default_rng([1, seed]), np.random.default_rng(0)
    numbers = rng.normal(size=(n, 18)).astype(np.float32)
    columns = {f"number{j}": numbers[:, j] for j in range(18)}
    y = np.sin(2 * numbers[:, 0]) + numbers[:, 1] * numbers[:, 2] + 0.5 * np.abs(numbers[:, 3])
    for levels in LEVELS:
        effect = fixed.normal(size=levels)
        level = rng.integers(0, levels, n)
        columns[f"category{levels}"] = pd.Categorical.from_codes(
            level, [f"level {i}" for i in range(levels)]
        ).astype(str)
        y += 0.35 * effect[level]
    for j in range(3):
        minutes = rng.integers(0, 3 * 365 * 1440, n)
        columns[f"date{j}"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(minutes, unit="min")
        y += 0.3 * np.sin(2 * np.pi * minutes / 1440) if j == 0 else 0
    columns["number4"] = np.where(rng.random(n) < 0.1, np.nan, numbers[:, 4])
    noisy = y + 0.5 * rng.normal(size=n)
    return pd.DataFrame(columns).assign(y=noisy.astype(np.float32))


def write(folder, n_rows):
    """Write the table part by part."""
    for part in range(-(-n_rows // PART_ROWS)):
        path = folder / f"part{part:05d}.parquet"
        n = min(PART_ROWS, n_rows - part * PART_ROWS)
        if not path.exists():
            rows(n, part + 1).to_parquet(path, row_group_size=PART_ROWS)


def train(given):
    """Train as the first argument says; print what came of it."""
    from skfnn import TabularFNNRegressor

    model = TabularFNNRegressor(random_state=given["seed"], verbose=True, **given["params"])
    if given["sample"]:
        paths = sorted(Path(given["folder"]).glob("*.parquet"))
        share = min(1.0, given["sample"] / given["rows"])
        table = pd.concat([pd.read_parquet(p).sample(frac=share, random_state=0) for p in paths])
        begun = time.process_time(), time.perf_counter()
        model.fit(table.reset_index(drop=True), "y")
    else:
        begun = time.process_time(), time.perf_counter()
        model.fit(given["folder"], "y")
    spent = time.process_time() - begun[0], time.perf_counter() - begun[1]
    test = rows(TEST_ROWS, 0)
    r2 = model.score(test.drop(columns="y"), test["y"])
    found = {"r2": r2, "cpu seconds": spent[0], "seconds": spent[1], "epochs": model.n_iter_}
    print("found", json.dumps(found))


def measured(given, cap, script=__file__):
    """Train in a process of its own; return what it says, and the most memory that it had."""
    command = [sys.executable, "-u", script, "--train", json.dumps(given)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        watcher = threading.Thread(target=watch, args=(child, cap))
        watcher.start()
        lines = [print(line, end="") or line for line in child.stdout]
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        watcher.join()
    if child.returncode:
        raise SystemExit(f"Training ended with status {child.returncode}.")
    (said,) = [line.partition(" ")[2] for line in lines if line.startswith("found ")]
    return {**json.loads(said), "peak MB": usage.ru_maxrss / 1024}


def watch(child, cap):
    """End a process that has more megabytes of memory than it may."""
    while child.returncode is None:
        try:
            text = Path(f"/proc/{child.pid}/status").read_text()
        except OSError:  # it has ended
            return
        peak = re.search(r"VmHWM:\s+(\d+) kB", text)
        if cap and peak and int(peak[1]) > cap * 1024:
            print(f"More than {cap} MB of memory.")
            child.kill()
            return
        time.sleep(0.1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=200_000, help="rows that fit in memory")
    parser.add_argument("--cap", type=int, default=1500, help="megabytes of a process")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--params", type=json.loads, default={}, help="of the estimator, as JSON")
    parser.add_argument("--keep", type=Path, help="a folder for the files")
    parser.add_argument("--train", type=json.loads, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.train:
        train(args.train)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        write(folder, args.rows)
        given = {"folder": str(folder), "rows": args.rows, "seed": args.seed}
        given["params"] = args.params
        results = {f"stream of {args.rows:,} rows": measured({**given, "sample": 0}, args.cap)}
        if args.sample:
            name = f"sample of {args.sample:,} rows"
            results[name] = measured({**given, "sample": args.sample}, 0)
    print(pd.DataFrame(results).T.round(3).to_string())


if __name__ == "__main__":
    main()

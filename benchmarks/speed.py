"""Time skfnn against its peers: whole fits, prediction, L-BFGS, memory.

Everything is timed in turn in one process for each number of threads, on as many cores; printed are
medians of ratios. Run it on an otherwise idle machine. Peers that are not installed are left out:

    pip install "skfnn[bench]"
    python benchmarks/speed.py

``--write`` renews the table of the documentation, and the figures that its charts are drawn from.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import warnings
from datetime import date
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
THREADS = (1, 2)
MEMORY_ROWS = 200_000


def works():
    """Return what is trained."""
    from peers import Work

    return [
        Work("20 -> 100 -> 2, batch 200", 20, (100,), 2, 200, 10),
        Work("20 -> 100 -> 2, batch 32", 20, (100,), 2, 32, 4),
        Work("50 -> 256 -> 256 -> 10, batch 256", 50, (256, 256), 10, 256, 4),
        Work("784 -> 100 -> 10, batch 200", 784, (100,), 10, 200, 4),
        Work("100 -> 512 x 3 -> 10, batch 512", 100, (512, 512, 512), 10, 512, 2),
    ]


def interleaved(runs, repeats):
    """Return the seconds of each function, called in turn ``repeats`` times after a warm-up."""
    seconds = {name: [] for name in runs}
    for _ in range(repeats + 1):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    return {name: values[1:] for name, values in seconds.items()}


def ratio(seconds, name):
    """Return the median of how many times longer ``name`` took than skfnn."""
    pairs = zip(seconds[name], seconds["skfnn"], strict=True)
    return statistics.median(theirs / ours for theirs, ours in pairs)


def fits(names, repeats):
    """Return for each work the seconds of skfnn and ratios to it."""
    from peers import CONTESTANTS

    results = {}
    for work in works():
        X, y = work.data()
        seconds = interleaved({name: CONTESTANTS[name](work, X, y) for name in names}, repeats)
        results[work.name] = {name: ratio(seconds, name) for name in names} | {
            "seconds": statistics.median(seconds["skfnn"])
        }
    return results


def predictions():
    """Return the microseconds of predict_proba by number of rows, and of input validation."""
    import numpy as np
    import pandas as pd
    from peers import Work
    from sklearn.neural_network import MLPClassifier
    from sklearn.utils.validation import validate_data

    from skfnn import FNNClassifier

    work = Work("", 20, (100,), 2, 200, 2)
    X, y = work.data()
    frame = pd.DataFrame(X, columns=[f"column {i}" for i in range(X.shape[1])])
    many = work.data(100_000)[0]
    cases = [("1", X, X[:1], 300), ("1, a DataFrame", frame, frame[:1], 100),
             ("1,000", X, X[:1000], 60), ("100,000", X, many, 3)]  # fmt: skip
    results = {}
    for name, trained, rows, calls in cases:
        ours = FNNClassifier(**work.settings()).fit(trained, y)
        theirs = MLPClassifier(**work.settings()).fit(trained, y)
        runs = {
            "skfnn": partial(ours.predict_proba, rows),
            "MLPClassifier": partial(theirs.predict_proba, rows),
            "validation": partial(validate_data, theirs, rows, accept_sparse="csr",
                                  dtype=(np.float64, np.float32), reset=False),
        }  # fmt: skip
        seconds = interleaved(runs, calls)
        results[name] = {
            contestant: 1e6 * statistics.median(values) for contestant, values in seconds.items()
        } | {"ratio": ratio(seconds, "MLPClassifier")}
    return results


def lbfgs_fits(repeats):
    """Return seconds of whole fits by L-BFGS, until it has converged, and the median ratio."""
    from sklearn.datasets import load_digits
    from sklearn.neural_network import MLPClassifier

    from skfnn import FNNClassifier

    X, y = load_digits(return_X_y=True)
    settings = {"hidden_layer_sizes": (50, 50), "solver": "lbfgs", "max_iter": 1000}
    runs = {
        name: lambda e=estimator: e(**settings, random_state=0).fit(X / 16, y)
        for name, estimator in (("skfnn", FNNClassifier), ("MLPClassifier", MLPClassifier))
    }
    seconds = interleaved(runs, repeats)
    return {
        "seconds": statistics.median(seconds["skfnn"]),
        "MLPClassifier": ratio(seconds, "MLPClassifier"),
    }


def lbfgs(repeats):
    """Return microseconds an iteration, 1,000 x 20 -> (50,), and the median ratio."""
    import numpy as np
    from peers import Work
    from sklearn.neural_network import MLPClassifier

    from skfnn import FNNClassifier

    X, y = Work("", 20, (50,), 2, 0, 0).data(1000)
    y = np.where(np.random.default_rng(1).random(len(y)) < 0.2, 1 - y, y)  # not separable
    settings = {"hidden_layer_sizes": (50,), "solver": "lbfgs", "max_iter": 150, "tol": 1e-12,
                "max_fun": 10**6, "random_state": 0}  # fmt: skip
    seconds = {"skfnn": [], "MLPClassifier": []}
    for _ in range(repeats + 1):
        for name, estimator in (("skfnn", FNNClassifier), ("MLPClassifier", MLPClassifier)):
            started = time.perf_counter()
            model = estimator(**settings).fit(X, y)
            seconds[name].append((time.perf_counter() - started) / model.n_iter_)
    return {name: 1e6 * statistics.median(values[1:]) for name, values in seconds.items()} | {
        "ratio": ratio(seconds, "MLPClassifier")
    }


def memory():
    """Return the peak of memory during fit beyond the data, in copies of X in float32."""
    import tracemalloc

    from peers import skfnn

    results = {}
    for work in works()[2:4]:
        X, y = work.data(MEMORY_ROWS)
        run = skfnn(type(work)(**{**vars(work), "epochs": 1}), X, y)
        tracemalloc.start()
        run()
        results[work.name] = tracemalloc.get_traced_memory()[1] / (4 * X.size)
        tracemalloc.stop()
    return results


def sparse(repeats):
    """Return seconds of one epoch on a text-like CSR matrix, and the median ratio."""
    import numpy as np
    from scipy.sparse import random as random_csr
    from sklearn.neural_network import MLPClassifier

    from skfnn import FNNClassifier

    rng = np.random.default_rng(0)
    X = random_csr(100_000, 50_000, 0.001, format="csr", random_state=rng)
    y = rng.integers(0, 2, X.shape[0])
    settings = {"hidden_layer_sizes": (10,), "batch_size": 1000, "max_iter": 1, "random_state": 0}
    runs = {
        "skfnn": FNNClassifier(**settings),
        "MLPClassifier": MLPClassifier(**settings),
    }
    seconds = interleaved(
        {name: lambda m=model: m.fit(X, y) for name, model in runs.items()}, max(1, repeats // 3)
    )
    return {name: statistics.median(values) for name, values in seconds.items()} | {
        "ratio": ratio(seconds, "MLPClassifier")
    }


def child(threads, repeats):
    """Measure with a number of threads, in a process that was started for it; print JSON."""
    from sklearn.exceptions import ConvergenceWarning

    warnings.simplefilter("ignore", ConvergenceWarning)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    from peers import installed

    results = {"fits": fits(installed(), repeats)}
    if threads == 1:
        results |= {"predictions": predictions(), "lbfgs": lbfgs(repeats),
                    "lbfgs_fits": lbfgs_fits(repeats),
                    "memory": memory(), "sparse": sparse(repeats)}  # fmt: skip
    print(json.dumps(results))


def measure(threads, repeats):
    """Return what ``child`` measures."""
    limit = {name: str(threads) for name in
             ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}  # fmt: skip
    if threads == 1:
        limit["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    done = subprocess.run(
        [sys.executable, __file__, "--child", str(threads), "--repeats", str(repeats)],
        env={**os.environ, **limit}, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def machine():
    """Return versions and cores in a line."""

    def found(name):
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            return None

    names = ["skfnn", "scikit-learn", "numpy", "scipy", "torch", "skorch", "keras", "jax"]
    versions = [text for text in map(found, names) if text]
    return (
        f"{', '.join(versions)}, Python {platform.python_version()}, {platform.machine()}, "
        f"{os.cpu_count()} cores, {date.today()}"
    )


def others(measured):
    """Return the names of the peers that were measured."""
    ours = ("skfnn", "seconds", "steps", "floor")
    return [name for name in next(iter(measured.values())) if name not in ours]


def tables(results):
    """Return all figures as Markdown."""
    lines = []
    for threads, measured in results.items():
        peers = others(measured["fits"])
        plural = "s" if threads != 1 else ""
        lines += [
            f"### Whole fits, {threads} thread{plural}", "",
            f"| network | skfnn, s | {' | '.join(peers)} | steps / products | fit / products |",
            "|" + "---|" * (len(peers) + 4),
        ]  # fmt: skip
        for name, row in measured["fits"].items():
            shown = " | ".join(f"{row[peer]:.1f}x" for peer in peers)
            lines.append(
                f"| {name} | {row['seconds']:.3f} | {shown} | {row['steps'] / row['floor']:.2f} "
                f"| {1 / row['floor']:.2f} |"
            )
        if "lbfgs_fits" in measured:
            row = measured["lbfgs_fits"]
            shown = " | ".join(f"{row[peer]:.1f}x" if peer in row else "-" for peer in peers)
            lines.append(
                f"| L-BFGS, 1,797 x 64 -> 50 -> 50 -> 10 | {row['seconds']:.3f} | {shown} | - | - |"
            )
        lines.append("")
    one = results[1]
    lines += [
        "### predict_proba, one thread, 20 -> 100 -> 2, float64", "",
        "| rows | skfnn, us | MLPClassifier, us | ratio | scikit-learn's validation alone, us |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for rows, row in one["predictions"].items():
        lines.append(
            f"| {rows} | {row['skfnn']:,.0f} | {row['MLPClassifier']:,.0f} | {row['ratio']:.1f}x "
            f"| {row['validation']:,.0f} |"
        )
    sparse_row, row = one["sparse"], one["lbfgs"]
    lines += [
        "", "### The rest, one thread", "",
        "| what | skfnn | MLPClassifier | ratio |", "|---|---|---|---|",
        f"| L-BFGS, 1,000 x 20 -> (50,), us an iteration | {row['skfnn']:.0f} "
        f"| {row['MLPClassifier']:.0f} | {row['ratio']:.1f}x |",
        f"| an epoch of CSR, 100,000 x 50,000, 0.1 % filled -> (10,), s | "
        f"{sparse_row['skfnn']:.2f} | {sparse_row['MLPClassifier']:.2f} "
        f"| {sparse_row['ratio']:.1f}x |",
    ]  # fmt: skip
    lines += ["", f"Peak of memory during fit beyond X, {MEMORY_ROWS:,} rows, in copies of X in "
              "float32: " + ", ".join(f"{value:.2f} ({name})"
                                      for name, value in one["memory"].items()) + "."]  # fmt: skip
    return "\n".join(lines) + "\n"


def main():
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, nargs="+", default=THREADS)
    parser.add_argument(
        "--write", action="store_true", help="renew docs/_static/speed.md and speed.json"
    )
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.repeats)
        return
    results = {threads: measure(threads, given.repeats) for threads in {1, *given.threads}}
    text = f"{machine()}\n\n{tables(results)}"
    print(text)
    if given.write:
        (DOCS / "_static" / "speed.md").write_text(text)
        figures = json.dumps({"machine": machine(), **results}, indent=1)
        (DOCS / "_static" / "speed.json").write_text(figures + "\n")


if __name__ == "__main__":
    main()

"""Threads beside processes: what ``test_beside_processes.py`` runs, each in a process of its own.

``python tests/beside_processes.py NAME`` prints what it has counted, as JSON.
"""

import functools
import json
import multiprocessing
import os
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_info

from skfnn import FNNClassifier, FNNRegressor, TabularFNNRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 20))
Y = X[:, 0] - X[:, 1] ** 2
LABELS = Y > 0


def of_blas():
    return max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")


class Noting:
    """A squared error that notes in a folder how many threads BLAS has while networks learn."""

    __name__ = "noting"

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, y, raw):
        (Path(self.folder) / f"{os.getpid()} {of_blas()}").touch()
        return ((raw - y) ** 2).sum(axis=1), 2 * (raw - y)


# ------------------------------------------------------------------ threads that want a core


def _family(pid):
    """Return a process and its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += _family(int(child))
    return found


def _wanting(pid):
    """Return how many threads of a process run, or could if there were a core."""
    states = [
        path.read_text().rpartition(")")[2].split()[0]
        for path in Path(f"/proc/{pid}/task").glob("*/stat")
    ]
    return states.count("R")


def counting(function):
    """Call a function; return how many threads wanted a core meanwhile, in the middle."""
    found, done = [], threading.Event()

    def look():
        while not done.wait(0.01):
            try:
                found.append(sum(map(_wanting, _family(os.getpid()))) - 1)  # but for this one
            except OSError:  # a process or thread has ended while it was looked at
                continue

    looking = threading.Thread(target=look)
    looking.start()
    try:
        function()
    finally:
        done.set()
        looking.join()
    return {"wanting": float(np.median(found)), "looks": len(found), "pid": os.getpid()}


def table(**params):
    settings = {"n_members": 4, "hidden_layer_sizes": (256, 256), "max_iter": 4, "random_state": 0}
    return TabularFNNRegressor(**{**settings, **params})


def members(folder):
    """Members in processes."""
    return counting(lambda: table(n_jobs=2, loss=Noting(folder)).fit(X, Y))


def search(folder):
    """Networks in the processes of a search, wide enough for threads of their own."""
    model = FNNRegressor((600, 600), max_iter=2, loss=Noting(folder), random_state=0)
    space = {"alpha": [0.0, 0.1]}
    return counting(lambda: GridSearchCV(model, space, cv=2, n_jobs=2, refit=False).fit(X, Y))


def alone(folder):
    """A wide network and an ensemble in this process alone."""
    FNNRegressor((8,), max_iter=1, loss=Noting(folder)).fit(X, Y)

    def work():
        wide = FNNClassifier((600, 600), max_iter=4, random_state=0).fit(X, LABELS)
        wide.predict(X)
        model = table(n_members=2, max_iter=2).fit(X, Y)
        for _ in range(5):
            model.predict(np.repeat(X, 5, axis=0))

    return counting(work)


# ------------------------------------------------------------------ forks


def _models():
    wide = FNNClassifier((600, 600), max_iter=1, random_state=0)
    return [
        (wide, LABELS), (FNNRegressor((30,), solver="lbfgs", max_iter=5, random_state=0), Y),
        (table(n_members=2, max_iter=1, blend="trees"), Y),
    ]  # fmt: skip


def _told():
    """Fit, and return what is predicted, by several threads."""
    many = np.repeat(X, 5, axis=0)
    return [np.asarray(model.fit(X, y).predict(many), float).tolist() for model, y in _models()]


def _send(function, pipe):
    pipe.send(function())


def in_child(function):
    """Return what a function returns in a forked process."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_send, args=(function, theirs))
    child.start()
    if not ours.poll(120):
        child.kill()
        raise TimeoutError("The forked process has not answered.")
    found = ours.recv()
    child.join()
    return found


def forked(_):
    """A server that fits, forks, and fits in its child."""
    models = [model.fit(X, y) for model, y in _models()]
    many = np.repeat(X, 5, axis=0)
    here = [np.asarray(model.predict(many), float).tolist() for model in models]
    again = in_child(lambda: [np.asarray(model.predict(many), float).tolist() for model in models])
    return {"same": in_child(_told) == here, "predicts": again == here,
            "blas": [of_blas(), in_child(of_blas)]}  # fmt: skip


def forked_meanwhile(_):
    """A server that forks while one of its threads fits."""
    before, stop = of_blas(), threading.Event()

    def fit():
        while not stop.is_set():
            table(n_members=1, hidden_layer_sizes=(16,), max_iter=20).fit(X, Y)

    fitting = threading.Thread(target=fit)
    fitting.start()
    try:
        while of_blas() != 1:
            time.sleep(0.001)
        blas = in_child(of_blas)
        small = functools.partial(table, n_members=1, max_iter=1)
        in_child(lambda: len(small().fit(X, Y).predict(X)))
    finally:
        stop.set()
        fitting.join()
    return {"before": before, "child": blas, "after": of_blas()}


def main(name, folder):
    """Run one of the functions."""
    warnings.simplefilter("ignore")
    print(json.dumps(globals()[name](folder)))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The contestants of the benchmark train what they say."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def load(name):
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


peers = load("peers")


@pytest.mark.parametrize("name", [n for n in peers.CONTESTANTS if n not in ("Keras 3", "JAX")])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_contestant_trains(name, n_classes, monkeypatch):
    if name not in peers.installed():
        pytest.skip(f"{name} is not installed")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    work = peers.Work("small", 5, (4, 3), n_classes, 16, 2, n_rows=40)
    X, y = work.data()
    assert work.n_steps == 6
    assert len(np.unique(y)) == n_classes
    run = peers.CONTESTANTS[name](work, X, y)
    run()
    run()


def test_the_comparison_of_commits_times_something():
    names = [name for name, _ in load("compare").tasks()]
    assert len(names) == len(set(names)) > 5

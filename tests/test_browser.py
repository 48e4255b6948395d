"""As in a browser (Pyodide): no processes, no threads, no signals."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from skfnn._engine.program.threads import side_by_side

# scikit-learn 1.9 imports multiprocessing itself, with its callbacks; Pyodide has 1.8. joblib then
# does not find out by itself that there are no processes.
HIDDEN = """
import os, signal, sys, threading

os.environ["JOBLIB_MULTIPROCESSING"] = "0"
try:
    import sklearn.callback
except ImportError:
    pass
for name in ("_multiprocessing", "_posixshmem"):
    sys.modules[name] = None

def refuse(*args, **kwargs):
    raise RuntimeError("can't start new thread")

threading.Thread.start = refuse
for name in ("signal", "setitimer", "alarm", "pthread_kill", "raise_signal"):
    if hasattr(signal, name):
        delattr(signal, name)
"""


def test_import_fit_predict_and_tables_work_in_a_browser():
    code = """
    import pickle
    import numpy as np
    import pandas as pd
    from sklearn.model_selection import GridSearchCV
    from skfnn import (
        FNNAutoencoder, FNNClassifier, FNNRegressor, TabularFNNClassifier, TabularFNNRegressor,
    )
    from skfnn._engine.program import threads

    # Also where BLAS says that it has several threads.
    class Controller(threads.ThreadpoolController):
        def info(self):
            return [{"num_threads": 4}]

    threads.ThreadpoolController = Controller

    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = X[:, 0] + X[:, 1] ** 2
    table = pd.DataFrame(X.copy(), columns=list("abc"))
    table["kind"] = np.where(X[:, 2] > 0, "left", "right")
    table.loc[:9, "a"] = np.nan
    brief = {"random_state": 0, "learning_rate_init": 0.02, "tol": 0.01}
    for solver in ("adam", "lbfgs"):
        model = FNNClassifier((8,), solver=solver, early_stopping=True, **brief).fit(X, y > 1)
        assert model.score(X, y > 1) > 0.8
        model = FNNRegressor((8,), solver=solver, **brief).fit(X, y)
        assert np.isfinite(model.predict(X)).all()
    assert FNNAutoencoder((2,), **brief).fit_transform(X).shape == (300, 2)
    assert len(FNNClassifier((8,)).partial_fit(X, y > 1, classes=[False, True]).history_) == 1
    tables = {"random_state": 0, "n_members": 3, "max_iter": 5}
    for n_jobs in (None, 2):
        model = TabularFNNClassifier(**tables, n_jobs=n_jobs).fit(table, y > 1)
        proba = pickle.loads(pickle.dumps(model)).predict_proba(table)
        assert proba.shape == (300, 2)
        assert np.isfinite(TabularFNNRegressor(**tables).fit(table, y).predict(table)).all()
    search = GridSearchCV(FNNClassifier((8,), **brief), {"alpha": [1e-4, 1]}, cv=2, n_jobs=2)
    assert search.fit(X, y > 1).best_score_ > 0.7
    """
    subprocess.run([sys.executable, "-c", HIDDEN + textwrap.dedent(code)], check=True, timeout=600)


def test_work_is_done_where_no_thread_starts(monkeypatch):
    class Controller:
        lib_controllers = ()

        def select(self, **which):
            return self

        def info(self):
            return [{"num_threads": 3}]

        def limit(self, **limits):
            return np.errstate()

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("skfnn._engine.program.threads.ThreadpoolController", Controller)
    assert side_by_side(abs, [-1, 2, -3, 4]) == [1, 2, 3, 4]
    monkeypatch.setattr("threading.Thread.start", refuse)
    assert side_by_side(abs, [-1, 2, -3, 4]) == [1, 2, 3, 4]


def test_an_error_of_the_work_is_no_lack_of_threads():
    calls = []

    def fail(item):
        calls.append(item)
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        side_by_side(fail, [1, 2])
    assert sorted(calls) in ([1], [1, 2])

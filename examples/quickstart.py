"""The same grid search with FNNClassifier and with MLPClassifier, on handwritten digits.

Both search 12 settings by 5-fold cross-validation in a pipeline, on all cores. What is printed:
the best settings, their accuracy in cross-validation and on test data, and the time of each search.
"""

import os
import platform
import time
import warnings

import sklearn
from joblib import Parallel, cpu_count, delayed
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skfnn
from skfnn import FNNClassifier
from skfnn.optimizers import Adam

SIZES = [(64,), (64, 32)]
ACTIVATIONS = ["relu", "tanh"]
BETA_1 = [0.8, 0.9, 0.95]
EPOCHS = {"max_iter": 80, "random_state": 0}


def timed_search(model, grid, X, y):
    """Return the fitted search and its time in seconds."""
    search = GridSearchCV(model, grid, cv=5, n_jobs=-1)
    start = time.perf_counter()
    search.fit(X, y)
    return search, time.perf_counter() - start


def start_workers(models):
    """Start joblib's processes and import both estimators there: neither search pays for it."""
    Parallel(n_jobs=-1)(delayed(clone)(m) for m in models for _ in range(4 * cpu_count()))


def row(name, search, seconds, X_test, y_test):
    """Return one row of the table as text."""
    best = {key.split("__")[-1]: value for key, value in search.best_params_.items()}
    settings = f"{best['hidden_layer_sizes']!s:9}{best['activation']:6}{best['beta_1']:<6}"
    scores = f"{search.best_score_:>11.4f}{search.score(X_test, y_test):>15.4f}"
    return f"{name:15}{settings}{scores}{seconds:>9.1f} s"


def main():
    # All candidates get the same few epochs. The workers read the environment.
    warnings.simplefilter("ignore", ConvergenceWarning)
    os.environ["PYTHONWARNINGS"] = "ignore::UserWarning"
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

    fnn = make_pipeline(StandardScaler(), FNNClassifier(solver=Adam(), **EPOCHS))
    mlp = make_pipeline(StandardScaler(), MLPClassifier(solver="adam", **EPOCHS))
    fnn_grid = {
        "fnnclassifier__hidden_layer_sizes": SIZES,
        "fnnclassifier__activation": ACTIVATIONS,
        "fnnclassifier__solver__beta_1": BETA_1,  # the optimizer's own parameter
    }
    mlp_grid = {
        "mlpclassifier__hidden_layer_sizes": SIZES,
        "mlpclassifier__activation": ACTIVATIONS,
        "mlpclassifier__beta_1": BETA_1,
    }

    print(
        f"skfnn {skfnn.__version__}, scikit-learn {sklearn.__version__}, "
        f"Python {platform.python_version()}, {cpu_count()} cores"
    )
    print(
        f"digits: {len(X_train)} training rows, {len(X_test)} test rows; 12 candidates, 5 folds\n"
    )
    start_workers([fnn, mlp])
    fnn_search, fnn_seconds = timed_search(fnn, fnn_grid, X_train, y_train)
    mlp_search, mlp_seconds = timed_search(mlp, mlp_grid, X_train, y_train)

    print("estimator      layers   act.  beta_1 CV accuracy  test accuracy     time")
    print(row("FNNClassifier", fnn_search, fnn_seconds, X_test, y_test))
    print(row("MLPClassifier", mlp_search, mlp_seconds, X_test, y_test))
    print(f"\nThe search with FNNClassifier took 1/{mlp_seconds / fnn_seconds:.1f} of the time.\n")

    best = fnn_search.best_estimator_[-1]
    print("The best network")
    print(best.summary(), "\n")
    print("Its last epochs (history_)")
    print(best.history_[["loss", "learning_rate"]].tail(3).to_string())


if __name__ == "__main__":
    main()

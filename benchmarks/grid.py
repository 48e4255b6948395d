"""The grid search that is most often copied from the web, with `MLPClassifier` and `FNNClassifier`.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/grid.py

48 candidates, three folds, at most 100 epochs, the same initial weights, one process. Times are
seconds of CPU.
"""

import time
import warnings

import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale

from skfnn import FNNClassifier

GRID = {
    "hidden_layer_sizes": [(50, 50, 50), (50, 100, 50), (100,)],
    "activation": ["tanh", "relu"],
    "solver": ["sgd", "adam"],
    "alpha": [0.0001, 0.05],
    "learning_rate": ["constant", "adaptive"],
}


def search(estimator, X, y):
    """Search; return the seconds that it took and the best score."""
    found = GridSearchCV(estimator(max_iter=100, random_state=0), GRID, cv=3)
    started = time.process_time()
    found.fit(X, y)
    return time.process_time() - started, found.best_score_


def main():
    """Print a row for each set of data."""
    warnings.simplefilter("ignore")
    rows = []
    for load in (load_iris, load_breast_cancer, load_digits):
        X, y = load(return_X_y=True)
        X = scale(X)
        (mlp, mlp_score), (fnn, fnn_score) = (
            search(estimator, X, y) for estimator in (MLPClassifier, FNNClassifier)
        )
        rows.append({
            "data": load.__name__.removeprefix("load_"), "rows": len(X),
            "MLP, s": mlp, "FNN, s": fnn, "MLP / FNN": mlp / fnn,
            "MLP score": mlp_score, "FNN score": fnn_score,
        })  # fmt: skip
    table = pd.DataFrame(rows).set_index("data")
    print(table.round(3).to_string())
    print(f"all: {table['MLP, s'].sum() / table['FNN, s'].sum():.2f} times as fast")


if __name__ == "__main__":
    main()

"""The package under options of Python that take something away."""

import subprocess
import sys

EVERYTHING = """
import numpy as np
from skfnn import *
X = np.random.default_rng(0).normal(size=(60, 3))
for model in [
    FNNClassifier(solver="lbfgs", max_iter=300), FNNRegressor((4,), solver="lbfgs", max_iter=300),
    TabularFNNClassifier(n_members=1, max_iter=1), TabularFNNRegressor(n_members=1, max_iter=1),
]:
    y = X[:, 0] > 0 if "Classifier" in type(model).__name__ else X[:, 0]
    if not np.isfinite(model.fit(X, y).score(X, y)) or not model._repr_html_():
        raise SystemExit(1)
FNNAutoencoder(2, solver="lbfgs", max_iter=300).fit_transform(X)
"""


def test_without_asserts_and_docstrings():
    """``-OO`` takes all away that ``-O`` does."""
    subprocess.run([sys.executable, "-OO", "-c", EVERYTHING], check=True)

"""
A sigmoid unit is logistic regression
=====================================

A network without a hidden layer and with one sigmoid output computes
:math:`P(y = 1 \\mid x) = 1 / (1 + \\exp(-w^\\top x - b))`. Trained on the cross-entropy, it is
logistic regression.

What to see: the lines of equal probability of the unit (colours) and those of scikit-learn's
``LogisticRegression`` (dashed) lie on each other; along the normal of these lines the unit is a
sigmoid function.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression

from skfnn import FNNClassifier

# %%
# Both minimise the same function: the sum of the rows' cross-entropies plus
# ``alpha / 2`` times the squared norm of the weights, where scikit-learn's ``C`` is
# ``1 / alpha``. So they must agree, and they do.

X, y = make_blobs(300, centers=[[-1, -1], [1.2, 1]], cluster_std=1.2, random_state=4)
alpha = 1.0

unit = FNNClassifier((), solver="lbfgs", alpha=alpha, tol=1e-8, random_state=0).fit(X, y)
reference = LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=1000).fit(X, y)

w, b = unit.coefs_[0][:, 0], unit.intercepts_[0][0]
print(f"weights: unit {w.round(6)}, LogisticRegression {reference.coef_[0].round(6)}")
print(f"bias:    unit {b:.6f}, LogisticRegression {reference.intercept_[0]:.6f}")
difference = np.abs(unit.predict_proba(X) - reference.predict_proba(X)).max()
print(f"largest difference between their probabilities: {difference:.0e}")

# %%

BLUE, RED = "#0072B2", "#D55E00"
fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 4.2), width_ratios=(1.25, 1), layout="constrained"
)

x1, x2 = np.meshgrid(np.linspace(-4.6, 4.6, 200), np.linspace(-4.6, 4.6, 200))
grid = np.column_stack([x1.ravel(), x2.ravel()])
levels = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]
surface = unit.predict_proba(grid)[:, 1].reshape(x1.shape)
filled = left.contourf(x1, x2, surface, [0, *levels, 1], cmap="PuOr", alpha=0.5)
fig.colorbar(filled, ax=left, label="probability of class 1 (unit)", shrink=0.85)
checked = reference.predict_proba(grid)[:, 1].reshape(x1.shape)
left.contour(x1, x2, checked, levels, colors="black", linestyles="dashed", linewidths=1)
for label, color, marker in ((0, RED, "o"), (1, BLUE, "^")):
    rows = X[y == label]
    left.scatter(*rows.T, s=16, c=color, marker=marker, edgecolors="white", linewidths=0.4,
                 label=f"class {label}")  # fmt: skip
left.plot([], [], "k--", lw=1, label="LogisticRegression")
left.set(
    xlabel="feature 1", ylabel="feature 2", aspect="equal", title="The same lines of probability"
)
left.legend(loc="lower left", fontsize=9, frameon=True, framealpha=0.9)

z = np.linspace(-8, 8, 200)
right.plot(z, 1 / (1 + np.exp(-z)), color="black", label="sigmoid function")
rng = np.random.default_rng(0)
score = unit.decision_function(X)
for label, color, marker in ((0, RED, "o"), (1, BLUE, "^")):
    rows = y == label
    right.scatter(score[rows], label + rng.uniform(-0.03, 0.03, rows.sum()), s=12, c=color,
                  marker=marker, alpha=0.6, label=f"class {label}")  # fmt: skip
right.set(
    xlabel="score  $w^\\top x + b$ (log-odds)",
    ylabel="probability of class 1",
    title="Along the normal: a sigmoid",
    xlim=(-8, 8),
    xticks=range(-8, 9, 4),
)
right.legend(loc="center right", fontsize=9)
plt.show()

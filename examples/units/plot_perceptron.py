"""
A perceptron converges
======================

Rosenblatt's rule looks at one row after the other. If the unit is wrong, the row is added to the
weights (class 1) or subtracted from them (class 0); if it is right, nothing happens.

What to see: on the left, the line after the first corrections (light) and at the end (dark): each
correction turns it. On the right, the number of corrections stays below the bound that Novikoff
proved in 1962: the squared ratio of the longest row to the margin of the widest gap.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_blobs
from sklearn.svm import SVC

from skfnn import FNNClassifier

# %%
# Two classes with a gap. The rule is stochastic gradient descent on the perceptron loss, with one
# row at a time and a rate of 1.


def rows(gap, seed):
    """Return 60 rows of two classes, the further apart the larger the gap."""
    centres = [[-gap / 2, -gap / 3], [gap / 2, gap / 3]]
    X, y = make_blobs(60, centers=centres, cluster_std=0.9, random_state=seed)
    return X, y


def corrections(X, y, epochs=200):
    """Return the weights and bias after each correction, until an epoch needs none."""
    unit = FNNClassifier.from_weights(
        [[[0.01], [-0.01]]],
        [[0.0]],
        loss="perceptron",
        solver="sgd",
        momentum=0,
        learning_rate_init=1.0,
        alpha=0,
        batch_size=1,
        dtype="float64",
    )
    states = []
    for _ in range(epochs):
        before = len(states)
        for i in range(len(X)):
            if unit.predict(X[i : i + 1])[0] != y[i]:
                unit.partial_fit(X[i : i + 1], y[i : i + 1])
                states.append(np.append(unit.coefs_[0][:, 0], unit.intercepts_[0]))
        if len(states) == before:
            return np.array(states)
    raise RuntimeError("the classes are not separable")


def bound(X, y):
    """Return Novikoff's bound: the squared length of the longest row over the squared margin."""
    lifted = np.column_stack([X, np.ones(len(X))])  # the bias as a weight of a constant input
    signed = np.where(y == 1, 1, -1)[:, None] * lifted
    support = SVC(kernel="linear", C=1e9).fit(np.vstack([signed, -signed]),
                                              np.repeat([1, 0], len(X)))  # fmt: skip
    margin = (signed @ support.coef_[0]).min() / np.linalg.norm(support.coef_[0])
    return (np.linalg.norm(lifted, axis=1).max() / margin) ** 2


X, y = rows(3.0, seed=28)
states = corrections(X, y)
print(f"{len(states)} corrections, at most {bound(X, y):.0f} by the bound")

# %%
# The same for other data: the narrower the gap, the more corrections, and the larger the bound.

made, allowed = [], []
for seed in range(60):
    try:
        X_other, y_other = rows(2.4 + 0.2 * (seed % 12), seed)
        made.append(len(corrections(X_other, y_other)))
        allowed.append(bound(X_other, y_other))
    except RuntimeError:
        continue  # these overlap
print(f"{len(made)} separable data sets: corrections are {np.median(np.divide(made, allowed)):.1%} "
      "of the bound (median)")  # fmt: skip
assert all(m <= a for m, a in zip(made, allowed, strict=True))

# %%

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
left.plot(*X[y == 1].T, "o", color="#0072B2", ms=6, mec="white")
left.plot(*X[y == 0].T, "^", color="#D55E00", ms=6, mec="white")
x1 = np.array([-6.0, 6.0])
for i, (w1, w2, b) in enumerate(states):
    shade = 0.15 + 0.85 * (i + 1) / len(states)
    left.plot(x1, -(w1 * x1 + b) / w2, color="black", alpha=shade, lw=1 + shade)
left.set(xlim=(-6, 6), ylim=(-5, 5), xlabel="$x_1$", ylabel="$x_2$", aspect="equal",
         title=f"The line after each of {len(states)} corrections")  # fmt: skip
right.loglog(allowed, np.maximum(made, 0.8), "o", color="#0072B2", ms=5)
limits = np.array([min(allowed) / 2, max(allowed) * 2])
right.loglog(limits, limits, "--", color="0.5")
right.text(limits[1] / 2, limits[1] / 1.2, "as many as the bound", ha="right", fontsize=9)
right.set(xlabel="Novikoff's bound", ylabel="corrections made", title="Fewer than the bound allows")
plt.show()

"""
A nonlinear boundary from hidden units, unit by unit
====================================================

Each sigmoid unit of the hidden layer divides the plane by a line, softly. The output unit adds up
their values, weighted, and so can bend its boundary.

What to see: the first three panels are the values of the three hidden units, with the line where
each is 1/2; in the fourth these lines (dashed) bound the class in the middle, and the network's
boundary (solid) rounds the corners.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from skfnn import FNNClassifier

# %%
# A class in the middle of another.

rng = np.random.default_rng(1)
radius = np.concatenate([rng.uniform(0, 1.1, 150), rng.uniform(1.7, 2.9, 250)])
angle = rng.uniform(0, 2 * np.pi, 400)
X = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
y = (np.arange(400) < 150).astype(int)

network = FNNClassifier((3,), "logistic", solver="lbfgs", alpha=0.1, random_state=0).fit(X, y)
print(f"{network.score(X, y):.1%} of the rows on the right side")
for i, (weights, bias, out) in enumerate(
    zip(network.coefs_[0].T, network.intercepts_[0], network.coefs_[1][:, 0], strict=True)
):
    print(
        f"unit {i + 1}: weights {weights.round(2)}, bias {bias:.2f}, weight in the output {out:.2f}"
    )

# %%

x1, x2 = np.meshgrid(np.linspace(-3.1, 3.1, 200), np.linspace(-3.1, 3.1, 200))
grid = np.column_stack([x1.ravel(), x2.ravel()])
(hidden,) = network.hidden_activations(grid)
surfaces = [*hidden.T, network.predict_proba(grid)[:, 1]]
names = [f"hidden unit {i}" for i in (1, 2, 3)] + ["output: all three"]
shades = ListedColormap(plt.get_cmap("Greys")(np.linspace(0, 0.5, 256)))  # light enough for points
lines = ["#0072B2", "#009E73", "#CC79A7"]

fig, axes = plt.subplots(1, 4, figsize=(12, 3.4), sharex=True, sharey=True, layout="constrained")
for ax, surface, name in zip(axes, surfaces, names, strict=True):
    shown = ax.imshow(surface.reshape(x1.shape), cmap=shades, vmin=0, vmax=1, origin="lower",
                      extent=(-3.1, 3.1, -3.1, 3.1))  # fmt: skip
    ax.plot(*X[y == 1].T, "o", color="#0072B2", ms=3.5, mec="white", mew=0.4)
    ax.plot(*X[y == 0].T, "^", color="#E69F00", ms=3.5, mec="white", mew=0.4)
    ax.set(xlabel="$x_1$", aspect="equal", title=name)
for i, color in enumerate(lines):
    for ax in (axes[i], axes[3]):
        ax.contour(x1, x2, hidden[:, i].reshape(x1.shape), [0.5], colors=color, linewidths=2.5,
                   linestyles="dashed")  # fmt: skip
axes[3].contour(x1, x2, surfaces[3].reshape(x1.shape), [0.5], colors="#D55E00", linewidths=3)
axes[0].set_ylabel("$x_2$")
fig.colorbar(shown, ax=axes, label="value of the unit", ticks=[0, 0.5, 1], shrink=0.9)
plt.show()

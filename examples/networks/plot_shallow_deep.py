"""
Shallow against deep, at equal numbers of parameters
====================================================

One hidden layer can approximate any continuous function, given enough units. How well a given
number of parameters does it depends on how the units are arranged: each unit of one hidden layer is
one sigmoid step, while later layers combine the steps of earlier ones, and use them more than once.

What to see: a function with jumps (top) and one that oscillates ever faster to the left (bottom).
With about 320 parameters each, one hidden layer of 107 units rounds the jumps and loses the fast
waves; two layers of 16 units come closer to both. On the right, every start is a dot: a third layer
adds little here.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNRegressor

warnings.simplefilter("ignore", ConvergenceWarning)  # all get the same number of iterations

# %%
# Two targets without noise, so that what is measured is approximation.

x = np.linspace(0, 1, 300)
places = np.array([0.08, 0.15, 0.3, 0.37, 0.5, 0.62, 0.7, 0.86])
heights = np.array([1.0, -1.6, 1.4, -0.5, 0.9, -1.8, 1.2, -0.7])
targets = {
    "jumps": (heights * (x[:, None] >= places)).sum(axis=1),
    "uneven smoothness": np.sin(2.1 * np.pi / (x + 0.12)) * np.sqrt(x * (1 - x)),
}
networks = {"1 layer": (107,), "2 layers": (16, 16), "3 layers": (11, 12, 11)}
n_starts = 5

fits, errors = {}, {}
for target, y in targets.items():
    y = (y - y.mean()) / y.std()
    for name, sizes in networks.items():
        runs = [
            FNNRegressor(
                sizes,
                "tanh",
                solver="lbfgs",
                alpha=0,
                tol=1e-6,
                max_iter=1000,
                random_state=start,
            ).fit(4 * x[:, None] - 2, y)
            for start in range(n_starts)
        ]
        predictions = np.array([run.predict(4 * x[:, None] - 2) for run in runs])
        error = np.sqrt(np.mean((predictions - y) ** 2, axis=1))
        errors[target, name] = error
        fits[target, name] = y, predictions[np.argsort(error)[n_starts // 2]]
        n_parameters = runs[0].summary()["parameters"].sum()
        print(
            f"{target:17} {name:8} {n_parameters} parameters, error {np.median(error):.3f} (median)"
        )

# %%

colors = ["#D55E00", "#0072B2", "#009E73"]
fig, axes = plt.subplots(
    2, 3, figsize=(10, 5.6), sharex="col", width_ratios=(1, 1, 0.8), layout="constrained"
)
for target, row in zip(targets, axes, strict=True):
    for ax, name, color in zip(row[:2], ["1 layer", "2 layers"], colors[:2], strict=True):
        y, prediction = fits[target, name]
        ax.plot(x, y, color="0.6", lw=3, label="target")
        ax.plot(x, prediction, color=color, lw=1.5, label=f"{name} {networks[name]}")
        ax.set(ylim=(-2.9, 3.8), xlim=(0, 1), yticks=[-2, 0, 2])
        ax.legend(fontsize=9, ncols=2, loc="upper center", columnspacing=1)
    row[0].set_ylabel(f"{target}\n$y$ (standardised)")
    for place, (name, color) in enumerate(zip(networks, colors, strict=True)):
        values = errors[target, name]
        row[2].plot(np.full(n_starts, place), values, "o", color=color, ms=5, alpha=0.6)
        row[2].plot([place - 0.25, place + 0.25], [np.median(values)] * 2, color=color, lw=3)
    row[2].set(ylabel="root mean squared error", ylim=(0, None), xlim=(-0.6, 2.6))
    row[2].set_xticks(range(3), networks)
axes[0, 0].set_title("One layer rounds it off")
axes[0, 1].set_title("Two layers come closer")
axes[0, 2].set_title("5 starts and median")
axes[1, 0].set_xlabel("$x$")
axes[1, 1].set_xlabel("$x$")
axes[1, 2].set_xlabel("same number of parameters")
plt.show()

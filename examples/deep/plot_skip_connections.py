"""
Skip connections by depth
=========================

With ``skip_connections=True`` each hidden layer adds to its input instead of replacing it. What it
has to learn is only the difference, and the gradient has a way down past every layer.

What to see: on the left, without skips the accuracy collapses with depth, with them fifty layers
train as well as five. On the right, the gradient of each layer of a fifty-layer network at its
start: without skips it fades towards the input, with them it keeps its size.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNClassifier

warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant

X, y = load_digits(return_X_y=True)
X = X / 16
depths = [2, 5, 10, 20, 35, 50]
seeds = range(3)


def network(depth, skip, seed, **training):
    """Return a fitted network of tanh layers of 32 units."""
    return FNNClassifier(
        (32,) * depth, "tanh", skip_connections=skip, random_state=seed, **training
    ).fit(X, y)


# %%
# Adam, ten epochs, the same for all.

accuracy = {
    skip: np.array(
        [
            [network(depth, skip, seed, max_iter=10, batch_size=100).score(X, y) for seed in seeds]
            for depth in depths
        ]
    )
    for skip in (False, True)
}
for skip, values in accuracy.items():
    means = (100 * values.mean(axis=1)).round(1).tolist()
    print(f"skips {skip!s:5}: accuracy by depth, % {dict(zip(depths, means, strict=True))}")

# %%
# The gradient of the loss by the weights of each layer. A step of 1e-12 leaves the weights where
# they start.

norms = {}
for skip in (False, True):
    runs = []
    for seed in seeds:
        start = network(50, skip, seed, solver="sgd", learning_rate_init=1e-12, max_iter=1)
        runs.append([np.linalg.norm(dW) for dW in start.loss_gradient(X, y).coefs])
    norms[skip] = np.exp(np.mean(np.log(runs), axis=0))
    print(f"skips {skip!s:5}: gradient norm of the first layer / of the last hidden layer "
          f"{norms[skip][0] / norms[skip][-2]:.3f}")  # fmt: skip

# %%

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
for skip, color, marker, name in (
    (True, "#0072B2", "o", "with skip connections"),
    (False, "#D55E00", "s", "without"),
):
    values = 100 * accuracy[skip]
    left.fill_between(depths, values.min(axis=1), values.max(axis=1), color=color, alpha=0.2, lw=0)
    left.plot(depths, values.mean(axis=1), color=color, marker=marker, ms=5, label=name)
    layers = np.arange(1, len(norms[skip]) + 1)
    right.semilogy(layers, norms[skip], color=color, marker=marker, ms=3, lw=1.2, label=name)
left.axhline(10, color="0.6", ls="--", lw=1.2)
left.text(2, 12, "guessing", fontsize=9)
left.set(
    xlabel="hidden layers",
    ylabel="training accuracy after 10 epochs, %",
    ylim=(0, 102),
    xticks=depths,
    title="Fifty layers train, with skips",
)
left.legend(loc="center left")
right.set(
    xlabel="layer (1: next to the input, 51: output)",
    ylabel="norm of the gradient",
    xticks=[1, 10, 20, 30, 40, 51],
    title="With skips the gradient keeps its size",
)
plt.show()

r"""
A training step, line by line
=============================

In skfnn a training step is a list of NumPy calls, which ``step_listing`` prints. Here the list of a
small network is executed line by line, outside of the package, with the numbers of every array in
view: backpropagation by hand.

What to see: the upper row is the forward pass, from four rows of input to their probabilities; the
lower row goes back, from the errors :math:`p - y` to the derivatives by all weights. The weights
after the last line are those that skfnn's own step gives.
"""

import re

import matplotlib.pyplot as plt
import numpy as np

from skfnn import FNNClassifier

# %%
# The network: two inputs, two tanh units, one sigmoid output. The four rows of XOR are one batch;
# the optimizer is plain gradient descent with a rate of 0.5.

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([[0.0], [1.0], [1.0], [0.0]])
W0, b0 = np.array([[1.0, -0.5], [-1.0, 1.5]]), np.array([0.2, -0.4])
W2, b2 = np.array([[1.0], [-1.0]]), np.array([0.1])
network = FNNClassifier.from_weights(
    [W0, W2],
    [b0, b2],
    "tanh",
    solver="sgd",
    momentum=0,
    learning_rate_init=0.5,
    alpha=0,
    batch_size=4,
    dtype="float64",
)
listing = network.step_listing(n_rows=4).splitlines()
for number, line in enumerate(listing, 1):
    print(f"{number:2}  {line}")

# %%
# On the left is the array that is written. ``values`` holds all parameters and ``grad`` all
# derivatives, weights first; ``W0``, ``dW0`` and so on are views into them, so the last two lines
# move all parameters at once. ``dscores`` is the derivative by the raw scores, ``d1b_2`` that by
# the output of layer 1, and ``scalar0`` the learning rate.

values = np.concatenate([W0.ravel(), W2.ravel(), b0, b2])
grad = np.zeros_like(values)


def views(vector, prefix):
    """Return the four arrays that lie in a vector of all parameters."""
    parts = vector[:4].reshape(2, 2), vector[4:6].reshape(2, 1), vector[6:8], vector[8:]
    return dict(zip((f"{prefix}W0", f"{prefix}W2", f"{prefix}b0", f"{prefix}b2"), parts,
                    strict=True))  # fmt: skip


arrays = {
    "X": X, "y": y, "ones": np.ones(4), "scalar0": np.array(0.5),
    "values": values, **views(values, ""), "grad": grad, **views(grad, "d"),
    "Y0": np.zeros((4, 2)), "scores": np.zeros((4, 1)), "dscores": np.zeros((4, 1)),
    "d1b_2": np.zeros((4, 2)), "scratch1.0": np.zeros((4, 2)),
}  # fmt: skip


def argument(text):
    """Return the array or the number that a line of the listing names."""
    if text in arrays:
        return arrays[text]
    return arrays[text.removesuffix(".T")].T if text.endswith(".T") else float(text)


seen = {}
for number, line in enumerate(listing, 1):
    out, function, inputs = re.fullmatch(r"(\S+) = (\w+)\((.*)\)", line).groups()
    getattr(np, function)(*map(argument, inputs.split(", ")), out=arrays[out])
    seen[number] = arrays[out].copy()

network.partial_fit(X, y.ravel().astype(int))
theirs = np.concatenate([part.ravel() for part in (*network.coefs_, *network.intercepts_)])
print(f"largest difference to the weights after skfnn's own step: {abs(values - theirs).max():.1e}")
assert np.allclose(values, theirs, rtol=1e-12, atol=0)

# %%


def last(out, before=None):
    """Return what the last line that writes into an array has left there."""
    lines = [n for n, line in enumerate(listing, 1) if line.startswith(f"{out} = ")]
    return seen[max(n for n in lines if before is None or n < before)]


backward = next(n for n, line in enumerate(listing, 1) if "dot(Y0.T" in line)
probability = seen[next(n for n, line in enumerate(listing, 1) if "subtract(dscores" in line)]
panels = [
    ("input  X", X),
    ("hidden  Y0 = tanh(X W0 + b0)", last("Y0")),
    ("scores = Y0 W2 + b2", last("scores", backward)),
    ("probability p", probability + y),
    ("dW0 = X' δ", last("dW0")),
    ("δ = (dscores W2') (1 - Y0²)", last("d1b_2")),
    ("dW2 = Y0' dscores", last("dW2")),
    ("dscores = (p - y) / 4", last("dscores", backward)),
]
fig, axes = plt.subplots(2, 4, figsize=(11, 5.4), layout="constrained")
for ax, (title, numbers) in zip(axes.flat, panels, strict=True):
    ax.imshow(numbers, cmap="RdBu_r", vmin=-1.2, vmax=1.2, aspect="auto")
    for (i, j), number in np.ndenumerate(numbers):
        ax.text(j, i, f"{number:.3f}", ha="center", va="center",
                color="white" if abs(number) > 0.8 else "black")  # fmt: skip
    ax.set_title(title, fontsize=10.5, loc="center")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
axes[0, 0].set_ylabel("forward →")
axes[1, 0].set_ylabel("← backward")
plt.show()

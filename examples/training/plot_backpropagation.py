r"""
Backpropagation by hand, step for step
======================================

The chain rule for a network with one hidden layer, written out in NumPy, against skfnn's own steps
from the same start.

What to see: the weights of both go the same way (lines: skfnn, dots: by hand), and after each of
200 steps they differ by no more than rounding.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

from skfnn import FNNClassifier

# %%
# Two inputs, three tanh units, one sigmoid output, cross-entropy; plain gradient descent on all
# rows. ``from_weights`` makes a network with the weights that it is given.

X, y = make_moons(200, noise=0.2, random_state=0)
rng = np.random.default_rng(1)
W1, W2 = rng.normal(size=(2, 3)), rng.normal(size=(3, 1))
b1, b2 = np.zeros(3), np.zeros(1)
rate = 0.5

model = FNNClassifier.from_weights(
    [W1, W2],
    [b1, b2],
    "tanh",
    solver="sgd",
    momentum=0,
    learning_rate_init=rate,
    alpha=0,
    batch_size=len(X),
    dtype="float64",
)

# %%
# By hand: :math:`\delta` is the derivative of the mean loss by the inputs of a layer's units.


def step(W1, b1, W2, b2):
    """Return the parameters after one step of gradient descent."""
    # Forward.
    A1 = np.tanh(X @ W1 + b1)
    p = 1 / (1 + np.exp(-(A1 @ W2 + b2)))
    # Backward.
    delta2 = (p - y[:, None]) / len(X)
    delta1 = (delta2 @ W2.T) * (1 - A1**2)
    return (
        W1 - rate * X.T @ delta1,
        b1 - rate * delta1.sum(axis=0),
        W2 - rate * A1.T @ delta2,
        b2 - rate * delta2.sum(axis=0),
    )


def flat(W1, b1, W2, b2):
    """Return all parameters as one vector."""
    return np.concatenate([W1.ravel(), b1, W2.ravel(), b2])


by_hand, by_skfnn = [flat(W1, b1, W2, b2)], [flat(W1, b1, W2, b2)]
for _ in range(200):
    W1, b1, W2, b2 = step(W1, b1, W2, b2)
    by_hand.append(flat(W1, b1, W2, b2))
    model.partial_fit(X, y)
    by_skfnn.append(flat(model.coefs_[0], model.intercepts_[0], *model.coefs_[1:],
                         *model.intercepts_[1:]))  # fmt: skip
by_hand, by_skfnn = np.array(by_hand), np.array(by_skfnn)
difference = np.abs(by_hand - by_skfnn).max(axis=1)
print(f"largest difference of a weight in 200 steps: {difference.max():.1e}")

# %%
# The same lines of arithmetic as skfnn executes them, one NumPy call in each line: forward,
# ``dscores`` (:math:`\delta` of the output), backward, step.

print(model.step_listing(n_rows=len(X)))

# %%

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 4.2), width_ratios=(1.3, 1), layout="constrained"
)
steps = np.arange(len(by_hand))
groups = {
    "weights of the hidden units": (slice(0, 6), "#0072B2"),
    "biases of the hidden units": (slice(6, 9), "#009E73"),
    "weights of the output": (slice(9, 12), "#D55E00"),
    "bias of the output": (slice(12, 13), "#CC79A7"),
}
for name, (part, color) in groups.items():
    lines = left.plot(steps, by_skfnn[:, part], color=color, lw=1.5)
    lines[0].set_label(name)
    left.plot(steps[::20], by_hand[::20, part], "o", color=color, ms=4)
left.plot([], [], "o", color="0.4", ms=4, label="by hand")
left.set(xlabel="step", ylabel="value of the parameter", title="All 13 parameters go the same way")
left.set_ylim(top=by_hand.max() * 1.9)
left.legend(fontsize=9, ncols=2, loc="upper left")

right.semilogy(steps, np.maximum(difference, 1e-18), color="black")
right.axhline(np.finfo(float).eps, color="0.6", ls="--", lw=1.5)
right.text(
    199, 0.8 * np.finfo(float).eps, "spacing of doubles at 1", ha="right", va="top", fontsize=9
)
right.set(
    xlabel="step",
    ylabel="largest difference of a parameter",
    ylim=(1e-18, 1e-12),
    title="They agree to rounding",
)
plt.show()

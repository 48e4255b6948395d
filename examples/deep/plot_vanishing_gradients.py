"""
Vanishing gradients: sigmoid, tanh and ReLU by depth
====================================================

Backpropagation multiplies the gradient by the derivative of each layer's activation on its way
down. For the sigmoid unit that is at most 1/4: some layers further down, little is left.

What to see: on the left, in a network of 15 hidden layers at its start, the gradient of the sigmoid
network shrinks by orders of magnitude towards the input, that of tanh and ReLU hardly does. On the
right, the same training at growing depth: the sigmoid network soon learns nothing.
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
initializers = {"logistic": "glorot_uniform", "tanh": "glorot_uniform", "relu": "he_uniform"}

# %%
# The gradient of the loss by the weights of each layer. A step of 1e-12 leaves the weights where
# they start.

norms = {}
for activation, initializer in initializers.items():
    runs = []
    for seed in range(5):
        network = FNNClassifier(
            (32,) * 15,
            activation,
            initializer=initializer,
            solver="sgd",
            learning_rate_init=1e-12,
            max_iter=1,
            dtype="float64",
            random_state=seed,
        ).fit(X, y)
        runs.append([np.linalg.norm(dW) for dW in network.loss_gradient(X, y).coefs])
    norms[activation] = np.exp(np.mean(np.log(runs), axis=0))
    first, last = norms[activation][[0, -1]]
    print(f"{activation:8} gradient norm: first layer {first:.1e}, last layer {last:.1e}")

# %%
# Training: stochastic gradient descent with momentum, 15 epochs, three starts.

depths = [1, 2, 3, 5, 8, 12, 15]
accuracy = {
    activation: np.array(
        [
            [
                100
                * FNNClassifier(
                    (32,) * depth,
                    activation,
                    initializer=initializer,
                    solver="sgd",
                    learning_rate_init=0.01,
                    batch_size=50,
                    max_iter=15,
                    random_state=seed,
                )
                .fit(X, y)
                .score(X, y)
                for seed in range(3)
            ]
            for depth in depths
        ]
    )
    for activation, initializer in initializers.items()
}
for activation, values in accuracy.items():
    means = values.mean(axis=1).round().tolist()
    print(f"{activation:8} accuracy by depth, % {dict(zip(depths, means, strict=True))}")

# %%

colors = {"logistic": "#D55E00", "tanh": "#0072B2", "relu": "#009E73"}
markers = {"logistic": "o", "tanh": "s", "relu": "^"}
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
for activation, color in colors.items():
    look = {"color": color, "marker": markers[activation], "ms": 5, "label": activation}
    left.semilogy(np.arange(1, 17), norms[activation], **look)
    values = accuracy[activation]
    right.fill_between(depths, values.min(axis=1), values.max(axis=1), color=color, alpha=0.2, lw=0)
    right.plot(depths, values.mean(axis=1), **look)
left.set(
    xlabel="layer (1: next to the input, 16: output)",
    ylabel="norm of the gradient",
    xticks=[1, 4, 8, 12, 16],
    title="The gradient of sigmoids vanishes",
)
left.legend()
right.axhline(10, color="0.6", ls="--", lw=1.2)
right.text(15, 12, "guessing", ha="right", fontsize=9)
right.set(
    xlabel="hidden layers",
    ylabel="training accuracy after 15 epochs, %",
    ylim=(0, 102),
    xticks=[1, 3, 5, 8, 12, 15],
    title="Deep sigmoid networks do not learn",
)
plt.show()

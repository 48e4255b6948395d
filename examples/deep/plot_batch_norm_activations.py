"""
What batch normalisation does to activations
============================================

In a deep network of tanh units, the values that arrive at a layer depend on all weights below it.
If these are a little too small, the values shrink from layer to layer; a little too large, and the
units saturate at -1 and 1. Either way the gradient is lost.

What to see: each panel has the values of one layer, for rows of handwritten digits, before
training. Without batch normalisation (upper rows) they die out or pile up at the ends, depending on
the size of the first weights. With it (lower rows) every layer gets values of the same spread, for
small and for large weights.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from skfnn import FNNClassifier
from skfnn.initializers import Scaled

# %%
# Eight layers of 64 units. ``partial_fit`` with a rate of (nearly) zero builds the network, fills
# the running moments of batch normalisation, and leaves the weights as they were drawn.

X, y = load_digits(return_X_y=True)
X = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-9)
factors = {"weights half as large": 0.5, "weights twice as large": 2.0}


def activations(factor, batch_norm):
    """Return the outputs of the hidden layers of an untrained network."""
    network = FNNClassifier(
        (64,) * 8,
        "tanh",
        initializer=Scaled("glorot_uniform", factor),
        batch_norm=batch_norm,
        solver="sgd",
        momentum=0,
        learning_rate_init=1e-12,
        alpha=0,
        batch_size=len(X),
        random_state=0,
    )
    network.partial_fit(X, y, classes=np.arange(10))
    return network.hidden_activations(X)


outputs = {
    (name, label): activations(factor, batch_norm)
    for name, factor in factors.items()
    for label, batch_norm in (("without", None), ("batch norm", "before"))
}
print("standard deviation of the activations, by layer")
for (name, label), layers in outputs.items():
    print(f"{name:23} {label:11}", *(f"{layer.std():6.3f}" for layer in layers))

# %%

shown = [0, 1, 3, 5, 7]
fig, axes = plt.subplots(
    4, len(shown), figsize=(10, 6.4), sharex=True, sharey="row", layout="constrained"
)
for row, ((name, label), layers) in zip(axes, outputs.items(), strict=True):
    color = "#D55E00" if label == "without" else "#0072B2"
    for ax, i in zip(row, shown, strict=True):
        ax.hist(layers[i].ravel(), bins=np.linspace(-1, 1, 41), density=True, color=color)
        ax.set(yticks=[], xticks=[-1, 0, 1])
        ax.spines["left"].set_visible(False)
    row[0].set_ylabel(f"{name},\n{label}", rotation=0, ha="right", va="center", fontsize=9.5)
for ax, i in zip(axes[0], shown, strict=True):
    ax.set_title(f"layer {i + 1}", loc="center")
for ax in axes[-1]:
    ax.set_xlabel("activation")
plt.show()

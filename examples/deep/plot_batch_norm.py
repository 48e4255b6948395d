"""
Batch normalisation before and after the activation
===================================================

Batch normalisation gives each unit's input (``batch_norm="before"`` the activation) or output
(``"after"``) mean 0 and variance 1 over the minibatch, then a trained scale and shift.

What to see: on the left, a network of six sigmoid layers without it does not get beyond guessing;
with it, in either place, it learns from the first epoch on. On the right, over four orders of
magnitude, no learning rate helps the network without it. After the activation, batch normalisation
gets by with lower rates; before it, with higher ones (a missing point is a fit that diverged).
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
placements = {"none": None, "before the activation": "before", "after the activation": "after"}


def training_loss(placement, rate, epochs, seed):
    """Return the training loss after each epoch; NaN if training diverges."""
    model = FNNClassifier(
        (40,) * 6,
        "logistic",
        batch_norm=placement,
        solver="sgd",
        learning_rate_init=rate,
        batch_size=50,
        max_iter=epochs,
        n_iter_no_change=epochs,
        random_state=seed,
    )
    try:
        return np.array(model.fit(X, y).loss_curve_)
    except ValueError:  # skfnn stops a diverging fit with an error that says so
        return np.full(epochs, np.nan)


epochs = 30
curves = {
    name: np.array([training_loss(placement, 0.1, epochs, seed) for seed in range(3)])
    for name, placement in placements.items()
}
rates = 10.0 ** np.arange(-4, 0.1, 0.5)
ends = {
    name: np.array([training_loss(placement, rate, 10, 0)[-1] for rate in rates])
    for name, placement in placements.items()
}
print("learning rate         ", *(f"{rate:6.3g}" for rate in rates))
for name, losses in ends.items():
    print(f"{name:22}", *(f"{loss:6.2f}" for loss in losses))

# %%

looks = zip(("#D55E00", "#0072B2", "#009E73"), ("-", "--", "-."), ("o", "s", "^"), strict=True)
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), sharey=True, layout="constrained")
for (name, runs), (color, style, marker) in zip(curves.items(), looks, strict=True):
    epoch = np.arange(1, epochs + 1)
    left.fill_between(epoch, runs.min(axis=0), runs.max(axis=0), color=color, alpha=0.2, lw=0)
    left.plot(epoch, runs.mean(axis=0), color=color, ls=style, label=name)
    right.semilogx(rates, ends[name], color=color, ls=style, marker=marker, label=name)
for ax in (left, right):
    ax.axhline(np.log(10), color="0.6", ls=":", lw=1.5)
left.text(epochs, np.log(10) + 0.04, "guessing", ha="right", fontsize=9)
left.set(xlabel="epoch", ylabel="training loss (cross-entropy)", xlim=(0, epochs), ylim=(0, 2.7),
         title="Six sigmoid layers learn with batch norm")  # fmt: skip
right.set(xlabel="learning rate", title="No rate does it without (10 epochs)")
left.legend(title="batch normalisation", fontsize=10, loc="center right")
plt.show()

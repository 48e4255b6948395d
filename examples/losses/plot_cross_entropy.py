"""
Squared error against cross-entropy
===================================

A sigmoid output that is wrong and sure of it hardly learns from the squared error, since the slope
of the sigmoid is nearly zero there. The cross-entropy cancels that slope.

What to see: on the left, for a row of class 1, the pull of the squared error vanishes for very
negative scores while that of the cross-entropy becomes 1; on the right, the same networks from the
same starts learn handwritten digits in far fewer epochs by cross-entropy.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skfnn import FNNClassifier

warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant

# %%
# Both losses, plain gradient descent at the same rate, five random starts.

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)
epochs, seeds = 60, range(5)


def test_accuracy(loss, seed):
    """Return the test accuracy after each epoch."""
    model = FNNClassifier(
        (32,),
        "logistic",
        loss=loss,
        solver="sgd",
        momentum=0,
        learning_rate_init=0.5,
        batch_size=32,
        max_iter=epochs,
        n_iter_no_change=epochs,
        metrics=["accuracy"],
        random_state=seed,
    )
    return model.fit(X_train, y_train, X_val=X_test, y_val=y_test).history_["val_accuracy"]


curves = {
    loss: np.array([test_accuracy(loss, seed) for seed in seeds])
    for loss in ("log_loss", "squared_error")
}
for loss, runs in curves.items():
    reached = [int(np.argmax(run >= 0.9)) + 1 for run in runs]
    print(f"{loss:14} reaches 90 % in epoch {min(reached)} to {max(reached)}")

# %%

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
names = {"log_loss": "cross-entropy", "squared_error": "squared error"}

z = np.linspace(-8, 8, 400)
p = 1 / (1 + np.exp(-z))
left.plot(z, 1 - p, label="cross-entropy: $1 - p$")
left.plot(z, (1 - p) * p * (1 - p), label=r"squared error: $(1 - p)\,p\,(1 - p)$")
left.axvspan(-8, -3, color="0.92", zorder=0)
left.text(-5.5, 0.5, "wrong,\nand sure", ha="center", va="center", fontsize=10)
left.set(
    xlabel="score $z$ of a row of class 1, $p = 1 / (1 + e^{-z})$",
    ylabel="pull towards class 1, $-d\\ell / dz$",
    xlim=(-8, 8),
    ylim=(0, 1.05),
    title="The pull on one sigmoid unit",
)
left.legend(fontsize=9)

for loss, runs in curves.items():
    (line,) = right.plot(np.arange(1, epochs + 1), 100 * runs.mean(axis=0), label=names[loss])
    right.fill_between(np.arange(1, epochs + 1), 100 * runs.min(axis=0), 100 * runs.max(axis=0),
                       color=line.get_color(), alpha=0.2, lw=0)  # fmt: skip
right.set(
    xlabel="epoch",
    ylabel="test accuracy, %",
    xlim=(0, epochs),
    ylim=(0, 100),
    title="Cross-entropy learns the digits sooner",
)
right.legend(loc="lower right", title="mean and range of 5 starts")
plt.show()

"""
Dropout against overfitting
===========================

Dropout sets each hidden unit to zero with probability ``rate`` in every training step, so that no
unit can rely on a particular other one.

What to see: both networks are far too large for 200 rows of which some have wrong labels. Without
dropout the loss on test rows rises again as the network learns the wrong labels by heart; with
dropout it stays low, and the test accuracy stays higher.
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
# 200 digits to train on, one label in five replaced by a random one.

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, train_size=200, stratify=y, random_state=0
)
rng = np.random.default_rng(0)
wrong = rng.random(len(y_train)) < 0.2
y_train[wrong] = rng.integers(0, 10, wrong.sum())
epochs = 80

histories = {}
for dropout in (0.0, 0.5):
    histories[dropout] = [
        FNNClassifier(
            (200, 200),
            dropout=dropout,
            alpha=0,
            batch_size=32,
            max_iter=epochs,
            n_iter_no_change=epochs,
            metrics=["accuracy"],
            random_state=seed,
        )
        .fit(X_train, y_train, X_val=X_test, y_val=y_test)
        .history_
        for seed in range(5)
    ]
    last = [100 * run["val_accuracy"].iloc[-1] for run in histories[dropout]]
    print(f"dropout {dropout}: test accuracy {np.mean(last):.1f} % (mean of 5 starts)")

# %%

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), sharex=True, layout="constrained")
for (dropout, runs), color in zip(histories.items(), ("#D55E00", "#0072B2"), strict=True):
    epoch = runs[0].index
    name = f"dropout {dropout}" if dropout else "no dropout"
    for column, ax, style, scale, label in (
        ("loss", left, "--", 1, f"{name}, training"),
        ("val_loss", left, "-", 1, f"{name}, test"),
        ("val_accuracy", right, "-", 100, name),
    ):
        values = scale * np.array([run[column] for run in runs])
        ax.plot(epoch, values.mean(axis=0), style, color=color, label=label)
        ax.fill_between(epoch, values.min(axis=0), values.max(axis=0), color=color, alpha=0.2, lw=0)
left.set(xlabel="epoch", ylabel="loss (cross-entropy)", xlim=(0, epochs), ylim=(0, None),
         title="Without dropout the test loss rises again")  # fmt: skip
left.legend(fontsize=9)
right.set(xlabel="epoch", ylabel="test accuracy, %", ylim=(60, 96), title="More digits recognised")
right.legend(loc="lower right", title="mean and range of 5 starts")
plt.show()

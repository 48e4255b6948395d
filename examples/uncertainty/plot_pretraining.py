"""
Pretraining with few labels
===========================

With ``pretrain=`` each hidden layer first learns, from the input side, to encode what the layer
below gives, as an autoencoder. That needs no labels, so rows without any can take part
(``X_unlabeled``). Then the whole network is trained as usual.

What to see: 100 labelled digits, 1,000 without labels. Each line is one draw of the data, with the
same random state on both sides: nearly all lines go up.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skfnn import FNNAutoencoder, FNNClassifier

warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant

# %%
# Two layers of sigmoid units, which are slow to start from small random weights.

X, y = load_digits(return_X_y=True)
X = X / 16
coder = FNNAutoencoder(
    loss="binary_crossentropy", tied_weights=True, learning_rate_init=0.005, max_iter=30
)
seeds = range(10)
accuracy = {"random start": [], "pretrained": []}
curves = {"random start": [], "pretrained": []}
for seed in seeds:
    X_few, X_rest, y_few, y_rest = train_test_split(
        X, y, train_size=100, stratify=y, random_state=seed
    )
    X_unlabeled, X_test, _, y_test = train_test_split(
        X_rest, y_rest, train_size=1000, random_state=seed
    )
    for name, pretrain in (("random start", {}), ("pretrained", {"X_unlabeled": X_unlabeled})):
        model = FNNClassifier(
            (100, 100),
            "logistic",
            pretrain=coder if pretrain else None,
            learning_rate_init=0.005,
            batch_size=50,
            max_iter=80,
            n_iter_no_change=80,
            metrics=["accuracy"],
            random_state=seed,
        ).fit(X_few, y_few, X_val=X_test, y_val=y_test, **pretrain)
        accuracy[name].append(100 * model.score(X_test, y_test))
        history = model.history_
        if pretrain:
            history = history[history["phase"] == "fit"]
        curves[name].append(100 * history["val_accuracy"].to_numpy())
gain = np.subtract(accuracy["pretrained"], accuracy["random start"])
for name, values in accuracy.items():
    print(f"{name:12} test accuracy {np.mean(values):.1f} %, mean of {len(values)} draws")
print(f"pretraining is ahead in {np.sum(gain > 0)} of {len(gain)}, by {gain.mean():.1f} on average")

# %%

colors = {"random start": "#D55E00", "pretrained": "#0072B2"}
fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 4.2), width_ratios=(1.5, 1), layout="constrained"
)
for name, color in colors.items():
    runs = np.array(curves[name])
    epoch = np.arange(1, runs.shape[1] + 1)
    left.fill_between(epoch, *np.quantile(runs, [0.1, 0.9], axis=0), color=color, alpha=0.2, lw=0)
    left.plot(epoch, runs.mean(axis=0), color=color, label=name)
left.set(
    xlabel="epoch of training on 100 labels",
    ylabel="test accuracy, %",
    xlim=(0, 80),
    ylim=(0, 100),
    title="A head start that lasts",
)
left.legend(loc="lower right", title="mean, 10 to 90 % of 10 draws")

for pair in zip(accuracy["random start"], accuracy["pretrained"], strict=True):
    right.plot([0, 1], pair, color="0.6", lw=1.2, zorder=1)
for place, (name, color) in enumerate(colors.items()):
    right.plot(np.full(len(seeds), place), accuracy[name], "o", color=color, ms=6)
right.set_xticks([0, 1], list(colors))
right.set(xlim=(-0.4, 1.4), ylabel="test accuracy at the end, %", title="Ten draws, pair by pair")
plt.show()

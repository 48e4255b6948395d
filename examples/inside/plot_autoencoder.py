"""
Autoencoder: codes and reconstructions of digits
================================================

An autoencoder learns to give back its input through a layer of few units, whose values are the
code. ``transform`` gives the code, ``inverse_transform`` draws the input from it.

What to see: on the left, a code of two numbers, learned without the labels, keeps many of the
digits (colours) apart. On the right, what comes back from codes of growing length; the code of 8
loses half as much as 8 principal components do.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNAutoencoder

warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant

# %%
# Encoder 64 -> 128 -> 64 -> code, and its mirror image back. Every sixth digit is held out: what is
# shown on the right was not seen in training.

X, y = load_digits(return_X_y=True)
X = X / 16
held_out = np.arange(len(X)) % 6 == 0
X_train, X_test, y_test = X[~held_out], X[held_out], y[held_out]

sizes = [2, 8, 32]
coders, errors = {}, {}
for size in sizes:
    coders[size] = FNNAutoencoder(
        (128, 64, size),
        ["relu", "relu", "identity"],
        learning_rate="one_cycle",
        learning_rate_init=0.005,
        batch_size=50,
        max_iter=60,
        n_iter_no_change=60,
        random_state=0,
    ).fit(X_train)
    back = coders[size].inverse_transform(coders[size].transform(X_test))
    pca = PCA(size).fit(X_train)
    linear = pca.inverse_transform(pca.transform(X_test))
    total = np.mean((X_test - X_train.mean(axis=0)) ** 2)
    errors[size] = np.mean((X_test - back) ** 2) / total, np.mean((X_test - linear) ** 2) / total
    print(f"code of {size:2}: autoencoder loses {errors[size][0]:.1%} of the variance of held-out "
          f"digits, PCA {errors[size][1]:.1%}")  # fmt: skip

# %%

fig = plt.figure(figsize=(11, 4.3), layout="constrained")
left, right = fig.subfigures(1, 2, width_ratios=(1, 1.15))
ax = left.subplots()
codes = coders[2].transform(X)
palette = plt.get_cmap("tab10")
for digit in range(10):
    rows = codes[y == digit]
    ax.plot(*rows.T, ".", color=palette(digit), ms=4, alpha=0.6)
for digit in range(10):
    middle = np.median(codes[y == digit], axis=0)
    ax.text(*middle, str(digit), ha="center", va="center", fontsize=14, fontweight="bold",
            color=palette(digit), bbox={"boxstyle": "circle,pad=0.15", "fc": "white", "alpha": 0.85,
                                        "ec": palette(digit)})  # fmt: skip
ax.set(xlabel="first number of the code", ylabel="second number of the code",
       title="Two numbers for each digit")  # fmt: skip

shown = [int(np.flatnonzero(y_test == digit)[0]) for digit in range(10)]
rows = {"original\n": X_test[shown]}
for size in sizes:
    code = coders[size].transform(X_test[shown])
    rows[f"code of {size}\n{errors[size][0]:.0%} lost"] = coders[size].inverse_transform(code)
pca = PCA(8).fit(X_train)
rows[f"PCA, 8\n{errors[8][1]:.0%} lost"] = pca.inverse_transform(pca.transform(X_test[shown]))
grid = right.subplots(len(rows), 10, gridspec_kw={"wspace": 0.05, "hspace": 0.1})
for axes, (name, images) in zip(grid, rows.items(), strict=True):
    for ax, image in zip(axes, images, strict=True):
        ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color="0.8")
    axes[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=10)
right.suptitle("Held-out digits from their codes", x=0.17, ha="left", fontsize=13)
plt.show()

"""
Double descent
==============

The textbook's curve of the test error against the size of a model is a U: too few parameters
underfit, too many overfit. Beyond the size at which the training data can be fitted exactly, there
is a second descent.

What to see: the test error rises to a peak at about as many parameters as there are numbers to fit
(dashed line), where the training error reaches zero, and falls again to the right of it, below the
best network on the left. All networks are trained until nothing is left to gain, without penalty
and without early stopping.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNRegressor

# Near interpolation the way down is long; what is left after 1,500 iterations is small.
warnings.simplefilter("ignore", ConvergenceWarning)

# %%
# The squared error on 120 digits with ten targets each, 0 or 1 by class, so 1,200 numbers to fit.
# One training label in six is wrong, which is what the peak feeds on. One hidden layer, growing;
# four draws of the training data.

X, digits = load_digits(return_X_y=True)
X = X / 16 - 0.3
n_rows, seeds = 120, range(4)
widths = [1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 19, 23, 30, 45, 80, 200]


def errors(width, seed):
    """Return the mean squared error on training and on test data, and the misclassified share."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(X))
    train, test = order[:n_rows], order[n_rows:]
    label = digits[train].copy()
    wrong = rng.random(n_rows) < 1 / 6
    label[wrong] = rng.integers(0, 10, wrong.sum())
    target, truth = np.eye(10)[label], np.eye(10)[digits[test]]
    model = FNNRegressor(
        (width,),
        "tanh",
        solver="lbfgs",
        alpha=0,
        tol=1e-5,
        max_iter=1500,
        random_state=seed,
    ).fit(X[train], target)
    predicted = model.predict(X[test])
    return (
        np.mean((model.predict(X[train]) - target) ** 2),
        np.mean((predicted - truth) ** 2),
        np.mean(predicted.argmax(axis=1) != digits[test]),
    )


results = np.array([[errors(width, seed) for seed in seeds] for width in widths])
training, test, missed = results.mean(axis=1).T
parameters = np.array([(64 + 1) * width + (width + 1) * 10 for width in widths])
for row in zip(widths, parameters, training, test, 100 * missed, strict=True):
    print("%3d units, %5d parameters: training %.5f, test %.4f, misclassified %.1f %%" % row)

# %%

plt.rcParams.update(
    {
        "axes.prop_cycle": plt.cycler(color=["#0072B2", "#D55E00", "#009E73", "#CC79A7"]),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "figure.constrained_layout.use": True,
        "font.size": 11,
        "legend.frameon": False,
        "lines.linewidth": 2,
    }
)
fig, (upper, lower) = plt.subplots(2, 1, figsize=(8, 6), sharex=True, height_ratios=(1.5, 1))
for ax in (upper, lower):
    ax.axvline(10 * n_rows, color="0.5", ls="--", lw=1.2)
upper.loglog(parameters, results[:, :, 1], ".", color="#D55E00", alpha=0.35)
upper.plot(
    parameters, test, "o-", color="#D55E00", ms=5, label="test (mean of 4 draws; dots: each)"
)
upper.text(10 * n_rows * 0.95, upper.get_ylim()[0], "as many parameters\nas numbers to fit  ",
           ha="right", va="bottom", fontsize=9.5)  # fmt: skip
upper.set(
    ylabel="test error\n(mean squared)", title="Past interpolation the test error falls again"
)
lower.loglog(parameters, training, "s-", color="#0072B2", ms=4)
lower.set(xlabel="parameters", ylabel="training error\n(mean squared)")
upper.legend()
plt.show()

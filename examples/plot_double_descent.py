"""
Double descent
==============

The textbook's curve of the test error against the size of a model is a U: too few parameters
underfit, too many overfit. Beyond the size at which the training data can be fitted exactly, there
is a second descent.

What to see: the test error rises to a peak near as many parameters as there are numbers to fit
(dashed line), where the training error gets to zero, and falls again to the right of it, below the
best network on the left. No network has a penalty or is stopped early.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNRegressor

# Near interpolation the way down is long, and goes on after the 800 iterations that all get.
warnings.simplefilter("ignore", ConvergenceWarning)

# %%
# The squared error on 100 digits with ten targets each, 0 or 1 by class: 1,000 numbers to fit.
# One training label in six is wrong, which is what the peak feeds on. One hidden layer, growing;
# five draws of the training data.

X, digits = load_digits(return_X_y=True)
X = X / 16 - 0.3
n_rows, seeds = 100, range(5)
widths = [1, 2, 4, 6, 8, 10, 12, 14, 17, 22, 35, 70, 180]


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
        max_iter=800,
        random_state=seed,
    ).fit(X[train], target)
    predicted = model.predict(X[test])
    return (
        np.mean((model.predict(X[train]) - target) ** 2),
        np.mean((predicted - truth) ** 2),
        np.mean(predicted.argmax(axis=1) != digits[test]),
    )


results = np.array([[errors(width, seed) for seed in seeds] for width in widths])
training, test, missed = np.median(results, axis=1).T
parameters = np.array([(64 + 1) * width + (width + 1) * 10 for width in widths])
print("units  parameters  training error  test error  misclassified (medians)")
for row in zip(widths, parameters, training, test, missed, strict=True):
    print("{:5d} {:11d} {:15.6f} {:11.4f} {:14.1%}".format(*row))

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
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2))
for ax in (left, right):
    ax.axvline(10 * n_rows, color="0.5", ls="--", lw=1.2, zorder=0)
low, high = np.quantile(results, [0.25, 0.75], axis=1)[..., 1]
left.fill_between(parameters, low, high, color="#D55E00", alpha=0.2, lw=0)
left.loglog(parameters, test, "o-", color="#D55E00", ms=5, label="test (median and quartiles)")
left.loglog(parameters, training, "s-", color="#0072B2", ms=4, label="training (median)")
left.set(
    xlabel="parameters",
    ylabel="mean squared error",
    ylim=(1e-5, 30),
    title="Past the peak the test error falls again",
)
left.legend(fontsize=9, loc="upper right")
left.text(
    10 * n_rows * 0.9, 1.5e-5, "numbers to fit", ha="right", va="bottom", rotation=90, fontsize=9
)
low, high = 100 * np.quantile(results, [0.25, 0.75], axis=1)[..., 2]
right.fill_between(parameters, low, high, color="#D55E00", alpha=0.2, lw=0)
right.semilogx(parameters, 100 * missed, "o-", color="#D55E00", ms=5)
right.set(
    xlabel="parameters",
    ylabel="misclassified test digits, %",
    ylim=(0, 100),
    title="So does the share of wrong digits",
)
plt.show()

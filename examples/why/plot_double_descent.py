"""
Double descent
==============

The textbook's curve of the test error against the size of a model is a U: too few parameters
underfit, too many overfit. Beyond the size at which the training data can be fitted exactly, there
is a second descent.

What to see: the test error falls, rises to a peak near as many parameters as there are training
rows (dashed line), just where the training error reaches zero, and falls again far beyond, to
little more than a third of the peak. No network has a penalty or is stopped early.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNRegressor

# Near interpolation the way down is long, and goes on after the 1,500 iterations that all get.
warnings.simplefilter("ignore", ConvergenceWarning)

# %%
# 150 rows of 10 features; the target is a fixed network of 10 tanh units plus noise of a fifth of
# its standard deviation. Test rows have no noise. Eight draws of rows, noise and start.

n_rows, n_features, n_draws = 150, 10, 8
teacher = np.random.default_rng(7)
A = 2 * teacher.standard_normal((n_features, 10)) / np.sqrt(n_features)
v = teacher.standard_normal(10)
b = teacher.standard_normal(10)


def draw(seed):
    """Return training rows with noise and test rows without."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_rows + 1000, n_features))
    y = np.tanh(X @ A + b) @ v
    y = (y - y.mean()) / y.std()
    y[:n_rows] += 0.2 * rng.standard_normal(n_rows)
    return X[:n_rows], y[:n_rows], X[n_rows:], y[n_rows:]


def errors(width, seed):
    """Return the mean squared error on training and on test rows."""
    X, y, X_test, y_test = draw(seed)
    model = FNNRegressor(
        (width,), "tanh", solver="lbfgs", alpha=0, tol=1e-5, max_iter=1500, random_state=seed
    ).fit(X, y)
    return np.mean((model.predict(X) - y) ** 2), np.mean((model.predict(X_test) - y_test) ** 2)


widths = np.array([1, 2, 3, 5, 7, 9, 11, 12, 13, 15, 18, 25, 40, 100, 300])
results = np.array([[errors(width, seed) for seed in range(n_draws)] for width in widths])
parameters = (n_features + 2) * widths + 1
training, test = np.median(results, axis=1).T
print("units  parameters  training error  test error  (medians)")
for row in zip(widths, parameters, training, test, strict=True):
    print("{:5d} {:11d} {:15.7f} {:11.3f}".format(*row))
peak = test.argmax()
print(
    f"peak at {parameters[peak]} parameters; {test[-1] / test[peak]:.2f} of it at {parameters[-1]}"
)

# %%

fig, (upper, lower) = plt.subplots(
    2, 1, figsize=(8, 5.6), sharex=True, height_ratios=(1.8, 1), layout="constrained"
)
for ax in (upper, lower):
    ax.axvline(n_rows, color="0.5", ls="--", lw=1.5, zorder=0)
low, high = np.quantile(results, [0.25, 0.75], axis=1)[..., 1]
upper.fill_between(parameters, low, high, color="#D55E00", alpha=0.25, lw=0)
upper.plot(parameters, test, "o-", color="#D55E00", ms=5, label="test: median and quartiles")
upper.set(ylabel="test error (mean squared)", ylim=(0, None))
upper.set_title("Past interpolation the test error falls again")
upper.text(n_rows * 0.93, 0.01, "as many parameters\nas training rows", ha="right", va="bottom")
upper.legend()
lower.semilogy(parameters, training, "s-", color="#0072B2", ms=4, label="training: median")
lower.set(
    xlabel="parameters", ylabel="training error", xscale="log", yticks=[1e-1, 1e-3, 1e-5, 1e-7]
)
lower.set_xticks([10, 100, 1000], ["10", "100", "1,000"])
lower.legend()
plt.show()

"""
A smooth function and few points
================================

200 points of a function of two inputs, without noise: a simulation, a calibration. The same network
is trained by Levenberg-Marquardt, by L-BFGS and by Adam, and beside it stands a Gaussian process.

What to see: the error on new points, on a logarithmic axis, and the seconds that each took.
First-order steps stop after two or three digits; damped Gauss-Newton steps go on for several more.
"""

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF

from skfnn import FNNRegressor

warnings.simplefilter("ignore", ConvergenceWarning)  # without noise there is always more to gain

# %%


def f(X):
    """Return the function to learn."""
    return np.sin(3 * X[:, 0]) * np.cos(2 * X[:, 1]) + X[:, 0] * X[:, 1]


rng = np.random.default_rng(0)
X, X_new = rng.uniform(-1, 1, (200, 2)), rng.uniform(-1, 1, (5000, 2))
settings = {"hidden_layer_sizes": (20,), "activation": "tanh", "alpha": 0, "random_state": 0}
models = {
    "Adam": FNNRegressor(learning_rate_init=0.01, max_iter=3000, tol=0, **settings),
    "L-BFGS": FNNRegressor(solver="lbfgs", tol=1e-9, max_iter=3000, **settings),
    "Gaussian process": GaussianProcessRegressor(RBF([1.0, 1.0]), normalize_y=True),
    "Levenberg-Marquardt": FNNRegressor(solver="lm", max_iter=1000, **settings),
}
errors, seconds = {}, {}
for name, model in models.items():
    started = time.perf_counter()
    model.fit(X, f(X))
    seconds[name] = time.perf_counter() - started
    errors[name] = model.predict(X_new) - f(X_new)
    print(f"{name:20s} {np.sqrt(np.mean(errors[name] ** 2)):.1e}  in {seconds[name]:.1f} s")

# %%

fig, axes = plt.subplots(1, 2, figsize=(10, 4.2), width_ratios=(1, 1.2), layout="constrained")
left, right = axes
shown = left.scatter(*X_new[::2].T, c=f(X_new[::2]), s=9, cmap="viridis")
left.plot(*X.T, "o", mfc="none", mec="k", ms=5)
left.set(xlabel="$x_1$", ylabel="$x_2$", title="200 points of a smooth function")
fig.colorbar(shown, ax=left, label="$f(x_1, x_2)$")
for place, error in enumerate(errors.values()):
    right.boxplot(np.abs(error) + 1e-16, positions=[place], orientation="horizontal", widths=0.6,
                  showfliers=False, whis=(5, 95), medianprops={"color": "#D55E00"})  # fmt: skip
right.set(
    xscale="log",
    xlabel="absolute error on new points (5 to 95 %)",
    yticks=range(len(errors)),
    yticklabels=[f"{name}, {seconds[name]:.1f} s" for name in errors],
    title="How far each got",
)
plt.show()

"""
Huber's loss against the squared error, with outliers
=====================================================

The squared error lets a row pull the harder, the farther off it is. Huber's loss is squared for
small residuals and linear beyond ``delta``: an outlier pulls no harder than a row at ``delta``.

What to see: with one row in eight far off, the network trained on the squared error (orange) bends
towards the outliers; the same network with Huber's loss (blue) follows the true curve.
"""

import matplotlib.pyplot as plt
import numpy as np

from skfnn import FNNRegressor
from skfnn.losses import Huber, SquaredError

# %%
# A sine with little noise, and one row in eight lifted by 2 to 5: outliers all on one side.

rng = np.random.default_rng(3)
x = np.sort(rng.uniform(-3, 3, 200))
truth = np.sin(1.5 * x)
y = truth + 0.15 * rng.standard_normal(len(x))
outlier = rng.random(len(x)) < 1 / 8
y[outlier] += rng.uniform(2, 5, outlier.sum())

losses = {"Huber's loss, delta = 0.3": Huber(delta=0.3), "squared error": SquaredError()}
predictions = {}
for name, loss in losses.items():
    model = FNNRegressor(
        (20,), "tanh", loss=loss, solver="lbfgs", alpha=0.1, max_iter=2000, random_state=0
    )
    predictions[name] = model.fit(x[:, None], y).predict(x[:, None])
    error = np.sqrt(np.mean((predictions[name] - truth) ** 2))
    print(f"{name:26} root mean squared distance from the true curve: {error:.3f}")

# %%

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 4.2), width_ratios=(1, 1.9), layout="constrained"
)

residual = np.linspace(-4, 4, 401)
for name, loss in losses.items():
    value = loss.value(np.zeros((len(residual), 1)), residual[:, None])
    left.plot(residual, value, label=name.split(",")[0])
left.set(xlabel="residual", ylabel="loss", xlim=(-4, 4), ylim=(0, 4), title="Linear beyond delta")
left.legend(fontsize=9, loc="upper center")

right.plot(x, truth, "k--", lw=1.5, label="true curve")
right.plot(x[~outlier], y[~outlier], "o", color="0.65", ms=3.5)
right.plot(x[outlier], y[outlier], "x", color="0.35", ms=6, mew=1.5, label="outliers")
for name, prediction in predictions.items():
    right.plot(x, prediction, label=name)
right.set(
    xlabel="$x$",
    ylabel="$y$",
    xlim=(-3, 3),
    ylim=(-2, 7.2),
    title="Outliers bend the fit by squared error",
)
right.legend(fontsize=9, ncols=2, loc="upper left")
plt.show()

"""
Learning-rate schedules
=======================

A large learning rate moves fast and then circles around the minimum, driven by the noise of the
minibatches. A schedule lowers the rate as training goes on.

What to see: at the constant rate the loss falls and then goes up and down; with ``"cosine"`` and
``"one_cycle"``, which end at a rate of (nearly) zero, it comes to rest lowest.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNRegressor
from skfnn.schedules import InvScaling

warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant

# %%
# A noisy curve, small batches and momentum: steps are noisy as well. The test rows have no noise,
# so their error is the distance from the true curve.

rng = np.random.default_rng(0)
X, X_test = rng.uniform(-3, 3, (2000, 2)), rng.uniform(-3, 3, (2000, 2))


def curve(X):
    """Return the true values."""
    return np.sin(2 * X[:, 0]) * np.cos(X[:, 1])


y, y_test = curve(X) + 0.3 * rng.standard_normal(len(X)), curve(X_test)
epochs, seeds = 60, range(3)
schedules = {
    "constant": "constant",
    "invscaling": InvScaling(power_t=0.15),
    "adaptive": "adaptive",
    "cosine": "cosine",
    "one_cycle": "one_cycle",
}
histories = {
    name: [
        FNNRegressor(
            (50,),
            "tanh",
            solver="adam",
            learning_rate=schedule,
            learning_rate_init=0.03,
            batch_size=20,
            max_iter=epochs,
            # "adaptive" lowers the rate after 5 epochs without progress; the others never stop.
            n_iter_no_change=5 if name == "adaptive" else epochs,
            tol=1e-3,
            metrics=["mse"],
            random_state=seed,
        )
        .fit(X, y, X_val=X_test, y_val=y_test)
        .history_
        for seed in seeds
    ]
    for name, schedule in schedules.items()
}
for name, runs in histories.items():
    last = np.mean([run["val_mse"].iloc[-1] for run in runs])
    print(f"{name:10} mean squared distance from the true curve at the end: {last:.4f}")

# %%

colors = ["#000000", "#CC79A7", "#E69F00", "#0072B2", "#009E73"]
styles = ["-", "--", "-.", "-", "--"]
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), sharex=True, layout="constrained")
for (name, runs), color, style in zip(histories.items(), colors, styles, strict=True):
    look = {"color": color, "ls": style, "label": name}
    left.plot(runs[0].index, runs[0]["learning_rate"], **look)
    ended = pd.concat([run["val_mse"] for run in runs], axis=1).ffill()  # "adaptive" may stop
    right.semilogy(ended.mean(axis=1), **look)
left.set(xlabel="epoch", ylabel="learning rate", xlim=(0, epochs), title="The rate over time")
right.set(
    xlabel="epoch",
    ylabel="mean squared error on noise-free test rows",
    title="Falling to zero ends lowest",
)
right.legend(fontsize=9)
plt.show()

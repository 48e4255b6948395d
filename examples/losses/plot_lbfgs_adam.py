"""
L-BFGS for few rows, Adam for many
==================================

L-BFGS takes one step for each pass over the data; Adam takes one for each minibatch, so that its
passes get the more productive, the more rows there are.

What to see: on the left, with 200 rows L-BFGS (blue) needs fewer passes; with 20,000 Adam
(orange) does. On the right, passes until the squared error is 2 % of the variance: the
lines cross between 1,000 and 2,000 rows.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_friedman1
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNRegressor

warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of passes is meant

# %%
# One hidden layer of 50 units, one task, from 100 to 20,000 training rows. A step of L-BFGS counts
# as one pass; its line search seldom needs a second one.

X, y = make_friedman1(20_000, n_features=8, noise=0.0, random_state=0)
y = (y - y.mean()) / y.std()
goal = 0.01  # half a squared error of 2 % of the variance
sizes = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]


def loss_curve(solver, n_rows, n_passes):
    """Return the training loss after each pass."""
    adam = {} if solver == "lbfgs" else {"learning_rate_init": 0.005, "batch_size": 50}
    model = FNNRegressor(
        (50,),
        "tanh",
        solver=solver,
        alpha=0,
        max_iter=n_passes,
        n_iter_no_change=n_passes,
        tol=1e-9,
        random_state=0,
        **adam,
    )
    return np.array(model.fit(X[:n_rows] - 0.5, y[:n_rows]).loss_curve_)


curves = {}
for n_rows in sizes:
    for solver in ("lbfgs", "adam"):
        n_passes = int(np.clip(1.5e6 / n_rows, 60, 600))
        curves[solver, n_rows] = loss_curve(solver, n_rows, n_passes)
needed = {
    solver: [int(np.argmax(curves[solver, n] <= goal)) + 1 for n in sizes]
    for solver in ("lbfgs", "adam")
}
for n_rows, by_lbfgs, by_adam in zip(sizes, *needed.values(), strict=True):
    print(f"{n_rows:6,} rows: L-BFGS {by_lbfgs:4} passes, Adam {by_adam:4}")
assert all(curve.min() <= goal for curve in curves.values())

# %%

colors = {"lbfgs": "#0072B2", "adam": "#D55E00"}
names = {"lbfgs": "L-BFGS", "adam": "Adam"}
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
for n_rows, style in ((200, "--"), (20_000, "-")):
    for solver, color in colors.items():
        curve = curves[solver, n_rows]
        left.loglog(np.arange(1, len(curve) + 1), curve, style, color=color,
                    label=f"{names[solver]}, {n_rows:,} rows")  # fmt: skip
left.axhline(goal, color="0.6", lw=1)
left.set(
    xlabel="passes over the data",
    ylabel="training loss",
    title="Few rows: L-BFGS is ahead, many: Adam",
)
left.legend(fontsize=9)

for solver, color in colors.items():
    right.loglog(sizes, needed[solver], "o-", color=color, label=names[solver])
right.set(
    xlabel="training rows",
    ylabel=f"passes to a training loss of {goal}",
    title="They cross",
)
right.set_xticks([100, 1000, 10_000], ["100", "1,000", "10,000"])
right.set_yticks([10, 100], ["10", "100"])
right.legend()
plt.show()

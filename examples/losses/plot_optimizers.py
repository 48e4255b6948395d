"""
Six optimizers on one loss surface, and on a real task
======================================================

All of them know no more than the gradient; they differ in what they remember of earlier ones.

What to see: on the left the start lies on a plateau. Momentum takes ``"sgd"``, ``"adam"`` and
``"adamw"`` past the minimum before they turn back; ``"adagrad"``, ``"rmsprop"`` and ``"nadam"`` go
nearly straight. On the right, on handwritten digits, once each has a learning rate that suits it,
most are close to each other; ``"adagrad"``, whose steps only ever get shorter, is the slowest.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNClassifier
from skfnn.losses import SigmoidSquaredError
from skfnn.optimizers import Optimizer

warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant

# %%
# The surface: one sigmoid unit with one weight and one bias, the squared error, 60 rows. Each
# optimizer takes 100 steps on all rows from the same point. Rates mean different things to them:
# plain gradients are small on a plateau, normalised ones are not.

rng = np.random.default_rng(0)
x = np.sort(rng.normal(1.0, 1.5, 60))
labels = (x + rng.normal(0, 0.8, 60) > 1).astype(int)
start, n_steps = (-3.0, -3.0), 100


def surface(w, b):
    """Return the mean loss over the rows for arrays of weights and biases."""
    scores = (w[..., None] * x + b[..., None]).reshape(-1, 1)
    targets = np.tile(labels.astype(float), w.size)[:, None]
    return SigmoidSquaredError().value(targets, scores).reshape(*w.shape, len(x)).mean(axis=-1)


def path(name, rate):
    """Return the (weight, bias) after each step."""
    unit = FNNClassifier.from_weights(
        [[[start[0]]]],
        [[start[1]]],
        loss="squared_error",
        solver=name,
        learning_rate_init=rate,
        alpha=0,
        batch_size=len(x),
        dtype="float64",
    )
    points = [start]
    for _ in range(n_steps):
        unit.partial_fit(x[:, None], labels)
        points.append((unit.coefs_[0].item(), unit.intercepts_[0].item()))
    return np.array(points)


names = [member.name for member in Optimizer.members()]
rates = {"sgd": 2.0, "adagrad": 0.8}  # and 0.2 for the others
paths = {name: path(name, rates.get(name, 0.2)) for name in names}
for name, points in paths.items():
    print(
        f"surface  {name:8} after 20, 50, 100 steps: "
        f"loss {surface(*points.T)[[20, 50, 100]].round(4)}"
    )

# %%
# The task: ten digits, one hidden layer of 50 units, the same three starts for all, again each at
# the best of its rates (by the mean loss of the last epoch).

X, y = load_digits(return_X_y=True)
X = X / 16
epochs = 15


def learning_curve(name, rate):
    """Return the training loss after each epoch, mean of three starts."""
    runs = [
        FNNClassifier(
            (50,),
            solver=name,
            learning_rate_init=rate,
            batch_size=50,
            max_iter=epochs,
            n_iter_no_change=epochs,
            random_state=seed,
        )
        .fit(X, y)
        .loss_curve_
        for seed in range(3)
    ]
    return np.mean(runs, axis=0)


curves = {}
for name in names:
    runs = {rate: learning_curve(name, rate) for rate in (0.003, 0.01, 0.03, 0.1)}
    best = min(runs, key=lambda rate: runs[rate][-1])
    curves[name] = runs[best]
    print(f"digits   {name:8} rate {best:<6} loss at the end {runs[best][-1]:.4f}")

# %%

colors = dict(
    zip(names, ["#000000", "#E69F00", "#56B4E9", "#D55E00", "#0072B2", "#009E73"], strict=True)
)
styles = dict(zip(names, ["-", "--", "-.", "-", "--", "-."], strict=True))
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")

w, b = np.meshgrid(np.linspace(-5, 5, 150), np.linspace(-7, 3, 150))
filled = left.contourf(w, b, surface(w, b), 14, cmap="Greys", alpha=0.6)
fig.colorbar(filled, ax=left, label="mean squared error / 2", shrink=0.85)
for name, points in paths.items():
    left.plot(*points.T, color=colors[name], ls=styles[name], lw=1.8)
    left.plot(*points[-1], "o", color=colors[name], ms=6, mec="white", zorder=3)
left.plot(*start, "s", color="black", ms=7)
left.annotate("start", start, (-4.6, -3.9), fontsize=10)
left.set(
    xlabel="weight",
    ylabel="bias",
    xlim=(-5, 5),
    ylim=(-7, 3),
    title="From a plateau: some overshoot",
)

for name, curve in curves.items():
    right.semilogy(np.arange(1, epochs + 1), curve, color=colors[name], ls=styles[name], label=name)
right.set(
    xlabel="epoch",
    ylabel="training loss (cross-entropy)",
    xticks=[1, 5, 10, 15],
    title="Digits: most are close to each other",
)
right.legend(fontsize=9)
plt.show()

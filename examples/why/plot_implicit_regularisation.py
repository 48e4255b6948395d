"""
Implicit regularisation
=======================

With more parameters than rows, endlessly many settings fit the data without error. Which of them
training finds is decided by where it starts and how it moves: that is a regularisation too, though
no penalty was written down.

What to see: on the left, a linear unit with 100 weights and 30 rows. Gradient descent from zero
goes to the interpolating solution of smallest norm, which the pseudo-inverse gives; from larger
starts it goes to others of larger norm. On the right, the same network of 300 tanh units fits the
same nine points from small and from large starts: only the small ones draw a smooth curve.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNRegressor
from skfnn.initializers import Scaled

warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of steps is meant

# %%
# The linear unit, with no bias to speak of (its data are centred), by plain gradient descent from
# weights of different sizes.

rng = np.random.default_rng(0)
X = rng.standard_normal((30, 100))
X -= X.mean(axis=0)
y = X @ rng.standard_normal(100) / 10
y -= y.mean()
smallest = np.linalg.pinv(X) @ y

start = rng.standard_normal((100, 1)) / 10
norms = {}
for scale in (0, 1, 2):
    unit = FNNRegressor.from_weights(
        [scale * start],
        [np.zeros(1)],
        solver="sgd",
        momentum=0,
        learning_rate_init=0.1,
        alpha=0,
        batch_size=len(X),
        dtype="float64",
    )
    norms[scale] = [np.linalg.norm(scale * start)]
    for _ in range(400):
        unit.partial_fit(X, y)
        norms[scale].append(np.linalg.norm(unit.coefs_[0]))
    distance = np.linalg.norm(unit.coefs_[0][:, 0] - smallest)
    print(
        f"start x {scale}: training error {np.abs(unit.predict(X) - y).max():.0e}, "
        f"distance from the solution of smallest norm {distance:.1e}"
    )

# %%
# The network. ``Scaled`` multiplies the weights and biases of the start.

x = np.array([-1.0, -0.75, -0.6, -0.3, 0.0, 0.2, 0.45, 0.7, 1.0])
target = np.array([0.2, 0.9, 0.6, -0.5, -0.9, -0.3, 0.6, 0.7, 0.0])
grid = np.linspace(-1.05, 1.05, 400)
curves = {}
for scale in (1.0, 60.0):
    curves[scale] = []
    for seed in range(4):
        network = FNNRegressor(
            (300,),
            "tanh",
            initializer=Scaled("glorot_uniform", factor=scale),
            solver="lbfgs",
            alpha=0,
            tol=1e-7,
            max_iter=3000,
            random_state=seed,
        ).fit(x[:, None], target)
        curves[scale].append(network.predict(grid[:, None]))
        print(f"network, start x {scale}: training error "
              f"{np.abs(network.predict(x[:, None]) - target).max():.0e}")  # fmt: skip
bend = {scale: np.mean(np.diff(runs, 2, axis=1) ** 2) for scale, runs in curves.items()}
print(f"mean squared curvature, large over small start: {bend[60.0] / bend[1.0]:.0f}")

# %%

colors = ["#0072B2", "#E69F00", "#D55E00"]
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
for (scale, norm), color in zip(norms.items(), colors, strict=True):
    left.plot(norm, color=color, label="from zero" if not scale else f"from a start x {scale}")
left.axhline(
    np.linalg.norm(smallest), color="black", ls="--", lw=1.5, label="smallest norm (pseudo-inverse)"
)
left.set(
    xlim=(-1, 60),
    xlabel="step of gradient descent",
    ylabel="norm of the weights",
    title="The start decides which solution",
)
left.legend(fontsize=9)
for runs, color, name in zip(
    curves.values(), ("#0072B2", "#D55E00"), ("small", "large"), strict=True
):
    right.plot(grid, np.transpose(runs), color=color, lw=1.2, alpha=0.8)
    right.plot([], [], color=color, label=f"{name} start")
right.plot(x, target, "o", color="black", ms=7, zorder=3, label="training rows")
right.set(xlabel="$x$", ylabel="$y$", ylim=(-3, 3), title="All of these have zero training error")
right.legend(fontsize=9, frameon=True, framealpha=0.9, loc="lower left")
plt.show()

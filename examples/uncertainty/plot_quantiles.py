"""
Quantile bands
==============

The mean says nothing about how far rows lie from it. One network that is trained on the pinball
losses of several quantiles draws a band without an assumption on the noise, and its curves cannot
cross.

What to see: on the left, the bands widen where the noise does, and lean to the side where the noise
is skewed. On the right, the check that matters: about the right share of fresh rows lies below each
curve in every region of :math:`x`, not only on average.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNRegressor
from skfnn.losses import Quantiles

warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant

# %%
# Noise that grows with ``x`` and is skewed upwards. The input is brought to [-1, 1]: left as it is,
# the network stays underfitted after the same number of epochs. Its curves then have the right
# share of rows below them on average, and up to a fifth too many or too few in single regions.


def draw(n, seed):
    """Return rows of the noisy curve."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 10, n)
    return x[:, None], np.sin(x) + (0.05 + 0.12 * x) * (rng.gamma(2.0, size=n) - 1.5)


def scaled(X):
    """Return the input in [-1, 1]."""
    return X / 5 - 1


X, y = draw(8000, seed=0)
X_fresh, y_fresh = draw(40_000, seed=1)
region = X_fresh[:, 0].astype(int)
grid = np.linspace(0, 10, 400)[:, None]
quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]
model = FNNRegressor(
    (30, 30),
    "tanh",
    loss=Quantiles(quantiles),
    alpha=0.01,
    learning_rate="cosine",
    learning_rate_init=0.02,
    batch_size=200,
    max_iter=120,
    n_iter_no_change=120,
    random_state=0,
).fit(scaled(X), y)
curves = dict(zip(quantiles, model.predict_quantiles(scaled(grid), quantiles).T, strict=True))
fresh = model.predict_quantiles(scaled(X_fresh), quantiles).T
shares = {}
for quantile, curve in zip(quantiles, fresh, strict=True):
    below = y_fresh <= curve
    shares[quantile] = np.array([below[region == r].mean() for r in range(10)])

# %%
# Per cent of fresh rows below each curve, by region. 800 training rows in a region determine such a
# share to two or three points.

print("x =      |", *(f"{f'{r}-{r + 1}':>5}" for r in range(10)), "|   all")
for quantile, share in shares.items():
    print(f"{quantile:8} |", *(f"{100 * s:5.1f}" for s in share), f"| {100 * share.mean():5.1f}")
worst = max(abs(share - quantile).max() for quantile, share in shares.items())
print(f"largest deviation in a region: {100 * worst:.1f} points")
assert worst < 0.05

# %%

fig, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4.6), width_ratios=(1.5, 1), layout="constrained"
)
g = grid[:, 0]
left.plot(X[::4, 0], y[::4], ".", color="0.55", ms=3, zorder=0, label="a quarter of the rows")
left.fill_between(g, curves[0.05], curves[0.95], color="#56B4E9", alpha=0.35, lw=0,
                  label="5 to 95 %")  # fmt: skip
left.fill_between(g, curves[0.25], curves[0.75], color="#0072B2", alpha=0.45, lw=0,
                  label="25 to 75 %")  # fmt: skip
left.plot(g, curves[0.5], color="#D55E00", label="median")
left.set(
    xlabel="$x$",
    ylabel="$y$",
    xlim=(0, 10),
    ylim=(-3.5, 7),
    title="One network, five quantiles",
)
left.legend(loc="upper left", ncols=2)
for (quantile, share), color in zip(
    shares.items(), ("#56B4E9", "#0072B2", "#D55E00", "#0072B2", "#56B4E9"), strict=True
):
    right.axhline(100 * quantile, color="0.6", ls="--", lw=1)
    right.plot(np.arange(10) + 0.5, 100 * share, "o-", color=color, ms=5)
right.set(
    xlabel="region of $x$",
    ylabel="fresh rows below the curve, %",
    xlim=(0, 10),
    ylim=(0, 100),
    yticks=[100 * quantile for quantile in quantiles],
    title="The right share in every region",
)
plt.show()

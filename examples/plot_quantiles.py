"""
Quantile bands
==============

The mean says nothing of how far rows lie from it. One network for each quantile, trained on the
pinball loss, draws a band, with no assumption on the noise.

What to see: the bands widen where the noise does, and lean to the side where the noise is skewed;
about as many fresh rows lie below each curve as its quantile says.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNRegressor
from skfnn.losses import Quantile

warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant

# %%
# Noise that grows with ``x`` and is skewed upwards.


def draw(n, seed):
    """Return rows of the noisy curve."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 10, n)
    return x[:, None], np.sin(x) + (0.05 + 0.12 * x) * (rng.gamma(2.0, size=n) - 1.5)


X, y = draw(2000, seed=0)
X_fresh, y_fresh = draw(20_000, seed=1)
grid = np.linspace(0, 10, 400)[:, None]
quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]
curves = {}
for quantile in quantiles:
    model = FNNRegressor(
        (40,),
        "tanh",
        loss=Quantile(quantile=quantile),
        learning_rate="cosine",
        learning_rate_init=0.02,
        batch_size=100,
        max_iter=150,
        n_iter_no_change=150,
        random_state=0,
    ).fit(X, y)
    curves[quantile] = model.predict(grid)
    below = np.mean(y_fresh <= model.predict(X_fresh))
    print(f"quantile {quantile:.2f}: {100 * below:4.1f} % of 20,000 fresh rows lie below")

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
fig, ax = plt.subplots(figsize=(8.5, 4.8))
g = grid[:, 0]
ax.plot(X[:, 0], y, ".", color="0.55", ms=3, zorder=0, label="training rows")
ax.fill_between(g, curves[0.05], curves[0.95], color="#56B4E9", alpha=0.35, lw=0,
                label="5 to 95 %")  # fmt: skip
ax.fill_between(g, curves[0.25], curves[0.75], color="#0072B2", alpha=0.45, lw=0,
                label="25 to 75 %")  # fmt: skip
ax.plot(g, curves[0.5], color="#D55E00", label="median")
ax.set(
    xlabel="$x$",
    ylabel="$y$",
    xlim=(0, 10),
    ylim=(-3.5, 7),
    title="Five networks, five quantiles: the band follows the noise",
)
ax.legend(loc="upper left", ncols=2)
plt.show()

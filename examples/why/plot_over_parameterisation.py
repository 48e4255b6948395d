"""
Over-parameterisation makes training easy
=========================================

Data that a network with eight hidden units made can be fitted without error by eight hidden units.
Whether training finds that fit from a random start is another question.

What to see: networks as narrow as the one that made the data get stuck before zero loss, from
every one of twenty starts; with twice as many units, zero is reached from all of them.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNRegressor

# A start that is still short of zero after 2,000 iterations counts as not having reached it.
warnings.simplefilter("ignore", ConvergenceWarning)

# %%
# The teacher: 5 inputs, 8 ReLU units, one linear output, no noise.

rng = np.random.default_rng(0)
X = rng.standard_normal((300, 5))
hidden = np.maximum(X @ rng.standard_normal((5, 8)) / np.sqrt(5) + 0.5 * rng.standard_normal(8), 0)
y = hidden @ np.array([1.0, -1.0] * 4)
y = (y - y.mean()) / y.std()

widths, starts = [4, 6, 8, 10, 12, 14, 16, 24], 20
losses = np.array(
    [
        [
            FNNRegressor(
                (width,),
                "relu",
                solver="lbfgs",
                alpha=0,
                tol=1e-5,
                max_iter=2000,
                random_state=start,
            )
            .fit(X, y)
            .loss_
            for start in range(starts)
        ]
        for width in widths
    ]
)
zero = 1e-5  # of a variance of 1
reached = (losses < zero).mean(axis=1)
for width, share in zip(widths, reached, strict=True):
    print(f"{width:3} hidden units: zero training loss from {100 * share:3.0f} % of the starts")

# %%

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
places = np.arange(len(widths))
rng = np.random.default_rng(0)
for place, row in zip(places, losses, strict=True):
    at = place + rng.uniform(-0.25, 0.25, starts)
    good = row < zero
    left.plot(at[good], row[good], "o", color="#0072B2", ms=4, alpha=0.8)
    left.plot(at[~good], row[~good], "^", color="#D55E00", ms=4, alpha=0.8)
left.plot([], [], "^", color="#D55E00", label="stuck above zero")
left.plot([], [], "o", color="#0072B2", label="zero")
left.axhline(zero, color="0.6", lw=1, ls="--")
left.axvline(2, color="0.85", lw=12, zorder=0)
left.set_yscale("log")
left.set(
    xlabel="hidden units",
    ylabel="training loss at the end",
    xticks=places,
    xticklabels=widths,
    title="Where 20 random starts end",
)
left.legend(loc="lower left")

bars = right.bar(places, 100 * reached, color="#0072B2", width=0.7)
right.bar_label(bars, fmt="%.0f %%", fontsize=9, padding=2)
right.axvline(2, color="0.85", lw=12, zorder=0)
right.text(2, 106, "teacher's\nwidth", ha="center", va="top", fontsize=9)
right.set(
    xlabel="hidden units",
    ylabel="starts that reach zero, %",
    xticks=places,
    xticklabels=widths,
    ylim=(0, 108),
    title="Spare units open the way",
)
plt.show()

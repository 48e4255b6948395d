"""
Intervals that widen where they should
======================================

Most intervals around a prediction are equally wide everywhere: too wide where targets are quiet,
too narrow where they are not. A table's errors on held-out rows also tell where they are large.

What to see: on the left, both bands hold nine of ten points, and only one of them follows the
noise. On the right, the share of fresh rows inside, for each kind of place. Equal widths hold it on
average alone; widths that follow x come nearer, as far as the table tells where noise is; groups
that were named in ``fit`` get it.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skfnn import TabularFNNRegressor

# %%
# Noise that grows with ``x``, and is larger in some kinds of places. The table does not say which
# kind a row is of; only its height tells a part of it.


def draw(n, seed):
    """Return a table, its targets and the kind of place of each row."""
    rng = np.random.default_rng(seed)
    x, kind = (
        rng.uniform(0, 3, n),
        rng.choice(["valley", "slope", "summit"], n, p=[0.6, 0.25, 0.15]),
    )
    level = pd.Series(kind).map({"valley": 0, "slope": 1, "summit": 2}).to_numpy()
    noise = 0.08 * np.exp(0.6 * x + 0.4 * level)
    table = pd.DataFrame({"x": x, "height": level + 0.5 * rng.normal(size=n)})
    return table, np.sin(2 * x) + noise * rng.normal(size=n), kind


table, y, kind = draw(1500, 0)
new, y_new, kind_new = draw(4000, 1)
settings = {"n_members": 5, "max_iter": 20, "random_state": 0}
equal = TabularFNNRegressor(interval_width="equal", **settings).fit(table, y)
follows = TabularFNNRegressor(**settings).fit(table, y)
grouped = TabularFNNRegressor(**settings).fit(table, y, calibration_groups=kind)
intervals = {
    "equal widths": equal.predict_interval(new),
    "widths that follow x": follows.predict_interval(new),
    "calibrated by group": grouped.predict_interval(new, calibration_groups=kind_new),
}
kinds = ["valley", "slope", "summit"]
shares = {}
for name, interval in intervals.items():
    inside = (interval[:, 0] <= y_new) & (y_new <= interval[:, 1])
    shares[name] = [inside[kind_new == k].mean() for k in kinds]
    print(f"{name}: {inside.mean():.3f} of all,", *np.round(shares[name], 3))

# %%

line = pd.DataFrame({"x": np.linspace(0, 3, 200), "height": 0.5})
colors = ["#999999", "#56B4E9", "#009E73"]
fig, (left, right) = plt.subplots(
    1, 2, figsize=(10.5, 4.2), width_ratios=(1.5, 1), layout="constrained"
)
left.plot(table["x"], y, ".", color="0.3", ms=3, alpha=0.5)
low, high = equal.predict_interval(line).T
left.plot(line["x"], low, "--", color="0.4")
left.plot(line["x"], high, "--", color="0.4", label="equal widths")
low, high = follows.predict_interval(line).T
left.fill_between(line["x"], low, high, color="#56B4E9", alpha=0.45, lw=0,
                  label="widths that follow x")  # fmt: skip
left.plot(line["x"], follows.predict(line), color="#D55E00", label="prediction")
left.set(xlabel="$x$", ylabel="$y$", ylim=(-3, 3), title="Intervals of 90 %")
left.legend(loc="upper left")
places = np.arange(3)
for i, (name, share) in enumerate(shares.items()):
    right.bar(places + 0.27 * (i - 1), share, 0.25, color=colors[i], label=name)
right.axhline(0.9, color="0.2", lw=1)
right.set(xticks=places, xticklabels=kinds, ylim=(0.5, 1), ylabel="share inside",
          title="Fresh rows inside, by kind of place")  # fmt: skip
right.legend(loc="lower left", framealpha=1)
plt.show()

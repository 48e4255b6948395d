"""
Cells: a map, and a column of days
==================================

Some columns don't act smoothly: single days differ from those beside them, and streets from the
next ones. After its first network, ``TabularFNNRegressor`` looks at what is left unexplained: by
the exact values of each number, and by the cells of each pair of columns. What tells clearly more
is tried, and kept if held-out rows are predicted better.

What to see: above, the map as it was made, and as it is predicted with the cells of ``east`` and
``north``; below, what each day adds. The table of what was found has a line for both, with the
number of cells, and how many standard errors (z) what they tell is from nothing.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skfnn import TabularFNNRegressor

# %%
# Deliveries: each of 64 quarters and each of 90 days has a delay of its own; the distance adds to
# it smoothly.

rng = np.random.default_rng(0)
n = 6000
quarters, days = rng.normal(0, 5, (8, 8)), rng.normal(0, 4, 90)
east, north = rng.uniform(0, 8, (2, n))
day = rng.integers(0, 90, n)
deliveries = pd.DataFrame(
    {
        "day": pd.Timestamp("2026-03-01") + pd.to_timedelta(day, "D"),
        "east": east,
        "north": north,
        "distance": rng.gamma(4, 2, n),
    }
)
delay = 30 + 6 * np.log(deliveries["distance"]) + quarters[east.astype(int), north.astype(int)]
delay += days[day] + rng.normal(0, 3, n)
model = TabularFNNRegressor(n_members=2, max_iter=30, random_state=0).fit(deliveries, delay)
print(model.schema_[["column", "kind", "levels", "why"]].to_string(index=False))

# %%
# The prediction for a point in the middle of each small square, on one day and at one distance.

middle = np.linspace(0, 8, 81)[:-1] + 0.05
grid = np.stack(np.meshgrid(middle, middle, indexing="ij"), axis=-1).reshape(-1, 2)
usual = deliveries.iloc[:1]
on_map = pd.concat([usual] * len(grid), ignore_index=True)
on_map[["east", "north"]] = grid
predicted = model.predict(on_map).reshape(80, 80)
on_days = pd.concat([usual] * 90, ignore_index=True)
on_days["day"] = pd.Timestamp("2026-03-01") + pd.to_timedelta(np.arange(90), "D")
of_day = model.predict(on_days)

figure, axes = plt.subplot_mosaic(
    [["made", "predicted"], ["days", "days"]], figsize=(8, 7), layout="constrained"
)
for name, image in (("made", quarters), ("predicted", predicted - predicted.mean())):
    shown = axes[name].imshow(image.T, origin="lower", extent=(0, 8, 0, 8), vmin=-12, vmax=12,
                              cmap="RdBu_r")  # fmt: skip
    axes[name].set(title=f"map as {name}", xlabel="east, km", ylabel="north, km")
figure.colorbar(shown, ax=[axes["made"], axes["predicted"]], label="delay, minutes")
axes["days"].bar(np.arange(90), days - days.mean(), color="C7", label="as made")
axes["days"].plot(of_day - of_day.mean(), "C1o", markersize=4, label="predicted")
axes["days"].set(title="days", xlabel="days since 1 March", ylabel="delay, minutes")
axes["days"].legend()
agreement = np.corrcoef(days, of_day)[0, 1]
print(f"correlation of days as made and as predicted: {agreement:.2f}")
assert agreement > 0.8
plt.show()

# %% [markdown]
# # 14. Tables
#
# `TabularFNNClassifier` and `TabularFNNRegressor` take a raw table: missing values, categories
# and dates as they come.

# %%
import numpy as np
import pandas as pd
from checking import check, far, near, number, word
from sklearn.inspection import permutation_importance

from skfnn import TabularFNNRegressor

SEED = 1  # another number gives other exercises

rng = np.random.default_rng(SEED)
n = 600
effects = dict(zip(["area", "heating", "door"], rng.permutation([3.0, 1.0, 0.0]), strict=True))
houses = pd.DataFrame(
    {
        "area": rng.gamma(9, 12, n),
        "heating": rng.choice(["gas", "oil", "heat pump"], n),
        "door": rng.choice(["red", "green", "blue"], n),
    }
)
price = (
    effects["area"] * (houses["area"] - 108) / 36
    + effects["heating"] * (houses["heating"] == "heat pump")
    + effects["door"] * (houses["door"] == "red")
    + rng.normal(0, 0.2, n)
)
houses.loc[rng.random(n) < 0.1, "area"] = np.nan
coverage = float(rng.choice([0.8, 0.9, 0.95]))
model = TabularFNNRegressor(n_members=2, max_iter=40, random_state=0)
model.fit(houses[:450], price[:450])
print("R2 on new rows:", round(model.score(houses[450:], price[450:]), 2))
print("coverage:", coverage)

# %% [markdown]
# ## Exercise 1
#
# Shuffle each column of the new rows in turn: which column matters least? Answer with its name.

# %%
# solution
least = min(effects, key=effects.get)
# end
importance = permutation_importance(
    model, houses[450:], price[450:], n_repeats=3, random_state=0
).importances_mean
check(
    "column",
    least,
    word(*houses.columns),
    (lambda a: a != houses.columns[importance.argmax()], "Without this column most is lost."),
    (lambda a: a == houses.columns[importance.argmin()], "Another column matters less."),
)

# %% [markdown]
# ## Exercise 2
#
# Which share of new rows may lie outside of intervals with the coverage printed above?

# %%
# solution
outside = 1 - coverage
# end
check(
    "share outside",
    outside,
    number(),
    (far(coverage), "That is the share inside."),
    (lambda a: 0 <= a <= 1, "A share is a number from 0 to 1."),
    (near(1 - coverage), "Inside and outside add up to 1."),
)
low, high = model.predict_interval(houses[450:], coverage=coverage).T
print("outside here:", np.mean((price[450:] < low) | (price[450:] > high)).round(2))

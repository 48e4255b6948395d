# %% [markdown]
# # 8. Tables
#
# `TabularFNNClassifier` and `TabularFNNRegressor` take a raw table: missing values, categories
# and dates as they come.

# %%
import numpy as np
import pandas as pd
from sklearn.inspection import permutation_importance

from skfnn import TabularFNNRegressor


def check(name, answer, right):
    """Say whether an answer is right; ``right`` is a function of it."""
    if answer is ...:
        print(f"{name}: not answered yet")
    else:
        print(f"{name}: {'right' if right(answer) else 'not yet right'}")


rng = np.random.default_rng(0)
n = 600
houses = pd.DataFrame(
    {
        "area": rng.gamma(9, 12, n),
        "heating": rng.choice(["gas", "oil", "heat pump"], n),
        "door": rng.choice(["red", "green", "blue"], n),
    }
)
price = 3 * houses["area"] + 60 * (houses["heating"] == "heat pump") + rng.normal(0, 10, n)
houses.loc[rng.random(n) < 0.1, "area"] = np.nan
model = TabularFNNRegressor(n_members=2, max_iter=40, random_state=0)
model.fit(houses[:450], price[:450])
print(f"R2 on new rows: {model.score(houses[450:], price[450:]):.2f}")

# %% [markdown]
# ## Exercise 1
#
# Shuffle each column of the new rows in turn: which column matters least? Answer with its name.

# %%
# solution
least = "door"
# end
importance = permutation_importance(
    model, houses[450:], price[450:], n_repeats=3, random_state=0
).importances_mean
check("column", least, lambda a: a == houses.columns[importance.argmin()])

# %% [markdown]
# ## Exercise 2
#
# `predict_interval` promises a coverage. Which share of new rows may lie outside of intervals
# with `coverage=0.9`?

# %%
# solution
outside = 0.1
# end
check("share outside", outside, lambda a: np.isclose(a, 0.1))
low, high = model.predict_interval(houses[450:], coverage=0.9).T
print(f"outside here: {np.mean((price[450:] < low) | (price[450:] > high)):.2f}")

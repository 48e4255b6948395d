"""
A table model explained
=======================

Which columns matter, and what does each of them add to a single prediction? ``ImportanceDisplay``
shuffles the columns of the training table, and lets each row be predicted by the networks that were
not trained on it; ``attributions`` shares predictions out among the raw columns, of any kind.
Partial dependence of scikit-learn says how the prediction moves with a column.

What to see: on the left, the columns in the order of their importance; ``street`` was made without
an effect, and is found to have none. In the middle, the price rises with the area and levels off,
as it was made to. On the right, each dot is a house: what its area adds to its price.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.inspection import partial_dependence
from sklearn.model_selection import train_test_split

from skfnn import TabularFNNRegressor
from skfnn.inspection import ImportanceDisplay, attributions

# %%
# A raw table: numbers with missing values, a category, a date, and a column without an effect.

rng = np.random.default_rng(0)
n = 1500
houses = pd.DataFrame(
    {
        "area": rng.gamma(9, 12, n),
        "built": pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 27_000, n), "D"),
        "heating": rng.choice(["gas", "oil", "heat pump"], n),
        "garden": rng.random(n) < 0.4,
        "street": rng.choice([f"street {i}" for i in range(30)], n),
    }
)
age = (pd.Timestamp("2026-01-01") - houses["built"]).dt.days / 365
price = (
    400 * (1 - np.exp(-houses["area"] / 120))
    + 30 * houses["garden"]
    + 40 * (houses["heating"] == "heat pump")
    - 0.8 * age
    + rng.normal(0, 8, n)
)
houses.loc[rng.random(n) < 0.1, "area"] = np.nan
X, X_test, y, y_test = train_test_split(houses, price, random_state=0)
model = TabularFNNRegressor(n_members=3, max_iter=60, random_state=0).fit(X, y)
print(f"R2 on new rows: {model.score(X_test, y_test):.2f}")

# %%
# Importance: by how much R2 falls if a column is shuffled, of rows that were held out in training.
# The training table is given once more; nothing is fitted anew.

fig, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
importance = ImportanceDisplay.from_estimator(model, X, y, random_state=0, ax=left)
print(importance.importances_.round(2))
assert importance.features_[-1] == "street"

# %%
# Dependence: the mean prediction if all houses had the same area.

areas = np.linspace(40, 250, 30)
dependence = partial_dependence(model, X_test.dropna(), ["area"], custom_values={"area": areas})

# %%
# What the area adds to single predictions. Base value and attributions of a row sum to its
# prediction.

few = X_test.dropna()[:60]
found = attributions(model, few, X, random_state=0)
sums = found.base_values + found.values.sum(axis=1)
print(f"furthest off: {np.abs(sums - model.predict(few)).max():.4f}")

# %%

left.set(title="Importance", xlabel="R2 lost if the column is shuffled")
middle.plot(areas, dependence["average"][0], color="#0072B2", label="model")
made = 400 * (1 - np.exp(-areas / 120))
middle.plot(areas, made - made.mean() + dependence["average"][0].mean(), "--", color="0.4",
            label="as it was made")  # fmt: skip
middle.set(xlabel="area", ylabel="mean predicted price", title="Dependence")
middle.legend()
right.axhline(0, color="0.7", lw=1)
right.plot(few["area"], found.values[:, 0], "o", color="#D55E00", ms=5, mec="white")
right.set(xlabel="area", ylabel="what the area adds", title="One dot, one house")
plt.show()

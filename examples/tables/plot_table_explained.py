"""
A table model explained
=======================

``TabularFNNRegressor`` is a scikit-learn estimator, so scikit-learn's tools for explanation take it
with the raw table: permutation importance says how much worse predictions become if a column is
shuffled, partial dependence how the prediction moves with a column.

What to see: on the left, the columns in the order of their importance on rows that were not used
for training; ``street`` was made without an effect, and is found to have none. In the middle, the
price rises with the area and levels off, as it was made to. On the right, each dot is a house: what
the area adds to its price, by SHAP values if the package ``shap`` is installed, otherwise by the
difference to the prediction with an average area.
"""

import importlib.util

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.model_selection import train_test_split

from skfnn import TabularFNNRegressor

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
# Importance: by how much R2 falls if a column is shuffled.

importance = permutation_importance(model, X_test, y_test, n_repeats=5, random_state=0)
order = np.argsort(importance.importances_mean)
for i in order[::-1]:
    print(f"{X.columns[i]:8} {importance.importances_mean[i]:.2f}")
assert X.columns[order[0]] == "street"

# %%
# Dependence: the mean prediction if all houses had the same area.

areas = np.linspace(40, 250, 30)
dependence = partial_dependence(model, X_test.dropna(), ["area"], custom_values={"area": areas})

# %%
# What the area adds to single predictions.

few = X_test.dropna()[:60]
if importlib.util.find_spec("shap"):
    import shap

    background = X.dropna().sample(40, random_state=0)
    codes = {name: pd.factorize(houses[name])[1] for name in ("heating", "street")}

    def as_numbers(table):
        """Return a table as numbers, which shap works on."""
        coded = {name: pd.Index(levels).get_indexer(table[name]) for name, levels in codes.items()}
        return table.assign(**coded, built=table["built"].astype("int64")).astype(float).to_numpy()

    def predict(numbers):
        """Return predictions for rows of such numbers."""
        table = pd.DataFrame(numbers, columns=X.columns)
        for name, levels in codes.items():
            table[name] = np.asarray(levels)[table[name].astype(int)]
        table["built"] = table["built"].astype("int64").astype(X["built"].dtype)
        return model.predict(table.astype({"garden": bool}))

    explainer = shap.PermutationExplainer(predict, as_numbers(background), seed=0)
    effect = explainer(as_numbers(few), max_evals=33, silent=True).values[:, 0]
    how = "SHAP value of the area"
else:
    effect = model.predict(few) - model.predict(few.assign(area=X["area"].mean()))
    how = "difference to an average area"
print(how)

# %%

fig, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
left.boxplot(importance.importances[order].T, orientation="horizontal", widths=0.6,
             tick_labels=X.columns[order])  # fmt: skip
left.set(xlabel="R2 lost if the column is shuffled", title="Importance")
middle.plot(areas, dependence["average"][0], color="#0072B2", label="model")
made = 400 * (1 - np.exp(-areas / 120))
middle.plot(areas, made - made.mean() + dependence["average"][0].mean(), "--", color="0.4",
            label="as it was made")  # fmt: skip
middle.set(xlabel="area", ylabel="mean predicted price", title="Dependence")
middle.legend()
right.axhline(0, color="0.7", lw=1)
right.plot(few["area"], effect, "o", color="#D55E00", ms=5, mec="white")
right.set(xlabel="area", ylabel=how, title="One dot, one house")
plt.show()

"""
Choosing hidden layers and activation
=====================================

``FNNClassifier`` takes part in a grid search like any other estimator of scikit-learn.

What to see: the accuracy in cross-validation, by hidden layers (rows) and activation (columns).
Width matters more than depth here, and the framed cell is the best.
"""

import warnings

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier

warnings.simplefilter("ignore", ConvergenceWarning)  # all candidates get the same few epochs

# %%
# Handwritten digits in a pipeline, 25 candidates, five folds.

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
sizes = [(8,), (32,), (128,), (32, 32), (32, 32, 32)]
activations = ["logistic", "tanh", "relu", "elu", "gelu"]
model = make_pipeline(
    StandardScaler(),
    FNNClassifier(learning_rate_init=0.003, batch_size=64, max_iter=12, random_state=0),
)
search = GridSearchCV(
    model,
    {
        "fnnclassifier__hidden_layer_sizes": sizes,
        "fnnclassifier__activation": activations,
    },
    cv=5,
)
search.fit(X_train, y_train)
results = pd.DataFrame(
    {
        "layers": [
            str(p["fnnclassifier__hidden_layer_sizes"]) for p in search.cv_results_["params"]
        ],
        "activation": [p["fnnclassifier__activation"] for p in search.cv_results_["params"]],
        "accuracy": 100 * search.cv_results_["mean_test_score"],
    }
)
table = results.pivot(index="layers", columns="activation", values="accuracy")
table = table.loc[[str(size) for size in sizes], activations]
print(table.round(1).to_string())
print(f"best: {search.best_params_}, test accuracy {100 * search.score(X_test, y_test):.1f} %")

# %%

fig, ax = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
image = ax.imshow(table, cmap="cividis", aspect="auto")
fig.colorbar(image, label="accuracy in cross-validation, %")
middle = (table.min().min() + table.max().max()) / 2
best = table.max().max()
for row, layers in enumerate(table.index):
    for column, activation in enumerate(table.columns):
        value = table.loc[layers, activation]
        ax.text(column, row, f"{value:.1f}", ha="center", va="center",
                color="white" if value < middle else "black")  # fmt: skip
        if value == best:
            ax.add_patch(plt.Rectangle((column - 0.48, row - 0.48), 0.96, 0.96, fill=False,
                                       ec="#D55E00", lw=3))  # fmt: skip
ax.set_xticks(range(len(activations)), activations)
ax.set_yticks(range(len(sizes)), ["-".join(map(str, size)) for size in sizes])
ax.set(xlabel="activation", ylabel="units of the hidden layers")
ax.set_title("Width helps the digits more than depth")
ax.tick_params(length=0)
ax.spines[:].set_visible(False)
plt.show()

# %% [markdown]
# # 12. Why it works
#
# Networks often have more weights than there are rows, and still predict well. Where training
# starts and how it moves is a regularisation of its own.

# %%
import numpy as np
from checking import check, numbers, whole

from skfnn import FNNRegressor

SEED = 1  # another number gives other exercises

rng = np.random.default_rng(SEED)
X, y = rng.integers(-3, 4, (3, 5)).astype(float), rng.integers(-3, 4, 3).astype(float)
X += np.eye(3, 5) * 7  # never two rows alike
rows = int(rng.integers(20, 90))
print(np.column_stack([X, y]))
print("rows:", rows)

# %% [markdown]
# ## Exercise 1
#
# Three rows of five inputs, the last column is the target: endlessly many weights fit without an
# error. Answer with the smallest such weights, those of the smallest norm.

# %%
# solution
smallest = np.linalg.pinv(X) @ y
# end
norm = np.linalg.norm(np.linalg.pinv(X) @ y)
check(
    "smallest weights",
    smallest,
    numbers(5),
    (lambda a: np.any(a), "Weights of 0 fit only where all targets are 0."),
    (lambda a: np.allclose(X @ a, y, atol=1e-6), "These weights do not fit all rows."),
    (lambda a: np.linalg.norm(a) < norm * (1 + 1e-6), "They fit, but there are smaller ones."),
)

# %% [markdown]
# Gradient descent from zero finds the smallest weights by itself:

# %%
unit = FNNRegressor.from_weights(
    [np.zeros((5, 1))], [[0.0]], solver="sgd", momentum=0, learning_rate_init=0.01, alpha=0,
    batch_size=3, dtype="float64",
)  # fmt: skip
for _ in range(400):
    unit.partial_fit(X, y)
found = np.append(unit.coefs_[0][:, 0], unit.intercepts_[0])
right = np.linalg.pinv(np.column_stack([X, np.ones(3)])) @ y
print("largest difference:", f"{abs(found - right).max():.0e}")
assert np.allclose(found, right, atol=1e-2)

# %% [markdown]
# ## Exercise 2
#
# The peak of *double descent* lies where a model can only just fit the training data. With the
# number of rows printed above and one output: at how many parameters is that?

# %%
# solution
peak = rows
# end
check(
    "parameters at the peak",
    peak,
    whole(1, 1_000_000),
    (lambda a: a > rows / 2, "With so few parameters the model cannot fit all rows yet."),
    (lambda a: a < 2 * rows, "With so many parameters it can fit all rows in many ways."),
    (lambda a: abs(a - rows) <= 3, "Each parameter can fit one row."),
)

# %% [markdown]
# # 6. Why they work
#
# Networks often have more weights than there are rows, and still predict well. Where training
# starts and how it moves is a regularisation of its own.

# %%
import numpy as np

from skfnn import FNNRegressor


def check(name, answer, right):
    """Say whether an answer is right; ``right`` is a function of it."""
    if answer is ...:
        print(f"{name}: not answered yet")
    else:
        print(f"{name}: {'right' if right(answer) else 'not yet right'}")


rng = np.random.default_rng(0)
X, w = rng.normal(size=(20, 60)), rng.normal(size=60)
y = X @ w

# %% [markdown]
# 20 rows and 60 weights: endlessly many solutions fit without an error. Gradient descent from
# zero finds the one of smallest norm, which the pseudo-inverse gives.

# %%
unit = FNNRegressor.from_weights(
    [np.zeros((60, 1))], [[0.0]], solver="sgd", momentum=0, learning_rate_init=0.01, alpha=0,
    batch_size=20, dtype="float64",
)  # fmt: skip
for _ in range(20000):
    unit.partial_fit(X, y)
found = np.append(unit.coefs_[0][:, 0], unit.intercepts_[0])
smallest = np.linalg.pinv(np.column_stack([X, np.ones(20)])) @ y
print(f"largest difference to the smallest solution: {abs(found - smallest).max():.1e}")
assert np.allclose(found, smallest, atol=1e-3)

# %% [markdown]
# ## Exercise 1
#
# The true weights also fit without an error. Is their norm larger or smaller than that of the
# solution found? Answer `"larger"` or `"smaller"`.

# %%
# solution
norm = "larger"
# end
truth = "larger" if np.linalg.norm(w) > np.linalg.norm(found) else "smaller"
check("norm of the true weights", norm, lambda a: a == truth)

# %% [markdown]
# ## Exercise 2
#
# The peak of *double descent* lies where a model can only just fit the training data. With 40
# rows and one output: near how many parameters is that?

# %%
# solution
peak = 40
# end
check("parameters at the peak", peak, lambda a: abs(a - 40) <= 5)

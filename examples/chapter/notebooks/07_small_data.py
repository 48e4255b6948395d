# %% [markdown]
# # 7. Small data and uncertainty
#
# A large network learns few rows by heart, noise included: it overfits. Dropout, a penalty and
# early stopping help. And a prediction should say how sure it is.

# %%
import numpy as np
from sklearn.datasets import make_moons

from skfnn import FNNClassifier, FNNRegressor
from skfnn.losses import Quantile


def check(name, answer, right):
    """Say whether an answer is right; ``right`` is a function of it."""
    if answer is ...:
        print(f"{name}: not answered yet")
    else:
        print(f"{name}: {'right' if right(answer) else 'not yet right'}")


X, y = make_moons(1200, noise=0.35, random_state=0)
X, X_val, y, y_val = X[:100], X[100:], y[:100], y[100:]


def validation_loss(rate):
    """Return the loss on new rows after 100 epochs with dropout."""
    network = FNNClassifier((64, 64), dropout=rate, alpha=0, learning_rate_init=0.005,
                            batch_size=20, random_state=0)  # fmt: skip
    for _ in range(100):
        network.partial_fit(X, y, classes=[0, 1])
    return network.evaluate(X_val, y_val)["loss"]


print(f"without dropout: {validation_loss(0.0):.2f}")

# %% [markdown]
# ## Exercise 1
#
# Choose a dropout rate with which the validation loss is at least a tenth lower.

# %%
# solution
rate = 0.4
# end
check("rate", rate, lambda r: validation_loss(r) < 0.9 * validation_loss(0.0))

# %% [markdown]
# ## Exercise 2
#
# Two quantiles bound an interval. Which two quantiles bound one that contains 80 per cent of the
# rows, with as many above as below? Answer as `(low, high)`.

# %%
# solution
bounds = (0.1, 0.9)
# end
check("quantiles", bounds, lambda b: np.allclose(b, (0.1, 0.9)))

rng = np.random.default_rng(0)
x = rng.uniform(-1, 1, (1000, 1))
target = x[:, 0] + (0.2 + 0.2 * abs(x[:, 0])) * rng.standard_normal(1000)
low, high = (
    FNNRegressor((20,), "tanh", loss=Quantile(quantile=q), learning_rate="cosine",
                 learning_rate_init=0.02, max_iter=60, n_iter_no_change=60, random_state=0)
    .fit(x, target).predict(x)
    for q in (0.1, 0.9)
)  # fmt: skip
inside = np.mean((low <= target) & (target <= high))
print(f"{inside:.2f} of the rows lie inside")
assert 0.75 < inside < 0.85

# %% [markdown]
# # 4. Losses and optimizers
#
# The loss says what an error costs. The optimizer says how the weights move, given the gradient.

# %%
import numpy as np

from skfnn import FNNRegressor
from skfnn.losses import Huber


def check(name, answer, right):
    """Say whether an answer is right; ``right`` is a function of it."""
    if answer is ...:
        print(f"{name}: not answered yet")
    else:
        print(f"{name}: {'right' if right(answer) else 'not yet right'}")


rng = np.random.default_rng(0)
x = rng.uniform(-2, 2, (300, 1))
truth = np.sin(2 * x[:, 0])
y = truth + 0.1 * rng.standard_normal(300)
y[::15] += 6  # outliers


def error(loss):
    """Return the mean distance to the true curve of a network trained on a loss."""
    model = FNNRegressor((30,), "tanh", loss=loss, solver="lbfgs", alpha=0.1, max_iter=1000,
                         tol=1e-3, random_state=0)  # fmt: skip
    return abs(model.fit(x, y).predict(x) - truth).mean()


print(f"squared error: off by {error('squared_error'):.2f}")

# %% [markdown]
# ## Exercise 1
#
# One row in fifteen is an outlier. Choose a `delta` for Huber's loss with which the network is
# off by less than 0.05.

# %%
# solution
delta = 0.3
# end
check("delta", delta, lambda d: error(Huber(delta=d)) < 0.05)

# %% [markdown]
# ## Exercise 2
#
# Without outliers, a sigmoid output that is wrong and sure of it has a probability `p` near 0 for
# class 1. By the squared error $(p - 1)^2 / 2$ its gradient is $(p - 1)\,p\,(1 - p)$. Which is it
# by the cross-entropy? Write it as a function of `p`.

# %%
# solution
slope = lambda p: p - 1  # noqa: E731
# end
grid = np.linspace(0.01, 0.99, 9)
check("slope", slope, lambda f: np.allclose(f(grid), grid - 1))

# %% [markdown]
# # 3. Training by backpropagation
#
# Training moves the weights against the gradient of the loss. Backpropagation computes the
# gradient by the chain rule, from the output layer back to the first. skfnn shows it as a list of
# NumPy calls.

# %%
import numpy as np
from sklearn.datasets import make_moons

from skfnn import FNNClassifier


def check(name, answer, right):
    """Say whether an answer is right; ``right`` is a function of it."""
    if answer is ...:
        print(f"{name}: not answered yet")
    else:
        print(f"{name}: {'right' if right(answer) else 'not yet right'}")


X, y = make_moons(50, noise=0.1, random_state=0)
rng = np.random.default_rng(0)
W1, b1 = rng.normal(size=(2, 3)), np.zeros(3)
W2, b2 = rng.normal(size=(3, 1)), np.zeros(1)
network = FNNClassifier.from_weights(
    [W1, W2], [b1, b2], "tanh", solver="sgd", momentum=0, alpha=0, batch_size=50, dtype="float64"
)
print(network.step_listing(n_rows=50))

# %% [markdown]
# The forward pass in NumPy, with a sigmoid output:

# %%
A1 = np.tanh(X @ W1 + b1)
p = 1 / (1 + np.exp(-(A1 @ W2 + b2)))
exact = network.loss_gradient(X, y)

# %% [markdown]
# ## Exercise 1
#
# The loss is the mean cross-entropy. Write its derivative by the input of the output unit, an
# array of 50 rows and one column, from `p` and `y`.

# %%
# solution
delta2 = (p - y[:, None]) / len(X)
# end
check("delta2", delta2, lambda d: np.allclose(A1.T @ d, exact.coefs[1]))

# %% [markdown]
# ## Exercise 2
#
# Write the derivative by the inputs of the hidden units, 50 rows and 3 columns. The derivative of
# $\tanh(z)$ is $1 - \tanh(z)^2$.

# %%
# solution
delta1 = (((p - y[:, None]) / len(X)) @ W2.T) * (1 - A1**2)
# end
check("delta1", delta1, lambda d: np.allclose(X.T @ d, exact.coefs[0]))

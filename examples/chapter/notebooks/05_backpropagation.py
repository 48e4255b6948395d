# %% [markdown]
# # 5. Backpropagation
#
# Training moves the weights against the gradient of the error. Backpropagation computes the
# gradient by the chain rule, from the output layer back to the first. Below is one row in a
# network of sigmoid units with the error $E = \frac{1}{2} \sum_k (\hat y_k - y_k)^2$.

# %%
import numpy as np
from checking import check, far, near, numbers


def sigmoid(h):
    """Return the sigmoid function."""
    return 1 / (1 + np.exp(-h))


SEED = 1  # another number gives other exercises

rng = np.random.default_rng(SEED)
x, y = rng.normal(size=2), np.array([1.0, 0.0])
V, W = rng.normal(size=(2, 3)), rng.normal(size=(3, 2))
g = sigmoid(x @ V)  # hidden layer
out = sigmoid(g @ W)  # output layer


def slope(layer):
    """Return the derivative of the error by the sums of a layer, from differences."""

    def error(shift):
        hidden = sigmoid(x @ V + (shift if layer == "hidden" else 0))
        return ((sigmoid(hidden @ W + (shift if layer == "output" else 0)) - y) ** 2).sum() / 2

    size = 3 if layer == "hidden" else 2
    return np.array([(error(d) - error(-d)) / 2e-5 for d in 1e-5 * np.eye(size)])


print("outputs:", out.round(3), " targets:", y)

# %% [markdown]
# ## Exercise 1
#
# Write the error signals of the two output units from `out` and `y`.

# %%
# solution
e_out = (out - y) * out * (1 - out)
# end
check(
    "error signals of the output",
    e_out,
    numbers(2),
    (far(-slope("output")), "The sign is reversed: output minus target."),
    (far(out - y), "That is the derivative by the outputs. Go on to their sums: one factor more."),
    (near(slope("output")), "Error times the derivative of the sigmoid function."),
)

# %% [markdown]
# ## Exercise 2
#
# Write the error signals of the three hidden units from those of the output units, `W` and `g`.

# %%
# solution
e_hidden = (W @ ((out - y) * out * (1 - out))) * g * (1 - g)
# end
back = W @ slope("output")
check(
    "error signals of the hidden layer",
    e_hidden,
    numbers(3),
    (far(back), "The errors have come back through the weights. Which derivative is missing?"),
    (far(W @ (out - y) * g * (1 - g)), "The error signals come back, not the plain errors."),
    (far(-slope("hidden")), "The sign is reversed: output minus target."),
    (near(slope("hidden")), "Each hidden unit collects the signals along its own row of `W`."),
)

# %% [markdown]
# For all rows at once skfnn does the same, as a list of NumPy calls:

# %%
from sklearn.datasets import make_moons  # noqa: E402

from skfnn import FNNClassifier  # noqa: E402

network = FNNClassifier.from_weights(
    [V, W[:, :1]], [np.zeros(3), [0]], "logistic", loss="squared_error", solver="sgd", momentum=0,
    alpha=0, batch_size=50, dtype="float64",
)  # fmt: skip
X, labels = make_moons(50, noise=0.1, random_state=0)
print(network.step_listing(n_rows=50))
G = sigmoid(X @ V)
p = sigmoid(G @ W[:, :1])
by_hand = G.T @ ((p - labels[:, None]) * p * (1 - p)) / 50
assert np.allclose(network.loss_gradient(X, labels).coefs[1], by_hand)

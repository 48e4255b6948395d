# %% [markdown]
# # 9. Vanishing gradients
#
# The gradient of the first layers is a product over all layers above. With sigmoid units each
# factor is at most 1/4: the gradient vanishes. Pretraining, ReLU units, batch normalisation and
# skip connections help.

# %%
import numpy as np
from checking import check, far, number
from sklearn.datasets import load_digits

from skfnn import FNNClassifier

SEED = 1  # another number gives other exercises

n_layers = int(np.random.default_rng(SEED).integers(3, 8))
X, y = load_digits(return_X_y=True)
X = X / 16


def norms(**options):
    """Return the norms of the gradient by layer, at the start of training."""
    network = FNNClassifier(
        solver="sgd", learning_rate_init=1e-9, momentum=0, random_state=0, **options
    )
    network.partial_fit(X, y, classes=np.arange(10))
    gradient = network.loss_gradient(X, y)
    return [float(np.linalg.norm(layer)) for layer in gradient.coefs]


sigmoid = norms(hidden_layer_sizes=(32,) * 8, activation="logistic")
print("first layer:", f"{sigmoid[0]:.1e}", " last layer:", f"{sigmoid[-1]:.1e}")
print("layers:", n_layers)

# %% [markdown]
# ## Exercise 1
#
# An error comes back through the number of sigmoid layers printed above, and all weights are 1.
# Which part of it is left, at most?

# %%
# solution
left = 0.25**n_layers
# end
check(
    "what is left",
    left,
    number(),
    (far(0.25), "That is one layer."),
    (far(0.25 * n_layers), "The factors multiply from layer to layer."),
    (lambda a: a < 1, "Each layer makes it smaller: it is less than 1."),
    (lambda a: np.isclose(a, 0.25**n_layers, rtol=1e-3, atol=0),
     "One factor per layer: the largest derivative of the sigmoid function."),
)  # fmt: skip

# %% [markdown]
# ## Exercise 2
#
# Choose an activation by its name with which the gradient of the first of nine layers is at least
# a hundredth of that of the last.

# %%
# solution
activation = "relu"
# end


def kept(name):
    """Return whether the gradient is kept with an activation."""
    first, *_, last = norms(hidden_layer_sizes=(32,) * 8, activation=name)
    return first > last / 100


def known(name):
    """Return whether skfnn knows an activation of this name."""
    return isinstance(name, str) and bool(norms(hidden_layer_sizes=(4,), activation=name))


check(
    "activation",
    activation,
    (known, "Answer with the name of an activation, such as 'tanh'."),
    (lambda a: a.lower() not in ("logistic", "sigmoid"), "With this one the gradient vanishes."),
    (
        lambda a: a.lower() != "identity",
        "It keeps the gradient, but layers without a bend add nothing.",
    ),
    (kept, "Its gradient gets too small on the way. Which activation has the derivative 1?"),
)
assert not kept("logistic")

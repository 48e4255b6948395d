# %% [markdown]
# # 5. Deep networks
#
# The gradient of the first layers is a product over all layers above. With sigmoid units each
# factor is at most 1/4: the gradient vanishes. ReLU units, batch normalisation and skip
# connections keep it.

# %%
import numpy as np
from sklearn.datasets import load_digits

from skfnn import FNNClassifier


def check(name, answer, right):
    """Say whether an answer is right; ``right`` is a function of it."""
    if answer is ...:
        print(f"{name}: not answered yet")
    else:
        print(f"{name}: {'right' if right(answer) else 'not yet right'}")


X, y = load_digits(return_X_y=True)
X = X / 16


def norms(**options):
    """Return the norms of the gradient by layer, at the start of training."""
    network = FNNClassifier(solver="sgd", learning_rate_init=1e-9, momentum=0, random_state=0,
                            **options)  # fmt: skip
    network.partial_fit(X, y, classes=np.arange(10))
    gradient = network.loss_gradient(X, y)
    return [float(np.linalg.norm(layer)) for layer in gradient.coefs]


sigmoid = norms(hidden_layer_sizes=(32,) * 8, activation="logistic")
print("first layer", f"{sigmoid[0]:.1e}", "last layer", f"{sigmoid[-1]:.1e}")

# %% [markdown]
# ## Exercise 1
#
# Which is the largest value of the derivative of the sigmoid function?

# %%
# solution
largest = 0.25
# end
check("largest derivative", largest, lambda a: a == 0.25)

# %% [markdown]
# ## Exercise 2
#
# Choose an activation with which the gradient of the first of nine layers is at least a hundredth
# of that of the last.

# %%
# solution
activation = "relu"
# end


def kept(name):
    """Return whether the gradient is kept with an activation."""
    first, *_, last = norms(hidden_layer_sizes=(32,) * 8, activation=name)
    return first > last / 100


check("activation", activation, kept)
assert not kept("logistic")

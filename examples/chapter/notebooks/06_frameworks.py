# %% [markdown]
# # 6. A network in Keras' words
#
# Layers are put together to a model, the model is given a loss and an optimizer, fitted and
# evaluated. Images go through `Flatten` first, then through `Dense` layers.

# %%
import warnings

import numpy as np
from checking import check, far, whole
from sklearn.datasets import load_digits

from skfnn import FNNClassifier
from skfnn.layers import Dense, Flatten

SEED = 1  # another number gives other exercises

rng = np.random.default_rng(SEED)
side, hidden = int(rng.integers(10, 30)), int(rng.integers(20, 200))
rows, batch_size, epochs = int(rng.integers(1000, 9999)), 200, int(rng.integers(2, 9))
first, second = (int(n) for n in rng.choice([16, 24, 32, 48], 2, replace=False))
images, digits = load_digits().images / 16, load_digits().target
print("image:", side, "x", side, " hidden units:", hidden)
print("rows:", rows, " batch_size:", batch_size, " epochs:", epochs)
print("Dense:", first, second)

# %% [markdown]
# ## Exercise 1
#
# `Flatten`, one hidden layer and ten outputs with softmax, for images of the size printed above.
# How many weights and biases does the network have?

# %%
# solution
parameters = (side**2 * hidden + hidden) + (hidden * 10 + 10)
# end
check(
    "parameters",
    parameters,
    whole(1, 10_000_000),
    (far((side * hidden + hidden) + (hidden * 10 + 10)),
     "`Flatten` makes one input of every pixel of the image."),
    (far(side**2 * hidden + hidden * 10), "These are the weights. Every unit has a bias, too."),
    (lambda a: a == (side**2 + 1) * hidden + (hidden + 1) * 10,
     "From n units to m there are n times m weights and m biases. Go from layer to layer."),
)  # fmt: skip

# %% [markdown]
# ## Exercise 2
#
# For how many steps does the optimizer run in `fit`, with the rows, batches and epochs printed
# above?

# %%
# solution
steps = -(-rows // batch_size) * epochs
# end
check(
    "steps",
    steps,
    whole(1, 10_000_000),
    (far(rows // batch_size * epochs if rows % batch_size else -1),
     "The last batch of an epoch is smaller, but it is a step, too."),
    (far(-(-rows // batch_size)), "That is one epoch."),
    (lambda a: a == -(-rows // batch_size) * epochs, "Count the batches of one epoch first."),
)  # fmt: skip

# %% [markdown]
# ## Exercise 3
#
# Write the list of hidden layers for images: `Flatten`, then two `Dense` layers of the sizes
# printed above, both with ReLU.

# %%
# solution
layers = [Flatten(), Dense(first, "relu"), Dense(second, "relu")]
# end


def built(layers):
    """Return the network with these hidden layers, after one epoch."""
    network = FNNClassifier(hidden_layers=layers, batch_size=200, max_iter=1, random_state=0)
    with warnings.catch_warnings(action="ignore"):
        return network.fit(images, digits)


check(
    "layers",
    layers,
    (lambda a: isinstance(a, list), "Answer with a list of layers."),
    (lambda a: isinstance(a[0], Flatten),
     "`Flatten()` comes first: an image is no row of numbers."),
    (lambda a: len(a) == 3, "The list holds the hidden layers only; the output follows from `y`."),
    (lambda a: [layer.units for layer in a[1:]] == [first, second],
     "The two `Dense` layers have the sizes printed above, in this order."),
    (lambda a: all(str(layer.activation).lower().startswith("relu") for layer in a[1:]),
     "Give each `Dense` layer its activation, too."),
    (lambda a: len(built(a).coefs_) == 3, "skfnn cannot build a network from it."),
)  # fmt: skip

# %%
network = built([Flatten(), Dense(128, "relu")])
print(network.evaluate(images, digits))

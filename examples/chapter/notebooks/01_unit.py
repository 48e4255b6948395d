# %% [markdown]
# # 1. The unit
#
# A unit adds up its weighted inputs, adds a bias, and applies a function to the sum: $y = f(w_1
# x_1 + \dots + w_d x_d + b)$. McCulloch and Pitts' unit (1943) fires, that is, puts out 1, where
# the sum is 0 or more. At a sum of exactly 0 it fires, too.

# %%
from itertools import product

import numpy as np
from checking import check, numbers, whole

from skfnn.activations import Threshold

SEED = 1  # another number gives other exercises

rng = np.random.default_rng(SEED)
n_inputs = int(rng.integers(3, 6))
needed = int(rng.integers(2, n_inputs))
corners = np.array(list(product([0, 1], repeat=n_inputs)))
active = corners.sum(axis=1)


def fires(weights, bias):
    """Return the outputs of a threshold unit for all inputs of 0 and 1."""
    return Threshold()(corners @ np.asarray(weights, float) + bias)


print("inputs:", n_inputs, " have to be active:", needed)

# %% [markdown]
# ## Exercise 1
#
# Find weights and a bias with which the unit fires where at least the number of inputs printed
# above are 1. Answer with a list: the weight of each input, then the bias.

# %%
# solution
majority = [1] * n_inputs + [-needed]
# end
check(
    "weights and bias",
    majority,
    numbers(n_inputs + 1),
    (lambda a: not fires(a[:-1], a[-1])[active == 0].any(),
     "It fires where no input is active: the bias has to be negative."),
    (lambda a: fires(a[:-1], a[-1])[active >= needed].all(),
     "It stays silent though enough inputs are active: the bias is too low for the weights."),
    (lambda a: not fires(a[:-1], a[-1])[active < needed].any(),
     "It fires with too few inputs: how large is the sum where it shall just fire?"),
)  # fmt: skip

# %% [markdown]
# ## Exercise 2
#
# XOR is 1 where exactly one of two inputs is 1. Which is the smallest number of threshold units in
# a network that computes it, the output unit included?

# %%
# solution
units = 3
# end
check(
    "units for XOR",
    units,
    whole(1, 100),
    (lambda a: a > 1, "A single unit draws one line, and no line separates the classes of XOR."),
    (lambda a: a > 2, "Two lines are needed, and a unit that combines them counts as well."),
    (lambda a: a < 4, "It works with fewer: XOR is OR, but not AND."),
)

# %% [markdown]
# Two hidden units that compute OR and AND make it possible.

# %%
from skfnn import FNNClassifier  # noqa: E402

network = FNNClassifier.from_weights(
    [[[1, 1], [1, 1]], [[1], [-1]]], [[-1, -2], [-0.5]], "threshold", loss="perceptron"
)
pairs = [[0, 0], [0, 1], [1, 0], [1, 1]]
print("XOR:", network.predict(pairs).tolist())
assert network.predict(pairs).tolist() == [0, 1, 1, 0]

# %% [markdown]
# # 1. Units
#
# A unit adds up its weighted inputs, adds a bias, and applies a function to the sum: $y = f(w_1
# x_1 + w_2 x_2 + b)$. McCulloch and Pitts' unit (1943) fires, that is, puts out 1, where the sum
# is 0 or more.

# %%
import numpy as np

from skfnn import FNNClassifier

corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def fires(weights, bias):
    """Return the outputs of a threshold unit for the four corners."""
    unit = FNNClassifier.from_weights([[[w] for w in weights]], [[bias]], loss="perceptron")
    return unit.predict(corners).tolist()


def check(name, answer, right):
    """Say whether an answer is right; ``right`` is a function of it."""
    if answer is ...:
        print(f"{name}: not answered yet")
    else:
        print(f"{name}: {'right' if right(answer) else 'not yet right'}")


print("OR: ", fires([1, 1], -0.5))

# %% [markdown]
# ## Exercise 1
#
# Find weights and a bias (as `[w1, w2, b]`) with which the unit computes AND.

# %%
# solution
answer_and = [1, 1, -1.5]
# end
check("AND", answer_and, lambda a: fires(a[:2], a[2]) == [0, 0, 0, 1])

# %% [markdown]
# ## Exercise 2
#
# XOR is 1 where exactly one input is 1. Which is the smallest number of threshold units in a
# network that computes it, the output unit included?

# %%
# solution
answer_xor = 3
# end
check("units for XOR", answer_xor, lambda a: a == 3)

# %% [markdown]
# A single unit draws a straight line, and no line separates (0, 1) and (1, 0) from (0, 0) and (1,
# 1). Two hidden units that compute OR and AND make it possible: XOR is "OR, but not AND".

# %%
network = FNNClassifier.from_weights(
    [[[1, 1], [1, 1]], [[1], [-1]]], [[-0.5, -1.5], [-0.5]], "threshold", loss="perceptron"
)
print("XOR:", network.predict(corners).tolist())
assert network.predict(corners).tolist() == [0, 1, 1, 0]

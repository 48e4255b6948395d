# %% [markdown]
# # 4. Networks and boundaries
#
# Several units side by side form a layer. Each hidden unit divides the plane by a line; the
# output unit combines these lines to a boundary that can bend.

# %%
import numpy as np
from checking import check, far, whole
from sklearn.datasets import make_circles

from skfnn import FNNClassifier

SEED = 1  # another number gives other exercises

X, y = make_circles(400, noise=0.08, factor=0.4, random_state=SEED)
rng = np.random.default_rng(SEED)
inputs, first, second = (int(n) for n in rng.integers(2, 10, 3))


def accuracy(units):
    """Return the accuracy of a network with one hidden layer, the best of three starts."""
    starts = range(3)
    return max(
        FNNClassifier((units,), "logistic", solver="lbfgs", alpha=1e-3, random_state=start)
        .fit(X, y)
        .score(X, y)
        for start in starts
    )


for units in (1, 2):
    print("hidden units:", units, " accuracy:", round(accuracy(units), 2))
print("inputs:", inputs, " hidden layers:", first, second)

# %% [markdown]
# ## Exercise 1
#
# How many hidden units does it take, at least, to enclose the inner circle, so that the accuracy is
# above 0.99?

# %%
# solution
enough = 3
# end
check(
    "hidden units",
    enough,
    whole(1, 50),
    (lambda a: a > 2, "Two lines are open on a side: they make a strip or a wedge."),
    (lambda a: a < 4, "It encloses the circle, but fewer lines do as well."),
    (lambda a: accuracy(int(a)) > 0.99, "Which is the figure with the fewest sides?"),
)

# %% [markdown]
# ## Exercise 2
#
# A network with the inputs and the two hidden layers printed above tells two classes apart. How
# many weights and biases does it have?

# %%
# solution
parameters = (inputs * first + first) + (first * second + second) + (second + 1)
# end
weights = inputs * first + first * second + second
network = FNNClassifier((first, second), solver="lbfgs", alpha=1, tol=0.01, random_state=0)
network.fit(np.tile(X, 5)[:, :inputs], y)
check(
    "parameters",
    parameters,
    whole(1, 10_000),
    (far(weights), "These are the weights. Every unit has a bias, too."),
    (far(weights + second + first + second + 2), "Two classes need one output only."),
    (lambda a: a == network.summary()["parameters"].sum(),
     "From n units to m there are n times m weights and m biases. Go from layer to layer."),
)  # fmt: skip

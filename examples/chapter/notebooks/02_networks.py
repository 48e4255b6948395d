# %% [markdown]
# # 2. Networks and boundaries
#
# Several units side by side form a layer. Each hidden unit divides the plane by a line; the
# output unit combines these lines to a boundary that can bend.

# %%
import numpy as np
from sklearn.datasets import make_circles

from skfnn import FNNClassifier


def check(name, answer, right):
    """Say whether an answer is right; ``right`` is a function of it."""
    if answer is ...:
        print(f"{name}: not answered yet")
    else:
        print(f"{name}: {'right' if right(answer) else 'not yet right'}")


X, y = make_circles(400, noise=0.08, factor=0.4, random_state=0)


def accuracy(units):
    """Return the accuracy of a network with one hidden layer, the best of five starts."""
    starts = range(5)
    return max(
        FNNClassifier((units,), "logistic", solver="lbfgs", alpha=1e-3, random_state=start)
        .fit(X, y)
        .score(X, y)
        for start in starts
    )


for units in (1, 2):
    print(f"{units} hidden units: accuracy {accuracy(units):.2f}")

# %% [markdown]
# ## Exercise 1
#
# How many hidden units does it take to enclose the inner circle, so that the accuracy is above
# 0.99? (Lines that enclose an area form at least a triangle.)

# %%
# solution
enough = 3
# end
check("hidden units", enough, lambda a: a == 3 and accuracy(a) > 0.99)

# %% [markdown]
# ## Exercise 2
#
# A network with two inputs, hidden layers of 8 and 4 units, and one output: how many weights and
# biases does it have?

# %%
# solution
parameters = (2 * 8 + 8) + (8 * 4 + 4) + (4 * 1 + 1)
# end
network = FNNClassifier((8, 4), max_iter=500, tol=1e-2, random_state=0).fit(X, y)
check("parameters", parameters, lambda a: a == network.summary()["parameters"].sum())
assert np.all(np.isfinite(network.predict_proba(X)))

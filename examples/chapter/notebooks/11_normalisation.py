# %% [markdown]
# # 11. Batch normalisation and skip connections
#
# Batch normalisation gives the sums of a unit the mean 0 and the variance 1 over the batch, then a
# scale and a shift that are learned: $x' = (x - m) / \sqrt{v + \epsilon}$, $h = \gamma x' +
# \beta$. A skip connection adds the input of a block to its output.

# %%
import numpy as np
from checking import check, far, near, numbers

from skfnn import FNNRegressor
from skfnn.layers import Dense, Skip

SEED = 1  # another number gives other exercises

rng = np.random.default_rng(SEED)
x = rng.integers(1, 30, 5).astype(float)
x[0] += 30  # never all the same
h = rng.integers(-3, 4, 2).astype(float)
h[0] = 4
print("batch:", x)
print("input of the block:", h)

# %% [markdown]
# ## Exercise 1
#
# Normalise the batch printed above (take $\epsilon = 0$): answer with the five values $x'$.

# %%
# solution
normal = (x - x.mean()) / np.sqrt(((x - x.mean()) ** 2).mean())
# end
check(
    "normalised",
    normal,
    numbers(5),
    (far(x - x.mean()), "The mean is 0. The scale is missing."),
    (far((x - x.mean()) / x.var()), "Divide by the root of the variance."),
    (far((x - x.mean()) / x.std(ddof=1)), "The variance divides by n, not by n - 1."),
    (
        near((x - x.mean()) / x.std()),
        "First the mean m, then the variance v, then (x - m) / sqrt(v).",
    ),
)

# %% [markdown]
# ## Exercise 2
#
# Which scale and which shift undo the normalisation? Answer with the two numbers `(gamma, beta)`.

# %%
# solution
undo = (x.std(), x.mean())
# end
check(
    "gamma and beta",
    undo,
    numbers(2),
    (far((x.mean(), x.std())), "These are the two numbers, in the other order."),
    (far((x.var(), x.mean())), "The scale is the root of the variance."),
    (far((1 / x.std(), -x.mean() / x.std())), "These normalise. Undoing goes the other way."),
    (near((x.std(), x.mean())), "Solve gamma x' + beta = x."),
)

# %% [markdown]
# ## Exercise 3
#
# A block with a skip connection gets the input printed above, and all weights and biases within
# it are 0. What does it put out?

# %%
# solution
output = h
# end
check(
    "output of the block",
    output,
    numbers(2),
    (far(np.zeros(2)), "That is what the layers put out. The input goes round them."),
    (far(2 * h), "The input is added once; the layers add 0."),
    (near(h), "Its output is its input plus what its layers put out."),
)

# %% [markdown]
# skfnn agrees:

# %%
network = FNNRegressor(
    hidden_layers=[Skip([Dense(2, "tanh"), Dense(2)])], max_iter=1, tol=1, n_iter_no_change=1,
    batch_size=2, random_state=0,
)  # fmt: skip
network.partial_fit(np.array([h, h + 1]), [0.0, 1.0])
for weights in (*network.coefs_[:-1], *network.intercepts_[:-1]):
    weights[:] = 0
print(network.hidden_activations([h])[-1])
assert np.allclose(network.hidden_activations([h])[-1], h)

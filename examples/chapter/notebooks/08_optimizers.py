# %% [markdown]
# # 8. Optimizers
#
# Momentum keeps the speed of earlier steps: $v' = \mu v - \eta g$, $w' = w + v'$. Adam divides by
# the size of earlier gradients.

# %%
import numpy as np
from checking import check, far, function, near, number

from skfnn import FNNRegressor
from skfnn.optimizers import SGD, Adam

SEED = 1  # another number gives other exercises

rng = np.random.default_rng(SEED)
eta, mu = float(rng.choice([0.1, 0.05, 0.02])), float(rng.choice([0.5, 0.8, 0.9]))
w, v, g = rng.normal(size=(3, 4))
print("eta:", eta, " mu:", mu)

# %% [markdown]
# ## Exercise 1
#
# Write one step of momentum as a function `step(w, v, g)` that returns the new `w` and the new
# `v`, with the numbers printed above.

# %%
# solution
step = lambda w, v, g: (w + mu * v - eta * g, mu * v - eta * g)  # noqa: E731
# end
new_v = mu * v - eta * g
check(
    "step",
    step,
    function(),
    (lambda f: np.shape(f(w, v, g)) == (2, 4), "It has to return two arrays: the new w and v."),
    (lambda f: far([w - eta * g, v])(f(w, v, g)), "That is a step without momentum."),
    (lambda f: far([w + v, new_v])(f(w, v, g)),
     "The weights move by the new v, not by the old one."),
    (lambda f: far([w + mu * v + eta * g, mu * v + eta * g])(f(w, v, g)),
     "The sign is reversed: steps go against the gradient."),
    (lambda f: near([w + new_v, new_v])(f(w, v, g)), "First the new v by the formula, then w + v."),
)  # fmt: skip

# %% [markdown]
# ## Exercise 2
#
# A weight has the gradient 100 in the first step of training. By how much does Adam move it, with
# the rate `eta` printed above? Answer with the size of the step.

# %%
# solution
size = eta
# end
check(
    "size of the step",
    size,
    number(),
    (far(100 * eta), "That is the step of SGD. Adam divides by the size of the gradient."),
    (far(0.1 * eta), "m and v start at 0; the factor in Adam's formula makes up for it."),
    (near(eta), "In the first step m / sqrt(v) is 1 or -1 after the correction."),
)

# %% [markdown]
# skfnn agrees: a network of one weight, one row, one step.


# %%
def moved(solver):
    """Return by how much one step moves a weight of 0 whose gradient is 100."""
    unit = FNNRegressor.from_weights([[[0.0]]], [[0.0]], solver=solver, alpha=0, dtype="float64")
    unit.partial_fit([[10.0]], [-10.0])
    return abs(float(unit.coefs_[0][0, 0]))


print("Adam:", moved(Adam(eta)), " SGD:", moved(SGD(eta, momentum=0)))
assert np.isclose(moved(Adam(eta)), eta)

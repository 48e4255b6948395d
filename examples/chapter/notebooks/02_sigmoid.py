# %% [markdown]
# # 2. The sigmoid unit and the likelihood
#
# The sigmoid function $\sigma(h) = 1 / (1 + e^{-h})$ can be differentiated: $\sigma'(h) =
# \sigma(h)\,(1 - \sigma(h))$. A unit with it learns by gradient descent to the smallest
# cross-entropy, which is logistic regression.

# %%
import numpy as np
from checking import check, far, function, near, number

SEED = 1  # another number gives other exercises

rng = np.random.default_rng(SEED)
g = float(rng.choice([0.1, 0.2, 0.3, 0.7, 0.8, 0.9]))
X = np.column_stack([rng.normal(size=(40, 2)), np.ones(40)])  # the last weight is the bias
y = (X[:, 0] + 0.5 * rng.normal(size=40) > 0).astype(float)
print("output of the unit:", g)

# %% [markdown]
# ## Exercise 1
#
# A sigmoid unit puts out the number printed above. How large is the derivative of the sigmoid
# function at that place?

# %%
# solution
slope = g * (1 - g)
# end
check(
    "slope",
    slope,
    number(),
    (far(0.25), "That is its largest value, which it has where the output is 1/2."),
    (far(1 - g**2), "That is the derivative of tanh."),
    (near(g * (1 - g)), "The output is all that the derivative needs: see the formula above."),
)

# %% [markdown]
# ## Exercise 2
#
# Write a function `gradient(w, X, y)` that returns the derivative of the cross-entropy, summed
# over the rows, by the weights `w`.

# %%
# solution
gradient = lambda w, X, y: X.T @ (1 / (1 + np.exp(-(X @ w))) - y)  # noqa: E731
# end
w = rng.normal(size=3)
right = X.T @ (1 / (1 + np.exp(-(X @ w))) - y)
check(
    "gradient",
    gradient,
    function(),
    (lambda f: np.shape(f(w, X, y)) == (3,), "It has to return as many numbers as `w` has."),
    (lambda f: far(-right)(f(w, X, y)), "The sign is reversed: the error is output minus target."),
    (
        lambda f: far(right / 40)(f(w, X, y)),
        "That is the mean over the rows. The sum is asked for.",
    ),
    (lambda f: near(right)(f(w, X, y)), "Each row adds its error times its inputs."),
)

# %% [markdown]
# Gradient descent with it finds the weights of logistic regression.

# %%
for _ in range(2000):
    w = w - 0.05 * X.T @ (1 / (1 + np.exp(-(X @ w))) - y)
print("weights:", w.round(2))
assert abs(X.T @ (1 / (1 + np.exp(-(X @ w))) - y)).max() < 1e-3

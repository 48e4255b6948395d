# %% [markdown]
# # 13. Small data and uncertainty
#
# A prediction should say how sure it is. Two quantiles bound an interval; held-out rows show how
# wide an interval has to be.

# %%
import numpy as np
from checking import check, far, near, number, numbers

from skfnn import FNNRegressor
from skfnn.losses import Quantiles

SEED = 1  # another number gives other exercises

rng = np.random.default_rng(SEED)
coverage = float(rng.choice([0.5, 0.6, 0.7, 0.8]))
errors = np.sort(np.abs(rng.normal(size=19)).round(2) + 0.01 * np.arange(19))
print("coverage:", coverage)
print("absolute errors of 19 held-out rows:", errors.round(2))

# %% [markdown]
# ## Exercise 1
#
# Which two quantiles bound an interval of the coverage printed above, with as many rows above it
# as below? Answer as `(low, high)`.

# %%
# solution
bounds = ((1 - coverage) / 2, (1 + coverage) / 2)
# end
check(
    "quantiles",
    bounds,
    numbers(2),
    (lambda a: a[0] < a[1], "The lower one comes first."),
    (far((0, coverage)), "Nothing lies below it: share what lies outside between both sides."),
    (far((1 - coverage, coverage)), "That leaves out twice as many rows as wanted."),
    (near(((1 - coverage) / 2, (1 + coverage) / 2)), "Half of what lies outside is on each side."),
)

# %% [markdown]
# ## Exercise 2
#
# An interval "prediction plus or minus q" shall hold a new row with probability 0.9. With n
# held-out rows, conformal prediction takes the k-th smallest of their absolute errors, with k = 0.9
# (n + 1), rounded up. Answer with q for the errors printed above.

# %%
# solution
q = float(errors[int(np.ceil(0.9 * 20)) - 1])
# end
check(
    "q",
    q,
    number(),
    (far(errors[-1]), "That is the largest error: more than 0.9 asks for."),
    (far(errors.mean()), "The mean says nothing about a share of rows."),
    (far(errors[16]), "Count from the (n + 1) in the formula, and from 1."),
    (near(errors[17]), "With n = 19 it is one of the two largest errors."),
)

# %% [markdown]
# One network learns both quantiles:

# %%
x = rng.uniform(-1, 1, (1000, 1))
target = x[:, 0] + (0.2 + 0.2 * abs(x[:, 0])) * rng.standard_normal(1000)
model = FNNRegressor(
    (20,), "tanh", loss=Quantiles([0.1, 0.9]), learning_rate="cosine", learning_rate_init=0.02,
    max_iter=60, tol=0, n_iter_no_change=60, random_state=0,
).fit(x, target)  # fmt: skip
low, high = model.predict_interval(x, coverage=0.8).T
inside = np.mean((low <= target) & (target <= high))
print("share inside:", inside.round(2))
assert 0.75 < inside < 0.85

# %% [markdown]
# # 7. Losses
#
# The loss says what an error costs. Huber's loss is squared within a range `delta`, and linear
# outside of it: $\frac{1}{2} r^2$, or $\delta\,(|r| - \frac{1}{2} \delta)$.

# %%
import numpy as np
from checking import check, far, function, near

from skfnn import FNNRegressor
from skfnn.losses import Huber

SEED = 1  # another number gives other exercises

rng = np.random.default_rng(SEED)
delta = float(rng.choice([0.5, 1.5, 2.0]))
r = np.linspace(-5, 5, 21)
print("delta:", delta)

# %% [markdown]
# ## Exercise 1
#
# Write Huber's loss as a function `huber(r, delta)` of an array `r` of errors.

# %%
# solution
huber = lambda r, delta: np.where(abs(r) <= delta, r**2 / 2, delta * (abs(r) - delta / 2))  # noqa: E731
# end
right = Huber(delta=delta).value(np.zeros((21, 1)), r[:, None])
check(
    "Huber",
    huber,
    function(),
    (lambda f: np.shape(f(r, delta)) == (21,),
     "It has to work on an array: `np.where` chooses entry by entry."),
    (lambda f: far(r**2 / 2)(f(r, delta)),
     "That is the squared error. Outside of delta it is linear."),
    (lambda f: far(np.where(abs(r) <= delta, r**2 / 2, delta * abs(r)))(f(r, delta)),
     "The two pieces do not meet at delta: something has to be subtracted outside."),
    (lambda f: near(right)(f(r, delta)), "Compare with the formula, within delta and outside."),
)  # fmt: skip

# %% [markdown]
# ## Exercise 2
#
# A sigmoid output that is wrong and sure of it has a probability `p` near 0 for class 1. By the
# squared error $(p - 1)^2 / 2$ its gradient is $(p - 1)\,p\,(1 - p)$. Which is it by the
# cross-entropy? Write it as a function of `p`.

# %%
# solution
slope = lambda p: p - 1  # noqa: E731
# end
grid = np.linspace(0.01, 0.99, 9)
check(
    "slope",
    slope,
    function(),
    (lambda f: far((grid - 1) * grid * (1 - grid))(f(grid)),
     "That is the one of the squared error: it fades where p is near 0."),
    (lambda f: far(-1 / grid)(f(grid)),
     "That is the derivative by p. Go on to the sum h: times p (1 - p)."),
    (lambda f: far(1 - grid)(f(grid)), "The sign is reversed: probability minus target."),
    (lambda f: near(grid - 1)(f(grid)), "Differentiate -log(p), and remember p' = p (1 - p)."),
)  # fmt: skip

# %% [markdown]
# With outliers, one row in fifteen, Huber's loss follows the curve:

# %%
x = rng.uniform(-2, 2, (300, 1))
truth = np.sin(2 * x[:, 0])
y = truth + 0.1 * rng.standard_normal(300)
y[::15] += 6
for loss in ("squared_error", Huber(delta=0.3)):
    model = FNNRegressor((30,), "tanh", loss=loss, solver="lbfgs", alpha=0.1, max_iter=1000,
                         tol=1e-3, random_state=0)  # fmt: skip
    print(loss, abs(model.fit(x, y).predict(x) - truth).mean().round(2))

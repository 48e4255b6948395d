"""
Error bars that widen off the data
==================================

With ``solver="lm"`` and ``alpha="bayes"`` a network finds its own weight decay and the noise, and
knows how unsure its weights are.

What to see: the band follows the noise where points are, and opens in the gap and beyond the ends,
where many curves would fit. On the right, the strength of the evidence for each width: it says how
many units are enough, without a row held out, and larger networks lose little.
"""

import matplotlib.pyplot as plt
import numpy as np

from skfnn import FNNRegressor

# %%

rng = np.random.default_rng(1)
x = np.concatenate([rng.uniform(-3, -0.5, 40), rng.uniform(1, 3, 40)])
y = np.sin(1.5 * x) + 0.15 * rng.normal(size=80)
settings = {"activation": "tanh", "solver": "lm", "alpha": "bayes", "max_iter": 1000}
model = FNNRegressor((8,), random_state=0, **settings).fit(x[:, None], y)
grid = np.linspace(-5, 5, 400)
mean, std = model.predict(grid[:, None], return_std=True)
sure = model.epistemic_std(grid[:, None])
print(f"noise {model.noise_variance_**0.5:.3f} (drawn with 0.15)")
print(f"{model.n_effective_parameters_:.1f} of {25} parameters are determined by the data")

widths = [1, 2, 3, 4, 6, 10, 16]
evidence = [
    FNNRegressor((n,), random_state=0, **settings).fit(x[:, None], y).log_marginal_likelihood_
    for n in widths
]

# %%

fig, (left, right) = plt.subplots(
    1, 2, figsize=(10.5, 4.2), width_ratios=(1.7, 1), layout="constrained"
)
left.fill_between(grid, mean - 2 * std, mean + 2 * std, color="#56B4E9", alpha=0.35, lw=0,
                  label="noise and weights, two deviations")  # fmt: skip
left.fill_between(grid, mean - 2 * sure, mean + 2 * sure, color="#0072B2", alpha=0.45, lw=0,
                  label="weights alone")  # fmt: skip
left.plot(grid, mean, color="#D55E00", label="prediction")
left.plot(x, y, ".", color="0.3")
left.set(xlabel="$x$", ylabel="$y$", xlim=(-5, 5), ylim=(-4, 4), title="Unsure where no data is")
left.legend(loc="upper right")
right.plot(widths, evidence, "o-")
right.set(xlabel="hidden units", ylabel="log of the evidence", title="How wide it should be")
plt.show()

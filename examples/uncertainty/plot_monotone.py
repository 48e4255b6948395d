"""
Predictions that do not fall
============================

With ``monotonic_cst=[1]`` a network is monotone by construction, whatever noise the data has.

What to see: on the left, the free network bends with the noise of few points, and beyond the last
one it goes wherever it was heading; the held one has its steps and its plateaus and nothing that
falls. On the right, three quantiles that do not fall either, nor cross, while their distance
shrinks.
"""

import matplotlib.pyplot as plt
import numpy as np

from skfnn import FNNRegressor
from skfnn.losses import Quantiles

# %%

rng = np.random.default_rng(3)
x = np.sort(rng.uniform(-2, 2, 50))[:, None]
y = np.tanh(4 * x[:, 0] + 3) + np.tanh(6 * x[:, 0] - 6) + 0.5 * rng.normal(size=50)
grid = np.linspace(-2.8, 2.8, 400)[:, None]
settings = {"hidden_layer_sizes": (40, 40), "solver": "lbfgs", "alpha": 0.02, "max_iter": 2000}
free = FNNRegressor(random_state=0, **settings).fit(x, y).predict(grid)
held = FNNRegressor(monotonic_cst=[1], random_state=0, **settings).fit(x, y).predict(grid)
for name, curve in (("free", free), ("held", held)):
    print(f"{name}: {np.mean(np.diff(curve) < 0):.0%} of the steps fall")

u = rng.uniform(0, 1, (1500, 1))
v = 2 * u[:, 0] + (1.1 - u[:, 0]) * rng.normal(size=1500)
levels = [0.1, 0.5, 0.9]
model = FNNRegressor((32,), "tanh", loss=Quantiles(levels), monotonic_cst=[1],
                     learning_rate_init=0.01, tol=1e-3, random_state=0).fit(u, v)  # fmt: skip
line = np.linspace(0, 1, 200)[:, None]
curves = model.predict_quantiles(line, levels)

# %%

fig, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.2), layout="constrained")
left.plot(x, y, "o", color="0.6", markersize=4)
left.plot(grid, free, color="C1", label="free")
left.plot(grid, held, color="C0", linewidth=2.5, label="held")
left.set(title="Fifty noisy points", xlabel="x", ylim=(y.min() - 0.5, y.max() + 0.5))
left.legend()
right.plot(u, v, ".", color="0.8", markersize=3)
right.plot(line, curves, color="C0")
right.set(title="Quantiles 0.1, 0.5, 0.9", xlabel="x")
plt.show()

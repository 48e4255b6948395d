"""
Pictures of a fitted network
============================

Three displays draw any fitted network: its learning curves, its units and weights, and its first
weights as images or bars.

What to see: on the left, loss and accuracy of a network that reads handwritten digits; the dot is
the epoch that early stopping has kept. On the right, the weights that lead to its 16 first units,
as images: each unit looks for its own pattern of strokes.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits, load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier
from skfnn.inspection import LossCurveDisplay, NetworkDisplay, WeightsDisplay

# %%

X, y = load_digits(return_X_y=True)
network = FNNClassifier(
    (16,),
    metrics=["accuracy"],
    early_stopping=True,
    scoring="loss",
    learning_rate_init=0.01,
    random_state=0,
).fit(X / 16, y)
print(f"epochs: {network.n_iter_}, validation accuracy: "
      f"{network.history_['val_accuracy'].iloc[-1]:.3f}")  # fmt: skip

figure = plt.figure(figsize=(11, 4.2), layout="constrained")
curves, images = figure.subfigures(1, 2, width_ratios=(1.4, 1))
LossCurveDisplay.from_estimator(network, ax=curves.subplots(1, 2))
WeightsDisplay.from_estimator(network, image_shape=(8, 8), ax=images.subplots())
plt.show()

# %%
# A smaller network, unit by unit: red weights are positive, blue ones negative.

X, y = load_iris(return_X_y=True, as_frame=True)
small = make_pipeline(
    StandardScaler(), FNNClassifier((6, 5), "tanh", solver="lbfgs", alpha=1, random_state=0)
).fit(X, y)
NetworkDisplay.from_estimator(small, class_names=load_iris().target_names)
plt.show()

# %% [markdown]
# # 10. Dropout
#
# A large network learns few rows by heart, noise included: it overfits. Dropout leaves out a
# random part of the units in each step of training.

# %%
import numpy as np
from checking import check, far, near, number
from sklearn.datasets import make_moons

from skfnn import FNNClassifier

SEED = 1  # another number gives other exercises

p = float(np.random.default_rng(SEED).choice([0.1, 0.2, 0.3, 0.4]))
X, y = make_moons(1200, noise=0.35, random_state=0)
X, X_val, y, y_val = X[:100], X[100:], y[:100], y[100:]


def validation_loss(rate):
    """Return the loss on new rows after 100 epochs with dropout."""
    network = FNNClassifier(
        (64, 64), dropout=rate, alpha=0, learning_rate_init=0.005, batch_size=20, random_state=0
    )
    for _ in range(100):
        network.partial_fit(X, y, classes=[0, 1])
    return network.evaluate(X_val, y_val)["loss"]


plain = validation_loss(0.0)
print("share that is dropped:", p)
print("loss without dropout:", round(plain, 2))

# %% [markdown]
# ## Exercise 1
#
# A layer is trained with the dropout printed above, and nothing is scaled in training, as in the
# chapter. By which number are its weights multiplied at prediction?

# %%
# solution
factor = 1 - p
# end
check(
    "factor",
    factor,
    number(),
    (far(p), "That is the share that is dropped. The factor is the share that is kept."),
    (far(1 / (1 - p)), "That is the factor in training, where nothing is scaled at prediction."),
    (far(1), "All units take part at prediction: their sum would be too large."),
    (near(1 - p), "Which share of the units takes part in a step of training?"),
)

# %% [markdown]
# ## Exercise 2
#
# Choose a dropout rate with which the loss on new rows is at least a tenth lower than without.

# %%
# solution
rate = 0.4
# end
check(
    "rate",
    rate,
    number(),
    (lambda a: 0 <= a < 1, "A rate is a share: at least 0 and less than 1."),
    (lambda a: a > 0, "That is no dropout at all."),
    (lambda a: validation_loss(a) < 0.9 * plain, "The loss is not low enough: try another rate."),
)

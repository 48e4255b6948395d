# %% [markdown]
# # 15. Looking inside
#
# What has a network learned? Its first weights are patterns, its hidden units respond to parts of
# the input, and an autoencoder finds a short code for each row.

# %%
import numpy as np
from checking import check, numbers, whole
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from skfnn import FNNAutoencoder, FNNClassifier

SEED = 1  # another number gives other exercises

rng = np.random.default_rng(SEED)
n_units, digit = int(rng.integers(10, 25)), int(rng.integers(10))
X, y = load_digits(return_X_y=True)
X = X / 16
network = FNNClassifier((n_units,), learning_rate_init=0.01, tol=1e-3, random_state=0).fit(X, y)
print("accuracy:", round(network.score(X, y), 2))
print("hidden units:", n_units, " digit:", digit)

# %% [markdown]
# ## Exercise 1
#
# The images have 8 x 8 pixels, and the number of hidden units is printed above. Which shape has
# the matrix of the first weights? Answer as `(rows, columns)`.

# %%
# solution
shape = (64, n_units)
# end
check(
    "shape",
    shape,
    numbers(2),
    (lambda a: tuple(a) != (n_units, 64), "A row for each input, a column for each hidden unit."),
    (lambda a: a[0] != 8, "The image is made flat: each of its pixels is an input."),
    (lambda a: a[1] == n_units, "It has a column for each hidden unit."),
    (lambda a: tuple(a) == (64, n_units), "It has a row for each pixel."),
)

# %% [markdown]
# ## Exercise 2
#
# Which hidden unit, counted from 0, has the highest mean activation for images of the digit
# printed above? `hidden_activations` returns a list with one array for each hidden layer.

# %%
# solution
unit = int(network.hidden_activations(X[y == digit])[0].mean(axis=0).argmax())
# end
means = network.hidden_activations(X[y == digit])[0].mean(axis=0)
everywhere = network.hidden_activations(X)[0].mean(axis=0).argmax()
check(
    "unit",
    unit,
    whole(0, n_units - 1),
    (lambda a: a != means.argmin(), "That is the one with the lowest."),
    (lambda a: a != everywhere or a == means.argmax(), "Take the images of this digit only."),
    (
        lambda a: a == means.argmax(),
        "Take the mean over the images, then the largest of the units.",
    ),
)

# %% [markdown]
# An autoencoder with a code of 8 numbers, against as many principal components:

# %%
coder = FNNAutoencoder(
    (64, 8), ["relu", "identity"], learning_rate_init=0.005, max_iter=100, tol=0.05, random_state=0
).fit(X)
pca = PCA(8).fit(X)
lost = np.mean((X - pca.inverse_transform(pca.transform(X))) ** 2)
print("lost by the autoencoder:", coder.reconstruction_error(X).mean().round(4))
print("lost by PCA:", lost.round(4))
assert coder.reconstruction_error(X).mean() < lost

# %% [markdown]
# # 9. Looking inside
#
# What has a network learned? Its first weights are patterns, its hidden units respond to parts of
# the input, and an autoencoder finds a short code for each row.

# %%
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from skfnn import FNNAutoencoder, FNNClassifier


def check(name, answer, right):
    """Say whether an answer is right; ``right`` is a function of it."""
    if answer is ...:
        print(f"{name}: not answered yet")
    else:
        print(f"{name}: {'right' if right(answer) else 'not yet right'}")


X, y = load_digits(return_X_y=True)
X = X / 16
network = FNNClassifier((16,), learning_rate_init=0.01, tol=1e-3, random_state=0).fit(X, y)
print(f"accuracy {network.score(X, y):.2f}")

# %% [markdown]
# ## Exercise 1
#
# The images have 8 x 8 pixels, and there are 16 hidden units. Which shape has the matrix of the
# first weights? Answer as `(rows, columns)`.

# %%
# solution
shape = (64, 16)
# end
check("shape", shape, lambda a: a == network.coefs_[0].shape)

# %% [markdown]
# ## Exercise 2
#
# Which hidden unit has the highest mean activation for images of a zero? `hidden_activations`
# returns a list with one array for each hidden layer.

# %%
# solution
unit = int(network.hidden_activations(X[y == 0])[0].mean(axis=0).argmax())
# end
means = network.hidden_activations(X[y == 0])[0].mean(axis=0)
check("unit", unit, lambda a: means[a] == means.max())

# %% [markdown]
# An autoencoder with a code of 8 numbers, against as many principal components:

# %%
coder = FNNAutoencoder(
    (64, 8), ["relu", "identity"], learning_rate_init=0.005, max_iter=100, tol=1e-3, random_state=0
).fit(X)
pca = PCA(8).fit(X)
lost = np.mean((X - pca.inverse_transform(pca.transform(X))) ** 2)
print(f"lost by the autoencoder: {coder.reconstruction_error(X).mean():.4f}, by PCA: {lost:.4f}")
assert coder.reconstruction_error(X).mean() < lost

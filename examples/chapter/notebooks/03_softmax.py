# %% [markdown]
# # 3. Softmax
#
# Softmax turns the sums of the output layer into probabilities: $\hat y_k = e^{h_k} / \sum_j
# e^{h_j}$. They are positive and sum to 1.

# %%
import numpy as np
from checking import check, far, near, numbers

SEED = 1  # another number gives other exercises


def softmax(h):
    """Return the probabilities of the classes."""
    e = np.exp(np.asarray(h) - np.max(h))
    return e / e.sum()


rng = np.random.default_rng(SEED)
parts = rng.permutation([1, 2, 3])
wanted = parts / 6
scores = rng.integers(-2, 3, 3).astype(float)
right_class = int(rng.integers(3))
print("probabilities:", wanted.round(3))
print("sums:", scores, " right class:", right_class)

# %% [markdown]
# ## Exercise 1
#
# Which three sums does softmax turn into the probabilities printed above? There is more than one
# answer.

# %%
# solution
sums = np.log(wanted)
# end
check(
    "sums",
    sums,
    numbers(3),
    (lambda a: far(wanted)(a) and far(parts)(a),
     "Softmax raises e to the power of each sum: undo that first."),
    (lambda a: not near(wanted)(softmax(-np.asarray(a))), "The signs are reversed."),
    (lambda a: near(wanted)(softmax(a)), "What is the logarithm of each probability?"),
)  # fmt: skip

# %% [markdown]
# ## Exercise 2
#
# For the sums and the right class printed above: write the derivative of the cross-entropy by the
# three sums.

# %%
# solution
delta = softmax(scores) - np.eye(3)[right_class]
# end
p = softmax(scores)
check(
    "derivative",
    delta,
    numbers(3),
    (far(np.eye(3)[right_class] - p), "The sign is reversed: probability minus one-hot target."),
    (far(p), "These are the probabilities. What happens in the place of the right class?"),
    (lambda a: np.isclose(np.sum(a), 0, atol=1e-6), "The three numbers have to sum to 0."),
    (near(p - np.eye(3)[right_class]), "It is the error: probability minus one-hot target."),
)

# %%
from skfnn import FNNClassifier  # noqa: E402

network = FNNClassifier.from_weights([np.eye(3)], [np.zeros(3)])
print("skfnn:", network.predict_proba([scores]).round(3))
assert np.allclose(network.predict_proba([scores])[0], p)

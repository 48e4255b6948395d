"""
The threshold unit and linear separability
==========================================

McCulloch and Pitts' unit adds up its weighted inputs and fires where the sum passes a threshold.
It divides the plane by a straight line, which is enough for OR and AND. No line separates the two
classes of XOR: that takes a second layer.

What to see: the first two panels show one unit each, with weights set by hand; the third a network
of three; on the right, the perceptron rule makes no more mistakes after a few epochs on AND and OR,
and goes round for ever on XOR.
"""

import matplotlib.pyplot as plt
import numpy as np

from skfnn import FNNClassifier

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
tables = {"OR": [0, 1, 1, 1], "AND": [0, 0, 0, 1], "XOR": [0, 1, 1, 0]}

# %%
# Weights set by hand. A unit fires where :math:`x_1 + x_2` is above 1/2 (OR) or 3/2 (AND). XOR is
# "OR, but not AND": two hidden threshold units, and a third that takes the difference.

networks = {
    "OR": FNNClassifier.from_weights([[[1], [1]]], [[-0.5]], loss="perceptron"),
    "AND": FNNClassifier.from_weights([[[1], [1]]], [[-1.5]], loss="perceptron"),
    "XOR": FNNClassifier.from_weights(
        [[[1, 1], [1, 1]], [[1], [-1]]], [[-0.5, -1.5], [-0.5]], "threshold", loss="perceptron"
    ),
}
for name, network in networks.items():
    print(f"{name:3} of 00, 01, 10, 11: {network.predict(X)}")
    assert network.predict(X).tolist() == tables[name]

# %%
# The perceptron rule: after each row that is wrong, add it to the weights (class 1) or subtract it.
# This is stochastic gradient descent on the perceptron loss, one row at a time.

epochs = 20
mistakes = {}
for name, y in tables.items():
    unit = FNNClassifier(
        (),
        loss="perceptron",
        solver="sgd",
        momentum=0,
        learning_rate_init=0.1,
        alpha=0,
        batch_size=1,
        random_state=2,
    )
    mistakes[name] = [
        int((unit.partial_fit(X, y, classes=[0, 1]).predict(X) != y).sum()) for _ in range(epochs)
    ]
    print(f"perceptron rule on {name:3}: mistakes after each epoch {mistakes[name]}")

# %%

fig, axes = plt.subplots(
    1, 4, figsize=(11, 3.1), width_ratios=(1, 1, 1, 1.35), layout="constrained"
)
x1, x2 = np.meshgrid(np.linspace(-0.5, 1.5, 300), np.linspace(-0.5, 1.5, 300))
titles = ("OR: one line", "AND: one line", "XOR: two layers")
for ax, (name, network), title in zip(axes, networks.items(), titles, strict=False):
    fires = network.predict(np.column_stack([x1.ravel(), x2.ravel()])).reshape(x1.shape)
    ax.contourf(x1, x2, fires, [-0.5, 0.5, 1.5], colors=["#F0E6DC", "#BBD9EC"])
    y = np.array(tables[name])
    ax.plot(*X[y == 1].T, "o", color="#0072B2", ms=11, label="1")
    ax.plot(*X[y == 0].T, "o", color="#D55E00", mfc="white", mew=2.5, ms=10, label="0")
    ax.set(xlabel="$x_1$", xticks=[0, 1], yticks=[0, 1], aspect="equal", title=title)
axes[0].set_ylabel("$x_2$")
axes[0].legend(loc="upper left", fontsize=9, handletextpad=0.1, borderaxespad=0.1)

looks = {"OR": ("#009E73", "-"), "AND": ("#E69F00", "--"), "XOR": ("#D55E00", "-")}
for name, (color, style) in looks.items():
    axes[3].plot(range(1, epochs + 1), mistakes[name], style, color=color, marker="o", ms=4,
                 label=name)  # fmt: skip
axes[3].set(
    xlabel="epoch",
    ylabel="mistakes in 4 rows",
    ylim=(-0.15, 4.9),
    yticks=range(5),
    xticks=[1, 5, 10, 15, 20],
    title="The perceptron rule",
)
axes[3].legend(fontsize=9, ncols=3, loc="upper right")
plt.show()

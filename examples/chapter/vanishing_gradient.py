"""The vanishing gradient: why deep sigmoid networks did not learn, and two ways out.

784 -> 128 -> 128 -> 128 -> 128 -> 10, trained three times on handwritten digits in batches of 200:

1. sigmoid units, stochastic gradient descent (rate 0.01, no momentum), five epochs,
2. ReLU units, the same descent,
3. sigmoid units, Adam.

Backpropagation multiplies, layer by layer, by the derivative of the activation. That of the sigmoid
is at most 1/4, that of ReLU is 1 wherever a unit is active. So the gradient that reaches the first
layer of the first network is orders of magnitude smaller than that of the last layer, and a step of
rate 0.01 along it changes nothing: the network stays at guessing the most frequent digit. ReLU
passes the gradient on and learns by the same steps. Adam divides each component of the gradient by
its own recent size, so that small gradients lead to steps of the same size as large ones, and
even the sigmoid network learns.

The published test accuracies on MNIST (Keras) are .113 (the share of the most frequent digit), .92
and .959. What to see below: the norm of the gradient by layer before training, and the three
accuracies.
"""

import warnings

import numpy as np
import pandas as pd
from _mnist import load
from sklearn.exceptions import ConvergenceWarning

from skfnn import FNNClassifier
from skfnn.layers import Dense, Flatten
from skfnn.optimizers import SGD, Adam

BATCH_SIZE, EPOCHS = 200, 5
NETWORKS = {
    "sigmoid, SGD": ("sigmoid", SGD(learning_rate=0.01, momentum=0.0), 0.113),
    "ReLU, SGD": ("relu", SGD(learning_rate=0.01, momentum=0.0), 0.92),
    "sigmoid, Adam": ("sigmoid", Adam(), 0.959),
}


def network(activation, solver, epochs):
    """Four hidden layers of 128 units; trains for so many epochs and does not stop before."""
    return FNNClassifier(
        hidden_layers=[Flatten(), *(Dense(128, activation) for _ in range(4))],
        solver=solver,
        batch_size=BATCH_SIZE,
        max_iter=epochs,
        n_iter_no_change=np.inf,
        random_state=0,
    )


def gradient_norms(activation, digits):
    """Norm of the gradient by each layer's weights, before training, on one batch."""
    X, y = digits.X[:BATCH_SIZE], digits.y[:BATCH_SIZE]
    start = network(activation, SGD(learning_rate=1e-300), 1).partial_fit(X, y, classes=range(10))
    return [np.linalg.norm(gradient) for gradient in start.loss_gradient(X, y).coefs]


def train(name, digits):
    """Train one of the three networks."""
    activation, solver, _ = NETWORKS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # so many epochs, and no more
        model = network(activation, solver, digits.epochs(EPOCHS, BATCH_SIZE))
        return model.fit(digits.X, digits.y)


def main():
    digits = load()
    epochs = digits.epochs(EPOCHS, BATCH_SIZE)
    if not digits.is_mnist:
        print(
            f"{epochs} epochs instead of {EPOCHS}, because the data is that much smaller: as many "
            "steps."
        )
    norms = pd.DataFrame(
        {name: gradient_norms(name, digits) for name in ("sigmoid", "relu")},
        index=pd.Index(["1", "2", "3", "4", "output"], name="layer"),
    )
    print(
        "\nNorm of the gradient before training\n" + norms.to_string(float_format="{:.1e}".format)
    )

    largest = np.bincount(digits.y_test).max() / len(digits.y_test)
    print(f"\nTest accuracy (guessing one digit reaches {largest:.3f})")
    print(f"{'network':15}{digits.name:>24}{'published, MNIST':>20}")
    for name, (_, _, published) in NETWORKS.items():
        score = train(name, digits).score(digits.X_test, digits.y_test)
        print(f"{name:15}{score:>24.3f}{published:>20.3f}")


if __name__ == "__main__":
    main()

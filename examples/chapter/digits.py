"""A network with one hidden layer reads handwritten digits.

784 -> 128 ReLU -> 10 softmax: an image of 28 x 28 pixels is flattened into 784 numbers, 128 hidden
units look for patterns in them, and ten outputs, one a digit, share the probability. The network is
trained by Adam on batches of 200 images for three epochs, while a tenth of the training images is
held out to follow the loss on images that it does not learn from. In Keras:

    model = Sequential([Flatten(), Dense(128, activation="relu"), Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, y, batch_size=200, epochs=3, validation_split=0.1)

The published test accuracy on MNIST is .958. What to see below: both losses fall together, so the
network has learned digits and not the training images; and most mistakes are between digits that
look alike.
"""

import warnings

import numpy as np
import pandas as pd
from _mnist import load
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skfnn import FNNClassifier
from skfnn.layers import Dense, Flatten

PUBLISHED = 0.958
BATCH_SIZE, EPOCHS, VALIDATION = 200, 3, 0.1


def network(epochs):
    """The network; it trains for so many epochs and does not stop before."""
    return FNNClassifier(
        hidden_layers=[Flatten(), Dense(128, "relu")],
        solver="adam",
        batch_size=BATCH_SIZE,
        max_iter=epochs,
        n_iter_no_change=np.inf,
        metrics=["accuracy"],
        random_state=0,
    )


def train(digits):
    """Train on nine tenths of the training images, with the others as validation data."""
    X, X_val, y, y_val = train_test_split(
        digits.X, digits.y, test_size=VALIDATION, stratify=digits.y, random_state=0
    )
    epochs = digits.epochs(EPOCHS, BATCH_SIZE, 1 - VALIDATION)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # so many epochs, and no more
        return network(epochs).fit(X, y, X_val=X_val, y_val=y_val)


def confusions(model, digits, n=3):
    """The n most frequent mistakes on the test images."""
    predicted = model.predict(digits.X_test)
    wrong = predicted != digits.y_test
    pairs = pd.DataFrame({"digit": digits.y_test[wrong], "read as": predicted[wrong]})
    return pairs.value_counts().head(n).reset_index(name="times")


def main():
    digits = load()
    model = train(digits)
    print(model.summary().to_string(), "\n")
    if not digits.is_mnist:
        print(
            f"{model.n_iter_} epochs instead of {EPOCHS}, because the data is that much smaller: "
            "about as many steps.\n"
        )
    shown = model.history_.drop(columns=["learning_rate", "seconds"])
    print(shown.iloc[np.unique(np.linspace(0, len(shown) - 1, 6).astype(int))].round(4), "\n")
    print("The most frequent mistakes\n", confusions(model, digits).to_string(index=False), "\n")
    print(f"test accuracy on {digits.name}: {model.score(digits.X_test, digits.y_test):.3f}")
    print(f"published, on MNIST (Keras): {PUBLISHED:.3f}")


if __name__ == "__main__":
    main()

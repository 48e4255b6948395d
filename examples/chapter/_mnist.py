"""The handwritten digits of the chapter's examples: MNIST where it can be had, else a small set.

MNIST (28 x 28 pixels, 60,000 + 10,000 images) comes from OpenML by
:func:`sklearn.datasets.fetch_openml`. Where that fails, scikit-learn's digits take its place: 8 x 8
pixels, 1,797 images. Those are 40 times fewer, so the examples train for more epochs on them, to
about as many steps.
"""

import socket
import warnings
from dataclasses import dataclass
from http.client import HTTPException
from math import ceil

import numpy as np
from sklearn.datasets import fetch_openml, load_digits
from sklearn.model_selection import train_test_split

MNIST_ROWS = 60_000


@dataclass
class Digits:
    """Images with pixels in [0, 1], (n, h, w), and their digits.

    ``X``, ``y`` are for training, ``X_test``, ``y_test`` for the test.
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray

    @property
    def is_mnist(self):
        """Whether published results on MNIST can be compared with."""
        return len(self.X) == MNIST_ROWS

    def epochs(self, on_mnist, batch_size, share=1.0):
        """Epochs that take as many steps as ``on_mnist`` epochs of MNIST do.

        ``share`` is the share of the rows that is trained on.
        """
        rows, mnist_rows = share * len(self.X), share * MNIST_ROWS
        return ceil(on_mnist * ceil(mnist_rows / batch_size) / ceil(rows / batch_size))


def small_digits():
    """scikit-learn's digits, a quarter of them for the test."""
    data = load_digits()
    X, X_test, y, y_test = train_test_split(
        (data.images / 16).astype(np.float32), data.target, stratify=data.target, random_state=0
    )
    return Digits("scikit-learn's digits", X, y, X_test, y_test)


def mnist(timeout=5.0):
    """MNIST from scikit-learn's cache or from OpenML; an error of the network if neither has it.

    Each answer of the network is waited for ``timeout`` seconds.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(timeout)
    try:
        images, digits = fetch_openml(
            "mnist_784",
            version=1,
            return_X_y=True,
            as_frame=False,
            parser="pandas",
            n_retries=1,
            delay=0.1,
        )
    finally:
        socket.setdefaulttimeout(before)
    X, y = images.astype(np.float32).reshape(-1, 28, 28) / 255, digits.astype(int)
    return Digits("MNIST", X[:MNIST_ROWS], y[:MNIST_ROWS], X[MNIST_ROWS:], y[MNIST_ROWS:])


def load():
    """MNIST if it can be had, else scikit-learn's digits; says which."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a second try
            digits = mnist()
    except (OSError, HTTPException) as error:
        digits = small_digits()
        print(f"MNIST cannot be had here ({type(error).__name__}): {digits.name} instead.")
    shape = " x ".join(map(str, digits.X.shape[1:]))
    print(
        f"Data: {digits.name}, {len(digits.X)} training and {len(digits.X_test)} test images of "
        f"{shape} pixels."
    )
    return digits

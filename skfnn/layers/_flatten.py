"""Samples of any shape as rows."""

from __future__ import annotations

from .._engine.program.layer import Layer


class Flatten(Layer):
    """Samples of any shape as rows of features, as Keras' ``Flatten``; first in ``hidden_layers``.

    With it the estimator accepts X of more than two dimensions, (n, h, w) or (n, h, w, c), wherever
    it takes X; the features of a sample are its entries in C order (the last index changes
    fastest). It costs nothing in a training step, and stands for no layer of the network.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skfnn import FNNClassifier
    >>> from skfnn.layers import Dense, Flatten
    >>> digits = load_digits()
    >>> digits.images.shape
    (1797, 8, 8)
    >>> model = FNNClassifier(hidden_layers=[Flatten(), Dense(32, "relu")], tol=0.1, random_state=0)
    >>> model.fit(digits.images, digits.target).n_features_in_
    64
    """

    name = "flatten"

    def expand(self):
        return ()

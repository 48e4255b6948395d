"""Flatten: images and other shaped samples as rows of features."""

from __future__ import annotations

from itertools import product
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from .._engine.support.atomic import all_or_nothing
from .._engine.support.documentation import Documented
from .._engine.support.version import Versioned
from ._shapes import rows

# A reshape asks nothing of the values.
_CHECKS = {"accept_sparse": True, "ensure_all_finite": False, "dtype": "numeric"}


class Flatten(OneToOneFeatureMixin, TransformerMixin, Documented, Versioned, BaseEstimator):
    """Samples of any shape as rows of features, for pipelines on images.

    X of shape (n, h, w) or (n, h, w, c), or any further dimensions, becomes (n, features), in C
    order (the last index changes fastest). X of two dimensions passes through. The result has the
    dtype of X and, where memory allows, is a view of it.

    .. deprecated:: 0.3
        Put the layer :class:`skfnn.layers.Flatten` first in ``hidden_layers``, or reshape X.

    Attributes
    ----------
    n_features_in_ : int
        Number of features of a sample once it is flat.
    feature_names_in_ : ndarray of str
        Names of features, where X was a table with names.

    See Also
    --------
    skfnn.layers.Flatten : The same as the first layer of a network.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from skfnn import FNNClassifier
    >>> from skfnn.preprocessing._flatten import Flatten
    >>> digits = load_digits()
    >>> flatten = Flatten().fit(digits.images)
    >>> flatten.transform(digits.images).shape, flatten.get_feature_names_out()[10]
    ((1797, 64), 'x1_2')
    >>> model = make_pipeline(Flatten(), MinMaxScaler(), FNNClassifier(tol=0.01, random_state=0))
    >>> model.fit(digits.images[:1000], digits.target[:1000]).predict(digits.images[:3])
    array([0, 1, 2])
    """

    _doc_link_module = ""  # the reference has no page of it

    @all_or_nothing
    def fit(self, X, y=None) -> Self:
        """Take note of the shape of a sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...), or sparse matrix
            Samples, of any number of dimensions.
        y : None
            Ignored.

        Returns
        -------
        Flatten
            The fitted transformer.

        Raises
        ------
        ValueError
            If X is not numeric, or its samples have different shapes.
        """
        validate_data(self, rows(self, X, reset=True), reset=True, **_CHECKS)
        return self

    def transform(self, X) -> np.ndarray:
        """Return samples as rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...), or sparse matrix
            Samples of the shape of those in ``fit``, or rows that are flat already.

        Returns
        -------
        {ndarray, sparse matrix} of shape (n_samples, n_features)
            The rows.

        Raises
        ------
        ValueError
            If the shape of a sample is not that of ``fit``.
        """
        check_is_fitted(self)
        return validate_data(self, rows(self, X, reset=False), reset=False, **_CHECKS)

    def inverse_transform(self, X) -> np.ndarray:
        """Return rows as samples of the shape in ``fit``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, ...)
            Samples; a sparse matrix only where ``fit`` had two dimensions.

        Raises
        ------
        ValueError
            If X has another number of columns.
        """
        check_is_fitted(self)
        accept_sparse = self._sample_shape is None
        X = check_array(X, **{**_CHECKS, "accept_sparse": accept_sparse})
        if X.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {X.shape[1]} features, but Flatten is expecting {self.n_features_in_} "
                f"features: samples of shape {self._sample_shape or (self.n_features_in_,)}."
            )
        return X if accept_sparse else X.reshape(-1, *self._sample_shape)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the features.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features,), default=None
            Names to use. None is the names that X had in ``fit``, or else "x" and the indices of
            the entry: "x1_2" is the third entry of the second line of an image.

        Returns
        -------
        ndarray of str
            The names.
        """
        check_is_fitted(self)
        if input_features is not None or self._sample_shape is None:
            return super().get_feature_names_out(input_features)
        indices = product(*map(range, self._sample_shape))
        return np.asarray(["x" + "_".join(map(str, index)) for index in indices], dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

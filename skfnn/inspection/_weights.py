"""WeightsDisplay: the weights of the first layer, as images or as bars."""

from __future__ import annotations

from numbers import Integral

import numpy as np

from ._drawing import COLORS, DIVERGING, axes_for, input_names, network_of, symmetric


class WeightsDisplay:
    """The weights of the first layer, as images or as bars.

    With ``image_shape`` every unit is an image of its weights. Without, each feature gets a bar:
    the Euclidean norm of its weights over all units, or, of a single unit, the signed weight.

    Create it by ``from_estimator``.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_units)
        The first weight matrix.
    feature_names : list of str
        Names of its rows.
    image_shape : tuple of (int, int), default=None
        Height and width, if the features are the pixels of an image, row by row.

    Attributes
    ----------
    ax_ : Axes
        The axes.
    figure_ : Figure
        The figure.
    units_ : list of int
        The units that are shown, in order.
    features_ : list of str
        The features that have a bar, from the top; empty with images.

    Notes
    -----
    Weights compare only where features have one scale. The norm of a feature's weights is no
    measure of its importance: see :func:`sklearn.inspection.permutation_importance` for that.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skfnn import FNNClassifier
    >>> from skfnn.inspection import WeightsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> model = FNNClassifier((12,), tol=0.1, random_state=0).fit(X / 16, y)
    >>> display = WeightsDisplay.from_estimator(model, image_shape=(8, 8))
    >>> len(display.units_)
    12
    """

    def __init__(self, *, weights, feature_names, image_shape=None) -> None:
        self.weights = weights
        self.feature_names = feature_names
        self.image_shape = image_shape

    @classmethod
    def from_estimator(cls, estimator, *, image_shape=None, feature_names=None, unit=None,
                       top_k=20, max_images=36, cmap=DIVERGING, ax=None):  # fmt: skip
        """Draw the first weights of an estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator, a fitted pipeline that ends in one, or a search over these.
        image_shape : tuple of (int, int), default=None
            Height and width, if the features are the pixels of an image, row by row.
        feature_names : list of str, default=None
            Names; by default those seen in ``fit``, or "x0", "x1", ...
        unit : int, default=None
            Show this unit alone.
        top_k : int, default=20
            How many features get a bar, the largest first.
        max_images : int, default=36
            How many images there are at most: those of the units with the largest weights.
        cmap : str or Colormap, default="RdBu_r"
            Colours of the images; zero is in its middle.
        ax : Axes, default=None
            Where to draw; by default a new figure.

        Returns
        -------
        WeightsDisplay
            With the drawing's parts as attributes.

        Raises
        ------
        ValueError
            If ``image_shape`` or ``feature_names`` do not go with the number of features.
        """
        network, names = network_of(estimator)
        weights = np.array(network.coefs_[0])
        names = input_names(feature_names, names, len(weights))
        display = cls(weights=weights, feature_names=names, image_shape=image_shape)
        return display.plot(ax, unit=unit, top_k=top_k, max_images=max_images, cmap=cmap)

    def plot(self, ax=None, *, unit=None, top_k=20, max_images=36, cmap=DIVERGING):
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; by default a new figure.
        unit : int, default=None
            Show this unit alone.
        top_k : int, default=20
            How many features get a bar.
        max_images : int, default=36
            How many images there are at most.
        cmap : str or Colormap, default="RdBu_r"
            Colours of the images.

        Returns
        -------
        WeightsDisplay
            Itself.

        Raises
        ------
        ValueError
            If a number is out of range.
        """
        n_units = self.weights.shape[1]
        if unit is not None and not 0 <= unit < n_units:
            raise ValueError(f"unit must be None or in [0, {n_units - 1}]. Got {unit!r}.")
        for name, value in (("top_k", top_k), ("max_images", max_images)):
            if not isinstance(value, Integral) or value < 1:
                raise ValueError(f"{name} must be an integer >= 1. Got {value!r}.")
        if self.image_shape is None:
            return self._bars(ax, unit, top_k)
        return self._images(ax, unit, max_images, cmap)

    def _images(self, ax, unit, max_images, cmap):
        height, width = self.image_shape
        n_features, n_units = self.weights.shape
        if height * width != n_features:
            raise ValueError(
                f"image_shape={self.image_shape!r} has {height * width} pixels, but there are "
                f"{n_features} features."
            )
        if unit is None:
            largest = np.argsort(-np.linalg.norm(self.weights, axis=0), kind="stable")[:max_images]
            self.units_ = sorted(largest.tolist())
        else:
            self.units_ = [unit]
        columns = int(np.ceil(np.sqrt(len(self.units_) * height / width)))
        rows = -(-len(self.units_) // columns)
        gap = max(1, round(max(height, width) / 14))
        mosaic = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
        figsize = (5.9, 0.5 + 5 * mosaic.shape[0] / mosaic.shape[1])
        self.figure_, self.ax_ = axes_for("WeightsDisplay", ax, figsize=figsize)
        for i, shown in enumerate(self.units_):
            top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
            image = self.weights[:, shown].reshape(height, width)
            mosaic[top : top + height, left : left + width] = image
            self.ax_.plot(
                np.array([left, left + width, left + width, left, left]) - 0.5,
                np.array([top, top, top + height, top + height, top]) - 0.5,
                color="0.75", linewidth=0.8,
            )  # fmt: skip
        limit = symmetric(self.weights[:, self.units_])
        drawn = self.ax_.imshow(mosaic, cmap=cmap, vmin=-limit, vmax=limit)
        self.ax_.set_axis_off()
        shown = f"unit {unit}" if unit is not None else f"{len(self.units_)} of {n_units} units"
        if len(self.units_) == n_units:
            shown = f"{n_units} unit{'s' * (n_units > 1)}"
        self.ax_.set_title(f"First-layer weights, {shown}", fontsize=11)
        self.figure_.colorbar(drawn, ax=self.ax_, label="Weight", shrink=0.85, aspect=25)
        self.features_: list[str] = []
        return self

    def _bars(self, ax, unit, top_k):
        n_features, n_units = self.weights.shape
        single = unit is not None or n_units == 1
        values = self.weights[:, unit or 0] if single else np.linalg.norm(self.weights, axis=1)
        order = np.argsort(-np.abs(values), kind="stable")[:top_k]
        self.units_ = [unit or 0] if single else list(range(n_units))
        self.features_ = [self.feature_names[i] for i in order]
        figsize = (6.2, 0.9 + 0.27 * len(order))
        self.figure_, self.ax_ = axes_for("WeightsDisplay", ax, figsize=figsize)
        colors = np.where(values[order] < 0, COLORS[0], COLORS[1]) if single else COLORS[0]
        self.ax_.barh(np.arange(len(order)), values[order], color=colors, height=0.72)
        self.ax_.set_yticks(np.arange(len(order)), self.features_)
        self.ax_.set_ylim(len(order) - 0.4, -0.6)
        self.ax_.spines[["top", "right"]].set_visible(False)
        self.ax_.grid(axis="x", alpha=0.25, linewidth=0.6)
        self.ax_.set_axisbelow(True)
        if single:
            self.ax_.axvline(0, color="0.3", linewidth=0.8)
        what = (
            f"Weight of unit {unit or 0}" if single else f"Norm of the weights to {n_units} units"
        )
        more = "" if len(order) == n_features else f" (largest {len(order)} of {n_features})"
        self.ax_.set_xlabel(f"{what}{more}")
        return self

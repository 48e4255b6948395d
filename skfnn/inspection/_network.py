"""NetworkDisplay: the network as a diagram of units and connections."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .._estimators.fitted import state_of
from ._drawing import DIVERGING, GREY, axes_for, input_names, network_of, symmetric

# Geometry, in units of the distance between two units of a column.
COLUMN_GAP = 4.0
RADIUS = 0.28  # where arcs begin
BOX_WIDTH = 1.5


@dataclass
class Column:
    """A column of units: the inputs, or the output of a linear layer and what follows it.

    Attributes
    ----------
    width : int
        Number of units.
    title : str
        What it is.
    labels : list of str
        What is done to its units: activation, normalisation, dropout.
    weights : ndarray of shape (width of the column before, width) or None
        The weights that lead to it.
    """

    width: int
    title: str
    labels: list[str] = field(default_factory=list)
    weights: np.ndarray | None = None


class NetworkDisplay:
    """The architecture as a diagram.

    A small network is drawn unit by unit, with the weights as the colour and width of edges. A
    large one is drawn as a box a layer. Skip connections are arcs above.

    Create it by ``from_estimator``.

    Parameters
    ----------
    columns : list of Column
        Inputs first.
    skips : list of tuple of (int, int, bool)
        Skip connections: positions of the columns that it leaves and reaches, and whether there is
        a projection.
    input_names, output_names : list of str
        Names of the units of the first and of the last column.

    Attributes
    ----------
    ax_ : Axes
        The axes.
    figure_ : Figure
        The figure.
    edges_ : list of LineCollection
        The edges before each column but the first; empty if boxes are drawn.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skfnn import FNNClassifier
    >>> from skfnn.inspection import NetworkDisplay
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> model = FNNClassifier((5, 4), tol=0.1).fit(X, y)
    >>> display = NetworkDisplay.from_estimator(model)
    >>> len(display.edges_)
    3
    """

    def __init__(self, *, columns, skips, input_names, output_names) -> None:
        self.columns = columns
        self.skips = skips
        self.input_names = input_names
        self.output_names = output_names

    @classmethod
    def from_estimator(cls, estimator, *, feature_names=None, class_names=None, max_units=16,
                       cmap=DIVERGING, ax=None):  # fmt: skip
        """Draw the network of an estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator, a fitted pipeline that ends in one, or a search over these.
        feature_names : list of str, default=None
            Names of the inputs; by default those seen in ``fit``, or "x0", "x1", ...
        class_names : list of str, default=None
            Names of the classes or outputs; by default ``classes_``.
        max_units : int, default=16
            Draw unit by unit if no layer has more units than this.
        cmap : str or Colormap, default="RdBu_r"
            Colours of the weights; zero is in its middle.
        ax : Axes, default=None
            Where to draw; by default a new figure.

        Returns
        -------
        NetworkDisplay
            With the drawing's parts as attributes.

        Raises
        ------
        ValueError
            If there are too few or too many names, or a layer cannot be drawn.
        """
        fitted, found = network_of(estimator)
        network = state_of(fitted).network
        columns, skips = _read(network)
        display = cls(
            columns=columns,
            skips=skips,
            input_names=input_names(feature_names, found, network.n_inputs),
            output_names=_output_names(fitted, class_names),
        )
        return display.plot(ax, max_units=max_units, cmap=cmap)

    def plot(self, ax=None, *, max_units=16, cmap=DIVERGING):
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; by default a new figure.
        max_units : int, default=16
            Draw unit by unit if no layer has more units than this.
        cmap : str or Colormap, default="RdBu_r"
            Colours of the weights.

        Returns
        -------
        NetworkDisplay
            Itself.
        """
        tallest = max(column.width for column in self.columns)
        small = tallest <= max_units
        height = tallest if small else 6.0
        size = (1.9 * len(self.columns) + 2.4, min(max(2.6, 0.42 * height + 1.6), 9))
        self.figure_, self.ax_ = axes_for("NetworkDisplay", ax, figsize=size)
        self.edges_: list = []
        tops = self._units(cmap) if small else self._boxes(height)
        bottom = min(-top for top in tops)
        for i, column in enumerate(self.columns):
            text = "\n".join([column.title, *column.labels])
            self.ax_.text(i * COLUMN_GAP, bottom - 0.55, text, ha="center", va="top",
                          fontsize=8.5, color=GREY, linespacing=1.35)  # fmt: skip
        top = self._arcs(tops)
        lines = max(len(column.labels) for column in self.columns) + 1
        self.ax_.set_xlim(-0.6 * COLUMN_GAP, (len(self.columns) - 0.4) * COLUMN_GAP)
        self.ax_.set_ylim(bottom - 0.9 - 0.62 * lines, top + 0.5)
        self.ax_.set_axis_off()
        return self

    def _units(self, cmap):
        """Draw every unit and every weight; return the upper end of each column."""
        from matplotlib.collections import LineCollection
        from matplotlib.colors import Normalize

        places = [
            np.column_stack(
                [np.full(c.width, i * COLUMN_GAP), (c.width - 1) / 2 - np.arange(c.width)]
            )
            for i, c in enumerate(self.columns)
        ]
        matrices = [c.weights for c in self.columns if c.weights is not None]
        limit = symmetric(*matrices)
        norm = Normalize(-limit, limit)
        for i, column in enumerate(self.columns[1:]):
            start, stop = places[i], places[i + 1]
            segments = [(a, b) for a in start for b in stop]
            weights = column.weights.ravel()
            order = np.argsort(np.abs(weights))  # the largest on top
            share = np.abs(weights[order]) / limit
            edges = LineCollection([segments[j] for j in order], cmap=cmap, norm=norm,
                                   linewidths=0.4 + 2.6 * share, zorder=1)  # fmt: skip
            edges.set_array(weights[order])
            self.edges_.append(self.ax_.add_collection(edges))
        for place in places:
            self.ax_.scatter(*place.T, s=190, facecolor="white", edgecolor="0.25", linewidth=1.2,
                             zorder=3)  # fmt: skip
        self._unit_names(places)
        if self.edges_:
            self.figure_.colorbar(self.edges_[0], ax=self.ax_, label="Weight", shrink=0.7,
                                  aspect=25, pad=0.01)  # fmt: skip
        return [(column.width - 1) / 2 + RADIUS for column in self.columns]

    def _unit_names(self, places):
        for side, names, place in (("right", self.input_names, places[0]),
                                   ("left", self.output_names, places[-1])):  # fmt: skip
            shift = -11 if side == "right" else 11
            for name, (x, y) in zip(names, place, strict=True):
                self.ax_.annotate(name, (x, y), (shift, 0), textcoords="offset points", ha=side,
                                  va="center", fontsize=8.5)  # fmt: skip

    def _boxes(self, height):
        """Draw a box a layer, its height by the logarithm of its width; return the upper ends."""
        from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

        widest = np.log1p(max(column.width for column in self.columns))
        tops = [max(0.8, height / 2 * np.log1p(c.width) / widest) for c in self.columns]
        for i, (column, top) in enumerate(zip(self.columns, tops, strict=True)):
            x = i * COLUMN_GAP
            self.ax_.add_patch(FancyBboxPatch(
                (x - BOX_WIDTH / 2, -top), BOX_WIDTH, 2 * top,
                facecolor="#E8F1F8" if i else "white", edgecolor="#0072B2", linewidth=1.2,
                boxstyle="round,pad=0,rounding_size=0.25",
            ))  # fmt: skip
            self.ax_.text(x, 0, f"{column.width}", ha="center", va="center", fontsize=11)
            if i:
                count = column.weights.size
                self.ax_.add_patch(FancyArrowPatch(
                    (x - COLUMN_GAP + BOX_WIDTH / 2, 0), (x - BOX_WIDTH / 2, 0), color=GREY,
                    arrowstyle="-|>", mutation_scale=11, linewidth=1.1, shrinkA=2, shrinkB=2,
                ))  # fmt: skip
                self.ax_.text(x - COLUMN_GAP / 2, 0.22, f"{count:,}\nweights", ha="center",
                              va="bottom", fontsize=8, color=GREY)  # fmt: skip
        return tops

    def _arcs(self, tops):
        """Draw the skip connections, the inner ones lower; return the upper end of the drawing."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        upper = max(tops)
        for start, stop, projected in sorted(self.skips, key=lambda skip: skip[1] - skip[0]):
            span = range(start, stop + 1)
            inner = sum(s >= start and e <= stop and (s, e) != (start, stop)
                        for s, e, _ in self.skips)  # fmt: skip
            level = max(tops[i] for i in span) + 0.9 + 0.9 * inner
            a, b = start * COLUMN_GAP, stop * COLUMN_GAP
            # Bezier control points at ``peak`` bring the curve to three quarters of the way there.
            low = (tops[start] + tops[stop]) / 2
            peak = low + (level - low) * 4 / 3
            codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
            path = Path(
                [(a, tops[start]), (a + 0.4, peak), (b - 0.4, peak), (b, tops[stop])], codes
            )
            self.ax_.add_patch(
                PathPatch(path, facecolor="none", edgecolor="#009E73", linewidth=1.6)
            )
            self.ax_.plot(b, tops[stop], marker="v", color="#009E73", markersize=6)
            text = "skip, projected" if projected else "skip"
            self.ax_.text((a + b) / 2, level + 0.1, text, ha="center", va="bottom", fontsize=8,
                          color="#00724F")  # fmt: skip
            upper = max(upper, level + 0.7)
        return upper


def _read(network):
    """Return (columns, skips) of a network."""
    views = network.views(network.values)
    columns, skips = [Column(network.n_inputs, "inputs")], []

    def read(layers, path):
        for i, layer in enumerate(layers):
            own = views.get((*path, i), {})
            if layer.repeats is not None:
                raise ValueError(
                    f"NetworkDisplay cannot draw {type(layer).__name__}: its members have weights "
                    "of their own."
                )
            if layer.inner():
                start = len(columns) - 1
                read(layer.inner(), (*path, i))
                if len(columns) - 1 > start:
                    skips.append((start, len(columns) - 1, "P" in own))
                else:
                    columns[-1].labels.append("skip")
            elif "W" in own:
                columns.append(Column(own["W"].shape[1], "hidden", [], own["W"].copy()))
            else:
                columns[-1].labels.append(_label(layer))

    read(network.layers, ())
    hidden = columns[1:-1]
    for i, column in enumerate(hidden):
        column.title = "hidden" if len(hidden) == 1 else f"hidden {i + 1}"
    columns[-1].title = "output"
    return columns, skips


def _label(layer):
    activation = getattr(layer, "activation", None)
    if activation is not None:
        return activation if isinstance(activation, str) else activation.name
    rate = getattr(layer, "rate", None)
    return layer.name.replace("_", " ") + ("" if rate is None else f" {rate:g}")


def _output_names(fitted, given):
    k = fitted.n_outputs_
    classes = getattr(fitted, "classes_", None)
    names = given
    if names is None and classes is not None:
        names = classes
    if names is None:
        return ["prediction"] if k == 1 else [f"y{i}" for i in range(k)]
    if len(names) not in ({k, 2} if k == 1 else {k}):
        raise ValueError(f"class_names must hold {k} names, one per output. Got {len(names)}.")
    return [str(name) for name in names][-k:]  # one output of two classes is the second's

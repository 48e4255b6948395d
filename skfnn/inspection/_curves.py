"""LossCurveDisplay: the columns of a history, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from .._estimators.fitted import state_of
from ._drawing import COLORS, network_of, pyplot

# Columns of the history that are drawn only where they are asked for; columns without numbers.
BESIDES = ("learning_rate", "seconds")
PHASE = ("phase",)
SMOOTHED = ("loss", "training")  # the panel and the curve
ACRONYMS = {"auc", "crps", "mae", "mse", "ovo", "ovr", "r2", "rmse", "roc"}


class LossCurveDisplay:
    """Loss and metrics of each epoch, on training and validation data.

    Create it by ``from_estimator`` or ``from_estimators``.

    Parameters
    ----------
    histories : dict of str to DataFrame
        ``history_`` of each estimator, by name.
    best_epochs : dict of str to tuple of (int, str), default=None
        The epoch to mark and what it is, by name; estimators without one are left out.
    smoothed : sequence of str, default=()
        The names of estimators whose training loss is of smoothed labels (``label_smoothing``): it
        is not below the validation loss, which is of the labels as they are.

    Attributes
    ----------
    axes_ : ndarray of Axes
        One for each panel: the loss, then the metrics.
    ax_ : Axes
        The first of them.
    figure_ : Figure
        The figure.
    lines_ : list of Line2D
        The curves.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores by the number of training rows.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skfnn import FNNClassifier
    >>> from skfnn.inspection import LossCurveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = FNNClassifier((8,), early_stopping=True, scoring="loss", metrics="accuracy",
    ...                       learning_rate_init=0.02, tol=0.01, random_state=0).fit(X, y)
    >>> display = LossCurveDisplay.from_estimator(model)
    >>> [ax.get_ylabel() for ax in display.axes_]
    ['Loss', 'Accuracy']
    """

    def __init__(self, *, histories, best_epochs=None, smoothed=()) -> None:
        self.histories = histories
        self.best_epochs = best_epochs
        self.smoothed = smoothed

    @classmethod
    def from_estimator(cls, estimator, *, metrics=None, log_scale=False, ax=None, **line_kw):
        """Draw the curves of one estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator, a fitted pipeline that ends in one, or a search over these. Of an
            ensemble (:class:`skfnn.TabularFNNClassifier`), each member has its curves.
        metrics : str or list of str, default=None
            What to draw, a panel each: "loss", names of followed metrics, "learning_rate",
            "seconds". By default the loss and all metrics.
        log_scale : bool, default=False
            Whether the loss has a logarithmic axis.
        ax : Axes or array of Axes, default=None
            Where to draw, one for each panel; by default a new figure.
        **line_kw : dict
            Passed to ``Axes.plot``.

        Returns
        -------
        LossCurveDisplay
            With the drawing's parts as attributes.
        """
        return cls.from_estimators(
            {"": estimator}, metrics=metrics, log_scale=log_scale, ax=ax, **line_kw
        )

    @classmethod
    def from_estimators(cls, estimators, *, metrics=None, log_scale=False, ax=None, **line_kw):
        """Draw the curves of several estimators together.

        Parameters
        ----------
        estimators : dict of str to estimator
            Fitted estimators, pipelines or searches, by the name in the legend.
        metrics : str or list of str, default=None
            What to draw, a panel each: "loss", names of followed metrics, "learning_rate",
            "seconds". By default the loss and all metrics.
        log_scale : bool, default=False
            Whether the loss has a logarithmic axis.
        ax : Axes or array of Axes, default=None
            Where to draw, one for each panel; by default a new figure.
        **line_kw : dict
            Passed to ``Axes.plot``.

        Returns
        -------
        LossCurveDisplay
            With the drawing's parts as attributes.

        Raises
        ------
        TypeError
            If it is not a mapping.
        """
        if not isinstance(estimators, Mapping) or not estimators:
            raise TypeError(
                "estimators must be a dict of fitted estimators by name, not empty. Got "
                f"{estimators!r}."
            )
        histories, best_epochs, smoothed = {}, {}, []
        for name, model in estimators.items():
            fitted = network_of(model, ensembles=True)[0]
            for curve, history, best in _curves_of(name, fitted):
                histories[curve] = history
                if _is_smoothed(fitted):
                    smoothed.append(curve)
                if best is not None:
                    best_epochs[curve] = best
        display = cls(histories=histories, best_epochs=best_epochs, smoothed=smoothed)
        return display.plot(ax, metrics=metrics, log_scale=log_scale, **line_kw)

    def plot(self, ax=None, *, metrics=None, log_scale=False, **line_kw):
        """Draw.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw, one for each panel; by default a new figure.
        metrics : str or list of str, default=None
            What to draw, a panel each; by default all.
        log_scale : bool, default=False
            Whether the loss has a logarithmic axis.
        **line_kw : dict
            Passed to ``Axes.plot``.

        Returns
        -------
        LossCurveDisplay
            Itself.

        Raises
        ------
        ValueError
            If a metric was not followed, the number of axes does not match, or a loss that is not
            positive is to have a logarithmic axis.
        """
        panels = self._panels(metrics)
        self.axes_ = self._axes(ax, len(panels))
        self.ax_, self.figure_, self.lines_ = self.axes_[0], self.axes_[0].figure, []
        for panel, axes in zip(panels, self.axes_, strict=True):
            for i, (name, history) in enumerate(self.histories.items()):
                self._curves(axes, panel, i, name, history, line_kw)
            axes.set_ylabel(_in_words(panel))
            axes.grid(alpha=0.25, linewidth=0.6)
            axes.spines[["top", "right"]].set_visible(False)
            if panel == "loss" and log_scale:
                self._logarithmic(axes)
        for axes in self.axes_:
            axes.set_xlabel(self._unit())
            axes.xaxis.get_major_locator().set_params(integer=True)
            if max(len(history) for history in self.histories.values()) == 1:
                axes.set_xticks([1])
        self._legend()
        return self

    def _panels(self, metrics):
        columns = list(dict.fromkeys(c for h in self.histories.values() for c in h.columns))
        names = list(dict.fromkeys(c.removeprefix("val_") for c in columns if c not in PHASE))
        if metrics is None:
            return [name for name in names if name not in BESIDES]
        panels = [metrics] if isinstance(metrics, str) else list(metrics)
        unknown = [panel for panel in panels if panel not in names]
        if unknown or not panels:
            raise ValueError(f"metrics must be among {names}. Got {metrics!r}.")
        return panels

    def _axes(self, ax, n):
        if ax is None:
            plt = pyplot(type(self).__name__)
            beside = 2.0 if len(self.histories) > 1 else 0.0  # for the legend
            size = (5.6 * n**0.75 + beside, 3.8)
            _, axes = plt.subplots(1, n, figsize=size, layout="constrained", squeeze=False)
            return axes[0]
        axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
        if len(axes) != n:
            raise ValueError(
                f"ax must hold {n} axes, one a panel. Got {len(axes)}. Give as many, or choose "
                'what to draw, for instance metrics="loss".'
            )
        return axes

    def _curves(self, axes, panel, i, name, history, line_kw):
        several = len(self.histories) > 1
        epochs = history.index.to_numpy()
        best = (self.best_epochs or {}).get(name)
        for column, role in ((panel, "training"), (f"val_{panel}", "validation")):
            if column not in history or history[column].isna().all():
                continue
            validation = role == "validation"
            style: dict[str, Any] = {
                "color": COLORS[(i if several else int(validation)) % len(COLORS)],
                "linestyle": "-" if validation or not several else (0, (3, 1.5)),
                "linewidth": 1.8 if validation or not several else 1.2,
                "label": " ".join(part for part in (name, self._role(panel, role, name)) if part),
                "marker": "." if len(epochs) == 1 else None,
            }
            values = history[column].to_numpy()
            self.lines_ += axes.plot(epochs, values, **(style | line_kw))
            has_validation = f"val_{panel}" in history
            if best is not None and validation == has_validation:
                epoch, what = best
                point = np.flatnonzero(epochs == epoch)
                axes.plot(epoch, values[point], "o", color=style["color"], markersize=7,
                          markeredgecolor="white", zorder=5,
                          label=None if several else f"{what}: {epoch}")  # fmt: skip
                if not several:
                    axes.axvline(epoch, color=style["color"], alpha=0.35, linewidth=1, zorder=0)

    def _role(self, panel, role, name=None):
        """Return what a curve is, in words; a smoothed loss is not below an exact one."""
        if panel in BESIDES:
            return ""
        smoothed = bool(self.smoothed) if name is None else name in self.smoothed
        return f"{role} (smoothed labels)" if smoothed and (panel, role) == SMOOTHED else role

    def _logarithmic(self, axes):
        losses = [h[c] for h in self.histories.values() for c in ("loss", "val_loss") if c in h]
        if pd.concat(losses).min() <= 0:
            raise ValueError(
                "log_scale=True needs a loss > 0; this one falls to "
                f"{pd.concat(losses).min():g}. Set log_scale=False."
            )
        axes.set_yscale("log")

    def _unit(self):
        # L-BFGS has no learning rate.
        kinds = {h["learning_rate"].isna().all() for h in self.histories.values()}
        return (
            "Epoch or iteration" if len(kinds) == 2 else ("Iteration" if True in kinds else "Epoch")
        )

    def _legend(self):
        several = len(self.histories) > 1
        if not several:
            for axes in self.axes_:
                if any(not line.get_label().startswith("_") for line in axes.lines):
                    axes.legend(frameon=False)
            return
        from matplotlib.lines import Line2D

        handles = [
            Line2D([], [], color=COLORS[i % len(COLORS)], linewidth=1.8, label=name)
            for i, name in enumerate(self.histories)
        ]
        handles.append(Line2D([], [], color="0.3", linestyle=(0, (3, 1.5)), linewidth=1.2,
                              label=self._role(*SMOOTHED)))  # fmt: skip
        if any(c.startswith("val_") for h in self.histories.values() for c in h):
            handles.append(Line2D([], [], color="0.3", linewidth=1.8, label="validation"))
        if self.best_epochs:
            what = " / ".join(sorted({what for _, what in self.best_epochs.values()}))
            handles.append(Line2D([], [], color="0.3", marker="o", linestyle="", markersize=6,
                                  label=what))  # fmt: skip
        # Beside the curves, of which there are too many to leave room between them.
        self.axes_[-1].legend(
            handles=handles, frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1.0),
            borderaxespad=0.0,
        )  # fmt: skip


def _is_smoothed(fitted):
    """Return whether the training loss is of smoothed labels, that of validation of exact ones."""
    if hasattr(fitted, "best_epochs_"):
        return state_of(fitted).smoothed
    return bool(getattr(fitted, "label_smoothing", 0.0))


def _in_words(column):
    """Return a column's name as the label of an axis: "Log loss", "ROC AUC"."""
    words = [word.upper() if word in ACRONYMS else word for word in column.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _curves_of(name, fitted):
    """Yield (name, history, epoch to mark or None), of each member where it is an ensemble."""
    if not hasattr(fitted, "best_epochs_"):
        yield name, fitted.history_, _best_epoch(fitted)
        return
    histories = fitted.history_
    for i, epoch in enumerate(fitted.best_epochs_):
        history = histories.loc[i]
        marked = (epoch, "best epoch") if "val_loss" in history else None
        yield f"{name} member {i + 1}".strip(), history, marked


def _best_epoch(network):
    """Return (epoch, what it is) of the epoch to mark, or None."""
    history, n = network.history_, network.n_iter_
    if n == 0:
        return None
    if network.validation_scores_:
        # Each fit keeps the best of its own epochs.
        return len(history) - n + 1 + int(np.argmax(network.validation_scores_[-n:])), "best epoch"
    if "val_loss" in history and history["val_loss"].notna().any():
        return int(history["val_loss"].idxmin()), "lowest validation loss"
    return None

"""The pictures of the home page and the user guide, drawn from fits of skfnn when Sphinx starts.

They are drawn again only where skfnn or this file has changed.
"""

import functools
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.datasets import load_iris, make_circles, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from theme_pictures import COLORS, INK, draw_stale

import skfnn
from skfnn import FNNClassifier, FNNRegressor, TabularFNNRegressor
from skfnn.inspection import (
    ImportanceDisplay,
    LossCurveDisplay,
    NetworkDisplay,
    WeightsDisplay,
)
from skfnn.losses import Quantile


def _axes(width=4, height=3, columns=1):
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, columns)


def spirals(theme):
    """Two spirals, and the probability that the network gives to each."""
    figure, ax = _axes()
    blue, orange, *_ = COLORS[theme]
    rng = np.random.default_rng(0)
    t = np.sqrt(rng.uniform(0.02, 1, 300)) * 3 * np.pi
    arm = np.column_stack([t * np.cos(t), t * np.sin(t)]) / 10 + rng.normal(0, 0.025, (300, 2))
    X, y = np.vstack([arm, -arm]), np.repeat([0, 1], 300)
    model = FNNClassifier((40, 40), "tanh", solver="lbfgs", alpha=0.01, max_iter=400, tol=1e-5,
                          random_state=0).fit(X, y)  # fmt: skip
    edge = np.linspace(-1.08, 1.08, 300)
    grid = np.column_stack([part.ravel() for part in np.meshgrid(edge, edge)])
    p = model.predict_proba(grid)[:, 1].reshape(300, 300)
    image = np.empty((300, 300, 4))
    low, high = mpl.colors.to_rgb(blue), mpl.colors.to_rgb(orange)
    image[..., :3] = np.where((p > 0.5)[..., None], high, low)
    image[..., 3] = 0.6 * np.abs(2 * p - 1)
    ax.imshow(image, extent=(-1.08, 1.08, -1.08, 1.08), origin="lower", aspect="auto")
    for label, colour in enumerate((blue, orange)):
        ax.scatter(*X[y == label].T, s=9, color=colour, edgecolor="white", linewidth=0.3)
    ax.set(xticks=[], yticks=[], title="Classes that no line separates")
    ax.spines[:].set_visible(False)
    return figure


def quantiles(theme):
    """Noise that grows, and the quantiles of the target."""
    figure, ax = _axes()
    blue, orange, *_ = COLORS[theme]
    ink = INK[theme]
    rng = np.random.default_rng(1)
    x = np.sort(rng.uniform(0, 10, 800))
    y = np.sin(x) + (0.08 + 0.07 * x) * rng.standard_normal(800)
    lines = {
        q: FNNRegressor((30, 30), "tanh", loss=Quantile(quantile=q), learning_rate_init=0.01,
                        learning_rate="cosine", max_iter=200, tol=0, batch_size=64, alpha=0.01,
                        random_state=0).fit(x[:, None] / 5 - 1, y).predict(x[:, None] / 5 - 1)
        for q in (0.05, 0.25, 0.5, 0.75, 0.95)
    }  # fmt: skip
    ax.scatter(x, y, s=4, color=ink, alpha=0.35, linewidth=0)
    ax.fill_between(x, lines[0.05], lines[0.95], color=blue, alpha=0.22, linewidth=0, label="90 %")
    ax.fill_between(x, lines[0.25], lines[0.75], color=blue, alpha=0.4, linewidth=0, label="50 %")
    ax.plot(x, lines[0.5], color=orange, linewidth=2, label="median")
    ax.set(xlabel="x", ylabel="y", title="A distribution, not only its mean", ylim=(-2.6, 2.6))
    ax.legend(loc="lower left", ncols=3)
    return figure


def boundary(theme):
    """What each of three hidden units puts out, and the boundary that they make together."""
    figure, axes = _axes(8.4, 2.4, columns=4)
    X, y = make_circles(300, noise=0.08, factor=0.4, random_state=0)
    model = max(
        (FNNClassifier((3,), "logistic", solver="lbfgs", alpha=1e-3, random_state=start).fit(X, y)
         for start in range(5)), key=lambda fit: fit.score(X, y)
    )  # fmt: skip
    edge = np.linspace(-1.4, 1.4, 200)
    grid = np.column_stack([part.ravel() for part in np.meshgrid(edge, edge)])
    (hidden,) = model.hidden_activations(grid)
    values = [*hidden.T, model.predict_proba(grid)[:, 1]]
    names = ["1st hidden unit", "2nd hidden unit", "3rd hidden unit", "all three together"]
    blue, orange, *_ = COLORS[theme]
    between = mpl.colors.LinearSegmentedColormap.from_list("", [blue, orange])
    for ax, value, name in zip(axes, values, names, strict=True):
        ax.imshow(value.reshape(200, 200), extent=(-1.4, 1.4, -1.4, 1.4), origin="lower",
                  cmap=between, alpha=0.55, vmin=0, vmax=1)  # fmt: skip
        ax.contour(edge, edge, value.reshape(200, 200), [0.5], colors=INK[theme], linewidths=1.5)
        for label, colour in enumerate((blue, orange)):
            ax.scatter(*X[y == label].T, s=6, color=colour, edgecolor="white", linewidth=0.2)
        ax.set(xticks=[], yticks=[], title=name)
        ax.spines[:].set_visible(False)
    return figure


def error_bars(theme):
    """A fit of few points, and how sure it is."""
    figure, ax = _axes(6.4, 2.8)
    blue, orange, *_ = COLORS[theme]
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.uniform(-3, -0.5, 30), rng.uniform(1, 3, 30)])
    y = np.sin(1.5 * x) + 0.15 * rng.normal(size=60)
    model = FNNRegressor((8,), "tanh", solver="lm", alpha="bayes", max_iter=1000, random_state=0)
    grid = np.linspace(-4.5, 4.5, 300)
    mean, std = model.fit(x[:, None], y).predict(grid[:, None], return_std=True)
    for width, opacity in ((2, 0.2), (1, 0.3)):
        ax.fill_between(grid, mean - width * std, mean + width * std, color=blue, alpha=opacity,
                        linewidth=0)  # fmt: skip
    ax.plot(grid, mean, color=orange, linewidth=2)
    ax.plot(x, y, ".", color=INK[theme], ms=4)
    ax.set(xlabel="x", ylabel="y", xlim=(-4.5, 4.5), ylim=(-3, 3), title="Unsure where no data is")
    return figure


def overfitting(theme):
    """Few noisy rows: loss by epoch on both kinds of rows, and the epoch that is kept."""
    figure, ax = _axes()
    blue, orange, *_ = COLORS[theme]
    ink = INK[theme]
    X, y = make_moons(1200, noise=0.35, random_state=0)
    X, X_val, y, y_val = X[:100], X[200:], y[:100], y[200:]
    for name, dropout, colour in (("without dropout", 0.0, blue), ("dropout 0.4", 0.4, orange)):
        model = FNNClassifier((64, 64), dropout=dropout, alpha=0, learning_rate_init=0.005,
                              batch_size=20, max_iter=120, tol=0, n_iter_no_change=120,
                              random_state=0)  # fmt: skip
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            history = model.fit(X, y, X_val=X_val, y_val=y_val).history_
        ax.plot(history["loss"], color=colour, linewidth=1.2, linestyle=":")
        ax.plot(history["val_loss"], color=colour, linewidth=2, label=name)
        best = history["val_loss"].idxmin()
        ax.plot(best, history["val_loss"][best], "o", color=colour, markeredgecolor=ink)
    ax.set(xlabel="epoch (dotted: training rows)", ylabel="log loss", ylim=(0, 0.85))
    ax.set_title("A history of every fit")
    ax.legend(loc="upper left")
    return figure


@functools.cache
def _iris(rate=0.05):
    """Return the names and the network of the page on plots."""
    data = load_iris(as_frame=True)
    network = FNNClassifier((6, 5), "tanh", metrics=["accuracy"], early_stopping=True,
                            scoring="loss", tol=1e-3, learning_rate_init=rate,
                            random_state=0)  # fmt: skip
    return data.target_names, make_pipeline(StandardScaler(), network).fit(data.data, data.target)


def loss_curves(theme):
    """Loss and accuracy of a fit."""
    figure, axes = _axes(7, 2.8, columns=2)
    LossCurveDisplay.from_estimator(_iris()[1], log_scale=True, ax=axes)
    return figure


def compared(theme):
    """The loss of two fits."""
    figure, ax = _axes(5, 2.8)
    models = {str(rate): _iris(rate)[1] for rate in (0.05, 0.01)}
    LossCurveDisplay.from_estimators(models, metrics="loss", ax=ax)
    return figure


def network(theme):
    """The units of a network and their weights."""
    figure, ax = _axes(6.4, 4)
    names, model = _iris()
    NetworkDisplay.from_estimator(model, class_names=names, ax=ax)
    for text in figure.findobj(mpl.text.Text):
        text.set_color(INK[theme])
    return figure


def weights(theme):
    """The weights of three features."""
    figure, ax = _axes(6, 2.6)
    WeightsDisplay.from_estimator(_iris()[1], top_k=3, ax=ax)
    return figure


def importance(theme):
    """What R2 loses if a column is shuffled."""
    rng = np.random.default_rng(0)
    houses = pd.DataFrame({
        "area": rng.gamma(9, 12, 300), "heating": rng.choice(["gas", "oil"], 300),
        "street": rng.choice(list("abcdefgh"), 300),
    })  # fmt: skip
    price = 3 * houses["area"] + 50 * (houses["heating"] == "gas")
    model = TabularFNNRegressor(n_members=3, max_iter=20, random_state=0).fit(houses, price)
    figure, ax = _axes(6, 2)
    ImportanceDisplay.from_estimator(model, houses, price, random_state=0, ax=ax)
    return figure


def intervals(theme):
    """Conformal intervals of the page on tables: the targets of new rows, in order."""
    rng = np.random.default_rng(0)
    n = 600
    area, year = rng.gamma(9, 12, n), rng.integers(1900, 2025, n)
    houses = pd.DataFrame({
        "area": area, "year": np.where(rng.random(n) < 0.1, np.nan, year),
        "heating": rng.choice(["gas", "oil", "heat pump"], n),
    })  # fmt: skip
    price = 3000 * area + 500 * (year - 1900) + 20_000 * rng.standard_normal(n)
    model = TabularFNNRegressor(n_members=3, max_iter=40, random_state=0)
    model.fit(houses[:450], price[:450])
    order = np.argsort(price[450:])
    low, high = model.predict_interval(houses[450:], coverage=0.9)[order].T / 1000
    target = price[450:][order] / 1000
    inside = (low <= target) & (target <= high)
    figure, ax = _axes(6.4, 3)
    blue, orange, *_ = COLORS[theme]
    at = np.arange(len(target))
    ax.vlines(at, low, high, color=blue, alpha=0.45, linewidth=2.2, label="interval for 90 %")
    for chosen, color, text in ((inside, INK[theme], "inside"), (~inside, orange, "outside")):
        ax.plot(at[chosen], target[chosen], "o", ms=3, color=color,
                label=f"{text}: {chosen.mean():.0%} of new rows")  # fmt: skip
    ax.set(xlabel="150 houses that the model has not seen, by price", ylabel="price, thousands")
    ax.legend(loc="upper left")
    return figure


def monitored(theme):
    """What ScoringMonitor has recorded on the page on callbacks."""
    from sklearn.callback import ScoringMonitor

    X, y = load_iris(return_X_y=True)
    monitor = ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    model = FNNClassifier((16,), learning_rate_init=0.02, tol=0.01, random_state=0)
    model = model.set_callbacks(monitor)
    search = GridSearchCV(make_pipeline(StandardScaler(), model),
                          {"fnnclassifier__alpha": [1e-4, 1]}, cv=2)  # fmt: skip
    search.fit(X, y)
    log = monitor.get_logs().data_as_pandas
    epochs = log[log["task_name"] == "epoch"]
    figure, axes = _axes(7, 2.8, columns=2)
    for i, (_, fit) in enumerate(epochs.groupby("parent_task_id_path")):
        axes[0].plot(fit["task_id"] + 1, -fit["neg_log_loss"], label=f"fit {i + 1}")
        axes[1].plot(fit["task_id"] + 1, fit["accuracy"])
    axes[0].set(xlabel="epoch", ylabel="log-loss", ylim=0)
    axes[1].set(xlabel="epoch", ylabel="accuracy")
    axes[0].legend(ncols=2)
    return figure


PICTURES = (spirals, quantiles, boundary, error_bars, overfitting, loss_curves, compared, network,
            weights, importance, intervals, monitored)  # fmt: skip


def setup(app):
    """Register with Sphinx, before it lists the images."""

    def update(app, config):
        sources = Path(skfnn.__file__).parent.rglob("*.py")
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            draw_stale(PICTURES, Path(app.srcdir) / "generated", sources)

    app.connect("config-inited", update)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

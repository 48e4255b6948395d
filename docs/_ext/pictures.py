"""The pictures of the home page, drawn from fits of skfnn when Sphinx starts.

Each is saved twice on a transparent ground, with dark ink for the light theme and light ink for
the dark one. They are drawn again only where skfnn or this file has changed.
"""

import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning

import skfnn
from skfnn import FNNClassifier, FNNRegressor
from skfnn.losses import Quantile

# Okabe and Ito's colours, which colour-blind readers tell apart.
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
INK = {"light": "#323232", "dark": "#ced6dd"}


def spirals(ax, ink):
    """Two spirals, and the probability that the network gives to each."""
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
    blue, orange = mpl.colors.to_rgb(BLUE), mpl.colors.to_rgb(ORANGE)
    image[..., :3] = np.where((p > 0.5)[..., None], orange, blue)
    image[..., 3] = 0.6 * np.abs(2 * p - 1)
    ax.imshow(image, extent=(-1.08, 1.08, -1.08, 1.08), origin="lower", aspect="auto")
    for label, colour in enumerate((BLUE, ORANGE)):
        ax.scatter(*X[y == label].T, s=9, color=colour, edgecolor="white", linewidth=0.3)
    ax.set(xticks=[], yticks=[], title="Classes that no line separates")
    ax.spines[:].set_visible(False)


def quantiles(ax, ink):
    """Noise that grows, and the quantiles of the target."""
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
    ax.fill_between(x, lines[0.05], lines[0.95], color=BLUE, alpha=0.22, linewidth=0, label="90 %")
    ax.fill_between(x, lines[0.25], lines[0.75], color=BLUE, alpha=0.4, linewidth=0, label="50 %")
    ax.plot(x, lines[0.5], color=ORANGE, linewidth=2, label="median")
    ax.set(xlabel="x", ylabel="y", title="A distribution, not only its mean", ylim=(-2.6, 2.6))
    ax.legend(loc="lower left", ncols=3)


def overfitting(ax, ink):
    """Few noisy rows: loss by epoch on both kinds of rows, and the epoch that is kept."""
    X, y = make_moons(1200, noise=0.35, random_state=0)
    X, X_val, y, y_val = X[:100], X[200:], y[:100], y[200:]
    for name, dropout, colour in (("without dropout", 0.0, BLUE), ("dropout 0.4", 0.4, ORANGE)):
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


PICTURES = (spirals, quantiles, overfitting)


def draw(folder: Path) -> None:
    """Draw all pictures in both inks."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        for theme, ink in INK.items():
            style = {
                **{f"{part}.color": ink for part in ("text", "xtick", "ytick")},
                **{f"axes.{part}color": ink for part in ("edge", "label", "title")},
                "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 12,
                "font.size": 10, "legend.fontsize": 8.5, "legend.frameon": False,
            }  # fmt: skip
            with mpl.rc_context(style):
                figure = Figure(figsize=(4, 3), layout="constrained")
                picture(figure.add_subplot(), ink)
                path = folder / f"{picture.__name__}_{theme}.png"
                figure.savefig(path, dpi=200, transparent=True)


def setup(app):
    """Register with Sphinx, before it lists the images."""

    def update(app, config):
        folder = Path(app.srcdir) / "generated"
        sources = [Path(__file__), *Path(skfnn.__file__).parent.glob("*.py")]
        drawn = [path.stat().st_mtime for path in folder.glob("*.png")]
        newest = max(path.stat().st_mtime for path in sources)
        if len(drawn) < 2 * len(PICTURES) or min(drawn) < newest:
            draw(folder)

    app.connect("config-inited", update)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

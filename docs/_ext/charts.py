"""The charts of the benchmarks, drawn from the figures that the benchmark commands have written.

``benchmarks/speed.py --write`` renews ``docs/_static/speed.json``, and
``benchmarks/tabular.py --write`` renews ``docs/_static/tables.json``, and
``benchmarks/many_rows.py --write`` renews ``docs/_static/many_rows.json``.
"""

import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from theme_pictures import COLORS, INK, draw_stale

DATA = Path(__file__).parents[1] / "_static"
HOME = [
    "20 -> 100 -> 2, batch 200",
    "784 -> 100 -> 10, batch 200",
    "100 -> 512 x 3 -> 10, batch 512",
]


def _bars(ax, theme, rows):
    """Draw how many times longer each peer takes; a bar starts where skfnn is."""
    ours = ("skfnn", "seconds", "steps", "floor")
    peers = [name for name in next(iter(rows.values())) if name not in ours]
    height = 0.8 / len(peers)
    for i, peer in enumerate(peers):
        for j, values in enumerate(rows.values()):
            ratio, at = values[peer], -j - i * height
            ax.barh(at, ratio - 1, height, left=1, color=COLORS[theme][i],
                    label=peer if j == 0 else None)  # fmt: skip
            ax.text(max(ratio, 1) * 1.04, at, f"{ratio:.1f}", va="center", fontsize=7.5)
    ax.set_xscale("log")
    ticks = [1, 2, 5, 10, 20]
    ax.set_xticks(ticks, [f"{tick}x" for tick in ticks])
    ax.minorticks_off()
    ax.axvline(1, color=INK[theme], linewidth=1.2)
    ax.set_xlim(0.75, 32)
    names = [name.replace(", batch", "\nbatch").replace("->", "→") for name in rows]
    ax.set_yticks([-j - 0.4 + height / 2 for j in range(len(rows))], names)
    ax.tick_params("y", length=0)
    ax.spines["left"].set_visible(False)


def speed_home(theme: str) -> Figure:
    """Return the chart of the home page: three networks."""
    fits = json.loads((DATA / "speed.json").read_text())["1"]["fits"]
    figure = Figure(figsize=(4.8, 4.2), layout="constrained")
    ax = figure.add_subplot()
    _bars(ax, theme, {name: fits[name] for name in HOME})
    ax.set_xlabel("time of a fit, skfnn = 1x")
    figure.suptitle("Fit time relative to skfnn", fontsize=12)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def speed(theme: str) -> Figure:
    """Return the chart of the benchmarks: all networks."""
    fits = json.loads((DATA / "speed.json").read_text())["1"]["fits"]
    figure = Figure(figsize=(6.4, 6.2), layout="constrained")
    ax = figure.add_subplot()
    _bars(ax, theme, fits)
    ax.set_xlabel("time of a whole fit, skfnn = 1x")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return figure


MEASURES = {
    "error": ("class error", "o", 9),
    "loss": ("log-loss", "s", 5),
    "nrmse": ("nRMSE", "^", 8),
}


def tables(theme: str) -> Figure:
    """Return errors against fit times of the models for tables."""
    others = json.loads((DATA / "tables.json").read_text())["others"]
    figure = Figure(figsize=(4.8, 4.2), layout="constrained")
    ax = figure.add_subplot()
    ax.axhline(1, color=INK[theme], linewidth=0.8, alpha=0.5)
    order = sorted(others, key=lambda name: -others[name]["fit"])  # by time
    for i, (name, color) in enumerate(zip(order, COLORS[theme][1:], strict=False)):
        ratios = others[name]
        time = 1 / ratios["fit"]
        errors = {measure: 1 / ratios[measure] for measure in MEASURES}
        ax.plot([time] * 2, [min(errors.values()), max(errors.values())], color=color, lw=1)
        for (_, marker, size), error in zip(MEASURES.values(), errors.values(), strict=True):
            ax.plot(time, error, marker, color=color, ms=size, mec=INK[theme], mew=0.4)
        close = [abs(np.log(others[other]["fit"] * time)) < 1.2 for other in order]
        side = "right" if any(close[i + 1 :]) else "left" if any(close[:i]) else "center"
        text = name.replace("GradientB", "Gradient-\nB").replace(" and ", "\nand ")
        ax.annotate(text, (time, max(errors.values())), xytext=(0, 7),
                    ha=side, fontsize=8.5, textcoords="offset points", color=color)  # fmt: skip
    ours = COLORS[theme][0]
    ax.plot(1, 1, "*", color=ours, ms=17)
    ax.annotate("TabularFNN", (1, 1), xytext=(4, -17), ha="right", textcoords="offset points",
                color=ours, fontsize=9.5, fontweight="bold")  # fmt: skip
    for text, marker, size in MEASURES.values():
        ax.plot([], [], marker, ms=size, color=INK[theme], label=text)
    ax.set_xscale("log")
    ticks = [0.01, 0.03, 0.1, 0.3, 1, 3, 10]
    times = [1 / ratios["fit"] for ratios in others.values()]
    ax.set_xticks(ticks, [f"{tick:g}x" for tick in ticks])
    ax.set_xlim(min(0.7, 0.35 * min(times)), max(3, 3.5 * max(times)))
    ax.minorticks_off()
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, 0.82), high + 0.12)
    ax.set(xlabel="time of a fit, TabularFNN = 1x", ylabel="error, TabularFNN = 1 (less is better)")
    figure.suptitle("Raw tables: error against time", fontsize=12)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


MANY_ROWS = {
    "CPU seconds": "CPU time of a fit, s",
    "GB": "most memory, GB",
    "R2": "R2 of new rows",
}


def many_rows(theme: str) -> Figure:
    """Return what many rows cost, and how good the models are, by the number of rows."""
    fits = json.loads((DATA / "many_rows.json").read_text())["fits"]
    models = list(dict.fromkeys(fit["model"] for fit in fits))
    figure = Figure(figsize=(7.6, 3.2), layout="constrained")
    axes = figure.subplots(1, len(MANY_ROWS))
    for ax, (measure, label) in zip(axes, MANY_ROWS.items(), strict=True):
        for i, model in enumerate(models):
            own = [fit for fit in fits if fit["model"] == model]
            ax.plot([fit["rows"] for fit in own], [fit[measure] for fit in own], "osD^v"[i] + "-",
                    color=COLORS[theme][i], ms=5, lw=1.5, label=model)  # fmt: skip
        ax.set(xlabel="rows", ylabel=label, xscale="log")
    axes[0].set_yscale("log")
    axes[0].set_yticks([1, 10, 100], ["1", "10", "100"])
    axes[0].minorticks_off()
    axes[1].set_ylim(0)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


CHARTS = (speed_home, speed, tables, many_rows)


def setup(app):
    """Register with Sphinx, before it lists the images."""

    def update(app, config):
        draw_stale(CHARTS, Path(app.srcdir) / "generated", DATA.glob("*.json"))

    app.connect("config-inited", update)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""The gallery: its order, its look, and thumbnails that can be read.

A thumbnail shows one part of a figure, not the whole of it at a size at which no text can be read.
"""

import shutil
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from docutils import nodes
from languages import save_translated
from matplotlib.transforms import Bbox
from sphinx_gallery.directives import imgsgnode
from sphinx_gallery.scrapers import matplotlib_scraper

ROOT = Path(__file__).parents[2]
CROPS = ROOT / "docs" / "generated" / "thumbnails"

# The sections, and the examples in each, in the order of a course.
SECTIONS = {
    "units": ["threshold_unit", "perceptron", "logistic_regression", "activations"],
    "networks": ["hidden_units", "shallow_deep", "grid_search"],
    "training": ["backpropagation", "step_listing"],
    "losses": ["cross_entropy", "huber", "optimizers", "schedules", "lbfgs_adam"],
    "deep": ["vanishing_gradients", "batch_norm", "batch_norm_activations", "skip_connections"],
    "why": ["over_parameterisation", "implicit_regularisation", "double_descent"],
    "uncertainty": [
        "dropout",
        "pretraining",
        "smooth_fit",
        "error_bars",
        "quantiles",
        "widths",
        "monotone",
    ],
    "tables": ["table_explained", "cells"],
    "inside": ["autoencoder", "displays"],
}
ORDER = [f"plot_{name}.py" for names in SECTIONS.values() for name in names]
# Which axes of the figure the thumbnail shows, where it is not the largest.
SHOWN = {
    "plot_activations": (0, 1, 2, 4, 5, 6),
    "plot_threshold_unit": (1, 2),
    "plot_hidden_units": (3,),
    "plot_autoencoder": (0,),
    "plot_skip_connections": (0,),
    "plot_perceptron": (0,),
    "plot_step_listing": (1, 2),
    "plot_table_explained": (1,),
    "plot_batch_norm_activations": (2, 3, 4, 7, 8, 9),
    "plot_displays": (0,),
}


def order(filename):
    """Return the place of an example in its section."""
    return ORDER.index(filename) if filename in ORDER else len(ORDER)


def style(gallery_conf, name):
    """Give every example the same look."""
    mpl.rcdefaults()
    plt.style.use(ROOT / "examples" / "gallery.mplstyle")


def _crop(figure, name):
    """Return the part of a figure, in inches, that its thumbnail shows."""
    figure.canvas.draw()
    axes = figure.axes
    if name in SHOWN:
        chosen = [axes[i] for i in SHOWN[name]]
    else:
        chosen = [max(axes, key=lambda ax: ax.get_position().width * ax.get_position().height)]
    boxes = [ax.get_tightbbox(figure.canvas.get_renderer()) for ax in chosen]
    box = Bbox.union(boxes).padded(6)
    return box.transformed(figure.dpi_scale_trans.inverted())


def scraper(block, block_vars, gallery_conf, **options):
    """Save an example's figures, and of its first one what the thumbnail shows."""
    name = Path(block_vars["src_file"]).stem
    path = CROPS / f"{name}.png"
    numbers = plt.get_fignums()
    first = numbers and name not in gallery_conf.setdefault("_cropped", set())
    if first:
        gallery_conf["_cropped"].add(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure = plt.figure(numbers[0])
        crop = {"dpi": 130, "bbox_inches": _crop(figure, name), "facecolor": "white"}
        figure.savefig(path, **crop)
    figures = [plt.figure(number) for number in numbers]
    saved = block_vars["image_path_iterator"].paths
    before = len(saved)
    text = matplotlib_scraper(block, block_vars, gallery_conf, **options)
    for i, (figure, file) in enumerate(zip(figures, saved[before:], strict=True)):
        if save_translated(figure, Path(file)) and first and i == 0:
            figure.savefig(path.with_suffix(".ja.png"), **crop)
    return text


def use_crops(app):
    """Put the crops where sphinx-gallery has put its thumbnails, with labels of the language."""
    for thumbnail in (Path(app.srcdir) / "auto_examples").rglob("sphx_glr_*_thumb.png"):
        name = thumbnail.name.removeprefix("sphx_glr_").removesuffix("_thumb.png")
        crops = [CROPS / f"{name}{end}" for end in (f".{app.config.language}.png", ".png")]
        found = next((crop for crop in crops if crop.exists()), None)
        if found:
            shutil.copyfile(found, thumbnail)


def picture_first(app, doctree):
    """Move the first picture of an example's page up, before its first lines of code."""
    pictures = list(doctree.findall(imgsgnode))
    code = next(doctree.findall(nodes.literal_block), None)
    if pictures and code is not None and "auto_examples" in app.env.docname:
        picture, place = pictures[0], code
        while place.parent is not None and not isinstance(place.parent, nodes.section):
            place = place.parent
        picture.parent.remove(picture)
        place.parent.insert(place.parent.index(place), picture)


def setup(app):
    """Register with Sphinx, after sphinx-gallery has run the examples."""
    app.connect("builder-inited", use_crops, priority=900)
    app.connect("doctree-read", picture_first)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

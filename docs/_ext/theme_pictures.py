"""Pictures for both themes of the site: drawn twice, in dark ink and in light ink, when needed."""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path

import matplotlib as mpl
from languages import LOCALE, save_translated
from matplotlib.figure import Figure

# Okabe and Ito's colours, which colour-blind readers tell apart; brighter ones on a dark ground.
COLORS = {
    "light": ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9"],
    "dark": ["#56B4E9", "#E69F00", "#2DC59B", "#E09CC4", "#F0843C", "#9AD0F0"],
}
INK = {"light": "#323232", "dark": "#ced6dd"}


def style(theme: str) -> dict:
    """Return matplotlib's settings for a theme; the ground is transparent."""
    ink = INK[theme]
    return {
        **{f"{part}.color": ink for part in ("text", "xtick", "ytick")},
        **{f"axes.{part}color": ink for part in ("edge", "label", "title")},
        **{f"{part}.facecolor": "none" for part in ("figure", "axes", "savefig")},
        "axes.prop_cycle": mpl.cycler(color=COLORS[theme]),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 12,
        "font.size": 10,
        "legend.fontsize": 8.5,
        "legend.frameon": False,
    }


def draw(picture: Callable[[str], Figure], folder: Path) -> None:
    """Save a picture in both inks as ``NAME_light.png`` and ``NAME_dark.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    for theme in INK:
        with mpl.rc_context(style(theme)):
            figure = picture(theme)
            path = folder / f"{picture.__name__}_{theme}.png"
            figure.savefig(path, dpi=200, transparent=True)
            save_translated(figure, path, dpi=200, transparent=True)


def draw_stale(
    pictures: Iterable[Callable[[str], Figure]], folder: Path, sources: Iterable[Path]
) -> None:
    """Draw those pictures that are older than what they are made from, their labels included."""
    labels = LOCALE.glob("*/LC_MESSAGES/figures.po")
    newest = max(path.stat().st_mtime for path in [*sources, *labels, Path(__file__)])
    for picture in pictures:
        own = max(newest, Path(inspect.getsourcefile(picture)).stat().st_mtime)
        files = [folder / f"{picture.__name__}_{theme}.png" for theme in INK]
        if not all(file.exists() and file.stat().st_mtime > own for file in files):
            draw(picture, folder)

"""English and Japanese: the switch between them, and figures with Japanese labels.

The Japanese site lies in the folder ``ja`` of the English one. Labels of the gallery's figures are
translated when the examples run: each figure is saved a second time, as ``NAME.ja.png``, which
Sphinx takes for the Japanese pages.
"""

import re
from pathlib import Path

from babel.messages.pofile import read_po

LOCALE = Path(__file__).parents[1] / "locale"
NAMES = {"en": "English", "ja": "日本語"}


def texts(catalog: str, language: str = "ja") -> dict[str, str]:
    """Return the translated texts of a catalog by the English ones."""
    path = LOCALE / language / "LC_MESSAGES" / f"{catalog}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.string}


def translate_figure(figure, labels: dict[str, str]) -> bool:
    """Replace the labels of a figure by translated ones; return whether there were any."""
    from matplotlib.text import Text

    found = False
    for text in figure.findobj(Text):
        words = text.get_text()
        if words in labels:
            text.set_text(labels[words])
            text.set_fontfamily("IPAexGothic")
            found = True
        elif re.search(r"[A-Za-z]{3}", words):
            text.set_fontfamily(["DejaVu Sans"])
    return found


def add_switch(app, pagename, templatename, context, doctree):
    """Tell the template where the same page is in the other language."""
    here = app.config.language
    other = "en" if here == "ja" else "ja"
    up = "../" * pagename.count("/")
    url = f"{up}../{pagename}.html" if here == "ja" else f"{up}ja/{pagename}.html"
    if here == "ja" or app.config.skfnn_with_japanese:
        context["other_language"] = {"url": url, "code": other, "name": NAMES[other]}


def setup(app):
    """Register with Sphinx."""
    app.add_config_value("skfnn_with_japanese", False, "html")
    app.connect("html-page-context", add_switch)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

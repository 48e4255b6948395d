"""English and Japanese: the switch between them, and figures with Japanese labels.

The Japanese site lies in the folder ``ja`` of the English one. Labels of the gallery's figures are
translated when the examples run: each figure is saved a second time, as ``NAME.ja.png``, which
Sphinx takes for the Japanese pages.
"""

import re
from html import escape, unescape
from pathlib import Path

from babel.messages.pofile import read_po
from docutils import nodes

LOCALE = Path(__file__).parents[1] / "locale"
NAMES = {"en": "English", "ja": "日本語"}
# Two words of small letters next to each other: no name, no formula.
PHRASE = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")


def texts(catalog: str, language: str = "ja") -> dict[str, str]:
    """Return the translated texts of a catalog by the English ones."""
    path = LOCALE / language / "LC_MESSAGES" / f"{catalog}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {text.id: text.string for text in read_po(file) if text.id and text.string}


def translate_label(label: str, labels: dict[str, str]) -> str:
    """Return a label in the other language; ``{}`` in a catalog's label stands for any text."""
    if label.strip() in labels:
        return label.replace(label.strip(), labels[label.strip()])
    for known, translated in sorted(labels.items(), key=lambda item: -len(item[0])):
        if "{}" in known:
            pattern = re.escape(known).replace(r"\{\}", "(.+?)")
            match = re.fullmatch(pattern, label, flags=re.DOTALL)
            if match:
                return translated.format(
                    *(translate_label(part, labels) for part in match.groups())
                )
    return label


def translate_figure(figure, labels: dict[str, str]) -> bool:
    """Replace the labels of a figure by translated ones; return whether there were any."""
    import matplotlib as mpl
    from matplotlib.text import Text

    with mpl.rc_context():  # it brings its font, and would make it that of every figure
        import matplotlib_fontja  # noqa: F401

    found = False
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            found |= _translate_ticks(axis, labels)
    for text in figure.findobj(Text):
        label = text.get_text()
        translated = translate_label(label, labels)
        if translated != label:
            found = True
            text.set_text(translated)
            text.set_fontfamily(["DejaVu Sans", "IPAexGothic"])
    return found


def _translate_ticks(axis, labels):
    """Fix translated labels to the ticks of an axis, which writes its own when it is drawn."""
    shown = [text.get_text() for text in axis.get_ticklabels()]
    translated = [translate_label(label, labels) for label in shown]
    if translated == shown:
        return False
    axis.set_ticks(axis.get_ticklocs(), labels=translated)
    for text in axis.get_ticklabels():
        text.set_fontfamily(["DejaVu Sans", "IPAexGothic"])
    return True


def english_labels(figure) -> list[str]:
    """Return the labels of a figure that are English sentences or phrases."""
    from matplotlib.text import Text

    labels = [text.get_text() for text in figure.findobj(Text) if text.get_visible()]
    return [label for label in labels if label.isascii() and PHRASE.search(label)]


def save_translated(figure, path: Path, **options) -> bool:
    """Save ``NAME.ja.png`` beside ``NAME.png``, if the figure has labels to translate.

    Labels that stay English are listed in ``docs/generated/english/NAME.txt``, for
    ``tools/check_site.py``.
    """
    found = translate_figure(figure, texts("figures"))
    if found:
        figure.savefig(path.with_suffix(".ja.png"), **options)
    left = english_labels(figure)
    listed = LOCALE.parent / "generated" / "english" / f"{path.stem}.txt"
    listed.unlink(missing_ok=True)
    if left:
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.write_text("\n".join(left))
    return found


def translate_cards(doctree):
    """Translate what sphinx-gallery writes as HTML: titles and tooltips of the gallery's cards."""
    known = texts("site")

    def translated(match):
        text = known.get(unescape(match[2]))
        return match[1] + (escape(text) if text else match[2]) + match[3]

    for node in doctree.findall(nodes.raw):
        html = node.astext()
        if "sphx-glr-thumb" in html:
            for pattern in (r'(thumbnail-title">)(.*?)(</div>)', r'(tooltip=")(.*?)(")'):
                html = re.sub(pattern, translated, html, flags=re.DOTALL)
            node.children[:] = [nodes.Text(html)]


def use_translated(app, doctree):
    """Take what is translated in the gallery, where Sphinx does not look by itself."""
    from sphinx_gallery.directives import imgsgnode

    if app.config.language != "ja":
        return
    translate_cards(doctree)
    for node in doctree.findall(imgsgnode):
        translated = node["uri"].replace(".png", ".ja.png")
        if (Path(app.srcdir) / translated.lstrip("/")).exists():
            node["srcset"] = (node["srcset"] or node["uri"]).replace(node["uri"], translated)
            node["uri"] = translated


def add_switch(app, pagename, templatename, context, doctree):
    """Tell the template where the same page is in the other language."""
    here = app.config.language
    other = "en" if here == "ja" else "ja"
    up = "../" * pagename.count("/")
    url = f"{up}../{pagename}.html" if here == "ja" else f"{up}ja/{pagename}.html"
    if here == "ja" or app.config.skfnn_with_japanese:
        context["other_language"] = {"url": url, "code": other, "name": NAMES[other]}


def translate_menu(app, config):
    """Set the word of the menu that the theme has in English only; longer words leave less room."""
    if config.language == "ja":
        config.html_theme_options["header_dropdown_text"] = "その他"
        config.html_theme_options["header_links_before_dropdown"] = 4


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", translate_menu)
    app.add_config_value("skfnn_with_japanese", False, "html")
    app.connect("html-page-context", add_switch)
    app.connect("doctree-read", use_translated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Formulas as MathML, by latex2mathml: they show without a script and without a network."""

import re

from docutils.nodes import SkipNode
from latex2mathml import converter

BOLD = re.compile(r'<mi mathvariant="bold-italic">([A-Za-z])</mi>')


def convert(formula, **options):
    """Return a formula; vectors in the bold letters of Unicode, since browsers know no others."""

    def bold(match):
        letter = match[1]
        first = 0x1D468 if letter.isupper() else 0x1D482
        return f"<mi>{chr(first + ord(letter.lower()) - ord('a'))}</mi>"

    return BOLD.sub(bold, converter.convert(formula, **options))


def inline(translator, node):
    """Write a formula within a line."""
    translator.body.append(convert(node.astext()))
    raise SkipNode


def block(translator, node):
    """Write a displayed formula."""
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    translator.body.append(convert(node.astext(), display="block") + "</div>\n")
    raise SkipNode


def setup(app):
    """Register with Sphinx as ``html_math_renderer="mathml"``."""
    app.add_html_math_renderer(
        "mathml", inline_renderers=(inline, None), block_renderers=(block, None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}

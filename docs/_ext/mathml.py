"""Formulas as MathML, by latex2mathml: they show without a script and without a network."""

from docutils.nodes import SkipNode
from latex2mathml.converter import convert


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

"""Small repairs of every page: code blocks end with their last line of code.

The blank line before the closing fence of a block is for doctest, which would take the fence for
output.
"""

from docutils import nodes


def strip(app, doctree):
    """Take blank lines off the end of code blocks."""
    for block in doctree.findall(nodes.literal_block):
        text = block.astext().rstrip()
        block.rawsource = text
        block.children = []
        block += nodes.Text(text)


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-read", strip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

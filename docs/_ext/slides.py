"""Divide the sections of a page into slides, and leave out what belongs to the site alone."""

from itertools import pairwise

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx_revealjs.nodes import revealjs_break

# Lines that a slide has room for, beside its title; a picture counts as so many.
LINES, PICTURE, LETTERS = 17, 9, 85


def lines(node):
    """Return about how many lines a node takes up on a slide."""
    if isinstance(node, nodes.image):
        return PICTURE if "only-light" in node["classes"] else 0
    if isinstance(node, nodes.literal_block):
        return 0.8 * len(node.astext().splitlines()) + 1
    if isinstance(node, nodes.math_block):
        return 3
    if isinstance(node, nodes.table):
        return 1.2 * len(list(node.findall(nodes.row))) + 1
    if isinstance(node, (nodes.bullet_list, nodes.enumerated_list)):
        return sum(map(lines, node.findall(nodes.paragraph))) + 1
    wide = sum(1 + (ord(letter) > 0x2E80) for letter in node.astext())
    return wide / LETTERS + 1


class Slides(SphinxTransform):
    """Begin another slide where one is full."""

    default_priority = 900  # after texts are translated

    def apply(self):
        """Change the page in place."""
        for paragraph in list(self.document.findall(nodes.paragraph)):
            if any(paragraph.findall(addnodes.download_reference)):
                paragraph.parent.remove(paragraph)
        for link in list(self.document.findall(addnodes.pending_xref)):
            link.replace_self(link.children)
        for section in self.document.findall(nodes.section):
            divide(section)


def divide(section):
    """Put breaks between the children of a section."""
    full = 0
    blocks = [node for node in section if not isinstance(node, (nodes.title, nodes.section))]
    for before, block in pairwise([None, *blocks]):
        if full + lines(block) > LINES:
            follows = before is not None and before.astext().endswith((":", "："))
            first = before if follows else block  # a line that leads over stays with what follows
            if first is not blocks[0]:
                section.insert(section.index(first), revealjs_break())
                full = lines(before) if follows else 0
        full += lines(block)


def setup(app):
    """Register with Sphinx."""
    app.add_transform(Slides)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

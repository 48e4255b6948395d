"""The gallery's files: title, last line, public names only. That they run is for .ci/run."""

import ast
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("plot_*.py"))


def test_the_gallery_is_found():
    assert len(EXAMPLES) >= 22


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_a_title_shows_its_figure_and_reads_nothing_private(path):
    tree = ast.parse(path.read_text())
    title, underline, *_ = (ast.get_docstring(tree) or "\n").splitlines()
    assert title
    assert underline == "=" * len(title)
    assert ast.unparse(tree.body[-1]) == "plt.show()"
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.ImportFrom):
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [part for alias in node.names for part in alias.name.split(".")]
        private = [name for name in names if name.startswith("_") and not name.endswith("__")]
        assert not private, f"{path.name}, line {node.lineno}: {private}"

"""The gallery's files: title, last line, public names only. That they run is for .ci/run."""

import ast
import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*/plot_*.py"))


def test_the_gallery_is_found():
    assert len(EXAMPLES) >= 27


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


def _conf(name):
    path = Path(__file__).parents[1] / "docs" / "_ext" / "gallery.py"
    tree = ast.parse(path.read_text())
    return next(ast.literal_eval(node.value) for node in tree.body
                if isinstance(node, ast.Assign) and node.targets[0].id == name)  # fmt: skip


def test_every_example_has_its_place_in_the_course():
    sections = _conf("SECTIONS")
    placed = {f"{section}/plot_{name}.py" for section, names in sections.items() for name in names}
    assert placed == {f"{path.parent.name}/{path.name}" for path in EXAMPLES}
    for section in sections:
        title, underline, _, sentence = (
            (EXAMPLES[0].parents[1] / section / "GALLERY_HEADER.rst").read_text().split("\n")[:4]
        )
        assert underline == "-" * len(title)
        assert sentence


def test_quantile_bands_hold_their_share_in_every_region(capsys, monkeypatch):
    plt = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    path = next(path for path in EXAMPLES if path.stem == "plot_quantiles")
    shares = runpy.run_path(str(path))["shares"]
    assert len(shares) == 5
    for quantile, share in shares.items():
        assert share.shape == (10,)
        assert abs(share - quantile).max() < 0.05, quantile
    assert "largest deviation" in capsys.readouterr().out

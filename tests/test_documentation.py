"""The documentation's pages hang together: contents, links, the reference's lists. No build."""

import importlib.util
import json
import os
import re
from pathlib import Path

import pytest
from helpers import FAMILIES

import skfnn

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SOURCES = sorted([*DOCS.glob("*.md"), *DOCS.glob("chapter/*.md")])
PAGES = [*SOURCES, *sorted(ROOT.glob("*.md"))]
WRITTEN_BY_THE_BUILD = {"api/index", "auto_examples/index"}


def _text(page):
    """Return a page without code blocks, whose brackets are no links."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf8"), flags=re.M | re.S)


def _name(page):
    """Return the name by which tables of contents name a page."""
    return page.relative_to(DOCS).with_suffix("").as_posix()


def _contents(page):
    """Return what the tables of contents of a page name."""
    for block in re.findall(
        r"^```{toctree}\n(.*?)^```", page.read_text(encoding="utf8"), flags=re.M | re.S
    ):
        for line in block.splitlines():
            if line and not line.startswith(":"):
                yield re.sub(r".*<(.*)>", r"\1", line)


def _anchors(page):
    """Return the anchors of a page's headings, as GitHub and MyST make them."""
    for heading in re.findall(r"^#+ (.*)$", _text(page), flags=re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _api_pages():
    path = DOCS / "_ext" / "api_pages.py"
    spec = importlib.util.spec_from_file_location("api_pages", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_in_one_table_of_contents_and_no_other_is():
    named = [name for page in SOURCES for name in _contents(page)]
    assert len(named) == len(set(named))
    pages = {_name(page) for page in SOURCES}
    assert pages - {"index"} == set(named) - WRITTEN_BY_THE_BUILD


def test_no_page_is_named_like_one_that_sphinx_writes():
    assert not {"search", "genindex", "modindex"} & {page.stem for page in DOCS.glob("*.md")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_resolve(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", _text(page)):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        inside = os.path.relpath(target, DOCS).replace(os.sep, "/")
        if inside.startswith("auto_examples/"):  # which the build writes from the examples
            source = inside.replace("auto_examples", "examples").replace(".rst", ".py")
            assert inside == "auto_examples/index.rst" or (ROOT / source).exists(), link
            continue
        if inside.partition("/")[0] in {name.partition("/")[0] for name in WRITTEN_BY_THE_BUILD}:
            continue
        assert target.exists(), link
        if anchor:
            assert anchor in set(_anchors(target)), link


def test_cards_of_the_home_page_lead_somewhere():
    pages = re.findall(
        r"^:link: (\S+)$", (DOCS / "index.md").read_text(encoding="utf8"), flags=re.M
    )
    assert len(pages) >= 4
    for page in pages:
        assert page in WRITTEN_BY_THE_BUILD or (DOCS / f"{page}.md").exists(), page


def test_code_that_is_included_exists():
    for page in SOURCES:
        for path, cls in re.findall(
            r"{literalinclude} (\S+)\n:pyobject: (\w+)$",
            page.read_text(encoding="utf8"),
            flags=re.M,
        ):
            assert f"\nclass {cls}(" in (DOCS / path).read_text(encoding="utf8"), (page.name, cls)


def test_the_reference_lists_every_member_of_every_registry():
    reference = _api_pages()
    listed = {
        getattr(module, name)
        for module in reference.public_modules()
        for name in reference.public_names(module)
    }
    for family in FAMILIES:
        members = {cls for cls in family.members() if cls.__module__.startswith("skfnn.")}
        assert {family, *members} <= listed, family.__name__


def test_the_reference_lists_what_the_package_exports():
    reference = _api_pages()
    modules = {module.__name__ for module in reference.public_modules()}
    for name in skfnn.__all__:
        elsewhere = set(getattr(getattr(skfnn, name), "__all__", ["?"])) <= set(skfnn.__all__)
        listed = f"skfnn.{name}" in modules or name in reference.public_names(skfnn)
        assert listed or elsewhere, name


def test_pages_of_the_reference_name_each_class_once(tmp_path):
    _api_pages().write(tmp_path / "api")
    tables = (tmp_path / "api" / "skfnn.losses.rst").read_text(encoding="utf8")
    assert tables.count("\n   Huber\n") == 1
    overview = (tmp_path / "api" / "index.rst").read_text(encoding="utf8")
    for entry in ("\n   skfnn.losses\n", "\n   FNNClassifier\n", "\n   Adam\n", "\n   Linear\n"):
        assert entry in overview


def _code(page):
    """Yield (number, line) of the lines in a page's code blocks."""
    block = None
    for number, line in enumerate(page.read_text(encoding="utf8").splitlines(), 1):
        if line.startswith("```"):
            block = line if block is None else None
        elif block and not block.startswith("```{"):
            yield number, line


@pytest.mark.parametrize("page", SOURCES, ids=_name)
def test_code_fits_the_page(page):
    wide = [f"{page.name}:{number}" for number, line in _code(page) if len(line) > 80]
    assert not wide


@pytest.mark.parametrize("page", SOURCES, ids=_name)
def test_a_result_is_a_number_and_not_true(page):
    """A score says more than that it is above a bound."""
    true = [number for number, line in _code(page) if re.fullmatch(r"\W*(np\.)?True_?\W*", line)]
    assert not true


def test_the_charts_show_the_figures_of_the_tables():
    """``benchmarks/speed.py --write`` writes both."""
    figures = json.loads((DOCS / "_static" / "speed.json").read_text(encoding="utf8"))
    text = (DOCS / "_static" / "speed.md").read_text(encoding="utf8")
    rows = re.findall(r"^\| (.*?) \| ([\d.]+) \| (.*?)x \|", text, flags=re.M)
    measured = [fit for threads in "12" for fit in figures[threads]["fits"].items()]
    whole = [row for row in rows if "->" in row[0] and row[0] in figures["1"]["fits"]]
    assert len(whole) == len(measured) == 10
    for (name, seconds, mlp), (measured_name, values) in zip(whole, measured, strict=True):
        assert name == measured_name
        assert float(seconds) == round(values["seconds"], 3)
        assert float(mlp) == round(values["MLPClassifier"], 1)


def test_the_readme_shows_the_figures_of_the_charts():
    text = (ROOT / "README.md").read_text(encoding="utf8")
    tables = json.loads((DOCS / "_static" / "tables.json").read_text(encoding="utf8"))["others"]
    for name, ratios in tables.items():
        row = re.search(rf"^\| {re.escape(name)} \| (.*) \|$", text, flags=re.M)
        shown = [float(number) for number in row[1].split(" | ")]
        assert shown == [round(1 / ratios[key], 2) for key in ("error", "loss", "nrmse", "fit")]
    fits = json.loads((DOCS / "_static" / "speed.json").read_text(encoding="utf8"))["1"][
        "fits"
    ].values()
    sentence = " ".join(re.search(r"\*\*Speed\*\*.*?below", text, flags=re.S)[0].split())
    for peer in ("MLPClassifier", "PyTorch", "Keras 3", "JAX"):
        ratios = [fit[peer] for fit in fits]
        bounds = [f"{value:.2g}" if value > 10 else f"{value:.1f}" for value in
                  (min(ratios), max(ratios))]  # fmt: skip
        name = peer.removesuffix(" 3")
        assert re.search(rf"{name}`? (takes )?{bounds[0]} to {bounds[1]}\b", sentence), peer

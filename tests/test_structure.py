"""The direction of imports, the docstrings, the size of files, the documentation's tables."""

import ast
import inspect
import re
from enum import Enum
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from numpydoc.validate import validate

import skfnn
from skfnn._engine.component import Component

PACKAGE = Path(skfnn.__file__).parent
ROOT = Path(__file__).parents[1]  # that of the sources, where the package may be installed
# Imports run from the right to the left. What stands in one row imports one another in no circle.
ROWS = [
    ["_sklearn"],
    ["_engine"],
    ["activations", "initializers", "layers", "losses", "metrics", "optimizers", "parts",
     "preprocessing", "schedules", "solvers"],
    ["_estimators"],
    ["tabular"],
    ["callbacks", "export", "inspection", "model_selection"],
    ["__init__"],
]  # fmt: skip
ROW = {name: row for row, names in enumerate(ROWS) for name in names}
FILES = sorted(PACKAGE.rglob("*.py"))


def module_name(path):
    """The name inside the package: "layers"; "preprocessing" for preprocessing/__init__.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def imports(path):
    """The modules of the package that a module imports when it is imported itself."""
    folder = path.relative_to(PACKAGE).parent.parts
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = folder[: len(folder) - node.level + 1]
            base = [*above, *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                inner = ".".join([*base, alias.name])
                yield inner if inner in MODULES else ".".join(base) or "__init__"


MODULES = {module_name(path): path for path in FILES}


def test_every_folder_has_its_row():
    assert {name.partition(".")[0] for name in MODULES} <= set(ROW)
    assert len(list(PACKAGE.glob("[!_]*")) + list(PACKAGE.glob("_[!_]*"))) <= 20


def test_the_design_page_has_the_rows():
    page = (ROOT / "docs" / "design.md").read_text()
    table = page.partition("| row | what is in it |\n|---|---|\n")[2].partition("\n\n")[0]
    found = [re.findall(r"`(\w+)`", line.split("|")[1]) for line in table.splitlines()]
    assert found == ROWS


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_imports_run_one_way_by_folder(path):
    name = module_name(path)
    ours = name.partition(".")[0]
    for other in imports(path):
        theirs = other.partition(".")[0]
        assert ROW[theirs] <= ROW[ours], f"{name} imports {other}"


def test_no_circle_of_imports():
    sorter = TopologicalSorter()
    for name, path in MODULES.items():
        needed = set(imports(path)) - {name}
        # A folder's __init__ gathers its files, which need none of it.
        sorter.add(name, *(other for other in needed if not name.startswith(f"{other}.")))
    sorter.prepare()  # raises CycleError


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_private_parts_of_scikit_learn_stand_in_one_file(path):
    if path.name == "_sklearn.py":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sklearn"):
            names = [*node.module.split("."), *(alias.name for alias in node.names)]
            assert not any(name.startswith("_") for name in names), ast.unparse(node)


def _public():
    for module in ("activations", "initializers", "layers", "losses", "metrics", "optimizers",
                   "schedules"):  # fmt: skip
        for name, cls in vars(getattr(skfnn, module)).items():
            if (
                inspect.isclass(cls)
                and issubclass(cls, Component)
                and not name.startswith("_")
                and cls.__module__.startswith("skfnn.")
            ):
                yield f"skfnn.{module}.{name}", hasattr(cls, "name")
    for name in ("callbacks", "export", "inspection", "model_selection", "parts",
                 "preprocessing"):  # fmt: skip
        module = getattr(skfnn, name)
        for member in module.__all__:
            yield from _with_members(f"skfnn.{name}.{member}", getattr(module, member))
    for name in skfnn.__all__:
        if inspect.isclass(getattr(skfnn, name)):
            yield from _with_members(f"skfnn.{name}", getattr(skfnn, name))


def _with_members(path, thing):
    yield path, path != "skfnn.export.register_onnx_converters"
    if inspect.isclass(thing):
        for name, member in inspect.getmembers(thing):
            ours = (getattr(member, "__module__", None) or "").startswith("skfnn")
            if not name.startswith("_") and ours and not isinstance(member, Enum):
                yield f"{path}.{name}", False


# See-also sections, extended summaries and blank-line style are left to the writer.
LEFT = {"SA01", "ES01", "GL01", "GL02", "GL03", "GL08", "SS05", "SS06", "EX01", "YD01", "PR10"}


@pytest.mark.parametrize(("name", "wants_example"), sorted(set(_public())))
def test_docstrings_follow_numpydoc(name, wants_example):
    result = validate(name)
    codes = {code for code, _ in result["errors"]} - LEFT
    if name == "skfnn.parts.Reads":  # the parameters are those of enum.Flag
        codes -= {"PR01", "PR02"}
    if wants_example:
        codes |= {code for code, _ in result["errors"] if code == "EX01"}
    messages = [text for code, text in result["errors"] if code in codes]
    assert not messages


def test_files_stay_small():
    for path in [*FILES, *(ROOT / "tests").glob("*.py"), *(ROOT / "examples").rglob("*.py")]:
        assert len(path.read_text().splitlines()) <= 600, path


def test_the_documentation_lists_every_name():
    text = (ROOT / "docs" / "architecture.md").read_text()
    for family in Component.__subclasses__():
        for name, cls in family.registry.items():
            if cls.__module__.startswith("skfnn."):
                written = cls.__name__ if family.family == "layer" else name
                assert f"`{written}`" in text or f'"{name}"' in text, (family.family, name)

"""The direction of imports, the docstrings, the size of files, the documentation's tables."""

import ast
import inspect
from pathlib import Path

import pytest
from numpydoc.validate import validate

import skfnn
from skfnn._component import Component

PACKAGE = Path(skfnn.__file__).parent
ROOT = Path(__file__).parents[1]  # that of the sources, where the package may be installed
LEVELS = [
    ["_sklearn", "_plot", "_threads"],
    ["_plot_curves", "_plot_network", "_plot_weights"],
    ["inspection"],
    ["_calls", "_calibration", "_callbacks", "_component", "_sparse", "_docs", "history"],
    ["activations", "initializers", "schedules", "metrics"],
    ["_loss", "optimizers", "_layer"],
    ["_regression_losses"],
    ["losses"],
    ["_autoencoding", "_embeddings", "_regularising", "model_selection"],
    ["_ensemble"],
    ["layers"],
    ["_shape"],
    ["preprocessing._flatten", "preprocessing._tabular"],
    ["preprocessing"],
    ["network"],
    ["objective", "_folding", "_forward"],
    ["_encoding"],
    ["monitor"],
    ["training"],
    ["_recipe", "_parameters"],
    ["_fitted", "_inside", "_interchange"],
    ["_estimator"],
    ["autoencoder"],
    ["pretraining"],
    ["classifier", "regressor", "tabular._docs", "tabular._recipes"],
    ["tabular._members"],
    ["tabular._base"],
    ["tabular._estimators"],
    ["tabular"],
    ["_onnx"],
    ["export"],
    ["__init__"],
]
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
FILES = sorted(PACKAGE.rglob("*.py"))


def module_name(path):
    """The name inside the package: "layers"; "preprocessing" for preprocessing/__init__.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def imported(node, path):
    """The names inside the package that a relative import is of."""
    folder = path.relative_to(PACKAGE).parent.parts
    above = folder[: len(folder) - node.level + 1]
    names = [node.module] if node.module else [alias.name for alias in node.names]
    return [".".join((*above, name)) for name in names]


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_a_module_imports_from_lower_levels_only(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            for name in imported(node, path):
                assert LEVEL[name] < LEVEL[module_name(path)], f"{module_name(path)}: {name}"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_private_parts_of_scikit_learn_stand_in_one_file(path):
    if path.stem == "_sklearn":
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
    for name in ("export", "inspection", "model_selection", "preprocessing"):
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
            if not name.startswith("_") and getattr(member, "__module__", "").startswith("skfnn"):
                yield f"{path}.{name}", False


# See-also sections, extended summaries and blank-line style are left to the writer.
LEFT = {"SA01", "ES01", "GL01", "GL02", "GL03", "GL08", "SS05", "SS06", "EX01", "YD01", "PR10"}


@pytest.mark.parametrize(("name", "wants_example"), sorted(set(_public())))
def test_docstrings_follow_numpydoc(name, wants_example):
    result = validate(name)
    codes = {code for code, _ in result["errors"]} - LEFT
    if wants_example:
        codes |= {code for code, _ in result["errors"] if code == "EX01"}
    messages = [text for code, text in result["errors"] if code in codes]
    assert not messages


def test_files_stay_small():
    for path in [*FILES, *(ROOT / "tests").glob("*.py"), *(ROOT / "examples").rglob("*.py")]:
        assert len(path.read_text().splitlines()) <= 620, path


def test_the_documentation_lists_every_name():
    text = (ROOT / "docs" / "architecture.md").read_text()
    for family in Component.__subclasses__():
        for name, cls in family.registry.items():
            if cls.__module__.startswith("skfnn."):
                written = cls.__name__ if family.family == "layer" else name
                assert f"`{written}`" in text or f'"{name}"' in text, (family.family, name)

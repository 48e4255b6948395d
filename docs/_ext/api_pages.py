"""Pages of the API reference, written from what the package has.

``docs/api`` is written anew whenever Sphinx is started: an overview, a page a module and, by
autosummary, a page a class. A new class appears by itself, as in ``skfnn``'s registries.
"""

import importlib
import inspect
import pkgutil
import shutil
from pathlib import Path
from types import ModuleType

import skfnn
from skfnn._engine.support.component import Component


def public_modules() -> list[ModuleType]:
    """Return the public modules: the package, then those in its or with their own ``__all__``."""
    modules = []
    for info in pkgutil.iter_modules(skfnn.__path__):
        if not info.name.startswith("_"):
            module = importlib.import_module(f"skfnn.{info.name}")
            if info.name in skfnn.__all__ or hasattr(module, "__all__"):
                modules.append(module)
    return [skfnn, *(module for module in modules if public_names(module))]


def public_names(module: ModuleType) -> list[str]:
    """Return the classes and functions of a module to document, those to derive from first."""
    if module is skfnn:
        return [name for name in skfnn.__all__ if not inspect.ismodule(getattr(skfnn, name))]
    bases = [family for family in Component.__subclasses__() if _of(family, module)]
    if hasattr(module, "__all__"):
        names = [name for name in module.__all__ if name not in skfnn.__all__]
    elif bases:
        names = [cls.__name__ for base in bases for cls in base.members() if _of(cls, module)]
    else:
        names = [
            name
            for name, member in vars(module).items()
            if (inspect.isclass(member) or inspect.isfunction(member))
            and not name.startswith("_")
            and member.__module__ == module.__name__
        ]
    first = [base.__name__ for base in bases]
    return [*first, *(name for name in dict.fromkeys(names) if name not in first)]


def _of(cls, module):
    return getattr(module, cls.__name__, None) is cls and (
        cls.__module__ == module.__name__ or cls.__name__ in getattr(module, "__all__", ())
    )


def _title(module):
    return "Estimators and functions" if module is skfnn else module.__name__


def _summary(module):
    return (inspect.getdoc(module) or "").split("\n\n")[0].replace("\n", " ")


def _table(module, toctree):
    lines = [f".. currentmodule:: {module.__name__}", "", ".. autosummary::", "   :nosignatures:"]
    lines += ["   :toctree: ."] * toctree
    return [*lines, "", *(f"   {name}" for name in public_names(module)), ""]


def _heading(text, underline):
    return [text, underline * len(text), ""]


def overview() -> str:
    """Return the page that lists everything."""
    modules = public_modules()
    lines = _heading("API reference", "=")
    lines += ["Every public name. What a string such as ``activation=\"relu\"`` stands for is in",
              ":doc:`/architecture`.", ""]  # fmt: skip
    lines += [".. toctree::", "   :hidden:", "", *(f"   {m.__name__}" for m in modules), ""]
    for module in modules:
        lines += [f".. rubric:: :doc:`{_title(module)} <{module.__name__}>`", ""]
        if module is not skfnn:
            lines += [_summary(module), ""]
        lines += _table(module, toctree=False)
    return "\n".join(lines)


def module_page(module: ModuleType) -> str:
    """Return the page of one module."""
    lines = _heading(_title(module), "=")
    lines += [f".. automodule:: {module.__name__}", "   :no-members:", ""]
    return "\n".join([*lines, *_table(module, toctree=True)])


def write(folder: Path) -> None:
    """Write all pages; those of classes that are gone go too."""
    pages = {"index": overview(), **{m.__name__: module_page(m) for m in public_modules()}}
    if folder.exists() and {p.stem for p in folder.glob("*.rst")} - set(pages) != {
        f"{m.__name__}.{name}" for m in public_modules() for name in public_names(m)
    }:
        shutil.rmtree(folder)
    folder.mkdir(exist_ok=True)
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text() != text:  # unchanged files are not read again
            path.write_text(text)


def skip_foreign(app, what, name, member, skip, options):
    """Tell autodoc to leave out what comes from scikit-learn or Component, and properties."""
    if isinstance(member, property):
        return True
    home = getattr(member, "__module__", None) or ""
    foreign = not home.startswith("skfnn") or home == Component.__module__ or name == "examples"
    return True if callable(member) and foreign else None


def setup(app):
    """Register with Sphinx, before it lists the source files."""
    app.connect("config-inited", lambda app, config: write(Path(app.srcdir) / "api"))
    app.connect("autodoc-skip-member", skip_foreign)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""The course's notebooks, written before Sphinx lists the files that pages offer."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def maker():
    """Return ``tools/make_notebooks.py`` as a module."""
    path = ROOT / "tools" / "make_notebooks.py"
    spec = importlib.util.spec_from_file_location("make_notebooks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write(app, config):
    """Write the notebooks in the language of this build."""
    language = config.language
    folder = Path(app.srcdir) / "generated" / "notebooks"
    maker().write(folder, "ja" if language == "ja" else "en")


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

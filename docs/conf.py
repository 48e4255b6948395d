"""Sphinx configuration: ``sphinx-build -W --keep-going -b html docs docs/_build/html``.

The build needs no network. ``SKFNN_INTERSPHINX=1`` links to the documentation of Python, NumPy,
SciPy, pandas and scikit-learn; ``SKFNN_GALLERY=0`` leaves the gallery's examples unexecuted.
"""

import os
import sys
import tomllib
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # several examples may run side by side
os.environ.setdefault("MPLBACKEND", "Agg")

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

import gallery

import skfnn

project = "skfnn"
author = "The skfnn developers"
copyright = author
version = release = skfnn.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    # of docs/_ext
    "api_pages",
    "charts",
    "gallery",
    "languages",
    "mathml",
    "notebooks",
    "pictures",
    "playground",
    "schematics",
    "tidy",
]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = [
    "_build",
    "_static/*.md",
    "**/GALLERY_HEADER.rst",
    "auto_examples/**/*.ipynb",
    "generated/notebooks",
]
templates_path = ["_templates"]

# ---------------------------------------------------------------- languages

# tools/build_site.sh builds both. The texts that are translated are in docs/locale, which
# tools/translations.py keeps up to date.
locale_dirs = ["locale"]
gettext_compact = "site"
skfnn_with_japanese = os.environ.get("SKFNN_JAPANESE", "0") != "0"
figure_language_filename = "{path}{basename}.{language}{ext}"

# ---------------------------------------------------------------- Markdown

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

# ---------------------------------------------------------------- reference

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
# The attribute of a loss that is a class: "alias of ..." is no valid text in Sphinx' Japanese.
autodoc_default_options = {"exclude-members": "describes"}
numpydoc_show_class_members = False
toc_object_entries_show_parents = "hide"  # method names have room in the right column
add_module_names = False
html_math_renderer = "mathml"

if os.environ.get("SKFNN_INTERSPHINX", "0") != "0":
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "scipy": ("https://docs.scipy.org/doc/scipy", None),
        "pandas": ("https://pandas.pydata.org/docs", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
    }

# ---------------------------------------------------------------- gallery

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "ignore_pattern": r"(^|/)(?!plot_)[^/]*\.py$",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("skfnn",),
    "remove_config_comments": True,
    "show_signature": False,
    "show_memory": False,
    "write_computation_times": False,
    "min_reported_time": 3600,
    "plot_gallery": os.environ.get("SKFNN_GALLERY", "1") != "0",
    "abort_on_example_error": True,
    "image_scrapers": ("gallery.scraper",),
    "reset_modules": ("gallery.style",),
    "subsection_order": [f"../examples/{section}" for section in gallery.SECTIONS],
    "within_subsection_order": "gallery.order",
    "nested_sections": True,
}

# ---------------------------------------------------------------- pages


def icon_links():
    """Return the link to the repository that pyproject.toml names, if it names one."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]
    address = project.get("urls", {}).get("Repository")
    icon = {"name": "Repository", "url": address, "icon": "fa-solid fa-code-branch"}
    return [icon] if address else []


html_theme = "pydata_sphinx_theme"
html_title = f"skfnn {release}"
html_static_path = ["_static"]
html_css_files = ["skfnn.css"]
html_js_files = ["tables.js"]
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "icon_links": icon_links(),
    "logo": {"text": "skfnn", "alt_text": "skfnn - home"},
    "header_links_before_dropdown": 5,
    "navbar_align": "content",
    "navbar_end": ["language", "theme-switcher"],
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version", "theme-version"],
    # of accessible-pygments: every colour stands out from the ground as WCAG's level AA asks
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {
    page: []
    for page in (
        "index",
        "playground",
        "why",
        "quickstart",
        "benchmarks",
        "changelog",
        "contributing",
    )
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

"""The pages of the chapter as slides: ``sphinx-build -c docs/slides -b revealjs docs OUT``.

One deck per page, with reveal.js in it: nothing is loaded from elsewhere. ``-D language=ja`` makes
the Japanese ones. It needs ``pip install sphinx-revealjs``.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "_ext")]

project = "skfnn"
extensions = ["myst_parser", "sphinx_design", "sphinx_revealjs", "mathml", "schematics", "slides"]
include_patterns = ["chapter/*.md"]
exclude_patterns = ["chapter/walk.md", "chapter/glossary.md"]
root_doc = "chapter/unit"
locale_dirs = ["locale"]
gettext_compact = "site"
figure_language_filename = "{path}{basename}.{language}{ext}"

myst_enable_extensions = ["colon_fence", "dollarmath"]
html_math_renderer = "mathml"
suppress_warnings = ["toc.not_included"]

revealjs_style_theme = "white"
revealjs_static_path = [str(HERE / "static")]
revealjs_css_files = ["slides.css"]
revealjs_script_conf = {"width": 1120, "height": 700, "hash": True, "slideNumber": True,
                        "center": False, "controls": False}  # fmt: skip

#!/usr/bin/env bash
# Build the site in English and Japanese into docs/_build/html, warnings as errors, and check it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export SKFNN_JAPANESE=1
sphinx-build -W --keep-going -q -j 2 -b html docs docs/_build/html
# The gallery has run: the other builds take its pages as they are.
export SKFNN_GALLERY=0
sphinx-build -q -j 2 -b gettext docs docs/_build/gettext
python tools/translations.py docs/_build/gettext/site.pot --check
sphinx-build -W --keep-going -q -j 2 -D language=ja -d docs/_build/doctrees_ja -b html docs \
    docs/_build/html/ja
python tools/check_site.py docs/_build/html

#!/usr/bin/env bash
# Build a JupyterLite with the course's notebooks and skfnn's wheel: tools/build_lite.sh OUT
# Needs: pip install jupyterlite-core jupyterlite-pyodide-kernel jupyter-server jupytext babel.
# The page that it makes loads Pyodide, NumPy, SciPy, scikit-learn and pandas from Pyodide's own
# distribution when a notebook is opened; skfnn comes from the page itself.
set -euo pipefail
out=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python}" tools/make_notebooks.py "$work/files"
"${PYTHON:-python}" tools/make_notebooks.py "$work/files/ja" --language ja
"${PYTHON:-python}" -m pip wheel --quiet --no-deps --wheel-dir "$work/pypi" .
cd "$work"
# It takes the wheels that lie in pypi/ by itself.
"${PYTHON:-python}" -m jupyter lite build --contents files --output-dir "$out" --no-sourcemaps

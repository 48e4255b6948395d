#!/usr/bin/env bash
# Installs the package beside a set of pinned dependencies, into a fresh environment, checks that
# none of them was replaced, and runs the quickstart.
#
#   tools/check_constraints.sh tools/constraints/colab.txt
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

constraints=${1:?give a file of constraints}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet -r "$constraints"
"$work/env/bin/pip" freeze > "$work/before"
"$work/env/bin/pip" install --quiet .
"$work/env/bin/pip" freeze > "$work/after"
if ! replaced=$(comm -23 <(sort "$work/before") <(sort "$work/after")) || [ -n "$replaced" ]; then
    echo "replaced by the installation: $replaced"
    exit 1
fi
"$work/env/bin/python" examples/quickstart.py

#!/usr/bin/env bash
# Builds sdist and wheel into dist/, checks their metadata and contents, installs the sdist into a
# fresh environment and runs the sdist's tests on what is installed, outside of the checkout.
#
#   tools/check_distribution.sh            all tests
#   tools/check_distribution.sh --quick    a few, without the optional packages
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
    "") extras=[test] tests=(tests README.md docs --pyargs skfnn) ;;
    --quick) extras= tests=(tests/test_estimators.py tests/test_interchange.py README.md) ;;
    *) echo "unknown argument: $1"; exit 2 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}

echo "== build"
"$python" -m venv "$work/build"
"$work/build/bin/pip" install --quiet "build>=1.2" "twine>=6.1"
rm -rf dist
"$work/build/bin/python" -m build --outdir dist . > "$work/build.log" ||
    { cat "$work/build.log"; exit 1; }
"$work/build/bin/twine" check --strict dist/*

echo "== built again, the same to the byte"
"$work/build/bin/python" -m build --outdir "$work/again" . > "$work/build.log" ||
    { cat "$work/build.log"; exit 1; }
for file in dist/*; do
    cmp "$file" "$work/again/${file##*/}"
done

echo "== contents"
"$python" - dist <<'PYTHON'
import sys
import tarfile
import zipfile
from pathlib import Path

(wheel,) = Path(sys.argv[1]).glob("*.whl")
(sdist,) = Path(sys.argv[1]).glob("*.tar.gz")
if not wheel.name.endswith("-py3-none-any.whl"):
    sys.exit(f"not a pure-Python wheel: {wheel.name}")
names = zipfile.ZipFile(wheel).namelist()
inside = [name for name in names if name.startswith("skfnn/")]
foreign = [name for name in names if not name.startswith(("skfnn/", "skfnn-"))]
compiled = [name for name in inside if not name.endswith((".py", "py.typed"))]
if foreign or compiled or "skfnn/py.typed" not in inside:
    sys.exit(f"unexpected content of the wheel: {foreign + compiled}")
archive = tarfile.open(sdist)
files = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
wanted = {"README.md", "CHANGELOG.md", "LICENSE", "CITATION.cff", "pyproject.toml", "conftest.py",
          "SECURITY.md", "CODE_OF_CONDUCT.md", "tools/constraints/oldest.txt", "docs/index.md", "examples/quickstart.py", *inside}
if wanted - files:
    sys.exit(f"missing in the sdist: {sorted(wanted - files)}")
print(wheel.name, len(inside), "modules;", sdist.name, len(files), "files")
PYTHON

echo "== install the sdist and run its tests"
"$python" -m venv "$work/env"
sdists=(dist/*.tar.gz)
"$work/env/bin/pip" install --quiet "${sdists[0]}$extras" "pytest>=8.2"
tar -xzf "${sdists[0]}" -C "$work"
source=("$work"/skfnn-*)
rm -rf "${source[0]}/skfnn" # the installed package is the one to test
cd "${source[0]}"
"$work/env/bin/pytest" -q -p no:cacheprovider "${tests[@]}"

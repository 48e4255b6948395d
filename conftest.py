"""What the whole test run shares."""

from importlib.util import find_spec
from pathlib import Path

import pytest

# Pages and docstrings that need optional packages: skipped where those are absent.
NEEDS = {
    "skfnn.export.to_onnx": ["skl2onnx"],
    "docs/deployment.md": ["skl2onnx", "onnxruntime", "skops"],
}
ROOT = Path(__file__).parent


def pytest_collection_modifyitems(items):
    for item in items:
        page = item.path.relative_to(ROOT).as_posix() if ROOT in item.path.parents else ""
        needed = NEEDS.get(page, NEEDS.get(item.name, ()))
        missing = [name for name in needed if find_spec(name) is None]
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))

"""What the whole test run shares."""

from importlib.util import find_spec
from pathlib import Path

import pytest

# Pages and modules whose snippets need optional packages: skipped, by name, where those are absent.
NEEDS = {
    "docs/deployment.md": ["skl2onnx", "onnxruntime", "skops"],
}
ROOT = Path(__file__).parent


def pytest_collection_modifyitems(items):
    for item in items:
        page = item.path.relative_to(ROOT).as_posix() if ROOT in item.path.parents else ""
        missing = [name for name in NEEDS.get(page, ()) if find_spec(name) is None]
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"{page} needs {', '.join(missing)}"))

"""What the whole test run shares."""

import doctest
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from skfnn._engine.following import interrupts

# Pages and docstrings that need optional packages, or a module that is new in one: skipped where
# those are absent.
NEEDS = {
    "skfnn.export._convert.to_onnx": ["skl2onnx"],
    "docs/deployment.md": ["skl2onnx", "onnxruntime", "skops"],
    "docs/callbacks.md": ["sklearn.callback", "skops"],
    "docs/mlflow.md": ["mlflow", "skops"],
    "docs/onnx_service.md": ["skl2onnx", "onnxruntime"],
    "docs/optuna.md": ["sklearn.callback", "optuna"],
    "docs/shap.md": ["shap"],
    "skfnn.callbacks.CSVLogger": ["sklearn.callback"],
    "skfnn.callbacks.EarlyStopping": ["sklearn.callback"],
    "skfnn.callbacks.ModelCheckpoint": ["sklearn.callback", "skops"],
    "skfnn.callbacks.OptunaPruning": ["sklearn.callback", "optuna"],
    "skfnn.callbacks.TensorBoard": ["sklearn.callback", "tensorboardX"],
}
ROOT = Path(__file__).parent
SECONDS = 600  # for one test: one that hangs fails by name


@pytest.fixture(autouse=True)
def same_random_numbers(request):
    """Give each test of statements its numbers anew, whichever tests ran before."""
    rng = getattr(getattr(request, "module", None), "RNG", None)
    if rng is not None and request.module.__name__.startswith("test_statements_"):
        rng.bit_generator.state = np.random.default_rng(1).bit_generator.state


def pytest_collection_modifyitems(config, items):
    limited = config.pluginmanager.hasplugin("timeout")  # not everybody has pytest-timeout
    for item in items:
        if limited:
            item.add_marker(pytest.mark.timeout(SECONDS))
        page = item.path.relative_to(ROOT).as_posix() if ROOT in item.path.parents else ""
        needed = NEEDS.get(page, NEEDS.get(item.name, ()))
        missing = [name for name in needed if find_spec(name) is None]
        if missing:
            if isinstance(item, pytest.DoctestItem) and item.dtest.lineno is None:
                item.dtest.lineno = 0  # its class is in another file; pytest wants a line to skip
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))


@pytest.fixture(autouse=True)
def _first_interrupt():
    """Let no interrupt of one test count as the second of another."""
    interrupts.forget()


_from_module = doctest.DocTestFinder._from_module


def _or_published(finder, module, thing):
    """Count the methods of a class to the module that publishes it, not only to its file."""
    if _from_module(finder, module, thing):
        return True
    method = "." in getattr(thing, "__qualname__", "") and hasattr(thing, "__globals__")
    return method and thing.__globals__["__name__"].startswith(f"{module.__name__}.")


doctest.DocTestFinder._from_module = _or_published
